"""Mistakes that several classes allow: the wrong column, all columns, or no softmax."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from losscli.enums import Reduction, Scale
from losscli.homework.expect.mistakes.case import Array, Case, Figure, minus_log, times
from losscli.homework.expect.mistakes.entry import (
    COMMON,
    POSSIBLE,
    RARE,
    AnalysisResult,
    Mistake,
    Variant,
    from_logits,
    hard_labels,
    soft_labels,
)
from losscli.losses.functions import row_sums

ALL_ORDERS = 5  # classes: beyond, there are too many orders to try them all

PAIRWISE = 30

Order = tuple[int, ...]


def _orders(c: Case) -> Iterator[Order]:
    """For each class the column that could have been taken for it; the right order is left out."""
    k = c.problem.k
    right = tuple(range(k))
    if k <= ALL_ORDERS:
        yield from (order for order in permutations(right) if order != right)
        return
    yield right[::-1]
    names = c.problem.names.names if c.problem.names else tuple(map(str, right))
    yield from {order for order in (_sorted(names), _ranks(names)) if order != right}
    for a, b in combinations(right if k <= PAIRWISE else (), 2):
        order = list(right)
        order[a], order[b] = b, a
        yield tuple(order)


def _sorted(names: tuple[str, ...]) -> Order:
    return tuple(sorted(range(len(names)), key=lambda at: names[at]))


def _ranks(names: tuple[str, ...]) -> Order:
    return tuple(int(at) for at in np.argsort(_sorted(names)))


def _ordered(c: Case, order: Order, costs: Array) -> Figure:
    """The answer when class a is looked up in column order[a] of `costs` (n, k)."""
    if c.known.reduction is Reduction.NONE:
        return c.reduced(row_sums(times(c.cells, costs[:, order])))
    table = _table(c, costs)
    whole = float(table[range(len(order)), order].sum())
    return whole if c.known.reduction is Reduction.SUM else whole / c.divisor


def _table(c: Case, costs: Array) -> Array:
    """What class a costs in column b, (k, k), summed over the rows."""
    weighed = c.weights[:, None] * c.cells
    return np.column_stack([times(weighed, column[:, None]).sum(axis=0) for column in costs.T])


def _without_focal(c: Case) -> bool:
    return not c.problem.settings.focal


def _permuted(c: Case) -> AnalysisResult:
    tables = [("", c.costs)]
    if c.problem.settings.scale is Scale.PROBS and np.isinf(c.costs).any():
        tables += [
            (f", clipped at {eps:.3g}", minus_log(np.clip(c.probs, eps, 1.0 - eps), c.unit))
            for eps in (2.0**-52, 1e-15, 1e-7)
        ]
    return [variant for note, costs in tables for variant in _all_orders(c, costs, note)]


def _all_orders(c: Case, costs: Array, note: str) -> Iterator[Variant]:
    names = c.problem.names.names if c.problem.names else tuple(map(str, range(c.problem.k)))
    none = c.known.reduction is Reduction.NONE
    table = None if none else _table(c, costs)
    for order in _orders(c):
        taken = _in_column_order(names, order)
        detail = f"{taken}{note}"
        if table is None:
            yield Variant(_ordered(c, order, costs), detail, _order_cure(names))
            continue
        whole = float(table[range(len(order)), order].sum())
        value = whole if c.known.reduction is Reduction.SUM else whole / c.divisor
        yield Variant(value, detail, _order_cure(names))


def _in_column_order(names: tuple[str, ...], order: Order) -> str:
    columns = [""] * len(names)
    for name, column in zip(names, order, strict=True):
        columns[column] = name
    return _few(columns)


def _order_cure(names: tuple[str, ...]) -> str:
    return f"take the columns in the order {_few(names)}; if another order is right, --classes says so"


def _few(names: object) -> str:
    listed = [str(name) for name in names]  # type: ignore[attr-defined]  # a list or tuple of names
    return ",".join(listed if len(listed) <= 12 else [*listed[:10], "...", listed[-1]])


def _off_by_one(c: Case) -> AnalysisResult:
    k = c.problem.k
    return [
        Variant(_ordered(c, tuple((at + step) % k for at in range(k)), c.costs), detail)
        for step, detail in ((1, "after"), (-1, "before"))
    ]


def _clipped_labels(c: Case) -> AnalysisResult:
    last = c.problem.k - 1
    return _ordered(c, tuple(min(at + 1, last) for at in range(last + 1)), c.costs)


def _sigmoids(c: Case) -> AnalysisResult:
    """-ln of the sigmoid of the label's logit; and binary cross-entropy over the cells."""
    own, other = np.logaddexp(0.0, -c.conditioned) / c.unit, np.logaddexp(0.0, c.conditioned) / c.unit
    cells = row_sums(times(c.labels, own) + times(1.0 - c.labels, other))
    return [
        Variant(c.reduced(row_sums(times(c.cells, own))), "-ln of that of the label's class was taken"),
        Variant(c.reduced(cells), "binary cross-entropy was summed over the classes"),
        Variant(c.reduced(cells / c.problem.k), "binary cross-entropy was averaged over the classes"),
    ]


