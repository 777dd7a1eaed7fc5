"""The cells of any block of lines that are records: quotes, spaces and carriage returns taken off, odd lines left out.

A line is plain when it has the right number of delimiters, no control byte but a tab or the carriage return at its end,
and when each of its quotes opens a cell right behind a separator or closes one right before the next.  In such a line a
delimiter stands inside a cell just when the number of quotes before it in the line is odd, and a cell is what stands
between its quotes, less the spaces at its sides.  Every other line is odd, which is no verdict: whoever reads with care
finds out what is in it, if anything is wrong.

This holds where a record ends with its line, as it does without quotes; with quotes `are_records` says so.
"""

import csv
from collections.abc import Sequence

import numpy as np

from losscli.data.blocks import Layout
from losscli.reading.dialect import CELL_BYTES, records
from losscli.reading.formats.digits import Bytes, Flags, Ints
from losscli.reading.lines.grid import DELIMITERS, NEWLINE, NONE, QUOTE, RETURN, SPACE, TAB, Grid, buffer_of, cut

_PADDING = 64  # spaces that are trimmed at a cell's side before its row counts as odd
_MOST = 8  # one line in so many may be looked at by itself


def sieved(buffer: Bytes, layout: Layout) -> Grid:
    """The cells of the plain lines."""
    places, quoted = _marks(buffer, layout)
    strange = _strange(buffer)
    grid = None
    if strange.size == 0:
        grid = (_quoted_alike if quoted else _unquoted)(buffer, places, layout)
    return _trimmed(grid or _plain_lines(buffer, places, strange, quoted, layout), layout)


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


def _unquoted(buffer: Bytes, places: Ints, layout: Layout) -> Grid | None:
    """The cells between the separators at these places if all lines are plain."""
    grid = cut(buffer, places, layout)
    if grid is None:
        return None
    return _without_returns(Grid(buffer, grid.before.copy(), grid.behind.copy(), places[:: layout.width]))


def _without_returns(grid: Grid) -> Grid:
    grid.behind[-1] -= grid.buffer[grid.behind[-1] - 1] == RETURN
    return grid


def _quoted_alike(buffer: Bytes, places: Ints, layout: Layout) -> Grid | None:
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
    before, behind = map(np.array, zip(*cells, strict=True))
    return _without_returns(Grid(buffer, before, behind, places[:: len(line)]))


def _at_the_sides(buffer: Bytes, front: Sequence[Ints], back: Sequence[Ints]) -> bool:
    """Whether opening quotes stand right behind the marks before them, and the marks behind closing ones by them."""
    gap = back[1] - back[0]
    near = gap == 1
    if not near.all():
        near |= (gap == 2) & (buffer.take(back[0] + 1) == RETURN)
    return bool((front[1] - front[0] == 1).all() and near.all())


def _plain_lines(buffer: Bytes, places: Ints, strange: Ints, quoted: bool, layout: Layout) -> Grid:
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
    before, behind = (part.compress(chosen).reshape(-1, layout.width).T.copy() for part in (places[:-1], places[1:]))
    grid = _without_returns(Grid(buffer, before, behind, newlines, np.flatnonzero(plain)))
    if quoted:
        quotes = buffer.take(before + 1) == QUOTE
        grid.before[...] += quotes
        grid.behind[...] -= quotes
    return grid


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


def _trimmed(grid: Grid, layout: Layout) -> Grid:
    """The grid without the spaces and tabs at the cells' sides, taken off one at a time."""
    blank = grid.buffer == SPACE
    if ord(layout.delimiter) != TAB:
        blank |= grid.buffer == TAB
    if not blank.any():
        return grid
    for _ in range(_PADDING):
        front = blank[grid.before + 1] & (grid.behind - grid.before > 1)
        grid.before[...] += front
        back = blank[grid.behind - 1] & (grid.behind - grid.before > 1)
        grid.behind[...] -= back
        if not (front.any() or back.any()):
            return grid
    odd = np.flatnonzero((front | back).any(axis=0))
    return Grid(grid.buffer, grid.before, grid.behind, grid.newlines, grid.line, odd)


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
    grid = Grid(buffer, NONE, NONE, newlines)
    return all(_is_record(line, layout) for line in grid.raw(alone))


def _is_record(line: bytes, layout: Layout) -> bool:
    """Whether no quote is open at the end of a line; with another fault nothing behind it matters."""
    try:
        next(records(iter([line.decode("utf-8", "surrogateescape")]), layout.delimiter), None)
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True
