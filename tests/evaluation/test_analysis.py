"""Looking closer, through the real command: against pandas, scikit-learn and statsmodels, in any cut of the data."""

import csv
import io
import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA, Result, process, record, refusal, run
from samples import OF_TWO

N = 240


def table(n: int = N, seed: int = 1) -> str:
    """Labels, two models, weights, two columns of groups with missing cells, and an id."""
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    q = np.clip(p + 0.2 * rng.normal(size=n), 0.01, 0.99)
    y = (rng.random(n) < p).astype(int)
    site, kind = rng.choice(["rome", "oslo", "", "bonn"], n), rng.choice(["x", "y"], n)
    w = np.round(rng.random(n) * 3, 3)
    lines = [f"r{at},{site[at]},{kind[at]},{y[at]},{float(p[at])!r},{float(q[at])!r},{w[at]}" for at in range(n)]
    return "\n".join(["id,site,kind,label,a,b,w", *lines])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(table() + "\n", encoding="utf-8")
    return path


def columns(path: Path) -> dict[str, Any]:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    cells = {name: [row[name] for row in rows] for name in rows[0]}
    return {name: np.array(c, float) if name in ("label", "a", "b", "w") else np.array(c) for name, c in cells.items()}


def losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


# --- worst rows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(), ("-w", "w")])
def test_the_worst_rows_are_those_of_the_losses_sorted(path: Path, weights: tuple[str, ...]) -> None:
    found = record("bce", path, "-p", "a", "--worst", "7", "--show", "id,site", *weights)
    data = columns(path)
    loss = losses(data["label"], data["a"]) * (data["w"] if weights else 1.0)

    order = np.argsort(-loss, kind="stable")[:7]
    assert [one["row"] for one in found["worst"]] == (order + 1).tolist()
    assert [one["line"] for one in found["worst"]] == (order + 2).tolist()
    assert [one["loss"] for one in found["worst"]] == pytest.approx(loss[order].tolist(), rel=1e-13, abs=0)
    assert [one["share"] for one in found["worst"]] == pytest.approx(
        (loss[order] / loss.sum()).tolist(), rel=1e-12, abs=0
    )
    assert [one["prob"] for one in found["worst"]] == data["a"][order].tolist()
    assert [one["cells"] for one in found["worst"]] == [
        {"id": data["id"][at], "site": data["site"][at] or None} for at in order
    ]


def test_equal_losses_stand_by_row() -> None:
    found = record("bce", "1,0,1,1", "0.5,0.5,0.9,0.5", "--worst", "2")

    assert [(one["row"], one["line"]) for one in found["worst"]] == [(1, None), (2, None)]


