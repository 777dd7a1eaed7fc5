"""Further mistakes of homework, each planted by a formula of its own and typed with 6 digits, and the one id it has."""

import numpy as np
import pytest
from conftest import mistakes, run, verdict

Y = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
P = np.array([0.8, 0.3, 0.45, 0.72, 0.9, 0.15, 0.35])
POSITIVE, NEGATIVE = -Y * np.log(P), -(1 - Y) * np.log(1 - P)
LOSS = POSITIVE + NEGATIVE
BCE = ("bce", ",".join(map(str, Y)), ",".join(map(str, P)))

LABEL = np.array([0, 2, 1, 2, 1])
Q = np.array([[0.7, 0.2, 0.1], [0.15, 0.25, 0.6], [0.3, 0.45, 0.25], [0.38, 0.3, 0.32], [0.48, 0.41, 0.11]])
HIT = Q[range(5), LABEL]
CE = ("ce", ",".join(map(str, LABEL)), ";".join(",".join(map(str, row)) for row in Q))

TAGS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
CHANCES = np.array([[0.8, 0.3], [0.4, 0.7], [0.9, 0.65]])
CELLS = -(TAGS * np.log(CHANCES) + (1 - TAGS) * np.log(1 - CHANCES))
MULTI = ("bce", *(";".join(",".join(map(str, row)) for row in cells) for cells in (TAGS, CHANCES)))


def ids(value: float, *command: str) -> list[str]:
    """What a wrong answer typed with 6 digits is consistent with."""
    return mistakes(*command, f"--expect={value:.6g}")


def bce(y: np.ndarray, p: np.ndarray) -> float:
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


OF_TWO_CLASSES = {
    "base-wrong-way": [LOSS.mean() * np.log(2), LOSS.mean() * np.log(10)],
    "one-term-averaged": [POSITIVE.mean() + NEGATIVE.sum(), POSITIVE.sum() + NEGATIVE.mean()],
    "mixed-logs": [
        (POSITIVE + NEGATIVE / np.log(10)).mean(),
        (POSITIVE / np.log(2) + NEGATIVE).mean(),
        (POSITIVE / np.log(10) + NEGATIVE).mean(),
    ],
    "labels-one-two": [bce(Y + 1, P)],
    "over-one-label": [LOSS.sum() / 4, LOSS.sum() / 3],
    "p-log-p": [float(-(Y * P * np.log(P) + (1 - Y) * (1 - P) * np.log(1 - P)).mean())],
    "macro-mean": [POSITIVE.sum() / 4 + NEGATIVE.sum() / 3, (POSITIVE.sum() / 4 + NEGATIVE.sum() / 3) / 2],
    "rows-shifted": [bce(Y, np.sort(P)), bce(np.sort(Y), P), bce(Y, np.sort(P)[::-1])],
    "min": [LOSS.min()],
    "standard-deviation": [LOSS.std(ddof=1), LOSS.std(), LOSS.std(ddof=1) / np.sqrt(7)],
    "rounded-inputs": [bce(Y, np.round(P, 1))],
    "rounded-rows": [np.round(LOSS, 3).mean(), np.round(LOSS, 2).mean()],
    "batch-means": [(LOSS[:4].mean() + LOSS[4:].mean()) / 2, np.mean([LOSS[:5].mean(), LOSS[5:].mean()])],
    "batch-sum": [LOSS[:4].mean() + LOSS[4:].mean(), sum(LOSS[at : at + 2].mean() for at in range(0, 7, 2))],
    "eps-in-log": [float(-(Y * np.log(P + 0.01) + (1 - Y) * np.log(1 - P + 0.01)).mean())],
}


@pytest.mark.parametrize(
    ("id_", "value"), [(id_, float(value)) for id_, values in OF_TWO_CLASSES.items() for value in values]
)
def test_a_mistake_with_two_classes_is_named(id_: str, value: float) -> None:
    assert id_ in ids(value, *BCE)


OF_SEVERAL_CLASSES = {
    "percent": [-np.log(100 * HIT).mean()],
    "p-log-p": [-(HIT * np.log(HIT)).mean()],
    "log-of-mean": [-np.log(HIT.sum())],
    "macro-mean": [sum(-np.log(HIT[k == LABEL]).mean() for k in range(3))],
    "rows-shifted": [-np.log(Q[::-1][range(5), LABEL]).mean(), -np.log(Q[range(5), np.sort(LABEL)]).mean()],
    "batch-sum": [-np.log(HIT[:3]).mean() - np.log(HIT[3:]).mean()],
}


@pytest.mark.parametrize(
    ("id_", "value"), [(id_, float(value)) for id_, values in OF_SEVERAL_CLASSES.items() for value in values]
)
def test_a_mistake_with_several_classes_is_named(id_: str, value: float) -> None:
    assert id_ in ids(value, *CE)


def test_percentages_of_what_happened_are_named() -> None:
    assert ids(float(-np.log(100 * P).sum()), "nll", ",".join(map(str, P)), "-r", "sum") == ["percent"]


