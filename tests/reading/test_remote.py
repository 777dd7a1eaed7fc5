"""Tables in an object store and on web servers give the digits of the files on this machine, or one line."""

import gzip
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from conftest import answer, process, record, refusal, run
from servers import free_port, store, web
from trees import plant

from losscli.reading import remote

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.slow

SECRET = "not-to-be-printed"


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a busy server again at once."""
    monkeypatch.setattr(remote, "DELAYS", (0.0, 0.0))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows as text, packed text and columns."""
    folder = tmp_path_factory.mktemp("files")
    draw = random.Random(3)
    probs = [draw.random() for _ in range(30_000)]
    rows = [(int(draw.random() < p), p) for p in probs]
    text = "label,prob\n" + "".join(f"{y},{p!r}\n" for y, p in rows)
    (folder / "t.csv").write_text(text, encoding="utf-8")
    (folder / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    columns = pa.table({"label": [y for y, _ in rows], "other": ["x" * 20] * len(rows), "prob": [p for _, p in rows]})
    parquet.write_table(columns, folder / "t.parquet", row_group_size=7000)
    (folder / "broken.csv").write_text("label,prob\n1,0.5\n0,1.5\n", encoding="utf-8")
    return folder


NAMES = ("t.csv", "t.csv.gz", "t.parquet")


@pytest.fixture(scope="module", params=[True, False], ids=["ranges", "no ranges"])
def server(request: pytest.FixtureRequest, files: Path) -> Iterator[str]:
    with web(files, request.param) as address:
        yield address


@pytest.mark.parametrize("name", NAMES)
def test_a_web_server_gives_the_digits_of_the_file(name: str, server: str, files: Path) -> None:
    found = record("bce", f"{server}/{name}")

    assert found["value"] == answer("bce", files / "t.csv")


def test_labels_and_predictions_may_lie_on_different_machines(server: str, files: Path) -> None:
    labels, probs = f"{server}/t.parquet", files / "t.csv"

    assert answer("bce", labels, probs, "-y", "label", "-p", "prob") == answer("bce", files / "t.csv")


def test_a_process_that_read_a_web_server_ends_without_a_word(server: str, files: Path) -> None:
    found = process("bce", f"{server}/t.parquet", "-q")

    assert (found.code, found.err, float(found.out)) == (0, "", answer("bce", files / "t.csv"))


def test_a_busy_server_is_asked_again(server: str, files: Path) -> None:
    for name in NAMES:
        assert answer("bce", f"{server}/busy/{name}") == answer("bce", files / "t.csv")


def test_a_slow_server_is_waited_for_while_bytes_flow_and_a_silent_one_is_not(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "SILENCE", 0.5)
    with web(files, False) as address:
        assert answer("bce", f"{address}/slow/t.csv") == answer("bce", files / "t.csv")  # takes a second

        assert refusal("bce", f"{address}/stalled/t.csv") == f"{address}/stalled/t.csv: the server stopped answering"


def test_an_error_in_the_data_names_the_address_and_the_line(server: str) -> None:
    assert refusal("bce", f"{server}/broken.csv").startswith(f"{server}/broken.csv:3: column 'prob': 1.5 is not")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("none.csv", "no such file"),
        ("forbidden/t.csv", "access is denied"),
        ("broken/t.csv", "the server answers 503"),
    ],
)
def test_what_a_web_server_refuses_is_one_line(path: str, what: str, server: str) -> None:
    assert refusal("bce", f"{server}/{path}") == f"{server}/{path}: {what}"


def test_what_may_be_secret_in_an_address_is_not_printed(server: str) -> None:
    host = server.removeprefix("http://")
    for path in ("none.csv", "forbidden/t.csv", "broken.csv"):
        line = refusal("bce", f"http://me:{SECRET}@{host}/{path}?signature={SECRET}")
        assert SECRET not in line and "me:" not in line

    done = run("bce", f"http://me:{SECRET}@{host}/t.csv?signature={SECRET}")
    assert done.code == 0 and SECRET not in done.out + done.err


def test_a_server_that_is_not_there_is_one_line() -> None:
    address = f"http://127.0.0.1:{free_port()}/t.csv"

    assert refusal("bce", address) == f"{address}: the server can't be reached"


def test_without_fsspec_the_command_that_installs_it_is_named() -> None:
    with patch.dict(sys.modules, {"fsspec": None}):
        line = refusal("bce", "s3://bucket/t.csv")

    assert line == "s3://bucket/t.csv: s3:// files need fsspec and s3fs: pip install fsspec s3fs"


@pytest.mark.parametrize(("scheme", "driver"), [("gs", "gcsfs"), ("az", "adlfs")])
def test_without_the_driver_of_a_store_the_command_that_installs_it_is_named(scheme: str, driver: str) -> None:
    with patch.dict(sys.modules, {"gcsfs": None, "adlfs": None}):
        line = refusal("bce", f"{scheme}://bucket/t.csv")

    need = f"{scheme}:// files need fsspec and {driver}: pip install fsspec {driver}"
    assert line == f"{scheme}://bucket/t.csv: {need}"


