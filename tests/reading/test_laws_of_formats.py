"""Laws of formats: a table is the same table in each kind of file, whatever is asked of it and however it is cut."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from conftest import answer, npy, npz, record, refusal, scaled, write
from test_blocks import blocks

pytestmark = pytest.mark.usefixtures("here")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
orc = pytest.importorskip("pyarrow.orc")
columnar = pytest.importorskip("losscli.reading.formats.parquet")

Columns = Mapping[str, Sequence[Any]]  # of one type each, None for a missing cell


def as_csv(name: str, columns: Columns) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return write(f"{name}.csv", "\n".join([",".join(columns), *lines, ""]))


def as_json(name: str, columns: Columns) -> str:
    rows = zip(*columns.values(), strict=True)
    return write(f"{name}.jsonl", "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))


def in_any_order(name: str, columns: Columns) -> str:
    """Objects of several shapes: keys in another order, and without those whose cell is missing."""
    lines = []
    for at, row in enumerate(zip(*columns.values(), strict=True)):
        pairs = [pair for pair in zip(columns, row, strict=True) if at == 0 or pair[1] is not None]
        lines.append(json.dumps(dict(pairs if at % 3 else reversed(pairs))))
    return write(f"{name}.jsonl", "\n".join([json.dumps({key: columns[key][0] for key in columns}), *lines[1:], ""]))


def arrays(columns: Columns) -> dict[str, Any]:
    found = {}
    for name, cells in columns.items():
        words = any(isinstance(cell, str) for cell in cells)
        found[name] = np.array([("" if words else np.nan) if cell is None else cell for cell in cells])
    return found


def as_npz(name: str, columns: Columns) -> str:
    return write(f"{name}.npz", npz(**arrays(columns)))


def as_fields(name: str, columns: Columns) -> str:
    found = arrays(columns)
    rows = np.empty(len(next(iter(found.values()))), [(key, array.dtype) for key, array in found.items()])
    for key, array in found.items():
        rows[key] = array
    return write(f"{name}.npy", npy(rows))


def table(columns: Columns) -> Any:
    return pa.table({name: pa.array(cells) for name, cells in columns.items()})


def as_parquet(name: str, columns: Columns, **options: Any) -> str:
    parquet.write_table(table(columns), f"{name}.parquet", **options)
    return f"{name}.parquet"


def in_row_groups(name: str, columns: Columns) -> str:
    return as_parquet(name, columns, row_group_size=3)


def as_arrow(name: str, columns: Columns) -> str:
    whole = table(columns)
    with pa.ipc.new_file(f"{name}.arrow", whole.schema) as writer:
        writer.write_table(whole)
    return f"{name}.arrow"


def as_stream(name: str, columns: Columns) -> str:
    """Batches of which each is a part of a longer array; words are coded."""
    whole = table(columns)
    for at, field in enumerate(whole.schema):
        if pa.types.is_string(field.type):
            whole = whole.set_column(at, field.name, whole.column(at).dictionary_encode())
    with pa.ipc.new_stream(f"{name}.arrow", whole.schema) as writer:
        writer.write_table(whole, max_chunksize=4)
    return f"{name}.arrow"


def as_orc(name: str, columns: Columns) -> str:
    orc.write_table(table(columns), f"{name}.orc")
    return f"{name}.orc"


KINDS: dict[str, Callable[[str, Columns], str]] = {
    "JSON lines": as_json,
    "JSON lines in any order": in_any_order,
    "arrays": as_npz,
    "an array of fields": as_fields,
    "Parquet": as_parquet,
    "Parquet in row groups": in_row_groups,
    "Arrow": as_arrow,
    "a stream": as_stream,
    "ORC": as_orc,
}


@contextmanager
def cut(rows: int) -> Iterator[None]:
    """Blocks of so many rows, in each kind of file."""
    with blocks(24 * rows - 23, rows), patch.object(columnar, "BATCH_ROWS", rows):
        yield


TWO = {
    "label": [1, 0, 0, 1, 1, 0, 1, 0],
    "p": [0.8, 0.3, 0.4, 0.7, 0.55, 1e-9, 0.95, 0.6],
    "q": [0.7, 0.3, 0.1, 0.9, 0.5, 0.25, 0.6, 0.65],
    "w": [1.0, 2.0, 0.0, 1.5, 1.0, 0.25, 3.0, 1.0],
    "g": ["a", "b", "a", "c", "b", "a", "c", "c"],
    "id": [7, 3, 12, 5, 1, 100, 2, 9],
}
WORDS = {**TWO, "label": ["yes" if label else "no" for label in TWO["label"]]}
DASHES = {**TWO, "label": ["+" if label else "-" for label in TWO["label"]]}
SEVERAL = {
    "label": ["cat", "dog", "emu", "cat", "emu", "dog"],
    "p_cat": [0.7, 0.3, 0.25, 0.5, 0.1, 0.2],
    "p_dog": [0.2, 0.6, 0.25, 0.25, 0.2, 0.5],
    "p_emu": [0.1, 0.1, 0.5, 0.25, 0.7, 0.3],
    "w": [1.0, 2.0, 0.5, 1.0, 1.0, 2.0],
    "g": ["a", "b", "a", "c", "b", "a"],
}
COUNTED = {**{name: cells for name, cells in SEVERAL.items() if name != "label"}, "label": [0, 1, 2, 0, 2, 1]}
SOFT = {
    "y_0": [1.0, 0.25, 0.0, 0.5, 1.0],
    "y_1": [0.0, 0.75, 1.0, 0.5, 0.0],
    "p_0": [0.8, 0.3, 0.4, 0.6, 0.1],
    "p_1": [0.2, 0.7, 0.6, 0.4, 0.9],
}
FEATURES = {"y": [1, 0, 1, 1, 0, 0, 1], "a": [2.0, -1.0, 0.5, 3.0, -2.0, 1.0, 0.25], "b": [1, 2, 0, 1, 1, 0, 3]}
CALLS: tuple[tuple[str, Columns], ...] = (
    ("bce -p p -w w --worst 9 --show g,id", TWO),
    ("bce -p p --by g --ci 0.9", TWO),
    ("bce -p p -p q --by g", TWO),
    ("bce -p 3 -y 1 -w 4", TWO),
    ("bce -p p --worst 9 --show *", {name: TWO[name] for name in ("g", "label", "p", "id")}),
    ("bce -p p --positive 0 --calibration 3", TWO),
    ("bce -p p --positive yes", WORDS),
    ("bce -p p --positive - --worst 2", DASHES),
    ("bce -p p --positive +", DASHES),
    ("bce -y label,label2 -p p,q", {**TWO, "label2": [0, 0, 1, 1, 0, 1, 1, 0]}),
    ("bce -p z --from logits", {**TWO, "z": [1.5, -2.0, 0.25, -0.125, 3.0, 1.0, 0.0, 2.0]}),
    ("nll -p p --by g", TWO),
    ("nll -p p", {"p": TWO["p"]}),
    ("ce -w w --worst 6 --show g", SEVERAL),
    ("ce --by g --class-weight 1,2,0.5", SEVERAL),
    ("ce -p p_cat,p_dog,p_emu -y label", COUNTED),
    ("ce -y y_0,y_1 -p p_0,p_1", SOFT),
    ("grad bce -p p -w w -r none", TWO),
    ("grad ce -y label --wrt logits", SEVERAL),
    ("fit bce -y y -x a,b --steps 3", FEATURES),
    ("fit bce -y y -x a,c --steps 3", {**FEATURES, "c": ["u", "v", "u", "w", "v", "u", "w"]}),
    ("fit temperature -y label -p p", TWO),
)


def shown(*args: str) -> dict[str, Any]:
    """What a call prints, without what depends on the kind of its files: their names, and lines beside rows."""
    found = record(*args)
    found.pop("sources", None)
    for one in found.get("worst") or ():
        one.pop("line", None), one.pop("file", None)
    return found


def test_a_table_gives_the_same_answer_from_each_kind_of_file() -> None:
    sizes = cycle((None, 1, 3, 2))
    for (call, columns), offset in zip(CALLS, cycle(range(4)), strict=False):
        args = call.split()
        expected = shown(*args, as_csv("t", columns))
        for name, kind in list(KINDS.items())[offset :: 1 if scaled(10) > 1 else 5]:
            path, size = kind("t", columns), next(sizes)
            with cut(size or 1000):
                assert shown(*args, path) == expected, (call, name, size)


GAPS = (  # a call, the columns of its table that may have gaps, and the table
    ("bce -p p -w w --worst 9 --show g,id --by g", ("label", "p", "w", "g"), TWO),
    ("bce -p p --positive yes --worst 9", ("label", "p"), WORDS),
    ("bce -p p -p q", ("label", "q"), TWO),
    ("bce -y label,label2 -p p,q", ("label2", "q"), {**TWO, "label2": [0, 0, 1, 1, 0, 1, 1, 0]}),
    ("ce -w w --worst 6", ("label", "p_cat", "p_emu", "w"), SEVERAL),
    ("nll -p p", ("p",), {"p": TWO["p"]}),
    ("grad bce -p p -r none", ("label", "p"), TWO),
    ("fit bce -y y -x a,b --steps 3", ("y", "a", "b"), FEATURES),
    ("fit bce -y y -x a,c --steps 3", ("a", "c"), {**FEATURES, "c": ["u", "v", "u", "w", "v", "u", "w"]}),
)


def with_gaps(columns: Columns, names: Sequence[str], rows: Sequence[int]) -> dict[str, list[Any]]:
    """The table with a missing cell in each of these columns and rows, taken in turn."""
    found = {name: list(cells) for name, cells in columns.items()}
    for name, row in zip(cycle(names), rows, strict=False):
        found[name][row] = None
    return found


def place(name: str, kind: str, row: int, rows_of_a_group: int = 3) -> str:
    if kind.startswith("JSON") or name.endswith(".csv"):
        return f"{name}:{row + 1 + name.endswith('.csv')}: "
    group = "" if "Parquet" not in kind else f" (row group {row // rows_of_a_group + 1 if 'groups' in kind else 1})"
    return f"{name}: row {row + 1}{group}: "


def test_missing_cells_are_dropped_or_told_alike_in_each_kind_of_file() -> None:
    sizes, offsets = cycle((None, 1, 3, 2)), cycle(range(len(KINDS)))
    for (call, names, columns), at in product(GAPS, range(3)):
        own = names[at % len(names) :] + names[: at % len(names)]
        count = len(next(iter(columns.values())))
        rows = ((2,), (1, 4), (1, 2, 3, count - 2))[at]  # the last line of one column would be nothing if blank
        gaps = with_gaps(columns, own, rows)
        args = call.split()
        expected = shown(*args, "--na", "drop", as_csv("t", gaps))
        first = min(row for row, name in zip(rows, cycle(own), strict=False) if name != "g")
        column = own[rows.index(first) % len(own)]
        start = next(offsets)
        kinds = [*KINDS.items()]
        for name, kind in [*kinds[start:], *kinds[:start]][:: 1 if scaled(10) > 1 else 8]:
            path = kind("t", gaps)
            with cut(next(sizes) or 1000):
                assert shown(*args, "--na", "drop", path) == expected, (call, name, rows)
                said = refusal(*args, path)
            assert said.startswith(f"{place(path, name, first)}column '{column}': the cell is missing"), (call, said)


def test_values_that_can_not_be_are_told_with_their_row_in_each_kind_of_file() -> None:
    sizes = cycle((None, 1, 3, 2))
    cases = (
        ("bce -p p", "p", 1.5, "1.5 is not a probability", TWO),
        ("bce -p p", "p", -0.25, "-0.25 is not a probability", TWO),
        ("bce -p p", "label", 2, "label 2 is not", TWO),
        ("bce -p p -w w", "w", -1.0, "-1 is not a weight", TWO),
        ("bce -p p -p q", "q", 7.0, "7 is not a probability", TWO),
        ("ce", "label", "cow", "label 'cow' is not a class", SEVERAL),
        ("ce", "p_emu", 1.25, "1.25 is not a probability", SEVERAL),
        ("grad bce -p p", "p", 1.5, "1.5 is not a probability", TWO),
        ("nll -p p", "p", 1.5, "1.5 is not a probability", {"p": TWO["p"]}),
    )
    for case, ((call, column, bad, what, columns), offset) in enumerate(zip(cases, cycle(range(4)), strict=False)):
        cells = list(columns[column])
        for row, (name, kind) in zip(cycle((4, 1, 5, 0)), list(KINDS.items())[offset :: 1 if scaled(10) > 1 else 4]):
            row = (row + case) % len(cells)
            path = kind("t", {**columns, column: [*cells[:row], bad, *cells[row + 1 :]]})
            with cut(next(sizes) or 1000):
                said = refusal(*call.split(), path)
            assert said.startswith(f"{place(path, name, row)}column '{column}': {what}"), (call, name, said)


PROBS = [[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.25, 0.25, 0.5], [0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]]
LOGITS = [[2.0, 0.5, -1.0], [0.0, 1.5, 1.0], [0.25, -0.5, 3.0], [1.0, 1.0, 1.0], [-2.0, 0.0, 0.5], [4.0, 1.0, 2.0]]
ROWS: dict[str, list[Any]] = {
    "g": ["a", "b", "a", "c", "b", "a"],
    "label": [0, 1, 2, 0, 2, 1],
    "probs": PROBS,
    "w": [1.0, 2.0, 0.5, 1.0, 1.0, 2.0],
    "z": LOGITS,
}


def spread(columns: Columns) -> dict[str, list[Any]]:
    """The table with a column for each entry of its lists."""
    found: dict[str, list[Any]] = {}
    for name, cells in columns.items():
        if not any(isinstance(cell, list) for cell in cells):
            found[name] = list(cells)
            continue
        for at in range(3):
            found[f"{name}_{at}"] = [None if cell is None else cell[at] for cell in cells]
    return found


def listed_csv(name: str, columns: Columns) -> str:
    quoted = {key: [f'"{one}"' if isinstance(one, list) else one for one in cells] for key, cells in columns.items()}
    return as_csv(name, quoted)


def listed_npz(name: str, columns: Columns) -> str:
    blank = [np.nan] * 3
    found = {key: [blank if one is None and key in ("probs", "z") else one for one in columns[key]] for key in columns}
    return as_npz(name, found)


def fixed(name: str, columns: Columns, struct: bool = False) -> str:
    """Lists of a fixed length, or records."""
    whole = table(columns)
    for key in ("probs", "z"):
        cells, kind = columns[key], pa.list_(pa.float64(), 3)
        if struct:
            kind = pa.struct([(str(at), pa.float64()) for at in range(3)])
            cells = [None if cell is None else {str(at): one for at, one in enumerate(cell)} for cell in cells]
        whole = whole.set_column(whole.schema.get_field_index(key), key, pa.array(cells, kind))
    with pa.ipc.new_file(f"{name}.arrow", whole.schema) as writer:
        writer.write_table(whole)
    return f"{name}.arrow"


def records(name: str, columns: Columns) -> str:
    return fixed(name, columns, struct=True)


def objects(name: str, columns: Columns) -> str:
    def entries(cell: Any) -> Any:
        return {str(at): one for at, one in enumerate(cell)} if isinstance(cell, list) else cell

    return as_json(name, {key: list(map(entries, cells)) for key, cells in columns.items()})


NESTED: dict[str, Callable[[str, Columns], str]] = {
    "JSON lines": as_json,
    "JSON objects": objects,
    "CSV": listed_csv,
    "arrays": listed_npz,
    "Parquet": as_parquet,
    "Parquet in row groups": in_row_groups,
    "Arrow": as_arrow,
    "a stream": as_stream,
    "lists of one length": fixed,
    "records": records,
    "ORC": as_orc,
}


def test_lists_are_columns_beside_any_others_in_each_kind_of_file() -> None:
    sizes, offset = cycle((None, 1, 3, 2)), cycle(range(8))
    calls = (  # of the lists, and of the table with a column for each entry
        ("ce -y label -p probs", "ce -y label -p probs_*"),
        ("ce -p z -y label --from logits -w w", "ce -p z_* -y label --from logits -w w"),
        ("ce -y label -p probs --by g --worst 3", "ce -y label -p probs_* --by g --worst 3"),
        ("ce -y 2 -p 3 -w 4", "ce -y label -p probs_* -w w"),
        ("fit temperature -y label -p z", "fit temperature -y label -p z_*"),
        ("grad ce -y label -p probs -r none", "grad ce -y label -p probs_* -r none"),
    )
    gaps = (None, ("probs", 2), ("z", 4), ("label", 1), ("w", 3))
    for (own, plain), gap in product(calls, gaps):
        columns: dict[str, list[Any]] = {name: list(cells) for name, cells in ROWS.items()}
        if gap is not None:
            columns[gap[0]][gap[1]] = None
        expected = shown(*plain.split(), "--na", "drop", as_csv("t", spread(columns)))
        for name, kind in list(NESTED.items())[next(offset) :: 1 if scaled(10) > 1 else 8]:
            if own == "ce -y 2 -p 3 -w 4" and (name.startswith("JSON") or name == "arrays"):
                continue  # their entries are counted
            path = kind("t", columns)
            with cut(next(sizes) or 1000):
                found = shown(*own.split(), "--na", "drop", path)
            for part in ("columns", "classes", "labels"):
                found.pop(part, None), expected.pop(part, None)
            assert found == expected, (own, gap, name)


def test_all_other_columns_are_shown_and_lists_by_their_entries_in_each_kind_of_file() -> None:
    shows = {
        "*": ["g", "w", "z_0", "z_1", "z_2"],
        "z": ["z_0", "z_1", "z_2"],
        "z_1,g": ["z_1", "g"],
        "g,z": ["g", "z_0", "z_1", "z_2"],
        "probs": ["probs_0", "probs_1", "probs_2"],
        "label,w": ["label", "w"],
    }
    for name, kind in NESTED.items():
        path = kind("t", ROWS)
        for text, names in shows.items():
            if name == "records":
                text, names = text.replace("_", "."), [one.replace("_", ".") for one in names]
            worst = record("ce", "-y", "label", "-p", "probs", "--worst", "6", "--show", text, path)["worst"]
            assert list(worst[0]["cells"]) == names, (name, text)
            for one in worst:
                for column, cells in (("w", ROWS["w"]), ("z_1", [row[1] for row in LOGITS])):
                    if column in names:
                        assert float(one["cells"][column]) == cells[one["row"] - 1], (name, text)


def rows_of(columns: Columns, rows: Sequence[int]) -> dict[str, list[Any]]:
    return {name: [cells[row] for row in rows] for name, cells in columns.items()}


def test_files_of_any_kinds_with_their_columns_in_any_order_are_one_table() -> None:
    """Each file has a row, two, or the rest; the columns of the second stand the other way round."""
    Path("parts").mkdir()
    kinds, sizes = cycle([*KINDS.values(), as_csv]), cycle((None, 1, 3))
    for call, columns in CALLS:
        if "-p 3" in call or "*" in call:
            continue  # by number, or all in their order
        args, count = call.split(), len(next(iter(columns.values())))
        expected = shown(*args, as_csv("t", columns))
        for _ in range(1 if scaled(10) == 1 else 10):
            for path in Path("parts").iterdir():
                path.unlink()
            for at, rows in enumerate((range(1), range(1, 3), range(3, count))):
                part = rows_of(columns, rows)
                next(kinds)(f"parts/{at}", part if at != 1 else dict(reversed(part.items())))
            with cut(next(sizes) or 1000):
                assert shown(*args, "parts") == expected, (call, sorted(Path("parts").iterdir()))


def test_labels_and_predictions_may_be_in_files_of_any_two_kinds() -> None:
    """By position, and by key with the rows of either file in another order."""
    kinds = [*KINDS.items(), ("CSV", as_csv)]
    pairs, sizes = cycle(product(kinds, kinds[::-1])), cycle((None, 1, 3, 2))
    calls: tuple[tuple[str, Columns], ...] = (
        ("bce -w w --worst 9 --show g", TWO),
        ("bce -p p -p q --by g", TWO),
        ("bce -y label --positive yes", WORDS),
        ("bce -y label --positive - -p p", DASHES),
        ("ce -w w --by g --worst 4", SEVERAL),
        ("ce -y label -p p_cat,p_dog,p_emu", COUNTED),
        ("ce -y y_0,y_1 -p p_0,p_1", SOFT),
    )
    for call, columns in calls:
        count = len(next(iter(columns.values())))
        held = {"key": [f"k{at}" for at in range(count)], **columns}
        labels = {name: cells for name, cells in held.items() if name[0] in "klgwy"}
        preds = {name: cells for name, cells in held.items() if name[0] in "kpq"}
        args, turned = call.split(), [*range(count)][::-1]
        expected = shown(*args, as_csv("y", labels), as_csv("p", preds))
        for _ in range(1 if scaled(10) == 1 else 20):
            (name, kind), (other, another) = next(pairs)
            with cut(next(sizes) or 1000):
                found = shown(*args, kind("y", labels), another("p", preds))
                assert found == expected, (call, name, other)
                found = shown(*args, kind("y", rows_of(labels, turned)), another("p", preds), "--key", "key")
                assert found == expected, (call, name, other)
                of_labels, of_preds = rows_of(labels, [*turned, 0]), rows_of(preds, [*range(count), 0])
                of_labels["key"][-1], of_preds["key"][-1] = "alone", "alone too"
                more = ("--key", "key", "--unmatched", "drop")
                found = shown(*args, kind("y", of_labels), another("p", of_preds), *more)
                assert found.pop("unmatched") == 2 and "2 rows of one table" in str(found.pop("notes"))
                assert {**found, "unmatched": 0, "notes": expected["notes"]} == expected, (call, name, other)


def test_the_names_of_files_whose_columns_have_names_are_names_whatever_they_are() -> None:
    numbered = {"y": [0, 1, 2], "0": [0.7, 0.2, 0.1], "1": [0.2, 0.5, 0.3], "2": [0.1, 0.3, 0.6]}
    for (name, kind), option in zip(KINDS.items(), cycle(((), ("--header",), ("--no-header",))), strict=False):
        assert shown("ce", "-y", "y", kind("t", numbered), *option) == shown("ce", as_csv("t", numbered)), name
        preds = {key: cells for key, cells in numbered.items() if key != "y"}
        assert record("ce", "0,1,2", kind("p", preds), *option)["columns"]["prob"] == ["0", "1", "2"], (name, option)
        assert record("bce", kind("t", TWO), "-p", "p", *option)["columns"]["label"] == "label", (name, option)


def test_arrays_of_any_type_are_read_from_any_row_on() -> None:
    """Batches are cut into blocks that begin within bytes of bits, and within the arrays of a file."""
    labels = [1, 0, None, 1, 1, 0, 0, 1, None, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]
    probs = [None if at in (4, 11) else (at % 7 + 1) / 8 for at in range(19)]
    weights = [None if at == 6 else at % 4 + 1 for at in range(19)]
    groups = [None if at % 6 == 5 else "ab"[at % 2] for at in range(19)]
    args = ("bce", "-p", "p", "-w", "w", "--by", "g", "--worst", "19", "--show", "label", "--na", "drop")
    plain = {"label": labels, "p": probs, "w": weights, "g": groups}
    expected = shown(*args, as_csv("t", plain))
    truth = shown(*args, as_csv("t", {**plain, "label": [None if y is None else str(y == 1).lower() for y in labels]}))
    bools = [None if y is None else y == 1 for y in labels]
    texts = [None if y is None else str(y) for y in labels]
    for name, label, p, w, g in (
        ("small", pa.array(labels, pa.int8()), pa.array(probs, pa.float32()), pa.array(weights, pa.uint8()), None),
        ("wide", pa.array(labels, pa.int64()), pa.array(probs), pa.array(weights, pa.uint64()), None),
        ("truths", pa.array(bools), pa.array(probs), pa.array(weights, pa.int16()), None),
        ("text", pa.array(texts), pa.array(probs), pa.array(weights, pa.float64()), pa.large_string()),
        ("codes", pa.array(texts).dictionary_encode(), pa.array(probs), pa.array(weights, pa.int32()), "codes"),
        ("coded numbers", pa.array(labels).dictionary_encode(), pa.array(probs).dictionary_encode(), weights, "codes"),
        ("bytes", pa.array(texts, pa.binary()), pa.array(probs), weights, pa.binary()),
    ):
        words = pa.array(groups)
        words = words.dictionary_encode() if g == "codes" else words if g is None else words.cast(g)
        whole = pa.table({"label": label, "p": p, "w": w, "g": words})
        with pa.ipc.new_file("t.arrow", whole.schema) as writer:
            writer.write_table(whole)
        with pa.ipc.new_file("s.arrow", whole.schema) as writer:  # batches that begin elsewhere
            writer.write_table(whole.slice(0, 5))
            writer.write_table(whole.slice(5, 9))
            writer.write_table(whole.slice(14))
        for path, rows in product(("t.arrow", "s.arrow"), (1000, 5, 3)):
            with cut(rows):
                found = shown(*args, path)
            assert found == (truth if name == "truths" else expected), (name, path, rows)


def test_the_one_column_of_lists_that_may_be_the_classes_is_taken_whatever_stands_beside_it() -> None:
    labels, probs, others = [0, 1, 1, 0], [[0.7, 0.3], [0.4, 0.6], [0.5, 0.5], [0.9, 0.1]], [[0.5, 0.5]] * 4
    right = answer("ce", "0,1,1,0", "0.7,0.3;0.4,0.6;0.5,0.5;0.9,0.1")
    for columns in (
        {"label": labels, "x": probs},
        {"x": probs, "label": labels},
        {"id": [5, 6, 7, 8], "label": labels, "x": probs},
        {"label": labels, "x": probs, "g": ["a", "b", "a", "b"]},
        {"label": labels, "weight": [1.0, 2.0, 3.0, 4.0], "x": probs},
        {"Label": labels, "Probs": probs},
        {"label": labels, "x": others, "PROBS": probs},
        {"label": labels, "probability": probs, "x": others},
        {"label": labels, "p": [0.5] * 4, "probs": probs, "age": [1, 2, 3, 4]},
    ):
        for kind in (as_parquet, as_arrow, as_orc):
            for command in ("ce", "nll"):
                if command == "ce" or "p" not in columns:
                    assert answer(command, kind("t", columns)) == right, (columns, command)
        (
            as_parquet("y", {"label": labels}),
            as_parquet("p", {key: cells for key, cells in columns.items() if "abel" not in key}),
        )
        assert answer("ce", "y.parquet", "p.parquet") == right, columns
    for columns, said in (
        ({"label": labels, "x": probs, "z": others}, "no prediction column beside the label"),
        ({"label": labels, "probs": probs, "scores": others}, "no prediction column beside the label"),
        (
            {"label": labels, "x": probs, "age": [1, 2, 3, 4]},
            "ce needs a column for each class, but there is only 'age'",
        ),
    ):
        assert refusal("ce", as_parquet("t", columns)).startswith(f"t.parquet: {said}"), columns
    one = as_parquet("t", {"label": labels, "probs": probs})
    assert refusal("bce", one) == "t.parquet: row 1 (row group 1): column 'probs': expected one value, found lists"
    assert refusal("bce", one, "-p", "probs").startswith("t.parquet: 1 label column and 2 prediction columns")
    assert answer("bce", one, "-p", "probs_1") == answer("bce", "0,1,1,0", "0.3,0.6,0.5,0.1")


def test_text_is_the_same_with_spaces_around_it_in_each_kind_of_file() -> None:
    columns = {"label": [" cat", "dog ", "\tcat", "dog"], "p_cat": [0.8, 0.3, 0.6, 0.5], "p_dog": [0.2, 0.7, 0.4, 0.5]}
    columns["g"] = [" a", "a ", "b", " b "]
    right = answer("ce", "0,1,0,1", "0.8,0.2;0.3,0.7;0.6,0.4;0.5,0.5")
    for name, kind in {**KINDS, "CSV": as_csv}.items():
        found = record("ce", kind("t", columns), "--by", "g")
        assert found["value"] == right, name
        assert sorted((one["group"]["g"], one["n"]) for one in found["groups"]) == [("a", 2), ("b", 2)], name


def test_keys_of_a_path_are_labels_weights_and_features_of_a_file_with_types() -> None:
    def placed(key: str, columns: Columns) -> str:
        path = Path("t") / key
        path.mkdir(parents=True, exist_ok=True)
        return as_parquet(str(path / "a"), columns)

    probs = {"p": [0.8, 0.3]}
    assert answer("bce", placed("y=1", probs), "-y", "y", "-p", "p") == answer("bce", "1,1", "0.8,0.3")
    assert answer("bce", placed("y=yes", probs), "-y", "y", "-p", "p", "--positive", "yes") == answer(
        "bce", "1,1", "0.8,0.3"
    )
    both = {"label": [1, 0], **probs}
    assert answer("bce", placed("w=2.5", both), "-w", "w", "-p", "p", "-r", "sum") == answer(
        "bce", "1,0", "0.8,0.3", "-w", "2.5", "-r", "sum"
    )
    assert answer("bce", placed("q=0.25", both), "-p", "q") == answer("bce", "1,0", "0.25,0.25")
    said = refusal("bce", placed("w=x", both), "-w", "w", "-p", "p")
    assert said == "t/w=x/a.parquet: row 1 (row group 1): column 'w': 'x' is not a number"
    for key, args in (("w", ("-w", "w", "-p", "p")), ("y", ("-y", "y", "-p", "p")), ("q", ("-p", "q"))):
        path = placed(f"{key}=__HIVE_DEFAULT_PARTITION__", both)
        said = refusal("bce", path, "-y", "label", *args) if key != "y" else refusal("bce", path, *args)
        assert f"row 1 (row group 1): column '{key}': the cell is missing" in said, said
        said = refusal("bce", path, *(("-y", "label") if key != "y" else ()), *args, "--na", "drop")
        assert said.endswith("all rows are dropped"), said


def test_lists_are_features_where_they_are_chosen_and_else_named_as_left_out() -> None:
    columns = {
        "label": [0, 1, 1, 0],
        "x": [[0.5, 1.0], [2.0, 1.5], [0.0, 1.0], [1.0, 0.25]],
        "age": [1.0, 2.0, 2.5, 1.5],
    }
    for kind in (as_parquet, as_arrow, as_orc):
        path = kind("t", columns)
        found = record("fit", "bce", path, "-y", "label", "--steps", "2")
        assert [one["parameter"] for one in found["parameters"]] == ["intercept", "age"]
        assert "not used as features: 'x'; choose the features with -x" in found["notes"]
        found = record("fit", "bce", path, "-y", "label", "-x", "x,age", "--steps", "2")
        assert [one["parameter"] for one in found["parameters"]] == ["intercept", "x_0", "x_1", "age"]
        assert not any("not used" in note for note in found["notes"])
    for kind in (as_json, listed_csv, as_npz):
        found = record("fit", "bce", kind("t", columns), "-y", "label", "--steps", "2")
        assert [one["parameter"] for one in found["parameters"]] == ["intercept", "x_0", "x_1", "age"]
