"""LABELS and PREDS joined by the cells of key columns, in any order of rows. LABELS is held in memory, PREDS streamed.

Keys are compared as text; as whole numbers (`7`, `7.0` and `007` are one) only where the keys of both tables are whole
numbers throughout. Rows come out in the order of PREDS. A key that stands twice is an error, and so is one that only
one table has, unless such rows are to be left out and counted. A row that is dropped for a missing value takes its
partner along.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block, Side, cut_short, placed
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
from losscli.data.table import Chunk, Reader, Table
from losscli.engines.local import in_threads
from losscli.errors import DataError, Location, RowError, shown

Bits = NDArray[np.uint64]
Keys = tuple[Bits, ...]  # of each key column its cells as words of eight bytes (n, count), zeros behind their ends

DROP_HINT = "--unmatched drop leaves such rows out"


# --- keys -------------------------------------------------------------------------------------------------------------
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


# --- whole numbers ----------------------------------------------------------------------------------------------------
_BYTE = np.uint64(8)
_ZEROS = np.uint64(0x3030303030303030)
_TENS = 10 ** np.arange(9, dtype=np.uint64)


def plain_numbers(words: Bits) -> tuple[NDArray[np.int64], Flags]:
    """Cells as numbers, and which are: whole ones of up to 16 digits without sign or leading zeros, as most ids are."""
    values = np.zeros(len(words), np.int64)
    plain = np.zeros(len(words), dtype=bool)
    for low in range(0, len(words), _PART):
        part = words[low : low + _PART]
        found, fit, length = _eight_digits(part[:, 0])
        fit &= (length > 0) & ((part[:, 0] & np.uint64(0xFF) != np.uint64(0x30)) | (length == 1))
        if part.shape[1] > 1:
            rest, fit_too, more = _eight_digits(part[:, 1])
            fit &= fit_too & ((length == 8) | (more == 0))
            found = found * _TENS[more] + rest
            fit &= (part[:, 2:] == 0).all(axis=1)
        values[low : low + _PART] = found.view(np.int64)
        plain[low : low + _PART] = fit
    return values, plain


def _eight_digits(word: Bits) -> tuple[Bits, Flags, NDArray[np.intp]]:
    """The number that up to eight digits in a word are, whether they are digits, and how many bytes there are."""
    length = np.zeros(len(word), np.uint64)
    for at in range(8):
        length += word >= np.uint64(1 << 8 * at)
    shift = _BYTE * (_BYTE - length)
    text = (word << shift) | (_ZEROS >> (np.uint64(64) - shift))  # the digits at the word's end, behind zeros
    odd = ((text + np.uint64(0x4646464646464646)) | (text - _ZEROS)) & np.uint64(0x8080808080808080)
    value = text & np.uint64(0x0F0F0F0F0F0F0F0F)
    value = (value * np.uint64(10) + (value >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    value = (value * np.uint64(100) + (value >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    value = (value * np.uint64(10000) + (value >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return value, odd == 0, length.astype(np.intp)


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
        _cut_point_zero(own)
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


def _cut_point_zero(words: Bits) -> None:
    """Cut `.0` off cells that end with it, in place."""
    raw = words.view(np.uint8)
    length = np.count_nonzero(raw, axis=1)
    long = np.flatnonzero(length > 2)
    ends = length[long]
    cut = long[(raw[long, ends - 1] == ord("0")) & (raw[long, ends - 2] == ord("."))]
    for back in (1, 2):
        raw[cut, length[cut] - back] = 0


# --- rows by their keys -----------------------------------------------------------------------------------------------
class Index:
    """The rows of a table by their keys.

    Whole numbers in a dense range are places in a table. Other keys are found in a table of twice as many slots by the
    upper bits of their hash, and from there on in the next slots up to an empty one; each hit is compared word by word.
    """

    def __init__(self, keys: Keys, rows: Ints) -> None:
        self.keys, self.indexed = keys, rows
        self.low: int | None = None
        self.repeated = False
        if not self._as_places():
            self._as_slots()

    def _as_places(self) -> bool:
        if len(self.keys) > 1 or not len(self.indexed):
            return False
        values, plain = plain_numbers(_chosen(self.keys[0], self.indexed))
        if not plain.all():
            return False
        low, high = int(values.min()), int(values.max())
        if high - low > 4 * len(values) + 4096:
            return False
        self.low, self.table = low, np.full(high - low + 1, -1, np.int32)
        self.table[values - low] = self.indexed
        self.repeated = int(np.count_nonzero(self.table >= 0)) < len(values)
        return True

    def _as_slots(self) -> None:
        bits = max(4, (2 * len(self.indexed)).bit_length())
        self.shift, self.mask = np.uint64(64 - bits), (1 << bits) - 1
        self.table = np.full(1 << bits, -1, np.int32)
        keys = tuple(_chosen(words, self.indexed) for words in self.keys)
        rows, slots = self.indexed, self._slots(keys)
        while len(rows):
            free = self.table[slots] < 0
            self.table[slots[free]] = rows[free]
            left = np.flatnonzero(self.table[slots] != rows)
            rows, slots, keys = rows[left], slots[left], tuple(words[left] for words in keys)
            again = are_equal(self.keys, self.table[slots].astype(np.intp), keys)
            if again.any():
                self.repeated = True
                rows, slots, keys = rows[~again], slots[~again], tuple(words[~again] for words in keys)
            slots = (slots + 1) & self.mask

    def _slots(self, keys: Keys) -> Ints:
        return (hashes(keys) >> self.shift).astype(np.intp)

    def rows(self, keys: Keys) -> Ints:
        """The row that has each of the keys, -1 for none."""
        if self.low is not None:
            values, plain = plain_numbers(keys[0])
            values -= self.low
            plain &= (values >= 0) & (values < len(self.table))
            return np.where(plain, self.table[np.where(plain, values, 0)], -1).astype(np.intp)
        found = np.full(len(keys[0]), -1, dtype=np.intp)
        if not len(self.indexed):
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

    def twice(self) -> tuple[int, int] | None:
        """The first row whose key has been there before, behind the row with it; None where all keys differ."""
        if not self.repeated:
            return None
        known: dict[tuple[bytes, ...], int] = {}
        for row in self.indexed.tolist():
            first = known.setdefault(tuple(words[row].tobytes() for words in self.keys), row)
            if first != row:
                return first, row
        return None


# --- tables with keys -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class KeyedRows:
    """Rows with their key columns: which count, which have a key, and the first that counts and has none."""

    columns: tuple[Categorical, ...]
    keep: Flags
    keyed: Flags
    fault: RowError | None = None

    @cached_property
    def keys(self) -> Keys:
        """The keys of the rows."""
        return keys_of(self.columns)

    def shown(self, row: int) -> str:
        """A row's key, for a message."""
        return ", ".join(shown(column.categories[int(column.codes[row])]) for column in self.columns)


