"""A cluster that this process pretends to be: what is sent, added up and told, without a process or a server.

`test_cluster` asks a real one, in the slow tests.
"""

import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

import numpy as np
import pytest
from conftest import record, refusal, run, write

import losscli
from losscli.engines import dask
from losscli.evaluation import cluster
from losscli.reading.text import feed

ADDRESS = ("--cluster", "tcp://nowhere:1")


class Future:
    """A part that is done as soon as it is asked for."""

    status = "finished"

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work

    def done(self) -> bool:
        return True

    def result(self) -> Any:
        return self.work()

    def release(self) -> None:
        pass


class Client:
    """A client whose one worker is this process, of some version of Python."""

    status = "running"
    python = ".".join(map(str, __import__("sys").version_info[:3]))
    asked: ClassVar[list[str]] = []

    def __init__(self, address: str, **_: object) -> None:
        self.asked.append(address)

    def nthreads(self) -> dict[str, int]:
        return {"tcp://worker:1": 1}

    def get_versions(self, check: bool) -> dict[str, Any]:
        return {"workers": {"tcp://worker:1": {"host": {"python": f"{self.python}.final.0"}}}}

    def map(self, run_: Callable[[Any], Any], parts: list[Any], pure: bool) -> list[Future]:
        return [Future(lambda part=part: run_(part)) for part in parts]

    def as_current(self) -> Any:
        return nullcontext()

    def cancel(self, *_: object, **__: object) -> None:
        pass

    def close(self, **_: object) -> None:
        pass


SENT: list[Any] = []  # what would travel by value


def sent(at: int) -> Any:
    return SENT[at]


class Sent:
    """What is at a place of `SENT`, once it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[int], Any], tuple[int]]:
        return sent, (len(SENT) - 1,)


def dumps(work: Any) -> bytes:
    SENT.append(work)
    return pickle.dumps(Sent())


@pytest.fixture(autouse=True)
def pretended(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that clients were made for; files are cut into small parts."""
    monkeypatch.setattr(dask, "distributed", SimpleNamespace(Client=Client))
    monkeypatch.setattr(dask, "cloudpickle", SimpleNamespace(dumps=dumps))
    monkeypatch.setattr(dask, "find_spec", lambda name: name)
    monkeypatch.setattr(feed, "LEAST_BYTES", 40)
    monkeypatch.setattr(cluster, "PART_BYTES", 60)
    Client.asked.clear()
    yield Client.asked


def lines(count: int = 40, **odd: str) -> str:
    """A table of so many rows; `odd` are some of its lines by their row, as `r7`."""
    made = [f"{at * 7 % 3 % 2},0.{at * 37 % 89 + 10},{at % 4 + 1},{'abc'[at % 3]}" for at in range(count)]
    for name, line in odd.items():
        made[int(name[1:]) - 1] = line
    return "label,p,w,g\n" + "\n".join(made) + "\n"


def same(*args: str) -> None:
    """Raise unless the cluster answers as this machine does, refusals too."""
    alone, there = run(*args), run(*args, *ADDRESS)
    assert "internal error" not in alone.err + there.err, there
    assert (there.code, there.out, there.err) == (alone.code, alone.out, alone.err), args


QUESTIONS = (
    "",
    "-w w --ci 0.9",
    "--by g --worst 3 --show g,w -f json",
    "--quantiles 0.1,0.5",
    "--calibration 3",
    "-p w --from logits -f json",
    "--fail-above 0.1 -q",
    "--class-weight 1,2 --like keras",
)


def test_a_file_in_parts_has_the_answer_that_it_has_here() -> None:
    write("t.csv", lines())
    for question in QUESTIONS:
        same("bce", "t.csv", "-p", "p", *question.split())


def test_many_files_have_the_answer_that_they_have_here() -> None:
    Path("parts").mkdir()
    for at in range(4):
        write(f"parts/{at}.csv", lines(7 + at, **{f"r{at + 1}": "1,1e-9,1,b"}))
    for question in QUESTIONS:
        same("bce", "parts", "-p", "p", *question.split())
    Path("parts/day=2").mkdir()
    shutil.move("parts/3.csv", "parts/day=2/3.csv")
    same("bce", "parts/*.csv", "-p", "p", "--worst", "5", "-f", "json")


def test_what_is_wrong_is_told_as_it_is_here_the_first_of_it() -> None:
    odd = {"": "1,1.5,1,a", "a cell": "1,x,1,a", "too few": "1,0.5", "a label": "2,0.5,1,a", "a weight": "1,0.5,-1,a"}
    for line in odd.values():
        for places in (("r1",), ("r20",), ("r33", "r38"), ("r40",)):
            write("t.csv", lines(**dict.fromkeys(places, line)))
            same("bce", "t.csv", "-p", "p", "-w", "w")
    Path("parts").mkdir()
    for at in range(3):
        write(f"parts/{at}.csv", lines(12))
    for name, place in (("1", "r5"), ("2", "r12"), ("0", "r1")):
        write(f"parts/{name}.csv", lines(12, **{place: "1,1.5,1,a"}))
        same("bce", "parts", "-p", "p")
        write(f"parts/{name}.csv", lines(12, **{place: '1,0.5,1,"a\nb"'}))
        same("bce", "parts", "-p", "p", "--by", "g")
    write("parts/1.csv", "label,q\n1,0.5\n")
    same("bce", "parts", "-p", "p")


