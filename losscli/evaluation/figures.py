"""The figures of a summary in the unit of the answer."""

from dataclasses import dataclass
from functools import cached_property
from math import exp, floor, inf, log

from losscli.enums import Reduction
from losscli.evaluation.baseline import baseline
from losscli.evaluation.data_checks import HARD
from losscli.evaluation.problem import Problem
from losscli.statistics.intervals import interval
from losscli.statistics.summary import Summary, divisor, label_entropy, standard_error, std


@dataclass(frozen=True)
class Figures:
    """The figures of a summary in the unit of the answer; each is computed when it is first asked for."""

    problem: Problem
    summary: Summary

    @property
    def value(self) -> float:
        """The answer: the mean, or the sum where that was asked for."""
        return self.sum if self.problem.settings.reduction is Reduction.SUM else self.mean

    @property
    def n(self) -> int:
        """How many observations there are."""
        return self.summary.n

    @cached_property
    def divisor(self) -> float:
        """What the mean divides by."""
        return divisor(self.summary)

    @cached_property
    def sum(self) -> float:
        """The sum of the weighted losses."""
        return self.summary.total.sum / self.problem.settings.log_base

    @cached_property
    def mean(self) -> float:
        """The sum over the divisor."""
        return self.summary.total.mean / self.problem.settings.log_base

    @property
    def std(self) -> float:
        """See `summary.std`."""
        return std(self.summary) / self.problem.settings.log_base

    @cached_property
    def se(self) -> float:
        """The standard error of the mean."""
        return standard_error(self.summary) / self.problem.settings.log_base

    @property
    def low(self) -> float:
        """Where the interval of the mean begins."""
        return self._interval[0]

    @property
    def high(self) -> float:
        """Where the interval of the mean ends."""
        return self._interval[1]

    @cached_property
    def _interval(self) -> tuple[float, float]:
        s, unit = self.summary, self.problem.settings.log_base
        low, high = interval(s.total.mean, standard_error(s), s.spread.counted, self.problem.settings.level)
        return low / unit, high / unit

    @property
    def min(self) -> float:
        """The lowest loss of an observation."""
        return self.summary.spread.min / self.problem.settings.log_base

    @property
    def max(self) -> float:
        """The highest loss of an observation."""
        return self.summary.spread.max / self.problem.settings.log_base

    @property
    def accuracy(self) -> float | None:
        """The share (by weight) of rows predicted correctly; None where a label is soft, or there are none."""
        return self._score("accuracy") if HARD in self.summary.traits else None

    @property
    def brier(self) -> float | None:
        """The mean squared error of the probabilities; None without labels."""
        return self._score("brier")

    def _score(self, name: str) -> float | None:
        return self.summary.scores[name].mean if name in self.summary.scores else None

    @property
    def baseline(self) -> float | None:
        """The mean loss of always predicting the label frequencies; None without labels."""
        return None if self._baseline is None else self._baseline / self.problem.settings.log_base

    @cached_property
    def _baseline(self) -> float | None:
        return baseline(self.problem, self.summary)

    @property
    def normalized(self) -> float | None:
        """mean / baseline, the normalized entropy (He et al. 2014); None where the baseline is 0 or infinite."""
        return self.summary.total.mean / self._baseline if self._baseline and self._baseline < inf else None

    @property
    def perplexity(self) -> float | None:
        """b^mean, b being the base of the logarithm; None where the loss has no logarithm."""
        if not self.problem.settings.loss.log_loss:
            return None
        try:
            return exp(self.summary.total.mean)
        except OverflowError:
            return inf

    @property
    def log_likelihood(self) -> float | None:
        """-sum; None where the loss has no logarithm."""
        return 0.0 - self.sum if self.problem.settings.loss.log_loss else None

    @property
    def likelihood(self) -> float | str:
        """exp(-sum) of the losses in nats; by its power of ten where a float would be 0."""
        nats = self.sum * self.problem.settings.log_base
        value = exp(-nats) if nats < 1e6 and nats > -700 else 0.0
        if value > 1e-300 or nats == inf:
            return value
        power = floor(-nats / log(10.0))
        return f"{10.0 ** (-nats / log(10.0) - power):.5f}e{power}"

    @cached_property
    def label_entropy(self) -> float | None:
        """The mean entropy of the label probabilities, the lowest mean that they allow; None for hard labels."""
        entropy = label_entropy(self.summary)
        return None if entropy is None else entropy / self.problem.settings.log_base

    @property
    def kl_divergence(self) -> float | None:
        """mean - label entropy; None for hard labels."""
        entropy = label_entropy(self.summary)
        return None if entropy is None else (self.summary.total.mean - entropy) / self.problem.settings.log_base
