"""Run a function over parts on a Dask cluster; the results come back in the order of the parts.

Function and parts travel as bytes that only a worker unpickles, as a scheduler may have neither losscli nor what it
takes to read a part. The function that unpickles them is defined within another, so that it is pickled by value.
"""

import hashlib
import json
import logging
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import losscli
from losscli.errors import DataError
from losscli.lazy import Lazy

P = TypeVar("P")
T = TypeVar("T")

distributed: Any = Lazy("distributed")
cloudpickle: Any = Lazy("cloudpickle")

TIMEOUT = 30.0  # seconds in which a scheduler must answer and a worker must be there
POLL = 0.2
INSTALL = "--cluster needs distributed: pip install distributed"


def on_cluster(work: Callable[[P], T], parts: Sequence[P], address: str) -> Generator[T, None, None]:
    """Yield `work(part)` of each part, in order; Dask runs the parts of a lost worker again."""
    with _client(address) as client:
        _await_workers(client, address)
        _check_python(client, address)
        pickled = cloudpickle.dumps(work)
        run = _runner((losscli.__version__, code_hash(), np.__version__))
        futures = client.map(run, [(pickled, pickle.dumps(part)) for part in parts], pure=False)
        try:
            for future in futures:
                yield _result(client, future, address)
                future.release()
        finally:
            with suppress(Exception):  # whatever goes wrong on the way out, the first error stands
                client.cancel([future for future in futures if not future.done()], force=True)


@lru_cache(maxsize=1)
def code_hash() -> str:
    """A hash of the source files of this package, the same on every platform."""
    digest = hashlib.sha256()
    package = Path(losscli.__file__).parent
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix()):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


Versions = tuple[str, str, str]  # of losscli, its hash, of numpy


def _runner(expected: Versions) -> Callable[[tuple[bytes, bytes]], tuple[bool, Any]]:
    """What a worker runs: (True, the pickled result), or (False, its versions) where these are not as expected."""

    def run(pickled: tuple[bytes, bytes]) -> tuple[bool, Any]:
        import pickle

        versions = ["", "", ""]
        try:
            import losscli

            versions[0] = losscli.__version__
            import numpy

            versions[2] = numpy.__version__
            from losscli.engines.dask import code_hash

            versions[1] = code_hash()
        except ImportError:  # no losscli, or one that can't tell
            return False, versions
        if tuple(versions) != expected:
            return False, versions
        work, part = pickled
        return True, pickle.dumps(pickle.loads(work)(pickle.loads(part)))

    return run


@contextmanager
def _client(address: str) -> Iterator[Any]:
    if find_spec("distributed") is None:
        raise DataError(INSTALL)
    scheduler = _scheduler_address(address)  # first: a client that fails to start may block the next one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions that differ: these are checked here
        try:
            client_class = distributed.Client
            # Keep Dask's log messages off stderr, as an error is one line. Its child loggers have levels of their own.
            for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
                if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
                    logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            client = client_class(scheduler, timeout=TIMEOUT, set_as_default=False)
        except Exception as error:  # of the network, of Dask's security, of its settings
            text = "" if isinstance(error, OSError) else " ".join(str(error).split())
            detail = f" ({text[:1].lower()}{text[1:160].rstrip('.')})" if text else ""
            raise DataError(f"--cluster: no scheduler answers at {address}{detail}") from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _scheduler_address(address: str) -> str:
    """The address itself, or the one that a scheduler file holds."""
    if "://" in address:
        return address
    if os.path.exists(address):
        with suppress(OSError, ValueError, LookupError, TypeError), open(address, encoding="utf-8") as file:
            found = json.load(file)["address"]
            if "://" in found:
                return str(found)
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        return f"tcp://{address}"
    raise DataError(f"--cluster: {address!r} is neither an address (tcp://HOST:8786) nor a scheduler file")


def _lost(address: str) -> DataError:
    return DataError(f"--cluster: the scheduler at {address} no longer answers")


def _await_workers(client: Any, address: str) -> None:
    """Return when there is a worker; Dask itself would wait for ever."""
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            workers = dict(client.nthreads())
        except Exception:  # the connection may break in many ways
            raise _lost(address) from None
        if workers:
            return
        if time.monotonic() > end:
            raise DataError(f"--cluster: the scheduler at {address} has had no workers for {TIMEOUT:g} s")
        time.sleep(POLL)


def _check_python(client: Any, address: str) -> None:
    """Refuse workers of another minor version of Python, which can't run bytecode of this one."""
    try:
        workers = client.get_versions(check=False)["workers"]
    except Exception:
        raise _lost(address) from None
    own = ".".join(map(str, sys.version_info[:2]))
    for worker, versions in workers.items():
        python = str((versions or {}).get("host", {}).get("python", own))
        if python.split(".")[:2] != own.split("."):
            other = python.partition(".final")[0]
            raise DataError(f"--cluster: worker {worker} runs Python {other}, this machine Python {own}")


def _result(client: Any, future: Any, address: str) -> Any:
    """The result of a part. While it is awaited the scheduler must be there, and some worker."""
    since = time.monotonic()
    while not future.done():
        with client.as_current(), suppress(Exception):  # not yet, or never: asked below
            distributed.wait(future, timeout=POLL)
        if client.status != "running" or future.status in ("cancelled", "lost"):
            raise _lost(address)
        if future.status == "pending" and time.monotonic() - since > TIMEOUT:
            _await_workers(client, address)
            since = time.monotonic()
    if future.status in ("cancelled", "lost"):
        raise _lost(address)
    if future.status != "finished":
        error = future.exception()
        if isinstance(error, distributed.KilledWorker):
            raise DataError(
                "--cluster: the workers that tried a part were lost one after another; do they have enough memory?"
            )
        raise error if isinstance(error, Exception) else RuntimeError(str(error))
    try:
        done, value = future.result()
    except Exception:
        raise _lost(address) from None
    if not done:
        raise DataError(f"--cluster: {_difference(*value)}")
    return pickle.loads(value)


def _difference(version: str, hash_: str, numpy_version: str) -> str:
    own = losscli.__version__
    if version != own:
        return f"a worker has {f'losscli {version}' if version else 'no losscli'}, this machine losscli {own}"
    if hash_ != code_hash():
        return f"the code of losscli {own} on a worker is not this machine's; install the same build"
    return f"a worker has numpy {numpy_version}, this machine numpy {np.__version__}"
