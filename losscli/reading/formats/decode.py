"""A block of raw CSV bytes to columns, as fast as numpy alone can: structure here, numbers in `digits`.

Structure.  A block that is plainly regular has no byte up to 44 (newline, carriage return, space, quote, plus, comma,
NUL) but its separators, so one comparison finds them all, and their places, w for each row, cut every cell: a cell
begins behind one separator and ends at the next.  The last one of each row must be a newline and the others the
delimiter.  Only cells that are asked for are looked at again.  Where separators are eight bytes apart or more, as
after a label of one byte, eight flags at a time are looked at (`_narrow_first`).

When that fails, because of CRLF line ends, spaces around cells or a plus somewhere, the separators are found by
themselves and cells are trimmed; quotes, control bytes and what else CSV readers disagree about are refused.  A refusal
is no verdict: `decode` returns None, and whoever reads with care then finds out what is wrong, if anything.

Buffer.  The block is copied between two margins, so that words can be loaded at any cell without a look at the ends;
the byte in front of the block is a newline, with which the first row begins like all others.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.reading.blocks import Words
from losscli.reading.cells import TEXT_BYTES, Texts, is_missing, number
from losscli.reading.formats.digits import (
    BYTE_NUMBERS,
    HIGH_BITS,
    MARGIN,
    REACH,
    Bits,
    Bytes,
    Cells,
    Flags,
    Floats,
    Ints,
    bytes_of,
    floats,
    words_of,
)

# Arrays of a block's cells should stay in a core's second cache, and yet be long against the cost of a call.  Threads
# wait for each other between calls: more than one at a time gain from blocks of 1 MiB, and processes gain more.
BLOCK_BYTES = 384 << 10

# The C library gives freed arrays above a threshold back to the system, and fresh ones cost a page fault every 4 KiB:
# half of the time.  Freeing a large array once makes glibc raise that threshold to its size; elsewhere nothing happens.
_ = np.empty(16 << 20, np.uint8)
del _

_NEWLINE, _RETURN, _SPACE, _TAB, _QUOTE = 10, 13, 32, 9, 34
_LAST_SUSPECT = 44
_TOP_BYTE = np.array(56, np.uint64)
_DELIMITERS = frozenset({b",", b"\t", b";", b"|"})
_FILLER = ord("x")  # in the margins: neither separator nor digit
# large odd factors: the upper bits of a product with one depend on every bit of a word
_SPREAD = tuple(np.array(n, np.uint64) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F))
_SPREAD_BITS = 16
_SPREAD_SHIFT = np.array(64 - _SPREAD_BITS, np.uint64)
_SAMPLE = 128  # cells: where the first ones all differ, most of a block do
_PADDING = 64  # spaces that are trimmed at a cell's side before a block counts as irregular


@dataclass(frozen=True)
class Layout:
    """What a table looks like, known before its first block."""

    delimiter: bytes
    width: int
    numbers: tuple[int, ...]
    labels: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """The columns of a block: numbers (columns asked for, n), one contiguous row each, the labels, and carried text."""

    rows: int
    numbers: NDArray[np.float64]
    labels: tuple[NDArray[np.float64] | Words, ...]
    carried: tuple[Words, ...] = ()


@dataclass(frozen=True)
class _Grid:
    """Where the cells of a block are: the places of the bytes in front of and behind each, both (width, rows)."""

    buffer: Bytes
    before: Ints
    behind: Ints

    def cells(self, columns: tuple[int, ...]) -> Cells:
        """The cells of some columns, one column after the other."""
        at = slice(columns[0], columns[-1] + 1) if _run(columns) else list(columns)
        starts = np.empty((len(columns), self.before.shape[1]), np.intp)
        np.add(self.before[at], 1, out=starts)
        lengths = np.empty_like(starts)
        np.subtract(self.behind[at], starts, out=lengths)
        return Cells(self.buffer, starts.ravel(), lengths.ravel())


def _run(columns: tuple[int, ...]) -> bool:
    return columns == tuple(range(columns[0], columns[0] + len(columns)))


def decode(block: bytes, layout: Layout) -> Decoded | None:
    """The columns of a run of whole lines, or None where it isn't plainly regular and must be read with care."""
    if not block or block[-1] == _RETURN or layout.delimiter not in _DELIMITERS or sys.byteorder != "little":
        return None
    buffer = _buffer(block)
    returns = block[max(block.find(b"\n") - 1, 0)] == _RETURN  # then the quick search is known to fail
    grid = (None if returns else _grid(buffer, layout)) or _trimmed_grid(buffer, layout)
    if grid is None:
        return None
    if layout.width == 1 and grid.cells((0,)).shortest < 1:
        return None  # a blank line, though its column may not be asked for
    numbers = _numbers(grid, layout.numbers)
    if numbers is None:
        return None
    labels = [_label(grid, column) for column in layout.labels]
    if any(label is None for label in labels):
        return None
    carried = [_carried(grid, column) for column in layout.carried]
    if any(words is None for words in carried):
        return None
    return Decoded(
        numbers.shape[1],
        numbers,
        tuple(label for label in labels if label is not None),
        tuple(words for words in carried if words is not None),
    )


