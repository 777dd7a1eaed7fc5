"""What is computed on a cluster is to the digit, and to the word of an error, what is computed on this machine."""

import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest
from conftest import ROOT, answer, environment, record, refusal, run
from servers import Cluster

from losscli.evaluation import cluster
from losscli.reading.formats import parquet as columnar
from losscli.reading.text import feed

distributed = pytest.importorskip("distributed")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # warnings of Dask, its threads and sockets


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in a dozen parts, though they are small."""
    monkeypatch.setattr(feed, "LEAST_BYTES", 1000)
    monkeypatch.setattr(cluster, "PART_BYTES", 50_000)
    monkeypatch.setattr(columnar, "LEAST_ROWS", 2000)


def rows(count: int) -> list[tuple[Any, ...]]:
    draw = random.Random(4)
    return [(draw.randrange(2), draw.random(), draw.random(), draw.choice("abc")) for _ in range(count)]


def as_text(path: Path, found: list[tuple[Any, ...]]) -> Path:
    lines = "".join(",".join(map(str, row)) + "\n" for row in found)
    path.write_text("label,prob,weight,site\n" + lines, encoding="utf-8")
    return path


def as_columns(path: Path, found: list[tuple[Any, ...]]) -> Path:
    columns = dict(zip(("label", "prob", "weight", "site"), map(list, zip(*found, strict=True)), strict=True))
    parquet.write_table(pa.table(columns), path, row_group_size=1500)
    return path


WRITERS = {"csv": as_text, "parquet": as_columns}


@pytest.fixture(params=WRITERS)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return WRITERS[request.param](tmp_path / f"t.{request.param}", rows(12_000))


@pytest.mark.parametrize(
    "options", [(), ("-w", "weight"), ("-r", "sum", "--base", "2"), ("--focal", "2"), ("-q",), ("--like", "keras")]
)
def test_a_cluster_changes_no_digit(options: tuple[str, ...], table: Path, running: Cluster) -> None:
    here = run("bce", table, *options)

    there = run("bce", table, *options, "--cluster", running.address)

    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)
    assert here.code == 0


def test_a_cluster_refuses_a_file_whose_columns_are_others(tmp_path: Path, running: Cluster) -> None:
    typed = tmp_path / "typed"
    counted = tmp_path / "counted"
    for folder in (typed, counted):
        folder.mkdir()
    parquet.write_table(pa.table({"label": [1, 0], "prob": [0.8, 0.3]}), typed / "1.parquet")
    parquet.write_table(pa.table({"label": [1, 0], "prob": [1, 0]}), typed / "2.parquet")
    (counted / "1.csv").write_text("1,0.8\n0,0.3\n")
    (counted / "2.csv").write_text("prob,label\n0.8,1\n")
    for folder, told in ((typed, "column 'prob' holds whole numbers, but in"), (counted, "its columns differ")):
        here = refusal("bce", folder)

        there = refusal("bce", folder, "--cluster", running.address)

        assert told in here
        assert there == here


def test_a_cluster_knows_classes_by_their_names(tmp_path: Path, running: Cluster) -> None:
    draw = random.Random(5)
    lines = ["label,p_cat,p_dog"]
    for _ in range(5000):
        p = draw.random()
        lines.append(f"{draw.choice(['cat', 'dog'])},{p!r},{1 - p!r}")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    for options in ((), ("--classes", "cat,dog"), ("--ignore", "dog")):
        assert record("ce", path, *options, "--cluster", running.address) == record("ce", path, *options)


@pytest.mark.parametrize("place", [1, 7000, 11_999])
@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_wrong_is_told_as_on_this_machine(kind: str, place: int, tmp_path: Path, running: Cluster) -> None:
    found = rows(12_000)
    for at in (place, 11_999):  # the first in the source comes first
        found[at] = (1, 1.5, 1.0, "a")
    path = WRITERS[kind](tmp_path / f"t.{kind}", found)

    line = refusal("bce", path, "--cluster", running.address)

    assert line == refusal("bce", path)
    assert "column 'prob': 1.5 is not a probability" in line


def test_an_infinite_loss_is_in_the_row_that_it_is_in_here(tmp_path: Path, running: Cluster) -> None:
    found = rows(12_000)
    found[9000] = (1, 0.0, 1.0, "a")
    path = as_text(tmp_path / "t.csv", found)

    assert record("bce", path, "--cluster", running.address) == record("bce", path)
    assert "in row 9001" in run("bce", path, "--cluster", running.address).out


def test_a_file_with_quotes_is_one_part(tmp_path: Path, running: Cluster) -> None:
    found = rows(12_000)
    found[9000] = (1, 0.25, 1.0, '"a\nb"')
    path = as_text(tmp_path / "t.csv", found)

    assert record("bce", path, "--cluster", running.address) == record("bce", path)


def test_a_relative_path_is_one_of_this_machine(
    tmp_path: Path, running: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_text(tmp_path / "t.csv", rows(12_000))
    monkeypatch.chdir(tmp_path)

    assert answer("bce", "t.csv", "--cluster", running.address) == answer("bce", "t.csv")


def test_a_worst_row_on_a_cluster_has_the_file_as_it_was_typed(
    tmp_path: Path, running: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "days").mkdir()
    for at in range(3):
        as_text(tmp_path / "days" / f"{at}.csv", [*rows(100 * at + 100), (1, 1e-9 * (at + 1), 1.0, "a")])
    monkeypatch.chdir(tmp_path)

    worst = record("bce", "days", "--worst", "3", "--cluster", running.address)["worst"]

    assert [(one["file"], one["line"]) for one in worst] == [(f"days/{at}.csv", 100 * at + 102) for at in range(3)]
    assert worst == record("bce", "days", "--worst", "3")["worst"]


@pytest.fixture(params=WRITERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Seven files below folders that name a key."""
    found = rows(7000)
    for at in range(7):
        place = tmp_path / "days" / f"day={at}"
        place.mkdir(parents=True)
        WRITERS[request.param](place / f"t.{request.param}", found[at * 1000 : (at + 1) * 1000])
    return tmp_path / "days"


