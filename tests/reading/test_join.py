"""Joins by key: many keys at a time are matched as they are one by one, whatever is in them and however it is read."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from unittest.mock import patch

import numpy as np
import pytest
import samples
from conftest import answer, close, examples, record, refusal, run, write
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from samples import SIGNS, any_text, digits

from losscli.data.blocks import placed
from losscli.data.categorical import Categorical, missing_words, stacked, take_cells, texts, texts_of
from losscli.data.cells import is_missing
from losscli.data.columns import ColumnSelection
from losscli.data.table import Table
from losscli.enums import Form
from losscli.errors import DataError, shown
from losscli.reading import keys as keys_module
from losscli.reading.keys import Bits, HashIndex, Keys, keys_of, number_index, plain_numbers, whole_keys
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text import decode, table
from losscli.reading.text.dialect import Style


# --- the oracle: a dictionary of strings, and one of decimals ---------------------------------------------------------
@dataclass(frozen=True)
class Outcome:
    """The joined rows, as row of PREDS, label and prediction, and what was left out; or the message of the error."""

    rows: tuple[tuple[int, str, float], ...] = ()
    unmatched: int = 0
    dropped: int = 0
    said: str = ""


class Wrong(Exception):
    pass


@dataclass(frozen=True)
class Row:
    """A row of either table: where it stands, the cells of its key, and what goes with them."""

    place: str
    key: tuple[str, ...]
    cell: str

    @property
    def has_key(self) -> bool:
        return not any(map(is_missing, self.key))

    @property
    def gone(self) -> bool:
        return is_missing(self.cell) or not self.has_key

    @property
    def told(self) -> str:
        return ", ".join(map(shown, self.key))


def rows_of(name: str, table: str) -> list[Row]:
    reader = csv.reader(io.StringIO(table, newline=""))
    next(reader)
    found = []
    for record_ in reader:
        *key, cell = (cell.strip() for cell in record_)
        found.append(Row(f"{name}:{reader.line_num}", tuple(key), cell))
    return found


def as_numbers(row: Row) -> tuple[int, ...] | None:
    """The cells as whole numbers, without rounding; None where one is none."""
    found = [re.fullmatch(r"([+-]?[0-9]+)(\.0*)?", cell) for cell in row.key]
    return None if not all(found) else tuple(int(match[1]) for match in found if match)


def one_by_one(labels: str, preds: str, drop: bool) -> Outcome:
    try:
        return _one_by_one(rows_of("labels.csv", labels), rows_of("preds.csv", preds), drop)
    except Wrong as wrong:
        return Outcome(said=str(wrong))


def _one_by_one(labels: list[Row], preds: list[Row], drop: bool) -> Outcome:
    keyed = [row for row in labels if row.has_key]
    by_text = {row.key: row for row in reversed(keyed)}
    for row in keyed:
        first = by_text[row.key]
        if first is not row:
            raise Wrong(f"{row.place}: the key {first.told} occurs twice, first in {first.place}")
    numeric = all(as_numbers(row) is not None for row in keyed)
    # of several keys that are one number the last is found, and all are refused in the end
    by_number = {as_numbers(row): row for row in keyed} if numeric else {}
    partner: dict[int, Row] = {}
    matched = strange = None
    found, alone, dropped = [], 0, 0
    for at, row in enumerate(preds):
        mine = by_text.get(row.key) if row.has_key else None
        if mine is None and numeric and row.has_key:
            value = as_numbers(row)
            mine = by_number.get(value) if value is not None else None
            if value is None and strange is None:
                strange = f"{row.place} has the key {row.told}"
            if mine is not None and matched is None:
                matched = f"{row.place}: the key {row.told} is {mine.told} as a number"
        if mine is None and not row.gone:
            if not drop:
                raise Wrong(
                    f"{row.place}: the key {row.told} is not in labels.csv; --unmatched drop leaves such rows out"
                )
            alone += 1
        elif mine is not None and id(mine) in partner:
            raise Wrong(f"{row.place}: the key {row.told} occurs twice")
        elif mine is None or mine.gone or row.gone:
            dropped += 1
        else:
            found.append((at, mine.cell, float(row.cell)))
        if mine is not None:
            partner[id(mine)] = row
    if matched and strange:
        raise Wrong(f"{matched}, but not all keys are numbers: {strange}")
    if numeric and not strange:
        firsts = {as_numbers(row): row for row in reversed(keyed)}
        for row in keyed:
            first = firsts[as_numbers(row)]
            if first is not row:
                said = f"{row.place}: the keys {first.told} and {row.told} are the same number, first in {first.place}"
                raise Wrong(said)
    left = [row for row in labels if id(row) not in partner]
    unmatched = [row for row in left if not row.gone]
    if unmatched and not drop:
        first = unmatched[0]
        raise Wrong(f"{first.place}: the key {first.told} is not in preds.csv; --unmatched drop leaves such rows out")
    return Outcome(tuple(found), alone + len(unmatched), dropped + len(left) - len(unmatched))


# --- the join itself --------------------------------------------------------------------------------------------------
# Bits of a hash that are left: all, those of a mark alone, so that all keys have one slot, and too few for a mark too.
HASH_BITS = [2**64 - 1, 2**32 - 1, 3]


@contextmanager
def reading(block_bytes: int, bytes_apart: bool, hash_bits: int) -> Iterator[None]:
    """Several blocks and cells as bytes in small tables too, and hashes of which many are the same."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(table, "HEAD_BYTES", block_bytes))
        if bytes_apart:
            stack.enter_context(patch.object(decode, "SAMPLE", 1))
        stack.enter_context(hashed_by(hash_bits))
        yield


