"""The cells of JSON lines that have one shape: each value stands between constant texts, as in a CSV table.

The objects that a program writes differ in their values alone: `{"label": 1, "prob": 0.25}` is a row of two cells with
the prefixes `{"label": ` and ` "prob": ` and the suffix `}`. So commas are found as in a table, prefixes and suffixes
are compared and cut off, and the fast decoder reads what is left. A line is plain when its texts are those of the
template, which is made of another line, and its values are numbers, true, false or strings without escapes. All other
lines are odd: a parser of JSON reads them.
"""

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from losscli.arrays import Flags, Ints
from losscli.data.blocks import Layout
from losscli.reading.text.floats import Bytes, CellSpans, floats, words_of
from losscli.reading.text.tokenizer import NEWLINE, QUOTE, SPACE, CellPositions, buffer_of, cut, sparse
from losscli.records import record

_PIECE = re.compile(rb'(?P<prefix>.*?)(?P<value>"[^"\\]*"|[-+.\w]+)(?P<suffix>[\s\]}]*)', re.DOTALL)
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_COMMA, _MINUS, _POINT, _ZERO, _BACKSLASH, _E = b",-.0\\e"
_LOWER = 0x20
_TRUE, _FALSE = (int.from_bytes(word.ljust(8, b"\0"), "little") for word in (b"true", b"false"))


@record
class Field:
    """What stands between two commas of a line: a value and the texts around it, the quotes of a string among these."""

    prefix: bytes
    suffix: bytes
    kind: str  # "number", "string" or "truth"
    value: str


@record
class Template:
    """The pieces of a line, and for each column of the table the place of its piece."""

    pieces: tuple[Field, ...]
    columns: tuple[int, ...]
    specials: int  # bytes of a line up to the quote in the order of ASCII: control bytes, spaces, `!` and quotes

    def count(self, below: int, least: int = 0) -> int:
        """How many bytes from `least` to below a limit the constant texts of a line have, its newline too."""
        texts = b"".join(piece.prefix + piece.suffix for piece in self.pieces) + b"\n"
        return sum(least <= byte < below for byte in texts)


def template_of(
    line: bytes, values: Mapping[str, str], names: Sequence[str], needed: Collection[int]
) -> Template | None:
    """The template of a line; None where it has none, or lacks a needed column.

    `values` are what a JSON parser finds in the line, by the names of their columns and in their order.
    """
    pieces = []
    for part in line.split(b","):
        match = _PIECE.fullmatch(part)
        if match is None:
            return None
        prefix, value, suffix = match.group("prefix", "value", "suffix")
        kind = "string" if value.startswith(b'"') else "truth" if value in (b"true", b"false") else "number"
        if kind == "string":
            prefix, value, suffix = prefix + b'"', value[1:-1], b'"' + suffix
        elif kind == "number" and not _NUMBER.fullmatch(value):
            return None
        pieces.append(Field(prefix, suffix, kind, value.decode("utf-8", "replace")))
    if [piece.value for piece in pieces] != list(values.values()):
        return None
    places = {name: at for at, name in enumerate(values)}
    if any(names[column] not in places for column in needed):
        return None
    template = Template(tuple(pieces), tuple(places.get(name, 0) for name in names), 0)
    return Template(template.pieces, template.columns, template.count(QUOTE + 1))


def positions_of(template: Template, block: bytes, layout: Layout) -> CellPositions | None:
    """The cells of the plain lines of a block, by the columns of the table; None where the bytes aren't UTF-8."""
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            return None
    buffer = buffer_of(block)
    positions = _pieces(buffer, len(template.pieces))
    positions = _without(positions, _other_texts(positions, template))
    if b"\\" in block or np.count_nonzero(buffer <= QUOTE) != template.specials * positions.lines + 1:
        positions = _without(positions, _other_specials(positions, template))
    # In memory the pieces of a line are side by side, and there adding a column takes five times as long.
    before, after = map(np.ascontiguousarray, (positions.before, positions.after))
    before = before + np.array([[len(piece.prefix)] for piece in template.pieces])
    after = after - np.array([[len(piece.suffix)] for piece in template.pieces])
    cells = CellPositions(buffer, before, after, _newlines(positions), positions.line)
    read = {template.columns[at] for at, part, _ in layout.cells if part != "label"}
    for at, piece in enumerate(template.pieces):
        if piece.kind != "string" and cells.rows:
            starts = cells.before[at] + 1
            values = CellSpans(buffer, starts, cells.after[at] - starts)
            odd = _no_numbers(values, at in read) if piece.kind == "number" else _no_truths(values)
            cells = cells if odd is None else _without(cells, odd)
    order = list(template.columns)
    if order == list(range(len(template.pieces))):
        return cells
    return CellPositions(buffer, cells.before[order], cells.after[order], cells.newlines, cells.line)