def test_seven_files_on_a_cluster_are_the_table_that_they_are_here(folder: Path, running: Cluster) -> None:
    for source in (folder, folder / "*" / "t.*"):
        assert record("bce", source, "--cluster", running.address) == record("bce", source)


@pytest.mark.parametrize("kind", WRITERS)
def test_an_error_in_one_of_many_files_is_told_as_on_this_machine(kind: str, tmp_path: Path, running: Cluster) -> None:
    found = rows(3000)
    found[2500] = (1, 1.5, 1.0, "a")
    for at in range(3):
        WRITERS[kind](tmp_path / f"{at}.{kind}", found[at * 1000 : (at + 1) * 1000])

    line = refusal("bce", tmp_path, "--cluster", running.address)

    assert line == refusal("bce", tmp_path)
    assert line.startswith(f"{tmp_path}/2.{kind}")


def test_a_cluster_is_found_by_the_file_of_its_scheduler(tmp_path: Path, running: Cluster) -> None:
    path = as_text(tmp_path / "t.csv", rows(12_000))
    place = tmp_path / "scheduler.json"
    place.write_text(json.dumps({"type": "Scheduler", "address": running.address}), encoding="utf-8")

    assert answer("bce", path, "--cluster", str(place)) == answer("bce", path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"address": 1}', '{"address": ""}', "tcp://127.0.0.1:1"])
def test_what_is_no_file_of_a_scheduler_is_one_line(text: str, tmp_path: Path) -> None:
    path = as_text(tmp_path / "t.csv", rows(3))
    (tmp_path / "scheduler.json").write_text(text, encoding="utf-8")

    line = refusal("bce", path, "--cluster", str(tmp_path / "scheduler.json"))

    assert line.startswith(f"--cluster: '{tmp_path}") and line.endswith("(tcp://HOST:8786) nor a scheduler file")


def test_without_distributed_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    path = as_text(tmp_path / "t.csv", rows(3))
    with patch.dict(sys.modules, {"distributed": None}):
        line = refusal("bce", path, "--cluster", "tcp://127.0.0.1:1")

    assert line == "--cluster needs distributed: pip install distributed"


@pytest.mark.parametrize("options", [("-r", "none"), ("--expect", "0.5"), ("--explain",)])
def test_what_wants_rows_in_their_order_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    path = as_text(tmp_path / "t.csv", rows(3))

    assert "contradicts --cluster" in refusal("bce", path, *options, "--cluster", "tcp://127.0.0.1:1")


@pytest.mark.parametrize("command", [("grad", "bce"), ("fit", "bce")])
def test_gradients_and_regressions_are_refused(command: tuple[str, ...], tmp_path: Path) -> None:
    assert "--cluster" in refusal(*command, as_text(tmp_path / "t.csv", rows(3)), "--cluster", "tcp://127.0.0.1:1")


@pytest.mark.parametrize("sources", [("1,0", "0.8,0.3"), ("-",), ()])
def test_what_workers_can_not_read_is_refused(sources: tuple[str, ...]) -> None:
    line = refusal("bce", *sources, "--cluster", "tcp://127.0.0.1:1", stdin="label,prob\n1,0.5\n")

    assert line == "--cluster needs one table of files that its workers can read, not lists or a pipe"


