"""Labels in one file, predictions in another."""

from math import log
from pathlib import Path

from conftest import answer, close, write

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
LOSS = -(log(0.8) + log(0.7)) / 2
SPECIES_LOSS = -log(0.7)


PAIRS = [
    ("label\n1\n0\n", "prob\n0.8\n0.3\n", ()),
    ("1\n0\n", "0.8\n0.3\n", ()),
    ("label\n1\n0\n", "0.8\n0.3\n", ()),
    ("1\n0\n", "prob\n0.8\n0.3\n", ()),
    ("clicked\n1\n0\n", "anything\n0.8\n0.3\n", ()),
    ("true\nfalse\n", "0.8\n0.3\n", ()),
    ("truth\n1\n0\n", "0.8\n0.3\n", ()),
    (PLAIN, "0.8\n0.3\n", ()),
    ("spam\nham\n", "0.8\n0.3\n", ("--positive", "spam")),
    ("animal\nspam\nham\n", "p\n0.8\n0.3\n", ("--positive", "spam", "--header")),
    ("a,b\n1,5\n0,5\n", "c,d\n5,0.8\n5,0.3\n", ("-y", "a", "-p", "d")),
    ("1\n0\n", "0.8\n0.3", ("--no-header",)),
    ("1\r\n0\r\n", '"0.8"\n"0.3"\n', ()),
]


def test_labels_and_predictions_come_from_two_files(here: Path) -> None:
    for labels, preds, options in PAIRS:
        assert answer("bce", write("l.csv", labels), write("p.csv", preds), *options) == close(LOSS)


CLASS_PAIRS = [
    ("cat\ncow\n", "cat,dog,cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("label\ncat\ncow\n", "p_cat,p_dog,p_cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("0\n2\n", ".7,.2,.1\n.1,.2,.7\n", ()),
    ("0\n2\n", ".7 .2 .1\n.1 .2 .7\n", ()),
    ("0\n2\n", "cat,dog,cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("cat\ncow\n", ".7,.2,.1\n.1,.2,.7\n", ("--classes", "cat,dog,cow")),
    ("a,b,c\n1,0,0\n0,0,1\n", ".7,.2,.1\n.1,.2,.7\n", ("-y", "1-3")),
]


def test_classes_and_their_rows_come_from_two_files(here: Path) -> None:
    for labels, preds, options in CLASS_PAIRS:
        assert answer("ce", write("l.csv", labels), write("p.csv", preds), *options) == close(SPECIES_LOSS)


def test_other_columns_of_a_file_of_predictions_are_no_classes(here: Path) -> None:
    preds = "epoch,p_cat,p_dog,p_cow\n1,.7,.2,.1\n2,.1,.2,.7\n"
    assert answer("ce", write("l.csv", "cat\ncow\n"), write("p.csv", preds)) == close(SPECIES_LOSS)
