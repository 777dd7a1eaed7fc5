"""Least loss by batch gradient descent, as in a first course. Pure: samples in, parameters out.

The loss that is lowered is the mean over the rows plus l2/2 times the sum of the squared parameters, intercepts apart.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from losscli.enums import Solver
from losscli.errors import DataError
from losscli.evaluation.prepare import Array
from losscli.regression.sample import Sample, row_losses, row_slopes

RISE = 1e-10  # a relative rise of the loss beyond rounding

STILL = 1e-6  # gradient descent has converged where no entry of the gradient is larger

NEWTON_STEPS, DESCENT_STEPS = 100, 1000


@dataclass(frozen=True)
class Recipe:
    """How to fit: learning rate, steps at most, the decrease of the loss at which to stop, the penalty, the method."""

    lr: float = 0.1
    steps: int = DESCENT_STEPS
    tol: float = 0.0
    l2: float = 0.0
    method: Solver = Solver.GD


@dataclass(frozen=True)
class Fit:
    """A fit: its parameters, whether they have settled, and the loss that was lowered before and after each step."""

    theta: Array
    converged: bool
    history: tuple[float, ...]

    @property
    def steps(self) -> int:
        """The number of steps that were taken."""
        return len(self.history) - 1


def mean_loss(sample: Sample, theta: Array) -> float:
    """The mean loss of a sample, without penalty."""
    return float(row_losses(sample, theta).sum()) / sample.divisor


def descend(sample: Sample, start: Array, recipe: Recipe) -> Fit:
    """Gradient descent; DataError when the loss rises or leaves the numbers."""
    theta = start
    history = [_objective(sample, theta, recipe.l2)]
    slope = _gradient(sample, theta, recipe.l2)
    enough = False
    while len(history) <= recipe.steps and not enough:
        theta = theta - recipe.lr * slope
        history.append(_objective(sample, theta, recipe.l2))
        _refuse_rise(history, recipe.lr)
        slope = _gradient(sample, theta, recipe.l2)
        enough = recipe.tol > 0.0 and history[-2] - history[-1] < recipe.tol
    return Fit(theta, enough or bool(np.abs(slope).max() <= STILL), tuple(history))


def _refuse_rise(history: list[float], lr: float) -> None:
    before, after = history[-2:]
    if isfinite(after) and after <= before + RISE * max(abs(before), 1e-3):
        return
    went = f"the loss rises from {before:.6g} to {after:.6g}" if isfinite(after) else "the loss is no longer finite"
    raise DataError(f"{went} at step {len(history) - 1}; try a smaller --lr than {lr:g}, or --standardize")


def _objective(sample: Sample, theta: Array, l2: float) -> float:
    penalty = 0.5 * l2 * float((_penalized(sample, theta) ** 2).sum()) if l2 else 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # a run that has left the numbers is told so
        return mean_loss(sample, theta) + penalty


def _gradient(sample: Sample, theta: Array, l2: float) -> Array:
    slope = row_slopes(sample, theta).T @ sample.x / sample.divisor
    return np.asarray(slope + l2 * _penalized(sample, theta) if l2 else slope)


def _penalized(sample: Sample, theta: Array) -> Array:
    """Theta with 0 for the intercepts."""
    free = theta.copy()
    if sample.shape.intercept:
        free[..., 0] = 0.0
    return free
