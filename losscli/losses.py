"""Losses: for each loss and scale the value of every row and its gradient, side by side. One rule: pure functions.

A row's loss is linear in its label: the sum over the outcomes of a coefficient times the partial loss of that outcome
(Reid & Williamson 2010, "Composite binary losses"). Labels, smoothing, class weights and the weight of the positive
term are all in the coefficients (`Binary`, `Classes`, `Soft`), so that a kernel knows nothing of them. Sample weights
and reductions come after the kernel. Everything is in nats.

A new loss is one more entry in `LOSSES`. Shapes: n rows, k classes; binary predictions are (n,), others (n, k).
A coefficient of 0 silences its partial loss, an infinite one too: 0 log 0 is 0. A certain miss is inf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from losscli.kinds import Form, Scale
from losscli.lazy import Lazy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    np = Lazy("numpy")  # the table below is what the help is made of, and help needs no numpy


@dataclass(frozen=True)
class Binary:
    """Coefficients (n,) of the two partial losses of a binary row; `most` caps a partial loss (torch caps at 100).

    `plain` says that each pair adds up to 1, as it does without weights: a hard row's coefficient is then 1.
    """

    positive: Array
    negative: Array
    most: float = inf
    plain: bool = False


@dataclass(frozen=True)
class Classes:
    """Hard labels: row i has coefficient `own[i]` at class `index[i]`, and `every` (k,) is added to each row."""

    index: NDArray[np.intp]
    own: Array
    every: Array | None = None


@dataclass(frozen=True)
class Soft:
    """Label probabilities: the coefficients of all cells, (n, k)."""

    cells: Array


Targets = Binary | Classes | Soft


@dataclass(frozen=True)
class Kernel:
    """The value (n,) of each row and the gradient, shaped like the predictions, of its sum."""

    value: Callable[..., Array]
    gradient: Callable[..., Array]


@dataclass(frozen=True)
class Loss:
    """A loss: its names, what rows and scales it takes, and which of the optional settings have a meaning for it."""

    name: str
    title: str
    kernels: Mapping[Form, Mapping[Scale, Kernel]]
    settings: frozenset[str]
    soft_labels: bool


# --- binary: y in [0, 1] ------------------------------------------------------------------------------------------


def bce_from_probs(a: Binary, p: Array) -> Array:
    """-[a1 ln p + a0 ln(1-p)] p (n,) the probability of the positive class, in [0, 1]; inf at a sure miss."""
    complement = 1.0 - p
    # What 1 - p lost by rounding is put back to first order, which is ln(1-p) by log1p at the cost of a plain log.
    lost = 1.0 - complement
    lost -= p
    if _is_hard(a):
        hit = a.positive != 0.0
        np.copyto(complement, p, where=hit)
        np.copyto(lost, 0.0, where=hit)
        return _capped_hard(a, _surprisal(complement, lost))
    return _weigh(a, _surprisal(p, np.zeros_like(p)), _surprisal(complement, lost))


def bce_gradient_by_probs(a: Binary, p: Array) -> Array:
    """-a1/p + a0/(1-p), which is (p-y)/[p(1-p)] for a1 = y, a0 = 1-y; one-sided at 0 and 1."""
    with np.errstate(divide="ignore", over="ignore"):  # an infinite slope is inf
        return _times(a.negative, 1.0 / (1.0 - p)) - _times(a.positive, 1.0 / p)


def bce_from_logits(a: Binary, z: Array) -> Array:
    """a1 softplus(-z) + a0 softplus(z), z (n,) any number; never through p, which would lose z beyond 36."""
    if _is_hard(a):
        return _capped_hard(a, softplus(np.where(a.positive != 0.0, -z, z)))
    return _weigh(a, softplus(-z), softplus(z))


def bce_gradient_by_logits(a: Binary, z: Array) -> Array:
    """-a1 sigmoid(-z) + a0 sigmoid(z), which is h - y for a1 = y, a0 = 1-y, without its cancellation."""
    return a.negative * sigmoid(z) - a.positive * sigmoid(-z)


def bce_from_logprobs(a: Binary, x: Array) -> Array:
    """-[a1 x + a0 ln(1-e^x)], x <= 0 (n,) the log-probability of the positive class; see `log1mexp`."""
    return _weigh(a, 0.0 - x, 0.0 - log1mexp(x))


def bce_gradient_by_logprobs(a: Binary, x: Array) -> Array:
    """-a1 + a0 e^x/(1-e^x), as a0/(e^-x - 1); inf at x = 0 when the negative class has a part."""
    with np.errstate(divide="ignore", over="ignore"):  # e^-x beyond the range leaves a slope of 0
        return _times(a.negative, 1.0 / np.expm1(0.0 - x)) - a.positive  # -x would make -inf of x = 0


# --- categorical: k classes -----------------------------------------------------------------------------------------


def ce_from_probs(a: Classes | Soft, p: Array) -> Array:
    """-sum_k a_k ln p_k, p (n, k) in [0, 1]; the rows need not sum to 1."""
    return _expect(a, p, _minus_log)


def ce_gradient_by_probs(a: Classes | Soft, p: Array) -> Array:
    """-a_k / p_k, each p free (not held to the simplex); 0 where a_k is 0."""
    with np.errstate(divide="ignore", over="ignore"):  # an infinite slope is inf
        return 0.0 - _times(dense(a, p.shape), 1.0 / p)


def ce_from_logits(a: Classes | Soft, z: Array) -> Array:
    """logsumexp(z) sum_k a_k - sum_k a_k z_k, z (n, k), as -sum_k a_k ln softmax(z)_k."""
    return _expect(a, log_softmax(z), _minus)


def ce_gradient_by_logits(a: Classes | Soft, z: Array) -> Array:
    """A h_k - a_k with h = softmax(z), A = sum_k a_k; the labelled entry of a hard row as own (h_y - 1) by expm1."""
    x = log_softmax(z)
    h = np.exp(x)
    if isinstance(a, Soft):
        return row_sums(a.cells)[:, None] * h - a.cells
    rows = np.arange(len(z))
    gradient = a.own[:, None] * h
    gradient[rows, a.index] = a.own * np.expm1(x[rows, a.index])
    return gradient if a.every is None else gradient + (a.every.sum() * h - a.every)


def ce_from_logprobs(a: Classes | Soft, x: Array) -> Array:
    """-sum_k a_k x_k, x <= 0 (n, k) log-probabilities."""
    return _expect(a, x, _minus)


def ce_gradient_by_logprobs(a: Classes | Soft, x: Array) -> Array:
    """-a_k."""
    return 0.0 - dense(a, x.shape)


# --- the focal factor: (1 - p_t)^g for any loss of the form -ln p_t (Lin et al. 2017) -------------------------------


def focal_value(loss: Array, plain: Array, gamma: float) -> Array:
    """`loss` (n,) times (1-p_t)^gamma, where `plain` (n,) is -ln p_t, the loss without any coefficient."""
    factor = (-np.expm1(-plain)) ** gamma
    return _times(factor, loss)


def focal_gradient(loss: Array, slope: Array, plain: Array, plain_slope: Array, gamma: float) -> Array:
    """The product rule: slope (1-p_t)^g + loss g (1-p_t)^(g-1) p_t plain_slope; slopes (n,) or (n, k)."""
    miss = -np.expm1(-plain)
    with np.errstate(divide="ignore", invalid="ignore"):  # at p_t = 0 or 1 the products below are limits
        pull = gamma * miss ** (gamma - 1.0) * loss * np.exp(-plain)
        pull = np.where((loss == 0.0) | (plain == inf), 0.0, pull)
    by_cell = (slice(None), *[None] * (slope.ndim - 1))
    first = _times(slope, np.broadcast_to((miss**gamma)[by_cell], slope.shape))
    second = np.broadcast_to(pull[by_cell], slope.shape)
    # whichever factor is 0 silences the other: at p_t = 0 the slope is infinite, at p_t = 1 with g < 1 the pull
    return first + np.where(plain_slope == 0.0, 0.0, _times(second, plain_slope))


# --- functions of numbers -------------------------------------------------------------------------------------------


def softplus(t: Array) -> Array:
    """ln(1 + e^t) as max(t, 0) + log1p(e^-|t|): no overflow, and e^t itself where that is tiny."""
    return np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))


def sigmoid(z: Array) -> Array:
    """1/(1 + e^-z), relative accuracy on both sides."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0.0, 1.0, e) / (1.0 + e)


