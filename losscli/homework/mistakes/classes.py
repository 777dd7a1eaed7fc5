"""Mistakes that several classes allow: the wrong column, all columns, or no softmax."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from losscli.arrays import Array
from losscli.enums import Reduction, Scale
from losscli.homework.evaluated_rows import EvaluatedRows, Numbers, minus_log, times
from losscli.homework.mistakes.candidate import COMMON, POSSIBLE, RARE, Texts, Yielded
from losscli.losses.functions import row_sums

ALL_ORDERS = 5  # the most classes whose orders are all tried

PAIRWISE = 30  # the most classes of which each two are exchanged

Order = tuple[int, ...]  # for each class the column that was taken for it


def of_classes(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each mistake that several classes allow, as its key and the number that it gives."""
    y, p, z, costs, k, log_base = rows.labels, rows.probs, rows.conditioned, rows.costs, rows.problem.k, rows.log_base
    if rows.hard:
        for step, where in ((1, "after"), (-1, "before")):
            yield "labels-off-by-one", _in_order(rows, tuple((at + step) % k for at in range(k)), costs), where
        yield "labels-clipped", _in_order(rows, tuple(min(at + 1, k - 1) for at in range(k)), costs)
    if not rows.problem.settings.focal:
        yield from _permuted(rows)
    cells = row_sums(times(y, costs) + times(1.0 - y, minus_log(1.0 - p, log_base)))
    yield "bce-over-cells", rows.answer(cells), "summed"
    yield "bce-over-cells", rows.answer(cells / k), "averaged"
    yield "all-classes", rows.answer(row_sums(costs)), "added up"
    yield "all-classes", rows.answer(row_sums(costs) / k), "averaged"
    yield "p-log-p", rows.answer(row_sums(times(rows.coefficients * p, costs)))
    yield "argmax-class", rows.answer(costs.min(axis=1))
    if rows.scale is Scale.LOGITS:
        with np.errstate(invalid="ignore"):  # an infinite logit has no answer here
            logsumexp = np.where(y == 0.0, 0.0, y * (costs * log_base + z)).sum(axis=1)
        for key, losses in (("raw-logit", -row_sums(times(y, z))), ("logsumexp-only", logsumexp)):
            yield key, rows.answer(losses / log_base)
            if log_base != 1.0:
                yield key, rows.answer(losses)
        own_z = row_sums(times(y, z))
        rest = np.where(y > 0.0, -np.inf, z)
        if rows.hard:
            margins = np.where(y > 0.0, 0.0, np.maximum(0.0, 1.0 + z - own_z[:, None]))
            yield "hinge", rows.answer(margins.sum(axis=1))
            yield "hinge", rows.answer(margins.max(axis=1))
            yield "own-class-left-out", rows.answer((np.logaddexp.reduce(rest, axis=1) - own_z) / log_base)
        yield "abs-for-softmax", rows.answer(rows.loss_of(np.abs(z) / np.abs(z).sum(axis=1, keepdims=True)))
        yield "base-2-softmax", rows.answer(rows.loss_of(z * np.log(2.0), Scale.LOGITS))
        own, other = np.logaddexp(0.0, -z) / log_base, np.logaddexp(0.0, z) / log_base
        cells = row_sums(times(y, own) + times(1.0 - y, other))
        label_only = rows.answer(row_sums(times(rows.coefficients, own)))
        yield "sigmoid-for-softmax", label_only, "-ln of that of the label's class was taken"
        for losses, how in ((cells, "summed"), (cells / k, "averaged")):
            yield "sigmoid-for-softmax", rows.answer(losses), f"binary cross-entropy was {how} over the classes"
    if not rows.hard:
        yield "argmaxed-labels", rows.answer(costs[np.arange(rows.n), y.argmax(axis=1)])


