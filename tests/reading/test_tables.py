"""Tables: dialects, headers, the choice of columns, encodings, compression, arrays, missing cells, lines of faults."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import answer, record, refusal, run

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
LOSS = -(log(0.8) + log(0.7)) / 2
SPECIES = "species,setosa,versicolor,virginica\nsetosa,.7,.2,.1\nvirginica,.1,.2,.7\n"
SPECIES_LOSS = -log(0.7)


def close(expected: float) -> object:
    return pytest.approx(expected, rel=1e-13, abs=0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, data: str | bytes) -> str:
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    return name


# --- lines, delimiters, quotes ----------------------------------------------------------------------------------------

DIALECTS = [
    "label,prob\n1,0.8\n0,0.3",
    "label,prob\r\n1,0.8\r\n0,0.3\r\n",
    "label,prob\r\n1,0.8\n0,0.3\r\n",
    "label,prob\r1,0.8\r0,0.3\r",
    "label,prob\r1,0.8\r0,0.3",
    "\ufefflabel,prob\n1,0.8\n0,0.3\n",
    "\n\nlabel,prob\n1,0.8\n0,0.3\n",
    "label,prob\n\n1,0.8\n   \n0,0.3\n",
    "label,prob\n1,0.8\n0,0.3\n\n\n \n",
    "label,prob\r\n1,0.8\r\n0,0.3\r\n\r\n\r\n",
    "label;prob\n1;0.8\n0;0.3\n",
    "label\tprob\n1\t0.8\n0\t0.3\n",
    "label|prob\n1|0.8\n0|0.3\n",
    "label prob\n1 0.8\n0 0.3\n",
    "label  prob\n1      0.8\n0      0.3\n",
    "  label   prob \n  1   0.8  \n  0   0.3\n",
    "label, prob\n1, 0.8\n0, 0.3\n",
    "label ,prob \n 1 ,0.8 \n 0 ,\t0.3\n",
    '"label","prob"\n"1","0.8"\n"0","0.3"\n',
    'label,prob\n1,"0.8"\n"0",0.3\n',
    'label,prob\n1,"0.8\n"\n0,0.3\n',
    "label,prob,\n1,0.8,\n0,0.3,\n",
    "label;prob;\n1;0.8;\n0;0.3;\n",
    'label,prob,note\n1,0.8,"a, ""b"""\n0,0.3,\n',
    'label,prob,note\n1,0.8,"a\nb"\n0,0.3,"c\r\nd"\n',
    "y;p;note\n1;0.8;a,b\n0;0.3;c,d\n",
    "y\tp\tnote\n1\t0.8\ta, b\n0\t0.3\tc\n",
    "y|p|t\n1|0.8|a b\n0|0.3|c d\n",
    "label,prob\n1.0,+0.8\n-0,3e-1\n",
    "label,prob\nTRUE,.8\nfalse,0.30\n",
    ",label,prob\n0,1,0.8\n1,0,0.3\n",
    "Unnamed: 0,label,prob\n0,1,0.8\n1,0,0.3\n",
]


@pytest.mark.parametrize("text", DIALECTS)
@pytest.mark.parametrize("piped", [False, True])
def test_a_table_in_any_dialect_gives_the_same_answer_from_a_file_and_a_pipe(
    text: str, piped: bool, here: Path
) -> None:
    found = answer("bce", stdin=text) if piped else answer("bce", write("t", text))
    assert found == close(LOSS)


@pytest.mark.parametrize(
    "text, delimiter",
    [
        ("1:0.8\n0:0.3\n", ":"),
        ("1~0.8\n0~0.3\n", "~"),
        ("1,0.8\n0,0.3\n", ","),
        ("1;0.8\n0;0.3\n", ";"),
        ("1|0.8\n0|0.3\n", "|"),
        ("1\t0.8\n0\t0.3\n", "tab"),
        ("1\t0.8\n0\t0.3\n", "TAB"),
        ("1\t0.8\n0\t0.3\n", "\\t"),
        ("1\t0.8\n0\t0.3\n", "\t"),
        ("1 0.8\n0 0.3\n", "space"),
        ("1  0.8\n0  0.3\n", " "),
        ("label;prob,x\n1;0.8\n0;0.3\n", ";"),
    ],
)
def test_the_delimiter_can_be_given(text: str, delimiter: str, here: Path) -> None:
    assert answer("bce", write("t", text), "-d", delimiter, "-y", "1", "-p", "2") == close(LOSS)


def test_a_given_delimiter_overrides_what_the_lines_show(here: Path) -> None:
    write("t", "label;prob,x\n1;0.8,5\n0;0.3,5\n")
    assert refusal("bce", "t", "-d", ",")


# --- headers ----------------------------------------------------------------------------------------------------------

