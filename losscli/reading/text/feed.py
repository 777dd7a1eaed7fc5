"""The bytes of a source, or of a range of a file, in pieces that end where lines end."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import RawIOBase
from itertools import pairwise
from typing import IO, Any, cast

from losscli.data.table import Chunk
from losscli.errors import DataError
from losscli.reading.sources import SHRUNK, Source, SourceReader

RECORD_BYTES = 1 << 24  # a line longer than this is no line of a table
TOO_LONG = f"a line of more than {RECORD_BYTES >> 20} MiB; is this a table?"
_BLANK = f"more than {RECORD_BYTES >> 20} MiB of blank lines; is this a table?"
LEAST_BYTES = 1 << 22  # a range smaller than this isn't worth a process
_WINDOW = 1 << 16


class Feed:
    """The bytes of a source in pieces that end where lines end."""

    def __init__(self, source: Source) -> None:
        self.source, self.rest, self.ended = source, b"", False

    def fill(self, size: int) -> None:
        """Read until `rest` has at least `size` bytes, or the source ends."""
        if not self.ended and len(self.rest) < size:
            want = size - len(self.rest)
            piece = self.source.read(want)
            self.ended = len(piece) < want
            self.rest = self.rest + piece if self.rest else piece

    def lines(self, size: int) -> bytes:
        """The next whole lines, about `size` bytes of them; at the end what is left; b"" when there is no more.

        Blank lines at the end of a piece wait for what follows them: at the end of the source they are nothing.
        """
        while True:
            self.fill(size)
            end = len(self.rest) if self.ended else self.rest.rfind(b"\n") + 1
            last = self.rest[max(end - 3, 0) : end].removesuffix(b"\n").removesuffix(b"\r")[-1:]
            if last in (b"", b"\r", b"\n", b" "):  # the last line may be blank, as it hardly ever is
                solid = len(self.rest[:end].rstrip(b"\r\n "))
                end = solid and (self.rest.find(b"\n", solid, end) + 1 or end)
            if end or self.ended:
                piece, self.rest = self.rest[:end], self.rest[end:]
                return piece
            size = 2 * max(size, len(self.rest))
            if size > 2 * RECORD_BYTES:
                raise DataError(f"{self.source.name}: {_BLANK if self.rest.isspace() else TOO_LONG}")

    def skip(self, lines: int) -> None:
        """Drop the next lines."""
        at = 0
        for _ in range(lines):
            at = self.rest.find(b"\n", at) + 1 or len(self.rest)
        self.rest = self.rest[at:]

    def skip_blank(self, more: int) -> int:
        """Drop lines until one isn't blank, `more` bytes beside it at hand; returns how many they were."""
        lines = dropped = 0
        while not self.rest.strip():
            if dropped + len(self.rest) > RECORD_BYTES:
                raise DataError(f"{self.source.name}: {_BLANK}")
            if self.ended:
                break
            cut = self.rest.rfind(b"\n") + 1
            lines, dropped = lines + self.rest.count(b"\n"), dropped + cut
            self.rest = self.rest[cut:]
            self.fill(2 * len(self.rest) + more)
        return lines


class LineReader(SourceReader):
    """Reads lines: first the bytes that the feed already holds, then the rest of its source.

    A range of a plain file is a feed of its own.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed.source)
        self.feed, self.start = feed, feed.source.position() - len(feed.rest)
        self.first = feed.source  # of several ranges the first

    def chunks_of(self, feed: Feed, ranged: bool) -> Iterator[Chunk]:
        """The chunks of a feed, which may be of a range."""
        raise NotImplementedError

    def chunks(self) -> Iterator[Chunk]:
        return self.chunks_of(self.feed, False)

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        """Ranges of the bytes of a plain file that begin and end where lines do."""
        size, start = self.size, self.start
        if not self.source.plain or size is None or not hasattr(os, "pread"):
            return ()
        count = min(count, (size - start) // LEAST_BYTES)
        if count < 2:
            return ()
        descriptor, step = self.source.raw.fileno(), (size - start) // count
        ends = [_line_end(descriptor, start + step * at) for at in range(1, count)]
        places = [place for place in ends if place is not None]
        return list(pairwise([start, *places, size])) if len(places) == len(ends) == len({*places}) else ()

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        stream = cast(IO[bytes], cast(Any, _Range(self.source.raw.fileno(), low, high)))
        part = replace(self.source, stream=stream, size=high - low, magic=b"", origin=low, taken=0)
        if low == self.start:
            self.first = part
        return self.chunks_of(Feed(part), True)

    def position(self) -> int:
        return self.first.position()


class _Range(RawIOBase):
    """The bytes of a file from one place to another; reading doesn't move the file's own position."""

    def __init__(self, descriptor: int, low: int, high: int) -> None:
        self._descriptor, self._at, self._high = descriptor, low, high

    def read(self, size: int = -1) -> bytes:
        left = self._high - self._at
        piece = os.pread(self._descriptor, left if size < 0 else min(size, left), self._at)
        if left and size and not piece:
            raise DataError(SHRUNK)
        self._at += len(piece)
        return piece


def _line_end(descriptor: int, near: int) -> int | None:
    """The place after the newline of a line that isn't blank, after `near`."""
    window = os.pread(descriptor, _WINDOW, near)
    newline = window.find(b"\n")
    while newline >= 0:
        following = window.find(b"\n", newline + 1)
        if following >= 0 and window[newline + 1 : following].strip():
            return near + following + 1
        newline = following
    return None
