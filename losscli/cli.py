"""The command line: options, their assembly into settings, exit codes. The only place that knows Typer and that exits.

The commands follow from the table of losses: an option that a loss has no use for isn't offered. Options are declared
once, in `OPTIONS`; what they come to travels as one `Call`.
"""

import contextlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from math import inf
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from losscli import __version__
from losscli.call import Call
from losscli.errors import DataError, Declined, NoInput, printable_line
from losscli.kinds import Format, Like, Missing, Reduction, Scale
from losscli.losses import LOSSES, Loss
from losscli.options import FIT_OPTIONS, GRAD_OPTIONS, GRADIENT, REGRESSION, FitOptions, GradOptions, Option

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # what Typer raises for any wrong usage
NUMBER_LIKE = re.compile(r"^-(?:\.?\d|inf(?:inity)?\b|nan\b)", re.IGNORECASE)


Job = Callable[[], bool]  # what a command comes to: run it, and it says whether the answer is yes


class SortedCommand(TyperCommand):
    """A command whose positional arguments may begin with a minus: they go behind the options, after `--`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Sort the arguments, then parse them as always."""
        return super().parse_args(ctx, self._sorted(ctx, list(args)))

    def _sorted(self, ctx: Any, args: list[str]) -> list[str]:
        takes = {
            name: not getattr(p, "is_flag", False)
            for p in self.get_params(ctx)
            for name in (*p.opts, *p.secondary_opts)
        }
        options: list[str] = []
        positionals: list[str] = []
        while args:
            token = args.pop(0)
            if token == "--":
                positionals += args
                break
            if token == "-" or not token.startswith("-") or NUMBER_LIKE.match(token):
                positionals.append(token)
                continue
            options.append(token)
            if _wants_value(token, takes):
                if not args or args[0] == "--":
                    return options  # no value is left for it: the parser says so
                options.append(args.pop(0))
        return [*options, "--", *positionals] if positionals else options


def _wants_value(token: str, takes: dict[str, bool]) -> bool:
    """Whether the argument after an option is its value."""
    if token.startswith("--"):
        return "=" not in token and takes.get(token, False)
    for at, letter in enumerate(token[1:], 2):
        if takes.get("-" + letter, False):
            return at == len(token)
    return False


def _option(*names: str, help: str, group: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=group, metavar=metavar, show_default=False)


INPUT, MATHEMATICS, ANSWERS = "Input", "Mathematics", "Answers"

