"""Cells of text to floats, many at a time, each bit for bit what ``float()`` reads.

Words.  A cell is loaded as little-endian uint64 words from its *first* byte on: byte 0 of word 0 is its first
character.  The bytes after the cell's end are masked to zero, which reads as trailing zeros, so that in every cell
of a column a decimal place sits at the same byte and one constant scales them all.  XOR with ``00000000`` turns digits
into 0 to 9, and ``((x + 0x76..76) | x) & 0x80..80`` is nonzero just when some byte is above 9 (no byte carries into the
next unless one of them has its high bit, which ``| x`` keeps).  Three multiplications then add up neighbours: bytes to
pairs, pairs to fours, fours to a number of eight digits (:func:`_eights`).

Three ways, each of which leaves what it cannot do to the next:

1. :func:`_plain`: one digit, or one digit, a point and up to 22 digits: the form of a probability.  The XOR constant
   has the point at byte 1, so that the check for digits checks the point as well.
2. :func:`_general`: a sign, digits with a point among the first eight bytes or without one, an exponent of the form
   ``e-05``; 24 bytes at most, without sign and exponent.
3. :func:`_one_by_one`: ``float()`` itself, for all else: ``inf``, long integers, other exponents, undecided cells, and
   what turns out to be no number.

Exact.  Up to 14 decimals, a plain cell's digits make an integer below 2**53 and its scale is 10**14 or less: both are
doubles, and one division is rounded correctly; so for other cells of 15 bytes at most (:func:`_short`).  Elsewhere the
value is had as a sum ``high + low`` of two doubles with an error below a bound that is proved beside it.  Rounding is
monotonic: where ``high + (low - bound)`` and ``high + (low + bound)`` are one double, the number between them rounds to
it too.  Where they differ, which is rare, the next way decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Flags, Ints
from losscli.data.cells import number
from losscli.records import record

Bytes = NDArray[np.uint8]
Bits = NDArray[np.uint64]

REACH = 24  # bytes loaded from a cell's start; a buffer must go on for so many after any cell's first byte
MARGIN = 8  # bytes a buffer must have in front of its first cell, as looks back from a cell's end may pass its start

_MANY = 4096  # cells of a block that `float()` may find to be no numbers before it is given up
_FEW = 24  # fewer cells than this are read sooner by float() than by some eighty calls of numpy


# Constants are arrays without dimensions: nothing is left to convert at each use, in any numpy.
_bits = partial(np.array, dtype=np.uint64)

_ZEROS = _bits(0x30303030_30303030)
_ZEROS_AND_POINT = _bits(0x30303030_30302E30)
_OVER_NINE = _bits(0x76767676_76767676)
_OVER_NINE_AND_POINT = _bits(0x76767676_76767F76)
HIGH_BITS = _bits(0x80808080_80808080)
_EACH_BYTE = _bits(0x01010101_01010101)
_POINTS = _bits(0x1E1E1E1E_1E1E1E1E)  # "." ^ "0" in each byte
# Lanes of two bytes hold (tens, ones): times 10 * 2**8 + 1 the upper byte is 10 * tens + ones. The wider ones alike.
_LANES = tuple(
    (kind, np.array(10 ** (width // 2) * 2 ** (4 * width) + 1, kind), np.array(4 * width, kind))
    for kind, width in ((np.uint16, 2), (np.uint32, 4), (np.uint64, 8))
)
BYTE_NUMBERS = _bits(0x00010203_04050607)  # times 2**(8 p) it has p in its top byte
_TEN_TO_8, _FIRST_BYTE, _HIGH_HALF = _bits(10**8), _bits(0xFF), _bits(0xFFFFFFFF_F8000000)
_1, _7, _8, _56, _63, _64 = map(_bits, (1, 7, 8, 56, 63, 64))
# _KEEP[k][n] keeps those bytes of word k that belong to a cell of n bytes
_KEEP = np.array([[256 ** min(max(n - 8 * k, 0), 8) - 1 for n in range(REACH + 1)] for k in range(3)], np.uint64)

# 1e-6 in two parts, the first one of 29 bits: its product with a number of seven digits is exact
_MILLIONTH = np.frombuffer(np.float64(1e-6).tobytes(), np.uint64) >> np.uint64(24) << np.uint64(24)
_MILLIONTH_HIGH = float(_MILLIONTH.view(np.float64)[0])
_MILLIONTH_LOW = float(Fraction(1, 10**6) - Fraction(_MILLIONTH_HIGH))
# Powers of ten as sums of two doubles; beyond them lies nothing that _general takes (16 + 99 and 8 + 99)
_LOWEST = -120
_POWERS = [Fraction(10) ** exponent for exponent in range(_LOWEST, 121)]
_POWER_HIGH = np.array([float(power) for power in _POWERS])
_POWER_LOW = np.array([float(power - Fraction(float(power))) for power in _POWERS])


@record
class CellSpans:
    """Where cells lie in a buffer, and how long the shortest and the longest of them is."""

    buffer: Bytes
    starts: Ints
    lengths: Ints
    shortest: int = field(init=False)
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shortest", int(self.lengths.min(initial=REACH)))
        object.__setattr__(self, "longest", int(self.lengths.max(initial=0)))

    def __getitem__(self, at: Ints) -> "CellSpans":
        return CellSpans(self.buffer, self.starts[at], self.lengths[at])


Way = Callable[[CellSpans], tuple[Array, Flags]]


def floats(cells: CellSpans) -> tuple[Array, Ints]:
    """The numbers in the cells, and which cells are none, whose values mean nothing."""
    ways: Sequence[Way] = (_single_digits,) if cells.longest == 1 else (_plain, _general, _one_by_one)
    ways = ways[_first_way(cells) :]
    values, undone = ways[0](cells)
    empty = np.flatnonzero(cells.lengths < 1) if cells.shortest < 1 else None
    if empty is not None:
        undone[empty] = False
    rest = np.flatnonzero(undone)
    for way in ways[1:]:
        if rest.size == 0:
            break
        if way is _general and rest.size < _FEW:
            continue
        values[rest], undone = way(cells[rest])
        rest = rest[undone]
    return values, rest if empty is None else np.concatenate([rest, empty])


def _first_way(cells: CellSpans) -> int:
    """Where to begin: trying what suits few of the cells would be for nothing."""
    if cells.longest == 1:
        return 0
    if cells.starts.size < _FEW:
        return 2
    sample = cells.starts[:: max(1, cells.starts.size // _FEW)]
    plain = np.count_nonzero(cells.buffer[sample + 1] == ord("."))
    return 0 if 2 * plain > sample.size else 1


def _single_digits(cells: CellSpans) -> tuple[Array, Flags]:
    values = cells.buffer.take(cells.starts)
    np.subtract(values, np.uint8(ord("0")), out=values)  # what is below "0" wraps around to far above 9
    return values.astype(np.float64), values > 9


def _one_by_one(cells: CellSpans) -> tuple[Array, Flags]:
    """Each cell by `float()`; after very many that are no numbers the rest is left undone."""
    values, undone = np.zeros(cells.starts.size), np.ones(cells.starts.size, np.bool_)
    left = _MANY
    for at, (start, length) in enumerate(zip(cells.starts.tolist(), cells.lengths.tolist(), strict=True)):
        value = number(cells.buffer[start : start + length].tobytes().decode("utf-8", "replace").strip())
        if value is not None and value == value:
            values[at], undone[at] = value, False
        elif (left := left - 1) < 0:
            break
    return values, undone


def _plain(cells: CellSpans) -> tuple[Array, Flags]:
    """Cells such as ``0``, ``0.25`` and ``0.12345678901234567``."""
    words = _load(cells, _ZEROS_AND_POINT)
    undone = _undigits(words, _OVER_NINE_AND_POINT)
    if cells.longest > REACH:
        undone |= cells.lengths > REACH
    # the digit before the point goes where the point was, so that digits stand side by side
    first = words[0] & _FIRST_BYTE
    first *= _FIRST_BYTE
    words[0] += first
    _eights(words)
    if len(words) == 1:
        return words[0].view(np.int64) / 1e6, undone
    if len(words) == 2:
        words[0] *= _TEN_TO_8
        words[0] += words[1]
        return words[0].view(np.int64) / 1e14, undone
    values, undecided = _seven_and_sixteen(words)
    undecided |= undone
    return values, undecided


def _seven_and_sixteen(words: Bits) -> tuple[Array, Flags]:
    """Numbers of seven digits, a point after the first, and sixteen digits after them: rounded, or undecided.

    ``high`` is exact: 24 bits times 29.  Errors: of the product in ``low``, 2 * 2**-53 * 10 * 2**-29; of its other
    term, which is below 1e-6 < 2**-19.9, from three roundings 3 * 2**-72.9; of the two sums 2 * 2**-72.9; all in all
    less than 2**-70.
    """
    words[1] *= _TEN_TO_8
    words[1] += words[2]
    low = words[1].view(np.int64) * 1e-22
    seven = words[0].view(np.int64).astype(np.float64)
    low += seven * _MILLIONTH_LOW
    seven *= _MILLIONTH_HIGH
    return _rounded(seven, low, 2.0**-70)


def _rounded(high: Array, low: Array, bound: Array | float) -> tuple[Array, Flags]:
    """``high + low`` as the nearest double, and where an error up to `bound` leaves that open."""
    above = low + bound
    above += high
    low -= bound
    low += high
    return low, low != above


def _general(cells: CellSpans) -> tuple[Array, Flags]:
    """Cells such as ``-3.75``, ``12`` and ``4.14e-09``."""
    ends = cells.starts + cells.lengths
    negative, signed = _signs(cells.buffer, cells.starts)
    starts = cells.starts + signed
    exponents, ends, undone = _exponents(cells.buffer, starts, ends)
    digits = CellSpans(cells.buffer, starts, ends - starts)
    words = _load(digits, _ZEROS)
    whole, pointed = _without_point(words, digits.lengths)
    undone |= _undigits(words, _OVER_NINE)
    if digits.longest > REACH:
        undone |= digits.lengths > REACH
    undone |= digits.lengths <= pointed  # a sign or a point alone
    _eights(words)
    if digits.longest <= 15 and not exponents.any():
        values = _short(words, whole)
    else:
        values, undecided = _scaled(words, whole + exponents)
        undone |= undecided
    values.view(np.uint64)[...] |= negative.astype(np.uint64) << _63
    return values, undone


def _signs(buffer: Bytes, starts: Ints) -> tuple[Flags, Flags]:
    """Which cells have a minus, and which have a sign."""
    first = buffer.take(starts)
    negative = first == ord("-")
    return negative, negative | (first == ord("+"))


def _exponents(buffer: Bytes, starts: Ints, ends: Ints) -> tuple[Ints, Ints, Flags]:
    """The exponents, the ends of what stands before them, and where there is one that isn't a sign and two digits."""
    exponents, wrong = np.zeros(starts.size, np.intp), np.zeros(starts.size, np.bool_)
    marked = np.flatnonzero((buffer.take(ends - 4) | 0x20) == ord("e"))
    marked = marked[ends[marked] - starts[marked] > 4]
    if marked.size:
        last = ends[marked]
        sign, tens, ones = buffer[last - 3], buffer[last - 2] - np.uint8(48), buffer[last - 1] - np.uint8(48)
        wrong[marked] = (tens > 9) | (ones > 9) | ((sign != ord("-")) & (sign != ord("+")))
        size = tens.astype(np.intp) * 10 + ones
        exponents[marked] = np.where(sign == ord("-"), -size, size)
        ends = ends.copy()
        ends[marked] -= 4
    return exponents, ends, wrong


