"""What the loss commands do: read, evaluate, report. Returns whether the answer is yes; writes to standard output."""

from losscli.call import Call, refuse_contradictions, request_of, settings_of
from losscli.evaluate import summary_of
from losscli.kinds import Reduction
from losscli.output import emit, threads_of
from losscli.problem import Problem, pose_problem
from losscli.progress import watched
from losscli.reading.blocks import Table
from losscli.reading.door import open_data
from losscli.report import report


def run_loss(call: Call) -> bool:
    """Print the loss that was asked for; False when it is above the limit that was given."""
    refuse_contradictions(call)
    if call.expect is not None or call.explain:
        from losscli.checked import refuse_unsuitable

        refuse_unsuitable(call)
    settings, request = settings_of(call), request_of(call)
    table = watched(open_data(request))
    try:
        return _answered(pose_problem(settings, table), table, call)
    finally:
        table.close()


def _answered(problem: Problem, table: Table, call: Call) -> bool:
    if call.expect is not None or call.explain:
        from losscli.checked import run_checked

        return run_checked(problem, table, call)
    if call.reduction is Reduction.NONE:
        from losscli.stream import stream_losses

        stream_losses(problem, table, call)
        return True
    summary = summary_of(problem, table, full=not call.quiet, threads=threads_of(call, table))
    answer = report(problem, summary, table)
    emit(answer, call)
    return call.fail_above is None or answer.answer <= call.fail_above
