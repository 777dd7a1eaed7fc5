"""Labels, predictions and weights that come from different sources, put side by side row by row. Memory stays flat.

Rows are matched by their number; a row that one side drops is dropped from all. When a side ends before another, that
is an error with both counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from losscli.data.blocks import (
    Array,
    Block,
    Categorical,
    Chunk,
    ColumnNames,
    Reader,
    Side,
    Table,
    cut_short,
    placed,
    taken,
)
from losscli.data.cells import ByteStrings, is_missing, number
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError, shown

SHARED = "shared "  # the purpose of a column that both tables have, with its number


def side_by_side(sides: Mapping[str, Table], form: Form) -> Table:
    """The table whose "label", "prob" and "weight" columns are those of the sides of these names."""

    def shown(side: str) -> Any:
        columns = sides[side].schema.columns if side in sides else ColumnNames()
        return columns.label if side == "label" else columns.prob

    preds = sides["prob"]
    weights = [side.schema.columns.weight for side in sides.values() if side.schema.columns.weight]
    weight = shown("weight") or (weights[0] if weights else None)
    columns = ColumnNames(shown("label"), shown("prob"), weight)
    schema = replace(
        preds.schema,
        form=form,
        columns=columns,
        label_width=sides["label"].schema.label_width if "label" in sides else 0,
        extra=_extra(sides),
        notes=(),
        warnings=tuple(warning for side in sides.values() for warning in side.schema.warnings),
    )
    sources = tuple(source for side in sides.values() for source in side.sources)
    return Table(preds.name, schema, _Reader(sides), sources, any(side.streamed for side in sides.values()))


@dataclass(frozen=True)
class _Reader(Reader):
    """Reads tables side by side."""

    sides: Mapping[str, Table]

    def chunks(self) -> Iterator[Chunk]:
        return _chunks(self.sides)

    def close(self) -> None:
        for side in self.sides.values():
            side.close()


def _extra(sides: Mapping[str, Table]) -> dict[str, tuple[tuple[str, int], ...]]:
    """The extra columns of all sides by what they are for; a block has those of one side behind another's."""
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    before = 0
    for side in sides.values():
        for purpose, columns in side.schema.extra.items():
            found[purpose] = (*found.get(purpose, ()), *((name, at + before) for name, at in columns))
        before += len({at for columns in side.schema.extra.values() for _, at in columns})
    return found


class _Side:
    """One source: its block at hand and the row that comes next."""

    def __init__(self, table: Table) -> None:
        self.table, self.blocks = table, placed(chunk() for chunk in table.chunks())
        self.block: Block | None = None
        self.at = self.rows = 0  # of the block, and of the blocks before it

    def next(self) -> bool:
        """Have a row at hand; False at the end. A fault is raised when its row is the next."""
        while self.block is None or self.at == self.block.rows:
            if self.block is not None:
                if self.block.fault:
                    raise self.block.error(self.block.fault)
                self.rows += self.block.rows
            self.block, self.at = next(self.blocks, None), 0
            if self.block is None:
                return False
        return True

    def left(self) -> int:
        """Rows at hand."""
        return self.block.rows - self.at if self.block else 0

    def all_rows(self) -> int:
        """How many rows the source has, reading on to its end."""
        while self.next():
            self.at = self.block.rows if self.block else 0
        return self.rows


def _chunks(parts: Mapping[str, Table]) -> Iterator[Chunk]:
    sides = {name: _Side(part) for name, part in parts.items()}
    shared = _shared(parts)
    while True:
        more = [side.next() for side in sides.values()]
        if not all(more):
            break
        count = min(side.left() for side in sides.values())
        blocks = {name: (side.block, side.at) for name, side in sides.items() if side.block}
        for side in sides.values():
            side.at += count
        yield partial(_joined, blocks, count, shared)
    if any(more):
        counts = ", ".join(f"{side.table.name} {side.all_rows()}" for side in sides.values())
        hint = "".join(f"; {key_hint(name)}" for name, _, _ in shared[:1])
        yield partial(_raised, DataError(f"the numbers of rows differ: {counts}{hint}"))


def _raised(error: DataError) -> Block:
    """What is wrong behind the rows, told in its turn."""
    raise error


