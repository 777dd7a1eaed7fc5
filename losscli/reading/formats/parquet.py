"""Parquet, Arrow (Feather) and ORC files as tables, by pyarrow. Only the columns in use are read, in batches.

A file is a container of batches; `arrow` makes a block of a batch. Lists of numbers
and records of them stand for a column for each class; keys of the path (`day=2026-01-01/`) are columns as well.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from losscli.data.blocks import Layout, Origin, layout_of
from losscli.data.choice import resolve
from losscli.data.columns import ColumnSelection, FirstLines
from losscli.data.table import Chunk, OpenSource, Table, even_ranges, raised, schema_of
from losscli.errors import DataError, of_source, shown
from losscli.lazy import Lazy
from losscli.reading.formats.arrow import LIST, STRUCT, TEXT, Place, block_of, float_bits, kind_of, plain_type
from losscli.reading.formats.nested import outline, refuse_repeated
from losscli.reading.pathkeys import path_keys
from losscli.reading.sources import Source, SourceReader, identity, is_plain_file, open_source
from losscli.records import record

pa: Any = Lazy("pyarrow")
compute: Any = Lazy("pyarrow.compute")
types: Any = Lazy("pyarrow.types")
parquet: Any = Lazy("pyarrow._parquet")  # `pyarrow.parquet` loads the drivers of stores as well
orc: Any = Lazy("pyarrow.orc")
ipc: Any = Lazy("pyarrow.ipc")

BATCH_ROWS, BATCH_CELLS = 3 << 14, 1 << 18  # a batch has no more of either, so that it stays near the processor
LEAST_ROWS = 1 << 16  # of a part that a thread reads
BUFFER = 1 << 18  # bytes of a column that are held while it is read, so that memory doesn't follow the row group
_FIRST_ROWS = 64  # that are looked at together for the length of a column's lists
STREAM = b"\xff\xff\xff\xff"


@record
class Container:
    """A file of columns: its schema, the rows before each of its row groups, and its batches of the columns named.

    Where the file has row groups, the batches are of some of them, or of all for None, and of so many rows at most.
    """

    schema: Any
    rows: int | None
    starts: tuple[int, ...]
    batches: Callable[[Sequence[str], Sequence[int] | None, int], Iterator[Any]]


def open_columnar(source: Source, drop: bool) -> OpenSource:
    """A columnar source; its first record are the names of the file's columns and path keys."""
    if find_spec("pyarrow") is None:
        raise DataError(f"{source.name}: Parquet, Arrow and ORC files need pyarrow: pip install pyarrow")
    with _sound(source.name):
        container = _container(source)
        names = (*container.schema.names, *path_keys(source.name, container.schema.names))
    return ColumnarSource(source, container, FirstLines(names), drop)


def _container(source: Source) -> Container:
    file, remote = _file(source), source.plain and source.ranged is not None
    return _with_lists(next(opener for magic, opener in _OPENERS if source.magic.startswith(magic))(file, remote))


# How Spark ML stores a vector: type 1 has all values, type 0 those at `indices` of `size`, the others being 0.
_VECTOR = ("type", "size", "indices", "values")


def _with_lists(container: Container) -> Container:
    """The container with the vectors of Spark ML as lists."""
    kinds = {field.name: plain_type(field.type) for field in container.schema}
    vectors = [
        name for name, kind in kinds.items() if types.is_struct(kind) and tuple(one.name for one in kind) == _VECTOR
    ]
    if not vectors:
        return container

    def batches(columns: Sequence[str], groups: Sequence[int] | None, rows: int) -> Iterator[Any]:
        for batch in container.batches(columns, groups, rows):
            names = batch.schema.names
            cells = zip(names, batch.columns, strict=True)
            yield pa.RecordBatch.from_arrays(
                [_dense(one) if name in vectors else one for name, one in cells], names=names
            )

    fields = [
        field.with_type(kinds[field.name].field("values").type) if field.name in vectors else field
        for field in container.schema
    ]
    return replace(container, schema=pa.schema(fields), batches=batches)


def _dense(vectors: Any) -> Any:
    """Vectors of Spark ML as lists of all their values."""
    values = compute.struct_field(vectors, "values")
    if not compute.any(compute.equal(compute.struct_field(vectors, "type"), 0)).as_py():
        return values
    rows: list[list[float] | None] = []
    for cell in vectors.to_pylist():
        if cell is not None and cell["type"] == 0:
            row = dict(zip(cell["indices"] or (), cell["values"] or (), strict=False))
            rows.append([row.get(at, 0.0) for at in range(cell["size"] or 0)])
        else:
            rows.append(cell and cell["values"])
    return pa.array(rows, values.type)


