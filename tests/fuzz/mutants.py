"""Plant one mistake at a time in a copy of losscli and see whether the tests notice; what survives is printed.

    PYTHONPATH=tests coverage run -m pytest --full -n 2 -p fuzz.mutants; coverage combine which tests reach which lines
    python tests/fuzz/mutants.py --mutants 250 --seed 1 as many from each folder
    python tests/fuzz/mutants.py --mutants 250 --seed 1 --only 17 one of them, shown

A mutant is run on the tests that reach its line, those of its folder first and the fastest first, until one fails. A
survivor is a hole in the tests or is no other program; who looks at it decides which.
"""

import argparse
import ast
import copy
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import accumulate
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    *("losses", "statistics", "evaluation", "gradients", "regression", "expect", "expect/mistakes"),
    *("reading", "reading/pairs", "reading/formats"),
)
TIMES = Path(os.environ.get("LOSSCLI_TEST_TIMES", ROOT / ".test-times"))
SWAPPED: dict[type, type] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
SERVERS = ("tests/evaluation/test_cluster.py", "tests/engines/test_dask.py", "tests/reading/test_remote.py")
FEW = 100  # tests that are collected and run before all others are
Test = tuple[float, str]  # how many seconds it takes, and its id


@dataclass(frozen=True)
class Mutant:
    """A change of one node of a module: the number of the node among all, and what is done to it."""

    module: str
    node: int
    kind: str
    line: int
    was: str
    now: str


def changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may be made of a node, by kind."""
    other = copy.deepcopy(node)
    match other:
        case ast.Compare(ops=[op, *_]) if type(op) in SWAPPED:
            other.ops[0] = SWAPPED[type(op)]()
            yield "comparison", other
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPPED:
            other.op = SWAPPED[type(op)]()
            yield "operator", other
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign or not", other.operand
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.IfExp():
            other.body, other.orelse = other.orelse, other.body
            yield "branches", other
        case ast.If():
            other.test = ast.UnaryOp(ast.Not(), other.test)
            yield "branches", other
        case ast.Call(args=[_, second, *_]) if not isinstance(second, ast.Starred):
            other.args[0], other.args[1] = other.args[1], other.args[0]
            yield "arguments", other
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.Continue() | ast.Break():
            yield "statement", ast.Pass()


def sites(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module that the program runs: no annotation, no decorator, no text."""
    for name, field in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child)):
                continue
            if isinstance(child, ast.AST):
                yield child
                yield from sites(child)


