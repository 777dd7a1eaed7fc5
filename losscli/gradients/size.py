"""The norm and the largest entry of a gradient, and where its infinite entries are: merged rows after rows."""

from dataclasses import dataclass
from math import inf, isqrt

import numpy as np

from losscli.evaluation.prepare import Array
from losscli.statistics.exact import ONE, exact_sum, ratio


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
