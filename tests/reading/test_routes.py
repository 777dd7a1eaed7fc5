"""Every route through the reader gives the same answer, or the same error at the same line.

The routes: the fast decoder and the careful way, blocks of any size, any number of threads, parts of a file in
processes of their own, a file and a pipe.
"""

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import crossed, examples, scaled
from hypothesis import assume, given
from hypothesis import strategies as st
from samples import SIGNS, digits, joined

from losscli.data.blocks import Block, Layout, Origin
from losscli.data.categorical import take_cells, texts
from losscli.data.cells import is_missing, number
from losscli.data.columns import ColumnSelection
from losscli.data.table import Table
from losscli.engines import local
from losscli.enums import Form
from losscli.errors import DataError
from losscli.evaluation.evaluate import summary_of
from losscli.evaluation.problem import Settings, problem_of
from losscli.losses.table import LOSSES
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text import feed
from losscli.reading.text import lines as text_lines
from losscli.reading.text import table as text_table
from losscli.reading.text.decode import decode
from losscli.reading.text.dialect import Style, records
from losscli.reading.text.lines import decoded_block, parsed_lines
from losscli.reading.text.tokenizer import are_records

NUMBER = st.one_of(
    st.floats(0.0, 1.0).map(repr),
    st.floats(allow_nan=False).map(repr),
    st.floats(0.0, 1.0).map(lambda p: f"{p:.6f}"),
    st.integers(0, 1).map(str),
    joined(
        SIGNS,
        digits(25),
        st.sampled_from(["", "."]),
        digits(25),
        st.just("") | joined(st.just("e"), SIGNS, digits(3, 1)),
    ),
)
ODD = st.sampled_from(
    [
        "",
        " ",
        "NA",
        "nan",
        "null",
        ".",
        "abc",
        "1_0",
        "0x1",
        "inf",
        "1,5",
        "\u0661",
        "\xe9",
        '"0.5"',
        '"a\nb"',
        "0.5 ",
        " 1",
        "-",
    ]
)
CELL = st.one_of(NUMBER, NUMBER, NUMBER, ODD)
LABEL = st.one_of(st.sampled_from(["0", "1", "1.0", "01", "cat", "dog"]), CELL)
LAYOUTS = [
    Layout(2, (0,), (1,)),
    Layout(2, (0,), (1,), drop=True),
    Layout(3, (2,), (0,), weight=1),
    Layout(4, (0,), (1, 2, 3)),
    Layout(1, (), (0,)),
    Layout(4, (1,), (3,), features=(0,)),
    Layout(4, (1, 2), (3,), extra=(0, 1), drop=True),
    Layout(1, (0,), (), drop=True),
]


MISSING = st.sampled_from(["", " ", "NA", "nan", "-nan", "null", ".", "0.5", "1", " 0.25 ", "\xa0"])


DROPPING = [layout for layout in LAYOUTS if layout.drop]


def lines_of(width: int, cell: st.SearchStrategy[str] = CELL) -> st.SearchStrategy[list[str]]:
    """Lines that mostly have the right number of cells."""
    row = st.lists(cell, min_size=width, max_size=width)
    ragged = st.lists(cell, min_size=1, max_size=width + 1)
    labelled = st.tuples(LABEL, st.lists(NUMBER, min_size=width - 1, max_size=width - 1)).map(lambda r: [r[0], *r[1]])
    return st.lists(st.one_of(labelled, labelled, labelled, row, ragged).map(",".join), max_size=40)


def outcome(block: Block) -> tuple[object, ...]:
    """All that an answer or an error can depend on."""
    line = None
    if block.fault is not None:
        line = block.fault.row if block.line is None else int(block.line[block.fault.row])
    kept = block.kept
    numbers = (block.preds, block.weights, block.features)
    return (
        block.rows,
        [texts(take_cells(column, kept)) for column in block.labels],
        [None if part is None else np.ascontiguousarray(part[kept]).view(np.uint64).tolist() for part in numbers],
        [list(map(words.categories.__getitem__, words.codes.tolist())) for words in block.extra],
        kept.tolist(),
        kept.tolist() if block.line is None else block.line[kept].tolist(),
        block.lines,
        block.fault and (block.fault.part, block.fault.column, block.fault.what, line),
    )


