"""How quick tables are: losscli and the peers that are installed, in turn, on data made here.

    python tests/benchmarks/tables.py                    all cases, 5,000,000 rows, 5 runs each
    python tests/benchmarks/tables.py --rows 500000 --runs 3 --only bce
    python tests/benchmarks/tables.py --only bce-17 --chart tests/data/speed.svg

A ratio above 1 says how many times longer a peer takes than losscli, measured turn by turn. Peers are what people use
for this: DuckDB, polars, pandas and numpy where this Python has them, mawk where it is installed.
"""

import argparse
import gzip
import importlib.util
import multiprocessing
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from chart import bar_chart
from measure import Run, in_turn, report, run

CHUNK = 200_000
LOSSCLI = [sys.executable, "-m", "losscli"]


@dataclass(frozen=True)
class Case:
    """A kind of table: its file, how it is made, the losscli command and those of the peers."""

    name: str
    file: str
    make: Callable[[Path, int], None]
    command: Sequence[str]
    peers: Mapping[str, Sequence[str]]
    share: float = 1.0  # of the rows that were asked for


def parts_of(rows: int, seed: int) -> Iterator[tuple[int, np.random.Generator]]:
    generator = np.random.default_rng(seed)
    for low in range(0, rows, CHUNK):
        yield min(CHUNK, rows - low), generator


def make_binary(path: Path, rows: int, digits: int) -> None:
    """Lines `label,prob` with probabilities of so many digits (17: the shortest that reads back)."""
    with path.open("w") as out:
        out.write("label,prob\n")
        for count, generator in parts_of(rows, 1):
            probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
            labels = (generator.random(count) < probs).astype(int)
            text = map(repr, probs.tolist()) if digits == 17 else (f"{p:.{digits}f}" for p in probs.tolist())
            out.writelines(f"{y},{p}\n" for y, p in zip(labels.tolist(), text, strict=True))


def make_wide(path: Path, rows: int) -> None:
    """Twenty columns of which two are wanted: `label` the third, `prob` the twelfth."""
    names = [f"x{at}" for at in range(20)]
    names[2], names[11] = "label", "prob"
    with path.open("w") as out:
        out.write(",".join(names) + "\n")
        for count, generator in parts_of(rows, 2):
            cells = generator.normal(size=(count, 20)).round(5)
            cells[:, 11] = np.clip(generator.random(count), 1e-6, 1 - 1e-6).round(6)
            text = [list(map(repr, row)) for row in cells.tolist()]
            labels = generator.integers(0, 2, count).tolist()
            for row, label in zip(text, labels, strict=True):
                row[2] = str(label)
                out.write(",".join(row) + "\n")


def make_classes(path: Path, rows: int) -> None:
    """A label and ten probabilities a line."""
    with path.open("w") as out:
        out.write("label," + ",".join(f"p_{at}" for at in range(10)) + "\n")
        for count, generator in parts_of(rows, 3):
            probs = generator.dirichlet(np.full(10, 0.5), count)
            labels = generator.integers(0, 10, count).tolist()
            for label, row in zip(labels, probs.tolist(), strict=True):
                out.write(f"{label}," + ",".join(map(repr, row)) + "\n")


def make_gzip(path: Path, rows: int) -> None:
    """The 17-digit table, packed."""
    plain = path.with_suffix("")
    make_binary(plain, rows, 17)
    with plain.open("rb") as source, gzip.open(path, "wb", compresslevel=6) as out:
        shutil.copyfileobj(source, out, 1 << 20)
    plain.unlink()


KEYS: dict[str, Callable[[int], str]] = {
    "counted": str,
    "text": lambda at: f"user-{at:07d}",
    "decimals": lambda at: f"{at / 100:.2f}",
    "UUIDs": lambda at: str(uuid.uuid5(uuid.NAMESPACE_OID, str(at))),
}


def make_keyed(path: Path, rows: int, kind: str) -> None:
    """`one.csv` with `id,label,prob`, and beside it `labels.csv` and, in another order, `preds.csv`, each with `id`."""
    generator = np.random.default_rng(4)
    keys = list(map(KEYS[kind], range(rows)))
    labels, probs = generator.integers(0, 2, rows).tolist(), generator.uniform(0.01, 0.99, rows).round(6).tolist()
    order = generator.permutation(rows).tolist()
    tables = {
        "one.csv": ("id,label,prob", zip(keys, labels, probs, strict=True)),
        "labels.csv": ("id,label", zip(keys, labels, strict=True)),
        "preds.csv": ("id,prob", ((keys[at], probs[at]) for at in order)),
    }
    for name, (header, lines) in tables.items():
        with path.with_name(name).open("w") as out:
            out.write(header + "\n")
            out.writelines(",".join(map(str, line)) + "\n" for line in lines)


