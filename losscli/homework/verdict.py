"""The verdict on a typed answer: right, or wrong with the mistakes that would give it, likeliest first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import inf

import numpy as np

from losscli.homework.evaluated_rows import Numbers
from losscli.homework.mistakes.candidate import MOST_BY_CHANCE, MOST_NAMED, Candidate, CandidateArray
from losscli.homework.typed import NOTHING, SINGLE, Slack, Typed

OTHER_UNIT = ("base-2", "base-10", "base-e")  # the mistakes that a unit names

DIFFERENCES = 1e-4  # of the largest entry: how exact a gradient by finite differences is

DATA_DECIMALS, DATA_DIGITS = 5, 7  # typed, before mistakes are compared to within the rounding of the data

DIFFERENCE_DIGITS = 5  # typed, before a list is taken for one


class RightTo(StrEnum):
    """How far an answer is right that isn't so to its last digit."""

    FLOAT32 = "to float32"
    ROUNDED_DATA = "as far as the rounded data tell"
    DIFFERENCES = "as far as finite differences go"


@dataclass(frozen=True)
class Verdict:
    """A typed answer judged: `fits` are the mistakes that would give it, likeliest first.

    `empty` says that it has no significant digit, `more` what else might fit and more digits would tell, where nothing
    does.
    """

    given: tuple[Typed, ...]
    right: Numbers
    ok: bool
    fits: tuple[Candidate, ...] = ()
    right_to: RightTo | None = None
    empty: bool = False
    more: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Whether it is right, and to what."""
        return "wrong" if not self.ok else f"right {self.right_to}" if self.right_to else "right"


def all_fit(given: Sequence[Typed], value: Numbers, slack: Slack = Slack.TYPED, band: Numbers = 0.0) -> bool:
    """Whether every number of a typed answer may be the one of `value`."""
    values = np.ravel(value)
    if len(values) != len(given):
        return False
    bands = np.broadcast_to(np.ravel(band), len(values)).tolist()
    return all(one.fits(x, slack, wide) for one, x, wide in zip(given, values.tolist(), bands, strict=True))


def verdict_without_mistakes(given: tuple[Typed, ...], right: Numbers) -> Verdict:
    """The verdict as far as the right answer alone gives it."""
    if np.size(right) != len(given) or any(one.unit for one in given):
        return Verdict(given, right, False)
    if all(one.exact == 0 for one in given) and (np.abs(right) > NOTHING).any():
        return Verdict(given, right, False, empty=True)
    if all_fit(given, right, Slack.RIGHT):
        return Verdict(given, right, True)
    single = all_fit(given, right, Slack.LOOSE)
    return Verdict(given, right, single, right_to=RightTo.FLOAT32 if single else None)


def judged(
    given: tuple[Typed, ...],
    right: Numbers,
    singles: Iterable[Candidate],
    arrays: Iterable[CandidateArray] = (),
    band: Callable[[], Numbers] = lambda: 0.0,
    rounded: Callable[[], Iterable[Candidate]] = tuple,
    differences: bool = False,
) -> Verdict:
    """The verdict on a typed answer; mistakes are looked at where it is wrong.

    `band` is how far the right answer may be off because the data were rounded, and `rounded` are the candidates with
    that; `differences` says that the answer may come from finite differences.
    """
    plain = verdict_without_mistakes(given, right)
    if plain.ok or plain.empty:
        return plain
    foreign = any(one.unit for one in given)
    if not foreign and all_fit(given, right, Slack.DATA, band()):
        return Verdict(given, right, True, right_to=RightTo.ROUNDED_DATA)
    if differences and not foreign and _is_by_differences(given, np.ravel(right)):
        return Verdict(given, right, True, right_to=RightTo.DIFFERENCES)
    if foreign and all_fit(given, right):
        return plain  # the right number with the name of another unit
    if all_fit(given, right, Slack.CUT):
        return plain  # cut off, which is said beside it: what is as near is no mistake
    near = _near(given, singles)
    slacks = (Slack.TYPED, Slack.LOOSE, Slack.CUT)
    fits = next((found for slack in slacks if (found := _single_fits(given, right, near, slack))), [])
    if foreign:
        fits = [one for one in fits if one.id in OTHER_UNIT] or fits
    alone, more, listed = {one.id for one in fits}, list[str](), tuple(arrays)
    for slack in (Slack.TYPED, Slack.LOOSE):
        tried = [_array_fits(given, np.ravel(right), array, slack) for array in listed]
        fits += [one for named, _ in tried for one in named if alone.isdisjoint(one.steps)]
        more += [said for _, ways in tried for said in ways]
        if fits:
            break
    fine = all((one.decimals or 0) >= DATA_DECIMALS or one.digits >= DATA_DIGITS for one in given)
    if fine and all(one.steps for one in fits):  # nothing fits, or two mistakes at once
        close = _single_fits(given, right, _near(given, rounded()), Slack.DATA)
        steps = {step for one in fits for step in one.steps}
        fits = [one for one in close if one.id in steps] or fits or close
    return Verdict(given, right, False, tuple(fits), more=() if fits else tuple(dict.fromkeys(more)))


def _is_by_differences(given: Sequence[Typed], right: Numbers) -> bool:
    """Whether a list with many digits differs from the right one by no more than finite differences do."""
    sizes = np.abs(np.atleast_1d(right))
    if len(given) != sizes.size or not np.isfinite(sizes).all() or any(one.exact is None for one in given):
        return False
    off = np.abs(np.array([one.near for one in given]) - right)
    long = sum(one.digits >= DIFFERENCE_DIGITS for one in given)
    return bool(2 * long > len(given) > 1 and (off <= DIFFERENCES * sizes.max()).all())


def _near(given: tuple[Typed, ...], singles: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that are not far off, as most are: thousands of answers are judged with the same ones."""
    if len(given) != 1 or given[0].exact is None:
        return [one for one in singles if np.size(one.value) == len(given)]
    near, reach = given[0].near, 4.0 * given[0].fineness + float(given[0].tolerance)

    def may_fit(one: Candidate) -> bool:
        if isinstance(one.value, float) and isinstance(one.band, float):
            return abs(one.value - near) <= reach + 1e-6 * abs(one.value) + 2.0 * one.band
        return True

    return [one for one in singles if may_fit(one)]


