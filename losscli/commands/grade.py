"""What `grade` does: solve the questions of a key, each once, and judge the answers of a class by them.

A question is a command line of this program, read here and run in this process: never by a shell.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np

from losscli.commands.arguments import Arguments, FitArguments, GradArguments
from losscli.commands.settings import printing_of, read_options_of, refuse_contradictions, settings_of
from losscli.enums import Method, Wrt
from losscli.errors import DataError, UsageError, shown
from losscli.evaluation.problem import problem_of
from losscli.homework.check_loss import judge, solve
from losscli.homework.evaluated_rows import Numbers
from losscli.homework.grades import Answer, Judge, Question, marked, missing
from losscli.output.formats import emit, warn_beside
from losscli.output.progress import tracked
from losscli.reading.ledger import Ledger, Line, read_ledger
from losscli.reading.lists import is_list, reads_as_numbers
from losscli.reading.open import open_data
from losscli.reading.remote import is_url
from losscli.reports.grade import grade_report
from losscli.shell import split_line

Reader = Callable[[Sequence[str]], Arguments]  # the words of a command line to what they ask

QUESTION, COMMAND, STUDENT, ANSWER = "question", "command", "student", "answer"
LARGEST = 1e12  # points or tolerance


def run_grade(args: Arguments, reader: Reader) -> bool:
    """Print the marks; False where an answer is not right. What can't be graded is left out, with a note."""
    if len(args.sources) != 2:
        raise UsageError("give two tables: KEY and ANSWERS")
    if args.sources.count("-") > 1:
        raise UsageError("standard input can be read only once; give '-' for one argument only")
    if args.quiet and args.format != "table":
        raise UsageError(f"--quiet prints only a number; it contradicts --format {args.format}")
    key = read_ledger(args.sources[0], (QUESTION, COMMAND, "points", "tolerance"), args.encoding)
    questions, notes = _questions(key, args.sources[0], reader)
    ledger = read_ledger(args.sources[1], (STUDENT, QUESTION, ANSWER), args.encoding)
    given, blemishes = _answers(ledger, questions, args.sources[0])
    students = list(dict.fromkeys(answer.student for answer in given))
    wanted = [*given, *missing(students, tuple(questions.values()), given)]
    marks = [marked(answer, questions[answer.question]) for answer in tracked(wanted, len(wanted), "answers")]
    report = grade_report(
        marks, tuple(questions.values()), ledger, (*key.blemishes, *notes, *ledger.blemishes, *blemishes)
    )
    printing = printing_of(args)
    emit(report, printing)
    if printing.format == "json":  # a list of records has no place for notes
        warn_beside(report, printing)
    return all(mark.outcome == "right" for mark in marks)


# --- the key ----------------------------------------------------------------------------------------------------------
def _questions(key: Ledger, path: str, reader: Reader) -> tuple[dict[str, Question], list[str]]:
    """The questions by name, and notes; a DataError names all wrong questions with their lines."""
    if COMMAND not in key.columns and ANSWER in key.columns:
        raise UsageError(f"{key.name} holds answers, not commands; KEY comes first, then ANSWERS")
    key.require((QUESTION, COMMAND))
    found, notes, wrong = dict[str, Question](), list[str](), list(key.ragged)
    for line in key.lines:
        name = line.cells[QUESTION]
        if not name or _same_name(name) in map(_same_name, found):
            wrong.append(f"{line.place}: " + (f"question {shown(name)} occurs twice" if name else "no question"))
            continue
        try:
            found[name], remarks = _question(line, os.path.dirname(path), reader)
            notes += [f"{line.place}: question {shown(name)}: {one}" for one in remarks]
        except DataError as error:
            wrong.append(f"{line.place}: question {shown(name)}: {error}")
    if wrong:
        raise DataError("; ".join(wrong))
    if not found:
        raise DataError(f"{key.name}: no questions")
    return found, notes


def _same_name(text: str) -> str:
    """A name as it is compared: letter case and spaces don't count."""
    return "".join(text.split()).casefold()


def _question(line: Line, folder: str, reader: Reader) -> tuple[Question, list[str]]:
    try:
        words = split_line(line.cells[COMMAND])
    except ValueError as error:
        raise DataError(f"the command line can't be read: {str(error).lower()}") from None
    args = reader(words[1:] if words[:1] == ["losscli"] else words)
    if args.expect is not None or args.explain or args.fail_above is not None:
        raise UsageError("--expect, --explain and --fail-above are not for questions; the answers are in ANSWERS")
    refuse_contradictions(replace(args, quiet=False, tolerance=None))
    if not args.sources:
        raise UsageError("give data; a question can't read standard input")
    args = replace(args, sources=tuple(_beside(folder, word, args) for word in args.sources))
    if args.weight is not None and len(args.sources) == 2:
        args = replace(args, weight=_beside(folder, args.weight, args))
    if isinstance(args, FitArguments) and args.test is not None:
        args = replace(args, test=_beside(folder, args.test, args))
    points = _amount(line, "points")
    text, notes = line.cells.get("tolerance", ""), list[str]()
    judge_answer, right = _solved(args)
    tolerance = _amount(line, "tolerance")
    if tolerance is None:
        tolerance = args.tolerance
    elif text.endswith("%"):
        tolerance *= float(np.max(np.abs(right)))  # of a list of its largest number
        notes.append(f"the tolerance {text} of the right answer is {tolerance:.6g}")
    return Question(line.cells[QUESTION], judge_answer, 1.0 if points is None else points, tolerance), notes


