"""The loss of every row, in flat memory: row, label, the prediction of the true label, loss."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array
from losscli.data.blocks import Block
from losscli.data.categorical import Categorical, take_cells, texts
from losscli.data.categorical import Column as Labels
from losscli.data.cells import canonical
from losscli.data.reasons import IGNORED_LABEL
from losscli.data.table import Table
from losscli.evaluation.evaluate import Figures, evaluated, in_order, refuse_nothing
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.output.formats import Printing, emit_rows
from losscli.output.report import Column, Report, RowReport
from losscli.reports.loss import report, scores_for
from losscli.reports.warnings import warnings_of
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

HEADER = ("row", "label", "prob", "loss")


def stream_losses(problem: Problem, table: Table, printing: Printing) -> None:
    """Print the loss of each row as asked."""
    totals, quiet = [EMPTY], printing.quiet
    full = printing.writer.figures
    work = partial(_work, problem, full, scores_for(printing) if full else ())

    def pieces() -> Iterator[Sequence[Column]]:
        for (block, prepared, rows, summary), before in in_order(table, work):
            totals[0] += summary
            losses = rows.value / problem.settings.log_base
            ignored = rows.counts.left_out.get(IGNORED_LABEL.key)
            if quiet and not ignored:
                yield (losses,)
                continue
            row, preds = (prepared.rows.row + (before + 1)).astype(np.int64), _predictions(prepared)
            if ignored:
                columns = _with_ignored(block, before, (row, preds, losses))
                yield columns[3:] if quiet else columns
            else:
                yield row, _labels(prepared), preds, losses

    def figures_of_all() -> Report:
        refuse_nothing(problem, totals[0], table.name)
        figures = Figures(problem, totals[0])
        if not full:
            return Report(warnings=warnings_of(figures, table), answer=figures.value)
        found = report(figures, table)
        return replace(found, record={name: value for name, value in found.record.items() if name != "value"})

    last = slice(0, 1) if quiet else slice(3, 4)
    emit_rows(RowReport(HEADER, pieces, {"losses": last}, last, figures_of_all), printing)


def _work(problem: Problem, full: bool, scores: tuple[str, ...], block: Block) -> tuple[Block, Prepared, Rows, Summary]:
    prepared, rows = evaluated(problem, block, scores)
    return block, prepared, rows, summarize(rows, full)


Counted = tuple[NDArray[np.int64], Column, Array]  # row numbers, predictions, losses


def _with_ignored(block: Block, before: int, counted: Counted) -> Sequence[Column]:
    """All rows in their places: those that --ignore names have no prediction and a loss of 0."""
    kept = block.kept
    row = (kept + (before + 1)).astype(np.int64)
    places = np.searchsorted(row, counted[0])
    shown, losses = np.full(len(row), "", dtype=object), np.zeros(len(row))
    shown[places], losses[places] = _cells(counted[1]), counted[2]
    return row, _spelled(take_cells(block.labels[0], kept)), _words(shown.tolist()), losses


def _cells(column: Column) -> list[str]:
    return texts(column) if isinstance(column, Categorical) else list(map(repr, column.tolist()))


def _labels(prepared: Prepared) -> Column:
    """The label of each observation, one spelling for one label."""
    columns, count = prepared.block.labels, len(prepared.rows.row)
    if len(columns) == 1:
        return _spelled(columns[0])
    if len(columns) * len(prepared.row) != count or not columns:
        return _nothing(count)  # likelihoods, or rows of label probabilities
    numbers = [column for column in columns if not isinstance(column, Categorical)]
    if len(numbers) == len(columns):
        return _spelled(np.column_stack(numbers).ravel())
    return _words(chain.from_iterable(zip(*map(texts, columns), strict=True)))


def _spelled(column: Labels) -> Column:
    if isinstance(column, Categorical):
        known = _words(map(canonical, column.categories))
        return Categorical(known.codes[column.codes], known.categories)
    whole = column.astype(np.int64) if len(column) and np.abs(column).max() < 1e15 else None
    if whole is not None and (whole == column).all():
        return whole
    distinct, codes = np.unique(column, return_inverse=True)
    return Categorical(codes, tuple(canonical(value) for value in distinct.tolist()))


def _words(cells: Iterable[str]) -> Categorical:
    places: dict[str, int] = {}
    codes = [places.setdefault(cell, len(places)) for cell in cells]
    return Categorical(np.array(codes, dtype=np.intp), tuple(places))


def _nothing(count: int) -> Categorical:
    return Categorical(np.zeros(count, dtype=np.intp), ("",))


def _predictions(prepared: Prepared) -> Column:
    """The prediction of a binary row; that of the true class where there are several; nothing without one."""
    if prepared.raw.ndim == 1:
        return prepared.raw
    if prepared.rows.class_index is None:
        return _nothing(len(prepared.raw))
    return prepared.raw[np.arange(len(prepared.raw)), prepared.rows.class_index]
