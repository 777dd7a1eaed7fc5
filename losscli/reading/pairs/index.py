"""Keys as words of eight bytes: which rows of two tables have the same ones. The rule: a hash alone decides nothing.

A key is a matrix of words, (n, count), for each of its columns; keys are one just where their words are, words that one
matrix has beyond the other being zero.  Cells that are long, or hold a NUL, stand there by a digest of 31 bytes behind
a byte that no text has.  Rows are looked up by a hash, and every hit is compared word by word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from losscli.reading.blocks import Words
from losscli.reading.cells import TEXT_BYTES, packed, texts_of

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]
Keys = tuple[Bits, ...]

_ODD = np.array(0xD6E8FEB86659FD93, np.uint64)
_HALF = np.array(32, np.uint64)
_GOLDEN = 0x9E3779B97F4A7C15
_MOST_WORDS = 16  # of a column: those of the longest cell are fewer
_ZERO, _NINE = ord("0"), 9


def keys_of(columns: Sequence[Words]) -> Keys:
    """The keys of rows by the cells of these columns."""
    return tuple(_words(column).take(column.codes, axis=0) for column in columns)


def _words(column: Words) -> Bits:
    found = texts_of(column.vocabulary)
    return packed([_short(word) for word in column.vocabulary]) if found is None else found.words


def _short(word: str) -> bytes:
    raw = word.encode("utf-8", "surrogatepass")
    long = len(raw) > TEXT_BYTES or b"\0" in raw
    return b"\xff" + blake2b(raw, digest_size=31).digest() if long else raw


def chosen(keys: Keys, rows: Rows | Flags) -> Keys:
    """The keys of some of the rows."""
    return tuple(words[rows] for words in keys)


def usual(keys: Keys) -> Flags:
    """Which keys are whole numbers as they are usually written: different ones of these are different numbers."""
    found = np.ones(len(keys[0]), dtype=bool)
    for words in keys:
        raw = words.view(np.uint8)
        found &= (((raw - np.uint8(_ZERO)) <= _NINE) | (raw == 0)).all(axis=1)
        found &= (raw[:, 0] != _ZERO) | (raw[:, 1] == 0)
    return found


def hashes(keys: Keys) -> Bits:
    """A number of 64 bits for each key; words of zeros at a column's end make no difference."""
    found = np.zeros(len(keys[0]), np.uint64)
    for column, words in enumerate(keys):
        for at, word in enumerate(words.T):
            odd = (_GOLDEN * (2 * (column * _MOST_WORDS + at) + 1)) % 2**64
            mixed = word * np.array(odd, np.uint64)
            mixed ^= mixed >> _HALF
            mixed *= _ODD
            found += mixed
    return found


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class Index:
    """Rows by their keys: their numbers in the order of their hashes, and how many rows have one hash at most."""

    keys: Keys
    order: Rows
    hashes: Bits
    most: int

    def rows(self, keys: Keys) -> Rows:
        """The row that has each of the keys, -1 for none."""
        found = np.full(len(keys[0]), -1, dtype=np.intp)
        if not len(self.order):
            return found
        wanted = hashes(keys)
        turn = np.argsort(wanted)  # close ones one after the other, which are close in memory
        place = np.empty_like(found)
        place[turn] = np.searchsorted(self.hashes, wanted[turn])
        for step in range(self.most):
            row = self.order.take(place + step, mode="clip")
            np.copyto(found, row, where=_same(self.keys, row, keys))
        return found

    def twice(self) -> tuple[int, int] | None:
        """The first row whose key comes again, and the row where it does; None where all keys differ."""
        again = np.flatnonzero(self.hashes[1:] == self.hashes[:-1])
        rows = np.unique(self.order[np.concatenate([again, again + 1])])
        known: dict[tuple[bytes, ...], int] = {}
        found = None
        for row in rows.tolist():
            first = known.setdefault(tuple(words[row].tobytes() for words in self.keys), row)
            if first != row and (found is None or first < found[0]):
                found = first, row
        return found


def indexed(keys: Keys, rows: Rows) -> Index:
    """The index of these rows of the keys."""
    found = hashes(chosen(keys, rows))
    turn = np.argsort(found)
    found = found[turn]
    ends = np.flatnonzero(np.append(found[1:] != found[:-1], True))
    most = int(np.diff(ends, prepend=-1).max(initial=1)) if len(found) else 0
    return Index(keys, rows[turn], found, most)


def _same(held: Keys, row: Rows, keys: Keys) -> Flags:
    """Where the keys are those of the rows of others."""
    found = np.ones(len(row), dtype=bool)
    for words, other in zip(held, keys, strict=True):
        mine, both = words.take(row, axis=0), min(words.shape[1], other.shape[1])
        found &= (mine[:, :both] == other[:, :both]).all(axis=1)
        found &= ~mine[:, both:].any(axis=1)
        found &= ~other[:, both:].any(axis=1)
    return found
