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
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar, cast

from losscli.errors import DataError

T = TypeVar("T")

STORES, WEB = ("s3", "gs", "az", "hdfs"), ("http", "https")
DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "hdfs": "pyarrow", "http": "aiohttp", "https": "aiohttp"}
WHOLE_FILE = 1 << 21  # bytes of a file that are requested at once: as quick as a part of them and one request more
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
    """The bytes of a file of another machine, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._file: Any = None  # closing what could not be opened is no error
        self._file = _opened(url, {"block_size": 0} if is_web(url) else {"cache_type": "none"})
        self.size = getattr(self._file, "size", None)
        self.head: bytes | None = None  # of the first request
        is_small = self.size is not None and self.size <= WHOLE_FILE
        self._request, self._left = WHOLE_FILE if is_small else FIRST_REQUEST, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            found = self._requested(max(len(buffer), self._request))
            self._left, self._request = memoryview(found), min(2 * self._request, LATER_REQUESTS)
            self.head = found if self.head is None else self.head
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _requested(self, size: int) -> bytes:
        with driver_errors(self.url):
            return cast(bytes, _again_if_busy(self.url, partial(self._file.read, size)))

    def close(self) -> None:
        if not self.closed and self._file is not None:
            self._file.close()
        super().close()


class RangedFile(io.RawIOBase):
    """A file of another machine whose bytes are requested in ranges; its first and its last ones are held."""

    def __init__(self, file: RemoteFile) -> None:
        self.url, self.size, head = file.url, int(file.size or 0), file.head or b""
        self._file = _opened(self.url, {"cache_type": "none"})
        self._held = [(0, memoryview(head))]
        self._at = 0
        if self.size > len(head):
            start = max(self.size - FIRST_REQUEST, len(head))
            self._held.append((start, memoryview(self._requested(start, self.size))))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        self._at = place + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> Any:
        """Bytes, or a view of those that are held."""
        low, high = self._at, self.size if size < 0 else min(self._at + size, self.size)
        self._at = max(low, high)
        if low >= high:
            return b""
        for start, held in self._held:
            if start <= low and high <= start + len(held):
                return held[low - start : high - start]
        return self._requested(low, high)

    def _requested(self, low: int, high: int) -> bytes:
        def request() -> bytes:
            self._file.seek(low)
            return cast(bytes, self._file.read(high - low))

        with driver_errors(self.url):
            found = _again_if_busy(self.url, request)
        if len(found) < high - low:
            raise DataError(f"{redacted(self.url)}: the file became shorter while it was read")
        return found

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()


def open_ranged(file: RemoteFile) -> RangedFile | None:
    """The file to be read from any place; None where the server only sends it from its beginning."""
    try:
        return RangedFile(file) if file.size else None
    except DataError:  # a server that refuses a range has sent the file before
        return None


def _opened(url: str, options: dict[str, Any]) -> Any:
    with driver_errors(url):
        system, path = file_system(url)
        return _again_if_busy(url, partial(system.open, path, "rb", **options))


def file_system(url: str) -> tuple[Any, str]:
    """The driver's file system, and the path in it."""
    if find_spec("fsspec") is None:
        raise DataError(f"{redacted(url)}: {_install(url)}")
    options: dict[str, Any] = {}
    if is_web(url):
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
        options["client_kwargs"] = {"timeout": timeout}  # aiohttp's own is 300 s in all, though bytes flow
    return cast(tuple[Any, str], import_module("fsspec.core").url_to_fs(url, **options))


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
    """The exception with the status of the server's answer: a driver may keep it as the cause of its own."""
    while error is not None and not isinstance(getattr(error, "status", None), int):
        error = error.__cause__
    return error


def _install(url: str) -> str:
    """The packages to install for a file of another machine."""
    scheme = _scheme(url)
    return f"{scheme}:// files need fsspec and {DRIVERS[scheme]}: pip install fsspec {DRIVERS[scheme]}"


# --- errors of the drivers --------------------------------------------------------------------------------------------
@contextmanager
def driver_errors(url: str) -> Iterator[None]:
    """Turn any exception of a driver into a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # of a dozen libraries, each with its own
        message = _install(url) if isinstance(error, ImportError) else _message(error)
        raise DataError(f"{redacted(url)}: {message}") from None


_MESSAGES: tuple[tuple[type[Exception], str], ...] = (
    (FileNotFoundError, "no such file"),
    (PermissionError, "access is denied"),
    (IsADirectoryError, "this is not a file"),
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
    """The text of an exception without secrets: what comes after a question mark, or before an @."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"://[^\s/'\"]*@", "://", text)
    text = re.sub(r"\?[^\s'\")\]]+", "?...", text)[:200].rstrip(". ")
    return text[:1].lower() + text[1:]
