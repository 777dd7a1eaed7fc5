"""The catalogue is complete: each mistake that can be yielded has a text, and each text a mistake."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from math import log
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

from losscli.enums import Form, Like, Reduction, Scale
from losscli.errors import DataError, RowError
from losscli.homework.evaluated_rows import EvaluatedRows
from losscli.homework.mistakes import single_mistakes
from losscli.homework.mistakes.binary import BINARY_TEXTS, of_binary
from losscli.homework.mistakes.classes import CLASSES_TEXTS, of_classes
from losscli.homework.mistakes.gradients import (
    GRADIENT_TEXTS,
    Examples,
    Parameters,
    Predictions,
    RightGradient,
    of_gradients,
)
from losscli.homework.mistakes.inputs import INPUTS_TEXTS, of_inputs
from losscli.homework.mistakes.metrics import METRICS_TEXTS, of_metrics
from losscli.homework.mistakes.one_row import ROW_TEXTS, misspellings, row_errors
from losscli.homework.mistakes.scale import SCALE_TEXTS, of_scale
from losscli.homework.mistakes.weights import WEIGHTS_TEXTS, of_weights
from losscli.homework.typed import typed_answer
from losscli.homework.verdict import judged

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from diagnosis import rows_from
from planted import Data, data_sets

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"base": "2"},
    {"focal": 3.0},
    {"smoothing": 0.1},
    {"eps": 0.05},
    {"like": Like.TORCH},
    {"normalize": True},
    {"pos_weight": "3"},
    {"focal": 2.0, "alpha": 0.3},
)


@pytest.fixture(scope="module")
def all_rows() -> list[EvaluatedRows]:
    """Rows of every kind, with every option that a mistake looks at; one row has a certain miss."""
    y, p = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.8, 0.3, 0.0, 0.4])
    labels, z = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([[0.8, -0.3], [0.4, 1.7], [-0.9, 0.65]])
    sets = [*data_sets(np.random.default_rng(3)), Data("bce", p, p, y=y, options={"from_": Scale.PROBS})]
    sets.append(Data("bce", z, z, y=labels, options={"from_": Scale.LOGITS}))
    found = []
    for data in sets:
        for options in OPTIONS:
            with suppress(DataError, RowError):  # not every option is for all data
                found.append(rows_from(replace(data, options={**data.options, **options})))
    return found


Texts = Mapping[str, tuple[Any, ...]]
TOPICS: dict[str, tuple[Callable[[EvaluatedRows], Iterator[Any]], Texts]] = {
    "scale": (lambda rows: of_scale(rows.figures), SCALE_TEXTS),
    "weights": (of_weights, WEIGHTS_TEXTS),
    "inputs": (of_inputs, INPUTS_TEXTS),
    "metrics": (of_metrics, METRICS_TEXTS),
    "binary": (of_binary, BINARY_TEXTS),
    "classes": (of_classes, CLASSES_TEXTS),
    "one row": (row_errors, ROW_TEXTS),
}
Yields = list[tuple[EvaluatedRows, dict[str, list[tuple[str, int]]]]]


@pytest.fixture(scope="module")
def yields(all_rows: list[EvaluatedRows]) -> Yields:
    """What each topic yields of each of the rows: the keys, and how many details each has."""
    found: Yields = []
    for rows in all_rows:
        topics = [one for one in TOPICS if (one != "binary" or rows.binary) and (one != "classes" or rows.categorical)]
        with np.errstate(all="ignore"):
            yielded = {topic: [*TOPICS[topic][0](rows)] for topic in topics}
        of_topic = {
            topic: [(one.key, 0) if topic == "one row" else (one[0], len(one) - 2) for one in ones]
            for topic, ones in yielded.items()
        }
        found.append((rows, of_topic))
    return found


@pytest.mark.parametrize("topic", TOPICS)
def test_what_a_topic_yields_has_a_text_and_its_texts_are_yielded(yields: Yields, topic: str) -> None:
    assert {key for _, topics in yields for key, _ in topics.get(topic, ())} == {*TOPICS[topic][1]}


def places(text: str) -> set[int]:
    """Which details a text tells: `{0}` and `{1}`, or `{}` in turn."""
    names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    return {int(name) if name else at for at, name in enumerate(names)}


def test_a_text_tells_each_detail_that_its_mistake_yields_and_no_other(yields: Yields) -> None:
    details: dict[tuple[str, str], set[int]] = {}
    for topic, key, count in ((topic, *one) for _, topics in yields for topic, ones in topics.items() for one in ones):
        details.setdefault((topic, key), set()).add(count)
    texts = {(topic, key): text for topic, (_, of_topic) in TOPICS.items() for key, text in of_topic.items()}
    texts |= {("gradients", key): text for key, text in GRADIENT_TEXTS.items()}
    details |= {("gradients", one[0]): {len(one) - 2} for g in gradients(0.7) for one in of_gradients(g)}
    for (topic, key), (_, meaning, fix, *figures) in texts.items():
        told = places(meaning) | places(fix) | (places(figures[0]) if figures else set())
        assert told if topic == "one row" else details[topic, key] == {len(told)} and told == {*range(len(told))}, key


def gradients(log_base: float = 1.0) -> list[RightGradient]:
    """Right gradients of every kind."""
    y, p, w = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.8, 0.3, 0.6, 0.45]), np.array([1.0, 2.0, 4.0, 0.5])
    q, cells = np.eye(4)[[0, 2, 1]], np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.3, 0.5, 0.1], [0.25, 0.15, 0.2, 0.4]])
    plain, weighed = Predictions(y, p, np.log(p / (1 - p))), Predictions(y, p, np.log(p / (1 - p)), w)
    several = Predictions(q, cells, np.log(cells))
    x, theta = (
        np.array([[1.0, 2.0, 0.5], [1.0, 1.0, 1.5], [1.0, 3.0, 2.5], [1.0, -1.0, 0.3]]),
        np.array([0.1, 0.2, 0.3]),
    )
    h = 1 / (1 + np.exp(-x @ theta))
    examples = Examples(x, theta, y, h, np.ones(4))
    return [
        RightGradient((p - y) / 4 / log_base, 4.0, 4, log_base=log_base, predictions=plain),
        RightGradient(
            w * (p - y) / p / (1 - p) / 7.5 / log_base, 7.5, 4, 2, log_base, Scale.PROBS, predictions=weighed
        ),
        RightGradient((p - y) / (1 - p) / log_base, 1.0, 4, 2, log_base, Scale.LOGPROBS, predictions=plain),
        RightGradient((cells - q) / 3 / log_base, 3.0, 3, 4, log_base, predictions=several),
        RightGradient(-q / cells / 3 / log_base, 3.0, 3, 4, log_base, Scale.PROBS, predictions=several),
        RightGradient(np.array([0.1, -0.2]) / log_base, 4.0, 4, 2, log_base, parameters=Parameters(True, np.ones(2))),
        RightGradient(
            x.T @ (h - y) / 4 / log_base,
            4.0,
            4,
            2,
            log_base,
            parameters=Parameters(True, x.T @ h / 4 / log_base, examples),
        ),
    ]


def test_what_gradients_yield_has_a_text_and_its_texts_are_yielded() -> None:
    assert {one[0] for g in gradients(0.7) for one in of_gradients(g)} == {*GRADIENT_TEXTS}


AS_IT_STANDS = {"label-not-subtracted", "first-term-only"}  # p, or -y/p, without a base or a divisor


def test_a_mistake_in_a_gradient_is_as_many_units_in_another_base() -> None:
    """The gradient of a loss in bits is that in nats over ln 2, and what a mistake makes of it too."""
    for in_nats, in_bits in zip(gradients(), gradients(log(2)), strict=True):
        other_steps = OF_A_BASE | {"theta-after-a-step"}
        nats, bits = ([one for one in of_gradients(g) if one[0] not in other_steps] for g in (in_nats, in_bits))
        assert [one[0] for one in nats] == [one[0] for one in bits]
        for (key, value, *_), (_, other, *_) in zip(nats, bits, strict=True):
            units = [log(2), 1.0] if key in AS_IT_STANDS else [log(2)]
            assert any(np.allclose(np.asarray(value) / unit, other, rtol=1e-12, atol=1e-15) for unit in units), key


def test_an_id_has_one_meaning_in_each_kind_of_data() -> None:
    """A key that two topics share would have two texts on the same data; binary and categorical rows never meet."""
    of_all = [SCALE_TEXTS, WEIGHTS_TEXTS, INPUTS_TEXTS, METRICS_TEXTS, ROW_TEXTS]
    for of_form in (BINARY_TEXTS, CLASSES_TEXTS):
        keys = [key for texts in (*of_all, of_form) for key in texts]
        assert len(keys) == len(set(keys))


# --- laws of what mistakes give ---------------------------------------------------------------------------------------
OF_A_BASE = {"base-2", "base-e", "base-wrong-way", "perplexity", "geometric-mean", "likelihood", "rounded-rows"}
OF_A_MEAN = {"d2", "log-of-mean", "first-row-lost", "ignored-as-class", "reversed-kl"}  # which a sum makes otherwise
OF_EITHER = {  # whatever is asked for
    *("log-likelihood", "deviance", "perplexity", "perplexity-base", "geometric-mean", "likelihood", "per-class-sum"),
    *("max", "min", "standard-deviation", "median", "first-row", "last-row"),
}


def numbers(data: Data, **options: Any) -> dict[str, list[float]]:
    """The numbers of each mistake, of those that are the only one."""
    found: dict[str, list[float]] = {}
    with np.errstate(all="ignore"):
        for one in single_mistakes(rows_from(replace(data, options={**data.options, **options}))):
            if not one.excluded_by and np.size(one.value) == 1:
                found.setdefault(one.id, []).append(float(one.value))
    return found


def absent(values: list[float], among: list[float]) -> list[float]:
    """Those of the values that aren't among others, to 1e-11."""
    one, other = np.array(values)[:, None], np.array(among)[None, :]
    with np.errstate(invalid="ignore"):  # inf - inf
        same = (one == other) | (np.abs(one - other) <= 1e-11 * np.abs(one))
    return np.array(values)[~same.any(axis=1)].tolist()  # type: ignore[no-any-return]


