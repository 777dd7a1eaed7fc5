"""Labels in one file, predictions in another."""

from math import log
from pathlib import Path

from conftest import DATA, answer, close, record, refusal, run, told, write

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


# --- a table of calls: what each of them comes to ---------------------------------------------------------------------
FILES = {
    "y.csv": "label\n1\n0\n1\n",
    "p.csv": "p\n0.8\n0.3\n0.6\n",
    "yh.csv": "1\n0\n1\n",
    "ph.csv": "0.8\n0.3\n0.6\n",
    "w.csv": "w\n1\n2\n3\n",
    "wh.csv": "1\n2\n3\n",
    "w2.csv": "1,2\n3,4\n5,6\n",
    "pg.csv": "p\n0.8\n\n0.6\n",
    "yi.csv": "id,label\n1,1\n2,0\n3,1\n",
    "pi.csv": "ID,p\n3,0.6\n1,0.8\n2,0.3\n",
    "yc.csv": "# made\nlabel\n1\n0\n1\n",
    "pq.csv": "p,q\n0.8,0.7\n0.3,0.2\n0.6,0.9\n",
    "yw.csv": "label,w\n1,1\n0,2\n1,3\n",
    "pw.csv": "p,w\n0.8,1\n0.3,2\n0.6,3\n",
    "pw4.csv": "p,w\n0.8,1\n0.3,2\n0.6,4\n",
    "pc.csv": "cat,dog\n0.8,0.2\n0.3,0.7\n0.6,0.4\n",
    "pch.csv": "0.8,0.2\n0.3,0.7\n0.6,0.4\n",
    "yk.csv": "cat\ndog\ncat\n",
    "ykh.csv": "y\ncat\ndog\ncat\n",
    "short.csv": "label\n1\n0\n",
    "yp.csv": "label,p\n1,0.5\n0,0.5\n1,0.5\n",
    "pp.csv": "label,p\n1,0.8\n0,0.3\n1,0.6\n",
    "pl.csv": "label,p\n1,0.8\n1,0.3\n1,0.6\n",
    "soft.csv": "a,b\n0.5,0.5\n0,1\n1,0\n",
    "two.csv": "x,y2\n1,0\n0,1\n1,1\n",
    "z.csv": "logit,p\n1,0.8\n-1,0.3\n2,0.6\n",
}


def test_two_arguments_are_labels_and_predictions_or_refused(here: Path) -> None:
    for name, text in FILES.items():
        write(name, text)
    for line in (DATA / "two_files.txt").read_text(encoding="utf-8").splitlines():
        call, _, expected = line.partition(" => ")
        assert told(run(*call.split(), "-f", "json", stdin="label\n1\n0\n1\n")) == expected, call


def test_a_weight_or_a_group_that_both_joined_tables_have_must_be_the_same(here: Path) -> None:
    write("a.csv", "id,w,label,g\n1,5,1,x\n2,1,0,y\n")
    for other, option, column in (("5,z", "-w", "w"), ("3,x", "--by", "g"), ("5,x", "-w", "w"), ("5,x", "--by", "g")):
        write("b.csv", f"id,prob,W,g\n2,0.6,1,y\n1,0.9,{other}\n")
        assert record("bce", "a.csv", "b.csv", "--key", "id", option, column)["n"] == 2, (other, option)
        assert answer("bce", "a.csv", "b.csv", "--key", "id") == close(-(log(0.9) + log(0.4)) / 2)
    write("c.csv", "id,w,label\n1,0.50,1\n2,1.0,0\n")
    write("b.csv", "id,prob,w\n2,0.6,1\n1,0.9,5e-1\n")
    assert record("bce", "c.csv", "b.csv", "--key", "id", "-w", "w")["n"] == 2
    write("b.csv", "id,prob,W,g\n2,0.6,1,y\n1,0.9,3,z\n")
    for option, column, cells in (
        ("-w", "w", "'5' and '3'"),
        ("--by", "g", "'x' and 'z'"),
        ("--by", "G", "'x' and 'z'"),
    ):
        assert refusal("bce", "a.csv", "b.csv", "--key", "id", option, column) == (
            f"a.csv:2 and b.csv:3 differ in '{column.lower()}': {cells}; rename one of the columns"
        )
