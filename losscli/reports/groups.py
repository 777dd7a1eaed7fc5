"""Groups and worst rows: where the loss comes from."""

from math import inf, nan
from typing import Any

import numpy as np

from losscli.data.blocks import Block, Table
from losscli.errors import RowError
from losscli.evaluation.analysis import AnalysisResult, Known
from losscli.evaluation.problem import Problem
from losscli.output.report import Grid
from losscli.reports.part import Part
from losscli.statistics.exact import ratio
from losscli.statistics.groups import Groups, Key
from losscli.statistics.intervals import interval
from losscli.statistics.moments import Tally
from losscli.statistics.summary import Summary, total
from losscli.statistics.worst import Entry

MISSING = "(missing)"

_ONE_ROW = Block(rows=1, lines=1, labels=(), preds=np.empty((0, 1)))


def groups_part(problem: Problem, table: Table, found: AnalysisResult) -> Part:
    """A line a group, the largest share of the loss first."""
    assert found.groups is not None
    names = tuple(name for name, _ in table.carried["by"])
    ordered = ordered_groups(found.groups)
    figures: list[tuple[Any, ...]] = [
        (key, tally.n, *_figures(problem, found.summary, tally)) for key, tally in ordered
    ]
    record = [
        {"group": dict(zip(names, key, strict=True)), "n": n, **dict(zip(_FIGURES, rest, strict=True))}
        for key, n, *rest in figures
    ]
    unit, level = problem.settings.unit_name, f"{100.0 * problem.settings.level:g} %"
    shown = tuple((*(MISSING if word is None else word for word in key), *rest) for key, *rest in figures)
    header = (*names, "n", f"sum ({unit})", "mean", "std error", f"{level} from", "to", "share")
    rows = tuple((*("" if word is None else word for word in key), *rest) for key, *rest in figures)
    notes = ("groups are of the first model",) if found.models else ()
    return Part({"groups": record}, (Grid(shown, header),), Grid(rows, (*names, "n", *_FIGURES)), notes)


def ordered_groups(groups: Groups) -> list[tuple[Key, Tally]]:
    """The groups, the largest sum first."""
    return sorted(groups.tallies.items(), key=_largest_first)


_FIGURES = ("sum", "mean", "se", "low", "high", "share")


def _largest_first(group: tuple[Key, Tally]) -> tuple[Any, ...]:
    key, tally = group
    return -(tally.above > 0), -tally.value, [(word is None, word or "") for word in key]


def _figures(problem: Problem, s: Summary, tally: Tally) -> tuple[float, ...]:
    unit = problem.settings.log_base
    low, high = interval(tally.mean, tally.error, tally.counted, problem.settings.level)
    share = nan if s.infinite or not s.value else ratio(tally.value, s.value)
    return tally.total / unit, tally.mean / unit, tally.error / unit, low / unit, high / unit, share


def worst_part(problem: Problem, table: Table, found: AnalysisResult) -> Part:
    """The rows with the highest loss, and what they cost together."""
    assert found.worst is not None
    entries, whole = found.worst.entries, total(found.summary)
    names = tuple(name for name, _ in table.carried.get("show", ()))
    placed = [_entry(problem, table, entry, whole, names) for entry in entries]
    unwanted = {key for key in ("file", "column") if all(one[key] is None for one in placed)}
    record = [{key: value for key, value in one.items() if key not in unwanted} for one in placed]
    keys = tuple(key for key in _WORST if key not in unwanted)
    header = (*(_SHOWN.get(key, key).format(problem.settings.unit_name) for key in keys), *names)
    rows = tuple((*(one[key] for key in keys), *one["cells"].values()) for one in record)
    shown = tuple(tuple("" if cell is None else cell for cell in row) for row in rows)
    cost = 0.0 if whole in (0.0, inf) else sum(entry.value for entry in entries) / whole
    worst = f"{len(entries)} worst rows are" if len(entries) != 1 else "worst row is"
    notes = (f"the {worst} {100.0 * cost:.3g} % of the sum",) if cost else ()
    return Part({"worst": record}, (Grid(shown, header),), Grid(shown, (*keys, *names)), notes)


_WORST = ("row", "file", "line", "column", "label", "prob", "loss", "share")

_SHOWN = {"loss": "loss ({})", "share": "share of loss"}


def _entry(problem: Problem, table: Table, entry: Entry, whole: float, names: tuple[str, ...]) -> dict[str, Any]:
    known: Known = entry.known
    share = entry.value / whole if 0.0 < whole < inf else nan
    file, line = _place(table, entry)
    return {
        "row": entry.row + 1,
        "file": file,
        "line": line,
        "column": _column(table, known.column),
        "label": known.label,
        "prob": known.prob,
        "loss": entry.value / problem.settings.log_base,
        "share": share,
        "cells": dict(zip(names, known.cells, strict=True)),
    }


def _column(table: Table, column: int | None) -> str | int | None:
    """The label column of an observation, where a row has several."""
    if column is None or table.label_width < 2:
        return None
    labels = table.columns.label
    return labels[column] if isinstance(labels, list) else column + 1


def _place(table: Table, entry: Entry) -> tuple[str | None, int | None]:
    """The file of a row, where it is one of several, and its line as an editor counts it."""
    if (where := entry.known.where) is not None:
        return where.source, where.line
    if not table.streamed:
        return None, None
    return None, table.place(RowError(0, "row", None, ""), _ONE_ROW, entry.row, entry.line).line
