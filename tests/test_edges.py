"""Rules at their edges: each test here goes red for a fault that all others let pass."""

import csv
import io
import math
import os
import sys
from itertools import pairwise, permutations
from math import exp, log, log1p
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, listed, mistakes, npy, npz, record, refusal, run, verdict, write
from samples import FITTED

from losscli.cli.app import main
from losscli.commands import loss
from losscli.reading.remote import redacted
from losscli.statistics import quantiles

pytestmark = pytest.mark.usefixtures("here")


# --- reading ----------------------------------------------------------------------------------------------------------
def test_an_exponent_with_a_point_is_no_number() -> None:
    for cell in ("12e-.1", "1e.5", "1.5e1.", "1e+.1"):
        for before in (2, 40):  # few cells are read one by one, many at a time
            table = "label,p\n" + "1,4.5e-05\n" * before + f"1,{cell}\n0,0.2\n"
            assert refusal("bce", write("t.csv", table)).startswith(
                f"t.csv:{before + 2}: column 'p': '{cell}' is not a number"
            )


def test_a_last_line_of_one_space_is_no_row() -> None:
    assert answer("bce", write("t.csv", "label,p\n1,0.9\n0,0.3\n ")) == answer("bce", "1,0", "0.9,0.3")
    assert answer("bce", write("y.txt", "1\n0\n "), write("p.txt", ".9\n.3\n ")) == answer("bce", "1,0", "0.9,0.3")


def test_of_two_shared_columns_the_first_row_that_differs_is_named() -> None:
    write("labels.csv", "id,run,label\n1,a,1\n2,a,0\n3,a,1\n")
    write("preds.csv", "id,run,p\n1,a,.9\n2,b,.3\n4,a,.8\n")
    assert refusal("bce", "labels.csv", "preds.csv").startswith("labels.csv:3 and preds.csv:3 differ in 'run'")
    write("preds.csv", "id,run,p\n1,a,.9\n4,a,.3\n3,b,.8\n")
    assert refusal("bce", "labels.csv", "preds.csv").startswith("labels.csv:3 and preds.csv:3 differ in 'id'")


def test_missing_cells_of_a_shared_column_are_alike() -> None:
    write("labels.csv", "id,label\n1,1\nNA,0\n,1\n")
    write("preds.csv", "id,p\n1,.9\n,.3\nnull,.8\n")
    assert answer("bce", "labels.csv", "preds.csv") == answer("bce", "1,0,1", ".9,.3,.8")


def test_rows_with_a_gap_on_either_side_are_dropped() -> None:
    write("labels.csv", "label\n1\nNA\n0\n1\n")
    write("preds.csv", "p\n.9\n.3\nNA\n.8\n")
    found = record("bce", "labels.csv", "preds.csv", "--na", "drop")
    assert (found["n"], found["dropped"]) == (2, 2)


def test_a_key_of_two_columns_is_missing_where_one_is() -> None:
    write("preds.csv", "a,b,p\n4,4,.3\n1,1,.9\n")
    for gap in (",2", "2,"):
        args = ("bce", "labels.csv", "preds.csv", "--key", "a,b")
        write("labels.csv", f"a,b,label\n1,1,1\n{gap},NA\n{gap},NA\n4,4,0\n")
        assert answer(*args, "--na", "drop") == answer("bce", "1,0", ".9,.3")
        write("labels.csv", f"a,b,label\n1,1,1\n{gap},0\n4,4,0\n")
        assert "labels.csv:3" in refusal(*args)
        found = record(*args, "--na", "drop")
        assert (found["value"], found["n"], found["dropped"]) == (answer("bce", "1,0", ".9,.3"), 2, 1)


def test_files_whose_columns_are_in_another_order_show_the_same_cells() -> None:
    Path("d").mkdir()
    write("d/1.csv", "label,p,g,h\n1,0.8,a,x\n")
    write("d/2.csv", "h,g,p,label\ny,b,0.1,1\n")
    found = record("bce", "d", "-p", "p", "--by", "g", "--worst", "2", "--show", "h,g")
    assert [one["cells"] for one in found["worst"]] == [{"h": "y", "g": "b"}, {"h": "x", "g": "a"}]
    assert sorted(group["group"]["g"] for group in found["groups"]) == ["a", "b"]


def test_what_libraries_print_behind_a_list_is_taken_off() -> None:
    for call in (
        "np.array([0.8, 0.3], dtype=float, copy=False)",
        "tensor([0.8, 0.3], dtype=torch.float64, device='cuda:0', requires_grad=True)",
    ):
        assert answer("bce", "1,0", call) == answer("bce", "1,0", "0.8,0.3")


def test_columns_numbered_from_1_are_the_classes_whatever_stands_beside_them() -> None:
    write("t.csv", "label,p1,p2,p3,epoch\n1,0.7,0.2,0.1,4\n3,0.1,0.2,0.7,5\n")
    found = record("ce", "t.csv")
    assert found["columns"]["prob"] == ["p1", "p2", "p3"]
    assert found["value"] == pytest.approx(-math.log(0.7), rel=1e-14)