HEADERS = [
    ("1,0.8\n0,0.3\n", (), LOSS),
    ("1,0.8\n0,0.3\n", ("--no-header",), LOSS),
    ("1,0.8\n0,0.3\n", ("-y", "1", "-p", "2"), LOSS),
    ("1,0.8\n0,0.3\n", ("--header", "-y", "1", "-p", "2"), -log(0.7)),
    (PLAIN, ("-y", "1", "-p", "2"), LOSS),
    (PLAIN, ("--header",), LOSS),
    ("1,2\n1,0.8\n0,0.3\n", ("--header", "-y", "1", "-p", "2"), LOSS),
    ("2,1\n0.8,1\n0.3,0\n", ("--header", "-y", "1", "-p", "2"), LOSS),
    ("0.8,1\n0.3,0\n", ("-y", "2", "-p", "1"), LOSS),
    ("1,0.8\n", (), -log(0.8)),
]


@pytest.mark.parametrize("text, options, expected", HEADERS)
def test_a_header_is_found_or_told(text: str, options: tuple[str, ...], expected: float, here: Path) -> None:
    assert answer("bce", write("t.csv", text), *options) == close(expected)


NUMBERED = [
    "label,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "y,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "0,1,2,label\n0.7,0.2,0.1,0\n0.1,0.2,0.7,2\n",
    "label,1,2,3\n1,0.7,0.2,0.1\n3,0.1,0.2,0.7\n",
    ",label,0,1,2\n0,0,0.7,0.2,0.1\n1,2,0.1,0.2,0.7\n",
    "0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
    "label,10,20,30\n10,0.7,0.2,0.1\n30,0.1,0.2,0.7\n",
    "label,2,1,0\n2,0.7,0.2,0.1\n0,0.1,0.2,0.7\n",
    "y,0,1\n0,0.7,0.3\n1,0.3,0.7\n",
]


@pytest.mark.parametrize("text", NUMBERED)
def test_class_numbers_can_be_the_header(text: str, here: Path) -> None:
    assert answer("ce", write("t.csv", text)) == close(SPECIES_LOSS)


@pytest.mark.parametrize("text, classes", [("y,0,1\nn,1,0\n", "n,y"), ("class,1,0\nother,0,1\n", "class,other")])
def test_a_first_line_whose_label_is_a_class_is_no_header(text: str, classes: str, here: Path) -> None:
    assert record("ce", write("t.csv", text), "--classes", classes)["n"] == 2


def test_a_header_of_class_numbers_is_found_where_the_label_is_named_by_an_option(here: Path) -> None:
    write("t.csv", "digit,0,1,2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n")
    assert answer("ce", "t.csv", "-y", "digit") == close(SPECIES_LOSS)


# --- the choice of columns --------------------------------------------------------------------------------------------

LABEL_NAMES = ("label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual", "LABEL", "Y_True")
PROB_NAMES = (
    "p",
    "prob",
    "probs",
    "probability",
    "pred",
    "prediction",
    "score",
    "y_prob",
    "y_pred",
    "y_hat",
    "yhat",
    "SCORE",
)


@pytest.mark.parametrize("name", LABEL_NAMES)
def test_the_label_column_is_found_by_its_name(name: str, here: Path) -> None:
    write("t.csv", f"id,other,prob,{name}\n7,1,0.8,1\n8,1,0.3,0\n")
    assert record("bce", "t.csv")["columns"]["label"] == name
    assert answer("bce", "t.csv") == close(LOSS)


@pytest.mark.parametrize("name", PROB_NAMES)
def test_the_prediction_column_is_found_by_its_name(name: str, here: Path) -> None:
    write("t.csv", f"id,{name},other,label\n7,0.8,.5,1\n8,0.3,.5,0\n")
    assert record("bce", "t.csv")["columns"]["prob"] == name
    assert answer("bce", "t.csv") == close(LOSS)


@pytest.mark.parametrize("name", ["logit", "logprob"])
def test_a_column_whose_name_speaks_of_another_scale_is_said(name: str, here: Path) -> None:
    result = run("bce", write("t.csv", f"label,{name}\n1,0.8\n0,0.3\n"), "-q")
    assert f"'{name}'" in result.err and f"--from {name}s" in result.err


@pytest.mark.parametrize("scale, name", [("logits", "logit"), ("logprobs", "logprob")])
def test_the_column_of_the_scale_goes_before_other_predictions(scale: str, name: str, here: Path) -> None:
    write("t.csv", f"label,prob,{name}\n1,0.5,-0.5\n")
    assert record("bce", "t.csv", "--from", scale)["columns"]["prob"] == name
    assert record("bce", "t.csv")["columns"]["prob"] == "prob"


