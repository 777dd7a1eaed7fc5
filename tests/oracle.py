"""The losses and their gradients once more, by their definitions and with many digits; nothing of the package is used.

A row is a label (a class number, or the probabilities of the classes) and its predictions on one scale; two classes are
the rows of `binary`, whose one prediction is that of class 1. Floats are taken for the exact numbers that they are.
Gradients are central differences with a step of 1e-40 of the room that there is, which with 160 digits is the slope.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from mpmath import inf, mp, mpf

mp.dps = 160

STEP = mpf(10) ** -40

Numbers = Sequence[float]


@dataclass(frozen=True)
class AnalysisOptions:
    """The mathematics of a command; `binary` where a row has one prediction. Weights of classes are (w_0, w_1, ...)."""

    binary: bool
    scale: str = "probs"
    eps: float | None = None
    like: str | None = None
    smoothing: float = 0.0
    focal: float = 0.0
    alpha: float | None = None
    pos_weight: float = 1.0
    class_weight: Numbers | None = None
    normalize: bool = False
    base: float | None = None
    reduction: str = "mean"


@dataclass(frozen=True)
class Row:
    """One row that counts: label probabilities (negative and positive class, or one a class), predictions, weight."""

    q: Numbers
    v: Numbers
    weight: float | None = None
    x: Numbers = field(default=())

    @property
    def hard(self) -> int | None:
        """The class of a hard label."""
        return list(self.q).index(1.0) if 1.0 in self.q else None


# --- one row ----------------------------------------------------------------------------------------------------------
def shares(a: AnalysisOptions, v: Sequence[mpf], scale: str) -> list[mpf]:
    """The probabilities of all classes that predictions on a scale stand for."""
    if not a.binary:
        e = [mp.exp(one) for one in v]
        return list(v) if scale == "probs" else e if scale == "logprobs" else [one / sum(e) for one in e]
    if scale == "logits":
        return [1 / (1 + mp.exp(v[0])), 1 / (1 + mp.exp(-v[0]))]
    p = v[0] if scale == "probs" else mp.exp(v[0])
    return [1 - p, p]


def conditioned(a: AnalysisOptions, p: list[mpf]) -> list[mpf]:
    """Rescaled and clipped as the options or the library say; explicit options win."""
    if a.normalize or (a.like == "keras" and not a.binary and a.scale == "probs"):
        p = [one / sum(p) for one in p]
    # Keras' upper bound is 1 - 1e-7 in single precision, which is 1 - 2^-23
    bounds = {"keras": (1e-7, 1.0 - 2.0**-23), "sklearn": (2.0**-52, 1.0 - 2.0**-52)}.get(a.like or "")
    bounds = bounds if a.eps is None else (a.eps, 1.0 - a.eps)
    if not bounds or not bounds[0] or a.scale != "probs":
        return p
    held = [min(max(one, mpf(bounds[0])), mpf(bounds[1])) for one in p]
    return [1 - held[1], held[1]] if a.binary else held


def minus_log(a: AnalysisOptions, p: mpf) -> mpf:
    """-ln p; of torch's binary loss at most 100."""
    cost = inf if p == 0 else -mp.log(p)
    capped = a.like == "torch" and a.binary and a.scale == "probs" and a.eps is None
    return min(cost, mpf(100)) if capped else cost


def coefficients(a: AnalysisOptions, row: Row) -> list[mpf]:
    """What multiplies -ln p of each class."""
    k = len(row.q)
    parts = [mpf(w) for w in a.class_weight] if a.class_weight else [mpf(1)] * k
    if a.like == "keras":  # as sample weights: that of the likeliest class, or of the label rounded to even
        parts = [parts[round(row.q[1]) if a.binary else list(row.q).index(max(row.q))]] * k
    label = smoothed(a, row)
    if a.alpha is not None and a.binary:
        of_label = label if a.like == "keras" else [mpf(one) for one in row.q]
        parts = [w * (of_label[1] * mpf(a.alpha) + of_label[0] * (1 - mpf(a.alpha))) for w in parts]
    elif a.alpha is not None:
        parts = [w * mpf(a.alpha) for w in parts]
    parts = [w * q for w, q in zip(parts, label, strict=True)]
    return [parts[0], parts[1] * mpf(a.pos_weight)] if a.binary else parts


