"""What is refused: exit code 2, one line on standard error that says where and what, nothing on standard output."""

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile

import numpy as np
import pytest
from conftest import answer, crossed, npy, npz, process, refusal, run, write

from losscli.output.formats import FORMATS

pytestmark = pytest.mark.usefixtures("here")

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
CLASSES = "label,cat,dog\ncat,0.9,0.1\ndog,0.2,0.8\n"


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # without the time of day, which would be in test ids
    return out.getvalue()


def plain_words(said: str) -> str:
    """A message without what it quotes: names, options, files, and the words that are written in capitals."""
    bare = re.sub(r"'[^']*'|--?[A-Za-z][\w-]*|\S*\.\w+|<\w+>", "", said)
    return re.sub(r"\b(?:LABELS|PREDS|UTF|NUL|NA|N|A|MiB|X|JSON|NaN|K|Python)\b", "", bare)


# --- the sentences of the contract, word for word ---------------------------------------------------------------------

DESIGN = [
    (
        ("bce", "preds.csv"),
        "label,prob\n1,0.5\n0,0.5\n1,abc\n",
        "losscli bce: preds.csv:4: column 'prob': 'abc' is not a number\n",
    ),
    (
        ("bce", "preds.csv"),
        "label,prob\n" + "1,0.5\n" * 5 + "1,1.2\n",
        "losscli bce: preds.csv:7: column 'prob': 1.2 is not a probability; for logits use --from logits\n",
    ),
    (
        ("bce", "preds.csv", "-p", "prb"),
        PLAIN,
        "losscli bce: preds.csv: no column 'prb'; the columns are 'label', 'prob'\n",
    ),
    (
        ("ce", "cat,dog,cow", ".9,.1;.2,.8;.5,.5", "--classes", "cat,dog"),
        "",
        "losscli ce: row 3: label 'cow' is not a class; the classes are 'cat', 'dog'\n",
    ),
]


def test_the_errors_are_worded_as_promised() -> None:
    for args, text, said in DESIGN:
        write("preds.csv", text)
        assert run(*args).err == said


@pytest.mark.slow
def test_the_installed_program_refuses_as_main_does() -> None:
    write("preds.csv", "label,prob\n1,abc\n")
    result = process("bce", "preds.csv")
    assert (result.code, result.out) == (2, "")
    assert result.err == "losscli bce: preds.csv:2: column 'prob': 'abc' is not a number\n"


# --- cells: what stands in one table, where it is, what is said -------------------------------------------------------