class ColumnarSource(OpenSource):
    """A file of columns, whose schema is read."""

    def __init__(self, source: Source, container: Container, top: FirstLines, drop: bool) -> None:
        super().__init__(source.name, top, True, source.close)
        self.source, self.container, self.drop = source, container, drop

    def _table(self, wanted: ColumnSelection) -> Table:
        name, container = self.name, self.container
        try:
            found = outline(container.schema, name, wanted, partial(_first, name, container))
            columns = resolve(found.top, found.wanted)
            refuse_repeated((found.places[at].column for at in columns.used), container.schema.names)
        except DataError as error:
            raise of_source(error, name) from None
        layout = layout_of(columns, wanted, len(found.places), self.drop)
        plan = _Plan(layout, found.places, Origin(name, columns, row_groups=container.starts))
        types = tuple((plan.places[at].name, plan.places[at].kind) for at in columns.predictions)
        own = [plan.places[at] for at in columns.predictions if plan.places[at].column is not None]
        bits = max((float_bits(container.schema.field(one.column).type, one.child) for one in own), default=64)
        schema = replace(schema_of(columns, wanted), types=types, float_bits=bits)
        taken_apart = {place.column for place in found.places if place.child is not None}
        whole = [field.name for field in container.schema if kind_of(field.type) in (LIST, STRUCT)]
        if wanted.features == "" and (left := [name for name in whole if name not in taken_apart]):
            note = f"not used as features: {', '.join(map(shown, left))}; choose the features with -x"
            schema = replace(schema, notes=(*schema.notes, note))
        return Table(name, schema, ColumnarReader(self.source, container, plan), (name,))


@record
class _Plan:
    """The cells that are wanted of each batch, and where its rows come from."""

    layout: Layout
    places: tuple[Place, ...]
    origin: Origin


