"""Whether there is an optimum, decided rightly, and the optimum itself where columns are badly scaled."""

import random
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from conftest import examples, record, refusal, run, write
from hypothesis import assume, example, given
from hypothesis import strategies as st
from samples import FITTED

Rows = list[tuple[tuple[int, ...], int]]  # features, class


def table(rows: Rows) -> str:
    names = ",".join(f"x{at}" for at in range(len(rows[0][0])))
    return f"{names},y\n" + "".join(f"{','.join(map(str, x))},{y}\n" for x, y in rows)


def no_optimum(rows: Rows, kinds: int) -> bool:
    """Whether the loss of a regression without a penalty has no least value, by a linear program (scipy's HiGHS).

    Albert and Anderson (1984): there is none if and only if some parameters D have x (D_y - D_j) >= 0 for all rows and
    all j, and > 0 for some. The sum of these, each at most 1, is 0 or can be made at least 1.
    """
    optimize = pytest.importorskip("scipy.optimize")
    margins = []
    for x, y in rows:
        design = np.array([1.0, *x])
        for j in range(kinds):
            if j != y:
                cell = np.zeros((kinds, len(design)))
                cell[y] += design
                cell[j] -= design
                margins.append(cell.ravel())
    m = np.array(margins)
    n, d = m.shape
    # variables D, s: maximise the sum of s with s <= m D and 0 <= s <= 1
    found = optimize.linprog(
        np.concatenate([np.zeros(d), -np.ones(n)]),
        A_ub=np.hstack([-m, np.eye(n)]),
        b_ub=np.zeros(n),
        bounds=[(None, None)] * d + [(0, 1)] * n,
    )
    assert found.status == 0
    return bool(-found.fun > 0.5)


def full_rank(rows: Rows) -> bool:
    """Whether no column, the intercept among them, is made up of others: by elimination in fractions."""
    matrix = [[Fraction(1), *map(Fraction, x)] for x, _ in rows]
    for column in range(len(matrix[0])):
        pivot = next((at for at in range(column, len(matrix)) if matrix[at][column]), None)
        if pivot is None:
            return False
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        for at in range(column + 1, len(matrix)):
            share = matrix[at][column] / matrix[column][column]
            matrix[at] = [a - share * b for a, b in zip(matrix[at], matrix[column], strict=True)]
    return True


def tables(kinds: int, columns: int, most: int) -> st.SearchStrategy[Rows]:
    row = st.tuples(st.tuples(*[st.integers(-2, 2)] * columns), st.integers(0, kinds - 1))
    return st.lists(row, min_size=4, max_size=most)


def decided(rows: Rows, command: str, kinds: int) -> None:
    """The command refuses what has no optimum, and finds a point without slope elsewhere."""
    result = run("fit", command, "--method", "newton", "-f", "json", stdin=table(rows))
    if no_optimum(rows, kinds):
        assert result.code == 2 and "the optimum is at infinity" in result.err, result
        return
    assert result.code == 0, result.err
    assert result.json["converged"]
    assert steepest(rows, kinds, [entry["theta"] for entry in result.json["parameters"]]) < 1e-9


def usable(rows: Rows, kinds: int) -> bool:
    """Whether nothing but the place of the classes is against an optimum."""
    return full_rank(rows) and len({y for _, y in rows}) == kinds


def steepest(rows: Rows, kinds: int, theta: list[float]) -> float:
    """The largest entry of the gradient of the mean loss."""
    x = np.array([[1.0, *map(float, x)] for x, _ in rows])
    y = np.array([y for _, y in rows])
    if kinds == 2:
        slope = 1 / (1 + np.exp(-x @ np.array(theta))) - y
    else:
        z = x @ np.array(theta).reshape(kinds, -1).T
        e = np.exp(z - z.max(axis=1, keepdims=True))
        slope = e / e.sum(axis=1, keepdims=True) - np.eye(kinds)[y]
    return float(np.abs(slope.T @ x).max()) / len(rows)


@examples(150)
@given(tables(2, 1, 10))
@example([((1,), 0), ((1,), 1), ((0,), 1), ((0,), 1)])
def test_an_optimum_by_one_feature_is_found_where_there_is_one(rows: Rows) -> None:
    assume(usable(rows, 2))
    decided(rows, "bce", 2)


@examples(150)
@given(tables(2, 3, 16))
def test_an_optimum_by_three_features_is_found_where_there_is_one(rows: Rows) -> None:
    assume(usable(rows, 2))
    decided(rows, "bce", 2)


@examples(150)
@given(tables(3, 2, 16))
@example([((0, 0), 0), ((1, 0), 0), ((1, 0), 1), ((0, 1), 1), ((2, 2), 2), ((0, 1), 2)])
def test_an_optimum_of_three_classes_is_found_where_there_is_one(rows: Rows) -> None:
    assume(usable(rows, 3))
    decided(rows, "ce", 3)