def in_python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


BCE_SQL = "select -avg(label*ln(prob)+(1-label)*ln(1-prob)) from "
BCE_POLARS = "-(pl.col('label')*pl.col('prob').log()+(1-pl.col('label'))*(1-pl.col('prob')).log()).mean()"
BCE_AWK = 'NR>1{s-=$%d?log($%d):log(1-$%d);n++}END{printf "%%.17g\\n",s/n}'


def binary_peers(file: str, label: int = 1, prob: int = 2) -> dict[str, list[str]]:
    """The usual ways to the mean binary cross-entropy of a file."""
    peers = {}
    if has("polars"):
        scan = f"import polars as pl;print(pl.scan_csv('{file}').select({BCE_POLARS})"
        peers["polars"] = in_python(scan + ".collect(engine='streaming').item())")
    if has("duckdb"):
        peers["duckdb"] = in_python(f"import duckdb;print(duckdb.sql(\"{BCE_SQL}'{file}'\").fetchall()[0][0])")
    if has("pandas"):
        peers["pandas"] = in_python(
            "import numpy as np,pandas as pd;s=n=0\n"
            f"for t in pd.read_csv('{file}',usecols=['label','prob'],chunksize=1<<18):\n"
            " y,p=t.label.to_numpy(),t.prob.to_numpy();s-=np.log(np.where(y==1,p,1-p)).sum();n+=len(t)\n"
            "print(s/n)"
        )
    if shutil.which("mawk"):
        peers["mawk"] = ["mawk", "-F,", BCE_AWK % (label, prob, prob), file]
    peers["np.loadtxt"] = in_python(
        f"import numpy as np;y,p=np.loadtxt('{file}',delimiter=',',skiprows=1,usecols=({label - 1},{prob - 1})).T;"
        "print(-np.mean(np.log(np.where(y==1,p,1-p))))"
    )
    return peers


def class_peers(file: str) -> dict[str, list[str]]:
    """The usual ways to the mean cross-entropy of ten classes."""
    peers = {}
    if has("polars"):
        pick = "pl.concat_list([f'p_{k}' for k in range(10)]).list.get(pl.col('label'))"
        scan = f"import polars as pl;print(pl.scan_csv('{file}').select(-({pick}).log().mean())"
        peers["polars"] = in_python(scan + ".collect(engine='streaming').item())")
    if has("duckdb"):
        pick = "list_value(" + ",".join(f"p_{k}" for k in range(10)) + ")[label+1]"
        peers["duckdb"] = in_python(
            f"import duckdb;print(duckdb.sql(\"select -avg(ln({pick})) from '{file}'\").fetchall()[0][0])"
        )
    if has("pandas"):
        peers["pandas"] = in_python(
            "import numpy as np,pandas as pd;s=n=0\n"
            f"for t in pd.read_csv('{file}',chunksize=1<<16):\n"
            " a=t.to_numpy();s-=np.log(a[np.arange(len(a)),1+a[:,0].astype(int)]).sum();n+=len(a)\n"
            "print(s/n)"
        )
    if shutil.which("mawk"):
        peers["mawk"] = ["mawk", "-F,", 'NR>1{s-=log($($1+2));n++}END{printf "%.17g\\n",s/n}', file]
    return peers


def gzip_peers(file: str) -> dict[str, list[str]]:
    """The same through a pipe of packed bytes."""

    def piped(command: str) -> list[str]:
        return ["sh", "-c", f"cat {file} | {command}"]

    peers = {}
    if has("polars"):
        code = f"import sys,polars as pl;print(pl.read_csv(sys.stdin.buffer.read()).select({BCE_POLARS}).item())"
        peers["polars"] = piped(f'{sys.executable} -c "{code}"')
    if has("duckdb"):  # which can't read its standard input here: the packed file itself
        peers["duckdb (file)"] = in_python(f"import duckdb;print(duckdb.sql(\"{BCE_SQL}'{file}'\").fetchall()[0][0])")
    if shutil.which("mawk"):
        peers["mawk"] = piped("gzip -dc | mawk -F, '" + BCE_AWK % (1, 2, 2) + "'")
    return peers


CASES = (
    Case(
        "bce-17",
        "bce17.csv",
        lambda path, rows: make_binary(path, rows, 17),
        ["bce", "bce17.csv", "-q"],
        binary_peers("bce17.csv"),
    ),
    Case(
        "bce-6",
        "bce6.csv",
        lambda path, rows: make_binary(path, rows, 6),
        ["bce", "bce6.csv", "-q"],
        binary_peers("bce6.csv"),
    ),
    Case("ce-10", "ce10.csv", make_classes, ["ce", "ce10.csv", "-q"], class_peers("ce10.csv"), 0.2),
    Case("wide", "wide.csv", make_wide, ["bce", "wide.csv", "-q"], binary_peers("wide.csv", 3, 12), 0.1),
)


