"""Laws of kinds of files: a cell means the same in each, and what is no table of its kind is refused."""

import json
from itertools import product
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, npy, npz, record, refusal, run, write
from test_blocks import blocks, same

pytestmark = pytest.mark.usefixtures("here")

LISTS = ((0, (0.7, 0.3), (1.5, 2.5)), (1, (0.2, 0.8), (-1.0, 3.0)), (1, (0.6, 0.4), (0.5, 0.25)))


def test_a_line_is_json_where_the_json_module_says_so() -> None:
    lines = ['{"label": 1, "p": 0.75}', '{"label": 0, "p": 0.5}', '{"label": 0, "p": 0.25}', '{"label": 1, "p": 0.5}']
    places = range(len(lines[1]))
    cut = [lines[1][:at] + lines[1][at + 1 :] for at in places]
    changed = [lines[1][:at] + mark + lines[1][at + 1 :] for at, mark in zip(places, ' 0x",:.-}{[' * 3, strict=False)]
    for line in dict.fromkeys(
        [*cut, *changed, '{"label": 0, "p": }', '{"label": , "p": 0.5}', '{"label": 0, "p": .5}']
    ):
        write("t.jsonl", "\n".join([lines[0], line, *lines[2:], ""]))
        found = run("bce", "t.jsonl", "-p", "p", "-q")
        try:
            value = json.loads(line)
            label, p = value["label"], float(value["p"])
            sound = label in (0, 1) and 0 <= p <= 1 and isinstance(value, dict)
        except (ValueError, KeyError, TypeError):
            sound = False
        if sound:
            mean = -(log(0.75) + log(0.75) + log(0.5) + (log(p) if label else log(1 - p))) / 4 if 0 < p < 1 else None
            assert found.code == 0 and (mean is None or float(found.out) == close(mean)), line
        else:
            assert found.err.startswith("losscli bce: t.jsonl:2: "), (line, found)
            try:
                json.loads(line)
            except ValueError:
                assert run("bce", "t.jsonl", "-p", "p", "--na", "drop").code == 2, line


def test_a_minus_of_a_word_processor_is_one_in_each_kind_of_file() -> None:
    logits = ["-1.5", "2", "-0.25"]
    expected = answer("bce", "0,1,1", ",".join(logits), "--from", "logits")
    for minus in ("-", "\N{MINUS SIGN}"):
        cells = [logit.replace("-", minus) for logit in logits]
        rows = list(zip("011", cells, strict=True))
        plain = "label,z\n" + "".join(f"{y},{z}\n" for y, z in rows)
        write("plain.csv", plain)
        write("quoted.csv", plain.replace("\n1,2\n", '\n"1","2"\n'))
        write("broken.csv", "label,z,note\n" + "".join(f'{y},{z},"a\n""b"""\n' for y, z in rows))
        write("t.jsonl", "".join(f'{{"label": {y}, "z": "{z}"}}\n' for y, z in rows))
        Path("t.npz").write_bytes(npz(label=np.array([0, 1, 1]), z=np.array(cells)))
        for name in ("plain.csv", "quoted.csv", "broken.csv", "t.jsonl", "t.npz"):
            assert answer("bce", name, "-y", "label", "-p", "z", "--from", "logits") == expected, (name, minus)
        assert answer("bce", "0,1,1", ",".join(cells), "--from", "logits") == expected


def test_values_of_json_are_shown_as_they_are_spelled() -> None:
    spelled = ["true", "false", "0", "-0", "0.50", "1e0", "7", "-1.0", "18446744073709551617", '"x"', '"0.50"', '"é"']
    for mixed in (False, True):  # lines of one shape, and of two
        rows = [
            f'{{"p": 0.5, "g": {text}, "label": 1}}' if mixed and at % 2 else f'{{"label": 1, "p": 0.5, "g": {text}}}'
            for at, text in enumerate(spelled)
        ]
        write("t.jsonl", "\n".join([*rows, ""]))
        found = same("bce", "t.jsonl", "-p", "p", "--worst", "20", "--show", "g", "-f", "json").json
        assert [one["cells"]["g"] for one in found["worst"]] == [text.strip('"') for text in spelled], mixed


