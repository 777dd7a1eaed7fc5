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

from losscli.enums import Form
from losscli.errors import DataError, Fault
from losscli.reading.blocks import Block, Chunk, ColumnNames, Table, located, taken, whereabouts


def side_by_side(sides: Mapping[str, Table], form: Form) -> Table:
    """The table whose "label", "prob" and "weight" columns are those of the sides of these names."""

    def shown(side: str) -> Any:
        columns = sides[side].columns if side in sides else ColumnNames()
        return columns.label if side == "label" else columns.prob

    preds = sides["prob"]
    columns = ColumnNames(shown("label"), shown("prob"), shown("weight"))
    return Table(
        form,
        _chunks(sides),
        _nowhere,
        columns,
        preds.classes,
        width=preds.width,
        label_width=sides["label"].label_width if "label" in sides else 0,
        name=preds.name,
        sources=tuple(name for side in sides.values() for name in side.sources),
        streamed=any(side.streamed for side in sides.values()),
        close=partial(_close, tuple(sides.values())),
        warnings=preds.warnings,
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


def _nowhere(fault: Fault, block: Block, rows: int, lines: int) -> str:
    return f"row {rows + fault.row + 1}"  # not reached: the blocks below know their places


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

    def place(self, fault: Fault) -> str:
        return whereabouts(self.table, replace(fault, row=fault.row + self.start), self.block, self.rows, self.lines)


def _chunks(parts: Mapping[str, Table]) -> Iterator[Chunk]:
    sides = {name: _Side(part) for name, part in parts.items()}
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
        yield partial(_joined, pieces, count)
    if any(more):
        counts = ", ".join(f"{side.table.name} {side.all_rows()}" for side in sides.values())
        raise DataError(f"the numbers of rows differ: {counts}")


def _joined(pieces: Mapping[str, _Piece], count: int) -> Block:
    kept = {name: _kept(piece, count) for name, piece in pieces.items()}
    row = reduce(partial(np.intersect1d, assume_unique=True), kept.values())
    at = {name: np.searchsorted(piece.block.row, row + piece.start) for name, piece in pieces.items()}
    labels = pieces["label"].block.labels if "label" in pieces else ()
    return Block(
        rows=count,
        lines=count,
        labels=tuple(taken(column, at["label"]) for column in labels),
        preds=np.asfortranarray(pieces["prob"].block.preds[at["prob"]]),
        weights=pieces["weight"].block.preds[at["weight"], 0] if "weight" in pieces else None,
        carried=tuple(words.taken(at[name]) for name, piece in pieces.items() for words in piece.block.carried),
        row=row,
        where=partial(_where, pieces),
    )


def _kept(piece: _Piece, count: int) -> NDArray[np.intp]:
    row = piece.block.row - piece.start
    return row[(row >= 0) & (row < count)]


def _where(pieces: Mapping[str, _Piece], fault: Fault) -> str:
    side = pieces.get(fault.part, pieces["prob"])
    return side.place(replace(fault, part="prob") if fault.part == "weight" else fault)
