"""The program as a Typer application, made from the table of commands: `losscli.cli.app.app`.

`typer.testing.CliRunner` runs it, another program adds it with `add_typer`, and shells complete by it. What is typed is
read and run by `main`, so that answers, messages and exit codes are those of the program.
"""

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.completion import get_completion_script, install  # type: ignore[attr-defined]  # which it imports itself
from typer.core import TyperCommand, TyperGroup

from losscli.cli.commands import COMMANDS, GROUPS, Command, command_of
from losscli.cli.help import help_of
from losscli.commands.arguments import Option
from losscli.errors import UsageError, shown

COMPLETE = "_LOSSCLI_COMPLETE"  # set by the shell that asks how a line goes on
BEGUN = "COMP_BEGUN"  # what is typed of the word that is being completed, up to the cursor, from bash
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")

Main = Callable[[Sequence[str]], int]  # runs a command line, and gives its exit code


def application(main: Main) -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        name="losscli",
        help="Classification losses and their gradients.",
        cls=_group(main),
        context_settings={"help_option_names": []},  # help is an option of ours, which prints our pages
    )
    app.callback()(_top)
    groups = {name: typer.Typer(help=text, cls=_group(main, name)) for name, text in GROUPS.items()}
    for name, group in groups.items():
        group.callback()(_nothing)
        app.add_typer(group, name=name)
    for command in COMMANDS.values():
        parent = groups[command.words[0]] if len(command.words) == 2 else app
        parent.command(command.words[-1], help=command.summary, cls=_Command)(_function(main, command))
    return app


class _Command(TyperCommand):
    """A command that leaves its arguments unparsed, except for completion."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        ctx.args = list(args)
        return []


def _group(main: Main, *words: str) -> type[TyperGroup]:
    """A group of commands that leaves all other arguments to `main`."""

    class Group(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            line = [*words, *args]
            if ctx.resilient_parsing or command_of(line) or line[:1] in ([name] for name in GROUPS if not words):
                return super().parse_args(ctx, args)
            raise typer.Exit(main(line))

    return Group


Help = Annotated[bool, typer.Option("-h", "--help", help="Show this page.", show_default=False)]
Version = Annotated[bool, typer.Option("-V", "--version", help="Print the version.", show_default=False)]


def _top(help: Help = False, version: Version = False) -> None:
    pass


def _nothing(help: Help = False) -> None:
    pass


def _function(main: Main, command: Command) -> Callable[..., None]:
    """A function that runs the command; Typer reads the options from its signature."""

    def run(context: typer.Context, **values: Any) -> None:
        raise typer.Exit(main([*command.words, *context.args]))

    sources = typer.Argument(help="; or ".join(f"{name}: {text}" for name, text in command.positionals))
    parameters = [
        _parameter("context", typer.Context),
        _parameter("sources", Annotated[list[str] | None, sources], None),
    ]
    parameters.append(_parameter("help", Help, False))
    parameters += [_parameter(name, _annotation(option, command), None) for name, option in command.options.items()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what `inspect` looks at
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(option: Option, command: Command) -> Any:
    kind = list[str] if option.is_list else bool if option.is_flag else option.types[0]
    declared = typer.Option(
        *option.names,
        help=help_of(option, command.loss),
        metavar=option.metavar,
        show_default=False,
        autocompletion=_offer(option) if option.completes or option.choices else None,
    )
    return Annotated[kind | None, declared]


def _offer(option: Option) -> Callable[[str], list[str]]:
    """The completion of the values of an option."""

    def offer(incomplete: str) -> list[str]:
        if option.choices:
            return [word for word in option.choices if word.startswith(incomplete)]
        from losscli.cli.completion import OFFERS, escaped

        return escaped(OFFERS[option.completes](incomplete))

    return offer


def complete(app: typer.Typer, args: Sequence[str]) -> int:
    """Complete the line of a shell, or set up completion for the shell in `args`, or else in the environment."""
    if asked := os.environ.get(COMPLETE):
        args = ["--show-completion", "bash"] if asked == "source_bash" else []
    if args:
        option, named, known = args[0], " ".join(args[1:]), ", ".join(SHELLS)
        shell = named or os.path.basename(os.environ.get("SHELL", ""))
        if shell not in SHELLS:
            what = f"{shown(named)} is not one of" if named else "name your shell:"
            raise UsageError(f"{option}: {what} {known}")
        if option == "--show-completion":
            script = get_completion_script(prog_name="losscli", complete_var=COMPLETE, shell=shell)
            sys.stdout.write(_handing_on(script) + "\n")
        else:
            _, path = install(shell=shell, prog_name="losscli", complete_var=COMPLETE)
            if shell == "bash":
                path.write_text(_handing_on(path.read_text(encoding="utf-8")), encoding="utf-8")
            sys.stdout.write(f"completion for {shell} was written to {path}; open a new shell to use it\n")
        return 0
    line, place = os.environ.get("COMP_WORDS"), os.environ.get("COMP_CWORD", "")
    if line and place.isdigit():
        os.environ["COMP_WORDS"] = _with_empty_words(line, int(place))
    try:
        app([], prog_name="losscli")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _handing_on(script: str) -> str:
    """Typer's script for bash, or another shell's, that hands on what is typed of the word, which Typer doesn't ask."""
    return script.replace("env COMP_WORDS=", f'env {BEGUN}="$2" COMP_WORDS=')


def _with_empty_words(line: str, place: int) -> str:
    """The words of bash, joined by newlines, with a pair of quotes for each empty one, which would be lost.

    At a cursor between blanks bash gives the word behind them, and says only with `BEGUN` that nothing is typed yet.
    """
    mark = "\n" if "\n" in line else " "
    words = line.split(mark)
    if os.environ.get(BEGUN) == "" and "".join(words[place : place + 1]):
        words.insert(place, "")
    return mark.join(word or "''" for word in words)
