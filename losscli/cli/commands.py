"""The table of commands: which options each takes, what its page says, and what runs it. It follows from `LOSSES`.

A command is what it is called (`grad bce`), and a function from the values that were typed to a `Job`. What a job
needs is imported when it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from losscli.cli.arguments import Values, plain_values, sorted_arguments, typed
from losscli.cli.options import COMING, FIT_OPTIONS, GRAD_OPTIONS, GRADE_OPTIONS, LOSS_OPTIONS, Option
from losscli.commands.call import Call, FitOptions, GradOptions
from losscli.enums import Form
from losscli.errors import UsageError, shown
from losscli.losses.table import LOSS_SPECIFIC, LOSSES, TEMPERATURE_LOSS, Loss

Job = Callable[[], bool]  # runs a command that was read; it says whether the answer is yes


@dataclass(frozen=True)
class Command:
    """A command: its words, what its page says, its options, and what makes its job.

    `arguments` are the positional ones, each with its help; `examples` can be typed where the example files are.
    """

    words: tuple[str, ...]
    summary: str
    examples: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]
    options: Mapping[str, Option]
    job: Callable[[Values], Job]

    @property
    def name(self) -> str:
        """The command as messages call it."""
        return " ".join(("losscli", *self.words))


# What a gradient has no use for, and all that a regression has a use for of a loss's options.
NOT_OF_GRADIENTS = frozenset(
    {
        *("fail_above", "fail_if_worse", "worst", "show", "by", "max_groups", "calibration", "quantiles", "plot"),
        *("ci", "cluster", "save"),
    }
)
OF_REGRESSIONS = frozenset(
    {
        *("label", "weight", "positive", "classes", "delimiter", "header", "encoding", "na", "smoothing"),
        *("pos_weight", "class_weight", "ignore", "format", "quiet", "digits", "save", "explain", "plot"),
    }
)

TABLE = ("SOURCE", "a table: a path, or - for standard input")
LISTS = ("LABELS PREDS", "two lists such as 1,0,0,1, or two paths")
LIKELIHOODS = ("LIKELIHOODS", "the probabilities of what happened: a list")
IN_MEMORY = ("SOURCE", "a table, read once into memory")

LABELS_AND_PREDS = "1,0,0,1 0.8,0.3,0.4,0.7"
EXAMPLES = (
    f"losscli bce {LABELS_AND_PREDS}",
    "losscli ce animals.csv -y label -p 'p_*'",
    f"losscli bce {LABELS_AND_PREDS} --expect 0.522",
    "losscli bce preds.csv -q --fail-above 0.5",
)
# Of each command, by its words: what can be typed as it stands where the example files are.
EXAMPLES_OF: Mapping[str, tuple[str, ...]] = {
    "bce": (
        f"losscli bce {LABELS_AND_PREDS}",
        "losscli bce preds.csv -y label -p prob -w weight",
        "losscli bce --from logits 1,0 -1.2,0.3 -q",
        f"losscli bce {LABELS_AND_PREDS} --expect 0.522",
        "cat preds.csv | losscli bce -r none -f csv",
    ),
    "ce": (
        "losscli ce 0,2 '0.7,0.2,0.1; 0.1,0.2,0.7'",
        "losscli ce animals.csv -y label -p 'p_*'",
        "losscli ce iris.csv -y species -q --fail-above 0.5",
        "losscli ce cat,dog '0.9,0.1; 0.2,0.8' --classes cat,dog --explain",
    ),
    "nll": (
        "losscli nll 0.8,0.7,0.6,0.7",
        f"losscli nll {LABELS_AND_PREDS} --base 2",
        "losscli nll animals.csv -r sum -q",
    ),
    "grad bce": (
        f"losscli grad bce {LABELS_AND_PREDS} --wrt logits",
        "losscli grad bce preds.csv --check",
        "losscli grad bce homework.csv -y passed --wrt params -x hours --theta -1,0.5",
    ),
    "grad ce": (
        "losscli grad ce 0,1,0 0.2,0.5,0.3",
        "losscli grad ce animals.csv --wrt logits -f csv",
        "losscli grad ce 0,2 '0.7,0.2,0.1; 0.1,0.2,0.7' --check",
    ),
    "grad nll": (
        "losscli grad nll 0.8,0.7,0.6,0.7",
        f"losscli grad nll {LABELS_AND_PREDS} --wrt logits -q",
        "losscli grad nll animals.csv --check",
    ),
    "grade": (
        "losscli grade key.csv answers.csv",
        "losscli grade key.csv answers.csv -f csv",
        "losscli grade key.csv - -f json < answers.csv",
    ),
    "fit bce": (
        "losscli fit bce homework.csv -y passed -x hours",
        "losscli fit bce homework.csv -y passed -x hours --method newton",
        "losscli fit bce homework.csv -y passed -x hours,sleep --l2 0.1 -f csv",
    ),
    "fit temperature": (
        "losscli fit temperature breast_cancer_logits.csv",
        "losscli fit temperature breast_cancer_logits.csv -y label -p logit -q",
        "losscli fit temperature breast_cancer_logits.csv --test-size 0.25 --seed 1",
    ),
    "fit ce": (
        "losscli fit ce homework.csv -y passed -x hours",
        "losscli fit ce iris.csv -y species --method newton --l2 0.1",
        "losscli fit ce iris.csv -y species --test-size 0.25 --seed 1 -f csv",
    ),
}


def _arguments(loss: Loss) -> tuple[tuple[str, str], ...]:
    return (TABLE, LISTS, LIKELIHOODS) if Form.LIKELIHOOD in loss.kernels else (TABLE, LISTS)


def _offered(loss: Loss, of: Callable[[str], bool]) -> dict[str, Option]:
    """The options of a loss that have an effect, a meaning for it, and are `of` the command."""
    return {
        name: option
        for name, option in LOSS_OPTIONS.items()
        if name not in COMING and (name not in LOSS_SPECIFIC or name in loss.settings) and of(name)
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


def _temperature_job(options: Mapping[str, Option], values: Values) -> Job:
    call, own = _call(TEMPERATURE_LOSS, values, options, FIT_OPTIONS)

    def job() -> bool:
        from losscli.commands.temperature import run_temperature

        return run_temperature(call, FitOptions(**own))

    return job


def _grade_job(values: Values) -> Job:
    given = typed(values, GRADE_OPTIONS)

    def job() -> bool:
        from losscli.commands.grade import GradeOptions, run_grade

        return run_grade(GradeOptions(**given), question_of)

    return job


def question_of(words: Sequence[str]) -> tuple[Call, GradOptions | None]:
    """What a command line of a key asks: a loss, or with options of its own a gradient; else Declined."""
    command = command_of(words)
    loss = LOSSES.get(command.words[-1]) if command else None
    if command is None or loss is None or command.words[0] == "fit":
        raise UsageError(f"{shown(' '.join(words[:2]))} is no question; ask for {_QUESTIONS}")
    values = plain_values(sorted_arguments(words[len(command.words) :], command.options), command.options)
    if values is None:
        raise UsageError(f"{shown(' '.join(words))} has an option that {command.name} doesn't take")
    of_gradient = command.words[0] == "grad"
    call, own = _call(loss, values, command.options, GRAD_OPTIONS if of_gradient else {})
    return call, GradOptions(**own) if of_gradient else None


_QUESTIONS = f"{', '.join(LOSSES)}, or grad of one of them"


# --- the table ----------------------------------------------------------------------------------------------------
def _loss(loss: Loss) -> Command:
    options = _offered(loss, lambda name: True)
    summary = f"{loss.title[0].upper()}{loss.title[1:]} of labels and predictions."
    return _command((loss.name,), summary, _arguments(loss), options, partial(_loss_job, loss, options))


def _grad(loss: Loss) -> Command:
    options = {**GRAD_OPTIONS, **_offered(loss, lambda name: name not in NOT_OF_GRADIENTS)}
    summary = f"Gradient of {loss.title}, by predictions or by parameters."
    return _command(("grad", loss.name), summary, _arguments(loss), options, partial(_grad_job, loss, options))


def _fit(loss: Loss) -> Command:
    options = {**FIT_OPTIONS, **_offered(loss, lambda name: name in OF_REGRESSIONS)}
    summary = f"{(loss.regression or '').capitalize()} regression: the least {loss.title}."
    return _command(("fit", loss.name), summary, (IN_MEMORY,), options, partial(_fit_job, loss, options))


def _command(
    words: tuple[str, ...],
    summary: str,
    arguments: tuple[tuple[str, str], ...],
    options: Mapping[str, Option],
    job: Callable[[Values], Job],
) -> Command:
    return Command(words, summary, EXAMPLES_OF.get(" ".join(words), ()), arguments, options, job)


def commands_of(loss: Loss) -> tuple[Command, ...]:
    """The commands that there are for a loss."""
    return (_loss(loss), _grad(loss), *((_fit(loss),) if loss.regression else ()))


GRADE = _command(
    ("grade",),
    "Many typed answers at once, judged by a key.",
    (("KEY", "a table: question, command; tolerance, points"), ("ANSWERS", "a table: student, question, answer")),
    GRADE_OPTIONS,
    _grade_job,
)

_OF_TEMPERATURE = {name: FIT_OPTIONS[name] for name in ("test", "test_size", "seed", "predict")} | {
    name: LOSS_OPTIONS[name]
    for name in (
        *("label", "prob", "weight", "positive", "classes", "ignore", "delimiter", "header", "encoding", "na"),
        *("format", "quiet", "digits"),
    )
}

TEMPERATURE = _command(
    ("fit", "temperature"),
    "The temperature that logits are best divided by, binary or of classes.",
    (("SOURCE", "a table of labels and logits, read once into memory"),),
    _OF_TEMPERATURE,
    partial(_temperature_job, _OF_TEMPERATURE),
)

COMMANDS: dict[tuple[str, ...], Command] = {
    command.words: command
    for command in sorted(
        (*(command for loss in LOSSES.values() for command in commands_of(loss)), TEMPERATURE, GRADE),
        key=lambda one: len(one.words),
    )
}

# The first word of commands of two, with what the page at the top says of them.
GROUPS: Mapping[str, str] = {
    "grad": "gradient of a loss, and its check by differences",
    "fit": "logistic and softmax regression, temperature scaling",
}


def command_of(args: Sequence[str]) -> Command | None:
    """The command that arguments begin with."""
    return COMMANDS.get(tuple(args[:1])) or COMMANDS.get(tuple(args[:2]))


def within(group: str) -> tuple[str, ...]:
    """The second words of a group's commands."""
    return tuple(words[1] for words in COMMANDS if words[0] == group and len(words) == 2)


def first_words() -> tuple[str, ...]:
    """What a command line may begin with, each once."""
    return tuple(dict.fromkeys(words[0] for words in COMMANDS))
