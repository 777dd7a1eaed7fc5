"""The header and the choice of columns hang on the first rows together: a bad cell is refused wherever it stands."""

import math
from itertools import product
from pathlib import Path

import pytest
from conftest import answer, close, crossed, refusal, write
from samples import OF_CLASSES

CLASSES = "label,p_cat,p_dog,p_emu\n"
ROWS = ["cat,2,1,-1", "dog,0,1,3", "emu,1,0,2", "cat,3,1,0"]
LOGITS = ("--from", "logits")
COMMANDS = (
    ("ce", *LOGITS),
    ("nll", *LOGITS),
    ("grad", "ce", *LOGITS),
    ("fit", "temperature"),
    ("ce", "-r", "none", *LOGITS),
)


def test_a_bad_cell_of_a_class_is_refused_in_whichever_row_and_class_it_stands(here: Path) -> None:
    everywhere = list(product(range(len(ROWS)), (1, 2, 3)))
    for command, bad, (place, column) in crossed(COMMANDS, ("x", "0.8x", "2021-01-05"), everywhere):
        rows = [row.split(",") for row in ROWS]
        rows[place][column] = bad
        text = CLASSES + "\n".join(map(",".join, rows)) + "\n"
        name = CLASSES.strip().split(",")[column]

        said = refusal(*command, write("t.csv", text))

        assert said == f"t.csv:{place + 2}: column '{name}': '{bad}' is not a number"


def test_columns_that_share_no_name_are_classes_whatever_the_first_row_holds(here: Path) -> None:
    for place in range(len(ROWS)):
        rows = [row.split(",") for row in ROWS]
        rows[place][3] = "x"
        text = "label,cat,dog,emu\n" + "\n".join(map(",".join, rows)) + "\n"

        said = refusal("ce", "--from", "logits", write("t.csv", text))

        assert said == f"t.csv:{place + 2}: column 'emu': 'x' is not a number"


def test_a_bad_cell_of_a_class_is_refused_in_the_only_row_too(here: Path) -> None:
    for stem in ("p_", "a.", "model 1: "):
        for bad in ("x", "0.8x"):
            text = f"label,{stem}cat,{stem}dog,{stem}emu\ncat,2,1,{bad}\n"

            said = refusal("ce", "--from", "logits", write("t.csv", text))

            assert said == f"t.csv:2: column '{stem}emu': '{bad}' is not a number"
            for command in OF_CLASSES:
                two = write("t.csv", f"id,{stem}True,label,{stem}False\n7,{bad},1,-6.5\n")
                said = refusal(command, "--from", "logits", two)
                assert said == f"t.csv:2: column '{stem}True': '{bad}' is not a number"


def test_columns_that_are_called_by_numbers_are_classes_whether_they_count_or_not(here: Path) -> None:
    for names in (("1", "0", "-1", "2"), ("2", "-1", "1"), ("0", "1", "5"), ("2021", "2022", "1")):
        for label in names:
            header = f"y,{','.join(names)}"
            cells = ["0.7" if name == label else "0.1" for name in names]
            assert answer("ce", write("t.csv", f"{header}\n{label},{','.join(cells)}\n")) == close(-math.log(0.7))
            for at, name in enumerate(names):
                bad = [*cells[:at], "half", *cells[at + 1 :]]
                rows = f"{label},{','.join(bad)}\n" + f"{label},{','.join(cells)}\n" * 3
                said = refusal("ce", write("t.csv", f"{header}\n{rows}"))
                assert said == f"t.csv:2: column '{name}': 'half' is not a number"


def test_numbers_that_are_one_float_may_be_the_names_of_classes(here: Path) -> None:
    large = ("18446744073709551616", "18446744073709551617")
    for text in ("target,{},{}\n{},0.2,0.8\n", "| target | {} | {} |\n|---|---|---|\n| {} | 0.2 | 0.8 |\n"):
        assert answer("ce", write("t.csv", text.format(*large, large[1]))) == close(-math.log(0.8))


