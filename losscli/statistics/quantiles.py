"""Quantiles of values that are not negative, in constant memory. They add up with `+`, in any order and any parts.

Up to `EXACT` values are kept as they are. Beyond that they are counted by the logarithm of their size (Masson, Rim &
Lee 2019, "DDSketch"): a quantile is then right to `PRECISION`, whatever the distribution.
"""

from collections.abc import Mapping
from dataclasses import field
from math import ceil, exp, floor, inf, log, nan

import numpy as np

from losscli.arrays import Array
from losscli.records import record

EXACT = 100_000

PRECISION = 1e-3

_STEP = 2.0 * 0.99 * PRECISION  # of the logarithm: half of it either way, and room for the rounding of logarithms


@record
class Quantiles:
    """`n` values: as they are, in pieces; or counts by steps of the logarithm, zeros and infinite ones apart."""

    n: int = 0
    pieces: tuple[Array, ...] = ()
    counts: Mapping[int, int] = field(default_factory=dict)
    zeros: int = 0
    infinite: int = 0

    def __add__(self, other: "Quantiles") -> "Quantiles":
        n = self.n + other.n
        if n <= EXACT:
            return Quantiles(n, (*self.pieces, *other.pieces))
        a, b = _counted(self), _counted(other)
        small, large = sorted((a.counts, b.counts), key=len)
        counts = dict(large)
        for step, count in small.items():
            counts[step] = counts.get(step, 0) + count
        return Quantiles(n, (), counts, a.zeros + b.zeros, a.infinite + b.infinite)


def quantiles_of(values: Array) -> Quantiles:
    """The quantiles of values (n,) that are not negative; infinite ones are the highest."""
    whole = Quantiles(len(values), (values,) if len(values) else ())
    return whole if len(values) <= EXACT else _counted(whole)


def quantile(q: Quantiles, share: float) -> float:
    """The value below which this share of the values lies: type 7 of Hyndman & Fan (1996), numpy's default."""
    if not q.n:
        return nan
    at = share * (q.n - 1)
    below, above = floor(at), ceil(at)
    low, high = (_ranked(q, rank) for rank in (below, above))
    if high == inf:
        return inf
    part = at - below
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1.0 - part)


def _counted(q: Quantiles) -> Quantiles:
    """The values as counts, whatever they are now."""
    if q.counts or not q.pieces:
        return q
    values = np.concatenate(q.pieces)
    zeros, infinite = int(np.count_nonzero(values == 0.0)), int(np.count_nonzero(values == inf))
    if zeros or infinite:
        values = values[(values > 0.0) & (values < inf)]
    steps = np.floor(np.log(values) / _STEP).astype(np.intp)
    first = int(steps.min()) if len(steps) else 0
    found = np.bincount(steps - first)
    present = np.flatnonzero(found)
    counts = dict(zip((present + first).tolist(), found[present].tolist(), strict=True))
    return Quantiles(q.n, (), counts, zeros, infinite)


def _ranked(q: Quantiles, rank: int) -> float:
    """The value of a rank from 0, the lowest."""
    if not q.counts and q.pieces:
        return float(np.partition(np.concatenate(q.pieces), rank)[rank])
    if rank < q.zeros:
        return 0.0
    if rank >= q.n - q.infinite:
        return inf
    left = rank - q.zeros
    for step in sorted(q.counts):
        left -= q.counts[step]
        if left < 0:
            # as far from one end of the step as from the other, relative to the end
            return exp(min((step + 1) * _STEP + log(2.0 / (1.0 + exp(_STEP))), 709.78))
    return nan
