"""How torch, Keras and scikit-learn clip, rescale and divide: a small table, and what conditioning does to a block.

Sources: torch 2.x `BCELoss` (each logarithm at least -100) and `CrossEntropyLoss`; Keras 3 `losses` (epsilon 1e-7,
rows rescaled to sum 1, mean over the batch whatever the weights); scikit-learn 1.x `log_loss` (clips to the machine
epsilon of float64, does not rescale).
"""

from dataclasses import dataclass
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from losscli.enums import Form, Like, Scale
from losscli.losses.functions import log_softmax, rest_sums, row_sums

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Convention:
    """What is done to probabilities before the logarithm, and what the mean divides by."""

    clip: float | None = None
    rescale: bool = False
    cap: float = inf
    mean_over_rows: bool = False
    scales: tuple[Scale, ...] = tuple(Scale)


_PLAIN = Convention()

_SKLEARN = Convention(clip=2.0**-52, scales=(Scale.PROBS,))

CONVENTIONS: dict[Like, dict[Form, Convention]] = {
    Like.TORCH: {
        Form.BINARY: Convention(cap=100.0, mean_over_rows=True),
        Form.CATEGORICAL: Convention(mean_over_rows=True),
        Form.LIKELIHOOD: Convention(cap=100.0, mean_over_rows=True),
    },
    Like.KERAS: {
        Form.BINARY: Convention(clip=1e-7, mean_over_rows=True),
        Form.CATEGORICAL: Convention(clip=1e-7, rescale=True, mean_over_rows=True),
        Form.LIKELIHOOD: Convention(clip=1e-7, mean_over_rows=True),
    },
    Like.SKLEARN: {form: _SKLEARN for form in Form},
}


def convention(like: Like | None, form: Form, scale: Scale, eps: float | None, normalize: bool) -> Convention:
    """The convention in force: that of `like`, in which an explicit eps or normalize wins."""
    base = CONVENTIONS[like][form] if like else _PLAIN
    if scale is not Scale.PROBS:
        return Convention(rescale=normalize, mean_over_rows=base.mean_over_rows, scales=base.scales)
    if eps is None and not normalize:
        return base
    clip = base.clip if eps is None else (eps or None)
    cap = base.cap if eps is None else inf
    return Convention(clip, base.rescale or normalize, cap, base.mean_over_rows, base.scales)


def rescaled(cells: Array, scale: Scale) -> Array:
    """Rows (n, k) of probabilities, or of log-probabilities, made to sum to 1."""
    if scale is Scale.LOGPROBS:
        return log_softmax(cells)
    with np.errstate(invalid="ignore"):  # a row of zeros is refused before
        return np.asarray(np.minimum(cells / row_sums(cells)[:, None], 1.0))


def log_rescaled(cells: Array) -> Array:
    """ln of rows (n, k) of probabilities made to sum to 1, as -log1p of the rest over the cell: digits next to 1."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # a cell of 0 or next to it: see below
        over = rest_sums(cells) / cells
        small = np.log(cells) - np.log(row_sums(cells))[:, None]
        return np.where(over < inf, 0.0 - np.log1p(over), small)


def log_clipped(x: Array, eps: float) -> Array:
    """The logarithms of probabilities e^x held to [eps, 1-eps]."""
    return np.asarray(np.clip(x, log(eps), log(1.0 - eps)))


def clipped(cells: Array, eps: float) -> tuple[Array, int]:
    """The cells held to [eps, 1-eps], and how many of them that changed."""
    held = np.clip(cells, eps, 1.0 - eps)
    return held, int(np.count_nonzero(held != cells))
