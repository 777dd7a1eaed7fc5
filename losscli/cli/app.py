"""Runs the command line: arguments become a command, errors one line on standard error and an exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import IO, Any

from losscli import __version__
from losscli.cli.commands import GROUPS, HELP, command_of, first_words
from losscli.errors import DataError, NoInput, UsageError, printable_line
from losscli.output.streams import for_a_reader, is_reader_gone, prepare, say, silence


def main(argv: Sequence[str] | None = None, interrupted: Callable[[], bool] = lambda: False) -> int:
    """Run the command line; returns the exit code: 0 yes, 1 no, 2 trouble, 130 interrupted.

    `interrupted` says whether an interrupt has come, also one that Python dropped.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        prepare(stream)
    try:
        code = _run(args)
        if sys.stdout is not None:
            with for_a_reader():
                sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if is_reader_gone(error):
            silence(sys.stdout)
            return 0  # it has seen enough
        if interrupted():
            return 130
        if isinstance(error, OSError):
            silence(sys.stdout)
        say(f"{_called(args)}: {printable_line(_message(error, args))}\n")
        return 2


def __getattr__(name: str) -> Any:
    """Make the Typer application `app` when it is first used: Typer takes as long to load as everything else."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from losscli.cli.typer_app import application

    return application(main)


def _run(args: list[str]) -> int:
    # What is for no command: completion, nothing at all, the version, help.
    first = args[0] if args else ""
    if os.environ.get("_LOSSCLI_COMPLETE") or first in ("--install-completion", "--show-completion"):
        from losscli.cli.typer_app import application, complete

        return complete(application(main), args)
    if not args:
        if sys.stderr is not None:
            try:
                _show_help([], sys.stderr)
            except OSError:  # the exit code stands
                silence(sys.stderr)
            say("\n")
        raise UsageError(f"choose a command: {', '.join(first_words())}")
    if args in (["-V"], ["--version"]):
        if sys.stdout is not None:
            sys.stdout.write(f"losscli {__version__}\n")
        return 0
    if first in HELP and args[1:] and command_of(args[1:]):
        args = [*args[1:], first]
    command = command_of(args)
    behind = args[len(command.words) :] if command is not None else args[1:]
    options = behind[: behind.index("--") if "--" in behind else None]
    if first in ("help", *HELP) or ((command or first in GROUPS) and any(flag in options for flag in HELP)):
        if sys.stdout is not None:
            _show_help(args[1:] if first == "help" else args, sys.stdout)
        return 0
    if command is None:
        from losscli.cli.hints import unknown_command

        raise UsageError(unknown_command(args))

    # Read the options, and run the command.
    def unknown(token: str, value: str) -> str:
        from losscli.cli.hints import unknown_option

        return unknown_option(command, token, value)

    arguments = command.read(behind, unknown)
    if sys.stdout is None:
        raise DataError("standard output is closed")
    import_module("numpy")  # from deep in the stack, where a command would do it, this takes a sixth longer
    module, _, function = command.run.partition(":")
    return 0 if getattr(import_module(module), function)(arguments) else 1


def _show_help(words: Sequence[str], stream: IO[str]) -> None:
    from losscli.cli.help import show_help

    show_help(words, stream)


# --- what went wrong ------------------------------------------------------------------------------------------------
def _message(error: Exception, args: Sequence[str]) -> str:
    """The message for an error."""
    if isinstance(error, DataError):
        return _with_stray_word(str(error), args)
    if isinstance(error, NoInput):
        return f"nothing to read; usage: {_called(args)} [OPTIONS] [SOURCE | LABELS PREDS], -h shows help"
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError):
        return f"{error.filename or 'standard output'}: {str(error.strerror or error).lower()}"
    if os.environ.get("LOSSCLI_TRACEBACK") == "1":
        import traceback

        say("".join(traceback.format_exception(error)))
    # A fault of the program, not of the data; a traceback would end with the exit code that means "no".
    return f"internal error, please report it: {type(error).__name__}: {error}"


def _with_stray_word(text: str, args: Sequence[str]) -> str:
    """The message, with a hint where a word such as "explain" stands in the place of the data."""
    command = command_of(args)
    word = args[len(command.words)] if command is not None and args[len(command.words) :] else ""
    if command is None or (not word[:1].isalpha() and word not in ("?", "/?")):
        return text
    from losscli.cli.hints import stray_word

    hint = stray_word(command, word)
    return f"{text}; {hint}" if hint else text


def _called(args: Sequence[str]) -> str:
    """The name of the command in messages: `losscli bce`, `losscli grad bce`."""
    command = command_of(args)
    if command is not None:
        return command.name
    return f"losscli {args[0]}" if args and args[0] in GROUPS else "losscli"
