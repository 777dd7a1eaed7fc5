"""Small random data sets, and what each mistake gives on them, by formulas of their own in plain numpy."""

from dataclasses import dataclass, field, replace
from itertools import permutations

import numpy as np

from losscli.enums import Reduction, Scale

rng_type = np.random.Generator
EPS = (1e-15, 2.0**-52, 1e-7)


@dataclass
class Data:
    """A data set: labels y, (n,) or one-hot or soft q (n, k); predictions v as given; p their probabilities."""

    loss: str
    v: np.ndarray
    p: np.ndarray
    y: np.ndarray | None = None
    q: np.ndarray | None = None
    w: np.ndarray | None = None
    options: dict = field(default_factory=dict)
    gone: np.ndarray | None = None  # the predictions of ignored rows


# --- random data ------------------------------------------------------------------------------------------------------


def binary(rng: rng_type, scale: str = "probs", soft: bool = False, weighted: bool = False) -> Data:
    """Binary data with both labels in them."""
    n = int(rng.integers(5, 13))
    y = rng.integers(0, 2, n).astype(float)
    y[rng.choice(n, 2, replace=False)] = (0.0, 1.0)
    if soft:
        y = np.round(rng.uniform(0.0, 1.0, n), 2)
    v = np.round(rng.uniform(0.03, 0.97, n), 3) if scale == "probs" else np.round(rng.normal(0.0, 2.0, n), 3)
    p = v if scale == "probs" else 1.0 / (1.0 + np.exp(-v))
    w = np.round(rng.uniform(0.2, 3.0, n), 2) if weighted else None
    return Data("bce", v, p, y=y, w=w, options={"from_": Scale(scale)})


def classes(rng: rng_type, scale: str = "probs", soft: bool = False, weighted: str = "") -> Data:
    """Data with 3 to 5 classes."""
    n, k = int(rng.integers(5, 13)), int(rng.integers(3, 6))
    z = np.round(rng.normal(0.0, 1.5, (n, k)), 3)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    if scale == "probs":
        p = np.round(p, 4)
        p[:, 0] = np.round(1.0 - p[:, 1:].sum(axis=1), 4)
        p = np.clip(p, 0.0005, None)
        p = p / p.sum(axis=1, keepdims=True)
    options = {"from_": Scale(scale)}
    w = np.round(rng.uniform(0.2, 3.0, n), 2) if weighted == "rows" else None
    if weighted == "classes":
        options["class_weight"] = ",".join(map(str, np.round(rng.uniform(0.3, 3.0, k), 2)))
    v = z if scale == "logits" else p
    if soft:
        q = np.round(rng.dirichlet(np.ones(k), n), 3)
        q[:, 0] = np.round(1.0 - q[:, 1:].sum(axis=1), 3)
        return Data("ce", v, p, q=np.clip(q, 0.0, 1.0), w=w, options=options)
    y = rng.integers(0, k, n)
    return Data("ce", v, p, y=y.astype(float), q=np.eye(k)[y], w=w, options=options)


def likelihoods(rng: rng_type) -> Data:
    """A list of likelihoods."""
    p = np.round(rng.uniform(0.03, 0.97, int(rng.integers(5, 13))), 3)
    return Data("nll-list", p, p)


def summed(data: Data) -> Data:
    """The same data, and the sum is asked for."""
    data.options["reduction"] = Reduction.SUM
    return data


def ignoring(rng: rng_type) -> Data:
    """Class data of which some rows are ignored."""
    data = classes(rng)
    n, k = data.p.shape
    gone = rng.random(n) < 0.3
    gone[0], gone[1:3] = True, False
    labels = np.where(gone, -1, data.y).astype(int)
    data.options |= {"ignore": "-1", "labels": ";".join(map(str, labels))}
    data.gone = data.p[gone]
    data.q, data.p = np.eye(k)[labels[~gone]], data.p[~gone]
    data.y = labels[~gone].astype(float)
    return data


