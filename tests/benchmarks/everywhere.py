"""How much more other tables, all figures and rows cost than the quickest case, in processor time less start-up.

    python tests/benchmarks/everywhere.py                    2,000,000 rows, 5 runs each
    python tests/benchmarks/everywhere.py --rows 500000 --only rows

Commands take turns, in one thread. Each case is a number of commands of which the first is what the others are compared
with; what a program takes for a table of two rows is taken off.
"""

import argparse
import shlex
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from measure import Run, in_turn
from tables import BCE_POLARS, LOSSCLI, has, in_python, made, parts_of

ONE = ["--threads", "1"]
ODD_ROW = 1000  # one row in so many is odd


@dataclass(frozen=True)
class Row:
    """A command by its name, `{}` standing for the folder of its tables: the large ones, or those of two rows."""

    name: str
    command: Sequence[str]
    needs: str | None = None  # a package


@dataclass(frozen=True)
class Case:
    """Files to make, by name, and commands on them."""

    name: str
    files: dict[str, Callable[[Path, int], None]]
    rows: Sequence[Row] = field(default_factory=list)


def values(rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Labels and probabilities, some rows at a time."""
    for count, generator in parts_of(rows, 1):
        probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
        yield (generator.random(count) < probs).astype(int), probs


def make(path: Path, rows: int, line: str = "{},{!r}\n", odd: str | None = None) -> None:
    """Lines of this form, one in a thousand of the odd one."""
    with path.open("w") as out:
        out.write("label,prob\n")
        for labels, probs in values(rows):
            pairs = enumerate(zip(labels.tolist(), probs.tolist(), strict=True))
            out.writelines((odd if odd and at % ODD_ROW == ODD_ROW // 2 else line).format(*pair) for at, pair in pairs)


def make_arrays(folder: Path, rows: int) -> None:
    """The same as two arrays in a folder."""
    folder.mkdir()
    labels, probs = (np.concatenate(part) for part in zip(*values(rows), strict=True))
    np.save(folder / "y.npy", labels)
    np.save(folder / "p.npy", probs)


def losscli(*words: str) -> list[str]:
    """A command in one thread."""
    return [*LOSSCLI, "bce", *words, *ONE]


def polars(file: str, also: str = "") -> list[str]:
    """The same by polars in one thread."""
    scan = f"import os;os.environ['POLARS_MAX_THREADS']='1';import polars as pl;t=pl.scan_csv('{{}}/{file}'){also}"
    return in_python(f"{scan};print(t.select({BCE_POLARS}).collect(engine='streaming').item())")


def _duckdb(code: str) -> list[str]:
    return in_python(f"import duckdb;c=duckdb.connect();c.sql('set threads=1');{code}")


COPY = (
    "copy (select row_number() over () as row, label, prob, -(label*ln(prob)+(1-label)*ln(1-prob)) as loss "
    "from '{}/clean.csv') to '/dev/null' (format csv, use_tmp_file false)"
)
ROWS = ("{}/clean.csv", "-r", "none", "-f", "csv")
CASES = (
    Case(
        "tables",
        {
            "clean.csv": make,
            "crlf.csv": partial(make, line="{},{!r}\r\n"),
            "missing.csv": partial(make, odd="{},\n"),
            "quoted.csv": partial(make, line='"{}","{!r}"\n'),
            "some.csv": partial(make, odd='"{}",{!r}\n'),
        },
        [
            Row("clean", losscli("{}/clean.csv", "-q")),
            Row("CRLF", losscli("{}/crlf.csv", "-q")),
            Row("1 missing in 1000", losscli("{}/missing.csv", "-q", "--na", "drop")),
            Row("1 quoted in 1000", losscli("{}/some.csv", "-q")),
            Row("all quoted", losscli("{}/quoted.csv", "-q")),
            Row("polars, clean", polars("clean.csv"), "polars"),
            Row("polars, missing", polars("missing.csv", ".drop_nulls()"), "polars"),
            Row("polars, quoted", polars("quoted.csv", ".cast({'label':pl.Int64,'prob':pl.Float64})"), "polars"),
        ],
    ),
    Case(
        "figures",
        {"arrays": make_arrays},
        [
            Row("-q", losscli("{}/arrays/y.npy", "{}/arrays/p.npy", "-q")),
            Row("all figures", losscli("{}/arrays/y.npy", "{}/arrays/p.npy", "-f", "json")),
        ],
    ),
    Case(
        "rows",
        {"clean.csv": make},
        [
            Row("rows as CSV", ["sh", "-c", f"exec {shlex.join(losscli(*ROWS))} > /dev/null"]),
            Row("DuckDB's COPY", _duckdb(f'c.sql("{COPY}")'), "duckdb"),
        ],
    ),
)


def less_startup(large: Sequence[Run], small: Sequence[Run]) -> float:
    """Median processor seconds of the runs, less that of a table of two rows."""
    return statistics.median(one.cpu for one in large) - statistics.median(one.cpu for one in small)


def compare(case: Case, folder: Path, rows: int, runs: int) -> None:
    """Make the files, run everything in turn, print a line a command."""
    print(f"{case.name}: {rows:,} rows")
    for size, count in (("large", rows), ("small", 2)):
        (folder / size).mkdir(exist_ok=True)
        for name, maker in case.files.items():
            if not (folder / size / name).exists():
                made(maker, folder / size / name, count)
    asked = [row for row in case.rows if row.needs is None or has(row.needs)]
    commands = {
        f"{row.name} {size}": [word.replace("{}", size) for word in row.command]
        for row in asked
        for size in ("large", "small")
    }
    found = in_turn(commands, folder, runs)
    first = None
    print(f"  {'':20} {'seconds':>8} {'ratio':>6} {'peak MB':>8}")
    for row in asked:
        large, small = found[f"{row.name} large"], found[f"{row.name} small"]
        seconds = less_startup(large, small)
        first = first or seconds
        print(
            f"  {row.name:20} {seconds:8.3f} {seconds / first:6.2f} {max(one.peak for one in large):8.0f}", flush=True
        )


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=[case.name for case in CASES])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for case in CASES:
            if asked.only in (None, case.name):
                compare(case, Path(name), asked.rows, asked.runs)


if __name__ == "__main__":
    main()
