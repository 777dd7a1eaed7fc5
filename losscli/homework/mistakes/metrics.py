"""Other figures taken for the loss, and mistakes on the way from the rows to one number."""

from collections.abc import Iterator

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Reduction, Scale
from losscli.errors import plural
from losscli.homework.evaluated_rows import EvaluatedRows, Numbers, minus_log, times
from losscli.homework.mistakes.candidate import ABOUT_OPTION, COMMON, POSSIBLE, RARE, Texts, Yielded
from losscli.losses.functions import row_sums

SMOOTHINGS = (0.1, 0.2, 0.05)

BATCHES = (2, 3, 4, 5, 8, 10, 16, 32)


def of_metrics(rows: EvaluatedRows) -> Iterator[Yielded]:
    """Each other figure and each mistake in the mean, as its key and the number that it gives."""
    y, p, k, n, loss, hit = rows.labels, rows.probs, rows.problem.k, rows.n, rows.loss, rows.p_true
    mean_asked, sum_asked = rows.reduction is Reduction.MEAN, rows.reduction is Reduction.SUM
    one_number, labelled = rows.reduction is not Reduction.NONE, rows.problem.form is not Form.LIKELIHOOD

    # --- without the logarithm, or with it in another place
    if one_number:
        for mean in rows.averages(hit) if mean_asked else ():
            yield "log-of-mean", float(minus_log(np.asarray(mean), rows.log_base))
        yield "log-of-mean:sum", float(minus_log(np.asarray(hit.sum()), rows.log_base))
    yield from (("no-log", -mean) for mean in rows.averages(hit))
    yield from (("no-log", (n if sum_asked else 1) - mean) for mean in rows.averages(hit))
    entropy = times(p, rows.costs)
    yield from (("entropy-of-predictions", mean) for mean in rows.averages(row_sums(entropy)))
    if not labelled:
        yield from (("entropy-of-predictions", mean) for mean in rows.averages(entropy[:, 1]))
    if not rows.hard:
        label_costs = minus_log(y, rows.log_base)
        of_labels = rows.answer(row_sums(times(y, label_costs)))
        yield "kl", rows.figures.answer - of_labels
        yield "label-entropy", of_labels
        yield "reversed-kl", rows.answer(row_sums(times(p, label_costs - rows.costs)))

    # --- another metric
    off = p - y if rows.categorical else (p - y)[:, 1:]
    squares, distances = row_sums(off**2), row_sums(np.abs(off))
    over = (1, k) if rows.categorical else (1,)  # summed over the classes, then also averaged over them
    briers = [square for count in over for square in rows.averages(squares / count)]
    yield from (("brier", square) for square in briers)
    yield from (("half-brier", square / 2.0) for square in briers)
    if mean_asked:
        yield from (("rmse", float(np.sqrt(square))) for square in briers)
    yield from (("mae", distance) for count in over for distance in rows.averages(distances / count))
    yield from (("error-rate", rate) for missed in rows.misses for rate in rows.averages(missed))
    yield from (("accuracy", rate) for missed in rows.misses for rate in rows.averages(1.0 - missed))
    if mean_asked and labelled and rows.hard:
        codes = y.argmax(axis=1)
        divisors = np.bincount(codes, weights=rows.divisor_weights)
        present = divisors > 0.0
        means = np.bincount(codes, weights=rows.weighed_loss)[present] / divisors[present]
        yield "macro-mean", float(means.mean()), "averaged"
        yield "macro-mean", float(means.sum()), "added up"
    yield from _other_options(rows)

    # --- from the rows to one number
    finite = np.isfinite(loss)
    if one_number and not finite.all() and finite.any():
        whole, divisor = float(rows.weighed_loss[finite].sum()), float(rows.divisor_weights[finite].sum())
        if sum_asked or divisor:
            yield "zero-rows-skipped", whole if sum_asked else whole / divisor, ""
        if not sum_asked:
            yield "zero-rows-skipped", whole / rows.divisor, ", and counted in the divisor"
    if mean_asked and rows.width > 1:
        f = rows.figures
        yield "sum-over-labels", f.mean * rows.width, "added up, and the mean taken over the rows only"
        yield "sum-over-labels", f.sum / rows.width, "averaged, and these means added up over the rows"
    if labelled:
        yield from _smoothed(rows)
    if one_number:
        yield "min", float(loss.min())
        if n > 1 and finite.all():
            sample = float(loss.std(ddof=1))
            yield "standard-deviation", sample, "standard deviation of the losses"
            yield "standard-deviation", float(loss.std()), "standard deviation of the losses"
            yield "standard-deviation", sample / n**0.5, "standard error of the mean"
        yield "median", float(np.median(loss))
        yield "first-row", float(loss[0])
        yield "last-row", float(loss[-1])
        rest, divisor = float(rows.weighed_loss[1:].sum()), float(rows.divisor_weights[1:].sum())
        if n > 1 and (sum_asked or divisor):
            yield "first-row-lost", rest if sum_asked else rest / divisor
    for means, name in _batches(rows) if mean_asked else ():
        yield "batch-means", float(means.mean()), name
    for means, name in _batches(rows) if mean_asked else ():
        if n % (2 * rows.width) or len(means) != 2:
            yield "batch-sum", float(means.sum()), name
    for digits in (2, 3, 1, 4):
        yield "rounded-rows", rows.answer(np.round(loss, digits)), plural(digits, "decimal")


