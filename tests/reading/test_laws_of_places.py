"""Laws of places: whatever stands above a fault and around cells, it is told at the line that an editor shows.

Each call is made with one block and with blocks of a row or three, which must say the same.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, product
from math import log
from pathlib import Path

import pytest
from conftest import Result, close, record, refusal, run, write
from test_blocks import blocks

pytestmark = pytest.mark.usefixtures("here")

ROWS = ["1,0.8,a", "0,0.3,b", "1,0.6,c", "0,0.2,d", "1,0.9,e", "0,0.4,f", "1,0.7,g"]
ABOVE = ("", "\n", "# made by hand\n", "\n\n", "\n# made\n", "# made\n\n# so\n", " \n\n")
FAULTS = {  # a row that is wrong, and what is said of it
    "1,x,z": "is not a number",
    "2,0.5,z": "label 2 is not",
    ",0.5,z": "the cell is missing",
    "1,NA,z": "the cell is missing",
    "1,0.5": "2 cells, expected 3",
    "1,0.5,z,9": "4 cells, expected 3",
    "1,1.5,z": "is not a probability",
    "1,\udcff,z": "not UTF-8",
}
WAYS: dict[str, Callable[[str], str]] = {  # to write a row; none of them adds a row
    "plain": lambda row: f"{row}\n",
    "carriage returns": lambda row: f"{row}\r\n",
    "spaces": lambda row: " " + row.replace(",", " , ") + "\n",
    "quotes": lambda row: ",".join(f'"{cell}"' for cell in row.split(",")) + "\n",
    "quotes and returns": lambda row: ",".join(f'"{cell}"' for cell in row.split(",")) + "\r\n",
    "blank lines": lambda row: f"{row}\n\n",
    "line breaks": lambda row: f'{row[:-1]}"two\nlines"\n' if row.count(",") == 2 and row[0] != "l" else f"{row}\n",
    "some quotes": lambda row: row.replace(",a", ',"a"').replace(",d", ',"d, ""so"""') + "\n",
}


def every_way(*args: str, sizes: Sequence[int] = (1, 3)) -> Iterator[Result]:
    yield run(*args)
    for size in sizes:
        with blocks(24 * size - 23, size):
            yield run(*args)


def text(above: str, way: Callable[[str], str], rows: Sequence[str]) -> str:
    return above + "".join(map(way, ["label,p,note", *rows]))


@pytest.mark.parametrize("way", WAYS)
def test_a_fault_is_told_at_its_line_in_tables_of_any_spelling(way: str) -> None:
    above = cycle(ABOVE)
    for at, (bad, said) in zip(cycle((0, 6, 3)), FAULTS.items(), strict=False):
        first = next(above)
        begin = text(first, WAYS[way], ROWS[:at])
        write("t.csv", (begin + "".join(map(WAYS[way], [bad, *ROWS[at:]]))).encode("utf-8", "surrogateescape"))
        for found in every_way("bce", "t.csv", "-p", "p", sizes=() if "#" in first else (1, 3)):  # the top is one block
            assert found.err.startswith(f"losscli bce: t.csv:{begin.count(chr(10)) + 1}: ") and said in found.err, (
                way,
                bad,
                found,
            )


def test_of_two_faults_the_first_is_told() -> None:
    bad = list(FAULTS)
    for (name, way), shift in zip(WAYS.items(), cycle((1, 3, 4, 6)), strict=False):
        for first, second in zip(bad, bad[shift:] + bad[:shift], strict=True):
            rows = [*ROWS[:3], '0,0.25,"e, ""so"""', ROWS[4], first, ROWS[5], second, ROWS[6]]
            rows = [row if way is WAYS["plain"] or "so" not in row else ROWS[3] for row in rows]
            write("t.csv", text("", way, rows).encode("utf-8", "surrogateescape"))
            line = text("", way, rows[:5]).count("\n") + 1
            found = run("bce", "t.csv", "-p", "p")
            assert found.err.startswith(f"losscli bce: t.csv:{line}: ") and FAULTS[first] in found.err, (name, found)


def test_rows_that_are_dropped_stand_at_their_lines_and_change_no_other() -> None:
    for size, (name, way) in zip(cycle((1, 3)), WAYS.items(), strict=False):
        rows = [",0.5,y", *ROWS[:3], "1,NA,x", *ROWS[3:], "0,null,z"]
        write("t.csv", text("", way, rows))
        lines = [text("", way, rows[:at]).count("\n") + 1 for at in range(len(rows))]
        for found in every_way("bce", "t.csv", "-p", "p", "--na", "drop", "--worst", "9", "-f", "json", sizes=[size]):
            assert (found.json["n"], found.json["dropped"]) == (7, 3), name
            worst = {(one["line"], one["row"]) for one in found.json["worst"]}
            assert worst == {(lines[at], at + 1) for at in (1, 2, 3, 5, 6, 7, 8)}, name
        write("t.csv", text("", way, [*rows, "1,x,z"]))
        for found in every_way("bce", "t.csv", "-p", "p", "--na", "drop", sizes=[4 - size]):
            assert found.err.startswith(f"losscli bce: t.csv:{text('', way, rows).count(chr(10)) + 1}: "), name