CELLS = [
    (
        "bce",
        "label,prob\n1,0.8\n0,1.2\n",
        (),
        ":3: column 'prob': ",
        "1.2 is not a probability; for logits use --from logits",
    ),
    (
        "bce",
        "label,prob\n1,0.8\n0,-3\n",
        (),
        ":3: column 'prob': ",
        "--from logits, for log-probabilities --from logprobs",
    ),
    ("bce", "label,prob\n1,80\n0,30\n", (), ":2: column 'prob': ", "percentages"),
    ("bce", "label,prob\n1,1.0000000000000002\n", (), ":2: column 'prob': ", "1.0000000000000002"),
    ("bce", "label,prob\n1,-1e-17\n", (), ":2: column 'prob': ", "-1e-17"),
    ("bce", "label,prob\n1,inf\n", (), ":2: column 'prob': ", "inf is not a probability"),
    ("bce", "label,prob\n1,1e400\n", (), ":2: column 'prob': ", "inf is not a probability"),
    ("bce", "label,prob\n1,nan\n", (), ":2: column 'prob': ", "--na drop"),
    ("bce", "label,prob\n1,\n", (), ":2: column 'prob': ", "--na drop"),
    ("bce", "label,prob\n,0.5\n", (), ":2: column 'label': ", "--na drop"),
    (
        "bce",
        "label,prob\n1,-0.5\n0,0.1\n",
        ("--from", "logprobs"),
        ":3: column 'prob': ",
        "0.1 is not a log-probability",
    ),
    ("bce", "label,prob\n1,5\n", ("--from", "logprobs"), ":2: column 'prob': ", "--from logits"),
    ("bce", "label,prob\n1,0.8\n-1,0.3\n", (), ":3: column 'label': ", "--positive 1"),
    ("bce", "label,prob\n1,0.8\n2,0.3\n", (), ":3: column 'label': ", "2"),
    ("bce", "label,prob\nspam,0.8\n", (), ":2: column 'label': ", "'spam'"),
    ("bce", "label,prob\nyes,0.8\n", (), ":2: column 'label': ", "'yes'"),
    ("bce", "label,prob\ninf,0.8\n", (), ":2: column 'label': ", "inf"),
    ("bce", "label,prob\n1_0,0.8\n", (), ":2: column 'label': ", "'1_0'"),
    ("bce", "label,prob\n99999999999999999999999,0.8\n", (), ":2: column 'label': ", "99999999999999999999999"),
    ("bce", "label;prob\n1;0,8\n", (), ":2: column 'prob': ", "decimal comma"),
    ("bce", "1;0,8\n0;0,3\n", (), ":1: column 2: ", "decimal comma"),
    ("bce", "0;0,9\n", (), ":1: column 2: ", "decimal comma"),
    ("bce", 'label,prob\n1,"0,8"\n', (), ":2: column 'prob': ", "decimal comma"),
    ("bce", "label,prob,w\n1,0.8,-1\n", ("-w", "w"), ":2: column 'w': ", "-1 is not a weight"),
    ("bce", "label,prob,w\n1,0.8,inf\n", ("-w", "w"), ":2: column 'w': ", "inf is not a weight"),
    ("bce", "label,prob,w\n1,0.8,heavy\n", ("-w", "w"), ":2: column 'w': ", "'heavy' is not a number"),
    ("bce", "label,prob,w\n1,0.8,NA\n", ("-w", "w"), ":2: column 'w': ", "--na drop"),
    ("bce", "label,prob\n1,0.8\n0\n", (), ":3: ", "1 cell"),
    ("bce", "label,prob\n1,0.8\n0,0.3,9\n", (), ":3: ", "3 cells"),
    ("bce", "label,prob\n1,0.8\n0;0.3\n", (), ":3: ", "comma"),
    ("bce", "label,prob\n1,0.8\n0\n", ("--na", "drop"), ":3: ", "1 cell"),
    ("bce", 'label,prob\n1,"0.8\n', (), ":2: ", "quote"),
    ("bce", 'label,prob\n1,0.8\n1,"0.8"x\n', (), ":3: ", "quote"),
    ("ce", CLASSES + "cow,0.5,0.5\n", (), ":4: column 'label': ", "'cow' is not a class; the classes are 'cat', 'dog'"),
    ("ce", CLASSES + "Cat,0.5,0.5\n", (), ":4: column 'label': ", "'Cat' is not a class"),
    ("ce", CLASSES + "2,0.5,0.5\n", (), ":4: column 'label': ", "'2' is not a class"),
    ("ce", CLASSES + "0.5,0.5,0.5\n", (), ":4: column 'label': ", "'0.5' is not a class"),
    ("ce", "label,1,2\n0,0.5,0.5\n", (), ":2: column 'label': ", "'0' is not a class; the classes are '1', '2'"),
    ("ce", "1,0.5,0.5\n2,0.5,0.5\n", (), ":2: column 1: ", "--classes 1,2"),
    ("ce", CLASSES + "cat,1.5,0.5\n", (), ":4: column 'cat': ", "1.5 is not a probability"),
    ("ce", CLASSES + "cat,x,0.5\n", (), ":4: column 'cat': ", "'x' is not a number"),
    ("ce", CLASSES + "cat,0.5,\n", (), ":4: column 'dog': ", "--na drop"),
    ("ce", "y0,y1,p0,p1\n1,0,.5,.5\n.5,.4,.5,.5\n", ("-y", "y0,y1"), ":3: ", "0.9"),
    (
        "ce",
        "y0,y1,p0,p1\n1,0,.5,.5\n2,-1,.5,.5\n",
        ("-y", "y0,y1"),
        ":3: column 'y0': ",
        "2 is not a label probability",
    ),
    ("ce", "y0,y1,p0,p1\ncat,0,.5,.5\n", ("-y", "y0,y1"), ":2: column 'y0': ", "'cat'"),
    ("ce", CLASSES + "cat,-inf,-inf\n", ("--from", "logits"), ":4: ", "softmax"),
    ("ce", CLASSES + "cat,inf,inf\n", ("--from", "logits"), ":4: ", "softmax"),
    ("ce", CLASSES + "cat,0,0\n", ("--normalize",), ":4: ", "0"),
    ("nll", "p\n0.8\n1.8\n", (), ":3: column 'p': ", "1.8 is not a probability"),
    ("nll", "label,p\n1,0.8\n0.5,0.8\n", (), ":3: column 'label': ", "0.5"),
    ("bce", "label,prob\n1,0.8\n0.5,0.8\n", ("--focal", "2"), ":3: column 'label': ", "focal"),
]


