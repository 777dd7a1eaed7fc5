"""A gradient by rows as text: a table of its first rows, or every row as JSON, delimited text or bare numbers."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np

from losscli.enums import Format, Reduction
from losscli.evaluation.prepare import Array
from losscli.expect.typed import Expected
from losscli.gradients.answer import SHOWN_ROWS, Answer, as_figure
from losscli.gradients.rows import Held
from losscli.output.emit import Printing, emit, warn
from losscli.output.encode import encoded
from losscli.output.formats import lines, strict_json
from losscli.output.report import Grid, Report
from losscli.output.streams import for_a_reader
from losscli.reading.blocks import texts
from losscli.reports.loss import report
from losscli.statistics.summary import divisor

WORDS = {"probs": "probabilities", "logits": "logits", "logprobs": "log-probabilities"}


def print_rows(answer: Answer, printing: Printing, typed: Expected | None, numeric: bool) -> bool:
    """Print the gradient as asked; `numeric` when the slopes by differences are the answer.

    Returns whether it is the one that was typed, where one was.
    """
    told = report(answer.problem, answer.totals.summary, answer.table)
    checked = _checked(answer, told, printing, typed, numeric)
    if printing.for_people:
        emit(checked.table, printing)
        return checked.ok
    if typed is not None and (printing.quiet or typed.hidden):
        return _without_figures(checked, printing, typed)
    told = replace(told, extra=checked.record)
    write = _plain if printing.quiet else _json if printing.format is Format.JSON else _separated
    with for_a_reader():
        sys.stdout.writelines(write(answer, told, numeric, printing.delimiter))
    if printing.format is not Format.JSON:
        warn(printing, (*told.warnings, *_warnings(answer), *checked.aside))
    return checked.ok


def _without_figures(checked: "Checked", printing: Printing, typed: Expected) -> bool:
    """Print the verdict alone, and with `--quiet` nothing: the exit code says it."""
    if printing.format is Format.JSON:
        sys.stdout.write(strict_json(checked.record) + "\n")
    elif not printing.quiet:
        warn(printing, checked.aside)
    return checked.ok


@dataclass(frozen=True)
class Checked:
    """What `--explain` and `--expect` add: the table with it, entries of the record, a line beside other formats."""

    table: Report
    record: Mapping[str, Any]
    aside: tuple[str, ...] = ()
    ok: bool = True


def _checked(answer: Answer, told: Report, printing: Printing, typed: Expected | None, numeric: bool) -> Checked:
    table, record = _table(answer, told) if printing.for_people else told, {}
    if printing.explain:
        from losscli.explain.gradient import chain_record, with_chain

        table, record = with_chain(table, answer), {"explain": chain_record(answer)}
    if typed is None:
        return Checked(table, record)
    from losscli.expect.gradient import diagnosed, record_of, said_aside, with_diagnosis

    found = diagnosed(answer, typed, numeric)
    aside = () if printing.quiet else (said_aside(found, typed, printing.digits),)
    table = with_diagnosis(table, found, typed, printing.digits)
    return Checked(table, {**record, "expect": record_of(found, typed.hidden)}, aside, found.verdict.ok)


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


def _notes(answer: Answer, told: Report) -> list[str]:
    """What there is to say about the rows."""
    s, ignore = answer.totals.summary, answer.problem.settings.ignore
    said = list(told.warnings)
    said += [f"the label {ignore} is ignored: {s.ignored} rows have a gradient of 0"] if s.ignored else []
    said += [f"{s.clipped} clipped {'cell has' if s.clipped == 1 else 'cells have'} a slope of 0"] if s.clipped else []
    return [*said, *answer.table.notes]


# --- machine formats --------------------------------------------------------------------------------------------------
def _slopes(answer: Answer, piece: Held, numeric: bool) -> Array:
    chosen = piece.numeric if numeric else piece.slope
    return chosen / answer.divisor


def _plain(answer: Answer, told: Report, numeric: bool, delimiter: str) -> Iterator[str]:
    for piece in answer.spool.pieces():
        yield encoded(list(_slopes(answer, piece, numeric).T), b",").decode()


def _separated(answer: Answer, told: Report, numeric: bool, delimiter: str) -> Iterator[str]:
    names = columns_of(answer)
    checked = answer.ask.analytic and answer.ask.numeric
    more = [*(f"numeric_{name}" for name in names), "rel_error"] if checked else []
    yield lines([["row", *names, *more]], delimiter)
    for piece in answer.spool.pieces():
        columns = [piece.row.astype(np.int64), *_slopes(answer, piece, numeric).T]
        if checked:
            columns += [*_slopes(answer, piece, not numeric).T, piece.error]
        yield encoded(columns, delimiter.encode()).decode()


def _json(answer: Answer, told: Report, numeric: bool, delimiter: str) -> Iterator[str]:
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
        "notes": [*_notes(answer, told), *_warnings(answer)],
    }
    if ask.analytic and ask.numeric:
        record |= {"max_rel_error": answer.totals.error, "unchecked": answer.totals.inconclusive, "ok": answer.ok}
    if settings.reduction is not Reduction.NONE:
        record["value"] = told.answer
    yield strict_json({**record, **told.extra}).removesuffix("\n}")
    if settings.reduction is Reduction.NONE:
        yield from _json_list("value", (piece.loss / answer.divisor for piece in answer.spool.pieces()))
    yield from _json_list("gradient", (_slopes(answer, piece, numeric) for piece in answer.spool.pieces()))
    if ask.analytic and ask.numeric:
        yield from _json_list("numeric", (_slopes(answer, piece, True) for piece in answer.spool.pieces()))
    yield "\n}\n"


def _json_list(name: str, parts: Iterator[Array]) -> Iterator[str]:
    """One more entry of an open object: a list of numbers, or of lists of numbers."""
    yield f',\n  "{name}": ['
    comma = "\n    "
    for part in parts:
        for row in part.tolist():
            cells = ", ".join(map(as_figure, row))
            yield comma + (cells if len(row) == 1 else f"[{cells}]")
            comma = ",\n    "
    yield "\n  ]"


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


# --- a table for people -----------------------------------------------------------------------------------------------
def _table(answer: Answer, told: Report) -> Report:
    settings = answer.problem.settings
    unit = settings.unit_name
    size, s = answer.size, answer.totals.summary
    rows: list[tuple[object, ...]] = []
    if settings.reduction is not Reduction.NONE:
        rows.append(("loss", told.answer, f"{unit}, {settings.reduction.value}"))
    rows.append(("n", s.n, ""))
    if settings.reduction is Reduction.MEAN:
        rows.append(("divisor", divisor_of(answer), "what the mean divides by"))
    rows += [("norm", size.norm, ""), ("largest entry", size.largest, f"in size; row {size.largest_row}")]
    if size.infinite:
        rows.append(("infinite slopes", size.infinite, f"the first in row {size.first_infinite}"))
    if answer.ask.analytic and answer.ask.numeric:
        verdict = "the gradients agree" if answer.ok else "the gradients DISAGREE"
        rows.append(("largest relative error", answer.totals.error, f"row {answer.totals.error_row}; {verdict}"))
    more = s.seen - s.dropped - SHOWN_ROWS
    notes = (f"{more} more rows; -f csv prints them all",) if more > 0 else ()
    title = f"gradient of {settings.loss.title} by {WORDS[answer.ask.by.value]}"
    grids = (_first_rows(answer), Grid(tuple(rows)))
    said = (*notes, *_notes(answer, told), *_warnings(answer))
    return replace(told, title=title, grids=grids, notes=said)


def _first_rows(answer: Answer) -> Grid:
    names = columns_of(answer)
    single = len(names) == 1
    checked = answer.ask.analytic and answer.ask.numeric
    header = ["row", "label", *(["prediction"] if single else names)]
    header += ["gradient"] if single else [f"d/d {name}" for name in names]
    if checked:
        header += [*(["numeric"] if single else [f"numeric {name}" for name in names]), "relative error"]
    cells = islice(zip(_told(answer), _shown(answer, checked), strict=False), SHOWN_ROWS)
    return Grid(tuple((*told, *found) for told, found in cells), tuple(header))


def _told(answer: Answer) -> Iterator[tuple[object, ...]]:
    """Row number, label and predictions of the first rows."""
    for block, before in answer.head:
        columns = [texts(column) for column in block.labels]
        labels = [" ".join(cells) for cells in zip(*columns, strict=True)] if columns else [""] * len(block.row)
        for row, label, preds in zip(block.row.tolist(), labels, block.preds.tolist(), strict=True):
            yield (row + before + 1, label, *preds)


def _shown(answer: Answer, checked: bool) -> Iterator[tuple[float, ...]]:
    for piece in answer.spool.pieces():
        sides = [part / answer.divisor for part in (piece.slope, piece.numeric) if part.shape[1]]
        errors = [[error] for error in piece.error.tolist()] if checked else [[]] * len(piece.row)
        for *parts, error in zip(*(side.tolist() for side in sides), errors, strict=True):
            yield (*chain.from_iterable(parts), *error)
