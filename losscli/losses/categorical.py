"""Kernels of rows of k classes: value (n,) and gradient (n, k), in nats, for each scale of the predictions.

Beside them their work as text: `a` are the coefficients of a row, one a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from losscli.lazy import Array, np
from losscli.losses.functions import ln, log_softmax, rest_sums, row_sums, times
from losscli.losses.targets import Classes, Soft, dense
from losscli.losses.wording import as_number, factor, listed, over, signed


def ce_from_probs(a: Classes | Soft, p: Array) -> Array:
    """-sum_k a_k ln p_k, p (n, k) in [0, 1]; the rows need not sum to 1."""
    return _expected(a, p, lambda p: 0.0 - ln(p))


def ce_gradient_by_probs(a: Classes | Soft, p: Array) -> Array:
    """-a_k / p_k, each p free (not held to the simplex); 0 where a_k is 0."""
    with np.errstate(divide="ignore", over="ignore"):  # an infinite slope is inf
        return 0.0 - times(dense(a, p.shape), 1.0 / p)


def ce_from_logits(a: Classes | Soft, z: Array) -> Array:
    """logsumexp(z) sum_k a_k - sum_k a_k z_k, z (n, k), as -sum_k a_k ln softmax(z)_k."""
    return ce_from_logprobs(a, log_softmax(z))


def ce_gradient_by_logits(a: Classes | Soft, z: Array) -> Array:
    """A h_k - a_k with h = softmax(z), A = sum_k a_k, as h_k (A - a_k) - a_k (1 - h_k), which doesn't cancel."""
    x = log_softmax(z)
    h = np.exp(x)
    if isinstance(a, Soft) or a.every is not None:
        cells = dense(a, z.shape)
        return h * rest_sums(cells) + cells * np.expm1(x)
    rows = np.arange(len(z))
    gradient = a.own[:, None] * h
    gradient[rows, a.index] = a.own * np.expm1(x[rows, a.index])
    return gradient


def ce_from_logprobs(a: Classes | Soft, x: Array) -> Array:
    """-sum_k a_k x_k, x <= 0 (n, k) log-probabilities."""
    return _expected(a, x, lambda x: 0.0 - x)


def ce_gradient_by_logprobs(a: Classes | Soft, x: Array) -> Array:
    """-a_k."""
    return 0.0 - dense(a, x.shape)


def _expected(a: Classes | Soft, cells: Array, cost: Callable[[Array], Array]) -> Array:
    """sum_k a_ik cost(cells_ik); of a hard row only the labelled cell is looked at."""
    if isinstance(a, Soft):
        return row_sums(times(a.cells, cost(cells)))
    own = times(a.own, cost(cells[np.arange(len(cells)), a.index]))
    return own if a.every is None else own + row_sums(times(np.broadcast_to(a.every, cells.shape), cost(cells)))


# --- the work ---------------------------------------------------------------------------------------------------------
def term_from_probs(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """-sum_k a_k ln(p_k) with numbers; a coefficient of 0 leaves its part out."""
    return signed([f"-{factor(one)}{log}({as_number(p)})" for one, p in zip(a, v, strict=True) if one != 0.0])


def term_from_logits(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """ln(sum_k e^z_k) sum_k a_k - sum_k a_k z_k with numbers."""
    inner = listed([f"e^{as_number(z)}" for z in v], " + ")
    own = [f"{factor(one)}{as_number(z)}" for one, z in zip(a, v, strict=True) if one != 0.0]
    taken = listed(own, " + ")
    taken = f"({taken})" if len(own) > 1 or taken.startswith("-") else taken
    return f"{factor(sum(a))}{log}({inner}) - {taken}{over(log)}"


def term_from_logprobs(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """-sum_k a_k x_k with numbers."""
    return signed([f"-{factor(one)}({as_number(x)})" for one, x in zip(a, v, strict=True) if one != 0.0]) + over(log)


def gradient_term_by_probs(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """-a_k / p_k with numbers."""
    return _row([f"-{as_number(one)} / {as_number(x)}" if one else "0" for one, x in zip(a, p, strict=True)])


def gradient_term_by_logits(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """A p_k - a_k with numbers, A = sum_k a_k."""
    whole = factor(sum(a))
    return _row([f"{whole}{as_number(x)} - {as_number(one)}" for one, x in zip(a, p, strict=True)])


def gradient_term_by_logprobs(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """-a_k with numbers."""
    return _row([f"-{as_number(one)}" if one else "0" for one in a])


def _row(cells: Sequence[str]) -> str:
    return f"({listed(cells, ', ')})"
