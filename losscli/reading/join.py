"""LABELS and PREDS joined by the cells of key columns, in any order of rows. LABELS is held in memory, PREDS streamed.

Keys are compared as text; as whole numbers (`7`, `7.0` and `007` are one) only where the keys of both tables are whole
numbers throughout. Rows come out in the order of PREDS. A key that stands twice is an error, and so is one that only
one table has, unless such rows are to be left out and counted. A row that is dropped for a missing value takes its
partner along; one whose key is missing has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.data.blocks import Block, Side, cut_short
from losscli.data.categorical import Categorical, Column, as_words, missing_words, stacked, stacked_words, take_cells
from losscli.data.columns import KEY
from losscli.data.reasons import NO_PARTNER
from losscli.data.table import Chunk, Reader, Table, raised
from losscli.engines.local import in_threads
from losscli.errors import DataError, Location, RowError, shown
from losscli.reading.keys import (
    HashIndex,
    Keys,
    NumberIndex,
    Numbers,
    are_usual,
    first_repeated,
    keys_of,
    number_index,
    plain_numbers,
    whole_keys,
)
from losscli.records import record

DROP_HINT = "--unmatched drop leaves such rows out"


# --- tables with keys -------------------------------------------------------------------------------------------------
_FEW = 100  # rows in which it mostly shows whether keys are numbers


@record(eq=False)
class KeyedRows:
    """Rows by their key columns: which count, which have a key, and the first that counts and has none.

    `numbers` are those of `plain_numbers`, where the first keys are such.
    """

    columns: tuple[Categorical, ...]
    keys: Keys
    keep: Flags
    keyed: Flags
    numbers: Numbers | None = None
    fault: RowError | None = None

    def shown(self, row: int) -> str:
        """A row's key, for a message."""
        return ", ".join(shown(column.categories[int(column.codes[row])]) for column in self.columns)


def keyed_rows(table: Table, block: Block, drop: bool) -> KeyedRows:
    """The rows of a block with their keys; a dropped row has one too, unless its key is missing.

    A row without a key is dropped, or the first that would count is a fault.
    """
    places = [at for _, at in table.schema.extra[KEY]]
    columns = tuple(block.extra[at] for at in places)
    keys, numbers, fault = keys_of(columns), None, None
    keep = np.ones(block.rows, dtype=bool) if block.keep is None else block.keep
    keyed = np.ones(block.rows, dtype=bool)
    if len(keys) == 1 and plain_numbers(keys[0][:_FEW]).max(initial=-1) >= 0:
        numbers = plain_numbers(keys[0])
    if numbers is None or numbers.min() < 0:
        for at, column in zip(places, columns, strict=True):
            missing = missing_words(column.categories)
            if missing.any():
                gone = missing[column.codes]
                keyed &= ~gone
                first = np.flatnonzero(gone & keep)[:1]
                if not drop and len(first) and (fault is None or first[0] < fault.row):
                    fault = RowError(int(first[0]), "extra", at, "the key is missing; --na drop leaves such rows out")
        if drop:
            keep = keep & keyed
    return KeyedRows(columns, keys, keep, keyed, numbers, fault)


@record(eq=False)
class HeldTable:
    """LABELS in memory: its rows by their keys, its other cells, and the blocks that say where each row stands."""

    table: Table
    rows: KeyedRows
    index: NumberIndex | HashIndex
    labels: tuple[Column, ...]
    weights: Array | None
    extra: tuple[Categorical | None, ...]  # None: wanted for the key alone
    blocks: tuple[Block, ...]

    @property
    def keep(self) -> Flags:
        """Which rows count."""
        return self.rows.keep

    @cached_property
    def keyed(self) -> Ints:
        """The rows that have a key."""
        return np.flatnonzero(self.rows.keyed)

    def partners(self, rows: KeyedRows) -> Ints:
        """The row with the same key as each of these rows, -1 for none."""
        if isinstance(self.index, HashIndex):
            found = self.index.rows(rows.keys)
        else:
            found = self.index.rows(plain_numbers(rows.keys[0]) if rows.numbers is None else rows.numbers)
        if not rows.keyed.all():
            found[~rows.keyed] = -1
        return found

    def location(self, row: int) -> Location:
        """Where a row stands."""
        return Side(self.blocks, (row,)).location(0, "row", None)


