"""`losscli grade`: a class judged by a key, every planted mistake named, and what is refused."""

import csv
import io
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import refusal, run, write

from losscli.losses.table import LOSSES

KEY = """question,command,tolerance,points
q1,"bce 1,0,0,1 0.8,0.3,0.4,0.7",,2
q2,"losscli bce 1,0,0,1 0.8,0.3,0.4,0.7 --base 2",0.01,
q3,"grad bce 1,0,0,1 0.8,0.3,0.4,0.7 --wrt logits",,3
"""

ANSWERS = """student,group,question,answer
anna,A,q1,0.36
anna,A,q2,0.53
anna,A,q3,"-0.05,0.075,0.1,-0.075"
ben,B,q1,0.522
ben,B,q2,half
ben,B,q3,"0.05,-0.075,-0.1,0.075"
carl,A,q1,
carl,A,q3,"1,2"
"""


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.csv"
    path.write_text(KEY)
    return path


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_answer_has_a_line_with_its_verdict_and_the_likeliest_mistake(key: Path) -> None:
    result = run("grade", key, "-", "-f", "csv", stdin=ANSWERS)

    assert result.code == 1
    header = "student,question,answer,verdict,points,consistent_with,meaning,group"
    assert result.out.splitlines()[0] == header
    found = lines_of(result.out)
    verdicts = [(one["student"], one["question"], one["verdict"], one["points"]) for one in found]
    assert verdicts == [
        ("anna", "q1", "right", "2"),
        ("anna", "q2", "right", "1"),  # 0.522 within the tolerance
        ("anna", "q3", "right", "3"),
        ("ben", "q1", "wrong", "0"),
        ("ben", "q2", "unreadable", "0"),
        ("ben", "q3", "wrong", "0"),
        ("carl", "q1", "missing", "0"),
        ("carl", "q3", "wrong", "0"),
        ("carl", "q2", "missing", "0"),
    ]
    assert found[3]["consistent_with"] == "base-2 normalized" and "base 2" in found[3]["meaning"]
    assert found[4]["meaning"] == "'half' is not a number"
    assert found[5]["consistent_with"] == "negated"
    assert found[7]["meaning"] == "gives 2 numbers, but the gradient has 4"
    assert [one["group"] for one in found] == ["A", "A", "A", "B", "B", "B", "A", "A", ""]


def test_json_is_a_list_of_the_same_records(key: Path) -> None:
    found = run("grade", key, "-", "-f", "json", stdin=ANSWERS).json

    assert found[3] == {
        "student": "ben",
        "question": "q1",
        "answer": "0.522",
        "verdict": "wrong",
        "points": 0,
        "consistent_with": ["base-2", "normalized"],
        "meaning": "the logarithm was taken to base 2, which measures in bits",
        "group": "B",
    }


def test_the_table_has_a_line_a_student_and_a_line_a_question(key: Path) -> None:
    out = run("grade", key, "-", stdin=ANSWERS).out

    assert [line.split() for line in out.splitlines()[1:5]] == [
        ["student", "right", "wrong", "missing", "unreadable", "points", "of", "6"],
        ["anna", "3", "0", "0", "0", "6"],
        ["ben", "0", "2", "0", "1", "0"],
        ["carl", "0", "1", "2", "0", "0"],
    ]
    assert "q1        33 %         base-2             1 of 1 wrong  the logarithm was taken to base 2" in out


def test_the_exit_code_says_whether_all_are_right(key: Path) -> None:
    right = "student,question,answer\n" + "".join(f"anna,{q},{a}\n" for q, a in (("q1", "0.36"), ("q2", "0.522")))
    gradient = 'anna,q3,"-0.05,0.075,0.1,-0.075"\n'

    assert run("grade", key, "-", stdin=right + gradient).code == 0
    assert run("grade", key, "-", stdin=right).code == 1  # one is missing
    quiet = run("grade", key, "-", "-q", stdin=right)
    assert (quiet.code, quiet.out, quiet.err) == (1, "0.6666666666666666\n", "")  # the share of right answers


def test_paths_are_relative_to_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "preds.csv").write_text("label,prob\n1,0.5\n0,0.5\n")
    (folder / "y.txt").write_text("1\n0\n")
    (folder / "p.txt").write_text("0.5\n0.5\n")
    (folder / "key.tsv").write_text(
        "question\tcommand\na\tbce preds.csv\nb\tbce y.txt p.txt -r sum\nc\tbce 1,0 p.txt\n"
    )
    (tmp_path / "preds.csv").write_text("label,prob\n1,0.9\n")
    monkeypatch.chdir(tmp_path)

    result = run("grade", "course/key.tsv", "-", stdin="student,question,answer\nx,a,0.6931\nx,b,1.3863\nx,c,ln(2)\n")

    assert result.code == 0, result


