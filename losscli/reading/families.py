"""Families of columns: names that share a beginning or an end (`p_cat`, `p_dog`), or are numbered from 0 or 1."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from losscli.data.cells import number

_SEPARATORS = "_-.:/|([#"
_CLOSING = ")]"
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


@dataclass(frozen=True)
class Family:
    """Columns of a kind, and the word that their names share, in lower case ("" for bare numbers)."""

    stem: str
    columns: tuple[int, ...]


Named = tuple[int, str]  # a column and its name


def families(columns: Sequence[Named], row: Sequence[str] = ()) -> list[Family]:
    """The families of at least two columns, none of which lies within another.

    Where a row of the table has a word in it, as a label, that names a column of no family, the columns that are left
    beside the families may be meant too.
    """
    found: dict[tuple[int, ...], str] = {}
    for stem, members in (*_sharing(columns), *_numbered(columns)):
        found[members] = max(found.get(members, ""), stem, key=len)
    taken = {column for members in found for column in members}
    left = {column: name for column, name in columns if found and column not in taken}
    if any(name in row and number(name) is None for name in left.values()):
        found[tuple(left)] = ""
    whole = {members: set(members) for members in found}
    return [
        Family(stem, members)
        for members, stem in found.items()
        if not any(whole[members] < other for other in whole.values())
    ]


def _sharing(columns: Sequence[Named]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Columns whose names share what stands before or behind a separator."""
    groups: dict[tuple[bool, str], list[int]] = {}
    for column, name in columns:
        for at, mark in enumerate(name):
            if mark in _SEPARATORS and 0 < at < len(name) - 1:
                groups.setdefault((True, name[: at + 1].casefold()), []).append(column)
                if mark not in "([":
                    groups.setdefault((False, name[at:].casefold()), []).append(column)
    for (_, affix), members in groups.items():
        if len(members) > 1:
            yield affix.strip(_SEPARATORS + _CLOSING), tuple(members)


def _numbered(columns: Sequence[Named]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Columns with the same words around numbers that count from 0 or from 1."""
    groups: dict[tuple[str, str], dict[int, int]] = {}
    for column, name in columns:
        if match := _NUMBERED.match(name.strip()):
            numbers = groups.setdefault((match[1].casefold(), match[3].casefold()), {})
            numbers[column] = int(match[2]) if match[2].isascii() else -1
    for (front, back), numbers in groups.items():
        if len(numbers) > 1 and sorted(numbers.values()) in (
            list(range(len(numbers))),
            list(range(1, len(numbers) + 1)),
        ):
            yield (front + back).strip(_SEPARATORS + _CLOSING + " "), tuple(numbers)
