"""Blocks: some rows of a source as arrays, and the table that gives them one after the other.

A row never moves: every array of a block has all of its rows, and `keep` says which of them count. A fault ends a
block: the rows before it are there, so that what is wrong first in the source is reported first.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import accumulate
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.data.cells import (
    EXACT,
    ByteStrings,
    Categories,
    canonical,
    is_missing,
    is_missing_number,
    numbers,
    one_below_the_other,
    texts_of,
)
from losscli.data.columns import (
    Columns,
    ColumnSelection,
    FirstLines,
    aside_notes,
    aside_warnings,
    distinct,
    label_words,
    scale_warnings,
)
from losscli.data.reasons import MISSING_CELL
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError

Array = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class Categorical:
    """A column of text as codes (n,) into a vocabulary; a word may stand in it twice."""

    codes: Ints
    categories: Categories

    def __len__(self) -> int:
        return len(self.codes)

    def taken(self, row: Ints | slice) -> "Categorical":
        """The chosen rows."""
        return replace(self, codes=self.codes[row])


Column = Array | Categorical


@dataclass(frozen=True)
class Layout:
    """The columns of a table that are asked for, and what to do with a row in which one of their cells is missing."""

    width: int
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None = None
    features: tuple[int, ...] = ()
    drop: bool = False
    hint: str = ""  # behind the refusal of a row of another width
    extra: tuple[int, ...] = ()  # columns that are read as text, whatever is in them
    delimiter: str = ","
    label_words: frozenset[str] = frozenset()  # labels that would stand for no value elsewhere
    comma: bool = False  # is the decimal mark
    exact: bool = False  # predictions are probabilities that mustn't be 0 or 1 as floats alone

    def is_missing(self, text: str, part: str) -> bool:
        """Whether a stripped cell of a part stands for no value."""
        if part == "label":
            return is_missing(text) and text not in self.label_words
        return is_missing_number(text)

    @property
    def asked(self) -> tuple[tuple[int, str, int], ...]:
        """Column, part and place within the part of each asked cell, from left to right."""
        parts = (("label", self.labels), ("prob", self.preds), ("feature", self.features))
        cells = [(column, part, at) for part, columns in parts for at, column in enumerate(columns)]
        return tuple(sorted(cells + ([(self.weight, "weight", 0)] if self.weight is not None else [])))


def layout_of(columns: Columns, wanted: ColumnSelection, width: int, drop: bool, **rest: Any) -> Layout:
    """The layout of a table whose columns are settled."""
    parts = (columns.labels, columns.predictions, columns.weight, columns.features)
    words = label_words(columns, wanted)
    return Layout(width, *parts, drop, extra=columns.extra_columns, label_words=words, exact=wanted.exact, **rest)


@dataclass(frozen=True)
class Origin:
    """Where the rows of a block stand: their source, and how many of its rows and lines are before them."""

    source: str | None = None  # None: a list
    columns: Columns | None = None
    first_line: int | None = None  # the line of the source's first row, from 1; None: its rows have no lines
    row_groups: tuple[int, ...] = ()  # the first row of each
    files: tuple[tuple[str, int], ...] = ()  # of a block of several files: each, and the lines of the block before it
    rows: int = 0
    lines: int = 0


@dataclass(frozen=True)
class Side:
    """A source of a block that is made of several: its row i is row `rows[i]` of `blocks`, one below the other."""

    blocks: "tuple[Block, ...]"
    rows: Sequence[int] | Ints
    part: str | None = None  # what the block's part is in its source, where it is another

    def location(self, row: int, part: str, column: int | None) -> Location:
        """Where the cell of a row stands in its own source."""
        ends = list(accumulate(block.rows for block in self.blocks))
        at = bisect_right(ends, int(self.rows[row]))
        return self.blocks[at].location(int(self.rows[row]) - (ends[at - 1] if at else 0), self.part or part, column)


@dataclass(frozen=True)
class Block:
    """Rows of a source: labels as columns, predictions (n, k) with contiguous columns, weights (n,), features (n, f).

    The cells of rows that don't count mean nothing. `extra` are columns of text (`Schema.extra`), missing cells as
    they are. `line` gives the line of each row (None: one line a row), `line_breaks` how many lines down each cell of a
    row with line breaks in its cells stands. `sides` are the sources of each part of a block that is made of several.
    """

    rows: int
    lines: int
    labels: tuple[Column, ...]
    preds: Array
    weights: Array | None = None
    features: Array | None = None
    extra: tuple[Categorical, ...] = ()
    keep: Flags | None = None  # None: all rows count
    other_reasons: Mapping[str, int] = field(default_factory=dict)  # rows that don't count, not for a missing cell
    line: Ints | None = None
    line_breaks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    fault: RowError | None = None
    origin: Origin = Origin()  # frozen
    sides: Mapping[str, Side] = field(default_factory=dict)

    @property
    def kept(self) -> Ints:
        """The rows that count."""
        return every_row(self.rows) if self.keep is None else np.flatnonzero(self.keep)

    @property
    def left_out(self) -> dict[str, int]:
        """How many rows are left out, by reason."""
        count = 0 if self.keep is None else self.rows - int(np.count_nonzero(self.keep))
        dropped = count - sum(self.other_reasons.values())
        return {MISSING_CELL.key: dropped, **self.other_reasons}

    @property
    def end(self) -> Origin:
        """Where the row behind the last one stands."""
        return replace(self.origin, rows=self.origin.rows + self.rows, lines=self.origin.lines + self.lines)

    def behind(self, end: Origin | None) -> "Block":
        """The block at its place behind the one before it, whose `end` that is."""
        if end is None or end.source != self.origin.source:
            return self
        return replace(self, origin=replace(self.origin, rows=end.rows, lines=end.lines))

    def location(self, row: int, part: str = "row", column: int | None = None) -> Location:
        """Where a row stands, or its cell in a column of a part ("label", "prob", "weight", "feature", "extra")."""
        side = self.sides.get(part) or self.sides.get("prob")
        if side is not None:
            return side.location(row, part, column)
        origin = self.origin
        number = None if origin.columns is None else origin.columns.of(part, column)
        called = "" if number is None or origin.columns is None else origin.columns.called(number)
        if origin.first_line is not None:
            down = self.line_breaks[row][number] if number is not None and row in self.line_breaks else 0
            line = row if self.line is None else int(self.line[row])
            source, before = origin.source, -origin.lines
            if origin.files:
                source, before = origin.files[bisect_right(origin.files, line, key=itemgetter(1)) - 1]
            return Location(source, origin.first_line + line - before + down, called)
        at = origin.rows + row
        group = f" (row group {bisect_right(origin.row_groups, at)})" if origin.row_groups else ""
        return Location(origin.source, None, ": ".join(filter(None, (f"row {at + 1}{group}", called))))

    def bare(self) -> "Block":
        """The block without its cells: what is needed to say where its rows stand."""
        nothing = np.zeros((0, 0))
        return replace(self, labels=(), preds=nothing, weights=None, features=None, extra=(), keep=None)

    def error(self, fault: RowError) -> DataError:
        """A fault as an error that says where it is."""
        return DataError(f"{fault.where or self.location(fault.row, fault.part, fault.column)}: {fault.what}")


@dataclass(frozen=True)
class Cells:
    """A column's cells, in which rows they are missing (None: in none), and the first row where what is wrong."""

    values: Column
    missing: Flags | None = None
    fault: tuple[int, str] | None = None
    whole_row: bool = False  # the fault is one of the row