def test_gradients_by_parameters_and_losses_of_rows_are_questions(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,0\n2,1\n3,1\n")
    command = "grad bce t.csv -y y --wrt params -x x"
    (tmp_path / "key.csv").write_text(f'question,command\ng,{command}\nr,"bce 1,0 0.5,0.25 -r none"\n')
    x, y = np.array([[1, 1], [1, 2], [1, 3]]), np.array([0, 1, 1])
    gradient = ";".join(f"{value:.6f}" for value in x.T @ (0.5 - y) / 3)

    result = run(
        "grade", tmp_path / "key.csv", "-", stdin=f"student,question,answer\na,g,{gradient}\na,r,0.6931 0.2877\n"
    )

    assert result.code == 0, result


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("fit bce x.csv", "question 'q': a fit as a question needs --steps"),
        (
            "fit temperature x.csv",
            f"can't be a question; use {', '.join(LOSSES)}, grad of one of them, or fit with --steps",
        ),
        ("rm -rf .", "can't be a question"),
        ("bce 1 0.5; touch x", "'bce 1 0.5; touch x'"),
        ("bce absent.csv", "absent.csv: no such file"),
        ("bce 1,0 0.5,0.5 --expect 1", "--expect, --explain and --fail-above are not for questions"),
        ("bce -", "a question can't read standard input"),
        ("bce", "give data; a question can't read standard input"),
        ("grad bce -y a -p b", "give data; a question can't read standard input"),
        ("bce 1,0 0.5,0.5 --nonsense", "no such option: --nonsense"),
        ("bce 1,0 '0.5", "the command line can't be read"),
        ("bce 1,0 0.5,2", "2 is not a probability"),
        ("", "can't be a question"),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_line(tmp_path: Path, command: str, said: str) -> None:
    path = tmp_path / "key.csv"
    path.write_text(f'question,command\nq,"{command}"\n')

    line = refusal("grade", path, "-", stdin="student,question,answer\na,q,1\n")

    assert line.startswith(f"{path}:2: question 'q': ") and (said.split(": ")[-1] in line or "touch" in said)
    assert not (tmp_path / "x").exists() and not Path("x").exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("student,question\na,q1\n", "<stdin>: no column 'answer'; the columns are 'student', 'question'"),
        ("student,question,answer\na,q9,1\n", "<stdin>:2: question 'q9' is not in "),
        ("student,question,answer\na,q1,0,5\n", "<stdin>:2: 4 cells, expected 3; quote a cell"),
        ("", "<stdin>: the input is empty"),
        ("student,question,answer\n", "<stdin>: no answers"),
        ("student,question,answer\n,q1,1\n", "<stdin>:2: no student"),
    ],
)
def test_answers_that_fit_no_question_are_refused_with_their_line(key: Path, answers: str, said: str) -> None:
    assert refusal("grade", key, "-", stdin=answers).startswith(said)


def test_what_makes_no_sense_is_refused(key: Path) -> None:
    assert refusal("grade", key) == "give two tables: KEY and ANSWERS"
    assert "'-' for one argument only" in refusal("grade", "-", "-")
    twice = "question,command\nq,bce 1 0.5\nq,bce 1 0.5\n"
    assert refusal("grade", "-", key, stdin=twice) == "<stdin>:3: question 'q' occurs twice"
    points = 'question,command,points\nq,"bce 1,0 0.5,0.5",many\n'
    assert "column 'points': 'many' is not a number from 0 to 1e+12" in refusal("grade", "-", key, stdin=points)
    many = points.replace("many", "1e308")  # two of these are no float
    assert "column 'points': '1e308' is not a number from 0 to 1e+12" in refusal("grade", "-", key, stdin=many)


# --- blemishes --------------------------------------------------------------------------------------------------------
def notes_of(text: str) -> list[str]:
    return [line.removeprefix("note: ") for line in text.splitlines() if line.startswith("note: ")]


