"""Mistakes that only two classes allow: a term of the formula lost, doubled or given the wrong sign."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from losscli.enums import Reduction, Scale
from losscli.homework.evaluated_rows import EvaluatedRows, times
from losscli.homework.mistakes.candidate import ABOUT_OPTION, COMMON, POSSIBLE, RARE, Texts, Yielded
from losscli.losses.functions import log_softmax

LOGS = ((np.e, "ln"), (2.0, "log2"), (10.0, "log10"))


def of_binary(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each mistake that two classes allow, as its key and the number that it gives."""
    y, p, z, w, log_base, divisor = rows.y, rows.p, rows.conditioned, rows.weights, rows.log_base, rows.divisor
    complements, costs = rows.costs.T  # -log(1 - p), -log p
    negative, positive = rows.terms.T
    mean_asked, logits = rows.reduction is Reduction.MEAN, rows.scale is Scale.LOGITS

    yield "positives-only", rows.answer(positive)
    yield "negatives-only", rows.answer(negative)
    if mean_asked:
        for key, share, cost in (("mean-over-positives", y, costs), ("mean-over-negatives", 1.0 - y, complements)):
            over = float((w * share).sum())
            if over:
                yield key, float(times(w * share, cost).sum()) / over
    yield "minus-between-terms", rows.answer(positive - negative)
    yield "same-log", rows.answer(costs), "p"
    yield "same-log", rows.answer(complements), "(1 - p)"
    yield "one-minus-log", rows.answer(times(y, costs) - times(1.0 - y, 1.0 / log_base + costs))
    yield "p-log-p", rows.answer(times(p, costs) + times(1.0 - y, complements))
    yield "p-log-p:both", rows.answer(times(p, positive) + times(rows.probs[:, 0], negative))
    if rows.reduction is not Reduction.NONE:
        over = rows.n if rows.reduction is Reduction.SUM else 1
        averages = zip(rows.averages(y), rows.averages(costs), rows.averages(complements), strict=True)
        tables = []
        for b, mean_cost, mean_complement in averages:
            share = np.asarray(b) / over
            tables.append(float(times(share, np.asarray(mean_cost)) + times(1.0 - share, np.asarray(mean_complement))))
        yield from (("broadcast", value) for value in tables)
        yield from (("outer-product", rows.n * value) for value in tables)
    sign = 2.0 * y - 1.0
    yield "sign-labels", rows.answer(times(sign, costs) + times(1.0 - sign, complements))
    yield "labels-one-two", rows.answer(times(y + 1.0, costs) - times(y, complements))
    if logits:
        yield "hinge", rows.answer(np.maximum(0.0, 1.0 - sign * z))
        yield "tanh", rows.answer(rows.loss_of((1.0 + np.tanh(z)) / 2.0))
        yield "exp-for-sigmoid", rows.answer(rows.loss_of(np.where(z.max() <= 0.0, np.exp(z), np.nan))), "e^z"
        yield "exp-for-sigmoid", rows.answer(rows.loss_of(np.where(z.min() >= 0.0, np.exp(-z), np.nan))), "e^-z"
        yield "label-times-logit-added", rows.answer(complements + y * z / log_base)
    for (one, name), (other, second) in permutations(LOGS, 2):
        mixed = positive * log_base / np.log(one) + negative * log_base / np.log(other)
        yield "mixed-logs", rows.answer(mixed), name, second
    if mean_asked:
        of_ones, of_zeros = (float(times(w, term).sum()) for term in (positive, negative))
        yield "one-term-averaged", of_ones + of_zeros / divisor, "y ln p"
        yield "one-term-averaged", of_ones / divisor + of_zeros, "(1 - y) ln(1 - p)"
        for label, share in ((1, y), (0, 1.0 - y)):
            count = float((w * share).sum())
            if count:
                yield "over-one-label", float(rows.weighed_loss.sum()) / count, label
    if rows.width > 1 and logits:
        # The labels of a row made to share a probability of 1; all terms, or that of label 1 alone.
        cost = -log_softmax(z.reshape(-1, rows.width)).ravel()
        of_zero, of_one = rows.coefficients.T
        with np.errstate(divide="ignore"):  # a share of 1 is a sure hit
            both = times(of_one, cost) - times(of_zero, np.log(-np.expm1(-cost)))
        yield "softmax-for-sigmoid", rows.answer(both / log_base), ""
        yield "softmax-for-sigmoid", rows.answer(times(of_one, cost) / log_base), "; only label 1 was counted"
    c = np.resize(np.array(rows.problem.settings.pos_weight or [0.0]), rows.n)  # a row's labels have one each
    if (c > 0.0).all():
        yield "pos-weight-other", rows.answer(positive / c + c * negative)
        if mean_asked:
            yield "pos-weight-other:divisor", float(rows.weighed_loss.sum()) / float((w * (c * y + 1.0 - y)).sum())
    ones = float(y.sum())
    if "pos_weight" in rows.problem.settings.loss.settings and 0.0 < ones < rows.n:
        ratio = (rows.n - ones) / ones
        for weight, name in ((ratio, "negatives per positive"), (1.0 / ratio, "positives per negative")):
            hard = times(np.where(y > 0.0, weight, 1.0), rows.loss)
            yield "pos-weight-balanced", rows.answer(hard if rows.hard else weight * positive + negative), weight, name


