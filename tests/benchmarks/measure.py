"""Whole processes side by side: commands take turns, and what is quoted is the median and the ratio of turns."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One finished process: wall seconds, processor seconds, peak memory in MB, standard output."""

    seconds: float
    cpu: float
    peak: float
    answer: str


def run(command: Sequence[str], cwd: Path) -> Run:
    """Run a command to its end; its own failure is an error."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    answer = process.stdout.read()
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {complaint.strip()[-500:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, answer.strip())


def in_turn(commands: Mapping[str, Sequence[str]], cwd: Path, runs: int) -> dict[str, list[Run]]:
    """Each command once without counting, then all of them in turn, `runs` times."""
    for command in commands.values():
        run(command, cwd)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(run(command, cwd))
    return found


def report(found: Mapping[str, list[Run]], megabytes: float) -> None:
    """A line a command: median times, speed, peak memory and the ratios to the first command, turn by turn."""
    first = next(iter(found.values()))
    print(f"  {'':14} {'seconds':>8} {'cpu':>7} {'MB/s':>7} {'peak MB':>8} {'ratio':>6} {'of cpu':>7}   answer")
    for name, runs in found.items():
        seconds = statistics.median(one.seconds for one in runs)
        ratio = statistics.median(one.seconds / own.seconds for one, own in zip(runs, first, strict=True))
        cpu = statistics.median(one.cpu for one in runs)
        of_cpu = statistics.median(one.cpu / own.cpu for one, own in zip(runs, first, strict=True))
        peak = max(one.peak for one in runs)
        answer = runs[0].answer.splitlines()[-1][:24] if runs[0].answer else ""
        speeds = f"{seconds:8.3f} {cpu:7.3f} {megabytes / seconds:7.0f}"
        print(f"  {name:14} {speeds} {peak:8.0f} {ratio:6.2f} {of_cpu:7.2f}   {answer}")
    sys.stdout.flush()
