"""Which columns are meant: by a header, by names, by numbers, and for classes by what is plain from the header."""

import json
import re
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, answer, close, npy, npz, record, refusal, run, write
from samples import OF_TWO

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
LOSS = -(log(0.8) + log(0.7)) / 2
SPECIES = "species,setosa,versicolor,virginica\nsetosa,.7,.2,.1\nvirginica,.1,.2,.7\n"
SPECIES_LOSS = -log(0.7)


# --- headers ----------------------------------------------------------------------------------------------------------

HEADERS = [
    ("1,0.8\n0,0.3\n", (), LOSS),
    ("1,0.8\n0,0.3\n", ("--no-header",), LOSS),
    ("1,0.8\n0,0.3\n", ("-y", "1", "-p", "2"), LOSS),
    ("1,0.8\n0,0.3\n", ("--header", "-y", "1", "-p", "2"), -log(0.7)),
    (PLAIN, ("-y", "1", "-p", "2"), LOSS),
    (PLAIN, ("--header",), LOSS),
    ("1,2\n1,0.8\n0,0.3\n", ("--header", "-y", "1", "-p", "2"), LOSS),
    ("2,1\n0.8,1\n0.3,0\n", ("--header", "-y", "1", "-p", "2"), LOSS),
    ("0.8,1\n0.3,0\n", ("-y", "2", "-p", "1"), LOSS),
    ("1,0.8\n", (), -log(0.8)),
]


def test_a_header_is_found_or_told(here: Path) -> None:
    for text, options, expected in HEADERS:
        assert answer("bce", write("t.csv", text), *options) == close(expected), (text, options, expected)


NUMBERED = [
    "label,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "y,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "0,1,2,label\n0.7,0.2,0.1,0\n0.1,0.2,0.7,2\n",
    "label,1,2,3\n1,0.7,0.2,0.1\n3,0.1,0.2,0.7\n",
    ",label,0,1,2\n0,0,0.7,0.2,0.1\n1,2,0.1,0.2,0.7\n",
    "0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "label,10,20,30\n10,0.7,0.2,0.1\n30,0.1,0.2,0.7\n",
    "label,2,1,0\n2,0.7,0.2,0.1\n0,0.1,0.2,0.7\n",
    "y,0,1\n0,0.7,0.3\n1,0.3,0.7\n",
]


def test_class_numbers_can_be_the_header(here: Path) -> None:
    for text in NUMBERED:
        assert answer("ce", write("t.csv", text)) == close(SPECIES_LOSS), text


@pytest.mark.parametrize("text, classes", [("y,0,1\nn,1,0\n", "n,y"), ("class,1,0\nother,0,1\n", "class,other")])
def test_a_first_line_whose_label_is_a_class_is_no_header(text: str, classes: str, here: Path) -> None:
    assert record("ce", write("t.csv", text), "--classes", classes)["n"] == 2


def test_a_header_of_class_numbers_is_found_where_the_label_is_named_by_an_option(here: Path) -> None:
    write("t.csv", "digit,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n")
    assert answer("ce", "t.csv", "-y", "digit") == close(SPECIES_LOSS)


# --- the choice of columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["y_proba", "y_score"])
@pytest.mark.parametrize("command", OF_TWO)
def test_decisions_beside_probabilities_are_not_scored_in_their_place(command: str, other: str) -> None:
    table = f"y_true,y_pred,{other}\n1,1,0.8\n0,0,0.3\n"
    said = f"<stdin>: 'y_pred' and '{other}' could each be the prediction; choose with -p"
    assert refusal(command, stdin=table) == said
    assert answer(command, "-p", other, stdin=table) == close(LOSS)


def test_every_one_of_several_candidates_is_listed() -> None:
    said = refusal("bce", stdin="y_true,pred,prob,score\n1,1,0.8,2\n")
    assert said == "<stdin>: 'pred' and 'prob' and 'score' could each be the prediction; choose with -p"


def test_the_last_of_two_values_does_not_win() -> None:
    cases = [
        (("bce", "1,0", "0.8,0.3", "--base", "2", "--base", "10"), "--base is given twice"),
        (("bce", "1,0", "0.8,0.3", "--expect", "1", "--expect", "2"), "--expect is given twice"),
        (("ce", "-w", "w", "--weight", "v"), "--weight is given twice"),
    ]
    for line, words in cases:
        assert refusal(*line) == words, (line, words)


