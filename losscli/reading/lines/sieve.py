"""The cells of any block of lines that are records: quotes, spaces and carriage returns taken off, odd lines left out.

A line is plain when it has the right number of delimiters, no control byte but a tab or the carriage return at its end,
and when each of its quotes opens a cell right behind a separator or closes one right before the next.  In such a line a
delimiter stands inside a cell just when the number of quotes before it in the line is odd, and a cell is what stands
between its quotes, less the spaces at its sides.  Every other line is odd, which is no verdict: whoever reads with care
finds out what is in it, if anything is wrong.

This holds where a record ends with its line, as it does without quotes; with quotes `are_records` says so.
"""

import csv

import numpy as np

from losscli.reading.dialect import CELL_BYTES, records
from losscli.reading.formats.digits import Bytes, Flags, Ints
from losscli.reading.lines.grid import DELIMITERS, NEWLINE, NONE, QUOTE, RETURN, SPACE, TAB, Grid, Shape, buffer_of, cut

_PADDING = 64  # spaces that are trimmed at a cell's side before its row counts as odd
_MOST = 8  # one line in so many may be looked at by itself


def sieved(buffer: Bytes, shape: Shape) -> Grid:
    """The cells of the plain lines."""
    quotes = buffer == QUOTE
    marks = (buffer == NEWLINE) | (buffer == shape.mark)
    unsound = None
    if quotes.any():
        marks |= quotes
        places, unsound = _without_quotes(buffer, np.flatnonzero(marks), shape)
    else:
        places = np.flatnonzero(marks)
    grid = None if unsound is not None and unsound.any() else _all_plain(buffer, places, shape)
    grid = grid or _plain_lines(buffer, places, unsound, shape)
    grid.behind[-1] -= buffer[grid.behind[-1] - 1] == RETURN
    if unsound is not None:
        quoted = buffer[grid.before + 1] == QUOTE
        grid.before[...] += quoted
        grid.behind[...] -= quoted
    return _trimmed(grid, shape)


def _all_plain(buffer: Bytes, places: Ints, shape: Shape) -> Grid | None:
    """The cells between the separators at these places if all lines are plain."""
    if _strange(buffer, shape).size:
        return None
    grid = cut(buffer, places, shape)
    return None if grid is None else Grid(buffer, grid.before.copy(), grid.behind.copy(), places[:: shape.width])


def _plain_lines(buffer: Bytes, places: Ints, unsound: Flags | None, shape: Shape) -> Grid:
    """The cells between the separators at these places in the lines that are plain."""
    ends = np.flatnonzero(buffer.take(places) == NEWLINE)
    newlines, counts = places[ends], np.diff(ends)
    plain = counts == shape.width
    if unsound is not None:
        plain &= ~unsound
    plain[np.searchsorted(newlines, _strange(buffer, shape)) - 1] = False
    chosen = np.repeat(plain, counts)
    before, behind = (part[chosen].reshape(-1, shape.width).T.copy() for part in (places[:-1], places[1:]))
    return Grid(buffer, before, behind, newlines, np.flatnonzero(plain))


def _strange(buffer: Bytes, shape: Shape) -> Ints:
    """Where control bytes are that are neither tabs nor a line's end."""
    low = np.flatnonzero((buffer < SPACE) & (buffer != NEWLINE) & (buffer != TAB))
    return low[(buffer[low] != RETURN) | (buffer[low + 1] != NEWLINE)] if low.size else low


def _without_quotes(buffer: Bytes, places: Ints, shape: Shape, beside: bytes = b"\r\n") -> tuple[Ints, Flags]:
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
    outer = buffer.take(places[at] + 1 - 2 * inside[at].view(np.int8))
    fine = outer == shape.mark
    for byte in {NEWLINE, *beside}:
        fine |= outer == byte
    unsound[np.searchsorted(newline, at[~fine]) - 1] = True
    inside[newline] = False
    return places[~(quote | inside)], unsound


def _trimmed(grid: Grid, shape: Shape) -> Grid:
    """The grid without the spaces and tabs at the cells' sides, taken off one at a time."""
    blank = grid.buffer == SPACE
    if shape.mark != TAB:
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


def are_records(piece: bytes, shape: Shape) -> bool:
    """Whether each line of a piece that begins with a record is a record by itself, quotes and all."""
    if shape.delimiter not in DELIMITERS or piece[-1:] == b"\r" or len(piece) > CELL_BYTES:
        return False
    buffer = buffer_of(piece)
    places = np.flatnonzero((buffer == QUOTE) | (buffer == NEWLINE))
    _, unsound = _without_quotes(buffer, places, shape, b'\r"')
    alone = np.flatnonzero(unsound)
    if alone.size * _MOST > unsound.size + _MOST:
        return False
    newlines = places[buffer.take(places) == NEWLINE]
    grid = Grid(buffer, NONE, NONE, newlines)
    return all(_is_record(line, shape) for line in grid.raw(alone))


def _is_record(line: bytes, shape: Shape) -> bool:
    """Whether no quote is open at the end of a line; with another fault nothing behind it matters."""
    try:
        next(records(iter([line.decode("utf-8", "surrogateescape")]), shape.delimiter.decode()), None)
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True
