"""Mistakes in a gradient: for each the array that it would give, entry by entry."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product
from math import log

import numpy as np

from losscli.arrays import Array
from losscli.enums import Scale
from losscli.homework.evaluated_rows import times
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
from losscli.records import record

MOST_ENTRIES = 200  # of a gradient in which mistakes with a single entry or row are looked for

MOST_FEATURES = 6  # of which two may have been exchanged

RATES = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)  # learning rates of a step that may have been taken before

# The mistakes that multiply every entry by a number and may come in pairs, each as the id of a pair names it.
FACTORS = {
    "not-averaged": "sum",
    **{id_: id_ for id_ in ("base-2", "base-e", "halved", "doubled", "divided-twice", "over-cells")},
    "negated": "sign",
}


@record
class Predictions:
    """The rows of a gradient with respect to predictions, (n,) or (n, k); weights (n,)."""

    label: Array
    p: Array
    z: Array
    weight: Array | None = None


@record
class Examples:
    """The rows of a regression: features (m, d), theta, labels and h, (m,) or (m, k), weights (m,)."""

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


@record
class Parameters:
    """What a gradient with respect to parameters comes from: X^T h / divisor, and the examples of a short table."""

    intercept: bool
    of_h: Array
    examples: Examples | None = None


@record
class RightGradient:
    """A right gradient with respect to predictions, (n,) or (n, k), or to parameters; `divisor` is in it.

    `predictions` or `parameters` are what it was computed from, None where that is unknown or too long. `of_sum` says
    that one number was typed for the sum of all entries.
    """

    right: Array
    divisor: float
    n: int
    k: int = 2
    log_base: float = 1.0
    wrt: Scale = Scale.LOGITS
    log_loss: bool = True
    of_sum: bool = False
    predictions: Predictions | None = None
    parameters: Parameters | None = None

    @property
    def has_few_entries(self) -> bool:
        """Whether mistakes with a single entry are looked for."""
        return not self.of_sum and 1 < self.right.size <= MOST_ENTRIES


def gradient_mistakes(g: RightGradient) -> Iterator[Candidate]:
    """Every gradient that a mistake with log-losses gives, then what any two give that multiply all of it."""
    if g.log_loss:
        yield from (replace(one, value=np.ravel(one.value)) for one in candidates(of_gradients(g), GRADIENT_TEXTS))
    if g.log_loss and not g.of_sum and g.right.size > 1:
        yield from _two_factors(g)


def of_gradients(g: RightGradient) -> Iterator[Yielded]:
    """Each mistake in a gradient, as its key and the array that it gives."""
    yield from _of_scale(g)
    if g.has_few_entries:
        right, width = g.right.ravel(), g.right.shape[-1]
        for at in np.flatnonzero(right).tolist():
            place = f" (row {at // width + 1}, column {at % width + 1})" if g.right.ndim == 2 else ""
            yield "one-sign", np.where(np.arange(right.size) == at, -right, right), at + 1, place
        yield "signs-lost", np.abs(right), "positive"
        yield "signs-lost", -np.abs(right), "negative"
    if not g.of_sum and g.right.ndim == 2 and min(g.right.shape) > 1:
        yield "transposed", np.ascontiguousarray(g.right.T)
    if g.predictions is not None:
        yield from _mistakes_wrt_predictions(g, g.predictions)
    if g.parameters is not None:
        yield from _mistakes_wrt_parameters(g, g.parameters)


def _of_scale(g: RightGradient) -> Iterator[Yielded]:
    """The mistakes that multiply every entry by a number."""
    right, n = g.right, g.n
    yield "negated", -right
    if g.divisor != 1.0:
        yield "not-averaged", g.divisor * right
    yield "divided-twice", right / g.divisor
    if n != g.divisor:
        yield "divided-twice", right / n
    yield "halved", right / 2.0
    yield "doubled", right * 2.0
    if right.ndim == 2 or g.predictions is None:
        yield "over-cells", right / g.k
    if abs(g.log_base - log(2.0)) > 1e-12:
        yield "base-2", right * g.log_base / log(2.0)
    if g.log_base != 1.0:
        yield "base-e", right * g.log_base
    if g.divisor != 1.0 and abs(g.divisor - n) > 1e-9 * n:
        yield "weights-over-n", right * g.divisor / n
    if n > 1 and g.divisor == n:
        yield "n-minus-1", right * n / (n - 1)


# --- with respect to predictions --------------------------------------------------------------------------------------
def _mistakes_wrt_predictions(g: RightGradient, rows: Predictions) -> Iterator[Yielded]:
    right, n, y, p, z, matrix = g.right, g.n, rows.label, rows.p, rows.z, g.right.ndim == 2

    def scaled(slopes: Array) -> Array:
        """Slopes of rows, not yet weighed or divided, as the gradient that was asked for."""
        weight = np.ones(n) if rows.weight is None else rows.weight
        return times(weight.reshape(-1, *[1] * (slopes.ndim - 1)), slopes) / (g.divisor * g.log_base)

    # --- by another variable, or of another loss
    if g.wrt is not Scale.PROBS:
        yield "by-probs", right / (p * (1.0 - p))
        if matrix:
            yield "by-probs", scaled(-times(y, 1.0 / p))
    if g.wrt is not Scale.LOGITS:
        yield "by-logits", right * p * (1.0 - p)
        yield "by-logits", scaled(p - y)
    yield "squared-error", right * p * (1.0 - p)
    yield "squared-error", 2.0 * right * p * (1.0 - p)

    # --- a factor or a term of the chain rule
    if not matrix:
        first_term = -times(y, 1.0 / p)
        yield "first-term-only", scaled(first_term)
        yield "first-term-only", scaled(-y * (1.0 - p))
        yield "first-term-only", first_term
    yield "activation-forgotten", scaled(z - y)
    yield "activation-twice", scaled((_softmax(p) if matrix else sigmoid(p)) - y)
    yield "slope-only", scaled(p * (1.0 - p))
    if matrix:
        yield "target-only", np.where(y > 0.0, right, 0.0)
        yield "target-only", scaled(np.where(y > 0.0, p - 1.0, 0.0))
    if rows.weight is not None and bool((rows.weight > 0.0).all()):
        bare = right * g.divisor / rows.weight.reshape(-1, *[1] * (right.ndim - 1))
        yield from (("weights-ignored", slopes) for slopes in (bare / n, bare / g.divisor, bare))
    yield "label-not-subtracted", scaled(p)
    yield "label-not-subtracted", p
    yield "times-p", right * p
    yield "slope-twice", right * p * (1.0 - p)

    # --- the wrong class, row or axis
    if not matrix and g.wrt is not Scale.LOGPROBS:
        over = p * (1.0 - p) if g.wrt is Scale.PROBS else 1.0
        yield "classes-swapped", scaled((p - (1.0 - y)) / over)
        yield "classes-swapped", scaled((1.0 - p - y) / over)
    if not g.of_sum and len(right) > 2:
        yield "rows-shifted", np.roll(right, 1, axis=0), "one row too far down"
        yield "rows-shifted", np.roll(right, -1, axis=0), "one row too far up"
        yield "rows-shifted", right[::-1], "in reverse order"
    if matrix:
        yield "labels-off-by-one", scaled(p - np.roll(y, 1, axis=1)), "after"
        yield "labels-off-by-one", scaled(p - np.roll(y, -1, axis=1)), "before"
        yield "softmax-over-rows", scaled(_softmax(z.T).T - y)
        yield "sigmoid-for-softmax", scaled(sigmoid(z) - y)
    if g.has_few_entries and g.wrt is not Scale.LOGPROBS and ((y == 0.0) | (y == 1.0)).all():
        yield from _in_one_row(g.wrt, rows, scaled)

    # --- all predictions moved together
    if right.size > 1:
        over_all = [(1.0, ""), (float(right.size), ", and divided by the number of cells")]
        over_all += [(float(g.k), ", and divided by the number of classes")] if matrix else []
        sums = [np.full(1 if g.of_sum else right.size, right.sum())]
        sums += [np.repeat(right.sum(axis=1), right.shape[1])] if matrix and not g.of_sum else []
        yield from (("all-at-once", each / count, how) for each in sums for count, how in over_all)


def _in_one_row(wrt: Scale, rows: Predictions, scaled: Callable[[Array], Array]) -> Iterator[Yielded]:
    """The hard label of one row flipped, or two digits of its prediction exchanged or one off."""
    y, p = rows.label, rows.p

    def slopes(y: Array, p: Array) -> Array:
        if wrt is Scale.LOGITS:
            return p - y
        return -times(y, 1.0 / p) if y.ndim == 2 else (p - y) / (p * (1.0 - p))

    for at in range(len(y)):
        if y.ndim == 1:
            others = [(1.0 - y[at], f"{int(1.0 - y[at])} and not {int(y[at])}")]
        else:
            own, classes = int(y[at].argmax()), np.eye(y.shape[1])
            others = [(classes[k], f"column {k + 1} and not {own + 1}") for k in range(y.shape[1]) if k != own]
        for label, what in others:
            flipped = y.copy()
            flipped[at] = label
            yield "row-flipped", scaled(slopes(flipped, p)), at + 1, what
        for cell in np.ndindex(y.shape[1:]):
            text = repr(float(p[(at, *cell)]))
            for typed, how in misspellings(text):
                if 0.0 < float(typed) < 1.0:
                    changed = p.copy()
                    changed[(at, *cell)] = float(typed)
                    yield "row-typo", scaled(slopes(y, changed)), at + 1, f"{typed} for {text}, {how}"


# --- with respect to parameters ---------------------------------------------------------------------------------------
def _mistakes_wrt_parameters(g: RightGradient, parameters: Parameters) -> Iterator[Yielded]:
    yield "label-not-subtracted", parameters.of_h
    yield "label-not-subtracted", parameters.of_h * g.divisor
    first, d = int(parameters.intercept), g.right.shape[-1]
    if first and d > 1 and not g.of_sum:
        yield "intercept-last", np.roll(g.right, -1, axis=-1)
    if (e := parameters.examples) is None:
        return
    divisor = g.divisor * g.log_base
    if first and d > 1:
        z = e.x[:, 1:] @ e.theta[..., 1:].T
        yield "intercept-left-out", e.gradient(e.activated(z) - e.y) / divisor
    yield "no-sigmoid", e.gradient(e.x @ e.theta.T - e.y) / divisor
    yield "slope-twice", e.gradient((e.h - e.y) * e.h * (1.0 - e.h)) / divisor
    alone = np.zeros(len(e.x))
    alone[0] = 1.0
    row = e.gradient(((e.h - e.y).T * alone).T) / g.log_base
    yield "first-row-alone", row, ""
    if g.divisor != 1.0:
        yield "first-row-alone", row / g.divisor, ", divided by the number of rows"
    for rate in RATES:
        z = e.x @ (e.theta - rate * g.right).T
        yield "theta-after-a-step", e.gradient(e.activated(z) - e.y) / divisor, rate
    if e.y.ndim == 1:
        yield "complement", e.gradient(1.0 - e.h - e.y) / divisor
    for a, b in combinations(range(first, d), 2) if d - first <= MOST_FEATURES else ():
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
    right, found = g.right.ravel(), dict[str, list[float]]()
    for id_, value, *_ in _of_scale(replace(g, right=np.ones_like(g.right))):
        found.setdefault(id_, []).append(float(np.ravel(value)[0]))
    factors = {id_: found[id_] for id_ in FACTORS if id_ in found}
    alone = tuple(right * factor for each in factors.values() for factor in each)
    for (a, of_a), (b, of_b) in combinations(factors.items(), 2):
        (_, meaning, fix), (_, second_meaning, second_fix) = GRADIENT_TEXTS[a], GRADIENT_TEXTS[b]
        both = f"{meaning}; and {second_meaning}", f"{fix}; and {second_fix}"
        for x, y in product(of_a, of_b):
            yield Candidate(f"{FACTORS[a]}-and-{FACTORS[b]}", right * x * y, RARE + 1, *both, excluded_by=alone)


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
