"""Laws of spellings: a table of text is the same table in any combination of marks, ends, quotes and encodings."""

import bz2
import gzip
import lzma
import random
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import cycle
from typing import Any

import pytest
from conftest import record, refusal, scaled, write
from test_blocks import blocks

pytestmark = pytest.mark.usefixtures("here")

HEADER = ("label", "p", "w", "g")
ROWS = (
    ("1", "0.8", "1", "a"),
    ("0", "0.3", "2", "b c"),
    ("1", "0.6", "0.5", "a"),
    ("0", "1e-3", "1.25", "é"),
    ("1", "0.55", "3", "d"),
    ("0", "0.125", "1", "b c"),
    ("1", "0.999999999999", "2", "e"),
)
CALLS = ("-p p -w w --worst 9 --show g", "-p p --by g", "-p p --positive 1 -w w", "-p p -r none")
CHOICES: dict[str, Sequence[Any]] = {
    "mark": (",", ";", "\t", "|", "^", "\xa7"),  # the last two by an option
    "end": ("\n", "\r\n", "\r"),
    "quotes": ("", "all", "words", "some rows"),
    "padding": ("", " "),
    "above": ("", "\n", "# a comment\n", " \n# one\n\n# two\n", "sep", "SEP", '"sep"'),
    "below": ("", "\n", " \n\n", "no end"),
    "encoding": ("utf-8", "utf-8-sig", "utf-16", "utf-32-le", "latin-1"),
    "packed": (None, None, gzip.compress, bz2.compress, lzma.compress),
    "decimal": (".", ".", ","),
    "blank": (False, True),  # lines among the rows
    "drop": (False, True),  # a row with a missing cell, which goes
    "said": (False, True),  # the delimiter by an option
    "rows": (None, 1, 2, 3),  # of a block
}


def spelled(choice: dict[str, Any], rows: Sequence[Sequence[str]]) -> tuple[bytes, list[int], list[str]]:
    """The bytes of the table, the line of each row, and the options that it needs."""
    mark, end, pad, quotes = (choice[name] for name in ("mark", "end", "padding", "quotes"))
    named = {"sep": f"sep={mark}\n", "SEP": f"SEP={mark}\n", '"sep"': f'"sep={mark}"\n'}
    above = named.get(choice["above"], choice["above"])
    lines = above.replace("\n", end).split(end)[:-1] if above else []
    places = []
    for at, row in enumerate((HEADER, *rows)):
        cells = [cell.replace(".", ",") if choice["decimal"] == "," else cell for cell in row]
        marked = {"all": True, "some rows": at % 3 == 1}.get(quotes, False)
        cells = [f'"{cell}"' if marked or (quotes == "words" and cell.isalpha()) else cell for cell in cells]
        lines.append(f"{pad}{mark}{pad}".join(cells) + pad * (not cells[-1].endswith('"')))
        places.append(len(lines))
        if choice["blank"] and at in (1, 3):
            lines.append("")
    text = end.join(lines) + (end if choice["below"] != "no end" else "")
    text += choice["below"].replace("\n", end) if choice["below"] != "no end" else ""
    named = choice["encoding"] if choice["encoding"] in ("utf-32-le", "latin-1") else None
    options = ["--encoding", named] if named else []
    options += ["-d", {"\t": "tab"}.get(mark, mark)] if choice["said"] else []
    options += ["--decimal", ","] if choice["decimal"] == "," else []
    data = text.encode(choice["encoding"])
    return (choice["packed"](data) if choice["packed"] else data), places[1:], options


def choices(seed: int) -> dict[str, Any]:
    """One of each, drawn so that they go together."""
    draw = random.Random(seed)
    found = {name: draw.choice(values) for name, values in CHOICES.items()}
    found["mark"] = ";" if found["decimal"] == "," and found["mark"] == "," else found["mark"]
    if found["end"] == "\r":  # beside other line ends it would be refused
        found["below"] = found["below"].strip() and ""
    found["said"] |= found["mark"] in "^\xa7"
    if found["mark"] == "\xa7" and "sep" in found["above"].lower():
        found["above"] = ""
    if found["quotes"] or found["above"].startswith((" ", "#")):
        found["padding"] = ""
    if found["above"].strip() or found["end"] == "\r":  # what is read to tell the form of a table is the first block
        found["rows"] = None
    return found


def shown(*args: str) -> dict[str, Any]:
    found = record(*args)
    for name in ("sources", "notes", "dropped"):
        found.pop(name, None)
    for one in found.get("worst") or ():
        one.pop("line"), one.pop("row")
    return found


