"""The verdict on a typed answer: right, or wrong with the mistakes that would give it, likeliest first."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from math import inf

import numpy as np

from losscli.errors import plural
from losscli.homework.evaluated_rows import Numbers
from losscli.homework.mistakes.candidate import MOST_BY_CHANCE, MOST_NAMED, Candidate, CandidateArray
from losscli.homework.typed import FLOAT32_ERROR, TINY, Slack, Typed
from losscli.records import record

OF_UNITS = ("base-2", "base-10", "base-e")  # the mistakes that explain an answer in another unit

DIFFERENCES = 1e-4  # of the largest entry: how exact a gradient by finite differences is

DIFFERENCE_DIGITS = 5  # a list with fewer digits is not taken for one by finite differences

# With so many decimals or digits, a mistake made before the data were rounded may give the answer.
DATA_DECIMALS, DATA_DIGITS = 5, 7


class RightTo(StrEnum):
    """How far an answer is right that isn't so to its last digit."""

    FLOAT32 = "to float32"
    ROUNDED_DATA = "as far as the rounded data tell"
    DIFFERENCES = "as far as finite differences go"


@record
class Verdict:
    """A typed answer judged: `fits` are the mistakes that would give it, likeliest first.

    `empty` says that it has no significant digit. Where nothing fits, `undecided` are sentences on the mistakes of one
    row that may fit, and that more digits would tell apart.
    """

    given: tuple[Typed, ...]
    right: Numbers
    ok: bool
    fits: tuple[Candidate, ...] = ()
    right_to: RightTo | None = None
    empty: bool = False
    undecided: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Whether it is right, and to what."""
        return "wrong" if not self.ok else f"right {self.right_to}" if self.right_to else "right"

    @property
    def other_unit(self) -> str:
        """The unit that was typed where it is not the one asked for."""
        return next((one.unit for one in self.given if one.unit), "")


def all_fit(given: Sequence[Typed], value: Numbers, slack: Slack = Slack.TYPED, band: Numbers = 0.0) -> bool:
    """Whether every number of a typed answer may be the one of `value`."""
    values = np.ravel(value)
    if len(values) != len(given):
        return False
    bands = np.broadcast_to(np.ravel(band), len(values)).tolist()
    return all(one.fits(x, slack, wide) for one, x, wide in zip(given, values.tolist(), bands, strict=True))


def judged(
    given: tuple[Typed, ...],
    right: Numbers,
    singles: Iterable[Candidate],
    arrays: Iterable[CandidateArray] = (),
    band: Callable[[], Numbers] = lambda: 0.0,
    rounded: Callable[[], Iterable[Candidate]] = tuple,
    differences: bool = False,
) -> Verdict:
    """The verdict on a typed answer, with the arguments of the two functions below."""
    by_right = verdict_by_right(given, right, band, differences)
    return by_right or verdict_by_mistakes(given, right, singles, arrays, rounded)


def verdict_by_right(
    given: tuple[Typed, ...], right: Numbers, band: Callable[[], Numbers], differences: bool = False
) -> Verdict | None:
    """The verdict where the right answer alone decides it; None where mistakes may explain a wrong answer.

    `band` tells how far the right answer may be off because the data were rounded; `differences` says that the typed
    answer may come from finite differences.
    """
    if not any(one.unit for one in given):
        if all(one.exact == 0 for one in given) and (np.abs(right) > TINY).any():
            return Verdict(given, right, False, empty=True)
        if all_fit(given, right, Slack.TOLERANCE):
            return Verdict(given, right, True)
        if all_fit(given, right, Slack.FLOAT32):
            return Verdict(given, right, True, right_to=RightTo.FLOAT32)
        if all_fit(given, right, Slack.ROUNDED_DATA, band()):
            return Verdict(given, right, True, right_to=RightTo.ROUNDED_DATA)
        if differences and _is_by_differences(given, np.ravel(right)):
            return Verdict(given, right, True, right_to=RightTo.DIFFERENCES)
    elif all_fit(given, right):
        return Verdict(given, right, False)  # the right number in another unit
    if all_fit(given, right, Slack.TRUNCATED):
        return Verdict(given, right, False)  # so near to the right answer that no other mistake is meant
    return None


def _is_by_differences(given: Sequence[Typed], right: Numbers) -> bool:
    """Whether a list with many digits differs from the right one by no more than finite differences do."""
    sizes = np.abs(np.atleast_1d(right))
    if not np.isfinite(sizes).all() or any(one.exact is None for one in given):
        return False
    off = np.abs(np.array([one.value for one in given]) - right)
    long = sum(one.digits >= DIFFERENCE_DIGITS for one in given)
    return bool(2 * long > len(given) > 1 and (off <= DIFFERENCES * sizes.max()).all())


def verdict_by_mistakes(
    given: tuple[Typed, ...],
    right: Numbers,
    singles: Iterable[Candidate],
    arrays: Iterable[CandidateArray],
    rounded: Callable[[], Iterable[Candidate]],
) -> Verdict:
    """The verdict on a wrong answer: the mistakes that would give it.

    `rounded` gives the single mistakes with how far the rounding of the data leaves each open.
    """
    # One mistake.
    near = _near(given, singles)
    slacks = (Slack.TYPED, Slack.FLOAT32, Slack.TRUNCATED)
    fits = next((found for slack in slacks if (found := _single_fits(given, right, near, slack))), [])
    if any(one.unit for one in given):
        fits = [one for one in fits if one.id in OF_UNITS] or fits

    # An error in one row, and two mistakes of which neither fits alone.
    alone, undecided, listed = {one.id for one in fits}, dict[str, None](), tuple(arrays)
    for slack in (Slack.TYPED, Slack.FLOAT32):
        for array in listed:
            found, ways = _array_fits(given, np.ravel(right), array, slack)
            fits += [one for one in found if alone.isdisjoint(one.steps)]
            undecided |= dict.fromkeys(ways)
        if fits:
            break

    # One mistake before the data were rounded, where nothing else fits, or two mistakes of which it is one.
    fine = all((one.decimals or 0) >= DATA_DECIMALS or one.digits >= DATA_DIGITS for one in given)
    if fine and all(one.steps for one in fits):
        close = _single_fits(given, right, _near(given, rounded()), Slack.ROUNDED_DATA)
        steps = {step for one in fits for step in one.steps}
        fits = [one for one in close if one.id in steps] or fits or close
    return Verdict(given, right, False, tuple(fits), undecided=() if fits else tuple(undecided))


def _near(given: tuple[Typed, ...], singles: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that are not far off, as most are: thousands of answers are judged with the same ones."""
    if len(given) != 1 or given[0].exact is None:
        return [one for one in singles if np.size(one.value) == len(given)]
    value, reach = given[0].value, 4.0 * given[0].reach + float(given[0].tolerance)

    def may_fit(one: Candidate) -> bool:
        if isinstance(one.value, float) and isinstance(one.band, float):
            return abs(one.value - value) <= reach + 1e-6 * abs(one.value) + 2.0 * one.band
        return True

    return [one for one in singles if may_fit(one)]


