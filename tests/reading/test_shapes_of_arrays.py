"""Arrays by the shape that is meant, one weight for all rows, and what scikit-learn makes of short floats."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA, answer, listed, npy, npz, record, refusal, run, told, write

LABELS, PREDS = [[1, 0, 1], [0, 1, 1]], [[0.8, 0.3, 0.6], [0.4, 0.7, 0.9]]


def saved(path: Path, values: Any, dtype: str | None = None) -> Path:
    np.save(path, np.array(values, dtype=dtype))
    return path


def test_two_arrays_of_one_shape_are_several_labels_for_two_classes(tmp_path: Path) -> None:
    arrays = saved(tmp_path / "y.npy", LABELS), saved(tmp_path / "p.npy", PREDS)
    assert answer("bce", *arrays) == answer("bce", listed(LABELS), listed(PREDS))
    assert (
        record("grad", "bce", *arrays)["gradient"] == record("grad", "bce", listed(LABELS), listed(PREDS))["gradient"]
    )
    assert answer("bce", listed(LABELS), arrays[1]) == answer("bce", arrays[0], listed(PREDS)) == answer("bce", *arrays)
    assert "1 label column and 3 prediction columns" in refusal("bce", "1,0", arrays[1])


@pytest.mark.slow
def test_a_flat_array_of_predictions_is_one_row_of_classes(tmp_path: Path) -> None:
    z = saved(tmp_path / "z.npy", [2.1, 0.3, -1.0])
    for labels in ("0", saved(tmp_path / "y.npy", [0])):
        assert answer("ce", labels, z, "--from", "logits") == answer("ce", "0", "2.1,0.3,-1", "--from", "logits")
    assert answer("ce", "0", saved(tmp_path / "p.npy", [0.7, 0.2, 0.1])) == -np.log(0.7)
    long = np.full(40_000, 1 / 40_000)  # longer than a block
    assert answer("ce", "7", saved(tmp_path / "l.npy", long)) == pytest.approx(np.log(40_000), rel=1e-14, abs=0)


def test_one_number_is_the_weight_of_all_rows() -> None:
    for args in (("bce", "1,0,1", "0.8,0.3,0.6"), ("ce", "0,1", "0.7,0.3;0.2,0.8"), ("nll", "0.8,0.7")):
        plain, weighed = record(*args), record(*args, "-w", "2")
        assert weighed["value"] == pytest.approx(plain["value"], rel=1e-15, abs=0)
        assert weighed["divisor"] == 2 * plain["n"] and weighed["sum"] == pytest.approx(2 * plain["sum"], rel=1e-15)
    torch = record("bce", "1,0,1", "0.8,0.3,0.6", "-w", "2", "--like", "torch")
    assert torch["value"] == pytest.approx(2 * answer("bce", "1,0,1", "0.8,0.3,0.6"), rel=1e-15, abs=0)
    assert "not a weight" in refusal("bce", "1,0", "0.8,0.3", "-w", "-2")


@pytest.mark.parametrize(
    ("bits", "binary", "classes"),
    [
        # sklearn 1.9.1: log_loss([1, 0, 1], float32([0, 0.3, 0.9])), and of three classes with labels=[0, 1, 2]
        (16, 2.46484375, 2.66015625),
        (32, 5.4681396484375, 5.664068698883057),
        (64, 12.168562949571239, 12.364491837871945),
    ],
)
def test_scikit_learn_clips_at_the_epsilon_of_the_arrays_type(
    bits: int, binary: float, classes: float, tmp_path: Path
) -> None:
    rel = {16: 1e-3, 32: 1e-5, 64: 1e-14}[bits]  # it computes in the type of the array
    p = saved(tmp_path / "p.npy", [0, 0.3, 0.9], f"float{bits}")
    rows = saved(tmp_path / "rows.npy", [[1, 0, 0], [0.5, 0.25, 0.25], [0.1, 0.2, 0.7]], f"float{bits}")
    assert answer("bce", "1,0,1", p, "--like", "sklearn") == pytest.approx(binary, rel=rel, abs=0)
    assert answer("ce", "1,0,2", rows, "--like", "sklearn") == pytest.approx(classes, rel=rel, abs=0)
    assert answer("bce", "1", saved(tmp_path / "0.npy", [0.0], f"float{bits}"), "--like", "sklearn") == pytest.approx(
        -np.log(float(np.finfo(f"float{bits}").eps)), rel=1e-14, abs=0
    )
    # --eps wins, and so does every other library
    assert answer("bce", "1", tmp_path / "0.npy", "--like", "sklearn", "--eps", "0.1") == -np.log(0.1)
    assert answer("bce", "1", tmp_path / "0.npy", "--like", "keras") == -np.log(1e-7)


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_scikit_learn_clips_at_the_epsilon_of_the_columns_type(bits: int, tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    p = np.array([0, 0.3, 0.9], dtype=f"float{bits}")
    table = arrow.table({"label": [1, 0, 1], "prob": arrow.array(p)})
    parquet.write_table(table, tmp_path / "t.parquet")
    np.save(tmp_path / "p.npy", p)
    assert answer("bce", tmp_path / "t.parquet", "--like", "sklearn") == answer(
        "bce", "1,0,1", tmp_path / "p.npy", "--like", "sklearn"
    )


def test_live_scikit_learn_gives_the_literals() -> None:
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    for bits, expected in ((32, 5.4681396484375), (64, 12.168562949571239)):
        found = log_loss([1, 0, 1], np.array([0, 0.3, 0.9], dtype=f"float{bits}"))
        assert float(found) == pytest.approx(expected, rel=1e-6, abs=0)


Y, P = np.array([1, 0, 1]), np.array([0.8, 0.3, 0.6])
MATRIX = np.array([[0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
ARCHIVES: dict[str, dict[str, Any]] = {
    "plain": {"y": Y, "p": P},
    "truths": {"y": Y == 1, "p": P.astype("f4")},
    "columns": {"y": Y[:, None], "p": P[:, None]},
    "bytes": {"y": np.array([b"a", b"b", b"a"]), "p": P},
    "unnamed": {"arr_0": Y, "arr_1": P},
    "classes": {"y": Y, "p": MATRIX},
    "soft": {"y": np.array([[0, 1], [1, 0], [0, 1.0]]), "p": MATRIX},
    "notes": {"y": Y, "p": P, "n": np.array(3)},
    "gap": {"y": Y, "p": np.array([0.8, np.nan, 0.6])},
    "short": {"y": Y.astype("u1"), "p": P.astype("f2")},
    "decisions": {"y": Y, "p": Y},
    "complex": {"y": Y, "p": P + 0j},
    "missing": {"y": np.array(["1", "0", "NA"]), "p": P},
    "turned": {"y": Y.astype(">i4"), "p": P.astype(">f8")},
    "lengths": {"y": Y[:2], "p": P},
}
ARRAYS: dict[str, Any] = {
    "rows": [[1, 0.8], [0, 0.3]],
    "flat": [0.8, 0.3],
    "column": [[0.8], [0.3]],
    "matrix": [[0.2, 0.8], [0.7, 0.3]],
    "one": 1.0,
    "cube": [[[1.0]]],
    "nothing": [],
    "text": [["1", ".8"], ["0", ".3"]],
    "labelled": [[0, 0.2, 0.8], [1, 0.7, 0.3]],
}


def test_arrays_of_any_shape_are_tables_or_refused(here: Path) -> None:
    for name, arrays in ARCHIVES.items():
        write(f"{name}.npz", npz(**arrays))
    for name, rows in ARRAYS.items():
        write(f"{name}.npy", npy(np.array(rows)))
    for line in (DATA / "arrays.txt").read_text(encoding="utf-8").splitlines():
        call, _, expected = line.partition(" => ")
        assert told(run(*call.split(), "-f", "json")) == expected, call
