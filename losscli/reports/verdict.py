"""A report with the work behind its answer, or with the verdict on a typed answer, for people and for machines.

An answer is consistent with a mistake, not more. Where the answer is to stay hidden nothing is said from which it could
be copied or worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np

from losscli.enums import Reduction
from losscli.evaluation.prepare import Array
from losscli.homework.check_gradient import Diagnosis
from losscli.homework.check_loss import SMALL, Solution
from losscli.homework.explain_loss import SHOWN, first_terms, term_grid, work_grid
from losscli.homework.formula import Explanation
from losscli.homework.mistakes.candidate import Candidate
from losscli.homework.typed import Expected, Slack, Typed
from losscli.homework.verdict import Verdict, all_fit
from losscli.output.emit import Printing
from losscli.output.report import Grid, Report

LISTED = 100  # rows of a table; the machine formats have them all

# What stays of the record where the answer is hidden.
ASKED = ("loss", "wrt", "reduction", "base", "from", "options", "n", "method", "positive", "classes", "columns")

OPTION_OF_UNIT = {"nats": "leaving --base out", "bits": "--base 2", "bans": "--base 10"}


# --- the report with more in it ---------------------------------------------------------------------------------------
def with_losses(answer: Report, losses: Array) -> Report:
    """The report with the loss of each row in place of one value."""
    rows = tuple((at, loss) for at, loss in enumerate(losses[:LISTED].tolist(), 1))
    more = len(losses) - len(rows)
    rest = {key: value for key, value in answer.record.items() if key != "value"}
    record = {"loss": rest.pop("loss"), "losses": losses.tolist(), **rest}
    notes = (f"{more} more rows; -f json prints them all",) if more > 0 else ()
    return replace(
        answer,
        record=record,
        grids=(Grid(rows, ("row", "loss")), *answer.grids),
        notes=(*answer.notes, *notes),
        numbers=tuple((loss,) for loss in losses.tolist()),
    )


def with_explanation(answer: Report, work: Explanation) -> Report:
    """The report with the work behind it."""
    record = {**answer.record, "explain": dict(work.record)}
    return replace(answer, grids=(*answer.grids, *work.grids), record=record)


def with_verdict(
    answer: Report, verdict: Verdict, expected: Expected, solution: Solution, printing: Printing
) -> Report:
    """The report of a loss with the verdict on a typed answer."""
    s, hidden = solution.problem.settings, expected.hidden
    text, what = shortened(expected.text), "" if hidden else s.reduction.value
    told = ("expected", text, sentence(verdict, what, s.unit_name, printing.digits))
    grids = [Grid((told,), right=verdict.ok, wrapped=True)]
    if verdict.fits:
        grids.append(_fit_grid(verdict, printing.digits, hidden))
    elif not (verdict.ok or hidden or printing.explain):
        grids += _to_compare(solution, printing.digits)
    notes = remarks(verdict, text, s.unit_name, "" if hidden else "; compare your work with the terms above")
    if solution.blocks is None and not verdict.ok:
        notes.append("the table has over a million rows: the diagnosis uses its summary figures only")
    plain = concealed(answer) if hidden else answer
    record = {
        **plain.record,
        "expect": verdict_record(verdict, next(iter(notes), None), hidden),
        "notes": [*plain.record["notes"], *notes],
    }
    return replace(
        plain,
        grids=(*plain.grids, *grids),
        notes=(*plain.notes, *notes),
        record=record,
        flat=_flat_record(verdict, expected),
    )


def _to_compare(solution: Solution, digits: int) -> list[Grid]:
    """What to hold against one's own work when no mistake is known that gives the typed answer."""
    problem, found = solution.problem, solution.figures
    terms = first_terms(problem, solution.first, found.n if found.n < SMALL else SHOWN)
    grids = [term_grid(terms, found.n - len(terms))]
    by_row = problem.settings.reduction is Reduction.NONE
    return grids if by_row else [*grids, work_grid(found, terms, digits)]


def with_diagnosis(answer: Report, found: Diagnosis, expected: Expected, digits: int) -> Report:
    """The report of a gradient with the verdict on a typed one: the constant ratio first."""
    verdict, hidden, text = found.verdict, expected.hidden, shortened(expected.text)
    said = sentence(verdict, "" if hidden else "sum of the gradient" if found.of_sum else "gradient", "", digits)
    grids = [Grid((("expected", text, said),), right=verdict.ok, wrapped=True)]
    grids += [_fit_grid(verdict, digits, hidden)] if verdict.fits else []
    ratio = None if hidden else found.ratio
    notes = [] if ratio is None else [f"given / right is {found.ratio_name} for every entry"]
    notes += remarks(verdict, text, "the unit of the loss", explained=ratio is not None, never_negative=False)
    plain = concealed(answer) if hidden else answer
    first = None if found.first_wrong is None else found.first_wrong + 1
    ids = ", ".join(fit.id for fit in verdict.fits)
    aside = f"expected {text}: {said}" + (f"; consistent with {ids}" if ids else "")
    return replace(
        plain,
        grids=(*plain.grids, *grids),
        notes=(*plain.notes, *notes),
        record={
            **plain.record,
            "expect": {
                **verdict_record(verdict, next(iter(notes), None), hidden),
                "ratio": ratio,
                "first_wrong": first,
            },
        },
        aside=() if hidden else (aside,),
        flat=_flat_record(verdict, expected),
    )