def test_rows_are_counted_over_all_parts() -> None:
    write("t.csv", lines(r9="1,0,1,a", r31="1,0,1,a", r17=",0.5,1,a"))
    for question in ("", "-f json", "--worst 4 -f json"):
        same("bce", "t.csv", "-p", "p", "--na", "drop", *question.split())
    write("t.csv", lines(r30='1,0.25,1,"a\nb"', r35="1,2,1,a"))
    same("bce", "t.csv", "-p", "p")


@pytest.mark.parametrize("address", ["tcp://there:8786", "tls://there:8786"])
def test_an_address_is_asked_for_as_it_is(address: str, pretended: list[str]) -> None:
    write("t.csv", lines())
    assert run("bce", "t.csv", "-p", "p", "--cluster", address).code == 0
    assert pretended == [address]


def test_a_host_and_its_port_or_the_file_of_a_scheduler_are_an_address(pretended: list[str]) -> None:
    write("t.csv", lines())
    write("scheduler.json", '{"address": "tcp://there:8786", "workers": {}}')
    for address in ("there:8786", "scheduler.json"):
        assert run("bce", "t.csv", "-p", "p", "--cluster", address).code == 0
    assert pretended == ["tcp://there:8786"] * 2
    write("other.json", '{"workers": {}}')
    for address in ("there", "there:", ":8786", "there:port", "there:80a", "other.json", "none.json"):
        assert "neither an address" in refusal("bce", "t.csv", "-p", "p", "--cluster", address), address


def test_workers_want_the_same_minor_version_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", lines())
    major, minor, micro = map(int, Client.python.split("."))
    for python in (f"{major}.{minor}.{micro + 1}", Client.python):
        monkeypatch.setattr(Client, "python", python)
        assert record("bce", "t.csv", "-p", "p", *ADDRESS) == record("bce", "t.csv", "-p", "p")
    for python in (f"{major}.{minor + 1}.0", f"{major}.{minor - 1}.{micro}", f"{major - 1}.{minor}.{micro}"):
        monkeypatch.setattr(Client, "python", python)
        said = refusal("bce", "t.csv", "-p", "p", *ADDRESS)
        assert f"runs Python {python}, this machine Python {major}.{minor}" in said


def test_the_code_is_the_same_whatever_ends_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dask.code_hash.__wrapped__()
    source = Path(losscli.__file__).parent
    for end in (b"\n", b"\r\n"):
        for path in source.rglob("*.py"):
            copy = Path("copy") / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes().replace(b"\n", end))
        monkeypatch.setattr(losscli, "__file__", str(Path("copy/__init__.py").resolve()))
        assert dask.code_hash.__wrapped__() == known
    Path("copy/lazy.py").write_bytes(b"pass\n")
    changed = dask.code_hash.__wrapped__()
    Path("copy/lazy.py").rename("copy/lazier.py")
    assert len({known, changed, dask.code_hash.__wrapped__()}) == 3