def keyed_rows(table: Table, block: Block) -> KeyedRows:
    """The rows of a block with their keys; a dropped row has one too, unless its key is missing."""
    keep = np.ones(block.rows, dtype=bool) if block.keep is None else block.keep
    keyed, fault = np.ones(block.rows, dtype=bool), None
    places = [at for _, at in table.schema.extra[KEY]]
    for at in places:
        missing = missing_words(block.extra[at].categories)
        if missing.any():
            gone = missing[block.extra[at].codes]
            keyed &= ~gone
            first = np.flatnonzero(gone & keep)[:1]
            if len(first) and (fault is None or first[0] < fault.row):
                fault = RowError(int(first[0]), "extra", at, "the key is missing")
    return KeyedRows(tuple(block.extra[at] for at in places), keep, keyed, fault)


@dataclass(frozen=True, eq=False)
class HeldTable:
    """LABELS in memory: its rows by their keys, their cells, and the blocks that say where each row stands."""

    table: Table
    rows: KeyedRows
    index: Index
    labels: tuple[Column, ...]
    weights: Array | None
    extra: tuple[Categorical, ...]
    blocks: tuple[Block, ...]

    def location(self, row: int) -> Location:
        """Where a row stands."""
        return Side(self.blocks, (row,)).location(0, "row", None)