def smoothed(a: AnalysisOptions, row: Row) -> list[mpf]:
    """The label after smoothing."""
    return [(1 - mpf(a.smoothing)) * mpf(q) + mpf(a.smoothing) / len(row.q) for q in row.q]


def true_class(a: AnalysisOptions, row: Row, p: list[mpf]) -> mpf:
    """The probability of the label that the focal factor is of."""
    if a.like == "keras" and a.binary:
        return sum(y * one for y, one in zip(smoothed(a, row), p, strict=True))
    return p[row.hard or 0]


def of_shares(a: AnalysisOptions, row: Row, p: list[mpf]) -> mpf:
    """The loss of a row in the unit of the base, its sample weight apart."""
    p = conditioned(a, p)
    terms = [(c, minus_log(a, one), one) for c, one in zip(coefficients(a, row), p, strict=True) if c]
    if a.focal and a.like == "keras" and not a.binary:
        loss = sum(c * cost * (1 - one) ** mpf(a.focal) for c, cost, one in terms)
    else:
        factor = (1 - true_class(a, row, p)) ** mpf(a.focal) if a.focal else mpf(1)
        # (1 - p)^g ln(1 - p) goes to 0 as p goes to 1
        loss = factor * sum(c * cost for c, cost, _ in terms) if factor else mpf(0)
    return loss / (mp.log(a.base) if a.base else 1)


def loss_of(a: AnalysisOptions, row: Row) -> mpf:
    """The loss of a row by its predictions."""
    return of_shares(a, row, shares(a, [mpf(v) for v in row.v], a.scale))


def weight_of(row: Row) -> mpf:
    return mpf(1) if row.weight is None else mpf(row.weight)


# --- a table ----------------------------------------------------------------------------------------------------------
def divisor(a: AnalysisOptions, rows: Sequence[Row]) -> mpf:
    """What the mean divides by: the weights, but rows for torch and Keras; times those of classes of hard labels."""
    return sum(divisors(a, rows))


def divisors(a: AnalysisOptions, rows: Sequence[Row]) -> list[mpf]:
    """What each row adds to the divisor."""
    hard = a.binary or all(one.hard is not None for one in rows)  # a soft label of two classes adds 1
    own = [mpf(1) if a.like in ("torch", "keras") else weight_of(row) for row in rows]
    by_class = a.class_weight if a.class_weight and hard and a.like != "keras" else None
    return [
        w * mpf(by_class[row.hard]) if by_class and row.hard is not None else w
        for w, row in zip(own, rows, strict=True)
    ]


def error(values: Sequence[mpf], over: Sequence[mpf]) -> mpf:
    """The standard error of sum v / sum d; nan for fewer than two rows that count."""
    n, mean = sum(d > 0 for d in over), sum(values) / sum(over)
    squares = sum((v - mean * d) ** 2 for v, d in zip(values, over, strict=True))
    return mp.sqrt(mpf(n) / (n - 1) * squares) / sum(over) if n > 1 else mp.nan


@cache
def student(level: float, freedom: int) -> mpf:
    """Student's quantile of the upper end of an interval."""
    with mp.workdps(30):
        tail = (1 - mpf(level)) / 2
        return mp.findroot(
            lambda t: mp.betainc(mpf(freedom) / 2, 0.5, 0, freedom / (freedom + t * t), regularized=True) / 2 - tail, 3
        )


def weighted(a: AnalysisOptions, rows: Sequence[Row]) -> list[mpf]:
    """What each row adds to the sum."""
    return [weight_of(row) * loss_of(a, row) if weight_of(row) else mpf(0) for row in rows]


