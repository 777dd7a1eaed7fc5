"""Where the cells of a block of CSV bytes are, found as fast as numpy alone can.

Regular blocks.  A block that is plainly regular has no byte up to 44 (newline, carriage return, space, quote, plus,
comma, NUL) but its separators, so one comparison finds them all, and their places, w for each row, cut every cell: a
cell begins after one separator and ends at the next.  The last one of each row must be a newline and the others the
delimiter.  Only cells of columns in use are looked at again.  Where separators are eight bytes apart or more, as after
a label of one byte, eight flags at a time are looked at (`_narrow_first`).

Other blocks.  A line is plain when it has the right number of delimiters, no control byte but a tab or the carriage
return at its end, and when each of its quotes opens a cell right after a separator or closes one right before the
next.  In such a line a delimiter stands inside a cell just when the number of quotes before it in the line is odd, and
a cell is what stands between its quotes, less the spaces at its sides.  This holds where a record ends with its line,
as it does without quotes; with quotes `are_records` says so.

Odd lines.  Lines that aren't plain, rows with a missing cell where these aren't dropped, with something else than a
number where one is wanted and with bytes that aren't UTF-8 are odd.  They may be right all the same: `decode` gives
their bytes, and `careful` reads them and finds out what is wrong, if anything is.

Buffer.  The block is copied between two margins, so that words can be loaded at any cell without a look at the ends;
the byte in front of the block is a newline, with which the first row begins like all others.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import field, replace

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Flags, Ints
from losscli.data.blocks import Layout
from losscli.reading.text.dialect import CELL_BYTES, records
from losscli.reading.text.floats import (
    BYTE_NUMBERS,
    MARGIN,
    REACH,
    Bytes,
    CellSpans,
)
from losscli.records import record

NEWLINE, RETURN, SPACE, TAB, QUOTE = 10, 13, 32, 9, 34
DELIMITERS = frozenset(",\t;|")
_LAST_SUSPECT = 44
_TOP_BYTE = np.array(56, np.uint64)
_FILLER = ord("x")  # in the margins: neither separator nor digit
NONE: Ints = np.zeros(0, np.intp)


@record
class CellPositions:
    """Where the cells of a block are: the places of the bytes before and after each, both (width, rows).

    `newlines` are the places before all lines and after the last one (None: those before the rows are), and
    `line` numbers the lines that are rows (None: each is). `odd` are rows whose cells can't be told from here.
    """

    buffer: Bytes
    before: Ints
    after: Ints
    newlines: Ints | None = None
    line: Ints | None = None
    odd: Ints = field(default_factory=lambda: NONE)

    @property
    def rows(self) -> int:
        """How many rows have a place."""
        return len(self.before.T)

    @property
    def lines(self) -> int:
        """How many lines the block has."""
        return self.rows if self.newlines is None else self.newlines.size - 1

    def cells(self, columns: tuple[int, ...]) -> CellSpans:
        """The cells of some columns, one column after the other."""
        side_by_side = columns == tuple(range(columns[0], columns[0] + len(columns)))
        at = slice(columns[0], columns[-1] + 1) if side_by_side else list(columns)
        starts = np.empty((len(columns), self.before.shape[1]), np.intp)
        np.add(self.before[at], 1, out=starts)
        lengths = np.empty_like(starts)
        np.subtract(self.after[at], starts, out=lengths)
        return CellSpans(self.buffer, starts.ravel(), lengths.ravel())

    def raw(self, lines: Ints) -> list[bytes]:
        """The bytes of some lines."""
        newlines = self.newlines
        if newlines is None:
            newlines = np.append(self.before[0], self.after[-1, -1:])
        ends = zip(newlines[lines].tolist(), newlines[lines + 1].tolist(), strict=True)
        return [self.buffer[low + 1 : high + 1].tobytes() for low, high in ends]


def cell_positions(block: bytes, layout: Layout) -> CellPositions | None:
    """Where the cells of a block are; None where only the careful way can find out."""
    if not block or block[-1] == RETURN or layout.delimiter not in DELIMITERS or sys.byteorder != "little":
        return None
    buffer = buffer_of(block)
    returns = block[max(block.find(b"\n") - 1, 0)] == RETURN  # then the quick search is known to fail
    quick = None if returns or b'"' in block else regular_cells(buffer, layout)
    return quick or plain_cells(buffer, layout)


def buffer_of(block: bytes) -> Bytes:
    """The block between margins, with a newline before it and one at its end; a whole number of words."""
    end = MARGIN + len(block)
    buffer = np.empty(end + 8 + REACH - end % 8, np.uint8)
    buffer[:MARGIN] = _FILLER
    buffer[MARGIN - 1] = NEWLINE
    buffer[MARGIN:end] = np.frombuffer(block, np.uint8)
    buffer[end:] = _FILLER
    if buffer[end - 1] != NEWLINE:
        buffer[end] = NEWLINE
    return buffer


def regular_cells(buffer: Bytes, layout: Layout) -> CellPositions | None:
    """The cells, if nothing below 45 but the separators is in the block."""
    suspects = buffer <= _LAST_SUSPECT
    if ord(layout.delimiter) > _LAST_SUSPECT:
        suspects |= buffer == ord(layout.delimiter)
    return _narrow_first(buffer, suspects, layout) or cut(buffer, np.flatnonzero(suspects), layout)


def _narrow_first(buffer: Bytes, suspects: Flags, layout: Layout) -> CellPositions | None:
    """The cells of rows that begin with a cell of one byte, as a label does, and have no other short ones.

    Then the separators that are left without the one after that byte are never two among the same eight bytes.
    """
    if layout.width < 2 or buffer[MARGIN + 1] != ord(layout.delimiter):
        return None
    newlines = sparse(buffer == NEWLINE)
    if newlines is None or np.count_nonzero(suspects) != layout.width * (newlines.size - 1) + 1:
        return None
    edges = np.empty((layout.width + 1, newlines.size - 1), np.intp)
    edges[0], edges[-1] = newlines[:-1], newlines[1:]
    np.add(edges[0], 2, out=edges[1])
    if not ((buffer.take(edges[1]) == ord(layout.delimiter)) & (edges[1] < edges[-1])).all():
        return None  # or a blank line, after which lies a delimiter of the next one
    if layout.width > 2 and not _fill(edges, buffer, suspects, layout):
        return None
    return CellPositions(buffer, edges[:-1], edges[1:])


def _fill(edges: Ints, buffer: Bytes, suspects: Flags, layout: Layout) -> bool:
    """Find the separators between the second cells and the last ones."""
    first_row = np.flatnonzero(suspects[: 64 * layout.width])[1 : layout.width + 1]
    if (np.diff(first_row) < 8).any():  # a cell after the first is too short for the quick search
        return False
    suspects[edges[1]] = False
    rest = sparse(suspects)
    suspects[edges[1]] = True
    if rest is None or not _are_rows(buffer, rest, replace(layout, width=layout.width - 1)):
        return False
    edges[2:] = rest[1:].reshape(-1, layout.width - 1).T
    return True


def sparse(flags: Flags) -> Ints | None:
    """Where flags are set, if never two among the same eight: a look at words of flags takes a fraction of the time."""
    words: NDArray[np.uint64] = flags.view(np.uint64)
    found = np.flatnonzero(words != 0)
    which = words.take(found)
    which *= BYTE_NUMBERS
    which >>= _TOP_BYTE
    found *= 8
    found += which.view(np.int64)
    return found if found.size == np.count_nonzero(flags) else None


def cut(buffer: Bytes, separators: Ints, layout: Layout) -> CellPositions | None:
    """The cells between separators at these places, if each line is a row."""
    if not _are_rows(buffer, separators, layout):
        return None
    each = -1, layout.width
    return CellPositions(buffer, separators[:-1].reshape(each).T, separators[1:].reshape(each).T)


def _are_rows(buffer: Bytes, places: Ints, layout: Layout) -> bool:
    """Whether the separators are the delimiter but for a newline at the end of each row."""
    rows, left_over = divmod(places.size - 1, layout.width)
    row = (layout.delimiter * (layout.width - 1) + "\n").encode()
    return not left_over and buffer.take(places[1:]).tobytes() == row * rows


# --- lines that are plain, quotes, spaces and carriage returns taken off ----------------------------------------------
_PADDING = 64  # spaces that are trimmed at a cell's side before its row counts as odd
_MOST = 8  # one line in so many may be looked at by itself


def plain_cells(buffer: Bytes, layout: Layout) -> CellPositions:
    """The cells of the plain lines."""
    places, quoted = _marks(buffer, layout)
    strange = _strange(buffer)
    positions = None
    if strange.size == 0:
        positions = (_quoted_alike if quoted else _unquoted)(buffer, places, layout)
    return _trimmed(positions or _plain_lines(buffer, places, strange, quoted, layout), layout)


def _marks(buffer: Bytes, layout: Layout) -> tuple[Ints, bool]:
    """The places of newlines, delimiters and quotes, and whether there are any quotes."""
    quotes = buffer == QUOTE
    marks = (buffer == NEWLINE) | (buffer == ord(layout.delimiter))
    quoted = bool(quotes.any())
    return np.flatnonzero(marks | quotes if quoted else marks), quoted


def _strange(buffer: Bytes) -> Ints:
    """Where control bytes are that are neither tabs nor a line's end."""
    newline, returns = buffer == NEWLINE, buffer == RETURN
    alone = returns[:-1] > newline[1:]
    known = sum(map(np.count_nonzero, (newline, returns, buffer == TAB)))
    if np.count_nonzero(buffer < SPACE) == known and not alone.any():
        return NONE
    others = (buffer < SPACE) > (newline | returns | (buffer == TAB))
    others[:-1] |= alone
    return np.flatnonzero(others)


