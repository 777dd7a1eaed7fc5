"""A block of raw CSV bytes to columns, as fast as numpy alone can: structure in `lines`, numbers in `digits`.

Lines that aren't plain, rows with a cell that is missing where rows aren't to be dropped for that, with something else
than a number where one is wanted and with bytes that aren't UTF-8 are odd.  That is no verdict: `decode` leaves them
out and gives their bytes, and whoever reads with care then finds out what is wrong, if anything.
"""

import sys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Categorical, taken
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
from losscli.reading.lines.grid import DELIMITERS, NONE, RETURN, Grid, Shape, buffer_of, regular
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
class TextLayout:
    """What a table looks like, known before its first block, and whether rows with a missing cell are dropped."""

    delimiter: bytes
    width: int
    numbers: tuple[int, ...]
    labels: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()
    drop: bool = False


@dataclass(frozen=True)
class Decoded:
    """The columns of a block: numbers (columns asked for, n), one contiguous row each, the labels, and carried text.

    `line` has the line of each row (None: each of the `lines` is one), `odd` the lines that are left to be read with
    care and their bytes; what is in neither is dropped.  Where some are, `whole` is the carried text of all lines but
    the odd ones, and `every` are these.
    """

    lines: int
    numbers: NDArray[np.float64]
    labels: tuple[NDArray[np.float64] | Categorical, ...]
    carried: tuple[Categorical, ...] = ()
    line: Ints | None = None
    odd: tuple[tuple[int, bytes], ...] = ()
    whole: tuple[Categorical, ...] = ()
    every: Ints = field(default_factory=lambda: NONE)

    @property
    def rows(self) -> int:
        """How many rows the columns have."""
        return len(self.numbers.T)


def decode(block: bytes, layout: TextLayout) -> Decoded | None:
    """The columns of a run of lines each of which is a record; None where most lines are odd."""
    grid = _grid(block, Shape(layout.delimiter, layout.width))
    if grid is None or 2 * grid.rows < grid.lines:
        return None
    numbers, *strange = _numbers(grid, layout.numbers)
    labels = [_label(grid.cells((column,))) for column in layout.labels]
    carried = [_carried(grid.cells((column,))) for column in layout.carried]
    found = Decoded(
        grid.lines,
        numbers,
        tuple(column for column, *_ in labels),
        tuple(words for words, *_ in carried),
        grid.line,
    )
    rows = [np.concatenate(part) for part in zip(strange, *(rest for _, *rest in (*labels, *carried)), strict=True)]
    missing, odd = rows[0], np.concatenate([rows[1], grid.odd, _blank(grid)])
    if grid.line is None and not (missing.size or odd.size):
        return found
    return _without(found, grid, missing, odd, layout.drop)


def _grid(block: bytes, shape: Shape) -> Grid | None:
    """Where the cells are; None where that can't be told here."""
    if not block or block[-1] == RETURN or shape.delimiter not in DELIMITERS or sys.byteorder != "little":
        return None
    buffer = buffer_of(block)
    returns = block[max(block.find(b"\n") - 1, 0)] == RETURN  # then the quick search is known to fail
    return (None if returns or b'"' in block else regular(buffer, shape)) or sieved(buffer, shape)


def _blank(grid: Grid) -> Ints:
    """Blank lines of a table of one column, which may not be asked for."""
    return np.flatnonzero(grid.cells((0,)).lengths < 1) if len(grid.before) == 1 else NONE


def _without(found: Decoded, grid: Grid, missing: Ints, odd: Ints, drop: bool) -> Decoded | None:
    """The columns less the rows in which something is missing or odd; None where that are most."""
    line = np.arange(grid.rows) if grid.line is None else grid.line
    left = np.ones(grid.lines, np.bool_)
    left[line] = False
    left[line[odd]] = True
    left[line[missing]] = not drop
    if found.carried:
        left[line[odd]] = True  # dropped or not, their text isn't known here
    lines = np.flatnonzero(left)
    if 2 * lines.size > grid.lines:
        return None
    sound = np.ones(grid.rows, np.bool_)
    sound[missing] = sound[odd] = False
    rows = np.flatnonzero(sound)
    sound[missing] = drop
    sound[odd] = False
    every = np.flatnonzero(sound) if found.carried and drop and missing.size else NONE
    return Decoded(
        grid.lines,
        found.numbers.take(rows, axis=1),
        tuple(taken(label, rows) for label in found.labels),
        tuple(words.taken(rows) for words in found.carried),
        line.take(rows),
        tuple(zip(lines.tolist(), grid.raw(lines), strict=True)),
        tuple(words.taken(every) for words in found.carried) if every.size else (),
        line.take(every),
    )


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
    """A column of labels: numbers if all of its cells are, else words."""
    if number(_text(cells, 0)) is not None:
        values, none = floats(cells)
        if _are_missing(cells, none).all():
            return values, none, NONE
    words = _distinct(cells)
    missing = np.array([is_missing(word) for word in words.categories], np.bool_)
    odd = np.array([not is_text(word) for word in words.categories], np.bool_)
    if not (missing.any() or odd.any()):
        return words, NONE, NONE
    found = _kept(words, ~(missing | odd))
    return _as_numbers(found), np.flatnonzero(missing[words.codes]), np.flatnonzero(odd[words.codes])


def _carried(cells: Cells) -> tuple[Categorical, Ints, Ints]:
    """A column as text, missing cells too."""
    apart = _each_apart(cells)
    if apart is not None:
        return apart, NONE, NONE
    words = _distinct(cells)
    if is_text("".join(words.categories)):
        return words, NONE, NONE
    text = np.array([is_text(word) for word in words.categories], np.bool_)
    return _kept(words, text), NONE, np.flatnonzero(~text[words.codes])


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


def _kept(words: Categorical, kept: Flags) -> Categorical:
    """The words without some of the vocabulary, whose rows are to go."""
    codes = np.maximum(np.cumsum(kept) - 1, 0)
    return Categorical(
        codes[words.codes], tuple(word for word, stays in zip(words.categories, kept, strict=True) if stays)
    )


def _as_numbers(words: Categorical) -> Floats | Categorical:
    """The words as numbers if all of them are."""
    values = numbers(list(words.categories))
    return words if values is None or not values.size else values[words.codes]


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
