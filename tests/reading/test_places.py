"""The place of a fault: the file, and the line that an editor shows."""

from pathlib import Path

import pytest
from conftest import refusal, write

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


@pytest.mark.slow
@pytest.mark.parametrize("last, said", FAR)
def test_a_fault_in_the_200000th_row_is_on_its_line(last: str, said: str, long_table: str, here: Path) -> None:
    rest = long_table[: -len("0,0.25\n")]
    assert refusal("bce", write("t.csv", rest + last + "\n")).startswith(f"t.csv:{ROWS + 1}: {said}")


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_fault_behind_quoted_newlines_is_on_its_line(threads: str, long_table: str, here: Path) -> None:
    half = long_table[: -len("0,0.25\n") * (ROWS // 2)]
    text = half + '"1","0.5\n"\n\n\n' + half.partition("\n")[2] + "0,x\n"
    line = text.count("\n")
    assert refusal("bce", write("t.csv", text), "--threads", threads).startswith(f"t.csv:{line}: column 'prob': 'x'")


def test_many_quoted_newlines_do_not_shift_the_line(here: Path) -> None:
    text = "label,prob,text\n" + "".join(f'{i % 2},0.5,"a\n{"x" * (i % 300)}"\n' for i in range(6_000)) + "1,x,z\n"
    assert refusal("bce", write("t.csv", text)).startswith("t.csv:12002: column 'prob': 'x'")


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


def test_a_cell_with_line_breaks_stands_where_it_begins(here: Path) -> None:
    for note, line in (("a", 2), ('"a\nb"', 3), ('"a\nb\n\nc"', 5)):
        for cell in ('"x\n1"', '"\n\nx"', "x"):
            write("t.csv", f'note,label,prob,more\n{note},1,{cell},"u\nv"\na,1,0.5,b\n')
            assert refusal("bce", "t.csv").startswith(f"t.csv:{line}: column 'prob': "), (note, cell)
            write("t.csv", f'note,label,prob,more\na,1,0.5,b\n{note},1,0.5,c\na,1,{cell},"u\nv"\n')
            assert refusal("bce", "t.csv").startswith(f"t.csv:{line + 2}: column 'prob': "), (note, cell)
