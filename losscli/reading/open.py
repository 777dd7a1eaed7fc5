"""Reading begins here: positional arguments in, a table of blocks out, whatever they are."""

import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from losscli.data.blocks import Cluster, Table
from losscli.data.columns import KEY
from losscli.engines.local import thread_count
from losscli.errors import NoInput, UsageError
from losscli.reading.files import ReadOptions as ReadOptions
from losscli.reading.files import file_table
from losscli.reading.lists import is_list, quoted_lists
from losscli.reading.remote import is_url

if TYPE_CHECKING:
    from losscli.reading.many import ExtraColumns


@dataclass(frozen=True)
class FilePart:
    """Some rows of a file as plain data: what is asked for, and which of its bytes or row groups; None: to the end.

    `name` is what the user calls the file.
    """

    request: ReadOptions
    name: str
    low: int = 0
    high: int | None = None
    extra: "ExtraColumns" = field(default_factory=dict)  # as the first file of the table has them


def open_data(request: ReadOptions) -> Table:
    """The table that the arguments mean; DataError, or NoInput where the user must be told how to give data."""
    table = _table_of(request)
    if request.cluster is not None:
        table = replace(table, cluster=Cluster(request.cluster, _files(table, request)))
    return replace(table, threads=thread_count(request.threads)) if table.streamed else table


def open_piece(piece: FilePart) -> Table:
    """The table of the rows of a piece."""
    from losscli.reading.many import extra_as

    table = open_data(replace(piece.request, threads=1, cluster=None))
    table = table if piece.high is None else table.part(piece.low, piece.high)
    return extra_as(piece.extra, table) if table.schema.extra != piece.extra else table


def _files(table: Table, request: ReadOptions) -> tuple[tuple[str, ReadOptions], ...]:
    """The files of a table by their names, and as requests that any machine understands."""
    from losscli.reading.listing import list_files
    from losscli.reading.many import same_columns

    if len(request.tokens) != 1 or not table.streamed or request.tokens[0] == "-":
        raise UsageError("--cluster wants one table of files that its workers can read, no lists and no pipe")
    listing = list_files(request.tokens[0])
    wanted = request.wanted if listing is None else same_columns(table, request.wanted)
    return tuple(
        (path, replace(request, tokens=(path if is_url(path) else os.path.abspath(path),), wanted=wanted))
        for path in (request.tokens if listing is None else listing.files)
    )


def _table_of(request: ReadOptions) -> Table:
    """The table of two arguments, a list, a path or standard input; UsageError where they are none of these."""
    tokens = request.tokens
    if (*tokens, request.wanted.weight if len(tokens) > 1 else None).count("-") > 1:
        raise UsageError("standard input can be read only once; give '-' for one argument only")
    if len(tokens) > 2:
        hint = ""
        if lists := quoted_lists(tokens, request.wanted.forms):
            hint = f"; quote each list (PowerShell needs that always): {lists}"
        elif len(files := [token for token in tokens if os.path.exists(token)]) == 1:
            hint = f"; choose columns with -y and -p, as in {files[0]} -y COL -p COL"
        elif not any(map(is_list, tokens)):
            hint = "; quote a glob, so that its files are read as one table"
        raise UsageError(f"{len(tokens)} arguments are too many: give a table, or labels and predictions{hint}")
    if request.drop_unmatched is not None and KEY not in request.wanted.extra:
        raise UsageError("--unmatched says what is done about rows that --key finds no partner for; add --key")
    if len(tokens) == 2:
        from losscli.reading.pairs import pair

        return pair(request)
    if KEY in request.wanted.extra:
        raise UsageError("--key joins two tables, LABELS and PREDS")
    if not tokens:
        _refuse_terminal()
        return file_table("-", request)
    if "" in tokens:
        raise UsageError("an argument is empty")
    if is_list(tokens[0]):
        from losscli.reading.pairs import likelihoods

        return likelihoods(request)
    return file_table(tokens[0], request)


def _refuse_terminal() -> None:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise NoInput
