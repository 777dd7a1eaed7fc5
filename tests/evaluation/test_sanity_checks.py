"""What looks wrong is said, and never on sound data."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, close, record, run, write

DECISIONS = "every prediction is exactly 0 or 1"
SWAPPED = "the predictions are all 0 or 1 and the labels are not"
LOGITS = "the logits look like probabilities"
FROM_ONE = "no label is 0, and classes count from 0"
ABOVE = "the mean is above the baseline"
EVERY = (DECISIONS, SWAPPED, LOGITS, FROM_ONE, ABOVE)


def shuffled() -> str:
    """The real table with its predictions in another order: worse than no model."""
    rows = [line.split(",") for line in (DATA / "breast_cancer.csv").read_text(encoding="utf-8").splitlines()[1:]]
    order = np.random.default_rng(3).permutation(len(rows))
    return "label,prob\n" + "".join(f"{row[1]},{rows[at][2]}\n" for row, at in zip(rows, order, strict=True))


CASES = [
    pytest.param(("bce", "1,0,1", "1,0,0"), "", DECISIONS, id="decisions"),
    pytest.param(("bce", "1,0,1", "1,0,1"), "", DECISIONS, id="decisions that are right"),
    pytest.param(("ce", "0;1", "1,0;1,0"), "", DECISIONS, id="decisions of classes"),
    pytest.param(("bce", "0.8,0.3,0.9", "1,0,1"), "", SWAPPED, id="swapped"),
    pytest.param(("bce", "--from", "logits", "1,0,1", "0.8,0.3,0.9"), "", LOGITS, id="logits in the unit range"),
    pytest.param(("ce",), "label,p0,p1,p2\n" + "1,.2,.7,.1\n2,.1,.2,.7\n" * 2, FROM_ONE, id="labels counted from 1"),
    pytest.param(("bce",), shuffled(), ABOVE, id="a shuffled file"),
]


@pytest.mark.parametrize(("args", "table", "said"), CASES)
def test_what_looks_wrong_is_said_in_every_format(args: tuple[str, ...], table: str, said: str) -> None:
    assert any(note.startswith(said) for note in record(*args, stdin=table)["notes"])
    assert said in run(*args, stdin=table).out
    for silent in (("-q",), ("-f", "csv"), ("-r", "none", "-q"), ("-r", "none", "-f", "csv")):
        found = run(*args, *silent, stdin=table)
        assert found.code == 0 and said in found.err and said not in found.out


CLIP = "; --eps X or --like clips"
P3 = ".2,.7,.1"
DECIDED = f"{DECISIONS}: these look like decisions, not probabilities"
INFINITE = "the loss is infinite: the true label has probability 0 in "

WORDS = {  # what is typed, and all that is said
    "bce 1 1": (),
    "bce 1,0 1,0": (DECIDED,),
    "bce 1,1,1 1,0,1": (DECIDED, f"{INFINITE}row 2"),
    "bce 1,1,1 0,0.5,0": (f"{INFINITE}2 of 3 rows, first row 1{CLIP}",),
    "bce 0.5 1": (f"{INFINITE}row 1{CLIP}",),
    "bce 0.5,0.25 1,0": (
        f"{SWAPPED}: swapped? LABELS come first, then PREDS",
        f"{INFINITE}2 of 2 rows, first row 1",
    ),
    "bce 1 0.5 --from logits": (),
    "bce 1,0 0,1 --from logits": (f"{LOGITS}: all of them lie in [0, 1]; without --from logits they are read as such",),
    "bce 1,0 0,1.0001 --from logits": (),
    "bce 1,0 -0.0001,1 --from logits": (),
    f"ce 1,2,1 {P3};{P3};{P3}": (),
    f"ce 1,2,1,0 {P3};{P3};{P3};{P3}": (),
    f"ce 1,2,1,2 {P3};{P3};{P3};{P3}": (f"{FROM_ONE}: for labels counted from 1 use --classes 1,2,3",),
    f"ce {','.join('12' * 6)} {';'.join(['.5,.5' + ',0' * 8] * 12)}": (
        f"{FROM_ONE}: for labels counted from 1 use --classes 1,2,3,4,5,6,7,8,9,10",
        f"{INFINITE}6 of 12 rows, first row 2{CLIP}",
    ),
    f"ce {','.join('1' * 12)} {';'.join(['.5,.5' + ',0' * 9] * 12)}": (
        f"{FROM_ONE}: for labels counted from 1 use --classes 1,2,3,4,...,11",
    ),
    f"ce 1,2,1,2 {P3};{P3};{P3};{P3} --classes 1,2,3": (),
    "bce 1,1 0.01,0.01 -w 1e308,1e308": ("the sum is beyond the largest float",),
    "bce 1,1 0.01,0.01 -w 1e307,1e307": (),
    "ce 0,1 .2,.7;.2,.8": (
        "1 row of probabilities do not sum to 1; the worst is row 1, which sums to 0.9; --normalize rescales",
    ),
    "ce 0,1,1 .2,.79;.2,.9;.2,.7995": (
        "2 rows of probabilities do not sum to 1; the worst is row 2, which sums to 1.1; --normalize rescales",
    ),
    "ce 0,1 .2,.7;.2,.8 --normalize": (),
    "bce 0,0 0.5,0.5 --positive 7": ("no label is '7': every label counts as 0",),
    "bce 7,0 0.5,0.5 --positive 7": (),
    "bce 0,1 0.5,0.5 --ignore 7": ("no row has the label '7' that --ignore names",),
    "bce 0,1,7 0.5,0.5,0.5 --ignore 7": (),
    "bce 0,1,nan 0.5,0.5,0.5 --na drop": ("1 row with a missing cell dropped",),
    f"bce {','.join('1' * 9 + '0' * 10)} {','.join(['.4'] * 19)} --pos-weight 2": (),
    f"bce {','.join('10' * 10)} {','.join(['.5'] * 20)}": (),
    f"bce {','.join('10' * 9 + '1')} {','.join(['.4'] * 19)}": (),
    f"bce {','.join('10' * 10)} {','.join(['.4'] * 20)}": (
        f"{ABOVE} (0.713558 against 0.693147): always predicting the label frequencies does better; do rows and labels"
        " line up?",
    ),
}


def test_what_looks_wrong_is_said_word_for_word_from_so_many_rows_on() -> None:
    for line, said in WORDS.items():
        result = run(*line.split(), "-q")
        assert result.err.splitlines() == [f"losscli {line.split()[0]}: {one}" for one in said], line


def test_unused_columns_are_named_up_to_ten(here: Path) -> None:
    for unused in (1, 2, 10, 11):
        names = ["ant", "bee", "cow", "elk", "fly", "gnu", "hen", "jay", "kid", "lion", "mule"][:unused]
        rows = "".join(f"{one},{','.join(['1'] * (2 + unused))}\n" for one in ("cat", "dog", "cat"))
        err = run("ce", "--from", "logits", "-q", stdin=f"label,cat,dog,{','.join(names)}\n{rows}").err
        shown = ", ".join(f"'{name}'" for name in names[:10])
        what = "every column beside the label was taken as a class; choose the classes with -p"
        assert f"no label is {shown}: {what}\n" in err


def test_decisions_and_swapped_arguments_get_no_advice_to_clip() -> None:
    for args in (("1,0,1", "1,0,0"), ("0.8,0.3,0.9", "1,0,1")):
        assert "--eps" not in run("bce", *args).out


@pytest.mark.parametrize("name", ["breast_cancer", "breast_cancer_logits", "iris", "digits", "digits_naive_bayes"])
def test_real_tables_meet_no_doubt(name: str) -> None:
    args = ("bce" if name.startswith("breast") else "ce", DATA / f"{name}.csv")
    more = {"breast_cancer_logits": ("--from", "logits"), "iris": ("-y", "species")}
    notes = record(*args, *more.get(name, ()))["notes"]

    assert not [note for note in notes for said in EVERY if said in note]


def test_one_row_and_few_rows_raise_no_doubt(tmp_path: Path) -> None:
    for args in (("ce", "1", "0.2,0.5,0.3"), ("bce", "1,0", "0.2,0.8"), ("nll", "0.5,1")):
        assert not [note for note in record(*args)["notes"] for said in EVERY if said in note]


def test_a_column_that_is_never_a_label_is_named_where_all_that_is_left_was_taken() -> None:
    table = "label,cat,dog,fold\ncat,2,1,1\ndog,1,2,1\n"

    assert "no label is 'fold'" in run("ce", "--from", "logits", "-q", stdin=table).err
    assert run("ce", "--from", "logits", "-q", "-p", "cat,dog", stdin=table).err == ""
    assert run("ce", "-q", stdin="label,cat,dog,cow\n0,.7,.2,.1\n2,.1,.2,.7\n").err == ""


def test_a_matrix_of_one_row_is_a_row_and_lists_that_could_be_one_are_said_to_be_trials() -> None:
    row = run("nll", "[[0,1,0]]", "[[0.2,0.5,0.3]]", "-q")
    trials = run("nll", "0,1,0", "0.2,0.5,0.3", "-q")

    assert (row.out, row.err) == ("0.6931471805599453\n", "")
    assert trials.out == "0.42432189193762915\n"
    assert "read as 3 trials" in trials.err and "[[0,1,0]] [[0.2,0.5,0.3]]" in trials.err
    for labels, preds in (("0,1", "0.3,0.7"), ("1,0,0,0", "0.7,0.1,0.1,0.1"), ("0,0,1", "0.2,0.3,0.5004")):
        said = run("nll", labels, preds, "-q").err
        what = "each with the probability of label 1; one row of"
        count = labels.count(",") + 1
        assert f"read as {count} trials, {what} {count} classes is [[{labels}]] [[{preds}]]" in said, said
    for labels, preds in (("1", "1"), ("0,1", "0.3,0.8"), ("1,1", "0.5,0.5"), ("0,0", "0.5,0.5"), ("0;1", "0.3;0.7")):
        assert "trials" not in run("nll", labels, preds, "-q").err, labels
    assert "trials" not in run("bce", "0,1", "0.3,0.7", "-q").err


def test_one_hot_rows_are_hard_labels_and_others_are_not() -> None:
    assert run("nll", "0,1;1,0", "0.2,0.8;0.6,0.4", "-q").out == run("nll", "1,0", "0.2,0.8;0.6,0.4", "-q").out
    assert "nll needs hard labels" in run("nll", "0.5,0.5;1,0", "0.2,0.8;0.6,0.4").err


def test_digits_of_other_scripts_are_no_numbers() -> None:
    assert "label '²' is not a class" in run("ce", "²;0", "0.2,0.8;0.1,0.9").err
    assert "no column '²'" in run("bce", "-p", "²", stdin="label,prob\n1,0.5\n").err


def test_class_weights_of_words_say_whose_they_are_where_the_columns_are_in_no_order(here: Path) -> None:
    table = "label,p_dog,p_cat,p_emu\ncat,0.2,0.7,0.1\ndog,0.6,0.3,0.1\nemu,0.1,0.1,0.8\n"
    said = "the class weights are 'dog' 1, 'cat' 2, 'emu' 3: in the order of the columns"
    for command in (
        ("ce",),
        ("nll",),
        ("ce", "-r", "none"),
        ("grad", "ce"),
        ("ce", "-p", "p_*"),
        ("ce", "-p", "p_d*,p_cat,p_emu"),
    ):
        assert said in run(*command, "-q", "--class-weight", "1,2,3", stdin=table).err, command
    for told in (("--classes", "dog,cat,emu"), ("-p", "p_dog,p_cat,p_emu")):
        assert run("ce", "-q", "--class-weight", "1,2,3", *told, stdin=table).err == ""
    in_order = "label,p_cat,p_dog,p_emu\ncat,0.7,0.2,0.1\ndog,0.3,0.6,0.1\nemu,0.1,0.1,0.8\n"
    assert run("ce", "-q", "--class-weight", "1,2,3", stdin=in_order).err == ""
    assert run("ce", "-q", "--class-weight", "balanced", write("t.csv", table)).err == ""
    answers = [
        run("ce", "-q", "--class-weight", w, stdin=one).out for w, one in (("1,2,3", table), ("2,1,3", in_order))
    ]
    assert answers[0] == answers[1]


def test_class_weights_of_two_labels_say_whose_they_are_where_the_positive_one_sorts_first() -> None:
    table = "label,p\ncat,0.8\ndog,0.3\n"
    result = run("bce", "-q", "--positive", "cat", "--class-weight", "1,2", stdin=table)
    assert "the class weights are 'dog' 1, 'cat' 2: the second is that of --positive" in result.err
    assert float(result.out) == close((2 * -math.log(0.8) - math.log(0.7)) / 3)
    assert run("bce", "-q", "--positive", "dog", "--class-weight", "1,2", stdin=table).err == ""
    several = table + "emu,0.4\n"  # all but one are others
    assert run("bce", "-q", "--positive", "cat", "--class-weight", "1,2", stdin=several).err == ""
    numbers = table.replace("cat", "0").replace("dog", "1")
    assert "are '1' 1, '0' 2" in run("bce", "-q", "--positive", "0", "--class-weight", "1,2", stdin=numbers).err
    assert run("bce", "-q", "--class-weight", "1,2", stdin=numbers).err == ""
