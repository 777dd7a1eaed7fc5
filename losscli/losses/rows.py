"""The loss of each row and its gradient: those of the kernel, times the focal factor if there is one."""

from __future__ import annotations

from losscli.lazy import Array
from losscli.losses.focal import focal_gradient, focal_value, true_class_cost, true_class_slope
from losscli.losses.table import Kernel
from losscli.losses.targets import Targets


def row_loss(kernel: Kernel, targets: Targets, focus: Targets, v: Array, gamma: float) -> Array:
    """The loss (n,) at predictions v, times (1-p_t)^gamma of the labels `focus` where gamma isn't 0."""
    loss = kernel.value(targets, v)
    return focal_value(loss, true_class_cost(kernel, focus, v), gamma) if gamma else loss


def row_gradient(kernel: Kernel, targets: Targets, focus: Targets, v: Array, gamma: float) -> Array:
    """The gradient of `row_loss` with respect to the predictions v, shaped like them."""
    slope = kernel.gradient(targets, v)
    if not gamma:
        return slope
    loss, plain = kernel.value(targets, v), true_class_cost(kernel, focus, v)
    return focal_gradient(loss, slope, plain, true_class_slope(kernel, focus, v), gamma)
