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
from losscli.reading.text import feed
from losscli.reading.text.dialect import Style

TOTALS: list[float | None] = []  # of what is done, of each bar that was drawn
RATES: list[str] = []


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
    TOTALS.clear()
    RATES.clear()

    class Silent(Progress):
        """A bar that isn't drawn."""

        def start(self) -> None:
            pass

        def add_task(self, *args: Any, **options: Any) -> TaskID:
            TOTALS.append(options["total"])
            return super().add_task(*args, **options)

        def update(self, task: TaskID, **figures: Any) -> None:
            assert figures["refresh"]  # nothing else draws it
            assert re.fullmatch(r"[0-9,]+ rows/s|[0-9,.]+ parts/s|[0-9,]+ answers/s", figures["rate"])
            shown.append(figures["completed"])
            RATES.append(figures["rate"])

    monkeypatch.setattr("rich.progress.Progress", Silent)
    return shown


def draw_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on which a bar is drawn at once and for each block, a hundred seconds after the beginning."""
    monkeypatch.setattr(sys, "stderr", Terminal(True))
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    later = time.monotonic() + 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: later)


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
    draw_always(monkeypatch)
    Path("t").mkdir()
    for at in range(5):
        write(f"t/{at}.csv", "label,prob\n" + "1,0.5\n" * (rows + at))

    assert rows_read(Path("t")) == 5 * rows + 10
    assert drawn == sorted(drawn)
    whole = sum(path.stat().st_size for path in Path("t").iterdir())
    assert rows < 30_000 or re.fullmatch(r"1,5\d\d rows/s", RATES[-1])
    assert [whole] == TOTALS and whole - 4 * len("label,prob\n") <= drawn[-1] <= whole


def of_one_range(source: str, count: int, which: int) -> int:
    """The rows of one of so many ranges of a source, each of which a process of its own reads."""
    options = ReadOptions((source,), ColumnSelection(forms=frozenset({Form.BINARY})), Style(block_bytes=1000))
    table = progress.watched(open_data(options))
    try:
        ranges = table.reader.ranges(count)
        assert len(ranges) == count
        return sum(chunk().rows for chunk in table.reader.read(*ranges[which]))
    finally:
        table.close()


def test_the_first_of_several_ranges_stands_for_all_of_them(
    here: Path, drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_always(monkeypatch)
    monkeypatch.setattr(feed, "LEAST_BYTES", 1000)
    Path("t").mkdir()
    for name in ("t.csv", *(f"t/{at}.csv" for at in range(6))):
        write(name, "label,prob\n" + "1,0.5\n" * 20_000)
    for source, files in (("t.csv", 1), ("t", 6)):
        drawn.clear()
        TOTALS.clear()
        rows = [of_one_range(source, 3, which) for which in (1, 2)]
        assert drawn == []
        rows.append(of_one_range(source, 3, 0))
        size = 120_011 * files
        assert sum(rows) == 20_000 * files
        assert [size] == TOTALS and len(drawn) > 10 and drawn == sorted(drawn)
        assert drawn[0] < 0.3 * size and 0.97 * size <= drawn[-1] <= 1.03 * size, source
        rate, unit = RATES[-1].split()
        assert unit == "rows/s" and float(rate.replace(",", "")) == pytest.approx(200 * files, rel=0.02)


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


@pytest.mark.parametrize(
    ("seconds", "unit", "expected", "rate"),
    [
        (0.26, "answers", [5, 6, 7, 8, 9], "4 answers/s"),  # the fifth begins after 1.04 s
        (0.26, "parts", [5, 6, 7, 8, 9], "4.3 parts/s"),  # 9 in 2.08 s
        (0.06, "answers", [18, 20, 22, 24], "17 answers/s"),
    ],
)
def test_a_bar_waits_a_second_is_drawn_ten_times_a_second_and_says_how_fast(
    seconds: float, unit: str, expected: list[int], rate: str, drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, passed = time.monotonic(), 0.0
    monkeypatch.setattr(sys, "stderr", Terminal(True))
    monkeypatch.setattr(progress, "monotonic", lambda: begin + passed)

    for _ in progress.tracked(range(expected[-1]), expected[-1], unit):
        passed += seconds

    assert (drawn, TOTALS, RATES[-1]) == (expected, [expected[-1]], rate)
