"""Mistakes with weights and ignored rows: left out, inverted, or divided by the wrong thing."""

from dataclasses import replace

import numpy as np

from losscli.enums import Reduction
from losscli.homework.expect.mistakes.case import Array, Case, Figure, times
from losscli.homework.expect.mistakes.entry import (
    AT_HAND,
    POSSIBLE,
    AnalysisResult,
    Mistake,
    Variant,
    mean_asked,
    one_number,
    weighted,
)


def _sample_weights_over_rows(c: Case) -> bool:
    return c.weight is not None and c.problem.convention.mean_over_rows


def _class_weights(c: Case) -> bool:
    return bool(sum(c.problem.settings.class_weight or ()))


def _without_ones(c: Case) -> bool:
    return bool((_row_weights(c) != 1.0).any())


def _without_zeros(c: Case) -> bool:
    return bool((_row_weights(c) > 0.0).all())


def _ignoring(c: Case) -> bool:
    return c.problem.settings.ignore is not None and c.categorical


def _left_out(c: Case) -> AnalysisResult:
    """Without any weights; with both kinds also without the one or the other."""
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


def _bare_losses(c: Case) -> Array:
    """The losses without the weights that `_row_weights` gives."""
    w = _row_weights(c)
    with np.errstate(divide="ignore", invalid="ignore"):  # rows of weight 0 are of no use here
        return times(c.weights, c.loss) / w


def _powered(c: Case, power: float) -> AnalysisResult:
    w = _row_weights(c)
    changed = np.where(w > 0.0, w, 1.0) ** power * (w > 0.0)
    rows = times(changed, np.where(w > 0.0, _bare_losses(c), 0.0))
    if c.reduction is Reduction.NONE:
        return rows
    return float(rows.sum()) / (float(changed.sum()) if mean_asked(c) else 1.0)


def _over_largest(c: Case) -> AnalysisResult:
    largest = float(_row_weights(c).max())
    if not largest:
        return ()
    return _total(c) / c.n / largest if mean_asked(c) else c.known.answer / largest


def _in_divisor(c: Case) -> AnalysisResult:
    costs, weights = c.ignored_costs()
    return _total(c) / (c.divisor + float(weights.sum())) if len(costs) else ()


def _as_last(c: Case) -> AnalysisResult:
    costs, weights = c.ignored_costs()
    if not len(costs):
        return ()
    class_weights = c.problem.settings.class_weight
    weights = weights * class_weights[-1] if class_weights else weights
    whole = _total(c) + float(times(weights, costs).sum())
    return whole / ((c.divisor + float(weights.sum())) if mean_asked(c) else 1.0)


WEIGHTS: tuple[Mistake[Case], ...] = (
    Mistake(
        "weights-ignored",
        "{} were left out",
        "multiply each row's loss by its weight",
        _left_out,
        AT_HAND,
        (weighted,),
    ),
    Mistake(
        "weights-over-n",
        "the weighted losses were divided by the number of rows, not by the sum of the weights",
        "divide by the sum of the weights; torch and Keras divide by n, which --like torch asks for",
        lambda c: _total(c) / c.n,
        AT_HAND,
        (mean_asked, weighted),
    ),
    Mistake(
        "weights-over-sum",
        "the weighted losses were divided by the sum of the weights, and the library asked for divides by n",
        "divide by the number of rows, or leave --like out",
        lambda c: _total(c) / float(c.weights.sum()),
        AT_HAND,
        (mean_asked, _sample_weights_over_rows),
    ),
    Mistake(
        "weights-over-classes",
        "the weighted losses were divided by the sum of the class weights, one for each class",
        "divide by the sum of the weights of the rows",
        lambda c: _total(c) / sum(c.problem.settings.class_weight or ()),
        POSSIBLE,
        (mean_asked, _class_weights),
    ),
    Mistake(
        "inverse-weights",
        "each row was divided by its weight: 1/w was used for w",
        "multiply by the weight",
        lambda c: _powered(c, -1.0),
        POSSIBLE,
        (weighted, _without_ones, _without_zeros),
    ),
    Mistake(
        "squared-weights",
        "each row was multiplied by its weight twice",
        "multiply by the weight once",
        lambda c: _powered(c, 2.0),
        POSSIBLE,
        (weighted, _without_ones),
    ),
    Mistake(
        "mean-times-mean",
        "the mean loss was multiplied by the mean weight",
        "multiply row by row, then add up",
        lambda c: float(_bare_losses(c).mean()) * float(_row_weights(c).mean()),
        POSSIBLE,
        (mean_asked, weighted, _without_zeros),
    ),
    Mistake(
        "mean-weights",
        "the weights were divided by their largest first",
        "use the weights as they are",
        _over_largest,
        POSSIBLE,
        (weighted, _without_ones),
    ),
    Mistake(
        "ignored-in-divisor",
        "the ignored rows were left out of the sum but counted in the divisor",
        "divide by the number of rows that count",
        _in_divisor,
        AT_HAND,
        (mean_asked, _ignoring),
    ),
    Mistake(
        "ignored-as-class",
        "the ignored rows were counted as the last class: an index of -1 picks the last column",
        "drop these rows before looking the columns up",
        _as_last,
        AT_HAND,
        (one_number, _ignoring),
    ),
)
