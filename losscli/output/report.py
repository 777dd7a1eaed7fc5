"""An answer as data: grids for people, a record for machines, columns of rows. It knows no losses and no formats."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array
from losscli.data.categorical import Categorical

Column = Array | NDArray[np.int64] | Categorical


class Grid(NamedTuple):
    """A table to print: a header (empty for labelled rows) and rows of cells, text or numbers.

    An empty row stands between blocks. `right` says how its verdict turned out, the last cell of the last row, where
    it has one. `wrapped`: people with a terminal see the last column broken into lines as wide as that. The second cell
    of the rows in `bold` stands out on a terminal.
    """

    rows: tuple[tuple[object, ...], ...]
    header: tuple[str, ...] = ()
    right: bool | None = None
    wrapped: bool = False
    bold: tuple[int, ...] = ()


class Picture(NamedTuple):
    """What is drawn: a title, and lines of text that are shown as they are."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """An answer: its title, the record for machines, grids for people, notes for both, warnings among them.

    `pictures` stand behind the grids, for people.

    `answer` is the number that --quiet prints, `numbers` the rows of numbers that it prints instead where there are
    any. Delimited text prints `table` where there is one, else the single values of the record as one line, those of
    `flat` with them. Formats without a place for notes leave the warnings and `aside` to standard error.
    """

    title: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    answer: float = nan
    numbers: tuple[tuple[float, ...], ...] = ()
    table: Grid | None = None
    flat: Mapping[str, Any] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class RowReport:
    """An answer with a line for each row of the source. `pieces()` walks the rows: the columns of some of them each.

    The first columns are named by `header`; what lies behind is for `lists` alone, which has the name of an entry of
    the record for its columns: one column is a list, several are a list of lists. Where there is more than one entry,
    `pieces` can be called again. `numbers` are the columns that --quiet prints. `report` is called after a walk.
    `first` are the first rows where people see other columns than machines.
    """

    header: tuple[str, ...]
    pieces: Callable[[], Iterator[Sequence[Column]]]
    lists: Mapping[str, slice]
    numbers: slice
    report: Callable[[], Report]
    first: Grid | None = None
