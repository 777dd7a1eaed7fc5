"""A closer look against scipy, statsmodels, scikit-learn, pandas, model-diagnostics and published calibration errors.

The tables are those of `tests/data` and a random one, each with and without weights.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA, record

pytestmark = pytest.mark.slow

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Predicted:
    """Labels, the predictions of two models, a group and a weight for each row."""

    y: Array
    a: Array
    b: Array
    group: list[str]
    w: Array

    def written(self, path: Path) -> Path:
        cells = zip(self.y, self.a, self.b, self.group, self.w, strict=True)
        lines = [f"{y:g},{float(a)!r},{float(b)!r},{group},{float(w)!r}\n" for y, a, b, group, w in cells]
        path.write_text("label,a,b,site,w\n" + "".join(lines), encoding="utf-8")
        return path


def column(name: str, key: str) -> list[str]:
    return [row[key] for row in csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines())]


def numbers(name: str, key: str) -> Array:
    return np.array(column(name, key), dtype=float)


def drawn_weights(n: int) -> Array:
    weights: Array = np.random.default_rng(n).exponential(size=n)
    weights[::7] = 0.0
    return weights


def clicks() -> Predicted:
    y, old, new = (numbers("clicks.csv", key) for key in ("clicked", "old", "new"))
    return Predicted(y, old, new, column("clicks.csv", "site"), drawn_weights(len(y)))


def breast_cancer() -> Predicted:
    y, p = numbers("breast_cancer.csv", "label"), numbers("breast_cancer.csv", "prob")
    return Predicted(y, p, 0.9 * p + 0.05, [str(at % 11) for at in range(len(y))], drawn_weights(len(y)))


def random() -> Predicted:
    rng = np.random.default_rng(11)
    p = rng.beta(0.4, 0.6, size=3000).clip(1e-12, 1.0 - 1e-12)
    y = (rng.random(3000) < p**1.5).astype(float)
    other = np.round(p, 2).clip(0.005, 0.995)  # with many equal predictions
    return Predicted(y, p, other, rng.choice(["x", "y", "z", ""], size=3000).tolist(), drawn_weights(3000))


TABLES = {"clicks": clicks, "breast cancer": breast_cancer, "random": random}


@dataclass(frozen=True)
class Case:
    """A table on the disk, what it holds, its weights (1 without them) and the option that names them."""

    path: Path
    of: Predicted
    w: Array
    options: tuple[str, ...]

    def asked(self, *options: str) -> Any:
        return record("bce", self.path, *options, *self.options)

    def losses(self, p: Array) -> Array:
        return -(self.of.y * np.log(p) + (1.0 - self.of.y) * np.log1p(-p))


@pytest.fixture(params=[(name, weighted) for name in TABLES for weighted in (False, True)], ids=str)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    name, weighted = request.param
    of = TABLES[name]()
    path = of.written(tmp_path / "t.csv")
    return Case(path, of, of.w, ("-w", "w")) if weighted else Case(path, of, np.ones(len(of.y)), ())


def test_a_difference_of_models_is_that_of_scipy_and_statsmodels(case: Case) -> None:
    api = pytest.importorskip("statsmodels.api")
    stats = pytest.importorskip("scipy.stats")
    d = case.losses(case.of.b) - case.losses(case.of.a)
    counted = case.w > 0.0
    fitted = api.WLS(d[counted], np.ones(counted.sum()), weights=case.w[counted]).fit(cov_type="HC1", use_t=True)

    for level in (0.9, 0.95):
        [one] = case.asked("-p", "a", "-p", "b", "--ci", str(level))["differences"]
        assert one["mean"] == pytest.approx(fitted.params[0], rel=1e-9, abs=0)
        assert one["se"] == pytest.approx(fitted.bse[0], rel=1e-9, abs=0)
        assert (one["low"], one["high"]) == pytest.approx(tuple(fitted.conf_int(1.0 - level)[0]), rel=1e-9, abs=0)
        if not case.options:
            test = stats.ttest_rel(case.losses(case.of.b), case.losses(case.of.a))
            assert one["mean"] / one["se"] == pytest.approx(test.statistic, rel=1e-9, abs=0)
            assert (one["low"], one["high"]) == pytest.approx(tuple(test.confidence_interval(level)), rel=1e-9, abs=0)


def test_groups_are_those_of_pandas_and_their_errors_those_of_statsmodels(case: Case) -> None:
    pandas, api = pytest.importorskip("pandas"), pytest.importorskip("statsmodels.api")
    loss = case.losses(case.of.a)
    frame = pandas.DataFrame({"site": case.of.group, "loss": loss, "w": case.w, "cost": loss * case.w})
    expected = frame.groupby("site").agg(n=("loss", "size"), cost=("cost", "sum"), w=("w", "sum"))

    groups = case.asked("-p", "a", "--by", "site")["groups"]

    assert len(groups) == len(expected)
    for one in groups:
        row, own = expected.loc[one["group"]["site"] or ""], frame[frame["site"] == (one["group"]["site"] or "")]
        own = own[own["w"] > 0.0]
        fitted = api.WLS(own["loss"].values, np.ones(len(own)), weights=own["w"].values).fit(cov_type="HC1")
        assert one["n"] == row["n"]
        assert one["sum"] == pytest.approx(row["cost"], rel=1e-9, abs=0)
        assert one["mean"] == pytest.approx(row["cost"] / row["w"], rel=1e-9, abs=0)
        assert one["share"] == pytest.approx(row["cost"] / frame["cost"].sum(), rel=1e-9, abs=0)
        assert one["se"] == pytest.approx(fitted.bse[0], rel=1e-9, abs=0)


@pytest.mark.parametrize("model", ["a", "b"])
def test_the_decomposition_is_that_of_model_diagnostics(case: Case, model: str) -> None:
    scoring = pytest.importorskip("model_diagnostics.scoring")
    kept = case.w > 0.0  # it can't do without
    y, p, w = (column[kept] for column in (case.of.y, getattr(case.of, model), case.w))
    parts = scoring.decompose(y, p, weights=w, scoring_function=scoring.LogLoss())

    found = case.asked("-p", model, "--calibration")["calibration"]

    for key in ("miscalibration", "discrimination", "uncertainty"):
        assert found[key] == pytest.approx(parts[key][0], rel=1e-9, abs=0)


@pytest.mark.parametrize("model", ["a", "b"])
def test_the_brier_score_and_the_isotonic_regression_are_those_of_scikit_learn(case: Case, model: str) -> None:
    metrics, isotonic = pytest.importorskip("sklearn.metrics"), pytest.importorskip("sklearn.isotonic")
    y, p = case.of.y, getattr(case.of, model)
    fitted = isotonic.IsotonicRegression().fit(p, y, sample_weight=case.w).predict(p)
    kept = case.w > 0.0
    recalibrated = metrics.log_loss(y[kept], np.clip(fitted[kept], 1e-300, 1.0 - 1e-16), sample_weight=case.w[kept])

    whole = case.asked("-p", model, "--calibration")

    found = whole["calibration"]
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, p, sample_weight=case.w), rel=1e-9, abs=0)
    assert whole["mean"] - found["miscalibration"] == pytest.approx(recalibrated, rel=1e-9, abs=0)


def test_reliability_is_the_calibration_curve_of_scikit_learn() -> None:
    curve = pytest.importorskip("sklearn.calibration").calibration_curve
    y, p = numbers("breast_cancer.csv", "label"), numbers("breast_cancer.csv", "prob")

    for bins in (5, 10, 15):
        observed, predicted = curve(y, p, n_bins=bins)
        found = record("bce", DATA / "breast_cancer.csv", "--calibration", str(bins))["calibration"]
        lines = [one for one in found["bins"] if one["n"]]
        assert [one["observed"] for one in lines] == pytest.approx(observed.tolist(), rel=1e-12, abs=0)
        assert [one["predicted"] for one in lines] == pytest.approx(predicted.tolist(), rel=1e-12, abs=0)


# --- calibration errors, as published ---------------------------------------------------------------------------------
#
# torchmetrics 1.9.0: binary_calibration_error(torch.tensor(p), torch.tensor(y), n_bins=B, norm="l1"), which is also
# applied to each class for the last column; netcal 1.4.0: ECE(B).measure(p, y), for classes with p of shape (n, k).
# Their bins are [a, b), those here (a, b]: they agree where no prediction lies on an edge inside (0, 1), as here.

BINARY = {5: 0.010503056484168136, 10: 0.021898166606650293, 15: 0.022308338206338225}  # breast_cancer.csv, of both

CLASSES = {  # by table and bins: the error of the top class by netcal, the mean of the classes' by torchmetrics
    ("digits.csv", 5): (0.016185859977573273, 0.004973057315148502),
    ("digits.csv", 10): (0.017125466128864644, 0.006540397607442294),
    ("digits.csv", 15): (0.0172642837343375, 0.007952746225182866),
    ("digits_naive_bayes.csv", 5): (0.18129535967766655, 0.03634622067369956),
    ("digits_naive_bayes.csv", 10): (0.181295359677667, 0.03658518366393563),
    ("digits_naive_bayes.csv", 15): (0.18129535967766702, 0.036799714284681026),
    ("iris.csv", 5): (0.08509849509194042, 0.06146551661804123),
    ("iris.csv", 10): (0.08509849509194037, 0.06281765563733903),
    ("iris.csv", 15): (0.08509849509194037, 0.07344405458211506),
}


@pytest.mark.parametrize("bins", BINARY)
def test_the_calibration_error_is_that_of_torchmetrics_and_netcal(bins: int) -> None:
    found = record("bce", DATA / "breast_cancer.csv", "--calibration", str(bins))["calibration"]

    assert found["ece"] == pytest.approx(BINARY[bins], rel=1e-12, abs=0)


@pytest.mark.parametrize(("name", "bins"), CLASSES)
def test_calibration_errors_of_classes_are_those_of_netcal_and_torchmetrics(name: str, bins: int) -> None:
    options = ("-y", "species") if name == "iris.csv" else ()
    found = record("ce", DATA / name, "--calibration", str(bins), *options)["calibration"]

    assert (found["ece_top"], found["ece_classwise"]) == pytest.approx(CLASSES[name, bins], rel=1e-11, abs=0)


def test_a_prediction_on_an_edge_belongs_to_the_bin_below_it() -> None:
    found = record("bce", "1,0,1,0", "0.2,0.4,0.6,0.2000001", "--calibration", "5")["calibration"]

    assert [one["n"] for one in found["bins"]] == [1, 2, 1, 0, 0]  # of bins [a, b) it would be [0, 2, 1, 1, 0]
    assert found["ece"] == pytest.approx((0.8 + abs(0.0 - 0.6000001) + 0.4) / 4.0, rel=1e-12, abs=0)


# --- temperature ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("weights", [False, True])
def test_a_temperature_has_the_losses_of_scikit_learn_and_none_near_it_is_better(weights: bool, tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    y, z = (numbers("breast_cancer_logits.csv", key) for key in ("label", "logit"))
    w = drawn_weights(len(y)) if weights else np.ones(len(y))
    rows = zip(y, z, w, strict=True)
    (tmp_path / "t.csv").write_text(
        "label,logit,w\n" + "".join(f"{a:g},{float(b)!r},{float(c)!r}\n" for a, b, c in rows)
    )

    found = record("fit", "temperature", tmp_path / "t.csv", "-p", "logit", *(("-w", "w") if weights else ()))

    def loss(temperature: float) -> float:
        p = 1.0 / (1.0 + np.exp(-z / temperature))
        return float(metrics.log_loss(y, np.column_stack([1.0 - p, p]), sample_weight=w))

    best = found["temperature"]
    assert found["loss_before"] == pytest.approx(loss(1.0), rel=1e-9, abs=0)
    assert found["loss_after"] == pytest.approx(loss(best), rel=1e-9, abs=0)
    assert min(loss(best * factor) for factor in (0.999, 1.001)) > loss(best)
