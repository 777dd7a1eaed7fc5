"""Standard streams as other programs put them there: text alone, as in a notebook, and none at all."""

import errno
import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

import pytest
from conftest import DATA, run
from terminal import on_terminal

from losscli.cli.app import main

LINES = [
    ["bce", "1,0,0,1", "0.8,0.3,0.4,0.7"],
    ["bce", "1,0", "0.8,0.3", "-q"],
    ["bce", "1,0", "0.8,0.3", "-r", "none", "-f", "csv"],
    ["bce", "1,0", "0.8,0.3", "--expect", "0.9"],
    ["bce", "1,0", "0.8,0.3", "--plot"],
    ["bce", "1,0", "0.8,2"],
    ["bce", "1,0", "0,0.3", "-q"],
    ["grad", "bce", "1,0", "0.8,0.3"],
    ["fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours", "--predict", "-"],
    ["help", "zh"],
    ["bce", "-h"],
    [],
]


def test_main_prints_to_streams_of_text_alone() -> None:
    for line in LINES:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(line)
        wanted = run(*line)
        assert (code, out.getvalue(), err.getvalue()) == (wanted.code, wanted.out, wanted.err), line


def test_main_reads_a_stream_of_text_alone() -> None:
    text = (DATA / "preds.csv").read_text(encoding="utf-8")
    for line in (["bce"], ["bce", "-", "-q"], ["bce", "-r", "none", "-f", "csv"], ["bce", "-f", "json"]):
        out = io.StringIO()
        with redirect_stdout(out), patch.object(sys, "stdin", io.StringIO(text)):
            assert main(line) == 0
        assert out.getvalue() == run(*line, stdin=text).out


def test_a_file_or_pipe_is_utf_8_unless_something_else_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    table = "label,\u00e9\u4e2d\n1,0.5\n"
    for name, asked, newline in (("PYTHONIOENCODING", "latin-1", b"\n"), ("", "utf-8", b"\n")):
        monkeypatch.delenv("PYTHONIOENCODING", raising=False)
        if name:
            monkeypatch.setenv(name, "latin-1")
        out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", newline="\r\n")
        with redirect_stdout(out), patch.object(sys, "stdin", io.StringIO(table)):
            assert main(["bce", "-p", "2"]) == 0
        written = out.buffer.getvalue()
        assert "\u00e9\u4e2d".encode(asked, "backslashreplace") + newline in written and b"\r" not in written


class Broken(io.StringIO):
    """A stream of text that fails as it is written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        if text:
            raise self.error
        return 0


def test_a_reader_that_has_gone_changes_no_verdict_and_a_full_disk_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    bce = ["bce", "1,0,0,1", "0.8,0.3,0.4,0.7"]
    lines = {
        0: (bce, [*bce, "-r", "none", "-f", "csv"], ["bce", "-h"], ["help", "zh"], ["--version"]),
        1: ([*bce, "--fail-above", "0.1"], [*bce, "--expect", "0.9"], ["grad", *bce, "--expect", "1,2,3,4"]),
    }
    full = OSError(errno.ENOSPC, "No space left on device")
    odd = OSError(errno.EINVAL, "Invalid argument")
    for platform, error, said in (
        ("linux", BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
        ("linux", full, "standard output: no space left on device"),
        ("linux", odd, "standard output: invalid argument"),
        ("win32", full, "standard output: no space left on device"),
        ("win32", odd, ""),
        ("win32", OSError(errno.EINVAL, "Invalid argument", "a.csv"), "a.csv: invalid argument"),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        for wanted, calls in lines.items():
            for line in calls:
                err = io.StringIO()
                with redirect_stdout(Broken(error)), redirect_stderr(err):
                    code = main(line)
                assert code == (2 if said else wanted), (platform, error, line)
                told = err.getvalue().replace("losscli bce: the mean is 0.36182976573941633, above 0.1\n", "")
                assert told.partition(": ")[2] == (f"{said}\n" if said else ""), (platform, error, line)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_what_is_left_for_a_reader_that_has_gone_is_dropped_without_a_word() -> None:
    for redirect, line in (
        (redirect_stdout, ["bce", "1,0", "0.8,0.3"]),
        (redirect_stderr, ["bce", "1,0", "0,0.3", "-q"]),
    ):
        reading, writing = os.pipe()
        os.close(reading)
        stream = open(writing, "w", encoding="utf-8")  # noqa: SIM115
        with redirect_stdout(io.StringIO()), redirect(stream):
            assert main(line) == 0
        stream.write("more")
        stream.close()  # where it still led to the pipe, this would fail


def test_the_answer_stands_where_standard_error_cannot_be_written() -> None:
    for error in (BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.ENOSPC, "No space left on device")):
        for line, code in (
            (["bce", "1,0", "0,0.3", "-q"], 0),
            (["bce", "1,0", "0.8,0.3", "--fail-above", "0.1", "-q"], 1),
            (["bce", "1,0", "0.8,2"], 2),
            ([], 2),
        ):
            out = io.StringIO()
            with redirect_stdout(out), redirect_stderr(Broken(error)):
                assert main(line) == code, line
            assert out.getvalue() == run(*line).out, line


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_stream_that_is_not_there_is_no_fault_of_the_program(stream: str) -> None:
    streams = {"stdin": io.StringIO(), "stdout": io.StringIO(), "stderr": io.StringIO()}
    for line in (*LINES, ["bce"], ["bce", "-"], ["fit", "bce", "-y", "a", "--predict", "x.csv"]):
        with patch.multiple(sys, **{**streams, stream: None}):
            code = main(line)
        assert code in ((2,) if stream == "stdout" and not {"help", "-h"} & set(line) else (0, 1, 2)), line
    assert "internal error" not in streams["stderr"].getvalue()


def test_main_reads_the_command_line_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["losscli", "bce", "1,0", "0.8,0.3", "-q"])
    out = io.StringIO()
    with redirect_stdout(out):
        assert main() == 0
    assert out.getvalue() == run(*sys.argv[1:]).out


@pytest.mark.slow
def test_one_end_of_input_at_a_terminal_is_enough() -> None:
    typed = b"label,prob\n1,0.8\n0,0.3\n"
    for line in (["bce", "-", "-q"], ["bce", "-", "-r", "sum", "-q"], ["bce", "1,0", "-", "-q"]):
        keys = typed if line[1] == "-" else b"0.8\n0.3\n"
        code, shown = on_terminal(*line, keys=keys + b"\x04")
        wanted = run(*line, stdin=keys).out
        assert code == 0 and shown.endswith(wanted)
        assert "<stdin>: reading what you type; Ctrl-D ends it\n" in shown
