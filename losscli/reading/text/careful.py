"""Lines and records as a block: plain lines by the tokenizer, odd ones by the csv module, which finds what is wrong.

Nobody can tell which line was which: what is wrong first in their order ends the block, whoever found it.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from losscli.data.blocks import (
    Array,
    Block,
    Categorical,
    Column,
    Flags,
    Ints,
    Layout,
    Origin,
    as_words,
    block_of_columns,
    stacked,
    taken,
)
from losscli.data.cells import has_decimal_comma, is_missing, is_percentage, is_text, number, numbers
from losscli.errors import RowError, shown
from losscli.reading.text.dialect import CELL_BYTES, records, unsound
from losscli.reading.text.tokenizer import Decoded, FindCells, decode, number_columns


def block_of_records(
    records: list[list[str]], line: list[int] | None, lines: int, layout: Layout, origin: Origin
) -> Block:
    """The block of parsed records; the careful way, which also finds and names what is wrong.

    `line` gives each record's line, counted from 0 (None: one line a record), `lines` how many they are in all.
    """
    keep, fault = _judged(records, layout)
    rows = len(records) if fault is None else fault.row
    cells = {at: [record[at].strip() for record in records[:rows]] for at, _, _ in layout.asked}
    return block_of_columns(
        layout,
        rows,
        {at: column_of(cells[at], keep, part == "label") for at, part, _ in layout.asked},
        tuple(as_words([record[at].strip() for record in records[:rows]]) for at in layout.extra),
        lines=lines,
        keep=keep,
        line=None if line is None else np.array(line, dtype=np.intp),
        line_breaks=_line_breaks(records) if line is not None else {},
        fault=fault,
        origin=origin,
    )


def column_of(cells: list[str], keep: Flags | None, label: bool) -> Column:
    """Cells as numbers where all that count are, nan for the others; labels as words where they aren't."""
    counting = cells if keep is None else [cells[at] for at in np.flatnonzero(keep).tolist()]
    found = numbers(counting)
    if found is None:
        assert label
        return as_words(cells)
    if keep is None:
        return found
    values = np.full(len(cells), np.nan)
    values[keep] = found
    return values


def _judged(records: list[list[str]], layout: Layout) -> tuple[Flags | None, RowError | None]:
    """Which of the records before the first fault count (None: all), and that fault."""
    if _all_sound(records, layout):
        return None, None
    keep = np.ones(len(records), dtype=bool)
    for at, record in enumerate(records):
        fault = _fault(record, at, layout)
        if fault is not None and fault.what == _DROP:
            keep[at] = False
        elif fault is not None:
            return None if keep[:at].all() else keep[:at], fault
    return None if keep.all() else keep, None


_DROP = "drop"

NOT_UTF8 = "these bytes are not UTF-8; name the encoding with --encoding"


def _all_sound(records: list[list[str]], layout: Layout) -> bool:
    if any(len(record) != layout.width for record in records):
        return False
    for column, part, _ in layout.asked:
        cells = [record[column].strip() for record in records]
        if part == "label":
            distinct = set(cells)
            if any(map(is_missing, distinct)) or not is_text("".join(distinct)):
                return False
        elif numbers(cells) is None:
            return False
    return all(is_text(record[column]) for column in layout.extra for record in records)


def _fault(record: list[str], at: int, layout: Layout) -> RowError | None:
    if len(record) != layout.width:
        found = "1 cell" if len(record) == 1 else f"{len(record)} cells"
        return RowError(at, "row", None, f"{found} where {layout.width} are wanted{layout.hint}")
    asked = layout.asked
    missing = [(part, place) for column, part, place in asked if is_missing(record[column].strip())]
    if missing and layout.drop:
        return RowError(at, "row", None, _DROP)
    for column, part, place in asked:
        cell = record[column].strip()
        if not is_text(cell):
            return RowError(at, part, place, NOT_UTF8)
        if (part, place) in missing:
            return RowError(at, part, place, f"the cell is missing ({cell or 'empty'}); --na drop leaves such rows out")
        if part != "label" and number(cell) is None:
            return RowError(at, part, place, not_a_number(cell))
    strange = next((place for place, column in enumerate(layout.extra) if not is_text(record[column])), None)
    return None if strange is None else RowError(at, "extra", strange, NOT_UTF8)


def not_a_number(cell: str) -> str:
    """What is said of a cell that should be a number."""
    if is_percentage(cell):
        return f"{shown(cell)} is not a number; divide percentages by 100"
    hint = "; write the decimal comma as a point" if has_decimal_comma(cell) else ""
    return f"{shown(cell)} is not a number{hint}"


def _line_breaks(records: list[list[str]]) -> dict[int, tuple[int, ...]]:
    found = {}
    for at, record in enumerate(records):
        breaks = [cell.count("\n") for cell in record]
        if any(breaks):
            found[at] = tuple(sum(breaks[:column]) for column in range(len(breaks)))
    return found


# --- lines ------------------------------------------------------------------------------------------------------------
def block_of(piece: bytes, layout: Layout, origin: Origin) -> Block:
    """The block of a run of lines."""
    return decoded_block(piece, layout, origin) or parsed_lines(piece, layout, origin)


ParseLines = Callable[[list[bytes], list[int], int, Layout, Origin], Block]


