"""JSON lines are read as tables are."""

import json
import math
from pathlib import Path
from unittest.mock import patch

import pytest
from conftest import DATA, answer, examples, record, refusal, run, write
from hypothesis import given
from hypothesis import strategies as st

from losscli.reading.formats import jsonlines
from losscli.reading.text import feed


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


def test_a_line_that_is_wrong_is_named() -> None:
    cases = [
        (('{"label": 1, "prob": 0.8}', '{"label": 1'), "<stdin>:2: the line is not a JSON object"),
        (('{"label": 1, "prob": 0.8}', "[1, 0.8]"), "<stdin>:2: the line is not a JSON object"),
        (('{"label": 1, "prob": 0.8}', '{"label": 1, "prob": "x"}'), "<stdin>:2: column 'prob': 'x' is not a number"),
        (('{"label": 1, "prob": 0.8}', '{"label": 1, "prob": [[1]]}'), "<stdin>:2: 'prob' holds lists within lists"),
    ]
    for rows, said in cases:
        assert refusal("bce", stdin=lines(*rows)) == said, (rows, said)


def test_a_list_of_another_length_is_refused() -> None:
    given = lines('{"label": 0, "probs": [0.8, 0.2]}', '{"label": 0, "probs": [1]}')

    assert refusal("ce", stdin=given) == "<stdin>:2: 'probs' has 1 entry, expected 2"


