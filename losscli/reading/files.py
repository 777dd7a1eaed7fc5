"""A path opened by what its bytes are, and what is to be read of it."""

import os
from dataclasses import dataclass, replace
from functools import partial

from losscli.data.blocks import OpenSource, Table
from losscli.data.columns import ColumnSelection
from losscli.reading.remote import is_url
from losscli.reading.text.dialect import PLAIN_STYLE, Style


@dataclass(frozen=True)
class ReadOptions:
    """What is to be read: the positional arguments, the columns wanted of them, and how text is read."""

    tokens: tuple[str, ...]
    wanted: ColumnSelection
    style: Style = PLAIN_STYLE
    encoding: str | None = None
    threads: int | None = None
    cluster: str | None = None
    drop_unmatched: bool | None = None  # rows that only one table has, with --key; None: it wasn't said


def file_table(path: str, request: ReadOptions) -> Table:
    """The table at a path."""
    source = opened(path, request)
    try:
        return source.table(request.wanted)
    except BaseException:
        source.close()
        raise


def opened(path: str, request: ReadOptions) -> OpenSource:
    """The source at a path, or the files of a directory or a glob, first lines read."""
    if not (is_url(path) or os.path.isdir(path) or any(mark in path for mark in "*?[")):
        return _one(path, request)
    from losscli.reading.listing import list_files
    from losscli.reading.many import open_many

    listing = list_files(path)
    return _one(path, request) if listing is None else open_many(path, listing, partial(_one, request=request))


def _one(path: str, request: ReadOptions) -> OpenSource:
    """The source at the path of one file; keys of the path (`site=rome/`) can be columns too."""
    found = _source(path, request)
    if "=" in path:
        from losscli.reading.pathkeys import with_path_keys

        found = with_path_keys(found)
    return replace(found, table=lambda wanted: replace(found.table(wanted), sources=(found.name,)))


def _source(path: str, request: ReadOptions) -> OpenSource:
    """The source at the path of one file. Its first bytes choose the reader, never its name; text comes last."""
    from losscli.reading.sources import ARRAYS, is_columnar, open_source

    source = open_source(path, request.encoding)
    try:
        if source.magic.startswith(ARRAYS):
            from losscli.reading.formats.arrays import open_arrays

            return open_arrays(source, request.style.drop)
        if is_columnar(source):
            from losscli.reading.formats.parquet import open_columnar

            return open_columnar(source, request.style.drop)
        if source.magic.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            from losscli.reading.formats.jsonlines import open_json_lines

            return open_json_lines(source, request.style)
        from losscli.reading.signatures import refuse_other_kinds
        from losscli.reading.text.table import open_text

        refuse_other_kinds(source)
        return open_text(source, request.style)
    except BaseException:
        source.close()
        raise
