"""Numeric gradients: differences of the loss itself.

Rows do not touch each other, so moving one column of all rows at once gives the slope of every row: k + k evaluations
for k columns, whatever the number of rows. The differenced loss is the weighted one, through clipping, rescaling and
change of scale; it uses no formula of a gradient.
"""

from collections.abc import Callable
from math import inf

import numpy as np

from losscli.arrays import Array
from losscli.enums import Scale
from losscli.evaluation.prepare import Prepared, conditioned
from losscli.evaluation.problem import Problem
from losscli.gradients.analytic import (
    ClassProbabilities,
    class_probabilities,
    converted,
    inside_clip,
    kernel_of,
    weighed,
)
from losscli.losses.conventions import log_clipped, log_rescaled, rescaled
from losscli.losses.functions import ln, row_sums, sigmoid
from losscli.losses.rows import row_loss
from losscli.records import record

CUBE_ROOT = float(np.finfo(np.float64).eps) ** (1.0 / 3.0)

LARGEST_STEP = 0.25  # of an own step by probabilities, so that two steps to one side stay in [0, 1]


@record
class DifferenceProblem:
    """The loss of each row as a function of its predictions on one scale.

    `at` (n,) or (n, k) is where they are, `value` gives the loss (n,) elsewhere. `step` is the half width of the
    difference for each cell; where the function ends or has a corner within reach, `low` and `high` (like `at`) say so.
    """

    at: Array
    value: Callable[[Array], Array]
    step: Array
    low: Array
    high: Array


@record
class Differences:
    """Numeric slopes, and what the rounding of the loss may have added to each."""

    slope: Array
    noise: Array


def difference_problem(
    problem: Problem, prepared: Prepared, wrt: Scale, own_step: float | None = None
) -> DifferenceProblem:
    """The loss of each row as a function on the scale `by`, with the user's step or one that suits each cell."""
    at, value = _classes(problem, prepared, wrt) if prepared.raw.ndim == 2 else _binary(problem, prepared, wrt)
    low, high = _edges(problem, wrt, at)
    step = CUBE_ROOT * _WIDTHS[wrt](problem, at, low, high) if own_step is None else np.full(at.shape, own_step)
    if wrt is Scale.PROBS:
        step = np.maximum(step, np.spacing(at))
    return DifferenceProblem(at, lambda v: weighed(prepared.rows.weight, value(v)), step, low, high)


def differences(s: DifferenceProblem) -> Differences:
    """Central differences over the realised step, one-sided where a whole step would leave the function's piece."""
    cells = np.atleast_2d(s.at.T).T  # (n, 1) or (n, k), of no rows too
    slope, noise = np.empty_like(cells), np.empty_like(cells)
    for column in range(cells.shape[1]):
        slope[:, column], noise[:, column] = _difference(s, cells, column)
    return Differences(slope.reshape(s.at.shape), noise.reshape(s.at.shape))


def _difference(s: DifferenceProblem, cells: Array, column: int) -> tuple[Array, Array]:
    v, h, low, high = (part.reshape(cells.shape)[:, column] for part in (cells, s.step, s.low, s.high))
    side = np.where(v - h < low, 1.0, np.where(v + h > high, -1.0, 0.0))

    def value(moved: Array) -> Array:
        there = cells.copy()
        there[:, column] = moved
        return s.value(there.reshape(s.at.shape))

    one, other = v + np.where(side == 0.0, h, side * h), v - np.where(side == 0.0, h, 0.0)
    # what is infinite can't be moved, and what leaves the floats on the way has no slope: nan, which is none
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        reach = one - other
        first, rest = value(one), value(other)
        slope = _quotient(first - rest, reach)
        if side.any():
            slope = np.where(
                side == 0.0, slope, _one_sided(slope, value(v + 2.0 * side * h) - rest, s, v, one, side * h)
            )
        size = np.maximum(np.abs(first), np.abs(rest))
        return slope, np.where(np.isfinite(size), _quotient(1e-15 * size, np.abs(reach)), 0.0)


def _one_sided(first: Array, rise: Array, s: DifferenceProblem, v: Array, one: Array, h: Array) -> Array:
    """The slope at v of the parabola through three points, from the quotient over one step and the rise over two."""
    near, far = one - v, (v + 2.0 * h) - v
    second = _quotient(rise, far)
    bent = first + (first - second) * _quotient(near, far - near)
    return np.where(np.isfinite(first) & np.isfinite(bent), bent, first)


