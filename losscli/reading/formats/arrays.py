"""numpy's own files as tables: `.npy`, and `.npz` by the names of its arrays. Read a few rows at a time.

The format is numpy's (numpy.lib.format, versions 1 to 3); pickled objects are refused. Rows that lie one after the
other are streamed; an array in the order of Fortran, whose columns do, is read at a place in each column, from the file
or a copy of it on disk.
"""

import io
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import prod
from typing import IO, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block, Cells, Layout, Origin, block_of_cells, layout_of
from losscli.data.categorical import Categorical, Column, as_column, as_labels, as_words
from losscli.data.cells import EXACT
from losscli.data.choice import resolve
from losscli.data.columns import ColumnSelection, FirstLines
from losscli.data.table import Chunk, OpenSource, Table, schema_of
from losscli.enums import Form
from losscli.errors import DataError, of_source, shown
from losscli.reading.signatures import describe_archive
from losscli.reading.sources import NPY, STDIN, Source, SourceReader, readable
from losscli.records import record

SHOWN_ROWS = 20  # that show which columns are numbers
BLOCK_ROWS, BLOCK_BYTES = 1 << 14, 1 << 22  # a block has no more of either
MOST_COLUMNS = 1 << 20
ROW_BYTES = 1 << 25  # a row longer than this is no row of a table
_HEADER_BYTES = 1 << 16
_UNSOUND = "not a valid numpy file"
_SHORT = "the array ends before its last row"

Values = NDArray[Any]
Read = Callable[[int], bytes]  # up to so many bytes, fewer only at the end


class Stream(Protocol):
    """A stream of bytes; `read` returns fewer than `size` only at the end."""

    def read(self, size: int, /) -> bytes: ...


# --- the arrays of a file ---------------------------------------------------------------------------------------------
class StoredArray:
    """An array of a file: its name ("" for a lone one), the type of its cells, its shape, and its rows from the top."""

    def __init__(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], read: Read) -> None:
        self.name, self.dtype, self.shape, self.read = name, dtype, shape, read
        self.row_bytes = dtype.itemsize * prod(shape[1:])
        self.left = shape[0] if shape else 1

    def rows(self, count: int) -> Values:
        """The next rows, (count,) or (count, k)."""
        data = self.read(count * self.row_bytes)
        if len(data) < count * self.row_bytes:
            raise DataError(_SHORT)
        self.left -= count
        if self.left <= 0 and self.read(1):  # at the end of a packed file its sums are checked, too
            raise DataError("bytes follow the array")
        return np.frombuffer(data, self.dtype, count * prod(self.shape[1:])).reshape(count, *self.shape[1:])


