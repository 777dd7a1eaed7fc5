"""How quick Parquet, JSON lines and many files are: losscli, DuckDB and polars in turn, on data made here.

    python tests/benchmarks/beyond.py                                 all cases, the largest of 50,000,000 rows
    python tests/benchmarks/beyond.py --rows 3000000 --runs 5         smaller ones
    python tests/benchmarks/beyond.py --only json --keep DIR          data are made in DIR, and stay there

A ratio above 1 says how many times longer a peer takes than losscli, measured turn by turn. The peers take one
logarithm a row, as losscli does. By a column they are asked for the mean alone, and as `+` for what losscli tells then:
count, sum, mean and standard deviation of the losses, accuracy and Brier score.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measure import in_turn, report
from tables import LOSSCLI, has, in_python, made, parts_of

GROUP = 5  # parts of 200,000 rows in a row group
SMALL_ROWS = 100
SITES = ("north", "south", "east", "west", "centre")
LOSS = "case when label = 1 then -ln(prob) else -ln(1 - prob) end"
POLARS = "-pl.when(pl.col('label')==1).then(pl.col('prob')).otherwise(1-pl.col('prob')).log()"
FIGURES = (
    f"count(*), sum({LOSS}), avg({LOSS}), stddev_samp({LOSS}),"
    " avg(case when (prob > 0.5) = (label = 1) then 1 else 0 end), avg((label - prob) ** 2)"
)
POLARS_FIGURES = (
    f"n=pl.len(),sum=({POLARS}).sum(),mean=({POLARS}).mean(),std=({POLARS}).std(),"
    "accuracy=((pl.col('prob')>0.5)==(pl.col('label')==1)).mean(),brier=((pl.col('label')-pl.col('prob'))**2).mean()"
)


def draws(rows: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Labels, probabilities and sites, some rows at a time."""
    for count, generator in parts_of(rows, seed):
        probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
        labels = (generator.random(count) < probs).astype(np.int8)
        yield labels, probs, generator.integers(0, len(SITES), count)


def write_parquet(path: Path, rows: int, seed: int = 1) -> None:
    """Labels as bytes, predictions as doubles and sites as text, in row groups of a million rows."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([("label", pa.int8()), ("prob", pa.float64()), ("site", pa.string())])
    with parquet.ParquetWriter(path, schema) as writer:
        group: list[Any] = []
        for labels, probs, sites in draws(rows, seed):
            group.append(pa.table([labels, probs, np.array(SITES)[sites]], schema))
            if len(group) == GROUP:
                writer.write_table(pa.concat_tables(group))
                group = []
        if group:
            writer.write_table(pa.concat_tables(group))


def write_csv(path: Path, rows: int, seed: int = 1) -> None:
    """Lines `label,prob`."""
    with path.open("w") as out:
        out.write("label,prob\n")
        for labels, probs, _ in draws(rows, seed):
            out.writelines(f"{y},{p!r}\n" for y, p in zip(labels.tolist(), probs.tolist(), strict=True))


def write_json(path: Path, rows: int, seed: int = 1) -> None:
    """Lines as the standard library's `json` writes them."""
    with path.open("w") as out:
        for labels, probs, _ in draws(rows, seed):
            pairs = zip(labels.tolist(), probs.tolist(), strict=True)
            out.writelines(f'{{"label": {y}, "prob": {p!r}}}\n' for y, p in pairs)


def in_files(write: Callable[[Path, int, int], None], ending: str, count: int) -> Callable[[Path, int], None]:
    """What makes a folder of so many files; 0: as many as make files of 100 rows."""

    def make(folder: Path, rows: int) -> None:
        folder.mkdir()
        files = count or rows // SMALL_ROWS
        for at in range(files):
            write(folder / f"{at:05}.{ending}", rows // files, at)

    return make


@dataclass(frozen=True)
class Case:
    """A case: the file or folder, how much smaller than asked for, its maker, and the peers' way to read it."""

    name: str
    path: str
    divisor: int
    make: Callable[[Path, int], None]
    scan: str
    by: str | None = None


CASES = (
    Case("parquet", "one.parquet", 1, write_parquet, "scan_parquet"),
    Case("parquet in 32 files", "parquet32", 1, in_files(write_parquet, "parquet", 32), "scan_parquet"),
    Case("parquet by site", "one.parquet", 1, write_parquet, "scan_parquet", by="site"),
    Case("json", "one.jsonl", 5, write_json, "scan_ndjson"),
    Case("csv in 7 files", "csv7", 5, in_files(write_csv, "csv", 7), "scan_csv"),
    Case("csv in small files", "small", 150, in_files(write_csv, "csv", 0), "scan_csv"),
)


def peers(case: Case, pattern: str) -> dict[str, list[str]]:
    """DuckDB and polars on the same files."""
    found = {}
    asked = {"": (f"avg({LOSS})", f"({POLARS}).mean()")}
    if case.by:
        asked["+"] = FIGURES, POLARS_FIGURES
    for more, (columns, expressions) in asked.items():
        if has("duckdb"):
            what, group = (f"{case.by}, {columns}", f" group by {case.by}") if case.by else (columns, "")
            sql = f"select {what} from '{pattern}'{group}"
            found[f"duckdb{more}"] = in_python(
                "import duckdb;duckdb.execute('set enable_progress_bar = false');"
                f'print(duckdb.sql("{sql}").fetchall())'
            )
        if has("polars"):
            what = f"group_by('{case.by}').agg({expressions})" if case.by else f"select({expressions})"
            found[f"polars{more}"] = in_python(
                f"import polars as pl;print(pl.{case.scan}('{pattern}').{what}.collect(engine='streaming'))"
            )
    return found


def compare(case: Case, rows: int, runs: int, folder: Path) -> None:
    """Make the data of a case, unless they are there, and take the time of all programs on it."""
    path = folder / f"{rows}" / case.path
    path.parent.mkdir(exist_ok=True)
    rows //= case.divisor
    if not path.exists():
        made(case.make, path, rows)
    files: Sequence[Path] = sorted(path.iterdir()) if path.is_dir() else (path,)
    pattern = f"{path.name}/*{files[0].suffix}" if path.is_dir() else path.name
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{case.name}: {rows:,} rows, {size:.0f} MB", flush=True)
    command = [*LOSSCLI, "bce", pattern]
    own = {"losscli": [*command, "--by", case.by, "-f", "json"]} if case.by else {"losscli": [*command, "-q"]}
    report(in_turn({**own, **peers(case, pattern)}, path.parent, runs), size)


def main() -> None:
    """Run the cases, or one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000_000, help="of Parquet; text has a part of them")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=[case.name for case in CASES])
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        folder.mkdir(exist_ok=True)
        for case in CASES:
            if asked.only in (None, case.name):
                compare(case, asked.rows, asked.runs, folder)


if __name__ == "__main__":
    main()
