"""LABELS and PREDS joined by the cells of key columns, in any order of rows. LABELS is held in memory, PREDS streamed.

Keys are compared as text; as numbers (`7`, `7.0` and `007` are one) only where the keys of both tables are numbers
throughout. Rows come out in the order of PREDS. A key that stands twice is an error, and so is one that only one table
has, unless such rows are to be left out and counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from losscli.engines.here import in_threads, thread_count
from losscli.enums import Form
from losscli.errors import DataError, Fault, shown
from losscli.reading.blocks import Array, Block, Chunk, Column, Table, Words, located, stacked, taken, whereabouts
from losscli.reading.cells import is_missing, number
from losscli.reading.columns import KEY
from losscli.reading.pairs.position import side_by_side

Key = str | tuple[str, ...]
Exact = tuple[Decimal | str, ...]

DROP_HINT = "--unmatched drop leaves such rows out"


@dataclass(frozen=True)
class Join:
    """Two tables that are to be joined, and whether rows without a partner are left out."""

    labels: Table
    preds: Table
    drop: bool
    threads: int = 1

    def chunks(self) -> Iterator[Chunk]:
        """The joined rows, block by block in the order of PREDS; at the end what LABELS has left."""
        try:
            yield from self._rows()
        except DataError as error:
            yield partial(_raised, error)  # in its turn, behind the rows before it

    def _rows(self) -> Iterator[Chunk]:
        matcher = _Matcher(self, _held(self.labels, self.threads))
        rows = lines = 0
        for block in in_threads(_called, self.preds.chunks, self.threads):
            yield partial(_same, matcher.joined(_Piece(self.preds, block, rows, lines)))
            if block.fault is not None:
                return
            rows, lines = rows + block.rows, lines + block.lines
        yield partial(_same, matcher.rest())


def _raised(error: DataError) -> Block:
    raise error


def joined(labels: Table, preds: Table, form: Form, drop: bool, threads: int | None) -> Table:
    """The table of two that are joined by the columns that travel as keys."""
    table = side_by_side({"label": labels, "prob": preds}, form)
    return replace(table, chunks=Join(labels, preds, drop, thread_count(threads)).chunks())


def _called(chunk: Chunk) -> Block:
    return chunk()


def _same(block: Block) -> Block:
    return block


@dataclass(frozen=True)
class _Piece:
    """A block of a table, and what came before it."""

    table: Table
    block: Block
    rows: int
    lines: int

    def place(self, fault: Fault) -> str:
        return whereabouts(self.table, fault, self.block, self.rows, self.lines)


@dataclass(frozen=True)
class _Held:
    """LABELS in memory: the key of each row, its cells, and where each row stands."""

    table: Table
    keys: list[Key]
    labels: tuple[Column, ...]
    weights: Array | None
    carried: tuple[Words, ...]
    pieces: tuple[_Piece, ...]
    starts: NDArray[np.intp]  # the first row, among those that are held, of each piece

    def place(self, row: int, part: str = "row", column: int | None = None) -> str:
        """Where a row stands, in a user's words."""
        piece = int(np.searchsorted(self.starts, row, side="right")) - 1
        found = self.pieces[piece]
        at = int(found.block.row[row - int(self.starts[piece])])
        return found.place(Fault(at, part, column, ""))


def _held(table: Table, threads: int) -> _Held:
    pieces: list[_Piece] = []
    keys: list[Key] = []
    starts = []
    rows = lines = 0
    for block in in_threads(_called, table.chunks, threads):
        piece = _Piece(table, block, rows, lines)
        starts.append(len(keys))
        keys += _keys(piece)
        if block.fault is not None:
            raise located(table, block.fault, block, rows, lines)
        pieces.append(piece)
        rows, lines = rows + block.rows, lines + block.lines
    blocks = [piece.block for piece in pieces]
    weights = [block.weights for block in blocks if block.weights is not None]
    return _Held(
        table,
        keys,
        tuple(stacked([block.labels[at] for block in blocks]) for at in range(table.label_width)) if blocks else (),
        np.concatenate(weights) if weights else None,
        tuple(_words([block.carried[at] for block in blocks]) for at in range(len(blocks[0].carried) if blocks else 0)),
        tuple(pieces),
        np.array(starts, dtype=np.intp),
    )