def test_a_wrong_cell_is_named_with_its_place() -> None:
    for command, text, options, place, words in CELLS:
        for piped in [False, True]:
            source = "-" if piped else write("preds.csv", text)
            said = refusal(command, source, *options, stdin=text if piped else "")
            assert said.startswith(("<stdin>" if piped else "preds.csv") + place), said
            assert words in said
            assert plain_words(said) == plain_words(said).lower()


ROWS = [
    (("bce", "1,0", "0.8,1.2"), "row 2: ", "1.2 is not a probability"),
    (("bce", "1,0", "0.8,abc"), "row 2: ", "'abc' is not a number"),
    (("bce", "1,2", "0.8,0.3"), "row 2: ", "2"),
    (("bce", "1,-1", "0.8,0.3"), "row 2: ", "--positive 1"),
    (("bce", "cat,dog", "0.8,0.3"), "row 1: ", "'cat'"),
    (("bce", "1,NA", "0.8,0.3"), "row 2: ", "--na drop"),
    (("bce", "1,0", "0.8,0.3", "-w", "1,-2"), "weights: row 2: ", "-2 is not a weight"),
    (("bce", "1,0;0,1", ".8,.3;.4,1.7"), "row 2: column 2: ", "1.7"),
    (("ce", "0,2", ".5,.5;.5,.5"), "row 2: ", "'2' is not a class"),
    (("ce", "1,2", ".5,.5;.5,.5"), "row 2: ", "--classes 1,2"),
    (("ce", "0,-1", ".5,.5;.5,.5"), "row 2: ", "'-1' is not a class"),
    (("ce", "0,1", ".5,.5;.5,2"), "row 2: column 2: ", "2 is not a probability"),
    (("ce", "0.5,0.6", ".5,.5"), "row 1: ", "1.1"),
    (("ce", "1,0;.5,.4", ".5,.5;.5,.5"), "row 2: ", "0.9"),
    (("bce", "1,0,1", "0,1,1.5"), "row 3: ", "1.5 is not a probability"),
    (("bce", "1,0,1", "0,1,-0.5"), "row 3: ", "-0.5 is not a probability"),
    (("nll", "0.8,1.5"), "row 2: ", "1.5 is not a probability"),
    (("nll", "0,-0.5,0.2", "--from", "logprobs"), "row 3: ", "0.2 is not a log-probability"),
    (("nll", "0.8,x"), "row 2: ", "'x' is not a number"),
    (("nll", "0.8,NA"), "row 2: ", "--na drop"),
    (("nll", "-0.1,0.2", "--from", "logprobs"), "row 2: ", "0.2 is not a log-probability"),
    (("nll", "-0.1"), "row 1: ", "--from logprobs"),
]


def test_a_wrong_entry_of_a_list_is_named_by_its_row() -> None:
    for args, place, words in ROWS:
        said = refusal(*args)
        assert said.startswith(place) and words in said
        assert plain_words(said) == plain_words(said).lower()