def test_a_row_written_as_one_is_one() -> None:
    assert answer("nll", "[[0,1,0]]", "0.2,0.5,0.3") == pytest.approx(math.log(2), rel=1e-15)
    trials = record("nll", "0,1,0", "0.2,0.5,0.3")
    assert trials["n"] == 3 and "trials" in " ".join(trials["notes"])
    assert "trials" not in " ".join(record("nll", "0,1,0", "0.2,0.9,0.3")["notes"])


def test_beside_a_single_class_column_a_prediction_is_a_class_too() -> None:
    write("t.csv", "y,dog,pred\ndog,0.6,0.4\npred,0.3,0.7\n")
    assert record("ce", "t.csv")["classes"] == ["dog", "pred"]


def test_a_positive_label_that_no_row_has_is_said() -> None:
    write("t.csv", "answer,p\nno,0.2\nno,0.4\n")
    found = record("bce", "t.csv", "-y", "answer", "-p", "p", "--positive", "yes")
    assert found["value"] == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2, rel=1e-14)
    assert [note for note in found["notes"] if "'yes'" in note]
    found = record("bce", "t.csv", "-y", "answer", "-p", "p", "--positive", "no")
    assert not [note for note in found["notes"] if "'no'" in note]


def test_rounding_beyond_one_is_clipped_where_that_is_asked_for_and_by_no_convention() -> None:
    assert answer("bce", "1,1", "0.8,1.0000001", "--eps", "1e-7") == pytest.approx(-math.log(0.8) / 2, rel=1e-6)
    for convention in ((), ("--like", "keras"), ("--like", "sklearn"), ("--like", "torch")):
        assert "--eps 1e-7" in refusal("bce", "1,1", "0.8,1.0000001", *convention)


def test_rounding_below_zero_is_0_where_rows_are_rescaled() -> None:
    rows = "[[-0.0000001,1.0000001],[0.3,0.7]]"
    for convention in ("--normalize",), ("--like", "keras"):
        for scale in ("probs", "logits", "logprobs"):
            run("grad", "ce", "0,1", rows, *convention, "--eps", "1e-7", "--wrt", scale, "--check")
        found = answer("ce", "0,1", rows, *convention, "--eps", "1e-7")
        assert found == pytest.approx(-(math.log(1e-7) + math.log(0.7)) / 2, rel=1e-14)
    small = answer("ce", "0", "[[0.00000002,-0.0000001]]", "--normalize", "--eps", "1e-7")
    assert small == pytest.approx(1e-7, rel=1e-6)  # -ln(1 - 1e-7)
    for row in ("[[-0.0000001,-0.0000002]]", "[[0,-0.0000001]]"):
        assert "sums to 0 and can't be rescaled" in refusal("ce", "0", row, "--normalize", "--eps", "1e-7")


def test_the_gradient_of_rounding_below_zero_warns_of_nothing() -> None:
    for scale in ("probs", "logits", "logprobs"):
        run("grad", "ce", "0,1", "[[-0.0000001,1.0000001],[0.3,0.7]]", "--eps", "1e-7", "--wrt", scale)


def test_decisions_are_noticed_in_tables_joined_by_a_key() -> None:
    write("labels.csv", "id,label\n" + "".join(f"{at},{at % 2}\n" for at in range(8)))
    write("preds.csv", "id,p\n" + "".join(f"{at},{at % 2}\n" for at in reversed(range(8))))
    assert "exactly 0 or 1" in " ".join(record("bce", "labels.csv", "preds.csv", "--key", "id")["notes"])
    write("preds.csv", "id,p\n" + "".join(f"{at},{at % 2 if at else 0.5}\n" for at in reversed(range(8))))
    assert "exactly 0 or 1" not in " ".join(record("bce", "labels.csv", "preds.csv", "--key", "id")["notes"])


def test_an_ignored_row_with_a_missing_cell_is_left_out_once() -> None:
    rows = "[[0.7,0.3],[nan,0.5],[0.5,0.5],[0.2,0.8]]"
    found = record("ce", "0,9,9,1", rows, "--ignore", "9", "--na", "drop")
    assert (found["n"], found["dropped"], found["ignored"]) == (2, 1, 1)


def test_only_classes_that_are_numbers_may_be_counted_from_1() -> None:
    assert "counted from 1" in refusal("ce", "1,3", "0.7,0.2,0.1;0.2,0.3,0.5")
    write("t.csv", "label,cat,dog,emu\ncat,0.7,0.2,0.1\n3,0.2,0.3,0.5\n")
    assert "counted from 1" not in refusal("ce", "t.csv")


def test_one_prediction_among_many_that_is_no_decision_is_enough() -> None:
    table = "label,p\n" + "1,1\n0,0\n" * 300
    assert "exactly 0 or 1" in " ".join(record("bce", write("t.csv", table))["notes"])
    assert "exactly 0 or 1" not in " ".join(record("bce", write("t.csv", table + "1,0.5\n"))["notes"])


def test_a_label_that_two_columns_are_called_is_refused() -> None:
    for columns, label in (("1,01", "1"), ("p_1,p_01", "1"), ("1.0,1", "1"), ("true,1", "1"), ("a_2.0,a_2", "2")):
        write("t.csv", f"label,{columns}\n{label},0.7,0.3\n")
        assert f"label '{label}' is not a class" in refusal("ce", "t.csv", "-p", columns, "-y", "label"), columns


