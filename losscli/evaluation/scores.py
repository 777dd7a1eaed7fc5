"""Scores of single rows beside their loss, whose weighted means are figures. Another score is another entry."""

from collections.abc import Callable, Collection, Mapping
from math import log

import numpy as np

from losscli.arrays import Array, Flags
from losscli.enums import Form, Scale
from losscli.evaluation.prepare import HARD, Prepared
from losscli.evaluation.problem import Problem
from losscli.losses.functions import inverse_link
from losscli.losses.targets import Binary, dense

EVEN = {Scale.PROBS: 0.5, Scale.LOGITS: 0.0, Scale.LOGPROBS: log(0.5)}  # where both labels are equally likely


def probabilities(problem: Problem, prepared: Prepared) -> Array:
    """The predictions as probabilities, (n,) or (n, k), before any clipping; rescaled where that was asked for."""
    raw, scale = prepared.raw, problem.settings.scale
    if scale is Scale.LOGITS:
        return inverse_link(raw)
    probs = raw if scale is Scale.PROBS else np.exp(raw)
    return probs / probs.sum(axis=1, keepdims=True) if problem.convention.rescale and probs.ndim == 2 else probs


def _correct(problem: Problem, prepared: Prepared) -> Flags | None:
    """Whether each label is the predicted one: 1 where p > 1/2, else 0; of classes the first with the largest p."""
    if HARD not in prepared.rows.traits:
        return None
    raw = prepared.raw
    if isinstance(prepared.unweighted, Binary):
        return np.asarray((raw > EVEN[problem.settings.scale]) == (prepared.unweighted.positive == 1.0))
    index = prepared.rows.class_index
    if index is None:
        index = dense(prepared.unweighted, raw.shape).argmax(axis=1)
    return np.asarray(raw.argmax(axis=1) == index)


def _squared_error(problem: Problem, prepared: Prepared) -> Array:
    """(y - p)^2, or the sum over classes of (q_k - p_k)^2."""
    probs = probabilities(problem, prepared)
    if isinstance(prepared.unweighted, Binary):
        return np.asarray((prepared.unweighted.positive - probs) ** 2)
    return np.asarray(((dense(prepared.unweighted, probs.shape) - probs) ** 2).sum(axis=1))


SCORES: Mapping[str, Callable[[Problem, Prepared], Array | Flags | None]] = {
    "accuracy": _correct,
    "brier": _squared_error,
}


def scores_of(problem: Problem, prepared: Prepared, wanted: Collection[str]) -> dict[str, Array | Flags]:
    """The wanted scores (n,) of a block; none where there are no labels, no accuracy where labels are soft."""
    if problem.form is Form.LIKELIHOOD:
        return {}
    found = {name: SCORES[name](problem, prepared) for name in SCORES if name in wanted}
    return {name: score for name, score in found.items() if score is not None}
