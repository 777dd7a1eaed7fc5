"""Class weights of two classes, balanced ones, positive weights of several labels, and rows that are ignored."""

import os
from math import log
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import answer, close, listed, record, refusal, run, write
from samples import FITTED, OF_CLASSES

LABELS, PREDS = [1, 0, 0, 1, 0], [0.8, 0.3, 0.4, 0.7, 0.2]
ROWS = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.1, 0.1, 0.8]]
COSTS = [-np.log(p) if y else -np.log1p(-p) for y, p in zip(LABELS, PREDS, strict=True)]


def test_two_classes_are_weighed_by_the_weight_of_their_label() -> None:
    # w_0 = 2, w_1 = 3: the mean divides by the sum of the weights of the labels
    weights = np.where(LABELS, 3.0, 2.0)
    found = record("bce", listed(LABELS), listed(PREDS), "--class-weight", "2,3")
    assert found["value"] == pytest.approx((weights * COSTS).sum() / weights.sum(), rel=1e-14, abs=0)
    assert found["divisor"] == 12.0
    assert found["options"]["class_weight"] == [2.0, 3.0]
    # a soft label adds both terms, and 1 to the divisor
    soft = 0.25 * 3.0 * -np.log(0.4) + 0.75 * 2.0 * -np.log(0.6)
    found = record("bce", "0.25,1", "0.4,0.5", "--class-weight", "2,3")
    assert found["value"] == pytest.approx((soft + 3.0 * np.log(2.0)) / 4.0, rel=1e-14, abs=0)
    assert "2 weights" in refusal("bce", "1,0", "0.5,0.5", "--class-weight", "1,2,3") or "3 weights" in refusal(
        "bce", "1,0", "0.5,0.5", "--class-weight", "1,2,3"
    )


def test_positive_names_the_class_of_the_second_weight() -> None:
    named = answer("bce", "yes,no,no,yes,no", listed(PREDS), "--positive", "yes", "--class-weight", "2,3")
    assert named == answer("bce", listed(LABELS), listed(PREDS), "--class-weight", "2,3")


@pytest.mark.parametrize("more", [(), ("--smoothing", "0.1"), ("--focal", "2"), ("--like", "keras"), ("-r", "sum")])
def test_balanced_weights_are_n_over_k_times_the_rows_of_a_class(more: tuple[str, ...]) -> None:
    # 3 rows of label 0, 2 of label 1: 5 / (2 * 3) and 5 / (2 * 2), as scikit-learn's compute_class_weight
    typed = ("--class-weight", f"{5 / 6!r},{5 / 4!r}")
    for command in (("bce",), ("grad", "bce")):
        args = (*command, listed(LABELS), listed(PREDS), *more)
        balanced, given = record(*args, "--class-weight", "balanced"), record(*args, *typed)
        assert balanced["value"] == given["value"]
        assert balanced.get("gradient") == given.get("gradient")
    assert (
        record("bce", listed(LABELS), listed(PREDS), *more, "--class-weight", "balanced")["options"]["class_weight"]
        == "balanced"
    )


def test_the_counted_weights_and_what_the_mean_divides_by_are_told() -> None:
    found = record("bce", listed(LABELS), listed(PREDS), "--class-weight", "balanced", "--explain")
    assert "balanced class weights: 0 0.833333, 1 1.25" in found["notes"]
    assert "mean = (sum of the losses) / (sum of the weights of the rows' classes)" in found["explain"]["formula"]
    keras = record("bce", listed(LABELS), listed(PREDS), "--class-weight", "2,3", "--like", "keras", "--explain")
    assert "mean = (sum of the losses) / (number of rows)" in keras["explain"]["formula"]


def test_rows_of_several_labels_have_no_label_to_ignore() -> None:
    assert "several labels" in refusal("bce", "1,0;0,1", "0.8,0.3;0.4,0.7", "--ignore", "0")