def _buffer(block: bytes) -> Bytes:
    """The block between margins, with a newline before it and one at its end; a whole number of words."""
    end = MARGIN + len(block)
    buffer = np.empty(end + 8 + REACH - end % 8, np.uint8)
    buffer[:MARGIN] = _FILLER
    buffer[MARGIN - 1] = _NEWLINE
    buffer[MARGIN:end] = np.frombuffer(block, np.uint8)
    buffer[end:] = _FILLER
    if buffer[end - 1] != _NEWLINE:
        buffer[end] = _NEWLINE
    return buffer


def _grid(buffer: Bytes, layout: Layout) -> _Grid | None:
    """The cells, if nothing below 45 but the separators is in the block."""
    suspects = buffer <= _LAST_SUSPECT
    if ord(layout.delimiter) > _LAST_SUSPECT:
        suspects |= buffer == ord(layout.delimiter)
    return _narrow_first(buffer, suspects, layout) or _cut(buffer, suspects, layout)


def _narrow_first(buffer: Bytes, suspects: Flags, layout: Layout) -> _Grid | None:
    """The cells of rows that begin with a cell of one byte, as a label does, and have no other short ones.

    Then the separators that are left without the one behind that byte are never two among the same eight bytes.
    """
    if layout.width < 2 or buffer[MARGIN + 1] != ord(layout.delimiter):
        return None
    newlines = _sparse(buffer == _NEWLINE)
    if newlines is None or np.count_nonzero(suspects) != layout.width * (newlines.size - 1) + 1:
        return None
    edges = np.empty((layout.width + 1, newlines.size - 1), np.intp)
    edges[0], edges[-1] = newlines[:-1], newlines[1:]
    np.add(edges[0], 2, out=edges[1])
    if not ((buffer.take(edges[1]) == ord(layout.delimiter)) & (edges[1] < edges[-1])).all():
        return None  # or a blank line, behind which lies a delimiter of the next one
    if layout.width > 2 and not _fill(edges, buffer, suspects, layout):
        return None
    return _Grid(buffer, edges[:-1], edges[1:])


def _fill(edges: Ints, buffer: Bytes, suspects: Flags, layout: Layout) -> bool:
    """Find the separators between the second cells and the last ones."""
    if _crowded(suspects, layout.width):
        return False
    suspects[edges[1]] = False
    rest = _sparse(suspects)
    suspects[edges[1]] = True
    if rest is None or not _regular(buffer, rest, layout.width - 1, layout.delimiter):
        return False
    edges[2:] = rest[1:].reshape(-1, layout.width - 1).T
    return True


def _crowded(suspects: Flags, width: int) -> bool:
    """Whether some cell of the first row, after the first cell, is too short for the quick search."""
    begin = np.flatnonzero(suspects[: 64 * width])[1 : width + 1]
    return bool((np.diff(begin) < 8).any())


def _sparse(flags: Flags) -> Ints | None:
    """Where flags are set, if never two among the same eight: a look at words of flags takes a fraction of the time."""
    words = flags.view(np.uint64)
    found = np.flatnonzero(words != 0)
    which = words.take(found)
    which *= BYTE_NUMBERS
    which >>= _TOP_BYTE
    found *= 8
    found += which.view(np.int64)
    return found if found.size == np.count_nonzero(flags) else None


def _cut(buffer: Bytes, separators: Flags, layout: Layout) -> _Grid | None:
    """The cells between the separators, if these make rows."""
    places = np.flatnonzero(separators)
    if not _regular(buffer, places, layout.width, layout.delimiter):
        return None
    shape = -1, layout.width
    return _Grid(buffer, places[:-1].reshape(shape).T, places[1:].reshape(shape).T)


def _regular(buffer: Bytes, places: Ints, width: int, delimiter: bytes) -> bool:
    """Whether the separators are the delimiter but for a newline at the end of each row."""
    rows, left_over = divmod(places.size - 1, width)
    return not left_over and buffer.take(places[1:]).tobytes() == (delimiter * (width - 1) + b"\n") * rows


