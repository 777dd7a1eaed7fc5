"""A quoted glob or a directory is one table: its files in sorted order, with the digits of the one file."""

import gzip
import json
import math
import random
from itertools import accumulate, pairwise, product
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, answer, close, crossed, examples, npz, record, refusal, run, scaled, write
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from trees import OTHERS, TABLE, TABLES, plant

from losscli.data.columns import ColumnSelection
from losscli.data.table import even_ranges
from losscli.enums import Form
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text import lines

HEADER, *ROWS = (DATA / "breast_cancer.csv").read_text(encoding="utf-8").splitlines()
FIGURES = ("value", "n", "sum", "mean", "std", "se", "min", "max", "baseline", "normalized")


def cut(folder: Path, ends: list[int]) -> Path:
    """The real table in files that end behind these rows."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for at, (low, high) in enumerate(pairwise([0, *sorted(set(ends)), len(ROWS)])):
        (folder / f"part-{at:03}.csv").write_text("\n".join([HEADER, *ROWS[low:high], ""]), encoding="utf-8")
    return folder


@given(st.lists(st.integers(1, len(ROWS) - 1), max_size=12))
@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_cut_into_files_has_the_digits_of_the_one_file(tmp_path: Path, ends: list[int]) -> None:
    folder = cut(tmp_path / "parts", ends)
    whole = record("bce", DATA / "breast_cancer.csv")

    for threads in ("1", "2", "8"):
        found = record("bce", folder, "--threads", threads)
        assert {name: found[name] for name in FIGURES} == {name: whole[name] for name in FIGURES}


def test_a_quoted_glob_and_a_directory_name_their_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cut(tmp_path / "parts", [100, 200]).parent)

    assert record("bce", "parts/part-*.csv")["sources"] == [f"parts/part-00{at}.csv" for at in range(3)]
    assert record("bce", "parts")["sources"] == [f"parts/part-00{at}.csv" for at in range(3)]
    assert record("bce", DATA / "preds.csv")["sources"] == [str(DATA / "preds.csv")]
    assert record("bce", "1,0", "0.8,0.3")["sources"] == []


def test_hidden_files_and_other_files_are_left_out_and_packed_ones_are_read(tmp_path: Path) -> None:
    folder = cut(tmp_path / "parts", [300])
    (folder / "part-001.csv.gz").write_bytes(gzip.compress((folder / "part-001.csv").read_bytes()))
    (folder / "part-001.csv").unlink()
    (folder / ".hidden.csv").write_text("no table", encoding="utf-8")
    (folder / "README").write_text("no table", encoding="utf-8")

    assert record("bce", folder)["value"] == record("bce", DATA / "breast_cancer.csv")["value"]


def test_a_directory_is_its_tables_and_names_what_else_is_in_it(tmp_path: Path) -> None:
    found = record("bce", plant(tmp_path / "tree"))

    assert found["sources"] == sorted(str(tmp_path / "tree" / name) for name in TABLES)
    assert "3 files left out that are not tables: README, plot.png, run.log" in found["notes"]
    assert len(OTHERS) == 3


def test_columnar_files_and_arrays_are_tables_by_their_endings_or_first_bytes(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow.feather
    import pyarrow.orc

    folder = tmp_path / "tree"
    folder.mkdir()
    table = pyarrow.table({"label": [1.0, 0.0], "prob": [0.5, 0.25]})
    for name in ("a.parquet", "b.pq", "part-0"):
        parquet.write_table(table, folder / name)
    for name in ("c.arrow", "d.feather", "part-1"):
        pyarrow.feather.write_feather(table, folder / name)
    for name in ("e.orc", "part-2"):
        pyarrow.orc.write_table(table, folder / name)
    np.savez(folder / "f.npz", label=np.array([1.0, 0.0]), prob=np.array([0.5, 0.25]))
    (folder / "notes").write_text("ORC files, and others", encoding="utf-8")  # begins as one of them, and is text

    found = record("bce", folder)

    assert (found["n"], len(found["sources"])) == (18, 9)
    assert found["value"] == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2, rel=1e-15, abs=0)


def test_a_glob_leaves_hidden_names_out_unless_it_asks_for_them(tmp_path: Path) -> None:
    folder = plant(tmp_path / "_tree", **{"_hidden.csv": "label,prob\n1,0.5\n"})

    assert record("bce", f"{folder}/*.csv")["sources"] == [f"{folder}/a.csv"]
    assert record("bce", f"{folder}/_*.csv")["sources"] == [f"{folder}/_hidden.csv"]


@pytest.mark.parametrize(
    ("mark", "kind", "command"),
    [
        ("_delta_log/00000000000000000000.json", "a Delta table", "duckdb -c \"COPY (SELECT * FROM delta_scan('"),
        ("metadata/00000-6f.metadata.json", "an Iceberg table", "duckdb -c \"COPY (SELECT * FROM iceberg_scan('"),
        (".hoodie/hoodie.properties", "a Hudi table", 'in Spark: spark.read.format("hudi").load("'),
    ],
)
def test_a_table_with_a_log_of_its_own_is_refused(mark: str, kind: str, command: str, tmp_path: Path) -> None:
    folder = plant(tmp_path / "tree", **{mark: "{}"})

    line = refusal("bce", folder)

    assert line.startswith(f"{folder}: this is {kind}, whose log tells which files count; export it: {command}{folder}")
    plant(folder, **{"data/a.csv": TABLE})
    said = refusal("bce", f"{folder}/data/*.csv" if "metadata" in mark else f"{folder}/day=*/*.txt")
    assert said == line
    assert run("bce", folder / "a.csv").code == 0
    for keys in ("day=1", "day=1/hour=2", "day=1/hour=2/site=a"):
        plant(folder / "data", **{f"{keys}/b.csv": TABLE})
        assert f"this is {kind}" in refusal("bce", f"{folder}/{'data/' if 'metadata' in mark else ''}{keys}/*.csv") or (
            "metadata" not in mark
        )
        plant(folder, **{f"{keys}/b.csv": TABLE})
        assert "metadata" in mark or f"this is {kind}" in refusal("bce", f"{folder}/{keys}/*.csv")


def files(folder: Path, **files: str) -> None:
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")


def test_columns_may_stand_in_another_order(here: Path) -> None:
    files(here, a="label,prob,w\n1,0.9,1\n", b="w,prob,label\n3,0.2,0\n")

    found = record("bce", "?.csv", "-w", "w")

    assert found["mean"] == pytest.approx(-(np.log(0.9) + 3 * np.log(0.8)) / 4, rel=1e-15, abs=0)


def test_the_first_file_that_lacks_a_column_is_named(here: Path) -> None:
    files(here, a="label,prob\n1,0.9\n", b="label,prob\n1,0.9\n", c="label,prb\n1,0.9\n", d="label\n1\n")

    assert refusal("bce", "?.csv").startswith("c.csv: no column 'prob'")
    assert run("bce", "[ab].csv", "-q").code == 0


def test_a_fault_names_the_file_and_its_own_line(here: Path) -> None:
    files(here, a="label,prob\n1,0.9\n0,0.1\n", b="label,prob\n1,0.9\n\n1,x\n", c="label,prob\n1,y\n")

    for threads in ("1", "4"):
        assert refusal("bce", "?.csv", "--threads", threads) == "b.csv:4: column 'prob': 'x' is not a number"


def test_rows_are_counted_through_all_files(here: Path) -> None:
    files(here, a="label,prob\n1,0.9\n0,0.1\n", b="label,prob\n1,0\n")

    assert any("row 3" in note for note in record("bce", "?.csv")["notes"])
    assert run("bce", "?.csv", "-r", "none", "-f", "csv").out.splitlines()[-1].startswith("3,1,0.0,")


def test_nothing_to_read_is_said(here: Path) -> None:
    (here / "empty").mkdir()

    assert refusal("bce", "x-*.csv").startswith("x-*.csv: no such file")
    assert refusal("bce", "empty").startswith("empty: ")


def test_several_paths_are_refused_with_the_hint_to_quote(here: Path) -> None:
    files(here, a="label,prob\n1,0.9\n", b="label,prob\n1,0.9\n", c="label,prob\n1,0.9\n")

    assert "quote a glob" in refusal("bce", "a.csv", "b.csv", "c.csv")


def test_row_wise_output_and_gradients_go_through_all_files(here: Path) -> None:
    files(here, a="label,prob\n1,0.9\n0,0.1\n", b="label,prob\n1,0.5\n")

    assert len(run("bce", "?.csv", "-r", "none", "-q").out.splitlines()) == 3
    assert len(run("grad", "bce", "?.csv", "-q").out.splitlines()) == 3


def test_labels_and_predictions_may_be_many_files(here: Path) -> None:
    files(here, y1="label\n1\n0\n", y2="label\n1\n", p1="prob\n0.9\n0.1\n", p2="prob\n0.5\n")

    found = record("bce", "y?.csv", "p?.csv")

    assert (found["n"], found["sources"]) == (3, ["y1.csv", "y2.csv", "p1.csv", "p2.csv"])


# --- small files ------------------------------------------------------------------------------------------------------
def many(folder: Path, *bodies: str | bytes, header: str = "label,prob,site\n") -> Path:
    folder.mkdir(exist_ok=True)
    for at, body in enumerate(bodies):
        data = body if isinstance(body, bytes) else (header + body).encode()
        (folder / f"{at:03}.csv").write_bytes(data)
    return folder


ROW = "1,0.5,a\n0,0.25,b\n"
OTHERS_AMONG_SMALL = {
    "no newline at the end": "1,0.5,a",
    "blank lines at the end": "1,0.5,a\n\n\r\n",
    "a blank line": "1,0.5,a\n\n0,0.5,b\n",
    "carriage returns": "1,0.5,a\r\n0,0.5,b\r\n",
    "quotes": '1,0.5,"a"\n0,0.5,"b\nc"\n1,0.25,d\n',
    "another order": b"site,prob,label\na,0.5,1\n",
    "a BOM": b"\xef\xbb\xbflabel,prob,site\n1,0.5,a\n",
    "compressed": gzip.compress(b"label,prob,site\n1,0.5,a\n"),
    "carriage returns in the header": b"label,prob,site\r\n1,0.5,a\r\n",
    "a missing cell": "1,,a\n1,0.5,b\n",
    "no number": "1,0.5,a\n1,x,a\n",
    "no probability": "1,0.5,a\n0,2,a\n",
    "a short row": "1,0.5,a\n0\n",
    "no text": b"label,prob,site\n1,0.5,\xff\n",
    "a header alone": "",
    "another header": b"label,prob\n1,0.5\n",
}


@pytest.mark.parametrize(
    ("other", "options"),
    crossed(
        OTHERS_AMONG_SMALL,
        [("-f", "json"), ("--worst", "9", "--by", "site", "-f", "json"), ("-r", "none", "--na", "drop")],
    ),
)
def test_small_files_are_read_together_as_one_by_one(
    other: str, options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = many(tmp_path / "many", *[ROW] * 5, OTHERS_AMONG_SMALL[other], *[ROW] * 5)
    together = [run("bce", folder, *options, "--threads", threads) for threads in ("1", "2", "3")]

    monkeypatch.setattr(lines, "SMALL_BYTES", 0)

    assert together == [run("bce", folder, *options, "--threads", "1")] * 3
    assert "internal" not in together[0].err


def test_worst_rows_of_small_files_name_their_files_and_lines(tmp_path: Path) -> None:
    folder = many(tmp_path / "many", *[ROW] * 5, "1,0.5,a\n\n1,0.125,worst\n", *[ROW] * 5)

    for threads in ("1", "2", "4"):
        (worst,) = record("bce", folder, "--worst", "1", "--show", "site", "--threads", threads)["worst"]
        assert (worst["row"], worst["file"], worst["line"]) == (12, str(folder / "005.csv"), 4)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_the_worst_rows_of_many_files_are_the_same_at_any_number_of_threads(ending: str, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    draw = random.Random(7)
    for at in range(12):
        rows = [(draw.randrange(2), draw.random()) for _ in range(500)]
        path = folder / f"{at:02}.{ending}"
        if ending == "parquet":
            table = pytest.importorskip("pyarrow").table({"label": [y for y, _ in rows], "prob": [p for _, p in rows]})
            pytest.importorskip("pyarrow.parquet").write_table(table, path, row_group_size=100)
        elif ending == "csv":
            path.write_text("label,prob\n" + "".join(f"{y},{p!r}\n" for y, p in rows))
        else:
            path.write_text("".join(f'{{"label": {y}, "prob": {p!r}}}\n' for y, p in rows))

    expected = record("bce", folder, "--worst", "20", "--threads", "1")

    assert len(expected["worst"]) == 20
    for threads in ("2", "4") * scaled(20):
        assert record("bce", folder, "--worst", "20", "--threads", threads) == expected


# --- keys of paths ----------------------------------------------------------------------------------------------------
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(1, 9))
def test_ranges_have_all_things_in_order_and_about_as_much_of_them(sizes: list[int], count: int) -> None:
    ranges = even_ranges(list(accumulate(sizes)), count)

    assert [at for limits in ranges for at in range(*limits)] == (list(range(len(sizes))) if ranges else [])
    assert len(ranges) != 1 and len(ranges) <= count and all(low < high for low, high in ranges)
    for low, high in ranges:
        assert sum(sizes[low:high]) <= sum(sizes) / count + max(sizes)


def test_processes_share_files_by_their_bytes(here: Path) -> None:
    Path("t").mkdir()
    for at, rows in enumerate([500, 500, 20, 20, 20, 20]):
        write(f"t/{at}.csv", "label,prob\n" + "1,0.5\n" * rows)

    table = open_data(ReadOptions(("t",), ColumnSelection(forms=frozenset({Form.BINARY}))))

    assert table.reader.ranges(2) == [(0, 1), (1, 6)]
    assert table.reader.ranges(4) == [(0, 1), (1, 2), (2, 6)]
    table.close()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "npz", "parquet"])
def test_keys_of_paths_are_columns_of_files_of_any_kind(ending: str, here: Path) -> None:
    for day, probs in (("2026-01-01", [0.5, 0.25]), ("2026-01-02", [0.75]), ("__HIVE_DEFAULT_PARTITION__", [0.5])):
        path = here / f"t/day={day}/site=a%20b/rows.{ending}"
        path.parent.mkdir(parents=True)
        columns = {"label": [1] * len(probs), "prob": probs, "x": ["u"] * len(probs)}
        if ending == "csv":
            path.write_text("label,prob,x\n" + "".join(f"1,{p},u\n" for p in probs))
        elif ending == "jsonl":
            path.write_text("".join(f'{{"label": 1, "prob": {p}, "x": "u"}}\n' for p in probs))
        elif ending == "npz":
            np.savez(path, **{name: np.array(values) for name, values in columns.items()})
        else:
            table = pytest.importorskip("pyarrow").table(columns)
            pytest.importorskip("pyarrow.parquet").write_table(table, path)

    for threads in ("1", "2", "3"):
        found = record("bce", "t", "--by", "day,x,site", "--threads", threads)
        groups = {tuple(group["group"].values()): group["n"] for group in found["groups"]}
        assert groups == {
            ("2026-01-01", "u", "a b"): 2,
            ("2026-01-02", "u", "a b"): 1,
            (None, "u", "a b"): 1,
        }
        worst = record("bce", "t", "--worst", "1", "--show", "site,x", "--threads", threads)["worst"][0]
        assert worst["cells"] == {"site": "a b", "x": "u"}
    assert "no column 'night'" in refusal("bce", "t", "--by", "night")
    assert len(record("bce", "t/day=2026-01-02/site=a%20b/rows." + ending, "--by", "day")["groups"]) == 1


def test_keys_of_paths_and_columns_of_files_are_chosen_alike_by_name_and_by_glob(here: Path) -> None:
    shown = {
        "k*": ["kind", "k1", "k2"],
        "k?": ["k1", "k2"],
        "k2,k1": ["k2", "k1"],
        "x1,k?,x2": ["x1", "k1", "k2", "x2"],
        "x*,k1": ["x1", "x2", "k1"],
        "k2,x*": ["k2", "x1", "x2"],
        "3-4,k2": ["x1", "x2", "k2"],
        "x2": ["x2"],
        "*": ["x1", "x2", "kind", "k1", "k2"],
    }
    columns = {"label": [1, 0], "p": [0.8, 0.25], "x1": ["a", "b"], "x2": ["c", "d"], "kind": ["e", "f"]}
    rows = list(zip(*columns.values(), strict=True))
    contents = {
        "csv": (",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)).encode(),
        "jsonl": "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows).encode(),
        "npz": npz(**{name: np.array(cells) for name, cells in columns.items()}),
    }
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for ending, one in product((*contents, "parquet"), "uw"):
        path = here / ending / f"k1={one}" / "k2=v" / f"t.{ending}"
        path.parent.mkdir(parents=True)
        if ending == "parquet":
            parquet.write_table(arrow.table(columns), path)
        else:
            path.write_bytes(contents[ending])
    values = {"x1": "b", "x2": "d", "kind": "f", "k1": "w", "k2": "v"}
    for kind in (*contents, "parquet"):
        for text, names in shown.items():
            worst = record("bce", kind, "-p", "p", "--worst", "4", "--show", text)["worst"]
            last = max(worst, key=lambda one: one["row"])
            assert list(last["cells"].items()) == [(name, values[name]) for name in names], (kind, text)
        groups = record("bce", kind, "-p", "p", "--by", "k1,x1", "--worst", "1", "--show", "k2")["groups"]
        found = sorted(tuple(one["group"].values()) for one in groups)
        assert found == [("u", "a"), ("u", "b"), ("w", "a"), ("w", "b")], kind
        assert "no column 'z*'" in refusal("bce", kind, "-p", "p", "--by", "k1,z*")
    (here / "d").mkdir()
    (here / "d" / "nothing").symlink_to(here / "missing")
    (here / "d" / "t.csv").write_bytes(contents["csv"])
    assert "1 file left out that is not a table: nothing" in record("bce", "d", "-p", "p")["notes"]
    for name in ("s3", "http", "https", "gs"):  # no address
        write(name, contents["csv"])
        assert record("bce", name, "-p", "p")["n"] == 2


def test_a_first_file_of_nulls_alone_fits_the_others(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"label": [1, 0], "prob": pa.nulls(2)}), "a.parquet")
    parquet.write_table(pa.table({"label": [1, 0], "prob": [0.5, 0.5]}), "b.parquet")

    assert record("bce", "?.parquet", "--na", "drop")["value"] == pytest.approx(np.log(2), rel=1e-15, abs=0)
    assert "a.parquet: row 1 (row group 1): column 'prob': the cell is missing" in refusal("bce", "?.parquet")


def test_a_file_whose_rows_are_all_dropped_leaves_no_gap_in_an_answer_row_by_row(here: Path) -> None:
    """The first, the last and the one between, for one value a row and for several."""
    Path("d").mkdir()
    header = "label,l1,l2,p_cat,p_dog\n"
    rows = {"1": "cat,1,0,.8,.2", "2": "dog,0,1,.3,.7", "3": "cat,1,0,.6,.4"}
    calls = {
        ("ce", "-r", "none", "-p", "p_*"): "losses",
        ("grad", "ce", "-p", "p_*"): "gradient",
        ("bce", "-r", "none", "-y", "l1,l2", "-p", "p_cat,p_dog"): "losses",
        ("nll", "-r", "none", "-p", "p_cat,p_dog"): "losses",
    }
    for (command, name), gone in product(calls.items(), ("1", "2", "3", "12", "23")):
        for at, row in rows.items():
            write(f"d/{at}.csv", header + ("NA,NA,0,.5,.5" if at in gone else row) + "\n")
        kept = "".join(f"{row}\n" for at, row in rows.items() if at not in gone)
        expected = record(*command, write("kept.csv", header + kept))[name]
        found = record(*command, "d/*.csv", "--na", "drop")
        assert (found[name], found.get("dropped", len(gone))) == (expected, len(gone)), (command, gone)


def test_files_whose_class_names_hold_commas_may_have_them_in_any_order(here: Path) -> None:
    Path("day-1.csv").write_text('y,"p_x,y",p_z\n"x,y",.8,.2\nz,.3,.7\n')
    Path("day-2.csv").write_text('p_z,y,"p_x,y"\n.4,"x,y",.6\n')
    right = -math.log(0.8 * 0.7 * 0.6) / 3
    for more in ((), ("-p", "p_*"), ("-y", "y", "-p", "p_*")):
        assert answer("ce", "day-*.csv", *more) == close(right)
    # two names that only a comma tells apart can't be typed: such files are read in one order, or refused
    Path("day-1.csv").write_text('y,"p_x,y",p_x;y\nz,.8,.2\n'.replace("\nz", '\n"x,y"'))
    Path("day-2.csv").write_text('y,"p_x,y",p_x;y\n"x,y",.6,.4\n')
    assert answer("ce", "day-*.csv", "-d", ",") == close(-math.log(0.8 * 0.6) / 2)
    Path("day-2.csv").write_text('y,p_x;y,"p_x,y"\n"x,y",.4,.6\n')
    assert "its columns differ from those of day-1.csv" in refusal("ce", "day-*.csv", "-d", ",")
