"""Mistakes in a gradient: each planted by a formula of its own, typed with 6 digits, and named."""

from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import run, verdict

Y, P = np.array([1.0, 0.0, 0.0, 1.0, 1.0]), np.array([0.8, 0.3, 0.4, 0.7, 0.9])
G = (P - Y) / 5
BINARY = ("grad", "bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9", "--wrt", "logits")

Q = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
ONE_HOT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
CLASSES = ("grad", "ce", "0,2", "0.7,0.2,0.1;0.1,0.3,0.6")

X, PASSED, HOURS = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 4.0]]), np.array([0.0, 1.0, 1.0]), "x,y\n1,0\n2,1\n4,1\n"
THETA = np.array([-1.0, 0.5])
H = 1 / (1 + np.exp(-X @ THETA))


def text(given: np.ndarray) -> str:
    """Numbers typed with 6 significant digits."""
    return ",".join(f"{x:.6g}" for x in given.ravel().tolist())


def told(command: tuple[str, ...], given: str) -> dict[str, Any]:
    """The verdict on a wrong gradient."""
    return verdict(*command, f"--expect={given}")


def ids(command: tuple[str, ...], given: np.ndarray) -> list[str]:
    """What a wrong gradient is consistent with."""
    return [fit["id"] for fit in told(command, text(given))["consistent_with"]]


@pytest.mark.parametrize("given", [P / 5, P])
def test_a_gradient_without_the_label_in_it_is_named(given: np.ndarray) -> None:
    assert ids(BINARY, given) == ["label-not-subtracted"]


@pytest.mark.parametrize("given", [Q / 2, Q])
def test_a_softmax_alone_is_named(given: np.ndarray) -> None:
    assert ids((*CLASSES, "--wrt", "logits"), given) == ["label-not-subtracted"]


@pytest.mark.parametrize("at", range(5))
def test_one_wrong_sign_is_named_with_its_place(at: int) -> None:
    given = G.copy()
    given[at] = -given[at]

    found = told(BINARY, text(given))

    assert [fit["id"] for fit in found["consistent_with"]] == ["one-sign"]
    assert f"number {at + 1} has the wrong sign" in found["consistent_with"][0]["meaning"]


def test_one_wrong_sign_in_a_matrix_is_named_with_row_and_column() -> None:
    given = (Q - ONE_HOT) / 2
    given[1, 0] = -given[1, 0]

    found = told((*CLASSES, "--wrt", "logits"), text(given))

    assert "number 4 (row 2, column 1) has the wrong sign" in found["consistent_with"][0]["meaning"]


def test_a_transposed_gradient_is_named() -> None:
    assert ids((*CLASSES, "--wrt", "logits"), (Q - ONE_HOT).T / 2) == ["transposed"]


def test_weights_over_the_number_of_rows_come_first() -> None:
    w = np.array([1.0, 2.0, 3.0, 4.0, 5.0])

    assert ids((*BINARY, "-w", "1,2,3,4,5"), w * (P - Y) / 5)[0] == "weights-over-n"
    assert "weights-over-n" not in ids((*BINARY, "-w", "1,2,3,4,5"), w * (P - Y))


@pytest.mark.parametrize("given", [np.full(5, G.sum()), np.full(5, G.sum() / 5)])
def test_the_slope_of_all_predictions_at_once_is_named(given: np.ndarray) -> None:
    assert ids(BINARY, given) == ["all-at-once"]


def test_a_derivative_that_moves_the_cells_of_each_row_at_once_is_named() -> None:
    by_probs = -ONE_HOT / Q / 2
    one_row = ("grad", "ce", "0,1,0", "0.2,0.5,0.3")

    assert ids(CLASSES, np.repeat(by_probs.sum(axis=1), 3)) == ["all-at-once"]
    assert ids(one_row, np.array([-2.0, -2.0, -2.0])) == ["all-at-once"]
    assert "all-at-once" in ids(one_row, np.array([-2 / 3]))
    assert ids(one_row, np.full(3, -2 / 3)) == ["all-at-once"]


