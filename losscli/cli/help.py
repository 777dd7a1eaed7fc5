"""The pages of help: of the program, of commands, of topics, and the list of all options.

A page begins with a sentence and examples that can be typed as they stand where the example files are; then come the
arguments and the options in their groups. Where the terminal is narrow, what an option does stands below its name.
"""

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO
from unicodedata import east_asian_width

from losscli.cli.commands import COMMANDS, GROUPS, Command, command_of, first_words, within
from losscli.commands.arguments import Option
from losscli.enums import Form, Scale
from losscli.errors import UsageError, nearest, shown, word_list
from losscli.losses.table import Loss
from losscli.output.streams import is_terminal

WIDEST, NARROW = 80, 60  # longer lines are hard to read; below this names and texts don't fit beside each other
NAMES = 29  # columns for names, where texts stand beside them

Pairs = Iterable[tuple[str, str]]

HELP = ("-h, --help", "show this page")
EXIT_CODES = (
    ("0", "done, and every check passed"),
    ("1", "a check failed: --expect or --check disagrees, a limit is exceeded, a graded answer is wrong"),
    ("2", "wrong usage or wrong data; one line on standard error says where"),
    ("130", "interrupted"),
)
HEADING = re.compile(r"\S.*:")
READ_ON = "losscli COMMAND -h lists the options of a command; losscli help TOPIC shows a page."

TOPICS = Path(__file__).parents[1] / "topics"  # a Markdown file each, whose first line is `# name: what it is about`


OPTIONS = ("options", "every option, and the commands that have it")


def show_help(words: Sequence[str], stream: IO[str]) -> None:
    """Print the page of a topic or a command; without words, of the program. A terminal shows it with bold headings."""
    width, command = terminal_width(), command_of(words)
    word = words[0].lower() if words else "-h"
    every = {name: path for path, names, _ in topics() for name in names}
    text, markdown = "", False
    if word.startswith("-"):
        text = top_page(width)
    elif command is not None:
        text = page(command, width)
    elif word in GROUPS:
        text = group_page(word, width)
    elif word == OPTIONS[0]:
        text = options_page(width)
    elif word in every:
        text, markdown = every[word].read_text(encoding="utf-8"), True
    else:
        near = nearest(word, [*every, OPTIONS[0], *first_words()])
        about = next((names[0] for path, names, _ in topics() if word in _headings(path)), "")
        instead = f"see losscli help {about}; " if about else f"did you mean {near[0]}? " if near else ""
        if any(f"--{word}" in command.flags for command in COMMANDS.values()):
            instead = f"for --{word} see losscli help {' or '.join(filter(None, (about, OPTIONS[0])))}; "
        raise UsageError(f"no such topic: {shown(words[0])}; {instead}the topics are {', '.join([*every, OPTIONS[0]])}")
    if is_terminal(stream):
        from losscli.output.people import markdown_text, with_bold

        text = markdown_text(text, width) if markdown else with_bold(text, HEADING)
    stream.write(text)


def topics() -> list[tuple[Path, tuple[str, ...], str]]:
    """The file of each topic, its names (in its own language, and that of the file), and what it is about."""
    found = []
    for path in sorted(TOPICS.glob("*.md")):
        with path.open(encoding="utf-8") as lines:
            name, title = re.split("[:\uff1a]", next(lines).removeprefix("# ").rstrip(), maxsplit=1)
        found.append((path, tuple(dict.fromkeys((name, path.stem))), title.strip()))
    return found


def _headings(path: Path) -> str:
    """The title of a topic and of its sections, in lower case."""
    lines = path.read_text(encoding="utf-8").lower().splitlines()
    return "\n".join(line for line in lines if line.startswith(("# ", "## ")))


def terminal_width() -> int:
    """The width of pages: that of the terminal, 80 columns at most."""
    return min(shutil.get_terminal_size().columns, WIDEST)


def page(command: Command, width: int) -> str:
    """The page of a command."""
    parts = [_sentence(command.summary, width), _examples(command.examples)]
    parts.append(_section("Arguments", command.positionals, width))
    groups = dict.fromkeys(option.group for option in command.options.values())
    for group in groups:
        pairs = [
            (_names(option), help_of(option, command.loss))
            for option in command.options.values()
            if option.group == group
        ]
        parts.append(_section(group, [*pairs, HELP] if group == list(groups)[-1] else pairs, width))
    return "\n".join(parts)


