"""The analytic gradient of each row's loss by its predictions, on any scale.

A kernel gives the slope at the conditioned predictions; this module adds the focal factor, the chain rule through
clipping and rescaling, the change of scale and the sample weight. Slopes are in nats, undivided (the divisor is known
at the end of the table), and shaped like the predictions, (n,) or (n, k). Limits are one-sided values, and an infinite
slope is inf.

Predictions of classes change scale through the slopes by the logarithms, t_k = p_k dl/dp_k, which are finite where p_k
is 0: with respect to probabilities t_k / p_k, and to logits t_k - p_k sum t, the p's being a softmax.
"""

from collections.abc import Callable, Mapping

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Scale
from losscli.errors import UsageError
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.losses.conventions import log_rescaled, rescaled
from losscli.losses.functions import ln, log1mexp, log_softmax, product, rest_sums, row_sums, sigmoid, softplus
from losscli.losses.rows import row_gradient
from losscli.losses.table import Kernel
from losscli.losses.targets import Binary
from losscli.records import record


def slopes(problem: Problem, prepared: Prepared, wrt: Scale) -> Array:
    """The slope of each row's weighted loss by its predictions on the scale `by`; shaped like the predictions."""
    slope = _of_classes(problem, prepared, wrt) if prepared.raw.ndim == 2 else _of_binary(problem, prepared, wrt)
    found = weighed(prepared.rows.weight, slope) + 0.0  # -0.0 becomes 0.0
    if np.isnan(found).any():
        raise ArithmeticError("a derivative is not a number")
    return found


def kernel_of(problem: Problem, wrt: Scale) -> Kernel:
    """The kernel of the problem on the scale `by`; UsageError where the loss has no such scale."""
    kernels = problem.kernels
    if wrt not in kernels:
        what = f"to {problem.settings.loss.name}"
        if problem.form is Form.LIKELIHOOD:
            what = f"to {problem.form.value}; give LABELS and PREDS"
        raise UsageError(f"--wrt {wrt.value} does not apply {what}")
    return kernels[wrt]


def weighed(weight: Array | None, slope: Array) -> Array:
    """Slopes (n,) or (n, k) times the weights (n,) of their rows; 0 times an infinite slope is 0."""
    if weight is None:
        return slope
    by_row = weight.reshape(-1, *[1] * (slope.ndim - 1))
    with np.errstate(invalid="ignore"):  # 0 times inf is put right here
        return np.where(by_row == 0.0, 0.0, by_row * slope)


def _at(problem: Problem, prepared: Prepared, wrt: Scale, v: Array) -> Array:
    """The gradient of the kernel on the scale `by` at `v`, with the focal factor by the product rule."""
    kernel, floor, p = kernel_of(problem, wrt), problem.convention.backward_floor, prepared.conditioned

    def with_floor(a: Binary, v: Array) -> Array:
        """(a0 p - a1 (1-p)) / max(p (1-p), floor), and for logits or log-probabilities times dp/dz or dp/dx."""
        spread = p * (1.0 - p)
        slope = (a.negative * p - a.positive * (1.0 - p)) / np.maximum(spread, floor)
        return np.asarray(slope if wrt is Scale.PROBS else slope * (spread if wrt is Scale.LOGITS else p))

    if floor and isinstance(prepared.targets, Binary):
        kernel = kernel._replace(gradient=with_floor)
    return row_gradient(kernel, prepared.targets, prepared.focus, v, problem.focal)


# --- binary predictions -----------------------------------------------------------------------------------------------
def _of_binary(problem: Problem, prepared: Prepared, wrt: Scale) -> Array:
    scale = problem.settings.scale
    kernel_of(problem, wrt)
    if wrt is Scale.PROBS and scale is not wrt and Scale.LOGITS in problem.kernels:
        slope = _by_probs(problem, prepared)
    else:
        slope = _at(problem, prepared, wrt, converted(prepared.conditioned, scale, wrt))
    inside = inside_clip(problem, prepared.raw)
    return slope if inside is None else np.where(inside, slope, 0.0)


def _by_probs(problem: Problem, prepared: Prepared) -> Array:
    """By probabilities from logits: the slope by z over p (1-p), which p itself would round to 0 beyond z = 37."""
    z = converted(prepared.conditioned, problem.settings.scale, Scale.LOGITS)
    p, q = sigmoid(z), sigmoid(-z)
    by_logits = _at(problem, prepared, Scale.LOGITS, z)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # what is out of range is taken at p = 0 or 1
        slope = by_logits / p / q
    lost = (p == 0.0) | (q == 0.0)
    return np.where(lost, _at(problem, prepared, Scale.PROBS, p), slope) if lost.any() else slope


def converted(v: Array, scale: Scale, to: Scale) -> Array:
    """Predictions (n,) of the positive class on another scale."""
    return v if scale is to else _CONVERSIONS[scale, to](v)