def test_in_another_base_a_mistake_is_as_many_units_or_no_number_of_units() -> None:
    for data in data_sets(np.random.default_rng(3)):
        nats, bits = numbers(data), numbers(data, base="2")
        assert nats.keys() ^ bits.keys() <= OF_A_BASE
        for key in nats.keys() - OF_A_BASE:
            otherwise = np.array(absent(nats[key], bits[key])) / np.log(2.0)
            assert absent(otherwise.tolist(), bits[key]) == [], key


def test_on_the_way_to_a_sum_a_mistake_is_as_many_times_as_large_as_there_are_rows() -> None:
    for data in data_sets(np.random.default_rng(3)):
        if data.w is not None or data.options.keys() & {"class_weight", "reduction"}:
            continue
        n = rows_from(replace(data, options={**data.options})).n
        mean, total = numbers(data), numbers(data, reduction=Reduction.SUM)
        for key in (mean.keys() & total.keys()) - OF_A_MEAN:
            times = 1 if key in OF_EITHER else n
            assert absent([times * value for value in mean[key]], total[key]) == [], key


OF_THE_ORDER = {"first-row-lost", "rows-shifted", "softmax-over-rows", "batch-means", "batch-sum", "median"}
OF_THE_COUNT = {  # where a row twice is another number of rows than a row of weight 2
    *("divided-twice", "n-minus-1", "n-plus-1", "standard-deviation", "outer-product", "pos-weight-balanced"),
}
OF_WEIGHTS = {
    *("weights-ignored", "weights-over-n", "weights-over-sum", "inverse-weights", "squared-weights"),
    *("mean-times-mean", "mean-weights"),
}
OF_BOTH = {"sum", "log-likelihood", "likelihood", "deviance", "per-class-sum", "log-of-mean"}  # weights, and n
OF_A_BASELINE = {"baseline", "normalized", "d2"}  # which is taken without the weights too