def test_without_names_the_first_column_is_the_label_and_the_rest_are_predictions() -> None:
    found = record("ce", stdin="0,.7,.2,.1\n2,.1,.2,.7\n")
    assert found["columns"] == {"label": 1, "prob": [2, 3, 4], "weight": None}
    assert found["value"] == close(SPECIES_LOSS)


def test_headerless_columns_in_the_other_order_are_said_to_be_swapped() -> None:
    said = "the predictions are all 0 or 1 and the labels are not: swapped?"
    for args in (("-q",), ("-f", "csv"), ("-r", "none", "-q")):
        result = run("bce", *args, stdin="0.2,1\n0.4,0\n")
        assert said in result.err and "--eps" not in result.err
    assert any(note.startswith(said) for note in record("bce", stdin="0.2,1\n0.4,0\n")["notes"])


@pytest.mark.parametrize("options", [(), ("--from", "logits")])
def test_a_report_says_which_columns_were_used(options: tuple[str, ...]) -> None:
    out = run("bce", *options, stdin="y_true,id,score\n1,7,0.8\n").out
    assert re.search(r"^label column +y_true$", out, re.M) and re.search(r"^prediction column +score$", out, re.M)


# --- class columns ----------------------------------------------------------------------------------------------------

LOGITS = "2,0,-1"
PLAIN_SETS = [
    ("label,p_cat,p_dog,p_cow", "{cat},{z}", ""),
    ("label,p_cat,P_dog,p_cow", "0,{z}", ""),
    ("label,cat_prob,dog_prob,cow_prob", "{cat},{z}", ""),
    ("label,p0,p1,p2", "0,{z}", ""),
    ("label,p1,p2,p3", "1,{z}", ""),
    ("label,0,1,2", "0,{z}", ""),
    ("label,1,2,3", "1,{z}", ""),
    ("label,cat,dog,cow", "{cat},{z}", ""),
    ("0,1,2,label", "{z},0", ""),
    ("label,loss,p0,p1,p2", "0,9,{z}", "'loss'"),
    ("epoch,label,0,1,2", "9,0,{z}", "'epoch'"),
    ("label,0,1,2,fold", "0,{z},9", "'fold'"),
    ("loss,label,p_cat,p_dog,p_cow,fold", "9,{cat},{z},9", "'loss', 'fold'"),
    ("label,cat_prob,dog_prob,cow_prob,epoch", "{cat},{z},9", "'epoch'"),
    ("label,pred,p0,p1,p2", "0,9,{z}", "'pred'"),
    ("label,id,p0,p1,p2", "0,9,{z}", "'id'"),
    (",label,p0,p1,p2", "9,0,{z}", "column 1"),
]


@pytest.mark.parametrize(("header", "row", "left"), PLAIN_SETS)
def test_class_columns_are_taken_where_they_are_plain_and_a_note_names_what_was_left(
    header: str, row: str, left: str
) -> None:
    table = f"{header}\n{row.format(cat='cat', z=LOGITS)}\n"
    found = record("ce", "--from", "logits", stdin=table)
    said = f"not used as classes: {left}; choose the classes with -p"
    assert found["value"] == close(log(exp(2) + 1 + exp(-1)) - 2)
    assert [note for note in found["notes"] if note.startswith("not used")] == ([said] if left else [])
    assert (said in run("ce", "--from", "logits", "-q", stdin=table).err) == bool(left)


@pytest.mark.parametrize("stray", ["fold", "loss", "epoch"])
def test_where_all_that_is_left_is_taken_a_column_that_is_never_a_label_is_named(stray: str) -> None:
    rows = "".join(f"{label},2,1,0,1\n" for label in ("cat", "dog", "cow"))
    said = f"no label is '{stray}': every column beside the label was taken as a class; choose the classes with -p"
    assert said in record("ce", "--from", "logits", stdin=f"label,cat,dog,cow,{stray}\n{rows}")["notes"]
    assert said in run("ce", "--from", "logits", "-q", stdin=f"label,cat,dog,cow,{stray}\n{rows}").err
    assert (
        run("ce", "--from", "logits", "-q", "-p", "cat,dog,cow", stdin=f"label,cat,dog,cow,{stray}\n{rows}").err == ""
    )