def block_of_cells(
    layout: Layout, rows: int, cells: Mapping[int, Cells], extra: tuple[Categorical, ...], origin: Origin, missing: str
) -> Block:
    """The block of so many rows of typed columns: rows with missing cells don't count or, the first, are a fault."""
    keep, faults = np.ones(rows, dtype=bool), []
    for at, part, place in layout.asked:
        one = cells[at]
        if one.fault is not None:
            row, what = one.fault
            faults.append(RowError(row, "row", None, what) if one.whole_row else RowError(row, part, place, what))
        if one.missing is not None and one.missing.any():
            keep &= ~one.missing
            if not layout.drop:
                text = f"the cell is missing ({missing}); --na drop leaves such rows out"
                faults.append(RowError(int(one.missing.argmax()), part, place, text))
    fault = min(faults, key=lambda fault: fault.row, default=None)
    end = rows if fault is None else fault.row
    columns = {at: one.values for at, one in cells.items()}
    keep = keep[:end]
    return block_of_columns(layout, end, columns, extra, keep=None if keep.all() else keep, fault=fault, origin=origin)


def block_of_columns(
    layout: Layout, rows: int, columns: Mapping[int, Column], extra: tuple[Categorical, ...], **rest: Any
) -> Block:
    """The block of the first `rows` rows of columns; one line a row, unless `rest` says how many `lines` there are.

    Where a column holds no numbers and should, none of its rows is before the fault.
    """

    def matrix(part: Sequence[int]) -> Array:
        found = [columns[at] for at in part]
        if len(found) == 1 and isinstance(found[0], np.ndarray):
            return found[0][:rows].reshape(1, rows).T
        values = np.zeros((len(part), rows))
        for at, column in enumerate(found):
            if isinstance(column, np.ndarray):
                values[at] = column[:rows]
        return values.T

    return Block(
        rows=rows,
        labels=tuple(taken(columns[at], slice(rows)) for at in layout.labels),
        preds=matrix(layout.preds),
        weights=None if layout.weight is None else matrix((layout.weight,))[:, 0],
        features=matrix(layout.features) if layout.features else None,
        extra=tuple(words.taken(slice(rows)) for words in extra),
        **{"lines": rows, **rest},
    )


