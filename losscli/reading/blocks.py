"""A block: some rows of a source as arrays. Everything that is read becomes blocks; the rule: a block knows no file.

Rows and lines are counted within the block; whoever takes blocks in order adds what came before (`Table.place`).
A fault ends a block: the rows before it are there, so that what is wrong first in the source is reported first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Fault, shown
from losscli.kinds import Form
from losscli.reading.columns import Columns
from losscli.reading.numbers import canonical, has_decimal_comma, is_missing, number, numbers

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Words:
    """A column of text as codes (n,) into a vocabulary of distinct cells."""

    codes: NDArray[np.intp]
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)


Column = Array | Words


@dataclass(frozen=True)
class Block:
    """Rows of a source: labels as columns, predictions (n, k) with contiguous columns, weights (n,), features (n, f).

    `row` (n,) numbers the rows that are left among the `rows` of the block; `line` gives the line of each of the `rows`
    (None: one line a row), `tall` how many lines down each cell of a row with line breaks in its cells stands.
    """

    rows: int
    lines: int
    labels: tuple[Column, ...]
    preds: Array
    weights: Array | None = None
    features: Array | None = None
    row: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    line: NDArray[np.intp] | None = None
    tall: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    fault: Fault | None = None
    where: Callable[[Fault], str] | None = None  # rows put together from several sources know their places themselves


@dataclass(frozen=True)
class Layout:
    """Which cells of a row are asked for, and what to do with a row in which one is missing."""

    width: int
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None = None
    features: tuple[int, ...] = ()
    drop: bool = False
    hint: str = ""

    @property
    def asked(self) -> tuple[tuple[int, str, int], ...]:
        """Column, part and place within the part of each asked cell, from left to right."""
        parts = (("label", self.labels), ("prob", self.preds), ("feature", self.features))
        cells = [(column, part, at) for part, columns in parts for at, column in enumerate(columns)]
        return tuple(sorted(cells + ([(self.weight, "weight", 0)] if self.weight is not None else [])))


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


Chunk = Callable[[], Block]


@dataclass(frozen=True)
class Table:
    """A source opened and understood, its blocks still to be read: a chunk is called for its block, in any thread."""

    form: Form
    chunks: Iterable[Chunk]
    place: Callable[[Fault, Block, int, int], str]
    columns: ColumnNames = ColumnNames()
    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] = ()
    width: int = 1
    label_width: int = 0
    name: str = ""
    size: int | None = None
    position: Callable[[], int] = lambda: 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    streamed: bool = True
    close: Callable[[], None] = lambda: None
    parts: "Callable[[int], Sequence[Table] | None]" = lambda count: None  # the table as tables of its rows in order


def located(table: Table, fault: Fault, block: Block, rows: int, lines: int) -> DataError:
    """The fault as an error that says where, `rows` and `lines` being those of the source before the block."""
    return DataError(f"{whereabouts(table, fault, block, rows, lines)}: {fault.what}")


def whereabouts(table: Table, fault: Fault, block: Block, rows: int, lines: int) -> str:
    """Where a fault is, in a user's words: `preds.csv:4: column 'prob'`, or `row 4` of a list."""
    return block.where(fault) if block.where else table.place(fault, block, rows, lines)


def taken(column: Column, row: NDArray[np.intp]) -> Column:
    """The chosen rows of a column."""
    return column[row] if isinstance(column, np.ndarray) else replace(column, codes=column.codes[row])


def as_column(cells: list[str]) -> Column:
    """Cells as numbers when all of them are, else as words."""
    values = numbers(cells)
    if values is not None:
        return values
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(cell, len(places)) for cell in cells], dtype=np.intp)
    return Words(codes, tuple(places))


def texts(column: Column) -> list[str]:
    """The cells of a column, one spelling for one label."""
    if isinstance(column, Words):
        vocabulary = [canonical(word) for word in column.vocabulary]
        return [vocabulary[code] for code in column.codes.tolist()]
    known: dict[float, str] = {}
    return [known.get(value) or known.setdefault(value, canonical(value)) for value in column.tolist()]


