"""The Typer application: completion and whatever isn't plain. An ordinary one, made of the table of commands.

Its commands run nothing: each gives back itself and the values that were typed, which the caller runs.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from losscli import __version__
from losscli.cli.commands import COMMANDS, GROUPS, Command
from losscli.cli.help import group_page, page, terminal_width, top_page
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
        help="Classification losses and their gradients.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": []},  # help is an option of ours, which prints our pages
    )
    app.callback()(_top)
    groups = {name: typer.Typer(help=text) for name, text in GROUPS.items()}
    for name, group in groups.items():
        group.callback()(_group(name))
        app.add_typer(group, name=name)
    for command in COMMANDS.values():
        home = groups[command.words[0]] if len(command.words) == 2 else app
        home.command(command.words[-1], help=command.summary)(_function(command))
    return app


def _help(pages: Callable[[int], str]) -> Any:
    """The option that prints a page and ends there, given the function from a width to that page."""

    def show(context: typer.Context, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            sys.stdout.write(pages(terminal_width()))
            raise typer.Exit()

    option = typer.Option("-h", "--help", callback=show, is_eager=True, help="Show this page.", show_default=False)
    return Annotated[bool, option]


def _top(
    help: _help(top_page) = False,  # type: ignore[valid-type]  # an annotation that is made
    version: Annotated[bool, typer.Option("-V", "--version", help="Print the version.", show_default=False)] = False,
) -> None:
    if version:
        sys.stdout.write(f"losscli {__version__}\n")
        raise typer.Exit()


def _group(name: str) -> Callable[..., None]:
    """A group does nothing by itself but show its page."""

    def callback(help: _help(partial(group_page, name)) = False) -> None:  # type: ignore[valid-type]  # as above
        pass

    return callback


def _function(command: Command) -> Callable[..., Parsed]:
    """A function with the command's options as its signature, which Typer reads."""

    def given(**values: Any) -> Parsed:
        sources = tuple(values.pop("sources") or ())
        values.pop("help")
        return command, {"sources": sources, **{name: value for name, value in values.items() if value is not None}}

    argument = Annotated[list[str] | None, typer.Argument(help=_positional(command), show_default=False)]
    parameters = [_parameter("sources", argument, None), _parameter("help", _help(partial(page, command)), False)]
    parameters += [_parameter(name, _annotation(option), None) for name, option in command.options.items()]
    given.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what `inspect` looks at
    given.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return given


def _positional(command: Command) -> str:
    return "; or ".join(f"{name}: {text}" for name, text in command.arguments)


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(option: Option) -> Any:
    kind = bool | None if option.is_flag else option.kind
    offer = _offer(option.completes) if option.completes else None
    names = typer.Option(
        *option.names, help=option.help, metavar=option.metavar, show_default=False, autocompletion=offer
    )
    return Annotated[kind, names]


def _offer(what: str) -> Callable[[str], list[str]]:
    """The values that a shell offers for an option."""

    def offer(incomplete: str) -> list[str]:
        from losscli.cli.completion import OFFERS, escaped

        return escaped(OFFERS[what](incomplete))

    return offer


def _one_line(message: str) -> str:
    text = " ".join(message.split()).removesuffix(".").replace(": Value error, ", ": ")
    return text[:1].lower() + text[1:]