def test_balanced_weights_of_classes_count_the_rows_that_count(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "label,p_0,p_1,p_2,w\n0,.7,.2,.1,.1\n2,.1,.2,.7,.7\n2,.1,.1,.8,.8\n1,.3,.3,.4,.4\nx,.2,.2,.6,.6\n"
    )
    args = ("ce", tmp_path / "t.csv", "-p", "p_*", "--ignore", "x", "-w", "w")
    typed = f"{4 / 3!r},{4 / 3!r},{4 / 6!r}"  # sample weights and the ignored row are no part of the counts
    assert answer(*args, "--class-weight", "balanced") == answer(*args, "--class-weight", typed)


def test_a_class_without_rows_needs_no_weight_unless_smoothing_asks_for_it() -> None:
    args = ("ce", "0,2,2", listed(ROWS), "--class-weight")
    assert answer(*args, "balanced") == answer(*args, "1,9,0.5")
    assert "no row is of class '1'" in refusal(*args, "balanced", "--smoothing", "0.1")


def test_label_probabilities_are_counted_in_part() -> None:
    labels = "0.5,0.5,0;0,0.25,0.75"
    args = ("ce", labels, listed(ROWS[:2]), "--class-weight")
    assert answer(*args, "balanced") == pytest.approx(answer(*args, f"{4 / 3!r},{8 / 9!r},{8 / 9!r}"), rel=1e-15)


def test_several_models_are_weighed_by_the_same_counts(tmp_path: Path) -> None:
    rows = "".join(f"{y},{p},{1 - p}\n" for y, p in zip(LABELS, PREDS, strict=True))
    (tmp_path / "t.csv").write_text("y,a,b\n" + rows)
    args = ("bce", tmp_path / "t.csv", "-y", "y", "-p", "a", "-p", "b", "--class-weight")
    assert record(*args, "balanced")["models"] == record(*args, f"{5 / 6!r},{5 / 4!r}")["models"]


def test_a_fit_balances_by_the_rows_that_it_has(tmp_path: Path) -> None:
    text = "y,a\n1,1\n0,2\n1,3\n0,-1\n1,0.5\n0,0.7\n1,2\n"
    for command in FITTED:
        args = ("fit", command, "-", "-y", "y", "-x", "a", "--method", "newton", "--class-weight")
        one, other = (record(*args, w, stdin=text) for w in ("balanced", f"{7 / 6!r},{7 / 8!r}"))
        assert one["parameters"] == other["parameters"] and one["train_loss"] == other["train_loss"]
        (tmp_path / "t.csv").write_text("y,a\n1,1\n1,2\n0,3\n")
        one, other = (record(*args, w, "--test", tmp_path / "t.csv", stdin=text) for w in ("balanced", "1.2,0.9"))
        assert one["test_loss"] is not None and other["test_loss"] is not None
    found = record(
        "grad", "bce", "-", "-y", "y", "-x", "a", "--wrt", "params", "--class-weight", "balanced", stdin=text
    )
    assert found["gradient"][0] == pytest.approx(0.0, abs=1e-15)  # at theta = 0 balanced labels cancel


def test_a_pipe_that_is_read_once_has_no_balanced_weights(tmp_path: Path) -> None:
    text = "label,prob\n1,0.8\n0,0.3\n"
    for args in (("bce",), ("bce", "-"), ("grad", "bce", "-"), ("bce", "1,0", "-")):
        assert "a pipe can be read only once" in refusal(*args, "--class-weight", "balanced", stdin=text)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "a pipe can be read only once" in refusal("bce", tmp_path / "pipe", "--class-weight", "balanced")


