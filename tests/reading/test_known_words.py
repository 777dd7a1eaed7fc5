"""Words, marks and endings that the program knows, each by what it does to a table; written out, so that none goes."""

import json
from itertools import cycle
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, npy, npz, record, refusal, run, write

pytestmark = pytest.mark.usefixtures("here")

LOSS = -(log(0.8) + log(0.7)) / 2
LABELS = (
    *("label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual", "y_test", "ground_truth"),
    *("标签", "真实标签", "真实值", "真实", "目标", "类别"),
)
PREDICTIONS = (
    *("p", "prob", "probs", "proba", "probability", "pred", "preds", "prediction", "predictions", "score"),
    *("scores", "y_prob", "y_proba", "y_pred", "y_score", "y_hat", "yhat", "pred_proba", "y_pred_proba"),
    *("probabilities", "predicted_prob", "predicted_probability", "forecast"),
    *("概率", "预测概率", "预测值", "预测", "得分", "分数"),
)
DECISIONS = (*("predicted", "predicted_label", "predicted_class", "pred_label", "pred_class", "decision"),)
NO_CLASSES = (*("id", "index", "idx", "row", "inst#", "Unnamed: 0", "weight", "weights", "sample_weight", ""),)
MISSING = (
    *("NA", "n/a", "NaN", "NaT", "null", "(null)", "None", ".", "?", "\\N", "<NA>", "#N/A", "#na", "#DIV/0!"),
    *("1.#IND", "-1.#IND", "1.#QNAN", "-nan", "+nan"),
)
IDS = (
    *("id", "key", "uid", "uuid", "guid", "rowid", "编号", "序号", "user_id", "case.id", "the-id", "userId"),
    *("userID", "user id", "USER_ID"),
)
ENDINGS = (*("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "orc", "npy", "npz"),)


def test_names_of_labels_and_of_predictions_are_found() -> None:
    for label, pred in zip([*LABELS, *LABELS], PREDICTIONS, strict=False):
        text = f"other,{pred},{label},more\n0.25,0.8,1,0.5\n0.75,0.3,0,0.5\n"
        found = record("bce", write("t.csv", text))
        assert found["columns"] == {"label": label, "prob": pred, "weight": None}
        assert found["value"] == close(LOSS)
        write("y.csv", f"note,{label}\nx,1\ny,0\n")
        if label != "true":  # which may be a label
            assert answer("bce", "y.csv", "t.csv") == close(LOSS), (label, pred)
    for name in PREDICTIONS:  # one of several sets of columns, if one is called so
        text = f"label,{name}_cat,{name}_dog,x_cat,x_dog\ncat,0.8,0.2,0.5,0.5\ndog,0.3,0.7,0.5,0.5\n"
        assert record("ce", write("t.csv", text))["columns"]["prob"] == [f"{name}_cat", f"{name}_dog"], name


def test_names_are_found_with_spaces_around_them_and_in_any_letter_case() -> None:
    for label, pred in ((" label", "p "), ("LABEL ", " Prob"), ("\tY_True", "SCORE")):
        rows = ({label: 1, "x": 0.5, pred: 0.8}, {label: 0, "x": 0.5, pred: 0.3})
        write("t.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        columns = {label: np.array([1, 0]), "x": np.array([0.5, 0.5]), pred: np.array([0.8, 0.3])}
        write("t.npz", npz(**columns))
        write("t.csv", f"{label},x,{pred}\n1,0.5,0.8\n0,0.5,0.3\n")
        for name in ("t.jsonl", "t.npz", "t.csv"):
            found = record("bce", name)
            assert found["value"] == close(LOSS) and found["columns"]["prob"].strip() == pred.strip(), (name, pred)


def test_names_of_scales_are_found_on_their_scale_and_warned_of_on_another() -> None:
    scales = (("logit", "logits", "0"), ("logits", "logits", "0"), ("logprob", "logprobs", str(-log(2))))
    for name, scale, cell in scales:
        for pred, other in (("p", "0.25"), ("score", "0.25")):
            write("t.csv", f"label,{pred},{name}\n1,{other},{cell}\n")
            found = record("bce", "t.csv", "--from", scale)
            assert (found["columns"]["prob"], found["value"]) == (name, close(log(2)))
            assert record("bce", "t.csv")["columns"]["prob"] == pred
        warned = record("bce", write("t.csv", f"label,{name}\n1,0.5\n"), "-p", name)
        text = f"column '{name}' is read as probs; if it holds {scale} use --from {scale}"
        assert text in str(warned), warned


def test_names_of_decisions_are_noticed_beside_a_score() -> None:
    for name in DECISIONS:
        rows = "yes,yes,0.9\nno,no,0.8\nyes,no,0.6\nno,yes,0.7\n"
        said = refusal("bce", "--positive", "yes", write("t.csv", f"label,{name},score\n{rows}"))
        assert said.startswith(f"t.csv: the predictions belong to the label in '{name}'"), said
        assert run("bce", "--positive", "yes", write("t.csv", f"label,x{name},score\n{rows}"), "-q").code == 0


def test_names_of_columns_that_are_no_classes_are_set_aside_with_a_note() -> None:
    for name in NO_CLASSES:
        found = record("ce", write("t.csv", f"{name},label,cat,dog\n1,cat,0.8,0.2\n2,dog,0.3,0.7\n"))
        assert (found["columns"]["prob"], found["value"]) == (["cat", "dog"], close(LOSS)), name
        called = f"'{name}'" if name else "column 1"
        assert f"not used as classes: {called}; choose the classes with -p" in str(found), found
        write("t.csv", f"{name},y,a\n7,1,0.5\n8,0,0.25\n9,1,0.25\n")
        fitted = record("fit", "bce", "t.csv", "-y", "y", "--steps", "1")
        assert f"not used as features: {called}; choose the features with -x" in str(fitted["notes"]), fitted


def test_marks_of_missing_cells_are_that_in_each_column_and_kind_of_file() -> None:
    columns = cycle(((1, "w"), (2, "p"), (3, "label")))
    for mark in sorted({*MISSING, *(mark.swapcase() for mark in MISSING[:8])}):
        names = ("label", "p", "w")
        rows = [("1", "0.8", "1"), ("0", "0.5", mark), ("0", mark, "2"), (mark, "0.5", "1"), ("0", "0.3", "1")]
        write("t.csv", "label,p,w\n" + "".join(",".join(row) + "\n" for row in rows))
        write("t.jsonl", "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))
        labels = np.array(["1", mark, "0"])
        assert record("bce", write("y.npy", npy(labels)), ".8,.5,.3", "--na", "drop")["value"] == close(LOSS), mark
        for name in ("t.csv", "t.jsonl"):
            found = record("bce", name, "-p", "p", "-w", "w", "--na", "drop")
            assert (found["n"], found["dropped"], found["value"]) == (2, 3, close(LOSS)), (mark, name)
        at, column = next(columns)
        write("t.csv", "label,p,w\n" + "".join(",".join(row) + "\n" for row in (rows[0], rows[at])))
        said = refusal("bce", "t.csv", "-p", "p", "-w", "w")
        assert said == f"t.csv:3: column '{column}': the cell is missing ({mark}); --na drop leaves such rows out"
    for mark in ("-", "--"):
        write("t.csv", f"label,p\n1,0.8\n0,{mark}\n0,0.3\n")
        assert record("bce", "t.csv", "--na", "drop")["n"] == 2
    for word in ("nan1", "nul", "nonee", "naa", "..", "??", "#n", "-"):
        write("t.csv", f"label,a,b\n{word},0.8,0.2\nx,0.3,0.7\n")
        assert answer("ce", "t.csv", "--classes", f"{word},x") == close(LOSS), word


def test_names_of_ids_are_compared_in_two_tables() -> None:
    ids = ("7", "3", "12", "5")
    for name, other in zip(IDS, (*IDS[3:], *IDS[:3]), strict=True):
        write("y.csv", f"{name},label\n" + "".join(f"{key},1\n" for key in ids))
        write("p.csv", f"{other},p\n" + "".join(f"{key},0.5\n" for key in sorted(ids)))
        said = refusal("bce", "y.csv", "p.csv")
        assert said.startswith(f"y.csv:2 and p.csv:2: '{name}' is '7' and '{other}' '12', but these columns hold"), said
        assert said.endswith(f"--key {name}={other} matches rows by them"), said
    write("y.csv", "amount,label\n" + "".join(f"{key},1\n" for key in ids))
    write("p.csv", "size,p\n" + "".join(f"{key},0.5\n" for key in sorted(ids)))
    assert answer("bce", "y.csv", "p.csv") == close(log(2))


def test_endings_of_tables_are_known_in_a_directory_in_any_letter_case_and_compressed() -> None:
    Path("d").mkdir()
    for ending, more in zip(ENDINGS, cycle(("", ".gz", ".bz2", ".xz", ".zst")), strict=False):
        for name in (f"t.{ending}{more}", f"T.{ending.upper()}{more.upper()}", f"a.b.{ending}"):
            write(f"d/{name}", "label,p\n1,0.8\n0,0.3\n")
            write("d/notes.log", "nothing\n")
            found = record("bce", "d")
            assert (found["n"], found["sources"]) == (2, [f"d/{name}"])
            assert "1 file left out that is not a table: notes.log" in found["notes"]
            Path(f"d/{name}").unlink()
    for name in ("t.dat", "t.md", "t.csv.bak", "t.csv.zip", "csv"):
        write(f"d/{name}", "label,p\n1,0.8\n0,0.3\n")
    assert refusal("bce", "d") == "d: there is no table in this directory"


def test_first_bytes_of_other_kinds_of_files_are_known() -> None:
    kinds = {
        "an Excel workbook": ("d0cf11e0",),
        "a pickle": ("8002", "8003", "8004", "8005"),
        "an image": ("89504e47", "ffd8ff", "474946383761", "474946383961", "49492a00", "4d4d002a"),
        "a 7z archive": ("377abcaf271c",),
        "a RAR archive": ("52617221",),
        "compressed by lz4": ("04224d18",),
        "an R workspace": ("524458320a", "524458330a"),
        "an R object": ("580a000000",),
        "a MATLAB file": ("4d41544c414220352e30",),
        "a Stata file": ("3c73746174615f6474613e", "720201", "730201"),
        "an SPSS file": ("24464c32", "24464c33"),
        "a program": ("7f454c46", "4d5a90"),
    }
    for name, marks in kinds.items():
        for mark in marks:
            write("t", bytes.fromhex(mark) + b"\1\2 some more\n")
            assert refusal("bce", "t").startswith(f"t: this is {name}, not a table of text"), (name, mark)
    for text, name in (
        ("<html><body>", "a web page or XML"),
        ("<?xml version='1.0'?>", "a web page or XML"),
        ("\\documentclass{article}\n", "a LaTeX document"),
        ("1 1:0.25 2:0.75\n0 1:0.5 2:0.5\n", "a file of numbered values (1:0.25 2:0.75), as of Vowpal Wabbit"),
        ("[]", "a JSON array"),
        ('["a"]', "a JSON array"),
        ("\ufeff<!DOCTYPE html>", "a web page or XML"),
        ("\ufeff \n[1,2]", "a JSON array"),
    ):
        assert refusal("bce", write("t", text)).startswith(f"t: this is {name}"), text


def test_marks_and_words_around_the_numbers_of_a_list_are_known() -> None:
    wrapped = (
        *("tensor([1, 0])", "torch.tensor([1, 0])", "Tensor([1, 0])", "array([1, 0])", "np.array([1, 0])"),
        *("Array([1, 0])", "np.asarray([1, 0])", "asarray([1, 0])", "Parameter([1, 0])", "c(1, 0)"),
        *("Parameter containing:\ntensor([1., 0.], requires_grad=True)", "array([1, 0], dtype=int64)"),
        *("tensor([1, 0], device='cuda:0', dtype=torch.uint8)", "array(tensor([1, 0]),)", "array([1, 0],)"),
        *("[np.float64(1.0), np.float64(0.0)]", "[np.int64(1), numpy.int32(0)]", "[np.uint8(1), np.uint8(0)]"),
        *("[np.bool_(1), np.float32(0)]", "[np.str_('1'), np.str_('0')]", "Array([1, 0], float32)"),
        *("Array([1, 0], int32)", "Array([1, 0], uint8)", "Array([1., 0.], jnp.complex64)", "Array([1, 0], bool)"),
        *("<tf.Tensor: shape=(2,), dtype=int32, numpy=array([1, 0], dtype=int32)>", "[1] 1 0", " [1] 1 0\n"),
        *("'1,0'", '"1,0"', "‘1,0’", "“1,0”", "«1,0»", "['1', '0']", '["1", "0"]', "[‘1’, ‘0’]"),  # noqa: RUF001
        *("1，0", "1、0", "1﹐0", "1；0", "（1，0）", "［1，0］", "【1，0】", "{1, 0}", "(1, 0)", "１，０"),  # noqa: RUF001
        *("１．０ ０。０",),  # noqa: RUF001
        *("1 0", "1\t0", "1\n0", "1;0", "1;0;", "1,0,", "[1 0]", "[[1], [0]]", "[1;0]", "[1. 0.]", "1/1 0/1", "+1 -0"),
        *("[[1, 0]]", "[ 1,\n 0 ]", "2/2,0/7", "1e0,0E5", "＋1,－0", "1.0,00"),  # noqa: RUF001
    )
    for text in wrapped:
        assert answer("bce", text, "0.8,0.3") == close(LOSS), text
    for text in ("[1, 0", "1, 0]", "(1, 0]", "[1, 0] 1", "1,,0", "1, ..., 0", "1, … 0", "[[[1, 0]]]", "", "[]"):
        said = refusal("bce", text, "0.8,0.3")
        assert said.startswith(("labels: ", "an argument is empty")), (text, said)
    for cells in ("1/2", "2/4", "0.5", ".5", "5e-1", "０．５", "0。5"):  # noqa: RUF001
        assert answer("bce", "1", cells) == close(log(2)), cells
    for cells in ("1/0", "x/2", "1/2/3", "50%"):
        assert "not a number" in refusal("bce", "1,1", f"{cells},0.5"), cells
    for path in ("./1,0", "../1,0", "/1,0", "~/1,0", "C:/1,0", "C:\\1,0", ".\\1,0", "\\1,0", "a.csv", "my 1.csv"):
        assert "no such file" in refusal("bce", path, "0.8,0.3"), path
