"""Arguments that are read at once come to the same call as those that Typer parses; what isn't plain is left to it."""

from collections.abc import Mapping
from typing import Any

import pytest
from conftest import answer, refusal, run

from losscli.cli.arguments import plain_values, sorted_arguments, typed
from losscli.cli.commands import COMMANDS, Command, command_of
from losscli.cli.options import FIT_OPTIONS, GRAD_OPTIONS, LOSS_OPTIONS, Option
from losscli.cli.typer_app import parsed

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
    "bce",
    "grad bce 1,0 0.8,0.3 --wrt logits --check --method numeric --step 1e-6",
    "grad ce t.csv -x 2-4 --theta -1,2,3 --no-intercept",
    "fit bce t.csv -x a,b --method newton --l2 0.1 --standardize --test-size 0.5 --seed 3",
    "bce 1,0 0.8,0.3 -qr sum",
    "bce 1,0 0.8,0.3 -rsum",
    "bce 1,0 0.8,0.3 -qfjson -psome",
]


def sorted_line(line: str) -> tuple[Command, list[str]]:
    args = line.split()
    command = command_of(args)
    assert command is not None
    return command, sorted_arguments(args[len(command.words) :], command.options)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], ())}


@pytest.mark.parametrize("line", LINES)
def test_both_ways_of_reading_arguments_agree(line: str) -> None:
    command, tokens = sorted_line(line)

    quick = plain_values(tokens, command.options)
    by_typer = parsed([*command.words, *tokens])

    if quick is None:
        pytest.fail(f"{line} isn't read at once")
    assert by_typer is not None and by_typer[0] is command
    assert given(quick) == given(by_typer[1])


@pytest.mark.parametrize("line", ["--help", "-h", "--frm logits", "-r avg", "--eps", "-q=1", "--quiet=1", "-z 1"])
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    assert plain_values(line.split(), LOSS_OPTIONS) is None


@pytest.mark.parametrize("table", [LOSS_OPTIONS, GRAD_OPTIONS, FIT_OPTIONS])
def test_every_option_is_plain_by_each_of_its_names(table: dict[str, Option]) -> None:
    for key, option in table.items():
        members = [
            part for part in (option.kind, *getattr(option.kind, "__args__", ())) if hasattr(part, "__members__")
        ]
        value = [] if option.is_flag else [next(iter(members[0])).value if members else "sum"]
        for flag in (flag for names in option.names for flag in names.split("/")):
            found = plain_values([flag, *value], table)
            assert found is not None and key in found


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_an_option_that_takes_one_value_is_refused_when_given_twice(command: Command) -> None:
    for option in command.options.values():
        if option.is_flag or option.kind is LOSS_OPTIONS["prob"].kind:
            continue
        members = [part for part in getattr(option.kind, "__args__", ()) if hasattr(part, "__members__")]
        value = next(iter(members[0])).value if members else "1"
        said = refusal(*command.words, "1,0", "0.8,0.3", option.flag, value, f"{option.flag}={value}")
        assert said == f"{option.flag} is given twice"


def test_both_of_two_opposite_flags_are_refused() -> None:
    assert (
        refusal("bce", "1,0", "0.8,0.3", "--header", "--no-header") == "--header and --no-header contradict each other"
    )


def test_a_flag_may_be_given_twice() -> None:
    assert answer("bce", "1,0", "0.5,0.5", "-q", "--quiet") == answer("bce", "1,0", "0.5,0.5")


def test_label_columns_may_be_given_one_by_one() -> None:
    table = "a,b,p,q\n1,0,0.5,0.5\n"

    assert answer("ce", "-y", "a", "-y", "b", "-p", "p,q", stdin=table) == answer("ce", "1,0", "0.5,0.5")


def test_sorting_puts_negative_lists_behind_the_options() -> None:
    found = sorted_arguments(["1,0", "-1.2,0.3", "--from", "logits", "-q"], LOSS_OPTIONS)

    assert found == ["--from", "logits", "-q", "--", "1,0", "-1.2,0.3"]


BARE = {"bins": Option(("--bins",), str | None, "", number=(int, 1, 100), bare="10")}


@pytest.mark.parametrize(
    ("line", "bins", "sources"),
    [
        ("--bins t.csv", 10, ("t.csv",)),
        ("t.csv --bins", 10, ("t.csv",)),
        ("--bins 5 t.csv", 5, ("t.csv",)),
        ("--bins=7 t.csv", 7, ("t.csv",)),
        ("--bins 1,0 0.8,0.3", 10, ("1,0", "0.8,0.3")),
        ("t.csv", None, ("t.csv",)),
    ],
)
def test_an_option_may_stand_without_its_value(line: str, bins: int | None, sources: tuple[str, ...]) -> None:
    found = plain_values(sorted_arguments(line.split(), BARE), BARE)

    assert found is not None
    values = typed(found, BARE)
    assert (values.get("bins"), values["sources"]) == (bins, sources)


@pytest.mark.parametrize("line", ["nll - --positive -- x", "nll 0.8 --positive", "grad bce 1 0.8 --step"])
def test_an_option_whose_value_is_left_out_is_named(line: str) -> None:
    assert refusal(*line.split()).endswith("requires an argument")


def test_the_value_of_an_option_may_begin_with_a_minus() -> None:
    assert run("bce", "--positive", "-1", "--", "-1,1", "0.2,0.7").code == 0