def test_marks_of_missing_cells_may_be_the_names_of_all_classes(here: Path) -> None:
    for text in ("label,?,null\n?,0.8,0.2\nnull,0.3,0.7\n", "y,0,NA\n0,0.8,0.2\nNA,0.3,0.7\n"):
        assert answer("ce", write("t.csv", text)) == close((-math.log(0.8) - math.log(0.7)) / 2), text
    for mark in ("NA", "null", "?", "None"):
        write("y.csv", f"label\n{mark}\nx\n")
        for header, rows in (
            (f"{mark},x", "0.8,0.2\n0.3,0.7\n"),
            (f"x,{mark}", "0.2,0.8\n0.7,0.3\n"),
            (f"p_{mark},p_x", "0.8,0.2\n0.3,0.7\n"),
        ):
            write("p.csv", f"{header}\n{rows}")
            for command in OF_CLASSES:
                assert answer(command, "y.csv", "p.csv") == close((-math.log(0.8) - math.log(0.7)) / 2), header
        write("p.csv", "a,x\n0.8,0.2\n0.3,0.7\n")
        assert f"the cell is missing ({mark})" in refusal("ce", "y.csv", "p.csv"), mark


def test_a_bad_feature_is_refused_in_whichever_row_it_stands(here: Path) -> None:
    rows = ["1,0.5,2", "0,1.5,3", "1,2.5,1", "0,0.1,4"]
    for place in range(len(rows)):
        cells = [row.split(",") for row in rows]
        cells[place][2] = "x"

        said = refusal("fit", "bce", write("t.csv", "label,a,b\n" + "\n".join(map(",".join, cells)) + "\n"))

        assert said == f"t.csv:{place + 2}: column 'b': 'x' is not a number"


def test_a_bad_class_of_json_lines_is_refused_in_whichever_row_it_stands(here: Path) -> None:
    good = '{"label":"cat","p_cat":2,"p_dog":1,"p_emu":3}'
    for place in range(3):
        lines = [good] * 3
        lines[place] = good.replace("3}", '"x"}')

        said = refusal("ce", "--from", "logits", write("t.jsonl", "\n".join(lines) + "\n"))

        assert said == f"t.jsonl:{place + 1}: column 'p_emu': 'x' is not a number"


def test_text_in_a_set_of_columns_of_parquet_is_refused(here: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"label": ["cat", "dog"], "p_cat": [0.5, 0.25], "p_dog": [0.25, 0.5], "p_emu": ["0.25", "x"]}
    parquet.write_table(pa.table(columns), "t.parquet")

    assert refusal("ce", "t.parquet").endswith("column 'p_emu': '0.25' is text, not a number")


def test_a_bad_first_row_of_a_table_without_a_header_is_a_fault_of_its_line(here: Path) -> None:
    cases = (
        ("0.8x\n0.7\n", ("nll",), "column 1: '0.8x' is not a number"),
        ("80%\n0.7\n", ("nll",), "column 1: '80%' is not a number"),
        ("yes,0.8x\nno,0.7\n", ("bce", "--positive", "yes"), "column 2: '0.8x' is not a number"),
        ("yes,half\nno,0.7\nyes,0.2\n", ("bce", "--positive", "yes"), "column 2: 'half' is not a number"),
        ("1,abc\n0,.3\n", ("bce", "-y", "1", "-p", "2"), "column 2: 'abc' is not a number"),
        ("1,abc\n0,.3\n", ("bce",), "column 2: 'abc' is not a number"),
        ("cat,0.2,x\ndog,0.3,0.7\n", ("ce", "--classes", "cat,dog"), "column 3: 'x' is not a number"),
        ("y,x\nn,0.7\ny,0.2\n", ("bce", "--positive", "y"), "column 2: 'x' is not a number"),
    )
    for text, args, what in cases:
        assert refusal(*args, write("t.csv", text)).startswith(f"t.csv:1: {what}")


