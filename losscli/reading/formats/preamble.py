"""What may stand above the header of a text table: `#` comments, Excel's `sep=;`. The rule: what is read over is said.

A `#` line right above data that has as many cells names the columns, as numpy's `savetxt` and pandas write it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from losscli.data.cells import number
from losscli.reading.dialect import find_delimiter

SEPARATOR = re.compile(rb'^"?sep=([^\r\n])"?\r?\n?$', re.IGNORECASE)
MOST = 1000  # comment lines; more are no preamble


@dataclass(frozen=True)
class Preamble:
    """The lines above the header: how many, the delimiter that they name, what is said of them, and what follows."""

    lines: int
    delimiter: str | None
    notes: tuple[str, ...]
    rest: bytes = field(repr=False)


def without_preamble(data: bytes, delimiter: str | None) -> Preamble:
    """The bytes at the top of a table without what stands above the header."""
    first, end, _ = data.partition(b"\n")
    found = SEPARATOR.match(first + end)
    if found:
        named = found[1].decode("latin-1")
        note = f"line 1 says that cells are separated by {named!r}"
        return Preamble(1, delimiter or named, (note,), data[len(first) + len(end) :])
    lines = data.split(b"\n", MOST)
    count = next((at for at, line in enumerate(lines) if not line.startswith(b"#") and line.strip()), 0)
    comments = [at for at, line in enumerate(lines[:count]) if line.strip()]
    if not comments:
        return Preamble(0, delimiter, (), data)
    names = lines[comments[-1]].decode("utf-8", "surrogateescape").strip()
    follow = [line.decode("utf-8", "surrogateescape") for line in lines[count : count + 20] if line.strip()]
    if _names_columns(names, follow, delimiter):
        lines[comments[-1]] = re.sub(rb"^#+[ \t]*(?=[^,;\t| ])", b"", lines[comments[-1]])
        count = comments.pop()
        notes = [*_read_over(comments), f"line {count + 1}, which begins with #, names the columns"]
    else:
        notes = _read_over(comments)
    return Preamble(count, delimiter, tuple(notes), b"\n".join(lines[count:]))


def _read_over(comments: Sequence[int]) -> list[str]:
    if len(comments) < 2:
        return [f"line {line + 1} begins with # and was read over" for line in comments]
    return [f"lines {comments[0] + 1} to {comments[-1] + 1} begin with # and were read over"]


def _names_columns(names: str, follow: Sequence[str], delimiter: str | None) -> bool:
    """Whether a comment has as many cells as the data right below it."""
    char = delimiter or find_delimiter(follow)
    below = _cells(follow[0], char)
    return (
        len(below) > 1 and len(_cells(names.lstrip("# \t"), char)) in (len(below), len(below) - 1) and _is_data(below)
    )


def _cells(line: str, char: str) -> list[str]:
    return line.split() if char == " " else [cell.strip() for cell in line.split(char)]


def _is_data(cells: Sequence[str]) -> bool:
    """Whether a line is data and no header: a cell of it is a number, and no whole one as classes are called."""
    values = [cell for cell in cells if number(cell) is not None]
    return len(values) == len(cells) or any("." in cell or "e" in cell.lower() for cell in values)