def cut_short(block: Block, fault: RowError) -> Block:
    """The rows before a fault, which ends the block."""
    row, end = slice(fault.row), fault.row
    return replace(
        block,
        rows=end,
        labels=tuple(taken(column, row) for column in block.labels),
        preds=block.preds[row],
        weights=None if block.weights is None else block.weights[row],
        extra=tuple(words.taken(row) for words in block.extra),
        keep=None if block.keep is None else block.keep[row],
        fault=fault,
    )


def placed(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a table, each with the rows and lines before it."""
    end = None
    for block in blocks:
        block = block.behind(end)
        end = block.end
        yield block


def take(block: Block, row: Ints) -> Block:
    """The chosen rows of a block, all of which count, as a block whose rows have no place."""
    return replace(
        block,
        rows=len(row),
        labels=tuple(taken(column, row) for column in block.labels),
        preds=np.asfortranarray(block.preds[row]),
        weights=None if block.weights is None else block.weights[row],
        features=None if block.features is None else block.features[row],
        extra=tuple(words.taken(row) for words in block.extra),
        keep=None,
        line=None,
        line_breaks={},
        sides={},
    )


@dataclass(frozen=True)
class ColumnNames:
    """The columns in use, as a report shows them: names, or numbers from 1, or nothing for lists."""

    label: str | int | list[str | int] | None = None
    prob: str | int | list[str | int] | None = None
    weight: str | int | None = None


def column_names(columns: Columns) -> ColumnNames:
    """The columns in use, for a report."""

    def names(part: tuple[int, ...]) -> str | int | list[str | int] | None:
        found = [columns.name(column) for column in part]
        return found[0] if len(found) == 1 else found or None

    weight = None if columns.weight is None else columns.name(columns.weight)
    return ColumnNames(names(columns.labels), names(columns.preds), weight)


@dataclass(frozen=True)
class Model:
    """A model whose predictions stand in a table: what it is called, and the header's names of its columns."""

    name: str
    columns: tuple[str, ...] | None = None


def models_of(columns: Columns, typed: Sequence[str | None]) -> tuple[Model, ...]:
    """The models of a table, the first too; one with a single column is called by it, others as they were typed."""
    found = []
    for part, text in zip((columns.preds, *columns.models), typed, strict=True):
        names = tuple(columns.names[column] for column in part) if columns.names else None
        found.append(Model(str(columns.name(part[0])) if len(part) == 1 else text or "", names))
    names = distinct(model.name for model in found)
    return tuple(replace(model, name=name) for model, name in zip(found, names, strict=True))


def extra_names(columns: Columns) -> dict[str, tuple[tuple[str, int], ...]]:
    """The extra columns by what they are for: the name of each, and its place in a block."""
    places = {column: at for at, column in enumerate(columns.extra_columns)}
    return {
        purpose: tuple((str(columns.name(column)), places[column]) for column in part)
        for purpose, part in columns.extra.items()
    }


Chunk = Callable[[], Block]


@dataclass(frozen=True)
class SmallFiles:
    """How small files that begin as another one are read, many in a block: the rows of each, and the block of these."""

    rows: Callable[[str], bytes | None]  # None: the file is to be read by itself
    block: Callable[[Sequence[tuple[str, bytes]]], Block]


@dataclass(frozen=True)
class Cluster:
    """Where a table is to be evaluated: the address, and each file by its name here and by what workers are to open."""

    address: str
    files: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Schema:
    """What a table's columns are, as far as it is known before its rows are read."""

    form: Form
    columns: ColumnNames = ColumnNames()
    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] = ()  # of all features; those of words are extra columns
    width: int = 1  # prediction columns of a model
    label_width: int = 0
    left_over: bool = False  # the classes are the columns that were left, whatever they are called
    models: tuple[Model, ...] = ()  # whose predictions stand side by side in a block, `width` columns each
    extra: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)  # name, and which of a block's
    float_bits: int = 64  # of the predictions, where a file has them as floats of fewer
    types: tuple[tuple[str, str], ...] = ()  # the prediction columns of a file whose columns have types, and these
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def schema_of(columns: Columns, wanted: ColumnSelection) -> Schema:
    """The schema of a table whose columns are settled."""
    return Schema(
        form=columns.form,
        columns=column_names(columns),
        classes=columns.class_names,
        feature_names=tuple(str(columns.name(at)) for at in columns.typed_features),
        width=len(columns.preds),
        label_width=len(columns.labels),
        notes=aside_notes(columns),
        warnings=(*scale_warnings(columns, wanted.scale), *aside_warnings(columns)),
        left_over=columns.left_over,
        extra=extra_names(columns),
        models=models_of(columns, (wanted.prob, *wanted.models)),
    )


