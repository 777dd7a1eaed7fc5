"""Rows against `repr()` and joined strings, with orjson and without: the same bytes."""

import csv
import io
import math
import sys
import unicodedata
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from conftest import examples, scaled
from hypothesis import given
from hypothesis import strategies as st
from samples import CHARACTERS

from losscli.data.categorical import Categorical
from losscli.output.encode import encoded
from losscli.output.formats import FORMATS
from losscli.output.report import Column, Report, RowReport

ROWS = 1000  # so many that orjson is asked


@pytest.fixture(scope="module", autouse=True, params=["orjson", "plain"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every test runs with orjson and without it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "plain":
            patch.setitem(sys.modules, "orjson", None)
        else:
            pytest.importorskip("orjson")
        yield request.param


def expected(columns: Sequence[Column], delimiter: str = ",") -> bytes:
    cells = [
        [column.categories[code] for code in column.codes.tolist()]
        if isinstance(column, Categorical)
        else [repr(value) for value in column.tolist()]
        for column in columns
    ]
    return "".join(f"{delimiter.join(line)}\n" for line in zip(*cells, strict=True)).encode("utf-8", "surrogateescape")


def assert_as_repr(values: Sequence[float] | np.ndarray) -> None:
    column = np.resize(np.asarray(values, np.float64), max(ROWS, len(values)))
    written = encoded([column], b",").decode().split("\n")
    texts = [repr(value) for value in column.tolist()]
    assert written.pop() == "" and len(written) == len(texts)
    assert not [(found, text) for found, text in zip(written, texts, strict=True) if found != text]


def neighbour(value: float, steps: int) -> float:
    """The float so many steps away."""
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.copysign(math.inf, steps))
    return value


near = st.integers(-3, 3)
decimals = st.builds(
    lambda sign, digits, exponent: float(f"{sign}{digits}e{exponent}"),
    st.sampled_from(["", "-"]),
    st.integers(1, 17).flatmap(lambda count: st.integers(10 ** (count - 1), 10**count - 1)),
    st.one_of(st.integers(-25, 5), st.integers(-130, 110)),
)
shaped = st.one_of(
    st.floats(),
    st.floats(0, 1),
    st.floats(0, 1, exclude_min=True).map(lambda p: -math.log(p)),
    decimals,
    st.builds(lambda exponent, steps: neighbour(2.0**exponent, steps), st.integers(-1074, 1023), near),
    st.builds(lambda exponent, steps: neighbour(float(f"1e{exponent}"), steps), st.integers(-323, 308), near),
    st.builds(lambda number, power: (number + 0.5) / 2**power, st.integers(-(2**52), 2**52), st.integers(0, 60)),
    st.builds(lambda number, power: number * 5.0**power, st.integers(1, 2**53), st.integers(0, 40)),
    st.sampled_from(
        [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308]
    ),
)


@examples(200)
@given(st.lists(shaped, min_size=1, max_size=30), st.sampled_from([0.25, 1e-7, -3e-5, 1e17]))
def test_a_column_of_all_kinds_of_floats_is_written_as_repr_writes_it(values: list[float], filler: float) -> None:
    assert_as_repr([*values, *(-value for value in values), *[filler] * (ROWS - 2 * len(values))])


@examples(50)
@given(st.lists(shaped, max_size=4))
def test_few_floats_are_written_as_repr_writes_them(values: list[float]) -> None:
    assert encoded([np.array(values)], b",") == "".join(f"{value!r}\n" for value in values).encode()


@pytest.mark.parametrize(
    "shape",
    [
        lambda random: random.random(20000),
        lambda random: -np.log(random.random(20000)),
        lambda random: (random.random(20000) - 0.5) / 1e6,
        lambda random: random.normal(size=20000) * 10.0 ** random.integers(-12, 18, 20000),
        lambda random: np.where(random.random(20000) < 0.3, 0.0, random.normal(size=20000)),
        lambda random: random.integers(0, 2**64, 20000, np.uint64).view(np.float64),
        lambda random: random.integers(0, 2**53, 20000) / 2.0 ** random.integers(0, 60, 20000),
    ],
    ids=["probabilities", "losses", "gradients", "signed", "zeros", "bit patterns", "dyadic"],
)
def test_random_floats_are_written_as_repr_writes_them(shape) -> None:
    with np.errstate(invalid="ignore"):
        values = shape(np.random.default_rng(0))
    assert_as_repr(values)


def test_every_power_of_two_and_of_ten_is_written_as_repr_writes_it_and_so_are_its_neighbours() -> None:
    powers = [math.ldexp(1.0, e) for e in range(-1074, 1024)] + [float(f"1e{e}") for e in range(-323, 309)]
    values = np.array(powers)
    assert_as_repr(np.concatenate([values, np.nextafter(values, 0), np.nextafter(values, math.inf), -values]))


def test_halves_of_the_last_of_seventeen_digits_are_written_as_repr_writes_them() -> None:
    whole = 10**16 // 2**4 + np.arange(1, 4000, 40)
    assert_as_repr(np.concatenate([whole / 2.0**power for power in range(4, 60)]))


def test_every_exponent_meets_every_number_of_digits() -> None:
    texts = ["1", "12", "123", "12345678", "123456789", "123456789012345", "1234567890123456", "12345678901234567"]
    assert_as_repr([float(f"{sign}{text}e{e}") for e in range(-120, 120) for text in texts for sign in ("", "-")])


@examples(50)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300), min_size=1, max_size=12))
def test_integers_are_written_as_str_writes_them(numbers: list[int]) -> None:
    column = np.resize(np.array(numbers, np.int64), ROWS)
    assert encoded([column], b",") == expected([column])