def test_a_softmax_over_all_cells_is_named() -> None:
    z = np.array([[2.0, -1.0, 0.5], [0.3, 1.2, -0.7], [-0.4, 0.1, 1.5]])
    value = -np.log(np.exp(z) / np.exp(z).sum())[range(3), [0, 1, 1]].mean()
    given = ";".join(",".join(map(str, row)) for row in z)

    assert ids(float(value), "ce", "0,1,1", given, "--from", "logits") == ["softmax-over-rows"]


def test_the_label_times_the_logit_added_is_named() -> None:
    z = np.array([1.2, -0.3, 0.8, -1.1])
    value = (np.log(1 + np.exp(z)) + np.array([1, 0, 0, 1]) * z).mean()

    assert ids(float(value), "bce", "1,0,0,1", "1.2,-0.3,0.8,-1.1", "--from", "logits") == ["label-times-logit-added"]


@pytest.mark.parametrize("base", [2, 10])
def test_a_perplexity_of_nats_with_another_base_is_named(base: int) -> None:
    assert ids(float(base ** LOSS.mean()), *BCE)[0] == "perplexity-base"


def test_two_labels_a_row_added_up_come_before_a_doubled_answer() -> None:
    assert ids(float(CELLS.sum(axis=1).mean()), *MULTI) == ["sum-over-labels", "doubled"]


def test_means_of_batches_of_rows_with_several_labels_are_named() -> None:
    parts = CELLS[:2].mean(), CELLS[2:].mean()  # six cells in two batches, of which no half is as large as the other

    assert ids(float(sum(parts)), *MULTI) == ["batch-sum"]
    assert ids(float(sum(parts) / 2), *MULTI) == ["batch-means"]


def test_the_mean_over_labels_added_up_over_rows_is_named() -> None:
    assert ids(float(CELLS.mean(axis=1).sum()), *MULTI)[0] == "sum-over-labels"


def test_a_whole_row_of_labels_left_out_is_named() -> None:
    for row, rest in ((1, [1, 2]), (2, [0, 2]), (3, [0, 1])):
        meaning = f"row {row} is missing from the sum, with all its labels"
        assert told(float(CELLS[rest].mean()), *MULTI)["row-omitted"] == meaning


def test_a_power_of_a_power_is_no_pair_of_mistakes() -> None:
    """exp(-x) is 1 - x for a small likelihood x."""
    p = np.round(0.7 * P, 3)

    assert ids(float(1 - p.prod()), "nll", ",".join(map(str, p))) == []


GRADIENTS = {
    "signs-lost": [np.abs(P - Y) / 7, -np.abs(P - Y) / 7],
    "classes-swapped": [(P - (1 - Y)) / 7, (1 - P - Y) / 7],
    "n-minus-1": [(P - Y) / 6],
    "rows-shifted": [((P - Y) / 7)[::-1], np.roll(P - Y, 1) / 7],
}


@pytest.mark.parametrize(("id_", "value"), [(id_, value) for id_, values in GRADIENTS.items() for value in values])
def test_a_mistake_in_a_gradient_is_named(id_: str, value: np.ndarray) -> None:
    typed = ",".join(f"{one:.6g}" for one in value)

    result = run("grad", *BCE, "--wrt", "logits", f"--expect={typed}", "-f", "json")

    assert [fit["id"] for fit in result.json["expect"]["consistent_with"]] == [id_]


def test_a_minus_for_the_plus_between_two_slopes_is_named() -> None:
    typed = ",".join(f"{one:.6g}" for one in (-Y / P - (1 - Y) / (1 - P)) / 7)

    result = run("grad", *BCE, f"--expect={typed}", "-f", "json")

    assert [fit["id"] for fit in result.json["expect"]["consistent_with"]] == ["signs-lost"]


SLIPS = {
    "row-sign": (LOSS.sum() - 2 * LOSS[0]) / 7,
    "row-omitted": (LOSS.sum() - LOSS[2]) / 6,
    "row-flipped": (LOSS.sum() - LOSS[1] - np.log(0.3)) / 7,
    "row-slip": (LOSS.sum() - LOSS[1] + LOSS[1] / np.log(10)) / 7,
}


@pytest.mark.parametrize("id_", SLIPS)
def test_where_the_answer_is_hidden_a_slip_is_named_without_the_term_that_would_give_it_away(id_: str) -> None:
    command = (*BCE, f"--expect={SLIPS[id_]:.6g}")
    shown, hidden = run(*command).out, run(*command, "--hide-answer").out
    terms = [f"{loss:.6g}" for loss in LOSS]

    assert id_ in shown and id_ in hidden
    assert any(term in shown.partition("consistent with")[2] for term in terms)
    assert not any(term in hidden for term in terms)


def test_a_mistake_that_fits_alone_is_not_told_again_with_a_second_one() -> None:
    value = float(LOSS.mean())

    assert ids(value, *BCE, "--focal", "2") == ["focal-2"]


def test_a_right_number_with_the_name_of_another_unit_has_no_mistake_but_that() -> None:
    result = run(*BCE, "--expect", "0.40 bits")

    assert result.code == 1 and "consistent with" not in result.out
    assert "0.40 bits names bits" in result.out and "the number alone is right" in result.out


