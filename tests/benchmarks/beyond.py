"""How quick Parquet and many files are: losscli, DuckDB and polars in turn, on data made here.

    python tests/benchmarks/beyond.py                              Parquet of 50,000,000 rows, 7 CSV files of 10,000,000
    python tests/benchmarks/beyond.py --rows 5000000 --runs 3      a tenth of both
    python tests/benchmarks/beyond.py --only parquet --keep DIR    data are made in DIR, and stay there

A ratio above 1 says how many times longer a peer takes than losscli, measured turn by turn. The peers take one
logarithm a row, as losscli does.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import in_turn, report
from tables import LOSSCLI, _has, _parts, _python, made

FILES, GROUP = 7, 5  # files of text; parts of 200,000 rows in a row group
SQL = "select avg(case when label = 1 then -ln(prob) else -ln(1 - prob) end) from "
POLARS = "-pl.when(pl.col('label')==1).then(pl.col('prob')).otherwise(1-pl.col('prob')).log().mean()"


def make_parquet(path: Path, rows: int) -> None:
    """Labels as bytes and predictions as doubles, in row groups of a million rows."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([("label", pa.int8()), ("prob", pa.float64())])
    with parquet.ParquetWriter(path, schema) as writer:
        group: list[pa.Table] = []
        for count, generator in _parts(rows, 1):
            probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
            labels = (generator.random(count) < probs).astype(np.int8)
            group.append(pa.table([labels, probs], schema))
            if len(group) == GROUP:
                writer.write_table(pa.concat_tables(group))
                group = []
        if group:
            writer.write_table(pa.concat_tables(group))


def make_files(folder: Path, rows: int) -> None:
    """Lines `label,prob` in seven files."""
    folder.mkdir()
    for at in range(FILES):
        with (folder / f"{at}.csv").open("w") as out:
            out.write("label,prob\n")
            for count, generator in _parts(rows // FILES, at):
                probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
                labels = (generator.random(count) < probs).astype(int)
                out.writelines(f"{y},{p!r}\n" for y, p in zip(labels.tolist(), probs.tolist(), strict=True))


def peers(scan: str, pattern: str) -> dict[str, list[str]]:
    """DuckDB and polars on the same files."""
    found = {}
    if _has("duckdb"):
        quiet = "duckdb.execute('set enable_progress_bar = false')"
        found["duckdb"] = _python(f"import duckdb;{quiet};print(duckdb.sql(\"{SQL}'{pattern}'\").fetchall()[0][0])")
    if _has("polars"):
        code = f"import polars as pl;print(pl.{scan}('{pattern}').select({POLARS})"
        found["polars"] = _python(code + ".collect(engine='streaming').item())")
    return found


def compare(name: str, rows: int, runs: int, path: Path, make: Callable[[Path, int], None]) -> None:
    """Make the data of a case, unless they are there, and take the time of all programs on it."""
    if not path.exists():
        made(make, path, rows)
    scan, pattern = ("scan_csv", f"{path.name}/*.csv") if path.is_dir() else ("scan_parquet", path.name)
    size = sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else (path,))) / 1e6
    print(f"{name}: {rows:,} rows, {size:.0f} MB")
    own = {"losscli": [*LOSSCLI, "bce", pattern, "-q"], "losscli, table": [*LOSSCLI, "bce", pattern]}
    report(in_turn({**own, **peers(scan, pattern)}, path.parent, runs), size)


def main() -> None:
    """Run both cases, or one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000_000, help="of Parquet; CSV has a fifth of them")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("parquet", "csv"))
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        folder.mkdir(exist_ok=True)
        if asked.only != "csv":
            compare("parquet", asked.rows, asked.runs, folder / f"{asked.rows}.parquet", make_parquet)
        if asked.only != "parquet":
            rows = asked.rows // 5
            compare(f"csv in {FILES} files", rows, asked.runs, folder / f"{rows}", make_files)


if __name__ == "__main__":
    main()
