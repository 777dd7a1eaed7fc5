"""The fast decoder against `float()` and the csv module: the same bits, the same words, or an odd line."""

import csv
import io
import math
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, examples, refusal, scaled, write
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from losscli.data.blocks import Layout
from losscli.data.categorical import Categorical
from losscli.reading.text.decode import Decoded, decode
from losscli.reading.text.dialect import BLOCK_BYTES
from losscli.reading.text.tokenizer import are_records

MISSING = ("", "na", "n/a", "nan", "null", "none", ".")
DELIMITERS = (",", "\t", ";", "|")


def asked(
    delimiter: str,
    width: int,
    numbers: tuple[int, ...],
    labels: tuple[int, ...] = (),
    extra: tuple[int, ...] = (),
    drop: bool = False,
) -> Layout:
    return Layout(width, labels, numbers, drop=drop, extra=extra, delimiter=delimiter)


def plain(block: bytes, layout: Layout) -> Decoded | None:
    """What the decoder makes of a block of which it takes every line."""
    decoded = decode(block, layout)
    return decoded if decoded is not None and not decoded.odd else None


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def reference(text: str) -> float | None:
    """What a cell's number is, or None where there is none or it is missing."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def column(cells: list[str]) -> np.ndarray | None:
    decoded = plain("".join(f"{cell}\n" for cell in cells).encode(), asked(",", 1, (0,)))
    return None if decoded is None else decoded.numbers[0]


def assert_same(cells: list[str], values: np.ndarray | None) -> None:
    expected = [reference(cell) for cell in cells]
    assert values is not None
    wrong = [
        (c, v, e) for c, v, e in zip(cells, values.tolist(), expected, strict=True) if e is None or bits(v) != bits(e)
    ]
    assert not wrong


def halfway(seed: int, digits: int, exponent: int) -> str:
    """A decimal of so many digits as near as can be to the middle between two doubles."""
    low = math.ldexp(2**52 + seed % 2**52, exponent)
    numerator, denominator = ((2 * (2**52 + seed % 2**52) + 1), 2)
    scaled = numerator * 2**exponent if exponent >= 0 else numerator
    denominator = denominator if exponent >= 0 else denominator * 2**-exponent
    places = digits - (math.floor(math.log10(low)) + 1)
    mantissa = scaled * 10**places // denominator if places >= 0 else scaled // (denominator * 10**-places)
    text = str(mantissa)
    if places <= 0:
        return text + "0" * -places
    text = text.zfill(places + 1)
    return f"{text[:-places]}.{text[-places:]}"


halfways = st.builds(halfway, st.integers(0, 2**60), st.integers(15, 20), st.integers(-75, 4))
digit_strings = st.text("0123456789", max_size=26)
decimals = st.builds(
    lambda sign, whole, point, part, exponent: sign + whole + point + part + exponent,
    st.sampled_from(["", "", "-", "+"]),
    digit_strings,
    st.sampled_from(["", ".", "."]),
    digit_strings,
    st.sampled_from(["", "", "e-05", "e+12", "E7", "e-308", "E-324", "e308", "e", "e+", "e-5", "e400", "e-99", "e+99"]),
)
many_zeros = st.builds(
    lambda sign, before, zeros, part, after: f"{sign}{before}.{'0' * zeros}{part}{'0' * after}",
    st.sampled_from(["", "-"]),
    st.sampled_from(["", "0", "00", "1", "10000000"]),
    st.integers(0, 22),
    st.sampled_from(["", "1", "5", "49999999", "12345678901234567"]),
    st.integers(0, 20),
)
short = st.builds(lambda n, d: f"0.{n:0{d}d}"[: d + 2], st.integers(0, 10**22 - 1), st.integers(1, 22))
words = st.sampled_from(
    ["inf", "-Infinity", "nan", "1_0", "0x1", "1e5", "٣", "-", "+", ".", "e-05", "-.", "+-1", "1.2.3", "1x5"]
)
number_cells = st.one_of(
    st.floats(allow_nan=False).map(repr), st.floats(0, 1).map(repr), halfways, decimals, many_zeros, short, words
)
FILLERS: tuple[list[str], ...] = (["0.25"] * 60, ["-12.5"] * 60, ["0.12345678901234567"] * 60, [])


@examples(900)
@given(number_cells, st.sampled_from(FILLERS), st.integers(0, 60))
def test_a_cell_is_read_as_float_reads_it_or_refused_with_it(cell: str, filler: list[str], at: int) -> None:
    cells = [*filler[:at], cell, *filler[at:]]
    values = column(cells)
    if reference(cell) is None:
        assert values is None
    else:
        assert_same(cells, values)


@examples(200)
@given(st.lists(number_cells.filter(lambda cell: reference(cell) is not None), min_size=30, max_size=120))
def test_a_column_of_all_kinds_of_numbers_is_read_as_float_reads_it(cells: list[str]) -> None:
    assert_same(cells, column(cells))


@pytest.mark.parametrize("start", ["0.", "1.", "-3.", "12.", ".", "-0.", "1234567.", "0.00000"])
def test_random_digits_of_each_length_are_read_as_float_reads_them(start: str) -> None:
    for digits in range(1, 23):
        random = np.random.default_rng(digits)
        cells = [start + "".join(map(str, random.integers(0, 10, digits))) for _ in range(scaled(400))]
        assert_same(cells, column(cells))


@pytest.mark.parametrize("digits", [16, 17, 18, 19])
def test_numbers_beside_the_middle_of_two_doubles_round_to_the_nearer_one(digits: int) -> None:
    random = np.random.default_rng(digits)
    cells = [
        halfway(int(s), digits, -int(e))
        for s, e in zip(random.integers(0, 2**52, 3000), random.integers(52, 62, 3000), strict=True)
    ]
    assert_same(cells, column(cells))
    assert_same(["-" + cell for cell in cells], column(["-" + cell for cell in cells]))


@pytest.mark.parametrize(
    "spell", [repr, "{:.6f}".format, "{:.6e}".format, "{:.17e}".format, "{:g}".format, "{:.0f}".format]
)
@pytest.mark.parametrize("spread", [0, 3, 12, 120])
def test_logits_in_any_spelling_are_read_as_float_reads_them(spell: object, spread: int) -> None:
    random = np.random.default_rng(spread)
    values = random.standard_normal(2000) * 10.0 ** random.integers(-spread, spread + 1, 2000)
    cells = [spell(value) for value in values.tolist()]  # type: ignore[operator]
    assert_same(cells, column(cells))


def expected_table(block: bytes, layout: Layout) -> tuple[list[list[float]], list[list[str] | list[float]]]:
    """The asked columns as the csv module reads them."""
    rows = list(
        csv.reader(
            io.StringIO(block.decode(errors="surrogateescape"), newline=""),
            delimiter=layout.delimiter,
            skipinitialspace=True,
            strict=True,
        )
    )
    assert all(len(row) == layout.width for row in rows)
    cells = [[row[at].strip() for row in rows] for at in range(layout.width)]
    numbers = [[float(cell) for cell in cells[at]] for at in layout.preds]
    labels: list[list[str] | list[float]] = []
    for at in layout.labels:
        values = [reference(cell) for cell in cells[at]]
        floats = [value for value in values if value is not None]
        small = len(floats) == len(values) and all(abs(value) < 2.0**53 for value in floats)
        labels.append(floats if small else cells[at])  # larger whole numbers aren't floats, and stay as they stand
    return numbers, labels


def assert_table(block: bytes, layout: Layout, decoded: Decoded) -> None:
    numbers, labels = expected_table(block, layout)
    assert decoded.numbers.shape == (len(layout.preds), decoded.lines)
    assert decoded.numbers.flags.c_contiguous
    assert decoded.numbers.tobytes() == np.array(numbers, np.float64).tobytes()
    for found, wanted in zip(decoded.labels, labels, strict=True):
        if isinstance(found, Categorical):
            assert [found.categories[code] for code in found.codes] == wanted
            assert len(set(found.categories)) == len(found.categories)
        else:
            assert found.tobytes() == np.array(wanted, np.float64).tobytes()


good_numbers = number_cells.filter(lambda cell: reference(cell) is not None)
good_words = st.text("abcÄ日 .-'é\u00a0", max_size=30).filter(
    lambda text: text.strip().lower() not in (*MISSING, "-", "--")
)
label_cells = st.one_of(
    st.sampled_from(["0", "1", "2", "cat", "dog", "a word of more than 24 bytes"]), good_numbers, good_words
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, Layout]:
    width = draw(st.integers(1, 24))
    roles = draw(st.lists(st.sampled_from("nlx"), min_size=width, max_size=width))
    delimiter = draw(st.sampled_from(DELIMITERS))
    kinds = {"n": good_numbers, "l": draw(st.sampled_from([label_cells, good_words, st.sampled_from("01")]))}
    kinds["x"] = st.text("ab1. é", min_size=width == 1, max_size=20).filter(
        lambda text: width > 1 or bool(text.strip())
    )
    rows = draw(st.lists(st.tuples(*(kinds[role] for role in roles)), min_size=1, max_size=6))
    rows = rows * draw(st.sampled_from([1, 1, 12]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    pad = draw(st.sampled_from(["", "", " ", "  "]))
    quotes = draw(st.lists(st.sampled_from(["", "", '"']), min_size=7 * width, max_size=7 * width))
    quotes = quotes if draw(st.booleans()) else [draw(st.sampled_from(["", '"']))] * len(quotes)
    text = end.join(
        delimiter.join(
            f"{pad}{cell}{pad}" if pad or not quotes[at % 7 * width + column] else f'"{cell}"'
            for column, cell in enumerate(row)
        )
        for at, row in enumerate(rows)
    )
    chosen = tuple(tuple(at for at, role in enumerate(roles) if role == kind) for kind in "nl")
    return (text + draw(st.sampled_from([end, ""]))).encode(), asked(delimiter, width, *chosen)


@examples(350)
@given(tables())
def test_tables_are_read_as_the_csv_module_reads_them(table: tuple[bytes, Layout]) -> None:
    block, layout = table
    decoded = plain(block, layout)
    assert decoded is not None
    assert_table(block, layout, decoded)


ODD_BYTES = st.sampled_from(
    [bytes([byte]) for byte in b'019.-+eE,;|\t \r\n"aN\0_'] + [b"", b"\xff", "é".encode(), b"nan"]
)


@st.composite
def spoiled_tables(draw: st.DrawFn) -> tuple[bytes, Layout]:
    """A sound table with a byte or two changed, put in or taken out."""
    block, layout = draw(tables())
    for _ in range(draw(st.integers(1, 2))):
        at, gone = draw(st.integers(0, len(block))), draw(st.integers(0, 1))
        block = block[:at] + draw(ODD_BYTES) + block[at + gone :]
    return block, layout


@examples(150, suppress_health_check=[HealthCheck.filter_too_much])
@given(spoiled_tables())
def test_a_spoiled_table_has_odd_lines_or_is_read_as_the_csv_module_reads_it(table: tuple[bytes, Layout]) -> None:
    block, layout = table
    assume(are_records(block, layout))

    decoded = plain(block, layout)

    assume(decoded is not None)
    assert decoded is not None
    assert b"\0" not in block
    assert_table(block, layout, decoded)


@examples(300)
@given(
    st.one_of(st.binary(max_size=200), st.text('019.-+eE,;|\t \r\n"aN\0é', max_size=200).map(str.encode)),
    st.sampled_from([*DELIMITERS, " "]),
    st.integers(1, 3),
)
def test_random_bytes_break_nothing(block: bytes, delimiter: str, width: int) -> None:
    decoded = decode(block, asked(delimiter, width, (0,), (width - 1,)))

    assert (
        decoded is None
        or max(decoded.lines, len({*decoded.line.tolist(), *dict(decoded.odd)})) <= block.count(b"\n") + 1
    )


ODD = {
    "a quote inside a cell": b'a"b",0.5\n',
    "a quote behind a space": b' "0",0.5\n',
    "a quote in a quote": b'"a""b",0.5\n',
    "a carriage return between quotes": b'"a\rb",0.5\n',
    "text behind a quote": b'"a"b,0.5\n',
    "nothing between quotes": b'"0",""\n',
    "a quote in a column that isn't asked for": b'0,0.5,"x\n',
    "a blank line": b"0,0.5\n\n1,0.5\n",
    "a blank line made up for by a long row": b"\n,,\n",
    "a blank line made up for by a long row of numbers": b"0,0.5\n\n1,2,0.5\n",
    "a short row": b"0,0.5\n1\n",
    "a long row": b"0,0.5\n1,0.5,2\n",
    "a short row made up for by a long one": b"0,0.5,1\n1\n",
    "a lone carriage return": b"0,0.5\r1,0.5\n",
    "a carriage return at the end": b"0,0.5\r",
    "two carriage returns": b"0,0.5\r\r\n",
    "a NUL byte": b"0\0,0.5\n",
    "a form feed": b"0,0.5\f\n",
    "an empty number": b"0,\n",
    "an empty label": b",0.5\n",
    "a blank label": b"  ,0.5\n",
    "a word among numbers": b"0,half\n",
    "a missing number": b"0,NA\n",
    "a NaN": b"0,-nan\n",
    "a missing label": b"cat,0.5\nNull,0.5\n",
    "a NaN among labels": b"0,0.5\nnan,0.5\n",
    "a label of bytes outside UTF-8": b"caf\xe9,0.5\n",
    "an underscore in a number": b"0,1_0\n",
    "digits outside ASCII": "0,٣\n".encode(),
}


@pytest.mark.parametrize("block", ODD.values(), ids=ODD)
@pytest.mark.parametrize("times", [1, 100])
def test_a_line_that_is_not_plain_is_odd(block: bytes, times: int) -> None:
    width = 3 if b'"x' in block else 2
    good = b"0,0.5" + b",x" * (width - 2) + b"\n"
    assert plain(good * times, asked(",", width, (1,), (0,))) is not None
    assert plain(good * (times - 1) + block, asked(",", width, (1,), (0,))) is None


@pytest.mark.parametrize("block", [block for name, block in ODD.items() if "at the end" not in name])
def test_the_lines_beside_an_odd_one_are_taken(block: bytes) -> None:
    width = 3 if b'"x' in block else 2
    good = b"0,0.5" + b",x" * (width - 2) + b"\n"

    decoded = decode(good * 40 + block + good * 40, asked(",", width, (1,), (0,)))

    assert decoded is not None
    odd = dict(decoded.odd)
    assert set(odd.values()) <= {line + b"\n" for line in block.split(b"\n")} and len(odd) >= 1
    own = [at for at, line in enumerate(decoded.line.tolist()) if line not in odd]
    assert sorted([*odd, *decoded.line[own].tolist()]) == list(range(80 + block.count(b"\n")))
    assert decoded.numbers[:, own].tolist() == [[0.5] * (79 + block.count(b"\n") + 1 - len(odd))]


@pytest.mark.parametrize("width", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("first", ["1", "cat", "0.12345678"])
@pytest.mark.parametrize("cell", ["7", "0.12345678"])
def test_rows_cut_in_other_places_are_refused_whatever_is_asked_for(width: int, first: str, cell: str) -> None:
    rows = [first + f",{cell}" * (width - 1)] * 9
    text = "\n".join(rows) + "\n"
    assert plain(text.encode(), asked(",", width, ())) is not None
    separators = [at for at, letter in enumerate(text) if letter in ",\n"]
    for at in separators[:-1]:
        other = text[:at] + ("," if text[at] == "\n" else "\n") + text[at + 1 :]
        assert plain(other.encode(), asked(",", width, ())) is None
        for to in (*range(at - 3, at), *range(at + 1, at + 4)):
            moved = text[:at] + text[at + 1 :]
            moved = moved[: max(to, 0)] + text[at] + moved[max(to, 0) :]
            cells = [len(line.split(",")) == width and line != "" for line in moved.split("\n")[:-1]]
            assert (plain(moved.encode(), asked(",", width, ())) is not None) == all(cells)


@pytest.mark.parametrize("word", [*MISSING[1:], "NA", "None", "NaN", "-NaN"])
@pytest.mark.parametrize("columns", [((), (0,)), ((0,), ())])
def test_each_spelling_of_a_missing_cell_is_odd_or_dropped_as_a_label_and_as_a_number(
    word: str, columns: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    for rows in (1, 100):
        for cell in ("cat", "0.5") if columns[1] else ("0.5",):
            block = f"{cell}\n" * rows + f"{word}\n"
            left = decode(block.encode(), asked(",", 1, *columns))
            dropped = decode(block.encode(), asked(",", 1, *columns, drop=True))

            assert left is not None and left.odd == ((rows, f"{word}\n".encode()),)
            assert dropped is not None and dropped.odd == () and dropped.missing.tolist() == [rows]
            assert all(len(column) == rows + 1 == dropped.lines for column in dropped.labels)


def test_a_row_with_a_missing_cell_is_dropped_whatever_else_is_odd_in_it() -> None:
    block = b"0,0.5,1\n" * 9 + b",abc,1\n" + b"caf\xe9,,1\n" + b"0,,NA\n"

    decoded = decode(block, asked(",", 3, (1,), (0,), drop=True))

    assert decoded is not None and decoded.odd == () and set(decoded.missing.tolist()) == {9, 10, 11}


def test_labels_are_numbers_where_the_first_of_them_is_missing() -> None:
    decoded = decode(b"NA,0.5\n" + b"1,0.5\n0,0.25\n" * 4, asked(",", 2, (1,), (0,), drop=True))

    assert decoded is not None
    assert isinstance(decoded.labels[0], np.ndarray) and decoded.labels[0].tolist()[1:] == [1.0, 0.0] * 4
    assert decoded.missing.tolist() == [0]


def test_a_row_keeps_its_place_whatever_becomes_of_the_rows_before_it() -> None:
    block = b"cat,x\nNA,y\ncaf\xe9,y\ndog,\xff\ncat,z\ncat,z\ncat,z\n"

    decoded = decode(block, asked(",", 2, (), (0,), (1,), drop=True))

    assert decoded is not None and [at for at, _ in decoded.odd] == [2, 3] and decoded.missing.tolist() == [1]
    cells = [
        [words.categories[code] for code in words.codes[[0, 1, 4, 5, 6]].tolist()]
        for words in (*decoded.labels, *decoded.extra)
        if isinstance(words, Categorical)
    ]
    assert cells == [["cat", "NA", "cat", "cat", "cat"], ["x", "y", "z", "z", "z"]]


def test_a_blank_line_is_odd_even_where_no_column_is_asked_for() -> None:
    assert plain(b"a\n\nb\n", asked(",", 1, ())) is None
    assert plain(b"a\n  \nb\n", asked(",", 1, ())) is None
    assert plain(b"a\nb\n", asked(",", 1, ())) is not None


def test_nothing_and_tables_delimited_by_spaces_are_refused() -> None:
    assert decode(b"", asked(",", 2, (1,), (0,))) is None
    assert decode(b"0 0.5\n", asked(" ", 2, (1,), (0,))) is None


@pytest.mark.parametrize("count", [2, 40, 3000])
@pytest.mark.parametrize("length", [1, 8, 9, 24, 25, 60])
def test_many_words_keep_their_rows_and_their_first_order(count: int, length: int) -> None:
    random = np.random.default_rng(count + length)
    known = ["".join(letters) for letters in random.choice(list("abcdefgh"), (count, length))]
    cells = [known[at] for at in random.integers(0, count, 4000)]
    decoded = decode("".join(f"{cell}\n" for cell in cells).encode(), asked(",", 1, (), (0,)))
    assert decoded is not None
    (found,) = decoded.labels
    assert isinstance(found, Categorical)
    assert found.categories == tuple(dict.fromkeys(cells))
    assert [found.categories[code] for code in found.codes] == cells


def test_numbers_beside_words_are_words_as_they_stand() -> None:
    decoded = decode(b"1\n 1.0\ncat\n1\n", asked(",", 1, (), (0,)))
    assert decoded is not None
    (found,) = decoded.labels
    assert isinstance(found, Categorical)
    assert found.categories == ("1", "1.0", "cat")
    assert found.codes.tolist() == [0, 1, 2, 0]


def test_words_that_differ_only_in_spaces_outside_ascii_are_one() -> None:
    decoded = decode("cat\n\u00a0cat\ncat\u2003\n".encode(), asked(",", 1, (), (0,)))
    assert decoded is not None
    words = decoded.labels[0]
    assert isinstance(words, Categorical)
    assert (words.categories, set(words.codes.tolist())) == (("cat",), {0})
    assert plain("cat\n\u00a0\n".encode(), asked(",", 1, (), (0,))) is None


def test_threads_decoding_at_once_do_not_disturb_each_other() -> None:
    random = np.random.default_rng(5)
    layout = asked(",", 2, (1,), (0,))
    blocks = []
    for scale in (1, -30, 0.001) * scaled(20):
        values = (random.random(3000) * scale).tolist()
        blocks.append("".join(f"{'ab01'[at % 4]},{value!r}\n" for at, value in enumerate(values)).encode())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda block: decode(block, layout), blocks * 3))
    for block, decoded in zip(blocks * 3, found, strict=True):
        assert decoded is not None
        assert_table(block, layout, decoded)


def test_a_block_may_have_any_size() -> None:
    layout = asked(",", 2, (1,), (0,))
    block = b"".join(b"%d,%.17f\n" % (at % 2, at / 200_000) for at in range(200_000))
    assert len(block) > 4 * BLOCK_BYTES
    decoded = decode(block, layout)
    assert decoded is not None
    assert_table(block, layout, decoded)


@pytest.mark.parametrize("places", [range(40), range(39, 40), range(0, 40, 7)], ids=["all", "the last", "some"])
def test_what_is_nearly_an_exponent_is_what_python_makes_of_it(places: range, here: Path) -> None:
    """In blocks of many cells with exponents, which are read many at a time."""
    for end in (
        "e-0x",
        "e-x1",
        "e-1a",
        "e-.1",
        "e-1.",
        "e- 1",
        "e--1",
        "e+-1",
        "ee01",
        "e0e1",
        "e-0/",
        "e-0:",
        "e-/0",
        "e-:0",
    ):
        cells = [f"{at + 1}.25e-{at % 7 + 10}" for at in range(40)]
        for at in places:
            cells[at] = f"2.5{end}"
        write("t.csv", "label,prob\n" + "".join(f"1,{cell}\n" for cell in cells))
        assert refusal("bce", "t.csv").startswith(f"t.csv:{places[0] + 2}: column 'prob': '2.5{end}' is not a number")
    for end in ("e-01", "e-1", "E-1", "e-001", "e+00", "e0", "e-10"):
        cells = [f"{at + 1}.25e-{at % 7 + 10}" for at in range(40)]
        for at in places:
            cells[at] = f"0.25{end}"
        write("t.csv", "label,prob\n" + "".join(f"1,{cell}\n" for cell in cells))
        right = [-math.log(float(cell)) for cell in cells]
        assert answer("bce", "t.csv") == pytest.approx(math.fsum(right) / 40, rel=1e-14, abs=0), end
