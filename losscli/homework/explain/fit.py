"""The first step of a descent by hand: the gradient where it starts, the step against it, the loss before and after."""

from dataclasses import replace

from losscli.evaluation.prepare import Array
from losscli.homework.explain.formula import Line
from losscli.homework.explain.parameters import extended, records, work_of
from losscli.losses.wording import as_number
from losscli.output.formula import maths
from losscli.output.report import Grid, Report
from losscli.regression.descent import Fit, FitConfig, penalized
from losscli.regression.design import DesignMatrix, class_and_name, parameter_name
from losscli.regression.gradient import by_formula

PENALTY = "the penalty adds {} to it, but for the intercept"


def with_step(report: Report, design: DesignMatrix, start: Array, config: FitConfig, fit: Fit, scaled: bool) -> Report:
    """The report of a fit by gradient descent with its first step; `scaled` says that features were standardized."""
    work = work_of(design, start, design.divisor)
    lines: list[Line] = [
        *(["the features are scaled to mean 0 and deviation 1"] if scaled else []),
        *work.formula,
        *([maths(f"{config.l2:g} * theta", words=PENALTY)] if config.l2 else []),
        maths("theta - lr * gradient", f"lr = {config.lr:g}", words="a step: {}, {} being the learning rate"),
    ]
    grid = _steps(design, start, config)
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


def _steps(design: DesignMatrix, start: Array, config: FitConfig) -> Grid:
    gradient = by_formula(design, start) / design.divisor + config.l2 * penalized(design, start)
    slopes = gradient.ravel().tolist()
    rows = []
    for (name, feature), theta, slope in zip(class_and_name(design.shape), start.ravel().tolist(), slopes, strict=True):
        signed = f"({as_number(slope)})" if slope < 0.0 else as_number(slope)
        after = theta - config.lr * slope
        step = maths(f"{as_number(theta)} - {config.lr:g} * {signed}")
        rows.append((parameter_name(name, feature), theta, slope, step, after))
    return Grid(tuple(rows), ("parameter", "theta", "gradient", "step 1", "theta after"))


def _fell(fit: Fit) -> str:
    before, after = fit.history[:2]
    return f"{'lower' if after < before else 'higher'} by {abs(before - after):.6g}"
