"""Many files as one table: those of a quoted glob or a directory, in sorted order.

Errors name the file and count its rows alone; all else counts rows through all files. Files are opened one after the
other; the first one decides the columns, and all others must have them, in any order. Small files of text that begin as
the first one are read many at a time.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from losscli.data.blocks import Block
from losscli.data.columns import ColumnSelection
from losscli.data.table import ChangedReader, Chunk, Cluster, OpenSource, Reader, Schema, Table, even_ranges
from losscli.errors import DataError, UsageError, shown
from losscli.reading.listing import FileListing, list_files
from losscli.reading.remote import is_url

if TYPE_CHECKING:
    from losscli.reading.open import ReadOptions

BATCH_BYTES = 1 << 19  # of small files that are read together
REMOTE_FILES = 16  # of a store, that are read at once
OpenFile = Callable[[str], OpenSource]
ExtraColumns = Mapping[str, tuple[tuple[str, int], ...]]  # what columns are for: their names, and which of a block's


class ManyFiles(OpenSource):
    """Files as one source, the first of which is open: its first lines are those of all."""

    def __init__(self, token: str, listing: FileListing, open_file: OpenFile) -> None:
        self.first = open_file(listing.files[0])
        super().__init__(token, self.first.top, self.first.named, self.first.close)
        self.listing, self.open_file = listing, open_file

    def _table(self, wanted: ColumnSelection) -> Table:
        """The files as one table; DataError at the first that lacks a column that the first one has in use."""
        names = self.listing.files
        first = self.first.table(wanted)
        first = replace(first, schema=replace(first.schema, notes=(*first.schema.notes, *self.listing.notes)))
        own = same_columns(first, wanted)
        sizes: tuple[int, ...] = ()
        if not is_url(names[0]):
            with suppress(OSError):
                sizes = tuple(os.path.getsize(name) for name in names)
        reader = ManyFilesReader(first, tuple(names), partial(_like_first, first, self.open_file, own), sizes)
        return replace(first, reader=reader, sources=tuple(names), threads=1)


def _like_first(first: Table, open_file: OpenFile, wanted: ColumnSelection, name: str) -> Table:
    """The table of a file; DataError where it lacks a column that is in use in the first one."""
    opened = open_file(name)
    try:
        table = opened.table(wanted)
        refuse_other_columns(first.name, first.schema, table)
        return table
    except BaseException:
        opened.close()
        raise


def refuse_other_columns(first: str, schema: Schema, table: Table) -> None:
    """DataError where a table has other columns in use than the first file, or columns of other types."""
    if _used(schema) != _used(table.schema):
        raise DataError(f"{table.name}: its columns differ from those of {first}; choose them with -y and -p")
    for (column, kind), (_, own) in zip(schema.types, table.schema.types, strict=False):
        if kind != own and "nothing" not in (kind, own):  # a column of nulls alone fits all others
            raise DataError(f"{table.name}: column {shown(column)} holds {own}, but in {first} {kind}")


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
        block = _reordered(chunk, self.order)
        self.done += 1
        self.close_when_done()
        return block

    def close_when_done(self) -> None:
        """Close the file once all of its chunks are blocks: some are read when they are called for."""
        if self.ended and self.done == self.given:
            self.table.close()


class ManyFilesReader(Reader):
    """Reads files one after the other, each opened when the one before it has been cut up; the first one is open."""

    def __init__(
        self, first: Table, names: tuple[str, ...], table: Callable[[str], Table], sizes: tuple[int, ...]
    ) -> None:
        self.first, self.names, self.table = first, names, table
        self.sizes, self.size = sizes or (1,) * len(names), sum(sizes) or None
        self.opened: Table | None = first
        self.now: Table | None = first
        self.done = 0

    def chunks(self) -> Iterator[Chunk]:
        return self.read(0, len(self.names))

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        return even_ranges(list(accumulate(self.sizes)), REMOTE_FILES if is_url(self.names[0]) else count)

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        """The rows of a range of the files, small ones together."""
        small, batch, size = self.first.reader.small_files(), list[tuple[str, bytes]](), 0
        for number in range(low, high):
            opened = self.opened if number == 0 else None
            rows = small.rows(self.names[number]) if small and not opened else None
            if rows is not None:
                batch.append((self.names[number], rows))
                size += len(rows)
                self.done += len(rows)
            if small and batch and (rows is None or size >= BATCH_BYTES):
                yield partial(small.block, batch)
                batch, size = [], 0
            if rows is None:
                yield from self._file(opened or self.table(self.names[number]))
        if small and batch:
            yield partial(small.block, batch)

    def _file(self, table: Table) -> Iterator[Chunk]:
        if table is self.opened:
            self.opened = None  # it can be read once
        elif self.now:
            self.done += self.now.reader.size or 0
        self.now = table
        file = _File(table, _order(self.first.schema.extra, table))
        try:
            for chunk in table.chunks():
                file.given += 1
                yield partial(file.block, chunk)
            file.ended = True
            file.close_when_done()
        finally:
            if not file.ended:
                table.close()

    def position(self) -> int:
        return self.done + (self.now.reader.position() if self.now else 0)

    def close(self) -> None:
        for table in (self.opened, self.now):
            if table:
                table.close()


def extra_as(extra: ExtraColumns, table: Table) -> Table:
    """A table whose blocks have the extra columns in the order of another's."""
    reader = ChangedReader(table.reader, partial(_reordered, order=_order(extra, table)))
    return replace(table, schema=replace(table.schema, extra=extra), reader=reader)