def test_a_header_of_numbers_that_are_not_whole_is_refused_with_the_option_that_takes_it(here: Path) -> None:
    table = "label,0.5,1.5\n0.5,0.8,0.2\n1.5,0.3,0.7\n"
    for command in OF_CLASSES:
        said = refusal(command, write("t.csv", table))
        assert said.startswith("t.csv:1: column 1: label 'label' is not a class; the classes are '0', '1'")
        assert said.endswith("; if this line names the columns, give --header")
        assert answer(command, "t.csv", "--header") == close((-math.log(0.8) - math.log(0.7)) / 2)
    for later in ("1,0.8\ny,0.2\n", '{"label": "y", "p": 0.5}\n'):
        assert "--header" not in refusal("bce", stdin=later)


def test_two_files_keep_their_first_rows(here: Path) -> None:
    write("y.csv", "1x\n0\n1\n")
    write("p.csv", "0.8\n0.3\n0.6\n")

    assert (
        refusal("bce", "y.csv", "p.csv")
        == "y.csv:1: column 1: label '1x' is not 0 or 1; --positive names the label that is 1"
    )


def test_headers_of_every_kind_name_the_columns(here: Path) -> None:
    value = (-math.log(0.8) - math.log(0.7)) / 2
    for text, args in (
        ("y,1,0\n1,0.8,0.2\n0,0.3,0.7\n", ("ce",)),
        ("y,1,-1\n1,0.8,0.2\n-1,0.3,0.7\n", ("ce",)),
        (",0,1\n0,1,0.8\n1,0,0.3\n", ("bce", "-y", "2", "-p", "3")),
        ("a,b\n1,0.8\n0,0.3\n", ("bce", "-y", "1", "-p", "2")),
    ):
        assert answer(*args, write("t.csv", text)) == close(value), text


def test_data_that_look_like_names_are_data(here: Path) -> None:
    value = (-math.log(0.8) - math.log(0.7)) / 2

    assert answer("bce", "--positive", "y", write("t.csv", "y,0.8\nn,0.3\n")) == close(value)
    assert answer("bce", write("t.csv", "1,0.8\n0,0.3\n")) == close(value)


def test_a_first_line_as_pandas_writes_it_in_every_file_is_asked_about(here: Path) -> None:
    write("y.csv", "0\n1\n0\n")
    write("p.csv", "0\n0.8\n0.3\n")
    what = "the first line, 0, could be data, or column numbers that pandas wrote; choose --header or --no-header"

    assert refusal("bce", "y.csv", "p.csv") == f"y.csv and p.csv: {what}"
    assert answer("bce", "y.csv", "p.csv", "--header") == close((-math.log(0.8) - math.log(0.7)) / 2)
    assert answer("bce", "y.csv", "p.csv", "--no-header", "--eps", "0.1") > 0.0
    write("y.csv", "0\n1\n")
    write("p.csv", "0.2\n0.7\n")
    assert answer("bce", "y.csv", "p.csv") == close((-math.log(0.8) - math.log(0.7)) / 2)


def test_a_header_one_cell_short_names_the_columns_behind_names_of_rows(here: Path) -> None:
    value = (-math.log(0.8) - math.log(0.7)) / 2
    for text in (
        '"label" "prob"\n"1" 1 0.8\n"2" 0 0.3\n',
        "label,prob\na,1,0.8\nb,0,0.3\n",
        "label\tprob\n1\t1\t0.8\n2\t0\t0.3\n",
    ):
        assert answer("bce", write("t.txt", text)) == close(value), text
    assert "3 cells, expected 2" in refusal("bce", write("t.csv", "label,prob\n1,0.8,\n0,0.3,\n"))
    assert "3 cells, expected 2" in refusal("bce", write("t.csv", "label,prob\n1,0.8,5\n1,0.3,5\n"))


