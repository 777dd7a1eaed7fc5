"""numpy's own files as tables: `.npy`, and `.npz` by the names of its arrays. Read a few rows at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block, Cells, Layout, Origin, block_of_cells, layout_of
from losscli.data.categorical import Categorical, Column, as_column, as_labels, as_words
from losscli.data.cells import EXACT
from losscli.data.choice import resolve
from losscli.data.columns import ColumnSelection, FirstLines
from losscli.data.table import Chunk, OpenSource, Table, schema_of
from losscli.enums import Form
from losscli.errors import DataError, shown
from losscli.reading.formats.npy import StoredArray, parts_of, sound
from losscli.reading.sources import Source, SourceReader

SHOWN_ROWS = 20  # that show which columns are numbers
BLOCK_ROWS, BLOCK_BYTES = 1 << 14, 1 << 22  # a block has no more of either


@dataclass(frozen=True)
class ArrayColumn:
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
    cells = [map(_cell, one.of(first[one.part])[:SHOWN_ROWS]) for one in series]
    shown_rows = tuple(zip(*cells, strict=True))
    names = tuple(one.name for one in series)
    whole = {part.name: tuple(one.name for one in series if one.part == at) for at, part in enumerate(parts)}
    lists = {name: own for name, own in whole.items() if own != (name,)}
    top = FirstLines(names, shown_rows, lists) if any(names) else FirstLines(shown_rows[0], shown_rows[1:])
    held = _Arrays(source, parts, series, rows, step, first)
    return ArraySource(held, top, any(names), drop)


@dataclass(frozen=True)
class _Arrays:
    """Arrays of one length, read side by side `step` rows at a time; `top` are the rows that are read already."""

    source: Source
    parts: list[StoredArray]
    series: list[ArrayColumn]
    rows: int
    step: int
    top: list[NDArray[Any]]


class ArraySource(OpenSource):
    """Arrays, the first rows of which are read."""

    def __init__(self, held: _Arrays, top: FirstLines, named: bool, drop: bool) -> None:
        super().__init__(held.source.name, top, named, held.source.close)
        self.held, self.drop = held, drop

    def _table(self, wanted: ColumnSelection) -> Table:
        held, top = self.held, self.top
        if len(held.parts) == 1 and not held.series[0].name:
            width = len(held.series)
            if wanted.preds_only and wanted.forms == {Form.CATEGORICAL} and not wanted.prob and width == 1:
                held, top = _as_row(held)
            elif width > 1 and Form.CATEGORICAL not in wanted.forms:  # one array of labels, one of predictions
                wanted = replace(wanted, label=wanted.label or f"1-{width}") if wanted.labels_only else wanted
                wanted = replace(wanted, prob=wanted.prob or f"1-{width}") if wanted.preds_only else wanted
        series = held.series
        try:
            columns = resolve(top, replace(wanted, header=self.named))
        except DataError as error:
            raise DataError(f"{self.name}: {error}") from None
        layout = layout_of(columns, wanted, len(series), self.drop)
        reader = ArrayReader(held, layout, Origin(self.name, columns))
        chosen = [series[at] for at in columns.predictions]
        dtypes = [_dtype(held.parts[one.part].dtype, one) for one in chosen]
        bits = max((8 * dtype.itemsize if dtype.kind == "f" else 64 for dtype in dtypes), default=64)
        schema = replace(schema_of(columns, wanted), float_bits=min(bits, 64))
        return Table(self.name, schema, reader, (self.name,))


def _dtype(dtype: np.dtype[Any], one: ArrayColumn) -> np.dtype[Any]:
    return dtype[one.place] if dtype.names and one.place is not None else dtype


def _as_row(held: _Arrays) -> tuple[_Arrays, FirstLines]:
    """A flat array as the one row of an array of as many columns."""
    with sound(held.source.name):
        left = held.rows - len(held.top[0])
        row = np.concatenate((held.top[0], held.parts[0].rows(left)))[None, :] if left else held.top[0][None, :]
    part = StoredArray("", held.parts[0].dtype, row.shape, lambda count: row[:count])
    series = list(_series(part, 0))
    top = FirstLines(tuple(_cell(one.of(row)[0]) for one in series), ())
    return replace(held, parts=[part], series=series, rows=1, step=1, top=[row]), top


def _common_rows(parts: list[StoredArray]) -> int:
    if len({part.shape[0] for part in parts}) > 1:
        lengths = ", ".join(f"{shown(part.name)} {part.shape[0]}" for part in parts)
        raise DataError(f"the arrays differ in length: {lengths}")
    if not parts or not all(0 not in part.shape for part in parts):
        raise DataError("the input is empty")
    return parts[0].shape[0]


def _series(part: StoredArray, at: int) -> Iterator[ArrayColumn]:
    """The columns of an array, by the names of its fields, its own name, or without names."""
    fields = part.dtype.names
    dtypes = [part.dtype[name] for name in fields] if fields else [part.dtype]
    for dtype in dtypes:
        if dtype.kind not in "bifuUS" or len(part.shape) not in ((1,) if fields else (1, 2)):
            size = "x".join(map(str, part.shape)) or "one value"
            raise DataError(f"expected an array of numbers or text with 1 or 2 axes, found {dtype}, {size}")
    if fields:
        yield from (ArrayColumn(name, at, name) for name in fields)
    elif len(part.shape) == 1:
        yield ArrayColumn(part.name, at, None)
    else:
        yield from (
            ArrayColumn(f"{part.name}_{place}" if part.name else "", at, place) for place in range(part.shape[1])
        )


def _cell(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class ArrayReader(SourceReader):
    """Reads arrays, the rows that are read already first."""

    def __init__(self, held: _Arrays, layout: Layout, origin: Origin) -> None:
        super().__init__(held.source)
        self.held, self.layout, self.origin = held, layout, origin

    def chunks(self) -> Iterator[Chunk]:
        held = self.held
        asked = {at for at, _, _ in self.layout.asked} | set(self.layout.extra)
        needed = {held.series[at].part for at in asked}
        for low in range(0, held.rows, held.step):
            count = min(held.step, held.rows - low)
            with sound(held.source.name):
                rows = {at: held.parts[at].rows(count) if low else held.top[at] for at in needed}
            values = {at: held.series[at].of(rows[held.series[at].part]) for at in asked}
            yield partial(_block, values, count, self.layout, self.origin)


def _block(values: Mapping[int, NDArray[Any]], rows: int, layout: Layout, origin: Origin) -> Block:
    cells = {at: _cells(values[at], part, layout) for at, part, _ in layout.asked}
    extra = tuple(_words(values[at]) for at in layout.extra)
    return block_of_cells(layout, rows, cells, extra, origin, "nan")


def _cells(values: NDArray[Any], part: str, layout: Layout) -> Cells:
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


def _words(values: NDArray[Any]) -> Categorical:
    """A column as text, each value as numpy writes it."""
    if values.dtype.kind in "US":
        return as_words([_cell(value).strip() for value in values])
    distinct, codes = np.unique(values, return_inverse=True)
    return Categorical(codes.reshape(-1), tuple(map(_cell, distinct)))
