"""A text table as chunks, each of which can be read by itself, in any thread: they end where records end.

The head of the source (the same bytes however they arrive) settles what stands above the header, the dialect, the
header and the columns. After it, bytes are cut after a newline. Where a quote in them leaves open whether each line is
a record, they are parsed here, in order, as only the parser knows where such a record ends; all others are for
`lines`, each in any thread. A plain file can be cut into ranges of its bytes: a reader of a range that meets a quote,
in which a newline could stand, raises `Quoted`, and the file is read from one end to the other.

`open_text`, in the last section, is the way in; the sections before it are each about one oddity of a table.
"""

import csv
import io
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from io import RawIOBase
from itertools import accumulate, pairwise
from typing import IO, Any, cast

from losscli.data.blocks import Block, Layout, Origin, layout_of
from losscli.data.cells import is_missing, is_text, number
from losscli.data.choice import resolve
from losscli.data.columns import Columns, ColumnSelection, FirstLines, expand
from losscli.data.table import Chunk, OpenSource, SmallFiles, Table, schema_of
from losscli.errors import DataError, Quoted, RowError, shown
from losscli.reading.lists import parse_list, reads_as_numbers
from losscli.reading.sources import SHRUNK, Source, SourceReader, is_plain_file, readable
from losscli.reading.text.careful import not_utf8
from losscli.reading.text.dialect import NAMES, Style, find_delimiter, records, unsound
from losscli.reading.text.lines import as_text, block_of, parsed_block, split
from losscli.reading.text.tokenizer import are_records

# --- above the header: `#` comments, and `sep=;` as Excel writes it ---------------------------------------------------
SEPARATOR = re.compile(rb'^"?sep=([^\r\n])"?\r?\n?$', re.IGNORECASE)
MOST_COMMENTS = 1000  # lines above a header; more are no preamble
HEAD_LINES = 20  # that show what a table looks like


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
        note = f"line 1 sets the delimiter to {named!r}"
        return Preamble(1, delimiter or named, (note,), data[len(first) + len(end) :])
    lines = data.split(b"\n", MOST_COMMENTS)
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
        return [f"line {line + 1} begins with # and was skipped" for line in comments]
    return [f"lines {comments[0] + 1} to {comments[-1] + 1} begin with # and were skipped"]


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


# --- tables drawn with bars and dashes, as Markdown, psql and MySQL print them ----------------------------------------

_MARKDOWN_RULE = re.compile(rb"\s*\|?(?:\s*:?-{2,}:?\s*\|)*\s*:?-{2,}:?\s*\|?\s*")
_PSQL_RULE = re.compile(rb"\s*-{3,}(?:\+-{3,})*\s*")
_MYSQL_RULE = re.compile(rb"\s*\+(?:[-=]{3,}\+)+\s*")
_PSQL_COUNT = re.compile(rb"\(\d+ [^()]*\)\s*")
_BAR = re.compile(rb"[ \t]*(?<!\\)\|[ \t]*")


class DrawnTable:
    """The stream of a drawn table: the line of its header, counted from 0, and whether bars stand outside too."""

    def __init__(self, inner: Callable[[int], bytes], header: int, boxed: bool) -> None:
        self.inner, self.header, self.boxed = inner, header, boxed
        self.at, self.ended, self.names, self.rest = 0, False, b"", b""

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
        if at < self.header or self.ended:
            return b""
        if at == self.header:
            self.names = self._cells(line)
            return b""
        if at == self.header + 1:
            return self.names  # one line down, where the rule stands: a blank line is a row of a single column
        self.ended = not line or bool(_PSQL_COUNT.fullmatch(line) or _MYSQL_RULE.fullmatch(line))
        return b"" if self.ended else self._cells(line)

    def _cells(self, line: bytes) -> bytes:
        if self.boxed:
            line = line.removeprefix(b"|").removesuffix(b"|").strip(b" ")
        return _BAR.sub(b"\t", line).replace(b"\\|", b"|")


