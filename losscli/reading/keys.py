"""Keys of rows: their cells as bytes or as whole numbers, and which row has which key.

Two keys are the same where their texts are; `whole_keys` gives one spelling to one whole number.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Flags, Ints
from losscli.data.categorical import TEXT_BYTES, Categorical, packed, texts_of
from losscli.data.cells import whole_number
from losscli.records import record

Bits = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Keys = tuple[Bits, ...]  # of each key column its cells as words of eight bytes (n, count), zeros after their ends


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
    """A cell as bytes; one that is long or holds a NUL by a digest, after a byte that no text has."""
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
    text = (word << shift) | (_ZEROS >> (np.uint64(64) - shift))  # the digits at the word's end, after zeros
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

    A row stands there or in the next free slot. Its entry is its number and above that its mark, some lower bits of
    the hash: keys are compared, word by word, only where marks are equal.
    """

    def __init__(self, keys: Keys, rows: Ints) -> None:
        self.keys, self.repeated = keys, False
        bits = max(4, (2 * len(rows)).bit_length())
        self.shift, self.mask = np.uint64(64 - bits), (1 << bits) - 1
        self.row_bits = len(keys[0]).bit_length()
        self.table = np.full(1 << bits, -1, np.int32)
        entries, slots = np.empty(len(rows), np.int32), np.empty(len(rows), np.intp)
        for low in range(0, len(rows), _PART):
            part = slice(low, low + _PART)
            slots[part], marks = self._slots(tuple(words.take(rows[part], axis=0) for words in keys))
            entries[part] = marks << self.row_bits | rows[part]
            self.table[slots[part]] = entries[part]  # of those that have one slot, one keeps it
        while len(left := np.flatnonzero(self.table.take(slots) != entries)):
            entries, slots = entries[left], slots[left]
            there = self.table.take(slots)
            alike = np.flatnonzero((there ^ entries) >> self.row_bits == 0)
            pair = tuple(words.take(self._row(entries[alike]), axis=0) for words in keys)
            again = alike[are_equal(keys, self._row(there[alike]), pair)]
            if len(again):
                self.repeated = True
                entries, slots = np.delete(entries, again), np.delete(slots, again)
            slots = (slots + 1) & self.mask
            free = np.flatnonzero(self.table.take(slots) < 0)
            self.table[slots[free]] = entries[free]

    def _slots(self, keys: Keys) -> tuple[Ints, NDArray[np.int32]]:
        """The first slot of each key, and its mark."""
        found = hashes(keys)
        marks = found.astype(np.uint32) >> np.uint32(1 + self.row_bits)
        return (found >> self.shift).astype(np.intp), marks.view(np.int32)

    def _row(self, entries: NDArray[np.int32]) -> Ints:
        return (entries & ((1 << self.row_bits) - 1)).astype(np.intp)

    def rows(self, keys: Keys) -> Ints:
        """The row that has each of the keys, -1 for none."""
        found = np.full(len(keys[0]), -1, dtype=np.intp)
        if not len(self.keys[0]):
            return found
        slots, marks = self._slots(keys)
        at = np.arange(len(found))
        while len(at):  # rows that are still looked for
            there = self.table.take(slots)
            alike = np.flatnonzero(there >> self.row_bits == marks)
            row = self._row(there[alike])
            equal = are_equal(self.keys, row, tuple(words.take(at[alike], axis=0) for words in keys))
            found[at[alike]] = np.where(equal, row, -1)
            left = np.flatnonzero((there >= 0) & (found[at] < 0))
            at, slots, marks = at[left], (slots[left] + 1) & self.mask, marks[left]
        return found


@record(eq=False)  # arrays have no single answer to ==
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
    known = [part for part in map(_known, parts) if len(part)]
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


def _known(numbers: Numbers) -> Numbers:
    """The numbers of the rows that have a key; where these are all of them, without a copy."""
    return numbers[numbers >= 0] if numbers.min(initial=0) < 0 else numbers


def first_repeated(keys: Keys, rows: Ints) -> tuple[int, int]:
    """The first of these rows whose key has been there before, after the row with it; the keys don't all differ."""
    known: dict[tuple[bytes, ...], int] = {}
    both = ((known.setdefault(tuple(words[row].tobytes() for words in keys), row), row) for row in rows.tolist())
    return next((first, row) for first, row in both if first != row)
