"""What labels mean: names of classes, one-hot rows, ignored labels, and tables of likelihoods."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, npz, record, refusal, run, write
from samples import OF_CLASSES

LOSS = -(log(0.8) + log(0.7)) / 2


# --- labels -----------------------------------------------------------------------------------------------------------

CLASS_NAMES = [
    ("p_cat,p_dog", "cat"),
    ("p_cat,p_dog", "p_cat"),
    ("cat_prob,dog_prob", "cat"),
    ("at_p,bt_p", "at"),
    ("p_cat_x,p_dog_x", "cat"),
    ("Prob_cat,prob_dog", "cat"),
    ("P0,p1", "0"),
    ("cat_Prob,dog_prob", "cat"),
    ("x,X", "x"),
    ("P(cat),P(dog)", "cat"),
    ("prob_0,prob_1", "0"),
    ("prob_0,prob_1", "0.0"),
    ("p0,p1", "0"),
    ("p1,p2", "1"),
    ("p_01,p_02", "1"),
    ("class 1,class 2", "1"),
    ("cat,dog", "cat"),
    ("cat,dog", "0"),
    ("p_New York,p_Rome", "New York"),
    ("p_-1,p_1", "-1"),
    ("été,hiver", "été"),
]


def test_a_label_is_found_among_the_column_names_without_what_they_share(here: Path) -> None:
    for header, label in CLASS_NAMES:
        write("t.csv", f"label,{header}\n{label},0.9,0.1\n")
        assert answer("ce", "t.csv") == close(-log(0.9))


PLAIN = [
    ("p_cat,p_dog", ["cat", "dog"]),
    ("cat_prob,dog_prob", ["cat", "dog"]),
    ("cat.score,dog.score", ["cat", "dog"]),
    ("P(cat),P(dog)", ["cat", "dog"]),
    ("p_cat_x,p_dog_x", ["cat", "dog"]),
    ("y[0].p,y[1].p", ["0", "1"]),
    ("prob(1.5),prob(1.75)", ["1.5", "1.75"]),
    ("class 1,class 2", ["1", "2"]),
    ("p0,p1", ["0", "1"]),
    ("1st,2st", ["1st", "2st"]),
    ("cats,dots", ["cats", "dots"]),
    ("xcat_p,xdog_p", ["xcat", "xdog"]),
    ("p_-1,p_1", ["-1", "1"]),
    ("p_New York,p_Rome", ["New York", "Rome"]),
]


def test_classes_are_called_as_their_columns_without_the_words_that_all_share(here: Path) -> None:
    for header, names in PLAIN:
        write("t.csv", f"label,{header}\n{names[0]},0.9,0.1\n{names[1]},0.2,0.8\n")
        found = record("ce", "t.csv", "-y", "label", "-p", "2-3")
        assert (found["classes"], found["value"]) == (names, close(-(log(0.9) + log(0.8)) / 2)), header


def test_a_shared_beginning_or_end_is_never_cut_inside_a_number(here: Path) -> None:
    for header, label in (("star_10,star_20", "1"), ("2021,2022", "22"), ("p_15,p_25", "5"), ("1_a,1_b1", "b")):
        write("t.csv", f"label,{header}\n{label},0.9,0.1\n")
        assert f"label '{label}' is not a class" in refusal("ce", "t.csv", "-y", "label"), header
    for header, label in (("star_10,star_20", "10"), ("2021,2022", "2021"), ("p15,p25", "15"), ("x_010,x_020", "10")):
        write("t.csv", f"label,{header}\n{label},0.9,0.1\n")
        assert answer("ce", "t.csv", "-y", "label") == close(-log(0.9)), header


def test_true_and_false_name_one_and_zero(here: Path) -> None:
    for header in ("p_True,p_False", "TRUE,FALSE", "prob_true,prob_false", "p_1,p_0"):
        for yes, no in (("1", "0"), ("True", "False"), ("true", "false"), ("1.0", "0.0")):
            write("t.csv", f"label,{header}\n{yes},0.9,0.1\n{no},0.2,0.8\n")
            for command in OF_CLASSES:
                assert answer(command, "t.csv", "-y", "label") == close(-(log(0.9) + log(0.8)) / 2), (header, yes)
    write("t.csv", "q_1,q_0,p_False,p_True\n1,0,0.1,0.9\n0,1,0.8,0.2\n")
    assert answer("ce", "t.csv", "-y", "q_*", "-p", "p_*") == close(-(log(0.9) + log(0.8)) / 2)


def test_classes_are_never_sorted(here: Path) -> None:
    write("t.csv", "label,p_10,p_2,p_1\n10,0.7,0.2,0.1\n1,0.3,0.3,0.4\n2,0.2,0.5,0.3\n")
    found = record("ce", "t.csv")
    assert found["classes"] == ["10", "2", "1"]
    assert found["value"] == close(-(log(0.7) + log(0.4) + log(0.5)) / 3)


def test_classes_by_option_name_the_columns_in_order(here: Path) -> None:
    write("t.csv", "label,a,b\ndog,0.1,0.9\n")
    assert answer("ce", "t.csv", "--classes", "cat,dog") == close(-log(0.9))


SOFT = "y0,y1,p0,p1\n1,0,.8,.2\n0,1,.3,.7\n"


def test_several_label_columns_of_ce_are_one_hot(here: Path) -> None:
    for options in [
        ("-y", "y0,y1", "-p", "p0,p1"),
        ("-y", "y*", "-p", "p*"),
        ("-y", "1-2", "-p", "3-4"),
        ("-y", "y0,y1"),
        ("-y", "y0", "-y", "y1", "-p", "p0,p1"),
    ]:
        assert answer("ce", write("t.csv", SOFT), *options) == close(LOSS)


def test_several_label_columns_of_bce_are_cells_of_their_own(here: Path) -> None:
    write("t.csv", "a,b,pa,pb,w\n1,0,.8,.2,2\n0,1,.3,.7,1\n")
    found = record("bce", "t.csv", "-y", "a,b", "-p", "pa,pb", "-w", "w")
    assert found["n"] == 4 and found["divisor"] == 6
    assert found["value"] == close(-(2 * log(0.8) + 2 * log(0.8) + log(0.7) + log(0.7)) / 6)


def test_an_ignored_number_does_not_count(here: Path) -> None:
    for label in ["-100", "-100.0"]:
        write("t.csv", "label,a,b\na,.8,.2\n-100,.5,.5\nb,.3,.7\n")
        found = record("ce", "t.csv", f"--ignore={label}")
        assert (found["n"], found["ignored"], found["value"]) == (2, 1, close(LOSS))


def test_an_ignored_word_does_not_count() -> None:
    found = record("ce", "cat,pad,dog", ".8,.2;.1,.9;.3,.7", "--classes", "cat,dog", "--ignore", "pad")
    assert (found["n"], found["ignored"], found["value"]) == (2, 1, close(LOSS))


# --- nll tables -------------------------------------------------------------------------------------------------------

LIKELIHOODS = [
    ("0.8\n0.7\n", ()),
    ("p\n0.8\n0.7\n", ()),
    ("anything\n0.8\n0.7\n", ()),
    ("p\n0.8\n0.7\n", ("-p", "p")),
    ("p,x\n0.8,3\n0.7,4\n", ("-p", "p")),
    ("likelihood,w\n0.8,1\n0.7,1\n", ("-w", "w")),
    ("label,p\n1,0.8\n0,0.3\n", ()),
    ("label,p\n1,0.8\n0,0.3\n", ("-p", "p")),
    ("1,0.8\n0,0.3\n", ()),
    ("1,0.8\n0,0.3\n", ("-p", "2")),
    ("label,a,b\na,0.8,0.2\nb,0.3,0.7\n", ()),
]


def test_nll_reads_likelihoods_binary_rows_and_classes(here: Path) -> None:
    for text, options in LIKELIHOODS:
        assert answer("nll", write("t.csv", text), *options) == close(LOSS)


def test_columns_beside_a_likelihood_that_are_no_labels_are_left() -> None:
    for chosen in ["prob", "3"]:
        table = "id,name,prob\n7,a,0.5\n8,b,0.25\n"
        assert answer("nll", "-p", chosen, stdin=table) == close(log(8) / 2)


def test_a_name_is_never_cut_within_a_number(here: Path) -> None:
    for header, wrong, right in (
        ("star_10,star_20", ("1", "2", "0"), ("10", "star_20")),
        ("2021,2022", ("21", "22", "1"), ("2021", "2022")),
        ("p10,p11,p12", ("0", "1", "2"), ("10", "p11")),
        ("p_0.5,p_1.5", ("0", "1", "5"), ("0.5", "p_1.5")),
        ("q1.1,q1.2", ("1", "2", "0"), ("1.1", "q1.2")),
        ("-1,-2", ("1", "2", "0"), ("-1", "-2")),
    ):
        k = header.count(",") + 1
        for label in wrong:
            write("t.csv", f"label,{header}\n{label}{',0.5' * k}\n")
            assert f"label '{label}' is not a class" in refusal("ce", "t.csv"), (header, label)
        for label in right:
            assert run("ce", write("t.csv", f"label,{header}\n{label},{','.join([str(1 / k)] * k)}\n")).code == 0


def test_classes_are_shown_by_names_that_their_labels_have() -> None:
    for header, shown in (
        ("2021,2022", ["2021", "2022"]),
        ("p2021,p2022", ["2021", "2022"]),
        ("p_0.5,p_1.5", ["0.5", "1.5"]),
        ("-1,-2", ["-1", "-2"]),
    ):
        assert record("ce", stdin=f"label,{header}\n{shown[0]},0.5,0.5\n")["classes"] == shown, header


def test_true_and_false_are_the_labels_1_and_0_whatever_the_order_of_their_columns(here: Path) -> None:
    for names in ("p_True,p_False", "p_1,p_0"):
        for labels in (("1", "0"), ("True", "False"), ("true", "false")):
            write("t.csv", f"label,{names}\n{labels[0]},0.8,0.2\n{labels[1]},0.3,0.7\n")
            for command in (("ce",), ("nll",), ("ce", "--classes", "True,False"), ("ce", "--classes", "1,0")):
                assert answer(*command, "t.csv") == close(0.28990924762647105), (names, labels, command)


def test_a_bad_cell_below_true_or_false_is_refused_in_the_only_row_too() -> None:
    for header, row, column in (
        ("True,label,False", "0.03,0,0x1", "False"),
        ("label,false,true", "true,1_0,0.06", "false"),
        ("p_True,label,p_False", "0.03,0,0x1", "p_False"),
    ):
        for command in ("ce", "nll"):
            said = refusal(command, "-y", "label", stdin=f"{header}\n{row}\n")
            assert said.startswith(f"<stdin>:2: column {column!r}: "), (command, header, said)


def test_labels_beyond_floats_are_one_where_their_numbers_are() -> None:
    for one, same, other in (
        ("123456789012345678901234567890.5", "123456789012345678901234567890.50", "123456789012345678901234567891.5"),
        ("9007e199254740993", "9.007e199254740996", "9007e199254740994"),
        ("9e9999999999999999999", "9e9999999999999999999", "8e9999999999999999999"),
    ):
        for options, label, expected in (
            (("--positive", one), same, -log(0.8)),
            (("--positive", one), other, -log(0.2)),
            (("--positive", "a", "--ignore", one), other, -log(0.2)),
        ):
            found = answer("bce", *options, stdin=f"label,p\n{label},0.8\n{one if 'a' not in options else 'a'},0.8\n")
            second = -log(0.8)
            assert found == close((expected + second) / 2), (one, options, label)


@pytest.mark.parametrize("size", [1e15, 1e16, 1e18, 1e21])
def test_a_whole_number_of_any_size_is_one_label_however_it_is_spelled(size: float, here: Path) -> None:
    spellings = (repr(size), str(int(size)), f"{size:.0f}.0", f"+{size:e}")
    right = answer("ce", "1,0,1", "0.2,0.8;0.7,0.3;0.4,0.6")
    pairs = np.array([[0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    write("t.npz", npz(label=np.array([size, 0.0, size]), p=pairs))
    for label in spellings:
        assert answer("ce", "t.npz", "--classes", f"0,{label}") == right, label
        for other in spellings:
            text = f"label,p_0,p_1\n{other},0.2,0.8\n0,0.7,0.3\n{label},0.4,0.6\n"
            assert answer("ce", "--classes", f"0,{label}", stdin=text) == right, (label, other)
            text = f"label,prob\n{other},0.8\n0,0.3\n{label},0.6\n"
            assert answer("bce", "--positive", label, stdin=text) == right, (label, other)


@pytest.mark.parametrize("error", ["#REF!", "#value!", "#NAME?"])
def test_an_error_of_a_spreadsheet_is_no_other_label(error: str) -> None:
    rows = f"label,prob\nspam,0.8\nham,0.3\n{error},0.5\n"
    for options in ((), ("--na", "drop")):
        assert refusal("bce", "--positive", "spam", *options, stdin=rows) == (
            f"<stdin>:4: column 'label': label {error!r} is an error of a spreadsheet"
        )
    assert answer("bce", "--positive", "spam", stdin=rows.replace(error, "#1")) == close(
        -(log(0.8) + log(0.7) + log(0.5)) / 3
    )


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ("p+,p-", ("+", "-")),
        ("prob+,prob-", ("+", "-")),
        ("+p,-p", ("+", "-")),
        ("p_+,p_-", ("+", "-")),
        ("P(Y=None),P(Y=Some)", ("None", "Some")),
        ("scoreNA,scoreEU", ("NA", "EU")),
    ],
)
def test_a_label_that_names_a_class_column_is_no_missing_one(columns: str, labels: tuple[str, str]) -> None:
    rows = f"label,{columns}\n{labels[0]},0.7,0.3\n{labels[1]},0.1,0.9\n"
    for options in ((), ("--na", "drop")):
        assert answer("ce", *options, stdin=rows) == close(-(log(0.7) + log(0.9)) / 2)
