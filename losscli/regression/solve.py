"""Least loss by batch gradient descent, as in a first course. Pure: samples in, parameters out.

The loss that is lowered is the mean over the rows plus l2/2 times the sum of the squared parameters, intercepts apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from math import isfinite

import numpy as np

from losscli.enums import Solver
from losscli.errors import DataError
from losscli.evaluation.prepare import Array
from losscli.regression.sample import DesignMatrix, row_losses, row_slopes, taken

RISE = 1e-10  # a relative rise of the loss beyond rounding

STILL = 1e-6  # gradient descent has converged where no entry of the gradient is larger

NEWTON_STEPS, DESCENT_STEPS = 100, 1000


@dataclass(frozen=True)
class FitConfig:
    """How to fit: learning rate, steps at most, the decrease of the loss at which to stop, the penalty, the method.

    `batch` is the number of rows of a step (None: all), in an order that follows from `seed`.
    """

    lr: float = 0.1
    steps: int = DESCENT_STEPS
    tol: float = 0.0
    l2: float = 0.0
    method: Solver = Solver.GD
    batch: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Fit:
    """A fit: its parameters, whether they have settled, and the loss that was lowered before and after each step.

    `test_history` is the mean loss of the rows to test on at the same times, without penalty; () where there are none.
    """

    theta: Array
    converged: bool
    history: tuple[float, ...]
    test_history: tuple[float, ...] = ()

    @property
    def steps(self) -> int:
        """The number of steps that were taken."""
        return len(self.history) - 1


def mean_loss(sample: DesignMatrix, theta: Array) -> float:
    """The mean loss of a sample, without penalty."""
    return float(row_losses(sample, theta).sum()) / sample.divisor


def loss_of_test(test: DesignMatrix | None, theta: Array) -> tuple[float, ...]:
    """The mean loss of the rows to test on, as a tuple of one; () where there are none."""
    with np.errstate(over="ignore", invalid="ignore"):  # a run that has left the numbers is told so
        return () if test is None else (mean_loss(test, theta),)


def descend(sample: DesignMatrix, start: Array, recipe: FitConfig, test: DesignMatrix | None = None) -> Fit:
    """Gradient descent, on batches of the rows where that is asked for; `test` is looked at after each step.

    DataError when the loss leaves the numbers, or ends above where it began; on the way it may rise.
    """
    theta = start
    history, tested = [_objective(sample, theta, recipe.l2)], [*loss_of_test(test, theta)]
    batches, enough = _batches(sample, recipe), False
    while len(history) <= recipe.steps and not enough:
        with np.errstate(over="ignore", invalid="ignore"):  # a run that has left the numbers is told so
            theta = theta - recipe.lr * _gradient(next(batches), theta, recipe.l2)
        history.append(_objective(sample, theta, recipe.l2))
        tested += loss_of_test(test, theta)
        if not isfinite(history[-1]):
            break
        enough = recipe.tol > 0.0 and 0.0 <= history[-2] - history[-1] < recipe.tol
    _refuse_worse(history, recipe.lr)
    still = bool(np.abs(_gradient(sample, theta, recipe.l2)).max() <= STILL)
    return Fit(theta, enough or still, tuple(history), tuple(tested))


def _batches(sample: DesignMatrix, recipe: FitConfig) -> Iterator[DesignMatrix]:
    """The rows of each step: all of them, or batches in a new order each round, the last of a round shorter.

    A batch without weight is none: it has no mean.
    """
    if recipe.batch is None or recipe.batch >= sample.rows:
        yield from repeat(sample)
    assert recipe.batch is not None
    rng = np.random.default_rng(recipe.seed)
    while True:
        order = rng.permutation(sample.rows)
        for begin in range(0, sample.rows, recipe.batch):
            batch = taken(sample, order[begin : begin + recipe.batch])
            if batch.divisor > 0.0:
                yield batch


def _refuse_worse(history: list[float], lr: float) -> None:
    first, last = history[0], history[-1]
    if isfinite(last) and not rises(first, last):
        return
    step = len(history) - 1
    went = f"the loss ends above where it began: {first:.6g}, and {last:.6g} after step {step}"
    went = went if isfinite(last) else f"the loss is no longer finite at step {step}"
    raise DataError(f"{went}; try a smaller --lr than {lr:g}, or --standardize")


def rises(before: float, after: float) -> bool:
    """Whether a loss is higher after a step, beyond rounding."""
    return after > before + RISE * max(abs(before), 1e-3)


def _objective(sample: DesignMatrix, theta: Array, l2: float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # a run that has left the numbers is told so
        penalty = 0.5 * l2 * float((penalized(sample, theta) ** 2).sum()) if l2 else 0.0
        return mean_loss(sample, theta) + penalty


def _gradient(sample: DesignMatrix, theta: Array, l2: float) -> Array:
    slope = row_slopes(sample, theta).T @ sample.x / sample.divisor
    return np.asarray(slope + l2 * penalized(sample, theta) if l2 else slope)


def penalized(sample: DesignMatrix, theta: Array) -> Array:
    """Theta with 0 for the intercepts."""
    free = theta.copy()
    if sample.shape.intercept:
        free[..., 0] = 0.0
    return free
