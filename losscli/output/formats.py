"""Prints an answer: its report to standard output in the chosen format, its warnings to standard error.

A format is a writer of whole reports and of answers by rows: an entry in `FORMATS`. It writes the same text to a
terminal and to a pipe, except for colours. Machine formats print the shortest text that reads back to the same float.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.errors import DataError, UsageError
from losscli.output.cells import exact
from losscli.output.streams import for_a_reader, say

if TYPE_CHECKING:
    from losscli.output.report import Column, Report, RowReport

Whole = Callable[["Report", int], str]  # a report and significant digits -> its text

ByRow = Callable[["RowReport", int], Iterator[bytes]]  # the same for an answer by rows, in pieces of UTF-8


class Writer(NamedTuple):
    """A format: how it writes reports and answers by rows (None: it refuses them), and what it shows.

    Warnings go to standard error where it doesn't show `notes`. `nested` says that it shows the work of --explain,
    `figures` that an answer by rows ends with the figures of all rows, `pictures` that it is for people.
    """

    report: Whole | None
    rows: ByRow | None = None
    notes: bool = True
    nested: bool = True
    figures: bool = True
    pictures: bool = False


# --- JSON -------------------------------------------------------------------------------------------------------------
def strict_json(record: Mapping[str, Any]) -> str:
    """JSON without NaN or Infinity: non-finite numbers are null."""
    import json

    return json.dumps(strict(record), indent=2, allow_nan=False)


def strict(value: Any) -> Any:
    """The value with None for floats that are not finite."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: strict(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [strict(part) for part in value]
    return value


def _json(report: Report, digits: int) -> str:
    return strict_json(report.record) + "\n"


def _json_rows(rows: RowReport, digits: int) -> Iterator[bytes]:
    """The lists first, piece by piece, then the rest of the record."""
    yield b"{"
    for name, columns in rows.lists.items():
        yield b'\n  "%s": [' % name.encode()
        between = b"\n    "
        for piece in rows.pieces():
            cells = _json_cells(piece[columns])
            if cells:
                yield between + cells
                between = b",\n    "
        yield b"\n  ],"
    rest = {name: value for name, value in rows.report().record.items() if name not in rows.lists}
    yield strict_json(rest).removeprefix("{").encode() + b"\n"


def _json_cells(columns: Sequence[Column]) -> bytes:
    """Numbers, or for several columns lists of numbers, without the brackets around all of them."""
    from losscli.output.encode import encoded

    cells = encoded(columns, b",").removesuffix(b"\n")
    for word in (b"-inf", b"inf", b"nan"):
        if word in cells:
            cells = cells.replace(word, b"null")
    if len(columns) == 1 or not cells:
        return cells.replace(b"\n", b",\n    ")
    return b"[" + cells.replace(b",", b", ").replace(b"\n", b"],\n    [") + b"]"


# --- delimited text ---------------------------------------------------------------------------------------------------
def separated(delimiter: str) -> Writer:
    """Text whose cells are separated by `delimiter`: a header and lines of values."""

    def whole(report: Report, digits: int) -> str:
        return lines(_lines_of(report), delimiter)

    def by_row(rows: RowReport, digits: int) -> Iterator[bytes]:
        from losscli.output.encode import encoded

        yield lines([rows.header], delimiter).encode("utf-8", "surrogateescape")
        for piece in rows.pieces():
            columns = [_quoted(column, delimiter) for column in piece[: len(rows.header)]]
            yield encoded(columns, delimiter.encode())

    return Writer(whole, by_row, notes=False, nested=False, figures=False)


def _lines_of(report: Report) -> Iterable[Sequence[object]]:
    """The table of a report, or a line of names and one of values; only JSON has lists."""
    if report.table is not None:
        return [report.table.header, *report.table.rows]
    single = {
        name: value
        for name, value in {**report.record, **report.flat}.items()
        if name not in LEFT_OUT and not isinstance(value, list | tuple | Mapping)
    }
    return [list(single), list(single.values())]


LEFT_OUT = ("classes", "per_class", "columns", "notes")  # lists in most records, null in some