def figures(a: AnalysisOptions, rows: Sequence[Row]) -> dict[str, mpf]:
    """The figures of a table that are sums."""
    total, over = sum(weighted(a, rows)), divisor(a, rows)
    found = {"sum": total, "mean": total / over, "divisor": over, "n": mpf(len(rows))}
    found["value"] = found["sum" if a.reduction == "sum" else "mean"]
    nats = mp.log(a.base) if a.base else mpf(1)
    found |= {"perplexity": mp.exp(found["mean"] * nats), "log_likelihood": -total, "baseline": baseline(a, rows)}
    found["normalized"] = found["mean"] / found["baseline"] if 0 < found["baseline"] < inf else mp.nan
    losses = [loss_of(a, row) for row in rows]
    average = sum(losses) / len(rows)
    found |= {"min": min(losses), "max": max(losses)}
    found["std"] = mp.sqrt(sum((loss - average) ** 2 for loss in losses) / (len(rows) - 1))
    shares_ = divisors(a, rows)
    found["se"] = error(weighted(a, rows), shares_)
    half = student(0.95, sum(d > 0 for d in shares_) - 1) * found["se"]
    return found | {"low": found["mean"] - half, "high": found["mean"] + half}


def baseline(a: AnalysisOptions, rows: Sequence[Row]) -> mpf:
    """The mean of the same rows if all of them were predicted the frequencies of the labels, without any clipping."""
    nonlinear = a.like == "keras" and (a.class_weight or (a.focal and a.binary))
    if nonlinear and any(row.hard is None for row in rows):
        return mp.nan
    whole = sum(weight_of(row) for row in rows)
    shares_ = [sum(weight_of(row) * mpf(row.q[k]) for row in rows) / whole for k in range(len(rows[0].q))]
    plain = replace(a, scale="logprobs", eps=None, like="keras" if a.like == "keras" else None, normalize=False)
    return sum(weight_of(row) * of_shares(plain, row, shares_) for row in rows if weight_of(row)) / divisor(a, rows)


# --- a closer look ----------------------------------------------------------------------------------------------------
def probabilities(a: AnalysisOptions, row: Row) -> list[mpf]:
    """The probabilities of all classes before any clipping, rescaled where that is asked for."""
    p = shares(a, [mpf(v) for v in row.v], a.scale)
    rescaled = a.normalize or (a.like == "keras" and not a.binary and a.scale == "probs")
    return [one / sum(p) for one in p] if rescaled else p


def quantile(values: Sequence[mpf], share: float) -> mpf:
    """Hyndman and Fan's type 7."""
    ordered, at = sorted(values), mpf(share) * (len(values) - 1)
    low = int(mp.floor(at))
    return ordered[low] + (at - low) * (ordered[min(low + 1, len(values) - 1)] - ordered[low])


def bins_of(p: Sequence[mpf], y: Sequence[mpf], w: Sequence[mpf], count: int) -> list[list[int]]:
    """The rows of each bin (k/B, (k+1)/B], of the first also 0."""
    places = [max(0, int(mp.ceil(one * count)) - 1) for one in p]
    return [[at for at, place in enumerate(places) if place == k] for k in range(count)]


def calibration_error(p: Sequence[mpf], y: Sequence[mpf], w: Sequence[mpf], count: int) -> mpf:
    """The expected calibration error."""
    gaps = [abs(sum(w[at] * (y[at] - p[at]) for at in part)) for part in bins_of(p, y, w, count)]
    return sum(gaps) / sum(w)


def isotonic(p: Sequence[mpf], y: Sequence[mpf], w: Sequence[mpf]) -> list[mpf]:
    """The isotonic regression of y on p at each row: the largest of the least means (min-max formula)."""
    levels = sorted({one for one, weight in zip(p, w, strict=True) if weight})

    def mean(low: mpf, high: mpf) -> mpf:
        chosen = [at for at, one in enumerate(p) if low <= one <= high]
        return sum(w[at] * y[at] for at in chosen) / sum(w[at] for at in chosen)

    fit = {
        level: max(min(mean(low, high) for high in levels if high >= level) for low in levels if low <= level)
        for level in levels
    }
    return [fit.get(one, mpf(0)) for one in p]


# --- gradients --------------------------------------------------------------------------------------------------------
def slopes(a: AnalysisOptions, row: Row, by: str) -> list[mpf]:
    """The slope of a row's weighted loss by each of its predictions on the scale `by`."""
    at, loss = surface(a, row, by)
    if a.like == "torch" and a.binary and a.scale == "probs" and a.eps is None:
        return [weight_of(row) * of_torch(a, row, by)]
    found = []
    for cell, v in enumerate(at):
        room = {"probs": v * (1 - v), "logits": mpf(1), "logprobs": -v if a.binary else mpf(1)}[by]
        moved = [[*at[:cell], v + side * STEP * room, *at[cell + 1 :]] for side in (1, -1)]
        found.append(weight_of(row) * (loss(moved[0]) - loss(moved[1])) / (2 * STEP * room))
    return found