def careful(records: list[list[str]], line: list[int] | None, lines: int, layout: Layout) -> Block:
    """The block of parsed records; the careful way, which also finds and names what is wrong.

    `line` gives each record's line, counted from 0 (None: one line a record), `lines` how many they are in all.
    """
    tall = _tall(records) if line is not None else {}
    places = None if line is None else np.array(line, dtype=np.intp)
    cells, row, fault = _sound(records, layout)
    done = len(records) if fault is None else fault.row
    column = {at: [record[at].strip() for record in cells] for at, _, _ in layout.asked}
    return Block(
        rows=done,
        lines=lines,
        labels=tuple(as_column(column[at]) for at in layout.labels),
        preds=matrix([column[at] for at in layout.preds], len(cells)),
        weights=None if layout.weight is None else matrix([column[layout.weight]], len(cells))[:, 0],
        features=matrix([column[at] for at in layout.features], len(cells)) if layout.features else None,
        row=row,
        line=places,
        tall=tall,
        fault=fault,
    )


def matrix(columns: list[list[str]], rows: int) -> Array:
    """Columns of number cells as (n, k), each column contiguous."""
    values = np.empty((len(columns), rows))
    for at, cells in enumerate(columns):
        values[at] = list(map(float, cells))
    return values.T


def _sound(records: list[list[str]], layout: Layout) -> tuple[list[list[str]], NDArray[np.intp], Fault | None]:
    """The records to be used, which they are, and the first fault; those behind a fault are left out."""
    if _all_sound(records, layout):
        return records, np.arange(len(records)), None
    kept: list[int] = []
    fault = None
    for at, record in enumerate(records):
        fault = _fault(record, at, layout)
        if fault is not None and fault.what == _DROP:
            fault = None
        elif fault is not None:
            break
        else:
            kept.append(at)
    return [records[at] for at in kept], np.array(kept, dtype=np.intp), fault


_DROP = "drop"
NOT_UTF8 = "these bytes are not UTF-8; name the encoding with --encoding"


def _all_sound(records: list[list[str]], layout: Layout) -> bool:
    if any(len(record) != layout.width for record in records):
        return False
    for column, part, _ in layout.asked:
        cells = [record[column].strip() for record in records]
        if part == "label":
            distinct = set(cells)
            if any(map(is_missing, distinct)) or not is_text("".join(distinct)):
                return False
        elif numbers(cells) is None:
            return False
    return True


def _fault(record: list[str], at: int, layout: Layout) -> Fault | None:
    if len(record) != layout.width:
        found = "1 cell" if len(record) == 1 else f"{len(record)} cells"
        return Fault(at, "row", None, f"{found} where {layout.width} are wanted{layout.hint}")
    asked = layout.asked
    missing = [(part, place) for column, part, place in asked if is_missing(record[column].strip())]
    if missing and layout.drop:
        return Fault(at, "row", None, _DROP)
    for column, part, place in asked:
        cell = record[column].strip()
        if not is_text(cell):
            return Fault(at, part, place, NOT_UTF8)
        if (part, place) in missing:
            return Fault(at, part, place, f"the cell is missing ({cell or 'empty'}); --na drop leaves such rows out")
        if part != "label" and number(cell) is None:
            return Fault(at, part, place, not_a_number(cell))
    return None


def is_text(cell: str) -> bool:
    """Whether all bytes of a cell were UTF-8."""
    return cell.isascii() or not any("\udc80" <= char <= "\udcff" for char in cell)


def not_a_number(cell: str) -> str:
    """What is said of a cell that should be a number."""
    hint = "; write the decimal comma as a point" if has_decimal_comma(cell) else ""
    return f"{shown(cell)} is not a number{hint}"


def _tall(records: list[list[str]]) -> dict[int, tuple[int, ...]]:
    found = {}
    for at, record in enumerate(records):
        breaks = [cell.count("\n") for cell in record]
        if any(breaks):
            found[at] = tuple(sum(breaks[:column]) for column in range(len(breaks)))
    return found