def test_a_worst_row_of_many_labels_names_the_column(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("y0,y1,p0,p1\n1,0,0.9,0.8\n0,1,0.2,0.6\n")

    worst = record("bce", tmp_path / "m.csv", "-y", "y*", "-p", "p*", "--worst", "1")["worst"]

    assert worst == [
        {
            "row": 1,
            "line": 2,
            "column": "y1",
            "label": "0",
            "prob": 0.8,
            "loss": pytest.approx(math.log(5.0)),
            "share": worst[0]["share"],
            "cells": {},
        }
    ]


def test_a_star_shows_all_columns_without_a_purpose(path: Path) -> None:
    worst = record("bce", path, "-p", "a", "-w", "w", "--worst", "1", "--show", "*")["worst"]

    assert list(worst[0]["cells"]) == ["id", "site", "kind", "b"]


def test_a_line_behind_blank_and_quoted_lines_is_the_line_of_the_editor() -> None:
    text = 'id,label,prob\n\n"a\nb",1,0.9\n\nc,1,0.1\n'

    assert record("bce", "--worst", "1", stdin=text)["worst"][0]["line"] == 6


FILES = {
    "labels": "id,site,y\na,x,1\nb,x,0\nc,z,1\n",
    "preds": "id,p\n\na,0.9\nb,0.8\nc,0.5\n",
    "other": "id,p\n\nc,0.5\na,0.9\nb,0.8\n",
    "part1": "id,p\na,0.9\nb,0.8\n",
    "part2": "id,p\n\nc,0.5\n",
    "one": "y,p\n1,0.5\n0,0.1\n",
    "one_more": "y,p\n\n1,0.05\n0,0.2\n",
}
PLACES = {
    "by position": (("labels.csv", "preds.csv"), [(2, "preds.csv", 4), (3, "preds.csv", 5)]),
    "by key": (("labels.csv", "other.csv", "--key", "id"), [(3, "other.csv", 5), (1, "other.csv", 3)]),
    "predictions in files": (("labels.csv", "part*.csv"), [(2, "part1.csv", 3), (3, "part2.csv", 3)]),
    "files by key": (("labels.csv", "part*.csv", "--key", "id"), [(2, "part1.csv", 3), (3, "part2.csv", 3)]),
    "labels a list": (("1,0,1", "preds.csv"), [(2, "preds.csv", 4), (3, "preds.csv", 5)]),
    "predictions a list": (("labels.csv", "0.9,0.8,0.5"), [(2, None, None), (3, None, None)]),
    "several files": (("one*.csv",), [(3, "one_more.csv", 3), (1, "one.csv", 2)]),
    "one file": (("one_more.csv",), [(1, None, 3), (2, None, 4)]),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_worst_row_stands_where_its_prediction_does(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(f"{name}.csv").write_text(text, encoding="utf-8")
    sources, places = PLACES[case]

    found = record("bce", *sources, "--worst", "2")

    assert [(one["row"], one.get("file"), one["line"]) for one in found["worst"]] == places
    header = run("bce", *sources, "--worst", "2", "-f", "csv").out.splitlines()[0]
    assert header.split(",")[1:3] == (["file", "line"] if any(file for _, file, _ in places) else ["line", "label"])


def test_a_worst_row_of_arrays_has_its_file_and_no_line(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.array([0.9, 0.8, 0.5]))
    (tmp_path / "y.csv").write_text("y\n1\n0\n1\n", encoding="utf-8")

    [worst] = record("bce", tmp_path / "y.csv", tmp_path / "p.npy", "--worst", "1")["worst"]

    assert (worst["row"], worst["file"], worst["line"]) == (2, str(tmp_path / "p.npy"), None)


def test_an_infinite_loss_is_the_worst_and_has_no_share() -> None:
    found = record("bce", "1,1", "0,0.5", "--worst", "2")["worst"]

    assert [(one["row"], one["loss"], one["share"]) for one in found] == [(1, None, None), (2, math.log(2.0), None)]


# --- groups -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(), ("-w", "w")])
@pytest.mark.parametrize("by", ["site", "site,kind", "label"])
def test_groups_are_those_of_pandas(path: Path, by: str, weights: tuple[str, ...]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(path, keep_default_na=False, dtype={"label": str})
    w = frame["w"] if weights else 1.0
    frame["share"] = w
    frame["cost"] = losses(frame["label"].astype(float), frame["a"]) * w
    expected = frame.groupby(by.split(","))[["cost", "share"]].agg(["sum", "count"])

    found = record("bce", path, "-p", "a", "--by", by, *weights)["groups"]

    assert len(found) == len(expected)
    assert [one["share"] for one in found] == sorted((one["share"] for one in found), reverse=True)
    assert sum(one["share"] for one in found) == pytest.approx(1.0, rel=1e-12, abs=0)
    for one in found:
        key = tuple(value or "" for value in one["group"].values())
        row = expected.loc[key if len(key) > 1 else key[0]]
        assert one["n"] == row["cost"]["count"]
        assert one["sum"] == pytest.approx(row["cost"]["sum"], rel=1e-12, abs=0)
        assert one["mean"] == pytest.approx(row["cost"]["sum"] / row["share"]["sum"], rel=1e-12, abs=0)


def test_the_interval_of_a_group_is_that_of_its_rows_alone(path: Path) -> None:
    data = columns(path)
    own = data["site"] == "rome"
    group = next(
        one
        for one in record("bce", path, "-p", "a", "-w", "w", "--by", "site", "--ci", "0.9")["groups"]
        if one["group"] == {"site": "rome"}
    )

    lists = [",".join(map(repr, data[name][own].tolist())) for name in ("label", "a", "w")]
    alone = record("bce", lists[0], lists[1], "-w", lists[2], "--ci", "0.9")
    assert [group[key] for key in ("n", "sum", "mean", "se", "low", "high")] == [
        alone[key] for key in ("n", "sum", "mean", "se", "low", "high")
    ]


def test_missing_cells_are_a_group(path: Path) -> None:
    groups = record("bce", path, "-p", "a", "--by", "site")["groups"]

    assert {one["group"]["site"] for one in groups} == {"rome", "oslo", "bonn", None}


def test_too_many_groups_are_refused(path: Path) -> None:
    assert "more than 1000 groups" not in run("bce", path, "-p", "a", "--by", "id").err
    assert "more than 100 groups by 'id'" in refusal("bce", path, "-p", "a", "--by", "id", "--max-groups", "100")


def test_groups_change_no_figure_of_all_rows(path: Path) -> None:
    """With groups, the sums of all rows are those of the groups added up."""
    calls: list[tuple[object, ...]] = [
        ("bce", path, "-p", "a"),
        ("bce", path, "-p", "a", "-w", "w"),
        ("bce", path, "-p", "a", "-w", "w", "--pos-weight", "3"),
        ("bce", path, "-p", "a", "--class-weight", "1,3"),
        ("ce", path, "-p", "a,b", "--like", "keras"),
    ]
    for call in calls:
        grouped = record(*call, "--by", "site,kind")
        del grouped["groups"]

        assert grouped == record(*call), call


# --- models -----------------------------------------------------------------------------------------------------------


def test_a_difference_is_the_paired_t_test_of_scipy(path: Path) -> None:
    stats = pytest.importorskip("scipy.stats")
    data = columns(path)
    a, b = losses(data["label"], data["a"]), losses(data["label"], data["b"])

    found = record("bce", path, "-p", "a", "-p", "b")

    result = stats.ttest_rel(b, a)
    [one] = found["differences"]
    low, high = result.confidence_interval(0.95)
    assert (one["name"], one["to"]) == ("b", "a")
    assert one["mean"] == pytest.approx((b - a).mean(), rel=1e-9, abs=0)
    assert one["mean"] / one["se"] == pytest.approx(result.statistic, rel=1e-9, abs=0)
    assert (one["low"], one["high"]) == pytest.approx((low, high), rel=1e-9, abs=0)
    assert (one["lower"], one["equal"], one["higher"]) == ((b < a).sum(), 0, (b > a).sum())
    assert [m["name"] for m in found["models"]] == ["a", "b"]
    assert found["value"] == found["models"][0]["value"]


def test_a_weighted_difference_is_hc1_of_statsmodels(path: Path) -> None:
    api = pytest.importorskip("statsmodels.api")
    data = columns(path)
    d = losses(data["label"], data["b"]) - losses(data["label"], data["a"])

    fitted = api.WLS(d, np.ones(len(d)), weights=data["w"]).fit(cov_type="HC1", use_t=True)

    [one] = record("bce", path, "-p", "a", "-p", "b", "-w", "w")["differences"]
    assert one["mean"] == pytest.approx(fitted.params[0], rel=1e-9, abs=0)
    assert one["se"] == pytest.approx(fitted.bse[0], rel=1e-9, abs=0)
    assert (one["low"], one["high"]) == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-9, abs=0)


def test_each_model_is_as_if_it_were_alone(path: Path) -> None:
    both = record("bce", path, "-p", "a", "-p", "b", "-w", "w")["models"]
    alone = [record("bce", path, "-p", name, "-w", "w") for name in ("a", "b")]

    for one, single in zip(both, alone, strict=True):
        assert {key: one[key] for key in one if key != "name"} == {key: single[key] for key in one if key != "name"}


def test_quiet_prints_a_number_a_model(path: Path) -> None:
    result = run("bce", path, "-p", "a", "-p", "b", "-q")

    assert result.out.split() == [run("bce", path, "-p", name, "-q").out.strip() for name in ("a", "b")]


def test_models_of_classes_may_have_them_in_another_order(tmp_path: Path) -> None:
    text = "label,a_cat,a_dog,b_dog,b_cat\ncat,0.9,0.1,0.3,0.7\ndog,0.2,0.8,0.6,0.4\n"
    (tmp_path / "m.csv").write_text(text)

    found = record("ce", tmp_path / "m.csv", "-p", "a_*", "-p", "b_*")

    assert [m["name"] for m in found["models"]] == ["a_*", "b_*"]
    expected = [-(math.log(p) + math.log(q)) / 2 for p, q in ((0.9, 0.8), (0.7, 0.6))]
    assert [m["value"] for m in found["models"]] == pytest.approx(expected, rel=1e-13, abs=0)


def test_models_of_other_classes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("label,a_cat,a_dog,b_cow,b_cat\ncat,0.9,0.1,0.3,0.7\n")

    assert "matches nothing" in refusal("ce", tmp_path / "m.csv", "-p", "a_*", "-p", "b_*")
    assert "the same number of prediction columns" in refusal("ce", tmp_path / "m.csv", "-p", "a_*", "-p", "b_cow")
    (tmp_path / "n.csv").write_text("label,a_cat,a_dog,b_cow,b_ant\ncat,0.9,0.1,0.3,0.7\n")
    assert "different classes" in refusal("ce", tmp_path / "n.csv", "-p", "a_*", "-p", "b_*")


def test_a_row_that_one_model_lacks_is_dropped_for_all() -> None:
    text = "label,a,b\n1,0.9,0.8\n0,0.2,\n1,0.6,0.7\n"

    found = record("bce", "-p", "a", "-p", "b", "--na", "drop", stdin=text)

    assert (found["n"], found["dropped"], found["models"][1]["n"]) == (2, 1, 2)


def test_a_fault_of_another_model_names_its_column() -> None:
    text = "label,a,b\n1,0.9,0.8\n0,0.2,1.5\n"

    assert "<stdin>:3: column 'b': 1.5 is not a probability" in refusal("bce", "-p", "a", "-p", "b", stdin=text)


def test_what_is_infinite_for_both_models_is_an_error_and_for_one_is_told() -> None:
    both = "label,a,b\n1,0.9,0.8\n1,0,0\n"
    one = "label,a,b\n1,0.9,0.8\n1,0.5,0\n"

    assert "<stdin>:3" in refusal("bce", "-p", "a", "-p", "b", stdin=both)
    result = run("bce", "-p", "a", "-p", "b", "--fail-if-worse", "-f", "json", stdin=one)
    assert (result.code, result.json["differences"][0]["mean"], result.json["differences"][0]["se"]) == (1, None, None)
    assert any("b: the loss is infinite" in note for note in result.json["notes"])


def test_what_the_rows_of_all_models_have_in_common_is_said_once() -> None:
    text = "label,a,b\n1,0.9,0.8\n0,0.2,\n0,0.6,0.7\n"
    dropped, unseen = "1 row with a missing cell dropped", "no row has the label '7' that --ignore names"
    for options, said in (((), [dropped]), (("--ignore", "7"), [unseen, dropped])):
        err = run("bce", "-p", "a", "-p", "b", "-q", "--na", "drop", *options, stdin=text).err
        assert err.splitlines() == [f"losscli bce: {one}" for one in said]


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "limit", "code"),
    [
        (("a", "b"), (), 1),
        (("b", "a"), (), 0),
        (("a", "b"), ("0",), 1),
        (("b", "a"), ("0",), 0),
        (("a", "b"), ("100",), 0),
        (("a", "b"), ("-100",), 1),
    ],
)
def test_a_worse_model_ends_with_1(path: Path, models: tuple[str, str], limit: tuple[str, ...], code: int) -> None:
    data = columns(path)
    assert losses(data["label"], data["b"]).mean() > losses(data["label"], data["a"]).mean()

    result = run("bce", path, "-p", models[0], "-p", models[1], "-q", "--fail-if-worse", *limit)

    assert result.code == code
    assert ("is worse than" in result.err) == (code == 1)


def test_a_model_that_is_worse_by_less_than_the_interval_tells_passes() -> None:
    text = "label,a,b\n1,0.9,0.7\n0,0.2,0.1\n1,0.6,0.5\n0,0.3,0.5\n1,0.5,0.6\n"
    for limit, code in (((), 0), (("0",), 0), (("-0.01",), 0), (("-1",), 1)):
        result = run("bce", "-p", "a", "-p", "b", "-f", "json", "--fail-if-worse", *limit, stdin=text)
        difference = result.json["differences"][0]
        assert difference["mean"] > 0.01 and difference["low"] < -0.01
        assert result.code == code, limit


def test_models_that_the_data_do_not_tell_apart_pass() -> None:
    result = run("bce", "-p", "a", "-p", "b", "--fail-if-worse", stdin="label,a,b\n1,0.9,0.8\n0,0.2,0.1\n1,0.6,0.7\n")

    assert result.code == 0
    assert "no clear difference: the 95 % interval, " in result.out and "too narrow" in result.out


# --- quantiles and calibration ----------------------------------------------------------------------------------------


def test_quantiles_are_numpys(path: Path) -> None:
    data = columns(path)
    loss = losses(data["label"], data["a"])

    found = record("bce", path, "-p", "a", "--quantiles", "0,0.25, 0.5,0.99,1")["quantiles"]

    assert list(found) == ["0", "0.25", "0.5", "0.99", "1"]
    assert list(found.values()) == pytest.approx(np.quantile(loss, [0, 0.25, 0.5, 0.99, 1]).tolist(), rel=1e-13, abs=0)


@pytest.mark.parametrize("weights", [(), ("-w", "w")])
@pytest.mark.parametrize("bins", [5, 10, 15])
def test_calibration_of_binary_predictions(path: Path, bins: int, weights: tuple[str, ...]) -> None:
    metrics, isotonic = pytest.importorskip("sklearn.metrics"), pytest.importorskip("sklearn.isotonic")
    data = columns(path)
    y, p, w = data["label"], data["a"], data["w"] if weights else np.ones(N)
    whole = record("bce", path, "-p", "a", "--calibration", str(bins), *weights)
    found = whole["calibration"]

    bin_of = np.searchsorted(np.arange(1, bins) / bins, p, side="left")
    expected = sum(abs((w * (y - p))[bin_of == k].sum()) for k in range(bins)) / w.sum()
    assert found["ece"] == pytest.approx(expected, rel=1e-9, abs=0)
    assert [one["n"] for one in found["bins"]] == np.bincount(bin_of, minlength=bins).tolist()
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, p, sample_weight=w), rel=1e-9, abs=0)
    fitted = isotonic.IsotonicRegression().fit(p, y, sample_weight=w).predict(p)
    recalibrated = metrics.log_loss(y, np.clip(fitted, 1e-300, 1 - 1e-16), sample_weight=w)
    constant = metrics.log_loss(y, np.full(N, np.average(y, weights=w)), sample_weight=w)
    assert found["miscalibration"] == pytest.approx(whole["mean"] - recalibrated, rel=1e-9, abs=0)
    assert found["discrimination"] == pytest.approx(constant - recalibrated, rel=1e-9, abs=0)
    assert found["uncertainty"] == pytest.approx(constant, rel=1e-9, abs=0)
    assert found["miscalibration"] - found["discrimination"] + found["uncertainty"] == pytest.approx(
        whole["mean"], rel=1e-12, abs=0
    )


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_calibration_of_classes(bins: int) -> None:
    rows = list(csv.DictReader((DATA / "digits_naive_bayes.csv").read_text(encoding="utf-8").splitlines()))
    names = [name for name in rows[0] if name != "label"]
    probs = np.array([[float(row[name]) for name in names] for row in rows])
    found = record("ce", DATA / "digits_naive_bayes.csv", "--calibration", str(bins), "--eps", "1e-12")
    q = np.array([[row["label"] == name for name in found["classes"]] for row in rows], dtype=float)

    def error(p: np.ndarray, y: np.ndarray) -> float:
        at = np.searchsorted(np.arange(1, bins) / bins, p, side="left")
        return float(sum(abs((y - p)[at == k].sum()) for k in range(bins)) / len(p))

    top = probs.argmax(axis=1)
    each = np.arange(len(probs))
    calibration = found["calibration"]
    assert calibration["ece_top"] == pytest.approx(error(probs[each, top], q[each, top]), rel=1e-9, abs=0)
    assert calibration["ece_classwise"] == pytest.approx(
        np.mean([error(probs[:, k], q[:, k]) for k in range(len(names))]), rel=1e-9, abs=0
    )
    assert calibration["brier"] == pytest.approx(((q - probs) ** 2).sum(axis=1).mean(), rel=1e-9, abs=0)
    assert "ece" not in calibration and "miscalibration" not in calibration


