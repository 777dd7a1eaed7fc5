"""A table: its schema, which is known before its rows are read, and the reader that gives them block by block."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from losscli.data.blocks import Block
from losscli.data.columns import SCALE_NAMES, Columns, ColumnSelection, FirstLines, distinct
from losscli.enums import Form, Scale
from losscli.errors import DataError, RowError, shown
from losscli.records import record

T = TypeVar("T")
Chunk = Callable[[], Block]


class ColumnNames(NamedTuple):
    """The columns in use, as a report shows them: names, or numbers from 1, or nothing for lists."""

    label: str | int | list[str | int] | None = None
    prob: str | int | list[str | int] | None = None
    weight: str | int | None = None


class Model(NamedTuple):
    """A model whose predictions stand in a table: what it is called, and the header's names of its columns."""

    name: str
    columns: tuple[str, ...] | None = None


@record
class Schema:
    """What a table's columns are, as far as it is known before its rows are read."""

    form: Form
    columns: ColumnNames = ColumnNames()
    classes: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] = ()  # of all features; those of words are extra columns
    width: int = 1  # prediction columns of a model
    label_width: int = 0
    left_over: bool = False  # the classes are the columns that were left, whatever they are called
    models: tuple[Model, ...] = ()  # whose predictions stand side by side in a block, `width` columns each
    extra: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)  # name, and which of a block's
    float_bits: int = 64  # of the predictions, where a file has them as floats of fewer
    types: tuple[tuple[str, str], ...] = ()  # the prediction columns of a file whose columns have types, and these
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def schema_of(columns: Columns, wanted: ColumnSelection) -> Schema:
    """The schema of a table whose columns are settled."""

    def names(part: Sequence[int]) -> str | int | list[str | int] | None:
        found = [columns.name(column) for column in part]
        return found[0] if len(found) == 1 else found or None

    models = []
    for part, text in zip((columns.preds, *columns.models), (wanted.prob, *wanted.models), strict=True):
        header = tuple(columns.names[column] for column in part) if columns.names else None
        models.append(Model(str(columns.name(part[0])) if len(part) == 1 else text or "", header))
    called = distinct(model.name for model in models)
    notes, warnings = _remarks(columns, wanted.scale)
    places = {column: at for at, column in enumerate(columns.extra_columns)}
    return Schema(
        form=columns.form,
        columns=ColumnNames(
            names(columns.labels),
            names(columns.preds),
            None if columns.weight is None else columns.name(columns.weight),
        ),
        classes=models[0].columns,
        feature_names=tuple(str(columns.name(at)) for at in columns.typed_features),
        width=len(columns.preds),
        label_width=len(columns.labels),
        left_over=columns.left_over,
        models=tuple(model._replace(name=name) for model, name in zip(models, called, strict=True)),
        extra={
            purpose: tuple((str(columns.name(column)), places[column]) for column in part)
            for purpose, part in columns.extra.items()
        },
        notes=notes,
        warnings=warnings,
    )


