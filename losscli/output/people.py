"""Tables for people by rich, and the first rows of a long answer. The rule: as wide as their content, never cut.

Tables are plain ASCII apart from the data, and text from the data is escaped, never markup.
"""

import sys
from dataclasses import replace
from typing import IO, Any

from losscli.errors import printable_line
from losscli.output.cells import pretty
from losscli.output.report import Column, Grid, Report, RowReport
from losscli.reading.blocks import Words

SHOWN_ROWS = 100  # of an answer by rows; the machine formats and --quiet print every row


def table(report: Report, digits: int) -> str:
    """The report's grids, with colour where standard output is a terminal."""
    return text_of(report, digits, console_for(sys.stdout))


def text_of(report: Report, digits: int, console: Any) -> str:
    """The report as a console shows it, never cut."""
    parts = renderable(report, digits)
    with console.capture() as captured:
        console.print(parts, width=width_of(console, parts), crop=False, no_wrap=True, overflow="ignore")
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def console_for(file: IO[str], width: int = 1 << 16, record: bool = False) -> Any:
    """A console of rich that takes no text for markup."""
    from rich.console import Console

    return Console(file=file, markup=False, highlight=False, emoji=False, width=width, height=25, record=record)


def width_of(console: Any, parts: Any) -> int:
    """How wide something is on a console that has room for it."""
    return int(console.measure(parts).maximum)


def renderable(report: Report, digits: int) -> Any:
    """Title, grids, pictures and notes as rich shows them."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(report.title, style="bold")]
    for at, grid in enumerate(report.grids):
        parts += ([Text("")] if at else []) + [_rich_table(grid, digits)]
    for picture in report.pictures:
        parts += [Text(""), Text(picture.title), *map(Text, picture.lines)]
    parts += [Text(f"note: {printable_line(note)}", style="yellow") for note in report.notes]
    return Group(*parts)


def _rich_table(grid: Grid, digits: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, show_header=bool(grid.header), header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for at in range(max(len(row) for row in grid.rows) if grid.rows else 0):
        name = Text(printable_line(grid.header[at])) if grid.header else ""
        made.add_column(name, no_wrap=True, overflow="ignore")
    for row in grid.rows:
        made.add_row(*(Text(pretty(cell, digits)) for cell in row))
    return made


def first_rows(rows: RowReport) -> tuple[Grid, int]:
    """The first rows as people see them, and how many rows there are; all of them are walked."""
    kept: list[tuple[object, ...]] = []
    count = 0
    for piece in rows.pieces():
        count += len(piece[0])
        if rows.first is None and len(kept) < SHOWN_ROWS:
            columns = [_cells(column, SHOWN_ROWS - len(kept)) for column in piece[: len(rows.header)]]
            kept += zip(*columns, strict=True)
    return rows.first or Grid(tuple(kept), rows.header), count


def _cells(column: Column, count: int) -> list[object]:
    if isinstance(column, Words):
        return [column.vocabulary[code] for code in column.codes[:count].tolist()]
    return list(column[:count].tolist())


def with_rows(report: Report, grid: Grid, count: int) -> Report:
    """The report with its first rows before its figures."""
    more = count - len(grid.rows)
    said = (f"{more} more rows; -f csv prints them all",) if more > 0 else ()
    return replace(report, grids=(grid, *report.grids), notes=(*said, *report.notes))
