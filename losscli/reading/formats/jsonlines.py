"""JSON lines as a table: an object a line, told by the first byte. The rule: its values become cells of text.

A list or an object of numbers (`"probs": [0.7, 0.3]`) becomes a column for each of its entries: `probs_0`, `probs_1`.
The keys of the first object name the columns; their order doesn't matter, a key that is missing is a missing cell.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from losscli.data.blocks import Block, Chunk, Layout, OpenSource, Origin, Table
from losscli.data.columns import ColumnSelection, FirstLines
from losscli.errors import DataError, RowError, shown
from losscli.reading.choice import resolve
from losscli.reading.dialect import Style
from losscli.reading.formats.text import Feed, of_lines
from losscli.reading.records import block_of_records
from losscli.reading.sources import Source

Shape = Mapping[str, int | tuple[str, ...] | None]  # of a key: the entries of its list or object, None for one value
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def open_json_lines(source: Source, style: Style) -> OpenSource:
    """A source of JSON lines, its first lines read."""
    feed = Feed(source)
    piece = feed.lines(style.block_bytes)
    first = _first(piece, source.name)
    shape = {key: _entries(value) for key, value in first.items()}
    names = tuple(name for key, entries in shape.items() for name in _names(key, entries))
    try:
        top = FirstLines(names, tuple(_cells(first, shape)))
    except ValueError as error:
        raise DataError(f"{source.name}: {error}") from None
    return OpenSource(source.name, top, True, partial(_table, feed, piece, shape, top, style), source.close)


def _table(feed: Feed, piece: bytes, shape: Shape, top: FirstLines, style: Style, wanted: ColumnSelection) -> Table:
    try:
        models = tuple(_spread(text, shape) or "" for text in wanted.models)
        label, prob = _spread(wanted.label, shape), _spread(wanted.prob, shape)
        columns = resolve(top, replace(wanted, header=True, label=label, prob=prob, models=models))
    except DataError as error:
        raise DataError(f"{feed.source.name}: {error}") from None
    parts = (columns.labels, columns.predictions, columns.weight, columns.features)
    layout = Layout(len(top.first), *parts, style.drop, extra=columns.travelling)
    origin = Origin(feed.source.name, columns, 1)
    return of_lines(feed.source, columns, wanted, _chunks(feed, piece, shape, layout, origin, style.block_bytes))


def _first(piece: bytes, name: str) -> dict[str, Any]:
    for line, text in enumerate(piece.split(b"\n"), 1):
        if text.strip():
            found = _object(text)
            if isinstance(found, str):
                raise DataError(f"{name}:{line}: {found}")
            return found
    raise DataError(f"{name}: the input is empty")


def _object(line: bytes) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    try:
        found = _DECODER.decode(line.decode("utf-8").strip())
    except (ValueError, RecursionError):
        return "the line is no JSON object"
    return found if isinstance(found, dict) else "the line is no JSON object"


def _entries(value: Any) -> int | tuple[str, ...] | None:
    if isinstance(value, list):
        return len(value)
    return tuple(value) if isinstance(value, dict) else None


def _names(key: str, entries: int | tuple[str, ...] | None) -> list[str]:
    if entries is None:
        return [key]
    return [f"{key}_{entry}" for entry in (range(entries) if isinstance(entries, int) else entries)]


def _spread(chosen: str | None, shape: Shape) -> str | None:
    """A key that holds a list, chosen as predictions, as the columns of its entries."""
    entries = shape.get(chosen) if chosen else None
    return chosen if entries is None or chosen is None else ",".join(_names(chosen, entries))


def _cells(found: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    """The cells of an object, in the order of the columns; ValueError where a list or an object has another shape."""
    for key, entries in shape.items():
        value = found.get(key)
        if entries is None:
            yield _cell(value, key)
        elif value is None:
            yield from [""] * len(_names(key, entries))
        elif _entries(value) == entries or (isinstance(value, dict) and set(value) == set(entries)):  # type: ignore[arg-type]  # a number equals no set of keys
            parts = value if isinstance(value, list) else [value[entry] for entry in entries]  # type: ignore[union-attr]
            yield from (_cell(part, key) for part in parts)
        else:
            size = len(value) if isinstance(value, list | dict) else 1
            raise ValueError(f"{shown(key)} has {size} entries where {len(_names(key, entries))} are wanted")


def _cell(value: Any, key: str) -> str:
    if isinstance(value, list | dict):
        raise ValueError(f"{shown(key)} holds lists within lists")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _chunks(feed: Feed, piece: bytes, shape: Shape, layout: Layout, origin: Origin, size: int) -> Iterator[Chunk]:
    while piece:
        yield partial(_block, piece, shape, layout, origin)
        piece = feed.lines(size)


def _block(piece: bytes, shape: Shape, layout: Layout, origin: Origin) -> Block:
    lines = piece.removesuffix(b"\n").split(b"\n")
    parsed: list[list[str]] = []
    places: list[int] = []
    fault = None
    for line, text in enumerate(lines):
        if not text.strip():
            continue
        places.append(line)
        try:
            found = _object(text)
            if isinstance(found, str):
                raise ValueError(found)
            parsed.append(list(_cells(found, shape)))
        except ValueError as error:
            fault = RowError(len(parsed), "row", None, str(error))
            break
    block = block_of_records(parsed, places, len(lines), layout, origin)
    return block if fault is None or block.fault is not None else replace(block, fault=replace(fault, row=block.rows))