def _permuted(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each other order of the columns; where a cost is infinite also with clipped probabilities."""
    names, all_costs = rows.class_names, [("", rows.costs)]
    if rows.scale is Scale.PROBS and np.isinf(rows.costs).any():
        for eps in (2.0**-52, 1e-15, 1e-7):
            all_costs.append((f", clipped at {eps:.3g}", minus_log(np.clip(rows.probs, eps, 1.0 - eps), rows.log_base)))
    for clipped, costs in all_costs:
        table = None if rows.reduction is Reduction.NONE else _table(rows, costs)
        for order in _orders(names):
            columns = [""] * len(names)
            for name, column in zip(names, order, strict=True):
                columns[column] = name
            yield "columns-permuted", _in_order(rows, order, costs, table), _few(columns), clipped, _few(names)


def _orders(names: tuple[str, ...]) -> Iterator[Order]:
    """All orders of few classes but the right one; of many the reversed one, by name, and those of two exchanged."""
    right = tuple(range(len(names)))
    if len(names) <= ALL_ORDERS:
        yield from (order for order in permutations(right) if order != right)
        return
    yield right[::-1]
    by_name = tuple(sorted(right, key=lambda at: names[at]))
    yield from {order for order in (by_name, tuple(map(int, np.argsort(by_name)))) if order != right}
    for a, b in combinations(right if len(names) <= PAIRWISE else (), 2):
        order = list(right)
        order[a], order[b] = b, a
        yield tuple(order)


def _in_order(rows: EvaluatedRows, order: Order, costs: Array, table: Array | None = None) -> Numbers:
    """The answer when class a is looked up in column order[a] of `costs` (n, k)."""
    if rows.reduction is Reduction.NONE:
        return rows.answer(row_sums(times(rows.coefficients, costs[:, order])))
    table = _table(rows, costs) if table is None else table
    return rows.divided(float(table[range(len(order)), order].sum()))


def _table(rows: EvaluatedRows, costs: Array) -> Array:
    """What class a costs in column b, (k, k), summed over the rows."""
    weighed = rows.weights[:, None] * rows.coefficients
    return np.column_stack([times(weighed, column[:, None]).sum(axis=0) for column in costs.T])


def _few(names: tuple[str, ...] | list[str]) -> str:
    return ",".join(names if len(names) <= 12 else [*names[:10], "...", names[-1]])


# fmt: off
CLASSES_TEXTS: Texts = {
    "labels-off-by-one": (COMMON, "each label picked the column {} its own:"
                          " labels counted from 1 were used with columns counted from 0",
                          "subtract 1 from the labels, or name the classes with --classes"),
    "labels-clipped": (RARE, "each label picked the column after its own, the last one its own:"
                       " labels counted from 1, then clipped",
                       "subtract 1 from the labels, or name the classes with --classes"),
    "columns-permuted": (POSSIBLE, "the columns were taken for the classes {0}{1}, in this order",
                         "take the columns in the order {2}; if another order is right, --classes says so"),
    "bce-over-cells": (COMMON, "each cell was treated as a separate yes-or-no question:"
                       " binary cross-entropy, {} over the classes",
                       "use the categorical loss: only the class that happened counts"),
    "all-classes": (COMMON, "the logarithms of all classes were {}, not only that of the class that happened",
                    "multiply by the one-hot label: only -ln p of the label's class counts"),
    "p-log-p": (POSSIBLE, "the probability is in front of its logarithm: p ln p instead of ln p",
                "multiply ln p by the label"),
    "argmax-class": (POSSIBLE, "the class with the highest probability was used in place of the label",
                     "look the label's probability up, not the highest one"),
    "raw-logit": (COMMON, "this is minus the logit of the label's class: the log-softmax is missing",
                  "apply log_softmax to the logits first"),
    "logsumexp-only": (POSSIBLE, "this is the logarithm of the sum of e^z:"
                       " the logit of the label's class was not subtracted",
                       "subtract the logit of the label's class"),
    "sigmoid-for-softmax": (POSSIBLE, "each logit went through its own sigmoid instead of a softmax, and {}",
                            "apply the softmax along each row: the classes share a probability of 1"),
    "hinge": (POSSIBLE, "this is the hinge loss: how far the other logits come within 1 of that of the label's class",
              "use the softmax and -ln p of the label's class"),
    "own-class-left-out": (POSSIBLE, "the label's class is missing from the sum below the fraction of the softmax",
                           "sum e^z over all classes, that of the label too"),
    "abs-for-softmax": (POSSIBLE, "each logit was divided by the sum of their sizes, |z|: the exponential is missing",
                        "use the softmax: e^z over the sum of e^z"),
    "base-2-softmax": (POSSIBLE, "the softmax was taken of powers of 2", "use powers of e: e^z over the sum of e^z"),
    "argmaxed-labels": (POSSIBLE, "the label probabilities were made hard:"
                        " only the most probable label of each row counts",
                        "weight -ln p of every class by its label probability"),
}
# fmt: on
