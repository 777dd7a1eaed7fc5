"""How torch, Keras and scikit-learn clip, rescale, weigh and divide: a small table, and what clipping does to numbers.

Sources: torch 2.13 `BCELoss` (each logarithm at least -100; its backward divides by p(1-p), at least 1e-12 in single
precision) and `CrossEntropyLoss`; Keras 3.15 `losses` (predictions in single precision, epsilon 1e-7, rows rescaled to
sum 1, class weights as sample weights, mean over the batch whatever the weights) with `BinaryFocalCrossentropy` and
`CategoricalFocalCrossentropy`; scikit-learn 1.9 `log_loss` (clips to the machine epsilon of the predictions' type,
doesn't rescale).
"""

from math import inf, log
from typing import NamedTuple

import numpy as np

from losscli.arrays import Array
from losscli.enums import Form, Like, Scale
from losscli.losses.functions import log_softmax, rest_sums, row_sums


class Convention(NamedTuple):
    """What is done to probabilities before the logarithm, and what the mean divides by.

    `clip` are the bounds of probabilities, `cap` is the largest partial loss. `backward_floor` is the least p(1-p) that
    a slope of the binary loss divides by. With `class_weight_by_row` a class weight multiplies the whole loss of a row
    and is no part of the divisor. `focal_by_class` puts (1 - p_k)^g at the term of each class; `focal_of_smoothed`
    takes y'p + (1-y')(1-p) for p_t, y' the smoothed label. Either gives label probabilities a focal loss.
    """

    clip: tuple[float, float] | None = None
    rescale: bool = False
    cap: float = inf
    backward_floor: float = 0.0
    mean_over_rows: bool = False
    class_weight_by_row: bool = False
    focal_by_class: bool = False
    focal_of_smoothed: bool = False
    scales: tuple[Scale, ...] = tuple(Scale)
    refused: frozenset[str] = frozenset()

    @property
    def soft_focal(self) -> bool:
        """Whether label probabilities have a focal loss."""
        return self.focal_by_class or self.focal_of_smoothed


_PLAIN = Convention()

# 1e-12 in single precision, and 1 - 1e-7 in single precision
_TORCH_FLOOR, _KERAS_CLIP = float(np.float32(1e-12)), (1e-7, float(np.float32(1.0 - 1e-7)))

_TORCH = Convention(cap=100.0, backward_floor=_TORCH_FLOOR, mean_over_rows=True, refused=frozenset({"focal+smoothing"}))
_KERAS = Convention(clip=_KERAS_CLIP, mean_over_rows=True, class_weight_by_row=True, focal_of_smoothed=True)
_SKLEARN = Convention(
    clip=(2.0**-52, 1.0 - 2.0**-52),
    scales=(Scale.PROBS,),
    refused=frozenset({"focal+smoothing", "class_weight"}),
)

CONVENTIONS: dict[Like, dict[Form, Convention]] = {
    Like.TORCH: {
        Form.BINARY: _TORCH,
        Form.CATEGORICAL: _TORCH._replace(cap=inf, backward_floor=0.0),
        Form.LIKELIHOOD: _TORCH,
    },
    Like.KERAS: {
        Form.BINARY: _KERAS,
        Form.CATEGORICAL: _KERAS._replace(rescale=True, focal_of_smoothed=False, focal_by_class=True),
        Form.LIKELIHOOD: _KERAS,
    },
    Like.SKLEARN: {form: _SKLEARN for form in Form},
}


MACHINE_EPSILON = {16: 2.0**-10, 32: 2.0**-23, 64: 2.0**-52}  # by the bits of a float


def convention(
    like: Like | None, form: Form, scale: Scale, eps: float | None, normalize: bool, machine_epsilon: float = 2.0**-52
) -> Convention:
    """The convention in force: that of `like`, in which an explicit eps or normalize wins.

    `machine_epsilon` is that of the type of the predictions, which scikit-learn clips to.
    """
    base = CONVENTIONS[like][form] if like else _PLAIN
    if scale is not Scale.PROBS:
        return base._replace(clip=None, rescale=normalize, cap=inf, backward_floor=0.0)
    if like is Like.SKLEARN:
        base = base._replace(clip=(machine_epsilon, 1.0 - machine_epsilon))
    if eps is not None:
        base = base._replace(clip=(eps, 1.0 - eps) if eps else None, cap=inf, backward_floor=0.0)
    return base._replace(rescale=base.rescale or normalize)


def rescaled(cells: Array, scale: Scale) -> Array:
    """Rows (n, k) of probabilities, or of log-probabilities, made to sum to 1."""
    if scale is Scale.LOGPROBS:
        return log_softmax(cells)
    with np.errstate(invalid="ignore"):  # a row of zeros is refused before
        return np.asarray(cells / row_sums(cells)[:, None])


def log_rescaled(cells: Array) -> Array:
    """ln of rows (n, k) of probabilities made to sum to 1, as -log1p of the rest over the cell: digits next to 1."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # a cell of 0 or next to it: see below
        over = rest_sums(cells) / cells
        small = np.log(cells) - np.log(row_sums(cells))[:, None]
        return np.where(over < inf, 0.0 - np.log1p(over), small)


def log_clipped(x: Array, clip: tuple[float, float]) -> Array:
    """The logarithms of probabilities e^x held to the bounds."""
    return np.asarray(np.clip(x, log(clip[0]), log(clip[1])))


def clipped(cells: Array, clip: tuple[float, float]) -> tuple[Array, int]:
    """The cells held to the bounds, and how many of them that changed."""
    held = np.clip(cells, *clip)
    return held, int(np.count_nonzero(held != cells))
