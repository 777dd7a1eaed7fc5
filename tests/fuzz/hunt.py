"""Run the command on tables that are nearly right and compare it with an oracle; what differs is printed with its seed.

    python tests/fuzz/hunt.py --inputs 1000000          as many tables, in two processes
    python tests/fuzz/hunt.py --only 12345              one table, shown

A finding is a traceback or an internal error, a run of more than ten seconds, another number than the oracle's, an
answer on what must be refused, a refusal of what is sound, and another answer from a file, or from packed bytes.
"""

import argparse
import gzip
import math
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]

from conftest import Result, run
from fuzz.mutator import Case, case
from fuzz.oracle import Refusal, verdict

from losscli.reading.text import dialect

SECONDS = 10
CLOSE = 1e-12  # relative; the oracle's sums are exact and its logarithms are those of the machine


class TooSlow(BaseException):
    """A run takes too long; no Exception, as the command turns some of those into words."""


@dataclass(frozen=True)
class Outcome:
    """What came of a table: the kind of it for the count, and what is wrong, if anything is."""

    kind: str
    finding: str | None = None


def judge(seed: int) -> Outcome:
    """Run the command on the table of a seed, and compare."""
    asked = case(seed)
    expected = verdict(asked.data, asked.ask)
    with limited(SECONDS):
        result = run(*asked.ask.arguments, "-", "--threads", "1", stdin=asked.data)
        finding = flaw(result, expected) or other_route(seed, asked, result) or other_cuts(seed, asked, result)
    kind = "unclear" if expected is None else "refused" if isinstance(expected, Refusal) else "answered"
    return Outcome(kind, finding)


def flaw(result: Result, expected: float | Refusal | None) -> str | None:
    """What is wrong with a result, for what was expected."""
    text = result.err
    if "Traceback" in text or "internal error" in text or result.code not in (0, 2) or text.count("\n") > 8:
        return f"exit {result.code}: {text}"
    if (result.code == 2) == bool(result.out):
        return f"exit {result.code} with {result.out!r} on standard output"
    if isinstance(expected, Refusal) and result.code == 0:
        return f"{result.out.strip()} where a refusal is wanted: {expected.why}"
    if isinstance(expected, float):
        if result.code != 0:
            return f"refused where {expected!r} is wanted: {text}"
        if not agree(float(result.out), expected):
            return f"{result.out.strip()} where {expected!r} is wanted"
    return None


def agree(found: float, expected: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return found == expected or math.isclose(found, expected, rel_tol=CLOSE, abs_tol=0.0)


def other_route(seed: int, asked: Case, result: Result) -> str | None:
    """Every eighth table by another way too: from a file, packed, or in several threads."""
    if seed % 8:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        packed = seed % 16 == 0 and not asked.data.startswith((b"\x1f\x8b", b"BZh"))
        path.write_bytes(gzip.compress(asked.data, 1) if packed else asked.data)
        other = run(*asked.ask.arguments, path, "--threads", str(1 + seed % 3))
    same = (other.code, other.out, other.err.replace(str(path), "<stdin>")) == (result.code, result.out, result.err)
    return None if same else f"from a file: {other} and from a pipe: {result}"


def other_cuts(seed: int, asked: Case, result: Result) -> str | None:
    """Every eighth table in blocks of a few lines too, as a large one is cut."""
    if seed % 8 != 4:
        return None
    with patch.object(dialect, "Style", partial(dialect.Style, block_bytes=16 + seed % 400)):
        other = run(*asked.ask.arguments, "-", "--threads", "1", stdin=asked.data)
    return None if other == result else f"in small blocks: {other} and in one: {result}"


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """TooSlow where this takes longer."""

    def late(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def judged(seeds: range) -> tuple[Counter[str], list[str]]:
    """The outcomes of many seeds: how many of each kind, and the findings."""
    kinds: Counter[str] = Counter()
    findings = []
    for seed in seeds:
        try:
            outcome = judge(seed)
        except (Exception, TooSlow) as error:  # a fuzzer goes on
            outcome = Outcome("raised", f"{type(error).__name__}: {error}")
        kinds[outcome.kind] += 1
        if outcome.finding:
            findings.append(f"seed {seed}: {outcome.finding}")
    return kinds, findings


def main() -> int:
    """The command line of the fuzzer; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--only", type=int, help="one seed, shown")
    given = parser.parse_args()
    if given.only is not None:
        asked = case(given.only)
        print(asked.ask.arguments, asked.data, verdict(asked.data, asked.ask), judge(given.only), sep="\n")
        return 0
    start, kinds, found = time.monotonic(), Counter[str](), 0
    last = given.first + given.inputs
    chunks = [range(low, min(low + 500, last)) for low in range(given.first, last, 500)]
    with get_context("spawn").Pool(given.processes) as pool:
        for some, findings in pool.imap_unordered(judged, chunks):
            kinds += some
            found += len(findings)
            print("".join(f"{finding}\n" for finding in findings), end="", flush=True)
            if kinds.total() % 20_000 < 500:
                print(f"{kinds.total()} tables, findings: {found}", file=sys.stderr, flush=True)
            if time.monotonic() - start > 60 * given.minutes:
                break
    print(f"{kinds.total()} tables in {time.monotonic() - start:.0f} s: {dict(kinds)}; findings: {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
