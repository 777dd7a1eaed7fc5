"""The table for people: its order, its decimal points, what it says once, its colours and its lines on a terminal."""

import re
from pathlib import Path

import pytest
from conftest import DATA, record, run, write
from terminal import on_terminal

from losscli.output.markdown import markdown
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
    told = run(*args, columns=300).out

    assert colour + text in told
    assert re.sub("\x1b\\[[0-9;]*m", "", told) == run(*args).out


def lines_on_terminal(*args: str, columns: int) -> list[str]:
    """The lines of an answer on a terminal so wide, without colour."""
    return re.sub("\x1b\\[[0-9;]*m", "", run(*args, columns=columns).out).splitlines()


@pytest.mark.parametrize("columns", [70, 80, 100])
def test_a_diagnosis_is_wrapped_at_words_on_a_terminal_and_not_in_a_pipe(columns: int) -> None:
    wrong = (*BCE, "--expect", "0.522")
    lines, plain = lines_on_terminal(*wrong, columns=columns), run(*wrong).out

    assert max(map(len, lines)) <= columns < max(map(len, plain.splitlines()))
    assert "\n".join(lines).split() == plain.split()


@pytest.mark.slow
def test_a_pseudo_terminal_is_sent_what_tests_take_for_a_terminal() -> None:
    for columns in (40, 100):
        for args in ((*BCE, "--expect", "0.522"), ("bce", "-h"), ("help", "files")):
            assert on_terminal(*args, columns=columns)[1] == run(*args, columns=columns).out, (columns, args)


def test_a_diagnosis_can_be_read_on_half_a_screen() -> None:
    lines = lines_on_terminal(*BCE, "--expect", "0.522", columns=40)
    begin = next(at for at, line in enumerate(lines) if line.startswith("consistent with"))

    assert max(map(len, lines[begin:])) <= 40


@pytest.mark.parametrize(
    "command",
    [
        (*BCE, "--expect", "0.3333"),  # a long note
        (*BCE, "--expect", "0.361"),  # a long verdict
        ("grad", "ce", "1", "2,1", "--from", "logits", "--explain"),  # a long formula
    ],
)
def test_sentences_and_formulas_are_wrapped_at_words_too(command: tuple[str, ...]) -> None:
    lines, plain = lines_on_terminal(*command, columns=72), run(*command).out

    assert max(map(len, lines)) <= 72 < max(map(len, plain.splitlines()))
    assert "\n".join(lines).split() == plain.split()


def test_a_table_of_numbers_folds_between_columns_and_each_part_begins_with_the_first(here: Path) -> None:
    (here / "groups.csv").write_text("label,prob,site\n1,0.8,oslo\n0,0.3,rome\n1,0.6,oslo\n0,0.1,rome\n")
    lines = lines_on_terminal("bce", str(here / "groups.csv"), "--by", "site", columns=40)
    tables = [block.splitlines() for block in "\n".join(lines).split("\n\n") if "\nsite" in f"\n{block}"]
    words = [word for table in tables for line in table[:-2] for word in line.split()]  # long names take two lines
    names = ["n", "sum", "(nats)", "mean", "standard", "error", "95", "%", "CI", "low", "high", "share"]
    assert sorted(words) == sorted([*["site"] * len(tables), *names])
    assert [[row.split()[0] for row in table[-2:]] for table in tables] == [["oslo", "rome"]] * 2
    assert max(map(len, lines)) <= 40


def test_names_of_columns_that_are_too_long_are_broken_before_a_table_folds() -> None:
    lines = lines_on_terminal("bce", str(DATA / "clicks.csv"), "-y", "clicked", "-p", "old", "--by", "site", columns=80)
    begin = next(at for at, line in enumerate(lines) if line.startswith("site"))

    assert lines[begin - 1].split() == ["sum", "standard", "95", "%", "CI"]
    assert lines[begin].split() == ["site", "n", "(nats)", "mean", "error", "low", "high", "share"]
    assert len(lines[begin + 1].split()) == 8 and max(map(len, lines[begin:])) <= 80
    assert not any(line.startswith("site") for line in lines[begin + 1 :])


