"""A fit as a report."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from losscli.enums import Solver
from losscli.evaluation.prepare import Array
from losscli.output.chart import curves
from losscli.output.report import Grid, Picture, Report
from losscli.regression.descent import Fit, FitConfig, mean_loss, rises
from losscli.regression.design import DesignMatrix
from losscli.regression.quality import accuracy, boundary, probabilities, safe_rate, standard_errors
from losscli.reports.parameters import bare, parameter_entries, parameter_grid


@dataclass(frozen=True)
class Scaling:
    """What was subtracted from each column of the design matrix, and what it was then divided by."""

    mean: Array
    deviation: Array


@dataclass(frozen=True)
class FitReport:
    """A fit and what it is told with."""

    design: DesignMatrix
    config: FitConfig
    fit: Fit
    scaling: Scaling | None
    test: DesignMatrix | None

    @property
    def train_loss(self) -> float:
        """The mean loss of the rows that were fitted."""
        return mean_loss(self.design, self.fit.theta)

    @property
    def test_loss(self) -> float | None:
        """The mean loss of the rows to test on."""
        return None if self.test is None else mean_loss(self.test, self.fit.theta)

    @property
    def boundary(self) -> float | None:
        """Where both classes are equally likely, of the one feature as it is."""
        theta = self.fit.theta if self.scaling is None else _raw(self.fit.theta, self)
        return boundary(self.design, theta)


def _accuracy(design: DesignMatrix | None, outcome: FitReport) -> float | None:
    return None if design is None else accuracy(design, outcome.fit.theta)


def _parameters(outcome: FitReport) -> Grid:
    """Each parameter; by newton with its standard error, z and odds ratio; where features were standardized also what
    it is for the features as they are; of an intercept alone the probability that it gives."""
    theta = outcome.fit.theta
    columns = {"theta": theta}
    if outcome.config.method is Solver.NEWTON and outcome.config.l2 == 0.0:
        se = standard_errors(outcome.design, theta)
        if se is not None:
            columns |= {"se": se, "z": theta / se}
            with np.errstate(over="ignore"):  # of a feature in tiny units it may be beyond the floats
                columns |= {"odds_ratio": np.exp(theta)} if outcome.design.shape.classes is None else {}
    if not outcome.design.shape.features:
        columns["probability"] = probabilities(theta)
    if outcome.scaling is not None:
        columns["unscaled"] = _raw(outcome.fit.theta, outcome)
    return parameter_grid(outcome.design.shape, columns)


def _raw(theta: Array, outcome: FitReport) -> Array:
    assert outcome.scaling is not None
    raw = np.asarray(theta / outcome.scaling.deviation)
    if outcome.design.shape.intercept:
        raw[..., 0] -= (raw * outcome.scaling.mean).sum(axis=-1)
    return raw


def _record(outcome: FitReport, grid: Grid) -> dict[str, Any]:
    fit = outcome.fit
    return {
        "loss": outcome.design.problem.settings.loss.name,
        "method": outcome.config.method.value,
        "n": outcome.design.rows,
        "parameters": parameter_entries(outcome.design.shape, grid),
        "steps": fit.steps,
        "converged": fit.converged,
        "train_loss": outcome.train_loss,
        "test_loss": outcome.test_loss,
        "train_accuracy": _accuracy(outcome.design, outcome),
        "test_accuracy": _accuracy(outcome.test, outcome),
        "boundary": outcome.boundary,
        "history": list(fit.history),
        "test_history": list(fit.test_history) if outcome.test is not None else None,
        "notes": _notes(outcome),
    }


def _notes(outcome: FitReport) -> list[str]:
    said = list(outcome.design.table.notes)
    if not outcome.fit.converged:
        steps = "1 step" if outcome.fit.steps == 1 else f"{outcome.fit.steps} steps"
        said.insert(0, f"not converged after {steps}; {_more(outcome)} would lower the loss further")
    said += _rising(outcome)
    if outcome.scaling is not None and outcome.design.shape.intercept:
        said.append("theta is for features of mean 0 and deviation 1, unscaled for the features as they are")
    return said


def _more(outcome: FitReport) -> str:
    """What helps a fit that has not converged: never a rate that might diverge."""
    safe = float(f"{0.9 * safe_rate(outcome.design, outcome.config.l2):.1g}")
    larger = outcome.config.method is Solver.GD and outcome.config.batch is None and safe > 1.5 * outcome.config.lr
    return f"more --steps, or a larger --lr such as {safe:g}," if larger else "more --steps"


def _rising(outcome: FitReport) -> list[str]:
    """Where the loss rose on the way, unless its steps saw some of the rows only."""
    history = outcome.fit.history
    up = [at for at, (before, after) in enumerate(pairwise(history), 1) if rises(before, after)]
    if not up or outcome.config.batch is not None or outcome.config.method is not Solver.GD:
        return []
    went = f"first from {history[up[0] - 1]:.6g} to {history[up[0]]:.6g} at step {up[0]}"
    return [f"the loss rises in {len(up)} of {outcome.fit.steps} steps, {went}: --lr {outcome.config.lr:g} is large"]


def _curve(outcome: FitReport) -> Picture | None:
    """The loss over the steps, and that of the rows to test on where there are any."""
    fit = outcome.fit
    label = "loss" if outcome.config.l2 == 0.0 else "loss with its penalty"
    series = [("training", fit.history), *([("test", fit.test_history)] if fit.test_history else [])]
    return curves(label, series, "steps") if fit.steps else None


def report_of(outcome: FitReport) -> Report:
    """A fit as a report."""
    fit, grid = outcome.fit, _parameters(outcome)
    rows: list[tuple[object, ...]] = [
        ("training loss", outcome.train_loss, f"nats, mean over {outcome.design.rows} rows"),
        ("steps", fit.steps, "converged" if fit.converged else "not converged"),
    ]
    if outcome.test is not None:
        rows.insert(1, ("test loss", outcome.test_loss, f"nats, mean over {outcome.test.rows} rows"))
    figures = (
        ("training accuracy", _accuracy(outcome.design, outcome), "share of rows whose label is the likelier one"),
        ("test accuracy", _accuracy(outcome.test, outcome), ""),
        ("boundary", outcome.boundary, f"of {outcome.design.shape.names[-1]}: both labels are equally likely there"),
    )
    rows += [figure for figure in figures if figure[1] is not None]
    chart = _curve(outcome)
    grids = [grid, Grid(tuple(rows))]
    kind = "logistic" if outcome.design.shape.classes is None else "softmax"
    how = "newton's method" if outcome.config.method is Solver.NEWTON else "gradient descent"
    return Report(
        title=f"{kind} regression by {how}",
        record=_record(outcome, grid),
        grids=tuple(grids),
        pictures=(chart,) if chart else (),
        notes=tuple(_notes(outcome)),
        numbers=bare(fit.theta),
        table=grid,
    )