# name of the field of `Call` -> its annotation; the default is that of the field
OPTIONS: dict[str, Any] = {
    "label": Annotated[
        list[str] | None,
        _option(
            "-y",
            "--label",
            help="Label column: a name, a number, or several for one-hot or soft labels (y0,y1 or 2-4 or y_*).",
            group=INPUT,
            metavar="COL",
        ),
    ],
    "prob": Annotated[
        list[str] | None,
        _option(
            "-p",
            "--prob",
            help="Prediction column; for ce and nll the class columns, as a list, range or glob.",
            group=INPUT,
            metavar="COL",
        ),
    ],
    "weight": Annotated[
        str | None,
        _option("-w", "--weight", help="Sample weights: a column, or beside lists a list.", group=INPUT, metavar="COL"),
    ],
    "from_": Annotated[
        Scale, _option("--from", help="What the predictions are: probs (default), logits or logprobs.", group=INPUT)
    ],
    "positive": Annotated[
        str | None,
        _option("--positive", help="This label is 1, every other label is 0.", group=INPUT, metavar="LABEL"),
    ],
    "classes": Annotated[
        str | None,
        _option("--classes", help="The class of each prediction column, in order.", group=INPUT, metavar="A,B,C"),
    ],
    "delimiter": Annotated[
        str | None,
        _option(
            "-d",
            "--delimiter",
            help="Cells are separated by this; tab and space are accepted as words. Default: found.",
            group=INPUT,
            metavar="CHAR",
        ),
    ],
    "header": Annotated[
        bool | None,
        _option("--header/--no-header", help="Whether the first line names the columns. Default: found.", group=INPUT),
    ],
    "encoding": Annotated[
        str | None,
        _option("--encoding", help="Default: UTF-8, or UTF-16 by its byte order mark.", group=INPUT, metavar="NAME"),
    ],
    "na": Annotated[
        Missing,
        _option("--na", help="Missing cells: error (default), or drop the row and say how many went.", group=INPUT),
    ],
    "reduction": Annotated[
        Reduction,
        _option("-r", "--reduction", help="mean (default), sum or none: the loss of each row.", group=MATHEMATICS),
    ],
    "base": Annotated[
        str,
        _option(
            "--base",
            help="Base of the logarithm: e (default, nats), 2 (bits), 10 or any other above 1.",
            group=MATHEMATICS,
            metavar="B",
        ),
    ],
    "eps": Annotated[
        str | None,
        _option(
            "--eps", help="Clip probabilities to [X, 1-X]. Default: no clipping at all.", group=MATHEMATICS, metavar="X"
        ),
    ],
    "like": Annotated[
        Like | None,
        _option(
            "--like",
            help="That library's conventions for clipping, row rescaling and what the mean divides by.",
            group=MATHEMATICS,
        ),
    ],
    "smoothing": Annotated[
        str | None,
        _option(
            "--smoothing",
            help="Label smoothing: (1-S) of the label, S spread over the classes.",
            group=MATHEMATICS,
            metavar="S",
        ),
    ],
    "focal": Annotated[
        str | None, _option("--focal", help="Focal loss: times (1-p_t)^GAMMA.", group=MATHEMATICS, metavar="GAMMA")
    ],
    "pos_weight": Annotated[
        str | None, _option("--pos-weight", help="Weight of the positive term.", group=MATHEMATICS, metavar="C")
    ],
    "class_weight": Annotated[
        str | None, _option("--class-weight", help="A weight for each class.", group=MATHEMATICS, metavar="W1,W2,..")
    ],
    "ignore": Annotated[
        str | None,
        _option("--ignore", help="Rows with this label do not count.", group=MATHEMATICS, metavar="LABEL"),
    ],
    "normalize": Annotated[
        bool, _option("--normalize", help="Rescale each row of probabilities to sum to 1.", group=MATHEMATICS)
    ],
    "format": Annotated[
        Format, _option("-f", "--format", help="table (default), json, csv, tsv or md.", group=ANSWERS)
    ],
    "quiet": Annotated[
        bool,
        _option(
            "-q", "--quiet", help="Nothing but the number, with all its digits; one a line with -r none.", group=ANSWERS
        ),
    ],
    "digits": Annotated[
        str | None, _option("--digits", help="Significant digits in tables; default 6.", group=ANSWERS, metavar="N")
    ],
    "expect": Annotated[
        str | None,
        _option(
            "--expect",
            help="Check the answer X, as precisely as typed: exit 1 if it is wrong, and name what would give it.",
            group=ANSWERS,
            metavar="X",
        ),
    ],
    "explain": Annotated[
        bool, _option("--explain", help="Show the work: formula, terms, sum, division.", group=ANSWERS)
    ],
    "fail_above": Annotated[
        str | None, _option("--fail-above", help="Exit 1 if the answer is above X.", group=ANSWERS, metavar="X")
    ],
    "threads": Annotated[
        str | None, _option("--threads", help="Default: the number of cores.", group=ANSWERS, metavar="N")
    ],
}
# Options that are numbers (Typer's own wording for a bad one differs between versions, so they are read here), with
# the least and the largest value where these don't depend on anything else.
NUMERIC: dict[str, tuple[type[int] | type[float], float, float]] = {
    "eps": (float, -inf, inf),
    "smoothing": (float, -inf, inf),
    "focal": (float, -inf, inf),
    "pos_weight": (float, -inf, inf),
    "fail_above": (float, -inf, inf),
    "digits": (int, 1, 17),
    "threads": (int, 1, 256),
    **{name: option.number for table in (GRAD_OPTIONS, FIT_OPTIONS) for name, option in table.items() if option.number},
}
LISTED = ("label", "prob")
# Options that are only for losses that name them among their settings; all others are for every loss.
PARTICULAR = ("positive", "classes", "pos_weight", "class_weight", "ignore", "normalize")

# What a gradient or a regression has no use for, and what a regression has.
NOT_OF_GRADIENTS = ("fail_above", "worst", "by", "plot")
OF_REGRESSIONS = (
    *("label", "weight", "positive", "classes", "delimiter", "header", "encoding", "na", "smoothing"),
    *("pos_weight", "class_weight", "ignore", "format", "quiet", "digits"),
)

SOURCES = {
    "bce": "A table (a path, or - for standard input), or LABELS and PREDS, each a list such as 1,0,0,1 or a path.",
    "nll": "A table, or LABELS and PREDS, or the LIKELIHOODS of what happened as one list.",
    "fit": "A table (a path, or - for standard input). It is read once, into memory: 8 bytes a number.",
}


