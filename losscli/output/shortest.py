"""Floats to text, many at a time, each the very text of ``repr(float)``: the fewest digits that read back to it.

Digits.  A float x of decimal exponent e (10**e <= x < 10**(e + 1), powers as doubles) times 10**(16 - e) is a number
of 17 digits before the point and some behind it; call it the scaled float.  It is had as an integer and a double below
100, within 2**-18: x and the power are each cut into a head of 26 bits and what is left, the product of the heads is an
exact integer, and the other products are below 2**32.5, so that their roundings come to less than 2**-18.9 in all.  The
candidates are the nearest integer, multiple of 10 and multiple of 100: 17, 16 and 15 digits.  A candidate reads back to
x if it is nearer to the scaled float than half the gap between x and its neighbours, scaled likewise, and doesn't if it
is farther.  The gap is between 1.1e-16 and 2.2e-16 of x, and so:

* the nearest of 17 digits reads back: it is at most 0.5 off, and half the gap is 0.55 at least;
* the nearest of 16 digits reads back if any of 16 does, and it is the one that ``repr`` takes;
* of 15 digits one at most reads back, and whatever reads back with fewer digits is that one with zeros behind it.

The first that reads back, from 15 digits up, is therefore the text, without its last zeros.

Undecided.  Each of these comparisons, and each choice between two candidates about equally near, is left undecided
where its two sides are within 2**-16: some two cells in 100,000, and ties, which are frequent only above 1e12 and among
multiples of 2**-18 or so.  At a power of two the gap below is half of that above; unless 15 digits meet it (as from
2**-13 to 2**49), it is undecided too.  Undecided floats go to ``repr()`` one by one; so do infinities, NaN and what is
not from 1e-99 to 1e100 in size, but for zero.

Short.  A number of k <= 15 digits, D / 10**m with m <= 22, needs none of this: D and the power are doubles, so the
division is rounded correctly, and where it gives x back, D reads back (:func:`_decimals`).  Where the first cells of a
column have 8 or 15 digits at most, that is tried on all of them.

Text.  Digits are parted by multiplications in lanes, eight at once: the opposite of how `formats.digits` adds
them up.  A cell is laid out in three little-endian words, without its sign: at most 22 bytes, ``0.000`` and 17 digits.
The bytes behind its length are without meaning.  The digits are moved up to make room for ``0.`` or ``0.000``, or for a
point behind any of the first 16 digits.  An exponent such as ``e-05`` comes as a tail of its own, since few cells of a
column have one.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

Bits = NDArray[np.uint64]

Flags = NDArray[np.bool_]

Floats = NDArray[np.float64]

Ints = NDArray[np.intp]

WORDS = 3  # of eight bytes, for a cell; the longest text of a float has 24 bytes

_SAMPLE = 32  # cells that are looked at to see whether a column has few digits

_DOUBT = 2.0**-16


def _bits(value: int) -> Bits:
    """A constant as an array without dimensions: nothing is left to convert at each use, in any numpy."""
    return np.array(value, np.uint64)


_52, _55, _64 = map(_bits, (52, 55, 64))

_HEAD = _bits(0xFFFFFFFF_F8000000)  # of a double: sign, exponent and 25 bits, or 26 with the hidden one

_EXPONENT, _MANTISSA = _bits(0x7FF00000_00000000), _bits(0x000FFFFF_FFFFFFFF)

_0, _10, _100, _TEN_TO_9 = map(_bits, (0, 10, 100, 10**9))

_ZERO_POINT, _ZEROS = (_bits(int.from_bytes(text, "little")) for text in (b"0.000000", b"00000000"))

_BYTE_0, _FROM_BYTE_2, _BYTE = _bits(0xFF), _bits(0xFFFFFFFF_FFFF0000), _bits(8)

# x // 10**4 for x < 10**8 is x * 109951163 >> 40; with the quotient in the lower lane and the rest in the upper one,
# the number is its two halves in order. Fours to pairs and pairs to digits alike.
_LANES = tuple(
    (kind, *(np.array(n, kind) for n in (factor, shift, width, (base << width) - 1)))
    for kind, base, factor, shift, width in (
        (np.uint64, 10**4, 109951163, 40, 32),
        (np.uint32, 10**2, 5243, 19, 16),
        (np.uint16, 10, 103, 10, 8),
    )
)

# Tables by decimal exponent, from 1e-99 on; zero is taken for a number of exponent 0
_E = np.arange(-99, 100)

_SMALLEST, _BEYOND = (np.array(size).view(np.uint64) for size in (1e-99, 1e100))

_SPAN = _BEYOND - _SMALLEST

_POWER = np.array([float(f"1e{16 - e}") for e in _E])

_POWER_HEAD = (_POWER.view(np.uint64) & _HEAD).view(np.float64)


def _rest(exponent: int, head: float) -> float:
    """10**exponent without its head; a quotient of integers is rounded correctly."""
    ten, tenth = 10 ** max(exponent, 0), 10 ** max(-exponent, 0)
    numerator, denominator = head.as_integer_ratio()
    return float((ten * denominator - numerator * tenth) / (tenth * denominator))


_POWER_REST = np.array([_rest(16 - e, head) for e, head in zip(_E.tolist(), _POWER_HEAD.tolist(), strict=True)])

# 10**(places - 1 - e) where it is a double, else NaN, which no comparison takes for right
_SCALES = {
    places: np.array([float(f"1e{places - 1 - e}") if 0 <= places - 1 - e <= 22 else math.nan for e in _E])
    for places in (8, 15)
}

# By the binary exponent of a double: the place of the least decimal one, and the power of ten from which it is the next
_BINARY = np.arange(2048) - 1023

_FLOOR = np.floor(np.where(_BINARY == -1023, 0, _BINARY) * math.log10(2)).astype(np.intp) - _E[0]

_NEXT = np.array([float(f"1e{e + 1}") for e in _E]).take(_FLOOR, mode="clip")

_NEXT[_FLOOR < 0] = 1e-99

_NEXT[0] = math.inf

_FIXED = (_E >= -4) & (_E <= 15)  # the exponents of numbers that are written without one

_FIRST, _ONES, _LAST = (int(np.searchsorted(_E, e)) for e in (-4, 0, 15))

_WHOLE = np.where(_FIXED, np.maximum(_E + 1, 0), 1)  # digits before the point, not counting the zero of 0.5

_POINT_AT = np.maximum(_WHOLE, 1)

_UP = np.where(_FIXED, 8 - 8 * np.minimum(_E, 0), 8).astype(np.uint64)  # bits to make room for what comes before

_LEAST = np.where(_FIXED, _POINT_AT + 2, 1).astype(np.intp)  # bytes: 1.0, but 1e-05


def _masks(begin: NDArray[Any], end: NDArray[Any] | int) -> Bits:
    """By word and exponent, the bytes of a cell from `begin` up to `end`."""
    place = np.arange(8 * WORDS)
    chosen = (place >= begin[:, np.newaxis]) & (place < np.reshape(end, (-1, 1)))
    return np.ascontiguousarray((chosen * np.uint8(255)).view("<u8").T, np.uint64)


_BEFORE = _masks(0 * _E, _WHOLE)

_BEHIND = _masks(_POINT_AT + 1, 8 * WORDS)

_POINT = _masks(_POINT_AT, _POINT_AT + 1)

_POINT = (_POINT & _bits(0x2E2E2E2E_2E2E2E2E)) | (~_POINT & _ZEROS)

_TAILS = [0 if fixed else int.from_bytes(b"e%+03d" % e, "little") for e, fixed in zip(_E, _FIXED, strict=True)]

_TAIL = np.array(_TAILS, np.uint32)

TAIL_BYTES = 4


@dataclass(frozen=True)
class Text:
    """What else there is to cells whose words are laid out: how long they are, signs and exponents included.

    `lengths` are (n, pieces). `signed` cells (None: no cell) have a minus in front of their words; the cells `marked`
    end in the `tails`, four bytes each.
    """

    lengths: Ints
    signed: Flags | None = None
    marked: Ints = field(default_factory=lambda: np.empty(0, np.intp))
    tails: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))


def lay_out(values: Floats, words: Bits) -> Text:
    """Write the text of floats (n,) into `words` (n, 3)."""
    size, signed = np.abs(values), np.signbit(values)
    wild = _tame(size)
    at = _exponents(size)
    digits, undone = _shortest(size, at)
    undone |= wild
    lengths = _write(digits, at, words)
    marked = np.flatnonzero(_TAIL.take(at, mode="clip")) if _has_tails(at) else np.empty(0, np.intp)
    marked = marked[~undone[marked]]
    lengths[marked] += TAIL_BYTES - (lengths[marked] == 2)  # a single digit comes without its point
    if signed.any():
        lengths += signed
    rest = np.flatnonzero(undone)
    if rest.size:
        lengths[rest], signed[rest] = _one_by_one(values[rest], words, rest), False
    return Text(lengths[:, np.newaxis], signed if signed.any() else None, marked, _TAIL.take(at[marked]))


def _one_by_one(values: Floats, words: Bits, rows: Ints) -> list[int]:
    """Write what `repr` says, signs and all, into some rows of `words`; the lengths."""
    texts = [repr(value).encode() for value in values.tolist()]
    words[rows] = np.frombuffer(b"".join(text.ljust(8 * WORDS) for text in texts), np.uint64).reshape(-1, WORDS)
    return list(map(len, texts))


def _tame(size: Floats) -> Flags:
    """Which sizes are out of reach; they become 1."""
    bits = size.view(np.uint64)
    wild: Flags = (bits - _SMALLEST) >= _SPAN
    if wild.any():
        wild &= bits != _0
        size[wild] = 1.0
    return wild


def _exponents(size: Floats) -> Ints:
    """The decimal exponents, as places in the tables."""
    binary = (size.view(np.uint64) >> _52).view(np.int64)
    at: Ints = _FLOOR.take(binary, mode="clip")
    at += size >= _NEXT.take(binary, mode="clip")
    return at


def _has_tails(at: Ints) -> bool:
    return bool(at.min() < _FIRST or at.max() > _LAST)


def _shortest(size: Floats, at: Ints) -> tuple[Bits, Flags]:
    """The digits as integers of 17, zeros at their ends, and which are undecided."""
    for places in _SCALES:
        if _decimals(size[:_SAMPLE], at[:_SAMPLE], places) is not None:
            digits = _decimals(size, at, places)
            if digits is not None:
                digits *= _bits(10 ** (17 - places))
                return digits, np.zeros(at.size, np.bool_)
    return _nearest(size, at)


def _decimals(size: Floats, at: Ints, places: int) -> Bits | None:
    """The digits of numbers that have so many at most, or None when some number has more."""
    scale = _SCALES[places].take(at, mode="clip")
    digits = size * scale
    np.rint(digits, out=digits)
    return digits.astype(np.int64).view(np.uint64) if np.array_equal(digits / scale, size) else None


def _nearest(size: Floats, at: Ints) -> tuple[Bits, Flags]:
    """The nearest of 15, 16 or 17 digits, the fewest that read back."""
    power = _POWER.take(at, mode="clip")
    half = _half_gaps(size, power)
    hundreds, rest = _scaled(size, power, at)
    ones, tens, digits = np.rint(rest), _multiples(rest, 10.0), _multiples(rest, 100.0)
    gap_10, gap_100 = _apart(rest, tens), _apart(rest, digits)
    more = gap_10 >= half
    undecided: Flags = _apart(rest, ones) > 0.5 - _DOUBT
    undecided &= more  # a tie of 17 digits does no harm where 16 read back
    undecided |= gap_10 > 5.0 - _DOUBT
    undecided |= _apart(gap_10, half) < _DOUBT
    undecided |= _apart(gap_100, half) < _DOUBT
    if not _near_one(at):
        undecided |= ((size.view(np.uint64) & _MANTISSA) == _0) & (gap_100 > 0)
    tens -= ones
    tens *= ~more
    ones += tens
    digits -= ones
    digits *= gap_100 < half
    digits += ones
    hundreds += digits.astype(np.int64)
    return hundreds.view(np.uint64), undecided


def _near_one(at: Ints) -> bool:
    """Whether all numbers are zero or from 0.0001 to 10, as most probabilities and losses are."""
    return bool(at.min() >= _FIRST and at.max() <= _ONES)


def _half_gaps(size: Floats, power: Floats) -> Floats:
    """Half of what lies between a number and its neighbours (above it, at a power of two), scaled."""
    half: Floats = (size.view(np.uint64) & _EXPONENT).view(np.float64)
    half *= power
    half *= 2.0**-53
    return half


def _scaled(size: Floats, power: Floats, at: Ints) -> tuple[NDArray[np.int64], Floats]:
    """Numbers times their powers as a multiple of 100 and a rest from 0 to 100, within 2**-18."""
    head = (size.view(np.uint64) & _HEAD).view(np.float64)
    tail = size - head
    tail *= power
    product = _POWER_HEAD.take(at, mode="clip")
    product *= head
    head *= _POWER_REST.take(at, mode="clip")
    tail += head
    below = np.floor(tail)
    tail -= below
    units = product.astype(np.int64)
    units += below.astype(np.int64)
    hundreds = units.view(np.uint64) // _100
    hundreds *= _100
    units -= hundreds.view(np.int64)
    tail += units.astype(np.float64)
    return hundreds.view(np.int64), tail


def _multiples(numbers: Floats, step: float) -> Floats:
    """The nearest multiples of a step."""
    found = numbers * (1.0 / step)
    np.rint(found, out=found)
    found *= step
    return found


def _apart(left: Floats, right: Floats) -> Floats:
    gap = left - right
    np.abs(gap, out=gap)
    return gap


def _write(digits: Bits, at: Ints, words: Bits) -> Ints:
    """Lay integers of 17 digits out as text; its length, 2 where a single digit is to have an exponent."""
    packed = _packed(digits)
    moved = _moved(packed, _UP.take(at, mode="clip"))
    ends = _last_bytes(moved)
    others = np.flatnonzero((at < _FIRST) | (at > _ONES))
    if 4 * others.size > at.size:
        _with_points(packed, moved, at)
        words[...] = moved.T
        return np.maximum(ends, _LEAST.take(at, mode="clip"), out=ends)
    few, at = moved[:, others], at[others]
    _with_points(packed[:, others], few, at)
    least = np.maximum(ends[others], _LEAST.take(at))
    _with_points_second(moved, words)
    words[others] = few.T
    np.maximum(ends, _LEAST[_ONES], out=ends)
    ends[others] = least
    return ends


def _with_points_second(moved: Bits, words: Bits) -> None:
    """Put the point behind the first byte: numbers below 10 that have no exponent."""
    first = moved[0] >> _BYTE
    first &= _BYTE_0  # the digit before the point
    moved[0] &= _FROM_BYTE_2
    first |= moved[0]
    np.bitwise_or(first, _ZERO_POINT, out=words[:, 0])
    np.bitwise_or(moved[1], _ZEROS, out=words[:, 1])
    np.bitwise_or(moved[2], _ZEROS, out=words[:, 2])


def _with_points(packed: Bits, moved: Bits, at: Ints) -> None:
    """Put each point where it belongs, the digits before it where they were, in `moved`."""
    for k in range(WORDS):
        packed[k] &= _BEFORE[k].take(at, mode="clip")
        moved[k] &= _BEHIND[k].take(at, mode="clip")
        moved[k] |= packed[k]
        moved[k] |= _POINT[k].take(at, mode="clip")


def _packed(digits: Bits) -> Bits:
    """The digits of integers of 17, each a byte, in three words (3, n)."""
    packed = np.zeros((WORDS, digits.size), np.uint64)
    np.floor_divide(digits, _TEN_TO_9, out=packed[0])
    rest = digits - packed[0] * _TEN_TO_9
    if not rest.any():
        in_lanes(packed[:1])
        return packed
    np.floor_divide(rest, _10, out=packed[1])
    np.subtract(rest, packed[1] * _10, out=packed[2])
    in_lanes(packed[:2])
    return packed


def in_lanes(words: Bits) -> None:
    """Numbers below 10**8 into eight bytes, a digit each, the first one lowest, in place."""
    for kind, factor, shift, width, base in _LANES:
        lanes: NDArray[Any] = words.view(kind)
        quotients = lanes * factor
        quotients >>= shift
        quotients *= base
        lanes <<= width
        lanes -= quotients


def _moved(packed: Bits, up: Bits) -> Bits:
    """Three words with their bytes moved up, by 8 to 40 bits."""
    down = _64 - up
    moved = packed << up
    moved[1:] |= packed[:-1] >> down
    return moved


def _last_bytes(words: Bits) -> Ints:
    """How many bytes there are up to the last one that isn't zero, 0 when all are.

    The words' sum as one number of 192 bits has its place in its exponent: bytes of 9 at most round up into no other.
    """
    total = words[2].view(np.int64) * 2.0**129
    total += words[1].view(np.int64) * 2.0**65
    total += words[0].view(np.int64) * 2.0
    ends: Ints = (total.view(np.uint64) >> _55).view(np.int64).astype(np.intp, copy=False)
    ends -= 127  # of 2**(8 k + 1) the exponent is 1024 + 8 k
    return ends