def _without_point(words: Bits, lengths: Ints) -> tuple[Ints, Flags]:
    """Close the gap at a point in the first word; the number of digits before it, and which cells have one."""
    first = words[0]
    match = first ^ _POINTS
    point = (match - _EACH_BYTE) & ~match & HIGH_BITS
    point &= np.negative(point)  # the lowest bit, which is never a false one
    point >>= _7
    pointed = point != 0
    whole: Ints = ((point * BYTE_NUMBERS) >> _56).view(np.int64).astype(np.intp, copy=False)
    np.copyto(whole, lengths, where=~pointed)
    before = point - _1  # without a point it is 2**64 - 1, all bytes
    first[...] = (first & before) | ((first >> _8) & ~before)
    if len(words) > 1:
        pull = pointed.astype(np.uint64) * _8
        push = _64 - pull  # a shift by 64 gives 0 in numpy, whatever the processor does
        for front, back in pairwise(words):
            front |= back << push
            back >>= pull
    return whole, pointed


def _short(words: Bits, whole: Ints) -> Array:
    """Numbers of at most 15 digits in one or two words, the point after the first `whole`: one division, exact."""
    digits: Array = words[0].view(np.int64).astype(np.float64)
    places = 8
    if len(words) == 2:
        digits *= 1e7
        digits += words[1].view(np.int64) / 10  # the sixteenth digit is padding
        places = 15
    digits /= _POWER_HIGH.take(places - _LOWEST - whole, mode="clip")
    return digits


