"""What the accumulators answer, against numpy, scikit-learn and definitions worked out row by row."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import examples, npz, record, write
from hypothesis import given
from hypothesis import strategies as st

from losscli.statistics.breakdown import grouped, highest, paired, undefined
from losscli.statistics.calibration import bin_of, binned, bins_of, calibration_error
from losscli.statistics.isotonic import Pairs, ordered, pairs_of
from losscli.statistics.moments import tallied
from losscli.statistics.quantiles import EXACT, quantile, quantiles_of

SEED = 20


@examples(200)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, math.inf]), max_size=900), st.integers(1, 5))
def test_the_highest_values_are_the_first_of_the_sorted_ones(values: list[float], most: int) -> None:
    found = highest(np.array(values, dtype=float), most)

    wanted = sorted(range(len(values)), key=lambda at: (-values[at], at))[:most]
    assert sorted(found.tolist(), key=lambda at: (-values[at], at))[:most] == wanted
    assert len(found) <= 2 * most or len(found) == len(values)


@pytest.mark.parametrize("count", [1, 2, 5, 10, 15, 20, 100, 1000])
def test_an_edge_belongs_to_the_bin_below_it(count: int) -> None:
    edges = np.array([k / count for k in range(count + 1)])

    assert bin_of(edges, count).tolist() == [0, *range(count)]
    assert bin_of(np.nextafter(edges[:-1], 1.0), count).tolist() == list(range(count))
    assert bin_of(np.nextafter(edges[1:], 0.0), count).tolist() == list(range(count))


def test_three_tenths_lie_in_the_third_of_ten_bins() -> None:
    assert bin_of(np.array([0.1 + 0.2, 0.3, 0.7, 0.6]), 10).tolist() == [3, 2, 6, 5]


def test_a_calibration_error_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(SEED)
    p, w = rng.random(500), rng.random(500)
    y = (rng.random(500) < p**2).astype(float)
    bins = binned(10, [(p, y)], w)

    expected = sum(
        w[here].sum() / w.sum() * abs(np.average(y[here], weights=w[here]) - np.average(p[here], weights=w[here]))
        for here in ((p > k / 10) & (p <= (k + 1) / 10) for k in range(10))
    )
    assert calibration_error(bins) == pytest.approx(expected, rel=1e-12, abs=0)
    assert [one.n for one in bins_of(bins)] == np.histogram(p, np.arange(11) / 10)[0].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 40, 3000, 1_200_000])
@pytest.mark.parametrize("kind", ["hard", "soft", "weighted"])
def test_isotonic_regression_is_that_of_scikit_learn(n: int, kind: str) -> None:
    model = pytest.importorskip("sklearn.isotonic").IsotonicRegression()
    rng = np.random.default_rng(n)
    p = np.round(rng.random(n), 3 if n < 5000 else 6)
    y = rng.random(n) if kind == "soft" else (rng.random(n) < p**2).astype(float)
    w = rng.random(n) + 0.01 if kind == "weighted" else None
    pieces = [slice(low, low + 70_001) for low in range(0, n, 70_001)]

    pools, _ = ordered(sum((pairs_of(p[s], y[s], None if w is None else w[s]) for s in pieces), Pairs()))

    fitted = np.sort(model.fit(p, y, sample_weight=w).predict(p))
    found = np.repeat(pools.level, 1)
    assert found == pytest.approx(distinct(fitted), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("weights", [None, np.array([2.0, 1.0, 3.0, 1.0])])
def test_a_zero_with_a_sign_and_one_missed_by_rounding_are_the_same_prediction(weights: np.ndarray | None) -> None:
    p, y = np.array([0.0, -0.0, -1e-9, 0.5]), np.array([0.0, 1.0, 0.0, 1.0])

    pools, _ = ordered(pairs_of(p, y, weights))

    assert pools.weight.tolist() == ([3.0, 1.0] if weights is None else [6.0, 1.0])
    assert pools.happened.tolist() == [1.0, 1.0]


def distinct(values: np.ndarray) -> np.ndarray:
    """Sorted values, those that differ by rounding alone being one."""
    return values[np.concatenate([[True], np.diff(values) > 1e-12])]


def test_quantiles_are_numpys_where_all_values_are_held() -> None:
    values = np.random.default_rng(SEED).exponential(size=5000)
    q = quantiles_of(values)

    for share in (0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0):
        assert quantile(q, share) == np.quantile(values, share)


@pytest.mark.parametrize("power", [1, 9])
def test_quantiles_of_many_values_are_right_to_a_thousandth(power: int) -> None:
    values = np.random.default_rng(SEED).exponential(size=3 * EXACT) ** power
    values[:1000] = 0.0
    q = sum((quantiles_of(part) for part in np.array_split(values, 7)), quantiles_of(values[:0]))

    for share in (0.001, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0):
        assert quantile(q, share) == pytest.approx(np.quantile(values, share), rel=1e-3, abs=0)


def test_infinite_values_are_the_highest_quantiles() -> None:
    few, many = np.array([1.0, 2.0, math.inf]), np.append(np.ones(EXACT), math.inf)

    assert [quantile(quantiles_of(few), share) for share in (0.25, 0.5, 0.75, 1.0)] == [1.5, 2.0, math.inf, math.inf]
    assert quantile(quantiles_of(many), 0.5) == pytest.approx(1.0, rel=1e-3, abs=0)
    assert quantile(quantiles_of(many), 1.0) == math.inf
    assert math.isnan(quantile(quantiles_of(few[:0]), 0.5))


def test_words_that_are_the_same_are_one_group() -> None:
    codes = np.array([0, 1, 2, 0], dtype=np.intp)

    found = grouped(5, np.array([1.0, 2.0, 4.0, 8.0]), None, [(codes, ("a", None, "a"))])

    assert {key: (t.n, t.total) for key, t in found.tallies.items()} == {("a",): (3, 13.0), (None,): (1, 2.0)}


def test_a_paired_difference_is_that_of_a_one_sample_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(SEED)
    a, b = rng.exponential(size=300), rng.exponential(size=300)
    found = paired(a, b, None, None)

    result = stats.ttest_rel(a, b)
    assert found.difference.mean / found.difference.error == pytest.approx(result.statistic, rel=1e-10, abs=0)
    assert (found.lower, found.equal, found.higher) == (int((a < b).sum()), 0, int((a > b).sum()))


def test_what_is_infinite_in_both_has_no_difference() -> None:
    a, b = np.array([1.0, math.inf, math.inf]), np.array([math.inf, 2.0, math.inf])

    assert undefined(a, b, None) == 2
    assert undefined(a, b, np.array([1.0, 1.0, 0.0])) is None
    one_way = paired(b[:1], a[:1], None, None)
    assert (one_way.difference.mean, one_way.higher) == (math.inf, 1)
    assert math.isnan(one_way.difference.error)
    assert math.isnan(paired(a[:2], b[:2], None, None).difference.mean)


def test_the_error_of_a_weighted_mean_is_hc1_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(SEED)
    values, weights = rng.exponential(size=400), rng.random(400) * 5

    fitted = api.WLS(values, np.ones(400), weights=weights).fit(cov_type="HC1")

    found = tallied(values * weights, weights)
    assert found.mean == pytest.approx(fitted.params[0], rel=1e-12, abs=0)
    assert found.error == pytest.approx(fitted.bse[0], rel=1e-10, abs=0)


def test_the_lowest_rank_above_many_zeros_is_not_0() -> None:
    some = quantiles_of(np.repeat([0.0, 1.0], [60_000, 60_001]))

    assert quantile(some, 0.49) == 0.0
    assert quantile(some, 0.5) == pytest.approx(1.0, rel=1e-3, abs=0)


@pytest.mark.slow
def test_a_row_as_often_as_its_weight_says_is_one_row_of_that_weight(here: Path) -> None:
    """So many rows that they are gone through in stretches, between which equal predictions lie."""
    random = np.random.default_rng(11)
    label, prob = random.integers(0, 2, 500), np.round(random.random(500), 2)
    count = random.integers(1, 2400, 500)
    write("few.npz", npz(label=label, prob=prob, w=count.astype(float)))
    write("many.npz", npz(label=np.repeat(label, count), prob=np.repeat(prob, count)))
    assert count.sum() > 1 << 19

    few = record("bce", "few.npz", "-w", "w", "--calibration", "7")
    many = record("bce", "many.npz", "--calibration", "7")

    for name in ("ece", "miscalibration", "discrimination", "uncertainty", "brier", "auc"):
        assert many["calibration"][name] == pytest.approx(few["calibration"][name], rel=1e-11, abs=0), name


def test_the_area_under_a_curve_without_an_error_is_1_whatever_the_weights() -> None:
    random = np.random.default_rng(SEED)
    for n in range(2, 60):
        prob, weight = np.sort(random.random(n)), random.random(n) * 10.0 ** random.integers(-9, 9, n)
        label = (np.arange(n) >= n // 2).astype(float)
        area = ordered(pairs_of(prob, label, weight))[1]
        assert area == pytest.approx(1.0, rel=1e-12) and area <= 1.0
