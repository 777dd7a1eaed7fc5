"""Laws of commands and of what they print: an option is what its words say, alone and beside others."""

import json
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from conftest import answer, record, refusal, run, write
from samples import BINARY, CLASSES, FEATURES
from test_blocks import blocks, same

from losscli.output import people

pytestmark = pytest.mark.usefixtures("here")

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")


# --- fit --------------------------------------------------------------------------------------------------------------
def test_standardized_features_are_those_that_are_standardized_by_hand() -> None:
    rows = [line.split(",") for line in FEATURES.splitlines()[1:]]
    plain = np.array([[float(row[2]), float(row[3])] for row in rows])
    mean, deviation = plain.mean(axis=0), plain.std(axis=0)
    # without an intercept nothing takes up the mean, which stays
    for name, x in (("raw", plain), ("by_hand", (plain - mean) / deviation), ("divided", plain / deviation)):
        for part, low, high in (("", 0, 12), ("_test", 3, 9)):
            lines = [f"{row[0]},{row[1]},{a!r},{b!r},{row[4]}" for row, (a, b) in zip(rows, x.tolist(), strict=True)]
            write(f"{name}{part}.csv", "\n".join(["y,kind,a,b,w", *lines[low:high], ""]))
    for call in (
        "bce -y y --steps 3",
        "bce -y y --steps 3 --no-intercept",
        "bce -y y --method newton --l2 0.1 --no-intercept -w w",
        "ce -y kind --steps 2 -w w",
        "ce -y kind --steps 2 --no-intercept",
    ):
        loss, *options = call.split()
        args, by_hand = (*options, "-x", "a,b"), "divided" if "--no-intercept" in options else "by_hand"
        one, other = (
            record("fit", loss, f"{name}.csv", *args, "--test", f"{name}_test.csv", *more)
            for name, more in (("raw", ["--standardize"]), (by_hand, []))
        )
        for key in ("train_loss", "test_loss", "history", "test_history"):
            found, wanted = (np.array(_numbers(part.get(key))) for part in (one, other))
            assert found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-12, atol=1e-14), (call, key)
        theta = [np.array(_numbers([row["theta"] for row in part["parameters"]])) for part in (one, other)]
        assert np.allclose(*theta, rtol=1e-12, atol=1e-14), call


def _numbers(part: object) -> list[float]:
    """The numbers in a part of a record, in order."""
    if isinstance(part, dict):
        return [number for one in part.values() for number in _numbers(one)]
    if isinstance(part, list):
        return [number for one in part for number in _numbers(one)]
    return [float(part)] if isinstance(part, int | float) else []


def test_a_share_to_test_on_leaves_rows_on_both_sides_or_is_refused() -> None:
    write("f.csv", FEATURES)  # 12 rows
    for share in ("0.01", "0.04", "0.042", "0.05", "0.5", "0.9", "0.95", "0.958", "0.96", "0.99"):
        count = round(float(share) * 12)
        found = run("fit", "bce", "f.csv", "-y", "y", "-x", "a", "--steps", "1", "--test-size", share, "-f", "json")
        if 0 < count < 12:
            assert found.json["n"] == 12 - count and found.json["test_loss"] is not None, share
        else:
            assert found.err.startswith(f"losscli fit bce: --test-size: {share} of 12 rows leaves no rows"), share


def test_a_constant_column_needs_a_penalty_beside_an_intercept() -> None:
    write("f.csv", "y,a,b\n" + "1,0.5,2\n0,0.25,2\n1,-1,2\n0,1.5,2\n" * 2)
    args = ("fit", "bce", "f.csv", "-y", "y", "-x", "a,b", "--method", "newton")
    assert "column 'b' is constant" in refusal(*args)
    for options in ("--l2 0.1", "--no-intercept", "--l2 0.1 --no-intercept"):
        assert run(*args, *options.split(), "-q").code == 0, options
    for options in ("--l2 0.1", ""):
        assert "column 'b' is constant" in refusal(*args, "--standardize", *options.split()), options


# --- options beside each other ----------------------------------------------------------------------------------------
TABLES = ("--worst 2", "--by g", "--calibration 3", "--quantiles 0.5", "--show g", "--fail-if-worse", "-p q")


def test_a_format_of_one_table_takes_one_table() -> None:
    write("t.csv", BINARY)
    for count in (1, 2, 3):
        for options in combinations(TABLES, count):
            if ("--show g" in options and "--worst 2" not in options) or ("--fail-if-worse" in options) > (
                "-p q" in options
            ):
                continue  # these belong to another option
            words = [word for option in options for word in option.split()]
            tables = [option for option in options if option not in ("--show g", "--fail-if-worse")]
            found = run("bce", "t.csv", "-p", "p", *words, "-f", "csv")
            assert (found.code != 2) == (len(tables) == 1), options
            assert "separate tables; use -f json" in found.err or found.code != 2
            quiet = run("bce", "t.csv", "-p", "p", *words, "-q")
            assert (quiet.code != 2) == (tables == ["-p q"]), options


def test_probabilities_that_are_ends_by_rounding_are_read_where_something_clips_them() -> None:
    one = "0." + "9" * 20
    for text in (f"label,p\n1,0.5\n1,{one}\n", f'label,p\n1,0.5\n1,"{one}"\n'):
        write("t.csv", text)
        assert "as a float" in refusal("bce", "t.csv")
        for options in ("--eps 1e-7", "--like keras", "--like sklearn", "--like torch"):
            assert run("bce", "t.csv", *options.split(), "-q").code == 0, options


