"""A gradient checked against a typed one. The rule: a typed gradient is short, so its rows are in the first blocks.

Where they are not, only the mistakes that multiply the whole gradient are told.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from losscli.errors import DataError
from losscli.evaluation.prepare import Array, Prepared
from losscli.gradients.evaluate import Gradient, as_probs_and_logits
from losscli.homework.expect.loss import MOST_ROWS
from losscli.homework.expect.mistakes.gradients import Slopes
from losscli.homework.expect.ratios import Diagnosis, diagnose_gradient
from losscli.homework.expect.typed import Expected, Typed
from losscli.homework.expect.verdict import Verdict
from losscli.homework.expect.wording import (
    concealed,
    fit_grid,
    flat_record,
    remarks,
    sentence,
    shortened,
    typed_numbers,
    verdict_record,
)
from losscli.losses.targets import Binary, dense
from losscli.output.report import Grid, Report


def diagnosed(gradient: Gradient, expected: Expected, numeric: bool) -> Diagnosis:
    """A typed gradient judged."""
    if gradient.totals.summary.n > MOST_ROWS:
        raise DataError("--expect compares a million rows at most; this table has more")
    parts = [(piece.numeric if numeric else piece.slope) / gradient.divisor for piece in gradient.spool.rows()]
    right = np.concatenate(parts)
    return told_of(slopes_of(gradient, right), gradient.problem.settings.unit_name, expected)


def _numbers(expected: Expected, size: int, unit: str) -> tuple[Typed, ...]:
    """The typed gradient: an entry for each of `size`, or a single number, which is meant for their sum."""
    given = typed_numbers(expected, many=True, unit=unit)
    if len(given) not in (1, size):
        raise DataError(f"--expect gives {len(given)} numbers, and the gradient has {size}")
    return given


def told_of(slopes: Slopes, unit: str, expected: Expected) -> Diagnosis:
    """A typed gradient judged by the right one."""
    return diagnose_gradient(_numbers(expected, slopes.right.size, unit), slopes)


def judge_gradient(slopes: Slopes, unit: str, expected: Expected) -> Verdict:
    """The verdict alone."""
    return told_of(slopes, unit, expected).verdict


def slopes_of(gradient: Gradient, right: Array) -> Slopes:
    """A right gradient (n, k) with what the diagnosis asks of its rows."""
    problem, unit = gradient.problem, gradient.problem.settings.log_base
    n, log_loss = gradient.totals.summary.n, problem.settings.loss.log_loss
    plain = Slopes(right, gradient.divisor / unit, n, problem.k, unit, gradient.spec.by, log_loss=log_loss)
    prepared = gradient.first_prepared
    if sum(len(part.conditioned) for part in prepared) * right.shape[1] != right.size:
        return plain
    conditioned = np.concatenate([part.conditioned for part in prepared])
    p, z = as_probs_and_logits(conditioned, problem.settings.scale)
    weight = _weights(gradient, prepared)
    label = np.concatenate([_label(part) for part in prepared])
    return replace(plain, right=right.reshape(conditioned.shape), label=label, p=p, z=z, weight=weight)


def _weights(gradient: Gradient, prepared: list[Prepared]) -> Array | None:
    """What each row is weighed by, its class's weight in it; None without weights."""
    by_class = gradient.problem.settings.class_weight
    rows = [part.rows.weight if part.rows.weight is not None else np.ones(len(part.conditioned)) for part in prepared]
    if by_class and all(part.index is not None for part in prepared):
        rows = [row * np.array(by_class)[part.index] for row, part in zip(rows, prepared, strict=True)]
    elif all(part.rows.weight is None for part in prepared):
        return None
    return np.concatenate(rows)


def _label(prepared: Prepared) -> Array:
    return (
        prepared.unweighted.positive
        if isinstance(prepared.unweighted, Binary)
        else dense(prepared.unweighted, prepared.conditioned.shape)
    )


# --- the report -----------------------------------------------------------------------------------------------------
def judged_report(report: Report, found: Diagnosis, expected: Expected, digits: int) -> tuple[Report, bool]:
    """The report with the verdict in every form, and whether the typed gradient is right."""
    told = with_diagnosis(report, found, expected, digits)
    record = {**told.record, "expect": record_of(found, expected.hidden)}
    aside = () if expected.hidden else (said_aside(found, expected, digits),)
    flat = flat_record(found.verdict, expected)
    return replace(told, record=record, aside=aside, flat=flat), found.verdict.ok


def with_diagnosis(report: Report, found: Diagnosis, expected: Expected, digits: int) -> Report:
    """The report with the verdict on the typed gradient."""
    told = ("expected", shortened(expected.text), _sentence(found, expected, digits))
    grids = [Grid((told,), right=found.verdict.ok, wrapped=True)]
    grids += [fit_grid(found.verdict, digits, expected.hidden)] if found.verdict.fits else []
    plain = concealed(report) if expected.hidden else report
    return replace(plain, grids=(*plain.grids, *grids), notes=(*plain.notes, *said_of(found, expected)))


def _sentence(found: Diagnosis, expected: Expected, digits: int) -> str:
    what = "" if expected.hidden else "sum of the gradient" if found.of_sum else "gradient"
    return sentence(found.verdict, what, "", digits)


def said_of(found: Diagnosis, expected: Expected) -> list[str]:
    """What is worth saying beside the verdict: the constant ratio first."""
    ratio = found.ratio is not None and not expected.hidden
    said = [f"given / right is {found.ratio_name} for every entry"] if ratio else []
    return said + remarks(found.verdict, shortened(expected.text), "the unit of the loss", explained=ratio)


def record_of(found: Diagnosis, hidden: bool = False) -> dict[str, Any]:
    """The verdict for machines: also the constant ratio, and which entry is the first wrong one, counted from 1."""
    first = None if found.first_wrong is None else found.first_wrong + 1
    ratio = None if hidden else found.ratio
    return {**verdict_record(found.verdict, hidden), "ratio": ratio, "first_wrong": first}


def said_aside(found: Diagnosis, expected: Expected, digits: int) -> str:
    """The verdict in one line, for formats that have no place for it."""
    ids = ", ".join(fit.id for fit in found.verdict.fits)
    line = f"expected {shortened(expected.text)}: {_sentence(found, expected, digits)}"
    return line + (f"; consistent with {ids}" if ids else "")
