"""Laws of rows: what is odd about one row changes no other, whichever of them is read with care."""

import json
from itertools import cycle, permutations, product
from math import exp, log, log1p

import pytest
from conftest import answer, close, record, refusal, run, write

pytestmark = pytest.mark.usefixtures("here")

ROWS = ["1,0.8,a", "0,0.3,b", "1,0.6,c", "0,0.2,d", "1,0.9,e", "0,0.4,f", "1,0.7,g", "0,0.1,h"]
# Rows that are wrong. Those of the fast way are found when they are evaluated, the others when they are read.
WRONG = {
    "2,0.5,z": "label 2",
    "1,1.5,z": "1.5 is not a probability",
    "1,-0.5,z": "-0.5 is not a probability",
    "1,x,z": "'x' is not a number",
    ",0.5,z": "the cell is missing",
    "1,0.5": "2 cells",
    '"1"x,0.5,z': "text follows a closing quote",
}
OBJECTS = {
    '{"label": 2, "p": 0.5, "g": "z"}': "label 2",
    '{"label": 1, "p": 1.5, "g": "z"}': "1.5 is not a probability",
    '{"label": 1, "p": "x", "g": "z"}': "'x' is not a number",
    '{"label": 1, "p": null, "g": "z"}': "the cell is missing",
    '{"label": 1, "g": "z"}': "the cell is missing",
    '{"label": 1, "p": 0.5, "g": "z"': "not a JSON object",
    '{"label": 1, "p": [0.5], "g": "z"}': "lists within lists",
}
ODD = ('0,0.25,"o ""k"""', '1," 0.35",o', "1,4e-1,o", "0,0.45,\u00a0o")  # sound, and most of them not plain


def as_object(row: str) -> str:
    label, p, text = row.split(",")
    return f'{{"label": {label}, "p": {p}, "g": "{text}"}}'


def test_of_two_wrong_rows_the_first_is_told_wherever_they_stand() -> None:
    for wrong, first in ((WRONG, 0), (OBJECTS, 1)):  # the first object names the columns
        good = ROWS if wrong is WRONG else list(map(as_object, ROWS))
        name, above = ("t.csv", 1) if wrong is WRONG else ("t.jsonl", 0)
        pairs = cycle([pair for pair in permutations(range(first, len(ROWS) + 2), 2) if pair[0] < pair[1]])
        for (one, two), (early, late) in zip(list(product(wrong, wrong))[::2], pairs, strict=False):
            odd = ODD[early % len(ODD)] if wrong is WRONG else as_object("0,0.25,o").replace("o", r"\u00e9")
            rows = [*good[:4], odd, *good[4:]]
            rows.insert(early, one)
            rows.insert(late, two)
            write(name, "label,p,g\n" * above + "\n".join(rows) + "\n")
            found = run("bce", name, "-y", "label", "-p", "p", "--by", "g")
            assert found.err.startswith(f"losscli bce: {name}:{early + above + 1}: "), (rows, found)
            assert wrong[one] in found.err, (one, two, found)


def test_keys_of_rows_that_are_dropped_are_keys_however_the_rows_are_written() -> None:
    """Their partners would be without one otherwise."""
    ways = {
        "plain": "{key},{label}\n",
        "quoted": '"{key}","{label}"\n',
        "spaces": " {key} , {label} \n",
        "returns": "{key},{label}\r\n",
        "a mark": '"{key}", "{label}"\n',
    }
    keys = [f"key-{at}" for at in range(150)]
    for count, (name, way), label in zip(cycle((6, 150)), ways.items(), cycle(("", "NA")), strict=False):
        for gap, others in ((0, "{key},{label}\n"), (1, way), (count - 1, "{key},{label}\n")):
            lines = [others.format(key=key, label=at % 2) for at, key in enumerate(keys)]
            lines[gap] = way.format(key=keys[gap], label=label)
            write("y.csv", "id,label\n" + "".join(lines[:count]))
            write("p.csv", "id,p\n" + "".join(f"{key},0.5\n" for key in reversed(keys[:count])))
            found = record("bce", "y.csv", "p.csv", "--key", "id", "--na", "drop")
            assert (found["n"], found["dropped"]) == (count - 1, 1), (name, gap, others)
            assert refusal("bce", "y.csv", "p.csv", "--key", "id").startswith(f"y.csv:{gap + 2}: column 'label'")


