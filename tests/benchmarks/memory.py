"""Peak memory of the command on inputs that are large inside: `python tests/benchmarks/memory.py [SHARE]`.

SHARE scales the sizes (1: a pipe of 5 GB). Each line is a process of its own; its peak is that of the system, with
Python, numpy and all. An input that is refused counts as well: what it must not do is take memory first.
"""

import gzip
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
MOST = 250  # MB
MEGABYTE = 1 << 20
LINES = b"1,0.51234567890123\n0,0.12345678901234\n" * 27_594  # a megabyte


# The process itself is asked: what its parent had taken before it began would count in the system's own figure.
WATCHED = """
import os, re, sys
from losscli.cli.app import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr, flush=True)
os._exit(code)
"""


@dataclass(frozen=True)
class Peak:
    """What a run came to: its exit code, its peak in MB, and the last line that it said."""

    code: int
    megabytes: float
    said: str


def pieces(start: bytes, piece: bytes, count: float, end: bytes = b"") -> Iterator[bytes]:
    """A stream of bytes."""
    yield start
    for _ in range(int(count)):
        yield piece
    yield end


def gz_bomb(share: float) -> Iterator[bytes]:
    """300 MB of the same line, packed to less than one."""
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as out:
            for piece in pieces(b"label,prob\n", b"1,0.5\n" * 174_763, 300 * share):
                out.write(piece)
        file.seek(0)
        yield from iter(lambda: file.read(MEGABYTE), b"")


def npz_bomb(share: float) -> Iterator[bytes]:
    """Two arrays of 750 MB of zeros, packed to 1.5 MB."""
    rows = int(98_304_000 * share)
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("label", "prob"):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    header = {"descr": "<f8", "fortran_order": False, "shape": (rows,)}
                    np.lib.format.write_array_header_1_0(member, header)
                    for low in range(0, rows, MEGABYTE):
                        member.write(bytes(8 * min(MEGABYTE, rows - low)))
        file.seek(0)
        yield from iter(lambda: file.read(MEGABYTE), b"")


def many_classes(share: float) -> Iterator[bytes]:
    """A hundred rows of 20,000 classes."""
    k = int(20_000 * share)
    yield b"label," + b",".join(b"p%d" % at for at in range(k)) + b"\n"
    row = b",".join([repr(1 / k).encode()] * k) + b"\n"
    for at in range(100):
        yield b"%d,%s" % (at, row)


# name -> (arguments, the input, whether it is refused)
CASES: dict[str, tuple[list[str], Callable[[float], Iterator[bytes]], bool]] = {
    "a pipe of 5 GB": (["bce"], lambda share: pieces(b"label,prob\n", LINES, 5000 * share), False),
    "a cell of 200 MB": (
        ["bce"],
        lambda share: pieces(b"label,prob,note\n1,0.5,", b"a" * MEGABYTE, 200 * share, b"\n"),
        True,
    ),
    "a quote of 200 MB": (
        ["bce"],
        lambda share: pieces(b'label,prob,note\n1,0.5,"', b"a\n" * (MEGABYTE // 2), 200 * share),
        True,
    ),
    "20,000 classes": (["ce", "-p", "p*"], many_classes, False),
    "an .npz of 1.5 GB in 1.5 MB": (["bce"], npz_bomb, False),
    "a .gz of 300 MB in 1 MB": (["bce"], gz_bomb, False),
}


def peak(arguments: list[str], data: Iterator[bytes]) -> Peak:
    """Run the command on a stream."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-c", WATCHED, *arguments, "-q", "-"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said, env=env, cwd=ROOT)
        assert child.stdin is not None
        with suppress(BrokenPipeError), child.stdin:
            for piece in data:
                child.stdin.write(piece)
        code = child.wait()
        said.seek(0)
        lines = said.read().decode().splitlines()
    return Peak(code, int(lines.pop()) / 1024, lines[-1] if lines else "")


def main() -> int:
    """Print the peak of each case; 1 where one is above the limit."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    high = False
    for name, (arguments, data, refused) in CASES.items():
        found = peak(arguments, data(share))
        high |= found.megabytes > MOST or found.code != (2 if refused else 0)
        print(f"{name:30} {found.megabytes:6.0f} MB  exit {found.code}  {found.said[:60]}", flush=True)
    return 1 if high else 0


if __name__ == "__main__":
    sys.exit(main())
