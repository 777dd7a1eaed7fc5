"""Servers on this machine that tests read from: an object store, web servers, a cluster. Each ends with its tests."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from conftest import environment

PATIENCE = 30.0


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _end_with_parent() -> None:
    """Have the system kill this process when the tests end, however they end: PR_SET_PDEATHSIG of sys/prctl.h."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def started(
    *command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended by force."""
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if sys.platform == "linux":
        quiet["preexec_fn"] = _end_with_parent
    child = subprocess.Popen([sys.executable, *command], env={**os.environ, **(env or {})}, **quiet)
    try:
        yield child
    finally:
        child.kill()
        child.wait(5)


def await_port(port: int, child: subprocess.Popen[bytes]) -> None:
    """Return when somebody listens at a port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and child.poll() is None:
        with socket.socket() as caller:
            caller.settimeout(0.2)
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at port {port}")


class _WithoutRanges(SimpleHTTPRequestHandler):
    """Gives whole files only, as the standard library's server does."""

    asked: ClassVar[set[str]] = set()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.is_refused():
            return
        if self.path.split("/")[1] in ("stalled", "slow"):
            self.send_part_by_part()
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        first, _, rest = path.lstrip("/").partition("/")
        return super().translate_path(rest if first in ("busy", "stalled", "slow") else path)

    def send_part_by_part(self) -> None:
        """The file in ten parts with a pause of 0.1 s before each; of a stalled file the first five."""
        data = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for at in range(10):
            time.sleep(0.1)
            if at == 5 and self.path.startswith("/stalled"):
                time.sleep(3)
                return
            self.wfile.write(data[len(data) * at // 10 : len(data) * (at + 1) // 10])
            self.wfile.flush()

    def do_HEAD(self) -> None:
        if not self.is_refused():
            super().do_HEAD()

    def is_refused(self) -> bool:
        status = {"forbidden": 403, "broken": 503}.get(self.path.split("/")[1])
        if self.path.startswith("/busy/") and self.command == "GET" and self.path not in self.asked:
            self.asked.add(self.path)  # the first time
            self.send_response(429)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return True
        if status:
            self.send_error(status)
        return status is not None


class _WithRanges(_WithoutRanges):
    """Gives the ranges that are asked for."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        path = Path(self.translate_path(self.path))
        if not asked.startswith("bytes=") or not path.is_file():
            return super().do_GET()
        data = path.read_bytes()
        low, _, high = asked.removeprefix("bytes=").partition("-")
        first, last = int(low), min(int(high) if high else len(data) - 1, len(data) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(data[first : last + 1])


@contextmanager
def web(folder: Path, ranges: bool) -> Iterator[str]:
    """The address of a web server of the files in a folder."""
    handler = partial(_WithRanges if ranges else _WithoutRanges, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)


@contextmanager
def store() -> Iterator[str]:
    """The endpoint of an S3 server."""
    port = free_port()
    with started("-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)) as child:
        await_port(port, child)
        yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster: its address, its processes, and what starts one more worker."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    add: Callable[..., subprocess.Popen[bytes]]  # one more worker, and what it runs first


def certificate(folder: Path) -> dict[str, str]:
    """The environment in which Dask uses a certificate of 127.0.0.1, made here, in each of its roles."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, host = datetime.now(UTC), x509.IPAddress(ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([host]), critical=True)
    signed = made.add_extension(x509.BasicConstraints(True, None), critical=True).sign(key, hashes.SHA256())
    encoding = serialization.Encoding.PEM
    files = {"CERT": folder / "cert.pem", "KEY": folder / "key.pem"}
    files["CERT"].write_bytes(signed.public_bytes(encoding))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files["KEY"].write_bytes(key.private_bytes(encoding, *plain))
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    roles = {
        f"{prefix}{role}__{part}": str(path)
        for role in ("CLIENT", "SCHEDULER", "WORKER")
        for part, path in files.items()
    }
    return {f"{prefix}CA_FILE": str(files["CERT"]), **roles}


SCHEDULER = "import sys; sys.modules['losscli'] = None; from distributed.cli.dask_scheduler import main; main()"
WORKER = "{before}; from distributed.cli.dask_worker import main; main()"


@contextmanager
def cluster(
    count: int = 2, losses: int = 3, file: Path | None = None, tls: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A scheduler that can't import losscli, and workers of one thread that can; a part may lose so many of them.

    Workers find a scheduler that writes a file by it. `tls` is what `certificate` gives.
    """
    port = free_port()
    protocol = "tls" if tls else "tcp"
    address = f"{protocol}://127.0.0.1:{port}"
    options = ("--no-dashboard", *(("--scheduler-file", str(file)) if file else ()))
    env = {**environment(), **(tls or {})}
    with ExitStack() as stack:
        where = ("--host", f"{protocol}://127.0.0.1", "--port", str(port), *options)
        failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(losses)}
        scheduler = stack.enter_context(started("-c", SCHEDULER, *where, env={**env, **failures}))
        await_port(port, scheduler)
        workers: list[subprocess.Popen[bytes]] = []

        def add(before: str = "pass") -> subprocess.Popen[bytes]:
            place = () if file else (address,)
            command = ("-c", WORKER.format(before=before), *place, "--no-nanny", "--nthreads", "1", *options)
            workers.append(stack.enter_context(started(*command, env=env)))
            return workers[-1]

        for _ in range(count):
            add()
        yield Cluster(address, scheduler, workers, add)
