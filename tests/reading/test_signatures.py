"""Files that are no tables are named, with a command that makes one; what stands above a header is read over."""

import bz2
import gzip
import io
import json
import lzma
import math
import pickle
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run

from losscli.reading.signatures import KINDS


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "label,prob\n1,0.5\n")
    return out.getvalue()


FILES = {
    "an Excel workbook": (zipped("[Content_Types].xml", "xl/workbook.xml"), "read_excel"),
    "an OpenDocument spreadsheet": (zipped("mimetype", "content.xml"), "read_excel"),
    "a PyTorch file": (zipped("archive/data.pkl", "archive/data/0"), "torch.load"),
    "a zip archive": (zipped("preds.csv"), "unzip -p table.bin"),
    "a pickle": (pickle.dumps([0.5]), "read_pickle"),
    "an SQLite database": (b"SQLite format 3\0" + bytes(100), "sqlite3 -header -csv table.bin"),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n" + bytes(100), "read_hdf"),
    "a PDF document": (b"%PDF-1.7\n%\xe2\xe3\n", "pdftotext"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(20), ""),
    "a web page or XML": (b"\n<!DOCTYPE html>\n<html><body>403</body></html>", "login"),
    "a JSON array": (json.dumps([{"label": 1, "prob": 0.5}], indent=1).encode(), 'jq -c ".[]" table.bin'),
    "a table of a web page": (b'<table border="1" class="dataframe">\n<tr><th>label</th></tr>\n</table>', "read_html"),
    "a LaTeX document": (b"\\begin{tabular}{lrr}\n1 & 0.5 \\\\\n", ""),
    "a Stata file": (b"r\x02\x01\0" + bytes(100), "read_stata"),
    "one JSON object, which is one row": (b'{"label": [1, 0], "prob": [0.8, 0.3]}\n', "read_json"),
    "JSON over several lines": (json.dumps({"label": 1, "prob": 0.5}, indent=1).encode(), "jq -c . table.bin"),
    "a vector as R prints it": (b" [1] 0.805 0.3\n [3] 0.4 0.7\n", "write.csv"),
    "an ARFF file of Weka": (b"@RELATION x\n@ATTRIBUTE label {0,1}\n@DATA\n1,0.5\n", "sed"),
    "compressed by LZMA": (lzma.compress(b"label,prob\n1,0.5\n", lzma.FORMAT_ALONE), "xz --format=lzma -dc table.bin"),
    "compressed twice": (gzip.compress(bz2.compress(b"label,prob\n1,0.5\n")), "decompress it once"),
    "a program": (b"\x7fELF\2\1\1" + bytes(20), ""),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_named_with_what_makes_a_table_of_it(kind: str, here: Path) -> None:
    content, cure = FILES[kind]
    (here / "table.bin").write_bytes(content)

    said = refusal("bce", "table.bin")

    assert said.startswith(f"table.bin: this is {kind}, not a table of text") and cure in said


def test_columns_as_pandas_writes_them_in_one_json_object_are_named(here: Path) -> None:
    for table in (
        {"label": {"0": 1, "1": 0}, "prob": {"0": 0.8, "1": 0.3}},
        {"columns": ["label", "prob"], "index": [0, 1], "data": [[1, 0.8], [0, 0.3]]},
        {"0": {"label": 1, "prob": 0.8}, "1": {"label": 0, "prob": 0.3}},
    ):
        for command in ("bce", "ce", "nll"):
            assert "this is one JSON object, which is one row" in refusal(command, stdin=json.dumps(table))
    one = '{"label": 1, "probs": [0.2, 0.8]}'
    assert answer("ce", stdin=one) == close(-math.log(0.8))
    assert "no column 'p'" in refusal("ce", "-p", "p", stdin=f"{one}\n{one}")


def test_what_comes_through_a_pipe_is_named_too() -> None:
    said = refusal("bce", stdin=FILES["a pickle"][0])

    assert said.startswith("<stdin>: this is a pickle, ") and said.endswith(" FILE > table.csv")


def test_a_file_name_with_a_space_is_quoted_in_the_command(here: Path) -> None:
    (here / "my preds.db").write_bytes(b"SQLite format 3\0")

    assert 'sqlite3 -header -csv "my preds.db" "select' in refusal("bce", "my preds.db")


def test_a_database_as_it_is_written_is_known(here: Path) -> None:
    with sqlite3.connect("t.db") as connection:
        connection.execute("create table t (label, prob)")
    connection.close()

    assert "this is an SQLite database" in refusal("bce", "t.db")


@pytest.mark.parametrize("text", ["[1,0]\n", "label,prob\n1,0.5\n"])
def test_the_marks_of_other_files_are_none_of_a_table(text: str) -> None:
    assert not any(text.encode().startswith(kind.magic) for kind in KINDS if kind.magic)


# --- above the header -----------------------------------------------------------------------------------------------
SOUND = "label,prob\n1,0.8\n0,0.3\n"
LOSS = answer("bce", "1,0", "0.8,0.3")

ABOVE = [
    ("# made by a script\n", "line 1 begins with # and was skipped"),
    ("# made by a script\n# on a Monday, twice\n", "lines 1 to 2 begin with # and were skipped"),
    ("\n# made by a script\n\n", "line 2 begins with # and was skipped"),
    ("sep=,\n", "line 1 sets the delimiter to ','"),
    ('"sep=,"\r\n', "line 1 sets the delimiter to ','"),
]


def test_what_stands_above_the_header_is_read_over_with_a_note() -> None:
    for above, note in ABOVE:
        found = record("bce", stdin=above + SOUND)

        assert found["value"] == pytest.approx(LOSS, rel=1e-15, abs=0), (above, note)
        assert note in found["notes"], (above, note)
        assert found["columns"] == {"label": "label", "prob": "prob", "weight": None}, (above, note)


def test_excels_line_names_the_delimiter() -> None:
    text = "sep=|\nlabel|prob|a;b\n1|0.8|x;y\n0|0.3|x;y\n"

    assert answer("bce", stdin=text) == pytest.approx(LOSS, rel=1e-15, abs=0)


@pytest.mark.parametrize("above", [above for above, _ in ABOVE])
def test_lines_are_counted_with_those_that_are_read_over(above: str) -> None:
    line = above.count("\n") + 3

    assert refusal("bce", stdin=above + "label,prob\n1,0.8\n0,1.3\n").startswith(f"<stdin>:{line}: column 'prob': 1.3 ")


def test_a_large_table_with_comments_above_it_is_the_same(here: Path) -> None:
    rows = "".join(f"{at % 2},0.{at % 9 + 1}\n" for at in range(400_000))
    (here / "plain.csv").write_text("label,prob\n" + rows)
    (here / "commented.csv").write_text("# one\n# two\nlabel,prob\n" + rows)

    expected = answer("bce", "plain.csv")
    for threads in ("1", "2", "8"):
        assert answer("bce", "commented.csv", "--threads", threads) == expected


@pytest.mark.parametrize("name", ["# label,prob", "#label,prob", "# prob,label"])
def test_a_comment_right_above_data_with_as_many_cells_names_the_columns(name: str) -> None:
    cells = ("1,0.8", "0,0.3") if name.endswith("prob") else ("0.8,1", "0.3,0")
    found = record("bce", stdin="\n".join(["# by numpy", name, *cells, ""]))

    assert found["value"] == pytest.approx(LOSS, rel=1e-15, abs=0)
    assert "line 2, which begins with #, names the columns" in found["notes"]


def test_a_column_that_is_called_by_a_number_sign_is_a_column() -> None:
    assert record("bce", stdin="#,label,prob\n1,1,0.8\n2,0,0.3\n")["columns"]["label"] == "label"


def test_a_number_sign_further_down_is_no_comment() -> None:
    assert refusal("bce", stdin=SOUND + "# end\n").startswith("<stdin>:4: 1 cell, expected 2")


# --- what else is said ----------------------------------------------------------------------------------------------
def test_a_header_alone_is_said_to_be_one() -> None:
    cases = ["label,prob\n", "label,prob", "label,prob\n\n\n", "# above\nlabel,prob\n"]
    for text in cases:
        assert refusal("bce", stdin=text) == "<stdin>: there are no rows below the header", text


def test_percentages_in_a_list_are_refused_with_the_cure() -> None:
    assert refusal("bce", "1,0", "0.8,20%") == "row 2: '20%' is not a number; divide percentages by 100"
    assert refusal("bce", "1", "80%") == "row 1: '80%' is not a number; divide percentages by 100"


def test_percentages_in_a_table_are_refused_with_the_cure() -> None:
    said = refusal("bce", stdin="label,prob\n1,80%\n0,20%\n")

    assert said == "<stdin>:2: column 'prob': '80%' is not a number; divide percentages by 100"


def test_rounding_of_float32_is_said_to_be_that() -> None:
    for prob in ["1.0000001", "1.00000012", "-0.0000001"]:
        said = refusal("bce", stdin=f"label,prob\n1,{prob}\n0,0.3\n")

        assert said.endswith(
            "is not a probability, but only because of rounding, as in float32; --eps 1e-7 clips it"
        ), prob


@pytest.mark.parametrize(("prob", "same"), [("1.0000001", "1"), ("-0.0000001", "0")])
def test_what_is_off_by_rounding_is_clipped_where_that_is_asked_for(prob: str, same: str) -> None:
    found = [record("bce", "1,0", f"{one},0.3", "--eps", "1e-7") for one in (prob, same)]

    assert found[0]["value"] == found[1]["value"] and found[0]["clipped"] == 1


def test_what_is_off_by_more_is_refused_though_it_would_be_clipped() -> None:
    assert refusal("bce", "1,0", "1.001,0.3", "--eps", "1e-7").startswith("row 1: 1.001 is not a probability; ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("pred.csv", "pred.csv: no such file; did you mean preds.csv?"),
        ("PREDS.CSV", "PREDS.CSV: no such file; did you mean preds.csv?"),
        ("big", "big: no such file; did you mean big.csv.gz?"),
        ("big.csv", "big.csv: no such file; did you mean big.csv.gz?"),
        ("sub/a.cvs", "sub/a.cvs: no such file; did you mean sub/a.csv?"),
        ("nowhere/a.csv", "nowhere/a.csv: no such file; there is no directory nowhere"),
        ("elephant.txt", "elephant.txt: no such file"),
        (
            "~/nothing.csv",
            "~/nothing.csv: no such file; a quoted ~ is not expanded: write the path without quotes, or in full",
        ),
    ],
)
def test_a_path_at_which_there_is_nothing_says_what_is_near(typed: str, said: str, here: Path) -> None:
    (here / "sub").mkdir()
    for name in ("preds.csv", "big.csv.gz", "sub/a.csv"):
        (here / name).write_text("label,prob\n1,0.5\n")
    if typed == "PREDS.CSV" and Path(typed).exists():
        pytest.skip("a file system that knows no letter case")

    assert refusal("bce", typed) == said
    assert refusal("bce", "1", typed) == said


