"""A loss checked against a typed answer.

The diagnosis of a wrong answer needs the rows in memory, a million at most; for more it has only the summary.
"""

from collections.abc import Collection
from functools import cached_property

import numpy as np

from losscli.data.blocks import Block
from losscli.data.table import Table
from losscli.enums import Reduction
from losscli.errors import DataError, plural
from losscli.evaluation.evaluate import Figures, evaluated, in_order, refuse_nothing
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.homework.evaluated_rows import EvaluatedBlock, EvaluatedRows, Numbers, evaluated_rows, summary_figures
from losscli.homework.mistakes import many_mistakes, mistakes_on_rounded_data, single_mistakes, summary_mistakes
from losscli.homework.mistakes.candidate import Candidate, CandidateArray
from losscli.homework.typed import Expected, expected_numbers
from losscli.homework.verdict import Verdict, verdict_by_mistakes, verdict_by_right
from losscli.records import record
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

MOST_ROWS = 1_000_000

SMALL = 50  # a wrong answer without a known mistake shows all terms of a table with fewer observations


@record
class Solution:
    """A question solved: the summary, the first blocks evaluated, and all blocks unless the table is large.

    The numbers that mistakes would give are computed when they are first needed.
    """

    problem: Problem
    summary: Summary
    first: tuple[EvaluatedBlock, ...]
    blocks: tuple[Block, ...] | None

    @cached_property
    def figures(self) -> Figures:
        """The figures of the summary."""
        return Figures(self.problem, self.summary)

    @cached_property
    def rows(self) -> EvaluatedRows:
        """All rows."""
        if self.blocks is None:
            raise DataError("-r none with --expect or --explain holds a million rows at most; this table has more")
        return evaluated_rows(self.problem, self.blocks)

    @cached_property
    def right(self) -> Numbers:
        """The right answer: a number, or with -r none the weighted loss of each row."""
        if self.problem.settings.reduction is Reduction.NONE:
            return np.asarray(self.rows.figures.answer)
        return self.figures.value

    @cached_property
    def band(self) -> Numbers:
        """How far the answer may be off because the data were rounded; 0 for exact data."""
        return 0.0 if self.blocks is None else self.rows.band

    @cached_property
    def singles(self) -> tuple[Candidate, ...]:
        """The numbers that one mistake would give."""
        if not self.problem.settings.loss.log_loss:
            return ()
        if self.blocks is None:
            return tuple(summary_mistakes(summary_figures(self.problem, self.summary)))
        return tuple(single_mistakes(self.rows))

    @cached_property
    def rounded(self) -> tuple[Candidate, ...]:
        """The same with how far each may be off because the data were rounded; none for exact data."""
        return () if self.blocks is None or not self.singles else tuple(mistakes_on_rounded_data(self.rows))

    @cached_property
    def arrays(self) -> tuple[CandidateArray, ...]:
        """The numbers that an error in one row and two mistakes would give."""
        if self.blocks is None or not self.problem.settings.loss.log_loss:
            return ()
        return tuple(many_mistakes(self.rows, self.singles))


def solve(problem: Problem, table: Table, hold_rows: bool, scores: Collection[str] = ()) -> Solution:
    """Evaluate the table in one pass; `hold_rows` keeps its blocks, up to a million rows."""
    total, first, kept, shown = EMPTY, [], [], 0

    def work(block: Block) -> tuple[Block, Prepared, Rows, Summary]:
        prepared, rows = evaluated(problem, block, scores)
        return block, prepared, rows, summarize(rows)

    for (block, prepared, rows, part), before in in_order(table, work):
        total += part
        if shown < SMALL and len(rows.loss):
            first.append(EvaluatedBlock(prepared, rows, before))
            shown += len(rows.loss)
        if hold_rows and total.n <= MOST_ROWS:
            kept.append(block)
        elif kept:
            kept.clear()
    refuse_nothing(problem, total, table.name)
    return Solution(problem, total, tuple(first), tuple(kept) if hold_rows and total.n <= MOST_ROWS else None)


def judge(solution: Solution, expected: Expected) -> Verdict:
    """The verdict on a typed answer."""
    settings, right = solution.problem.settings, solution.right
    given = expected_numbers(expected, settings.reduction is Reduction.NONE, settings.unit_name)
    if len(given) != np.size(right):
        raise DataError(f"--expect gives {plural(len(given), 'number')}, but the answer has {np.size(right)}")
    by_right = verdict_by_right(given, right, lambda: solution.band)
    return by_right or verdict_by_mistakes(given, right, solution.singles, solution.arrays, lambda: solution.rounded)
