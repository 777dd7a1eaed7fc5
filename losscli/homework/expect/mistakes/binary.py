"""Mistakes that only two classes allow: a term of the formula lost, doubled or given the wrong sign."""

from itertools import permutations

import numpy as np

from losscli.enums import Reduction
from losscli.homework.expect.mistakes.case import Array, Case, times
from losscli.homework.expect.mistakes.entry import (
    COMMON,
    POSSIBLE,
    RARE,
    AnalysisResult,
    Mistake,
    Variant,
    from_logits,
    mean_asked,
    one_number,
    several_labels,
)
from losscli.losses.functions import log_softmax

LOGS = ((np.e, "ln"), (2.0, "log2"), (10.0, "log10"))


def _terms(c: Case) -> tuple[Array, Array]:
    positive, negative = c.coefficients
    return times(positive, c.costs), times(negative, c.complement_costs)


def _mean_over(c: Case, share: Array, costs: Array) -> AnalysisResult:
    """The mean of some costs over the rows of one label, (n,) each."""
    over = float((c.weights * share).sum())
    return float(times(c.weights * share, costs).sum()) / over if over else ()


def _one_minus_log(c: Case) -> AnalysisResult:
    return c.reduced(times(c.labels, c.costs) - times(1.0 - c.labels, 1.0 / c.unit + c.costs))


def _p_log_p(c: Case) -> AnalysisResult:
    positive, negative = _terms(c)
    first = c.reduced(times(c.probs, c.costs) + times(1.0 - c.labels, c.complement_costs))
    both = c.reduced(times(c.probs, positive) + times(c.complements, negative))
    return [
        Variant(first, "the first term has p ln p where it should have y ln p"),
        Variant(
            both, "each term has the probability in front of its logarithm too: y p ln p, (1 - y)(1 - p) ln(1 - p)"
        ),
    ]


def _half_averaged(c: Case) -> AnalysisResult:
    """One of the terms added up over the rows, the other divided too."""
    positive, negative = (float(times(c.weights, term).sum()) for term in _terms(c))
    return [
        Variant(positive + negative / c.divisor, "y ln p"),
        Variant(positive / c.divisor + negative, "(1 - y) ln(1 - p)"),
    ]


def _mixed_logs(c: Case) -> AnalysisResult:
    """A logarithm to one base for label 1, to another for label 0."""
    positive, negative = (term * c.unit for term in _terms(c))
    return [
        Variant(c.reduced(positive / np.log(one) + negative / np.log(other)), f"{name} for label 1 and {second} for 0")
        for (one, name), (other, second) in permutations(LOGS, 2)
    ]


def _over_one_label(c: Case) -> AnalysisResult:
    whole = float(times(c.weights, c.loss).sum())
    counts = ((float((c.weights * share).sum()), label) for label, share in ((1, c.labels), (0, 1.0 - c.labels)))
    return [Variant(whole / count, f"{label}") for count, label in counts if count]


def _broadcast(c: Case) -> list[float]:
    positives = c.averages(c.labels)
    over = c.n if c.reduction is Reduction.SUM else 1
    pairs = zip(positives, c.averages(c.costs), c.averages(c.complement_costs), strict=True)
    return [_mixed(b / over, a, z) for b, a, z in pairs]


def _mixed(b: object, cost: object, complement: object) -> float:
    share = np.asarray(b, dtype=np.float64)
    return float(times(share, np.asarray(cost)) + times(1.0 - share, np.asarray(complement)))


def _sign_labels(c: Case) -> AnalysisResult:
    sign = 2.0 * c.labels - 1.0
    return c.reduced(times(sign, c.costs) + times(1.0 - sign, c.complement_costs))


def _balanced(c: Case) -> AnalysisResult:
    ones = float(c.labels.sum())
    if not 0.0 < ones < c.n:
        return ()
    ratio = (c.n - ones) / ones
    return [
        Variant(
            c.reduced(times(np.where(c.labels > 0.0, weight, 1.0), c.loss) if c.hard else _weighted_term(c, weight)),
            f"{weight:.6g}, {name}",
            f"leave the weight out, or ask for it with --pos-weight {weight:.6g}",
        )
        for weight, name in ((ratio, "negatives per positive"), (1.0 / ratio, "positives per negative"))
    ]


def _softmax_of_labels(c: Case) -> AnalysisResult:
    """The labels of a row made to share a probability of 1; all terms, or that of label 1 alone."""
    cost = -log_softmax(c.conditioned.reshape(-1, c.width)).ravel()
    positive, negative = c.coefficients
    first = times(positive, cost)
    with np.errstate(divide="ignore"):  # a share of 1 is a sure hit
        whole = first - times(negative, np.log(-np.expm1(-cost)))
    return [Variant(c.reduced(whole / c.unit)), Variant(c.reduced(first / c.unit), "; only label 1 was counted")]


