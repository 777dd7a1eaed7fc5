"""JSON lines as a table: an object on each line, so the first byte is `{`.

A list or an object of numbers (`"probs": [0.7, 0.3]`) becomes a column for each of its entries: `probs_0`, `probs_1`.
The keys of the first object name the columns; their order doesn't matter, a key that is missing is a missing cell, and
keys that aren't in use may hold anything. Lines of one shape are read as a table of text is (`text.objects`).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from losscli.data.blocks import Block, Layout, Origin, layout_of
from losscli.data.choice import resolve
from losscli.data.columns import ColumnSelection, FirstLines
from losscli.data.table import Chunk, OpenSource, Table, schema_of
from losscli.errors import DataError, RowError, of_source, plural, shown
from losscli.reading.signatures import INDENTED, OBJECT, describe
from losscli.reading.sources import Source
from losscli.reading.text.careful import block_of_records
from losscli.reading.text.dialect import Style
from losscli.reading.text.feed import Feed, LineReader
from losscli.reading.text.lines import decoded_block
from losscli.reading.text.objects import positions_of, template_of
from losscli.records import record

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]

NO_OBJECT = "the line is not a JSON object"
SHOWN_ROWS = 20  # that show which columns are numbers
TEMPLATE_LINES = 8  # of a block, among which one with a template is looked for
NESTED = "lists within lists"


@record
class Key:
    """A key of the objects: its columns, and the entries of its list or its object (None: one value)."""

    name: str
    low: int
    entries: int | tuple[str, ...] | None

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        if self.entries is None:
            return [self.name]
        entries = range(self.entries) if isinstance(self.entries, int) else self.entries
        return [f"{self.name}_{entry}" for entry in entries]


def _keys_of(found: Mapping[str, Any]) -> list[Key]:
    """The keys of an object."""
    keys: list[Key] = []
    for name, value in found.items():
        entries = len(value) if isinstance(value, list) else tuple(value) if isinstance(value, dict) else None
        keys.append(Key(name, sum(len(key.columns) for key in keys), entries))
    return keys


class JsonLines(OpenSource):
    """A source of JSON lines, whose first object names the keys."""

    def __init__(self, source: Source, style: Style) -> None:
        self.feed, self.style = Feed(source), style
        piece = self.feed.lines(style.block_bytes)
        while piece.count(b"\n") < SHOWN_ROWS and (more := self.feed.lines(style.block_bytes)):
            piece += more
        self.feed.rest = piece + self.feed.rest
        lines = piece.split(b"\n")
        first = next((at for at, text in enumerate(lines) if text.strip()), None)
        if first is None:
            raise DataError(f"{source.name}: the input is empty")
        try:
            self.keys = _keys_of(_exact_object(lines[first]))
        except ValueError as error:
            if lines[first].strip() == b"{":
                raise DataError(f"{source.name}: {describe(INDENTED, source.name)}") from None
            raise DataError(f"{source.name}:{first + 1}: {error}") from None
        self.single = sum(map(bool, map(bytes.strip, lines))) == 1
        rows = []
        for text in lines[:SHOWN_ROWS]:
            with suppress(ValueError):  # a line with another shape is reported when its row is read
                rows.append(tuple(cell for key in self.keys for cell in _cells(_exact_object(text), key, NESTED)))
        names = tuple(name for key in self.keys for name in key.columns)
        lists = {key.name: tuple(key.columns) for key in self.keys if key.entries is not None}
        super().__init__(source.name, FirstLines(names, tuple(rows), lists), True, source.close)

    def _table(self, wanted: ColumnSelection) -> Table:
        names = self.top.first
        try:
            columns = resolve(self.top, replace(wanted, header=True))
        except DataError as error:
            if self.single and any(len(key.columns) > 1 for key in self.keys):
                raise DataError(f"{self.name}: {describe(OBJECT, self.name)}") from None
            raise of_source(error, self.name) from None
        layout = layout_of(columns, wanted, len(names), self.style.drop, comma=self.style.decimal_comma)
        blocks = Objects(self.keys, names, layout, Origin(self.name, columns, 1))
        reader = JsonLinesReader(self.feed, blocks, self.style.block_bytes)
        return Table(self.name, schema_of(columns, wanted), reader, (self.name,))


class JsonLinesReader(LineReader):
    """Reads the objects, whose lines are records each."""

    def __init__(self, feed: Feed, blocks: "Objects", block_bytes: int) -> None:
        super().__init__(feed)
        self.blocks, self.block_bytes = blocks, block_bytes

    def chunks_of(self, feed: Feed, ranged: bool) -> Iterator[Chunk]:
        while piece := feed.lines(self.block_bytes):
            yield partial(self.blocks.block, piece)


# --- blocks -----------------------------------------------------------------------------------------------------------
@record
class Objects:
    """How lines become blocks: the keys and the names of all columns, and which of them are in use."""

    keys: list[Key]
    names: tuple[str, ...]
    layout: Layout
    origin: Origin

    def block(self, piece: bytes) -> Block:
        """The block of lines: by a template of one of the first lines where most have its shape."""
        needed = {*(column for column, _, _ in self.layout.cells), *self.layout.extra}
        for line in piece.split(b"\n", TEMPLATE_LINES)[:TEMPLATE_LINES]:
            try:
                found = _exact_object(line)
                both = ((key, zip(key.columns, _cells(found, key), strict=True)) for key in _keys_of(found))
                template = template_of(
                    line, {name: cell for _, part in both for name, cell in part}, self.names, needed
                )
            except ValueError:
                continue
            if template is not None:
                find_cells = partial(positions_of, template)
                block = decoded_block(piece, self.layout, self.origin, find_cells, self.parsed)
                if block is not None:
                    return block
                break
        lines = piece.removesuffix(b"\n").split(b"\n")
        return self.parsed(lines, list(range(len(lines))), len(lines), self.layout, self.origin)

    def parsed(self, raw: list[bytes], line: list[int], lines: int, layout: Layout, origin: Origin) -> Block:
        """The block of lines that are parsed one by one; blank ones are none."""

        def has(key: Key, columns: Collection[int]) -> bool:
            return any(key.low <= column < key.low + len(key.columns) for column in columns)

        texts = (*layout.labels, *layout.extra)
        in_use = [has(key, (*(column for column, _, _ in layout.cells), *layout.extra)) for key in self.keys]
        as_written = {key.name for key in self.keys if has(key, texts)}
        records: list[list[str]] = []
        places: list[int] = []
        fault = None
        for at, text in zip(line, raw, strict=True):
            if not text.strip():
                continue
            places.append(at)
            try:
                found = _object(text, as_written)
                record: list[str] = []
                for key, is_used in zip(self.keys, in_use, strict=True):
                    record += _cells(found, key) if is_used else [""] * len(key.columns)
            except ValueError as error:
                fault = RowError(len(records), "row", None, str(error))
                break
            records.append(record)
        block = block_of_records(records, places, lines, layout, origin)
        return block if fault is None or block.fault is not None else replace(block, fault=fault)


# --- objects ----------------------------------------------------------------------------------------------------------
def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise KeyError(twice)
    return found


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_distinct)


def _exact_object(line: bytes) -> dict[str, Any]:
    """The object of a line, its numbers as text; ValueError says what is wrong with the line."""
    try:
        found = _DECODER.decode(line.decode("utf-8").strip())
    except KeyError as error:
        raise ValueError(f"the key {shown(error.args[0])} occurs twice in the object") from None
    except (ValueError, RecursionError):
        raise ValueError(NO_OBJECT) from None
    if not isinstance(found, dict):
        raise ValueError(NO_OBJECT)
    return found


def _object(line: bytes, as_written: Collection[str]) -> dict[str, Any]:
    """As `_exact_object`, but numbers may be floats; by orjson where it is installed and loses nothing.

    The numbers of the keys `as_written` are labels or texts, which keep their spelling: `0.50`, `-0`.
    """
    if orjson is None:
        return _exact_object(line)
    try:
        found = orjson.loads(line)
    except (ValueError, RecursionError):  # also for NaN, which others write
        return _exact_object(line)
    if not isinstance(found, dict):
        raise ValueError(NO_OBJECT)
    if as_written and b"-0" in line:
        return _exact_object(line)
    colons = len(found)
    for name, value in found.items():
        colons += len(value) if isinstance(value, dict) else 0
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,):
            if type(part) is float and (name in as_written or part in (0.0, 1.0)):
                return _exact_object(line)  # 1e-400 is no 0
    return found if line.count(b":") == colons else _exact_object(line)  # or a key stands twice


def _cells(found: Mapping[str, Any], key: Key, nested: str | None = None) -> list[str]:
    """The cells of a key; ValueError where its value has another shape, or holds lists without a name for these."""
    value = found.get(key.name)
    entries = key.entries
    if entries is None:
        return [_cell(value, key.name, nested)]
    if value is None:
        return [""] * len(key.columns)
    if isinstance(value, list) and len(value) == entries:
        return [_cell(part, key.name, nested) for part in value]
    if isinstance(value, dict) and isinstance(entries, tuple) and value.keys() == set(entries):
        return [_cell(value[entry], key.name, nested) for entry in entries]
    size = len(value) if isinstance(value, list | dict) else 1
    raise ValueError(f"{shown(key.name)} has {plural(size, 'entry', 'entries')}, expected {len(key.columns)}")


def _cell(value: Any, key: str, nested: str | None = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        if nested is not None:
            return nested
        raise ValueError(f"{shown(key)} holds {NESTED}")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else repr(value)
