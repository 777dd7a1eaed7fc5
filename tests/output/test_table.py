"""The table for people: its order, its decimal points, what it says once, its colours and its lines on a terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DATA, environment, process, record, run

from losscli.output.formats import markdown
from losscli.output.people import table
from losscli.output.report import Grid, Report

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")
IRIS = ("ce", str(DATA / "iris.csv"), "-y", "species")
GREEN, RED, YELLOW = "\x1b[32m", "\x1b[31m", "\x1b[33m"


def blocks(*args: str) -> list[list[str]]:
    """The lines of an answer below its title, in blocks."""
    body = run(*args).out.partition("\n")[2]
    return [block.splitlines() for block in body.strip("\n").split("\n\n")]


def names(block: list[str]) -> list[str]:
    return [line.split("  ")[0] for line in block]


def shown(*rows: tuple[object, ...], header: tuple[str, ...] = ()) -> list[str]:
    return table(Report("title", {}, (Grid(rows, header),)), 6).splitlines()[1:]


# --- order ------------------------------------------------------------------------------------------------------------


def test_the_answer_stands_first_and_apart() -> None:
    answer, spread, read = blocks(*BCE)

    assert names(answer) == ["mean", "sum"]
    assert names(spread) == [
        "n",
        "standard error",
        "lowest row loss",
        "highest row loss",
        "accuracy",
        "baseline",
        "normalized",
    ]
    assert names(read) == ["positive label"]


def test_what_was_read_stands_last_before_the_tables() -> None:
    answer, spread, read, classes = blocks(*IRIS)

    assert names(answer) == ["mean", "sum"] and names(spread)[-1] == "perplexity"
    assert names(read) == ["label column", "prediction column"]
    assert names(classes) == ["class", "setosa", "versicolor", "virginica"]


def test_an_interval_that_is_asked_for_stands_with_the_spread() -> None:
    spread = blocks(*BCE, "--ci", "0.9")[1]

    assert names(spread)[1:4] == ["standard error", "90 % CI low", "90 % CI high"]


@pytest.mark.parametrize("options", [("--by", "site"), ("-p", "old", "-p", "new")])
def test_groups_and_models_have_their_intervals(options: tuple[str, ...]) -> None:
    pair = ("-p", "old") if "--by" in options else ()

    told = run("bce", str(DATA / "clicks.csv"), "-y", "clicked", *pair, *options).out

    assert re.search(r"95 % CI low +high( |$)", told, re.MULTILINE)


# --- decimal points ---------------------------------------------------------------------------------------------------


def test_decimal_points_stand_below_each_other() -> None:
    lines = shown(("a", 0.5, "x"), ("b", -12.25, "y"), ("c", 150, "z"), ("d", 1e-9, ""))

    assert lines == ["a    0.5    x", "b  -12.25   y", "c  150      z", "d    1e-09"]


def test_each_block_has_its_own_decimal_point() -> None:
    assert shown(("a", 0.5, "x"), (), ("b", 1000, "y")) == ["a  0.5   x", "", "b  1000  y"]


def test_what_is_no_number_begins_where_the_column_does() -> None:
    assert shown(("a", None), ("b", 100.5), ("c", "word")) == ["a  undefined", "b  100.5", "c  word"]


def test_long_text_does_not_push_the_remarks_on_figures_away() -> None:
    lines = shown(("a", 0.5, "x"), (), ("columns", "one, two, three", ""))

    assert lines == ["a        0.5  x", "", "columns  one, two, three"]


def test_infinity_is_shown_beside_numbers() -> None:
    assert shown(("a", float("inf")), ("b", 10.5)) == ["a  inf", "b  10.5"]


def test_numbers_below_a_header_are_aligned_too() -> None:
    assert shown((9, 0.5), (10, -0.25), header=("row", "loss")) == ["row  loss", " 9    0.5", "10   -0.25"]


def test_markdown_has_no_empty_rows_for_blocks() -> None:
    told = markdown(Report("title", {}, (Grid((("a", 0.5, ""), (), ("b", 2, ""))),)), 6)

    assert told.splitlines()[2:] == ["| figure | value |  |", "| --- | --- | --- |", "| a | 0.5 |  |", "| b | 2 |  |"]


# --- once -------------------------------------------------------------------------------------------------------------


def test_an_undefined_figure_is_said_once_and_why() -> None:
    told = run("bce", "1,1", "0.5,0.6").out

    assert told.count("undefined") == 1 and told.count("with one label only") == 1 and "note:" not in told


@pytest.mark.parametrize("options", [(), ("--worst", "1")])
def test_machines_are_told_why_a_figure_is_undefined(options: tuple[str, ...]) -> None:
    found = record("bce", "1,1", "0.5,0.6", *options)

    assert "normalized is undefined: with one label only the baseline is 0" in found["notes"]


def test_a_long_list_of_columns_is_shortened(here: Path) -> None:
    columns = [f"probability_of_{at}" for at in range(30)]
    Path("t.csv").write_text(f"label,{','.join(columns)}\n0,{','.join(['1'] + ['0'] * 29)}\n")

    told = run("ce", "t.csv").out

    line = next(line for line in told.splitlines() if line.startswith("prediction column"))
    assert line == "prediction column  probability_of_0, ..., probability_of_29 (30)"
    assert record("ce", "t.csv")["columns"]["prob"] == columns


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_are_said_where_there_are_several(here: Path) -> None:
    for name in ("a", "b", "c"):
        Path(f"{name}.csv").write_text("label,prob\n1,0.8\n")
    Path("labels.txt").write_text("1\n0\n")
    Path("probs.txt").write_text("0.8\n0.4\n")

    assert "\nfiles              3 files, a.csv to c.csv\n" in run("bce", "*.csv").out
    assert re.search(r"\nfiles +labels\.txt, probs\.txt\n", run("bce", "labels.txt", "probs.txt").out)
    assert "\nfiles" not in run("bce", "a.csv").out


# --- colour and terminals ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "colour", "text"),
    [
        ((*BCE, "--expect", "0.3618"), GREEN, "right: "),
        ((*BCE, "--expect", "0.522"), RED, "wrong: "),
        (("grad", *BCE, "--expect", "1,2,3,4"), RED, "wrong: "),
        (("grad", *BCE, "--check"), GREEN, "row "),
        (("bce", "1", "0"), YELLOW, "note: the loss is infinite"),
    ],
)
def test_verdicts_and_notes_have_their_colours(args: tuple[str, ...], colour: str, text: str) -> None:
    told = process(*args, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"}).out

    assert colour + text in told
    assert re.sub("\x1b\\[[0-9;]*m", "", told) == run(*args).out


def on_terminal(*args: str, columns: int) -> list[str]:
    """The lines of an answer on a terminal so wide, without colour."""
    import pty

    master, slave = pty.openpty()
    env = {**environment(), "TERM": "xterm", "COLUMNS": str(columns)}
    subprocess.run([sys.executable, "-m", "losscli", *args], stdout=slave, env=env, timeout=60, check=False)
    os.close(slave)
    told = b""
    try:
        while piece := os.read(master, 4096):
            told += piece
    except OSError:
        pass  # what reading a terminal without a writer gives
    os.close(master)
    return re.sub("\x1b\\[[0-9;]*m", "", told.decode()).replace("\r\n", "\n").splitlines()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
@pytest.mark.parametrize("columns", [70, 80, 100])
def test_a_diagnosis_is_wrapped_at_words_on_a_terminal_and_not_in_a_pipe(columns: int) -> None:
    wrong = (*BCE, "--expect", "0.522")
    lines, plain = on_terminal(*wrong, columns=columns), run(*wrong).out

    assert max(map(len, lines)) <= columns < max(map(len, plain.splitlines()))
    assert "\n".join(lines).split() == plain.split()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_a_diagnosis_can_be_read_on_half_a_screen() -> None:
    lines = on_terminal(*BCE, "--expect", "0.522", columns=40)
    begin = next(at for at, line in enumerate(lines) if line.startswith("consistent with"))

    assert max(map(len, lines[begin:])) <= 40


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
@pytest.mark.parametrize(
    "command",
    [
        (*BCE, "--expect", "0.3333"),  # a long note
        (*BCE, "--expect", "0.361"),  # a long verdict
        ("grad", "ce", "1", "2,1", "--from", "logits", "--explain"),  # a long formula
    ],
)
def test_sentences_and_formulas_are_wrapped_at_words_too(command: tuple[str, ...]) -> None:
    lines, plain = on_terminal(*command, columns=72), run(*command).out

    assert max(map(len, lines)) <= 72 < max(map(len, plain.splitlines()))
    assert "\n".join(lines).split() == plain.split()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_a_table_is_never_cut_on_a_narrow_terminal() -> None:
    wrong = (*BCE, "--expect", "0.522")

    assert " ".join(on_terminal(*wrong, columns=20)).split() == run(*wrong).out.split()
