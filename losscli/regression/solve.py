"""Least loss by batch gradient descent, as in a first course, or by Newton's method. Pure: samples in, parameters out.

The loss that is lowered is the mean over the rows plus l2/2 times the sum of the squared parameters, intercepts apart.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from losscli.enums import Solver
from losscli.errors import DataError
from losscli.evaluation.prepare import Array
from losscli.losses.functions import log_softmax, sigmoid
from losscli.losses.targets import Binary, Classes, masses
from losscli.regression.sample import Sample, logits, row_losses, row_slopes

RISE = 1e-10  # a relative rise of the loss beyond rounding

STILL = 1e-6  # gradient descent has converged where no entry of the gradient is larger

SETTLED = 1e-10  # Newton's method has converged where a step moves no logit by more

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


def newton(sample: Sample, start: Array, recipe: Recipe) -> Fit:
    """Newton's method, a step halved as long as it raises the loss; DataError where there is no optimum."""
    theta = start
    history = [_objective(sample, theta, recipe.l2)]
    for _ in range(recipe.steps):
        step = _newton_step(sample, theta, recipe.l2)
        theta, loss = _lowered(sample, theta, step, recipe.l2, history[-1])
        history.append(loss)
        if recipe.l2 == 0.0:
            _refuse_separable(sample, theta)
        if float(np.abs(logits(sample, step)).max()) <= SETTLED:
            return Fit(theta, True, tuple(history))
    return Fit(theta, False, tuple(history))


NO_OPTIMUM = "the classes are separable, so the optimum is at infinity; add --l2, or use --method gd"


def _newton_step(sample: Sample, theta: Array, l2: float) -> Array:
    """What Newton's method adds to theta."""
    curvature = _hessian(sample, theta, l2)
    try:
        solved = np.linalg.solve(curvature, -_gradient(sample, theta, l2).ravel())
        step = np.asarray(solved, dtype=np.float64).reshape(theta.shape)
    except np.linalg.LinAlgError:
        step = np.full(theta.shape, np.nan)
    if not np.isfinite(step).all() or np.abs(logits(sample, theta + step)).max() > 1e6:
        raise DataError(NO_OPTIMUM)
    return step


def _lowered(sample: Sample, theta: Array, step: Array, l2: float, loss: float) -> tuple[Array, float]:
    """Theta after the step, or after the largest half, quarter, ... of it that doesn't raise the loss, and its loss."""
    for halving in range(40):
        there = theta + step * 0.5**halving
        found = _objective(sample, there, l2)
        if found <= loss + RISE * max(abs(loss), 1e-3):
            return there, found
    return theta, loss


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


# --- Newton's method --------------------------------------------------------------------------------------------------
def _hessian(sample: Sample, theta: Array, l2: float) -> Array:
    """The second derivatives by all parameters, (p, p), row after row of theta."""
    weight = np.ones(sample.rows) if sample.weight is None else sample.weight
    share = weight * masses(sample.targets) / sample.divisor
    z = logits(sample, theta)
    if z.ndim == 1:
        curvature = (sample.x * (share * sigmoid(z) * sigmoid(-z))[:, None]).T @ sample.x
    else:
        curvature = _softmax_hessian(sample, z, share)
    return np.asarray(curvature + l2 * np.diag(_penalized(sample, np.ones(theta.shape)).ravel()))


def _softmax_hessian(sample: Sample, z: Array, share: Array) -> Array:
    h = np.exp(log_softmax(z))
    k, d = h.shape[1], sample.x.shape[1]
    blocks = np.empty((k, d, k, d))
    for a in range(k):
        for b in range(k):
            bend = share * h[:, a] * ((1.0 if a == b else 0.0) - h[:, b])
            blocks[a, :, b, :] = (sample.x * bend[:, None]).T @ sample.x
    curvature = blocks.reshape(k * d, k * d)
    # Adding one vector to the parameters of every class changes nothing. The gradient has no part in that direction,
    # so bending it makes the matrix regular and leaves the step alone.
    level = max(float(np.trace(curvature)) / (k * d), 1e-300)
    return np.asarray(curvature + level * np.kron(np.full((k, k), 1.0 / k), np.eye(d)))


def _refuse_separable(sample: Sample, theta: Array) -> None:
    """DataError when these parameters give every row its own class: larger ones are then better without end."""
    z, a = logits(sample, theta), sample.targets
    rows = np.ones(sample.rows, bool) if sample.weight is None else sample.weight > 0.0
    if isinstance(a, Binary):
        margin = np.where(a.positive > 0.0, z, -z)
        hard = ((a.positive == 0.0) | (a.negative == 0.0)).all()
    elif isinstance(a, Classes):
        at = np.arange(sample.rows)
        others = z.copy()
        others[at, a.index] = -np.inf
        margin = z[at, a.index] - others.max(axis=1)
        hard = a.every is None
    else:
        return
    if hard and bool((margin[rows] > 0.0).all()):
        raise DataError(NO_OPTIMUM)