def test_class_weights_go_by_the_order_that_was_typed() -> None:
    write("t.csv", CLASSES)
    order, weight = ("cat", "dog", "emu"), {"cat": "1", "dog": "2", "emu": "5"}
    expected = answer("ce", "t.csv", "-p", "p_*", "--class-weight", "1,2,5")
    for first in range(3):
        typed = [*order[first:], *order[:first]]
        weights = ",".join(weight[name] for name in typed)
        for scope in ("ce", "nll"):
            assert answer(
                scope, "t.csv", "-p", ",".join(f"p_{name}" for name in typed), "--class-weight", weights
            ) == pytest.approx(expected, rel=1e-14)
        named = answer("ce", "t.csv", "-p", "p_*", "--classes", ",".join(order), "--class-weight", "1,2,5")
        assert named == pytest.approx(expected, rel=1e-14)


def test_a_model_that_is_as_good_is_not_worse() -> None:
    write("t.csv", "label,p,q,r\n1,0.8,0.8,0.6\n0,0.3,0.3,0.4\n1,0.6,0.6,0.5\n")
    for models, code in (("p q", 0), ("p r", 1), ("r p", 0), ("p q r", 1)):
        chosen = [word for model in models.split() for word in ("-p", model)]
        assert run("bce", "t.csv", *chosen, "--fail-if-worse").code == code, models
        assert run("bce", "t.csv", *chosen, "--fail-if-worse", "5").code == 0, models


# --- grade ------------------------------------------------------------------------------------------------------------
def test_columns_of_a_key_and_of_answers_are_found_in_any_letter_case() -> None:
    for change in (str.lower, str.upper, str.title):
        for mark in (",", ";", "\t"):
            lines = ["question,command,points,tolerance", "q,bce 1 0.5,3,0.1", "r,bce 1 0.25,2,"]
            write("key.csv", "\n".join([change(lines[0]), *lines[1:], ""]).replace(",", mark))
            lines = ["student,question,answer", "a,q,0.7", "b,q,0.9", "a,r,1.386", "b,r,1.386"]
            write("answers.csv", "\n".join([change(lines[0]), *lines[1:], ""]).replace(",", mark))
            found = json.loads(run("grade", "key.csv", "answers.csv", "-f", "json").out)
            text = json.dumps(found)
            assert text.count('"right"') >= 3, text


def test_the_tolerance_of_a_line_goes_before_that_of_its_command() -> None:
    answers = "student,question,answer\n" + "".join(
        f"{name},q,{0.6931 + off}\n" for name, off in (("a", 0.01), ("b", 0.2))
    )
    for tolerance, command, right in (
        ("", "", 0),
        ("0.1", "", 1),
        ("", " --tolerance 0.1", 1),
        ("0.1", " --tolerance 1e-6", 1),
        ("0.3", " --tolerance 0.1", 2),
        ("0.02", " --tolerance 0.5", 1),
    ):
        write("key.csv", f"question,command,tolerance\nq,bce 1 0.5{command},{tolerance}\n")
        lines = run("grade", "key.csv", "-", "-f", "csv", stdin=answers).out
        assert lines.count("right") == right, (tolerance, command, lines)


def test_a_column_for_each_question_is_a_line_for_each_answer() -> None:
    write("key.csv", "question,command\nq,bce 1 0.5\nr,bce 1 0.25\n")
    write("wide.csv", "student,group,q,r\na,x,0.693,1.386\nb,y,0.7,5\n")
    write("long.csv", "student,group,question,answer\na,x,q,0.693\na,x,r,1.386\nb,y,q,0.7\nb,y,r,5\n")
    for form in ("csv", "json", "table"):
        wide, long = (run("grade", "key.csv", name, "-f", form).out for name in ("wide.csv", "long.csv"))
        assert wide.replace("wide.csv", "long.csv") == long, form


# --- what is printed --------------------------------------------------------------------------------------------------
def test_rows_are_listed_up_to_a_hundred_however_they_are_cut() -> None:
    for count in (100, 130):
        write("t.csv", "label,p\n" + "".join(f"1,0.{at + 100}\n" for at in range(count)))
        whole = run("bce", "t.csv", "-r", "none")
        assert ("more row" in whole.out) == (count > 100)
        for size in (350, 800):
            with blocks(size, 60):
                assert run("bce", "t.csv", "-r", "none") == whole, (count, size)


def test_a_table_folds_where_the_screen_ends_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", BINARY)
    for args in (
        ("bce", "t.csv", "-p", "p", "--by", "g"),
        (*BCE, "-r", "none"),
        ("grad", "ce", "1,0", "0.2,0.5,0.3;0.1,0.6,0.3"),
    ):
        plain = run(*args).out
        widest = max(len(line) for line in plain.splitlines() if not line.startswith("note"))
        with patch.object(people, "is_terminal", lambda _: True):
            for width in (*range(24, 60, 9), widest - 1, widest, widest + 1, 200):
                monkeypatch.setenv("COLUMNS", str(width))
                found = run(*args).out
                assert set(found.split()) == set(plain.split()), (args, width)
                if width >= max(map(len, plain.splitlines())):
                    assert found == plain, (args, width)


def test_a_report_is_the_same_in_blocks_in_every_format() -> None:
    write("c.csv", CLASSES)
    for form in ("md", "tsv", "json"):
        for options in ("--by g", "--worst 4 --show g,w", "-r none", "--quantiles 0.1,0.9 -w w"):
            assert same("ce", "c.csv", "-p", "p_*", *options.split(), "-f", form).code == 0
    assert Path("c.csv").exists()