def test_logits_are_calibrated_as_the_probabilities_they_are() -> None:
    probs = record("bce", DATA / "breast_cancer.csv", "--calibration")["calibration"]
    logits = record("bce", DATA / "breast_cancer_logits.csv", "--from", "logits", "--calibration")["calibration"]

    assert logits["brier"] == pytest.approx(probs["brier"], rel=1e-6, abs=0)
    assert logits["ece"] == pytest.approx(probs["ece"], rel=1e-6, abs=0)


def test_few_rows_overfit_a_decomposition_and_that_is_said() -> None:
    notes = record("bce", "1,0,1", "0.9,0.2,0.6", "--calibration")["notes"]

    assert any("overfits" in note for note in notes)


# --- weights at the ends of the floats --------------------------------------------------------------------------------

CLOSER = (("--by", "site"), ("-p", "b"), ("--calibration",), ("--worst", "2"), ("--by", "site", "--plot"))


@pytest.mark.parametrize("weight", ["1.7e308", "1e300", "5e-324", "1e-310"])
@pytest.mark.parametrize("options", CLOSER)
def test_weights_whose_products_are_no_floats_are_refused(options: tuple[str, ...], weight: str) -> None:
    text = f"site,label,a,b,w\nx,1,0.8,0.7,1\ny,0,0.3,0.2,{weight}\n"

    line = refusal("bce", "-p", "a", "-w", "w", *options, stdin=text)

    assert line.startswith("<stdin>:3: column 'w': a weight of ") and "scale the weights" in line