def held_table(table: Table, drop: bool, threads: int) -> HeldTable:
    """All of a table; DataError at the first fault of it, and where a key stands twice."""
    blocks: list[Block] = []
    parts: list[KeyedRows] = []
    for block, rows in in_threads(lambda chunk: _with_keys(table, chunk, drop), table.chunks(), threads):
        block = block.after(blocks[-1].end if blocks else None)
        fault = rows.fault or block.fault
        if fault is not None:
            raise block.error(fault)
        blocks.append(block)
        parts.append(rows)
    others = {at for purpose, columns in table.schema.extra.items() if purpose != KEY for _, at in columns}
    weights = [block.weights for block in blocks if block.weights is not None]
    labels = tuple(stacked([block.labels[at] for block in blocks]) for at in range(table.schema.label_width))
    extra = tuple(
        stacked_words([block.extra[at] for block in blocks]) if at in others and blocks else None
        for at in range(extra_count(table))
    )
    # The parts are let go of as soon as they stand together: LABELS is held once, or hardly more than that.
    blocks = [block.bare() for block in blocks]
    by_number = _index_of_numbers(parts)
    rows = _stacked_rows(parts, len(table.schema.extra[KEY]))
    parts.clear()
    index = by_number or HashIndex(rows.keys, np.flatnonzero(rows.keyed))
    held = HeldTable(table, rows, index, labels, np.concatenate(weights) if weights else None, extra, tuple(blocks))
    if held.index.repeated:
        first, again = first_repeated(rows.keys, held.keyed)
        raise DataError(
            f"{held.location(again)}: the key {rows.shown(first)} occurs twice, first in {held.location(first)}"
        )
    return held


def _index_of_numbers(parts: Sequence[KeyedRows]) -> NumberIndex | None:
    """The rows that have a key, by it; None where these aren't whole numbers of a dense range."""
    numbers = [part.numbers for part in parts if part.numbers is not None]
    if len(numbers) < len(parts):
        return None
    each = zip(numbers, parts, strict=True)
    return number_index(numbers) if all(np.array_equal(own >= 0, part.keyed) for own, part in each) else None


def _stacked_rows(parts: Sequence[KeyedRows], width: int) -> KeyedRows:
    """The rows of all parts, by `width` key columns."""
    nothing = np.zeros(0, dtype=bool)
    columns = tuple(map(stacked_words, zip(*(part.columns for part in parts), strict=True)))
    columns = columns or (as_words([]),) * width
    keep = np.concatenate([nothing, *(part.keep for part in parts)])
    keyed = np.concatenate([nothing, *(part.keyed for part in parts)])
    return KeyedRows(columns, keys_of(columns), keep, keyed)


def _with_keys(table: Table, chunk: Chunk, drop: bool) -> tuple[Block, KeyedRows]:
    block = chunk()
    return block, keyed_rows(table, block, drop)


def extra_count(table: Table) -> int:
    """How many columns of text a table's blocks have."""
    return len({at for columns in table.schema.extra.values() for _, at in columns})


def _blank(rows: int) -> Categorical:
    """A column of text that nobody looks at."""
    return Categorical(np.broadcast_to(np.intp(0), rows), ("",))


# --- the join ---------------------------------------------------------------------------------------------------------
@record
class Join(Reader):
    """Reads two tables joined by their key columns.

    `drop` leaves out rows whose key is missing, `drop_unmatched` those without a partner.
    """

    labels: Table
    preds: Table
    drop: bool
    drop_unmatched: bool
    threads: int

    def chunks(self) -> Iterator[Chunk]:
        """The joined rows, block by block in the order of PREDS; at the end what LABELS has left."""
        try:
            matching = _Matching(held_table(self.labels, self.drop, self.threads), self)
            end = None
            for block, rows, partners in in_threads(matching.looked_up, self.preds.chunks(), self.threads):
                block = block.after(end)
                end = block.end
                fault, chunk = matching.matched(block, rows, partners)
                yield chunk
                if fault is not None:
                    return
            rest = matching.rest()
            yield lambda: rest
        except DataError as error:
            yield partial(raised, error)  # reported after the rows before it

    def close(self) -> None:
        self.labels.close()
        self.preds.close()


