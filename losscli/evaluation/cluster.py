"""Evaluate a table on a cluster: workers get parts of it as plain data, and their results are added up here.

A worker returns an error of the data as a value, so that Dask doesn't run the part again. The first error in the source
is raised, with its place in the source, as it is without a cluster.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Any

from losscli.data.blocks import Block
from losscli.data.table import Chunk, Schema, Table, worked
from losscli.engines.dask import on_cluster
from losscli.engines.local import in_threads
from losscli.errors import DataError, Quoted, RowError
from losscli.output.progress import tracked
from losscli.reading.many import extra_as, refuse_other_columns
from losscli.reading.open import ReadOptions, open_data
from losscli.records import record

PART_BYTES = 1 << 26  # of a file that are a part of the work


@record
class FilePart:
    """Some rows of a file as plain data: how to open it, and a range of its bytes or row groups (None: to the end).

    `name` is what the user calls the file; `first` and `schema` are the name and the columns of the table's first file.
    """

    options: ReadOptions
    name: str
    first: str
    schema: Schema
    low: int = 0
    high: int | None = None


@record
class PartResult:
    """The outcome of a part: its result with the number of rows and lines in it, or the error after these."""

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
    whole = [FilePart(file, name, files[0][0], table.schema) for name, file in files]
    cuts = table.reader.ranges((table.reader.size or 0) // PART_BYTES) if alone else ()
    try:
        return _added_up(table, work, empty, [replace(whole[0], low=low, high=high) for low, high in cuts] or whole)
    except Quoted:  # only one reader from end to end knows where such a file can be cut
        return _added_up(table, work, empty, whole)


def open_piece(piece: FilePart) -> Table:
    """The table of the rows of a part; DataError where its columns differ from those of the first file."""
    table = open_data(replace(piece.options, threads=1, cluster=None))
    try:
        refuse_other_columns(piece.first, piece.schema, table)
    except BaseException:
        table.close()
        raise
    table = table if piece.high is None else table.part(piece.low, piece.high)
    return extra_as(piece.schema.extra, table) if table.schema.extra != piece.schema.extra else table


def outcome(work: Callable[[Block], Any], empty: Any, piece: FilePart) -> PartResult:
    """What comes of a part, where the part is."""
    found = PartResult(empty)
    try:
        with closing(open_piece(piece)) as table:
            chunks = (partial(_named, chunk, piece.name) for chunk in table.chunks())
            for block, result, fault in in_threads(partial(worked, work), chunks, 1):
                if fault is not None:
                    return replace(found, fault=fault, block=block.bare())
                found = PartResult(found.result + result, found.rows + block.rows, found.lines + block.lines)
    except Quoted:
        return replace(found, quoted=True)
    except DataError as error:
        return replace(found, error=str(error))
    return found


def _named(chunk: Chunk, name: str) -> Block:
    """The block of a chunk, whose source is called as the user calls it."""
    block = chunk()
    return replace(block, origin=replace(block.origin, source=name))


def _added_up(table: Table, work: Callable[[Block], Any], empty: Any, pieces: Sequence[FilePart]) -> Any:
    assert table.cluster is not None
    with closing(on_cluster(partial(outcome, work, empty), pieces, table.cluster.address)) as outcomes:
        return reduce(add, _sound(pieces, tracked(outcomes, len(pieces), "parts")), empty)


def _sound(pieces: Sequence[FilePart], outcomes: Iterator[PartResult]) -> Iterator[Any]:
    """The results of the parts, in the order of the source; a DataError at the first that is wrong."""
    rows = lines = 0
    file = None
    for piece, found in zip(pieces, outcomes, strict=True):
        if piece.options is not file:
            rows, lines, file = 0, 0, piece.options
        if found.quoted:
            raise Quoted
        if found.error is not None:
            raise DataError(_as_typed(found.error, piece))
        if found.fault is not None and found.block is not None:
            origin = replace(found.block.origin, rows=rows + found.rows, lines=lines + found.lines)
            raise replace(found.block, origin=origin).error(found.fault)
        yield found.result
        rows, lines = rows + found.rows, lines + found.lines


def _as_typed(text: str, piece: FilePart) -> str:
    """An error of a file by its name here, and what may be the reason when a worker doesn't find it."""
    path = piece.options.tokens[0]
    text = piece.name + text.removeprefix(path) if text.startswith(path) else text
    return f"{text} on a worker; all of them must see it" if text.endswith("no such file") else text