@contextmanager
def hashed_by(bits: int) -> Iterator[None]:
    """Hashes of keys of which these bits are left."""
    plain = keys_module.hashes

    def some(keys: Keys) -> Bits:
        return plain(keys) & np.uint64(bits)

    with patch.object(keys_module, "hashes", some):
        yield


def opened(keys: Sequence[str], drop: bool, style: Style, threads: int | None = 1) -> Table:
    wanted = ColumnSelection(frozenset({Form.BINARY}), extra={"key": ",".join(keys)})
    tokens = ("labels.csv", "preds.csv")
    return open_data(ReadOptions(tokens, wanted, style, threads=threads, drop_unmatched=drop or None))


def joined(table: Table) -> Outcome:
    found: list[tuple[int, str, float]] = []
    rows = unmatched = kept = 0
    try:
        for block in placed(chunk() for chunk in table.chunks()):
            row = block.kept
            labels = texts(take_cells(block.labels[0], row))
            parts = zip(row.tolist(), labels, block.preds[row, 0].tolist(), strict=True)
            found += [(rows + at, label, prob) for at, label, prob in parts]
            if block.fault is not None:
                raise block.error(block.fault)
            rows, unmatched, kept = (
                rows + block.rows,
                unmatched + block.other_reasons.get("unmatched", 0),
                kept + len(row),
            )
    except DataError as error:
        return Outcome(said=str(error))
    finally:
        table.close()
    return Outcome(tuple(found), unmatched, rows - unmatched - kept)