# what words may hold when they come: bytes that aren't UTF-8, and no control codes but newlines and tabs
letters = st.characters(exclude_categories=["Cs", "Cc"], include_characters=["\udc80", "\udcff", "\n", "\t"])
few = "\udc80\udcff\n\t" + "".join(one for one in CHARACTERS if unicodedata.category(one) != "Cc")
cells = st.text(few if scaled(10) == 1 else letters, max_size=40) | st.sampled_from(
    ["1e-6", "e-7,", ",", "-", ",-,", "null", '"', "\\", "]", "[,"]
)


@examples(100)
@given(
    st.lists(cells, min_size=1, max_size=6, unique=True),
    st.lists(shaped, min_size=1, max_size=8),
    st.permutations(range(4)),
    st.sampled_from([",", "\t"]),
    st.sampled_from([1, ROWS - 1, ROWS, ROWS + 7]),
)
def test_lines_of_words_numbers_and_rows_are_joined(
    categories: list[str], values: list[float], order: list[int], delimiter: str, count: int
) -> None:
    codes = np.random.default_rng(count).integers(0, len(categories), count).astype(np.intp)
    words = Categorical(codes, tuple(categories))
    columns: list[Column] = [words, np.resize(np.array(values), count), np.arange(count) - 50, words]
    columns = [columns[at] for at in order]
    assert encoded(columns, delimiter.encode()) == expected(columns, delimiter)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_words_of_rows_are_quoted_as_the_csv_module_quotes_them_and_control_codes_are_escaped(delimiter: str) -> None:
    words = ("a,b", "a\tb", 'say "so"', "two\nlines", "", "e-6,", "\0\1\2", "\x1b[31m", "é", "\u202e")
    codes = np.resize(np.arange(len(words), dtype=np.intp), ROWS)
    values = np.linspace(-1e-5, 1e-5, ROWS)
    report = Report("rows", {}, ())
    rows = RowReport(("word", "x"), lambda: iter([(Categorical(codes, words), values)]), {}, slice(0), lambda: report)
    write = FORMATS["csv" if delimiter == "," else "tsv"].rows
    assert write is not None
    shown = (*words[:6], "\\x00\\x01\\x02", "\\x1b[31m", "é", "\\u202e")
    out = io.StringIO()
    lines = [("word", "x"), *zip([shown[code] for code in codes.tolist()], map(repr, values.tolist()), strict=True)]
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(lines)
    assert b"".join(write(rows, 6)).decode() == out.getvalue()


@pytest.mark.parametrize("rows", [0, 1, ROWS - 1, ROWS, ROWS + 1, 33000])
def test_any_number_of_rows_is_written(rows: int) -> None:
    random = np.random.default_rng(rows)
    words = Categorical(random.integers(0, 2, rows), ("yes", "no") if rows else ())
    columns: list[Column] = [np.arange(rows) + 1, words, np.round(random.random(rows), 6), random.normal(size=rows)]
    assert encoded(columns, b",") == expected(columns)


def test_columns_need_not_be_contiguous_and_are_left_as_they_were() -> None:
    matrix = np.random.default_rng(0).normal(size=(ROWS, 3)) * 1e-5
    columns: list[Column] = [matrix[:, 1], np.arange(2 * ROWS)[::2], matrix[::-1, 2]]
    before = matrix.tobytes()
    assert encoded(columns, b",") == expected(columns)
    assert matrix.tobytes() == before


def test_no_warning_escapes() -> None:
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        values = np.random.default_rng(0).integers(0, 2**64, 5000, np.uint64).view(np.float64)
        encoded([values, values.view(np.int64)], b",")
