"""An answer checked against a typed one, and shown with its work. The rule: rows are held only while they are needed.

Up to a million rows stay in memory for the diagnosis of a wrong answer; beyond, the figures of the summary must do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Table
from losscli.enums import Reduction
from losscli.errors import DataError
from losscli.evaluation.evaluate import evaluated, in_order, refuse_nothing
from losscli.evaluation.figures import Figures
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.homework.expect.mistakes import candidates, families, from_summary
from losscli.homework.expect.mistakes.case import Array, Case, Figure, case_of, known
from losscli.homework.expect.mistakes.entry import Candidate
from losscli.homework.expect.mistakes.family import Family
from losscli.homework.expect.typed import Expected
from losscli.homework.expect.verdict import Verdict, is_right, judged
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
from losscli.homework.explain.loss import Piece, first_terms, term_grid, working
from losscli.output.emit import Printing
from losscli.output.report import Grid, Report
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

MOST_ROWS = 1_000_000

SMALL = 50  # observations: where there are fewer, all are shown when nothing is known of a wrong answer

COMPARED = 20  # those shown of a larger table

LISTED = 100  # rows of a table; the machine formats have them all


@dataclass(frozen=True)
class Read:
    """What one walk over the table leaves: the summary, the first rows at work, the blocks of all but large tables."""

    summary: Summary
    pieces: tuple[Piece, ...]
    blocks: tuple[Block, ...] | None


def read_rows(problem: Problem, table: Table, wanted: bool) -> Read:
    """One walk over the table; rows are held where they are `wanted` and a million at most."""
    total, pieces, kept, shown = EMPTY, [], [], 0

    def work(block: Block) -> tuple[Block, Prepared, Rows, Summary]:
        prepared, rows = evaluated(problem, block)
        return block, prepared, rows, summarize(rows)

    for (block, prepared, rows, part), before in in_order(table, work):
        total += part
        if shown < SMALL and len(rows.loss):
            pieces.append(Piece(prepared, rows, before))
            shown += len(rows.loss)
        if wanted and total.n <= MOST_ROWS:
            kept.append(block)
        elif kept:
            kept.clear()
    refuse_nothing(problem, total, table.name)
    return Read(total, tuple(pieces), tuple(kept) if wanted and total.n <= MOST_ROWS else None)


def row_losses(problem: Problem, read: Read) -> Array:
    """The weighted loss of each row, in the unit of the answer."""
    if read.blocks is None:
        raise DataError("-r none with --expect or --explain holds a million rows at most; this table has more")
    return np.asarray(_case(problem, read).known.answer)


def _case(problem: Problem, read: Read) -> Case:
    return case_of(problem, read.blocks or (), read.summary)


@dataclass(frozen=True)
class Solution:
    """A question solved: the right answer, and what mistakes would give, found when first asked for."""

    problem: Problem
    read: Read
    right: Figure

    @cached_property
    def singles(self) -> tuple[Candidate, ...]:
        """What one mistake would give."""
        if not self.problem.settings.loss.log_loss:
            return ()
        if self.read.blocks is None:
            return tuple(from_summary(known(self.problem, self.read.summary)))
        return tuple(candidates(self._case))

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """What a slip in one row and two mistakes would give."""
        hidden = self.read.blocks is None or not self.problem.settings.loss.log_loss
        return () if hidden else tuple(families(self._case, self.singles))

    @cached_property
    def _case(self) -> Case:
        return _case(self.problem, self.read)


def judge(solution: Solution, expected: Expected) -> Verdict:
    """The verdict on a typed answer."""
    settings, right = solution.problem.settings, solution.right
    given = typed_numbers(expected, settings.reduction is Reduction.NONE, settings.unit_name)
    count = np.size(right)
    if len(given) != count:
        raise DataError(f"--expect gives {len(given)} numbers, and the answer has {count}")
    if is_right(given, right):
        return judged(given, right, ())
    return judged(given, right, solution.singles, solution.families)


# --- the report -----------------------------------------------------------------------------------------------------
def extended(answer: Report, grids: tuple[Grid, ...], notes: tuple[str, ...], record: Mapping[str, Any]) -> Report:
    """The report with more grids, notes and entries of the record."""
    return replace(
        answer,
        grids=(*answer.grids, *grids),
        notes=(*answer.notes, *notes),
        record={**answer.record, **record, "notes": [*answer.record["notes"], *notes]},
    )


def with_losses(answer: Report, losses: Array) -> Report:
    """The report with the loss of each row in place of one value."""
    rows = tuple((at, loss) for at, loss in enumerate(losses[:LISTED].tolist(), 1))
    more = len(losses) - len(rows)
    rest = {key: value for key, value in answer.record.items() if key != "value"}
    record = {"loss": rest.pop("loss"), "losses": losses.tolist(), **rest}
    notes = (f"{more} more rows; -f json prints them all",) if more > 0 else ()
    return replace(
        answer,
        record=record,
        grids=(Grid(rows, ("row", "loss")), *answer.grids),
        notes=(*answer.notes, *notes),
        numbers=tuple((loss,) for loss in losses.tolist()),
    )


def with_verdict(
    answer: Report, verdict: Verdict, expected: Expected, problem: Problem, read: Read, printing: Printing
) -> Report:
    """The report with the verdict on a typed answer."""
    text, s, hidden = shortened(expected.text), problem.settings, expected.hidden
    what = "" if hidden else s.reduction.value
    grids = [
        Grid(
            (("expected", text, sentence(verdict, what, s.unit_name, printing.digits)),), right=verdict.ok, wrapped=True
        )
    ]
    if verdict.fits:
        grids.append(fit_grid(verdict, printing.digits, hidden))
    elif not verdict.ok and not hidden:
        grids += _to_compare(problem, read, printing)
    advice = "" if hidden else "; compare your work with the terms above"
    notes = tuple(remarks(verdict, text, s.unit_name, advice))
    if read.blocks is None and not verdict.ok:
        notes += ("the table has over a million rows: the diagnosis uses its summary figures only",)
    record: dict[str, Any] = {"expect": verdict_record(verdict, hidden)}
    told = extended(concealed(answer) if hidden else answer, tuple(grids), notes, record)
    return replace(told, flat=flat_record(verdict, expected))


def _to_compare(problem: Problem, read: Read, printing: Printing) -> list[Grid]:
    """What to hold against one's own work when no mistake is known that gives the typed answer."""
    found = Figures(problem, read.summary)
    terms = first_terms(problem, read.pieces, found.n if found.n < SMALL else COMPARED)
    if printing.explain:
        return []
    grids = [term_grid(terms, found.n - len(terms))]
    return (
        grids
        if problem.settings.reduction is Reduction.NONE
        else [*grids, working(problem, found, terms, printing.digits)]
    )