def _single_fits(
    given: tuple[Typed, ...], right: Numbers, singles: Sequence[Candidate], slack: Slack
) -> list[Candidate]:
    """The mistakes that fit, the nearest number of each, likeliest first."""
    best: dict[str, Candidate] = {}
    for one in singles:
        if not all_fit(given, one.value, slack, one.band) or _equals(given, one.value, right):
            continue
        if any(all_fit(given, value, each, one.band) for value in one.excluded_by for each in (slack, Slack.TRUNCATED)):
            continue
        if one.id not in best or _order(given, one) < _order(given, best[one.id]):
            best[one.id] = one
    return sorted(best.values(), key=lambda one: one.rank)


def _array_fits(
    given: tuple[Typed, ...], right: Numbers, array: CandidateArray, slack: Slack
) -> tuple[list[Candidate], list[str]]:
    """The mistakes of an array that fit; where too many do, or might by chance, a sentence with their number.

    Of a list one entry must be wrong, and the array must say which of its numbers are for that one.
    """
    at, tried = 0, np.isfinite(array.values)
    if len(given) > 1 or array.entry is not None:
        pairs = zip(given, np.ravel(right).tolist(), strict=True)
        wrong = [place for place, (one, value) in enumerate(pairs) if not one.fits(value, Slack.FLOAT32)]
        if array.entry is None or len(wrong) != 1:
            return [], []
        at = wrong[0]
        tried = array.entry == at
    typed, own = given[at], float(np.atleast_1d(right)[at])
    if typed.digits < array.digits or typed.exact is None:
        return [], []

    # The numbers that fit, equal ones together.
    reach = typed.reach
    if slack is Slack.FLOAT32:
        reach = max(reach, float(typed.tolerance)) + float(FLOAT32_ERROR) * abs(typed.value)
    same: dict[str, list[int]] = {}
    with np.errstate(invalid="ignore", over="ignore"):
        near = tried & (np.abs(array.values - typed.value) <= 2.0 * reach + 1e-12 * abs(typed.value))
    for place in np.flatnonzero(near).tolist():
        value = float(array.values[place])
        if typed.fits(value, slack) and not _equals((typed,), value, own):
            same.setdefault(f"{value:.11g}", []).append(place)
    if not same:
        return [], []

    # How many of those that were tried fit by chance, were they spread evenly over the likely answers.
    span = 2.0 * max(abs(own), abs(typed.value)) if np.isfinite(own) else 2.0 * abs(typed.value)
    by_chance = 2.0 * reach * int(np.count_nonzero(tried)) / span if span else inf
    if len(same) > MOST_NAMED or by_chance > MOST_BY_CHANCE:
        return [], [f"{plural(len(same), *array.kind)}; type more digits to tell them apart"]
    return [array.describe(places[0], tuple(places[1:])) for places in same.values()], []


def _equals(given: Sequence[Typed], value: Numbers, right: Numbers) -> bool:
    """Whether a value equals the right answer at the typed precision."""
    for typed, a, b in zip(given, np.ravel(value).tolist(), np.ravel(right).tolist(), strict=True):
        finite = np.isfinite(a) and np.isfinite(b)
        if abs(Fraction(a) - Fraction(b)) > typed.half_unit if finite else a != b:
            return False
    return True


def _order(given: tuple[Typed, ...], one: Candidate) -> tuple[int, float]:
    """The rank, then the distance from what was typed."""
    values = np.ravel(one.value)
    off = [abs(float(x) - t.value) for t, x in zip(given, values, strict=True) if t.exact is not None]
    return one.rank, max(off, default=0.0)
