"""Where answers go: a report to standard output as asked, warnings to standard error."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from losscli.enums import Format
from losscli.output.report import Report
from losscli.output.streams import for_a_reader, say


@dataclass(frozen=True)
class Printing:
    """How an answer is printed; `command` is what messages begin with, as in `losscli grad bce`."""

    command: str
    format: Format = Format.TABLE
    quiet: bool = False
    digits: int = 6
    explain: bool = False

    @property
    def for_people(self) -> bool:
        """Whether tables are printed, which have a place for everything."""
        return not self.quiet and self.format in (Format.TABLE, Format.MD)

    @property
    def separated(self) -> bool:
        """Whether delimited text is printed, which has a place for values alone."""
        return self.format in (Format.CSV, Format.TSV)

    @property
    def delimiter(self) -> str:
        """What stands between cells of delimited text."""
        return "\t" if self.format is Format.TSV else ","


def emit(answer: Report, printing: Printing) -> None:
    """Print a report as asked; what its format has no place for goes to standard error."""
    with for_a_reader():
        _print(answer, printing)
    if printing.quiet or printing.separated:
        warn(printing, answer.warnings)


def _print(answer: Report, printing: Printing) -> None:
    if printing.quiet:
        sys.stdout.write(f"{answer.answer!r}\n")
    elif printing.format is Format.TABLE:
        from losscli.output.formats import print_table

        print_table(answer, printing.digits)
    else:
        from losscli.output.formats import rendered

        sys.stdout.write(rendered(answer, printing.format, printing.digits))


def warn(printing: Printing, warnings: Sequence[str]) -> None:
    """Say on standard error what the user must know."""
    for warning in warnings:
        say(f"{printing.command}: {warning}\n")
