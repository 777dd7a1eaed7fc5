"""Open what the positional arguments name: lists, files, directories, addresses or standard input, as one table."""

import os
import sys
from dataclasses import replace
from functools import partial

from losscli.data.columns import KEY, ColumnSelection
from losscli.data.table import OpenSource, Table
from losscli.engines.local import MOST_PROCESSES, start_helpers, thread_count
from losscli.errors import NoInput, UsageError
from losscli.reading.lists import is_list
from losscli.reading.text.dialect import PLAIN_STYLE, Style
from losscli.records import record

HELPED_BYTES = 1 << 22  # of columnar files, that are read in several processes


@record
class ReadOptions:
    """What to read: the positional arguments, the wanted columns, and how text is read."""

    tokens: tuple[str, ...]
    wanted: ColumnSelection
    style: Style = PLAIN_STYLE
    encoding: str | None = None
    threads: int | None = None
    cluster: str | None = None
    drop_unmatched: bool | None = None  # rows that only one table has, with --key; None: it wasn't said
    in_parts: bool = False  # the rows may be read in several processes
    files: int = 1  # in all that are one table


def open_data(options: ReadOptions) -> Table:
    """The table that the arguments mean; DataError, or NoInput if there is nothing to read."""
    tokens, joined = options.tokens, KEY in options.wanted.extra
    if (*tokens, options.wanted.weight if len(tokens) > 1 else None).count("-") > 1:
        raise UsageError("standard input can be read only once; give '-' for one argument only")
    if len(tokens) > 2:
        from losscli.reading.lists import too_many

        raise UsageError(too_many(tokens, options.wanted.forms))
    if options.drop_unmatched is not None and not joined:
        raise UsageError("--unmatched is about rows without a partner; add --key")
    if joined and len(tokens) < 2:
        raise UsageError("--key joins two tables, LABELS and PREDS")
    if "" in tokens:
        raise UsageError("an argument is empty")
    if not tokens and (sys.stdin is None or sys.stdin.closed or sys.stdin.isatty()):
        raise NoInput
    if len(tokens) == 2:
        from losscli.reading.pairs import pair

        table = pair(options, open_path)
    elif tokens and is_list(tokens[0]):
        from losscli.reading.pairs import likelihoods

        table = likelihoods(options, open_path)
    else:
        table = open_path(tokens[0] if tokens else "-", options).table(options.wanted)
    if options.cluster is not None:
        from losscli.reading.many import with_cluster

        table = with_cluster(table, options)
    return replace(table, threads=thread_count(options.threads)) if table.streamed else table


def open_path(path: str, options: ReadOptions) -> OpenSource:
    """The source at a path, or the files of a directory, a glob or a prefix as one, first lines read."""
    if "://" in path or any(mark in path for mark in "*?[") or os.path.isdir(path):
        from losscli.reading.listing import list_files
        from losscli.reading.many import ManyFiles

        listing = list_files(path)
        if listing is not None:
            return ManyFiles(path, listing, partial(open_file, options=replace(options, files=len(listing.files))))
    return open_file(path, options)


def open_file(path: str, options: ReadOptions) -> OpenSource:
    """The source at the path of one file. Its first bytes choose the reader, never its name; text comes last."""
    from losscli.reading.sources import FileKind, is_plain_file, kind_of, open_source

    source = open_source(path, options.encoding)
    found: OpenSource
    try:
        kind = kind_of(source.magic)
        if kind is FileKind.ARRAYS:
            from losscli.reading.formats.arrays import open_arrays

            found = open_arrays(source, options.style.drop)
        elif kind is FileKind.COLUMNAR:
            from losscli.reading.formats.parquet import open_columnar

            # The allocator of pyarrow would take pages of 2 MB where the system has them, and fill a part of each.
            os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")
            if options.in_parts and is_plain_file(source) and (source.size or 0) * options.files >= HELPED_BYTES:
                start_helpers(min(thread_count(options.threads), MOST_PROCESSES) - 1, "pyarrow._parquet")
            found = open_columnar(source, options.style.drop)
        elif kind is FileKind.JSON_LINES:
            from losscli.reading.formats.jsonlines import JsonLines

            found = JsonLines(source, options.style)
        else:
            from losscli.reading.signatures import refuse_other_kinds
            from losscli.reading.text.table import open_text

            refuse_other_kinds(source)
            found = open_text(source, options.style)
    except BaseException:
        source.close()
        raise
    if "=" in path:
        from losscli.reading.pathkeys import with_path_keys

        return with_path_keys(found)
    return found