def _pieces(buffer: Bytes, count: int) -> CellPositions:
    """What stands between commas in the lines that have so many pieces."""
    marks = buffer == _COMMA
    marks |= buffer == NEWLINE
    places = sparse(marks)
    if places is None:
        places = np.flatnonzero(marks)
    positions = cut(buffer, places, Layout(count, (), ()))
    if positions is not None:
        return positions
    ends = np.flatnonzero(buffer.take(places) == NEWLINE)
    counts = np.diff(ends)
    plain = counts == count
    chosen = np.repeat(plain, counts)
    before, after = (part.compress(chosen).reshape(-1, count).T for part in (places[:-1], places[1:]))
    return CellPositions(buffer, before, after, places[ends], np.flatnonzero(plain))


def _newlines(positions: CellPositions) -> Ints:
    if positions.newlines is not None:
        return positions.newlines
    return np.append(positions.before[0], positions.after[-1, -1:])


def _without(positions: CellPositions, odd: Flags | None) -> CellPositions:
    """The positions without some of its rows."""
    if odd is None or not odd.any():
        return positions
    rows = np.flatnonzero(~odd)
    line = rows if positions.line is None else positions.line[rows]
    return CellPositions(
        positions.buffer, positions.before[:, rows], positions.after[:, rows], _newlines(positions), line
    )


def _other_texts(positions: CellPositions, template: Template) -> Flags | None:
    """The rows whose pieces don't begin and end as those of the template (None: there are none)."""
    found: list[Flags | None] = []
    starts, text = positions.before[0] + 1, b""  # what ends a piece, the comma and what begins the next one
    for at, piece in enumerate(template.pieces):
        found.append(_differ(positions.buffer, starts, text + piece.prefix))
        least = len(piece.prefix) + len(piece.suffix) + (piece.kind != "string")
        short = positions.after[at] - positions.before[at] <= least
        starts, text = positions.after[at] - len(piece.suffix), piece.suffix + b","
        if short.any():
            found.append(short)
            starts = np.maximum(starts, 0)
    found.append(_differ(positions.buffer, starts, text[:-1]))
    odd = [flags for flags in found if flags is not None]
    return np.logical_or.reduce(odd) if odd else None


def _differ(buffer: Bytes, starts: Ints, text: bytes) -> Flags | None:
    """Where other bytes than these begin (None: nowhere)."""
    size = len(text)
    if size <= 1:
        found = buffer.take(starts) != text[0] if size else np.zeros(0, np.bool_)
        return found if found.any() else None
    room = buffer.size - size + 1
    if room <= 0:
        return np.ones(starts.size, np.bool_)
    # A type of bytes without a meaning: numpy copies it at once, from anywhere.
    anywhere = np.ndarray((room,), f"V{size}", buffer, 0, (1,))
    raw = anywhere[np.minimum(starts, room - 1) if starts.size and starts[-1] >= room else starts].tobytes()
    if raw == text * starts.size:
        return None
    differ: Flags = (np.frombuffer(raw, np.uint8).reshape(-1, size) != np.frombuffer(text, np.uint8)).any(axis=1)
    return differ


def _other_specials(positions: CellPositions, template: Template) -> Flags:
    """The rows that have a backslash, or more quotes or control bytes than the template."""
    newlines = _newlines(positions)
    odd = np.zeros(newlines.size - 1, np.bool_)
    for found, own in (
        (positions.buffer == _BACKSLASH, 0),
        (positions.buffer == QUOTE, template.count(QUOTE + 1, QUOTE)),
        (positions.buffer < SPACE, template.count(SPACE)),
    ):
        odd |= np.diff(np.searchsorted(np.flatnonzero(found), newlines, "right")) != own
    return odd if positions.line is None else odd[positions.line]


def _no_numbers(cells: CellSpans, read: bool) -> Flags | None:
    """Where a cell that `float()` takes is no number of JSON, which has no `.5`, `5.`, `05`, `+5`, `inf` and ` 5`.

    Where the cells aren't read as numbers later, those that `float()` doesn't take are told too.
    """
    if cells.longest == 1:
        digits = cells.buffer.take(cells.starts) - np.uint8(_ZERO) <= 9
        return None if digits.all() else ~digits
    buffer, starts = cells.buffer, cells.starts
    first, second = buffer.take(starts) - np.uint8(_ZERO), buffer.take(starts + 1)
    odd = buffer.take(starts + cells.lengths - 1) - np.uint8(_ZERO) > 9
    plain = (first <= 9) & (second == _POINT) & (buffer.take(starts + 2) - np.uint8(_ZERO) <= 9)
    if not plain.all():
        starts = starts + (buffer.take(starts) == _MINUS)
        first, second = buffer.take(starts) - np.uint8(_ZERO), buffer.take(starts + 1)
        odd |= first > 9
        odd |= (first == 0) & (second - np.uint8(_ZERO) <= 9) & (cells.lengths > 1)
        exponents = np.flatnonzero((buffer[:-1] == _POINT) & (buffer[1:] | _LOWER == _E))
        if exponents.size:
            odd[np.maximum(np.searchsorted(cells.starts, exponents, "right") - 1, 0)] = True
    if not read:
        odd[floats(cells)[1]] = True
    return odd if odd.any() else None


def _no_truths(cells: CellSpans) -> Flags | None:
    word = words_of(cells)[0]
    odd: Flags = ((word != _TRUE) & (word != _FALSE)) | (cells.lengths > 5)
    return odd if odd.any() else None