def _other_options(rows: EvaluatedRows) -> Iterator[Yielded]:
    """A focal factor or its alpha, left out or put in; smoothing of the label's class alone."""
    s, zeros = rows.problem.settings, rows.y == 0.0
    if rows.hard:
        if s.focal:
            yield "focal-2:left-out", rows.answer_with(focal=0.0, alpha=None)
        if s.focal != 2.0:
            focal = times((1.0 - rows.p_true) ** 2, rows.loss_without_focal if s.focal else rows.loss)
            alpha = 0.25 + (0.5 * zeros if rows.binary else 0.0)
            yield "focal-2", rows.answer(focal), ""
            yield "focal-2", rows.answer(alpha * focal), " and alpha 0.25"
        if s.focal and s.alpha is None:
            usual = np.where(zeros, 0.75, 0.25) if rows.binary else np.full(rows.n, 0.25)
            yield "alpha-focal", rows.answer(usual * rows.loss)
        if s.alpha is not None:
            yield "alpha-focal:left-out", rows.answer_with(alpha=None)
            if rows.binary:
                yield "alpha-focal:swapped", rows.answer_with(alpha=1.0 - s.alpha)
    if s.focal and rows.hard:
        p, plain, g = rows.p_true, rows.loss_without_focal, s.focal
        yield "focal-wrong-factor", rows.answer(times(p**g, plain)), f"p^{g:g}"
        yield "focal-wrong-factor", rows.answer(g * (1.0 - p) * plain), f"{g:g} (1 - p)"
        yield "focal-wrong-factor", rows.answer(g * plain), f"{g:g}"
        if rows.scale is Scale.LOGITS:
            z = rows.conditioned
            own = row_sums(rows.labels * z) if rows.categorical else (2.0 * rows.y - 1.0) * z
            yield "focal-wrong-factor", rows.answer(times((1.0 - own) ** g, plain)), f"(1 - z)^{g:g}, z the logit,"
    if s.smoothing and rows.problem.form is not Form.LIKELIHOOD:
        yield from _smoothed_one_side(rows, s.smoothing)
        yield "smoothing-no-floor", rows.answer_with(smoothing=0.0) * (1.0 - s.smoothing)


