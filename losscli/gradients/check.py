"""Compare analytic and numeric gradients row by row, relative to the largest slope of the row.

An entry is inconclusive where rounding alone explains the gap, where there is no difference (at an infinite
prediction), or where twice the step gives another slope: at corners, and within a few units of the last digit of 1.
Inconclusive entries are counted and left out; a wrong formula stays wrong whatever the step.
"""

from dataclasses import replace

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.gradients.numeric import DifferenceProblem, Differences, differences
from losscli.records import record

TOLERANCE = 1e-6

FLOOR = 1e-12  # slopes smaller than this are compared as if they were of this size


@record
class Comparison:
    """The largest relative error of each row (n,), and the number of its inconclusive entries (n,)."""

    error: Array
    inconclusive: Ints


def compare_slopes(slope: Array, s: DifferenceProblem, found: Differences, settle: bool) -> Comparison:
    """Compare analytic slopes with numeric ones; `settle` tries twice the step where they differ."""
    a, n, noise = (np.atleast_2d(part.T).T for part in (slope, found.slope, found.noise))
    gap = np.where(a == n, 0.0, _gap(a, n))
    finite = np.where(np.isfinite(n), np.abs(n), 0.0)
    error = gap / np.maximum(FLOOR, finite.max(axis=1, initial=0.0))[:, None]
    doubtful = ~(error <= TOLERANCE) & ~np.isnan(a)
    if not doubtful.any():
        return Comparison(_largest(error, doubtful), np.zeros(len(a), np.intp))
    left_out = doubtful & (np.isnan(n) | (gap <= noise))
    if settle:
        wider = differences(replace(s, step=s.step * 2.0)).slope.reshape(a.shape)
        still = np.maximum(1e-3 * np.abs(n), noise)
        settled = _gap(n, wider) <= np.minimum(0.1 * gap, still)
        left_out |= doubtful & ~settled
    return Comparison(_largest(error, left_out), np.count_nonzero(left_out, axis=1))


def _gap(a: Array, b: Array) -> Array:
    with np.errstate(invalid="ignore"):  # between equal infinities: nan, no distance
        return np.abs(a - b)


def _largest(error: Array, left_out: Flags) -> Array:
    """A slope that is not a number is as wrong as can be."""
    judged = np.where(left_out, 0.0, np.where(np.isnan(error), np.inf, error))
    return np.asarray(judged.max(axis=1, initial=0.0))
