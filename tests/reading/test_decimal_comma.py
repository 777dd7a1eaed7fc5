"""Tables whose decimal mark is the comma, with --decimal ','."""

import math
from pathlib import Path

from conftest import answer, close, record, refusal, run, write

VALUE = (-math.log(0.8) - math.log(0.7)) / 2


def test_decimal_commas_are_read_in_every_spelling(here: Path) -> None:
    for text in (
        "label;prob\n1;0,8\n0;0,3\n",
        "label\tprob\n1\t0,8\n0\t0,3\n",
        'label;prob\n"1";"0,8"\n0;0,3\n',
        "1;0,8\n0;0,3\n",
        "label;prob\n1;,8\n0;3,0e-1\n",
        '{"label": 1, "prob": "0,8"}\n{"label": 0, "prob": "0,3"}\n',
        "label;prob\n" + "1;0,8\n0;0,3\n" * 500,
    ):
        assert answer("bce", "--decimal", ",", write("t.csv", text)) == close(VALUE), text
    assert answer("bce", "--decimal", ".", write("t.csv", "label,prob\n1,0.8\n0,0.3\n")) == close(VALUE)


def test_words_keep_their_commas(here: Path) -> None:
    rows = "Smith, J;0,8\nno;0,3\n"
    for count in (1, 40):
        write("t.csv", "label;prob\n" + rows * count)

        shown = run("bce", "--decimal", ",", "--positive", "Smith, J", "-r", "none", "-f", "json", "t.csv").out

        assert record("bce", "--decimal", ",", "--positive", "Smith, J", "t.csv")["value"] == close(VALUE)
        assert "Smith. J" not in shown


def test_soft_labels_and_classes_have_decimal_commas_too(here: Path) -> None:
    assert answer("bce", "--decimal", ",", write("t.csv", "y;p\n0,5;0,5\n")) == close(math.log(2))
    assert answer("ce", "--decimal", ",", write("t.csv", "y;p_a;p_b\na;0,8;0,2\nb;0,3;0,7\n")) == close(VALUE)


def test_a_point_is_no_part_of_such_a_number(here: Path) -> None:
    for rows in (1, 40):
        write("t.csv", "label;prob\n" + "1;0,8\n" * rows + "0;1.234\n")

        said = refusal("bce", "--decimal", ",", "t.csv")

        assert said == f"t.csv:{rows + 2}: column 'prob': '1.234' is not a number; the decimal mark is the comma"


def test_what_contradicts_it_is_refused(here: Path) -> None:
    write("t.csv", "label;prob\n1;0,8\n")

    assert "the comma can't be the delimiter" in refusal("bce", "--decimal", ",", "-d", ",", "t.csv")
    assert "'x' is not a decimal mark" in refusal("bce", "--decimal", "x", "t.csv")
    assert refusal("bce", "t.csv").endswith("'0,8' is not a number; --decimal , reads the decimal comma")


def test_missing_cells_are_that_beside_decimal_commas_too(here: Path) -> None:
    for mark in ("", "NA", ".", "nan", "-", "--", "1.#IND", "#N/A", "null", "?"):
        for count, end in ((1, "\n"), (30, "\r\n")):  # few such rows, and many
            for at in range(3):
                rows = ["1;0,8;2,5", "0;0,3;2,5"] * count
                row = ["0", "0,5", "1,5"]
                row[at] = mark
                rows.insert(1, ";".join(row))
                write("t.csv", end.join(["label;prob;w", *rows, ""]))
                found = record("bce", "--decimal", ",", "t.csv", "-w", "w", "--na", "drop")
                assert (found["value"], found["n"], found["dropped"]) == (close(VALUE), 2 * count, 1), (mark, at)
                said = refusal("bce", "--decimal", ",", "t.csv", "-w", "w")
                column = ("label", "prob", "w")[at]
                assert said.startswith(f"t.csv:3: column '{column}': the cell is missing ({mark or 'empty'})"), said


def test_cells_of_a_table_with_decimal_commas_are_shown_as_they_stand(here: Path) -> None:
    write("t.csv", "label;prob;note;g\n1;0,8;a,b;1,5\n0;0,3;c.d;2.5\n")
    found = record("bce", "--decimal", ",", "t.csv", "-p", "prob", "--worst", "2", "--show", "note,g")
    assert [one["cells"] for one in found["worst"]] == [
        {"note": "c.d", "g": "2.5"},
        {"note": "a,b", "g": "1,5"},
    ]
    assert sorted(one["group"]["g"] for one in record("bce", "--decimal", ",", "t.csv", "--by", "g")["groups"]) == [
        "1,5",
        "2.5",
    ]