@pytest.mark.skipif(sys.platform == "win32", reason="links want rights there")
def test_a_link_to_nothing_says_so_and_does_not_suggest_itself(here: Path) -> None:
    Path("preds.csv").symlink_to("gone.csv")

    assert (
        refusal("bce", "preds.csv") == "preds.csv: no such file; preds.csv is a link to gone.csv, which does not exist"
    )


def test_a_home_directory_in_quotes_is_written_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    (here / "preds.csv").write_text("label,prob\n1,0.5\n")

    assert refusal("bce", "~/preds.csv").endswith(f", as in {here}/preds.csv")


def test_a_pattern_that_matches_nothing_says_so(here: Path) -> None:
    result = run("bce", "day-*.csv")

    assert result.code == 2 and "match" in result.err


def test_numbered_values_as_vowpal_wabbit_writes_them_are_named(here: Path) -> None:
    for lines in ("1:0.25 2:0.75\n1:0.5 2:0.5\n", "first 1:0.25 2:0.75\n", "1 1:2.5 4:-1e-3\n0 2:1\n"):
        Path("vw.txt").write_text(lines)
        said = refusal("ce", "0,1", "vw.txt")
        assert said.startswith("vw.txt: this is a file of numbered values (1:0.25 2:0.75), as of Vowpal Wabbit"), said
        assert said.endswith('sed "s/[0-9]*://g" vw.txt > preds.txt')
    Path("times.txt").write_text("label,prob,at\n1,0.5,12:30 13:40\n")
    assert answer("bce", "times.txt") == close(0.6931471805599453)
