"""The one door for reading: positional arguments in, a table of blocks out, whatever they are."""

import sys
from dataclasses import replace

from losscli.engines.here import thread_count
from losscli.errors import Declined, NoInput
from losscli.reading.blocks import Table
from losscli.reading.columns import KEY
from losscli.reading.files import Request as Request
from losscli.reading.files import file_table
from losscli.reading.inline import is_inline


def open_data(request: Request) -> Table:
    """The table that the arguments mean; DataError, or NoInput where the user must be told how to give data."""
    table = _opened(request)
    return replace(table, threads=thread_count(request.threads)) if table.streamed else table


def _opened(request: Request) -> Table:
    tokens = request.tokens
    if (*tokens, request.wanted.weight if len(tokens) > 1 else None).count("-") > 1:
        raise Declined("standard input can be read once; give '-' for one argument only")
    if len(tokens) > 2:
        raise Declined(
            f"{len(tokens)} arguments are too many: give a table, or labels and predictions;"
            " for many files as one table quote the pattern, as in 'day-*.csv'"
        )
    if request.drop_unmatched is not None and KEY not in request.wanted.carried:
        raise Declined("--unmatched says what is done about rows that --key finds no partner for; add --key")
    if len(tokens) == 2:
        from losscli.reading.pairs.sides import pair

        return pair(request)
    if KEY in request.wanted.carried:
        raise Declined("--key joins two tables, LABELS and PREDS")
    if not tokens:
        _refuse_terminal()
        return file_table("-", request)
    if "" in tokens:
        raise Declined("an argument is empty")
    if is_inline(tokens[0]):
        from losscli.reading.pairs.sides import likelihoods

        return likelihoods(request)
    return file_table(tokens[0], request)


def _refuse_terminal() -> None:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise NoInput
