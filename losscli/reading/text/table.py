"""A table of text: the first lines decide the delimiter, the header and the columns; the other lines become chunks.

A pipe is read as a file is: the same number of bytes at first. Chunks end where lines end, and each can be read by
itself, in any thread. Only a parser knows where a record ends that has quotes with line breaks between them, so such
lines are parsed here, in order. A range of a file that holds a quote raises `Quoted`, and the file is then read as a
whole. What few tables have is read by modules that are loaded only for them: `preamble`, `rewritten`, `listcells`.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from losscli.data.blocks import Layout, Origin, layout_of
from losscli.data.cells import as_text, is_text, number
from losscli.data.choice import resolve
from losscli.data.columns import LABEL_NAMES, ColumnSelection, FirstLines
from losscli.data.table import Chunk, OpenSource, SmallFiles, Table, schema_of
from losscli.errors import DataError, Quoted, RowError, shown
from losscli.reading.sources import Source, is_plain_file
from losscli.reading.text.careful import not_utf8
from losscli.reading.text.dialect import NAMES, Style, find_delimiter, records, unsound
from losscli.reading.text.feed import RECORD_BYTES, TOO_LONG, Feed, LineReader
from losscli.reading.text.lines import SmallTexts, block_of, parsed_block, split
from losscli.reading.text.tokenizer import are_records

if TYPE_CHECKING:
    from losscli.reading.text.listcells import ListColumns

HEAD_BYTES = 1 << 16
HEAD_LINES = 20  # that show what a table looks like


class Head(NamedTuple):
    """What the first lines show. `above` lines of the source come before the first record, which has `lines` lines."""

    delimiter: str
    top: FirstLines
    above: int
    lines: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lists: "ListColumns | None" = None  # columns whose cells are lists of numbers


def open_text(source: Source, style: Style) -> OpenSource:
    """A table of text, its first lines read."""
    feed = Feed(source)
    feed.fill(HEAD_BYTES)
    if feed.rest.endswith(b"\r"):
        feed.fill(HEAD_BYTES + 1)  # a newline may follow
    if b"\0" in feed.rest[:1024]:
        raise DataError(f"{source.name}: these bytes are not text (a NUL byte); for UTF-16 use --encoding utf-16")
    if b"\r" in feed.rest and b"\n" not in feed.rest:
        from losscli.reading.text.rewritten import replace_returns

        replace_returns(feed)
    above = 0 if feed.rest.strip() else feed.skip_blank(HEAD_BYTES)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    if b"--" in feed.rest and style.delimiter in (None, "|"):
        from losscli.reading.text.rewritten import undraw

        drawn = undraw(feed, HEAD_BYTES)
        style, notes = (style, ()) if drawn is None else (style._replace(delimiter="\t"), drawn)
    delimiter = style.delimiter
    begin = feed.rest.lstrip()[:5].lower()
    if begin.startswith(b"#") or b"sep=" in begin:
        from losscli.reading.text.preamble import skip_preamble

        lines, delimiter, skipped, warnings = skip_preamble(feed, delimiter)
        above, notes = above + lines, (*notes, *skipped)
    head = _head(feed, delimiter, style.decimal_comma, above)
    head = head._replace(notes=(*notes, *head.notes), warnings=warnings)
    if any(cell.endswith(("]", ")")) for record in (head.top.first, *head.top.rows[:1]) for cell in record):
        from losscli.reading.text.listcells import list_columns

        lists = list_columns(head.top)
        head = head if lists is None else head._replace(top=lists.top(head.top), lists=lists)
    return TextSource(feed, style, head)


def _head(feed: Feed, delimiter: str | None, decimal_comma: bool, above: int) -> Head:
    """The first records, parsed with the delimiter that they show unless it is known."""
    name, size = feed.source.name, HEAD_BYTES
    feed.fill(size)
    while not feed.ended and len(feed.rest) <= RECORD_BYTES:
        if feed.rest.count(b"\n") > (HEAD_LINES if size == HEAD_BYTES else 2):
            break
        size *= 2
        feed.fill(size)
    data = feed.rest if feed.ended else feed.rest[: feed.rest.rfind(b"\n") + 1]
    if len(data or feed.rest) > RECORD_BYTES and data.find(b"\n", 0, RECORD_BYTES) < 0:
        raise DataError(f"{name}: {TOO_LONG}")
    lines = as_text(data).split("\n")
    gaps = " \r" if delimiter == "\t" else None  # a line of nothing but white space is none of a table
    blank = next((at for at, line in enumerate(lines) if line.strip(gaps)), None)
    if blank is None:
        raise DataError(f"{name}: the input is empty")
    feed.skip(blank)
    above, lines = above + blank, lines[blank:]
    place = f"{name}:{above + 1}"
    if lines[0].lstrip().startswith("{"):
        raise DataError(f"{place}: JSON lines after so many blank lines are not read; remove the blank lines")
    sample = [line for line in lines[:HEAD_LINES] if line.strip(gaps)]
    char = delimiter or find_delimiter(sample, decimal_comma)
    reader = records(iter([line + "\n" for line in lines]), char)
    try:
        first, taken = next(reader), reader.line_num  # type: ignore[attr-defined]  # a csv reader counts its lines
    except csv.Error as error:
        raise DataError(f"{place}: {unsound(error)}") from None
    rows = _sound_records(reader)
    second = next(rows, None)
    if second and len(second) > 1 and len(first) == 1 and not first[0].strip():  # a lone "" is a blank line too
        first, taken = second, reader.line_num  # type: ignore[attr-defined]
        second = next(rows, None)
    below = [] if second is None else [second, *islice(rows, HEAD_LINES - 1)]
    top = FirstLines(tuple(map(str.strip, first)), tuple(tuple(map(str.strip, row)) for row in below))
    if below and len(below[0]) == len(first) + 1:
        from losscli.reading.text.preamble import ROW_NAMES, names_rows

        if names_rows(top):
            return Head(char, top._replace(first=("", *top.first)), above, taken, (ROW_NAMES,))
    if len(first) == 1 and len(sample) > 2:
        from losscli.reading.text.preamble import is_title

        if is_title(sample[0], sample[1:], delimiter, decimal_comma):
            words = char == " " and not any(number(cell) is not None for row in top.rows for cell in row)
            if words and delimiter is None and top.first[0].casefold() in LABEL_NAMES:
                return _head(feed, ",", decimal_comma, above)  # labels of several words, in a column of their own
            what = f"{shown(sample[0].strip())} is not part of the table, which begins below it; remove such lines"
            if words:
                what += ", or use -d , where each line is one cell"
            raise DataError(f"{place}: {what}")
    return Head(char, top, above, taken)


def _sound_records(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The records that aren't blank, up to one with unsound quotes, which is reported when its row is read."""
    try:
        yield from (record for record in reader if any(cell.strip() for cell in record))
    except csv.Error:
        return


