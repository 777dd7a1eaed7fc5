"""The focal factor (1 - p_t)^g (Lin et al. 2017): of a row, or as Keras has it of the term of each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from losscli.enums import Scale
from losscli.lazy import Array, np
from losscli.losses.functions import ln, log_softmax, product, rest_sums, row_sums, times
from losscli.losses.table import CATEGORICAL, Kernel
from losscli.losses.targets import Binary, Classes, Soft, Targets, dense, is_hard
from losscli.losses.wording import as_number, factor, signed


# --- a factor of the row ----------------------------------------------------------------------------------------------
def focal_value(loss: Array, plain: Array, gamma: float) -> Array:
    """`loss` (n,) times (1-p_t)^gamma, `plain` (n,) being -ln p_t."""
    return times((-np.expm1(-plain)) ** gamma, loss)


def focal_gradient(loss: Array, slope: Array, plain: Array, plain_slope: Array, gamma: float) -> Array:
    """The product rule: slope (1-p_t)^g + loss g (1-p_t)^(g-1) p_t plain_slope; slopes (n,) or (n, k)."""
    miss = -np.expm1(-plain)
    with np.errstate(divide="ignore", over="ignore"):  # limits at p_t = 0 and 1, where a factor of 0 outweighs any loss
        pull = product(gamma * miss ** (gamma - 1.0) * np.exp(-plain), loss)
    by_cell = (slice(None), *[None] * (slope.ndim - 1))
    # whichever factor is 0 silences the other: at p_t = 0 the slope is infinite, at p_t = 1 with g < 1 the pull
    pushed, pulled = product(slope, (miss**gamma)[by_cell]), product(pull[by_cell], plain_slope)
    with np.errstate(over="ignore", invalid="ignore"):  # a sum beyond the floats is infinite
        total = pushed + pulled
    return np.where(np.isinf(pushed), pushed, total)  # where p is 0, 1/p outweighs ln p


def true_class_cost(kernel: Kernel, focus: Targets, v: Array) -> Array:
    """-ln p_t (n,) at predictions v, `focus` being the labels: p_t = y p + (1-y)(1-p) where they are soft."""
    if not isinstance(focus, Binary) or is_hard(focus):
        return kernel.value(focus, v)
    return _mixture(kernel, focus, v)[0]


def true_class_slope(kernel: Kernel, focus: Targets, v: Array) -> Array:
    """The gradient of -ln p_t with respect to the predictions v."""
    if not isinstance(focus, Binary) or is_hard(focus):
        return kernel.gradient(focus, v)
    plain, p, q = _mixture(kernel, focus, v)
    ones, zeros = np.ones(len(v)), np.zeros(len(v))

    def slope_of(part: Array, a: Binary) -> Array:
        """Of p or 1 - p: itself times the slope of its logarithm, which is infinite where it goes as 1/p."""
        slope = kernel.gradient(a, v)
        return np.where(np.isinf(slope), np.sign(slope), product(part, slope))

    by_p, by_q = slope_of(p, Binary(ones, zeros, hard=True)), slope_of(q, Binary(zeros, ones, hard=True))
    return product(focus.positive * by_p + focus.negative * by_q, np.exp(plain))


def _mixture(kernel: Kernel, focus: Binary, v: Array) -> tuple[Array, Array, Array]:
    """-ln p_t, p and 1-p at predictions v (n,)."""
    ones, zeros = np.ones(len(v)), np.zeros(len(v))
    positive, negative = (kernel.value(Binary(*a, plain=True, hard=True), v) for a in ((ones, zeros), (zeros, ones)))
    p, q = np.exp(-positive), np.exp(-negative)
    miss = focus.positive * -np.expm1(-positive) + focus.negative * -np.expm1(-negative)
    with np.errstate(divide="ignore"):  # p_t = 0 costs inf
        return np.asarray(-np.log1p(-miss)), p, q


# --- a factor of the term of each class -------------------------------------------------------------------------------
@lru_cache(maxsize=8)
def focal_kernels(gamma: float) -> Mapping[Scale, Kernel]:
    """Kernels of -sum_k a_k (1-p_k)^gamma ln p_k, for each scale; p, v (n, k), a the coefficients of the classes."""

    def slopes(x: Array) -> Array:
        """Of each class's term by x = ln p: -(1-p)^g + g (1-p)^(g-1) p x."""
        miss = -np.expm1(x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # limits at p = 0 and 1
            pull = product(gamma * miss ** (gamma - 1.0) * np.exp(x), x)
        return np.where(x == 0.0, 0.0, pull) - miss**gamma

    def value(to_x: Callable[[Array], Array], a: Classes | Soft, v: Array) -> Array:
        x = to_x(v)
        return row_sums(times(dense(a, x.shape), times((-np.expm1(x)) ** gamma, 0.0 - x)))

    def by_probs(a: Classes | Soft, p: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # an infinite slope is inf
            return times(dense(a, p.shape), slopes(ln(p)) / p)

    def by_logits(a: Classes | Soft, z: Array) -> Array:
        x = log_softmax(z)
        t = times(dense(a, z.shape), slopes(x))
        return product(t, -np.expm1(x)) - product(np.exp(x), rest_sums(t))

    def by_logprobs(a: Classes | Soft, x: Array) -> Array:
        return times(dense(a, x.shape), slopes(x))

    forms: dict[Scale, tuple[Callable[[Array], Array], Callable[..., Array]]] = {
        Scale.PROBS: (ln, by_probs),
        Scale.LOGITS: (log_softmax, by_logits),
        Scale.LOGPROBS: (lambda x: x, by_logprobs),
    }
    return {
        scale: CATEGORICAL[scale]._replace(
            value=partial(value, to_x), gradient=gradient, term=partial(_term, to_x, gamma)
        )
        for scale, (to_x, gradient) in forms.items()
    }


def _term(to_x: Callable[[Array], Array], gamma: float, a: Sequence[float], v: Sequence[float], log: str) -> str:
    """-sum_k a_k (1 - p_k)^gamma ln(p_k) with numbers; a coefficient of 0 leaves its part out."""
    p = np.exp(to_x(np.array([v])))[0].tolist()
    parts = [(factor(one), as_number(share)) for one, share in zip(a, p, strict=True) if one != 0.0]
    return signed([f"-{one}(1 - {share})^{gamma:g} * {log}({share})" for one, share in parts])
