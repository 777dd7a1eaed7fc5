"""Arguments that are read at once come to the same call as those that Typer parses."""

from typing import Any

import pytest
from conftest import run

from losscli.cli import app as cli
from losscli.cli.arguments import plain_values, sorted_arguments
from losscli.cli.options import FIT_OPTIONS, GRAD_OPTIONS, LOSS_OPTIONS

LINES = [
    "bce 1,0 0.8,0.3",
    "bce 1,0 0.8,0.3 -q",
    "bce --from logits 1,0 -1.2,0.3",
    "bce -y label -p prob -w weight t.csv --na drop --digits 3",
    "bce -y a -y b t.csv --header",
    "bce t.csv --no-header --eps=1e-7 --threads 2",
    "ce t.csv --classes=a,b --class-weight 1,2 --normalize --ignore -1",
    "ce t.csv --like keras --format json -r sum",
    "nll 0.8,0.7 --base 2 --expect -0.9 --explain",
    "nll - --positive -- x",
    "bce",
    "grad bce 1,0 0.8,0.3 --wrt logits --check --method numeric --step 1e-6",
    "grad ce t.csv -x 2-4 --theta -1,2,3 --no-intercept",
    "fit bce t.csv -x a,b --method newton --l2 0.1 --standardize --test-size 0.5 --seed 3",
    "bce 1,0 0.8,0.3 -qr sum",
    "bce 1,0 0.8,0.3 -rsum",
]


def call_of(line: str, monkeypatch: pytest.MonkeyPatch, plain: bool) -> Any:
    """The values that a command is called with."""
    found: list[dict[str, Any]] = []

    def typed(given: dict[str, Any]) -> dict[str, Any]:
        found.append({name: value for name, value in given.items() if value not in (None, [], ())})
        raise cli.Declined("enough")

    monkeypatch.setattr(cli, "typed", typed)
    if not plain:
        monkeypatch.setattr(cli, "plain_values", lambda tokens, options: None)
    assert run(*line.split()).code == 2
    return found


@pytest.mark.parametrize("line", LINES)
def test_both_ways_of_reading_arguments_agree(line: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        quick = call_of(line, patch, plain=True)
    with pytest.MonkeyPatch.context() as patch:
        typer = call_of(line, patch, plain=False)

    assert quick == typer


@pytest.mark.parametrize(
    "line", ["--help", "-h", "--frm logits", "-r avg", "--eps", "-q=1", "--quiet=1", "-qr sum", "-z 1"]
)
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    assert plain_values(line.split(), LOSS_OPTIONS) is None


@pytest.mark.parametrize("table", [LOSS_OPTIONS, GRAD_OPTIONS, FIT_OPTIONS])
def test_every_option_is_plain_by_its_long_name(table: dict[str, Any]) -> None:
    for name, option in table.items():
        flag = option.names[-1].split("/")[0]
        value = [] if option.is_flag else [{"from_": "logits", "na": "drop"}.get(name, "sum")]
        members = [
            part for part in (option.kind, *getattr(option.kind, "__args__", ())) if hasattr(part, "__members__")
        ]
        value = [next(iter(members[0])).value] if members else value
        assert plain_values([flag, *value], table) is not None


def test_sorting_puts_negative_lists_behind_the_options() -> None:
    takes = {"--from": True, "-q": False}

    found = sorted_arguments(["1,0", "-1.2,0.3", "--from", "logits", "-q"], takes)

    assert found == ["--from", "logits", "-q", "--", "1,0", "-1.2,0.3"]