def test_names_of_columns_are_broken_where_fewer_tables_are_enough_then() -> None:
    clicks = ("bce", str(DATA / "clicks.csv"), "-y", "clicked", "-p", "old")
    lines = lines_on_terminal(*clicks, "--calibration", "3", columns=40)

    assert len([line for line in lines if line.startswith("0 to 0.333333")]) == 3  # 5 with whole names
    assert max(map(len, lines)) <= 40


def test_a_table_is_never_cut_on_a_narrow_terminal() -> None:
    wrong = (*BCE, "--expect", "0.522")

    assert " ".join(lines_on_terminal(*wrong, columns=20)).split() == run(*wrong).out.split()


# --- narrow terminals and many classes --------------------------------------------------------------------------------
def test_on_a_narrow_terminal_text_folds_at_words() -> None:
    lines = lines_on_terminal(*BCE, "--expect", "0.5", columns=40)

    assert max(map(len, lines)) <= 40
    assert "accuracy          1" in lines and "  share predicted correctly" in lines
    assert "baseline          0.693147" in lines and "  always predicting the label" in lines


def test_the_answer_stands_out_on_a_terminal_alone() -> None:
    from rich.console import Console

    from losscli.output.people import text_of

    report = Report("loss", {}, (Grid((("mean", 0.5, "nats"), ("sum", 1.0, "nats")), bold=(0,)),))

    assert "\x1b[1m0.5" in text_of(report, 6, Console(force_terminal=True, color_system="standard", width=80))
    assert "\x1b" not in run(*BCE).out


def test_a_gradient_of_many_classes_shows_the_first_and_the_last() -> None:
    done = run("grad", "ce", str(DATA / "digits.csv"))
    header = done.out.splitlines()[1].split()

    assert header == ["row", "label", "p_0", "p_1", "...", "p_9", "d/d", "p_0", "d/d", "p_1", "...", "d/d", "p_9"]
    assert "note: 7 classes between the first two and the last are left out; -f csv prints them all\n" in done.out
    assert len(run("grad", "ce", str(DATA / "digits.csv"), "-q").out.splitlines()[0].split(",")) == 10


def test_a_gradient_of_few_classes_shows_all_of_them() -> None:
    done = run("grad", "ce", "0,1", "0.2,0.2,0.2,0.2,0.1,0.1;0.2,0.2,0.2,0.2,0.1,0.1")

    assert "..." not in done.out and "left out" not in done.out


# --- models against each other ----------------------------------------------------------------------------------------
def models(tmp_path: Path, rows: str) -> str:
    path = tmp_path / "t.csv"
    path.write_text("label,old,new\n" + rows)
    return run("bce", path, "-p", "old", "-p", "new").out


def test_models_and_their_differences_come_first_and_the_better_one_is_marked(tmp_path: Path) -> None:
    found = models(tmp_path, "1,0.6,0.9\n0,0.4,0.1\n1,0.6,0.8\n0,0.4,0.2\n" * 30)
    lines = [line.split() for line in found.splitlines()]

    assert lines[1][0] == "model" and lines[2][0] == "old" and lines[3][0] == "new"
    assert lines[3][-1] == "better" and "better" not in lines[2]
    assert "new - old  new is better: its mean loss is 0.346574 lower\n" in found
    assert "\nmean " not in found and "\nn  " in found  # then what the rows have in common


def test_the_first_model_is_marked_where_all_others_are_worse(tmp_path: Path) -> None:
    found = models(tmp_path, "1,0.9,0.6\n0,0.1,0.4\n1,0.8,0.6\n0,0.2,0.4\n" * 30)

    assert found.splitlines()[2].split()[-1] == "better"
    assert "new - old  new is worse: its mean loss is 0.346574 higher\n" in found


def test_the_first_model_is_not_marked_where_only_some_are_worse(tmp_path: Path) -> None:
    rows = "1,0.8,0.6,0.8\n0,0.2,0.4,0.2\n1,0.7,0.6,0.7\n0,0.3,0.4,0.3\n1,0.7,0.6,0.71\n0,0.2,0.4,0.21\n" * 20
    write(tmp_path / "t.csv", "label,a,b,c\n" + rows)
    lines = run("bce", tmp_path / "t.csv", "-p", "a", "-p", "b", "-p", "c").out.splitlines()

    assert [line.split()[0] for line in lines[2:5]] == ["a", "b", "c"]
    assert not any("better" in line for line in lines[2:5])
    assert any("b is worse" in line for line in lines)


