"""Variants of options and activations, slips in one row of a list, and gradients: each planted by a formula."""

from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import run, verdict

Y, P = np.array([1.0, 0.0, 0.0, 1.0, 1.0]), np.array([0.8, 0.3, 0.4, 0.7, 0.9])
BCE = ("bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9")
OWN = np.where(Y == 1.0, P, 1 - P)
LOSS = -np.log(OWN)

Q = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25]])
LABEL, TRUE = np.array([0, 2, 1]), np.array([0.7, 0.6, 0.5])
CE = ("ce", "0,2,1", "0.7,0.2,0.1;0.1,0.3,0.6;0.25,0.5,0.25")
ONE_HOT = np.eye(3)[LABEL]

Z = np.array([1.2, -0.3, 0.8, -1.1, 0.4])
LOGITS = ("bce", "1,0,0,1,1", "1.2,-0.3,0.8,-1.1,0.4", "--from", "logits")
ZK = np.array([[2.0, -1.0, 0.5], [0.3, 1.2, -0.7], [-0.4, 0.1, 1.5]])
CLASS_LOGITS = ("ce", "0,1,1", "2,-1,0.5;0.3,1.2,-0.7;-0.4,0.1,1.5", "--from", "logits")
ZY = ZK[range(3), [0, 1, 1]]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def told(command: tuple[str, ...], value: Any) -> list[dict[str, Any]]:
    """What a wrong answer typed with 6 digits is consistent with."""
    typed = ",".join(f"{x:.6g}" for x in np.ravel(value).tolist())
    found: list[dict[str, Any]] = verdict(*command, f"--expect={typed}")["consistent_with"]
    return found


def ids(command: tuple[str, ...], value: Any) -> list[str]:
    return [fit["id"] for fit in told(command, value)]


VARIANTS = [
    ("focal-wrong-factor", (*BCE, "--focal", "2"), (OWN**2 * LOSS).mean()),
    ("focal-wrong-factor", (*BCE, "--focal", "3"), (3 * LOSS).mean()),
    ("focal-wrong-factor", (*LOGITS, "--focal", "2"),
     ((1 - np.where(Y == 1, Z, -Z)) ** 2 * np.log(1 + np.exp(np.where(Y == 1, -Z, Z)))).mean()),
    ("alpha-focal", (*BCE, "--focal", "2", "--alpha", "0.3"), ((1 - OWN) ** 2 * LOSS).mean()),
    ("alpha-focal", (*BCE, "--focal", "2", "--alpha", "0.3"),
     (np.where(Y == 1, 0.7, 0.3) * (1 - OWN) ** 2 * LOSS).mean()),
    ("pos-weight-other", (*BCE, "--pos-weight", "3"), (np.where(Y == 0, 3.0, 1.0) * LOSS).mean()),
    ("pos-weight-other", (*BCE, "--pos-weight", "3"), (np.where(Y == 1, 3.0, 1.0) * LOSS).sum() / 11),
    ("smoothing-one-side", (*BCE, "--smoothing", "0.2"),
     -np.where(Y == 1, 0.9 * np.log(P) + 0.1 * np.log(1 - P), np.log(1 - P)).mean()),
    ("smoothing-one-side", (*BCE, "--smoothing", "0.2"),
     -np.where(Y == 0, 0.1 * np.log(P) + 0.9 * np.log(1 - P), np.log(P)).mean()),
    ("smoothing-one-side", (*CE, "--smoothing", "0.3"),
     -((0.7 * ONE_HOT + 0.1 * (1 - ONE_HOT)) * np.log(Q)).sum(axis=1).mean()),
    ("smoothing-one-side", (*CE, "--smoothing", "0.3"),
     -((0.7 * ONE_HOT + 0.3 * (1 - ONE_HOT)) * np.log(Q)).sum(axis=1).mean()),
    ("class-weight-normalized", ("ce", "0,2,2", *CE[2:], "--class-weight", "1,2,4"),
     -(np.array([1, 4, 4]) * 3 / 7 * np.log([0.7, 0.6, 0.25])).mean()),
    ("class-weight-normalized", (*CE, "--class-weight", "1,2,4", "-r", "sum"),
     -(np.array([1, 2, 4])[LABEL] / 7 * np.log(TRUE)).sum()),
    ("hinge", LOGITS, np.maximum(0, 1 - (2 * Y - 1) * Z).mean()),
    ("tanh", LOGITS, np.log(1 + np.exp(-(4 * Y - 2) * Z)).mean()),
    ("exp-for-sigmoid", ("bce", "1,0", "-1.2,-0.3", "--from", "logits"), (1.2 - log(1 - np.exp(-0.3))) / 2),
    ("hinge", CLASS_LOGITS, np.mean([0.0, 0.1, 2.4])),
    ("abs-for-softmax", CLASS_LOGITS, -np.log(np.abs(ZY) / np.abs(ZK).sum(axis=1)).mean()),
    ("base-2-softmax", CLASS_LOGITS, -np.log(2**ZY / (2**ZK).sum(axis=1)).mean()),
    ("own-class-left-out", CLASS_LOGITS, -np.log(np.exp(ZY) / (np.exp(ZK).sum(axis=1) - np.exp(ZY))).mean()),
    ("label-entropy", ("ce", "0.6,0.4;0.2,0.8", "0.7,0.3;0.25,0.75"),
     -(0.6 * log(0.6) + 0.4 * log(0.4) + 0.2 * log(0.2) + 0.8 * log(0.8)) / 2),
    ("reversed-kl", ("ce", "0.6,0.4;0.2,0.8", "0.7,0.3;0.25,0.75"),
     (0.7 * log(0.7 / 0.6) + 0.3 * log(0.3 / 0.4) + 0.25 * log(0.25 / 0.2) + 0.75 * log(0.75 / 0.8)) / 2),
]  # fmt: skip