def every_kind(seed: int, options: tuple[dict[str, Any], ...] = OPTIONS) -> Iterator[tuple[Data, dict[str, Any]]]:
    """Data of every kind that aren't weighted, each without options and with some of them."""
    for data, some in zip(data_sets(np.random.default_rng(seed)), cycle(options[1:]), strict=False):
        if data.w is None and data.gone is None and not data.options.keys() & {"class_weight", "reduction"}:
            yield data, {}
            with suppress(DataError, RowError):  # not every option is for all data
                rows_from(replace(data, options={**data.options, **some}))
                yield data, some


def test_a_row_of_weight_2_makes_the_mistakes_of_a_row_that_is_there_twice() -> None:
    for data, options in every_kind(5):
        weights = np.random.default_rng(len(data.p)).integers(1, 4, len(data.p))
        several = {
            name: None if (part := getattr(data, name)) is None else np.repeat(part, weights, axis=0)
            for name in ("v", "p", "y", "q")
        }
        weighted, plain = numbers(replace(data, w=weights.astype(float)), **options), numbers(data, **options)
        repeated = numbers(replace(data, **several), **options)  # type: ignore[arg-type]
        if "like" in options:  # torch divides by the number of rows
            continue
        left_out = OF_THE_ORDER | OF_THE_COUNT | OF_A_BASELINE
        for key in repeated.keys() - left_out - {"log-of-mean"}:
            assert absent(repeated[key], weighted[key]) == [], (data.loss, options, key)
        for key in weighted.keys() - left_out - OF_WEIGHTS - OF_BOTH:  # a figure is also taken without the weights
            assert absent(weighted[key], [*repeated[key], *plain.get(key, [])]) == [], (data.loss, options, key)


