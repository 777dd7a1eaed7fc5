"""What `fit --test-size` holds out: the losses of both parts are those of the definitions, whatever weighs the rows."""

import csv
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import oracle
import pytest
from conftest import record, run
from mpmath import mp, mpf

X = [0.5, 2.0, -1.5, 0.1, 1.0, -0.75, 3.0, -2.25, 0.3, 1.75, -0.4, 2.5]
WEIGHTS = [1.0, 2.5, 0.0, 0.75, 3.0, 1.5, 0.0, 4.0, 0.25, 1.0, 2.0, 0.5]
HARD = [1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1]
SOFT = [1.0, 0.25, 0.0, 0.6, 0.5, 0.125, 1.0, 0.75, 0.0, 0.3, 0.9, 0.5]
CLASSES = ["a", "c", "b", "a", "c", "b", "b", "a", "c", "a", "b", "c"]
NAMES = ("a", "b", "c")
THETA = {"bce": [[0.3, -0.7]], "ce": [[0.3, -0.7], [0.0, 0.4], [-1.0, 0.5]]}

WEIGHED: dict[str, dict[str, tuple[str, ...]]] = {
    "bce": {"weight": ("-w", "w"), "pos_weight": ("--pos-weight", "3"), "smoothing": ("--smoothing", "0.1")},
    "ce": {
        "weight": ("-w", "w"),
        "class_weight": ("--class-weight", "1,0.25,7"),
        "smoothing": ("--smoothing", "0.1"),
        "ignore": ("--ignore", "b"),
    },
}
VALUES = {"pos_weight": 3.0, "class_weight": (1.0, 0.25, 7.0), "smoothing": 0.1}
CASES = [
    (loss, labels, names)
    for loss, kinds in (("bce", {"hard": HARD, "soft": SOFT}), ("ce", {"hard": CLASSES}))
    for labels in kinds.values()
    for count in (0, 1, 2)
    for names in combinations(WEIGHED[loss], count)
]


def table(labels: list[object]) -> str:
    rows = zip(X, labels, WEIGHTS, strict=True)
    return "x,y,w\n" + "".join(f"{x!r},{y},{w!r}\n" for x, y, w in rows)


def right_mean(loss: str, names: tuple[str, ...], rows: list[tuple[float, object, float]]) -> float:
    """The mean of (feature, label, weight) at THETA by the definitions; ignored labels are not among them."""
    asked = oracle.AnalysisOptions(loss == "bce", "logits", **{name: VALUES[name] for name in names if name in VALUES})  # type: ignore[arg-type]
    found = []
    for x, y, w in rows:
        z = [mpf(b) + mpf(t) * mpf(x) for b, t in THETA[loss]]
        q = (1 - mpf(y), mpf(y)) if loss == "bce" else [float(name == y) for name in NAMES]  # type: ignore[arg-type]
        found.append(oracle.Row(q, z, w if "weight" in names else None))  # type: ignore[arg-type]
    return float(oracle.figures(asked, found)["mean"])


def parts(path: Path, theta: list[list[float]]) -> Mapping[str, list[int]]:
    """Which rows are of which part, found by the first prediction that a row has at theta."""
    z = [[b + t * x for b, t in theta] for x in X]
    z = [[*one, 0.0] if len(theta) == 1 else one for one in z]
    p = [float(mp.exp(one[0]) / sum(map(mp.exp, one))) for one in z]
    found: dict[str, list[int]] = {"train": [], "test": []}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        given = float(row.get("prob") or row["p_a"])
        at = min(range(len(X)), key=lambda at: abs(p[at] - given))
        assert p[at] == pytest.approx(given, rel=1e-14, abs=0)
        found[row["set"]].append(at)
    return found


