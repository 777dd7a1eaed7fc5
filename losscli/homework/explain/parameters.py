"""The work behind a gradient by parameters: X^T (h - y) / m, with the numbers of the first examples put in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from losscli.enums import Scale
from losscli.evaluation.prepare import Array
from losscli.gradients.analytic import kernel_of
from losscli.gradients.evaluate import as_probs_and_logits, gradient_divisor
from losscli.homework.explain.formula import Line, extras, lines_grid
from losscli.homework.explain.loss import SHOWN
from losscli.losses.targets import Binary, Classes, dense
from losscli.losses.wording import as_number, factor, listed
from losscli.output.formula import Formula, maths
from losscli.output.report import Grid, Report
from losscli.regression.design import DesignMatrix, class_and_name, logits, parameter_name, row_gradients
from losscli.regression.gradient import by_formula


@dataclass(frozen=True)
class Work:
    """The formula, a line for each example, and for each parameter the sum that is its entry of the gradient."""

    formula: tuple[Line, ...]
    examples: Grid
    sums: Grid
    more: int

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The work as tables."""
        rows = self.examples.rows
        if self.more:
            rest = ("",) * (len(self.examples.header) - 2)
            rows += (("...", f"{self.more} more {'example' if self.more == 1 else 'examples'}", *rest),)
        formula = lines_grid("formula", self.formula)
        return formula, Grid(rows, self.examples.header), self.sums

    @property
    def record(self) -> dict[str, Any]:
        """The work for machines."""
        return {
            "formula": [str(line) for line in self.formula],
            "examples": records(("example", "x", "y", "z", "h", "slope"), self.examples),
            "more": self.more,
            "sums": records(("parameter", "sum", "gradient"), self.sums),
        }


def with_work(report: Report, design: DesignMatrix, theta: Array) -> Report:
    """The report of a gradient by parameters with its work."""
    work = work_of(design, theta, gradient_divisor(design.problem, design.summary))
    return extended(report, work.grids, work.record)


def records(names: Sequence[str], grid: Grid) -> list[dict[str, object]]:
    """The rows of a table for machines, which have names of their own for its columns."""
    cells = ([str(cell) if isinstance(cell, Formula) else cell for cell in row] for row in grid.rows)
    return [dict(zip(names, row, strict=True)) for row in cells]


def extended(report: Report, grids: Sequence[Grid], record: Mapping[str, Any]) -> Report:
    """The report with grids behind its own, and an entry `explain` of its record."""
    return replace(report, grids=(*report.grids, *grids), record={**report.record, "explain": dict(record)})


def work_of(design: DesignMatrix, theta: Array, divisor: float) -> Work:
    """The work at `theta`; the sum over the examples is divided by `divisor`."""
    plain = _is_plain(design)
    slope = "(h - y)" if plain else "(dloss/dz)"
    over = "" if divisor == 1.0 else " / m"
    words = "{}, {}, what the mean divides by" if over else "{}"
    classes = design.shape.classes is not None
    lines = (
        maths(f"z = X theta{'^T' if classes else ''}, and h = p = {'softmax(z)' if classes else '1 / (1 + e^-z)'}"),
        *map(maths, kernel_of(design.problem, Scale.LOGITS).chain),
        *extras(design.problem),
        *(() if design.weight is None else (maths("dloss/dz", words="each {} is multiplied by its example's weight"),)),
        maths(f"dloss/dtheta = X^T {slope}{over}", *([f"m = {divisor:.6g}"] if over else []), words=words),
    )
    count = min(design.rows, SHOWN)
    return Work(lines, _examples(design, theta, count, plain), _sums(design, theta, divisor), design.rows - count)


def _is_plain(design: DesignMatrix) -> bool:
    """Whether the slope of each example by its logits is h - y, with nothing else to it."""
    s = design.problem.settings
    return design.weight is None and not (s.smoothing or s.focal or s.class_weight or s.pos_weight)


def _examples(design: DesignMatrix, theta: Array, count: int, plain: bool) -> Grid:
    z, slopes, labels = logits(design, theta), row_gradients(design, theta), _labels(design)
    h, _ = as_probs_and_logits(z, Scale.LOGITS)
    rows = tuple(
        (
            at + 1,
            listed([as_number(x) for x in design.x[at].tolist()], ", "),
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
    entries = (by_formula(design, theta) / divisor).reshape(_shape(design))
    over = "" if divisor == 1.0 else f" / {divisor:.6g}"
    rows = []
    for (name, feature), at in zip(class_and_name(design.shape), np.ndindex(*_shape(design)), strict=True):
        x, slope = design.x[:, at[1]], slopes[:, at[0]]
        text = listed([f"{_times(a)}{_signed(b)}" for a, b in zip(x.tolist(), slope.tolist(), strict=True)], " + ")
        rows.append((parameter_name(name, feature), maths(f"({text}){over}"), float(entries[at])))
    return Grid(tuple(rows), ("parameter", "X^T, times the last column", "gradient"))


def _shape(design: DesignMatrix) -> tuple[int, int]:
    return (len(design.shape.classes or (None,)), design.x.shape[1])


def _times(x: float) -> str:
    return factor(x) if x >= 0.0 else f"({x:.6g}) * "


def _signed(value: float) -> str:
    return f"({as_number(value)})" if value < 0.0 else as_number(value)