@pytest.mark.parametrize("weight", [1e150, 1e-150])
@pytest.mark.parametrize("options", CLOSER[:3])
def test_a_common_weight_however_large_changes_no_mean(options: tuple[str, ...], weight: float) -> None:
    rows = [("x", 1, 0.8, 0.7), ("y", 0, 0.3, 0.2), ("x", 0, 0.4, 0.6), ("y", 1, 0.7, 0.9)]
    text = "\n".join(["site,label,a,b,w", *(f"{','.join(map(str, row))},{weight!r}" for row in rows)])

    weighted, plain = (record("bce", "-p", "a", *w, *options, stdin=text) for w in (("-w", "w"), ()))

    def means(found: dict[str, Any]) -> list[float]:
        lines = (*found.get("groups", ()), *found.get("differences", ()))
        figures = [one[key] for one in lines for key in ("mean", "se", "low", "high")]
        names = ("ece", "brier", "miscalibration", "discrimination", "uncertainty")
        return figures + [found["calibration"][name] for name in names if "calibration" in found]

    assert means(weighted) == pytest.approx(means(plain), rel=1e-12, abs=1e-13)


def test_a_weight_times_a_class_weight_that_is_no_float_is_refused() -> None:
    text = "label,p_0,p_1,w\n1,0.2,0.8,1e200\n0,0.7,0.3,{}\n"

    for weight, factor in (("1e200", "1e200"), ("1e-200", "1e-200")):
        options = ("-p", "p_*", "-w", "w", "--class-weight", f"{factor},1")
        line = refusal("ce", *options, stdin=text.format(weight))
        assert line.startswith("<stdin>:3: column 'w': ") and "times the class weight" in line