def made(make: Callable[[Path, int], None], path: Path, rows: int) -> None:
    """Make a file in a process of its own: what a command is charged for memory begins with that of its parent."""
    process = multiprocessing.get_context("fork").Process(target=make, args=(path, rows))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{path.name} could not be made")


def compare(case: Case, folder: Path, rows: int, runs: int) -> Mapping[str, Sequence[Run]]:
    """Make the case's file, run everything in turn, print the lines; the runs by command."""
    count = int(rows * case.share)
    made(case.make, folder / case.file, count)
    size = (folder / case.file).stat().st_size / 1e6
    print(f"{case.name}: {count:,} rows, {size:.0f} MB")
    found = in_turn({"losscli": [*LOSSCLI, *case.command], **case.peers}, folder, runs)
    report(found, size)
    (folder / case.file).unlink()
    return found


def compare_gzip(folder: Path, rows: int, runs: int) -> None:
    """Packed bytes through a pipe; MB/s are those of the unpacked text."""
    made(make_gzip, folder / "bce.csv.gz", rows)
    size = rows * 21.4 / 1e6
    print(f"gzip by pipe: {rows:,} rows, about {size:.0f} MB unpacked")
    own = ["sh", "-c", f"cat bce.csv.gz | {' '.join(LOSSCLI)} bce -q"]
    report(in_turn({"losscli": own, **gzip_peers("bce.csv.gz")}, folder, runs), size)


def join_peers() -> dict[str, list[str]]:
    """The mean binary cross-entropy of two tables joined by their key."""
    peers = {}
    if has("polars"):
        join = "pl.scan_csv('labels.csv').join(pl.scan_csv('preds.csv'),on='id')"
        code = f"import polars as pl;print({join}.select({BCE_POLARS}).collect(engine='streaming').item())"
        peers["polars"] = in_python(code)
    if has("duckdb"):
        tables = "'labels.csv' join 'preds.csv' using (id)"
        peers["duckdb"] = in_python(f'import duckdb;print(duckdb.sql("{BCE_SQL}{tables}").fetchall()[0][0])')
    return peers


def compare_joins(folder: Path, rows: int, runs: int) -> None:
    """Two tables joined by key beside the same rows in one table, and the peers' joins."""
    for kind in KEYS:
        made(partial(make_keyed, kind=kind), folder / "one.csv", rows)
        size = sum((folder / name).stat().st_size for name in ("labels.csv", "preds.csv")) / 1e6
        print(f"join: {rows:,} rows, keys: {kind}")
        joined = [*LOSSCLI, "bce", "labels.csv", "preds.csv", "--key", "id", "-q"]
        own = {"losscli": joined, "one table": [*LOSSCLI, "bce", "one.csv", "-q"]}
        report(in_turn({**own, **join_peers()}, folder, runs), size)


def scale(folder: Path, most: int, runs: int) -> None:
    """Cost grows in step with the rows, and memory does not."""
    print("growth: bce, 17 digits")
    for rows in (most // 100, most // 10, most):
        made(partial(make_binary, digits=17), folder / "grow.csv", rows)
        size = (folder / "grow.csv").stat().st_size / 1e6
        found = [run([*LOSSCLI, "bce", "grow.csv", "-q"], folder) for _ in range(runs + 1)][1:]
        seconds = sorted(one.seconds for one in found)[len(found) // 2]
        print(f"  {rows:>12,} rows {size:8.0f} MB {seconds:8.3f} s {max(one.peak for one in found):6.0f} MB peak")


def main() -> None:
    """Run the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="a case, or gzip, join or growth")
    parser.add_argument("--chart", type=Path, help="write the last case as a bar chart (SVG)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in CASES:
            if asked.only in (None, case.name):
                found = compare(case, folder, asked.rows, asked.runs)
                if asked.chart:
                    rows = f"{int(asked.rows * case.share):,} rows of CSV: mean loss, whole process"
                    asked.chart.write_text(bar_chart(rows, found), encoding="utf-8")
        if asked.only in (None, "gzip"):
            compare_gzip(folder, asked.rows, asked.runs)
        if asked.only in (None, "join"):
            compare_joins(folder, asked.rows * 2 // 5, asked.runs)
        if asked.only in (None, "growth"):
            scale(folder, 2 * asked.rows, asked.runs)


if __name__ == "__main__":
    main()