def test_text_in_the_last_column_ends_before_the_end_of_the_line() -> None:
    words = [f"key-{at}" for at in range(150)]
    ends = (("\n", ""), ("\r\n", ""), (" \r\n", ""), ("\t\r\n", ""), ("\n", '"'), ("\r\n", '"'))
    for (end, mark), count in product(ends, (5, 150)):
        rows = [f"{at % 2},{0.5 - at / 1000},{mark}{word}{mark}" for at, word in enumerate(words[:count])]
        write("t.csv", "label,p,id" + end + "".join(row + end for row in rows))
        found = record("bce", "t.csv", "-p", "p", "--worst", "999", "--show", "id")
        assert {(one["row"], one["cells"]["id"]) for one in found["worst"]} == set(enumerate(words[:count], 1)), end
        write("p.csv", "id,p\n" + "".join(f"{word},0.5\n" for word in reversed(words[:count])))
        write("y.csv", "label,id" + end + "".join(f"{at % 2},{mark}{words[at]}{mark}{end}" for at in range(count)))
        assert record("bce", "y.csv", "p.csv", "--key", "id")["n"] == count, (end, mark)
        write("c.csv", "p_cat,p_dog,label" + end + f"0.7,0.3,{mark}cat{mark}{end}0.4,0.6,{mark}dog{mark}{end}" * 4)
        assert answer("ce", "c.csv") == close(-(log(0.7) + log(0.6)) / 2), (end, mark)


def test_a_row_of_another_width_is_told_whatever_the_decimal_mark() -> None:
    rows = ["1;0,8;a", "0;0,3;b", "1;0,6;c", "0;0,2;d"]
    for at, (bad, size) in product(range(5), (("1;0,5", "2 cells"), ("1;0,5;x;", "4 cells"), ("1", "1 cell"))):
        lines = [*rows[:at], bad, *rows[at:]]
        said = refusal("bce", write("t.csv", "\n".join(["label;p;n", *lines, ""])), "--decimal", ",")
        assert said == f"t.csv:{at + 2}: {size}, expected 3 (the delimiter is the semicolon)", (at, bad)


def test_the_delimiter_is_what_each_line_has_as_often() -> None:
    def value(*z: float) -> object:
        return close(sum(log1p(exp(-one)) for one in z) / len(z))

    logits = ("--from", "logits", "-p", "z")
    cases = (  # lines, options, and the logits of the rows, whose labels are all 1
        ("label,note,z\n1,a;b,2\n1,c;d,3\n", (), (2, 3)),
        ("label,id,no;te,z\n1,7,10;20,2\n1,8,30;40,3\n", (), (2, 3)),
        ("label,no;te,z\n1,1;2,2\n1,3;4.5,3\n", (), (2, 3)),
        ("label;z\n1;2\n1;3\n", (), (2, 3)),
        ("label;z\n1;2.5\n1;3\n", (), (2.5, 3)),
        ("label\tz\n1\t2\n1\t3\n", (), (2, 3)),
        ("label z\n1 2\n1   3\n", (), (2, 3)),
        ("label|z\n1|2\n1|3\n", (), (2, 3)),
        ("label;z\n1;2,5\n1;3,5\n", ("--decimal", ","), (2.5, 3.5)),
        ("label;z\n1;2,5\n1;3\n", ("--decimal", ","), (2.5, 3)),
        ("label\tz\n1\t2,5\n1\t3,5\n", ("--decimal", ","), (2.5, 3.5)),
        ("label z\n1 2,5\n1 3,5\n", ("--decimal", ","), (2.5, 3.5)),
        ('label,note,z\n1,"a;b",2\n1,"c;d;e",3\n', (), (2, 3)),
        ('label;z;note\n1;2;"a,b"\n1;3;"c,d"\n', (), (2, 3)),
    )
    for text, options, z in cases:
        assert answer("bce", write("t.csv", text), *logits, *options) == value(*z), text
    for text, options, name in (
        ("label;z;n\n1;0,5;x\n0;0,3\n", ("--decimal", ","), "semicolon"),
        ("label,z,n\n1,0.5,x\n0,0.3\n", (), "comma"),
        ("label|z|n\n1|0.5|x\n0|0.3|\n1|1\n", ("-d", "|"), ""),
    ):
        said = refusal("bce", write("t.csv", text), *logits, *options)
        assert said.partition("expected 3")[2] == (name and f" (the delimiter is the {name})"), said
    said = refusal("bce", write("t.csv", "label;z\n1;2,5\n1;3,5\n"), *logits)
    assert said.startswith("t.csv:2: column 'z': '2,5' is not a number; --decimal , reads the decimal comma"), said
    said = refusal("bce", write("t.csv", "0;0,9\n1;0,8\n"))
    assert said.startswith("t.csv:1: column 2: '0,9' is not a number; --decimal ,"), said


