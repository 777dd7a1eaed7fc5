"""Where the loss comes from: the worst rows, groups, and models against each other. Results add up with `+`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from losscli.arrays import Array, Ints
from losscli.records import record
from losscli.statistics.moments import Moments, Tally, tallied, tallies

_SHARD = 64  # values of which only the highest is looked at, to find those that can be among the highest of all

_FEW = 64  # pairs of words, that needn't be looked for among the rows

Key = tuple[str | None, ...]  # a group by the values of its columns, None where one is missing


# --- the worst rows ---------------------------------------------------------------------------------------------------
@record
class Entry:
    """A row: its value, its number from 0, its source and its line there, its place within the row, and what is shown.

    The line of a row that has none is None.
    """

    value: float
    row: int
    source: str | None
    line: int | None
    place: int
    details: Any


@record
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


def worst_of(most: int, values: Array, details: Callable[[Ints], Sequence[Entry]]) -> tuple[Entry, ...]:
    """The entries of the highest of the values (n,); `details` makes the entries of chosen places."""
    return tuple(sorted(details(highest(values, most)), key=_order)[:most])


def highest(values: Array, most: int) -> Ints:
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


# --- groups -----------------------------------------------------------------------------------------------------------
@record
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

    @property
    def moments(self) -> Moments | None:
        """The moments of the rows of all groups; None where these are a count alone."""
        if self.beyond:
            return None
        own = (Moments(tally.value, tally.divisor, tally.products) for tally in self.tallies.values())
        return sum(own, Moments())


def grouped(
    most: int, values: Array, weights: Array | None, columns: Sequence[tuple[Ints, Sequence[str | None]]]
) -> Groups:
    """The groups of values (n,) by columns, each codes (n,) into a vocabulary; equal words are one group."""
    if not len(values):
        return Groups(most)
    codes, keys = np.zeros(len(values), np.intp), list[Key]([()])
    for column, categories in columns:
        codes, keys = _crossed(codes, keys, column, categories)
        if len(keys) > max(most, _FEW):
            return Groups(most, {}, beyond=True)
    tallied_keys = zip(keys, tallies(values, weights, codes, len(keys)), strict=True)
    found = {key: tally for key, tally in tallied_keys if tally.n}
    return Groups(most, found) if len(found) <= most else Groups(most, {}, beyond=True)


def _crossed(codes: Ints, keys: list[Key], column: Ints, categories: Sequence[str | None]) -> tuple[Ints, list[Key]]:
    """Codes of the pairs of the groups so far and the words of one more column, and those pairs.

    Of up to `_FEW` pairs, those that don't occur are among them.
    """
    places: dict[str | None, int] = {}
    same = np.array([places.setdefault(word, len(places)) for word in categories], dtype=np.intp)
    words = list(places)
    if len(words) == 1:
        return codes, [(*key, words[0]) for key in keys]
    own = column if len(words) == len(categories) else same[column]
    pairs = own if len(keys) == 1 else codes * len(words) + own
    if len(keys) * len(words) <= _FEW:
        return pairs, [(*key, word) for key in keys for word in words]
    if len(keys) * len(words) <= 4 * len(pairs):
        present = np.flatnonzero(np.bincount(pairs, minlength=len(keys) * len(words)))
        codes = pairs
        if present[-1] != len(present) - 1:
            renumbered = np.zeros(len(keys) * len(words), np.intp)
            renumbered[present] = np.arange(len(present))
            codes = renumbered[pairs]
    else:
        present, codes = np.unique(pairs, return_inverse=True)
    return codes, [(*keys[pair // len(words)], words[pair % len(words)]) for pair in present.tolist()]


# --- models against each other ----------------------------------------------------------------------------------------
@record
class Paired:
    """The differences of any number of rows; lower, equal and higher count the rows by the sign of theirs."""

    difference: Tally = Tally()
    lower: int = 0
    equal: int = 0
    higher: int = 0

    def __add__(self, other: "Paired") -> "Paired":
        return Paired(
            self.difference + other.difference,
            self.lower + other.lower,
            self.equal + other.equal,
            self.higher + other.higher,
        )


def paired(values: Array, others: Array, weights: Array | None, divisors: Array | None) -> Paired:
    """Values (n,) less others (n,) on the same rows. What is infinite in both is undefined: see `undefined`."""
    with np.errstate(invalid="ignore"):  # `undefined` finds inf - inf, unless its weight is 0
        difference = values - others
    lower, higher = int(np.count_nonzero(difference < 0.0)), int(np.count_nonzero(difference > 0.0))
    if weights is not None:
        with np.errstate(invalid="ignore"):  # 0 times inf is set in the next line
            difference = difference * weights
        difference[weights == 0.0] = 0.0
    return Paired(tallied(difference, divisors), lower, len(values) - lower - higher, higher)


def undefined(values: Array, others: Array, weights: Array | None) -> int | None:
    """The first row in which both are infinite, so that their difference is undefined; None where there is none."""
    if values.max(initial=0.0) < np.inf or others.max(initial=0.0) < np.inf:
        return None
    both = np.isinf(values) & np.isinf(others)
    if weights is not None:
        both &= weights > 0.0
    return int(both.argmax()) if both.any() else None