# --- figures ----------------------------------------------------------------------------------------------------------
def test_a_group_with_an_infinite_loss_comes_first() -> None:
    write("t.csv", "label,p,g\n1,0.001,a\n1,0.002,a\n1,0,b\n0,0.9,c\n")
    groups = record("bce", "t.csv", "-p", "p", "--by", "g")["groups"]
    assert [group["group"]["g"] for group in groups] == ["b", "a", "c"]


def test_an_answer_at_the_limit_is_not_above_it() -> None:
    limit = repr(answer("bce", "1,0", "0.8,0.3"))
    assert run("bce", "1,0", "0.8,0.3", "--fail-above", limit).code == 0
    assert run("bce", "1,0", "0.8,0.3", "--fail-above", "0.2899").code == 1
    assert run("bce", "1,0", "0,0.3", "--fail-above", "1e300").code == 1


def test_slopes_of_minus_infinity_are_null_in_json() -> None:
    assert record("grad", "bce", "1,0,1", "0,0.5,0.5")["gradient"] == [None, 2 / 3, -2 / 3]


def test_losses_that_hardly_differ_have_a_standard_error() -> None:
    for gap, rel in ((1e-8, 1e-6), (1e-10, 1e-5), (1e-12, 1e-3), (1e-14, 1e-1)):  # ln has an error of 1e-17
        close = record("bce", "1,1", f"0.8,{0.8 + gap!r}")
        assert close["se"] == pytest.approx(gap / 0.8 / 2, rel=rel, abs=0), gap  # d ln p = dp / p
        assert close["std"] == pytest.approx(gap / 0.8 / math.sqrt(2), rel=rel, abs=0), gap
    for weights in ((), ("-w", "1,3,0.7")):  # of which a product is rounded
        same = record("bce", "1,1,1", "0.905,0.905,0.905", *weights)
        assert (same["se"], same["std"]) == (0, 0)


def test_soft_labels_are_weighed_in_the_baseline() -> None:
    write("t.csv", "y0,y1,y2,a,b,c,w\n1,0,0,.7,.2,.1,1\n.5,.5,0,.3,.6,.1,3\n0,.25,.75,.2,.3,.5,2\n")
    shares = [2.5 / 6, 2 / 6, 1.5 / 6]  # 1 + 3/2, 3/2 + 2/4, 2 * 3/4 of the weight 6
    found = record("ce", "t.csv", "-y", "y0,y1,y2", "-p", "a,b,c", "-w", "w")
    assert found["baseline"] == pytest.approx(-sum(q * math.log(q) for q in shares), rel=1e-14)


def test_all_labels_of_a_row_are_in_its_group() -> None:
    write("t.csv", "y0,y1,p0,p1,g\n1,0,.8,.3,a\n0,1,.4,.6,b\n1,1,.9,.7,a\n")
    found = record("bce", "t.csv", "-y", "y0,y1", "-p", "p0,p1", "--by", "g")["groups"]
    sums = {group["group"]["g"]: group["sum"] for group in found}
    a, b = (-sum(map(math.log, probs)) for probs in ((0.8, 0.7, 0.9, 0.7), (0.6, 0.6)))
    assert sums == {"a": pytest.approx(a, rel=1e-14), "b": pytest.approx(b, rel=1e-14)}


def test_torch_caps_each_part_of_a_soft_label_unless_eps_is_given() -> None:
    torch = ("--like", "torch")
    assert answer("bce", "0.25", "1", *torch) == pytest.approx(75, rel=1e-14)
    assert answer("bce", "0.25", "0", *torch) == pytest.approx(25, rel=1e-14)
    assert answer("bce", "1", "0", *torch, "--eps", "1e-60") == pytest.approx(60 * math.log(10), rel=1e-14)


def test_scikit_learn_clips_to_the_precision_of_the_array() -> None:
    for kind, bits in ((np.float64, 52), (np.float32, 23)):
        write("y.npy", npy(np.array([1, 0])))
        write("p.npy", npy(np.array([0.0, 0.5], kind)))
        expected = (bits * math.log(2) + math.log(2)) / 2
        assert answer("bce", "y.npy", "p.npy", "--like", "sklearn") == pytest.approx(expected, rel=1e-12)


def test_scikit_learn_clips_columns_of_several_types_to_the_precision_of_the_finest() -> None:
    half, single, double = np.float16, np.float32, np.float64
    for kinds, bits in (((single, double), 52), ((double, single), 52), ((half, single), 23), ((half, half), 10)):
        columns = {f"p_{at}": np.array([1.0 - at, 0.5], kind) for at, kind in enumerate(kinds)}
        write("t.npz", npz(label=np.array([1, 0]), **columns))
        expected = (bits * math.log(2) + math.log(2)) / 2
        assert answer("ce", "t.npz", "--like", "sklearn") == pytest.approx(expected, rel=1e-12), kinds