# --- together ---------------------------------------------------------------------------------------------------------

ASKED = {
    "worst": ("--worst", "5", "--show", "id"),
    "by": ("--by", "site"),
    "models": ("-p", "b"),
    "quantiles": ("--quantiles", "0.1,0.5"),
    "calibration": ("--calibration", "5"),
}
ADDED = {"worst": "worst", "by": "groups", "models": "models", "quantiles": "quantiles", "calibration": "calibration"}


@pytest.mark.parametrize("pair", list(combinations(ASKED, 2)))
def test_any_two_questions_have_the_answers_of_each(path: Path, pair: tuple[str, str]) -> None:
    both = record("bce", path, "-p", "a", *(word for name in pair for word in ASKED[name]))

    for name in pair:
        alone = record("bce", path, "-p", "a", *ASKED[name])
        assert both[ADDED[name]] == alone[ADDED[name]]


EVERYTHING = ("-p", "a", "-w", "w", *(word for words in ASKED.values() for word in words))


@pytest.mark.slow
@pytest.mark.parametrize("way", [("--threads", "1"), ("--threads", "2"), ("--threads", "5")])
def test_threads_and_processes_change_no_digit(tmp_path: Path, way: tuple[str, ...]) -> None:
    path = tmp_path / "long.csv"
    path.write_text(table(60_000) + "\n", encoding="utf-8")

    found, piped = (
        process("bce", *where, *EVERYTHING, *way, "-f", "json", stdin=text)
        for where, text in (((str(path),), b""), ((), path.read_bytes()))
    )

    assert (found.code, found.err) == (0, "")
    one = json.loads(process("bce", path, *EVERYTHING, "--threads", "1", "-f", "json").out)
    assert without_sources(found) == without_sources(piped) == {k: v for k, v in one.items() if k != "sources"}


