"""The house keeps its rules: imports point one way, Typer, rich and exits live where they belong."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import DATA, ROOT, environment

PACKAGE = ROOT / "losscli"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULE = pytest.mark.parametrize("module", MODULES)


def parsed(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and is_for_types_only(child):
            for other in child.orelse:
                yield from nodes_of(other)
        else:
            yield from nodes_of(child)


def imports_of(module: str) -> set[str]:
    """What a module imports, at its top or in a function: full names of modules."""
    found: set[str] = set()
    for node in nodes_of(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative name"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    return found


def own_imports(module: str) -> set[str]:
    return {name for name in imports_of(module) if name.partition(".")[0] == "losscli"}


def test_imports_point_one_way() -> None:
    graph = {module: own_imports(module) - {module} for module in MODULES}

    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


# The floors of the house: a room imports only from rooms on lower floors, and what is in it one way too.
FLOORS = (
    "__main__",
    "cli",
    "commands",
    "reports",
    "homework",
    "regression",
    "gradients",
    "evaluation",
    "statistics",
    "losses",
    "output",
    "reading",
    "data",
    "engines",
    "enums",
    "errors",
    "lazy",
)


def floor_of(module: str) -> int:
    room = module.split(".")[1] if "." in module else "errors"  # the package itself: its version, on the ground
    return FLOORS.index(room)


@MODULE
def test_a_room_imports_only_from_the_floors_below_it(module: str) -> None:
    upper = {name for name in own_imports(module) if floor_of(name) < floor_of(module)}

    assert not upper, f"{module} imports {upper}"


@MODULE
def test_statistics_know_nothing_of_tables_or_losses(module: str) -> None:
    if floor_of(module) == FLOORS.index("statistics"):
        assert all(name.startswith("losscli.statistics") for name in own_imports(module)), module


@MODULE
def test_nothing_imports_the_command_line_but_the_way_in(module: str) -> None:
    if module not in ("losscli.__main__", "losscli.cli.app"):
        assert "losscli.cli.app" not in imports_of(module)


@pytest.mark.parametrize(
    ("package", "homes"),
    [
        ("typer", {"losscli.cli.typer_app"}),
        ("rich", {"losscli.output.people", "losscli.output.progress"}),
        ("click", set()),
    ],
)
def test_a_dependency_is_known_in_one_place(package: str, homes: set[str]) -> None:
    users = {module for module in MODULES if package in {name.partition(".")[0] for name in imports_of(module)}}

    assert users <= homes


@MODULE
def test_only_the_declared_dependencies_are_imported_at_the_top(module: str) -> None:
    known = {*sys.stdlib_module_names, "losscli", "numpy", "typer", "rich"}
    top = {
        name.partition(".")[0]
        for node in parsed(module).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)])
    }

    assert top <= known


@MODULE
def test_only_the_way_in_exits(module: str) -> None:
    if module in ("losscli.cli.app", "losscli.cli.typer_app", "losscli.__main__"):
        return
    for node in nodes_of(parsed(module)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("sys.exit", "exit", "quit", "typer.Exit", "SystemExit"), module


@MODULE
def test_records_are_frozen(module: str) -> None:
    """A dataclass without `frozen` is state: an exception, or what a source or a reader has got to."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(mark) == "dataclass" for mark in node.decorator_list):
            private = node.name.startswith("_")
            assert private or node.name in ("RowError", "Source"), f"{module}.{node.name} is not frozen"


def loaded_by(*args: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    code = (
        f"import sys; from losscli.cli.app import main; main({list(args)!r}); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    return set(done.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("output", [("-q",), ("-f", "json")])
def test_what_an_answer_does_not_need_is_not_loaded(output: tuple[str, ...]) -> None:
    loaded = loaded_by("bce", str(DATA / "breast_cancer.csv"), *output)

    assert "numpy" in loaded
    for heavy in (
        "rich.table",
        "rich.console",
        "gzip",
        "losscli.homework.mistakes",
        "losscli.regression.descent",
        "losscli.gradients.analytic",
    ):
        assert heavy not in loaded


@pytest.mark.slow
def test_parquet_is_read_without_pandas(tmp_path: Path) -> None:
    """Which takes longer to load, and more memory, than a million rows."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    parquet.write_table(pa.table({"label": ["1", "0", "1"], "prob": [0.8, 0.3, None]}), tmp_path / "t.parquet")

    loaded = loaded_by("bce", str(tmp_path / "t.parquet"), "--na", "drop", "-q")

    assert "pyarrow.parquet" in loaded
    assert "pandas" not in loaded


@pytest.mark.slow
def test_lists_load_nothing_that_files_are_read_with() -> None:
    loaded = loaded_by("bce", "1,0", "0.8,0.3", "-q")

    assert "losscli.reading.lists" in loaded
    files = ("sources", "many", "choice", "families", "formats.ranges", "compression", "formats.text")
    assert not loaded & {"csv", "json", "losscli.engines.dask"}  # urllib.parse is loaded by pathlib before Python 3.12
    assert not loaded & {f"losscli.reading.{module}" for module in files}


@pytest.mark.slow
def test_a_summary_of_a_table_loads_no_other_format_and_nothing_that_joins() -> None:
    loaded = loaded_by("bce", str(DATA / "preds.csv"))

    assert "losscli.reading.formats.text" in loaded
    formats = ("arrays", "arrow", "jsonlines", "npy", "parquet")
    assert not loaded & {f"losscli.reading.formats.{module}" for module in formats}
    assert not loaded & {
        "losscli.reading.pairs.keys",
        "losscli.homework.explain_loss",
        "pyarrow",
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", [("bce",), ("grad", "bce"), ("bce", "--expect", "0.4"), ("nll", "-rsum")])
def test_plain_arguments_are_read_without_typer(command: tuple[str, ...]) -> None:
    assert "typer" not in loaded_by(*command, "1,0", "0.8,0.3")


@pytest.mark.slow
def test_the_version_wants_no_numpy() -> None:
    assert "numpy" not in loaded_by("--version")


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert (Path(ROOT) / "LICENSE").read_text(encoding="utf-8").startswith("MIT")
