"""Damaged, cut, growing and shrinking inputs, slow pipes and limits: a refusal that says where, or the whole answer."""

import bz2
import gzip
import io
import lzma
import os
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import pytest
from conftest import answer, process, record, refusal, run, write

from losscli.data.columns import ColumnSelection
from losscli.data.table import Table
from losscli.enums import Form
from losscli.errors import DataError
from losscli.reading import compression
from losscli.reading.formats.arrays import header_of
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.sources import SHRUNK, open_source
from losscli.reading.text.dialect import Style

ROWS = 3000
TABLE = ("label,prob\n" + "".join(f"{at % 2},0.{at * 7919 % 99991:05}1\n" for at in range(ROWS))).encode()
HALF = TABLE.index(b"\n", len(TABLE) // 2) + 1


def zstd(data: bytes) -> bytes:
    return cast(bytes, pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstd,
}
PACKER = pytest.mark.parametrize("kind", PACKERS)


def two_members(kind: str) -> tuple[bytes, bytes]:
    return PACKERS[kind](TABLE[:HALF]), PACKERS[kind](TABLE[HALF:])


# --- packed files -----------------------------------------------------------------------------------------------------
@PACKER
@pytest.mark.parametrize("piped", [False, True])
def test_all_members_are_read(kind: str, piped: bool, here: Path) -> None:
    data = b"".join(two_members(kind))

    found = answer("bce", "-", stdin=data) if piped else answer("bce", write("t", data))

    assert found == answer("bce", "-", stdin=TABLE)


@PACKER
def test_members_of_a_byte_or_none_are_read(kind: str, here: Path) -> None:
    pack = PACKERS[kind]
    table = b"\xef\xbb\xbflabel,prob\n1,0.5\n"

    data = pack(b"") + b"".join(pack(bytes([byte])) for byte in table) + pack(b"")

    assert answer("bce", write("t", data)) == answer("bce", "1", "0.5")


@PACKER
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("member", [0, 1])
def test_a_member_cut_short_is_refused(kind: str, share: float, member: int, here: Path) -> None:
    first, second = two_members(kind)
    whole = first if member == 0 else second
    kept = whole[: max(5 if member == 0 else 1, int(share * len(whole)))]

    said = refusal("bce", write("t", kept if member == 0 else first + kept), "-q")

    assert said == "t: the compressed data end too soon"


@PACKER
def test_a_changed_byte_in_a_later_member_is_refused(kind: str, here: Path) -> None:
    first, second = two_members(kind)
    for share in np.linspace(0.005, 0.995, 40).tolist():
        damaged = bytearray(second)
        damaged[int(share * len(second))] ^= 0xFF

        said = refusal("bce", write("t", first + bytes(damaged)), "-q")

        assert said.startswith("t: ") and "compressed" in said, share


@PACKER
@pytest.mark.parametrize("junk", [b"x", b"junk", b"\n\n", TABLE, b"\x1f\x8c\x00\x00", b"BZx90000"])
def test_what_follows_the_last_member_is_refused(kind: str, junk: bytes, here: Path) -> None:
    assert refusal("bce", write("t", PACKERS[kind](TABLE) + junk), "-q") in (
        "t: other data follow the compressed data",
        "t: the compressed data are damaged",
    )


@pytest.mark.parametrize("kind", ["gzip", "xz"])
@pytest.mark.parametrize("zeros", [4, 512, 200_000])
def test_zeros_that_fill_a_block_of_a_tape_are_no_damage(kind: str, zeros: int, here: Path) -> None:
    first, second = two_members(kind)

    data = first + b"\0" * zeros + second + b"\0" * zeros

    assert answer("bce", write("t", data)) == answer("bce", "-", stdin=TABLE)


def test_zeros_are_damage_of_kinds_that_are_never_padded(here: Path) -> None:
    data = PACKERS["bzip2"](TABLE)
    for name, raw in (("behind", data + b"\0" * 8), ("between", data + b"\0" * 8 + data)):
        assert refusal("bce", write("t", raw)) == "t: other data follow the compressed data", name


class StandIn(ModuleType):
    """A module with the interface of Python's own zstandard, unpacking gzip instead."""

    @staticmethod
    def ZstdDecompressor() -> Any:
        return compression.GzipMember(zlib)


@pytest.mark.parametrize("module", ["compression.zstd", "backports.zstd", "pyzstd"])
def test_each_package_for_zstandard_is_used_by_its_interface(
    module: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(name: str) -> ModuleType:
        if name == module:
            return StandIn(name)
        raise ImportError(name)

    monkeypatch.setattr(compression, "import_module", known)
    monkeypatch.setattr(
        "losscli.reading.sources.COMPRESSIONS",
        (compression.Compression(b"\x1f\x8b", compression.zstandard_member, piece=1 << 11),),
    )
    data = b"".join(two_members("gzip"))

    assert answer("bce", write("t", data)) == answer("bce", "-", stdin=TABLE)
    assert refusal("bce", write("t", data[:-9]), "-q") == "t: the compressed data end too soon"


def test_a_window_beyond_the_memory_is_said_to_be_one(here: Path) -> None:
    try:
        compression.zstandard_member()
    except DataError:
        pytest.skip("no package for zstandard")
    text = b"label,prob\n1,0.5\n"
    block = bytes([1 | len(text) << 3, 0, 0]) + text  # the last block, of bytes as they are
    for size, said in ((20, ""), (31, "the compressed data need too much memory; unpack with zstd -d --long=31")):
        frame = b"\x28\xb5\x2f\xfd" + bytes([0, (size - 10) << 3]) + block  # with a window of 2^size bytes
        result = run("bce", write("t", frame), "-q")
        assert result.err == (f"losscli bce: t: {said}\n" if said else ""), size
        assert result.out == ("" if said else "0.6931471805599453\n"), size


def test_without_a_package_for_zstandard_the_error_says_what_to_do(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(compression, "import_module", unknown)

    assert "zstdcat" in refusal("bce", write("t", b"\x28\xb5\x2f\xfd" + b"\0" * 20))


# --- files that change while they are read ----------------------------------------------------------------------------
def opened(path: str, block_bytes: int = 4096) -> Table:
    table = open_data(
        ReadOptions((path,), ColumnSelection(forms=frozenset({Form.BINARY})), Style(block_bytes=block_bytes))
    )
    return table


def rows_of(table: Table) -> int:
    return sum(chunk().rows for chunk in table.chunks())


LONG = b"label,prob\n" + b"1,0.5\n" * 500_000


@pytest.mark.parametrize("size", [len(LONG) // 2, len(LONG) - 1, 400_000])
def test_a_file_that_has_become_shorter_is_refused(size: int, here: Path) -> None:
    table = opened(write("t.csv", LONG))
    os.truncate("t.csv", size)

    with pytest.raises(Exception, match=f"t.csv: {SHRUNK}"):
        rows_of(table)
    table.close()


def test_a_file_that_grows_is_read_to_the_size_it_had(here: Path) -> None:
    table = opened(write("t.csv", LONG))
    with open("t.csv", "ab") as file:
        file.write(b"1,0.5\n" * 100)

    assert rows_of(table) == 500_000
    table.close()


@pytest.mark.slow
def test_a_packed_file_that_grows_is_read_to_the_size_it_had(here: Path) -> None:
    noise = np.random.default_rng(0).random(200_000)
    table = b"label,prob\n" + "".join(f"1,{p!r}\n" for p in noise.tolist()).encode()
    reading = opened(write("t.gz", gzip.compress(table)))
    with open("t.gz", "ab") as file:
        file.write(gzip.compress(b"1,0.5\n"))

    assert rows_of(reading) == 200_000
    reading.close()


def test_a_range_of_a_file_that_has_become_shorter_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losscli.reading.text.feed.LEAST_BYTES", 100_000)
    table = opened(write("t.csv", LONG))
    parts = [table.part(low, high) for low, high in table.reader.ranges(4)]
    assert len(parts) == 4
    os.truncate("t.csv", len(LONG) - 7)

    assert [rows_of(part) for part in parts[:3]]
    with pytest.raises(Exception, match=f"t.csv: {SHRUNK}"):
        rows_of(parts[3])
    table.close()


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_that_has_become_shorter_is_refused_and_kills_nobody(order: Any, here: Path) -> None:
    np.save("t.npy", np.full((100_000, 2), 0.5, order=order))
    table = opened("t.npy")
    os.truncate("t.npy", 900_000)

    with pytest.raises(Exception, match=r"t\.npy: .*(shorter|ends before)"):
        rows_of(table)
    table.close()


# --- pipes ------------------------------------------------------------------------------------------------------------
def fed(data: bytes, *args: str, piece: int, pause: float = 0.01, pieces: int = 12) -> float:
    """The answer on a named pipe to which `data` come a few bytes at a time at first."""
    os.mkfifo("pipe")

    def feed() -> None:
        with open("pipe", "wb", buffering=0) as out:
            for at in range(pieces):
                out.write(data[at * piece : (at + 1) * piece])
                time.sleep(pause)
            rest = data[pieces * piece :]
            while rest:
                rest = rest[out.write(rest) :]

    feeder = threading.Thread(target=feed)
    feeder.start()
    found = answer("bce", "pipe", *args)
    feeder.join()
    return found


@PACKER
def test_a_packed_table_may_come_byte_by_byte(kind: str, here: Path) -> None:
    assert fed(PACKERS[kind](TABLE), piece=1) == answer("bce", "-", stdin=TABLE)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_may_come_byte_by_byte(encoding: str, here: Path) -> None:
    assert fed(TABLE.decode().encode(encoding), piece=1) == answer("bce", "-", stdin=TABLE)


def arrays(**columns: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **columns)
    return out.getvalue()


def array(values: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


GENERATOR = np.random.default_rng(7)
Y = GENERATOR.integers(0, 2, 40_000).astype(float)
P = GENERATOR.random(40_000)
ARRAYS = {
    "rows": array(np.column_stack([Y, P])),
    "columns": array(np.asfortranarray(np.column_stack([Y, P]))),
    "fields": array(np.rec.fromarrays([Y, P], names="label,prob")),
    "archive": arrays(label=Y, prob=P),
    "archive of columns": arrays(t=np.asfortranarray(np.column_stack([Y, P]))),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("route", ["file", "pipe", "standard input", "gzip", "a file as standard input"])
def test_arrays_are_read_wherever_they_come_from(kind: str, route: str, here: Path) -> None:
    data, expected = ARRAYS[kind], answer("bce", *columns_as_files())
    chosen = ("-y", "1", "-p", "2") if kind == "archive of columns" else ()
    if route == "a file as standard input":
        with open(write("t.npy", data), "rb") as file, patch("losscli.reading.sources.sys.stdin", Wrapped(file)):
            source = open_source("-")
            assert source.size == len(data)
        found = float(process("bce", "-q", *chosen, stdin=data).out)
    elif route == "pipe":
        found = fed(data, *chosen, piece=3)
    elif route == "standard input":
        found = answer("bce", "-", *chosen, stdin=data)
    else:
        found = answer("bce", write("t.npy", gzip.compress(data) if route == "gzip" else data), *chosen)
    assert found == expected


class Wrapped:
    """A binary file as `sys.stdin` holds it."""

    closed = False

    def __init__(self, buffer: Any) -> None:
        self.buffer = buffer

    def isatty(self) -> bool:
        return False


def columns_as_files() -> tuple[str, str]:
    np.save("y.npy", Y)
    np.save("p.npy", P)
    return "y.npy", "p.npy"


@pytest.mark.slow
def test_an_array_file_goes_by_standard_input_redirected_from_a_file(here: Path) -> None:
    import subprocess
    import sys

    from conftest import environment

    for kind in ("rows", "columns", "archive"):
        with open(write("t.npy", ARRAYS[kind]), "rb") as file:
            done = subprocess.run(
                [sys.executable, "-m", "losscli", "bce", "-q"],
                stdin=file,
                capture_output=True,
                env=environment(),
                timeout=60,
            )
        assert float(done.stdout) == answer("bce", *columns_as_files()), done.stderr


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("piped", [False, True])
def test_arrays_cut_short_are_refused(kind: str, share: float, piped: bool, here: Path) -> None:
    cut = ARRAYS[kind][: int(share * len(ARRAYS[kind]))]

    said = refusal("bce", "-" if piped else write("t.npy", cut), "-q", stdin=cut if piped else b"")

    assert said.startswith(("<stdin>" if piped else "t.npy") + ": ")


def test_bytes_behind_an_array_are_refused(here: Path) -> None:
    for kind in ["rows", "columns", "fields"]:
        assert refusal("bce", write("t.npy", ARRAYS[kind] + b"\0"), "-q") == "t.npy: bytes follow the array", kind


def test_a_changed_byte_in_an_archive_is_refused(here: Path) -> None:
    data = bytearray(ARRAYS["archive"])
    data[len(data) // 2] ^= 0xFF
    assert refusal("bce", write("t.npz", bytes(data)), "-q") == "t.npz: not a valid numpy file"


HEADERS = {
    "rows beyond counting": b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 2), }",
    "columns beyond counting": b"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 4611686018427387904), }",
    "rows below none": b"{'descr': '<f8', 'fortran_order': False, 'shape': (-2, 2), }",
    "cells of no size": b"{'descr': '<U0', 'fortran_order': False, 'shape': (4611686018427387904,), }",
    "cells without end": b"{'descr': '<U999999999', 'fortran_order': False, 'shape': (2, 2), }",
    "no shape": b"{'descr': '<f8', 'fortran_order': False}",
    "a number": b"1",
    "open": b"{'descr': ",
    "an order of no kind": b"{'descr': '<f8', 'fortran_order': 2, 'shape': (1, 2), }",
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("piped", [False, True])
def test_the_header_of_an_array_promises_nothing(name: str, piped: bool, here: Path) -> None:
    header = HEADERS[name]
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 32

    said = refusal("bce", "-" if piped else write("t.npy", data), stdin=data if piped else b"")

    assert said.startswith(("<stdin>" if piped else "t.npy") + ": ")


def test_headers_of_all_versions_are_read() -> None:
    fields = "{'descr': [('größe', '<f8')], 'fortran_order': False, 'shape': (3L,), }"
    for major, encoding in ((1, "latin-1"), (2, "latin-1"), (3, "utf-8")):
        text = fields.encode(encoding)
        length = len(text).to_bytes(2 if major == 1 else 4, "little")
        stream = io.BytesIO(b"\x93NUMPY" + bytes([major, 0]) + length + text + b"rest")

        dtype, shape, by_column = header_of(stream)

        assert (dtype.names, shape, by_column) == (("größe",), (3,), False)
        assert stream.read() == b"rest"


# --- lines ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("length", [65_534, 65_535, 65_536])
def test_a_line_end_may_be_cut_by_the_end_of_the_head(length: int, here: Path) -> None:
    header = b"label,prob," + b"x" * (length - 11)
    data = header + b"\r\n" + b"1,0.5,a\r\n" * 50 + b"1,1.5,a\r\n"

    assert refusal("bce", write("t.csv", data), "-p", "prob").startswith("t.csv:52: ")


def test_carriage_returns_alone_and_newlines_further_on_are_refused(here: Path) -> None:
    data = b"label,prob\r" + b"1,0.5\r" * 20_000
    for end in (b"", b"1,0.5", b"1,0.5\r", b"\r\r"):
        assert record("bce", write("t.csv", data + end))["n"] == 20_000 + (b"5" in end)
    assert refusal("bce", write("t.csv", data + b"1,1.5\r1,0.5\r")).startswith("t.csv:20002: column 'prob': 1.5 is not")
    data += b"1,0.5\n"
    assert "carriage returns" in refusal("bce", write("t.csv", data), "-q")


def test_a_line_without_end_is_called_that(here: Path) -> None:
    assert "a line of more than 16 MiB" in refusal("bce", "-", "-q", stdin=b"a" * (20 << 20))


def test_a_cell_without_end_is_called_that(here: Path) -> None:
    table = b"label,prob,note\n1,0.5," + b'"' + (b"a" * 1023 + b"\n") * (5 << 10)
    assert "a cell of more than 4 MiB" in refusal("bce", "-", "-q", stdin=table)


@pytest.mark.parametrize("line", [2, 3, 30_000])
@pytest.mark.parametrize("blank", [0, 100_000])
def test_bytes_that_are_not_utf_8_matter_where_they_are_asked_for(line: int, blank: int, here: Path) -> None:
    lines = [b"label,prob,not\xe9", *[b"1,0.5,a"] * 40_000]
    lines[line - 1] = b"1,0.5,\xff\xfe"
    data = b"\n" * blank + b"\n".join(lines)

    assert answer("bce", write("t.csv", data)) == pytest.approx(np.log(2), rel=1e-13, abs=0)
    lines[line - 1] = b"1,0.\xff5,a"
    said = refusal("bce", write("t.csv", b"\n" * blank + b"\n".join(lines)))
    assert said.startswith(f"t.csv:{blank + line}: ") and "UTF-8" in said


@pytest.mark.parametrize("args", [("-p", "2"), ()])
def test_a_name_that_is_not_utf_8_matters_where_its_column_is_asked_for(args: tuple[str, ...], here: Path) -> None:
    said = refusal("bce", write("t.csv", b"\n\nlabel,pr\xf6b\n1,0.8\n0,0.3\n"), *args)
    assert said.startswith("t.csv:3: ") and "UTF-8" in said


def test_blank_lines_without_end_are_refused() -> None:
    for blank in [b"\n", b" ", b"\r\n"]:
        line = refusal("bce", stdin=blank * (20_000_000 // len(blank)))

        assert line == "<stdin>: more than 16 MiB of blank lines; is this a table?", blank


def test_what_looks_like_json_behind_many_blank_lines_is_named_by_its_line(here: Path) -> None:
    assert refusal("bce", write("t.csv", b"\n" * 100_000 + b'{"a": [1\n')).startswith("t.csv:100001: ")


@pytest.mark.slow
def test_a_hundred_thousand_class_columns_are_chosen_in_a_second(here: Path) -> None:
    k = 100_000
    names, probs = ",".join(f"p{at}" for at in range(k)), ",".join([repr(1 / k)] * k)
    write("t.csv", f"label,{names}\n0,{probs}\n".encode())

    start = time.process_time()
    assert answer("ce", "t.csv", "-p", "p*") == pytest.approx(np.log(k), rel=1e-13, abs=0)
    assert time.process_time() - start < 20  # what is quadratic takes minutes


def test_gzip_is_read_without_the_quicker_package(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(compression, "import_module", unknown)
    data = b"".join(two_members("gzip"))

    assert answer("bce", write("t", data)) == answer("bce", "-", stdin=TABLE)
    assert refusal("bce", write("t", data[:-9]), "-q") == "t: the compressed data end too soon"


@pytest.mark.parametrize("first", [" \t", "\t\n  \t ", "\x0c", '""', '""\n\n" "'])
def test_lines_of_white_space_before_the_header_are_none_of_the_table(first: str, here: Path) -> None:
    table = f"{first}\nlabel,prob\n1,0.5\n"
    assert answer("bce", write("t.csv", table.encode())) == answer("bce", "1", "0.5")
    assert answer("bce", "t.csv", "-y", "label", "-p", "prob", "-d", ",") == answer("bce", "1", "0.5")


def test_an_empty_cell_alone_is_missing_in_a_table_of_one_column_and_else_a_blank_line(here: Path) -> None:
    assert refusal("nll", write("t.csv", b'""\n0.5\n0.25\n'), "-p", "1").startswith("t.csv:1: column 1: the cell is")
    assert refusal("bce", write("t.csv", b'""\n""\nlabel,prob\n1,2\n')).startswith("t.csv:4: ")


def test_a_first_line_longer_than_is_looked_at_is_no_empty_input() -> None:
    assert refusal("bce", stdin=b"a" * (34 << 20)) == "<stdin>: a line of more than 16 MiB; is this a table?"
