"""A format is one writer: an entry added to the table works for every command, and what it lacks is refused."""

import csv
import io
from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA, refusal, run

from losscli.data.categorical import texts
from losscli.output.formats import FORMATS, Writer
from losscli.output.report import Report, RowReport

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")
GRAD = ("grad", *BCE)
PARAMS = ("grad", "bce", str(DATA / "homework.csv"), "-y", "passed", "--wrt", "params", "-x", "hours")
FIT = ("fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours", "--steps", "3")


def yaml_of(value: Any, indent: str = "") -> str:
    """Mappings and lists, a line an entry."""
    if isinstance(value, dict):
        return "".join(f"\n{indent}{key}:{yaml_of(part, indent + '  ')}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return "".join(f"\n{indent}-{yaml_of(part, indent + '  ')}" for part in value)
    return f" {value}"


def yaml(report: Report, digits: int) -> str:
    return yaml_of(dict(report.record)).lstrip("\n") + "\n"


def yaml_rows(rows: RowReport, digits: int) -> Iterator[bytes]:
    yield b"rows:\n"
    for piece in rows.pieces():
        cells = [texts(c) if hasattr(c, "categories") else c.tolist() for c in piece[: len(rows.header)]]
        for line in zip(*cells, strict=True):
            yield f"- [{', '.join(map(str, line))}]\n".encode()
    yield yaml(rows.report(), digits).encode()


@pytest.fixture
def with_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "yaml", Writer(yaml, yaml_rows))


@pytest.mark.usefixtures("with_yaml")
@pytest.mark.parametrize("args", [BCE, PARAMS, FIT, (*BCE, "--expect", "0.36"), (*BCE, "--explain")])
def test_a_format_that_is_added_prints_every_report(args: tuple[str, ...]) -> None:
    result = run(*args, "-f", "yaml")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("loss: bce\n") and "\nn: " in result.out and "notes:" in result.out


@pytest.mark.usefixtures("with_yaml")
@pytest.mark.parametrize("args", [(*BCE, "-r", "none"), GRAD, (*GRAD, "--check")])
def test_a_format_that_is_added_prints_every_answer_by_rows(args: tuple[str, ...]) -> None:
    result = run(*args, "-f", "yaml")
    expected = list(csv.reader(io.StringIO(run(*args, "-f", "csv").out)))[1:]

    assert (result.code, result.err) == (0, "")
    found = [line for line in result.out.splitlines() if line.startswith("- [")]
    assert found == [f"- [{', '.join(line)}]" for line in expected]
    assert result.out.startswith("rows:\n") and "\nloss: bce\n" in result.out


@pytest.mark.parametrize("args", [(*BCE, "-r", "none"), GRAD])
def test_a_format_without_rows_is_refused_for_them(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "yaml", Writer(yaml))

    assert refusal(*args, "-f", "yaml") == "--format yaml has no place for an answer by rows"


@pytest.mark.parametrize("args", [BCE, PARAMS, FIT])
def test_a_format_of_rows_alone_is_refused_for_reports(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "yaml", Writer(None, yaml_rows))

    assert refusal(*args, "-f", "yaml") == "--format yaml prints answers by rows only"


def test_a_format_that_is_none_is_refused() -> None:
    for args in [BCE, GRAD, PARAMS, FIT, (*BCE, "-r", "none")]:
        assert refusal(*args, "-f", "yaml") == "--format: 'yaml' is not one of table, json, csv, tsv, md", args


EVIL = "x\x1b]0;y\x07\x9b\u202e\r"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "args",
    [
        ("fit", "bce", "t.csv", "-x", "2", "--steps", "2"),
        ("fit", "ce", "t.csv", "-x", "2", "--steps", "2"),
        ("grad", "bce", "t.csv", "--wrt", "params", "-x", "2"),
        ("grad", "bce", "t.csv", "-p", "2"),
        ("grad", "ce", "t.csv", "-p", "2,3"),
        ("bce", "t.csv", "-p", "2"),
        ("bce", "t.csv", "-p", "2", "-r", "none"),
        ("bce", "t.csv", "-p", "3", "-y", "4", "--positive", EVIL, "-r", "none"),
    ],
)
def test_text_of_the_data_never_steers_a_terminal(args: tuple[str, ...], form: str, here: Path) -> None:
    cells = "".join(f'{y},{p},{1 - p},"{word}"\n' for y, p, word in ((0, 0.25, "a"), (1, 0.75, EVIL), (0, 0.5, "b")))
    Path("t.csv").write_text(f'label,"{EVIL}p",q,word\n{cells}', encoding="utf-8", newline="")

    result = run(*args, *(() if "-y" in args else ("-y", "label")), "-f", form)

    assert result.code == 0, result.err
    assert not set(EVIL) - set("x]0;y") & set(result.out + result.err)


def test_line_breaks_and_joined_letters_of_labels_stay_as_they_are_in_csv(here: Path) -> None:
    family = "\U0001f468\u200d\U0001f469"
    Path("t.csv").write_text(
        f'label,"{family}","a\nb"\n"{family}",.5,.5\n"a\nb",.25,.75\n', encoding="utf-8", newline=""
    )
    lines = list(csv.reader(io.StringIO(run("ce", "t.csv", "-r", "none", "-f", "csv").out)))

    assert [line[1] for line in lines] == ["label", family, "a\nb"]


IGNORED = "label,p0,p1\n0,0.5,0.5\n-1,0.4,0.6\n0,NA,0.1\n1,0.25,0.75\n"


def test_ignored_rows_keep_their_line_with_a_loss_of_0() -> None:
    args = ("ce", "--ignore", "-1", "--na", "drop", "-r", "none")
    lines = list(csv.reader(io.StringIO(run(*args, "-f", "csv", stdin=IGNORED).out)))

    assert [line[:3] for line in lines[1:]] == [["1", "0", "0.5"], ["2", "-1", ""], ["4", "1", "0.75"]]
    losses = [float(line[3]) for line in lines[1:]]
    assert losses == pytest.approx([-log(0.5), 0.0, -log(0.75)], rel=1e-15, abs=0)
    assert [float(line) for line in run(*args, "-q", stdin=IGNORED).out.split()] == losses
    assert run(*args, "-f", "json", stdin=IGNORED).json["losses"] == losses
