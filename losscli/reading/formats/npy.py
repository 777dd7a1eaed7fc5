"""The parts of numpy's files, read a few rows at a time: `.npy`, and `.npz` member by member. Never pickled objects.

The format is numpy's (numpy.lib.format, versions 1 to 3). Rows that lie one after the other are streamed; an array in
the order of Fortran, whose columns do, is read at a place in each column, from the file or a copy of it on disk.
"""

import ast
import io
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, shown
from losscli.reading.signatures import describe_archive
from losscli.reading.sources import NPY, STDIN, Source, readable

MOST_COLUMNS = 1 << 20
ROW_BYTES = 1 << 25  # a row longer than this is no row of a table
_HEADER_BYTES = 1 << 16
_UNSOUND = "not a valid numpy file"
_SHORT = "the array ends before its last row"

LONGEST = 1 << 24  # characters of a cell of text
Read = Callable[[int], bytes]  # up to so many bytes, fewer only at the end


@dataclass(frozen=True)
class StoredArray:
    """An array of a file: its name ("" for a lone one), the type of its cells, its shape, and its rows from the top.

    `rows(count)` gives the next `count` rows, (count,) or (count, k).
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    rows: Callable[[int], NDArray[Any]]

    @property
    def row_bytes(self) -> int:
        """The bytes of a row."""
        return self.dtype.itemsize * prod(self.shape[1:])


@dataclass(frozen=True)
class Header:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    by_column: bool
    size: int


def parts_of(source: Source) -> list[StoredArray]:
    """The arrays of a source, single values left out; DataError, without a place, where one is no table's."""
    with sound():
        if source.magic.startswith(NPY):
            at = source.origin if source.plain and source.size is not None else None
            return [_part(source, "", source.read, None if at is None else (source.raw, at))]
        own = source.plain and source.name != STDIN and source.size is not None
        return _members(source, source.raw if own else _spooled(source, source.read))


@contextmanager
def sound(name: str = "") -> Iterator[None]:
    """What numpy and zipfile raise of a damaged file as a DataError, which names the source if that is given."""
    try:
        yield
    except DataError as error:
        raise error if not name or str(error).startswith(f"{name}:") else DataError(f"{name}: {error}") from None
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DataError(f"{name}: {_UNSOUND}" if name else _UNSOUND) from None


def _members(source: Source, file: IO[bytes]) -> list[StoredArray]:
    from zipfile import ZipFile

    archive = ZipFile(file)
    found = []
    for entry in archive.infolist():
        member = archive.open(entry)
        if member.read(len(NPY)) != NPY:
            raise DataError(describe_archive(archive.namelist(), source.name))
        member.seek(0)
        found.append(_part(source, entry.filename.removesuffix(".npy"), member.read, None))
    return [part for part in found if part.shape]  # single values are notes beside the data


def _part(source: Source, name: str, read: Read, place: tuple[IO[bytes], int] | None) -> StoredArray:
    """An array that is read from its magic bytes on; `place` is the file it lies in, and where, if that is known."""
    header = header_of(read)
    part = StoredArray(name, header.dtype, header.shape, cast(Any, None))
    _refuse(part)
    rows: Callable[[int], NDArray[Any]]
    if header.by_column and len(header.shape) == 2 and min(header.shape) > 1:
        file, start = (place[0], place[1] + header.size) if place else (_spooled(source, read), 0)
        rows = _ByColumn(part, file, start)
    else:
        rows = _RowsInOrder(part, read)
    return StoredArray(name, header.dtype, header.shape, rows)


def _refuse(part: StoredArray) -> None:
    """DataError where the array can't hold columns of numbers or text."""
    dtype, shape = part.dtype, part.shape
    if dtype.hasobject:
        raise DataError("pickled objects are refused")
    if min(shape, default=1) < 0 or (dtype.itemsize == 0 and shape):
        raise DataError(_UNSOUND)
    if prod(shape[1:]) > MOST_COLUMNS or part.row_bytes > ROW_BYTES:
        name = f"{shown(part.name)}: " if part.name else ""
        size = "x".join(map(str, shape))
        raise DataError(f"{name}an array of {size} has rows of {part.row_bytes} bytes; is this a table?")


class _RowsInOrder:
    """Rows one after the other."""

    def __init__(self, part: StoredArray, read: Read) -> None:
        self._part, self._read, self._left = part, read, part.shape[0] if part.shape else 1

    def __call__(self, count: int) -> NDArray[Any]:
        part = self._part
        data = self._read(count * part.row_bytes)
        if len(data) < count * part.row_bytes:
            raise DataError(_SHORT)
        self._left -= count
        if self._left <= 0 and self._read(1):  # at the end of a packed file its sums are checked, too
            raise DataError("bytes follow the array")
        return np.frombuffer(data, part.dtype, count * prod(part.shape[1:])).reshape(count, *part.shape[1:])


class _ByColumn:
    """Rows of an array whose columns lie one after the other in a file."""

    def __init__(self, part: StoredArray, file: IO[bytes], start: int) -> None:
        self._part, self._file, self._start, self._low = part, file, start, 0
        self._size = part.dtype.itemsize
        end = file.seek(0, io.SEEK_END)
        if end != start + prod(part.shape) * self._size:
            raise DataError(_SHORT if end < start + prod(part.shape) * self._size else "bytes follow the array")

    def __call__(self, count: int) -> NDArray[Any]:
        rows, columns = self._part.shape
        found = np.empty((columns, count), self._part.dtype)
        for at in range(columns):
            self._file.seek(self._start + (at * rows + self._low) * self._size)
            data = self._file.read(count * self._size)
            if len(data) < count * self._size:
                raise DataError(_SHORT)
            found[at] = np.frombuffer(data, self._part.dtype)
        self._low += count
        return found.T


def _spooled(source: Source, read: Read) -> IO[bytes]:
    """All bytes that are left, in a file without a name on disk."""
    with readable(tempfile.gettempdir()):
        file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  # lives as long as the source
    source.spools.append(file)
    while piece := read(1 << 18):
        with readable(tempfile.gettempdir()):
            file.write(piece)
    with readable(tempfile.gettempdir()):
        file.seek(0)
    return file


def header_of(read: Read) -> Header:
    """The header of an array, as numpy.lib.format describes it."""
    start = read(8)
    major = start[6]
    if not start.startswith(NPY) or major not in (1, 2, 3):
        raise DataError(_UNSOUND)
    length = read(2 if major == 1 else 4)
    size = int.from_bytes(length, "little")
    text = read(min(size, _HEADER_BYTES))
    if len(text) < size:
        raise DataError(_UNSOUND)
    fields = _literal(text.decode("utf-8" if major == 3 else "latin-1"))
    shape = tuple(fields["shape"])
    if not all(type(extent) is int for extent in shape) or type(fields["fortran_order"]) is not bool:
        raise DataError(_UNSOUND)
    if any(int(length) > LONGEST for length in re.findall(r"[SUV](\d+)", repr(fields["descr"]))):
        raise DataError(_UNSOUND)  # numpy 1 counts the bytes of such a cell below 0
    dtype = cast(Any, np.lib.format).descr_to_dtype(fields["descr"])
    return Header(dtype, shape, fields["fortran_order"], len(start) + len(length) + size)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except SyntaxError:  # written by Python 2, in which an extent may be `3L`
        return ast.literal_eval(re.sub(r"\b(\d+)L\b", r"\1", text))