@pytest.mark.slow
def test_all_tables_of_four_rows_are_decided() -> None:
    for labels in product((0, 1), repeat=4):
        for features in product((0, 1, 2), repeat=3):
            rows = [((x,), y) for x, y in zip((0, *features), labels, strict=True)]
            if full_rank(rows) and len(set(labels)) == 2:
                decided(rows, "bce", 2)


QUASI = {
    "a corner": "y,x0\n1,0\n1,1\n0,1\n",
    "one point shared": "y,x0\n0,1\n0,2\n1,2\n1,3\n",
    "a feature that is 0 but in one class": "y,x0,x1\n0,1,0\n1,1,0\n0,2,0\n1,2,0\n1,1,1\n1,2,1\n",
}


@pytest.mark.parametrize("name", QUASI)
@pytest.mark.parametrize("command", FITTED)
def test_classes_that_touch_have_no_optimum(name: str, command: str) -> None:
    assert "quasi-separable" in refusal("fit", command, "--method", "newton", stdin=QUASI[name])


def test_one_of_three_classes_that_touches_the_others_has_no_optimum() -> None:
    rows = "y,x0\na,0\na,1\nb,0\nb,1\nc,1\nc,2\nc,3\n"
    assert "quasi-separable" in refusal("fit", "ce", "--method", "newton", stdin=rows)


# --- columns as they come ---------------------------------------------------------------------------------------------
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
Y = [0, 1, 0, 1, 0, 1]


def fitted(columns: dict[str, list[float]], *args: str) -> dict[str, float]:
    names = ",".join(columns)
    lines = [",".join(map(repr, row)) for row in zip(*columns.values(), strict=True)]
    rows = f"y,{names}\n" + "".join(f"{y},{line}\n" for y, line in zip(Y, lines, strict=True))
    found = record("fit", "bce", "--method", "newton", *args, stdin=rows)
    assert found["converged"]
    thetas = {entry["parameter"]: entry["theta"] for entry in found["parameters"]}
    return {**thetas, "loss": found["train_loss"]}


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e8, -1e8])
def test_an_offset_changes_the_intercept_alone(offset: float) -> None:
    plain, moved = fitted({"x": X}), fitted({"x": [offset + x for x in X]})

    assert moved["x"] == pytest.approx(plain["x"], rel=1e-9, abs=0)
    assert moved["loss"] == pytest.approx(plain["loss"], rel=1e-7, abs=0)


@pytest.mark.parametrize("scale", [1e-200, 1e-8, 1e8, 1e200])
def test_a_scale_changes_its_parameter_alone(scale: float) -> None:
    plain, moved = fitted({"x": X}), fitted({"x": [scale * x for x in X]})

    assert moved["x"] * scale == pytest.approx(plain["x"], rel=1e-9, abs=0)
    assert moved["loss"] == pytest.approx(plain["loss"], rel=1e-12, abs=0)


def test_columns_that_nearly_make_up_each_other_are_told_apart() -> None:
    noise = [1.0, -1.0, 1.0, 1.0, -1.0, -1.0]
    apart = fitted({"x": X, "z": noise})
    near = fitted({"x": X, "z": [x + 1e-7 * e for x, e in zip(X, noise, strict=True)]})

    assert near["loss"] == pytest.approx(apart["loss"], rel=1e-7, abs=0)
    assert near["z"] * 1e-7 == pytest.approx(apart["z"], rel=1e-6, abs=0)


def test_columns_that_make_up_each_other_are_refused() -> None:
    rows = "y,x,z\n" + "".join(f"{y},{x!r},{0.1 * x + 7!r}\n" for y, x in zip(Y, X, strict=True))
    assert "rank 2" in refusal("fit", "bce", "--method", "newton", stdin=rows)
    assert run("fit", "bce", "--method", "newton", "--l2", "0.1", stdin=rows).code == 0


def test_features_whose_parameters_lose_their_digits_are_to_be_standardized() -> None:
    rows = "y,x\n" + "".join(f"{y},{1e14 + x!r}\n" for y, x in zip(Y, X, strict=True))

    assert "--standardize" in refusal("fit", "bce", "--method", "newton", stdin=rows)
    found = record("fit", "bce", "--method", "newton", "--standardize", stdin=rows)
    assert found["train_loss"] == pytest.approx(fitted({"x": X})["loss"], rel=1e-9, abs=0)


