"""Tables for people by rich, and the first rows of a long answer. A table is as wide as its content and never cut.

Tables are plain ASCII apart from the data, and text from the data is escaped, never markup. In each block of rows the
numbers of a column have their decimal points below each other.
"""

import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import IO, Any

from losscli.data.categorical import Categorical
from losscli.errors import plural, printable_line
from losscli.output.cells import pretty
from losscli.output.report import Grid, Report, RowReport
from losscli.output.streams import is_legacy_console, is_terminal

Rows = tuple[tuple[object, ...], ...]

NARROWEST = 20  # characters of a column that is broken into lines; where there is less room it stands below

SHOWN_ROWS = 100  # of an answer by rows; the machine formats and --quiet print every row


def table(report: Report, digits: int) -> str:
    """The report as text; for a terminal with colours, and with sentences wrapped to its width."""
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    return text_of(report, digits, console_for(sys.stdout), width)


def text_of(report: Report, digits: int, console: Any, width: int | None = None) -> str:
    """The report as a console shows it, never cut; with a `width`, sentences are wrapped to it."""
    parts = renderable(report, digits, width)
    with console.capture() as captured:
        console.print(parts, crop=False, no_wrap=True, overflow="ignore")
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def console_for(file: IO[str], width: int = 1 << 16, record: bool = False) -> Any:
    """A console of rich that takes no text for markup."""
    from rich.console import Console

    colours = None if is_legacy_console() else "auto"
    return Console(
        file=file,
        color_system=colours,  # type: ignore[arg-type]  # one of the literals that it takes
        markup=False,
        highlight=False,
        emoji=False,
        width=width,
        height=25,
        record=record,
    )


def markdown_text(text: str, width: int) -> str:
    """A page of Markdown for a terminal, without backgrounds, so that light and dark ones can show it."""
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = console_for(sys.stdout, width)
    console.push_theme(
        Theme({"markdown.code": "bold", "markdown.h2": "bold underline", "markdown.table.header": "bold"})
    )
    with console.capture() as captured:
        console.print(Markdown(text.replace("```console", "```text"), code_theme="ansi_dark", hyperlinks=False))
    return str(captured.get())


def with_bold(text: str, lines: re.Pattern[str]) -> str:
    """A text in which lines that match a pattern are bold, if the terminal can show that."""
    from rich.text import Text

    console = console_for(sys.stdout)
    with console.capture() as captured:
        for line in text.splitlines():
            console.print(Text(line, style="bold" if lines.fullmatch(line) else ""))
    return str(captured.get())


def places_of(text: str) -> int:
    """How many places a line of text takes on a screen; some letters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def renderable(report: Report, digits: int, width: int | None = None) -> Any:
    """Title, grids, pictures and notes as rich shows them."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(report.title if width is None else _lines(report.title, width), style="bold")]
    for at, grid in enumerate(report.grids):
        parts += ([Text("")] if at else []) + [_rich_grid(grid, digits, width)]
    for picture in report.pictures:
        parts += [Text(""), Text(picture.title), *map(Text, picture.lines)]
    notes = (f"note: {printable_line(note)}" for note in report.notes)
    parts += [Text(note if width is None else _lines(note, width), style="yellow") for note in notes]
    return Group(*parts)


def _rich_grid(grid: Grid, digits: int, width: int | None) -> Any:
    """A table for each block of a grid, their names and their figures below each other."""
    from rich.console import Group
    from rich.text import Text

    blocks = [tuple(rows) for filled, rows in groupby(grid.rows, key=bool) if filled] or [()]
    shown = [_aligned(rows, digits) for rows in blocks]
    least = _least_widths(blocks, shown) if len(blocks) > 1 else ()
    parts: list[Any] = []
    for rows in shown:
        right, bold = grid.right if rows is shown[-1] else None, () if parts else grid.bold
        block = grid._replace(rows=rows, right=right, bold=bold)
        parts += ([Text("")] if parts else []) + [_rich_table(block, least, width)]
    return Group(*parts)


def _least_widths(blocks: Sequence[Rows], shown: Sequence[Rows]) -> tuple[int, int]:
    """The width of all names and of all figures; texts in the column of figures may be wider."""
    pairs = [pair for both in zip(blocks, shown, strict=True) for pair in zip(*both, strict=True)]
    names = (len(str(text[0])) for _, text in pairs)
    figures = (len(str(text[1])) for cells, text in pairs if isinstance(cells[1], float | int | None))
    return max(names), max(figures, default=0)