# --- lines of one shape -----------------------------------------------------------------------------------------------
NUMBERS = [
    *(
        "0",
        "1",
        "0.5",
        "-0",
        "1e-3",
        "2.5E-1",
        "5e+0",
        "0.25e0",
        "123456789012345678901234567890e-31",
        "2",
        "-1",
        "null",
    ),
    *(
        "01",
        ".5",
        "5.",
        "+1",
        "1.e5",
        "0x1",
        "1_0",
        "-",
        "--1",
        "- 1",
        "in",
        "inf",
        "NaN",
        "nan",
        "Infinity",
        "1 2",
        "NA",
    ),
    *(
        '"0.5"',
        '" 0.5 "',
        '".5"',
        '"NA"',
        '"x"',
        '""',
        "[0.5]",
        '{"a": 0.5}',
        "true",
        "1e-400",
        "0.99999999999999999999",
    ),
]
PLAIN = [f'{{"id": "a{at}", "label": {at % 2}, "prob": 0.{at % 7 + 1}5, "ok": true}}' for at in range(40)]
ODD = [
    *(f'{{"id": "a", "label": 1, "prob": {number}, "ok": true}}' for number in NUMBERS),
    *(f'{{"id": {number}, "label": 1, "prob": 0.5, "ok": true}}' for number in (*NUMBERS, '"a,b"', '"a\\"b"', "[1,2]")),
    *(
        f'{{"id": "a", "label": {label}, "prob": 0.5, "ok": true}}'
        for label in (*NUMBERS, '"1"', '"a"', '"1" ', '"\\u0031"')
    ),
    *(
        f'{{"id": "a", "label": 1, "prob": 0.5, "ok": {truth}}}'
        for truth in ("false", "null", "tru", "trues", "True", "1")
    ),
    '{"id": "a", "label": 1, "prob": 0.5}',
    '{"label": 1, "prob": 0.5, "id": "a", "ok": true}',
    '{"id": "a", "label": 1, "prob": 0.5, "ok": true, "more": 1}',
    '{"id": "a", "label": 1, "prob": 0.5, "prob": 0.6, "ok": true}',
    '{"id": "a", "label": 1, "prob": 0.5, "ok": true}}',
    '{"id": "a", "label": 1, "prob": 0.5, "ok": true',
    '{"id": "a", "label": 1,  "prob":0.5 , "ok": true }',
    '{"id": "a" "label": 1, "prob": 0.5, "ok": true}',
    '{"id": "a"", "label": 1, "prob": 0.5, "ok": true}',
    '{"id": "\t", "label": 1, "prob": 0.5, "ok": true}',
    '{"id": "é", "label": 1, "prob": 0.5, "ok": true}',
    '{"Id": "a", "label": 1, "prob": 0.5, "ok": true}',
    '{"id": "a", "label": 1, "prub": 0.5, "ok": true}',
    '{"id": , "label": 1, "prob": 0.5, "ok": true}',
    '{"id": "a", "label": 1, "prob": , "ok": true}',
    '{"id": "a", "label": 1, "prob": 0.5, "ok": true} x',
    '"a", "label": 1, "prob": 0.5, "ok": true}',
    ",,,",
    "{}",
    "",
    "   ",
]


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--na", "drop"), ("--by", "ok,id", "-f", "json"), ("-y", "ok")])
def test_lines_of_one_shape_are_read_as_one_by_one(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers and errors by the decoder of tables, by orjson and by the standard library."""
    if options and options[0] == "--by":
        PLAIN[5] = PLAIN[5].replace('"a5"', '"a4"')
    for odd in ODD:
        text = "\n".join([*PLAIN[:9], odd, *PLAIN[9:]])
        found = run("bce", *options, stdin=text)
        with monkeypatch.context() as patched:
            patched.setattr(jsonlines, "TEMPLATE_LINES", 0)
            assert run("bce", *options, stdin=text) == found, odd
            patched.setattr(jsonlines, "orjson", None)
            assert run("bce", *options, stdin=text) == found, odd
        assert "internal" not in found.err


def test_a_line_that_is_no_json_is_refused_where_others_are_read_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("01", ".5", "5.", "+1", "1.e5", "0x1", "1_0", "-", "--1", "in", "1 2"):
        line = f'{{"id": "a", "label": 1, "prob": {number}, "ok": true}}'
        assert refusal("bce", stdin=lines(*PLAIN, line)) == "<stdin>:41: the line is not a JSON object", number


@examples(60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from([(", ", ": "), (",", ":")]))
def test_the_floats_of_any_reader_are_those_of_python(probs: list[float], separators: tuple[str, str]) -> None:
    rows = [{"label": at % 2, "prob": prob} for at, prob in enumerate(probs)]
    texts = [json.dumps(row, separators=separators) for row in rows]
    expected = run(
        "bce", "-r", "none", "-f", "csv", stdin="label,prob\n" + lines(*(f"{r['label']},{r['prob']!r}" for r in rows))
    )

    for template_lines in (8, 0):
        with patch.object(jsonlines, "TEMPLATE_LINES", template_lines):
            assert run("bce", "-r", "none", "-f", "csv", stdin=lines(*texts)) == expected


def test_json_lines_are_read_in_ranges_with_the_same_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LEAST_BYTES", 300)
    path = tmp_path / "t.jsonl"
    path.write_text(lines(*PLAIN, "", *reversed(PLAIN)), encoding="utf-8")

    one = record("bce", path, "--threads", "1")

    assert all(record("bce", path, "--threads", threads) == one for threads in ("2", "3", "8"))
    path.write_text(
        lines(*PLAIN, "", *PLAIN, '{"id": "a", "label": 1, "prob": 2, "ok": true}', *PLAIN), encoding="utf-8"
    )
    assert refusal("bce", path, "--threads", "4").startswith(f"{path}:82: column 'prob': 2 is ")


def test_keys_that_are_not_asked_for_may_hold_anything() -> None:
    given = lines(
        '{"label": 1, "prob": 0.5, "t": [1, [2]]}',
        '{"label": 0, "prob": 0.5, "t": [1]}',
        '{"label": 0, "prob": 0.5, "t": {"a": {}}}',
    )

    assert run("bce", "-q", stdin=given).out == "0.6931471805599453\n"


def test_a_key_that_stands_twice_is_refused() -> None:
    for line in ('{"label": 1, "prob": 0.5, "prob": 0.6}', '{"label": 1, "prob": 0.5, "t": {"a": 1, "a": 2}}'):
        for rows in ((line,), ('{"label": 1, "prob": 0.5}', line)):
            assert refusal("bce", stdin=lines(*rows)).endswith("occurs twice in the object")


def test_whole_numbers_above_those_of_floats_are_labels_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ['{"label": 18446744073709551616, "prob": 0.25}', '{"prob": 0.5, "label": 18446744073709551617}']
    for template_lines in (8, 0):
        monkeypatch.setattr(jsonlines, "TEMPLATE_LINES", template_lines)
        found = record("bce", "--positive", "18446744073709551616", "--by", "label", stdin=lines(*rows))

        assert [group["group"]["label"] for group in found["groups"]] == [
            "18446744073709551616",
            "18446744073709551617",
        ]
        assert found["value"] == pytest.approx(math.log(8) / 2, rel=1e-15, abs=0)


def test_numbers_in_a_list_are_groups_as_they_are_written_whatever_the_shape_of_their_line() -> None:
    for first, second in (("0.50", "0.5"), ("18446744073709551616", "18446744073709551617")):
        rows = (
            f'{{"label": 1, "prob": 0.5, "at": [{first}, 1]}}',
            f'{{"prob": 0.5, "label": 1, "at": [{first}, 1]}}',
            f'{{"label": 1, "prob": 0.5, "at": [{second}, 1]}}',
        )
        found = record("bce", "--by", "at_0", stdin=lines(*rows))

        assert {group["group"]["at_0"]: group["n"] for group in found["groups"]} == {first: 2, second: 1}


def test_columns_are_chosen_by_the_first_records_however_long_they_are(here: Path) -> None:
    records = [{"label": "emu", "emu": 0.8, "dog": 0.1, "fox": 0.1, "note": "n" * 3_000_000} for _ in range(3)]
    records[0]["dog"] = "0.1x"
    write("t.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    assert refusal("ce", "t.jsonl") == "t.jsonl:1: column 'dog': '0.1x' is not a number"