SOUND = NUMBER.filter(lambda cell: number(cell) is not None and not is_missing(cell))
WORD = st.one_of(SOUND, st.sampled_from(["0", "1", "1.0", "01", "cat", "dog", "a long word of many letters"]))


@st.composite
def sound_lines(draw: st.DrawFn, layout: Layout, most: int) -> list[str]:
    """Lines in which nothing is wrong: a few cells of each column, in any order."""
    pools = [
        draw(st.lists(WORD if at in layout.labels else SOUND, min_size=1, max_size=8)) for at in range(layout.width)
    ]
    places = draw(st.lists(st.integers(0, 7), min_size=1, max_size=most))
    return [",".join(pool[(at * (column + 1)) % len(pool)] for column, pool in enumerate(pools)) for at in places]


@examples(300)
@given(st.data())
def test_the_fast_decoder_takes_sound_tables_and_makes_the_block_of_the_careful_way(data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(LAYOUTS))
    rows = data.draw(sound_lines(layout, 200))
    piece = "\n".join(rows).encode() + data.draw(st.sampled_from([b"", b"\n"]))

    fast = decoded_block(piece, layout, Origin())

    assert fast is not None and fast.rows == len(rows)
    assert odd_lines(piece, layout) == []
    assert outcome(fast) == outcome(parsed_lines(piece, layout, Origin()))


def odd_lines(piece: bytes, layout: Layout) -> list[int]:
    """The lines of a piece that the fast decoder leaves to the careful way."""
    decoded = decode(piece, layout)
    assert decoded is not None
    return [at for at, _ in decoded.odd]


@pytest.mark.slow
def test_odd_rows_are_read_with_care_and_put_among_the_others_in_their_order() -> None:
    reached = {"take_cells": 0, "left": 0, "dropped": 0, "faults": 0}

    @examples(2000)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        layout = data.draw(st.sampled_from([*LAYOUTS, *DROPPING, *DROPPING]))
        rows = data.draw(sound_lines(layout, 60))
        rows *= 1 + 24 // len(rows)
        put = data.draw(lines_of(layout.width, data.draw(st.sampled_from([CELL, MISSING]))).map(lambda few: few[:6]))
        strange = sorted(data.draw(st.lists(st.integers(0, len(rows)), min_size=len(put), max_size=len(put))))
        for more, (at, line) in enumerate(zip(strange, put, strict=True)):
            rows.insert(at + more, line)
        piece = data.draw(st.sampled_from(["\n", "\r\n"])).join(rows).encode() + b"\n"
        assume(b'"' not in piece or are_records(piece, layout))

        fast = decoded_block(piece, layout, Origin())

        assert fast is not None
        careful = parsed_lines(piece, layout, Origin())
        assert outcome(fast) == outcome(careful)
        odd = odd_lines(piece, layout)
        assert set(odd) <= {at + more for more, at in enumerate(strange)}  # no sound row among them
        reached["take_cells"] += len(rows) - len(odd)
        reached["left"] += len(odd)
        reached["dropped"] += fast.fault is None and fast.rows - len(fast.kept)
        reached["faults"] += fast.fault is not None

    law()
    assert min(reached.values()) >= 10 or scaled(10) == 1, reached  # few examples reach all only sometimes


QUOTED = st.sampled_from(["cat", "dog", "Smith, J", "a b", " 0.5 ", "0.25", "1", "", "NA", "x;y", "été", "abc"])
QUOTED_LINE = st.sampled_from(['"a""b",1', '5" pipe,1', '"1" ,0.5', ' "1",0.5', '"1","0.5"x', '""', '"a\rb",0.5', '"'])


