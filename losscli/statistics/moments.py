"""Second moments: sums of products, and the standard error of a mean that is made of them.

The sums are exact, so that no cut of the data changes a digit, and nothing is lost where the squares cancel.
"""

from collections.abc import Sequence
from math import inf, isqrt, nan

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.records import record
from losscli.statistics.exact import ONE, exact_sum, product_sums, ratio, run_sums, sizes_of, split

BITS = 2274
SQUARES = 1 << BITS  # sums of products are kept in units of its reciprocal

WIDE = 64  # bits between the sizes of values that are split into parts together

ROUNDED = 100  # a spread whose square is smaller than that of the values by so many bits is that of their rounding


@record
class Products:
    """The sums of v^2, v d and d^2 of values v and their divisor weights d, in units of 1/SQUARES."""

    vv: int = 0
    vd: int = 0
    dd: int = 0

    def __add__(self, other: "Products") -> "Products":
        return Products(self.vv + other.vv, self.vd + other.vd, self.dd + other.dd)

    def times(self, factor: int) -> "Products":
        return Products(self.vv * factor, self.vd * factor, self.dd * factor)


@record
class Moments:
    """The sums of some values and of their divisor weights, in units of 1/ONE, and those of their products."""

    value: int = 0
    divisor: int = 0
    products: Products = Products()

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.value + other.value, self.divisor + other.divisor, self.products + other.products)


def moments_of(values: Array, weights: Array | None, counts: Sequence[int]) -> list[Moments]:
    """Of the first `counts[0]` values (n,) and divisor weights (n,), None for 1, of the next `counts[1]`, and so on.

    The counts are above 0, but for the only one.
    """
    # Numbers of very different sizes would be split into many parts, so rows of like sizes are taken by themselves.
    columns = [values] if weights is None else [values, weights]
    sizes = list(map(sizes_of, columns))
    for column, (low, top) in zip(columns, sizes, strict=True):
        if low < top * 2.0**-WIDE:
            return _moments_of_two(values, weights, counts, np.abs(column) >= top * 2.0**-WIDE)
    most = max(counts)
    starts = None if len(counts) == 1 else np.cumsum([0, *counts[:-1]])
    v, *others = (split(column, size, most) for column, size in zip(columns, sizes, strict=True))
    sums, vv = run_sums(v, starts, 1074), product_sums(v, v, starts, BITS)
    if not others:
        return [
            Moments(value, n * ONE, Products(square, value << BITS - 1074, n * SQUARES))
            for value, square, n in zip(sums, vv, counts, strict=True)
        ]
    d = others[0]
    products = map(Products, vv, product_sums(v, d, starts, BITS), product_sums(d, d, starts, BITS))
    return list(map(Moments, sums, run_sums(d, starts, 1074), products))


def _moments_of_two(values: Array, weights: Array | None, counts: Sequence[int], first: Flags) -> list[Moments]:
    """As `moments_of`, of the rows that are chosen and of the others, added up."""
    found = [Moments()] * len(counts)
    for chosen in (first, ~first):
        own = np.add.reduceat(chosen, np.cumsum([0, *counts[:-1]]), dtype=np.intp)
        there = np.flatnonzero(own).tolist()
        moments = moments_of(values[chosen], None if weights is None else weights[chosen], own[there].tolist())
        for at, more in zip(there, moments, strict=True):
            found[at] += more
    return found


def error_of_mean(value: int, divisor: int, products: Products, counted: int) -> float:
    """sqrt(n/(n-1) sum (v - d m)^2) / sum d, m = sum v / sum d; `value` and `divisor` are sums in units of 1/ONE.

    n is `counted`, the rows with d > 0; nan below two of them.
    """
    if counted < 2:
        return nan
    size = products.vv * divisor * divisor
    square = size - 2 * products.vd * value * divisor + products.dd * value * value
    if square < size >> ROUNDED:
        return 0.0  # no more than rounding leaves of equal rows
    return root(counted * square * ONE**2, (counted - 1) * divisor**4 * SQUARES)


