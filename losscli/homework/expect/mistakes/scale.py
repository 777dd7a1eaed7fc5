"""Mistakes of scale: the right rows, but the wrong sign, logarithm or divisor. The rule: a summary is all they need."""

from math import exp, inf, log

import numpy as np

from losscli.enums import Reduction
from losscli.homework.expect.mistakes.case import Known
from losscli.homework.expect.mistakes.entry import (
    COMMON,
    POSSIBLE,
    RARE,
    AnalysisResult,
    Mistake,
    Variant,
    mean_asked,
    of_classes,
    one_number,
    sum_asked,
    with_labels,
)


def _several_rows(k: Known) -> bool:
    return k.n > 1


def _other_unit(k: Known) -> bool:
    return k.unit != 1.0


def _other_base(k: Known, base: float) -> AnalysisResult:
    return () if base == exp(k.unit) or abs(log(base) - k.unit) < 1e-12 else k.answer * k.unit / log(base)


def _other_way(k: Known) -> AnalysisResult:
    """Times the logarithm of a base that it should have been divided by, or not at all."""
    return k.answer * k.unit**2 if k.unit != 1.0 else [k.answer * log(base) for base in (2.0, 10.0)]


def _power(exponent: float) -> float:
    return exp(exponent) if exponent < 700.0 else inf


def _powers(k: Known, exponent: float) -> tuple[float, ...]:
    """base^exponent; and e^exponent, which is what exp() of an answer in another base gives."""
    if exponent != exponent:
        return ()
    return (_power(exponent * k.unit), *((_power(exponent),) if k.unit != 1.0 else ()))


def _over_baseline(k: Known, sign: float, start: float) -> AnalysisResult:
    return [start + sign * k.answer / low for low in k.baselines if low]


def _as_asked(k: Known, mean: float) -> float:
    """A mean, or the sum that goes with it where the sum was asked for."""
    return mean * k.n if k.reduction is Reduction.SUM else mean


def _sums(k: Known) -> tuple[float, ...]:
    """The sum, and n times the mean, which is another number where there are weights."""
    return tuple({k.sum: None, k.n * k.mean: None})


def _negated(k: Known) -> AnalysisResult:
    return np.negative(k.answer) if isinstance(k.answer, np.ndarray) else -k.answer


