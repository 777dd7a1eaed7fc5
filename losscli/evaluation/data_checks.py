"""What all rows have in common that sound data don't: a trait holds for a table where it holds for each block."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from losscli.enums import Scale
from losscli.evaluation.problem import Problem

Array = NDArray[np.float64]
Labels = Array | NDArray[np.intp]
DECIDED, UNIT_RANGE, HARD, WITHOUT_FIRST = "decided", "unit range", "hard labels", "without the first class"
WORDS = "labels that are words"
_FEW = 256  # cells that are looked at before all are


def data_checks_of(problem: Problem, labels: Labels, cells: Array) -> frozenset[str]:
    """The traits of the labels (n,) or (n, k) and the predictions of a block as they were given."""
    return frozenset(trait for trait, holds in _TRAITS.items() if holds(problem, labels, cells))


def _each(cells: Array, holds: Callable[[Array], NDArray[np.bool_]]) -> bool:
    """Whether something holds for each cell; a few are asked first, which most often settles it."""
    return bool(holds(cells[:_FEW]).all()) and bool(holds(cells).all())


def _decided(problem: Problem, labels: Labels, cells: Array) -> bool:
    return problem.settings.scale is Scale.PROBS and _each(cells, lambda p: (p == 0.0) | (p == 1.0))


def _unit_range(problem: Problem, labels: Labels, cells: Array) -> bool:
    return problem.settings.scale is Scale.LOGITS and _each(cells, lambda z: (z >= 0.0) & (z <= 1.0))


def _hard(problem: Problem, labels: Labels, cells: Array) -> bool:
    return labels.dtype.kind != "f" or _each(np.asarray(labels, np.float64), lambda y: (y == 0.0) | (y == 1.0))


def _without_first(problem: Problem, labels: Labels, cells: Array) -> bool:
    return labels.dtype.kind != "f" and labels.ndim == 1 and bool((labels > 0).all())


_TRAITS: Mapping[str, Callable[[Problem, Labels, Array], bool]] = {
    DECIDED: _decided,
    UNIT_RANGE: _unit_range,
    HARD: _hard,
    WITHOUT_FIRST: _without_first,
}
