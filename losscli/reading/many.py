"""Many files as one table: a quoted glob or a directory, its files in sorted order. The rule: a fault names its file.

Rows are counted within each file for errors and through all of them elsewhere. Files are opened one after the other;
the first one settles the columns, and all others must have them, in any order. Small files of text that begin as the
first one are read many at a time.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from losscli.data.blocks import Block, Chunk, OpenSource, Table
from losscli.data.columns import ColumnSelection
from losscli.errors import DataError, shown
from losscli.reading.listing import Listing
from losscli.reading.remote import is_url

BATCH_BYTES = 1 << 19  # of small files that are read together
REMOTE_FILES = 16  # of a store, that are read at once
OpenFile = Callable[[str], OpenSource]
Carried = Mapping[str, tuple[tuple[str, int], ...]]  # what columns are for: their names, and which of a block's


def open_many(token: str, listing: Listing, open_file: OpenFile) -> OpenSource:
    """The files as one source, whose first lines are those of the first file."""
    first = open_file(listing.files[0])
    return OpenSource(token, first.top, first.named, partial(_joined, listing, open_file, first), first.close)


def _joined(listing: Listing, open_file: OpenFile, opened: OpenSource, wanted: ColumnSelection) -> Table:
    """The files as one table; DataError at the first that lacks a column that the first one has in use."""
    names = listing.files
    first = opened.table(wanted)
    first = replace(first, notes=(*first.notes, *listing.notes))
    own = same_columns(first, wanted)
    size = 0
    if not is_url(names[0]):
        with suppress(OSError):
            size = sum(os.path.getsize(name) for name in names)
    reopened = partial(_like_first, first, open_file, own)
    return replace(
        _one(first, names, reopened, first), size=size or None, parts=partial(_parts, first, names, reopened)
    )


def _like_first(first: Table, open_file: OpenFile, wanted: ColumnSelection, name: str) -> Table:
    """The table of a file; DataError where it lacks a column that is in use in the first one."""
    opened = open_file(name)
    try:
        table = opened.table(wanted)
        _refuse_other(first, table)
        return table
    except BaseException:
        opened.close()
        raise


def _one(first: Table, names: Sequence[str], table: Callable[[str], Table], opened: Table | None = None) -> Table:
    """The files of these names, which are like `first`; `opened` is the table of the first of them, if it is open."""
    reader = _Reader(first, tuple(names), table, opened)
    return replace(
        first,
        chunks=reader.chunks(),
        position=reader.position,
        close=reader.close,
        threads=1,
        parts=lambda count: None,
        sources=tuple(names),
    )


def _parts(first: Table, names: Sequence[str], table: Callable[[str], Table], count: int) -> list[Table] | None:
    """The files in up to `count` groups, each a table by itself."""
    count = min(REMOTE_FILES if is_url(names[0]) else count, len(names))
    ends = [len(names) * at // count for at in range(count + 1)]
    return [_one(first, names[low:high], table) for low, high in pairwise(ends)] if count > 1 else None


@dataclass
class _File:
    """A file that is being read: how many chunks it has given, how many of these are blocks, and whether it ends."""

    table: Table
    order: tuple[int, ...]  # of its extra columns, as the first file has them
    given: int = 0
    done: int = 0
    ended: bool = False

    def block(self, chunk: Chunk) -> Block:
        """The block of a chunk."""
        block = chunk()
        self.done += 1
        self.close_when_done()
        return _in_order(self.order, block)

    def close_when_done(self) -> None:
        """Close the file once all of its chunks are blocks: some are read when they are called for."""
        if self.ended and self.done == self.given:
            self.table.close()


class _Reader:
    """The chunks of all files, each file opened when the one before it has been cut up."""

    def __init__(
        self, first: Table, names: tuple[str, ...], table: Callable[[str], Table], opened: Table | None
    ) -> None:
        self._first, self._names, self._table, self._now = first, names, table, opened
        self._done = 0

    def chunks(self) -> Iterator[Chunk]:
        """The chunks of one file after the other."""
        small, batch, size = self._first.small_files, list[tuple[str, bytes]](), 0
        for number, name in enumerate(self._names):
            rows = small.rows(name) if small and not (number == 0 and self._now) else None
            if rows is not None:
                batch.append((name, rows))
                size += len(rows)
                self._done += len(rows)
            if small and batch and (rows is None or size >= BATCH_BYTES):
                yield partial(small.block, batch)
                batch, size = [], 0
            if rows is not None:
                continue
            table = self._now if number == 0 and self._now else self._table(name)
            self._now = table
            file = _File(table, _order(self._first.carried, table))
            for chunk in table.chunks:
                file.given += 1
                yield partial(file.block, chunk)
            file.ended = True
            file.close_when_done()
            self._done += table.size or 0
        if small and batch:
            yield partial(small.block, batch)

    def position(self) -> int:
        """How many bytes of all files have been read."""
        return self._done + (self._now.position() if self._now else 0)

    def close(self) -> None:
        """Close the file at hand."""
        if self._now:
            self._now.close()


def carried_as(carried: Carried, table: Table) -> Table:
    """A table whose blocks have the carried columns in the order of another's."""
    order = _order(carried, table)
    return replace(table, carried=carried, chunks=(partial(_ordered, order, chunk) for chunk in table.chunks))


def _ordered(order: tuple[int, ...], chunk: Chunk) -> Block:
    return _in_order(order, chunk())


def _in_order(order: tuple[int, ...], block: Block) -> Block:
    return replace(block, extra=tuple(block.extra[place] for place in order))


def _order(carried: Carried, other: Table) -> tuple[int, ...]:
    """The places of the carried columns of a file, in the order of the first file's."""
    places = {at: dict(other.carried[purpose])[name] for purpose, part in carried.items() for name, at in part}
    return tuple(places[at] for at in sorted(places))


def same_columns(first: Table, wanted: ColumnSelection) -> ColumnSelection:
    """What is wanted of the other files: the columns of the first one by name, where it has names."""
    chosen = {"label": _listed(first.columns.label), "prob": _listed(first.columns.prob)}
    named = {part: names for part, names in chosen.items() if names and all(isinstance(name, str) for name in names)}
    if any("," in str(name) for names in named.values() for name in names):
        return wanted
    texts = {part: ",".join(map(str, names)) for part, names in named.items()}
    return replace(wanted, label=texts.get("label", wanted.label), prob=texts.get("prob", wanted.prob))


def _listed(names: str | int | list[str | int] | None) -> list[str | int]:
    return names if isinstance(names, list) else [] if names is None else [names]


def _refuse_other(first: Table, other: Table) -> None:
    """Refuse a file whose columns in use are not those of the first file."""
    if _used(first) != _used(other):
        raise DataError(f"{other.name}: other columns than in {first.name} are found; choose them with -y and -p")
    for (name, kind), (_, own) in zip(first.kinds, other.kinds, strict=False):
        if kind != own:
            raise DataError(f"{other.name}: column {shown(name)} holds {own}, and in {first.name} {kind}")


def _used(table: Table) -> tuple[object, ...]:
    carried = {purpose: [name for name, _ in part] for purpose, part in table.carried.items()}
    return table.form, table.columns, table.width, table.label_width, table.feature_names, carried
