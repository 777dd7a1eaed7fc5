"""Mistakes in a gradient: for each the array that it would give, entry by entry.

For a gradient by parameters the rows are unknown, and only the mistakes that multiply all of it can be told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from math import log

import numpy as np

from losscli.enums import Scale
from losscli.homework.evaluated_rows import Array, times
from losscli.homework.mistakes.candidate import (
    ABOUT_OPTION,
    COMMON,
    POSSIBLE,
    RARE,
    Candidate,
    Texts,
    Yielded,
    candidates,
)
from losscli.homework.mistakes.one_row import misspellings
from losscli.losses.functions import sigmoid

MOST_SIGNS = 200  # entries: beyond, a single wrong sign among them is not looked for

# The mistakes that multiply every entry by a number, as an id of two of them has them; "negated" comes last, as "sign".
FACTORS = {
    **{"not-averaged": "sum", "base-2": "base-2", "base-e": "base-e", "halved": "halved", "doubled": "doubled"},
    **{"divided-twice": "divided-twice", "over-cells": "over-cells"},
}


def _none() -> Array:
    return np.empty(0)


@dataclass(frozen=True)
class Examples:
    """What a gradient by parameters is made of: features (m, d), parameters, labels and h, (m,) or (m, k), weights."""

    x: Array
    theta: Array
    y: Array
    h: Array
    weight: Array

    def gradient(self, slopes: Array) -> Array:
        """The sum over the examples of slopes (m,) or (m, k) times features."""
        return np.asarray((self.weight * slopes.T) @ self.x)

    def activated(self, z: Array) -> Array:
        """The sigmoid or the softmax of logits."""
        return _softmax(z) if z.ndim == 2 else sigmoid(z)


@dataclass(frozen=True)
class RightGradient:
    """A right gradient (n,) or (n, k), the divisor in it, and per entry label, probability and logit; weights (n,).

    Where the rows are not known, as by parameters, the arrays by entry are empty; there `intercept` says that the first
    parameter is one, `of_h` is X^T h, the gradient without the labels, and `examples` are the rows of a short table.
    `listed` says that an answer has a number for each entry; otherwise one number was typed for the sum of several.
    """

    right: Array
    divisor: float
    n: int
    k: int = 2
    log_base: float = 1.0
    by: Scale = Scale.LOGITS
    label: Array = field(default_factory=_none)
    p: Array = field(default_factory=_none)
    z: Array = field(default_factory=_none)
    weight: Array | None = None
    log_loss: bool = True
    intercept: bool = False
    of_h: Array = field(default_factory=_none)
    listed: bool = True
    examples: Examples | None = None


def gradient_mistakes(g: RightGradient) -> Iterator[Candidate]:
    """Every gradient that a mistake with log-losses gives, then what any two give that multiply all of it."""
    if g.log_loss:
        yield from (replace(one, value=np.ravel(one.value)) for one in candidates(of_gradients(g), GRADIENT_TEXTS))
    if g.log_loss and g.listed and g.right.size > 1:
        yield from _two_factors(g)


def of_gradients(g: RightGradient) -> Iterator[Yielded]:
    """Each mistake in a gradient, as its key and the array that it gives."""
    right, n, y, p, z = g.right, g.n, g.label, g.p, g.z
    rows_known = y.size > 0
    matrix = right.ndim == 2
    few_entries = g.listed and 1 < right.size <= MOST_SIGNS

    def scaled(slopes: Array) -> Array:
        """Slopes of rows, not yet weighed or divided, as the gradient that was asked for."""
        weight = np.ones(n) if g.weight is None else g.weight
        return times(weight.reshape(-1, *[1] * (slopes.ndim - 1)), slopes) / (g.divisor * g.log_base)

    yield "negated", -right
    if g.divisor != 1.0:
        yield "not-averaged", g.divisor * right
    yield "divided-twice", right / g.divisor
    if n != g.divisor:
        yield "divided-twice", right / n
    yield "halved", right / 2.0
    yield "doubled", right * 2.0
    if matrix or not rows_known:
        yield "over-cells", right / g.k
    if abs(g.log_base - log(2.0)) > 1e-12:
        yield "base-2", right * g.log_base / log(2.0)
    if g.log_base != 1.0:
        yield "base-e", right * g.log_base
    if rows_known and g.by is not Scale.PROBS:
        yield "by-probs", right / (p * (1.0 - p))
        if matrix:
            yield "by-probs", scaled(-times(y, 1.0 / p))
    if rows_known and g.by is not Scale.LOGITS:
        yield "by-logits", right * p * (1.0 - p)
        yield "by-logits", scaled(p - y)
    if rows_known:
        yield "squared-error", right * p * (1.0 - p)
        yield "squared-error", 2.0 * right * p * (1.0 - p)
        if not matrix:
            first_term = -times(y, 1.0 / p)
            yield from (
                ("first-term-only", slopes) for slopes in (scaled(first_term), scaled(-y * (1.0 - p)), first_term)
            )
        yield "activation-forgotten", scaled(z - y)
        yield "activation-twice", scaled((_softmax(p) if matrix else sigmoid(p)) - y)
        yield "slope-only", scaled(p * (1.0 - p))
        if matrix:
            yield "target-only", np.where(y > 0.0, right, 0.0)
            yield "target-only", scaled(np.where(y > 0.0, p - 1.0, 0.0))
    if g.weight is not None and bool((g.weight > 0.0).all()):
        bare = right * g.divisor / g.weight.reshape(-1, *[1] * (right.ndim - 1))
        yield from (("weights-ignored", slopes) for slopes in (bare / n, bare / g.divisor, bare))
    if g.divisor != 1.0 and abs(g.divisor - n) > 1e-9 * n:
        yield "weights-over-n", right * g.divisor / n
    if rows_known:
        yield "label-not-subtracted", scaled(p)
        yield "label-not-subtracted", p
    elif g.of_h.size:
        yield "label-not-subtracted", g.of_h
        yield "label-not-subtracted", g.of_h * g.divisor
    if few_entries:
        flat, width = right.ravel(), right.shape[-1]
        for at in np.flatnonzero(flat).tolist():
            place = f" (row {at // width + 1}, column {at % width + 1})" if matrix else ""
            yield "one-sign", np.where(np.arange(flat.size) == at, -flat, flat), at + 1, place
        yield "signs-lost", np.abs(right), "positive"
        yield "signs-lost", -np.abs(right), "negative"
    if rows_known and not matrix and g.by is not Scale.LOGPROBS:
        over = p * (1.0 - p) if g.by is Scale.PROBS else 1.0
        yield "classes-swapped", scaled((p - (1.0 - y)) / over)
        yield "classes-swapped", scaled((1.0 - p - y) / over)
    if n > 1 and g.divisor == n:
        yield "n-minus-1", right * n / (n - 1)
    if g.listed and rows_known and len(right) > 2:
        yield "rows-shifted", np.roll(right, 1, axis=0), "one row too far down"
        yield "rows-shifted", np.roll(right, -1, axis=0), "one row too far up"
        yield "rows-shifted", right[::-1], "in reverse order"
    if g.listed and matrix and min(right.shape) > 1:
        yield "transposed", np.ascontiguousarray(right.T)
    if g.listed and g.intercept and right.shape[-1] > 1:
        yield "intercept-last", np.roll(right, -1, axis=-1)
    if rows_known:
        yield "times-p", right * p
        yield "slope-twice", right * p * (1.0 - p)
    if rows_known and matrix:
        yield "labels-off-by-one", scaled(p - np.roll(y, 1, axis=1)), "after"
        yield "labels-off-by-one", scaled(p - np.roll(y, -1, axis=1)), "before"
        yield "softmax-over-rows", scaled(_softmax(z.T).T - y)
        yield "sigmoid-for-softmax", scaled(sigmoid(z) - y)
    if rows_known and few_entries and g.by is not Scale.LOGPROBS:
        yield from _one_row(g, scaled)
    if g.examples is not None:
        yield from _by_parameters(g, g.examples)
    if rows_known and right.size > 1:
        over_all = [(1.0, ""), (float(right.size), ", and divided by the number of cells")]
        over_all += [(float(g.k), ", and divided by the number of classes")] if matrix else []
        sums = [np.full(right.size if g.listed else 1, right.sum())]
        sums += [np.repeat(right.sum(axis=1), right.shape[1])] if g.listed and matrix else []
        yield from (("all-at-once", each / count, how) for each in sums for count, how in over_all)


def _one_row(g: RightGradient, scaled: Callable[[Array], Array]) -> Iterator[Yielded]:
    """The label of one row flipped, or two digits of its prediction exchanged or one off."""
    y, p = g.label, g.p
    if not ((y == 0.0) | (y == 1.0)).all():
        return

    def slopes(y: Array, p: Array) -> Array:
        if g.by is Scale.LOGITS:
            return p - y
        return -times(y, 1.0 / p) if y.ndim == 2 else (p - y) / (p * (1.0 - p))

    for at in range(len(y)):
        if y.ndim == 1:
            other = y.copy()
            other[at] = 1.0 - y[at]
            yield "row-flipped", scaled(slopes(other, p)), at + 1, f"{int(other[at])} and not {int(y[at])}"
        for k in range(y.shape[1]) if y.ndim == 2 else ():
            if y[at, k] == 0.0:
                other = y.copy()
                other[at] = np.eye(y.shape[1])[k]
                yield (
                    "row-flipped",
                    scaled(slopes(other, p)),
                    at + 1,
                    f"column {k + 1} and not {int(y[at].argmax()) + 1}",
                )
        for cell in np.ndindex(y.shape[1:]):
            text = repr(float(p[(at, *cell)]))
            for typed, what in misspellings(text):
                if 0.0 < float(typed) < 1.0:
                    changed = p.copy()
                    changed[(at, *cell)] = float(typed)
                    yield "row-typo", scaled(slopes(y, changed)), at + 1, f"{typed} for {text}, {what}"


STEPS = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)

MOST_EXCHANGED = 6  # features: beyond, exchanged ones are not looked for


def _by_parameters(g: RightGradient, e: Examples) -> Iterator[Yielded]:
    divisor, (m, d) = g.divisor * g.log_base, e.x.shape
    first = 1 if g.intercept else 0
    if g.intercept and d > 1:
        z = e.x[:, 1:] @ e.theta[..., 1:].T
        yield "intercept-left-out", e.gradient(e.activated(z) - e.y) / divisor
    yield "no-sigmoid", e.gradient(e.x @ e.theta.T - e.y) / divisor
    yield "slope-twice", e.gradient((e.h - e.y) * e.h * (1.0 - e.h)) / divisor
    alone = np.zeros(m)
    alone[0] = 1.0
    row = e.gradient(((e.h - e.y).T * alone).T) / g.log_base
    yield "first-row-alone", row, ""
    if g.divisor != 1.0:
        yield "first-row-alone", row / g.divisor, ", divided by the number of rows"
    for rate in STEPS:
        z = e.x @ (e.theta - rate * g.right).T
        yield "theta-after-a-step", e.gradient(e.activated(z) - e.y) / divisor, rate
    if e.y.ndim == 1:
        yield "complement", e.gradient(1.0 - e.h - e.y) / divisor
    for a, b in combinations(range(first, d), 2) if d - first <= MOST_EXCHANGED else ():
        order = list(range(d))
        order[a], order[b] = b, a
        yield "features-exchanged", g.right[..., order], a + 1 - first, b + 1 - first
    for count in dict.fromkeys((d, d - first)):
        if count > 1:
            yield "over-features", g.right / count


def _softmax(p: Array) -> Array:
    e = np.exp(p)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _two_factors(g: RightGradient) -> Iterator[Candidate]:
    """Any two mistakes that multiply every entry, where none of them does so alone."""
    right, factors = g.right.ravel(), dict[str, list[float]]()
    for one in candidates(of_gradients(replace(g, right=np.ones_like(g.right))), GRADIENT_TEXTS):
        factors.setdefault(one.id, []).append(float(np.ravel(one.value)[0]))
    factors = {id_: factors[id_] for id_ in (*FACTORS, "negated") if id_ in factors}
    alone = tuple(right * factor for found in factors.values() for factor in found)
    for (a, of_a), (b, of_b) in combinations(factors.items(), 2):
        (_, meaning, fix), (_, second_meaning, second_fix) = GRADIENT_TEXTS[a], GRADIENT_TEXTS[b]
        both = f"{meaning}; and {second_meaning}", f"{fix}; and {second_fix}"
        for x, y in product(of_a, of_b):
            id_ = f"{FACTORS[a]}-and-{FACTORS.get(b, 'sign')}"
            yield Candidate(id_, right * x * y, RARE + 1, *both, excluded_by=alone)


# fmt: off
GRADIENT_TEXTS: Texts = {
    "negated": (COMMON, "every sign is turned around: y - p where it should be p - y",
                "a gradient points uphill: differentiate the loss, minus sign included"),
    "not-averaged": (COMMON, "the gradient was not divided by the divisor of the mean: it is that of the sum",
                     "divide by the number of rows, or ask for the sum with -r sum"),
    "divided-twice": (POSSIBLE, "the gradient was divided by the number of rows once more",
                      "divide by the number of rows once"),
    "halved": (POSSIBLE, "every entry is half of what it should be", "leave the factor 1/2 out"),
    "doubled": (POSSIBLE, "every entry is twice what it should be:"
                " a difference over 2h was divided by h, or a factor 2 is too much",
                "divide f(x + h) - f(x - h) by 2h"),
    "over-cells": (POSSIBLE, "the gradient was divided by the number of classes too,"
                   " as .mean() over the whole matrix does", "divide by the number of rows only"),
    "base-2": (POSSIBLE, "the logarithm was taken to base 2, which divides every entry by ln 2",
               "use the natural logarithm, or ask for bits with --base 2"),
    "base-e": (POSSIBLE, "the natural logarithm was taken, but another base was asked for",
               "divide every entry by the natural logarithm of the base"),
    "by-probs": (COMMON, "this is the gradient with respect to the probabilities",
                 "multiply by p(1 - p), or ask for this one with --wrt probs"),
    "by-logits": (COMMON, "this is the gradient with respect to the logits",
                  "divide by p(1 - p), or ask for this one with --wrt logits"),
    "squared-error": (COMMON, "this is the gradient of the squared error: p - y, times p(1 - p) for the logits",
                      "differentiate the logarithm, not the square: p(1 - p) cancels"),
    "first-term-only": (COMMON, "only the term of label 1 was differentiated: -y/p",
                        "add the derivative of (1 - y) ln(1 - p), which is (1 - y)/(1 - p)"),
    "activation-forgotten": (COMMON, "the logit was used instead of the probability: z - y",
                             "apply the sigmoid or softmax first: p - y"),
    "activation-twice": (COMMON, "the probability went through the sigmoid or softmax once more", "apply it once"),
    "slope-only": (POSSIBLE, "this is the derivative of the sigmoid, p(1 - p), alone:"
                   " the chain rule also needs that of the loss",
                   "multiply by the derivative of the loss with respect to p"),
    "target-only": (COMMON, "only the entry of the label's class was kept",
                    "fill in the other classes too: they have p - 0"),
    "weights-ignored": (POSSIBLE, "the weights were left out", "multiply each row by its weight"),
    "weights-over-n": (ABOUT_OPTION, "the weighted gradient was divided by the number of rows,"
                       " not by the sum of the weights",
                       "divide by the sum of the weights; torch and Keras divide by n, which --like torch asks for"),
    "label-not-subtracted": (COMMON, "the label was not subtracted:"
                             " this is only the sigmoid or softmax, p instead of p - y",
                             "subtract the label: p - y"),
    "one-sign": (POSSIBLE, "number {}{} has the wrong sign; all others are right",
                 "look at the sign of this one number"),
    "signs-lost": (POSSIBLE, "every entry is {}: the sign that the label gives it is lost",
                   "the derivative is negative where the label is 1 and positive where it is 0:"
                   " look at the minus between the two terms"),
    "classes-swapped": (POSSIBLE, "label 1 was taken for 0 and 0 for 1,"
                        " or the predictions for probabilities of the other class",
                        "use p - y, p being the probability of label 1"),
    "n-minus-1": (POSSIBLE, "the gradient was divided by n - 1, not by n", "divide by the number of rows"),
    "rows-shifted": (POSSIBLE, "the rows of the gradient are {}", "give the entries in the order of the rows"),
    "transposed": (POSSIBLE, "rows and columns are exchanged: this is the transpose of the gradient",
                   "give the gradient in the shape of the predictions or parameters"),
    "intercept-last": (COMMON, "the intercept comes after the features, but it should come first",
                       "put the entry of the intercept first"),
    "times-p": (POSSIBLE, "every entry is multiplied by p once more", "stop at p - y"),
    "slope-twice": (POSSIBLE, "the derivative of the sigmoid, p(1 - p), is in it once more",
                    "p(1 - p) cancels with the derivative of the logarithm: X^T (h - y), or p - y for the logits"),
    "labels-off-by-one": (COMMON, "each label picked the column {} its own: labels counted from 1 were used"
                          " with columns counted from 0",
                          "subtract 1 from the labels, or name the classes with --classes"),
    "softmax-over-rows": (POSSIBLE, "the softmax ran down the columns, and not over the classes of each row",
                          "apply the softmax along each row (dim=1, axis=-1)"),
    "sigmoid-for-softmax": (POSSIBLE, "each logit went through its own sigmoid instead of a softmax",
                            "apply the softmax along each row: the classes share a probability of 1"),
    "row-flipped": (POSSIBLE, "the label of row {} was taken for {}; all other rows are right",
                    "look at the label of this one row"),
    "row-typo": (RARE, "row {}: {}", "check how the prediction was copied"),
    "intercept-left-out": (COMMON, "the intercept is missing from the logits", "add theta0 to each logit"),
    "no-sigmoid": (COMMON, "the logit was used instead of the probability: X^T (z - y)",
                   "apply the sigmoid or softmax first: X^T (h - y)"),
    "first-row-alone": (POSSIBLE, "this is the gradient of the first row only{}", "add up the rows"),
    "theta-after-a-step": (POSSIBLE, "this is the gradient after a step with the learning rate {:g}",
                           "take the gradient at the parameters that were given"),
    "complement": (POSSIBLE, "1 - h was used instead of h", "use h = 1/(1 + e^-z), the probability of label 1"),
    "features-exchanged": (POSSIBLE, "the entries of features {} and {} changed places",
                           "give the entries in the order of the features"),
    "over-features": (POSSIBLE, "the gradient was divided by the number of parameters too",
                      "divide by the number of rows only"),
    "all-at-once": (POSSIBLE, "this is the derivative when all predictions move together:"
                    " the entries of the gradient are added up{}",
                    "move one prediction at a time, and leave the others where they are"),
}
# fmt: on