def _takes_pos_weight(c: Case) -> bool:
    return "pos_weight" in c.problem.settings.loss.settings


def _weighted_term(c: Case, weight: float) -> Array:
    positive, negative = _terms(c)
    return weight * positive + negative


BINARY: tuple[Mistake[Case], ...] = (
    Mistake(
        "positives-only",
        "only the rows with label 1 were added up: the term (1 - y) ln(1 - p) is missing",
        "add the term for label 0",
        lambda c: c.reduced(_terms(c)[0]),
        COMMON,
    ),
    Mistake(
        "negatives-only",
        "only the rows with label 0 were added up: the term y ln p is missing",
        "add the term for label 1",
        lambda c: c.reduced(_terms(c)[1]),
        COMMON,
    ),
    Mistake(
        "mean-over-positives",
        "the mean was taken over the rows with label 1 only",
        "take the mean over all rows",
        lambda c: _mean_over(c, c.labels, c.costs),
        POSSIBLE,
        (mean_asked,),
    ),
    Mistake(
        "mean-over-negatives",
        "the mean was taken over the rows with label 0 only",
        "take the mean over all rows",
        lambda c: _mean_over(c, 1.0 - c.labels, c.complement_costs),
        POSSIBLE,
        (mean_asked,),
    ),
    Mistake(
        "minus-between-terms",
        "the two terms were subtracted: -[y ln p - (1 - y) ln(1 - p)]",
        "put a plus between the terms: -[y ln p + (1 - y) ln(1 - p)]",
        lambda c: c.reduced(_terms(c)[0] - _terms(c)[1]),
        COMMON,
    ),
    Mistake(
        "same-log",
        "both terms have the same logarithm, ln {}, whatever the label is",
        "use ln p where the label is 1 and ln(1 - p) where it is 0",
        lambda c: [Variant(c.reduced(c.costs), "p"), Variant(c.reduced(c.complement_costs), "(1 - p)")],
        COMMON,
    ),
    Mistake(
        "one-minus-log",
        "the second term has 1 - ln p where it should have ln(1 - p): a bracket is in the wrong place",
        "write ln(1 - p)",
        _one_minus_log,
    ),
    Mistake(
        "p-log-p",
        "{}",
        "multiply ln p by the label",
        _p_log_p,
    ),
    Mistake(
        "broadcast",
        "every label met every prediction: arrays of shapes (n,) and (n, 1) made an n by n table; this is its mean",
        "give both arrays one shape (squeeze or reshape(-1))",
        _broadcast,
        COMMON,
        (one_number,),
    ),
    Mistake(
        "outer-product",
        "every label met every prediction: an n by n table (outer product) was added up and divided by n",
        "give both arrays one shape and multiply element by element",
        lambda c: [c.n * value for value in _broadcast(c)],
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "sign-labels",
        "the labels -1 and 1 were put into the formula for labels 0 and 1",
        "turn the labels into 0 and 1 first: (y + 1) / 2",
        _sign_labels,
    ),
    Mistake(
        "labels-one-two",
        "the labels 1 and 2 were put into the formula for labels 0 and 1",
        "subtract 1 from the labels first",
        lambda c: c.reduced(times(c.labels + 1.0, c.costs) - times(c.labels, c.complement_costs)),
    ),
    Mistake(
        "label-times-logit-added",
        "y z was added: the loss of a logit is ln(1 + e^z) - y z",
        "subtract y z",
        lambda c: c.reduced(c.complement_costs + c.labels * c.conditioned / c.unit),
        POSSIBLE,
        (from_logits,),
    ),
    Mistake(
        "mixed-logs",
        "two logarithms were mixed: {}",
        "use the natural logarithm (ln) in both terms",
        _mixed_logs,
        RARE,
    ),
    Mistake(
        "one-term-averaged",
        "the term {} was added up over the rows and not divided: a bracket closes too early",
        "divide both terms by the number of rows",
        _half_averaged,
        POSSIBLE,
        (mean_asked,),
    ),
    Mistake(
        "over-one-label",
        "the sum over all rows was divided by the number of rows with label {}",
        "divide by the number of all rows",
        _over_one_label,
        RARE,
        (mean_asked,),
    ),
    Mistake(
        "softmax-for-sigmoid",
        "the labels of a row went through a softmax, as if one of them must be true, and not each through a sigmoid{}",
        "apply the sigmoid to each logit: the labels of a row don't exclude each other",
        _softmax_of_labels,
        COMMON,
        (several_labels, from_logits),
    ),
    Mistake(
        "pos-weight-balanced",
        "the rows with label 1 were given the weight {}",
        "leave the weight out",
        _balanced,
        RARE,
        (_takes_pos_weight,),
    ),
)
