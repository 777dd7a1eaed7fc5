"""A fit as a report."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.enums import Solver
from losscli.evaluation.prepare import Array
from losscli.output.chart import line_chart
from losscli.output.report import Grid, Report
from losscli.regression.sample import Sample
from losscli.regression.solve import Fit, Recipe
from losscli.regression.theta import called, labelled


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


def parameter_grid(outcome: Outcome) -> Grid:
    """Each parameter, and where features were standardized what it is for the features as they are."""
    names = [called(*one) for one in labelled(outcome.sample.shape)]
    columns = [outcome.fit.theta] + ([] if outcome.scaling is None else [_raw(outcome.fit.theta, outcome)])
    rows = zip(names, *(column.ravel().tolist() for column in columns), strict=True)
    return Grid(tuple(rows), ("parameter", "theta", *(() if outcome.scaling is None else ("unscaled",))))


def _raw(theta: Array, outcome: Outcome) -> Array:
    assert outcome.scaling is not None
    raw = np.asarray(theta / outcome.scaling.deviation)
    if outcome.sample.shape.intercept:
        raw[..., 0] -= (raw * outcome.scaling.mean).sum(axis=-1)
    return raw


def record_of(outcome: Outcome) -> dict[str, Any]:
    """The fit for machines."""
    fit = outcome.fit
    grid = parameter_grid(outcome)
    entries = [dict(zip(grid.header, row, strict=True)) for row in grid.rows]
    classes = [row for row, _ in labelled(outcome.sample.shape)]
    return {
        "loss": outcome.sample.problem.settings.loss.name,
        "method": outcome.recipe.method.value,
        "n": outcome.sample.rows,
        "parameters": [e if c is None else {"class": c, **e} for c, e in zip(classes, entries, strict=True)],
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
    """The fit for people."""
    fit = outcome.fit
    rows: list[tuple[object, ...]] = [
        ("training loss", outcome.train_loss, f"nats, mean over {outcome.sample.rows} rows"),
        ("steps", fit.steps, "converged" if fit.converged else "not converged"),
    ]
    if outcome.test_loss is not None:
        rows.insert(1, ("test loss", outcome.test_loss, f"nats, mean over {outcome.test_rows} rows"))
    chart = line_chart(fit.history, "steps") if fit.steps else []
    label = "loss" if outcome.recipe.l2 == 0.0 else "loss with its penalty"
    grids = [parameter_grid(outcome), Grid(tuple(rows))]
    if chart:
        grids.append(Grid(tuple((line,) for line in (label, *chart))))
    kind = "logistic" if outcome.sample.shape.classes is None else "softmax"
    how = "newton's method" if outcome.recipe.method is Solver.NEWTON else "gradient descent"
    return Report(f"{kind} regression by {how}", {}, tuple(grids), tuple(_notes(outcome)))
