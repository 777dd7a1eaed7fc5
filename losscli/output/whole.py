"""Files that bear their name when all of them is written: what is half written never does."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from losscli.output.streams import for_a_reader


@contextmanager
def whole_file(path: str) -> Iterator[TextIO]:
    """A text to write, UTF-8, to a file beside `path` that takes its name at the end; `-` is standard output.

    What is no file of its own (a device, a pipe) is written as it is. A link stays one; permissions stay, or are those
    of any new file.
    """
    if path == "-":
        with for_a_reader():
            yield sys.stdout
        return
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "w", encoding="utf-8", newline="") as out:
            yield out
        return
    with _beside(target) as out:
        yield out


@contextmanager
def _beside(target: str) -> Iterator[TextIO]:
    folder, name = os.path.split(target)
    descriptor, beside = tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as out:
            yield out
        os.chmod(beside, _permissions(target))
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _permissions(target: str) -> int:
    """Those of the file that is replaced, or of a new one."""
    with suppress(OSError):
        return stat.S_IMODE(os.stat(target).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
