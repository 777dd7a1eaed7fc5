"""The loss of always predicting the label frequencies, as the loss itself declares it."""

from dataclasses import replace
from functools import partial

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Scale
from losscli.evaluation.prepare import HARD, binary_targets, hard_targets
from losscli.evaluation.problem import Problem
from losscli.losses.conventions import Convention
from losscli.losses.focal import focal_value, true_class_cost
from losscli.losses.targets import Targets
from losscli.statistics.exact import ratio
from losscli.statistics.summary import Summary


def baseline(problem: Problem, summary: Summary) -> float | None:
    """The mean loss of always predicting the (weighted) label frequencies: of a log-loss the entropy of the labels.

    The kernel computes the loss with each class in turn as the label, and the mean divides as it does for the data, so
    that weights, smoothing and the focal factor are included. None if there are no labels, or if the mean over the rows
    doesn't follow from the frequencies of their labels.
    """
    costs_of = problem.settings.loss.baseline
    if costs_of is None or not sum(summary.label_weights) or not {Scale.PROBS, Scale.LOGPROBS} & problem.kernels.keys():
        return None
    plain = replace(problem.settings, eps=None, like=None, normalize=False, scale=Scale.PROBS)
    rule = problem.convention
    nonlinear = (rule.class_weight_by_row and plain.class_weight) or (rule.focal_of_smoothed and plain.focal)
    if (nonlinear and HARD not in summary.traits) or len(plain.pos_weight or ()) > 1:
        return None
    same = Convention(
        class_weight_by_row=rule.class_weight_by_row,
        focal_by_class=rule.focal_by_class,
        focal_of_smoothed=rule.focal_of_smoothed,
    )
    plain_problem = replace(problem, settings=plain, convention=same)
    targets: Targets
    focus: Targets
    if problem.form is Form.BINARY:
        targets, _, focus, _ = binary_targets(plain_problem, np.array([0.0, 1.0]), hard=True)
    else:
        targets, focus, _ = hard_targets(plain_problem, np.arange(len(summary.label_weights)))
    kernels, x = plain_problem.kernels, _log_frequencies(summary.label_weights)
    costs = costs_of(kernels, targets, x)
    if plain_problem.focal:
        of_true_class = {scale: one._replace(value=partial(true_class_cost, one)) for scale, one in kernels.items()}
        costs = focal_value(costs, costs_of(of_true_class, focus, x), plain_problem.focal)
    weights = np.array([ratio(part, summary.total.divisor) for part in summary.label_weights])
    return float((weights[weights > 0.0] * costs[weights > 0.0]).sum())


def _log_frequencies(weights: tuple[int, ...]) -> Array:
    """ln of the frequency of each class (k,), from exact sums: of one next to 1 by what misses 1."""
    whole = sum(weights)
    with np.errstate(divide="ignore"):  # a class without rows has -inf
        plain = np.log([ratio(part, whole) for part in weights])
    missed = np.array([ratio(whole - part, whole) for part in weights])
    return np.asarray(np.where(missed < 0.5, np.log1p(-np.minimum(missed, 0.5)), plain))
