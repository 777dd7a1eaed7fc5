"""Predicted probabilities against what was observed, in bins with exact sums. Bins add up with `+`.

A bin is (a, b], the first [0, b]. The edges are k/B, each divided by itself: a running sum of 1/B misplaces 0.3.
"""

from collections.abc import Sequence
from math import nan

import numpy as np

from losscli.arrays import Array, Ints
from losscli.records import record
from losscli.statistics.adding import add_each
from losscli.statistics.exact import ONE, exact_sums


@record
class Bins:
    """For each bin, in `sets` of as many bins: the rows, and the exact sums of weights, predictions and outcomes."""

    count: int
    n: tuple[int, ...] = ()
    weight: tuple[int, ...] = ()
    predicted: tuple[int, ...] = ()
    observed: tuple[int, ...] = ()

    def __add__(self, other: "Bins") -> "Bins":
        return Bins(
            self.count,
            add_each(self.n, other.n),
            add_each(self.weight, other.weight),
            add_each(self.predicted, other.predicted),
            add_each(self.observed, other.observed),
        )


@record
class Bin:
    """A bin: its edges, the rows in it, its share of the weight, the mean prediction and the observed frequency."""

    low: float
    high: float
    n: int
    share: float
    predicted: float | None
    observed: float | None


def edges(count: int) -> Array:
    """The edges of so many bins of the same width, from 0 to 1: each is the float nearest to k/B."""
    return np.arange(count + 1) / count


def bin_of(probs: Array, count: int) -> Ints:
    """The bin of each probability: k for those in (k/B, (k+1)/B], 0 for 0 too."""
    at = np.ceil(probs * count).astype(np.intp) - 1  # off by one at most, by the rounding of the product
    np.clip(at, 0, count - 1, out=at)
    ends = edges(count)
    at -= (probs <= ends[at]) & (at > 0)
    at += probs > ends[at + 1]
    return at


def binned(count: int, sets: Sequence[tuple[Array, Array]], weights: Array | None) -> Bins:
    """The bins of sets of predictions (n,) and outcomes (n,) with the same weights (n,)."""
    parts = [_binned(count, probs, outcomes, weights) for probs, outcomes in sets]
    return Bins(count, *(tuple(value for part in parts for value in part[at]) for at in range(4)))


def _binned(count: int, probs: Array, outcomes: Array, weights: Array | None) -> tuple[tuple[int, ...], ...]:
    codes = bin_of(probs, count)
    n = tuple(np.bincount(codes, minlength=count).tolist())
    if weights is None:
        weight = tuple(rows * ONE for rows in n)
    else:
        weight = exact_sums(weights, codes, count)
        probs, outcomes = probs * weights, outcomes * weights
    return n, weight, exact_sums(probs, codes, count), exact_sums(outcomes, codes, count)


def bins_of(bins: Bins, place: int = 0) -> tuple[Bin, ...]:
    """The bins of a set, in order; those without weight have no prediction and no frequency."""
    part = slice(place * bins.count, (place + 1) * bins.count)
    whole, ends = sum(bins.weight[part]), edges(bins.count).tolist()
    figures = zip(bins.n[part], bins.weight[part], bins.predicted[part], bins.observed[part], strict=True)
    return tuple(
        Bin(
            ends[at],
            ends[at + 1],
            n,
            weight / whole if whole else 0.0,
            predicted / weight if weight else None,
            observed / weight if weight else None,
        )
        for at, (n, weight, predicted, observed) in enumerate(figures)
    )


def calibration_error(bins: Bins, place: int = 0) -> float:
    """The expected calibration error of a set: over its bins, the share of the weight times |observed - predicted|."""
    part = slice(place * bins.count, (place + 1) * bins.count)
    whole = sum(bins.weight[part])
    gaps = zip(bins.predicted[part], bins.observed[part], strict=True)
    return sum(abs(observed - predicted) for predicted, observed in gaps) / whole if whole else nan
