"""Labels, predictions and weights that come from different sources, put side by side row by row. Memory stays flat.

Rows are matched by their number; a row that one side drops is dropped from all. When a side ends before another, that
is an error with both counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import (
    Array,
    Block,
    Categorical,
    Chunk,
    ColumnNames,
    Table,
    by_row,
    located,
    taken,
    whereabouts,
)
from losscli.data.cells import ByteStrings, is_missing, number
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError, shown

SHARED = "shared "  # the purpose of a column that both tables have, with its number


def side_by_side(sides: Mapping[str, Table], form: Form) -> Table:
    """The table whose "label", "prob" and "weight" columns are those of the sides of these names."""

    def shown(side: str) -> Any:
        columns = sides[side].columns if side in sides else ColumnNames()
        return columns.label if side == "label" else columns.prob

    preds = sides["prob"]
    weight = shown("weight") or next((side.columns.weight for side in sides.values() if side.columns.weight), None)
    columns = ColumnNames(shown("label"), shown("prob"), weight)
    return Table(
        form,
        _chunks(sides),
        by_row,
        columns,
        preds.classes,
        width=preds.width,
        label_width=sides["label"].label_width if "label" in sides else 0,
        name=preds.name,
        streamed=any(side.streamed for side in sides.values()),
        close=partial(_close, tuple(sides.values())),
        warnings=tuple(warning for side in sides.values() for warning in side.warnings),
        sources=tuple(source for side in sides.values() for source in side.sources),
        left_over=preds.left_over,
        carried=_carried(sides),
        models=preds.models,
    )


def _carried(sides: Mapping[str, Table]) -> dict[str, tuple[tuple[str, int], ...]]:
    """The carried columns of all sides by what they are for; a block has those of one side behind another's."""
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    before = 0
    for side in sides.values():
        for purpose, columns in side.carried.items():
            found[purpose] = (*found.get(purpose, ()), *((name, at + before) for name, at in columns))
        before += len({at for columns in side.carried.values() for _, at in columns})
    return found


def _close(sides: tuple[Table, ...]) -> None:
    for side in sides:
        side.close()


class _Side:
    """One source: its block at hand and what came before that block."""

    def __init__(self, table: Table) -> None:
        self.table, self.chunks = table, iter(table.chunks)
        self.block: Block | None = None
        self.rows = self.lines = self.at = 0

    def next(self) -> bool:
        """Have a row at hand; False at the end. A fault is raised when its row is the next."""
        while self.block is None or self.at == self.block.rows:
            if self.block is not None:
                if self.block.fault:
                    raise located(self.table, self.block.fault, self.block, self.rows, self.lines)
                self.rows, self.lines, self.at = self.rows + self.block.rows, self.lines + self.block.lines, 0
            chunk = next(self.chunks, None)
            self.block = chunk() if chunk else None
            if self.block is None:
                return False
        return True

    def left(self) -> int:
        """Rows at hand."""
        return self.block.rows - self.at if self.block else 0

    def all_rows(self) -> int:
        """How many rows the source has, reading on to its end."""
        while self.next():
            self.at = self.block.rows if self.block else 0
        return self.rows


@dataclass(frozen=True)
class _Piece:
    """Some rows of one side: the block, where the rows begin in it, and what came before the block."""

    table: Table
    block: Block
    start: int
    rows: int
    lines: int

    def place(self, fault: RowError) -> Location:
        return whereabouts(self.table, replace(fault, row=fault.row + self.start), self.block, self.rows, self.lines)


def _chunks(parts: Mapping[str, Table]) -> Iterator[Chunk]:
    sides = {name: _Side(part) for name, part in parts.items()}
    shared = _shared(parts)
    while True:
        more = [side.next() for side in sides.values()]
        if not all(more):
            break
        count = min(side.left() for side in sides.values())
        pieces = {
            name: _Piece(side.table, side.block, side.at, side.rows, side.lines)
            for name, side in sides.items()
            if side.block
        }
        for side in sides.values():
            side.at += count
        yield partial(_joined, pieces, count, shared)
    if any(more):
        counts = ", ".join(f"{side.table.name} {side.all_rows()}" for side in sides.values())
        hint = "".join(f"; {key_hint(name)}" for name, _, _ in shared[:1])
        yield partial(_raised, DataError(f"the numbers of rows differ: {counts}{hint}"))


def _raised(error: DataError) -> Block:
    """What is wrong behind the rows, told in its turn."""
    raise error


def key_hint(name: str) -> str:
    """What to do where rows don't line up and the tables share a column."""
    return f"--key {name} matches rows by it"


