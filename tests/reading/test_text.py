"""Tables as text: line ends, delimiters, quotes, encodings, and lines of any length."""

from math import exp, log
from pathlib import Path

import pytest
from conftest import answer, close, refusal, write

from losscli.reading.text.dialect import find_delimiter

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
LOSS = -(log(0.8) + log(0.7)) / 2


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


def test_the_delimiter_can_be_given(here: Path) -> None:
    cases = [
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
    ]
    for text, delimiter in cases:
        assert answer("bce", write("t", text), "-d", delimiter, "-y", "1", "-p", "2") == close(LOSS), (text, delimiter)


def test_a_given_delimiter_overrides_what_the_lines_show(here: Path) -> None:
    write("t", "label;prob,x\n1;0.8,5\n0;0.3,5\n")
    assert refusal("bce", "t", "-d", ",")


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


def test_commas_within_all_cells_are_decimal_ones() -> None:
    cases = [
        (["label;prob,x", "1;0,5", "0;0,25"], ";"),
        (["label;prob,x", "1;a,b", "0;0,25"], ","),
        (["1;0,5"], ";"),
        (["a;b,c"], ","),
    ]
    for lines, delimiter in cases:
        assert find_delimiter(lines) == delimiter, (lines, delimiter)


def test_a_unicode_minus_is_a_minus_in_files_too(here: Path) -> None:
    for table in ("label,logit\n1,−0.8\n0,−.3\n", 'label,logit\n1,"−0.8"\n0,−3e-1\n', "label;logit\n1;−0.8\n0;-0.3\n"):  # noqa: RUF001
        for command in ("bce", "nll"):
            assert answer(command, write("t.csv", table), "--from", "logits") == close(
                (log(1 + exp(0.8)) + log(1 + exp(-0.3))) / 2
            )
    labels = "label,p\n−1,0.8\n1,0.3\n"  # noqa: RUF001
    assert answer("bce", "--positive=-1", stdin=labels) == close(LOSS)
    assert answer("bce", "--positive=−1", stdin=labels) == close(LOSS)  # noqa: RUF001
    assert "is not a number" in refusal("bce", stdin="label,p\n1,0.8\n1,0−8\n")  # noqa: RUF001