def _single_fits(
    given: tuple[Typed, ...], right: Numbers, singles: Sequence[Candidate], slack: Slack
) -> list[Candidate]:
    """The mistakes that fit, the nearest number of each, likeliest first."""
    best: dict[str, Candidate] = {}
    for one in singles:
        if not all_fit(given, one.value, slack, one.band) or _alike(given, one.value, right):
            continue
        if any(all_fit(given, value, each, one.band) for value in one.excluded_by for each in (slack, Slack.CUT)):
            continue
        if one.id not in best or _order(given, one) < _order(given, best[one.id]):
            best[one.id] = one
    return sorted(best.values(), key=lambda one: one.rank)


def _array_fits(
    given: tuple[Typed, ...], right: Numbers, array: CandidateArray, slack: Slack
) -> tuple[list[Candidate], list[str]]:
    """The mistakes of an array that fit; where too many do, or might by chance, only how many.

    Of a list one entry must be wrong, and the array say what mistakes make of that one.
    """
    at_entry = None
    if len(given) > 1 or array.entry is not None:
        pairs = zip(given, np.ravel(right).tolist(), strict=True)
        wrong = [at for at, (one, value) in enumerate(pairs) if not one.fits(value, Slack.LOOSE)]
        if array.entry is None or len(wrong) != 1:
            return [], []
        at_entry = wrong[0]
    typed, own = given[at_entry or 0], float(np.atleast_1d(right)[at_entry or 0])
    if typed.digits < array.digits or typed.exact is None:
        return [], []
    reach = typed.fineness
    if slack is Slack.LOOSE:
        reach = max(reach, float(typed.tolerance)) + float(SINGLE) * abs(typed.near)
    alike: dict[str, list[int]] = {}
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(array.values - typed.near) <= 2.0 * reach + 1e-12 * abs(typed.near)
    if at_entry is not None:
        near &= array.entry == at_entry
    for at in np.flatnonzero(near).tolist():
        value = float(array.values[at])
        if typed.fits(value, slack) and not _alike((typed,), value, own):
            alike.setdefault(f"{value:.11g}", []).append(at)
    if not alike:
        return [], []
    span = 2.0 * max(abs(own), abs(typed.near)) if np.isfinite(own) else 2.0 * abs(typed.near)
    tried = np.isfinite(array.values) if at_entry is None else array.entry == at_entry
    by_chance = 2.0 * reach * int(np.count_nonzero(tried)) / span if span else inf
    if len(alike) > MOST_NAMED or by_chance > MOST_BY_CHANCE:
        return [], [f"{len(alike)} {array.kind[len(alike) > 1]}; type more digits to tell them apart"]
    return [array.describe(ats[0], tuple(ats[1:])) for ats in alike.values()], []


def _alike(given: Sequence[Typed], value: Numbers, right: Numbers) -> bool:
    """Whether a value equals the right answer at the typed precision."""
    for typed, a, b in zip(given, np.ravel(value).tolist(), np.ravel(right).tolist(), strict=True):
        finite = np.isfinite(a) and np.isfinite(b)
        if abs(Fraction(a) - Fraction(b)) > typed.half if finite else a != b:
            return False
    return True


def _order(given: tuple[Typed, ...], one: Candidate) -> tuple[int, float]:
    values = np.ravel(one.value)
    off = [abs(float(x) - t.near) for t, x in zip(given, values, strict=True) if t.exact is not None]
    return one.rank, max(off, default=0.0)
