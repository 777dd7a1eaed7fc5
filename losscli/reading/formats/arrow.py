"""Arrow arrays as columns and blocks. The type of an array decides how its values are read; text is never cast.

Null and NaN are missing, as are the cells of text that are missing in any table. pyarrow is imported by whoever has
arrays to give; nothing here is reached without it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.arrays import Array, Flags
from losscli.data.blocks import Block, Cells, Layout, Origin, block_of_cells, cut_short
from losscli.data.categorical import Categorical
from losscli.data.cells import EXACT, is_text, number
from losscli.errors import DataError, RowError, plural, shown
from losscli.lazy import Lazy
from losscli.reading.text.careful import not_a_number
from losscli.records import record

pa: Any = Lazy("pyarrow")
compute: Any = Lazy("pyarrow.compute")
types: Any = Lazy("pyarrow.types")

NUMBER, BOOLEAN, TEXT, NOTHING, LIST, STRUCT = "numbers", "booleans", "text", "nothing", "lists", "records"

NOT_UTF8 = "these bytes are not UTF-8 text"

_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (NUMBER, ("is_integer", "is_floating", "is_decimal")),
    (BOOLEAN, ("is_boolean",)),
    (TEXT, ("is_string", "is_large_string", "is_string_view", "is_binary", "is_large_binary")),
    (NOTHING, ("is_null",)),
    (LIST, ("is_list", "is_large_list", "is_fixed_size_list")),
    (STRUCT, ("is_struct",)),
)


def number_kind(kind: Any) -> str:
    """What numbers of a type are: whole numbers, fractions or true and false; any other type by its name."""
    kind = plain_type(kind)
    if kind_of(kind) == LIST:
        return number_kind(kind.value_type)
    return "whole numbers" if types.is_integer(kind) else "fractions" if kind_of(kind) == NUMBER else kind_of(kind)


def float_bits(kind: Any, child: int | None) -> int:
    """The bits of the numbers of a type, or of a child of a struct: 16 or 32 of short floats, else 64."""
    kind = plain_type(kind)
    if types.is_struct(kind):
        kind = plain_type(kind.field(child or 0).type)
    elif kind_of(kind) == LIST:
        kind = plain_type(kind.value_type)
    return 16 if types.is_float16(kind) else 32 if types.is_float32(kind) else 64


def plain_type(kind: Any) -> Any:
    """The type of the values themselves: without dictionary, run lengths or a name of its own."""
    while True:
        if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
            kind = kind.value_type
        elif isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        else:
            return kind


@lru_cache(maxsize=256)
def kind_of(kind: Any) -> str:
    """What values of a type are: one of the words above, or for anything else the type's own name."""
    kind = plain_type(kind)
    return next((name for name, tests in _KINDS if any(getattr(types, test)(kind) for test in tests)), str(kind))


@record
class Place:
    """Where the cells of a table's column stand: a column of the file, or a child of one; or in the file's path."""

    name: str
    column: str | None
    child: int | None = None
    width: int = 1  # of the list that it is a cell of
    text: str = ""  # of a key in the path
    kind: str = ""


def block_of(batch: Any, layout: Layout, places: Sequence[Place], origin: Origin) -> Block:
    """The block of a record batch, whose cells stand in these places."""
    read = _reader_of(batch, layout)
    try:
        cells = {at: read(places[at], part) for at, part, _ in layout.cells}
        texts = [_extra(batch, places[at]) for at in layout.extra]
    except IndexError:
        raise DataError(f"{origin.source}: the file is damaged (a code is outside of its dictionary)") from None
    extra = tuple(words for words, _ in texts)
    block = block_of_cells(layout, batch.num_rows, cells, extra, origin, "null")
    faults = [RowError(row, "extra", at, NOT_UTF8) for at, (_, row) in enumerate(texts) if row is not None]
    fault = min(faults, key=lambda fault: fault.row, default=None)
    return block if fault is None or fault.row >= block.rows else cut_short(block, fault)