def _reordered(chunk: Chunk, order: tuple[int, ...]) -> Block:
    block = chunk()
    if order == tuple(range(len(block.extra))):
        return block
    return replace(block, extra=tuple(block.extra[place] for place in order))


def _order(extra: ExtraColumns, other: Table) -> tuple[int, ...]:
    """The places of the extra columns of a file, in the order of the first file's."""
    places = {at: dict(other.schema.extra[purpose])[name] for purpose, part in extra.items() for name, at in part}
    return tuple(places[at] for at in sorted(places))


def with_cluster(table: Table, options: "ReadOptions") -> Table:
    """The table with the address of a cluster, and its files as requests that any machine understands."""
    if len(options.tokens) != 1 or not table.streamed or options.tokens[0] == "-" or options.cluster is None:
        raise UsageError("--cluster needs one table of files that its workers can read, not lists or a pipe")
    listing = list_files(options.tokens[0])
    wanted = options.wanted if listing is None else same_columns(table, options.wanted)
    files = tuple(
        (path, replace(options, tokens=(path if is_url(path) else os.path.abspath(path),), wanted=wanted))
        for path in (options.tokens if listing is None else listing.files)
    )
    return replace(table, cluster=Cluster(options.cluster, files))


def same_columns(first: Table, wanted: ColumnSelection) -> ColumnSelection:
    """What is wanted of the other files: the columns of the first one by name, where it has names."""
    chosen = {"label": _listed(first.schema.columns.label), "prob": _listed(first.schema.columns.prob)}
    named = {part: names for part, names in chosen.items() if names and all(isinstance(name, str) for name in names)}
    texts = {}
    for part, names in named.items():
        typed = [str(name).replace(",", "?") for name in names]  # a comma parts names, and a glob finds this one
        if any("?" in glob and sum(fnmatchcase(str(name), glob) for name in names) > 1 for glob in typed):
            return wanted
        texts[part] = ",".join(typed)
    return replace(wanted, label=texts.get("label", wanted.label), prob=texts.get("prob", wanted.prob))


def _listed(names: str | int | list[str | int] | None) -> list[str | int]:
    return names if isinstance(names, list) else [] if names is None else [names]


def _used(schema: Schema) -> tuple[object, ...]:
    extra = {purpose: [name for name, _ in part] for purpose, part in schema.extra.items()}
    return schema.form, schema.columns, schema.width, schema.label_width, schema.feature_names, extra
