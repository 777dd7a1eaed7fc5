"""A typed gradient judged: the verdict, the first wrong entry, and the constant ratio of given and right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import log

import numpy as np

from losscli.expect.mistakes.case import Array
from losscli.expect.mistakes.gradients import Slopes, gradient_candidates
from losscli.expect.typed import Typed
from losscli.expect.verdict import Verdict, judged

CONSTANTS = ("-1", "2", "1/2", "1/ln 2", "ln 2")  # ratios whose name is their value


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on a typed gradient, the first entry that differs (counted from 0), and given/right if constant.

    `of_sum` says that one number was typed for several entries, and was compared with their sum.
    """

    verdict: Verdict
    first_wrong: int | None = None
    ratio: float | None = None
    ratio_name: str = ""
    of_sum: bool = False


def diagnose_gradient(given: Sequence[Typed], s: Slopes) -> Diagnosis:
    """Compare a typed gradient with the right one entry by entry, and name the mistakes that would give it."""
    typed, right = tuple(given), s.right.ravel()
    if len(typed) == 1 and right.size > 1:
        sums = (replace(one, value=float(np.sum(one.value))) for one in gradient_candidates(replace(s, listed=False)))
        return Diagnosis(judged(typed, float(right.sum()), sums), of_sum=True)
    verdict = judged(typed, right, gradient_candidates(s))
    if verdict.ok:
        return Diagnosis(verdict)
    wrong = (at for at, (one, value) in enumerate(zip(typed, right, strict=True)) if not one.is_right(float(value)))
    ratio, name = constant_ratio(typed, s)
    return Diagnosis(verdict, next(wrong, None), ratio, name)


def constant_ratio(given: Sequence[Typed], s: Slopes) -> tuple[float | None, str]:
    """given/right where it is the same for all entries, with its name; None where it is not."""
    right = s.right.ravel()
    for value, name in (*named_ratios(s), *(_products(s) if _told(given, right) else ())):
        if _all_scaled(given, right, value):
            return value, name
    at = int(np.abs(np.where(np.isfinite(right), right, 0.0)).argmax())
    if right[at] == 0.0 or given[at].exact is None or given[at].near == 0.0:
        return None, ""
    ratio = float(f"{given[at].near / float(right[at]):.6g}")
    return (ratio, f"{ratio:g}") if _all_scaled(given, right, ratio) and _told(given, right) else (None, "")


def named_ratios(s: Slopes) -> tuple[tuple[float, str], ...]:
    """The ratios that have a name."""
    return tuple((value, _told_as(name, value)) for value, name in _single_ratios(s) if abs(value - 1.0) > 1e-12)


def _products(s: Slopes) -> tuple[tuple[float, str], ...]:
    """The products of two ratios that have a name."""
    pairs = [(x * y, f"{a} * {b}") for (x, a), (y, b) in combinations(_single_ratios(s), 2)]
    return tuple((value, _told_as(name, value)) for value, name in pairs if abs(value - 1.0) > 1e-12)


def _single_ratios(s: Slopes) -> tuple[tuple[float, str], ...]:
    d, k = s.divisor, float(s.k)
    varied = (d, "n"), (1.0 / d, "1/n"), (k, "K"), (1.0 / k, "1/K")
    return (
        (-1.0, "-1"),
        *varied[:2],
        (2.0, "2"),
        (0.5, "1/2"),
        (1.0 / log(2.0), "1/ln 2"),
        (log(2.0), "ln 2"),
        *varied[2:],
    )


def _told_as(name: str, value: float) -> str:
    return name if name in CONSTANTS else f"{name} = {value:.6g}"


def _all_scaled(given: Sequence[Typed], right: Array, ratio: float) -> bool:
    return all(bool(one.fits(float(value) * ratio)) for one, value in zip(given, right, strict=True))


def _told(given: Sequence[Typed], right: Array) -> bool:
    """Whether two entries at least say what the ratio is: one entry has a ratio to anything."""
    return sum(bool(value != 0.0 and one.near != 0.0) for one, value in zip(given, right, strict=True)) > 1
