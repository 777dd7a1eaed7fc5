"""A candidate: a number that a mistake would give, with its id, what it means and how to mend it.

A topic of mistakes is a generator of `Yielded` beside a table of `Texts`; `candidates` joins the two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from losscli.arrays import Array, Ints
from losscli.homework.evaluated_rows import Numbers
from losscli.records import record

# How likely a mistake is; candidates of a lower rank are listed first.
ABOUT_OPTION, COMMON, POSSIBLE, RARE = range(-1, 3)
ONE_ROW, TWO_MISTAKES = 10, 20

# The key of a text, the number that the mistake gives, and what completes the meaning and the fix. What stands before
# a colon in the key is the id: "clipped:left-out" is a way of "clipped" with a text of its own.
Yielded = tuple[str, Numbers, *tuple[object, ...]]

Texts = Mapping[str, tuple[int, str, str]]  # key: rank, meaning, fix

MOST_NAMED = 3  # mistakes of an array; if more fit, the answer has too few digits
MOST_BY_CHANCE = 0.01  # the share of arbitrary numbers that may fit an array before its mistakes are named


@record
class Candidate:
    """A number that a mistake would give on these data.

    `figures` end the meaning unless the answer stays hidden. Of two mistakes at once, `excluded_by` are the numbers
    that the last one alone gives, and `steps` are the ids of both: where one of these fits, the candidate is left out.
    `band` is how far the number may be off because the data were rounded.
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


@record
class CandidateArray:
    """Numbers (m,) that mistakes of one kind give, such as a row left out: thousands cost only their arithmetic.

    `describe(i, others)` is the candidate of number i; the numbers at `others` are the same. `kind` names them, in the
    singular and the plural. A typed answer with fewer significant `digits` is not compared with them. If the answer is
    a list, number i is for entry `entry[i]` of it.
    """

    values: Array
    describe: Callable[[int, tuple[int, ...]], Candidate]
    kind: tuple[str, str]
    digits: int = 1
    entry: Ints | None = None


def candidates(found: Iterable[Yielded], texts: Texts) -> Iterator[Candidate]:
    """The numbers of a generator with their texts; nan is left out."""
    with np.errstate(all="ignore"):  # mistakes may compute inf - inf, overflow, or divide by 0
        yielded = list(found)
    for key, value, *details in yielded:
        if not np.isnan(value).any():
            rank, meaning, fix = texts[key]
            yield Candidate(key.partition(":")[0], value, rank, meaning.format(*details), fix.format(*details))
