"""LABELS and PREDS joined by the cells of key columns, in any order of rows. LABELS is held in memory, PREDS streamed.

Keys are compared as text; as whole numbers (`7`, `7.0` and `007` are one) only where the keys of both tables are whole
numbers throughout. Rows come out in the order of PREDS. A key that stands twice is an error, and so is one that only
one table has, unless such rows are to be left out and counted. A row that is dropped for a missing value takes its
partner along; one whose key is missing has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block, Side, cut_short
from losscli.data.categorical import (
    TEXT_BYTES,
    Array,
    Categorical,
    Column,
    Flags,
    Ints,
    as_words,
    missing_words,
    packed,
    stacked,
    taken,
    texts_of,
)
from losscli.data.cells import whole_number
from losscli.data.columns import KEY
from losscli.data.reasons import NO_PARTNER
from losscli.data.table import Chunk, Reader, Table, raised
from losscli.engines.local import in_threads
from losscli.errors import DataError, Location, RowError, shown

Bits = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Keys = tuple[Bits, ...]  # of each key column its cells as words of eight bytes (n, count), zeros behind their ends

DROP_HINT = "--unmatched drop leaves such rows out"


# --- keys as bytes ----------------------------------------------------------------------------------------------------
def keys_of(columns: Sequence[Categorical]) -> Keys:
    """The keys of rows by the cells of these columns; two are equal just where their texts are."""
    found = []
    for column in columns:
        texts = texts_of(column.categories)
        words = packed(list(map(_short, column.categories))) if texts is None else texts.words
        found.append(_chosen(words, column.codes))
    return tuple(found)


def _short(text: str) -> bytes:
    """A cell as bytes; one that is long or holds a NUL by a digest, behind a byte that no text has."""
    raw = text.encode("utf-8", "surrogatepass")
    long = len(raw) > TEXT_BYTES or b"\0" in raw
    return b"\xff" + blake2b(raw, digest_size=31).digest() if long else raw


def _chosen(words: Bits, rows: Ints) -> Bits:
    """Some of the rows; where these are all of them, without a copy."""
    every = len(rows) == len(words) and bool((rows == np.arange(len(rows))).all())
    return words if every else words.take(rows, axis=0)


def are_equal(held: Keys, rows: Ints, keys: Keys) -> Flags:
    """Where the keys are those of these rows of others."""
    found = np.ones(len(rows), dtype=bool)
    for words, other in zip(held, keys, strict=True):
        mine = words.take(rows, axis=0)
        both = min(mine.shape[1], other.shape[1])
        for at in range(both):
            found &= mine[:, at] == other[:, at]
        for beyond in (*mine.T[both:], *other.T[both:]):
            found &= beyond == 0
    return found


_PART = 1 << 14  # rows whose words stay in a processor's cache
_ODD, _HALF, _GOLDEN = np.uint64(0xD6E8FEB86659FD93), np.uint64(32), 0x9E3779B97F4A7C15
_MOST_WORDS = 16  # of a column: those of the longest cell are fewer


def hashes(keys: Keys) -> Bits:
    """A number of 64 bits for each key; words of zeros at a column's end make no difference."""
    found = np.zeros(len(keys[0]), np.uint64)
    for low in range(0, len(found), _PART):
        part = found[low : low + _PART]
        for column, words in enumerate(keys):
            for at, word in enumerate(words[low : low + _PART].T):
                mixed = word * np.uint64((_GOLDEN * (2 * (column * _MOST_WORDS + at) + 1)) % 2**64)
                mixed ^= mixed >> _HALF
                mixed *= _ODD
                part += mixed
        part ^= part >> _HALF
        part *= _ODD
    return found


# --- keys as whole numbers --------------------------------------------------------------------------------------------
_BYTE = np.uint64(8)
_ZEROS = np.uint64(0x3030303030303030)
_TENS = 10 ** np.arange(9, dtype=np.uint64)


