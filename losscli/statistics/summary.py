"""The summary of the losses of any number of rows. Summaries add up with `+`, exactly, and `EMPTY` is that of no rows.

Sums are kept exactly (see `exact`), so cutting the rows anywhere gives the same summary to the last bit. Everything is
in nats; a unit is applied when a report is made. Row numbers count from 1 over all rows of the source.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from math import inf, nan
from typing import NamedTuple

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.records import record
from losscli.statistics.adding import add_by_key, add_each, add_optional
from losscli.statistics.exact import ONE, as_float, exact_sum, exact_sums, in_units, ratio
from losscli.statistics.moments import (
    ROUNDED,
    SQUARES,
    Mean,
    Moments,
    Products,
    error_of_mean,
    moments_of,
    root,
    weighted_mean,
)

SUM_TOLERANCE = 1e-3  # rows of probabilities may miss a sum of 1 by so much without a word


@record
class RowCounts:
    """How many rows were read, how many of them were left out by reason, how many cells of the others were clipped."""

    seen: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    clipped: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        left_out = add_by_key(self.left_out, other.left_out)
        return RowCounts(self.seen + other.seen, left_out, self.clipped + other.clipped)

    @property
    def counted(self) -> int:
        """How many rows take part in the answer."""
        return self.seen - sum(self.left_out.values())


@record
class PositiveLabel:
    """How many labels are the one that the user called positive, and the first and the last of the others."""

    n: int = 0
    others: tuple[str, str] | None = None

    def __add__(self, other: "PositiveLabel") -> "PositiveLabel":
        return PositiveLabel(self.n + other.n, extremes([*(self.others or ()), *(other.others or ())]))


@record
class DecidedScores:
    """Scores beside the labels that a model decided for: the lowest of all, the lowest and highest by the decision.

    `known`: some decision is a label for sure.
    """

    lowest: float
    lowest_positive: float  # inf where none is decided to be positive
    highest_other: float  # -inf where all are
    known: bool

    def __add__(self, other: "DecidedScores") -> "DecidedScores":
        return DecidedScores(
            min(self.lowest, other.lowest),
            min(self.lowest_positive, other.lowest_positive),
            max(self.highest_other, other.highest_other),
            self.known or other.known,
        )


class Rows(NamedTuple):
    """The evaluated rows of a block: what the summary and the row-wise output are made of.

    `loss` (n,) is the loss of each observation, `weight` (n,) its sample weight or None, `divisor_weight` (n,) what it
    adds to the divisor or None for 1, `row` (n,) its row number in the block from 0. `class_index` (n,) is the class of
    each observation where labels are classes, `label_weight` (n, k) or (n,) what it adds to the frequencies of the
    labels: booleans for hard binary labels without weights. `sums` (n,) are those of its probabilities. `entropy` (n,)
    is that of each observation's label probabilities, weighted like the loss; None for hard labels. `scores` (n,) are
    whatever else is averaged over the observations, such as whether each is predicted correctly.
    """

    loss: Array
    row: Ints
    weight: Array | None = None
    divisor_weight: Array | None = None
    class_index: Ints | None = None
    class_count: int = 0
    label_weight: Array | Flags | None = None
    sums: Array | None = None
    entropy: Array | None = None
    scores: Mapping[str, Array | Flags] = {}
    counts: RowCounts = RowCounts()
    positive: PositiveLabel | None = None
    decided: DecidedScores | None = None
    traits: frozenset[str] = frozenset()

    @property
    def value(self) -> Array:
        """What each observation adds to the sum: the weighted loss (a weight of 0 silences an infinite loss)."""
        if self.weight is None:
            return self.loss
        with np.errstate(invalid="ignore", over="ignore"):  # 0 times inf is set in the next line
            value = self.weight * self.loss
        value[self.weight == 0.0] = 0.0
        return value


@record
class Total:
    """The weighted losses of some rows: how many, their exact sum and divisor, how many of them are infinite.

    The sum is `value` in units of 2^-1074 and `beyond` in units of 2^-2148, which are the weighted losses of rows whose
    weight is so small or large that the product leaves the range of floats. The divisor is in units of 2^-1074.
    """

    n: int = 0
    value: int = 0
    divisor: int = 0
    infinite: int = 0
    beyond: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(
            self.n + other.n,
            self.value + other.value,
            self.divisor + other.divisor,
            self.infinite + other.infinite,
            self.beyond + other.beyond,
        )

    @property
    def sum(self) -> float:
        """The sum, rounded once; inf when a row is infinite."""
        return inf if self.infinite else ratio(self.value * ONE + self.beyond, ONE * ONE)

    @property
    def mean(self) -> float:
        """The sum over the divisor, rounded once; nan where there is no divisor."""
        if self.infinite:
            return inf
        return ratio(self.value * ONE + self.beyond, self.divisor * ONE) if self.divisor else nan


@record
class Spread:
    """The smallest and the largest loss, and the products that standard deviation and standard error are made of.

    `plain` are those of the losses, d being 1; `weighted` those of the weighted losses v and the divisor weights d, of
    which `beyond` are those of the rows of `Total.beyond`, with weights times 2^1074. `counted` are the rows with a
    divisor weight above 0.
    """

    min: float = inf
    max: float = -inf
    counted: int = 0
    plain: Products = Products()
    weighted: Products | None = None
    beyond: Products = Products()

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(
            min(self.min, other.min),
            max(self.max, other.max),
            self.counted + other.counted,
            self.plain + other.plain,
            add_optional(self.weighted, other.weighted),
            self.beyond + other.beyond,
        )


@record
class RowSums:
    """Rows of probabilities whose sum is off by more than `SUM_TOLERANCE`, and the one that is worst."""

    off: int
    distance: float  # from 1
    row: int  # from 1
    sum: float

    def __add__(self, other: "RowSums") -> "RowSums":
        return replace(self if self.distance >= other.distance else other, off=self.off + other.off)


@record
class Summary:
    """The figures of any number of rows; ask it with the functions below.

    `per_class` are the losses of each class where labels are classes, `label_weights` the exact sums of the weights of
    each label, `entropy` that of the label probabilities (None where all labels are hard).
    """

    counts: RowCounts = RowCounts()
    total: Total = Total()
    spread: Spread = Spread()
    per_class: tuple[Total, ...] = ()
    label_weights: tuple[int, ...] = ()
    entropy: int | None = None
    scores: Mapping[str, Mean] = field(default_factory=dict)
    positive: PositiveLabel | None = None
    decided: DecidedScores | None = None
    first_infinite: int | None = None
    row_sums: RowSums | None = None
    traits: frozenset[str] = frozenset()

    def __add__(self, other: "Summary") -> "Summary":
        before = self.counts.seen
        first, sums = self.first_infinite, other.row_sums
        if first is None and other.first_infinite is not None:
            first = other.first_infinite + before
        return Summary(
            counts=self.counts + other.counts,
            total=self.total + other.total,
            spread=self.spread + other.spread,
            per_class=add_each(self.per_class, other.per_class),
            label_weights=add_each(self.label_weights, other.label_weights),
            entropy=add_optional(self.entropy, other.entropy),
            scores=add_by_key(self.scores, other.scores),
            positive=add_optional(self.positive, other.positive),
            decided=add_optional(self.decided, other.decided),
            first_infinite=first,
            row_sums=add_optional(self.row_sums, sums and replace(sums, row=sums.row + before)),
            traits=self.traits & other.traits if self.n and other.n else self.traits | other.traits,
        )

    @property
    def n(self) -> int:
        """How many observations there are."""
        return self.total.n


EMPTY = Summary()


def summarize(rows: Rows, full: bool = True, known: Moments | None = None) -> Summary:
    """The summary of a block; without `full` it answers for the sum, the mean and the warnings alone.

    `known` are the moments of its weighted losses, but for infinite ones, where somebody has summed them.
    """
    value, beyond = _in_range(rows)
    finite, n = _finite(value), len(value)
    if full and (known is None or beyond):
        known = moments_of(finite, rows.divisor_weight, [n])[0]
    infinite = 0 if finite is value else int(np.count_nonzero(np.isinf(value)))
    if known:
        units, divisor = known.value, known.divisor
    else:
        units = exact_sum(finite)
        divisor = n * ONE if rows.divisor_weight is None else exact_sum(rows.divisor_weight)
    return Summary(
        counts=rows.counts,
        total=Total(n, units, divisor, infinite, sum(beyond.values())),
        spread=_spread(rows, known, beyond) if full and known and n else Spread(),
        per_class=_per_class(rows, value, finite, beyond) if full else (),
        label_weights=_label_weights(rows),
        entropy=None if rows.entropy is None or not full else exact_sum(rows.entropy),
        scores={name: weighted_mean(score, rows.weight) for name, score in rows.scores.items()},
        positive=rows.positive,
        decided=rows.decided,
        first_infinite=int(rows.row[np.isinf(value).argmax()]) + 1 if infinite else None,
        row_sums=_row_sums(rows),
        traits=rows.traits if n else frozenset(),
    )


def label_entropy(s: Summary) -> float | None:
    """The mean entropy of the label probabilities, weighted as the mean is; None where all labels are hard."""
    return None if s.entropy is None else ratio(s.entropy, s.total.divisor)


def extremes(labels: Iterable[str]) -> tuple[str, str] | None:
    """The first and the last of some labels, numbers before words; None for none."""
    found = sorted_labels(set(labels))
    return (found[0], found[-1]) if found else None


def sorted_labels(labels: Iterable[str]) -> list[str]:
    """Labels in their order: numbers before words."""

    def place(label: str) -> tuple[bool, float, str]:
        try:
            return False, float(label), label
        except ValueError:
            return True, 0.0, label

    return sorted(labels, key=place)


def divisor(s: Summary) -> float:
    """What the mean divides by."""
    return as_float(s.total.divisor)


def std(s: Summary) -> float:
    """The sample standard deviation (n-1) of the rows' losses, without weights; nan where it is undefined."""
    spread = s.spread
    if s.n < 2 or spread.max == inf:
        return nan
    if spread.min == spread.max:
        return 0.0
    squares, total = spread.plain.vv, spread.plain.vd
    square = s.n * squares * SQUARES - total * total
    if square < s.n * squares * SQUARES >> ROUNDED:
        return 0.0
    return root(square // SQUARES, s.n * (s.n - 1) * SQUARES)


def standard_error(s: Summary) -> float:
    """Of the mean: sqrt(n/(n-1) sum (v - d mean)^2) / sum d, v the weighted losses, d their divisor weights.

    With sample weights this is HC1, the estimate of MacKinnon & White (1985); without, std/sqrt(n).
    """
    if s.total.infinite:
        return nan
    value, divisor, products = s.total.value, s.total.divisor, s.spread.weighted or s.spread.plain
    if s.total.beyond:  # with weights times 2^1074, which changes no mean and no error of it
        value, divisor = value * ONE + s.total.beyond, divisor * ONE
        products = products.times(ONE**2) + s.spread.beyond
    return error_of_mean(value, divisor, products, s.spread.counted)


def _in_range(rows: Rows) -> tuple[Array, dict[int, int]]:
    """The weighted losses (n,), with 0 for those that no float can be; these by their places, in units of 2^-2148."""
    value = rows.value
    least = float(np.finfo(np.float64).tiny)
    if rows.weight is None or not len(value) or (value.min() >= least and value.max() < inf):
        return value, {}
    odd = np.isinf(value) & np.isfinite(rows.loss)
    odd |= (value < least) & (rows.weight > 0.0) & (rows.loss > 0.0)
    places = np.flatnonzero(odd).tolist()
    if places:
        value = np.where(odd, 0.0, value)
    return value, {at: in_units(float(rows.weight[at])) * in_units(float(rows.loss[at])) for at in places}


def _spread(rows: Rows, own: Moments, beyond: Mapping[int, int]) -> Spread:
    """The spread of a block of at least one row, `own` being the moments of its finite weighted losses.

    `beyond` has those that no float can be (see `_in_range`).
    """
    weight, share, products = rows.weight, rows.divisor_weight, own.products
    plain = products
    if weight is not None or share is not None:
        plain = moments_of(_finite(rows.loss), None, [len(rows.loss)])[0].products
    counted = len(rows.loss) if share is None else int(np.count_nonzero(share))
    weighted = None if weight is None and share is None else products
    squares = Products()
    for at, units in beyond.items():
        product = units * in_units(1.0 if share is None else float(share[at]))
        squares += Products(units * units * SQUARES // ONE**2, product * SQUARES // ONE)
    return Spread(float(rows.loss.min()), float(rows.loss.max()), counted, plain, weighted, squares)


def _finite(values: Array) -> Array:
    if not len(values) or values.max() < inf:  # losses are never -inf
        return values
    return np.where(np.isinf(values), 0.0, values)


def _label_weights(rows: Rows) -> tuple[int, ...]:
    """The exact sum of the weights of the rows of each label."""
    index, weight = rows.class_index, rows.label_weight
    if weight is not None and weight.ndim == 1:
        if weight.dtype == np.bool_:
            positive = int(np.count_nonzero(weight)) * ONE
        else:
            positive = exact_sum(np.asarray(weight, np.float64))
        everything = len(weight) * ONE if rows.weight is None else exact_sum(rows.weight)
        return everything - positive, positive
    if weight is not None:
        return tuple(exact_sum(column) for column in weight.T)
    if index is None:
        return ()
    if rows.weight is not None:
        return exact_sums(rows.weight, index, rows.class_count)
    return tuple(n * ONE for n in np.bincount(index, minlength=rows.class_count).tolist())


def _per_class(rows: Rows, value: Array, finite: Array, beyond: dict[int, int]) -> tuple[Total, ...]:
    index, k = rows.class_index, rows.class_count
    if index is None:
        return ()
    counts = np.bincount(index, minlength=k).tolist()
    values = exact_sums(finite, index, k)
    share = rows.divisor_weight
    shares = [n * ONE for n in counts] if share is None else exact_sums(share, index, k)
    infinite = np.bincount(index[np.isinf(value)], minlength=k).tolist()
    more = [0] * k
    for at, units in beyond.items():
        more[int(index[at])] += units
    return tuple(Total(*figures) for figures in zip(counts, values, shares, infinite, more, strict=True))


def _row_sums(rows: Rows) -> RowSums | None:
    if rows.sums is None or not len(rows.sums):
        return None
    distance = np.abs(rows.sums - 1.0)
    # half a unit of the twelfth digit: 0.999 misses 1 by 1e-3 plus what its rounding adds
    off = int(np.count_nonzero(distance > SUM_TOLERANCE + 5e-13))
    if not off:
        return None
    worst = int(distance.argmax())
    return RowSums(off, float(distance[worst]), int(rows.row[worst]) + 1, float(rows.sums[worst]))
