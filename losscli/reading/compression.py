"""Decompress streams: gzip, bzip2, xz and zstandard, recognized by their magic bytes.

Every member is read to its end and its checksum verified; other bytes after the last member are an error.
"""

import io
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any, Protocol, cast

from losscli.errors import DataError
from losscli.records import record

TRUNCATED = "the compressed data end too soon"
DAMAGED = "the compressed data are damaged"
_TRAILING = "other data follow the compressed data"


class _Member(Protocol):
    """A decompressor of one member, as `bz2.BZ2Decompressor`."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class GzipMember:
    """A member of gzip, by zlib or a module with its interface."""

    def __init__(self, zlib: Any) -> None:
        self._inner = zlib.decompressobj(31)  # 16 for the format of gzip, its sums checked, and the largest window

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return cast(bytes, self._inner.decompress(self._inner.unconsumed_tail + data, max_length))


class _ZstandardFrame:
    """A frame of zstandard by the package of that name, which returns all that a piece of input holds at once."""

    def __init__(self, inner: Any) -> None:
        self._inner, self._left = inner, b""

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof) and not self._left

    @property
    def needs_input(self) -> bool:
        return not self._left and not self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return cast(bytes, self._inner.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._left + self._inner.decompress(data) if data else self._left
        self._left = found[max_length:]
        return found[:max_length]


@record
class Compression:
    """A format: its magic bytes, what makes decompressors of it, and how many bytes of input one gets at once."""

    magic: bytes
    load: Callable[[], Callable[[], _Member]]
    piece: int = 1 << 16
    padded: bool = False  # zeros may stand between members and after the last


def _gzip() -> Callable[[], _Member]:
    try:
        zlib: Any = import_module("isal.isal_zlib")  # twice as fast
    except ImportError:
        import zlib

    return lambda: cast(_Member, GzipMember(zlib))


def _bzip2() -> Callable[[], _Member]:
    from bz2 import BZ2Decompressor

    return lambda: cast(_Member, BZ2Decompressor())


def _xz() -> Callable[[], _Member]:
    from lzma import FORMAT_XZ, LZMADecompressor

    return lambda: cast(_Member, LZMADecompressor(FORMAT_XZ))


def zstandard_member() -> Callable[[], _Member]:
    for module in ("compression.zstd", "backports.zstd", "pyzstd"):
        try:
            return cast(Callable[[], _Member], import_module(module).ZstdDecompressor)
        except ImportError:
            continue
    try:
        whole = import_module("zstandard").ZstdDecompressor()
    except ImportError:
        raise DataError(
            "zstandard data need Python 3.14 or the package backports.zstd; or unpack with zstdcat"
        ) from None
    return lambda: cast(_Member, _ZstandardFrame(whole.decompressobj()))


COMPRESSIONS = (
    Compression(b"\x1f\x8b", _gzip, padded=True),
    Compression(b"BZh", _bzip2),
    Compression(b"\xfd7zXZ\x00", _xz, padded=True),
    # A block of 4 bytes may stand for 128 KiB: pieces are small, as one package gives all of a piece at once.
    Compression(b"\x28\xb5\x2f\xfd", zstandard_member, piece=1 << 11),
)


class _Decompressed(io.RawIOBase):
    """The bytes of all members, one after the other."""

    def __init__(self, compression: Compression, stream: IO[bytes]) -> None:
        self._compression, self._stream, self._new_member = compression, stream, compression.load()
        self._member = self._new_member()

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            rest = b""
            if self._member.eof:
                rest = self._next_member()
                if not rest:
                    return 0
            elif self._member.needs_input:
                rest = self._stream.read(self._compression.piece)
            data = self._decompress(rest, len(buffer))
            if not (data or rest or self._member.eof):
                raise DataError(TRUNCATED)
        buffer[: len(data)] = data
        return len(data)

    def _next_member(self) -> bytes:
        """The first bytes of another member, for which an unpacker is made; b"" where there is none."""
        magic = self._compression.magic
        rest = self._without_padding(self._member.unused_data)
        while len(rest) < len(magic) and (more := self._stream.read(self._compression.piece)):
            rest = self._without_padding(rest + more)
        if rest and not rest.startswith(magic[: len(rest)]):
            raise DataError(_TRAILING)
        self._member = self._new_member() if rest else self._member
        return rest

    def _without_padding(self, data: bytes) -> bytes:
        return data.lstrip(b"\0") if self._compression.padded else data

    def _decompress(self, data: bytes, most: int) -> bytes:
        try:
            return self._member.decompress(data, most)
        except MemoryError:
            raise
        except Exception as error:  # each package has its own kinds
            if "memory" in str(error):  # a window above the default limit
                raise DataError("the compressed data need too much memory; unpack with zstd -d --long=31") from None
            raise DataError(DAMAGED) from None


def decompressed(compression: Compression, stream: IO[bytes]) -> io.RawIOBase:
    """The decompressed bytes; reading them raises DataError if the stream is damaged, cut short or followed by more."""
    return _Decompressed(compression, stream)
