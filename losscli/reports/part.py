"""A part of an answer beside the mean: entries of the record, grids, and the table that delimited text prints of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from losscli.output.report import Grid, Report

_LAST = ("sources", "columns", "notes")  # what stands at the end of a record


@dataclass(frozen=True)
class Part:
    """What one question adds to a report."""

    record: dict[str, Any]
    grids: tuple[Grid, ...]
    table: Grid
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def with_parts(answer: Report, parts: Sequence[Part]) -> Report:
    """The report with its parts."""
    warnings = (*answer.warnings, *(said for part in parts for said in part.warnings))
    more = tuple(said for part in parts for said in part.notes)
    notes, recorded = (
        (*warnings, *said[len(answer.warnings) :], *more) for said in (answer.notes, answer.record["notes"])
    )
    record = {key: value for key, value in answer.record.items() if key not in _LAST}
    for part in parts:
        record |= part.record
    record |= {key: answer.record[key] for key in _LAST if key in answer.record} | {"notes": list(recorded)}
    grids = (*answer.grids, *(grid for part in parts for grid in part.grids))
    table = parts[0].table if parts else answer.table
    return replace(answer, record=record, grids=grids, table=table, notes=notes, warnings=warnings)
