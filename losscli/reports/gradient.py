"""A gradient by rows as a report: its columns, its figures, its first rows with their labels and predictions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np

from losscli.data.blocks import texts
from losscli.enums import Reduction
from losscli.evaluation.prepare import Array
from losscli.gradients.answer import SHOWN_ROWS, Answer
from losscli.gradients.rows import Held
from losscli.homework.expect.typed import Expected
from losscli.output.emit import Printing, emit, emit_rows
from losscli.output.report import Column, Grid, Report, RowReport
from losscli.reports.loss import report
from losscli.statistics.summary import divisor

WORDS = {"probs": "probabilities", "logits": "logits", "logprobs": "log-probabilities"}


def print_rows(answer: Answer, printing: Printing, typed: Expected | None, numeric: bool) -> bool:
    """Print the gradient as asked; `numeric` when the slopes by differences are the answer.

    Returns whether it is the one that was typed, where one was.
    """
    told, ok = _told(answer, numeric), True
    if printing.explain:
        from losscli.homework.explain.gradient import chain_record, with_chain

        told = with_chain(replace(told, record={**told.record, "explain": chain_record(answer)}), answer)
    if typed is not None:
        from losscli.homework.expect.gradient import diagnosed, judged_report

        told, ok = judged_report(told, diagnosed(answer, typed, numeric), typed, printing.digits)
        if printing.quiet:  # the exit code says it
            return ok
        if typed.hidden:
            emit(told, printing)
            return ok
    emit_rows(_by_row(answer, told, numeric), printing)
    return ok


def _by_row(answer: Answer, told: Report, numeric: bool) -> RowReport:
    """The gradient as columns: row, slopes, with --check the other method's and the error, and last the losses."""
    names = columns_of(answer)
    header = ["row", *names]
    own = slice(1, len(header))
    lists = {"gradient": own}
    if answer.checked:
        header += [*(f"numeric_{name}" for name in names), "rel_error"]
        lists["numeric"] = own if numeric else slice(own.stop, own.stop + len(names))
    if answer.problem.settings.reduction is Reduction.NONE:
        lists["value"] = slice(len(header), None)

    def pieces() -> Iterator[Sequence[Column]]:
        for piece in answer.spool.pieces():
            columns: list[Column] = [piece.row.astype(np.int64), *_slopes(answer, piece, numeric)]
            columns += [*_slopes(answer, piece, not numeric), piece.error] if answer.checked else []
            yield [*columns, *(piece.loss / answer.divisor).T]

    return RowReport(tuple(header), pieces, lists, own, lambda: told, _first_rows(answer))


def _slopes(answer: Answer, piece: Held, numeric: bool) -> Iterable[Array]:
    found: Array = (piece.numeric if numeric else piece.slope) / answer.divisor
    return found.T


def _told(answer: Answer, numeric: bool) -> Report:
    """What there is to say about a gradient beside its rows."""
    about = report(answer.problem, answer.totals.summary, answer.table)
    said = _warnings(answer)
    notes = (*_notes(answer, about.warnings), *said)
    title = f"gradient of {answer.problem.settings.loss.title} by {WORDS[answer.ask.by.value]}"
    record = _record(answer, about.answer, notes, numeric)
    return Report(title, record, (_figures(answer, about.answer),), notes, (*about.warnings, *said))


def _warnings(answer: Answer) -> list[str]:
    """What the user must know beside what there is to say about the loss."""
    said = []
    if answer.ask.analytic and answer.ask.numeric and not answer.ok:
        said.append(f"analytic and numeric gradient disagree; most in row {answer.totals.error_row}")
    if answer.totals.inconclusive:
        count = answer.totals.inconclusive
        said.append(f"{count} {'entry' if count == 1 else 'entries'} not checked: out of reach of differences")
    if answer.size.infinite:
        count = answer.size.infinite
        slopes = "1 slope is" if count == 1 else f"{count} slopes are"
        said.append(f"{slopes} infinite, the first in row {answer.size.first_infinite}")
    return said


def _notes(answer: Answer, warnings: tuple[str, ...]) -> list[str]:
    """What there is to say about the rows."""
    s, ignore = answer.totals.summary, answer.problem.settings.ignore
    said = list(warnings)
    said += [f"the label {ignore} is ignored: {s.ignored} rows have a gradient of 0"] if s.ignored else []
    said += [f"{s.clipped} clipped {'cell has' if s.clipped == 1 else 'cells have'} a slope of 0"] if s.clipped else []
    return [*said, *answer.table.notes]


