"""Work on a Dask cluster: a function over parts, results in the order of the parts, as in threads of this machine.

Function and parts travel as bytes that only a worker opens: a scheduler unpickles what it is sent, and may have
neither this program nor what it takes to read a part. What carries them is a function that no module has, so that it
goes by its code and not by its name.
"""

import json
import logging
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from time import monotonic
from typing import Any, TypeVar

from losscli import __version__
from losscli.errors import DataError
from losscli.lazy import Lazy

P = TypeVar("P")
T = TypeVar("T")

distributed: Any = Lazy("distributed")
cloudpickle: Any = Lazy("cloudpickle")

PATIENCE = 30.0  # seconds in which a scheduler must answer and a worker must be there
POLL = 0.2
WANTED = "--cluster wants pip install 'losscli[cluster]'"


def on_cluster(work: Callable[[P], T], parts: Sequence[P], address: str) -> Generator[T, None, None]:
    """What `work` makes of each part, in order; a part whose worker is lost is done again by another."""
    with _client(address) as client:
        _await_workers(client, address)
        _check_python(client, address)
        job = cloudpickle.dumps(work)  # by its code where it has no name
        futures = client.map(_carrier(__version__), [(job, pickle.dumps(part)) for part in parts], pure=False)
        try:
            for future in futures:
                yield _result(client, future, address)
                future.release()
        finally:
            with suppress(Exception):  # whatever goes wrong on the way out, the reason for leaving stands
                client.cancel([future for future in futures if not future.done()], force=True)


def _carrier(version: str) -> Callable[[tuple[bytes, bytes]], tuple[str, Any]]:
    def carried(sent: tuple[bytes, bytes]) -> tuple[str, Any]:
        import pickle

        try:
            from losscli import __version__
        except ImportError:
            return "version", None
        if __version__ != version:
            return "version", __version__
        job, part = sent
        return "done", pickle.dumps(pickle.loads(job)(pickle.loads(part)))

    return carried


@contextmanager
def _client(address: str) -> Iterator[Any]:
    if find_spec("distributed") is None:
        raise DataError(WANTED)
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)  # what it says is said here, in one line
    place = _place(address)  # a client that fails on its way up may hang whoever starts the next one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that versions differ, which is checked here
        try:
            client = distributed.Client(place, timeout=PATIENCE, set_as_default=False)
        except Exception as error:  # of the network, of the security of Dask, of its settings
            raise DataError(f"--cluster: no scheduler answers at {address}{_detail(error)}") from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _place(address: str) -> str:
    """The address of the scheduler, which a file of it names."""
    if "://" in address:
        return address
    if os.path.exists(address):
        with suppress(OSError, ValueError, LookupError, TypeError), open(address, encoding="utf-8") as file:
            named = json.load(file)["address"]
            if "://" in named:
                return str(named)
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        return f"tcp://{address}"
    raise DataError(f"--cluster: {address!r} is neither an address (tcp://HOST:8786) nor a scheduler file")


def _detail(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f" ({text[:1].lower()}{text[1:160].rstrip('.')})" if text and not isinstance(error, OSError) else ""


def _workers(client: Any, address: str) -> dict[str, Any]:
    """The workers that there are, by what the scheduler says; DataError when it is lost."""
    try:
        return dict(client.nthreads())
    except Exception:  # the connection may break in many ways
        raise DataError(f"--cluster: the scheduler at {address} is lost") from None


def _await_workers(client: Any, address: str) -> None:
    """Return when there is a worker; Dask itself would wait forever."""
    end = monotonic() + PATIENCE
    while not _workers(client, address):
        if monotonic() > end:
            raise DataError(f"--cluster: the scheduler at {address} has no workers, after {PATIENCE:g} s")
        _sleep()


def _check_python(client: Any, address: str) -> None:
    """Refuse workers of another minor version of Python, which can't run the code of this one."""
    try:
        found = client.get_versions(check=False)["workers"]
    except Exception:
        raise DataError(f"--cluster: the scheduler at {address} is lost") from None
    own = ".".join(map(str, sys.version_info[:2]))
    for worker, versions in found.items():
        python = str((versions or {}).get("host", {}).get("python", own))
        if python.split(".")[:2] != own.split("."):
            raise DataError(
                f"--cluster: worker {worker} runs Python {python.partition('.final')[0]}, and here is {own}"
            )


def _result(client: Any, future: Any, address: str) -> Any:
    """The result of one part. While it is awaited the scheduler must be there, and some worker."""
    since = monotonic()
    while not future.done():
        with client.as_current(), suppress(Exception):  # not yet, or never: asked for below
            distributed.wait(future, timeout=POLL)
        if client.status != "running" or future.status in ("cancelled", "lost"):
            raise DataError(f"--cluster: the scheduler at {address} is lost")
        if future.status == "pending" and monotonic() - since > PATIENCE:
            _await_workers(client, address)
            since = monotonic()
    if future.status != "finished":
        raise _failure(future, address)
    try:
        kind, value = future.result()
    except Exception:
        raise DataError(f"--cluster: the scheduler at {address} is lost") from None
    if kind == "version":
        other = f"losscli {value}" if value else "no losscli"
        raise DataError(f"--cluster: a worker has {other}, and here is losscli {__version__}")
    return pickle.loads(value)


def _failure(future: Any, address: str) -> Exception:
    """Why a part could not be done: what `work` raised, or that each worker that tried was lost."""
    if future.status in ("cancelled", "lost"):
        return DataError(f"--cluster: the scheduler at {address} is lost")
    error = future.exception()
    if isinstance(error, distributed.KilledWorker):
        return DataError(
            "--cluster: the workers that tried a part were lost one after another; have they memory enough?"
        )
    return error if isinstance(error, Exception) else RuntimeError(str(error))


def _sleep() -> None:
    from time import sleep

    sleep(POLL)
