"""Targets: labels, smoothing and class weights as coefficients of the partial losses of each outcome.

A row's loss is linear in its label: the sum over the outcomes of a coefficient times the partial loss of that outcome
(Reid & Williamson 2010, "Composite binary losses"). A kernel knows nothing of labels, smoothing or weights but these.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from losscli.lazy import Lazy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    np = Lazy("numpy")  # the table below is what the help is made of, and help needs no numpy


@dataclass(frozen=True)
class Binary:
    """Coefficients (n,) of the two partial losses of a binary row; `cap` bounds a partial loss (torch caps at 100).

    `plain` says that each pair adds up to 1, as it does without weights: a hard row's coefficient is then 1.
    """

    positive: Array
    negative: Array
    cap: float = inf
    plain: bool = False


@dataclass(frozen=True)
class Classes:
    """Hard labels: row i has coefficient `own[i]` at class `index[i]`, and `every` (k,) is added to each row."""

    index: NDArray[np.intp]
    own: Array
    every: Array | None = None


@dataclass(frozen=True)
class Soft:
    """Label probabilities: the coefficients of all cells, (n, k)."""

    cells: Array


Targets = Binary | Classes | Soft


def dense(a: Classes | Soft, shape: tuple[int, ...]) -> Array:
    """The coefficients of all cells, (n, k)."""
    if isinstance(a, Soft):
        return a.cells
    cells = np.zeros(shape, order="F")
    if a.every is not None:
        cells += a.every
    cells[np.arange(len(cells)), a.index] += a.own
    return cells


def is_hard(a: Binary) -> bool:
    """Whether each row has one outcome only."""
    return bool(((a.positive == 0.0) | (a.negative == 0.0)).all())