@pytest.mark.parametrize(
    ("id_", "factor", "ratio"),
    [
        ("sum-and-sign", -5.0, "-1 * n = -5"),
        ("sum-and-base-2", 5 / log(2), "n * 1/ln 2 = 7.21348"),
        ("base-2-and-sign", -1 / log(2), "-1 * 1/ln 2 = -1.4427"),
        ("halved-and-sign", -0.5, "-1 * 1/2 = -0.5"),
        ("doubled-and-sign", -2.0, "-1 * 2 = -2"),
        ("sum-and-halved", 2.5, "n * 1/2 = 2.5"),
        ("sum-and-doubled", 10.0, "n * 2 = 10"),
        ("divided-twice-and-sign", -0.2, "-1 * 1/n = -0.2"),
    ],
)
def test_two_mistakes_that_multiply_every_entry_are_named_with_their_ratio(id_: str, factor: float, ratio: str) -> None:
    found = told(BINARY, text(factor * G))

    assert [fit["id"] for fit in found["consistent_with"]] == [id_]
    assert f"given / right is {ratio} for every entry" in run(*BINARY, f"--expect={text(factor * G)}").out
    assert found["ratio"] == pytest.approx(factor, rel=1e-12, abs=0)


def test_what_one_mistake_gives_is_not_told_as_two() -> None:
    four = ("grad", "bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--wrt", "logits")

    assert ids(four, 2 * (P - Y)[:4] / 4) == ["doubled"]  # 4 times 1/2 is 2 as well
    assert not any("-and-" in name for name in ids(BINARY, -G))


def test_a_gradient_by_parameters_with_the_intercept_last_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HOURS, encoding="utf-8")
    grad = ("grad", "bce", str(tmp_path / "t.csv"), "-y", "y", "--wrt", "params", "-x", "x", "--theta=-1,0.5")
    right = X.T @ (H - PASSED) / 3

    assert run(*grad, f"--expect={text(right)}").code == 0
    assert ids(grad, right[::-1]) == ["intercept-last"]
    assert ids(grad, X.T @ H / 3) == ids(grad, X.T @ H) == ["label-not-subtracted"]
    assert ids((*grad, "--base", "2"), X.T @ H / 3 / log(2)) == ["label-not-subtracted"]
    assert ids(grad, -3 * right) == ["sum-and-sign"]


def test_arbitrary_gradients_get_no_diagnosis() -> None:
    rng, named = np.random.default_rng(3), 0
    for _ in range(40):
        given = ",".join(f"{x:.2f}" for x in rng.uniform(-0.3, 0.3, 5))
        named += bool(told(BINARY, given)["consistent_with"])
    assert named == 0


@pytest.mark.parametrize(("factor", "said"), [(3.0, "K = 3"), (1 / 3, "1/K = 0.333333")])
def test_a_factor_of_the_number_of_classes_is_told(factor: float, said: str) -> None:
    right = -ONE_HOT / Q / 2

    assert (
        f"given / right is {said} for every entry"
        in run(*CLASSES, f"--expect={text(np.where(right == 0.0, 0.0, factor * right))}").out
    )


def test_an_infinite_slope_hides_no_ratio_of_the_others() -> None:
    out = run("grad", "bce", "1,0", "0,0.3", "--expect=-inf,1.2142857").out

    assert "given / right is 1.7 for every entry" in out


def test_machines_are_given_every_note_on_a_typed_gradient() -> None:
    result = run(*BINARY, f"--expect={text(-G)}", "-f", "json").json

    assert result["notes"] == ["given / right is -1 for every entry"] == [result["expect"]["remark"]]


def test_a_gradient_with_both_infinities_has_a_sum_that_no_number_is() -> None:
    result = run("grad", "bce", "1,0", "0,1", "--expect", "0.1")

    assert (result.code, result.err) == (1, "")
    assert "wrong: the sum of the gradient is nan" in result.out


def test_another_class_of_one_row_is_named_by_its_column() -> None:
    other = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

    found = told((*CLASSES, "--wrt", "logits"), text((Q - other) / 2))["consistent_with"]

    meaning = "the label of row 1 was taken for column 2 and not 1; all other rows are right"
    assert [(fit["id"], fit["meaning"]) for fit in found] == [("row-flipped", meaning)]


def test_one_entry_alone_has_no_constant_ratio_but_those_with_a_name() -> None:
    alone = ("grad", "bce", "1", "0.8", "--wrt", "logits")

    assert told(alone, "-0.9")["ratio"] is None
    assert ids(alone, np.array([0.2 / log(2)])) == []  # base 2 and the sign: of one number that is too much
    assert told(alone, "0.2")["ratio"] == -1.0


