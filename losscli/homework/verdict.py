"""The verdict on a typed answer: right, or wrong with the mistakes that would give it, likeliest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from losscli.homework.evaluated_rows import Figure
from losscli.homework.mistakes.candidate import MOST_BY_CHANCE, MOST_NAMED, Candidate, CandidateArray
from losscli.homework.typed import NOTHING, Typed, says_nothing

OTHER_UNIT = ("base-2", "base-10", "base-e")  # the mistakes that a unit names


@dataclass(frozen=True)
class Verdict:
    """A typed answer judged: `fits` are the mistakes that would give it, likeliest first.

    `single` says that it is right as far as float32 tells, `empty` that it has no significant digit, `more` what else
    might fit and more digits would tell, where nothing does.
    """

    given: tuple[Typed, ...]
    right: Figure
    ok: bool
    fits: tuple[Candidate, ...] = ()
    single: bool = False
    empty: bool = False
    more: tuple[str, ...] = ()


def all_fit(given: tuple[Typed, ...], value: Figure, units: int = 1) -> bool:
    """Whether every number of a typed answer is the one of `value`."""
    values = np.atleast_1d(value).ravel()
    return len(values) == len(given) and all(map(lambda one, x: one.fits(float(x), units), given, values))


def verdict_without_mistakes(given: tuple[Typed, ...], right: Figure) -> Verdict:
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


def judged(
    given: tuple[Typed, ...], right: Figure, singles: Iterable[Candidate], arrays: Iterable[CandidateArray] = ()
) -> Verdict:
    """The verdict on a typed answer; mistakes are looked at where it is wrong."""
    plain = verdict_without_mistakes(given, right)
    if plain.ok or plain.empty:
        return plain
    fits, more = _single_fits(given, right, singles), list[str]()
    if any(one.unit for one in given):
        if all_fit(given, right):
            return plain  # the right number with the name of another unit
        fits = [one for one in fits if one.id in OTHER_UNIT] or fits
    alone = {one.id for one in fits}
    if len(given) == 1 and np.ndim(right) == 0:
        for array in arrays:
            named, said = _array_fits(given[0], float(right), array)
            fits += [one for one in named if alone.isdisjoint(one.steps)]
            more += said
    return Verdict(given, right, False, tuple(fits), more=() if fits else tuple(dict.fromkeys(more)))


def _single_fits(given: tuple[Typed, ...], right: Figure, singles: Iterable[Candidate]) -> list[Candidate]:
    """The mistakes that fit, the nearest number of each, likeliest first."""
    best: dict[str, Candidate] = {}
    scalar = given[0] if len(given) == 1 and given[0].exact is not None else None
    for one in singles:
        if scalar and isinstance(one.value, float) and abs(one.value - scalar.near) > scalar.distance(one.value):
            continue  # far off, as most are: thousands of answers are judged with the same candidates
        if not all_fit(given, one.value) or _alike(given, one.value, right):
            continue
        if any(all_fit(given, value) for value in one.excluded_by):
            continue
        if one.id not in best or _order(given, one) < _order(given, best[one.id]):
            best[one.id] = one
    return sorted(best.values(), key=lambda one: one.rank)


def _array_fits(typed: Typed, right: float, array: CandidateArray) -> tuple[list[Candidate], list[str]]:
    """The mistakes of an array that fit; where too many do, or might by chance, only how many."""
    if typed.digits < array.digits or typed.exact is None:
        return [], []
    alike: dict[str, list[int]] = {}
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(array.values - typed.near) <= 2.0 * typed.fineness + 1e-12 * abs(typed.near)
    for at in np.flatnonzero(near).tolist():
        value = float(array.values[at])
        if typed.fits(value) and not _same(typed.half, value, right):
            alike.setdefault(f"{value:.11g}", []).append(at)
    if not alike:
        return [], []
    span = 2.0 * max(abs(right), abs(typed.near)) if np.isfinite(right) else 2.0 * abs(typed.near)
    by_chance = 2.0 * typed.fineness * int(np.count_nonzero(np.isfinite(array.values))) / span
    if len(alike) > MOST_NAMED or by_chance > MOST_BY_CHANCE:
        return [], [f"{len(alike)} {array.kind[len(alike) > 1]}; more digits would tell"]
    return [array.describe(ats[0], tuple(ats[1:])) for ats in alike.values()], []


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
