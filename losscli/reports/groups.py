"""Groups and worst rows: where the loss comes from."""

from math import inf, nan
from typing import Any

from losscli.data.table import Table
from losscli.evaluation.analysis import AnalysisResult, RowDetails
from losscli.evaluation.problem import Problem
from losscli.reports.parts import Listing, Part
from losscli.statistics.breakdown import Entry, Groups, Key
from losscli.statistics.exact import ratio
from losscli.statistics.intervals import interval
from losscli.statistics.moments import Tally

MISSING = "(missing)"


def groups_part(problem: Problem, table: Table, found: AnalysisResult) -> Part:
    """A line a group, the largest share of the loss first."""
    assert found.groups is not None
    names = tuple(name for name, _ in table.schema.extra["by"])
    settings = problem.settings
    headers = {
        "n": "n",
        "sum": settings.with_unit("sum"),
        "mean": "mean",
        "se": "standard error",
        "low": f"{settings.interval} low",
        "high": "high",
        "share": "share",
    }
    groups, whole, rows = ordered_groups(found.groups), found.summary.total, list[tuple[object, ...]]()
    for _, tally in groups:
        low, high = interval(tally.mean, tally.error, tally.counted, settings.level)
        share = nan if whole.infinite or not whole.value else ratio(tally.value, whole.value)
        nats = (tally.total, tally.mean, tally.error, low, high)
        rows.append((tally.n, *(value / settings.log_base for value in nats), share))
    listing = Listing(headers, rows, "group", names, [key for key, _ in groups], first=True)
    notes = ("groups are of the first model",) if found.models else ()
    return Part({"groups": listing.entries}, (listing.grid(MISSING),), listing.table, notes)


def ordered_groups(groups: Groups) -> list[tuple[Key, Tally]]:
    """The groups, the largest sum first."""

    def largest_first(group: tuple[Key, Tally]) -> tuple[Any, ...]:
        key, tally = group
        return -(tally.above > 0), -tally.value, [(word is None, word or "") for word in key]

    return sorted(groups.tallies.items(), key=largest_first)


def worst_part(problem: Problem, table: Table, found: AnalysisResult) -> Part:
    """The rows with the highest loss, and what they cost together."""
    assert found.worst is not None
    entries, whole = found.worst.entries, found.summary.total.sum
    names = tuple(name for name, _ in table.schema.extra.get("show", ()))
    only = found.worst.first if found.worst.first == found.worst.last else None
    placed = [_entry(problem, table, entry, only, whole) for entry in entries]
    headers = {
        "row": "row",
        "file": "file",
        "line": "line",
        "column": "column",
        "label": "label",
        "prob": "prob",
        "predicted": "predicted",
        "loss": problem.settings.with_unit("loss"),
        "share": "share of loss",
    }
    for key in ("file", "column", "predicted"):
        if all(one[key] is None for one in placed):
            del headers[key]
    cells = [entry.details.cells for entry in entries]
    listing = Listing(headers, [[one[key] for key in headers] for one in placed], "cells", names, cells)
    cost = 0.0 if whole in (0.0, inf) else sum(entry.value for entry in entries) / whole
    worst = f"{len(entries)} worst rows are" if len(entries) != 1 else "worst row is"
    notes = (f"the {worst} {100.0 * cost:.3g} % of the sum",) if cost else ()
    return Part({"worst": listing.entries}, (listing.grid(),), listing.table, notes)


def _entry(problem: Problem, table: Table, entry: Entry, only: str | None, whole: float) -> dict[str, Any]:
    """A row as it is shown; `only` is the one source that there is, which needn't be named."""
    details: RowDetails = entry.details
    column, labels = details.column, table.schema.columns.label
    if column is None or table.schema.label_width < 2:
        named = None  # a row has one label
    else:
        named = labels[column] if isinstance(labels, list) else column + 1
    return {
        "row": entry.row + 1,
        "file": None if entry.source == only else entry.source,
        "line": entry.line,
        "column": named,
        "label": details.label,
        "prob": details.prob,
        "predicted": details.predicted,
        "loss": entry.value / problem.settings.log_base,
        "share": entry.value / whole if 0.0 < whole < inf else nan,
    }
