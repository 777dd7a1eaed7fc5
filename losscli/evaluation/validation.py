"""Check predictions and weights: the first one of a block that is not valid, as a RowError."""

from math import inf

import numpy as np

from losscli.arrays import Array, Ints
from losscli.data.blocks import Block
from losscli.data.cells import canonical
from losscli.enums import Form, Scale
from losscli.errors import RowError
from losscli.evaluation.problem import Problem

ROUNDING = 2.0**-20  # what a sum or softmax of float32 may lie outside [0, 1]; --eps clips it


def raise_first(*faults: RowError | None) -> None:
    """Raise the fault with the smallest row, the first given among equals."""
    found = [fault for fault in faults if fault is not None]
    if found:
        raise min(found, key=lambda fault: fault.row)


def prediction_faults(problem: Problem, block: Block) -> RowError | None:
    """The first prediction or row of predictions that is not valid; all rows of `block` count."""
    preds = block.preds
    if not preds.size:
        return None
    low, high = preds.min(), preds.max()
    if problem.settings.scale is Scale.LOGITS:
        if problem.form is not Form.CATEGORICAL or (low > -inf and high < inf):
            return None
        empty = (preds.max(axis=1) == -inf) | ((preds == inf).sum(axis=1) > 1)
        what = "a row of logits that are all -inf, or with two that are inf, has no softmax"
        return RowError(int(empty.argmax()), "row", None, what) if empty.any() else None
    probs = problem.settings.scale is Scale.PROBS
    slack = ROUNDING if problem.settings.eps else 0.0  # what is clipped may be off by rounding
    if high <= (1.0 + slack if probs else 0.0) and (low >= -slack or not probs):
        if not problem.convention.rescale:
            return None
        empty = preds.max(axis=1) <= (0.0 if probs else -inf)
        what = "the row sums to 0 and can't be rescaled"
        return RowError(int(empty.argmax()), "row", None, what) if empty.any() else None
    bad = (preds > 1.0 + slack) | (preds < -slack) if probs else preds > 0.0
    row = int(bad.any(axis=1).argmax())
    column = int(bad[row].argmax())
    value = float(preds[row, column])
    if probs:
        return RowError(row, "prob", column, not_a_probability(value))
    hint = "for probabilities use --from probs" if value <= 1.0 else "for logits use --from logits"
    return RowError(row, "prob", column, f"{canonical(value)} is not a log-probability (it is above 0); {hint}")


def not_a_probability(value: float) -> str:
    """The message for a number outside [0, 1], with a hint at what it may be."""
    text = f"{canonical(value)} is not a probability"
    if 5.0 < value <= 100.0 and value == round(value, 2):
        return f"{text}; divide percentages by 100; for logits use --from logits"
    if 1.0 < value <= 1.0 + ROUNDING or -ROUNDING <= value < 0.0:
        return f"{text}, but only because of rounding, as in float32; --eps 1e-7 clips it"
    hint = "for logits use --from logits"
    return f"{text}; {hint}" + (", for log-probabilities --from logprobs" if value < 0.0 else "")


def weight_faults(block: Block) -> RowError | None:
    """The first weight that is not valid; all rows of `block` count."""
    if block.weights is None:
        return None
    bad = ~((block.weights >= 0.0) & (block.weights < inf))
    if not bad.any():
        return None
    at = int(bad.argmax())
    value = canonical(float(block.weights[at]))
    return RowError(at, "weight", 0, f"{value} is not a weight; weights must be finite and not negative")


def infinite(cells: Array, row: Ints, part: str, what: str) -> RowError | None:
    """The first of the cells (n, k) that is not finite; `row` (n,) are their rows, `{}` in `what` is the cell."""
    bad = ~np.isfinite(cells)
    if not bad.any():
        return None
    at = int(bad.any(axis=1).argmax())
    column = int(bad[at].argmax())
    return RowError(int(row[at]), part, column, what.format(cells[at, column]))


LIGHTEST, HEAVIEST = 1e-150, 1e150


def weights_out_of_reach(block: Block, where: str) -> RowError | None:
    """The first weight so small or large that its product with a loss or slope may leave the range of floats."""
    if block.weights is None:
        return None
    bad = (block.weights > HEAVIEST) | ((block.weights < LIGHTEST) & (block.weights > 0.0))
    if block.keep is not None:
        bad &= block.keep
    if not bad.any():
        return None
    at = int(bad.argmax())
    what = f"a weight of {canonical(float(block.weights[at]))} is beyond the range of floats {where}"
    return RowError(at, "weight", 0, f"{what}; scale the weights")
