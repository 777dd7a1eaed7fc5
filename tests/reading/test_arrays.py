"""Compressed tables and numpy arrays, alone and beside text."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, npy, npz, refusal, write

PLAIN = "label,prob\n1,0.8\n0,0.3\n"
LOSS = -(log(0.8) + log(0.7)) / 2
SPECIES_LOSS = -log(0.7)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("twice", [False, True])
def test_compressed_tables_are_told_by_their_first_bytes(suffix: str, piped: bool, twice: bool, here: Path) -> None:
    half = PLAIN.encode()[: len(PLAIN) // 2], PLAIN.encode()[len(PLAIN) // 2 :]
    packed = b"".join(map(PACKERS[suffix], half)) if twice else PACKERS[suffix](PLAIN.encode())
    source = "-" if piped else write("no_suffix", packed)
    assert answer("bce", source, stdin=packed if piped else b"") == close(LOSS)


def test_a_compressed_table_may_be_utf_16(here: Path) -> None:
    assert answer("bce", write("t.gz", gzip.compress(PLAIN.encode("utf-16")))) == close(LOSS)


Y = np.array([1, 0])
P = np.array([0.8, 0.3])
TWO = np.column_stack([Y, P])
RECORDS = np.array([(1, 0.8), (0, 0.3)], dtype=[("label", "i4"), ("prob", "f8")])

ARRAYS = [
    ("float64", npy(TWO)),
    ("big endian", npy(TWO.astype(">f8"))),
    ("Fortran order", npy(np.asfortranarray(TWO))),
    ("text", npy(TWO.astype(str))),
    ("bytes", npy(TWO.astype(bytes))),
    ("structured", npy(RECORDS)),
    ("npz", npz(label=Y, prob=P)),
    ("npz with text", npz(label=Y, prob=P, name=np.array(["a", "b"]))),
    ("npz of bool labels", npz(label=Y.astype(bool), prob=P)),
]


@pytest.mark.parametrize("data", [data for _, data in ARRAYS], ids=[name for name, _ in ARRAYS])
@pytest.mark.parametrize("form", ["file", "pipe", "gz"])
def test_numpy_arrays_are_tables(data: bytes, form: str, here: Path) -> None:
    if form == "pipe":
        assert answer("bce", stdin=data) == close(LOSS)
    else:
        assert answer("bce", write("t.bin", gzip.compress(data) if form == "gz" else data)) == close(LOSS)


@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_narrow_floats_are_read_as_what_they_are(kind: str, here: Path) -> None:
    narrow = P.astype(kind)
    write("y.npy", npy(Y)), write("p.npy", npy(narrow))
    assert answer("bce", "y.npy", "p.npy") == close(-(log(float(narrow[0])) + log(1 - float(narrow[1]))) / 2)


@pytest.mark.parametrize("labels", ["1,0", "y.npy", "y.csv"])
@pytest.mark.parametrize("preds", ["0.8,0.3", "p.npy", "p.csv"])
def test_arrays_lists_and_text_go_together(labels: str, preds: str, here: Path) -> None:
    write("y.npy", npy(Y)), write("p.npy", npy(P)), write("y.csv", "label\n1\n0\n"), write("p.csv", "0.8\n0.3\n")
    assert answer("bce", labels, preds) == close(LOSS)


def test_a_matrix_array_holds_a_row_of_classes_a_line(here: Path) -> None:
    write("P.npy", npy(np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])))
    assert answer("ce", "0,2", "P.npy") == close(SPECIES_LOSS)
    assert answer("nll", "0,2", "P.npy") == close(SPECIES_LOSS)


def test_a_matrix_in_npz_gives_numbered_columns(here: Path) -> None:
    write("t.npz", npz(label=Y, prob=np.column_stack([1 - P, P])))
    assert answer("ce", "t.npz") == close(LOSS)
    assert answer("ce", "t.npz", "-y", "label", "-p", "prob_*") == close(LOSS)


def test_the_fault_of_an_array_names_its_row(here: Path) -> None:
    values = np.column_stack([np.arange(50_000) % 2, np.full(50_000, 0.5)])
    values[-1, 1] = 1.5
    assert refusal("bce", write("t.npy", npy(values))).startswith("t.npy: row 50000: column 2: 1.5")
