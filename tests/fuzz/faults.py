"""Damage at every byte, cuts at every byte, signals at any moment and limits of the system; what goes wrong is printed.

    python tests/fuzz/faults.py            all of it, about ten minutes
    python tests/fuzz/faults.py damage     one of: damage, cuts, signals, limits

Packed tables and arrays carry sums or sizes: a changed byte is refused or changes nothing that is asked for, a cut is
refused. A signal leaves no process and no part of a file; a limit is one line on standard error, or the answer.
"""

import bz2
import gzip
import io
import lzma
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]

import numpy as np
from conftest import environment, run

LABELS = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0] * 12)
PROBS = np.linspace(0.01, 0.99, len(LABELS))
TEXT = "label,prob\n" + "".join(f"{y:g},{p!r}\n" for y, p in zip(LABELS.tolist(), PROBS.tolist(), strict=True))
HALF = TEXT.index("\n", len(TEXT) // 2) + 1


def _saved(save: Callable[..., None], *args: object, **columns: object) -> bytes:
    out = io.BytesIO()
    save(out, *args, **columns)
    return out.getvalue()


def _members(pack: Callable[[bytes], bytes]) -> bytes:
    return pack(TEXT[:HALF].encode()) + pack(TEXT[HALF:].encode())


def packed() -> dict[str, bytes]:
    """The same table in every packing that has a sum, in two members where there can be two."""
    found = {
        "gzip": _members(lambda data: gzip.compress(data, mtime=0)),
        "bzip2": _members(bz2.compress),
        "xz": _members(lzma.compress),
        "npz": _saved(np.savez_compressed, label=LABELS, prob=PROBS),
    }
    try:
        import zstandard
    except ImportError:
        return found
    return {**found, "zstandard": _members(zstandard.ZstdCompressor(write_checksum=True).compress)}


def damage(every: int = 1) -> Iterator[str]:
    """Change each byte, one at a time; the answer may be the same, an error, and never another."""
    for kind, data in packed().items():
        right = run("bce", "-q", "-", stdin=data)
        assert right.code == 0, right
        for at in range(0, len(data), every):
            for bits in (0xFF, 0x01):
                spoiled = data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]
                found = run("bce", "-q", "-", stdin=spoiled)
                yield from _unless_right_or_refused(found, right, f"{kind}: byte {at} ^ {bits:#x}")


def cuts(every: int = 1) -> Iterator[str]:
    """Cut behind each byte; all but the whole is refused, and so is more than the whole."""
    sized = {**packed(), "npy": _saved(np.save, np.column_stack([LABELS, PROBS]))}
    for kind, data in sized.items():
        for at in range(1, len(data), every):
            found = run("bce", "-q", "-", stdin=data[:at])
            between = kind in ("gzip", "bzip2", "xz", "zstandard") and at == _first_member(kind, data)
            if (found.code, found.out) != (2, "") and not between:
                yield f"{kind}: cut behind byte {at}: {found}"
        if kind != "npz":  # what stands behind an archive is looked for there: its list comes last
            found = run("bce", "-q", "-", stdin=data + b"x")
            if (found.code, found.out) != (2, ""):
                yield f"{kind}: with a byte behind it: {found}"


def _first_member(kind: str, data: bytes) -> int:
    """Where the first member ends: a cut there leaves a whole file."""
    return data.index(data[:4], 1) if kind != "bzip2" else data.index(b"BZh9", 1)


def _unless_right_or_refused(found: object, right: object, where: str) -> Iterator[str]:
    code, out, err = (getattr(found, name) for name in ("code", "out", "err"))
    if code == 0 and out == getattr(right, "out", None):
        return
    if code != 2 or out or err.count("\n") != 1 or "internal error" in err:
        yield f"{where}: {found}"


def signals(runs: int = 60) -> Iterator[str]:
    """Send a signal at a random moment: no part of a file under its name, no process that goes on."""
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        table, out = Path(folder) / "t.csv", Path(folder) / "p.csv"
        table.write_text("label,x\n" + "1,0.5\n0,0.25\n1,0.75\n0,0.5\n" * 100_000)
        for at in range(runs):
            out.write_text("as it was\n")
            args = ["fit", "bce", table, "--steps", "3", "--predict", out]
            kind = draw.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL))
            child = subprocess.Popen(
                [sys.executable, "-m", "losscli", *map(str, args)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
                start_new_session=True,
                preexec_fn=_heed_interrupts,
            )
            time.sleep(draw.random() * 1.5)
            child.send_signal(kind)
            _, err = child.communicate(timeout=60)
            text = out.read_text()
            if text != "as it was\n" and text.count("\n") != 400_001:
                yield f"run {at}: {kind.name} left {text.count(chr(10))} lines"
            if left := {path.name for path in Path(folder).iterdir()} - {table.name, out.name}:
                yield f"run {at}: {kind.name} left {left}"
            if b"Traceback" in err:
                yield f"run {at}: {kind.name}: {err.decode()[-300:]}"
            if _group_lives(child.pid):
                yield f"run {at}: {kind.name} left a process"


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _group_lives(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


LIMITS = {
    "open files": (resource.RLIMIT_NOFILE, (3, 4, 5, 6, 7, 8, 12, 20)),
    "size of files": (resource.RLIMIT_FSIZE, (0, 1, 1000, 100_000)),
    "memory": (resource.RLIMIT_AS, tuple(size << 20 for size in (40, 80, 120, 200, 300, 400, 600))),
    "processes": (resource.RLIMIT_NPROC, (0, 1, 2)),
}


def limits(repeats: int = 500_000, every: int = 1) -> Iterator[str]:
    """Run under limits of the system: the answer, or one line and exit code 2; before Python itself is up, anything."""
    with tempfile.TemporaryDirectory() as folder:
        table, packed_table = Path(folder) / "t.csv", Path(folder) / "t.gz"
        table.write_text("label,prob\n" + "1,0.5\n0,0.25\n1,0.75\n0,0.5\n" * repeats)
        packed_table.write_bytes(gzip.compress(table.read_bytes(), 1))
        for (name, (kind, values)), source in ((item, one) for item in LIMITS.items() for one in (table, packed_table)):
            for value in values[::every]:
                done = _limited(kind, value, ["bce", str(source), "-r", "none", "-f", "csv"])
                lines = done.stderr.decode(errors="replace").splitlines()
                started = done.returncode in (0, 1, 2, 130) and not any(_early(line) for line in lines)
                if started and (done.returncode not in (0, 2) or (done.returncode == 2 and len(lines) != 1)):
                    yield f"{name} {value}: exit {done.returncode}: {lines[-2:]}"
                if done.returncode == 0 and done.stdout.count(b"\n") != 4 * repeats + 1:
                    yield f"{name} {value}: {done.stdout.count(10)} lines"


def _limited(kind: int, value: int, args: list[str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "losscli", *args],
        capture_output=True,
        env=environment(),
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(kind, (value, value)),
    )


def _early(line: str) -> bool:
    """What the interpreter, the loader or a library says before losscli is there."""
    said = ("Fatal Python error", "ImportError", "error while loading", "OpenBLAS", "numpy", "ModuleNotFoundError")
    return any(word in line for word in said)


PARTS: dict[str, Callable[[], Iterator[str]]] = {"damage": damage, "cuts": cuts, "signals": signals, "limits": limits}


def main() -> int:
    """Run the parts that are named, or all of them."""
    found = 0
    for name in sys.argv[1:] or PARTS:
        start = time.monotonic()
        for finding in PARTS[name]():
            found += 1
            print(finding, flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    print(f"findings: {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