# --- whole inputs -----------------------------------------------------------------------------------------------------

EMPTY = ["", "\n", "\n\n  \n", "\ufeff", "label,prob", "label,prob\n", "label,prob\n\n\n", '"label","prob"\r\n']


def test_an_empty_input_is_refused() -> None:
    for text in EMPTY:
        for piped in [False, True]:
            said = refusal("bce", "-" if piped else write("t.csv", text), stdin=text if piped else "")
            assert said.startswith(("<stdin>" if piped else "t.csv") + ": ") and ("empty" in said or "no rows" in said)


WHOLE = [
    ("bce", "label,prob,w\n1,0.8,0\n0,0.3,0\n", ("-w", "w"), "weights"),
    ("bce", "label,prob\n1,NA\n,0.3\n", ("--na", "drop"), "dropped"),
    ("ce", "label,a,b\n-100,.5,.5\n-100,.5,.5\n", ("--ignore", "-100"), "ignored"),
    ("ce", CLASSES, ("--class-weight", "0,0"), "weights"),
    ("bce", "label,prob\nham,0.8\nspam,0.3\n", ("--positive", "Spam"), "'Spam'"),
    ("bce", "label,prob\nTrue,0.8\nFalse,0.3\n", ("--positive", "yes"), "'yes'"),
    ("bce", "spam,0.8\nham,0.3\n", ("--positive", "sapm"), "'sapm'"),
]


def test_an_input_that_leaves_nothing_to_average_is_refused() -> None:
    for command, text, options, words in WHOLE:
        for output in [(), ("-q",), ("-r", "none"), ("-r", "none", "-q"), ("-r", "none", "-f", "json")]:
            assert words in refusal(command, write("t.csv", text), *options, *output)


COUNTS = [
    ("label\n1\n0\n0\n", "prob\n0.8\n0.3\n", ("l.csv 3", "p.csv 2")),
    ("1\n0\n", "0.8\n0.3\n0.4", ("l.csv 2", "p.csv 3")),
    ("label\n1\n", "prob\n", ("l.csv 1", "p.csv")),
]


def test_different_numbers_of_rows_are_refused_with_both() -> None:
    for labels, preds, counts in COUNTS:
        said = refusal("bce", write("l.csv", labels), write("p.csv", preds))
        assert all(count in said for count in counts)


def test_a_list_and_a_file_of_different_length_are_refused_with_both_counts() -> None:
    said = refusal("bce", "1,0", write("p.csv", "0.8\n0.3\n0.4\n"))
    assert "2" in said and "p.csv 3" in said
    said = refusal("bce", "1,0", "0.8,0.3", "-w", "1,2,3")
    assert "2" in said and "3" in said


# --- columns ----------------------------------------------------------------------------------------------------------

