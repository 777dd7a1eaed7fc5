"""What the loss commands do: read, evaluate, report. Returns whether the answer is yes; writes to standard output."""

import os
import sys
from collections.abc import Sequence

from losscli.call import Call, refuse_contradictions, request_of, settings_of
from losscli.evaluate import summary_of
from losscli.kinds import Format, Reduction
from losscli.problem import Problem, pose_problem
from losscli.reading.blocks import Table
from losscli.reading.door import open_data
from losscli.report import Report, report


def run_loss(call: Call) -> bool:
    """Print the loss that was asked for; False when it is above the limit that was given."""
    refuse_contradictions(call)
    settings, request = settings_of(call), request_of(call)
    table = open_data(request)
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


def emit(answer: Report, call: Call) -> None:
    """Print a report in the format of the call; what its format has no place for goes to standard error."""
    if call.quiet:
        sys.stdout.write(f"{answer.answer!r}\n")
    elif call.format is Format.TABLE:
        from losscli.render import print_table

        print_table(answer, call.digits)
    else:
        from losscli.render import rendered

        sys.stdout.write(rendered(answer, call.format, call.digits))
    if call.quiet or call.format in (Format.CSV, Format.TSV):
        warn(call, answer.warnings)


def warn(call: Call, warnings: Sequence[str]) -> None:
    """Say on standard error what the user must know."""
    for warning in warnings:
        sys.stderr.write(f"losscli {call.loss.name}: {warning}\n")


def threads_of(call: Call, table: Table) -> int:
    """The number of threads: as asked, else as many as there are processors; a list wants no threads."""
    if table.streamed is False:
        return 1
    if call.threads is not None:
        return call.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
