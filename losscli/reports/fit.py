"""A regression as a report."""

from functools import cached_property
from itertools import pairwise

import numpy as np

from losscli.arrays import Array
from losscli.enums import Solver
from losscli.errors import plural, shown
from losscli.losses.functions import inverse_link
from losscli.losses.targets import Binary
from losscli.output.chart import Layer, curves, plane
from losscli.output.report import Grid, Picture, Report
from losscli.records import record
from losscli.regression.descent import Fit, FitConfig, mean_loss, rises
from losscli.regression.design import DesignMatrix
from losscli.regression.quality import accuracy, boundary, deviance, free_parameters, probabilities, safe_rate, wald
from losscli.reports.parameters import bare, parameter_entries, parameter_grid
from losscli.reports.parts import Figure, lines_of, record_of


@record
class Scaling:
    """The mean that was subtracted from each column of the design matrix, and the deviation that divided it."""

    mean: Array
    deviation: Array


@record
class FitReport:
    """A fit, the rows that were fitted, the rows to test on, and the start values."""

    design: DesignMatrix
    config: FitConfig
    fit: Fit
    scaling: Scaling | None
    test: DesignMatrix | None
    start: Array

    @cached_property
    def parameters(self) -> Grid:
        """Each parameter; by newton with its standard error, z, p-value, interval and odds ratio.

        If features were standardized, also the parameters of the features as they were read; of an intercept alone, the
        probability that it gives.
        """
        theta, shape = self.fit.theta, self.design.shape
        columns = {"theta": theta}
        if self.is_likelihood:
            found = wald(self.design, theta, self.design.problem.settings.level)
            columns |= {} if found is None else vars(found)
            with np.errstate(over="ignore"):  # of a feature in tiny units it may be beyond the floats
                columns |= {"odds_ratio": np.exp(theta)} if found and shape.classes is None else {}
        if not shape.features:
            columns["probability"] = probabilities(theta)
        if self.scaling is not None:
            columns["unscaled"] = self.unscaled
        return parameter_grid(shape, columns)

    @property
    def unscaled(self) -> Array:
        """The parameters of the features as they were read, not standardized."""
        if self.scaling is None:
            return self.fit.theta
        theta = np.asarray(self.fit.theta / self.scaling.deviation)
        if self.design.shape.intercept:
            theta[..., 0] -= (theta * self.scaling.mean).sum(axis=-1)
        return theta

    @cached_property
    def train_loss(self) -> float:
        """The mean loss of the rows that were fitted."""
        return mean_loss(self.design, self.fit.theta)

    @cached_property
    def test_loss(self) -> float | None:
        """The mean loss of the rows to test on."""
        return None if self.test is None else mean_loss(self.test, self.fit.theta)

    @property
    def is_likelihood(self) -> bool:
        """Whether the fit is the optimum of the likelihood, without a penalty: inference is about such a fit."""
        return self.config.method is Solver.NEWTON and self.config.l2 == 0.0

    @cached_property
    def deviance(self) -> float | None:
        """Twice the summed loss of the rows that were fitted, by newton."""
        return deviance(self.design, self.fit.theta) if self.is_likelihood else None

    @property
    def aic(self) -> float | None:
        """Akaike's information criterion: the deviance and twice the number of free parameters."""
        return None if self.deviance is None else self.deviance + 2.0 * free_parameters(self.design)

    def accuracy(self, design: DesignMatrix | None) -> float | None:
        """The share of rows predicted correctly."""
        return None if design is None else accuracy(design, self.fit.theta)

    @property
    def boundary(self) -> float | None:
        """The value of the one feature at which both classes are equally likely."""
        return boundary(self.design, self.unscaled)


def rows_and_unit(design: DesignMatrix | None) -> str:
    """The remark on a mean loss: its unit, and of how many rows it is."""
    if design is None:
        return ""
    return ", ".join(filter(None, (design.problem.settings.unit_name, f"mean over {plural(design.rows, 'row')}")))


FIGURES: tuple[Figure[FitReport], ...] = (
    Figure("loss", lambda r: r.design.problem.settings.loss.name),
    Figure("method", lambda r: r.config.method.value),
    Figure("options", lambda r: r.design.problem.settings.options),
    Figure("n", lambda r: r.design.rows),
    Figure("parameters", lambda r: parameter_entries(r.design.shape, r.parameters)),
    Figure("train_loss", lambda r: r.train_loss, "training loss", lambda r: rows_and_unit(r.design)),
    Figure("test_loss", lambda r: r.test_loss, "test loss", lambda r: rows_and_unit(r.test), optional=True),
    Figure("steps", lambda r: r.fit.steps, "steps", lambda r: "converged" if r.fit.converged else "not converged"),
    Figure("converged", lambda r: r.fit.converged),
    Figure(
        "train_accuracy",
        lambda r: r.accuracy(r.design),
        "training accuracy",
        "share predicted correctly",
        optional=True,
    ),
    Figure("test_accuracy", lambda r: r.accuracy(r.test), "test accuracy", optional=True),
    Figure("deviance", lambda r: r.deviance, "deviance", "twice the summed loss", optional=True),
    Figure(
        "aic",
        lambda r: r.aic,
        "AIC",
        lambda r: f"deviance + 2 * {free_parameters(r.design)} parameters",
        optional=True,
    ),
    Figure(
        "boundary",
        lambda r: r.boundary,
        "boundary",
        lambda r: f"of {r.design.shape.names[-1]}: both labels are equally likely there",
        optional=True,
    ),
    Figure("history", lambda r: list(r.fit.history)),
    Figure("theta_history", lambda r: [theta.tolist() for theta in r.fit.theta_history] or None),
    Figure("test_history", lambda r: list(r.fit.test_history) if r.test is not None else None),
)


