"""Temperature scaling: the optimum against a general minimizer, and where there is none."""

import csv
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA, answer, record, refusal, run, write


def softmax_loss(z: Any, y: Any, w: Any, inverse: float) -> float:
    scaled = z * inverse
    top = scaled.max(axis=1)
    losses = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1)) - scaled[np.arange(len(y)), y]
    return float((w * losses).sum() / w.sum())


def table(kind: str) -> tuple[str, Any, Any, Any]:
    """Logits twice as sure as they should be, as text, as rows of logits, labels and weights."""
    rng = np.random.default_rng(5)
    z = np.round(rng.normal(size=(400, 3)) * 2, 4) if kind == "ce" else np.round(rng.normal(size=(400, 1)) * 2, 4)
    full = z if kind == "ce" else np.column_stack([np.zeros(400), z])
    p = np.exp(full / 2.0)
    y = (rng.random(400)[:, None] > (p / p.sum(axis=1, keepdims=True)).cumsum(axis=1)).sum(axis=1)
    w = np.round(rng.random(400) + 0.1, 3)
    names = "logit" if kind == "bce" else "z_0,z_1,z_2"
    rows = (",".join(map(str, [label, *row, weight])) for label, row, weight in zip(y, z.tolist(), w, strict=True))
    return f"label,{names},w\n" + "\n".join(rows) + "\n", full, y, w


