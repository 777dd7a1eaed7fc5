"""Quantiles of the Normal and of Student's distribution, and the intervals made of them, without a library for it.

Quantiles are given by the probability above them (the tail): a small tail keeps digits that 1 - tail would lose.
"""

from math import erfc, exp, inf, isfinite, lgamma, log, log1p, nan, pi, sqrt

_MANY = 5000  # degrees of freedom from which on the expansion around the Normal quantile has all its digits


def interval(mean: float, error: float, count: int, level: float) -> tuple[float, float]:
    """The interval of a mean with this standard error by Student's t with count-1 degrees of freedom; nan if none."""
    if count < 2 or not isfinite(mean) or not isfinite(error):
        return nan, nan
    half = student_quantile((1.0 - level) / 2.0, count - 1) * error
    return mean - half, mean + half


def wilson(share: float, count: float, level: float) -> tuple[float, float]:
    """The interval of an observed share of `count` rows (Wilson 1927); nan without a row."""
    if not count:
        return nan, nan
    z = normal_quantile((1.0 - level) / 2.0)
    scale = 1.0 + z * z / count
    centre = (share + z * z / (2.0 * count)) / scale
    half = z * sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count)) / scale
    return max(0.0, centre - half) if share > 0.0 else 0.0, min(1.0, centre + half) if share < 1.0 else 1.0


def normal_quantile(tail: float) -> float:
    """The value above which a standard Normal variable lies with probability `tail`."""
    if not 0.0 < tail < 1.0:
        return inf if tail == 0.0 else -inf
    if tail > 0.5:
        return -normal_quantile(1.0 - tail)
    t = sqrt(-2.0 * log(tail))
    # Abramowitz & Stegun 26.2.23 to four digits, then Halley's steps on the tail itself
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(3):
        step = (0.5 * erfc(x / sqrt(2.0)) - tail) * sqrt(2.0 * pi) * exp(x * x / 2.0)
        x += step / (1.0 - x * step / 2.0)
    return x


def student_quantile(tail: float, freedom: int) -> float:
    """The value above which Student's t with so many degrees of freedom lies with probability `tail` in (0, 1/2]."""
    if not 0.0 < tail < 0.5:
        return inf if tail <= 0.0 else 0.0
    z = normal_quantile(tail)
    if freedom >= _MANY:
        return _expanded(z, freedom)
    low, high = z, max(2.0 * z, 1.0)  # Student's tails are the heavier ones
    while _student_tail(high, freedom) > tail:
        low, high = high, high * high + high
    t = _expanded(z, freedom)
    height = exp(half_step(freedom / 2.0)) / sqrt(freedom * pi)  # of the density at 0
    for _ in range(100):
        if not low < t < high:
            t = low + (high - low) / 2.0
        miss = _student_tail(t, freedom) - tail
        low, high = (t, high) if miss > 0.0 else (low, t)
        density = height * exp(-(freedom + 1) / 2.0 * log1p(t * t / freedom))
        step = miss / density
        t += step
        if abs(step) <= 1e-9 * abs(t):  # the next one would be its square
            break
    return t


def _expanded(z: float, freedom: int) -> float:
    """Student's quantile by powers of 1/freedom around the Normal one (Abramowitz & Stegun 26.7.5)."""
    z2 = z * z
    terms = (
        (z2 + 1.0) / 4.0,
        ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
        (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
        ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0,
    )
    return z * (1.0 + sum(term / float(freedom) ** power for power, term in enumerate(terms, 1)))


def _student_tail(t: float, freedom: int) -> float:
    """The probability above t > 0: half the regularized incomplete beta function at freedom / (freedom + t^2)."""
    a, b = freedom / 2.0, 0.5
    x, y = freedom / (freedom + t * t), t * t / (freedom + t * t)
    front = exp(half_step(a) - a * log1p(t * t / freedom) + b * log(y)) / sqrt(pi)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a / 2.0
    return (1.0 - front * _fraction(b, a, y) / b) / 2.0


def half_step(a: float) -> float:
    """ln Gamma(a + 1/2) - ln Gamma(a), which cancel where a is large."""
    if a < 30.0:
        return lgamma(a + 0.5) - lgamma(a)
    return 0.5 * log(a) - 1.0 / (8.0 * a) + 1.0 / (192.0 * a**3) - 1.0 / (640.0 * a**5) + 17.0 / (14336.0 * a**7)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes 6.4)."""
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, 1000):
        before = value
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d, c = 1.0 / (1.0 + top * d), 1.0 + top / c
            value *= c * d
        if abs(value - before) <= 1e-16 * abs(value):
            break
    return value
