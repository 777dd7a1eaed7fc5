"""Ids that two tables call differently: `sample_id` beside `id` with the same values in another order.

Tables read by position have no column in common then that could disagree. Each such column is watched as its rows pass:
a sum of the hashes of its cells, which no order changes, and a sample of these that shows whether a cell comes twice.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Block
from losscli.data.categorical import TEXT_BYTES, ByteStrings, Categorical, packed
from losscli.data.cells import is_missing, number, whole_number
from losscli.data.columns import FirstLines
from losscli.data.table import Table
from losscli.errors import DataError, shown

OTHER_ID = "other id "  # what a column is for that is watched here, with a number
_MOST = 2  # columns of a table that are watched
_ENOUGH = 10  # rows after which columns with the same values are no chance, whatever they are called
_SAMPLE = 1 << 12  # hashes of a column, the least ones, that must differ
_SPAN = 1 << 16
Hashes = NDArray[np.uint64]
_ODD, _ODDER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)


def id_columns(names: Sequence[str], top: FirstLines, used: Collection[str]) -> list[str]:
    """The columns that may hold ids, by their names or their first cells, those that are called so first.

    `used` are columns, letter case aside, that are something else.
    """
    found = []
    for at, name in enumerate(names):
        if not name or names.count(name) > 1 or name.casefold() in used:
            continue
        cells = top.column(at)
        called, numbers = _is_called_id(name), [cell for cell in cells if number(cell) is not None]
        whole = len(numbers) == len(cells) and all(whole_number(cell) is not None for cell in cells)
        differ = len(set(cells)) == len(cells) and not any(map(is_missing, cells))
        if differ and (called or len(cells) > 1) and (whole or not numbers):
            found.append((not called, name))
    return [name for _, name in sorted(found, key=lambda one: one[0])][:_MOST]


def _is_called_id(name: str) -> bool:
    folded = name.casefold()
    plain = folded in {"id", "key", "uid", "uuid", "guid", "rowid", "编号", "序号"}
    return plain or folded.endswith(("_id", " id", "-id", ".id")) or name.endswith(("Id", "ID"))


class _Watched:
    """A column of one table: the sum of the hashes of its cells so far, and the least of them."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self.place = name, place
        self.sum, self.least = np.uint64(0), np.zeros(0, np.uint64)
        self.block: Block | None = None
        self.hashes = self.least

    def read(self, block: Block, at: int, count: int) -> Hashes:
        """The hashes of so many cells of a block, which is taken in where it is a new one."""
        if block is not self.block:
            self.block, self.hashes = block, _hashes(block.extra[self.place])
            self.sum = _added(self.sum, self.hashes)
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
            [_Watched(*columns[0]) for use, columns in table.schema.extra.items() if use.startswith(OTHER_ID)]
            for name, table in tables.items()
            if name in ("label", "prob")
        ]
        self.differing: dict[tuple[_Watched, _Watched], str] = {}
        self.rows = 0

    def watch(self, blocks: Mapping[str, tuple[Block, int]], count: int) -> None:
        """Take in so many rows of both tables, from given rows of their blocks on."""
        if not all(self.sides):
            return
        self.rows += count
        (left, start), (right, begin) = blocks["label"], blocks["prob"]
        mine = [(one, one.read(left, start, count)) for one in self.sides[0]]
        theirs = [(other, other.read(right, begin, count)) for other in self.sides[1]]
        for (one, hashes), (other, others) in product(mine, theirs):
            if (one, other) not in self.differing and not np.array_equal(hashes, others):
                row = int((hashes != others).argmax())
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
            unique = len(one.least) < 2 or bool((one.least[1:] != one.least[:-1]).all())
            if one.sum == other.sum and unique and np.array_equal(one.least, other.least) and self._certain(one, other):
                what = f"{self.differing[one, other]}, but these columns hold the same values in another order"
                return DataError(f"{what}; --key {one.name}={other.name} matches rows by them")
        return None

    def _certain(self, one: _Watched, other: _Watched) -> bool:
        """Whether the same values aren't there by chance, or for being the numbers of rows, or ranks."""
        if _is_called_id(one.name) and _is_called_id(other.name):
            return True
        return self.rows >= _ENOUGH and not any(one.sum == _sum_of_numbers(start, self.rows) for start in (0, 1))


def _hashes(words: Categorical) -> Hashes:
    """A hash of each cell, of its last bytes where it is long."""
    if isinstance(words.categories, ByteStrings):
        return _mixed(words.categories.words).take(words.codes)
    cells = [word.encode("utf-8", "surrogatepass")[-TEXT_BYTES:] for word in words.categories]
    return _mixed(packed(cells)).take(words.codes)


def _mixed(words: Hashes) -> Hashes:
    """A hash of each row of words, the same with more zeros behind it: a sum of products, and its bits stirred."""
    found = words[:, 0] * _ODD
    for at in range(1, words.shape[1]):
        found += words[:, at] * np.uint64(int(_ODDER) ** (at + 1) % 2**64)
    found ^= found >> np.uint64(32)
    found *= _ODDER
    found ^= found >> np.uint64(29)
    found *= _ODD
    found ^= found >> np.uint64(32)
    return found


def _added(total: np.uint64, hashes: Hashes) -> np.uint64:
    return np.uint64((int(hashes.sum(dtype=np.uint64)) + int(total)) % 2**64)


def _sum_of_numbers(start: int, count: int) -> np.uint64:
    """The sum of the hashes of whole numbers in a row."""
    total = np.uint64(0)
    for low in range(start, start + count, _SPAN):
        numbers = range(low, min(low + _SPAN, start + count))
        total = _added(total, _mixed(packed([b"%d" % value for value in numbers])))
    return total
