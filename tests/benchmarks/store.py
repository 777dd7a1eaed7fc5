"""How quick Parquet files of an object store are: losscli and polars in turn, on an S3 server of this machine.

    python tests/benchmarks/store.py                          100 files of 150,000 rows, 3 runs
    python tests/benchmarks/store.py --files 20 --rows 20000

A ratio above 1 says how many times longer polars takes than losscli, measured turn by turn. The server (moto) is a
Python process of its own and takes a good part of the time. DuckDB is there where its extension for S3 is installed.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from beyond import LOSS, POLARS, write_parquet
from measure import in_turn, report
from tables import LOSSCLI, has, in_python, made

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import store

BUCKET = "s3://bench/*.parquet"


def upload(folder: Path, files: int, rows: int) -> None:
    """Write so many files of so many rows each, and put them into the bucket."""
    import s3fs

    system = s3fs.S3FileSystem()
    system.mkdir("bench")
    for at in range(files):
        write_parquet(folder / "part.parquet", rows, at)
        system.put(str(folder / "part.parquet"), f"bench/{at:05}.parquet")


def peers(endpoint: str) -> dict[str, list[str]]:
    """Polars, and DuckDB where it has what it takes."""
    found = {}
    if has("polars"):
        keys = {"aws_endpoint_url": endpoint, "aws_allow_http": "true", "aws_region": "us-east-1"}
        scan = f"pl.scan_parquet('{BUCKET}', storage_options={keys})"
        found["polars"] = in_python(
            f"import polars as pl;print({scan}.select(({POLARS}).mean()).collect(engine='streaming').item())"
        )
    if has("duckdb"):
        import duckdb

        try:
            duckdb.execute("load httpfs")
        except duckdb.Error as error:
            print(f"no DuckDB: {str(error).splitlines()[0]}")
        else:
            place = endpoint.removeprefix("http://")
            settings = f"set s3_endpoint='{place}';set s3_url_style='path';set s3_use_ssl=false"
            code = f'import duckdb;duckdb.execute("load httpfs;{settings}");'
            found["duckdb"] = in_python(f"{code}print(duckdb.sql(\"select avg({LOSS}) from '{BUCKET}'\").fetchall())")
    return found


def main() -> None:
    """Start the server, fill it, and take the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rows", type=int, default=150_000, help="of a file")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, store() as endpoint:
        folder = Path(name)
        os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
        made(lambda path, rows: upload(path, asked.files, rows), folder, asked.rows)
        size = asked.files * (folder / "part.parquet").stat().st_size / 1e6
        print(f"{asked.files} Parquet files of {asked.rows:,} rows, {size:.0f} MB", flush=True)
        report(in_turn({"losscli": [*LOSSCLI, "bce", BUCKET, "-q"], **peers(endpoint)}, folder, asked.runs), size)


if __name__ == "__main__":
    main()