def test_nothing_is_said_where_every_column_that_is_left_is_a_label() -> None:
    rows = "".join(f"{label},2,1,0\n" for label in ("cat", "dog", "cow"))
    assert run("ce", "--from", "logits", "-q", stdin=f"label,cat,dog,cow\n{rows}").err == ""


NOTHING_PLAIN = [
    ("label,a_x,a_y,b_x,b_y\n0,1,2,3,4\n", "'label', 'a_x', 'a_y', 'b_x', 'b_y'"),
    ("label,x0,x1,z0,z1\n0,1,2,3,4\n", "'label', 'x0', 'x1', 'z0', 'z1'"),
    ("label,name\n0,Tom\n", "'label', 'name'"),
    ("label,id\n0,7\n", "'label', 'id'"),
]


def test_where_no_class_columns_are_plain_the_columns_are_listed() -> None:
    for table, columns in NOTHING_PLAIN:
        said = refusal("ce", "--from", "logits", stdin=table)
        assert f"the columns are {columns}; choose with -p" in said, (table, columns)


def test_columns_of_a_kind_are_no_classes_where_a_label_names_a_column_beside_them() -> None:
    said = refusal("ce", stdin="label,lr_start,lr_end,cat,dog\ncat,.1,.01,.9,.1\ndog,.1,.01,.2,.8\n")
    assert said.startswith(
        "<stdin>: several sets of columns could be the classes; the columns are 'label', 'lr_start'"
    ), said
    assert answer("ce", "-p", "cat,dog", stdin="label,lr_start,lr_end,cat,dog\ncat,1,.1,.9,.1\n") == close(-log(0.9))


def test_columns_of_a_kind_are_the_classes_where_no_label_says_otherwise() -> None:
    found = record("ce", stdin="label,x_start,x_end,cat,dog\n0,.9,.1,.5,.5\n")
    assert found["value"] == close(-log(0.9))
    assert "not used as classes: 'cat', 'dog'; choose the classes with -p" in found["notes"]


# --- columns by name, number, range and glob --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["logit", "logprob"])
def test_a_column_whose_name_speaks_of_another_scale_is_said(name: str, here: Path) -> None:
    result = run("bce", write("t.csv", f"label,{name}\n1,0.8\n0,0.3\n"), "-q")
    assert f"'{name}'" in result.err and f"--from {name}s" in result.err


@pytest.mark.parametrize("scale, name", [("logits", "logit"), ("logprobs", "logprob")])
def test_the_column_of_the_scale_goes_before_other_predictions(scale: str, name: str, here: Path) -> None:
    write("t.csv", f"label,prob,{name}\n1,0.5,-0.5\n")
    assert record("bce", "t.csv", "--from", scale)["columns"]["prob"] == name
    assert record("bce", "t.csv")["columns"]["prob"] == "prob"


CHOICES = [
    ("-y", "species"),
    ("-y", "SPECIES"),
    ("-y", "1"),
    ("-y", "1", "-p", "2-4"),
    ("-y", "1", "-p", "2,3,4"),
    ("-y", "1", "-p", "2-3,4"),
    ("-y", "1", "-p", "2, 3, 4"),
    ("-y", "1", "-p", "setosa,versicolor,virginica"),
    ("-y", "1", "-p", "setosa,v*"),
    ("-y", "1", "-p", "virginica,setosa,versicolor"),
    ("-y", "1", "-p", "[sv]e*,vi*"),
    ("-y", "1", "-p", "?e*,4"),
    ("--label=species", "--prob=2-4"),
]


def test_class_columns_are_chosen_by_name_number_range_and_glob(here: Path) -> None:
    for options in CHOICES:
        assert answer("ce", write("t.csv", SPECIES), *options) == close(SPECIES_LOSS), options


def test_a_name_in_the_header_wins_over_a_number(here: Path) -> None:
    write("t.csv", "2,1\n1,0.8\n0,0.3\n")
    assert record("bce", "t.csv", "--header", "-y", "2", "-p", "1")["columns"] == {
        "label": "2",
        "prob": "1",
        "weight": None,
    }


def test_a_column_may_have_a_name_that_looks_like_a_choice(here: Path) -> None:
    for name in ["a,b", "p*", "2-3", "a b", "[x]", "x;y"]:
        write("t.csv", f'label,"{name}"\n1,0.8\n0,0.3\n')
        assert answer("bce", "t.csv", "-p", name, "-y", "label") == close(LOSS), name


