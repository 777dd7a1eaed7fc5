"""Reading what is typed behind a command: options in any place, positional arguments that may begin with a minus.

`-1.2,0.3` is a list of numbers and never an option. Typer would take twice the processor time of the whole program to
load, so the Typer application (cli/typer_app.py) leaves this to `read_options` as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.commands.arguments import Option
from losscli.errors import UsageError, shown

NUMBER_LIKE = re.compile(r"^-(?:\.?\d|inf(?:inity)?\b|nan\b)", re.IGNORECASE)
HELP = ("-h", "--help")

Values = dict[str, Any]
Unknown = Callable[[str, str], str]  # makes the message for an option that there isn't, given what stands behind it


def asks_for_help(args: Sequence[str]) -> bool:
    """Whether `-h` or `--help` stands among the options."""
    return any(arg in HELP for arg in args[: args.index("--") if "--" in args else None])


def no_such_option(token: str, value: str = "") -> str:
    """The message for an option that there isn't."""
    return f"no such option: {shown(token.partition('=')[0])[1:-1]}"


def read_options(args: Sequence[str], options: Mapping[str, Option], unknown: Unknown = no_such_option) -> Values:
    """The values of the options by their names, and the positional arguments as `sources`.

    Raises:
        UsageError: An option that there isn't (`unknown` makes the message), without its value, with a wrong value, or
            with a second one.
    """
    by_flag = flags_of(options)
    left, values, sources = list(args), Values(), list[str]()
    while left:
        token = left.pop(0)
        if token == "--":
            sources += left
            break
        if token == "-" or not token.startswith("-") or NUMBER_LIKE.match(token):
            sources.append(token)
            continue
        flag, joined = _parted(token, by_flag)
        option = by_flag.get(flag)
        if option is None:
            raise UsageError(unknown(token, left[0] if left else ""))
        if option.is_flag:
            if joined is not None and not token.startswith("--"):
                left.insert(0, f"-{joined}")  # short options that stand together: -qrsum is -q -r sum
            elif joined is not None:
                raise UsageError(f"{flag} takes no value")
            _set(values, option, flag, "/" not in option.names[-1] or flag == option.flag)
            continue
        if joined is None and option.bare is not None:
            joined = left.pop(0) if left and option.number(left[0]) is not None else option.bare
        elif joined is None:
            if not left or left[0] == "--":
                raise UsageError(f"{flag} needs a value ({option.metavar})")
            joined = left.pop(0)
        _set(values, option, flag, option.value(joined))
    return {**values, "sources": tuple(sources)}


def flags_of(options: Mapping[str, Option]) -> dict[str, Option]:
    """The options by each of their spellings."""
    return {flag: option for option in options.values() for flag in option.flags}


def _parted(token: str, by_flag: Mapping[str, Option]) -> tuple[str, str | None]:
    """The option of a token, and what is joined to it: `--base=2`, `-rsum`.

    `-prob` isn't `-p rob`, but `--prob` with a dash missing: it is known to nobody.
    """
    if token.startswith("--"):
        flag, joined, value = token.partition("=")
        return flag, value if joined else None
    if len(token) == 2 or token[:2] not in by_flag or f"-{token}" in by_flag:
        return token, None
    return token[:2], token[2:]


def _set(values: Values, option: Option, flag: str, value: Any) -> None:
    if option.is_list:
        values[option.name] = (*values.get(option.name, ()), value)
        return
    if option.name in values and not (option.is_flag and values[option.name] == value):
        both = " and ".join(option.names[-1].split("/"))
        raise UsageError(f"{both} contradict each other" if option.is_flag else f"{flag} is given twice")
    values[option.name] = value
