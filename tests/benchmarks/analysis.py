"""What a closer look costs beside the mean: time as a multiple of it, and memory, on a table made here.

    python tests/benchmarks/analysis.py                       5,000,000 rows, 5 runs
    python tests/benchmarks/analysis.py --rows 1000000 --runs 3

The mean is of one model; the closer look has ten worst rows, groups, two models and their calibration.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from measure import in_turn
from tables import LOSSCLI, parts_of

SITES = ("rome", "oslo", "bonn", "berlin", "paris")
MEAN = [*LOSSCLI, "bce", "t.csv", "-p", "a"]
CLOSER = [*MEAN, "-p", "b", "--worst", "10", "--by", "site", "--calibration"]


def make_table(path: Path, rows: int) -> None:
    """Lines `site,label,a,b`, predictions with six decimals."""
    with path.open("w") as out:
        out.write("site,label,a,b\n")
        for count, generator in parts_of(rows, 1):
            a = generator.random(count)
            b = np.clip(a + 0.1 * generator.normal(size=count), 0.001, 0.999)
            columns = generator.choice(SITES, count), (generator.random(count) < a).astype(int), a, b
            cells = zip(*(column.tolist() for column in columns), strict=True)
            out.writelines(f"{site},{y},{p:.6f},{q:.6f}\n" for site, y, p, q in cells)


def main() -> None:
    """Run both in turn, in one thread and in as many as there are processors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        make_table(Path(name) / "t.csv", asked.rows)
        for threads in ((), ("--threads", "1")):
            found = in_turn({"mean": [*MEAN, *threads], "closer": [*CLOSER, *threads]}, Path(name), asked.runs)
            print(" ".join(threads) or "all threads")
            for what, key in (("s of processors", "cpu"), ("s by the clock", "seconds"), ("MB at most", "peak")):
                mean, closer = (median(getattr(one, key) for one in runs) for runs in found.values())
                print(f"  {what:16} {mean:8.2f} {closer:8.2f}   {closer / mean:.2f} times")


if __name__ == "__main__":
    main()