def test_zeros_and_the_right_numbers_in_another_unit_have_no_ratio() -> None:
    command = ("grad", "bce", "1,0", "0.8,0.7", "--wrt", "logits")
    for given, options in (
        ("0,0", ()),
        ("0,0", ("-r", "sum")),
        ("-0.1 bits,0.35 bits", ()),
        ("-0.2 bits,0.7 bits", ("-r", "sum")),  # where n and 1/n are 1 too
    ):
        found = told((*command, *options), given)
        assert found["ratio"] is None and "given / right" not in found["remark"], given


# --- by each variable -------------------------------------------------------------------------------------------------
FOUR = np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.3, 0.5, 0.1], [0.25, 0.15, 0.2, 0.4]])
OF_FOUR = np.eye(4)[[0, 2, 1]]
BY_CELLS = ("grad", "ce", "0,2,1", "0.6,0.2,0.1,0.1;0.1,0.3,0.5,0.1;0.25,0.15,0.2,0.4")
BY_PROBS = ("grad", "bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9")
W = np.array([1.0, 2.0, 0.5, 4.0, 2.5])
OVER = P * (1 - P)


@pytest.mark.parametrize(
    ("id_", "command", "given"),
    [
        ("target-only", BY_CELLS, (FOUR - 1) * OF_FOUR / 3),
        ("target-only", (*BY_CELLS, "--wrt", "logits"), (FOUR - 1) * OF_FOUR / 3),
        ("labels-off-by-one", (*BY_CELLS, "--wrt", "logits"), (FOUR - np.roll(OF_FOUR, 1, axis=1)) / 3),
        ("labels-off-by-one", (*BY_CELLS, "--wrt", "logits"), (FOUR - np.roll(OF_FOUR, -1, axis=1)) / 3),
        ("by-logits", BY_CELLS, (FOUR - OF_FOUR) / 3),
        ("by-probs", (*BY_CELLS, "--wrt", "logits"), -OF_FOUR / FOUR / 3),
        ("over-cells", (*BY_CELLS, "--wrt", "logits"), (FOUR - OF_FOUR) / 12),
        ("rows-shifted", (*BY_CELLS, "--wrt", "logits"), np.roll(FOUR - OF_FOUR, -1, axis=0) / 3),
        ("times-p", (*BY_CELLS, "--wrt", "logits"), (FOUR - OF_FOUR) * FOUR / 3),
        ("classes-swapped", BY_PROBS, (P - (1 - Y)) / OVER / 5),
        ("classes-swapped", BY_PROBS, (1 - P - Y) / OVER / 5),
        ("row-flipped", BY_PROBS, np.where(np.arange(5) == 3, P, P - Y) / OVER / 5),
        ("by-logits", (*BY_PROBS, "-w", "1,2,0.5,4,2.5"), W * (P - Y) / 10),
        ("by-probs", (*BINARY, "-w", "1,2,0.5,4,2.5"), W * (P - Y) / OVER / 10),
        ("weights-ignored", (*BINARY, "-w", "1,2,0.5,4,2.5"), (P - Y) / 5),
        ("weights-ignored", (*BINARY, "-w", "1,2,0.5,4,2.5"), (P - Y) / 10),
        ("weights-ignored", (*BINARY, "-w", "1,2,0.5,4,2.5"), P - Y),
        ("weights-ignored", (*BINARY, "--class-weight", "1,3"), (P - Y) / 5),
        ("weights-ignored", (*BINARY, "--class-weight", "1,3"), (P - Y) / 11),
        ("weights-ignored", (*BINARY, "--pos-weight", "3"), (P - Y) / 5),
        ("weights-ignored", (*BINARY, "--pos-weight", "3", "-w", "1,2,0.5,4,2.5"), P - Y),
        ("weights-ignored", (*CLASSES, "--wrt", "logits", "--class-weight", "1,2,4"), (Q - ONE_HOT) / 2),
        ("first-term-only", (*BINARY, "-w", "1,2,0.5,4,2.5"), -W * Y * (1 - P) / 10),
        ("slope-only", (*BINARY, "-w", "1,2,0.5,4,2.5"), W * OVER / 10),
        ("classes-swapped", (*BINARY, "-w", "1,2,0.5,4,2.5"), W * (P - (1 - Y)) / 10),
        ("divided-twice", (*BINARY, "-w", "1,2,0.5,4,2.5"), W * (P - Y) / 100),
        ("divided-twice", (*BINARY, "-w", "1,2,0.5,4,2.5"), W * (P - Y) / 50),
        ("squared-error", BY_PROBS, 2 * (P - Y) / 5),
        ("negated", ("grad", "nll", "0.8,0.3,0.4"), 1 / np.array([0.8, 0.3, 0.4]) / 3),
        ("not-averaged", ("grad", "nll", "0.8,0.3,0.4"), -1 / np.array([0.8, 0.3, 0.4])),
        ("base-2", ("grad", "nll", "0.8,0.3,0.4"), -1 / np.array([0.8, 0.3, 0.4]) / 3 / log(2)),
        ("base-e", (*BINARY, "--base", "10"), (P - Y) / 5),
        ("base-2", (*BINARY, "--base", "10"), (P - Y) / 5 / log(2)),
    ],
)  # fmt: skip
def test_a_mistake_is_named_whatever_the_gradient_is_taken_by(
    id_: str, command: tuple[str, ...], given: np.ndarray
) -> None:
    assert id_ in ids(command, given)


