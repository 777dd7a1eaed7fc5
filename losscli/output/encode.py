"""Columns to a block of CSV bytes, as fast as numpy alone can: the opposite of `losscli.reading.formats.decode`.

Cells.  Each cell is laid out as three words, 24 bytes, of which the first ones are its text (`losscli.shortest` for
floats).  A running sum of the lengths says where each cell begins, and one assignment writes all of them in order, 24
bytes each: what is without meaning behind a cell's end lies where the next cells begin and is overwritten by them, or
in the margin behind the last one.  Then single bytes are put right: delimiters, minus signs, exponents.  (numpy goes
through the indices of an assignment in order; the tests would tell if it ever didn't.)

Words longer than 24 bytes are several such pieces, of which those behind a word's end have no length.  Integers are
multiplied by a power of ten until they have 19 digits (8, where all of them are below 10**8), so that all first digits
are at the first byte.

One by one.  Few rows, vocabularies with a very long word and machines of the other byte order are left to Python.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.output.report import Column
from losscli.output.shortest import TAIL_BYTES, WORDS, Bits, Bytes, Ints, Text, in_lanes, lay_out
from losscli.reading.blocks import Words

_PIECE = 8 * WORDS

_LONGEST = 4 * _PIECE  # bytes of a word

_TILE = 16384  # rows whose arrays stay in a core's second cache, and yet are long against the cost of a call

_FEW = 48  # fewer rows than this are written sooner by repr()

# As for reading: freeing a large array once makes glibc keep smaller ones instead of giving them back.
_ = np.empty(16 << 20, np.uint8)

del _

_MINUS = np.array(ord("-"), np.uint8)

_ZEROS, _52, _TEN_TO_3, _TEN_TO_5, _TEN_TO_11 = (
    np.array(n, np.uint64) for n in (0x30303030_30303030, 52, 10**3, 10**5, 10**11)
)

_POWERS = np.array([10**n for n in range(20)], np.uint64)

# By the binary exponent of a double: the decimal one of the least integer with it
_FLOOR = np.array([len(str(2 ** (b - 1023))) - 1 if 1023 <= b < 1087 else 0 for b in range(1087)], np.intp)


@dataclass(frozen=True)
class _Cells:
    """A column that is ready to be laid out: `fill` writes some of its rows into (rows, pieces, 3) words."""

    pieces: int
    fill: Callable[[slice, Bits], Text]


def encoded(columns: Sequence[Column], delimiter: bytes) -> bytes:
    """n lines of the columns' cells separated by `delimiter` (one byte), each line ended by a newline.

    Floats are written as `repr` writes them and words as they are, in UTF-8 (bytes that were escaped as surrogates
    become what they were).
    """
    rows = len(columns[0])
    if rows < _FEW or sys.byteorder != "little":
        return _one_by_one(columns, delimiter)
    cells = [found for column in columns if (found := _cells(column)) is not None]
    if len(cells) < len(columns):
        return _one_by_one(columns, delimiter)
    step = -(-rows // -(-rows // _TILE))  # as many tiles as it takes, all alike
    tiles = (slice(first, min(first + step, rows)) for first in range(0, rows, step))
    return b"".join(_lines(cells, tile, delimiter) for tile in tiles)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _one_by_one(columns: Sequence[Column], delimiter: bytes) -> bytes:
    lines = zip(*map(_texts, columns), strict=True)
    return _raw("".join(f"{line}\n" for line in map(delimiter.decode("ascii").join, lines)))


def _texts(column: Column) -> Iterator[str]:
    if isinstance(column, Words):
        return map(column.vocabulary.__getitem__, column.codes.tolist())
    return map(repr, column.tolist())


def _cells(column: Column) -> _Cells | None:
    """A column ready to be laid out, if no word of it is too long."""
    if isinstance(column, Words):
        return _word_cells(column)
    if column.dtype.kind == "f":
        floats = column.astype(np.float64, copy=False)
        return _Cells(1, lambda rows, words: lay_out(floats[rows], words[:, 0]))
    integers = column.astype(np.int64, copy=False)
    return _Cells(1, lambda rows, words: _integers(integers[rows], words[:, 0]))


def _lines(cells: list[_Cells], rows: slice, delimiter: bytes) -> memoryview:
    """Some rows' cells side by side, one text each."""
    lasts = np.cumsum([column.pieces for column in cells]) - 1  # of a column's pieces
    count, width = rows.stop - rows.start, int(lasts[-1]) + 1
    words = np.empty((count, width, WORDS), np.uint64)
    places = np.zeros(count * width + 1, np.intp)
    ends = places[1:].reshape(count, width)  # at first the lengths
    texts = []
    for column, last in zip(cells, lasts.tolist(), strict=True):
        own = slice(last + 1 - column.pieces, last + 1)
        texts.append(column.fill(rows, words[:, own]))
        np.add(texts[-1].lengths, np.arange(1 - column.pieces, 1) == 0, out=ends[:, own])  # delimiters are behind lasts
    np.cumsum(places, out=places)
    buffer = _placed(words, places, texts, lasts.tolist())
    for text, last, byte in zip(texts, lasts.tolist(), delimiter * (len(cells) - 1) + b"\n", strict=True):
        _put_right(buffer, text, ends[:, last], byte)
    return buffer[: places[-1]].data


