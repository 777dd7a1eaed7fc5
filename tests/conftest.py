"""How tests run the command (`run` in this process, `process` as one of its own), and what the quick suite is.

`pytest` runs the quick suite, `pytest --full` all tests. Tests that start processes or servers, measure memory or take
over a second are marked `slow`. Property tests say `examples(n)`: n examples with `--full`, a tenth of them without.
"""

import gc
import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from losscli.cli.app import main

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
T = TypeVar("T")

# --- the quick suite and the full one --------------------------------------------------------------------------------
# No deadline: the first example imports modules, and a machine may be busy.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("full"), max_examples=10, derandomize=True, database=None)
LONGEST = 1.0  # seconds of processor time that a quick test may take in CI
LEFT_OUT = pytest.StashKey[int]()


def scaled(number: int) -> int:
    """This many with `--full`, a tenth of them in the quick suite."""
    quick = settings.default.derandomize  # type: ignore[attr-defined]
    return max(1, number // 10) if quick else number


def sampled(cases: Sequence[T]) -> Sequence[T]:
    """All of these with `--full`, every twentieth or so of them in the quick suite."""
    return cases[:: 19 if scaled(10) == 1 else 1]


def crossed(*lists: Iterable[Any]) -> list[tuple[Any, ...]]:
    """All combinations with `--full`; in the quick suite as many as the longest list, each value in one at least."""
    kept = [list(one) for one in lists]
    if scaled(10) > 1:
        return list(product(*kept))
    return [tuple(one[at % len(one)] for one in kept) for at in range(max(map(len, kept)))]


def examples(number: int, **options: Any) -> settings:
    """The settings of a property test: this many examples with `--full`, a tenth of them in the quick suite."""
    return settings(max_examples=max(5, scaled(number)), **options)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run slow tests too, and property tests with all examples")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the random order of this seed")
    parser.addoption("--rewrite", action="store_true", help="write the file of snapshots anew, from the answers of now")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use every core, unless the command line names files or says how many."""
    names_files = any(".py" in arg for arg in config.args)
    in_worker = "PYTEST_XDIST_WORKER" in os.environ  # which would start workers of its own
    if getattr(config.option, "numprocesses", 0) is None and not names_files and not in_worker:
        config.option.numprocesses, config.option.dist = "logical", "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: starts processes or servers, measures memory, or takes over a second")
    settings.load_profile("full" if config.option.full else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests out, unless the command line names single tests or marks; shuffle what is left."""
    if config.option.shuffle is not None:
        random.Random(config.option.shuffle).shuffle(items)
    if config.option.full or config.option.markexpr or any("::" in arg for arg in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if not item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    config.stash[LEFT_OUT] = len(slow)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # thousands of tests and modules, which needn't be gone through again and again


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist
        session.config.workeroutput["left out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    if not error:
        node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        tests = "1 slow test" if left_out == 1 else f"{left_out} slow tests"
        terminalreporter.write_line(
            f"This was the quick suite: {tests} left out, a tenth of the examples. Run everything: pytest --full"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let no quick test start a process."""
    if item.get_closest_marker("slow"):
        return (yield)
    with patch.object(subprocess.Popen, "__init__", _refuse_process):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let no quick test take long where CI runs it."""
    begun, modules = time.process_time(), len(sys.modules)
    result = yield
    took = time.process_time() - begun
    if len(sys.modules) - modules > 100:  # the first test that needs a large package imports it for all of them
        return result
    if took > LONGEST and "CI" in os.environ and not item.config.option.full and not item.get_closest_marker("slow"):
        pytest.fail(f"takes {took:.1f} s of processor time: mark it with pytest.mark.slow, or make it shorter")
    return result


def _refuse_process(*_: object, **__: object) -> None:
    pytest.fail("starts a process: mark it with pytest.mark.slow, or call `run`")


# --- running the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that the test runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def running() -> Iterator[Any]:
    """A cluster of a scheduler and two workers, once for all tests."""
    from servers import cluster

    with cluster() as found:
        yield found


@dataclass(frozen=True)
class Result:
    """What a run of the command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as strict JSON."""
        return json.loads(self.out, parse_constant=_not_strict)


class Screen(io.TextIOWrapper):
    """A terminal, as far as a program can ask in this process."""

    def isatty(self) -> bool:
        return True


def run(*args: str | os.PathLike[str], stdin: bytes | str = b"", columns: int | None = None) -> Result:
    """Run the command in this process; with `columns`, on a terminal so wide that shows colours."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    kind = io.TextIOWrapper if columns is None else Screen
    out, err = (kind(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    source = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given)), encoding="utf-8")
    with ExitStack() as stack:
        if columns is not None:
            stack.enter_context(patch.dict(os.environ, {"COLUMNS": str(columns), "TERM": "xterm-256color"}))
            os.environ.pop("NO_COLOR", None)
        stack.enter_context(patch.object(sys, "stdin", source))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        code = main([str(arg) for arg in args])
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return Result(code, *texts)


def process(
    *args: str | os.PathLike[str],
    stdin: bytes | str = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> Result:
    """Run `python -m losscli` as a process of its own."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "losscli", *map(str, args)],
        input=given,
        capture_output=True,
        env={**environment(), **(env or {})},
        cwd=cwd,
        timeout=120,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def environment() -> dict[str, str]:
    """This environment, in which `losscli` is found by Python and its command on the path."""
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))).rstrip(os.pathsep)
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def answer(*args: str | os.PathLike[str], stdin: bytes | str = b"") -> float:
    """The number that the command prints with `--quiet`; it must succeed."""
    result = run(*args, "-q", stdin=stdin)
    assert result.code == 0, result.err
    return float(result.out)


