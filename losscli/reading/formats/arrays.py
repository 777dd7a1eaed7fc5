"""numpy's own files as tables: `.npy` memory-mapped, `.npz` by the names of its arrays. Never pickled objects."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Fault, shown
from losscli.reading.blocks import (
    Array,
    Block,
    Chunk,
    Column,
    Opened,
    Table,
    Words,
    as_column,
    as_words,
    carried_names,
    column_names,
    taken,
)
from losscli.reading.cells import is_missing
from losscli.reading.columns import Columns, FirstLines, Wanted, resolve, scale_warnings
from losscli.reading.records import Layout
from losscli.reading.sources import NPY, STDIN, Source

BLOCK_ROWS = 1 << 14


@dataclass(frozen=True)
class Series:
    """A column of an array file: its name if it has one, and its values (n,)."""

    name: str
    values: NDArray[Any]


def open_arrays(source: Source, drop: bool) -> Opened:
    """A `.npy` or `.npz` source."""
    series, named = _series(source)
    rows = {len(one.values) for one in series}
    if len(rows) > 1:
        lengths = ", ".join(f"{shown(one.name)} {len(one.values)}" for one in series)
        raise DataError(f"{source.name}: the arrays differ in length: {lengths}")
    if not rows or not max(rows):
        raise DataError(f"{source.name}: the input is empty")
    first = tuple(_cell(one.values[0]) for one in series)
    names = tuple(one.name for one in series)
    top = FirstLines(names, first) if named else FirstLines(first, None)
    return Opened(source.name, top, named, partial(_table, source, series, top, named, drop), source.close)


def _table(source: Source, series: list[Series], top: FirstLines, named: bool, drop: bool, wanted: Wanted) -> Table:
    try:
        columns = resolve(top, replace(wanted, header=named))
    except DataError as error:
        raise DataError(f"{source.name}: {error}") from None
    parts = (columns.labels, columns.preds, columns.weight, columns.features)
    layout = Layout(len(series), *parts, drop, carried=columns.travelling)
    return Table(
        form=columns.form,
        chunks=_chunks(series, len(series[0].values), layout),
        place=partial(_place, source.name, columns),
        columns=column_names(columns),
        classes=columns.class_names,
        feature_names=tuple(str(columns.name(at)) for at in columns.features),
        width=len(columns.preds),
        label_width=len(columns.labels),
        name=source.name,
        close=source.close,
        warnings=scale_warnings(columns, wanted.scale),
        carried=carried_names(columns),
    )


def _series(source: Source) -> tuple[list[Series], bool]:
    """The columns of the file, and whether they have names."""
    array = _loaded(source)
    if isinstance(array, dict):
        parts = {name: part for name, part in array.items() if part.ndim}  # single values are notes beside the data
        return [one for name, part in parts.items() for one in _columns_of(part, name, source.name)], True
    if array.dtype.names:
        parts = {name: array[name] for name in array.dtype.names}
        return [one for name, part in parts.items() for one in _columns_of(part, name, source.name)], True
    return _columns_of(array, "", source.name), False


def _loaded(source: Source) -> NDArray[Any] | dict[str, NDArray[Any]]:
    try:
        arrays = _mapped(source) if _can_be_mapped(source) else _read(source)
    except Exception as error:  # np.load raises many kinds for damaged files
        pickled = "pickle" in str(error) or "Python object" in str(error)
        what = "pickled objects are not read" if pickled else "not a sound numpy file"
        raise DataError(f"{source.name}: {what}") from None
    if isinstance(arrays, dict) and not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise DataError(f"{source.name}: a zip archive is not read; unpack it first (unzip -p)")
    return arrays


def _can_be_mapped(source: Source) -> bool:
    return source.stream is source.raw and source.name != STDIN and source.magic.startswith(NPY)


def _mapped(source: Source) -> NDArray[Any]:
    return np.lib.format.open_memmap(source.name, mode="r")


def _read(source: Source) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """The arrays of a packed file or a pipe, in memory."""
    with io.BytesIO(source.stream.read()) as data:
        loaded = np.load(data, allow_pickle=False)
        return {name: loaded[name] for name in loaded.files} if hasattr(loaded, "files") else loaded


def _columns_of(array: NDArray[Any], name: str, source: str) -> list[Series]:
    if array.dtype.kind not in "bifuUS" or array.ndim not in (1, 2):
        shape = "x".join(map(str, array.shape)) or "one value"
        raise DataError(f"{source}: an array of numbers or text with 1 or 2 axes is wanted, not {array.dtype}, {shape}")
    if array.ndim == 1:
        return [Series(name, array)]
    return [Series(f"{name}_{at}" if name else "", array[:, at]) for at in range(array.shape[1])]


def _cell(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _chunks(series: list[Series], rows: int, layout: Layout) -> Iterator[Chunk]:
    for low in range(0, rows, BLOCK_ROWS):
        yield partial(_block, series, low, min(rows, low + BLOCK_ROWS), layout)


def _block(series: list[Series], low: int, high: int, layout: Layout) -> Block:
    columns = {at: _column(series[at].values[low:high]) for at, _, _ in layout.asked}
    missing = {at: _missing(column) for at, column in columns.items()}
    gone = np.zeros(high - low, dtype=bool)
    for mask in missing.values():
        gone |= mask
    fault = None
    end = high - low
    if gone.any() and not layout.drop:
        end = int(gone.argmax())
        part, place = next((part, place) for at, part, place in layout.asked if missing[at][end])
        fault = Fault(end, part, place, "the cell is missing (nan); --na drop leaves such rows out")
    for at, part, place in layout.asked:
        if part != "label" and not isinstance(columns[at], np.ndarray) and (fault is None or end > 0):
            fault, end = Fault(0, part, place, "the array holds text, not numbers"), 0
    row = np.flatnonzero(~gone[:end])
    return Block(
        rows=end,
        lines=end,
        labels=tuple(taken(columns[at], row) for at in layout.labels),
        preds=_matrix([columns[at] for at in layout.preds], row),
        weights=None if layout.weight is None else _matrix([columns[layout.weight]], row)[:, 0],
        features=_matrix([columns[at] for at in layout.features], row) if layout.features else None,
        carried=tuple(_words(series[at].values[low:high][row]) for at in layout.carried),
        row=row,
        fault=fault,
    )


def _column(values: NDArray[Any]) -> Column:
    if values.dtype.kind in "US":
        return as_column([_cell(value).strip() for value in values])
    return values.astype(np.float64)


def _words(values: NDArray[Any]) -> Words:
    """A column as text, each value as numpy writes it."""
    if values.dtype.kind in "US":
        return as_words([_cell(value).strip() for value in values])
    distinct, codes = np.unique(values, return_inverse=True)
    return Words(codes.reshape(-1), tuple(map(_cell, distinct)))


def _missing(column: Column) -> NDArray[np.bool_]:
    if isinstance(column, np.ndarray):
        return np.isnan(column)
    return np.array([is_missing(word) for word in column.vocabulary], dtype=bool)[column.codes]


def _matrix(columns: list[Column], row: NDArray[np.intp]) -> Array:
    values = np.zeros((len(columns), len(row)))
    for at, column in enumerate(columns):
        if isinstance(column, np.ndarray):
            values[at] = column[row]
    return values.T


def _place(name: str, columns: Columns, fault: Fault, block: Block, rows: int, lines: int) -> str:
    where = f"{name}: row {rows + fault.row + 1}"
    column = columns.of(fault.part, fault.column)
    return where if column is None else f"{where}: {columns.called(column)}"
