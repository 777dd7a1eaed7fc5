"""Laws of text: what stands above, around and below the cells of a table changes none of them."""

from itertools import product
from math import log

import pytest
from conftest import answer, close, record, refusal, run, write
from test_blocks import same

pytestmark = pytest.mark.usefixtures("here")

MEAN = -(log(0.8) + log(0.7) + log(0.6)) / 3
CELLS = [("1", "0.8"), ("0", "0.3"), ("1", "0.6")]


def table(delimiter: str, end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in [("label", "p"), *CELLS])


def test_blank_lines_at_the_end_are_nothing() -> None:
    for end, blank in product(("\n", "\r\n"), ("", "\n", " \n", " \r\n\r\n", "\n \n\n", " ", "\r\n \r\n\n ")):
        write("t.csv", table(",", end) + blank)
        assert float(same("bce", "t.csv", "-q").out) == close(MEAN), (end, blank)
        write("y.csv", end.join(["label", "1", "0", "1", ""]) + blank)
        write("p.csv", end.join(["p", "0.8", "0.3", "0.6", ""]) + blank)
        found = same("bce", "y.csv", "p.csv", "-f", "json").json
        assert (found["value"], found["n"]) == (close(MEAN), 3), (end, blank)


def test_a_blank_line_of_one_column_is_a_gap_at_its_line_where_rows_follow() -> None:
    for end, blank in product(("\n", "\r\n"), ("", " ")):
        for at in (1, 2, 3):
            lines = ["label", "1", "0", "1", "1", ""]
            lines.insert(at, blank)
            write("y.csv", end.join(lines))
            write("p.csv", "p\n0.8\n0.3\n0.6\n0.5\n0.5\n")
            assert same("bce", "y.csv", "p.csv").err.startswith(f"losscli bce: y.csv:{at + 1}: "), (end, blank, at)
            assert same("bce", "y.csv", "p.csv", "--na", "drop", "-f", "json").json["dropped"] == 1


def test_a_delimiter_that_is_given_goes_before_one_that_is_found_or_named() -> None:
    for mark in (",", ";", "|", "\t"):
        for above in ("", "sep=;\n", "# a comment\n"):
            write("t.csv", above + table(mark))
            assert answer("bce", "t.csv", "-d", mark) == close(MEAN), (mark, above)
            if not above.startswith("sep") or mark == ";":
                assert answer("bce", "t.csv") == close(MEAN), (mark, above)


def test_decimal_commas_are_read_in_tables_of_any_width() -> None:
    write("y.csv", "label\n1\n0\n1\n")
    for text in ("p\n0,8\n0,3\n0,6\n", 'p\n"0,8"\n"0,3"\n0,6\n'):
        assert answer("bce", "y.csv", write("p.csv", text), "--decimal", ",") == close(MEAN)
    for mark in (";", "\t", "|"):
        write("t.csv", table(mark).replace(".", ","))
        assert answer("bce", "t.csv", "--decimal", ",") == close(MEAN), mark


def test_comments_above_are_skipped_and_said_and_a_header_among_them_is_one() -> None:
    rows = "".join(f"{y},{p}\n" for y, p in CELLS)
    for above, lines in ((0, ""), (1, "line 1 begins"), (2, "lines 1 to 2 begin"), (3, "lines 1 to 3 begin")):
        comments = "".join(f"# comment {at}\n" for at in range(above))
        found = record("bce", write("t.csv", comments + "label,p\n" + rows))
        assert found["value"] == close(MEAN) and sum(" with #" in note for note in found["notes"]) == bool(above)
        assert all(note.startswith(lines) for note in found["notes"] if " with #" in note)
        found = record("bce", write("t.csv", comments + "# label,p\n" + rows), "-p", "p")
        assert found["value"] == close(MEAN)
        skipped = [note for note in found["notes"] if "skipped" in note]
        assert len(skipped) == bool(above) and all(note.startswith(lines) for note in skipped), skipped
        assert any(note.startswith(f"line {above + 1}, which begins with #") for note in found["notes"])


def test_drawn_tables_keep_their_cells() -> None:
    for front, back in (("| ", " |"), ("", "")):
        text = "".join(
            f"{front}{' | '.join(row)}{back}\n"
            for row in [("label", "p", "note"), ("---", "---", "---"), ("1", "0.8", r"a\|b"), ("0", "0.3", "c d")]
        )
        for below in ("", "\n", "\n\nThat was it, after | a bar.\n"):
            found = record("bce", write("t.md", text + below), "-p", "p", "--worst", "2", "--show", "note")
            assert (found["value"], found["n"]) == (close(-(log(0.8) + log(0.7)) / 2), 2)
            assert [one["cells"]["note"] for one in found["worst"]] == ["c d", "a|b"]
        line = f"{front}That was it | 1 | 2{back}\n"  # as many bars as a row
        assert refusal("bce", write("t.md", f"{text}\n{line}"), "-p", "p").startswith("t.md:6: column 'label': label")
        assert refusal("bce", write("t.md", f"{text}\nText.\n{line}"), "-p", "p") == (
            "t.md:7: another table is drawn here; give one table"
        )