@st.composite
def quoted_lines(draw: st.DrawFn, width: int) -> list[str]:
    """Lines in which some columns are quoted, all of them or some cells only."""
    number = st.floats(0.0, 1.0).map(repr)
    pools = [
        draw(st.lists(draw(st.sampled_from([number, number, QUOTED])), min_size=1, max_size=6)) for _ in range(width)
    ]
    way = draw(st.sampled_from(["all", "some", "needed"]))
    marks = draw(st.lists(st.booleans(), min_size=11, max_size=11))
    rows = []
    for at in range(draw(st.integers(12, 40))):
        cells = [pool[(at * (column + 1)) % len(pool)] for column, pool in enumerate(pools)]
        chosen = [
            way == "all" or "," in cell or (way == "some" and marks[(at + 3 * column) % 11])
            for column, cell in enumerate(cells)
        ]
        rows.append(",".join(f'"{cell}"' if mark else cell for cell, mark in zip(cells, chosen, strict=True)))
    return rows


@pytest.mark.slow
def test_quoted_tables_without_line_breaks_in_cells_are_for_the_fast_decoder() -> None:
    reached = {"take_cells": 0, "left": 0, "pieces": 0, "cut elsewhere": 0}

    @examples(2000)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        layout = data.draw(st.sampled_from(LAYOUTS))
        rows = data.draw(quoted_lines(layout.width))
        strange = data.draw(st.lists(QUOTED_LINE, max_size=2))
        for line in strange:
            rows.insert(data.draw(st.integers(0, len(rows))), line)
        piece = data.draw(st.sampled_from(["\n", "\r\n"])).join(rows).encode() + data.draw(
            st.sampled_from([b"", b"\n"])
        )

        if strange and not are_records(piece, layout):
            reached["cut elsewhere"] += 1
            assume(False)
        assert are_records(piece, layout)
        fast, careful = decoded_block(piece, layout, Origin()), parsed_lines(piece, layout, Origin())
        if fast is not None:
            assert outcome(fast) == outcome(careful)
            odd = odd_lines(piece, layout)
            reached["take_cells"] += len(rows) - len(odd)
            reached["left"] += len(odd)
            reached["pieces"] += 1

    law()
    assert min(reached.values()) >= 10 or scaled(10) == 1, reached  # few examples reach all only sometimes


@examples(1500)
@given(st.text('019.,"\r\n x', max_size=60), st.sampled_from([",", ";", "x"]))
def test_where_lines_are_said_to_be_records_the_csv_module_finds_these_records(piece: str, delimiter: str) -> None:
    lines = [line + "\n" for line in piece.split("\n")]
    lines = [*lines[:-1], *([lines[-1][:-1]] if piece[-1:] != "\n" and piece else [])]
    assume(lines and are_records(piece.encode(), Layout(2, (), (), delimiter=delimiter)))

    assert (
        parsed(lines, delimiter)
        == [record for line in lines for record in parsed([line], delimiter)][: len(parsed(lines, delimiter))]
    )


def parsed(lines: list[str], delimiter: str) -> list[object]:
    """The records of lines, and what is wrong where something is."""
    found: list[object] = []
    try:
        found.extend(records(iter(lines), delimiter))
    except csv.Error as error:
        found.append(str(error))
    return found


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_fast_decoder_takes_plain_tables_of_every_delimiter(delimiter: str) -> None:
    rows = [f"{at % 2}{delimiter}{at / 64}{delimiter}word" for at in range(64)]

    block = decoded_block("\n".join(rows).encode(), Layout(3, (0,), (1,), delimiter=delimiter), Origin())

    assert block is not None
    assert block.preds[:, 0].tolist() == [at / 64 for at in range(64)]


def answer(path: Path, block_bytes: int, threads: int, fast: bool = True) -> object:
    """The summary of a file of labels and probabilities, or its error."""
    wanted = ColumnSelection(forms=frozenset({Form.BINARY}))
    doors = text_lines.decoded_block, text_table.are_records
    if not fast:
        text_lines.decoded_block, text_table.are_records = (lambda *_: None), (lambda *_: False)  # type: ignore[assignment]
    try:
        table = open_data(ReadOptions((str(path),), wanted, Style(block_bytes=block_bytes)))
        try:
            return summary_of(problem_of(Settings(LOSSES["bce"]), table), replace(table, threads=threads))
        finally:
            table.close()
    except DataError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        text_lines.decoded_block, text_table.are_records = doors