def test_one_run_grades_what_can_be_graded_and_lists_every_blemish(key: Path) -> None:
    answers = """# exported on Monday
student,question,answer
anna,Q1,0.36
Anna,q2,0.522
anna,q 3,"-0.05,0.075,0.1,-0.075"
ben,q1,0.9
ben,q1,0.36
ben,q9,1
carl,q9,2
carl,q1,0,36
,q1,0.36
"""
    result = run("grade", key, "-", stdin=answers)

    assert result.code == 1
    assert notes_of(result.out) == [
        "<stdin>:10: 4 cells, expected 3; quote a cell that has the delimiter in it",
        "<stdin>: line 1 is a comment",
        "<stdin>: question 'Q1' is read as 'q1'",
        "<stdin>: student 'Anna' is read as 'anna'",
        "<stdin>: question 'q 3' is read as 'q3'",
        "<stdin>:7: 'ben' answers 'q1' again; <stdin>:6 does not count",
        "<stdin>:11: no student; the line is left out",
        f"<stdin>:8: question 'q9' is not in {key}; 2 answers are left out",
    ]
    assert [line.split() for line in result.out.splitlines()[2:4]] == [
        ["anna", "3", "0", "0", "0", "6"],
        ["ben", "1", "0", "2", "0", "2"],
    ]


def test_an_empty_second_answer_takes_none_away(key: Path) -> None:
    answers = "student,question,answer\nanna,q1,0.36\nanna,q1,\nben,q1,\nben,q1,0.36\n"
    result = run("grade", key, "-", "-f", "csv", stdin=answers)

    assert [one["verdict"] for one in lines_of(result.out) if one["question"] == "q1"] == ["right", "right"]
    assert result.err == ""


def test_formats_without_a_place_for_notes_leave_them_to_standard_error(key: Path) -> None:
    answers = "student,question,answer\nanna,Q1,0.36\n"

    for form in ("csv", "tsv", "json"):
        assert "question 'Q1' is read as 'q1'" in run("grade", key, "-", "-f", form, stdin=answers).err


