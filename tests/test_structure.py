"""The house keeps its rules: imports point one way, a package is known in one room, what isn't needed isn't loaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import DATA, ROOT, environment

PACKAGE = ROOT / "losscli"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


LOADERS = ("import_module", "Lazy")  # functions that import a module by its name


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def _all_parsed() -> None:
    """Parse every module once, for all tests here."""
    for module in MODULES:
        parsed(module)


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        types_only = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        left += node.orelse if types_only else ast.iter_child_nodes(node)


@cache
def imports_of(module: str) -> set[str]:
    """What a module imports, at its top, in a function or when it is first used: full names of modules."""
    found: set[str] = set()
    for node in nodes_of(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative name"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOADERS:
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return found


def own_imports(module: str) -> set[str]:
    return {name for name in imports_of(module) if name.partition(".")[0] == "losscli"}


def test_imports_point_one_way() -> None:
    graph = {module: own_imports(module) - {module} for module in MODULES}

    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


# The layers of the house: a room imports only from those below it, and what is in it one way too.
LAYERS = (
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
    "arrays",
    "enums",
    "errors",
    "lazy",
    "records",
    "shell",
)


def layer_of(module: str) -> int:
    room = module.split(".")[1] if "." in module else "errors"  # the package itself: its version, on the ground
    return LAYERS.index(room)


def test_a_layer_imports_only_from_the_layers_below_it() -> None:
    upper = {
        module: sorted(name for name in own_imports(module) if layer_of(name) < layer_of(module)) for module in MODULES
    }

    assert not {module: names for module, names in upper.items() if names}


def test_statistics_know_nothing_of_tables_or_losses() -> None:
    for module in MODULES:
        if module.startswith("losscli.statistics"):
            others = own_imports(module) - {"losscli.arrays", "losscli.records"}
            assert all(name.startswith("losscli.statistics") for name in others), module


# The rooms of the house that know a package.
HOMES = {
    "typer": {"cli"},
    "rich": {"output"},
    "orjson": {"output", "reading"},
    "pyarrow": {"reading"},
    "fsspec": {"reading"},
    "aiohttp": {"reading"},
    "isal": {"reading"},
    "zstandard": {"reading"},
    "backports": {"reading"},  # Zstandard before Python 3.14, as is pyzstd
    "pyzstd": {"reading"},
    "distributed": {"engines"},
    "cloudpickle": {"engines"},
}


def test_a_package_is_imported_only_in_the_rooms_that_know_it() -> None:
    everywhere = {*sys.stdlib_module_names, "losscli", "numpy"}
    for module in MODULES:
        for package in {name.partition(".")[0] for name in imports_of(module)} - everywhere:
            assert module.split(".")[1] in HOMES.get(package, set()), f"{module} imports {package}"


def loaded_by(*args: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    code = (
        f"import sys; from losscli.cli.app import main; main({list(args)!r}); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    return set(done.stderr.split())


def existing(*modules: str) -> set[str]:
    """The full names of these modules of the package, each of which there is."""
    names = {f"losscli.{module}" for module in modules}
    assert not names - {*MODULES}, f"there is no module {', '.join(names - {*MODULES})}"
    return names


@pytest.mark.slow
def test_what_an_answer_does_not_need_is_not_loaded() -> None:
    for output in (("-q",), ("-f", "json")):
        loaded = loaded_by("bce", str(DATA / "breast_cancer.csv"), *output)

        assert "numpy" in loaded
        assert not loaded & {"rich.table", "rich.console", "gzip"}
        unneeded = ("losscli.homework", "losscli.regression", "losscli.gradients")
        assert not [name for name in loaded if name.startswith(unneeded)]


@pytest.mark.slow
def test_groups_load_no_report_of_another_kind() -> None:
    loaded = loaded_by("bce", str(DATA / "breast_cancer.csv"), "--by", "label", "-f", "json")

    assert "losscli.reports.groups" in loaded
    assert not loaded & existing("reports.calibration", "reports.models", "reports.pictures", "output.chart")


@pytest.mark.slow
def test_parquet_is_read_without_pandas(tmp_path: Path) -> None:
    """Which takes longer to load, and more memory, than a million rows."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    parquet.write_table(pa.table({"label": ["1", "0", "1"], "prob": [0.8, 0.3, None]}), tmp_path / "t.parquet")

    loaded = loaded_by("bce", str(tmp_path / "t.parquet"), "--na", "drop", "-q")

    assert "pyarrow._parquet" in loaded
    assert "pandas" not in loaded


@pytest.mark.slow
def test_lists_load_nothing_that_files_are_read_with() -> None:
    loaded = loaded_by("bce", "1,0", "0.8,0.3", "-q")

    assert "losscli.reading.lists" in loaded
    files = ("sources", "many", "listing", "compression", "text.table", "text.tokenizer", "text.feed")
    assert not loaded & {"csv", "json", "hashlib"}  # urllib.parse is loaded by pathlib before Python 3.12
    assert not loaded & existing("engines.dask", *(f"reading.{module}" for module in files))


@pytest.mark.slow
def test_a_summary_of_a_table_loads_no_other_format_and_nothing_that_joins() -> None:
    loaded = loaded_by("bce", str(DATA / "preds.csv"))

    assert "losscli.reading.text.table" in loaded
    formats = ("arrays", "arrow", "jsonlines", "nested", "parquet")
    assert not loaded & existing(*(f"reading.formats.{module}" for module in formats))
    assert not loaded & {"pyarrow", *existing("reading.keys", "reading.join", "homework.explain_loss")}


@pytest.mark.slow
def test_plain_arguments_are_read_without_typer() -> None:
    for command in (("bce",), ("grad", "bce"), ("bce", "--expect", "0.4"), ("nll", "-rsum")):
        assert "typer" not in loaded_by(*command, "1,0", "0.8,0.3"), command


@pytest.mark.slow
def test_the_version_wants_no_numpy() -> None:
    assert "numpy" not in loaded_by("--version")


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert (Path(ROOT) / "LICENSE").read_text(encoding="utf-8").startswith("MIT")