COLUMNS = [
    ("bce", PLAIN, ("-p", "prb"), "no column 'prb'; the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-y", "lab"), "no column 'lab'; the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-w", "w"), "no column 'w'; the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-p", "3"), "the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-p", "0"), "the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-y", "1", "-p", "3"), "the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-p", "99999999999999999999"), "the columns are 'label', 'prob'"),
    ("bce", PLAIN, ("-p", "x*"), "'x*'"),
    ("bce", PLAIN, ("-p", "["), "'['"),
    ("bce", PLAIN, ("-p", "1-"), "'1-'"),
    ("bce", PLAIN, ("-p", "2-1"), "2-1"),
    ("bce", PLAIN, ("-p", "²"), "'²'"),
    ("bce", PLAIN, ("-p", "٢"), "'٢'"),
    ("bce", PLAIN, ("-p", "prob,"), "''"),
    ("bce", PLAIN, ("-y", "label", "-p", "label"), "'label'"),
    ("bce", PLAIN, ("-y", "label,label"), "twice"),
    ("bce", PLAIN, ("-p", "prob", "-p", "label"), "'label'"),
    ("bce", "1,0.8\n0,0.3\n", ("-p", "3"), "2 columns"),
    ("bce", "a,b\n1,0.8\n", (), "the columns are 'a', 'b'"),
    ("bce", "label,b\n1,0.8\n", (), "the columns are 'label', 'b'"),
    ("bce", "y,label,p\n1,0,0.8\n", (), "'y' and 'label'"),
    ("bce", "y,p,prob\n1,.3,0.8\n", (), "'p' and 'prob'"),
    ("bce", "1,.3,.8\n0,.2,.9\n", (), "-p"),
    ("bce", "label,prob,prob\n1,.3,.8\n", ("-p", "prob"), "2, 3"),
    ("bce", "p\n0.8\n", (), "p"),
    ("bce", "a,b,pa,pb\n1,0,.8,.2\n", ("-y", "a,b", "-p", "pa"), "2 label columns"),
    ("bce", "a,b,pa,pb\n1,0,.8,.2\n", ("-y", "a", "-p", "pa,pb"), "2 prediction columns"),
    ("ce", "label,p\n0,0.9\n", (), "bce"),
    ("ce", CLASSES, ("-p", "cat"), "bce"),
    ("ce", CLASSES, ("-p", "cat,cow"), "no column 'cow'"),
    ("ce", CLASSES, ("-p", "1-3", "-y", "1"), "'label'"),
    ("ce", CLASSES, ("-p", "2,2"), "twice"),
    ("bce", "label,p\n1,.8\n", ("-p", "p", "-w", "p"), "column 'p' is chosen for two purposes"),
    ("fit bce", "label,x\n1,.8\n0,2\n", ("-x", "x", "-w", "x"), "column 'x' is chosen for two purposes"),
    ("ce", CLASSES, ("-y", "label", "-p", "2-4"), "no column 4"),
    ("ce", "a,b,c,d\n.9,.1,0,0\n", (), "the columns are 'a', 'b', 'c', 'd'"),
    ("ce", "y0,y1,y2,p0,p1\n1,0,0,.8,.2\n", ("-y", "y*", "-p", "p*"), "3 label columns"),
]


def test_a_choice_of_columns_that_settles_nothing_is_refused() -> None:
    for command, text, options, words in COLUMNS:
        said = refusal(*command.split(), write("t.csv", text), *options)
        assert words in said
        assert plain_words(said) == plain_words(said).lower()


def test_the_list_of_columns_has_an_end() -> None:
    write("t.csv", ",".join(f"column_{at}" for at in range(2000)) + "\n" + ",".join(["1"] * 2000) + "\n")
    assert len(refusal("bce", "t.csv")) < 2000


def test_a_first_line_without_end_is_not_printed_whole() -> None:
    assert len(refusal("bce", write("t.csv", "x" * 200_000))) < 2000


def test_labels_in_a_file_are_one_column() -> None:
    write("l.csv", "a,b\n1,0\n0,1\n"), write("p.csv", ".7,.3\n.2,.8\n")
    assert "l.csv" in refusal("ce", "l.csv", "p.csv")


def test_one_column_of_predictions_is_too_few_for_ce() -> None:
    for labels in ["0,0", "l.csv"]:
        write("l.csv", "label\n0\n0\n"), write("p.csv", "0.8\n0.3\n")
        refusal("ce", labels, "p.csv")


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_path_that_leads_nowhere_is_refused_by_its_name() -> None:
    for path in ["nosuch.csv", "./1", "dir/t.csv", "t.csv/x"]:
        write("t.csv", PLAIN)
        assert refusal("bce", path).startswith(f"{path}: ")


def test_a_directory_is_no_table() -> None:
    assert refusal("bce", ".") == ".: there is no table in this directory"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused() -> None:
    write("t.csv", PLAIN)
    os.chmod("t.csv", 0)
    assert refusal("bce", "t.csv") == "t.csv: permission denied"