class Planted(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def mutants_of(module: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for at, node in enumerate(sites(tree)):
        for kind, new in changed(node):
            was, now = (ast.unparse(one).splitlines()[0] for one in (node, new))
            if was == now:
                now = ast.unparse(new).partition("\n")[2]
            yield Mutant(module, at, kind, node.lineno, was, now)  # type: ignore[attr-defined]


def planted(mutant: Mutant) -> str:
    """The text of the mutated module."""
    tree = ast.parse((ROOT / mutant.module).read_text(encoding="utf-8"))
    node = next(node for at, node in enumerate(sites(tree)) if at == mutant.node)
    new = next(new for kind, new in changed(node) if kind == mutant.kind)
    return ast.unparse(ast.fix_missing_locations(Planted(node, new).visit(tree)))


def drawn(count: int, seed: int) -> list[Mutant]:
    """Mutants at random, as many from each folder."""
    draw = random.Random(seed)
    folders = []
    for folder in FOLDERS:
        modules = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "losscli" / folder).glob("*.py"))
        every = [mutant for module in modules for mutant in mutants_of(module)]
        folders.append(draw.sample(every, min(-(-count // len(FOLDERS)), len(every))))
    return [mutant for some in zip(*folders, strict=False) for mutant in some][:count]


def reaching(mutant: Mutant, seconds: float) -> list[Test]:
    """The tests that reach the line of a mutant, or its module where it is run at the import, for so many seconds.

    Those of its folder come first, the fastest first.
    """
    from coverage import CoverageData

    data = CoverageData(os.environ.get("COVERAGE_FILE", str(ROOT / ".coverage")))
    data.read()
    path = next(path for path in data.measured_files() if path.endswith(mutant.module))
    lines = data.contexts_by_lineno(path)
    found = set(lines.get(mutant.line, [])) - {""}
    if not found or "" in lines.get(mutant.line, []):
        found = {one for some in lines.values() for one in some} - {""}
    found = {one for one in found if not one.startswith(SERVERS)}  # these take long to start
    times = dict(json.loads(line) for line in TIMES.read_text().splitlines())
    folder = mutant.module.removeprefix("losscli/").partition("/")[0]
    order = sorted((not test.startswith(f"tests/{folder}/"), times.get(test, 9.0), test) for test in found)
    spent = accumulate(one for _, one, _ in order)
    return [(one, test) for (_, one, test), until in zip(order, spent, strict=True) if until - one < seconds]


def verdict(mutant: Mutant | None, tests: list[Test], folder: Path) -> str:
    """The name of a test that fails on a mutant, or on the program as it is, or "survived"."""
    few = failing(mutant, tests[:FEW], folder)
    return few if few != "survived" or len(tests) <= FEW else failing(mutant, tests[FEW:], folder)


def failing(mutant: Mutant | None, tests: list[Test], folder: Path) -> str:
    """The name of the first of these tests that fails, or "survived"."""
    if mutant is not None:
        (folder / mutant.module).write_text(planted(mutant), encoding="utf-8")
    budget = 60 + 4 * sum(seconds for seconds, _ in tests)
    (folder / "failed").write_text("")
    child = os.fork()
    if child == 0:
        _tested(folder, [test for _, test in tests])
    start = time.monotonic()
    while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() - start > budget:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)
    if mutant is not None:
        shutil.copyfile(ROOT / mutant.module, folder / mutant.module)
    return "survived" if done[1] == 0 else (folder / "failed").read_text() or f"status {done[1]}"


def _tested(folder: Path, tests: list[str]) -> None:
    """Run tests of a folder in this process, which ends with their exit code."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(folder / "said", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    for stream, file in ((0, nothing), (1, said), (2, said)):
        os.dup2(file, stream)
    os.chdir(folder)
    sys.path[0] = str(folder)  # it was the folder of this file
    import pytest

    files = sorted({test.partition("::")[0] for test in tests})
    order = {test: at for at, test in enumerate(tests)}

    class Chosen:
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            items[:] = sorted((one for one in items if one.nodeid in order), key=lambda one: order[one.nodeid])

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                (folder / "failed").write_text(report.nodeid)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                (folder / "failed").write_text(f"collecting {report.nodeid}")

    off = [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-p",
        "no:xdist",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]
    try:
        os._exit(pytest.main(["-x", "-q", "--full", *off, *files], plugins=[Chosen()]))
    except BaseException as error:
        (folder / "failed").write_text(f"{type(error).__name__}: {error}")
        os._exit(99)


def pytest_runtest_protocol(item: Any) -> None:
    """As a plugin: say to coverage which test runs."""
    from coverage import Coverage

    if measured := Coverage.current():
        measured.switch_context(item.nodeid)


def pytest_runtest_logreport(report: Any) -> None:
    """As a plugin: keep how long each test takes."""
    if report.when == "call" and not hasattr(report, "node"):  # of those that run here
        with TIMES.open("a") as file:
            file.write(json.dumps([report.nodeid, report.duration]) + "\n")


def main() -> int:
    """The command line; 1 where a mutant survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="leave out as many")
    parser.add_argument("--only", type=int, help="one of them, shown")
    parser.add_argument("--seconds", type=float, default=60.0, help="of tests for a mutant")
    given = parser.parse_args()
    if given.only is not None:
        mutant = drawn(given.mutants, given.seed)[given.only]
        before = ast.unparse(ast.parse((ROOT / mutant.module).read_text(encoding="utf-8")))
        print("\n".join(unified_diff(before.splitlines(), planted(mutant).splitlines(), mutant.module, n=6)))
        return 0
    import hypothesis
    import mpmath
    import numpy
    import pytest

    _ = hypothesis, mpmath, numpy, pytest  # loaded once for all
    survived = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "copy"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "__pycache__", ".*_cache"))
        sound = verdict(None, reaching(drawn(1, given.seed)[0], given.seconds), folder)
        if sound != "survived":
            raise SystemExit(f"without a mutant: {sound}\n{(folder / 'said').read_text()}")
        for at, mutant in enumerate(drawn(given.mutants, given.seed)[given.first :], given.first):
            start = time.monotonic()
            tests = reaching(mutant, given.seconds)
            found = verdict(mutant, tests, folder)
            survived += found == "survived"
            place = f"{mutant.module}:{mutant.line}: {mutant.kind}: {mutant.was}  ->  {mutant.now}"
            print(f"{at} {place}\n    {len(tests)} tests, {time.monotonic() - start:.1f} s: {found}", flush=True)
    print(f"survived: {survived}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
