"""Exact sums of floats, so that no cut, order or number of threads can change a digit of an answer.

A finite float is an integer multiple of 2^-1074. A sum is kept as that integer, which Python holds without limit;
rounding happens once, when somebody asks for a float. An array is summed by splitting off, at a quantum that leaves
room for all its rows, the leading bits of every entry: those parts add up without rounding in floating point, the
remainders go round again until nothing is left (Rump, Ogita & Oishi 2008, "Accurate floating-point summation").
Two rounds are the rule for losses. Sums of products are made of such leading bits too, of so few that their products
are exact.
"""

from collections.abc import Sequence
from itertools import pairwise, starmap
from math import frexp, inf, ldexp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Ints

ONE = 1 << 1074

_FEW = 16  # so many entries are quicker as integers, one by one

_SMALL, _LARGE, _FAR = 2.0**-300, 2.0**300, 600  # what is smaller or larger is scaled by 2^_FAR before it is split

_LONG = 4096  # rows of a run, of which the products are quicker summed run by run

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


def exact_sums(values: Array, codes: Ints, groups: int) -> tuple[int, ...]:
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


def _add_each(totals: list[int], values: Array, codes: Ints) -> None:
    """Add to the total of each code its values (n,), whose sum doesn't round."""
    for code, value in enumerate(np.bincount(codes, weights=values, minlength=len(totals)).tolist()):
        totals[code] += in_units(value)


class FloatPart(NamedTuple):
    """Some bits of floats (n,): whole multiples of 2^unit, which stand for 2^shift times themselves."""

    values: Array
    unit: int
    shift: int


def split(values: Array, sizes: tuple[float, float], most: int) -> list[FloatPart]:
    """Finite floats (n,) as sums of parts, of which the products of `most` rows add up without rounding.

    There are the more parts the more the sizes of the values differ (see `sizes_of`); no size but 0 is below 2^-64 of
    the largest.
    """
    low, top = sizes
    if top == 0.0:
        return []
    shift = -_FAR if top < _SMALL else _FAR if top > _LARGE else 0
    rest, low, top = np.ldexp(values, -shift) if shift else values, ldexp(low, -shift), ldexp(top, -shift)
    # A part has at most so many bits beside its sign: the sum of `most` products of two has at most 53.
    width = (53 - (most - 1).bit_length()) // 2
    unit, last = frexp(top)[1] - width, max(frexp(low)[1] - 53, -1074 - shift)
    parts = list[FloatPart]()
    while unit > last:
        anchor = 1.5 * 2.0 ** (unit + 52)
        high = rest + anchor
        high -= anchor
        rest = np.subtract(rest, high, out=rest if parts else None)
        parts.append(FloatPart(high, unit, shift))
        if rest[0] == 0.0 and not rest.any():  # whole numbers, as weights often are
            return parts
        unit -= width + 1  # what is left is at most half a unit
    return [*parts, FloatPart(rest, last, shift)]


def sizes_of(values: Array) -> tuple[float, float]:
    """The least size of values (n,) that aren't 0, and the largest; 0 where there is none."""
    low = float(values.min(initial=inf))
    top = max(float(values.max(initial=0.0)), -low)
    if low <= 0.0 < top:
        sizes = np.abs(values)
        low = float(np.where(sizes > 0.0, sizes, inf).min())
    return low, top


def run_sums(parts: Sequence[FloatPart], starts: Ints | None, units: int) -> list[int]:
    """The sums of what the parts (n,) stand for, in units of 2^-units: of each run of rows, or of all rows for None."""
    return _in_whole([(part.unit, part.shift, _run_sums(part.values, starts)) for part in parts], starts, units)


def product_sums(a: Sequence[FloatPart], b: Sequence[FloatPart], starts: Ints | None, units: int) -> list[int]:
    """As `run_sums`, of the products of what two lists of parts stand for."""
    limits, n = [0, None] if starts is None else [*starts.tolist(), None], len(a[0].values) if a else 0
    one_by_one = starts is None or len(starts) * _LONG <= n
    runs = list(starmap(slice, pairwise(limits))) if one_by_one else []
    cut = {id(part): [part.values[run] for run in runs] for part in (*a, *b)}
    found = []
    for i, x in enumerate(a):
        for y in a[i:] if a is b else b:
            if one_by_one:
                total = np.array(list(map(np.dot, cut[id(x)], cut[id(y)])))
            else:
                total = _run_sums(x.values * y.values, starts)
            times = 2 if a is b and x is not y else 1
            found.append((x.unit + y.unit, x.shift + y.shift, times * total))
    return _in_whole(found, starts, units)


def _run_sums(values: Array, starts: Ints | None) -> Array:
    return np.array([values.sum()]) if starts is None else np.add.reduceat(values, starts)


def _in_whole(sums: Sequence[tuple[int, int, Array]], starts: Ints | None, units: int) -> list[int]:
    """The totals of each run of sums that are multiples of 2^unit and stand for 2^shift times themselves."""
    levels: dict[int, NDArray[np.int64]] = {}
    for unit, shift, values in sums:
        whole = np.ldexp(values, -unit).astype(np.int64)
        levels[unit + shift] = levels[unit + shift] + whole if unit + shift in levels else whole
    totals = [0] * (1 if starts is None else len(starts))
    for exponent, counts in levels.items():
        for at, count in enumerate(counts.tolist()):
            totals[at] += count << units + exponent
    return totals


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