def _loss_command(loss: Loss) -> Callable[..., Job]:
    """The command of a loss, its options as a signature that Typer reads; it returns the job for `main` to run."""
    names = [name for name in OPTIONS if name not in PARTICULAR or name in loss.settings]

    def command(**given: Any) -> Job:
        sources = tuple(given.pop("sources", None) or ())
        call = Call(loss, sources, **typed(given))

        def job() -> bool:
            from losscli.run import run_loss

            return run_loss(call)

        return job

    command.__doc__ = f"{loss.title[0].upper()}{loss.title[1:]} of labels and predictions."
    return with_signature(command, names, SOURCES.get(loss.name, SOURCES["bce"]))


def _grad_command(loss: Loss) -> Callable[..., Job]:
    """The command of a loss's gradient."""

    def command(**given: Any) -> Job:
        call, own = _split(loss, given, GRAD_OPTIONS)

        def job() -> bool:
            from losscli.grad_run import run_grad

            return run_grad(call, GradOptions(**own))

        return job

    command.__doc__ = f"Gradient of {loss.title} by predictions, or by the parameters of a regression."
    names = [name for name in OPTIONS if name not in NOT_OF_GRADIENTS]
    names = [name for name in names if name not in PARTICULAR or name in loss.settings]
    own = _own_parameters(GRAD_OPTIONS, GRADIENT, GradOptions)
    return with_signature(command, names, SOURCES.get(loss.name, SOURCES["bce"]), own)


def _fit_command(loss: Loss) -> Callable[..., Job]:
    """The command that fits a regression by a loss."""

    def command(**given: Any) -> Job:
        call, own = _split(loss, given, FIT_OPTIONS)

        def job() -> bool:
            from losscli.fit_run import run_fit

            return run_fit(call, FitOptions(**own))

        return job

    command.__doc__ = f"{'Logistic' if loss.name == 'bce' else 'Softmax'} regression: the least {loss.title}."
    names = [name for name in OF_REGRESSIONS if name not in PARTICULAR or name in loss.settings]
    return with_signature(command, names, SOURCES["fit"], _own_parameters(FIT_OPTIONS, REGRESSION, FitOptions))


def _split(loss: Loss, given: dict[str, Any], table: dict[str, Option]) -> tuple[Call, dict[str, Any]]:
    """The call, and beside it the options that `table` lists."""
    sources = tuple(given.pop("sources", None) or ())
    options = typed(given)
    own = {name: options.pop(name) for name in table if name in options}
    return Call(loss, sources, **options), own


# command with a command for each of some losses -> what makes that, the losses, and its help
GROUPS: dict[str, tuple[Callable[[Loss], Callable[..., Job]], tuple[str, ...], str]] = {
    "grad": (_grad_command, tuple(LOSSES), "Gradient of a loss, its check by differences."),
    "fit": (_fit_command, ("bce", "ce"), "Logistic and softmax regression by gradient descent."),
}


def _own_parameters(options: dict[str, Option], group: str, record: Any) -> list[inspect.Parameter]:
    """The options of one of those commands as parameters, the defaults being those of the record's fields."""
    fields = record.__dataclass_fields__
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if option.number else fields[name].default,
            annotation=Annotated[
                option.kind, _option(*option.names, help=option.help, group=group, metavar=option.metavar)
            ],
        )
        for name, option in options.items()
    ]