def with_fit_verdict(answer: Report, verdict: Verdict, expected: Expected, digits: int) -> Report:
    """The report of a fit with the verdict on typed parameters."""
    hidden, text = expected.hidden, shortened(expected.text)
    told = ("expected", text, sentence(verdict, "" if hidden else "parameter", "", digits))
    grids = [Grid((told,), right=verdict.ok, wrapped=True)]
    grids += [_fit_grid(verdict, digits, hidden)] if verdict.fits else []
    notes = remarks(verdict, text, "", never_negative=False)
    plain = replace(concealed(answer), pictures=()) if hidden else answer
    record = {**plain.record, "expect": verdict_record(verdict, next(iter(notes), None), hidden)}
    aside = () if hidden else (f"expected {text}: {told[2]}",)
    return replace(
        plain,
        grids=(*plain.grids, *grids),
        notes=(*plain.notes, *notes),
        record={**record, "notes": [*plain.record["notes"], *notes]},
        aside=aside,
        flat=_flat_record(verdict, expected),
    )


def concealed(answer: Report) -> Report:
    """The report without any figure of the answer: what was asked is all that stays."""
    record = {key: value for key, value in answer.record.items() if key in ASKED}
    return replace(answer, record={**record, "notes": []}, grids=(), notes=(), warnings=(), table=None)


# --- the verdict in a sentence ----------------------------------------------------------------------------------------
def sentence(verdict: Verdict, what: str, unit: str, digits: int) -> str:
    """Whether the typed answer is right, and what the right one is; `what` names it, and is empty to hide it."""
    if len(verdict.given) > 1:
        return _list_sentence(verdict, digits, hidden=not what)
    typed = verdict.given[0]
    word = ("right" if verdict.ok else "wrong") + _how_right(verdict)
    if not what:
        return word
    shown = f"the {what} is {_right_digits(typed, float(np.ravel(verdict.right)[0]), digits)} {unit}".rstrip()
    if not verdict.ok or typed.decimals is None or typed.exact is None or _how_right(verdict) or typed.cut:
        return f"{word}: {shown}"
    reach = max(typed.half, typed.tolerance)
    low, high = (f"{float(typed.exact + sign * reach):.12g}" for sign in (-1, 1))
    return f"{word}: {shown}, and {shortened(typed.text)} stands for {low} to {high}"


def _how_right(verdict: Verdict) -> str:
    if verdict.single:
        return " to float32"
    if verdict.rounded_data:
        return " as far as the rounded data tell"
    return " as far as finite differences go" if verdict.differences else ""


def _list_sentence(verdict: Verdict, digits: int, hidden: bool) -> str:
    """The same for a list: how many entries are wrong, and the first of them."""
    given, values = verdict.given, np.ravel(verdict.right).tolist()
    if verdict.ok:
        return f"right{_how_right(verdict)}: all {len(given)} numbers are"
    wrong = [
        at
        for at, (one, value) in enumerate(zip(given, values, strict=True))
        if not one.fits_with(value, Slack.LOOSE) or (verdict.empty and value != 0.0) or one.unit
    ]
    if not wrong:
        return "wrong"
    first = given[wrong[0]]
    count = f"{len(wrong)} of {len(given)} numbers {'is' if len(wrong) == 1 else 'are'} wrong"
    said = f"wrong: {count}; the first is number {wrong[0] + 1}, {first.text}"
    return said if hidden else f"{said}, which should be {_right_digits(first, values[wrong[0]], digits)}"