@examples(60)
@given(data=st.data())
def test_no_route_changes_an_answer_or_an_error(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("routes") / "t.csv"
    good = st.tuples(st.integers(0, 1), st.floats(0.0, 1.0)).map(lambda row: f"{row[0]},{row[1]!r}")
    odd = st.sampled_from(
        ["", "1,1.5", "0,abc", '1,"0.5"', '"1",0.25', "2,0.5", "1,NA", "1,0.5,6", '0,"0.\n5"', "1, 0.5", '"1","0.75"']
    )
    rows = data.draw(st.lists(st.one_of(good, good, good, good, odd), min_size=1, max_size=60))
    path.write_text("label,prob\n" + "\n".join(rows))
    size, threads = data.draw(st.sampled_from([1, 7, 64, 1000])), data.draw(st.sampled_from([1, 2, 3]))

    whole = answer(path, 1 << 20, 1)

    assert answer(path, size, threads) == whole
    assert answer(path, size, 1, fast=False) == whole


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(feed, "LEAST_BYTES", 200)
    forks = sys.platform == "linux"  # though another test of this process may have loaded pyarrow
    monkeypatch.setattr(local, "available", lambda: forks)
    yield


def binary_file(path: Path, rows: int = 500) -> Path:
    generator = np.random.default_rng(5)
    probs, labels = generator.random(rows), generator.integers(0, 2, rows)
    path.write_text(
        "label,prob\n" + "".join(f"{y},{p!r}\n" for y, p in zip(labels.tolist(), probs.tolist(), strict=True))
    )
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.parametrize("count", [2, 3, 8])
def test_processes_change_no_digit(tmp_path: Path, small_ranges: None, count: int) -> None:
    path = binary_file(tmp_path / "t.csv")

    assert answer(path, 1 << 20, count) == answer(path, 1 << 20, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.parametrize(
    ("line", "place"),
    crossed(["1,abc", "1,1.5", "cow,0.5", '1,"0.5"', '0,"0.\n5"', "", "1,0.5,3", "1,"], [3, 250, 499]),
)
def test_a_fault_or_a_quote_in_any_part_is_told_as_if_there_were_no_parts(
    tmp_path: Path, small_ranges: None, line: str, place: int
) -> None:
    path = binary_file(tmp_path / "t.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:place], line, *lines[place:]]) + "\n")

    assert answer(path, 1 << 20, 4) == answer(path, 1 << 20, 1)


def test_parts_hold_all_rows_in_order(tmp_path: Path, small_ranges: None) -> None:
    path = binary_file(tmp_path / "t.csv")
    with open_table(path) as table:
        parts = [table.part(low, high) for low, high in table.reader.ranges(5)]
        assert len(parts) == 5
        found = np.concatenate([chunk().preds for part in parts for chunk in part.chunks()])

    assert found[:, 0].tolist() == [float(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]


def test_a_small_file_has_no_parts(tmp_path: Path) -> None:
    with open_table(binary_file(tmp_path / "t.csv")) as table:
        assert not table.reader.ranges(4)


class open_table:
    """A table that is closed again."""

    def __init__(self, path: Path) -> None:
        self.table = open_data(ReadOptions((os.fspath(path),), ColumnSelection(forms=frozenset({Form.BINARY}))))

    def __enter__(self) -> Table:
        return self.table

    def __exit__(self, *_: object) -> None:
        self.table.close()


def test_a_table_is_itself_again_when_its_parts_were_not_read(tmp_path: Path, small_ranges: None) -> None:
    path = binary_file(tmp_path / "t.csv")
    with open_table(path) as table:
        table.reader.ranges(3)
        assert sum(chunk().rows for chunk in replace(table).chunks()) == 500