SCALE: tuple[Mistake[Known], ...] = (
    Mistake(
        "sum",
        "the losses of the rows were added up and not divided: a sum, not a mean",
        "divide by what the mean divides by, or ask for the sum with -r sum",
        _sums,
        COMMON,
        (mean_asked,),
    ),
    Mistake(
        "mean",
        "the sum was divided by the number of rows: a mean, and the sum was asked for",
        "leave the division out, or ask for the mean with -r mean",
        lambda k: (k.mean, k.sum / k.n),  # with weights these differ
        COMMON,
        (sum_asked,),
    ),
    Mistake(
        "base-2",
        "the logarithm was taken to base 2, which measures in bits",
        "use the natural logarithm, or ask for bits with --base 2",
        lambda k: _other_base(k, 2.0),
        COMMON,
    ),
    Mistake(
        "base-10",
        "the logarithm was taken to base 10, which is what log means on a calculator",
        "use the natural logarithm (ln), or ask for this one with --base 10",
        lambda k: _other_base(k, 10.0),
        COMMON,
    ),
    Mistake(
        "base-e",
        "the natural logarithm was taken, and another base was asked for",
        "divide by the natural logarithm of the base, or leave --base out",
        lambda k: k.answer * k.unit,
        COMMON,
        (_other_unit,),
    ),
    Mistake(
        "base-wrong-way",
        "the natural logarithm was multiplied by that of a base: changing to it divides by that",
        "use the natural logarithm as it is; to change the base divide by the logarithm of the new one",
        _other_way,
        RARE,
    ),
    Mistake(
        "base-k",
        "the logarithm was taken to the base K, the number of classes",
        "use the natural logarithm, or give the number of classes as --base",
        lambda k: _other_base(k, k.k),
        RARE,
        (of_classes,),
    ),
    Mistake(
        "negated", "the minus sign in front is missing", "put the minus sign back: a loss is -ln p", _negated, COMMON
    ),
    Mistake(
        "log-likelihood",
        "this is the log-likelihood, the sum of ln p without the minus sign",
        "the negative log-likelihood is minus this (-r sum); the mean also divides by the number of rows",
        lambda k: [-total for total in _sums(k)],
        COMMON,
        (one_number,),
    ),
    Mistake(
        "halved",
        "this is half of the answer: an extra 1/2, as in the 1/(2m) of the squared error, or a mean over two columns",
        "leave the factor 1/2 out",
        lambda k: k.answer / 2.0,
        COMMON,
    ),
    Mistake(
        "doubled",
        "this is twice the answer: a term was counted twice, or a factor 2 was put in front",
        "leave the factor 2 out",
        lambda k: k.answer * 2.0,
        COMMON,
    ),
    Mistake(
        "deviance",
        "this is the deviance, twice the summed negative log-likelihood",
        "divide by 2 for the sum (-r sum), and by the number of rows for the mean",
        lambda k: [2.0 * total for total in _sums(k)],
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "n-minus-1",
        "the sum was divided by n - 1, as for a sample variance",
        "divide by n: a mean of losses has no degree of freedom to give up",
        lambda k: k.answer * k.n / (k.n - 1),
        POSSIBLE,
        (one_number, _several_rows),
    ),
    Mistake(
        "n-plus-1",
        "the sum was divided by n + 1: one row too many was counted",
        "divide by the number of rows; look for a header or an empty line that was counted",
        lambda k: k.answer * k.n / (k.n + 1),
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "divided-twice",
        "the mean was divided by the number of rows once more: a mean of a mean",
        "divide by the number of rows once",
        lambda k: k.answer / k.n,
        POSSIBLE,
        (mean_asked,),
    ),
    Mistake(
        "mean-over-cells",
        "the mean was taken over all rows times classes, as .mean() of the whole matrix does",
        "sum over the classes first, then divide by the number of rows",
        lambda k: k.answer / k.k,
        COMMON,
        (of_classes, one_number),
    ),
    Mistake(
        "per-class-sum",
        "the sum was divided by the number of classes, not by the number of rows",
        "divide by the number of rows",
        lambda k: [total / k.k for total in _sums(k)],
        POSSIBLE,
        (of_classes, one_number),
    ),
    Mistake(
        "perplexity",
        "this is the perplexity, the base of the logarithm to the power of the mean loss",
        "take its logarithm",
        lambda k: _powers(k, k.mean),
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "perplexity-base",
        "{} was raised to a loss in nats: a perplexity with the wrong base",
        "raise e to nats and 2 to bits; the loss itself is the exponent",
        lambda k: [Variant(_power(k.mean * k.unit * log(base)), f"{base:g}") for base in (2.0, 10.0)],
        RARE,
        (one_number,),
    ),
    Mistake(
        "geometric-mean",
        "this is the geometric mean of the probabilities given to what happened: the logarithm at the end is missing",
        "take -ln of it",
        lambda k: _powers(k, -k.mean),
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "likelihood",
        "this is the likelihood, the product of the probabilities given to what happened",
        "take -ln of it, and divide by the number of rows for the mean",
        lambda k: [power for total in _sums(k) for power in _powers(k, -total)],
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "baseline",
        "this is the loss of always predicting the label frequencies: the predictions were not used",
        "put the predictions, not the frequencies of the labels, into the logarithm",
        lambda k: [_as_asked(k, low) for low in k.baselines],
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "normalized",
        "this is the normalized entropy: the loss divided by that of always predicting the label frequencies",
        "leave that division out",
        lambda k: _over_baseline(k, 1.0, 0.0),
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "d2",
        "this is D2 (McFadden's R2): 1 minus the loss divided by that of always predicting the label frequencies",
        "report the loss itself",
        lambda k: _over_baseline(k, -1.0, 1.0),
        POSSIBLE,
        (one_number,),
    ),
    Mistake(
        "uniform-baseline",
        "this is the loss of giving every class the same probability, ln K",
        "put the predictions into the logarithm",
        lambda k: _as_asked(k, log(k.k) / k.unit),
        RARE,
        (with_labels, one_number),
    ),
    Mistake("max", "this is the highest loss of a row", "average over all rows", lambda k: k.max, RARE, (one_number,)),
)
