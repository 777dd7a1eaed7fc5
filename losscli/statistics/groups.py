"""A tally for each of many groups. A monoid: groups that are new are added, those that are known grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from losscli.statistics.moments import Tally, tallies

Array = NDArray[np.float64]

Key = tuple[str | None, ...]  # a group by the values of its columns, None where one is missing


@dataclass(frozen=True)
class Groups:
    """The tally of each group; more than `most` groups are kept as a count alone, `most` + 1 or above."""

    most: int
    tallies: Mapping[Key, Tally] = field(default_factory=dict)
    beyond: bool = False

    def __add__(self, other: "Groups") -> "Groups":
        if self.beyond or other.beyond:
            return Groups(self.most, {}, beyond=True)
        found = dict(self.tallies)
        for key, tally in other.tallies.items():
            found[key] = found[key] + tally if key in found else tally
        return Groups(self.most, {}, beyond=True) if len(found) > self.most else Groups(self.most, found)


def grouped(
    most: int, values: Array, weights: Array | None, columns: Sequence[tuple[NDArray[np.intp], Sequence[str | None]]]
) -> Groups:
    """The groups of values (n,) by columns, each codes (n,) into a vocabulary; equal words are one group."""
    if not len(values):
        return Groups(most)
    codes, keys = np.zeros(len(values), np.intp), list[Key]([()])
    for column, categories in columns:
        codes, keys = _crossed(codes, keys, column, categories)
        if len(keys) > most:
            return Groups(most, {}, beyond=True)
    return Groups(most, dict(zip(keys, tallies(values, weights, codes, len(keys)), strict=True)))


def _crossed(
    codes: NDArray[np.intp], keys: list[Key], column: NDArray[np.intp], categories: Sequence[str | None]
) -> tuple[NDArray[np.intp], list[Key]]:
    """Codes of the pairs that occur of the groups so far and the words of one more column, and those pairs."""
    places: dict[str | None, int] = {}
    same = np.array([places.setdefault(word, len(places)) for word in categories], dtype=np.intp)
    words = list(places)
    pairs = codes * len(words) + same[column]
    if len(keys) * len(words) <= 4 * len(pairs):
        present = np.flatnonzero(np.bincount(pairs, minlength=len(keys) * len(words)))
        renumbered = np.zeros(len(keys) * len(words), np.intp)
        renumbered[present] = np.arange(len(present))
        codes = renumbered[pairs]
    else:
        present, codes = np.unique(pairs, return_inverse=True)
    return codes, [(*keys[pair // len(words)], words[pair % len(words)]) for pair in present.tolist()]
