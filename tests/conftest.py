"""How tests run the command: `run` in this process, which is quick, and `process` where a real process matters."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from losscli.cli.app import main

# The first example imports modules, and a machine may be busy.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"


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


def run(*args: str | os.PathLike[str], stdin: bytes | str = b"") -> Result:
    """Run the command in this process."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    source = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given)), encoding="utf-8")
    with ExitStack() as stack:
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


def refusal(*args: str | os.PathLike[str], stdin: bytes | str = b"") -> str:
    """The one line of an error, without the name of the command; standard output must be empty and the exit code 2."""
    result = run(*args, stdin=stdin)
    assert (result.code, result.out) == (2, ""), result
    assert result.err.endswith("\n") and result.err.count("\n") == 1, result.err
    line = result.err.removesuffix("\n")
    assert line.startswith("losscli") and not line.endswith(".") and "Traceback" not in line, line
    assert "internal error" not in line, line
    return line.partition(": ")[2]


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