def test_keys_that_begin_as_what_is_missing_are_keys() -> None:
    words = ["nullable", "nanny", "none!", "#n/a1", "nat1", "na1", "n/a/b", "-nano", "<na>s", "null0", "nonesuch"]
    keys = [f"k{at}" for at in range(200)] + words
    write("l.csv", "id,label\n" + "".join(f"{key},1\n" for key in keys))
    write("p.csv", "id,p\n" + "".join(f"{key},0.5\n" for key in reversed(keys)))
    assert record("bce", "l.csv", "p.csv", "--key", "id")["n"] == len(keys)
    for missing in ("null", "NaN", "None", "#N/A", "NA", "-nan", "<NA>", ""):
        write("p.csv", "id,p\n" + "".join(f"{key},0.5\n" for key in keys) + f"{missing},0.5\n")
        assert refusal("bce", "l.csv", "p.csv", "--key", "id").startswith(
            f"p.csv:{len(keys) + 2}: column 'id': the key"
        )
        assert record("bce", "l.csv", "p.csv", "--key", "id", "--na", "drop")["dropped"] == 1


def test_what_is_read_is_not_written_over_whatever_it_is_for() -> None:
    write("f.csv", "y,a\n" + "1,0.5\n0,0.25\n" * 3)
    write("t.csv", "y,a\n" + "1,0.5\n0,0.25\n" * 3)
    for path in ("f.csv", "t.csv", "./t.csv"):
        said = refusal("fit", "bce", "f.csv", "-y", "y", "-x", "a", "--test", "t.csv", "--predict", path)
        assert said.startswith(f"--predict: {path} is an input file"), said
    assert run("fit", "bce", "f.csv", "-y", "y", "-x", "a", "--test", "t.csv", "--predict", "o.csv").code == 0


def test_what_shows_the_answer_contradicts_hiding_it() -> None:
    for option in ("--explain", "--fail-above 0.5"):
        said = refusal("bce", "1,0", "0.8,0.3", "--expect", "0.3", "--hide-answer", *option.split())
        assert said == f"{option.split()[0]} shows the answer; it contradicts --hide-answer"


def test_a_comment_above_rows_names_their_columns_or_is_none_of_the_table() -> None:
    named, skipped = "line 1, which begins with #, names the columns", "line 1 begins with # and was skipped"
    rows = "1,0.8\n0,0.3\n"
    for text, columns, note in (
        (f"# label,p\n{rows}", ["label", "p"], named),
        (f"#label,p\n{rows}", ["label", "p"], named),
        (f"## label,p\n\n{rows}", ["label", "p"], named),
        ("# label p\n1 0.8\n0 0.3\n", ["label", "p"], named),
        ("# label;p\n1;0.8\n0;0.3\n", ["label", "p"], named),
        ("# label,p\na,1,0.8\nb,0,0.3\n", ["label", "p"], named),  # behind names of rows
        (f"# 1,0.5\n{rows}", [1, 2], skipped),  # a row that was put aside
        (f"# 0,1\n{rows}", [1, 2], skipped),
        (f"#1,1e-1\n{rows}", [1, 2], skipped),
        (f"# label p\n{rows}", [1, 2], skipped),
        (f"# predictions\n{rows}", [1, 2], skipped),
        (f"#\n{rows}", [1, 2], skipped),
        (f"# a, b and c, in order\n{rows}", [1, 2], skipped),
        (f"# a,b\nlabel,p\n{rows}", ["label", "p"], skipped),
        ("# fold 0\n1 0.8\n0 0.3\n", [1, 2], skipped),
        (f"# fold,0\n{rows}", [1, 2], skipped),
    ):
        found = record("bce", write("t.csv", text))
        assert ([found["columns"]["label"], found["columns"]["prob"]], found["n"]) == (columns, 2), text
        assert found["value"] == close(-(log(0.8) + log(0.7)) / 2) and note in found["notes"], (text, found["notes"])
    assert record("ce", write("t.csv", "# label,0,1\n0,0.8,0.2\n1,0.7,0.3\n"))["columns"]["prob"] == ["0", "1"]
    for comment in ("# yes,0.5", "#yes,0.5", "# yes,5e-1", "# fold,0", "# run,1"):
        found = record("bce", write("t.csv", f"{comment}\nyes,0.8\nno,0.3\n"), "--positive", "yes")
        assert (found["n"], found["value"]) == (2, close(-(log(0.8) + log(0.7)) / 2)), comment


