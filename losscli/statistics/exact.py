"""Exact sums of floats, so that no cut, order or number of threads can change a digit of an answer.

A finite float is an integer multiple of 2^-1074. A sum is kept as that integer, which Python holds without limit;
rounding happens once, when somebody asks for a float. An array is summed by splitting off, at a quantum that leaves
room for all its rows, the leading bits of every entry: those parts add up without rounding in floating point, the
remainders go round again until nothing is left (Rump, Ogita & Oishi 2008, "Accurate floating-point summation").
Two rounds are the rule for losses.
"""

from math import frexp, inf

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ONE = 1 << 1074

_FEW = 16  # so many entries are quicker as integers, one by one

_LEAST, _MOST = 2.0**-900, 2.0**960  # outside of these the quantum or its anchor would leave the range of floats


def exact_sum(values: Array) -> int:
    """The sum of finite floats (n,) in units of 2^-1074."""
    total, rest = 0, values
    while len(rest) > _FEW:
        low = float(rest.min())
        exponent = _exponent(rest, low)
        if exponent is None:
            break
        # what the first round leaves lies below half a quantum, so the second needs no look at the largest of it
        for part in (exponent, _left(exponent, len(rest))):
            high = _leading(rest, part)
            total += in_units(float(high.sum()))
            rest = np.subtract(rest, high, out=high)
            if low > 0.0 and _adds_up(low, part, len(rest)):
                return total + in_units(float(rest.sum()))
            if low <= 0.0 and not rest.any():  # whole numbers, as weights often are
                return total
        rest = rest[rest != 0.0]
    return total + sum(map(in_units, rest[rest != 0.0].tolist()))


def exact_sums(values: Array, codes: NDArray[np.intp], groups: int) -> tuple[int, ...]:
    """The sums of finite floats (n,) for each code in 0..groups-1, in units of 2^-1074."""
    if groups == 1:
        return (exact_sum(values),)
    totals, rest = [0] * groups, values
    while len(rest) > _FEW:
        low = float(rest.min())
        exponent = _exponent(rest, low)
        if exponent is None:
            break
        for part in (exponent, _left(exponent, len(rest))):
            high = _leading(rest, part)
            _add_each(totals, high, codes)
            rest = np.subtract(rest, high, out=high)
            if low > 0.0 and _adds_up(low, part, len(rest)):
                _add_each(totals, rest, codes)
                return tuple(totals)
            if low <= 0.0 and not rest.any():
                return tuple(totals)
        left = rest != 0.0
        rest, codes = rest[left], codes[left]
    left = np.flatnonzero(rest)
    for code, value in zip(codes[left].tolist(), rest[left].tolist(), strict=True):
        totals[code] += in_units(value)
    return tuple(totals)


def _add_each(totals: list[int], values: Array, codes: NDArray[np.intp]) -> None:
    """Add to the total of each code its values (n,), whose sum doesn't round."""
    for code, value in enumerate(np.bincount(codes, weights=values, minlength=len(totals)).tolist()):
        totals[code] += in_units(value)


def in_units(value: float) -> int:
    """A finite float as a multiple of 2^-1074."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (ONE // denominator)


def ratio(numerator: int, denominator: int) -> float:
    """The quotient, rounded once; inf beyond the range of floats."""
    try:
        return numerator / denominator
    except OverflowError:
        return inf if (numerator > 0) == (denominator > 0) else -inf


def as_float(units: int) -> float:
    """A sum in units as the nearest float."""
    return ratio(units, ONE)


def _exponent(values: Array, low: float) -> int | None:
    """The least e with every value below 2^e in size; None where a quantum would leave the range of floats."""
    top = max(float(values.max()), -low)
    return frexp(top)[1] if _LEAST < top < _MOST else None


def _adds_up(low: float, exponent: int, count: int) -> bool:
    """Whether what `_leading` leaves of `count` values, `low` > 0 the least of them, adds up without rounding.

    All are multiples of the last place of `low`, and their sum has to be below 2^53 of these.
    """
    return _left(exponent, count) - 1 + (count - 1).bit_length() <= frexp(low)[1]


def _leading(values: Array, exponent: int) -> Array:
    """The multiples of a common quantum nearest to values below 2^exponent; n of them add up without rounding."""
    anchor = 1.5 * 2.0 ** (exponent + _room(len(values)))
    high: Array = values + anchor
    high -= anchor
    return high


def _left(exponent: int, count: int) -> int:
    """The exponent of what `_leading` leaves of `count` values below 2^exponent."""
    return exponent + _room(count) - 52


def _room(count: int) -> int:
    """The bits that a sum of so many values has more than each of them."""
    return (count + 1).bit_length()
