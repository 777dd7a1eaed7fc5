"""Files in object stores and on web servers, by fsspec and its drivers. The rule: no credential is ever printed.

Credentials and endpoints are what the drivers find. Text is streamed; a file of columns is read by ranges where the
server has them. Whatever a driver raises becomes one line here, as stores have exceptions of their own.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, cast

from losscli.errors import DataError
from losscli.lazy import Lazy
from losscli.reading.remote.address import is_web, shown_url

core: Any = Lazy("fsspec.core")

INSTALL = "files of other machines want pip install 'losscli[cloud]'"
FIRST, AHEAD = 1 << 18, 1 << 23  # bytes asked for at once, first and later: a store takes tens of ms for an answer


class Remote(io.RawIOBase):
    """A file of another machine as bytes in order, or with `ranged` from any place."""

    def __init__(self, url: str, ranged: bool = False) -> None:
        self.url = url
        self._file: Any = None  # closing what could not be opened is no error
        with reachable(url):
            system, path = located(url)
            self._file = system.open(path, "rb", **_options(url, ranged))
            self.size = getattr(self._file, "size", None)
        self._ahead, self._left = FIRST, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            with reachable(self.url):
                self._left = self._file.read(max(len(buffer), self._ahead))
            self._ahead = min(2 * self._ahead, AHEAD)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def read(self, size: int = -1) -> bytes:
        with reachable(self.url):
            return cast(bytes, self._file.read(size))

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        with reachable(self.url):
            return cast(int, self._file.seek(place, whence))

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def close(self) -> None:
        if not self.closed and self._file is not None:
            self._file.close()
        super().close()


def ranges_of(url: str) -> Remote | None:
    """The file to be read from any place; None where the server gives it from its beginning only."""
    ranged = None
    try:
        ranged = Remote(url, ranged=True)
        if ranged.size and ranged.seekable():
            ranged.seek(ranged.size - 1)
            if len(ranged.read(1)) == 1:
                return ranged
    except DataError:  # the server that refuses a range has given the file
        pass
    if ranged is not None:
        ranged.close()
    return None


def located(url: str) -> tuple[Any, str]:
    """The driver of an address, and what it calls the file."""
    if find_spec("fsspec") is None:
        raise DataError(f"{shown_url(url)}: {INSTALL}")
    return cast(tuple[Any, str], core.url_to_fs(url))


def _options(url: str, ranged: bool) -> dict[str, Any]:
    return {"block_size": 0} if is_web(url) and not ranged else {"cache_type": "none"}


# --- what goes wrong --------------------------------------------------------------------------------------------------
@contextmanager
def reachable(url: str) -> Iterator[None]:
    """Any exception of a driver as a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # drivers of a dozen libraries, each with its own
        raise DataError(f"{shown_url(url)}: {_said(error)}") from None


_KNOWN: tuple[tuple[type[Exception], str], ...] = (
    (ImportError, INSTALL),
    (FileNotFoundError, "no such file"),
    (PermissionError, "access is denied"),
    (IsADirectoryError, "this is no file"),
    (TimeoutError, "there is no answer"),
)
_STATUS = {401: "access is denied", 403: "access is denied", 404: "no such file"}


def _said(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:  # a driver may call any refusal a missing file, and keep the answer behind it
        if isinstance(status := getattr(cause, "status", None), int):
            return _STATUS.get(status, f"the server answers {status}")
        cause = cause.__cause__
    if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, OSError):  # as that of HTTP has it
        return "the server can't be reached"
    known = next((text for kind, text in _KNOWN if isinstance(error, kind)), None)
    return known or _one_line(error)


def _one_line(error: Exception) -> str:
    """What an exception says, without addresses: what stands behind a question mark or before an @ may be secret."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"://[^\s/'\"]*@", "://", text)
    text = re.sub(r"\?[^\s'\")\]]+", "?...", text)[:200].rstrip(". ")
    return text[:1].lower() + text[1:]
