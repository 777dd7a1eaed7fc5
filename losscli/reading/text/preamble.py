"""Lines above a table that aren't part of it: `#` comments, `sep=;` as Excel writes it, a title."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from losscli.data.cells import SHEET_ERRORS, as_text, is_missing, number
from losscli.data.columns import LABEL_NAMES, FirstLines
from losscli.reading.text.dialect import find_delimiter
from losscli.reading.text.feed import Feed

SEPARATOR = re.compile(rb'^"?sep=([^\r\n])"?\r?\n?$', re.IGNORECASE)
MOST_COMMENTS = 1000  # lines above a header; more are no preamble
ROW_NAMES = "the header is one cell short: the first column is read as row names"


class Preamble(NamedTuple):
    """The lines above the header: how many, the delimiter that was given or that they name, what is said of them."""

    lines: int
    delimiter: str | None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def skip_preamble(feed: Feed, delimiter: str | None) -> Preamble:
    """Drop the lines above the header."""
    first, end, _ = feed.rest.partition(b"\n")
    found = SEPARATOR.match(first + end)
    if found:
        named = found[1].decode("latin-1")
        feed.skip(1)
        return Preamble(1, delimiter or named, (f"line 1 sets the delimiter to {named!r}",))
    lines = feed.rest.split(b"\n", MOST_COMMENTS)
    count = next((at for at, line in enumerate(lines) if not line.startswith(b"#") and line.strip()), 0)
    if not count:
        return Preamble(0, delimiter)
    follow = [as_text(line) for line in lines[count : count + 20] if line.strip()]
    char = delimiter or find_delimiter(follow)
    below = _cells(follow[0], char)
    begun = (at for at, line in enumerate(lines[:count]) if _is_row(_cells(as_text(line), char), len(below)))
    count = min(begun, default=count)
    comments = [at for at, line in enumerate(lines[:count]) if line.strip()]
    if not comments:
        return Preamble(0, delimiter)
    above = _cells(as_text(lines[comments[-1]]).strip().lstrip("# \t"), char)
    notes: tuple[str, ...] = ()
    if _is_data(below) and _is_header(above) and len(above) > 1 and len(below) - len(above) in (0, 1):
        lines[comments[-1]] = re.sub(rb"^#+[ \t]*(?=[^,;\t| ])", b"", lines[comments[-1]])
        count = comments.pop()
        notes = (f"line {count + 1}, which begins with #, names the columns",)
    if len(comments) > 1:
        notes = (f"lines {comments[0] + 1} to {comments[-1] + 1} begin with # and were skipped", *notes)
    elif comments:
        notes = (f"line {comments[0] + 1} begins with # and was skipped", *notes)
    feed.rest = b"\n".join(lines[count:])
    doubtful = [at for at in comments if _may_be_row(as_text(lines[at]), char, len(below))]
    warnings = tuple(f"line {at + 1} begins with # and was skipped, but it looks like a row" for at in doubtful[:1])
    return Preamble(count, delimiter, notes, warnings)


def _is_row(cells: Sequence[str], width: int) -> bool:
    """Whether a line that begins with # is a row: `#N/A,0.5`."""
    return len(cells) == width and cells[0].lower() in SHEET_ERRORS


def _may_be_row(line: str, char: str, width: int) -> bool:
    """Whether a comment has numbers as a row has them, and no space behind its #, as ids begin with one."""
    cells = _cells(line, char)
    near = line[1:2].strip("# \t\r") != ""
    return near and len(cells) == width > 1 and all(number(cell) is not None for cell in cells[1:])


def _is_data(cells: Sequence[str]) -> bool:
    """Whether cells are no header: all are numbers, or one is a number that isn't whole, as classes are called."""
    numbers = [cell for cell in cells if number(cell) is not None]
    return len(numbers) == len(cells) or any("." in cell or "e" in cell.lower() for cell in numbers)


def _is_header(cells: Sequence[str]) -> bool:
    """Whether cells are names of columns: no number is one, unless the label's name is there too, as beside classes."""
    return all(number(cell) is None for cell in cells) or any(cell.casefold() in LABEL_NAMES for cell in cells)


def names_rows(top: FirstLines) -> bool:
    """Whether the first record is one cell short, as R writes the names of columns above rows that have names.

    Names of rows are words, or whole numbers of several rows; other cells are those of rows that are one too long.
    """
    width, names = len(top.first) + 1, top.column(0)
    words = all(name and number(name) is None for name in names)
    counted = len(names) > 1 and all(name.isdecimal() and str(int(name)) == name for name in names)
    return (
        bool(top.rows)
        and (words or counted)
        and all(len(row) == width and row[-1] for row in top.rows)
        and len(set(names)) == len(names)
        and any(number(cell) is not None for cell in top.rows[0][1:])
        and not any(number(cell) is not None or is_missing(cell) for cell in top.first)
    )


def is_title(line: str, below: Sequence[str], delimiter: str | None, decimal_comma: bool) -> bool:
    """Whether a line is a single cell that is no number, above lines that agree on several."""
    char = delimiter or find_delimiter(below, decimal_comma)
    counts = {len(_cells(line, char)) for line in below}
    return len(counts) == 1 and min(counts) > 1 and len(_cells(line, char)) == 1 and number(line.strip()) is None


def _cells(line: str, char: str) -> list[str]:
    return line.split() if char == " " else [cell.strip() for cell in line.split(char)]