def _words(parts: Sequence[Words]) -> Words:
    found = stacked(parts)
    assert isinstance(found, Words)
    return found


def _keys(piece: _Piece) -> list[Key]:
    """The keys of a block's rows; a key with a missing cell is refused with its place."""
    columns = [(name, piece.block.carried[at]) for name, at in piece.table.carried[KEY]]
    for name, words in columns:
        gone = [code for code, word in enumerate(words.vocabulary) if is_missing(word)]
        missing = np.isin(words.codes, gone) if gone else np.zeros(0, bool)
        if missing.any():
            place = piece.place(Fault(int(piece.block.row[missing.argmax()]), "row", None, ""))
            raise DataError(f"{place}: column {shown(name)}: the key is missing")
    texts = [list(map(words.vocabulary.__getitem__, words.codes.tolist())) for _, words in columns]
    return list(texts[0]) if len(texts) == 1 else list(zip(*texts, strict=True))


def _exact(key: Key) -> Exact | None:
    """The key as numbers, exactly; None where a cell is none."""
    cells = (key,) if isinstance(key, str) else key
    values = [number(cell) for cell in cells]
    if any(value is None for value in values):
        return None
    finite = all(value is not None and abs(value) < float("inf") for value in values)
    return tuple(Decimal(cell) for cell in cells) if finite else tuple(map(str, values))


def _plain(key: Key) -> bool:
    """Whether a key is a whole number as it is usually written."""
    return isinstance(key, str) and key.isdecimal() and key.isascii() and (key[0] != "0" or key == "0")


def _count(table: Table) -> int:
    """How many columns travel with a table's blocks."""
    return len({at for columns in table.carried.values() for _, at in columns})


def _told(key: Key) -> str:
    return shown(key) if isinstance(key, str) else ", ".join(map(shown, key))


@dataclass
class _Numbers:
    """The keys of LABELS as numbers, and the first match that is one by number only."""

    rows: dict[Exact, int] | None  # None: some key of LABELS is no number
    twice: tuple[int, int] | None = None  # rows whose keys are one as numbers
    matched: str | None = None  # where
    strange: str | None = None  # a key of PREDS that is no number, and where


