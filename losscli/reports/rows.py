"""The loss of every row, in flat memory. Output is held in a spool until the last row is sound: a fault prints nothing.

The spool is memory up to a few megabytes and a temporary file beyond.
"""

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import IO

import numpy as np
from numpy.typing import NDArray

from losscli.enums import Format
from losscli.errors import DataError, printable_line
from losscli.evaluation.evaluate import evaluated, in_order, refuse_nothing
from losscli.evaluation.prepare import Array, Prepared
from losscli.evaluation.problem import Problem
from losscli.output.emit import Printing, emit, warn
from losscli.output.encode import encoded
from losscli.output.formats import lines, strict_json
from losscli.output.report import Grid, Report
from losscli.output.spool import copy_out, spool_file
from losscli.reading.blocks import Block, Column, Table, Words, texts
from losscli.reading.cells import canonical
from losscli.reports.loss import report
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

SHOWN_ROWS = 100  # in a table; the machine formats and --quiet print every row

HEADER = ("row", "label", "prob", "loss")

Cells = Column | NDArray[np.int64]

Walk = Iterator[tuple[Prepared, Array, int]]  # a block prepared, its weighted losses, the rows before it


def stream_losses(problem: Problem, table: Table, printing: Printing) -> None:
    """Print the loss of each row as asked."""
    unit = problem.settings.unit
    totals = [EMPTY]
    full = not printing.quiet and not printing.separated

    def walk() -> Walk:
        work = partial(_work, problem, full)
        for (prepared, rows, summary), before in in_order(table, work):
            totals[0] += summary
            yield prepared, rows.value / unit, before

    if printing.for_people:
        grid = _grid(walk())
        refuse_nothing(problem, totals[0], table.name)
        emit(_with_rows(report(problem, totals[0], table), grid, totals[0]), printing)
        return
    with spool_file() as spool:
        answer = _spooled(problem, table, printing, walk(), totals, spool)
        copy_out(spool)
    if printing.format is not Format.JSON:
        warn(printing, answer.warnings)


def _work(problem: Problem, full: bool, block: Block) -> tuple[Prepared, Rows, Summary]:
    prepared, rows = evaluated(problem, block)
    return prepared, rows, summarize(rows, full)


def _spooled(
    problem: Problem, table: Table, printing: Printing, walk: Walk, totals: list[Summary], spool: IO[bytes]
) -> Report:
    """Write everything to the spool and return the report on all rows."""
    write = _plain if printing.quiet else _json_rows if printing.format is Format.JSON else _separated
    try:
        for piece in write(problem, walk, printing.delimiter):
            spool.write(piece)
        refuse_nothing(problem, totals[0], table.name)
        answer = report(problem, totals[0], table)
        if printing.format is Format.JSON:
            spool.write(_json_rest(answer))
    except OSError as error:
        raise DataError(f"the output can't be held: {(error.strerror or str(error)).lower()}") from None
    return answer


def _plain(problem: Problem, walk: Walk, delimiter: str) -> Iterator[bytes]:
    for _, losses, _ in walk:
        yield encoded([losses], b",")


def _separated(problem: Problem, walk: Walk, delimiter: str) -> Iterator[bytes]:
    yield delimiter.join(HEADER).encode() + b"\n"
    for prepared, losses, before in walk:
        row = (prepared.rows.row + (before + 1)).astype(np.int64)
        yield encoded([row, _labels(prepared, delimiter), _predictions(prepared), losses], delimiter.encode())


def _json_rows(problem: Problem, walk: Walk, delimiter: str) -> Iterator[bytes]:
    """The opening of the object and the losses; `_json_rest` closes it."""
    yield b'{\n  "loss": "%s",\n  "losses": [' % problem.settings.loss.name.encode()
    between = b"\n    "
    for _, losses, _ in walk:
        if len(losses):
            cells = encoded([losses], b",").removesuffix(b"\n").replace(b"\n", b",\n    ")
            yield between + (cells if losses.max() < np.inf else cells.replace(b"inf", b"null"))
            between = b",\n    "
    yield b"\n  ],"


def _json_rest(answer: Report) -> bytes:
    rest = {key: value for key, value in answer.record.items() if key not in ("loss", "value")}
    return strict_json(rest).removeprefix("{").encode() + b"\n"


def _labels(prepared: Prepared, delimiter: str) -> Cells:
    """The label of each observation, one spelling for one label."""
    columns, count = prepared.block.labels, len(prepared.rows.row)
    if len(columns) == 1:
        return _written(columns[0], delimiter)
    if len(columns) * len(prepared.block.row) != count or not columns:
        return _nothing(count)  # likelihoods, or rows of label probabilities
    numbers = [column for column in columns if not isinstance(column, Words)]
    if len(numbers) == len(columns):
        return _written(np.column_stack(numbers).ravel(), delimiter)
    return _words(chain.from_iterable(zip(*map(texts, columns), strict=True)), delimiter)


def _written(column: Column, delimiter: str) -> Cells:
    if isinstance(column, Words):
        known = _words(column.vocabulary, delimiter)
        return Words(known.codes[column.codes], known.vocabulary)
    whole = column.astype(np.int64) if len(column) and np.abs(column).max() < 1e15 else None
    if whole is not None and (whole == column).all():
        return whole
    distinct, codes = np.unique(column, return_inverse=True)
    return Words(codes, tuple(canonical(value) for value in distinct.tolist()))


def _words(cells: Iterable[str], delimiter: str) -> Words:
    """Cells as words that stand in delimited text, and that can't steer a terminal where they go to one."""
    shown = printable_line if sys.stdout.isatty() else str
    places: dict[str, int] = {}
    codes = [places.setdefault(cell, len(places)) for cell in cells]
    quoted = (lines([[shown(canonical(cell)), ""]], delimiter).removesuffix(f"{delimiter}\n") for cell in places)
    return Words(np.array(codes, dtype=np.intp), tuple(quoted))


def _nothing(count: int) -> Words:
    return Words(np.zeros(count, dtype=np.intp), ("",))


def _predictions(prepared: Prepared) -> Cells:
    """The prediction of a binary row; that of the true class where there are several; nothing without one."""
    if prepared.raw.ndim == 1:
        return prepared.raw
    if prepared.index is None:
        return _nothing(len(prepared.raw))
    return prepared.raw[np.arange(len(prepared.raw)), prepared.index]


def _grid(walk: Walk) -> Grid:
    """The first rows, as a table shows them; the rest is read all the same."""
    kept: list[tuple[object, ...]] = []
    for prepared, losses, before in walk:
        if len(kept) < SHOWN_ROWS:
            row = (prepared.rows.row + (before + 1)).tolist()
            cells = (_shown(_labels(prepared, "\t")), _shown(_predictions(prepared)), losses.tolist())
            kept += zip(row, *cells, strict=True)
    return Grid(tuple(kept[:SHOWN_ROWS]), HEADER)


def _shown(cells: Cells) -> list[object]:
    return list(texts(cells)) if isinstance(cells, Words) else cells.tolist()


def _with_rows(answer: Report, grid: Grid, total: Summary) -> Report:
    more = total.n - len(grid.rows)
    said = (f"{more} more rows; -f csv prints them all",) if more > 0 else ()
    return Report(answer.title, answer.record, (grid, *answer.grids), (*said, *answer.notes), answer.warnings)
