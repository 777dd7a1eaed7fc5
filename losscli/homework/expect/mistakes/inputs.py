"""Mistakes with what goes in: the wrong scale, order, side or rounding of labels and predictions."""

import numpy as np

from losscli.enums import Like, Reduction, Scale
from losscli.homework.expect.mistakes.case import Array, Case, Figure, minus_log, times
from losscli.homework.expect.mistakes.entry import (
    COMMON,
    POSSIBLE,
    RARE,
    AnalysisResult,
    Mistake,
    Variant,
    from_logits,
    of_classes,
    several_rows,
    with_labels,
    without_logits,
)
from losscli.losses.functions import log_softmax, row_sums

EPSILONS = (1e-15, 2.0**-52, 1e-7)  # of old scikit-learn, of scikit-learn, of Keras

# -ln of each of these and torch's limit; 1 - (1 - 1e-15) is 9.992e-16 in floating point, hence the second.
MISSES = (34.538776394910684, 34.539575992340879, 36.04365338911715, 16.118095650958319, 100.0)

LOG_EPSILONS = tuple(10.0**-digits for digits in range(2, 13))

CLIPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)

FINE_CLIPS = (1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16)


def _scale(c: Case) -> Scale:
    return c.problem.settings.scale


def _activated_twice(c: Case) -> AnalysisResult:
    return c.reduced(c.costs_of(c.probs, Scale.LOGITS))


def _logits_as_probs(c: Case) -> AnalysisResult:
    return c.reduced(c.costs_of(np.clip(c.conditioned, 1e-7, 1.0 - 1e-7)))


def _as_logprobs(c: Case) -> AnalysisResult:
    return c.reduced(-c.p_true)


def _softmax_over_rows(c: Case) -> AnalysisResult:
    down, everywhere = "down the columns, over the rows of the batch", "over all cells of the table"
    if not c.categorical:
        return [Variant(c.reduced(c.costs_of(np.exp(log_softmax(c.conditioned[None, :]))[0])), down)]
    columns = np.ascontiguousarray(np.exp(log_softmax(c.conditioned.T)).T)
    cells = np.exp(log_softmax(c.conditioned.reshape(1, -1))).reshape(c.conditioned.shape)
    return [Variant(c.reduced(c.costs_of(columns)), down), Variant(c.reduced(c.costs_of(cells)), everywhere)]


def _swapped(c: Case) -> AnalysisResult:
    if c.categorical:
        return _clipped_if_infinite(c, c.conditioned[:, ::-1]) if c.problem.k == 2 else ()
    other = -c.conditioned if _scale(c) is Scale.LOGITS else 1.0 - c.probs
    scale = Scale.LOGITS if _scale(c) is Scale.LOGITS else Scale.PROBS
    plain = c.reduced(c.costs_of(other, scale))
    return [plain, *_clips(c, 1.0 - c.probs)] if np.isinf(plain).any() else plain


def _clips(c: Case, p: Array) -> list[Variant]:
    return [
        Variant(c.reduced(c.costs_of(np.clip(p, eps, 1.0 - eps))), f", with probabilities clipped at {eps:.3g}")
        for eps in EPSILONS
    ]


def _clipped_if_infinite(c: Case, conditioned: Array) -> list[Figure | Variant]:
    plain = c.reduced(c.costs_of(conditioned, _scale(c)))
    if not np.isinf(plain).any() or _scale(c) is not Scale.PROBS:
        return [plain]
    return [plain, *_clips(c, conditioned)]


def _arguments_swapped(c: Case) -> AnalysisResult:
    found: list[Figure | Variant] = []
    for eps in EPSILONS:
        label = np.clip(c.labels, eps, 1.0 - eps)
        found.append(Variant(c.reduced(_crossed(c, minus_log(label), minus_log(1.0 - label))), f"{eps:.3g}"))
    exact = np.maximum(c.labels, 1e-15), np.maximum(1.0 - c.labels, 1e-15)
    found.append(Variant(c.reduced(_crossed(c, *map(minus_log, exact))), "1e-15"))
    capped = np.minimum(minus_log(c.labels), 100.0), np.minimum(minus_log(1.0 - c.labels), 100.0)
    return [*found, Variant(c.reduced(_crossed(c, *capped)), "a logarithm of -100")]


def _crossed(c: Case, cost: Array, complement: Array) -> Array:
    if c.categorical:
        return row_sums(c.probs * cost) / c.unit
    return (c.probs * cost + (1.0 - c.probs) * complement) / c.unit