def drawn_table(head: bytes, inner: Callable[[int], bytes]) -> DrawnTable | None:
    """The stream of the table that begins among the first lines of `head`; None where none is drawn there."""
    if b"--" not in head:
        return None
    lines = head.split(b"\n", HEAD_LINES + 1)[: HEAD_LINES + 1]
    for at, (header, below) in enumerate(pairwise(lines)):
        bars = len(_BAR.findall(header.strip()))
        if _MYSQL_RULE.fullmatch(header) and below.lstrip().startswith(b"|"):
            return DrawnTable(inner, at + 1, True)
        if bars and _MARKDOWN_RULE.fullmatch(below) and below.count(b"|") == bars:
            return DrawnTable(inner, at, header.lstrip().startswith(b"|"))
        of_psql = bars == below.count(b"+") and header.startswith(b" ") and header[1:].strip()
        if of_psql and _PSQL_RULE.fullmatch(below):
            return DrawnTable(inner, at, False)
    return None


# --- cells that are lists of numbers: a column for each entry ---------------------------------------------------------
@dataclass(frozen=True)
class ListColumns:
    """Which columns hold lists, and how many entries each; the first record and whether it is one of lists."""

    sizes: Mapping[int, int]
    first: tuple[str, ...]
    named: bool

    def top(self, top: FirstLines) -> FirstLines:
        """The first records as those of the table with a column for each entry."""
        first = self.names() if self.named else tuple(self.record(top.first))
        rows: list[tuple[str, ...]] = []
        with suppress(ValueError):  # of a broken list, which is told in its turn
            rows.extend(tuple(self.record(row)) for row in top.rows)
        lists = {self.first[at]: tuple(self._entries(at, self.first[at])) for at in self.sizes} if self.named else {}
        return FirstLines(first, tuple(rows), lists)

    def names(self) -> tuple[str, ...]:
        """The names of the columns, each entry's own."""
        return tuple(name for at in range(len(self.first)) for name in self._entries(at, self.first[at]))

    def record(self, cells: Sequence[str]) -> list[str]:
        """A record with a cell for each entry; ValueError where a list is broken or has another length."""
        found: list[str] = []
        for at, cell in enumerate(cells):
            size = self.sizes.get(at)
            if size is None:
                found.append(cell)
            elif is_missing(cell.strip()):
                found += [""] * size
            else:
                name = f"column {shown(self.first[at]) if self.named else at + 1}"
                try:
                    entries = parse_list(cell).cells
                except DataError as error:
                    raise ValueError(f"{name}: {error}") from None
                if len(entries) != size:
                    raise ValueError(f"{name}: a list of {len(entries)}, expected {size}")
                found += entries
        return found

    def translated(self, wanted: ColumnSelection) -> ColumnSelection:
        """What is wanted of the table's own columns in terms of those of the entries."""
        return replace(
            wanted,
            label=self._translated(wanted.label),
            prob=self._translated(wanted.prob),
            weight=self._translated(wanted.weight),
            features=self._translated(wanted.features),
            models=tuple(self._translated(text) or "" for text in wanted.models),
            extra={use: self._translated(text) or "" for use, text in wanted.extra.items()},
        )

    def _entries(self, at: int, name: str) -> list[str]:
        size = self.sizes.get(at)
        return [name] if size is None else [f"{name}_{entry}" for entry in range(size)]

    def _translated(self, text: str | None) -> str | None:
        if not text or text == "*":
            return text
        own = self.first if self.named else None
        parts = [text] if own and text in own else [part.strip() for part in text.split(",")]
        found: list[str] = []
        for part in parts:
            try:
                columns = expand(part, own, len(self.first))
            except DataError:  # the name of an entry, or of nothing
                found.append(part)
                continue
            for at in columns:
                before = sum(self.sizes.get(column, 1) for column in range(at))
                found += (
                    self._entries(at, self.first[at])
                    if self.named
                    else [str(before + entry + 1) for entry in range(self.sizes.get(at, 1))]
                )
        return ",".join(found)


