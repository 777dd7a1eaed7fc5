"""Columns of a text table whose cells are lists of numbers, `"[0.1, 0.9]"` or `[0.1 0.9]`: a column for each entry.

A column `probs` of lists of two is `probs_0` and `probs_1`; columns as typed still speak of the table's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from losscli.data.cells import is_missing
from losscli.data.columns import ColumnSelection, FirstLines, expand
from losscli.errors import DataError, shown
from losscli.reading.lists import parse_list, reads_as_numbers


@dataclass(frozen=True)
class ListColumns:
    """Which columns hold lists, and how many entries each; the first record and whether it is one of lists."""

    sizes: Mapping[int, int]
    first: tuple[str, ...]
    named: bool

    def top(self, top: FirstLines) -> FirstLines:
        """The first records as those of the table with a column for each entry."""
        assert top.second is not None or not self.named
        first = self.names() if self.named else tuple(self.record(top.first))
        return FirstLines(first, tuple(self.record(top.second)) if top.second else None)

    def names(self) -> tuple[str, ...]:
        """The names of the columns, each entry's own."""
        return tuple(name for at in range(len(self.first)) for name in self._entries(at, self.first[at]))

    def record(self, cells: Sequence[str]) -> list[str]:
        """A record with a cell for each entry; ValueError where a list is broken or has another length."""
        found: list[str] = []
        for at, cell in enumerate(cells):
            size = self.sizes.get(at)
            if size is None:
                found.append(cell)
            elif is_missing(cell.strip()):
                found += [""] * size
            else:
                name = f"column {shown(self.first[at]) if self.named else at + 1}"
                try:
                    entries = parse_list(cell).cells
                except DataError as error:
                    raise ValueError(f"{name}: {error}") from None
                if len(entries) != size:
                    raise ValueError(f"{name}: a list of {len(entries)} where {size} are wanted")
                found += entries
        return found

    def translated(self, wanted: ColumnSelection) -> ColumnSelection:
        """What is wanted of the table's own columns in terms of those of the entries."""
        return replace(
            wanted,
            label=self._translated(wanted.label),
            prob=self._translated(wanted.prob),
            weight=self._translated(wanted.weight),
            features=self._translated(wanted.features),
            models=tuple(self._translated(text) or "" for text in wanted.models),
            extra={use: self._translated(text) or "" for use, text in wanted.extra.items()},
        )

    def _entries(self, at: int, name: str) -> list[str]:
        size = self.sizes.get(at)
        return [name] if size is None else [f"{name}_{entry}" for entry in range(size)]

    def _translated(self, text: str | None) -> str | None:
        if not text or text == "*":
            return text
        own = self.first if self.named else None
        parts = [text] if own and text in own else [part.strip() for part in text.split(",")]
        found: list[str] = []
        for part in parts:
            try:
                columns = expand(part, own, len(self.first))
            except DataError:  # the name of an entry, or of nothing
                found.append(part)
                continue
            for at in columns:
                before = sum(self.sizes.get(column, 1) for column in range(at))
                found += (
                    self._entries(at, self.first[at])
                    if self.named
                    else [str(before + entry + 1) for entry in range(self.sizes.get(at, 1))]
                )
        return ",".join(found)


def list_columns(top: FirstLines) -> ListColumns | None:
    """The columns that hold lists, by the first records; None where there are none."""
    named = top.second is not None and not any(map(_is_list, top.first))
    record = top.second if named else top.first
    sizes = {at: len(parse_list(cell).cells) for at, cell in enumerate(record or ()) if _is_list(cell)}
    return ListColumns(sizes, top.first, named) if sizes else None


def _is_list(cell: str) -> bool:
    return cell[-1:] in ("]", ")") and reads_as_numbers(cell) and len(parse_list(cell).cells) > 1
