"""What an entry of the catalogue is: an id, a sentence, a cure, and the numbers that the mistake would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from losscli.expect.mistakes.case import Figure

T = TypeVar("T")

# How likely a mistake is: entries of a lower rank are listed first.
COMMON, POSSIBLE, RARE = range(3)


@dataclass(frozen=True)
class Variant:
    """One number that a mistake would give; `detail` completes the sentence, `cure` replaces that of the entry."""

    value: Figure
    detail: str = ""
    cure: str = ""


Found = Figure | Sequence[Figure | Variant]


@dataclass(frozen=True)
class Mistake(Generic[T]):
    """An entry: `values` gives its numbers, none where the mistake can't be made on these data."""

    id: str
    meaning: str
    cure: str
    values: Callable[[T], Found]
    rank: int = POSSIBLE


def variants(found: Found) -> list[Variant]:
    """The numbers of an entry, in one form."""
    if isinstance(found, float | np.ndarray):
        return [Variant(found)]
    return [one if isinstance(one, Variant) else Variant(one) for one in found]
