"""A gradient by rows as a report: its columns, its figures, its first rows with their labels and predictions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np

from losscli.data.blocks import texts
from losscli.data.reasons import IGNORED_LABEL
from losscli.enums import Reduction
from losscli.evaluation.figures import Figures
from losscli.evaluation.prepare import Array
from losscli.gradients.evaluate import SHOWN_ROWS, Gradient, SpooledRows
from losscli.homework.expect.typed import Expected
from losscli.output.emit import Printing, emit, emit_rows
from losscli.output.report import Column, Grid, Report, RowReport
from losscli.reports.loss import warnings_of
from losscli.statistics.summary import divisor

WORDS = {"probs": "probabilities", "logits": "logits", "logprobs": "log-probabilities"}


def print_rows(gradient: Gradient, printing: Printing, typed: Expected | None, numeric: bool) -> bool:
    """Print the gradient as asked; `numeric` when the slopes by differences are the answer.

    Returns whether it is the one that was typed, where one was.
    """
    told, ok = _told(gradient, numeric), True
    if printing.explain:
        from losscli.homework.explain.gradient import chain_record, with_chain

        told = with_chain(replace(told, record={**told.record, "explain": chain_record(gradient)}), gradient)
    if typed is not None:
        from losscli.homework.expect.gradient import diagnosed, judged_report

        told, ok = judged_report(told, diagnosed(gradient, typed, numeric), typed, printing.digits)
        if printing.quiet:  # the exit code says it
            return ok
        if typed.hidden:
            emit(told, printing)
            return ok
    emit_rows(_by_row(gradient, told, numeric), printing)
    return ok


def _by_row(gradient: Gradient, told: Report, numeric: bool) -> RowReport:
    """The gradient as columns: row, slopes, with --check the other method's and the error, and last the losses."""
    names = columns_of(gradient)
    header = ["row", *names]
    own = slice(1, len(header))
    lists = {"gradient": own}
    if gradient.checked:
        header += [*(f"numeric_{name}" for name in names), "rel_error"]
        lists["numeric"] = own if numeric else slice(own.stop, own.stop + len(names))
    if gradient.problem.settings.reduction is Reduction.NONE:
        lists["value"] = slice(len(header), None)

    def pieces() -> Iterator[Sequence[Column]]:
        for piece in gradient.spool.rows():
            columns: list[Column] = [piece.row.astype(np.int64), *_slopes(gradient, piece, numeric)]
            columns += [*_slopes(gradient, piece, not numeric), piece.error] if gradient.checked else []
            yield [*columns, *(piece.loss / gradient.divisor).T]

    return RowReport(tuple(header), pieces, lists, own, lambda: told, _first_rows(gradient))


def _slopes(gradient: Gradient, piece: SpooledRows, numeric: bool) -> Iterable[Array]:
    found: Array = (piece.numeric if numeric else piece.slope) / gradient.divisor
    return found.T


def _told(gradient: Gradient, numeric: bool) -> Report:
    """What there is to say about a gradient beside its rows."""
    figures = Figures(gradient.problem, gradient.totals.summary)
    about = warnings_of(figures, gradient.table)
    said = _warnings(gradient)
    notes = (*_notes(gradient, about), *said)
    title = f"gradient of {gradient.problem.settings.loss.title} by {WORDS[gradient.spec.by.value]}"
    record = _record(gradient, figures.value, notes, numeric)
    return Report(title, record, (_figures(gradient, figures.value),), notes, (*about, *said))


def _warnings(gradient: Gradient) -> list[str]:
    """What the user must know beside what there is to say about the loss."""
    said = []
    if gradient.spec.analytic and gradient.spec.numeric and not gradient.ok:
        said.append(f"analytic and numeric gradient disagree; most in row {gradient.totals.error_row}")
    if gradient.totals.inconclusive:
        count = gradient.totals.inconclusive
        said.append(f"{count} {'entry' if count == 1 else 'entries'} not checked: out of reach of differences")
    if gradient.size.infinite:
        count = gradient.size.infinite
        slopes = "1 slope is" if count == 1 else f"{count} slopes are"
        said.append(f"{slopes} infinite, the first in row {gradient.size.first_infinite}")
    return said


def _notes(gradient: Gradient, warnings: tuple[str, ...]) -> list[str]:
    """What there is to say about the rows."""
    s, ignore = gradient.totals.summary, gradient.problem.settings.ignore
    said = list(warnings)
    ignored, clipped = s.counts.left_out.get(IGNORED_LABEL.key), s.counts.clipped
    said += [f"the label {ignore} is ignored: {ignored} rows have a gradient of 0"] if ignored else []
    said += [f"{clipped} clipped {'cell has' if clipped == 1 else 'cells have'} a slope of 0"] if clipped else []
    return [*said, *gradient.table.notes]


