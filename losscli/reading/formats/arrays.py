"""numpy's own files as tables: `.npy`, and `.npz` by the names of its arrays. Read a few rows at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import (
    Array,
    Block,
    Categorical,
    Chunk,
    Column,
    OpenSource,
    Table,
    as_column,
    as_words,
    taken,
)
from losscli.data.cells import is_missing
from losscli.data.columns import Columns, ColumnSelection, FirstLines
from losscli.errors import DataError, Location, RowError, shown
from losscli.reading.choice import described, resolve
from losscli.reading.formats.npy import Part, parts_of, sound
from losscli.reading.records import Layout
from losscli.reading.sources import Source

BLOCK_ROWS, BLOCK_BYTES = 1 << 14, 1 << 22  # a block has no more of either


@dataclass(frozen=True)
class Series:
    """A column of an array file: its name if it has one, the part it is of, and which field or column of that."""

    name: str
    part: int
    place: str | int | None

    def of(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The column (n,) in rows of the part."""
        if self.place is None:
            return rows
        return rows[self.place] if isinstance(self.place, str) else rows[:, self.place]


def open_arrays(source: Source, drop: bool) -> OpenSource:
    """A `.npy` or `.npz` source."""
    with sound(source.name):
        parts = parts_of(source)
        series = [one for at, part in enumerate(parts) for one in _series(part, at)]
        rows = _common_rows(parts)
    step = max(1, min(BLOCK_ROWS, BLOCK_BYTES // sum(part.row_bytes for part in parts), rows))
    with sound(source.name):
        first = [part.rows(min(step, rows)) for part in parts]
    cells = tuple(_cell(one.of(first[one.part])[0]) for one in series)
    names = tuple(one.name for one in series)
    top = FirstLines(names, cells) if any(names) else FirstLines(cells, None)
    held = _Arrays(source, parts, series, rows, step, first)
    return OpenSource(source.name, top, any(names), partial(_table, held, top, drop), source.close)


@dataclass(frozen=True)
class _Arrays:
    """Arrays of one length, read side by side `step` rows at a time; `top` are the rows that are read already."""

    source: Source
    parts: list[Part]
    series: list[Series]
    rows: int
    step: int
    top: list[NDArray[Any]]


def _table(held: _Arrays, top: FirstLines, drop: bool, wanted: ColumnSelection) -> Table:
    source, series = held.source, held.series
    try:
        columns = resolve(top, replace(wanted, header=top.second is not None))
    except DataError as error:
        raise DataError(f"{source.name}: {error}") from None
    parts = (columns.labels, columns.predictions, columns.weight, columns.features)
    layout = Layout(len(series), *parts, drop, carried=columns.travelling)
    place = partial(_place, source.name, columns)
    table = described(columns, wanted, source.name, _chunks(held, layout), place)
    return replace(table, size=source.size, position=source.position, close=source.close)


def _common_rows(parts: list[Part]) -> int:
    if len({part.shape[0] for part in parts}) > 1:
        lengths = ", ".join(f"{shown(part.name)} {part.shape[0]}" for part in parts)
        raise DataError(f"the arrays differ in length: {lengths}")
    if not parts or not all(0 not in part.shape for part in parts):
        raise DataError("the input is empty")
    return parts[0].shape[0]


def _series(part: Part, at: int) -> Iterator[Series]:
    """The columns of an array, by the names of its fields, its own name, or without names."""
    fields = part.dtype.names
    dtypes = [part.dtype[name] for name in fields] if fields else [part.dtype]
    for dtype in dtypes:
        if dtype.kind not in "bifuUS" or len(part.shape) not in ((1,) if fields else (1, 2)):
            size = "x".join(map(str, part.shape)) or "one value"
            raise DataError(f"an array of numbers or text with 1 or 2 axes is wanted, not {dtype}, {size}")
    if fields:
        yield from (Series(name, at, name) for name in fields)
    elif len(part.shape) == 1:
        yield Series(part.name, at, None)
    else:
        yield from (Series(f"{part.name}_{place}" if part.name else "", at, place) for place in range(part.shape[1]))


def _cell(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _chunks(held: _Arrays, layout: Layout) -> Iterator[Chunk]:
    asked = {at for at, _, _ in layout.asked} | set(layout.carried)
    needed = {held.series[at].part for at in asked}
    for low in range(0, held.rows, held.step):
        count = min(held.step, held.rows - low)
        with sound(held.source.name):
            rows = {at: held.parts[at].rows(count) if low else held.top[at] for at in needed}
        yield partial(_block, {at: held.series[at].of(rows[held.series[at].part]) for at in asked}, count, layout)


def _block(values: Mapping[int, NDArray[Any]], rows: int, layout: Layout) -> Block:
    columns = {at: _column(values[at]) for at, _, _ in layout.asked}
    missing = {at: _missing(column) for at, column in columns.items()}
    gone = np.zeros(rows, dtype=bool)
    for mask in missing.values():
        gone |= mask
    fault = None
    end = rows
    if gone.any() and not layout.drop:
        end = int(gone.argmax())
        part, place = next((part, place) for at, part, place in layout.asked if missing[at][end])
        fault = RowError(end, part, place, "the cell is missing (nan); --na drop leaves such rows out")
    for at, part, place in layout.asked:
        if part != "label" and not isinstance(columns[at], np.ndarray) and (fault is None or end > 0):
            fault, end = RowError(0, part, place, "the array holds text, not numbers"), 0
    row = np.flatnonzero(~gone[:end])
    return Block(
        rows=end,
        lines=end,
        labels=tuple(taken(columns[at], row) for at in layout.labels),
        preds=_matrix([columns[at] for at in layout.preds], row),
        weights=None if layout.weight is None else _matrix([columns[layout.weight]], row)[:, 0],
        features=_matrix([columns[at] for at in layout.features], row) if layout.features else None,
        carried=tuple(_words(values[at][row]) for at in layout.carried),
        whole=tuple(_words(values[at][:end]) for at in layout.carried) if len(row) < end else (),
        row=row,
        fault=fault,
    )


def _column(values: NDArray[Any]) -> Column:
    if values.dtype.kind in "US":
        return as_column([_cell(value).strip() for value in values])
    return values.astype(np.float64)


def _words(values: NDArray[Any]) -> Categorical:
    """A column as text, each value as numpy writes it."""
    if values.dtype.kind in "US":
        return as_words([_cell(value).strip() for value in values])
    distinct, codes = np.unique(values, return_inverse=True)
    return Categorical(codes.reshape(-1), tuple(map(_cell, distinct)))


def _missing(column: Column) -> NDArray[np.bool_]:
    if isinstance(column, np.ndarray):
        return np.isnan(column)
    return np.array([is_missing(word) for word in column.categories], dtype=bool)[column.codes]


def _matrix(columns: list[Column], row: NDArray[np.intp]) -> Array:
    values = np.zeros((len(columns), len(row)))
    for at, column in enumerate(columns):
        if isinstance(column, np.ndarray):
            values[at] = column[row]
    return values.T


def _place(name: str, columns: Columns, fault: RowError, block: Block, rows: int, lines: int) -> Location:
    return Location(name, None, columns.inside(f"row {rows + fault.row + 1}", fault))
