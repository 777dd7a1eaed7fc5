"""Run the command on tables that are nearly right and compare it with an oracle; what differs is printed with its seed.

Every fourth table is damaged anywhere, and read again by an oracle (`mutator`); the others are written from what they
mean (`meanings`), so that the answer is known before the table is.

    python tests/fuzz/hunt.py --inputs 1000000          as many tables, in two processes
    python tests/fuzz/hunt.py --only 12345              one table, shown

A finding is a traceback or an internal error, a run of more than ten seconds of processor time, another number than
the oracle's, an answer on what must be refused, a refusal of what is sound or without its place, and another answer
from a file, or from packed bytes.
"""

import argparse
import gzip
import math
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]

from conftest import Result, run
from fuzz.meanings import Expected, Posed, posed
from fuzz.mutator import case
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


def run_of(seed: int) -> Posed:
    """What is run for a seed, and what must come of it."""
    if seed % 4:
        return posed(seed)
    asked = case(seed)
    return Posed("damaged", (*asked.ask.arguments, "-"), {"-": asked.data}, verdict(asked.data, asked.ask))


def judge(seed: int) -> Outcome:
    """Run the command on the table of a seed, and compare."""
    return judge_run(run_of(seed), seed // 4)


def judge_run(asked: Posed, turn: int = 0) -> Outcome:
    """Run the command as it is posed, with files in the current directory; `turn` says by which other way too."""
    expected = asked.expected
    for name in asked.files.keys() - {"-"}:
        Path(name).write_bytes(asked.files[name])
    with limited(SECONDS):
        result = run(*asked.arguments, "--threads", "1", stdin=asked.files.get("-", b""))
        finding = flaw(result, expected) or other_route(turn, asked, result) or other_cuts(turn, asked, result)
    kind = "unclear" if expected is None else "refused" if isinstance(expected, Refusal) else "answered"
    return Outcome(f"{asked.kind}: {kind}", finding)


def flaw(result: Result, expected: Expected) -> str | None:
    """What is wrong with a result, for what was expected."""
    text = result.err
    if "Traceback" in text or "internal error" in text or result.code not in (0, 2) or text.count("\n") > 8:
        return f"exit {result.code}: {text}"
    if (result.code == 2) == bool(result.out):
        return f"exit {result.code} with {result.out!r} on standard output"
    if expected is None:
        return None
    if isinstance(expected, Refusal):
        if result.code == 0:
            return f"{result.out.strip()} where a refusal is wanted: {expected.why}"
        placed = re.search(re.escape(expected.place) + r"( \(row group \d+\))?:", text)
        return None if placed else f"no word of {expected.place} ({expected.why}): {text}"
    wanted = expected if isinstance(expected, tuple) else (expected,)
    if result.code != 0:
        return f"refused where {expected!r} is wanted: {text}"
    found = result.out.replace(",", " ").split()
    if len(found) != len(wanted) or not all(map(agree, map(float, found), wanted)):
        return f"{result.out.strip()} where {expected!r} is wanted"
    return None


def agree(found: float, expected: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return found == expected or math.isclose(found, expected, rel_tol=CLOSE, abs_tol=0.0)


def other_route(turn: int, asked: Posed, result: Result) -> str | None:
    """Every eighth table that is piped by another way too: from a file, packed, or in several threads."""
    if turn % 8 or "-" not in asked.files:
        return None
    data = asked.files["-"]
    packed = turn % 16 == 0 and not data.startswith((b"\x1f\x8b", b"BZh"))
    Path("t").write_bytes(gzip.compress(data, 1) if packed else data)
    other = run(*asked.arguments[:-1], "t", "--threads", str(1 + turn % 3))
    same = (other.code, other.out, re.sub(r"\bt:", "<stdin>:", other.err)) == (result.code, result.out, result.err)
    return None if same else f"from a file: {other} and from a pipe: {result}"


def other_cuts(turn: int, asked: Posed, result: Result) -> str | None:
    """Every eighth run in blocks of a few lines too, as large tables are cut."""
    if turn % 8 != 4:
        return None
    with patch.object(dialect, "Style", partial(dialect.Style, block_bytes=16 + turn % 400)):
        other = run(*asked.arguments, "--threads", "1", stdin=asked.files.get("-", b""))
    return None if other == result else f"in small blocks: {other} and in one: {result}"


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """TooSlow where this takes more processor time."""

    def late(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(seeds: range) -> tuple[Counter[str], list[str]]:
    """The outcomes of many seeds: how many of each kind, and the findings."""
    kinds: Counter[str] = Counter()
    findings = []
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
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
        asked = run_of(given.only)
        print(asked.kind, asked.arguments, asked.files, asked.expected, sep="\n")
        print(*judged(range(given.only, given.only + 1))[1], sep="\n")
        return 0
    start, kinds, found = time.monotonic(), Counter[str](), 0
    last = given.first + given.inputs
    chunks = [range(low, min(low + 500, last)) for low in range(given.first, last, 500)]
    with get_context("spawn").Pool(given.processes) as pool:
        for some, findings in pool.imap_unordered(judged, chunks):
            kinds += some
            found += len(findings)
            print("".join(f"{finding}\n" for finding in findings), end="", flush=True)
            if kinds.total() % 2_000 < 500:
                print(f"{kinds.total()} tables, findings: {found}", file=sys.stderr, flush=True)
            if time.monotonic() - start > 60 * given.minutes:
                break
    print(*(f"{count:8} {kind}" for kind, count in sorted(kinds.items())), sep="\n")
    print(f"{kinds.total()} tables in {time.monotonic() - start:.0f} s; findings: {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
