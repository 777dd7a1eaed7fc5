"""Columns of cells: an array of numbers, or codes into a list of words (categories)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Flags, Ints
from losscli.data.cells import EXACT, MISSING, canonical, is_missing, numbers
from losscli.records import record

TEXT_BYTES = 64  # of UTF-8 that a cell of `ByteStrings` has at most
# The first four bytes of each spelling of a missing value; `| 0x20` makes letters lower case and leaves a space.
_MISSING_WORDS = tuple(
    (np.frombuffer((text.encode().ljust(4, b" ")[:4]), np.uint32) | np.frombuffer(b"    ", np.uint32), len(text) <= 4)
    for text in sorted(MISSING | {"-nan", "+nan"})
)
_LOWER = np.frombuffer(b"    ", np.uint32)


class Categories(Protocol):
    """Words that are looked up by their codes."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[str]: ...

    def __getitem__(self, at: int, /) -> str: ...


@record(eq=False)  # arrays have no single answer to ==
class ByteStrings:
    """Cells without NUL as words of eight bytes, (n, count), zeros after their ends; strings are made on demand."""

    words: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        cells = self.words.view(f"S{8 * self.words.shape[1]}")
        return map(_text, cells.ravel().tolist())

    def __getitem__(self, at: int, /) -> str:
        return _text(self.words[at].tobytes().rstrip(b"\0"))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def packed(raw: Sequence[bytes]) -> NDArray[np.uint64]:
    """Cells of bytes without NUL at their ends as words of eight bytes, (n, count), zeros after their ends."""
    count = max(1, (max(map(len, raw), default=0) + 7) // 8)
    return np.array(raw, f"S{8 * count}").view(np.uint64).reshape(-1, count)


def texts_of(categories: Categories) -> ByteStrings | None:
    """The words as `ByteStrings`; None where one is too long for that, or has a NUL."""
    if isinstance(categories, ByteStrings):
        return categories
    raw = [word.encode("utf-8", "surrogatepass") for word in categories]
    fit = all(len(cell) <= TEXT_BYTES and b"\0" not in cell for cell in raw)
    return ByteStrings(packed(raw)) if fit else None


def one_below_the_other(parts: Iterable[ByteStrings]) -> ByteStrings:
    """The cells of all parts."""
    words = [part.words for part in parts]
    found = np.zeros((sum(map(len, words)), max(part.shape[1] for part in words)), np.uint64)
    end = 0
    for part in words:
        found[end : end + len(part), : part.shape[1]] = part
        end += len(part)
    return ByteStrings(found)


def missing_words(categories: Categories) -> Flags:
    """Which words stand for no value."""
    if not isinstance(categories, ByteStrings):
        return np.array([is_missing(word) for word in categories], dtype=bool)
    raw = categories.words.view(np.uint8)
    start = np.ascontiguousarray(raw[:, :4]).view(np.uint32).ravel() | _LOWER
    found = np.zeros(len(raw), dtype=bool)
    short = raw[:, 4] == 0
    for word, is_short in _MISSING_WORDS:
        found |= (start == word) & short if is_short else start == word
    alike = np.flatnonzero(found)
    found[alike] = [is_missing(categories[at]) for at in alike.tolist()]
    return found


@record(eq=False)  # arrays have no single answer to ==
class Categorical:
    """A column of text as codes (n,) into categories, in which a word may occur twice."""

    codes: Ints
    categories: Categories

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, row: Ints | slice) -> "Categorical":
        """The chosen rows."""
        return replace(self, codes=self.codes[row])


Column = Array | Categorical


def take_cells(column: Column, row: Ints | slice) -> Column:
    """The chosen rows of a column."""
    return column[row] if isinstance(column, np.ndarray) else column.take(row)


def stacked(columns: Sequence[Column]) -> Column:
    """Columns one below the other; numbers beside words become words."""
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if len(arrays) == len(columns):
        return np.concatenate(arrays) if arrays else np.zeros(0)
    return stacked_words([one if isinstance(one, Categorical) else as_words(texts(one)) for one in columns])


def stacked_words(columns: Sequence[Categorical]) -> Categorical:
    """Columns of words one below the other; as `ByteStrings` if one of them is and all others can be."""
    as_bytes = any(isinstance(words.categories, ByteStrings) for words in columns)
    parts = [texts_of(words.categories) for words in columns] if as_bytes else []
    found = [part for part in parts if part is not None]
    if as_bytes and len(found) == len(parts):
        all_codes, end, before = np.empty(sum(map(len, columns)), np.intp), 0, 0
        for words, part in zip(columns, found, strict=True):
            np.add(words.codes, before, out=all_codes[end : end + len(words)])
            end, before = end + len(words), before + len(part)
        return Categorical(all_codes, one_below_the_other(found))
    places: dict[str, int] = {}
    codes = []
    for words in columns:
        own = [places.setdefault(word, len(places)) for word in words.categories]
        codes.append(np.array(own, dtype=np.intp)[words.codes])
    return Categorical(np.concatenate(codes), tuple(places))


def as_column(cells: list[str]) -> Column:
    """Cells as numbers when all of them are, else as words."""
    values = numbers(cells)
    return as_words(cells) if values is None else values


def as_labels(cells: list[str]) -> Column:
    """Labels as numbers when all of them are, and small enough to be exact; else as words."""
    values = numbers(cells)
    return as_words(cells) if values is None or (np.abs(values) >= EXACT).any() else values


def as_words(cells: list[str]) -> Categorical:
    """Cells as words, whatever they are."""
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(cell, len(places)) for cell in cells], dtype=np.intp)
    return Categorical(codes, tuple(places))


def texts(column: Column) -> list[str]:
    """The cells of a column, one spelling for one label."""
    if isinstance(column, Categorical):
        categories = [canonical(word) for word in column.categories]
        return [categories[code] for code in column.codes.tolist()]
    known: dict[float, str] = {}
    return [known.get(value) or known.setdefault(value, canonical(value)) for value in column.tolist()]
