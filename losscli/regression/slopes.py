"""The gradient by the parameters of a regression: X^T G, G being the gradient by the logits."""

from dataclasses import dataclass
from math import inf

import numpy as np

from losscli.evaluation.prepare import Array
from losscli.gradients.answer import divided_by
from losscli.gradients.check import FLOOR, TOLERANCE
from losscli.gradients.numeric import CUBE_ROOT
from losscli.gradients.rows import Ask
from losscli.losses.functions import inverse_link
from losscli.regression.sample import DesignMatrix, logits, row_losses, row_slopes
from losscli.statistics.exact import ONE, exact_sum, ratio


@dataclass(frozen=True)
class Slopes:
    """A gradient by parameters, shaped like theta: by formula, by differences, and what rounding adds to the latter."""

    theta: Array
    analytic: Array | None
    numeric: Array | None
    noise: Array | None
    size: Array  # what the slopes would be if no rows cancelled: sum_i |x_ij| |g_i|
    finer: Array | None  # differences with half the step, where a check asks whether the slope has settled

    @property
    def chosen(self) -> Array:
        """The gradient that was asked for."""
        found = self.numeric if self.analytic is None else self.analytic
        assert found is not None
        return found


def slopes_of(sample: DesignMatrix, theta: Array, ask: Ask) -> Slopes:
    """The gradient by theta, by formula, by differences or both, divided as the reduction says."""
    whole = divided_by(sample.problem, sample.summary)
    numeric = noise = finer = None
    if ask.numeric:
        numeric, noise = by_differences(sample, theta, ask.step)
        if ask.analytic and ask.step is None:
            finer = by_differences(sample, theta, None, 0.5)[0] / whole
        numeric, noise = numeric / whole, noise / whole
    analytic = by_formula(sample, theta) / whole if ask.analytic else None
    return Slopes(theta, analytic, numeric, noise, by_size(sample, theta) / whole, finer)


def by_formula(sample: DesignMatrix, theta: Array) -> Array:
    """X^T G, each entry added up exactly; undivided."""
    slopes = row_slopes(sample, theta).reshape(sample.rows, -1)
    sums = [[ratio(exact_sum(column * slope), ONE) for column in sample.x.T] for slope in slopes.T]
    return np.array(sums).reshape(theta.shape)


def by_predictions(sample: DesignMatrix, theta: Array) -> Array:
    """X^T h, weighed and in the unit of the loss, h being sigmoid or softmax of the logits; undivided."""
    h = inverse_link(logits(sample, theta)).reshape(sample.rows, -1)
    weighed = h if sample.weight is None else sample.weight[:, None] * h
    return np.asarray(weighed.T @ sample.x).reshape(theta.shape) / sample.problem.settings.log_base


def by_size(sample: DesignMatrix, theta: Array) -> Array:
    """What the slopes would be if no rows cancelled, which is the scale of each; undivided."""
    slopes = np.abs(row_slopes(sample, theta)).reshape(sample.rows, -1)
    return np.asarray(slopes.T @ np.abs(sample.x)).reshape(theta.shape)


def by_differences(
    sample: DesignMatrix, theta: Array, own_step: float | None, part: float = 1.0
) -> tuple[Array, Array]:
    """Central differences of the loss, a parameter moved at a time, and their rounding; undivided.

    A step moves the logits by as much as the largest value of the feature says, so that is what it is measured by.
    """
    reach = np.broadcast_to(np.maximum(1.0, np.abs(sample.x).max(axis=0)), theta.shape)
    chosen = CUBE_ROOT * np.maximum(1.0, np.abs(theta)) / reach
    step = part * chosen if own_step is None else np.full(theta.shape, own_step)
    slope, noise = np.empty_like(theta), np.empty_like(theta)
    for at in np.ndindex(theta.shape):
        above, below = theta.copy(), theta.copy()
        above[at] += step[at]
        below[at] -= step[at]
        high, low = row_losses(sample, above), row_losses(sample, below)
        width = above[at] - below[at]
        slope[at] = ratio(exact_sum(high - low), ONE) / width
        noise[at] = 1e-15 * float(high.sum()) / width
    return slope, noise


def compared(found: Slopes) -> tuple[float, int]:
    """The largest error, each relative to the entry's own scale, and how many entries differences can't judge."""
    assert found.analytic is not None and found.numeric is not None and found.noise is not None
    gap = np.abs(found.analytic - found.numeric)
    error = gap / np.maximum(FLOOR, found.size)
    doubtful = error > TOLERANCE
    left_out = doubtful & (gap <= found.noise)
    if found.finer is not None:
        left_out |= doubtful & ~(np.abs(found.numeric - found.finer) <= 0.1 * gap)
    return float(np.where(left_out, 0.0, error).max()), int(np.count_nonzero(left_out))


def value_of(sample: DesignMatrix, theta: Array) -> float:
    """The loss after the reduction."""
    total = row_losses(sample, theta)
    return (
        ratio(exact_sum(total), ONE) / divided_by(sample.problem, sample.summary) if np.isfinite(total).all() else inf
    )
