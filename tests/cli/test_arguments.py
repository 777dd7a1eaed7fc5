"""What is typed behind a command: options in any place, numbers below 0 without quotes, errors in our words."""

import shlex
from dataclasses import fields, replace

import pytest
from conftest import DATA, answer, refusal, run
from typer.testing import CliRunner

from losscli.cli.app import app
from losscli.cli.commands import COMMANDS, Command, command_of, parse_options
from losscli.commands.arguments import Arguments, FitArguments, GradArguments
from losscli.enums import Method, Missing, Reduction, Scale
from losscli.errors import UsageError

LISTS = ("1,0", "0.8,0.3")

EVERY = {
    one.name: command.options[one.name]
    for command in COMMANDS.values()
    for one in fields(command.arguments)
    if one.name in command.options
}


def read(line: str) -> Arguments:
    args = shlex.split(line)
    command = command_of(args)
    assert command is not None
    return command.read(args[len(command.words) :])


def test_options_stand_anywhere_and_numbers_below_zero_are_no_options() -> None:
    for line in (
        "bce --from logits 1,0 -1.2,0.3",
        "bce 1,0 --from logits -1.2,0.3",
        "bce 1,0 -1.2,0.3 --from logits",
        "bce 1,0 -1.2,0.3 --from=logits",
        "bce --from logits -- 1,0 -1.2,0.3",
    ):
        args = read(line)
        assert (args.from_, args.sources) == (Scale.LOGITS, ("1,0", "-1.2,0.3"))
    for number in ("-1", "-.5", "-inf,0", "-Infinity", "-nan", "-1e-3"):
        assert read(f"bce 1 {number}").sources == ("1", number)


def test_values_are_what_the_fields_say() -> None:
    args = read("bce t.csv -y a -y b -p p,q --na drop -r sum --digits 3 --eps=1e-7 --no-header -q")
    assert (args.label, args.prob, args.sources) == (("a", "b"), ("p,q",), ("t.csv",))
    assert (args.na, args.reduction, args.digits, args.eps) == (Missing.DROP, Reduction.SUM, 3, 1e-7)
    assert (args.header, args.quiet, args.command) == (False, True, "losscli bce")
    grad = read("grad ce t.csv -x 2-4 --theta -1,2,3 --no-intercept --method numeric --ignore -1")
    assert isinstance(grad, GradArguments)
    assert (grad.theta, grad.no_intercept, grad.method, grad.ignore) == ("-1,2,3", True, Method.NUMERIC, "-1")
    fit = read("fit bce t.csv --steps 0 --seed 3 --l2 .5")
    assert isinstance(fit, FitArguments)
    assert (fit.steps, fit.seed, fit.l2, fit.lr) == (0, 3, 0.5, 0.1)


def test_short_options_may_stand_together_and_with_their_value() -> None:
    for typed in ("-qr sum", "-qrsum", "-rsum -q", "-r sum -q"):
        args = read(f"bce 1,0 0.8,0.3 {typed}")
        assert (args.quiet, args.reduction, args.sources) == (True, Reduction.SUM, LISTS)
    args = read("bce 1,0 0.8,0.3 -qfjson -psome")
    assert (args.quiet, args.format, args.prob) == (True, "json", ("some",))


def test_every_option_is_read_by_each_of_its_names() -> None:
    for name, option in EVERY.items():
        value = [] if option.is_flag else [option.words[0] if option.words else "1" if option.range is None else "0.1"]
        if int in option.types and not option.is_flag:
            value = ["1"]
        for flag in option.flags:
            assert name in parse_options([flag, *value], {flag: option}), flag


def test_an_option_may_stand_without_its_value() -> None:
    for line, bins, sources in (
        ("bce --calibration t.csv", 10, ("t.csv",)),
        ("bce t.csv --calibration", 10, ("t.csv",)),
        ("bce --calibration 5 t.csv", 5, ("t.csv",)),
        ("bce --calibration=7 t.csv", 7, ("t.csv",)),
        ("bce --calibration 1,0 0.8,0.3", 10, LISTS),
        ("bce t.csv", None, ("t.csv",)),
    ):
        args = read(line)
        assert (args.calibration, args.sources) == (bins, sources), line


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_an_option_that_takes_one_value_is_refused_when_given_twice(command: Command) -> None:
    for option in command.options.values():
        if option.is_flag or option.is_list:
            continue
        value = option.words[0] if option.words else "0.1" if option.types == (float,) else "1"
        said = refusal(*command.words, *LISTS, option.flag, value, f"{option.flag}={value}")
        assert said == f"{option.flag} is given twice"


def test_nan_is_no_value_of_an_option_with_or_without_a_range() -> None:
    for command in COMMANDS.values():
        for option in command.options.values():
            if float in option.types:
                for nan in ("nan", "-nan", "NaN"):
                    said = refusal(*command.words, *LISTS, f"{option.flag}={nan}")
                    assert said.startswith(f"{option.flag}: "), (command.name, said)
    bare = replace(EVERY["eps"], range=None)
    with pytest.raises(UsageError, match="--eps: 'nan' is not a number"):
        bare.value("nan")