def test_the_rows_of_a_mistake_add_up_to_its_sum() -> None:
    for data, options in every_kind(6):
        total = numbers(data, reduction=Reduction.SUM, **options)
        rows = rows_from(replace(data, options={**data.options, "reduction": Reduction.NONE, **options}))
        sums: dict[str, list[float]] = {}
        with np.errstate(all="ignore"):
            for one in single_mistakes(rows):
                assert np.shape(one.value) == (rows.n,), one
                sums.setdefault(one.id, []).append(float(np.sum(one.value)))
        for key, values in sums.items():
            assert absent(values, total[key]) == [], (data.loss, options, key)


LOOKS_AT_LOGITS = {
    *("logits-as-probs", "raw-logit", "logsumexp-only", "hinge", "tanh", "exp-for-sigmoid", "abs-for-softmax"),
    *("base-2-softmax", "own-class-left-out", "sigmoid-for-softmax", "label-times-logit-added", "rounded-inputs"),
    *("softmax-over-rows", "renormalized", "clipped", "focal-wrong-factor"),
}


def test_the_same_probabilities_on_another_scale_make_the_same_mistakes() -> None:
    for data, options in every_kind(7):
        if data.options.get("from_", Scale.PROBS) is not Scale.PROBS or options.keys() & {"eps", "like", "normalize"}:
            continue
        p, given = data.p, numbers(data, **options)
        scales = {Scale.LOGPROBS: np.log(p), Scale.LOGITS: np.log(p / (1 - p)) if p.ndim == 1 else np.log(p)}
        for scale, v in scales.items():
            if data.loss == "nll-list" and scale is Scale.LOGITS:
                continue
            other = numbers(replace(data, v=v, options={**data.options, "from_": scale}), **options)
            assert (given.keys() ^ other.keys()) <= LOOKS_AT_LOGITS, (data.loss, scale)
            for key in (given.keys() & other.keys()) - LOOKS_AT_LOGITS:
                assert absent(given[key], other[key]) == absent(other[key], given[key]) == [], (data.loss, scale, key)


OF_ONE_COLUMN = {  # what two columns have otherwise: another formula, or a mistake of theirs
    *("arguments-swapped", "broadcast", "focal-2", "log1p-misused", "p-log-p", "percent", "probs-as-logits"),
    *("rows-shifted", "softmax-over-rows", "smoothed"),
}


