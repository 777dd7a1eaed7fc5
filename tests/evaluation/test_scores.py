"""Accuracy, Brier score and AUC: by hand, against scikit-learn, by weight, and the same however the data are cut."""

import re
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, close, listed, record, run, write

from losscli.evaluation.evaluate import Figures
from losscli.evaluation.scores import SCORES
from losscli.reports import loss
from losscli.reports.loss import FIGURES
from losscli.reports.parts import Figure

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.6,0.5")  # right, right, wrong, and p = 1/2 predicts 0


def test_the_accuracy_is_the_share_predicted_correctly() -> None:
    assert record(*BCE)["accuracy"] == 0.5
    assert "accuracy          0.5       share predicted correctly\n" in run(*BCE).out
    assert record("ce", "0,1,2", "0.4,0.4,0.2;0.4,0.4,0.2;0.1,0.2,0.7")["accuracy"] == close(
        2 / 3
    )  # the first of equals


def test_the_brier_score_is_the_mean_squared_error() -> None:
    assert record(*BCE)["brier"] == close((0.04 + 0.09 + 0.36 + 0.25) / 4)
    assert record("ce", "0", "0.7,0.2,0.1")["brier"] == close(0.09 + 0.04 + 0.01)
    assert "brier" not in run(*BCE).out


def test_sample_weights_weigh_them() -> None:
    found = record(*BCE, "-w", "1,0,3,4")

    assert found["accuracy"] == close(1 / 8)
    assert found["brier"] == close((0.04 + 3 * 0.36 + 4 * 0.25) / 8)


@pytest.mark.parametrize("args", [("--from", "logits"), ("--from", "logprobs")])
def test_they_are_those_of_the_probabilities_on_every_scale(args: tuple[str, str]) -> None:
    scores = {"logits": "1.5,-2,0.1,0", "logprobs": f"-0.2,-2,-0.1,{log(0.5)!r}"}[args[1]]
    found = record("bce", "1,0,0,1", scores, *args)

    z = np.array([float(one) for one in scores.split(",")])
    p = 1 / (1 + np.exp(-z)) if args[1] == "logits" else np.exp(z)
    assert found["accuracy"] == 0.5
    assert found["brier"] == close(float(np.mean((p - [1, 0, 0, 1]) ** 2)))


def test_soft_labels_have_a_brier_score_and_no_accuracy() -> None:
    found = record("bce", "1,0.4", "0.8,0.3")

    assert (found["accuracy"], found["brier"]) == (None, close((0.04 + 0.01) / 2))
    assert "accuracy" not in run("bce", "1,0.4", "0.8,0.3").out


def test_one_soft_label_far_down_takes_the_accuracy_away(tmp_path: Path) -> None:
    rows = ["1,0.8"] * 40_000 + ["0.5,0.8"]
    path = write(tmp_path / "t.csv", "label,prob\n" + "\n".join(rows) + "\n")

    assert record("bce", path)["accuracy"] is None


def test_one_hot_labels_are_hard() -> None:
    one_hot = record("ce", "1,0,0;0,1,0", "0.7,0.2,0.1;0.5,0.3,0.2")
    classes = record("ce", "0,1", "0.7,0.2,0.1;0.5,0.3,0.2")

    assert one_hot["accuracy"] == classes["accuracy"] == 0.5
    assert one_hot["brier"] == classes["brier"]


def test_likelihoods_have_neither() -> None:
    found = record("nll", "0.8,0.7")

    assert (found["accuracy"], found["brier"]) == (None, None)


def test_ignored_rows_have_no_part() -> None:
    assert record("ce", "0,1,2", "0.6,0.3,0.1;0.6,0.3,0.1;0.1,0.2,0.7", "--ignore", "1")["accuracy"] == 1.0


def test_explained_and_checked_answers_have_them_too() -> None:
    assert record(*BCE, "--explain")["accuracy"] == 0.5
    assert run(*BCE, "--expect", "1", "-f", "json").json["brier"] == record(*BCE)["brier"]
    assert record(*BCE, "-r", "none")["accuracy"] == 0.5


def test_each_model_has_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "label,a,b\n1,0.8,0.4\n0,0.2,0.3\n")
    first, second = record("bce", path, "-p", "a", "-p", "b")["models"]

    assert (first["accuracy"], second["accuracy"]) == (1.0, 0.5)
    assert second["brier"] == close((0.36 + 0.09) / 2)


# --- AUC --------------------------------------------------------------------------------------------------------------
def auc(*args: str) -> float | None:
    found: float | None = record(*args, "--calibration")["calibration"].get("auc")
    return found


def test_the_auc_is_the_share_of_pairs_in_order_ties_half() -> None:
    assert auc("bce", "1,0,1,0", "0.8,0.3,0.3,0.6") == close((1 + 1 + 0.5 + 0) / 4)
    assert auc("bce", "1,0", "0.9,0.1") == 1.0
    assert auc("bce", "1,0", "0.1,0.9") == 0.0


def test_a_pair_counts_as_the_product_of_its_weights() -> None:
    # pairs of a positive and a negative row: (2, 3) in order, (2, 5) tied, (4, 3) in order, (4, 5) out of order
    assert auc("bce", "1,0,0,1", "0.5,0.1,0.5,0.3", "-w", "2,3,5,4") == close((6 + 5 + 12) / 48)


