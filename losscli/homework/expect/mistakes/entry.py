"""What an entry of the catalogue is: an id, a sentence, a cure, and the numbers that the mistake would give."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from losscli.enums import Form, Reduction, Scale
from losscli.homework.expect.mistakes.case import Case, Figure

T = TypeVar("T")

# How likely a mistake is: entries of a lower rank are listed first, before all those about an option asked for.
AT_HAND, COMMON, POSSIBLE, RARE = range(-1, 3)


@dataclass(frozen=True)
class Variant:
    """One number that a mistake would give; `detail` completes the sentence, `cure` replaces that of the entry.

    `at_hand` says that it is about an option that was asked for.
    """

    value: Figure
    detail: str = ""
    cure: str = ""
    at_hand: bool = False


AnalysisResult = Figure | Sequence[Figure | Variant]


@dataclass(frozen=True)
class Mistake(Generic[T]):
    """An entry: `values` gives its numbers on data that pass all of its guards; on others it can't be made."""

    id: str
    meaning: str
    cure: str
    values: Callable[[T], AnalysisResult]
    rank: int = POSSIBLE
    guards: tuple[Callable[[T], bool], ...] = ()


def variants(entry: Mistake[T], data: T) -> list[Variant]:
    """The numbers of an entry on some data, none where a guard doesn't let them pass."""
    if not all(guard(data) for guard in entry.guards):
        return []
    found = entry.values(data)
    if isinstance(found, float | np.ndarray):
        return [Variant(found)]
    return [one if isinstance(one, Variant) else Variant(one) for one in found]


@dataclass(frozen=True)
class Candidate:
    """A number that a mistake would give on the data at hand.

    `beside` are the numbers that its last steps alone give: where one of these fits too, the mistake says nothing; nor
    does it where one of its `steps`, the ids of several mistakes, fits alone. `figures` end the meaning.
    """

    id: str
    value: Figure
    meaning: str
    cure: str
    rank: int
    beside: tuple[Figure, ...] = ()
    figures: str = ""
    steps: tuple[str, ...] = ()


def numbers(table: tuple[Mistake[T], ...], data: T) -> Iterator[Candidate]:
    """Every number that the entries of a table give on some data."""
    for entry in table:
        # a mistake may well ask for inf - inf or overflow; what has no value is left out below
        with np.errstate(invalid="ignore", over="ignore"):
            found = variants(entry, data)
        for variant in found:
            if not np.isnan(variant.value).any():
                meaning = entry.meaning.format(variant.detail)
                yield Candidate(
                    entry.id,
                    variant.value,
                    meaning,
                    variant.cure or entry.cure,
                    AT_HAND if variant.at_hand else entry.rank,
                )


# --- guards -----------------------------------------------------------------------------------------------------------
class AnalysisOptions(Protocol):
    """What is known of every answer: how it was reduced, and what a row of its data is."""

    @property
    def reduction(self) -> Reduction:
        """How the losses of the rows became the answer."""

    @property
    def form(self) -> Form:
        """What one row of the data is."""


def mean_asked(a: AnalysisOptions) -> bool:
    """Whether the answer is the mean."""
    return a.reduction is Reduction.MEAN


def sum_asked(a: AnalysisOptions) -> bool:
    """Whether the answer is the sum."""
    return a.reduction is Reduction.SUM


def one_number(a: AnalysisOptions) -> bool:
    """Whether the answer is one number, not one for each row."""
    return a.reduction is not Reduction.NONE


def of_classes(a: AnalysisOptions) -> bool:
    """Whether a row has a prediction for each class."""
    return a.form is Form.CATEGORICAL


def with_labels(a: AnalysisOptions) -> bool:
    """Whether the rows have labels; a list of likelihoods has none."""
    return a.form is not Form.LIKELIHOOD


def hard_labels(c: Case) -> bool:
    """Whether every label is one class."""
    return c.hard


def soft_labels(c: Case) -> bool:
    """Whether some label is a probability."""
    return not c.hard


def from_logits(c: Case) -> bool:
    """Whether the predictions are logits."""
    return c.problem.settings.scale is Scale.LOGITS


def without_logits(c: Case) -> bool:
    """Whether the predictions are probabilities or their logarithms."""
    return not from_logits(c)


def weighted(c: Case) -> bool:
    """Whether rows, classes or the positive term have weights."""
    s = c.problem.settings
    return c.weight is not None or s.class_weight is not None or s.pos_weight is not None


def several_labels(c: Case) -> bool:
    """Whether a row has several yes-or-no labels."""
    return c.width > 1


def several_rows(data: Case) -> bool:
    """Whether there is more than one row."""
    return data.n > 1