@dataclass
class _Matcher:
    """The state of a join: which rows of LABELS have found their partner."""

    join: Join
    held: _Held
    rows: dict[Key, int] = field(init=False)
    partner: NDArray[np.intp] = field(init=False)  # of each held row: its row of PREDS from 1, 0 for none
    numbers: _Numbers | None = None
    plain: bool = field(init=False)  # whole numbers in their usual spelling: different texts are different numbers

    def __post_init__(self) -> None:
        keys = self.held.keys
        self.rows = dict(zip(keys, range(len(keys)), strict=True))
        self.partner = np.zeros(len(keys), dtype=np.intp)
        self.plain = all(map(_plain, keys))
        if len(self.rows) < len(keys):
            at = next(at for at, key in enumerate(keys) if self.rows[key] != at)
            again = keys.index(keys[at], at + 1)
            first = self.held.place(at)
            raise DataError(f"{self.held.place(again)}: the key {_told(keys[at])} stands twice, first in {first}")

    def joined(self, piece: _Piece) -> Block:
        """The rows of a block of PREDS that have a partner, with its labels."""
        block, keys = piece.block, _keys(piece)
        at = np.fromiter(map(self.rows.get, keys, repeat(-1)), np.intp, len(keys))
        for row in np.flatnonzero(at < 0).tolist():
            at[row] = self._by_number(keys[row], piece, row)
        fault = self._wrong(at, keys, piece)
        end = len(keys) if fault is None else int(np.searchsorted(block.row, fault.row))
        found = np.flatnonzero(at[:end] >= 0)
        partners = at[found]
        self.partner[partners] = block.row[found] + (piece.rows + 1)
        weights = block.weights if self.held.weights is None else self.held.weights
        own = found if self.held.weights is None else partners
        return replace(
            block,
            rows=block.rows if fault is None else fault.row,
            labels=tuple(taken(column, partners) for column in self.held.labels),
            preds=np.asfortranarray(block.preds[found]),
            weights=None if weights is None else weights[own],
            carried=(
                *(words.taken(partners) for words in self.held.carried),
                *(words.taken(found) for words in block.carried),
            ),
            row=block.row[found],
            fault=fault or block.fault,
            unmatched=end - len(found),
            where=partial(self._where, piece, block.row[found], partners),
        )

    def rest(self) -> Block:
        """A block without rows that says what LABELS has left."""
        self._judge_numbers()
        left = np.flatnonzero(self.partner == 0)
        if left.size and not self.join.drop:
            first = int(left[0])
            where, key = self.held.place(first), _told(self.held.keys[first])
            raise DataError(f"{where}: the key {key} is not in {self.join.preds.name}; {DROP_HINT}")
        nothing = np.zeros(0, np.intp)
        return Block(
            rows=int(left.size),
            lines=0,
            labels=tuple(taken(column, nothing) for column in self.held.labels),
            preds=np.zeros((self.join.preds.width * max(1, len(self.join.preds.models)), 0)).T,
            weights=None if self.held.weights is None and not self.join.preds.columns.weight else np.zeros(0),
            carried=(Words(nothing, ()),) * (_count(self.held.table) + _count(self.join.preds)),
            unmatched=int(left.size),
        )

    def _where(self, piece: _Piece, rows: NDArray[np.intp], partners: NDArray[np.intp], fault: Fault) -> str:
        held = fault.part == "label" or (fault.part == "weight" and self.held.weights is not None)
        at = int(np.searchsorted(rows, fault.row))
        if held and at < len(rows) and rows[at] == fault.row:
            return self.held.place(int(partners[at]), fault.part, fault.column)
        return piece.place(fault)

    def _wrong(self, at: NDArray[np.intp], keys: list[Key], piece: _Piece) -> Fault | None:
        """The first row whose key has no partner, where that is an error, or has had it already."""
        found = np.flatnonzero(at >= 0)
        _, firsts = np.unique(at[found], return_index=True)
        again = np.ones(len(found), dtype=bool)
        again[firsts] = False
        again |= self.partner[at[found]] > 0
        wrong = found[again].tolist()[:1]
        if not self.join.drop:
            wrong += np.flatnonzero(at < 0).tolist()[:1]
        if not wrong:
            return None
        row = min(wrong)
        what = f"the key {_told(keys[row])} "
        what += "stands twice" if at[row] >= 0 else f"is not in {self.held.table.name}; {DROP_HINT}"
        return Fault(int(piece.block.row[row]), "row", None, what)

    # --- keys that are numbers ----------------------------------------------------------------------------------------
    def _by_number(self, key: Key, piece: _Piece, row: int) -> int:
        """The row of LABELS whose key is the same number; -1 for none."""
        if _plain(key) and self.plain:
            return -1
        numbers = self.numbers = self.numbers or _numbers_of(self.held.keys)
        if numbers.rows is None:
            return -1
        value = _exact(key)
        where = piece.place(Fault(int(piece.block.row[row]), "row", None, ""))
        if value is None:
            numbers.strange = numbers.strange or f"{where} has the key {_told(key)}"
            return -1
        found = numbers.rows.get(value, -1)
        if found >= 0 and numbers.matched is None:
            other = self.held.keys[found]
            numbers.matched = f"{where}: the key {_told(key)} is {_told(other)} as a number"
        return found

    def _judge_numbers(self) -> None:
        """Refuse matches by number where not all keys are numbers, and keys of LABELS that are one number."""
        if self.plain and self.numbers is None:
            return
        numbers = self.numbers = self.numbers or _numbers_of(self.held.keys)
        if numbers.matched and numbers.strange:
            raise DataError(f"{numbers.matched}, and not all keys are numbers: {numbers.strange}")
        if numbers.twice and not numbers.strange:
            first, again = numbers.twice
            keys = f"{_told(self.held.keys[first])} and {_told(self.held.keys[again])}"
            raise DataError(
                f"{self.held.place(again)}: the keys {keys} are one number, first in {self.held.place(first)}"
            )


def _numbers_of(keys: Sequence[Key]) -> _Numbers:
    rows: dict[Exact, int] = {}
    twice = None
    for at, key in enumerate(keys):
        value = _exact(key)
        if value is None:
            return _Numbers(None)
        first = rows.setdefault(value, at)
        if first != at and twice is None:
            twice = (first, at)
    return _Numbers(rows, twice)
