"""The command on a pseudo-terminal of POSIX, for what people see there and nowhere else."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import environment


def on_terminal(
    *args: str,
    keys: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    program: str | None = None,
    columns: int = 80,
) -> tuple[int, str]:
    """The exit code, and all that the terminal shows when these keys have been pressed; skipped where there is none."""
    pty = pytest.importorskip("pty", reason="a pseudo-terminal of POSIX")
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, columns))
    shown = b""
    variables = {**environment(), "TERM": "xterm-256color", **(env or {})}
    variables.pop("COLUMNS", None)
    variables.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, *(["-m", "losscli"] if program is None else [program]), *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=variables,
        cwd=cwd,
    ) as running:
        os.close(theirs)
        os.write(ours, keys)
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # nobody holds the other end any more
                break
            if not piece:
                break
            shown += piece
        code = running.wait(timeout=60)
    os.close(ours)
    return code, shown.decode(errors="replace").replace("\r\n", "\n")