def without_sources(result: Result) -> Any:
    return {key: value for key, value in result.json.items() if key != "sources"}


@pytest.mark.parametrize("name", OF_TWO)
def test_all_questions_at_once_of_logits(path: Path, name: str) -> None:
    data = columns(path)
    rows = zip(*(data[key].tolist() for key in ("label", "site", "w", "id")), strict=True)
    logits = [np.log(data[key] / (1 - data[key])).tolist() for key in ("a", "b")]
    text = "label,site,w,id,a,b\n" + "".join(
        f"{y:g},{site},{w!r},{key},{a!r},{b!r}\n" for (y, site, w, key), a, b in zip(rows, *logits, strict=True)
    )
    probs, other = record("bce", path, *EVERYTHING), record(name, *EVERYTHING, "--from", "logits", stdin=text)

    assert [one["row"] for one in other["worst"]] == [one["row"] for one in probs["worst"]]
    for key in ("ece", "brier", "miscalibration", "discrimination"):
        assert other["calibration"][key] == pytest.approx(probs["calibration"][key], rel=1e-9, abs=0)
    assert other["differences"][0]["se"] == pytest.approx(probs["differences"][0]["se"], rel=1e-9, abs=0)


def test_what_makes_no_sense_is_refused(path: Path) -> None:
    cases = [
        (("--show", "id"), "--worst"),
        (("--fail-if-worse",), "-p for each"),
        (("--worst", "3", "-r", "none"), "-r none"),
        (("--by", "site", "--expect", "0.5"), "--expect"),
        (("--by", "site", "--explain"), "--explain"),
        (("--by", "site", "-q"), "--quiet"),
        (("--by", "site", "--worst", "2", "-f", "csv"), "-f json"),
        (("--quantiles", "0.5,2"), "--quantiles"),
        (("--quantiles", "half"), "--quantiles"),
        (("--by", "nowhere"), "nowhere"),
        (("-p", "a"), "two purposes"),
        (("-p", "label"), "two purposes"),
        (("-p", "b", "-p", "a"), "two purposes"),
        (("-p", "b", "-p", "b"), "two purposes"),
    ]
    for args, said in cases:
        assert said in refusal("bce", path, "-p", "a", *args), (args, said)