def help_of(option: Option, loss: Loss) -> str:
    """The help of an option, with the scales and columns of the loss filled in."""
    scales = [scale.value for scale in Scale if any(scale in kernels for kernels in loss.kernels.values())]
    if Form.CATEGORICAL not in loss.kernels:
        predictions = "prediction column"
    elif len(loss.kernels) > 1:
        predictions = "prediction column, or the class columns"
    else:
        predictions = "class columns: a list, range or glob"
    return option.help.format(
        scales=word_list([f"{scale} (default)" if scale == loss.scale else scale for scale in scales]),
        predictions=predictions,
    )


def group_page(group: str, width: int) -> str:
    """The page of a group of commands."""
    commands = [COMMANDS[(group, word)] for word in within(group)]
    examples = [command.examples[0] for command in commands]
    pairs = [(" ".join(command.words), _title(command)) for command in commands]
    hint = f"losscli {' '.join(commands[0].words)} -h lists the options."
    parts = [
        _sentence(f"{GROUPS[group].capitalize()}.", width),
        _examples(examples),
        _section("Commands", pairs, width),
    ]
    return "\n".join([*parts, _sentence(hint, width)])


def options_page(width: int) -> str:
    """All options in their groups, each with the commands that have it."""
    found: dict[tuple[str, str, str], tuple[Option, Loss, list[Command]]] = {}
    for command in COMMANDS.values():
        for option in command.options.values():
            key = option.group, option.flag, option.help
            found.setdefault(key, (option, command.loss, []))[2].append(command)
    parts = [_sentence("All options, and the commands that have them.", width)]
    for group in dict.fromkeys(group for group, _, _ in found):
        pairs = [
            (_names(option), f"{help_of(option, loss)} [{_commands(commands)}]")
            for (own, _, _), (option, loss, commands) in found.items()
            if own == group
        ]
        parts.append(_section(group, pairs, width))
    return "\n".join(parts)


def _commands(commands: Sequence[Command]) -> str:
    """The names of commands; a group stands for all of its commands."""
    names = [" ".join(command.words) for command in commands]
    for group in GROUPS:
        whole = [f"{group} {word}" for word in within(group)]
        if set(whole) <= set(names):
            names = [group if name == whole[0] else name for name in names if name not in whole[1:]]
    return ", ".join(names)


def top_page(width: int) -> str:
    """The page of the program."""
    options = [
        HELP,
        ("-V, --version", "show the version"),
        ("--install-completion [SHELL]", "set up completion for your shell, or for SHELL"),
        ("--show-completion [SHELL]", "print the completion script"),
    ]
    commands = [(words[0], _title(command)) for words, command in COMMANDS.items() if len(words) == 1]
    commands += [(f"{group} {'|'.join(within(group))}", text) for group, text in GROUPS.items()]
    parts = [
        _sentence("Classification losses and their gradients, from arguments, tables and pipes.", width),
        _examples(top_examples()),
        _section("Commands", commands, width),
        _section("Options", options, width),
        _section("Topics", [*((", ".join(names), title) for _, names, title in topics()), OPTIONS], width),
        _section("Exit codes", EXIT_CODES, width),
        _section("Read on", [("", READ_ON)], width),
    ]
    return "\n".join(parts)


def top_examples() -> list[str]:
    """Two examples of the first loss, and one of every other command."""
    first = next(iter(COMMANDS.values()))
    firsts = {command.words[0]: command.examples[0] for command in reversed(COMMANDS.values())}
    return [*first.examples[:2], *(firsts[word] for word in first_words()[1:])]


def _title(command: Command) -> str:
    return command.summary[0].lower() + command.summary[1:].removesuffix(".")


def _names(option: Option) -> str:
    names = ", ".join(option.names).replace("/", ", ")
    return f"{names} {option.metavar}" if option.metavar else names


def _sentence(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_long_words=False) + "\n"


def _examples(lines: Iterable[str]) -> str:
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)]) + "\n"


def _section(title: str, pairs: Pairs, width: int) -> str:
    return "\n".join([f"{title}:", *(line for name, text in pairs for line in _entry(name, text, width))]) + "\n"


def _entry(name: str, text: str, width: int) -> list[str]:
    """The lines of a name and its text, beside each other where they fit."""
    if not name:
        return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ")
    if width < NARROW or len(name) > NAMES - 3:
        indent = " " * (6 if width < NARROW else NAMES)
        return [f"  {name}", *textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)]
    lines = textwrap.wrap(text, width - NAMES, break_long_words=False)
    wide = sum(east_asian_width(char) == "W" for char in name)
    return [f"  {name}".ljust(NAMES - 1 - wide) + f" {lines[0]}", *(" " * NAMES + line for line in lines[1:])]