def test_text_in_another_encoding_ends_at_the_line_with_the_fault() -> None:
    for before in (0, 1, 5, 2000):
        begin = "label,p\n" + "1,0.5\n" * before
        write("t.csv", begin.encode("utf-8") + b"1,0.5\xff\n")
        assert refusal("bce", "t.csv", "--encoding", "ascii").startswith(f"t.csv:{before + 2}: the text is not ascii")


def test_objects_that_are_wrong_are_told_at_their_lines() -> None:
    good = ['{"label": 1, "p": 0.8}', '{"p": 0.3, "label": 0}', "", '{"label": 1, "p": 0.6, "q": [1]}']
    wrong = ('{"label": 1', "[1, 0.5]", '{"label": 1, "p": "x"}', '{"label": 1, "label": 0, "p": 0.5}', '{"p": 0.5}')
    for place, bad in enumerate(wrong):
        for at, above in ((place, 0), (4, 2), (0, 3)):
            if at == 0 and bad in ("[1, 0.5]", '{"p": 0.5}'):
                continue  # the first object names the columns
            write("t.jsonl", "\n" * above + "\n".join([*good[:at], bad, *good[at:], ""]))
            for found in every_way("bce", "t.jsonl", "-y", "label", "-p", "p"):
                assert found.err.startswith(f"losscli bce: t.jsonl:{above + at + 1}: "), (at, bad, found)


def test_lines_are_counted_in_each_of_many_files_and_rows_through_all() -> None:
    Path("d").mkdir()
    parts = [ROWS[:3], ROWS[3:4], ROWS[4:]]
    for order, header in ((slice(None), "label,p,note"), (slice(None, None, -1), "note,p,label")):
        for name, rows in zip("abc", parts, strict=True):
            own = [",".join(row.split(",")[order]) for row in rows] if name == "b" else rows
            write(f"d/{name}.csv", "\n".join([header if name == "b" else "label,p,note", *own, ""]))
        lines = [(f"d/{name}.csv", at + 2) for name, rows in zip("abc", parts, strict=True) for at in range(len(rows))]
        places = [(name, row, line) for row, (name, line) in enumerate(lines, 1)]  # rows through all files
        for found in every_way("bce", "d", "-p", "p", "--worst", "9", "--show", "note", "-f", "json"):
            worst = {one["cells"]["note"]: (one["file"], one["row"], one["line"]) for one in found.json["worst"]}
            assert worst == dict(zip("abcdefg", places, strict=True))
        for name, rows in zip("abc", parts, strict=True):
            kept = Path(f"d/{name}.csv").read_text()
            write(f"d/{name}.csv", kept + (",x,z\n" if name != "b" or order.step is None else "z,x,1\n"))
            for found in every_way("bce", "d", "-p", "p"):
                assert found.err.startswith(f"losscli bce: d/{name}.csv:{len(rows) + 2}: "), found.err
            write(f"d/{name}.csv", kept)


