"""Blocks: some rows of a source as arrays.

Every array of a block has all of its rows; `keep` says which of them count. A fault ends a block: the block has the
rows before it, so that the first error of the source is the one that is reported.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.data.categorical import Categorical, Column, take_cells
from losscli.data.cells import DASHES, is_missing_number
from losscli.data.classnames import CLOSING, SEPARATORS, cut_names
from losscli.data.columns import LABEL_NAMES, Columns, ColumnSelection
from losscli.data.reasons import MISSING_CELL
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError
from losscli.records import record


@record
class Layout:
    """The columns of a table that are in use, and how their cells are read."""

    width: int
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None = None
    features: tuple[int, ...] = ()
    drop: bool = False
    hint: str = ""  # after the refusal of a row of another width
    extra: tuple[int, ...] = ()  # columns that are read as text, whatever is in them
    delimiter: str = ","
    label_words: frozenset[str] = frozenset()  # labels, by the user or a class column, that elsewhere are no value
    comma: bool = False  # is the decimal mark
    exact: bool = False  # a cell that is 0 or 1 only by rounding to a float is refused

    def is_missing(self, text: str, part: str) -> bool:
        """Whether a stripped cell of a part stands for no value."""
        return is_missing_number(text) and (part != "label" or text not in self.label_words)

    @property
    def cells(self) -> tuple[tuple[int, str, int], ...]:
        """Column, part, and place within the part of each label and number of a row, from left to right."""
        parts = (("label", self.labels), ("prob", self.preds), ("feature", self.features))
        cells = [(column, part, at) for part, columns in parts for at, column in enumerate(columns)]
        return tuple(sorted(cells + ([(self.weight, "weight", 0)] if self.weight is not None else [])))


def layout_of(columns: Columns, wanted: ColumnSelection, width: int, drop: bool, **rest: Any) -> Layout:
    """The layout of a table whose columns are settled."""
    parts = (columns.labels, columns.predictions, columns.weight, columns.features)
    words = label_words(columns, wanted)
    return Layout(width, *parts, drop, extra=columns.extra_columns, label_words=words, exact=wanted.exact, **rest)


def label_words(columns: Columns, wanted: ColumnSelection) -> frozenset[str]:
    """The labels that would stand for no value if the user, or the name of a class column, didn't say otherwise.

    `-` is a label if `+` is one, and a class if nothing names the classes.
    """
    preds = [columns.names[at] for at in columns.preds] if columns.names else []
    classes = columns.form is Form.CATEGORICAL or len(wanted.counterparts) > 1
    names = (preds or wanted.counterparts) if classes else ()
    cut = {part for name in names for part in (name, *re.split(f"[{re.escape(SEPARATORS + CLOSING)}]", name))}
    if len(names) > 1:
        cut.update(part for parts in cut_names(names) for part in parts)
    texts = {text.strip() for text in (*wanted.named_labels, *cut)} - {""}
    unknown = columns.form is Form.CATEGORICAL and len(columns.labels) == 1 and not texts
    return frozenset(filter(is_missing_number, texts | (DASHES if unknown or "+" in texts else set())))


@record
class Origin:
    """Where the rows of a block stand: their source, and how many of its rows and lines are before them."""

    source: str | None = None  # None: a list
    columns: Columns | None = None
    first_line: int | None = None  # the line of the source's first row, from 1; None: its rows have no lines
    row_groups: tuple[int, ...] = ()  # the first row of each
    files: tuple[tuple[str, int], ...] = ()  # of a block of several files: each, and the lines of the block before it
    rows: int = 0
    lines: int = 0


class Side(NamedTuple):
    """A source of a block that is made of several: its row i is row `rows[i]` of `blocks`, one below the other."""

    blocks: "tuple[Block, ...]"
    rows: Sequence[int] | Ints
    part: str | None = None  # what the block's part is in its source, where it is another

    def location(self, row: int, part: str, column: int | None) -> Location:
        """Where the cell of a row stands in its own source."""
        ends = list(accumulate(block.rows for block in self.blocks))
        at = bisect_right(ends, int(self.rows[row]))
        return self.blocks[at].location(int(self.rows[row]) - (ends[at - 1] if at else 0), self.part or part, column)


@record
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
        """The origin of the row after the last one."""
        return self.end_after(None)

    def end_after(self, end: Origin | None) -> Origin:
        """The end of the block at its place after the one before it, whose `end` is given."""
        before = self.origin if end is None or end.source != self.origin.source else end
        return replace(self.origin, rows=before.rows + self.rows, lines=before.lines + self.lines)

    def after(self, end: Origin | None) -> "Block":
        """The block after one that ends at `end`, if both are of one source."""
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
        """The error for a fault, with its place, and a hint at --header if the first line may be a header."""
        where = fault.where or self.location(fault.row, fault.part, fault.column)
        word = fault.what.removeprefix("label '").partition("' ")[0].casefold()
        nameless = fault.part == "label" and where.line == 1 and "'" not in where.rest
        hint = "; if this line names the columns, give --header" if nameless and word in LABEL_NAMES else ""
        return DataError(f"{where}: {fault.what}{hint}")


class Cells(NamedTuple):
    """The cells of a column, where they are missing (None: nowhere), and the row and the text of the first fault."""

    values: Column
    missing: Flags | None = None
    fault: tuple[int, str] | None = None
    whole_row: bool = False  # the fault is one of the row


def block_of_cells(
    layout: Layout, rows: int, cells: Mapping[int, Cells], extra: tuple[Categorical, ...], origin: Origin, missing: str
) -> Block:
    """The block of columns with types. A row with a missing cell is a fault, or with --na drop doesn't count."""
    keep: Flags | None = None
    faults = []
    for at, part, place in layout.cells:
        one = cells[at]
        if one.fault is not None:
            row, what = one.fault
            faults.append(RowError(row, "row", None, what) if one.whole_row else RowError(row, part, place, what))
        if one.missing is not None and one.missing.any():
            keep = ~one.missing if keep is None else keep & ~one.missing
            if not layout.drop:
                text = f"the cell is missing ({missing}); --na drop leaves such rows out"
                faults.append(RowError(int(one.missing.argmax()), part, place, text))
    fault = min(faults, key=lambda fault: fault.row, default=None)
    end = rows if fault is None else fault.row
    columns = {at: one.values for at, one in cells.items()}
    keep = None if keep is None or keep[:end].all() else keep[:end]
    return block_of_columns(layout, end, columns, extra, keep=keep, fault=fault, origin=origin)


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
        labels=tuple(take_cells(columns[at], slice(rows)) for at in layout.labels),
        preds=matrix(layout.preds),
        weights=None if layout.weight is None else matrix((layout.weight,))[:, 0],
        features=matrix(layout.features) if layout.features else None,
        extra=tuple(words.take(slice(rows)) for words in extra),
        **{"lines": rows, **rest},
    )


