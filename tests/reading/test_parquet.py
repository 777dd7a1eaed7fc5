"""Parquet, Arrow and ORC files read to the digits that the same rows in a CSV file give, or are refused in one line."""

import decimal
import importlib
import math
import random
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from conftest import answer, close, crossed, process, record, refusal, run

from losscli.data.columns import ColumnSelection
from losscli.enums import Form
from losscli.reading.open import ReadOptions, open_data

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
orc = pytest.importorskip("pyarrow.orc")
feather = pytest.importorskip("pyarrow.feather")

LABELS, PROBS = [1, 0, 0, 1], [0.8, 0.3, 0.4, 0.7]
MEAN = 0.36182976573941633  # of these, as the README computes it from text
WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "parquet": parquet.write_table,
    "arrow": lambda table, path: _ipc(pa.ipc.new_file, table, path),
    "arrows": lambda table, path: _ipc(pa.ipc.new_stream, table, path),
    "orc": lambda table, path: orc.write_table(table, str(path)),
}


def _ipc(opener: Any, table: Any, path: Path) -> None:
    with opener(str(path), table.schema) as writer:
        writer.write_table(table)


def written(path: Path, columns: Mapping[str, Any], **options: Any) -> Path:
    parquet.write_table(pa.table(dict(columns)), path, **options)
    return path


def binary(path: Path, **changed: Any) -> Path:
    return written(path, {"label": LABELS, "prob": PROBS, **changed})


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_of_columns_gives_the_digits_of_the_text(kind: str, tmp_path: Path) -> None:
    WRITERS[kind](pa.table({"label": LABELS, "prob": PROBS}), tmp_path / "table")

    found = record("bce", tmp_path / "table")

    assert (found["value"], found["n"]) == (MEAN, 4)
    assert found["columns"] == {"label": "label", "prob": "prob", "weight": None}


@cache
def with_gaps() -> tuple[list[int | None], list[float | None], str]:
    """Labels and predictions, some of them missing, of more rows than a batch has; and their table as text."""
    generator = random.Random(3)
    labels = [generator.choice((None, 0, 0, 1)) for _ in range(70_003)]
    probs = [None if generator.random() < 0.1 else round(generator.random(), 3) for _ in labels]
    cells = (",".join("" if c is None else str(c) for c in row) for row in zip(labels, probs, strict=True))
    return labels, probs, "\n".join(("label,prob", *cells, ""))