@pytest.mark.parametrize("weights", [(), ("-w", "w")])
@pytest.mark.parametrize("kind", ["bce", "ce"])
def test_the_temperature_is_that_of_a_general_minimizer(kind: str, weights: tuple[str, ...]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    text, z, y, w = table(kind)
    w = w if weights else np.ones(len(y))
    chosen = ("-p", "logit") if kind == "bce" else ("-p", "z_*")

    found = record("fit", "temperature", *chosen, *weights, stdin=text)

    best = optimize.minimize_scalar(
        lambda b: softmax_loss(z, y, w, b), bounds=(1e-3, 10), method="bounded", options={"xatol": 1e-12}
    )
    assert found["temperature"] == pytest.approx(1.0 / best.x, rel=1e-6, abs=0)
    assert found["loss_after"] == pytest.approx(best.fun, rel=1e-12, abs=0)
    assert found["loss_before"] == pytest.approx(softmax_loss(z, y, w, 1.0), rel=1e-12, abs=0)
    assert (found["test_before"], found["test_after"]) == (None, None)
    step = 1e-4  # the slope at the optimum is 0: losses at the same distance on both sides are equal
    low, high = (softmax_loss(z, y, w, (1.0 + s) / found["temperature"]) for s in (-step, step))
    assert abs(high - low) < 1e-10


def test_logits_of_minus_z_and_z_have_twice_the_temperature() -> None:
    rows = list(csv.DictReader((DATA / "breast_cancer_logits.csv").read_text(encoding="utf-8").splitlines()))
    key = next(name for name in rows[0] if name != "label")
    text = "label,z_0,z_1\n" + "".join(f"{row['label']},{-float(row[key])!r},{row[key]}\n" for row in rows)

    one = answer("fit", "temperature", DATA / "breast_cancer_logits.csv")
    two = answer("fit", "temperature", "-p", "z_*", stdin=text)

    assert two == pytest.approx(2.0 * one, rel=1e-9, abs=0)


def test_written_probabilities_have_the_loss_that_is_reported(tmp_path: Path) -> None:
    found = record("fit", "temperature", DATA / "breast_cancer_logits.csv", "--predict", tmp_path / "p.csv")

    assert answer("bce", tmp_path / "p.csv") == pytest.approx(found["loss_after"], rel=1e-9, abs=0)


def test_a_share_of_the_rows_is_tested_on(tmp_path: Path) -> None:
    path = DATA / "breast_cancer_logits.csv"
    share = record("fit", "temperature", path, "--test-size", "0.25", "--seed", "1")
    same = record("fit", "temperature", path, "--test", path)

    assert share["n"] == 427 and share["test_after"] is not None
    assert (same["test_before"], same["test_after"]) == (same["loss_before"], same["loss_after"])


def test_an_optimum_that_is_none_is_refused_with_the_reason() -> None:
    cases = [
        ("label,logit\n1,2\n0,-1\n", "every row is right"),
        ("label,logit\n1,-2\n0,1\n", "have the wrong sign"),
        ("label,logit\n1,0\n0,0\n", "no better than a constant"),
        ("label,logit\n1,inf\n0,1\n", ":2: column 'logit': a temperature needs finite logits"),
        ("label,z_0,z_1\n0,3,1\n1,1e-300,2e-300\n", "every row is right"),
    ]
    for text, said in cases:
        assert said in refusal("fit", "temperature", stdin=text), (text, said)


def test_rows_with_missing_cells_are_told() -> None:
    result = run("fit", "temperature", "--na", "drop", stdin="label,logit\n1,2\n0,\n0,1\n1,-1\n0,-1\n")

    assert result.code == 0 and "1 row with a missing cell dropped" in result.out


@pytest.mark.parametrize("size", ["1", "1e-20", "1e20"])
@pytest.mark.parametrize("right", [26, 30, 49])
def test_logits_of_one_size_have_their_temperature_in_closed_form(right: int, size: str) -> None:
    rows = "label,logit\n" + f"1,{size}\n" * right + f"0,{size}\n" * (50 - right)

    found = record("fit", "temperature", "-y", "label", "-p", "logit", stdin=rows)["temperature"]

    assert found == pytest.approx(float(size) / log(right / (50 - right)), rel=1e-12, abs=0)


def test_probabilities_given_as_logits_are_said_to_look_like_them() -> None:
    said = "the logits look like probabilities: all of them lie in [0, 1]"

    assert said in record("fit", "temperature", str(DATA / "animals.csv"))["notes"]
    assert said not in record("fit", "temperature", str(DATA / "breast_cancer_logits.csv"))["notes"]


def test_a_boundary_at_0_has_no_sign(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y,x\n1,1\n0,-1\n1,-2\n0,2\n1,3\n0,-3\n", encoding="utf-8")

    assert str(record("fit", "bce", str(tmp_path / "t.csv"), "-y", "y", "-x", "x", "--steps", "1")["boundary"]) == "0.0"


@pytest.mark.parametrize("mask", ["-1e9", "-1e55", "-1.7976931348623157e308"])
def test_masked_logits_leave_the_temperature_of_the_others(mask: str) -> None:
    rng = np.random.default_rng(3)
    z = np.round(rng.normal(size=(200, 3)) * 3, 4)
    y = [int(rng.choice(3, p=np.exp(row / 2) / np.exp(row / 2).sum())) for row in z]
    lines = [f"{label},{','.join(map(str, row))}" for label, row in zip(y, z.tolist(), strict=True)]
    plain = "label,z_0,z_1,z_2\n" + "\n".join(lines) + "\n"
    masked = "label,z_0,z_1,z_2,z_3,z_4\n" + "\n".join(f"{line},{mask},{mask}" for line in lines) + "\n"

    right = record("fit", "temperature", "-p", "z_*", stdin=plain)
    found = record("fit", "temperature", "-p", "z_*", stdin=masked)

    for figure in ("temperature", "loss_before", "loss_after"):
        assert found[figure] == pytest.approx(right[figure], rel=1e-12, abs=0)


def test_a_logit_that_is_surely_right_leaves_the_temperature_of_the_others() -> None:
    rows = "label,logit\n" + "1,1\n" * 7 + "0,1\n" * 3
    for sure in ("1,5e3\n", "0,-5e3\n", "1,1e9\n0,-1e9\n", "1,1e280\n0,-1e280\n"):
        assert answer("fit", "temperature", stdin=rows + sure) == pytest.approx(1.0 / log(7 / 3), rel=1e-12, abs=0), (
            sure
        )


def test_logits_of_any_size_have_their_temperature_without_a_warning() -> None:
    rows = "label,z_0,z_1\n" + "0,1,-1\n" * 7 + "1,1,-1\n" * 3
    expected = 2.0 / log(7 / 3)
    for size in ("1e-300", "1e-20", "1e20", "1e200", "1e307"):
        scaled = rows.replace(",1,-1", f",{size},-{size}")
        result = run("fit", "temperature", "-p", "z_*", "-q", stdin=scaled)
        assert result.err == ""
        assert float(result.out) == pytest.approx(float(size) * expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    "held_out", [("--test-size", "0.25", "--seed", "2"), ("--test", "other.csv"), ()], ids=" ".join
)
@pytest.mark.parametrize("kind", ["bce", "ce"])
def test_predictions_are_of_all_rows_in_their_order(kind: str, held_out: tuple[str, ...], here: Path) -> None:
    text, z, y, _ = table(kind)
    write("t.csv", text)
    write("other.csv", text)

    found = record("fit", "temperature", "t.csv", *held_out, "--predict", "p.csv")

    scaled = np.exp(z / found["temperature"])
    right = scaled / scaled.sum(axis=1, keepdims=True)
    with open("p.csv", newline="") as file:
        _, *rows = csv.reader(file)
    assert [int(row[0]) for row in rows] == y.tolist()
    own = np.array([row[1 : 1 + right.shape[1] - (kind == "bce")] for row in rows], dtype=float)
    assert own == pytest.approx(right[:, 1:] if kind == "bce" else right, rel=1e-12)


def test_a_label_at_a_masked_logit_is_no_masked_one() -> None:
    rows = "label,z_0,z_1,z_2\n" + "0,2,1,0\n1,0.5,0.4,-1\n0,1,0,0.5\n" * 3

    assert record("fit", "temperature", "-p", "z_*", stdin=rows + "0,1,0,-1e20\n")["temperature"] > 0.0
    assert "no temperature above 0" in refusal("fit", "temperature", "-p", "z_*", stdin=rows + "2,1,0,-1e20\n")
