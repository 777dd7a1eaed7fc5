"""A tree of files of all kinds, some of which are tables: what a directory and a prefix of a store are read as."""

import gzip
from pathlib import Path

TABLE = "label,prob\n1,0.5\n0,0.25\n"
TABLES = {
    "a.csv": TABLE,
    "b.CSV.gz": gzip.compress(TABLE.encode()),
    "c.tsv": TABLE.replace(",", "\t"),
    "day=1/d.txt": TABLE,
    "e.json": '{"label": 1, "prob": 0.5}\n',
    "f.jsonl": '{"label": 1, "prob": 0.5}\n',
    "g.ndjson": '{"label": 0, "prob": 0.5}\n',
    "part-00000": '{"label": 0, "prob": 0.5}\n',
}
OTHERS = {"README": "about this", "run.log": "1,2", "plot.png": b"\x89PNG"}
HIDDEN = {
    "_SUCCESS": "",
    "_hidden.csv": "x",
    ".hidden.csv": "x",
    "_temporary/a.csv": "x",
    ".git/a.csv": "x",
    "day=1/_b.csv": "x",
}


def plant(folder: Path, **more: str) -> Path:
    """Write the tree."""
    for name, data in {**TABLES, **OTHERS, **HIDDEN, **more}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder
