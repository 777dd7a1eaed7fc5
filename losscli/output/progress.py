"""A progress bar on standard error for work that lasts. The rule: nothing is imported, drawn or slowed before a second.

A watched table is the same table; as its chunks are read it counts bytes and rows. Between processes only the first
part is seen, so what it shows is taken to hold for all of them.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from losscli.data.blocks import Block
from losscli.data.table import Chunk, Reader, Table
from losscli.output.streams import is_legacy_console, is_terminal, say

T = TypeVar("T")
PATIENCE, INTERVAL = 1.0, 0.1


def _is_seen() -> bool:
    """Whether standard error is a terminal that can draw a line again."""
    return is_terminal(sys.stderr) and not is_legacy_console()


def followed(things: Sequence[T], what: str) -> Iterator[T]:
    """The things one after the other; a line on a terminal says how far that is, once it has lasted."""
    if not _is_seen():
        yield from things
        return
    begin, drawn = monotonic(), 0.0
    for done, thing in enumerate(things):
        yield thing
        now = monotonic()
        if now - begin >= PATIENCE and now - drawn >= INTERVAL:
            drawn = now
            say(f"\r{done + 1} of {len(things)} {what}, {(done + 1) / (now - begin):,.0f} a second\x1b[K")
    if drawn:
        say("\r\x1b[K")


def watched(table: Table) -> Table:
    """The table with a progress bar, where standard error is a terminal."""
    if not table.streamed or not _is_seen():
        return table
    return replace(table, reader=_Watched(table.reader))


def counted(results: Iterator[T], total: int) -> Iterator[T]:
    """The results of so many parts, with a progress bar where standard error is a terminal."""
    if not _is_seen():
        yield from results
        return
    parts = _Parts(total)
    bar = _Bar(parts, unit="parts")
    try:
        for result in results:
            parts.done += 1
            bar.rows += 1
            bar.tick()
            yield result
    finally:
        bar.stop()


@dataclass
class _Parts(Reader):
    """Parts of which some are done."""

    size: int | None
    done: int = 0

    def position(self) -> int:
        return self.done


class _Watched(Reader):
    """Reads what another reader reads, and draws how far that is; of ranges the first is seen."""

    def __reduce__(self) -> tuple[Callable[[Reader], Reader], tuple[Reader]]:
        return _unwatched, (self.inner,)  # another process draws nothing

    def __init__(self, inner: Reader) -> None:
        self.inner, self.size, self.bar = inner, inner.size, _Bar(inner)
        self.first = 0

    def chunks(self) -> Iterator[Chunk]:
        return self._counted(self.inner.chunks())

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        found = self.inner.ranges(count)
        if found:
            self.bar.parts, self.first = len(found), found[0][0]
        return found

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        chunks = self.inner.read(low, high)
        return self._counted(chunks) if low == self.first else chunks

    def position(self) -> int:
        return self.inner.position()

    def close(self) -> None:
        self.bar.stop()
        self.inner.close()

    def _counted(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        try:
            for chunk in chunks:
                yield partial(self._block, chunk)
                self.bar.tick()
        finally:
            self.bar.stop()

    def _block(self, chunk: Chunk) -> Block:
        block = chunk()
        self.bar.rows += block.rows
        return block


def _unwatched(reader: Reader) -> Reader:
    return reader


@dataclass
class _Bar:
    """The bar of one reader, drawn once the work has lasted; `parts` like what it reads are read at once."""

    reader: Reader
    parts: int = 1
    unit: str = "rows"
    rows: int = 0
    begin: float = field(default_factory=monotonic)
    drawn: float = 0.0
    progress: Any = None
    task: Any = None

    def tick(self) -> None:
        """Draw the bar if it's time to."""
        now = monotonic()
        if now - self.begin < PATIENCE or now - self.drawn < INTERVAL:
            return
        self.drawn = now
        if self.progress is None:
            self._start()
        rate = f"{self.parts * self.rows / (now - self.begin):,.{0 if self.unit == 'rows' else 1}f} {self.unit}/s"
        self.progress.update(self.task, completed=self.parts * self.reader.position(), rate=rate, refresh=True)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        amount = DownloadColumn() if self.unit == "rows" else MofNCompleteColumn()
        columns = (BarColumn(), TaskProgressColumn(), amount, TextColumn("{task.fields[rate]}"))
        console = Console(stderr=True)
        self.progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=True, auto_refresh=False)
        total = None if self.reader.size is None else self.parts * self.reader.size
        self.task = self.progress.add_task("", total=total, rate="")
        self.progress.start()

    def stop(self) -> None:
        """Take the bar away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None
