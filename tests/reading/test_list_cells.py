"""Cells of text that hold a list: the class probabilities of their row."""

from math import log
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, write
from samples import OF_CLASSES

LOSS = -(log(0.8) + log(0.7)) / 2
TABLES = (
    'label,probs\n0,"[0.8, 0.2]"\n1,"[0.3, 0.7]"\n',
    "label,probs\n0,[0.8 0.2]\n1,[0.3 0.7]\n",
    'label,probs\n0,"[0.8\n 0.2]"\n1,[0.3 0.7]\n',
    "label\tprobs\n0\t[0.8, 0.2]\n1\t[0.3, 0.7]\n",
    "label;probs\n0;[0.8, 0.2]\n1;[0.3, 0.7]\n",
    'label,probs\n0,"tensor([0.8, 0.2])"\n1,"array([0.3, 0.7])"\n',
    "| label | probs |\n|---|---|\n| 0 | [0.8, 0.2] |\n| 1 | [0.3, 0.7] |\n",
    "0\t[0.8, 0.2]\n1\t[0.3, 0.7]\n",
    '0,"[0.8, 0.2]"\n1,"[0.3, 0.7]"\n',
)


def test_a_list_in_a_cell_is_the_class_probabilities_of_its_row(here: Path) -> None:
    for table in TABLES:
        path = write("t.txt", table)
        chosen = ("-y", "1", "-p", "2")
        for command in OF_CLASSES:
            for options in ((), chosen, ("-p", "2"), *(((("-p", "probs"),)) if "probs" in table else ())):
                assert answer(command, path, *options) == close(LOSS), (table, options)
        assert answer("ce", "0,1", path, *chosen[2:]) == close(LOSS), table


def test_lists_in_cells_stand_beside_other_columns() -> None:
    table = 'id,label,probs,w\n7,cat,"[0.8, 0.2]",2\n8,dog,"[0.3, 0.7]",1\n'
    found = record("ce", "--classes", "cat,dog", "-w", "w", "--show", "id", "--worst", "1", stdin=table)
    assert found["value"] == close(-(2 * log(0.8) + log(0.7)) / 3)
    assert found["columns"]["prob"] == ["probs_0", "probs_1"]
    models = 'label,a,b\n0,"[0.8, 0.2]","[0.9, 0.1]"\n1,"[0.3, 0.7]","[0.2, 0.8]"\n'
    assert record("ce", "-p", "a", "-p", "b", stdin=models)["models"][1]["value"] == close(-(log(0.9) + log(0.8)) / 2)


def test_a_list_that_is_broken_missing_or_of_another_length_is_named_with_its_line() -> None:
    for cell, said in (
        ('"[0.3, 0.7, 0]"', "column 'probs': a list of 3, expected 2"),
        ("0.7", "column 'probs': a list of 1, expected 2"),
        ('"[0.3, 0.7"', "column 'probs': the brackets of the list do not match"),
        ('"[0.3, x]"', "column 'probs_1': 'x' is not a number"),
        ('"[0.3, 1.7]"', "column 'probs_1': 1.7 is not"),
        ("", "column 'probs_0': the cell is missing"),
    ):
        table = f'label,probs\n0,"[0.8, 0.2]"\n1,{cell}\n'
        assert refusal("ce", stdin=table).startswith(f"<stdin>:3: {said}")
    assert record("ce", "--na", "drop", stdin='label,probs\n0,"[0.8, 0.2]"\n1,\n')["dropped"] == 1


def test_a_cell_behind_a_list_with_line_breaks_is_named_with_its_line() -> None:
    for header, named in (("probs,label,w\n", 1), ("", 0)):
        broken, label = '"[0.1\n 0.9]",1,1\n', "label" if named else "2"
        options = ("--classes", "0,1", "-y", label, "-p", "probs" if named else "1", "-w", "w" if named else "3")
        for last, line in (
            ('"[0.1\n 0.9]",cow,1\n', 4),
            ('"[\n0.1\n 0.9]",cow,1\n', 5),
            ('"[0.1 0.9]",cow,1\n', 3),
            ('"[0.1\n x]",1,1\n', 3),  # where the list begins
            ('"[0.1\n 0.9]","\n1",x\n', 5),
        ):
            said = refusal("ce", *options, stdin=header + broken + last)
            assert said.startswith(f"<stdin>:{line + named}: column "), (last, said)
    missing = 'probs,label\n"[0.1\n 0.9]",1\n"\n\n",cow\n0.1,1\n'  # it is dropped, and the last one is broken
    assert refusal("ce", "--na", "drop", stdin=missing).startswith("<stdin>:7: column 'probs': a list of 1")


@pytest.mark.slow
def test_lists_in_cells_are_read_in_any_number_of_threads(here: Path) -> None:
    write("t.csv", "label,probs\n" + '0,"[0.8, 0.2]"\n1,"[0.3, 0.7]"\n' * 40_000)
    for threads in ("1", "2"):
        found = record("ce", "t.csv", "--threads", threads)
        assert found["n"] == 80_000 and found["value"] == close(LOSS)


def test_a_list_called_like_a_prediction_is_not_passed_over_for_a_decision() -> None:
    text = 'label,probability,prediction\n1,"[0.2,0.8]",1\n0,"[0.6,0.4]",0\n'
    objects = '{"label":1,"probs":[0.2,0.8],"prediction":1}\n{"label":0,"probs":[0.6,0.4],"prediction":0}\n'
    for table in (text, objects):
        for command in ("bce", "nll"):
            said = refusal(command, stdin=table)
            assert "could each be the prediction" in said and "'prediction'" in said and "prob" in said, said
    assert answer("bce", "-p", "prediction", stdin=text) == 0.0
    assert answer("bce", "-p", "probability_1", stdin=text) == answer("ce", "-p", "probability", stdin=text)
