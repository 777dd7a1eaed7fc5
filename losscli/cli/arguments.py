"""Arguments as values: sorted, and where they are plain, read. Pure functions of lists of text.

Sorting lets positional arguments begin with a minus: `-1.2,0.3` is a list, not an option. Reading the plain ones here
saves the tenth of a second that Typer takes to load; what is not plain (help, a misspelt option, a value that is none
of the choices) is left to it, which also words the error.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from math import inf
from typing import Any, get_args

from losscli.cli.options import LIST, Option
from losscli.errors import UsageError

NUMBER_LIKE = re.compile(r"^-(?:\.?\d|inf(?:inity)?\b|nan\b)", re.IGNORECASE)

Values = dict[str, Any]


def sorted_arguments(args: Sequence[str], options: Mapping[str, Option]) -> list[str]:
    """Options first, each with its value, then `--` and the positionals.

    Short options that stand together are taken apart (`-qrsum` is `-q -r sum`), and an option that may stand without a
    value gets the one that it then has (`--calibration` is `--calibration=10`).
    """
    by_name = flags_of(options)
    left, front, positionals = list(args), list[str](), list[str]()
    while left:
        token = left.pop(0)
        if token == "--":
            positionals += left
            break
        if token == "-" or not token.startswith("-") or NUMBER_LIKE.match(token):
            positionals.append(token)
            continue
        *flags, last = _apart(token, by_name)
        front += flags
        option = by_name[last][1] if last in by_name else None
        if option is None or option.is_flag:
            front.append(last)
        elif option.bare is not None:
            number = bool(left) and _is_number(left[0], option)
            front.append(f"{last}={left.pop(0) if number else option.bare}")
        elif not left or left[0] == "--":
            return [*front, last]  # no value is left for it: the parser says so
        else:
            front += [last, left.pop(0)]
    return [*front, "--", *positionals] if positionals else front


def plain_values(tokens: Sequence[str], options: Mapping[str, Option]) -> Values | None:
    """The values of sorted arguments by the options' names, `sources` among them; None where one isn't plain.

    Declined where an option that takes one value is given twice.
    """
    by_name = flags_of(options)
    found, left = Values(), list(tokens)
    while left:
        token = left.pop(0)
        if token == "--":
            return {**found, "sources": tuple(left)}
        flag, joined, value = token.partition("=") if token.startswith("--") else (token, "", "")
        if flag not in by_name:
            return None
        key, option = by_name[flag]
        if option.is_flag:
            typed: Any = None if joined else not (flag.startswith("--no-") and "/" in option.names[-1])
        else:
            typed = _value(option.kind, value) if joined else _value(option.kind, left.pop(0)) if left else None
        if typed is None:
            return None
        found[key] = [*found.get(key, []), typed] if option.kind is LIST else _once(found, key, typed, option, flag)
    return {**found, "sources": ()}


def typed(values: Mapping[str, Any], options: Mapping[str, Option]) -> Values:
    """The values that were given, numbers as numbers; an option with an empty value is refused."""
    found = {name: value for name, value in values.items() if value is not None and value != []}
    for name, value in found.items():
        option = options.get(name)
        if option is None:
            continue
        if "" in (value if isinstance(value, list) else [value]):
            raise UsageError(f"{option.flag}: the value is empty")
        if option.number is not None:
            found[name] = _number(option.flag, value, *option.number)
    return found


def flags_of(options: Mapping[str, Option]) -> dict[str, tuple[str, Option]]:
    """Each spelling of each option, with the option's name and the option."""
    return {flag: (key, option) for key, option in options.items() for name in option.names for flag in name.split("/")}


def _apart(token: str, by_name: Mapping[str, tuple[str, Option]]) -> list[str]:
    """Short options that stand together, one by one, a joined value behind its option; any other token as it is.

    `-prob` isn't `-p rob`, but `--prob` with a dash missing: it is left as it is, and known to nobody.
    """
    if token.startswith("--") or len(token) == 2 or f"-{token[1]}" not in by_name or f"-{token}" in by_name:
        return [token]
    flag, rest = token[:2], token[2:]
    if by_name[flag][1].is_flag:
        return [flag, *_apart(f"-{rest}", by_name)]
    return [f"{by_name[flag][1].names[-1]}={rest}"]


def _once(found: Values, key: str, typed: Any, option: Option, flag: str) -> Any:
    if key in found and not (option.is_flag and found[key] == typed):
        both = " and ".join(option.names[-1].split("/"))
        raise UsageError(f"{both} contradict each other" if option.is_flag else f"{flag} is given twice")
    return typed


def _is_number(text: str, option: Option) -> bool:
    try:
        (option.number or (float,))[0](text)
    except ValueError:
        return False
    return True


def _value(kind: Any, text: str) -> Any:
    """The text as a value of its kind: a member of an enumeration, or itself; None where it is no member."""
    members = next(
        (part for part in (kind, *get_args(kind)) if isinstance(part, type) and issubclass(part, Enum)), None
    )
    if members is None:
        return text
    return next((member for member in members if member.value == text), None)


def _number(flag: str, text: str, kind: type[int] | type[float], low: float, high: float) -> int | float:
    try:
        value = kind(text if "_" not in text else "")
    except ValueError:
        raise UsageError(f"{flag}: {text!r} is not a {'whole ' if kind is int else ''}number") from None
    if not low <= value <= high and low > -inf:
        raise UsageError(f"{flag}: {text} is out of range; it is from {low} to {high}")
    return value