def list_columns(top: FirstLines) -> ListColumns | None:
    """The columns that hold lists, by the first records; None where there are none."""
    named = bool(top.rows) and not any(map(_is_list, top.first))
    record = top.rows[0] if named else top.first
    sizes = {at: len(parse_list(cell).cells) for at, cell in enumerate(record or ()) if _is_list(cell)}
    return ListColumns(sizes, top.first, named) if sizes else None


def _is_list(cell: str) -> bool:
    return cell[-1:] in ("]", ")") and reads_as_numbers(cell) and len(parse_list(cell).cells) > 1


# --- ranges of a plain file that begin and end where lines do ---------------------------------------------------------
LEAST_BYTES = 1 << 22  # a range smaller than this isn't worth a process
_WINDOW = 1 << 16


class _Range(RawIOBase):
    """The bytes of a file from one place to another; reading doesn't move the file's own position."""

    def __init__(self, descriptor: int, low: int, high: int) -> None:
        self._descriptor, self._at, self._high = descriptor, low, high

    def read(self, size: int = -1) -> bytes:
        left = self._high - self._at
        piece = os.pread(self._descriptor, left if size < 0 else min(size, left), self._at)
        if left and size and not piece:
            raise DataError(SHRUNK)
        self._at += len(piece)
        return piece