def test_two_columns_make_the_mistakes_of_one_whatever_of_them_both_can_make() -> None:
    """The squared error and its like are summed over two columns: half of that is the one column's."""
    for data, options in every_kind(8, ({}, {"base": "2"}, {"like": Like.KERAS}, {"eps": 0.2})):
        if data.loss != "bce" or data.options["from_"] is not Scale.PROBS:
            continue
        assert data.y is not None
        both, cells = np.column_stack([1 - data.y, data.y]), np.column_stack([1 - data.p, data.p])
        hard = {*data.y.tolist()} <= {0.0, 1.0}
        ce = Data("ce", cells, cells, y=data.y if hard else None, q=both, options={**data.options})
        one, two = numbers(data, **options), numbers(ce, **options)
        shared = {*INPUTS_TEXTS, *METRICS_TEXTS, *SCALE_TEXTS, "p-log-p"} & one.keys() & two.keys()
        assert len(shared) > 40
        for key in shared - OF_ONE_COLUMN:
            assert absent(one[key], two[key]) == [], (options, key)


def on_logits(rows: EvaluatedRows) -> bool:
    return rows.scale is Scale.LOGITS


def labelled(rows: EvaluatedRows) -> bool:
    return rows.problem.form is not Form.LIKELIHOOD


# What must be there for a mistake, and is enough for it.
NEEDS: dict[str, Callable[[EvaluatedRows], bool]] = {
    "weights-ignored": lambda rows: rows.weighted,
    "weights-over-sum": lambda rows: rows.weight is not None and rows.problem.convention.mean_over_rows,
    "mean-times-mean": lambda rows: rows.weighted and rows.reduction is Reduction.MEAN,
    "logits-as-probs": lambda rows: rows.scale is Scale.LOGITS,
    "renormalized": lambda rows: rows.categorical and not on_logits(rows) and not rows.problem.convention.rescale,
    "not-renormalized": lambda rows: rows.categorical and not on_logits(rows) and rows.problem.convention.rescale,
    "eps-in-log": lambda rows: not rows.problem.settings.focal,
    "arguments-swapped": lambda rows: rows.problem.form is not Form.LIKELIHOOD,
    "hinge": lambda rows: on_logits(rows) and (rows.binary or rows.hard),
    "exp-for-sigmoid": lambda rows: on_logits(rows) and rows.binary,
    "label-times-logit-added": lambda rows: on_logits(rows) and rows.binary,
    "softmax-for-sigmoid": lambda rows: on_logits(rows) and rows.width > 1,
    "raw-logit": lambda rows: on_logits(rows) and rows.categorical,
    "own-class-left-out": lambda rows: on_logits(rows) and rows.categorical and rows.hard,
    "sigmoid-for-softmax": lambda rows: on_logits(rows) and rows.categorical,
    "labels-off-by-one": lambda rows: rows.categorical and rows.hard,
    "argmaxed-labels": lambda rows: rows.categorical and not rows.hard,
    "columns-permuted": lambda rows: rows.categorical and not rows.problem.settings.focal,
    "pos-weight-other": lambda rows: rows.problem.settings.pos_weight is not None,
    "pos-weight-other:divisor": lambda rows: (
        rows.problem.settings.pos_weight is not None and rows.reduction is Reduction.MEAN
    ),
    "pos-weight-balanced": lambda rows: rows.binary and rows.problem.settings.loss.name == "bce",
    "one-term-averaged": lambda rows: rows.binary and rows.reduction is Reduction.MEAN,
    "over-one-label": lambda rows: rows.binary and rows.reduction is Reduction.MEAN,
    "kl": lambda rows: not rows.hard,
    "macro-mean": lambda rows: labelled(rows) and rows.hard and rows.reduction is Reduction.MEAN,
    "zero-rows-skipped": lambda rows: bool(np.isinf(rows.loss).any()),
    "standard-deviation": lambda rows: bool(np.isfinite(rows.loss).all()),
    "sum-over-labels": lambda rows: rows.width > 1 and rows.reduction is Reduction.MEAN,
    "focal-2": lambda rows: rows.hard and rows.problem.settings.focal != 2.0,
    "focal-2:left-out": lambda rows: rows.hard and rows.problem.focal > 0.0,
    "focal-wrong-factor": lambda rows: rows.hard and rows.problem.focal > 0.0,
    "alpha-focal": lambda rows: rows.hard and rows.problem.focal > 0.0 and rows.problem.settings.alpha is None,
    "alpha-focal:left-out": lambda rows: rows.hard and rows.problem.settings.alpha is not None,
    "alpha-focal:swapped": lambda rows: rows.hard and rows.binary and rows.problem.settings.alpha is not None,
    "smoothed": labelled,
    "smoothed:left-out": lambda rows: labelled(rows) and rows.problem.settings.smoothing > 0.0,
    "smoothed:wrong-classes": lambda rows: rows.categorical,
    "smoothing-one-side": lambda rows: labelled(rows) and rows.problem.settings.smoothing > 0.0,
    "smoothing-no-floor": lambda rows: labelled(rows) and rows.problem.settings.smoothing > 0.0,
    "clipped:left-out": lambda rows: rows.problem.convention.clip is not None,
    "clipped:like": lambda rows: rows.scale is Scale.PROBS and bool((rows.p.min() < 1e-7) | (rows.p.max() > 1 - 1e-7)),
    "base-k": lambda rows: rows.categorical,
    "mean-over-cells": lambda rows: rows.categorical,
    "base-e": lambda rows: rows.log_base != 1.0,
    "sum": lambda rows: rows.reduction is Reduction.MEAN,
    "mean": lambda rows: rows.reduction is Reduction.SUM,
    "divided-twice": lambda rows: rows.reduction is Reduction.MEAN,
    "uniform-baseline": lambda rows: labelled(rows),
    "row-omitted:labels": lambda rows: rows.width > 1,
    "row-flipped": lambda rows: rows.hard and not rows.categorical and not rows.problem.settings.focal,
    "row-flipped:class": lambda rows: rows.hard and rows.categorical and not rows.problem.settings.focal,
    "row-slip": lambda rows: rows.hard and not rows.problem.settings.focal,
    "rows-swapped": lambda rows: labelled(rows) and not rows.problem.settings.focal,
}


