"""Where answers go: a report to standard output in the format of the call, warnings to standard error."""

import codecs
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from typing import IO

from losscli.call import Call
from losscli.kinds import Format
from losscli.reading.blocks import Table
from losscli.report import Report

SPOOL_BYTES = 1 << 23


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


def spool_file() -> "tempfile.SpooledTemporaryFile[bytes]":
    """Bytes held back until all of them are sound: in memory, beyond a few megabytes in a temporary file."""
    return tempfile.SpooledTemporaryFile(SPOOL_BYTES)


def copy_out(spool: IO[bytes]) -> None:
    """Write all that a spool holds, UTF-8, to standard output: as it is, or in the encoding that is asked for there."""
    spool.seek(0)
    sys.stdout.flush()
    if codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8":
        shutil.copyfileobj(spool, sys.stdout.buffer, 1 << 18)
    else:
        shutil.copyfileobj(codecs.getreader("utf-8")(spool, "surrogateescape"), sys.stdout, 1 << 18)


def threads_of(call: Call, table: Table) -> int:
    """The number of threads: as asked, else as many as there are processors; a list wants no threads."""
    if table.streamed is False:
        return 1
    if call.threads is not None:
        return call.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
