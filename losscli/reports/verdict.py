"""A report with the work behind its answer, or with the verdict on a typed answer, for people and for machines.

With --hide-answer the report has nothing from which the answer could be copied or worked out.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np

from losscli.arrays import Array
from losscli.enums import Reduction
from losscli.errors import plural
from losscli.homework.check_gradient import Diagnosis
from losscli.homework.check_loss import SMALL, Solution
from losscli.homework.explain_loss import SHOWN, first_terms, term_grid, work_grid
from losscli.homework.loss_formula import Explanation
from losscli.homework.typed import Expected, Slack, Typed
from losscli.homework.verdict import RightTo, Verdict, all_fit
from losscli.output.formats import Printing
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
    notes = (f"{plural(more, 'more row')}; -f json prints them all",) if more > 0 else ()
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
    """The report of a loss with the verdict on a typed answer, and the terms to compare if no mistake gives it."""
    problem, figures, digits = solution.problem, solution.figures, printing.digits
    reduction, unit, terms_to_compare = problem.settings.reduction, problem.settings.unit_name, list[Grid]()
    if not (verdict.ok or verdict.fits or expected.hidden or printing.explain):
        terms = first_terms(problem, solution.first, figures.n if figures.n < SMALL else SHOWN)
        terms_to_compare.append(term_grid(terms, figures.n - len(terms)))
        if reduction is not Reduction.NONE:
            terms_to_compare.append(work_grid(figures, terms, digits))
    advice = "" if expected.hidden else "; compare your work with the terms above"
    notes = _remarks(verdict, shortened(expected.text), unit, advice)
    if solution.blocks is None and not verdict.ok:
        notes.append("the table has over a million rows: the diagnosis uses its summary figures only")
    report = _judged(answer, verdict, expected, digits, reduction.value, unit, notes)
    return replace(report, grids=(*report.grids, *terms_to_compare), aside=())


def with_diagnosis(answer: Report, found: Diagnosis, expected: Expected, digits: int) -> Report:
    """The report of a gradient with the verdict on a typed one: the constant ratio first."""
    ratio, text = None if expected.hidden else found.ratio, shortened(expected.text)
    notes = [] if ratio is None else [f"given / right is {found.ratio_name} for every entry"]
    notes += _remarks(found.verdict, text, "the unit of the loss", explained=ratio is not None, never_negative=False)
    what = "sum of the gradient" if found.of_sum else "gradient"
    report = _judged(answer, found.verdict, expected, digits, what, "", notes)
    first = None if found.first_wrong is None else found.first_wrong + 1
    expect = {**report.record["expect"], "ratio": ratio, "first_wrong": first}
    return replace(report, record={**report.record, "expect": expect})


def with_fit_verdict(answer: Report, verdict: Verdict, expected: Expected, digits: int) -> Report:
    """The report of a fit with the verdict on typed parameters."""
    notes = _remarks(verdict, shortened(expected.text), "", never_negative=False)
    return _judged(answer, verdict, expected, digits, "parameter", "", notes)


def _judged(
    answer: Report, verdict: Verdict, expected: Expected, digits: int, what: str, unit: str, notes: Sequence[str]
) -> Report:
    """The report with the verdict; if the answer stays hidden, without the figures."""
    hidden, text = expected.hidden, shortened(expected.text)
    if hidden:
        asked = {key: value for key, value in answer.record.items() if key in ASKED}
        answer = replace(
            answer, record={**asked, "notes": []}, grids=(), notes=(), warnings=(), table=None, pictures=()
        )
    sentence, ids = _sentence(verdict, "" if hidden else what, unit, digits), [fit.id for fit in verdict.fits]
    grids = [*answer.grids, Grid((("expected", text, sentence),), right=verdict.ok, wrapped=True)]
    if verdict.fits:
        grids.append(_fit_grid(verdict, digits, hidden))
    aside = f"expected {text}: {sentence}" + (f"; consistent with {', '.join(ids)}" if ids else "")
    return replace(
        answer,
        grids=tuple(grids),
        notes=(*answer.notes, *notes),
        record={
            **answer.record,
            "expect": _verdict_record(verdict, next(iter(notes), None), hidden),
            "notes": [*answer.record["notes"], *notes],
        },
        aside=() if hidden else (aside,),
        flat={"expected": expected.text, "ok": "yes" if verdict.ok else "no", "consistent_with": " ".join(ids)},
    )


# --- the verdict in a sentence ----------------------------------------------------------------------------------------
def _sentence(verdict: Verdict, what: str, unit: str, digits: int) -> str:
    """Whether the typed answer is right, and the right one; `what` is its name, empty if it stays hidden."""
    if len(verdict.given) > 1:
        return _list_sentence(verdict, digits, hidden=not what)
    typed = verdict.given[0]
    if not what:
        return verdict.word
    shown = f"the {what} is {_right_digits(typed, float(np.ravel(verdict.right)[0]), digits)} {unit}".rstrip()
    if not verdict.ok or typed.decimals is None or typed.exact is None or verdict.right_to or typed.ellipsis:
        return f"{verdict.word}: {shown}"
    reach = max(typed.half_unit, typed.tolerance)
    low, high = (f"{float(typed.exact + sign * reach):.12g}" for sign in (-1, 1))
    return f"{verdict.word}: {shown}, and {shortened(typed.text)} means {low} to {high}"


def _list_sentence(verdict: Verdict, digits: int, hidden: bool) -> str:
    """The same for a list: how many entries are wrong, and which is the first."""
    given, values = verdict.given, np.ravel(verdict.right).tolist()
    if verdict.ok:
        return f"{verdict.word}: all {len(given)} numbers are"
    wrong = [
        at
        for at, (one, value) in enumerate(zip(given, values, strict=True))
        if not one.fits(value, Slack.FLOAT32) or (verdict.empty and value != 0.0) or one.unit
    ]
    if not wrong:
        return "wrong"
    first = given[wrong[0]]
    count = f"{len(wrong)} of {len(given)} numbers {'is' if len(wrong) == 1 else 'are'} wrong"
    sentence = f"wrong: {count}; the first is number {wrong[0] + 1}, {first.text}"
    return sentence if hidden else f"{sentence}, which should be {_right_digits(first, values[wrong[0]], digits)}"


def shortened(text: str) -> str:
    """A typed answer, on one line and not too long for a table."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 40 else f"{plain[:37]}..."


