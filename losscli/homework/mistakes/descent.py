"""Mistakes in the steps of a gradient descent: for each the parameters that it would give."""

from collections.abc import Iterator

from losscli.arrays import Array
from losscli.homework.mistakes.candidate import COMMON, POSSIBLE, Texts, Yielded
from losscli.records import record
from losscli.regression.descent import FitConfig, objective_gradient
from losscli.regression.design import DesignMatrix


@record
class Descent:
    """Steps on all rows, where they began and where they ended."""

    design: DesignMatrix
    config: FitConfig
    start: Array
    end: Array
    steps: int

    def gradient(self, theta: Array) -> Array:
        """That of the mean loss with its penalty."""
        return objective_gradient(self.design, theta, self.config.l2)

    def after(self, steps: int, rate: float) -> Array:
        """The parameters after so many steps with a learning rate."""
        theta = self.start
        for _ in range(steps):
            theta = theta - rate * self.gradient(theta)
        return theta


def of_descent(d: Descent) -> Iterator[Yielded]:
    """Each mistake in a descent, as its key and the parameters that it gives."""
    n, lr, divisor = d.steps, d.config.lr, d.design.divisor
    yield "step-uphill", d.after(n, -lr)
    yield "step-not-averaged", d.after(n, lr * divisor)
    if lr != 1.0:
        yield "rate-left-out", d.after(n, 1.0)
    yield "start-left-out", d.end - d.start
    yield "gradient-itself", d.gradient(d.start), "where the steps began"
    if n > 1:
        yield "gradient-itself", d.gradient(d.after(n - 1, lr)), "before the last step"
    yield "gradient-itself", d.gradient(d.end), "after the last step"
    yield "one-step-more", d.after(n + 1, lr)
    if n > 1:
        yield "one-step-less", d.after(n - 1, lr)
    if d.design.shape.intercept:
        theta = d.start
        for _ in range(n):
            step = lr * d.gradient(theta)
            step[..., 0] = 0.0
            theta = theta - step
        yield "intercept-not-moved", theta
    if d.end.ndim == 1 and d.end.size > 1:
        theta = d.start.copy()
        for _ in range(n):
            for at in range(theta.size):
                theta[at] -= lr * d.gradient(theta)[at]
        yield "one-after-the-other", theta


# fmt: off
DESCENT_TEXTS: Texts = {
    "step-uphill": (COMMON, "the steps went uphill: the gradient was added", "subtract it: theta - lr * gradient"),
    "step-not-averaged": (COMMON, "the gradient of the sum was used, not that of the mean",
                          "divide the gradient by the number of rows"),
    "rate-left-out": (COMMON, "the learning rate was left out of the steps", "multiply the gradient by it"),
    "start-left-out": (COMMON, "these are only the steps, without the parameters that they began at",
                       "add the steps to the parameters at the start"),
    "gradient-itself": (COMMON, "this is the gradient {}, not the parameters", "take the step: theta - lr * gradient"),
    "one-step-more": (POSSIBLE, "these are the parameters after one step more", "stop a step earlier"),
    "one-step-less": (POSSIBLE, "these are the parameters after one step less", "take one step more"),
    "intercept-not-moved": (COMMON, "the intercept stayed where it began", "move it too: its feature is 1 in each row"),
    "one-after-the-other": (POSSIBLE, "each parameter was moved before the gradient of the next was taken",
                            "take all of the gradient first, then move all parameters at once"),
}
# fmt: on
