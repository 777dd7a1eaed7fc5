"""The marks of a class: a line an answer for a gradebook, a line a student and a line a question for people."""

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, cast

from losscli.homework.grades import Mark, Outcome, Question
from losscli.output.report import Grid, Report
from losscli.reading.ledger import Ledger

COLUMNS = ("student", "question", "answer", "verdict", "points", "consistent_with", "meaning")

_FORMULA = re.compile(r"[=@]|-[^\W\d]|\+(?!\.?\d[\d.]*(?:[eE][+-]?\d+)?$)")

_ORDER = (Outcome.RIGHT, Outcome.WRONG, Outcome.MISSING, Outcome.UNREADABLE)


def grade_report(
    marks: Sequence[Mark], questions: Sequence[Question], ledger: Ledger, notes: tuple[str, ...]
) -> Report:
    """The marks as a report; its record is a list with a record for each answer.

    Other columns of the answers come behind, under another name where the grade has one of theirs.
    """
    extra = dict.fromkeys(name for mark in marks for name in mark.answer.extra)
    others = {name: _free_name(name, extra) for name in ledger.columns if name in extra}
    records = [_record(mark, others) for mark in marks]
    rows = tuple(tuple(map(_cell, record.values())) for record in records)
    total = _points(sum(question.points for question in questions))
    of_questions = ("question", "share right", "commonest mistake", "", "which means")
    grids = (
        Grid(tuple(_student_rows(marks)), ("student", *map(str, _ORDER), f"points of {total}")),
        Grid(tuple(_question_rows(marks, questions)), of_questions, wrapped=True),
    )
    title, table = f"grades of {ledger.name}", Grid(rows, (*COLUMNS, *others.values()))
    share = sum(mark.outcome is Outcome.RIGHT for mark in marks) / len(marks)
    return Report(title, cast(dict[str, Any], records), grids, notes, notes, answer=share, table=table)


def _free_name(name: str, taken: Container[str]) -> str:
    """The name of a column of the answers in a table that has the columns of the grade."""
    if name not in COLUMNS:
        return name
    name = f"answers.{name}"
    while name in taken:
        name = f"answers.{name}"
    return name


def _record(mark: Mark, others: Mapping[str, str]) -> dict[str, Any]:
    one = mark.answer
    points, fits = _points(mark.points), list(mark.fits)
    cells = (one.student, one.question, one.text, mark.outcome.value, points, fits, mark.meaning)
    return {**dict(zip(COLUMNS, cells, strict=True)), **{name: one.extra.get(of, "") for of, name in others.items()}}


def _points(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _cell(value: object) -> str:
    """A cell of delimited text; one that a spreadsheet would run as a formula gets an apostrophe in front."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


# --- for people -------------------------------------------------------------------------------------------------------
def _student_rows(marks: Sequence[Mark]) -> Iterator[tuple[object, ...]]:
    by_student: dict[str, list[Mark]] = {}
    for mark in marks:
        by_student.setdefault(mark.answer.student, []).append(mark)
    for student, own in by_student.items():
        counts = Counter(mark.outcome for mark in own)
        yield student, *(counts[outcome] for outcome in _ORDER), _points(sum(mark.points for mark in own))


def _question_rows(marks: Sequence[Mark], questions: Sequence[Question]) -> Iterator[tuple[object, ...]]:
    for question in questions:
        own = [mark for mark in marks if mark.answer.question == question.name]
        counts = Counter(mark.outcome for mark in own)
        share = f"{100.0 * counts[Outcome.RIGHT] / max(len(own), 1):.0f} %"
        mistakes = Counter(mark.fits[0] for mark in own if mark.fits)  # of each answer the likeliest
        commonest, often, meaning = "", "", ""
        for commonest, count in mistakes.most_common(1):
            often = f"{count} of {counts[Outcome.WRONG]} wrong"
            meaning = next(mark.meaning for mark in own if mark.fits[:1] == (commonest,))
        yield question.name, share, commonest, often, meaning
