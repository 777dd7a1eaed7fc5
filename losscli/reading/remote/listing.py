"""Which files of another machine a glob or a prefix means. The rule: what is a table is decided as for files here."""

from collections.abc import Callable, Iterable
from posixpath import basename
from urllib.parse import urlsplit

from losscli.errors import DataError
from losscli.reading.remote.address import is_web, shown_url
from losscli.reading.remote.file import located, reachable


def files_at(url: str, is_table: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The files of a glob or a prefix, sorted; None where the address is that of one file. DataError for none."""
    with reachable(url):
        if "*" in url.partition("?")[0] or (not is_web(url) and any(mark in url for mark in "?[")):
            system, path = located(url)
            return _found(url, system.glob(path), "no such file")
        if is_web(url):
            return None  # a web server has no folders
        system, path = located(url)
        if not system.isdir(path):
            return None
        inside = (name for name in system.find(path) if is_table(basename(name)) and not _hidden(name, path))
        return _found(url, inside, "no table has this prefix")


def _hidden(name: str, folder: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.removeprefix(folder).split("/"))


def _found(url: str, names: Iterable[str], nothing: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host = parts.netloc if parts.scheme == "hdfs" else ""  # of the other stores the path begins with the bucket
    found = tuple(sorted(name if "://" in name else f"{parts.scheme}://{host}{name}" for name in names))
    if not found:
        raise DataError(f"{shown_url(url)}: {nothing}")
    return found