def data_sets(rng: rng_type) -> list[Data]:
    """One data set of each kind."""
    return [
        binary(rng), binary(rng), binary(rng, "logits"), binary(rng, soft=True), binary(rng, weighted=True),
        classes(rng), classes(rng), classes(rng, "logits"), classes(rng, soft=True), classes(rng, weighted="rows"),
        classes(rng, weighted="classes"), ignoring(rng), likelihoods(rng), summed(binary(rng)), summed(classes(rng)),
    ]  # fmt: skip


def with_more_digits(rng: rng_type, data: Data) -> Data:
    """The same kind of data with predictions of all digits."""
    if data.options.get("from_") is Scale.LOGITS:
        v = data.v + rng.uniform(-5e-4, 5e-4, data.v.shape)
        p = np.exp(v) / np.exp(v).sum(axis=1, keepdims=True) if v.ndim == 2 else 1.0 / (1.0 + np.exp(-v))
        return replace(data, v=v, p=p)
    p = np.clip(data.p + rng.uniform(-5e-4, 5e-4, data.p.shape), 5e-4, 0.9995)
    if p.ndim == 2:
        p = p / p.sum(axis=1, keepdims=True)
    return replace(data, v=p, p=p)


# --- the mistakes, planted --------------------------------------------------------------------------------------------


