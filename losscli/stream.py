"""The loss of every row, in flat memory. Output is held in a spool until the last row is sound: a fault prints nothing.

The spool is memory up to a few megabytes and a temporary file beyond.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from math import isfinite, log
from typing import IO

from losscli.call import Call
from losscli.errors import DataError
from losscli.evaluate import evaluated, in_order, refuse_nothing
from losscli.kinds import Format
from losscli.pose import Array, Posed
from losscli.problem import Problem
from losscli.reading.blocks import Block, Table, texts
from losscli.render import lines, strict_json
from losscli.report import Grid, Report, report
from losscli.run import emit, threads_of, warn
from losscli.summary import EMPTY, Rows, Summary, summarize

SPOOL_BYTES = 1 << 23
SHOWN_ROWS = 100  # in a table; the machine formats and --quiet print every row
HEADER = ("row", "label", "prob", "loss")

Walk = Iterator[tuple[Posed, Array, int]]  # a block posed, its weighted losses, the rows before it


def stream_losses(problem: Problem, table: Table, call: Call) -> None:
    """Print the loss of each row in the format of the call."""
    unit = log(problem.settings.base) if problem.settings.base else 1.0
    totals = [EMPTY]

    def walk() -> Walk:
        for (posed, rows, summary), before in in_order(table, lambda block: _work(problem, block), threads_of(call, table)):
            totals[0] += summary
            yield posed, rows.value / unit, before

    if not call.quiet and call.format in (Format.TABLE, Format.MD):
        grid = _grid(problem, walk())
        refuse_nothing(problem, totals[0], table.name)
        emit(_with_rows(report(problem, totals[0], table), grid, totals[0]), call)
        return
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES, mode="w+", encoding="utf-8", newline="") as spool:
        answer = _spooled(problem, table, call, walk(), totals, spool)
        spool.seek(0)
        shutil.copyfileobj(spool, sys.stdout, 1 << 18)
    if call.format is not Format.JSON:
        warn(call, answer.warnings)


def _work(problem: Problem, block: Block) -> tuple[Posed, Rows, Summary]:
    posed, rows = evaluated(problem, block)
    return posed, rows, summarize(rows)


def _spooled(problem: Problem, table: Table, call: Call, walk: Walk, totals: list[Summary], spool: IO[str]) -> Report:
    """Write everything to the spool and return the report on all rows."""
    write = _plain if call.quiet else _json_rows if call.format is Format.JSON else _separated
    try:
        for text in write(problem, walk, "\t" if call.format is Format.TSV else ","):
            spool.write(text)
        refuse_nothing(problem, totals[0], table.name)
        answer = report(problem, totals[0], table)
        if call.format is Format.JSON:
            spool.write(_json_rest(answer))
    except OSError as error:
        raise DataError(f"the output can't be held: {(error.strerror or str(error)).lower()}") from None
    return answer


def _plain(problem: Problem, walk: Walk, delimiter: str) -> Iterator[str]:
    for _, losses, _ in walk:
        if len(losses):
            yield "\n".join(map(repr, losses.tolist())) + "\n"


def _separated(problem: Problem, walk: Walk, delimiter: str) -> Iterator[str]:
    yield delimiter.join(HEADER) + "\n"
    template = delimiter.join(("%d", "%s", "%s", "%r"))
    for posed, losses, before in walk:
        cells = zip(*_columns(problem, posed, losses, before, delimiter), strict=True)
        yield "".join(template % row + "\n" for row in cells)


def _json_rows(problem: Problem, walk: Walk, delimiter: str) -> Iterator[str]:
    """The opening of the object and the losses; `_json_rest` closes it."""
    yield '{\n  "loss": ' + f'"{problem.settings.loss.name}",\n  "losses": ['
    comma = "\n    "
    for _, losses, _ in walk:
        for loss in losses.tolist():
            yield comma + (repr(loss) if isfinite(loss) else "null")
            comma = ",\n    "
    yield "\n  ],"


def _json_rest(answer: Report) -> str:
    rest = {key: value for key, value in answer.record.items() if key not in ("loss", "value")}
    return strict_json(rest).removeprefix("{") + "\n"


def _columns(problem: Problem, posed: Posed, losses: Array, before: int, delimiter: str) -> tuple[list[object], ...]:
    """Row numbers, labels, predictions and losses, ready to be written."""
    row = (posed.rows.row + (before + 1)).tolist()
    return row, _labels(posed, len(row), delimiter), _predictions(posed, len(row)), losses.tolist()


def _labels(posed: Posed, count: int, delimiter: str) -> list[object]:
    columns = [_quoted(texts(column), delimiter) for column in posed.block.labels]
    if len(columns) == 1:
        return columns[0]
    # several columns are the cells of multi-label rows, or one row of label probabilities
    cells = list(chain.from_iterable(zip(*columns, strict=True)))
    return cells if len(cells) == count else [""] * count


def _quoted(cells: list[str], delimiter: str) -> list[object]:
    known: dict[str, str] = {}
    for cell in cells:
        if cell not in known:
            known[cell] = lines([[cell, ""]], delimiter).removesuffix(f"{delimiter}\n")
    return [known[cell] for cell in cells]


def _predictions(posed: Posed, count: int) -> list[object]:
    if posed.given.ndim == 1:
        return list(map(repr, posed.given.tolist()))
    if posed.index is None:
        return [""] * count
    own = posed.given[range(count), posed.index]
    return list(map(repr, own.tolist()))


def _grid(problem: Problem, walk: Walk) -> Grid:
    """The first rows, as a table shows them; the rest is read all the same."""
    kept: list[tuple[object, ...]] = []
    for posed, losses, before in walk:
        if len(kept) < SHOWN_ROWS and len(losses):
            kept += zip(*_columns(problem, posed, losses, before, ","), strict=True)
    return Grid(tuple((row, label, _as_number(pred), loss) for row, label, pred, loss in kept[:SHOWN_ROWS]), HEADER)


def _as_number(text: object) -> object:
    return float(str(text)) if text != "" else ""


def _with_rows(answer: Report, grid: Grid, total: Summary) -> Report:
    more = total.n - len(grid.rows)
    said = (f"{more} more rows; -f csv prints them all",) if more > 0 else ()
    return Report(answer.title, answer.record, (grid, *answer.grids), (*said, *answer.notes), answer.warnings)
