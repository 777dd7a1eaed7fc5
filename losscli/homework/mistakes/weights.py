"""Mistakes with weights and ignored rows: left out, inverted, or divided by the wrong thing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from losscli.arrays import Array
from losscli.enums import Reduction
from losscli.homework.evaluated_rows import EvaluatedRows, times
from losscli.homework.mistakes.candidate import ABOUT_OPTION, POSSIBLE, Texts, Yielded


def of_weights(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each mistake with weights or ignored rows, as its key and the number that it gives."""
    s, n, mean_asked = rows.problem.settings, rows.n, rows.reduction is Reduction.MEAN
    total = float(rows.weighed_loss.sum())
    if rows.weighted:
        # Without any weights; with both kinds also without the one or the other.
        bare = replace(rows.problem, settings=replace(s, class_weight=None, pos_weight=None))
        yield "weights-ignored", rows.answer_to(bare, weights=False), "the weights"
        if rows.weight is not None and bare != rows.problem:
            yield "weights-ignored", rows.answer_to(bare), "the class weights"
            yield "weights-ignored", rows.answer_to(rows.problem, weights=False), "the sample weights"
        if mean_asked:
            yield "weights-over-n", total / n
            if rows.weight is not None and rows.problem.convention.mean_over_rows:
                yield "weights-over-sum", total / float(rows.weights.sum())
            if sum(s.class_weight or ()):
                yield "weights-over-classes", total / sum(s.class_weight or ())
        yield from _changed_weights(rows, total)
        if s.class_weight and sum(s.class_weight):
            yield from _changed_class_weights(rows, np.array(s.class_weight), total)

    if s.labels.ignore is not None and rows.categorical and rows.reduction is not Reduction.NONE:
        costs, weights = rows.ignored()
        if len(costs):
            if mean_asked:
                yield "ignored-in-divisor", total / (rows.divisor + float(weights.sum()))
            weights = weights * s.class_weight[-1] if s.class_weight else weights
            whole = total + float(times(weights, costs).sum())
            yield "ignored-as-class", whole / (rows.divisor + float(weights.sum()) if mean_asked else 1.0)


def _changed_weights(rows: EvaluatedRows, total: float) -> Iterator[Yielded]:
    """With w the weight of a row, that of its class in it: 1/w, w^2, the mean of w, w divided by its largest."""
    over_rows = rows.problem.convention.mean_over_rows and rows.weight is not None
    w, mean_asked = rows.weights if over_rows else rows.divisor_weights, rows.reduction is Reduction.MEAN
    with np.errstate(divide="ignore", invalid="ignore"):  # rows of weight 0 are of no use here
        bare = rows.weighed_loss / w
    some, positive = bool((w != 1.0).any()), bool((w > 0.0).all())
    for key, power, possible in (("inverse-weights", -1.0, positive), ("squared-weights", 2.0, True)):
        if some and possible:
            changed = np.where(w > 0.0, w, 1.0) ** power * (w > 0.0)
            losses = times(changed, np.where(w > 0.0, bare, 0.0))
            divisor = float(changed.sum()) if mean_asked else 1.0
            yield key, losses if rows.reduction is Reduction.NONE else float(losses.sum()) / divisor
    if mean_asked and positive:
        yield "mean-times-mean", float(bare.mean()) * float(w.mean())
    largest = float(w.max())
    if some and largest:
        yield "mean-weights", total / rows.n / largest if mean_asked else rows.figures.answer / largest


def _changed_class_weights(rows: EvaluatedRows, w: Array, total: float) -> Iterator[Yielded]:
    """The weights of classes scaled to sum to 1 or to their number; those of the predicted classes."""
    for sum_, name in ((float(len(w)), "the number of classes"), (1.0, "1")):
        scaled = w * sum_ / w.sum()
        yield "class-weight-normalized", rows.answer_with(class_weight=tuple(scaled.tolist())), name
        if rows.reduction is Reduction.MEAN:
            yield (
                "class-weight-normalized",
                total * sum_ / float(w.sum()) / rows.n,
                f"{name}, and the mean over n taken",
            )
    if rows.hard and (w > 0.0).all() and rows.reduction is not Reduction.NONE:
        ratio = w[rows.probs.argmax(axis=1)] / w[rows.labels.argmax(axis=1)]
        divisor = float((rows.divisor_weights * ratio).sum()) if rows.reduction is Reduction.MEAN else 1.0
        yield "class-weight-normalized:predicted", float((rows.weighed_loss * ratio).sum()) / divisor


# fmt: off
WEIGHTS_TEXTS: Texts = {
    "weights-ignored": (ABOUT_OPTION, "{} were left out", "multiply each row's loss by its weight"),
    "weights-over-n": (ABOUT_OPTION, "the weighted losses were divided by the number of rows,"
                       " not by the sum of the weights",
                       "divide by the sum of the weights; torch and Keras divide by n, which --like torch asks for"),
    "weights-over-sum": (ABOUT_OPTION, "the weighted losses were divided by the sum of the weights,"
                         " but the library asked for divides by n",
                         "divide by the number of rows, or leave --like out"),
    "weights-over-classes": (POSSIBLE, "the weighted losses were divided by the sum of the class weights,"
                             " one for each class", "divide by the sum of the weights of the rows"),
    "class-weight-normalized": (ABOUT_OPTION, "the weights of the classes were scaled first, to sum to {}",
                                "use the weights of the classes as they are"),
    "class-weight-normalized:predicted": (ABOUT_OPTION, "each row has the weight of the class that was predicted,"
                                          " not of its label", "look the weight up by the label"),
    "inverse-weights": (POSSIBLE, "each row was divided by its weight: 1/w was used for w", "multiply by the weight"),
    "squared-weights": (POSSIBLE, "each row was multiplied by its weight twice", "multiply by the weight once"),
    "mean-times-mean": (POSSIBLE, "the mean loss was multiplied by the mean weight",
                        "multiply row by row, then add up"),
    "mean-weights": (POSSIBLE, "the weights were divided by their largest first", "use the weights as they are"),
    "ignored-in-divisor": (ABOUT_OPTION, "the ignored rows were left out of the sum but counted in the divisor",
                           "divide by the number of rows that count"),
    "ignored-as-class": (ABOUT_OPTION, "the ignored rows were counted as the last class:"
                         " an index of -1 picks the last column", "drop these rows before looking the columns up"),
}
# fmt: on