def ln(x: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(x)


def planted(data: Data) -> dict[str, list[float]]:
    """For each mistake the numbers that it gives on the data."""
    if data.options.get("reduction") is Reduction.SUM:
        return _summed(data)
    found = _general(data)
    if data.w is None and "class_weight" not in data.options:
        found |= _binary(data) if data.p.ndim == 1 and data.y is not None else {}
        found |= _classes(data) if data.p.ndim == 2 else {}
        found |= _metrics(data)
    return found | _weights(data)


OF_ROWS = frozenset(
    [
        "probs-as-logits",
        "logits-as-probs",
        "probs-as-logprobs",
        "classes-swapped",
        "arguments-swapped",
        "positives-only",
        "negatives-only",
        "minus-between-terms",
        "same-log",
        "one-minus-log",
        "p-log-p",
        "sign-labels",
        "percent",
        "brier",
        "half-brier",
        "mae",
        "focal-2",
        "smoothed",
        "eps-in-log",
        "rows-shifted",
        "rounded-inputs",
        "columns-permuted",
        "labels-off-by-one",
        "labels-clipped",
        "log1p-misused",
        "sigmoid-for-softmax",
        "all-classes",
        "argmax-class",
    ]
)


def _summed(data: Data) -> dict[str, list[float]]:
    """What the mistakes give on the way to a sum: those of rows are summed, a figure such as rmse stays what it is."""
    plain = Data(data.loss, data.v, data.p, data.y, data.q, options={"from_": data.options["from_"]})
    s, n = rows_of(data).sum(), len(data.p)
    found = {name: [n * x for x in values] if name in OF_ROWS else values for name, values in planted(plain).items()}
    found.pop("sum")
    return found | {"mean": [s / n], "base-2": [s / np.log(2)], "base-10": [s / np.log(10)], "negated": [-s],
                    "halved": [s / 2], "doubled": [2 * s], "n-minus-1": [n * s / (n - 1), s / (n - 1)]}  # fmt: skip


def rows_of(data: Data) -> np.ndarray:
    """The losses of the rows."""
    if data.loss == "nll-list":
        return -ln(data.p)
    if data.p.ndim == 1:
        return -(data.y * ln(data.p) + (1 - data.y) * ln(1 - data.p))
    weights = np.array(data.options["class_weight"].split(","), float) if "class_weight" in data.options else 1.0
    return -(weights * data.q * ln(data.p)).sum(axis=1)


def shares_of(data: Data) -> np.ndarray:
    """What each row adds to the divisor of the mean."""
    if data.w is not None:
        return data.w
    if "class_weight" in data.options:
        return np.array(data.options["class_weight"].split(","), float)[data.y.astype(int)]
    return np.ones(len(data.p))


def _general(data: Data) -> dict[str, list[float]]:
    rows, d = rows_of(data), shares_of(data)
    values = rows * (data.w if data.w is not None else 1.0)
    s, n = values.sum(), len(rows)
    r = s / d.sum()
    found = {
        "sum": [s], "base-2": [r / np.log(2)], "base-10": [r / np.log(10)], "negated": [-r], "log-likelihood": [-s],
        "halved": [r / 2], "doubled": [2 * r], "deviance": [2 * s], "n-minus-1": [n * r / (n - 1)],
        "n-plus-1": [n * r / (n + 1)], "divided-twice": [r / n], "perplexity": [np.exp(r)], "perplexity-base": [2.0**r],
        "geometric-mean": [np.exp(-r)], "likelihood": [np.exp(-s)], "max": [rows.max()], "median": [np.median(rows)],
        "first-row": [rows[0]], "last-row": [rows[-1]],
    }  # fmt: skip
    if "class_weight" not in data.options:
        found["first-row-lost"] = [values[1:].sum() / d[1:].sum()]
    if data.p.ndim == 2:
        k = data.p.shape[1]
        found |= {"base-k": [r / np.log(k)], "mean-over-cells": [r / k], "per-class-sum": [n * r / k],
                  "uniform-baseline": [np.log(k)]}  # fmt: skip
    return found


def _metrics(data: Data) -> dict[str, list[float]]:
    p, rows, n = data.p, rows_of(data), len(data.p)
    y = np.ones(n) if data.loss == "nll-list" else data.q if p.ndim == 2 else data.y
    hit = (y * p).sum(axis=1) if p.ndim == 2 else y * p + (1 - y) * (1 - p)
    square, off = (p - y) ** 2, np.abs(p - y)
    brier = [square.sum(axis=1).mean(), square.mean()] if p.ndim == 2 else [square.mean()]
    found = {
        "probs-as-logprobs": [-hit.mean()], "log-of-mean": [-ln(hit.mean())], "no-log": [-hit.mean(), 1 - hit.mean()],
        "brier": brier, "half-brier": [b / 2 for b in brier], "rmse": [np.sqrt(b) for b in brier],
        "mae": [off.sum(axis=1).mean(), off.mean()] if p.ndim == 2 else [off.mean()],
        "batch-means": [np.mean([rows[at : at + b].mean() for at in range(0, n, b)])
                        for b in (2, 4, 8) if b < n and n % b],
        "rounded-rows": [np.round(rows, 2).mean()],
        "log1p-misused": [-(y * ln(1 + p)).sum(axis=1).mean() if p.ndim == 2
                          else -(y * ln(1 + p) + (1 - y) * ln(2 - p)).mean()],
    }  # fmt: skip
    if p.ndim == 2:
        found["entropy-of-predictions"] = [-(p * ln(p)).sum(axis=1).mean()]
        missed = (p.argmax(axis=1) != y.argmax(axis=1)).mean()
        found["eps-in-log"] = [-(y * ln(p + e)).sum(axis=1).mean() for e in (1e-3, 1e-4)]
        found["clipped"] = [-(y * ln(np.clip(p, c, 1 - c))).sum(axis=1).mean() for c in (0.001, 0.01, 0.05)]
        found["rounded-inputs"] = [_loss(y, np.round(p, 2))]
        b = y.mean(axis=0)
        h = -(b[b > 0] * ln(b[b > 0])).sum()
    else:
        found["entropy-of-predictions"] = [-(p * ln(p) + (1 - p) * ln(1 - p)).mean()]
        missed = ((p >= 0.5) != (y >= 0.5)).mean()
        found["eps-in-log"] = [-(y * ln(p + e) + (1 - y) * ln(1 - p + e)).mean() for e in (1e-3, 1e-4)]
        found["clipped"] = [_bce(y, np.clip(p, c, 1 - c)) for c in (0.001, 0.01, 0.05)]
        found["rounded-inputs"] = [_bce(y, np.clip(np.round(p, 2), 0, 1))]
        b = y.mean()
        h = -(b * ln(b) + (1 - b) * ln(1 - b)) if 0 < b < 1 else 0.0
    found |= {"error-rate": [missed], "accuracy": [1 - missed]}
    found["hard-predictions"] = [missed * c for c in (34.538776, 36.043653, 16.118096, 100.0) if missed]
    if h:
        found |= {"baseline": [h], "normalized": [rows.mean() / h], "d2": [1 - rows.mean() / h]}
    hard = ((y == 0) | (y == 1)).all()
    if hard:
        alpha = np.where(y == 1, 0.25, 0.75) if p.ndim == 1 else 0.25
        found["focal-2"] = [((1 - hit) ** 2 * rows).mean(), (alpha * (1 - hit) ** 2 * rows).mean()]
    if hard and data.loss != "nll-list":
        codes = y.argmax(axis=1) if p.ndim == 2 else y
        found["macro-mean"] = [np.mean([rows[codes == c].mean() for c in np.unique(codes)])]
        found["rows-shifted"] = [_loss(y, np.roll(p, step, axis=0)) for step in (1, -1)]
        crossed = [np.clip(y, e, 1 - e) for e in EPS]
        found["arguments-swapped"] = [_loss(p, c) for c in crossed]
        found["smoothed"] = [_smoothed(y, p, s) for s in (0.1, 0.2, 0.05)]
    if not hard:
        entropy = -np.where(y > 0, y * ln(np.where(y > 0, y, 1.0)), 0.0)
        entropy = (
            entropy.sum(axis=1)
            if p.ndim == 2
            else entropy - np.where(y < 1, (1 - y) * ln(np.where(y < 1, 1 - y, 1)), 0.0)
        )
        found["kl"] = [rows.mean() - entropy.mean()]
    return found


def _loss(y: np.ndarray, p: np.ndarray) -> float:
    return (
        float(-np.where(y == 0, 0.0, y * ln(np.where(y == 0, 1.0, p))).sum(axis=1).mean())
        if p.ndim == 2
        else _bce(y, p)
    )


def _bce(y: np.ndarray, p: np.ndarray) -> float:
    with np.errstate(invalid="ignore"):
        return float(-np.where(y == 0, 0, y * ln(p)).mean() - np.where(y == 1, 0, (1 - y) * ln(1 - p)).mean())


def _smoothed(y: np.ndarray, p: np.ndarray, s: float) -> float:
    return _loss((1 - s) * y + s / (y.shape[1] if y.ndim == 2 else 2), p)


def _binary(data: Data) -> dict[str, list[float]]:
    y, p, v = data.y, data.p, data.v
    lp, lq, b = ln(p), ln(1 - p), y.mean()
    broadcast = -(b * lp.mean() + (1 - b) * lq.mean())
    sign = 2 * y - 1
    found = {
        "probs-as-logits": [_bce(y, 1 / (1 + np.exp(-p)))], "classes-swapped": [_bce(y, 1 - p)],
        "positives-only": [-(y * lp).mean()], "negatives-only": [-((1 - y) * lq).mean()],
        "minus-between-terms": [-(y * lp - (1 - y) * lq).mean()], "same-log": [-lp.mean(), -lq.mean()],
        "one-minus-log": [-(y * lp + (1 - y) * (1 - lp)).mean()], "p-log-p": [-(p * lp + (1 - y) * lq).mean()],
        "broadcast": [broadcast], "outer-product": [len(y) * broadcast],
        "sign-labels": [-(sign * lp + (1 - sign) * lq).mean()],
        "percent": [_bce(y, np.clip(100 * p, e, 1 - e)) for e in EPS],
        "mean-over-positives": [-(y * lp).sum() / y.sum()],
        "mean-over-negatives": [-((1 - y) * lq).sum() / (1 - y).sum()],
    }  # fmt: skip
    if ((y == 0) | (y == 1)).all():
        n1 = y.sum()
        n0 = len(y) - n1
        found["pos-weight-balanced"] = [-(c * y * lp + (1 - y) * lq).mean() for c in (n0 / n1, n1 / n0)]
    if data.options["from_"] is Scale.LOGITS:
        found["logits-as-probs"] = [_bce(y, np.clip(v, 1e-7, 1 - 1e-7))]
    return found


def _classes(data: Data) -> dict[str, list[float]]:
    q, p, v = data.q, data.p, data.v
    n, k = p.shape
    twice = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    cells = -(q * ln(p) + (1 - q) * ln(1 - p))
    down = np.exp(v) / np.exp(v).sum(axis=0, keepdims=True)
    found = {
        "probs-as-logits": [_loss(q, twice)], "bce-over-cells": [cells.mean(), cells.sum(axis=1).mean()],
        "all-classes": [-ln(p).sum(axis=1).mean(), -ln(p).mean()], "argmax-class": [-ln(p.max(axis=1)).mean()],
        "columns-permuted": [_loss(q, p[:, order]) for order in permutations(range(k)) if order != tuple(range(k))],
    }  # fmt: skip
    if data.gone is None:
        found["softmax-over-rows"] = [_loss(q, down)]
    if ((q == 0) | (q == 1)).all():
        found["labels-off-by-one"] = [_loss(np.roll(q, 1, axis=1), p), _loss(np.roll(q, -1, axis=1), p)]
        column = np.minimum(q.argmax(axis=1) + 1, k - 1)
        found["labels-clipped"] = [-ln(p[range(n), column]).mean()]
    else:
        found["argmaxed-labels"] = [-ln(p[range(n), q.argmax(axis=1)]).mean()]
    if data.options["from_"] is Scale.LOGITS:
        found["sigmoid-for-softmax"] = [ln(1 + np.exp(-v))[q == 1].mean()] if ((q == 0) | (q == 1)).all() else []
        found["raw-logit"] = [-(q * v).sum(axis=1).mean()]
        found["logsumexp-only"] = [ln(np.exp(v).sum(axis=1)).mean()]
        found["logits-as-probs"] = [_loss(q, np.clip(v, 1e-7, 1 - 1e-7))]
    return found


def _weights(data: Data) -> dict[str, list[float]]:
    rows, w = rows_of(data), shares_of(data)
    found: dict[str, list[float]] = {}
    if data.w is not None:
        bare = rows
        found["weights-over-n"] = [(w * rows).mean()]
    elif "class_weight" in data.options:
        bare = rows / w
        found["weights-over-n"] = [rows.mean()]
        found["weights-over-classes"] = [rows.sum() / np.array(data.options["class_weight"].split(","), float).sum()]
    if data.w is not None or "class_weight" in data.options:
        found |= {
            "weights-ignored": [bare.mean()], "inverse-weights": [(bare / w).sum() / (1 / w).sum()],
            "mean-weights": [(w * bare).sum() / len(bare) / w.max()],
            "squared-weights": [(w**2 * bare).sum() / (w**2).sum()], "mean-times-mean": [bare.mean() * w.mean()],
        }  # fmt: skip
    if data.gone is not None:
        n, m = len(rows), len(data.gone)
        found["ignored-in-divisor"] = [rows.sum() / (n + m)]
        found["ignored-as-class"] = [(rows.sum() - ln(data.gone[:, -1]).sum()) / (n + m)]
    return found


# --- one row, and two mistakes at once --------------------------------------------------------------------------------


def planted_rows(rng: rng_type, data: Data) -> dict[str, list[float]]:
    """For each mistake in one row a number that it gives: another row each time."""
    rows, shares = rows_of(data), shares_of(data)
    if "class_weight" in data.options:
        shares = np.array(data.options["class_weight"].split(","), float)[data.y.astype(int)]
    values = rows * (data.w if data.w is not None else 1.0)
    over = 1.0 if data.options.get("reduction") is Reduction.SUM else shares.sum()
    n, total = len(rows), values.sum()
    at = int(rng.integers(n))
    found = {
        "row-omitted": [(total - values[at]) / over],
        "row-doubled": [(total + values[at]) / over],
        "row-sign": [(total - 2 * values[at]) / over],
    }
    if over != 1.0:
        found["row-omitted"].append((total - values[at]) / (over - shares[at]))
        found["row-doubled"].append((total + values[at]) / (over + shares[at]))
    if "class_weight" in data.options or data.loss == "nll-list":
        return found
    weight = data.w if data.w is not None else np.ones(n)
    y = data.q if data.p.ndim == 2 else data.y
    hard = ((y == 0) | (y == 1)).all()

    def with_row(label: np.ndarray, p: np.ndarray) -> float:
        return (total - values[at] + weight[at] * _loss(label[None], p[None])) / over

    if hard and data.p.ndim == 1:
        found["row-flipped"] = [with_row(1 - data.y[at], data.p[at])]
    if hard and data.p.ndim == 2:
        k = data.p.shape[1]
        found["row-flipped"] = [with_row(np.roll(y[at], step), data.p[at]) for step in range(1, k)]
    i, j = rng.choice(n, 2, replace=False)
    p = data.p.copy()
    p[[i, j]] = p[[j, i]]
    swapped = total - values[i] - values[j] + sum(weight[r] * _loss(y[r][None], p[r][None]) for r in (i, j))
    found["rows-swapped"] = [swapped / over]
    if data.options["from_"] is Scale.PROBS and data.p.ndim == 1:
        text = list(f"{data.v[at]:.3f}".rstrip("0"))
        digits = range(2, len(text))
        spot = int(rng.choice(list(digits)))
        typed = text.copy()
        if rng.random() < 0.5 and spot + 1 < len(text):
            typed[spot], typed[spot + 1] = typed[spot + 1], typed[spot]
        else:
            typed[spot] = str(int(typed[spot]) + (1 if typed[spot] < "9" else -1))
        value = float("".join(typed))
        if 0 < value < 1 and value != data.v[at]:
            found["row-typo"] = [with_row(data.y[at], np.float64(value))]
    if hard:
        hit = (y * data.p).sum(axis=1) if data.p.ndim == 2 else np.where(y == 1, data.p, 1 - data.p)
        terms = (hit[at], 1 - hit[at], rows[at] / np.log(2), rows[at] / np.log(10))
        found["row-slip"] = [(total - values[at] + weight[at] * term) / over for term in terms]
    return found


def planted_pairs(rng: rng_type, data: Data) -> dict[str, list[float]]:
    """Pairs of mistakes: one of the data, the formula or the metric, and one of scale after it."""
    summed = data.options.get("reduction") is Reduction.SUM
    n = len(data.p)
    first = {name: values for name, values in planted(data).items() if name not in SECOND and values}
    names = list(first)
    found: dict[str, list[float]] = {}
    for second, factor in SECOND.items():
        if second == "sum" and (summed or data.w is not None or "class_weight" in data.options):
            continue
        name = names[int(rng.integers(len(names)))]
        times = n if second == "sum" else factor
        found[f"{name}-and-{second}"] = [value * times for value in first[name]]
    if not summed and data.w is None and "class_weight" not in data.options:
        whole = rows_of(data).sum()
        found |= {"sum-and-base-2": [whole / np.log(2)], "sum-and-base-10": [whole / np.log(10)],
                  "base-2-and-negated": [-whole / n / np.log(2)]}  # fmt: skip
        if data.p.ndim == 1 and data.y is not None:
            y, p = data.y, data.p
            found |= {
                "classes-swapped-and-positives-only": [-(y * ln(1 - p)).mean()],
                "classes-swapped-and-brier": [((1 - p - y) ** 2).mean()],
                "classes-swapped-and-p-log-p": [-((1 - p) * ln(1 - p) + (1 - y) * ln(p)).mean()],
            }
    return found


BITS, BANS = 1 / np.log(2), 1 / np.log(10)

SECOND = {"sum": 0.0, "base-2": BITS, "base-10": BANS, "negated": -1.0, "halved": 0.5, "doubled": 2.0}
