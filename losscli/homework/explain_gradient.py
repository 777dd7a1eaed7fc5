"""The work behind a gradient: the chain of factors, X^T (h - y) / m, and the first step of a descent by hand.

The chain is shown where it fits a line; the quotient rule of rescaled rows does not.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Reduction, Scale
from losscli.errors import UsageError, plural
from losscli.evaluation.prepare import HARD
from losscli.gradients.analytic import kernel_of
from losscli.gradients.evaluate import Gradient, as_probs_and_logits, gradient_divisor
from losscli.homework.evaluated_rows import EvaluatedBlock, Place
from losscli.homework.explain_loss import SHOWN, coefficients
from losscli.homework.loss_formula import Explanation, Line, lines_grid, option_lines
from losscli.losses.targets import Binary, Classes, dense
from losscli.losses.wording import as_number, factor, listed
from losscli.output.formula import Formula, maths
from losscli.output.report import Grid
from losscli.regression.descent import Fit, FitConfig, penalized
from losscli.regression.design import DesignMatrix, class_and_name, logits, parameter_name, row_gradients
from losscli.regression.gradient import by_formula

FEW_CLASSES = 4  # of a Jacobian in numbers

PENALTY = "the penalty adds {} to it, except for the intercept"


# --- with respect to predictions --------------------------------------------------------------------------------------
def explain_gradient(gradient: Gradient) -> Explanation:
    """The formula, and for the first rows the chain of factors with numbers and what it comes to."""
    problem = gradient.problem
    if problem.convention.rescale:
        raise UsageError("--explain shows gradients of rows that are not rescaled")
    soft = HARD not in gradient.totals.summary.traits
    if problem.settings.focal and (problem.convention.focal_by_class or problem.settings.smoothing or soft):
        raise UsageError("--explain shows the focal factor of a row with hard labels; it contradicts --smoothing")
    lines: list[Line] = [*map(maths, kernel_of(problem, gradient.spec.wrt).chain), *option_lines(problem)]
    if problem.settings.focal:
        rule = "(1 - p)^g * s + g (1 - p)^(g - 1) * p * l * s"
        words = "the product rule: {}, {} and {} being the loss and its slope without the factor {}"
        lines.append(maths(rule, "l", "s", "(1 - p)^g", words=words))
    base, log_base = problem.settings.base, problem.settings.log_base
    divisor = f"{gradient.divisor / log_base:.6g}" + (f" * ln {base:g}" if base else "")
    if problem.settings.reduction is Reduction.MEAN:
        words = "each is multiplied by its row's weight, if it has one, and divided by {}"
        lines.append(maths(divisor, words=words))
    over = "" if gradient.divisor == 1.0 else f" / {divisor}".replace(" * ln", " / ln")
    values, rows = _values(gradient), list[dict[str, Any]]()
    for place, text in islice(_chains(gradient), SHOWN):
        row, column = place
        value = next(slope for at, slope in values if at == place)  # ignored rows have one too, and no chain
        rows.append({"row": row, "column": column, "chain": f"{text}{over}", "gradient": value})
    several = any(row["column"] for row in rows)
    header = tuple(name for name in ("row", "column", "chain", "gradient") if several or name != "column")
    body: list[tuple[object, ...]] = [
        tuple(maths(row[name]) if name == "chain" else row[name] for name in header) for row in rows
    ]
    more = gradient.totals.summary.n - len(rows)
    if more > 0:
        rest = {"row": "...", "gradient": plural(more, "more cell" if several else "more row")}
        body.append(tuple(rest.get(name, "") for name in header))
    record = {
        "formula": [str(line) for line in lines],
        "rows": [{name: row[name] for name in header} for row in rows],
        "more": more,
    }
    grids = (lines_grid("formula", lines), Grid(tuple(body), header))
    return Explanation((*grids, *_jacobian(gradient)), record)


def _jacobian(gradient: Gradient) -> tuple[Grid, ...]:
    """The slopes of the first row's probabilities by its logits, where these are few."""
    first = next((prepared for prepared in gradient.first_prepared if len(prepared.conditioned)), None)
    wrt_logits = gradient.spec.wrt is Scale.LOGITS and first is not None and first.conditioned.ndim == 2
    if not wrt_logits or first is None or first.conditioned.shape[1] > FEW_CLASSES:
        return ()
    p, _ = as_probs_and_logits(first.conditioned[:1], gradient.problem.settings.scale)
    slopes = np.diag(p[0]) - np.outer(p[0], p[0])
    names = gradient.problem.names.names if gradient.problem.names else tuple(map(str, range(len(p[0]))))
    header = (f"row {int(first.row[0]) + 1}: dp/dz", *(f"z of {name}" for name in names))
    return (Grid(tuple((f"p of {name}", *row) for name, row in zip(names, slopes.tolist(), strict=True)), header),)


