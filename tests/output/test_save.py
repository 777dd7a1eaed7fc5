"""An answer kept as a file: what its ending says, whole or not at all, and rendering without a network."""

import errno
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import process, refusal, run
from rich.cells import cell_len

from losscli.cli.app import main

pytestmark = pytest.mark.usefixtures("here")

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")


def test_text_and_markdown_are_what_is_printed() -> None:
    assert run(*BCE, "--save", "a.txt").out == Path("a.txt").read_text() == run(*BCE).out
    run(*BCE, "-q", "--save", "a.md")
    assert Path("a.md").read_text() == run(*BCE, "-f", "md").out


def test_a_typed_answer_leaves_its_verdict_in_the_file_with_quiet_too() -> None:
    Path("f.csv").write_text("x,y\n1,1\n-1,0\n0.5,0\n-0.5,1\n")
    for call in (
        (*BCE, "--expect", "0.36"),
        (*BCE, "--expect", "0.522", "--hide-answer"),
        ("fit", "bce", "f.csv", "-y", "y", "--steps", "1", "--expect", "0,0.5"),
    ):
        said = run(*call)
        quiet = run(*call, "-q", "--save", "a.txt")
        assert (quiet.code, quiet.out, quiet.err) == (said.code, "", "")
        assert Path("a.txt").read_text() == said.out
        os.unlink("a.txt")


def test_a_report_that_is_saved_has_all_figures_whatever_is_printed() -> None:
    Path("t.csv").write_text("label,p\n1,0.8\n0,0.3\n1,0.4\n0,0.6\n")
    whole = run("bce", "t.csv", "--calibration", "2").out
    assert "\nauc " in whole and "\ndiscrimination " in whole
    for form in ("csv", "tsv", "json"):
        run("bce", "t.csv", "--calibration", "2", "-f", form, "--save", "a.txt")
        assert Path("a.txt").read_text() == whole, form


def test_the_ending_counts_in_any_letter_case() -> None:
    for ending in ("svg", "html", "txt", "md"):
        for name in (f"lower.{ending}", f"UPPER.{ending.upper()}", f"title.{ending.title()}"):
            assert run(*BCE, "--save", name).code == 0
            assert Path(name).read_bytes() == Path(f"lower.{ending}").read_bytes()


def test_a_file_is_written_beside_its_place_where_no_file_can_be_without_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unlike, opened = getattr(os, "O_TMPFILE", None), os.open

    def without(path: str, flags: int, *more: int) -> int:
        if unlike is not None and flags & unlike == unlike:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "open", without)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    os.mkdir("there")
    assert run(*BCE, "--save", "there/a.txt").code == 0
    assert os.listdir("there") == ["a.txt"] and Path("there/a.txt").read_text() == run(*BCE).out


def test_an_image_is_well_formed_has_the_answer_and_asks_no_server() -> None:
    assert run(*BCE, "--save", "a.svg").out == run(*BCE).out
    text = Path("a.svg").read_text()

    words = "".join(ElementTree.fromstring(text).itertext()).replace("\xa0", " ")
    assert "0.36183" in words and "baseline" in words and "losscli bce" in words
    assert not re.search(r"url\(\s*[\"']?http|@import|@font-face|<image|<script", text)
    assert re.findall(r"\w+://[^\s\"'<]*", text) == ["http://www.w3.org/2000/svg"]


def test_letters_that_take_two_places_have_them_in_an_image() -> None:
    table = "site,label,prob\nrome,1,0.8\n\u6771\u4eac,0,0.3\nrome,0,0.4\n\u6771\u4eac,1,0.7\n"
    run("bce", "--by", "site", "--plot", "--save", "a.svg", stdin=table)

    texts = [node for node in ElementTree.parse("a.svg").iter() if "textLength" in node.attrib]
    wide = [(node.text or "", float(node.attrib["textLength"]) / 12.2) for node in texts]
    assert len(wide) > 50
    assert all(places == pytest.approx(cell_len(text), rel=1e-4) for text, places in wide)
    assert sum("\u6771" in text for text, _ in wide) == 2


def test_a_page_has_the_answer_and_asks_no_server() -> None:
    run(*BCE, "--save", "a.html")
    text = Path("a.html").read_text()

    assert "0.36183" in text and not re.search(r"https?://|@import|@font-face|<script|<link", text)


@pytest.mark.slow
def test_the_file_is_the_same_whatever_the_environment_says() -> None:
    for name, env in (("a.svg", {}), ("b.svg", {"COLUMNS": "20", "TERM": "dumb", "NO_COLOR": "1", "FORCE_COLOR": "1"})):
        assert process(*BCE, "--save", name, env=env, cwd=os.getcwd()).code == 0
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()