def test_each_label_has_a_positive_weight_of_its_own() -> None:
    labels, preds = [[1, 0], [0, 1]], [[0.8, 0.3], [0.4, 0.7]]
    terms = [2 * -np.log(0.8), -np.log(0.7), -np.log(0.6), 3 * -np.log(0.7)]
    args = ("bce", listed(labels), listed(preds), "--pos-weight")
    assert answer(*args, "2,3") == pytest.approx(np.mean(terms), rel=1e-14, abs=0)
    assert answer(*args, "2,2") == answer(*args, "2")
    found = record("grad", "bce", listed(labels), listed(preds), "--pos-weight", "2,3", "--check")
    assert found["ok"] and found["gradient"][0][0] == pytest.approx(-2 / 0.8 / 4, rel=1e-14, abs=0)
    assert "3 weights" in refusal(*args, "1,2,3")
    assert "one label" in refusal("bce", "1,0", "0.5,0.5", "--pos-weight", "1,2")
    assert record(*args, "2,3")["baseline"] is None
    assert record(*args, "2")["options"]["pos_weight"] == 2.0


def test_alpha_weighs_the_focal_loss_and_not_its_divisor() -> None:
    # Lin et al. 2017: alpha (1-p)^2 (-ln p) for label 1, (1-alpha) p^2 (-ln(1-p)) for label 0
    miss = np.array([1 - p if y else p for y, p in zip(LABELS, PREDS, strict=True)])
    alpha = np.where(LABELS, 0.25, 0.75)
    found = record("bce", listed(LABELS), listed(PREDS), "--focal", "2", "--alpha", "0.25")
    assert found["value"] == pytest.approx((alpha * miss**2 * COSTS).mean(), rel=1e-14, abs=0)
    assert found["divisor"] == 5.0 and found["options"] == {"focal": 2.0, "alpha": 0.25}
    classes = ("ce", "0,2,2", listed(ROWS), "--focal", "2")
    assert answer(*classes, "--alpha", "0.25") == pytest.approx(0.25 * answer(*classes), rel=1e-15, abs=0)
    assert "--focal" in refusal("bce", "1,0", "0.5,0.5", "--alpha", "0.25")
    assert "--alpha" in refusal("bce", "1,0", "0.5,0.5", "--alpha", "1.5", "--focal", "2")


def test_rows_of_an_ignored_label_do_not_count_in_two_classes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("label,prob\n1,0.8\n-1,0.3\n0,0.4\n")
    found = record("bce", tmp_path / "t.csv", "--ignore", "-1")
    assert found["value"] == answer("bce", "1,0", "0.8,0.4") and found["ignored"] == 1 and found["n"] == 2
    assert record("grad", "bce", tmp_path / "t.csv", "--ignore", "-1")["gradient"][1] == 0.0


def test_a_soft_label_adds_one_to_the_divisor_and_a_hard_one_the_weight_of_its_class() -> None:
    """The terms of each row by mpmath, times the weights of their classes 1 and 3."""
    labels, preds, weights = (1, 0, 0.25, 0.5, 1), (0.8, 0.3, 0.6, 0.1, 0.45), (2, 1, 0.5, 4, 1)
    with mpmath.workdps(40):
        rows = [
            -3 * y * mpmath.log(mpmath.mpf(p)) - (1 - mpmath.mpf(y)) * mpmath.log(1 - mpmath.mpf(p))
            for y, p in zip(labels, preds, strict=True)
        ]
        plain = float(sum(rows) / (3 + 1 + 1 + 1 + 3))
        weighted = float(sum(w * row for w, row in zip(weights, rows, strict=True)) / (2 * 3 + 1 + 0.5 + 4 + 1 * 3))
        slope = float((3 * 0.25 / mpmath.mpf(0.6) - 0.75 / (1 - mpmath.mpf(0.6))) / -9)
    args = (listed(labels), listed(preds), "--class-weight", "1,3")
    explained = record("bce", *args, "--explain")
    assert (explained["value"], explained["divisor"]) == (close(plain), 9)
    assert explained["explain"]["formula"][-1] == (
        "mean = (sum of the losses) / (sum of the weights of the rows' classes, 1 for a soft label)"
    )
    assert record("grad", "bce", *args)["gradient"][2] == pytest.approx(slope, rel=1e-13)
    explained = record("bce", *args, "-w", listed(weights), "--explain")
    assert explained["value"] == close(weighted)
    assert "each times that of its class if its label is hard" in explained["explain"]["formula"][-1]
    hard = record("bce", "1,0", "0.8,0.3", "--class-weight", "1,3", "--explain")
    assert hard["explain"]["formula"][-1].endswith("/ (sum of the weights of the rows' classes)")


