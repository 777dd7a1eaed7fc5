"""LABELS and PREDS joined by the cells of key columns, in any order of rows. LABELS is held in memory, PREDS streamed.

Keys are compared as text; as numbers (`7`, `7.0` and `007` are one) only where the keys of both tables are numbers
throughout. Rows come out in the order of PREDS. A key that stands twice is an error, and so is one that only one table
has, unless such rows are to be left out and counted: then what is left of PREDS is not looked at again, and memory
doesn't follow it. A row that is dropped for a missing value takes its partner along.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from losscli.data.blocks import Block, Categorical, Chunk, Table, taken
from losscli.data.reasons import NO_PARTNER
from losscli.engines.local import in_threads, thread_count
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError
from losscli.reading.pairs.held import Held, KeyRows, Piece, carried_count, held, key_rows
from losscli.reading.pairs.index import Index, Rows, chosen, indexed, usual
from losscli.reading.pairs.numeric import Numbers
from losscli.reading.pairs.position import side_by_side

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
        matcher = _Matcher(self, held(self.labels, self.threads))
        rows = lines = 0
        for block in in_threads(_called, self.preds.chunks, self.threads):
            yield partial(_same, matcher.joined(Piece(self.preds, block, rows, lines)))
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


@dataclass
class _Matcher:
    """The state of a join: which rows of LABELS have found their partner."""

    join: Join
    held: Held
    index: Index = field(init=False)
    partner: Rows = field(init=False)  # of each held row: its row of PREDS from 1, 0 for none
    usual: bool = field(init=False)  # whole numbers in their usual spelling: different texts are different numbers
    numbers: Numbers | None = None
    matched: str | None = None  # the first match that is one by number only, and where
    strange: str | None = None  # the first key of PREDS without a partner that is no number, and where

    def __post_init__(self) -> None:
        rows = self.held.rows
        self.index = indexed(rows.keys, rows.keyed)
        self.partner = np.zeros(len(rows.place), dtype=np.intp)
        self.usual = usual(chosen(rows.keys, rows.keyed))
        twice = self.index.twice()
        if twice is not None:
            first, again = map(self.held.where, twice)
            raise DataError(f"{again}: the key {rows.shown(twice[0])} stands twice, first in {first}")

    def joined(self, piece: Piece) -> Block:
        """The rows of a block of PREDS that have a partner, with its labels."""
        block, rows = piece.block, key_rows(piece)
        at = self._partners(rows, piece)
        fault = self._wrong(at, rows)
        end = len(at) if fault is None else fault.row
        at = at[:end]
        found = np.flatnonzero(at >= 0)
        self.partner[at[found]] = found + (piece.rows + 1)
        alone = int(np.count_nonzero((at < 0) & (rows.place[:end] >= 0)))
        found = found[(rows.place[found] >= 0) & (self.held.rows.place[at[found]] >= 0)]
        partners = at[found]
        own, others = rows.place[found], self.held.rows.place[partners]
        weights, weighted = (block.weights, own) if self.held.weights is None else (self.held.weights, others)
        return replace(
            block,
            rows=end if fault is not None else block.rows,
            labels=tuple(taken(column, others) for column in self.held.labels),
            preds=np.asfortranarray(block.preds[own]),
            weights=None if weights is None else weights[weighted],
            carried=(
                *(words.taken(partners) for words in self.held.carried),
                *(words.taken(own) for words in block.carried),
            ),
            whole=(),
            row=found,
            fault=fault or block.fault,
            other_reasons={NO_PARTNER.key: alone},
            where=partial(self._where, piece, found, partners),
        )

    def rest(self) -> Block:
        """A block without rows that says what LABELS has left."""
        self._judge_numbers()
        rows, nothing = self.held.rows, np.zeros(0, np.intp)
        left = self.partner == 0
        alone = np.flatnonzero(left & (rows.place >= 0))
        if alone.size and not self.join.drop:
            where, key = self.held.where(int(alone[0])), rows.shown(int(alone[0]))
            raise DataError(f"{where}: the key {key} is not in {self.join.preds.name}; {DROP_HINT}")
        return Block(
            rows=int(np.count_nonzero(left)),
            lines=0,
            labels=tuple(taken(column, nothing) for column in self.held.labels),
            preds=np.zeros((self.join.preds.width * max(1, len(self.join.preds.models)), 0)).T,
            weights=None if self.held.weights is None and not self.join.preds.columns.weight else np.zeros(0),
            carried=(Categorical(nothing, ()),) * (carried_count(self.held.table) + carried_count(self.join.preds)),
            other_reasons={NO_PARTNER.key: int(alone.size)},
        )

    def _where(self, piece: Piece, rows: Rows, partners: Rows, fault: RowError) -> Location:
        of_labels = fault.part == "label" or (fault.part == "weight" and self.held.weights is not None)
        at = int(np.searchsorted(rows, fault.row))
        if of_labels and at < len(rows) and rows[at] == fault.row:
            return self.held.where(int(partners[at]), fault.part, fault.column)
        return piece.place(fault)

    def _wrong(self, at: Rows, rows: KeyRows) -> RowError | None:
        """The first row whose key is missing, has no partner, where that is an error, or has had it already."""
        found = np.flatnonzero(at >= 0)
        _, firsts = np.unique(at[found], return_index=True)
        again = np.ones(len(found), dtype=bool)
        again[firsts] = False
        again |= self.partner[at[found]] > 0
        wrong = found[again].tolist()[:1]
        if not self.join.drop:
            wrong += np.flatnonzero((at < 0) & (rows.place >= 0)).tolist()[:1]
        if not wrong or (rows.fault is not None and rows.fault.row <= min(wrong)):
            return rows.fault
        row = min(wrong)
        what = f"the key {rows.shown(row)} "
        what += "stands twice" if at[row] >= 0 else f"is not in {self.held.table.name}; {DROP_HINT}"
        return RowError(row, "row", None, what)

    # --- partners -----------------------------------------------------------------------------------------------------
    def _partners(self, rows: KeyRows, piece: Piece) -> Rows:
        """The row of LABELS with the key of each row of PREDS, -1 for none."""
        at = np.full(len(rows.place), -1, dtype=np.intp)
        at[rows.keyed] = self.index.rows(chosen(rows.keys, rows.keyed))
        alone = rows.keyed[at[rows.keyed] < 0]
        if alone.size and not (self.usual and usual(chosen(rows.keys, alone))):
            at[alone] = self._by_number(rows, alone, piece)
        return at

    def _by_number(self, rows: KeyRows, alone: Rows, piece: Piece) -> Rows:
        """The row of LABELS whose key is the same number as that of each of these rows, -1 for none."""
        numbers = self._numbers()
        if not numbers.throughout:
            return np.full(len(alone), -1, dtype=np.intp)
        found, strange = numbers.rows(chosen(rows.keys, alone), lambda at: rows.text(int(alone[at])))
        if strange is not None and self.strange is None:
            row = int(alone[strange])
            self.strange = f"{piece.where(row)} has the key {rows.shown(row)}"
        if self.matched is None and (found >= 0).any():
            first = int((found >= 0).argmax())
            row, other = int(alone[first]), self.held.rows.shown(int(found[first]))
            self.matched = f"{piece.where(row)}: the key {rows.shown(row)} is {other} as a number"
        return found

    def _numbers(self) -> Numbers:
        rows = self.held.rows
        self.numbers = self.numbers or Numbers(rows.keys, rows.keyed, rows.text)
        return self.numbers

    def _judge_numbers(self) -> None:
        """Refuse matches by number where not all keys are numbers, and keys of LABELS that are one number."""
        if self.usual and self.numbers is None:
            return
        twice = self._numbers().twice
        if self.matched and self.strange:
            raise DataError(f"{self.matched}, and not all keys are numbers: {self.strange}")
        if twice and not self.strange:
            first, again = twice
            keys = f"{self.held.rows.shown(first)} and {self.held.rows.shown(again)}"
            raise DataError(
                f"{self.held.where(again)}: the keys {keys} are one number, first in {self.held.where(first)}"
            )