class Reader:
    """What reads the rows of a table, once; a chunk is called for its block, in any thread."""

    size: int | None = None  # of what `position` is a part

    def chunks(self) -> Iterator[Chunk]:
        """The rows, in order."""
        raise NotImplementedError

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        """Ranges, in order, that can be read each by itself: about `count`, or none where that can't be or doesn't pay.

        What they count is the reader's: bytes, row groups, files.
        """
        return ()

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        """The rows of a range."""
        raise NotImplementedError

    def position(self) -> int:
        """How far reading has come."""
        return 0

    def close(self) -> None:
        """Close what is open."""


@dataclass(frozen=True)
class RangeReader(Reader):
    """Reads a range alone of what another reader reads."""

    inner: Reader
    low: int
    high: int

    def chunks(self) -> Iterator[Chunk]:
        return self.inner.read(self.low, self.high)

    def close(self) -> None:
        self.inner.close()


@dataclass(frozen=True)
class HeldBlocks(Reader):
    """Blocks in memory, which can be read as often as wanted."""

    blocks: Sequence[Block]

    def chunks(self) -> Iterator[Chunk]:
        return (partial(_itself, block) for block in self.blocks)


def _itself(block: Block) -> Block:
    return block


@dataclass(frozen=True)
class Table:
    """A source opened and understood: its schema, and what reads its rows."""

    name: str
    schema: Schema
    reader: Reader
    sources: tuple[str, ...] = ()  # the paths that are read
    streamed: bool = True  # and not lists
    threads: int = 1  # that take its chunks at once
    cluster: Cluster | None = None
    small_files: SmallFiles | None = None

    def chunks(self) -> Iterator[Chunk]:
        """The rows, in order, once."""
        return self.reader.chunks()

    def close(self) -> None:
        """Close what is open."""
        self.reader.close()

    def part(self, low: int, high: int) -> "Table":
        """The table of the rows in a range."""
        return replace(self, reader=RangeReader(self.reader, low, high), threads=1)


