"""The gradient by the parameters of a regression as a report."""

import numpy as np

from losscli.enums import Method, Reduction
from losscli.gradients.check import TOLERANCE
from losscli.gradients.size import Size, enlarged
from losscli.output.report import Grid, Report
from losscli.regression.sample import Sample
from losscli.regression.slopes import Slopes, value_of
from losscli.regression.theta import called, labelled


def said(check: tuple[float, int] | None) -> list[str]:
    """What the user must know of a check: its largest relative error, and how many entries were inconclusive."""
    error, inconclusive = check or (0.0, 0)
    found = ["analytic and numeric gradient disagree"] if error > TOLERANCE else []
    if inconclusive:
        entries = "1 entry" if inconclusive == 1 else f"{inconclusive} entries"
        found.append(f"{entries} not checked: smaller than the rounding of the differences")
    return found


def parameter_grid(sample: Sample, found: Slopes, checked: bool) -> Grid:
    """A row for each parameter: its name, theta, gradient, and beside it the one by differences."""
    columns = [found.theta, found.chosen] + ([found.numeric] if checked and found.numeric is not None else [])
    names = [called(*one) for one in labelled(sample.shape)]
    rows = zip(names, *(column.ravel().tolist() for column in columns), strict=True)
    return Grid(tuple(rows), ("parameter", "theta", "gradient", *(("numeric",) if checked else ())))


def record_of(
    sample: Sample, found: Slopes, method: Method, check: tuple[float, int] | None, notes: list[str]
) -> dict[str, object]:
    """The gradient for machines."""
    settings = sample.problem.settings
    size = _size(found)
    record: dict[str, object] = {
        "loss": settings.loss.name,
        "wrt": "params",
        "reduction": settings.reduction.value,
        "method": method.value,
        "n": sample.summary.n,
        "value": value_of(sample, found.theta),
        "norm": size.norm,
        "max_abs": size.largest,
        "gradient": found.chosen.tolist(),
        "parameters": _parameters(sample, found, check is not None),
        "notes": notes,
    }
    if check is not None and found.numeric is not None:
        record |= {"numeric": found.numeric.tolist(), "max_rel_error": check[0], "ok": check[0] <= TOLERANCE}
    return record


def _parameters(sample: Sample, found: Slopes, checked: bool) -> list[dict[str, object]]:
    grid = parameter_grid(sample, found, checked)
    classes = [row for row, _ in labelled(sample.shape)]
    entries = [dict(zip(grid.header, row, strict=True)) for row in grid.rows]
    return [entry if row is None else {"class": row, **entry} for row, entry in zip(classes, entries, strict=True)]


def _size(found: Slopes) -> Size:
    flat = found.chosen.reshape(-1, 1)
    return enlarged(Size(), np.arange(1.0, len(flat) + 1.0), flat)


def report_of(
    sample: Sample, found: Slopes, method: Method, check: tuple[float, int] | None, notes: list[str]
) -> Report:
    """The gradient for people."""
    settings, size = sample.problem.settings, _size(found)
    unit = settings.unit_name
    rows: list[tuple[object, ...]] = [
        ("loss", value_of(sample, found.theta), f"{unit}, {settings.reduction.value}"),
        ("n", sample.summary.n, ""),
        ("norm", size.norm, "of the gradient"),
        ("largest entry", size.largest, "in size"),
    ]
    if settings.reduction is Reduction.MEAN:
        rows.insert(2, ("divisor", sample.divisor, "what the mean divides by"))
    if check is not None:
        verdict = "the gradients agree" if check[0] <= TOLERANCE else "the gradients DISAGREE"
        rows.append(("largest relative error", check[0], verdict))
    title = f"gradient of {settings.loss.title} by parameters"
    grids = (parameter_grid(sample, found, check is not None), Grid(tuple(rows)))
    return Report(title, {}, grids, tuple(notes))
