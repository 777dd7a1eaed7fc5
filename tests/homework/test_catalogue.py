"""The catalogue is complete: each mistake that can be yielded has a text, and each text a mistake."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.enums import Like, Scale
from losscli.errors import DataError
from losscli.homework.evaluated_rows import EvaluatedRows
from losscli.homework.mistakes.binary import BINARY_TEXTS, of_binary
from losscli.homework.mistakes.classes import CLASSES_TEXTS, of_classes
from losscli.homework.mistakes.gradients import GRADIENT_TEXTS, Examples, RightGradient, of_gradients
from losscli.homework.mistakes.inputs import INPUTS_TEXTS, of_inputs
from losscli.homework.mistakes.metrics import METRICS_TEXTS, of_metrics
from losscli.homework.mistakes.one_row import ROW_TEXTS, row_errors
from losscli.homework.mistakes.scale import SCALE_TEXTS, of_scale
from losscli.homework.mistakes.weights import WEIGHTS_TEXTS, of_weights

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
            with suppress(DataError):  # not every option is for all data
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
        RightGradient((p - y) / 3, 3.0, 3, log_base=0.7, label=y, p=p, z=np.log(p / (1 - p))),
        RightGradient(w * (p - y) / 7, 7.0, 3, by=Scale.PROBS, label=y, p=p, z=np.log(p / (1 - p)), weight=w),
        RightGradient((cells - q) / 2, 2.0, 2, k=3, label=q, p=cells, z=np.log(cells)),
        RightGradient(np.array([0.1, -0.2]), 3.0, 3, intercept=True, of_h=np.array([0.3, 0.4])),
        RightGradient(np.array([0.1, -0.2, 0.3]), 3.0, 3, intercept=True, examples=examples),
    ]

    assert {one[0] for g in gradients for one in of_gradients(g)} == {*GRADIENT_TEXTS}


def test_an_id_has_one_meaning_in_each_kind_of_data() -> None:
    """A key that two topics share would have two texts on the same data; binary and categorical rows never meet."""
    of_all = [SCALE_TEXTS, WEIGHTS_TEXTS, INPUTS_TEXTS, METRICS_TEXTS, ROW_TEXTS]
    for of_form in (BINARY_TEXTS, CLASSES_TEXTS):
        keys = [key for texts in (*of_all, of_form) for key in texts]
        assert len(keys) == len(set(keys))
