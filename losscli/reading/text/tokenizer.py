"""Blocks of CSV bytes to columns, as fast as numpy alone can.

Regular blocks.  A block that is plainly regular has no byte up to 44 (newline, carriage return, space, quote, plus,
comma, NUL) but its separators, so one comparison finds them all, and their places, w for each row, cut every cell: a
cell begins behind one separator and ends at the next.  The last one of each row must be a newline and the others the
delimiter.  Only cells that are asked for are looked at again.  Where separators are eight bytes apart or more, as after
a label of one byte, eight flags at a time are looked at (`_narrow_first`).

Other blocks.  A line is plain when it has the right number of delimiters, no control byte but a tab or the carriage
return at its end, and when each of its quotes opens a cell right behind a separator or closes one right before the
next.  In such a line a delimiter stands inside a cell just when the number of quotes before it in the line is odd, and
a cell is what stands between its quotes, less the spaces at its sides.  This holds where a record ends with its line,
as it does without quotes; with quotes `are_records` says so.

Odd lines.  Lines that aren't plain, rows with a missing cell where these aren't dropped, with something else than a
number where one is wanted and with bytes that aren't UTF-8 are odd.  That is no verdict: `decode` gives their bytes,
and `careful` then finds out what is wrong, if anything.

Buffer.  The block is copied between two margins, so that words can be loaded at any cell without a look at the ends;
the byte in front of the block is a newline, with which the first row begins like all others.
"""

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Flags, Ints
from losscli.data.blocks import Layout
from losscli.data.categorical import TEXT_BYTES, ByteStrings, Categorical
from losscli.data.cells import EXACT, is_missing_number, is_text, number, numbers, rounded_away
from losscli.reading.text.dialect import CELL_BYTES, records
from losscli.reading.text.floats import (
    BYTE_NUMBERS,
    HIGH_BITS,
    MARGIN,
    REACH,
    Bits,
    Bytes,
    CellSpans,
    bytes_of,
    floats,
    words_of,
)

NEWLINE, RETURN, SPACE, TAB, QUOTE = 10, 13, 32, 9, 34
DELIMITERS = frozenset(",\t;|")
_LAST_SUSPECT = 44
_TOP_BYTE = np.array(56, np.uint64)
_FILLER = ord("x")  # in the margins: neither separator nor digit
NONE: Ints = np.zeros(0, np.intp)


@dataclass(frozen=True)
class CellPositions:
    """Where the cells of a block are: the places of the bytes in front of and behind each, both (width, rows).

    `newlines` are the places in front of all lines and behind the last one (None: those in front of the rows are), and
    `line` numbers the lines that are rows (None: each is). `odd` are rows whose cells can't be told from here.
    """

    buffer: Bytes
    before: Ints
    behind: Ints
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
        at = slice(columns[0], columns[-1] + 1) if _run(columns) else list(columns)
        starts = np.empty((len(columns), self.before.shape[1]), np.intp)
        np.add(self.before[at], 1, out=starts)
        lengths = np.empty_like(starts)
        np.subtract(self.behind[at], starts, out=lengths)
        return CellSpans(self.buffer, starts.ravel(), lengths.ravel())

    def raw(self, lines: Ints) -> list[bytes]:
        """The bytes of some lines."""
        newlines = self.newlines
        if newlines is None:
            newlines = np.append(self.before[0], self.behind[-1, -1:])
        ends = zip(newlines[lines].tolist(), newlines[lines + 1].tolist(), strict=True)
        return [self.buffer[low + 1 : high + 1].tobytes() for low, high in ends]


def _run(columns: tuple[int, ...]) -> bool:
    return columns == tuple(range(columns[0], columns[0] + len(columns)))


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


def regular(buffer: Bytes, layout: Layout) -> CellPositions | None:
    """The cells, if nothing below 45 but the separators is in the block."""
    suspects = buffer <= _LAST_SUSPECT
    if ord(layout.delimiter) > _LAST_SUSPECT:
        suspects |= buffer == ord(layout.delimiter)
    return _narrow_first(buffer, suspects, layout) or cut(buffer, np.flatnonzero(suspects), layout)


