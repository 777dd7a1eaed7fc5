"""Mistakes of scale: the right rows, but the wrong sign, logarithm or divisor. The rule: a summary is all they need."""

from math import exp, inf, log

import numpy as np

from losscli.enums import Form, Reduction
from losscli.expect.mistakes.case import Figure, Known
from losscli.expect.mistakes.entry import COMMON, RARE, Found, Mistake


def _when(k: Known, reduction: Reduction, value: Figure) -> Found:
    return value if k.reduction is reduction else ()


def _means(k: Known) -> Found:
    return (k.mean, k.sum / k.n) if k.reduction is Reduction.SUM else ()  # with weights these differ


def _scalar(k: Known, value: Figure) -> Found:
    return () if k.reduction is Reduction.NONE else value


def _classes(k: Known, value: Figure) -> Found:
    return value if k.form is Form.CATEGORICAL and k.reduction is not Reduction.NONE else ()


def _per_class(k: Known) -> Found:
    """The sum over the number of classes; n times the mean is another number where there are weights."""
    if k.form is not Form.CATEGORICAL or k.reduction is Reduction.NONE:
        return ()
    return [total / k.k for total in _sums(k)]


def _other_base(k: Known, base: float) -> Found:
    return () if base == exp(k.unit) or abs(log(base) - k.unit) < 1e-12 else k.answer * k.unit / log(base)


def _of_k(k: Known) -> Found:
    return _other_base(k, k.k) if k.form is Form.CATEGORICAL and k.k > 1 else ()


def _power(exponent: float) -> float:
    return exp(exponent) if exponent < 700.0 else inf


def _powers(k: Known, exponent: float) -> tuple[float, ...]:
    """base^exponent; and e^exponent, which is what exp() of an answer in another base gives."""
    if k.reduction is Reduction.NONE or exponent != exponent:
        return ()
    return (_power(exponent * k.unit), *((_power(exponent),) if k.unit != 1.0 else ()))


def _over_baseline(k: Known, sign: float, start: float) -> Found:
    if k.reduction is Reduction.NONE:
        return ()
    return [start + sign * k.answer / low for low in k.baselines if low]


def _uniform(k: Known) -> Found:
    per_row = log(k.k) / k.unit
    return () if k.form is Form.LIKELIHOOD else _scalar(k, per_row * (k.n if k.reduction is Reduction.SUM else 1))


def _baseline(k: Known) -> Found:
    if k.reduction is Reduction.NONE:
        return ()
    return [low * (k.n if k.reduction is Reduction.SUM else 1) for low in k.baselines]


def _sums(k: Known) -> tuple[float, ...]:
    """The sum, and n times the mean, which is another number where there are weights."""
    return () if k.reduction is Reduction.NONE else tuple({k.sum: None, k.n * k.mean: None})


def _highest(k: Known) -> Found:
    return _scalar(k, k.max)


def _negated(k: Known) -> Found:
    return np.negative(k.answer) if isinstance(k.answer, np.ndarray) else -k.answer


SCALE: tuple[Mistake[Known], ...] = (
    Mistake(
        "sum",
        "the losses of the rows were added up and not divided: a sum, not a mean",
        "divide by what the mean divides by, or ask for the sum with -r sum",
        lambda k: _sums(k) if k.reduction is Reduction.MEAN else (),
        COMMON,
    ),
    Mistake(
        "mean",
        "the sum was divided by the number of rows: a mean, and the sum was asked for",
        "leave the division out, or ask for the mean with -r mean",
        _means,
        COMMON,
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
        lambda k: () if k.unit == 1.0 else k.answer * k.unit,
        COMMON,
    ),
    Mistake(
        "base-k",
        "the logarithm was taken to the base K, the number of classes",
        "use the natural logarithm, or give the number of classes as --base",
        _of_k,
        RARE,
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
    ),
    Mistake(
        "n-minus-1",
        "the sum was divided by n - 1, as for a sample variance",
        "divide by n: a mean of losses has no degree of freedom to give up",
        lambda k: _scalar(k, k.answer * k.n / (k.n - 1)) if k.n > 1 else (),
    ),
    Mistake(
        "n-plus-1",
        "the sum was divided by n + 1: one row too many was counted",
        "divide by the number of rows; look for a header or an empty line that was counted",
        lambda k: _scalar(k, k.answer * k.n / (k.n + 1)),
    ),
    Mistake(
        "divided-twice",
        "the mean was divided by the number of rows once more: a mean of a mean",
        "divide by the number of rows once",
        lambda k: _when(k, Reduction.MEAN, k.answer / k.n),
    ),
    Mistake(
        "mean-over-cells",
        "the mean was taken over all rows times classes, as .mean() of the whole matrix does",
        "sum over the classes first, then divide by the number of rows",
        lambda k: _classes(k, k.answer / k.k),
        COMMON,
    ),
    Mistake(
        "per-class-sum",
        "the sum was divided by the number of classes, not by the number of rows",
        "divide by the number of rows",
        _per_class,
    ),
    Mistake(
        "perplexity",
        "this is the perplexity, the base of the logarithm to the power of the mean loss",
        "take its logarithm",
        lambda k: _powers(k, k.mean),
    ),
    Mistake(
        "geometric-mean",
        "this is the geometric mean of the probabilities given to what happened: the logarithm at the end is missing",
        "take -ln of it",
        lambda k: _powers(k, -k.mean),
    ),
    Mistake(
        "likelihood",
        "this is the likelihood, the product of the probabilities given to what happened",
        "take -ln of it, and divide by the number of rows for the mean",
        lambda k: [power for total in _sums(k) for power in _powers(k, -total)],
    ),
    Mistake(
        "baseline",
        "this is the loss of always predicting the label frequencies: the predictions were not used",
        "put the predictions, not the frequencies of the labels, into the logarithm",
        _baseline,
    ),
    Mistake(
        "normalized",
        "this is the normalized entropy: the loss divided by that of always predicting the label frequencies",
        "leave that division out",
        lambda k: _over_baseline(k, 1.0, 0.0),
    ),
    Mistake(
        "d2",
        "this is D2 (McFadden's R2): 1 minus the loss divided by that of always predicting the label frequencies",
        "report the loss itself",
        lambda k: _over_baseline(k, -1.0, 1.0),
    ),
    Mistake(
        "uniform-baseline",
        "this is the loss of giving every class the same probability, ln K",
        "put the predictions into the logarithm",
        _uniform,
        RARE,
    ),
    Mistake("max", "this is the highest loss of a row", "average over all rows", _highest, RARE),
)
