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


def no_such_option(token: str, value: str = "") -> str:
    """The message for an option that there isn't."""
    return f"no such option: {shown(token.partition('=')[0])[1:-1]}"


def read_options(args: Sequence[str], flags: Mapping[str, Option], unknown: Unknown = no_such_option) -> Values:
    """The values of the options by their names, and the positional arguments as `sources`; `flags` are all spellings.

    Raises:
        UsageError: An option that there isn't (`unknown` makes the message), without its value, with a wrong value, or
            with a second one.
    """
    left, values, sources = list(args), Values(), list[str]()
    while left:
        token = left.pop(0)
        if token == "--":
            sources += left
            break
        if token == "-" or not token.startswith("-") or NUMBER_LIKE.match(token):
            sources.append(token)
            continue

        # The option, and what is joined to it: --base=2, -rsum. `-prob` isn't `-p rob`, but --prob with a dash missing.
        flag, joined = token, None
        if token.startswith("--") and "=" in token:
            flag, _, joined = token.partition("=")
        elif not token.startswith("--") and token[:2] in flags and f"-{token}" not in flags:
            flag, joined = token[:2], token[2:] or None
        option = flags.get(flag)
        if option is None:
            raise UsageError(unknown(token, left[0] if left else ""))

        # Its value.
        value: Any
        if option.is_flag:
            if joined is not None and not token.startswith("--"):
                left.insert(0, f"-{joined}")  # short options that stand together: -qrsum is -q -r sum
            elif joined is not None:
                raise UsageError(f"{flag} takes no value")
            value = "/" not in option.names[-1] or flag == option.flag
            if values.get(option.name, value) != value:
                raise UsageError(f"{' and '.join(option.names[-1].split('/'))} contradict each other")
        else:
            if joined is None and option.bare is not None:
                joined = left.pop(0) if left and option.number(left[0]) is not None else option.bare
            elif joined is None:
                if not left or left[0] == "--":
                    raise UsageError(f"{flag} needs a value ({option.metavar})")
                joined = left.pop(0)
            value = option.value(joined)
            if option.is_list:
                value = (*values.get(option.name, ()), value)
            elif option.name in values:
                raise UsageError(f"{flag} is given twice")
        values[option.name] = value
    return {**values, "sources": tuple(sources)}