def test_labels_that_are_true_or_false_are_called_so() -> None:
    for labels in ('{"label": true, "p": 0.8}\n{"label": false, "p": 0.3}\n', "label,p\ntrue,0.8\nfalse,0.3\n"):
        name = write("t.jsonl", labels)
        assert answer("bce", name) == answer("bce", "1,0", "0.8,0.3")
        assert answer("bce", name, "--positive", "false") == answer("bce", "0,1", "0.8,0.3")
    rows = '{"label": "a", "false": 0.8, "true": 0.2}\n'.replace('"a"', "false") * 2
    write("t.jsonl", rows + '{"label": true, "false": 0.4, "true": 0.6}\n')
    assert answer("ce", "t.jsonl", "-y", "label", "-p", "false,true") == close(-(2 * log(0.8) + log(0.6)) / 3)


def test_a_flat_array_is_one_row_however_it_is_cut() -> None:
    row = np.array([0.1, 0.15, 0.2, 0.05, 0.3, 0.2])
    write("p.npy", npy(row))
    assert float(same("ce", "4", "p.npy", "-q").out) == close(-log(0.3))
    write("y.npy", npy(np.array([1.0, 0, 0, 1, 1])))
    write("q.npy", npy(np.array([0.75, 0.5, 0.25, 0.5, 0.75])))
    assert float(same("bce", "y.npy", "q.npy", "-q").out) == close(-(3 * log(0.75) + 2 * log(0.5)) / 5)
    for order in "CF":
        write("m.npy", npy(np.array([[0, 0.7, 0.3], [1, 0.2, 0.8], [1, 0.6, 0.4], [0, 0.5, 0.5]], order=order)))
        assert float(same("ce", "m.npy", "-q").out) == close(-(log(0.7) + log(0.8) + log(0.4) + log(0.5)) / 4)


def test_lists_in_cells_are_columns_with_and_without_a_header() -> None:
    for header, gap in product((True, False), ("", "NA", "nan", "null", '" NA "', None)):
        rows = [f'{y},"[{a[0]}, {a[1]}]","[{z[0]}, {z[1]}]"' for y, a, z in LISTS]
        rows[1:1] = [] if gap is None else [f'1,{gap},"[1, 2]"']
        write("t.csv", "\n".join([*(["label,a,z"] if header else []), *rows, ""]))
        names = ("label", "a", "z") if header else ("1", "2", "3")
        beside = [] if gap is None else [(1, (), (1, 2))]  # the row with the gap has a list in the other column
        for column, options, kept in ((1, [], list(LISTS)), (2, ["--from", "logits"], [*LISTS, *beside])):
            args = ("t.csv", "-y", names[0], "-p", names[column], *options, "--na", "drop")
            found = record("ce", *args)
            labels, preds = ",".join(str(row[0]) for row in kept), ";".join(str(row[column])[1:-1] for row in kept)
            assert found["value"] == close(answer("ce", labels, preds, *options)), (header, gap, column)
            assert found["dropped"] == (len(beside) if column == 1 else 0), (header, gap, column)


def test_a_table_without_rows_is_refused_alone_and_told_beside_another() -> None:
    write("l.csv", "label\n1\n0\n")
    write("p.csv", "p\n0.5\n0.25\n")
    for empty, names in (("p\n", ("l.csv", "e.csv")), ("label\n", ("e.csv", "p.csv"))):
        write("e.csv", empty)
        counts = ", ".join(f"{name} {0 if name == 'e.csv' else 2}" for name in names)
        assert refusal("bce", *names).startswith(f"the numbers of rows differ: {counts}")
    write("e.csv", "label,p\n")
    assert refusal("bce", "e.csv") == "e.csv: there are no rows below the header"