def _remarks(columns: Columns, scale: Scale) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings about numeric columns that are not used, and about names of another scale."""
    others = {name: other.value for other, names in SCALE_NAMES.items() if other is not scale for name in names}
    warnings = tuple(
        f"column {shown(name)} is read as {scale.value}; if it holds {other} use --from {other}"
        for name in map(str, map(columns.name, columns.predictions))
        if (other := others.get(name.casefold()))
    )
    names = map(columns.name, columns.aside)
    left = ", ".join(shown(name) if isinstance(name, str) else f"column {name}" for name in names)
    part, option = ("features", "-x") if columns.features else ("classes", "-p")
    aside = (f"not used as {part}: {left}; choose the {part} with {option}",) if left else ()
    return (aside, warnings) if columns.features else ((), (*warnings, *aside))


class SmallFiles:
    """How small files that begin as another one are read, many in a block."""

    def rows(self, path: str) -> bytes | None:
        """The rows of a file; None where it is to be read by itself."""
        raise NotImplementedError

    def block(self, files: Sequence[tuple[str, bytes]]) -> Block:
        """The block of the rows of files, each with its path."""
        raise NotImplementedError


class Reader:
    """What reads the rows of a table, once; a chunk is called for its block, in any thread."""

    size: int | None = None  # of what `position` is a part

    def chunks(self) -> Iterator[Chunk]:
        """The rows, in order."""
        raise NotImplementedError

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        """Ranges, in order, that can be read each by itself: about `count`, or none where that can't be or doesn't pay.

        What they count is the reader's: bytes, row groups, files.
        """
        return ()

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        """The rows of a range."""
        raise NotImplementedError

    def small_files(self) -> SmallFiles | None:
        """What reads small files that begin as this one; None where each is to be read by itself."""
        return None

    def position(self) -> int:
        """How far reading has come."""
        return 0

    def close(self) -> None:
        """Close what is open."""


def even_ranges(ends: Sequence[int], count: int) -> Sequence[tuple[int, int]]:
    """At most `count` ranges, in order, of things that are one after the other, with about as much in each.

    `ends` (n,) says how much there is up to the end of each thing. A single range is none: it's all of them.
    """
    limits = {0, len(ends)}
    for at in range(1, count):
        wanted = ends[-1] * at / count
        thing = bisect_right(ends, wanted)  # in which the limit would be
        before = ends[thing - 1] if thing else 0
        limits.add(thing + (thing < len(ends) and wanted - before > ends[thing] - wanted))
    return list(pairwise(sorted(limits))) if len(limits) > 2 else ()


class RangeReader(Reader):
    """Reads a range alone of what another reader reads."""

    def __init__(self, inner: Reader, low: int, high: int) -> None:
        self.inner, self.low, self.high = inner, low, high

    def chunks(self) -> Iterator[Chunk]:
        return self.inner.read(self.low, self.high)

    def close(self) -> None:
        self.inner.close()


class ChangedReader(Reader):
    """Reads what another reader reads, and changes its blocks."""

    def __init__(self, inner: Reader, change: Callable[[Chunk], Block]) -> None:
        self.inner, self.change, self.size = inner, change, inner.size

    def chunks(self) -> Iterator[Chunk]:
        return (partial(self.change, chunk) for chunk in self.inner.chunks())

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        return self.inner.ranges(count)

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        return (partial(self.change, chunk) for chunk in self.inner.read(low, high))

    def position(self) -> int:
        return self.inner.position()

    def close(self) -> None:
        self.inner.close()


def worked(work: Callable[[Block], T], chunk: Chunk) -> tuple[Block, T | None, RowError | None]:
    """The block of a chunk, the result of `work` on it, and the fault of either."""
    block = chunk()
    try:
        return block, work(block), block.fault
    except RowError as fault:
        return block, None, fault


def raised(error: DataError) -> Block:
    """A chunk that raises an error. The error is reported after the rows before it have been checked."""
    raise error


class Cluster(NamedTuple):
    """A cluster that evaluates a table: its address, and each file with the options by which workers open it."""

    address: str
    files: tuple[tuple[str, Any], ...]


@record
class Table:
    """A source opened and understood: its schema, and what reads its rows."""

    name: str
    schema: Schema
    reader: Reader
    sources: tuple[str, ...] = ()  # the paths that are read
    streamed: bool = True  # and not lists
    threads: int = 1  # that take its chunks at once
    cluster: Cluster | None = None

    def chunks(self) -> Iterator[Chunk]:
        """The rows, in order, once."""
        return self.reader.chunks()

    def close(self) -> None:
        """Close what is open."""
        self.reader.close()

    def part(self, low: int, high: int) -> "Table":
        """The table of the rows in a range."""
        return replace(self, reader=RangeReader(self.reader, low, high), threads=1)


class OpenSource:
    """A source whose first lines have been read.

    `named` says whether the first record names the columns, None where that is to be found.
    """

    def __init__(self, name: str, top: FirstLines, named: bool | None, close: Callable[[], None]) -> None:
        self.name, self.top, self.named, self.close = name, top, named, close

    def table(self, wanted: ColumnSelection) -> Table:
        """The table of the wanted columns; on an error the source is closed."""
        try:
            return self._table(wanted)
        except BaseException:
            self.close()
            raise

    def _table(self, wanted: ColumnSelection) -> Table:
        raise NotImplementedError
