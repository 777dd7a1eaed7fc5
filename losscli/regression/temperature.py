"""Temperature scaling: the T for which the mean loss of logits divided by T is the least (Guo et al. 2017).

In b = 1/T the loss is convex, so Newton's steps within a bracket find the one optimum. There is none above 0 where the
logits point the wrong way, and none below infinity where every row is right: both are refused.
"""

from math import inf

import numpy as np

from losscli.arrays import Array
from losscli.data.blocks import Block
from losscli.data.table import Table
from losscli.enums import Form, Scale
from losscli.errors import DataError
from losscli.evaluation.prepare import Prepared, prepare
from losscli.evaluation.problem import Settings, problem_of
from losscli.evaluation.validation import infinite, raise_first, weights_out_of_reach
from losscli.gradients.analytic import weighed
from losscli.losses.targets import Classes, Soft, dense
from losscli.regression.design import (
    DesignMatrix,
    ParameterShape,
    design_of,
    prepared_in_order,
)

STEPS = 300
MASKED = 1e15  # a logit is masked where it is so many typical sizes below the largest of its row


def read_logits(settings: Settings, table: Table) -> DesignMatrix:
    """The logits of a table in memory, as features without an intercept."""
    problem = problem_of(settings, table)

    def finite(block: Block) -> Prepared:
        prepared = prepare(problem, block)
        raise_first(weights_out_of_reach(block, "in a gradient"))
        raise_first(infinite(prepared.block.preds, prepared.row, "prob", "a temperature needs finite logits"))
        return prepared

    prepared, summary = prepared_in_order(problem, table, finite)
    if table.schema.form is Form.BINARY and table.schema.width > 1:
        raise DataError(f"{table.name}: a temperature is fitted to one label; choose one with -y and -p")
    classes = problem.names.names if problem.names else None
    logits = np.concatenate([one.raw for one in prepared])
    x = np.asfortranarray(logits.reshape(len(logits), -1))  # in one order, however the rows are cut: sums depend on it
    shape = ParameterShape(tuple(f"z{at}" for at in range(x.shape[1])), intercept=False, classes=classes)
    return design_of(problem, shape, prepared, x, summary, table)


def scaled(design: DesignMatrix, inverse: float) -> Array:
    """The parameters that multiply each logit by 1/T."""
    width = design.x.shape[1]
    return inverse * (np.ones(1) if design.shape.classes is None else np.eye(width))


def temperature(design: DesignMatrix) -> float:
    """The T of the least mean loss; DataError where there is none."""
    none = f"{design.table.name}: no temperature above 0 minimizes the loss: "
    z, scale = _normalized(design)
    if scale == 0.0 or not _slope(design, z, 0.0) < 0.0:
        raise DataError(none + "the logits are no better than a constant, or have the wrong sign")
    finite = np.abs(z[np.isfinite(z)])
    with np.errstate(over="ignore"):
        largest = min(2.0**60 / _least_gap(z), 1e300 / max(1.0, float(finite.max())))
    if not _slope(design, z, largest) > 0.0:
        raise DataError(none + "every row is right, so the loss keeps falling as T goes to 0")
    low, high, inverse = 0.0, inf, 1.0
    for _ in range(STEPS):
        slope = _slope(design, z, inverse)
        low, high = (inverse, high) if slope < 0.0 else (low, inverse)
        curvature = _curvature(design, z, inverse)
        following = inverse - slope / curvature if curvature > 0.0 else inf
        if not low < following < high:
            # beyond a bracket without an end go by powers, within a wide one to the middle power
            below, above = max(low, inverse / 16.0) if low == 0.0 else low, min(high, inverse * 16.0)
            following = float(np.sqrt(below) * np.sqrt(above)) if above > 4.0 * below else (below + above) / 2.0
            following = inverse * 16.0 if high == inf else inverse / 16.0 if low == 0.0 else following
        if abs(following - inverse) <= 1e-15 * inverse or slope == 0.0:
            break
        inverse = following
    return scale / inverse


def _normalized(design: DesignMatrix) -> tuple[Array, float]:
    """The logits (n, 1) or (n, k), of classes less the largest of their row, in units of their typical size; that size.

    The size is the median of what the largest logit of a row is above the next, of two classes of the logits' sizes;
    0 where all of them are equal. A logit that is far below all others and belongs to no label is masked: it becomes
    minus infinity, of which no temperature makes a probability above 0.
    """
    x = design.x
    if design.shape.classes is None:
        size = np.abs(x[:, 0])
        scale = float(np.median(size[size > 0.0])) if size.any() else 0.0
        return (x / scale if scale else x), scale
    with np.errstate(over="ignore"):  # a gap beyond the floats is a masked logit
        gaps = x.max(axis=1, keepdims=True) - x
    lead = np.sort(gaps, axis=1)[:, 1]
    lead = lead[(lead > 0.0) & np.isfinite(lead)]
    scale = float(np.median(lead)) if len(lead) else 0.0
    if not scale:
        return x, scale
    targets = design.targets
    assert isinstance(targets, Classes | Soft)
    labelled = dense(targets, x.shape) > 0.0
    with np.errstate(over="ignore"):
        return np.where((gaps / scale > MASKED) & ~labelled, -inf, -(gaps / scale)), scale


def _slope(design: DesignMatrix, z: Array, inverse: float) -> float:
    """The slope of the mean loss by 1/T."""
    gradient = design.problem.kernels[Scale.LOGITS].gradient(design.targets, _times(z, inverse))
    gradient = gradient.reshape(z.shape) * np.where(np.isfinite(z), z, 0.0)
    return float(weighed(design.weight, gradient).sum()) / design.divisor


def _times(z: Array, inverse: float) -> Array:
    with np.errstate(invalid="ignore"):  # 0 times what is masked
        scaled = np.where(np.isfinite(z), inverse * z, z)
    return scaled[:, 0] if z.shape[1] == 1 else scaled


def _least_gap(z: Array) -> float:
    """The least difference of two logits of a row, or of a logit to 0, that isn't 0."""
    ordered = np.sort(z, axis=1) if z.shape[1] > 1 else np.c_[np.zeros(len(z)), z]
    with np.errstate(invalid="ignore"):  # between two that are masked
        gaps = np.abs(np.diff(ordered, axis=1))
    return float(gaps[(gaps > 0.0) & np.isfinite(gaps)].min(initial=1.0))


def _curvature(design: DesignMatrix, z: Array, inverse: float) -> float:
    """The second derivative of the mean loss by 1/T: the variance of a row's logits by its probabilities."""
    finite, scaled = np.where(np.isfinite(z), z, 0.0), _times(z, inverse)
    if scaled.ndim == 1:
        half = np.exp(-np.abs(scaled) / 2.0)
        spread = (half / (1.0 + half * half) * finite[:, 0]) ** 2
    else:
        p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        off = finite - (p * finite).sum(axis=1, keepdims=True)
        spread = (np.sqrt(p) * off) ** 2
        spread = np.where(p > 0.0, spread, 0.0).sum(axis=1)
    return float(weighed(design.weight, spread).sum()) / design.divisor
