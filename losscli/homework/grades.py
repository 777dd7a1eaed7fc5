"""Many typed answers judged by a key: a mark for each, and what a class got wrong. A question is solved once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from losscli.errors import DataError, UsageError
from losscli.homework.typed import Expected
from losscli.homework.verdict import Verdict
from losscli.records import record


class Outcome(StrEnum):
    """What an answer is."""

    RIGHT = "right"
    WRONG = "wrong"
    UNREADABLE = "unreadable"
    MISSING = "missing"


Judge = Callable[[Expected], Verdict]


@record
class Question:
    """A question of a key: its name, what judges an answer to it, its points and its tolerance."""

    name: str
    judge: Judge
    points: float = 1.0
    tolerance: float | None = None


@record
class Answer:
    """What a student typed for a question, and the other cells of the row by the name of their column."""

    student: str
    question: str
    text: str
    extra: Mapping[str, str] = field(default_factory=dict)


@record
class Mark:
    """An answer with its outcome, the points that it gets, the mistakes that fit it and what the likeliest means."""

    answer: Answer
    outcome: Outcome
    points: float
    fits: tuple[str, ...] = ()
    meaning: str = ""


def marked(answer: Answer, question: Question) -> Mark:
    """The mark of an answer."""
    if not answer.text:
        return Mark(answer, Outcome.MISSING, 0.0)
    try:
        verdict = question.judge(Expected(answer.text, question.tolerance))
    except DataError as error:
        reason = str(error).removeprefix("--expect").removeprefix(":").strip()
        outcome = Outcome.UNREADABLE if isinstance(error, UsageError) else Outcome.WRONG
        return Mark(answer, outcome, 0.0, meaning=reason)
    if verdict.ok:
        return Mark(answer, Outcome.RIGHT, question.points)
    if verdict.fits:
        ids = tuple(dict.fromkeys(fit.id for fit in verdict.fits))
        return Mark(answer, Outcome.WRONG, 0.0, ids, verdict.fits[0].meaning + verdict.fits[0].figures)
    return Mark(answer, Outcome.WRONG, 0.0, meaning=_without_mistake(verdict))


def _without_mistake(verdict: Verdict) -> str:
    """What is to be said of a wrong answer that no mistake gives."""
    if verdict.empty:
        return "no significant digit, but the answer is not 0"
    if verdict.other_unit:
        return f"the answer is asked for in another unit than {verdict.other_unit}"
    return "; ".join(verdict.undecided)


def missing(students: Sequence[str], questions: Sequence[Question], given: Sequence[Answer]) -> list[Answer]:
    """The answers that nobody typed, by student and question."""
    there = {(one.student, one.question) for one in given}
    pairs = ((student, question.name) for student in students for question in questions)
    return [Answer(student, question, "") for student, question in pairs if (student, question) not in there]
