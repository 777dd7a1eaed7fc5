"""What the loss commands do: read, evaluate, report. Returns whether the answer is yes; writes to standard output."""

from losscli.commands.call import Call, refuse_contradictions, request_of, settings_of
from losscli.enums import Reduction
from losscli.evaluation.evaluate import summary_of
from losscli.evaluation.problem import Problem, problem_of
from losscli.output.emit import emit, threads_of
from losscli.output.progress import watched
from losscli.reading.blocks import Table
from losscli.reading.open import open_data
from losscli.reports.loss import report


def run_loss(call: Call) -> bool:
    """Print the loss that was asked for; False when it is above the limit that was given."""
    refuse_contradictions(call)
    if call.expect is not None or call.explain:
        from losscli.expect.loss import refuse_unsuitable

        refuse_unsuitable(call)
    settings, request = settings_of(call), request_of(call)
    table = watched(open_data(request))
    try:
        return _answered(problem_of(settings, table), table, call)
    finally:
        table.close()


def _answered(problem: Problem, table: Table, call: Call) -> bool:
    if call.expect is not None or call.explain:
        from losscli.expect.loss import run_checked

        return run_checked(problem, table, call)
    if call.reduction is Reduction.NONE:
        from losscli.reports.rows import stream_losses

        stream_losses(problem, table, call)
        return True
    summary = summary_of(problem, table, full=not call.quiet, threads=threads_of(call, table))
    answer = report(problem, summary, table)
    emit(answer, call)
    return call.fail_above is None or answer.answer <= call.fail_above
