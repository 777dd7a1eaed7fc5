"""Missing marks, labels that are large numbers, probabilities that a float can't hold: each is what is written."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, record, refusal, run, write
from samples import OF_CLASSES

from losscli.enums import Like

MARKS = (
    "#N/A",
    "#NA",
    "<NA>",
    "NaN",
    "NaT",
    "null",
    "(null)",
    "None",
    ".",
    "?",
    "\\N",
    "#DIV/0!",
    "1.#IND",
    "-1.#IND",
    "1.#QNAN",
)
LARGE = ("9007199254740993", "9007199254740992")  # one float, 2^53, and two numbers
LOSSES = (-math.log(0.8), -math.log(0.7))


def test_a_missing_mark_is_never_another_label(here: Path) -> None:
    for mark in MARKS:
        for spelled in (mark, mark.lower(), f'"{mark}"'):
            write("t.csv", f"label,p\nyes,0.8\n{spelled},0.9\nno,0.3\n")

            what = f"the cell is missing ({spelled.strip(chr(34))}); --na drop leaves such rows out"
            assert refusal("bce", "--positive", "yes", "t.csv") == f"t.csv:3: column 'label': {what}"
            dropped = record("bce", "--positive", "yes", "--na", "drop", "t.csv")
            assert (dropped["dropped"], dropped["value"]) == (1, close(sum(LOSSES) / 2)), mark


def test_a_missing_mark_among_numbers_is_dropped(here: Path) -> None:
    for mark in (*MARKS, "-", "--"):
        for rows in (1, 40):
            write("t.csv", "label,p\n" + "1,0.8\n0,0.3\n" * rows + f"1,{mark}\n")

            assert answer("bce", "--na", "drop", "t.csv") == close(sum(LOSSES) / 2), mark
            assert "the cell is missing" in refusal("bce", "t.csv")


def test_a_dash_among_labels_is_missing_unless_it_is_the_label_beside_a_plus(here: Path) -> None:
    both = close(sum(LOSSES) / 2)
    gaps = (
        ("label,p\n1,0.8\n{},0.5\n0,0.3\n", ("bce",)),
        ("label,p\nyes,0.8\n{},0.5\nno,0.3\n", ("bce", "--positive", "yes")),
        ("label,p_cat,p_dog\ncat,0.8,0.2\n{},0.5,0.5\ndog,0.3,0.7\n", ("ce",)),
        ("label,a,b\ncat,0.8,0.2\n{},0.5,0.5\ndog,0.3,0.7\n", ("ce", "--classes", "cat,dog")),
        ("q_0,q_1,p_0,p_1\n1,0,0.8,0.2\n0,{},0.5,0.5\n0,1,0.3,0.7\n", ("ce", "-y", "q_*", "-p", "p_*")),
    )
    for table, options in gaps:
        for dash in ("-", "--", '"-"'):
            for rows in (table, table.replace("\n{", "\n" + "\n".join(table.split("\n")[1:2] * 40) + "\n{", 1)):
                write("t.csv", rows.format(dash))
                assert "the cell is missing" in refusal(*options, "t.csv"), (table, dash)
                assert record(*options, "--na", "drop", "t.csv")["dropped"] == 1
            write("t.csv", table.format(dash))
            assert answer(*options, "--na", "drop", "t.csv") == both
    labels = (
        ("label,p\n+,0.8\n-,0.3\n", ("bce", "--positive", "+")),
        ("label,p\n-,0.8\n+,0.3\n", ("bce", "--positive", "-")),
        ("label,p_+,p_-\n+,0.8,0.2\n-,0.3,0.7\n", ("ce",)),
        ("label,a,b\n+,0.8,0.2\n-,0.3,0.7\n", ("ce", "--classes", "+,-")),
    )
    for table, options in labels:
        for na in ((), ("--na", "drop")):
            assert answer(*options, *na, write("t.csv", table)) == both, table


def test_a_mark_that_the_user_or_a_column_names_is_a_label(here: Path) -> None:
    for mark in ("None", "NA", "null", "?"):
        both = close(sum(LOSSES) / 2)
        write("t.csv", f"label,p_{mark},p_cat\n{mark},0.8,0.2\ncat,0.3,0.7\n")
        assert answer("ce", "t.csv") == both, mark
        write("t.csv", f"label,p_0,p_1\n{mark},0.8,0.2\ncat,0.3,0.7\n")
        assert answer("ce", "--classes", f"{mark},cat", "t.csv") == both, mark
        write("t.csv", f"label,p\n{mark},0.8\ncat,0.3\n")
        assert answer("bce", "--positive", mark, "t.csv") == both, mark
        write("l.csv", f"id,label\n1,{mark}\n2,cat\n")
        write("p.csv", f"id,p_{mark},p_cat\n1,0.8,0.2\n2,0.3,0.7\n")
        for command in OF_CLASSES:
            for options in ((), ("--key", "id"), ("--na", "drop")):
                assert answer(command, "l.csv", "p.csv", *options) == both, mark
            assert answer(command, f"{mark},cat", "p.csv", "-p", "p_*") == both, mark
        line = {"label": mark, "p": 0.8}
        write("t.jsonl", json.dumps(line) + "\n" + json.dumps({"label": "cat", "p": 0.3}) + "\n")
        assert answer("bce", "--positive", mark, "t.jsonl") == both, mark
    write("t.csv", "label,p\n+,0.8\n-,0.3\n")
    assert answer("bce", "--positive", "+", "t.csv") == close(sum(LOSSES) / 2)


def files(columns: dict[str, list[object]]) -> list[str]:
    """The same columns in files of several kinds."""
    header, rows = ",".join(columns), list(zip(*columns.values(), strict=True))
    names = [write("t.csv", "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")]
    quoted = [",".join(f'"{cell}"' for cell in row) for row in rows]
    names.append(write("q.csv", "\n".join([header, *quoted]) + "\n"))
    names.append(write("t.jsonl", "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)))
    np.savez("t.npz", **{name: np.array(cells) for name, cells in columns.items()})  # type: ignore[arg-type]
    return [str(name) for name in names] + ["t.npz"]


def test_labels_that_are_large_numbers_are_compared_exactly_and_printed_as_they_stand(here: Path) -> None:
    names = files({"label": [int(label) for label in LARGE] * 2, "p": [0.8, 0.3, 0.8, 0.3]})
    pa = pytest.importorskip("pyarrow")
    table = {"label": [int(label) for label in LARGE] * 2, "p": [0.8, 0.3, 0.8, 0.3]}
    pytest.importorskip("pyarrow.parquet").write_table(pa.table(table), "t.parquet")
    for name in (*names, "t.parquet"):
        assert answer("bce", "--positive", LARGE[0], name) == close(sum(LOSSES) / 2), name
        rows = run("bce", "--positive", LARGE[0], "-r", "none", "-f", "csv", name).out.splitlines()
        assert [row.split(",")[1] for row in rows[1:]] == [*LARGE, *LARGE], name


def test_classes_and_ignored_labels_that_are_large_numbers_are_told_apart(here: Path) -> None:
    write("t.csv", f"label,p_0,p_1\n{LARGE[0]},0.8,0.2\n{LARGE[1]},0.3,0.7\n")
    classes = ("--classes", ",".join(LARGE))

    assert answer("ce", *classes, "t.csv") == close(sum(LOSSES) / 2)
    assert answer("ce", *classes, "--ignore", LARGE[1], "t.csv") == close(LOSSES[0])
    write("x.csv", f"label,x\n{LARGE[0]},1\n{LARGE[1]},0\n{LARGE[0]},0\n{LARGE[1]},1\n")
    fitted = run("fit", "ce", "x.csv").out
    assert all(label in fitted for label in LARGE)


def test_a_probability_that_a_float_rounds_to_certainty_is_refused_wherever_it_stands(here: Path) -> None:
    ends = {
        "1e-400": "above 0, but 0 as a float",
        "1.379e-055297": "above 0, but 0 as a float",
        "0.5E-0000000000000400": "above 0, but 0 as a float",
        "0." + "9" * 20: "below 1, but 1 as a float",
    }
    for cell, what in ends.items():
        for rows in (0, 1, 60):
            good = "1,0.8\n0,0.3\n" * rows
            said = f"column 'p': '{cell}' is {what}; use --from logprobs or --from logits"
            for text in (f"label,p\n{good}1,{cell}\n", f'label,p\n{good}1,"{cell}"\n'):
                assert refusal("bce", write("t.csv", text)) == f"t.csv:{2 * rows + 2}: {said}"
        assert (
            refusal("bce", "1,0", f"0.8,{cell}") == f"row 2: '{cell}' is {what}; use --from logprobs or --from logits"
        )
        assert refusal("ce", write("c.csv", f"label,p_0,p_1\n0,{cell},1\n")).startswith("c.csv:2: column 'p_0'")
        assert refusal("bce", write("t.jsonl", f'{{"label": 1, "p": {cell}}}\n')).startswith("t.jsonl:1: column 'p'")
        for clips in (("--eps", "0.1"), *(("--like", library) for library in Like)):
            assert answer("bce", "1,0", f"0.8,{cell}", *clips) == answer("bce", "1,0", f"0.8,{float(cell)!r}", *clips)


def test_zeros_and_ones_in_any_spelling_are_what_they_are(here: Path) -> None:
    rows = ["1,1.00000000000000000000", "0,0.000000", "0,0e-400", "0,0.0e0", "1,1", "0,0"] * 10
    write("t.csv", "label,p\n" + "\n".join(rows) + "\n")

    assert answer("bce", "t.csv") == 0.0
    assert answer("bce", "--from", "logits", write("z.csv", "label,p\n1,1e-400\n")) == close(math.log(2))


def test_large_labels_beside_missing_ones_stay_the_words_that_they_are(here: Path) -> None:
    large = ("9007199254740993", "9007199254740992")
    rows = "".join(f"{large[at % 2] if at % 5 else 'NA'},0.{at % 9 + 1}\n" for at in range(200))
    write("t.csv", "label,p\n" + rows)
    write("small.csv", "label,p\n" + rows.replace(large[0], "1").replace(large[1], "0"))

    assert answer("bce", "t.csv", "--na", "drop", "--positive", large[0]) == answer("bce", "small.csv", "--na", "drop")
