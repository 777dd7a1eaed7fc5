"""The table of commands, and how the options behind one are read. Those of a loss follow from its entry in `LOSSES`.

A command is its words (`grad bce`), what its page of help says, its options, and the name of the function that runs it.

`-1.2,0.3` is a list of numbers and never an option. Typer would take twice the processor time of the whole program to
load, so the Typer application (cli/typer_app.py) leaves parsing to `parse_options` as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

from losscli.commands.arguments import (
    FIT,
    GRAD,
    GRADE,
    LOSS,
    TEMPERATURE,
    Arguments,
    FitArguments,
    GradArguments,
    Option,
)
from losscli.enums import Form, Scale
from losscli.errors import UsageError, shown
from losscli.losses.table import LOSS_SPECIFIC, LOSSES, TEMPERATURE_LOSS, Loss
from losscli.records import record

NUMBER_LIKE = re.compile(r"^-(?:\.?\d|inf(?:inity)?\b|nan\b)", re.IGNORECASE)
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"  # what a word processor makes of hyphens
OPTION_LIKE = re.compile(rf"^(?:-|[{DASHES}]+(?!inf|nan)[a-z])", re.IGNORECASE)
HELP = ("-h", "--help")

Values = dict[str, Any]
Unknown = Callable[[str, str], str]  # makes the message for an unknown option and the argument behind it


@record
class Command:
    """A command: its words, what its page says, what it does, to which loss, and the function that does it.

    `positionals` are the arguments without a name, each with its help; `examples` can be typed as they stand in the
    folder of the example files. `run` is "module:function": it takes the arguments, and says whether the answer is yes.
    """

    words: tuple[str, ...]
    summary: str
    examples: tuple[str, ...]
    positionals: tuple[tuple[str, str], ...]
    kind: str
    loss: Loss
    arguments: type[Arguments]
    run: str

    @property
    def name(self) -> str:
        """The command as messages call it."""
        return " ".join(("losscli", *self.words))

    @cached_property
    def options(self) -> dict[str, Option]:
        """Its options by name, those of its own first; without those that its loss doesn't have."""
        declared, common = fields(self.arguments), Arguments.__dataclass_fields__
        own = [one for one in declared if one.name not in common]
        return {
            one.name: Option(name=one.name, type=one.type, **one.metadata)
            for one in (*own, *(one for one in declared if one.name in common))
            if self.kind in one.metadata.get("commands", ())
            and (one.name not in LOSS_SPECIFIC or one.name in self.loss.settings)
        }

    @cached_property
    def flags(self) -> dict[str, Option]:
        """The options by each of their spellings."""
        return {flag: option for option in self.options.values() for flag in option.flags}

    def read(self, args: Sequence[str], unknown: Unknown | None = None) -> Arguments:
        """The arguments behind the command; a UsageError has the message of `unknown` for an unknown option."""
        return self.arguments(
            self.loss, command=self.name, **parse_options(args, self.flags, unknown or no_such_option)
        )


# --- reading what is typed ------------------------------------------------------------------------------------------
def no_such_option(token: str, value: str = "") -> str:
    """The message for an unknown option."""
    return f"no such option: {shown(token.partition('=')[0])[1:-1]}"


def parse_options(args: Sequence[str], flags: Mapping[str, Option], unknown: Unknown = no_such_option) -> Values:
    """The values of the options by their names, and the positional arguments as `sources`; `flags` are all spellings.

    Raises:
        UsageError: An option is unknown (`unknown` makes the message), has no value, a wrong one, or two.
    """
    left, values, sources = list(args), Values(), list[str]()
    while left:
        token = left.pop(0)
        if token == "--":
            sources += left
            break
        if token == "-" or not OPTION_LIKE.match(token) or NUMBER_LIKE.match(token):
            sources.append(token)
            continue

        # The option, and what is joined to it: --base=2, -rsum. `-prob` isn't `-p rob`, but --prob with a dash missing.
        flag, joined = token, None
        if token.startswith("--") and "=" in token:
            flag, _, joined = token.partition("=")
        elif not token.startswith("--") and token[:2] in flags and f"-{token}" not in flags:
            flag, joined = token[:2], token[2:] or None
        option = flags.get(flag)
        if option is None:
            raise UsageError(unknown(token, left[0] if left else ""))

        # Its value.
        value: Any
        if option.is_flag:
            if joined is not None and not token.startswith("--"):
                left.insert(0, f"-{joined}")  # short options that stand together: -qrsum is -q -r sum
            elif joined is not None:
                raise UsageError(f"{flag} takes no value")
            value = "/" not in option.names[-1] or flag == option.flag
            if values.get(option.name, value) != value:
                raise UsageError(f"{' and '.join(option.names[-1].split('/'))} contradict each other")
        else:
            if joined is None and option.bare is not None:
                joined = left.pop(0) if left and option.number(left[0]) is not None else option.bare
            elif joined is None:
                if not left or left[0] == "--":
                    raise UsageError(f"{flag} needs a value ({option.metavar})")
                joined = left.pop(0)
            value = option.value(joined)
            if option.is_list:
                value = (*values.get(option.name, ()), value)
            elif option.name in values:
                raise UsageError(f"{flag} is given twice")
        values[option.name] = value
    return {**values, "sources": tuple(sources)}


