"""Temperature scaling: the T for which the mean loss of logits divided by T is the least (Guo et al. 2017).

In b = 1/T the loss is convex, so Newton's steps within a bracket find the one optimum. There is none above 0 where the
logits point the wrong way, and none below infinity where every row is right: both are refused.
"""

from functools import partial
from math import inf

import numpy as np

from losscli.data.blocks import Block, Table
from losscli.enums import Form
from losscli.errors import DataError
from losscli.evaluation.prepare import Array, Prepared, prepare
from losscli.evaluation.problem import Problem, Settings, problem_of
from losscli.evaluation.validation import infinite, raise_first, weights_out_of_reach
from losscli.regression.design import (
    DesignMatrix,
    ParameterShape,
    design_of,
    logits,
    prepared_in_order,
    row_gradients,
)

_STEPS = 200


def read_logits(settings: Settings, table: Table) -> DesignMatrix:
    """The logits of a table in memory, as features without an intercept."""
    problem = problem_of(settings, table)
    prepared, summary = prepared_in_order(problem, table, partial(_finite, problem))
    if table.schema.form is Form.BINARY and table.schema.width > 1:
        raise DataError(f"{table.name}: a temperature is fitted to one label; choose one with -y and -p")
    classes = problem.names.names if problem.names else None
    x = np.concatenate([one.raw.reshape(len(one.raw), -1) for one in prepared])
    shape = ParameterShape(tuple(f"z{at}" for at in range(x.shape[1])), intercept=False, classes=classes)
    return design_of(problem, shape, prepared, x, summary, table)


def _finite(problem: Problem, block: Block) -> Prepared:
    prepared = prepare(problem, block)
    raise_first(weights_out_of_reach(block, "in a gradient"))
    raise_first(infinite(prepared.block.preds, prepared.row, "prob", "a temperature wants finite logits"))
    return prepared


def scaled(design: DesignMatrix, inverse: float) -> Array:
    """The parameters that multiply each logit by 1/T."""
    width = design.x.shape[1]
    return inverse * (np.ones(1) if design.shape.classes is None else np.eye(width))


def temperature(design: DesignMatrix) -> float:
    """The T of the least mean loss; DataError where there is none."""
    name = design.table.name
    if not _slope(design, 0.0) < 0.0:
        why = "the logits say no more than a constant, or point the wrong way"
        raise DataError(f"{name}: no temperature above 0 has the least loss: {why}")
    if not _last_slope(design) > 0.0:
        why = "every row is right, so the loss falls on and on as T goes to 0"
        raise DataError(f"{name}: no temperature above 0 has the least loss: {why}")
    low, high, inverse = 0.0, inf, 1.0 / max(1.0, float(np.abs(design.x).max()))
    for _ in range(_STEPS):
        slope = _slope(design, inverse)
        low, high = (inverse, high) if slope < 0.0 else (low, inverse)
        curvature = _curvature(design, inverse)
        step = -slope / curvature if curvature > 0.0 else inf
        following = inverse + step
        if not low < following < high:
            following = 2.0 * inverse if high == inf else (low + high) / 2.0
        if abs(following - inverse) <= 1e-15 * inverse or slope == 0.0:
            break
        inverse = min(following, 4.0 * inverse)
    return 1.0 / inverse


def _slope(design: DesignMatrix, inverse: float) -> float:
    """The slope of the mean loss by 1/T."""
    slopes = row_gradients(design, scaled(design, inverse)).reshape(design.x.shape)
    return float((slopes * design.x).sum()) / design.divisor


def _last_slope(design: DesignMatrix) -> float:
    """The slope that is left where T is next to 0: how far the largest logits are above those of what happened."""
    largest = float(np.abs(design.x).max())
    return _slope(design, min(2.0**60 / _least_gap(design), 1e300 / largest)) if largest > 0.0 else 0.0


def _least_gap(design: DesignMatrix) -> float:
    """The least difference of two logits of a row, or of a logit to 0, that isn't 0."""
    ordered = np.sort(design.x, axis=1) if design.shape.classes is not None else np.c_[np.zeros(design.rows), design.x]
    gaps = np.abs(np.diff(ordered, axis=1))
    return float(gaps[gaps > 0.0].min(initial=1.0))


def _curvature(design: DesignMatrix, inverse: float) -> float:
    """The second derivative of the mean loss by 1/T: the variance of a row's logits by its probabilities."""
    z = logits(design, scaled(design, inverse))
    if z.ndim == 1:
        half = np.exp(-np.abs(z) / 2.0)
        spread = (half / (1.0 + half * half) * design.x[:, 0]) ** 2
    else:
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = (p * design.x).sum(axis=1, keepdims=True)
        spread = (p * (design.x - mean) ** 2).sum(axis=1)
    return float((spread if design.weight is None else design.weight * spread).sum()) / design.divisor