def test_soft_labels_and_classes_have_no_auc_and_one_label_has_none_that_is_defined() -> None:
    assert "auc" not in record("bce", "1,0.4", "0.8,0.3", "--calibration")["calibration"]
    assert "auc" not in record("ce", "0,1", "0.8,0.2;0.3,0.7", "--calibration")["calibration"]
    assert record("bce", "1,1", "0.8,0.3", "--calibration")["calibration"]["auc"] is None


def test_the_focal_factor_leaves_the_auc_as_it_is() -> None:
    assert auc("bce", "1,0,1,0", "0.8,0.3,0.3,0.6", "--focal", "2") == close(0.625)


@pytest.mark.parametrize("weighted", [False, True])
def test_they_are_those_of_scikit_learn(tmp_path: Path, weighted: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(5)
    y, w = rng.integers(0, 2, 3000), rng.integers(1, 5, 3000)
    p = np.round(np.clip(rng.normal(0.35 + 0.3 * y, 0.25), 0.001, 0.999), 2)  # many ties
    lines = [f"{a},{b},{c}" for a, b, c in zip(y, p, w, strict=True)]
    path = write(tmp_path / "t.csv", "label,prob,weight\n" + "\n".join(lines) + "\n")
    weights = w if weighted else None

    found = record("bce", path, "--calibration", *(("-w", "weight") if weighted else ("-p", "prob")))

    assert found["accuracy"] == close(metrics.accuracy_score(y, p > 0.5, sample_weight=weights))
    assert found["brier"] == close(metrics.brier_score_loss(y, p, sample_weight=weights))
    assert found["calibration"]["auc"] == close(metrics.roc_auc_score(y, p, sample_weight=weights))
    assert found["calibration"]["brier"] == found["brier"]


def test_accuracy_and_brier_of_classes_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    table = np.loadtxt(DATA / "digits.csv", delimiter=",", skiprows=1)
    y, p = table[:, 0].astype(int), table[:, 1:]

    found = record("ce", str(DATA / "digits.csv"))

    assert found["accuracy"] == close(metrics.accuracy_score(y, p.argmax(axis=1)))
    assert found["brier"] == close(float(((np.eye(p.shape[1])[y] - p) ** 2).sum(axis=1).mean()))


@pytest.mark.slow
def test_threads_and_files_change_no_digit(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    lines = [f"{y},{p!r}" for y, p in zip(rng.integers(0, 2, 50_000), rng.random(50_000).tolist(), strict=True)]
    whole = write(tmp_path / "t.csv", "label,prob\n" + "\n".join(lines) + "\n")
    (tmp_path / "parts").mkdir()
    for at in range(3):
        part = lines[at * 20_000 : (at + 1) * 20_000]
        write(tmp_path / "parts" / f"{at}.csv", "label,prob\n" + "\n".join(part) + "\n")

    one, two, three = (
        record("bce", *args, "--calibration")
        for args in ((whole, "--threads", "1"), (whole, "--threads", "2"), (tmp_path / "parts",))
    )

    for key in ("accuracy", "brier", "calibration"):
        assert one[key] == two[key] == three[key]


def test_weights_next_to_the_largest_float_leave_them_right() -> None:
    found = record("ce", "1,0", "0,1;0.5,0.5", "-w", "1e308,1e308", "--eps", "1e-7")

    assert found["accuracy"] == 1.0
    assert found["brier"] == close((0 + 0.5) / 2)


ROUTES = (
    *("--explain", "--expect 0.4", "--expect 0.4 --explain", "--worst 1", "--by g", "--calibration 2"),
    *("--quantiles 0.5", "-r none", "-r none --expect 0.2,0.3,0.5"),
)


def test_every_way_to_an_answer_has_the_same_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a score that is entered into the tables of scores and of figures and nowhere else."""
    path = write(tmp_path / "t.csv", "label,prob,g\n1,0.8,a\n0,0.3,b\n1,0.6,a\n")
    monkeypatch.setitem(SCORES, "first", lambda problem, prepared: prepared.raw)
    figure = Figure[Figures]("first", lambda f: score.mean if (score := f.summary.scores.get("first")) else None)
    labelled = replace(figure, label="mean prediction", optional=True)
    for entered in (figure, labelled):
        monkeypatch.setattr(loss, "FIGURES", (*FIGURES, entered))
        plain = record("bce", path, "-p", "prob")

        assert plain["first"] == close(1.7 / 3)
        for route in ROUTES:
            found = run("bce", path, "-p", "prob", *route.split(), "-f", "json").json
            same = {*plain} - ({"value", "reduction", "notes"} if "none" in route else {"notes"})
            assert {key: found.get(key) for key in same} == {key: plain[key] for key in same}, route
            table = run("bce", path, "-p", "prob", *route.split()).out
            assert bool(re.search("mean prediction +0.566667 *\n", table)) == bool(entered.label), route


def test_the_likelier_label_is_the_same_one_on_each_scale() -> None:
    """Rows 1, 4 and 5 are predicted rightly."""
    p = np.array([0.8, 0.7, 0.3, 0.2, 0.55])
    for scale, cells in (("probs", p), ("logits", np.log(p / (1 - p))), ("logprobs", np.log(p))):
        found = record("bce", "1,0,1,0,1", listed(cells), "--from", scale)
        assert found["accuracy"] == 0.6, scale
    for scale, rows in (("probs", "0.7,0.3;0.7,0.3;0.4,0.6"), ("logits", "0.7,0.3;0.7,0.3;0.4,0.6")):
        assert record("ce", "0,1,1", rows, "--from", scale)["accuracy"] == pytest.approx(2 / 3, rel=1e-15), scale