def _narrow_first(buffer: Bytes, suspects: Flags, layout: Layout) -> CellPositions | None:
    """The cells of rows that begin with a cell of one byte, as a label does, and have no other short ones.

    Then the separators that are left without the one behind that byte are never two among the same eight bytes.
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
        return None  # or a blank line, behind which lies a delimiter of the next one
    if layout.width > 2 and not _fill(edges, buffer, suspects, layout):
        return None
    return CellPositions(buffer, edges[:-1], edges[1:])


def _fill(edges: Ints, buffer: Bytes, suspects: Flags, layout: Layout) -> bool:
    """Find the separators between the second cells and the last ones."""
    if _crowded(suspects, layout.width):
        return False
    suspects[edges[1]] = False
    rest = sparse(suspects)
    suspects[edges[1]] = True
    if rest is None or not _are_rows(buffer, rest, replace(layout, width=layout.width - 1)):
        return False
    edges[2:] = rest[1:].reshape(-1, layout.width - 1).T
    return True


def _crowded(suspects: Flags, width: int) -> bool:
    """Whether some cell of the first row, after the first cell, is too short for the quick search."""
    begin = np.flatnonzero(suspects[: 64 * width])[1 : width + 1]
    return bool((np.diff(begin) < 8).any())


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


def sieved(buffer: Bytes, layout: Layout) -> CellPositions:
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


def _unquoted(buffer: Bytes, places: Ints, layout: Layout) -> CellPositions | None:
    """The cells between the separators at these places if all lines are plain."""
    grid = cut(buffer, places, layout)
    if grid is None:
        return None
    return _without_returns(CellPositions(buffer, grid.before.copy(), grid.behind.copy(), places[:: layout.width]))


def _without_returns(grid: CellPositions) -> CellPositions:
    grid.behind[-1] -= grid.buffer[grid.behind[-1] - 1] == RETURN
    return grid


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
    before, behind = map(np.array, zip(*cells, strict=True))
    return _without_returns(CellPositions(buffer, before, behind, places[:: len(line)]))


def _at_the_sides(buffer: Bytes, front: Sequence[Ints], back: Sequence[Ints]) -> bool:
    """Whether opening quotes stand right behind the marks before them, and the marks behind closing ones by them."""
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
    before, behind = (part.compress(chosen).reshape(-1, layout.width).T.copy() for part in (places[:-1], places[1:]))
    grid = _without_returns(CellPositions(buffer, before, behind, newlines, np.flatnonzero(plain)))
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


def _trimmed(grid: CellPositions, layout: Layout) -> CellPositions:
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
    return CellPositions(grid.buffer, grid.before, grid.behind, grid.newlines, grid.line, odd)


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
    grid = CellPositions(buffer, NONE, NONE, newlines)
    return all(_is_record(line, layout) for line in grid.raw(alone))


def _is_record(line: bytes, layout: Layout) -> bool:
    """Whether no quote is open at the end of a line; with another fault nothing behind it matters."""
    try:
        next(records(iter([line.decode("utf-8", "surrogateescape")]), layout.delimiter), None)
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True


# --- cells to columns -------------------------------------------------------------------------------------------------
# Arrays of a block's cells should stay in a core's second cache, and yet be long against the cost of a call.  Threads
# wait for each other between calls: more than one at a time gain from blocks of 1 MiB, and processes gain more.
BLOCK_BYTES = 384 << 10

# The C library gives freed arrays above a threshold back to the system, and fresh ones cost a page fault every 4 KiB:
# half of the time.  Freeing a large array once makes glibc raise that threshold to its size; elsewhere nothing happens.
_ = np.empty(16 << 20, np.uint8)
del _

# large odd factors: the upper bits of a product with one depend on every bit of a word
_SPREAD = tuple(np.array(n, np.uint64) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F))
_SPREAD_BITS = 16
_SPREAD_SHIFT = np.array(64 - _SPREAD_BITS, np.uint64)
SAMPLE = 128  # cells: where the first ones all differ, most of a block do


@dataclass(frozen=True)
class Decoded:
    """The columns of the lines that are plain, a row each: numbers (columns asked for, rows), labels, and text.

    `line` has the line of each row where some are odd. Rows with a `missing` cell are to be dropped.
    The lines in `odd`, with their bytes, are left to be read with care; where they have rows, these mean nothing.
    """

    lines: int
    numbers: Array
    labels: tuple[Array | Categorical, ...]
    extra: tuple[Categorical, ...]
    line: Ints
    missing: Ints
    odd: tuple[tuple[int, bytes], ...] = ()


FindCells = Callable[[bytes, Layout], CellPositions | None]


def number_columns(layout: Layout) -> tuple[int, ...]:
    """The columns of numbers, in the order in which they are read."""
    return (*layout.preds, *(() if layout.weight is None else (layout.weight,)), *layout.features)


def decode(block: bytes, layout: Layout, find_cells: FindCells | None = None) -> Decoded | None:
    """The columns of a run of lines each of which is a record; None where most lines are odd."""
    grid = (find_cells or _grid)(block, layout)
    if grid is None or 2 * grid.rows < grid.lines:
        return None
    numbers, *strange = _numbers(grid, layout)
    labels = [_label(grid.cells((column,)), layout) for column in layout.labels]
    extra = [_text_column(grid.cells((column,))) for column in layout.extra]
    columns = numbers, tuple(column for column, *_ in labels), tuple(words for words, *_ in extra)
    rows = [np.concatenate(part) for part in zip(strange, *(rest for _, *rest in (*labels, *extra)), strict=True)]
    missing, odd = rows[0], np.concatenate([rows[1], grid.odd, _blank(grid)])
    if grid.line is None and not odd.size and (layout.drop or not missing.size):
        return Decoded(grid.lines, *columns, NONE, missing)
    left = np.ones(grid.lines, np.bool_)
    line = np.arange(grid.rows) if grid.line is None else grid.line
    left[line] = False
    left[line[odd]] = True
    if not (layout.drop and layout.extra):  # the text of rows that are dropped is wanted too
        left[line[missing]] = not layout.drop
    lines = np.flatnonzero(left)
    if 2 * lines.size > grid.lines:
        return None
    return Decoded(grid.lines, *columns, line, missing, tuple(zip(lines.tolist(), grid.raw(lines), strict=True)))


def _grid(block: bytes, layout: Layout) -> CellPositions | None:
    """Where the cells are; None where that can't be told here."""
    if not block or block[-1] == RETURN or layout.delimiter not in DELIMITERS or sys.byteorder != "little":
        return None
    buffer = buffer_of(block)
    returns = block[max(block.find(b"\n") - 1, 0)] == RETURN  # then the quick search is known to fail
    return (None if returns or b'"' in block else regular(buffer, layout)) or sieved(buffer, layout)


