"""A fit as a report."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from losscli.enums import Solver
from losscli.evaluation.prepare import Array
from losscli.output.chart import curves
from losscli.output.report import Grid, Picture, Report
from losscli.regression.quality import accuracy, boundary, probabilities, safe_rate, standard_errors
from losscli.regression.sample import DesignMatrix
from losscli.regression.solve import Fit, FitConfig, mean_loss, rises
from losscli.reports.parameters import bare, parameter_entries, parameter_grid


@dataclass(frozen=True)
class Scaling:
    """What was subtracted from each column of the design matrix, and what it was then divided by."""

    mean: Array
    deviation: Array


@dataclass(frozen=True)
class Outcome:
    """A fit and what it is told with."""

    sample: DesignMatrix
    recipe: FitConfig
    fit: Fit
    scaling: Scaling | None
    test: DesignMatrix | None

    @property
    def train_loss(self) -> float:
        """The mean loss of the rows that were fitted."""
        return mean_loss(self.sample, self.fit.theta)

    @property
    def test_loss(self) -> float | None:
        """The mean loss of the rows to test on."""
        return None if self.test is None else mean_loss(self.test, self.fit.theta)

    @property
    def boundary(self) -> float | None:
        """Where both classes are equally likely, of the one feature as it is."""
        theta = self.fit.theta if self.scaling is None else _raw(self.fit.theta, self)
        return boundary(self.sample, theta)


def _accuracy(sample: DesignMatrix | None, outcome: Outcome) -> float | None:
    return None if sample is None else accuracy(sample, outcome.fit.theta)


def _parameters(outcome: Outcome) -> Grid:
    """Each parameter; by newton with its standard error, z and odds ratio; where features were standardized also what
    it is for the features as they are; of an intercept alone the probability that it gives."""
    theta = outcome.fit.theta
    columns = {"theta": theta}
    if outcome.recipe.method is Solver.NEWTON and outcome.recipe.l2 == 0.0:
        se = standard_errors(outcome.sample, theta)
        if se is not None:
            columns |= {"se": se, "z": theta / se}
            with np.errstate(over="ignore"):  # of a feature in tiny units it may be beyond the floats
                columns |= {"odds_ratio": np.exp(theta)} if outcome.sample.shape.classes is None else {}
    if not outcome.sample.shape.features:
        columns["probability"] = probabilities(theta)
    if outcome.scaling is not None:
        columns["unscaled"] = _raw(outcome.fit.theta, outcome)
    return parameter_grid(outcome.sample.shape, columns)


def _raw(theta: Array, outcome: Outcome) -> Array:
    assert outcome.scaling is not None
    raw = np.asarray(theta / outcome.scaling.deviation)
    if outcome.sample.shape.intercept:
        raw[..., 0] -= (raw * outcome.scaling.mean).sum(axis=-1)
    return raw


def _record(outcome: Outcome, grid: Grid) -> dict[str, Any]:
    fit = outcome.fit
    return {
        "loss": outcome.sample.problem.settings.loss.name,
        "method": outcome.recipe.method.value,
        "n": outcome.sample.rows,
        "parameters": parameter_entries(outcome.sample.shape, grid),
        "steps": fit.steps,
        "converged": fit.converged,
        "train_loss": outcome.train_loss,
        "test_loss": outcome.test_loss,
        "train_accuracy": _accuracy(outcome.sample, outcome),
        "test_accuracy": _accuracy(outcome.test, outcome),
        "boundary": outcome.boundary,
        "history": list(fit.history),
        "test_history": list(fit.test_history) if outcome.test is not None else None,
        "notes": _notes(outcome),
    }


def _notes(outcome: Outcome) -> list[str]:
    said = list(outcome.sample.table.notes)
    if not outcome.fit.converged:
        steps = "1 step" if outcome.fit.steps == 1 else f"{outcome.fit.steps} steps"
        said.insert(0, f"not converged after {steps}; {_more(outcome)} would lower the loss further")
    said += _rising(outcome)
    if outcome.scaling is not None and outcome.sample.shape.intercept:
        said.append("theta is for features of mean 0 and deviation 1, unscaled for the features as they are")
    return said


def _more(outcome: Outcome) -> str:
    """What helps a fit that has not converged: never a rate that might diverge."""
    safe = float(f"{0.9 * safe_rate(outcome.sample, outcome.recipe.l2):.1g}")
    larger = outcome.recipe.method is Solver.GD and outcome.recipe.batch is None and safe > 1.5 * outcome.recipe.lr
    return f"more --steps, or a larger --lr such as {safe:g}," if larger else "more --steps"


def _rising(outcome: Outcome) -> list[str]:
    """Where the loss rose on the way, unless its steps saw some of the rows only."""
    history = outcome.fit.history
    up = [at for at, (before, after) in enumerate(pairwise(history), 1) if rises(before, after)]
    if not up or outcome.recipe.batch is not None or outcome.recipe.method is not Solver.GD:
        return []
    went = f"first from {history[up[0] - 1]:.6g} to {history[up[0]]:.6g} at step {up[0]}"
    return [f"the loss rises in {len(up)} of {outcome.fit.steps} steps, {went}: --lr {outcome.recipe.lr:g} is large"]


def _curve(outcome: Outcome) -> Picture | None:
    """The loss over the steps, and that of the rows to test on where there are any."""
    fit = outcome.fit
    label = "loss" if outcome.recipe.l2 == 0.0 else "loss with its penalty"
    series = [("training", fit.history), *([("test", fit.test_history)] if fit.test_history else [])]
    return curves(label, series, "steps") if fit.steps else None


def report_of(outcome: Outcome) -> Report:
    """A fit as a report."""
    fit, grid = outcome.fit, _parameters(outcome)
    rows: list[tuple[object, ...]] = [
        ("training loss", outcome.train_loss, f"nats, mean over {outcome.sample.rows} rows"),
        ("steps", fit.steps, "converged" if fit.converged else "not converged"),
    ]
    if outcome.test is not None:
        rows.insert(1, ("test loss", outcome.test_loss, f"nats, mean over {outcome.test.rows} rows"))
    figures = (
        ("training accuracy", _accuracy(outcome.sample, outcome), "share of rows whose label is the likelier one"),
        ("test accuracy", _accuracy(outcome.test, outcome), ""),
        ("boundary", outcome.boundary, f"of {outcome.sample.shape.names[-1]}: both labels are equally likely there"),
    )
    rows += [figure for figure in figures if figure[1] is not None]
    chart = _curve(outcome)
    grids = [grid, Grid(tuple(rows))]
    kind = "logistic" if outcome.sample.shape.classes is None else "softmax"
    how = "newton's method" if outcome.recipe.method is Solver.NEWTON else "gradient descent"
    return Report(
        title=f"{kind} regression by {how}",
        record=_record(outcome, grid),
        grids=tuple(grids),
        pictures=(chart,) if chart else (),
        notes=tuple(_notes(outcome)),
        numbers=bare(fit.theta),
        table=grid,
    )
