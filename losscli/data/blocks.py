"""A block: some rows of a source as arrays. Everything that is read becomes blocks; the rule: a block knows no file.

Rows and lines are counted within the block; whoever takes blocks in order adds what came before (`Table.place`).
A fault ends a block: the rows before it are there, so that what is wrong first in the source is reported first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.data.cells import ByteStrings, Categories, canonical, numbers, one_below_the_other, texts_of
from losscli.data.columns import Columns, ColumnSelection, FirstLines
from losscli.data.reasons import MISSING_CELL
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class Categorical:
    """A column of text as codes (n,) into a vocabulary; a word may stand in it twice."""

    codes: NDArray[np.intp]
    categories: Categories

    def __len__(self) -> int:
        return len(self.codes)

    def taken(self, row: NDArray[np.intp]) -> "Categorical":
        """The chosen rows."""
        return replace(self, codes=self.codes[row])


Column = Array | Categorical


@dataclass(frozen=True)
class Block:
    """Rows of a source: labels as columns, predictions (n, k) with contiguous columns, weights (n,), features (n, f).

    `carried` are columns of text that go along for whoever asked for them (`Table.carried`), missing cells as they are.
    `row` (n,) numbers the rows that are left among the `rows` of the block; `line` gives the line of each of the `rows`
    (None: one line a row), `tall` how many lines down each cell of a row with line breaks in its cells stands.
    """

    rows: int
    lines: int
    labels: tuple[Column, ...]
    preds: Array
    weights: Array | None = None
    features: Array | None = None
    carried: tuple[Categorical, ...] = ()
    whole: tuple[Categorical, ...] = ()  # the carried columns of all of the `rows`, where some of these are dropped
    other_reasons: Mapping[str, int] = field(default_factory=dict)  # rows left out, not for a missing cell
    row: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    line: NDArray[np.intp] | None = None
    tall: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    fault: RowError | None = None
    where: Callable[[RowError], Location] | None = None  # known by rows put together from several sources

    @property
    def left_out(self) -> dict[str, int]:
        """How many rows are left out, by reason."""
        dropped = self.rows - len(self.row) - sum(self.other_reasons.values())
        return {MISSING_CELL.key: dropped, **self.other_reasons}


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
    return tuple(found)


def carried_names(columns: Columns) -> dict[str, tuple[tuple[str, int], ...]]:
    """The carried columns by what they are for: the name of each, and its place in a block."""
    places = {column: at for at, column in enumerate(columns.travelling)}
    return {
        purpose: tuple((str(columns.name(column)), places[column]) for column in part)
        for purpose, part in columns.carried.items()
    }


Chunk = Callable[[], Block]
Placing = Callable[[RowError, Block, int, int], Location]  # of a fault, by the rows and lines before its block


@dataclass(frozen=True)
class Cluster:
    """Where a table is to be evaluated: the address, and each file by its name here and by what workers are to open."""

    address: str
    files: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Table:
    """A source opened and understood, its blocks still to be read: a chunk is called for its block, in any thread."""

    form: Form
    chunks: Iterable[Chunk]
    place: Placing
    columns: ColumnNames = ColumnNames()
    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] = ()
    width: int = 1
    label_width: int = 0
    name: str = ""
    sources: tuple[str, ...] = ()  # the paths that are read
    size: int | None = None
    position: Callable[[], int] = lambda: 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    streamed: bool = True
    left_over: bool = False  # the classes are the columns that were left, whatever they are called
    close: Callable[[], None] = lambda: None
    threads: int = 1  # that take its chunks at once
    models: tuple[Model, ...] = ()  # whose predictions stand side by side in a block, `width` columns each
    carried: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)  # name, and which of a block's
    parts: "Callable[[int], Sequence[Table] | None]" = lambda count: None  # the table as tables of its rows in order
    kinds: tuple[tuple[str, str], ...] = ()  # the prediction columns of a file whose columns have types, and these
    cuts: Callable[[], Sequence[tuple[int, int]]] = lambda: ()  # ranges of its bytes or row groups, for a cluster
    piece: "Callable[[int, int], Table] | None" = None  # the table of the rows in such a range
    cluster: Cluster | None = None


def by_row(fault: RowError, block: Block, rows: int, lines: int) -> Location:
    """Where a fault is in rows that have nothing but their numbers, or whose blocks know more themselves."""
    return Location(None, None, f"row {rows + fault.row + 1}")


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


def located(table: Table, fault: RowError, block: Block, rows: int, lines: int) -> DataError:
    """The fault as an error that says where, `rows` and `lines` being those of the source before the block."""
    return DataError(f"{whereabouts(table, fault, block, rows, lines)}: {fault.what}")


def whereabouts(table: Table, fault: RowError, block: Block, rows: int, lines: int) -> Location:
    """Where a fault is."""
    return block.where(fault) if block.where else table.place(fault, block, rows, lines)


@lru_cache(maxsize=4)
def every_row(rows: int) -> NDArray[np.intp]:
    """The numbers of all rows of a block, for reading alone: blocks of as many rows share them."""
    numbers = np.arange(rows)
    numbers.setflags(write=False)
    return numbers


def taken(column: Column, row: NDArray[np.intp]) -> Column:
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