def _smoothed_one_side(rows: EvaluatedRows, part: float) -> Iterator[Yielded]:
    y, k, name = rows.labels, rows.problem.k, "smoothing-one-side"
    if rows.categorical:
        yield name, _answer_of_labels(rows, (1.0 - part) * y + part / k * (1.0 - y)), "the label's class got no s/K"
        yield name, _answer_of_labels(rows, (1.0 - part) * y + part * (1.0 - y)), "each other class got s, not s/K"
        return
    negative, positive = y.T
    ones, zeros = positive - positive * part / 2.0, positive + negative * part / 2.0
    for moved, label in ((ones, 1), (zeros, 0)):
        losses = row_sums(times(np.column_stack([1.0 - moved, moved]), rows.costs))
        yield name, rows.answer(losses), f"only label {label} was moved"


def _smoothed(rows: EvaluatedRows) -> Iterator[Yielded]:
    smoothing, y, k = rows.problem.settings.smoothing, rows.labels, rows.problem.k
    for part in SMOOTHINGS:
        if part != smoothing:
            yield "smoothed", rows.answer_with(smoothing=part), part
    if smoothing:
        yield "smoothed:left-out", rows.answer_with(smoothing=0.0)
    for part in SMOOTHINGS if rows.categorical else ():
        spread = (1.0 - part) * y + part / max(k - 1, 1) * (1.0 - y)
        yield "smoothed:wrong-classes", _answer_of_labels(rows, spread), part


def _answer_of_labels(rows: EvaluatedRows, labels: Array) -> Numbers:
    """The answer to other label probabilities (n, k), with the weights of the classes."""
    weights = np.array(rows.problem.settings.class_weight or np.ones(rows.problem.k))
    return rows.answer(row_sums(times(labels * weights, rows.costs)))