def _rich_table(grid: Grid, least: Sequence[int], width: int | None) -> Any:
    """A block of texts as a table of rich, folded to the screen; `least` are widths of its first columns."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    cells = [[Text(str(cell)) for cell in row] for row in grid.rows]
    for at in grid.bold:
        cells[at][1].stylize("bold")
    if grid.right is not None:
        cells[-1][-1].stylize("green" if grid.right else "red")
    header = [Text(printable_line(name)) for name in grid.header]
    for name in header:
        name.stylize("bold")  # the letters alone, so that the spaces behind them go
    every = [*([header] if header else []), *cells]
    widths = _widths(every, least)
    folds = [list(range(len(widths)))]
    if grid.wrapped and width is not None:
        *others, last = widths
        left = width - sum(others) - 2 * len(others)
        if left < min(NARROWEST, last):  # no room beside the others
            if left >= -2 or len(others) < 3:
                return _stacked(every, others, width)
            left = max(width - widths[0] - 2, NARROWEST)
            folds = _folds([*others, min(left, last)], width)
        for row in every:
            row[-1].plain = _lines(row[-1].plain, left)
    elif width is not None:
        folds = _folds(widths, width)
        if len(folds) > 1:  # where fewer tables are enough then, break the names that are longer than their cells
            names = [_lines(name.plain, own, 1) for name, own in zip(header, _widths(cells, least), strict=False)]
            broken = _widths([[Text(name) for name in names], *cells], least)
            if len(_folds(broken, width)) < len(folds):
                for name, lines in zip(header, names, strict=False):
                    name.plain = lines
                folds = _folds(broken, width)
    parts: list[Any] = []
    for columns in folds:
        made = Table(box=None, show_header=bool(header), header_style="", pad_edge=False, padding=(0, 2, 0, 0))
        for at in columns:
            minimum = least[at] if at < len(least) else None
            name = header[at] if header else Text()
            made.add_column(name, no_wrap=True, overflow="ignore", min_width=minimum)
        for row in cells:
            made.add_row(*(row[at] for at in columns))
        parts += ([Text("")] if parts else []) + [made]
    return Group(*parts)


def _folds(widths: Sequence[int], width: int) -> list[list[int]]:
    """The columns of each table into which one too wide for the screen is folded; all begin with the first column."""
    folds = [[0]] if widths else []
    for at in range(1, len(widths)):
        columns = folds[-1]
        if len(columns) > 1 and sum(widths[one] + 2 for one in columns) + widths[at] > width:
            folds.append([0, at])
        else:
            columns.append(at)
    return folds


def _stacked(rows: list[list[Any]], widths: Sequence[int], width: int) -> Any:
    """Rows of texts; the last cell of a row stands below the others if it has no room beside them."""
    from rich.console import Group
    from rich.text import Text

    lines: list[Any] = []
    for *others, last in rows:
        line = Text("  ").join(text + " " * (own - text.cell_len) for text, own in zip(others, widths, strict=True))
        if sum(widths) + 2 * len(widths) + last.cell_len <= width:
            lines.append(Text("  ").join((line, last)))
            continue
        lines += [line] if line.plain.strip() else []
        if last.plain:
            below = textwrap.indent(_lines(last.plain, width - 2), "  ")
            lines.append(Text(below, style=last.spans[0].style if last.spans else ""))
    return Group(*lines)


def _widths(rows: Sequence[Sequence[Any]], least: Sequence[int]) -> list[int]:
    """The width of each column of texts; `least` are the least widths of the first ones."""
    widths = [max(line.cell_len for text in column for line in text.split()) for column in zip(*rows, strict=True)]
    return [max(own, least[at] if at < len(least) else 0) for at, own in enumerate(widths)]


def _lines(text: str, width: int, narrowest: int = NARROWEST) -> str:
    """A text broken into lines at words."""
    return "\n".join(textwrap.wrap(text, max(width, narrowest), break_long_words=False, break_on_hyphens=False))


def _aligned(rows: Rows, digits: int) -> Rows:
    """The cells as text, the numbers of a column with their decimal points below each other."""
    columns = []
    for at in range(max(map(len, rows), default=0)):
        cells = [row[at] if at < len(row) else "" for row in rows]
        texts = [pretty(cell, digits) for cell in cells]
        # How many characters stand before the decimal point; -1 for text and for what has no digits, as `inf`.
        before = [
            len(re.split("[.e]", text)[0]) if isinstance(cell, float | int) and text[-1].isdigit() else -1
            for cell, text in zip(cells, texts, strict=True)
        ]
        most = max(before)
        columns.append([" " * (most - own if own >= 0 else 0) + text for own, text in zip(before, texts, strict=True)])
    return tuple(zip(*columns, strict=True))


def with_first_rows(rows: RowReport) -> Report:
    """The report of an answer by rows, the first of them before its figures; all rows are walked."""
    kept: list[tuple[object, ...]] = []
    count = 0
    for piece in rows.pieces():
        count += len(piece[0])
        if rows.first is None and (left := SHOWN_ROWS - len(kept)) > 0:
            columns = [
                [column.categories[code] for code in column.codes[:left].tolist()]
                if isinstance(column, Categorical)
                else column[:left].tolist()
                for column in piece[: len(rows.header)]
            ]
            kept += zip(*columns, strict=True)
    grid, report = rows.first or Grid(tuple(kept), rows.header), rows.report()
    more = count - len(grid.rows)
    notes = (f"{plural(more, 'more row')}; -f csv prints them all",) if more > 0 else ()
    return replace(report, grids=(grid, *report.grids), notes=(*notes, *report.notes))