def _scaled(words: Bits, whole: Ints) -> tuple[Array, Flags]:
    """Numbers of 24 digits with the point after the first `whole` of them: rounded, or undecided.

    The first 16 digits are an integer, split without error into a double and a rest of -1, 0 or 1; the other eight add
    a fraction with an error below 2**-51 of it.  The product of doubles is exact in two parts (26 or 27 bits a factor);
    the terms after it are below 2**-50 of it, so what they leave out is below 2**-100.
    """
    words[0] *= _TEN_TO_8
    if len(words) > 1:
        words[0] += words[1]
    integer = words[0].view(np.int64)
    fraction = words[2].view(np.int64) * 1e-8 if len(words) > 2 else np.zeros(len(whole))
    head = integer.astype(np.float64)
    tail = (integer - head.astype(np.int64)) + fraction
    index = whole - (16 + _LOWEST)
    power = _POWER_HIGH.take(index, mode="clip")
    high, low = _product(head, power)
    head *= _POWER_LOW.take(index, mode="clip")
    tail *= power
    low += head
    low += tail
    fraction *= power
    fraction *= 2.0**-50
    fraction += high * 2.0**-95
    return _rounded(high, low, fraction)


def _product(left: Array, right: Array) -> tuple[Array, Array]:
    """Products as sums of two doubles; the factors are taken apart by dropping bits."""
    left_high = (left.view(np.uint64) & _HIGH_HALF).view(np.float64)
    right_high = (right.view(np.uint64) & _HIGH_HALF).view(np.float64)
    left_low, right_low = left - left_high, right - right_high
    product = left * right
    error = left_high * right_high
    error -= product
    left_high *= right_low
    error += left_high
    right_high *= left_low
    error += right_high
    left_low *= right_low
    error += left_low
    return product, error


