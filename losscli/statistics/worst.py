"""The rows with the highest values, and what is to be known of them. A monoid that holds no more rows than that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SHARD = 64  # values of which only the highest is looked at, to find those that can be among the highest of all


@dataclass(frozen=True)
class Entry:
    """A row: its value, its number from 0, its source and line in it, its place within the row, and whatever is known.

    The line of a row that has none is None.
    """

    value: float
    row: int
    source: str | None
    line: int | None
    place: int
    known: Any


@dataclass(frozen=True)
class Worst:
    """The `most` rows of highest value among `rows` rows, the highest first, equal ones by row.

    The rows come from the sources from `first` to `last`, and `lines` of them are of the last.
    """

    most: int
    rows: int = 0
    first: str | None = None
    last: str | None = None
    lines: int = 0
    entries: tuple[Entry, ...] = ()

    def __add__(self, other: "Worst") -> "Worst":
        go_on = self.last == other.first  # other's first source is the last one here

        def later(entry: Entry) -> Entry:
            line = entry.line
            if line is not None and go_on and entry.source == other.first:
                line += self.lines
            return replace(entry, row=entry.row + self.rows, line=line)

        entries = tuple(sorted((*self.entries, *map(later, other.entries)), key=_order)[: self.most])
        lines = other.lines + (self.lines if go_on and other.first == other.last else 0)
        return Worst(self.most, self.rows + other.rows, self.first, other.last, lines, entries)


def worst_of(most: int, values: Array, known: Callable[[NDArray[np.intp]], Sequence[Entry]]) -> tuple[Entry, ...]:
    """The entries of the highest of the values (n,); `known` makes the entries of chosen places."""
    return tuple(sorted(known(highest(values, most)), key=_order)[:most])


def highest(values: Array, most: int) -> NDArray[np.intp]:
    """Where the `most` highest values are, and others that equal the lowest of these."""
    if len(values) <= most:
        return np.arange(len(values))
    shards = len(values) // _SHARD
    if shards > 4 * most:
        # each of the highest shards has a value as high as the threshold, so the highest values are as high too
        tops = values[: shards * _SHARD].reshape(shards, _SHARD).max(axis=1)
        threshold = np.partition(tops, shards - most)[shards - most]
    else:
        threshold = np.partition(values, len(values) - most)[len(values) - most]
    found = np.flatnonzero(values >= threshold)
    if len(found) <= 2 * most:
        return found
    exact = np.partition(values[found], len(found) - most)[len(found) - most]
    above = found[values[found] > exact]
    return np.sort(np.concatenate([above, found[values[found] == exact][: most - len(above)]]))


def _order(entry: Entry) -> tuple[float, int, int]:
    return -entry.value, entry.row, entry.place
