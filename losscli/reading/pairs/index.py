"""Keys as words of eight bytes: which rows of two tables have the same ones. The rule: a hash alone decides nothing.

A key is a matrix of words, (n, count), for each of its columns; keys are one just where their words are, words that one
matrix has beyond the other being zero.  Cells that are long, or hold a NUL, stand there by a digest of 31 bytes behind
a byte that no text has.  Rows are looked up by a hash, and every hit is compared word by word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Categorical
from losscli.data.cells import TEXT_BYTES, packed, texts_of

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]
Keys = tuple[Bits, ...]

_ODD = np.array(0xD6E8FEB86659FD93, np.uint64)
_HALF = np.array(32, np.uint64)
_GOLDEN = 0x9E3779B97F4A7C15
_MOST_WORDS = 16  # of a column: those of the longest cell are fewer
_PART = 1 << 14  # rows
_ZERO, _NINE = ord("0"), 9


def keys_of(columns: Sequence[Categorical]) -> Keys:
    """The keys of rows by the cells of these columns."""
    return tuple(_chosen(_words(column), column.codes) for column in columns)


def _words(column: Categorical) -> Bits:
    found = texts_of(column.categories)
    return packed([_short(word) for word in column.categories]) if found is None else found.words


def _short(word: str) -> bytes:
    raw = word.encode("utf-8", "surrogatepass")
    long = len(raw) > TEXT_BYTES or b"\0" in raw
    return b"\xff" + blake2b(raw, digest_size=31).digest() if long else raw


def chosen(keys: Keys, rows: Rows) -> Keys:
    """The keys of some of the rows."""
    return tuple(_chosen(words, rows) for words in keys)


def _chosen(words: Bits, rows: Rows) -> Bits:
    """Some of the rows, which may be all of them: millions are not copied for nothing."""
    every = len(rows) == len(words) and bool((rows == np.arange(len(rows))).all())
    return words if every else words.take(rows, axis=0)


def parts(keys: Keys) -> Iterator[Keys]:
    """The keys in parts that stay in a processor's cache."""
    for low in range(0, len(keys[0]), _PART):
        yield tuple(words[low : low + _PART] for words in keys)


def usual(keys: Keys) -> bool:
    """Whether all keys are whole numbers as they are usually written: different ones are different numbers."""
    return all(_usual(words) for part in parts(keys) for words in part)


def _usual(words: Bits) -> bool:
    raw = words.view(np.uint8)
    digits = ((raw - np.uint8(_ZERO)) <= _NINE) | (raw == 0)
    return bool(digits.all() and ((raw[:, 0] != _ZERO) | (raw[:, 1] == 0)).all())


def hashes(keys: Keys) -> Bits:
    """A number of 64 bits for each key; words of zeros at a column's end make no difference."""
    return np.concatenate([np.zeros(0, np.uint64), *map(_hashes, parts(keys))])


def _hashes(keys: Keys) -> Bits:
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
        mine = words.take(row, axis=0)
        both = min(mine.shape[1], other.shape[1])
        for at in range(both):
            found &= mine[:, at] == other[:, at]
        for beyond in (*mine.T[both:], *other.T[both:]):
            found &= beyond == 0
    return found