def _trimmed_grid(buffer: Bytes, layout: Layout) -> _Grid | None:
    """The cells without carriage returns, spaces and tabs around them, if no other trouble is in the block."""
    delimiter = ord(layout.delimiter)
    lines, returns = buffer == _NEWLINE, np.count_nonzero(buffer == _RETURN)
    known = np.count_nonzero(lines) + returns + np.count_nonzero(buffer == _TAB)
    if np.count_nonzero(buffer < _SPACE) != known or (buffer == _QUOTE).any():
        return None
    grid = _cut(buffer, lines | (buffer == delimiter), layout)
    if grid is None:
        return None
    grid = _Grid(buffer, grid.before.copy(), grid.behind.copy())
    return grid if returns == _drop_returns(grid) and _trim(grid, delimiter) else None


def _drop_returns(grid: _Grid) -> int:
    """Shorten the last cell of each line that ends in a carriage return; how many do."""
    last = grid.buffer[grid.behind[-1] - 1] == _RETURN
    grid.behind[-1] -= last
    return int(np.count_nonzero(last))


def _trim(grid: _Grid, delimiter: int) -> bool:
    """Take spaces and tabs off the cells' sides, one at a time; False when there are too many."""
    blank = grid.buffer == _SPACE
    if delimiter != _TAB:
        blank |= grid.buffer == _TAB
    if not blank.any():
        return True
    for _ in range(_PADDING):
        front = blank[grid.before + 1]
        grid.before[...] += front
        back = blank[grid.behind - 1] & (grid.behind - grid.before > 1)
        grid.behind[...] -= back
        if not (front.any() or back.any()):
            return True
    return False


def _numbers(grid: _Grid, columns: tuple[int, ...]) -> Floats | None:
    """The columns of numbers, (columns, rows)."""
    rows = grid.before.shape[1]
    if not columns:
        return np.empty((0, rows))
    values = floats(grid.cells(columns))
    return None if values is None else values.reshape(len(columns), rows)


def _label(grid: _Grid, column: int) -> Floats | Words | None:
    """A column of labels: numbers if all of its cells are, else words; None when a cell is missing or isn't UTF-8."""
    cells = grid.cells((column,))
    if cells.shortest < 1:
        return None
    try:
        if number(_text(cells, 0)) is not None:
            values = floats(cells)
            if values is not None:
                return values
        return _words(cells)
    except UnicodeDecodeError:
        return None


def _carried(grid: _Grid, column: int) -> Words | None:
    """A column as text, missing cells too; None when a cell isn't UTF-8."""
    cells = grid.cells((column,))
    try:
        return _each_apart(cells) or _distinct(cells)
    except UnicodeDecodeError:
        return None


def _each_apart(cells: Cells) -> Words | None:
    """ASCII cells as bytes, a word each, where nearly all seem to differ, as keys do; None for others."""
    rows = cells.starts.size
    if rows < _SAMPLE or cells.longest > TEXT_BYTES:
        return None
    if len({_raw(cells, at) for at in range(_SAMPLE)}) < _SAMPLE:
        return None
    words = bytes_of(cells)
    return None if (words & HIGH_BITS).any() else Words(np.arange(rows), Texts(words))


def _raw(cells: Cells, at: int) -> bytes:
    start = cells.starts[at]
    return cells.buffer[start : start + cells.lengths[at]].tobytes()


def _text(cells: Cells, at: int) -> str:
    return _raw(cells, at).decode("utf-8").strip()


def _words(cells: Cells) -> Words | None:
    """The cells as words; None when one stands for a missing value."""
    words = _distinct(cells)
    return None if any(map(is_missing, words.vocabulary)) else words


def _distinct(cells: Cells) -> Words:
    """The cells as words, each distinct text once in the vocabulary."""
    firsts = _first_alike(words_of(cells)) if cells.longest <= REACH else None
    if firsts is None:
        return _words_one_by_one(cells)
    distinct = np.flatnonzero(firsts == np.arange(firsts.size))
    vocabulary = tuple(_text(cells, at) for at in distinct.tolist())
    if len(set(vocabulary)) < len(vocabulary):
        return _words_one_by_one(cells)
    code = np.empty(firsts.size, np.intp)
    code[distinct] = np.arange(distinct.size)
    return Words(code.take(firsts), vocabulary)


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


def _words_one_by_one(cells: Cells) -> Words:
    """Each cell as a string: for long cells, very many different ones, and spaces outside ASCII."""
    text, codes = cells.buffer.tobytes(), np.empty(cells.starts.size, np.intp)
    known: dict[bytes, int] = {}
    vocabulary: dict[str, int] = {}
    for at, (start, length) in enumerate(zip(cells.starts.tolist(), cells.lengths.tolist(), strict=True)):
        raw = text[start : start + length]
        if raw not in known:
            known[raw] = vocabulary.setdefault(raw.decode("utf-8").strip(), len(vocabulary))
        codes[at] = known[raw]
    return Words(codes, tuple(vocabulary))
