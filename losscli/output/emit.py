"""Where answers go: a report to standard output as asked, warnings to standard error."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from losscli.errors import DataError, UsageError
from losscli.output.formats import BARE, FORMATS, Writer
from losscli.output.streams import for_a_reader, say

if TYPE_CHECKING:
    from losscli.output.report import Report, RowReport


class Printing(NamedTuple):
    """How an answer is printed; `command` is what messages begin with, as in `losscli grad bce`."""

    command: str
    format: str = "table"
    quiet: bool = False
    digits: int = 6
    explain: bool = False
    save: str | None = None

    @property
    def is_bare(self) -> bool:
        """Whether nothing is printed but numbers, and nothing else is kept."""
        return self.quiet and self.save is None

    @property
    def writer(self) -> Writer:
        """What writes the answer."""
        return BARE if self.quiet else FORMATS[self.format]


def emit(answer: Report, printing: Printing) -> None:
    """Print a report as asked; what its format has no place for goes to standard error."""
    whole = printing.writer.report
    if whole is None:
        raise UsageError(f"--format {printing.format} prints answers by rows only")
    if printing.save is not None:
        from losscli.output.save import save

        save(answer, printing.digits, printing.save, printing.command)
    with for_a_reader():
        sys.stdout.write(whole(answer, printing.digits))
    if not printing.writer.notes:
        warn_beside(answer, printing)


def emit_rows(answer: RowReport, printing: Printing) -> Report:
    """Print an answer by rows, nothing of it before the last row is sound, and return its report."""
    refuse_rows(printing)
    from losscli.output.whole import copy_out, spool_file

    assert printing.writer.rows is not None
    answer = replace(answer, report=cache(answer.report))
    with spool_file() as spool:
        try:
            for piece in printing.writer.rows(answer, printing.digits):
                spool.write(piece)
            report = answer.report()
        except OSError as error:
            raise DataError(f"the output can't be stored: {(error.strerror or str(error)).lower()}") from None
        copy_out(spool)
    if not printing.writer.notes:
        warn_beside(report, printing)
    return report


def refuse_rows(printing: Printing) -> None:
    """Refuse a format that has no answers by rows."""
    if printing.writer.rows is None:
        raise UsageError(f"--format {printing.format} has no place for an answer by rows")


def warn_beside(answer: Report, printing: Printing) -> None:
    """Say on standard error what users must know."""
    for warning in (*answer.warnings, *(() if printing.quiet else answer.aside)):
        say(f"{printing.command}: {warning}\n")