def logit(p: Array) -> Array:
    """ln p - ln(1-p); certainties are infinite logits."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


_CONVERSIONS: Mapping[tuple[Scale, Scale], Callable[[Array], Array]] = {
    (Scale.PROBS, Scale.LOGITS): logit,
    (Scale.PROBS, Scale.LOGPROBS): ln,
    (Scale.LOGITS, Scale.PROBS): sigmoid,
    (Scale.LOGITS, Scale.LOGPROBS): lambda z: -softplus(-z),
    (Scale.LOGPROBS, Scale.PROBS): lambda x: np.exp(x),
    (Scale.LOGPROBS, Scale.LOGITS): lambda x: x - log1mexp(x),
}


# --- predictions of k classes -----------------------------------------------------------------------------------------
@record
class ClassProbabilities:
    """Rows (n, k) of probabilities after rescaling and before clipping: p, ln p and 1 - p, each to its last digit.

    `total` (n,) is what the rows were divided by, or None.
    """

    p: Array
    x: Array
    miss: Array
    total: Array | None


def _of_classes(problem: Problem, prepared: Prepared, wrt: Scale) -> Array:
    scale, rule = problem.settings.scale, problem.convention
    if wrt is scale and not rule.rescale:
        slope = _at(problem, prepared, wrt, prepared.conditioned)
        inside = inside_clip(problem, prepared.raw)
        return slope if inside is None else np.where(inside, slope, 0.0)
    kernel_of(problem, wrt)
    probs = class_probabilities(problem, prepared.raw)
    t = _by_logarithms(problem, prepared, probs)
    if wrt is Scale.PROBS:
        return _of_free_probs(problem, prepared, t, probs)
    if wrt is Scale.LOGPROBS and probs.total is None:
        return t
    # t_j - p_j sum t, as t_j (1 - p_j) - p_j (sum of the others): a sure hit keeps its digits
    return product(t, probs.miss) - product(probs.p, rest_sums(t))


def _of_free_probs(problem: Problem, prepared: Prepared, t: Array, probs: ClassProbabilities) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # infinite slopes are inf; 0/0 is set below
        slope = t / probs.p
    if not probs.p.all():  # where p is 0, a finite slope doesn't follow from the slope by ln p
        there = _at(problem, prepared, Scale.PROBS, probs.p)
        inside = inside_clip(problem, prepared.raw)
        there = there if inside is None else np.where(inside, there, 0.0)
        slope = np.where(probs.p == 0.0, there, slope)
    if probs.total is None:
        return slope
    # a slope beyond the floats is infinite, and that by a p of 0, which goes as 1/p, outweighs what goes as ln p
    with np.errstate(over="ignore", invalid="ignore"):
        rescaled_slope = (product(probs.miss, slope) - rest_sums(t)) / probs.total[:, None]
    return np.where((probs.p == 0.0) & np.isinf(slope), slope, rescaled_slope)


def _by_logarithms(problem: Problem, prepared: Prepared, probs: ClassProbabilities) -> Array:
    """The slopes by ln p, p being what the loss takes the logarithm of; 0 where that is clipped."""
    x = prepared.logarithms
    if x is None:
        x = ln(prepared.conditioned) if problem.settings.scale is Scale.PROBS else probs.x
    t = _at(problem, prepared, Scale.LOGPROBS, x)
    inside = inside_clip(problem, prepared.raw)
    return t if inside is None else np.where(inside, t, 0.0)


def class_probabilities(problem: Problem, given: Array) -> ClassProbabilities:
    """The probabilities of predictions (n, k) on the scale of the problem, rescaled where the convention rescales."""
    scale, rescale = problem.settings.scale, problem.convention.rescale
    if scale is Scale.LOGITS:
        x = log_softmax(given)
        return ClassProbabilities(np.exp(x), x, -np.expm1(x), None)
    cells = rescaled(given, scale) if rescale else given
    if scale is Scale.PROBS and rescale:
        total = row_sums(given)
        return ClassProbabilities(cells, log_rescaled(given), rest_sums(given) / total[:, None], total)
    if scale is Scale.PROBS:
        return ClassProbabilities(cells, ln(np.maximum(cells, 0.0)), 1.0 - cells, None)  # rounding may be below 0
    return ClassProbabilities(np.exp(cells), cells, -np.expm1(cells), row_sums(np.exp(given)) if rescale else None)


def inside_clip(problem: Problem, given: Array) -> Array | None:
    """Which predictions lie inside the clip, shaped like them; None where nothing is clipped."""
    rule = problem.convention
    if rule.clip is None:
        return None
    cells = rescaled(given, problem.settings.scale) if rule.rescale else given
    return np.asarray((cells >= rule.clip[0]) & (cells <= rule.clip[1]))
