"""A fit as a report."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.enums import Solver
from losscli.evaluation.prepare import Array
from losscli.output.chart import curves
from losscli.output.report import Grid, Report
from losscli.regression.sample import Sample
from losscli.regression.solve import Fit, Recipe
from losscli.reports.parameters import bare, parameter_entries, parameter_grid


@dataclass(frozen=True)
class Scaling:
    """What was subtracted from each column of the design matrix, and what it was then divided by."""

    mean: Array
    deviation: Array


@dataclass(frozen=True)
class Outcome:
    """A fit and what it is told with."""

    sample: Sample
    recipe: Recipe
    fit: Fit
    scaling: Scaling | None
    train_loss: float
    test_loss: float | None
    test_rows: int


def _parameters(outcome: Outcome) -> Grid:
    """Each parameter, and where features were standardized what it is for the features as they are."""
    columns = {"theta": outcome.fit.theta}
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
        "history": list(fit.history),
        "notes": _notes(outcome),
    }


def _notes(outcome: Outcome) -> list[str]:
    said = list(outcome.sample.table.notes)
    if not outcome.fit.converged:
        more = "more --steps or a larger --lr" if outcome.recipe.method is Solver.GD else "more --steps"
        said.insert(0, f"not converged after {outcome.fit.steps} steps; {more} would lower the loss further")
    if outcome.scaling is not None and outcome.sample.shape.intercept:
        said.append("theta is for features of mean 0 and deviation 1, unscaled for the features as they are")
    return said


def report_of(outcome: Outcome) -> Report:
    """A fit as a report."""
    fit, grid = outcome.fit, _parameters(outcome)
    rows: list[tuple[object, ...]] = [
        ("training loss", outcome.train_loss, f"nats, mean over {outcome.sample.rows} rows"),
        ("steps", fit.steps, "converged" if fit.converged else "not converged"),
    ]
    if outcome.test_loss is not None:
        rows.insert(1, ("test loss", outcome.test_loss, f"nats, mean over {outcome.test_rows} rows"))
    label = "loss" if outcome.recipe.l2 == 0.0 else "loss with its penalty"
    chart = curves(label, [("training", fit.history)], "steps") if fit.steps else None
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
