"""Lines as a block: plain ones by the fast decoder, odd ones with care. The rule: nobody can tell which was which.

The lines are records each, quotes and all. What is wrong first in their order ends the block, whoever found it.
"""

import csv
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from losscli.data.blocks import Array, Block, Categorical, stacked, taken
from losscli.errors import RowError
from losscli.reading.dialect import CELL_BYTES, records, unsound
from losscli.reading.formats import decode
from losscli.reading.formats.digits import Ints
from losscli.reading.records import Layout, block_of_records


def block_of(piece: bytes, delimiter: str, layout: Layout) -> Block:
    """The block of a run of lines."""
    return decoded_block(piece, delimiter, layout) or parsed_lines(piece, delimiter, layout)


def decoded_block(piece: bytes, delimiter: str, layout: Layout) -> Block | None:
    """The block by the fast decoder, but for odd lines; None where most are."""
    if len(delimiter.encode()) > 1 or len(piece) > CELL_BYTES:
        return None
    weight = () if layout.weight is None else (layout.weight,)
    numbers = (*layout.preds, *weight, *layout.features)
    asked = decode.TextLayout(delimiter.encode(), layout.width, numbers, layout.labels, layout.carried, layout.drop)
    decoded = decode.decode(piece, asked)
    if decoded is None:
        return None
    k = len(layout.preds)
    line = np.arange(decoded.lines) if decoded.line is None else decoded.line
    block = Block(
        rows=decoded.lines,
        lines=decoded.lines,
        labels=decoded.labels,
        preds=decoded.numbers[:k].T,
        weights=decoded.numbers[k] if weight else None,
        features=decoded.numbers[k + len(weight) :].T if layout.features else None,
        carried=decoded.carried,
        whole=decoded.whole,
        row=line,
    )
    return _together(block, decoded, delimiter, layout) if decoded.odd else block


def _together(fast: Block, decoded: decode.Decoded, delimiter: str, layout: Layout) -> Block:
    """The block of rows numbered by their lines and of the odd lines, read with care, up to the first fault."""
    places = [at for at, _ in decoded.odd]
    rest = _parsed([raw for _, raw in decoded.odd], places, fast.lines, delimiter, layout)
    assert rest.line is not None
    filled = np.ones(fast.lines, np.bool_)  # the lines that are records, the others being blank
    filled[places] = False
    filled[rest.line] = True
    before: Ints = np.cumsum(filled) - filled  # records before each line
    lines = np.concatenate([fast.row, rest.line[rest.row]])
    order = np.argsort(lines, kind="stable")
    done = int(np.count_nonzero(filled))
    if rest.fault is not None:
        end = rest.line[rest.fault.row]
        order, done = order[: np.searchsorted(lines, end, sorter=order)], int(before[end])
    return replace(
        fast,
        rows=done,
        labels=tuple(taken(stacked(both), order) for both in zip(fast.labels, rest.labels, strict=True)),
        preds=_woven(fast.preds, rest.preds, order),
        weights=None if fast.weights is None else _woven(fast.weights, rest.weights, order),
        features=None if fast.features is None else _woven(fast.features, rest.features, order),
        carried=tuple(_text_woven(both, order) for both in zip(fast.carried, rest.carried, strict=True)),
        whole=_whole(fast, rest, decoded.every, done),
        row=before[lines[order]],
        line=None if filled.all() else np.flatnonzero(filled),
        fault=None if rest.fault is None else replace(rest.fault, row=done),
    )


def _whole(fast: Block, rest: Block, every: Ints, done: int) -> tuple[Categorical, ...]:
    """The carried columns of all of so many rows, where some of these are dropped."""
    if not (fast.whole or rest.whole):
        return ()
    assert rest.line is not None
    lines = np.concatenate([every if fast.whole else fast.row, rest.line[: rest.rows]])
    order = np.argsort(lines, kind="stable")[:done]
    both = zip(fast.whole or fast.carried, rest.whole or rest.carried, strict=True)
    return tuple(_text_woven(words, order) for words in both)


def _woven(left: Array, right: Array | None, order: Ints) -> Array:
    """The rows of two arrays in this order, each column contiguous."""
    assert right is not None
    return np.concatenate([left.T, right.T], axis=-1).take(order, axis=-1).T


def _text_woven(both: Sequence[Categorical], order: Ints) -> Categorical:
    found = stacked(both)
    assert isinstance(found, Categorical)
    return found.taken(order)


def parsed_lines(piece: bytes, delimiter: str, layout: Layout) -> Block:
    """The block by the `csv` module, which also finds what is wrong."""
    lines = split(piece)
    return _parsed(lines, list(range(len(lines))), len(lines), delimiter, layout)


def _parsed(raw: list[bytes], line: list[int], lines: int, delimiter: str, layout: Layout) -> Block:
    parsed: list[list[str]] = []
    fault = None
    try:
        parsed.extend(records(map(as_text, raw), delimiter))
    except csv.Error as error:
        fault = RowError(len(parsed), "row", None, str(unsound(error)))
    return parsed_block(parsed, line[: len(parsed) + 1], lines, layout, fault)


def parsed_block(parsed: list[list[str]], line: list[int], lines: int, layout: Layout, fault: RowError | None) -> Block:
    """The block of parsed records, the line of each and of a fault behind them being given, in `lines` lines.

    Blank lines are no records, but in a table of one column they are missing cells.
    """
    if layout.width > 1:
        full = [at for at, record in enumerate(parsed) if len(record) > 1 or (record and record[0].strip())]
        line = [line[at] for at in full] + line[len(parsed) :]
        parsed = [parsed[at] for at in full]
    else:
        parsed = [record or [""] for record in parsed]
    block = block_of_records(parsed, line, lines, layout)
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