def _hard_predictions(c: Case) -> AnalysisResult:
    found: list[Variant] = []
    for missed in c.misses:
        rates = c.averages(missed)
        found += [Variant(rate * cost / c.unit, f"{cost:.6g}") for cost in MISSES for rate in rates]
    return [one for one in found if np.any(one.value != 0.0)]


def _eps_in_log(c: Case) -> AnalysisResult:
    found = []
    for eps in LOG_EPSILONS:
        if c.categorical:
            rows = row_sums(times(c.cells, minus_log(c.probs + eps, c.unit)))
        else:
            positive, negative = c.coefficients
            rows = times(positive, minus_log(c.probs + eps, c.unit))
            rows = rows + times(negative, minus_log(c.complements + eps, c.unit))
        found.append(Variant(c.reduced(rows), f"{eps:g}"))
    return found


def _log1p(c: Case) -> AnalysisResult:
    """ln(1 + p) in place of ln p, and for two classes in place of ln(1 - p)."""
    if c.categorical:
        return [Variant(c.reduced(row_sums(times(c.cells, -np.log1p(c.probs) / c.unit))), "ln p")]
    (positive, negative), one = c.coefficients, -np.log1p(c.probs) / c.unit
    both = times(positive, one) + times(negative, -np.log1p(c.complements) / c.unit)
    found = [Variant(c.reduced(both), "ln p, and ln(2 - p) for ln(1 - p)" if c.binary else "ln p")]
    if c.binary:
        found.append(Variant(c.reduced(times(positive, c.costs) + times(negative, one)), "ln(1 - p)"))
        found.append(Variant(c.reduced(one), "ln p in every row, whatever its label"))
    return found


def _clipped(c: Case) -> AnalysisResult:
    infinite = bool(np.isinf(c.known.answer).any())
    found: list[Figure | Variant] = [
        Variant(
            c.reduced(c.costs_of(np.clip(c.probs, eps, 1.0 - eps))),
            f"clipped to [{eps:g}, 1 - {eps:g}]",
            f"clip nothing, or ask for it with --eps {eps:g}",
        )
        for eps in (*CLIPS, *(FINE_CLIPS if infinite else ()))
    ]
    if _scale(c) is Scale.PROBS:
        found += [_like(c, like) for like in Like if like is not c.problem.settings.like]
    if c.problem.convention.clip is not None:
        found.append(Variant(c.again(eps=0.0), "not clipped", "clip them as was asked", at_hand=True))
    return found


def _like(c: Case, like: Like) -> Variant:
    return Variant(
        c.again(like=like, eps=None),
        f"clipped, and the mean taken, as {like} does it",
        f"ask for these conventions with --like {like}",
    )


def _without_logprobs(c: Case) -> bool:
    return _scale(c) is not Scale.LOGPROBS


def _rescaled(c: Case) -> bool:
    return c.problem.convention.rescale


def _not_rescaled(c: Case) -> bool:
    return not _rescaled(c)


def _not_renormalized(c: Case) -> AnalysisResult:
    conditioned = c.raw if c.problem.convention.clip is None else np.clip(c.raw, *_limits(c.problem.convention.clip))
    return c.reduced(c.costs_of(conditioned, _scale(c)))


def _limits(eps: float) -> tuple[float, float]:
    return eps, 1.0 - eps


def _rolled(c: Case) -> AnalysisResult:
    ways = [
        (np.roll(c.conditioned, 1, axis=0), "the predictions are one row too far down against the labels"),
        (np.roll(c.conditioned, -1, axis=0), "the predictions are one row too far up against the labels"),
        (c.conditioned[::-1], "the predictions are in reverse order"),
    ]
    if not c.categorical:
        ordered = np.sort(c.conditioned)
        ways += [(way, "the predictions were sorted, and the labels were not") for way in (ordered, ordered[::-1])]
    if c.reduction is not Reduction.NONE:
        label = c.labels.argmax(axis=1) if c.categorical else c.labels
        places = np.argsort(np.argsort(label, kind="stable"))
        ways.append((c.conditioned[places], "the labels were sorted, and the predictions were not"))
    return [Variant(c.reduced(c.costs_of(rows, _scale(c))), said) for rows, said in ways]


def _rounded_inputs(c: Case) -> AnalysisResult:
    found = [Variant(c.reduced(c.costs_of(np.round(c.probs, digits))), _decimals(digits)) for digits in (3, 2, 1)]
    if _scale(c) is not Scale.PROBS:
        given = [(np.round(c.conditioned, digits), _decimals(digits)) for digits in (2, 1)]
        found += [Variant(c.reduced(c.costs_of(conditioned, _scale(c))), name) for conditioned, name in given]
    return found


