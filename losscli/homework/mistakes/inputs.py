"""Mistakes with labels and predictions: the wrong scale, order, side or rounding."""

from collections.abc import Iterator

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Like, Reduction, Scale
from losscli.errors import plural
from losscli.homework.evaluated_rows import EvaluatedRows, Numbers, minus_log, times
from losscli.homework.mistakes.candidate import ABOUT_OPTION, COMMON, POSSIBLE, RARE, Texts, Yielded
from losscli.losses.functions import log_softmax, row_sums

EPSILONS = (1e-15, 2.0**-52, 1e-7)  # of old scikit-learn, of scikit-learn, of Keras

# -ln of each of these and torch's limit; 1 - (1 - 1e-15) is 9.992e-16 in floating point, hence the second.
MISSES = (34.538776394910684, 34.539575992340879, 36.04365338911715, 16.118095650958319, 100.0)

LOG_EPSILONS = tuple(10.0**-digits for digits in range(2, 13))

CLIPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)

FINE_CLIPS = (1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16)


def of_inputs(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each mistake with labels or predictions, as its key and the number that it gives."""
    s, rule = rows.problem.settings, rows.problem.convention
    scale, logits = rows.scale, rows.scale is Scale.LOGITS
    p, given, log_base = rows.p, rows.conditioned, rows.log_base

    def loss(predictions: Array, scale: Scale = Scale.PROBS) -> Numbers:
        return rows.answer(rows.loss_of(predictions, scale))

    def with_costs(costs: Array) -> Numbers:
        """The answer with other numbers (n, k) in place of -log of the probabilities."""
        return rows.answer(row_sums(times(rows.coefficients, costs)))

    # --- the wrong scale
    yield "probs-as-logits", loss(p, Scale.LOGITS)
    if logits:
        yield "logits-as-probs", loss(np.clip(given, 1e-7, 1.0 - 1e-7))
    yield "probs-as-logprobs", rows.answer(-rows.p_true)
    down = "down the columns, over the rows of the batch"
    if rows.categorical:
        yield "softmax-over-rows", loss(np.ascontiguousarray(np.exp(log_softmax(given.T)).T)), down
        cells = np.exp(log_softmax(given.reshape(1, -1))).reshape(given.shape)
        yield "softmax-over-rows", loss(cells), "over all cells of the table"
    else:
        yield "softmax-over-rows", loss(np.exp(log_softmax(given[None, :]))[0]), down

    # --- the wrong side
    if not rows.categorical:
        plain = loss(-given, scale) if logits else loss(1.0 - p)
        yield "classes-swapped", plain, ""
        if np.isinf(plain).any():
            yield from _clipped_swap(rows, 1.0 - p)
    elif rows.problem.k == 2:
        plain = loss(given[:, ::-1], scale)
        yield "classes-swapped", plain, ""
        if np.isinf(plain).any() and scale is Scale.PROBS:
            yield from _clipped_swap(rows, given[:, ::-1])
    if rows.problem.form is not Form.LIKELIHOOD:
        yield from _arguments_swapped(rows)
    for missed in rows.misses:
        for miss in MISSES:
            for rate in rows.averages(missed):
                if np.any(rate != 0.0):
                    yield "hard-predictions", rate * miss / log_base, miss
    if rows.n > 1:
        yield from _rows_shifted(rows)

    # --- the logarithm of something near p
    if not s.focal:
        for eps in LOG_EPSILONS:
            yield "eps-in-log", with_costs(minus_log(rows.probs + eps, log_base)), eps
    one = -np.log1p(rows.probs) / log_base
    yield "log1p-misused", with_costs(one), "ln p, and ln(2 - p) for ln(1 - p)" if rows.binary else "ln p"
    if rows.binary:
        yield "log1p-misused", with_costs(np.column_stack([one[:, 1], rows.costs[:, 1]])), "ln(1 - p)"
        yield "log1p-misused", rows.answer(one[:, 1]), "ln p in every row, whatever its label"
    if rows.categorical and not logits:
        if rule.rescale:
            raw = rows.raw if rule.clip is None else np.clip(rows.raw, *rule.clip)
            yield "not-renormalized", loss(raw, scale)
        else:
            yield "renormalized", rows.answer_with(normalize=True)
    if scale is not Scale.LOGPROBS:
        infinite = bool(np.isinf(rows.figures.answer).any())
        for eps in (*CLIPS, *(FINE_CLIPS if infinite else ())):
            if p.min() < eps or p.max() > 1.0 - eps:
                yield "clipped", loss(np.clip(p, eps, 1.0 - eps)), eps
        for like in Like if scale is Scale.PROBS else ():
            if like is not s.like and (p.min() < 1e-7 or p.max() > 1.0 - 1e-7):
                yield "clipped:like", rows.answer_with(like=like, eps=None), like
        if rule.clip is not None:
            yield "clipped:left-out", rows.answer_with(eps=0.0)
    if rows.binary:
        yield from _percent(rows)
    else:  # as it is where only the logarithm of p is asked for
        yield "percent", with_costs(rows.costs - np.log(100.0) / log_base), ""
    for digits in (3, 2, 1):
        yield "rounded-inputs", loss(np.round(p, digits)), plural(digits, "decimal")
    for digits in (2, 1) if scale is not Scale.PROBS else ():
        yield "rounded-inputs", loss(np.round(given, digits), scale), plural(digits, "decimal")


def _clipped_swap(rows: EvaluatedRows, p: Array) -> Iterator[Yielded]:
    for eps in EPSILONS:
        value = rows.answer(rows.loss_of(np.clip(p, eps, 1.0 - eps)))
        yield "classes-swapped", value, f", with probabilities clipped at {eps:.3g}"


def _arguments_swapped(rows: EvaluatedRows) -> Iterator[Yielded]:
    """The labels as predictions of the probabilities, with each way to keep the logarithm of 0 finite."""

    def by_class(part: Array) -> Array:
        return part if rows.categorical else np.column_stack([1.0 - part, part])

    ways = [(minus_log(by_class(np.clip(rows.y, eps, 1.0 - eps))), f"{eps:.3g}") for eps in EPSILONS]
    ways.append((minus_log(np.maximum(by_class(rows.y), 1e-15)), "1e-15"))
    ways.append((np.minimum(minus_log(by_class(rows.y)), 100.0), "a logarithm of -100"))
    for costs, at in ways:
        yield "arguments-swapped", rows.answer(row_sums(by_class(rows.p) * costs) / rows.log_base), at


def _rows_shifted(rows: EvaluatedRows) -> Iterator[Yielded]:
    given = rows.conditioned
    ways = [
        (np.roll(given, 1, axis=0), "the predictions are one row too far down against the labels"),
        (np.roll(given, -1, axis=0), "the predictions are one row too far up against the labels"),
        (given[::-1], "the predictions are in reverse order"),
    ]
    if not rows.categorical:
        ordered = np.sort(given)
        ways += [(way, "the predictions were sorted, but the labels were not") for way in (ordered, ordered[::-1])]
    if rows.reduction is not Reduction.NONE:
        label = rows.labels.argmax(axis=1) if rows.categorical else rows.y
        places = np.argsort(np.argsort(label, kind="stable"))
        ways.append((given[places], "the labels were sorted, but the predictions were not"))
    for moved, how in ways:
        yield "rows-shifted", rows.answer(rows.loss_of(moved, rows.scale)), how


def _percent(rows: EvaluatedRows) -> Iterator[Yielded]:
    """100 p for p, clipped because the logarithm of 1 - p is asked for too."""
    p = np.minimum(100.0 * rows.p, 1.0)
    cut = " and clipped to 1, and the logarithm of 0 was cut off at "
    for eps in EPSILONS:
        yield "percent", rows.answer(rows.loss_of(np.clip(p, eps, 1.0 - eps))), f"{cut}{eps:.3g}"
    for most, at in ((-np.log(1e-15), "1e-15"), (100.0, "a logarithm of -100")):
        costs = np.column_stack([np.minimum(minus_log(1.0 - p), most), minus_log(p)])
        losses = row_sums(times(rows.coefficients, costs))
        yield "percent", rows.answer(losses / rows.log_base), f"{cut}{at}"


# fmt: off
INPUTS_TEXTS: Texts = {
    "probs-as-logits": (COMMON, "the probabilities went through the sigmoid or softmax once more:"
                        " they were given to the loss as logits",
                        "give the loss probabilities as probabilities (BCELoss, from_logits=False),"
                        " or logits with --from logits"),
    "logits-as-probs": (COMMON, "the logits were clipped into [0, 1] and taken for probabilities:"
                        " the sigmoid or softmax is missing",
                        "apply the sigmoid or softmax, or give the loss logits as logits (from_logits=True)"),
    "probs-as-logprobs": (COMMON, "the probabilities were taken for log-probabilities,"
                          " as when NLLLoss is given the output of a softmax",
                          "take the logarithm of the probabilities first (log_softmax)"),
    "softmax-over-rows": (POSSIBLE, "the softmax ran {}, and not over the classes of each row",
                          "apply the softmax along each row (dim=1, axis=-1)"),
    "classes-swapped": (COMMON, "the predictions were taken for probabilities of the other class{}",
                        "use 1 - p, or name the class that p is the probability of with --positive"),
    "arguments-swapped": (COMMON, "labels and predictions changed places, and the logarithm of 0 was cut off at {}",
                          "give the labels first and the predictions second"),
    "hard-predictions": (POSSIBLE, "the predictions were rounded to 0 and 1 (argmax) before the logarithm:"
                         " each wrong row then costs {:.6g}", "use the probabilities themselves (predict_proba)"),
    "rows-shifted": (RARE, "{}", "line the rows up: look for a header, a missing row or a shuffle on one side"),
    "eps-in-log": (POSSIBLE, "{:g} was added inside the logarithm",
                   "leave it out: the answer has no such term, and a certain miss is infinite"),
    "log1p-misused": (RARE, "log1p was misused: it gives ln(1 + p), which was taken for {}",
                      "use ln(p), and log1p(-p) for ln(1 - p)"),
    "clipped": (POSSIBLE, "the probabilities were clipped to [{0:g}, 1 - {0:g}]",
                "clip nothing, or ask for it with --eps {0:g}"),
    "clipped:like": (POSSIBLE, "the probabilities were clipped, and the mean taken, as {0} does it",
                     "ask for these conventions with --like {0}"),
    "clipped:left-out": (ABOUT_OPTION, "the probabilities were not clipped", "clip them, as the options ask"),
    "renormalized": (POSSIBLE, "each row of probabilities was rescaled to sum to 1",
                     "use them as they are, or ask for this with --normalize"),
    "not-renormalized": (POSSIBLE, "the rows of probabilities were not rescaled to sum to 1, but that was asked for",
                         "divide each row by its sum"),
    "percent": (POSSIBLE, "the probabilities were given in percent{}", "divide the percentages by 100"),
    "rounded-inputs": (RARE, "the predictions were rounded to {} first", "keep all digits until the end"),
}
# fmt: on
