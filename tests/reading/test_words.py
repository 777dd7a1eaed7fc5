"""Every name, mark, ending and first byte that is known: each is written out here, so that none can go by accident."""

import bz2
import codecs
import gzip
import json
import lzma
import math
from itertools import cycle, pairwise
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run, write
from samples import OF_TWO

from losscli.losses.table import LOSSES

TABLE = "label,prob\n1,0.8\n0,0.3\n"
LOSS = close(-(math.log(0.8) + math.log(0.7)) / 2)

LABELS = [
    *("label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual", "y_test", "ground_truth"),
    *("标签", "真实标签", "真实值", "真实", "目标", "类别"),
]
LOGITS, LOGPROBS = ("logit", "logits"), ("logprob",)
PROBS = [
    *("p", "prob", "probs", "proba", "probability", "pred", "preds", "prediction", "predictions", "score", "scores"),
    *("y_prob", "y_proba", "y_pred", "y_score", "y_hat", "yhat", "pred_proba", "y_pred_proba", "probabilities"),
    *("predicted_prob", "predicted_probability", "forecast", "概率", "预测概率", "预测值", "预测", "得分", "分数"),
]


def test_a_column_is_found_by_each_of_its_names_in_any_letter_case() -> None:
    for name in LABELS:
        for spelled in (name, name.upper(), name.title()):
            found = record("bce", stdin=f"id,other,prob,{spelled}\n7,1,0.8,1\n8,1,0.3,0\n")
            assert found["columns"] == {"label": spelled, "prob": "prob", "weight": None}
            assert found["value"] == LOSS, spelled
    on_scale = {"probs": ("0.8", "0.3"), "logits": (repr(math.log(4)), repr(math.log(3 / 7)))}
    on_scale["logprobs"] = repr(math.log(0.8)), repr(math.log(0.3))
    for scale, names in (("probs", PROBS), ("logits", LOGITS), ("logprobs", LOGPROBS)):
        for name in names:
            for spelled in (name, name.upper(), name.title()):
                table = "id,{},other,label\n7,{},.9,1\n8,{},.9,0\n".format(spelled, *on_scale[scale])
                found = record("bce", "--from", scale, stdin=table)
                assert (found["columns"]["prob"], found["value"]) == (spelled, LOSS), spelled


def test_two_columns_of_such_names_are_refused_with_both() -> None:
    for (one, other), loss in zip(pairwise(LABELS), cycle(LOSSES), strict=False):
        said = f"<stdin>: '{one}' and '{other}' could each be the label; choose with -y"
        assert refusal(loss, stdin=f"{one},prob,{other},p0\n1,0.8,1,0.2\n") == said
    pairs = [*pairwise(PROBS), ("logit", "logits"), ("logits", "logprob")]
    for (one, other), loss in zip(pairs, cycle(OF_TWO), strict=False):
        said = f"<stdin>: '{one}' and '{other}' could each be the prediction; choose with -p"
        assert refusal(loss, stdin=f"label,{one},{other}\n1,1,0.8\n") == said


def test_columns_that_are_no_classes_are_known_by_their_names() -> None:
    for name in ("", "id", "index", "idx", "row", "inst#", "Unnamed: 0", "weight", "weights", "sample_weight"):
        for spelled in (name, name.upper()):
            table = f"{spelled},species,cat,dog\n1,cat,0.8,0.2\n2,dog,0.3,0.7\n"
            found = record("ce", "-y", "species", stdin=table)
            assert (found["classes"], found["value"]) == (["cat", "dog"], LOSS), spelled
    table = "other,species,cat,dog\n1,cat,0.8,0.2\n2,dog,0.3,0.7\n"
    assert run("ce", "-y", "species", stdin=table).code == 2


def test_a_column_of_decisions_is_known_by_its_name() -> None:
    """The scores are those of the decision, and not of the positive label: all are above one half."""
    rows = "1,1,0.8\n0,0,0.7\n1,1,0.9\n0,0,0.75\n"
    for name in ("predicted", "predicted_label", "predicted_class", "pred_label", "pred_class", "decision"):
        for spelled in (name, name.upper()):
            said = refusal("bce", stdin=f"label,{spelled},prob\n{rows}")
            assert f"belong to the label in '{spelled}'" in said, said
    assert run("bce", stdin=f"label,other,prob\n{rows}").code == 0


def test_each_word_for_a_delimiter_is_that_delimiter() -> None:
    for word, mark in {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "bar": "|"}.items():
        table = TABLE.replace(",", mark)
        assert answer("bce", "-d", word, stdin=table) == answer("bce", "-d", mark, stdin=table) == LOSS, word
        other = TABLE.replace(",", ";" if mark == "," else ",")
        assert run("bce", "-d", word, stdin=other).code == 2, word
    for mark in '".+-_0123456789':
        assert "delimiter" in refusal("bce", f"--delimiter={mark}", stdin=TABLE), mark


