"""The rows of a table that is joined by key: their keys, and LABELS in memory.

A row that is dropped for a missing value has a key all the same, as it takes its partner along, unless its key is
missing too.  A missing key of any other row is a fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from losscli.data.blocks import Array, Block, Categorical, Chunk, Column, Side, Table, placed, stacked
from losscli.data.cells import missing_words
from losscli.data.columns import KEY
from losscli.engines.local import in_threads
from losscli.errors import Location, RowError, shown
from losscli.reading.pairs.index import Flags, Keys, Rows, keys_of


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class KeyRows:
    """Rows by their keys: the key columns, which rows count, and which have a key.

    `fault` is the first row that has no key and counts.
    """

    columns: tuple[Categorical, ...]
    keys: Keys
    keep: Flags
    keyed: Rows
    fault: RowError | None = None

    def text(self, row: int) -> tuple[str, ...]:
        """The cells of a row's key."""
        return tuple(column.categories[int(column.codes[row])] for column in self.columns)

    def shown(self, row: int) -> str:
        """A row's key, for a message."""
        return ", ".join(map(shown, self.text(row)))


def key_rows(table: Table, block: Block) -> KeyRows:
    """The rows of a block."""
    keyed, fault = _keyed(table, block)
    return replace(_key_rows(table, block.extra, _keep(block), keyed), fault=fault)


def _key_rows(table: Table, extra: Sequence[Categorical], keep: Flags, keyed: Flags) -> KeyRows:
    columns = tuple(extra[at] for _, at in table.schema.extra[KEY])
    return KeyRows(columns, keys_of(columns), keep, np.flatnonzero(keyed))


def _keep(block: Block) -> Flags:
    return np.ones(block.rows, dtype=bool) if block.keep is None else block.keep


def _keyed(table: Table, block: Block) -> tuple[Flags, RowError | None]:
    """Which rows of a block have a key, and the first that has none and counts."""
    keyed, faults = np.ones(block.rows, dtype=bool), []
    for _, at in table.schema.extra[KEY]:
        words = block.extra[at]
        missing = missing_words(words.categories)
        if missing.any():
            gone = missing[words.codes]
            keyed &= ~gone
            rows = np.flatnonzero(gone & _keep(block))[:1].tolist()
            faults += [RowError(row, "extra", at, "the key is missing") for row in rows]
    return keyed, min(faults, key=lambda fault: fault.row, default=None)


@dataclass(frozen=True)
class Held:
    """LABELS in memory: its rows by their keys, their cells, and the blocks that say where each row stands."""

    table: Table
    rows: KeyRows
    labels: tuple[Column, ...]
    weights: Array | None
    extra: tuple[Categorical, ...]
    blocks: tuple[Block, ...]

    def location(self, row: int) -> Location:
        """Where a row stands."""
        return Side(self.blocks, (row,)).location(0, "row", None)


def held(table: Table, threads: int) -> Held:
    """All of a table; DataError at the first fault of it."""
    blocks: list[Block] = []
    keyed: list[Flags] = [np.zeros(0, dtype=bool)]
    for block in placed(in_threads(_called, table.chunks(), threads)):
        found, fault = _keyed(table, block)
        keyed.append(found)
        fault = fault or block.fault
        if fault is not None:
            raise block.error(fault)
        blocks.append(block)
    extra = _extra(table, blocks)
    weights = [block.weights for block in blocks if block.weights is not None]
    labels = [stacked([block.labels[at] for block in blocks]) for at in range(table.schema.label_width)]
    keep = np.concatenate([np.zeros(0, dtype=bool), *map(_keep, blocks)])
    return Held(
        table,
        _key_rows(table, extra, keep, np.concatenate(keyed)),
        tuple(labels),
        np.concatenate(weights) if weights else None,
        extra,
        tuple(block.bare() for block in blocks),
    )


def _called(chunk: Chunk) -> Block:
    return chunk()


def _extra(table: Table, blocks: Sequence[Block]) -> tuple[Categorical, ...]:
    if not blocks:
        return (Categorical(np.zeros(0, np.intp), ()),) * extra_count(table)
    found = [stacked(parts) for parts in zip(*(block.extra for block in blocks), strict=True)]
    return tuple(words for words in found if isinstance(words, Categorical))


def extra_count(table: Table) -> int:
    """How many columns of text a table's blocks have."""
    return len({at for columns in table.schema.extra.values() for _, at in columns})