@pytest.mark.parametrize("text", ["a,b\n1,0.8\n0,0.3\n"])
@pytest.mark.parametrize("options", [("-p", "b"), ("-y", "a"), ("-y", "a", "-p", "b"), ("-y", "1"), ("-p", "2")])
def test_of_two_columns_one_choice_settles_the_other(text: str, options: tuple[str, ...], here: Path) -> None:
    assert answer("bce", write("t.csv", text), *options) == close(LOSS)


def test_an_index_column_and_a_predicted_class_are_no_classes(here: Path) -> None:
    write("t.csv", ",label,cat,dog,pred\n0,cat,0.9,0.1,0\n1,dog,0.2,0.8,1\n")
    found = record("ce", "t.csv")
    assert found["classes"] == ["cat", "dog"]
    assert found["value"] == close(-(log(0.9) + log(0.8)) / 2)
    assert any("'pred'" in note for note in found["notes"])


def test_a_column_of_words_is_no_class(here: Path) -> None:
    write("t.csv", "label,cat,dog,name\ncat,0.9,0.1,Tom\ndog,0.2,0.8,Rex\n")
    assert record("ce", "t.csv")["classes"] == ["cat", "dog"]


def test_weights_are_a_column_and_count(here: Path) -> None:
    write("t.csv", "label,prob,w\n1,0.8,1\n0,0.3,3\n")
    assert answer("bce", "t.csv", "-w", "w") == close(-(log(0.8) + 3 * log(0.7)) / 4)
    assert answer("bce", "t.csv", "-w", "3") == close(-(log(0.8) + 3 * log(0.7)) / 4)


def test_beside_lists_the_weights_are_a_list_or_a_file(here: Path) -> None:
    for weights in ["1,3", "1 3", "[1, 3]", "w.csv"]:
        write("w.csv", "w\n1\n3\n")
        assert answer("bce", "1,0", "0.8,0.3", "-w", weights) == close(-(log(0.8) + 3 * log(0.7)) / 4), weights


def test_class_columns_may_be_named_in_chinese() -> None:
    table = "标签,概率_猫,概率_狗\n猫,0.9,0.1\n狗,0.2,0.8\n"
    assert record("ce", stdin=table)["classes"] == ["猫", "狗"]
    assert answer("ce", stdin=table) == close(-(log(0.9) + log(0.8)) / 2)


def test_the_predicted_class_beside_its_probabilities_is_no_class() -> None:
    """As tidymodels names them: `.pred_class`, and `.pred_` with each class."""
    table = ".pred_class,.pred_no,.pred_yes,truth\nyes,0.2,0.8,yes\nno,0.7,0.3,no\n"
    expected = close(-(log(0.8) + log(0.7)) / 2)
    for command in ("ce", "nll"):
        for text in (table, table.replace("no,0.7,0.3,no\n", ""), table.replace("yes,0.2", "no,0.2")):
            assert answer(command, stdin=text) == (expected if "0.7" in text else close(-log(0.8)))
    assert record("ce", stdin=table)["columns"]["prob"] == [".pred_no", ".pred_yes"]
    bad = table.replace("yes,0.2,0.8", "x,0.2,0.8")
    assert "<stdin>:2: column '.pred_class': 'x' is not a number" in refusal("ce", stdin=bad)
    assert "<stdin>:2: column '.pred_no': 'x' is not a number" in refusal("ce", stdin=table.replace("0.2", "x"))
    for end in ("x", "ox", "fo"):  # a bad cell, and not the end of a name
        said = refusal("nll", "--from", "logits", stdin=f"truth,a.cat,a.emu,a.fox\ncat,-2.1,{end},-2.0\n")
        assert said == f"<stdin>:2: column 'a.emu': {end!r} is not a number"
    for mark in ("", "NA", "na", "-", "None"):  # of a class, and not of a name that ends so
        said = refusal("ce", "--from", "logits", stdin=f"label,p_cat,p_dog,p_banana\ncat,2,1,{mark}\n")
        assert said.startswith("<stdin>:2: column 'p_banana': the cell is missing"), said


def test_the_error_column_of_weka_is_no_class() -> None:
    """Weka's `-classifications CSV -distribution`: the mark of a wrong decision is a plus, or nothing."""
    table = "inst#,actual,predicted,error,cat,dog\n1,cat,cat,,0.9,0.1\n2,dog,cat,+,0.6,0.4\n"
    assert record("ce", "--show", "error", "--worst", "1", stdin=table)["columns"]["prob"] == ["cat", "dog"]
    assert answer("ce", stdin=table) == close(-(log(0.9) + log(0.4)) / 2)
    plain = "label,error,info\nerror,0.9,0.1\ninfo,0.2,0.8\n"
    assert answer("ce", stdin=plain) == close(-(log(0.9) + log(0.8)) / 2)