def test_a_worker_that_is_killed_on_the_way_changes_no_digit(tmp_path: Path, running: Cluster) -> None:
    path = as_text(tmp_path / "t.csv", rows(200_000))
    third = running.add()
    with distributed.Client(running.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
        timer = Thread(target=_kill_at_work, args=(client, third))
        timer.start()
        answer = record("bce", path, "--cluster", running.address)
        timer.join()

    assert third.poll() is not None
    assert answer == record("bce", path)


def _kill_at_work(client: Any, third: subprocess.Popen[bytes]) -> None:
    """Kill a worker as soon as it has parts of a job."""
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(client.processing().values()):
        time.sleep(0.01)
    third.kill()
    third.wait(5)


INTERRUPTED = """
import signal
from losscli.cli.app import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell ignores for what it starts in the background
raise SystemExit(main())
"""


def test_ctrl_c_stops_what_is_done_on_the_cluster_too(tmp_path: Path, running: Cluster) -> None:
    (tmp_path / "a.csv").write_text("label,prob\n1,0.8\n")
    endless = [tmp_path / f"{name}.csv" for name in "bcde"]  # whoever opens one waits for its other end
    for path in endless:
        os.mkfifo(path)
    command = [sys.executable, "-c", INTERRUPTED, "bce", str(tmp_path), "--cluster", running.address]
    child = subprocess.Popen(command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with distributed.Client(running.address, set_as_default=False) as client:
        try:
            await_state(lambda: any(client.processing().values()))
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
            assert (child.returncode, out, err) == (130, b"", b"")
            await_state(lambda: not any(client.processing().values()))
        finally:
            child.kill()
            await_state(lambda: not any(map(_let_go, endless)) and not any(_at_work(client)))


def await_state(reached: Callable[[], bool]) -> None:
    """Return when a state is reached."""
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "the state is never reached"
        time.sleep(0.02)


def _let_go(path: Path) -> bool:
    """Open the other end of a named pipe, and close it; whether somebody was waiting for it."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _at_work(client: Any) -> list[int]:
    """How many threads of each worker have something to do."""
    return list(client.run(lambda dask_worker: len(dask_worker.active_threads)).values())


@pytest.mark.parametrize(
    "options",
    [
        ("--by", "site"),
        ("--worst", "5", "--show", "site"),
        ("--calibration",),
        ("--quantiles", "0.5,0.9"),
        ("-p", "prob", "-p", "weight"),
    ],
)
def test_a_closer_look_on_a_cluster_is_the_one_here(
    options: tuple[str, ...], tmp_path: Path, folder: Path, running: Cluster
) -> None:
    kind = next(folder.glob("*/t.*")).suffix.removeprefix(".")
    for source in (WRITERS[kind](tmp_path / f"t.{kind}", rows(12_000)), folder):
        assert record("bce", source, *options, "--cluster", running.address) == record("bce", source, *options)


@pytest.mark.parametrize("options", [(), ("-w", "weight")])
def test_bins_alone_come_from_a_cluster_as_a_few_numbers(
    options: tuple[str, ...], tmp_path: Path, running: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, sizes, inner = as_text(tmp_path / "t.csv", rows(12_000)), list[int](), cluster.on_cluster

    def measured(*args: Any) -> Any:
        for outcome in inner(*args):
            sizes.append(len(pickle.dumps(outcome)))
            yield outcome

    monkeypatch.setattr(cluster, "on_cluster", measured)
    asked = ("bce", table, "--calibration", "5", *options)
    bins = run(*asked, "-f", "csv", "--cluster", running.address)
    largest = max(sizes)
    sizes.clear()
    everything = run(*asked, "-f", "json", "--cluster", running.address)

    assert len(sizes) > 3 and sum(sizes) > 12_000 * 8
    assert largest < 10_000
    assert bins.out == run(*asked, "-f", "csv").out
    assert everything.out == run(*asked, "-f", "json").out


def test_a_key_of_the_paths_divides_the_rows_of_a_cluster(tmp_path: Path, running: Cluster) -> None:
    for day in ("1", "2"):
        (tmp_path / f"day={day}").mkdir()
        as_columns(tmp_path / f"day={day}" / "t.parquet", rows(2000)[int(day) :])

    found = record("bce", tmp_path, "--by", "day", "--cluster", running.address)

    assert found == record("bce", tmp_path, "--by", "day")
    assert sorted(group["group"]["day"] for group in found["groups"]) == ["1", "2"]