@pytest.mark.parametrize(("kind", "label"), crossed(WRITERS, ["int8", "float32", "bool", "string"]))
def test_nulls_are_missing_wherever_a_batch_is_cut(kind: str, label: str, tmp_path: Path) -> None:
    labels, probs, lines = with_gaps()
    WRITERS[kind](pa.table({"label": pa.array(labels, pa.int8()).cast(label), "prob": probs}), tmp_path / "table")
    (tmp_path / "t.csv").write_text(lines)

    found, text = (record("bce", tmp_path / name, "--na", "drop") for name in ("table", "t.csv"))

    assert (found["value"], found["n"], found["dropped"]) == (text["value"], text["n"], text["dropped"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRITERS)
def test_a_pipe_is_read_as_the_file_is(kind: str, tmp_path: Path) -> None:
    WRITERS[kind](pa.table({"label": LABELS, "prob": PROBS}), tmp_path / "table")

    assert answer("bce", stdin=(tmp_path / "table").read_bytes()) == MEAN
    assert process("bce", "-q", stdin=(tmp_path / "table").read_bytes()).out == f"{MEAN!r}\n"


@pytest.mark.parametrize("command", [("bce",), ("bce", "-r", "none"), ("grad", "bce"), ("nll", "--explain")])
def test_every_answer_is_that_of_the_text(command: tuple[str, ...], tmp_path: Path) -> None:
    draw = random.Random(5)
    rows = [(draw.randrange(2), draw.random(), draw.random()) for _ in range(40)]
    text = tmp_path / "t.csv"
    text.write_text("label,prob,weight\n" + "".join(f"{y},{p!r},{w!r}\n" for y, p, w in rows), encoding="utf-8")
    columns = dict(zip(("label", "prob", "weight"), map(list, zip(*rows, strict=True)), strict=True))
    table = written(tmp_path / "t.parquet", columns, row_group_size=7)

    expected, found = (run(*command, path, "-w", "weight", "-f", "json") for path in (text, table))

    assert found.code == 0, found.err
    assert found.out.replace("t.parquet", "t.csv") == expected.out


@pytest.mark.parametrize(("threads", "rows"), crossed(["1", "2", "8"], [1, 1000, 200_000]))
def test_row_groups_and_threads_change_no_digit(threads: str, rows: int, tmp_path: Path) -> None:
    draw = random.Random(6)
    columns = {"label": [draw.randrange(2) for _ in range(70_000)], "prob": [draw.random() for _ in range(70_000)]}
    one, many = (
        written(tmp_path / "one.parquet", columns),
        written(tmp_path / "many.parquet", columns, row_group_size=max(rows, 500)),
    )

    assert answer("bce", many, "--threads", threads) == answer("bce", one, "--threads", "1")


# --- types ------------------------------------------------------------------------------------------------------------
NUMBERS = {
    "float64": pa.float64(),
    "float32": pa.float32(),
    "float16": pa.float16(),
    "decimal": pa.decimal128(20, 18),
    "decimal256": pa.decimal256(40, 18),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_prediction_of_any_numeric_type_is_the_float_that_it_is(kind: str, tmp_path: Path) -> None:
    values = ["0.5", "0.25", "0.125", "0.75"]
    number = {"decimal": decimal.Decimal, "decimal256": decimal.Decimal, "float16": np.float16}.get(kind, float)
    numbers = [number(value) for value in values]
    path = binary(tmp_path / "t.parquet", prob=pa.array(numbers, NUMBERS[kind]))

    assert answer("bce", path) == answer("bce", "1,0,0,1", ",".join(values))


def test_decimals_are_the_floats_of_their_text(tmp_path: Path) -> None:
    draw = random.Random(7)
    texts = [f"0.{draw.randrange(10**17):017d}" for _ in range(1000)]
    numbers = pa.array([decimal.Decimal(text) for text in texts], pa.decimal128(18, 17))
    path = written(tmp_path / "t.parquet", {"label": [1] * 1000, "prob": numbers})

    losses = run("bce", path, "-r", "none", "-q").out

    assert losses == run("bce", ",".join(["1"] * 1000), ",".join(texts), "-r", "none", "-q").out


LABEL_TYPES = {
    "int8": pa.array([1, 0, 0, 1], pa.int8()),
    "uint64": pa.array([1, 0, 0, 1], pa.uint64()),
    "float16": pa.array(np.array([1.0, 0.0, 0.0, 1.0], np.float16)),
    "boolean": pa.array([True, False, False, True]),
    "text": pa.array(["1", "0", "0", "1"]),
    "large text": pa.array(["true", "false", "false", "true"], pa.large_string()),
    "padded text": pa.array(["1 ", " 0", "0", "1"]),
    "bytes": pa.array([b"1", b"0", b"0", b"1"]),
    "dictionary": pa.array(["1", "0", "0", "1"]).dictionary_encode(),
    "dictionary of numbers": pa.array([1, 0, 0, 1]).dictionary_encode(),
    "decimal": pa.array([decimal.Decimal(1), decimal.Decimal(0), decimal.Decimal(0), decimal.Decimal(1)]),
}


@pytest.mark.parametrize("kind", LABEL_TYPES)
def test_a_label_of_any_type_is_the_label_that_it_is(kind: str, tmp_path: Path) -> None:
    assert answer("bce", binary(tmp_path / "t.parquet", label=LABEL_TYPES[kind])) == MEAN
    assert answer("bce", binary(tmp_path / "u.parquet", label=LABEL_TYPES[kind]), "--positive", "1") == MEAN


@pytest.mark.parametrize("kind", ["view", "run lengths"])
def test_arrow_has_layouts_of_its_own(kind: str, tmp_path: Path) -> None:
    labels = {
        "view": pa.array(["1", "0", "0", "1"], pa.string_view()),
        "run lengths": pa.compute.run_end_encode(pa.array([1, 0, 0, 1])),
    }[kind]
    WRITERS["arrow"](pa.table({"label": labels, "prob": PROBS}), tmp_path / "t")

    assert answer("bce", tmp_path / "t") == MEAN


ROWS = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]]
CLASSES = "0.7,0.2,0.1;0.1,0.8,0.1;0.2,0.3,0.5"
LISTS = {
    "list": pa.array(ROWS),
    "list of float32": pa.array([[0.5, 0.25, 0.25]] * 3, pa.list_(pa.float32())),
    "fixed": pa.array(ROWS, pa.list_(pa.float64(), 3)),
    "large": pa.array(ROWS, pa.large_list(pa.float64())),
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("chosen", [(), ("-p", "probs"), ("-p", "3"), ("-p", "probs_*"), ("-p", "probs_0,probs_1-2")])
def test_a_list_of_numbers_is_the_class_columns(kind: str, chosen: tuple[str, ...], tmp_path: Path) -> None:
    if chosen == ("-p", "probs_0,probs_1-2"):
        chosen = ("-p", "probs_0,probs_1,probs_2")
    columns = {"id": ["a", "b", "c"], "label": [0, 1, 2], "probs": LISTS[kind]}
    path = written(tmp_path / "t.parquet", columns)
    rows = ";".join(",".join(map(repr, row)) for row in LISTS[kind].to_pylist())

    found = record("ce", path, *chosen)

    assert found["value"] == answer("ce", "0,1,2", rows)
    assert found["columns"]["prob"] == ["probs_0", "probs_1", "probs_2"]


@pytest.mark.slow
def test_lists_are_read_by_a_process_that_has_loaded_nothing_else(tmp_path: Path) -> None:
    table = pa.table({"label": [0, 1], "probs": pa.array([[0.5, 0.5], [0.5, 0.5]], pa.list_(pa.float64()))})
    parquet.write_table(table, tmp_path / "t.parquet")

    assert process("ce", tmp_path / "t.parquet", "-q").out == f"{math.log(2)!r}\n"


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_record_of_numbers_is_the_class_columns_and_names_the_classes(kind: str, tmp_path: Path) -> None:
    names = ("cat", "dog", "cow")
    probs = [dict(zip(names, row, strict=True)) for row in ROWS]
    record_type = pa.struct([(name, pa.float64()) for name in names])
    table = pa.table({"label": names, "probs": pa.array(probs, record_type)})
    WRITERS[kind](table, tmp_path / "t")

    found = record("ce", tmp_path / "t")

    assert found["value"] == answer("ce", "0,1,2", CLASSES)
    assert found["classes"] == ["cat", "dog", "cow"]


def test_columns_beside_a_list_are_counted_as_they_stand_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"probs": ROWS, "0": [9, 9, 9], "label": [0, 1, 2]})

    assert answer("ce", path, "-y", "3", "-p", "1") == answer("ce", "0,1,2", CLASSES)


