"""The verdict on a typed answer: right, or wrong with the mistakes that would give it, likeliest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from losscli.expect.mistakes import Candidate
from losscli.expect.mistakes.case import Figure
from losscli.expect.typed import Typed


@dataclass(frozen=True)
class Verdict:
    """A typed answer judged: `fits` are the mistakes that would give it, likeliest first."""

    given: tuple[Typed, ...]
    right: Figure
    ok: bool
    fits: tuple[Candidate, ...] = ()


def all_fit(given: tuple[Typed, ...], value: Figure, units: int = 1) -> bool:
    """Whether every number of a typed answer is the one of `value`."""
    values = np.atleast_1d(value).ravel()
    return len(values) == len(given) and all(map(lambda one, x: one.fits(float(x), units), given, values))


def judged(given: tuple[Typed, ...], right: Figure, found: Iterable[Candidate]) -> Verdict:
    """The verdict on a typed answer, `found` being what mistakes would give; it is looked at for wrong answers only."""
    if all_fit(given, right):
        return Verdict(given, right, True)
    best: dict[str, Candidate] = {}
    for one in found:
        if not all_fit(given, one.value) or _alike(given, one.value, right):
            continue
        if any(all_fit(given, value) for value in one.beside):
            continue
        if one.id not in best or _order(given, one) < _order(given, best[one.id]):
            best[one.id] = one
    return Verdict(given, right, False, tuple(sorted(best.values(), key=lambda one: one.rank)))


def _alike(given: tuple[Typed, ...], value: Figure, right: Figure) -> bool:
    """Whether a value equals the right answer at the typed precision."""
    pairs = zip(given, np.atleast_1d(value).ravel(), np.atleast_1d(right).ravel(), strict=True)
    return all(_same(one.half, float(a), float(b)) for one, a, b in pairs)


def _same(half: Fraction, a: float, b: float) -> bool:
    if not (np.isfinite(a) and np.isfinite(b)):
        return a == b
    return abs(Fraction(a) - Fraction(b)) <= half


def _order(given: tuple[Typed, ...], one: Candidate) -> tuple[int, float]:
    values = np.atleast_1d(one.value).ravel()
    off = [abs(float(x) - t.near) for t, x in zip(given, values, strict=True) if t.exact is not None]
    return one.rank, max(off, default=0.0)
