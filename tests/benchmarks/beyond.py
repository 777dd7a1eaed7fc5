"""How quick Parquet and many files are: losscli, DuckDB and polars in turn, on data made here.

    python tests/benchmarks/beyond.py                       Parquet of 50,000,000 rows, 7 CSV files of 10,000,000
    python tests/benchmarks/beyond.py --rows 5000000 --runs 3

A ratio above 1 says how many times longer a peer takes than losscli, measured turn by turn.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from measure import in_turn, report
from tables import BCE_POLARS, BCE_SQL, CHUNK, LOSSCLI, _has, _parts, _python, made

FILES = 7


def make_parquet(path: Path, rows: int) -> None:
    """Labels as bytes and predictions as doubles, in row groups of a million rows."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([("label", pa.int8()), ("prob", pa.float64())])
    with parquet.ParquetWriter(path, schema) as writer:
        for count, generator in _parts(rows, 1):
            probs = np.clip(generator.beta(0.7, 1.5, count), 1e-6, 1 - 1e-6)
            labels = (generator.random(count) < probs).astype(np.int8)
            writer.write_table(pa.table([labels, probs], schema), row_group_size=5 * CHUNK)


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
        found["duckdb"] = _python(f"import duckdb;print(duckdb.sql(\"{BCE_SQL}'{pattern}'\").fetchall()[0][0])")
    if _has("polars"):
        code = f"import polars as pl;print(pl.{scan}('{pattern}').select({BCE_POLARS})"
        found["polars"] = _python(code + ".collect(engine='streaming').item())")
    return found


def main() -> None:
    """Run both cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made(make_parquet, folder / "t.parquet", asked.rows)
        size = (folder / "t.parquet").stat().st_size / 1e6
        print(f"parquet: {asked.rows:,} rows, {size:.0f} MB")
        own = {"losscli": [*LOSSCLI, "bce", "t.parquet", "-q"]}
        report(in_turn({**own, **peers("scan_parquet", "t.parquet")}, folder, asked.runs), size)
        made(make_files, folder / "days", asked.rows // 5)
        size = sum(path.stat().st_size for path in (folder / "days").iterdir()) / 1e6
        print(f"csv in {FILES} files: {asked.rows // 5:,} rows, {size:.0f} MB")
        own = {"losscli": [*LOSSCLI, "bce", "days/*.csv", "-q"]}
        report(in_turn({**own, **peers("scan_csv", "days/*.csv")}, folder, asked.runs), size)


if __name__ == "__main__":
    main()
