"""Reliability, named calibration errors and the decomposition of the loss; quantiles of the losses."""

from collections.abc import Mapping

import numpy as np

from losscli.enums import Form, Scale
from losscli.evaluation.analysis import Reliability, class_bins
from losscli.evaluation.problem import Problem
from losscli.losses.targets import Binary
from losscli.output.report import Grid
from losscli.reports.figures import Listing, Part
from losscli.statistics.calibration import Bin, bins_of, calibration_error
from losscli.statistics.intervals import wilson
from losscli.statistics.isotonic import Pools, isotonic
from losscli.statistics.quantiles import EXACT, Quantiles, quantile
from losscli.statistics.summary import Summary, mean

FEW = 30  # rows below which an isotonic regression follows noise


def quantile_part(problem: Problem, q: Quantiles, shares: Mapping[str, float]) -> Part:
    """The quantiles of the losses, unweighted."""
    found = {text: quantile(q, share) / problem.settings.log_base for text, share in shares.items()}
    headers = {"quantile": "quantile", "loss": f"loss ({problem.settings.unit_name})"}
    listing = Listing(headers, list(found.items()))
    notes = (f"quantiles of more than {EXACT} rows are right to 0.1 %",) if q.n > EXACT else ()
    return Part({"quantiles": found}, (listing.grid(),), listing.table, notes)


def calibration_part(problem: Problem, s: Summary, r: Reliability) -> Part:
    """A line a bin, and what the bins and the order of the predictions come to."""
    level = f"{100.0 * problem.settings.level:g} %"
    headers = {
        "low": "",
        "high": "",
        "n": "n",
        "predicted": "predicted",
        "observed": "observed",
        "observed_low": f"{level} from",
        "observed_high": "to",
    }
    bins = Listing(headers, [_line(one, problem.settings.level) for one in bins_of(r.bins)])
    what = "positive label" if problem.form is Form.BINARY else "top class"
    ranges = tuple((f"{low:g} to {high:g}", *rest) for low, high, *rest in bins.grid().rows)
    header = (f"P({what}) in (a, b]", *filter(None, headers.values()))
    found = {**_errors(problem, r), **_decomposed(problem, s, r), "brier": r.brier.mean}
    kind = f"{r.bins.count} bins"
    rows = tuple((name, value, _MEANING[name].format(bins=kind)) for name, value in found.items())
    notes = []
    if "miscalibration" in found and s.n < FEW:
        notes.append(f"with {s.n} rows the decomposition overfits: the isotonic regression follows the noise")
    grids = (Grid(ranges, header), Grid(rows))
    return Part({"calibration": {"bins": bins.entries, **found}}, grids, bins.table, tuple(notes))


_MEANING = {
    "ece": "expected calibration error, {bins}",
    "ece_top": "expected calibration error of the top class, {bins}",
    "ece_classwise": "mean over the classes of the error of each, {bins}",
    "miscalibration": "what recalibrating by isotonic regression would save",
    "discrimination": "what the order of the predictions saves",
    "uncertainty": "the loss of always predicting the label frequency",
    "brier": "mean squared error of the probabilities",
}


def _line(one: Bin, level: float) -> tuple[object, ...]:
    low, high = (None, None) if one.observed is None else wilson(one.observed, one.n, level)
    return (one.low, one.high, one.n, one.predicted, one.observed, low, high)


def _errors(problem: Problem, r: Reliability) -> dict[str, float]:
    if problem.form is Form.BINARY:
        return {"ece": calibration_error(r.bins)}
    sets = range(1, class_bins(problem) + 1)
    classwise = sum(calibration_error(r.bins, at) for at in sets) / len(sets)
    return {"ece_top": calibration_error(r.bins), "ece_classwise": classwise}


def _decomposed(problem: Problem, s: Summary, r: Reliability) -> dict[str, float]:
    """The loss as miscalibration - discrimination + uncertainty (Dimitriadis, Gneiting & Jordan 2021)."""
    settings = problem.settings
    changed = settings.focal or settings.smoothing or settings.pos_weight is not None or settings.class_weight
    if r.pairs is None or changed or (settings.like is not None and problem.convention.mean_over_rows):
        return {}
    pools = isotonic(r.pairs)
    whole = Pools(pools.weight.sum(keepdims=True), pools.happened.sum(keepdims=True))
    fitted, constant = _loss(problem, pools), _loss(problem, whole)
    unit = settings.log_base
    return {
        "miscalibration": (mean(s) - fitted) / unit,
        "discrimination": (constant - fitted) / unit,
        "uncertainty": constant / unit,
    }


def _loss(problem: Problem, pools: Pools) -> float:
    """The mean loss of predicting each pool's frequency for its rows."""
    kernel = problem.settings.loss.kernels[problem.form][Scale.PROBS]
    level = np.clip(pools.level, 0.0, 1.0)
    cost = kernel.value(Binary(pools.happened, np.maximum(pools.weight - pools.happened, 0.0)), level)
    return float(cost.sum() / pools.weight.sum())
