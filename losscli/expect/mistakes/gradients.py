"""Mistakes in a gradient: for each the array that it would give. The rule: pure functions of arrays, entry by entry.

`Slopes` is a right gradient with what it was made of; for gradients by parameters the rows are unknown, and only the
mistakes that multiply the whole gradient can be told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import log

import numpy as np

from losscli.enums import Scale
from losscli.expect.mistakes.case import Array, times
from losscli.expect.mistakes.entry import COMMON, POSSIBLE, Candidate, Found, Mistake, variants
from losscli.expect.typed import Typed
from losscli.expect.verdict import Verdict, judged
from losscli.losses.functions import sigmoid


def _nothing() -> Array:
    return np.empty(0)


@dataclass(frozen=True)
class Slopes:
    """A right gradient (n,) or (n, k), the divisor in it, and per entry label, probability and logit; weights (n,).

    `unit` is the logarithm of the base. Where the rows are not known, as by parameters, the arrays by entry are empty.
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


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on a typed gradient, the first entry that differs (counted from 0), and given/right if constant.

    `of_sum` says that one number was typed for several entries, and was compared with their sum.
    """

    verdict: Verdict
    first_wrong: int | None = None
    ratio: float | None = None
    ratio_name: str = ""
    of_sum: bool = False


def diagnose_gradient(given: Sequence[Typed], s: Slopes) -> Diagnosis:
    """Compare a typed gradient with the right one entry by entry, and name the mistakes that would give it."""
    typed, right = tuple(given), s.right.ravel()
    if len(typed) == 1 and right.size > 1:
        sums = (replace(one, value=float(np.sum(one.value))) for one in gradient_candidates(s))
        return Diagnosis(judged(typed, float(right.sum()), sums), of_sum=True)
    verdict = judged(typed, right, gradient_candidates(s))
    if verdict.ok:
        return Diagnosis(verdict)
    wrong = (at for at, (one, value) in enumerate(zip(typed, right, strict=True)) if not one.is_right(float(value)))
    ratio, name = constant_ratio(typed, s)
    return Diagnosis(verdict, next(wrong, None), ratio, name)


def gradient_candidates(s: Slopes) -> Iterator[Candidate]:
    """Every gradient that a mistake gives; the mistakes are those with log-losses."""
    for entry in GRADIENTS if s.log_loss else ():
        with np.errstate(all="ignore"):  # at p = 0 or 1 a mistake may divide by 0; what has no value is left out
            found = variants(entry, s)
        for variant in found:
            if not np.isnan(variant.value).any():
                value = np.asarray(variant.value).ravel()
                yield Candidate(entry.id, value, entry.meaning.format(variant.detail), entry.cure, entry.rank)


def constant_ratio(given: Sequence[Typed], s: Slopes) -> tuple[float | None, str]:
    """given/right where it is the same for all entries, with its name; None where it is not."""
    right = s.right.ravel()
    for value, name in named_ratios(s):
        if _all_scaled(given, right, value):
            return value, name
    at = int(np.abs(np.where(np.isfinite(right), right, 0.0)).argmax())
    if right[at] == 0.0 or given[at].exact is None or given[at].near == 0.0:
        return None, ""
    ratio = float(f"{given[at].near / float(right[at]):.6g}")
    return (ratio, f"{ratio:g}") if _all_scaled(given, right, ratio) and _told(given, right) else (None, "")


def named_ratios(s: Slopes) -> tuple[tuple[float, str], ...]:
    """The ratios that have a name."""
    d, k = s.divisor, float(s.k)
    pairs = [(-1.0, "-1"), (d, _times("n", d)), (1.0 / d, _times("1/n", 1.0 / d)), (2.0, "2"), (0.5, "1/2")]
    pairs += [(1.0 / log(2.0), "1/ln 2"), (log(2.0), "ln 2"), (k, _times("K", k)), (1.0 / k, _times("1/K", 1.0 / k))]
    return tuple((value, name) for value, name in pairs if value != 1.0)


def _times(name: str, value: float) -> str:
    return f"{name} = {value:.6g}"


def _all_scaled(given: Sequence[Typed], right: Array, ratio: float) -> bool:
    return all(bool(one.fits(float(value) * ratio)) for one, value in zip(given, right, strict=True))


def _told(given: Sequence[Typed], right: Array) -> bool:
    """Whether two entries at least say what the ratio is: one entry has a ratio to anything."""
    return sum(bool(value != 0.0 and one.near != 0.0) for one, value in zip(given, right, strict=True)) > 1


# --- which gradients an entry is for ----------------------------------------------------------------------------------
def _rows_known(s: Slopes) -> bool:
    return s.label.size > 0


def _of_two_classes(s: Slopes) -> bool:
    return _rows_known(s) and s.right.ndim == 1


def _of_several_classes(s: Slopes) -> bool:
    return _rows_known(s) and s.right.ndim == 2


def _may_have_classes(s: Slopes) -> bool:
    return s.right.ndim == 2 or not _rows_known(s)


def _divided(s: Slopes) -> bool:
    return s.divisor != 1.0


def _not_by_probs(s: Slopes) -> bool:
    return s.by is not Scale.PROBS


def _not_by_logits(s: Slopes) -> bool:
    return s.by is not Scale.LOGITS


def _other_unit(s: Slopes) -> bool:
    return s.unit != 1.0


def _weights_above_0(s: Slopes) -> bool:
    return s.weight is not None and bool((s.weight > 0.0).all())


# --- what an entry computes -------------------------------------------------------------------------------------------
def _scaled(s: Slopes, rows: Array) -> Array:
    """Slopes of rows, not yet weighed or divided, as the gradient that was asked for."""
    weight = np.ones(s.n) if s.weight is None else s.weight
    return times(weight.reshape(-1, *[1] * (rows.ndim - 1)), rows) / (s.divisor * s.unit)


def _by_probs(s: Slopes) -> Found:
    plain = s.right / (s.p * (1.0 - s.p))
    return [plain, _scaled(s, -times(s.label, 1.0 / s.p))] if s.right.ndim == 2 else [plain]


def _first_term(s: Slopes) -> Found:
    plain = -times(s.label, 1.0 / s.p)
    return [_scaled(s, plain), _scaled(s, -s.label * (1.0 - s.p)), plain]


def _activation_twice(s: Slopes) -> Found:
    return _scaled(s, (_softmax(s.p) if s.right.ndim == 2 else sigmoid(s.p)) - s.label)


def _softmax(p: Array) -> Array:
    e = np.exp(p)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _target_only(s: Slopes) -> Found:
    return [np.where(s.label > 0.0, s.right, 0.0), _scaled(s, np.where(s.label > 0.0, s.p - 1.0, 0.0))]


def _unweighted(s: Slopes) -> Found:
    assert s.weight is not None
    bare = s.right * s.divisor / s.weight.reshape(-1, *[1] * (s.right.ndim - 1))
    return [bare / s.n, bare / s.divisor, bare]


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
        "squared-error",
        "this is the gradient of the squared error: p - y times p(1 - p)",
        "differentiate the logarithm, not the square: p(1 - p) cancels",
        lambda s: [factor * s.right * s.p * (1.0 - s.p) for factor in (1.0, 2.0)],
        COMMON,
        (_rows_known,),
    ),
    Mistake(
        "by-probs",
        "this is the gradient by the probabilities",
        "multiply by p(1 - p), or ask for this one with --wrt probs",
        _by_probs,
        COMMON,
        (_rows_known, _not_by_probs),
    ),
    Mistake(
        "by-logits",
        "this is the gradient by the logits",
        "divide by p(1 - p), or ask for this one with --wrt logits",
        lambda s: [s.right * s.p * (1.0 - s.p), _scaled(s, s.p - s.label)],
        COMMON,
        (_rows_known, _not_by_logits),
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
)
