"""What is done with a table is done with many Parquet files: rows, gradients, regressions, joins and a closer look."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import record, refusal, run

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

Rows = list[dict[str, Any]]
CHOSEN = ("-y", "label", "-p", "prob")


def as_text(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (",".join(map(str, row.values())) for row in rows)
    path.write_text("\n".join((",".join(rows[0]), *lines, "")), encoding="utf-8")
    return path


def as_columns(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=50)
    return path


def drawn(rows: int = 400) -> Rows:
    draw = random.Random(8)
    labels = [draw.randrange(2) for _ in range(rows)]
    return [
        {
            "id": at,
            "label": label,
            "prob": round(draw.random(), 4),
            "old": round(draw.random(), 4),
            "w": round(draw.random() + 0.1, 2),
            "x": round(draw.gauss(label, 1.0), 3),
            "day": at // 100,
        }
        for at, label in enumerate(labels)
    ]


@pytest.fixture
def both(here: Path) -> Path:
    """The same rows in one file of text and in four of columns, whose paths name the day."""
    rows = drawn()
    as_text(here / "one.csv", rows)
    for day in range(4):
        part = [{key: cell for key, cell in row.items() if key != "day"} for row in rows if row["day"] == day]
        as_columns(here / "days" / f"day={day}" / "t.parquet", part)
    return here


@pytest.mark.parametrize("format", ["csv", "tsv"])
@pytest.mark.parametrize(
    "options",
    [
        ("bce", *CHOSEN, "-r", "none"),
        ("bce", *CHOSEN, "-w", "w", "-r", "none", "--base", "2"),
        ("grad", "bce", *CHOSEN, "-w", "w"),
        ("grad", "bce", "-y", "label", "-x", "x,w", "--wrt", "params", "--theta", "0.1,0.2,-0.3"),
        ("fit", "bce", "-y", "label", "-x", "x,w", "--method", "newton"),
        ("fit", "temperature", "-y", "label", "-p", "x"),
        ("bce", *CHOSEN, "--by", "day"),
        ("bce", *CHOSEN, "-p", "old", "-w", "w"),
        ("bce", *CHOSEN, "--calibration", "4"),
    ],
)
def test_many_files_of_columns_print_what_one_of_text_prints(options: tuple[str, ...], format: str, both: Path) -> None:
    text = run(*options, "one.csv", "-f", format)

    found = run(*options, "days", "-f", format)

    assert (found.code, found.out) == (0, text.out)


@pytest.mark.parametrize("options", [("bce", *CHOSEN, "-r", "none"), ("grad", "bce", *CHOSEN)])
def test_rows_of_many_files_of_columns_are_those_of_the_text_in_json(options: tuple[str, ...], both: Path) -> None:
    found, text = (record(*options, source) for source in ("days", "one.csv"))

    key = "losses" if "none" in options else "gradient"
    assert found[key] == text[key]


def test_fitted_probabilities_of_columns_are_those_of_the_text(both: Path) -> None:
    fit = ("fit", "bce", "-y", "label", "-x", "x", "--method", "newton", "-q", "--predict")
    for source, out in (("days", "a.csv"), ("one.csv", "b.csv")):
        assert run(*fit, out, source).code == 0

    assert (both / "a.csv").read_bytes() == (both / "b.csv").read_bytes()


def test_the_worst_rows_of_many_files_have_their_file_and_their_keys(both: Path) -> None:
    found, text = (record("bce", *CHOSEN, source, "--worst", "5", "--show", "day") for source in ("days", "one.csv"))

    assert [one["row"] for one in found["worst"]] == [one["row"] for one in text["worst"]]
    for one, other in zip(found["worst"], text["worst"], strict=True):
        assert one["cells"] == other["cells"]
        assert one["file"] == f"days/day={one['cells']['day']}/t.parquet"


# --- joins ------------------------------------------------------------------------------------------------------------
def one_file(write: Callable[[Path, Rows], Path], name: str, rows: Rows) -> str:
    return str(write(Path(f"{name}.{write.__name__}"), rows))


def three_files(write: Callable[[Path, Rows], Path], name: str, rows: Rows) -> str:
    ending = "csv" if write is as_text else "parquet"
    for at in range(3):
        write(Path(name, f"{at}.{ending}"), rows[at::3])
    return name


@pytest.mark.parametrize("place", [one_file, three_files])
@pytest.mark.parametrize("labels", [as_text, as_columns])
@pytest.mark.parametrize("preds", [as_text, as_columns])
@pytest.mark.parametrize("options", [("-q",), ("-r", "none", "-f", "csv")])
def test_a_key_joins_columns_and_text_in_one_file_or_many(
    place: Callable[..., str], labels: Any, preds: Any, options: Sequence[str], both: Path
) -> None:
    rows = drawn()
    shuffled = random.Random(2).sample(rows, len(rows))
    left = place(labels, "labels", [{"id": row["id"], "label": row["label"]} for row in rows])
    right = place(preds, "preds", [{"id": row["id"], "prob": row["prob"]} for row in shuffled])

    found = run("bce", left, right, "--key", "id", *options)

    assert found.code == 0, found.err
    if "-q" in options:
        assert found.out == run("bce", "one.csv", *CHOSEN, "-q").out
    else:
        losses = [line.rpartition(",")[2] for line in found.out.splitlines()[1:]]
        alone = [line.rpartition(",")[2] for line in run("bce", "one.csv", *CHOSEN, *options).out.splitlines()[1:]]
        assert sorted(losses) == sorted(alone)


def test_keys_that_do_not_match_are_told_by_file_and_row(here: Path) -> None:
    rows = drawn(60)
    as_columns(Path("labels.parquet"), [{"id": row["id"], "label": row["label"]} for row in rows])
    preds = [{"id": row["id"], "prob": row["prob"]} for row in rows]
    as_columns(Path("twice.parquet"), [*preds, preds[7]])
    as_columns(Path("few.parquet"), preds[1:])

    twice, few = (refusal("bce", "labels.parquet", f"{name}.parquet", "--key", "id") for name in ("twice", "few"))

    assert twice == "twice.parquet: row 61 (row group 2): the key '7' occurs twice"
    assert few.startswith("labels.parquet: row 1 (row group 1): the key '0' is not in few.parquet")
    assert record("bce", "labels.parquet", "few.parquet", "--key", "id", "--unmatched", "drop")["unmatched"] == 1
