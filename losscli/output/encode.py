"""Columns to lines of UTF-8, by orjson where it is installed (the extra `fast`) and by Python alone where it isn't.

Both write the same bytes: each float as `repr` writes it. orjson finds the same digits, but it writes 1e-07 as 1e-7,
numbers from 1e-5 to 1e-4 without an exponent, 1e+16 as 1e16 in some versions, and what isn't finite as null.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array
from losscli.data.categorical import Categorical
from losscli.output.report import Column

_FEW = 1000  # rows that Python has written before orjson is imported

_MANY = 8  # one in so many numbers is much to be written one by one

_END = b"\0"  # stands for the end of a line while orjson writes


def encoded(columns: Sequence[Column], delimiter: bytes) -> bytes:
    """n lines of the columns' cells separated by `delimiter` (one byte), each line ended by a newline.

    Words are written as they are, so they have their quotes, and no control codes but newlines and tabs. Surrogates
    that stand for bytes become these bytes.
    """
    if len(columns[0]) >= _FEW:
        try:
            return _by_orjson(columns, delimiter, import_module("orjson"))
        except ImportError:
            pass
    lines = zip(*map(_texts, columns), strict=True)
    return _raw("".join(f"{line}\n" for line in map(delimiter.decode("ascii").join, lines)))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _texts(column: Column) -> Iterator[str]:
    if isinstance(column, Categorical):
        return map(column.categories.__getitem__, column.codes.tolist())
    return map(repr, column.tolist())


def _by_orjson(columns: Sequence[Column], delimiter: bytes, orjson: Any) -> bytes:
    """The same: orjson writes one list of all cells, with a mark behind each line."""
    width = len(columns) + 1
    cells = [orjson.Fragment(_END)] * (len(columns[0]) * width)
    for place, column in enumerate(columns):
        cells[place::width] = _words(column, orjson) if isinstance(column, Categorical) else _numbers(column, orjson)
    text = bytearray(orjson.dumps(cells))
    if b"e-" in text:
        for digit in b"6789":
            text = text.replace(b"e-%c," % digit, b"e-0%c," % digit)
    array = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(array == ord(_END))
    array[ends - 1] = ord("\n")
    array[ends + 1] = array[0] = ord(_END)  # the comma behind it (the list's bracket at last), and the other bracket
    return bytes(text.translate(bytes.maketrans(b",\1\2", delimiter + b",-"), _END))


def _words(column: Categorical, orjson: Any) -> list[Any]:
    """The words as orjson is to write them, with marks for commas and minus signs."""
    categories = np.empty(len(column.categories), object)
    categories[:] = [orjson.Fragment(_masked(_raw(word))) for word in column.categories]
    words: list[Any] = categories.take(column.codes).tolist()
    return words


def _numbers(column: Array | NDArray[np.int64], orjson: Any) -> list[Any]:
    """Numbers, with texts for those that orjson and Python spell differently; `e-7` of many is mended later."""
    numbers: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        size = np.abs(column)
        small = (size < 1e-5) & (size > 0)
        odd = ~(size < 1e16) | ((size >= 1e-5) & (size < 1e-4))
        if np.count_nonzero(small) < len(small) // _MANY:
            odd |= small
        for at in np.flatnonzero(odd).tolist():
            numbers[at] = orjson.Fragment(_masked(repr(numbers[at]).encode()))
    return numbers


def _masked(word: bytes) -> bytes:
    """A word with marks for commas and minus signs, which are replaced in the text of orjson."""
    return word.replace(b",", b"\1").replace(b"-", b"\2")