def test_an_interval_of_a_hundred_rows_is_wide_enough(here: Path) -> None:
    for rows in (2, 99, 100, 101):
        write("t.csv", "label,p,q\n" + "".join(f"1,0.{at % 9 + 1},0.{at % 7 + 2}\n" for at in range(rows)))
        for options in (("-p", "p", "--ci", "0.9"), ("-p", "p", "-p", "q")):
            assert ("too narrow" in run("bce", "t.csv", *options).out) == (rows < 100), (rows, options)


def test_so_many_rows_with_an_infinite_loss_are_counted_and_the_first_is_named(here: Path) -> None:
    for count, words in ((1, "in row 2"), (2, "in 2 of 9 rows, first row 2"), (3, "in 3 of 9 rows, first row 2")):
        write("t.csv", "label,p\n1,0.5\n" + "1,0\n" * count + "0,0.25\n" * (8 - count))
        assert f"the true label has probability 0 {words}" in run("bce", "t.csv").out


def test_so_many_rows_more_are_told(here: Path) -> None:
    for rows in (99, 100, 101, 150):
        write("t.csv", "label,p\n" + "1,0.5\n" * rows)
        more = {101: "1 more row;", 150: "50 more rows;"}.get(rows, "")
        for options in ((), ("--explain",), ("--expect", "1")):
            told = run("bce", "t.csv", "-r", "none", *options)
            if told.code < 2:
                assert ("prints them all" in told.out) == bool(more) and more in told.out, (rows, options)


def test_an_interval_around_0_is_no_clear_difference(tmp_path: Path) -> None:
    found = models(tmp_path, "1,0.9,0.8\n0,0.2,0.1\n1,0.6,0.7\n")

    assert " better\n" not in found.replace("it is better", "")
    assert re.search(r"no clear difference: the 95 % interval, -0\.\d+ to 0\.\d+, contains 0\n", found)


def test_one_row_shows_no_clear_difference(tmp_path: Path) -> None:
    assert "one row has no interval, so no difference is clear" in models(tmp_path, "1,0.9,0.8\n")


# --- columns of one name ----------------------------------------------------------------------------------------------
def test_repeated_column_names_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,prob,g,g,loss\n1,0.8,a,b,c\n0,0.3,d,e,f\n")
    worst = ("bce", str(path), "--worst", "1", "--show", "3,4,5")

    assert record(*worst)["worst"][0]["cells"] == {"g": "d", "g.2": "e", "loss": "f"}
    assert run(*worst, "-f", "csv").out.splitlines()[0] == "row,line,label,prob,loss,share,g,g.2,loss.2"
    groups = record("bce", str(path), "--by", "3,4")["groups"]
    assert groups[0]["group"] == {"g": "d", "g.2": "e"}
    assert run("bce", str(path), "--by", "3,4").out.split("\n\n")[-1].split()[:2] == ["g", "g.2"]


def test_models_of_one_name_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,a,a\n1,0.8,0.7\n0,0.3,0.1\n")
    found = record("bce", str(path), "-p", "2", "-p", "3")

    assert [model["name"] for model in found["models"]] == ["a", "a.2"]
    assert (found["differences"][0]["name"], found["differences"][0]["to"]) == ("a.2", "a")


def test_a_model_without_an_infinite_loss_is_better_than_one_with(here: Path) -> None:
    write("t.csv", "label,a,b\n1,0.5,0.6\n1,0,0.7\n0,0.2,0.2\n")
    for first, other, words in (("a", "b", "b is better: "), ("b", "a", "a is worse: ")):
        lines = run("bce", "t.csv", "-p", first, "-p", other).out.splitlines()
        assert any(words in line for line in lines)
        assert [line.split()[0] for line in lines[2:4] if line.endswith("better")] == ["b"]
