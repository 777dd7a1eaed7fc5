"""Rows that count for nothing, labels written in another way, and tables that are odd: what holds of every question."""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import pytest
from conftest import record, refusal, run, scaled, write
from samples import BINARY, CLASSES, FEATURES

pytestmark = pytest.mark.usefixtures("here")

QUESTIONS = (
    "",
    "-r sum",
    "--ci 0.9",
    "--by g",
    "--worst 4",
    "--calibration 4",
    "--quantiles 0.25,0.9",
    "--smoothing 0.1",
    "--class-weight balanced",
    "--base 2 --focal 2",
    "--explain",
    "-r none",
)


def figures(found: object, *without: str) -> Iterator[tuple[str, float]]:
    """Every number of a record with its path, but for those below these keys."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            if key not in without:
                yield from ((f"{key}.{path}", number) for path, number in figures(value, *without))
    elif isinstance(found, list):
        for at, value in enumerate(found):
            yield from ((f"{at}.{path}", number) for path, number in figures(value, *without))
    elif isinstance(found, int | float) and not isinstance(found, bool):
        yield "", float(found)


def same_figures(one: Any, other: Any, *without: str, rel: float = 1e-12) -> None:
    left, right = dict(figures(one, *without)), dict(figures(other, *without))
    assert left.keys() == right.keys() and left
    for key, value in left.items():
        assert value == pytest.approx(right[key], rel=rel, abs=1e-15), key


# --- rows that count for nothing --------------------------------------------------------------------------------------
def test_a_dropped_row_may_hold_anything() -> None:
    for call, table in (
        ("bce t.csv -p p -w w", BINARY),
        ("bce t.csv -p p -p q -w w", BINARY),
        ("bce t.csv -p p -w w --by g", BINARY),
        ("grad bce t.csv -p p -w w", BINARY),
        ("ce t.csv -p p_* -w w", CLASSES),
        ("grad ce t.csv -p p_* -w w --wrt logits --check", CLASSES),
        ("fit bce t.csv -y y -x a,b -w w --steps 3", FEATURES),
    ):
        write("t.csv", table)
        right = record(*call.split())
        header, *lines = table.splitlines()
        names, cells = header.split(","), lines[0].split(",")
        scores = [name for name in names if name in ("p", "p_cat", "a") or (name == "q" and "-p q" in call)]
        for gap, odd in zip((names[0], *scores, "w"), ("1e200", "-1", "1e-200", "inf"), strict=False):
            bad = [odd if name in (*scores, "w") else cell for name, cell in zip(names, cells, strict=True)]
            bad[names.index(gap)] = "NA"
            write("t.csv", "\n".join([header, *lines[:2], ",".join(bad), *lines[2:]]) + "\n")
            found = record(*call.split(), "--na", "drop")
            assert found.get("dropped", 1) == 1, (call, gap, odd)
            same_figures(found, right, "dropped", "notes", "row", "groups")


def test_an_ignored_row_may_hold_any_number() -> None:
    for call in (
        "ce t.csv -p p_*",
        "nll t.csv -p p_* -w w",
        "ce t.csv -p p_* --by g",
        "ce t.csv -p p_* --calibration 3",
    ):
        write("t.csv", CLASSES)
        right = record(*call.split())
        for odd in ("7,0.2,0.1", "-1,0,0", "inf,0,1", "0,0,0"):
            write("t.csv", CLASSES + f"cow,{odd},1,a\n")
            same_figures(record(*call.split(), "--ignore", "cow"), right, "ignored", "notes")


def test_a_row_of_weight_0_changes_no_figure() -> None:
    """Whatever it costs: a certain miss too, of either model or of both."""
    counts = ("n", "min", "max", "std", "lower", "equal", "higher", "infinite", "options", "notes")
    for question in ("-p p", "-p p -r sum --by g", "-p p --base 2 --focal 2", "-p p -p q --ci 0.9", "-p p -p q --by g"):
        args = ("bce", "t.csv", "-w", "w", *question.split())
        write("t.csv", BINARY)
        right = record(*args)
        for cells in ("0.5,0.5", "0,0.5", "0.5,0", "0,0"):
            write("t.csv", BINARY + f"1,{cells},0,a\n")
            same_figures(record(*args), right, *counts)


# --- the same labels, written in another way --------------------------------------------------------------------------
def test_rows_of_0_and_1_are_the_classes_that_they_name() -> None:
    lines = [line.split(",") for line in CLASSES.splitlines()[1:]]
    names = ("cat", "dog", "emu")
    hot = "".join(",".join([*("01"[cells[0] == name] for name in names), *cells[1:]]) + "\n" for cells in lines)
    write("hot.csv", f"y_cat,y_dog,y_emu,p_cat,p_dog,p_emu,w,g\n{hot}")
    write("t.csv", CLASSES)
    for at, question in enumerate(QUESTIONS):
        # a label that may be soft adds 1 to the divisor, and has other terms
        loss = "nll" if "balanced" in question or "explain" in question or at % 3 == 2 else "ce"
        args = (*question.split(), *(("-w", "w") if at % 2 else ()), "-p", "p_*")
        if loss == "nll" and "smoothing" in question:
            continue
        right, found = record(loss, "t.csv", *args), record(loss, "hot.csv", "-y", "y_*", *args)
        same_figures(found, right, "per_class", "label_entropy", "kl_divergence", "prob", "explain", "notes")


def test_typed_class_weights_want_numbered_classes_in_their_order() -> None:
    for names in (("0", "1", "2"), ("9", "10", "11"), ("1.5", "2", "30")):
        for order in permutations(range(3)):
            header = ",".join(f"p_{names[at]}" for at in order)
            write("t.csv", f"label,{header}\n{names[1]},0.5,0.25,0.25\n{names[0]},0.5,0.25,0.25\n")
            args = ("ce", "t.csv", "-y", "label", "-p", "p_*", "--class-weight", "1,2,3")
            if order == (0, 1, 2):
                assert record(*args)["n"] == 2
            else:
                assert "in the order of the classes" in refusal(*args), (names, order)


# --- odd tables -------------------------------------------------------------------------------------------------------
ODD = {
    "a certain miss": "1,0.8,0.7,1,a\n1,0,0.5,1,b\n0,0.3,0.4,2,a\n",
    "certain misses only": "1,0,0.5,1,a\n0,1,0.25,2,b\n",
    "a certain miss of weight 0": "1,0.8,0.7,1,a\n1,0,0,0,b\n0,0.3,0.4,2,a\n",
    "one row": "1,0.8,0.7,1,a\n",
    "equal rows": "1,0.8,0.7,1,a\n" * 3,
    "one label": "0,0.8,0.7,1,a\n0,0.3,0.2,2,\n",
    "certain hits": "1,1,1,1,a\n0,0,0,1,b\n",
    "a weight of 0 alone in its group": "1,0.8,0.7,0,a\n0,0.3,0.4,2,b\n",
}


@pytest.mark.parametrize("name", ODD)
def test_every_question_of_an_odd_table_has_an_answer_in_every_format(name: str) -> None:
    write("t.csv", "label,p,q,w,g\n" + ODD[name])
    questions = [*QUESTIONS, "--plot", "-w w --plot", "-w w --by g --worst 2", "-p q", "-p q -w w --by g"]
    for at, question in enumerate(questions):
        forms = ([], ["-f", "json"]) if "plot" not in question else ([],)
        for form in forms if scaled(10) > 1 else (forms[at % len(forms)],):
            result = run("bce", "t.csv", "-p", "p", *question.split(), *form)
            undefined = "of two models are infinite" in result.err or "the weights sum to 0" in result.err
            assert (result.code, result.err) == (0, "") or undefined, (question, form, result.err)
            assert " nan" not in result.out, (question, form)
            if form and result.code == 0:
                assert result.json["n"] == len(ODD[name].splitlines())


def test_a_certain_miss_has_no_part_in_the_shares_of_a_picture_of_the_loss() -> None:
    write("t.csv", "label,p\n1,0.65\n1,0\n0,0.35\n")
    lines = [line.split() for line in run("bce", "t.csv", "--plot").out.splitlines() if " to " in line]
    shares = {line[0]: [cell for cell in line if cell.replace(".", "").isdigit()][2:] for line in lines}
    assert shares["0"] == ["33.3", "0.0"] and shares["0.6"] == ["66.7", "100.0"], shares
    assert record("bce", "t.csv")["max"] is None