def test_the_width_of_lists_is_that_of_the_first_row_that_has_one(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"label": [0, 0, 1, 2], "probs": [None, *ROWS]})

    assert answer("ce", path, "--na", "drop") == answer("ce", "0,1,2", CLASSES)
    assert "row 1 (row group 1): column 'probs_0': the cell is missing" in refusal("ce", path)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([*ROWS, [0.5, 0.5]], "row 4 (row group 1): column 'probs': 2 numbers, expected 3"),
        ([*ROWS, [0.1, 0.2, 0.3, 0.4]], "row 4 (row group 1): column 'probs': 4 numbers, expected 3"),
        ([*ROWS, []], "row 4 (row group 1): column 'probs': 0 numbers, expected 3"),
        ([*ROWS, [0.5, None, 0.5]], "row 4 (row group 1): column 'probs_1': the cell is missing (null)"),
        ([*ROWS, None], "row 4 (row group 1): column 'probs_0': the cell is missing (null)"),
    ],
)
def test_the_length_of_every_list_is_checked(rows: list[list[float]], what: str, tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"label": [0, 1, 2, 0], "probs": rows})

    assert what in refusal("ce", path)


# --- missing cells ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("missing", [None, float("nan")])
def test_null_and_nan_are_missing(missing: float | None, tmp_path: Path) -> None:
    path = binary(tmp_path / "t.parquet", prob=[0.8, missing, 0.4, 0.7])

    found = record("bce", path, "--na", "drop")

    assert found["dropped"] == 1
    assert found["value"] == answer("bce", "1,0,1", "0.8,0.4,0.7")
    assert "row 2 (row group 1): column 'prob': the cell is missing" in refusal("bce", path)


@pytest.mark.parametrize("labels", [[1, None, 0, 1], ["1", None, "0", "1"], [True, None, False, True]])
def test_a_label_that_is_null_is_missing(labels: list[Any], tmp_path: Path) -> None:
    path = binary(tmp_path / "t.parquet", label=labels)

    assert record("bce", path, "--na", "drop")["dropped"] == 1
    assert "row 2 (row group 1): column 'label': the cell is missing" in refusal("bce", path)


