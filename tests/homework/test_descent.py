"""Typed parameters after some steps of gradient descent: right, or named by what went wrong; and steps that climb."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import refusal, run

X, Y = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]), np.array([0.0, 0.0, 1.0, 1.0])
START = np.array([0.5, -0.25])


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "homework.csv"
    path.write_text("hours,passed\n1,0\n2,0\n3,1\n4,1\n", encoding="utf-8")
    return str(path)


def gradient(theta: np.ndarray) -> np.ndarray:
    return np.asarray(X.T @ (1 / (1 + np.exp(-X @ theta)) - Y) / 4)


def after(steps: int, lr: float = 0.1, start: np.ndarray = START) -> np.ndarray:
    theta = start
    for _ in range(steps):
        theta = theta - lr * gradient(theta)
    return theta


def fit(table: str, typed: Any, *options: str) -> Any:
    text = typed if isinstance(typed, str) else ",".join(f"{x:.6g}" for x in typed)
    return run("fit", "bce", table, "-y", "passed", "-x", "hours", "--theta", "0.5,-0.25", f"--expect={text}", *options)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_parameters_after_some_steps_are_checked(table: str, steps: int) -> None:
    """One step from 0: each h is 1/2, the gradient is (0, -1/2), so that theta is (0, 0.05)."""
    assert fit(table, after(steps), "--steps", str(steps)).code == 0
    assert fit(table, after(steps) + 0.001, "--steps", str(steps)).code == 1
    command = ("fit", "bce", table, "-y", "passed", "-x", "hours", "--steps", "1")
    assert run(*command, "--expect", "0, 0.05").code == 0
    assert "right: all 2 numbers are" in run(*command, "--expect", "0, 0.05").out


def frozen_intercept(steps: int) -> np.ndarray:
    theta = START
    for _ in range(steps):
        theta = theta - 0.1 * gradient(theta) * [0.0, 1.0]
    return theta


def in_turn(steps: int) -> np.ndarray:
    theta = START.copy()
    for _ in range(steps):
        theta[0] -= 0.1 * gradient(theta)[0]
        theta[1] -= 0.1 * gradient(theta)[1]
    return theta


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("step-uphill", after(3, -0.1)),
        ("step-not-averaged", after(3, 0.4)),
        ("rate-left-out", after(3, 1.0)),
        ("start-left-out", after(3) - START),
        ("gradient-itself", gradient(START)),
        ("gradient-itself", gradient(after(2))),
        ("one-step-more", after(4)),
        ("one-step-less", after(2)),
        ("intercept-not-moved", frozen_intercept(3)),
        ("one-after-the-other", in_turn(3)),
    ],
)
def test_a_mistake_in_the_steps_is_named(table: str, id_: str, value: np.ndarray) -> None:
    result = fit(table, value, "--steps", "3", "-f", "json")

    assert result.code == 1
    assert [one["id"] for one in result.json["expect"]["consistent_with"]] == [id_]


def test_the_verdict_is_there_in_every_format(table: str) -> None:
    wrong = (table, after(3, -0.1), "--steps", "3")

    assert "consistent with" in fit(*wrong).out and "the steps went uphill" in fit(*wrong).out
    assert fit(*wrong, "-q").out == "" and fit(*wrong, "-q").code == 1
    assert fit(*wrong, "-f", "csv").code == 1 and "step-uphill" in fit(*wrong, "-f", "md").out
    hidden = fit(*wrong, "--hide-answer").out
    assert "the steps went uphill" in hidden and f"{after(3)[1]:.6g}" not in hidden


def test_a_list_of_another_length_is_refused(table: str) -> None:
    line = refusal("fit", "bce", table, "-y", "passed", "-x", "hours", "--steps", "1", "--expect", "1,2,3")

    assert line == "--expect gives 3 numbers, but the fit has 2 parameters"


def test_a_fit_with_steps_is_a_question_of_a_key(table: str) -> None:
    key = Path(table).parent / "key.csv"
    key.write_text('question,command\ng,"fit bce homework.csv -y passed -x hours --steps 1"\n')
    answers = 'student,question,answer\nanna,g,"0, 0.05"\nben,g,"0, -0.05"\n'

    found = run("grade", key, "-", "-f", "json", stdin=answers).json

    assert [one["verdict"] for one in found] == ["right", "wrong"]
    assert found[1]["consistent_with"] == ["step-uphill"]


def test_a_few_steps_that_climb_are_shown_with_their_curve_and_a_note(table: str) -> None:
    result = run("fit", "bce", table, "-y", "passed", "-x", "hours", "--lr", "9", "--steps", "2")
    first, last = (run("fit", "bce", table, "-y", "passed", "-x", "hours", "--lr", "9", "--steps", "2", "-f", "json")
                   .json["history"][at] for at in (0, -1))  # fmt: skip

    assert result.code == 0 and last > first
    assert f"the loss rose from {first:.6g} to {last:.6g} after 2 steps; --lr 9 is too" in result.out
    assert "would lower the loss further" not in result.out and "|*" in result.out


def test_many_steps_that_climb_are_refused_as_before(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("hours,passed\n1,1\n2,0\n3,1\n4,0\n", encoding="utf-8")

    line = refusal("fit", "bce", mixed, "-y", "passed", "-x", "hours", "--lr", "30", "--steps", "1001")

    assert "the loss rose from" in line


def test_json_has_the_parameters_after_each_step(table: str) -> None:
    found = run("fit", "bce", table, "-y", "passed", "-x", "hours", "--steps", "2", "-f", "json").json

    zero = np.zeros(2)
    expected = [after(count, start=zero) for count in range(3)]
    assert np.allclose(found["theta_history"], expected, rtol=1e-14, atol=1e-16)
    assert len(found["history"]) == 3


def test_a_table_of_parameters_names_the_mistakes_on_standard_error(table: str) -> None:
    result = fit(table, 2 * START - after(1), "--steps", "1", "-f", "csv")

    assert result.out.startswith("parameter,") and result.code == 1
    assert result.err.rstrip().endswith("; consistent with step-uphill")
