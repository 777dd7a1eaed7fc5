"""Text that is rewritten as it is read: drawn tables, and lines that end in carriage returns alone.

Tables are drawn with bars and dashes, as Markdown, psql and MySQL print them. Their bars become tabs.
"""

import io
import re
from collections.abc import Callable
from itertools import pairwise

from losscli.data.cells import as_text, number
from losscli.errors import DataError
from losscli.reading.text.feed import Feed

_FIRST_LINES = 20  # among which a table is looked for
_MARKDOWN_RULE = re.compile(rb"\s*\|?(?:\s*:?-{2,}:?\s*\|)*\s*:?-{2,}:?\s*\|?\s*")
_PSQL_RULE = re.compile(rb"\s*-{3,}(?:\+-{3,})*\s*")
_MYSQL_RULE = re.compile(rb"\s*\+(?:[-=]{3,}\+)+\s*")
_PSQL_COUNT = re.compile(rb"\((\d+) [^()]*\)\s*")
_BAR = re.compile(rb"[ \t]*(?<!\\)\|[ \t]*")


class DrawnTable:
    """The stream of a drawn table: the line of its header, counted from 0, and whether bars stand outside too.

    Blank lines and rules may stand between rows. What is no row below one of them ends the table; a row or a rule after
    that is an error, as is a number of rows other than psql counts.
    """

    def __init__(self, name: str, inner: Callable[[int], bytes], header: int, boxed: bool) -> None:
        self.name, self.inner, self.header, self.boxed = name, inner, header, boxed
        self.names, self.rest = b"", b""
        self.at = self.bars = self.rows = 0  # lines, bars of a row, rows so far
        self.parted = self.ended = False  # by a blank line or a rule after the last row; by what is below the table

    def read(self, size: int) -> bytes:
        """The next lines of the table, b"" at the end."""
        while piece := self.inner(size):
            lines = (self.rest + piece).split(b"\n")
            self.rest = lines.pop()
            if lines:
                return b"".join(self._line(line) + b"\n" for line in lines)
        last, self.rest = self.rest, b""
        return self._line(last) if last else b""

    def _line(self, line: bytes) -> bytes:
        at, self.at = self.at, self.at + 1
        line = line.strip()
        if at < self.header:
            return b""
        if at == self.header:
            self.names, self.bars = self._cells(line), len(_BAR.findall(line))
            return b""
        if at == self.header + 1:
            return self.names  # one line down, where the rule stands
        is_rule = bool(_MYSQL_RULE.fullmatch(line))
        continues = is_rule or self._is_row(line)
        if self.ended:
            if continues:
                raise DataError(f"{self.name}:{at + 1}: another table is drawn here; give one table")
            return b""
        count = _PSQL_COUNT.fullmatch(line)
        if count and int(count[1]) != self.rows:
            raise DataError(f"{self.name}:{at + 1}: the table says {as_text(line)}, but has {self.rows}")
        self.ended = bool(count) or (self.parted and bool(line) and not continues)
        if self.ended or is_rule or (not line and self.bars):
            self.parted = True
            return b""
        self.parted, self.rows = not line, self.rows + 1  # a blank line is a row of a single column
        return self._cells(line)

    def _is_row(self, line: bytes) -> bool:
        """Whether a line has as many bars as the header; without bars, whether it is a number."""
        same = len(_BAR.findall(line)) == self.bars
        return same and (self.bars > 0 or number(as_text(line)) is not None)

    def _cells(self, line: bytes) -> bytes:
        if self.boxed:
            line = line.removeprefix(b"|").removesuffix(b"|").strip(b" ")
        return _BAR.sub(b"\t", line).replace(b"\\|", b"|")


def drawn_table(name: str, head: bytes, inner: Callable[[int], bytes]) -> DrawnTable | None:
    """The stream of the table that begins among the first lines of `head`; None where none is drawn there."""
    if b"--" not in head:
        return None
    lines = head.split(b"\n", _FIRST_LINES + 1)[: _FIRST_LINES + 1]
    for at, (header, below) in enumerate(pairwise(lines)):
        bars = len(_BAR.findall(header.strip()))
        if bars and at and len(_BAR.findall(lines[at - 1].strip())) == bars:
            continue  # a row of a table between bars, of which the next has dashes for missing cells
        if _MYSQL_RULE.fullmatch(header) and below.lstrip().startswith(b"|"):
            return DrawnTable(name, inner, at + 1, True)
        if bars and _MARKDOWN_RULE.fullmatch(below) and below.count(b"|") == bars:
            return DrawnTable(name, inner, at, header.lstrip().startswith(b"|"))
        of_psql = bars == below.count(b"+") and header.startswith(b" ") and header[1:].strip()
        if of_psql and _PSQL_RULE.fullmatch(below):
            return DrawnTable(name, inner, at, False)
    return None


def undraw(feed: Feed, size: int) -> tuple[str, ...] | None:
    """Replace the bars of a drawn table by tabs as it is read; notes, or None if the source has no such table."""
    head, further = io.BytesIO(feed.rest), feed.source.stream.read
    drawn = drawn_table(feed.source.name, feed.rest, lambda size: head.read(size) or further(size))
    if drawn is None:
        return None
    feed.source.plain = False
    feed.source.stream = drawn  # type: ignore[assignment]  # all that a source asks of it is `read`
    feed.rest, feed.ended = b"", False
    feed.fill(size)
    note = f"only the table drawn from line {drawn.header + 1} on was read, not the text around it"
    return (note,) if drawn.header else ()


class _WithNewlines:
    """A stream whose lines end in a carriage return alone, as of old."""

    def __init__(self, inner: Callable[[int], bytes]) -> None:
        self.inner = inner

    def read(self, size: int) -> bytes:
        piece = self.inner(size)
        if b"\n" in piece:
            raise DataError("lines end with carriage returns, later lines with newlines; use one kind")
        return piece.replace(b"\r", b"\n")


def replace_returns(feed: Feed) -> None:
    """Have lines that end in carriage returns end in newlines."""
    feed.source.plain = False
    feed.source.stream = _WithNewlines(feed.source.stream.read)  # type: ignore[assignment]  # as above
    feed.rest = feed.rest.replace(b"\r", b"\n")