def _over_cells(c: Case) -> AnalysisResult:
    complement = minus_log(1.0 - c.probs, c.unit)
    rows = row_sums(times(c.labels, c.costs) + times(1.0 - c.labels, complement))
    return [Variant(c.reduced(rows), "summed"), Variant(c.reduced(rows / c.problem.k), "averaged")]


def _all_classes(c: Case) -> AnalysisResult:
    rows = row_sums(c.costs)
    return [Variant(c.reduced(rows), "added up"), Variant(c.reduced(rows / c.problem.k), "averaged")]


def _of_logits(c: Case, logsumexp: bool) -> AnalysisResult:
    own = row_sums(times(c.labels, c.conditioned))
    with np.errstate(invalid="ignore"):  # an infinite logit has no answer here
        rows = (
            np.where(c.labels == 0.0, 0.0, c.labels * (c.costs * c.unit + c.conditioned)).sum(axis=1)
            if logsumexp
            else -own
        )
    return [c.reduced(rows / c.unit), *([c.reduced(rows)] if c.unit != 1.0 else [])]


def _argmaxed(c: Case) -> AnalysisResult:
    picked = c.labels.argmax(axis=1)
    return c.reduced(c.costs[np.arange(c.n), picked])


CLASSES: tuple[Mistake[Case], ...] = (
    Mistake(
        "labels-off-by-one",
        "each label picked the column {} its own: labels that count from 1 met columns that count from 0",
        "subtract 1 from the labels, or name the classes with --classes",
        _off_by_one,
        COMMON,
        (hard_labels,),
    ),
    Mistake(
        "labels-clipped",
        "each label picked the column after its own, the last one its own: labels that count from 1, clipped",
        "subtract 1 from the labels, or name the classes with --classes",
        _clipped_labels,
        RARE,
        (hard_labels,),
    ),
    Mistake(
        "columns-permuted",
        "the columns were taken for the classes {}, in this order",
        "take the columns in the order of the classes; --classes names them",
        _permuted,
        POSSIBLE,
        (_without_focal,),
    ),
    Mistake(
        "bce-over-cells",
        "each cell was treated as a yes-or-no question of its own: binary cross-entropy, {} over the classes",
        "use the categorical loss: only the class that happened counts",
        _over_cells,
        COMMON,
    ),
    Mistake(
        "all-classes",
        "the logarithms of all classes were {}, not only that of the class that happened",
        "multiply by the one-hot label: only -ln p of the label's class counts",
        _all_classes,
        COMMON,
    ),
    Mistake(
        "p-log-p",
        "the probability stands in front of its logarithm: p ln p where ln p belongs",
        "multiply ln p by the label",
        lambda c: c.reduced(row_sums(times(c.cells * c.probs, c.costs))),
    ),
    Mistake(
        "argmax-class",
        "the class with the highest probability was used in place of the label",
        "look the label's probability up, not the highest one",
        lambda c: c.reduced(c.costs.min(axis=1)),
    ),
    Mistake(
        "raw-logit",
        "this is minus the logit of the label's class: the log-softmax is missing",
        "apply log_softmax to the logits first",
        lambda c: _of_logits(c, logsumexp=False),
        COMMON,
        (from_logits,),
    ),
    Mistake(
        "logsumexp-only",
        "this is the logarithm of the sum of e^z: the logit of the label's class was not subtracted",
        "subtract the logit of the label's class",
        lambda c: _of_logits(c, logsumexp=True),
        POSSIBLE,
        (from_logits,),
    ),
    Mistake(
        "sigmoid-for-softmax",
        "each logit went through a sigmoid of its own where a softmax belongs, and {}",
        "apply the softmax along each row: the classes share a probability of 1",
        _sigmoids,
        POSSIBLE,
        (from_logits,),
    ),
    Mistake(
        "argmaxed-labels",
        "the label probabilities were made hard: only the most probable label of each row counts",
        "weigh -ln p of every class with its label probability",
        _argmaxed,
        POSSIBLE,
        (soft_labels,),
    ),
)