def record(*args: str | os.PathLike[str], stdin: bytes | str = b"") -> dict[str, Any]:
    """The JSON object that the command prints; it must succeed."""
    result = run(*args, "-f", "json", stdin=stdin)
    assert result.code == 0, result.err
    found: dict[str, Any] = result.json
    return found


def verdict(*args: str | os.PathLike[str]) -> dict[str, Any]:
    """What is said of a wrong answer, in `--expect`; the exit code must be 1."""
    result = run(*args, "-f", "json")
    assert result.code == 1, result
    found: dict[str, Any] = result.json["expect"]
    return found


def mistakes(*args: str | os.PathLike[str]) -> list[str]:
    """The ids of the mistakes that a wrong answer is consistent with."""
    return [fit["id"] for fit in verdict(*args)["consistent_with"]]


def refusal(*args: str | os.PathLike[str], stdin: bytes | str = b"") -> str:
    """The one line of an error, without the name of the command; standard output must be empty and the exit code 2."""
    result = run(*args, stdin=stdin)
    assert (result.code, result.out) == (2, ""), result
    assert result.err.endswith("\n") and result.err.count("\n") == 1, result.err
    line = result.err.removesuffix("\n")
    assert line.startswith("losscli") and not line.endswith(".") and "Traceback" not in line, line
    assert "internal error" not in line, line
    return line.partition(": ")[2]


def told(found: Result) -> str:
    """A run in a line: the columns, the numbers of rows and the answer, and the notes; or the refusal."""
    if found.code:
        return found.err.strip().partition(": ")[2]
    got = found.json
    columns = [f"{part} {name}" for part, name in got["columns"].items() if name is not None]
    left_out = [f"{part} {got[part]}" for part in ("dropped", "unmatched") if got[part]]
    notes = [note for note in got["notes"] if "normalized" not in note]
    return "; ".join([*columns, f"n {got['n']}", *left_out, f"value {got['value']}"[:14], *notes])


def write(name: str, data: str | bytes) -> str:
    """A file of this name, in the directory that the test runs in; its name."""
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    return name


def close(expected: float) -> object:
    """The expected number to 1e-13, relative."""
    return pytest.approx(expected, rel=1e-13, abs=0)


def listed(values: Any) -> str:
    """Numbers, or rows of numbers, as an inline list that reads back to the same floats."""
    rows = values.tolist() if hasattr(values, "tolist") else values
    if rows and isinstance(rows[0], list | tuple):
        return ";".join(listed(row) for row in rows)
    return ",".join(value if isinstance(value, str) else repr(value) for value in rows)


def _not_strict(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def npy(array: Any, **options: Any) -> bytes:
    """An array as numpy saves it."""
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    """Arrays as numpy saves several of them."""
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()
