"""Stores and web servers that are held in memory, without a process: places, requests, answers and errors."""

import gzip
import io
import json
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from math import log
from typing import Any

import numpy as np
import pytest
from conftest import answer, close, npy, npz, record, refusal, write

from losscli.reading import remote

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
pytestmark = pytest.mark.usefixtures("here")

LOSS = -(log(0.8) + log(0.7)) / 2
TABLE = b"label,prob\n1,0.8\n0,0.3\n"


class Held(io.BytesIO):
    """An open file, which notes from where to where it is read."""

    def __init__(self, data: bytes, asked: list[tuple[int, int]], sized: bool) -> None:
        super().__init__(data)
        self.asked = asked
        if sized:
            self.size = len(data)

    def read(self, size: int | None = -1) -> bytes:
        low = self.tell()
        found = super().read(size)
        self.asked.append((low, self.tell()))
        return found


class Store:
    """A driver's file system of these files; `errors` are raised, one at each opening, before one succeeds."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.errors: list[Exception] = []
        self.sized = True
        self.opened: list[dict[str, Any]] = []
        self.asked: list[tuple[int, int]] = []

    def open(self, path: str, mode: str, **options: Any) -> Held:
        assert mode == "rb"
        self.opened.append(options)
        if self.errors:
            raise self.errors.pop(0)
        if path not in self.files:
            raise FileNotFoundError(path)
        return Held(self.files[path], self.asked, self.sized)

    def isdir(self, path: str) -> bool:
        return any(name.startswith(path.rstrip("/") + "/") for name in self.files)

    def find(self, path: str) -> list[str]:
        return [name for name in self.files if name.startswith(path.rstrip("/") + "/")]

    def glob(self, path: str) -> list[str]:
        return [name for name in self.files if fnmatchcase(name, path)]

    def ls(self, path: str, detail: bool) -> list[str]:
        assert not detail
        path = path.partition("://")[2]
        return sorted({"/".join(name.split("/")[: path.count("/") + 2]) for name in self.find(path)})


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """What every address leads to; requests are of a few bytes."""
    held = Store()
    found = "fsspec.core.url_to_fs"
    monkeypatch.setattr(found, lambda url, **_: (held, url.partition("://")[2].partition("?")[0]))
    for name, value in (("WHOLE_FILE", 200), ("FIRST_REQUEST", 64), ("LATER_REQUESTS", 256), ("DELAYS", (0.0, 0.0))):
        monkeypatch.setattr(remote, name, value)
    yield held


def kinds(rows: int) -> dict[str, bytes]:
    """The same rows in each kind of file."""
    labels, probs = [at % 2 for at in range(rows)], [(at + 1) / (rows + 2) for at in range(rows)]
    both = list(zip(labels, probs, strict=True))
    text = ("label,prob\n" + "".join(f"{y},{p!r}\n" for y, p in both)).encode()
    found = {
        "t.csv": text,
        "t.csv.gz": gzip.compress(text),
        "t.jsonl": "".join(json.dumps({"label": y, "prob": p}) + "\n" for y, p in both).encode(),
        "t.npz": npz(label=np.array(labels), prob=np.array(probs)),
        "t.npy": npy(np.array(both)),
        "f.npy": npy(np.asfortranarray(both)),
    }
    try:
        from pyarrow import feather, orc, parquet, table
    except ImportError:
        return found
    columns = table({"label": labels, "other": ["x" * 9] * rows, "prob": probs})
    for name, writer in (("t.parquet", parquet.write_table), ("t.feather", feather.write_feather)):
        out = io.BytesIO()
        writer(columns, out)
        found[name] = out.getvalue()
    out = io.BytesIO()
    orc.write_table(columns, out)
    return {**found, "t.orc": out.getvalue()}


def test_a_file_gives_its_digits_from_each_store_whatever_its_size_and_kind(store: Store) -> None:
    for rows in (2, 60):
        for name, data in kinds(rows).items():
            expected = answer("bce", write(name, data))
            for url in (f"s3://b/{name}", f"gs://b/{name}", f"https://host/{name}"):
                store.files = {f"b/{name}": data, f"host/{name}": data}
                assert answer("bce", url) == expected, (url, rows)
            store.sized = False  # a server that doesn't say how long a file is, nor sends parts
            assert answer("bce", f"https://host/{name}") == expected, (name, rows)
            store.sized = True


def test_a_text_is_asked_for_in_order_in_ever_larger_pieces_and_a_small_one_at_once(store: Store) -> None:
    text = kinds(60)["t.csv"]
    store.files["b/t.csv"] = text
    assert record("bce", "s3://b/t.csv")["n"] == 60
    lows = [low for low, _ in store.asked]
    sizes = [high - low for low, high in store.asked if high > low]
    assert lows == [0, *(high for _, high in store.asked[:-1])] and sum(sizes) == len(text)
    assert store.opened == [{"cache_type": "none"}]
    store.opened.clear(), store.asked.clear()
    store.files["host/t.csv"] = TABLE
    assert record("bce", "http://host/t.csv")["n"] == 2
    assert store.opened == [{"block_size": 0}] and (0, len(TABLE)) in store.asked


def test_a_columnar_file_is_asked_for_by_its_ends_and_by_what_is_in_use(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    data = kinds(400)["t.parquet"]
    store.files["b/t.parquet"] = data
    assert record("bce", "s3://b/t.parquet", "-p", "prob")["n"] == 400
    end = len(data) - 64
    assert store.asked[:2] == [(0, 64), (end, len(data))], store.asked
    assert len(store.asked) <= 4
    store.files["b/t.parquet"] = data[:-10]
    assert refusal("bce", "s3://b/t.parquet").startswith("s3://b/t.parquet: the file is damaged or cut short")
    store.files["b/t.parquet"] = data
    store.asked.clear()
    monkeypatch.setattr(remote, "WHOLE_FILE", len(data))
    assert record("bce", "s3://b/t.parquet", "-p", "prob")["n"] == 400
    assert store.asked == [(0, len(data))]


def test_prefixes_and_globs_mean_the_files_that_directories_do(store: Store) -> None:
    names = ("a.csv", "day=1/b.tsv", "c.csv.gz", "_x/d.csv", ".e.csv", "f.log", "part", "note")
    for name in names:
        table = TABLE.replace(b",", b"\t") if name.endswith("tsv") else TABLE
        table = b'{"label": 1, "prob": 0.8}\n{"label": 0, "prob": 0.3}\n' if name == "part" else table
        table = b"nothing" if name in ("note", "f.log") else table
        data = gzip.compress(table) if name.endswith("gz") else table
        os.makedirs(os.path.dirname(f"tree/{name}"), exist_ok=True)
        write(f"tree/{name}", data)
        store.files[f"b/tree/{name}"] = data
    here, there = record("bce", "tree"), record("bce", "s3://b/tree")
    assert (there["n"], there["value"], there["notes"]) == (8, here["value"], here["notes"])
    assert [name.removeprefix("s3://b/") for name in there["sources"]] == here["sources"]
    assert record("bce", "gs://b/tree/*.csv")["sources"] == ["gs://b/tree/a.csv"]
    assert record("bce", "s3://b/tree/[a-c].csv")["sources"] == ["s3://b/tree/a.csv"]
    assert refusal("bce", "s3://b/none*") == "s3://b/none*: no such file"
    assert refusal("bce", "s3://b/none") == "s3://b/none: no such file"
    store.files = {"b/t/f.log": b"", "b/t/_a.csv": TABLE}
    assert refusal("bce", "s3://b/t") == "s3://b/t: there is no table with this prefix"
    for name, kind in (("_delta_log/0.json", "a Delta table"), (".hoodie/x", "a Hudi table")):
        store.files = {"b/t/a.csv": TABLE, f"b/t/{name}": b"{}"}
        for token in ("s3://b/t", "s3://b/t/*.csv"):
            assert refusal("bce", token).startswith(f"s3://b/t: this is {kind}, whose log"), token
    store.files = {"b/t/data/a.csv": TABLE, "b/t/metadata/v1.metadata.json": b"{}"}
    assert refusal("bce", "s3://b/t/data/*.csv").startswith("s3://b/t: this is an Iceberg table")


class Answered(Exception):
    """An error of a driver that knows what the server answered."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} at https://me:word@host/t.csv?key=word")
        self.status, self.headers = status, headers


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def test_an_error_of_a_driver_is_a_line_without_secrets(store: Store) -> None:
    store.files["host/t.csv"] = TABLE
    errors = (
        (FileNotFoundError("x"), "no such file"),
        (PermissionError("x"), "access is denied"),
        (IsADirectoryError("x"), "this is not a file"),
        (TimeoutError(), "the server stopped answering"),
        (Answered(401), "access is denied"),
        (Answered(403), "access is denied"),
        (Answered(404), "no such file"),
        (Answered(500), "the server answers 500"),
        (caused(FileNotFoundError("x"), Answered(403)), "access is denied"),
        (caused(FileNotFoundError("x"), OSError("refused")), "the server can't be reached"),
        (caused(ValueError("x"), caused(KeyError(), Answered(418))), "the server answers 418"),
        (ValueError("Bad  thing\nat https://me:word@host/?key=word now. "), "bad thing at https://host/?... now"),
        (KeyError(), "keyError"),
        (ImportError("x"), "https:// files need fsspec and aiohttp: pip install fsspec aiohttp"),
    )
    for error, what in errors:
        for url in ("https://host/t.csv", "https://me:word@host/t.csv?key=word"):
            store.errors = [error]
            shown = "https://host/t.csv" + "?..." * ("?" in url)
            assert refusal("bce", url) == f"{shown}: {what}", error
    for scheme, driver in (("s3", "s3fs"), ("gs", "gcsfs"), ("az", "adlfs"), ("hdfs", "pyarrow"), ("http", "aiohttp")):
        store.errors = [ImportError("x")] * 3
        said = refusal("bce", f"{scheme}://host/t.csv")
        assert said == f"{scheme}://host/t.csv: {scheme}:// files need fsspec and {driver}: pip install fsspec {driver}"


def test_a_busy_web_server_is_asked_three_times_when_it_says_and_a_store_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(remote.time, "sleep", waited.append)
    monkeypatch.setattr(remote, "DELAYS", (1.0, 3.0))
    store.files = {"host/t.csv": TABLE}
    for headers, waits in (
        (None, [1.0, 3.0]),
        ({"Retry-After": "7"}, [7.0, 7.0]),
        ({"Retry-After": "99"}, [30.0, 30.0]),
        ({"Retry-After": "tomorrow"}, [1.0, 3.0]),
    ):
        for status in (429, 503):
            for count in (1, 2):
                waited.clear()
                store.errors = [Answered(status, headers)] * count
                assert answer("bce", "http://host/t.csv") == close(LOSS)
                assert waited == waits[:count], (headers, status)
            store.errors = [Answered(status, headers)] * 3
            assert refusal("bce", "http://host/t.csv") == f"http://host/t.csv: the server answers {status}"
    waited.clear()
    store.errors = [Answered(500)]
    assert refusal("bce", "http://host/t.csv").endswith("the server answers 500")
    store.errors = [Answered(503)]
    assert refusal("bce", "s3://host/t.csv").endswith("the server answers 503")
    assert waited == []