def cut_into_ranges(source: Source, start: int, most: int) -> list[tuple[int, int]]:
    """Up to `most` ranges of the bytes from `start` on, in order; none where that can't be or doesn't pay."""
    if not source.plain or source.size is None or not hasattr(os, "pread"):
        return []
    descriptor = source.raw.fileno()
    count = min(most, (source.size - start) // LEAST_BYTES)
    if count < 2:
        return []
    step = (source.size - start) // count
    places = [_line_end(descriptor, start + step * at) for at in range(1, count)]
    if None in places or sorted(set(places)) != places:  # type: ignore[type-var]  # None is looked for first
        return []
    ends = [start, *cast(list[int], places), source.size]
    return list(pairwise(ends))


def between(source: Source, low: int, high: int) -> Source:
    """The bytes of a source from one place to another as a source."""
    stream = cast(IO[bytes], cast(Any, _Range(source.raw.fileno(), low, high)))
    return replace(source, stream=stream, size=high - low, magic=b"", origin=low, taken=0)


def _line_end(descriptor: int, near: int) -> int | None:
    """The place behind the newline of a line that isn't blank, after `near`."""
    window = os.pread(descriptor, _WINDOW, near)
    newline = window.find(b"\n")
    while newline >= 0:
        following = window.find(b"\n", newline + 1)
        if following >= 0 and window[newline + 1 : following].strip():
            return near + following + 1
        newline = following
    return None


# --- the table --------------------------------------------------------------------------------------------------------
HEAD_BYTES = 1 << 16
SMALL_BYTES = 1 << 16  # of a file that is read together with others

RECORD_BYTES = 1 << 24  # a line longer than this is no line of a table
_TOO_LONG = f"a line of more than {RECORD_BYTES >> 20} MiB; is this a table?"
_BLANK = f"more than {RECORD_BYTES >> 20} MiB of blank lines; is this a table?"


class Feed:
    """The bytes of a source in pieces that end where lines end."""

    def __init__(self, source: Source) -> None:
        self.source, self.rest, self.ended = source, b"", False

    def fill(self, size: int) -> None:
        """Have at least `size` bytes at hand, unless the source ends."""
        if not self.ended and len(self.rest) < size:
            want = size - len(self.rest)
            piece = self.source.read(want)
            self.ended = len(piece) < want
            self.rest = self.rest + piece if self.rest else piece

    def lines(self, size: int) -> bytes:
        """The next whole lines, about `size` bytes of them; at the end what is left; b"" when there is no more.

        Blank lines at the end of a piece wait for what follows them: at the end of the source they are nothing.
        """
        while True:
            self.fill(size)
            cut = self._cut()
            if cut or self.ended:
                piece, self.rest = self.rest[:cut], self.rest[cut:]
                return piece
            size = 2 * max(size, len(self.rest))
            if size > 2 * RECORD_BYTES:
                raise DataError(f"{self.source.name}: {_BLANK if self.rest.isspace() else _TOO_LONG}")

    def _cut(self) -> int:
        end = len(self.rest) if self.ended else self.rest.rfind(b"\n") + 1
        last = self.rest[max(end - 3, 0) : end].removesuffix(b"\n").removesuffix(b"\r")[-1:]
        if last not in (b"", b"\r", b"\n", b" "):
            return end  # the last line isn't blank, as nearly always
        whole = self.rest[:end]
        solid = len(whole.rstrip(b"\r\n "))
        if solid == 0:
            return 0
        newline = whole.find(b"\n", solid)
        return newline + 1 if newline >= 0 else len(whole)


@dataclass(frozen=True)
class Head:
    """What the head of a table settles, and the lines that it takes up before the first record of data."""

    delimiter: str
    top: FirstLines
    first_lines: int
    blank_lines: int
    notes: tuple[str, ...] = ()
    lists: ListColumns | None = None  # columns whose cells are lists of numbers


def open_text(source: Source, style: Style) -> OpenSource:
    """A text source, its first lines read."""
    feed = Feed(source)
    _plain_newlines(feed)
    lines_above = _skip_blank(feed)
    style, notes = _undrawn(feed, style)
    preamble = without_preamble(feed.rest, style.delimiter)
    feed.rest, lines_above = preamble.rest, lines_above + preamble.lines
    head = _head(feed, style._replace(delimiter=preamble.delimiter), lines_above)
    head = replace(head, notes=(*notes, *preamble.notes, *head.notes))
    lists = list_columns(head.top)
    if lists is not None:
        head = replace(head, top=lists.top(head.top), lists=lists)
    return TextSource(feed, head, style, lines_above)


class TextSource(OpenSource):
    """A table of text; `lines_above` lines of the source come before its head."""

    def __init__(self, feed: Feed, head: Head, style: Style, lines_above: int) -> None:
        super().__init__(feed.source.name, head.top, None, feed.source.close)
        self.feed, self.head, self.style, self.lines_above = feed, head, style, lines_above

    def _table(self, wanted: ColumnSelection) -> Table:
        return _table(self.feed, self.head, self.style, self.lines_above, wanted)


def _table(feed: Feed, head: Head, style: Style, lines_above: int, wanted: ColumnSelection) -> Table:
    source = feed.source
    if head.lists is not None:
        wanted = head.lists.translated(wanted)
    columns = _columns(head, wanted, f"{source.name}:{lines_above + head.blank_lines + 1}", source.name)
    width = len(head.top.first)
    header = feed.rest[: feed.rest.find(b"\n") + 1]
    header_lines = head.blank_lines + (head.first_lines if columns.names else 0)
    _skip(feed, header_lines)
    alone = not (wanted.labels_only or wanted.preds_only)  # of two tables the numbers of rows are compared
    if alone and columns.names and feed.ended and not feed.rest.strip():
        raise DataError(f"{source.name}: there are no rows below the header")
    skipped = lines_above + header_lines
    hint = (
        "" if width > 1 and style.delimiter else f" (the delimiter is the {NAMES.get(head.delimiter, head.delimiter)})"
    )
    layout = layout_of(
        columns, wanted, width, style.drop, hint=hint, delimiter=head.delimiter, comma=style.decimal_comma
    )
    origin = Origin(source.name, columns, skipped + 1)
    schema = schema_of(columns, wanted)
    schema = replace(schema, notes=(*head.notes, *schema.notes))
    records_of = partial(_Records, layout=layout, origin=origin, block_bytes=style.block_bytes, lists=head.lists)
    small = None
    if columns.names and skipped == 1 and header and is_plain_file(source) and not (head.notes or head.lists):
        small = SmallTexts(header, layout, origin)
    reader = LineReader(feed, lambda part, ranged: records_of(part, ranged=ranged).chunks(), small)
    return Table(source.name, schema, reader, (source.name,))


class SmallTexts(SmallFiles):
    """Small files of text that begin with one header."""

    def __init__(self, header: bytes, layout: Layout, origin: Origin) -> None:
        self.header, self.layout, self.origin = header, layout, origin

    def rows(self, path: str) -> bytes | None:
        """The lines behind the header; None where the file is larger, begins otherwise or holds quotes."""
        with readable(path), open(path, "rb", buffering=0) as file:
            data = file.read(SMALL_BYTES + 1)
        if len(data) > SMALL_BYTES or not data.startswith(self.header) or b'"' in data or b"\0" in data:
            return None
        rows = data[len(self.header) :].rstrip(b"\r\n")
        return rows + b"\n" if rows.strip() else None

    def block(self, files: Sequence[tuple[str, bytes]]) -> Block:
        lines = accumulate((rows.count(b"\n") for _, rows in files), initial=0)
        places = tuple((name, before) for (name, _), before in zip(files, lines, strict=False))
        origin = replace(self.origin, source=files[0][0], files=places)
        return block_of(b"".join(rows for _, rows in files), self.layout, origin)


def _columns(head: Head, wanted: ColumnSelection, line: str, name: str) -> Columns:
    """The columns in use; names that aren't UTF-8 matter where they are of these, or keep others from being found."""
    try:
        columns = resolve(head.top, wanted)
    except DataError as error:
        text = all(map(is_text, head.top.first))
        raise DataError(f"{name}: {error}" if text else f"{line}: {not_utf8(''.join(head.top.first))}") from None
    weight = () if columns.weight is None else (columns.weight,)
    for column in (*columns.labels, *columns.predictions, *weight, *columns.features, *columns.extra_columns):
        if not is_text(str(columns.name(column))):
            raise DataError(f"{line}: {not_utf8(str(columns.name(column)))}")
    return columns


class LineReader(SourceReader):
    """Reads a source of lines from what is at hand on; `chunks_of` makes chunks of a feed, which may be of a range."""

    def __init__(
        self, feed: Feed, chunks_of: Callable[[Feed, bool], Iterator[Chunk]], small: SmallFiles | None = None
    ) -> None:
        super().__init__(feed.source)
        self.feed, self.chunks_of, self.small = feed, chunks_of, small
        self.start = feed.source.position() - len(feed.rest)

    def chunks(self) -> Iterator[Chunk]:
        return self.chunks_of(self.feed, False)

    def small_files(self) -> SmallFiles | None:
        return self.small

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        return cut_into_ranges(self.source, self.start, count)

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        return self.chunks_of(Feed(between(self.source, low, high)), True)


def _plain_newlines(feed: Feed) -> None:
    feed.fill(HEAD_BYTES)
    if feed.rest.endswith(b"\r"):
        feed.fill(HEAD_BYTES + 1)  # a newline may follow
    if b"\0" in feed.rest[:1024]:
        raise DataError(f"{feed.source.name}: these bytes are not text (a NUL byte); for UTF-16 use --encoding utf-16")
    if b"\r" in feed.rest and b"\n" not in feed.rest:
        read = feed.source.stream.read
        feed.source.plain = False
        feed.source.stream = _Replaced(read)  # type: ignore[assignment]  # all that a source asks of it is `read`
        feed.rest = feed.rest.replace(b"\r", b"\n")


def _undrawn(feed: Feed, style: Style) -> tuple[Style, tuple[str, ...]]:
    """Have the cells of a table that is drawn with bars and dashes separated by tabs, and say what stands around it."""
    if (b"|" not in feed.rest and b"--" not in feed.rest) or style.delimiter not in (None, "|"):
        return style, ()
    head, further = io.BytesIO(feed.rest), feed.source.stream.read
    drawn = drawn_table(feed.rest, lambda size: head.read(size) or further(size))
    if drawn is None:
        return style, ()
    feed.source.plain = False
    feed.source.stream = drawn  # type: ignore[assignment]  # all that a source asks of it is `read`
    feed.rest, feed.ended = b"", False
    feed.fill(HEAD_BYTES)
    note = f"only the table drawn from line {drawn.header + 1} on was read, not the text around it"
    return style._replace(delimiter="\t"), (note,) if drawn.header else ()


@dataclass
class _Replaced:
    """A stream whose lines end in a carriage return alone, as of old."""

    inner: Callable[[int], bytes]

    def read(self, size: int) -> bytes:
        piece = self.inner(size)
        if b"\n" in piece:
            raise DataError("lines end with carriage returns, later lines with newlines; use one kind")
        return piece.replace(b"\r", b"\n")


def _head(feed: Feed, style: Style, lines_above: int) -> Head:
    """The first two records, parsed with the delimiter that the first lines show; `lines_above` lines came before."""
    size = HEAD_BYTES
    while True:
        feed.fill(size)
        if feed.ended or feed.rest.count(b"\n") > HEAD_LINES or len(feed.rest) > RECORD_BYTES:
            break
        if size > HEAD_BYTES and feed.rest.count(b"\n") > 2:
            break
        size *= 2
    data = feed.rest if feed.ended else feed.rest[: feed.rest.rfind(b"\n") + 1]
    if len(data or feed.rest) > RECORD_BYTES and data.find(b"\n", 0, RECORD_BYTES) < 0:
        raise DataError(f"{feed.source.name}: {_TOO_LONG}")
    lines = as_text(data).split("\n")
    gaps = " \r" if style.delimiter == "\t" else None  # a line of nothing but white space is none of a table
    blank = next((at for at, line in enumerate(lines) if line.strip(gaps)), None)
    if blank is None:
        raise DataError(f"{feed.source.name}: the input is empty")
    place = f"{feed.source.name}:{lines_above + blank + 1}"
    if lines[blank].lstrip().startswith("{"):
        raise DataError(f"{place}: JSON lines after so many blank lines are not read; remove the blank lines")
    sample = [line for line in lines[: blank + HEAD_LINES] if line.strip(gaps)]
    delimiter = style.delimiter or find_delimiter(sample, style.decimal_comma)
    reader = records(iter([line + "\n" for line in lines[blank:]]), delimiter)
    try:
        first, taken = next(reader), reader.line_num  # type: ignore[attr-defined]  # a csv reader counts its lines
    except csv.Error as error:
        raise DataError(f"{place}: {unsound(error)}") from None
    second = _next_record(reader)
    if second and len(second) > 1 and not "".join(first).strip() and len(first) == 1:  # a lone "" is a blank line too
        first, taken = second, reader.line_num  # type: ignore[attr-defined]
        second = _next_record(reader)
    rows: list[tuple[str, ...]] = []
    while second is not None:
        rows.append(_stripped(second))
        second = _next_record(reader) if len(rows) < HEAD_LINES else None
    top = FirstLines(_stripped(first), tuple(rows))
    notes: tuple[str, ...] = ()
    if _names_rows(top):
        top, notes = top._replace(first=("", *top.first)), (_ROW_NAMES,)
    elif (title := _title(top, sample, style.delimiter)) is not None:
        raise DataError(f"{place}: {shown(title)} is not part of the table, which begins below it; remove such lines")
    return Head(delimiter, top, taken, blank, notes)


_ROW_NAMES = "the header is one cell short: the first column is read as row names"


def _names_rows(top: FirstLines) -> bool:
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


def _title(top: FirstLines, sample: Sequence[str], delimiter: str | None) -> str | None:
    """The first line where it is a title: a single cell above lines that agree on several."""
    below = sample[1:] if len(top.first) == 1 else ()
    char = delimiter or find_delimiter(below)
    several = {len(_cells(line, char)) for line in below}
    return sample[0].strip() if len(below) > 1 and len(several) == 1 and _is_alone(sample[0], char, several) else None


def _is_alone(line: str, char: str, several: set[int]) -> bool:
    return min(several) > 1 and len(_cells(line, char)) == 1 and number(line.strip()) is None


def _stripped(record: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in record)


def _skip_blank(feed: Feed) -> int:
    """Drop the blank lines of a head that has nothing else; returns how many they were."""
    lines = dropped = 0
    while not feed.rest.strip():
        if dropped + len(feed.rest) > RECORD_BYTES:
            raise DataError(f"{feed.source.name}: {_BLANK}")
        if feed.ended:
            break
        cut = feed.rest.rfind(b"\n") + 1
        lines, dropped = lines + feed.rest.count(b"\n"), dropped + cut
        feed.rest = feed.rest[cut:]
        feed.fill(2 * len(feed.rest) + HEAD_BYTES)
    return lines


def _next_record(reader: Iterator[list[str]]) -> list[str] | None:
    """The next record that isn't blank; None where there is none or where it is unsound, which is told in its turn."""
    try:
        return next((record for record in reader if any(cell.strip() for cell in record)), None)
    except csv.Error:
        return None


def _skip(feed: Feed, lines: int) -> None:
    at = 0
    for _ in range(lines):
        at = feed.rest.find(b"\n", at) + 1 or len(feed.rest)
    feed.rest = feed.rest[at:]


@dataclass
class _Records:
    """The chunks of the records behind the header."""

    feed: Feed
    layout: Layout
    origin: Origin
    block_bytes: int
    ranged: bool = False
    lists: ListColumns | None = None

    def chunks(self) -> Iterator[Chunk]:
        while piece := self.feed.lines(self.block_bytes):
            quoted = b'"' in piece
            if quoted and self.ranged:
                raise Quoted
            if self.lists is not None or (quoted and not are_records(piece, self.layout)):
                yield from self._quoted(piece)
            else:
                yield partial(block_of, piece, self.layout, self.origin)

    def _quoted(self, piece: bytes) -> Iterator[Chunk]:
        """The records of a piece that holds quotes, and as many lines after it as its last record takes."""
        lines = _Lines(self, piece)
        parsed: list[list[str]] = []
        line: list[int] = []
        reader = records(lines, self.layout.delimiter)
        fault = None
        while lines.left():
            start = lines.taken
            try:
                record = next(reader)
                parsed.append(self.lists.record(record) if self.lists is not None else record)
                line.append(start)
            except ValueError as error:
                fault = RowError(len(parsed), "row", None, str(error))
                line.append(start)
                break
            except csv.Error as error:
                fault = RowError(len(parsed), "row", None, str(unsound(error)))
                line.append(start)
                break
            except StopIteration:
                break
        if fault is not None:  # nothing behind it will be asked for, and it may be without end
            self.feed.rest, self.feed.ended = b"", True
        yield partial(parsed_block, parsed, line, lines.taken, self.layout, self.origin, fault)


class _Lines(Iterator[str]):
    """Lines of text for the csv reader; when a record runs over the end of the piece, more of the source."""

    def __init__(self, reader: _Records, piece: bytes) -> None:
        self._reader, self.taken = reader, 0
        self._lines = deque(split(piece))

    def left(self) -> bool:
        return bool(self._lines)

    def __next__(self) -> str:
        if not self._lines:
            self._lines.extend(split(self._reader.feed.lines(self._reader.block_bytes)))
        if not self._lines:
            raise StopIteration
        self.taken += 1
        return as_text(self._lines.popleft())
