"""Mistakes that only two classes allow: a term of the formula lost, doubled or given the wrong sign."""

import numpy as np

from losscli.enums import Reduction
from losscli.expect.mistakes.case import Array, Case, minus_log, times
from losscli.expect.mistakes.entry import (
    COMMON,
    POSSIBLE,
    RARE,
    Found,
    Mistake,
    Variant,
    from_logits,
    mean_asked,
    one_number,
    several_labels,
)
from losscli.expect.mistakes.inputs import EPSILONS
from losscli.losses.functions import log_softmax


def _terms(c: Case) -> tuple[Array, Array]:
    positive, negative = c.coefficients
    return times(positive, c.costs), times(negative, c.complement_costs)


def _mean_over(c: Case, share: Array, costs: Array) -> Found:
    """The mean of some costs over the rows of one label, (n,) each."""
    over = float((c.weights * share).sum())
    return float(times(c.weights * share, costs).sum()) / over if over else ()


def _one_minus_log(c: Case) -> Found:
    return c.reduced(times(c.labels, c.costs) - times(1.0 - c.labels, 1.0 / c.unit + c.costs))


def _p_log_p(c: Case) -> Found:
    return c.reduced(times(c.probs, c.costs) + times(1.0 - c.labels, c.complement_costs))


def _broadcast(c: Case) -> list[float]:
    positives = c.averages(c.labels)
    over = c.n if c.reduction is Reduction.SUM else 1
    pairs = zip(positives, c.averages(c.costs), c.averages(c.complement_costs), strict=True)
    return [_mixed(b / over, a, z) for b, a, z in pairs]


def _mixed(b: object, cost: object, complement: object) -> float:
    share = np.asarray(b, dtype=np.float64)
    return float(times(share, np.asarray(cost)) + times(1.0 - share, np.asarray(complement)))


def _sign_labels(c: Case) -> Found:
    sign = 2.0 * c.labels - 1.0
    return c.reduced(times(sign, c.costs) + times(1.0 - sign, c.complement_costs))


def _percent(c: Case) -> Found:
    found = []
    for eps in EPSILONS:
        p = np.clip(100.0 * c.probs, eps, 1.0 - eps)
        found.append(Variant(c.reduced(c.costs_of(p)), f"{eps:.3g}"))
    p = np.minimum(100.0 * c.probs, 1.0)
    positive, negative = c.coefficients
    for most, name in ((-np.log(1e-15), "1e-15"), (100.0, "a logarithm of -100")):
        rows = times(positive, minus_log(p)) + times(negative, np.minimum(minus_log(1.0 - p), most))
        found.append(Variant(c.reduced(rows / c.unit), name))
    return found


def _balanced(c: Case) -> Found:
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


def _softmax_of_labels(c: Case) -> Found:
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
        "the first term has p ln p where it should have y ln p",
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
        "percent",
        "the probabilities were given in percent and clipped to 1, and the logarithm of 0 was cut off at {}",
        "divide the percentages by 100",
        _percent,
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