def _record(gradient: Gradient, value: float, notes: tuple[str, ...], numeric: bool) -> dict[str, Any]:
    settings, spec = gradient.problem.settings, gradient.spec
    record = {
        "loss": settings.loss.name,
        "wrt": spec.by.value,
        "reduction": settings.reduction.value,
        "method": "numeric" if numeric else "analytic",
        "n": gradient.totals.summary.n,
        "divisor": divisor_of(gradient),
        "norm": gradient.size.norm,
        "max_abs": gradient.size.largest,
        "infinite": gradient.size.infinite,
        "notes": list(notes),
    }
    if gradient.checked:
        record |= {"max_rel_error": gradient.totals.error, "unchecked": gradient.totals.inconclusive, "ok": gradient.ok}
    if settings.reduction is not Reduction.NONE:
        record["value"] = value
    return record


def divisor_of(gradient: Gradient) -> float:
    """What the reduction divides by, the base of the logarithm apart."""
    return divisor(gradient.totals.summary) if gradient.problem.settings.reduction is Reduction.MEAN else 1.0


def columns_of(gradient: Gradient) -> list[str]:
    """A name for each column of the gradient: that of the prediction column, or its class, or `gradient`."""
    shown = gradient.table.columns.prob
    names = shown if isinstance(shown, list) else [shown]
    width = gradient.table.width
    if len(names) == width and all(isinstance(name, str) for name in names):
        return [str(name) for name in names]
    if gradient.problem.names is not None:
        return list(gradient.problem.names.names)
    return ["gradient"] if width == 1 else [f"gradient_{at}" for at in range(1, width + 1)]


def _figures(gradient: Gradient, value: float) -> Grid:
    settings = gradient.problem.settings
    size = gradient.size
    rows: list[tuple[object, ...]] = []
    if settings.reduction is not Reduction.NONE:
        rows.append(("loss", value, f"{settings.unit_name}, {settings.reduction.value}"))
    rows.append(("n", gradient.totals.summary.n, ""))
    if settings.reduction is Reduction.MEAN:
        rows.append(("divisor", divisor_of(gradient), "what the mean divides by"))
    rows += [("norm", size.norm, ""), ("largest entry", size.largest, f"in size; row {size.largest_row}")]
    if size.infinite:
        rows.append(("infinite slopes", size.infinite, f"the first in row {size.first_infinite}"))
    if gradient.checked:
        verdict = "the gradients agree" if gradient.ok else "the gradients DISAGREE"
        rows.append(("largest relative error", gradient.totals.error, f"row {gradient.totals.error_row}; {verdict}"))
    return Grid(tuple(rows), right=gradient.ok if gradient.checked else None)


# --- the first rows for people ----------------------------------------------------------------------------------------
def _first_rows(gradient: Gradient) -> Grid:
    names = columns_of(gradient)
    single = len(names) == 1
    header = ["row", "label", *(["prediction"] if single else names)]
    header += ["gradient"] if single else [f"d/d {name}" for name in names]
    if gradient.checked:
        header += [*(["numeric"] if single else [f"numeric {name}" for name in names]), "relative error"]
    cells = islice(zip(_labelled(gradient), _shown(gradient), strict=False), SHOWN_ROWS)
    return Grid(tuple((*shown, *found) for shown, found in cells), tuple(header))


def _labelled(gradient: Gradient) -> Iterator[tuple[object, ...]]:
    """Row number, label and predictions of the first rows."""
    for block, before in gradient.head:
        columns = [texts(column) for column in block.labels]
        labels = [" ".join(cells) for cells in zip(*columns, strict=True)] if columns else [""] * len(block.row)
        for row, label, preds in zip(block.row.tolist(), labels, block.preds.tolist(), strict=True):
            yield (row + before + 1, label, *preds)


def _shown(gradient: Gradient) -> Iterator[tuple[float, ...]]:
    for piece in gradient.spool.rows():
        sides = [part / gradient.divisor for part in (piece.slope, piece.numeric) if part.shape[1]]
        errors = [[error] for error in piece.error.tolist()] if gradient.checked else [[]] * len(piece.row)
        for *parts, error in zip(*(side.tolist() for side in sides), errors, strict=True):
            yield (*chain.from_iterable(parts), *error)
