"""Ids under other names in two tables: the same values in another order are refused, and nothing that is sound is."""

import json
import random
from math import log
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run, write
from samples import OF_CLASSES

LABELS = "sample_id,label\n17,1\n42,0\n3,1\n"
PREDS = "id,prob\n42,0.3\n3,0.6\n17,0.8\n"
JOINED = -(log(0.8) + log(0.7) + log(0.6)) / 3


def test_the_same_ids_in_another_order_are_refused_with_the_key_that_joins_them(here: Path) -> None:
    write("l.csv", LABELS), write("p.csv", PREDS)
    said = "l.csv:2 and p.csv:2: 'sample_id' is '17' and 'id' '42', but these columns hold the same values in another"

    for command in (
        ("bce",),
        ("nll",),
        ("grad", "bce"),
        ("bce", "-r", "none", "-q"),
        ("bce", "-f", "csv", "-r", "none"),
    ):
        result = run(*command, "l.csv", "p.csv")
        assert (result.code, result.out) == (2, ""), command
        assert said in result.err and "--key sample_id=id" in result.err, result.err
    assert answer("bce", "l.csv", "p.csv", "--key", "sample_id=id") == close(JOINED)
    assert answer("bce", "l.csv", "p.csv", "--key", "SAMPLE_ID=ID") == close(JOINED)


def test_ids_of_any_kind_of_file_are_compared(here: Path) -> None:
    write("l.csv", LABELS), write("p.csv", PREDS)
    for name, table in (("l.jsonl", LABELS), ("p.jsonl", PREDS)):
        header, *rows = (line.split(",") for line in table.split())
        write(name, "".join(json.dumps(dict(zip(header, map(json.loads, row), strict=True))) + "\n" for row in rows))
    write("l1.csv", LABELS[: LABELS.index("3,1")]), write("l2.csv", "sample_id,label\n3,1\n")
    labels, preds = ["l.csv", "l.jsonl", "l[12].csv"], ["p.csv", "p.jsonl"]
    try:
        from pyarrow import csv, parquet
    except ImportError:
        pass
    else:
        for name, files in (("l", labels), ("p", preds)):
            parquet.write_table(csv.read_csv(f"{name}.csv"), f"{name}.parquet")
            files.append(f"{name}.parquet")
    for left in labels:
        for right in preds:
            assert "--key sample_id=id matches rows" in refusal("bce", left, right), (left, right)
            assert answer("bce", left, right, "--key", "sample_id=id") == close(JOINED)


def test_classes_and_several_models_are_told_too(here: Path) -> None:
    write("l.csv", "image,label\na.png,cat\nb.png,dog\nc.png,cat\n" + "".join(f"{at}.png,dog\n" for at in range(9)))
    rows = [f"{name}.png,0.6,0.4,0.7,0.3\n" for name in ("c", "b", "a", *range(9))]
    write("p.csv", "file,a_cat,a_dog,b_cat,b_dog\n" + "".join(rows))
    for command in OF_CLASSES:
        for models in (("-p", "a_*"), ("-p", "a_*", "-p", "b_*")):
            said = refusal(command, "l.csv", "p.csv", *models)
            assert "'image' is 'a.png' and 'file' 'c.png'" in said and "--key image=file" in said, said
            assert run(command, "l.csv", "p.csv", *models, "--key", "image=file").code == 0


def test_what_may_be_in_another_order_by_its_nature_is_no_id(here: Path) -> None:
    """Ranks, numbers of rows, few rows that agree by chance, cells that come twice, and other values."""
    n = 12
    numbers = list(range(n))
    mixed = random.Random(1).sample(numbers, n)
    for names, left, right in (
        (("row", "rank"), numbers, mixed),
        (("row", "rank"), [at + 1 for at in numbers], [at + 1 for at in mixed]),
        (("user_id", "rank"), numbers, mixed),
        (("x1", "x2"), [2, 5, 7], [7, 5, 2]),
        (("user_id", "group_id"), [1, 2, 2, *range(5, 14)], [2, 1, 2, *range(5, 14)]),
        (("sample_id", "id"), numbers, [*mixed[1:], 99]),
        (("sample_id", "id"), numbers, numbers),
    ):
        labels = "".join(f"{cell},{at % 2}\n" for at, cell in enumerate(left))
        preds = "".join(f"{cell},0.{at % 9 + 1}\n" for at, cell in enumerate(right))
        found = record(
            "bce", write("l.csv", f"{names[0]},label\n{labels}"), write("p.csv", f"{names[1]},prob\n{preds}")
        )
        expected = sum(-log(0.1 * (at % 9 + 1) if at % 2 else 1 - 0.1 * (at % 9 + 1)) for at in range(len(left)))
        assert found["value"] == pytest.approx(expected / len(left), rel=1e-12)
        assert not [note for note in found["notes"] if "order" in note]


def test_a_column_that_agrees_in_all_rows_is_proof_enough(here: Path) -> None:
    write("l.csv", "order_id,sample_id,label\n4,17,1\n6,42,0\n9,3,1\n")
    write("p.csv", "id,other_id,prob\n17,9,0.3\n42,4,0.6\n3,6,0.8\n")
    assert answer("bce", "l.csv", "p.csv") == close(-(log(0.3) + log(0.4) + log(0.8)) / 3)


@pytest.mark.slow
def test_ids_are_compared_through_all_blocks(here: Path) -> None:
    ids = [f"user-{'x' * (at % 90)}-{at:06}" for at in range(30_000)]
    mixed = [*ids[:29_990], *reversed(ids[29_990:])]
    write("l.csv", "user,label\n" + "".join(f"{one},{at % 2}\n" for at, one in enumerate(ids)))
    write("p.csv", "name,prob\n" + "".join(f"{one},0.5\n" for one in mixed))
    said = refusal("bce", "l.csv", "p.csv")
    assert said.startswith("l.csv:29992 and p.csv:29992: 'user' is 'user-"), said
    write("p.csv", "name,prob\n" + "".join(f"{one},0.5\n" for one in ids))
    assert answer("bce", "l.csv", "p.csv") == close(log(2))


def test_a_key_of_several_columns_may_be_called_otherwise_in_each_table(here: Path) -> None:
    write("l.csv", "day,user,label\nmo,1,1\nmo,2,0\ntu,1,1\n")
    write("p.csv", "uid,day,prob\n1,tu,0.6\n2,mo,0.3\n1,mo,0.8\n")
    assert answer("bce", "l.csv", "p.csv", "--key", "day,user=uid") == close(JOINED)
    write("l.csv", "a=b,label\n1,1\n2,0\n3,1\n")
    write("p.csv", "a=b,prob\n3,0.6\n2,0.3\n1,0.8\n")
    assert answer("bce", "l.csv", "p.csv", "--key", "a=b") == close(JOINED)
    assert "l.csv: no column 'a';" in refusal("bce", "l.csv", "p.csv", "--key", "a=uid")


def test_ids_that_look_like_numbers_are_ids(here: Path) -> None:
    ids = ("12e4567", "0e123", "0e456", "00a1")
    write("l.csv", "commit_id,label\n" + "".join(f"{one},{at % 2}\n" for at, one in enumerate(ids)))
    write("p.csv", "id,prob\n" + "".join(f"{one},0.{at + 1}\n" for at, one in enumerate(reversed(ids))))
    assert "--key commit_id=id" in refusal("bce", "l.csv", "p.csv")
