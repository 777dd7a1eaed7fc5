"""At home on Windows, as far as a disguise on Linux shows it (tests/disguise.py)."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from conftest import DATA, ROOT, environment, refusal, run, write
from terminal import on_terminal

from losscli.cli.commands import COMMANDS
from losscli.cli.help import top_examples
from losscli.reading import listing

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a disguise that Linux can wear")
SLOW = pytest.mark.slow
DISGUISE = str(ROOT / "tests" / "disguise.py")
LISTS = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")


def disguised(
    *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> tuple[int, bytes, bytes]:
    """The exit code, standard output and standard error of the program in its disguise."""
    variables = {name: value for name, value in environment().items() if name != "PYTHONIOENCODING"}
    done = subprocess.run(
        [sys.executable, DISGUISE, *args],
        input=stdin,
        capture_output=True,
        env={**variables, **(env or {})},
        cwd=cwd,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


@LINUX
@SLOW
def test_every_command_answers_as_it_does_here(tmp_path: Path) -> None:
    for line in (
        LISTS,
        (*LISTS, "-q"),
        (*LISTS, "-f", "json"),
        (*LISTS, "-r", "none", "-f", "csv"),
        (*LISTS, "--explain"),
        (*LISTS, "--expect", "0.522"),
        (*LISTS, "--calibration", "2", "--plot"),
        ("ce", "0,2", "0.7,0.2,0.1; 0.1,0.2,0.7"),
        ("bce", str(DATA / "preds.csv"), "--worst", "2", "--threads", "2"),
        ("bce", str(DATA / "breast_cancer.csv"), "--threads", "4", "-q"),
        ("grad", *LISTS, "--check"),
        ("fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours"),
        ("grade", str(DATA / "key.csv"), str(DATA / "answers.csv")),
        ("bce", "nothing.csv"),
        ("help", "zh"),
        ("bce", "-h"),
    ):
        wanted = run(*line)
        code, out, err = disguised(*line)
        assert (code, out.decode(), err.decode()) == (wanted.code, wanted.out, wanted.err), line


@LINUX
@SLOW
def test_what_is_no_terminal_gets_utf8_and_plain_newlines(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("label,prob,city\n1,0.8,Łódź\n0,0.3,Köln\n", encoding="utf-8")
    for options in ((), ("--by", "city"), ("--by", "city", "-f", "csv"), ("-r", "none", "-f", "csv"), ("-f", "json")):
        code, out, err = disguised("bce", str(table), "-p", "prob", *options)
        assert (code, err) == (0, b"") and b"\r" not in out and b"\\u" not in out.replace(b"\\u0", b"")
        if "--by" in options:
            assert "Łódź" in out.decode("utf-8")
    code, out, _ = disguised("fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours", "--predict", "-")
    assert code == 0 and b"\r" not in out
    code, out, _ = disguised("bce", str(table), "-p", "prob", "--by", "city", env={"PYTHONIOENCODING": "cp1252"})
    assert code == 0 and "Köln".encode("cp1252") in out and rb"\u0141\xf3d\u017a".replace(rb"\xf3", b"\xf3") in out


@LINUX
@SLOW
def test_a_reader_that_has_left_changes_no_verdict(tmp_path: Path) -> None:
    for options, code in (((), 0), (("--fail-above", "0.1"), 1), (("-r", "none", "-f", "csv"), 0), (("-h",), 0)):
        reading, writing = os.pipe()
        os.close(reading)
        with subprocess.Popen(
            [sys.executable, DISGUISE, *LISTS, *options],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as running:
            os.close(writing)
            err = running.communicate(timeout=60)[1]
        assert running.returncode == code, (options, err)
        assert b"nvalid" not in err and b"Exception" not in err


@LINUX
@SLOW
def test_an_old_console_sees_no_escape_codes() -> None:
    for args in (LISTS, (*LISTS, "--expect", "0.9"), ("bce", "-h"), ("help", "homework"), (), ("bce", "1", "2")):
        code, shown = on_terminal(*args, program=DISGUISE)
        assert code in (0, 1, 2) and shown and "\x1b" not in shown, args


@LINUX
@SLOW
def test_what_is_written_as_a_whole_is_there_or_not(tmp_path: Path) -> None:
    fit = ("fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours")
    assert disguised(*fit, "--predict", "p.csv", cwd=tmp_path)[0] == 0
    assert os.listdir(tmp_path) == ["p.csv"] and b"\r" not in (tmp_path / "p.csv").read_bytes()
    assert disguised(*LISTS, "--save", "a.svg", cwd=tmp_path)[0] == 0
    code, out, err = disguised(*LISTS, "--save", "no/where.svg", cwd=tmp_path)
    assert (code, out) == (2, b"") and b"no" in err and b"where.svg" in err
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "p.csv"]


@LINUX
@SLOW
def test_a_backslash_in_a_key_stays(tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    key.write_text('question,command\nq1,"bce sub\\t.csv"\n', encoding="utf-8")
    (tmp_path / "answers.csv").write_text("student,question,answer\nann,q1,0.29\n", encoding="utf-8")
    (tmp_path / "sub\\t.csv").write_text("label,prob\n1,0.8\n0,0.3\n", encoding="utf-8")  # Linux takes it for a name

    code, out, err = disguised("grade", str(key), str(tmp_path / "answers.csv"), "-f", "csv")

    assert (code, err) == (0, b"") and b"ann,q1,0.29,right" in out


@LINUX
@SLOW
def test_an_empty_completion_variable_means_nothing() -> None:
    line = ("bce", "--from", "logits", "1,0", "-1.2,0.3", "-q")

    code, out, err = disguised(*line, env={"_LOSSCLI_COMPLETE": ""})

    assert (code, out.decode(), err) == (0, run(*line).out, b"")


def test_lists_that_powershell_has_cut_are_shown_with_quotes() -> None:
    said = refusal("bce", "1", "0", "0", "1", "0.8", "0.3", "0.4", "0.7")

    assert "PowerShell" in said and said.endswith('"1,0,0,1" "0.8,0.3,0.4,0.7"')


def test_paths_of_windows_are_paths() -> None:
    for path in ("C:\\Users\\Anna Smith\\pred.csv", ".\\x,y.csv", "..\\x,y.csv", "\\\\server\\x y", "C:/a b/c.csv"):
        assert "no such file" in refusal("bce", path), path
        assert "no such file" in refusal("bce", "1,0", path), path


def test_files_of_a_directory_have_one_order_on_all_systems(here: Path) -> None:
    (here / "d").mkdir()
    for name in ("a0.csv", "a\\z.csv"):  # the second as Windows would name a file in a folder of d
        write(f"d/{name}", "label,prob\n1,0.8\n")

    with patch.object(listing.os, "sep", "\\"):
        sources = run("bce", "d/*.csv", "-f", "json").json["sources"]

    assert [source[2:] for source in sources] == ["a\\z.csv", "a0.csv"]


def test_gzip_that_an_old_pipe_has_changed_is_named() -> None:
    packed = gzip.compress(b"label,prob\n1,0.8\n0,0.3\n")
    for text in (packed.decode("cp1252", "replace"), packed.decode("cp437"), packed.decode("ascii", "replace")):
        for encoding in ("utf-8", "utf-16"):
            assert "a pipe changed the gzip data" in refusal("bce", stdin=text.encode(encoding)), encoding
    said = refusal("bce", stdin=packed.decode("cp437").encode("ascii", "replace"))
    assert said.startswith("<stdin>: a pipe changed the gzip data as if they were text")


# --- what is typed ----------------------------------------------------------------------------------------------------
def test_examples_of_help_can_be_typed_in_any_shell() -> None:
    for example in (*top_examples(), *(line for command in COMMANDS.values() for line in command.examples)):
        assert "'" not in example
        for word in shlex.split(example):
            assert not re.search(r"[,;*?\s]", word) or f'"{word}"' in example, example


def test_lists_of_readme_and_topics_stand_in_double_quotes() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "losscli" / "topics").glob("*.md"))]
    for page in pages:
        for line in page.read_text(encoding="utf-8").splitlines():
            if not re.match(r"\s*(\$|>) .*losscli (bce|ce|nll|grad|fit)\b", line):
                continue
            assert "'" not in line.partition("losscli ")[2].partition("|")[0], f"{page.name}: {line}"


COLLECT = """
import importlib, sys, pathlib, pytest, disguise
for name in ("asyncio", "hypothesis", "subprocess", "multiprocessing.pool", "distributed", "pyarrow", "moto.server"):
    try:
        importlib.import_module(name)
    except ImportError:
        pass
disguise.lose_names()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("test_*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except pytest.skip.Exception:
        pass
    except Exception as error:
        print(path.name, repr(error))
"""


@LINUX
@SLOW
def test_the_tests_can_be_collected_without_what_windows_lacks() -> None:
    tests = ROOT / "tests"
    paths = os.pathsep.join(map(str, (ROOT, tests, tests / "benchmarks")))

    done = subprocess.run(
        [sys.executable, "-c", COLLECT, str(tests)],
        env={**environment(), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]