def test_a_name_with_control_characters_is_printed_escaped() -> None:
    said = refusal("bce", write("\x1b[31mx\ny.csv", "1,7\n"))
    assert said.startswith("\\x1b[31mx\\ny.csv:1: ")


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
LONG = ("label,prob\n" + "".join(f"{i % 2},0.{i * 7919 % 99999:05}1\n" for i in range(20_000))).encode()


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("table", [PLAIN.encode(), LONG], ids=["short", "long"])
def test_compressed_data_cut_short_are_refused(kind: str, table: bytes) -> None:
    packed = PACKERS[kind](table)
    for share, piped in crossed([0.0, 0.5, 1.0], [False, True]):
        cut = packed[: max(7, min(len(packed) - 1, int(share * len(packed))))]
        source = "-" if piped else write("t", cut)
        said = refusal("bce", source, "-q", stdin=cut if piped else b"")
        assert said.startswith(("<stdin>" if piped else "t") + ": ") and "compressed" in said


def test_compressed_data_with_a_changed_byte_are_refused() -> None:
    for kind in PACKERS:
        packed = bytearray(PACKERS[kind](LONG))
        packed[len(packed) // 2] ^= 0xFF
        refusal("bce", write("t", bytes(packed)), "-q")


def test_an_empty_table_in_compressed_form_is_empty() -> None:
    for kind in PACKERS:
        assert "empty" in refusal("bce", write("t", PACKERS[kind](b"")))


BYTES = [
    b"label,prob\n1,0.\x005\n",
    PLAIN.encode("utf-16-le"),
    b"\x7fELF\x02\x01\x01" + bytes(range(256)),
    b"PAR1\x15\x04" + bytes(range(256)),
    b"%PDF-1.4\n" + b"obj\n" * 50,
    b"\x1f\x9d\x90abc",
    b"7z\xbc\xaf\x27\x1cabc",
    b"\x28\xb5\x2f\xfdabc",
    b"\x1f\x8b",
    b"\x93NUMPY",
    b"PK\x03\x04",
    b"PK\x05\x06" + b"\0" * 18,
    zipped(**{"a.csv": PLAIN}),
    zipped(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}),
    b'[{"label": 1, "prob": 0.8}]',
    b"<html><body>404</body></html>\n",
    "label,pr\u00f6b\n1,0.8\n".encode("latin-1"),
    b"label,prob\n1,0.8\n0,0.\xff3\n",
    b"label,prob\n1,0.8\n0,0.3\xc3",
    PLAIN.encode("utf-16")[:-1],
    b"\xff\xfe",
]


@pytest.mark.parametrize("data", BYTES, ids=[repr(data[:8]) for data in BYTES])
@pytest.mark.parametrize("piped", [False, True])
def test_bytes_that_are_no_table_are_refused_by_name(data: bytes, piped: bool) -> None:
    said = refusal("bce", "-" if piped else write("t", data), stdin=data if piped else b"")
    assert said.startswith(("<stdin>" if piped else "t") + ":")


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    for line in [2, 3, 40_000]:
        write("t.csv", b"label,prob\n" + b"1,0.8\n" * (line - 2) + b"1,0.5\xe9\n" + b"0,0.5\n" * 10)
        said = refusal("bce", "t.csv")
        assert said.startswith(f"t.csv:{line}: ") and "UTF-8" in said and "--encoding" in said


def test_bytes_that_are_not_in_the_given_encoding_are_refused_with_their_line() -> None:
    for line in [2, 3, 40_000]:
        write("t.csv", b"label,prob\n" + b"1,0.8\n" * (line - 2) + b"1,0.5\x81\n" + b"0,0.5\n" * 10)
        said = refusal("bce", "t.csv", "--encoding", "cp1252")
        assert said.startswith("t.csv:") and re.search(rf"\b{line}\b", said) and "cp1252" in said


