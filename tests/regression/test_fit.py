"""`losscli fit`: the same as ten lines of numpy, the optimum that others find, and what it refuses."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, answer, environment, record, refusal, run, write


def design() -> tuple[np.ndarray, np.ndarray]:
    """80 rows with an intercept, made by a formula so that every reader has the same."""
    i = np.arange(80)
    x1, x2 = np.round(2 * np.sin(i), 3), np.round(np.cos(3 * i) + 0.5, 3)
    y = (x1 - x2 + np.round(1.5 * np.sin(7 * i + 1), 3) > 0).astype(int)
    return np.column_stack((np.ones(80), x1, x2)), y


@pytest.fixture
def students(tmp_path: Path) -> Path:
    x, y = design()
    path = tmp_path / "students.csv"
    rows = (f"{a!r},{b!r},{c}" for (_, a, b), c in zip(x.tolist(), y.tolist(), strict=True))
    path.write_text("x1,x2,y\n" + "\n".join(rows) + "\n")
    return path


def three_kinds() -> tuple[np.ndarray, np.ndarray]:
    """90 rows of three classes that overlap."""
    i = np.arange(90)
    k = i % 3
    a = np.round(np.array([0.0, 1.0, -1.0])[k] + 1.3 * np.sin(5 * i), 3)
    b = np.round(np.array([0.0, 1.0, 1.5])[k] + 1.3 * np.cos(11 * i), 3)
    return np.column_stack((a, b)), k


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    x, k = three_kinds()
    path = tmp_path / "animals.csv"
    rows = (f"{a!r},{b!r},{('cat', 'cow', 'dog')[c]}" for (a, b), c in zip(x.tolist(), k.tolist(), strict=True))
    path.write_text("a,b,class\n" + "\n".join(rows) + "\n")
    return path


def thetas(found: dict[str, object], name: str = "theta") -> list[float]:
    entries = found["parameters"]
    assert isinstance(entries, list)
    return [entry[name] for entry in entries]


# --- gradient descent -------------------------------------------------------------------------------------------------


def test_a_thousand_steps_are_those_of_ten_lines_of_numpy(students: Path) -> None:
    x, y = design()
    theta, losses = np.zeros(3), []
    for _ in range(1000):
        h = 1 / (1 + np.exp(-x @ theta))
        losses.append(-np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)))
        theta = theta - 0.01 * x.T @ (h - y) / 80
    found = record("fit", "bce", students, "--lr", "0.01", "--steps", "1000")
    assert thetas(found) == pytest.approx(theta.tolist(), rel=1e-9, abs=0)
    assert found["history"][:1000] == pytest.approx(losses, rel=1e-9, abs=0)
    assert (found["steps"], len(found["history"]), found["converged"]) == (1000, 1001, False)
    assert found["train_loss"] == found["history"][-1]


def test_softmax_descent_is_that_of_numpy(animals: Path) -> None:
    x, k = three_kinds()
    x = np.column_stack((np.ones(90), x))
    theta = np.zeros((3, 3))
    for _ in range(200):
        e = np.exp(x @ theta.T)
        theta -= 0.1 * (e / e.sum(axis=1, keepdims=True) - np.eye(3)[k]).T @ x / 90
    found = record("fit", "ce", animals, "--lr", "0.1", "--steps", "200")
    assert thetas(found) == pytest.approx(theta.ravel().tolist(), rel=1e-9, abs=0)
    assert [entry["class"] for entry in found["parameters"][::3]] == ["cat", "cow", "dog"]


def test_a_penalty_leaves_the_intercept_alone(students: Path) -> None:
    x, y = design()
    theta = np.zeros(3)
    for _ in range(300):
        h = 1 / (1 + np.exp(-x @ theta))
        theta = theta - 0.1 * (x.T @ (h - y) / 80 + 0.5 * np.array([0, 1, 1]) * theta)
    found = record("fit", "bce", students, "--lr", "0.1", "--steps", "300", "--l2", "0.5")
    assert thetas(found) == pytest.approx(theta.tolist(), rel=1e-9)
    assert found["history"][-1] > found["train_loss"]


def test_the_start_is_as_given_and_no_steps_leave_it(students: Path) -> None:
    found = record("fit", "bce", students, "--theta", "0.5,1,-1", "--steps", "0")
    assert thetas(found) == [0.5, 1, -1] and found["steps"] == 0


def test_a_tolerance_stops_early_and_counts_as_converged(students: Path) -> None:
    found = record("fit", "bce", students, "--lr", "0.5", "--tol", "1e-4")
    assert found["converged"] and 1 < found["steps"] < 1000
    last, before = found["history"][-1], found["history"][-2]
    assert before - last < 1e-4 <= found["history"][-3] - before


def test_a_loss_that_ends_above_where_it_began_is_refused_with_the_advice_of_a_smaller_rate(students: Path) -> None:
    said = refusal("fit", "bce", students, "--lr", "1000")
    assert said.startswith("the loss rose from 0.693147 to ")
    assert said.endswith(" after 1000 steps; try a smaller --lr than 1000, or --standardize")
    said = refusal("fit", "bce", students, "--lr", "1000", "--standardize")
    assert said.endswith(" after 1000 steps; try a smaller --lr than 1000")


def test_a_loss_that_leaves_the_numbers_is_told_with_the_step() -> None:
    cases = [("1e200", ("1e200",), 1), ("4", ("1e200", "--l2", "1"), 1), ("4", ("1e10", "--l2", "1e100"), 2)]
    for largest, options, step in cases:
        said = refusal("fit", "bce", "--lr", *options, stdin=f"x,y\n1,0\n2,1\n3,0\n{largest},1\n")
        assert said.startswith(f"the loss is no longer finite at step {step}; try a smaller --lr than 1e+"), (
            largest,
            options,
            step,
        )


HOMEWORK = (DATA / "homework.csv", "-y", "passed", "-x", "hours")


def test_a_loss_that_rises_on_the_way_is_drawn_and_said() -> None:
    found = record("fit", "bce", *HOMEWORK, "--lr", "0.7")
    assert found["converged"] and found["history"][1] > found["history"][0]
    said = "the loss rises in 3 of 1000 steps, first from 0.693147 to 0.701722 at step 1: --lr 0.7 is large"
    assert said in found["notes"]


@pytest.mark.parametrize("columns", [HOMEWORK, (DATA / "breast_cancer.csv", "-y", "label", "-x", "prob")])
def test_the_rate_of_a_hint_lowers_the_loss_at_every_step(columns: tuple[str, ...]) -> None:
    note = record("fit", "bce", *columns, "--lr", "0.0001", "--steps", "5")["notes"][0]
    assert "or a larger --lr such as" in note
    rate = note.split("such as ")[1].split(",")[0]
    history = record("fit", "bce", *columns, "--lr", rate, "--steps", "300")["history"]
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(history))


def test_the_rate_of_a_hint_is_1_over_the_largest_curvature() -> None:
    rows = "x,y\n0.1,1\n0.1,0\n0.1,1\n"  # x^2/4 = 1/400 in each row
    note = record("fit", "bce", "--no-intercept", "--lr", "0.01", "--steps", "3", stdin=rows)["notes"][0]
    assert "a larger --lr such as 400, would" in note
    rows = "x,y\n0.1,a\n0.1,b\n0.1,c\n"  # of classes x^2/2
    note = record("fit", "ce", "--no-intercept", "--lr", "0.01", "--steps", "3", stdin=rows.replace("c\n", "a\n"))[
        "notes"
    ][0]
    assert "a larger --lr such as 200, would" in note


def test_newton_gives_the_standard_errors_of_statsmodels() -> None:
    found = record("fit", "bce", *HOMEWORK, "--method", "newton")
    # statsmodels 0.15.0: Logit(y, X).fit(tol=1e-14).bse, tvalues
    assert thetas(found, "se") == pytest.approx(SE, rel=1e-6, abs=0)
    assert thetas(found, "z") == pytest.approx(Z, rel=1e-6, abs=0)
    assert thetas(found, "odds_ratio") == pytest.approx(np.exp(thetas(found)).tolist(), rel=1e-12, abs=0)


def test_accuracy_and_boundary_are_those_of_one_half(tmp_path: Path) -> None:
    rows = "x,y\n1,0\n2,0\n3,1\n4,0\n5,1\n6,1\n"
    test = tmp_path / "test.csv"
    test.write_text("x,y\n0,0\n3,1\n9,1\n9,0\n")
    found = record("fit", "bce", "--method", "newton", "--test", test, stdin=rows)
    b, w = thetas(found)
    assert found["boundary"] == pytest.approx(-b / w, rel=1e-12, abs=0) and 3 < found["boundary"] < 4
    assert (found["train_accuracy"], found["test_accuracy"]) == (4 / 6, 0.5)
    assert record("fit", "bce", stdin=rows)["test_accuracy"] is None


def test_batches_follow_from_the_seed_and_all_rows_in_one_are_gradient_descent(students: Path) -> None:
    plain = record("fit", "bce", students, "--steps", "50")
    assert record("fit", "bce", students, "--steps", "50", "--batch", "80")["history"] == plain["history"]
    one, again, other = (
        record("fit", "bce", students, "--steps", "50", "--batch", "8", "--seed", seed) for seed in ("1", "1", "2")
    )
    assert one == again and one["history"] != other["history"]
    assert one["history"][-1] < one["history"][0]
    assert "contradicts --method newton" in refusal("fit", "bce", students, "--batch", "8", "--method", "newton")


def test_predictions_of_both_sets_say_which_a_row_is_of(students: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted.csv"
    record("fit", "bce", students, "--test-size", "0.25", "--predict", out)
    rows = out.read_text().splitlines()
    assert rows[0] == "label,prob,set,x1,x2"
    assert [row.split(",")[2] for row in rows[1:]] == ["train"] * 60 + ["test"] * 20


def test_standardized_features_have_their_parameters_and_those_of_the_features_as_they_are(students: Path) -> None:
    plain = record("fit", "bce", students, "--method", "newton")
    found = record("fit", "bce", students, "--method", "newton", "--standardize")
    assert thetas(found, "unscaled") == pytest.approx(thetas(plain), rel=1e-8)
    x, _ = design()
    assert thetas(found)[1] == pytest.approx(thetas(plain)[1] * x[:, 1].std(), rel=1e-8)


@pytest.mark.usefixtures("here")
def test_without_an_intercept_standardized_features_keep_their_mean() -> None:
    table = write("far.csv", "y,x\n0,10\n0,11\n1,11.5\n0,12\n1,12.5\n1,14\n")
    x = np.array([10, 11, 11.5, 12, 12.5, 14])
    for how in (("--method", "newton"), ("--steps", "40")):
        args = ("fit", "bce", table, "-x", "x", "--standardize", "--no-intercept", *how)
        found = record(*args, "--predict", "fitted.csv")
        (theta,), (unscaled,) = thetas(found), thetas(found, "unscaled")
        assert unscaled == pytest.approx(theta / x.std(), rel=1e-14)
        fitted = [float(line.split(",")[1]) for line in Path("fitted.csv").read_text().splitlines()[1:]]
        assert fitted == pytest.approx((1 / (1 + np.exp(-unscaled * x))).tolist(), rel=1e-12, abs=0)
        assert found["boundary"] == 0.0  # where sigmoid(unscaled * x) is 1/2
        assert any("deviation 1" in note and "mean 0" not in note for note in found["notes"])
    assert "the features are scaled to deviation 1; their mean stays\n" in run(*args, "--explain").out


@pytest.mark.usefixtures("here")
def test_the_boundary_of_standardized_features_is_where_the_prediction_is_a_half() -> None:
    table = "y,x\n0,10\n0,11\n1,11.5\n0,12\n1,12.5\n1,14\n"
    for more in ((), ("--no-intercept",)):
        args = ("fit", "bce", "-x", "x", "--standardize", "--method", "newton", *more)
        found = record(*args, stdin=table)
        at = write("at.csv", f"y,x\n1,{found['boundary']!r}\n")
        assert record(*args, "--test", at, stdin=table)["test_loss"] == pytest.approx(np.log(2), rel=1e-12), more


SE = [2.204218012626973, 0.632953319252392]
Z = [-1.747393799018623, 1.87236405291011]
LOGIT = [0.0009980085957557471, 1.3904573418323412, -1.4975491527439522]
LOGIT_LOSS = 0.39613814844917744
RIDGE = [-0.20665995807664322, 1.0036296231390438, -0.7340369604243837]
SOFTMAX = [
    *(1.0094495240480672, 0.031553884237685736, -0.930228613967433),
    *(-0.17181409819709012, 1.132590455125631, 0.24617581508676856),
    *(-0.8376354258509742, -1.1641443393633182, 0.6840527988806668),
]

# --- newton -----------------------------------------------------------------------------------------------------------


def test_newton_finds_the_optimum_of_statsmodels(students: Path) -> None:
    found = record("fit", "bce", students, "--method", "newton")
    # statsmodels 0.15.0: Logit(y, X).fit(method="newton", tol=1e-14).params, and -llf / 80
    assert thetas(found) == pytest.approx(LOGIT, rel=1e-8, abs=0)
    assert found["train_loss"] == pytest.approx(LOGIT_LOSS, rel=1e-12)
    assert found["converged"] and found["steps"] < 15


def test_newton_finds_the_softmax_of_scikit_learn(animals: Path) -> None:
    found = record("fit", "ce", animals, "--method", "newton")
    # scikit-learn 1.9.0: LogisticRegression(C=inf, solver="newton-cg", tol=1e-14)
    assert thetas(found) == pytest.approx(SOFTMAX, rel=1e-7, abs=0)
    assert found["converged"]


def test_newton_and_a_penalty_find_the_optimum_of_scikit_learn(students: Path) -> None:
    found = record("fit", "bce", students, "--method", "newton", "--l2", "0.05")
    # scikit-learn 1.9.0: LogisticRegression(C=1/(80*0.05), solver="newton-cholesky", tol=1e-14)
    assert thetas(found) == pytest.approx(RIDGE, rel=1e-8, abs=0)


def test_newton_weighs_rows() -> None:
    rows = "x,y,w\n1,1,2\n2,0,1\n3,1,1\n4,0,3\n5,1,1\n"
    twice = "x,y\n1,1\n1,1\n2,0\n3,1\n4,0\n4,0\n4,0\n5,1\n"
    weighed = record("fit", "bce", "-w", "w", "--method", "newton", stdin=rows)
    repeated = record("fit", "bce", "--method", "newton", stdin=twice)
    assert thetas(weighed) == pytest.approx(thetas(repeated), rel=1e-9)
    assert weighed["steps"] == repeated["steps"]


def test_separable_classes_have_their_optimum_at_infinity() -> None:
    rows = "x,y\n1,0\n2,0\n3,1\n4,1\n"
    assert "the optimum is at infinity" in refusal("fit", "bce", "--method", "newton", stdin=rows)
    three = "x,y\n1,a\n2,a\n3,b\n4,b\n5,c\n6,c\n"
    assert "infinity" in refusal("fit", "ce", "--method", "newton", stdin=three)
    assert run("fit", "bce", "--method", "newton", "--l2", "0.1", stdin=rows).code == 0


def test_nearly_separable_classes_do_not_pass_for_converged() -> None:
    # the classes touch at x = 2: the loss has a limit and no minimum
    assert "infinity" in refusal("fit", "bce", "--method", "newton", stdin="x,y\n1,0\n2,0\n2,1\n3,1\n")


# --- columns, tests, predictions --------------------------------------------------------------------------------------


def test_all_other_numeric_columns_are_features_unless_they_are_chosen(students: Path) -> None:
    rows = "id,name,x,z,y\n1,ann,0.5,1,1\n2,bob,1.5,2,0\n3,cid,0.7,0,1\n4,dan,0.2,5,0\n"
    found = record("fit", "bce", "--steps", "1", stdin=rows)
    assert [entry["parameter"] for entry in found["parameters"]] == ["intercept", "x", "z"]
    assert found["notes"][-1] == "not used as features: 'id'; choose the features with -x"
    found = record("fit", "bce", students, "-x", "x2", "--no-intercept", "--steps", "1")
    assert [entry["parameter"] for entry in found["parameters"]] == ["x2"]


def test_a_share_of_the_rows_is_left_for_the_test(students: Path) -> None:
    one, other = (record("fit", "bce", students, "--test-size", "0.25", "--seed", seed) for seed in ("1", "2"))
    assert one["n"] == 60 and one["test_loss"] != other["test_loss"]
    assert one == record("fit", "bce", students, "--test-size", "0.25", "--seed", "1")


def test_the_loss_on_a_test_file_is_that_of_the_fitted_parameters(students: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text("x2,y,x1\n0.5,1,1\n-1,0,0.25\n")
    found = record("fit", "bce", students, "--test", test, "--standardize")
    b, t1, t2 = thetas(found, "unscaled")
    z = np.array([b + t1 + 0.5 * t2, b + 0.25 * t1 - t2])
    assert found["test_loss"] == pytest.approx(np.mean(np.log1p(np.exp([-z[0], z[1]]))), rel=1e-12)


def test_predictions_are_a_table_that_the_loss_reads_back(students: Path, animals: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted.csv"
    fitted = record("fit", "bce", students, "--method", "newton", "--predict", out)
    assert answer("bce", out) == pytest.approx(fitted["train_loss"], rel=1e-14)
    fitted = record("fit", "ce", animals, "--steps", "10", "--predict", out)
    assert answer("ce", out) == pytest.approx(fitted["train_loss"], rel=1e-14)
    assert out.read_text().startswith("label,p_cat,p_cow,p_dog,a,b\ncat,")


def test_predictions_keep_weights_and_soft_labels(tmp_path: Path) -> None:
    out = tmp_path / "fitted.csv"
    rows = "x,y,w\n1,0.9,2\n2,0.25,1\n3,0.5,1\n"
    fitted = record("fit", "bce", "-w", "w", "--predict", out, stdin=rows)
    assert answer("bce", out, "-w", "weight") == pytest.approx(fitted["train_loss"], rel=1e-14)
    rows = "x,y0,y1\n1,0.9,0.1\n2,0.25,0.75\n3,0.5,0.5\n"
    fitted = record("fit", "ce", "-y", "y0,y1", "--predict", out, stdin=rows)
    assert answer("ce", out, "-y", "y_*", "-p", "p_*") == pytest.approx(fitted["train_loss"], rel=1e-14)


# --- the intercept alone ----------------------------------------------------------------------------------------------


def test_without_features_the_intercept_is_the_maximum_likelihood_of_a_coin() -> None:
    for text in ("y\n1\n0\n1\n1\n", "id,y\n1,1\n2,0\n3,1\n4,1\n"):
        found = record("fit", "bce", "--method", "newton", stdin=text)
        (only,) = found["parameters"]
        assert (only["parameter"], only["probability"]) == ("intercept", pytest.approx(0.75, rel=1e-12))
        assert only["theta"] == pytest.approx(np.log(3.0), rel=1e-12)
        assert only["se"] == pytest.approx(np.sqrt(1 / (4 * 0.75 * 0.25)), rel=1e-9)
        assert found["train_loss"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), rel=1e-12)


def test_without_features_the_intercepts_of_classes_give_their_shares() -> None:
    found = record("fit", "ce", "--method", "newton", "-w", "w", stdin="class,w\na,1\nb,2\na,1\nc,4\n")
    assert thetas(found, "probability") == pytest.approx([0.25, 0.25, 0.5], rel=1e-12)


def test_by_descent_a_coin_has_its_probability_too() -> None:
    out = run("fit", "bce", "--lr", "4", stdin="y\n1\n0\n1\n1\n").out
    assert "parameter  theta    probability\nintercept  1.09861  0.75" in out


def test_neither_a_column_of_words_nor_an_intercept_left_out_makes_a_coin() -> None:
    assert "no column of features; the columns are" in refusal("fit", "bce", stdin="colour,y\nred,1\nblue,0\n")
    said = refusal("fit", "bce", "--no-intercept", stdin="y\n1\n0\n")
    assert said == "<stdin>: without features and intercept there is nothing to fit"


# --- output -----------------------------------------------------------------------------------------------------------


def test_the_table_draws_the_loss_over_the_steps(students: Path) -> None:
    out = run("fit", "bce", students, "--lr", "0.5", "--steps", "50", "--test-size", "0.25").out
    for part in ("parameter  theta", "training loss", "test loss", "not converged", "0.693147 |*", "50 steps"):
        assert part in out


@pytest.mark.parametrize("method", ["gd", "newton"])
def test_the_test_loss_of_each_step_is_told_and_drawn_beside_the_training_loss(students: Path, method: str) -> None:
    asked = ("fit", "bce", students, "--test-size", "0.25", "--method", method)
    found = record(*asked)
    history, tested = found["history"], found["test_history"]
    assert len(tested) == len(history) == found["steps"] + 1
    assert tested[0] == pytest.approx(np.log(2.0), rel=1e-15)
    assert tested[-1] == pytest.approx(found["test_loss"], rel=1e-12)
    fewer = record(*asked, "--steps", "2")
    assert tested[2] == pytest.approx(fewer["test_loss"], rel=1e-12)
    assert "* training   o test" in run(*asked).out


def test_without_rows_to_test_on_the_training_loss_stands_alone(students: Path) -> None:
    assert record("fit", "bce", students)["test_history"] is None
    assert "o test" not in run("fit", "bce", students).out


def test_quiet_prints_the_parameters_and_csv_a_line_for_each(students: Path, animals: Path) -> None:
    theta = run("fit", "bce", students, "-q").out
    assert theta.count(",") == 2 and theta.endswith("\n")
    assert run("fit", "ce", animals, "-q").out.count("\n") == 3
    assert run("fit", "bce", students, "-f", "csv").out.splitlines()[0] == "parameter,theta"


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--lr", "0"), "--lr: 0 is out of range; it must be finite and above 0"),
        (("--lr", "fast"), "--lr: 'fast' is not a number"),
        (("--steps", "-1"), "--steps: -1 is out of range"),
        (("--l2", "-1"), "--l2: -1 is out of range"),
        (("--test-size", "1.5"), "--test-size: 1.5 is out of range; it must be a share of the rows between 0 and 1"),
        (("--test-size", "0.001"), "--test-size: 0.001 of 80 rows leaves no rows"),
        (("--test-size", "0.5", "--test", "x.csv"), "give one of them"),
        (("--theta", "1,2"), "--theta gives 2 numbers, expected 3: intercept, x1, x2"),
        (("-x", "x9"), "no column 'x9'"),
        (("--test", "absent.csv"), "absent.csv: no such file"),
        (("--predict", "absent/p.csv"), "--predict: absent/p.csv: there is no directory absent"),
        (("--focal", "2"), "no such option"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(students: Path, args: tuple[str, ...], said: str) -> None:
    assert said in refusal("fit", "bce", students, *args)


def test_columns_that_leave_newton_without_one_optimum_are_refused() -> None:
    rows = "x,one,y\n1,5,1\n2,5,0\n3,5,1\n4,5,0\n"
    said = refusal("fit", "bce", "--method", "newton", stdin=rows)
    assert said.startswith("<stdin>: column 'one' is constant, like the intercept")
    assert "is constant and can't be standardized" in refusal("fit", "bce", "--standardize", stdin=rows)
    rows = "x,twice,y\n1,2,1\n2,4,0\n3,6,1\n4,8,0\n"
    assert "3 columns with the intercept have rank 2" in refusal("fit", "bce", "--method", "newton", stdin=rows)


def test_a_weight_that_leaves_the_floats_is_refused_with_its_line() -> None:
    said = refusal("fit", "bce", "-w", "w", stdin="x,y,w\n1,1,1\n2,0,1e300\n3,1,1\n")
    assert said.startswith("<stdin>:3: column 'w': a weight of 1e+300 is beyond")


def test_one_class_lists_and_a_table_to_overwrite_are_refused(students: Path) -> None:
    assert "at least two classes are needed" in refusal("fit", "ce", stdin="x,y\n1,a\n2,a\n")
    assert "a regression needs a table" in refusal("fit", "bce", "1,0", "0.5,0.5")
    before = students.read_text()
    assert refusal("fit", "bce", students, "--predict", students).startswith("--predict: ")
    assert students.read_text() == before


# --- writing predictions ----------------------------------------------------------------------------------------------
TABLE = "x,y\n0.5,1\n1,0\n1.5,1\n2,0\n"


def test_predictions_on_standard_output_are_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("fit", "bce", "--predict", "-", stdin=TABLE)

    assert result.code == 0 and result.err == ""
    assert [line.partition(",")[0] for line in result.out.splitlines()] == ["label", "1", "0", "1", "0"]
    assert not list(tmp_path.iterdir())
    for other in (("-q",), ("-f", "json")):
        assert "--predict -" in refusal("fit", "bce", "--predict", "-", *other, stdin=TABLE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t.csv", "link.csv", "hard.csv", "./t.csv"])
def test_predictions_do_not_replace_what_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("link.csv").symlink_to("t.csv")
    Path("hard.csv").hardlink_to("t.csv")

    for args in (("t.csv",), ("-",), ()):
        with open("t.csv", "rb") as source:
            done = subprocess.run(
                [sys.executable, "-m", "losscli", "fit", "bce", *args, "--predict", name],
                stdin=source,
                capture_output=True,
                text=True,
                env=environment(),
                timeout=60,
            )
        assert (done.returncode, done.stdout) == (2, "")
        assert "is an input file" in done.stderr
    assert Path("t.csv").read_text() == TABLE


@pytest.fixture(params=["without a name", "with a name"])
def new_file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the system can make files without a name."""
    if request.param == "with a name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.usefixtures("new_file")
