"""The verdict on a typed answer: right, or wrong with the mistakes that would give it, likeliest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from losscli.expect.mistakes import Candidate
from losscli.expect.mistakes.case import Figure
from losscli.expect.typed import NOTHING, Typed, says_nothing


@dataclass(frozen=True)
class Verdict:
    """A typed answer judged: `fits` are the mistakes that would give it, likeliest first.

    `single` says that it is right as far as float32 tells, `empty` that it has no significant digit.
    """

    given: tuple[Typed, ...]
    right: Figure
    ok: bool
    fits: tuple[Candidate, ...] = ()
    single: bool = False
    empty: bool = False


def all_fit(given: tuple[Typed, ...], value: Figure, units: int = 1) -> bool:
    """Whether every number of a typed answer is the one of `value`."""
    values = np.atleast_1d(value).ravel()
    return len(values) == len(given) and all(map(lambda one, x: one.fits(float(x), units), given, values))


def is_right(given: tuple[Typed, ...], right: Figure) -> bool:
    """Whether a typed answer is right: the number, its unit, and with a significant digit where it isn't 0."""
    return _accepted(given, right).ok


def _accepted(given: tuple[Typed, ...], right: Figure) -> Verdict:
    """The verdict as far as the right answer alone gives it."""
    values = np.atleast_1d(right).ravel().tolist()
    if len(values) != len(given) or any(one.unit for one in given):
        return Verdict(given, right, False)
    if says_nothing(given) and any(abs(value) > NOTHING for value in values):
        return Verdict(given, right, False, empty=True)
    if all(one.is_right(value) for one, value in zip(given, values, strict=True)):
        return Verdict(given, right, True)
    single = all(one.is_right_in_single(value) for one, value in zip(given, values, strict=True))
    return Verdict(given, right, single, single=single)


def judged(given: tuple[Typed, ...], right: Figure, found: Iterable[Candidate]) -> Verdict:
    """The verdict on a typed answer, `found` being what mistakes would give; it is looked at for wrong answers only."""
    plain = _accepted(given, right)
    if plain.ok or plain.empty:
        return plain
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
