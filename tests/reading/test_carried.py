"""Columns that are neither label nor prediction travel as text beside the rows that they belong to."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, write

from losscli.data.columns import ColumnSelection
from losscli.data.table import Table
from losscli.enums import Form
from losscli.errors import DataError
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text.dialect import PLAIN_STYLE, Style

ROWS = "id,label,city,prob\n7,1,Rome,0.8\n007, 0 , New York ,0.3\n,1,NA,0.5\nx,0,Röme,0.25\n"
CITIES = ["Rome", "New York", "NA", "Röme"]


def opened(*tokens: str, style: Style = PLAIN_STYLE, label: str | None = None, **extra: str) -> Table:
    wanted = ColumnSelection(frozenset({Form.BINARY}), label=label, extra=extra)
    return open_data(ReadOptions(tokens, wanted, style))


def travelled(table: Table, purpose: str) -> dict[str, list[str]]:
    """The cells of each column that travels for a purpose."""
    found: dict[str, list[str]] = {name: [] for name, _ in table.schema.extra[purpose]}
    for chunk in table.chunks():
        block = chunk()
        assert block.fault is None, block.fault
        for name, at in table.schema.extra[purpose]:
            words = block.extra[at]
            assert len(words) == block.rows == len(block.preds)
            found[name] += [words.categories[code] for code in words.codes[block.kept].tolist()]
    table.close()
    return found


@pytest.mark.parametrize("text", [ROWS, ROWS.replace("Rome", '"Rome"'), ROWS.replace("\n", "\r\n")])
def test_the_fast_way_and_the_careful_one_carry_the_same_text(text: str, here: Path) -> None:
    found = travelled(opened(write("t.csv", text), by="city", show="id,city"), "by")

    assert found == {"city": CITIES}


def test_each_purpose_has_its_columns_in_the_order_that_was_typed(here: Path) -> None:
    table = opened(write("t.csv", ROWS), show="city,id", by="1")

    assert [name for name, _ in table.schema.extra["show"]] == ["city", "id"]
    assert [name for name, _ in table.schema.extra["by"]] == ["id"]
    assert travelled(table, "show") == {"city": CITIES, "id": ["7", "007", "", "x"]}


def test_the_label_and_the_prediction_may_travel_too(here: Path) -> None:
    assert travelled(opened(write("t.csv", ROWS), show="label,prob"), "show") == {
        "label": ["1", "0", "1", "0"],
        "prob": ["0.8", "0.3", "0.5", "0.25"],
    }


def test_rows_that_are_dropped_take_their_text_along(here: Path) -> None:
    write("t.csv", ROWS.replace("0.3", "NA"))

    found = travelled(opened("t.csv", style=Style(drop=True), by="city"), "by")

    assert found == {"city": ["Rome", "NA", "Röme"]}


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize("distinct", [3, 40_000])
def test_text_travels_through_any_number_of_blocks(name: str, distinct: int, here: Path) -> None:
    ids = [f"row {at % distinct} of a long name and longer than words are" for at in range(40_000)]
    text = "id,label,prob\n" + "".join(f"{one},1,0.5\n" for one in ids)
    write(name, gzip.compress(text.encode()) if name.endswith("gz") else text)

    assert travelled(opened(name, style=Style(block_bytes=1 << 12), by="id"), "by") == {"id": ids}


def test_columns_of_arrays_travel_as_numpy_writes_them(here: Path) -> None:
    np.savez("t.npz", label=[1, 0], prob=[0.8, 0.3], day=[7, 30], at=[0.5, np.nan], city=["Rome", "Oslo"])

    assert travelled(opened("t.npz", show="day,at,city"), "show") == {
        "day": ["7", "30"],
        "at": ["0.5", "nan"],
        "city": ["Rome", "Oslo"],
    }


def test_of_a_pair_either_side_has_columns_that_travel(here: Path) -> None:
    write("l.csv", "label,city\n1,Rome\n0,Oslo\n1,Bern\n")
    np.savez("p.npz", prob=[0.8, 0.3, 0.5], model=[3, 4, 5])

    table = opened("l.csv", "p.npz", show="model,city", by="city")

    assert travelled(table, "show") == {"city": ["Rome", "Oslo", "Bern"], "model": ["3", "4", "5"]}
    assert [name for name, _ in table.schema.extra["by"]] == ["city"]


def test_beside_a_list_the_table_has_the_columns_that_travel(here: Path) -> None:
    write("p.csv", "prob,city\n0.8,Rome\n0.3,Oslo\n")

    assert travelled(opened("1,0", "p.csv", by="city"), "by") == {"city": ["Rome", "Oslo"]}


@pytest.mark.parametrize("tokens", [("1,0", "0.8,0.3"), ("t.csv",), ("t.csv", "0.8,0.3,0.2,0.1")])
def test_a_column_that_is_not_there_cannot_travel(tokens: tuple[str, ...], here: Path) -> None:
    write("t.csv", ROWS)

    with pytest.raises(DataError, match="column"):
        opened(*tokens, by="town")


def test_text_that_is_not_utf8_is_refused_with_its_place(here: Path) -> None:
    write("t.csv", b"label,prob,city\n" + b"1,0.8,Rome\n" * 9_999 + b"0,0.3,R\xf6me\n")
    table = opened("t.csv", by="city")

    block = next(block for block in (chunk() for chunk in table.chunks()) if block.fault)

    assert block.fault is not None
    assert str(block.location(block.fault.row, block.fault.part, block.fault.column)) == "t.csv:10001: column 'city'"
    table.close()


def test_columns_that_travel_leave_the_others_as_they_are() -> None:
    plain, extra = (opened(str(DATA / "breast_cancer.csv"), **more) for more in ({}, {"show": "1"}))
    (one, other) = (next(iter(table.chunks()))() for table in (plain, extra))

    assert np.array_equal(one.preds, other.preds) and np.array_equal(one.labels[0], other.labels[0])
    plain.close()
    extra.close()
