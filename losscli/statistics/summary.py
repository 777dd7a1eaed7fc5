"""The summary of losses: what any number of rows come down to. A monoid: `EMPTY` and `+`, exact and associative.

Sums are kept exactly (see `exact`), so cutting the rows anywhere gives the same summary to the last bit. Everything is
in nats; a unit is applied when a report is made. Row numbers count from 1 over all rows of the source.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.statistics.exact import ONE, as_float, exact_sum, exact_sums, in_units, ratio
from losscli.statistics.moments import SPARE, SQUARES, Products, error_of_mean, product_sum, root

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """The evaluated rows of a block: what the summary and the row-wise output are made of.

    `loss` (n,) is the loss of each observation, `weight` (n,) its sample weight or None, `divisor_weight` (n,) what it
    adds to the divisor or None for 1, `row` (n,) its row number in the block from 0. `group` (n,) is the class of each
    observation where there is one, `mass` (n, k) or (n,) what it adds to the label frequencies: booleans for hard
    binary labels without weights. Where the user named
    the positive label, `positives` labels are it and `others` are the first and the last of the other labels.
    `entropy` (n,) is that of each observation's label probabilities, weighted like the loss; None for hard labels.
    """

    loss: Array
    row: NDArray[np.intp]
    weight: Array | None = None
    divisor_weight: Array | None = None
    group: NDArray[np.intp] | None = None
    groups: int = 0
    mass: Array | NDArray[np.bool_] | None = None
    seen: int = 0
    dropped: int = 0
    ignored: int = 0
    unmatched: int = 0
    clipped: int = 0
    sums: Array | None = None
    traits: frozenset[str] = frozenset()
    positives: int = 0
    others: tuple[str, str] | None = None
    entropy: Array | None = None

    @property
    def value(self) -> Array:
        """What each observation adds to the sum: the weighted loss (a weight of 0 silences an infinite loss)."""
        if self.weight is None:
            return self.loss
        with np.errstate(invalid="ignore", over="ignore"):  # 0 times inf is set in the next line
            value = self.weight * self.loss
        value[self.weight == 0.0] = 0.0
        return value


@dataclass(frozen=True)
class Group:
    """The rows of one class: how many, their exact sum (see `Summary`) and divisor, how many infinite."""

    n: int = 0
    value: int = 0
    divisor_weight: int = 0
    infinite: int = 0
    beyond: int = 0

    def __add__(self, other: "Group") -> "Group":
        return Group(
            self.n + other.n,
            self.value + other.value,
            self.divisor_weight + other.divisor_weight,
            self.infinite + other.infinite,
            self.beyond + other.beyond,
        )


@dataclass(frozen=True)
class Summary:
    """The figures of any number of rows; ask it with the functions below.

    The sum is `value` in units of 2^-1074 and `beyond` in units of 2^-2148, which are the weighted losses of rows whose
    weight is so small or large that the product leaves the range of floats.
    """

    seen: int = 0
    n: int = 0
    dropped: int = 0
    ignored: int = 0
    unmatched: int = 0
    clipped: int = 0
    infinite: int = 0
    first_infinite: int | None = None
    off: int = 0
    worst_off: tuple[float, int, float] | None = None  # distance from 1, minus the row number, the sum itself
    value: int = 0
    beyond: int = 0
    divisor_weight: int = 0
    counted: int = 0  # rows with a divisor weight above 0
    plain: Products = Products()  # noqa: RUF009  of the losses, d being 1
    weighted: Products | None = None  # of the weighted losses v and the divisor weights d
    min: float = inf
    max: float = -inf
    mass: tuple[int, ...] = ()
    groups: tuple[Group, ...] = ()
    traits: frozenset[str] = frozenset()
    positives: int = 0
    others: tuple[str, str] | None = None
    entropy: int | None = None  # of the label probabilities, summed; None where all labels are hard

    def __add__(self, other: "Summary") -> "Summary":
        later = _shifted(other, self.seen)
        added = {name: getattr(self, name) + getattr(later, name) for name in _ADDED}
        firsts = [row for row in (self.first_infinite, later.first_infinite) if row is not None]
        worst = [entry for entry in (self.worst_off, later.worst_off) if entry is not None]
        return Summary(
            **added,
            mass=_added(self.mass, later.mass),
            groups=_added(self.groups, later.groups),
            first_infinite=min(firsts, default=None),
            worst_off=max(worst, default=None),
            weighted=_both(self.weighted, later.weighted),
            min=min(self.min, later.min),
            max=max(self.max, later.max),
            traits=self.traits & later.traits if self.n and later.n else self.traits | later.traits,
            others=extremes([*(self.others or ()), *(later.others or ())]),
            entropy=_either(self.entropy, later.entropy),
        )


EMPTY = Summary()

_ADDED = (
    "seen",
    "n",
    "dropped",
    "ignored",
    "unmatched",
    "clipped",
    "infinite",
    "off",
    "value",
    "beyond",
    "divisor_weight",
    "counted",
    "plain",
    "positives",
)

SUM_TOLERANCE = 1e-3  # rows of probabilities may miss a sum of 1 by so much without a word


def summarize(rows: Rows, full: bool = True) -> Summary:
    """The summary of a block; without `full` it answers for the sum, the mean and the warnings alone."""
    value, beyond = _in_range(rows)
    finite, sound = _finite(value), full and len(rows.loss) > 0
    groups = _grouped(rows, value, finite, beyond) if full else ()
    units = sum(group.value for group in groups) if groups else exact_sum(finite)
    infinite = 0 if finite is value else int(np.count_nonzero(np.isinf(value)))
    share, n = rows.divisor_weight, len(value)
    off, worst = _off(rows)
    return Summary(
        seen=rows.seen,
        n=n,
        dropped=rows.dropped,
        ignored=rows.ignored,
        unmatched=rows.unmatched,
        clipped=rows.clipped,
        infinite=infinite,
        first_infinite=int(rows.row[np.isinf(value).argmax()]) + 1 if infinite else None,
        off=off,
        worst_off=worst,
        value=units,
        beyond=sum(beyond.values()),
        divisor_weight=n * ONE if share is None else exact_sum(share),
        counted=n if share is None else int(np.count_nonzero(share)),
        plain=_plain(rows, units) if full else Products(),
        weighted=_shared(finite, units, share) if full and (rows.weight is not None or share is not None) else None,
        min=float(rows.loss.min()) if sound else inf,
        max=float(rows.loss.max()) if sound else -inf,
        mass=_mass(rows),
        traits=rows.traits if n else frozenset(),
        positives=rows.positives,
        others=rows.others,
        entropy=None if rows.entropy is None or not full else exact_sum(rows.entropy),
        groups=groups,
    )


def label_entropy(s: Summary) -> float | None:
    """The mean entropy of the label probabilities, weighted as the mean is; None where all labels are hard."""
    return None if s.entropy is None else ratio(s.entropy, s.divisor_weight)


def _either(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else a + b


def extremes(labels: Iterable[str]) -> tuple[str, str] | None:
    """The first and the last of some labels, numbers before words; None for none."""

    def place(label: str) -> tuple[bool, float, str]:
        try:
            return False, float(label), label
        except ValueError:
            return True, 0.0, label

    found = sorted(set(labels), key=place)
    return (found[0], found[-1]) if found else None


def total(s: Summary) -> float:
    """The sum of the weighted losses, rounded once; inf when a row is infinite."""
    return inf if s.infinite else ratio(_exact(s), ONE * ONE)


def divisor(s: Summary) -> float:
    """What the mean divides by."""
    return as_float(s.divisor_weight)


def mean(s: Summary) -> float:
    """The sum over the divisor, rounded once."""
    return inf if s.infinite else ratio(_exact(s), s.divisor_weight * ONE)


def std(s: Summary) -> float:
    """The sample standard deviation (n-1) of the rows' losses, without weights; nan where it is undefined."""
    if s.n < 2 or s.max == inf:
        return nan
    if s.min == s.max:
        return 0.0
    total = s.plain.vd
    return root((s.n * s.plain.vv * SQUARES - total * total) // SQUARES, s.n * (s.n - 1) * SQUARES)


def standard_error(s: Summary) -> float:
    """Of the mean: sqrt(n/(n-1) sum (v - d mean)^2) / sum d, v the weighted losses, d their divisor weights.

    With sample weights this is HC1, the estimate of MacKinnon & White (1985); without, std/sqrt(n).
    """
    if s.infinite or s.beyond:
        return nan
    return error_of_mean(s.value, s.divisor_weight, s.weighted or s.plain, s.counted)


def group_means(s: Summary) -> tuple[tuple[int, float], ...]:
    """For each class the number of its rows and their mean loss (nan for none)."""
    return tuple(
        (
            part.n,
            inf if part.infinite else ratio(_exact(part), part.divisor_weight * ONE) if part.divisor_weight else nan,
        )
        for part in s.groups
    )


def _exact(s: Summary | Group) -> int:
    """The sum of the weighted losses in units of 2^-2148."""
    return s.value * ONE + s.beyond


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


def _plain(rows: Rows, units: int) -> Products:
    finite = _finite(rows.loss)
    total = units if rows.weight is None else exact_sum(finite)
    return Products(product_sum(finite, finite), total << SPARE, len(finite) * SQUARES)


def _shared(value: Array, units: int, share: Array | None) -> Products:
    if share is None:
        return Products(product_sum(value, value), units << SPARE, len(value) * SQUARES)
    return Products(product_sum(value, value), product_sum(value, share), product_sum(share, share))


def _finite(values: Array) -> Array:
    if not len(values) or values.max() < inf:  # losses are never -inf
        return values
    return np.where(np.isinf(values), 0.0, values)


def _mass(rows: Rows) -> tuple[int, ...]:
    if rows.mass is not None and rows.mass.ndim == 1:
        counted = rows.mass.dtype == np.bool_
        positive = (
            int(np.count_nonzero(rows.mass)) * ONE if counted else exact_sum(rows.mass.astype(np.float64, copy=False))
        )
        everything = len(rows.mass) * ONE if rows.weight is None else exact_sum(rows.weight)
        return everything - positive, positive
    if rows.mass is not None:
        return tuple(exact_sum(column) for column in rows.mass.T)
    if rows.group is None:
        return ()
    if rows.weight is not None:
        return exact_sums(rows.weight, rows.group, rows.groups)
    return tuple(n * ONE for n in np.bincount(rows.group, minlength=rows.groups).tolist())


def _grouped(rows: Rows, value: Array, finite: Array, beyond: dict[int, int]) -> tuple[Group, ...]:
    if rows.group is None:
        return ()
    counts = np.bincount(rows.group, minlength=rows.groups).tolist()
    values = exact_sums(finite, rows.group, rows.groups)
    shares = (
        [n * ONE for n in counts]
        if rows.divisor_weight is None
        else exact_sums(rows.divisor_weight, rows.group, rows.groups)
    )
    infinite = np.bincount(rows.group[np.isinf(value)], minlength=rows.groups).tolist()
    more = [0] * rows.groups
    for at, units in beyond.items():
        more[int(rows.group[at])] += units
    return tuple(Group(*figures) for figures in zip(counts, values, shares, infinite, more, strict=True))


def _off(rows: Rows) -> tuple[int, tuple[float, int, float] | None]:
    if rows.sums is None or not len(rows.sums):
        return 0, None
    distance = np.abs(rows.sums - 1.0)
    # half a unit of the twelfth digit: 0.999 misses 1 by 1e-3 plus what its rounding adds
    off = int(np.count_nonzero(distance > SUM_TOLERANCE + 5e-13))
    if not off:
        return 0, None
    worst = int(distance.argmax())
    return off, (float(distance[worst]), -(int(rows.row[worst]) + 1), float(rows.sums[worst]))


def _shifted(s: Summary, rows: int) -> Summary:
    if s.first_infinite is None and s.worst_off is None:
        return s
    first = None if s.first_infinite is None else s.first_infinite + rows
    worst = None if s.worst_off is None else (s.worst_off[0], s.worst_off[1] - rows, s.worst_off[2])
    return replace(s, first_infinite=first, worst_off=worst)


def _added(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True)) if a and b else a or b


def _both(a: Products | None, b: Products | None) -> Products | None:
    return a + b if a and b else a or b
