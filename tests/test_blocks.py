"""Every command and every report: blocks of one to three rows give the bytes that one block gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from conftest import Result, crossed, npy, npz, run, sampled, scaled, write
from samples import BINARY, CLASSES, FEATURES

from losscli.enums import Form
from losscli.gradients import evaluate
from losscli.losses.table import LOSSES
from losscli.reading.formats import arrays
from losscli.reading.text import table
from losscli.reading.text.dialect import Style
from losscli.statistics import quantiles

pytestmark = pytest.mark.usefixtures("here")


@contextmanager
def blocks(block_bytes: int, rows: int) -> Iterator[None]:
    """Read text and records in blocks of so many bytes (a line at least), and arrays in blocks of so many rows."""
    defaults = tuple({**Style._field_defaults, "block_bytes": block_bytes}.values())
    with (
        patch.object(Style.__new__, "__defaults__", defaults),
        patch.object(table, "HEAD_BYTES", 1),  # what is read to tell the form of a table is the first block
        patch.object(arrays, "BLOCK_ROWS", rows),
    ):
        assert Style().block_bytes == block_bytes
        yield


def same(*args: str) -> Result:
    """What a call comes to, and that it comes to the same in blocks of one, two and three rows, more or less."""
    whole = run(*args)
    assert "internal error" not in whole.err
    files = {path: path.read_bytes() for path in Path().glob("out.*")}
    for size in (1, 2, 3)[: scaled(10)]:
        with blocks(24 * size - 23, size):
            assert run(*args) == whole, (args, size)
        assert {path: path.read_bytes() for path in Path().glob("out.*")} == files, (args, size)
    return whole


ANALYSES = (
    "",
    "-w w",
    "--ci 0.9",
    "--worst 3 --show g,w",
    "--by g",
    "--by g -w w --worst 2 --quantiles 0.1,0.5,0.9",
    "--calibration 4",
    "--plot",
    "--quantiles 0.25,0.5",
    "--explain",
    "-r sum -w w",
    "-r none",
    "--base 2 --smoothing 0.1",
    "--fail-above 0.1",
    "--expect 0.5",
)


def in_formats(*options: str) -> list[tuple[str, str]]:
    """The options, with a format each; csv has one row a call, so that it refuses most of them."""
    return [*crossed(options, ("json", "table")), *crossed(sampled(options), ("csv",))]


def test_a_loss_of_two_classes() -> None:
    write("t.csv", BINARY)
    more = ("-p q", "-p q --by g --ci 0.9", "-p q -w w --fail-if-worse", "--pos-weight 3 --focal 2")
    for options, form in in_formats(*ANALYSES, *more):
        found = same("bce", "t.csv", "-p", "p", *options.split(), "-f", form)
        assert found.code in (0, 1) or form != "table", (options, found.err)


@pytest.mark.parametrize(
    "loss", [name for name, loss in LOSSES.items() if loss.log_loss and Form.CATEGORICAL in loss.kernels]
)
def test_a_loss_of_several_classes(loss: str) -> None:
    write("t.csv", CLASSES)
    more = ("--ignore dog", "--class-weight 1,2,0.5", "--normalize", "--like keras")
    for options, form in in_formats(*ANALYSES, *more):
        found = same(loss, "t.csv", "-p", "p_*", *options.split(), "-f", form)
        assert found.code in (0, 1) or form != "table", (options, found.err)


def test_a_gradient() -> None:
    write("t.csv", BINARY)
    write("c.csv", CLASSES)
    write("f.csv", FEATURES)
    parameters = "-x a,b --wrt params --theta"
    for call, form in in_formats(
        "bce t.csv -p p",
        "bce t.csv -p p -w w --wrt logits --check",
        "bce t.csv -p p --method numeric",
        "nll t.csv -p p -r none",
        "ce c.csv -p p_* -w w",
        "ce c.csv -p p_* --wrt logits --ignore cat --check",
        "nll c.csv -p p_* -r sum",
        f"bce f.csv -y y {parameters}=0.1,-0.2,0.3 --check",
        f"bce f.csv -y y {parameters}=0.1,-0.2,0.3 -w w --method numeric",
        f"ce f.csv -y kind {parameters}=0.1,-0.2,0.3;0,0.5,0;1,0.25,-1 -w w",
    ):
        assert same("grad", *call.split(), "-f", form).code == 0, call
    assert same("grad", "bce", "t.csv", "-p", "p", "--check", "--step", "0.2").code == 1
    write("c.csv", CLASSES.replace("cat,0.7", "cat,", 1))
    assert same("grad", "ce", "c.csv", "-p", "p_*", "--na", "drop", "-f", "json").code == 0


def test_a_regression() -> None:
    write("f.csv", FEATURES)
    write("t.csv", BINARY)
    write("c.csv", CLASSES)
    for call, form in in_formats(
        "bce f.csv -y y -x a,b --steps 20",
        "bce f.csv -y y -x a,b -w w --steps 5 --predict out.csv",
        "bce f.csv -y y -x a,b --steps 7 --batch 5 --standardize",
        "bce f.csv -y y -x a,b --method newton --l2 0.1 --test-size 0.25",
        "ce f.csv -y kind -x a,b -w w --steps 5 --predict out.csv",
        "ce f.csv -y kind -x a,b --method newton --l2 0.1",
        "temperature t.csv -y label -p p",
        "temperature c.csv -y label -p p_* -w w",
    ):
        found = same("fit", *call.split(), "-f", form)
        assert found.code == 0 or form == "csv", (call, found.err)


def test_two_tables() -> None:
    write("labels.csv", "id,label,w\n" + "".join(f"{at},{at % 2},{at % 3 + 1}\n" for at in range(9)))
    write("preds.csv", "id,p\n" + "".join(f"{at},{(at + 0.5) / 10}\n" for at in (4, 2, 8, 0, 1, 3, 7, 5, 6)))
    write("ordered.csv", "id,p\n" + "".join(f"{at},{(at + 0.5) / 10}\n" for at in range(9)))
    write("few.csv", "id,p\n5,0.1\n77,0.5\n3,0.75\n")
    write("long.csv", "label\n" + "1\n0\nNA\n0\n1\n")
    write("short.csv", "p\n" + "0.5\n" * 3)
    write("gaps.csv", "p\n" + "0.5\nNA\n0.25\n0.125\n0.75\n")
    for call in (
        "labels.csv preds.csv --key id",
        "labels.csv preds.csv --key id --worst 3 -f json",
        "labels.csv ordered.csv --by id -f json",
        "labels.csv preds.csv",
        "labels.csv few.csv --key id",
        "long.csv short.csv",
        "long.csv gaps.csv --na drop -f json",
        "labels.csv few.csv --key id --unmatched drop -f json",
    ):
        assert same("bce", *call.split()).code in (0, 2)


def test_records_arrays_and_grades() -> None:
    write("t.jsonl", "".join(f'{{"label": {at % 2}, "p": {(at + 0.5) / 7}, "g": "{at % 3}"}}\n' for at in range(7)))
    write("t.npz", npz(label=np.arange(7) % 2, p=(np.arange(7) + 0.5) / 7))
    write("key.csv", 'question,command\nq1,"bce 1,0 0.8,0.3"\nq2,bce t.jsonl -p p\n')
    write("answers.csv", "student,question,answer\n" + "".join(f"s{at},q{at % 2 + 1},0.2899\n" for at in range(6)))
    for call in ("bce t.jsonl -p p --by g", "bce t.npz -p p", "bce t.npz -p p --worst 2", "grade key.csv answers.csv"):
        for form in ("json", "table", "csv"):
            assert same(*call.split(), "-f", form).code in (0, 1) or form == "csv", call


def test_other_forms_of_labels_and_sources() -> None:
    lines = "1,0,.8,.3,1,a\n0,1,.4,.55,2,b\n1,1,.7,.9,1,a\n0,0,.1,0,0,b\n1,0,.6,.35,3,a\n0,1,.1,.35,1,b\n"
    write("several.csv", "y_a,y_b,p_a,p_b,w,g\n" + lines)
    lines = "1,0,0,.7,.2,.1,1,a\n0,1,0,.1,.8,.1,1,a\n.5,.5,0,.3,.6,.1,3,b\n0,.25,.75,.2,.3,.5,2,b\n0,0,1,.2,.3,.5,2,a\n"
    write("soft.csv", "y_a,y_b,y_c,p_a,p_b,p_c,w,g\n" + lines)
    write("chosen.csv", "p,w,g\n0.8,1,a\n0.7,2,b\n0.25,1,a\n0,0,b\n1,3,a\n")
    write("words.csv", "label,p\nspam,0.9\nham,0.2\nspam,0.4\nham,0.3\n")
    write("t.jsonl", "".join(f'{{"label": {at % 3}, "probs": [0.2, 0.3, 0.5], "w": {at}}}\n' for at in range(7)))
    write("y.npy", npy(np.arange(7) % 2))
    write("p.npy", npy((np.arange(7) + 0.5) / 7))
    write("f.csv", FEATURES)
    Path("parts").mkdir()
    for at, rows in enumerate(("1,0.8,a\n0,0.3,b\n1,0.5,a\n", "0,0.4,b\n", "1,0.7,a\n1,0.2,c\n0,0.25,a\n")):
        write(f"parts/{at}.csv", "label,p,g\n" + rows)
    for call in (
        "bce several.csv -y y_* -p p_* -w w --by g --worst 3",
        "grad bce several.csv -y y_* -p p_* --check",
        "ce soft.csv -y y_* -p p_* -w w --by g --worst 2",
        "grad ce soft.csv -y y_* -p p_* -w w",
        "fit ce soft.csv -y y_* -x w --steps 3 --predict out.csv",
        "nll chosen.csv -p p -w w --by g --worst 2",
        "bce words.csv --positive spam --worst 2",
        "bce parts -p p --by g --worst 4",
        "bce y.npy p.npy",
        "ce t.jsonl -w w",
        "grad ce t.jsonl -w w",
        "fit bce f.csv -y y -x a,kind --method newton --l2 0.1",
        "fit bce f.csv -y y -x a --class-weight balanced --steps 2 --test f.csv --standardize",
        "grad ce f.csv -y kind -x a --wrt params --class-weight 1,2,3 --smoothing 0.1 --like keras",
    ):
        assert same(*call.split(), "-f", "json").code == 0, call


# --- what a later block brings ----------------------------------------------------------------------------------------


def test_soft_labels_behind_hard_ones() -> None:
    write("t.csv", "label,p\n1,0.8\n0,0.3\n1,0.9\n0.25,0.4\n0.5,0.6\n1,0.7\n")
    found = same("bce", "t.csv", "-f", "json").json
    assert found["label_entropy"] is not None and found.get("accuracy") is None
    assert same("grad", "bce", "t.csv", "--check").code == 0

    write("f.csv", "y,a\n1,0.8\n0,0.3\n1,0.9\n0.25,0.4\n0.5,0.6\n1,0.7\n")
    found = same("fit", "bce", "f.csv", "--steps", "1", "--lr", "1", "-f", "json").json
    slope = sum((0.5 - y) * a for y, a in zip([1, 0, 1, 0.25, 0.5, 1], [0.8, 0.3, 0.9, 0.4, 0.6, 0.7], strict=True))
    assert found["parameters"][1]["theta"] == pytest.approx(-slope / 6, rel=1e-14)
    assert found["history"][0] == pytest.approx(np.log(2), rel=1e-14)


def test_infinite_losses_and_slopes_in_two_blocks() -> None:
    write("t.csv", "label,p\n1,0.8\n1,0\n0,0.3\n0,0.5\n0,1\n1,0.5\n1,0\n")
    assert same("bce", "t.csv", "-f", "json").json["infinite"] == 3
    assert same("bce", "t.csv").code == 0
    found = same("grad", "bce", "t.csv", "-f", "json").json
    assert found["infinite"] == 3
    assert [at for at, slope in enumerate(found["gradient"]) if slope is None] == [1, 4, 6]
    assert same("grad", "bce", "t.csv").code == 0


def test_the_first_of_infinite_slopes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "SPOOL_ROWS", 2)
    write("t.csv", "label,p\n1,0.8\n1,0\n0,0.3\n0,0.5\n0,1\n1,0.5\n1,0\n")
    notes = same("grad", "bce", "t.csv", "-f", "json").json["notes"]
    assert any(note.startswith("3 ") and "infinite" in note and note.endswith("row 2") for note in notes)


def test_as_many_groups_as_are_allowed_and_one_more() -> None:
    write("t.csv", "label,p,g\n1,0.8,a\n0,0.3,b\n1,0.9,c\n0,0.4,a\n1,0.6,b\n")
    found = same("bce", "t.csv", "-p", "p", "--by", "g", "--max-groups", "3", "-f", "json").json
    assert [group["n"] for group in sorted(found["groups"], key=lambda group: group["group"]["g"])] == [2, 2, 1]
    assert "--max-groups" in same("bce", "t.csv", "-p", "p", "--by", "g", "--max-groups", "2").err


def test_decisions_instead_of_probabilities() -> None:
    write("t.csv", "label,p\n" + "1,1\n0,0\n" * 6)
    assert "exactly 0 or 1" in " ".join(same("bce", "t.csv", "-f", "json").json["notes"])
    write("t.csv", "label,p\n" + "1,1\n0,0\n" * 6 + "1,0.5\n")
    assert "exactly 0 or 1" not in " ".join(same("bce", "t.csv", "-f", "json").json["notes"])


def test_a_block_without_a_row_that_counts_says_nothing_of_the_others() -> None:
    for at in (0, 3, 11):
        lines = ["1,1", "0,0"] * 6
        lines.insert(at, "1,")
        write("t.csv", "\n".join(["label,p", *lines, ""]))
        assert "exactly 0 or 1" in " ".join(same("bce", "t.csv", "--na", "drop", "-f", "json").json["notes"])


def test_of_rows_that_are_off_as_much_the_first_is_named() -> None:
    write("t.csv", "label,a,b\n0,0.5,0.5\n1,0.25,0.5\n0,0.5,0.25\n1,0.5,0.75\n")
    assert "the worst is row 2" in " ".join(same("ce", "t.csv", "-f", "json").json["notes"])


def test_a_fault_of_a_later_block_has_its_line() -> None:
    write("t.csv", BINARY + "1,x,0.5,1,a\n")
    assert same("bce", "t.csv", "-p", "p").err.startswith("losscli bce: t.csv:12: ")
    write("t.csv", BINARY + "1,,0.5,1,a\n1,0.5,0.5,1,b\n")
    found = same("bce", "t.csv", "-p", "p", "--na", "drop", "--worst", "11", "-f", "json").json
    assert found["dropped"] == 1 and {"row": 12, "line": 13} in [
        {"row": one["row"], "line": one["line"]} for one in found["worst"]
    ]


def test_rows_that_are_dropped_or_ignored_are_counted_in_the_numbers_of_later_ones() -> None:
    write("t.csv", "label,p\n1,0.5\nNA,0.5\n0,0.5\n1,\n7,0.5\n1,0\n0,0.25\n")
    options = ("t.csv", "--na", "drop", "--ignore", "7")
    rows = [line.split(",")[0] for line in same("grad", "bce", *options, "-f", "csv").out.splitlines()]
    assert rows == ["row", "1", "3", "5", "6", "7"]
    assert "the first in row 6" in same("grad", "bce", *options).out
    assert "row 6" in " ".join(same("bce", *options, "-f", "json").json["notes"])
    lines = same("bce", *options, "-r", "none", "-f", "csv").out.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "3", "5", "6", "7"]


def test_of_slopes_that_disagree_as_much_the_first_is_named() -> None:
    write("t.csv", "label,p\n" + "1,0.5\n" * 6)
    assert "row 1; " in same("grad", "bce", "t.csv", "--check", "--step", "0.2").out


def test_of_entries_that_are_as_large_the_first_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "SPOOL_ROWS", 2)
    write("t.csv", "label,p\n1,0.9\n" + "1,0.5\n0,0.5\n" * 3)
    assert "row 2" in next(line for line in same("grad", "bce", "t.csv").out.splitlines() if "largest" in line)
    write("t.csv", "label,p\n1,0.9\n" + "1,0\n0,1\n" * 2)
    assert "row 2" in next(line for line in same("grad", "bce", "t.csv").out.splitlines() if "largest" in line)


def test_the_rows_of_two_tables_are_counted_over_all_blocks() -> None:
    write("seven.csv", "label\n" + "1\n0\n1\n0\n1\n0\n1\n")
    write("four.csv", "p\n" + "0.5\n0.25\n0.125\n0.75\n")
    assert "seven.csv 7, four.csv 4" in same("bce", "seven.csv", "four.csv").err
    write("seven.csv", "p\n" + "0.5\n0.25\n0.125\n0.75\n0.5\n0.25\n0.125\n")
    write("four.csv", "label\n1\n0\n1\n0\n")
    assert "four.csv 4, seven.csv 7" in same("bce", "four.csv", "seven.csv").err


def test_infinite_losses_of_either_model_in_any_block() -> None:
    rows = ["1,0.8,0.7", "0,0.3,1", "1,0.6,0.9", "0,1,0.4", "1,0.75,0.5", "0,1,0.2", "1,0.5,0"]
    for order in (rows, rows[::-1], rows[2:] + rows[:2], rows[3:] + rows[:3]):
        write("t.csv", "label,p,q\n" + "\n".join(order) + "\n")
        found = same("bce", "t.csv", "-p", "p", "-p", "q", "-f", "json").json
        assert (found["differences"][0]["mean"], found["infinite"]) == (None, 2)
        write("t.csv", "label,p,q\n" + "\n".join(row for row in order if row not in (rows[1], rows[6])) + "\n")
        assert "q is better" in same("bce", "t.csv", "-p", "p", "-p", "q").out
        assert "p is worse" in same("bce", "t.csv", "-p", "q", "-p", "p").out


def test_scores_of_decisions_in_any_block() -> None:
    rows = ["cat,cat,0.4", "dog,dog,0.45", "cat,emu,0.6", "emu,emu,0.5"]
    for order in (rows, rows[::-1], rows[2:] + rows[:2]):
        write("t.csv", "label,predicted,score\n" + "\n".join(order) + "\n")
        found = same("bce", "t.csv", "--positive", "cat").err
        assert "another label has 0.6 there, but cat has 0.4" in found.replace("'", ""), found
        write("t.csv", "label,predicted,score\n" + "\n".join(order).replace("0.4", "0.7").replace("0.75", "0.5") + "\n")
        assert "at least 0.5" in same("bce", "t.csv", "--positive", "cat").err
    for known, code in (("cat,cat,0.4", 2), ("cat,C,0.4", 0)):  # where no decision is a label they tell nothing
        for order in ([*["dog,D,0.6"] * 4, known], [known, *["dog,D,0.6"] * 4]):
            write("t.csv", "label,predicted,score\n" + "\n".join(order) + "\n")
            assert same("bce", "t.csv", "--positive", "cat").code == code, order


def test_entries_that_differences_do_not_reach_in_any_block() -> None:
    rows = ["1,inf", "0,0.5", "0,-inf", "1,2", "1,inf"]
    for step in ((), ("--step", "1e-3")):
        for order in (rows, rows[::-1]):
            write("t.csv", "label,z\n" + "\n".join(order) + "\n")
            found = same("grad", "bce", "t.csv", "-p", "z", "--from", "logits", "--check", *step, "-f", "json")
            assert (found.code, found.json["ok"], found.json["unchecked"]) == (0, True, 3)


def test_quantiles_that_are_counted_are_those_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    write("t.csv", BINARY + "1,0,0.5,1,a\n0,0,0.5,1,b\n1,1,0.5,1,b\n")
    args = ("bce", "t.csv", "-p", "p", "--quantiles", "0,0.1,0.25,0.5,0.75,0.9,1", "-f", "json")
    exact = same(*args).json["quantiles"]
    for held in (1, 4, 12, 13, 14):
        monkeypatch.setattr(quantiles, "EXACT", held)
        counted = same(*args).json["quantiles"]
        assert (counted == exact) == (held >= 13), held
        assert [value for value in counted.values() if value] == pytest.approx(
            [value for value in exact.values() if value], rel=1e-3
        )


def test_labels_beside_the_positive_one_are_named_by_their_size_in_any_block() -> None:
    for labels, ends in (
        ("9,10,100,9", "9, 100"),
        ("10,b,9,a", "9, b"),
        ("-1,0.5,-2,30", "-2, 30"),
        ("b,a,C,b", "C, b"),
    ):
        for order in (labels.split(","), labels.split(",")[::-1]):
            write("t.csv", "label,p\n" + "".join(f"{label},0.5\n" for label in order * 2))
            assert f"there are {ends}" in same("bce", "t.csv", "--positive", "5").err.replace("'", ""), order


def test_the_positive_label_is_counted_over_all_blocks() -> None:
    for labels in ("cat,dog,cat,emu", "cat,cat,dog,emu", "dog,emu,cat,cat", "cat,dog,emu,cat,cat,cat"):
        write("t.csv", "label,p\n" + "".join(f"{label},0.5\n" for label in labels.split(",")))
        assert same("bce", "t.csv", "--positive", "cat", "-f", "json").code == 0, labels


def test_all_terms_of_a_short_table_are_there_to_compare_in_any_blocks() -> None:
    for count in (34, 49, 50):
        write("t.csv", "label,p\n" + "".join(f"{at % 2},0.{at + 30}\n" for at in range(count)))
        found = same("bce", "t.csv", "--expect", "0.987654").out
        assert found.count("ln(") >= min(count, 49 if count < 50 else 30), count


def test_no_group_has_a_share_of_an_infinite_loss() -> None:
    for order in (["1,0.8,a", "1,0,b", "0,0.3,a", "0,0.4,c"], ["1,0.8,a", "0,0.3,a", "0,0.4,c", "1,0,b"]):
        write("t.csv", "label,p,g\n" + "\n".join(order) + "\n")
        found = same("bce", "t.csv", "-p", "p", "--by", "g", "-f", "json").json
        assert [group["share"] for group in found["groups"]] == [None] * 3
        assert [group["mean"] is None for group in found["groups"]] == [True, False, False]
        finite = same("bce", "t.csv", "-p", "p", "--by", "g", "--eps", "0.1", "-f", "json").json["groups"]
        assert sum(group["share"] for group in finite) == pytest.approx(1.0, rel=1e-15)