ARRAYS = [
    ("objects", npy(np.array([[1, 0.5]], dtype=object), allow_pickle=True)),
    ("complex", npy(np.array([[1, 0.5]], dtype=complex))),
    ("dates", npy(np.array(["2020-01-01"], "M8[D]"))),
    ("three axes", npy(np.zeros((2, 2, 2)))),
    ("no axis", npy(np.array(0.5))),
    ("no rows", npy(np.zeros((0, 2)))),
    ("no columns", npy(np.zeros((3, 0)))),
    ("not a number", npy(np.array([[1, np.nan], [0, 0.3]]))),
    ("infinite", npy(np.array([[1, np.inf], [0, 0.3]]))),
    ("above 1", npy(np.array([[1, 1.2], [0, 0.3]]))),
    ("label 2", npy(np.array([[2, 0.2], [0, 0.3]]))),
    ("words", npy(np.array([["1", "abc"]]))),
    ("cut short", npy(np.zeros((4, 2)))[:-8]),
    ("cut in its header", npy(np.zeros((4, 2)))[:20]),
    ("garbled", npy(np.zeros((4, 2)))[:10] + b"x" * 200),
    ("fields with axes", npy(np.zeros(3, dtype=[("label", "i4"), ("prob", "f8", (2,))]))),
    ("two axes of fields", npy(np.zeros((2, 2), dtype=[("label", "i4"), ("prob", "f8")]))),
    ("a complex field", npy(np.zeros(3, dtype=[("label", "i4"), ("prob", "c16")]))),
    ("a field of dates", npy(np.zeros(3, dtype=[("label", "M8[D]"), ("prob", "f8")]))),
    ("a field of objects", npy(np.zeros(3, dtype=[("label", "O"), ("prob", "f8")]), allow_pickle=True)),
    ("arrays of different length", npz(label=np.zeros(3), prob=np.zeros(2))),
    ("pickled arrays", npz(label=np.zeros(2, dtype=object), prob=np.zeros(2))),
    ("unnamed arrays", npz(arr_0=np.zeros(2), arr_1=np.zeros(2))),
    ("an archive cut short", npz(label=np.zeros(2), prob=np.zeros(2))[:-10]),
    ("an empty archive", npz()),
]


@pytest.mark.parametrize("data", [data for _, data in ARRAYS], ids=[name for name, _ in ARRAYS])
@pytest.mark.parametrize("piped", [False, True])
def test_arrays_that_are_no_table_are_refused_by_name(data: bytes, piped: bool) -> None:
    said = refusal("bce", "-" if piped else write("t.npy", data), stdin=data if piped else b"")
    assert said.startswith(("<stdin>" if piped else "t.npy") + ": ")


# --- options ----------------------------------------------------------------------------------------------------------

BCE, CE, NLL = ("bce", "1,0", "0.8,0.3"), ("ce", "0,1", ".8,.2;.3,.7"), ("nll", "0.8,0.7")

