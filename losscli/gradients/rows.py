"""The gradient of every row, in flat memory: slopes of blocks go into a spool until the table is read.

The divisor of a mean is known at the end of the table only, so the spool holds undivided slopes, in binary: in memory
up to a few megabytes and in a temporary file beyond. Nothing is printed before the last row is sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block
from losscli.enums import Scale
from losscli.errors import DataError, RowError
from losscli.evaluation.evaluate import evaluated
from losscli.evaluation.prepare import Array, Prepared
from losscli.evaluation.problem import Problem
from losscli.evaluation.validation import raise_first, weights_out_of_reach
from losscli.gradients.analytic import slopes
from losscli.gradients.check import Comparison, compared
from losscli.gradients.numeric import differences, surface
from losscli.statistics.summary import Summary, summarize

SPOOL_ROWS = 1 << 14


@dataclass(frozen=True)
class Ask:
    """What is asked of each block: the scale, which methods, an own step."""

    by: Scale
    analytic: bool = True
    numeric: bool = False
    step: float | None = None


@dataclass(frozen=True)
class AnalysisResult:
    """What comes of all rows of a block in the order of the source; ignored ones have slopes of exactly 0.

    `loss` (n, c) is the weighted loss, with a column for each observation of a row; `slope` and `numeric` (n, m) are
    undivided, `comparison` is by rows.
    """

    block: Block
    summary: Summary
    loss: Array
    slope: Array | None
    numeric: Array | None
    comparison: Comparison | None


def analyze(problem: Problem, block: Block, ask: Ask) -> AnalysisResult:
    """The slopes of a block."""
    raise_first(weights_out_of_reach(block, "in a gradient"))
    prepared, rows = evaluated(problem, block)
    slope = slopes(problem, prepared, ask.by) if ask.analytic else None
    numeric = comparison = None
    if ask.numeric:
        ground = surface(problem, prepared, ask.by, ask.step)
        found = differences(ground)
        numeric = found.slope
        if not ask.analytic:
            _refuse_undefined(prepared, numeric)
        comparison = None if slope is None else compared(slope, ground, found, settle=ask.step is None)
    loss = _placed(block, prepared, rows.value)
    sides = [None if one is None else _placed(block, prepared, one) for one in (slope, numeric)]
    return AnalysisResult(block, summarize(rows), loss, sides[0], sides[1], _by_rows(block, prepared, comparison))


def _refuse_undefined(prepared: Prepared, slope: Array) -> None:
    """Refuse differences that can't be taken, where these are the answer."""
    undefined = np.isnan(slope.reshape(len(prepared.block.row), -1)).any(axis=1)
    if undefined.any():
        row = int(prepared.block.row[undefined.argmax()])
        what = "an infinite loss or prediction can't be moved, so it has no slope by differences; use --method analytic"
        raise RowError(row, "row", None, what)


def _placed(block: Block, prepared: Prepared, values: NDArray[np.float64] | NDArray[np.intp]) -> Array:
    """Values of the rows that count among all rows of the block, with 0 for the others."""
    width = 1 if values.ndim == 1 and prepared.raw.ndim == 2 else block.preds.shape[1]
    full = np.zeros((len(block.row), width))
    full[np.searchsorted(block.row, prepared.block.row)] = values.reshape(-1, width)
    return full


def _by_rows(block: Block, prepared: Prepared, comparison: Comparison | None) -> Comparison | None:
    if comparison is None:
        return None
    error = _placed(block, prepared, comparison.error).max(axis=1, initial=0.0)
    return Comparison(error, _placed(block, prepared, comparison.inconclusive).sum(axis=1).astype(np.intp))


# --- the spool --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Held:
    """Some rows of the spool: row numbers from 1, losses (n, c), slopes by formula and by differences, errors (n,)."""

    row: Array
    loss: Array
    slope: Array
    numeric: Array
    error: Array


class Spool:
    """Rows of numbers, written once and read back as often as needed, a piece at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._widths = [0] * 5

    def add(self, found: AnalysisResult, before: int) -> None:
        """Append the rows of a block, `before` rows being before it in the source."""
        rows = len(found.block.row)
        nothing = np.empty((rows, 0))
        error = nothing if found.comparison is None else found.comparison.error[:, None]
        parts = [found.block.row[:, None] + (before + 1.0), found.loss, found.slope, found.numeric, error]
        full = [nothing if part is None else part for part in parts]
        self._widths = [part.shape[1] for part in full]
        try:
            self._file.write(np.ascontiguousarray(np.hstack(full)).data)
        except OSError as error_:
            raise DataError(f"the output can't be held: {(error_.strerror or str(error_)).lower()}") from None

    def pieces(self) -> Iterator[Held]:
        """All rows, some at a time."""
        self._file.seek(0)
        width = sum(self._widths)
        ends = np.cumsum(self._widths)[:-1]
        while piece := self._file.read(8 * width * SPOOL_ROWS):
            row, loss, slope, numeric, error = np.split(np.frombuffer(piece).reshape(-1, width), ends, axis=1)
            yield Held(row[:, 0], loss, slope, numeric, error[:, 0] if error.shape[1] else error.ravel())
