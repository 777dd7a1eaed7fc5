"""The way in: arguments to a command, a command to an exit code. The only place that exits, and the one boundary.

Plain arguments are read by the tables of options; anything else is Typer's, which is only then imported.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from losscli import __version__
from losscli.cli.arguments import plain_values, sorted_arguments
from losscli.cli.commands import GROUPS, Command, Job, command_of, first_words
from losscli.errors import DataError, NoInput, printable_line
from losscli.output.streams import say, silence

COMPLETION = "_LOSSCLI_COMPLETE"  # set by the shell that asks how a line goes on
TYPERS_OWN = frozenset({"-h", "--help", "-V", "--version", "--install-completion", "--show-completion"})


def main(argv: Sequence[str] | None = None, interrupted: Callable[[], bool] = lambda: False) -> int:
    """Run the command line; returns the exit code: 0 yes, 1 no, 2 trouble, 130 interrupted.

    `interrupted` says whether an interrupt has come, whatever became of it.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _flushed(_run(args))
    except BrokenPipeError:
        silence(sys.stdout)
        return 0  # a reader that has seen enough
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if interrupted():
            return 130
        if isinstance(error, OSError):
            silence(sys.stdout)
        return _complain(args, _words(error, args))


def _run(args: list[str]) -> int:
    job = _job(args)
    if not callable(job):
        return job
    if sys.stdout is None:
        raise DataError("standard output is closed")
    import_module("numpy")  # from deep in the stack, where a job would do it, this takes a sixth longer
    return 0 if job() else 1


def _job(args: list[str]) -> Job | int:
    """The job of the command, or the exit code where there is none to do."""
    if COMPLETION in os.environ:
        return _typers(args)
    if args[:1] == ["help"]:
        from losscli.cli.help import help_on

        sys.stdout.write(help_on(args[1:]))
        return 0
    if args in (["-V"], ["--version"]):
        print(f"losscli {__version__}")
        return 0
    if not args:
        raise DataError(f"a command is wanted: {', '.join(first_words())}; -h shows help")
    command = command_of(args)
    if command is None:
        return _without_command(args)
    tokens = sorted_arguments(args[len(command.words) :], command.options)
    values = plain_values(tokens, command.options)
    if values is not None:
        return command.job(values)
    return _strange(command, tokens)


def _without_command(args: list[str]) -> Job | int:
    """What comes of arguments that begin with no command: what is Typer's to do, or what is wrong with them."""
    asked = args[1] if len(args) > 1 and args[0] in GROUPS else args[0]
    if asked in TYPERS_OWN:
        return _typers(args)
    from losscli.cli.suggestions import unknown_command

    raise DataError(unknown_command(args))


def _strange(command: Command, tokens: list[str]) -> Job | int:
    """What comes of arguments that aren't plain: a page of help, or what is wrong with them."""
    from losscli.cli.suggestions import instead_of, unknown_options

    unknown = unknown_options(command, tokens)
    if {"-h", "--help"} & set(unknown):
        return _typers([*command.words, "--help"])
    if unknown:
        raise DataError(instead_of(unknown[0], command))
    return _typers([*command.words, *tokens])


def _typers(args: list[str]) -> Job | int:
    from losscli.cli.typer_app import Misuse, parsed

    try:
        found = parsed(args)
    except Misuse as error:
        raise DataError(str(error)) from None
    if found is None:
        return 0
    command, values = found
    return command.job(values)


def _flushed(code: int) -> int:
    """The exit code, when all that was printed has gone out; a reader that has gone away changes no answer."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    return code


# --- what went wrong ------------------------------------------------------------------------------------------------
def _words(error: Exception, args: Sequence[str]) -> str:
    """What is said of an error, on one line."""
    if isinstance(error, DataError):
        return str(error)
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


def _complain(args: Sequence[str], text: str) -> int:
    say(f"{_called(args)}: {printable_line(text)}\n")
    return 2


def _called(args: Sequence[str]) -> str:
    """The name of the command in messages: `losscli bce`, `losscli grad bce`."""
    command: Command | None = command_of(args)
    if command is not None:
        return command.name
    return f"losscli {args[0]}" if args and args[0] in GROUPS else "losscli"
