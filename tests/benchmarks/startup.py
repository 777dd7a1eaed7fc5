"""How long a one-liner takes to start: losscli beside a bare Typer program of two commands that imports numpy.

python tests/benchmarks/startup.py --runs 20
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measure import in_turn

BARE = """
import numpy
import typer

app = typer.Typer()


@app.command()
def one(x: str) -> None:
    print(numpy.float64(x))


@app.command()
def two(x: str) -> None:
    print(x)


app()
"""


def main() -> None:
    """Time all of them in turn and print the ratios to the bare program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    script = Path(sys.executable).with_name("losscli")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bare.py").write_text(BARE)
        example = ["bce", "1,0", "0.8,0.3"]
        found = in_turn(
            {
                "bare": [sys.executable, "bare.py", "one", "1"],
                "losscli -q": [str(script), *example, "-q"],
                "losscli json": [str(script), *example, "-f", "json"],
                "losscli table": [str(script), *example],
                "bare --help": [sys.executable, "bare.py", "--help"],
                "losscli --help": [str(script), "--help"],
            },
            folder,
            runs,
        )
    for name, own in found.items():
        against = found["bare --help" if name.endswith("--help") else "bare"]
        ratio = statistics.median(one.seconds / other.seconds for one, other in zip(own, against, strict=True))
        cpu = statistics.median(one.cpu / other.cpu for one, other in zip(own, against, strict=True))
        print(f"{name:16} {statistics.median(one.seconds for one in own):.3f} s   {ratio:.2f} wall   {cpu:.2f} cpu")


if __name__ == "__main__":
    main()