INTEGERS = st.integers(-3, 12).map(str)
SPELLED = st.sampled_from(["7", "07", "7.0", "007", "+7", "7e0", "-0", "0", "0.0", "00", "7.00000000000000000"])
LONG = st.sampled_from(["9007199254740992", "9007199254740993", "9007199254740993.0", "123456789012345678", "1" * 20])
TEXT = st.sampled_from(["a", "A", "é", "user-1", "user-2", "x y", "u" * 23, "u" * 24, "u" * 25, "v" * 64, "v" * 65])
BLANK = st.sampled_from(["", "NA", " ", "nan", "-nan"])
KINDS = (
    INTEGERS,
    st.one_of(INTEGERS, SPELLED),
    st.one_of(INTEGERS, SPELLED, LONG),
    TEXT,
    st.one_of(INTEGERS, TEXT, SPELLED),
    st.one_of(INTEGERS, INTEGERS, INTEGERS, BLANK),
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str, tuple[str, ...]]:
    """Two tables, their keys being mostly those of the other one, in another order."""
    columns = draw(st.sampled_from([1, 1, 1, 2]))
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(columns)]
    keys = draw(st.lists(st.tuples(*kinds), max_size=12, unique=draw(st.sampled_from([True, True, True, False]))))
    others = draw(st.permutations(keys))
    if draw(st.booleans()):
        others = [*others[: len(others) - draw(st.integers(0, 1))], *draw(st.lists(st.tuples(*kinds), max_size=2))]
    gone = draw(st.booleans())
    labels = st.sampled_from(["0", "1"] + ["NA"] * gone)
    probs = st.sampled_from(["0.25", "0.5", "1"] + [""] * gone)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    names = tuple("kl"[:columns])

    def table(rows: Sequence[tuple[str, ...]], name: str, cells: st.SearchStrategy[str]) -> str:
        quoted = draw(st.sampled_from(['"%s"', "%s", "%s"]))
        lines = [",".join([*(quoted % cell for cell in row), draw(cells)]) for row in rows]
        return "".join(line + end for line in [",".join([*names, name]), *lines])

    return table(keys, "label", labels), table(others, "prob", probs), names


def example_of(labels: Sequence[str], preds: Sequence[str], **options: bool) -> Callable[[Callable[..., None]], object]:
    """Tables of these keys, with a missing value behind a comma."""
    tables = (
        "k,label\n" + "".join(f"{key}\n" if "," in key else f"{key},1\n" for key in labels),
        "k,prob\n" + "".join(f"{key}\n" if "," in key else f"{key},.5\n" for key in preds),
        ("k",),
    )
    given_ = {"drop": False, "bytes_apart": False, "hash_bits": HASH_BITS[0], **options}
    return example(tables=tables, block_bytes=16, threads=1, **given_)


@pytest.mark.slow
@example_of(["9007199254740993", "07"], ["9007199254740992", "07"])
@example_of(["0", "7.0"], ["-0", "7"])
@example_of([",NA", "NA,NA", "7"], ["7", ",NA"])
@example_of(["7", "8,NA", "9,NA", "10"], ["8", "10,NA", "7", "11,NA"])
@example_of(["7", "8,NA"], ["7", "8", "8"])
@example_of(["7", "8"], ["07", "x"], drop=True)
@example_of(["7", "07", "x"], ["07", "7", "x"])
@example_of(["7", "07"], ["7", "7.0"])
@example_of(["7", "8", "9", "10", "11"], ["7", "8", "9", "10", "7"])
@examples(300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs(),
    st.booleans(),
    st.sampled_from([16, 64, 1 << 16]),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.sampled_from(HASH_BITS),
)
def test_many_keys_at_a_time_are_matched_as_they_are_one_by_one(
    here: Path,
    tables: tuple[str, str, tuple[str, ...]],
    drop: bool,
    block_bytes: int,
    threads: int,
    bytes_apart: bool,
    hash_bits: int,
) -> None:
    labels, preds, keys = tables
    write("labels.csv", labels)
    write("preds.csv", preds)

    with reading(block_bytes, bytes_apart, hash_bits):
        found = joined(opened(keys, drop, Style(drop=True, block_bytes=block_bytes), threads))

    assert found == one_by_one(labels, preds, drop)


# --- cells as bytes ---------------------------------------------------------------------------------------------------
WORD = st.one_of(
    any_text(6),
    st.sampled_from(
        ["", "NaN", "-nan", "+NAN", "N/A", "nul", "None", ".", "nann", "/", "n\0", "a\0", "ab" * 40, "é" * 33]
    ),
    st.integers(20, 70).map(lambda length: "w" * length),
)


