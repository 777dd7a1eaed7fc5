"""Two values of each row compared: the mean difference, its paired standard error, how often it is lower or higher."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.statistics.moments import Tally, tallied

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """The differences of any number of rows; lower, equal and higher count the rows by the sign of theirs."""

    difference: Tally = Tally()  # noqa: RUF009  a frozen record of numbers
    lower: int = 0
    equal: int = 0
    higher: int = 0

    def __add__(self, other: "Paired") -> "Paired":
        return Paired(
            self.difference + other.difference,
            self.lower + other.lower,
            self.equal + other.equal,
            self.higher + other.higher,
        )


def paired(values: Array, others: Array, weights: Array | None, divisors: Array | None) -> Paired:
    """Values (n,) less others (n,) on the same rows. What is infinite in both is undefined: see `undefined`."""
    with np.errstate(invalid="ignore"):  # inf - inf is told by `undefined`, unless its weight is 0
        difference = values - others
    lower, higher = int(np.count_nonzero(difference < 0.0)), int(np.count_nonzero(difference > 0.0))
    if weights is not None:
        with np.errstate(invalid="ignore"):  # 0 times inf is set in the next line
            difference = difference * weights
        difference[weights == 0.0] = 0.0
    return Paired(tallied(difference, divisors), lower, len(values) - lower - higher, higher)


def undefined(values: Array, others: Array, weights: Array | None) -> int | None:
    """The first row in which both are infinite, so that their difference is undefined; None where there is none."""
    if values.max(initial=0.0) < np.inf or others.max(initial=0.0) < np.inf:
        return None
    both = np.isinf(values) & np.isinf(others)
    if weights is not None:
        both &= weights > 0.0
    return int(both.argmax()) if both.any() else None
