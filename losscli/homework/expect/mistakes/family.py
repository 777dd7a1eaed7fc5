"""A family of mistakes: many numbers of one kind, such as a row left out, one for each row. The rule: arrays.

What each number means is told only where it fits, so that thousands of them cost no more than their arithmetic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from losscli.homework.expect.mistakes.case import Array

Kind = tuple[str, str]  # one of a kind, and several

SLIP: Kind = ("way to slip in one row fits", "ways to slip in one row fit")

PAIR: Kind = ("pair of mistakes fits", "pairs of mistakes fit")

MOST_NAMED = 3  # of a family: where more of them fit, the digits don't tell

MOST_BY_CHANCE = 0.01  # the share of arbitrary numbers that may fit a family before it is named


@dataclass(frozen=True)
class Description:
    """What one number of a family means: the id and the words of an entry, and the `steps` of several mistakes.

    `figures` end the meaning, where the answer doesn't have to stay hidden.
    """

    id: str
    meaning: str
    cure: str
    figures: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """Numbers (m,) that mistakes of one kind give; `describe` says what number i means, `rows` name who else gives it.

    `digits` are the significant ones that a typed answer must have to be compared with them at all.
    """

    values: Array
    describe: Callable[[int, tuple[int, ...]], Description]
    rank: int
    kind: Kind = SLIP
    digits: int = 1

    def near(self, value: float, reach: float) -> list[int]:
        """Which of them lie about this far from a value."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.flatnonzero(np.abs(self.values - value) <= 2.0 * reach + 1e-12 * abs(value)).tolist()
