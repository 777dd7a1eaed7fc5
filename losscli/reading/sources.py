"""Where bytes come from: paths and standard input, unpacked and as UTF-8. What fails here names the file."""

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, cast

from losscli.errors import DataError, Declined
from losscli.reading.addresses import is_url, shown_url

STDIN = "<stdin>"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
)
NPY = b"\x93NUMPY"
MAGIC_BYTES = 64
ARRAYS = (NPY, b"PK\x03\x04", b"PK\x05\x06")  # .npy, .npz, and a zip archive without members
# Parquet (with an encrypted footer too), Arrow files and streams, ORC, and the first version of Feather.
COLUMNAR = (b"PAR1", b"PARE", b"ARROW1", b"\xff\xff\xff\xff", b"ORC", b"FEA1")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class Source:
    """An open input: its name in messages, its unpacked bytes, and how far the packed file has been read."""

    name: str
    stream: IO[bytes]
    raw: IO[bytes]
    size: int | None
    magic: bytes
    taken: int = 0
    ranged: Callable[[], IO[bytes] | None] | None = None  # opens a file of another machine to be read from any place

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end (a pipe gives what it has, so ask until it's full)."""
        pieces, left = [], size
        with _readable(self.name):
            while left > 0 and (piece := self.stream.read(left)):
                pieces.append(piece)
                left -= len(piece)
                self.taken += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Give the file back; standard input stays open."""
        if self.name != STDIN:
            self.raw.close()

    def position(self) -> int:
        """How many bytes of the file itself, packed as it is, have been read; of a pipe, unpacked ones."""
        try:
            return self.raw.tell()
        except (OSError, ValueError):
            return self.taken


def open_source(path: str, encoding: str | None = None) -> Source:
    """Open a path, or standard input for `-`; unpacked by its magic bytes and turned into UTF-8 without a BOM."""
    name = STDIN if path == "-" else shown_url(path) if is_url(path) else path
    with _readable(name):
        raw = _raw(path)
    source = Source(name, raw, raw, _size(raw), b"")
    if is_url(path):
        from losscli.reading.remote import ranges_of

        source.size, source.ranged = raw.raw.size, partial(ranges_of, path)  # type: ignore[attr-defined]
    try:
        with _readable(name):
            _unpack(source)
        if not source.magic.startswith(ARRAYS) and not is_columnar(source):
            source.stream = _as_utf8(source.stream, source.magic, encoding, name)
    except BaseException:
        source.close()
        raise
    return source


def _raw(path: str) -> IO[bytes]:
    if is_url(path):
        from losscli.reading.remote import Remote

        return cast(IO[bytes], io.BufferedReader(Remote(path), 1 << 18))
    return _standard_input() if path == "-" else open(path, "rb", buffering=1 << 18)


def is_columnar(source: Source) -> bool:
    """Whether the bytes are a file of columns; text that begins with its mark holds no control characters."""
    return source.magic.startswith(COLUMNAR) and any(byte < 32 and byte not in b"\t\r\n" for byte in source.magic)


def is_plain_file(source: Source) -> bool:
    """Whether the source is a regular file of this machine, unpacked, that can be opened by its name."""
    return source.name != STDIN and source.stream is source.raw and source.size is not None


def _unpack(source: Source) -> None:
    source.magic = _peek(source.raw, MAGIC_BYTES)
    for mark, kind in _MAGIC:
        if source.magic.startswith(mark):
            source.stream = io.BufferedReader(cast(Any, _UNPACKERS[kind](source.raw)), 1 << 18)
            source.magic = _peek(source.stream, MAGIC_BYTES)
            return


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.closed:
        raise DataError(f"{STDIN}: standard input is closed")
    return cast(IO[bytes], sys.stdin.buffer)


def _peek(stream: IO[bytes], size: int) -> bytes:
    peek = cast(Callable[[int], bytes], getattr(stream, "peek", lambda size: b""))
    return peek(size)[:size]


def _size(raw: IO[bytes]) -> int | None:
    try:
        status = os.fstat(raw.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


# --- compression ------------------------------------------------------------------------------------------------------


def _gzip(raw: IO[bytes]) -> IO[bytes]:
    import gzip

    return cast(IO[bytes], gzip.GzipFile(fileobj=raw))


def _bzip2(raw: IO[bytes]) -> IO[bytes]:
    import bz2

    return cast(IO[bytes], bz2.BZ2File(raw))


def _xz(raw: IO[bytes]) -> IO[bytes]:
    import lzma

    return cast(IO[bytes], lzma.LZMAFile(raw))


def _zstandard(raw: IO[bytes]) -> IO[bytes]:
    from importlib import import_module

    for module, opener in (("compression.zstd", "ZstdFile"), ("backports.zstd", "ZstdFile"), ("pyzstd", "ZstdFile")):
        try:
            return cast(IO[bytes], getattr(import_module(module), opener)(raw))
        except ImportError:
            continue
    try:
        reader = import_module("zstandard").ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    except ImportError:
        raise DataError(
            "zstandard data need Python 3.14 or the package backports.zstd; or unpack with zstdcat"
        ) from None
    return cast(IO[bytes], reader)


_UNPACKERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstandard": _zstandard,
}
# What the unpackers of the standard library and of the packages above raise for damaged data, by name, so that none
# of them is imported for it.
_DAMAGE = (
    "zlib.error",
    "_lzma.LZMAError",
    "gzip.BadGzipFile",
    "builtins.EOFError",
    "zstd.ZstdError",
    "zstandard.ZstdError",
)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise error if str(error).startswith(name) else DataError(f"{name}: {error}") from None
    except Exception as error:
        what = _trouble(error)
        if what is None:
            raise
        raise DataError(f"{name}: {what}") from None


def _trouble(error: Exception) -> str | None:
    kind = f"{type(error).__module__}.{type(error).__name__}"
    if isinstance(error, EOFError):
        return "the compressed data end too soon"
    if any(kind.endswith(damage) for damage in _DAMAGE) or (isinstance(error, OSError) and error.errno is None):
        return "the compressed data are damaged"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if isinstance(error, ValueError):  # a path with a NUL byte
        return str(error).lower()
    return None


# --- encodings --------------------------------------------------------------------------------------------------------


class _Transcoder(io.RawIOBase):
    """A stream in any encoding, read as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str, name: str) -> None:
        self._stream, self._encoding, self._name = stream, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._left = b""
        self._lines = 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = self._stream.read(1 << 16)
            self._left = self._decoded(piece).encode("utf-8", "surrogatepass")
            if not piece:
                break
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _decoded(self, piece: bytes) -> str:
        try:
            text = self._decoder.decode(piece, final=not piece)
        except UnicodeError as error:
            sound = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
            line = self._lines + sound.decode(self._encoding, "ignore").count("\n")
            raise DataError(f"{self._name}:{line}: the text is not {self._encoding}; see --encoding") from None
        self._lines += text.count("\n")
        return text


def _as_utf8(stream: IO[bytes], magic: bytes, encoding: str | None, source: str) -> IO[bytes]:
    name = _codec(encoding) if encoding else next((name for mark, name in _BOMS if magic.startswith(mark)), "utf-8")
    if name == "utf-8" and magic.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    if name == "utf-8-sig":
        if magic.startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        return stream
    return stream if name == "utf-8" else io.BufferedReader(_Transcoder(stream, name, source), 1 << 17)


def _codec(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise Declined(f"--encoding: no encoding {encoding!r} is known") from None
    if not getattr(info, "_is_text_encoding", True):
        raise Declined(f"--encoding: {encoding!r} is not an encoding of text")
    return info.name
