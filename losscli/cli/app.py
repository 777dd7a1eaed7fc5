"""The command line: options, their assembly into settings, exit codes. The only place that knows Typer and that exits.

The commands follow from the table of losses: an option that a loss has no use for isn't offered. Options are declared
once, in `options`; what they come to travels as one `Call`.
"""

import contextlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from losscli import __version__
from losscli.cli.arguments import plain_values, sorted_arguments
from losscli.cli.options import FIT_OPTIONS, GRAD_OPTIONS, LIST, LOSS_OPTIONS, Option
from losscli.commands.call import Call, FitOptions, GradOptions
from losscli.errors import DataError, Declined, NoInput, printable_line
from losscli.losses.table import LOSSES, Loss

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # what Typer raises for any wrong usage

Job = Callable[[], bool]  # what a command comes to: run it, and it says whether the answer is yes


class SortedCommand(TyperCommand):
    """A command whose positional arguments may begin with a minus, and whose plain arguments are read at once."""

    declared: Mapping[str, Option]
    defaults: Mapping[str, Any]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Sort the arguments; read them where they are plain, else have Typer parse them."""
        tokens = sorted_arguments(args, _takes_value(self.get_params(ctx)))
        values = None if ctx.resilient_parsing else plain_values(tokens, self.declared)
        if values is None:
            return super().parse_args(ctx, tokens)
        ctx.params.update({**self.defaults, **values})
        ctx.args = []
        return []


class QuickGroup(TyperGroup):
    """A group that doesn't process its own options when a command is what comes first."""

    quick = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at what comes first, then parse as always."""
        self.quick = bool(args) and args[0] in self.commands and not ctx.resilient_parsing
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> Any:
        """The group's own options, none where there are none to process."""
        return [] if self.quick else super().get_params(ctx)


def _takes_value(params: Sequence[Any]) -> dict[str, bool]:
    return {
        name: not getattr(param, "is_flag", False) for param in params for name in (*param.opts, *param.secondary_opts)
    }


def _class_of(command: Callable[..., Job]) -> type[SortedCommand]:
    """The class of a command that knows what the command declares."""
    known: Any = command  # see `with_signature`
    return type("Command", (SortedCommand,), {"declared": known.declared, "defaults": known.defaults})


# Options that are numbers are typed as text and read here: Typer's wording for a bad one differs between versions.
NUMERIC = {
    name: option.number
    for table in (LOSS_OPTIONS, GRAD_OPTIONS, FIT_OPTIONS)
    for name, option in table.items()
    if option.number
}

# Options that are only for losses that name them among their settings; all others are for every loss.
PARTICULAR = ("positive", "classes", "pos_weight", "class_weight", "ignore", "normalize")

# What a gradient or a regression has no use for, and what a regression has.
NOT_OF_GRADIENTS = ("fail_above", "ci", "worst", "by", "plot")

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
    names = [name for name in LOSS_OPTIONS if name not in PARTICULAR or name in loss.settings]

    def command(**given: Any) -> Job:
        sources = tuple(given.pop("sources", None) or ())
        call = Call(loss, sources, **typed(given))

        def job() -> bool:
            from losscli.commands.loss import run_loss

            return run_loss(call)

        return job

    command.__doc__ = f"{loss.title[0].upper()}{loss.title[1:]} of labels and predictions."
    return with_signature(command, names, SOURCES.get(loss.name, SOURCES["bce"]))


def _grad_command(loss: Loss) -> Callable[..., Job]:
    """The command of a loss's gradient."""

    def command(**given: Any) -> Job:
        call, own = _split(loss, given, GRAD_OPTIONS)

        def job() -> bool:
            from losscli.commands.gradient import run_grad

            return run_grad(call, GradOptions(**own))

        return job

    command.__doc__ = f"Gradient of {loss.title} by predictions, or by the parameters of a regression."
    names = [name for name in LOSS_OPTIONS if name not in NOT_OF_GRADIENTS]
    names = [name for name in names if name not in PARTICULAR or name in loss.settings]
    return with_signature(command, names, SOURCES.get(loss.name, SOURCES["bce"]), (GRAD_OPTIONS, GradOptions))


def _fit_command(loss: Loss) -> Callable[..., Job]:
    """The command that fits a regression by a loss."""

    def command(**given: Any) -> Job:
        call, own = _split(loss, given, FIT_OPTIONS)

        def job() -> bool:
            from losscli.commands.fit import run_fit

            return run_fit(call, FitOptions(**own))

        return job

    command.__doc__ = f"{'Logistic' if loss.name == 'bce' else 'Softmax'} regression: the least {loss.title}."
    names = [name for name in OF_REGRESSIONS if name not in PARTICULAR or name in loss.settings]
    return with_signature(command, names, SOURCES["fit"], (FIT_OPTIONS, FitOptions))


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


def _parameters(options: Mapping[str, Option], record: Any) -> list[inspect.Parameter]:
    """Options as parameters of a command, their defaults being those of the record's fields."""
    fields = record.__dataclass_fields__
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if option.number or option.kind is LIST else fields[name].default,
            annotation=Annotated[
                option.kind,
                typer.Option(
                    *option.names,
                    help=option.help,
                    rich_help_panel=option.group,
                    metavar=option.metavar,
                    show_default=False,
                ),
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
    command: Callable[..., Job], names: Sequence[str], sources: str, own: tuple[Mapping[str, Option], Any] | None = None
) -> Callable[..., Job]:
    """Give a command the positional arguments, the options of these names, and those of its own with their record."""
    argument = Annotated[
        list[str] | None, typer.Argument(help=sources, metavar="[SOURCE | LABELS PREDS]", show_default=False)
    ]
    shared = {name: LOSS_OPTIONS[name] for name in names}
    parameters = [
        inspect.Parameter("sources", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=argument),
        *_parameters(shared, Call),
        *(_parameters(*own) if own else ()),
    ]
    known: Any = command
    known.__signature__ = inspect.Signature(parameters)
    known.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    known.declared = {**shared, **(own[0] if own else {})}
    known.defaults = {parameter.name: parameter.default for parameter in parameters}
    return command


def _version(wanted: bool) -> None:
    if wanted:
        print(f"losscli {__version__}")
        raise typer.Exit()


def _build(only: str | None) -> typer.Typer:
    """The application; with a command's name only that command, which is quicker to start."""
    app = typer.Typer(
        name="losscli",
        cls=QuickGroup,
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
            sys.stderr.write(f"losscli: a command is wanted: {commands}; -h shows help\n")
            raise typer.Exit(2)

    for name in [only] if only and only in LOSSES else [] if only in GROUPS else LOSSES:
        command = _loss_command(LOSSES[name])
        app.command(name, cls=_class_of(command))(command)
    for group in [only] if only and only in GROUPS else [] if only in LOSSES else GROUPS:
        app.add_typer(_group(group), name=group)
    return app


def _group(name: str) -> typer.Typer:
    """A command that has a command for each loss."""
    make, losses, text = GROUPS[name]
    group = typer.Typer(help=text, cls=QuickGroup)
    for loss in losses:
        made = make(LOSSES[loss])
        group.command(loss, cls=_class_of(made))(made)

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
    except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:
        # A fault of the program, not of the data; a traceback would end with the exit code that means "no".
        return _complain(name, f"internal error, please report it: {type(error).__name__}: {error}")


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
