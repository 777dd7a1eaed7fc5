"""The figures of a summary in the unit of the answer."""

from dataclasses import dataclass
from math import exp, floor, inf, log

from losscli.enums import Reduction
from losscli.evaluation.baseline import baseline
from losscli.evaluation.problem import Problem
from losscli.statistics.intervals import interval
from losscli.statistics.summary import Summary, divisor, label_entropy, mean, standard_error, std, total

LN10 = log(10.0)


@dataclass(frozen=True)
class Figures:
    """The figures of a summary in the unit of the answer."""

    value: float
    n: int
    divisor: float
    sum: float
    mean: float
    std: float
    se: float
    low: float
    high: float
    min: float
    max: float
    baseline: float | None
    normalized: float | None
    perplexity: float | None
    log_likelihood: float | None
    label_entropy: float | None
    kl_divergence: float | None


def figures(problem: Problem, s: Summary) -> Figures:
    """What is asked of a summary, with the base of the logarithm applied."""
    unit = problem.settings.log_base
    average, whole = mean(s), total(s)
    constant, error = baseline(problem, s), standard_error(s)
    entropy = label_entropy(s)
    low, high = interval(average, error, s.counted, problem.settings.level)
    return Figures(
        value=(whole if problem.settings.reduction is Reduction.SUM else average) / unit,
        n=s.n,
        divisor=divisor(s),
        sum=whole / unit,
        mean=average / unit,
        std=std(s) / unit,
        se=error / unit,
        low=low / unit,
        high=high / unit,
        min=s.min / unit,
        max=s.max / unit,
        baseline=None if constant is None else constant / unit,
        normalized=average / constant if constant and constant < inf else None,
        perplexity=_exp(average) if problem.settings.loss.log_loss else None,
        log_likelihood=0.0 - whole / unit if problem.settings.loss.log_loss else None,
        label_entropy=None if entropy is None else entropy / unit,
        kl_divergence=None if entropy is None else (average - entropy) / unit,
    )


def likelihood(f: Figures, unit: float) -> object:
    """exp(-sum) of the losses in nats; by its power of ten where a float would be 0."""
    nats = f.sum * unit
    value = exp(-nats) if nats < 1e6 and nats > -700 else 0.0
    if value > 1e-300 or nats == inf:
        return value
    power = floor(-nats / LN10)
    return f"{10.0 ** (-nats / LN10 - power):.5f}e{power}"


def _exp(value: float) -> float:
    try:
        return exp(value)
    except OverflowError:
        return inf
