"""Packed streams as the bytes inside: gzip, bzip2, xz and zstandard, told by their first bytes.

The rule: every member is read to its end and checked, and what follows the last one is an error, never an end.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any, Protocol, cast

from losscli.errors import DataError

TRUNCATED = "the compressed data end too soon"
DAMAGED = "the compressed data are damaged"
_TRAILING = "something else follows the compressed data"


class _Member(Protocol):
    """What unpacks one member, as `bz2.BZ2Decompressor` does."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflated:
    """A member of gzip, by zlib or what stands for it."""

    def __init__(self, zlib: Any) -> None:
        self._inner = zlib.decompressobj(31)  # 16 for the format of gzip, its sums checked, and the largest window

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return cast(bytes, self._inner.decompress(self._inner.unconsumed_tail + data, max_length))


class _Frame:
    """A frame of zstandard by the package of that name, which gives all that a piece of input unpacks to."""

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


@dataclass(frozen=True)
class Packing:
    """How a kind is told and unpacked: its first bytes, what unpacks a member, and the input that is given at once."""

    mark: bytes
    unpacker: Callable[[], Callable[[], _Member]]
    piece: int = 1 << 16
    padded: bool = False  # whether zeros may stand between members and behind the last


def _gzip() -> Callable[[], _Member]:
    try:
        zlib: Any = import_module("isal.isal_zlib")  # twice as fast
    except ImportError:
        import zlib

    return lambda: cast(_Member, _Inflated(zlib))


def _bzip2() -> Callable[[], _Member]:
    from bz2 import BZ2Decompressor

    return lambda: cast(_Member, BZ2Decompressor())


def _xz() -> Callable[[], _Member]:
    from lzma import FORMAT_XZ, LZMADecompressor

    return lambda: cast(_Member, LZMADecompressor(FORMAT_XZ))


def _zstandard() -> Callable[[], _Member]:
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
    return lambda: cast(_Member, _Frame(whole.decompressobj()))


PACKINGS = (
    Packing(b"\x1f\x8b", _gzip, padded=True),
    Packing(b"BZh", _bzip2),
    Packing(b"\xfd7zXZ\x00", _xz, padded=True),
    # A block of 4 bytes may stand for 128 KiB: pieces are small, as one package gives all of a piece at once.
    Packing(b"\x28\xb5\x2f\xfd", _zstandard, piece=1 << 11),
)


class _Unpacked(io.RawIOBase):
    """The bytes of all members, one after the other."""

    def __init__(self, packing: Packing, packed: IO[bytes]) -> None:
        self._packing, self._packed, self._make = packing, packed, packing.unpacker()
        self._member = self._make()

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            rest = b""
            if self._member.eof:
                rest = self._next_member()
                if not rest:
                    return 0
            elif self._member.needs_input:
                rest = self._packed.read(self._packing.piece)
            data = self._unpacked(rest, len(buffer))
            if not (data or rest or self._member.eof):
                raise DataError(TRUNCATED)
        buffer[: len(data)] = data
        return len(data)

    def _next_member(self) -> bytes:
        """The first bytes of another member, for which an unpacker is made; b"" where there is none."""
        mark = self._packing.mark
        rest = self._less_padding(self._member.unused_data)
        while len(rest) < len(mark) and (more := self._packed.read(self._packing.piece)):
            rest = self._less_padding(rest + more)
        if rest and not rest.startswith(mark[: len(rest)]):
            raise DataError(_TRAILING)
        self._member = self._make() if rest else self._member
        return rest

    def _less_padding(self, data: bytes) -> bytes:
        return data.lstrip(b"\0") if self._packing.padded else data

    def _unpacked(self, data: bytes, most: int) -> bytes:
        try:
            return self._member.decompress(data, most)
        except MemoryError:
            raise
        except Exception as error:  # each package has its own kinds
            if "memory" in str(error):  # a window beyond what is taken without being asked
                raise DataError("the compressed data want too much memory; unpack with zstd -d --long=31") from None
            raise DataError(DAMAGED) from None


def unpacked(packing: Packing, packed: IO[bytes]) -> io.RawIOBase:
    """The bytes inside of a packed stream; DataError where it is damaged, cut short or followed by something else."""
    return _Unpacked(packing, packed)
