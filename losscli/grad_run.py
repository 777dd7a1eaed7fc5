"""What `grad` does for a table or lists: the gradient of every row, streamed. Returns whether the answer is yes."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from math import inf, isfinite, log

from losscli.call import Call, refuse_contradictions, request_of, settings_of
from losscli.differences import LARGEST_STEP
from losscli.errors import Declined
from losscli.evaluate import in_order, refuse_nothing
from losscli.grad_check import TOLERANCE
from losscli.grad_stream import Ask, Found, Size, Spool, enlarged, found_in, spool_file
from losscli.gradients import kernel_of
from losscli.kinds import Reduction, Scale
from losscli.options import GradOptions, Method, Wrt
from losscli.problem import Problem, pose_problem
from losscli.reading.blocks import Block, Table
from losscli.reading.door import open_data
from losscli.run import threads_of
from losscli.summary import EMPTY, Summary, divisor


@dataclass
class Totals:
    """What is known of a gradient when the whole table is read."""

    summary: Summary = EMPTY
    error: float = 0.0
    error_row: int | None = None
    unjudged: int = 0


@dataclass(frozen=True)
class Answer:
    """A gradient found: the problem, its figures, and the spool that holds its rows."""

    problem: Problem
    table: Table
    ask: Ask
    totals: Totals
    head: tuple[tuple[Block, int], ...]
    spool: Spool
    divisor: float
    size: Size

    @property
    def ok(self) -> bool:
        """Whether both methods agree, as far as both were asked for."""
        return self.totals.error <= TOLERANCE


def run_grad(call: Call, options: GradOptions) -> bool:
    """Print the gradient that was asked for; False when `--check` finds that the methods disagree."""
    refuse_contradictions(call)
    refuse_options(options)
    if options.wrt is Wrt.PARAMS:
        from losscli.grad_params import run_params

        return run_params(call, options)
    settings, request = settings_of(call), request_of(call)
    ask = _ask(call, options)
    table = open_data(request)
    with closing(table), spool_file() as file:
        problem = pose_problem(settings, table)
        kernel_of(problem, ask.by)
        answer = _answer(problem, table, ask, call, Spool(file))
        from losscli.grad_print import print_rows

        print_rows(answer, call, numeric=options.method is Method.NUMERIC)
    return answer.ok


def refuse_options(options: GradOptions) -> None:
    """Options of a gradient that contradict each other."""
    if options.step is not None:
        if options.method is Method.ANALYTIC and not options.check:
            raise Declined("--step is for differences; add --method numeric or --check")
        if not 0.0 < options.step < inf:
            raise Declined(f"--step: {options.step:g} is not a step; it is above 0 and finite")
    for name, given in (("features", options.features), ("theta", options.theta), ("no-intercept", options.no_intercept)):
        if given and options.wrt is not Wrt.PARAMS:
            raise Declined(f"--{name} is for gradients by parameters; add --wrt params")


def _ask(call: Call, options: GradOptions) -> Ask:
    by = Scale(options.wrt.value) if options.wrt else call.from_
    if options.step is not None and by is Scale.PROBS and options.step > LARGEST_STEP:
        raise Declined(f"--step: {options.step:g} is too long by probabilities; at most {LARGEST_STEP:g}")
    numeric = options.method is Method.NUMERIC
    return Ask(by, options.check or not numeric, options.check or numeric, options.step)


SHOWN_ROWS = 20  # in a table; the machine formats and --quiet print every row


def _answer(problem: Problem, table: Table, ask: Ask, call: Call, spool: Spool) -> Answer:
    totals, head, shown = Totals(), [], 0

    def work(block: Block) -> Found:
        return found_in(problem, block, ask)

    for found, before in in_order(table, work, threads_of(call, table)):
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
    return (divisor(summary) if mean else 1.0) * (log(problem.settings.base) if problem.settings.base else 1.0)


def _count(totals: Totals, found: Found, before: int) -> None:
    totals.summary += found.summary
    if found.comparison is None or not len(found.comparison.error):
        return
    at = int(found.comparison.error.argmax())
    error = float(found.comparison.error[at])
    if totals.error_row is None or error > totals.error:
        totals.error, totals.error_row = error, int(found.block.row[at]) + before + 1
    totals.unjudged += int(found.comparison.unjudged.sum())


def complain(call: Call, warnings: Sequence[str]) -> None:
    """Say on standard error what the user must know."""
    for warning in warnings:
        sys.stderr.write(f"losscli grad {call.loss.name}: {warning}\n")


def as_figure(value: float) -> str:
    """A number of JSON: the shortest text that reads back to it, null where it is not finite."""
    return repr(value) if isfinite(value) else "null"
