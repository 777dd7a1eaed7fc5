"""The loss of always predicting the label frequencies, by the kernels themselves."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from losscli.enums import Form, Scale
from losscli.evaluation.prepare import binary_targets, hard_targets
from losscli.evaluation.problem import Problem
from losscli.losses.conventions import Convention
from losscli.losses.focal import focal_value
from losscli.losses.targets import Targets
from losscli.statistics.exact import ratio
from losscli.statistics.summary import Summary, frequencies

if TYPE_CHECKING:
    pass


def baseline(problem: Problem, summary: Summary) -> float | None:
    """The mean loss of always predicting the (weighted) label frequencies: the entropy of the labels, in nats.

    The kernel itself is asked, with each class in turn as the label, and the mean divides as it does for the data, so
    that weights, smoothing and the focal factor have their part. None where there are no labels.
    """
    chances = np.array(frequencies(summary))
    if not len(chances):
        return None
    plain = replace(problem.settings, eps=None, like=None, normalize=False, scale=Scale.PROBS)
    asked = replace(problem, settings=plain, convention=Convention())
    kernel = plain.loss.kernels[problem.form][Scale.PROBS]
    targets: Targets
    unit: Targets
    if problem.form is Form.BINARY:
        targets, unit, _ = binary_targets(asked, np.array([0.0, 1.0]))
        cells = np.full(2, chances[1])
    else:
        targets, unit, _ = hard_targets(asked, np.arange(len(chances)))
        cells = np.tile(chances, (len(chances), 1))
    costs = kernel.value(targets, cells)
    if plain.focal:
        costs = focal_value(costs, kernel.value(unit, cells), plain.focal)
    mass = np.array([ratio(part, summary.divisor_weight) for part in summary.mass])
    return float((mass[mass > 0.0] * costs[mass > 0.0]).sum())