def test_text_of_the_data_is_text_in_a_page() -> None:
    Path("t.csv").write_text('label,"<script>[b]x"\n1,0.5\n0,0.25\n')
    assert run("bce", "t.csv", "-p", "2", "--save", "a.html").code == 0
    assert run("bce", "t.csv", "-p", "2", "--save", "a.svg").code == 0

    assert "<script>" not in Path("a.html").read_text() + Path("a.svg").read_text()
    assert "&lt;script&gt;[b]x" in Path("a.html").read_text()


def test_what_cannot_be_saved_is_refused() -> None:
    cases = [
        (("a.png",), "--save: 'a.png' doesn't end in .svg, .html, .txt or .md"),
        (("a",), "--save: 'a' doesn't end in .svg, .html, .txt or .md"),
        (
            ("a.txt", "-r", "none"),
            "--save keeps a report, but -r none prints a line for each row; send these to a file with >",
        ),
    ]
    for args, said in cases:
        assert refusal(*BCE, "--save", *args) == said, (args, said)
        assert os.listdir() == [], (args, said)


def test_a_file_that_is_read_is_not_written_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("d").mkdir()
    table = "label,prob\n1,0.5\n0,0.25\n"
    for path in ("t.txt", "d/t.txt"):
        Path(path).write_text(table)
    Path("link.txt").symlink_to("t.txt")
    for path, *args in (
        ("t.txt", "bce", "t.txt"),
        ("link.txt", "bce", "t.txt"),
        ("t.txt", "bce", "*.txt"),
        ("d/t.txt", "bce", "d"),
        ("t.txt", "bce", "1,0", "0.8,0.3", "-w", "t.txt"),
        ("t.txt", "fit", "bce", "d/t.txt", "-x", "prob", "--test", "t.txt"),
    ):
        assert refusal(*args, "--save", path) == f"--save: {path} is an input file; choose another", args
    with open("t.txt") as source:
        monkeypatch.setattr(sys, "stdin", source)
        for args in (["bce"], ["bce", "-"]):
            assert main([*args, "--save", "t.txt"]) == 2
    monkeypatch.setattr(sys, "stdin", None)  # where it is closed
    assert main(["bce", "t.txt", "--save", "new.txt"]) == 0
    for args in (["bce", "--save", "new.txt"], ["fit", "bce", "--predict", "new.txt"]):
        capsys.readouterr()
        assert main(args) == 2
        assert "nothing to read" in capsys.readouterr().err
    assert Path("t.txt").read_text() == Path("d/t.txt").read_text() == table


def test_predictions_and_the_answer_do_not_go_to_one_file() -> None:
    Path("t.csv").write_text("y,x\n1,1\n0,2\n1,3\n")
    assert "--predict and --save" in refusal("fit", "bce", "t.csv", "--predict", "a.txt", "--save", "./a.txt")
    assert os.listdir() == ["t.csv"]


def test_a_folder_that_is_not_there_is_an_error_before_anything_is_printed() -> None:
    assert refusal(*BCE, "--save", "nowhere/a.txt") == "nowhere/a.txt: there is no directory nowhere"


@pytest.mark.parametrize("there", [False, True], ids=["a new file", "a file that is there"])
@pytest.mark.parametrize("nameless", [False, True], ids=["files with names", "files without names"])
@pytest.mark.parametrize("step", ["link", "replace"])
def test_another_command_may_write_the_file_before_it_has_its_name(
    step: str, nameless: bool, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if there:
        Path("a.txt").write_text("what was there\n")
    does = getattr(os, step)

    def late(*args: Any, **options: Any) -> None:
        monkeypatch.setattr(os, step, does)
        other = run("bce", "1,0", "0.8,0.3", "--save", "a.txt")
        assert other.code == 0 and Path("a.txt").read_text() == other.out
        does(*args, **options)

    monkeypatch.setattr(os, step, late)
    found = run(*BCE, "--save", "a.txt")
    assert found.code == 0 and Path("a.txt").read_text() == found.out
    assert os.listdir() == ["a.txt"]


@pytest.mark.slow
def test_of_two_commands_that_write_one_file_one_wins_and_leaves_it_whole() -> None:
    lists = {"1,0": "0.8,0.3", "1,0,0,1": "0.8,0.3,0.4,0.7"}
    Path("f.csv").write_text("y,a\n0,1\n1,2\n1,0.5\n0,3\n")
    calls = {
        "a.txt": [("bce", labels, preds, "--save", "a.txt") for labels, preds in lists.items()],
        "p.csv": [("fit", "bce", "f.csv", "--steps", steps, "--predict", "p.csv") for steps in ("1", "2")],
    }
    for name, two in calls.items():
        whole = set()
        for args in two:
            assert run(*args).code == 0
            whole.add(Path(name).read_text())
        assert len(whole) == 2
        for _ in range(4):
            with ThreadPoolExecutor(2) as together:
                results = list(together.map(lambda args: process(*args), two))
            assert [result.code for result in results] == [0, 0], results
            assert Path(name).read_text() in whole
    assert sorted(os.listdir()) == ["a.txt", "f.csv", "p.csv"]