def test_likelihoods_have_no_calibration_and_may_have_worst_rows() -> None:
    assert "--calibration" in refusal("nll", "0.8,0.7", "--calibration")
    assert record("nll", "0.8,0.7", "--worst", "1")["worst"][0]["prob"] == 0.7


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("form", ["csv", "tsv", "md", "table"])
def test_every_format_has_a_place_for_each_question(path: Path, asked: str, form: str) -> None:
    result = run("bce", path, "-p", "a", *ASKED[asked], "-f", form)

    assert (result.code, result.err) == (0, "")
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(result.out)))
        found = record("bce", path, "-p", "a", *ASKED[asked])[ADDED[asked]]
        found = found["bins"] if asked == "calibration" else found
        assert len(rows) == len(found)


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_pictures_are_drawn_within_80_columns_with_their_values_beside_them(path: Path) -> None:
    plain = run("bce", path, "-p", "a", "-p", "b", "--by", "site", "--calibration", "5").out
    drawn = run("bce", path, "-p", "a", "-p", "b", "--by", "site", "--calibration", "5", "--plot").out

    pictures = drawn[len(plain.rsplit("note:", 1)[0]) :]
    for title in ("probability of the true label", "reliability", "mean loss of each group", "mean loss of each model"):
        assert title in pictures
    assert all(len(line) <= 80 for line in pictures.splitlines())
    shares = [float(line.split("%")[0].split()[-1]) for line in pictures.splitlines() if " to " in line and "%" in line]
    assert len(shares) == 10 and sum(shares) == pytest.approx(100.0, abs=0.6)


@pytest.mark.slow
def test_a_terminal_without_lines_gets_ascii(path: Path) -> None:
    drawn = process("bce", path, "-p", "a", "--by", "site", "--plot", env={"TERM": "dumb"})

    assert drawn.code == 0 and drawn.out.isascii() and "####" in drawn.out


def test_what_is_not_for_people_has_no_pictures(path: Path) -> None:
    for form in [("-f", "json"), ("-f", "csv"), ("-q",)]:
        assert "--plot" in refusal("bce", path, "-p", "a", "--plot", *form), form