# --- one column -------------------------------------------------------------------------------------------------------
def _reader_of(batch: Any, layout: Layout) -> Callable[[Place, str], Cells]:
    """What reads the cells of a place for a part; lists are taken apart once for all of their places."""
    lists: dict[str, tuple[Array, tuple[int, str] | None]] = {}

    def read(place: Place, part: str) -> Cells:
        if place.column is None:
            return _constant(place.text, batch.num_rows, part, layout)
        array = _plain(batch.column(place.column))
        if place.child is None:
            return _cells(array, part, layout)
        if types.is_struct(array.type):
            return _cells(_plain(compute.struct_field(array, place.child)), part, layout)
        if kind_of(array.type.value_type) not in _NUMBERS:
            return _unreadable(array, f"expected one value, found lists of {array.type.value_type}")
        if place.column not in lists:
            lists[place.column] = _listed(array, place)
        matrix, fault = lists[place.column]
        return Cells(matrix[:, place.child], _nan(matrix[:, place.child]), fault, fault is not None)

    return read


def _cells(array: Any, part: str, layout: Layout) -> Cells:
    kind = kind_of(array.type)
    if part == "label" and (kind == TEXT or (kind == NUMBER and _is_large(array))):
        words, row = _coded(array if kind == TEXT else array.cast(pa.large_string()))
        missing = np.array([layout.is_missing(word, part) for word in words.categories], dtype=bool)[words.codes]
        return Cells(words, missing if missing.any() else None, None if row is None else (row, NOT_UTF8))
    reader = (_LABELS if part == "label" else _NUMBERS).get(kind)
    if reader:
        return reader(array)
    return _unreadable(array, "{} is text, not a number" if kind == TEXT else f"expected one value, found {kind}")


def _is_large(array: Any) -> bool:
    """Whether there are whole numbers that floats don't tell apart."""
    wide = types.is_integer(array.type) and array.type.bit_width > 32
    return wide and bool((np.abs(_float64(array)) >= EXACT).any())


def _listed(array: Any, place: Place) -> tuple[Array, tuple[int, str] | None]:
    """Lists of numbers as (n, width), NaN in each cell of a null; rows from the first list of another length on too."""
    width, fault = place.width, None
    lengths = _in_memory(compute.list_value_length(array), null=width)
    other = lengths != width
    if other.any():
        row = int(other.argmax())
        fault = row, f"column {shown(str(place.column))}: {plural(lengths[row], 'number')}, expected {width}"
        array = array[:row]
    there = _present(array)
    numbers = _float64(_plain(array.flatten())).reshape(-1, width)
    if there.all() and fault is None:
        return numbers, None
    matrix = np.full((len(other), width), np.nan)
    matrix[: len(array)][there] = numbers
    return matrix, fault


def _extra(batch: Any, place: Place) -> tuple[Categorical, int | None]:
    """The cells of a place as text, null as an empty cell, and the first row whose cell isn't UTF-8."""
    if place.column is None:
        return Categorical(np.zeros(batch.num_rows, np.intp), (place.text.strip(),)), None
    array = _plain(batch.column(place.column))
    if place.child is not None:
        struct = types.is_struct(array.type)
        array = compute.struct_field(array, place.child) if struct else compute.list_element(array, place.child)
    kind = kind_of(array.type)
    if kind == TEXT:
        return _coded(array)
    if kind not in (LIST, STRUCT):  # which pyarrow writes in a way of its own
        with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return _coded(array.cast(pa.large_string()))
    return _coded(pa.array([None if cell is None else str(cell) for cell in array.to_pylist()], pa.large_string()))


def _constant(text: str, rows: int, part: str, layout: Layout) -> Cells:
    """A key of the path, the same in each row."""
    missing = np.full(rows, layout.is_missing(text, part))
    value = number(text)
    if value is not None and not missing.any() and (part != "label" or abs(value) < EXACT):
        return Cells(np.full(rows, value), missing)
    if part == "label":
        return Cells(Categorical(np.zeros(rows, np.intp), (text,)), missing)
    return Cells(np.zeros(rows), missing, None if not rows or missing.any() else (0, not_a_number(text)))


def _unreadable(array: Any, what: str) -> Cells:
    """Cells that can't be read as what is wanted: the first that isn't null is a fault, those before it are missing.

    `what` says what is wrong, with the cell at `{}`.
    """
    rows = len(array)
    first = next((row for row in range(rows) if array[row].is_valid), rows)
    fault = None if first == rows else (first, what.format(shown(str(array[first].as_py())) if "{}" in what else ""))
    missing = np.arange(rows) < first
    return Cells(np.zeros(rows), missing if missing.any() else None, fault)


def _plain(array: Any) -> Any:
    """The array of the values themselves, but for text, whose dictionary is of use."""
    while not _is_plain(array.type):
        kind = array.type
        if types.is_run_end_encoded(kind):
            array = compute.run_end_decode(array)
        elif isinstance(kind, pa.BaseExtensionType):
            array = array.storage
        else:
            array = array.dictionary_decode()
    return array


