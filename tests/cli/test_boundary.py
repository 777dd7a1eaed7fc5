"""The one boundary: whatever goes wrong is one line and an exit code, and what was known by then stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import environment, process, refusal, run

from losscli.commands import loss

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="streams of POSIX")
ON_LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")

FAULTS = [KeyError("planted"), ImportError("no module"), OSError(1, 5), AttributeError("x"), ZeroDivisionError("y")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_any_fault_of_the_program_is_one_line(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: object) -> bool:
        raise fault

    monkeypatch.setattr(loss, "run_loss", broken)

    result = run(*BCE)

    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith("losscli bce: ") and "Traceback" not in result.err


def test_too_little_memory_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(call: object) -> bool:
        raise MemoryError

    monkeypatch.setattr(loss, "run_loss", hungry)

    assert refusal(*BCE) == "not enough memory"


def test_a_developer_may_see_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSCLI_TRACEBACK", "1")
    monkeypatch.setattr(loss, "run_loss", {}.pop)

    result = run(*BCE)

    assert result.code == 2 and "Traceback" in result.err and "in main" in result.err
    assert result.err.splitlines()[-1].startswith("losscli bce: internal error, please report it: KeyError")


def test_a_fault_of_the_program_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "run_loss", {}.pop)

    with pytest.raises(AssertionError):
        refusal(*BCE)


# --- verdicts stand -------------------------------------------------------------------------------------------------
def left(*args: str, tail: str = "") -> tuple[int, bytes]:
    """The exit code of a command whose reader has gone before the answer comes, and standard error."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "losscli", *args],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        os.close(writing)
        err = running.communicate(timeout=60)[1]
    return running.returncode, err


VERDICTS = [
    ((), 0),
    (("--fail-above", "1"), 0),
    (("--fail-above", "0.1"), 1),
    (("-q", "--fail-above", "0.1"), 1),
    (("-f", "json", "--fail-above", "0.1"), 1),
    (("--expect", "0.36"), 0),
    (("--expect", "0.9"), 1),
    (("--expect", "0.9", "-f", "json"), 1),
    (("--expect", "0.1,0.2,0.3,0.4", "-r", "none", "-q"), 1),
    (("-r", "none", "-f", "csv"), 0),
]


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize(
    ("options", "code"), VERDICTS, ids=lambda value: " ".join(value) if value and value != 1 else None
)
def test_a_reader_that_has_gone_changes_no_verdict(options: tuple[str, ...], code: int) -> None:
    found, err = left(*BCE, *options)

    assert found == code
    assert b"Traceback" not in err and b"Broken" not in err and b"Exception" not in err


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize("options", [(), ("-q",), ("-f", "csv")])
def test_a_wrong_gradient_is_wrong_whoever_reads(options: tuple[str, ...]) -> None:
    assert left("grad", *BCE, "--expect", "1,2,3,4", *options)[0] == 1


WARNED = (*BCE[:1], "1,0", "0,0.3", "-q")  # an infinite loss


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize("where", ["2>&-", pytest.param("2>/dev/full", marks=ON_LINUX)])
@pytest.mark.parametrize(("options", "code"), [("", 0), ("--fail-above 1", 1), ("--expect 1", 1)])
def test_the_answer_stands_where_standard_error_is_closed_or_full(where: str, options: str, code: int) -> None:
    line = f"{sys.executable} -m losscli {' '.join(WARNED)} {options} {where}"

    done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, env=environment(), timeout=60)

    assert (done.returncode, done.stdout) == (code, b"" if "expect" in options else b"inf\n")


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize("where", ["2>&-", pytest.param("2>/dev/full", marks=ON_LINUX)])
def test_trouble_is_trouble_where_standard_error_is_closed_or_full(where: str) -> None:
    line = f"{sys.executable} -m losscli bce 1,0 0.8,3 {where}"

    assert subprocess.run(["sh", "-c", line], env=environment(), timeout=60).returncode == 2


@pytest.mark.slow
@ON_LINUX
def test_a_full_disk_is_trouble() -> None:
    line = f"{sys.executable} -m losscli {' '.join(BCE)} > /dev/full"

    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, env=environment(), timeout=60)

    assert (done.returncode, done.stderr) == (2, b"losscli bce: standard output: no space left on device\n")


# --- the limit ------------------------------------------------------------------------------------------------------
def test_an_answer_above_the_limit_is_said() -> None:
    for options in [(), ("-q",), ("-f", "json"), ("--explain",)]:
        result = run(*BCE, "--fail-above", "0.3", *options)

        assert result.code == 1, options
        assert result.err == "losscli bce: the mean is 0.36182976573941633, above 0.3\n", options


def test_an_answer_within_the_limit_needs_no_words() -> None:
    result = run(*BCE, "-r", "sum", "--fail-above", "2")

    assert (result.code, result.err) == (0, "")


@pytest.mark.slow
def test_the_program_is_one_process_with_one_line() -> None:
    assert process("bce", "1,0", "0.8,1.3").err.count("\n") == 1