@pytest.mark.parametrize(("id_", "command", "value"), VARIANTS)
def test_a_variant_of_an_option_or_an_activation_is_named(id_: str, command: tuple[str, ...], value: float) -> None:
    assert id_ in ids(command, float(value))


def test_the_weight_of_the_predicted_class_is_named() -> None:
    """The second row's label is the class 1, and 2 is predicted."""
    command = ("ce", "0,1,1", "0.7,0.2,0.1;0.1,0.3,0.6;0.25,0.5,0.25", "--class-weight", "1,2,4")
    value = -(log(0.7) + 4 * log(0.3) + 2 * log(0.5)) / 7

    assert ids(command, value)[0] == "class-weight-normalized"


# --- one row of a list ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("id_", "at", "value", "said"),
    [
        ("row-flipped", 2, -log(0.4), "row 3: ln(0.4) where ln(1 - 0.4) belongs, its label being 0"),
        ("row-sign", 0, log(0.8), "the term of row 1 was added with the wrong sign"),
        ("row-slip", 3, -log(0.7) / log(10), "row 4 was taken as its logarithm to base 10"),
    ],
)
def test_a_slip_in_one_loss_of_a_list_is_named_as_in_a_sum(id_: str, at: int, value: float, said: str) -> None:
    losses = LOSS.copy()
    losses[at] = value

    found = told((*BCE, "-r", "none"), losses)

    assert id_ in [fit["id"] for fit in found]
    assert any(said in fit["meaning"] for fit in found)


def test_a_mistyped_prediction_behind_one_loss_of_a_list_is_named() -> None:
    command = ("bce", "1,0,1", "0.83,0.37,0.92", "-r", "none")

    found = told(command, [-log(0.83), -log(1 - 0.73), -log(0.92)])

    assert "row 2: 0.73 for 0.37, two digits exchanged" in [fit["meaning"] for fit in found]


def test_another_class_behind_one_loss_of_a_list_is_named() -> None:
    found = told((*CE, "-r", "none"), [-log(0.7), -log(0.3), -log(0.5)])

    assert [fit["id"] for fit in found] == ["row-flipped"]