CHOICES = [
    ("-y", "species"),
    ("-y", "SPECIES"),
    ("-y", "1"),
    ("-y", "1", "-p", "2-4"),
    ("-y", "1", "-p", "2,3,4"),
    ("-y", "1", "-p", "2-3,4"),
    ("-y", "1", "-p", "2, 3, 4"),
    ("-y", "1", "-p", "setosa,versicolor,virginica"),
    ("-y", "1", "-p", "setosa,v*"),
    ("-y", "1", "-p", "virginica,setosa,versicolor"),
    ("-y", "1", "-p", "[sv]e*,vi*"),
    ("-y", "1", "-p", "?e*,4"),
    ("--label=species", "--prob=2-4"),
]


@pytest.mark.parametrize("options", CHOICES)
def test_class_columns_are_chosen_by_name_number_range_and_glob(options: tuple[str, ...], here: Path) -> None:
    assert answer("ce", write("t.csv", SPECIES), *options) == close(SPECIES_LOSS)


def test_a_name_in_the_header_wins_over_a_number(here: Path) -> None:
    write("t.csv", "2,1\n1,0.8\n0,0.3\n")
    assert record("bce", "t.csv", "--header", "-y", "2", "-p", "1")["columns"] == {
        "label": "2",
        "prob": "1",
        "weight": None,
    }


@pytest.mark.parametrize("name", ["a,b", "p*", "2-3", "a b", "[x]", "x;y"])
def test_a_column_may_have_a_name_that_looks_like_a_choice(name: str, here: Path) -> None:
    write("t.csv", f'label,"{name}"\n1,0.8\n0,0.3\n')
    assert answer("bce", "t.csv", "-p", name, "-y", "label") == close(LOSS)


@pytest.mark.parametrize("text", ["a,b\n1,0.8\n0,0.3\n"])
@pytest.mark.parametrize("options", [("-p", "b"), ("-y", "a"), ("-y", "a", "-p", "b"), ("-y", "1"), ("-p", "2")])
def test_of_two_columns_one_choice_settles_the_other(text: str, options: tuple[str, ...], here: Path) -> None:
    assert answer("bce", write("t.csv", text), *options) == close(LOSS)


def test_an_index_column_and_a_predicted_class_are_no_classes(here: Path) -> None:
    write("t.csv", ",label,cat,dog,pred\n0,cat,0.9,0.1,0\n1,dog,0.2,0.8,1\n")
    found = record("ce", "t.csv")
    assert found["classes"] == ["cat", "dog"]
    assert found["value"] == close(-(log(0.9) + log(0.8)) / 2)
    assert any("'pred'" in note for note in found["notes"])


def test_a_column_of_words_is_no_class(here: Path) -> None:
    write("t.csv", "label,cat,dog,name\ncat,0.9,0.1,Tom\ndog,0.2,0.8,Rex\n")
    assert record("ce", "t.csv")["classes"] == ["cat", "dog"]


def test_weights_are_a_column_and_count(here: Path) -> None:
    write("t.csv", "label,prob,w\n1,0.8,1\n0,0.3,3\n")
    assert answer("bce", "t.csv", "-w", "w") == close(-(log(0.8) + 3 * log(0.7)) / 4)
    assert answer("bce", "t.csv", "-w", "3") == close(-(log(0.8) + 3 * log(0.7)) / 4)


@pytest.mark.parametrize("weights", ["1,3", "1 3", "[1, 3]", "w.csv"])
def test_beside_lists_the_weights_are_a_list_or_a_file(weights: str, here: Path) -> None:
    write("w.csv", "w\n1\n3\n")
    assert answer("bce", "1,0", "0.8,0.3", "-w", weights) == close(-(log(0.8) + 3 * log(0.7)) / 4)


# --- labels -----------------------------------------------------------------------------------------------------------

CLASS_NAMES = [
    ("p_cat,p_dog", "cat"),
    ("p_cat,p_dog", "p_cat"),
    ("cat_prob,dog_prob", "cat"),
    ("p_cat_x,p_dog_x", "cat"),
    ("P(cat),P(dog)", "cat"),
    ("prob_0,prob_1", "0"),
    ("prob_0,prob_1", "0.0"),
    ("p0,p1", "0"),
    ("p1,p2", "1"),
    ("p_01,p_02", "1"),
    ("class 1,class 2", "1"),
    ("cat,dog", "cat"),
    ("cat,dog", "0"),
    ("p_New York,p_Rome", "New York"),
    ("p_-1,p_1", "-1"),
    ("été,hiver", "été"),
]


@pytest.mark.parametrize("header, label", CLASS_NAMES)
def test_a_label_is_found_among_the_column_names_without_what_they_share(header: str, label: str, here: Path) -> None:
    write("t.csv", f"label,{header}\n{label},0.9,0.1\n")
    assert answer("ce", "t.csv") == close(-log(0.9))


