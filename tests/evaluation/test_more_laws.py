"""Laws that hold whatever the numbers are: of the size of weights, of equal losses, of the type of floats."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import mistakes, npy, record, refusal, run, write

pytestmark = pytest.mark.usefixtures("here")


def test_the_size_of_all_weights_changes_neither_the_mean_nor_its_error() -> None:
    rows = (("1", "0.8", 1.0), ("1", "1e-300", 2.0), ("0", "0.3", 0.5), ("1", "0.9999999", 1.5))
    figures = []
    for size in (1.0, 1e-320, 1e-300, 1e-160, 1e160, 1e300, 8e307):
        write("t.csv", "label,p,w\n" + "".join(f"{y},{p},{w * size!r}\n" for y, p, w in rows))
        found = record("bce", "t.csv", "-w", "w", "--ci", "0.9")
        figures.append((found["mean"], found["se"], found["low"], found["high"]))
    for mean, *error in figures:
        assert mean == pytest.approx(figures[0][0], rel=1e-3), figures
        assert error == [None] * 3 or error == pytest.approx(list(figures[0][1:]), rel=1e-3), figures


def test_cells_of_one_row_that_cost_as_much_stand_by_column() -> None:
    write("t.csv", "y,z,u,p,q,r\n1,1,1,0.8,0.8,0.8\n0,1,0,0.5,0.5,0.5\n")
    found = record("bce", "t.csv", "-y", "y,z,u", "-p", "p,q,r", "--worst", "6")["worst"]
    assert [(one["row"], one["column"]) for one in found] == [(at, name) for at in (2, 1) for name in ("y", "z", "u")]
    found = record("bce", "t.csv", "-y", "y,z,u", "-p", "p,q,r", "--worst", "2")["worst"]
    assert [(one["row"], one["column"]) for one in found] == [(2, "y"), (2, "z")]


def test_scikit_learn_clips_each_type_of_float_at_its_own_precision() -> None:
    for kind in (np.float16, np.float32, np.float64):
        for loss, cells, label in (("bce", [0.0, 0.5], "1,1"), ("ce", [[0.0, 1.0], [0.5, 0.5]], "0,0")):
            write("p.npy", npy(np.array(cells, kind)))
            found = record(loss, label, "p.npy", "--like", "sklearn")
            assert found["max"] == pytest.approx(-log(float(np.finfo(kind).eps)), rel=1e-12), (kind, loss)


def test_what_predict_writes_has_the_loss_of_the_fit() -> None:
    from samples import FEATURES

    write("f.csv", FEATURES)
    for loss, label in (("bce", "y"), ("ce", "kind")):
        for options in ("", "-w w", "--standardize", "--method newton --l2 0.1 -w w", "--test-size 0.25 --seed 3 -w w"):
            args = ("fit", loss, "f.csv", "-y", label, "-x", "a,b", "--steps", "3", *options.split())
            fit = record(*args, "--predict", "out.csv")
            header, *lines = Path("out.csv").read_text().splitlines()
            assert header.split(",").count("set") == ("test" in options), header
            sets = {"train": "train_loss", "test": "test_loss"} if "test" in options else {"": "train_loss"}
            for name, key in sets.items():
                rows = [line for line in lines if not name or name in line.split(",")]
                write("part.csv", "\n".join([header, *rows]) + "\n")
                prob = "prob" if loss == "bce" else "p_*"
                weights = ("-w", "weight") if "-w" in options else ()
                assert record(loss, "part.csv", "-y", "label", "-p", prob, *weights)["value"] == pytest.approx(
                    fit[key], rel=1e-12
                ), (loss, options, key)


def test_slopes_that_are_right_agree_with_differences_wherever_they_are() -> None:
    """Differences tell a right slope at every size of a prediction, a parameter and a feature."""
    for x in ("-1e-9,-20;-0.5,-1", "-3,-0.05;-1e-4,-9", "-700,-1e-3;-1,-0.4"):
        for options in ("", "--focal 2", "--focal 0.5", "--smoothing 0.1"):
            found = record("grad", "ce", "0,1", x, "--from", "logprobs", *options.split(), "--check")
            assert (found["ok"], found["unchecked"]) == (True, 0), (x, options, found["max_rel_error"])
    for size in (1e-6, 1.0, 1e3, 1e6):
        cells = ((0.5, 1), (2.0, 0), (-1.0, 1), (3.0, 1), (0.25, 0))
        write("f.csv", "x,y\n" + "".join(f"{size * x!r},{y}\n" for x, y in cells))
        for theta in ("0.1,{}", "-2,{}"):
            typed = theta.format(0.7 / size)
            args = ("grad", "bce", "f.csv", "-y", "y", "-x", "x", "--wrt", "params", f"--theta={typed}", "--check")
            found = record(*args)
            assert (found["ok"], found["unchecked"]) == (True, 0), (size, typed)
            assert found["max_rel_error"] < 1e-7, (size, typed, found["max_rel_error"])


def test_the_weights_of_ignored_rows_in_the_divisor_are_told() -> None:
    write("t.csv", "label,a,b,w\n0,0.7,0.3,1\n1,0.4,0.6,2\n9,0.5,0.5,4\n0,0.2,0.8,1.5\n9,0.9,0.1,0.5\n")
    for weights, more in (((), 2.0), (("-w", "w"), 4.5)):
        args = ("ce", "t.csv", "-y", "label", "-p", "a,b", "--ignore", "9", *weights)
        right = record(*args)
        typed = right["sum"] / (right["divisor"] + more)
        found = mistakes(*args, "--expect", f"{typed:.7g}")
        assert "ignored-in-divisor" in found, (weights, found)


def test_mistakes_of_dividing_are_told_of_means_alone() -> None:
    y, p = "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.55"
    write("f.csv", "y,x\n1,0.5\n0,-1\n0,2\n1,1.25\n1,-0.75\n")
    by_parameters = ("f.csv", "-y", "y", "-x", "x", "--wrt", "params", "--theta=0.1,-0.2")
    for way in ((y, p), (y, p, "--wrt", "logits"), by_parameters):
        for reduction in ("mean", "sum"):
            args = ("grad", "bce", *way, "-r", reduction)
            right = np.array(record(*args)["gradient"])
            for factor, name in ((5 / 4, "n-minus-1"), (5.0, "not-averaged"), (0.2, "divided-twice")):
                typed = ",".join(f"{x:.9g}" for x in right * factor)
                found = mistakes(*args, f"--expect={typed}")
                assert (name in found) == (reduction == "mean" or name == "divided-twice"), (
                    way,
                    reduction,
                    name,
                    found,
                )


def test_labels_of_any_size_are_written_as_they_are() -> None:
    for label in ("7", "-3", "2.5", "1e16", "1e300", "9007199254740993"):
        write("t.csv", f"label,p\n{label},0.8\n0,0.3\n")
        write("y.npy", npy(np.array([float(label), 0.0])))
        for source in (["t.csv"], ["y.npy", "0.8,0.3"]):
            out = run("bce", *source, "--positive", label, "-r", "none", "-f", "csv").out
            cells = [line.split(",")[1] for line in out.splitlines()[1:]]
            assert [float(cell) for cell in cells] == [float(label), 0.0] and cells[1] == "0", (label, out)


def test_a_cell_that_means_nothing_is_named_by_its_line_and_column() -> None:
    soft = "y_a,y_b,y_c,p_a,p_b,p_c,w", "0.5,0.25,0.25,0.5,0.25,0.25,1"
    cells = "y,z,u,p,q,r,w", "1,0,1,0.5,0.25,0.75,1"
    for (header, row), call in (
        (soft, "ce t.csv -y y_* -p p_* -w w"),
        (soft, "grad ce t.csv -y y_* -p p_* -w w"),
        (cells, "bce t.csv -y y,z,u -p p,q,r -w w"),
        (cells, "bce t.csv -y y -p p -p q -p r -w w"),
        (cells, "fit bce t.csv -y y -x p,q,r -w w"),
        (cells, "fit temperature t.csv -y y -p p -w w"),
    ):
        names = header.split(",")
        for at, name in enumerate(names):
            if (name in ("z", "u") and "y,z,u" not in call) or (name in ("q", "r") and "temperature" in call):
                continue
            for odd in ("7", "-1", "x", ""):
                if (odd == "7" and name == "w") or (odd in ("7", "-1") and "fit" in call and name not in ("y", "w")):
                    continue
                bad = row.split(",")
                bad[at] = odd
                write("t.csv", "\n".join([header, row, row, row, ",".join(bad), row]) + "\n")
                said = refusal(*call.split())
                assert said.startswith(f"t.csv:5: column '{name}'"), (call, name, odd, said)


def test_why_a_class_without_rows_has_no_optimum() -> None:
    write("f.csv", "x,y,kind\n1,1,u\n2,1,u\n3,1,v\n")
    for loss, label in (("bce", "y"), ("ce", "kind")):
        args = ("fit", loss, "f.csv", "-y", label, "-x", "x", "--method", "newton")
        args = (*args, "--classes", "u,v,w") if loss == "ce" else args
        assert "the intercept alone can fit that" in refusal(*args)
        assert "the penalty does not apply to the intercept" in refusal(*args, "--l2", "0.1")
        assert run(*args, "--l2", "0.1", "--no-intercept").code == 0


def test_probabilities_outside_of_0_to_1_by_rounding_lie_in_the_last_bins() -> None:
    for loss, label, rounded, exact in (
        ("bce", "1,0,0", "1.0000001,0.3,-1e-7", "1,0.3,0"),
        ("ce", "0,1,0", "1.0000001,0;0.3,0.7;-1e-7,1", "1,0;0.3,0.7;0,1"),
    ):
        one, other = (record(loss, label, preds, "--eps", "1e-7", "--calibration", "4") for preds in (rounded, exact))
        left, right = one["calibration"], other["calibration"]
        assert left["bins"] == right["bins"] and left.get("auc") == right.get("auc"), loss
        assert one["value"] == pytest.approx(other["value"], rel=1e-6), loss


def test_counts_that_do_not_match_are_said_on_the_side_that_has_them() -> None:
    for call, said in (
        ("ce 0,1 0.7,0.3;0.2,0.8 --class-weight 1,2,3", "gives 3 weights, but there are 2 classes"),
        ("bce 1,0 0.7,0.3 --class-weight 1,2,3", "gives 3 weights, but there are 2 classes"),
        ("bce 1,0 0.7,0.3 --pos-weight 1,2", "gives 2 weights, but there is one label"),
        ("ce 0,1 0.7,0.3;0.2,0.8 --classes a,b,c", "names 3 classes, but there are 2 prediction columns"),
        ("grad bce 1,0 0.7,0.3 --expect 1,2,3", "gives 3 numbers, but the gradient has 2"),
        ("bce 1,0,1 0.7,0.3", "3 labels but 2 predictions"),
        ("bce 1,0 0.7,0.3,0.5", "2 labels but 3 predictions"),
        ("bce 1,0,1 0.5,0.5,0.5 --expect 1,2 -r none", "gives 2 numbers, but the answer has 3"),
    ):
        assert said in refusal(*call.split()), call


def test_logits_that_are_no_better_than_a_constant_have_no_temperature() -> None:
    write("t.csv", "label,z\n1,1\n0,1\n1,-2\n0,-2\n")
    assert "no better than a constant" in refusal("fit", "temperature", "t.csv", "-y", "label", "-p", "z")


def test_a_dropped_row_says_nothing_of_a_column_of_words() -> None:
    write("f.csv", "y,kind\n1,u\n0,v\n,7\n1,v\n0,u\n")
    found = record("fit", "bce", "f.csv", "-y", "y", "-x", "kind", "--na", "drop", "--steps", "2")
    assert (found["n"], [one["parameter"] for one in found["parameters"]]) == (4, ["intercept", "kind=v"])


def test_the_formula_says_what_the_mean_divides_by() -> None:
    write("t.csv", "label,prob,w\n1,0.8,1\n0,0.3,2\n")
    for like, over in ((None, "sum of the weights"), ("torch", "number of rows"), ("keras", "number of rows")):
        args = ("bce", "t.csv", "-w", "w", *(("--like", like) if like else ()), "--explain")
        found = record(*args)
        assert any(f"/ ({over})" in line for line in found["explain"]["formula"]), like
        assert found["explain"]["divisor"] == (3.0 if like is None else 2.0)
