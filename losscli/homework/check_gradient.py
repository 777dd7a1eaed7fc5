"""A gradient, or the parameters of a fit, checked against typed ones.

A typed gradient is short, so its rows are in the first blocks. Where they are not, only the mistakes that need no rows
are found.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import log

import numpy as np

from losscli.arrays import Array
from losscli.enums import Reduction, Scale
from losscli.errors import DataError, plural
from losscli.evaluation.prepare import HARD
from losscli.gradients.evaluate import Gradient, as_probs_and_logits
from losscli.homework.check_loss import MOST_ROWS
from losscli.homework.mistakes.candidate import candidates
from losscli.homework.mistakes.descent import DESCENT_TEXTS, Descent, of_descent
from losscli.homework.mistakes.gradients import Examples, Parameters, Predictions, RightGradient, gradient_mistakes
from losscli.homework.typed import Expected, Slack, Typed, expected_numbers
from losscli.homework.verdict import Verdict, judged
from losscli.losses.targets import Binary, Targets, coefficient_sums, dense, joined
from losscli.records import record
from losscli.regression.design import DesignMatrix, effective_weights, logits
from losscli.regression.gradient import ParameterGradient, by_predictions

MOST_STEPS = 1000  # the most steps of a descent whose mistakes are computed

MOST_EXAMPLES = (
    10_000  # beyond, the mistakes in a gradient with respect to parameters that need the rows are not looked for
)

CONSTANTS = {"-1": -1.0, "2": 2.0, "1/2": 0.5, "1/ln 2": 1.0 / log(2.0), "ln 2": log(2.0)}  # a name that is the value


@record
class Diagnosis:
    """The verdict on a typed gradient, the first entry that differs (counted from 0), and given/right if constant.

    `of_sum` says that one number was typed for several entries, and was compared with their sum.
    """

    verdict: Verdict
    first_wrong: int | None = None
    ratio: float | None = None
    ratio_name: str = ""
    of_sum: bool = False


def right_gradient(gradient: Gradient, numeric: bool) -> RightGradient:
    """The gradient of all rows; with their predictions where these are all in the first blocks."""
    problem, n = gradient.problem, gradient.totals.summary.n
    if n > MOST_ROWS:
        raise DataError("--expect compares a million rows at most; this table has more")
    parts = [(piece.numeric if numeric else piece.slope) / gradient.divisor for piece in gradient.spool.rows()]
    right, s = np.concatenate(parts), problem.settings
    divisor, wrt = gradient.divisor / s.log_base, gradient.spec.wrt
    found = RightGradient(right, divisor, n, problem.k, s.log_base, wrt, log_loss=s.loss.log_loss)
    prepared = gradient.first_prepared
    if sum(len(part.conditioned) for part in prepared) * right.shape[1] != right.size:
        return found
    conditioned = np.concatenate([part.conditioned for part in prepared])
    p, z = as_probs_and_logits(conditioned, s.scale)
    label = _labels(joined([part.unweighted for part in prepared]), conditioned.shape)
    weights = [np.ones(len(part.conditioned)) if part.rows.weight is None else part.rows.weight for part in prepared]
    hard = all(HARD in part.rows.traits for part in prepared)
    by_label = bool(s.class_weight or s.pos_weight) and hard and not s.smoothing and s.alpha is None
    if by_label:
        weights = [w * coefficient_sums(part.targets) for w, part in zip(weights, prepared, strict=True)]
    weighted = by_label or any(part.rows.weight is not None for part in prepared)
    weight = np.concatenate(weights) if weighted else None
    return replace(found, right=right.reshape(conditioned.shape), predictions=Predictions(label, p, z, weight))


def right_parameter_gradient(design: DesignMatrix, gradient: ParameterGradient) -> RightGradient:
    """The gradient with respect to parameters; with the rows where they are not too many."""
    s, right, theta = design.problem.settings, gradient.chosen, gradient.theta
    divisor = design.divisor if s.reduction is Reduction.MEAN else 1.0
    k = right.shape[0] if right.ndim == 2 else 2
    examples = None
    if design.rows <= MOST_EXAMPLES and not s.focal and not s.smoothing:
        y = _labels(design.unweighted, (design.rows, k))
        h, _ = as_probs_and_logits(logits(design, theta), Scale.LOGITS)
        examples = Examples(design.x, theta, y, h, effective_weights(design))
    parameters = Parameters(design.shape.intercept, by_predictions(design, theta) / divisor, examples)
    n, log_loss = design.summary.n, s.loss.log_loss
    return RightGradient(right, divisor, n, k, s.log_base, log_loss=log_loss, parameters=parameters)


def _labels(unweighted: Targets, shape: tuple[int, ...]) -> Array:
    """Labels as numbers (n,), or as label probabilities (n, k)."""
    return unweighted.positive if isinstance(unweighted, Binary) else dense(unweighted, shape)


def judge_gradient(g: RightGradient, unit_name: str, expected: Expected) -> Diagnosis:
    """The verdict on a typed gradient: an entry for each of the right one, or a single number for their sum."""
    given = expected_numbers(expected, many=True, unit=unit_name)
    if len(given) not in (1, g.right.size):
        raise DataError(f"--expect gives {len(given)} numbers, but the gradient has {g.right.size}")
    return diagnose_gradient(given, g)


def diagnose_gradient(given: tuple[Typed, ...], g: RightGradient) -> Diagnosis:
    """Compare a typed gradient with the right one entry by entry, and name the mistakes that would give it."""
    right = g.right.ravel()
    if len(given) == 1 and right.size > 1:
        with np.errstate(invalid="ignore"):  # inf - inf
            sums = (replace(one, value=float(np.sum(one.value))) for one in gradient_mistakes(replace(g, of_sum=True)))
            return Diagnosis(judged(given, float(right.sum()), sums), of_sum=True)
    verdict = judged(given, right, gradient_mistakes(g), differences=True)
    if verdict.ok:
        return Diagnosis(verdict)
    wrong = (
        at
        for at, (one, value) in enumerate(zip(given, right, strict=True))
        if not one.fits(float(value), Slack.TOLERANCE) or (verdict.empty and value != 0.0)
    )
    return Diagnosis(verdict, next(wrong, None), *_constant_ratio(given, g))


def _constant_ratio(given: Sequence[Typed], g: RightGradient) -> tuple[float | None, str]:
    """given/right where it is the same for all entries, with its name; None where it is not, or is 1."""
    right, d, k = g.right.ravel(), g.divisor, float(g.k)
    if not any(one.value for one in given) or _is_multiple(given, right, 1.0):  # the right numbers in another unit
        return None, ""
    named = {"-1": -1.0, "n": d, "1/n": 1.0 / d, **CONSTANTS, "K": k, "1/K": 1.0 / k}
    ratios = list(named.items())
    # one entry has a ratio to anything
    two_tell = sum(bool(value != 0.0 and one.value != 0.0) for one, value in zip(given, right, strict=True)) > 1
    if two_tell:
        ratios += [(f"{a} * {b}", x * y) for (a, x), (b, y) in combinations(named.items(), 2)]
    for name, value in ratios:
        if _is_multiple(given, right, value):
            return value, name if name in CONSTANTS else f"{name} = {value:.6g}"
    at = int(np.abs(np.where(np.isfinite(right), right, 0.0)).argmax())
    if right[at] == 0.0 or given[at].exact is None or given[at].value == 0.0:
        return None, ""
    ratio = float(f"{given[at].value / float(right[at]):.6g}")
    return (ratio, f"{ratio:g}") if two_tell and _is_multiple(given, right, ratio) else (None, "")


def _is_multiple(given: Sequence[Typed], right: Array, ratio: float) -> bool:
    return all(one.fits(float(value) * ratio, Slack.FLOAT32) for one, value in zip(given, right, strict=True))


def judge_fit(theta: Array, descent: Descent | None, expected: Expected) -> Verdict:
    """The verdict on typed parameters; `descent` is None unless each step was on all rows."""
    given = expected_numbers(expected, many=True)
    if len(given) != theta.size:
        raise DataError(f"--expect gives {plural(len(given), 'number')}, but the fit has {theta.size} parameters")
    known = descent is not None and 0 < descent.steps <= MOST_STEPS and descent.design.problem.settings.loss.log_loss
    found = candidates(of_descent(descent), DESCENT_TEXTS) if known and descent is not None else ()
    return judged(given, np.ravel(theta), found)
