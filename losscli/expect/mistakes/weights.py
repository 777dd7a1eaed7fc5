"""Mistakes with weights and ignored rows: left out, inverted, or divided by the wrong thing."""

from dataclasses import replace

import numpy as np

from losscli.enums import Reduction
from losscli.expect.mistakes.case import Array, Case, Figure, times
from losscli.expect.mistakes.entry import COMMON, Found, Mistake, Variant


def _weighted(c: Case) -> bool:
    s = c.problem.settings
    return c.weight is not None or s.class_weight is not None or s.pos_weight is not None


def _mean_asked(c: Case) -> bool:
    return c.known.reduction is Reduction.MEAN


def _ignored(c: Case) -> Found:
    """Without any weights; with both kinds also without the one or the other."""
    if not _weighted(c):
        return ()
    bare = replace(c.problem, settings=replace(c.problem.settings, class_weight=None, pos_weight=None))
    found: list[Figure | Variant] = [Variant(c.answer_of(bare, weights=False), "the weights")]
    if c.weight is not None and bare != c.problem:
        found.append(Variant(c.answer_of(bare), "the class weights"))
        found.append(Variant(c.answer_of(c.problem, weights=False), "the sample weights"))
    return found


def _total(c: Case) -> float:
    return float(times(c.weights, c.loss).sum())


def _row_weights(c: Case) -> Array:
    """The weight of each row with that of its class in it."""
    return c.weights if c.problem.convention.mean_over_rows and c.weight is not None else c.divisor_weights


def _over_n(c: Case) -> Found:
    return _total(c) / c.n if _mean_asked(c) and (_weighted(c)) else ()


def _over_sum(c: Case) -> Found:
    if not (_mean_asked(c) and c.weight is not None and c.problem.convention.mean_over_rows):
        return ()
    return _total(c) / float(c.weights.sum())


def _over_classes(c: Case) -> Found:
    weights = c.problem.settings.class_weight
    return _total(c) / sum(weights) if weights and sum(weights) and _mean_asked(c) else ()


def _bare_losses(c: Case) -> Array:
    """The losses without the weights that `_row_weights` gives."""
    w = _row_weights(c)
    with np.errstate(divide="ignore", invalid="ignore"):  # rows of weight 0 are of no use here
        return times(c.weights, c.loss) / w


def _powered(c: Case, power: float) -> Found:
    w = _row_weights(c)
    if not _weighted(c) or (w == 1.0).all() or (power < 0.0 and (w == 0.0).any()):
        return ()
    changed = np.where(w > 0.0, w, 1.0) ** power * (w > 0.0)
    rows = times(changed, np.where(w > 0.0, _bare_losses(c), 0.0))
    if c.known.reduction is Reduction.NONE:
        return rows
    return float(rows.sum()) / (float(changed.sum()) if _mean_asked(c) else 1.0)


def _products(c: Case) -> Found:
    w = _row_weights(c)
    if not (_weighted(c) and _mean_asked(c)) or (w == 0.0).any():
        return ()
    return float(_bare_losses(c).mean()) * float(w.mean())


def _in_divisor(c: Case) -> Found:
    costs, weights = _gone(c)
    return _total(c) / (c.divisor + float(weights.sum())) if len(costs) and _mean_asked(c) else ()


def _as_last(c: Case) -> Found:
    costs, weights = _gone(c)
    if not len(costs) or c.known.reduction is Reduction.NONE:
        return ()
    class_weights = c.problem.settings.class_weight
    weights = weights * class_weights[-1] if class_weights else weights
    whole = _total(c) + float(times(weights, costs).sum())
    return whole / ((c.divisor + float(weights.sum())) if _mean_asked(c) else 1.0)


def _gone(c: Case) -> tuple[Array, Array]:
    if c.problem.settings.ignore is None or not c.categorical:
        return np.zeros(0), np.zeros(0)
    return c.ignored_costs()


WEIGHTS: tuple[Mistake[Case], ...] = (
    Mistake("weights-ignored", "{} were left out", "multiply each row's loss by its weight", _ignored, COMMON),
    Mistake(
        "weights-over-n",
        "the weighted losses were divided by the number of rows, not by the sum of the weights",
        "divide by the sum of the weights; torch and Keras divide by n, which --like torch asks for",
        _over_n,
        COMMON,
    ),
    Mistake(
        "weights-over-sum",
        "the weighted losses were divided by the sum of the weights, and the library asked for divides by n",
        "divide by the number of rows, or leave --like out",
        _over_sum,
        COMMON,
    ),
    Mistake(
        "weights-over-classes",
        "the weighted losses were divided by the sum of the class weights, one for each class",
        "divide by the sum of the weights of the rows",
        _over_classes,
    ),
    Mistake(
        "inverse-weights",
        "each row was divided by its weight: 1/w was used for w",
        "multiply by the weight",
        lambda c: _powered(c, -1.0),
    ),
    Mistake(
        "squared-weights",
        "each row was multiplied by its weight twice",
        "multiply by the weight once",
        lambda c: _powered(c, 2.0),
    ),
    Mistake(
        "mean-times-mean",
        "the mean loss was multiplied by the mean weight",
        "multiply row by row, then add up",
        _products,
    ),
    Mistake(
        "ignored-in-divisor",
        "the ignored rows were left out of the sum but counted in the divisor",
        "divide by the number of rows that count",
        _in_divisor,
        COMMON,
    ),
    Mistake(
        "ignored-as-class",
        "the ignored rows were counted as the last class: an index of -1 picks the last column",
        "drop these rows before looking the columns up",
        _as_last,
        COMMON,
    ),
)
