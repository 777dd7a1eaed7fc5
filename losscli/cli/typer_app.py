"""The Typer application: completion and whatever isn't plain. An ordinary one, made of the table of commands.

Its commands run nothing: each gives back itself and the values that were typed, which the caller runs.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from losscli import __version__
from losscli.cli.commands import COMMANDS, GROUPS, Command
from losscli.cli.options import Option

Parsed = tuple[Command, dict[str, Any]]


class Misuse(Exception):
    """The arguments are wrong; the text is Typer's, as one lower-case line."""


def parsed(args: Sequence[str]) -> Parsed | None:
    """The command and its values; None where Typer has done what was asked for, such as help."""
    try:
        found = application()(list(args), prog_name="losscli", standalone_mode=False)
    except SystemExit:  # completion; or help whose reader has gone away
        return None
    except Exception as error:
        message = getattr(error, "format_message", None)  # what Typer raises for any wrong usage has it
        if message is None:
            raise
        raise Misuse(_one_line(message())) from None
    return found if isinstance(found, tuple) else None


def application() -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        name="losscli",
        help="Classification losses and their gradients, from arguments, CSV files and pipes.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    groups = {name: typer.Typer(help=text) for name, text in GROUPS.items()}
    for name, group in groups.items():
        group.callback()(_nothing)
        app.add_typer(group, name=name)
    for command in COMMANDS.values():
        home = groups[command.words[0]] if len(command.words) == 2 else app
        home.command(command.words[-1], help=command.summary)(_function(command))
    return app


def _top(version: Annotated[bool, typer.Option("-V", "--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"losscli {__version__}")
        raise typer.Exit()


def _nothing() -> None:
    """A group does nothing by itself."""


def _function(command: Command) -> Callable[..., Parsed]:
    """A function with the command's options as its signature, which Typer reads."""

    def given(**values: Any) -> Parsed:
        sources = tuple(values.pop("sources") or ())
        return command, {"sources": sources, **{name: value for name, value in values.items() if value is not None}}

    argument = Annotated[
        list[str] | None, typer.Argument(help=command.arguments, metavar="[SOURCE | LABELS PREDS]", show_default=False)
    ]
    parameters = [_parameter("sources", argument, None)]
    parameters += [_parameter(name, _annotation(option), None) for name, option in command.options.items()]
    given.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what `inspect` looks at
    given.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return given


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(option: Option) -> Any:
    return Annotated[
        bool | None if option.is_flag else option.kind,
        typer.Option(
            *option.names,
            help=option.help,
            rich_help_panel=option.group,
            metavar=option.metavar,
            show_default=False,
        ),
    ]


def _one_line(message: str) -> str:
    text = " ".join(message.split()).removesuffix(".").replace(": Value error, ", ": ")
    return text[:1].lower() + text[1:]
