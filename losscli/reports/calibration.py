"""Reliability, named calibration errors and the decomposition of the loss; quantiles of the losses."""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from losscli.enums import Form, Scale
from losscli.errors import plural
from losscli.evaluation.analysis import Reliability, class_bins
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.prepare import HARD
from losscli.evaluation.problem import Problem
from losscli.losses.targets import Binary
from losscli.output.report import Grid
from losscli.records import record
from losscli.reports.parts import Figure, Listing, Part, lines_of, record_of
from losscli.statistics.calibration import bins_of, calibration_error
from losscli.statistics.intervals import wilson
from losscli.statistics.isotonic import Pairs, Pools, ordered
from losscli.statistics.quantiles import EXACT, Quantiles, quantile

FEW = 30  # rows below which an isotonic regression follows noise


def quantile_part(problem: Problem, q: Quantiles, shares: Mapping[str, float]) -> Part:
    """The quantiles of the losses, unweighted."""
    found = {text: quantile(q, share) / problem.settings.log_base for text, share in shares.items()}
    headers = {"quantile": "quantile", "loss": problem.settings.with_unit("loss")}
    listing = Listing(headers, list(found.items()))
    notes = (f"quantiles of more than {EXACT} rows are right to 0.1 %",) if q.n > EXACT else ()
    return Part({"quantiles": found}, (listing.grid(),), listing.table, notes)


@record
class Calibration:
    """The predictions of a table against its labels."""

    figures: Figures
    reliability: Reliability

    @property
    def problem(self) -> Problem:
        """The problem of the figures."""
        return self.figures.problem

    @property
    def bins(self) -> str:
        """How the predictions are binned."""
        return f"{self.reliability.bins.count} bins"

    @property
    def ece_classwise(self) -> float:
        """The mean over the classes of the calibration error of each."""
        sets = range(1, class_bins(self.problem) + 1)
        return sum(calibration_error(self.reliability.bins, at) for at in sets) / len(sets)

    @property
    def auc(self) -> float | None:
        """The area under the ROC curve; None for soft labels and for classes."""
        hard = HARD in self.figures.summary.traits
        return self._ordered[1] if hard and self.reliability.pairs is not None else None

    @cached_property
    def _ordered(self) -> tuple[Pools, float]:
        return ordered(self.reliability.pairs or Pairs())

    @cached_property
    def decomposition(self) -> tuple[float, float, float] | None:
        """The loss is miscalibration - discrimination + uncertainty (Dimitriadis, Gneiting & Jordan 2021).

        None where the loss isn't the plain one of a probability.
        """
        settings, problem = self.problem.settings, self.problem
        changed = settings.focal or settings.smoothing or settings.pos_weight is not None or settings.class_weight
        like = settings.like is not None and problem.convention.mean_over_rows
        if self.reliability.pairs is None or changed or like or Scale.PROBS not in problem.kernels:
            return None
        pools, log_base = self._ordered[0], settings.log_base
        whole = Pools(pools.weight.sum(keepdims=True), pools.happened.sum(keepdims=True))
        fitted, constant = _loss(problem, pools), _loss(problem, whole)
        average = self.figures.summary.total.mean
        return (average - fitted) / log_base, (constant - fitted) / log_base, constant / log_base


def _figure(
    key: str,
    value: Callable[[Calibration], object],
    remark: str,
    has: Callable[[Calibration], bool] = lambda c: True,
) -> Figure[Calibration]:
    return Figure(key, value, key, lambda c: remark.format(bins=c.bins), has, has)


def _decomposed(key: str, at: int, remark: str) -> Figure[Calibration]:
    def value(c: Calibration) -> object:
        return c.decomposition and c.decomposition[at]

    return _figure(key, value, remark, lambda c: c.decomposition is not None)


FIGURES: tuple[Figure[Calibration], ...] = (
    _figure(
        "ece",
        lambda c: calibration_error(c.reliability.bins),
        "expected calibration error, {bins}",
        lambda c: c.problem.form is Form.BINARY,
    ),
    _figure(
        "ece_top",
        lambda c: calibration_error(c.reliability.bins),
        "expected calibration error of the top class, {bins}",
        lambda c: c.problem.form is Form.CATEGORICAL,
    ),
    _figure(
        "ece_classwise",
        lambda c: c.ece_classwise,
        "mean over the classes of the error of each, {bins}",
        lambda c: c.problem.form is Form.CATEGORICAL,
    ),
    _decomposed("miscalibration", 0, "loss that recalibration by isotonic regression would save"),
    _decomposed("discrimination", 1, "loss that the order of the predictions saves"),
    _decomposed("uncertainty", 2, "the loss of always predicting the label frequency"),
    _figure("brier", lambda c: c.figures.brier, "mean squared error of the probabilities"),
    _figure(
        "auc",
        lambda c: c.auc,
        "share of pairs (label 1, label 0) in the right order; ties count half",
        lambda c: c.auc is not None,
    ),
)


def calibration_part(f: Figures, r: Reliability) -> Part:
    """A line for each bin, and the figures of the bins and of the order of the predictions."""
    settings, answer = f.problem.settings, Calibration(f, r)
    headers = {
        "low": "",
        "high": "",
        "n": "n",
        "predicted": "predicted",
        "observed": "observed",
        "observed_low": f"{settings.interval} low",
        "observed_high": "high",
    }
    lines = []
    for one in bins_of(r.bins):
        ends = (None, None) if one.observed is None else wilson(one.observed, one.n, settings.level)
        lines.append((one.low, one.high, one.n, one.predicted, one.observed, *ends))
    bins = Listing(headers, lines)
    what = "positive label" if f.problem.form is Form.BINARY else "top class"
    ranges = tuple((f"{low:g} to {high:g}", *rest) for low, high, *rest in bins.grid().rows)
    header = (f"P({what}) in (a, b]", *filter(None, headers.values()))
    notes = []
    if answer.decomposition and f.n < FEW:
        notes.append(f"with {plural(f.n, 'row')} the decomposition overfits: the isotonic regression follows the noise")
    grids = (Grid(ranges, header), Grid(tuple(lines_of(FIGURES, answer)), wrapped=True))
    record = {"bins": bins.entries, **record_of(FIGURES, answer)}
    return Part({"calibration": record}, grids, bins.table, tuple(notes))


def _loss(problem: Problem, pools: Pools) -> float:
    """The mean loss of predicting each pool's frequency for its rows."""
    kernel = problem.kernels[Scale.PROBS]
    level = np.clip(pools.level, 0.0, 1.0)
    cost = kernel.value(Binary(pools.happened, np.maximum(pools.weight - pools.happened, 0.0)), level)
    return float(cost.sum() / pools.weight.sum())