def key_hint(name: str) -> str:
    """What to do where rows don't line up and the tables share a column."""
    return f"--key {name} matches rows by it"


Shared = tuple[tuple[str, int, int], ...]  # columns that both tables have: name, and place in the blocks of each


def _shared(parts: Mapping[str, Table]) -> Shared:
    if not {"label", "prob"} <= set(parts):
        return ()
    left, right = parts["label"].schema.extra, parts["prob"].schema.extra
    return tuple((*left[purpose][0], right[purpose][0][1]) for purpose in left if purpose.startswith(SHARED))


def _differing(words: Categorical, others: Categorical) -> int | None:
    """The first row whose cells differ; cells that are one number are the same, and so are missing ones."""
    if _same_bytes(words, others):
        return None
    left, right = (list(map(list(side.categories).__getitem__, side.codes.tolist())) for side in (words, others))
    if left == right:
        return None
    return next((at for at, cells in enumerate(zip(left, right, strict=True)) if not _same(*cells)), None)


def _same_bytes(words: Categorical, others: Categorical) -> bool:
    """Whether both columns are held as bytes, and these are the same row by row."""
    mine, theirs = words.categories, others.categories
    if not (isinstance(mine, ByteStrings) and isinstance(theirs, ByteStrings)):
        return False
    return np.array_equal(mine.words.take(words.codes, axis=0), theirs.words.take(others.codes, axis=0))


def _same(cell: str, other: str) -> bool:
    if cell == other or (is_missing(cell) and is_missing(other)):
        return True
    value = number(cell)
    return value is not None and value == number(other)


def _joined(blocks: Mapping[str, tuple[Block, int]], count: int, shared: Shared) -> Block:
    """So many rows of blocks from given rows on, side by side."""
    masks = [block.keep[at : at + count] for block, at in blocks.values() if block.keep is not None]
    sides = {name: Side((block.bare(),), range(at, at + count)) for name, (block, at) in blocks.items()}
    weights, weighted = _weights(blocks)
    if weighted is not None:
        sides["weight"] = replace(sides[weighted], part="prob" if weighted == "weight" else None)
    rows = {name: slice(at, at + count) for name, (_, at) in blocks.items()}
    joined = Block(
        rows=count,
        lines=count,
        labels=tuple(taken(column, rows["label"]) for column in blocks["label"][0].labels) if "label" in blocks else (),
        preds=blocks["prob"][0].preds[rows["prob"]],
        weights=None if weights is None or weighted is None else weights[rows[weighted]],
        extra=tuple(words.taken(rows[name]) for name, (block, _) in blocks.items() for words in block.extra),
        keep=np.logical_and.reduce(masks) if masks else None,
        sides=sides,
    )
    fault = _conflict(blocks, joined, shared) if shared else None
    return joined if fault is None else cut_short(joined, fault)


def _conflict(blocks: Mapping[str, tuple[Block, int]], joined: Block, shared: Shared) -> RowError | None:
    """The first row, among those that count, in which the tables differ in a column that both have."""
    found = []
    kept = joined.kept
    for name, left, right in shared:
        (labels, start), (preds, begin) = blocks["label"], blocks["prob"]
        words, others = labels.extra[left].taken(kept + start), preds.extra[right].taken(kept + begin)
        at = _differing(words, others)
        if at is not None:
            row = int(kept[at])
            where = " and ".join(str(joined.sides[side].location(row, "row", None)) for side in ("label", "prob"))
            cells = " and ".join(shown(side.categories[side.codes[at]]) for side in (words, others))
            place = Location(None, None, f"{where} differ in {shown(name)}")
            found.append(RowError(row, "row", None, f"{cells}; {key_hint(name)}", place))
    return min(found, key=lambda fault: fault.row, default=None)


def _weights(blocks: Mapping[str, tuple[Block, int]]) -> tuple[Array | None, str | None]:
    """Sample weights, from a source of their own or a column of one of the tables, and which has them."""
    if "weight" in blocks:
        return blocks["weight"][0].preds[:, 0], "weight"
    return next(
        ((block.weights, name) for name, (block, _) in blocks.items() if block.weights is not None), (None, None)
    )
