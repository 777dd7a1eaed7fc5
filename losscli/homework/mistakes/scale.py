"""Mistakes of scale: the right rows, but the wrong sign, logarithm or divisor. The figures of a summary are enough."""

from collections.abc import Iterator
from math import exp, inf, isnan, log

from losscli.enums import Form, Reduction
from losscli.homework.evaluated_rows import SummaryFigures
from losscli.homework.mistakes.candidate import COMMON, POSSIBLE, RARE, Texts, Yielded


def of_scale(f: SummaryFigures) -> Iterator[Yielded]:
    """Each mistake of scale, as its key and the number that it gives."""
    answer, mean, n, k, log_base = f.answer, f.mean, f.n, f.k, f.log_base
    one_number, mean_asked, sum_asked = (
        f.reduction is not Reduction.NONE,
        f.reduction is Reduction.MEAN,
        f.reduction is Reduction.SUM,
    )
    classes, other_base = f.form is Form.CATEGORICAL, log_base != 1.0
    sums = tuple(dict.fromkeys((f.sum, n * mean)))  # with weights n times the mean is another number

    if mean_asked:
        yield from (("sum", total) for total in sums)
    if sum_asked:
        yield "mean", mean
        yield "mean", f.sum / n
    for key, base in (("base-2", 2.0), ("base-10", 10.0)):
        if abs(log(base) - log_base) >= 1e-12:
            yield key, answer * log_base / log(base)
    if other_base:
        yield "base-e", answer * log_base
        yield "base-wrong-way", answer * log_base**2
    else:
        yield "base-wrong-way", answer * log(2.0)
        yield "base-wrong-way", answer * log(10.0)
    if classes and abs(log(k) - log_base) >= 1e-12:
        yield "base-k", answer * log_base / log(k)
    yield "negated", -answer
    if one_number:
        yield from (("log-likelihood", -total) for total in sums)
    yield "halved", answer / 2.0
    yield "doubled", answer * 2.0
    if not one_number:
        return

    yield from (("deviance", 2.0 * total) for total in sums)
    if n > 1:
        yield "n-minus-1", answer * n / (n - 1)
    yield "n-plus-1", answer * n / (n + 1)
    if mean_asked:
        yield "divided-twice", answer / n
    if classes:
        yield "mean-over-cells", answer / k
        yield from (("per-class-sum", total / k) for total in sums)
    yield from (("perplexity", power) for power in _powers(f, mean))
    yield from (("perplexity-base", _exp(mean * log_base * log(base)), base) for base in (2.0, 10.0))
    yield from (("geometric-mean", power) for power in _powers(f, -mean))
    yield from (("likelihood", power) for total in sums for power in _powers(f, -total))
    yield from (("baseline", low * n if sum_asked else low) for low in f.baselines)
    yield from (("normalized", answer / low) for low in f.baselines if low)
    yield from (("d2", 1.0 - answer / low) for low in f.baselines if low)
    if f.form is not Form.LIKELIHOOD:
        yield "uniform-baseline", log(k) / log_base * (n if sum_asked else 1)
    yield "max", f.max


def _exp(exponent: float) -> float:
    return exp(exponent) if exponent < 700.0 else inf


def _powers(f: SummaryFigures, exponent: float) -> tuple[float, ...]:
    """base^exponent; and e^exponent, which is what exp() of an answer in another base gives."""
    if isnan(exponent):
        return ()
    return (_exp(exponent * f.log_base), *((_exp(exponent),) if f.log_base != 1.0 else ()))


# fmt: off
SCALE_TEXTS: Texts = {
    "sum": (COMMON, "the losses of the rows were added up and not divided: a sum, not a mean",
            "divide by what the mean divides by, or ask for the sum with -r sum"),
    "mean": (COMMON, "the sum was divided by the number of rows: a mean, but the sum was asked for",
             "leave the division out, or ask for the mean with -r mean"),
    "base-2": (COMMON, "the logarithm was taken to base 2, which measures in bits",
               "use the natural logarithm, or ask for bits with --base 2"),
    "base-10": (COMMON, "the logarithm was taken to base 10, which is what log means on a calculator",
                "use the natural logarithm (ln), or ask for this one with --base 10"),
    "base-e": (COMMON, "the natural logarithm was taken, but another base was asked for",
               "divide by the natural logarithm of the base, or leave --base out"),
    "base-wrong-way": (RARE, "the natural logarithm was multiplied by that of a base: changing to it divides by that",
                       "use the natural logarithm as it is; to change the base divide by the logarithm of the new one"),
    "base-k": (RARE, "the logarithm was taken to the base K, the number of classes",
               "use the natural logarithm, or give the number of classes as --base"),
    "negated": (COMMON, "every logarithm of a probability is negative, and the minus in front of them was left out",
                "put the minus in front: a loss is -ln p, which is never negative"),
    "log-likelihood": (COMMON, "this is the log-likelihood, the sum of ln p without the minus sign",
                       "the negative log-likelihood is minus this (-r sum);"
                       " the mean also divides by the number of rows"),
    "halved": (COMMON, "this is half of the answer: an extra 1/2, as in the 1/(2m) of the squared error,"
               " or a mean over two columns", "leave the factor 1/2 out"),
    "doubled": (COMMON, "this is twice the answer: a term was counted twice, or a factor 2 was put in front",
                "leave the factor 2 out"),
    "deviance": (POSSIBLE, "this is the deviance, twice the summed negative log-likelihood",
                 "divide by 2 for the sum (-r sum), and by the number of rows for the mean"),
    "n-minus-1": (POSSIBLE, "the sum was divided by n - 1, as for a sample variance",
                  "divide by n: a mean of losses uses up no degree of freedom"),
    "n-plus-1": (POSSIBLE, "the sum was divided by n + 1: one row too many was counted",
                 "divide by the number of rows; look for a header or an empty line that was counted"),
    "divided-twice": (POSSIBLE, "the mean was divided by the number of rows once more: a mean of a mean",
                      "divide by the number of rows once"),
    "mean-over-cells": (COMMON, "the mean was taken over all rows times classes, as .mean() of the whole matrix does",
                        "sum over the classes first, then divide by the number of rows"),
    "per-class-sum": (POSSIBLE, "the sum was divided by the number of classes, not by the number of rows",
                      "divide by the number of rows"),
    "perplexity": (POSSIBLE, "this is the perplexity, the base of the logarithm to the power of the mean loss",
                   "take its logarithm"),
    "perplexity-base": (RARE, "{:g} was raised to a loss in nats: a perplexity with the wrong base",
                        "raise e to nats and 2 to bits; the loss itself is the exponent"),
    "geometric-mean": (POSSIBLE, "this is the geometric mean of the probabilities of the true labels:"
                       " the logarithm at the end is missing", "take -ln of it"),
    "likelihood": (POSSIBLE, "this is the likelihood, the product of the probabilities of the true labels",
                   "take -ln of it, and divide by the number of rows for the mean"),
    "baseline": (POSSIBLE, "this is the loss of always predicting the label frequencies: the predictions were not used",
                 "put the predictions, not the frequencies of the labels, into the logarithm"),
    "normalized": (POSSIBLE, "this is the normalized entropy: the loss divided by that of always predicting the label"
                   " frequencies", "leave that division out"),
    "d2": (POSSIBLE, "this is D2 (McFadden's R2): 1 minus the loss divided by that of always predicting the label"
           " frequencies", "report the loss itself"),
    "uniform-baseline": (RARE, "this is the loss of giving every class the same probability, ln K",
                         "put the predictions into the logarithm"),
    "max": (RARE, "this is the highest loss of a row", "average over all rows"),
}
# fmt: on