def lines(rows: Iterable[Iterable[object]], delimiter: str) -> str:
    """Rows as delimited text, with control characters escaped."""
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([exact(cell) for cell in row] for row in rows)
    return out.getvalue()


def _quoted(column: Column, delimiter: str) -> Column:
    """Words with quotes where delimited text needs them."""
    from losscli.data.categorical import Categorical

    if not isinstance(column, Categorical):
        return column
    cells = (lines([[word, ""]], delimiter).removesuffix(f"{delimiter}\n") for word in column.categories)
    return replace(column, categories=tuple(cells))


# --- bare numbers -----------------------------------------------------------------------------------------------------
def _bare(report: Report, digits: int) -> str:
    return "".join(",".join(map(repr, row)) + "\n" for row in report.numbers or [(report.answer,)])


def _bare_rows(rows: RowReport, digits: int) -> Iterator[bytes]:
    from losscli.output.encode import encoded

    for piece in rows.pieces():
        yield encoded(piece[rows.numbers], b",")


# --- tables for people ------------------------------------------------------------------------------------------------
def _table(report: Report, digits: int) -> str:
    from losscli.output.people import table

    return table(report, digits)


def _markdown(report: Report, digits: int) -> str:
    from losscli.output.markdown import markdown

    return markdown(report, digits)


def for_people(whole: Whole) -> Writer:
    """A format that shows the first rows of an answer by rows, as one more grid of its report."""

    def by_row(rows: RowReport, digits: int) -> Iterator[bytes]:
        from losscli.output.people import with_first_rows

        yield whole(with_first_rows(rows), digits).encode("utf-8", "surrogateescape")

    return Writer(whole, by_row, pictures=True)


FORMATS: dict[str, Writer] = {
    "table": for_people(_table),
    "json": Writer(_json, _json_rows),
    "csv": separated(","),
    "tsv": separated("\t"),
    "md": for_people(_markdown),
}

BARE = Writer(_bare, _bare_rows, notes=False, nested=False, figures=False)  # what --quiet prints


# --- printing an answer --------------------------------------------------------------------------------------------
class Printing(NamedTuple):
    """How an answer is printed; `command` is what messages begin with, as in `losscli grad bce`."""

    command: str
    format: str = "table"
    quiet: bool = False
    digits: int = 6
    explain: bool = False
    save: str | None = None
    silent: bool = False  # of a typed answer with --quiet the exit code says all

    @property
    def is_bare(self) -> bool:
        """Whether only numbers are printed and nothing is saved."""
        return self.quiet and self.save is None

    @property
    def writer(self) -> Writer:
        """What writes the answer."""
        return BARE if self.quiet else FORMATS[self.format]


def emit(answer: Report, printing: Printing) -> None:
    """Save and print a report; warnings that its format doesn't show go to standard error."""
    whole = printing.writer.report
    if whole is None:
        raise UsageError(f"--format {printing.format} prints answers by rows only")
    if printing.save is not None:
        from losscli.output.save import save

        save(answer, printing.digits, printing.save, printing.command)
    if printing.silent:
        return
    with for_a_reader():
        sys.stdout.write(whole(answer, printing.digits))
    if not printing.writer.notes:
        warn_beside(answer, printing)


def emit_rows(answer: RowReport, printing: Printing) -> Report:
    """Print an answer by rows once its last row is computed, and return its report."""
    from losscli.output.whole import copy_out, spool_file

    rows = printing.writer.rows
    if rows is None:
        raise UsageError(f"--format {printing.format} has no place for an answer by rows")
    answer = replace(answer, report=cache(answer.report))
    with spool_file() as spool:
        try:
            for piece in rows(answer, printing.digits):
                spool.write(piece)
            report = answer.report()
        except OSError as error:
            raise DataError(f"the output can't be stored: {(error.strerror or str(error)).lower()}") from None
        copy_out(spool)
    if not printing.writer.notes:
        warn_beside(report, printing)
    return report


def warn_beside(answer: Report, printing: Printing) -> None:
    """Say on standard error what users must know."""
    for warning in (*answer.warnings, *answer.aside):
        say(f"{printing.command}: {warning}\n")