def test_a_mistake_is_looked_for_where_it_can_be_made_and_nowhere_else(yields: Yields) -> None:
    for rows, topics in yields:
        keys, s = {key for ones in topics.values() for key, _ in ones}, rows.problem.settings
        for key, needed in NEEDS.items():
            assert (key in keys) == bool(needed(rows)), (key, s.loss.name, s.scale, s.reduction, rows.problem.form, s)


def test_of_the_numbers_of_a_mistake_the_nearest_is_told() -> None:
    several = 0
    for data in data_sets(np.random.default_rng(4)):
        rows = rows_from(data)
        with np.errstate(all="ignore"):
            found = [one for one in single_mistakes(rows) if np.size(one.value) == 1 and np.isfinite(one.value)]
        for key in {one.id for one in found}:
            own = [one for one in found if one.id == key]
            for target in own:
                given = typed_answer(f"{target.value:.2f}")
                told = [one for one in judged(given, rows.figures.answer, found).fits if one.id == key]
                fitting = [one for one in own if one.rank == target.rank and given[0].fits(float(one.value))]
                several += len(fitting) > 1
                if told and told[0].rank == target.rank and not target.excluded_by and not told[0].excluded_by:
                    off = abs(float(told[0].value) - given[0].value)
                    assert off <= abs(float(target.value) - given[0].value) + 1e-12, (key, target, told)
    assert several > 20


def test_a_prediction_is_mistyped_by_any_digit_that_is_one_off_and_any_two_that_change_places() -> None:
    for text in ("0.5", "0.10", "0.901", "0.119", "12.09", "-0.25"):
        whole, _, decimals = text.partition(".")
        digits = list(map(int, decimals))
        right = set()
        for at, digit in enumerate(digits):
            near = [other for other in range(10) if abs(other - digit) == 1]
            right |= {(*digits[:at], other, *digits[at + 1 :]) for other in near}
        swaps = [(*digits[:at], digits[at + 1], digits[at], *digits[at + 2 :]) for at in range(len(digits) - 1)]
        right |= {swap for swap in swaps if list(swap) != digits}
        assert {typed for typed, _ in misspellings(text)} == {f"{whole}.{''.join(map(str, one))}" for one in right}, (
            text
        )