@pytest.mark.parametrize(("loss", "labels", "names"), CASES)
def test_the_loss_of_each_part_divides_by_what_its_own_rows_weigh(
    loss: str, labels: list[object], names: tuple[str, ...], tmp_path: Path
) -> None:
    given = [word for name in names for word in WEIGHED[loss][name]]
    given += ["--classes", ",".join(NAMES)] if loss == "ce" else []
    theta = ";".join(",".join(map(repr, row)) for row in THETA[loss])
    options = ("-x", "x", *given, f"--theta={theta}", "--steps", "0", "--test-size", "0.4", "--seed", "3")

    found = record("fit", loss, *options, "--predict", tmp_path / "p.csv", stdin=table(labels))

    chosen = parts(tmp_path / "p.csv", THETA[loss])
    counted = [at for at in range(len(X)) if "ignore" not in names or labels[at] != "b"]
    assert sorted(chosen["train"] + chosen["test"]) == counted
    assert (found["n"], len(chosen["test"])) == (len(chosen["train"]), round(0.4 * len(counted)))
    for part in ("train", "test"):
        right = right_mean(loss, names, [(X[at], labels[at], WEIGHTS[at]) for at in chosen[part]])
        assert found[f"{part}_loss"] == pytest.approx(right, rel=1e-13, abs=0), part
    assert found["test_history"] == [found["test_loss"]]


def test_one_step_follows_the_rows_that_are_fitted_alone(tmp_path: Path) -> None:
    options = ("-x", "x", "-w", "w", "--pos-weight", "3", "--steps", "1", "--lr", "0.5")

    found = record("fit", "bce", *options, "--test-size", "0.25", "--predict", tmp_path / "p.csv", stdin=table(HARD))

    theta = [one["theta"] for one in found["parameters"]]
    kept = parts(tmp_path / "p.csv", [theta])["train"]
    assert len(kept) == 9
    over = sum(WEIGHTS[at] for at in kept)
    slopes = {at: WEIGHTS[at] * (-1.5 if HARD[at] else 0.5) / over for at in kept}  # from theta 0, where h is 1/2
    expected = [-0.5 * sum(slopes.values()), -0.5 * sum(slope * X[at] for at, slope in slopes.items())]
    assert theta == pytest.approx(expected, rel=1e-12, abs=0)


# --- parts without weight ---------------------------------------------------------------------------------------------
FEW = "x,y,w\n1,1,0\n2,0,0\n3,1,1\n4,0,1\n5,1,0\n0.5,0,0\n"


@pytest.mark.slow
@pytest.mark.parametrize(("size", "purpose"), [("0.34", "2 rows to test on"), ("0.67", "2 rows to fit")])
def test_a_part_without_weight_is_refused(size: str, purpose: str) -> None:
    results = [run("fit", "bce", "-w", "w", "--test-size", size, "--seed", str(at), stdin=FEW) for at in range(8)]

    refused = f"the weights of the {purpose} sum to 0; choose another --seed or --test-size\n"
    assert any(result.err == f"losscli fit bce: <stdin>: {refused}" for result in results)
    assert all(result.code in (0, 2) and "internal" not in result.err for result in results)


@pytest.mark.parametrize(("loss", "labels", "weights"), [("bce", HARD, "1.2,0.8571428571428571"), ("ce", CLASSES, "")])
def test_rows_of_another_file_are_weighed_as_the_fitted_ones_are(
    loss: str, labels: list[object], weights: str, tmp_path: Path
) -> None:
    """Balanced weights are n / (K n_k) of the rows that are fitted, whatever the labels of the others."""
    weights = weights or ",".join(repr(12 / (3 * CLASSES.count(name))) for name in NAMES)
    (tmp_path / "t.csv").write_text(table(labels))
    others = "".join(f"{x!r},{y},1\n" for x, y in zip(X, labels, strict=True) if y != labels[0])
    (tmp_path / "other.csv").write_text(f"x,y,w\n0.4,{labels[0]},1\n{others}")
    options = ("fit", loss, tmp_path / "t.csv", "-x", "x", "--steps", "3", "--test", tmp_path / "other.csv")

    balanced = record(*options, "--class-weight", "balanced")
    given = record(*options, "--class-weight", weights)

    for name in ("train_loss", "test_loss"):
        assert balanced[name] == pytest.approx(given[name], rel=1e-14, abs=0), name
    theta = [str(one["theta"]) for one in given["parameters"]]
    start = ";".join(",".join(theta[at : at + 2]) for at in range(0, len(theta), 2))
    there = ("fit", loss, tmp_path / "other.csv", "-x", "x", "--steps", "0", f"--theta={start}")
    assert record(*there, "--class-weight", weights)["train_loss"] == pytest.approx(
        given["test_loss"], rel=1e-14, abs=0
    )
