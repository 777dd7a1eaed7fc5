"""Bytes held back until all of them are sound: in memory, beyond a few megabytes in a temporary file."""

import codecs
import shutil
import sys
import tempfile
from typing import IO

from losscli.output.streams import for_a_reader

SPOOL_BYTES = 1 << 23


def spool_file() -> "tempfile.SpooledTemporaryFile[bytes]":
    """Bytes held back until all of them are sound: in memory, beyond a few megabytes in a temporary file."""
    return tempfile.SpooledTemporaryFile(SPOOL_BYTES)


def copy_out(spool: IO[bytes]) -> None:
    """Write all that a spool holds, UTF-8, to standard output: as it is, or in the encoding that is asked for there."""
    spool.seek(0)
    with for_a_reader():
        sys.stdout.flush()
        if codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8":
            shutil.copyfileobj(spool, sys.stdout.buffer, 1 << 18)
        else:
            shutil.copyfileobj(codecs.getreader("utf-8")(spool, "surrogateescape"), sys.stdout, 1 << 18)