def _notes(outcome: FitReport) -> list[str]:
    notes = list(outcome.design.table.schema.notes)
    first, last = outcome.fit.history[0], outcome.fit.history[-1]
    if rises(first, last):
        notes.insert(
            0,
            f"the loss rose from {first:.6g} to {last:.6g} after {outcome.fit.steps} steps;"
            f" --lr {outcome.config.lr:g} is too large",
        )
    elif not outcome.fit.converged:
        more, config = "more --steps", outcome.config
        safe = float(f"{0.9 * safe_rate(outcome.design, config.l2):.1g}")  # never a rate that might diverge
        if config.method is Solver.GD and config.batch is None and safe > 1.5 * config.lr:
            more += f", or a larger --lr such as {safe:g},"
        notes.insert(0, f"not converged after {plural(outcome.fit.steps, 'step')}; {more} would lower the loss further")
    notes += _rising(outcome)
    levels = outcome.design.shape.levels
    notes += [f"the parameters of {name} are relative to its level {shown(own[0])}" for name, own in levels.items()]
    if outcome.scaling is not None:
        scaled = "mean 0, deviation 1" if outcome.design.shape.intercept else "deviation 1, their mean stays"
        notes.append(f"theta is for the standardized features ({scaled}), unscaled for the features as they are")
    return notes


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


MOST_DRAWN = 2000  # rows of a picture

FINE = 241  # points of a curve: four for each column of a picture


def _model(outcome: FitReport) -> Picture | None:
    """The rows with what was fitted: the sigmoid of one feature, of two where both labels are equally likely."""
    shape, first = outcome.design.shape, int(outcome.design.shape.intercept)
    if (
        shape.classes is not None
        or len(shape.features) not in (1, 2)
        or not isinstance(outcome.design.unweighted, Binary)
    ):
        return None
    theta = outcome.unscaled
    x, y = outcome.design.x[:MOST_DRAWN], outcome.design.unweighted.positive[:MOST_DRAWN]
    if outcome.scaling is not None:
        x = x * outcome.scaling.deviation + outcome.scaling.mean
    features, offset, slopes = x[:, first:], float(theta[0]) if first else 0.0, theta[first:]
    ends = [(float(column.min()), float(column.max())) for column in features.T]
    along = np.linspace(*ends[0], FINE)
    if any(low == high for low, high in ends):
        return None
    if len(ends) == 1:
        label = y >= 0.5
        rows = [Layer(mark, f"label {int(one)}", features[label == one, 0].tolist(), y[label == one].tolist())
                for mark, one in (("o", False), ("x", True))]  # fmt: skip
        curve = Layer("*", "fitted probability", along.tolist(), inverse_link(offset + slopes[0] * along).tolist())
        return plane("probability of label 1", [curve, *rows], ends[0], (0.0, 1.0), shape.features[0])
    rows = [Layer(mark, f"label {int(one)}", *features[(y >= 0.5) == one].T.tolist())
            for mark, one in (("o", False), ("x", True))]  # fmt: skip
    line_x, line_y = along, np.linspace(*ends[1], FINE)
    with np.errstate(all="ignore"):  # a line along an axis is left out of the other's half
        line_x = np.concatenate((along, -(offset + slopes[1] * line_y) / slopes[0]))
        line_y = np.concatenate((-(offset + slopes[0] * along) / slopes[1], line_y))
    line = Layer("*", "both labels are equally likely", line_x.tolist(), line_y.tolist())
    return plane(
        f"{shape.features[1]} (up) against {shape.features[0]}", [line, *rows], ends[0], ends[1], shape.features[0]
    )


def report_of(outcome: FitReport, drawn: bool = False) -> Report:
    """A fit as a report; `drawn` asks for a picture of the rows with what was fitted."""
    notes, chart = _notes(outcome), _curve(outcome)
    model = _model(outcome) if drawn else None
    kind = outcome.design.problem.settings.loss.regression
    interval = outcome.design.problem.settings.interval
    names = {"se": "standard error", "p_value": "p-value", "low": f"{interval} low", "odds_ratio": "odds ratio"}
    parameters = outcome.parameters._replace(header=tuple(names.get(name, name) for name in outcome.parameters.header))
    how = "Newton's method" if outcome.config.method is Solver.NEWTON else "gradient descent"
    return Report(
        title=f"{kind} regression by {how}{outcome.design.problem.settings.titles}",
        record={**record_of(FIGURES, outcome), "notes": notes},
        grids=(parameters, Grid(tuple(lines_of(FIGURES, outcome)), wrapped=True)),
        pictures=tuple(picture for picture in (model, chart) if picture),
        notes=tuple(notes),
        numbers=bare(outcome.fit.theta),
        table=outcome.parameters,
    )
