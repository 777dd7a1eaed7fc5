"""A table evaluated on other machines: its parts go there as plain data, and what they come to is added up here.

What is wrong with the data comes back as a value, so that nothing is done again for it, and is told as it is on this
machine: the first in the source first, with its place in the source.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Chunk, Table, located, whereabouts
from losscli.engines.dask import on_cluster
from losscli.engines.local import in_threads
from losscli.errors import DataError, Location, Quoted, RowError
from losscli.evaluation.validation import worked
from losscli.output.progress import counted
from losscli.reading.open import Piece, open_data, open_piece
from losscli.reading.remote import is_url


@dataclass(frozen=True)
class Outcome:
    """What came of a part: the result and how many rows and lines it is of, or what is wrong behind these."""

    result: Any
    rows: int = 0
    lines: int = 0
    fault: RowError | None = None
    block: Block | None = None  # of the fault, without its cells
    error: str | None = None
    quoted: bool = False


def folded_on_cluster(table: Table, work: Callable[[Block], Any], empty: Any) -> Any:
    """What `work` makes of the blocks of a table, added up in the order of the source."""
    assert table.cluster is not None
    files, alone = table.cluster.files, len(table.cluster.files) == 1
    whole = [Piece(file, carried=table.carried, name=None if alone else name) for name, file in files]
    cuts = table.cuts() if alone else ()
    try:
        return _added_up(table, work, empty, [replace(whole[0], low=low, high=high) for low, high in cuts] or whole)
    except Quoted:  # only one reader from end to end knows where such a file can be cut
        return _added_up(table, work, empty, whole)


def outcome(work: Callable[[Block], Any], empty: Any, piece: Piece) -> Outcome:
    """What comes of a part, where the part is."""
    found = Outcome(empty)
    try:
        with closing(open_piece(piece)) as table:
            chunks = table.chunks if piece.name is None else _placed(table, piece)
            for block, result, fault in in_threads(partial(worked, work), chunks, 1):
                if fault is not None:
                    return replace(found, fault=fault, block=_shell(block))
                found = Outcome(found.result + result, found.rows + block.rows, found.lines + block.lines)
    except Quoted:
        return replace(found, quoted=True)
    except DataError as error:
        return replace(found, error=str(error))
    return found


def _placed(table: Table, piece: Piece) -> Iterator[Chunk]:
    """The chunks of a file of many, whose blocks know where their rows stand."""
    rows = lines = 0
    for chunk in table.chunks:
        block = chunk()
        yield partial(_with_places, block, table, piece, rows, lines)
        rows, lines = rows + block.rows, lines + block.lines


def _with_places(block: Block, table: Table, piece: Piece, rows: int, lines: int) -> Block:
    def where(fault: RowError) -> Location:
        return replace(whereabouts(table, fault, block, rows, lines), source=piece.name)

    return replace(block, where=where)


def _shell(block: Block) -> Block:
    """A block without its cells, which knows where its rows stand."""
    empty = replace(block, labels=(), preds=np.zeros((0, 0)), weights=None, features=None, carried=(), fault=None)
    return replace(empty, where=None)


def _added_up(table: Table, work: Callable[[Block], Any], empty: Any, pieces: Sequence[Piece]) -> Any:
    assert table.cluster is not None
    with closing(on_cluster(partial(outcome, work, empty), pieces, table.cluster.address)) as outcomes:
        return reduce(add, _sound(table, pieces, counted(outcomes, len(pieces))), empty)


def _sound(table: Table, pieces: Sequence[Piece], outcomes: Iterator[Outcome]) -> Iterator[Any]:
    """The results of the parts, in the order of the source; a DataError at the first that is wrong."""
    rows = lines = 0
    file = None
    for piece, found in zip(pieces, outcomes, strict=True):
        if piece.request is not file:
            rows, lines, file = 0, 0, piece.request
        if found.quoted:
            raise Quoted
        if found.error is not None:
            raise DataError(_as_typed(found.error, table, piece))
        if found.fault is not None and found.block is not None:
            raise _located(table, piece, found.fault, found.block, rows + found.rows, lines + found.lines)
        yield found.result
        rows, lines = rows + found.rows, lines + found.lines


def _located(table: Table, piece: Piece, fault: RowError, block: Block, rows: int, lines: int) -> DataError:
    """The error of a fault of a part, so many rows and lines of its file being before it."""
    name, path = _name(table, piece), piece.request.tokens[0]
    with closing(open_data(replace(piece.request, tokens=(path if is_url(path) else name,), cluster=None))) as own:
        return located(own, fault, block, rows, lines)


def _name(table: Table, piece: Piece) -> str:
    """What the file of a part is called on this machine."""
    assert table.cluster is not None
    return next(name for name, request in table.cluster.files if request is piece.request)


def _as_typed(text: str, table: Table, piece: Piece) -> str:
    """An error of a file by its name here, and what may be the reason when a worker doesn't find it."""
    path = piece.request.tokens[0]
    text = _name(table, piece) + text.removeprefix(path) if text.startswith(path) else text
    return f"{text} on a worker; all of them must see it" if text.endswith("no such file") else text
