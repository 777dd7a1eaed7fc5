"""One law for all accumulators: cut the rows anywhere, and what the parts add up to gives the answers of the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from losscli.statistics import quantiles
from losscli.statistics.breakdown import Entry, Groups, Paired, Worst, grouped, paired, worst_of
from losscli.statistics.calibration import Bins, binned, bins_of, calibration_error
from losscli.statistics.isotonic import Pairs, ordered, pairs_of
from losscli.statistics.moments import Mean, Tally, tallied, weighted_mean
from losscli.statistics.quantiles import Quantiles, quantile, quantiles_of
from losscli.statistics.summary import EMPTY, RowCounts, Rows, standard_error, std, summarize

Array = np.ndarray


@dataclass(frozen=True)
class Data:
    """Rows of everything that an accumulator may want: values, others beside them, weights, probabilities, groups."""

    value: Array
    other: Array
    weight: Array
    prob: Array
    code: Array

    def part(self, chosen: Any) -> "Data":
        return Data(*(getattr(self, name)[chosen] for name in ("value", "other", "weight", "prob", "code")))


@dataclass(frozen=True)
class Case:
    """An accumulator: that of no rows, that of some rows, what it is asked, and whether the order of rows matters."""

    empty: Any
    made: Callable[[Data], Any]
    asked: Callable[[Any], Any]
    ordered: bool = False


WORDS = ("a", "b", None, "a")


def worst_rows(d: Data) -> Worst:
    def entries(places: Array) -> list[Entry]:
        return [Entry(float(d.value[at]), at, None, 2 * at, 0, float(d.other[at])) for at in places.tolist()]

    return Worst(3, len(d.value), None, None, 2 * len(d.value), worst_of(3, d.value, entries))


def labels(d: Data) -> Array:
    return (d.code % 2).astype(float)


def figures(t: Tally) -> tuple[Any, ...]:
    return t.n, t.total, t.mean, t.error


def close(d: Data) -> Array:
    return 1.0 + 1e-9 * np.clip(d.value, 0.0, 9.0)


def pools(p: Pairs) -> Any:
    found = ordered(p)[0]
    return found.weight.tolist(), found.happened.tolist()


CASES = {
    "tally": Case(Tally(), lambda d: tallied(d.value, None), figures),
    "weighted tally": Case(Tally(), lambda d: tallied(d.value * d.weight, d.weight), figures),
    "tally of values close together": Case(Tally(), lambda d: tallied(close(d), None), figures),
    "weighted tally of values close together": Case(Tally(), lambda d: tallied(close(d) * d.weight, d.weight), figures),
    "groups of values close together": Case(
        Groups(9),
        lambda d: grouped(9, close(d), None, [(d.code, WORDS)]),
        lambda g: {key: figures(tally) for key, tally in g.tallies.items()},
    ),
    "summary": Case(
        EMPTY,
        lambda d: summarize(Rows(d.value, np.arange(len(d.value)), counts=RowCounts(len(d.value)))),
        lambda s: (s.n, s.total.mean if s.n else None, std(s), standard_error(s)),
    ),
    "worst": Case(Worst(3), worst_rows, lambda w: w.entries, ordered=True),
    "groups": Case(
        Groups(9),
        lambda d: grouped(9, d.value, d.weight, [(d.code, WORDS), (d.code % 2, ("x", "y"))]),
        lambda g: {key: figures(tally) for key, tally in g.tallies.items()},
    ),
    "too many groups": Case(
        Groups(2),
        lambda d: grouped(2, d.value, None, [(d.code, WORDS)]),
        lambda g: (g.beyond, sorted(map(str, g.tallies))),
    ),
    "paired": Case(
        Paired(),
        lambda d: paired(d.value, d.other, d.weight, d.weight),
        lambda p: (p.lower, p.equal, p.higher, figures(p.difference)),
    ),
    "quantiles": Case(
        Quantiles(), lambda d: quantiles_of(d.value), lambda q: [quantile(q, at) for at in (0.0, 0.1, 0.5, 0.77, 1.0)]
    ),
    "bins": Case(
        Bins(5),
        lambda d: binned(5, [(d.prob, labels(d)), (1.0 - d.prob, 1.0 - labels(d))], d.weight),
        lambda b: [(bins_of(b, at), calibration_error(b, at)) for at in (0, 1)] if b.n else None,
    ),
    "weighted mean": Case(Mean(), lambda d: weighted_mean(d.value, d.weight), lambda m: m.mean),
    "pairs": Case(Pairs(), lambda d: pairs_of(d.prob, labels(d), None), pools),
    "soft pairs": Case(Pairs(), lambda d: pairs_of(d.prob, d.code / 3.0, None), pools, ordered=True),
    "weighted pairs": Case(Pairs(), lambda d: pairs_of(d.prob, labels(d), d.weight), pools, ordered=True),
}

VALUE = st.one_of(st.just(0.0), st.floats(1e-9, 50.0), st.sampled_from([0.5, 0.5, 3.0, 700.0, 1e-200, 1e160]))


@st.composite
def data(draw: st.DrawFn) -> Data:
    n = draw(st.integers(0, 30))

    def column(of: st.SearchStrategy[Any]) -> Array:
        return np.array(draw(st.lists(of, min_size=n, max_size=n)), dtype=float)

    weight, prob = column(st.sampled_from([0.0, 0.5, 1.0, 3.0])), column(st.sampled_from([0.0, 0.2, 0.3, 0.6, 1.0]))
    code = column(st.integers(0, 3)).astype(np.intp)
    return Data(column(VALUE), column(VALUE), weight, prob, code)


@pytest.fixture(autouse=True)
def few_exact_quantiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quantiles go from values to counts at a size that the examples reach."""
    monkeypatch.setattr(quantiles, "EXACT", 12)


