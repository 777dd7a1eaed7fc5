"""What it costs to predict the frequencies of the labels in every row: what a loss is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from losscli.enums import Scale
from losscli.lazy import Lazy
from losscli.losses.targets import Binary, Classes, Soft, Targets

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    np = Lazy("numpy")


class Valued(Protocol):
    """A kernel, as far as its value goes."""

    @property
    def value(self) -> Callable[..., Array]:
        """The value (n,) of each row."""


def by_classes(kernels: Mapping[Scale, Valued], targets: Targets, x: Array) -> Array:
    """The cost (k,) of each class as the label, the frequencies e^x (k,) being predicted.

    `targets` are the coefficients of k rows, each of which has one class as its label. By log-probabilities where the
    loss has them: a frequency next to 1 keeps the digits there that tell it from 1.
    """
    scale = Scale.LOGPROBS if Scale.LOGPROBS in kernels else Scale.PROBS
    value, cells = kernels[scale].value, x if scale is Scale.LOGPROBS else np.exp(x)
    if isinstance(targets, Binary):
        return value(targets, np.full(2, cells[1]))
    if not isinstance(targets, Classes):
        raise TypeError("labels in turn are hard labels")
    # A view of one row as k rows: the kernel picks k cells of it, and k by k of them never come to be.
    own = value(Classes(targets.index, targets.own), np.broadcast_to(cells, (len(cells), len(cells))))
    if targets.every is None:
        return own
    every = np.atleast_2d(targets.every)
    return own + value(Soft(every), np.broadcast_to(cells, every.shape))