def _blank(grid: CellPositions) -> Ints:
    """Blank lines of a table of one column, which may not be asked for."""
    return np.flatnonzero(grid.cells((0,)).lengths < 1) if len(grid.before) == 1 else NONE


# What is asked of a block: the columns, and the rows in which a cell is missing or odd, where the values mean nothing.
def _numbers(grid: CellPositions, layout: Layout) -> tuple[Array, Ints, Ints]:
    """The columns of numbers, (columns, rows)."""
    columns = number_columns(layout)
    if not columns:
        return np.empty((0, grid.rows)), NONE, NONE
    cells = grid.cells(columns)
    values, none = floats(cells)
    missing = _are(is_missing_number, cells, none)
    odd = none[~missing]
    if layout.exact and cells.longest > 4:
        odd = np.concatenate([odd, _rounded_away(cells, values, len(layout.preds) * grid.rows)])
    return values.reshape(len(columns), grid.rows), none[missing] % grid.rows, odd % grid.rows


def _rounded_away(cells: CellSpans, values: Array, count: int) -> Ints:
    """Which of the first cells are 0 or 1 as floats, and not as written."""
    values, lengths = values[:count], cells.lengths[:count]
    if not values.size or (values.min() > 0.0 and values.max() < 1.0):
        return NONE
    found = [NONE]
    zeros = np.flatnonzero(values == 0.0)
    zeros = zeros[lengths[zeros] > 4]
    if zeros.size:  # then they have an exponent of three digits at least, or as many zeros
        ends, small = cells.starts[zeros] + lengths[zeros], lengths[zeros] > 300
        for back in range(5, min(int(lengths[zeros].max()), 300)):
            small |= cells.buffer[ends - back] | 32 == ord("e")
        found.append(zeros[small])
    if cells.longest > 17:
        found.append(np.flatnonzero((values == 1.0) & (lengths > 17)))
    at = np.concatenate(found)
    return at[_are(lambda text: rounded_away(text) is not None, cells, at)] if at.size else at


def _label(cells: CellSpans, layout: Layout) -> tuple[Array | Categorical, Ints, Ints]:
    """A column of labels: numbers if all of its cells are, but for those that are missing or odd; else words."""
    if number(_text(cells, 0)) is not None:
        values, none = floats(cells)
        values[none] = np.nan
        large = cells.longest > 3 and bool((np.abs(values) >= EXACT).any())
        if not large and _are(partial(layout.is_missing, part="label"), cells, none).all():
            return values, none, NONE
    words = _distinct(cells)
    missing = np.array([layout.is_missing(word, "label") for word in words.categories], np.bool_)
    odd = np.array([not is_text(word) for word in words.categories], np.bool_)
    sound = ~(missing | odd)
    if sound.all():
        return words, NONE, NONE
    column: Array | Categorical = words
    known = numbers([word for word, fine in zip(words.categories, sound.tolist(), strict=True) if fine])
    if known is not None and known.size and np.abs(known).max() < EXACT:
        values = np.full(sound.size, np.nan)
        values[sound] = known
        column = values[words.codes]
    return column, np.flatnonzero(missing[words.codes]), np.flatnonzero(odd[words.codes])


