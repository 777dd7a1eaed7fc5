"""Outcomes in the order of their predictions: the isotonic regression, which is the best that a rising function of the
predictions can do, and the area under the ROC curve.

Both need all rows in order, so all are kept in memory; `Pairs` add up with `+`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Flags
from losscli.records import record

Keys = NDArray[np.uint64]  # the bits of a prediction and below them an outcome of 1, so in the order of predictions

Piece = tuple[Keys, Array | None, Array | None]  # keys, outcomes where they aren't all 0 or 1, weights


@record
class Pairs:
    """Predictions and outcomes of all rows, as they come; the isotonic regression wants them in order.

    A row takes 8 bytes where outcomes are 0 or 1, else 16, and 8 more with weights.
    """

    pieces: tuple[Piece, ...] = ()

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs((*self.pieces, *other.pieces))


@record
class Pools:
    """The pools of an isotonic regression, lowest first: their weights (m,) and the weight of what happened (m,)."""

    weight: Array
    happened: Array

    @property
    def level(self) -> Array:
        """The frequency of each pool: the probability that the regression gives to its rows."""
        level: Array = self.happened / self.weight
        return level


def pairs_of(probs: Array, outcomes: Array, weights: Array | None) -> Pairs:
    """The pairs of a block, in little room; a prediction below 0, which is rounding, counts as 0."""
    if not len(probs):
        return Pairs()
    positives = outcomes.astype(np.uint64)
    hard = bool((positives == outcomes).all())
    keys = (np.maximum(probs, 0.0) + 0.0).view(np.uint64) << _ONE  # + 0.0 takes the sign off -0.0
    return Pairs(((keys | positives if hard else keys, None if hard else outcomes, weights),))


def ordered(pairs: Pairs) -> tuple[Pools, float]:
    """The isotonic regression, and the area under the ROC curve where all outcomes are 0 or 1 (nan if all are equal).

    The regression is that of outcomes on predictions, equal predictions being one (pool adjacent violators).
    The area is the probability that a row of outcome 1 has the larger prediction than one of outcome 0, a tie counting
    half, by weight (Mann & Whitney 1947). Both go through the predictions in stretches, each about `_STRETCH` rows, so
    that little beside the pairs is held.
    """
    plain = all(outcomes is None and weights is None for _, outcomes, weights in pairs.pieces)
    found, area, below, positive = list[Pools](), 0.0, 0.0, 0.0
    for distinct in (_of_keys if plain else _of_rows)(pairs.pieces):
        negative = np.maximum(distinct.weight - distinct.happened, 0.0)
        passed = np.cumsum(negative)
        area += float((distinct.happened * (below + passed - 0.5 * negative)).sum())
        below, positive = below + float(negative.sum()), positive + float(distinct.happened.sum())
        found.append(_pooled(distinct))
    area = min(area / positive / below, 1.0) if below > 0.0 and positive > 0.0 else nan
    if not found:
        return Pools(np.empty(0), np.empty(0)), area
    weight, happened = (np.concatenate([getattr(pools, name) for pools in found]) for name in ("weight", "happened"))
    return _pooled(Pools(weight, happened)), area


_ONE = np.uint64(1)

_STRETCH = 1 << 19

_FEW = 1000  # pools from which on runs are pooled at once


def _of_keys(pieces: Sequence[Piece]) -> Iterator[Pools]:
    """A pool for each distinct prediction, stretch by stretch, of rows that are known by their keys."""
    keys = np.concatenate([keys for keys, _, _ in pieces]) if pieces else np.empty(0, np.uint64)
    keys.sort()
    low = 0
    while low < len(keys):
        high = min(low + _STRETCH, len(keys))
        high += int(keys[high:].searchsorted(keys[high - 1] | _ONE, "right"))  # equal predictions stay together
        here, low = keys[low:high], high
        starts = np.flatnonzero(np.concatenate([[True], (here[1:] ^ here[:-1]) > _ONE]))
        happened = np.add.reduceat(here & _ONE, starts).astype(np.float64)
        yield Pools(np.diff(np.append(starts, len(here))).astype(np.float64), happened)


def _of_rows(pieces: Sequence[Piece]) -> Iterator[Pools]:
    """A pool for each distinct prediction, stretch by stretch, of any rows."""
    cuts = _cuts([keys for keys, _, _ in pieces])
    for low, high in pairwise([0, *cuts, np.iinfo(np.uint64).max]):
        chosen = [_columns(piece, (piece[0] >= low) & (piece[0] < high)) for piece in pieces]
        probs, outcomes, weights = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
        yield _by_prediction(probs, outcomes, weights if len(weights) else None)


def _columns(piece: Piece, here: Flags) -> tuple[Array, Array, Array]:
    """Predictions, outcomes and weights (none: empty) of the chosen rows."""
    keys, outcomes, weights = piece[0][here], piece[1], piece[2]
    happened = (keys & _ONE).astype(np.float64) if outcomes is None else outcomes[here]
    return (keys >> _ONE).view(np.float64), happened, np.empty(0) if weights is None else weights[here]


def _cuts(pieces: Sequence[Keys]) -> list[int]:
    """Keys between which about `_STRETCH` rows lie, from a sample that doesn't depend on where blocks end."""
    sample, seen, step = [], 0, 64
    for keys in pieces:
        sample.append(keys[-seen % step :: step])
        seen += len(keys)
    ordered = np.sort(np.concatenate(sample))
    return list(dict.fromkeys(((ordered[_STRETCH // step :: _STRETCH // step] | _ONE) + _ONE).tolist()))


def _by_prediction(probs: Array, outcomes: Array, weights: Array | None) -> Pools:
    """A pool for each distinct prediction, in their order; none where there is no weight."""
    if not len(probs):
        return Pools(np.empty(0), np.empty(0))
    order = probs.argsort()
    probs, outcomes = probs[order], outcomes[order]
    starts = np.flatnonzero(np.concatenate([[True], probs[1:] != probs[:-1]]))
    if weights is None:
        return Pools(np.diff(np.append(starts, len(probs))).astype(np.float64), np.add.reduceat(outcomes, starts))
    weights = weights[order]
    weight, happened = np.add.reduceat(weights, starts), np.add.reduceat(outcomes * weights, starts)
    return Pools(weight[weight > 0.0], happened[weight > 0.0])


def _pooled(pools: Pools) -> Pools:
    """The pools with all violators of the order pooled; which are pooled first doesn't matter."""
    while len(pools.weight) > _FEW:
        fewer = _pooled_runs(pools)
        if len(fewer.weight) > 0.9 * len(pools.weight):
            break
        pools = fewer
    return _pooled_one_by_one(pools)


def _pooled_runs(pools: Pools) -> Pools:
    """Pools of which each run without a rise is one: whatever violates the order within it would be pooled anyway."""
    level = pools.level
    starts = np.flatnonzero(np.concatenate([[True], level[1:] > level[:-1]]))
    return Pools(np.add.reduceat(pools.weight, starts), np.add.reduceat(pools.happened, starts))


def _pooled_one_by_one(pools: Pools) -> Pools:
    weights, happened = list[float](), list[float]()
    for weight, positives in zip(pools.weight.tolist(), pools.happened.tolist(), strict=True):
        weights.append(weight)
        happened.append(positives)
        while len(weights) > 1 and happened[-2] * weights[-1] >= happened[-1] * weights[-2]:
            last_weight, last_hits = weights.pop(), happened.pop()
            weights[-1] += last_weight
            happened[-1] += last_hits
    return Pools(np.array(weights), np.array(happened))