def log1mexp(x: Array) -> Array:
    """ln(1 - e^x) for x <= 0: by expm1 above -ln 2 and by log1p below it (Maechler 2012)."""
    near = x > -np.log(2.0)
    with np.errstate(divide="ignore"):  # ln 0 at x = 0 is -inf, a sure miss
        return np.where(near, np.log(-np.expm1(np.where(near, x, -1.0))), np.log1p(-np.exp(np.where(near, -1.0, x))))


def log_softmax(z: Array) -> Array:
    """ln softmax of each row (n, k), as -[(m - z_k) + log1p(sum of e^(z_j - m) without the largest)].

    Both terms are positive, so the winner's logarithm keeps its digits where logsumexp(z) - z would cancel them.
    One +inf in a row is a certainty; two, or a row of -inf, are for the reader to refuse.
    """
    z = _certain(z)
    top = z.max(axis=1)
    below = top[:, None] - z
    terms = np.exp(-below) * (1.0 - _lost(top[:, None], z, below))
    terms[np.arange(len(z)), z.argmax(axis=1)] = 0.0
    logarithm: Array = 0.0 - (below + np.log1p(row_sums(terms))[:, None])
    return logarithm


def _lost(a: Array, b: Array, difference: Array) -> Array:
    """What a - b lost by rounding (Knuth 1969); e^-(a - b) would magnify it."""
    with np.errstate(invalid="ignore"):  # inf - inf in rows with an infinite logit, which lose nothing
        back = difference - a
        lost: Array = (a - (difference - back)) - (b + back)
    lost[~np.isfinite(lost)] = 0.0
    return lost


