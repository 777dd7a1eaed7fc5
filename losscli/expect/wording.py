"""A verdict in words, for people and for machines. The rule: an answer is consistent with a mistake, not more."""

from math import isnan
from typing import Any

import numpy as np

from losscli.expect.mistakes import Candidate
from losscli.expect.typed import Typed
from losscli.expect.verdict import Verdict, all_fit

HEADER = ("consistent with", "value", "which means")


def sentence(verdict: Verdict, what: str, unit: str, digits: int) -> str:
    """Whether the typed answer is right, and what the right one is; `what` names it."""
    if len(verdict.given) > 1:
        return list_sentence(verdict, digits)
    typed = verdict.given[0]
    shown = f"the {what} is {right_digits(typed, float(np.ravel(verdict.right)[0]), digits)} {unit}".rstrip()
    if not verdict.ok:
        return f"wrong: {shown}"
    if typed.decimals is None or typed.exact is None:
        return f"right: {shown}"
    low, high = (f"{float(typed.exact + sign * typed.half):.12g}" for sign in (-1, 1))
    return f"right: {shown}, and {typed.text} stands for {low} to {high}"


def list_sentence(verdict: Verdict, digits: int) -> str:
    """The same for a list: how many entries are wrong, and the first of them."""
    given, values = verdict.given, np.ravel(verdict.right)
    wrong = [at for at, (one, value) in enumerate(zip(given, values, strict=True)) if not one.fits(float(value))]
    if not wrong:
        return f"right: all {len(given)} numbers are"
    first = given[wrong[0]]
    shown = right_digits(first, float(values[wrong[0]]), digits)
    count = f"{len(wrong)} of {len(given)} numbers {'is' if len(wrong) == 1 else 'are'} wrong"
    return f"wrong: {count}; the first is number {wrong[0] + 1}, {first.text}, which should be {shown}"


def shortened(text: str, most: int = 40) -> str:
    """A typed answer as it may stand in a table."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 3] + "..."


def right_digits(typed: Typed, value: float, digits: int) -> str:
    """A value to so many digits that it can be told from what was typed."""
    short = f"{value:.{digits}g}"
    finer = f"{value:.{min(max(digits, len(typed.text)) + 1, 17)}g}"
    return short if typed.fits(float(short)) == typed.fits(value) else finer


def fit_rows(verdict: Verdict, digits: int) -> tuple[tuple[object, ...], ...]:
    """The mistakes that fit, two rows of a table for each."""
    rows: list[tuple[object, ...]] = []
    for fit in verdict.fits:
        one = len(verdict.given) == 1
        value = right_digits(verdict.given[0], float(np.ravel(fit.value)[0]), digits) if one else ""
        rows += [(fit.id, value, fit.meaning), ("", "", f"cure: {fit.cure}")]
    return tuple(rows)


def remarks(verdict: Verdict, text: str) -> list[str]:
    """What is worth saying beside a wrong answer's diagnosis."""
    said: list[str] = []
    if verdict.ok:
        return said
    if not verdict.fits:
        said.append(f"no mistake that is known here gives {text} on these data; compare your work with the terms above")
    if len(verdict.fits) > 1 and any(one.few_digits for one in verdict.given):
        count = len(verdict.fits)
        said.append(f"{count} mistakes fit {text}, which has few digits; give more digits to tell them apart")
    if all_fit(verdict.given, verdict.right, units=2):
        said.append(f"{text} is off by less than one unit of its last digit: was the answer cut off and not rounded?")
    if any(isnan(one.special) for one in verdict.given):
        said.append("nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0")
    return said


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict for machines."""
    one = len(verdict.given) == 1 and np.ndim(verdict.right) == 0
    numbers, tolerances = [given.near for given in verdict.given], [given.reach for given in verdict.given]
    return {
        "given": numbers[0] if one else numbers,
        "ok": verdict.ok,
        "tolerance": tolerances[0] if one else tolerances,
        "consistent_with": [_fit_record(fit) for fit in verdict.fits],
    }


def _fit_record(fit: Candidate) -> dict[str, Any]:
    value = np.asarray(fit.value)
    return {"id": fit.id, "value": value.tolist(), "meaning": fit.meaning, "cure": fit.cure}
