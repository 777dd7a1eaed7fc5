"""Where answers go: a report to standard output in the format of the call, warnings to standard error."""

import os
import sys
from collections.abc import Sequence

from losscli.commands.call import Call
from losscli.enums import Format
from losscli.output.report import Report
from losscli.reading.blocks import Table


def emit(answer: Report, call: Call) -> None:
    """Print a report in the format of the call; what its format has no place for goes to standard error."""
    if call.quiet:
        sys.stdout.write(f"{answer.answer!r}\n")
    elif call.format is Format.TABLE:
        from losscli.output.formats import print_table

        print_table(answer, call.digits)
    else:
        from losscli.output.formats import rendered

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
