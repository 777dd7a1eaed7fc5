"""The rows of a table that is joined by key: their keys, what is left of them, and where they stand.

A row that is dropped for a missing value has a key all the same, as it takes its partner along, unless its key is
missing too.  A missing key of any other row is a fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from losscli.data.blocks import Array, Block, Categorical, Chunk, Column, Table, located, stacked, whereabouts
from losscli.data.cells import missing_words
from losscli.data.columns import KEY
from losscli.engines.local import in_threads
from losscli.errors import Location, RowError, shown
from losscli.reading.pairs.index import Flags, Keys, Rows, keys_of


@dataclass(frozen=True)
class Piece:
    """A block of a table, and what came before it."""

    table: Table
    block: Block
    rows: int
    lines: int

    @property
    def carried(self) -> tuple[Categorical, ...]:
        """The carried columns of all rows, dropped ones too."""
        return self.block.whole or self.block.carried

    def where(self, row: int) -> Location:
        """Where a row stands."""
        return self.place(RowError(row, "row", None, ""))

    def place(self, fault: RowError) -> Location:
        """Where a fault is."""
        return whereabouts(self.table, fault, self.block, self.rows, self.lines)


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class KeyRows:
    """Rows by their keys: the key columns, and the place of each row among those that are left, -1 for dropped ones.

    `keyed` are the rows that have a key; `fault` is the first row that has none and isn't dropped.
    """

    columns: tuple[Categorical, ...]
    keys: Keys
    place: Rows
    keyed: Rows
    fault: RowError | None = None

    def text(self, row: int) -> tuple[str, ...]:
        """The cells of a row's key."""
        return tuple(column.categories[int(column.codes[row])] for column in self.columns)

    def shown(self, row: int) -> str:
        """A row's key, for a message."""
        return ", ".join(map(shown, self.text(row)))


def key_rows(piece: Piece) -> KeyRows:
    """The rows of a block."""
    keyed, fault = _keyed(piece)
    return replace(_key_rows(piece.table, piece.carried, _place(piece.block), keyed), fault=fault)


def _key_rows(table: Table, carried: Sequence[Categorical], place: Rows, keyed: Flags) -> KeyRows:
    columns = tuple(carried[at] for _, at in table.carried[KEY])
    return KeyRows(columns, keys_of(columns), place, np.flatnonzero(keyed))


def _place(block: Block) -> Rows:
    if not block.whole:
        return np.arange(block.rows)
    place = np.full(block.rows, -1, dtype=np.intp)
    place[block.row] = np.arange(len(block.row))
    return place


def _keyed(piece: Piece) -> tuple[Flags, RowError | None]:
    """Which rows of a block have a key, and the first that has none and isn't dropped."""
    left = _place(piece.block) >= 0
    keyed = np.ones(piece.block.rows, dtype=bool)
    faults = []
    for _, at in piece.table.carried[KEY]:
        words = piece.carried[at]
        missing = missing_words(words.categories)
        if missing.any():
            gone = missing[words.codes]
            keyed &= ~gone
            faults += [
                RowError(row, "carried", at, "the key is missing") for row in np.flatnonzero(gone & left)[:1].tolist()
            ]
    return keyed, min(faults, key=lambda fault: fault.row, default=None)


@dataclass(frozen=True)
class Held:
    """LABELS in memory: its rows by their keys, the cells of those that are left, and where each row stands."""

    table: Table
    rows: KeyRows
    labels: tuple[Column, ...]
    weights: Array | None
    carried: tuple[Categorical, ...]  # of all rows
    pieces: tuple[Piece, ...]
    starts: Rows  # the first row of each piece

    def where(self, row: int, part: str = "row", column: int | None = None) -> Location:
        """Where a row stands."""
        piece = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.pieces[piece].place(RowError(row - int(self.starts[piece]), part, column, ""))


def held(table: Table, threads: int) -> Held:
    """All of a table; DataError at the first fault of it."""
    pieces: list[Piece] = []
    keyed: list[Flags] = [np.zeros(0, dtype=bool)]
    rows = lines = 0
    for block in in_threads(_called, table.chunks, threads):
        piece = Piece(table, block, rows, lines)
        found, fault = _keyed(piece)
        keyed.append(found)
        fault = fault or block.fault
        if fault is not None:
            raise located(table, fault, block, rows, lines)
        pieces.append(piece)
        rows, lines = rows + block.rows, lines + block.lines
    blocks = [piece.block for piece in pieces]
    carried = _carried(table, pieces)
    weights = [block.weights for block in blocks if block.weights is not None]
    return Held(
        table,
        _key_rows(table, carried, _places(blocks), np.concatenate(keyed)),
        tuple(stacked([block.labels[at] for block in blocks]) for at in range(table.label_width)) if blocks else (),
        np.concatenate(weights) if weights else None,
        carried,
        tuple(replace(piece, block=_without_cells(piece.block)) for piece in pieces),
        np.array([piece.rows for piece in pieces], dtype=np.intp),
    )


def _called(chunk: Chunk) -> Block:
    return chunk()


def _carried(table: Table, pieces: Sequence[Piece]) -> tuple[Categorical, ...]:
    if not pieces:
        return (Categorical(np.zeros(0, np.intp), ()),) * carried_count(table)
    return tuple(map(_stacked, zip(*(piece.carried for piece in pieces), strict=True)))


def carried_count(table: Table) -> int:
    """How many columns travel with a table's blocks."""
    return len({at for columns in table.carried.values() for _, at in columns})


def _stacked(parts: Sequence[Categorical]) -> Categorical:
    found = stacked(parts)
    assert isinstance(found, Categorical)
    return found


def _places(blocks: Sequence[Block]) -> Rows:
    """The place of each row of all blocks among those that are left, -1 for dropped ones."""
    parts = [np.zeros(0, np.intp)]
    before = 0
    for block in blocks:
        place = _place(block)
        parts.append(np.where(place < 0, place, place + before))
        before += len(block.row)
    return np.concatenate(parts)


def _without_cells(block: Block) -> Block:
    """What is needed of a block to say where its rows stand."""
    return replace(block, labels=(), preds=block.preds[:0], weights=None, carried=(), whole=())
