"""The gradient with respect to the parameters of a regression: X^T G, G being that with respect to the logits."""

from math import inf

import numpy as np

from losscli.arrays import Array
from losscli.gradients.check import FLOOR, TOLERANCE
from losscli.gradients.evaluate import GradientSpec, gradient_divisor
from losscli.gradients.numeric import CUBE_ROOT
from losscli.losses.functions import inverse_link
from losscli.records import record
from losscli.regression.design import DesignMatrix, logits, row_gradients, row_losses
from losscli.statistics.exact import ONE, exact_sum, ratio


@record
class ParameterGradient:
    """The gradient with respect to theta: by formula, by differences, and what rounding adds to the latter."""

    theta: Array
    analytic: Array | None
    numeric: Array | None
    noise: Array | None
    size: Array  # what the slopes would be if no rows cancelled: sum_i |x_ij| |g_i|
    finer: Array | None  # differences with half the step, where a check asks whether the slope has settled

    @property
    def chosen(self) -> Array:
        """The gradient that was asked for."""
        gradient = self.numeric if self.analytic is None else self.analytic
        assert gradient is not None
        return gradient


def parameter_gradient(design: DesignMatrix, theta: Array, spec: GradientSpec) -> ParameterGradient:
    """The gradient with respect to theta, by formula, by differences or both, divided as the reduction says."""
    divisor = gradient_divisor(design.problem, design.summary)
    numeric = noise = finer = None
    if spec.numeric:
        numeric, noise = by_differences(design, theta, spec.step)
        if spec.analytic and spec.step is None:
            finer = by_differences(design, theta, None, 0.5)[0] / divisor
        numeric, noise = numeric / divisor, noise / divisor
    analytic = by_formula(design, theta) / divisor if spec.analytic else None
    return ParameterGradient(theta, analytic, numeric, noise, uncancelled(design, theta) / divisor, finer)


def by_formula(design: DesignMatrix, theta: Array) -> Array:
    """X^T G, each entry added up exactly; undivided."""
    slopes = row_gradients(design, theta).reshape(design.rows, -1)
    sums = [[ratio(exact_sum(column * slope), ONE) for column in design.x.T] for slope in slopes.T]
    return np.array(sums).reshape(theta.shape)


def by_predictions(design: DesignMatrix, theta: Array) -> Array:
    """X^T h with h = sigmoid or softmax of the logits, weighted and in the unit of the loss; undivided."""
    h = inverse_link(logits(design, theta)).reshape(design.rows, -1)
    weighed = h if design.weight is None else design.weight[:, None] * h
    return np.asarray(weighed.T @ design.x).reshape(theta.shape) / design.problem.settings.log_base


def uncancelled(design: DesignMatrix, theta: Array) -> Array:
    """sum_i |x_ij| |g_i|, the scale of each slope: its size if no rows cancelled; undivided."""
    slopes = np.abs(row_gradients(design, theta)).reshape(design.rows, -1)
    return np.asarray(slopes.T @ np.abs(design.x)).reshape(theta.shape)


def by_differences(
    design: DesignMatrix, theta: Array, own_step: float | None, part: float = 1.0
) -> tuple[Array, Array]:
    """Central differences of the loss, a parameter moved at a time, and their rounding; undivided.

    A step moves the logits by as much as the largest value of the feature says, so that is what it is measured by.
    """
    reach = np.broadcast_to(np.maximum(1.0, np.abs(design.x).max(axis=0)), theta.shape)
    chosen = CUBE_ROOT * np.maximum(1.0, np.abs(theta)) / reach
    step = part * chosen if own_step is None else np.full(theta.shape, own_step)
    slope, noise = np.empty_like(theta), np.empty_like(theta)
    for at in np.ndindex(theta.shape):
        above, below = theta.copy(), theta.copy()
        above[at] += step[at]
        below[at] -= step[at]
        high, low = row_losses(design, above), row_losses(design, below)
        width = above[at] - below[at]
        slope[at] = ratio(exact_sum(high - low), ONE) / width
        noise[at] = 1e-15 * float(high.sum()) / width
    return slope, noise


def compare_gradients(gradient: ParameterGradient) -> tuple[float, int]:
    """The largest error, each relative to the entry's own scale, and how many entries differences can't judge."""
    assert gradient.analytic is not None and gradient.numeric is not None and gradient.noise is not None
    gap = np.abs(gradient.analytic - gradient.numeric)
    error = gap / np.maximum(FLOOR, gradient.size)
    doubtful = error > TOLERANCE
    left_out = doubtful & (gap <= gradient.noise)
    if gradient.finer is not None:
        left_out |= doubtful & ~(np.abs(gradient.numeric - gradient.finer) <= 0.1 * gap)
    return float(np.where(left_out, 0.0, error).max()), int(np.count_nonzero(left_out))


def value_of(design: DesignMatrix, theta: Array) -> float:
    """The loss after the reduction."""
    losses = row_losses(design, theta)
    if not np.isfinite(losses).all():
        return inf
    return ratio(exact_sum(losses), ONE) / gradient_divisor(design.problem, design.summary)
