"""An answer as data: grids for people, a record for machines, columns of rows; without losses and formats."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array
from losscli.data.categorical import Categorical
from losscli.records import record

Column = Array | NDArray[np.int64] | Categorical


class Grid(NamedTuple):
    """A table to print: a header (empty for labelled rows) and rows of cells, text or numbers.

    An empty row separates blocks. If the last cell of the last row is a verdict, `right` says which. `wrapped` says
    that a terminal breaks the last column into lines that fit its width. `bold` are rows whose second cell is bold on a
    terminal.
    """

    rows: tuple[tuple[object, ...], ...]
    header: tuple[str, ...] = ()
    right: bool | None = None
    wrapped: bool = False
    bold: tuple[int, ...] = ()


class Picture(NamedTuple):
    """A chart: a title, and lines of text that are shown as they are."""

    title: str
    lines: tuple[str, ...]


@record
class Report:
    """An answer: its title, the record for machines, grids and pictures for people, notes for both.

    `--quiet` prints `numbers`, row by row, or else `answer`. Delimited text prints `table`, or else the single values
    of the record and of `flat` as one line. Formats that show no notes leave `warnings`, which are among the notes, and
    `aside` to standard error.
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


@record
class RowReport:
    """An answer with a line for each row of the source. `pieces()` yields the columns of some rows at a time.

    `header` names the first columns. `lists` names entries of the record and their columns: one column is a list,
    several are a list of lists; columns without a name in `header` are only for these. For each entry `pieces` is
    called again. `numbers` are the columns that --quiet prints. `report` is called after the last piece. `first` are
    the first rows for people, where they see other columns than machines.
    """

    header: tuple[str, ...]
    pieces: Callable[[], Iterator[Sequence[Column]]]
    lists: Mapping[str, slice]
    numbers: slice
    report: Callable[[], Report]
    first: Grid | None = None
