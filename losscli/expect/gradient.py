"""A gradient checked against a typed one. The rule: a typed gradient is short, so its rows are in the first blocks.

Where they are not, only the mistakes that multiply the whole gradient are told.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from losscli.errors import DataError
from losscli.evaluation.prepare import Array, Prepared
from losscli.expect.loss import MOST_ROWS
from losscli.expect.mistakes.gradients import Diagnosis, Slopes, diagnose_gradient
from losscli.expect.typed import Typed, typed_answer
from losscli.expect.wording import HEADER, fit_rows, remarks, sentence, shortened, verdict_record
from losscli.gradients.answer import Answer, prepared_rows, two_scales
from losscli.losses.targets import Binary, dense
from losscli.output.report import Grid, Report


def diagnosed(answer: Answer, typed: str, numeric: bool) -> Diagnosis:
    """A typed gradient judged."""
    if answer.totals.summary.n > MOST_ROWS:
        raise DataError("--expect compares a million rows at most; this table has more")
    parts = [(piece.numeric if numeric else piece.slope) / answer.divisor for piece in answer.spool.pieces()]
    right = np.concatenate(parts)
    return diagnose_gradient(_typed(typed, right.size), slopes_of(answer, right), answer.problem.settings.loss.log_loss)


def params_diagnosed(right: Array, divisor: float, n: int, unit: float, typed: str) -> Diagnosis:
    """The typed gradient by parameters judged."""
    k = right.shape[0] if right.ndim == 2 else 2
    return diagnose_gradient(_typed(typed, right.size), Slopes(right, divisor, n, k, unit))


def _typed(text: str, size: int) -> tuple[Typed, ...]:
    given = typed_answer(text, many=True)
    if len(given) != size:
        raise DataError(f"--expect gives {len(given)} numbers, and the gradient has {size}")
    return given


def slopes_of(answer: Answer, right: Array) -> Slopes:
    """A right gradient (n, k) with what the diagnosis asks of its rows."""
    problem, unit = answer.problem, answer.problem.settings.unit
    plain = Slopes(right, answer.divisor / unit, answer.totals.summary.n, problem.k, unit, answer.ask.by)
    prepared = prepared_rows(answer)
    if sum(len(part.conditioned) for part in prepared) * right.shape[1] != right.size:
        return plain
    conditioned = np.concatenate([part.conditioned for part in prepared])
    p, z = two_scales(conditioned, problem.settings.scale)
    weight = _weights(answer, prepared)
    label = np.concatenate([_label(part) for part in prepared])
    return replace(plain, right=right.reshape(conditioned.shape), label=label, p=p, z=z, weight=weight)


def _weights(answer: Answer, prepared: list[Prepared]) -> Array | None:
    """What each row is weighed by, its class's weight in it; None without weights."""
    by_class = answer.problem.settings.class_weight
    rows = [part.rows.weight if part.rows.weight is not None else np.ones(len(part.conditioned)) for part in prepared]
    if by_class and all(part.index is not None for part in prepared):
        rows = [row * np.array(by_class)[part.index] for row, part in zip(rows, prepared, strict=True)]
    elif all(part.rows.weight is None for part in prepared):
        return None
    return np.concatenate(rows)


def _label(prepared: Prepared) -> Array:
    return (
        prepared.unit.positive
        if isinstance(prepared.unit, Binary)
        else dense(prepared.unit, prepared.conditioned.shape)
    )


# --- the report -----------------------------------------------------------------------------------------------------
def with_diagnosis(answer: Report, found: Diagnosis, typed: str, digits: int) -> Report:
    """The report with the verdict on the typed gradient."""
    text, fits = shortened(typed), fit_rows(found.verdict, digits)
    grids = [Grid((("expected", text, sentence(found.verdict, "gradient", "", digits)),))]
    grids += [Grid(fits, HEADER)] if fits else []
    return replace(answer, grids=(*answer.grids, *grids), notes=(*answer.notes, *said_of(found, text)))


def said_of(found: Diagnosis, text: str) -> list[str]:
    """What is worth saying beside the verdict: the constant ratio first."""
    said = [f"given / right is {found.ratio_name} for every entry"] if found.ratio is not None else []
    known = [remark for remark in remarks(found.verdict, text) if not (said and remark.startswith("no mistake"))]
    return [*said, *known]


def record_of(found: Diagnosis) -> dict[str, Any]:
    """The verdict for machines: also the constant ratio, and which entry is the first wrong one, counted from 1."""
    first = None if found.first_wrong is None else found.first_wrong + 1
    return {**verdict_record(found.verdict), "ratio": found.ratio, "first_wrong": first}


def said_aside(found: Diagnosis, typed: str, digits: int) -> str:
    """The verdict in one line, for formats that have no place for it."""
    ids = ", ".join(fit.id for fit in found.verdict.fits)
    line = f"expected {shortened(typed)}: {sentence(found.verdict, 'gradient', '', digits)}"
    return line + (f"; consistent with {ids}" if ids else "")
