"""The gradient by the parameters of a regression as a report."""

from collections.abc import Mapping

import numpy as np

from losscli.enums import Method, Reduction
from losscli.evaluation.prepare import Array
from losscli.gradients.check import TOLERANCE
from losscli.gradients.evaluate import GradientSize
from losscli.output.report import Grid, Report
from losscli.regression.design import DesignMatrix, ParameterShape, class_and_name, parameter_name
from losscli.regression.gradient import ParameterGradient, value_of


def said(check: tuple[float, int] | None) -> list[str]:
    """What the user must know of a check: its largest relative error, and how many entries were inconclusive."""
    error, inconclusive = check or (0.0, 0)
    found = ["analytic and numeric gradient disagree"] if error > TOLERANCE else []
    if inconclusive:
        entries = "1 entry" if inconclusive == 1 else f"{inconclusive} entries"
        found.append(f"{entries} not checked: smaller than the rounding of the differences")
    return found


def parameter_grid(shape: ParameterShape, columns: Mapping[str, Array]) -> Grid:
    """A row for each parameter: its name, and its entry of each column, all shaped like theta."""
    names = [parameter_name(*one) for one in class_and_name(shape)]
    rows = zip(names, *(column.ravel().tolist() for column in columns.values()), strict=True)
    return Grid(tuple(rows), ("parameter", *columns))


def parameter_entries(shape: ParameterShape, grid: Grid) -> list[dict[str, object]]:
    """The same for machines, with the class where each has its own parameters."""
    entries = [dict(zip(grid.header, row, strict=True)) for row in grid.rows]
    return [
        e if row is None else {"class": row, **e} for (row, _), e in zip(class_and_name(shape), entries, strict=True)
    ]


def bare(values: Array) -> tuple[tuple[float, ...], ...]:
    """Theta, or what is shaped like it, as --quiet prints it: a line a class."""
    return tuple(tuple(row) for row in np.atleast_2d(values).tolist())


def params_report(
    design: DesignMatrix, found: ParameterGradient, method: Method, check: tuple[float, int] | None
) -> Report:
    """The gradient by parameters as a report."""
    warnings = said(check)
    notes = [*warnings, *design.table.notes]
    columns = {"theta": found.theta, "gradient": found.chosen}
    if check is not None and found.numeric is not None:
        columns["numeric"] = found.numeric
    grid = parameter_grid(design.shape, columns)
    return Report(
        title=f"gradient of {design.problem.settings.loss.title} by parameters",
        record={**_record(design, found, method, check, grid), "notes": notes},
        grids=(grid, _figures(design, found, check)),
        notes=tuple(notes),
        warnings=tuple(warnings),
        answer=value_of(design, found.theta),
        numbers=bare(found.chosen),
        table=grid,
    )


def _record(
    design: DesignMatrix, found: ParameterGradient, method: Method, check: tuple[float, int] | None, grid: Grid
) -> dict[str, object]:
    """The gradient for machines."""
    settings = design.problem.settings
    size = _size(found)
    record: dict[str, object] = {
        "loss": settings.loss.name,
        "wrt": "params",
        "reduction": settings.reduction.value,
        "method": method.value,
        "n": design.summary.n,
        "value": value_of(design, found.theta),
        "norm": size.norm,
        "max_abs": size.largest,
        "gradient": found.chosen.tolist(),
        "parameters": parameter_entries(design.shape, grid),
    }
    if check is not None and found.numeric is not None:
        record |= {"numeric": found.numeric.tolist(), "max_rel_error": check[0], "ok": check[0] <= TOLERANCE}
    return record


def _size(found: ParameterGradient) -> GradientSize:
    flat = found.chosen.reshape(-1, 1)
    return GradientSize().with_rows(np.arange(1.0, len(flat) + 1.0), flat)


def _figures(design: DesignMatrix, found: ParameterGradient, check: tuple[float, int] | None) -> Grid:
    settings, size = design.problem.settings, _size(found)
    unit = settings.unit_name
    rows: list[tuple[object, ...]] = [
        ("loss", value_of(design, found.theta), f"{unit}, {settings.reduction.value}"),
        ("n", design.summary.n, ""),
        ("norm", size.norm, "of the gradient"),
        ("largest entry", size.largest, "in size"),
    ]
    if settings.reduction is Reduction.MEAN:
        rows.insert(2, ("divisor", design.divisor, "what the mean divides by"))
    if check is not None:
        verdict = "the gradients agree" if check[0] <= TOLERANCE else "the gradients DISAGREE"
        rows.append(("largest relative error", check[0], verdict))
    return Grid(tuple(rows), right=None if check is None else check[0] <= TOLERANCE)
