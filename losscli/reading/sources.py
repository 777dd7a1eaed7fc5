"""Open paths, addresses and standard input as streams of bytes: decompressed, and text as UTF-8."""

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from select import select
from typing import IO, Any, cast

from losscli.data.table import Reader
from losscli.errors import DataError, UsageError, of_source
from losscli.reading.compression import COMPRESSIONS, decompressed
from losscli.reading.not_found import not_found
from losscli.reading.remote import RemoteFile, is_url, open_ranged, redacted

STDIN = "<stdin>"
NPY = b"\x93NUMPY"
MAGIC_BYTES = 64  # that tell what a source is
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
# What the magic bytes of gzip become where a shell decodes them as some text and encodes them again.
GZIP_AS_TEXT = tuple(
    mark + f"\x1f{letter}\x08".encode(encoding)
    for mark, encoding in ((b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"))
    for letter in "?\ufffd\u2039\xef\x8b"
)
_BUFFER = 1 << 18


@dataclass
class Source:
    """An open input: its name in messages, the stream of its decompressed bytes, and the file itself.

    `plain` says that the stream's bytes are those of the file, from its offset `origin` on.
    """

    name: str
    stream: IO[bytes]
    raw: IO[bytes]
    size: int | None = None  # of a file of the system; None for what it makes as it is read, and for a pipe
    magic: bytes = b""
    plain: bool = True
    origin: int = 0
    taken: int = 0
    ranged: Callable[[], Any] | None = None  # opens a remote file for reading at any offset
    reached: Callable[[], int] = lambda: 0  # bytes of the file that have been read, compressed as they are
    spools: list[IO[bytes]] = field(default_factory=list)  # copies on disk, closed with the source

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end (a pipe gives what it has, so ask until it's full)."""
        pieces, left = [], size
        with readable(self.name):
            while left > 0 and (piece := self.stream.read(left)):
                pieces.append(piece)
                left -= len(piece)
                self.taken += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file and the copies; standard input stays open."""
        for spool in self.spools:
            spool.close()
        if self.name != STDIN:
            self.raw.close()

    def position(self) -> int:
        """How many bytes of the file itself, compressed as it is, have been read."""
        return self.origin + (self.taken if self.plain else self.reached())


class SourceReader(Reader):
    """A reader of the bytes of a source."""

    def __init__(self, source: Source) -> None:
        self.source, self.size = source, source.size

    def position(self) -> int:
        return self.source.position()

    def close(self) -> None:
        self.source.close()


def open_source(path: str, encoding: str | None = None) -> Source:
    """Open a path, an address, or standard input for `-`; the first bytes tell compression and encoding."""
    remote = "://" in path and is_url(path)
    name = STDIN if path == "-" else redacted(path) if remote else path
    with readable(name):
        if remote:
            raw: Any = RemoteFile(path)
        elif path == "-":
            raw = _standard_input()
        else:
            raw = open(path, "rb", buffering=0)  # noqa: SIM115  # closed with the source
    source = Source(name, raw, raw, ranged=partial(open_ranged, raw) if remote else None)
    try:
        with readable(name):
            _begin(source)
        if kind_of(source.magic) in (FileKind.ARRAYS, FileKind.COLUMNAR):
            return source
        of_mark = next((codec for mark, codec in _BOMS if source.magic.startswith(mark)), "utf-8")
        codec = _codec(encoding) if encoding else of_mark
        if codec not in ("utf-8", "utf-8-sig"):
            source.plain = False
            source.stream = io.BufferedReader(_Transcoder(source.stream, codec, name), _BUFFER)
        elif of_mark == "utf-8-sig":
            source.read(len(codecs.BOM_UTF8))
    except BaseException:
        source.close()
        raise
    return source


def _begin(source: Source) -> None:
    """Look at the first bytes, and decompress where they say so."""
    with suppress(OSError, ValueError):  # of a stream that is no file of the system
        status = os.fstat(source.raw.fileno())
        source.size = status.st_size or None if stat.S_ISREG(status.st_mode) else None
    left = None
    if source.size is not None:
        source.origin = source.raw.tell()
        left = max(source.size - source.origin, 0)
    steady = _FixedLength(source.raw, left)
    source.reached = lambda: steady.taken
    peeked = _Peeked(steady)
    for compression in COMPRESSIONS:
        if peeked.head.startswith(compression.magic):
            source.plain = False
            peeked = _Peeked(decompressed(compression, io.BufferedReader(peeked, _BUFFER)))
            break
    else:
        if peeked.head.startswith(GZIP_AS_TEXT):
            what = "a pipe changed the gzip data as if they were text, as PowerShell before 7.4 does"
            raise DataError(f"{what}; give the file by name")
    source.magic, source.stream = peeked.head, io.BufferedReader(peeked, _BUFFER)


class FileKind(Enum):
    """What a file may be by its first bytes."""

    ARRAYS = auto()
    COLUMNAR = auto()
    JSON_LINES = auto()
    TEXT = auto()  # or a kind that can't be read


def kind_of(head: bytes) -> FileKind:
    """What a file is by its first `MAGIC_BYTES`; text that begins as a columnar file has no control characters."""
    if head.startswith(ARRAYS):
        return FileKind.ARRAYS
    if head.startswith(COLUMNAR) and any(byte < 32 and byte not in b"\t\r\n" for byte in head):
        return FileKind.COLUMNAR
    return FileKind.JSON_LINES if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else FileKind.TEXT


def is_plain_file(source: Source) -> bool:
    """Whether the source is a regular, uncompressed local file that can be opened by its name."""
    return source.name != STDIN and source.plain and source.ranged is None and source.size is not None


def identity(source: Source) -> tuple[int, ...] | None:
    """Numbers that identify a regular local file and its present content; None for anything else."""
    if not is_plain_file(source):
        return None
    status = os.fstat(source.raw.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.closed:
        raise DataError(f"{STDIN}: standard input is closed")
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:  # another program replaced it by a stream of text, as a notebook does
        return io.BytesIO(sys.stdin.read().encode("utf-8", "surrogatepass"))
    if not sys.stdin.isatty():
        return cast(IO[bytes], binary)
    with suppress(OSError, ValueError, AttributeError):
        end = "Ctrl-Z and Enter end" if sys.platform == "win32" else "Ctrl-D ends"
        print(f"{STDIN}: reading what you type; {end} it", file=sys.stderr, flush=True)
    return cast(IO[bytes], binary.raw)  # a buffer would read again after the end, and wait for more typing


class _Peeked(io.RawIOBase):
    """A stream whose first bytes, `head`, are known before they are read."""

    def __init__(self, stream: io.RawIOBase) -> None:
        head = b""
        while len(head) < MAGIC_BYTES and (more := stream.read(MAGIC_BYTES - len(head))):
            head += more  # a pipe may give few at once
        self.head, self._left, self._stream = head, head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._left:
            return cast(Callable[[Any], int | None], self._stream.readinto)(buffer)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


class _FixedLength(io.RawIOBase):
    """A file of the length it had when it was opened: what is appended later isn't read, truncation is an error."""

    def __init__(self, raw: IO[bytes], left: int | None) -> None:
        self._raw, self._left, self.taken = cast(Any, raw), left, 0

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer) if self._left is None else memoryview(buffer)[: self._left]
        if not room:
            return 0
        while (count := self._raw.readinto(room)) is None:  # a pipe that doesn't block and has nothing yet
            select([self._raw], [], [])
        if self._left is not None:
            if count == 0:
                raise DataError(SHRUNK)
            self._left -= count
        elif count == 0:
            self._left = 0  # a terminal that is asked again would wait for another end
        self.taken += count
        return cast(int, count)


SHRUNK = "the file became shorter while it was read"


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn errors of the operating system into a DataError that names the source."""
    try:
        yield
    except DataError as error:
        raise of_source(error, name) from None
    except FileNotFoundError:
        raise DataError(f"{name}: {not_found(name)}") from None
    except OSError as error:
        raise DataError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a path with a NUL byte
        raise DataError(f"{name}: {str(error).lower()}") from None


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


def _codec(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise UsageError(f"--encoding: {encoding!r} is not a known encoding") from None
    if not getattr(info, "_is_text_encoding", True):
        raise UsageError(f"--encoding: {encoding!r} is not an encoding of text")
    return info.name
