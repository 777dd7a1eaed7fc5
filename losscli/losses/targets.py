"""Targets: labels, smoothing and class weights as coefficients of the partial losses of each outcome.

A row's loss is linear in its label: the sum over the outcomes of a coefficient times the partial loss of that outcome
(Reid & Williamson 2010, "Composite binary losses"). Labels, smoothing and weights reach a kernel only as these
coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from losscli.lazy import Array, Ints, np
from losscli.losses.functions import row_sums
from losscli.records import record


@record
class Binary:
    """Coefficients (n,) of the two partial losses of a binary row; `cap` bounds a partial loss (torch caps at 100).

    `plain` says that each pair adds up to 1, as it does without weights: a hard row's coefficient is then 1. `hard`
    says that each row is known to have one outcome only.
    """

    positive: Array
    negative: Array
    cap: float = inf
    plain: bool = False
    hard: bool = False


@record
class Classes:
    """Hard labels: row i has coefficient `own[i]` at class `index[i]`, and `every` (k,) or (n, k) is added."""

    index: Ints
    own: Array
    every: Array | None = None


@record
class Soft:
    """Label probabilities: the coefficients of all cells, (n, k)."""

    cells: Array


Targets = Binary | Classes | Soft


def take_targets(a: Targets, rows: Ints) -> Targets:
    """The coefficients of some rows."""
    if isinstance(a, Binary):
        return replace(a, positive=a.positive[rows], negative=a.negative[rows])
    if isinstance(a, Classes):
        every = a.every if a.every is None or a.every.ndim == 1 else a.every[rows]
        return replace(a, index=a.index[rows], own=a.own[rows], every=every)
    return Soft(a.cells[rows])


def joined(parts: Sequence[Targets]) -> Targets:
    """The coefficients of the rows of all parts, which are of one problem and so of one kind, in their order."""
    first = parts[0]
    if isinstance(first, Binary):
        two = [part for part in parts if isinstance(part, Binary)]
        positive, negative = [a.positive for a in two], [a.negative for a in two]
        every = all(a.hard for a in two)
        return replace(first, positive=np.concatenate(positive), negative=np.concatenate(negative), hard=every)
    if isinstance(first, Classes):
        hard = [part for part in parts if isinstance(part, Classes)]
        index, own = [a.index for a in hard], [a.own for a in hard]
        shared = first.every
        if shared is not None and shared.ndim == 2:
            shared = np.concatenate([a.every for a in hard if a.every is not None])
        return replace(first, index=np.concatenate(index), own=np.concatenate(own), every=shared)
    return Soft(np.concatenate([part.cells for part in parts if isinstance(part, Soft)]))


def coefficient_sums(a: Targets) -> Array:
    """The sum of the coefficients of each row, (n,)."""
    if isinstance(a, Binary):
        return a.positive + a.negative
    if isinstance(a, Classes):
        return a.own if a.every is None else a.own + a.every.sum(axis=-1)
    return row_sums(a.cells)


def label_counts(a: Targets, k: int) -> list[float]:
    """The sum of the coefficients of each of k classes; of two the negative one comes first."""
    if isinstance(a, Binary):
        return [float(a.negative.sum()), float(a.positive.sum())]
    if isinstance(a, Classes):
        return list(map(float, np.bincount(a.index, weights=a.own, minlength=k)))
    return list(map(float, a.cells.sum(axis=0)))


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
    return a.hard or bool(((a.positive == 0.0) | (a.negative == 0.0)).all())