# --- one label --------------------------------------------------------------------------------------------------------
def test_one_label_has_no_optimum_by_an_intercept_whatever_the_penalty() -> None:
    rows = "y,x\n1,0.5\n1,2\n1,3\n"
    for penalty in ((), ("--l2", "0.1")):
        said = refusal("fit", "bce", "--method", "newton", *penalty, stdin=rows)
        assert said.startswith("every label is 1") and "--no-intercept" in said and "separable" not in said


def test_one_label_and_a_penalty_have_an_optimum_without_an_intercept() -> None:
    found = record("fit", "bce", "--method", "newton", "--l2", "0.1", "--no-intercept", stdin="y,x\n1,0.5\n1,2\n1,3\n")
    theta = found["parameters"][0]["theta"]
    x = np.array([0.5, 2.0, 3.0])

    assert found["converged"]
    assert -np.mean(x / (1 + np.exp(theta * x))) + 0.1 * theta == pytest.approx(0.0, abs=1e-12)


def test_a_class_without_rows_is_named() -> None:
    rows = "y,x\na,1\nb,2\na,3\nb,1\n"
    said = refusal("fit", "ce", "--method", "newton", "--classes", "a,b,c", "--l2", "1", stdin=rows)
    assert said.startswith("no row is of class 'c'")


def test_rows_without_weight_do_not_separate_or_join() -> None:
    overlapping = "y,x,w\n0,1,1\n0,2,1\n1,3,1\n1,4,1\n1,0,0\n"
    assert "infinity" in refusal("fit", "bce", "-w", "w", "--method", "newton", stdin=overlapping)


@pytest.mark.parametrize("options", [("--smoothing", "0.1"), ("--l2", "0.01"), ("--smoothing", "0.1", "--l2", "0.01")])
@pytest.mark.parametrize("command", FITTED)
@pytest.mark.parametrize("rows", QUASI.values())
def test_smoothing_and_a_penalty_make_an_optimum(options: tuple[str, ...], command: str, rows: str) -> None:
    found: Any = record("fit", command, "--method", "newton", *options, stdin=rows)
    assert found["converged"]


def test_an_outlier_hides_no_overlap() -> None:
    rows: Rows = [((0,), 1), ((1,), 0), ((2,), 1), ((3,), 0), ((1_000_000,), 1), ((-1_000_000,), 0)]
    decided(rows, "bce", 2)


@pytest.mark.usefixtures("here")
def test_more_columns_than_rows_have_no_single_optimum() -> None:
    path = write("t.csv", "y,a,b,c\n1,0.7,0.2,0.1\n0,0.1,0.2,0.7\n1,0.2,0.6,0.3\n")

    for loss in FITTED:
        said = refusal("fit", loss, path, "-y", "y", "--method", "newton", "--smoothing", "0.1")
        assert said.endswith(
            "4 columns with the intercept have rank 3, so newton has no single optimum; leave a column out or add --l2"
        )


@pytest.mark.parametrize("command", FITTED)
def test_no_step_raises_the_loss_from_wherever_it_begins(command: str) -> None:
    draw = random.Random(command)
    label = (lambda: draw.randrange(2)) if command == "bce" else (lambda: draw.choice("abc"))
    text = "y,a,b\n" + "".join(f"{label()},{draw.gauss(0, 1)!r},{draw.gauss(0, 2)!r}\n" for _ in range(40))
    for scale in (1.0, 10.0, 50.0):
        rows = [",".join(repr(draw.gauss(0, scale)) for _ in range(3)) for _ in range(1 if command == "bce" else 3)]
        theta = f"--theta={';'.join(rows)}"
        found = record("fit", command, "-y", "y", "--method", "newton", "--steps", "50", theta, stdin=text)
        history = found["history"]
        assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(history)), (scale, history)
        best = record("fit", command, "-y", "y", "--method", "newton", stdin=text)["train_loss"]
        assert not found["converged"] or found["train_loss"] == pytest.approx(best, rel=1e-12, abs=0)


@pytest.mark.parametrize("options", [(), ("--no-intercept",), ("--l2", "0.5")], ids=" ".join)
def test_the_loss_before_the_first_step_is_that_of_the_start(options: tuple[str, ...]) -> None:
    text = "y,a,b\n" + "".join(f"{at % 2},{5 + at * 7 % 11},{100 - at * 5 % 13}\n" for at in range(20))
    theta = "0.3,-0.02" if "--no-intercept" in options else "1.5,0.3,-0.02"
    call = ("fit", "bce", "-y", "y", "--theta", theta, "--steps", "0", *options, "--method")
    by = {method: record(*call, method, stdin=text) for method in ("gd", "newton")}
    assert by["newton"]["history"] == [pytest.approx(by["gd"]["history"][0], rel=1e-12, abs=0)]
    found = [one["theta"] for one in by["newton"]["parameters"]]
    assert found == pytest.approx([float(part) for part in theta.split(",")], rel=1e-9)