def shortened(text: str, most: int = 40) -> str:
    """A typed answer as it may stand in a table."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 3] + "..."


def _right_digits(typed: Typed, value: float, digits: int) -> str:
    """A value to so many digits that it can be told from what was typed."""
    if typed.fits(value):
        short = f"{value:.{digits}g}"
        return short if typed.fits(float(short)) else f"{value:.{min(max(digits, typed.digits + 1), 17)}g}"
    texts = ((f"{value:.{count}g}", f"{typed.near:.{count}g}") for count in range(digits, 18))
    return next((shown for shown, other in texts if shown != other), f"{value!r}")


def _fit_grid(verdict: Verdict, digits: int, hidden: bool) -> Grid:
    """The mistakes that fit, two rows of a table for each."""
    rows: list[tuple[object, ...]] = []
    one = len(verdict.given) == 1
    for fit in verdict.fits:
        value = _right_digits(verdict.given[0], float(np.ravel(fit.value)[0]), digits) if one else ""
        rows += [(fit.id, value, _meaning(fit, hidden)), ("", "", f"cure: {fit.fix}")]
    header = ("consistent with", "value", "which means")
    if not hidden:
        return Grid(tuple(rows), header, wrapped=True)
    return Grid(tuple((row[0], row[2]) for row in rows), (header[0], header[2]), wrapped=True)


def _meaning(fit: Candidate, hidden: bool) -> str:
    return fit.meaning + ("" if hidden else fit.figures)


# --- what is worth saying beside it -----------------------------------------------------------------------------------
def remarks(
    verdict: Verdict, text: str, unit: str, advice: str = "", explained: bool = False, never_negative: bool = True
) -> list[str]:
    """What is worth saying beside the verdict; `advice` where nothing fits or `explained` it.

    `never_negative` says that it is on a loss.
    """
    if verdict.ok:
        return _of_a_right_answer(verdict, text)
    if verdict.empty:
        return [f"{text} has no significant digit, and the answer is not 0; give decimals"]
    said: list[str] = []
    foreign = next((one.unit for one in verdict.given if one.unit), "")
    if foreign:
        right = "; the number alone is right" if all_fit(verdict.given, verdict.right) else ""
        other = f"{OPTION_OF_UNIT[foreign]} asks for {foreign}"
        said.append(f"{text} names {foreign}, and the answer is asked for in {unit}{right}; {other}")
    below = all(one.near < 0.0 for one in verdict.given)
    if not (verdict.fits or explained) and below and never_negative:
        said.append("a loss can't be negative: -ln of a probability is 0 or more")
    if not (verdict.fits or foreign or verdict.more or explained):
        said.append(f"no mistake that is known here gives {text} on these data{advice}")
    if len(verdict.fits) > 1 and any(one.few_digits for one in verdict.given) and _differ(verdict.fits):
        count = len(verdict.fits)
        said.append(f"{count} mistakes fit {text}, which has few digits; give more digits to tell them apart")
    said += verdict.more
    if all_fit(verdict.given, verdict.right, units=2) and not foreign:
        sizes = np.abs(np.atleast_1d(verdict.right).ravel()).tolist()
        pairs = list(zip(verdict.given, sizes, strict=True))
        above = all(one.exact is not None and abs(one.exact) > size for one, size in pairs)
        how = "rounded up" if above else "cut off and not rounded"
        if all(one.exact == 0 or size >= one.fineness / 5.0 for one, size in pairs):  # nobody rounds 0.36 up to 1e9
            said.append(f"{text} is off by less than one unit of its last digit: was the answer {how}?")
    if any(isnan(one.special) for one in verdict.given):
        said.append("nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0")
    return said


def _differ(fits: Sequence[Candidate]) -> bool:
    """Whether more digits would tell the mistakes apart: not where all give one number."""
    return not all(np.allclose(fits[0].value, one.value, rtol=1e-9, atol=0.0) for one in fits[1:])


def _of_a_right_answer(verdict: Verdict, text: str) -> list[str]:
    if verdict.rounded_data:
        return [
            f"the predictions are rounded; {text} may well be the answer to those before they were, and is as right"
            " as these tell"
        ]
    if verdict.differences:
        return [f"{text} agrees with the gradient to the accuracy of finite differences, not to its last digit"]
    return []


# --- for machines -----------------------------------------------------------------------------------------------------
def verdict_record(verdict: Verdict, remark: str | None, hidden: bool = False) -> dict[str, Any]:
    """The verdict for machines."""
    one = len(verdict.given) == 1 and np.ndim(verdict.right) == 0
    numbers, tolerances = [given.near for given in verdict.given], [given.reach for given in verdict.given]
    fits = [
        {
            "id": fit.id,
            "value": None if hidden else np.asarray(fit.value).tolist(),
            "meaning": _meaning(fit, hidden),
            "cure": fit.fix,
        }
        for fit in verdict.fits
    ]
    return {
        "given": numbers[0] if one else numbers,
        "ok": verdict.ok,
        "tolerance": tolerances[0] if one else tolerances,
        "consistent_with": fits,
        "remark": remark,
    }


def _flat_record(verdict: Verdict, expected: Expected) -> Mapping[str, str]:
    """The verdict where a record is one line of single values."""
    ids = " ".join(fit.id for fit in verdict.fits)
    return {"expected": expected.text, "ok": "yes" if verdict.ok else "no", "consistent_with": ids}
