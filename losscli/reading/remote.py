"""Files in object stores and on web servers, by fsspec and its drivers: addresses, folders and bytes.

Credentials and endpoints are what the drivers find, and are never printed. Text is streamed; a columnar file is read by
ranges where the server supports them. Whatever a driver raises becomes one line, as each store has its own exceptions.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from posixpath import basename
from typing import Any, cast

from losscli.errors import DataError
from losscli.lazy import Lazy

core: Any = Lazy("fsspec.core")

STORES, WEB = ("s3", "gs", "az", "hdfs"), ("http", "https")
INSTALL = "files of other machines want pip install 'losscli[cloud]'"
FIRST_REQUEST, LATER_REQUESTS = 1 << 18, 1 << 23  # bytes; a store takes tens of milliseconds to answer


def is_url(text: str) -> bool:
    """Whether a text is the address of a file of another machine."""
    return _scheme(text) in STORES + WEB


def is_web(url: str) -> bool:
    return _scheme(url) in WEB


def _scheme(text: str) -> str:
    scheme, sign, _ = text.partition("://")
    return scheme.lower() if sign else ""


def redacted(url: str) -> str:
    """An address without its user information (`user:password@`) and its query, which may be a signature."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?..." if parts.query else "")


class RemoteFile(io.RawIOBase):
    """A file of another machine: its bytes in order, or with `ranged` from any place."""

    def __init__(self, url: str, ranged: bool = False) -> None:
        self.url = url
        self._file: Any = None  # closing what could not be opened is no error
        with driver_errors(url):
            system, path = _file_system(url)
            options = {"block_size": 0} if is_web(url) and not ranged else {"cache_type": "none"}
            self._file = system.open(path, "rb", **options)
            self.size = getattr(self._file, "size", None)
        self._request, self._left = FIRST_REQUEST, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            with driver_errors(self.url):
                self._left = self._file.read(max(len(buffer), self._request))
            self._request = min(2 * self._request, LATER_REQUESTS)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def read(self, size: int = -1) -> bytes:
        with driver_errors(self.url):
            return cast(bytes, self._file.read(size))

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        with driver_errors(self.url):
            return cast(int, self._file.seek(place, whence))

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def close(self) -> None:
        if not self.closed and self._file is not None:
            self._file.close()
        super().close()


def open_ranged(url: str) -> RemoteFile | None:
    """The file to be read from any place; None where the server only sends it from its beginning."""
    ranged = None
    try:
        ranged = RemoteFile(url, ranged=True)
        if ranged.size and ranged.seekable():
            ranged.seek(ranged.size - 1)
            if len(ranged.read(1)) == 1:
                return ranged
    except DataError:  # a server that refuses a range has sent the file before
        pass
    if ranged is not None:
        ranged.close()
    return None


def files_at(url: str, is_table: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The files of a glob or a prefix, sorted; None where the address is one file's. DataError if there are none."""
    with driver_errors(url):
        if "*" in url.partition("?")[0] or (not is_web(url) and any(mark in url for mark in "?[")):
            system, path = _file_system(url)
            return _sorted_urls(url, system.glob(path), "no such file")
        if is_web(url):
            return None  # a web server has no folders
        system, path = _file_system(url)
        if not system.isdir(path):
            return None
        inside = (name for name in system.find(path) if is_table(basename(name)) and not _hidden(name, path))
        return _sorted_urls(url, inside, "no table has this prefix")


def _hidden(name: str, folder: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.removeprefix(folder).split("/"))


def _sorted_urls(url: str, names: Iterable[str], nothing: str) -> tuple[str, ...]:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.netloc if parts.scheme == "hdfs" else ""  # paths in the other stores begin with the bucket
    found = tuple(sorted(name if "://" in name else f"{parts.scheme}://{host}{name}" for name in names))
    if not found:
        raise DataError(f"{redacted(url)}: {nothing}")
    return found


def _file_system(url: str) -> tuple[Any, str]:
    """The driver's file system, and the path in it."""
    if find_spec("fsspec") is None:
        raise DataError(f"{redacted(url)}: {INSTALL}")
    return cast(tuple[Any, str], core.url_to_fs(url))


# --- errors of the drivers --------------------------------------------------------------------------------------------
@contextmanager
def driver_errors(url: str) -> Iterator[None]:
    """Turn any exception of a driver into a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # of a dozen libraries, each with its own
        raise DataError(f"{redacted(url)}: {_message(error)}") from None


_MESSAGES: tuple[tuple[type[Exception], str], ...] = (
    (ImportError, INSTALL),
    (FileNotFoundError, "no such file"),
    (PermissionError, "access is denied"),
    (IsADirectoryError, "this is no file"),
    (TimeoutError, "there is no answer"),
)
_STATUS = {401: "access is denied", 403: "access is denied", 404: "no such file"}


def _message(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:  # a driver may call any refusal a missing file, and keep the status behind it
        if isinstance(status := getattr(cause, "status", None), int):
            return _STATUS.get(status, f"the server answers {status}")
        cause = cause.__cause__
    if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, OSError):  # as the HTTP driver raises it
        return "the server can't be reached"
    known = next((text for kind, text in _MESSAGES if isinstance(error, kind)), None)
    return known or _one_line(error)


def _one_line(error: Exception) -> str:
    """The text of an exception without secrets: what stands behind a question mark, or before an @."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"://[^\s/'\"]*@", "://", text)
    text = re.sub(r"\?[^\s'\")\]]+", "?...", text)[:200].rstrip(". ")
    return text[:1].lower() + text[1:]
