"""The work behind a gradient: the chain of factors, X^T (h - y) / m, and the first step of a descent by hand.

The chain is shown where it fits a line; the quotient rule of rescaled rows does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.enums import Reduction, Scale
from losscli.errors import UsageError
from losscli.evaluation.data_checks import HARD
from losscli.evaluation.prepare import Array, Prepared
from losscli.gradients.analytic import kernel_of
from losscli.gradients.evaluate import Gradient, as_probs_and_logits, gradient_divisor
from losscli.homework.explain_loss import SHOWN, coefficients
from losscli.homework.formula import Explanation, Line, lines_grid, option_lines
from losscli.losses.targets import Binary, Classes, dense
from losscli.losses.wording import as_number, factor, listed
from losscli.output.formula import Formula, maths
from losscli.output.report import Grid
from losscli.regression.descent import Fit, FitConfig, penalized
from losscli.regression.design import DesignMatrix, class_and_name, logits, parameter_name, row_gradients
from losscli.regression.gradient import by_formula

FEW_CLASSES = 4  # of a Jacobian in numbers

PENALTY = "the penalty adds {} to it, except for the intercept"


# --- by rows ----------------------------------------------------------------------------------------------------------
def explain_gradient(gradient: Gradient) -> Explanation:
    """The formula, and for the first rows the chain of factors with numbers and what it comes to."""
    problem = gradient.problem
    if problem.convention.rescale:
        raise UsageError("--explain shows gradients of rows that are not rescaled")
    soft = HARD not in gradient.totals.summary.traits
    if problem.settings.focal and (problem.convention.focal_by_class or problem.settings.smoothing or soft):
        raise UsageError("--explain shows the focal factor of a row with hard labels; it contradicts --smoothing")
    lines: list[Line] = [*map(maths, kernel_of(problem, gradient.spec.by).chain), *option_lines(problem)]
    if problem.settings.focal:
        rule, factor_rule = "(1 - p)^g * s + g (1 - p)^(g - 1) * p * l * s", "(1 - p)^g"
        lines.append(
            maths(
                rule,
                "l",
                "s",
                factor_rule,
                words="the product rule: {}, {} and {} being the loss and its slope without the factor {}",
            )
        )
    base, log_base = problem.settings.base, problem.settings.log_base
    divisor = f"{gradient.divisor / log_base:.6g}" + (f" * ln {base:g}" if base else "")
    if problem.settings.reduction is Reduction.MEAN:
        words = "each is multiplied by its row's weight, if it has one, and divided by {}"
        lines.append(maths(divisor, words=words))
    over = "" if gradient.divisor == 1.0 else f" / {divisor}".replace(" * ln", " / ln")
    chains = (f"{text}{over}" for prepared in gradient.first_prepared for text in _chains(gradient, prepared))
    rows = [(row, text, value) for (row, value), text in zip(_values(gradient), chains, strict=False)][:SHOWN]
    more = gradient.totals.summary.n - len(rows)
    body: list[tuple[object, ...]] = [(row, maths(text), value) for row, text, value in rows]
    body += [("...", "", f"{more} more {'row' if more == 1 else 'rows'}")] if more > 0 else []
    record = {
        "formula": [str(line) for line in lines],
        "rows": [{"row": row, "chain": text, "gradient": value} for row, text, value in rows],
        "more": more,
    }
    grids = (lines_grid("formula", lines), Grid(tuple(body), ("row", "chain", "gradient")))
    return Explanation((*grids, *_jacobian(gradient)), record)


def _jacobian(gradient: Gradient) -> tuple[Grid, ...]:
    """The slopes of the first row's probabilities by its logits, where these are few."""
    first = next((prepared for prepared in gradient.first_prepared if len(prepared.conditioned)), None)
    by_logits = gradient.spec.by is Scale.LOGITS and first is not None and first.conditioned.ndim == 2
    if not by_logits or first is None or first.conditioned.shape[1] > FEW_CLASSES:
        return ()
    p, _ = as_probs_and_logits(first.conditioned[:1], gradient.problem.settings.scale)
    slopes = np.diag(p[0]) - np.outer(p[0], p[0])
    names = gradient.problem.names.names if gradient.problem.names else tuple(map(str, range(len(p[0]))))
    header = (f"row {int(first.row[0]) + 1}: dp/dz", *(f"z of {name}" for name in names))
    return (Grid(tuple((f"p of {name}", *row) for name, row in zip(names, slopes.tolist(), strict=True)), header),)


def _values(gradient: Gradient) -> Iterator[tuple[int, str]]:
    for piece in gradient.spool.rows():
        for row, cells in zip(piece.row.tolist(), (gradient.chosen(piece) / gradient.divisor).tolist(), strict=True):
            yield row, listed([f"{cell:.6g}" for cell in cells], ", ")


