"""A verdict in words, for people and for machines. The rule: an answer is consistent with a mistake, not more.

Where the answer is to stay hidden nothing is said from which it could be copied or worked out.
"""

from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.homework.expect.mistakes.entry import Candidate
from losscli.homework.expect.typed import Expected, Typed, typed_answer
from losscli.homework.expect.verdict import Verdict, all_fit
from losscli.output.report import Grid, Report


def typed_numbers(expected: Expected, many: bool, unit: str = "") -> tuple[Typed, ...]:
    """What `--expect` gives, `unit` being the one asked for."""
    try:
        return typed_answer(expected.text, many, unit, expected.tolerance)
    except UsageError as error:
        raise UsageError(f"--expect: {error}") from None


def sentence(verdict: Verdict, what: str, unit: str, digits: int) -> str:
    """Whether the typed answer is right, and what the right one is; `what` names it, and is empty to hide it."""
    if len(verdict.given) > 1:
        return list_sentence(verdict, digits, hidden=not what)
    typed = verdict.given[0]
    word = ("right" if verdict.ok else "wrong") + (" to float32" if verdict.single else "")
    if not what:
        return word
    shown = f"the {what} is {right_digits(typed, float(np.ravel(verdict.right)[0]), digits)} {unit}".rstrip()
    if not verdict.ok or typed.decimals is None or typed.exact is None or verdict.single or typed.cut:
        return f"{word}: {shown}"
    reach = max(typed.half, typed.tolerance)
    low, high = (f"{float(typed.exact + sign * reach):.12g}" for sign in (-1, 1))
    return f"{word}: {shown}, and {shortened(typed.text)} stands for {low} to {high}"


def list_sentence(verdict: Verdict, digits: int, hidden: bool = False) -> str:
    """The same for a list: how many entries are wrong, and the first of them."""
    given, values = verdict.given, np.ravel(verdict.right).tolist()
    if verdict.ok:
        return f"right{' to float32' if verdict.single else ''}: all {len(given)} numbers are"
    wrong = [
        at for at, (one, value) in enumerate(zip(given, values, strict=True)) if not _entry_right(verdict, one, value)
    ]
    count = f"{len(wrong)} of {len(given)} numbers {'is' if len(wrong) == 1 else 'are'} wrong"
    if not wrong:
        return "wrong"
    first = given[wrong[0]]
    said = f"wrong: {count}; the first is number {wrong[0] + 1}, {first.text}"
    return said if hidden else f"{said}, which should be {right_digits(first, values[wrong[0]], digits)}"


def _entry_right(verdict: Verdict, one: Typed, value: float) -> bool:
    return one.is_right_in_single(value) and not (verdict.empty and value != 0.0) and not one.unit


def shortened(text: str, most: int = 40) -> str:
    """A typed answer as it may stand in a table."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 3] + "..."


def right_digits(typed: Typed, value: float, digits: int) -> str:
    """A value to so many digits that it can be told from what was typed."""
    if typed.fits(value):
        short = f"{value:.{digits}g}"
        return short if typed.fits(float(short)) else f"{value:.{min(max(digits, typed.digits + 1), 17)}g}"
    texts = ((f"{value:.{count}g}", f"{typed.near:.{count}g}") for count in range(digits, 18))
    return next((shown for shown, other in texts if shown != other), f"{value!r}")


def fit_grid(verdict: Verdict, digits: int, hidden: bool = False) -> Grid:
    """The mistakes that fit, two rows of a table for each."""
    rows: list[tuple[object, ...]] = []
    one = len(verdict.given) == 1
    for fit in verdict.fits:
        value = right_digits(verdict.given[0], float(np.ravel(fit.value)[0]), digits) if one else ""
        rows += [(fit.id, value, _meaning(fit, hidden)), ("", "", f"cure: {fit.cure}")]
    header = ("consistent with", "value", "which means")
    if not hidden:
        return Grid(tuple(rows), header, wrapped=True)
    return Grid(tuple((row[0], row[2]) for row in rows), (header[0], header[2]), wrapped=True)


def _meaning(fit: Candidate, hidden: bool) -> str:
    return fit.meaning + ("" if hidden else fit.figures)


_BASES = {"nats": "leaving --base out", "bits": "--base 2", "bans": "--base 10"}


def remarks(verdict: Verdict, text: str, unit: str, advice: str = "", explained: bool = False) -> list[str]:
    """What is worth saying beside a wrong answer's diagnosis; `advice` where nothing fits or `explained` it."""
    said: list[str] = []
    if verdict.ok:
        return said
    if verdict.empty:
        return [f"{text} has no significant digit, and the answer is not 0; give decimals"]
    foreign = next((one.unit for one in verdict.given if one.unit), "")
    if foreign:
        right = "; the number alone is right" if all_fit(verdict.given, verdict.right) else ""
        other = f"{_BASES[foreign]} asks for {foreign}"
        said.append(f"{text} names {foreign}, and the answer is asked for in {unit}{right}; {other}")
    if not (verdict.fits or foreign or verdict.more or explained):
        said.append(f"no mistake that is known here gives {text} on these data{advice}")
    if len(verdict.fits) > 1 and any(one.few_digits for one in verdict.given):
        count = len(verdict.fits)
        said.append(f"{count} mistakes fit {text}, which has few digits; give more digits to tell them apart")
    said += verdict.more
    if all_fit(verdict.given, verdict.right, units=2) and not foreign:
        how = "rounded up" if _above(verdict) else "cut off and not rounded"
        said.append(f"{text} is off by less than one unit of its last digit: was the answer {how}?")
    if any(isnan(one.special) for one in verdict.given):
        said.append("nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0")
    return said


def _above(verdict: Verdict) -> bool:
    """Whether every typed number is larger in size than the right one, as digits that are cut off don't leave it."""
    right = np.abs(np.atleast_1d(verdict.right).ravel()).tolist()
    return all(one.exact is not None and abs(one.exact) > x for one, x in zip(verdict.given, right, strict=True))


def verdict_record(verdict: Verdict, hidden: bool = False) -> dict[str, Any]:
    """The verdict for machines."""
    one = len(verdict.given) == 1 and np.ndim(verdict.right) == 0
    numbers, tolerances = [given.near for given in verdict.given], [given.reach for given in verdict.given]
    return {
        "given": numbers[0] if one else numbers,
        "ok": verdict.ok,
        "tolerance": tolerances[0] if one else tolerances,
        "consistent_with": [_fit_record(fit, hidden) for fit in verdict.fits],
    }


def _fit_record(fit: Candidate, hidden: bool) -> dict[str, Any]:
    value = None if hidden else np.asarray(fit.value).tolist()
    return {"id": fit.id, "value": value, "meaning": _meaning(fit, hidden), "cure": fit.cure}


ASKED = ("loss", "wrt", "reduction", "base", "from", "n", "method", "positive", "classes", "columns")


def flat_record(verdict: Verdict, expected: Expected) -> dict[str, str]:
    """The verdict where a record is one line of single values."""
    ids = " ".join(fit.id for fit in verdict.fits)
    return {"expected": expected.text, "ok": "yes" if verdict.ok else "no", "consistent_with": ids}


def concealed(answer: Report) -> Report:
    """The report without any figure of the answer: what was asked is all that stays."""
    record = {key: value for key, value in answer.record.items() if key in ASKED}
    return replace(answer, record={**record, "notes": []}, grids=(), notes=(), warnings=(), table=None)
