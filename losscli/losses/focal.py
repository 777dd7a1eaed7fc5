"""The focal factor (1 - p_t)^g of a loss of the form -ln p_t (Lin et al. 2017), and its gradient."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from losscli.lazy import Lazy
from losscli.losses.functions import product, times

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
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # at p_t = 0 or 1 the products are limits
        pull = product(gamma * miss ** (gamma - 1.0) * np.exp(-plain), loss)
        # (1-p_t)^(g-1) goes to 0 faster than the logarithms in the loss grow, where it goes to 0 at all
        sure = (miss == 0.0) & (gamma > 1.0)
        pull = np.where((loss == 0.0) | (plain == inf) | sure, 0.0, pull)
    by_cell = (slice(None), *[None] * (slope.ndim - 1))
    # whichever factor is 0 silences the other: at p_t = 0 the slope is infinite, at p_t = 1 with g < 1 the pull
    with np.errstate(over="ignore"):  # a sum beyond the floats is infinite
        return product(slope, (miss**gamma)[by_cell]) + product(pull[by_cell], plain_slope)