def test_lines_above_one_column_are_comments_or_a_title() -> None:
    write("y.csv", "label\n1\n0\n")
    for above in ("# by hand", "# p", "#p", "# 2024"):
        for rows in ("0.8\n0.3\n", "p\n0.8\n0.3\n"):
            found = record("bce", "y.csv", write("p.csv", f"{above}\n{rows}"))
            assert found["value"] == close(-(log(0.8) + log(0.7)) / 2), (above, rows)
            assert found["notes"] == ["p.csv: line 1 begins with # and was skipped"]
    for count, title, mark in product((1, 2, 3), ("Predictions", "label"), ",;\t| "):
        table = f"id,label,p\n{'7,1,0.8'}\n".replace(",", mark) + "8,0,0.3\n".replace(",", mark) * (count - 1)
        said = refusal("bce", write("t.csv", f"{title}\n{table}"))
        what = f"t.csv:1: '{title}' is not part of the table, which begins below it; remove such lines"
        assert said == what, (said, mark)


def test_a_line_of_json_has_no_byte_too_many() -> None:
    """The values are of one and of two characters, and longer; lines of their shape stand around."""
    for label, p, marks in (("1", "0", "0+-."), ("10", "2", "0-.e"), ("1", "0.5", "0+-.ex 1")):
        line = f'{{"label": {label}, "z": {p}}}'
        values = (line.index(label), len(line) - 1 - len(p))  # where they begin
        places = {at + more for at, cell in zip(values, (label, p), strict=True) for more in (0, 1, len(cell))}
        for place, mark in product(places, marks):
            bad = line[:place] + mark + line[place:]
            rows = [line, line, bad, line, line, line]
            write("t.jsonl", "\n".join([*rows, ""]))
            found = run("bce", "t.jsonl", "-p", "z", "--from", "logits", "--positive", label)
            try:
                fine = json.loads(bad)
            except ValueError:
                assert found.err.startswith("losscli"), bad
                assert ": t.jsonl:3: the line is not a JSON object" in found.err, (bad, found)
            else:
                assert found.code == 0 or fine != json.loads(line), (bad, found)


def test_a_string_of_json_has_no_quote_and_no_control_byte_within() -> None:
    for count in (1, 2, 4, 6, 8):
        for text in ('"' * count, 'a"b' * count, "\t" * count, "\x01" * count, "\\" * (2 * count - 1), "\n"):
            for name in ("g", "label")[count % 3 :][:1]:
                lines = [f'{{"label": "yes", "p": 0.5, "g": "{at}"}}' for at in range(8)]
                lines[5] = lines[5].replace('"5"' if name == "g" else '"yes"', f'"{text}"')
                write("t.jsonl", "\n".join([*lines, ""]))
                said = refusal("bce", "t.jsonl", "--positive", "yes", "-p", "p", "--by", "g")
                assert said == "t.jsonl:6: the line is not a JSON object", (text, name)
    for text in ('\\"', "\\\\", "\\u00e9", "\\n", "\\/", " ", "!", "#", "é", "{", ",", ", ", '": 1, "', "\x7f"):
        text = text if "1" not in text else "1"
        rows = [{"label": "yes", "p": 0.5, "g": f"{at}"} for at in range(8)]
        lines = [json.dumps(row) for row in rows]
        lines[5] = lines[5].replace('"5"', f'"a{text}b"')
        write("t.jsonl", "\n".join([*lines, ""]))
        found = record("bce", "t.jsonl", "--positive", "yes", "-p", "p", "--worst", "9", "--show", "g")
        cells = {one["row"]: one["cells"]["g"] for one in found["worst"]}
        assert cells == {at + 1: json.loads(line)["g"] for at, line in enumerate(lines)}, text
