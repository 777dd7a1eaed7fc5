"""Ids that two tables call differently: `sample_id` beside `id` with the same values in another order.

Tables read by position have no column in common then that could disagree. Each such column is watched as its rows pass:
a sum of the hashes of its cells, which no order changes, and a sample of these that shows whether a cell comes twice.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

import numpy as np

from losscli.data.blocks import Block
from losscli.data.cells import is_missing, number
from losscli.data.columns import OTHER_ID, FirstLines
from losscli.data.table import Table
from losscli.errors import DataError, shown
from losscli.reading.keys import Bits, hashes, keys_of

_MOST = 2  # columns of a table that are watched
_SAMPLE = 1 << 12  # hashes of a column, the least ones, that must differ
_IDS = frozenset({"id", "key", "uid", "uuid", "guid", "rowid", "编号", "序号"})


def id_columns(names: Sequence[str], top: FirstLines, used: Collection[str]) -> list[str]:
    """The columns that may hold ids: those that are called so first, then those of words; numbers may be anything.

    `used` are columns, letter case aside, that are something else.
    """
    called, words = [], []
    for at, name in enumerate(names):
        cells, folded = top.column(at), name.casefold()
        if not name or names.count(name) > 1 or folded in used:
            continue
        if len(set(cells)) < len(cells) or any(map(is_missing, cells)):
            continue
        if folded in _IDS or folded.endswith(("_id", " id", "-id", ".id")) or name.endswith(("Id", "ID")):
            called.append(name)
        elif len(cells) > 1 and all(number(cell) is None for cell in cells):
            words.append(name)
    return [*called, *words][:_MOST]


class _IdColumn:
    """A column of one table: the sum of the hashes of its cells so far, and the least of them."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self.place = name, place
        self.sum, self.least = np.uint64(0), np.zeros(0, np.uint64)
        self.block: Block | None = None
        self.hashes = self.least

    def read(self, block: Block, at: int, count: int) -> Bits:
        """The hashes of so many cells of a block, which is taken in where it is a new one."""
        if block is not self.block:
            self.block, self.hashes = block, hashes(keys_of([block.extra[self.place]]))
            self.sum = np.add(self.hashes.sum(keepdims=True), self.sum)[0]
            few = len(self.least) < _SAMPLE
            less = self.hashes if few else self.hashes[self.hashes < self.least[-1]]
            self.least = np.sort(np.concatenate([self.least, less]))[:_SAMPLE]
        return self.hashes[at : at + count]

    def cell(self, row: int) -> str:
        assert self.block is not None
        words = self.block.extra[self.place]
        return shown(words.categories[int(words.codes[row])])


class OtherIds:
    """The columns of two tables that may hold the same ids, and where in two of them the first row differs."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.sides = [
            [_IdColumn(*columns[0]) for use, columns in table.schema.extra.items() if use.startswith(OTHER_ID)]
            for name, table in tables.items()
            if name in ("label", "prob")
        ]
        self.differing: dict[tuple[_IdColumn, _IdColumn], str] = {}
        self.rows = 0

    def watch(self, blocks: Mapping[str, tuple[Block, int]], count: int) -> None:
        """Take in so many rows of both tables, from given rows of their blocks on."""
        self.rows += count
        (left, start), (right, begin) = blocks["label"], blocks["prob"]
        first = [(one, one.read(left, start, count)) for one in self.sides[0]]
        second = [(other, other.read(right, begin, count)) for other in self.sides[1]]
        for (one, ids), (other, others) in product(first, second):
            if (one, other) not in self.differing and not np.array_equal(ids, others):
                row = int((ids != others).argmax())
                where = f"{left.location(start + row)} and {right.location(begin + row)}"
                cells = (
                    f"{shown(one.name)} is {one.cell(start + row)} and {shown(other.name)} {other.cell(begin + row)}"
                )
                self.differing[one, other] = f"{where}: {cells}"

    def other_order(self) -> DataError | None:
        """What to say where columns hold the same ids in another order; None where two of them agree in all rows."""
        pairs = list(product(*self.sides)) if self.rows else []
        if any(pair not in self.differing for pair in pairs):
            return None
        for one, other in pairs:
            unique = bool((one.least[1:] != one.least[:-1]).all())
            if one.sum == other.sum and unique and np.array_equal(one.least, other.least):
                what = f"{self.differing[one, other]}, but these columns hold the same values in another order"
                return DataError(f"{what}; --key {one.name}={other.name} matches rows by them")
        return None