def _record(answer: Answer, value: float, notes: tuple[str, ...], numeric: bool) -> dict[str, Any]:
    settings, ask = answer.problem.settings, answer.ask
    record = {
        "loss": settings.loss.name,
        "wrt": ask.by.value,
        "reduction": settings.reduction.value,
        "method": "numeric" if numeric else "analytic",
        "n": answer.totals.summary.n,
        "divisor": divisor_of(answer),
        "norm": answer.size.norm,
        "max_abs": answer.size.largest,
        "infinite": answer.size.infinite,
        "notes": list(notes),
    }
    if answer.checked:
        record |= {"max_rel_error": answer.totals.error, "unchecked": answer.totals.inconclusive, "ok": answer.ok}
    if settings.reduction is not Reduction.NONE:
        record["value"] = value
    return record


def divisor_of(answer: Answer) -> float:
    """What the reduction divides by, the base of the logarithm apart."""
    return divisor(answer.totals.summary) if answer.problem.settings.reduction is Reduction.MEAN else 1.0


def columns_of(answer: Answer) -> list[str]:
    """A name for each column of the gradient: that of the prediction column, or its class, or `gradient`."""
    shown = answer.table.columns.prob
    names = shown if isinstance(shown, list) else [shown]
    width = answer.table.width
    if len(names) == width and all(isinstance(name, str) for name in names):
        return [str(name) for name in names]
    if answer.problem.names is not None:
        return list(answer.problem.names.names)
    return ["gradient"] if width == 1 else [f"gradient_{at}" for at in range(1, width + 1)]


def _figures(answer: Answer, value: float) -> Grid:
    settings = answer.problem.settings
    size = answer.size
    rows: list[tuple[object, ...]] = []
    if settings.reduction is not Reduction.NONE:
        rows.append(("loss", value, f"{settings.unit_name}, {settings.reduction.value}"))
    rows.append(("n", answer.totals.summary.n, ""))
    if settings.reduction is Reduction.MEAN:
        rows.append(("divisor", divisor_of(answer), "what the mean divides by"))
    rows += [("norm", size.norm, ""), ("largest entry", size.largest, f"in size; row {size.largest_row}")]
    if size.infinite:
        rows.append(("infinite slopes", size.infinite, f"the first in row {size.first_infinite}"))
    if answer.checked:
        verdict = "the gradients agree" if answer.ok else "the gradients DISAGREE"
        rows.append(("largest relative error", answer.totals.error, f"row {answer.totals.error_row}; {verdict}"))
    return Grid(tuple(rows), right=answer.ok if answer.checked else None)


# --- the first rows for people ----------------------------------------------------------------------------------------
def _first_rows(answer: Answer) -> Grid:
    names = columns_of(answer)
    single = len(names) == 1
    header = ["row", "label", *(["prediction"] if single else names)]
    header += ["gradient"] if single else [f"d/d {name}" for name in names]
    if answer.checked:
        header += [*(["numeric"] if single else [f"numeric {name}" for name in names]), "relative error"]
    cells = islice(zip(_labelled(answer), _shown(answer), strict=False), SHOWN_ROWS)
    return Grid(tuple((*shown, *found) for shown, found in cells), tuple(header))


def _labelled(answer: Answer) -> Iterator[tuple[object, ...]]:
    """Row number, label and predictions of the first rows."""
    for block, before in answer.head:
        columns = [texts(column) for column in block.labels]
        labels = [" ".join(cells) for cells in zip(*columns, strict=True)] if columns else [""] * len(block.row)
        for row, label, preds in zip(block.row.tolist(), labels, block.preds.tolist(), strict=True):
            yield (row + before + 1, label, *preds)


def _shown(answer: Answer) -> Iterator[tuple[float, ...]]:
    for piece in answer.spool.pieces():
        sides = [part / answer.divisor for part in (piece.slope, piece.numeric) if part.shape[1]]
        errors = [[error] for error in piece.error.tolist()] if answer.checked else [[]] * len(piece.row)
        for *parts, error in zip(*(side.tolist() for side in sides), errors, strict=True):
            yield (*chain.from_iterable(parts), *error)