def test_label_probabilities_of_classes_divide_by_the_number_of_rows_whatever_the_class_weights() -> None:
    for labels in ("0.25,0.75;1,0", "0,1;1,0"):
        found = record("ce", labels, "0.8,0.2;0.3,0.7", "--class-weight", "1,3", "--explain")

        assert found["divisor"] == 2
        assert "mean = (sum of the losses) / (number of rows)" in found["explain"]["formula"]


def test_class_weights_are_never_dealt_out_to_numbered_columns_in_another_order(here: Path) -> None:
    right = -(np.log(0.8) + 5 * np.log(0.9) + np.log(0.6)) / 7
    Path("sorted.csv").write_text("y,p_0,p_1\n0,.8,.2\n1,.1,.9\n0,.6,.4\n")
    Path("other.csv").write_text("y,p_1,p_0\n0,.2,.8\n1,.9,.1\n0,.4,.6\n")
    Path("truth.csv").write_text("y,p_True,p_False\n0,.2,.8\n1,.9,.1\n0,.4,.6\n")
    weights = ("--class-weight", "1,5")
    for command in OF_CLASSES:
        assert answer(command, "sorted.csv", *weights) == close(right)
        assert answer(command, "other.csv", "-p", "p_0,p_1", *weights) == close(right)
        assert answer(command, "other.csv", "-p", "p_1,p_0", "--class-weight", "5,1") == close(right)
        assert answer(command, "truth.csv", "-p", "p_False,p_True", *weights) == close(right)
        said = refusal(command, "other.csv", *weights)
        assert refusal(command, "other.csv", "-p", "p_*", *weights) == said
        assert "goes by the order of the columns, but the classes in them are '1', '0'" in said
        assert "the classes in them are 'True', 'False'" in refusal(command, "truth.csv", *weights)
        assert "'1', '0'" in refusal("grad", command, "other.csv", *weights)
        balanced = ("--class-weight", "balanced")  # it is counted, so that it goes with the classes
        assert answer(command, "other.csv", *balanced) == close(answer(command, "sorted.csv", *balanced))
    # words have no order but that of their columns
    Path("words.csv").write_text("y,p_dog,p_cat\ncat,.2,.8\ndog,.9,.1\ncat,.4,.6\n")
    assert answer("ce", "words.csv", "--class-weight", "5,1") == close(right)


def test_hard_and_soft_labels_in_one_column_add_their_own_part_to_the_divisor(here: Path) -> None:
    """A hard label the weight of its class, a soft one 1; in the work, the gradient and JSON alike."""
    rows = ("1,0.8", "0,0.3", "0.4,0.6", "1,0.7")
    loss = -3 * log(0.8) - 2 * log(0.7) - 1.2 * log(0.6) - 1.2 * log(0.4) - 3 * log(0.7)
    for order in ((0, 1, 2, 3), (2, 3, 1, 0), (3, 2, 1, 0)):
        path = write("t.csv", "label,p\n" + "".join(f"{rows[at]}\n" for at in order))
        found = record("bce", path, "--class-weight", "2,3")
        assert (found["divisor"], found["value"]) == (9.0, pytest.approx(loss / 9, rel=1e-14))
        assert record("grad", "bce", path, "--class-weight", "2,3", "--check")["divisor"] == 9.0
        shown = run("bce", path, "--class-weight", "2,3", "--explain").out
        assert "(sum of the weights of the rows' classes, 1 for a soft label)" in shown
    one_hot = "y_a,y_b,p_a,p_b\n1,0,0.8,0.2\n0,1,0.4,0.6\n"
    found = record("ce", "-y", "y_*", "-p", "p_*", "--class-weight", "2,3", write("t.csv", one_hot))
    assert (found["divisor"], found["value"]) == (2.0, pytest.approx((-2 * log(0.8) - 3 * log(0.6)) / 2, rel=1e-14))