def test_a_table_is_the_same_in_any_spelling_and_cut_into_blocks_of_any_size() -> None:
    for seed in range(3 * scaled(100)):
        choice = choices(seed)
        args = ["bce", "t.csv", "--na", "drop", *CALLS[seed % len(CALLS)].split()]
        write("t.csv", "".join(",".join(row) + "\n" for row in (HEADER, *ROWS)))
        expected = shown(*args)
        rows = [*ROWS[:3], ("1", "", "1", "z"), *ROWS[3:]] if choice["drop"] else list(ROWS)
        data, lines, options = spelled(choice, rows)
        write("t.csv", data)
        with blocks(24 * choice["rows"] - 23, 3) if choice["rows"] else nullcontext():
            assert shown(*args, *options) == expected, choice
            worst = record("bce", "t.csv", "-p", "p", "--na", "drop", "--worst", "9", *options)["worst"]
        kept = {(at, lines[at - 1]) for at, row in enumerate(rows, 1) if row[1]}
        assert {(one["row"], one["line"]) for one in worst} == kept, choice
        bad, what = random.Random(seed).choice(
            ((("1", "1.5", "1", "z"), "1.5 is not a probability"), (("2", "0.5", "1", "z"), "label 2 is not"))
        )
        at = seed % (len(rows) + 1)
        data, lines, options = spelled(choice, [*rows[:at], bad, *rows[at:]])
        write("t.csv", data)
        with blocks(24 * choice["rows"] - 23, 3) if choice["rows"] else nullcontext():
            said = refusal("bce", "t.csv", "-p", "p", "-w", "w", "--na", "drop", *options)
        assert said.startswith(f"t.csv:{lines[at]}: ") and what in said, (choice, said)


def test_a_fault_behind_line_breaks_within_cells_is_told_at_the_line_of_its_cell() -> None:
    """With one cell that has line breaks, or two, before it or behind it, in rows before its own too."""
    header = "a,label,b,p,c,w"
    sound = ["x", "1", "y", "0.5", "z", "1"]
    faults = (("label", 1, "2"), ("label", 1, ""), ("p", 3, "1.5"), ("p", 3, "x"), ("w", 5, "-1"), ("w", 5, "x"))
    for (column, place, bad), breaks in zip(faults * 4, cycle(((0,), (0, 2), (2,), (4,), (0, 2, 4), ())), strict=False):
        rows = [list(sound) for _ in range(4)]
        for at in (0, 2):
            for cell in breaks:
                rows[at][cell] = f'"one\n{at}\nthree"'
        rows[2][place] = bad
        text = [",".join(row) for row in rows]
        before = "\n".join([header, *text[:2], ",".join(rows[2][: place + 1])])
        for size in (1000, 1):
            write("t.csv", "\n".join([header, *text, ""]))
            with blocks(24 * size - 23, 3):
                said = refusal("bce", "t.csv", "-y", "label", "-p", "p", "-w", "w")
            assert said.startswith(f"t.csv:{before.count(chr(10)) + 1}: column '{column}'"), (breaks, said)


def test_bytes_and_lines_that_mean_nothing_to_a_table_are_read_over() -> None:
    value = record("bce", "1,0", "0.8,0.3")["value"]
    rows = "label\tp\tnote\n1\t0.8\tx\n0\t0.3\ty\n"
    for below in ("\t\t\n", "\t\tz\n"):  # a row whose cells are missing
        write("t.tsv", rows + below + "1\t0.5\tz\n")
        assert refusal("bce", "t.tsv", "-d", "tab").startswith("t.tsv:4: column 'label': the cell is missing")
        assert record("bce", "t.tsv", "-d", "tab", "--na", "drop")["dropped"] == 1
    assert record("bce", write("t.tsv", " \n\n" + rows), "-d", "tab")["value"] == value
    write("t.csv", "label,p,note\n" + "1,0.8,x\n0,0.3,y\n" * 200 + "1,0.5,a\0b\n")
    assert record("bce", "t.csv")["n"] == 401
    said = refusal("bce", write("t.csv", "label,p\0\n1,0.5\n"))
    assert said.startswith("t.csv: these bytes are not text (a NUL byte)"), said
    for above in ('""\n', '" "\n', '"  "\r\n', "\n \n"):
        assert record("bce", write("t.csv", above + "label,p\n1,0.8\n0,0.3\n"))["value"] == value, above
