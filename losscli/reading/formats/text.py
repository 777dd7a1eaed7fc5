"""A text table as chunks. The rule: chunks end where records end, so each can be read by itself, in any thread.

The head of the source (the same bytes however they arrive) settles the dialect, the header and the columns. After it,
bytes are cut after a newline. Where a quote in them leaves open whether each line is a record, they are parsed here, in
order, as only the parser knows where such a record ends; all others are for `lines`.
"""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from losscli.data.blocks import Chunk, Layout, OpenSource, Origin, Reader, Table
from losscli.data.columns import Columns, ColumnSelection, FirstLines
from losscli.errors import DataError, Quoted, RowError
from losscli.reading.choice import resolve, schema_of
from losscli.reading.dialect import NAMES, Style, find_delimiter, records, unsound
from losscli.reading.formats.drawn import drawn_table
from losscli.reading.formats.listcells import ListColumns, list_columns
from losscli.reading.formats.preamble import without_preamble
from losscli.reading.formats.ranges import between, cut
from losscli.reading.lines.block import as_text, block_of, parsed_block, split
from losscli.reading.lines.sieve import are_records
from losscli.reading.records import NOT_UTF8, is_text
from losscli.reading.sources import Source

HEAD_BYTES, HEAD_LINES = 1 << 16, 20

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
    gone = _skip_blank(feed)
    style, notes = _undrawn(feed, style)
    preamble = without_preamble(feed.rest, style.delimiter)
    feed.rest, gone = preamble.rest, gone + preamble.lines
    head = replace(_head(feed, replace(style, delimiter=preamble.delimiter), gone), notes=(*notes, *preamble.notes))
    lists = list_columns(head.top)
    if lists is not None:
        head = replace(head, top=lists.top(head.top), lists=lists)
    return OpenSource(source.name, head.top, None, partial(_table, feed, head, style, gone), source.close)


def _table(feed: Feed, head: Head, style: Style, gone: int, wanted: ColumnSelection) -> Table:
    source = feed.source
    if head.lists is not None:
        wanted = head.lists.translated(wanted)
    columns = _columns(head, wanted, f"{source.name}:{gone + head.blank_lines + 1}", source.name)
    width = len(head.top.first)
    above = head.blank_lines + (head.first_lines if columns.names else 0)
    _skip(feed, above)
    alone = not (wanted.labels_only or wanted.preds_only)  # of two tables the numbers of rows are compared
    if alone and columns.names and feed.ended and not feed.rest.strip():
        raise DataError(f"{source.name}: the table is a header alone; there are no rows")
    skipped = gone + above
    hint = (
        "" if width > 1 and style.delimiter else f" (the delimiter is the {NAMES.get(head.delimiter, head.delimiter)})"
    )
    parts = (columns.labels, columns.predictions, columns.weight, columns.features)
    layout = Layout(width, *parts, style.drop, hint, columns.extra_columns, head.delimiter)
    origin = Origin(source.name, columns, skipped + 1)
    schema = schema_of(columns, wanted)
    schema = replace(schema, notes=(*head.notes, *schema.notes))
    records_of = partial(_Records, layout=layout, origin=origin, block_bytes=style.block_bytes, lists=head.lists)
    return Table(source.name, schema, LineReader(feed, lambda part, ranged: records_of(part, ranged=ranged).chunks()))


def _columns(head: Head, wanted: ColumnSelection, line: str, name: str) -> Columns:
    """The columns in use; names that aren't UTF-8 matter where they are of these, or keep others from being found."""
    try:
        columns = resolve(head.top, wanted)
    except DataError as error:
        text = all(map(is_text, head.top.first))
        raise DataError(f"{name}: {error}" if text else f"{line}: {NOT_UTF8}") from None
    weight = () if columns.weight is None else (columns.weight,)
    for column in (*columns.labels, *columns.predictions, *weight, *columns.features, *columns.extra_columns):
        if not is_text(str(columns.name(column))):
            raise DataError(f"{line}: {NOT_UTF8}")
    return columns


class SourceReader(Reader):
    """A reader of the bytes of a source."""

    def __init__(self, source: Source) -> None:
        self.source, self.size = source, source.size

    def position(self) -> int:
        return self.source.position()

    def close(self) -> None:
        self.source.close()


class LineReader(SourceReader):
    """Reads a source of lines from what is at hand on; `chunks_of` makes chunks of a feed, which may be of a range."""

    def __init__(self, feed: Feed, chunks_of: Callable[[Feed, bool], Iterator[Chunk]]) -> None:
        super().__init__(feed.source)
        self.feed, self.chunks_of = feed, chunks_of
        self.start = feed.source.position() - len(feed.rest)

    def chunks(self) -> Iterator[Chunk]:
        return self.chunks_of(self.feed, False)

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        return cut(self.source, self.start, count)

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
    note = f"the table that is drawn from line {drawn.header + 1} on is read, and no text around it"
    return replace(style, delimiter="\t"), (note,) if drawn.header else ()


@dataclass
class _Replaced:
    """A stream whose lines end in a carriage return alone, as of old."""

    inner: Callable[[int], bytes]

    def read(self, size: int) -> bytes:
        piece = self.inner(size)
        if b"\n" in piece:
            raise DataError("lines end in carriage returns alone, and further down in newlines; make them one kind")
        return piece.replace(b"\r", b"\n")


def _head(feed: Feed, style: Style, gone: int) -> Head:
    """The first two records, parsed with the delimiter that the first lines show; `gone` lines came before."""
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
    place = f"{feed.source.name}:{gone + blank + 1}"
    if lines[blank].lstrip().startswith("{"):
        raise DataError(f"{place}: JSON behind so many blank lines is not read; JSON lines begin with an object")
    sample = [line for line in lines[: blank + HEAD_LINES] if line.strip(gaps)]
    delimiter = style.delimiter or find_delimiter(sample)
    reader = records(iter([line + "\n" for line in lines[blank:]]), delimiter)
    try:
        first, taken = next(reader), reader.line_num  # type: ignore[attr-defined]  # a csv reader counts its lines
    except csv.Error as error:
        raise DataError(f"{place}: {unsound(error)}") from None
    second = _next_record(reader)
    if second and len(second) > 1 and not "".join(first).strip() and len(first) == 1:  # a lone "" is a blank line too
        first, taken = second, reader.line_num  # type: ignore[attr-defined]
        second = _next_record(reader)
    return Head(delimiter, FirstLines(_stripped(first), _stripped(second) if second else None), taken, blank)


def _stripped(record: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in record)


def _skip_blank(feed: Feed) -> int:
    """Drop the blank lines of a head that has nothing else; returns how many they were."""
    gone = dropped = 0
    while not feed.rest.strip():
        if dropped + len(feed.rest) > RECORD_BYTES:
            raise DataError(f"{feed.source.name}: {_BLANK}")
        if feed.ended:
            break
        cut = feed.rest.rfind(b"\n") + 1
        gone, dropped = gone + feed.rest.count(b"\n"), dropped + cut
        feed.rest = feed.rest[cut:]
        feed.fill(2 * len(feed.rest) + HEAD_BYTES)
    return gone


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