# --- the commands of a loss -----------------------------------------------------------------------------------------
TABLE = ("SOURCE", "a table: a path, or - for standard input")
LISTS = ("LABELS PREDS", "two lists such as 1,0,0,1, or two paths")
LIKELIHOODS = ("LIKELIHOODS", "the probabilities of the true labels: a list")
IN_MEMORY = ("SOURCE", "a table, read once into memory")


def commands_of(loss: Loss) -> tuple[Command, ...]:
    """The commands of a loss."""
    positionals = (TABLE, LISTS, LIKELIHOODS) if Form.LIKELIHOOD in loss.kernels else (TABLE, LISTS)
    title = f"{loss.title[0].upper()}{loss.title[1:]}"
    found = [
        Command(
            (loss.name,),
            f"{title} of labels and predictions.",
            examples_of(loss.name, loss),
            positionals,
            LOSS,
            loss,
            Arguments,
            "losscli.commands.loss:run_loss",
        ),
        Command(
            ("grad", loss.name),
            f"Gradient of {loss.title} with respect to predictions or parameters.",
            examples_of(f"grad {loss.name}", loss),
            positionals,
            GRAD,
            loss,
            GradArguments,
            "losscli.commands.gradient:run_grad",
        ),
    ]
    if loss.regression:
        found.append(
            Command(
                ("fit", loss.name),
                f"{loss.regression.capitalize()} regression by minimizing {loss.title}.",
                examples_of(f"fit {loss.name}", loss),
                (IN_MEMORY,),
                FIT,
                loss,
                FitArguments,
                "losscli.commands.fit:run_fit",
            )
        )
    return tuple(found)


def examples_of(words: str, loss: Loss) -> tuple[str, ...]:
    """Examples of a command: those of the loss's entry, or some made for its form and scale."""
    own = tuple(line for line in loss.examples if f"losscli {words} " in line)
    if own:
        return own
    logits = loss.scale is Scale.LOGITS
    if Form.CATEGORICAL in loss.kernels and Form.BINARY not in loss.kernels:
        lists = '"0,2" "2.1,0.3,-1; -0.5,0.2,1.4"' if logits else '"0,2" "0.7,0.2,0.1; 0.1,0.2,0.7"'
    else:
        lists = '"1,0,0,1" "1.4,-0.8,-0.4,0.9"' if logits else '"1,0,0,1" "0.8,0.3,0.4,0.7"'
    return tuple(f"losscli {words} {lists}{more}" for more in ("", " -r sum", " -f json"))


# --- the table ------------------------------------------------------------------------------------------------------
COMMANDS: dict[tuple[str, ...], Command] = {
    command.words: command
    for command in sorted(
        (
            *(command for loss in LOSSES.values() for command in commands_of(loss)),
            Command(
                ("fit", "temperature"),
                "Temperature scaling: divide logits by the number that gives the lowest loss.",
                (
                    "losscli fit temperature breast_cancer_logits.csv",
                    "losscli fit temperature breast_cancer_logits.csv -y label -p logit -q",
                    "losscli fit temperature breast_cancer_logits.csv --test-size 0.25 --seed 1",
                ),
                (("SOURCE", "a table of labels and logits, read once into memory"),),
                TEMPERATURE,
                TEMPERATURE_LOSS,
                FitArguments,
                "losscli.commands.temperature:run_temperature",
            ),
            Command(
                ("grade",),
                "Grade the answers of many students with a key.",
                (
                    "losscli grade key.csv answers.csv",
                    "losscli grade key.csv answers.csv -f csv",
                    "losscli grade key.csv - -f json < answers.csv",
                ),
                (
                    ("KEY", "a table: question, command, [tolerance], [points]"),
                    ("ANSWERS", "a table: student, question, answer"),
                ),
                GRADE,
                next(iter(LOSSES.values())),
                Arguments,
                "losscli.cli.commands:grade",
            ),
        ),
        key=lambda one: len(one.words),
    )
}

# The first word of commands of two, with what the page at the top says of them.
GROUPS: Mapping[str, str] = {
    "grad": "gradient of a loss, checked by finite differences with --check",
    "fit": "logistic and softmax regression, temperature scaling",
}


def command_of(args: Sequence[str]) -> Command | None:
    """The command at the beginning of arguments."""
    return COMMANDS.get(tuple(args[:1])) or COMMANDS.get(tuple(args[:2]))


def within(group: str) -> tuple[str, ...]:
    """The second words of a group's commands."""
    return tuple(words[1] for words in COMMANDS if words[0] == group and len(words) == 2)


def first_words() -> tuple[str, ...]:
    """The first words of all commands, each once."""
    return tuple(dict.fromkeys(words[0] for words in COMMANDS))


def question_of(words: Sequence[str]) -> Arguments:
    """The arguments of a question: for a loss, a gradient (GradArguments) or a fit (FitArguments)."""
    command = command_of(words)
    if command is None or command.kind not in (LOSS, GRAD, FIT):
        losses = ", ".join(LOSSES)
        known = f"use {losses}, grad of one of them, or fit with --steps"
        raise UsageError(f"{shown(' '.join(words[:2]))} can't be a question; {known}")
    return command.read(words[len(command.words) :])


def grade(args: Arguments) -> bool:
    """Run `grade`, whose key has command lines."""
    from losscli.commands.grade import run_grade

    return run_grade(args, question_of)
