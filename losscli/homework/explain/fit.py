"""The first step of a descent by hand: the gradient where it starts, the step against it, the loss before and after."""

from dataclasses import replace

from losscli.evaluation.prepare import Array
from losscli.homework.explain.formula import Line
from losscli.homework.explain.parameters import extended, records, work_of
from losscli.losses.wording import as_number
from losscli.output.formula import maths
from losscli.output.report import Grid, Report
from losscli.regression.sample import DesignMatrix
from losscli.regression.slopes import by_formula
from losscli.regression.solve import Fit, FitConfig, penalized
from losscli.regression.theta import called, labelled

PENALTY = "the penalty adds {} to it, but for the intercept"


def with_step(report: Report, sample: DesignMatrix, start: Array, recipe: FitConfig, fit: Fit, scaled: bool) -> Report:
    """The report of a fit by gradient descent with its first step; `scaled` says that features were standardized."""
    work = work_of(sample, start, sample.divisor)
    lines: list[Line] = [
        *(["the features are scaled to mean 0 and deviation 1"] if scaled else []),
        *work.formula,
        *([maths(f"{recipe.l2:g} * theta", words=PENALTY)] if recipe.l2 else []),
        maths("theta - lr * gradient", f"lr = {recipe.lr:g}", words="a step: {}, {} being the learning rate"),
    ]
    grid = _steps(sample, start, recipe)
    losses = Grid(
        (("loss before the first step", fit.history[0], ""), ("loss after it", fit.history[1], _fell(fit))),
    )
    record = {
        **work.record,
        "formula": [str(line) for line in lines],
        "step": records(("parameter", "theta", "gradient", "step", "after"), grid),
        "loss_before": fit.history[0],
        "loss_after": fit.history[1],
    }
    return extended(report, (*replace(work, formula=tuple(lines)).grids, grid, losses), record)


def _steps(sample: DesignMatrix, start: Array, recipe: FitConfig) -> Grid:
    gradient = by_formula(sample, start) / sample.divisor + recipe.l2 * penalized(sample, start)
    slopes = gradient.ravel().tolist()
    rows = []
    for (name, feature), theta, slope in zip(labelled(sample.shape), start.ravel().tolist(), slopes, strict=True):
        signed = f"({as_number(slope)})" if slope < 0.0 else as_number(slope)
        after = theta - recipe.lr * slope
        step = maths(f"{as_number(theta)} - {recipe.lr:g} * {signed}")
        rows.append((called(name, feature), theta, slope, step, after))
    return Grid(tuple(rows), ("parameter", "theta", "gradient", "step 1", "theta after"))


def _fell(fit: Fit) -> str:
    before, after = fit.history[:2]
    return f"{'lower' if after < before else 'higher'} by {abs(before - after):.6g}"