# --- homework ---------------------------------------------------------------------------------------------------------
def test_a_typed_power_of_ten_is_as_precise_as_its_digits() -> None:
    typed = ("bce", "--from", "logits", "1,1", "-400,-430", "-r", "none", "--expect")
    assert run(*typed, "4e2,4e2").code == 0  # 350 to 450
    assert run(*typed, "4e2,5e2").code == 1
    assert run(*typed, "400,4.30e2").code == 0
    assert run(*typed, "400,4.40e2").code == 1
    # beside decimals a whole number is as precise as they are, and a power of ten is not
    typed = ("bce", "--from", "logits", "1,1", "-430,0", "-r", "none", "--expect")  # 430 and ln 2
    for whole, code in (("4e2", 0), ("430", 0), ("5e2", 1), ("430.4", 1)):
        assert run(*typed, f"{whole},0.69").code == code, whole
    typed = ("bce", "--from", "logits", "1,1", "-430.4,0", "-r", "none", "--expect")
    for whole, code in (("4e2", 0), ("430", 1), ("430.4", 0)):
        assert run(*typed, f"{whole},0.69").code == code, whole


def test_a_product_of_rounded_numbers_stands_for_all_that_they_may_be() -> None:
    for product in ("-1.9*1.1", "1.1*-1.9", "1.9*-1.1"):  # -2.2425 to -1.9375
        for slope, code in ((-2.24, 0), (-1.94, 0), (-2.25, 1), (-1.93, 1)):
            assert run("grad", "bce", "1", repr(-1 / slope), f"--expect={product}").code == code, (product, slope)
    for total in ("-1.9-0.3", "-0.3-1.9", "-(1.9+0.3)"):  # -2.3 to -2.1
        for slope, code in ((-2.29, 0), (-2.11, 0), (-2.31, 1), (-2.09, 1)):
            assert run("grad", "bce", "1", repr(-1 / slope), f"--expect={total}").code == code, (total, slope)


def test_one_entry_that_is_not_zero_tells_no_ratio() -> None:
    args = ("grad", "bce", "--wrt", "logits")
    assert verdict(*args, "1,0", "0.8,0.3", "--expect=-0.3,0.45")["ratio"] == 3
    assert verdict(*args, "1,0", "0.8,0", "--expect=-0.3,0")["ratio"] is None


def test_an_ignored_row_counted_as_the_last_class_has_its_class_weight() -> None:
    mistaken = (-math.log(0.7) - 2 * math.log(0.6) - 5 * math.log(0.5)) / (1 + 2 + 5)
    args = ("--ignore", "9", "--class-weight", "1,2,5", "--expect", f"{mistaken:.6f}")
    found = verdict("ce", "0,1,9", "0.7,0.2,0.1;0.3,0.6,0.1;0.2,0.3,0.5", *args)
    assert [suspect["id"] for suspect in found["consistent_with"]] == ["ignored-as-class"]  # type: ignore[attr-defined]


def test_a_row_that_is_dropped_is_not_among_the_ignored_ones() -> None:
    losses = -math.log(0.7) - math.log(0.6)
    cases = (("ignored-as-class", (losses - math.log(0.8)) / 3), ("ignored-in-divisor", losses / 3))
    for weights in ((), ("-w", "w")):
        for id_, mistaken in cases:
            for dropped in ("", "-1,,0.5,1\n"):
                table = write("ig.csv", f"label,p_a,p_b,w\na,0.7,0.3,1\nb,0.4,0.6,1\n{dropped}-1,0.2,0.8,1\n")
                args = ("ce", table, "-p", "p_a,p_b", "--ignore", "-1", "--na", "drop", *weights)
                assert id_ in mistakes(*args, "--expect", f"{mistaken:.4f}"), (id_, dropped, weights)


def test_a_class_with_a_slash_is_no_path_beside_a_key_in_another_folder() -> None:
    Path("sub").mkdir()
    write("sub/t.csv", "label,p\n1,0.8\n")
    questions = ("q1,\"ce yes/no '[[0.8 0.2]]' --classes 'yes/no,maybe'\"", "q2,bce t.csv")
    write("sub/key.csv", "\n".join(["question,command", *questions, ""]))
    write("answers.csv", "student,question,answer\ns,q1,0.2231\ns,q2,0.2231\n")
    assert run("grade", "sub/key.csv", "answers.csv").code == 0


# --- regression -------------------------------------------------------------------------------------------------------
def test_soft_labels_among_hard_ones_are_written_beside_their_predictions() -> None:
    write("t.csv", "y,a\n0,1\n0.5,2\n1,0.5\n0.25,3\n1,2\n")
    record("fit", "bce", "t.csv", "-y", "y", "-x", "a", "--steps", "0", "--predict", "out.csv")
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [(float(row["label"]), float(row["prob"])) for row in rows] == [
        (label, 0.5) for label in (0, 0.5, 1, 0.25, 1)
    ]


def test_a_batch_without_weight_is_no_step_at_all() -> None:
    x, y = {0: 3.0, 1: 4.0}, {0: 1.0, 1: 0.0}  # the rows that weigh

    def losses(order: tuple[int, int]) -> list[float]:
        b = m = 0.0
        found = []
        for row in (None, *order):
            if row is not None:
                slope = 1 / (1 + math.exp(-(b + m * x[row]))) - y[row]
                b, m = b - 0.01 * slope, m - 0.01 * slope * x[row]
            found.append(sum(math.log1p(math.exp((1 - 2 * y[at]) * (b + m * x[at]))) for at in (0, 1)) / 2)
        return found

    table = "x,y,w\n1,1,0\n2,0,0\n3,1,1\n4,0,1\n5,1,0\n0.5,0,0\n"
    orders = set()
    for seed in range(6):
        options = ("-w", "w", "--steps", "2", "--batch", "1", "--lr", "0.01", "--seed", str(seed))
        history = record("fit", "bce", *options, stdin=table)["history"]
        fitting = [order for order in ((0, 1), (1, 0)) if history == pytest.approx(losses(order), rel=1e-13)]
        assert len(fitting) == 1, seed
        orders.add(fitting[0])
    assert len(orders) == 2


