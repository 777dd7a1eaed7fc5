"""Output that appears when all of it is written: spools for standard output, files that get their name last."""

import codecs
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO

from losscli.output.streams import for_a_reader, is_reader_gone


@contextmanager
def whole_file(path: str) -> Iterator[TextIO]:
    """A text to write, UTF-8, to a file beside `path` that takes its name at the end; `-` is standard output.

    A device or a pipe is written directly. A link stays a link. Permissions stay; a new file has the usual ones.
    """
    if path == "-":
        with for_a_reader():
            yield sys.stdout
        return
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, f"there is no directory {os.path.dirname(path) or folder}", path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "w", encoding="utf-8", newline="") as out:
            yield out
        return
    with _beside(target) as out:
        yield out


@contextmanager
def _beside(target: str) -> Iterator[TextIO]:
    try:
        descriptor, name = _new_file(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from None
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            if name is None:
                os.fchmod(descriptor, _permissions(target))
                name = _named(descriptor, target)
        if name != target:
            os.chmod(name, _permissions(target))
            os.replace(name, target)
    except BaseException as error:
        if name is not None and name != target:
            with suppress(OSError):
                os.unlink(name)
        if isinstance(error, OSError) and not is_reader_gone(error):
            raise OSError(error.errno, error.strerror or str(error), target) from None
        raise


def _new_file(target: str) -> tuple[int, str | None]:
    """A new file in the folder of the target: its descriptor and its name, None if the system has files without names.

    A file without a name disappears with its process, however that ends.
    """
    folder, name = os.path.split(target)
    if hasattr(os, "O_TMPFILE") and os.path.exists("/proc/self/fd"):
        with suppress(OSError):  # not every file system has it
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600), None
    return tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder)


def _named(descriptor: int, target: str) -> str:
    """Give a file without a name that of the target, or one beside it if the target exists; return the name."""
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name[:100]}.{os.urandom(6).hex()}")
    own, place = f"/proc/self/fd/{descriptor}", os.open(folder, os.O_RDONLY)
    try:  # with a folder's descriptor it is linkat, which follows the link that stands for the file
        for found in (target, beside):
            with suppress(FileExistsError):
                os.link(own, found, dst_dir_fd=place, follow_symlinks=True)
                return found
    finally:
        os.close(place)
    raise FileExistsError(beside)


def _permissions(target: str) -> int:
    """The permissions of the file that is replaced, or of a new one."""
    with suppress(OSError):
        return stat.S_IMODE(os.stat(target).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


# --- spools -----------------------------------------------------------------------------------------------------------
SPOOL_BYTES = 1 << 23


def spool_file() -> "tempfile.SpooledTemporaryFile[bytes]":
    """A file for output that is not printed yet: in memory, beyond a few megabytes in a temporary file."""
    return tempfile.SpooledTemporaryFile(SPOOL_BYTES)


def copy_out(spool: IO[bytes]) -> None:
    """Write all that a spool holds, UTF-8, to standard output: as it is, or in the encoding that is asked for there."""
    spool.seek(0)
    with for_a_reader():
        sys.stdout.flush()
        binary = getattr(sys.stdout, "buffer", None)  # which a stream of a notebook lacks
        if binary is not None and codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8":
            shutil.copyfileobj(spool, binary, 1 << 18)
        else:
            shutil.copyfileobj(codecs.getreader("utf-8")(spool, "surrogateescape"), sys.stdout, 1 << 18)
