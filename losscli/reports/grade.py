"""The marks of a class: a line an answer for a gradebook, a line a student and a line a question for people."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from losscli.enums import Format
from losscli.expect.grades import Mark, Outcome, Question, commonest, counted
from losscli.output.emit import Printing, emit
from losscli.output.formats import lines, strict
from losscli.output.report import Grid, Report
from losscli.output.streams import for_a_reader
from losscli.reading.formats.ledger import Ledger

COLUMNS = ("student", "question", "answer", "verdict", "points", "consistent_with", "meaning")


def print_marks(marks: Sequence[Mark], questions: Sequence[Question], ledger: Ledger, printing: Printing) -> None:
    """Print the marks as asked."""
    if printing.for_people:
        emit(_report(marks, questions, ledger.name), printing)
        return
    others = tuple(name for name in ledger.columns if name not in COLUMNS[:3])
    with for_a_reader():
        if printing.format is Format.JSON:
            sys.stdout.write("[\n" + ",\n".join(json.dumps(strict(_record(mark, others))) for mark in marks) + "\n]\n")
        else:
            rows = ([_cell(value) for value in _record(mark, others).values()] for mark in marks)
            sys.stdout.write(lines([[*COLUMNS, *others], *rows], printing.delimiter))


def _record(mark: Mark, others: tuple[str, ...]) -> dict[str, Any]:
    one = mark.answer
    told = (
        one.student,
        one.question,
        one.text,
        mark.outcome.value,
        _points(mark.points),
        list(mark.fits),
        mark.meaning,
    )
    return {**dict(zip(COLUMNS, told, strict=True)), **{name: one.carried.get(name, "") for name in others}}


def _points(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _cell(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


# --- for people -------------------------------------------------------------------------------------------------------
def _report(marks: Sequence[Mark], questions: Sequence[Question], name: str) -> Report:
    total = _points(sum(question.points for question in questions))
    grids = (
        Grid(tuple(_student_rows(marks)), ("student", *map(str, _ORDER), f"points of {total}")),
        Grid(
            tuple(_question_rows(marks, questions)), ("question", "share right", "commonest mistake", "", "which means")
        ),
    )
    return Report(f"grades of {name}", {}, grids)


_ORDER = (Outcome.RIGHT, Outcome.WRONG, Outcome.MISSING, Outcome.UNREADABLE)


def _student_rows(marks: Sequence[Mark]) -> list[tuple[object, ...]]:
    by_student: dict[str, list[Mark]] = {}
    for mark in marks:
        by_student.setdefault(mark.answer.student, []).append(mark)
    return [
        (student, *(counted(own)[outcome] for outcome in _ORDER), _points(sum(mark.points for mark in own)))
        for student, own in by_student.items()
    ]


def _question_rows(marks: Sequence[Mark], questions: Sequence[Question]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for question in questions:
        own = [mark for mark in marks if mark.answer.question == question.name]
        counts, (mistake, count) = counted(own), commonest(own)
        meaning = next((mark.meaning for mark in own if mistake and mark.fits[:1] == (mistake,)), "")
        share = f"{100.0 * counts[Outcome.RIGHT] / max(len(own), 1):.0f} %"
        often = f"{count} of {counts[Outcome.WRONG]} wrong" if count else ""
        rows.append((question.name, share, mistake, often, meaning))
    return rows