def test_a_label_that_was_taken_for_another_is_named_by_its_column_on_each_scale() -> None:
    other = np.eye(4)[[0, 2, 3]]
    for scale, given in (("probs", -other / FOUR / 3), ("logits", (FOUR - other) / 3)):
        found = told((*BY_CELLS, "--wrt", scale), text(given))["consistent_with"]
        meaning = "the label of row 3 was taken for column 4 and not 2; all other rows are right"
        assert (found[0]["id"], found[0]["meaning"]) == ("row-flipped", meaning), scale
    typo = FOUR.copy()
    typo[2, 1] = 0.51  # 0.15 is meant
    for scale, given in (("probs", -OF_FOUR / typo / 3), ("logits", (typo - OF_FOUR) / 3)):
        found = told((*BY_CELLS, "--wrt", scale), text(given))["consistent_with"]
        assert [fit["meaning"] for fit in found] == ["row 3: 0.51 for 0.15, two digits exchanged"], scale


def test_log_probabilities_have_no_formula_of_the_other_variables() -> None:
    x = np.log(P)
    command = ("grad", "bce", "1,0,0,1,1", ",".join(map(repr, x.tolist())), "--from", "logprobs")

    assert run(*command, f"--expect={text((P - Y) / (1 - P) / 5)}").code == 0
    assert ids(command, (P - (1 - Y)) / 5) == [] and "by-probs" in ids(command, (P - Y) / OVER / 5 / (1 - P))
    flipped = np.where(np.arange(5) == 2, 1 - Y, Y)
    assert ids(command, (P - flipped) / OVER / 5) == [] == ids(command, (P - flipped) / 5)


def test_soft_labels_have_no_label_that_is_flipped() -> None:
    y, p = np.array([0.25, 1.0, 0.5]), np.array([0.8, 0.3, 0.45])
    soft = ("grad", "bce", "0.25,1,0.5", "0.8,0.3,0.45", "--wrt", "logits")

    assert ids(soft, (p - np.where(np.arange(3) == 0, 1 - y, y)) / 3) == []
    assert ids(soft, (p - np.where(np.arange(3) == 1, 1 - y, y)) / 3) == []


def test_the_sum_of_a_wrong_gradient_is_named_as_the_gradient_is() -> None:
    """One number for several entries is compared with their sum."""
    for id_, given in (
        ("negated", -G), ("not-averaged", 5 * G), ("divided-twice", G / 5), ("doubled", 2 * G), ("halved", G / 2),
        ("by-probs", G / OVER), ("activation-forgotten", (np.log(P / (1 - P)) - Y) / 5), ("slope-only", OVER / 5),
        ("label-not-subtracted", P / 5),
    ):  # fmt: skip
        found = told(BINARY, f"{given.sum():.6g}")
        assert id_ in [fit["id"] for fit in found["consistent_with"]], id_
    assert run(*BINARY, f"--expect={G.sum():.4f}").code == 0


def test_a_gradient_that_no_mistake_gives_has_none() -> None:
    """A third of it has no meaning where there are five rows of two classes, nor 4 times where the rows weigh 10."""
    assert ids(BINARY, G / 3) == [] and ids((*BINARY, "-w", "1,2,0.5,4,2.5"), 4 * W * (P - Y) / 10) == []
    assert ids((*BY_CELLS, "--wrt", "logits"), (FOUR - OF_FOUR) / 15) == []