def test_labels_above_the_whole_numbers_of_floats_are_labels_of_their_own() -> None:
    for digits in (16, 17, 19, 25):
        first = 10 ** (digits - 1) + 1 if digits > 16 else 2**53
        labels = [str(first), str(first + 1)]
        for text in (
            f"label,a,b\n{labels[0]},0.75,0.25\n{labels[1]},0.4,0.6\n{labels[0]},0.5,0.5\n",
            f'label,a,b\n"{labels[0]}",0.75,0.25\n{labels[1]},0.4,0.6\n{labels[0]},0.5,0.5\n',
        ):
            mean, args = (
                close(-(log(0.75) + log(0.6) + log(0.5)) / 3),
                ("t.csv", "-p", "a,b", "--classes", ",".join(labels), "-q"),
            )
            write("t.csv", text)
            assert float(same("ce", *args).out) == mean, digits
            cells = np.array([labels[0], labels[1], labels[0]])
            probs = {"a": np.array([0.75, 0.4, 0.5]), "b": np.array([0.25, 0.6, 0.5])}
            for column in (cells, *([cells.astype(np.int64)] if digits < 19 else [])):
                write("t.npz", npz(label=column, **probs))
                assert float(same("ce", "t.npz", *args[1:]).out) == mean, digits
            write("t.csv", text.replace("\n", ',"two\nlines"\n').replace('"two\nlines"', "note", 1))
            assert float(same("ce", *args).out) == mean, digits


def test_a_probability_that_is_an_end_by_rounding_alone_is_refused_however_long_it_is() -> None:
    cells = [f"{zero}.{'9' * count}" for zero in ("", "0", "00") for count in (16, 17, 18, 19, 25, 40)]
    cells += ["9." + "9" * 17 + "e-1", "1e-324", "1E-400", "0." + "0" * 330 + "1", ".1e-323", "4e-324", "1e-323"]
    for cell in cells:
        away = float(cell) in (0.0, 1.0)
        for text in (f"label,p\n1,0.5\n0,{cell}\n", f'label,p\n1,"0.5"\n0,"{cell}"\n', f"label,p\n1,0.5\n0, {cell} \n"):
            found = run("bce", write("t.csv", text), "-q")
            assert (found.code == 2 and "as a float" in found.err and ":3:" in found.err) == away, (cell, found)


def test_the_label_may_be_what_rows_are_grouped_by() -> None:
    for text, by in (("label,p\n1,0.8\n0,0.3\n1,0.6\n", "label"), ("1,0.8\n0,0.3\n1,0.6\n", "1")):
        found = record("bce", write("t.csv", text), "--by", by)
        assert sorted(one["n"] for one in found["groups"]) == [1, 2]
        assert found["value"] == answer("bce", "1,0,1", "0.8,0.3,0.6")


def test_names_that_are_made_for_repeated_columns_are_no_names_of_others() -> None:
    for names in (("a", "a", "a.2"), ("a.2", "a", "a"), ("a", "a.2", "a"), ("a", "a", "a")):
        write("t.csv", f"label,{','.join(names)}\n1,0.8,0.6,0.7\n0,0.3,0.2,0.1\n")
        found = record("bce", "t.csv", "-p", "2", "-p", "3", "-p", "4")
        called = [model["name"] for model in found["models"]]
        assert len(set(called)) == 3 and set(names) <= set(called), (names, called)
        assert all(one == name or names.count(name) > 1 for one, name in zip(called, names, strict=True)), called


def test_a_key_with_a_byte_of_0_is_another_key() -> None:
    write("l.jsonl", '{"id": "a", "label": 1}\n{"id": "a\\u0000", "label": 0}\n')
    write("p.jsonl", '{"id": "a\\u0000", "p": 0.25}\n{"id": "a", "p": 0.75}\n')
    assert answer("bce", "l.jsonl", "p.jsonl", "--key", "id") == close(-log(0.75))
    with blocks(1, 1):
        assert answer("bce", "l.jsonl", "p.jsonl", "--key", "id") == close(-log(0.75))
    assert Path("l.jsonl").exists()
