"""The fast encoder against `repr()`, `str()` and joined strings: the same bytes."""

import math
import struct
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.output.encode import Column, encoded
from losscli.reading.blocks import Words

# so many rows that the encoder doesn't leave them to repr()
FILLERS: tuple[list[float], ...] = ([0.25] * 60, [-0.12345678901234568] * 60, [1e-07, -123.5, 2.0**70] * 20)


def expected(columns: Sequence[Column], delimiter: str = ",") -> bytes:
    cells = [
        [column.vocabulary[code] for code in column.codes.tolist()]
        if isinstance(column, Words)
        else [repr(value) for value in column.tolist()]
        for column in columns
    ]
    return "".join(f"{delimiter.join(line)}\n" for line in zip(*cells, strict=True)).encode("utf-8", "surrogateescape")


def assert_as_repr(values: Sequence[float] | np.ndarray) -> None:
    column = np.asarray(values, np.float64)
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


@settings(max_examples=600, deadline=None)
@given(shaped, st.sampled_from(FILLERS), st.integers(0, 60))
def test_a_float_is_written_as_repr_writes_it(value: float, filler: list[float], at: int) -> None:
    assert_as_repr([*filler[:at], value, *filler[at:]])


@settings(max_examples=200, deadline=None)
@given(st.lists(shaped, min_size=1, max_size=16), st.sampled_from(FILLERS))
def test_a_column_of_all_kinds_of_floats_is_written_as_repr_writes_it(values: list[float], filler: list[float]) -> None:
    assert_as_repr([*values, *filler, *values, *(-value for value in values)] * 2)


@settings(max_examples=100, deadline=None)
@given(st.lists(shaped, max_size=4))
def test_few_floats_are_written_as_repr_writes_them(values: list[float]) -> None:
    assert_as_repr(values)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "shape",
    [
        lambda random: random.random(20000),
        lambda random: -np.log(random.random(20000)),
        lambda random: random.normal(size=20000) * 10.0 ** random.integers(-12, 18, 20000),
        lambda random: np.where(random.random(20000) < 0.3, 0.0, random.normal(size=20000)),
        lambda random: random.integers(0, 2**64, 5000, np.uint64).view(np.float64),
        lambda random: random.integers(0, 2**53, 20000) / 2.0 ** random.integers(0, 60, 20000),
    ],
    ids=["probabilities", "losses", "signed", "zeros", "bit patterns", "dyadic"],
)
def test_random_floats_are_written_as_repr_writes_them(shape, seed: int) -> None:
    with np.errstate(invalid="ignore"):
        values = shape(np.random.default_rng(seed))
    assert_as_repr(values)


@pytest.mark.parametrize("digits", range(1, 18))
@pytest.mark.parametrize("exponent", [-125, -40, -12, -5, -4, -3, -1, 0, 1, 9, 15, 16, 40, 99, 100])
def test_decimals_of_each_length_are_written_as_repr_writes_them(digits: int, exponent: int) -> None:
    numbers = np.random.default_rng(digits).integers(10 ** (digits - 1), 10**digits, 100)
    assert_as_repr([float(f"{number}e{exponent - digits + 1}") for number in numbers.tolist()])


def test_every_power_of_two_and_of_ten_is_written_as_repr_writes_it_and_so_are_its_neighbours() -> None:
    powers = [math.ldexp(1.0, e) for e in range(-1074, 1024)] + [float(f"1e{e}") for e in range(-323, 309)]
    values = np.array(powers)
    assert_as_repr(np.concatenate([values, np.nextafter(values, 0), np.nextafter(values, math.inf), -values]))


def test_halves_of_the_last_of_seventeen_digits_are_written_as_repr_writes_them() -> None:
    whole = 10**16 // 2**4 + np.arange(1, 4000, 2)
    for power in range(4, 60):
        assert_as_repr(whole / 2.0**power)


def test_every_exponent_and_layout_meets_every_number_of_digits() -> None:
    texts = ["1", "12", "123", "12345678", "123456789", "123456789012345", "1234567890123456", "12345678901234567"]
    assert_as_repr([float(f"{sign}{text}e{e}") for e in range(-120, 120) for text in texts for sign in ("", "-")])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300), min_size=1, max_size=12))
def test_integers_are_written_as_str_writes_them(numbers: list[int]) -> None:
    column = np.resize(np.array(numbers, np.int64), 60)
    assert encoded([column], b",") == expected([column])


@pytest.mark.parametrize("most", [10**8 - 1, 10**8, 2**63 - 1])
def test_integers_beside_powers_of_two_and_ten_are_written_as_str_writes_them(most: int) -> None:
    powers = [2**k for k in range(64)] + [10**k for k in range(20)]
    numbers = {sign * (power + step) for power in powers for step in (-1, 0, 1) for sign in (1, -1)}
    column = np.array([number for number in sorted(numbers) if -most - 1 <= number <= most], np.int64)
    assert encoded([column], b",") == expected([column])


cells = st.text(st.characters(exclude_categories=["Cs"], include_characters=["\udc80", "\udcff"]), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(cells, min_size=1, max_size=6, unique=True),
    st.lists(shaped, min_size=1, max_size=8),
    st.permutations(range(4)),
    st.integers(48, 90),
)
def test_lines_of_words_numbers_and_rows_are_joined(
    vocabulary: list[str], values: list[float], order: list[int], count: int
) -> None:
    codes = np.random.default_rng(count).integers(0, len(vocabulary), count).astype(np.intp)
    words = Words(codes, tuple(vocabulary))
    columns = [words, np.resize(np.array(values), count), np.arange(count) - 50, words]
    columns = [columns[at] for at in order]
    assert encoded(columns, b"\t") == expected(columns, "\t")


@pytest.mark.parametrize("longest", [1, 23, 24, 25, 48, 96, 97, 5000])
def test_long_words_are_written(longest: int) -> None:
    words = Words(np.arange(300) % 4, ("a" * longest, "é" * (longest // 2), "", "b"))
    columns: list[Column] = [words, np.linspace(-1, 1, 300), words]
    assert encoded(columns, b";") == expected(columns, ";")


@pytest.mark.parametrize("rows", [0, 1, 2, 47, 48, 49, 16383, 16384, 16385, 33000])
def test_any_number_of_rows_is_written(rows: int) -> None:
    random = np.random.default_rng(rows)
    words = Words(random.integers(0, 2, rows), ("yes", "no") if rows else ())
    columns: list[Column] = [np.arange(rows) + 1, words, np.round(random.random(rows), 6), random.normal(size=rows)]
    assert encoded(columns, b",") == expected(columns)


def test_columns_need_not_be_contiguous() -> None:
    matrix = np.random.default_rng(0).normal(size=(500, 3))
    whole = np.arange(1000)[::2]
    assert encoded([matrix[:, 1], whole, matrix[::-1, 2]], b",") == expected([matrix[:, 1], whole, matrix[::-1, 2]])


def test_columns_are_left_as_they_were() -> None:
    values = np.array([struct.unpack("<d", struct.pack("<Q", k * 2**52 + k))[0] for k in range(2048)])
    integers, before = np.arange(-1024, 1024), values.tobytes()
    encoded([values, integers], b",")
    assert values.tobytes() == before and integers.tolist() == list(range(-1024, 1024))


def test_no_warning_escapes() -> None:
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        values = np.random.default_rng(0).integers(0, 2**64, 5000, np.uint64).view(np.float64)
        encoded([values, values.view(np.int64)], b",")