@dataclass(frozen=True)
class OpenSource:
    """A source whose first lines have been read; `table` makes the table of it once it is known what is wanted.

    `named` says whether the first record names the columns, None where that is to be found.
    """

    name: str
    top: FirstLines
    named: bool | None
    table: Callable[[ColumnSelection], Table]
    close: Callable[[], None]


@lru_cache(maxsize=4)
def every_row(rows: int) -> Ints:
    """The numbers of all rows of a block, for reading alone: blocks of as many rows share them."""
    numbers = np.arange(rows)
    numbers.setflags(write=False)
    return numbers


def taken(column: Column, row: Ints | slice) -> Column:
    """The chosen rows of a column."""
    return column[row] if isinstance(column, np.ndarray) else column.taken(row)


def stacked(columns: Sequence[Column]) -> Column:
    """Columns one below the other; numbers beside words become words."""
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if len(arrays) == len(columns):
        return np.concatenate(arrays) if arrays else np.zeros(0)
    words = [column if isinstance(column, Categorical) else as_words(texts(column)) for column in columns]
    as_bytes = _stacked_texts(words)
    return _stacked_words(words) if as_bytes is None else as_bytes


def _stacked_texts(columns: Sequence[Categorical]) -> Categorical | None:
    """Columns one below the other whose cells stay bytes; None where those of none are, or those of one can't be."""
    if not any(isinstance(words.categories, ByteStrings) for words in columns):
        return None
    parts = [texts_of(words.categories) for words in columns]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    before = np.cumsum([0, *map(len, found)])
    codes = [words.codes + start for words, start in zip(columns, before[:-1], strict=True)]
    return Categorical(np.concatenate(codes), one_below_the_other(found))


def _stacked_words(columns: Sequence[Categorical]) -> Categorical:
    places: dict[str, int] = {}
    codes = []
    for words in columns:
        own = [places.setdefault(word, len(places)) for word in words.categories]
        codes.append(np.array(own, dtype=np.intp)[words.codes])
    return Categorical(np.concatenate(codes), tuple(places))


def as_column(cells: list[str]) -> Column:
    """Cells as numbers when all of them are, else as words."""
    values = numbers(cells)
    return as_words(cells) if values is None else values


def as_labels(cells: list[str]) -> Column:
    """Labels as numbers when all of them are, and small enough to be exact; else as words."""
    values = numbers(cells)
    return as_words(cells) if values is None or (np.abs(values) >= EXACT).any() else values


def as_words(cells: list[str]) -> Categorical:
    """Cells as words, whatever they are."""
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(cell, len(places)) for cell in cells], dtype=np.intp)
    return Categorical(codes, tuple(places))


def texts(column: Column) -> list[str]:
    """The cells of a column, one spelling for one label."""
    if isinstance(column, Categorical):
        categories = [canonical(word) for word in column.categories]
        return [categories[code] for code in column.codes.tolist()]
    known: dict[float, str] = {}
    return [known.get(value) or known.setdefault(value, canonical(value)) for value in column.tolist()]