def test_classes_are_never_sorted(here: Path) -> None:
    write("t.csv", "label,p_10,p_2,p_1\n10,0.7,0.2,0.1\n1,0.3,0.3,0.4\n2,0.2,0.5,0.3\n")
    found = record("ce", "t.csv")
    assert found["classes"] == ["10", "2", "1"]
    assert found["value"] == close(-(log(0.7) + log(0.4) + log(0.5)) / 3)


def test_classes_by_option_name_the_columns_in_order(here: Path) -> None:
    write("t.csv", "label,a,b\ndog,0.1,0.9\n")
    assert answer("ce", "t.csv", "--classes", "cat,dog") == close(-log(0.9))


SOFT = "y0,y1,p0,p1\n1,0,.8,.2\n0,1,.3,.7\n"


@pytest.mark.parametrize(
    "options",
    [
        ("-y", "y0,y1", "-p", "p0,p1"),
        ("-y", "y*", "-p", "p*"),
        ("-y", "1-2", "-p", "3-4"),
        ("-y", "y0,y1"),
        ("-y", "y0", "-y", "y1", "-p", "p0,p1"),
    ],
)
def test_several_label_columns_of_ce_are_one_hot(options: tuple[str, ...], here: Path) -> None:
    assert answer("ce", write("t.csv", SOFT), *options) == close(LOSS)


def test_several_label_columns_of_bce_are_cells_of_their_own(here: Path) -> None:
    write("t.csv", "a,b,pa,pb,w\n1,0,.8,.2,2\n0,1,.3,.7,1\n")
    found = record("bce", "t.csv", "-y", "a,b", "-p", "pa,pb", "-w", "w")
    assert found["n"] == 4 and found["divisor"] == 6
    assert found["value"] == close(-(2 * log(0.8) + 2 * log(0.8) + log(0.7) + log(0.7)) / 6)


@pytest.mark.parametrize("label", ["-100", "-100.0"])
def test_an_ignored_number_does_not_count(label: str, here: Path) -> None:
    write("t.csv", "label,a,b\na,.8,.2\n-100,.5,.5\nb,.3,.7\n")
    found = record("ce", "t.csv", f"--ignore={label}")
    assert (found["n"], found["ignored"], found["value"]) == (2, 1, close(LOSS))


def test_an_ignored_word_does_not_count() -> None:
    found = record("ce", "cat,pad,dog", ".8,.2;.1,.9;.3,.7", "--classes", "cat,dog", "--ignore", "pad")
    assert (found["n"], found["ignored"], found["value"]) == (2, 1, close(LOSS))


# --- nll tables -------------------------------------------------------------------------------------------------------

LIKELIHOODS = [
    ("0.8\n0.7\n", ()),
    ("p\n0.8\n0.7\n", ()),
    ("anything\n0.8\n0.7\n", ()),
    ("p\n0.8\n0.7\n", ("-p", "p")),
    ("p,x\n0.8,3\n0.7,4\n", ("-p", "p")),
    ("likelihood,w\n0.8,1\n0.7,1\n", ("-w", "w")),
    ("label,p\n1,0.8\n0,0.3\n", ()),
    ("label,p\n1,0.8\n0,0.3\n", ("-p", "p")),
    ("1,0.8\n0,0.3\n", ()),
    ("1,0.8\n0,0.3\n", ("-p", "2")),
    ("label,a,b\na,0.8,0.2\nb,0.3,0.7\n", ()),
]


@pytest.mark.parametrize("text, options", LIKELIHOODS)
def test_nll_reads_likelihoods_binary_rows_and_classes(text: str, options: tuple[str, ...], here: Path) -> None:
    assert answer("nll", write("t.csv", text), *options) == close(LOSS)


# --- encodings --------------------------------------------------------------------------------------------------------

ACCENTED = "label,prób\n1,0.8\n0,0.3\n"