def test_smoothing_leaves_the_curvature_and_so_the_standard_errors_as_large_as_without() -> None:
    write("t.csv", "y,a\n1,1\n0,2\n1,0.5\n0,3\n1,2.5\n0,0.25\n")
    for name in FITTED:
        args = ("fit", name, "t.csv", "-y", "y", "-x", "a", "--method", "newton")
        plain, smooth = record(*args), record(*args, "--smoothing", "0.2")
        theta = [one["theta"] for one in smooth["parameters"]]
        z = [theta[0] + theta[1] * a for a in (1, 2, 0.5, 3, 2.5, 0.25)]
        z = z if name == "bce" else [2 * one for one in z]  # class 0 has the opposite parameters
        x = np.array([[1, a] for a in (1, 2, 0.5, 3, 2.5, 0.25)])
        h = 1 / (1 + np.exp(-np.array(z)))
        error = np.sqrt(np.diag(np.linalg.inv(x.T @ (x * (h * (1 - h))[:, None]))))
        found = [one["se"] for one in smooth["parameters"]][:2]
        assert found == pytest.approx(list(error / (1 if name == "bce" else 2)), rel=1e-6), plain


def test_a_step_up_is_no_convergence() -> None:
    write("t.csv", "y,a\n1,1\n0,2\n1,0.5\n0,3\n1,2.5\n0,0.25\n")
    found = record("fit", "bce", "t.csv", "-y", "y", "-x", "a", "--batch", "1", "--steps", "30", "--tol", "1e-12")
    assert any(later > before for before, later in pairwise(found["history"]))
    assert found["steps"] == 30 and not found["converged"]


def test_classes_that_are_numbers_are_in_the_order_of_numbers() -> None:
    write("t.csv", "y,a\n10,1\n2,2\n10,0.5\n2,3\n10,2.5\n")
    found = record("fit", "ce", "t.csv", "-y", "y", "-x", "a", "--steps", "3")
    assert [one["class"] for one in found["parameters"]] == ["2", "2", "10", "10"]


def test_a_probability_of_a_half_predicts_label_0() -> None:
    write("t.csv", "y,a,w\n1,1,1\n1,2,1\n1,0.5,1\n0,3,5\n")
    args = ("fit", "bce", "t.csv", "-y", "y", "-x", "a", "--steps", "0")
    assert record(*args)["train_accuracy"] == 0.25
    assert record(*args, "-w", "w")["train_accuracy"] == 5 / 8


FIT = "y,k,a,b\n" + "".join(
    f"{y},{k},{a},{b}\n"
    for y, k, a, b in zip(
        [0, 1, 0, 1, 1, 0, 1, 0],
        "uvwuvwuv",
        [0.5, 2, -1, 1.25, -0.5, 0.75, 3, -2],
        [1, -1, 0.5, 2, 0.25, -0.75, 1.5, 0.3],
        strict=True,
    )
)


@pytest.mark.parametrize(
    "how", ["--steps 30 --l2 0.2", "--method newton --l2 0.1", "--steps 20 --standardize --l2 0.2"]
)
def test_a_regression_knows_no_order_of_rows_and_a_row_twice_weighs_two(how: str) -> None:
    header, *rows = FIT.splitlines()
    for command in (("bce", "-y", "y"), ("ce", "-y", "k", "--classes", "u,v,w")):
        args = ("fit", *command, "-x", "a,b", *how.split())
        whole = thetas(*args, stdin="\n".join([header, *rows]))
        turned = thetas(*args, stdin="\n".join([header, *reversed(rows)]))
        assert turned == pytest.approx(whole, rel=1e-9, abs=1e-12)
        if "--standardize" in how:
            continue  # by the deviations of the rows, whatever they weigh
        twice = thetas(*args, stdin="\n".join([header, *rows, rows[0], rows[3]]))
        weighed = [f"{row},{2 if at in (0, 3) else 1}" for at, row in enumerate(rows)]
        table = "\n".join([header + ",w", *weighed])
        assert thetas(*args, "-w", "w", stdin=table) == pytest.approx(twice, rel=1e-9, abs=1e-12)
        assert twice != pytest.approx(whole, rel=1e-3)


def test_names_of_classes_change_nothing_but_their_order() -> None:
    for how in ("--steps 30", "--method newton --l2 0.1"):
        args = ("fit", "ce", "-y", "k", "-x", "a,b", *how.split())
        named = by_class(*args, stdin=FIT)
        for names in (["z", "v", "w"], ["10", "9", "2"], ["w", "u", "v"]):
            other = dict(zip("uvw", names, strict=True))
            renamed = {(other[name], parameter): theta for (name, parameter), theta in named.items()}
            assert by_class(*args, stdin=FIT.translate(str.maketrans(other))) == pytest.approx(
                renamed, rel=1e-9, abs=0
            ), (how, names)


