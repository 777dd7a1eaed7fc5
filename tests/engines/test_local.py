"""Work in threads and processes: the same results where the system gives none, and nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import answer, environment

from losscli.engines import local
from losscli.engines.local import in_processes, in_threads

FORKS = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def square(value: int) -> int:
    return value * value


def test_threads_keep_the_order_of_the_parts() -> None:
    for threads in (1, 2, 3, 100):
        for parts in (0, 1, 2, 3, 50):
            assert list(in_threads(square, range(parts), threads)) == [at * at for at in range(parts)]


def test_a_single_part_is_done_without_a_thread() -> None:
    for parts, alone in ((1, True), (2, False)):
        found = list(in_threads(lambda _: threading.current_thread() is threading.main_thread(), range(parts), 4))
        assert found == [alone] * parts


@pytest.mark.slow
@FORKS
@pytest.mark.parametrize("count", [1, 2, 20])
def test_processes_keep_the_order_of_the_parts(count: int) -> None:
    """In a process without the threads that other tests may have started here."""
    code = f"from losscli.engines.local import in_processes; print(in_processes(str, range({count}), ()))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )

    assert done.stdout == f"{[str(at) for at in range(count)]}\n"


@pytest.mark.parametrize("given", [0, 1, 2])
def test_threads_that_the_system_does_not_give_are_done_without(given: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def few(thread: threading.Thread) -> None:
        if len(started) == given:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", few)

    assert list(in_threads(square, range(50), 4)) == [at * at for at in range(50)]


def test_parts_are_asked_for_as_they_are_needed() -> None:
    asked: list[int] = []

    def parts() -> Iterator[int]:
        for at in range(1000):
            asked.append(at)
            yield at

    results = in_threads(square, parts(), 3)
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
    assert len(asked) <= 5 + 3 + 2  # as many as threads wait, and two
    results.close()  # type: ignore[attr-defined]


@FORKS
@pytest.mark.parametrize("given", [0, 1, 2])
@pytest.mark.parametrize("what", ["fork", "pipe"])
def test_where_processes_or_pipes_fail_none_is_left_and_the_caller_is_told(
    what: str, given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: dict[str, Callable[[], Any]] = {name: getattr(os, name) for name in ("fork", "pipe")}
    made: dict[str, list[Any]] = {"fork": [], "pipe": []}

    def few(name: str) -> Any:
        if name == what and len(made[name]) == given:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        made[name].append(make[name]())
        return made[name][-1]

    for name in make:
        monkeypatch.setattr(os, name, partial(few, name))
    before = set(os.listdir("/proc/self/fd"))

    assert in_processes(square, range(4), ()) is None

    assert set(os.listdir("/proc/self/fd")) == before
    assert len(made[what]) == given
    for child in made["fork"]:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


@FORKS
def test_a_command_answers_where_no_process_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losscli.reading.text.feed.LEAST_BYTES", 1000)
    path = tmp_path / "t.csv"
    path.write_text("label,prob\n" + "1,0.25\n" * 5000)
    expected = answer("bce", path, "--threads", "1")

    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)

    assert answer("bce", path, "--threads", "4") == expected


NAPS = """
import os, signal, time
from losscli.engines.local import in_processes

def nap(seconds):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(seconds)

signal.signal(signal.SIGINT, signal.default_int_handler)
for ends in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(ends, signal.SIG_DFL)  # which nohup has ignored
in_processes(nap, [60.0, 60.0, 60.0], ())
"""


@pytest.mark.slow
@FORKS
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_workers_end_with_what_started_them(name: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", NAPS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), text=True
    )
    assert parent.stdout is not None
    workers = {int(parent.stdout.readline()) for _ in range(3)} - {parent.pid}
    assert len(workers) == 2

    parent.send_signal(getattr(signal, name))
    parent.wait(20)
    parent.stdout.close()

    late = time.monotonic() + 20
    while any(runs(worker) for worker in workers):
        assert time.monotonic() < late, "a worker outlives its parent"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie that only waits to be noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_number_of_threads_is_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local.thread_count(3) == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {4, 6, 7}, raising=False)
    assert local.thread_count(None) == 3
    monkeypatch.delattr(os, "sched_getaffinity")  # as where a process can't be kept to some processors
    for count, threads in ((5, 5), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert local.thread_count(None) == threads


def test_parts_in_threads_keep_their_order_and_fail_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "available", lambda: False)

    assert local.in_parts(square, range(20), ()) == [at * at for at in range(20)]
    assert local.in_parts(lambda part: 1 // part, [1, 0, 2], (ZeroDivisionError,)) is None
    with pytest.raises(ZeroDivisionError):
        local.in_parts(lambda part: 1 // part, [1, 0, 2], (KeyError,))

    def last_first(part: int) -> int:
        time.sleep(0.02 * (3 - part))
        return part

    assert local.in_parts(last_first, range(4), ()) == [0, 1, 2, 3]

    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert local.in_parts(square, [1, 2, 3], ()) == [1, 4, 9]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_no_more_threads_work_than_are_asked_for(threads: int) -> None:
    def work(part: int) -> int:
        time.sleep(0.002)
        return threading.get_ident()

    assert len(set(in_threads(work, range(30), threads))) <= threads


@FORKS
def test_where_the_part_of_this_process_fails_the_others_are_ended_and_the_caller_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(part: int) -> int:
        if part:
            time.sleep(60.0)
        raise KeyError(part)

    begin = time.monotonic()
    assert in_processes(work, range(3), (KeyError,)) is None
    with pytest.raises(KeyError):
        in_processes(work, range(3), (ValueError,))
    assert time.monotonic() - begin < 30.0
    assert in_processes(lambda part: 1 // part, [1, 0, 2], (ZeroDivisionError,)) is None  # in another process
    assert in_processes(lambda part: 12 // part, [1, 2, 3], (ZeroDivisionError,)) == [12, 6, 4]
