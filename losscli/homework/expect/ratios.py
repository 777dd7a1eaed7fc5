"""A typed gradient judged: the verdict, the first wrong entry, and the constant ratio of given and right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import log

import numpy as np

from losscli.homework.expect.mistakes.case import Array
from losscli.homework.expect.mistakes.entry import RARE, Candidate, Mistake, Variant, variants
from losscli.homework.expect.mistakes.gradients import GRADIENTS, Slopes
from losscli.homework.expect.typed import Typed
from losscli.homework.expect.verdict import Verdict, judged

CONSTANTS = ("-1", "2", "1/2", "1/ln 2", "ln 2")  # ratios whose name is their value

# The mistakes that multiply every entry by a number, as an id of two of them has them; "negated" comes last, as "sign".
FACTORS = {
    **{"not-averaged": "sum", "base-2": "base-2", "base-e": "base-e", "halved": "halved", "doubled": "doubled"},
    **{"divided-twice": "divided-twice", "over-cells": "over-cells"},
}


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


# --- what mistakes would give ----------------------------------------------------------------------------------------
def gradient_candidates(s: Slopes) -> Iterator[Candidate]:
    """Every gradient that a mistake with log-losses gives, then what any two give that multiply all of it."""
    for entry in GRADIENTS if s.log_loss else ():
        for variant in _made(entry, s):
            value = np.asarray(variant.value).ravel()
            meaning = entry.meaning.format(variant.detail)
            yield Candidate(entry.id, value, meaning, variant.cure or entry.cure, entry.rank)
    if s.log_loss and s.listed and s.right.size > 1:
        yield from _two_factors(s)


def _made(entry: Mistake[Slopes], s: Slopes) -> list[Variant]:
    with np.errstate(all="ignore"):  # at p = 0 or 1 a mistake may divide by 0; what has no value is left out
        found = variants(entry, s)
    return [variant for variant in found if not np.isnan(variant.value).any()]


def _two_factors(s: Slopes) -> Iterator[Candidate]:
    """Any two mistakes that multiply every entry, where none of them does so alone."""
    right, ones, entries = s.right.ravel(), replace(s, right=np.ones_like(s.right)), {one.id: one for one in GRADIENTS}
    factors = {
        name: [float(np.ravel(one.value)[0]) for one in _made(entries[name], ones)] for name in (*FACTORS, "negated")
    }
    alone = tuple(right * factor for found in factors.values() for factor in found)
    for (a, of_a), (b, of_b) in combinations(factors.items(), 2):
        id_, one, two = f"{FACTORS[a]}-and-{FACTORS.get(b, 'sign')}", entries[a], entries[b]
        for x, y in product(of_a, of_b):
            said, cure = f"{one.meaning}; and {two.meaning}", f"{one.cure}; and {two.cure}"
            yield Candidate(id_, right * x * y, said, cure, RARE + 1, alone)
