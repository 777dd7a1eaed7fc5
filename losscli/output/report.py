"""An answer as it is printed: grids for people, a record for machines. It knows no losses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any


@dataclass(frozen=True)
class Grid:
    """A table to print: a header (empty for labelled rows) and rows of cells, text or numbers."""

    rows: tuple[tuple[object, ...], ...]
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """An answer: its title, the record for machines, grids for people, notes for both, warnings among them."""

    title: str
    record: Mapping[str, Any]
    grids: tuple[Grid, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    answer: float = nan
    extra: Mapping[str, Any] = field(default_factory=dict)
