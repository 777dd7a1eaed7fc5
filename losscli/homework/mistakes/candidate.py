"""A candidate: a number that a mistake would give, with its id, what it means and how to mend it.

A topic of mistakes is a generator of `Yielded` beside a table of `Texts`; `candidates` joins the two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from losscli.arrays import Array, Ints
from losscli.homework.evaluated_rows import Numbers

# How likely a mistake is; candidates of a lower rank are listed first.
ABOUT_OPTION, COMMON, POSSIBLE, RARE = range(-1, 3)
ONE_ROW, TWO_MISTAKES = 10, 20

# The key of a text, the number that the mistake gives, and what completes the meaning and the fix. What stands before
# a colon in the key is the id: "clipped:left-out" is a way of "clipped" with a text of its own.
Yielded = tuple[str, Numbers, *tuple[object, ...]]

Texts = Mapping[str, tuple[int, str, str]]  # key: rank, meaning, fix

MOST_NAMED = 3  # of an array: where more of them fit, the digits don't tell
MOST_BY_CHANCE = 0.01  # the share of arbitrary numbers that may fit an array before its mistakes are named


@dataclass(frozen=True)
class Candidate:
    """A number that a mistake would give on these data.

    `figures` end the meaning where the answer may be shown. The candidate is left out where one of `excluded_by`, the
    numbers that its last steps alone give, fits too, or where one of `steps`, the ids of several mistakes, does. `band`
    is how far the number may be off because the data were rounded.
    """

    id: str
    value: Numbers
    rank: int
    meaning: str
    fix: str
    figures: str = ""
    excluded_by: tuple[Numbers, ...] = ()
    steps: tuple[str, ...] = ()
    band: Numbers = 0.0


@dataclass(frozen=True)
class CandidateArray:
    """Numbers (m,) that mistakes of one kind give, such as a row left out: thousands cost only their arithmetic.

    `describe(i, others)` says what number i means, `others` giving the same number. `kind` is what one of them is
    called, and several. A typed answer needs so many significant `digits` to be compared with them. Where the answer is
    a list, number i is for its `entry[i]`.
    """

    values: Array
    describe: Callable[[int, tuple[int, ...]], Candidate]
    kind: tuple[str, str]
    digits: int = 1
    entry: Ints | None = None


def candidates(found: Iterable[Yielded], texts: Texts) -> Iterator[Candidate]:
    """What a generator yields with its texts; numbers that are nan are left out."""
    with np.errstate(all="ignore"):  # a mistake may well ask for inf - inf, overflow, or divide by 0
        yielded = list(found)
    for key, value, *details in yielded:
        if not np.isnan(value).any():
            rank, meaning, fix = texts[key]
            yield Candidate(key.partition(":")[0], value, rank, meaning.format(*details), fix.format(*details))
