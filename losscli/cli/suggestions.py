"""What to type instead: foreign names of options and commands, then the nearest spelling. The rule: a table first.

Names are those of scikit-learn, torch, Keras, csvkit, xsv, DuckDB, pandas and common sense. An entry lists what may be
meant, likeliest first: the first whose options the command takes is suggested.
"""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from losscli.cli.aliases import COMMAND_NAMES, OPTION_NAMES
from losscli.cli.arguments import flags_of
from losscli.cli.commands import COMMANDS, GROUPS, Command, first_words, within
from losscli.cli.options import Option
from losscli.errors import shown

NEAR = 0.75  # how alike two spellings are to be taken for one another, from 0 to 1


def unknown_options(command: Command, tokens: Sequence[str]) -> list[str]:
    """The options among sorted arguments that the command doesn't have."""
    known = flags_of(command.options)
    return [flag for flag in _flags(tokens, known) if flag not in known]


def instead_of(flag: str, command: Command) -> str:
    """What is said of an option that the command doesn't have."""
    return f"no such option: {shown_flag(flag)}; {_instead(flag, command)}"


def unknown_command(args: Sequence[str]) -> str:
    """What is said of arguments that begin with no command."""
    word = args[0]
    if word in GROUPS:
        return _lacking(word, args[1:])
    if word.startswith("-"):
        later = next((arg for arg in args if (arg,) in COMMANDS or arg in GROUPS), None)
        if later is not None:
            return f"{shown_flag(word)} comes behind the command, as in losscli {later} {shown_flag(word)}"
        return f"no such option: {shown_flag(word)}; -h shows help"
    instead = _command_instead(word)
    if instead:
        return f"no such command: {shown(word)}; {instead}"
    if os.path.exists(word) or any(mark in word for mark in ",;[./") or word[:1].isdigit():
        example = f"losscli bce {shlex.quote(word)}"
        return f"a command is wanted before {shown(word)}: {', '.join(first_words())}; as in {example}"
    return f"no such command: {shown(word)}; the commands are {', '.join(first_words())}"


def shown_flag(token: str) -> str:
    """An option as it may stand in a message, without its value."""
    return shown(token.partition("=")[0])[1:-1]


# --- options --------------------------------------------------------------------------------------------------------
def _flags(tokens: Sequence[str], known: Mapping[str, tuple[str, Option]]) -> Iterator[str]:
    """The options among sorted arguments, each without its value."""
    left = iter(tokens)
    for token in left:
        if token == "--":
            return
        flag, joined, _ = token.partition("=") if token.startswith("--") else (token, "", "")
        yield flag
        if flag in known and not joined and not known[flag][1].is_flag:
            next(left, None)


def _instead(flag: str, command: Command) -> str:
    name = flag.strip("-").partition("=")[0].replace("_", "-").lower()
    own = flags_of(command.options)
    if f"--{name}" in own:
        return f"it is --{name}"
    for text in OPTION_NAMES.get(name, ()):
        if not text.startswith("-"):
            return text
        if text.split()[0] in own or text == "-h":
            return f"use {text}"
    others = [" ".join(other.words) for other in COMMANDS.values() if f"--{name}" in flags_of(other.options)]
    if others:
        return f"{' and '.join(others[:2])} {'have' if others[1:] else 'has'} it"
    near = get_close_matches(f"--{name}", [long for long in own if long.startswith("--")], 2, NEAR)
    return f"did you mean {' or '.join(near)}?" if near else f"{command.name} -h lists them"


# --- commands -------------------------------------------------------------------------------------------------------
def _command_instead(word: str) -> str:
    name = word.replace("_", "-").lower()
    if (name,) in COMMANDS or name in GROUPS:
        return f"did you mean {name}?"
    text = COMMAND_NAMES.get(name.replace("-", ""))
    if text:
        return text
    near = get_close_matches(name, [words[0] for words in COMMANDS], 1, NEAR)
    return f"did you mean {near[0]}?" if near else ""


def _lacking(group: str, rest: Sequence[str]) -> str:
    """What is said where the second word of a command is none."""
    words = within(group)
    example = COMMANDS[(group, words[0])].examples[0]
    if not rest:
        return f"a loss is wanted: {', '.join(words)}; as in {example}"
    word = rest[0].replace("_", "-").lower()
    near = [word] if word in words else get_close_matches(word, words, 1, NEAR)
    if near:
        return f"no loss {shown(rest[0])}; did you mean {group} {near[0]}?"
    meant = COMMAND_NAMES.get(word.replace("-", ""), "")
    if meant.startswith("use "):
        return f"no loss {shown(rest[0])}; use {group} {meant.removeprefix('use ').removeprefix(f'{group} ')}"
    example = f"losscli {group} {words[0]} {shlex.quote(rest[0])}"
    return f"a loss is wanted before {shown(rest[0])}: {', '.join(words)}; as in {example}"