def _quotient(rise: Array, reach: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # no reach: no slope, which is nan
        return np.where(reach == 0.0, np.nan, rise / reach)


# --- the loss as a function -------------------------------------------------------------------------------------------
Function = Callable[[Array], Array]


def _loss_by(problem: Problem, prepared: Prepared, scale: Scale) -> Function:
    """The loss of each row by predictions on a scale, not yet weighted."""
    kernel = kernel_of(problem, scale)
    return lambda v: row_loss(kernel, prepared.targets, prepared.focus, v, problem.focal)


def _binary(problem: Problem, prepared: Prepared, wrt: Scale) -> tuple[Array, Function]:
    value = _loss_by(problem, prepared, wrt)
    if wrt is problem.settings.scale:
        return prepared.raw, lambda v: value(conditioned(problem, v)[0])
    if wrt is Scale.PROBS and Scale.LOGITS in problem.kernels:
        return _function_of_logits(problem, prepared)
    inside = inside_clip(problem, prepared.raw)
    at = converted(prepared.conditioned, problem.settings.scale, wrt)
    return at, value if inside is None else lambda v: value(np.where(inside, v, at))


def _function_of_logits(problem: Problem, prepared: Prepared) -> tuple[Array, Function]:
    """The loss around the probabilities of logits: moved as logits, since 1 - p loses its digits near 1."""
    value = _loss_by(problem, prepared, Scale.LOGITS)
    z = converted(prepared.conditioned, problem.settings.scale, Scale.LOGITS)
    p, q = sigmoid(z), sigmoid(-z)

    def moved(v: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # beyond 0 or 1 there is no loss: nan
            return value(np.where(v == p, z, z + np.log1p((v - p) / p) - np.log1p((p - v) / q)))

    return p, moved


def _classes(problem: Problem, prepared: Prepared, wrt: Scale) -> tuple[Array, Function]:
    rule, scale = problem.convention, problem.settings.scale
    plain = wrt is scale and prepared.logarithms is None
    by_wrt = _loss_by(problem, prepared, wrt if plain else Scale.LOGPROBS)
    if plain:
        return prepared.raw, lambda v: by_wrt(conditioned(problem, v)[0])
    probs, inside = class_probabilities(problem, prepared.raw), inside_clip(problem, prepared.raw)
    bounds = None if rule.clip is None else log_clipped(probs.x, rule.clip)

    def value(x: Array) -> Array:
        """The loss by ln p. What is clipped stays at its bound, so that a step doesn't cross the corner there."""
        return by_wrt(x if inside is None or bounds is None else np.where(inside, x, bounds))

    if wrt is scale:
        return prepared.raw, lambda v: value(log_rescaled(v))
    if wrt is Scale.LOGITS:
        return probs.x, lambda x: value(_moved_softmax(probs, x))
    x = probs.x if probs.total is None else prepared.raw
    x = ln(x) if scale is Scale.PROBS and probs.total is not None else x
    if wrt is Scale.LOGPROBS:
        return x, lambda v: value(_ln_rescaled(problem, v))
    p = np.exp(x)
    return p, lambda v: value(_ln_rescaled(problem, _ln_near(x, p, v)))


def _ln_near(x: Array, p: Array, v: Array) -> Array:
    """ln v for v near p = e^x, with the digits that x has and p has not."""
    with np.errstate(divide="ignore", invalid="ignore"):  # what was 0 has no digits to keep
        return np.where(v == p, x, np.where(p > 0.0, x + np.log1p((v - p) / p), np.log(v)))


def _moved_softmax(probs: ClassProbabilities, x: Array) -> Array:
    """Log-probabilities after their logits have moved to x: a softmax in which what misses 1 stands for the rest.

    A probability near 1 keeps the digits of 1 - p where it moves by little: h - ln(1 + p (e^h - 1)) loses them.
    """
    with np.errstate(invalid="ignore"):  # what stayed at -inf has not moved
        moved = np.where(x == probs.x, 0.0, x - probs.x)
    grown = probs.p * np.expm1(moved)
    total = row_sums(grown)[:, None]
    little = np.where(np.abs(moved) < 1.0, moved, 0.0)
    near = np.log1p((1.0 - probs.p) * np.expm1(-little) + np.exp(-little) * (total - grown))
    return np.where(moved == little, probs.x - near, x - np.log1p(total))


def _ln_rescaled(problem: Problem, x: Array) -> Array:
    return rescaled(x, Scale.LOGPROBS) if problem.convention.rescale else x


# --- steps ------------------------------------------------------------------------------------------------------------
def _edges(problem: Problem, wrt: Scale, at: Array) -> tuple[Array, Array]:
    """The ends of the piece of the function in which each cell lies: of its domain, and where clipping sets in."""
    if wrt is Scale.LOGITS:
        return np.full(at.shape, -inf), np.full(at.shape, inf)
    if wrt is Scale.LOGPROBS:
        return np.full(at.shape, -inf), np.zeros(at.shape)
    rule = problem.convention
    if rule.clip is None or rule.rescale or problem.settings.scale is not wrt:
        return np.zeros(at.shape), np.ones(at.shape)
    low, high = rule.clip
    return (
        np.where(at < low, 0.0, np.where(at > high, high, low)),
        np.where(at < low, low, np.where(at > high, 1.0, high)),
    )


def _width_by_probs(problem: Problem, at: Array, low: Array, high: Array) -> Array:
    """The distance to the nearer end, as a fixed step would leave [0, 1] near its ends; at an end the whole piece."""
    near = np.minimum(at - low, high - at)
    return np.where(near > 0.0, near, high - low)


def _width_by_logits(problem: Problem, at: Array, low: Array, high: Array) -> Array:
    """The size of a logit, at least 1; in a row of classes below the largest, as softmax knows nothing but differences.

    Steps of the size of large logits that differ by little would cut through the bend between them.
    """
    with np.errstate(over="ignore"):  # a difference beyond the floats is infinite, and counts for nothing below
        below_top = at.ndim == 2 and len(at) and np.isfinite(at.max(axis=1)).all()
        height = at - at.max(axis=1)[:, None] if below_top else at
    return np.maximum(1.0, np.abs(np.where(np.isfinite(height), height, 1.0)))


def _width_by_logprobs(problem: Problem, at: Array, low: Array, high: Array) -> Array:
    """The size of a log-probability, at least 1 where the loss is linear in it, else no more than its distance to 0."""
    size = np.abs(np.where(np.isfinite(at), at, 1.0))
    if at.ndim == 2 and not problem.settings.focal:
        return np.maximum(1.0, size)
    return np.where(size == 0.0, 1.0, size)


_WIDTHS: dict[Scale, Callable[[Problem, Array, Array, Array], Array]] = {
    Scale.PROBS: _width_by_probs,
    Scale.LOGITS: _width_by_logits,
    Scale.LOGPROBS: _width_by_logprobs,
}