NO_NUMBERS = {
    "text": pa.string(),
    "large text": pa.large_string(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "lists of text": pa.list_(pa.string()),
    "nothing": pa.null(),
}


def test_a_class_without_any_value_is_missing_and_not_left_out(tmp_path: Path) -> None:
    """As pandas writes a column of None alone, without a type; one that is typed as text is text."""
    columns = {"y": ["cat", "dog"], "cat": [0.5, 0.3], "dog": [0.5, 0.7]}
    path = written(tmp_path / "t.parquet", {**columns, "fox": pa.nulls(2)})
    for command in ("ce", "nll"):
        said = refusal(command, path)
        assert said.startswith(f"{path}: row 1 (row group 1): column 'fox': the cell is missing (null)"), said
        assert answer(command, path, "-p", "cat,dog") == close(-(math.log(0.5) + math.log(0.7)) / 2)
        assert answer(command, written(tmp_path / "s.parquet", {**columns, "fox": pa.nulls(2, pa.string())})) == close(
            -(math.log(0.5) + math.log(0.7)) / 2
        )


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_nulls_of_a_column_that_holds_no_numbers_are_missing_and_never_0(kind: str, tmp_path: Path) -> None:
    nulls = pa.array([None] * 4, NO_NUMBERS[kind])
    if "lists" not in kind:
        path = binary(tmp_path / "t.parquet", prob=nulls)
        assert "row 1 (row group 1): column 'prob': the cell is missing" in refusal("bce", path, "-p", "prob")
        assert "all rows are dropped" in refusal("bce", path, "-p", "prob", "--na", "drop")
        path = binary(tmp_path / "t.parquet", w=nulls)
        assert "row 1 (row group 1): column 'w': the cell is missing" in refusal("bce", path, "-w", "w")
    columns = {"label": [0, 1, 0, 1], "p_0": PROBS, "p_1": nulls}
    path = written(tmp_path / "t.parquet", columns, row_group_size=2)
    for scale in ("probs", "logits"):
        for models in (("-p", "p_0,p_1"), ("-p", "p_*")):
            assert "p_1" in refusal("ce", "--from", scale, *models, path)
    if kind == "text":
        some = pa.array([None, None, "x", None])
        path = written(tmp_path / "t.parquet", {**columns, "p_1": some}, row_group_size=2)
        assert "row 1 (row group 1): column 'p_1': the cell is missing" in refusal("ce", "-p", "p_*", path)
        said = refusal("ce", "-p", "p_*", "--na", "drop", path)
        assert said.endswith("row 3 (row group 2): column 'p_1': 'x' is text, not a number")


# --- what is refused --------------------------------------------------------------------------------------------------
def test_an_error_says_row_and_row_group(tmp_path: Path) -> None:
    columns = {"label": [0, 1] * 500, "prob": [0.5] * 700 + [1.5] + [0.5] * 299}
    path = written(tmp_path / "t.parquet", columns, row_group_size=300)

    assert "t.parquet: row 701 (row group 3): column 'prob': 1.5 is not" in refusal("bce", path)


REFUSED = {
    "text": (pa.array(["0.8", "0.3", "0.4", "0.7"]), "'0.8' is text, not a number"),
    "bytes": (pa.array([b"0.8", b"0.3", b"0.4", b"0.7"]), "is text, not a number"),
    "map": (pa.array([[("a", 0.8)]] * 4, pa.map_(pa.string(), pa.float64())), "map<string, double"),
    "date": (pa.array([1, 2, 3, 4], pa.date32()), "expected one value, found date32[day]"),
    "time": (pa.array([1, 2, 3, 4], pa.timestamp("us")), "expected one value, found timestamp[us]"),
    "list of text": (pa.array([["a"], ["b"], ["c"], ["d"]]), "expected one value, found lists of string"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_number_is_refused_by_its_type(kind: str, tmp_path: Path) -> None:
    values, what = REFUSED[kind]

    line = refusal("bce", binary(tmp_path / "t.parquet", prob=values), "-p", "prob")

    assert "t.parquet: row 1 (row group 1): column 'prob" in line and what in line


def test_what_is_not_asked_for_may_be_anything(tmp_path: Path) -> None:
    path = binary(tmp_path / "t.parquet", **{kind: values for kind, (values, _) in REFUSED.items()})

    assert answer("bce", path, "-p", "prob") == MEAN


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_is_cut_short_is_refused(kind: str, tmp_path: Path) -> None:
    draw = random.Random(8)
    table = pa.table({"label": [1] * 3000, "prob": [draw.random() for _ in range(3000)]})
    WRITERS[kind](table, tmp_path / "t")
    data = (tmp_path / "t").read_bytes()
    (tmp_path / "t").write_bytes(data[: len(data) // 2])

    assert "t: the file is damaged or cut short" in refusal("bce", tmp_path / "t")


def test_pages_are_held_against_their_checksums(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.parquet",
        {"label": [1] * 1000, "prob": [0.5 + at / 4000 for at in range(1000)]},
        use_dictionary=False,
        compression="none",
        write_page_checksum=True,
    )
    data = bytearray(path.read_bytes())
    data[data.index(pa.py_buffer(__import__("struct").pack("<d", 0.6)).to_pybytes()) + 3] ^= 1
    path.write_bytes(bytes(data))

    assert "crc" in refusal("bce", path).lower()


def test_a_fault_before_damage_is_told_first(tmp_path: Path) -> None:
    draw = random.Random(9)
    columns = {"label": [1] * 300_000, "prob": [7.5] + [draw.random() for _ in range(299_999)]}
    path = written(
        tmp_path / "t.parquet", columns, row_group_size=100_000, compression="none", write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 255
    path.write_bytes(bytes(data))

    for threads in ("1", "2"):
        assert "row 1 (row group 1): column 'prob': 7.5 is not" in refusal("bce", path, "--threads", threads)


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PARE" + bytes(100) + b"PARE")

    assert refusal("bce", tmp_path / "t.parquet").endswith("t.parquet: the file is encrypted")


def test_an_unknown_column_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    assert refusal("bce", binary(tmp_path / "t.parquet"), "-p", "prb").endswith(
        "t.parquet: no column 'prb'; the columns are 'label', 'prob'"
    )


def test_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"label": pa.array([], pa.int8()), "prob": pa.array([], pa.float64())})

    assert refusal("bce", path).endswith("t.parquet: the input is empty")


def test_without_pyarrow_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    path = binary(tmp_path / "t.parquet")

    with patch.dict(sys.modules, {"pyarrow": None}):
        line = refusal("bce", path)

    assert line.endswith("t.parquet: Parquet, Arrow and ORC files need pyarrow: pip install pyarrow")


def test_text_that_begins_as_a_file_of_columns_does_is_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("ORC,label,prob\n3,1,0.8\n4,0,0.3\n5,0,0.4\n6,1,0.7\n", encoding="utf-8")

    assert answer("bce", tmp_path / "t.csv") == MEAN


# --- keys in paths ----------------------------------------------------------------------------------------------------
def test_a_key_of_the_path_is_a_column(tmp_path: Path) -> None:
    folder = tmp_path / "day=2026-01-01" / "w=2.5"
    folder.mkdir(parents=True)
    path = binary(folder / "t.parquet")

    assert record("bce", path, "-w", "w")["divisor"] == 10.0
    assert "row 1 (row group 1): column 'day': '2026-01-01' is not a number" in refusal("bce", path, "-w", "day")


def test_two_files_of_columns_are_labels_and_predictions(tmp_path: Path) -> None:
    labels = written(tmp_path / "y.parquet", {"label": LABELS})
    probs = written(tmp_path / "p.parquet", {"prob": PROBS})

    assert answer("bce", labels, probs) == MEAN


def test_a_regression_takes_the_columns_of_a_file(tmp_path: Path) -> None:
    text = "label,a,b\n1,0.5,2\n0,1.5,1\n1,0.25,3\n0,0.75,2.5\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    path = written(
        tmp_path / "t.parquet", {"label": [1, 0, 1, 0], "a": [0.5, 1.5, 0.25, 0.75], "b": [2.0, 1.0, 3.0, 2.5]}
    )

    expected, found = (run("fit", "bce", one, "--steps", "5", "-f", "json") for one in (tmp_path / "t.csv", path))

    assert found.code == 0, found.err
    assert found.out.replace("t.parquet", "t.csv") == expected.out


# --- many files -------------------------------------------------------------------------------------------------------
def days(folder: Path, count: int = 7, rows: int = 500) -> tuple[list[int], list[float]]:
    """Files of columns below `day=...` folders, and all of their labels and predictions in order."""
    draw = random.Random(11)
    labels, probs = [draw.randrange(2) for _ in range(count * rows)], [draw.random() for _ in range(count * rows)]
    for at in range(count):
        place = folder / f"day=2026-01-{at + 1:02}"
        place.mkdir(parents=True)
        part = slice(at * rows, (at + 1) * rows)
        columns = {"label": labels[part], "prob": probs[part]}
        written(place / "part.parquet", dict(reversed(columns.items())) if at == 3 else columns, row_group_size=200)
    return labels, probs


@pytest.mark.parametrize("threads", ["1", "2", "8"])
def test_seven_files_give_the_digits_of_one(threads: str, tmp_path: Path) -> None:
    labels, probs = days(tmp_path / "days")
    one = written(tmp_path / "one.parquet", {"label": labels, "prob": probs})

    for source in (tmp_path / "days", tmp_path / "days" / "*" / "*.parquet"):
        assert answer("bce", source, "--threads", threads) == answer("bce", one)


def test_an_error_names_the_file_its_row_and_its_row_group(tmp_path: Path) -> None:
    days(tmp_path / "days")
    path = tmp_path / "days" / "day=2026-01-05" / "part.parquet"
    written(path, {"label": [1] * 500, "prob": [0.5] * 450 + [2.0] + [0.5] * 49}, row_group_size=200)

    assert refusal("bce", tmp_path / "days").startswith(f"{path}: row 451 (row group 3): column 'prob': 2 is not")


def test_a_key_of_the_paths_is_a_column_of_all_files(tmp_path: Path) -> None:
    for weight, prob in (("1", 0.5), ("3", 0.25)):
        (tmp_path / "t" / f"w={weight}").mkdir(parents=True)
        written(tmp_path / "t" / f"w={weight}" / "a.parquet", {"label": [1], "prob": [prob]})

    assert answer("bce", tmp_path / "t", "-w", "w") == answer("bce", "1,1", "0.5,0.25", "-w", "1,3")


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ([0.5], [1], "column 'prob' holds whole numbers, but in"),
        ([0.5], [True], "column 'prob' holds booleans, but in"),
        ([0.5], ["0.5"], "column 'prob' holds text, but in"),
    ],
)
def test_types_that_change_what_a_number_means_from_file_to_file_are_refused(
    first: list[Any], second: list[Any], what: str, tmp_path: Path
) -> None:
    for name, values in (("a", first), ("b", second)):
        written(tmp_path / f"{name}.parquet", {"label": [1], "prob": values})

    line = refusal("bce", tmp_path)

    assert line.startswith(f"{tmp_path}/b.parquet: {what}") and line.endswith("a.parquet fractions")


def test_lists_and_records_of_other_numbers_from_file_to_file_are_refused(tmp_path: Path) -> None:
    fractions, whole = [[0.5, 0.5], [0.75, 0.25]], [[1, 0], [0, 1]]
    kinds = (
        (pa.list_(pa.float64()), pa.list_(pa.int64()), "probs_0"),
        (pa.list_(pa.float64(), 2), pa.list_(pa.int64(), 2), "probs_0"),
        (pa.struct({"a": pa.float64(), "b": pa.float64()}), pa.struct({"a": pa.int64(), "b": pa.int64()}), "probs.a"),
    )
    for first, second, name in kinds:
        for file, kind, rows in (("a", first, fractions), ("b", second, whole)):
            cells = [dict(zip("ab", row, strict=True)) for row in rows] if pa.types.is_struct(kind) else rows
            written(tmp_path / f"{file}.parquet", {"label": ["a", "b"], "probs": pa.array(cells, kind)})

        line = refusal("ce", tmp_path, "-y", "label", "-p", "probs", "--classes", "a,b")

        what = f"{tmp_path}/b.parquet: column '{name}' holds whole numbers, but in {tmp_path}/a.parquet fractions"
        assert line == what


def test_a_directory_may_hold_text_and_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("label,prob\n1,0.5\n")
    parquet.write_table(pa.table({"label": [0, 1], "prob": [0.25, 0.75]}), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("prob,label\n0.125,0\n")

    assert answer("bce", tmp_path) == close(answer("bce", "1,0,1,0", "0.5,0.25,0.75,0.125"))


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_numbers_in_a_dictionary_are_the_numbers(name: str, tmp_path: Path) -> None:
    columns = {"label": [1, 0, 1], "prob": [0.5, 0.25, 0.5], "site": [1, 2, 1]}
    table = pa.table({key: pa.array(cells).dictionary_encode() for key, cells in columns.items()})
    write = (
        parquet.write_table if name.endswith("parquet") else importlib.import_module("pyarrow.feather").write_feather
    )
    write(table, tmp_path / name)

    found = record("bce", tmp_path / name, "--by", "site")

    assert found["mean"] == close(answer("bce", "1,0,1", "0.5,0.25,0.5"))
    assert [one["group"]["site"] for one in found["groups"]] == ["1", "2"]


def test_scikit_learn_clips_lists_to_the_precision_of_their_numbers(here: Path) -> None:
    for kind, bits in ((pa.float32(), 23), (pa.float64(), 52)):
        probs = pa.array([[0.0, 1.0], [0.5, 0.5]], pa.list_(kind))
        parquet.write_table(pa.table({"label": [0, 0], "probs": probs}), "t.parquet")
        assert answer("ce", "t.parquet", "--like", "sklearn") == close((bits + 1) * math.log(2) / 2)


def test_parts_of_a_file_have_each_row_group_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losscli.reading.formats.parquet.LEAST_ROWS", 2)
    parquet.write_table(pa.table({"label": [1, 0] * 10, "prob": [0.5] * 20}), "t.parquet", row_group_size=3)
    table = open_data(ReadOptions(("t.parquet",), ColumnSelection(forms=frozenset({Form.BINARY}))))
    for count in range(2, 9):
        parts = table.reader.ranges(count)
        assert 1 < len(parts) <= count and [at for part in parts for at in range(*part)] == list(range(7)), count
    table.close()


# --- columns that can't be read ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_bytes_that_are_no_text_are_refused_whatever_the_row_groups(rows: int, here: Path) -> None:
    cells = pa.array([b"1", b"0", b"\xff", b"1"], pa.binary())
    parquet.write_table(pa.table({"label": cells, "prob": [0.8, 0.3, 0.6, 0.9]}), "y.parquet", row_group_size=rows)
    table = pa.table({"label": [1, 0, 1, 1], "site": cells, "prob": [0.8, 0.3, 0.6, 0.9]})
    parquet.write_table(table, "x.parquet", row_group_size=rows)
    group = f"row 3 (row group {2 // rows + 1})"

    expected = f"y.parquet: {group}: column 'label': these bytes are not UTF-8 text"
    assert refusal("bce", "y.parquet", "--positive", "1") == refusal("bce", "y.parquet") == expected
    assert refusal("bce", "x.parquet", "--by", "site") == expected.replace("y.p", "x.p").replace("label", "site")
    assert run("bce", "x.parquet", "-q").code == 0
    for names in (("site", "other"), ("other", "site")):  # of two such columns the first row is told
        others = [pa.array([b"1", b"\xff", b"\xfe", b"1"], pa.binary()), cells]
        columns = {"label": [1, 0, 1, 1], **dict(zip(names, others, strict=True)), "prob": [0.8, 0.3, 0.6, 0.9]}
        parquet.write_table(pa.table(columns), "x.parquet", row_group_size=rows)
        said = refusal("bce", "x.parquet", "--by", "site,other")
        assert said.startswith(f"x.parquet: row 2 (row group {1 // rows + 1}): column '{names[0]}': these bytes"), said
        bad = pa.table({**columns, "prob": [0.8, 0.3, 1.5, 0.9]})
        parquet.write_table(bad, "x.parquet", row_group_size=rows)
        assert refusal("bce", "x.parquet", "--by", "site,other") == said
    words = pa.array([b"a", b"b", b"\xff", b"a"], pa.binary())
    features = {"label": [1, 0, 1, 1], "site": words, "x": [1.0, 2.0, 3.0, math.inf]}  # another fault further down
    parquet.write_table(pa.table(features), "x.parquet", row_group_size=rows)
    assert refusal("fit", "bce", "x.parquet", "-x", "site,x").replace("site", "label") == expected.replace("y.p", "x.p")


def test_text_that_claims_to_be_utf_8_and_is_not_is_refused(here: Path) -> None:
    raw = pa.array([b"1", b"\xff\xfe", b"0"], pa.binary())
    text = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2])
    table = pa.table({"label": text, "prob": [0.8, 0.3, 0.6]})
    parquet.write_table(table, "t.parquet")
    feather.write_feather(table, "t.feather")

    assert "row 2 (row group 1): column 'label': these bytes" in refusal("bce", "t.parquet")
    assert refusal("bce", "t.feather").startswith("t.feather: the file is damaged or cut short (in column 0")


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_a_name_that_stands_twice_matters_where_it_is_in_use(ending: str, here: Path) -> None:
    columns = [pa.array([1, 0]), pa.array([0.5, 0.5]), pa.array([0.8, 0.3]), pa.array([0.8, 0.3])]
    twice = pa.Table.from_arrays(columns, ["label", "prob", "x", "x"])
    path = f"t.{ending}"
    parquet.write_table(twice, path) if ending == "parquet" else feather.write_feather(twice, path)

    assert answer("bce", path) == pytest.approx(math.log(2), rel=1e-15, abs=0)
    for options in (("-p", "3"), ("--by", "4"), ("--worst", "1", "--show", "3")):
        assert "several columns are called 'x'" in refusal("bce", path, *options)


