"""The isotonic regression of outcomes on predictions: the best that a rising function of the predictions can do.

It wants the predictions in order, so all rows are held; what is held is a monoid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Outcomes = NDArray[np.float64] | NDArray[np.uint8]


@dataclass(frozen=True)
class Pairs:
    """Predictions and outcomes of all rows, as they come; the isotonic regression wants them in order.

    A row takes 9 bytes where outcomes are 0 or 1, else 16, and 8 more with weights.
    """

    pieces: tuple[tuple[Array, Outcomes, Array | None], ...] = ()

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs((*self.pieces, *other.pieces))


@dataclass(frozen=True)
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
    """The pairs of a block, in little room."""
    small = outcomes.astype(np.uint8)
    kept: Outcomes = small if (small == outcomes).all() else outcomes
    return Pairs(((probs, kept, weights),)) if len(probs) else Pairs()


def isotonic(pairs: Pairs) -> Pools:
    """The isotonic regression of outcomes on predictions, equal predictions being one (pool adjacent violators).

    It goes through the predictions in stretches, each about `_STRETCH` rows, so that little beside the pairs is held.
    """
    cuts = _cuts(pairs)
    found = [_stretch(pairs, low, high) for low, high in zip([-np.inf, *cuts], [*cuts, np.inf], strict=True)]
    weight, happened = (np.concatenate([getattr(pools, name) for pools in found]) for name in ("weight", "happened"))
    return _pooled(Pools(weight, happened))


_STRETCH = 1 << 19

_FEW = 1000  # pools from which on runs are pooled at once


def _cuts(pairs: Pairs) -> list[float]:
    """Predictions between which about `_STRETCH` rows lie, from a sample that doesn't depend on where blocks end."""
    sample, seen, step = [], 0, 64
    for probs, _, _ in pairs.pieces:
        sample.append(probs[-seen % step :: step])
        seen += len(probs)
    ordered = np.sort(np.concatenate(sample)) if sample else np.empty(0)
    return list(dict.fromkeys(ordered[_STRETCH // step :: _STRETCH // step].tolist()))


def _stretch(pairs: Pairs, low: float, high: float) -> Pools:
    """The pools of the rows with predictions in (low, high]."""
    chosen: list[tuple[Array, ...]] = []
    for probs, outcomes, weights in pairs.pieces:
        here = (probs > low) & (probs <= high)
        kept = np.ones(0) if weights is None else weights[here]
        chosen.append((probs[here], outcomes[here].astype(np.float64), kept))
    if not chosen:
        return Pools(np.empty(0), np.empty(0))
    probs, outcomes, weights = (np.concatenate([part[at] for part in chosen]) for at in range(3))
    return _pooled(_by_prediction(probs, outcomes, weights if len(weights) else None))


def _by_prediction(probs: Array, outcomes: Outcomes, weights: Array | None) -> Pools:
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
    for weight, hits in zip(pools.weight.tolist(), pools.happened.tolist(), strict=True):
        weights.append(weight)
        happened.append(hits)
        while len(weights) > 1 and happened[-2] * weights[-1] >= happened[-1] * weights[-2]:
            last_weight, last_hits = weights.pop(), happened.pop()
            weights[-1] += last_weight
            happened[-1] += last_hits
    return Pools(np.array(weights), np.array(happened))