def _chains(gradient: Gradient, prepared: Prepared) -> Iterator[str]:
    term = kernel_of(gradient.problem, gradient.spec.by).gradient_term
    v, p = _predictions(gradient, prepared)
    for at in range(min(len(prepared.conditioned), SHOWN)):
        weight = "" if prepared.rows.weight is None else factor(float(prepared.rows.weight[at]))
        if prepared.raw.ndim == 1 and prepared.raw[at] != prepared.conditioned[at]:
            yield f"{weight}0 (clipped: the loss is constant there)"
        else:
            text = term(coefficients(prepared, at), v[at], p[at])
            yield f"{weight}{_focal(gradient, prepared, at, text) if gradient.problem.settings.focal else text}"


def _predictions(gradient: Gradient, prepared: Prepared) -> tuple[list[list[float]], list[list[float]]]:
    """The predictions of the first rows on the scale of the gradient, and their probabilities; a list a row."""
    first = prepared.conditioned[:SHOWN]
    p, z = as_probs_and_logits(first, gradient.problem.settings.scale)
    with np.errstate(divide="ignore"):  # ln 0 is -inf
        v = {Scale.PROBS: p, Scale.LOGITS: z, Scale.LOGPROBS: np.log(p)}[gradient.spec.by]
    return v.reshape(len(first), -1).tolist(), p.reshape(len(first), -1).tolist()


def _focal(gradient: Gradient, prepared: Prepared, at: int, slope: str) -> str:
    """The product rule of a row's focal factor with its numbers."""
    problem, g = gradient.problem, gradient.problem.settings.focal
    v, p = _predictions(gradient, prepared)
    plain = kernel_of(problem, gradient.spec.by).gradient_term(
        coefficients(prepared, at, unweighted=True), v[at], p[at]
    )
    loss = float(problem.kernel.value(prepared.targets, prepared.conditioned)[at])
    own = float(np.exp(-problem.kernel.value(prepared.unweighted, prepared.conditioned)[at]))
    miss, power = f"(1 - {as_number(own)})", f"^{g - 1.0:g}" if g != 2.0 else ""
    return f"[{miss}^{g:g} * {slope} + {g:g} * {miss}{power} * {as_number(own)} * {as_number(loss)} * {plain}]"


# --- by parameters ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Work:
    """The formula, a line for each of the first examples, and for each parameter the sum that is its entry."""

    formula: tuple[Line, ...]
    examples: Grid
    sums: Grid
    more: int

    def grids(self, formula: Sequence[Line]) -> tuple[Grid, ...]:
        rows = self.examples.rows
        if self.more:
            rest = ("",) * (len(self.examples.header) - 2)
            rows += (("...", f"{self.more} more {'example' if self.more == 1 else 'examples'}", *rest),)
        return lines_grid("formula", formula), Grid(rows, self.examples.header), self.sums

    def record(self, formula: Sequence[Line]) -> dict[str, Any]:
        return {
            "formula": [str(line) for line in formula],
            "examples": _records(("example", "x", "y", "z", "h", "slope"), self.examples),
            "more": self.more,
            "sums": _records(("parameter", "sum", "gradient"), self.sums),
        }


def explain_parameters(design: DesignMatrix, theta: Array) -> Explanation:
    """The work behind a gradient by parameters: each example's slope, and the sums X^T (h - y) / m."""
    work = _work(design, theta, gradient_divisor(design.problem, design.summary))
    return Explanation(work.grids(work.formula), work.record(work.formula))


def _records(names: Sequence[str], grid: Grid) -> list[dict[str, object]]:
    """The rows of a table for machines, which have names of their own for its columns."""
    cells = ([str(cell) if isinstance(cell, Formula) else cell for cell in row] for row in grid.rows)
    return [dict(zip(names, row, strict=True)) for row in cells]


def _work(design: DesignMatrix, theta: Array, divisor: float) -> _Work:
    """The work at `theta`; the sum over the examples is divided by `divisor`."""
    s = design.problem.settings
    # whether the slope of each example by its logits is h - y, with nothing else to it
    plain = s.loss.log_loss and design.weight is None and not (s.smoothing or s.focal or s.class_weight or s.pos_weight)
    slope = "(h - y)" if plain else "(dloss/dz)"
    over = "" if divisor == 1.0 else " / m"
    words = "{}, {}, what the mean divides by" if over else "{}"
    classes = design.shape.classes is not None
    lines = (
        maths(f"z = X theta{'^T' if classes else ''}, and h = p = {'softmax(z)' if classes else '1 / (1 + e^-z)'}"),
        *map(maths, kernel_of(design.problem, Scale.LOGITS).chain),
        *option_lines(design.problem),
        *(() if design.weight is None else (maths("dloss/dz", words="each {} is multiplied by its example's weight"),)),
        maths(f"dloss/dtheta = X^T {slope}{over}", *([f"m = {divisor:.6g}"] if over else []), words=words),
    )
    count = min(design.rows, SHOWN)
    return _Work(lines, _examples(design, theta, count, plain), _sums(design, theta, divisor), design.rows - count)


