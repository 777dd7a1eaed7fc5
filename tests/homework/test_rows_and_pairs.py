"""Mistakes in one row and two mistakes at once: named with the row, the terms and both causes, and no wolf is cried."""

from math import log
from typing import Any

import numpy as np
import pytest
from conftest import mistakes, run, verdict

BCE = ("bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9")
LOSSES = [-log(0.8), -log(0.7), -log(0.6), -log(0.7), -log(0.9)]
TOTAL = sum(LOSSES)

CE = ("ce", "0,2,1", "0.7,0.2,0.1;0.1,0.3,0.6;0.25,0.5,0.25")


def fits(*arguments: str) -> list[dict[str, Any]]:
    """What a wrong answer is consistent with."""
    result = run(*arguments, "-f", "json")
    assert result.code == 1, result.err
    found: list[dict[str, Any]] = result.json["expect"]["consistent_with"]
    return found


@pytest.mark.parametrize(
    ("id_", "value", "said"),
    [
        ("row-omitted", (TOTAL - LOSSES[2]) / 4, "row 3 is missing from the sum: its term is 0.510826"),
        ("row-omitted", (TOTAL - LOSSES[2]) / 5, "row 3 is missing from the sum, and it was counted in the divisor"),
        ("row-doubled", (TOTAL + LOSSES[4]) / 5, "row 5 was counted twice"),
        ("row-doubled", (TOTAL + LOSSES[4]) / 6, "row 5 was counted twice"),
        ("row-flipped", (TOTAL - LOSSES[4] - log(0.1)) / 5, "row 5: ln(1 - 0.9) where ln(0.9) belongs"),
        ("row-flipped", (TOTAL - LOSSES[1] - log(0.3)) / 5, "row 2: ln(0.3) where ln(1 - 0.3) belongs"),
        (
            "row-sign",
            (TOTAL - 2 * LOSSES[0]) / 5,
            "the term of row 1 was added with the wrong sign: its term is 0.223144",
        ),
        (
            "rows-swapped",
            (TOTAL - LOSSES[0] - LOSSES[2] - log(0.4) - log(0.2)) / 5,
            "the labels or predictions of row 1 and row 3 changed places",
        ),
        (
            "row-slip",
            (TOTAL - LOSSES[2] + 0.6) / 5,
            "all other rows are right, row 3 was taken as its probability 0.6",
        ),
        ("row-slip", (TOTAL - LOSSES[2] - log(0.6) / log(10)) / 5, "row 3 was taken as its logarithm to base 10"),
    ],
)
def test_a_slip_in_one_row_is_named_with_the_row_and_its_term(id_: str, value: float, said: str) -> None:
    found = {fit["id"]: fit for fit in fits(*BCE, "--expect", f"{value:.6f}")}

    assert said in found[id_]["meaning"]
    assert found[id_]["value"] == pytest.approx(value, rel=1e-12, abs=0)


def test_a_mistyped_prediction_is_named_with_its_digits() -> None:
    rows = ("bce", "1,0,1", "0.83,0.37,0.92", "--expect")
    exchanged = (-log(0.83) - log(1 - 0.73) - log(0.92)) / 3
    off = (-log(0.83) - log(1 - 0.36) - log(0.92)) / 3

    assert "row 2: 0.73 for 0.37, two digits exchanged" in [fit["meaning"] for fit in fits(*rows, f"{exchanged:.6f}")]
    assert "row 2: 0.36 for 0.37, a digit off by one" in [fit["meaning"] for fit in fits(*rows, f"{off:.6f}")]


def test_another_class_of_one_row_is_named_with_both_probabilities() -> None:
    found = fits(*CE, "--expect", f"{(-log(0.7) - log(0.3) - log(0.5)) / 3:.6f}")

    flipped = next(fit["meaning"] for fit in found if fit["id"] == "row-flipped")
    assert "row 2: the probability 0.3 of class 1 where 0.6 of class 2 belongs" in flipped


def test_rows_that_count_alike_are_named_together() -> None:
    found = fits("bce", "1,0,1,0", "0.8,0.3,0.6,0.3", "--expect", f"{(-log(0.8) - log(0.6) - log(0.7)) / 3:.6f}")

    assert any("row 2 is missing" in fit["meaning"] and "(or the same in row 4)" in fit["meaning"] for fit in found)