def test_a_title_above_the_header_is_named(here: Path) -> None:
    said = refusal("bce", write("t.csv", "Predictions of 2024\nlabel,prob\n1,0.8\n0,0.3\n"))

    assert said.startswith("t.csv:1: 'Predictions of 2024' is not part of the table")


def test_an_encoding_that_reads_well_is_named(here: Path) -> None:
    for encoding, labels in (
        ("gb18030", ("垃圾", "正常邮件")),
        ("shift_jis", ("ネコ", "イヌ")),
        ("cp1252", ("café", "thé")),
    ):
        text = f"label,prob\n{labels[0]},0.8\n{labels[1]},0.3\n"
        Path("t.csv").write_bytes(text.encode(encoding))

        assert refusal("bce", "t.csv", "--positive", labels[0]).endswith(f", perhaps --encoding {encoding}")
        assert answer("bce", "t.csv", "--positive", labels[0], "--encoding", encoding) > 0.0
        Path("t.csv").write_bytes(f"{labels[0]},prob\n1,0.8\n".encode(encoding))
        assert refusal("bce", "t.csv", "-p", "2").endswith(f", perhaps --encoding {encoding}")


def test_rows_that_are_one_cell_too_long_have_no_names() -> None:
    for table in (
        "weight,label,prob\n2.5,1,0.4,1\n",
        "label,prob\n,1,0.49\n",
        "label,prob\n1,0,1\n",
        "label,prob\n1.5,1,0.8\n2.5,0,0.3\n",
    ):
        assert "cells, expected" in refusal("bce", stdin=table), table


def test_labels_of_two_words_below_the_name_of_their_column_are_one_column(here: Path) -> None:
    preds = "p_new york,p_san jose\n0.8,0.2\n0.3,0.7\n0.6,0.4\n"
    Path("preds.csv").write_text(preds)
    right = -math.log(0.8 * 0.7 * 0.6) / 3
    for end, last in (("\n", "\n"), ("\r\n", "\r\n"), ("\n", "\n\n\n"), ("\n", "")):
        Path("labels.csv").write_bytes((end.join(("y_true", "new york", "san jose", "new york")) + last).encode())
        assert answer("ce", "labels.csv", "preds.csv") == close(right)
    Path("labels.csv").write_text("city\nnew york\nsan jose\nnew york\n")  # it could be a title
    assert refusal("ce", "labels.csv", "preds.csv").endswith("or use -d , where each line is one cell")
    assert answer("ce", "labels.csv", "preds.csv", "-d", ",", "-y", "city") == close(right)


def test_classes_that_are_named_and_name_columns_too_are_a_header(here: Path) -> None:
    right = -math.log(0.8 * 0.7) / 2
    for first, second in (("cat", "dog"), ("0", "1"), ("7", "3")):
        options = ("--classes", f"{first},{second}")
        write("t.csv", f"label,{first},{second}\n{first},0.8,0.2\n{second},0.3,0.7\n")
        write("bare.csv", f"{first},0.8,0.2\n{second},0.3,0.7\n")
        for table in ("t.csv", "bare.csv"):
            assert answer("ce", table, *options) == close(right), (table, first)
    write("y.csv", "cat\ndog\n")
    write("p.csv", "cat,dog\n0.8,0.2\n0.3,0.7\n")
    options = ("--classes", "cat,dog")
    assert answer("ce", "y.csv", "p.csv", *options) == close(right)
    unnamed = refusal("ce", *options, stdin="species,cat,dog\ncat,0.8,0.2\n")
    assert unnamed.startswith("<stdin>: no column is recognized as the label; the columns are 'species', 'cat', 'dog'")
    bad = refusal("ce", *options, stdin="cat,0.8x,0.2\ndog,0.3,0.7\n")
    assert bad == "<stdin>:1: column 2: '0.8x' is not a number"