def _examples(design: DesignMatrix, theta: Array, count: int, plain: bool) -> Grid:
    z, slopes, labels = logits(design, theta), row_gradients(design, theta), _labels(design)
    h, _ = as_probs_and_logits(z, Scale.LOGITS)
    rows = tuple(
        (
            at + 1,
            _numbers(design.x[at]),
            labels[at],
            maths(_logit(design, theta, at)) if z.ndim == 1 else _numbers(z[at]),
            _numbers(h[at]),
            _numbers(slopes[at]),
        )
        for at in range(count)
    )
    return Grid(rows, ("example", ", ".join(design.shape.names), "y", "z", "h", "h - y" if plain else "dloss/dz"))


def _numbers(cells: Array) -> str:
    return listed([as_number(cell) for cell in np.atleast_1d(cells).tolist()], ", ")


def _labels(design: DesignMatrix) -> list[str]:
    unweighted, classes = design.unweighted, design.shape.classes
    if isinstance(unweighted, Binary):
        return [as_number(y) for y in unweighted.positive.tolist()]
    if isinstance(unweighted, Classes) and classes is not None:
        return [classes[k] for k in unweighted.index.tolist()]
    return [_numbers(cells) for cells in dense(unweighted, (design.rows, len(classes or ())))]


def _logit(design: DesignMatrix, theta: Array, at: int) -> str:
    """theta0 + theta1 * x1 + .. with numbers."""
    first = design.shape.intercept
    pairs = list(zip(theta.tolist(), design.x[at].tolist(), strict=True))
    parts = [as_number(t) if first and not k else f"{as_number(t)} * {as_number(x)}" for k, (t, x) in enumerate(pairs)]
    return listed(parts, " + ").replace("+ -", "- ") + f" = {as_number(float(design.x[at] @ theta))}"


def _sums(design: DesignMatrix, theta: Array, divisor: float) -> Grid:
    slopes = row_gradients(design, theta).reshape(design.rows, -1)
    shape = (len(design.shape.classes or (None,)), design.x.shape[1])
    entries = (by_formula(design, theta) / divisor).reshape(shape)
    over = "" if divisor == 1.0 else f" / {divisor:.6g}"
    rows = []
    for (name, feature), (k, column) in zip(class_and_name(design.shape), np.ndindex(*shape), strict=True):
        pairs = zip(design.x[:, column].tolist(), slopes[:, k].tolist(), strict=True)
        products = [f"{factor(x) if x >= 0.0 else f'({x:.6g}) * '}{_signed(slope)}" for x, slope in pairs]
        rows.append(
            (
                parameter_name(name, feature),
                maths(f"({listed(products, ' + ', SHOWN)}){over}"),
                float(entries[k, column]),
            )
        )
    return Grid(tuple(rows), ("parameter", "X^T, times the last column", "gradient"))


def _signed(value: float) -> str:
    return f"({as_number(value)})" if value < 0.0 else as_number(value)


# --- a step of descent ------------------------------------------------------------------------------------------------
def explain_step(design: DesignMatrix, start: Array, config: FitConfig, fit: Fit, scaled: bool) -> Explanation:
    """The first step by hand: the gradient where it starts, the step against it, the loss before and after.

    `scaled` says that the features were standardized.
    """
    work = _work(design, start, design.divisor)
    lines: list[Line] = [
        *(["the features are scaled to mean 0 and deviation 1"] if scaled else []),
        *work.formula,
        *([maths(f"{config.l2:g} * theta", words=PENALTY)] if config.l2 else []),
        maths("theta - lr * gradient", f"lr = {config.lr:g}", words="a step: {}, {} being the learning rate"),
    ]
    gradient = by_formula(design, start) / design.divisor + config.l2 * penalized(design, start)
    slopes, rows = gradient.ravel().tolist(), []
    for (name, feature), theta, slope in zip(class_and_name(design.shape), start.ravel().tolist(), slopes, strict=True):
        step = maths(f"{as_number(theta)} - {config.lr:g} * {_signed(slope)}")
        rows.append((parameter_name(name, feature), theta, slope, step, theta - config.lr * slope))
    steps = Grid(tuple(rows), ("parameter", "theta", "gradient", "step 1", "theta after"))
    before, after = fit.history[:2]
    change = f"{'lower' if after < before else 'higher'} by {abs(before - after):.6g}"
    losses = Grid((("loss before the first step", before, ""), ("loss after it", after, change)))
    record = {
        **work.record(lines),
        "step": _records(("parameter", "theta", "gradient", "step", "after"), steps),
        "loss_before": before,
        "loss_after": after,
    }
    return Explanation((*work.grids(lines), steps, losses), record)
