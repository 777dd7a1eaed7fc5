"""Run a function over parts of a table on this machine, in threads or processes; results come in the order of parts.

Where parts run at once, the result is None if one of them fails: the caller then does the work in order, which finds
what is wrong and where.
"""

import os
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import chain, islice
from select import select
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future

P = TypeVar("P")
T = TypeVar("T")
MOST_THREADS = 4  # more only wait for each other, and each holds a block or two
MOST_PROCESSES = 8
IDLE = 60.0  # seconds without work after which a helper ends
_PR_SET_PDEATHSIG = 1  # of Linux, sys/prctl.h

# Once it has freed a block of some size, the C library of Linux keeps arrays up to that size for the next ones.
# It gives them back to the system otherwise, and each has to be had page by page again: half of the time.
np.empty(1 << 24, np.uint8)


def thread_count(wanted: int | None) -> int:
    """The wanted number of threads, else the number of processors."""
    if wanted is not None:
        return wanted
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(work: Callable[[P], T], parts: Iterable[P], threads: int) -> Iterator[T]:
    """`map` in a few threads, with few results waiting so that memory stays flat."""
    rest = iter(parts)
    first = list(islice(rest, min(threads, 2)))
    few, rest = len(first) < 2, chain(first, rest)
    del first  # which `rest` lets go of when it is done with it
    if few:  # one part is done sooner without a thread
        yield from map(work, rest)
        return
    from concurrent.futures import ThreadPoolExecutor

    threads = min(threads, MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        alone: list[P] = []
        for part in rest:
            try:
                waiting.append(pool.submit(work, part))
            except RuntimeError:  # the system gives no thread: do the rest in this one
                alone = [part]
                break
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        yield from map(work, chain(alone, rest))


def in_parts(work: Callable[[P], T], parts: Sequence[P], failures: tuple[type[BaseException], ...]) -> list[T] | None:
    """What `work` makes of each part, in order, each in a process of its own or else a thread; None if one fails."""
    if available() or len(_helpers) >= len(parts) - 1:
        return in_processes(work, parts, failures)
    from threading import Thread

    results: dict[int, T] = {}
    errors: list[BaseException] = []

    def run(at: int, part: P) -> None:
        try:
            results[at] = work(part)
        except BaseException as error:
            errors.append(error)

    started = []
    for at, part in enumerate(parts):
        started.append(Thread(target=run, args=(at, part), daemon=True))  # so that Ctrl-C needn't wait for it
        try:
            started[-1].start()
        except RuntimeError:  # the system gives no thread
            started.pop()
            run(at, part)
    for thread in started:
        while thread.is_alive():
            thread.join(0.2)
    if any(not isinstance(error, failures) for error in errors):
        raise next(error for error in errors if not isinstance(error, failures))
    return None if errors else [results[at] for at in range(len(parts))]


def in_processes(
    work: Callable[[P], T], parts: Sequence[P], failures: tuple[type[BaseException], ...]
) -> list[T] | None:
    """What `work` makes of each part, in order; None when any of them fails, in this process by one of `failures`."""
    children: list[tuple[int, int]] = []
    try:
        if _helpers:
            for job in _pickled([(work, part) for part in parts[1:]]):
                helper, reader, writer = _helpers.pop()
                children.append((helper, reader))
                with os.fdopen(writer, "wb") as out:
                    out.write(job)
        else:
            children.extend(_started(work, part) for part in parts[1:])
        own = work(parts[0])
        results = [own]
        for _, reader in children:
            with os.fdopen(os.dup(reader), "rb") as source:
                results.append(pickle.loads(source.read()))
    except (EOFError, pickle.PickleError, OSError):
        return None
    except failures:
        return None
    finally:
        for child, reader in children:
            os.close(reader)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # after its result has been read, or when nobody wants it
            os.waitpid(child, 0)
    return results


def available() -> bool:
    """Whether a process can be forked safely: on Linux, where nothing of ours or of numpy's kernels minds it."""
    return sys.platform == "linux" and not any(module in sys.modules for module in _THREADED)


_helpers: list[tuple[int, int, int]] = []  # processes without work: id, descriptors of the results and of the jobs


def start_helpers(count: int, module: str) -> None:
    """Fork processes for `in_parts` that load a module: before this one loads it, as a module may start threads.

    What these are given, and its results, go through pipes, so both must be fit for `pickle`.
    """
    with suppress(OSError):
        while available() and len(_helpers) < count:
            reader, writer = os.pipe()
            try:
                _helpers.append((*_started(partial(_helped, writer), (reader, module)), writer))
            except OSError:
                os.close(writer)
                raise
            finally:
                os.close(reader)


def _pickled(jobs: Iterable[tuple[Callable[[P], T], P]]) -> list[bytes]:
    try:
        return [pickle.dumps(job) for job in jobs]
    except (AttributeError, TypeError) as error:  # which pickle raises of some objects
        raise pickle.PicklingError from error


def _helped(writer: int, job: tuple[int, str]) -> object:
    reader, module = job
    os.close(writer)  # so that there is an end to read
    import_module(module)
    if not select([reader], [], [], IDLE)[0]:
        raise TimeoutError
    with os.fdopen(reader, "rb") as source:
        work, part = pickle.load(source)
    return work(part)


_THREADED = ("pyarrow", "fsspec", "distributed")  # these start threads, whose locks a forked process would inherit


def _started(work: Callable[[P], T], part: P) -> tuple[int, int]:
    reader, writer = os.pipe()
    parent = os.getpid()
    try:
        with warnings.catch_warnings():
            # Python warns of forking beside threads; a linear algebra library may have started some, which stand still
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        raise
    if child:
        os.close(writer)
        return child, reader
    code = 1
    try:
        _end_with(parent)
        data = pickle.dumps(work(part))
        with os.fdopen(writer, "wb") as out:
            out.write(data)
        code = 0
    finally:
        os._exit(code)  # no clean-up of what is the parent's: buffers, temporary files


def _end_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, however that ends."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os._exit(1)