@pytest.mark.parametrize(
    "encoding, options",
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("utf-16", ()),
        ("utf-16-le", ("--encoding", "utf-16-le")),
        ("utf-16-be", ("--encoding", "UTF-16BE")),
        ("utf-16", ("--encoding", "utf-16")),
        ("utf-32", ("--encoding", "utf-32")),
        ("latin-1", ("--encoding", "latin-1")),
        ("cp1250", ("--encoding", "windows-1250")),
        ("utf-8", ("--encoding", "utf8")),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_text_is_read_in_its_encoding(encoding: str, options: tuple[str, ...], piped: bool, here: Path) -> None:
    data = ACCENTED.encode(encoding)
    source = "-" if piped else write("t.csv", data)
    assert answer("bce", source, "-p", "prób", *options, stdin=data if piped else b"") == close(LOSS)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_fault_in_utf_16_is_on_its_line(encoding: str, here: Path) -> None:
    text = "\ufefflabel,prob\n" if encoding == "utf-16-be" else "label,prob\n"
    write("t.csv", (text + "1,0.8\n" * 50_000 + "0,x\n").encode(encoding))
    assert refusal("bce", "t.csv").startswith("t.csv:50002: column 'prob': 'x'")


# --- compression and arrays -------------------------------------------------------------------------------------------

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("twice", [False, True])
def test_compressed_tables_are_told_by_their_first_bytes(suffix: str, piped: bool, twice: bool, here: Path) -> None:
    half = PLAIN.encode()[: len(PLAIN) // 2], PLAIN.encode()[len(PLAIN) // 2 :]
    packed = b"".join(map(PACKERS[suffix], half)) if twice else PACKERS[suffix](PLAIN.encode())
    source = "-" if piped else write("no_suffix", packed)
    assert answer("bce", source, stdin=packed if piped else b"") == close(LOSS)


def test_a_compressed_table_may_be_utf_16(here: Path) -> None:
    assert answer("bce", write("t.gz", gzip.compress(PLAIN.encode("utf-16")))) == close(LOSS)


def npy(array: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


Y = np.array([1, 0])
P = np.array([0.8, 0.3])
TWO = np.column_stack([Y, P])
RECORDS = np.array([(1, 0.8), (0, 0.3)], dtype=[("label", "i4"), ("prob", "f8")])

ARRAYS = [
    ("float64", npy(TWO)),
    ("big endian", npy(TWO.astype(">f8"))),
    ("Fortran order", npy(np.asfortranarray(TWO))),
    ("text", npy(TWO.astype(str))),
    ("bytes", npy(TWO.astype(bytes))),
    ("structured", npy(RECORDS)),
    ("npz", npz(label=Y, prob=P)),
    ("npz with text", npz(label=Y, prob=P, name=np.array(["a", "b"]))),
    ("npz of bool labels", npz(label=Y.astype(bool), prob=P)),
]


@pytest.mark.parametrize("data", [data for _, data in ARRAYS], ids=[name for name, _ in ARRAYS])
@pytest.mark.parametrize("form", ["file", "pipe", "gz"])
def test_numpy_arrays_are_tables(data: bytes, form: str, here: Path) -> None:
    if form == "pipe":
        assert answer("bce", stdin=data) == close(LOSS)
    else:
        assert answer("bce", write("t.bin", gzip.compress(data) if form == "gz" else data)) == close(LOSS)


@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_narrow_floats_are_read_as_what_they_are(kind: str, here: Path) -> None:
    narrow = P.astype(kind)
    write("y.npy", npy(Y)), write("p.npy", npy(narrow))
    assert answer("bce", "y.npy", "p.npy") == close(-(log(float(narrow[0])) + log(1 - float(narrow[1]))) / 2)


@pytest.mark.parametrize("labels", ["1,0", "y.npy", "y.csv"])
@pytest.mark.parametrize("preds", ["0.8,0.3", "p.npy", "p.csv"])
def test_arrays_lists_and_text_go_together(labels: str, preds: str, here: Path) -> None:
    write("y.npy", npy(Y)), write("p.npy", npy(P)), write("y.csv", "label\n1\n0\n"), write("p.csv", "0.8\n0.3\n")
    assert answer("bce", labels, preds) == close(LOSS)


def test_a_matrix_array_holds_a_row_of_classes_a_line(here: Path) -> None:
    write("P.npy", npy(np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])))
    assert answer("ce", "0,2", "P.npy") == close(SPECIES_LOSS)
    assert answer("nll", "0,2", "P.npy") == close(SPECIES_LOSS)


def test_a_matrix_in_npz_gives_numbered_columns(here: Path) -> None:
    write("t.npz", npz(label=Y, prob=np.column_stack([1 - P, P])))
    assert answer("ce", "t.npz") == close(LOSS)
    assert answer("ce", "t.npz", "-y", "label", "-p", "prob_*") == close(LOSS)


# --- two files --------------------------------------------------------------------------------------------------------

PAIRS = [
    ("label\n1\n0\n", "prob\n0.8\n0.3\n", ()),
    ("1\n0\n", "0.8\n0.3\n", ()),
    ("label\n1\n0\n", "0.8\n0.3\n", ()),
    ("1\n0\n", "prob\n0.8\n0.3\n", ()),
    ("clicked\n1\n0\n", "anything\n0.8\n0.3\n", ()),
    ("true\nfalse\n", "0.8\n0.3\n", ()),
    ("truth\n1\n0\n", "0.8\n0.3\n", ()),
    (PLAIN, "0.8\n0.3\n", ()),
    ("spam\nham\n", "0.8\n0.3\n", ("--positive", "spam")),
    ("animal\nspam\nham\n", "p\n0.8\n0.3\n", ("--positive", "spam", "--header")),
    ("a,b\n1,5\n0,5\n", "c,d\n5,0.8\n5,0.3\n", ("-y", "a", "-p", "d")),
    ("1\n0\n", "0.8\n0.3", ("--no-header",)),
    ("1\r\n0\r\n", '"0.8"\n"0.3"\n', ()),
]


@pytest.mark.parametrize("labels, preds, options", PAIRS)
def test_labels_and_predictions_come_from_two_files(
    labels: str, preds: str, options: tuple[str, ...], here: Path
) -> None:
    assert answer("bce", write("l.csv", labels), write("p.csv", preds), *options) == close(LOSS)


CLASS_PAIRS = [
    ("cat\ncow\n", "cat,dog,cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("label\ncat\ncow\n", "p_cat,p_dog,p_cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("0\n2\n", ".7,.2,.1\n.1,.2,.7\n", ()),
    ("0\n2\n", ".7 .2 .1\n.1 .2 .7\n", ()),
    ("0\n2\n", "cat,dog,cow\n.7,.2,.1\n.1,.2,.7\n", ()),
    ("cat\ncow\n", ".7,.2,.1\n.1,.2,.7\n", ("--classes", "cat,dog,cow")),
    ("a,b,c\n1,0,0\n0,0,1\n", ".7,.2,.1\n.1,.2,.7\n", ("-y", "1-3")),
]


@pytest.mark.parametrize("labels, preds, options", CLASS_PAIRS)
def test_classes_and_their_rows_come_from_two_files(
    labels: str, preds: str, options: tuple[str, ...], here: Path
) -> None:
    assert answer("ce", write("l.csv", labels), write("p.csv", preds), *options) == close(SPECIES_LOSS)


# --- missing cells ----------------------------------------------------------------------------------------------------

MISSING = ["", " ", "NA", "na", "N/A", "NaN", "nan", "-nan", "null", "NULL", "None", "none", ".", '""']


@pytest.mark.parametrize("cell", MISSING)
@pytest.mark.parametrize("column", ["label", "prob", "w"])
def test_a_missing_cell_is_refused_or_its_row_dropped_and_said(cell: str, column: str, here: Path) -> None:
    row = {"label": "1", "prob": "0.5", "w": "1", column: cell}
    write("t.csv", f"label,prob,w\n1,0.8,1\n{row['label']},{row['prob']},{row['w']}\n0,0.3,1\n")
    assert refusal("bce", "t.csv", "-w", "w").startswith(f"t.csv:3: column '{column}': the cell is missing")
    found = record("bce", "t.csv", "-w", "w", "--na", "drop")
    assert (found["n"], found["dropped"], found["value"]) == (2, 1, close(LOSS))
    result = run("bce", "t.csv", "-w", "w", "--na", "drop", "-q")
    assert "1 row" in result.err


def test_a_missing_cell_that_is_not_asked_for_does_not_matter(here: Path) -> None:
    write("t.csv", "label,prob,x\n1,0.8,NA\n0,0.3,\n")
    found = record("bce", "t.csv", "--na", "drop")
    assert (found["dropped"], found["value"]) == (0, close(LOSS))


@pytest.mark.parametrize(
    "labels, preds, dropped",
    [
        ("1,NA,0", "0.8,0.5,0.3", 1),
        ("1,1,0", "0.8,nan,0.3", 1),
        ("NA,1,0,1", "0.1,.8,.3,NA", 2),
        ("1,.,0", ".8,.,.3", 1),
    ],
)
def test_missing_entries_of_lists_are_dropped(labels: str, preds: str, dropped: int) -> None:
    found = record("bce", labels, preds, "--na", "drop")
    assert (found["dropped"], found["value"]) == (dropped, close(LOSS))


def test_a_row_missing_in_one_file_is_dropped_from_both(here: Path) -> None:
    write("l.csv", "label\n1\n\n0\n1\n"), write("p.csv", "prob\n0.8\n0.1\n0.3\nNA\n")
    found = record("bce", "l.csv", "p.csv", "--na", "drop")
    assert (found["dropped"], found["value"]) == (2, close(LOSS))


def test_a_blank_line_in_a_single_column_is_a_missing_cell(here: Path) -> None:
    write("p.csv", "0.8\n\n0.7\n\n\n")
    assert refusal("nll", "p.csv").startswith("p.csv:2: column 1: the cell is missing")
    assert record("nll", "p.csv", "--na", "drop")["dropped"] == 1


def test_row_numbers_count_dropped_rows(here: Path) -> None:
    write("t.csv", "label,prob\n1,NA\n1,0.8\n0,NA\n0,0.3\n")
    result = run("bce", "t.csv", "--na", "drop", "-r", "none", "-f", "csv")
    assert [line.split(",")[0] for line in result.out.splitlines()] == ["row", "2", "4"]


# --- numbers ----------------------------------------------------------------------------------------------------------

NUMBERS = [
    "0.5",
    ".5",
    "5e-1",
    "+.5",
    "0.50",
    "5E-01",
    "00.5",
    "0.5000000000000000000000001",
    " 0.5 ",
    '"0.5"',
]


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_is_what_float_reads(cell: str, here: Path) -> None:
    write("t.csv", f"label,prob\n1,{cell}\n")
    assert answer("bce", "t.csv") == close(log(2))


@pytest.mark.parametrize(
    "cell",
    [
        "0x1",
        "0_5",
        "\u0660.\u0665",
        "1e",
        "5d-1",
        "0.5f",
        "50%",
        "$0.5",
        "--.5",
        "'0.5'",
        "abc",
        "-",
        "?",
        "true",
        "0.5 0.5",
    ],
)
def test_nothing_else_is_a_number(cell: str, here: Path) -> None:
    write("t.csv", f"label,prob\n1,0.8\n1,{cell}\n")
    said = refusal("bce", "t.csv")
    assert said.startswith("t.csv:3: column 'prob': ") and "is not a number" in said and cell in said


@pytest.mark.parametrize("cell, meant", [("1e-400", 0.0), ("1.00000000000000001", 1.0), ("4.9e-324", 5e-324)])
def test_a_cell_is_the_float_nearest_to_it(cell: str, meant: float, here: Path) -> None:
    result = run("bce", write("t.csv", f"label,prob\n1,{cell}\n"), "-r", "none", "-f", "csv")
    assert result.out.splitlines()[1].split(",")[2] == repr(meant)


# --- lines of faults --------------------------------------------------------------------------------------------------

LINES = [
    ("1,0.8\n0,x\n", "t.csv:2: column 2: 'x'"),
    ("label,prob\n1,0.8\n0,x\n", "t.csv:3: column 'prob': 'x'"),
    ("label,prob\r\n1,0.8\r\n0,x\r\n", "t.csv:3: column 'prob': 'x'"),
    ("label,prob\r1,0.8\r0,x\r", "t.csv:3: column 'prob': 'x'"),
    ("label,prob\n1,0.8\n0,x", "t.csv:3: column 'prob': 'x'"),
    ("\n\nlabel,prob\n\n1,0.8\n\n0,x\n", "t.csv:7: column 'prob': 'x'"),
    ("label,prob\n1,0.8\n" + "\n" * 5000 + "0,x\n", "t.csv:5003: column 'prob': 'x'"),
    ('label,prob,t\n1,0.8,"a\nb\nc"\n0,x,\n', "t.csv:5: column 'prob': 'x'"),
    ('label,prob,t\r\n1,0.8,"a\r\nb"\r\n0,x,\r\n', "t.csv:4: column 'prob': 'x'"),
    ('"label","prob\n"\n1,0.8\n0,x\n', "t.csv:4: column 'prob': 'x'"),
    ('\n"lab\nel",prob\n1,0.8\n0,x\n', "t.csv:5: column 'prob': 'x'"),
    ('label,t,prob\n1,"a\nb",x\n', "t.csv:3: column 'prob': 'x'"),
    ('label,prob\n1,"0.8\n0,0.3\n', "t.csv:2: "),
    ('label,prob\n1,0.8\n0,"0.3\n1,.5\n', "t.csv:3: "),
    ('label,prob\n1,0.8\n0,"0.3"x\n', "t.csv:3: "),
    ('label,prob\n1,"0.8"x\n0,0.3\n', "t.csv:2: "),
    ('"label,prob\n1,0.8\n', "t.csv:1: "),
    ("label,prob\n1,0.8\n0\n", "t.csv:3: "),
    ("label,prob\n1,0.8\n0,0.3,0.5\n", "t.csv:3: "),
    ("label,prob\n1\n0,0.3\n", "t.csv:2: "),
    ("label,prob\n1,0.8\n7,0.3\n", "t.csv:3: column 'label': "),
    ("label,prob\n1,0.8\n0,1.5\n7,2\n", "t.csv:3: column 'prob': 1.5"),
    ("label,prob\n7,0.8\nx,abc\n", "t.csv:2: column 'label': "),
    ("label,prob\n1,0.8\n7,x\n", "t.csv:3: "),
]


@pytest.mark.parametrize("text, place", LINES)
@pytest.mark.parametrize("piped", [False, True])
def test_the_line_of_a_fault_is_the_one_an_editor_shows(text: str, place: str, piped: bool, here: Path) -> None:
    options = ("-y", "1") if "lab\nel" in text else ()
    if piped:
        assert refusal("bce", *options, stdin=text).startswith(place.replace("t.csv", "<stdin>"))
    else:
        assert refusal("bce", write("t.csv", text), *options).startswith(place)


ROWS = 200_000
FAR = [
    ("1,x", "column 'prob': 'x' is not a number"),
    ("7,0.5", "column 'label': label 7"),
    ("1", "1 cell"),
    ('1,"0.5', ""),
]


@pytest.fixture(scope="module")
def long_table() -> str:
    return "label,prob\n" + "1,0.75\n0,0.25\n" * (ROWS // 2)


@pytest.mark.parametrize("last, said", FAR)
def test_a_fault_in_the_200000th_row_is_on_its_line(last: str, said: str, long_table: str, here: Path) -> None:
    rest = long_table[: -len("0,0.25\n")]
    assert refusal("bce", write("t.csv", rest + last + "\n")).startswith(f"t.csv:{ROWS + 1}: {said}")


@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_fault_behind_quoted_newlines_is_on_its_line(threads: str, long_table: str, here: Path) -> None:
    half = long_table[: -len("0,0.25\n") * (ROWS // 2)]
    text = half + '"1","0.5\n"\n\n\n' + half.partition("\n")[2] + "0,x\n"
    line = text.count("\n")
    assert refusal("bce", write("t.csv", text), "--threads", threads).startswith(f"t.csv:{line}: column 'prob': 'x'")


def test_many_quoted_newlines_do_not_shift_the_line(here: Path) -> None:
    text = "label,prob,text\n" + "".join(f'{i % 2},0.5,"a\n{"x" * (i % 300)}"\n' for i in range(20_000)) + "1,x,z\n"
    assert refusal("bce", write("t.csv", text)).startswith("t.csv:40002: column 'prob': 'x'")


def test_the_first_fault_of_a_table_is_reported(long_table: str, here: Path) -> None:
    write("t.csv", "label,prob\n1,0.8\n0,1.5\n" + long_table.partition("\n")[2] + "0,x\n")
    assert refusal("bce", "t.csv").startswith("t.csv:3: ")


def test_a_fault_in_the_second_of_two_files_names_it(long_table: str, here: Path) -> None:
    write("l.csv", "label\n" + "1\n" * ROWS), write("p.csv", '"prob"\n' + '"0.5"\n' * (ROWS - 1) + '"x"\n')
    assert refusal("bce", "l.csv", "p.csv").startswith(f"p.csv:{ROWS + 1}: column 'prob': 'x'")


def test_the_longer_of_two_files_is_counted_to_its_end(here: Path) -> None:
    write("l.csv", "label\n" + "1\n" * 100_001), write("p.csv", "prob\n" + "0.5\n" * 100_000)
    said = refusal("bce", "l.csv", "p.csv")
    assert "l.csv 100001" in said and "p.csv 100000" in said


def test_the_fault_of_an_array_names_its_row(here: Path) -> None:
    values = np.column_stack([np.arange(50_000) % 2, np.full(50_000, 0.5)])
    values[-1, 1] = 1.5
    assert refusal("bce", write("t.npy", npy(values))).startswith("t.npy: row 50000: column 2: 1.5")


# --- long lines, wide tables ------------------------------------------------------------------------------------------


def test_a_thousand_classes_are_read(here: Path) -> None:
    header = "y," + ",".join(f"p{i}" for i in range(1000))
    row = "3," + ",".join(["0.001"] * 1000)
    assert answer("ce", write("t.csv", header + "\n" + (row + "\n") * 50)) == close(log(1000))


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_300000_letters_is_read_over(quote: str, here: Path) -> None:
    text = f"label,prob,t\n1,0.8,{quote}{'x' * 300_000}{quote}\n0,0.3,y\n"
    assert answer("bce", write("t.csv", text)) == close(LOSS)


def test_seventy_thousand_blank_lines_are_nothing(here: Path) -> None:
    write("t.csv", "label,prob\n1,0.8\n0,0.3\n" + "\n" * 70_000)
    assert answer("bce", "t.csv") == close(LOSS)


def test_logits_of_any_size_are_read(here: Path) -> None:
    write("t.csv", "label,logit\n1,-1000\n0,1000\n1,0\n")
    assert answer("bce", "t.csv", "--from", "logits") == close((2000 + log(2)) / 3)
    assert answer("bce", "1", "-3", "--from", "logits") == close(log(1 + exp(3)))


def test_seventy_thousand_blank_lines_before_the_header_are_nothing(here: Path) -> None:
    write("t.csv", "\n" * 70_000 + PLAIN)
    assert answer("bce", "t.csv") == close(LOSS)