def test_rows_are_numbered_as_in_the_source(tmp_path: Any) -> None:
    table = tmp_path / "t.csv"
    table.write_text("label,prob\n1,0.8\n0,\n0,0.4\n1,0.7\n")
    value = (-log(0.8) - log(0.4) - log(0.7)) / 3

    found = fits("bce", str(table), "--na", "drop", "--expect", f"{value:.6f}")

    flipped = next(fit["meaning"] for fit in found if fit["id"] == "row-flipped")
    assert "row 3: ln(0.4) where ln(1 - 0.4) belongs" in flipped


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("sum-and-base-2", TOTAL / log(2)),
        ("sum-and-base-10", TOTAL / log(10)),
        ("base-2-and-negated", -TOTAL / 5 / log(2)),
        ("positives-only-and-sum", LOSSES[0] + LOSSES[3] + LOSSES[4]),
        ("positives-only-and-base-2", (LOSSES[0] + LOSSES[3] + LOSSES[4]) / 5 / log(2)),
        ("classes-swapped-and-sum", -log(0.2) - log(0.3) - log(0.4) - log(0.3) - log(0.1)),
        ("classes-swapped-and-positives-only", (-log(0.2) - log(0.3) - log(0.1)) / 5),
    ],
)
def test_two_mistakes_at_once_are_named_behind_single_ones(id_: str, value: float) -> None:
    found = fits(*BCE, "--expect", f"{value:.6f}")

    assert id_ in [fit["id"] for fit in found]
    assert "; and " in next(fit["meaning"] for fit in found if fit["id"] == id_)


def test_a_pair_of_mistakes_is_looked_for_in_four_digits_and_named_in_five() -> None:
    value = (-log(0.2) - log(0.3) - log(0.4) - log(0.3)) / 4 / log(2)  # labels exchanged, and in bits: 1.779448
    expected = {
        "1.78": ([], "no known mistake gives 1.78 on these data; compare your work with the terms above"),
        "1.779": ([], "1 pair of mistakes fits; type more digits to tell them apart"),
        "1.7794": (["classes-swapped-and-base-2"], None),
    }
    for typed, found in expected.items():
        assert float(typed) == float(f"{value:.{len(typed) - 1}g}")
        said = verdict("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--expect", typed)
        assert ([fit["id"] for fit in said["consistent_with"]], said["remark"]) == found, typed


def test_weights_left_out_and_a_term_forgotten_are_a_pair() -> None:
    value = (LOSSES[0] + LOSSES[3] + LOSSES[4]) / 5

    found = fits(*BCE, "-w", "1,2,3,4,5", "--expect", f"{value:.6f}")

    assert [fit["id"] for fit in found] == ["weights-ignored-and-positives-only"]


Y, P, W = np.array([1.0, 0, 0, 1, 1]), np.array([0.8, 0.3, 0.4, 0.7, 0.9]), np.array([1.0, 2, 3, 4, 5])
HIT = np.where(Y == 1, P, 1 - P)
ONE_HOT, CELLS = np.eye(3)[[0, 2, 1]], np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25]])


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("id_", "command", "value"),
    [
        ("probs-as-logits-and-positives-only", BCE, -(Y * np.log(sigmoid(P))).mean()),
        ("probs-as-logits-and-negatives-only", BCE, -((1 - Y) * np.log(1 - sigmoid(P))).mean()),
        ("probs-as-logits-and-brier", BCE, ((sigmoid(P) - Y) ** 2).mean()),
        ("probs-as-logits-and-all-classes", CE, -np.log(softmax(CELLS)).sum(axis=1).mean()),
        ("probs-as-logits-and-sum", CE, -(ONE_HOT * np.log(softmax(CELLS))).sum()),
        ("classes-swapped-and-brier", BCE, ((1 - P - Y) ** 2).mean()),
        ("classes-swapped-and-negatives-only", BCE, -((1 - Y) * np.log(P)).mean()),
        ("classes-swapped-and-positives-only", ("bce", "1,0,1", "1.2,-0.3,0.6", "--from", "logits"),
         (np.log(1 + np.exp(1.2)) + np.log(1 + np.exp(0.6))) / 3),
        ("weights-ignored-and-negatives-only", (*BCE, "-w", "1,2,3,4,5"), -((1 - Y) * np.log(1 - P)).mean()),
        ("weights-ignored-and-base-2", (*BCE, "-w", "1,2,3,4,5"), -np.log(HIT).mean() / log(2)),
        ("weights-ignored-and-base-2", (*CE, "--class-weight", "1,2,4"), -(ONE_HOT * np.log(CELLS)).sum() / 3 / log(2)),
        ("weights-ignored-and-positives-only", (*BCE, "--pos-weight", "3"), -(Y * np.log(P)).mean()),
        ("weights-ignored-and-positives-only", (*BCE, "--class-weight", "2,5"), -(Y * np.log(P)).mean()),
        ("focal-2-and-sum", (*BCE, "--focal", "3"), TOTAL),
        ("focal-2-and-base-2", (*BCE, "--focal", "2"), -np.log(HIT).mean() / log(2)),
        ("smoothed-and-positives-only", (*BCE, "--smoothing", "0.3"), -(Y * np.log(P)).mean()),
        ("smoothed-and-sum", (*BCE, "--smoothing", "0.3"), TOTAL),
        ("sum-and-perplexity", BCE, np.exp(TOTAL)),
        ("halved-and-n-minus-1", BCE, TOTAL / 4 / 2),
        ("halved-and-n-plus-1", BCE, TOTAL / 6 / 2),
        ("squared-weights-and-mean", (*BCE, "-w", "1,2,3,4,5", "-r", "sum"), -(W**2 * np.log(HIT)).sum() / 15),
        ("inverse-weights-and-mean", (*BCE, "-w", "1,2,3,4,5", "-r", "sum"), -(np.log(HIT) / W).sum() / 5),
        ("base-2-and-perplexity", BCE, np.exp(TOTAL / 5 / log(2))),
    ],
)  # fmt: skip
def test_a_mistake_on_data_that_another_one_changed_is_named(id_: str, command: tuple[str, ...], value: float) -> None:
    assert id_ in [fit["id"] for fit in fits(*command, "--expect", f"{value:.7f}")]