def _batches(rows: EvaluatedRows) -> Iterator[tuple[Array, str]]:
    """The means of batches of equal size, but for the last, and of two halves; and what the batches are."""
    n = rows.n // rows.width
    splits = [(np.arange(0, n, size), f"batches of {size} rows") for size in BATCHES if size < n]
    splits += [(np.array([0, n // 2]), "the two halves of the rows")] if n > 1 else []
    for first, name in splits:
        starts = first * rows.width
        divisors = np.add.reduceat(rows.divisor_weights, starts)
        if divisors.all():
            yield np.add.reduceat(rows.weighed_loss, starts) / divisors, name


# fmt: off
METRICS_TEXTS: Texts = {
    "log-of-mean": (COMMON, "the probabilities of the true labels were averaged first,"
                    " and then the logarithm was taken",
                    "take the logarithm of each probability, then the mean"),
    "log-of-mean:sum": (COMMON, "the probabilities of the true labels were added up first,"
                        " and then the logarithm was taken", "take the logarithm of each, then add up"),
    "no-log": (COMMON, "the logarithm is missing: this is the mean probability of the true label,"
               " negated or subtracted from 1", "take -ln of each probability"),
    "entropy-of-predictions": (POSSIBLE, "this is the entropy of the predictions, -p ln p: the labels were not used",
                               "put the label in front of the logarithm: -y ln p"),
    "kl": (POSSIBLE, "this is the Kullback-Leibler divergence: the entropy of the label probabilities was subtracted",
           "leave that subtraction out"),
    "label-entropy": (POSSIBLE, "this is the entropy of the label probabilities: the predictions were not used",
                      "put the predictions into the logarithm: -q ln p"),
    "reversed-kl": (POSSIBLE, "this is the reversed Kullback-Leibler divergence:"
                    " labels and predictions changed places",
                    "weight by the labels: q ln(q/p); the cross-entropy is -q ln p"),
    "brier": (COMMON, "this is the Brier score, the mean squared difference between predictions and labels",
              "use the logarithm, not the square"),
    "half-brier": (POSSIBLE, "this is half of the Brier score, the squared error with a factor 1/2",
                   "use the logarithm, not the square"),
    "rmse": (POSSIBLE, "this is the root mean squared error", "use the logarithm, not the square"),
    "mae": (COMMON, "this is the mean absolute difference between predictions and labels",
            "use the logarithm, not the difference"),
    "error-rate": (POSSIBLE, "this is the error rate, the share of rows whose most probable class is not the label",
                   "use the probabilities, not the decisions"),
    "accuracy": (POSSIBLE, "this is the accuracy, the share of rows whose most probable class is the label",
                 "use the probabilities, not the decisions"),
    "macro-mean": (RARE, "the mean was taken within each class, and these were {}: rare classes count more",
                   "take one mean over all rows"),
    "focal-2": (POSSIBLE, "the factor of the focal loss, (1 - p)^gamma with p the probability of the true label,"
                " was put in front, with gamma 2{}", "leave it out, or ask for it with --focal 2"),
    "focal-2:left-out": (ABOUT_OPTION, "the factor of the focal loss, (1 - p)^gamma with p the probability of the"
                         " true label, was left out", "put the factor in"),
    "alpha-focal": (ABOUT_OPTION, "the focal loss was weighted by alpha 0.25 too, but only gamma was asked for",
                    "leave alpha out"),
    "alpha-focal:left-out": (ABOUT_OPTION, "the weight alpha was left out", "multiply by alpha, as --alpha asks"),
    "alpha-focal:swapped": (ABOUT_OPTION, "alpha weights label 0 and 1 - alpha label 1: they changed places",
                            "multiply by alpha for label 1 and by 1 - alpha for label 0"),
    "focal-wrong-factor": (ABOUT_OPTION, "the factor {} was used instead of (1 - p)^gamma,"
                           " p being the probability of the true label", "multiply by (1 - p)^gamma"),
    "smoothing-one-side": (ABOUT_OPTION, "the labels were smoothed by half: {}",
                           "spread s over all classes, the label's too: (1 - s) y + s/K"),
    "smoothing-no-floor": (ABOUT_OPTION, "the label's class was given 1 - s, and the other classes nothing of s",
                           "spread s over all classes: (1 - s) y + s/K"),
    "zero-rows-skipped": (COMMON, "the rows that give probability 0 to the true label were left out{}",
                          "such a row makes the loss infinite; clip with --eps for a finite loss"),
    "sum-over-labels": (ABOUT_OPTION, "the losses of a row's labels were {}",
                        "take the mean over all labels of all rows"),
    "smoothed": (POSSIBLE, "the labels were smoothed with {0:g}", "ask for it with --smoothing {0:g}"),
    "smoothed:left-out": (ABOUT_OPTION, "the labels were not smoothed", "smooth the labels, as --smoothing asks"),
    "smoothed:wrong-classes": (POSSIBLE, "the labels were smoothed with {0:g}, spread over the wrong classes only",
                               "--smoothing {0:g} spreads it over all classes"),
    "min": (RARE, "this is the lowest loss of a row", "average over all rows"),
    "standard-deviation": (RARE, "this is the {}: how far the losses lie apart", "take their mean"),
    "median": (RARE, "this is the median of the losses of the rows", "take the mean"),
    "first-row": (RARE, "this is the loss of the first row only", "average over all rows"),
    "last-row": (RARE, "this is the loss of the last row only: a running value was overwritten, not added to",
                 "average over all rows"),
    "first-row-lost": (POSSIBLE, "the first row is missing: it was taken for a header, or an index began at 1",
                       "count all rows (--no-header, range(n) from 0)"),
    "batch-means": (RARE, "the means of {} were averaged, and one of these is smaller",
                    "add up the losses of all rows, then divide by their number"),
    "batch-sum": (RARE, "the means of {} were added up", "add up the losses of all rows, then divide by their number"),
    "rounded-rows": (RARE, "the losses of the rows were rounded to {} before they were averaged",
                     "keep all digits until the end"),
}
# fmt: on
