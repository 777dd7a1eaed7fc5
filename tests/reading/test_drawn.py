"""Tables drawn with bars and dashes, as Markdown, psql and MySQL print them."""

from itertools import product
from math import log
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run, write

LOSS = -(log(0.8) + log(0.7)) / 2
NOTE = "only the table drawn from line 3 on was read, not the text around it"

PSQL = " label | prob \n-------+------\n     1 |  0.8\n     0 |  0.3\n(2 rows)\n\n"
MYSQL = (
    "+-------+------+\n| label | prob |\n+-------+------+\n|     1 |  0.8 |\n|     0 |  0.3 |\n+-------+------+\n"
    "2 rows in set (0.00 sec)\n"
)
MARKDOWN = "| label | prob |\n|:------|-----:|\n| 1     |  0.8 |\n| 0     |  0.3 |\n"
DRAWN = (
    PSQL,
    MYSQL,
    MARKDOWN,
    MARKDOWN.replace("\n", "\r\n"),
    "label | prob\n--- | ---\n1 | 0.8\n0 | 0.3",
    "# Results\n\n" + MARKDOWN + "\nThe end | of it.\n",
)


def test_drawn_tables_are_read_from_files_and_pipes(here: Path) -> None:
    for table in DRAWN:
        assert answer("bce", stdin=table) == close(LOSS), table
        assert answer("bce", write("t.txt", table), "-p", "prob") == close(LOSS), table
        assert answer("bce", "1,0", write("p.txt", table.replace("label", "other")), "-p", "prob") == close(LOSS), table
    assert answer("nll", stdin=" prob \n------\n  0.8\n  0.7\n(2 rows)\n") == close(LOSS)
    assert answer("nll", stdin="| prob |\n|------|\n|  0.8 |\n|  0.7 |\n") == close(LOSS)


def test_what_is_printed_as_markdown_is_read_again(here: Path) -> None:
    write("out.md", run("bce", "1,0", "0.8,0.3", "-r", "none", "-f", "md").out)
    found = record("bce", "out.md")
    assert found["n"] == 2 and found["value"] == close(LOSS)
    assert NOTE in found["notes"]
    assert "read" not in str(record("bce", stdin=MARKDOWN)["notes"])


def test_a_fault_in_a_drawn_table_is_named_with_its_line() -> None:
    for table, line in ((PSQL, 4), (MYSQL, 5), (MARKDOWN, 4)):
        assert refusal("bce", stdin=table.replace("0.3", "1.3")).startswith(
            f"<stdin>:{line}: column 'prob': 1.3 is not a"
        )
        assert refusal("bce", stdin=table.replace("0.3", "   ")).startswith(
            f"<stdin>:{line}: column 'prob': the cell is"
        )
        wide = table.replace("0.3", "0.3 | 5")
        assert refusal("bce", stdin=wide) == f"<stdin>:{line}: 3 cells, expected 2"


@pytest.mark.slow
def test_a_long_drawn_table_is_read_whole_in_any_number_of_threads(here: Path) -> None:
    write("t.md", "| label | prob |\n|---|---|\n" + "| 1 | 0.8 |\n| 0 | 0.3 |\n" * 30_000)
    for threads in ("1", "2"):
        found = record("bce", "t.md", "--threads", threads)
        assert found["n"] == 60_000 and found["value"] == close(LOSS)


def test_bars_and_dashes_alone_draw_no_table(here: Path) -> None:
    assert answer("bce", stdin="label|prob\n1|0.8\n0|0.3\n") == close(LOSS)
    assert answer("bce", "--na", "drop", "-d", "|", stdin="label|prob\n--|.\n1|0.8\n0|0.3\n") == close(LOSS)


def test_dashes_for_missing_cells_between_bars_draw_no_table() -> None:
    rows = "prob|label\n0.25|0\n0.5|1\n|--\n0.8|1\n"
    for options in ((), ("-d", "|"), ("-y", "2", "-p", "1")):
        found = record("bce", *options, "--na", "drop", stdin=rows)
        assert (found["n"], found["dropped"]) == (3, 1), options
        assert found["value"] == close(-(log(0.75) + log(0.5) + log(0.8)) / 3), options
        assert refusal("bce", *options, stdin=rows).startswith("<stdin>:4: "), options