def test_predictions_take_their_name_when_all_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, students: Path
) -> None:
    out = tmp_path / "p.csv"
    out.write_text("what was there\n")
    monkeypatch.setattr("losscli.regression.predict.lines_of", _fails_at_row(40))

    assert "no space left" in refusal("fit", "bce", students, "--predict", out)

    assert out.read_text() == "what was there\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "students.csv"]


def _fails_at_row(row: int) -> object:
    def rows(columns: object) -> Iterator[list[object]]:
        for at in range(100):
            if at == row:
                raise OSError(28, "No space left on device")
            yield [at]

    return rows


KILLED = """
import os, signal, sys
from losscli.cli.app import main
from losscli.regression import predict

def rows(columns):
    for at in range(100_000):
        if at == 50_000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield [at]

predict.lines_of = rows
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name are of Linux")
@pytest.mark.parametrize("before", [None, "what was there\n"])
def test_a_run_that_is_killed_leaves_nothing(tmp_path: Path, students: Path, before: str | None) -> None:
    out = tmp_path / "p.csv"
    if before is not None:
        out.write_text(before)
    listed = sorted(tmp_path.iterdir())

    command = [sys.executable, "-c", KILLED, "fit", "bce", students, "--predict", out]
    done = subprocess.run(command, env=environment(), timeout=60)

    assert done.returncode == -signal.SIGKILL
    assert sorted(tmp_path.iterdir()) == listed
    assert before is None or out.read_text() == before


@pytest.mark.usefixtures("new_file")
def test_a_link_stays_one_and_permissions_stay(tmp_path: Path, students: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("")
    target.chmod(0o640)
    link.symlink_to(target)

    assert run("fit", "bce", students, "--predict", link).code == 0

    assert link.is_symlink() and target.stat().st_mode & 0o777 == 0o640
    assert target.read_text().startswith("label,prob,x1,x2\n")


@pytest.mark.usefixtures("new_file")
def test_new_predictions_have_the_permissions_of_any_new_file(tmp_path: Path, students: Path) -> None:
    (tmp_path / "other").write_text("")
    assert run("fit", "bce", students, "--predict", tmp_path / "p.csv").code == 0
    assert (tmp_path / "p.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_predictions_go_to_a_device_as_it_is(students: Path) -> None:
    assert run("fit", "bce", students, "--predict", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_plot_adds_a_picture_to_the_curve_and_is_refused_where_nothing_is_drawn() -> None:
    command = ("fit", "bce", DATA / "homework.csv", "-y", "passed", "-x", "hours")

    assert run(*command, "--plot").out.endswith(run(*command).out.partition("\nloss\n")[2])
    assert "--plot draws for people" in refusal(*command, "--plot", "-q")
    assert "--plot draws for people" in refusal(*command, "--plot", "-f", "csv")


def test_parameters_of_each_step_are_kept_as_long_as_they_are_few_numbers(
    students: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("losscli.regression.descent.MOST_KEPT", 12)  # of three parameters four times
    for steps in (0, 2, 3, 4, 12):
        found = record("fit", "bce", students, "--steps", str(steps), "--lr", "0.0001")
        assert len(found["parameters"]) == 3
        kept = found["theta_history"]
        assert (kept is not None) == (steps <= 3) and len(kept or range(steps + 1)) == steps + 1


def test_columns_of_predictions_have_names_of_their_own(here: Path) -> None:
    names = ("set", "weight", "label", "prob", "p_a", "x_set", "y_b", "id", "plain")
    rows = "".join(f"{at % 2},1,{','.join(str((at * k) % 7) for k in range(2, 11))}\n" for at in range(12))
    write("t.csv", f"target,w,{','.join(names)}\n{rows}")
    for options in ((), ("-w", "w"), ("--test-size", "0.25"), ("-w", "w", "--test-size", "0.25")):
        record(
            "fit", "bce", "t.csv", "-y", "target", "-x", ",".join(names), *options, "--steps", "1", "--predict", "p.csv"
        )
        header = Path("p.csv").read_text().partition("\n")[0].split(",")
        assert len(set(header)) == len(header) and header[:2] == ["label", "prob"], header
        assert answer("bce", "p.csv") > 0.0
