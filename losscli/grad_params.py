"""The gradient by the parameters of a regression: X^T G, G being the gradient by the logits."""

import sys
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from losscli.call import Call
from losscli.differences import CUBE_ROOT
from losscli.errors import Declined
from losscli.exact import ONE, exact_sum, ratio
from losscli.grad_answer import complain, divided_by
from losscli.grad_check import FLOOR, TOLERANCE
from losscli.grad_stream import Size, enlarged
from losscli.kinds import Format, Reduction
from losscli.options import GradOptions, Method
from losscli.output import emit
from losscli.pose import Array
from losscli.regression import (
    Design,
    Sample,
    called,
    form_of,
    given_theta,
    labelled,
    read_sample,
    row_losses,
    row_slopes,
)
from losscli.render import lines, strict_json
from losscli.report import Grid, Report, unit_name

if TYPE_CHECKING:
    from losscli.mistakes.gradients import Diagnosis


@dataclass(frozen=True)
class Slopes:
    """A gradient by parameters, shaped like theta: by formula, by differences, and what rounding adds to the latter."""

    theta: Array
    analytic: Array | None
    numeric: Array | None
    noise: Array | None
    finer: Array | None  # differences with half the step, where a check asks whether the slope has settled

    @property
    def chosen(self) -> Array:
        """The gradient that was asked for."""
        found = self.numeric if self.analytic is None else self.analytic
        assert found is not None
        return found


def run_params(call: Call, options: GradOptions) -> bool:
    """Print the gradient by parameters; False when `--check` finds that the methods disagree."""
    if options.features is None:
        raise Declined("--wrt params wants the columns that the logits are made of: -x/--features COLS")
    design = Design(options.features, not options.no_intercept)
    sample = read_sample(call, design, form_of(call, options.theta))
    theta = given_theta(options.theta, sample.shape)
    found = _slopes(sample, theta, options)
    error, unjudged = _compared(found) if options.check else (0.0, 0)
    typed = _diagnosed(sample, found, call) if call.expect is not None else None
    _print(sample, found, call, options, (error, unjudged), typed)
    return error <= TOLERANCE and (typed is None or typed.verdict.ok)


def _diagnosed(sample: Sample, found: Slopes, call: Call) -> "Diagnosis":
    """The typed gradient judged; of a gradient by parameters only the mistakes that multiply it as a whole are told."""
    from losscli.grad_checked import params_diagnosed

    base = sample.problem.settings.base
    divisor = sample.divisor if sample.problem.settings.reduction is Reduction.MEAN else 1.0
    return params_diagnosed(found.chosen, divisor, sample.summary.n, base, call)


def _slopes(sample: Sample, theta: Array, options: GradOptions) -> Slopes:
    whole = divided_by(sample.problem, sample.summary)
    numeric = noise = finer = None
    if options.check or options.method is Method.NUMERIC:
        numeric, noise = by_differences(sample, theta, options.step)
        finer = None
        if options.check and options.step is None:
            finer = by_differences(sample, theta, None, 0.5)[0] / whole
        numeric, noise = numeric / whole, noise / whole
    analytic = None
    if options.check or options.method is Method.ANALYTIC:
        analytic = by_formula(sample, theta) / whole
    return Slopes(theta, analytic, numeric, noise, finer)


def by_formula(sample: Sample, theta: Array) -> Array:
    """X^T G, each entry added up exactly; undivided."""
    slopes = row_slopes(sample, theta).reshape(sample.rows, -1)
    sums = [[ratio(exact_sum(column * slope), ONE) for column in sample.x.T] for slope in slopes.T]
    return np.array(sums).reshape(theta.shape)


def by_differences(sample: Sample, theta: Array, own_step: float | None, part: float = 1.0) -> tuple[Array, Array]:
    """Central differences of the loss, a parameter moved at a time, and their rounding; undivided.

    A step moves the logits by as much as the largest value of the feature says, so that is what it is measured by.
    """
    reach = np.broadcast_to(np.maximum(1.0, np.abs(sample.x).max(axis=0)), theta.shape)
    chosen = CUBE_ROOT * np.maximum(1.0, np.abs(theta)) / reach
    step = part * chosen if own_step is None else np.full(theta.shape, own_step)
    slope, noise = np.empty_like(theta), np.empty_like(theta)
    for at in np.ndindex(theta.shape):
        above, below = theta.copy(), theta.copy()
        above[at] += step[at]
        below[at] -= step[at]
        high, low = row_losses(sample, above), row_losses(sample, below)
        width = above[at] - below[at]
        slope[at] = ratio(exact_sum(high - low), ONE) / width
        noise[at] = 1e-15 * float(high.sum()) / width
    return slope, noise