def test_a_number_that_is_right_in_the_unit_it_names_is_that_and_nothing_else() -> None:
    bits = f"{LOSS.mean() / np.log(2):.2f} bits"

    assert [fit["id"] for fit in run(*BCE, "--expect", bits, "-f", "json").json["expect"]["consistent_with"]] == [
        "base-2"
    ]


def test_a_long_typed_text_is_shortened_wherever_it_is_repeated() -> None:
    out = run(*BCE, "--expect", f"tensor({LOSS.mean():.4f}, device='cuda:0', grad_fn=<MeanBackward0>)").out

    assert "right: " in out and "MeanBackward0" not in out


def told(value: float, *command: str) -> dict[str, str]:
    """What each mistake that gives a wrong answer, typed with 6 digits, means."""
    return {fit["id"]: fit["meaning"] for fit in verdict(*command, f"--expect={value:.6g}")["consistent_with"]}


def test_the_same_probability_for_every_class_is_named_in_a_sum_too() -> None:
    assert "uniform-baseline" in ids(5 * np.log(3), *CE, "-r", "sum")
    assert "uniform-baseline" in ids(np.log(3), *CE)


def test_an_ignored_row_taken_for_the_last_class_has_the_weight_of_that_class() -> None:
    weights, loss = np.array([1.0, 2.0, 4.0]), -np.log(HIT)
    loss[1], own = -np.log(0.6), weights[LABEL]  # its label is -1: an index that picks the last column
    command = ("ce", "0,-1,1,2,1", CE[2], "--ignore=-1", "--class-weight", "1,2,4")

    assert ids(float((own * loss).sum() / own.sum()), *command) == ["ignored-as-class"]
    own[1] = 0.0
    assert ids(float((own * loss).sum() / (own.sum() + 1.0)), *command) == ["ignored-in-divisor"]


def test_weights_used_twice_leave_a_row_of_weight_0_out() -> None:
    weights = np.array([2.0, 0.0, 1.5, 0.5, 1.0, 3.0, 1.0])
    command = (*BCE, "-w", ",".join(map(str, weights)))

    assert ids(float((weights**2 * LOSS).sum() / (weights**2).sum()), *command) == ["squared-weights"]


@pytest.mark.parametrize(
    ("weight", "meaning"), [(3 / 4, "0.75, negatives per positive"), (4 / 3, "1.33333, positives per negative")]
)
def test_a_balancing_weight_is_told_with_what_it_is(weight: float, meaning: str) -> None:
    found = told(float((weight * POSITIVE + NEGATIVE).mean()), *BCE)

    assert found["pos-weight-balanced"].endswith(meaning)


def test_both_hinge_losses_of_classes_are_named() -> None:
    z, label = np.array([[2.07, 1.53, 1.21], [0.34, 1.28, 0.96], [-0.47, 0.13, 0.59]]), np.array([0, 1, 1])
    margins = np.maximum(0.0, 1.0 + z - z[range(3), label][:, None])
    margins[range(3), label] = 0.0
    command = ("ce", "0,1,1", ";".join(",".join(map(str, row)) for row in z), "--from", "logits")

    assert ids(float(margins.sum(axis=1).mean()), *command) == ["hinge"]
    assert ids(float(margins.max(axis=1).mean()), *command) == ["hinge"]


def test_columns_taken_in_another_order_are_told_in_the_order_of_the_columns() -> None:
    """Label a looked up in the second column, b in the third, c in the first: the columns were taken for c, a, b."""
    names, columns = ["a", "b", "c"], np.array([1, 2, 0])
    labels = ",".join(names[k] for k in LABEL)
    value = -np.log(Q[range(5), columns[LABEL]]).mean()

    found = told(float(value), "ce", labels, CE[2], "--classes", "a,b,c")

    assert found["columns-permuted"] == "the columns were taken for the classes c,a,b, in this order"


FOUR = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")  # 0.36183 nats


def test_a_number_that_names_another_unit_is_told_that_before_any_mistake() -> None:
    for typed, unit in (("0.3618 bits", "bits"), ("0.3618 bans", "bans"), ("0.36183 shannons", "bits")):
        found = run(*FOUR, "--expect", typed, "-f", "json")
        assert found.code == 1 and found.json["expect"]["consistent_with"] == [], typed
        assert unit in run(*FOUR, "--expect", typed).out


def test_two_points_behind_a_number_leave_nothing_out() -> None:
    assert run(*FOUR, "--expect", "0.361...").code == 0
    assert run(*FOUR, "--expect", "0.361").code == 1
    for typed in ("0.361..", "0.361. .", "..361"):
        assert run(*FOUR, "--expect", typed).code == 2, typed


def test_another_metric_is_named_with_the_weights_and_without_them() -> None:
    weights, squares = np.array([2.0, 0.5, 1.5, 0.5, 1.0, 3.0, 1.0]), (P - Y) ** 2
    command = (*BCE, "-w", ",".join(map(str, weights)))

    assert ids(float((weights * squares).sum() / weights.sum()), *command)[0] == "brier"
    assert ids(float(squares.mean()), *command)[0] == "brier"
