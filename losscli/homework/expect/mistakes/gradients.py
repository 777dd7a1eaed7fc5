"""Mistakes in a gradient: for each the array that it would give. The rule: pure functions of arrays, entry by entry.

`Slopes` is a right gradient with what it was made of; for gradients by parameters the rows are unknown, and only the
mistakes that multiply the whole gradient can be told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log

import numpy as np

from losscli.enums import Scale
from losscli.homework.expect.mistakes.case import Array, times
from losscli.homework.expect.mistakes.entry import (
    AT_HAND,
    COMMON,
    POSSIBLE,
    AnalysisResult,
    Mistake,
    Variant,
)
from losscli.losses.functions import sigmoid

MOST_SIGNS = 200  # entries: beyond, a single wrong sign among them is not looked for


def _nothing() -> Array:
    return np.empty(0)


@dataclass(frozen=True)
class Slopes:
    """A right gradient (n,) or (n, k), the divisor in it, and per entry label, probability and logit; weights (n,).

    `unit` is the logarithm of the base. Where the rows are not known, as by parameters, the arrays by entry are empty;
    there `intercept` says that the first parameter is one, and `of_h` is X^T h, the gradient without the labels.
    `listed` says that an answer has a number for each entry; otherwise one number was typed for the sum of several.
    """

    right: Array
    divisor: float
    n: int
    k: int = 2
    unit: float = 1.0
    by: Scale = Scale.LOGITS
    label: Array = field(default_factory=_nothing)
    p: Array = field(default_factory=_nothing)
    z: Array = field(default_factory=_nothing)
    weight: Array | None = None
    log_loss: bool = True
    intercept: bool = False
    of_h: Array = field(default_factory=_nothing)
    listed: bool = True


# --- which gradients an entry is for ----------------------------------------------------------------------------------
def _rows_known(s: Slopes) -> bool:
    return s.label.size > 0


def _labels_known(s: Slopes) -> bool:
    return _rows_known(s) or s.of_h.size > 0


def _of_two_classes(s: Slopes) -> bool:
    return _rows_known(s) and s.right.ndim == 1


def _of_several_classes(s: Slopes) -> bool:
    return _rows_known(s) and s.right.ndim == 2


def _may_have_classes(s: Slopes) -> bool:
    return s.right.ndim == 2 or not _rows_known(s)


def _divided(s: Slopes) -> bool:
    return s.divisor != 1.0


def _not_by(scale: Scale) -> Callable[[Slopes], bool]:
    return lambda s: s.by is not scale


def _other_unit(s: Slopes) -> bool:
    return s.unit != 1.0


def _weights_above_0(s: Slopes) -> bool:
    return s.weight is not None and bool((s.weight > 0.0).all())


def _over_weights(s: Slopes) -> bool:
    return _divided(s) and abs(s.divisor - s.n) > 1e-9 * s.n


def _few_entries(s: Slopes) -> bool:
    return s.listed and 1 < s.right.size <= MOST_SIGNS


def _matrix(s: Slopes) -> bool:
    return s.listed and s.right.ndim == 2 and min(s.right.shape) > 1


def _with_intercept(s: Slopes) -> bool:
    return s.listed and s.intercept and s.right.shape[-1] > 1


def _mean_of_rows(s: Slopes) -> bool:
    return s.n > 1 and s.divisor == s.n


def _many_rows(s: Slopes) -> bool:
    return s.listed and _rows_known(s) and len(s.right) > 2


def _several_entries(s: Slopes) -> bool:
    return s.right.size > 1


# --- what an entry computes -------------------------------------------------------------------------------------------
def _scaled(s: Slopes, rows: Array) -> Array:
    """Slopes of rows, not yet weighed or divided, as the gradient that was asked for."""
    weight = np.ones(s.n) if s.weight is None else s.weight
    return times(weight.reshape(-1, *[1] * (rows.ndim - 1)), rows) / (s.divisor * s.unit)


def _by_probs(s: Slopes) -> AnalysisResult:
    plain = s.right / (s.p * (1.0 - s.p))
    return [plain, _scaled(s, -times(s.label, 1.0 / s.p))] if s.right.ndim == 2 else [plain]


def _first_term(s: Slopes) -> AnalysisResult:
    plain = -times(s.label, 1.0 / s.p)
    return [_scaled(s, plain), _scaled(s, -s.label * (1.0 - s.p)), plain]


def _activation_twice(s: Slopes) -> AnalysisResult:
    return _scaled(s, (_softmax(s.p) if s.right.ndim == 2 else sigmoid(s.p)) - s.label)


def _softmax(p: Array) -> Array:
    e = np.exp(p)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _target_only(s: Slopes) -> AnalysisResult:
    return [np.where(s.label > 0.0, s.right, 0.0), _scaled(s, np.where(s.label > 0.0, s.p - 1.0, 0.0))]


def _unweighted(s: Slopes) -> AnalysisResult:
    assert s.weight is not None
    bare = s.right * s.divisor / s.weight.reshape(-1, *[1] * (s.right.ndim - 1))
    return [bare / s.n, bare / s.divisor, bare]


def _of_h(s: Slopes) -> AnalysisResult:
    return [_scaled(s, s.p), s.p] if _rows_known(s) else [s.of_h, s.of_h * s.divisor]


def _one_sign(s: Slopes) -> AnalysisResult:
    right = s.right.ravel()
    width = s.right.shape[-1] if s.right.ndim == 2 else 0
    return [
        Variant(
            np.where(np.arange(right.size) == at, -right, right),
            f"{at + 1}" + (f" (row {at // width + 1}, column {at % width + 1})" if width else ""),
        )
        for at in np.flatnonzero(right).tolist()
    ]


def _other_label(s: Slopes) -> AnalysisResult:
    """The gradient with y and 1 - y exchanged, and with p and 1 - p exchanged."""
    over = s.p * (1.0 - s.p) if s.by is Scale.PROBS else 1.0
    return [_scaled(s, (s.p - (1.0 - s.label)) / over), _scaled(s, (1.0 - s.p - s.label) / over)]


def _out_of_step(s: Slopes) -> AnalysisResult:
    ways = ((np.roll(s.right, 1, axis=0), "one row too far down"), (np.roll(s.right, -1, axis=0), "one row too far up"))
    return [*(Variant(moved, said) for moved, said in ways), Variant(s.right[::-1], "in reverse order")]


def _together(s: Slopes) -> AnalysisResult:
    """The sum of the gradient, and of each row; over the number of cells and of classes too."""
    over = [(float(s.right.size), ", and divided by the number of cells")]
    over += [(float(s.k), ", and divided by the number of classes")] if s.right.ndim == 2 else []
    sums = [np.full(s.right.size if s.listed else 1, s.right.sum())]
    sums += [np.repeat(s.right.sum(axis=1), s.right.shape[1])] if s.listed and s.right.ndim == 2 else []
    return [Variant(each / count, said) for each in sums for count, said in ((1.0, ""), *over)]


GRADIENTS: tuple[Mistake[Slopes], ...] = (
    Mistake(
        "negated",
        "every sign is turned around: y - p where it should be p - y",
        "a gradient points uphill: differentiate the loss, minus sign included",
        lambda s: -s.right,
        COMMON,
    ),
    Mistake(
        "not-averaged",
        "the gradient was not divided by the divisor of the mean: it is that of the sum",
        "divide by the number of rows, or ask for the sum with -r sum",
        lambda s: s.divisor * s.right,
        COMMON,
        (_divided,),
    ),
    Mistake(
        "divided-twice",
        "the gradient was divided by the number of rows once more",
        "divide by the number of rows once",
        lambda s: [s.right / s.divisor, *([s.right / s.n] if s.n != s.divisor else [])],
    ),
    Mistake("halved", "every entry is half of what it should be", "leave the factor 1/2 out", lambda s: s.right / 2.0),
    Mistake(
        "doubled",
        "every entry is twice what it should be: a difference over 2h was divided by h, or a factor 2 is too much",
        "divide f(x + h) - f(x - h) by 2h",
        lambda s: s.right * 2.0,
    ),
    Mistake(
        "over-cells",
        "the gradient was divided by the number of classes too, as .mean() over the whole matrix does",
        "divide by the number of rows only",
        lambda s: s.right / s.k,
        POSSIBLE,
        (_may_have_classes,),
    ),
    Mistake(
        "base-2",
        "the logarithm was taken to base 2, which divides every entry by ln 2",
        "use the natural logarithm, or ask for bits with --base 2",
        lambda s: s.right * s.unit / log(2.0) if abs(s.unit - log(2.0)) > 1e-12 else (),
    ),
    Mistake(
        "base-e",
        "the natural logarithm was taken, and another base was asked for",
        "divide every entry by the natural logarithm of the base",
        lambda s: s.right * s.unit,
        POSSIBLE,
        (_other_unit,),
    ),
    Mistake(
        "by-probs",
        "this is the gradient by the probabilities",
        "multiply by p(1 - p), or ask for this one with --wrt probs",
        _by_probs,
        COMMON,
        (_rows_known, _not_by(Scale.PROBS)),
    ),
    Mistake(
        "by-logits",
        "this is the gradient by the logits",
        "divide by p(1 - p), or ask for this one with --wrt logits",
        lambda s: [s.right * s.p * (1.0 - s.p), _scaled(s, s.p - s.label)],
        COMMON,
        (_rows_known, _not_by(Scale.LOGITS)),
    ),
    Mistake(
        "squared-error",
        "this is the gradient of the squared error: p - y, times p(1 - p) by the logits",
        "differentiate the logarithm, not the square: p(1 - p) cancels",
        lambda s: [factor * s.right * s.p * (1.0 - s.p) for factor in (1.0, 2.0)],
        COMMON,
        (_rows_known,),
    ),
    Mistake(
        "first-term-only",
        "only the term of label 1 was differentiated: -y/p",
        "add the derivative of (1 - y) ln(1 - p), which is (1 - y)/(1 - p)",
        _first_term,
        COMMON,
        (_of_two_classes,),
    ),
    Mistake(
        "activation-forgotten",
        "the logit was used where the probability belongs: z - y",
        "apply the sigmoid or softmax first: p - y",
        lambda s: _scaled(s, s.z - s.label),
        COMMON,
        (_rows_known,),
    ),
    Mistake(
        "activation-twice",
        "the probability went through the sigmoid or softmax once more",
        "apply it once",
        _activation_twice,
        COMMON,
        (_rows_known,),
    ),
    Mistake(
        "slope-only",
        "this is the derivative of the sigmoid, p(1 - p), alone: that of the loss is missing in the chain",
        "multiply by the derivative of the loss by p",
        lambda s: _scaled(s, s.p * (1.0 - s.p)),
        POSSIBLE,
        (_rows_known,),
    ),
    Mistake(
        "target-only",
        "only the entry of the label's class was kept",
        "fill in the other classes too: they have p - 0",
        _target_only,
        COMMON,
        (_of_several_classes,),
    ),
    Mistake(
        "weights-ignored",
        "the weights were left out",
        "multiply each row by its weight",
        _unweighted,
        POSSIBLE,
        (_weights_above_0,),
    ),
    Mistake(
        "weights-over-n",
        "the weighted gradient was divided by the number of rows, not by the sum of the weights",
        "divide by the sum of the weights; torch and Keras divide by n, which --like torch asks for",
        lambda s: s.right * s.divisor / s.n,
        AT_HAND,
        (_over_weights,),
    ),
    Mistake(
        "label-not-subtracted",
        "the label was not subtracted: this is the sigmoid or softmax alone, p where p - y belongs",
        "subtract the label: p - y",
        _of_h,
        COMMON,
        (_labels_known,),
    ),
    Mistake(
        "one-sign",
        "number {} has the wrong sign; all others are right",
        "look at the sign of this one number",
        _one_sign,
        POSSIBLE,
        (_few_entries,),
    ),
    Mistake(
        "signs-lost",
        "every entry is {}: the sign that the label gives it is lost",
        "the slope is negative where the label is 1 and positive where it is 0: mind the minus between the two terms",
        lambda s: [Variant(np.abs(s.right), "positive"), Variant(-np.abs(s.right), "negative")],
        POSSIBLE,
        (_few_entries,),
    ),
    Mistake(
        "classes-swapped",
        "label 1 was taken for 0 and 0 for 1, or the predictions for probabilities of the other class",
        "use p - y, p being the probability of label 1",
        _other_label,
        POSSIBLE,
        (_of_two_classes, _not_by(Scale.LOGPROBS)),
    ),
    Mistake(
        "n-minus-1",
        "the gradient was divided by n - 1, not by n",
        "divide by the number of rows",
        lambda s: s.right * s.n / (s.n - 1),
        POSSIBLE,
        (_mean_of_rows,),
    ),
    Mistake(
        "rows-shifted",
        "the rows of the gradient are {}",
        "give the entries in the order of the rows",
        _out_of_step,
        POSSIBLE,
        (_many_rows,),
    ),
    Mistake(
        "transposed",
        "rows and columns are exchanged: this is the transpose of the gradient",
        "give the gradient in the shape of what it is taken by",
        lambda s: np.ascontiguousarray(s.right.T),
        POSSIBLE,
        (_matrix,),
    ),
    Mistake(
        "intercept-last",
        "the intercept stands behind the features, and it comes first here",
        "put the entry of the intercept first",
        lambda s: np.roll(s.right, -1, axis=-1),
        COMMON,
        (_with_intercept,),
    ),
    Mistake(
        "all-at-once",
        "this is the slope when all predictions move together: the entries of the gradient are added up{}",
        "move one prediction at a time, and leave the others where they are",
        _together,
        POSSIBLE,
        (_several_entries, _rows_known),
    ),
)
