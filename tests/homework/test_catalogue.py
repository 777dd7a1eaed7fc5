"""The catalogue is complete: each mistake that can be yielded has a text, and each text a mistake."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.enums import Like, Reduction, Scale
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


@pytest.mark.parametrize(
    ("generator", "texts", "form"),
    [
        (lambda rows: of_scale(rows.figures), SCALE_TEXTS, ""),
        (of_weights, WEIGHTS_TEXTS, ""),
        (of_inputs, INPUTS_TEXTS, ""),
        (of_metrics, METRICS_TEXTS, ""),
        (of_binary, BINARY_TEXTS, "binary"),
        (of_classes, CLASSES_TEXTS, "categorical"),
        (row_errors, ROW_TEXTS, ""),
    ],
    ids=["scale", "weights", "inputs", "metrics", "binary", "classes", "one row"],
)
def test_what_a_topic_yields_has_a_text_and_its_texts_are_yielded(
    all_rows: list[EvaluatedRows], generator: Callable[[EvaluatedRows], Iterator[Any]], texts: Texts, form: str
) -> None:
    with np.errstate(all="ignore"):
        keys = {one if isinstance(one, str) else one[0] for rows in all_rows for one in _yielded(generator, rows, form)}

    assert keys == {*texts}


def _yielded(generator: Callable[[EvaluatedRows], Iterator[Any]], rows: EvaluatedRows, form: str) -> Iterator[Any]:
    if not form or getattr(rows, form):
        for one in generator(rows):
            yield getattr(one, "key", one)


def test_what_gradients_yield_has_a_text_and_its_texts_are_yielded() -> None:
    y, p, w = np.array([1.0, 0.0, 1.0]), np.array([0.8, 0.3, 0.6]), np.array([1.0, 2.0, 4.0])
    q, cells = np.eye(3)[[0, 2]], np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    x, theta = np.array([[1.0, 2.0, 0.5], [1.0, 1.0, 1.5], [1.0, 3.0, 2.5]]), np.array([0.1, 0.2, 0.3])
    examples = Examples(x, theta, y, p, np.ones(3))
    gradients = [
        RightGradient((p - y) / 3, 3.0, 3, log_base=0.7, predictions=Predictions(y, p, np.log(p / (1 - p)))),
        RightGradient(w * (p - y) / 7, 7.0, 3, wrt=Scale.PROBS, predictions=Predictions(y, p, np.log(p / (1 - p)), w)),
        RightGradient((cells - q) / 2, 2.0, 2, k=3, predictions=Predictions(q, cells, np.log(cells))),
        RightGradient(np.array([0.1, -0.2]), 3.0, 3, parameters=Parameters(True, np.array([0.3, 0.4]))),
        RightGradient(np.array([0.1, -0.2, 0.3]), 3.0, 3, parameters=Parameters(True, np.zeros(3), examples)),
    ]

    assert {one[0] for g in gradients for one in of_gradients(g)} == {*GRADIENT_TEXTS}


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


def is_among(value: float, values: list[float]) -> bool:
    return any(value == other or abs(value - other) <= 1e-11 * abs(value) for other in values)


def test_in_another_base_a_mistake_is_as_many_units_or_no_number_of_units() -> None:
    for data in data_sets(np.random.default_rng(3)):
        nats, bits = numbers(data), numbers(data, base="2")
        assert nats.keys() ^ bits.keys() <= OF_A_BASE
        for key in nats.keys() - OF_A_BASE:
            for value in nats[key]:
                assert is_among(value, bits[key]) or is_among(value / np.log(2.0), bits[key]), (key, value, bits[key])


def test_on_the_way_to_a_sum_a_mistake_is_as_many_times_as_large_as_there_are_rows() -> None:
    for data in data_sets(np.random.default_rng(3)):
        if data.w is not None or data.options.keys() & {"class_weight", "reduction"}:
            continue
        n = rows_from(replace(data, options={**data.options})).n
        mean, total = numbers(data), numbers(data, reduction=Reduction.SUM)
        for key in (mean.keys() & total.keys()) - OF_A_MEAN:
            for value in mean[key]:
                assert is_among(value if key in OF_EITHER else n * value, total[key]), (key, value, total[key])


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
