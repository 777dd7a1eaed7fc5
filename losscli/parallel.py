"""The parts of a table in processes of their own. The rule: what comes back is the whole answer, or None.

A fault, a quote in the file, a platform without fork: all of them are None, and the caller goes through the table
in order, which finds the fault and names its line.
"""

import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from losscli.errors import DataError
from losscli.reading.blocks import Table
from losscli.reading.ranges import Quoted

T = TypeVar("T")


def in_processes(work: Callable[[Table], T], parts: Sequence[Table]) -> list[T] | None:
    """What `work` makes of each part, in order; None when any of them fails."""
    children = [_started(work, part) for part in parts[1:]]
    try:
        own = work(parts[0])
        results = [own, *(_received(reader) for _, reader in children)]
    except (DataError, Quoted, EOFError, pickle.UnpicklingError, OSError):
        return None
    finally:
        for child, reader in children:
            os.close(reader)
            _ended(child)
    return results


def available() -> bool:
    """Whether a process can be forked safely: on Linux, where nothing of ours or of numpy's kernels minds it."""
    return sys.platform == "linux"


def _started(work: Callable[[Table], T], part: Table) -> tuple[int, int]:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of forking beside threads, which a linear algebra library may have started and none uses here
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    code = 1
    try:
        data = pickle.dumps(work(part))
        with os.fdopen(writer, "wb") as out:
            out.write(data)
        code = 0
    finally:
        os._exit(code)  # no clean-up of what is the parent's: buffers, temporary files


def _received(reader: int) -> Any:
    with os.fdopen(os.dup(reader), "rb") as source:
        return pickle.loads(source.read())


def _ended(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # after its result has been read, or when nobody wants it
    os.waitpid(child, 0)
