"""Quantiles and intervals: agreement with scipy where it is installed, and values from tables where it isn't."""

import math

import pytest
from mpmath import mp

from losscli.statistics.intervals import half_step, interval, normal_quantile, student_quantile, wilson

TAILS = [0.4, 0.25, 0.1, 0.05, 0.025, 0.005, 0.0005, 1e-6, 1e-9]
FREEDOMS = [*range(1, 33), 59, 60, 61, 99, 100, 149, 500, 999, 1000, 4999, 5000, 5001, 10**5, 10**6, 5 * 10**6, 10**9]


@pytest.mark.parametrize("tail", TAILS)
def test_the_normal_quantile_is_that_of_scipy(tail: float) -> None:
    stats = pytest.importorskip("scipy.stats")

    assert normal_quantile(tail) == pytest.approx(stats.norm.isf(tail), rel=1e-13, abs=0)
    assert normal_quantile(1.0 - tail) == pytest.approx(stats.norm.isf(1.0 - tail), rel=1e-12, abs=0)


@pytest.mark.parametrize("tail", TAILS)
def test_students_quantile_is_that_of_scipy(tail: float) -> None:
    stats = pytest.importorskip("scipy.stats")

    for freedom in FREEDOMS:
        expected = stats.t.isf(tail, freedom)
        assert student_quantile(tail, freedom) == pytest.approx(expected, rel=1e-12, abs=0), freedom


def test_students_quantile_has_a_formula_for_one_and_two_degrees_of_freedom() -> None:
    cases = [
        (0.025, 1, 12.706204736174693),  # tan(pi (1/2 - tail))
        (0.025, 2, 4.302652729749462),  # (1 - 2 tail) / sqrt(2 tail (1 - tail))
        (0.1, 1, 3.0776835371752527),
        (0.1, 2, 1.8856180831641265),
    ]
    for tail, freedom, expected in cases:
        assert student_quantile(tail, freedom) == pytest.approx(expected, rel=1e-13, abs=0), (tail, freedom, expected)


def test_the_ends_of_the_distributions() -> None:
    assert (normal_quantile(0.0), normal_quantile(1.0)) == (math.inf, -math.inf)
    assert (student_quantile(0.5, 3), student_quantile(0.0, 3)) == (0.0, math.inf)
    assert abs(normal_quantile(0.5)) < 1e-15


def test_an_interval_needs_two_rows_and_a_finite_mean() -> None:
    assert interval(1.0, 0.5, 3, 0.95) == pytest.approx((1.0 - 2.1513263648747310, 3.151326364874731), rel=1e-13, abs=0)
    for nothing in (
        interval(1.0, 0.5, 1, 0.95),
        interval(math.inf, math.nan, 9, 0.95),
        interval(1.0, math.nan, 9, 0.9),
    ):
        assert all(map(math.isnan, nothing))


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, count), expected in published.items():
        low, high = wilson(hits / count, count, 0.95)
        assert (round(low, 4), round(high, 4)) == expected
    assert all(map(math.isnan, wilson(0.0, 0, 0.95)))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_wilsons_interval_is_that_of_statsmodels(level: float) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")

    for hits, count in ((0, 5), (3, 5), (5, 5), (17, 1000), (999_999, 1_000_000)):
        expected = proportion.proportion_confint(hits, count, 1.0 - level, "wilson")
        assert wilson(hits / count, count, level) == pytest.approx(expected, rel=1e-11, abs=1e-16)


@pytest.mark.parametrize("a", [29.5, 30.0, 30.5, 47.0, 400.0, 2500.0])
def test_the_half_step_of_the_logarithm_of_gamma_has_all_its_digits(a: float) -> None:
    with mp.workdps(40):
        right = float(mp.loggamma(mp.mpf(a) + 0.5) - mp.loggamma(a))
    assert half_step(a) == pytest.approx(right, rel=5e-15 if a >= 30.0 else 1e-13, abs=0)


def test_wilsons_interval_of_none_begins_at_0_and_that_of_all_ends_at_1() -> None:
    for count in (1, 3, 48, 1000):
        assert wilson(0.0, count, 0.95)[0] == 0.0
        assert wilson(1.0, count, 0.95)[1] == 1.0