def by_class(*args: str, stdin: str) -> dict[tuple[str, str], float]:
    found = record(*args, stdin=stdin)["parameters"]
    return {(one["class"], one["parameter"].removesuffix(f"[{one['class']}]")): one["theta"] for one in found}


def thetas(*args: str, stdin: str) -> list[float]:
    return [one["theta"] for one in record(*args, stdin=stdin)["parameters"]]


# --- processes and signals --------------------------------------------------------------------------------------------
THREADED = ("pyarrow", "fsspec", "distributed")  # packages that start threads, whose locks a fork would inherit


def test_an_interrupt_that_surfaces_as_another_exception_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ImportError("numpy is half there")

    monkeypatch.setattr(loss, "run_loss", broken)
    assert main(["bce", "1,0", "0.8,0.3"], interrupted=lambda: True) == 130
    assert main(["bce", "1,0", "0.8,0.3"], interrupted=lambda: False) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.parametrize("package", THREADED)
def test_no_process_is_forked_beside_the_threads_of_a_package(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forked: list[int] = []
    fork = os.fork
    random = np.random.default_rng(1)
    table = "label,p\n" + "".join(f"{at % 2},{p!r}\n" for at, p in enumerate(random.random(400).tolist()))
    write("t.csv", table)
    monkeypatch.setattr("losscli.reading.text.feed.LEAST_BYTES", 200)
    monkeypatch.setattr(os, "fork", lambda: forked.append(1) or fork())
    for name in THREADED:
        monkeypatch.delitem(sys.modules, name, raising=False)
    alone = answer("bce", "t.csv", "--threads", "2")
    assert forked

    forked.clear()
    monkeypatch.setitem(sys.modules, package, sys)
    assert answer("bce", "t.csv", "--threads", "2") == alone
    assert not forked


# --- cells of text ----------------------------------------------------------------------------------------------------
def test_odd_cells_among_many_are_what_they_are_alone() -> None:
    rows = "1,0.25\n" * 40
    assert answer("bce", stdin=f"label,prob\n{rows}1,0.1234567890123456789012e-03\n") == close(
        (40 * log(4) - log(0.1234567890123456789012e-03)) / 41
    )
    missing, odd = "the cell is missing ({}); --na drop leaves such rows out", "'{}' is not a number"
    for cell, what in {"-": missing, ".": missing, "+": odd, "-.": odd, "+.": odd}.items():
        for others in (rows, "1,-2.75\n" * 40):
            said = refusal("bce", "--from", "logits", stdin=f"label,prob\n{others}1,{cell}\n")
            assert said == f"<stdin>:42: column 'prob': {what.format(cell)}", cell
    classes = "label,a,b,c\n" + "a,0.5,0.25,0.25\n" * 40
    for at in range(3):  # in whichever column
        cells = ["0.5", "0.25", "0.25"]
        cells[at] = "1e-400"
        said = refusal("ce", stdin=f"{classes}a,{','.join(cells)}\n")
        assert said.startswith("<stdin>:42: ") and "1e-400" in said, at


def test_a_mark_for_missing_cells_is_a_label_where_the_other_label_is_a_mark(here: Path) -> None:
    table = write("t.csv", "label,prob\n+,0.8\n-,0.3\n+,0.6\n-,0.4\n")
    expected = -(log(0.8) + log(0.7) + log(0.6) + log(0.6)) / 4
    assert answer("bce", table, "--positive", "+") == close(expected)
    assert record("bce", table, "--positive", "+", "--na", "drop")["dropped"] == 0


def test_a_mark_of_the_encoding_may_stand_before_json_lines() -> None:
    lines = b'\xef\xbb\xbf{"label": 1, "prob": 0.5}\n{"label": 0, "prob": 0.75}\n'
    assert answer("bce", stdin=lines) == close(log(2) * 1.5)


def test_a_list_may_begin_with_a_point_behind_its_minus() -> None:
    expected = (log1p(exp(0.5)) + log1p(exp(0.25))) / 2
    assert answer("bce", "--from", "logits", "1,0", "-.5,0.25") == close(expected)
    assert answer("bce", "1,0", "--from", "logits", "-.5,.25") == close(expected)


# --- regression -------------------------------------------------------------------------------------------------------
X, TRUTH = [0.5, -1.0, 2.0, 1.5, -0.5, 0.0, 1.0, -2.0, 0.25, 3.0], [1, 0, 1, 0, 0, 1, 1, 0, 1, 1]
TEN = "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(X, TRUTH, strict=True))


def test_the_last_batch_of_a_round_has_the_rows_that_are_left() -> None:
    found = record("fit", "bce", "--batch", "3", "--steps", "9", "--seed", "5", "--lr", "0.3", stdin=TEN)

    x, y, theta = np.column_stack((np.ones(10), X)), np.array(TRUTH), np.zeros(2)
    orders = np.random.default_rng(5)
    batches = [part for _ in range(3) for part in np.split(orders.permutation(10), (3, 6, 9))]
    for rows in batches[:9]:
        h = 1 / (1 + np.exp(-x[rows] @ theta))
        theta = theta - 0.3 * (h - y[rows]) @ x[rows] / len(rows)
    assert [one["theta"] for one in found["parameters"]] == pytest.approx(theta.tolist(), rel=1e-12, abs=0)


def test_rows_that_are_held_out_have_no_part_in_standardizing(here: Path) -> None:
    table = write("t.csv", TEN)
    options = ("--standardize", "--steps", "7")
    found = record("fit", "bce", table, *options, "--test-size", "0.3", "--seed", "2", "--predict", "p.csv")

    kept, held = (
        write(f"{part}.csv", "x,y\n" + "".join(f"{row['x']},{row['label']}\n" for row in rows if row["set"] == part))
        for rows in [list(csv.DictReader(Path("p.csv").read_text().splitlines()))]
        for part in ("train", "test")
    )
    other = record("fit", "bce", kept, *options, "--test", held)
    assert other["n"] == 7 and other["test_loss"] == pytest.approx(found["test_loss"], rel=1e-12, abs=0)
    assert other["parameters"] == found["parameters"]


def test_the_penalty_spares_the_intercept_of_each_class() -> None:
    start = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, -1.0]])
    rows = "x,y\n1,a\n2,b\n-1,c\n0.5,b\n"
    command = ("fit", "ce", "--theta", listed(start), "--steps", "1", "--lr", "0.1", "--l2", "0.5")
    found = record(*command, stdin=rows)

    x, q = np.array([[1, 1], [1, 2], [1, -1], [1, 0.5]]), np.eye(3)[[0, 1, 2, 1]]
    z = np.exp(x @ start.T)
    slope = (z / z.sum(axis=1, keepdims=True) - q).T @ x / 4 + 0.5 * start * [0, 1]
    expected = (start - 0.1 * slope).ravel().tolist()
    assert [one["theta"] for one in found["parameters"]] == pytest.approx(expected, rel=1e-12, abs=0)


