"""Gradient descent on the mean loss plus l2/2 times the sum of the squared parameters, without the intercepts."""

from collections.abc import Iterator
from itertools import repeat
from math import isfinite

import numpy as np

from losscli.arrays import Array
from losscli.enums import Solver
from losscli.errors import DataError
from losscli.records import record
from losscli.regression.design import DesignMatrix, row_gradients, row_losses, take_rows

RISE_TOLERANCE = 1e-10  # a relative rise of the loss beyond rounding

GRADIENT_TOLERANCE = 1e-6  # gradient descent has converged where no entry of the gradient is larger

NEWTON_STEPS, DESCENT_STEPS = 100, 1000

MOST_KEPT = 100_000  # numbers of the parameters after each step


@record
class FitConfig:
    """How to fit; `tol` is the decrease of the loss at which to stop, `l2` the penalty.

    `batch` is the number of rows of a step (None: all), in an order that follows from `seed`. A descent that ends above
    where it began is refused unless it `may_rise`. Whether the features were `standardized` matters to advice alone.
    """

    lr: float = 0.1
    steps: int = DESCENT_STEPS
    tol: float = 0.0
    l2: float = 0.0
    method: Solver = Solver.GD
    batch: int | None = None
    seed: int = 0
    may_rise: bool = False
    standardized: bool = False


@record
class Fit:
    """A fit: parameters, and the loss with its penalty before the first step and after each.

    `test_history` is the mean loss of the test rows at the same times, without penalty; () where there are none.
    `theta_history` are the parameters at these times, of few steps.
    """

    theta: Array
    converged: bool
    history: tuple[float, ...]
    test_history: tuple[float, ...] = ()
    theta_history: tuple[Array, ...] = ()

    @property
    def steps(self) -> int:
        """The number of steps that were take_rows."""
        return len(self.history) - 1


def mean_loss(design: DesignMatrix, theta: Array) -> float:
    """The mean loss, without penalty."""
    return float(row_losses(design, theta).sum()) / design.divisor


def loss_of_test(test: DesignMatrix | None, theta: Array) -> tuple[float, ...]:
    """The mean loss of the test rows, as a tuple of one; () where there are none."""
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is refused below
        return () if test is None else (mean_loss(test, theta),)


def descend(design: DesignMatrix, start: Array, config: FitConfig, test: DesignMatrix | None = None) -> Fit:
    """Gradient descent, on all rows or in batches; the loss of `test` is take_rows after each step.

    The loss may rise on the way.

    Raises:
        DataError: the loss becomes infinite or undefined, or ends above where it began and must not.
    """
    theta = start
    history, tested = [_objective(design, theta, config.l2)], [*loss_of_test(test, theta)]
    batches, enough, thetas = _batches(design, config), False, [start]
    while len(history) <= config.steps and not enough:
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is refused below
            theta = theta - config.lr * objective_gradient(next(batches), theta, config.l2)
        history.append(_objective(design, theta, config.l2))
        if len(history) * theta.size <= MOST_KEPT:
            thetas.append(theta)
        tested += loss_of_test(test, theta)
        if not isfinite(history[-1]):
            break
        enough = config.tol > 0.0 and 0.0 <= history[-2] - history[-1] < config.tol
    first, last = history[0], history[-1]
    if not isfinite(last) or (rises(first, last) and not config.may_rise):
        step = len(history) - 1
        went = f"the loss rose from {first:.6g} to {last:.6g} after {step} steps"
        went = went if isfinite(last) else f"the loss is no longer finite at step {step}"
        other = "" if config.standardized else ", or --standardize"
        raise DataError(f"{went}; try a smaller --lr than {config.lr:g}{other}")
    still = bool(np.abs(objective_gradient(design, theta, config.l2)).max() <= GRADIENT_TOLERANCE)
    kept = tuple(thetas) if len(thetas) == len(history) else ()
    return Fit(theta, enough or still, tuple(history), tuple(tested), kept)


def _batches(design: DesignMatrix, config: FitConfig) -> Iterator[DesignMatrix]:
    """The rows of each step: all of them, or batches in a new order each round, the last of a round shorter.

    A batch without weight is none: it has no mean.
    """
    if config.batch is None or config.batch >= design.rows:
        yield from repeat(design)
    assert config.batch is not None
    rng = np.random.default_rng(config.seed)
    while True:
        order = rng.permutation(design.rows)
        for begin in range(0, design.rows, config.batch):
            batch = take_rows(design, order[begin : begin + config.batch])
            if batch.divisor > 0.0:
                yield batch


def rises(before: float, after: float) -> bool:
    """Whether a loss is higher after a step, beyond rounding."""
    return after > before + RISE_TOLERANCE * max(abs(before), 1e-3)


def _objective(design: DesignMatrix, theta: Array, l2: float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is refused below
        penalty = 0.5 * l2 * float((penalized(design, theta) ** 2).sum()) if l2 else 0.0
        return mean_loss(design, theta) + penalty


def objective_gradient(design: DesignMatrix, theta: Array, l2: float) -> Array:
    """The gradient of the mean loss with its penalty, shaped like theta."""
    slope = row_gradients(design, theta).T @ design.x / design.divisor
    return np.asarray(slope + l2 * penalized(design, theta) if l2 else slope)


def penalized(design: DesignMatrix, theta: Array) -> Array:
    """Theta with 0 for the intercepts."""
    free = theta.copy()
    if design.shape.intercept:
        free[..., 0] = 0.0
    return free
