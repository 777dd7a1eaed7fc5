"""The standard streams. If one is closed, full or no longer read, the answer and the exit code stay the same.

Each of `sys.stdout` and `sys.stderr` may be None.
"""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import IO


def prepare(stream: IO[str] | None) -> None:
    """Let a standard stream write any text: to a file or pipe as UTF-8 with plain newlines on every system.

    PYTHONIOENCODING says otherwise; a stream that another program put there, as a notebook does, is left as it is.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
        if not is_terminal(stream):
            stream.reconfigure(newline="\n", encoding=None if "PYTHONIOENCODING" in os.environ else "utf-8")


def say(text: str) -> None:
    """Write to standard error, which may be closed or full: the answer and its exit code stand."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text)
            sys.stderr.flush()
    except (OSError, ValueError):
        silence(sys.stderr)


@contextlib.contextmanager
def for_a_reader() -> Iterator[None]:
    """Print in this context: if the reader stops reading, as `head` does, that is no error."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if not is_reader_gone(error):
            raise
        silence(sys.stdout)


def is_reader_gone(error: BaseException) -> bool:
    """Whether a write failed because nobody reads any more, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or (
        sys.platform == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL and not error.filename
    )


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError, AttributeError):  # closed, or no stream of the system's
        return False


def is_legacy_console() -> bool:
    """Whether terminals show escape codes as text, as the consoles of old Windows do."""
    if sys.platform != "win32":
        return False
    from rich import console

    return console.detect_legacy_windows()


def silence(stream: IO[str] | None) -> None:
    """Discard what is left in the buffer, so that the interpreter can't fail to write it when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]  # None is suppressed
