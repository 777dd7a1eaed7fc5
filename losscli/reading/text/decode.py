"""Cells to columns: numbers, labels and text, of all lines that are not odd (see `tokenizer`)."""

from collections.abc import Callable
from functools import partial

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.data.blocks import Layout
from losscli.data.categorical import TEXT_BYTES, ByteStrings, Categorical
from losscli.data.cells import EXACT, is_missing_number, is_text, number, numbers, rounded_away
from losscli.reading.text.floats import HIGH_BITS, REACH, Bits, CellSpans, bytes_of, floats, words_of
from losscli.reading.text.tokenizer import NONE, CellPositions, cell_positions
from losscli.records import record

# large odd factors: the upper bits of a product with one depend on every bit of a word
_SPREAD = tuple(np.array(n, np.uint64) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F))
_SPREAD_BITS = 16
_SPREAD_SHIFT = np.array(64 - _SPREAD_BITS, np.uint64)
SAMPLE = 128  # cells: where the first ones all differ, most of a block do


@record
class Decoded:
    """The columns of the lines that are plain, a row each: numbers (columns, rows), labels, and text.

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


def decode(block: bytes, layout: Layout, find_cells: FindCells = cell_positions) -> Decoded | None:
    """The columns of a run of lines each of which is a record; None where most lines are odd."""
    positions = find_cells(block, layout)
    if positions is None or 2 * positions.rows < positions.lines:
        return None
    numbers, *strange = _numbers(positions, layout)
    labels = [_label(positions.cells((column,)), layout) for column in layout.labels]
    extra = [_text_column(positions.cells((column,))) for column in layout.extra]
    columns = numbers, tuple(column for column, *_ in labels), tuple(words for words, *_ in extra)
    rows = [np.concatenate(part) for part in zip(strange, *(rest for _, *rest in (*labels, *extra)), strict=True)]
    # In a table of one column, which may not be in use, a blank line is a row without a value.
    blank = np.flatnonzero(positions.cells((0,)).lengths < 1) if len(positions.before) == 1 else NONE
    missing, odd = rows[0], np.concatenate([rows[1], positions.odd, blank])
    if positions.line is None and not odd.size and (layout.drop or not missing.size):
        return Decoded(positions.lines, *columns, NONE, missing)
    left = np.ones(positions.lines, np.bool_)
    line = np.arange(positions.rows) if positions.line is None else positions.line
    left[line] = False
    left[line[odd]] = True
    if not (layout.drop and layout.extra):  # the text of rows that are dropped is wanted too
        left[line[missing]] = not layout.drop
    lines = np.flatnonzero(left)
    if 2 * lines.size > positions.lines:
        return None
    return Decoded(
        positions.lines, *columns, line, missing, tuple(zip(lines.tolist(), positions.raw(lines), strict=True))
    )


# --- one column -------------------------------------------------------------------------------------------------------
# Each function returns the column, the rows whose cell is missing, and the odd rows. In both the value means nothing.
def _numbers(positions: CellPositions, layout: Layout) -> tuple[Array, Ints, Ints]:
    """The columns of numbers, (columns, rows)."""
    columns = number_columns(layout)
    if not columns:
        return np.empty((0, positions.rows)), NONE, NONE
    cells = positions.cells(columns)
    values, none = floats(cells)
    missing = _are(is_missing_number, cells, none)
    odd = none[~missing]
    if layout.exact and cells.longest > 4:
        odd = np.concatenate([odd, _rounded_away(cells, values, len(layout.preds) * positions.rows)])
    return values.reshape(len(columns), positions.rows), none[missing] % positions.rows, odd % positions.rows


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