OPTIONS = [
    (BCE, ("--eps", "0.5"), "--eps"),
    (BCE, ("--eps", "-1"), "--eps"),
    (BCE, ("--eps", "nan"), "--eps"),
    (BCE, ("--eps", "abc"), "--eps"),
    (BCE, ("--base", "1"), "--base"),
    (BCE, ("--base", "0.5"), "--base"),
    (BCE, ("--base", "0"), "--base"),
    (BCE, ("--base", "-2"), "--base"),
    (BCE, ("--base", "inf"), "--base"),
    (BCE, ("--base", "nan"), "--base"),
    (BCE, ("--base", "ten"), "--base"),
    (BCE, ("--smoothing", "1.1"), "--smoothing"),
    (BCE, ("--smoothing", "-0.1"), "--smoothing"),
    (BCE, ("--smoothing", "nan"), "--smoothing"),
    (BCE, ("--focal", "-1"), "--focal"),
    (BCE, ("--focal", "inf"), "--focal"),
    (BCE, ("--focal", "nan"), "--focal"),
    (BCE, ("--pos-weight", "-1"), "--pos-weight"),
    (BCE, ("--pos-weight", "nan"), "--pos-weight"),
    (BCE, ("--pos-weight", "inf"), "--pos-weight"),
    (CE, ("--class-weight", "1"), "--class-weight"),
    (CE, ("--class-weight", "1,2,3"), "--class-weight"),
    (CE, ("--class-weight", "-1,2"), "--class-weight"),
    (CE, ("--class-weight", "nan,1"), "--class-weight"),
    (CE, ("--class-weight", "inf,1"), "--class-weight"),
    (CE, ("--class-weight", "a,b"), "--class-weight"),
    (CE, ("--class-weight", ""), "--class-weight"),
    (CE, ("--classes", "a"), "--classes"),
    (CE, ("--classes", "a,b,c"), "--classes"),
    (CE, ("--classes", "a,a"), "--classes"),
    (CE, ("--classes", "1,1.0"), "--classes"),
    (CE, ("--classes", "a,"), "--classes"),
    (CE, ("--classes", ""), "--classes"),
    (CE, ("--positive", "1"), "--positive"),
    (CE, ("--pos-weight", "2"), "--pos-weight"),
    (CE, ("--from", "logits", "--normalize"), "--normalize"),
    (CE, ("--from", "logits", "--eps", "0.1"), "--eps"),
    (CE, ("--from", "logprobs", "--eps", "0.1"), "--eps"),
    (CE, ("--from", "logits", "--like", "sklearn"), "sklearn"),
    (BCE, ("--classes", "a,b"), "--classes"),
    (BCE, ("--normalize",), "--normalize"),
    (NLL, ("--positive", "1"), "--positive"),
    (NLL, ("--classes", "a,b"), "--classes"),
    (NLL, ("--from", "logits"), "logits"),
    (BCE, ("-r", "none", "--fail-above", "1"), "--fail-above"),
    (BCE, ("--fail-above", "nan"), "--fail-above"),
    (BCE, ("--fail-above", "x"), "--fail-above"),
    (BCE, ("-q", "-f", "json"), "--quiet"),
    (BCE, ("-r", "avg"), "avg"),
    (BCE, ("-f", "xml"), "xml"),
    (BCE, ("--from", "probabilities"), "probabilities"),
    (BCE, ("--like", "pytorch"), "pytorch"),
    (BCE, ("--na", "skip"), "skip"),
    (BCE, ("--digits", "0"), "--digits"),
    (BCE, ("--digits", "99"), "--digits"),
    (BCE, ("--digits", "x"), "--digits"),
    (BCE, ("--threads", "0"), "--threads"),
    (BCE, ("--threads", "-1"), "--threads"),
    (BCE, ("-y", "label"), "-y"),
    (BCE, ("-p", "prob"), "-p"),
]


def test_an_option_without_sense_is_refused_by_its_name() -> None:
    for data, options, word in OPTIONS:
        assert word in refusal(*data, *options)


TABLE_OPTIONS = [
    ("-d", "ab"),
    ("-d", "1"),
    ("-d", "x"),
    ("-d", "."),
    ("-d", "-"),
    ("-d", '"'),
    ("-d", "\n"),
    ("-d", "é"),
    ("--encoding", "nonsense"),
    ("--encoding", "base64"),
    ("--encoding", "rot13"),
]


def test_a_delimiter_or_encoding_that_is_none_is_refused() -> None:
    for option, value in TABLE_OPTIONS:
        said = refusal("bce", write("t.csv", PLAIN), option, value)
        assert {"-d": "--delimiter", "--encoding": "--encoding"}[option] in said


def test_options_of_other_commands_are_not_offered() -> None:
    for option in ("--lr", "--wrt", "--theta"):
        refusal(*BCE, option)


def test_what_is_refused_prints_nothing_in_any_format() -> None:
    write("t.csv", "label,prob\n" + "1,0.5\n" * 5_000 + "1,x\n")
    for form in FORMATS:
        for reduction in ("mean", "none"):
            assert refusal("bce", "t.csv", "-f", form, "-r", reduction).startswith("t.csv:5002: ")


def test_values_at_the_edges_are_not_refused() -> None:
    assert answer("bce", "1,0", "1,0") == 0.0
    assert answer("bce", "1,0", "1,-0.0") == 0.0
    assert answer(*BCE, "--eps", "0") == answer(*BCE, "--smoothing", "0") == answer(*BCE, "--focal", "0")
    assert answer(*BCE, "-w", "0,1") == answer("bce", "0", "0.3")