def decoded_block(
    piece: bytes,
    layout: Layout,
    origin: Origin,
    find_cells: FindCells | None = None,
    parse: ParseLines | None = None,
) -> Block | None:
    """The block by the fast decoder, but for odd lines, which are parsed; None where most are.

    `find_cells` and `parse` are those of another kind of lines than CSV.
    """
    if len(layout.delimiter.encode()) > 1 or len(piece) > CELL_BYTES:
        return None
    decoded = decode(piece, layout, find_cells)
    if decoded is None:
        return None
    columns: dict[int, Column] = dict(zip(number_columns(layout), decoded.numbers, strict=True))
    columns |= zip(layout.labels, decoded.labels, strict=True)
    keep = None
    if decoded.missing.size and layout.drop:
        keep = np.ones(decoded.numbers.shape[1], dtype=bool)
        keep[decoded.missing] = False
    rows = decoded.numbers.shape[1]
    block = block_of_columns(layout, rows, columns, decoded.extra, lines=decoded.lines, keep=keep, origin=origin)
    return _with_odd_lines(block, decoded, layout, parse or _parsed) if decoded.odd else block


def _with_odd_lines(fast: Block, decoded: Decoded, layout: Layout, parse: ParseLines) -> Block:
    """The block with the odd lines, read with care, among its rows, up to the first fault."""
    places = [at for at, _ in decoded.odd]
    rest = parse([raw for _, raw in decoded.odd], places, fast.lines, layout, fast.origin)
    assert rest.line is not None
    own = np.flatnonzero(~np.isin(decoded.line, places))
    lines = np.concatenate([decoded.line[own], rest.line[: rest.rows]])
    order = np.argsort(lines)
    if rest.fault is not None:
        order = order[: np.searchsorted(lines, rest.line[rest.rows], sorter=order)]
    line = lines[order]
    if rest.fault is not None:
        line = np.append(line, rest.line[rest.rows])
    order = np.concatenate([own, fast.rows + np.arange(rest.rows)])[order]
    return replace(
        fast,
        rows=len(order),
        labels=tuple(taken(stacked(both), order) for both in zip(fast.labels, rest.labels, strict=True)),
        preds=_woven(fast.preds, rest.preds, order),
        weights=None if fast.weights is None else _woven(fast.weights, rest.weights, order),
        features=None if fast.features is None else _woven(fast.features, rest.features, order),
        extra=tuple(_text_woven(both, order) for both in zip(fast.extra, rest.extra, strict=True)),
        keep=_both_kept(fast, rest, order),
        line=None if len(line) == fast.lines else line,
        fault=None if rest.fault is None else replace(rest.fault, row=len(order)),
    )


def _both_kept(fast: Block, rest: Block, order: Ints) -> Flags | None:
    if fast.keep is None and rest.keep is None:
        return None
    masks = (np.ones(block.rows, dtype=bool) if block.keep is None else block.keep for block in (fast, rest))
    keep: Flags = np.concatenate(list(masks))[order]
    return keep


def _woven(left: Array, right: Array | None, order: Ints) -> Array:
    """The rows of two arrays in this order, each column contiguous."""
    assert right is not None
    return np.concatenate([left.T, right.T], axis=-1).take(order, axis=-1).T


def _text_woven(both: Sequence[Categorical], order: Ints) -> Categorical:
    found = stacked(both)
    assert isinstance(found, Categorical)
    return found.taken(order)


def parsed_lines(piece: bytes, layout: Layout, origin: Origin) -> Block:
    """The block by the `csv` module, which also finds what is wrong."""
    lines = split(piece)
    return _parsed(lines, list(range(len(lines))), len(lines), layout, origin)


def _parsed(raw: list[bytes], line: list[int], lines: int, layout: Layout, origin: Origin) -> Block:
    parsed: list[list[str]] = []
    fault = None
    try:
        parsed.extend(records(map(as_text, raw), layout.delimiter))
    except csv.Error as error:
        fault = RowError(len(parsed), "row", None, str(unsound(error)))
    return parsed_block(parsed, line[: len(parsed) + 1], lines, layout, origin, fault)


def parsed_block(
    parsed: list[list[str]], line: list[int], lines: int, layout: Layout, origin: Origin, fault: RowError | None
) -> Block:
    """The block of parsed records, the line of each and of a fault behind them being given, in `lines` lines.

    Blank lines are no records, but in a table of one column they are missing cells.
    """
    if layout.width > 1:
        full = [at for at, record in enumerate(parsed) if len(record) > 1 or (record and record[0].strip())]
        line = [line[at] for at in full] + line[len(parsed) :]
        parsed = [parsed[at] for at in full]
    else:
        parsed = [record or [""] for record in parsed]
    block = block_of_records(parsed, line, lines, layout, origin)
    if fault is None or block.fault is not None:
        return block
    return replace(block, fault=replace(fault, row=block.rows))


def as_text(line: bytes) -> str:
    """A line as text; bytes that aren't UTF-8 come through, as they only matter in a cell that is asked for."""
    return line.decode("utf-8", "surrogateescape")


def split(piece: bytes) -> list[bytes]:
    """The lines of a piece, each with its newline."""
    lines = piece.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])
