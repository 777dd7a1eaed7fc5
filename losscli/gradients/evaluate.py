"""The gradient of a table: every row goes through its kernel into a spool, in flat memory.

The divisor of a mean is known at the end of the table only, so the spool holds undivided slopes, in binary: in memory
up to a few megabytes and in a temporary file beyond. Nothing is printed before the last row is sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, isqrt
from typing import IO

import numpy as np

from losscli.arrays import Array, Ints
from losscli.data.blocks import Block
from losscli.data.table import Table
from losscli.enums import Reduction, Scale
from losscli.errors import DataError, RowError
from losscli.evaluation.evaluate import evaluated, in_order, refuse_nothing
from losscli.evaluation.prepare import Prepared, prepare
from losscli.evaluation.problem import Problem
from losscli.evaluation.validation import raise_first, weights_out_of_reach
from losscli.gradients.analytic import slopes
from losscli.gradients.check import TOLERANCE, Comparison, compare_slopes
from losscli.gradients.numeric import difference_problem, differences
from losscli.losses.functions import inverse_link
from losscli.records import record
from losscli.statistics.exact import ONE, exact_sum, ratio
from losscli.statistics.summary import EMPTY, Summary, divisor, summarize

SPOOL_ROWS = 1 << 14
SHOWN_ROWS = 20  # in a table; the machine formats and --quiet print every row


@record
class GradientSpec:
    """The scale that a gradient is by, its methods, and the user's own step of the differences."""

    wrt: Scale
    analytic: bool = True
    numeric: bool = False
    step: float | None = None


@dataclass
class _Totals:
    """Totals over all rows: the summary, and the largest error with its row."""

    summary: Summary = EMPTY
    error: float = 0.0
    error_row: int | None = None
    inconclusive: int = 0


@record
class Gradient:
    """The gradient of a table: its totals, its first blocks with the rows before each, and the spool with all rows.

    `divisor` is what the spooled slopes are divided by: the divisor of the mean, times the logarithm of the base.
    """

    problem: Problem
    table: Table
    spec: GradientSpec
    totals: _Totals
    head: tuple[tuple[Block, int], ...]
    spool: "Spool"
    divisor: float
    size: "GradientSize"

    def chosen(self, rows: "SpooledRows") -> Array:
        """The slopes that are the answer: the analytic ones, or the numeric ones where only these were asked for."""
        return rows.slope if self.spec.analytic else rows.numeric

    @property
    def ok(self) -> bool:
        """Whether both methods agree, as far as both were asked for."""
        return self.totals.error <= TOLERANCE

    @property
    def checked(self) -> bool:
        """Whether both methods were asked for."""
        return self.spec.analytic and self.spec.numeric

    @property
    def first_prepared(self) -> list[Prepared]:
        """The first blocks as the kernel takes them."""
        return [prepare(self.problem, block) for block, _ in self.head]


def gradient_of(problem: Problem, table: Table, spec: GradientSpec, spool: "Spool") -> Gradient:
    """The gradient of all rows of a table, which go into the spool."""
    totals, head, shown = _Totals(), [], 0
    for found, before in in_order(table, lambda block: gradient_of_block(problem, block, spec)):
        totals.summary += found.summary
        if found.comparison is not None and len(found.comparison.error):
            at = int(found.comparison.error.argmax())
            error = float(found.comparison.error[at])
            if totals.error_row is None or error > totals.error:
                totals.error, totals.error_row = error, int(found.row[at]) + before + 1
            totals.inconclusive += int(found.comparison.inconclusive.sum())
        spool.add(found, before)
        if shown < SHOWN_ROWS:
            head.append((found.block, before))
            shown += len(found.row)
    refuse_nothing(problem, totals.summary, table.name)
    divisor, size = gradient_divisor(problem, totals.summary), GradientSize()
    for rows in spool.rows():
        size = size.with_rows(rows.row, (rows.slope if spec.analytic else rows.numeric) / divisor)
    return Gradient(problem, table, spec, totals, tuple(head), spool, divisor, size)


def gradient_divisor(problem: Problem, summary: Summary) -> float:
    """What slopes are divided by: the divisor of the mean, times the logarithm of the base."""
    mean = problem.settings.reduction is Reduction.MEAN
    return (divisor(summary) if mean else 1.0) * problem.settings.log_base


@record
class BlockGradient:
    """The gradient of a block's rows but for dropped ones; ignored ones have slopes of exactly 0.

    `row` (n,) says which rows they are. `loss` (n, c) is the weighted loss, with a column for each observation of a
    row; `slope` and `numeric` (n, m) are undivided, `comparison` is by rows.
    """

    block: Block
    row: Ints
    summary: Summary
    loss: Array
    slope: Array | None
    numeric: Array | None
    comparison: Comparison | None