@given(st.lists(WORD, max_size=8), st.lists(WORD, max_size=8), st.sampled_from(HASH_BITS))
def test_keys_are_equal_just_where_their_texts_are(left: list[str], right: list[str], hash_bits: int) -> None:
    words = [Categorical(np.arange(len(cells)), tuple(cells)) for cells in (left, right)]
    held, wanted = keys_of(words[:1]), keys_of(words[1:])

    with hashed_by(hash_bits):
        index = HashIndex(held, np.arange(len(left)))
        rows = index.rows(wanted)

    assert index.repeated == (len(set(left)) < len(left))
    assert [left[row] if row >= 0 else None for row in rows.tolist()] == [
        cell if cell in left else None for cell in right
    ]


@pytest.mark.parametrize("hash_bits", [HASH_BITS[0], 2**64 - 2**32])  # with marks, and without
def test_each_of_many_keys_is_found_in_its_row(hash_bits: int) -> None:
    count = 3 * keys_module._PART
    texts = tuple(f"user-{at:x}" for at in range(2 * count))
    (words,) = keys_of([Categorical(np.arange(2 * count), texts)])
    order = np.random.default_rng(1).permutation(2 * count)
    held = order[:count]  # half of the keys, in any order; every tenth row of them has none
    rows = np.flatnonzero(np.arange(count) % 10)

    with hashed_by(hash_bits):
        index = HashIndex((words[held],), rows)
        again = HashIndex((words[np.append(held, held[-1])],), np.append(rows, count))
        found = index.rows((words,))

    expected = np.full(2 * count, -1)
    expected[held[rows]] = rows
    assert found.tolist() == expected.tolist()
    assert (index.repeated, again.repeated) == (False, True)


@given(st.lists(WORD, max_size=8))
def test_cells_as_bytes_are_the_texts_that_they_were(cells: list[str]) -> None:
    found = texts_of(tuple(cells))

    if found is None:
        assert any("\0" in cell or len(cell.encode("utf-8", "surrogatepass")) > 64 for cell in cells)
    else:
        assert (list(found), len(found)) == (cells, len(cells))
        assert [found[at] for at in range(len(cells))] == cells
        assert missing_words(found).tolist() == list(map(is_missing, cells))


@given(st.lists(st.lists(WORD, max_size=4), min_size=1, max_size=4), st.booleans())
def test_columns_one_below_the_other_keep_their_cells(parts: list[list[str]], as_bytes: bool) -> None:
    columns = [
        Categorical(np.arange(len(cells)), (as_bytes and texts_of(tuple(cells))) or tuple(cells)) for cells in parts
    ]

    found = stacked(columns)

    assert isinstance(found, Categorical)
    assert [found.categories[code] for code in found.codes.tolist()] == [cell for cells in parts for cell in cells]


@given(
    st.lists(
        samples.joined(SIGNS, digits(19), st.sampled_from(["", "."]), digits(3))
        | samples.joined(digits(1, 1), st.just("e"), digits(1, 1))
        | st.sampled_from(ascii_lowercase),
        max_size=30,
    )
)
def test_whole_numbers_are_one_where_their_values_are(cells: list[str]) -> None:
    columns = [Categorical(np.arange(len(cells)), tuple(cells))]
    (words,), other = whole_keys(columns, keys_of(columns), np.arange(len(cells)))
    values = [as_numbers(Row("", (cell,), "")) for cell in cells]

    assert other.tolist() == [at for at, value in enumerate(values) if value is None]
    known = [at for at, value in enumerate(values) if value is not None]
    for one in known:
        for two in known:
            assert bool((words[one] == words[two]).all()) == (values[one] == values[two]), (cells[one], cells[two])


@given(st.lists(samples.joined(SIGNS, digits(18), st.sampled_from(["", *".a:/"])), min_size=1, max_size=30))
def test_plain_numbers_are_what_their_digits_say(cells: list[str]) -> None:
    values = plain_numbers(keys_of([Categorical(np.arange(len(cells)), tuple(cells))])[0])
    for cell, value in zip(cells, values.tolist(), strict=True):
        is_plain = cell.isdigit() and len(cell) <= 16 and str(int(cell)) == cell
        assert value == (int(cell) if is_plain else -1), cell