def _text_column(cells: CellSpans) -> tuple[Categorical, Ints, Ints]:
    """A column as text, missing cells too."""
    apart = _each_apart(cells)
    if apart is not None:
        return apart, NONE, NONE
    words = _distinct(cells)
    if is_text("".join(words.categories)):
        return words, NONE, NONE
    text = np.array([is_text(word) for word in words.categories], np.bool_)
    return words, NONE, np.flatnonzero(~text[words.codes])


def _are(holds: Callable[[str], bool], cells: CellSpans, at: Ints) -> Flags:
    """Of which of the cells at these places something holds."""
    known: dict[bytes, bool] = {}
    found = []
    for start, length in zip(cells.starts[at].tolist(), cells.lengths[at].tolist(), strict=True):
        raw = cells.buffer[start : start + length].tobytes()
        if raw not in known:
            known[raw] = holds(raw.decode("utf-8", "replace").strip())
        found.append(known[raw])
    return np.array(found, np.bool_)


def _each_apart(cells: CellSpans) -> Categorical | None:
    """ASCII cells as bytes, a word each, where nearly all seem to differ, as keys do; None for others."""
    rows = cells.starts.size
    if rows < SAMPLE or cells.longest > TEXT_BYTES:
        return None
    if len({_raw(cells, at) for at in range(SAMPLE)}) < SAMPLE:
        return None
    words = bytes_of(cells)
    return None if (words & HIGH_BITS).any() else Categorical(np.arange(rows), ByteStrings(words))


def _raw(cells: CellSpans, at: int) -> bytes:
    start = cells.starts[at]
    return cells.buffer[start : start + cells.lengths[at]].tobytes()


def _text(cells: CellSpans, at: int) -> str:
    return _raw(cells, at).decode("utf-8", "surrogateescape").strip()


def _distinct(cells: CellSpans) -> Categorical:
    """The cells as words, each distinct text once in the vocabulary."""
    firsts = _first_alike(words_of(cells)) if cells.longest <= REACH else None
    if firsts is None:
        return _words_one_by_one(cells)
    distinct = np.flatnonzero(firsts == np.arange(firsts.size))
    categories = tuple(_text(cells, at) for at in distinct.tolist())
    if len(set(categories)) < len(categories):
        return _words_one_by_one(cells)
    code = np.empty(firsts.size, np.intp)
    code[distinct] = np.arange(distinct.size)
    return Categorical(code.take(firsts), categories)


def _first_alike(words: Bits) -> Ints | None:
    """For each cell the first cell that is the same, or None when that can't be told.

    Cells are spread over a table by a product of their words; each place keeps the first cell that fell there.  When a
    cell differs from the one at its place, two kinds of cells fell together, and another factor may part them.
    """
    backwards = np.arange(words.shape[1] - 1, -1, -1)
    for factor in _SPREAD:
        key = words[0] * factor
        for word in words[1:]:
            key ^= key >> _SPREAD_SHIFT
            key += word
            key *= factor
        places = (key >> _SPREAD_SHIFT).astype(np.intp)
        table = np.empty(1 << _SPREAD_BITS, np.intp)
        table[places[::-1]] = backwards  # of several to one place, the last one stays
        firsts: Ints = table.take(places)
        if all(np.array_equal(word.take(firsts), word) for word in words):
            return firsts
    return None


def _words_one_by_one(cells: CellSpans) -> Categorical:
    """Each cell as a string: for long cells, very many different ones, and spaces outside ASCII."""
    text, codes = cells.buffer.tobytes(), np.empty(cells.starts.size, np.intp)
    known: dict[bytes, int] = {}
    categories: dict[str, int] = {}
    for at, (start, length) in enumerate(zip(cells.starts.tolist(), cells.lengths.tolist(), strict=True)):
        raw = text[start : start + length]
        if raw not in known:
            known[raw] = categories.setdefault(raw.decode("utf-8", "surrogateescape").strip(), len(categories))
        codes[at] = known[raw]
    return Categorical(codes, tuple(categories))