def test_a_percentage_is_a_tolerance_of_the_right_answer(tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    path.write_text('question,command,tolerance\nq,"bce 1,0,0,1 0.8,0.3,0.4,0.7",1%\n')

    result = run("grade", path, "-", stdin="student,question,answer\na,q,0.3653\nb,q,0.3656\n")

    assert [line.split()[1] for line in result.out.splitlines()[2:4]] == ["1", "0"]  # 0.0036183 is allowed
    assert notes_of(result.out) == [f"{path}:2: question 'q': the tolerance 1% of the right answer is 0.0036183"]


def test_a_broken_key_is_refused_with_all_its_broken_questions(tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    path.write_text('question,command\na,"bce 1 0.5"\nb,rm x\nc,"bce 1,0 0.5,2"\nA,"bce 1 0.5"\n')

    line = refusal("grade", path, "-", stdin="student,question,answer\na,a,1\n")

    assert line.startswith(f"{path}:3: question 'b': 'rm x' can't be a question")
    assert f"; {path}:4: question 'c': row 2: 2 is not a probability" in line
    assert line.endswith(f"; {path}:5: question 'A' occurs twice")


def test_a_line_of_the_key_with_too_many_cells_is_a_broken_question(tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    path.write_text("# week 3\nquestion,command\na,bce 1 0.5\nb,bce 1,0 0.5,0.2\n")

    line = refusal("grade", path, "-", stdin="student,question,answer\na,a,0.69\n")

    assert line == f"{path}:4: 4 cells, expected 2; quote a cell that has the delimiter in it"


def test_a_column_of_the_answers_that_has_the_new_name_of_another_keeps_it(key: Path) -> None:
    table = "student,q1,points,answers.points\nanna,0.36,a,b\n"

    found = lines_of(run("grade", key, "-", "-f", "csv", stdin=table).out)

    assert (found[0]["points"], found[0]["answers.answers.points"], found[0]["answers.points"]) == ("2", "a", "b")


def test_a_table_with_a_column_for_each_question_is_read(key: Path) -> None:
    wide = 'student,group,Q1,q2,q3\nanna,A,0.36,0.52,"-0.05,0.075,0.1,-0.075"\nben,B,0.522,,\n'

    found = lines_of(run("grade", key, "-", "-f", "csv", stdin=wide).out)

    assert [(one["student"], one["question"], one["verdict"], one["group"]) for one in found] == [
        ("anna", "q1", "right", "A"),
        ("anna", "q2", "right", "A"),
        ("anna", "q3", "right", "A"),
        ("ben", "q1", "wrong", "B"),
        ("ben", "q2", "missing", "B"),
        ("ben", "q3", "missing", "B"),
    ]


def test_a_table_with_a_column_for_each_question_needs_one_of_students(key: Path) -> None:
    said = refusal("grade", key, "-", stdin="name,q1,q2\nanna,0.36,0.52\n")

    assert said == "<stdin>: no column 'student'; the columns are 'name', 'q1', 'q2'"


def test_a_source_with_the_name_of_a_class_is_the_file_if_there_is_one(here: Path) -> None:
    write("p.csv", "prob\n0.8\n0.3\n")
    write("key.csv", 'question,command\na,bce spam 0.8 --positive spam\nb,"ce dog 0.2,0.8 --classes cat,dog"\n')
    answers = "student,question,answer\nann,a,0.2231\nann,b,0.2231\n"
    assert run("grade", "key.csv", "-", stdin=answers).code == 0
    write("spam", "label\nspam\nham\n")
    write("dog", "label\ncat\ndog\n")
    write("q.csv", "cat,dog\n0.8,0.2\n0.3,0.7\n")
    write("key.csv", 'question,command\na,bce spam p.csv --positive spam\nb,"ce dog q.csv --classes cat,dog"\n')
    assert run("grade", "key.csv", "-", stdin="student,question,answer\nann,a,0.2899\nann,b,0.2899\n").code == 0


def test_columns_of_the_answers_overwrite_none_of_the_grades(key: Path) -> None:
    answers = "student,points,question,verdict,answer,room\nanna,99,q1,fine,0.36,7\n"

    result = run("grade", key, "-", "-f", "csv", stdin=answers)
    first = run("grade", key, "-", "-f", "json", stdin=answers).json[0]

    lines = list(csv.reader(io.StringIO(result.out)))
    assert lines[0][7:] == ["answers.points", "answers.verdict", "room"]
    assert lines[1][3:5] == ["right", "2"] and lines[1][7:] == ["99", "fine", "7"]
    assert {len(line) for line in lines} == {10}
    assert (first["points"], first["answers.points"], first["verdict"]) == (2, "99", "right")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|x", "'+cmd|x"),
        ("+1+cmd", "'+1+cmd"),
        ("+1-2", "'+1-2"),
        ("+.5", "+.5"),
        ("+1e-5", "+1e-5"),
        ("-ln(0.7)", "'-ln(0.7)"),
        ("-0.36", "-0.36"),
        ("+0.36", "+0.36"),
        ("0.36", "0.36"),
    ],
)
def test_cells_that_a_spreadsheet_would_run_are_defused(key: Path, typed: str, written: str) -> None:
    answers = f"student,question,answer,remark\nanna,q1,{typed},{typed}\n"

    line = lines_of(run("grade", key, "-", "-f", "csv", stdin=answers).out)[0]

    assert (line["answer"], line["remark"]) == (written, written)
    assert run("grade", key, "-", "-f", "json", stdin=answers).json[0]["answer"] == typed


# --- a class ----------------------------------------------------------------------------------------------------------

Y, P = np.array([1.0, 0, 1, 1, 0, 0, 1]), np.array([0.83, 0.27, 0.64, 0.91, 0.38, 0.16, 0.72])
LOSS = -(Y * np.log(P) + (1 - Y) * np.log(1 - P))
Q = np.array([[0.7, 0.2, 0.1], [0.15, 0.25, 0.6], [0.3, 0.45, 0.25], [0.5, 0.4, 0.1]])
LABEL = np.array([0, 2, 1, 1])
HIT = Q[np.arange(4), LABEL]
W = np.array([1.0, 2, 0.5, 1.5, 3, 1, 2])


def listed(values: np.ndarray) -> str:
    return ",".join(f"{value:g}" for value in values)


MATRIX = ";".join(map(listed, Q))
COMMANDS = {
    "mean": f"bce {listed(Y)} {listed(P)}",
    "sum": f"bce {listed(Y)} {listed(P)} -r sum",
    "bits": f"bce {listed(Y)} {listed(P)} --base 2",
    "weights": f"bce {listed(Y)} {listed(P)} -w {listed(W)}",
    "classes": f"ce {listed(LABEL)} '{MATRIX}'",
    "nll": f"nll {listed(P)}",
    "gradient": f"grad bce {listed(Y)} {listed(P)} --wrt logits",
    "slope": f"grad bce {listed(Y)} {listed(P)}",
}
RIGHT = {
    "mean": LOSS.mean(),
    "sum": LOSS.sum(),
    "bits": LOSS.mean() / log(2),
    "weights": (W * LOSS).sum() / W.sum(),
    "classes": -np.log(HIT).mean(),
    "nll": -np.log(P).mean(),
    "gradient": (P - Y) / 7,
    "slope": (P - Y) / P / (1 - P) / 7,
}
PLANTED = {
    "mean": [
        ("sum", LOSS.sum()),
        ("base-2", LOSS.mean() / log(2)),
        ("base-10", LOSS.mean() / log(10)),
        ("negated", -LOSS.mean()),
        ("positives-only", -(Y * np.log(P)).mean()),
        ("classes-swapped", -(Y * np.log(1 - P) + (1 - Y) * np.log(P)).mean()),
        ("brier", ((P - Y) ** 2).mean()),
        ("row-omitted", LOSS[:3].sum() / 7 + LOSS[4:].sum() / 7),
        ("row-flipped", (LOSS.sum() - LOSS[1] - log(0.27)) / 7),
        ("positives-only-and-sum", -(Y * np.log(P)).sum()),
    ],
    "sum": [("mean", LOSS.mean()), ("row-doubled", LOSS.sum() + LOSS[2]), ("base-2", LOSS.sum() / log(2))],
    "bits": [("base-e", LOSS.mean()), ("row-sign", (LOSS.sum() - 2 * LOSS[4]) / 7 / log(2))],
    "weights": [("weights-ignored", LOSS.mean()), ("weights-over-n", (W * LOSS).mean())],
    "classes": [
        ("mean-over-cells", -np.log(HIT).mean() / 3),
        ("labels-off-by-one", -np.log(Q[np.arange(4), (LABEL + 1) % 3]).mean()),
        ("all-classes", -np.log(Q).sum(axis=1).mean()),
        ("log-of-mean", -log(HIT.mean())),
    ],
    "nll": [("log-likelihood", np.log(P).sum()), ("likelihood", P.prod()), ("perplexity", np.exp(-np.log(P).mean()))],
    "gradient": [("negated", (Y - P) / 7), ("not-averaged", P - Y), ("squared-error", (P - Y) * P * (1 - P) / 7)],
    "slope": [("by-logits", (P - Y) / 7), ("first-term-only", -Y / P / 7)],
}


def made_class() -> tuple[str, dict[tuple[str, str], str]]:
    """The answers of 30 students to 8 questions, a third of them wrong, and the mistakes behind these."""
    rng = np.random.default_rng(3)
    rows, planted = ["student,question,answer"], {}
    for number in range(30):
        for question, right in RIGHT.items():
            student, value = f"s{number:02}", right
            if rng.random() < 0.35:
                name, value = PLANTED[question][int(rng.integers(len(PLANTED[question])))]
                planted[student, question] = name
            text = ",".join(f"{one:.6g}" for one in np.atleast_1d(value))
            rows.append(f'{student},{question},"{text}"')
    return "\n".join(rows) + "\n", planted


def test_every_mistake_planted_in_a_class_is_named(tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    key.write_text("question,command\n" + "".join(f'{name},"{command}"\n' for name, command in COMMANDS.items()))
    answers, planted = made_class()

    found = lines_of(run("grade", key, "-", "-f", "csv", stdin=answers).out)

    assert len(found) == 240 and 60 < len(planted) < 110
    for one in found:
        name = planted.get((one["student"], one["question"]))
        assert one["verdict"] == ("right" if name is None else "wrong"), one
        assert name is None or name in one["consistent_with"].split(), one


def test_a_table_of_answers_in_another_encoding_is_read_as_it_is_told(here: Path) -> None:
    write("key.csv", 'question,command\nq1,"bce 1 0.8"\n')
    write("answers.csv", "student,question,answer\nJosé,q1,0.223\n".encode("cp1252"))

    result = run("grade", "key.csv", "answers.csv", "--encoding", "cp1252", "-f", "csv")

    assert result.code == 0 and "\nJosé,q1,0.223,right,1," in result.out, result
    assert "UTF-8" in refusal("grade", "key.csv", "answers.csv")


def test_every_source_of_a_question_is_found_beside_its_key(here: Path) -> None:
    Path("there").mkdir()
    write("there/y.csv", "label\n1\n0\n0\n1\n")
    write("there/p.csv", "prob\n0.8\n0.3\n0.4\n0.7\n")
    write("there/w.csv", "w\n1\n2\n3\n4\n")
    write("there/f.csv", "x,y\n0.5,1\n-1,0\n2,1\n0.1,0\n")
    questions = {
        "a": "bce y.csv p.csv",
        "b": "bce y.csv p.csv -w w.csv",
        "c": '"bce 1,0,0,1 0.8,0.3,0.4,0.7 -w w.csv"',
        "d": "grad bce y.csv p.csv -w w.csv --wrt logits",
        "e": "fit bce f.csv -y y -x x --steps 1 --test f.csv",
    }
    write("there/key.csv", "question,command\n" + "".join(f"{name},{command}\n" for name, command in questions.items()))
    for name, command in questions.items():
        words = command.strip('"').split()
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir("there")
            right = run(*words, "-q").out.strip().replace("\n", ",")
        write("answers.csv", f'student,question,answer\nann,{name},"{right}"\n')
        found = run("grade", "there/key.csv", "answers.csv", "-f", "csv").out
        assert list(csv.reader(found.splitlines()))[1][:4] == ["ann", name, right, "right"], name


def test_a_source_that_is_not_there_is_looked_for_beside_the_key(here: Path) -> None:
    Path("there").mkdir()
    write("there/key.csv", "question,command\nq,bce none.csv\n")
    assert "there/none.csv: no such file" in refusal("grade", "there/key.csv", "-", stdin="student,question,answer\n")


def test_the_commonest_mistake_has_its_own_meaning_whoever_answered_first(here: Path) -> None:
    write("key.csv", 'question,command\nq,"bce 1,0,0,1 0.8,0.3,0.4,0.7"\n')
    write("answers.csv", "student,question,answer\na,q,1.44732\nb,q,0.522010\nc,q,0.522010\nd,q,-0.361830\n")

    lines = run("grade", "key.csv", "answers.csv").out.splitlines()
    line = next(line for line in lines if line.startswith("q ") and "%" in line)
    assert "base-2" in line and "2 of 4 wrong" in line and "base 2" in line and "added up" not in line

    # 0.1 may be the Brier score too, but is likelier the term of label 1 alone
    write("answers.csv", "student,question,answer\na,q,0.1\nb,q,0.0950\nc,q,0.0950\n")
    lines = run("grade", "key.csv", "answers.csv").out.splitlines()
    line = next(line for line in lines if line.startswith("q ") and "%" in line)
    assert "brier" in line and "2 of 3 wrong" in line and "Brier" in line


def test_the_commonest_mistake_is_counted_by_the_likeliest_of_each_answer(key: Path) -> None:
    """Both answers may be a standard deviation too, but something else is likelier for each."""
    result = run("grade", key, "-", stdin="student,question,answer\nanna,q1,0.10\nben,q1,0.12\n")

    line = next(line for line in result.out.splitlines() if line.startswith("q1 "))
    assert line.split()[:6] == ["q1", "0", "%", "brier", "1", "of"]


def test_what_a_wrong_answer_means_is_said_where_something_is_known(key: Path) -> None:
    for typed, meaning in (
        ("0.7712", ""),
        ("0", "no significant digit, but the answer is not 0"),
        ("0.00", "no significant digit, but the answer is not 0"),
        ("0.36 bits", "the answer is asked for in another unit than bits"),
        ("0.3619", ""),
        ("inf", ""),
        ("0,36", "'0,36' is not a number; write the decimal comma as a point"),
        ("0.5.2", "'0.5.2' is not a number"),
        ("1,2", "'1,2' is not a number; write the decimal comma as a point"),
    ):
        found = run("grade", key, "-", "-f", "json", stdin=f'student,question,answer\nanna,q1,"{typed}"\n').json[0]
        unreadable = "is not a number" in meaning
        assert found["verdict"] == ("unreadable" if unreadable else "wrong"), typed
        assert (found["points"], found["consistent_with"], found["meaning"]) == (0, [], meaning), typed


def test_more_digits_are_asked_for_in_the_meaning(here: Path) -> None:
    labels, preds = ",".join("10" * 20), ",".join(f"{0.5 + 0.01 * at:.2f}" for at in range(40))
    write("key.csv", f'question,command\nq,"bce {labels} {preds}"\n')

    found = run("grade", "key.csv", "-", "-f", "json", stdin="student,question,answer\na,q,0.85\n").json[0]

    assert found["consistent_with"] == [] and found["meaning"].endswith("type more digits to tell them apart")


def test_columns_of_the_key_and_the_answers_that_are_not_for_grading_do_no_harm(here: Path) -> None:
    write("key.csv", 'question,answer,command,remark\nq1,0.36,"bce 1,0,0,1 0.8,0.3,0.4,0.7",easy\nq2,1,bce 1 0.5,\n')
    write("long.csv", "student,question,answer,q2,Q1\nanna,q1,0.36,5,6\nanna,q2,0.693,7,8\n")
    write("wide.csv", "student,Q1,room,q2\nanna,0.36,7,0.693\n")

    found = run("grade", "key.csv", "long.csv", "-f", "json")
    assert found.code == 0 and [(one["question"], one["q2"], one["Q1"]) for one in found.json] == [
        ("q1", "5", "6"),
        ("q2", "7", "8"),
    ]
    found = run("grade", "key.csv", "wide.csv", "-f", "json")
    assert found.code == 0 and [(one["question"], one["room"]) for one in found.json] == [("q1", "7"), ("q2", "7")]
    said = refusal("grade", "long.csv", "key.csv")
    assert said == "long.csv holds answers, not commands; KEY comes first, then ANSWERS"
    write("none.csv", "question,remark\nq1,5\n")
    said = refusal("grade", "none.csv", "long.csv")
    assert said == "none.csv: no column 'command'; the columns are 'question', 'remark'"


def test_points_and_tolerances_are_as_the_key_has_them(here: Path) -> None:
    """A percentage is one of the right answer, of a list of its largest number: of 0.36183, and of 0.416667."""
    right = {"half": "0.5", "none": "0", "whole": "2.0", "large": "1e3", "usual": ""}
    lines = [f'{name},"bce 1,0,0,1 0.8,0.3,0.4,0.7",{points}\n' for name, points in right.items()]
    write("key.csv", "question,command,points\n" + "".join(lines))
    write("answers.csv", "student,question,answer\n" + "".join(f"ann,{name},0.36\n" for name in right))
    found = run("grade", "key.csv", "answers.csv", "-f", "json").json
    assert [one["points"] for one in found] == [0.5, 0, 2, 1000, 1]
    assert "points of 1003.5" in run("grade", "key.csv", "answers.csv").out

    bce = "bce 1,0,0,1 0.8,0.3,0.4,0.7"
    for tolerance, option, marks in (
        ("", "", ("right", "wrong", "wrong")),
        ("0.05", "", ("right", "right", "wrong")),
        ("0.05", " --tolerance 0.2", ("right", "right", "wrong")),
        ("", " --tolerance 0.2", ("right", "right", "right")),
        ("15%", "", ("right", "right", "wrong")),
        ("50%", "", ("right", "right", "right")),
        ("0%", "", ("right", "wrong", "wrong")),
        ("0", " --tolerance 0.2", ("right", "wrong", "wrong")),
        ("0%", " --tolerance 0.2", ("right", "wrong", "wrong")),
    ):
        write("key.csv", f'question,command,tolerance\nq,"{bce}{option}",{tolerance}\n')
        write("answers.csv", "student,question,answer\na,q,0.3618\nb,q,0.4000\nc,q,0.5000\n")
        found = run("grade", "key.csv", "answers.csv", "-f", "json").json
        assert tuple(one["verdict"] for one in found) == marks, (tolerance, option)
    write("key.csv", f'question,command,tolerance\ng,"grad {bce}",10%\n')  # 0.0416667
    write(
        "answers.csv",
        'student,question,answer\na,g,"-0.3525,0.3571,0.4167,-0.3971"\nb,g,"-0.3545,0.3571,0.4167,-0.3571"\n',
    )
    found = run("grade", "key.csv", "answers.csv", "-f", "json").json
    assert [one["verdict"] for one in found] == ["right", "wrong"]


@pytest.mark.parametrize("cell", ["-1", "nan", "inf", "1e13", "many", "-5%", "1%%", "0x1", "1,5"])
def test_what_is_no_number_of_points_or_tolerance_is_refused(cell: str, here: Path) -> None:
    for column in ("points", "tolerance"):
        write("key.csv", f'question,command,{column}\nq,bce 1 0.5,"{cell}"\n')
        said = f"key.csv:2: question 'q': column '{column}': '{cell}' is not a number from 0 to 1e+12"
        assert refusal("grade", "key.csv", "-", stdin="student,question,answer\na,q,1\n") == said


def test_words_of_a_question_that_are_labels_are_no_paths(here: Path) -> None:
    Path("there").mkdir()
    write("there/p.csv", "cat,dog\n0.7,0.3\n")
    write("there/cat", "label\ndog\n")
    questions = {
        "a": "bce yes 0.8 --positive yes",
        "b": "ce dog 0.7,0.3 --classes dog,cat",
        "c": "ce cat p.csv --classes cat,dog",  # there is a file of this name
        "d": "ce dog,dog '0.7,0.3;0.3,0.7' --classes cat,dog",
        "e": "losscli bce 1 0.8",
    }
    write("there/key.csv", "question,command\n" + "".join(f'{q},"{command}"\n' for q, command in questions.items()))
    right = {"a": -log(0.8), "b": -log(0.7), "c": -log(0.3), "d": -(log(0.3) + log(0.7)) / 2, "e": -log(0.8)}
    write("answers.csv", "student,question,answer\n" + "".join(f"ann,{q},{value:.6f}\n" for q, value in right.items()))

    found = run("grade", "there/key.csv", "answers.csv", "-f", "json")

    assert [one["verdict"] for one in found.json] == ["right"] * 5, found


def test_a_line_of_the_key_without_a_name_is_a_broken_question(here: Path) -> None:
    write("key.csv", 'question,command\nq,bce 1 0.5\n,bce 1 0.8\n"  ",bce 1 0.8\n')

    line = refusal("grade", "key.csv", "-", stdin="student,question,answer\na,q,0.69\n")

    assert line == "key.csv:3: no question; key.csv:4: no question"


def test_comments_may_have_quotes_and_delimiters(here: Path) -> None:
    write("key.csv", '# week 3, "hard"\nquestion,command\n# a, "b" c\nq1,"bce 1,0 0.9,0.2"\n  # the end, "\n')
    write("a.csv", '# due Monday, "late" is half\nstudent,question,answer\n"# by hand, all"\nann,q1,0.164252\n')

    result = run("grade", "key.csv", "a.csv", "-f", "csv")

    assert [(one["student"], one["verdict"]) for one in lines_of(result.out)] == [("ann", "right")]
    assert result.err.splitlines() == [
        "losscli grade: key.csv: lines 1, 3, 5 are comments",
        "losscli grade: a.csv: lines 1, 3 are comments",
    ]


@pytest.mark.parametrize("error", ["#N/A", "#n/a ", "#REF!", '"#VALUE!"'])
def test_an_error_of_a_spreadsheet_is_no_comment(error: str, here: Path) -> None:
    write("key.csv", "question,command\nq1,bce 1 0.5\n")
    for char in (",", ";", "\t"):
        write("a.csv", f"student,question,answer\n{error},q1,0.6931\nann,q1,0.6931\n".replace(",", char))

        result = run("grade", "key.csv", "a.csv", "-f", "csv")

        graded = {one["student"]: one["verdict"] for one in lines_of(result.out)}
        assert (graded, result.err) == ({error.strip('" '): "right", "ann": "right"}, ""), char


def test_a_cell_over_several_lines_may_have_one_that_begins_as_a_comment_does(here: Path) -> None:
    write("key.csv", 'question,command\nq1,"bce 1,0 0.9,0.2"\n')
    write("a.csv", 'student,question,answer,why\nann,q1,0.164252,"see\n# 3, ""b"""\n')

    assert run("grade", "key.csv", "a.csv", "-f", "json").json[0]["why"] == 'see\n# 3, "b"'


def test_a_record_over_several_lines_is_named_by_the_first(here: Path) -> None:
    write("key.csv", 'question,command\nq1,"bce 1,0 0.9,0.2"\n')
    write("a.csv", 'student,question,answer,why\ncid,q9,1,"p\nq"\nann,q1,0.164252,x\n\nann,q1,1\n')

    err = run("grade", "key.csv", "a.csv", "-f", "csv").err

    assert "a.csv:2: question 'q9' is not in key.csv" in err and "a.csv:6: 3 cells, expected 4" in err
    write("key.csv", 'question,command,why\n# "\nq1,"bce 1,0 0.9,0.2","p\nq"\n"q\n2",rm x,z\n')
    assert refusal("grade", "key.csv", "a.csv").startswith("key.csv:5: question 'q\\n2': 'rm x' can't be a question")


def test_quotes_that_are_unsound_are_named_by_the_line_of_their_record(here: Path) -> None:
    head = 'question,command\n# "\n'
    for text, said in (
        ('q1,"bce" 1,0\n', "key.csv:3: text follows a closing quote"),
        ('q1,"bce 1 0.5"\nq2,"p\nq\n', "key.csv:4: a quote that opens here is never closed"),
    ):
        write("key.csv", head + text)
        assert refusal("grade", "key.csv", "-", stdin="student,question,answer\na,q1,1\n") == said