@given(st.lists(st.lists(st.integers(-1, 4000), max_size=8), max_size=4), st.lists(st.integers(-1, 9000), max_size=8))
def test_numbers_are_found_at_the_rows_that_have_them(parts: list[list[int]], wanted: list[int]) -> None:
    held = [value for part in parts for value in part]
    index = number_index([np.array(part, np.int64) for part in parts])

    known = [value for value in held if value >= 0]
    assert (index is None) == (not known)
    if index is not None:
        assert index.repeated == (len(set(known)) < len(known))
        for row, value in zip(index.rows(np.array(wanted, np.int64)).tolist(), wanted, strict=True):
            assert held[row] == value if row >= 0 else value < 0 or value not in held


# --- through the command ----------------------------------------------------------------------------------------------
def shuffled(keys: Sequence[str], seed: int = 5) -> tuple[str, str]:
    """A table of labels by key, and one of predictions in another order."""
    generator = np.random.default_rng(seed)
    labels, probs = generator.integers(0, 2, len(keys)).tolist(), generator.uniform(0.01, 0.99, len(keys)).tolist()
    order = generator.permutation(len(keys)).tolist()
    solution = "id,label\n" + "".join(f"{key},{label}\n" for key, label in zip(keys, labels, strict=True))
    return solution, "id,prob\n" + "".join(f"{keys[at]},{probs[at]!r}\n" for at in order)


def by_hand(labels: str, preds: str) -> float:
    truth = {row.key: row.cell for row in rows_of("", labels)}
    losses = [-np.log(p if truth[row.key] == "1" else 1 - p) for row in rows_of("", preds) for p in [float(row.cell)]]
    return float(np.mean(losses))


MANY: dict[str, Callable[[int], str]] = {
    "counted": str,
    "text": lambda at: f"user-{at:06d}",
    "UUIDs": lambda at: f"{at:08x}-0000-4000-8000-{at * 7919:012x}",
    "decimals": lambda at: f"{at / 100:.2f}",
    "19 digits": lambda at: f"{10**18 + at}",
    "Umlaute": lambda at: f"Größe {at}",
    "70 characters": lambda at: f"{at:070d}",
}


@pytest.mark.slow
def test_keys_of_any_kind_are_joined_in_any_number_of_threads(here: Path) -> None:
    for kind in MANY:
        for threads in ["1", "2", "8"]:
            tables = shuffled([MANY[kind](at) for at in range(30_000)])
            files = write("labels.csv", tables[0]), write("preds.csv", tables[1])

            assert answer("bce", *files, "--key", "id", "--threads", threads) == close(by_hand(*tables))


def test_the_routes_of_a_join_say_the_same(here: Path) -> None:
    for kind in ["counted", "text", "decimals"]:
        labels, preds = shuffled([MANY[kind](at) for at in range(3000)])
        write("labels.csv", labels)
        asked = ("--key", "id", "--worst", "3", "--show", "id", "-f", "json")
        quoted = labels.replace("\n", " \n").replace(",", ', "', 5).replace(" \n", '"\n', 5)

        ways = [
            run("bce", "labels.csv", write("preds.csv", preds), *asked),
            run("bce", "labels.csv", "-", *asked, stdin=preds),
            run("bce", "labels.csv", write("preds.csv", preds.replace("\n", "\r\n")), *asked),
            run("bce", write("labels.csv", quoted), "-", *asked, stdin=preds),
        ]

        plain, *others = [[{**row, "file": ""} for row in way.json["worst"]] for way in ways]
        assert others == [plain] * 3
        assert {row["cells"]["id"] for row in plain} <= {MANY[kind](at) for at in range(3000)}


