"""Files in object stores and on web servers, by fsspec and its drivers: addresses, folders and bytes.

Credentials and endpoints are what the drivers find, and are never printed. Text is streamed; a columnar file is read by
ranges where the server supports them. Whatever a driver raises becomes one line, as each store has its own exceptions.
"""

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar, cast

from losscli.errors import DataError
from losscli.lazy import Lazy

T = TypeVar("T")
core: Any = Lazy("fsspec.core")

STORES, WEB = ("s3", "gs", "az", "hdfs"), ("http", "https")
INSTALL = "files of other machines want pip install 'losscli[cloud]'"
FIRST_REQUEST, LATER_REQUESTS = 1 << 18, 1 << 23  # bytes; a store takes tens of milliseconds to answer
SILENCE = 60.0  # seconds without a byte from a web server, after which it is given up
BUSY = (429, 503)  # what a web server answers when it is to be asked again later
DELAYS = (1.0, 3.0)  # seconds before the second try and the third, unless the server names the time
LONGEST_DELAY = 30.0


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
            system, path = file_system(url)
            options = {"block_size": 0} if is_web(url) and not ranged else {"cache_type": "none"}
            self._file = _again_if_busy(url, partial(system.open, path, "rb", **options))
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
            return cast(bytes, _again_if_busy(self.url, partial(self._file.read, size)))

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


def file_system(url: str) -> tuple[Any, str]:
    """The driver's file system, and the path in it."""
    if find_spec("fsspec") is None:
        raise DataError(f"{redacted(url)}: {INSTALL}")
    options: dict[str, Any] = {}
    if is_web(url):
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
        options["client_kwargs"] = {"timeout": timeout}  # aiohttp's own is 300 s in all, though bytes flow
    return cast(tuple[Any, str], core.url_to_fs(url, **options))


def _again_if_busy(url: str, request: Callable[[], T]) -> T:
    """The result of a request to a web server, which is tried again while the server says that it is busy."""
    for delay in DELAYS if is_web(url) else ():
        try:
            return request()
        except Exception as error:
            answer = _answer_of(error)
            if answer is None or answer.status not in BUSY:
                raise
            named = str((answer.headers or {}).get("Retry-After", ""))
            time.sleep(min(float(named), LONGEST_DELAY) if named.isdecimal() else delay)
    return request()


def _answer_of(error: BaseException | None) -> Any:
    """The exception with the status of the server's answer: a driver may keep it behind another of its own."""
    while error is not None and not isinstance(getattr(error, "status", None), int):
        error = error.__cause__
    return error


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
    (TimeoutError, "the server stopped answering"),
)
_STATUS = {401: "access is denied", 403: "access is denied", 404: "no such file"}


def _message(error: Exception) -> str:
    answer = _answer_of(error)
    if answer is not None:
        return _STATUS.get(answer.status, f"the server answers {answer.status}")
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