# --- two tables joined ------------------------------------------------------------------------------------------------
KEYS: dict[str, Callable[[int], str]] = {
    "numbers in a row": str,
    "numbers far apart": lambda at: str(at * at * 100_003 + 5),
    "nine digits and less": lambda at: str(10 ** (at + 4)),
    "numbers above those of floats": lambda at: str(2**64 + at),
    "words": lambda at: f"k{at}",
    "long words": lambda at: "k" * 70 + str(at),
    "two columns": lambda at: f"{at % 3},{at}",
    "numbers in two spellings": str,
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_join_is_what_a_dict_makes_of_it(kind: str) -> None:
    key, names, other = KEYS[kind], "a,b" if kind == "two columns" else "a", ".0" if "spellings" in kind else ""
    labels = {at: "101100101"[at] for at in range(9)}
    preds = {at: (at + 0.5) / 10 for at in (4, 2, 8, 0, 11, 1, 3, 7, 5)}
    weights = {at: at % 4 + 1 for at in range(12)}
    missing = {5, 8}  # labels; 2 is a prediction
    both = [at for at in preds if at in labels and at not in missing and at != 2]
    loss = {at: -log(preds[at] if labels[at] == "1" else 1 - preds[at]) for at in both}
    mean = sum(weights[at] * loss[at] for at in both) / sum(weights[at] for at in both)
    for side in ("labels", "preds"):
        extra = {"labels": "", "preds": "", side: ",w"}
        of_labels = [
            f"{key(at)},{'NA' if at in missing else one}" + (f",{weights[at]}" if side == "labels" else "")
            for at, one in labels.items()
        ]
        of_preds = [
            f"{key(at)}{other},{'' if at == 2 else one}" + (f",{weights[at]}" if side == "preds" else "")
            for at, one in preds.items()
        ]
        nothing = ",".join(["NA", *["1"] * of_labels[0].count(",")])  # a row without a key
        write("l.csv", "\n".join([f"{names},label{extra['labels']}", nothing, *of_labels, ""]))
        write("p.csv", "\n".join([f"{names},p{extra['preds']}", *of_preds, ""]))
        args = ("bce", "l.csv", "p.csv", "--key", names, "--na", "drop", "--unmatched", "drop", "-w", "w")
        for found in every_way(*args, "--worst", "9", "--show", "a", "-f", "json"):
            assert (found.json["value"], found.json["n"]) == (close(mean), len(both))
            assert (found.json["dropped"], found.json["unmatched"]) == (4, 2)
            shown = [(one["line"], one["cells"]["a"]) for one in found.json["worst"]]
            order = sorted(both, key=lambda at: -loss[at] * weights[at])
            assert shown == [(list(preds).index(at) + 2, key(at).split(",")[0]) for at in order]


def test_what_is_wrong_with_a_join_is_told_at_its_line() -> None:
    keys = ["17", "4200", "3", "888", *(str(at * 1001) for at in range(1, 9))]
    sides = {"l.csv": [f"{key},1" for key in keys], "p.csv": [f"{key},0.5" for key in sorted(keys)]}
    faults = [  # in a table: the row, and what is said behind its place
        ("l.csv", "17,0", "the key '17' occurs twice, first in l.csv:"),
        ("l.csv", ",1", "column 'id': the key is missing"),
        ("l.csv", "99,1", "the key '99' is not in p.csv"),
        ("p.csv", "17,0.5", "the key '17' occurs twice"),
        ("p.csv", "NA,0.5", "column 'id': the key is missing"),
        ("p.csv", "99,0.5", "the key '99' is not in l.csv"),
        ("p.csv", "99,1.5", ""),
    ]
    for at, (name, bad, said) in product((4, 12), faults):
        for other, rows in sides.items():
            own = [*rows[:at], bad, *rows[at:]] if other == name else rows
            write(other, "\n".join(["id,label" if other == "l.csv" else "id,p", *own, ""]))
        twice = "twice" in said and name == "p.csv"
        line = max(at, sides[name].index("17,0.5") + (at <= sides[name].index("17,0.5"))) + 2 if twice else at + 2
        for found in every_way("bce", "l.csv", "p.csv", "--key", "id"):
            assert found.err.startswith(f"losscli bce: {name}:{line}: {said}"), (at, bad, found.err)


def test_two_tables_are_their_rows_side_by_side_however_they_are_cut() -> None:
    labels = ["1", "0", "NA", "0", "1", "1", "0", "1", "NA", "0"]
    preds = ["0.8", "0.3", "0.5", "", "0.9", "0.7", "nan", "0.6", "0.5", "0.2"]
    notes = ["x" * (at % 4 * 5) for at in range(10)]
    write("l.csv", "\n".join(["note,label", *map(",".join, zip(notes, labels, strict=True)), ""]))
    write("p.csv", "\n".join(["p,w,g", *(f"{p},{at + 1},g{at % 2}" for at, p in enumerate(preds)), ""]))
    kept = [at for at in range(10) if labels[at] != "NA" and preds[at] not in ("", "nan")]
    loss = {at: -log(float(preds[at]) if labels[at] == "1" else 1 - float(preds[at])) for at in kept}
    mean = sum((at + 1) * loss[at] for at in kept) / sum(at + 1 for at in kept)
    args = ("bce", "l.csv", "p.csv", "-w", "w", "--by", "g", "--na", "drop", "--worst", "9", "-f", "json")
    for size in (1, 11, 17, 24, 31, 1000):
        with blocks(size, 2):
            found = record(*args[:-2])
            assert (found["value"], found["n"], found["dropped"]) == (close(mean), len(kept), 4), size
            assert {one["row"] - 1 for one in found["worst"]} == set(kept), size
            assert {one["group"]["g"]: one["n"] for one in found["groups"]} == {"g0": 2, "g1": 4}, size
            write("bad.csv", Path("p.csv").read_text().replace("0.2,10", "x,10"))
            said = refusal("bce", "l.csv", "bad.csv", "-w", "w", "--na", "drop")
            assert said.startswith("bad.csv:11: column 'p': 'x' is not a number"), size


def test_a_weight_of_0_is_one_and_all_of_them_are_none() -> None:
    write("t.csv", "label,p,w\n1,0.8,0\n0,0.3,1\n")
    for args in (("t.csv", "-p", "p", "-w", "w"), ("1,0", ".8,.3", "-w", "0,1"), (".8,.7", "-w", "0,1")):
        assert record("nll", *args)["value"] == close(-log(0.7)), args
    write("t.csv", "label,p,w\n1,0.8,0\n0,0.3,0\n")
    for args in (("t.csv", "-p", "p", "-w", "w"), ("1,0", ".8,.3", "-w", "0,0"), ("1,0", ".8,.3", "-w", "0")):
        assert "sum to 0" in refusal("nll", *args), args