def of_torch(a: AnalysisOptions, row: Row, by: str) -> mpf:
    """The slope of one row by torch's backward, which divides by p (1-p), at least 1e-12 in single precision."""
    p, least = mpf(row.v[0]), mpf(9.999999960041972e-13)

    def slope(negative: mpf, positive: mpf) -> mpf:
        by_p = (negative * p - positive * (1 - p)) / max(p * (1 - p), least)
        return by_p * {"probs": mpf(1), "logits": p * (1 - p), "logprobs": p}[by] / nats

    nats = mp.log(a.base) if a.base else mpf(1)
    plain = slope(*coefficients(a, row))
    if not a.focal:
        return plain
    q = [mpf(one) for one in row.q]
    cost = minus_log(a, [1 - p, p][row.hard or 0])
    miss, loss = 1 - mp.exp(-cost), of_shares(replace(a, focal=0.0), row, [1 - p, p])
    pull = mpf(a.focal) * miss ** (mpf(a.focal) - 1) * mp.exp(-cost) * loss * slope(*q) * nats
    return plain * miss ** mpf(a.focal) + pull


def surface(a: AnalysisOptions, row: Row, by: str) -> tuple[list[mpf], Callable[[list[mpf]], mpf]]:
    """Where the predictions of a row are on a scale, and its loss as a function of them there."""
    given = [mpf(v) for v in row.v]
    if by == a.scale:
        return given, lambda v: of_shares(a, row, shares(a, v, by))
    p = shares(a, given, a.scale)
    if a.binary:
        at = {"probs": p[1], "logprobs": mp.log(p[1]), "logits": mp.log(p[1]) - mp.log(p[0])}[by]
        return [at], lambda v: of_shares(a, row, shares(a, v, by))
    if by != "logits":
        at = p if by == "probs" else [mp.log(one) for one in p]
        return at, lambda v: of_shares(a, row, shares(a, v, by))
    p = [one / sum(p) for one in p] if a.normalize or (a.like == "keras" and a.scale == "probs") else p

    def pushed(v: list[mpf]) -> mpf:
        """A softmax in which what misses 1 stands for the rest."""
        e = [mp.exp(one) for one in v]
        whole = 1 + sum(one * (part - 1) for one, part in zip(p, e, strict=True))
        return of_shares(a, row, [one * part / whole for one, part in zip(p, e, strict=True)])

    return [mpf(0)] * len(p), pushed


def gradient(a: AnalysisOptions, rows: Sequence[Row], by: str) -> list[list[mpf]]:
    """The gradient of all rows as the reduction divides it."""
    over = divisor(a, rows) if a.reduction == "mean" else mpf(1)
    return [[one / over for one in slopes(a, row, by)] if weight_of(row) else [mpf(0)] * len(row.v) for row in rows]


def params_gradient(a: AnalysisOptions, rows: Sequence[Row], theta: Sequence[Numbers]) -> list[mpf]:
    """The gradient by the parameters of a regression, a row of them a class; a row's first feature is the 1 before."""
    over = divisor(a, rows) if a.reduction == "mean" else mpf(1)
    found = [mpf(0)] * sum(map(len, theta))
    for row in rows:
        z = [sum(mpf(t) * mpf(x) for t, x in zip(one, row.x, strict=True)) for one in theta]
        by_logits = _exact(a, row, z)
        cells = [g * mpf(x) for g in by_logits for x in row.x]
        found = [f + one / over for f, one in zip(found, cells, strict=True)]
    return found


def _exact(a: AnalysisOptions, row: Row, z: list[mpf]) -> list[mpf]:
    """The slopes by logits that are no floats."""
    found = []
    for cell in range(len(z)):
        pair = []
        for side in (1, -1):
            moved = [*z[:cell], z[cell] + side * STEP, *z[cell + 1 :]]
            pair.append(of_shares(a, row, shares(a, moved, "logits")))
        found.append(weight_of(row) * (pair[0] - pair[1]) / (2 * STEP))
    return found