class ColumnwiseArray(StoredArray):
    """An array whose columns lie one after the other in a file, from a place on."""

    def __init__(self, stored: StoredArray, file: IO[bytes], start: int) -> None:
        super().__init__(stored.name, stored.dtype, stored.shape, file.read)
        self.file, self.start, self.low = file, start, 0
        size, end = prod(self.shape) * self.dtype.itemsize, file.seek(0, io.SEEK_END)
        if end != start + size:
            raise DataError(_SHORT if end < start + size else "bytes follow the array")

    def rows(self, count: int) -> Values:
        (rows, columns), size = self.shape, self.dtype.itemsize
        found = np.empty((columns, count), self.dtype)
        for at in range(columns):
            self.file.seek(self.start + (at * rows + self.low) * size)
            data = self.file.read(count * size)
            if len(data) < count * size:
                raise DataError(_SHORT)
            found[at] = np.frombuffer(data, self.dtype)
        self.low += count
        return found.T


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """Turn what numpy and zipfile raise for a damaged file into a DataError that names it."""
    with readable(name):
        try:
            yield
        except (DataError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the disk
            raise DataError(_UNSOUND) from None


def _stored_arrays(source: Source) -> list[StoredArray]:
    """The arrays of a source, single values left out, as they are notes beside the data."""
    own_file = source.plain and source.size is not None
    if source.magic.startswith(NPY):
        return [_stored_array(source, "", source, own_file)]
    from zipfile import ZipFile

    archive = ZipFile(source.raw if own_file and source.name != STDIN else _spooled(source, source))
    found = []
    for entry in archive.infolist():
        member = archive.open(entry)
        if member.read(len(NPY)) != NPY:
            raise DataError(describe_archive(archive.namelist(), source.name))
        member.seek(0)
        found.append(_stored_array(source, entry.filename.removesuffix(".npy"), member, False))
    return [array for array in found if array.shape]


def _stored_array(source: Source, name: str, stream: Stream, own_file: bool) -> StoredArray:
    """An array, read from its magic bytes on; DataError where it can't hold columns of numbers or text.

    With `own_file` the stream is that of an uncompressed file.
    """
    dtype, shape, by_column = header_of(stream)
    array = StoredArray(name, dtype, shape, stream.read)
    if dtype.hasobject:
        raise DataError("pickled objects are refused")
    if min(shape, default=1) < 0 or (dtype.itemsize <= 0 and shape):
        raise DataError(_UNSOUND)
    if prod(shape[1:]) > MOST_COLUMNS or array.row_bytes > ROW_BYTES:
        called = f"{shown(name)}: " if name else ""
        size = "x".join(map(str, shape))
        raise DataError(f"{called}an array of {size} has rows of {array.row_bytes} bytes; is this a table?")
    if not by_column or len(shape) != 2 or min(shape) <= 1:
        return array
    if own_file:
        return ColumnwiseArray(array, source.raw, source.origin + source.taken)
    return ColumnwiseArray(array, _spooled(source, stream), 0)


def header_of(stream: Stream) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """The type and the shape in the header of an array, and whether its columns lie one after the other."""
    numpy_format: Any = np.lib.format
    major, _ = numpy_format.read_magic(stream)
    if major not in (1, 2, 3):
        raise DataError(_UNSOUND)
    read = numpy_format.read_array_header_1_0 if major == 1 else numpy_format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a header by Python 2
        shape, by_column, dtype = read(stream, max_header_size=_HEADER_BYTES)
    if major == 3 and dtype.names:  # as version 2, but in UTF-8
        dtype.names = tuple(name.encode("latin-1").decode() for name in dtype.names)
    return dtype, shape, by_column


def _spooled(source: Source, stream: Stream) -> IO[bytes]:
    """Copy all bytes that are left to a temporary file."""
    with readable(tempfile.gettempdir()):
        file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  # lives as long as the source
    source.spools.append(file)
    while piece := stream.read(1 << 18):
        with readable(tempfile.gettempdir()):
            file.write(piece)
    with readable(tempfile.gettempdir()):
        file.seek(0)
    return file


# --- their columns ----------------------------------------------------------------------------------------------------
@record
class ArrayColumn:
    """A column of an array file: its name if it has one, which array it is of, and which field or column of that."""

    name: str
    array: int
    place: str | int | None
    dtype: np.dtype[Any]

    def of(self, rows: Values) -> Values:
        """The column (n,) in rows of the array."""
        if self.place is None:
            return rows
        return rows[self.place] if isinstance(self.place, str) else rows[:, self.place]


def _columns_of(array: StoredArray, at: int) -> list[ArrayColumn]:
    """The columns of an array, by the names of its fields, its own name, or without names."""
    name, dtype, fields = array.name, array.dtype, array.dtype.names
    for one in [dtype[field] for field in fields] if fields else [dtype]:
        if one.kind not in "bifuUS" or len(array.shape) not in ((1,) if fields else (1, 2)):
            size = "x".join(map(str, array.shape)) or "one value"
            raise DataError(f"expected an array of numbers or text with 1 or 2 axes, found {one}, {size}")
    if fields:
        return [ArrayColumn(field, at, field, dtype[field]) for field in fields]
    if len(array.shape) == 1:
        return [ArrayColumn(name, at, None, dtype)]
    return [ArrayColumn(f"{name}_{place}" if name else "", at, place, dtype) for place in range(array.shape[1])]


@record
class _Arrays:
    """Arrays of one length, read side by side `step` rows at a time; `top` are the rows that are read already."""

    arrays: list[StoredArray]
    columns: list[ArrayColumn]
    rows: int
    step: int
    top: list[Values]


def open_arrays(source: Source, drop: bool) -> OpenSource:
    """A `.npy` or `.npz` source."""
    with _sound(source.name):
        arrays = _stored_arrays(source)
        columns = [column for at, array in enumerate(arrays) for column in _columns_of(array, at)]
        if len({array.shape[0] for array in arrays}) > 1:
            lengths = ", ".join(f"{shown(array.name)} {array.shape[0]}" for array in arrays)
            raise DataError(f"the arrays differ in length: {lengths}")
        if not arrays or not all(0 not in array.shape for array in arrays):
            raise DataError("the input is empty")
        rows = arrays[0].shape[0]
        step = max(1, min(BLOCK_ROWS, BLOCK_BYTES // sum(array.row_bytes for array in arrays), rows))
        first = [array.rows(min(step, rows)) for array in arrays]
    cells = [map(_cell, column.of(first[column.array])[:SHOWN_ROWS]) for column in columns]
    shown_rows = tuple(zip(*cells, strict=True))
    names = tuple(column.name for column in columns)
    whole = {array.name: tuple(one.name for one in columns if one.array == at) for at, array in enumerate(arrays)}
    lists = {name: own for name, own in whole.items() if own != (name,)}
    top = FirstLines(names, shown_rows, lists) if any(names) else FirstLines(shown_rows[0], shown_rows[1:])
    return ArraySource(source, _Arrays(arrays, columns, rows, step, first), top, any(names), drop)


class ArraySource(OpenSource):
    """Arrays, the first rows of which are read."""

    def __init__(self, source: Source, held: _Arrays, top: FirstLines, named: bool, drop: bool) -> None:
        super().__init__(source.name, top, named, source.close)
        self.source, self.held, self.drop = source, held, drop

    def _table(self, wanted: ColumnSelection) -> Table:
        held, top = self.held, self.top
        if len(held.arrays) == 1 and not held.columns[0].name:
            width = len(held.columns)
            if wanted.preds_only and wanted.forms == {Form.CATEGORICAL} and not wanted.prob and width == 1:
                held, top = self._as_row()
            elif width > 1 and Form.CATEGORICAL not in wanted.forms:  # one array of labels, one of predictions
                wanted = replace(wanted, label=wanted.label or f"1-{width}") if wanted.labels_only else wanted
                wanted = replace(wanted, prob=wanted.prob or f"1-{width}") if wanted.preds_only else wanted
        try:
            columns = resolve(top, replace(wanted, header=self.named))
        except DataError as error:
            raise of_source(error, self.name) from None
        layout = layout_of(columns, wanted, len(held.columns), self.drop)
        reader = ArrayReader(self.source, held, layout, Origin(self.name, columns))
        dtypes = [held.columns[at].dtype for at in columns.predictions]
        bits = max((8 * dtype.itemsize if dtype.kind == "f" else 64 for dtype in dtypes), default=64)
        schema = replace(schema_of(columns, wanted), float_bits=min(bits, 64))
        return Table(self.name, schema, reader, (self.name,))

    def _as_row(self) -> tuple[_Arrays, FirstLines]:
        """A flat array as the one row of an array of as many columns."""
        array, row = self.held.arrays[0], self.held.top[0]
        if len(row) < self.held.rows:
            with _sound(self.name):
                row = np.concatenate((row, array.rows(self.held.rows - len(row))))
        row = row[None, :]
        array = StoredArray("", array.dtype, row.shape, array.read)
        columns = _columns_of(array, 0)
        top = FirstLines(tuple(_cell(column.of(row)[0]) for column in columns), ())
        return _Arrays([array], columns, rows=1, step=1, top=[row]), top


class ArrayReader(SourceReader):
    """Reads arrays, the rows that are read already first."""

    def __init__(self, source: Source, held: _Arrays, layout: Layout, origin: Origin) -> None:
        super().__init__(source)
        self.held, self.layout, self.origin = held, layout, origin

    def chunks(self) -> Iterator[Chunk]:
        held = self.held
        in_use = {at: held.columns[at] for at in (*(at for at, _, _ in self.layout.cells), *self.layout.extra)}
        needed = {column.array for column in in_use.values()}
        for low in range(0, held.rows, held.step):
            count = min(held.step, held.rows - low)
            with _sound(self.source.name):
                rows = {at: held.arrays[at].rows(count) if low else held.top[at] for at in needed}
            values = {at: column.of(rows[column.array]) for at, column in in_use.items()}
            yield partial(_block, values, count, self.layout, self.origin)


def _cell(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _block(values: Mapping[int, Values], rows: int, layout: Layout, origin: Origin) -> Block:
    cells = {at: _cells(values[at], part, layout) for at, part, _ in layout.cells}
    extra = tuple(_words(values[at]) for at in layout.extra)
    return block_of_cells(layout, rows, cells, extra, origin, "nan")


def _cells(values: Values, part: str, layout: Layout) -> Cells:
    column: Column
    if values.dtype.kind in "US":
        texts = [_cell(value).strip() for value in values]
        column = as_labels(texts) if part == "label" else as_column(texts)
    elif part == "label" and values.dtype.kind in "iu" and (np.abs(values.astype(np.float64)) >= EXACT).any():
        column = _words(values)
    else:
        column = values.astype(np.float64)
    if isinstance(column, np.ndarray):
        return Cells(column, np.isnan(column))
    fault = None if part == "label" else (0, "the array holds text, not numbers")
    missing = np.array([layout.is_missing(word, part) for word in column.categories], dtype=bool)
    return Cells(column, missing[column.codes], fault)


def _words(values: Values) -> Categorical:
    """A column as text, each value as numpy writes it."""
    if values.dtype.kind in "US":
        return as_words([_cell(value).strip() for value in values])
    distinct, codes = np.unique(values, return_inverse=True)
    return Categorical(codes.reshape(-1), tuple(map(_cell, distinct)))