def test_row_groups_of_a_parquet_file_have_the_answer_that_they_have_here(monkeypatch: pytest.MonkeyPatch) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from losscli.reading.formats import parquet as columnar

    monkeypatch.setattr(columnar, "LEAST_ROWS", 7)
    monkeypatch.setattr(cluster, "PART_BYTES", 500)
    for rows, size in ((60, 5), (61, 7), (59, 30), (12, 3)):
        at = range(rows)
        columns = {"label": [i * 7 % 3 % 2 for i in at], "p": [(i * 37 % 89 + 5) / 100 for i in at], "g": list(at)}
        parquet.write_table(pa.table(columns), "t.parquet", row_group_size=size)
        for question in ("", "--worst 60 -f json", "--by g -f json", "--fail-above 0.1 -q"):
            same("bce", "t.parquet", "-p", "p", *question.split())
        for bad in (rows // 2, rows - 1):
            probs = [1.5 if i == bad else p for i, p in enumerate(columns["p"])]
            parquet.write_table(pa.table({**columns, "p": probs}), "t.parquet", row_group_size=size)
            same("bce", "t.parquet", "-p", "p")


def test_workers_with_another_program_are_refused_with_what_is_other_there(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", lines())
    own, numpy = losscli.__version__, np.__version__
    build = f"the code of losscli {own} on a worker is not this machine's; install the same build"
    expected: dict[str, Callable[[], Any]] = {
        f"a worker has no losscli, this machine losscli {own}": lambda: patch.dict(sys.modules, {"losscli": None}),
        f"a worker has losscli 0.1, this machine losscli {own}": lambda: patch.object(losscli, "__version__", "0.1"),
        build: lambda: patch.object(dask, "code_hash", lambda: "0"),
        f"a worker has numpy 1.0, this machine numpy {numpy}": lambda: patch.object(np, "__version__", "1.0"),
    }
    for said, there in expected.items():

        def map_there(self: Client, run_: Callable[[Any], Any], parts: list[Any], pure: bool) -> list[Future]:
            def work(part: Any) -> Any:
                with there():  # noqa: B023  -- used before the next one comes
                    return run_(part)

            return [Future(lambda part=part: work(part)) for part in parts]

        monkeypatch.setattr(Client, "map", map_there)
        assert refusal("bce", "t.csv", "-p", "p", *ADDRESS) == f"--cluster: {said}"


class Lost(Future):
    """A part that comes to nothing: its status, and what asking for it raises."""

    def __init__(self, status: str, error: Exception, done: bool = True) -> None:
        self.status, self.error, self.is_done = status, error, done

    def done(self) -> bool:
        return self.is_done

    def result(self) -> Any:
        raise self.error

    def exception(self) -> Exception:
        return self.error


class Killed(Exception):
    """What Dask raises of a part whose workers were lost one after another."""


def test_what_is_lost_on_the_way_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", lines())
    call = ("bce", "t.csv", "-p", "p", *ADDRESS)
    client, gone = SimpleNamespace(Client=Client, KilledWorker=Killed, wait=lambda *_, **__: None), []
    monkeypatch.setattr(dask, "distributed", client)
    monkeypatch.setattr(Client, "cancel", lambda self, futures, force: gone.append((len(futures), force)))
    no_longer = "--cluster: the scheduler at tcp://nowhere:1 no longer answers"
    workers = "--cluster: the workers that tried a part were lost one after another; do they have enough memory?"
    for part, said in (
        (Lost("cancelled", OSError()), no_longer),
        (Lost("lost", OSError()), no_longer),
        (Lost("lost", OSError(), done=False), no_longer),
        (Lost("cancelled", OSError(), done=False), no_longer),
        (Lost("finished", OSError()), no_longer),
        (Lost("error", Killed()), workers),
    ):
        gone.clear()
        monkeypatch.setattr(Client, "map", lambda self, run_, parts, pure, part=part: [part] * 3)
        assert refusal(*call) == said, part.status
        assert gone == [(0 if part.done() else 3, True)]
    monkeypatch.setattr(Client, "map", lambda self, run_, parts, pure: [Lost("error", ValueError("a fault of ours"))])
    assert run(*call).err == "losscli bce: internal error, please report it: ValueError: a fault of ours\n"
    pending = Lost("pending", OSError(), done=False)
    monkeypatch.setattr(Client, "map", lambda self, run_, parts, pure: [pending])
    monkeypatch.setattr(Client, "status", "closed")
    assert refusal(*call) == no_longer


def test_a_part_that_waits_longer_than_workers_may_take_is_done_while_there_are_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("t.csv", lines())
    monkeypatch.setattr(dask, "distributed", SimpleNamespace(Client=Client, wait=lambda *_, **__: None))
    monkeypatch.setattr(dask, "TIMEOUT", 0.0)
    monkeypatch.setattr(dask, "POLL", 0.0)
    asked: list[int] = []

    class Slow(Future):
        status = "pending"

        def done(self) -> bool:
            asked.append(1)
            self.status = "finished" if len(asked) > 5 else "pending"
            return len(asked) > 5

    monkeypatch.setattr(
        Client, "map", lambda self, run_, parts, pure: [Slow(lambda part=part: run_(part)) for part in parts]
    )
    call = ("bce", "t.csv", "-p", "p", *ADDRESS)
    assert run(*call).out == run(*call[:-2]).out and len(asked) > 5

    found = iter([{"tcp://worker:1": 1}, {}, {}])  # a worker at first, and then no more
    monkeypatch.setattr(Client, "nthreads", lambda self: next(found, {}))
    asked.clear()
    assert refusal(*call) == "--cluster: the scheduler at tcp://nowhere:1 has had no workers for 0 s"


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", lines())
    call = ("bce", "t.csv", "-p", "p", *ADDRESS)

    def fail(error: Exception) -> Callable[..., Any]:
        def raise_(*_: object, **__: object) -> Any:
            raise error

        return raise_

    no_longer = "--cluster: the scheduler at tcp://nowhere:1 no longer answers"
    for method in ("nthreads", "get_versions"):
        with monkeypatch.context() as patched:
            patched.setattr(Client, method, fail(OSError("Broken")))
            assert refusal(*call) == no_longer, method
    for error, detail in (
        (OSError("Timed out."), ""),
        (ValueError("Security expects  a\ncertificate."), " (security expects a certificate)"),
        (RuntimeError("x" * 300), f" ({'x' * 160})"),
        (RuntimeError(), ""),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(Client, "__init__", fail(error))
            assert refusal(*call) == f"--cluster: no scheduler answers at tcp://nowhere:1{detail}"
    with monkeypatch.context() as patched:
        patched.setattr(dask, "find_spec", lambda name: None)
        assert refusal(*call) == "--cluster needs distributed: pip install distributed"
