"""Keys that the directories of a path name, as `day=2026-01-01/`: columns of the files below, for --by and --show."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

import numpy as np

from losscli.data.blocks import Block
from losscli.data.categorical import Categorical
from losscli.data.columns import KEY, ColumnSelection
from losscli.data.table import ChangedReader, Chunk, OpenSource, Table

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def path_keys(path: str, names: Container[str] = ()) -> dict[str, str]:
    """The keys of a path and their values, but for those that are columns already."""
    parts = [part.partition("=") for part in path.replace("\\", "/").split("/")[:-1]]
    if not any(sign for _, sign, _ in parts):
        return {}
    from urllib.parse import unquote  # takes as long to load as many a file to read

    found = {unquote(key): unquote(value) for key, sign, value in parts if sign and key.isidentifier()}
    return {key: "" if value == NO_VALUE else value for key, value in found.items() if key not in names}


def with_path_keys(source: OpenSource) -> OpenSource:
    """The source, whose extra columns may be keys of its path too."""
    keys = path_keys(source.name, source.top.first)
    return KeyedSource(source, keys) if keys else source


class KeyedSource(OpenSource):
    """A source in whose path directories name keys."""

    def __init__(self, inner: OpenSource, keys: Mapping[str, str]) -> None:
        super().__init__(inner.name, inner.top, inner.named, inner.close)
        self.inner, self.keys = inner, keys

    def _table(self, wanted: ColumnSelection) -> Table:
        return _with_keys(self.inner, self.keys, wanted)


def _with_keys(inner: OpenSource, keys: Mapping[str, str], wanted: ColumnSelection) -> Table:
    chosen: dict[str, list[str]] = {}  # by purpose: the keys, and "" for each of the other columns
    others: dict[str, str] = {}
    for purpose, text in wanted.extra.items():
        parts = [part.strip() for part in text.split(",")]
        chosen[purpose] = [part if part in keys and purpose != KEY else "" for part in parts]
        if purpose != KEY:
            globs = (part for part in parts if "*" in part or "?" in part)
            chosen[purpose] += [key for part in globs for key in keys if fnmatchcase(key, part)]
        rest = [part for part in parts if part not in keys or purpose == KEY]
        if rest:
            others[purpose] = ",".join(rest)
    if not any(key for named in chosen.values() for key in named):
        return inner.table(wanted)
    table = inner.table(replace(wanted, extra=others))
    width = 1 + max((at for part in table.schema.extra.values() for _, at in part), default=-1)
    used = {
        key: width + at for at, key in enumerate(dict.fromkeys(key for part in chosen.values() for key in part if key))
    }
    extra = {}
    for purpose, named in chosen.items():
        rest_of = list(table.schema.extra.get(purpose, ()))
        columns = []
        for key in named:
            columns += [(key, used[key])] if key else [rest_of.pop(0)] if rest_of else []
        extra[purpose] = (*columns, *rest_of)
    constants = partial(_with_constants, values=[keys[key] for key in used])
    schema = replace(table.schema, extra=extra)
    return replace(table, schema=schema, reader=ChangedReader(table.reader, constants))


def _with_constants(chunk: Chunk, values: Sequence[str]) -> Block:
    """A block with a column more for each value."""
    block = chunk()
    codes = np.zeros(block.rows, np.intp)
    return replace(block, extra=(*block.extra, *(Categorical(codes, (value,)) for value in values)))