def test_numbers_of_two_spellings_are_joined_as_numbers(here: Path) -> None:
    labels, preds = shuffled([str(at) for at in range(3000)])
    expected = by_hand(labels, preds)
    other = "id,prob\n" + preds.partition("\n")[2].replace(",", ".0,")
    files = write("labels.csv", labels), write("preds.csv", other)

    assert answer("bce", *files, "--key", "id") == close(expected)


SOLUTION = "id,label\n17,1\n42,0\n3,1\n"
SUBMISSION = "id,prob\n42,0.3\n3,0.6\n17,0.8\n"


def test_a_row_that_is_dropped_takes_its_partner_along(here: Path) -> None:
    for labels, preds, n, dropped in [
        (SOLUTION.replace("42,0", "42,NA"), SUBMISSION, 2, 1),
        (SOLUTION, SUBMISSION.replace("42,0.3", "42,"), 2, 1),
        (SOLUTION.replace("42,0", "42,NA"), SUBMISSION.replace("42,0.3", "42,"), 2, 1),
        (SOLUTION.replace("42,0", "42,NA"), SUBMISSION.replace("3,0.6", "3,null"), 1, 2),
        (SOLUTION + "5,NA\n", SUBMISSION, 3, 1),
        (SOLUTION, SUBMISSION + "5,NA\n", 3, 1),
        (SOLUTION + ",NA\nNA,.\n", SUBMISSION, 3, 2),
    ]:
        found = record("bce", write("l.csv", labels), write("p.csv", preds), "--key", "id", "--na", "drop")

        assert (found["n"], found["dropped"], found["unmatched"]) == (n, dropped, 0)


def test_a_row_that_is_dropped_has_a_key_that_may_not_stand_twice(here: Path) -> None:
    preds = SUBMISSION.replace("42,0.3", "42,") + "42,0.5\n"

    said = refusal("bce", write("l.csv", SOLUTION), write("p.csv", preds), "--key", "id", "--na", "drop")

    assert said == "p.csv:5: the key '42' occurs twice"


def test_dropped_rows_of_arrays_json_lines_and_many_files_take_their_partners_along(here: Path) -> None:
    Path("parts").mkdir()
    write("parts/a.csv", "id,prob\n42,\n3,0.6\n")
    write("parts/b.csv", "prob,id\n0.8,17\n")
    np.savez("preds.npz", id=[42.0, 3.0, 17.0], prob=[np.nan, 0.6, 0.8])
    write("preds.jsonl", '{"id": 42, "prob": null}\n{"id": 3, "prob": 0.6}\n{"id": 17, "prob": 0.8}\n')
    write("l.csv", SOLUTION)

    for preds in ("parts", "preds.npz", "preds.jsonl"):
        found = record("bce", "l.csv", preds, "--key", "id", "--na", "drop")
        assert (found["n"], found["dropped"], found["unmatched"]) == (2, 1, 0), preds


def test_dropped_rows_of_parquet_take_their_partners_along(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"id": [42, 3, 17], "prob": [None, 0.6, 0.8]}), "preds.parquet")

    found = record("bce", write("l.csv", SOLUTION), "preds.parquet", "--key", "id", "--na", "drop")

    assert (found["n"], found["dropped"], found["unmatched"]) == (2, 1, 0)


def test_rows_of_the_predictions_without_a_label_are_left_out_though_they_share_a_key(here: Path) -> None:
    preds = SUBMISSION + "99,.5\n99,.6\n"

    found = record("bce", write("l.csv", SOLUTION), write("p.csv", preds), "--key", "id", "--unmatched", "drop")

    assert (found["n"], found["unmatched"]) == (3, 2)


def test_what_is_wrong_first_is_told_first_in_blocks_of_any_size(here: Path) -> None:
    for block_bytes in [16, 1 << 16]:
        write("labels.csv", SOLUTION)
        write("preds.csv", SUBMISSION + "99,.5\n,.5\n")

        with reading(block_bytes, False, False):
            found = joined(opened(["id"], False, Style(block_bytes=block_bytes)))

        assert found.said.startswith("preds.csv:5: the key '99' is not in labels.csv")