class _Matching:
    """The state of a join: which rows of LABELS have a partner so far, and which keys were matched as numbers."""

    def __init__(self, held: HeldTable, join: Join) -> None:
        self.held, self.join, self.preds = held, join, join.preds
        self.found = np.zeros(len(held.keep), dtype=bool)  # which held rows have a partner
        self.all_kept = bool(held.keep.all())
        self.by_number: str | None = None  # the first match that is one by number only, and where
        self.no_number: str | None = None  # the first key of PREDS without a partner that is no number, and where

    def looked_up(self, chunk: Chunk) -> tuple[Block, KeyedRows, Ints]:
        """A block of PREDS, its keys, and the row of LABELS with the same key, -1 for none; in any thread."""
        block, rows = _with_keys(self.preds, chunk, self.join.drop)
        return block, rows, self.held.partners(rows)

    def matched(self, block: Block, rows: KeyedRows, partners: Ints) -> tuple[RowError | None, Chunk]:
        """The fault of a block of PREDS, and the block with its labels; called in the order of the blocks."""
        alone = np.flatnonzero((partners < 0) & rows.keyed) if partners.min(initial=0) < 0 else partners[:0]
        if len(alone):
            partners[alone] = self._by_number(rows, alone, block)
        fault = self._wrong(partners, rows) or block.fault
        if fault is not None and fault.row < block.rows:
            block, partners = cut_short(block, fault), partners[: fault.row]
        return fault, partial(self._put_together, block, rows.keep[: len(partners)], partners, fault)

    def _put_together(self, block: Block, keep: Flags, partners: Ints, fault: RowError | None) -> Block:
        """A block of PREDS with the labels of its rows; those without a partner, or whose partner is dropped, go."""
        held, labels, extra, unmatched = self.held, self.held.labels, self.held.extra, 0
        if not len(held.keep):  # then no row of PREDS counts, whatever its cells are
            labels, extra = (np.zeros(1),) * len(labels), (None,) * len(extra)
        if partners.min(initial=0) < 0:
            found = partners >= 0
            unmatched = int(np.count_nonzero(keep & ~found))
            keep, partners = keep & found, np.maximum(partners, 0)
        if not self.all_kept:
            keep = keep & held.keep[partners]
        parts = ("label",) if held.weights is None else ("label", "weight")
        return replace(
            block,
            labels=tuple(take_cells(column, partners) for column in labels),
            weights=block.weights if held.weights is None else held.weights[partners],
            extra=(*(_blank(block.rows) if words is None else words.take(partners) for words in extra), *block.extra),
            keep=None if keep.all() else keep,
            fault=fault,
            other_reasons={NO_PARTNER.key: unmatched},
            sides={part: Side(held.blocks, partners) for part in parts},
        )

    def _wrong(self, partners: Ints, rows: KeyedRows) -> RowError | None:
        """The first row whose key is missing, has no partner, where that is an error, or has had it already."""
        mine = partners if partners.min(initial=0) >= 0 else partners[partners >= 0]
        earlier, once = self.found[mine], True
        if len(mine):
            near = self.found[mine.min() : mine.max() + 1]
            before = np.count_nonzero(near)
            self.found[mine] = True
            once = np.count_nonzero(near) - before == len(mine)
        if once and rows.fault is None and (self.join.drop_unmatched or len(mine) == len(partners)):
            return None
        earlier[np.setdiff1d(np.arange(len(mine)), np.unique(mine, return_index=True)[1], assume_unique=True)] = True
        wrong = np.flatnonzero(partners >= 0)[earlier][:1].tolist()
        if not self.join.drop_unmatched:
            wrong += np.flatnonzero((partners < 0) & rows.keep)[:1].tolist()
        if not wrong or (rows.fault is not None and rows.fault.row <= min(wrong)):
            return rows.fault
        row = min(wrong)
        twice = partners[row] >= 0
        what = "occurs twice" if twice else f"is not in {self.held.table.name}; {DROP_HINT}"
        return RowError(row, "row", None, f"the key {rows.shown(row)} {what}")

    def rest(self) -> Block:
        """A block of the rows that LABELS has left, none of which counts."""
        self._judge_numbers()
        held, preds = self.held, self.preds
        left = np.flatnonzero(~self.found)
        alone = left[held.keep[left]]
        if len(alone) and not self.join.drop_unmatched:
            where, key = held.location(int(alone[0])), held.rows.shown(int(alone[0]))
            raise DataError(f"{where}: the key {key} is not in {preds.name}; {DROP_HINT}")
        weighted = held.weights is not None or preds.schema.columns.weight is not None
        return Block(
            rows=len(left),
            lines=0,
            labels=tuple(take_cells(column, left) for column in held.labels),
            preds=np.broadcast_to(0.0, (len(left), preds.schema.width * max(1, len(preds.schema.models)))),
            weights=np.broadcast_to(0.0, len(left)) if weighted else None,
            extra=(_blank(len(left)),) * (extra_count(held.table) + extra_count(preds)),
            keep=np.zeros(len(left), dtype=bool),
            other_reasons={NO_PARTNER.key: len(alone)},
        )

    # --- keys that are one number in two spellings --------------------------------------------------------------------
    @cached_property
    def _all_usual(self) -> bool:
        """Whether the keys of LABELS are whole numbers as they are usually written: other texts are other numbers."""
        held = self.held
        if isinstance(held.index, NumberIndex):
            return True
        first = held.keyed[:_FEW]
        if not all(bool(are_usual(words.take(first, axis=0)).all()) for words in held.rows.keys):
            return False
        return all(bool(are_usual(words)[held.rows.keyed].all()) for words in held.rows.keys)

    @cached_property
    def _numbers(self) -> HashIndex | None:
        """These by their keys with one spelling for one whole number; None where one is none."""
        rows, keyed = self.held.rows, self.held.keyed
        if len(keyed) > _FEW and len(whole_keys(rows.columns, rows.keys, keyed[:_FEW])[1]):
            return None
        keys, other = whole_keys(rows.columns, rows.keys, keyed)
        return None if len(other) else HashIndex(keys, np.arange(len(keyed)))

    def _by_number(self, rows: KeyedRows, alone: Ints, block: Block) -> Ints:
        """The row of LABELS whose key is the same number as that of each of these rows, -1 for none."""
        found = np.full(len(alone), -1, dtype=np.intp)
        if self._all_usual and all(bool(are_usual(words[alone]).all()) for words in rows.keys):
            return found
        if self._numbers is None:
            return found
        keys, other = whole_keys(rows.columns, rows.keys, alone)
        if len(other) and self.no_number is None:
            row = int(alone[other[0]])
            self.no_number = f"{block.location(row)} has the key {rows.shown(row)}"
        place = self._numbers.rows(keys)
        place[other] = -1
        found[place >= 0] = self.held.keyed[place[place >= 0]]
        if self.by_number is None and (found >= 0).any():
            first = int((found >= 0).argmax())
            row, held = int(alone[first]), self.held.rows.shown(int(found[first]))
            self.by_number = f"{block.location(row)}: the key {rows.shown(row)} is {held} as a number"
        return found

    def _judge_numbers(self) -> None:
        """Refuse matches by number where not all keys are numbers, and keys of LABELS that are one number."""
        if self.by_number and self.no_number:
            raise DataError(f"{self.by_number}, but not all keys are numbers: {self.no_number}")
        if self._all_usual or self.no_number or self._numbers is None or not self._numbers.repeated:
            return
        held = self.held
        both = first_repeated(self._numbers.keys, np.arange(len(held.keyed)))
        first, again = held.keyed[list(both)].tolist()
        keys = f"{held.rows.shown(first)} and {held.rows.shown(again)}"
        raise DataError(f"{held.location(again)}: the keys {keys} are the same number, first in {held.location(first)}")
