"""Parsed records into a block: the careful way, which also finds and names what is wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Array, Block, Categorical, as_column, as_words
from losscli.data.cells import has_decimal_comma, is_missing, is_percentage, number, numbers
from losscli.errors import RowError, shown


@dataclass(frozen=True)
class Layout:
    """Which cells of a row are asked for, and what to do with a row in which one is missing."""

    width: int
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None = None
    features: tuple[int, ...] = ()
    drop: bool = False
    hint: str = ""
    carried: tuple[int, ...] = ()  # columns that travel as text, whatever is in them

    @property
    def asked(self) -> tuple[tuple[int, str, int], ...]:
        """Column, part and place within the part of each asked cell, from left to right."""
        parts = (("label", self.labels), ("prob", self.preds), ("feature", self.features))
        cells = [(column, part, at) for part, columns in parts for at, column in enumerate(columns)]
        return tuple(sorted(cells + ([(self.weight, "weight", 0)] if self.weight is not None else [])))


def block_of_records(records: list[list[str]], line: list[int] | None, lines: int, layout: Layout) -> Block:
    """The block of parsed records; the careful way, which also finds and names what is wrong.

    `line` gives each record's line, counted from 0 (None: one line a record), `lines` how many they are in all.
    """
    tall = _tall(records) if line is not None else {}
    places = None if line is None else np.array(line, dtype=np.intp)
    cells, row, fault = _sound(records, layout)
    done = len(records) if fault is None else fault.row
    column = {at: [record[at].strip() for record in cells] for at, _, _ in layout.asked}
    return Block(
        rows=done,
        lines=lines,
        labels=tuple(as_column(column[at]) for at in layout.labels),
        preds=matrix([column[at] for at in layout.preds], len(cells)),
        weights=None if layout.weight is None else matrix([column[layout.weight]], len(cells))[:, 0],
        features=matrix([column[at] for at in layout.features], len(cells)) if layout.features else None,
        carried=_carried(cells, layout),
        whole=_carried(records[:done], layout) if len(cells) < done else (),
        row=row,
        line=places,
        tall=tall,
        fault=fault,
    )


def _carried(records: list[list[str]], layout: Layout) -> tuple[Categorical, ...]:
    return tuple(as_words([record[at].strip() for record in records]) for at in layout.carried)


def matrix(columns: list[list[str]], rows: int) -> Array:
    """Columns of number cells as (n, k), each column contiguous."""
    values = np.empty((len(columns), rows))
    for at, cells in enumerate(columns):
        found = numbers(cells)
        values[at] = list(map(float, cells)) if found is None else found
    return values.T


def _sound(records: list[list[str]], layout: Layout) -> tuple[list[list[str]], NDArray[np.intp], RowError | None]:
    """The records to be used, which they are, and the first fault; those behind a fault are left out."""
    if _all_sound(records, layout):
        return records, np.arange(len(records)), None
    kept: list[int] = []
    fault = None
    for at, record in enumerate(records):
        fault = _fault(record, at, layout)
        if fault is not None and fault.what == _DROP:
            fault = None
        elif fault is not None:
            break
        else:
            kept.append(at)
    return [records[at] for at in kept], np.array(kept, dtype=np.intp), fault


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
    return all(is_text(record[column]) for column in layout.carried for record in records)


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
    strange = next((place for place, column in enumerate(layout.carried) if not is_text(record[column])), None)
    return None if strange is None else RowError(at, "carried", strange, NOT_UTF8)


def is_text(cell: str) -> bool:
    """Whether all bytes of a cell were UTF-8."""
    return cell.isascii() or not any("\udc80" <= char <= "\udcff" for char in cell)


def not_a_number(cell: str) -> str:
    """What is said of a cell that should be a number."""
    if is_percentage(cell):
        return f"{shown(cell)} is not a number; divide percentages by 100"
    hint = "; write the decimal comma as a point" if has_decimal_comma(cell) else ""
    return f"{shown(cell)} is not a number{hint}"


def _tall(records: list[list[str]]) -> dict[int, tuple[int, ...]]:
    found = {}
    for at, record in enumerate(records):
        breaks = [cell.count("\n") for cell in record]
        if any(breaks):
            found[at] = tuple(sum(breaks[:column]) for column in range(len(breaks)))
    return found
