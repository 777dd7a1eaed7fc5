"""The same comparison with an oracle under atheris, which looks for bytes that reach new lines of losscli.

    pip install atheris
    python tests/fuzz/atheris_target.py -max_total_time=600 [CORPUS]

The first byte chooses how the table is asked about; the others are the table.
"""

import sys
from pathlib import Path

import atheris

root = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(root), str(root / "tests")]

with atheris.instrument_imports(include=["losscli"]):
    from conftest import run
    from fuzz.hunt import flaw
    from fuzz.mutator import case
    from fuzz.oracle import verdict


def one_input(data: bytes) -> None:
    """A finding is an AssertionError."""
    if len(data) < 2:
        return
    asked, table = case(data[0]).ask, data[1:]
    finding = flaw(run(*asked.arguments, "-", stdin=table), verdict(table, asked))
    assert finding is None, (finding, asked, table)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
