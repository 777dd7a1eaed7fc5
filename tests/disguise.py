"""The program as Windows would run it, as far as Linux can show that: `python disguise.py ARGUMENTS`.

The platform is called win32; standard streams are cp1252 with CRLF, where no environment variable says otherwise; a
reader that has left is an invalid argument; fork, unnamed files and what else Windows lacks are gone; consoles are old
ones. What depends on the separator of paths is left as it is here.
"""

import errno
import io
import os
import signal
import sys
import tempfile
from typing import Any

import numpy as np
import rich.console
import rich.live
import rich.markdown
import rich.progress
import typer

MODULES = ("pty", "resource", "termios", "fcntl", "pwd", "grp")
NAMES = (
    "fork",
    "O_TMPFILE",
    "geteuid",
    "getuid",
    "mkfifo",
    "fchmod",
    "set_blocking",
    "posix_fadvise",
    "pread",
)
SIGNALS = ("SIGHUP", "SIGKILL", "SIGPIPE")


class Pipe(io.FileIO):
    """A file that says of a reader that has left what Windows says."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise OSError(errno.EINVAL, "Invalid argument") from None


def lose_names() -> None:
    """Take away what Windows lacks."""
    for name in NAMES:
        if hasattr(os, name):
            delattr(os, name)
    for name in SIGNALS:
        if hasattr(signal, name):
            delattr(signal, name)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # so that an import fails


def put_on() -> None:
    """Put on the disguise."""
    lose_names()
    rich.console.detect_legacy_windows = lambda: True
    encoding = os.environ.get("PYTHONIOENCODING", "cp1252")
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.BufferedWriter(Pipe(number, "w", closefd=False))
        setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding, newline="\r\n", line_buffering=os.isatty(number)))
    tempfile._O_TMPFILE_WORKS = False  # type: ignore[attr-defined]  # which it has found out when it was loaded
    assert np and typer
    sys.platform = "win32"


if __name__ == "__main__":
    put_on()
    from losscli.__main__ import entry

    entry()
