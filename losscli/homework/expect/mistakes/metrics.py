"""Other figures taken for the loss, and mistakes on the way from the rows to one number."""

from collections.abc import Iterator

import numpy as np

from losscli.enums import Reduction
from losscli.homework.expect.mistakes.case import Array, Case, Figure, minus_log, times
from losscli.homework.expect.mistakes.entry import (
    AT_HAND,
    COMMON,
    POSSIBLE,
    RARE,
    AnalysisResult,
    Mistake,
    Variant,
    hard_labels,
    mean_asked,
    one_number,
    several_labels,
    several_rows,
    soft_labels,
    with_labels,
)
from losscli.losses.functions import row_sums

SMOOTHINGS = (0.1, 0.2, 0.05)

BATCHES = (2, 3, 4, 5, 8, 10, 16, 32)


def _squares(c: Case) -> list[Figure]:
    """The Brier score: of a row summed over the classes, then also averaged over them."""
    if not c.categorical:
        return list(c.averages((c.probs - c.labels) ** 2))
    rows = row_sums((c.probs - c.labels) ** 2)
    return [*c.averages(rows), *c.averages(rows / c.problem.k)]


def _distances(c: Case) -> AnalysisResult:
    rows = np.abs(c.probs - c.labels)
    if not c.categorical:
        return list(c.averages(rows))
    return [*c.averages(row_sums(rows)), *c.averages(row_sums(rows) / c.problem.k)]


def _rmse(c: Case) -> AnalysisResult:
    return [float(np.sqrt(square)) for square in _squares(c)]


def _error_rate(c: Case) -> AnalysisResult:
    return [rate for missed in c.misses for rate in c.averages(missed)]


def _accuracy(c: Case) -> AnalysisResult:
    return [rate for missed in c.misses for rate in c.averages(1.0 - missed)]


def _smoothed(c: Case) -> AnalysisResult:
    asked = c.problem.settings.smoothing
    found = [
        Variant(c.again(smoothing=part), f"smoothed with {part:g}", f"ask for it with --smoothing {part:g}")
        for part in SMOOTHINGS
        if part != asked
    ]
    if asked:
        found.append(Variant(c.again(smoothing=0.0), "not smoothed", "smooth the labels as was asked", at_hand=True))
    if c.categorical:
        found += [_smoothed_aside(c, part) for part in SMOOTHINGS]
    return found


def _smoothed_aside(c: Case, part: float) -> Variant:
    spread = (1.0 - part) * c.labels + part / max(c.problem.k - 1, 1) * (1.0 - c.labels)
    weights = np.array(c.problem.settings.class_weight or np.ones(c.problem.k))
    rows = row_sums(times(spread * weights, c.costs))
    return Variant(
        c.reduced(rows),
        f"smoothed with {part:g}, spread over the wrong classes only",
        f"--smoothing {part:g} spreads it over all classes",
    )


def _focal(c: Case) -> AnalysisResult:
    gamma = c.problem.settings.focal
    found = [Variant(c.again(focal=0.0), "left out", "put the factor in", at_hand=True)] if gamma else []
    if gamma != 2.0:
        rows = c.loss if not gamma else row_losses(c)
        focal = times((1.0 - c.p_true) ** 2, rows)
        alpha = 0.25 + (0.5 * (c.labels == 0.0) if c.binary else 0.0)
        cure, said = "leave it out, or ask for it with --focal 2", "put in front, with gamma 2"
        found.append(Variant(c.reduced(focal), said, cure))
        found.append(Variant(c.reduced(alpha * focal), f"{said} and alpha 0.25", cure))
    return found


def _alpha(c: Case) -> AnalysisResult:
    return c.reduced(np.where(c.labels == 0.0, 0.75, 0.25) * c.loss if c.binary else 0.25 * c.loss)


def _focal_asked(c: Case) -> bool:
    return bool(c.problem.settings.focal)


def _smoothing_asked(c: Case) -> bool:
    return bool(c.problem.settings.smoothing)


def _infinite_rows(c: Case) -> bool:
    return bool(np.isinf(c.loss).any() and np.isfinite(c.loss).any())


def _finite_only(c: Case) -> AnalysisResult:
    kept = np.isfinite(c.loss)
    whole, over = float(times(c.weights, c.loss)[kept].sum()), float(c.divisor_weights[kept].sum())
    if c.reduction is Reduction.SUM:
        return [Variant(whole)]
    found = [Variant(whole / c.divisor, ", and counted in the divisor")]
    return [Variant(whole / over), *found] if over else found


