"""Arguments before Typer sees them: sorted, and where they are plain, read. Pure functions of lists of text.

Sorting lets positional arguments begin with a minus: `-1.2,0.3` is a list, not an option. Reading the plain ones here
saves the tenth of a second that the general machinery takes to load and to make a validator for each option; what is
not plain (help, a misspelt option, a value that is none of the choices) is left to Typer, which also words the error.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, get_args

from losscli.cli.options import LIST, Option

NUMBER_LIKE = re.compile(r"^-(?:\.?\d|inf(?:inity)?\b|nan\b)", re.IGNORECASE)


def sorted_arguments(args: Sequence[str], takes: Mapping[str, bool]) -> list[str]:
    """Options with their values first, then `--` and the positionals; `takes` says which options take a value."""
    left, options, positionals = list(args), list[str](), list[str]()
    while left:
        token = left.pop(0)
        if token == "--":
            positionals += left
            break
        if token == "-" or not token.startswith("-") or NUMBER_LIKE.match(token):
            positionals.append(token)
            continue
        options.append(token)
        if _wants_value(token, takes):
            if not left or left[0] == "--":
                return options  # no value is left for it: the parser says so
            options.append(left.pop(0))
    return [*options, "--", *positionals] if positionals else options


def plain_values(tokens: Sequence[str], options: Mapping[str, Option]) -> dict[str, Any] | None:
    """The values of sorted arguments by the options' names, `sources` among them; None where one isn't plain."""
    names = {name: (key, option) for key, option in options.items() for name in _flags(option)}
    found: dict[str, Any] = {}
    left = list(tokens)
    while left:
        token = left.pop(0)
        if token == "--":
            return {**found, "sources": left}
        flag, joined, value = token.partition("=") if token.startswith("--") else (token, "", "")
        if flag not in names:
            return None
        key, option = names[flag]
        if option.is_flag:
            if joined:
                return None
            found[key] = not flag.startswith("--no-") or "/" not in option.names[-1]
            continue
        if not joined and not left:
            return None
        typed = _value(option.kind, value if joined else left.pop(0))
        if typed is None:
            return None
        found[key] = [*found.get(key, []), typed] if option.kind is LIST else typed
    return found


def _wants_value(token: str, takes: Mapping[str, bool]) -> bool:
    """Whether the argument after an option is its value."""
    if token.startswith("--"):
        return "=" not in token and takes.get(token, False)
    for at, letter in enumerate(token[1:], 2):
        if takes.get("-" + letter, False):
            return at == len(token)
    return False


def _flags(option: Option) -> list[str]:
    return [name for names in option.names for name in names.split("/")]


def _value(kind: Any, text: str) -> Any:
    """The text as a value of its kind: a member of an enumeration, or itself; None where it is no member."""
    members = next(
        (part for part in (kind, *get_args(kind)) if isinstance(part, type) and issubclass(part, Enum)), None
    )
    if members is None:
        return text
    return next((member for member in members if member.value == text), None)
