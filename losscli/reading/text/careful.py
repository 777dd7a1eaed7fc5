"""Parsed records as a block: slower than the fast decoder, but it finds and names every fault."""

import re

import numpy as np

from losscli.arrays import Array, Flags
from losscli.data.blocks import Block, Layout, Origin, block_of_columns
from losscli.data.categorical import Column, as_words
from losscli.data.cells import EXACT, has_decimal_comma, is_percentage, is_text, number, numbers, rounded_away
from losscli.errors import RowError, plural, shown


def block_of_records(
    records: list[list[str]], line: list[int] | None, lines: int, layout: Layout, origin: Origin
) -> Block:
    """The block of parsed records, up to the first fault.

    `line` has the line of each record, from 0 (None: one line a record), and `lines` the number of lines in all.
    """
    if layout.comma:
        records = [_with_points(record, layout) for record in records]
    keep, fault = _judged(records, layout)
    rows = len(records) if fault is None else fault.row
    cells = {at: [record[at].strip() for record in records[:rows]] for at, _, _ in layout.cells}
    return block_of_columns(
        layout,
        rows,
        {at: column_of(cells[at], keep, part == "label") for at, part, _ in layout.cells},
        tuple(as_words([record[at].strip() for record in records[:rows]]) for at in layout.extra),
        lines=lines,
        keep=keep,
        line=None if line is None else np.array(line, dtype=np.intp),
        line_breaks=_line_breaks(records) if line is not None else {},
        fault=fault,
        origin=origin,
    )


def _with_points(record: list[str], layout: Layout) -> list[str]:
    """A record whose decimal mark is the comma with points; points become commas, as they are no part of a number."""
    found = list(record)
    for column, part, _ in layout.cells if len(record) == layout.width else ():
        cell = record[column].strip()
        if has_decimal_comma(cell) or (part != "label" and not layout.is_missing(cell, part)):
            found[column] = cell.translate(_SWAPPED)
    return found


_SWAPPED = str.maketrans(",.", ".,")


def column_of(cells: list[str], keep: Flags | None, label: bool) -> Column:
    """Cells as numbers where all that count are, nan for the others; labels as words where they aren't."""
    counting = cells if keep is None else [cells[at] for at in np.flatnonzero(keep).tolist()]
    found = numbers(counting)
    if found is None or (label and (np.abs(found) >= EXACT).any()):
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


def not_utf8(text: str) -> str:
    """The message for text with bytes that aren't UTF-8, with an encoding in which they read well."""
    raw = text.encode("utf-8", "surrogateescape")
    fitting = next((name for name, reads_well in _ENCODINGS if _reads(raw, name, reads_well)), None)
    hint = f", perhaps --encoding {fitting}" if fitting else ""
    return f"these bytes are not UTF-8; name the encoding with --encoding{hint}"


def _reads(raw: bytes, encoding: str, reads_well: str) -> bool:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(char.isascii() or re.match(reads_well, char) for char in text)


_ENCODINGS = (  # with the characters that text in them has beside ASCII
    ("shift_jis", "[\u3040-\u30ff\uff01-\uff5e]"),  # kana: what is kanji alone may be Chinese
    ("gb18030", "[\u3001-\u301f\u4e00-\u9fff\uff01-\uff5e]"),
    ("cp1252", "[\u00a0-\u00ff\u0152-\u0178\u2013-\u2122]"),
)


def _all_sound(records: list[list[str]], layout: Layout) -> bool:
    if any(len(record) != layout.width for record in records):
        return False
    for column, part, _ in layout.cells:
        cells = [record[column].strip() for record in records]
        if part == "label":
            distinct = set(cells)
            if any(layout.is_missing(cell, part) for cell in distinct) or not is_text("".join(distinct)):
                return False
        elif (values := numbers(cells)) is None or (part == "prob" and layout.exact and _rounded(cells, values)):
            return False
    return all(is_text(record[column]) for column in layout.extra for record in records)


def _rounded(cells: list[str], values: Array) -> bool:
    """Whether a cell is 0 or 1 as a float, and not as it is written."""
    at = np.flatnonzero((values == 0.0) | (values == 1.0)).tolist()
    return any(len(cells[place]) > 4 and rounded_away(cells[place]) is not None for place in at)


def _fault(record: list[str], at: int, layout: Layout) -> RowError | None:
    if len(record) != layout.width:
        return RowError(at, "row", None, f"{plural(len(record), 'cell')}, expected {layout.width}{layout.hint}")
    cells = layout.cells
    missing = [(part, place) for column, part, place in cells if layout.is_missing(record[column].strip(), part)]
    if missing and layout.drop:
        return RowError(at, "row", None, _DROP)
    for column, part, place in cells:
        cell = record[column].strip()
        if not is_text(cell):
            return RowError(at, part, place, not_utf8(cell))
        if (part, place) in missing:
            return RowError(at, part, place, f"the cell is missing ({cell or 'empty'}); --na drop leaves such rows out")
        if part != "label" and number(cell) is None:
            what = f"{shown(cell.translate(_SWAPPED))} is not a number; the decimal mark is the comma"
            return RowError(at, part, place, what if layout.comma else not_a_number(cell))
        if part == "prob" and layout.exact and (end := rounded_away(cell)) is not None:
            what = f"{shown(cell)} is {'above 0' if end == 0.0 else 'below 1'}, but {end:g} as a float"
            return RowError(at, part, place, f"{what}; use --from logprobs or --from logits")
    strange = next((place for place, column in enumerate(layout.extra) if not is_text(record[column])), None)
    return None if strange is None else RowError(at, "extra", strange, not_utf8(record[layout.extra[strange]]))


def not_a_number(cell: str) -> str:
    """The message for a cell that should be a number."""
    if is_percentage(cell):
        return f"{shown(cell)} is not a number; divide percentages by 100"
    hint = "; --decimal , reads the decimal comma" if has_decimal_comma(cell) else ""
    return f"{shown(cell)} is not a number{hint}"


def _line_breaks(records: list[list[str]]) -> dict[int, tuple[int, ...]]:
    found = {}
    for at, record in enumerate(records):
        breaks = [cell.count("\n") for cell in record]
        if any(breaks):
            found[at] = tuple(sum(breaks[:column]) for column in range(len(breaks)))
    return found