def _unquoted(buffer: Bytes, places: Ints, layout: Layout) -> CellPositions | None:
    """The cells between the separators at these places if all lines are plain."""
    positions = cut(buffer, places, layout)
    if positions is None:
        return None
    return _without_returns(
        CellPositions(buffer, positions.before.copy(), positions.after.copy(), places[:: layout.width])
    )


def _without_returns(positions: CellPositions) -> CellPositions:
    positions.after[-1] -= positions.buffer[positions.after[-1] - 1] == RETURN
    return positions


def _quoted_alike(buffer: Bytes, places: Ints, layout: Layout) -> CellPositions | None:
    """The cells where all lines are plain and have quotes in the same places, as where some columns are quoted.

    A line is then its marks, `"",""` and a newline for two quoted cells, and only their distances are left to look at.
    """
    kinds = buffer.take(places[1:]).tobytes()
    line = kinds[: kinds.find(b"\n") + 1]
    rows, left_over = divmod(len(kinds), len(line))
    if left_over or line * rows != kinds:
        return None
    edges = [places[:-1].reshape(rows, -1)[:, 0], *places[1:].reshape(rows, -1).T]
    cells = []
    at = 0
    while at < len(line):
        first, last = at, at + 1
        if line[at] == QUOTE:
            first, last = at + 1, line.find(b'"', at + 1) + 1
            if last == 0 or not _at_the_sides(buffer, edges[at : at + 2], edges[last : last + 2]):
                return None
        at = last + (first > at)
        if line[at - 1] == QUOTE:
            return None  # two in a row, or one in the middle of a cell
        cells.append((edges[first], edges[last]))
    if len(cells) != layout.width:
        return None
    before, after = map(np.array, zip(*cells, strict=True))
    return _without_returns(CellPositions(buffer, before, after, places[:: len(line)]))