def test_a_single_mistake_is_not_told_as_two() -> None:
    assert [fit["id"] for fit in fits(*BCE, "--expect", f"{-TOTAL:.6f}")] == ["log-likelihood"]


def test_what_too_many_slips_would_give_asks_for_more_digits() -> None:
    labels, preds = ",".join("10" * 20), ",".join(f"{0.5 + 0.01 * at:.2f}" for at in range(40))

    result = run("bce", labels, preds, "--expect", "0.85")

    assert result.code == 1
    assert "ways to slip in one row fit; type more digits to tell them apart" in result.out


def test_entries_of_an_option_that_was_asked_for_come_first() -> None:
    weighted = fits(*BCE, "-w", "1,2,3,4,5", "--expect", f"{TOTAL / 5:.6f}")
    focal = fits(*BCE, "--focal", "2", "--expect", f"{TOTAL / 5:.6f}")

    assert weighted[0]["id"] == "weights-ignored"
    assert focal[0]["id"] == "focal-2"


# --- many classes -----------------------------------------------------------------------------------------------------
def many(k: int, columns: list[int], names: list[str] | None = None) -> tuple[tuple[str, ...], float]:
    """A table of k classes, a row for each, and the loss if class a is looked up in column columns[a]."""
    rng = np.random.default_rng(k)
    cells = np.round(rng.dirichlet(np.ones(k), k), 6)
    cells[:, 0] = np.round(1.0 - cells[:, 1:].sum(axis=1), 6)
    labels = names or list(map(str, range(k)))
    command = ("ce", ",".join(labels), ";".join(",".join(f"{x:.6f}" for x in row) for row in cells))
    options = ("--classes", ",".join(labels)) if names else ()
    return (*command, *options), float(-np.log(cells[range(k), columns]).mean())


def test_orders_of_many_columns_are_the_reversed_one_by_name_and_those_of_two_exchanged() -> None:
    for k in (6, 7):
        command, value = many(k, list(range(k))[::-1])
        assert "columns-permuted" in mistakes(*command, "--expect", f"{value:.7f}"), k
        for a, b in ((0, 1), (2, k - 1), (1, 4)):
            order = list(range(k))
            order[a], order[b] = b, a
            command, value = many(k, order)
            found = fits(*command, "--expect", f"{value:.7f}")
            meaning = next(fit["meaning"] for fit in found if fit["id"] == "columns-permuted")
            assert f"the classes {','.join(map(str, order))}, in this order" in meaning, (k, a, b)

    names = ["f", "b", "e", "a", "d", "c"]  # a is column 3, b 1, c 5, d 4, e 2, f 0
    for columns in ([3, 1, 5, 4, 2, 0], [5, 1, 4, 0, 3, 2]):  # sorted names over the columns, and the other way round
        command, value = many(6, columns, names)
        assert "columns-permuted" in mistakes(*command, "--expect", f"{value:.7f}"), columns


def test_two_columns_of_more_than_thirty_are_not_exchanged() -> None:
    for k, named in ((30, True), (31, False)):
        order = list(range(k))
        order[3], order[17] = 17, 3
        command, value = many(k, order)
        assert ("columns-permuted" in mistakes(*command, "--expect", f"{value:.8f}")) == named, k
        command, value = many(k, list(range(k))[::-1])
        meaning = fits(*command, "--expect", f"{value:.8f}")[0]["meaning"]
        assert f"the classes {k - 1},{k - 2},{k - 3}" in meaning and meaning.endswith(",...,0, in this order"), meaning


def test_weights_next_to_the_end_of_the_floats_leave_a_wrong_answer_wrong() -> None:
    preds = "0.655,0.197,0.899"
    for loss, weights in (("bce", "1,1,1e160"), ("bce", "1e-160,1,1e150"), ("nll", "1e300,2,1e-300")):
        for typed in ("0.5", "0.512345"):
            result = run(loss, "0,0,0", preds, "-w", weights, "--expect", typed)
            assert (result.code, result.err) == (1, ""), (loss, weights, typed)
