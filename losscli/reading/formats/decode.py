"""A block of raw CSV bytes to columns, as fast as numpy alone can: structure in `lines`, numbers in `digits`.

Lines that aren't plain, rows with a cell that is missing where rows aren't to be dropped for that, with something else
than a number where one is wanted and with bytes that aren't UTF-8 are odd.  That is no verdict: `decode` leaves them
out and gives their bytes, and whoever reads with care then finds out what is wrong, if anything.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Categorical, Layout
from losscli.data.cells import TEXT_BYTES, ByteStrings, is_missing, number, numbers
from losscli.reading.formats.digits import (
    HIGH_BITS,
    REACH,
    Bits,
    Cells,
    Flags,
    Floats,
    Ints,
    bytes_of,
    floats,
    words_of,
)
from losscli.reading.lines.grid import DELIMITERS, NONE, RETURN, Grid, buffer_of, regular
from losscli.reading.lines.sieve import sieved
from losscli.reading.records import is_text

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
_SAMPLE = 128  # cells: where the first ones all differ, most of a block do


@dataclass(frozen=True)
class Decoded:
    """The columns of the lines that are plain, a row each: numbers (columns asked for, rows), labels, and text.

    `line` has the line of each row where some are odd. Rows with a `missing` cell are to be dropped.
    The lines in `odd`, with their bytes, are left to be read with care; where they have rows, these mean nothing.
    """

    lines: int
    numbers: NDArray[np.float64]
    labels: tuple[NDArray[np.float64] | Categorical, ...]
    extra: tuple[Categorical, ...]
    line: Ints
    missing: Ints
    odd: tuple[tuple[int, bytes], ...] = ()


FindCells = Callable[[bytes, Layout], Grid | None]


def number_columns(layout: Layout) -> tuple[int, ...]:
    """The columns of numbers, in the order in which they are read."""
    return (*layout.preds, *(() if layout.weight is None else (layout.weight,)), *layout.features)


def decode(block: bytes, layout: Layout, find_cells: FindCells | None = None) -> Decoded | None:
    """The columns of a run of lines each of which is a record; None where most lines are odd."""
    grid = (find_cells or _grid)(block, layout)
    if grid is None or 2 * grid.rows < grid.lines:
        return None
    numbers, *strange = _numbers(grid, number_columns(layout))
    labels = [_label(grid.cells((column,))) for column in layout.labels]
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


def _grid(block: bytes, layout: Layout) -> Grid | None:
    """Where the cells are; None where that can't be told here."""
    if not block or block[-1] == RETURN or layout.delimiter not in DELIMITERS or sys.byteorder != "little":
        return None
    buffer = buffer_of(block)
    returns = block[max(block.find(b"\n") - 1, 0)] == RETURN  # then the quick search is known to fail
    return (None if returns or b'"' in block else regular(buffer, layout)) or sieved(buffer, layout)


def _blank(grid: Grid) -> Ints:
    """Blank lines of a table of one column, which may not be asked for."""
    return np.flatnonzero(grid.cells((0,)).lengths < 1) if len(grid.before) == 1 else NONE


# What is asked of a block: the columns, and the rows in which a cell is missing or odd, where the values mean nothing.
def _numbers(grid: Grid, columns: tuple[int, ...]) -> tuple[Floats, Ints, Ints]:
    """The columns of numbers, (columns, rows)."""
    if not columns:
        return np.empty((0, grid.rows)), NONE, NONE
    cells = grid.cells(columns)
    values, none = floats(cells)
    missing = _are_missing(cells, none)
    return values.reshape(len(columns), grid.rows), none[missing] % grid.rows, none[~missing] % grid.rows


def _label(cells: Cells) -> tuple[Floats | Categorical, Ints, Ints]:
    """A column of labels: numbers if all of its cells are, but for those that are missing or odd; else words."""
    if number(_text(cells, 0)) is not None:
        values, none = floats(cells)
        if _are_missing(cells, none).all():
            return values, none, NONE
    words = _distinct(cells)
    missing = np.array([is_missing(word) for word in words.categories], np.bool_)
    odd = np.array([not is_text(word) for word in words.categories], np.bool_)
    sound = ~(missing | odd)
    if sound.all():
        return words, NONE, NONE
    column: Floats | Categorical = words
    known = numbers([word for word, fine in zip(words.categories, sound.tolist(), strict=True) if fine])
    if known is not None and known.size:
        values = np.full(sound.size, np.nan)
        values[sound] = known
        column = values[words.codes]
    return column, np.flatnonzero(missing[words.codes]), np.flatnonzero(odd[words.codes])


def _text_column(cells: Cells) -> tuple[Categorical, Ints, Ints]:
    """A column as text, missing cells too."""
    apart = _each_apart(cells)
    if apart is not None:
        return apart, NONE, NONE
    words = _distinct(cells)
    if is_text("".join(words.categories)):
        return words, NONE, NONE
    text = np.array([is_text(word) for word in words.categories], np.bool_)
    return words, NONE, np.flatnonzero(~text[words.codes])


def _are_missing(cells: Cells, at: Ints) -> Flags:
    """Which of the cells at these places stand for no value."""
    known: dict[bytes, bool] = {}
    found = []
    for start, length in zip(cells.starts[at].tolist(), cells.lengths[at].tolist(), strict=True):
        raw = cells.buffer[start : start + length].tobytes()
        if raw not in known:
            known[raw] = is_missing(raw.decode("utf-8", "replace").strip())
        found.append(known[raw])
    return np.array(found, np.bool_)


def _each_apart(cells: Cells) -> Categorical | None:
    """ASCII cells as bytes, a word each, where nearly all seem to differ, as keys do; None for others."""
    rows = cells.starts.size
    if rows < _SAMPLE or cells.longest > TEXT_BYTES:
        return None
    if len({_raw(cells, at) for at in range(_SAMPLE)}) < _SAMPLE:
        return None
    words = bytes_of(cells)
    return None if (words & HIGH_BITS).any() else Categorical(np.arange(rows), ByteStrings(words))


def _raw(cells: Cells, at: int) -> bytes:
    start = cells.starts[at]
    return cells.buffer[start : start + cells.lengths[at]].tobytes()


def _text(cells: Cells, at: int) -> str:
    return _raw(cells, at).decode("utf-8", "surrogateescape").strip()


def _distinct(cells: Cells) -> Categorical:
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


def _words_one_by_one(cells: Cells) -> Categorical:
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