# --- an object store --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def bucket(files: Path) -> Iterator[dict[str, str]]:
    """The environment in which s3://bucket holds the files."""
    pytest.importorskip("moto")
    s3fs = pytest.importorskip("s3fs")
    with store() as endpoint, pytest.MonkeyPatch.context() as patched:
        env = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in env.items():
            patched.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        system = s3fs.S3FileSystem()
        system.mkdir("bucket")
        for path in files.iterdir():
            system.put(str(path), f"bucket/data/{path.name}")
        yield env
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("name", NAMES)
def test_a_store_gives_the_digits_of_the_file(name: str, bucket: dict[str, str], files: Path) -> None:
    assert answer("bce", f"s3://bucket/data/{name}") == answer("bce", files / "t.csv")


@pytest.mark.parametrize("place", ["bucket/days", "bucket/days/", "bucket/days/*/*.csv", "bucket/days/day=[12]/t.*"])
def test_a_prefix_and_a_glob_are_one_table(place: str, bucket: dict[str, str], files: Path, tmp_path: Path) -> None:
    s3fs = pytest.importorskip("s3fs")
    lines = (files / "t.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    for day, part in (("1", lines[1:9000]), ("2", lines[9000:])):
        (tmp_path / "t.csv").write_text("".join(["label,prob\n", *part]), encoding="utf-8")
        s3fs.S3FileSystem().put(str(tmp_path / "t.csv"), f"bucket/days/day={day}/t.csv")
    s3fs.S3FileSystem().pipe("bucket/days/_SUCCESS", b"")
    s3fs.S3FileSystem.clear_instance_cache()

    assert answer("bce", f"s3://{place}") == answer("bce", files / "t.csv")


def test_a_prefix_holds_the_tables_that_the_same_directory_does(bucket: dict[str, str], tmp_path: Path) -> None:
    s3fs = pytest.importorskip("s3fs")
    folder = plant(tmp_path / "tree")
    system = s3fs.S3FileSystem()
    system.put(str(folder), "bucket/tree", recursive=True)
    s3fs.S3FileSystem.clear_instance_cache()

    here, there = record("bce", folder), record("bce", "s3://bucket/tree")

    assert there["value"] == here["value"]
    assert [name.removeprefix("s3://bucket/tree") for name in there["sources"]] == [
        name.removeprefix(str(folder)) for name in here["sources"]
    ]
    assert there["notes"] == here["notes"]


@pytest.mark.parametrize("token", ["", "/*/*.csv"])
def test_a_delta_table_in_a_store_is_refused(token: str, bucket: dict[str, str]) -> None:
    s3fs = pytest.importorskip("s3fs")
    for name, text in (("day=1/a.csv", "label,prob\n1,0.5\n"), ("_delta_log/0.json", "{}")):
        s3fs.S3FileSystem().pipe(f"bucket/delta/{name}", text.encode())
    s3fs.S3FileSystem.clear_instance_cache()

    assert "this is a Delta table" in refusal("bce", f"s3://bucket/delta{token}")


def test_a_file_of_a_store_takes_few_requests(
    bucket: dict[str, str], files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for a small file, four for a row group with a column between those asked for, beside those that list."""
    s3fs = pytest.importorskip("s3fs")
    draw = random.Random(5)
    probs = [draw.random() for _ in range(400_000)]
    columns = pa.table({"label": [int(p > 0.4) for p in probs], "text": [f"{p}" for p in probs], "prob": probs})
    parquet.write_table(columns, tmp_path / "large.parquet", row_group_size=400_000)
    system = s3fs.S3FileSystem()
    system.put(str(tmp_path / "large.parquet"), "bucket/large/a.parquet")
    for at in range(5):
        parquet.write_table(columns.slice(at * 5000, 5000), tmp_path / "small.parquet")
        system.put(str(tmp_path / "small.parquet"), f"bucket/small/{at}.parquet")
    s3fs.S3FileSystem.clear_instance_cache()
    asked: list[str] = []
    inner = s3fs.S3FileSystem._call_s3

    def counted(self: Any, method: str, *args: Any, **options: Any) -> Any:
        asked.append(method)
        return inner(self, method, *args, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)

    assert answer("bce", "s3://bucket/large") == answer("bce", tmp_path / "large.parquet")
    assert asked.count("get_object") <= 4
    asked.clear()
    assert record("bce", "s3://bucket/small")["n"] == 25_000
    assert asked.count("get_object") == 5 and len(asked) <= 7


def test_a_glob_of_nothing_is_one_line(bucket: dict[str, str]) -> None:
    assert refusal("bce", "s3://bucket/none/*.csv") == "s3://bucket/none/*.csv: no such file"


def test_a_process_that_read_a_store_ends_without_a_word(bucket: dict[str, str], files: Path) -> None:
    found = process("bce", "s3://bucket/data/t.parquet", "-q", env=bucket)

    assert (found.code, found.err, float(found.out)) == (0, "", answer("bce", files / "t.csv"))


@pytest.mark.parametrize(("path", "what"), [("bucket/none.csv", "no such file"), ("nowhere/t.parquet", "no such file")])
def test_what_a_store_refuses_is_one_line(path: str, what: str, bucket: dict[str, str]) -> None:
    line = refusal("bce", f"s3://{path}")

    assert line.startswith(f"s3://{path}: {what}") and SECRET not in line


def test_a_store_without_credentials_is_one_line(bucket: dict[str, str], tmp_path: Path) -> None:
    nobody = {name: "" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    nobody |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}

    found = process("bce", "s3://bucket/data/t.csv", env={**bucket, **nobody})

    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1), found.err
    assert found.err.startswith("losscli bce: s3://bucket/data/t.csv: ")