def test_a_flipped_bit_is_no_internal_error(here: Path) -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), pa.array(["1", "0"]))
    table = pa.table({"label": codes, "prob": [0.8, 0.3, 0.6]})
    parquet.write_table(table, "t.parquet", compression="none", store_schema=False)
    feather.write_feather(table, "t.feather", compression="uncompressed")
    for name in ("t.parquet", "t.feather"):
        data = Path(name).read_bytes()
        for at in range(0, len(data), 11):
            Path("flipped").write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
            found = run("bce", "flipped", "--by", "label", "-f", "json")
            assert "internal" not in found.err, (name, at)


def test_a_fault_in_the_first_of_many_files_is_found_by_any_number_of_threads(here: Path) -> None:
    for at, prob in enumerate((2.0, 0.5, 0.5, 0.5)):
        parquet.write_table(pa.table({"label": [1], "prob": [prob]}), f"{at}.parquet")
        Path(f"{at}.csv").write_text(f'"label",prob\n1,{prob}\n')

    for threads in ("1", "2", "4"):
        assert "0.parquet: row 1 (row group 1): column 'prob': 2" in refusal("bce", "?.parquet", "--threads", threads)
        assert "0.csv:2: column 'prob': 2" in refusal("bce", "?.csv", "--threads", threads)


