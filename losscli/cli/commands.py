"""The table of commands: which options each takes, what its page says, and what runs it. It follows from `LOSSES`.

A command is what it is called (`grad bce`), and a function from the values that were typed to a `Job`. What a job
needs is imported when it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from losscli.cli.arguments import Values, typed
from losscli.cli.options import COMING, FIT_OPTIONS, GRAD_OPTIONS, LOSS_OPTIONS, Option
from losscli.commands.call import Call, FitOptions, GradOptions
from losscli.losses.table import LOSSES, Loss

Job = Callable[[], bool]  # runs a command that was read; it says whether the answer is yes


@dataclass(frozen=True)
class Command:
    """A command: its words, the sentence and the arguments of its page, its options, and what makes its job."""

    words: tuple[str, ...]
    summary: str
    arguments: str
    options: Mapping[str, Option]
    job: Callable[[Values], Job]

    @property
    def name(self) -> str:
        """The command as messages call it."""
        return " ".join(("losscli", *self.words))


# Options that are only for losses that name them among their settings; all others are for every loss.
PARTICULAR = ("positive", "classes", "pos_weight", "class_weight", "ignore", "normalize")

# What a gradient has no use for, and all that a regression has a use for of a loss's options.
NOT_OF_GRADIENTS = frozenset(
    {
        *("fail_above", "fail_if_worse", "worst", "show", "by", "max_groups", "calibration", "quantiles", "plot"),
        *("ci", "cluster"),
    }
)
OF_REGRESSIONS = frozenset(
    {
        *("label", "weight", "positive", "classes", "delimiter", "header", "encoding", "na", "smoothing"),
        *("pos_weight", "class_weight", "ignore", "format", "quiet", "digits"),
    }
)

SOURCE_OR_LISTS = (
    "A table (a path, or - for standard input), or LABELS and PREDS, each a list such as 1,0,0,1 or a path."
)
LIKELIHOODS = "A table, or LABELS and PREDS, or the LIKELIHOODS of what happened as one list."
IN_MEMORY = "A table (a path, or - for standard input). It is read once, into memory: 8 bytes a number."


def _arguments(loss: Loss) -> str:
    return LIKELIHOODS if loss.name == "nll" else SOURCE_OR_LISTS


def _offered(loss: Loss, of: Callable[[str], bool]) -> dict[str, Option]:
    """The options of a loss that have an effect, a meaning for it, and are `of` the command."""
    return {
        name: option
        for name, option in LOSS_OPTIONS.items()
        if name not in COMING and (name not in PARTICULAR or name in loss.settings) and of(name)
    }


def _call(loss: Loss, values: Values, options: Mapping[str, Option], own: Mapping[str, Option]) -> tuple[Call, Values]:
    """The call, and beside it the values of the options that are the command's own."""
    given = typed(values, options)
    return Call(loss, **{name: value for name, value in given.items() if name not in own}), {
        name: value for name, value in given.items() if name in own
    }


# --- the jobs -----------------------------------------------------------------------------------------------------
def _loss_job(loss: Loss, options: Mapping[str, Option], values: Values) -> Job:
    call, _ = _call(loss, values, options, {})

    def job() -> bool:
        from losscli.commands.loss import run_loss

        return run_loss(call)

    return job


def _grad_job(loss: Loss, options: Mapping[str, Option], values: Values) -> Job:
    call, own = _call(loss, values, options, GRAD_OPTIONS)

    def job() -> bool:
        from losscli.commands.gradient import run_grad

        return run_grad(call, GradOptions(**own))

    return job


def _fit_job(loss: Loss, options: Mapping[str, Option], values: Values) -> Job:
    call, own = _call(loss, values, options, FIT_OPTIONS)

    def job() -> bool:
        from losscli.commands.fit import run_fit

        return run_fit(call, FitOptions(**own))

    return job


# --- the table ----------------------------------------------------------------------------------------------------
def _loss(loss: Loss) -> Command:
    options = _offered(loss, lambda name: True)
    summary = f"{loss.title[0].upper()}{loss.title[1:]} of labels and predictions."
    return Command((loss.name,), summary, _arguments(loss), options, partial(_loss_job, loss, options))


def _grad(loss: Loss) -> Command:
    options = {**_offered(loss, lambda name: name not in NOT_OF_GRADIENTS), **GRAD_OPTIONS}
    summary = f"Gradient of {loss.title} by predictions, or by the parameters of a regression."
    return Command(("grad", loss.name), summary, _arguments(loss), options, partial(_grad_job, loss, options))


def _fit(loss: Loss) -> Command:
    options = {**_offered(loss, lambda name: name in OF_REGRESSIONS), **FIT_OPTIONS}
    summary = f"{'Logistic' if loss.name == 'bce' else 'Softmax'} regression: the least {loss.title}."
    return Command(("fit", loss.name), summary, IN_MEMORY, options, partial(_fit_job, loss, options))


COMMANDS: Mapping[tuple[str, ...], Command] = {
    command.words: command
    for command in (
        *(_loss(loss) for loss in LOSSES.values()),
        *(_grad(loss) for loss in LOSSES.values()),
        *(_fit(LOSSES[name]) for name in ("bce", "ce")),
    )
}

# The first word of commands of two, with what the page at the top says of them.
GROUPS: Mapping[str, str] = {
    "grad": "Gradient of a loss, its check by differences.",
    "fit": "Logistic and softmax regression by gradient descent.",
}


def command_of(args: Sequence[str]) -> Command | None:
    """The command that arguments begin with."""
    return COMMANDS.get(tuple(args[:1])) or COMMANDS.get(tuple(args[:2]))


def within(group: str) -> tuple[str, ...]:
    """The second words of a group's commands."""
    return tuple(words[1] for words in COMMANDS if words[0] == group and len(words) == 2)


def read(command: Command, values: Mapping[str, Any]) -> Job:
    """The job of a command with these values."""
    return command.job(dict(values))
