"""Which files a directory, a glob or a prefix of a store means: one rule, for this machine and for stores.

The tables of a directory are the files with an ending of `ENDINGS`, compressed too, and files without an ending that
begin like a columnar file, an array or JSON lines. Names that begin with `.` or `_`, and all below such folders, are
hidden; all other files are left out with a note. A Delta, Iceberg or Hudi table is refused: only its log tells which of
its files count.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from fnmatch import fnmatchcase
from posixpath import basename

from losscli.errors import DataError
from losscli.reading.remote import RemoteFile, driver_errors, file_system, is_url, is_web, redacted
from losscli.reading.sources import MAGIC_BYTES, FileKind, kind_of, readable
from losscli.records import record

ENDINGS = (
    *(".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson"),
    *(".parquet", ".pq", ".arrow", ".feather", ".orc", ".npy", ".npz"),
)
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
HIDDEN = (".", "_")
SHOWN_NAMES = 3

DUCKDB = "duckdb -c \"COPY (SELECT * FROM {}({})) TO '/dev/stdout' (FORMAT csv)\" | losscli COMMAND"
SPARK = 'in Spark: spark.read.format("hudi").load({}).write.parquet("table")'
LAKES = (  # a part of a path within such a table, its name, a command that exports it
    ("_delta_log", "a Delta table", DUCKDB.format("delta_scan", "'{}'")),
    ("*.metadata.json", "an Iceberg table", DUCKDB.format("iceberg_scan", "'{}'")),
    (".hoodie", "a Hudi table", SPARK.replace("{}", '"{}"')),
)


@record
class FileListing:
    """The files that make one table, sorted, and the names of those that were left out beside them."""

    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.left_out:
            return ()
        names = ", ".join(self.left_out[:SHOWN_NAMES]) + (", ..." if len(self.left_out) > SHOWN_NAMES else "")
        what = (
            "1 file left out that is not a table"
            if len(self.left_out) == 1
            else f"{len(self.left_out)} files left out that are not tables"
        )
        return (f"{what}: {names}",)


def list_files(token: str) -> FileListing | None:
    """The files that a directory, a prefix or a glob means; None where the argument is one file. DataError for none."""
    if is_url(token):
        return _in_store(token)
    if os.path.isdir(token):
        return _tables(token, token, _files_below(token))
    if is_glob(token):
        paths = (path for path in glob.iglob(token, recursive=True) if os.path.isfile(path))
        found = _matches(token, paths)
        for folder in _table_folders(found.files):
            if os.path.isdir(folder):
                _refuse_lake(folder.removesuffix("/metadata"), os.listdir(folder))
        return found
    return None


def is_glob(token: str) -> bool:
    """Whether an argument has a character of globs and isn't itself the name of a file."""
    return any(mark in token for mark in "*?[") and not os.path.exists(token)


def _in_store(url: str) -> FileListing | None:
    with driver_errors(url):
        if "*" in url.partition("?")[0] or (not is_web(url) and any(mark in url for mark in "?[")):
            system, path = file_system(url)
            found = _matches(url, (_with_scheme(url, name) for name in system.glob(path)))
            for folder in _table_folders(found.files) if not is_web(url) else ():
                with suppress(FileNotFoundError):
                    names = (basename(name.rstrip("/")) for name in system.ls(folder, detail=False))
                    _refuse_lake(folder.removesuffix("/metadata"), names)
            return found
        if is_web(url):
            return None  # a web server has no folders
        system, path = file_system(url)
        if not system.isdir(path):
            return None
        names = (_with_scheme(url, name) for name in system.find(path))
        return _tables(url, _with_scheme(url, path), names)


def _with_scheme(url: str, name: str) -> str:
    from urllib.parse import urlsplit  # takes as long to load as many a folder to list

    parts = urlsplit(url)
    host = parts.netloc if parts.scheme == "hdfs" else ""  # paths in the other stores begin with the bucket
    return name if "://" in name else f"{parts.scheme}://{host}{name}"


def _files_below(folder: str) -> Iterator[str]:
    """All files below a folder, and its hidden folders, which are not entered."""
    for place, folders, names in os.walk(folder):
        hidden = [name for name in folders if name.startswith(HIDDEN)]
        folders[:] = sorted(set(folders) - set(hidden))
        yield from (os.path.join(place, name) for name in (*names, *hidden))


def _matches(token: str, paths: Iterable[str]) -> FileListing:
    """The files that match a glob; a hidden part of their paths must match a part of the glob that begins like it."""
    wanted = [part for part in token.replace(os.sep, "/").split("/") if part.startswith(HIDDEN)]

    def is_meant(part: str) -> bool:
        return any(part[0] == one[0] and fnmatchcase(part, one) for one in wanted)

    found = [
        path
        for path in paths
        if all(is_meant(part) for part in path.replace(os.sep, "/").split("/") if part.startswith(HIDDEN))
    ]
    if not found:
        what = "no such file" if is_url(token) else "no such file; nothing matches this pattern"
        raise DataError(f"{redacted(token) if is_url(token) else token}: {what}")
    return FileListing(tuple(sorted(found, key=_in_order)))


def _tables(token: str, folder: str, paths: Iterable[str]) -> FileListing:
    """The tables among the paths below a folder."""
    found: list[str] = []
    left_out: list[str] = []
    for path in paths:
        inside = path.removeprefix(folder).replace(os.sep, "/").strip("/")
        parts = inside.split("/")
        _refuse_lake(token, parts)
        if any(part.startswith(HIDDEN) for part in parts):
            continue
        plain = parts[-1].lower()
        for ending in COMPRESSED:
            plain = plain.removesuffix(ending)
        if plain.endswith(ENDINGS) or ("." not in parts[-1] and _begins_as_table(path)):
            found.append(path)
        else:
            left_out.append(inside)
    if not found:
        if is_url(token):
            raise DataError(f"{redacted(token)}: there is no table with this prefix")
        raise DataError(f"{token}: there is no table in this directory")
    return FileListing(tuple(sorted(found, key=_in_order)), tuple(sorted(left_out)))


def _in_order(path: str) -> str:
    """What paths are ordered by: the same on all systems."""
    return path.replace(os.sep, "/")


def _begins_as_table(path: str) -> bool:
    """Whether a file is columnar, an array or JSON lines by its first bytes."""
    if is_url(path):
        with closing(RemoteFile(path)) as remote:
            head = remote.read(MAGIC_BYTES) or b""
    elif os.path.isfile(path):
        with readable(path), open(path, "rb") as file:
            head = file.read(MAGIC_BYTES)
    else:
        return False  # a pipe would be waited for
    return kind_of(head) is not FileKind.TEXT


def _table_folders(paths: Iterable[str]) -> set[str]:
    """Where the log of a table may lie that these files belong to: above their partitions (`day=2026-01-01/`)."""
    found = set()
    for folder in {path.replace(os.sep, "/").rpartition("/")[0] for path in paths}:
        while "=" in folder.rpartition("/")[2]:
            folder = folder.rpartition("/")[0]
        found.add(folder or ".")
        if folder.rpartition("/")[2] == "data":
            found.add(f"{folder.removesuffix('data')}metadata")
    return found


def _refuse_lake(token: str, names: Iterable[str]) -> None:
    """DataError if a name is one of those by which a table with a log of its own is known."""
    for name in names:
        for mark, kind, command in LAKES:
            if fnmatchcase(name, mark):
                place = redacted(token) if is_url(token) else token
                export = command.format(place.rstrip("/"))
                raise DataError(f"{place}: this is {kind}, whose log tells which files count; export it: {export}")
