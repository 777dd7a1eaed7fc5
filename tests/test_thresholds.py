"""Where words change with a number of rows, classes or names: what is told at that number, and one to either side."""

from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import npy, run, write

pytestmark = pytest.mark.usefixtures("here")


def told(*args: str) -> str:
    """What a call prints, standard error too."""
    result = run(*args)
    return result.out + result.err


def is_told_from(number: int, said: Callable[[int], bool]) -> None:
    """Raise unless it is said of so many, and of one more, and not of one fewer."""
    assert [said(number - 1), said(number), said(number + 1)] == [False, True, True]


def rows(count: int, line: str = "1,0.5") -> str:
    return write("t.csv", "label,p\n" + f"{line}\n" * count)


def test_a_mean_above_the_baseline_is_doubted_from_20_rows_on() -> None:
    def doubted(count: int) -> bool:
        write("t.csv", "label,p\n" + "1,0.2\n0,0.7\n" * (count // 2) + "1,0.3\n" * (count % 2))
        return "above the baseline" in told("bce", "t.csv")

    is_told_from(20, doubted)


def test_an_isotonic_regression_is_called_overfitted_below_30_rows() -> None:
    def sure(count: int) -> bool:
        write("t.csv", "label,p\n" + "".join(f"{at % 2},0.{at % 8 + 1}\n" for at in range(count)))
        return "overfits" not in " ".join(run("bce", "t.csv", "--calibration", "3", "-f", "json").json["notes"])

    is_told_from(30, sure)


def test_a_gradient_shows_20_rows_and_says_how_many_more_there_are() -> None:
    is_told_from(21, lambda count: "more row" in told("grad", "bce", rows(count)))
    assert "1 more row" in told("grad", "bce", rows(21)) and "5 more row" in told("grad", "bce", rows(25))
    for count in (19, 20, 21, 30):
        lines = told("grad", "bce", rows(count)).splitlines()
        assert sum(line.split()[:3] == [str(at), "1", "0.5"] for at, line in enumerate(lines[2:], 1)) == min(count, 20)


def test_rows_are_listed_up_to_a_hundred() -> None:
    is_told_from(101, lambda count: "more row" in told("bce", rows(count), "-r", "none"))
    is_told_from(101, lambda count: "-f json prints them all" in told("bce", rows(count), "-r", "none", "--explain"))


def test_thirty_rows_are_worked_out_and_all_their_terms_added_up() -> None:
    is_told_from(31, lambda count: "..." in told("bce", rows(count), "--explain"))
    for count in (29, 30, 31):
        found = run("bce", rows(count), "--explain", "-f", "json").json["explain"]
        assert (len(found["rows"]), found["more"]) == (min(count, 30), max(count - 30, 0))


def test_all_terms_are_there_to_compare_below_fifty_rows() -> None:
    is_told_from(50, lambda count: "more row" in told("bce", rows(count, "1,0.8"), "--expect", "0.987654"))
    for count in (49, 50):
        lines = [
            line for line in told("bce", rows(count, "1,0.8"), "--expect", "0.987654").splitlines() if "-ln(" in line
        ]
        assert len(lines) == (49 if count == 49 else 30)


def test_a_gradient_of_more_than_six_classes_shows_the_first_two_and_the_last() -> None:
    def cut(classes: int) -> bool:
        row = ",".join(["0.1"] * classes)
        return "..." in told("grad", "ce", "0,1", f"{row};{row}")

    is_told_from(7, cut)


def test_three_files_that_are_left_out_are_named() -> None:
    def cut(count: int) -> bool:
        for at in range(count):
            write(f"d{count}/{at}.log", "")
        return ", ..." in " ".join(run("bce", f"d{count}", "-f", "json").json["notes"])

    for count in (3, 4, 5):
        Path(f"d{count}").mkdir()
        write(f"d{count}/t.csv", "label,p\n1,0.5\n")
    is_told_from(4, cut)


def test_twenty_columns_and_ten_classes_are_listed_in_a_message() -> None:
    def cut(columns: int) -> bool:
        write("t.csv", ",".join(f"c{at}" for at in range(columns)) + "\n" + ",".join("1" * columns) + "\n")
        return f"({columns} in all)" in told("bce", "t.csv", "-y", "zzzz", "-p", "c1")

    is_told_from(21, cut)
    for columns in (20, 21):
        cut(columns)
        assert told("bce", "t.csv", "-y", "zzzz", "-p", "c1").count("'c") == 20

    def more(classes: int) -> bool:
        row = ",".join([repr(1.0 / classes)] * classes)
        return ", ..." in told("ce", "99,1", f"{row};{row}")

    is_told_from(11, more)


def test_forty_groups_are_drawn() -> None:
    def cut(groups: int) -> bool:
        write("t.csv", "label,p,g\n" + "".join(f"1,0.5,x{at:03}\n" for at in range(groups)))
        return told("bce", "t.csv", "-p", "p", "--by", "g", "--plot").count("x039") < 2

    drawn = {groups: (cut(groups), told("bce", "t.csv", "-p", "p", "--by", "g", "--plot")) for groups in (39, 40, 41)}
    pictures = {groups: text.count("x000") + text.count("x0") for groups, (_, text) in drawn.items()}
    assert pictures[40] == pictures[39] + 2 and pictures[41] == pictures[40] + 1


def test_sixty_digits_of_a_row_of_six_terms_are_written_out() -> None:
    def cut(classes: int) -> bool:
        row = ",".join(["0.1"] * classes)
        return "..." in told("ce", "0", row, "--smoothing", "0.1", "--explain")

    is_told_from(7, cut)


def test_rounded_predictions_are_told_by_their_decimals() -> None:
    """Where all predictions have four decimals or more, what they were before they were rounded is allowed for."""
    cells = "0.8123,0.3123,0.4123,0.7123"
    right = run("bce", "1,0,0,1", cells, "-q").out.strip()
    off = f"{float(right) + 2e-5:.6f}"
    assert run("bce", "1,0,0,1", cells, "--expect", off).code == 0
    assert run("bce", "1,0,0,1", cells.replace("123", "12"), "--expect", off).code == 1


def test_a_hundred_steps_that_are_asked_for_may_end_above_where_they_began() -> None:
    write("t.csv", "x,y\n" + "5,1\n-5,0\n5,0\n-4,1\n" * 3)

    def refused(steps: int) -> bool:
        return run("fit", "bce", "t.csv", "--lr", "60", "--steps", str(steps)).code == 2

    is_told_from(101, refused)


def test_one_row_is_said_in_the_singular() -> None:
    assert "1 row has a gradient of 0" in told("grad", "ce", "0,1", "0.7,0.3;0.2,0.8", "--ignore", "1")
    assert "2 rows have a gradient of 0" in told("grad", "ce", "0,1,1", "0.7,0.3;0.2,0.8;0.2,0.8", "--ignore", "1")
    write("one.csv", "x,label\n1,1\n")
    assert "mean over 1 row\n" in told("fit", "bce", "one.csv", "-y", "label", "-x", "x", "--steps", "1")


def test_an_interval_is_called_too_narrow_below_a_hundred_rows() -> None:
    is_told_from(100, lambda count: "too narrow" not in told("bce", rows(count), "--ci", "0.9"))

    def sure(count: int) -> bool:
        write("t.csv", "label,p,q\n" + "1,0.5,0.6\n" * count)
        return "too narrow" not in told("bce", "t.csv", "-p", "p", "-p", "q")

    is_told_from(100, sure)
    is_told_from(2, lambda count: "too narrow" in told("bce", rows(count), "--ci", "0.9"))


def test_labels_that_may_be_counted_from_1_are_doubted_where_there_are_more_rows_than_classes() -> None:
    def doubted(count: int) -> bool:
        write("t.csv", "label,p0,p1,p2\n" + "1,.2,.7,.1\n2,.1,.2,.7\n" * 5)
        write("t.csv", "\n".join(Path("t.csv").read_text().splitlines()[: count + 1]) + "\n")
        return "count from 0" in told("ce", "t.csv")

    is_told_from(4, doubted)


def test_logits_at_the_ends_of_0_to_1_look_like_probabilities_and_none_beyond() -> None:
    for cells, looks in (("0,1", True), ("0.5,1", True), ("0,0.5", True), ("0.5,1.0001", False), ("-0.001,0.5", False)):
        assert ("look like prob" in told("bce", "1,0", cells, "--from", "logits")) == looks, cells


def test_what_a_number_outside_of_0_to_1_looks_like() -> None:
    percent, logits, logprobs, rounding = "divide percentages", "--from logits", "--from logprobs", "rounding"
    for cell, wanted in (
        ("100", [percent, logits]),
        ("100.01", [logits]),
        ("5.01", [percent, logits]),
        ("5", [logits]),
        ("99.995", [logits]),  # three decimals
        ("1.5", [logits]),
        ("1.0000001", [rounding]),
        ("1.000001", [logits]),
        ("-1e-7", [rounding]),
        ("-0.001", [logits, logprobs]),
        ("-3", [logits, logprobs]),
    ):
        error = run("bce", "1,0", f"0.8,{cell}").err
        said = [hint for hint in (percent, logits, logprobs, rounding) if hint in error]
        assert "row 2" in error and said == wanted, (cell, error)


def test_an_infinite_mean_is_said_to_be_so_and_not_to_be_above_the_baseline() -> None:
    write("t.csv", "label,p\n" + "1,0.2\n0,0.7\n" * 20 + "1,0\n")
    assert "above the baseline" not in told("bce", "t.csv") and "infinite" in told("bce", "t.csv")
    assert "above the baseline" in told("bce", "t.csv", "--eps", "1e-7")


def test_what_a_number_above_0_looks_like_among_log_probabilities() -> None:
    for cell, wanted in (
        ("1e-300", "probs"),
        ("0.5", "probs"),
        ("1", "probs"),
        ("1.0000001", "logits"),
        ("3", "logits"),
    ):
        error = run("bce", "1,0", f"-0.8,{cell}", "--from", "logprobs").err
        assert "row 2" in error and error.rstrip().endswith(f"use --from {wanted}"), (cell, error)
    assert run("bce", "1,1", "-0.8,0", "--from", "logprobs").code == 0


def test_rounding_that_is_clipped_is_not_named_before_what_is_no_probability() -> None:
    for loss, label, rows in (
        ("bce", "1,1,1", "1.0000001,0.8,{}"),
        ("bce", "1,1,1", "-1e-8,0.8,{}"),
        ("ce", "0,0,0", "1.0000001,0;0.8,0.2;{},0"),
    ):
        error = run(loss, label, rows.format("1.5"), "--eps", "1e-7").err
        assert "row 3: " in error and "1.5 is not a probability; for logits" in error
        assert run(loss, label, rows.format("1.0000001"), "--eps", "1e-7").code == 0


def test_quantiles_of_more_than_a_hundred_thousand_rows_are_said_to_be_rounded() -> None:
    def rounded(count: int) -> bool:
        Path("y.npy").write_bytes(npy(np.ones(count)))
        Path("p.npy").write_bytes(npy(np.full(count, 0.5)))
        found = run("bce", "y.npy", "p.npy", "--quantiles", "0.5", "-f", "json").json
        is_rounded = "quantiles of more than 100000 rows are right to 0.1 %" in found["notes"]
        assert found["quantiles"]["0.5"] == pytest.approx(log(2), rel=1e-3 if is_rounded else 1e-15, abs=0)
        return is_rounded

    is_told_from(100_001, rounded)