Shared = tuple[tuple[str, int, int], ...]  # columns that both tables have: name, and place in the blocks of each


def _shared(parts: Mapping[str, Table]) -> Shared:
    if not {"label", "prob"} <= set(parts):
        return ()
    left, right = parts["label"].carried, parts["prob"].carried
    return tuple((*left[purpose][0], right[purpose][0][1]) for purpose in left if purpose.startswith(SHARED))


def _differing(words: Categorical, others: Categorical) -> int | None:
    """The first row whose cells differ; cells that are one number are the same, and so are missing ones."""
    if _same_bytes(words, others):
        return None
    left, right = (list(map(list(side.categories).__getitem__, side.codes.tolist())) for side in (words, others))
    if left == right:
        return None
    return next((at for at, cells in enumerate(zip(left, right, strict=True)) if not _same(*cells)), None)


def _same_bytes(words: Categorical, others: Categorical) -> bool:
    """Whether both columns are held as bytes, and these are the same row by row."""
    mine, theirs = words.categories, others.categories
    if not (isinstance(mine, ByteStrings) and isinstance(theirs, ByteStrings)):
        return False
    return np.array_equal(mine.words.take(words.codes, axis=0), theirs.words.take(others.codes, axis=0))


def _same(cell: str, other: str) -> bool:
    if cell == other or (is_missing(cell) and is_missing(other)):
        return True
    value = number(cell)
    return value is not None and value == number(other)


def _conflict(pieces: Mapping[str, _Piece], at: Mapping[str, NDArray[np.intp]], shared: Shared) -> RowError | None:
    """The first row, among those that are joined, in which the tables differ in a column that both have."""
    found = []
    for place, (name, left, right) in enumerate(shared):
        words = pieces["label"].block.carried[left].taken(at["label"])
        others = pieces["prob"].block.carried[right].taken(at["prob"])
        row = _differing(words, others)
        if row is not None:
            cells = " and ".join(shown(side.categories[side.codes[row]]) for side in (words, others))
            found.append(RowError(row, SHARED, place, f"{cells}; {key_hint(name)}"))
    return min(found, key=lambda fault: fault.row, default=None)


def _joined(pieces: Mapping[str, _Piece], count: int, shared: Shared) -> Block:
    kept = {name: _kept(piece, count) for name, piece in pieces.items()}
    row = reduce(partial(np.intersect1d, assume_unique=True), kept.values())
    at = {name: np.searchsorted(piece.block.row, row + piece.start) for name, piece in pieces.items()}
    fault = _conflict(pieces, at, shared) if shared else None
    if fault is not None:
        at = {name: rows[: fault.row] for name, rows in at.items()}
        row, fault = row[: fault.row], replace(fault, row=int(row[fault.row]))
    labels = pieces["label"].block.labels if "label" in pieces else ()
    return Block(
        rows=count if fault is None else fault.row,
        lines=count,
        labels=tuple(taken(column, at["label"]) for column in labels),
        preds=np.asfortranarray(pieces["prob"].block.preds[at["prob"]]),
        weights=_weights(pieces, at),
        carried=tuple(words.taken(at[name]) for name, piece in pieces.items() for words in piece.block.carried),
        row=row,
        fault=fault,
        where=partial(_where, pieces, shared),
    )


def _weights(pieces: Mapping[str, _Piece], at: Mapping[str, NDArray[np.intp]]) -> Array | None:
    """Sample weights: a source of their own, or a column of one of the tables."""
    if "weight" in pieces:
        weights: Array = pieces["weight"].block.preds[at["weight"], 0]
        return weights
    found = ((name, piece.block.weights) for name, piece in pieces.items())
    return next((weights[at[name]] for name, weights in found if weights is not None), None)


def _kept(piece: _Piece, count: int) -> NDArray[np.intp]:
    row = piece.block.row - piece.start
    return row[(row >= 0) & (row < count)]


def _where(pieces: Mapping[str, _Piece], shared: Shared, fault: RowError) -> Location:
    if fault.part == SHARED:
        left, right = (pieces[name].place(replace(fault, part="row", column=None)) for name in ("label", "prob"))
        return Location(None, None, f"{left} and {right} differ in {shown(shared[fault.column or 0][0])}")
    if fault.part == "weight" and "weight" in pieces:
        return pieces["weight"].place(replace(fault, part="prob"))
    if fault.part == "weight":
        return next(piece for piece in pieces.values() if piece.block.weights is not None).place(fault)
    return pieces.get(fault.part, pieces["prob"]).place(fault)