def cut_short(block: Block, fault: RowError) -> Block:
    """The rows before a fault, which ends the block."""
    row = slice(fault.row)
    keep = None if block.keep is None else block.keep[row]
    return replace(_cells_of(block, row, fault.row), keep=keep, fault=fault)


def placed(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a table, each with the rows and lines before it."""
    end = None
    for block in blocks:
        block = block.after(end)
        end = block.end
        yield block


def take(block: Block, row: Ints) -> Block:
    """The chosen rows of a block as a block in which all rows count and no row knows its place in the source."""
    cells = _cells_of(block, row, len(row))
    return replace(cells, preds=np.asfortranarray(cells.preds), keep=None, line=None, line_breaks={}, sides={})


def _cells_of(block: Block, row: Ints | slice, count: int) -> Block:
    """The block with the cells of so many chosen rows alone."""
    return replace(
        block,
        rows=count,
        labels=tuple(take_cells(column, row) for column in block.labels),
        preds=block.preds[row],
        weights=None if block.weights is None else block.weights[row],
        features=None if block.features is None else block.features[row],
        extra=tuple(words.take(row) for words in block.extra),
    )


@lru_cache(maxsize=4)
def every_row(rows: int) -> Ints:
    """The numbers of all rows of a block, read-only: blocks of equal size share them."""
    numbers = np.arange(rows)
    numbers.setflags(write=False)
    return numbers
