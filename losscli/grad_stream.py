"""The gradient of every row, in flat memory: slopes of blocks go into a spool until the table is read.

The divisor of a mean is known at the end of the table only, so the spool holds undivided slopes, in binary: in memory
up to a few megabytes and in a temporary file beyond. Nothing is printed before the last row is sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isqrt
from typing import IO

import numpy as np
from numpy.typing import NDArray

from losscli.differences import differences, surface
from losscli.errors import DataError
from losscli.evaluate import evaluated
from losscli.exact import ONE, exact_sum, ratio
from losscli.grad_check import Comparison, compared
from losscli.gradients import slopes
from losscli.kinds import Scale
from losscli.pose import Array, Posed
from losscli.problem import Problem
from losscli.reading.blocks import Block
from losscli.summary import Summary, summarize

SPOOL_ROWS = 1 << 14


@dataclass(frozen=True)
class Ask:
    """What is asked of each block: the scale, which methods, an own step."""

    by: Scale
    analytic: bool = True
    numeric: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Found:
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


def found_in(problem: Problem, block: Block, ask: Ask) -> Found:
    """The slopes of a block."""
    posed, rows = evaluated(problem, block)
    slope = slopes(problem, posed, ask.by) if ask.analytic else None
    numeric = comparison = None
    if ask.numeric:
        ground = surface(problem, posed, ask.by, ask.step)
        found = differences(ground)
        numeric = found.slope
        comparison = None if slope is None else compared(slope, ground, found, settle=ask.step is None)
    loss = _placed(block, posed, rows.value)
    sides = [None if one is None else _placed(block, posed, one) for one in (slope, numeric)]
    return Found(block, summarize(rows), loss, sides[0], sides[1], _by_rows(block, posed, comparison))


def _placed(block: Block, posed: Posed, values: NDArray[np.float64] | NDArray[np.intp]) -> Array:
    """Values of the rows that count among all rows of the block, with 0 for the others."""
    width = 1 if values.ndim == 1 and posed.given.ndim == 2 else block.preds.shape[1]
    full = np.zeros((len(block.row), width))
    full[np.searchsorted(block.row, posed.block.row)] = values.reshape(-1, width)
    return full


def _by_rows(block: Block, posed: Posed, comparison: Comparison | None) -> Comparison | None:
    if comparison is None:
        return None
    error = _placed(block, posed, comparison.error).max(axis=1, initial=0.0)
    return Comparison(error, _placed(block, posed, comparison.unjudged).sum(axis=1).astype(np.intp))


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

    def add(self, found: Found, before: int) -> None:
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


# --- figures of a gradient --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
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


def enlarged(size: Size, row: Array, slope: Array) -> Size:
    """The size of a gradient with some more rows (n, m)."""
    if not slope.size:
        return size
    height = np.abs(slope).max(axis=1)
    endless = np.isinf(slope).sum(axis=1)
    top, first = int(height.argmax()), int((endless > 0).argmax())
    higher = size.largest_row is None or float(height[top]) > size.largest
    return Size(
        size.squares + _squares(slope[np.isfinite(slope)]),
        max(size.largest, float(height[top])),
        int(row[top]) if higher else size.largest_row,
        size.infinite + int(endless.sum()),
        int(row[first]) if size.first_infinite is None and endless[first] else size.first_infinite,
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
