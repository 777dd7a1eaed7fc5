"""The focal factor (1 - p_t)^g of a loss of the form -ln p_t (Lin et al. 2017), and its gradient."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from losscli.lazy import Lazy
from losscli.losses.functions import times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    np = Lazy("numpy")  # the table below is what the help is made of, and help needs no numpy


def focal_value(loss: Array, plain: Array, gamma: float) -> Array:
    """`loss` (n,) times (1-p_t)^gamma, where `plain` (n,) is -ln p_t, the loss without any coefficient."""
    factor = (-np.expm1(-plain)) ** gamma
    return times(factor, loss)


def focal_gradient(loss: Array, slope: Array, plain: Array, plain_slope: Array, gamma: float) -> Array:
    """The product rule: slope (1-p_t)^g + loss g (1-p_t)^(g-1) p_t plain_slope; slopes (n,) or (n, k)."""
    miss = -np.expm1(-plain)
    with np.errstate(divide="ignore", invalid="ignore"):  # at p_t = 0 or 1 the products below are limits
        pull = gamma * miss ** (gamma - 1.0) * loss * np.exp(-plain)
        pull = np.where((loss == 0.0) | (plain == inf), 0.0, pull)
    by_cell = (slice(None), *[None] * (slope.ndim - 1))
    first = times(slope, np.broadcast_to((miss**gamma)[by_cell], slope.shape))
    second = np.broadcast_to(pull[by_cell], slope.shape)
    # whichever factor is 0 silences the other: at p_t = 0 the slope is infinite, at p_t = 1 with g < 1 the pull
    return first + np.where(plain_slope == 0.0, 0.0, times(second, plain_slope))