def held_table(table: Table, threads: int) -> HeldTable:
    """All of a table; DataError at the first fault of it, and where a key stands twice."""
    blocks: list[Block] = []
    parts: list[KeyedRows] = []
    for block in placed(in_threads(lambda chunk: chunk(), table.chunks(), threads)):
        rows = keyed_rows(table, block)
        fault = rows.fault or block.fault
        if fault is not None:
            raise block.error(fault)
        blocks.append(block)
        parts.append(rows)
    nothing = np.zeros(0, dtype=bool)
    extra = (as_words([]),) * extra_count(table)
    if blocks:
        columns = (stacked(column) for column in zip(*(block.extra for block in blocks), strict=True))
        extra = tuple(words for words in columns if isinstance(words, Categorical))
    weights = [block.weights for block in blocks if block.weights is not None]
    rows = KeyedRows(
        tuple(extra[at] for _, at in table.schema.extra[KEY]),
        np.concatenate([nothing, *(part.keep for part in parts)]),
        np.concatenate([nothing, *(part.keyed for part in parts)]),
    )
    held = HeldTable(
        table,
        rows,
        Index(rows.keys, np.flatnonzero(rows.keyed)),
        tuple(stacked([block.labels[at] for block in blocks]) for at in range(table.schema.label_width)),
        np.concatenate(weights) if weights else None,
        extra,
        tuple(block.bare() for block in blocks),
    )
    twice = held.index.twice()
    if twice is not None:
        first, again = map(held.location, twice)
        raise DataError(f"{again}: the key {rows.shown(twice[0])} stands twice, first in {first}")
    return held


def extra_count(table: Table) -> int:
    """How many columns of text a table's blocks have."""
    return len({at for columns in table.schema.extra.values() for _, at in columns})


# --- the join ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Join(Reader):
    """Reads two tables joined by their key columns; `drop` leaves out rows without a partner."""

    labels: Table
    preds: Table
    drop: bool
    threads: int

    def chunks(self) -> Iterator[Chunk]:
        """The joined rows, block by block in the order of PREDS; at the end what LABELS has left."""
        try:
            state = _State(held_table(self.labels, self.threads), self.preds, self.drop)
            end = None
            for block, rows, partners in in_threads(state.looked_up, self.preds.chunks(), self.threads):
                block = block.behind(end)
                end = block.end
                fault, chunk = state.matched(block, rows, partners)
                yield chunk
                if fault is not None:
                    return
            rest = state.rest()
            yield lambda: rest
        except DataError as error:
            yield partial(_raised, error)  # in its turn, behind the rows before it

    def close(self) -> None:
        self.labels.close()
        self.preds.close()


def _raised(error: DataError) -> Block:
    raise error


_FEW = 100  # rows in which keys that are no numbers mostly show