# fmt: off
BINARY_TEXTS: Texts = {
    "positives-only": (COMMON, "only the rows with label 1 were added up: the term (1 - y) ln(1 - p) is missing",
                       "add the term for label 0"),
    "negatives-only": (COMMON, "only the rows with label 0 were added up: the term y ln p is missing",
                       "add the term for label 1"),
    "mean-over-positives": (POSSIBLE, "the mean was taken over the rows with label 1 only",
                            "take the mean over all rows"),
    "mean-over-negatives": (POSSIBLE, "the mean was taken over the rows with label 0 only",
                            "take the mean over all rows"),
    "minus-between-terms": (COMMON, "the two terms were subtracted: -[y ln p - (1 - y) ln(1 - p)]",
                            "put a plus between the terms: -[y ln p + (1 - y) ln(1 - p)]"),
    "same-log": (COMMON, "both terms have the same logarithm, ln {}, whatever the label is",
                 "use ln p where the label is 1 and ln(1 - p) where it is 0"),
    "one-minus-log": (POSSIBLE, "the second term has 1 - ln p where it should have ln(1 - p):"
                      " a bracket is in the wrong place", "write ln(1 - p)"),
    "p-log-p": (POSSIBLE, "the first term has p ln p where it should have y ln p", "multiply ln p by the label"),
    "p-log-p:both": (POSSIBLE, "each term has the probability in front of its logarithm too:"
                     " y p ln p, (1 - y)(1 - p) ln(1 - p)", "multiply ln p by the label"),
    "broadcast": (COMMON, "every label was combined with every prediction:"
                  " arrays of shapes (n,) and (n, 1) made an n by n table; this is its mean",
                  "give both arrays one shape (squeeze or reshape(-1))"),
    "outer-product": (POSSIBLE, "every label was combined with every prediction:"
                      " an n by n table (outer product) was added up and divided by n",
                      "give both arrays one shape and multiply element by element"),
    "sign-labels": (POSSIBLE, "the labels -1 and 1 were put into the formula for labels 0 and 1",
                    "turn the labels into 0 and 1 first: (y + 1) / 2"),
    "labels-one-two": (POSSIBLE, "the labels 1 and 2 were put into the formula for labels 0 and 1",
                       "subtract 1 from the labels first"),
    "hinge": (POSSIBLE, "this is the hinge loss, max(0, 1 - z) with the sign of the label",
              "use the logistic loss, ln(1 + e^-z) with the sign of the label"),
    "tanh": (POSSIBLE, "the logit went through (1 + tanh z)/2, which is the sigmoid of 2z",
             "use the sigmoid, 1/(1 + e^-z)"),
    "exp-for-sigmoid": (POSSIBLE, "{} was taken for the probability: the sigmoid was left out",
                        "use the sigmoid, 1/(1 + e^-z)"),
    "pos-weight-other": (ABOUT_OPTION, "the weight of the positive label was put in front of the term of label 0",
                         "multiply the term of label 1, y ln p, by it"),
    "pos-weight-other:divisor": (ABOUT_OPTION, "the sum was divided by the sum of the weights that the labels have",
                                 "divide by the number of rows: the weight of label 1 belongs in the sum only"),
    "label-times-logit-added": (POSSIBLE, "y z was added: the loss of a logit is ln(1 + e^z) - y z", "subtract y z"),
    "mixed-logs": (RARE, "two logarithms were mixed: {} for label 1 and {} for 0",
                   "use the natural logarithm (ln) in both terms"),
    "one-term-averaged": (POSSIBLE, "the term {} was added up over the rows and not divided:"
                          " a bracket closes too early", "divide both terms by the number of rows"),
    "over-one-label": (RARE, "the sum over all rows was divided by the number of rows with label {}",
                       "divide by the number of all rows"),
    "softmax-for-sigmoid": (COMMON, "the labels of a row went through a softmax, as if one of them must be true,"
                            " and not each through a sigmoid{}",
                            "apply the sigmoid to each logit: the labels of a row don't exclude each other"),
    "pos-weight-balanced": (RARE, "the rows with label 1 were given the weight {0:.6g}, {1}",
                            "leave the weight out, or ask for it with --pos-weight {0:.6g}"),
}
# fmt: on