def test_vectors_of_spark_are_the_probabilities_of_the_classes(tmp_path: Path) -> None:
    """VectorUDT of Spark ML: a dense vector has all its values, a sparse one those at some places."""
    fields = [("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32()))]
    kind = pa.struct([*fields, ("values", pa.list_(pa.float64()))])

    def dense(*values: float) -> dict[str, Any]:
        return {"type": 1, "size": None, "indices": None, "values": list(values)}

    cells = [dense(1 - p, p) for p in PROBS]
    vectors = pa.array(cells, kind)
    columns = {"label": [float(y) for y in LABELS], "rawPrediction": vectors, "probability": vectors}
    path = written(tmp_path / "t.parquet", {**columns, "prediction": [1.0, 0.0, 0.0, 1.0]}, row_group_size=3)
    for chosen in ((), ("-p", "probability"), ("-p", "probability_*"), ("-p", "rawPrediction")):
        assert answer("ce", path, *chosen) == pytest.approx(MEAN, rel=1e-14)
    assert answer("bce", path, "-p", "probability_1") == MEAN
    path = written(tmp_path / "t.parquet", {key: columns[key] for key in ("label", "probability")})
    assert answer("ce", path) == answer("nll", path) == pytest.approx(MEAN, rel=1e-14)

    sparse = {"type": 0, "size": 2, "indices": [1], "values": [1.0]}
    path = written(tmp_path / "t.parquet", {**columns, "probability": pa.array([sparse, *cells[1:]], kind)})
    expected = -(math.log(0.7) + math.log(0.6) + math.log(0.7)) / 4
    assert answer("ce", path, "-p", "probability") == pytest.approx(expected, rel=1e-14)
    for odd in (None, {**sparse, "size": None}, {**sparse, "size": 3}, dense(0.2, 0.3, 0.5), dense()):
        path = written(tmp_path / "t.parquet", {**columns, "probability": pa.array([*cells[:2], odd, cells[3]], kind)})
        assert "row 3 (row group 1)" in refusal("ce", path, "-p", "probability"), odd


def test_an_error_names_the_file_whatever_its_name_is(here: Path) -> None:
    binary(Path("no"))

    assert refusal("bce", "no", "-p", "score").startswith("no: no column 'score'; ")
