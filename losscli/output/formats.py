"""A report as text: a table, JSON, CSV, TSV or Markdown. The rule: the same characters for a terminal and a pipe.

Tables are plain ASCII apart from the data, as wide as they need to be, and text from the data is escaped, never markup.
Machine formats print the shortest text that reads back to the same float.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from losscli.enums import Format
from losscli.errors import printable_line
from losscli.output.report import Grid, Report


def rendered(report: Report, form: Format, digits: int) -> str:
    """The whole text of a report; empty for a table, which goes to the terminal by `print_table`."""
    if form is Format.JSON:
        return strict_json(report.record) + "\n"
    if form is Format.MD:
        return markdown(report, digits)
    return separated(report.record, "\t" if form is Format.TSV else ",")


def strict_json(record: Mapping[str, Any]) -> str:
    """JSON without NaN or Infinity: non-finite numbers are null."""
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


NESTED = ("classes", "per_class", "columns", "notes")


def separated(record: Mapping[str, Any], delimiter: str) -> str:
    """One line of names and one of values; what isn't a single value is left to JSON."""
    single = {
        key: value for key, value in record.items() if key not in NESTED and not isinstance(value, list | Mapping)
    }
    return lines([list(single), ["" if value is None else exact(value) for value in single.values()]], delimiter)


def lines(rows: Iterable[list[str]], delimiter: str) -> str:
    """Rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def exact(value: object) -> str:
    """The shortest text that reads back to the same value."""
    return repr(value) if isinstance(value, float) else str(value)


def pretty(value: object, digits: int) -> str:
    """A number to so many significant digits; text with its control characters escaped."""
    if value is None:
        return "undefined"
    if isinstance(value, float):
        return "undefined" if value != value else f"{value:.{digits}g}"
    return printable_line(str(value))


def markdown(report: Report, digits: int) -> str:
    """The report as Markdown tables."""
    parts = [f"**{report.title}**"]
    for grid in report.grids:
        header = grid.header or ("figure", "value", "") if grid.rows else ()
        body = [[pretty(cell, digits).replace("|", "\\|") for cell in row] for row in grid.rows]
        rule = ["---"] * len(header)
        parts.append("\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *body)))
    parts += [f"- {printable_line(note)}" for note in report.notes]
    return "\n\n".join(parts) + "\n"


def print_table(report: Report, digits: int) -> None:
    """Print the report's grids with rich, each as wide as its content and never cut."""
    from rich.console import Console, Group
    from rich.text import Text

    parts: list[Any] = [Text(report.title, style="bold")]
    for at, grid in enumerate(report.grids):
        parts += ([Text("")] if at else []) + [_rich_table(grid, digits)]
    parts += [Text(f"note: {printable_line(note)}", style="yellow") for note in report.notes]
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=1 << 16, height=25)
    width = console.measure(Group(*parts)).maximum
    with console.capture() as captured:
        console.print(Group(*parts), width=width, crop=False, no_wrap=True, overflow="ignore")
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def _rich_table(grid: Grid, digits: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=bool(grid.header), header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for at in range(max(len(row) for row in grid.rows) if grid.rows else 0):
        name = Text(printable_line(grid.header[at])) if grid.header else ""
        table.add_column(name, no_wrap=True, overflow="ignore")
    for row in grid.rows:
        table.add_row(*(Text(pretty(cell, digits)) for cell in row))
    return table