def test_what_can_not_be_read_is_refused_in_words() -> None:
    for typed, said in (
        ("--header --no-header", "--header and --no-header contradict each other"),
        ("--quiet=1", "--quiet takes no value"),
        ("--step", "no such option: --step; grad bce and grad ce have it"),
        ("--base", "--base needs a value (B)"),
        ("--positive -- x", "--positive needs a value (LABEL)"),
        ("--eps ''", "--eps: the value is empty"),
        ("-r avg", "--reduction: 'avg' is not one of mean, sum, none"),
        ("-f xml", "--format: 'xml' is not one of table, json, csv, tsv, md"),
        ("--eps x", "--eps: 'x' is not a number"),
        ("--digits 2.5", "--digits: '2.5' is not a whole number"),
        ("--digits 1_0", "--digits: '1_0' is not a whole number"),
        ("--digits 18", "--digits: 18 is out of range; it must be from 1 to 17"),
        ("--calibration 1001", "--calibration: 1001 is out of range; it must be from 1 to 1000"),
        ("--eps 0.5", "--eps: 0.5 is out of range; it must be at least 0 and below 0.5"),
        ("--focal nan", "--focal: nan is out of range; it must be finite and at least 0"),
        ("--ci 95", "--ci: 95 is out of range; it must be between 0 and 1; write a percentage as a share, as in 0.95"),
    ):
        assert refusal("bce", *LISTS, *shlex.split(typed)) == said


def test_a_flag_may_be_given_twice() -> None:
    assert answer("bce", "1,0", "0.5,0.5", "-q", "--quiet") == answer("bce", "1,0", "0.5,0.5")


def test_label_columns_may_be_given_one_by_one() -> None:
    table = "a,b,p,q\n1,0,0.5,0.5\n"

    assert answer("ce", "-y", "a", "-y", "b", "-p", "p,q", stdin=table) == answer("ce", "1,0", "0.5,0.5")


def test_the_value_of_an_option_may_begin_with_a_minus() -> None:
    args = read("bce --positive -1 -- -1,1 0.2,0.7")

    assert (args.positive, args.sources) == ("-1", ("-1,1", "0.2,0.7"))


# --- the Typer application ------------------------------------------------------------------------------------------
PREDS = str(DATA / "preds.csv")
LINES = [
    ["bce", "1,0,0,1", "0.8,0.3,0.4,0.7"],
    ["bce", "--from", "logits", "1,0", "-1.2,0.3", "-q"],
    ["bce", PREDS, "-r", "none", "-f", "csv"],
    ["bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--expect", "0.9"],
    ["bce", "1,0", "0.8,1.3"],
    ["bce", "1,0", "0.8,0.3", "--jsn"],
    ["bce", "1,0", "0.8,0.3", "--fail-above", "0.1", "-q"],
    ["ce", "0,2", "0.7,0.2,0.1; 0.1,0.2,0.7", "-f", "json"],
    ["nll", "0.8,0.7,0.6,0.7", "--base", "2"],
    ["grad", "bce", "1,0", "-0.8,0.3", "--from", "logits", "--check"],
    ["grad", "ce", "0,1,0", "0.2,0.5,0.3", "-q"],
    ["grad", "nll", "0.8,0.7", "-f", "csv"],
    ["fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours"],
    ["fit", "ce", str(DATA / "iris.csv"), "-y", "species", "--steps", "3", "-f", "json"],
    ["fit", "temperature", str(DATA / "breast_cancer_logits.csv"), "-q"],
    ["grade", str(DATA / "key.csv"), str(DATA / "answers.csv"), "-f", "csv"],
    ["grade"],
    [],
    ["-h"],
    ["--version"],
    ["help"],
    ["help", "zh"],
    ["bce", "-h"],
    ["grad"],
    ["grad", "-h"],
    ["grad", "logloss"],
    ["logloss"],
]


@pytest.mark.slow
def test_the_typer_application_answers_as_the_program_does() -> None:
    assert {tuple(line[: len(command.words)]) for line in LINES for command in COMMANDS.values()} >= COMMANDS.keys()
    for line in LINES:
        wanted, found = run(*line), CliRunner().invoke(app, line)
        assert (found.exit_code, found.stdout, found.stderr) == (wanted.code, wanted.out, wanted.err), line


def test_another_program_can_add_the_application() -> None:
    import typer

    outer = typer.Typer()
    outer.add_typer(app, name="loss")
    outer.command("other")(lambda: None)

    for line in (["bce", "1,0", "-0.8,0.3", "--from", "logits"], ["grad", "bce", "1,0", "0.8,0.3"], ["bce", "1", "2"]):
        wanted, found = run(*line), CliRunner().invoke(outer, ["loss", *line])
        assert (found.exit_code, found.stdout) == (wanted.code, wanted.out)


def test_the_typer_application_declares_every_option_with_its_help() -> None:
    import typer.main

    group = typer.main.get_command(app)
    for words, command in COMMANDS.items():
        found = group
        for word in words:
            found = found.commands[word]  # type: ignore[attr-defined]  # of a group
        names = {flag for parameter in found.params for flag in (*parameter.opts, *parameter.secondary_opts)}
        assert names - {"sources", "-h", "--help"} == {flag for one in command.options.values() for flag in one.flags}
        options = [parameter for parameter in found.params if parameter.param_type_name == "option"]
        helps = [str(getattr(parameter, "help", None)) for parameter in options]
        assert all(text not in ("", "None") and "{" not in text for text in helps)