def test_a_feature_called_like_a_prediction_in_any_case_has_another_name_in_the_written_table(here: Path) -> None:
    for name in ("Score", "P_1", "Label", "PROB"):
        table = write("t.csv", TEN.replace("x", name, 1))
        found = record("fit", "bce", table, "-y", "y", "-x", name, "--steps", "20", "--predict", "p.csv")
        assert Path("p.csv").read_text().splitlines()[0] == f"label,prob,x_{name}", name
        assert answer("bce", "p.csv") == pytest.approx(found["train_loss"], rel=1e-12, abs=0), name


# --- homework ---------------------------------------------------------------------------------------------------------
def test_a_row_is_counted_through_all_files_in_the_words_about_a_mistake(here: Path) -> None:
    probs = [[0.9, 0.8, 0.7], [0.6, 0.55, 0.95], [0.15, 0.35, 0.85]]
    for at, own in enumerate(probs):
        write(f"part-{at}.csv", "label,prob\n" + "".join(f'"1",{p}\n' for p in own))
    losses = [-log(p) for own in probs for p in own]
    without = (sum(losses) - losses[7]) / 9

    found = verdict("bce", "part-*.csv", "--expect", f"{without:.9f}")["consistent_with"]
    meanings = [one["meaning"] for one in found if one["id"] == "row-omitted"]
    assert any(text.startswith("row 8 is missing from the sum") for text in meanings), found


def test_labels_counted_from_1_picked_the_column_behind_and_labels_taken_for_it_the_one_before() -> None:
    command = ("ce", "1,2", "0.7,0.2,0.1;0.1,0.3,0.6")
    cells = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]
    for move, side in ((-1, "before"), (1, "after")):
        other = -sum(log(row[(label + move) % 3]) for row, label in zip(cells, (1, 2), strict=True)) / 2
        found = verdict(*command, "--expect", f"{other:.7g}")["consistent_with"]
        meanings = [one["meaning"] for one in found if one["id"] == "labels-off-by-one"]
        assert meanings and all(f"the column {side} its own" in text for text in meanings), side


def test_the_gradient_of_the_sum_is_named_in_any_base() -> None:
    for base in ("2", "10"):
        slopes = [-0.2 / log(float(base)), 0.3 / log(float(base))]
        command = ("grad", "bce", "1,0", "0.8,0.3", "--wrt", "logits", "--base", base)
        assert "not-averaged" in mistakes(*command, f"--expect={listed(slopes)}"), base


# --- tables for Markdown ----------------------------------------------------------------------------------------------
def test_what_a_table_in_markdown_is_made_of_is_escaped_in_its_cells() -> None:
    for mark in "\\`*_~$|":
        out = run("bce", "--by", "g", "-f", "md", stdin=f"label,prob,g\n1,0.5,a{mark}b\n0,0.25,c\n").out
        assert f"| a\\{mark}b " in out, mark


# --- options and cells that seldom meet -------------------------------------------------------------------------------
def test_torch_caps_a_part_before_it_is_weighed() -> None:
    for options, weights in (
        ("--pos-weight 3", (3, 3)),
        ("--class-weight 1,3", (3, 3)),
        ("--focal 0 --alpha 0.25", (0.25, 0.25)),
    ):
        found = record("bce", "1,1", "0,0.5", "--like", "torch", *options.split())
        assert found["sum"] == close(100 * weights[0] + log(2) * weights[1]), options