def _decimals(digits: int) -> str:
    return "1 decimal" if digits == 1 else f"{digits} decimals"


def _percent(c: Case) -> AnalysisResult:
    """100 p for p: as it is where only the logarithm of p is asked for, clipped where that of 1 - p is too."""
    if not c.binary:
        costs = c.costs - np.log(100.0) / c.unit
        return c.reduced(row_sums(times(c.cells, costs)) if c.categorical else costs)
    p = np.minimum(100.0 * c.probs, 1.0)
    clipped = [(c.costs_of(np.clip(p, eps, 1.0 - eps)), f"{eps:.3g}") for eps in EPSILONS]
    positive, negative = c.coefficients
    for most, name in ((-np.log(1e-15), "1e-15"), (100.0, "a logarithm of -100")):
        rows = times(positive, minus_log(p)) + times(negative, np.minimum(minus_log(1.0 - p), most))
        clipped.append((rows / c.unit, name))
    said = " and clipped to 1, and the logarithm of 0 was cut off at "
    return [Variant(c.reduced(rows), f"{said}{name}") for rows, name in clipped]


INPUTS: tuple[Mistake[Case], ...] = (
    Mistake(
        "probs-as-logits",
        "the probabilities went through the sigmoid or softmax once more: the loss was told that they are logits",
        "give the loss probabilities as probabilities (BCELoss, from_logits=False), or logits with --from logits",
        _activated_twice,
        COMMON,
    ),
    Mistake(
        "logits-as-probs",
        "the logits were clipped into [0, 1] and taken for probabilities: the sigmoid or softmax is missing",
        "apply the sigmoid or softmax, or give the loss logits as logits (from_logits=True)",
        _logits_as_probs,
        COMMON,
        (from_logits,),
    ),
    Mistake(
        "probs-as-logprobs",
        "the probabilities were taken for log-probabilities, as when NLLLoss is given the output of a softmax",
        "take the logarithm of the probabilities first (log_softmax)",
        _as_logprobs,
        COMMON,
    ),
    Mistake(
        "softmax-over-rows",
        "the softmax ran {}, and not over the classes of each row",
        "apply the softmax along each row (dim=1, axis=-1)",
        _softmax_over_rows,
    ),
    Mistake(
        "classes-swapped",
        "the predictions were taken for probabilities of the other class{}",
        "use 1 - p, or name the class that p is the probability of with --positive",
        _swapped,
        COMMON,
    ),
    Mistake(
        "arguments-swapped",
        "labels and predictions changed places, and the logarithm of 0 was cut off at {}",
        "give the labels first and the predictions second",
        _arguments_swapped,
        COMMON,
        (with_labels,),
    ),
    Mistake(
        "hard-predictions",
        "the predictions were rounded to 0 and 1 (argmax) before the logarithm: each wrong row then costs {}",
        "use the probabilities themselves (predict_proba)",
        _hard_predictions,
    ),
    Mistake(
        "rows-shifted",
        "{}",
        "line the rows up: look for a header, a missing row or a shuffle on one side",
        _rolled,
        RARE,
        (several_rows,),
    ),
    Mistake(
        "eps-in-log",
        "{} was added inside the logarithm",
        "leave it out: the answer has no such term, and a certain miss is infinite",
        _eps_in_log,
        POSSIBLE,
        (lambda c: not c.problem.settings.focal,),
    ),
    Mistake(
        "log1p-misused",
        "log1p was misused: it gives ln(1 + p), which was taken for {}",
        "use ln(p), and log1p(-p) for ln(1 - p)",
        _log1p,
        RARE,
    ),
    Mistake("clipped", "the probabilities were {}", "clip nothing", _clipped, POSSIBLE, (_without_logprobs,)),
    Mistake(
        "renormalized",
        "each row of probabilities was rescaled to sum to 1",
        "use them as they are, or ask for this with --normalize",
        lambda c: c.again(normalize=True),
        POSSIBLE,
        (of_classes, without_logits, _not_rescaled),
    ),
    Mistake(
        "not-renormalized",
        "the rows of probabilities were not rescaled to sum to 1, and that was asked for",
        "divide each row by its sum",
        _not_renormalized,
        POSSIBLE,
        (of_classes, without_logits, _rescaled),
    ),
    Mistake(
        "percent",
        "the probabilities were given in percent{}",
        "divide the percentages by 100",
        _percent,
    ),
    Mistake(
        "rounded-inputs",
        "the predictions were rounded to {} first",
        "keep all digits until the end",
        _rounded_inputs,
        RARE,
    ),
)