def test_a_score_of_the_label_that_was_decided_for_is_not_taken_for_that_of_the_positive_one(here: Path) -> None:
    rows = "yes,yes,0.9\nno,no,0.8\nyes,no,0.6\nno,yes,0.7\n"
    for header, positive in (("label,predicted,score\n", "yes"), ("actual,predicted,prediction\n", "yes")):
        said = refusal("bce", "--positive", positive, write("t.csv", header + rows))
        assert said.startswith("t.csv: the predictions belong to the label in 'predicted'"), said
        numbers = rows.replace("yes", "1").replace("no", "0")
        for command in (("bce",), ("nll",), ("grad", "bce"), ("bce", "-r", "none"), ("bce", "--na", "drop")):
            assert "belong to the label in 'predicted'" in refusal(*command, write("n.csv", header + numbers)), command


def test_scores_of_decisions_that_are_all_negative_are_not_taken_for_those_of_the_positive_label(here: Path) -> None:
    rows = "label,predicted,score\nno,no,0.9\nyes,no,0.8\n"

    assert "belong to the label in 'predicted'" in refusal("bce", "--positive", "yes", stdin=rows)
    assert "belong to the label in 'predicted'" in refusal("bce", stdin=rows.replace("yes", "1").replace("no", "0"))
    other = rows.replace(",no,", ",1:no,")  # decisions in other words than the labels tell nothing
    assert answer("bce", "--positive", "yes", stdin=other) == close(-(log(1 - 0.9) + log(0.8)) / 2)


def test_a_sound_column_of_decisions_changes_nothing(here: Path) -> None:
    plain = answer("bce", write("p.csv", "label,score\n1,0.9\n0,0.2\n1,0.4\n0,0.7\n"))

    assert answer("bce", write("t.csv", "label,predicted,score\n1,1,0.9\n0,0,0.2\n1,0,0.4\n0,1,0.7\n")) == plain
    assert answer("bce", write("t.csv", "label,predicted,score\n1,1,0.9\n1,1,0.7\n")) > 0.0
    assert answer("bce", "-p", "score", write("t.csv", "label,predicted,score\n1,1,0.9\n0,0,0.8\n")) > 0.0
    assert answer("bce", "-p", "score", write("t.csv", "label,prediction,score\n1,1,0.9\n0,0,0.8\n")) > 0.0
    strict = "label,predicted,score\n1,1,0.9\n0,0,0.7\n1,0,0.2\n"  # decided at 0.8
    assert answer("bce", write("t.csv", strict)) == close(-(log(0.9) + log(0.3) + log(0.2)) / 3)


def test_scores_of_decisions_are_told_on_every_scale(here: Path) -> None:
    def logit(p: float) -> float:
        return log(p / (1 - p))

    for scale, of in (("logits", logit), ("logprobs", log), ("probs", float)):
        for command in (("bce",), ("nll",), ("grad", "bce"), ("bce", "-r", "none"), ("bce", "--like", "torch")):
            for rows in (
                ((1, 1, 0.9), (0, 0, 0.8), (1, 0, 0.6), (0, 1, 0.7)),
                ((0, 0, 0.9), (1, 0, 0.8)),  # all of them are negative
                ((1, 1, 0.2), (0, 0, 0.9)),  # the probability of label 0
            ):
                cells = [f"{label},{decided},{of(p)!r}\n" for label, decided, p in rows]
                table = "label,predicted,score\n" + "".join(cells)
                said = refusal(*command, "--from", scale, write("t.csv", table))
                assert said.startswith("t.csv: the predictions belong to the label in 'predicted'"), (scale, said)
            sound = ((1, 1, 0.9), (0, 0, 0.2), (1, 0, 0.4), (0, 1, 0.7))
            cells = [f"{label},{decided},{of(p)!r}\n" for label, decided, p in sound]
            assert run(*command, "--from", scale, write("t.csv", "label,predicted,score\n" + "".join(cells))).code == 0
        high = "".join(f"{label},{label},{of(p)!r}\n" for label, p in ((1, 0.9), (0, 0.7)))
        write("t.csv", "label,predicted,score\n" + high)  # may be decided at 0.8, if the user says what the scores are
        assert "all are at least" in refusal("bce", "--from", scale, "t.csv")
        expected = -(log(0.9) + log(0.3)) / 2
        assert answer("bce", "--from", scale, "-p", "score", "t.csv") == pytest.approx(expected, rel=1e-14)