def test_the_line_that_sets_a_delimiter_is_read_in_any_letter_case() -> None:
    for line in ("sep=;", "SEP=;", "Sep=;", '"sep=;"', '"SEP=;"'):
        assert answer("bce", stdin=f"{line}\n{TABLE.replace(',', ';')}") == LOSS, line


def test_the_lines_around_a_drawn_table_are_known_in_each_language_and_style() -> None:
    psql = " label | prob \n-------+------\n     1 |  0.8\n     0 |  0.3\n"
    for count in ("(2 rows)", "(2 Zeilen)", "(2 lignes)", "(2 行)"):
        assert answer("bce", stdin=f"{psql}{count}\n\n") == LOSS, count
    grid = "+-------+------+\n| label | prob |\n{}\n|     1 |  0.8 |\n{}|     0 |  0.3 |\n{}+-------+------+\n"
    for rule in ("+-------+------+", "+=======+======+"):
        assert answer("bce", stdin=grid.format(rule, "", "")) == LOSS, rule


def test_each_ending_of_a_table_in_a_directory_is_known(here: Path) -> None:
    lines = '{"label": 1, "prob": 0.8}\n{"label": 0, "prob": 0.3}\n'
    endings = {
        **dict.fromkeys((".csv", ".txt"), TABLE.encode()),
        ".tsv": TABLE.replace(",", "\t").encode(),
        **dict.fromkeys((".json", ".jsonl", ".ndjson"), lines.encode()),
    }
    pack = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
    for ending, content in endings.items():
        for packed, compress in pack.items() if ending == ".csv" else [*pack.items()][:2]:
            folder = Path(f"d{ending}{packed}")
            folder.mkdir()
            for name in (f"a{ending}{packed}", f"B{ending.upper()}{packed.upper()}"):
                (folder / name).write_bytes(compress(content))
            for name in (f".a{ending}", f"_a{ending}", "notes.md"):
                (folder / name).write_text("nothing", encoding="utf-8")
            found = record("bce", str(folder))
            assert (found["n"], found["value"]) == (4, LOSS), folder
            assert "1 file left out that is not a table: notes.md" in found["notes"], found["notes"]


def test_three_of_the_files_that_are_left_out_are_named(here: Path) -> None:
    Path("d").mkdir()
    write("d/a.csv", TABLE)
    for count, said in (
        (3, "3 files left out that are not tables: 0.md, 1.md, 2.md"),
        (4, "4 files left out that are not tables: 0.md, 1.md, 2.md, ..."),
    ):
        for at in range(count):
            write(f"d/{at}.md", "nothing")
        assert said in record("bce", "d")["notes"]


def test_columns_of_ids_are_known_by_their_names(here: Path) -> None:
    names = [
        "id",
        "key",
        "uid",
        "uuid",
        "guid",
        "rowid",
        "编号",
        "序号",
        "user_id",
        "user id",
        "user-id",
        "user.id",
        "theId",
    ]
    for one, other in zip(names, [*names[1:], "caseID"], strict=True):
        for left, right in ((one, other), (one.upper() if one != "theId" else one, other)):
            write("l.csv", f"{left},label\n17,1\n42,0\n3,1\n")
            write("p.csv", f"{right},prob\n42,0.3\n3,0.6\n17,0.8\n")
            assert "hold the same values in another order" in refusal("bce", "l.csv", "p.csv"), (left, right)
    write("p.csv", "case,prob\n42,0.3\n3,0.6\n17,0.8\n")
    assert run("bce", "l.csv", "p.csv").code == 0


# --- lists ------------------------------------------------------------------------------------------------------------
def test_each_mark_of_a_list_has_its_meaning() -> None:
    preds = ["0.8,0.3", "0.8，0.3", "0.8、0.3", "0.8﹐0.3", "[0.8,0.3]", "（0.8,0.3）", "［0.8,0.3］", "【0.8,0.3】"]  # noqa: RUF001
    preds += ["{0.8,0.3}", "(0.8,0.3)", "'0.8,0.3'", '"0.8,0.3"', "‘0.8,0.3’", "“0.8,0.3”", "«0.8,0.3»"]  # noqa: RUF001
    preds += ["０.８,０.３", "0．8,0．3", "0。8,0。3", "8ｅ-1,3Ｅ-1", "4/5,3/10", "4／5,3／10", "＋0.8,0.3"]  # noqa: RUF001
    for word in ("tensor", "torch.tensor", "array", "np.array", "jnp.array", "Tensor", "Array", "Parameter", "c"):
        preds.append(f"{word}(0.8, 0.3)" if word == "c" else f"{word}([0.8, 0.3])")
    preds += ["np.asarray([0.8, 0.3])", "array([0.8, 0.3], dtype=float32)", "tensor([0.8, 0.3], requires_grad=True)"]
    preds += ["array([0.8, 0.3], float32)", "[np.float64(0.8), numpy.float32(0.3)]", "[1] 0.8 0.3"]
    preds += ["<tf.Tensor: shape=(2,), dtype=float32, numpy=array([0.8, 0.3], dtype=float32)>"]
    preds += ["Parameter containing:\ntensor([0.8, 0.3], requires_grad=True)"]
    for typed in preds:
        assert answer("bce", "1,0", typed) == LOSS, typed
    labels = ["1,0", "[np.int64(1), np.uint8(0)]", "[np.bool_(1), np.bool_(0)]", "[np.str_(1), np.int_(0)]", "1；0"]  # noqa: RUF001
    labels += ["[True, False]"]
    for typed in labels:
        assert answer("bce", typed, "0.8,0.3") == LOSS, typed
    for minus in "-－−–":  # noqa: RUF001
        logits = f"{minus}1.5,{minus}0.5"
        assert answer("bce", "1,0", f"[{logits}]", "--from", "logits") == close(
            (math.log1p(math.exp(1.5)) + math.log1p(math.exp(-0.5))) / 2
        ), minus