def test_a_table_is_drawn_wherever_it_begins_and_however_far_it_is_indented(here: Path) -> None:
    """Names of columns, rows and faults are found below any text, with one column or two."""
    two, one = [("label", "p"), ("1", "0.8"), ("0", "0.3"), ("1", "0.6")], [("p",), ("0.8",), ("0.7",), ("0.6",)]
    both = ((two, ("bce", "-y", "label", "-p", "p"), ("-y", "1", "-p", "2")), (one, ("nll", "-p", "p"), ("-p", "1")))
    for rows, command, numbers in both:
        header, *cells = [" | ".join(f"{cell:>5}" for cell in row) for row in rows]
        rule, mysql = "|".join("-------" for _ in rows[0]), "+".join(["", *("-------" for _ in rows[0]), ""])
        kinds = {
            "psql": ([f" {header} ", rule.replace("|", "+")], [f" {row} " for row in cells], ["(3 rows)", ""]),
            "mysql": ([mysql, f"| {header} |", mysql], [f"| {row} |" for row in cells], [mysql, "3 rows in set"]),
            "markdown": ([f"| {header} |", f"|{rule}|"], [f"| {row} |" for row in cells], ["", "the end | of it"]),
            "aligned": ([f"| {header} |", f"|{rule}|".replace("-|", ":|")], [f"| {row} |" for row in cells], []),
        }
        before: tuple[list[str], ...] = ([], ["A result:"], ["So", "", "it is:"])
        for (name, (head, body, foot)), above in product(kinds.items(), before):
            for indent, end in (("", "\n"), ("   " if name != "psql" else "", "\r\n")):
                lines = [*above, *(indent + line for line in (*head, *body)), *foot]
                found = record(*command, stdin=end.join([*lines, ""]))
                assert (found["value"], found["n"]) == (close(-(log(0.8) + log(0.7) + log(0.6)) / 3), 3), (name, above)
                assert record(command[0], *numbers, stdin=end.join([*lines, ""]))["value"] == found["value"], name
                at = len(above) + (name == "mysql")
                note = f"only the table drawn from line {at + 1} on was read, not the text around it"
                assert (note in found["notes"]) == bool(at), (name, above, found["notes"])
                bad = end.join(lines).replace("0.7" if rows is one else "0.3", "1.3")
                line = len(above) + len(head) + 2
                assert refusal(*command, stdin=bad).startswith(f"<stdin>:{line}: column 'p': 1.3 is not"), (name, above)


def test_cells_of_a_drawn_table_may_be_empty_or_hold_a_bar(here: Path) -> None:
    write("t.md", "| label | p | note |\n|---|---|---|\n| 1 | 0.8 | a\\|b |\n| 0 | | |\n|0|0.3||\n| | 0.5 | c |\n")
    found = record("bce", "t.md", "-p", "p", "--na", "drop", "--worst", "5", "--show", "note")
    assert (found["n"], found["dropped"], found["value"]) == (2, 2, close(LOSS))
    assert {one["line"]: one["cells"]["note"] for one in found["worst"]} == {3: "a|b", 5: None}


HEAD, RULE = "| label | p |\n", "+---+---+\n"
ROWS = ("| 1 | 0.8 |\n", "| 0 | 0.3 |\n", "| 1 | 0.6 |\n")


@pytest.mark.parametrize(
    "text",
    [
        f"{RULE}{HEAD}+===+===+\n{RULE.join(ROWS)}{RULE}",  # as pandoc and tabulate draw a grid
        f"{RULE}{HEAD}{RULE}{RULE.join(ROWS)}{RULE}3 rows in set (0.01 sec)\n",
        f"{RULE}{HEAD}{RULE}{''.join(ROWS[:2])}{RULE}{ROWS[2]}{RULE}",  # a row of its own at the end
        f"{HEAD}|---|---|\n{ROWS[0]}\n{ROWS[1]}\n\n{ROWS[2]}\nText.\n",
        f"{HEAD}|---|---|\n{''.join(ROWS)}\nText below:\n(5 apples)\n",
        f" label | p \n-------+---\n{''.join(row[1:-2] + chr(10) for row in ROWS)}(3 rows)\n\nTime: 0.4 ms\n",
    ],
)
def test_all_rows_of_a_drawn_table_are_read_whatever_stands_between_them(text: str) -> None:
    assert record("bce", stdin=text)["value"] == close(-(log(0.8) + log(0.7) + log(0.6)) / 3)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (f"{HEAD}|---|---|\n{ROWS[0]}\n{HEAD}|---|---|\n{ROWS[1]}", 5, "column 'p': 'p' is not a number"),
        (f"{HEAD}|---|---|\n{ROWS[0]}\nText.\n\n{HEAD}", 7, "another table is drawn here; give one table"),
        (f"{RULE}{HEAD}{RULE}{ROWS[0]}{RULE}1 row in set\n\n{RULE}", 8, "another table is drawn here; give one table"),
        (f"{RULE}{HEAD}{RULE}{ROWS[0]}{RULE}\n{RULE}{HEAD}{RULE}{ROWS[1]}", 8, "column 'p': 'p' is not a number"),
        (" label | p \n-------+---\n 1 | 0.8\n(1 row)\n 0 | 0.3\n", 5, "another table is drawn here; give one table"),
        (" label | p \n-------+---\n 1 | 0.8\n 0 | 0.3\n(9 rows)\n", 5, "the table says (9 rows), but has 2"),
        (" p \n-----\n 0.8\n\n 0.3\n(2 rows)\n", 6, "the table says (2 rows), but has 3"),
        (" p \n-----\n 0.8\n\n 0.3\n(3 rows)\n 0.4\n", 7, "another table is drawn here; give one table"),
    ],
)
def test_what_may_be_rows_below_a_drawn_table_is_an_error(text: str, line: int, what: str) -> None:
    command = ("nll", "-p", "p") if text.startswith(" p") else ("bce", "-y", "label", "-p", "p")
    assert refusal(*command, stdin=text) == f"<stdin>:{line}: {what}"
