"""Keys that the directories of a path name, as `day=2026-01-01/`: columns of the files below, for --by and --show."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

import numpy as np

from losscli.data.blocks import Block
from losscli.data.categorical import Categorical
from losscli.data.choice import names_of
from losscli.data.columns import KEY, ColumnSelection, expand
from losscli.data.table import ChangedReader, Chunk, OpenSource, Table
from losscli.errors import DataError

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
    names, width = names_of(inner.top, wanted, inner.named), len(inner.top.first)
    chosen: dict[str, list[str | int]] = {}  # by purpose, in order: keys, and numbers of columns of the source
    others: dict[str, str] = {}
    for purpose, text in wanted.extra.items():
        chosen[purpose], rest = [], []
        for part in map(str.strip, text.split(",")):
            own = [key for key in keys if fnmatchcase(key, part)] if purpose != KEY else []
            count = 0 if part in own else _count(part, names, width)
            chosen[purpose] += [count, *own]
            if count or not own:
                rest.append(part)
        if rest:
            others[purpose] = ",".join(rest)
    used = list(dict.fromkeys(one for named in chosen.values() for one in named if isinstance(one, str)))
    if not used:
        return inner.table(wanted)
    table = inner.table(replace(wanted, extra=others))
    before = 1 + max((at for part in table.schema.extra.values() for _, at in part), default=-1)
    extra = {}
    for purpose, named in chosen.items():
        columns, left = list[tuple[str, int]](), list(table.schema.extra.get(purpose, ()))
        for one in named:
            columns += [(one, before + used.index(one))] if isinstance(one, str) else left[:one]
            left = left if isinstance(one, str) else left[one:]
        extra[purpose] = (*columns, *left)
    constants = partial(_with_constants, values=[keys[key] for key in used])
    return replace(table, schema=replace(table.schema, extra=extra), reader=ChangedReader(table.reader, constants))


def _count(part: str, names: Sequence[str] | None, width: int) -> int:
    """How many columns of a source a part of what was typed means; 0 where it means none."""
    try:
        return len(expand(part, names, width))
    except DataError:
        return 0


def _with_constants(chunk: Chunk, values: Sequence[str]) -> Block:
    """A block with a column more for each value."""
    block = chunk()
    codes = np.zeros(block.rows, np.intp)
    return replace(block, extra=(*block.extra, *(Categorical(codes, (value,)) for value in values)))