# --- bytes ------------------------------------------------------------------------------------------------------------
def test_text_is_known_by_the_mark_at_its_beginning() -> None:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ):
        assert answer("bce", stdin=mark + TABLE.encode(encoding)) == LOSS, encoding


def test_the_encoding_that_text_reads_well_in_is_named() -> None:
    for encoding, words in (
        ("shift_jis", ("ネコ", "イヌ")),
        ("shift_jis", ("ネコ！", "イヌＡ")),  # noqa: RUF001
        ("gb18030", ("猫", "狗")),
        ("gb18030", ("猫（一）", "狗、二")),  # noqa: RUF001
        ("cp1252", ("café", "Zoë")),
        ("cp1252", ("“Œuvre”", "café…")),
    ):
        table = f"label,prob\n{words[0]},0.8\n{words[1]},0.3\n".encode(encoding)
        assert f"perhaps --encoding {encoding}" in refusal("bce", "--positive", "x", stdin=table), words
        assert run("bce", "--positive", words[0], "--encoding", encoding, stdin=table).code == 0, words


FIRST_BYTES = {
    "an Excel workbook": (b"\xd0\xcf\x11\xe0",),
    "a pickle": (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
    "an SQLite database": (b"SQLite format 3\0",),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n",),
    "a PDF document": (b"%PDF",),
    "an image": (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
    "a 7z archive": (b"7z\xbc\xaf\x27\x1c",),
    "a RAR archive": (b"Rar!",),
    "compressed by lz4": (b"\x04\x22\x4d\x18",),
    "compressed by LZMA": (b"]\0\0",),
    "an R workspace": (b"RDX2\n", b"RDX3\n"),
    "an R object": (b"X\n\0\0\0",),
    "a MATLAB file": (b"MATLAB 5.0",),
    "a Stata file": (b"<stata_dta>", b"r\x02\x01", b"s\x02\x01"),
    "an SPSS file": (b"$FL2", b"$FL3"),
    "a program": (b"\x7fELF", b"MZ\x90"),
    "a web page or XML": (b"<!DOCTYPE html", b"<html", b"<?xml"),
    "a table of a web page": (b"<table",),
    "a LaTeX document": (b"\\begin{", b"\\documentclass"),
    "an ARFF file of Weka": (b"@relation",),
    "a vector as R prints it": (b"[1] 0.8 0.3",),
    "a JSON array": (b"[{", b"[[", b"[1", b"[-1", b'["'),
}


def test_a_file_of_another_kind_is_known_by_each_of_its_first_bytes() -> None:
    for kind, beginnings in FIRST_BYTES.items():
        for beginning in beginnings:
            said = refusal("bce", stdin=beginning + b"\0\0 rest\n" * 9)
            assert said.startswith(f"<stdin>: this is {kind}, not a table of text"), (beginning, said)
    for beginning in (b"x\x02\x01", b"\x80\x06", b"RDX4", b"$FL4", b"GIF88a"):
        assert "this is" not in run("bce", stdin=beginning + b"\0\0 rest\n" * 9).err.replace("is this", ""), beginning


@pytest.mark.usefixtures("here")
def test_labels_of_true_and_false_are_these_words_in_columnar_files_too() -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({"label": [True, False, True], "prob": [0.8, 0.3, 0.6]}), "t.parquet")
    write(
        "t.jsonl",
        "".join(json.dumps({"label": y, "prob": p}) + "\n" for y, p in ((True, 0.8), (False, 0.3), (True, 0.6))),
    )
    right = close(-(math.log(0.8) + math.log(0.7) + math.log(0.6)) / 3)
    for name in ("t.parquet", "t.jsonl"):
        assert answer("bce", name) == answer("bce", name, "--positive", "true") == right, name
        assert record("bce", name)["positive"] == "1", name
    columns = {"label": [True, False, True], "p_false": [0.2, 0.7, 0.4], "p_true": [0.8, 0.3, 0.6]}
    parquet.write_table(pa.table(columns), "k.parquet")
    with pa.OSFile("k.arrow", "wb") as sink, pa.ipc.new_file(sink, pa.table(columns).schema) as writer:
        writer.write_table(pa.table(columns))
    for name in ("k.parquet", "k.arrow"):
        found = record("ce", name)
        assert (found["classes"], found["value"]) == (["false", "true"], right), name
