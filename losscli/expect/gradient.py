"""A gradient checked against a typed one. The rule: a typed gradient is short, so its rows are in the first blocks.

Where they are not, only the mistakes that multiply the whole gradient are told.
"""

from dataclasses import replace
from math import log
from typing import Any

import numpy as np

from losscli.commands.call import Call
from losscli.enums import Scale
from losscli.errors import DataError
from losscli.evaluation.prepare import Array, Prepared, prepare
from losscli.expect.loss import MOST_ROWS
from losscli.expect.mistakes.gradients import Diagnosis, Slopes, diagnose_gradient
from losscli.expect.typed import Typed, typed_answer
from losscli.expect.wording import HEADER, fit_rows, remarks, sentence, shortened, verdict_record
from losscli.gradients.answer import Answer
from losscli.losses.functions import log_softmax, sigmoid
from losscli.losses.targets import Binary, dense
from losscli.output.report import Grid, Report


def diagnosed(answer: Answer, call: Call, numeric: bool) -> Diagnosis:
    """The typed gradient of a call judged."""
    if answer.totals.summary.n > MOST_ROWS:
        raise DataError("--expect compares a million rows at most; this table has more")
    parts = [(piece.numeric if numeric else piece.slope) / answer.divisor for piece in answer.spool.pieces()]
    right = np.concatenate(parts)
    return diagnose_gradient(_typed(call, right.size), slopes_of(answer, right))


def params_diagnosed(right: Array, divisor: float, n: int, base: float | None, call: Call) -> Diagnosis:
    """The typed gradient by parameters judged."""
    k = right.shape[0] if right.ndim == 2 else 2
    return diagnose_gradient(_typed(call, right.size), Slopes(right, divisor, n, k, log(base) if base else 1.0))


def _typed(call: Call, size: int) -> tuple[Typed, ...]:
    given = typed_answer(call.expect or "", many=True)
    if len(given) != size:
        raise DataError(f"--expect gives {len(given)} numbers, and the gradient has {size}")
    return given


def slopes_of(answer: Answer, right: Array) -> Slopes:
    """A right gradient (n, k) with what the diagnosis asks of its rows."""
    problem, unit = answer.problem, log(answer.problem.settings.base) if answer.problem.settings.base else 1.0
    plain = Slopes(right, answer.divisor / unit, answer.totals.summary.n, problem.k, unit, answer.ask.by)
    prepared = prepared_rows(answer)
    if sum(len(part.conditioned) for part in prepared) * right.shape[1] != right.size:
        return plain
    conditioned = np.concatenate([part.conditioned for part in prepared])
    p, z = two_scales(conditioned, problem.settings.scale)
    weight = _weights(answer, prepared)
    label = np.concatenate([_label(part) for part in prepared])
    return replace(plain, right=right.reshape(conditioned.shape), label=label, p=p, z=z, weight=weight)


def prepared_rows(answer: Answer) -> list[Prepared]:
    """The first blocks as the kernel takes them."""
    return [prepare(answer.problem, block) for block, _ in answer.head]


def two_scales(conditioned: Array, scale: Scale) -> tuple[Array, Array]:
    """Predictions as probabilities and as logits."""
    with np.errstate(divide="ignore"):  # certainties have infinite logits
        if scale is Scale.LOGITS:
            return (sigmoid(conditioned) if conditioned.ndim == 1 else np.exp(log_softmax(conditioned))), conditioned
        p = conditioned if scale is Scale.PROBS else np.exp(conditioned)
        return p, np.log(p) - (np.log1p(-p) if conditioned.ndim == 1 else 0.0)


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
def with_diagnosis(answer: Report, found: Diagnosis, call: Call) -> Report:
    """The report with the verdict on the typed gradient."""
    text, fits = shortened(call.expect or ""), fit_rows(found.verdict, call.digits)
    grids = [Grid((("expected", text, sentence(found.verdict, "gradient", "", call.digits)),))]
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


def said_aside(found: Diagnosis, call: Call) -> str:
    """The verdict in one line, for formats that have no place for it."""
    ids = ", ".join(fit.id for fit in found.verdict.fits)
    line = f"expected {shortened(call.expect or '')}: {sentence(found.verdict, 'gradient', '', call.digits)}"
    return line + (f"; consistent with {ids}" if ids else "")
