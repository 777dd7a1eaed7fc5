"""What `grade` does: solve the questions of a key, each once, and judge the answers of a class by them.

A question is a command line of this program, read here and run in this process: never by a shell.
"""

import os
import shlex
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from losscli.commands.arguments import Arguments, GradArguments
from losscli.commands.settings import printing_of, refuse_contradictions, request_of, settings_of
from losscli.enums import Method, Wrt
from losscli.errors import DataError, UsageError, shown
from losscli.evaluation.problem import problem_of
from losscli.homework.check_loss import judge, solve
from losscli.homework.grades import Answer, Question, marked, missing
from losscli.homework.typed import Expected
from losscli.homework.verdict import Verdict
from losscli.output.emit import emit
from losscli.output.progress import followed
from losscli.reading.ledger import Ledger, Line, read_ledger
from losscli.reading.lists import is_list, reads_as_numbers
from losscli.reading.open import open_data
from losscli.reading.remote import is_url
from losscli.reports.grade import grade_report

Reader = Callable[[Sequence[str]], Arguments]  # the words of a command line to what they ask

QUESTION, COMMAND, STUDENT, ANSWER = "question", "command", "student", "answer"


def run_grade(args: Arguments, reader: Reader) -> bool:
    """Print the marks; False where an answer is not right."""
    if len(args.sources) != 2:
        raise UsageError("two tables are wanted: KEY and ANSWERS")
    if args.sources.count("-") > 1:
        raise UsageError("standard input can be read once; give '-' for one argument only")
    if args.quiet and args.format != "table":
        raise UsageError(f"--quiet prints nothing; it contradicts --format {args.format}")
    key, answers = args.sources
    questions = _questions(read_ledger(key, (QUESTION, COMMAND)), key, reader)
    ledger = read_ledger(answers, (STUDENT, QUESTION, ANSWER))
    given = _answers(ledger, questions, key)
    students = list(dict.fromkeys(answer.student for answer in given))
    wanted = [*given, *missing(students, tuple(questions.values()), given)]
    marks = [marked(answer, questions[answer.question]) for answer in followed(wanted, "answers")]
    if not args.quiet:
        printing = printing_of(args)
        emit(grade_report(marks, tuple(questions.values()), ledger), printing)
    return all(mark.outcome == "right" for mark in marks)


# --- the key ----------------------------------------------------------------------------------------------------------
def _questions(key: Ledger, path: str, reader: Reader) -> dict[str, Question]:
    """The questions by name; what is wrong with one names its line."""
    found: dict[str, Question] = {}
    for line in key.lines:
        name = line.cells[QUESTION]
        if not name or name in found:
            raise DataError(f"{line.place}: " + (f"question {shown(name)} is there twice" if name else "no question"))
        try:
            found[name] = _question(line, os.path.dirname(path), reader)
        except DataError as error:
            raise DataError(f"{line.place}: question {shown(name)}: {error}") from None
    if not found:
        raise DataError(f"{key.name}: no questions")
    return found


def _question(line: Line, folder: str, reader: Reader) -> Question:
    try:
        words = shlex.split(line.cells[COMMAND])
    except ValueError as error:
        raise DataError(f"the command line can't be read: {str(error).lower()}") from None
    args = reader(words[1:] if words[:1] == ["losscli"] else words)
    if args.expect is not None or args.explain or args.fail_above is not None:
        raise UsageError(
            "--expect, --explain and --fail-above are for one answer; the answers are in a table of theirs"
        )
    refuse_contradictions(replace(args, quiet=False, tolerance=None))
    args = replace(args, sources=tuple(_beside(folder, word, args) for word in args.sources))
    if args.weight is not None and len(args.sources) == 2:
        args = replace(args, weight=_beside(folder, args.weight, args))
    points, tolerance = (_amount(line, name) for name in ("points", "tolerance"))
    judge_ = _solved_gradient(args) if isinstance(args, GradArguments) else _solved(args)
    return Question(line.cells[QUESTION], judge_, 1.0 if points is None else points, tolerance or args.tolerance)


def _amount(line: Line, name: str) -> float | None:
    text = next((cell for column, cell in line.cells.items() if column.lower() == name), "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise DataError(f"column {shown(name)}: {shown(text)} is not a number of at least 0")
    return value


def _beside(folder: str, word: str, args: Arguments) -> str:
    """A source of a question: lists as they are, paths as seen from the key."""
    if word == "-":
        raise UsageError("standard input is no source of a question")
    path = os.path.join(folder, word)
    names = (args.positive, *(args.classes or "").split(","))
    if is_url(word) or reads_as_numbers(word) or (word in names and not os.path.exists(path)):
        return word
    return word if is_list(word) and not os.path.exists(path) else path


def _solved(args: Arguments) -> Callable[[Expected], Verdict]:
    """What judges an answer to a loss."""
    settings, request = settings_of(args), request_of(args)
    with closing(open_data(request)) as table:
        return partial(judge, solve(problem_of(settings, table), table, hold_rows=True))


def _solved_gradient(args: GradArguments) -> Callable[[Expected], Verdict]:
    """What judges an answer to a gradient."""
    from losscli.commands.gradient import refuse_options, solved_by_parameters, spec_of
    from losscli.gradients.evaluate import Spool, gradient_of
    from losscli.homework.check_gradient import judge_gradient, right_gradient
    from losscli.output.whole import spool_file

    refuse_options(args)
    if args.wrt is Wrt.PARAMS:
        g, unit_name = solved_by_parameters(args)
        return lambda expected: judge_gradient(g, unit_name, expected).verdict
    settings, request = settings_of(args), request_of(args)
    with closing(open_data(request)) as table, spool_file() as file:
        answer = gradient_of(problem_of(settings, table), table, spec_of(args), Spool(file))
        g = right_gradient(answer, args.method is Method.NUMERIC)
    return lambda expected: judge_gradient(g, settings.unit_name, expected).verdict


# --- the answers ------------------------------------------------------------------------------------------------------
def _answers(ledger: Ledger, questions: dict[str, Question], key: str) -> list[Answer]:
    """The answers as typed; a question that the key lacks and a second answer to one are refused with their lines."""
    found: dict[tuple[str, str], str] = {}
    answers = []
    for line in ledger.lines:
        cells = dict(line.cells)
        student, question, text = (cells.pop(name) for name in (STUDENT, QUESTION, ANSWER))
        if question not in questions:
            raise DataError(f"{line.place}: question {shown(question)} is not in {key}")
        if not student:
            raise DataError(f"{line.place}: no student")
        if (student, question) in found:
            first = found[student, question]
            raise DataError(f"{line.place}: {shown(student)} answers {shown(question)} again; the first is {first}")
        found[student, question] = line.place
        answers.append(Answer(student, question, text, cells))
    if not answers:
        raise DataError(f"{ledger.name}: no answers")
    return answers