def words_of(cells: CellSpans) -> Bits:
    """Cells as words, (count, n), of up to 24 of their bytes; equal words mean equal bytes where none is NUL."""
    return _load(cells, None)


def bytes_of(cells: CellSpans) -> Bits:
    """All bytes of cells of any length as words, (n, count), each cell's side by side with zeros after its end."""
    count = max(1, (cells.longest + 7) // 8)
    more = max(0, 8 * count - REACH)
    buffer = np.concatenate([cells.buffer, np.zeros(more, np.uint8)]) if more else cells.buffer
    words = _loaded(buffer, cells.starts, count)
    for at in range(cells.shortest // 8, count):
        words[:, at] &= _KEEP[0].take(cells.lengths - 8 * at, mode="clip")
    return words


def _loaded(buffer: Bytes, starts: Ints, count: int) -> Bits:
    # a type of bytes without a meaning: numpy copies it from anywhere, aligned or not
    anywhere = np.ndarray((buffer.size - 8 * count + 1,), f"V{8 * count}", buffer, 0, (1,))
    return anywhere[starts].view(np.uint64).reshape(-1, count)


def _load(cells: CellSpans, first: Bits | None) -> Bits:
    """As many words of each cell as the longest needs, three at most, (count, n), with nothing after the cell's end.

    `first` is taken off the first word's bytes by XOR, and zeros off the others'; without it bytes stay as they are.
    """
    count = (min(max(cells.longest, 1), REACH) + 7) // 8
    loaded = _loaded(cells.buffer, cells.starts, count)
    words = np.empty((count, cells.starts.size), np.uint64)
    for at in range(count):
        if first is None:
            words[at] = loaded[:, at]
        else:
            np.bitwise_xor(loaded[:, at], _ZEROS if at else first, out=words[at])
        if cells.shortest < 8 * at + 8:
            words[at] &= _KEEP[at].take(cells.lengths, mode="clip")
    return words


def _undigits(words: Bits, first: Bits) -> Flags:
    """Which cells have a byte above 9 in a word (`first`: what brings too large a byte of word 0 to 128)."""
    found = words[0] + first
    found |= words[0]
    for word in words[1:]:
        high = word + _OVER_NINE
        high |= word
        found |= high
    found &= HIGH_BITS
    above: Flags = found != 0
    return above


def _eights(words: Bits) -> None:
    """Words of eight digits into the numbers that they spell, in place."""
    for kind, factor, shift in _LANES:
        lanes: NDArray[Any] = words.view(kind)
        lanes *= factor
        lanes >>= shift
