"""JSON lines are read as tables are."""

import math
from pathlib import Path

import pytest
from conftest import DATA, answer, record, refusal, run


def lines(*objects: str) -> str:
    return "".join(f"{one}\n" for one in objects)


def test_objects_are_rows_whatever_the_order_of_their_keys() -> None:
    given = lines('{"label": 1, "prob": 0.8}', "", '{"prob": 0.3, "label": 0}')

    assert answer("bce", stdin=given) == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    "rows",
    [
        ('{"id": 7, "label": 0, "probs": [0.7, 0.3]}', '{"id": 8, "label": 1, "probs": [0.4, 0.6]}'),
        ('{"label": "a", "probs": {"a": 0.7, "b": 0.3}}', '{"label": "b", "probs": {"b": 0.6, "a": 0.4}}'),
    ],
)
@pytest.mark.parametrize("chosen", [(), ("-p", "probs")])
def test_lists_and_objects_are_class_probabilities(rows: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    found = answer("ce", *chosen, stdin=lines(*rows))

    assert found == pytest.approx(-(math.log(0.7) + math.log(0.6)) / 2, rel=1e-15, abs=0)


def test_a_table_as_json_lines_has_the_digits_of_the_csv(tmp_path: Path) -> None:
    rows = (DATA / "breast_cancer.csv").read_text(encoding="utf-8").splitlines()
    names = rows[0].split(",")
    objects = ("{" + ", ".join(map('"{}": {}'.format, names, row.split(","))) + "}" for row in rows[1:])
    path = tmp_path / "t.jsonl"
    path.write_text(lines(*objects), encoding="utf-8")

    assert record("bce", path)["value"] == record("bce", DATA / "breast_cancer.csv")["value"]


def test_true_false_and_null_are_labels_and_missing_cells() -> None:
    given = lines('{"label": true, "prob": 0.8}', '{"label": false, "prob": null}')

    assert run("bce", "--na", "drop", "-q", stdin=given).out == "0.2231435513142097\n"
    assert "2: column 'prob': the cell is missing" in refusal("bce", stdin=given)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (('{"label": 1, "prob": 0.8}', '{"label": 1'), "<stdin>:2: the line is no JSON object"),
        (('{"label": 1, "prob": 0.8}', "[1, 0.8]"), "<stdin>:2: the line is no JSON object"),
        (('{"label": 1, "prob": 0.8}', '{"label": 1, "prob": "x"}'), "<stdin>:2: column 'prob': 'x' is not a number"),
        (('{"label": 1, "prob": 0.8}', '{"label": 1, "prob": [[1]]}'), "<stdin>:2: 'prob' holds lists within lists"),
    ],
)
def test_a_line_that_is_wrong_is_named(rows: tuple[str, ...], said: str) -> None:
    assert refusal("bce", stdin=lines(*rows)) == said


def test_a_list_of_another_length_is_refused() -> None:
    given = lines('{"label": 0, "probs": [0.8, 0.2]}', '{"label": 0, "probs": [1]}')

    assert refusal("ce", stdin=given) == "<stdin>:2: 'probs' has 1 entries where 2 are wanted"