def row_sums(cells: Array) -> Array:
    """The sum of each row (n, k) -> (n,), column after column, so that no layout of the memory changes a digit."""
    total = np.zeros(len(cells))
    for column in cells.T:
        total += column
    return total


def dense(a: Classes | Soft, shape: tuple[int, ...]) -> Array:
    """The coefficients of all cells, (n, k)."""
    if isinstance(a, Soft):
        return a.cells
    cells = np.zeros(shape, order="F")
    if a.every is not None:
        cells += a.every
    cells[np.arange(len(cells)), a.index] += a.own
    return cells


def _certain(z: Array) -> Array:
    sure = z == inf
    if not sure.any():
        return z
    rows = sure.any(axis=1)[:, None]
    return np.where(rows, np.where(sure, 0.0, -inf), z)


def _is_hard(a: Binary) -> bool:
    return bool(((a.positive == 0.0) | (a.negative == 0.0)).all())


def _surprisal(t: Array, lost: Array) -> Array:
    """-ln(t + lost), `lost` being far below the last digit of t; the answer takes the place of `lost`."""
    with np.errstate(divide="ignore", invalid="ignore"):  # t = 0 is a sure miss: inf, set below
        lost /= t
        lost += np.log(t)
    cost: Array = np.subtract(0.0, lost, out=lost)  # 0 - x rather than -x, as the loss of a sure hit is 0, not -0
    if not t.all():
        cost[t == 0.0] = inf
    return cost


def _capped_hard(a: Binary, cost: Array) -> Array:
    cost = np.minimum(cost, a.most) if a.most < inf else cost
    return cost if a.plain else _times(a.positive + a.negative, cost)


def _weigh(a: Binary, positive: Array, negative: Array) -> Array:
    capped = (np.minimum(part, a.most) for part in (positive, negative))
    return _times(a.positive, next(capped)) + _times(a.negative, next(capped))


def _times(coefficient: Array, cost: Array) -> Array:
    """The product in which a coefficient of 0 silences an infinite cost."""
    with np.errstate(invalid="ignore"):  # 0 times inf is put right in the next line
        product = coefficient * cost
    silent = coefficient == 0.0
    if silent.any():
        product[silent] = 0.0
    return product


def _expect(a: Classes | Soft, cells: Array, cost: Callable[[Array], Array]) -> Array:
    """sum_k a_ik cost(cells_ik); of a hard row only the labelled cell is looked at."""
    if isinstance(a, Soft):
        return row_sums(_times(a.cells, cost(cells)))
    own = _times(a.own, cost(cells[np.arange(len(cells)), a.index]))
    return own if a.every is None else own + row_sums(_times(np.broadcast_to(a.every, cells.shape), cost(cells)))


def _minus_log(p: Array) -> Array:
    with np.errstate(divide="ignore"):  # ln 0 is -inf, a sure miss
        return 0.0 - np.log(p)


def _minus(x: Array) -> Array:
    return 0.0 - x


# --- the table ------------------------------------------------------------------------------------------------------

BINARY = {
    Scale.PROBS: Kernel(bce_from_probs, bce_gradient_by_probs),
    Scale.LOGITS: Kernel(bce_from_logits, bce_gradient_by_logits),
    Scale.LOGPROBS: Kernel(bce_from_logprobs, bce_gradient_by_logprobs),
}
CATEGORICAL = {
    Scale.PROBS: Kernel(ce_from_probs, ce_gradient_by_probs),
    Scale.LOGITS: Kernel(ce_from_logits, ce_gradient_by_logits),
    Scale.LOGPROBS: Kernel(ce_from_logprobs, ce_gradient_by_logprobs),
}
# The likelihood of what happened is a binary row whose label is 1; a logit of what happened is no likelihood.
LIKELIHOOD = {scale: BINARY[scale] for scale in (Scale.PROBS, Scale.LOGPROBS)}

LOSSES: Mapping[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            "bce",
            "binary cross-entropy",
            {Form.BINARY: BINARY},
            frozenset({"positive", "pos_weight"}),
            soft_labels=True,
        ),
        Loss(
            "ce",
            "categorical cross-entropy",
            {Form.CATEGORICAL: CATEGORICAL},
            frozenset({"classes", "class_weight", "ignore", "normalize"}),
            soft_labels=True,
        ),
        Loss(
            "nll",
            "negative log-likelihood",
            {Form.LIKELIHOOD: LIKELIHOOD, Form.BINARY: BINARY, Form.CATEGORICAL: CATEGORICAL},
            frozenset({"positive", "classes", "class_weight", "ignore", "normalize"}),
            soft_labels=False,
        ),
    )
}
