"""The parts of reports. Each figure is declared once; the record, tables and delimited text are derived from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from losscli.data.columns import distinct
from losscli.output.report import Grid, Report
from losscli.records import record

T = TypeVar("T")

Line = tuple[object, ...]  # a label, a figure or text, a remark


@record
class Figure(Generic[T]):
    """A figure of an answer T: its key for machines, its value, and its line in the table for people.

    Without a `label` it is for machines alone. `label` and `remark` may depend on the answer, and so do whether its
    table has the line (`shown`) and whether the record has the key (`recorded`). An `optional` figure has no line where
    it is None.
    """

    key: str
    value: Callable[[T], object]
    label: str | Callable[[T], str] = ""
    remark: str | Callable[[T], str] = ""
    shown: Callable[[T], bool] = lambda answer: True
    recorded: Callable[[T], bool] = lambda answer: True
    optional: bool = False


def record_of(figures: Iterable[Figure[T]], answer: T) -> dict[str, Any]:
    """The figures by their keys."""
    return {figure.key: figure.value(answer) for figure in figures if figure.recorded(answer)}


def lines_of(figures: Iterable[Figure[T]], answer: T) -> list[Line]:
    """The lines of the table that this answer has."""

    def text(part: str | Callable[[T], str]) -> str:
        return part if isinstance(part, str) else part(answer)

    lines = [(figure, figure.value(answer)) for figure in figures if figure.label and figure.shown(answer)]
    return [
        (text(figure.label), value, text(figure.remark))
        for figure, value in lines
        if value is not None or not figure.optional
    ]


@record
class Listing:
    """Entries of an answer, such as groups: `columns` maps their keys to the headers for people.

    Each of the `rows` has a value for each column. `names` are columns of the data with `cells` (None where one is
    missing) in each row: behind the others, or `first`; machines have them as a mapping by the name of `nested`.
    """

    columns: Mapping[str, str]
    rows: Sequence[Sequence[object]]
    nested: str = ""
    names: tuple[str, ...] = ()
    cells: Sequence[Sequence[str | None]] = ()
    first: bool = False

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries for machines."""
        entries = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        if not self.nested:
            return entries
        names = distinct(self.names)
        named = [{self.nested: dict(zip(names, cells, strict=True))} for cells in self.cells]
        both = zip(named, entries, strict=True)
        return [{**cells, **entry} if self.first else {**entry, **cells} for cells, entry in both]

    def grid(self, missing: str = "") -> Grid:
        """The entries for people; `missing` stands for missing cells."""
        return self._grid(tuple(self.columns.values()), distinct(self.names), missing)

    @property
    def table(self) -> Grid:
        """The entries as delimited text has them."""
        return self._grid(tuple(self.columns), distinct(self.names, taken=self.columns), "")

    def _grid(self, header: tuple[str, ...], names: tuple[str, ...], missing: str) -> Grid:
        rows = [tuple("" if value is None else value for value in row) for row in self.rows]
        if names:
            header = (*names, *header) if self.first else (*header, *names)
            cells = [tuple(missing if cell is None else cell for cell in row) for row in self.cells]
            both = zip(cells, rows, strict=True)
            rows = [(*own, *row) if self.first else (*row, *own) for own, row in both]
        return Grid(tuple(rows), header)


# --- parts of a report ------------------------------------------------------------------------------------------------
@record
class Part:
    """What one analysis adds to a report: entries of the record, grids, and the table for delimited text.

    The grids of a part that `leads` stand in the place of those of the report.
    """

    record: dict[str, Any]
    grids: tuple[Grid, ...]
    table: Grid
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    leads: bool = False


_LAST = ("sources", "columns", "notes")  # what stands at the end of a record


def with_parts(answer: Report, parts: Sequence[Part]) -> Report:
    """The report with its parts."""
    warnings = (*answer.warnings, *(text for part in parts for text in part.warnings))
    more = tuple(text for part in parts for text in part.notes)
    notes, recorded = (
        (*warnings, *texts[len(answer.warnings) :], *more) for texts in (answer.notes, answer.record["notes"])
    )
    record = {key: value for key, value in answer.record.items() if key not in _LAST}
    for part in parts:
        record |= part.record
    record |= {key: answer.record[key] for key in _LAST if key in answer.record} | {"notes": list(recorded)}
    own = () if any(part.leads for part in parts) else answer.grids
    grids = (*own, *(grid for part in parts for grid in part.grids))
    table = parts[0].table if parts else answer.table
    return replace(answer, record=record, grids=grids, table=table, notes=notes, warnings=warnings)
