"""Columnar files read by processes that were forked before pyarrow was loaded: the same answer as without them.

Commands run in processes of their own, each forked from one that has loaded losscli and not pyarrow.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import environment

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only"),
]

RUNNER = """
import json, os, sys, tempfile
from losscli.cli.app import main
from losscli.engines import local
from losscli.evaluation import evaluate
from losscli.reading import open as opening

opening.HELPED_BYTES = 0
fork, in_parts, children, done = os.fork, evaluate.in_parts, [], []

def counted_fork():
    assert "pyarrow" not in sys.modules
    child = fork()
    children.append(child)
    if child and {ended}:
        os.kill(child, 9)
    return child

def counted_parts(*args):
    found = in_parts(*args)
    done.append(found is not None)
    return found

for line in sys.stdin:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = fork()
        if not child:
            os.fork, evaluate.in_parts = counted_fork, counted_parts
            sys.stdout, sys.stderr = out, err
            code = main(json.loads(line))
            sys.stdout.flush(), sys.stderr.flush()
            out.write("\\0" + json.dumps([code, len(children), done]))
            out.flush()
            os._exit(0)
        os.waitpid(child, 0)
        out.seek(0), err.seek(0)
        text, _, rest = out.read().partition("\\0")
        print(json.dumps([text, err.read(), *json.loads(rest)]), flush=True)
"""


@dataclass(frozen=True)
class Done:
    """What a command printed, its exit code, how many processes it forked, and whether parts were done by them."""

    out: str
    err: str
    code: int
    forked: int
    in_parts: tuple[bool, ...]


def done(commands: Sequence[Sequence[str]], folder: Path, ended: bool = False) -> list[Done]:
    given = "".join(json.dumps(list(command)) + "\n" for command in commands)
    runner = RUNNER.replace("{ended}", str(ended))
    found = subprocess.run(
        [sys.executable, "-c", runner], input=given, capture_output=True, text=True, env=environment(), cwd=folder
    )
    assert found.returncode == 0, found.stderr
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    return [Done(out, err, code, forked, tuple(parts)) for out, err, code, forked, parts in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`one.parquet` in seven row groups, and the same rows in `days/day=D/`; a cell of `bad` is no probability."""
    folder = tmp_path_factory.mktemp("tables")
    generator = np.random.default_rng(8)
    rows = 350_000
    probs = generator.uniform(0.001, 0.999, (rows, 3))
    probs /= probs.sum(axis=1, keepdims=True)
    table = pa.table(
        {
            "label": generator.integers(0, 2, rows).astype(np.int8),
            "prob": probs[:, 0],
            "other": probs[:, 1],
            "bad": np.where(np.arange(rows) == 340_000, 1.5, probs[:, 2]),
            "weight": generator.uniform(0.0, 2.0, rows),
            "site": np.array(["north", "south", "east"])[generator.integers(0, 3, rows)],
            "kind": generator.integers(0, 3, rows),
            **{f"q_{at}": probs[:, at] for at in range(3)},
        }
    )
    parquet.write_table(table, folder / "one.parquet", row_group_size=50_000)
    for day in range(5):
        (folder / "days" / f"day={day}").mkdir(parents=True)
        parquet.write_table(table.slice(day * 70_000, 70_000), folder / "days" / f"day={day}" / "part.parquet")
    return folder


COLUMNS = ("-y", "label", "-p", "prob")
COMMANDS = (
    ("bce", *COLUMNS, "-q"),
    ("bce", *COLUMNS, "-f", "json", "-w", "weight", "--quantiles", "0.5,0.9"),
    ("bce", *COLUMNS, "-f", "json", "--by", "site,kind"),
    ("bce", *COLUMNS, "-f", "json", "--worst", "5", "--show", "site"),
    ("bce", *COLUMNS, "-f", "json", "--calibration", "7"),
    ("bce", *COLUMNS, "-p", "other", "-f", "json", "--by", "site"),
    ("bce", *COLUMNS, "-q", "--like", "torch", "--focal", "2"),
    ("ce", "-y", "kind", "-p", "q_*", "-f", "json", "--like", "keras", "--focal", "2"),
    ("ce", "-y", "kind", "-p", "q_*", "-q", "--class-weight", "balanced"),
    ("bce", "-y", "label", "-p", "bad", "-q"),
)


@pytest.mark.parametrize("source", ["one.parquet", "days"])
def test_helpers_change_no_answer_and_no_error(folder: Path, source: str) -> None:
    commands = [[name, source, *rest] for name, *rest in COMMANDS]
    if source == "days":
        commands += [["bce", source, *COLUMNS, "-f", "json", "--by", "day"]]
    alone = done([[*command, "--threads", "1"] for command in commands], folder)
    helped = done([[*command, "--threads", "3"] for command in commands], folder)
    for command, one, found in zip(commands, alone, helped, strict=True):
        assert (found.out, found.err, found.code) == (one.out, one.err, one.code), command
        assert (one.forked, found.forked) == (0, 2), command
        assert found.in_parts[0] is ("bad" not in command), command


def test_the_answer_is_there_where_helpers_have_been_killed(folder: Path) -> None:
    commands = [[*COMMANDS[0], "one.parquet", "--threads", threads] for threads in ("1", "3")]

    alone, killed = done(commands, folder, ended=True)

    assert (killed.out, killed.err, killed.code) == (alone.out, alone.err, 0)
    assert (killed.forked, killed.in_parts) == (2, (False,))


def test_what_needs_rows_in_order_starts_no_helpers(folder: Path) -> None:
    commands = [
        ["bce", "one.parquet", *COLUMNS, "-r", "none", "-q"],
        ["bce", "one.parquet", *COLUMNS, "--expect", "1"],
        ["grad", "bce", "one.parquet", *COLUMNS, "-q"],
    ]

    assert [one.forked for one in done([[*command, "--threads", "2"] for command in commands], folder)] == [0, 0, 0]