def _at_the_sides(buffer: Bytes, front: Sequence[Ints], back: Sequence[Ints]) -> bool:
    """Whether opening quotes stand right after the marks before them, and the marks after closing ones by them."""
    gap = back[1] - back[0]
    near = gap == 1
    if not near.all():
        near |= (gap == 2) & (buffer.take(back[0] + 1) == RETURN)
    return bool((front[1] - front[0] == 1).all() and near.all())


def _plain_lines(buffer: Bytes, places: Ints, strange: Ints, quoted: bool, layout: Layout) -> CellPositions:
    """The cells between the marks at these places in the lines that are plain, all but those with strange bytes."""
    unsound = None
    if quoted:
        places, unsound = _without_quotes(buffer, places, layout)
    ends = np.flatnonzero(buffer.take(places) == NEWLINE)
    newlines, counts = places[ends], np.diff(ends)
    plain = counts == layout.width
    plain[np.searchsorted(newlines, strange) - 1] = False
    if unsound is not None:
        plain &= ~unsound
    chosen = np.repeat(plain, counts)
    before, after = (part.compress(chosen).reshape(-1, layout.width).T.copy() for part in (places[:-1], places[1:]))
    positions = _without_returns(CellPositions(buffer, before, after, newlines, np.flatnonzero(plain)))
    if quoted:
        quotes = buffer.take(before + 1) == QUOTE
        positions.before[...] += quotes
        positions.after[...] -= quotes
    return positions