def _values(gradient: Gradient) -> Iterator[tuple[Place, str]]:
    """The gradient of each row, or of each cell of rows with several labels, with its place."""
    for piece in gradient.spool.rows():
        slopes = (gradient.chosen(piece) / gradient.divisor).tolist()
        for row, cells in zip(piece.row.astype(int).tolist(), slopes, strict=True):
            if gradient.problem.form is Form.CATEGORICAL or len(cells) == 1:
                yield (row, None), listed([f"{cell:.6g}" for cell in cells], ", ")
            else:
                yield from (((row, column), f"{cell:.6g}") for column, cell in enumerate(cells, 1))


def _chains(gradient: Gradient) -> Iterator[tuple[Place, str]]:
    """The chain of factors of each of the first rows that count, with numbers, and its place."""
    problem, wrt, g = gradient.problem, gradient.spec.wrt, gradient.problem.settings.focal
    term = kernel_of(problem, wrt).gradient_term
    for prepared, (_, before) in zip(gradient.first_prepared, gradient.head, strict=True):
        first = prepared.raw[:SHOWN]
        kept = first == prepared.conditioned[:SHOWN]  # where a prediction is clipped the loss is constant
        p, z = as_probs_and_logits(first, problem.settings.scale)
        with np.errstate(divide="ignore"):  # ln 0 is -inf
            scales = {Scale.PROBS: p, Scale.LOGITS: z, Scale.LOGPROBS: np.log(p)}
        predictions, probs = (cells.reshape(len(first), -1).tolist() for cells in (scales[wrt], p))
        places = EvaluatedBlock(prepared, prepared.rows, before).places
        for at, (place, v, of_v) in enumerate(zip(places, predictions, probs, strict=False)):
            weight = "" if prepared.rows.weight is None else factor(float(prepared.rows.weight[at]))
            own = coefficients(prepared, at)
            a = np.where(kept[at], own, 0.0).tolist()
            if any(own) and not any(a):
                yield place, f"{weight}0 (clipped: the loss is constant there)"
                continue
            slope = term(a, v, of_v)
            if g:  # the product rule
                plain = term(coefficients(prepared, at, unweighted=True), v, of_v)
                loss = float(problem.kernel.value(prepared.targets, prepared.conditioned)[at])
                p_t = as_number(float(np.exp(-problem.kernel.value(prepared.unweighted, prepared.conditioned)[at])))
                miss = f"(1 - {p_t})"
                inner = f"{g:g} * {miss}" + (f"^{g - 1.0:g}" if g != 2.0 else "")
                slope = f"[{miss}^{g:g} * {slope} + {inner} * {p_t} * {as_number(loss)} * {plain}]"
            yield place, f"{weight}{slope}"


# --- with respect to parameters ---------------------------------------------------------------------------------------
def explain_parameters(design: DesignMatrix, theta: Array) -> Explanation:
    """The work behind a gradient with respect to parameters: each example's slope, and the sums X^T (h - y) / m."""
    return _work(design, theta, gradient_divisor(design.problem, design.summary))


def _records(names: Sequence[str], grid: Grid) -> list[dict[str, object]]:
    """The rows of a table for machines, which have names of their own for its columns."""
    cells = ([str(cell) if isinstance(cell, Formula) else cell for cell in row] for row in grid.rows)
    return [dict(zip(names, row, strict=True)) for row in cells]


