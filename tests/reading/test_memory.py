"""Memory stays flat: what is large inside takes no more than what is small. Full sizes: tests/benchmarks/memory.py."""

import sys

import pytest
from memory import CASES, MOST, peak

pytestmark = pytest.mark.slow

SHARES = {
    "a pipe of 5 GB": 0.03,
    "an .npz of 1.5 GB in 1.5 MB": 0.1,
    "a .gz of 300 MB in 1 MB": 0.3,
    "20,000 classes": 0.5,
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is what Linux says")
@pytest.mark.parametrize("name", CASES)
def test_what_is_large_inside_takes_little_memory(name: str) -> None:
    arguments, data, refused = CASES[name]

    found = peak(arguments, data(SHARES.get(name, 1.0)))

    assert found.code == (2 if refused else 0), found
    assert found.megabytes < MOST, found