def _without_quotes(buffer: Bytes, places: Ints, layout: Layout, beside: bytes = b"\r\n") -> tuple[Ints, Flags]:
    """The places of separators outside of quotes, of places that are those of quotes too; and which lines are unsound.

    A line is sound when its quotes are pairs, each with a delimiter, a line's end or a byte of `beside` at its outside.
    """
    kinds = buffer.take(places)
    quote, newline = kinds == QUOTE, np.flatnonzero(kinds == NEWLINE)
    count = np.cumsum(quote)
    unsound = (np.diff(count[newline]) & 1).astype(np.bool_)
    if unsound.any():
        count -= np.repeat(np.append(count[newline[:-1]], 0), np.append(np.diff(newline), 1))
    inside = (count & 1).astype(np.bool_)
    at = np.flatnonzero(quote)
    outer = buffer.take(places.take(at) + 1 - 2 * inside.take(at).view(np.int8))
    fine = outer == ord(layout.delimiter)
    for byte in {NEWLINE, *beside}:
        fine |= outer == byte
    unsound[np.searchsorted(newline, at[~fine]) - 1] = True
    inside[newline] = False
    return places.compress(~(quote | inside)), unsound


def _trimmed(positions: CellPositions, layout: Layout) -> CellPositions:
    """The positions without the spaces and tabs at the cells' sides, taken off one at a time."""
    blank = positions.buffer == SPACE
    if ord(layout.delimiter) != TAB:
        blank |= positions.buffer == TAB
    if not blank.any():
        return positions
    for _ in range(_PADDING):
        front = blank[positions.before + 1] & (positions.after - positions.before > 1)
        positions.before[...] += front
        back = blank[positions.after - 1] & (positions.after - positions.before > 1)
        positions.after[...] -= back
        if not (front.any() or back.any()):
            return positions
    odd = np.flatnonzero((front | back).any(axis=0))
    return CellPositions(positions.buffer, positions.before, positions.after, positions.newlines, positions.line, odd)


def are_records(piece: bytes, layout: Layout) -> bool:
    """Whether each line of a piece that begins with a record is a record by itself, quotes and all."""
    if layout.delimiter not in DELIMITERS or piece[-1:] == b"\r" or len(piece) > CELL_BYTES:
        return False
    buffer = buffer_of(piece)
    places, _ = _marks(buffer, layout)
    if _quoted_alike(buffer, places, layout) is not None:
        return True
    _, unsound = _without_quotes(buffer, places, layout, b'\r"')
    alone = np.flatnonzero(unsound)
    if alone.size * _MOST > unsound.size + _MOST:
        return False
    newlines = places[buffer.take(places) == NEWLINE]
    positions = CellPositions(buffer, NONE, NONE, newlines)
    return all(_is_record(line, layout) for line in positions.raw(alone))


def _is_record(line: bytes, layout: Layout) -> bool:
    """Whether no quote is open at the end of a line; with another fault nothing after it matters."""
    try:
        next(records(iter([line.decode("utf-8", "surrogateescape")]), layout.delimiter), None)
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True
