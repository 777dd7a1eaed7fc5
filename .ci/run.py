#!/usr/bin/env python3
"""Everything that must hold, from a clean checkout: lint, types, the tests, and the packages that are installed.

The tests run on the Pythons that pyproject.toml declares: the quick suite on the oldest with the lowest dependencies
and nothing else, and on the middle one by the very command that README gives; the full suite on the newest with all
extras. A test may be skipped only for a reason that is listed here. The wheel and the sdist are built, what must be in
them is looked for, and the command that the wheel installs is run. Makes its own environments in a temporary folder,
the next while the tests run in the one before; prints how each run of the tests closes; ends non-zero where any step
fails.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PLAIN_TESTS = [need for need in EXTRAS["test"] if not need.startswith(PROJECT["name"])]  # without any extra
LOWEST = [re.sub(r"\s*>=\s*", "==", need) for need in PROJECT["dependencies"]]
SET_UP = re.compile(r"^python3 (-m venv .*pytest.*)$", re.MULTILINE)  # README's command for whoever runs the tests
MINUTES = 20  # for one step: what hangs fails
RUNNING: list[subprocess.Popen[bytes]] = []
ENDED = threading.Event()

# The reasons that a test may give for not running: what this machine is, and what an environment leaves out.
MACHINE = (
    r"root reads everything",
    r"there is no \w+ here",
    r"a file system that knows no letter case",
    r"could not import '(torch|keras)'.*",  # larger than all the rest, and in no extra
)
LEFT_OUT = (
    "pyarrow|fsspec|aiohttp|s3fs|moto|distributed|zstandard|scipy|sklearn|statsmodels|pandas|model_diagnostics"
    "|isal|orjson"
)
ABSENT = (rf"could not import '({LEFT_OUT})[\w.]*'.*", "no package for zstandard")


def main() -> int:
    """Run all steps; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs and what was made is cleared away
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="losscli-ci-") as folder, ThreadPoolExecutor(1) as installer:
        work, pythons = Path(folder), found_pythons()
        print("pythons:", ", ".join(pythons), flush=True)
        names = list(pythons)
        oldest, middle, newest = names[0], names[len(names) // 2], names[-1]
        plain = installer.submit(environment, work, "lowest", pythons[oldest], [*LOWEST, *PLAIN_TESTS, "-e", str(ROOT)])
        dev = installer.submit(environment, work, "dev", pythons[newest], ["-e", f"{ROOT}[dev]"])
        built = installer.submit(packages, work, list(pythons.values())[-1])
        try:
            if bin_folder := plain.result():
                failed += tests(f"{oldest} on the lowest dependencies", bin_folder, work, (*MACHINE, *ABSENT))
            else:
                failed.append("the lowest dependencies")
            failed += as_the_readme_says(middle, pythons[middle], work)
            if bin_folder := dev.result():
                failed += lint(bin_folder)
                failed += tests(f"{newest} with all extras", bin_folder, work, MACHINE, "--full")
            else:
                failed.append("all extras")
            failed += built.result()
        finally:
            installer.shutdown(wait=False, cancel_futures=True)
            end_all()
    print("FAILED: " + "; ".join(failed) if failed else "all is well", flush=True)
    return 1 if failed else 0


def found_pythons() -> dict[str, str]:
    """The declared versions of Python that can be found, and where, oldest first."""
    declared = [
        match[1] for line in PROJECT["classifiers"] if (match := re.fullmatch(r"Programming .*:: (3\.\d+)", line))
    ]
    declared.sort(key=lambda name: int(name.split(".")[1]))
    places = [Path(sys.executable).resolve().parent, *pyenv_versions()]
    found = {}
    for name in declared:
        candidates = [shutil.which(f"python{name}"), *(str(place / f"python{name}") for place in places)]
        working = (path for path in candidates if path and version_of(path) == name)
        if path := next(working, None):
            found[name] = path
        else:
            print(f"python{name} isn't here: left out", flush=True)
    return found


def pyenv_versions() -> list[Path]:
    """The folders of the interpreters that pyenv has installed."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    return sorted(Path(root).glob("versions/*/bin"))


def version_of(python: str) -> str | None:
    """The version that an interpreter says it is; None where it doesn't run."""
    try:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def environment(work: Path, name: str, python: str, needs: list[str]) -> Path | None:
    """A fresh environment with these packages: where its programs are."""
    folder = work / name.replace(" ", "-")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    made = step_succeeds(f"environment: {name}", [python, "-m", "venv", str(folder)])
    return folder / "bin" if made and step_succeeds("install", [*pip, *needs]) else None


def lint(bin_folder: Path) -> list[str]:
    """Look at the code without running it: what failed."""
    steps = {
        "ruff check": [str(bin_folder / "ruff"), "check", "."],
        "ruff format": [str(bin_folder / "ruff"), "format", "--check", "."],
        "mypy --strict": [str(bin_folder / "mypy"), "--strict"],
    }
    return [step for step, command in steps.items() if not step_succeeds(step, command)]


def as_the_readme_says(name: str, python: str, work: Path) -> list[str]:
    """Run README's command for the tests as it stands, in a copy of the checkout with this Python: what failed."""
    found = SET_UP.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if not found:
        return ["README has no command that sets up and runs the tests"]
    checkout = work / "checkout"
    copy_tracked(checkout)
    print(f"== python3 {found[1]}", flush=True)
    return watched(
        f"{name} as the README says", ["sh", "-c", f"{python} {found[1]}"], work, (*MACHINE, *ABSENT), checkout
    )


def tests(name: str, bin_folder: Path, work: Path, skips: tuple[str, ...], *options: str) -> list[str]:
    """Run the tests in an environment: what failed."""
    return watched(name, [str(bin_folder / "python"), "-m", "pytest", *options], work, skips, ROOT)


def watched(name: str, command: list[str], work: Path, skips: tuple[str, ...], cwd: Path) -> list[str]:
    """Run a command that runs pytest; print how it closes, or more where it fails: what failed."""
    print(f"== tests: {name}", flush=True)
    start, log = time.monotonic(), work / f"{name.replace(' ', '-')}.txt"
    env = {**os.environ, "CI": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider --color=no -rsfE"}
    with log.open("w", encoding="utf-8") as out:
        code = run(command, stdout=out, stderr=subprocess.STDOUT, cwd=cwd, env=env)
    lines = log.read_text(encoding="utf-8").splitlines()
    skipped = [line for line in lines if line.startswith("SKIPPED ")]
    for line in skipped:
        print("  ", line)
    print("\n".join(line for line in lines[-200 if code else -2 :] if line not in skipped))
    print(f"   {time.monotonic() - start:.0f} s, exit code {code}", flush=True)
    allowed = re.compile("|".join(skips))
    unknown = [line for line in skipped if not allowed.fullmatch(line.partition(": ")[2])]
    failed = [f"{name}: a skip that is not listed: {line}" for line in unknown]
    return [f"the tests on {name}", *failed] if code else failed


def copy_tracked(folder: Path) -> list[str]:
    """Copy what git tracks to a new folder; the names."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return names


def packages(work: Path, python: str) -> list[str]:
    """Build the wheel and the sdist from a copy, look for what must be in them, run what the wheel installs."""
    bin_folder = environment(work, "build", python, ["build"])
    if bin_folder is None:
        return ["the environment to build in"]
    source, built = work / "source", work / "dist"
    tracked = copy_tracked(source)
    if not step_succeeds("build", [str(bin_folder / "python"), "-m", "build", "-o", str(built), str(source)]):
        return ["the build of the packages"]
    wheel, sdist = next(built.glob("*.whl")), next(built.glob("*.tar.gz"))
    failed = [f"{name} is not in the {kind}" for kind, name in missing(wheel, sdist, tracked)]
    installed = environment(work, "installed", python, [str(wheel)])
    command = ["losscli", "bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--base", "2", "--expect", "0.522", "-q"]
    if installed is None or run([str(installed / command[0]), *command[1:]], cwd=work) != 0:
        failed.append("the command that the wheel installs")
    print(f"== packages: {wheel.name}, {sdist.name}", flush=True)
    return failed


def missing(wheel: Path, sdist: Path, tracked: list[str]) -> list[tuple[str, str]]:
    """What is tracked and should be in a package, and isn't."""
    with zipfile.ZipFile(wheel) as archive:
        of_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        of_sdist = {name.partition("/")[2] for name in archive.getnames()}
    wanted = [("wheel", name) for name in tracked if name.startswith("losscli/")]
    wanted += [("sdist", name) for name in tracked if not name.startswith((".", ".ci/"))]
    return [(kind, name) for kind, name in wanted if name not in (of_wheel if kind == "wheel" else of_sdist)]


def step_succeeds(name: str, command: list[str]) -> bool:
    """Run a step in the checkout; what it prints is seen."""
    print(f"== {name}", flush=True)
    code = run(command)
    if code:
        print(f"FAILED: {name}: exit code {code}", flush=True)
    return code == 0


def run(command: list[str], **options: object) -> int:
    """Run a command to its end, in a group of processes that ends with it, whatever happens; its exit code."""
    if ENDED.is_set():
        return 143
    process = subprocess.Popen(command, start_new_session=True, **{"cwd": ROOT, **options})  # type: ignore[call-overload]
    RUNNING.append(process)
    try:
        return int(process.wait(MINUTES * 60))
    except subprocess.TimeoutExpired:
        print(f"not done after {MINUTES} minutes: {' '.join(command[:6])} ...", flush=True)
        return 124
    finally:
        end(process)


def end_all() -> None:
    """End what still runs, and begin nothing more."""
    ENDED.set()
    for process in RUNNING:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, and all of its group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
