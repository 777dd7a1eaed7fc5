"""JSON as a contract: the help topic `conventions` lists every key of every command with its type, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, run, write

TOPIC = (ROOT / "losscli" / "topics" / "conventions.md").read_text(encoding="utf-8")
SECTION = TOPIC[TOPIC.index("## JSON keys\n") :]
SECTION = SECTION[: re.search(r"^## (?!JSON)", SECTION, re.MULTILINE).start()]  # type: ignore[union-attr]
SHARED = ("With --expect and --explain", "options")
OPEN = ("groups[].group", "worst[].cells", "quantiles", "explain")  # objects whose keys come from the data, or the work

TYPES = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: value is None or (isinstance(value, int | float) and not isinstance(value, bool)),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
    "list": lambda value: isinstance(value, list),
    "list of lists": lambda value: isinstance(value, list) and all(isinstance(one, list) for one in value),
    "list of texts": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "list of objects": lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
    "list of numbers": lambda value: isinstance(value, list) and all(TYPES["number"](one) for one in value),
}


def keys_of(heading: str) -> dict[str, tuple[str, ...]]:
    """The keys of a section of the topic, each with its types."""
    text = SECTION[SECTION.index(f"### {heading}\n") :]
    text = text[: (re.search(r"\n### ", text) or re.search(r"\Z", text)).start()]  # type: ignore[union-attr]
    found: dict[str, tuple[str, ...]] = {}
    for cells, types in re.findall(r"^\| (`.*?) \| (.*?) \|", text, re.MULTILINE):
        keys, kinds = re.findall(r"`([^`]+)`", cells), types
        one_each = kinds.split(", ") if len(kinds.split(", ")) == len(keys) > 1 else [kinds] * len(keys)
        for key, kind in zip(keys, one_each, strict=True):
            found[key] = tuple(re.split(r" or |, ", kind))
    return found


def leaves(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of a record as the topic writes it, with its value; not those of objects that are open."""
    for key, part in value.items():
        yield path + key, part
        if path + key in OPEN:
            continue
        if isinstance(part, dict):
            yield from leaves(part, f"{path}{key}.")
        elif isinstance(part, list):
            for one in part:
                if isinstance(one, dict):
                    yield from leaves(one, f"{path}{key}[].")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json")
    rows = [(i % 2, 0.1 + (i * 7 % 9) / 10, 0.2 + (i * 5 % 7) / 10, "xyz"[i % 3]) for i in range(24)]
    lines = "".join(f"{label},{a:.2f},{b:.2f},{g}\n" for label, a, b, g in rows)
    write(folder / "t.csv", "label,a,b,g\n" + lines)
    write(folder / "z.csv", "label,z0,z1,z2\n" + "".join(f"{i % 3},{i % 5},{i % 4},{i % 2}\n" for i in range(20)))
    write(folder / "miss.csv", "label,prob\n1,0.8\n0,\n0,1\n")
    write(folder / "key.csv", 'question,command\nq1,"bce 1,0 0.9,0.2"\n')
    write(folder / "answers.csv", "student,question,answer\nann,q1,0.1643\nbob,q1,0.5\n")
    write(folder / "only.csv", "label\n1\n0\n1\n")
    (folder / "parts").mkdir()
    for name in ("a", "b"):
        write(folder / "parts" / f"{name}.csv", "label,prob\n1,0.8\n0,0.3\n")
    return folder


PREDS = "0.7,0.2,0.1;0.1,0.8,0.1"
CALLS = {
    "bce, ce, nll": [
        "bce 1,0 0.8,0.3",
        "bce 1,0 0.8,0.3 -r none",
        "bce 1,0.4 0.8,0.3 --base 2",
        "bce 1,0 1,1 --eps 1e-7",
        "bce miss.csv --na drop",
        f"ce 0,1 {PREDS} --class-weight 1,2,3 --normalize --ignore 2 --smoothing 0.1 --worst 1 --calibration 2",
        "bce 1,0 0.8,0.3 --focal 2 --alpha 0.25 --like keras",
        "bce 1,0 0.8,0.3 --pos-weight 3 --class-weight balanced",
        "bce 1,0;0,1 0.8,0.3;0.2,0.6 --worst 2 --pos-weight 2,3",
        "nll 0.8,0.7",
        "bce t.csv -p a -p b",
        "bce t.csv -p a -w b --by g --worst 2 --show g --quantiles 0.5 --calibration 2",
        "bce parts --worst 1",
        "bce 1,0 0.8,0.3 --expect 0.58",
        "bce 1,0 0.8,0.3 -r none --expect 0.2,0.3",
        "bce 1,0 0.8,0.3 --explain",
    ],
    "grad": [
        "grad bce 1,0 0.8,0.3 --check",
        "grad bce 1,0 0.8,0.3 -r none",
        f"grad ce 0,1 {PREDS} --explain",
        "grad bce 1,0 0.8,0.3 --expect 1,2",
        "grad bce t.csv --wrt params -x a,b --theta 0,1,1 --check",
        "grad ce t.csv --wrt params -x a,b --explain",
        "grad bce t.csv --wrt params -x a,b --expect 1,2,3",
    ],
    "fit": [
        "fit bce t.csv -x a,b --steps 3",
        "fit bce t.csv -x a,b --method newton --test-size 0.3",
        "fit ce t.csv -x a,b --standardize --explain --steps 2",
        "fit bce t.csv -x a --steps 3 --expect 1,2",
        "fit temperature z.csv --test-size 0.3",
        "fit bce only.csv --steps 1",
    ],
    "grade": ["grade key.csv answers.csv"],
}


def records(call: str) -> list[dict[str, Any]]:
    done = run(*call.split(), "-f", "json")
    assert done.code in (0, 1), (call, done.err)
    found: list[dict[str, Any]] = done.json if isinstance(done.json, list) else [done.json]
    return found


def test_every_key_of_every_command_is_listed_with_its_type(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files)
    seen: set[str] = set()
    for heading, calls in CALLS.items():
        listed = {**keys_of(heading), **{key: kind for other in SHARED for key, kind in keys_of(other).items()}}
        for call in calls:
            for record in records(call):
                for key, value in leaves(record):
                    assert key in listed, (call, key)
                    assert any(TYPES[kind](value) for kind in listed[key]), (call, key, value, listed[key])
                    seen.add(key)

    every = {key for heading in (*CALLS, *SHARED) for key in keys_of(heading)}
    assert every - seen == set()