def _amount(line: Line, name: str) -> float | None:
    """A number of at least 0; a percentage as a share."""
    text = line.cells.get(name, "")
    if not text:
        return None
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= LARGEST:
        raise DataError(f"column {shown(name)}: {shown(text)} is not a number from 0 to {LARGEST:g}")
    return value


def _beside(folder: str, word: str, args: Arguments) -> str:
    """A source of a question: lists as they are, paths as seen from the key."""
    if word == "-":
        raise UsageError("a question can't read standard input")
    path = os.path.join(folder, word)
    names = (args.positive, *(args.classes or "").split(","))
    if is_url(word) or reads_as_numbers(word) or (word in names and not os.path.exists(path)):
        return word
    return word if is_list(word) and not os.path.exists(path) else path


def _solved(args: Arguments) -> tuple[Judge, Numbers]:
    """The judge of the answers to a question, and the right answer."""
    match args:
        case GradArguments():
            return _solved_gradient(args)
        case FitArguments():
            from losscli.commands.fit import solved_fit

            return solved_fit(args)
    options = read_options_of(args)
    settings = settings_of(args, options)
    with closing(open_data(options)) as table:
        solution = solve(problem_of(settings, table), table, hold_rows=True)
    return partial(judge, solution), solution.right


def _solved_gradient(args: GradArguments) -> tuple[Judge, Numbers]:
    from losscli.commands.gradient import refuse_options, solved_parameter_gradient, spec_of
    from losscli.gradients.evaluate import Spool, gradient_of
    from losscli.homework.check_gradient import judge_gradient, right_gradient
    from losscli.output.whole import spool_file

    refuse_options(args)
    unit_name = settings_of(args).unit_name
    if args.wrt is Wrt.PARAMS:
        g = solved_parameter_gradient(args)
    else:
        options = read_options_of(args)
        settings = settings_of(args, options)
        with closing(open_data(options)) as table, spool_file() as file:
            gradient = gradient_of(problem_of(settings, table), table, spec_of(args), Spool(file))
            g = right_gradient(gradient, args.method is Method.NUMERIC)
    return lambda expected: judge_gradient(g, unit_name, expected).verdict, g.right


# --- the answers ------------------------------------------------------------------------------------------------------
def _answers(ledger: Ledger, questions: dict[str, Question], key: str) -> tuple[list[Answer], list[str]]:
    """The last answer of each student to each question, and notes on answers left out or names read otherwise."""
    of_name = {_same_name(name): name for name in questions}
    students: dict[str, str] = {}
    found, places = dict[tuple[str, str], Answer](), dict[tuple[str, str], str]()
    notes, unknown, respelled = list[str](), dict[str, list[str]](), dict[str, None]()
    for place, typed_student, typed_question, text, extra in _typed(ledger, of_name):
        question = of_name.get(_same_name(typed_question))
        student = students.setdefault(_same_name(typed_student), typed_student)
        if not typed_student:
            notes.append(f"{place}: no student; the line is left out")
            continue
        if question is None:
            unknown.setdefault(typed_question, []).append(place)
            continue
        for what, typed, name in ((QUESTION, typed_question, question), (STUDENT, typed_student, student)):
            if typed != name:
                respelled[f"{ledger.name}: {what} {shown(typed)} is read as {shown(name)}"] = None
        at = student, question
        if at in found and not text:
            continue
        if at in found and found[at].text:
            notes.append(f"{place}: {shown(student)} answers {shown(question)} again; {places[at]} does not count")
        found[at], places[at] = Answer(student, question, text, extra), place
    for name, at_places in unknown.items():
        answers = f"{len(at_places)} answer{'s are' if len(at_places) > 1 else ' is'} left out"
        notes.append(f"{at_places[0]}: question {shown(name)} is not in {key}; {answers}")
    if not found:
        raise DataError(next(iter((*notes, *ledger.blemishes)), f"{ledger.name}: no answers"))
    return list(found.values()), [*respelled, *notes]


def _typed(ledger: Ledger, of_name: Mapping[str, str]) -> Iterator[tuple[str, str, str, str, dict[str, str]]]:
    """Place, student, question, answer and other cells of each answer: a line each, or a column for each question."""
    wide = [column for column in ledger.columns if _same_name(column) in of_name]
    if QUESTION in ledger.columns or ANSWER in ledger.columns or not wide:
        ledger.require((STUDENT, QUESTION, ANSWER))
        for line in ledger.lines:
            extra = dict(line.cells)
            student, question, text = (extra.pop(name) for name in (STUDENT, QUESTION, ANSWER))
            yield line.place, student, question, text, extra
        return
    ledger.require((STUDENT,))
    for line in ledger.lines:
        extra = {name: cell for name, cell in line.cells.items() if name != STUDENT and name not in wide}
        for column in wide:
            yield line.place, line.cells[STUDENT], column, line.cells[column], extra
