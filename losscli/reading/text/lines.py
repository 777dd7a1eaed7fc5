"""Lines as a block: plain ones by the fast decoder, odd ones by a parser, with the same result.

Each line is a record by itself. The first fault in the order of the lines ends the block.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from losscli.arrays import Array, Ints
from losscli.data.blocks import Block, Layout, Origin, block_of_columns
from losscli.data.categorical import Categorical, Column, stacked, stacked_words, take_cells
from losscli.data.cells import as_text
from losscli.data.table import SmallFiles
from losscli.errors import RowError
from losscli.reading.sources import readable
from losscli.reading.text.careful import block_of_records
from losscli.reading.text.decode import Decoded, FindCells, decode, number_columns
from losscli.reading.text.dialect import CELL_BYTES, records, unsound
from losscli.reading.text.tokenizer import cell_positions

SMALL_BYTES = 1 << 16  # of a file that is read together with others


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
    if layout.comma and (find_cells is not None or layout.extra or b"." in piece):
        return None
    decoded = decode(piece.replace(b",", b".") if layout.comma else piece, layout, find_cells or cell_positions)
    if decoded is None or (layout.comma and decoded.odd):
        return None
    words = [column.categories for column in decoded.labels if isinstance(column, Categorical)]
    if layout.comma and any("." in "".join(categories) for categories in words):
        return None  # a label has a point, which was a comma
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
    keep = None
    if fast.keep is not None or rest.keep is not None:
        masks = [np.ones(block.rows, dtype=bool) if block.keep is None else block.keep for block in (fast, rest)]
        keep = np.concatenate(masks)[order]
    return replace(
        fast,
        rows=len(order),
        labels=tuple(take_cells(stacked(both), order) for both in zip(fast.labels, rest.labels, strict=True)),
        preds=_woven(fast.preds, rest.preds, order),
        weights=None if fast.weights is None else _woven(fast.weights, rest.weights, order),
        features=None if fast.features is None else _woven(fast.features, rest.features, order),
        extra=tuple(stacked_words(both).take(order) for both in zip(fast.extra, rest.extra, strict=True)),
        keep=keep,
        line=None if len(line) == fast.lines else line,
        fault=None if rest.fault is None else replace(rest.fault, row=len(order)),
    )


def _woven(left: Array, right: Array | None, order: Ints) -> Array:
    """The rows of two arrays in this order, each column contiguous."""
    assert right is not None
    return np.concatenate([left.T, right.T], axis=-1).take(order, axis=-1).T


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
    """The block of parsed records, the line of each and of a fault after them being given, in `lines` lines.

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


def split(piece: bytes) -> list[bytes]:
    """The lines of a piece, each with its newline."""
    lines = piece.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


class SmallTexts(SmallFiles):
    """Small files of text that begin with one header, read many in a block."""

    def __init__(self, header: bytes, layout: Layout, origin: Origin) -> None:
        self.header, self.layout, self.origin = header, layout, origin

    def rows(self, path: str) -> bytes | None:
        """The lines after the header; None where the file is larger, begins otherwise or holds quotes."""
        with readable(path), open(path, "rb", buffering=0) as file:
            data = file.read(SMALL_BYTES + 1)
        if len(data) > SMALL_BYTES or not data.startswith(self.header) or b'"' in data or b"\0" in data:
            return None
        rows = data[len(self.header) :].rstrip(b"\r\n")
        return rows + b"\n" if rows.strip() else None

    def block(self, files: Sequence[tuple[str, bytes]]) -> Block:
        lines = accumulate((rows.count(b"\n") for _, rows in files), initial=0)
        places = tuple((name, before) for (name, _), before in zip(files, lines, strict=False))
        origin = replace(self.origin, source=files[0][0], files=places)
        return block_of(b"".join(rows for _, rows in files), self.layout, origin)
