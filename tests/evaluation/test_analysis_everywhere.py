"""A closer look of every loss: any two questions together, and tables joined by a key from one file or several."""

from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import crossed, record, refusal

N, FILES = 300, 3
ASKED = ("--worst", "7", "--by", "site,kind", "--calibration", "5", "--quantiles", "0.1,0.9")


@dataclass(frozen=True)
class Kind:
    """A loss, its label and prediction columns by table, and the options that choose them."""

    command: str
    labels: tuple[str, ...]
    models: tuple[tuple[str, ...], ...]
    options: tuple[str, ...]


KINDS = {
    "bce": Kind("bce", ("y",), (("a",), ("b",)), ("-y", "y", "-p", "a", "-p", "b")),
    "bce of many labels": Kind("bce", ("y0", "y1"), (("a0", "a1"),), ("-y", "y0,y1", "-p", "a0,a1")),
    "ce": Kind("ce", ("y",), (("a_x", "a_y", "a_z"), ("b_x", "b_y", "b_z")), ("-y", "y", "-p", "a_*", "-p", "b_*")),
    "nll": Kind("nll", ("y",), (("a_x", "a_y", "a_z"),), ("-y", "y", "-p", "a_*")),
}


def drawn(kind: Kind, logits: bool) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The columns of both tables by name, row by row the same."""
    rng = np.random.default_rng(3)
    classes = len(kind.models[0]) if kind.command != "bce" else 2
    left: dict[str, list[Any]] = {"id": [f"r{at}" for at in range(N)]}
    left["site"] = rng.choice(["rome", "oslo", "", "bonn"], N).tolist()
    left["w"] = np.round(rng.random(N) * 3, 3).tolist()
    for name in kind.labels:
        words = rng.integers(0, classes, N)
        left[name] = words.tolist() if kind.command == "bce" else ["xyz"[word] for word in words.tolist()]
    right: dict[str, list[Any]] = {"id": left["id"], "kind": rng.choice(["k1", "k2"], N).tolist()}
    for model in kind.models:
        z = rng.normal(size=(N, len(model))) * 2
        p = 1 / (1 + np.exp(-z)) if kind.command == "bce" else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        right |= dict(zip(model, (z if logits else p).T.tolist(), strict=True))
    return left, right


def written(path: Path, columns: dict[str, list[Any]], order: list[int]) -> Path:
    rows = list(zip(*columns.values(), strict=True))
    lines = [",".join(columns), *(",".join(map(str, rows[at])) for at in order)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def without_places(found: Any) -> Any:
    """The answer without what differs by the files that it was read from."""
    kept = {key: value for key, value in found.items() if key not in ("sources", "columns")}
    gone = ("line", "file")
    return kept | {"worst": [{k: v for k, v in one.items() if k not in gone} for one in found["worst"]]}


@pytest.mark.parametrize(("kind", "changes"), crossed(KINDS, list(product((False, True), (False, True)))))
def test_a_join_by_key_is_the_single_table_that_it_makes(kind: str, changes: tuple[bool, bool], tmp_path: Path) -> None:
    logits, weighted = changes
    what = KINDS[kind]
    left, right = drawn(what, logits)
    rng = np.random.default_rng(9)
    of_labels, of_preds = (rng.permutation(N).tolist() for _ in range(2))
    labels = written(tmp_path / "labels.csv", left, of_labels)
    whole = written(tmp_path / "whole.csv", left | right, of_preds)
    preds = written(tmp_path / "preds.csv", right, of_preds)
    (tmp_path / "parts").mkdir()
    for at in range(FILES):
        part = of_preds[at * N // FILES : (at + 1) * N // FILES]
        written(tmp_path / "parts" / f"p{at}.csv", right, part)
    options = [*what.options, *ASKED, "--show", "id,site,kind"]
    options += ["--from", "logits"] * logits + ["-w", "w"] * weighted

    expected = record(what.command, whole, *options)

    for threads, table in product(("1", "2", "8"), (preds, tmp_path / "parts")):
        found = record(what.command, labels, table, "--key", "id", *options, "--threads", threads)
        assert without_places(found) == without_places(expected)
        lines = {one["row"]: one["line"] for one in expected["worst"]}
        assert [one["line"] for one in found["worst"]] == [
            lines[one["row"]] - (0 if table == preds else N // FILES * ((one["row"] - 1) // (N // FILES)))
            for one in found["worst"]
        ]


def test_rows_without_a_partner_count_for_nothing_of_a_closer_look(tmp_path: Path) -> None:
    left, right = drawn(KINDS["bce"], logits=False)
    rows = list(range(N))
    labels = written(tmp_path / "labels.csv", left, rows[100:])
    preds = written(tmp_path / "preds.csv", right, rows[:-100])
    both = written(tmp_path / "both.csv", left | right, rows[100:-100])
    options = (*KINDS["bce"].options, *ASKED)

    assert "--unmatched drop" in refusal("bce", labels, preds, "--key", "id", *options)
    found = record("bce", labels, preds, "--key", "id", "--unmatched", "drop", *options)

    expected = record("bce", both, *options)
    assert (found["n"], found["unmatched"]) == (N - 200, 200)
    for key in ("groups", "models", "differences", "calibration", "quantiles"):
        assert found[key] == expected[key]
    assert [one["row"] - 100 for one in found["worst"]] == [one["row"] for one in expected["worst"]]


QUESTIONS = {
    "worst": ("--worst", "5", "--show", "id,kind"),
    "groups": ("--by", "site"),
    "quantiles": ("--quantiles", "0.1,0.5"),
    "calibration": ("--calibration", "5"),
    "differences": (),
}
CHANGES = {
    "plain": (),
    "weights": ("-w", "w"),
    "logits": ("--from", "logits"),
    "clipped": ("--eps", "0.01"),
    "smoothed": ("--smoothing", "0.1", "-w", "w"),
    "focal": ("--focal", "2"),
    "as torch": ("--like", "torch", "-w", "w"),
    "as a sum in bits": ("-r", "sum", "--base", "2"),
}


@pytest.mark.parametrize(("kind", "change"), crossed(KINDS, CHANGES))
def test_any_two_questions_of_any_loss_have_the_answers_of_each(kind: str, change: str, tmp_path: Path) -> None:
    what = KINDS[kind]
    left, right = drawn(what, logits=change == "logits")
    path = written(tmp_path / "t.csv", left | right, list(range(N)))

    def asked(*questions: str) -> Any:
        words = [word for name in questions for word in QUESTIONS[name]]
        options = what.options if "differences" in questions else what.options[:4]
        return record(what.command, path, *options, *words, *CHANGES[change])

    questions = [name for name in QUESTIONS if name != "differences" or len(what.models) > 1]
    alone = {name: asked(name) for name in questions}
    for pair in combinations(questions, 2):
        both = asked(*pair)
        assert {name: both[name] for name in pair} == {name: alone[name][name] for name in pair}
        assert both["value"] == alone[pair[0]]["value"]


def test_likelihoods_of_models_and_groups_are_compared_and_have_no_calibration(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("site,a,b\nx,0.8,0.5\ny,0.7,0.9\nx,0.6,0.7\n", encoding="utf-8")
    models = ("-p", "a", "-p", "b")

    found = record("nll", tmp_path / "t.csv", *models, "--by", "site", "--worst", "1", "--quantiles", "1")

    assert [one["group"]["site"] for one in found["groups"]] == ["x", "y"]
    assert found["differences"][0]["lower"] == 2
    assert found["worst"][0]["prob"] == 0.6
    assert "likelihoods have none" in refusal("nll", tmp_path / "t.csv", *models, "--calibration")
