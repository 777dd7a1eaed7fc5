"""Summaries: a monoid, exact to the last bit, whatever the order and the cuts of the rows."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from conftest import crossed, examples, scaled
from hypothesis import assume, example, given
from hypothesis import strategies as st

from losscli.statistics.exact import ONE, as_float, exact_sum, exact_sums, in_units, ratio
from losscli.statistics.moments import SQUARES, Tally, tallied, tallies
from losscli.statistics.summary import (
    EMPTY,
    RowCounts,
    Rows,
    Summary,
    divisor,
    standard_error,
    std,
    summarize,
)

Array = np.ndarray
ORDINARY = st.one_of(st.just(0.0), st.floats(1e-100, 1e100), st.floats(1e-9, 50.0))
LOSS = st.one_of(ORDINARY, st.just(math.inf), st.sampled_from([0.0, 1e-100, 0.1, 1e15]))
WEIGHT = st.one_of(st.just(0.0), st.floats(1e-30, 1e6), st.sampled_from([0.0, 1.0, 2.5]))
EXTREME = st.one_of(st.floats(0.0, 1e300), st.sampled_from([0.0, 5e-324, 1e-300, 1e150, 1e300, math.inf]))
KINDS = st.sampled_from(["plain", "weighted", "grouped", "both", "label_weight"])


def rows_of(losses: list[float], weights: list[float], codes: list[int], kind: str) -> Rows:
    """Rows of one kind; the row numbers count on from 0."""
    n = len(losses)
    weight = np.array(weights, dtype=float) if kind in ("weighted", "both", "label_weight") else None
    group = np.array(codes, dtype=np.intp) if kind in ("grouped", "both") else None
    return Rows(
        loss=np.array(losses, dtype=float),
        row=np.arange(n),
        weight=weight,
        divisor_weight=weight,
        class_index=group,
        class_count=3 if group is not None else 0,
        label_weight=np.array(codes, dtype=float) / 2.0 if kind == "label_weight" else None,
        counts=RowCounts(n),
        sums=np.array(losses, dtype=float) if kind == "plain" and np.isfinite(losses).all() else None,
    )


def cut(rows: Rows, low: int, high: int) -> Rows:
    """The rows from `low` to `high` as a block of their own."""
    parts: dict[str, Any] = {
        name: None if getattr(rows, name) is None else getattr(rows, name)[low:high]
        for name in ("loss", "weight", "divisor_weight", "class_index", "label_weight", "sums")
    }
    return rows._replace(**parts, row=rows.row[low:high] - low, counts=RowCounts(high - low))


@st.composite
def tables(draw: st.DrawFn, least: int = 0, loss: st.SearchStrategy[float] = LOSS) -> Rows:
    n = draw(st.integers(least, 12))
    losses = draw(st.lists(loss, min_size=n, max_size=n))
    weights = draw(st.lists(WEIGHT, min_size=n, max_size=n))
    if weights and not any(weights):
        weights[0] = 1.0  # weights that sum to 0 are refused before a mean is asked for
    codes = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return rows_of(losses, weights, codes, draw(KINDS))


# --- the monoid -------------------------------------------------------------------------------------------------------


@given(tables())
def test_the_empty_summary_is_the_identity(rows: Rows) -> None:
    summary = summarize(rows)

    assert summary + EMPTY == summary
    assert EMPTY + summary == summary
    assert EMPTY + EMPTY == EMPTY


@given(tables(), st.data())
def test_a_table_cut_anywhere_has_the_summary_of_the_whole(rows: Rows, data: st.DataObject) -> None:
    n = len(rows.loss)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=4)))

    parts = [summarize(cut(rows, low, high)) for low, high in zip([0, *cuts], [*cuts, n], strict=True)]

    assert sum(parts, EMPTY) == EMPTY + summarize(rows)


@example(rows_of([1e-322, 1e136], [0.3, 1.0], [0, 0], "weighted"), 1)
@given(tables(loss=EXTREME), st.integers(0, 12))
def test_a_table_of_extreme_losses_cut_anywhere_has_the_summary_of_the_whole(rows: Rows, at: int) -> None:
    at = min(at, len(rows.loss))

    assert summarize(cut(rows, 0, at)) + summarize(cut(rows, at, len(rows.loss))) == EMPTY + summarize(rows)


@given(tables(), st.data())
def test_it_does_not_matter_which_sums_are_made_first(rows: Rows, data: st.DataObject) -> None:
    n = len(rows.loss)
    first, second = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    a, b, c = (summarize(cut(rows, *at)) for at in ((0, first), (first, second), (second, n)))

    assert (a + b) + c == a + (b + c)


def group_means(summary: Summary) -> tuple[tuple[int, float], ...]:
    """The rows of each group and their mean loss."""
    return tuple((group.n, group.mean) for group in summary.per_class)


FIGURES = (lambda s: (s.total.sum, s.total.mean), std, standard_error, divisor, group_means)


def shown(summary: Summary) -> list[str]:
    """The figures of a summary, spelt so that nan equals nan."""
    return [repr(figure(summary)) for figure in FIGURES]


@given(tables(least=1), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_digit(rows: Rows, random: Any) -> None:
    order = list(range(len(rows.loss)))
    random.shuffle(order)
    parts: dict[str, Any] = {
        name: None if getattr(rows, name) is None else getattr(rows, name)[order]
        for name in ("loss", "weight", "divisor_weight", "class_index", "label_weight", "sums")
    }
    mixed = rows._replace(**parts)

    assert shown(summarize(mixed)) == shown(summarize(rows))


def test_very_many_rows_in_any_order_have_one_sum() -> None:
    """Of a million numbers with `--full`."""
    generator = np.random.default_rng(7)
    losses = generator.exponential(size=scaled(1_000_000)) ** 9
    sums = {summarize(Rows(part, np.arange(len(part)))).total.sum for part in (losses, losses[::-1], np.sort(losses))}

    assert sums == {math.fsum(losses)}


# --- the figures ------------------------------------------------------------------------------------------------------


def exactly(rows: Rows) -> tuple[Fraction, Fraction, Fraction, Fraction | None]:
    """Sum, divisor, squared standard error and variance as fractions, by their textbook formulas."""
    losses = list(map(Fraction, rows.loss.tolist()))
    weights = [Fraction(1)] * len(losses) if rows.weight is None else list(map(Fraction, rows.weight.tolist()))
    n, share = len(losses), sum(weights)
    whole = sum((w * x for w, x in zip(weights, losses, strict=True)), Fraction(0))
    middle = whole / share
    plain = sum(losses, Fraction(0)) / n
    variance = sum((x - plain) ** 2 for x in losses) / (n - 1) if n > 1 else None
    if rows.weight is None:
        square = variance / n if variance is not None else Fraction(0)
    else:
        square = sum(w * w * (x - middle) ** 2 for w, x in zip(weights, losses, strict=True)) / share**2
        square *= Fraction(n, n - 1) if n > 1 else 0
    return whole, share, Fraction(square), None if variance is None else Fraction(variance)


MODERATE = st.one_of(st.floats(1e-3, 50.0), st.sampled_from([0.1, 0.2, 0.3, 700.0]), st.floats(1e-100, 1e-90))


@given(st.lists(MODERATE, min_size=1, max_size=12), st.data(), st.sampled_from(["plain", "weighted"]))
def test_the_figures_are_those_of_the_textbook_rounded_once(losses: list[float], data: Any, kind: str) -> None:
    n = len(losses)
    weights = data.draw(st.lists(st.floats(1e-3, 1e3), min_size=n, max_size=n))
    if kind == "weighted":  # the weighted loss is a float, so let the products be exact
        losses = [round(loss * 1024) / 1024 for loss in losses]
        weights = [round(weight * 1024) / 1024 + 1 for weight in weights]
    rows = rows_of(losses, weights, [0] * n, kind)
    summary = summarize(rows)
    whole, share, square, variance = exactly(rows)

    assert summary.total.sum == float(whole)
    assert divisor(summary) == float(share)
    assert summary.total.mean == float(whole / share)
    if variance is None:
        assert math.isnan(std(summary))
    elif variance > (sum(map(Fraction, losses)) / n / 1000) ** 2:  # below that products lose the digits
        assert std(summary) == pytest.approx(math.sqrt(variance), rel=1e-10, abs=0)
    if variance is not None and square > (whole / share / 1000) ** 2:
        assert standard_error(summary) == pytest.approx(math.sqrt(square), rel=1e-10, abs=0)


@pytest.mark.parametrize("count", [2, 3, 10, 1000])
def test_the_spread_of_losses_within_a_thousandth_of_each_other_has_ten_digits(count: int) -> None:
    losses = (0.7 + 0.0007 * np.random.default_rng(count).standard_normal(count)).tolist()
    _, _, square, variance = exactly(rows_of(losses, [], [], "plain"))
    found = summarize(rows_of(losses, [], [], "plain"))

    assert variance is not None
    assert std(found) == pytest.approx(math.sqrt(variance), rel=1e-10, abs=0)
    assert standard_error(found) == pytest.approx(math.sqrt(square), rel=1e-10, abs=0)


@pytest.mark.parametrize("step", [1e-14, 1e-12, 1e-9, 1e-8, 1e-6, 1e-3])
def test_losses_that_hardly_differ_have_the_spread_that_they_have(step: float) -> None:
    losses = [0.7, 0.7 * (1.0 + step), 0.7, 0.7 * (1.0 - step), 0.7 * (1.0 + 3.0 * step)]
    rows = rows_of(losses, [], [], "plain")
    _, _, square, variance = exactly(rows)
    found = summarize(rows)

    assert variance is not None
    assert std(found) == pytest.approx(math.sqrt(variance), rel=1e-15, abs=0)
    assert standard_error(found) == pytest.approx(math.sqrt(square), rel=1e-15, abs=0)
    weighted = rows_of(losses, [0.5, 2.0, 8.0, 1.0, 4.0], [0], "weighted")  # powers of 2: weighted losses are exact
    assert standard_error(summarize(weighted)) == pytest.approx(math.sqrt(exactly(weighted)[2]), rel=1e-15, abs=0)
    for at in range(6):
        for one in (rows, weighted):
            both = summarize(cut(one, 0, at)) + summarize(cut(one, at, 5))
            assert (std(both), standard_error(both)) == (std(summarize(one)), standard_error(summarize(one)))


def test_values_that_hardly_differ_have_an_error_alone_and_by_groups() -> None:
    values, weights = np.array([1e-3, 1e-3 + 1e-12, 1e-3 - 1e-12]), np.array([1.0, 2.0, 4.0])
    _, _, square, variance = exactly(rows_of(values.tolist(), weights.tolist(), [0], "weighted"))
    twice, codes = np.tile(values, 2), np.repeat([0, 1], 3)
    assert variance is not None

    plain = [tallied(values, None), *tallies(twice, None, codes, 2)]
    weighted = [
        tallied(values * weights, weights),
        *tallies(twice * np.tile(weights, 2), np.tile(weights, 2), codes, 2),
    ]

    assert [one.error for one in plain] == [pytest.approx(math.sqrt(variance / 3), rel=1e-15, abs=0)] * 3
    assert [one.error for one in weighted] == [pytest.approx(math.sqrt(square), rel=1e-15, abs=0)] * 3


@pytest.mark.parametrize("heavy", [2.0**20, 2.0**30, 2.0**37])
def test_one_weight_far_above_the_others_leaves_the_error_that_they_have(heavy: float) -> None:
    losses, weights = [0.25, 0.375, 1.5, 0.75], [heavy, 1.0, 0.5, 2.0]
    rows = rows_of(losses, weights, [0], "weighted")
    error = pytest.approx(math.sqrt(exactly(rows)[2]), rel=1e-15, abs=0)
    v, d, codes = np.multiply(losses, weights), np.array(weights), np.repeat([0, 1], 4)

    assert standard_error(summarize(rows)) == error
    assert tallied(v, d).error == error
    assert [one.error for one in tallies(np.tile(v, 2), np.tile(d, 2), codes, 2)] == [error, error]
    for at in range(5):
        assert standard_error(summarize(cut(rows, 0, at)) + summarize(cut(rows, at, 4))) == error


def test_losses_that_differ_by_their_rounding_alone_have_no_spread() -> None:
    found = summarize(rows_of([-math.log(0.8), -math.log1p(-0.2)], [], [], "plain"))

    assert found.spread.min < found.spread.max
    assert (std(found), standard_error(found)) == (0.0, 0.0)


def test_equal_losses_have_no_spread() -> None:
    equal = rows_of([0.3] * 7, [0.1, 0.7, 3.0, 1.0, 0.0, 11.0, 0.3], [0] * 7, "weighted")

    assert std(summarize(rows_of([0.3] * 7, [], [], "plain"))) == 0.0
    assert (std(summarize(equal)), standard_error(summarize(equal))) == (0.0, 0.0)


@given(st.lists(MODERATE, min_size=2, max_size=12))
def test_weights_of_one_give_what_no_weights_give(losses: list[float]) -> None:
    plain, ones = (summarize(rows_of(losses, [1.0] * len(losses), [0], kind)) for kind in ("plain", "weighted"))

    assert standard_error(ones) == standard_error(plain)
    assert standard_error(plain) == pytest.approx(std(plain) / math.sqrt(len(losses)), rel=1e-15, abs=0)


@given(st.lists(MODERATE, min_size=2, max_size=12), st.sampled_from([1e-300, 0.25, 3.0, 1e10, 1e300]))
def test_weights_that_are_all_the_same_change_no_standard_error(losses: list[float], weight: float) -> None:
    assume(max(losses) * weight < 1e307 and min(losses) * weight > 1e-290)
    plain, same = (summarize(rows_of(losses, [weight] * len(losses), [0], kind)) for kind in ("plain", "weighted"))
    assume(std(plain) > 1e-3 * plain.total.mean)

    assert standard_error(same) == pytest.approx(standard_error(plain), rel=1e-9, abs=0)


def test_rows_of_weight_zero_count_for_no_standard_error() -> None:
    losses, weights = [0.5, 9.0, 0.25, 1.0], [2.0, 0.0, 1.0, 3.0]
    kept = [0, 2, 3]
    without = rows_of([losses[at] for at in kept], [weights[at] for at in kept], [0], "weighted")

    found = standard_error(summarize(rows_of(losses, weights, [0], "weighted")))

    assert found == standard_error(summarize(without))


@example([1e-170, 2e-170])
@given(st.lists(st.floats(0.0, 1e-155), min_size=2, max_size=6))
def test_the_spread_of_tiny_losses_is_a_number(losses: list[float]) -> None:
    summary = summarize(rows_of(losses, [], [], "plain"))

    assert 0.0 <= std(summary) <= max(losses)


def test_the_spread_of_tiny_losses_has_its_digits() -> None:
    losses = [1e-200, 3e-200]

    assert std(summarize(rows_of(losses, [], [], "plain"))) == pytest.approx(math.sqrt(2.0) * 1e-200, rel=1e-14, abs=0)


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1.0, 1e30, 1e150, 1e200])
def test_the_spread_scales_with_the_losses(scale: float) -> None:
    losses = [value * scale for value in (1.0, 2.0, 4.0, 8.0)]

    found = std(summarize(rows_of(losses, [], [], "plain"))) / scale

    assert found == pytest.approx(3.0956959368344519, rel=1e-14, abs=0)  # sqrt(115/12)


def test_one_row_has_no_spread() -> None:
    summary = summarize(rows_of([0.5], [2.0], [0], "plain"))

    assert (summary.total.mean, summary.total.sum) == (0.5, 0.5)
    assert math.isnan(std(summary)) and math.isnan(standard_error(summary))


def test_infinite_losses_are_counted_and_the_first_is_named() -> None:
    left = summarize(rows_of([0.1, 0.2], [], [], "plain"))
    right = summarize(rows_of([0.3, math.inf, math.inf], [], [], "plain"))
    both = left + right

    assert (both.total.infinite, both.first_infinite, both.n) == (2, 4, 5)
    assert (both.spread.min, both.spread.max) == (0.1, math.inf)
    assert (both.total.sum, both.total.mean) == (math.inf, math.inf)
    assert math.isnan(std(both))


def test_a_weight_of_zero_silences_an_infinite_loss() -> None:
    summary = summarize(rows_of([math.inf, 2.0], [0.0, 3.0], [0, 1], "both"))

    assert (summary.total.sum, summary.total.mean, summary.total.infinite) == (6.0, 2.0, 0)
    assert group_means(summary)[1] == (1, 2.0)


def test_groups_have_their_own_means() -> None:
    summary = summarize(rows_of([1.0, 2.0, 4.0, math.inf], [1.0, 3.0, 2.0, 1.0], [0, 0, 1, 2], "both"))

    found = group_means(summary)

    assert found == ((2, 1.75), (1, 4.0), (1, math.inf))


def test_a_group_without_rows_has_no_mean() -> None:
    summary = summarize(rows_of([1.0], [], [0], "grouped"))

    assert [n for n, _ in group_means(summary)] == [1, 0, 0]
    assert math.isnan(group_means(summary)[1][1])


def test_rows_off_by_more_than_the_tolerance_are_counted_and_the_worst_is_named() -> None:
    sums = np.array([1.0, 0.999, 0.9989, 1.2, 0.8])
    left = summarize(rows_of([1.0] * 3, [], [], "plain")._replace(sums=sums[:3]))
    right = summarize(rows_of([1.0] * 2, [], [], "plain")._replace(sums=sums[3:]))
    both = left + right

    assert both.row_sums is not None
    assert (both.row_sums.off, both.row_sums.row, both.row_sums.sum) == (3, 4, 1.2)


# --- exact sums -------------------------------------------------------------------------------------------------------

ANY = st.floats(allow_nan=False, allow_infinity=False)


def as_units(values: list[float]) -> int:
    return int(sum(map(Fraction, values), Fraction(0)) * ONE)


@given(st.lists(ANY, max_size=60))
def test_an_exact_sum_is_the_sum_of_fractions(values: list[float]) -> None:
    assert exact_sum(np.array(values, dtype=float)) == as_units(values)


@examples(50)
@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=40), st.integers(20, 400))
def test_an_exact_sum_of_many_is_the_sum_of_fractions(values: list[float], times: int) -> None:
    many = np.tile(np.array(values), times)

    assert exact_sum(many) == times * as_units(values)


@given(st.lists(st.tuples(ANY, st.integers(0, 3)), max_size=60))
def test_exact_sums_by_group_are_the_sums_of_fractions(pairs: list[tuple[float, int]]) -> None:
    values, codes = np.array([v for v, _ in pairs], dtype=float), np.array([c for _, c in pairs], dtype=np.intp)

    assert exact_sums(values, codes, 4) == tuple(as_units([v for v, c in pairs if c == code]) for code in range(4))


@given(st.lists(st.tuples(ANY, st.one_of(WEIGHT, ANY.map(abs)), st.integers(0, 3)), min_size=1, max_size=60))
def test_sums_of_products_by_group_are_those_of_fractions(rows: list[tuple[float, float, int]]) -> None:
    """Of any floats: the largest and the least of a group, and what is beyond the range when multiplied."""
    v, d, codes = (np.array(column) for column in zip(*rows, strict=True))

    for found, weights in ((tallies(v, None, codes, 4), np.ones(len(v))), (tallies(v, d, codes, 4), d)):
        for code, tally in enumerate(found):
            own = [(Fraction(a), Fraction(b)) for a, b, c in zip(v, weights, codes, strict=True) if c == code]
            sums = [Fraction(tally.value, ONE), Fraction(tally.divisor, ONE)]
            products = [Fraction(one, SQUARES) for one in (tally.products.vv, tally.products.vd, tally.products.dd)]
            assert (tally.n, tally.counted) == (len(own), sum(b > 0 for _, b in own))
            assert sums == [sum(a for a, _ in own), sum(b for _, b in own)]
            assert products == [sum(a * a for a, _ in own), sum(a * b for a, b in own), sum(b * b for _, b in own)]


def test_the_sums_of_long_groups_are_those_of_their_parts() -> None:
    """Long runs of rows and short ones, of few bits a value and of many, are summed in ways of their own."""
    rng = np.random.default_rng(3)
    numbers = (rng.integers(0, 9, 20_000) / 8, 10.0 ** rng.uniform(-200, 150, 20_000), -np.log(rng.random(20_000)))
    groups = (np.zeros(20_000, int), rng.integers(0, 3, 20_000), rng.integers(0, 700, 20_000))
    for values, codes in [*crossed(numbers, groups), (numbers[2], groups[0])]:
        k = int(codes.max()) + 1
        parts: list[Tally] = [Tally()] * k
        for low in range(0, 20_000, 2000):
            own, part = codes[low : low + 2000], values[low : low + 2000]
            found = tallies(part, part, own, k)
            parts = [a + b for a, b in zip(parts, found, strict=True)]

        assert tallies(values, values, codes, k) == parts


def test_hard_sums_are_exact() -> None:
    cases = [
        [1e308, 1e308, -1e308, -1e308] * 9,
        [5e-324] * 40,
        [1e300, 1.0, -1e300] * 20,
        [1.0, 2.0**-53] * 600,
        [0.1] * 1000,
        [2.0**960] * 17 + [2.0**-900] * 17,
    ]
    for values in cases:
        assert exact_sum(np.array(values)) == as_units(values), values
        assert as_float(exact_sum(np.array(values))) == float(sum(map(Fraction, values), Fraction(0))), values


@pytest.mark.parametrize("count", [17, 1000, 1024, 1025])
def test_a_sum_is_exact_wherever_its_least_value_lies_below_its_largest(count: int) -> None:
    """What is left of the first round may be added as it is, or not, by how far apart the values are."""
    for bits in range(16, 40):
        generator = np.random.default_rng(bits)
        values = np.exp2(generator.uniform(-bits, 0.0, count))
        values[:2] = 2.0**-bits * (1.0 + 2.0**-52), 1.0 - 2.0**-53

        assert exact_sum(values) == as_units(values.tolist()), bits


@given(ANY)
def test_a_float_in_units_is_that_float(value: float) -> None:
    assert Fraction(in_units(value), ONE) == Fraction(value)
    assert as_float(in_units(value)) == value


def test_a_ratio_beyond_the_range_of_floats_is_infinite() -> None:
    assert (ratio(10**400, 1), ratio(-(10**400), 1), ratio(10**400, -1)) == (math.inf, -math.inf, -math.inf)
    assert ratio(1, 3) == 1 / 3
    assert as_float(2 * in_units(1.7e308)) == math.inf
