"""Laws of tables of any kind: the order of named columns means nothing, and a bad cell is told wherever it stands."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import examples, run, scaled, write
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

Columns = Mapping[str, Sequence[str]]
IN_A_FOLDER = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}
CLASSES = (
    ("cat", "dog"),
    ("cat", "dog", "emu"),
    ("0", "1", "2"),
    ("1", "2", "3"),
    ("10", "20", "5"),
    ("True", "False"),
)


# --- tables in files of any kind --------------------------------------------------------------------------------------
def as_number(cell: str) -> object:
    """A cell as a value of JSON or Parquet: a number where it is one, nothing where it is empty."""
    try:
        return int(cell) if cell.lstrip("-").isdigit() else float(cell)
    except ValueError:
        return cell or None


def csv(name: str, columns: Columns) -> str:
    rows = zip(*columns.values(), strict=True)
    return write(f"{name}.csv", "\n".join(",".join(row) for row in (tuple(columns), *rows)) + "\n")


def json_lines(name: str, columns: Columns) -> str:
    """Numbers are as they are spelled, and all else is a string; an empty cell is null."""

    def value(cell: str) -> str:
        return cell if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell) else json.dumps(cell or None)

    rows = [[f'"{key}": {value(cell)}' for cell in cells] for key, cells in columns.items()]
    return write(f"{name}.jsonl", "".join("{" + ", ".join(row) + "}\n" for row in zip(*rows, strict=True)))


def in_parquet(name: str, columns: Columns) -> str:
    parquet.write_table(
        pa.table({key: list(map(as_number, cells)) for key, cells in columns.items()}), f"{name}.parquet"
    )
    return f"{name}.parquet"


KINDS = (csv, json_lines, in_parquet)


def in_order(columns: Columns, order: Sequence[int]) -> Columns:
    names = list(columns)
    return {names[at]: columns[names[at]] for at in order if at < len(names)}


def rows_of(columns: Columns, low: int, high: int | None) -> Columns:
    return {name: cells[low:high] for name, cells in columns.items()}


# --- the order of columns ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Problem:
    """Labels and predictions as columns by name, and the command that reads them wherever they stand."""

    columns: dict[str, list[str]]
    of_labels: tuple[str, ...]  # the columns that LABELS has, where there are two tables
    command: tuple[str, ...]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    classes, n = draw(st.sampled_from(CLASSES)), draw(st.integers(2, 5))
    shares = st.lists(st.integers(1, 8), min_size=len(classes), max_size=len(classes))
    labels = [draw(st.integers(0, len(classes) - 1)) for _ in range(n)]
    models = ("a", "b") if draw(st.booleans()) else ("a",)
    columns = {"id": [str(at * 7 + 3) for at in range(n)]}
    command = draw(st.sampled_from(("ce", "nll", "ce one-hot", "bce")))
    if command in ("ce", "nll"):
        columns["label"] = [classes[label] for label in labels]
        label = ("label",)
    else:
        label = tuple(f"q_{name}" for name in classes)
        for at, name in enumerate(label):
            columns[name] = [str(int(one == at)) for one in labels]
    for model in models:
        rows = [draw(shares) for _ in range(n)]
        for at, name in enumerate(classes):
            columns[f"{model}_{name}"] = [repr(row[at] / sum(row)) for row in rows]
    if draw(st.booleans()):
        columns["epoch"] = ["1"] * n
    args = [command.partition(" ")[0], "-y", draw(st.sampled_from((",".join(label), label[0][:2] + "*")))]
    for model in models:
        chosen = ",".join(f"{model}_{name}" for name in draw(st.permutations(classes)))
        args += ["-p", draw(st.sampled_from((chosen, f"{model}_*")))]
    first = args[args.index("-p") + 1]
    if command != "bce" and "*" not in first and draw(st.booleans()):  # the weights are those of the columns of -p
        args += ["--class-weight", ",".join(map(str, range(1, len(classes) + 1)))]
    if draw(st.booleans()):
        columns["w"] = [draw(st.sampled_from(("1", "2", "0.5"))) for _ in range(n)]
        args += ["-w", "w"]
    return Problem(columns, ("id", *label), tuple(args))


def figures(*args: str) -> list[float] | None:
    """The figures of all models, and their differences; None where the command refuses."""
    found = run(*args, "-f", "json")
    if found.code:
        assert found.code == 2 and found.out == "", found
        return None
    one = found.json
    parts = [one, *one.get("models", ()), *one.get("differences", ())]
    return [part[key] for part in parts for key in ("value", "mean", "se", "n", "divisor", "baseline") if key in part]


def same(found: list[float] | None, expected: list[float] | None) -> bool:
    return found is None or found == pytest.approx(expected, rel=1e-12, abs=1e-15)


@examples(150, **IN_A_FOLDER)
@given(problems(), st.permutations(range(12)), st.permutations(range(12)), st.permutations(KINDS))
def test_the_order_of_named_columns_changes_no_figure(
    here: Path, problem: Problem, order: list[int], other: list[int], kinds: list[Callable[..., str]]
) -> None:
    """In a file of any kind, in files of two orders, in two tables by position and by key."""
    columns, command = problem.columns, problem.command
    expected = figures(*command, csv("t", columns))
    assert expected is not None, run(*command, "t.csv").err
    for kind in kinds[: scaled(10)]:
        assert same(figures(*command, kind("t", in_order(columns, order))), expected), kind
        Path("parts").mkdir(exist_ok=True)
        kind("parts/1", in_order(rows_of(columns, 0, 1), order))
        last = kind("parts/2", in_order(rows_of(columns, 1, None), other))
        assert same(figures(*command, f"parts/*{Path(last).suffix}"), expected), kind
        labels = {name: columns[name] for name in problem.of_labels}
        preds = {name: cells for name, cells in columns.items() if name not in labels or name == "id"}
        files = kind("y", in_order(labels, order)), kind("p", in_order(preds, other))
        for key in ((), ("--key", "id")):
            assert same(figures(*command, *files, *key), expected), (kind, key)


def test_the_order_of_columns_that_are_found_by_name_changes_no_figure(here: Path) -> None:
    """Without -y and -p, in every order."""
    columns = {"id": ["5", "6"], "label": ["cat", "dog"], "p_cat": ["0.8", "0.3"], "p_dog": ["0.2", "0.7"]}
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [3, 1, 0, 2]):
        for kind in KINDS:
            for command in (("ce",), ("nll",), ("ce", "--classes", "cat,dog")):
                found = figures(*command, kind("t", in_order(columns, order)))
                assert found is None or found[0] == pytest.approx(0.28990925, rel=1e-7), (order, kind, command)
                assert found is not None or "--classes" in command


# --- a bad cell -------------------------------------------------------------------------------------------------------
NUMBERS = ("", "NA", "null", "\\N", "NaT", "-", "--", "#DIV/0!", "x", "0.5x", "80%")
PROBS = (*NUMBERS, "1.5", "-0.1", "1e-400")
LABELS = ("", "NA", "<NA>", "#N/A", "?", "x", "7")
# Commands, and by column what good cells are, and bad ones, if any.
TABLES: dict[tuple[str, ...], dict[str, tuple[Sequence[str], Sequence[str]]]] = {
    ("bce",): {"label": ("10", LABELS), "prob": (("0.8", "0.3"), PROBS)},
    ("bce", "-p", "a", "-p", "b", "-w", "w"): {
        "label": ("10", LABELS),
        "a": (("0.8", "0.3"), PROBS),
        "b": (("0.7", "0.4"), PROBS),
        "w": ("12", ("", "(null)", "x", "-1", "inf")),
    },
    ("bce", "--positive", "yes"): {"label": (("yes", "no"), LABELS[:5]), "prob": (("0.8", "0.3"), PROBS)},
    ("bce", "-y", "q_*", "-p", "p_*"): {
        "q_a": ("10", LABELS),
        "q_b": ("01", LABELS),
        "p_a": (("0.8", "0.3"), PROBS),
        "p_b": (("0.7", "0.4"), PROBS),
    },
    ("ce",): {
        "label": (("cat", "dog"), LABELS),
        "p_cat": (("0.5", "0.2"), PROBS),
        "p_dog": (("0.25", "0.5"), PROBS),
        "p_emu": (("0.25", "0.3"), PROBS),
    },
    ("ce", "--from", "logits"): {
        "label": ("01", LABELS),
        "p_0": (("2", "-1"), NUMBERS),
        "p_1": (("1", "3"), NUMBERS),
        "p_2": (("0.5", "1"), NUMBERS),
    },
    ("nll", "-p", "a_*", "-p", "b_*"): {
        "label": (("cat", "dog"), LABELS),
        "a_cat": (("0.5", "0.2"), PROBS),
        "a_dog": (("0.5", "0.8"), PROBS),
        "b_cat": (("0.7", "0.1"), PROBS),
        "b_dog": (("0.3", "0.9"), PROBS),
    },
    ("grad", "bce"): {"label": ("10", LABELS), "prob": (("0.8", "0.3"), PROBS)},
    ("fit", "temperature"): {"label": ("10", LABELS), "logit": (("2", "-1", "1"), NUMBERS)},
    ("fit", "bce", "-x", "f,g", "--steps", "2"): {
        "label": ("10", LABELS),
        "f": (("2", "-1", "1"), NUMBERS[:-3]),
        "g": (("1", "-2"), NUMBERS[:-3]),
    },
}
CASES = [
    (command, column, bad) for command, columns in TABLES.items() for column in columns for bad in columns[column][1]
]


def refused(*args: str) -> str:
    """The line of a refusal, without the places in it."""
    found = run(*args)
    assert (found.code, found.out) == (2, ""), (args, found)
    return re.sub(r"[^ ]*\.(csv|jsonl|parquet)(:\d+|: row \d+( \(row group \d+\))?)", "PLACE", found.err)


@pytest.mark.slow
@examples(200, **IN_A_FOLDER)
@given(st.sampled_from(CASES), st.sampled_from((csv, json_lines)), st.sampled_from([2, 3, 25, 60]))
def test_a_bad_cell_is_refused_alike_in_any_row(
    here: Path, case: tuple[tuple[str, ...], str, str], kind: Callable[[str, Columns], str], n: int
) -> None:
    """In a file, in the first and in later ones of several, in two tables by position and by key."""
    command, bad_column, bad = case
    good = {name: [cells[at % len(cells)] for at in range(n)] for name, (cells, _) in TABLES[command].items()}
    told: dict[str, set[str]] = {}
    for row in sorted({0, 1, n // 2, n - 1}):
        columns = {"id": [str(7 * at) for at in range(n)], **{name: list(cells) for name, cells in good.items()}}
        columns[bad_column][row] = bad
        calls = {"one": [kind("t", columns)]}
        Path("parts").mkdir(exist_ok=True)
        for part, (low, high) in enumerate(((0, 1), (1, n))):
            last = kind(f"parts/{part}", rows_of(columns, low, high))
        calls["several"] = [f"parts/*{Path(last).suffix}"]
        if command[0] != "fit":
            labels = {name: columns[name] for name in columns if name in ("id", "label") or name.startswith("q_")}
            preds = {name: cells for name, cells in columns.items() if name not in labels or name == "id"}
            calls["two tables"] = [kind("y", labels), kind("p", preds)]
            calls["by key"] = [*calls["two tables"], "--key", "id"]
        for where, files in calls.items():
            told.setdefault(where, set()).add(refused(*command, *files))
    assert {where: len(said) for where, said in told.items()} == dict.fromkeys(told, 1), told


@pytest.mark.slow
@examples(40, **IN_A_FOLDER)
@given(st.integers(0, 24), st.integers(1, 25), st.sampled_from((None, 1.5, -0.25)))
def test_a_bad_cell_of_parquet_is_refused_alike_in_any_row_and_row_group(
    here: Path, row: int, size: int, bad: float | None
) -> None:
    said = set()
    for at, rows in ((row, size), (0, 25)):
        probs = [0.8 if one != at else bad for one in range(25)]
        parquet.write_table(pa.table({"label": [1, 0] * 12 + [1], "prob": probs}), "t.parquet", row_group_size=rows)
        said.add(refused("bce", "t.parquet"))
    assert len(said) == 1, said