def _placed(words: Bits, places: Ints, texts: list[Text], lasts: list[int]) -> Bytes:
    """The pieces at their places, each behind its sign and with what is before its sign left open."""
    count, width, _ = words.shape
    begins = places[:-1]
    if any(text.signed is not None for text in texts):
        begins = begins.copy()
        for text, last in zip(texts, lasts, strict=True):
            if text.signed is not None:
                begins.reshape(count, width)[:, last] += text.signed
    buffer = np.empty(int(places[-1]) + _PIECE, np.uint8)
    # a type of bytes without a meaning: numpy copies it to anywhere, aligned or not
    anywhere = np.ndarray((buffer.size - _PIECE + 1,), f"V{_PIECE}", buffer, 0, (1,))
    anywhere[begins] = words.view(anywhere.dtype).ravel()
    return buffer


def _put_right(buffer: Bytes, text: Text, ends: Ints, delimiter: int) -> None:
    """Write a column's delimiters, signs and exponents, over what lies there."""
    behind = ends - 1
    buffer[behind] = delimiter
    if text.signed is not None:
        signed = np.flatnonzero(text.signed)
        buffer[behind[signed] - text.lengths[signed, 0]] = _MINUS
    if text.marked.size:
        anywhere = np.ndarray((buffer.size - TAIL_BYTES + 1,), f"V{TAIL_BYTES}", buffer, 0, (1,))
        anywhere[behind[text.marked] - TAIL_BYTES] = text.tails.view(anywhere.dtype)


def _word_cells(column: Words) -> _Cells | None:
    raw = [_raw(word) for word in column.vocabulary]
    longest = max(map(len, raw))
    if longest > _LONGEST:
        return None
    pieces = max(1, -(-longest // _PIECE))
    lengths = np.array([[min(max(len(word) - _PIECE * k, 0), _PIECE) for k in range(pieces)] for word in raw], np.intp)
    width = 8 if longest <= 8 else pieces * _PIECE  # bytes that matter
    table = np.frombuffer(b"".join(word.ljust(width) for word in raw), np.uint64).reshape(len(raw), -1)

    def fill(rows: slice, words: Bits) -> Text:
        codes = column.codes[rows]
        if width == 8:
            words[:, 0, 0] = table[:, 0].take(codes)
        else:
            words[...] = table.take(codes, axis=0).reshape(words.shape)
        return Text(lengths.take(codes, axis=0))

    return _Cells(pieces, fill)


def _integers(values: NDArray[np.int64], words: Bits) -> Text:
    """Write the text of integers (n,) into `words` (n, 3)."""
    negative = values < 0
    size = np.abs(values).view(np.uint64)  # of the least one, which has no opposite, it is right as well
    most = int(size.max())
    floor = _floors(size, most)
    digits = (size * _POWERS.take(7 - floor))[np.newaxis] if most < 10**8 else _eights(size * _POWERS.take(18 - floor))
    in_lanes(digits)
    np.bitwise_or(digits.T, _ZEROS, out=words[:, : len(digits)])
    return Text(np.add(floor + 1, negative)[:, np.newaxis], negative if negative.any() else None)


def _floors(size: Bits, most: int) -> Ints:
    """How many digits integers have, less one; most often the same number throughout, as row numbers do."""
    if len(str(most)) == len(str(size.min())):
        return np.full(size.size, len(str(most)) - 1, np.intp)
    floor: Ints = _FLOOR.take((size.astype(np.float64).view(np.uint64) >> _52).view(np.int64), mode="clip")
    floor += size >= _POWERS.take(floor + 1)
    return floor


def _eights(digits: Bits) -> Bits:
    """Integers of 19 digits as three of eight, the last one with zeros at its end."""
    parts = np.empty((WORDS, digits.size), np.uint64)
    np.floor_divide(digits, _TEN_TO_11, out=parts[0])
    digits -= parts[0] * _TEN_TO_11
    np.floor_divide(digits, _TEN_TO_3, out=parts[1])
    np.subtract(digits, parts[1] * _TEN_TO_3, out=parts[2])
    parts[2] *= _TEN_TO_5
    return parts
