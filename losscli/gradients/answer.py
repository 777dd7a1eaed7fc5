"""A gradient found: every row of a table or of lists goes through its kernel, into a spool. Nothing is printed here."""

from dataclasses import dataclass

import numpy as np

from losscli.data.blocks import Block, Table
from losscli.enums import Reduction, Scale
from losscli.evaluation.evaluate import in_order, refuse_nothing
from losscli.evaluation.prepare import Array, Prepared, prepare
from losscli.evaluation.problem import Problem
from losscli.gradients.check import TOLERANCE
from losscli.gradients.rows import AnalysisResult, Ask, Held, Spool, analyze
from losscli.gradients.size import Size, enlarged
from losscli.losses.functions import inverse_link
from losscli.statistics.summary import EMPTY, Summary, divisor


@dataclass
class _Totals:
    """What is known of a gradient when the whole table is read."""

    summary: Summary = EMPTY
    error: float = 0.0
    error_row: int | None = None
    inconclusive: int = 0


@dataclass(frozen=True)
class Answer:
    """A gradient found: the problem, its figures, and the spool that holds its rows."""

    problem: Problem
    table: Table
    ask: Ask
    totals: _Totals
    head: tuple[tuple[Block, int], ...]
    spool: Spool
    divisor: float
    size: Size

    def chosen(self, piece: Held) -> Array:
        """The slopes that are the answer: those by formula, or by differences where only these were asked for."""
        return piece.slope if self.ask.analytic else piece.numeric

    @property
    def ok(self) -> bool:
        """Whether both methods agree, as far as both were asked for."""
        return self.totals.error <= TOLERANCE

    @property
    def checked(self) -> bool:
        """Whether both methods were asked for."""
        return self.ask.analytic and self.ask.numeric


SHOWN_ROWS = 20  # in a table; the machine formats and --quiet print every row


def answered(problem: Problem, table: Table, ask: Ask, spool: Spool) -> Answer:
    """The gradient of all rows of a table, its rows in the spool."""
    totals, head, shown = _Totals(), [], 0

    def work(block: Block) -> AnalysisResult:
        return analyze(problem, block, ask)

    for found, before in in_order(table, work):
        _count(totals, found, before)
        spool.add(found, before)
        if shown < SHOWN_ROWS:
            head.append((found.block, before))
            shown += len(found.block.row)
    refuse_nothing(problem, totals.summary, table.name)
    whole = divided_by(problem, totals.summary)
    size = Size()
    for piece in spool.pieces():
        slope = piece.slope if ask.analytic else piece.numeric
        size = enlarged(size, piece.row, slope / whole)
    return Answer(problem, table, ask, totals, tuple(head), spool, whole, size)


def divided_by(problem: Problem, summary: Summary) -> float:
    """What the slopes are divided by: the divisor of the mean, and the logarithm of the base."""
    mean = problem.settings.reduction is Reduction.MEAN
    return (divisor(summary) if mean else 1.0) * problem.settings.log_base


def _count(totals: _Totals, found: AnalysisResult, before: int) -> None:
    totals.summary += found.summary
    if found.comparison is None or not len(found.comparison.error):
        return
    at = int(found.comparison.error.argmax())
    error = float(found.comparison.error[at])
    if totals.error_row is None or error > totals.error:
        totals.error, totals.error_row = error, int(found.block.row[at]) + before + 1
    totals.inconclusive += int(found.comparison.inconclusive.sum())


def prepared_rows(answer: Answer) -> list[Prepared]:
    """The first blocks as the kernel takes them."""
    return [prepare(answer.problem, block) for block, _ in answer.head]


def two_scales(conditioned: Array, scale: Scale) -> tuple[Array, Array]:
    """Predictions as probabilities and as logits."""
    with np.errstate(divide="ignore"):  # certainties have infinite logits
        if scale is Scale.LOGITS:
            return inverse_link(conditioned), conditioned
        p = conditioned if scale is Scale.PROBS else np.exp(conditioned)
        return p, np.log(p) - (np.log1p(-p) if conditioned.ndim == 1 else 0.0)