def row_losses(c: Case) -> Array:
    """The losses without a focal factor."""
    if c.categorical:
        return row_sums(times(c.cells, c.costs))
    positive, negative = c.coefficients
    return times(positive, c.costs) + times(negative, c.complement_costs)


def _batches(c: Case) -> Iterator[tuple[Array, str]]:
    """The means of batches of equal size, but for the last, and of two halves; and what the batches are."""
    rows = c.n // c.width
    splits = [(np.arange(0, rows, size), f"batches of {size} rows") for size in BATCHES if size < rows]
    splits += [(np.array([0, rows // 2]), "the two halves of the rows")] if rows > 1 else []
    for first, name in splits:
        starts = first * c.width
        over = np.add.reduceat(c.divisor_weights, starts)
        if over.all():
            yield np.add.reduceat(times(c.weights, c.loss), starts) / over, name


def _spread(c: Case) -> AnalysisResult:
    """The standard deviation of the losses, with n - 1 and with n, and the standard error of their mean."""
    if not np.isfinite(c.loss).all():
        return ()
    sample = float(c.loss.std(ddof=1))
    error = Variant(sample / c.n**0.5, "standard error of the mean")
    return [*(Variant(each, "standard deviation of the losses") for each in (sample, float(c.loss.std()))), error]


def _first_lost(c: Case) -> AnalysisResult:
    whole = float(times(c.weights, c.loss)[1:].sum())
    if c.reduction is Reduction.SUM:
        return whole
    over = float(c.divisor_weights[1:].sum())
    return whole / over if over else ()


def _log_of_mean(c: Case) -> AnalysisResult:
    whole = Variant(
        float(minus_log(np.asarray(c.p_true.sum()), c.unit)), "added up", "take the logarithm of each, then add up"
    )
    means = [float(minus_log(np.asarray(mean), c.unit)) for mean in c.averages(c.p_true)] if mean_asked(c) else []
    return [*(Variant(mean, "averaged") for mean in means), whole]


def _no_log(c: Case) -> AnalysisResult:
    means = c.averages(c.p_true)
    whole = c.n if c.reduction is Reduction.SUM else 1
    return [*(-mean for mean in means), *(whole - mean for mean in means)]


def _entropy(c: Case) -> AnalysisResult:
    rows = times(c.probs, c.costs)
    if c.categorical:
        return list(c.averages(row_sums(rows)))
    return [*c.averages(rows + times(c.complements, c.complement_costs)), *(() if c.binary else c.averages(rows))]


def _kl(c: Case) -> AnalysisResult:
    rows = times(c.labels, minus_log(c.labels, c.unit))
    entropy = row_sums(rows) if c.categorical else rows + times(1.0 - c.labels, minus_log(1.0 - c.labels, c.unit))
    return c.known.answer - c.reduced(entropy)


def _macro(c: Case) -> AnalysisResult:
    codes = c.labels.argmax(axis=1) if c.categorical else c.labels.astype(np.intp)
    over = np.bincount(codes, weights=c.divisor_weights)
    present = over > 0.0
    means = np.bincount(codes, weights=times(c.weights, c.loss))[present] / over[present]
    return [Variant(float(means.mean()), "averaged"), Variant(float(means.sum()), "added up")]


def _rounded_rows(c: Case) -> AnalysisResult:
    return [
        Variant(c.reduced(np.round(c.loss, digits)), f"{digits} decimal{'s' * (digits > 1)}") for digits in (2, 3, 1, 4)
    ]


def _over_labels(c: Case) -> AnalysisResult:
    return [
        Variant(c.known.mean * c.width, "added up, and the mean taken over the rows only"),
        Variant(c.known.sum / c.width, "averaged, and these means added up over the rows"),
    ]


METRICS: tuple[Mistake[Case], ...] = (
    Mistake(
        "log-of-mean",
        "the probabilities given to what happened were {} first, and then the logarithm was taken",
        "take the logarithm of each probability, then the mean",
        _log_of_mean,
        COMMON,
        (one_number,),
    ),
    Mistake(
        "no-log",
        "the logarithm is missing: this is the mean probability given to what happened, with a minus or taken from 1",
        "take -ln of each probability",
        _no_log,
        COMMON,
    ),
    Mistake(
        "entropy-of-predictions",
        "this is the entropy of the predictions, -p ln p: the labels were not used",
        "put the label in front of the logarithm: -y ln p",
        _entropy,
    ),
    Mistake(
        "kl",
        "this is the Kullback-Leibler divergence: the entropy of the label probabilities was subtracted",
        "leave that subtraction out",
        _kl,
        POSSIBLE,
        (soft_labels,),
    ),
    Mistake(
        "brier",
        "this is the Brier score, the mean squared difference between predictions and labels",
        "use the logarithm, not the square",
        _squares,
        COMMON,
    ),
    Mistake(
        "half-brier",
        "this is half of the Brier score, the squared error with a factor 1/2",
        "use the logarithm, not the square",
        lambda c: [square / 2.0 for square in _squares(c)],
    ),
    Mistake(
        "rmse",
        "this is the root mean squared error",
        "use the logarithm, not the square",
        _rmse,
        POSSIBLE,
        (mean_asked,),
    ),
    Mistake(
        "mae",
        "this is the mean absolute difference between predictions and labels",
        "use the logarithm, not the difference",
        _distances,
        COMMON,
    ),
    Mistake(
        "error-rate",
        "this is the error rate, the share of rows whose most probable class is not the label",
        "use the probabilities, not the decisions",
        _error_rate,
    ),
    Mistake(
        "accuracy",
        "this is the accuracy, the share of rows whose most probable class is the label",
        "use the probabilities, not the decisions",
        _accuracy,
    ),
    Mistake(
        "macro-mean",
        "the mean was taken within each class, and these were {}: rare classes weigh more",
        "take one mean over all rows",
        _macro,
        RARE,
        (mean_asked, with_labels, hard_labels),
    ),
    Mistake(
        "focal-2",
        "the factor of the focal loss, (1 - p)^gamma with p the probability given to what happened, was {}",
        "leave the factor out",
        _focal,
        POSSIBLE,
        (hard_labels,),
    ),
    Mistake(
        "alpha-focal",
        "the focal loss was weighed with alpha 0.25 too, and only gamma was asked for",
        "leave alpha out",
        _alpha,
        AT_HAND,
        (_focal_asked, hard_labels),
    ),
    Mistake(
        "smoothing-no-floor",
        "the label's class was given 1 - s, and the other classes nothing of s",
        "spread s over all classes: (1 - s) y + s/K",
        lambda c: c.again(smoothing=0.0) * (1.0 - (c.problem.settings.smoothing or 0.0)),
        AT_HAND,
        (_smoothing_asked, with_labels),
    ),
    Mistake(
        "zero-rows-skipped",
        "the rows that give probability 0 to what happened were left out{}",
        "such a row makes the loss infinite; clip all probabilities with --eps if that is wanted",
        _finite_only,
        COMMON,
        (one_number, _infinite_rows),
    ),
    Mistake(
        "sum-over-labels",
        "the losses of a row's labels were {}",
        "take the mean over all labels of all rows",
        _over_labels,
        AT_HAND,
        (mean_asked, several_labels),
    ),
    Mistake("smoothed", "the labels were {}", "leave the labels as they are", _smoothed, POSSIBLE, (with_labels,)),
    Mistake(
        "min",
        "this is the lowest loss of a row",
        "average over all rows",
        lambda c: float(c.loss.min()),
        RARE,
        (one_number,),
    ),
    Mistake(
        "standard-deviation",
        "this is the {}: how far the losses lie apart",
        "take their mean",
        _spread,
        RARE,
        (one_number, several_rows),
    ),
    Mistake(
        "median",
        "this is the median of the losses of the rows",
        "take the mean",
        lambda c: float(np.median(c.loss)),
        RARE,
        (one_number,),
    ),
    Mistake(
        "first-row",
        "this is the loss of the first row alone",
        "average over all rows",
        lambda c: float(c.loss[0]),
        RARE,
        (one_number,),
    ),
    Mistake(
        "last-row",
        "this is the loss of the last row alone: a running value was overwritten, not added to",
        "average over all rows",
        lambda c: float(c.loss[-1]),
        RARE,
        (one_number,),
    ),
    Mistake(
        "first-row-lost",
        "the first row is missing: it was taken for a header, or an index began at 1",
        "count all rows (--no-header, range(n) from 0)",
        _first_lost,
        POSSIBLE,
        (one_number, several_rows),
    ),
    Mistake(
        "batch-means",
        "the means of {} were averaged, and one of these is smaller",
        "add up the losses of all rows, then divide by their number",
        lambda c: [Variant(float(means.mean()), name) for means, name in _batches(c)],
        RARE,
        (mean_asked,),
    ),
    Mistake(
        "batch-sum",
        "the means of {} were added up",
        "add up the losses of all rows, then divide by their number",
        lambda c: [
            Variant(float(means.sum()), name) for means, name in _batches(c) if c.n % (2 * c.width) or len(means) != 2
        ],
        RARE,
        (mean_asked,),
    ),
    Mistake(
        "rounded-rows",
        "the losses of the rows were rounded to {} before they were averaged",
        "keep all digits until the end",
        _rounded_rows,
        RARE,
    ),
)