def test_a_logit_that_is_infinite_is_told_at_its_own_row_behind_one_that_is_left_out() -> None:
    for above, options in (("0,", "--na drop"), ("-1,0.5", "--ignore -1")):
        said = refusal(
            "fit", "temperature", "-y", "y", "-p", "z", *options.split(), stdin=f"y,z\n1,2\n{above}\n1,inf\n"
        )
        assert said == "<stdin>:4: column 'z': a temperature needs finite logits", options


def test_a_label_that_is_ignored_may_be_a_mark_for_missing_cells() -> None:
    for mark in ("NA", "None", "?", "-"):
        table = f"label,prob\n{mark},0.5\n1,0.5\n0,0.75\n"
        for options in ((), ("--na", "drop")):
            found = record("bce", "--ignore", mark, *options, stdin=table)
            assert (found["n"], found["ignored"], found["dropped"]) == (2, 1, 0), mark
            assert found["mean"] == close(1.5 * log(2)), mark


def test_a_column_of_logits_is_noticed_whichever_model_it_is_of() -> None:
    rows = "label,prob,logit\n1,0.9,0.8\n0,0.2,0.3\n1,0.7,0.6\n"
    for models in (("-p", "logit"), ("-p", "prob", "-p", "logit"), ("-p", "logit", "-p", "prob")):
        notes = record("bce", *models, stdin=rows)["notes"]
        assert any(note.startswith("column 'logit' is read as probs") for note in notes), models


def test_a_note_in_markdown_is_text() -> None:
    out = run("bce", "--ignore", "*x*", "-f", "md", stdin="label,prob\n*x*,0.5\n1,0.5\n0,0.25\n").out
    assert "\n- 1 row with the label \\*x\\* ignored\n" in out


def test_the_first_of_two_faulty_columns_is_told_by_its_row() -> None:
    for first, second in (("label", "prob"), ("prob", "label")):
        columns = {"label": np.array([1.0, 0.0, 1.0, 0.0, 1.0]), "prob": np.full(5, 0.5)}
        columns[first][1], columns[second][3] = math.nan, math.nan
        write("t.npz", npz(**columns))
        said = refusal("bce", "t.npz")
        assert said.startswith("t.npz: row 2: ") and f"'{first}'" in said, said


def test_class_columns_in_any_order_are_read_in_that_order() -> None:
    names = ("a", "b", "c", "d")
    rows = [(0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.1, 0.2), (0.25, 0.35, 0.3, 0.1)]
    table = "label," + ",".join(f"p_{name}" for name in names) + "\n"
    table += "".join(f"{name}," + ",".join(map(str, row)) + "\n" for name, row in zip("bdc", rows, strict=True)) * 20
    expected = -(log(0.2) + log(0.2) + log(0.3)) / 3
    for order in permutations(names):
        assert answer("ce", "-p", ",".join(f"p_{name}" for name in order), stdin=table) == close(expected), order


def test_the_comments_above_the_answers_of_a_class_do_not_decide_their_delimiter() -> None:
    key = write("key.csv", 'question,command\nq1,"bce 1,0 0.9,0.2"\n')
    answers = write("a.csv", "# quiz 3, week 2, group 1\nstudent;question;answer\nann;q1;0.164252\n")
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(run("grade", key, answers, "-f", "csv").out))] == [
        "right"
    ]


def test_infinite_losses_are_above_all_others_in_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "EXACT", 8)
    parts = [
        quantiles.quantiles_of(np.array(losses))
        for losses in ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [math.inf] * 4)
    ]
    whole = parts[0] + parts[1] + parts[2]
    assert whole.n == 13 and whole.infinite == 4
    assert quantiles.quantile(whole, 1.0) == quantiles.quantile(whole, 0.75) == math.inf
    assert quantiles.quantile(whole, 0.5) == pytest.approx(7.0, rel=2e-3, abs=0)


def test_an_address_is_told_with_its_port_and_without_its_password() -> None:
    assert redacted("https://me:secret@Host.example:8443/a/b.csv?sig=1") == "https://Host.example:8443/a/b.csv?..."
    assert redacted("s3://Bucket/a.csv") == "s3://Bucket/a.csv"


@pytest.mark.slow
def test_equal_predictions_of_many_rows_are_not_torn_apart() -> None:
    at = np.arange(600_000)
    ranks, labels = at * 7919 % 101, (at * 104_729 % 1009 < 400).astype(int)
    write("t.csv", "label,prob\n" + "".join(f"{y},{rank / 100}\n" for y, rank in zip(labels, ranks, strict=True)))
    ones, zeros = (np.bincount(ranks[labels == y], minlength=101).tolist() for y in (1, 0))
    wins = sum(one * (2 * sum(zeros[:rank]) + zeros[rank]) for rank, one in enumerate(ones))
    auc = wins / (2 * sum(ones) * sum(zeros))
    for threads in ("1", "2"):
        found = record("bce", "t.csv", "--eps", "1e-7", "--calibration", "--threads", threads)
        assert found["calibration"]["auc"] == pytest.approx(auc, rel=1e-12, abs=0)
