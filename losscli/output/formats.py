"""The formats of answers: one writer each, for whole reports and for answers by rows. Adding one is one entry here.

The rule: a writer gives all of the text, the same for a terminal and a pipe but for colour. What a writer lacks is
None, and asking for it is refused. Machine formats print the shortest text that reads back to the same float.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.errors import printable_line
from losscli.output.cells import exact, pretty

if TYPE_CHECKING:
    from losscli.output.report import Column, Report, RowReport

Whole = Callable[["Report", int], str]  # a report and significant digits -> its text

ByRow = Callable[["RowReport", int], Iterator[bytes]]  # the same for an answer by rows, in pieces of UTF-8


class Writer(NamedTuple):
    """A format: how it writes reports and answers by rows (None: it doesn't), and what it has a place for.

    Without a place for `notes`, they go to standard error. A writer that takes `nested` records shows the work of
    --explain; one whose `rows` end with the `figures` of all of them wants these computed. One for people shows
    `pictures`.
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
    """The value with non-finite floats as None and whole base numbers as they are."""
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
    """The lists first, as they come, and behind them the rest of the record."""
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
    """Numbers, or lists of them where there are several columns, without the brackets around all."""
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
    """The table of a report, or a line of names and one of values; what isn't a single value is left to JSON."""
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
    """Rows as delimited text, which can't steer a terminal."""
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([exact(cell) for cell in row] for row in rows)
    return out.getvalue()


def _quoted(column: Column, delimiter: str) -> Column:
    """Words as they stand between delimiters."""
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


def markdown(report: Report, digits: int) -> str:
    """The report as Markdown tables, formulas in LaTeX, pictures as they are; text is never read as markup."""
    parts = [f"**{escaped(report.title)}**"]
    for grid in report.grids:
        header = grid.header or ("figure", "value", "") if grid.rows else ()
        rows = (header, *filter(None, grid.rows))
        cells = [[_cell(cell, digits) for cell in row] for row in rows]
        cells.insert(1, ["---"] * len(header))
        parts.append("\n".join("| " + " | ".join(row) + " |" for row in cells))
    parts += ["\n".join((escaped(one.title), "", "```", *one.lines, "```")) for one in report.pictures]
    parts += [f"- {escaped(note)}" for note in report.notes]
    return "\n\n".join(parts) + "\n"


def _cell(cell: object, digits: int) -> str:
    from losscli.output.formula import Formula, latex

    if not isinstance(cell, Formula):
        return escaped(pretty(cell, digits))
    parts = (f"${latex(printable_line(part))}$" for part in cell.parts)
    return escaped(cell.words).format(*parts)


_MARKUP = r"[\\`*_~$|]|<(?=[A-Za-z/!?])|&(?=#?\w)|\](?=[(:\[])"


def escaped(text: str) -> str:
    """A line of text as Markdown shows it again."""
    return re.sub(_MARKUP, r"\\\g<0>", printable_line(text))


def for_people(whole: Whole) -> Writer:
    """A format that shows the first rows of an answer by rows, as one more grid of its report."""

    def by_row(rows: RowReport, digits: int) -> Iterator[bytes]:
        from losscli.output.people import first_rows, with_rows

        grid, count = first_rows(rows)
        yield whole(with_rows(rows.report(), grid, count), digits).encode("utf-8", "surrogateescape")

    return Writer(whole, by_row, pictures=True)


FORMATS: dict[str, Writer] = {
    "table": for_people(_table),
    "json": Writer(_json, _json_rows),
    "csv": separated(","),
    "tsv": separated("\t"),
    "md": for_people(markdown),
}

BARE = Writer(_bare, _bare_rows, notes=False, nested=False, figures=False)  # what --quiet prints
