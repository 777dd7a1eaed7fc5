"""The progress bar: on a terminal, after a second, and nowhere else."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import environment, write
from rich.progress import Progress, TaskID

from losscli.data.columns import ColumnSelection
from losscli.enums import Form
from losscli.output import progress
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text.dialect import Style


class Terminal:
    """A standard error that says what is asked of it."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def rows_read(path: Path) -> int:
    """The rows of a file, read in small blocks as the command does, watched."""
    options = ReadOptions((str(path),), ColumnSelection(forms=frozenset({Form.BINARY})), Style(block_bytes=1000))
    table = progress.watched(open_data(options))
    try:
        return sum(chunk().rows for chunk in table.chunks())
    finally:
        table.close()


@pytest.fixture
def table_file(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("label,prob\n" + "1,0.5\n" * 2000)
    return path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How much is done at each time that a bar is drawn."""
    shown: list[float] = []

    class Silent(Progress):
        """A bar that isn't drawn."""

        def start(self) -> None:
            pass

        def update(self, task: TaskID, **figures: Any) -> None:
            assert re.fullmatch(r"[0-9,]+ rows/s|[0-9,.]+ parts/s|[0-9,]+ answers/s", figures["rate"])
            shown.append(figures["completed"])

    monkeypatch.setattr("rich.progress.Progress", Silent)
    return shown


def test_work_that_lasts_draws_a_bar_on_a_terminal(
    table_file: Path, drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal(True))
    monkeypatch.setattr(progress, "PATIENCE", 0.0)

    assert rows_read(table_file) == 2000
    assert drawn and drawn[-1] == table_file.stat().st_size


@pytest.mark.parametrize("rows", [3, 2000, 30_000])
def test_at_the_end_of_many_files_all_of_their_bytes_are_done(
    rows: int, drawn: list[float], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal(True))
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    Path("t").mkdir()
    for at in range(5):
        write(f"t/{at}.csv", "label,prob\n" + "1,0.5\n" * (rows + at))

    assert rows_read(Path("t")) == 5 * rows + 10
    assert drawn == sorted(drawn)
    assert sum(path.stat().st_size for path in Path("t").iterdir()) - drawn[-1] <= 4 * len("label,prob\n")


@pytest.mark.parametrize(("terminal", "patience"), [(False, 0.0), (True, 60.0)])
def test_no_bar_without_a_terminal_or_for_quick_work(
    table_file: Path, drawn: list[float], monkeypatch: pytest.MonkeyPatch, terminal: bool, patience: float
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal(terminal))
    monkeypatch.setattr(progress, "PATIENCE", patience)

    assert rows_read(table_file) == 2000
    assert drawn == []


def on_terminal(feed: Callable[[int], None]) -> tuple[str, str]:
    """Standard output, and what a terminal on standard error is sent, of the command reading a slow pipe."""
    terminal, other = os.openpty()
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "losscli", "bce", "-q"]
    process = subprocess.Popen(
        command, stdin=reader, stdout=subprocess.PIPE, stderr=other, env=environment(), text=True
    )
    os.close(other)
    os.close(reader)
    feed(writer)
    os.close(writer)
    assert process.stdout is not None
    with process.stdout as out:
        answer = out.read()
    assert process.wait(60) == 0
    shown = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    except OSError:  # Linux says so when the last writer has gone
        pass
    os.close(terminal)
    return answer, shown.decode()


def slowly(writer: int) -> None:
    """Three seconds of a table."""
    os.write(writer, b"label,prob\n")
    for _ in range(12):
        with os.fdopen(os.dup(writer), "wb") as out:
            out.write(b"1,0.5\n" * 100_000)
        time.sleep(0.25)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
def test_a_terminal_sees_bytes_and_rows_and_the_answer_is_untouched() -> None:
    answer, shown = on_terminal(slowly)

    assert answer == "0.6931471805599453\n"
    assert "rows/s" in shown
    assert "MB" in shown


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
def test_a_terminal_sees_nothing_of_quick_work() -> None:
    answer, shown = on_terminal(lambda writer: os.write(writer, b"label,prob\n1,0.5\n") and None)

    assert (answer, shown) == ("0.6931471805599453\n", "")


@pytest.mark.parametrize("unit", ["parts", "answers"])
@pytest.mark.parametrize(("patience", "expected"), [(0.0, [1, 2, 3]), (1000.0, [])])
def test_a_terminal_sees_how_many_things_are_done(
    unit: str, patience: float, expected: list[int], drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal(True))
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)

    assert list(progress.tracked("abc", 3, unit)) == ["a", "b", "c"]
    assert drawn == expected