def root(numerator: int, denominator: int) -> float:
    """The square root of a quotient with all its digits, whatever its size; 0 below 0."""
    if numerator <= 0:
        return 0.0
    wanted = 256 - numerator.bit_length() + denominator.bit_length()
    shift = max(0, wanted + wanted % 2)
    return ratio(isqrt((numerator << shift) // denominator), 1 << shift // 2)


@record
class Tally:
    """Any number of values v and their divisor weights d: how many, their sums, and what the error of the mean wants.

    Infinite values are counted `above` and `below`, and have no part in the sums.
    """

    n: int = 0
    counted: int = 0
    value: int = 0
    divisor: int = 0
    products: Products = Products()
    above: int = 0
    below: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.n + other.n,
            self.counted + other.counted,
            self.value + other.value,
            self.divisor + other.divisor,
            self.products + other.products,
            self.above + other.above,
            self.below + other.below,
        )

    @property
    def total(self) -> float:
        """The sum of the values, rounded once; nan where it is undefined."""
        return self._unbounded if self.above or self.below else ratio(self.value, ONE)

    @property
    def mean(self) -> float:
        """The sum of the values over that of their divisor weights; nan where it is undefined."""
        if self.above or self.below:
            return self._unbounded
        return ratio(self.value, self.divisor) if self.divisor else nan

    @property
    def error(self) -> float:
        """The standard error of the mean (see `error_of_mean`); nan where it is undefined."""
        if self.above or self.below or not self.divisor:
            return nan
        return error_of_mean(self.value, self.divisor, self.products, self.counted)

    @property
    def _unbounded(self) -> float:
        return nan if self.above and self.below else inf if self.above else -inf


def tallied(values: Array, weights: Array | None) -> Tally:
    """The tally of values (n,), weighted already, and of their divisor weights (n,), None for 1."""
    return _tallies_of_runs(values, weights, [len(values)])[0]


def tallies(values: Array, weights: Array | None, codes: Ints, groups: int) -> list[Tally]:
    """The tally of the values of each code in 0..groups-1."""
    if groups == 1:
        return [tallied(values, weights)]
    small = np.uint8 if groups <= 1 << 8 else np.uint16 if groups <= 1 << 16 else np.intp
    narrow = codes.astype(small)
    order = np.argsort(narrow, kind="stable")  # a radix sort of small numbers
    counts = np.diff(np.searchsorted(narrow[order], np.arange(groups), side="right"), prepend=0)
    there = np.flatnonzero(counts)
    found = _tallies_of_runs(values[order], None if weights is None else weights[order], counts[there].tolist())
    if len(there) == groups:
        return found
    every = [Tally()] * groups
    for code, tally in zip(there.tolist(), found, strict=True):
        every[code] = tally
    return every


def _tallies_of_runs(values: Array, weights: Array | None, counts: list[int]) -> list[Tally]:
    """The tallies of the first `counts[0]` values, of the next `counts[1]`, and so on."""
    above = below = [0] * len(counts)
    counted, starts = counts, np.cumsum([0, *counts[:-1]])
    if len(values) and not (values.max() < inf and values.min() > -inf):
        above, below = (np.add.reduceat(values == edge, starts, dtype=np.intp).tolist() for edge in (inf, -inf))
        values = np.where(np.isinf(values), 0.0, values)
    if weights is not None and len(values):
        counted = np.add.reduceat(weights > 0.0, starts, dtype=np.intp).tolist()
    moments = moments_of(values, weights, counts)
    parts = zip(counts, counted, moments, above, below, strict=True)
    return [Tally(n, some, own.value, own.divisor, own.products, up, down) for n, some, own, up, down in parts]


@record
class Mean:
    """An exact sum and its divisor."""

    value: int = 0
    divisor: int = 0

    def __add__(self, other: "Mean") -> "Mean":
        return Mean(self.value + other.value, self.divisor + other.divisor)

    @property
    def mean(self) -> float:
        """The sum over the divisor, rounded once."""
        return ratio(self.value, self.divisor) if self.divisor else nan


def weighted_mean(values: Array | Flags, weights: Array | None) -> Mean:
    """The mean of values (n,) with weights (n,) or None for 1; of booleans the share of those that are true."""
    if values.dtype == np.bool_:
        if weights is None:
            return Mean(int(np.count_nonzero(values)) * ONE, len(values) * ONE)
        return Mean(exact_sum(weights[values]), exact_sum(weights))
    if weights is None:
        return Mean(exact_sum(np.asarray(values, np.float64)), len(values) * ONE)
    # a quarter of each product, as a score of up to 4 times the largest weight is no float
    return Mean(exact_sum(values * 0.25 * weights) << 2, exact_sum(weights))
