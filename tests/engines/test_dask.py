"""A cluster is an engine like any other: the same results in the same order, also when workers are lost."""

import math
import operator
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import environment
from servers import Cluster, certificate, cluster, free_port

import losscli
from losscli.engines import dask
from losscli.engines.dask import on_cluster
from losscli.engines.local import in_threads
from losscli.errors import DataError

pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # warnings of Dask, its threads and sockets

Engine = Callable[[Callable[[Any], Any], list[Any]], Any]


@pytest.fixture(scope="module")
def empty() -> Iterator[Cluster]:
    """A scheduler without workers."""
    with cluster(0) as found:
        yield found


@pytest.fixture(params=["one thread", "threads", "cluster"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return {
        "one thread": partial(in_threads, threads=1),
        "threads": partial(in_threads, threads=4),
        "cluster": lambda work, parts: on_cluster(work, parts, request.getfixturevalue("running").address),
    }[request.param]


@pytest.mark.parametrize(
    ("work", "count"), [(operator.neg, 1), (math.sqrt, 2), (partial(operator.mul, 3), 20), (str, 9)]
)
def test_every_engine_gives_the_results_in_the_order_of_the_parts(
    engine: Engine, work: Callable[[int], Any], count: int
) -> None:
    parts = list(range(count))

    assert list(engine(work, parts)) == [work(part) for part in parts]


def test_what_a_part_raises_comes_out_behind_the_results_before_it(engine: Engine) -> None:
    results = iter(engine(math.sqrt, [4.0, 9.0, -1.0, 16.0]))

    assert [next(results), next(results)] == [2.0, 3.0]
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        next(results)


def test_the_parts_of_lost_workers_are_done_by_another_until_there_is_none(
    empty: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = empty.add()
    results = on_cluster(time.sleep, [0.05] * 20 + [30], empty.address)
    assert next(results) is None
    other = empty.add()
    first.kill()

    assert [next(results) for _ in range(19)] == [None] * 19

    monkeypatch.setattr(dask, "TIMEOUT", 1.5)
    other.kill()
    with pytest.raises(DataError, match=r"has had no workers for 1\.5 s"):
        next(results)


def test_a_part_that_ends_its_workers_is_one_line_and_a_lost_scheduler_is() -> None:
    with cluster(1, losses=0) as found:
        with pytest.raises(DataError, match="the workers that tried a part were lost one after another"):
            list(on_cluster(os._exit, [1], found.address))

        found.add()
        results = on_cluster(time.sleep, [0.1] + [30] * 3, found.address)
        next(results)
        found.scheduler.kill()
        with pytest.raises(DataError, match=f"--cluster: the scheduler at {found.address} no longer answers"):
            next(results)


def test_a_scheduler_that_is_killed_while_a_table_is_read_is_one_line_of_the_program(tmp_path: Path) -> None:
    """Nothing of what Dask itself logs."""
    table = tmp_path / "t.csv"
    table.write_text("label,prob\n" + "1,0.25\n" * 1_000_000, encoding="utf-8")
    with cluster(1) as found:
        child = subprocess.Popen(
            [sys.executable, "-m", "losscli", "bce", str(table), "--cluster", found.address],
            env=environment(),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        found.workers[0].send_signal(signal.SIGSTOP)  # so that the work can't be done before
        time.sleep(3)
        found.scheduler.kill()
        out, err = child.communicate(timeout=60)

    assert (child.returncode, out, err.count("\n")) == (2, "", 1), err
    assert "--cluster: " in err


def test_a_cluster_is_found_by_the_file_of_its_scheduler(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    with cluster(1, file=file):
        assert of_cluster(tmp_path, str(file)) == (0, "0.2876820724517809\n", "")


def test_a_cluster_that_wants_certificates_is_reached_with_them_alone(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    certificates = certificate(tmp_path)
    with cluster(1, tls=certificates) as found:
        assert of_cluster(tmp_path, found.address, certificates) == (0, "0.2876820724517809\n", "")
        code, out, err = of_cluster(tmp_path, found.address)

    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert f"--cluster: no scheduler answers at {found.address}" in err


def of_cluster(folder: Path, place: str, more: Mapping[str, str] = {}) -> tuple[int, str, str]:
    """The exit code and what is printed of the mean of three rows, on the cluster at this place."""
    (folder / "t.csv").write_text("label,prob\n" + "0,0.25\n" * 3, encoding="utf-8")
    command = [sys.executable, "-m", "losscli", "bce", "t.csv", "-q", "--cluster", place]
    env = {**environment(), **more}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout, done.stderr


def test_nobody_at_the_address_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "TIMEOUT", 1.0)
    address = f"tcp://127.0.0.1:{free_port()}"

    with pytest.raises(DataError, match=f"--cluster: no scheduler answers at {address}"):
        list(on_cluster(operator.neg, [1], address))


@pytest.mark.parametrize("address", ["nowhere", "none.json", ":8786", "tcp://"])
def test_what_is_no_address_is_one_line(address: str) -> None:
    with pytest.raises(DataError, match="--cluster: "):
        list(on_cluster(operator.neg, [1], address))


def test_a_cluster_without_workers_is_not_waited_for_for_ever(empty: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "TIMEOUT", 1.5)
    with pytest.raises(DataError, match=r"has had no workers for 1\.5 s"):
        list(on_cluster(operator.neg, [1], empty.address))


OLD_PYTHON = "import distributed.versions as v; v.get_system_info = lambda: {'python': '3.8.1.final.0'}"


@pytest.mark.parametrize(
    ("before", "what"),
    [
        ("import sys; sys.modules['losscli'] = None", "a worker has no losscli, this machine losscli"),
        ("import losscli; losscli.__version__ = '0.0.1'", "a worker has losscli 0.0.1, this machine losscli"),
        (OLD_PYTHON, "runs Python 3.8.1, this machine Python"),
        ("import numpy; numpy.__version__ = '1.0.0'", "a worker has numpy 1.0.0, this machine numpy"),
        (
            "import losscli.engines.dask as d; d.code_hash = lambda: '0'",
            f"the code of losscli {losscli.__version__} on a worker is not this machine's; install the same build",
        ),
    ],
)
def test_a_worker_that_is_made_otherwise_is_refused(before: str, what: str, empty: Cluster) -> None:
    worker = empty.add(before)
    try:
        with pytest.raises(DataError, match=re.escape(what)):
            list(on_cluster(operator.neg, [1], empty.address))
    finally:
        worker.kill()
        worker.wait(5)
