"""Mistakes that any kind of data allows: each planted by a formula of its own, and named."""

from math import exp, log

import numpy as np
import pytest
from conftest import verdict

Y, P = np.array([1.0, 0.0, 0.0, 1.0, 1.0]), np.array([0.8, 0.3, 0.4, 0.7, 0.9])
BCE = ("bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9")
LOSSES = -np.log(np.where(Y == 1.0, P, 1.0 - P))

CE = ("ce", "0,2,1,2", "0.7,0.2,0.1;0.1,0.3,0.6;0.25,0.5,0.25;0.3,0.3,0.4")
Q = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.3, 0.3, 0.4]])

Z = np.array([[2.0, -1.0, 0.5], [0.3, 1.2, -0.7], [-0.4, 0.1, 1.5]])
LOGITS = "2,-1,0.5;0.3,1.2,-0.7;-0.4,0.1,1.5"
TAGS = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])


def named(value: float, *command: str) -> list[tuple[str, str]]:
    """What a wrong answer typed with 6 digits is consistent with: ids and meanings."""
    return [(fit["id"], fit["meaning"]) for fit in verdict(*command, f"--expect={value:.6g}")["consistent_with"]]


def ids(value: float, *command: str) -> list[str]:
    """The ids alone."""
    return [id_ for id_, _ in named(value, *command)]


@pytest.mark.parametrize(
    "rows", [Y * np.log(1 + P) + (1 - Y) * np.log(2 - P), np.log(1 + P), Y * np.log(P) + (1 - Y) * np.log(1 + P)]
)
def test_log1p_taken_for_another_logarithm_is_named(rows: np.ndarray) -> None:
    assert ids(-float(rows.mean()), *BCE) == ["log1p-misused"]


def test_log1p_taken_for_the_logarithm_of_a_class_is_named() -> None:
    assert ids(-float(np.log(1 + Q[range(4), [0, 2, 1, 2]]).mean()), *CE) == ["log1p-misused"]
    assert ids(-(log(1.7) + log(1.6)) / 2, "nll", "0.7,0.6") == ["log1p-misused"]


def test_two_to_the_power_of_nats_is_named() -> None:
    assert ids(2 ** float(LOSSES.mean()), *BCE) == ["perplexity-base"]
    assert ids(exp(float(LOSSES.mean())), *BCE) == ["perplexity"]


def test_weights_divided_by_their_largest_are_named() -> None:
    w = np.array([1.0, 2.0, 3.0, 4.0, 5.0])

    assert ids(float((w / 5 * LOSSES).mean()), *BCE, "-w", "1,2,3,4,5") == ["mean-weights"]
    assert "mean-weights" in ids(float((w / 5 * LOSSES).sum()), *BCE, "-w", "1,2,3,4,5", "-r", "sum")


def test_alpha_beside_the_focal_factor_that_was_asked_for_comes_first() -> None:
    focal = (1 - np.exp(-LOSSES)) ** 2 * LOSSES
    own = np.array([0.7, 0.6, 0.5, 0.4])

    assert ids(float((np.where(Y == 1, 0.25, 0.75) * focal).mean()), *BCE, "--focal", "2")[0] == "alpha-focal"
    assert ids(float((0.25 * (1 - own) ** 2 * -np.log(own)).mean()), *CE, "--focal", "2")[0] == "alpha-focal"


@pytest.mark.parametrize("over", [1.0, 3.0, None])
def test_a_sigmoid_of_each_logit_in_place_of_a_softmax_is_named(over: float | None) -> None:
    q, cost = np.eye(3)[[0, 1, 1]], np.log(1 + np.exp(-Z))
    cells = (q * cost + (1 - q) * np.log(1 + np.exp(Z))).sum(axis=1).mean()
    value = (q * cost).sum(axis=1).mean() if over is None else cells / over

    assert ids(float(value), "ce", "0,1,1", LOGITS, "--from", "logits") == ["sigmoid-for-softmax"]


def test_a_softmax_over_labels_that_do_not_exclude_each_other_is_named() -> None:
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    command = ("bce", "1,0,1;0,1,0;1,0,1", LOGITS, "--from", "logits")

    assert ids(-float((TAGS * np.log(p) + (1 - TAGS) * np.log(1 - p)).mean()), *command) == ["softmax-for-sigmoid"]
    assert ids(-float((TAGS * np.log(p)).mean()), *command) == ["softmax-for-sigmoid"]


def test_labels_off_by_one_with_the_last_class_clipped_are_named() -> None:
    rows = ("ce", "0,2,1,2,1,0", "0.7,0.2,0.1;0.1,0.3,0.6;0.24,0.5,0.26;0.31,0.28,0.41;0.15,0.62,0.23;0.44,0.37,0.19")
    picked = [0.2, 0.6, 0.26, 0.41, 0.23, 0.37]

    assert ids(-float(np.log(picked).mean()), *rows) == ["labels-clipped"]


def test_smoothing_that_gives_the_other_classes_nothing_comes_first() -> None:
    own = -float(np.log(Q[range(4), [0, 2, 1, 2]]).mean())

    assert ids(0.8 * own, *CE, "--smoothing", "0.2")[0] == "smoothing-no-floor"
    assert "smoothing-no-floor" not in ids(0.8 * own, *CE)
    assert ids(0.9 * float(LOSSES.mean()), *BCE, "--smoothing", "0.1")[0] == "smoothing-no-floor"


@pytest.mark.parametrize(("over", "said"), [(2, "left out"), (3, "left out, and counted in the divisor")])
def test_rows_of_probability_0_that_are_skipped_are_named(over: int, said: str) -> None:
    found = named(-(log(0.8) + log(0.7)) / over, "bce", "1,0,1", "0.8,0.3,0")

    assert found[0][0] == "zero-rows-skipped" and found[0][1].endswith(said)
    assert ids(-log(0.8) - log(0.7), "bce", "1,0,1", "0.8,0.3,0", "-r", "sum")[0] == "zero-rows-skipped"


def test_a_sum_over_the_labels_of_each_row_is_named() -> None:
    p = 1 / (1 + np.exp(-Z))
    cells = -(TAGS * np.log(p) + (1 - TAGS) * np.log(1 - p))

    assert ids(float(cells.sum(axis=1).mean()), "bce", "1,0,1;0,1,0;1,0,1", LOGITS, "--from", "logits") == [
        "sum-over-labels"
    ]