@pytest.mark.parametrize(
    "error", ["#N/A", "#NA", "#DIV/0!", "#REF!", "#value!", "#NUM!", "#NAME?", "#NULL!", "#GETTING_DATA"]
)
def test_an_error_of_a_spreadsheet_in_the_first_cell_is_no_comment(error: str) -> None:
    missing = error in ("#N/A", "#NA", "#DIV/0!")
    for above, line in (("", 1), ("# predictions\n", 2), ("# a\n\n#\n", 4)):
        for char in (",", ";", "\t", "|", " "):
            rows = f"{above}{error},0.5\n1,0.8\n0,0.3\n".replace(",", char)
            said = refusal("bce", stdin=rows)
            assert said.startswith(f"<stdin>:{line}: column 1: ") and error in said, (rows, said)
            if missing:
                assert record("bce", "--na", "drop", stdin=rows)["dropped"] == 1, rows
        assert refusal("nll", stdin=f"{above}{error}\n0.8\n0.3\n").startswith(f"<stdin>:{line}: "), above
    for comment in (f"{error} means that nothing was predicted", f"# {error},0.5", f"{error}: none, or late, or lost"):
        assert record("bce", stdin=f"{comment}\n1,0.8\n0,0.3\n")["n"] == 2, comment
    both = f"{error},0.5\n{error},0.8\n"
    assert refusal("bce", stdin=both).startswith("<stdin>:1: ") and refusal("bce", stdin=f"# a\n{both}")


def test_a_comment_that_looks_like_a_row_is_a_warning() -> None:
    rows = "19,1,0.8\n20,0,0.3\n"
    for above, line in (("#17,1,0.8\n", 1), ("# ids\n#17,1,0.8\n#18,0,0.3\n", 2)):
        found = run("bce", "-y", "2", "-p", "3", "-q", stdin=above + rows)
        assert (found.code, float(found.out)) == (0, close(-(log(0.8) + log(0.7)) / 2))
        assert found.err == f"losscli bce: line {line} begins with # and was skipped, but it looks like a row\n"
    for above in ("# 17,1,0.8\n", "#17,1\n", "#a,b,c\n", "#\n", "# x\n", "## 1,0,1\n"):
        assert run("bce", "-y", "2", "-p", "3", "-q", stdin=above + rows).err == "", above
    assert run("ce", "-q", stdin="#label,0,1\n0,0.8,0.2\n1,0.7,0.3\n").err == ""


def test_names_of_rows_are_words_or_whole_numbers_that_differ_behind_a_header_that_is_one_short() -> None:
    note = "the header is one cell short: the first column is read as row names"
    for rows in (
        "a,1,0.8\n",
        "7,1,0.8\n9,0,0.3\n",
        "a,1,0.8\nb,0,0.3\n",
        "a b,1,0.8\nb,0,0.3\n",
        "0,1,0.8\n10,0,0.3\n",
    ):
        for header in ("label,p", '"label","p"'):
            found = record("bce", write("t.csv", f"{header}\n{rows}"))
            assert (found["n"], found["columns"]["prob"]) == (rows.count("\n"), "p") and note in found["notes"], rows
    assert record("bce", write("t.csv", "label,p\na,,0.8\nb,0,0.3\n"), "--na", "drop")["dropped"] == 1
    for header, rows in (("p,g", "a,0.8,x\nb,0.7,y\n"), ("g,p", "a,x,0.8\nb,y,0.7\n")):
        assert answer("nll", write("t.csv", f"{header}\n{rows}"), "-p", "p") == close(-(log(0.8) + log(0.7)) / 2)
    for rows in (
        "7,1,0.8\n",
        "07,1,0.8\n09,0,0.3\n",
        "a,1,0.8\na,0,0.3\n",
        "a,1,\nb,0,0.3\n",
        "a,1,0.8\n3,0,0.3\n",
        "a,1,0.8\nb,0,0.3,9\n",
        "1.5,1,0.8\n2.5,0,0.3\n",
        ",1,0.8\nb,0,0.3\n",
    ):
        assert refusal("bce", write("t.csv", f"label,p\n{rows}")).startswith("t.csv:2: 3 cells, expected 2"), rows