def test_decisions_in_a_column_called_like_a_prediction_are_noticed_beside_the_chosen_one(here: Path) -> None:
    header, rows = "label,{},confidence\n", ((1, 1, 0.9), (0, 0, 0.8), (1, 0, 0.6), (0, 1, 0.7))
    for name in ("pred", "prediction", "y_pred", "yhat"):
        cells = "".join(f"{label},{decided},{score}\n" for label, decided, score in rows)
        said = refusal("bce", "-p", "confidence", write("t.csv", header.format(name) + cells))
        assert said.startswith(f"t.csv: the predictions belong to the label in '{name}'"), said
        words = cells.replace("1,", "yes,").replace("0,", "no,")
        said = refusal("nll", "-p", "3", "--positive", "yes", write("t.csv", header.format(name) + words))
        assert said.startswith(f"t.csv: the predictions belong to the label in '{name}'"), said
        lines = ({"label": label, name: decided, "confidence": score} for label, decided, score in rows)
        write("t.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        assert f"belong to the label in '{name}'" in refusal("bce", "-p", "confidence", "t.jsonl")
    plain = answer("bce", write("p.csv", "label,score\n1,0.9\n0,0.2\n1,0.4\n0,0.7\n"))
    for other in ("1,0,0,1", "0,1,1,0", "0.3,0.9,0.1,0.4", "1,0,0.5,0"):  # decisions of another model, and its scores
        cells = zip("1010", other.split(","), ("0.9", "0.2", "0.4", "0.7"), strict=True)
        write("t.csv", "label,pred,score\n" + "".join(",".join(row) + "\n" for row in cells))
        assert answer("bce", "-p", "score", "t.csv") == plain


def test_probabilities_beside_the_chosen_ones_are_no_decisions_whatever_ends_are_among_them(here: Path) -> None:
    value = close(-(log(0.8) + log(1 - 0.9)) / 2)
    for cells in (("1", "0.25"), ("1.0", "0.5"), ("0.25", "1"), ("1e0", "0.125")):
        write("t.csv", f"label,p,q\n1,{cells[0]},0.8\n0,{cells[1]},0.9\n")
        assert answer("bce", "t.csv", "-p", "q") == value, cells
    for cells in (("1", "0"), ("yes", "no"), ("1.0", "0.0")):
        write("t.csv", f"label,p,q\n1,{cells[0]},0.8\n0,{cells[1]},0.9\n")
        said = run("bce", "t.csv", "-p", "q")
        assert (said.code == 2) == (cells[0] != "yes"), cells


def test_any_row_that_no_threshold_explains_shows_that_scores_are_those_of_the_decision(here: Path) -> None:
    """One of three labels may be decided for below a half, and so may the positive one at a low threshold."""
    tables = (
        "label,predicted,score\ncat,cat,0.4\ndog,dog,0.45\ncat,emu,0.6\n",
        "label,predicted,score\ncat,cat,0.35\ndog,dog,0.8\ndog,dog,0.9\n",
    )
    ids = "id,label\n{}", "id,predicted,score\n{}"
    for table in tables:
        rows = [row.split(",") for row in table.split()[1:]]
        write("l.csv", ids[0].format("".join(f"{at},{row[0]}\n" for at, row in enumerate(rows))))
        write("p.csv", ids[1].format("".join(f"{at},{row[1]},{row[2]}\n" for at, row in enumerate(rows))))
        lines = ({"label": label, "predicted": decided, "score": float(score)} for label, decided, score in rows)
        write("t.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        many = "\n".join([table.split()[0], *table.split()[1:2] * 5000, *table.split()[2:]]) + "\n"
        for files in ((write("t.csv", table),), (write("m.csv", many),), ("t.jsonl",), ("l.csv", "p.csv")):
            for command in ("bce", "nll"):
                for chosen in ((), ("-p", "score")):
                    said = refusal(command, "--positive", "cat", *files, *chosen)
                    assert "the predictions belong to the label in 'predicted': another label has" in said, said
        assert "'predicted'" in refusal("bce", "--positive", "cat", "l.csv", "p.csv", "--key", "id")


def test_weights_are_one_column_that_is_nothing_else(here: Path) -> None:
    write("t.csv", "label,p,w,v\n1,0.8,1,2\n0,0.3,3,4\n")
    for weights in ("w,v", "3-4", "3,4"):
        assert refusal("bce", "t.csv", "-p", "p", "-w", weights) == "t.csv: the weights are one column, not 2"
    for command in (("bce",), ("nll",), ("grad", "bce"), ("fit", "temperature")):
        for column in ("p", "label"):
            said = refusal(*command, "t.csv", "-y", "label", "-p", "p", "-w", column)
            assert said == f"t.csv: column '{column}' is chosen for two purposes", said
    write("p.csv", "0.8,1,2\n0.3,3,4\n")
    assert refusal("bce", "1,0", "p.csv", "-p", "1", "-w", "w,v").startswith("w,v: ")


def test_columns_of_one_array_have_numbers_and_no_names(here: Path) -> None:
    for rows, args, columns in (
        ([[1, 0.8], [0, 0.3]], ("bce",), {"label": 1, "prob": 2, "weight": None}),
        ([[0.8, 1, 2], [0.3, 0, 1]], ("bce", "-y", "2", "-p", "1", "-w", "3"), {"label": 2, "prob": 1, "weight": 3}),
        ([[0, 0.7, 0.3], [1, 0.2, 0.8]], ("ce",), {"label": 1, "prob": [2, 3], "weight": None}),
    ):
        (here / "t.npy").write_bytes(npy(np.array(rows)))
        found = record(*args, "t.npy")
        assert found["columns"] == columns
        assert record(*args, "t.npy", "--worst", "1", "--show", "1")["worst"][0]["cells"].keys() == {"1"}
        bad = np.array(rows)
        prob = columns["prob"] if args[0] == "bce" else 3
        bad[1, prob - 1] = 1.5
        (here / "t.npy").write_bytes(npy(bad))
        assert refusal(*args, "t.npy").startswith(f"t.npy: row 2: column {prob}: 1.5 is not a probability")
    (here / "t.npz").write_bytes(npz(y=np.array([1, 0]), a=np.array([[0.8, 0.3], [0.2, 0.6]]), b=np.array([0.5, 0.25])))
    assert record("bce", "t.npz", "-y", "y", "-p", "a_1")["columns"]["prob"] == "a_1"
    assert refusal("bce", "t.npz", "-p", "x") == "t.npz: no column 'x'; the columns are 'y', 'a_0', 'a_1', 'b'"
    for lengths in ((2, 3), (3, 2), (1, 2)):
        (here / "t.npz").write_bytes(npz(y=np.ones(lengths[0]), p=np.full(lengths[1], 0.5)))
        assert refusal("bce", "t.npz") == f"t.npz: the arrays differ in length: 'y' {lengths[0]}, 'p' {lengths[1]}"
    (here / "t.npz").write_bytes(npz(y=np.ones(2), p=np.full(2, 0.5), note=np.array(7), other=np.ones((2, 2))))
    assert record("bce", "t.npz", "-p", "p")["n"] == 2


def test_the_columns_of_a_header_are_chosen_or_listed(here: Path) -> None:
    for line in (DATA / "choices.txt").read_text(encoding="utf-8").splitlines()[1:]:
        case, _, expected = line.partition(" => ")
        command, header, row, *options = case.split(" | ")
        write("t.csv", f"{header}\n{row}\n{row}\n")
        found = run(*command.split(), "t.csv", *" ".join(options).split(), "-f", "json")
        if found.code:
            assert (found.code, found.err.strip().partition(": ")[2]) == (2, expected), case
            continue
        parts = []
        for part, names in (found.json.get("columns") or {}).items():
            if names is not None:
                parts.append(f"{part} {', '.join(map(str, names)) if isinstance(names, list) else names}")
        if found.json.get("classes"):
            parts.append(f"classes {', '.join(found.json['classes'])}")
        if "parameters" in found.json:
            parts.append(f"parameters {', '.join(one['parameter'] for one in found.json['parameters'])}")
        parts += [f"n {found.json['n']}"] * ("n" in found.json)
        parts += [note for note in found.json["notes"] if "used" in note or "no label" in note or "is read" in note]
        assert "; ".join(parts) == expected, case