# --- gradients --------------------------------------------------------------------------------------------------------
GRAD = ("grad", *BCE, "--wrt", "logits")
K_GRAD = ("grad", *CLASS_LOGITS, "--wrt", "logits")
SOFT = np.exp(ZK) / np.exp(ZK).sum(axis=1, keepdims=True)
HOT = np.eye(3)[[0, 1, 1]]


@pytest.mark.parametrize(
    ("id_", "command", "value"),
    [
        ("times-p", GRAD, (P - Y) * P / 5),
        ("slope-twice", GRAD, (P - Y) * P * (1 - P) / 5),
        ("softmax-over-rows", K_GRAD, (np.exp(ZK) / np.exp(ZK).sum(axis=0) - HOT) / 3),
        ("labels-off-by-one", K_GRAD, (SOFT - np.roll(HOT, 1, axis=1)) / 3),
        ("sigmoid-for-softmax", K_GRAD, (sigmoid(ZK) - HOT) / 3),
    ],
)
def test_a_mistake_in_a_gradient_by_rows_is_named(id_: str, command: tuple[str, ...], value: np.ndarray) -> None:
    assert id_ in ids(command, value)


def test_one_label_flipped_in_a_gradient_is_named_with_its_row() -> None:
    wrong = (P - Y) / 5
    wrong[2] = (P[2] - 1) / 5

    found = told(GRAD, wrong)

    assert [fit["id"] for fit in found] == ["row-flipped"]
    assert found[0]["meaning"] == "the label of row 3 was taken for 1 and not 0; all other rows are right"


def test_one_mistyped_prediction_in_a_gradient_is_named_with_its_digits() -> None:
    wrong = np.array([0.38 - 1, 0.25, 0.41])  # 0.83 is meant

    found = told(("grad", "bce", "1,0,0", "0.83,0.25,0.41", "--wrt", "logits"), wrong / 3)

    assert [fit["meaning"] for fit in found] == ["row 1: 0.38 for 0.83, two digits exchanged"]


X, PASSED = np.array([[1.0, 1.0, 2.5], [1.0, 2.0, 1.0], [1.0, 4.0, 3.5]]), np.array([0.0, 1.0, 1.0])
THETA = np.array([-1.0, 0.5, 0.2])
H = sigmoid(X @ THETA)
RIGHT = X.T @ (H - PASSED) / 3


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("intercept-left-out", X.T @ (sigmoid(X[:, 1:] @ THETA[1:]) - PASSED) / 3),
        ("no-sigmoid", X.T @ (X @ THETA - PASSED) / 3),
        ("slope-twice", X.T @ ((H - PASSED) * H * (1 - H)) / 3),
        ("first-row-alone", X[0] * (H[0] - PASSED[0])),
        ("first-row-alone", X[0] * (H[0] - PASSED[0]) / 3),
        ("theta-after-a-step", X.T @ (sigmoid(X @ (THETA - 0.1 * RIGHT)) - PASSED) / 3),
        ("complement", X.T @ (1 - H - PASSED) / 3),
        ("features-exchanged", RIGHT[[0, 2, 1]]),
        ("over-features", RIGHT / 2),
    ],
)
def test_a_mistake_in_a_gradient_by_parameters_is_named(id_: str, value: np.ndarray, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x1,x2,y\n1,2.5,0\n2,1,1\n4,3.5,1\n", encoding="utf-8")
    command = ("grad", "bce", str(table), "-y", "y", "--wrt", "params", "-x", "x1,x2", "--theta=-1,0.5,0.2")

    assert id_ in ids(command, value)


def test_exchanged_features_are_counted_without_the_intercept() -> None:
    table = "x1,x2,y\n1,2.5,0\n2,1,1\n4,3.5,1\n"
    command = ("grad", "bce", "-", "-y", "y", "--wrt", "params", "-x", "x1,x2", "--theta=-1,0.5,0.2", "-f", "json")
    typed = ",".join(f"{x:.6g}" for x in RIGHT[[0, 2, 1]])

    found = run(*command, f"--expect={typed}", stdin=table).json["expect"]["consistent_with"]

    assert [fit["meaning"] for fit in found] == ["the entries of features 1 and 2 changed places"]