def shown(answer: Any) -> str:
    """An answer spelt so that nan equals nan."""
    return repr(answer)


@pytest.mark.parametrize("name", CASES)
@examples(60)
@given(data(), st.data())
def test_rows_cut_anywhere_give_the_answers_of_the_whole(name: str, d: Data, more: st.DataObject) -> None:
    case, n = CASES[name], len(d.value)
    cuts = sorted(more.draw(st.lists(st.integers(0, n), max_size=4)))
    parts = [case.made(d.part(slice(low, high))) for low, high in zip([0, *cuts], [*cuts, n], strict=True)]

    left = reduce(add, parts, case.empty)
    right = case.empty
    for part in reversed(parts):
        right = part + right

    assert sorted_by_key(case.asked(left)) == sorted_by_key(case.asked(case.empty + case.made(d)))
    assert sorted_by_key(case.asked(right)) == sorted_by_key(case.asked(left))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.ordered])
@examples(40)
@given(data(), st.randoms(use_true_random=False))
def test_rows_in_any_order_give_the_same_answers(name: str, d: Data, random: Any) -> None:
    case, order = CASES[name], list(range(len(d.value)))
    random.shuffle(order)

    assert sorted_by_key(case.asked(case.made(d.part(order)))) == sorted_by_key(case.asked(case.made(d)))


def sorted_by_key(answer: Any) -> str:
    """The answer as text, a mapping in the order of its keys."""
    return shown(sorted(answer.items(), key=str) if isinstance(answer, dict) else answer)


@examples(60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(VALUE, max_size=3)), max_size=7), st.data())
def test_the_lines_of_worst_rows_are_those_of_their_sources(blocks: list[tuple[str, list[float]]], more: Any) -> None:
    blocks.sort(key=lambda block: block[0])  # a source is read from end to end
    found = []
    for source, values in blocks:
        entries = tuple(Entry(value, at, source, at + 1, 0, None) for at, value in enumerate(values))
        found.append(
            Worst(99, len(values), source, source, len(values), tuple(sorted(entries, key=lambda e: -e.value)))
        )
    while len(found) > 1:  # added up in any brackets
        at = more.draw(st.integers(0, len(found) - 2))
        found[at : at + 2] = [found[at] + found[at + 1]]

    right = {(source, line) for source in "abc" for line in range(1, 1 + sum(len(v) for s, v in blocks if s == source))}
    told = [(one.source, one.line) for whole in found for one in whole.entries]
    assert len(told) == len(right) and set(told) == right
    assert sorted(one.row for whole in found for one in whole.entries) == list(range(len(right)))