class ColumnarReader(SourceReader):
    """Reads the batches of a file of columns."""

    def __init__(self, source: Source, container: Container, plan: _Plan) -> None:
        super().__init__(source)
        self.container, self.plan, self.rows = container, plan, 0
        self.size = source.size if container.rows else None

    def __reduce__(self) -> tuple[Callable[..., "ColumnarReader"], tuple[object, ...]]:
        return _reopened, (self.source.name, identity(self.source), self.plan)

    def chunks(self) -> Iterator[Chunk]:
        return self._batches(None)

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        """Row groups from one to below another, about as many rows each."""
        rows = self.container.rows or 0
        ends = [*self.container.starts, rows][1:]
        return even_ranges(ends, min(count, rows // LEAST_ROWS))

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        return self._batches(range(low, high))

    def position(self) -> int:
        return self.rows * (self.source.size or 0) // (self.container.rows or 1)

    def _batches(self, groups: Sequence[int] | None) -> Iterator[Chunk]:
        """The batches as chunks. A chunk raises where the file is damaged, after the rows before it were checked."""
        plan = self.plan
        cells = (*(at for at, _, _ in plan.layout.cells), *plan.layout.extra)
        in_use = {plan.places[at].column for at in cells}
        columns = [field.name for field in self.container.schema if field.name in in_use]
        rows = min(BATCH_ROWS, max(1, BATCH_CELLS // max(1, len(cells))))
        try:
            with _sound(self.source.name):
                for batch in self.container.batches(columns, groups, rows):
                    for low in range(0, batch.num_rows, rows):
                        piece = batch.slice(low, rows)
                        self.rows += piece.num_rows
                        yield partial(block_of, piece, plan.layout, plan.places, plan.origin)
        except DataError as error:
            yield partial(raised, error)


def _reopened(name: str, file: tuple[int, ...] | None, plan: _Plan) -> ColumnarReader:
    """The reader of a file in another process; OSError where another file is there now."""
    source = open_source(name)
    if file is None or identity(source) != file:
        raise OSError(f"{name}: the file was replaced while it was read")
    return ColumnarReader(source, _container(source), plan)


def _first(name: str, container: Container, column: str) -> int:
    """The length of the first list of a column that isn't null or empty."""
    with _sound(name):
        for batch in container.batches([column], None, _FIRST_ROWS):
            for length in compute.list_value_length(batch.column(column)).to_pylist():
                if length:
                    return int(length)
    raise DataError(f"{name}: column {shown(column)} has no row with a list of numbers")


# --- containers -------------------------------------------------------------------------------------------------------
def _file(source: Source) -> Any:
    """What pyarrow reads by ranges: the file itself, or a copy of a pipe or of packed data."""
    if source.plain:
        if is_plain_file(source):
            return pa.OSFile(source.name)
        ranged = source.ranged() if source.ranged else source.raw
        if ranged is not None and ranged.seekable():
            ranged.seek(source.origin)
            return pa.PythonFile(ranged, mode="r")
    import tempfile

    copy = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the source
    source.spools.append(copy)
    while piece := source.read(BUFFER):
        copy.write(piece)
    copy.seek(0)
    return pa.PythonFile(copy, mode="r")


def _parquet(file: Any, remote: bool) -> Container:
    """A Parquet file; a remote one is read in few requests, as each of them takes long."""

    def reader(**options: Any) -> Any:
        found = parquet.ParquetReader()
        found.open(file, buffer_size=BUFFER, pre_buffer=remote, page_checksum_verification=True, **options)
        return found

    opened = reader()
    schema, metadata = opened.schema_arrow, opened.metadata
    counts = [metadata.row_group(at).num_rows for at in range(opened.num_row_groups)]
    starts = (0, *accumulate(counts))[:-1]

    def batches(columns: Sequence[str], groups: Sequence[int] | None, rows: int) -> Iterator[Any]:
        leaves = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
        chosen = [at for at, leaf in enumerate(leaves) if any(f"{leaf}.".startswith(f"{name}.") for name in columns)]
        texts = [name for name in columns if kind_of(schema.field(name).type) == TEXT]
        one = opened
        if texts or groups is not None:  # ranges are read in threads, each with a reader of its own
            one = reader(metadata=metadata, read_dictionary=texts)
        for run in _runs(counts, BATCH_ROWS, groups):
            yield from one.iter_batches(rows, row_groups=run, column_indices=chosen, use_threads=False)

    return Container(schema, metadata.num_rows, starts, batches)


def _runs(counts: Sequence[int], least: int, groups: Sequence[int] | None = None) -> Iterator[list[int]]:
    """Row groups together until they have so many rows, as small ones are slow one by one."""
    run: list[int] = []
    for at in range(len(counts)) if groups is None else groups:
        run.append(at)
        if sum(counts[group] for group in run) >= least:
            yield run
            run = []
    if run:
        yield run


def _arrow(file: Any, remote: bool) -> Container:
    schema = ipc.open_file(file).schema

    def batches(columns: Sequence[str], groups: Sequence[int] | None, rows: int) -> Iterator[Any]:
        reader = ipc.open_file(file, options=_included(schema, columns))
        for at in range(reader.num_record_batches):
            yield _valid(reader.get_batch(at))

    return Container(schema, None, (), batches)


def _stream(file: Any, remote: bool) -> Container:
    schema = ipc.open_stream(file).schema

    def batches(columns: Sequence[str], groups: Sequence[int] | None, rows: int) -> Iterator[Any]:
        file.seek(0)
        yield from map(_valid, ipc.open_stream(file, options=_included(schema, columns)))

    return Container(schema, None, (), batches)


def _included(schema: Any, columns: Sequence[str]) -> Any:
    return ipc.IpcReadOptions(included_fields=[schema.get_field_index(name) for name in columns], use_threads=False)


def _valid(batch: Any) -> Any:
    """The batch, its offsets and codes checked: nothing else looks at them."""
    batch.validate(full=True)
    return batch


def _orc(file: Any, remote: bool) -> Container:
    opened = orc.ORCFile(file)

    def batches(columns: Sequence[str], groups: Sequence[int] | None, rows: int) -> Iterator[Any]:
        for at in range(opened.nstripes):
            yield opened.read_stripe(at, columns=list(columns))

    return Container(opened.schema, opened.nrows, (), batches)


def _refused(message: str, file: Any, remote: bool) -> Container:
    raise DataError(message)


_OPENERS: tuple[tuple[bytes, Callable[[Any, bool], Container]], ...] = (
    (b"PAR1", _parquet),
    (b"PARE", partial(_refused, "the file is encrypted")),
    (b"ARROW1", _arrow),
    (STREAM, _stream),
    (b"ORC", _orc),
    (b"FEA1", partial(_refused, "a Feather file of version 1 is not read; write it again with a newer Arrow")),
)


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """Turn what pyarrow raises for damaged, truncated or encrypted files into a DataError of one line."""
    try:
        yield
    except DataError as error:
        raise of_source(error, name) from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        text = " ".join(str(error).split())
        what = "the file is encrypted" if "crypt" in text.lower() else "the file is damaged or cut short"
        raise DataError(f"{name}: {what} ({text[:1].lower()}{text[1:160].rstrip('.')})") from None
