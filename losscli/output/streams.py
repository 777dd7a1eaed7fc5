"""The standard streams, which may be closed, full or left by their reader. The rule: that changes no answer.

Each of `sys.stdout` and `sys.stderr` may be None.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO


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
    """Printing that a reader may end by going away, as `head` does: no error, and what is known by then stands."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether somebody looks at what is written there."""
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError, AttributeError):  # closed, or no stream of the system's
        return False


def silence(stream: IO[str] | None) -> None:
    """Send what is left in the buffer nowhere, so that the interpreter can't fail to write it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]  # None is suppressed