def plain_numbers(words: Bits) -> Numbers:
    """Cells as numbers: whole ones of up to 16 digits without sign or leading zeros, as most ids are; -1 for others."""
    values = np.empty(len(words), np.int64)
    for low in range(0, len(words), _PART):
        part = words[low : low + _PART]
        found, fit, length = _eight_digits(part[:, 0])
        fit &= (length > 0) & ((part[:, 0] & np.uint64(0xFF) != np.uint64(0x30)) | (length == 1))
        if part.shape[1] > 1:
            rest, fit_too, more = _eight_digits(part[:, 1])
            fit &= fit_too & ((length == 8) | (more == 0))
            found = found * _TENS[more] + rest
            fit &= (part[:, 2:] == 0).all(axis=1)
        found.view(np.int64)[~fit] = -1
        values[low : low + _PART] = found.view(np.int64)
    return values


def _eight_digits(word: Bits) -> tuple[Bits, Flags, Ints]:
    """The number that up to eight digits in a word are, whether they are digits, and how many bytes there are."""
    exponent = word.astype(np.float64).view(np.int64) >> 52  # 1023 and the place of the uppermost bit
    length = np.minimum((exponent - 1015) >> 3, 8)
    length[word == 0] = 0
    shift = _BYTE * (_BYTE - length.view(np.uint64))
    text = (word << shift) | (_ZEROS >> (np.uint64(64) - shift))  # the digits at the word's end, behind zeros
    odd = ((text + np.uint64(0x4646464646464646)) | (text - _ZEROS)) & np.uint64(0x8080808080808080)
    value = text & np.uint64(0x0F0F0F0F0F0F0F0F)
    value = (value * np.uint64(10) + (value >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    value = (value * np.uint64(100) + (value >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    value = (value * np.uint64(10000) + (value >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return value, odd == 0, length


def are_usual(words: Bits) -> Flags:
    """Which cells are whole numbers of any size, without sign or leading zeros."""
    found = np.empty(len(words), dtype=bool)
    for low in range(0, len(words), _PART):
        raw = words[low : low + _PART].view(np.uint8)
        digits = ((raw - np.uint8(ord("0"))) <= 9) | (raw == 0)
        leading = (raw[:, 0] == 0) | ((raw[:, 0] == ord("0")) & (raw[:, 1] != 0))
        found[low : low + _PART] = digits.all(axis=1) & ~leading
    return found


def whole_keys(columns: Sequence[Categorical], keys: Keys, rows: Ints) -> tuple[Keys, Ints]:
    """The keys of some rows with one spelling for one whole number, and which of these rows have none.

    `7.0`, `007` and `+7` become `7`; no exponent is a whole number's, and nothing is rounded.
    """
    found, other = [], np.zeros(len(rows), dtype=bool)
    for column, words in zip(columns, keys, strict=True):
        own = words.take(rows, axis=0)
        raw = own.view(np.uint8)
        length = np.count_nonzero(raw, axis=1)
        long = np.flatnonzero(length > 2)
        ends = length[long]
        cut = long[(raw[long, ends - 1] == ord("0")) & (raw[long, ends - 2] == ord("."))]
        for back in (1, 2):  # `.0` at the end, as floats are written
            raw[cut, length[cut] - back] = 0
        odd = np.flatnonzero(~are_usual(own))
        texts = [whole_number(column.categories[int(column.codes[row])]) for row in rows[odd].tolist()]
        other[odd[[text is None for text in texts]]] = True
        spelled = packed([_short(text or "") for text in texts])
        if spelled.shape[1] > own.shape[1]:
            own = np.pad(own, ((0, 0), (0, spelled.shape[1] - own.shape[1])))
        own[odd] = 0
        own[odd, : spelled.shape[1]] = spelled
        found.append(own)
    return tuple(found), np.flatnonzero(other)


# --- rows by their keys -----------------------------------------------------------------------------------------------
class HashIndex:
    """Rows by their keys: a table of twice as many slots by the upper bits of the hash of a key.

    A row stands there or in the next free slot; each hit is compared word by word.
    """

    def __init__(self, keys: Keys, rows: Ints) -> None:
        self.keys, self.repeated = keys, False
        bits = max(4, (2 * len(rows)).bit_length())
        self.shift, self.mask = np.uint64(64 - bits), (1 << bits) - 1
        self.table = np.full(1 << bits, -1, np.int32)
        wanted = tuple(_chosen(words, rows) for words in keys)
        slots = self._slots(wanted)
        while len(rows):
            free = self.table[slots] < 0
            self.table[slots[free]] = rows[free]
            left = np.flatnonzero(self.table[slots] != rows)
            rows, slots, wanted = rows[left], slots[left], tuple(words[left] for words in wanted)
            again = are_equal(keys, self.table[slots].astype(np.intp), wanted)
            if again.any():
                self.repeated = True
                rows, slots, wanted = rows[~again], slots[~again], tuple(words[~again] for words in wanted)
            slots = (slots + 1) & self.mask

    def _slots(self, keys: Keys) -> Ints:
        return (hashes(keys) >> self.shift).astype(np.intp)

    def rows(self, keys: Keys) -> Ints:
        """The row that has each of the keys, -1 for none."""
        found = np.full(len(keys[0]), -1, dtype=np.intp)
        if not len(self.keys[0]):
            return found
        at, slots = np.arange(len(found)), self._slots(keys)
        while len(at):  # rows that are still looked for
            row = self.table[slots]
            taken = row >= 0
            equal = taken & are_equal(self.keys, np.maximum(row, 0), keys)
            found[at[equal]] = row[equal]
            left = np.flatnonzero(taken & ~equal)
            at, slots, keys = at[left], (slots[left] + 1) & self.mask, tuple(words[left] for words in keys)
        return found


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class NumberIndex:
    """Rows by keys that are whole numbers of a dense range: the row of each number from `low` on, -1 for none."""

    low: int
    table: NDArray[np.int32]
    repeated: bool

    def rows(self, numbers: Numbers) -> Ints:
        """The row that has each of the keys, -1 for none."""
        at = numbers - self.low
        known = (at >= 0) & (at < len(self.table))
        found = self.table[np.where(known, at, 0)].astype(np.intp)
        found[~known] = -1
        return found


def number_index(parts: Sequence[Numbers]) -> NumberIndex | None:
    """An index of rows by their numbers, -1 for a row without a key; None where the numbers are far apart."""
    known = [part for part in (numbers[numbers >= 0] for numbers in parts) if len(part)]
    count = sum(map(len, known))
    low, high = min((int(part.min()) for part in known), default=0), max((int(part.max()) for part in known), default=0)
    if not known or high - low > 4 * count + 4096:
        return None
    table, before = np.full(high - low + 1, -1, np.int32), 0
    for numbers in parts:
        keyed = np.flatnonzero(numbers >= 0) if numbers.min(initial=0) < 0 else slice(None)
        table[numbers[keyed] - low] = np.arange(before, before + len(numbers), dtype=np.int32)[keyed]
        before += len(numbers)
    return NumberIndex(low, table, int(np.count_nonzero(table >= 0)) < count)


def first_repeated(keys: Keys, rows: Ints) -> tuple[int, int]:
    """The first of these rows whose key has been there before, behind the row with it; the keys don't all differ."""
    known: dict[tuple[bytes, ...], int] = {}
    both = ((known.setdefault(tuple(words[row].tobytes() for words in keys), row), row) for row in rows.tolist())
    return next((first, row) for first, row in both if first != row)


# --- tables with keys -------------------------------------------------------------------------------------------------
_FEW = 100  # rows in which it mostly shows whether keys are numbers


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class HeldTable:
    """LABELS in memory: its keys block by block, its other cells, and the blocks that say where each row stands."""

    table: Table
    parts: tuple[KeyedRows, ...]
    keep: Flags
    keyed: Flags
    labels: tuple[Column, ...]
    weights: Array | None
    extra: tuple[Categorical | None, ...]  # None: wanted for the key alone
    blocks: tuple[Block, ...]

    @cached_property
    def rows(self) -> KeyedRows:
        """All rows."""
        columns = tuple(map(_stacked_words, zip(*(part.columns for part in self.parts), strict=True)))
        columns = columns or (as_words([]),) * len(self.table.schema.extra[KEY])
        return KeyedRows(columns, keys_of(columns), self.keep, self.keyed)

    @cached_property
    def index(self) -> NumberIndex | HashIndex:
        """The rows that have a key, by it."""
        numbers = [part.numbers for part in self.parts if part.numbers is not None]
        if len(numbers) == len(self.parts) and np.array_equal(np.concatenate([*numbers, []]) >= 0, self.keyed):
            found = number_index(numbers)
            if found is not None:
                return found
        return HashIndex(self.rows.keys, np.flatnonzero(self.keyed))

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


def _stacked_words(columns: Sequence[Column]) -> Categorical:
    found = stacked(columns)
    assert isinstance(found, Categorical)
    return found


def held_table(table: Table, drop: bool, threads: int) -> HeldTable:
    """All of a table; DataError at the first fault of it, and where a key stands twice."""
    blocks: list[Block] = []
    parts: list[KeyedRows] = []
    for block, rows in in_threads(lambda chunk: _with_keys(table, chunk, drop), table.chunks(), threads):
        block = block.behind(blocks[-1].end if blocks else None)
        fault = rows.fault or block.fault
        if fault is not None:
            raise block.error(fault)
        blocks.append(block)
        parts.append(rows)
    nothing = np.zeros(0, dtype=bool)
    others = {at for purpose, columns in table.schema.extra.items() if purpose != KEY for _, at in columns}
    weights = [block.weights for block in blocks if block.weights is not None]
    held = HeldTable(
        table,
        tuple(parts),
        np.concatenate([nothing, *(part.keep for part in parts)]),
        np.concatenate([nothing, *(part.keyed for part in parts)]),
        tuple(stacked([block.labels[at] for block in blocks]) for at in range(table.schema.label_width)),
        np.concatenate(weights) if weights else None,
        tuple(
            _stacked_words([block.extra[at] for block in blocks]) if at in others and blocks else None
            for at in range(extra_count(table))
        ),
        tuple(block.bare() for block in blocks),
    )
    if held.index.repeated:
        first, again = first_repeated(held.rows.keys, np.flatnonzero(held.keyed))
        raise DataError(
            f"{held.location(again)}: the key {held.rows.shown(first)} occurs twice, first in {held.location(first)}"
        )
    return held


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
@dataclass(frozen=True)
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
                block = block.behind(end)
                end = block.end
                fault, chunk = matching.matched(block, rows, partners)
                yield chunk
                if fault is not None:
                    return
            rest = matching.rest()
            yield lambda: rest
        except DataError as error:
            yield partial(raised, error)  # in its turn, behind the rows before it

    def close(self) -> None:
        self.labels.close()
        self.preds.close()


class _Matching:
    """A join on its way: which rows of LABELS have a partner, and what was matched as a number."""

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
            labels=tuple(taken(column, partners) for column in labels),
            weights=block.weights if held.weights is None else held.weights[partners],
            extra=(*(_blank(block.rows) if words is None else words.taken(partners) for words in extra), *block.extra),
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
            labels=tuple(taken(column, left) for column in held.labels),
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
        return all(bool(are_usual(words)[held.keyed].all()) for words in held.rows.keys)

    @cached_property
    def _keyed(self) -> Ints:
        """The rows of LABELS that have a key."""
        return np.flatnonzero(self.held.keyed)

    @cached_property
    def _number_keys(self) -> Keys | None:
        """Their keys with one spelling for one whole number; None where one is none."""
        rows = self.held.rows
        if len(self._keyed) > _FEW and len(whole_keys(rows.columns, rows.keys, self._keyed[:_FEW])[1]):
            return None
        keys, other = whole_keys(rows.columns, rows.keys, self._keyed)
        return None if len(other) else keys

    @cached_property
    def _numbers(self) -> HashIndex | None:
        """These by their keys as whole numbers."""
        return None if self._number_keys is None else HashIndex(self._number_keys, np.arange(len(self._keyed)))

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
        found[place >= 0] = self._keyed[place[place >= 0]]
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
        assert self._number_keys is not None
        first, again = self._keyed[list(first_repeated(self._number_keys, np.arange(len(self._keyed))))].tolist()
        held = self.held
        keys = f"{held.rows.shown(first)} and {held.rows.shown(again)}"
        raise DataError(f"{held.location(again)}: the keys {keys} are the same number, first in {held.location(first)}")
