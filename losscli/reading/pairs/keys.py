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

from losscli.data.blocks import Block, Categorical, Chunk, Reader, Side, Table, as_words, cut_short, placed, taken
from losscli.data.reasons import NO_PARTNER
from losscli.engines.local import in_threads, thread_count
from losscli.enums import Form
from losscli.errors import DataError, RowError
from losscli.reading.pairs.held import Held, KeyRows, extra_count, held, key_rows
from losscli.reading.pairs.index import Flags, Index, Rows, chosen, indexed, usual
from losscli.reading.pairs.numeric import Numbers
from losscli.reading.pairs.position import side_by_side

DROP_HINT = "--unmatched drop leaves such rows out"


@dataclass(frozen=True)
class Join(Reader):
    """Reads two tables that are to be joined, and whether rows without a partner are left out."""

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

    def close(self) -> None:
        self.labels.close()
        self.preds.close()

    def _rows(self) -> Iterator[Chunk]:
        matcher = _Matcher(self, held(self.labels, self.threads))
        for block in placed(in_threads(_called, self.preds.chunks(), self.threads)):
            yield partial(_same, matcher.joined(block))
            if block.fault is not None:
                return
        yield partial(_same, matcher.rest())


def _raised(error: DataError) -> Block:
    raise error


def joined(labels: Table, preds: Table, form: Form, drop: bool, threads: int | None) -> Table:
    """The table of two that are joined by the columns that are keys."""
    table = side_by_side({"label": labels, "prob": preds}, form)
    return replace(table, reader=Join(labels, preds, drop, thread_count(threads)))


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
    matched: Flags = field(init=False)  # the held rows that have a partner
    usual: bool = field(init=False)  # whole numbers in their usual spelling: different texts are different numbers
    numbers: Numbers | None = None
    by_number: str | None = None  # the first match that is one by number only, and where
    strange: str | None = None  # the first key of PREDS without a partner that is no number, and where

    def __post_init__(self) -> None:
        rows = self.held.rows
        self.index = indexed(rows.keys, rows.keyed)
        self.matched = np.zeros(len(rows.keep), dtype=bool)
        self.usual = usual(chosen(rows.keys, rows.keyed))
        twice = self.index.twice()
        if twice is not None:
            first, again = map(self.held.location, twice)
            raise DataError(f"{again}: the key {rows.shown(twice[0])} stands twice, first in {first}")

    def joined(self, block: Block) -> Block:
        """A block of PREDS with the labels of its rows; those without a partner, or whose partner is dropped, go."""
        held, rows = self.held, key_rows(self.join.preds, block)
        at = self._partners(rows, block)
        fault = self._wrong(at, rows) or block.fault
        if fault is not None and fault.row < block.rows:
            block, at = cut_short(block, fault), at[: fault.row]
        keep, found = rows.keep[: len(at)], np.flatnonzero(at >= 0)
        self.matched[at[found]] = True
        alone = int(np.count_nonzero((at < 0) & keep))
        keep = keep & (at >= 0)
        keep[found] &= held.rows.keep[at[found]]
        partners = np.maximum(at, 0)
        sides = {part: Side(held.blocks, partners) for part in self._of_labels}
        labels, extra = held.labels, held.extra
        if not len(held.rows.keep):  # then no row of PREDS counts, whatever its cells are
            labels, extra = (np.zeros(1),) * len(labels), (as_words([""]),) * len(extra)
        return replace(
            block,
            labels=tuple(taken(column, partners) for column in labels),
            weights=block.weights if held.weights is None else held.weights[partners],
            extra=(*(words.taken(partners) for words in extra), *block.extra),
            keep=None if keep.all() else keep,
            fault=fault,
            other_reasons={NO_PARTNER.key: alone},
            sides=sides,
        )

    @property
    def _of_labels(self) -> tuple[str, ...]:
        """The parts of a row that LABELS has."""
        return ("label",) if self.held.weights is None else ("label", "weight")

    def rest(self) -> Block:
        """A block of the rows that LABELS has left, none of which counts."""
        self._judge_numbers()
        rows, preds = self.held.rows, self.join.preds
        left = np.flatnonzero(~self.matched)
        alone = left[rows.keep[left]]
        if alone.size and not self.join.drop:
            where, key = self.held.location(int(alone[0])), rows.shown(int(alone[0]))
            raise DataError(f"{where}: the key {key} is not in {preds.name}; {DROP_HINT}")
        nothing = Categorical(np.zeros(len(left), np.intp), ("",))
        weighted = self.held.weights is not None or preds.schema.columns.weight is not None
        return Block(
            rows=len(left),
            lines=0,
            labels=tuple(taken(column, left) for column in self.held.labels),
            preds=np.broadcast_to(0.0, (len(left), preds.schema.width * max(1, len(preds.schema.models)))),
            weights=np.broadcast_to(0.0, len(left)) if weighted else None,
            extra=(nothing,) * (extra_count(self.held.table) + extra_count(preds)),
            keep=np.zeros(len(left), dtype=bool),
            other_reasons={NO_PARTNER.key: int(alone.size)},
        )

    def _wrong(self, at: Rows, rows: KeyRows) -> RowError | None:
        """The first row whose key is missing, has no partner, where that is an error, or has had it already."""
        found = np.flatnonzero(at >= 0)
        _, firsts = np.unique(at[found], return_index=True)
        again = np.ones(len(found), dtype=bool)
        again[firsts] = False
        again |= self.matched[at[found]]
        wrong = found[again].tolist()[:1]
        if not self.join.drop:
            wrong += np.flatnonzero((at < 0) & rows.keep).tolist()[:1]
        if not wrong or (rows.fault is not None and rows.fault.row <= min(wrong)):
            return rows.fault
        row = min(wrong)
        what = f"the key {rows.shown(row)} "
        what += "stands twice" if at[row] >= 0 else f"is not in {self.held.table.name}; {DROP_HINT}"
        return RowError(row, "row", None, what)

    # --- partners -----------------------------------------------------------------------------------------------------
    def _partners(self, rows: KeyRows, block: Block) -> Rows:
        """The row of LABELS with the key of each row of PREDS, -1 for none."""
        at = np.full(len(rows.keep), -1, dtype=np.intp)
        at[rows.keyed] = self.index.rows(chosen(rows.keys, rows.keyed))
        alone = rows.keyed[at[rows.keyed] < 0]
        if alone.size and not (self.usual and usual(chosen(rows.keys, alone))):
            at[alone] = self._by_number(rows, alone, block)
        return at

    def _by_number(self, rows: KeyRows, alone: Rows, block: Block) -> Rows:
        """The row of LABELS whose key is the same number as that of each of these rows, -1 for none."""
        numbers = self._numbers()
        if not numbers.throughout:
            return np.full(len(alone), -1, dtype=np.intp)
        found, strange = numbers.rows(chosen(rows.keys, alone), lambda at: rows.text(int(alone[at])))
        if strange is not None and self.strange is None:
            row = int(alone[strange])
            self.strange = f"{block.location(row)} has the key {rows.shown(row)}"
        if self.by_number is None and (found >= 0).any():
            first = int((found >= 0).argmax())
            row, other = int(alone[first]), self.held.rows.shown(int(found[first]))
            self.by_number = f"{block.location(row)}: the key {rows.shown(row)} is {other} as a number"
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
        if self.by_number and self.strange:
            raise DataError(f"{self.by_number}, and not all keys are numbers: {self.strange}")
        if twice and not self.strange:
            first, again = twice
            keys = f"{self.held.rows.shown(first)} and {self.held.rows.shown(again)}"
            raise DataError(
                f"{self.held.location(again)}: the keys {keys} are one number, first in {self.held.location(first)}"
            )
