"""Cells: what is a number, and what is missing."""

from math import log
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run, write

LOSS = -(log(0.8) + log(0.7)) / 2


# --- missing cells ----------------------------------------------------------------------------------------------------

MISSING = ["", " ", "NA", "na", "N/A", "NaN", "nan", "-nan", "null", "NULL", "None", "none", ".", '""']


@pytest.mark.parametrize("cell", MISSING)
@pytest.mark.parametrize("column", ["label", "prob", "w"])
def test_a_missing_cell_is_refused_or_its_row_dropped_and_said(cell: str, column: str, here: Path) -> None:
    row = {"label": "1", "prob": "0.5", "w": "1", column: cell}
    write("t.csv", f"label,prob,w\n1,0.8,1\n{row['label']},{row['prob']},{row['w']}\n0,0.3,1\n")
    assert refusal("bce", "t.csv", "-w", "w").startswith(f"t.csv:3: column '{column}': the cell is missing")
    found = record("bce", "t.csv", "-w", "w", "--na", "drop")
    assert (found["n"], found["dropped"], found["value"]) == (2, 1, close(LOSS))
    result = run("bce", "t.csv", "-w", "w", "--na", "drop", "-q")
    assert "1 row" in result.err


def test_a_missing_cell_that_is_not_asked_for_does_not_matter(here: Path) -> None:
    write("t.csv", "label,prob,x\n1,0.8,NA\n0,0.3,\n")
    found = record("bce", "t.csv", "--na", "drop")
    assert (found["dropped"], found["value"]) == (0, close(LOSS))


def test_missing_entries_of_lists_are_dropped() -> None:
    cases = [
        ("1,NA,0", "0.8,0.5,0.3", 1),
        ("1,1,0", "0.8,nan,0.3", 1),
        ("NA,1,0,1", "0.1,.8,.3,NA", 2),
        ("1,.,0", ".8,.,.3", 1),
    ]
    for labels, preds, dropped in cases:
        found = record("bce", labels, preds, "--na", "drop")
        assert (found["dropped"], found["value"]) == (dropped, close(LOSS)), (labels, preds, dropped)


def test_a_row_missing_in_one_file_is_dropped_from_both(here: Path) -> None:
    write("l.csv", "label\n1\n\n0\n1\n"), write("p.csv", "prob\n0.8\n0.1\n0.3\nNA\n")
    found = record("bce", "l.csv", "p.csv", "--na", "drop")
    assert (found["dropped"], found["value"]) == (2, close(LOSS))


def test_a_blank_line_in_a_single_column_is_a_missing_cell(here: Path) -> None:
    write("p.csv", "0.8\n\n0.7\n\n\n")
    assert refusal("nll", "p.csv").startswith("p.csv:2: column 1: the cell is missing")
    assert record("nll", "p.csv", "--na", "drop")["dropped"] == 1


def test_row_numbers_count_dropped_rows(here: Path) -> None:
    write("t.csv", "label,prob\n1,NA\n1,0.8\n0,NA\n0,0.3\n")
    result = run("bce", "t.csv", "--na", "drop", "-r", "none", "-f", "csv")
    assert [line.split(",")[0] for line in result.out.splitlines()] == ["row", "2", "4"]


# --- numbers ----------------------------------------------------------------------------------------------------------

NUMBERS = [
    "0.5",
    ".5",
    "5e-1",
    "+.5",
    "0.50",
    "5E-01",
    "00.5",
    "0.5000000000000000000000001",
    " 0.5 ",
    '"0.5"',
]


def test_a_number_is_what_float_reads(here: Path) -> None:
    for cell in NUMBERS:
        write("t.csv", f"label,prob\n1,{cell}\n")
        assert answer("bce", "t.csv") == close(log(2)), cell


def test_nothing_else_is_a_number(here: Path) -> None:
    cases = [
        "0x1",
        "0_5",
        "\u0660.\u0665",
        "1e",
        "5d-1",
        "0.5f",
        "50%",
        "$0.5",
        "--.5",
        "'0.5'",
        "abc",
        "true",
        "0.5 0.5",
    ]
    for cell in cases:
        write("t.csv", f"label,prob\n1,0.8\n1,{cell}\n")
        said = refusal("bce", "t.csv")
        assert said.startswith("t.csv:3: column 'prob': ") and "is not a number" in said and cell in said, cell


def test_a_cell_is_the_float_nearest_to_it(here: Path) -> None:
    cases = [("1e-300", 1e-300), ("1.00000000000000001", 1.0), ("4.9e-324", 5e-324)]
    for cell, meant in cases:
        result = run("bce", write("t.csv", f"label,prob\n1,{cell}\n"), "-r", "none", "-f", "csv")
        assert result.out.splitlines()[1].split(",")[2] == repr(meant), (cell, meant)
