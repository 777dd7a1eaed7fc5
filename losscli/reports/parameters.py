"""The parameters of a regression as a report, and the gradient with respect to them."""

from collections.abc import Mapping

import numpy as np

from losscli.arrays import Array
from losscli.enums import Method, Reduction
from losscli.gradients.evaluate import GradientSize
from losscli.output.report import Grid, Report
from losscli.regression.design import DesignMatrix, ParameterShape, class_and_name, parameter_name
from losscli.regression.gradient import ParameterGradient, value_of
from losscli.reports.gradient import GRADIENT_FIGURES, Agreement, GradientAnswer, check_warnings, figures_grid
from losscli.reports.parts import record_of


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


def parameter_report(
    design: DesignMatrix, found: ParameterGradient, method: Method, check: tuple[float, int] | None
) -> Report:
    """The gradient with respect to parameters as a report."""
    agreement = None if check is None else Agreement(check[0], None, check[1])
    warnings = check_warnings(agreement)
    notes = [*warnings, *design.table.schema.notes]
    columns = {"theta": found.theta, "gradient": found.chosen}
    if check is not None and found.numeric is not None:
        columns["numeric"] = found.numeric
    grid = parameter_grid(design.shape, columns)
    entries = found.chosen.reshape(-1, 1)
    settings = design.problem.settings
    answer = GradientAnswer(
        problem=design.problem,
        wrt="params",
        method=method,
        n=design.summary.n,
        value=value_of(design, found.theta),
        divisor=design.divisor if settings.reduction is Reduction.MEAN else 1.0,
        size=GradientSize().with_rows(np.arange(1.0, len(entries) + 1.0), entries),
        agreement=agreement,
        wrt_predictions=False,
    )
    record = record_of(GRADIENT_FIGURES, answer)
    record |= {"gradient": found.chosen.tolist(), "parameters": parameter_entries(design.shape, grid)}
    if check is not None and found.numeric is not None:
        record["numeric"] = found.numeric.tolist()
    return Report(
        title=f"gradient of {settings.loss.title} with respect to parameters{settings.titles}",
        record={**record, "notes": notes},
        grids=(grid, figures_grid(answer)),
        notes=tuple(notes),
        warnings=tuple(warnings),
        answer=answer.value,
        numbers=bare(found.chosen),
        table=grid,
    )