def _compared(found: Slopes) -> tuple[float, int]:
    """The largest relative error, and how many entries differences can't judge."""
    assert found.analytic is not None and found.numeric is not None and found.noise is not None
    gap = np.abs(found.analytic - found.numeric)
    error = gap / max(FLOOR, float(np.abs(found.numeric).max()))
    doubtful = error > TOLERANCE
    left_out = doubtful & (gap <= found.noise)
    if found.finer is not None:
        left_out |= doubtful & ~(np.abs(found.numeric - found.finer) <= 0.1 * gap)
    return float(np.where(left_out, 0.0, error).max()), int(np.count_nonzero(left_out))


# --- output -----------------------------------------------------------------------------------------------------------


def _print(
    sample: Sample,
    found: Slopes,
    call: Call,
    options: GradOptions,
    check: tuple[float, int],
    typed: "Diagnosis | None",
) -> None:
    notes = [*_said(check), *sample.table.notes]
    if call.quiet:
        rows = found.chosen.reshape(-1, len(sample.shape.names)).tolist()
        sys.stdout.write("".join(",".join(map(repr, row)) + "\n" for row in rows))
    elif call.format in (Format.CSV, Format.TSV):
        grid = parameter_grid(sample, found, options.check)
        cells = [[cell if isinstance(cell, str) else repr(cell) for cell in row] for row in grid.rows]
        sys.stdout.write(lines([list(grid.header), *cells], "\t" if call.format is Format.TSV else ","))
    elif call.format is Format.JSON:
        record = _record(sample, found, options, check, notes)
        sys.stdout.write(strict_json({**record, **_typed_record(typed)}) + "\n")
    else:
        emit(_with_typed(_report(sample, found, options, check, notes), typed, call), call)
        return
    if call.format is not Format.JSON:
        complain(call, [*_said(check), *_typed_aside(typed, call)])


def _typed_record(typed: "Diagnosis | None") -> dict[str, object]:
    if typed is None:
        return {}
    from losscli.grad_checked import record_of

    return {"expect": record_of(typed)}


def _with_typed(answer: Report, typed: "Diagnosis | None", call: Call) -> Report:
    if typed is None:
        return answer
    from losscli.grad_checked import with_diagnosis

    return with_diagnosis(answer, typed, call)


def _typed_aside(typed: "Diagnosis | None", call: Call) -> list[str]:
    if typed is None or call.quiet:
        return []
    from losscli.grad_checked import said_aside

    return [said_aside(typed, call)]


def _said(check: tuple[float, int]) -> list[str]:
    error, unjudged = check
    said = ["analytic and numeric gradient disagree"] if error > TOLERANCE else []
    if unjudged:
        entries = "1 entry" if unjudged == 1 else f"{unjudged} entries"
        said.append(f"{entries} not checked: smaller than the rounding of the differences")
    return said


def parameter_grid(sample: Sample, found: Slopes, checked: bool) -> Grid:
    """A row for each parameter: its name, theta, gradient, and beside it the one by differences."""
    columns = [found.theta, found.chosen] + ([found.numeric] if checked and found.numeric is not None else [])
    names = [called(*one) for one in labelled(sample.shape)]
    rows = zip(names, *(column.ravel().tolist() for column in columns), strict=True)
    return Grid(tuple(rows), ("parameter", "theta", "gradient", *(("numeric",) if checked else ())))


def value_of(sample: Sample, theta: Array) -> float:
    """The loss after the reduction."""
    total = row_losses(sample, theta)
    return (
        ratio(exact_sum(total), ONE) / divided_by(sample.problem, sample.summary) if np.isfinite(total).all() else inf
    )


def _record(
    sample: Sample, found: Slopes, options: GradOptions, check: tuple[float, int], notes: list[str]
) -> dict[str, object]:
    settings = sample.problem.settings
    size = _size(found)
    record: dict[str, object] = {
        "loss": settings.loss.name,
        "wrt": "params",
        "reduction": settings.reduction.value,
        "method": options.method.value,
        "n": sample.summary.n,
        "value": value_of(sample, found.theta),
        "norm": size.norm,
        "max_abs": size.largest,
        "gradient": found.chosen.tolist(),
        "parameters": _parameters(sample, found, options.check),
        "notes": notes,
    }
    if options.check and found.numeric is not None:
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


def _report(sample: Sample, found: Slopes, options: GradOptions, check: tuple[float, int], notes: list[str]) -> Report:
    settings, size = sample.problem.settings, _size(found)
    unit = unit_name(settings.base)
    rows: list[tuple[object, ...]] = [
        ("loss", value_of(sample, found.theta), f"{unit}, {settings.reduction.value}"),
        ("n", sample.summary.n, ""),
        ("norm", size.norm, "of the gradient"),
        ("largest entry", size.largest, "in size"),
    ]
    if settings.reduction is Reduction.MEAN:
        rows.insert(2, ("divisor", sample.divisor, "what the mean divides by"))
    if options.check:
        verdict = "the gradients agree" if check[0] <= TOLERANCE else "the gradients DISAGREE"
        rows.append(("largest relative error", check[0], verdict))
    title = f"gradient of {settings.loss.title} by parameters"
    grids = (parameter_grid(sample, found, options.check), Grid(tuple(rows)))
    return Report(title, {}, grids, tuple(notes))