def typed(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, numbers as numbers; an option without a value, or an empty one, is refused."""
    options = {name: value for name, value in given.items() if value is not None and value != []}
    for name, value in options.items():
        if "" in (value if isinstance(value, list) else [value]):
            raise Declined(f"{_flag(name)}: the value is empty")
        if name in NUMERIC:
            options[name] = _number(_flag(name), value, *NUMERIC[name])
    return options


def _flag(name: str) -> str:
    return "--" + name.rstrip("_").replace("_", "-")


def _number(flag: str, text: str, kind: type[int] | type[float], low: float, high: float) -> int | float:
    try:
        value = kind(text if "_" not in text else "")
    except ValueError:
        raise Declined(f"{flag}: {text!r} is not a {'whole ' if kind is int else ''}number") from None
    if not low <= value <= high and low > -inf:
        raise Declined(f"{flag}: {text} is out of range; it is from {low} to {high}")
    return value


def with_signature(
    command: Callable[..., Job], names: Sequence[str], sources: str, more: Sequence[inspect.Parameter] = ()
) -> Callable[..., Job]:
    """Give a command the positional arguments and the options of these names."""
    argument = Annotated[
        list[str] | None, typer.Argument(help=sources, metavar="[SOURCE | LABELS PREDS]", show_default=False)
    ]
    fields = Call.__dataclass_fields__
    parameters = [inspect.Parameter("sources", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=argument)]
    for name in names:
        default = None if name in LISTED or name in NUMERIC else fields[name].default
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=OPTIONS[name])
        )
    parameters += more
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect looks for
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _version(wanted: bool) -> None:
    if wanted:
        print(f"losscli {__version__}")
        raise typer.Exit()


def _build(only: str | None) -> typer.Typer:
    """The application; with a command's name only that command, which is quicker to start."""
    app = typer.Typer(
        name="losscli",
        help="Classification losses and their gradients, from arguments, CSV files and pipes.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def losscli(
        ctx: typer.Context,
        version: Annotated[
            bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        if ctx.invoked_subcommand is None:
            commands = ", ".join((*LOSSES, *GROUPS))
            sys.stderr.write(f"{ctx.get_usage()}\nlosscli: a command is wanted: {commands}; -h shows help\n")
            raise typer.Exit(2)

    for name in [only] if only and only in LOSSES else [] if only in GROUPS else LOSSES:
        app.command(name, cls=SortedCommand)(_loss_command(LOSSES[name]))
    for group in [only] if only and only in GROUPS else [] if only in LOSSES else GROUPS:
        app.add_typer(_group(group), name=group)
    return app


def _group(name: str) -> typer.Typer:
    """A command that has a command for each loss."""
    make, losses, text = GROUPS[name]
    group = typer.Typer(help=text)
    for loss in losses:
        group.command(loss, cls=SortedCommand)(make(LOSSES[loss]))

    @group.callback()
    def command() -> None:
        pass

    return group


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 yes, 1 no, 2 trouble, 130 interrupted."""
    args = list(sys.argv[1:] if argv is None else argv)
    command = next((arg for arg in args if not arg.startswith("-")), None)
    only = command if "_LOSSCLI_COMPLETE" not in os.environ else None
    name = _called(args)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(args, name, only)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        _silence_stdout()
        return 0  # a reader that has seen enough
    except OSError as error:
        _silence_stdout()
        place = f"{error.filename}: " if error.filename else "standard output: "
        return _complain(name, f"{place}{(error.strerror or str(error)).lower()}")


def _called(args: list[str]) -> str:
    """The name of the command in messages: `losscli bce`, `losscli grad bce`."""
    words = [arg for arg in args if not arg.startswith("-")][:2]
    if words and words[0] in LOSSES:
        return f"losscli {words[0]}"
    return f"losscli {' '.join(words)}" if len(words) == 2 and words[0] in GROUPS and words[1] in LOSSES else "losscli"


def _run(args: list[str], name: str, only: str | None) -> int:
    try:
        found = _parsed(args, only)
        if not callable(found):
            return found if isinstance(found, int) else 0
        if sys.stdout is None:
            return _complain(name, "standard output is closed")
        return 0 if found() else 1
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except USAGE_ERROR as error:
        return _complain(name, _usage_text(error))
    except NoInput:
        return _complain(name, f"nothing to read; usage: {name} [OPTIONS] [SOURCE | LABELS PREDS], -h shows help")
    except DataError as error:
        return _complain(name, str(error))
    except MemoryError:
        return _complain(name, "not enough memory")


def _parsed(args: list[str], only: str | None) -> Any:
    """The job of the command, or the exit code of what Typer does by itself, such as help."""
    try:
        return _build(only)(args, prog_name="losscli", standalone_mode=False)
    except SystemExit as stop:  # completion, or help whose reader has gone away
        return 0 if stop.code == 1 else stop.code


def _usage_text(error: Any) -> str:
    text = " ".join(str(error.format_message()).split()).removesuffix(".").replace(": Value error, ", ": ")
    return text[:1].lower() + text[1:]


def _complain(name: str, text: str) -> int:
    with contextlib.suppress(OSError, AttributeError):  # standard error may be closed; the exit code still speaks
        sys.stderr.write(f"{name}: {printable_line(text)}\n")
    return 2


def _silence_stdout() -> None:
    """Keep the interpreter from saying at exit that what is left in the buffer can't be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
