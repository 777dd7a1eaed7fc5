"""An answer checked against a typed one, and shown with its work. The rule: rows are held only while they are needed.

Up to a million rows stay in memory for the diagnosis of a wrong answer; beyond, the figures of the summary must do.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from losscli.commands.call import Call
from losscli.enums import Format, Reduction
from losscli.errors import DataError, Declined
from losscli.evaluation.evaluate import evaluated, in_order, refuse_nothing
from losscli.evaluation.figures import figures, unit_name
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.expect.mistakes import candidates, from_summary
from losscli.expect.mistakes.case import Array, Case, Figure, case_of, known
from losscli.expect.typed import typed_answer
from losscli.expect.verdict import Verdict, all_fit, judged
from losscli.expect.wording import HEADER, fit_rows, remarks, sentence, shortened, verdict_record
from losscli.explain.loss import SHOWN, Piece, explained, first_terms, term_grid, working
from losscli.output.emit import emit, threads_of
from losscli.output.report import Grid, Report
from losscli.reading.blocks import Block, Table
from losscli.reports.loss import report
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

MOST_ROWS = 1_000_000

COMPARED = 5  # rows shown when nothing is known of a wrong answer

LISTED = 100  # rows of a table; the machine formats have them all


@dataclass(frozen=True)
class Read:
    """What one walk over the table leaves: the summary, the first rows at work, the blocks of all but large tables."""

    summary: Summary
    pieces: tuple[Piece, ...]
    blocks: tuple[Block, ...] | None


def run_checked(problem: Problem, table: Table, call: Call) -> bool:
    """Print the answer with its work, its check or both; False when the typed answer is wrong or the limit exceeded."""
    read = _read(problem, table, call)
    answer, ok = report(problem, read.summary, table), True
    figure = figures(problem, read.summary)
    right: Figure = figure.value
    if call.reduction is Reduction.NONE:
        right = _row_losses(problem, read)
        answer = _with_losses(answer, right)
    if call.explain:
        grids, record = explained(problem, read.pieces, figure, call.digits)
        answer = _extended(answer, grids, (), {"explain": record})
    if call.expect is not None:
        verdict = _judge(problem, call, read, right)
        ok = verdict.ok
        answer = _with_verdict(answer, verdict, problem, read, call)
    _emit(answer, right, call)
    return ok and (call.fail_above is None or answer.answer <= call.fail_above)


def _read(problem: Problem, table: Table, call: Call) -> Read:
    total, pieces, kept, shown = EMPTY, [], [], 0
    wanted = call.expect is not None or call.reduction is Reduction.NONE

    def work(block: Block) -> tuple[Block, Prepared, Rows, Summary]:
        prepared, rows = evaluated(problem, block)
        return block, prepared, rows, summarize(rows)

    for (block, prepared, rows, part), before in in_order(table, work, threads_of(call, table)):
        total += part
        if shown < SHOWN and len(rows.loss):
            pieces.append(Piece(prepared, rows, before))
            shown += len(rows.loss)
        if wanted and total.n <= MOST_ROWS:
            kept.append(block)
        elif kept:
            kept.clear()
    refuse_nothing(problem, total, table.name)
    return Read(total, tuple(pieces), tuple(kept) if wanted and total.n <= MOST_ROWS else None)


def _row_losses(problem: Problem, read: Read) -> Array:
    if read.blocks is None:
        raise DataError("-r none with --expect or --explain holds a million rows at most; this table has more")
    return np.asarray(_case(problem, read).known.answer)


def _case(problem: Problem, read: Read) -> Case:
    return case_of(problem, read.blocks or (), read.summary)


def _judge(problem: Problem, call: Call, read: Read, right: Figure) -> Verdict:
    given = typed_answer(call.expect or "", many=call.reduction is Reduction.NONE)
    count = np.size(right)
    if len(given) != count:
        raise DataError(f"--expect gives {len(given)} numbers, and the answer has {count}")
    if all_fit(given, right):
        return judged(given, right, ())
    if read.blocks is None:
        return judged(given, right, from_summary(known(problem, read.summary)))
    return judged(given, right, candidates(_case(problem, read)))


# --- the report -----------------------------------------------------------------------------------------------------
def _extended(answer: Report, grids: tuple[Grid, ...], notes: tuple[str, ...], record: Mapping[str, Any]) -> Report:
    return replace(
        answer,
        grids=(*answer.grids, *grids),
        notes=(*answer.notes, *notes),
        record={**answer.record, **record, "notes": [*answer.record["notes"], *notes]},
    )


def _with_losses(answer: Report, losses: Array) -> Report:
    """The report with the loss of each row in place of one value."""
    rows = tuple((at, loss) for at, loss in enumerate(losses[:LISTED].tolist(), 1))
    more = len(losses) - len(rows)
    rest = {key: value for key, value in answer.record.items() if key != "value"}
    record = {"loss": rest.pop("loss"), "losses": losses.tolist(), **rest}
    notes = (f"{more} more rows; -f json prints them all",) if more > 0 else ()
    return replace(
        answer, record=record, grids=(Grid(rows, ("row", "loss")), *answer.grids), notes=(*answer.notes, *notes)
    )


def _with_verdict(answer: Report, verdict: Verdict, problem: Problem, read: Read, call: Call) -> Report:
    text = shortened(call.expect or "")
    said = sentence(verdict, call.reduction.value, unit_name(problem.settings.base), call.digits)
    grids = [Grid((("expected", text, said),))]
    if verdict.fits:
        grids.append(Grid(fit_rows(verdict, call.digits), HEADER))
    elif not verdict.ok:
        grids += _to_compare(problem, read, call)
    notes = tuple(remarks(verdict, text))
    if read.blocks is None and not verdict.ok:
        notes += ("the table has over a million rows: the diagnosis uses its summary figures only",)
    record: dict[str, Any] = {"expect": verdict_record(verdict)}
    if call.format in (Format.CSV, Format.TSV):
        ids = " ".join(fit.id for fit in verdict.fits)
        record |= {"expected": call.expect, "ok": "yes" if verdict.ok else "no", "consistent_with": ids}
    return _extended(answer, tuple(grids), notes, record)


def _to_compare(problem: Problem, read: Read, call: Call) -> list[Grid]:
    """What to hold against one's own work when no mistake is known that gives the typed answer."""
    found, terms = figures(problem, read.summary), first_terms(problem, read.pieces, COMPARED)
    if call.explain:
        return []
    grids = [term_grid(terms, found.n - len(terms))]
    return grids if call.reduction is Reduction.NONE else [*grids, working(problem, found, terms, call.digits)]


def _emit(answer: Report, right: Figure, call: Call) -> None:
    if call.quiet and call.reduction is Reduction.NONE:
        sys.stdout.write("".join(f"{loss!r}\n" for loss in np.ravel(right).tolist()))
        return
    emit(answer, call)


def refuse_unsuitable(call: Call) -> None:
    """Refuse what makes no sense together, and a typed answer that is no number, before anything is read."""
    if call.expect is not None:
        typed_answer(call.expect, many=call.reduction is Reduction.NONE)
    if call.explain and call.quiet:
        raise Declined("--quiet prints the number alone; it contradicts --explain")
    separated = call.format in (Format.CSV, Format.TSV)
    if call.explain and separated:
        raise Declined(f"--explain shows the work; it contradicts --format {call.format.value}")
    if separated and call.reduction is Reduction.NONE and not call.quiet:
        raise Declined(f"-r none --format {call.format.value} prints rows and has no place for --expect; use -f json")
