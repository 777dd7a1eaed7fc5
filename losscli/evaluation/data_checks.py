"""What all rows have in common that sound data don't: a trait holds for a table where it holds for each block."""

from collections.abc import Callable

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
    scale, indices = problem.settings.scale, labels.dtype.kind != "f"
    traits = {
        DECIDED: scale is Scale.PROBS and _each(cells, lambda p: (p == 0.0) | (p == 1.0)),
        UNIT_RANGE: scale is Scale.LOGITS and _each(cells, lambda z: (z >= 0.0) & (z <= 1.0)),
        HARD: indices or _each(np.asarray(labels, np.float64), lambda y: (y == 0.0) | (y == 1.0)),
        WITHOUT_FIRST: indices and labels.ndim == 1 and bool((labels > 0).all()),
    }
    return frozenset(trait for trait, holds in traits.items() if holds)


def _each(cells: Array, holds: Callable[[Array], NDArray[np.bool_]]) -> bool:
    """Whether something holds for each cell; a few are asked first, which most often settles it."""
    return bool(holds(cells[:_FEW]).all()) and bool(holds(cells).all())
