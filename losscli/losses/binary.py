"""Kernels of binary rows: value (n,) and gradient (n,), in nats, for each scale of the predictions; and their work.

The work is text: the coefficients `a` of a row are those of the positive and of the negative class.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from losscli.lazy import Array, np
from losscli.losses.functions import log1mexp, sigmoid, softplus, times
from losscli.losses.targets import Binary, is_hard
from losscli.losses.wording import as_number, factor, over


def bce_from_probs(a: Binary, p: Array) -> Array:
    """-[a1 ln p + a0 ln(1-p)] p (n,) the probability of the positive class, in [0, 1]; inf at a sure miss."""
    if is_hard(a):
        miss = a.negative if a.plain else (a.positive == 0.0).astype(np.float64)
        return _capped_hard(a, _surprisal_from(miss, p))
    return _weigh(a, _surprisal_from(np.zeros_like(p), p), _surprisal_from(np.ones_like(p), p))


def bce_gradient_by_probs(a: Binary, p: Array) -> Array:
    """-a1/p + a0/(1-p), which is (p-y)/[p(1-p)] for a1 = y, a0 = 1-y; one-sided at 0 and 1."""
    with np.errstate(divide="ignore", over="ignore"):  # an infinite slope is inf
        return times(a.negative, 1.0 / (1.0 - p)) - times(a.positive, 1.0 / p)


def bce_from_logits(a: Binary, z: Array) -> Array:
    """a1 softplus(-z) + a0 softplus(z), z (n,) any number; never through p, which would lose z beyond 36."""
    if is_hard(a):
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
        return times(a.negative, 1.0 / np.expm1(0.0 - x)) - a.positive  # -x would make -inf of x = 0


def _surprisal_from(start: Array, p: Array) -> Array:
    """-ln |start - p|, start (n,) being 0 or 1: -ln p from 0, -ln(1-p) from 1.

    What 1 - p lost by rounding is put back to first order, which is ln(1-p) by log1p at the cost of a plain log.
    """
    t = start - p
    cost: Array = t - start
    cost += p  # what t lost by rounding
    np.abs(t, out=t)
    with np.errstate(divide="ignore", invalid="ignore"):  # t = 0 is a sure miss: inf, set below
        cost /= t
        sure = t == 0.0 if t.size and not t.min() > 0.0 else None
        cost -= np.log(t, out=t)
    if sure is not None:
        cost[sure] = inf
    return cost


def _capped_hard(a: Binary, cost: Array) -> Array:
    cost = np.minimum(cost, a.cap) if a.cap < inf else cost
    return cost if a.plain else times(a.positive + a.negative, cost)


def _weigh(a: Binary, positive: Array, negative: Array) -> Array:
    capped = (np.minimum(part, a.cap) for part in (positive, negative))
    return times(a.positive, next(capped)) + times(a.negative, next(capped))


# --- the work ---------------------------------------------------------------------------------------------------------
def term_from_probs(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """-a1 ln(p) - a0 ln(1 - p) with numbers; a coefficient of 0 leaves its part out."""
    number = as_number(v[0])
    return _added(a, f"-{{}}{log}({number})", f"-{{}}{log}(1 - {number})")


def term_from_logits(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """a1 ln(1 + e^-z) + a0 ln(1 + e^z) with numbers."""
    return _added(a, f"{{}}{log}(1 + e^{as_number(-v[0])})", f"{{}}{log}(1 + e^{as_number(v[0])})")


def term_from_logprobs(a: Sequence[float], v: Sequence[float], log: str) -> str:
    """-a1 x - a0 ln(1 - e^x) with numbers."""
    number = as_number(v[0])
    return _added(a, f"-{{}}({number}){over(log)}", f"-{{}}{log}(1 - e^{number})")


def _added(a: Sequence[float], *costs: str) -> str:
    parts = [cost.format(factor(one)) for one, cost in zip(a, costs, strict=True) if one != 0.0]
    return " + ".join(parts).replace("+ -", "- ") or "0"


def gradient_term_by_probs(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """(p - y) / (p (1 - p)) with numbers."""
    return f"{gradient_term_by_logits(a, v, p)} / ({as_number(p[0])} * (1 - {as_number(p[0])}))"


def gradient_term_by_logits(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """(p - y) with numbers, or what the coefficients make of it where they don't add up to 1."""
    (one, zero), number = a, as_number(p[0])
    if abs(one + zero - 1.0) < 1e-12:
        return f"({number} - {as_number(one)})"
    if one and zero:
        return f"({factor(zero)}{number} - {factor(one)}(1 - {number}))"
    return f"{factor(one or zero)}({number} - {1 if one else 0})"


def gradient_term_by_logprobs(a: Sequence[float], v: Sequence[float], p: Sequence[float]) -> str:
    """(p - y) / (1 - p) with numbers."""
    return f"{gradient_term_by_logits(a, v, p)} / (1 - {as_number(p[0])})"