def _right_digits(typed: Typed, value: float, digits: int) -> str:
    """A value with at least `digits` digits, and as many as distinguish it from the typed number."""
    if typed.fits(value):
        short = f"{value:.{digits}g}"
        return short if typed.fits(float(short)) else f"{value:.{min(max(digits, typed.digits + 1), 17)}g}"
    texts = ((f"{value:.{count}g}", f"{typed.value:.{count}g}") for count in range(digits, 18))
    return next((shown for shown, other in texts if shown != other), f"{value!r}")


def _fit_grid(verdict: Verdict, digits: int, hidden: bool) -> Grid:
    """The mistakes that fit, two rows of a table for each."""
    rows: list[tuple[object, ...]] = []
    one = len(verdict.given) == 1
    for fit in verdict.fits:
        value = _right_digits(verdict.given[0], float(np.ravel(fit.value)[0]), digits) if one else ""
        rows += [(fit.id, value, fit.meaning if hidden else fit.meaning + fit.figures), ("", "", f"fix: {fit.fix}")]
    header = ("consistent with", "value", "which means")
    if not hidden:
        return Grid(tuple(rows), header, wrapped=True)
    return Grid(tuple((row[0], row[2]) for row in rows), (header[0], header[2]), wrapped=True)


# --- remarks ----------------------------------------------------------------------------------------------------------
def _remarks(
    verdict: Verdict, text: str, unit: str, advice: str = "", explained: bool = False, never_negative: bool = True
) -> list[str]:
    """Sentences beside the verdict; `advice` ends the one on an answer that no mistake gives.

    `explained` says that a constant ratio explains the answer, `never_negative` that the answer is a loss.
    """
    if verdict.right_to is RightTo.ROUNDED_DATA:
        what = "may be the answer for the unrounded ones, and is as right as these data tell"
        return [f"the predictions are rounded; {text} {what}"]
    if verdict.right_to is RightTo.DIFFERENCES:
        return [f"{text} agrees with the gradient to the accuracy of finite differences, not to its last digit"]
    if verdict.ok:
        return []
    if verdict.empty:
        return [f"{text} has no significant digit, but the answer is not 0; give decimals"]
    remarks = list[str]()
    other_unit = verdict.other_unit
    if other_unit:
        right = "; the number alone is right" if all_fit(verdict.given, verdict.right) else ""
        other = f"{OPTION_OF_UNIT[other_unit]} asks for {other_unit}"
        remarks.append(f"{text} names {other_unit}, but the answer is asked for in {unit}{right}; {other}")
    below = all(one.value < 0.0 for one in verdict.given)
    if not (verdict.fits or explained) and below and never_negative:
        remarks.append("a loss can't be negative: -ln of a probability is 0 or more")
    if not (verdict.fits or other_unit or verdict.undecided or explained):
        remarks.append(f"no known mistake gives {text} on these data{advice}")
    few_digits = any(one.decimals is not None and one.decimals <= 2 for one in verdict.given)
    values = [fit.value for fit in verdict.fits]
    if few_digits and not all(np.allclose(values[0], value, rtol=1e-9, atol=0.0) for value in values[1:]):
        remarks.append(f"{len(values)} mistakes fit {text}, which has few digits; give more digits to tell them apart")
    remarks += verdict.undecided
    if all_fit(verdict.given, verdict.right, Slack.ONE_UNIT) and not other_unit:
        sizes = np.abs(np.atleast_1d(verdict.right).ravel()).tolist()
        pairs = list(zip(verdict.given, sizes, strict=True))
        above = all(one.exact is not None and abs(one.exact) > size for one, size in pairs)
        how = "rounded up" if above else "cut off and not rounded"
        if all(one.exact == 0 or size >= one.reach / 5.0 for one, size in pairs):  # nobody rounds 0.36 up to 1e9
            remarks.append(f"{text} is off by less than one unit of its last digit: was the answer {how}?")
    if any(isnan(one.special) for one in verdict.given):
        remarks.append("nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0")
    return remarks


# --- for machines -----------------------------------------------------------------------------------------------------
def _verdict_record(verdict: Verdict, remark: str | None, hidden: bool = False) -> dict[str, Any]:
    """The verdict for machines."""
    numbers = [one.value for one in verdict.given]
    tolerances = [max(one.reach, float(one.tolerance)) for one in verdict.given]
    one = len(numbers) == 1 and np.ndim(verdict.right) == 0
    fits = [
        {
            "id": fit.id,
            "value": None if hidden else np.asarray(fit.value).tolist(),
            "meaning": fit.meaning if hidden else fit.meaning + fit.figures,
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
