"""An answer checked against a typed one, and shown with its work. The rule: rows are held only while they are needed.

Up to a million rows stay in memory for the diagnosis of a wrong answer; beyond, the figures of the summary must do.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import numpy as np

from losscli.call import Call
from losscli.errors import DataError, Declined
from losscli.evaluate import evaluated, in_order, refuse_nothing
from losscli.expect import Typed, Verdict, all_fit, judged, typed_answer
from losscli.explain import SHOWN, Piece, explained, first_terms, term_grid, working
from losscli.kinds import Format, Reduction
from losscli.mistakes import candidates, from_summary
from losscli.mistakes.case import Array, Case, Figure, case_of, known
from losscli.pose import Posed
from losscli.problem import Problem
from losscli.reading.blocks import Block, Table
from losscli.report import Grid, Report, figures, report, unit_name
from losscli.run import emit, threads_of
from losscli.summary import EMPTY, Rows, Summary, summarize

MOST_ROWS = 1_000_000
COMPARED = 5  # rows shown when nothing is known of a wrong answer
LISTED = 100  # rows of a table; the machine formats have them all


@dataclass(frozen=True)
class Read:
    """What one walk over the table leaves: the summary, the first rows at work, the blocks if there are not too many."""

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

    def work(block: Block) -> tuple[Block, Posed, Rows, Summary]:
        posed, rows = evaluated(problem, block)
        return block, posed, rows, summarize(rows)

    for (block, posed, rows, part), before in in_order(table, work, threads_of(call, table)):
        total += part
        if shown < SHOWN and len(rows.loss):
            pieces.append(Piece(posed, rows, before))
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
    return replace(answer, record=record, grids=(Grid(rows, ("row", "loss")), *answer.grids), notes=(*answer.notes, *notes))


def _with_verdict(answer: Report, verdict: Verdict, problem: Problem, read: Read, call: Call) -> Report:
    grids = [Grid((_sentence(verdict, unit_name(problem.settings.base), call),))]
    if verdict.fits:
        grids.append(Grid(tuple(row for fit in verdict.fits for row in _fit_rows(fit, verdict, call)), _HEADER))
    elif not verdict.ok:
        grids += _to_compare(problem, read, call)
    notes = tuple(_remarks(verdict, read, call))
    record: dict[str, Any] = {"expect": _record(verdict)}
    if call.format in (Format.CSV, Format.TSV):
        ids = " ".join(fit.id for fit in verdict.fits)
        record |= {"expected": call.expect, "ok": "yes" if verdict.ok else "no", "consistent_with": ids}
    return _extended(answer, tuple(grids), notes, record)


_HEADER = ("consistent with", "value", "which means")


def _sentence(verdict: Verdict, unit: str, call: Call) -> tuple[object, ...]:
    text = (call.expect or "").strip()
    if len(verdict.given) > 1:
        return ("expected", _shortened(text), _list_sentence(verdict, call))
    typed = verdict.given[0]
    shown = f"the {call.reduction.value} is {_digits(typed, float(verdict.right), call.digits)} {unit}"
    if not verdict.ok:
        return ("expected", text, f"wrong: {shown}")
    if typed.decimals is None or typed.exact is None:
        return ("expected", text, f"right: {shown}")
    low, high = (f"{float(typed.exact + sign * typed.half):.12g}" for sign in (-1, 1))
    return ("expected", text, f"right: {shown}, and {text} stands for {low} to {high}")


def _list_sentence(verdict: Verdict, call: Call) -> str:
    if verdict.ok:
        return f"right: all {len(verdict.given)} numbers are"
    values = np.ravel(verdict.right)
    wrong = [at for at, (one, value) in enumerate(zip(verdict.given, values, strict=True)) if not one.fits(float(value))]
    first = wrong[0]
    shown = _digits(verdict.given[first], float(values[first]), call.digits)
    count = f"{len(wrong)} of {len(values)} numbers are wrong"
    return f"wrong: {count}; the first is number {first + 1}, {verdict.given[first].text}, and it should be {shown}"


def _shortened(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _digits(typed: Typed, value: float, digits: int) -> str:
    """A value to so many digits that it can be told from what was typed."""
    short = f"{value:.{digits}g}"
    finer = f"{value:.{min(max(digits, len(typed.text)) + 1, 17)}g}"
    return short if typed.fits(float(short)) == typed.fits(value) else finer


def _fit_rows(fit: Any, verdict: Verdict, call: Call) -> list[tuple[object, ...]]:
    value = "" if len(verdict.given) > 1 else _digits(verdict.given[0], float(fit.value), call.digits)
    return [(fit.id, value, fit.meaning), ("", "", f"cure: {fit.cure}")]


def _to_compare(problem: Problem, read: Read, call: Call) -> list[Grid]:
    """What to hold against one's own work when no mistake is known that gives the typed answer."""
    found, terms = figures(problem, read.summary), first_terms(problem, read.pieces, COMPARED)
    if call.explain:
        return []
    grids = [term_grid(terms, found.n - len(terms))]
    return grids if call.reduction is Reduction.NONE else [*grids, working(problem, found, terms, call.digits)]


def _remarks(verdict: Verdict, read: Read, call: Call) -> list[str]:
    if verdict.ok:
        return []
    text, said = _shortened((call.expect or "").strip()), []
    if not verdict.fits:
        said.append(f"no mistake that is known here gives {text} on these data; compare your work with the terms above")
    if len(verdict.fits) > 1 and any(one.few_digits for one in verdict.given):
        said.append(f"{len(verdict.fits)} mistakes fit {text}, which has few digits; give more digits to tell them apart")
    if all_fit(verdict.given, verdict.right, units=2):
        said.append(f"{text} is less than one unit of its last digit off: was the answer cut off where it should be rounded?")
    if any(isnan(one.special) for one in verdict.given):
        said.append("nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0")
    if read.blocks is None:
        said.append("the table has over a million rows: the diagnosis uses its summary figures only")
    return said


def _record(verdict: Verdict) -> dict[str, Any]:
    one = len(verdict.given) == 1
    numbers = [float(given.exact) if given.exact is not None else given.special for given in verdict.given]
    tolerances = [float(given.half) for given in verdict.given]
    fits = [
        {"id": fit.id, "value": _plain(fit.value), "meaning": fit.meaning, "cure": fit.cure} for fit in verdict.fits
    ]
    return {
        "given": numbers[0] if one else numbers,
        "ok": verdict.ok,
        "tolerance": tolerances[0] if one else tolerances,
        "consistent_with": fits,
    }


def _plain(value: Figure) -> float | list[float]:
    return [float(x) for x in value] if isinstance(value, np.ndarray) and value.ndim else float(value)


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
