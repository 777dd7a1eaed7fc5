"""Parts of a table as plain data, done one after the other as on other machines, are the table that they are here."""

import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import refusal, run

from losscli.evaluation import cluster
from losscli.reading.text import feed

CLUSTER = ("--cluster", "tcp://elsewhere:8786")


@pytest.fixture(autouse=True)
def sent(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Parts and outcomes go as bytes, as they do between machines; the parts that went."""
    went: list[Any] = []

    def each(work: Callable[[Any], Any], parts: Sequence[Any], address: str) -> Iterator[Any]:
        assert address == CLUSTER[1]
        for part in parts:
            went.append(part)
            yield pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(part)))))

    monkeypatch.setattr(cluster, "on_cluster", each)
    monkeypatch.setattr(feed, "LEAST_BYTES", 1000)
    monkeypatch.setattr(cluster, "PART_BYTES", 5_000)
    return went


def table(name: str, count: int, header: str = "label,prob,weight,site", **changed: str) -> str:
    """A file of random rows; `changed` has other lines by their row."""
    draw = random.Random(name)
    columns = header.split(",")
    lines = [header]
    for at in range(count):
        cells = {"label": draw.randrange(2), "prob": draw.random(), "weight": draw.random(), "site": draw.choice("abc")}
        lines.append(changed.get(f"row{at}", ",".join(str(cells[column]) for column in columns)))
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


OPTIONS = [(), ("-w", "weight", "--by", "site"), ("--worst", "3", "--show", "site,weight", "--by", "site")]


@pytest.mark.parametrize("options", OPTIONS)
def test_ranges_of_a_file_are_the_file(options: tuple[str, ...], sent: list[Any]) -> None:
    path = table("t.csv", 2000)

    assert run("bce", path, *options, *CLUSTER) == run("bce", path, *options)
    assert len(sent) > 3


@pytest.mark.parametrize("options", OPTIONS)
def test_files_with_their_columns_in_another_order_are_one_table(options: tuple[str, ...], sent: list[Any]) -> None:
    table("days/a.csv", 50)
    table("days/b.csv", 70, "site,weight,prob,label")
    table("days/c.csv", 30, "weight,label,site,prob")

    assert run("bce", "days", *options, *CLUSTER) == run("bce", "days", *options)
    assert len(sent) == 3


def test_a_file_with_quotes_is_read_once_more_as_a_whole(sent: list[Any]) -> None:
    path = table("t.csv", 2000, row1500='1,0.5,1,"a, b"')

    assert run("bce", path, "--by", "site", *CLUSTER) == run("bce", path, "--by", "site")
    assert sent[-1].high is None


@pytest.mark.parametrize("row", ["1,1.5,1,a", "1,0.5,1", "2,0.5,1,a", "1,,1,a"])
def test_a_fault_is_told_with_its_line(row: str) -> None:
    path = table("t.csv", 2000, row1500=row, row1900="1,7,1,a")

    line = refusal("bce", path, *CLUSTER)

    assert line == refusal("bce", path) and line.startswith("t.csv:1502: ")


def test_a_fault_in_a_later_file_is_told_with_its_name() -> None:
    table("days/a.csv", 50)
    table("days/b.csv", 70, row60="1,1.5,1,a")

    assert refusal("bce", "days", *CLUSTER) == refusal("bce", "days")


def test_a_file_that_is_not_there_on_another_machine_is_told_so(
    sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table("t.csv", 20)
    open_piece = cluster.open_piece

    def gone(piece: Any) -> Any:
        Path(path).unlink()
        return open_piece(piece)

    monkeypatch.setattr(cluster, "open_piece", gone)

    assert refusal("bce", path, *CLUSTER) == "t.csv: no such file on a worker; all of them must see it"


def test_damage_is_told_by_the_name_that_was_typed() -> None:
    table("days/a.csv", 50)
    Path("days/b.csv").write_bytes(b"label,prob\n1,0.5\n0,\xff\n")

    line = refusal("bce", "days/*.csv", *CLUSTER)

    assert line == refusal("bce", "days/*.csv")
