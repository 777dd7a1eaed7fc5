"""Second moments: sums of products, and the standard error of a mean that is made of them.

A product is rounded to a float and the sum of the products is exact, so that no cut of the data changes a digit. What
cancels costs digits of the spread: it is right to 1e-10 where it is above a thousandth of the mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isqrt, nan

import numpy as np
from numpy.typing import NDArray

from losscli.statistics.exact import ONE, exact_sum, exact_sums, ratio

Array = NDArray[np.float64]

SPARE = 1200

SQUARES = ONE << SPARE  # sums of products are kept in units of its reciprocal

_FAR = 600  # factors out of range are scaled by 2^_FAR before they are multiplied


@dataclass(frozen=True)
class Products:
    """Sums of v^2, v d and d^2 for the spread: each product rounded to a float, their sum exact (see `SQUARES`)."""

    vv: int = 0
    vd: int = 0
    dd: int = 0

    def __add__(self, other: "Products") -> "Products":
        return Products(self.vv + other.vv, self.vd + other.vd, self.dd + other.dd)


def error_of_mean(value: int, divisor: int, products: Products, counted: int) -> float:
    """sqrt(n/(n-1) sum (v - d m)^2) / sum d, m = sum v / sum d; `value` and `divisor` are sums in units of 1/ONE.

    n is `counted`, the rows with d > 0; nan below two of them.
    """
    if counted < 2:
        return nan
    size = products.vv * divisor * divisor
    square = size - 2 * products.vd * value * divisor + products.dd * value * value
    if square < size >> 51:
        return 0.0  # no more than the rounding of products leaves of equal rows
    return root(counted * square * ONE**2, (counted - 1) * divisor**4 * SQUARES)


def root(numerator: int, denominator: int) -> float:
    """The square root of a quotient with all its digits, whatever its size; 0 below 0."""
    if numerator <= 0:
        return 0.0
    wanted = 256 - numerator.bit_length() + denominator.bit_length()
    shift = max(0, wanted + wanted % 2)
    return ratio(isqrt((numerator << shift) // denominator), 1 << shift // 2)


@dataclass(frozen=True)
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
    return tallies(values, weights, np.zeros(len(values), np.intp), 1)[0]


def tallies(values: Array, weights: Array | None, codes: NDArray[np.intp], groups: int) -> tuple[Tally, ...]:
    """The tally of the values of each code in 0..groups-1."""
    above, below = (np.bincount(codes[values == edge], minlength=groups).tolist() for edge in (inf, -inf))
    finite = values if not any(above) and not any(below) else np.where(np.isinf(values), 0.0, values)
    counts = np.bincount(codes, minlength=groups).tolist()
    sums, squares = exact_sums(finite, codes, groups), product_sums(finite, finite, codes, groups)
    if weights is None:
        shares = tuple(n * ONE for n in counts)
        products = [Products(vv, v << SPARE, n * SQUARES) for vv, v, n in zip(squares, sums, counts, strict=True)]
        counted = counts
    else:
        shares = exact_sums(weights, codes, groups)
        mixed = (product_sums(finite, weights, codes, groups), product_sums(weights, weights, codes, groups))
        products = [Products(*parts) for parts in zip(squares, *mixed, strict=True)]
        counted = np.bincount(codes[weights > 0.0], minlength=groups).tolist()
    return tuple(Tally(*parts) for parts in zip(counts, counted, sums, shares, products, above, below, strict=True))


@dataclass(frozen=True)
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


def weighted_mean(values: Array | NDArray[np.bool_], weights: Array | None) -> Mean:
    """The mean of values (n,) with weights (n,) or None for 1; of booleans the share of those that are true."""
    if values.dtype == np.bool_:
        if weights is None:
            return Mean(int(np.count_nonzero(values)) * ONE, len(values) * ONE)
        return Mean(exact_sum(weights[values]), exact_sum(weights))
    if weights is None:
        return Mean(exact_sum(np.asarray(values, np.float64)), len(values) * ONE)
    # a quarter of each product, as a score of up to 4 times the largest weight is no float
    return Mean(exact_sum(values * 0.25 * weights) << 2, exact_sum(weights))


def product_sum(a: Array, b: Array) -> int:
    """The exact sum of the products a*b, each rounded to a float, in units of 1/SQUARES."""
    return sum(exact_sum(part) << SPARE - power * _FAR for power, part, _ in _products(a, b, None))


def product_sums(a: Array, b: Array, codes: NDArray[np.intp], groups: int) -> tuple[int, ...]:
    """The sums of the products a*b for each code in 0..groups-1, in units of 1/SQUARES."""
    totals = [0] * groups
    for power, part, own in _products(a, b, codes):
        assert own is not None
        for code, units in enumerate(exact_sums(part, own, groups)):
            totals[code] += units << SPARE - power * _FAR
    return tuple(totals)


def _products(
    a: Array, b: Array, codes: NDArray[np.intp] | None
) -> Iterator[tuple[int, Array, NDArray[np.intp] | None]]:
    """The products as floats, with their codes; times 2^(power _FAR) where they would leave the range."""
    a_class, b_class = (_range(a), _range(b)) if a is not b else (_range(a),) * 2
    if a_class is None and b_class is None:
        yield 0, a * b, codes
        return
    powers = (np.zeros(len(a), np.intp) if a_class is None else a_class) + (0 if b_class is None else b_class)
    near_a, near_b = (x if far is None else np.ldexp(x, far * _FAR) for x, far in ((a, a_class), (b, b_class)))
    product = near_a * near_b
    for power in range(-2, 3):
        here = powers == power
        if here.any():
            yield power, product[here], None if codes is None else codes[here]


def _range(values: Array) -> NDArray[np.intp] | None:
    """1 for entries so small that a product could underflow, -1 for those that could overflow; None where all fit."""
    size = values if not len(values) or values.min() >= 0.0 else np.abs(values)
    if not len(size) or (size.min() >= 2.0**-450 and size.max() <= 2.0**450):
        return None
    small, large = (size < 2.0**-450) & (size > 0.0), size > 2.0**450
    return small.astype(np.intp) - large if small.any() or large.any() else None