class TextSource(OpenSource):
    """A table of text, its first lines read."""

    def __init__(self, feed: Feed, style: Style, head: Head) -> None:
        super().__init__(feed.source.name, head.top, None, feed.source.close)
        self.feed, self.style, self.head = feed, style, head

    def _table(self, wanted: ColumnSelection) -> Table:
        feed, style, head, first = self.feed, self.style, self.head, self.top.first
        if head.lists is not None:
            wanted = head.lists.translated(wanted)
        line, text = f"{self.name}:{head.above + 1}", is_text("".join(first))
        try:
            columns = resolve(self.top, wanted)
        except DataError as error:
            raise DataError(f"{self.name}: {error}" if text else f"{line}: {not_utf8(''.join(first))}") from None
        for column in () if text else columns.used:  # other names than those of columns in use don't matter
            if not is_text(str(columns.name(column))):
                raise DataError(f"{line}: {not_utf8(str(columns.name(column)))}")

        header = feed.rest[: feed.rest.find(b"\n") + 1] if columns.names else b""
        skipped = head.lines if columns.names else 0
        feed.skip(skipped)
        alone = not (wanted.labels_only or wanted.preds_only)  # of two tables the numbers of rows are compared
        if alone and columns.names and feed.ended and not feed.rest.strip():
            raise DataError(f"{self.name}: there are no rows below the header")

        named = len(first) > 1 and style.delimiter
        hint = "" if named else f" (the delimiter is the {NAMES.get(head.delimiter, head.delimiter)})"
        rest = {"hint": hint, "delimiter": head.delimiter, "comma": style.decimal_comma}
        layout = layout_of(columns, wanted, len(first), style.drop, **rest)
        origin = Origin(self.name, columns, head.above + skipped + 1)
        schema = schema_of(columns, wanted)
        if head.notes or head.warnings:
            notes, warnings = (*head.notes, *schema.notes), (*head.warnings, *schema.warnings)
            schema = replace(schema, notes=notes, warnings=warnings)
        header = header if head.above + skipped == 1 and not (head.notes or head.lists) else b""
        reader = TextReader(feed, layout, origin, style.block_bytes, head.lists, header)
        return Table(self.name, schema, reader, (self.name,))


class TextReader(LineReader):
    """Reads the records after the header; small files that begin with the same `header` can be read with it."""

    def __init__(
        self, feed: Feed, layout: Layout, origin: Origin, block_bytes: int, lists: "ListColumns | None", header: bytes
    ) -> None:
        super().__init__(feed)
        self.layout, self.origin, self.block_bytes, self.lists, self.header = layout, origin, block_bytes, lists, header

    def small_files(self) -> SmallFiles | None:
        alike = self.header and is_plain_file(self.source)
        return SmallTexts(self.header, self.layout, self.origin) if alike else None

    def chunks_of(self, feed: Feed, ranged: bool) -> Iterator[Chunk]:
        while piece := feed.lines(self.block_bytes):
            quoted = b'"' in piece
            if quoted and ranged:
                raise Quoted
            if self.lists is not None or (quoted and not are_records(piece, self.layout)):
                yield self._parsed(feed, piece)
            else:
                yield partial(block_of, piece, self.layout, self.origin)

    def _parsed(self, feed: Feed, piece: bytes) -> Chunk:
        """The records of a piece, and as many lines after it as its last record takes."""
        lines, taken = deque(split(piece)), 0

        def texts() -> Iterator[str]:
            nonlocal taken
            while True:
                if not lines:
                    lines.extend(split(feed.lines(self.block_bytes)))
                if not lines:
                    return
                taken += 1
                yield as_text(lines.popleft())

        parsed: list[list[str]] = []
        line: list[int] = []
        fault = None
        reader = records(texts(), self.layout.delimiter)
        while lines and fault is None:
            start = taken
            try:
                record = next(reader, None)
                if record is None:
                    break
                parsed.append(self.lists.record(record) if self.lists is not None else record)
            except (ValueError, csv.Error) as error:
                what = unsound(error) if isinstance(error, csv.Error) else error
                fault = RowError(len(parsed), "row", None, str(what))
            line.append(start)
        if fault is not None:  # nothing after it is read, and it may be endless
            feed.rest, feed.ended = b"", True
        return partial(parsed_block, parsed, line, taken, self.layout, self.origin, fault)