class _State:
    """A join on its way: which rows of LABELS have a partner, and what was matched as a number."""

    def __init__(self, held: HeldTable, preds: Table, drop: bool) -> None:
        self.held, self.preds, self.drop = held, preds, drop
        self.partner = np.full(len(held.rows.keep), -1, np.int32)  # of each held row, its row in a block of PREDS
        self.all_kept = bool(held.rows.keep.all())
        self.by_number: str | None = None  # the first match that is one by number only, and where
        self.no_number: str | None = None  # the first key of PREDS without a partner that is no number, and where

    def looked_up(self, chunk: Chunk) -> tuple[Block, KeyedRows, Ints]:
        """A block of PREDS, its keys, and the row of LABELS with the same key, -1 for none; in any thread."""
        block = chunk()
        rows = keyed_rows(self.preds, block)
        partners = self.held.index.rows(rows.keys)
        if not rows.keyed.all():
            partners[~rows.keyed] = -1
        return block, rows, partners

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
        if not len(held.rows.keep):  # then no row of PREDS counts, whatever its cells are
            labels, extra = (np.zeros(1),) * len(labels), (as_words([""]),) * len(extra)
        if partners.min(initial=0) < 0:
            found = partners >= 0
            unmatched = int(np.count_nonzero(keep & ~found))
            keep, partners = keep & found, np.maximum(partners, 0)
        if not self.all_kept:
            keep = keep & held.rows.keep[partners]
        parts = ("label",) if held.weights is None else ("label", "weight")
        return replace(
            block,
            labels=tuple(taken(column, partners) for column in labels),
            weights=block.weights if held.weights is None else held.weights[partners],
            extra=(*(words.taken(partners) for words in extra), *block.extra),
            keep=None if keep.all() else keep,
            fault=fault,
            other_reasons={NO_PARTNER.key: unmatched},
            sides={part: Side(held.blocks, partners) for part in parts},
        )

    def _wrong(self, partners: Ints, rows: KeyedRows) -> RowError | None:
        """The first row whose key is missing, has no partner, where that is an error, or has had it already."""
        mine = partners if partners.min(initial=0) >= 0 else partners[partners >= 0]
        place = np.arange(len(mine), dtype=np.int32)
        earlier = self.partner[mine]
        self.partner[mine] = place
        once = earlier.max(initial=-1) < 0 and np.array_equal(self.partner[mine], place)
        if once and rows.fault is None and (self.drop or len(mine) == len(partners)):
            return None
        found = np.flatnonzero(partners >= 0)
        again = earlier >= 0
        again[np.setdiff1d(place, np.unique(mine, return_index=True)[1], assume_unique=True)] = True
        wrong = found[again][:1].tolist()
        if not self.drop:
            wrong += np.flatnonzero((partners < 0) & rows.keep)[:1].tolist()
        if not wrong or (rows.fault is not None and rows.fault.row <= min(wrong)):
            return rows.fault
        row = min(wrong)
        twice = partners[row] >= 0
        what = "stands twice" if twice else f"is not in {self.held.table.name}; {DROP_HINT}"
        return RowError(row, "row", None, f"the key {rows.shown(row)} {what}")

    def rest(self) -> Block:
        """A block of the rows that LABELS has left, none of which counts."""
        self._judge_numbers()
        rows, preds = self.held.rows, self.preds
        left = np.flatnonzero(self.partner < 0)
        alone = left[rows.keep[left]]
        if len(alone) and not self.drop:
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
            other_reasons={NO_PARTNER.key: len(alone)},
        )

    # --- keys that are whole numbers ----------------------------------------------------------------------------------
    @cached_property
    def _all_usual(self) -> bool:
        """Whether the keys of LABELS are whole numbers as they are usually written: other texts are other numbers."""
        held = self.held
        if held.index.low is not None:
            return True
        return all(bool(are_usual(words)[held.rows.keyed].all()) for words in held.rows.keys)

    @cached_property
    def _numbers(self) -> Index | None:
        """The rows of LABELS by their keys as whole numbers; None where one is none."""
        rows = np.flatnonzero(self.held.rows.keyed)
        if len(rows) > _FEW and len(whole_keys(self.held.rows.columns, self.held.rows.keys, rows[:_FEW])[1]):
            return None
        keys, other = whole_keys(self.held.rows.columns, self.held.rows.keys, rows)
        return None if len(other) else Index(keys, np.arange(len(rows)))

    def _by_number(self, rows: KeyedRows, alone: Ints, block: Block) -> Ints:
        """The row of LABELS whose key is the same number as that of each of these rows, -1 for none."""
        found = np.full(len(alone), -1, dtype=np.intp)
        if (
            self._all_usual and all(bool(are_usual(words[alone]).all()) for words in rows.keys)
        ) or self._numbers is None:
            return found
        keys, other = whole_keys(rows.columns, rows.keys, alone)
        if len(other) and self.no_number is None:
            row = int(alone[other[0]])
            self.no_number = f"{block.location(row)} has the key {rows.shown(row)}"
        place = self._numbers.rows(keys)
        place[other] = -1
        found[place >= 0] = np.flatnonzero(self.held.rows.keyed)[place[place >= 0]]
        if self.by_number is None and (found >= 0).any():
            first = int((found >= 0).argmax())
            row, held = int(alone[first]), self.held.rows.shown(int(found[first]))
            self.by_number = f"{block.location(row)}: the key {rows.shown(row)} is {held} as a number"
        return found

    def _judge_numbers(self) -> None:
        """Refuse matches by number where not all keys are numbers, and keys of LABELS that are one number."""
        if self.by_number and self.no_number:
            raise DataError(f"{self.by_number}, and not all keys are numbers: {self.no_number}")
        if self._all_usual or self.no_number or self._numbers is None:
            return
        twice = self._numbers.twice()
        if twice is not None:
            first, again = np.flatnonzero(self.held.rows.keyed)[list(twice)].tolist()
            keys = f"{self.held.rows.shown(first)} and {self.held.rows.shown(again)}"
            raise DataError(
                f"{self.held.location(again)}: the keys {keys} are one number, first in {self.held.location(first)}"
            )
