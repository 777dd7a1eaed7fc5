"""Cells that are lists of numbers, as `[0.1, 0.9]`: the table with a column for each entry."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain

from losscli.data.cells import is_missing
from losscli.data.columns import ColumnSelection, FirstLines, expand
from losscli.errors import DataError, shown
from losscli.reading.lists import parse_list, reads_as_numbers
from losscli.records import record


@record
class ListColumns:
    """Which columns hold lists, and how many entries each; the first record, and whether it names the columns.

    `entries` are the columns that each column becomes: their names, or else their numbers from 1.
    """

    sizes: Mapping[int, int]
    first: tuple[str, ...]
    named: bool
    entries: tuple[tuple[str, ...], ...]

    def top(self, top: FirstLines) -> FirstLines:
        """The first records as those of the table with a column for each entry."""
        first = tuple(chain(*self.entries)) if self.named else self._stripped(top.first)
        rows: list[tuple[str, ...]] = []
        with suppress(ValueError):  # a broken list is reported when its row is read
            rows.extend(map(self._stripped, top.rows))
        return FirstLines(first, tuple(rows), {self.first[at]: self.entries[at] for at in self.sizes if self.named})

    def record(self, cells: Sequence[str]) -> list[str]:
        """A record with a cell for each entry; ValueError where a list is broken or has another length.

        The last entry ends in the line breaks of its list, so that the line of a cell behind it can be told.
        """
        found: list[str] = []
        for at, cell in enumerate(cells):
            size = self.sizes.get(at)
            if size is None:
                found.append(cell)
                continue
            if is_missing(cell.strip()):
                entries: Sequence[str] = [""] * size
            else:
                name = f"column {shown(self.first[at]) if self.named else at + 1}"
                try:
                    entries = parse_list(cell).cells
                except DataError as error:
                    raise ValueError(f"{name}: {error}") from None
                if len(entries) != size:
                    raise ValueError(f"{name}: a list of {len(entries)}, expected {size}")
            found += entries
            found[-1] += "\n" * cell.count("\n")
        return found

    def _stripped(self, cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(str.strip, self.record(cells)))

    def translated(self, wanted: ColumnSelection) -> ColumnSelection:
        """What is wanted of the table's own columns in terms of those of the entries."""
        return wanted.renamed(self._translated)

    def _translated(self, text: str) -> str:
        if text == "*":
            return text
        own = self.first if self.named else None
        found: list[str] = []
        for part in [text] if own and text in own else [part.strip() for part in text.split(",")]:
            try:
                found += chain(*(self.entries[at] for at in expand(part, own, len(self.first))))
            except DataError:  # the name of an entry, or of nothing
                found.append(part)
        return ",".join(found)


def list_columns(top: FirstLines) -> ListColumns | None:
    """The columns that hold lists, by the first records; None where there are none."""
    named = bool(top.rows) and not any(map(_is_list, top.first))
    record = top.rows[0] if named else top.first
    sizes = {at: len(parse_list(cell).cells) for at, cell in enumerate(record) if _is_list(cell)}
    entries: list[tuple[str, ...]] = []
    for at, name in enumerate(top.first):
        names = (name,) if at not in sizes else tuple(f"{name}_{entry}" for entry in range(sizes[at]))
        before = sum(map(len, entries))
        entries.append(names if named else tuple(str(before + entry + 1) for entry in range(len(names))))
    return ListColumns(sizes, top.first, named, tuple(entries)) if sizes else None


def _is_list(cell: str) -> bool:
    return cell[-1:] in ("]", ")") and reads_as_numbers(cell) and len(parse_list(cell).cells) > 1