def _work(
    design: DesignMatrix, theta: Array, divisor: float, before: Sequence[Line] = (), after: Sequence[Line] = ()
) -> Explanation:
    """The formula between other lines, a row for each of the first examples, and the sum that is each entry."""
    s = design.problem.settings
    # whether the slope of each example by its logits is h - y, with nothing else to it
    plain = s.loss.log_loss and design.weight is None and not (s.smoothing or s.focal or s.class_weight or s.pos_weight)
    slope = "(h - y)" if plain else "(dloss/dz)"
    over = "" if divisor == 1.0 else " / m"
    words = "{}, {}, what the mean divides by" if over else "{}"
    classes = design.shape.classes is not None
    lines = (
        *before,
        maths(f"z = X theta{'^T' if classes else ''}, and h = p = {'softmax(z)' if classes else '1 / (1 + e^-z)'}"),
        *map(maths, kernel_of(design.problem, Scale.LOGITS).chain),
        *option_lines(design.problem),
        *(() if design.weight is None else (maths("dloss/dz", words="each {} is multiplied by its row's weight"),)),
        maths(f"dloss/dtheta = X^T {slope}{over}", *([f"m = {divisor:.6g}"] if over else []), words=words),
        *after,
    )
    examples, sums = _examples(design, theta, min(design.rows, SHOWN), plain), _sums(design, theta, divisor)
    more = design.rows - len(examples.rows)
    record = {
        "formula": [str(line) for line in lines],
        "examples": _records(("example", "x", "y", "z", "h", "slope"), examples),
        "more": more,
        "sums": _records(("parameter", "gradient", "sum"), sums),
    }
    if more:
        rest = ("...", plural(more, "more row"), *("",) * (len(examples.header) - 2))
        examples = examples._replace(rows=(*examples.rows, rest))
    return Explanation((lines_grid("formula", lines), examples, sums), record)


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
    return Grid(rows, ("row", ", ".join(design.shape.names), "y", "z", "h", "h - y" if plain else "dloss/dz"))


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
                float(entries[k, column]),
                maths(f"({listed(products, ' + ', SHOWN)}){over}"),
            )
        )
    return Grid(tuple(rows), ("parameter", "gradient", "X^T times the last column"), wrapped=True)


def _signed(value: float) -> str:
    return f"({as_number(value)})" if value < 0.0 else as_number(value)


# --- a step of descent ------------------------------------------------------------------------------------------------
def explain_step(design: DesignMatrix, start: Array, config: FitConfig, fit: Fit, scaled: bool) -> Explanation:
    """The first step by hand: the gradient where it starts, the step against it, the loss before and after.

    `scaled` says that the features were standardized.
    """
    spread = "mean 0 and deviation 1" if design.shape.intercept else "deviation 1; their mean stays"
    step_line = maths("theta - lr * gradient", f"lr = {config.lr:g}", words="a step: {}, {} being the learning rate")
    work = _work(
        design,
        start,
        design.divisor,
        before=[f"the features are scaled to {spread}"] if scaled else [],
        after=[*([maths(f"{config.l2:g} * theta", words=PENALTY)] if config.l2 else []), step_line],
    )
    gradient = by_formula(design, start) / design.divisor + config.l2 * penalized(design, start)
    slopes, rows = gradient.ravel().tolist(), []
    for (name, feature), theta, slope in zip(class_and_name(design.shape), start.ravel().tolist(), slopes, strict=True):
        step = maths(f"{as_number(theta)} - {config.lr:g} * {_signed(slope)}")
        rows.append((parameter_name(name, feature), theta, slope, step, theta - config.lr * slope))
    steps = Grid(tuple(rows), ("parameter", "theta", "gradient", "step 1", "theta after"))
    before, after = fit.history[:2]
    change = f"{'lower' if after < before else 'higher'} by {abs(before - after):.6g}"
    losses = Grid((("loss before the first step", before, ""), ("loss after it", after, change)), wrapped=True)
    record = {
        **work.record,
        "step": _records(("parameter", "theta", "gradient", "step", "after"), steps),
        "loss_before": before,
        "loss_after": after,
    }
    return Explanation((*work.grids, steps, losses), record)
