"""Functions of numbers that losses are made of, each accurate to its last digits. Pure functions of arrays."""

from __future__ import annotations

from math import inf

from losscli.lazy import Array, np


def ln(p: Array) -> Array:
    """ln p, -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def softplus(t: Array) -> Array:
    """ln(1 + e^t) as max(t, 0) + log1p(e^-|t|): no overflow, and e^t itself where that is tiny."""
    return np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))


def sigmoid(z: Array) -> Array:
    """1/(1 + e^-z), relative accuracy on both sides."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0.0, 1.0, e) / (1.0 + e)


def inverse_link(z: Array) -> Array:
    """The probabilities of logits: the sigmoid of each (n,), the softmax of each row (n, k)."""
    return sigmoid(z) if z.ndim == 1 else np.exp(log_softmax(z))


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
    sure = z == inf
    if sure.any():
        z = np.where(sure.any(axis=1)[:, None], np.where(sure, 0.0, -inf), z)
    top = z.max(axis=1)
    with np.errstate(over="ignore"):  # two logits further apart than the largest float: e^-inf is 0
        below = top[:, None] - z
    terms = np.exp(-below) * (1.0 - _lost(top[:, None], z, below))
    terms[np.arange(len(z)), z.argmax(axis=1)] = 0.0
    logarithm: Array = 0.0 - (below + np.log1p(row_sums(terms))[:, None])
    return logarithm


def _lost(a: Array, b: Array, difference: Array) -> Array:
    """What a - b lost by rounding (Knuth 1969); e^-(a - b) would magnify it."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf: rows with an infinite logit lose nothing
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


def rest_sums(cells: Array) -> Array:
    """For each cell the sum of the others of its row, (n, k): no total from which a cell is taken off again."""
    before, after = np.zeros(cells.shape, order="F"), np.zeros(cells.shape, order="F")
    for column in range(1, cells.shape[1]):
        before[:, column] = before[:, column - 1] + cells[:, column - 1]
        after[:, -column - 1] = after[:, -column] + cells[:, -column]
    return before + after


def product(a: Array, b: Array) -> Array:
    """The product in which 0 on either side silences inf on the other."""
    with np.errstate(invalid="ignore", over="ignore"):  # 0 times inf is put right here
        return np.where((a == 0.0) | (b == 0.0), 0.0, a * b)


def times(coefficient: Array, cost: Array) -> Array:
    """The product in which a coefficient of 0 silences an infinite cost."""
    with np.errstate(invalid="ignore", over="ignore"):  # 0 times inf is put right in the next line
        product = coefficient * cost
    silent = coefficient == 0.0
    if silent.any():
        product[silent] = 0.0
    return product