@lru_cache(maxsize=256)
def _is_plain(kind: Any) -> bool:
    if types.is_dictionary(kind):
        return kind_of(kind) == TEXT
    return not (types.is_run_end_encoded(kind) or isinstance(kind, pa.BaseExtensionType))


def _numbers(array: Any) -> Cells:
    values = _float64(array)
    whole = types.is_integer(array.type) and not array.null_count
    return Cells(values, None if whole else _nan(values))


def _float64(array: Any) -> Array:
    """Numbers as the nearest floats, null as NaN. Decimals go by their text: a cast is off in the last digit."""
    if types.is_decimal(array.type):
        array = array.cast(pa.string())
    if not (types.is_integer(array.type) or types.is_floating(array.type)):
        array = array.cast(pa.float64(), safe=False)
    values = _in_memory(array).astype(np.float64, copy=False)
    return np.where(_present(array), values, np.nan) if array.null_count else values


# `to_numpy`, `fill_null` and, of old, `to_pandas_dtype` import pandas, which takes longer than many a file.
def _in_memory(array: Any, null: int = 0) -> NDArray[Any]:
    """The numbers (n,) of an array where they stand in memory; `null` for nulls."""
    family = "f" if types.is_floating(array.type) else "u" if types.is_unsigned_integer(array.type) else "i"
    kind, buffer = np.dtype(f"{family}{array.type.bit_width // 8}"), array.buffers()[1]
    if not len(array) or buffer is None:
        return np.full(len(array), null, kind)
    values = np.frombuffer(buffer, kind, len(array), array.offset * kind.itemsize)
    return np.where(_present(array), values, null) if array.null_count else values


def _present(array: Any) -> Flags:
    """Where an array (n,) isn't null, by its bits."""
    if not array.null_count:
        return np.ones(len(array), dtype=bool)
    return _bits(array, 0)


def _bits(array: Any, buffer: int) -> Flags:
    """The bits (n,) of a buffer of an array: 0 is which cells aren't null, 1 the values of booleans."""
    if array.buffers()[buffer] is None:
        return np.zeros(len(array), dtype=bool)
    first, skipped = divmod(array.offset, 8)
    count = (skipped + len(array) + 7) // 8
    bits = np.unpackbits(np.frombuffer(array.buffers()[buffer], np.uint8, count, first), bitorder="little")
    return bits[skipped : skipped + len(array)].view(np.bool_)


def _nan(values: Array) -> Flags | None:
    return np.isnan(values) if np.isnan(values.min(initial=inf)) else None  # the least of some values with NaN is NaN


def _truths(array: Any) -> Cells:
    codes = np.where(_present(array), _bits(array, 1), 2)
    return Cells(Categorical(codes, ("false", "true", "")), codes == 2)


def _coded(array: Any) -> tuple[Categorical, int | None]:
    """Text as words, trimmed, null as an empty one, and the first row whose bytes aren't UTF-8."""
    coded = array if types.is_dictionary(array.type) else array.dictionary_encode()
    try:
        raw = coded.dictionary.to_pylist()
    except UnicodeDecodeError:
        raw = coded.dictionary.cast(pa.large_binary()).to_pylist()
    cells = [cell.decode("utf-8", "surrogateescape") if isinstance(cell, bytes) else cell for cell in raw]
    codes = _in_memory(coded.indices).astype(np.intp)
    if coded.indices.null_count:
        codes[~_present(coded.indices)] = len(cells)
    if len(codes) and not 0 <= codes.min() <= codes.max() <= len(cells):
        raise IndexError
    strange = np.array([*(not is_text(cell or "") for cell in cells), False], dtype=bool)
    row = int(strange[codes].argmax()) if strange.any() and strange[codes].any() else None
    places: dict[str, int] = {}  # of the words, each once
    place = [places.setdefault((cell or "").strip(), len(places)) for cell in (*cells, None)]
    codes = codes if len(places) == len(place) else np.array(place, dtype=np.intp)[codes]
    return Categorical(codes, tuple(places)), row


_NUMBERS: dict[str, Callable[[Any], Cells]] = {NUMBER: _numbers, BOOLEAN: _numbers, NOTHING: _numbers}
_LABELS: dict[str, Callable[[Any], Cells]] = {NUMBER: _numbers, BOOLEAN: _truths, NOTHING: _numbers}
