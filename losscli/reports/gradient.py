"""A gradient as a report: its figures and, with respect to predictions, a row for each row of the table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

import numpy as np

from losscli.arrays import Array
from losscli.data.categorical import take_cells, texts
from losscli.data.reasons import IGNORED_LABEL
from losscli.enums import Method, Reduction
from losscli.errors import plural
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.problem import Problem
from losscli.gradients.check import TOLERANCE
from losscli.gradients.evaluate import SHOWN_ROWS, Gradient, GradientSize, SpooledRows
from losscli.homework.typed import Expected
from losscli.output.formats import Printing, emit, emit_rows
from losscli.output.report import Column, Grid, Report, RowReport
from losscli.records import record
from losscli.reports.parts import Figure, lines_of, record_of
from losscli.reports.warnings import warnings_of
from losscli.statistics.summary import divisor

WORDS = {"probs": "probabilities", "logits": "logits", "logprobs": "log-probabilities"}


def print_rows(gradient: Gradient, printing: Printing, typed: Expected | None, numeric: bool) -> bool:
    """Print the gradient; `numeric` says that the one by finite differences is the answer.

    Returns False if another gradient was typed.
    """
    report, ok = _report(gradient, numeric), True
    if printing.explain:
        from losscli.homework.explain_gradient import explain_gradient
        from losscli.reports.verdict import with_explanation

        report = with_explanation(report, explain_gradient(gradient))
    if typed is not None:
        from losscli.homework.check_gradient import judge_gradient, right_gradient
        from losscli.reports.verdict import with_diagnosis

        found = judge_gradient(right_gradient(gradient, numeric), gradient.problem.settings.unit_name, typed)
        report, ok = with_diagnosis(report, found, typed, printing.digits), found.verdict.ok
        if printing.silent:
            return ok
        if typed.hidden:
            emit(report, printing)
            return ok
    if (count := len(columns_of(gradient))) > MOST_COLUMNS:
        note = f"{count - 3} classes between the first two and the last are left out; -f csv prints them all"
        report = replace(report, notes=(*report.notes, note))
    emit_rows(_by_row(gradient, report, numeric), printing)
    return ok


def _by_row(gradient: Gradient, report: Report, numeric: bool) -> RowReport:
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

    return RowReport(tuple(header), pieces, lists, own, lambda: report, _first_rows(gradient))


def _slopes(gradient: Gradient, piece: SpooledRows, numeric: bool) -> Iterable[Array]:
    found: Array = (piece.numeric if numeric else piece.slope) / gradient.divisor
    return found.T


# --- the figures of a gradient ----------------------------------------------------------------------------------------
@record
class Agreement:
    """How far the gradients by formula and by differences are apart: `error` is the largest relative error.

    `row` is where that is, None with respect to parameters. `unchecked` is the number of entries that finite
    differences can't check.
    """

    error: float
    row: int | None
    unchecked: int

    @property
    def ok(self) -> bool:
        """Whether they agree."""
        return self.error <= TOLERANCE


@record
class GradientAnswer:
    """The figures of a gradient beside its entries; `value` is that of the loss."""

    problem: Problem
    wrt: str
    method: Method
    n: int
    value: float
    divisor: float
    size: GradientSize
    agreement: Agreement | None
    wrt_predictions: bool


def _has_value(g: GradientAnswer) -> bool:
    return g.problem.settings.reduction is not Reduction.NONE


def _is_checked(g: GradientAnswer) -> bool:
    return g.agreement is not None


def _verdict(g: GradientAnswer) -> str:
    place = f"row {g.agreement.row}; " if g.agreement and g.agreement.row is not None else ""
    return place + ("the gradients agree" if g.agreement and g.agreement.ok else "the gradients DISAGREE")


GRADIENT_FIGURES: tuple[Figure[GradientAnswer], ...] = (
    Figure("loss", lambda g: g.problem.settings.loss.name),
    Figure("wrt", lambda g: g.wrt),
    Figure("reduction", lambda g: g.problem.settings.reduction.value),
    Figure("method", lambda g: g.method.value),
    Figure("options", lambda g: g.problem.settings.options),
    Figure(
        "value",
        lambda g: g.value,
        "loss",
        lambda g: ", ".join(filter(None, (g.problem.settings.unit_name, g.problem.settings.reduction.value))),
        shown=_has_value,
        recorded=_has_value,
    ),
    Figure("n", lambda g: g.n, "n"),
    Figure(
        "divisor",
        lambda g: g.divisor,
        "divisor",
        "what the mean divides by",
        lambda g: g.problem.settings.reduction is Reduction.MEAN,
    ),
    Figure("norm", lambda g: g.size.norm, "norm", lambda g: "" if g.wrt_predictions else "of the gradient"),
    Figure(
        "max_abs",
        lambda g: g.size.largest,
        "largest entry",
        lambda g: f"in size; row {g.size.largest_row}" if g.wrt_predictions else "in size",
    ),
    Figure(
        "infinite",
        lambda g: g.size.infinite,
        "infinite derivatives",
        lambda g: f"the first in row {g.size.first_infinite}" if g.wrt_predictions else "",
        lambda g: g.size.infinite > 0,
    ),
    Figure(
        "max_rel_error",
        lambda g: g.agreement and g.agreement.error,
        "largest relative error",
        _verdict,
        _is_checked,
        _is_checked,
    ),
    Figure("unchecked", lambda g: g.agreement and g.agreement.unchecked, recorded=_is_checked),
    Figure("ok", lambda g: g.agreement and g.agreement.ok, recorded=_is_checked),
)


def check_warnings(a: Agreement | None) -> list[str]:
    """What users must know of a check."""
    if a is None:
        return []
    place = "" if a.row is None else f"; most in row {a.row}"
    warnings = [] if a.ok else [f"analytic and numeric gradient disagree{place}"]
    if a.unchecked:
        entries = plural(a.unchecked, "entry", "entries")
        warnings.append(f"{entries} not checked: finite differences are not exact enough there")
    return warnings


def figures_grid(g: GradientAnswer) -> Grid:
    return Grid(tuple(lines_of(GRADIENT_FIGURES, g)), right=g.agreement.ok if g.agreement else None, wrapped=True)


# --- with respect to predictions --------------------------------------------------------------------------------------
def _report(gradient: Gradient, numeric: bool) -> Report:
    """The report of a gradient without its rows."""
    problem, totals = gradient.problem, gradient.totals
    figures = Figures(problem, totals.summary)
    answer = GradientAnswer(
        problem=problem,
        wrt=gradient.spec.wrt.value,
        method=Method.NUMERIC if numeric else Method.ANALYTIC,
        n=totals.summary.n,
        value=figures.value,
        divisor=divisor(totals.summary) if problem.settings.reduction is Reduction.MEAN else 1.0,
        size=gradient.size,
        agreement=Agreement(totals.error, totals.error_row, totals.inconclusive) if gradient.checked else None,
        wrt_predictions=True,
    )
    # What users must know of the loss, of the check and of the rows.
    warnings = [*check_warnings(answer.agreement)]
    if gradient.size.infinite:
        slopes = plural(gradient.size.infinite, "derivative is", "derivatives are")
        warnings.append(f"{slopes} infinite, the first in row {gradient.size.first_infinite}")
    of_loss, counts, settings = warnings_of(figures, gradient.table), totals.summary.counts, problem.settings
    notes = [*of_loss]
    if ignored := counts.left_out.get(IGNORED_LABEL.key):
        rows = plural(ignored, "row has", "rows have")
        notes.append(f"the label {settings.labels.ignore} is ignored: {rows} a gradient of 0")
    if counts.clipped:
        notes.append(f"{plural(counts.clipped, 'clipped cell has', 'clipped cells have')} a gradient of 0")
    notes += [*gradient.table.schema.notes, *warnings]

    title = f"gradient of {settings.loss.title} with respect to {WORDS[answer.wrt]}{settings.titles}"
    record = {**record_of(GRADIENT_FIGURES, answer), "notes": notes}
    return Report(title, record, (figures_grid(answer),), tuple(notes), (*of_loss, *warnings))


def columns_of(gradient: Gradient) -> list[str]:
    """A name for each column of the gradient: that of the prediction column, or its class, or `gradient`."""
    shown = gradient.table.schema.columns.prob
    names = shown if isinstance(shown, list) else [shown]
    width = gradient.table.schema.width
    if len(names) == width and all(isinstance(name, str) for name in names):
        return [str(name) for name in names]
    if gradient.problem.names is not None:
        return list(gradient.problem.names.names)
    return ["gradient"] if width == 1 else [f"gradient_{at}" for at in range(1, width + 1)]


# --- the first rows for people ----------------------------------------------------------------------------------------
MOST_COLUMNS = 6  # classes whose columns people see; of more the first and the last


def _ends(entries: Sequence[object]) -> list[object]:
    """All entries; of more than `MOST_COLUMNS` the first two and the last."""
    return list(entries) if len(entries) <= MOST_COLUMNS else [*entries[:2], "...", entries[-1]]


def _first_rows(gradient: Gradient) -> Grid:
    names = columns_of(gradient)
    single = len(names) == 1
    header = ["row", "label", *(["prediction"] if single else _ends(names))]
    header += ["gradient"] if single else _ends([f"d/d {name}" for name in names])
    if gradient.checked:
        header += [*(["numeric"] if single else _ends([f"numeric {name}" for name in names])), "relative error"]
    cells = islice(zip(_labelled(gradient), _shown(gradient), strict=False), SHOWN_ROWS)
    return Grid(tuple((*shown, *found) for shown, found in cells), tuple(map(str, header)))


def _labelled(gradient: Gradient) -> Iterator[tuple[object, ...]]:
    """Row number, label and predictions of the first rows."""
    for block, before in gradient.head:
        kept = block.kept
        columns = [texts(take_cells(column, kept)) for column in block.labels]
        labels = [" ".join(map(str, _ends(cells))) for cells in zip(*columns, strict=True)] or [""] * len(kept)
        for row, label, preds in zip(kept.tolist(), labels, block.preds[kept].tolist(), strict=True):
            yield (row + before + 1, label, *_ends(preds))


def _shown(gradient: Gradient) -> Iterator[tuple[object, ...]]:
    for piece in gradient.spool.rows():
        sides = [part / gradient.divisor for part in (piece.slope, piece.numeric) if part.shape[1]]
        errors = [[error] for error in piece.error.tolist()] if gradient.checked else [[]] * len(piece.row)
        for *parts, error in zip(*(side.tolist() for side in sides), errors, strict=True):
            yield (*chain.from_iterable(map(_ends, parts)), *error)