def gradient_of_block(problem: Problem, block: Block, spec: GradientSpec) -> BlockGradient:
    """The gradient of a block, by formula, by differences, or both compared."""
    raise_first(weights_out_of_reach(block, "in a gradient"))
    prepared, rows = evaluated(problem, block)

    def in_place(values: Array | Ints) -> Array:
        """Values of the rows that count among those that aren't dropped, with 0 for ignored ones."""
        width = 1 if values.ndim == 1 and prepared.raw.ndim == 2 else block.preds.shape[1]
        full = np.zeros((block.rows, width))
        full[prepared.row] = values.reshape(-1, width)
        return full if block.keep is None else full[block.keep]

    slope = slopes(problem, prepared, spec.wrt) if spec.analytic else None
    numeric = comparison = None
    if spec.numeric:
        differenced = difference_problem(problem, prepared, spec.wrt, spec.step)
        found = differences(differenced)
        numeric = found.slope
        if slope is None:
            undefined = np.isnan(np.atleast_2d(numeric.T).T).any(axis=1)
            if undefined.any():
                what = "an infinite loss or prediction has no numeric derivative"
                row = int(prepared.row[undefined.argmax()])
                raise RowError(row, "row", None, f"{what}; use --method analytic")
        else:
            floor = problem.convention.backward_floor
            if floor:  # torch's slope there is no derivative, so differences can't judge it
                beyond = prepared.conditioned * (1.0 - prepared.conditioned) < floor
                found = replace(found, slope=np.where(beyond, np.nan, found.slope))
            by_row = compare_slopes(slope, differenced, found, settle=spec.step is None)
            error = in_place(by_row.error).max(axis=1, initial=0.0)
            comparison = Comparison(error, in_place(by_row.inconclusive).sum(axis=1).astype(np.intp))
    return BlockGradient(
        block,
        block.kept,
        summarize(rows),
        in_place(rows.value),
        None if slope is None else in_place(slope),
        None if numeric is None else in_place(numeric),
        comparison,
    )


# --- the spool --------------------------------------------------------------------------------------------------------
@record
class SpooledRows:
    """Some rows of the spool: row numbers from 1, losses (n, c), slopes by formula and by differences, errors (n,)."""

    row: Array
    loss: Array
    slope: Array
    numeric: Array
    error: Array


class Spool:
    """Rows of numbers, written once and read back as often as needed, some at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._widths = [0] * 5

    def add(self, found: BlockGradient, before: int) -> None:
        """Append the rows of a block, `before` rows being before it in the source."""
        rows = len(found.row)
        nothing = np.empty((rows, 0))
        error = nothing if found.comparison is None else found.comparison.error[:, None]
        parts = [found.row[:, None] + (before + 1.0), found.loss, found.slope, found.numeric, error]
        full = [nothing if part is None else part for part in parts]
        self._widths = [part.shape[1] for part in full]
        try:
            self._file.write(np.ascontiguousarray(np.hstack(full)).data)
        except OSError as error_:
            raise DataError(f"the output can't be stored: {(error_.strerror or str(error_)).lower()}") from None

    def rows(self) -> Iterator[SpooledRows]:
        """All rows, some at a time."""
        self._file.seek(0)
        width = sum(self._widths)
        ends = np.cumsum(self._widths)[:-1]
        while data := self._file.read(8 * width * SPOOL_ROWS):
            row, loss, slope, numeric, error = np.split(np.frombuffer(data).reshape(-1, width), ends, axis=1)
            yield SpooledRows(row[:, 0], loss, slope, numeric, error[:, 0] if error.shape[1] else error.ravel())


# --- figures ---------------------------------------------------------------------------------------------------------
@record
class GradientSize:
    """The norm and the largest entry of a gradient, and where its infinite entries are."""

    squares: int = 0  # in units of 2^-2148, so that no square leaves the range of floats
    largest: float = 0.0
    largest_row: int | None = None
    infinite: int = 0
    first_infinite: int | None = None

    @property
    def norm(self) -> float:
        """The root of the sum of squares, rounded once."""
        return inf if self.infinite else ratio(isqrt(self.squares << 128), ONE << 64)

    def with_rows(self, row: Array, slope: Array) -> "GradientSize":
        """The size with some more rows: their numbers (n,) and slopes (n, m)."""
        if not slope.size:
            return self
        height = np.abs(slope).max(axis=1)
        endless = np.isinf(slope).sum(axis=1)
        top, first = int(height.argmax()), int((endless > 0).argmax())
        higher = self.largest_row is None or float(height[top]) > self.largest
        return GradientSize(
            self.squares + _squares(slope[np.isfinite(slope)]),
            max(self.largest, float(height[top])),
            int(row[top]) if higher else self.largest_row,
            self.infinite + int(endless.sum()),
            int(row[first]) if self.first_infinite is None and endless[first] else self.first_infinite,
        )


def _squares(values: Array) -> int:
    """The sum of squares in units of 2^-2148; large and small ones are scaled before they are squared."""
    total = 0
    size = np.abs(values)
    for shift, part in (
        (-600, size >= 2.0**400),
        (0, (size < 2.0**400) & (size > 2.0**-400)),
        (600, size <= 2.0**-400),
    ):
        if part.any():
            square = exact_sum((values[part] * 2.0**shift) ** 2) << 1074
            total += square << (-2 * shift) if shift < 0 else square >> (2 * shift)
    return total


def as_probs_and_logits(conditioned: Array, scale: Scale) -> tuple[Array, Array]:
    """Predictions as probabilities and as logits."""
    with np.errstate(divide="ignore"):  # certainties have infinite logits
        if scale is Scale.LOGITS:
            return inverse_link(conditioned), conditioned
        p = conditioned if scale is Scale.PROBS else np.exp(conditioned)
        return p, np.log(p) - (np.log1p(-p) if conditioned.ndim == 1 else 0.0)
