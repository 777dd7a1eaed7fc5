"""Two tables: by position where nothing speaks against it, by key in any order, and refused where it isn't clear."""

import json
import math
import random
from itertools import product
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import answer, close, crossed, examples, record, refusal, run, write
from hypothesis import given
from hypothesis import strategies as st
from samples import OF_CLASSES

from losscli.data.cells import MISSING

SOLUTION = "id,label\n17,1\n42,0\n3,1\n"
SUBMISSION = "id,prob\n42,0.3\n3,0.6\n17,0.8\n"
JOINED = -(log(0.8) + log(0.7) + log(0.6)) / 3


def both(labels: str = SOLUTION, preds: str = SUBMISSION) -> tuple[str, str]:
    return write("labels.csv", labels), write("preds.csv", preds)


# --- by position ------------------------------------------------------------------------------------------------------


def test_a_column_that_both_tables_have_must_agree_row_by_row(here: Path) -> None:
    said = "labels.csv:2 and preds.csv:2 differ in 'id': '17' and '42'; --key id matches rows by it"

    assert refusal("bce", *both()) == said


def test_a_shared_column_may_be_spelled_in_other_letter_case(here: Path) -> None:
    both(SOLUTION.replace("id", "Id"), SUBMISSION.replace("id", "ID"))

    said = "labels.csv:2 and preds.csv:2 differ in 'Id': '17' and '42'; --key Id matches rows by it"
    assert refusal("bce", "labels.csv", "preds.csv") == said
    for name in ("Id", "ID", "id"):
        assert answer("bce", "labels.csv", "preds.csv", "--key", name) == close(JOINED)


def test_a_key_of_two_spellings_in_one_table_is_found_by_the_exact_one(here: Path) -> None:
    both("id,ID,label\n17,1,1\n42,2,0\n3,3,1\n")

    assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(JOINED)
    assert "no column 'Id'" in refusal("bce", "labels.csv", "preds.csv", "--key", "Id")


def test_tables_whose_shared_column_agrees_go_together_by_position(here: Path) -> None:
    both(preds="id,prob\n017,0.8\n42.0,0.3\n 3 ,0.6\n")

    assert answer("bce", "labels.csv", "preds.csv") == close(JOINED)


def test_cells_of_a_shared_column_are_the_same_as_text_as_whole_numbers_or_as_missing_ones(here: Path) -> None:
    alike = (("7", "7"), ("7", "007"), ("7", "7.0"), ("-7", "-07.00"), ("a b", "a b"), ("", "NA"), ("null", "?"))
    other = (("7", "8"), ("7", "a"), ("7", ""), ("", "7"), ("NA", "x"), ("x", "nan"), ("a", "A"), ("0.5", "0.50"))
    for pairs, same in ((alike, True), (other, False)):
        for (one, two), place in product(pairs, (0, 1, 2)):
            cells = [("1", "1"), ("2", "2")]
            cells.insert(place, (one, two))
            write("y.csv", "k,label\n" + "".join(f"{cell},{at % 2}\n" for at, (cell, _) in enumerate(cells)))
            write("p.csv", "k,p\n" + "".join(f"{cell},0.5\n" for _, cell in cells))
            if same:
                assert answer("bce", "y.csv", "p.csv") == close(log(2)), (one, two)
            else:
                where = f"y.csv:{place + 2} and p.csv:{place + 2} differ in 'k': '{one}' and '{two}'"
                assert refusal("bce", "y.csv", "p.csv") == f"{where}; --key k matches rows by it", (one, two)
                write("p.csv", "k,p,w,g\n" + "".join(f"{cell},0.5,2,x\n" for _, cell in cells))
                for more in (("-w", "w"), ("-w", "3"), ("--by", "g"), ("-w", "w", "--by", "g", "--worst", "2")):
                    said = refusal("bce", "y.csv", "p.csv", *more)
                    assert said == f"{where}; --key k matches rows by it", (one, two, more)


def test_labels_that_both_tables_have_are_the_same_as_labels_and_a_missing_one_says_nothing(here: Path) -> None:
    alike = (("1", "1"), ("1", "1.0"), ("1", "true"), ("0", "False"), ("1", ""), ("0", "NA"))
    for (one, two), place in product((*alike, ("1", "0"), ("0", "true"), ("1", "x")), (0, 1, 2)):
        cells = [("1", "1"), ("0", "0")]
        cells.insert(place, (one, two))
        write("y.csv", "label\n" + "".join(f"{cell}\n" for cell, _ in cells))
        write("p.csv", "label,p\n" + "".join(f"{cell},0.5\n" for _, cell in cells))
        if (one, two) in alike:
            assert answer("bce", "y.csv", "p.csv") == close(log(2)), (one, two)
        else:
            said = refusal("bce", "y.csv", "p.csv")
            where = f"y.csv:{place + 2} and p.csv:{place + 2} differ in 'label': '{one}' and '{two}'"
            assert said.startswith(where), (one, two, said)


def test_columns_of_either_table_are_found_in_labels_and_then_in_predictions(here: Path) -> None:
    write("y.csv", "id,label,g\n1,1,a\n2,0,b\n")
    write("p.csv", "id,p,site,w\n1,0.8,u,1\n2,0.3,v,3\n")
    plain, weighted = close(-(log(0.8) + log(0.7)) / 2), close(-(log(0.8) + 3 * log(0.7)) / 4)
    for key in ((), ("--key", "id")):
        for by, groups in (
            ("g", [{"g": "a"}, {"g": "b"}]),
            ("site", [{"site": "u"}, {"site": "v"}]),
            ("g,site", [{"g": "a", "site": "u"}, {"g": "b", "site": "v"}]),
            ("site, g", [{"g": "a", "site": "u"}, {"g": "b", "site": "v"}]),
            ("3", [{"g": "a"}, {"g": "b"}]),
            ("4", [{"w": "1"}, {"w": "3"}]),
            ("3-4", [{"site": "u", "w": "1"}, {"site": "v", "w": "3"}]),  # of PREDS, which has as many
            ("s*", [{"site": "u"}, {"site": "v"}]),
        ):
            found = record("bce", "y.csv", "p.csv", *key, "--by", by)
            assert sorted((one["group"] for one in found["groups"]), key=str) == groups, (key, by)
            assert found["value"] == plain
        shown = record("bce", "y.csv", "p.csv", *key, "--worst", "1", "--show", "w,g")["worst"][0]
        assert shown["cells"] == {"g": "b", "w": "3"}, key
        found = record("bce", "y.csv", "p.csv", *key, "-w", "w")
        assert (found["value"], found["columns"]["weight"]) == (weighted, "w"), key
        assert refusal("bce", "y.csv", "p.csv", *key, "--by", "nope").startswith("no column 'nope'; the columns are")
        keyed = "no column 'nope' in either table; beside --key weights are a column"
        assert refusal("bce", "y.csv", "p.csv", *key, "-w", "nope") == (keyed if key else "nope: no such file")
    write("y.csv", "id,label,w\n1,1,1\n2,0,3\n")
    assert record("bce", "y.csv", "p.csv", "-w", "w")["value"] == weighted
    write("q.csv", "w,q,w2\n1,0.8,1\n3,0.3,3\n")
    for names in ("w", "w2"):
        assert record("bce", "1,0", "q.csv", "-p", "q", "-w", names)["value"] == weighted, names


def test_zero_with_any_sign_is_one_number(here: Path) -> None:
    for zero in ("0", "-0", "-0.0", "+0", "00", "-000.0"):
        for other in ("0", "-0", "+0.0"):
            both(f"id,label\n{zero},1\n42,0\n-3,1\n", f"id,prob\n{other},0.8\n42,0.3\n-3.0,0.6\n")
            assert answer("bce", "labels.csv", "preds.csv") == close(JOINED), (zero, other)
            assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(JOINED), (zero, other)


def test_rows_that_are_dropped_before_a_row_that_differs_change_nothing_of_it(here: Path) -> None:
    both("id,label\n1,1\n2,\n3,0\n9,1\n", "id,prob\n1,0.8\n2,0.5\n3,NA\n4,0.7\n")
    said = "labels.csv:5 and preds.csv:5 differ in 'id': '9' and '4'; --key id matches rows by it"
    for options in ((), ("--worst", "1"), ("-r", "none")):
        assert refusal("bce", "labels.csv", "preds.csv", "--na", "drop", *options) == said
    both("id,label\n1,1\n2,\n3,0\n9,1\n", "id,prob\n1,0.8\n3,NA\n2,0.5\n4,0.7\n9,0.1\n")
    for options in ((), ("--worst", "1"), ("-r", "none")):
        said = refusal("bce", "labels.csv", "preds.csv", "--na", "drop", "--key", "id", *options)
        assert said.startswith("preds.csv:5: the key '4' is not in labels.csv")


def test_the_first_row_that_differs_is_named_behind_thousands(here: Path) -> None:
    rows = "".join(f"{at},1\n" for at in range(50_000))
    both("id,label\n" + rows, "id,prob\n" + rows.replace("\n49000,1\n", "\n7,1\n"))

    said = "labels.csv:49002 and preds.csv:49002 differ in 'id': '49000' and '7'; --key id matches rows by it"
    assert refusal("bce", "labels.csv", "preds.csv") == said


def test_a_bad_cell_before_the_row_that_differs_is_told_first(here: Path) -> None:
    both("id,label\n1,1\n2,0\n", "id,prob\n1,1.5\n3,0.3\n")

    assert refusal("bce", "labels.csv", "preds.csv").startswith("preds.csv:2: column 'prob': 1.5")


def test_different_numbers_of_rows_are_told_with_the_column_that_could_match_them(here: Path) -> None:
    for piped in [False, True]:
        both("id,label\n1,1\n2,0\n", "id,prob\n1,.5\n")
        preds = "-" if piped else "preds.csv"

        said = refusal("bce", "labels.csv", preds, stdin="id,prob\n1,.5\n" if piped else "")

        name = "<stdin>" if piped else preds
        assert said == f"the numbers of rows differ: labels.csv 2, {name} 1; --key id matches rows by it"


def test_a_label_that_both_tables_have_must_agree(here: Path) -> None:
    both("id,label\n1,1\n2,0\n", "id,label,prob\n1,1.0,.8\n2,1,.3\n")

    said = "labels.csv:3 and preds.csv:3 differ in 'label': '0' and '1'"
    for command in ("bce", "nll"):
        found = refusal(command, "labels.csv", "preds.csv")
        assert found == f"{said}; where rows are in another order, --key COL matches them by a column of both tables"
        assert refusal(command, "labels.csv", "preds.csv", "--key", "id") == said
    both("id,Label\n1,true\n2,\n3,0\n", "id,label,prob\n1,1,.8\n2,0,.3\n3,,.3\n")
    for options in ((), ("--key", "id")):
        expected = close(-(log(0.8) + log(0.7)) / 2)
        assert answer("bce", "labels.csv", "preds.csv", "--na", "drop", *options) == expected
    both("id,label\n1,cat\n2,dog\n", "id,label,cat,dog\n1,cat,.8,.2\n2,dog,.3,.7\n")
    assert answer("ce", "labels.csv", "preds.csv") == close(-(log(0.8) + log(0.7)) / 2)


def test_whole_numbers_are_compared_exactly_and_never_as_floats(here: Path) -> None:
    """Ids of 19 and 20 digits that are one float."""
    for first in (1_700_000_000_000_000_001, 10**19 + 1, 9_007_199_254_740_993):
        both(f"id,label\n{first},1\n{first + 1},0\n", f"id,prob\n{first + 1},.3\n{first},.8\n")
        said = f"labels.csv:2 and preds.csv:2 differ in 'id': '{first}' and '{first + 1}'; --key id matches rows by it"
        assert refusal("bce", "labels.csv", "preds.csv") == said
        assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(-(log(0.8) + log(0.7)) / 2)
        both(f"id,label\n{first},1\n", f"id,prob\n{first}.0,.8\n")
        for options in ((), ("--key", "id")):
            assert answer("bce", "labels.csv", "preds.csv", *options) == close(-log(0.8))


def test_a_missing_key_joins_nothing_and_its_row_can_be_dropped(here: Path) -> None:
    """Every mark, in every spelling of a table that may hold it."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    other = "the key is missing; --na drop leaves such rows out"
    write("l.csv", "id,label\n7,1\nx,0\n")
    for mark, preds in crossed(sorted(MISSING), ("p.csv", "p.jsonl", "p.parquet", "p.npz")):
        cells = {"id": ["7", mark, "x"], "prob": [0.8, 0.5, 0.3]}
        lines = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
        write("p.csv", "id,prob\n" + "".join(f'"{line["id"]}",{line["prob"]}\n' for line in lines))
        write("p.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        parquet.write_table(pa.table(cells), "p.parquet")
        np.savez("p.npz", **{name: np.array(column) for name, column in cells.items()})
        write("labels.csv", f'id,label\n7,1\n"{mark.upper()}",1\nx,0\n')
        write("preds.csv", "id,prob\nx,.3\n7,.8\n")
        places = {"p.csv": "p.csv:3", "p.jsonl": "p.jsonl:2", "p.parquet": "p.parquet: row 2 (row group 1)"}
        said = refusal("bce", "l.csv", preds, "--key", "id")
        assert said.startswith(places.get(preds, f"{preds}: row 2")), (mark, preds)
        assert said.endswith(f"column 'id': {other}"), (mark, preds)
        found = record("bce", "l.csv", preds, "--key", "id", "--na", "drop")
        assert (found["n"], found["dropped"], found["unmatched"]) == (2, 1, 0), (mark, preds)
        assert found["value"] == close(-(log(0.8) + log(0.7)) / 2)
        assert refusal("bce", "labels.csv", "preds.csv", "--key", "id") == f"labels.csv:3: column 'id': {other}", mark
        found = record("bce", "labels.csv", "preds.csv", "--key", "id", "--na", "drop")
        assert (found["n"], found["dropped"], found["value"]) == (2, 1, close(-(log(0.8) + log(0.7)) / 2)), mark


def test_a_null_is_a_missing_key(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    write("l.csv", "id,label\n7,1\n8,0\n")
    write("p.jsonl", '{"id": 7, "prob": 0.8}\n{"id": null, "prob": 0.5}\n{"prob": 0.5}\n{"id": 8, "prob": 0.3}\n')
    parquet.write_table(pa.table({"id": [7, None, None, 8], "prob": [0.8, 0.5, 0.5, 0.3]}), "p.parquet")
    np.savez("p.npz", id=[7, np.nan, np.nan, 8], prob=[0.8, 0.5, 0.5, 0.3])
    for preds in ("p.jsonl", "p.parquet", "p.npz"):
        assert "the key is missing" in refusal("bce", "l.csv", preds, "--key", "id"), preds
        found = record("bce", "l.csv", preds, "--key", "id", "--na", "drop")
        assert (found["dropped"], found["value"]) == (2, close(-(log(0.8) + log(0.7)) / 2)), preds


def test_a_key_of_two_columns_is_missing_where_one_of_its_cells_is(here: Path) -> None:
    """The first gap is told, whichever column has it; a row without a key is no other row without one."""
    labels = "day,user,label\n1,a,1\n1,b,0\n,c,1\n2,,1\n"
    preds = "day,user,prob\n2,,.9\n1,b,.3\n,c,.9\n1,a,.8\n"
    write("l.csv", labels)
    write("p.csv", preds)
    for files, said in (
        (("l.csv", "p.csv"), "l.csv:4: column 'day': the key is missing"),
        ((write("l2.csv", "day,user,label\n1,a,1\n1,b,0\n"), "p.csv"), "p.csv:2: column 'user': the key is missing"),
        ((write("l3.csv", "day,user,label\n2,,1\n1,b,0\n,c,1\n"), "p.csv"), "l3.csv:2: column 'user'"),
    ):
        assert refusal("bce", *files, "--key", "day,user").startswith(said)
    found = record("bce", "l.csv", "p.csv", "--key", "day,user", "--na", "drop")
    assert (found["n"], found["dropped"], found["unmatched"]) == (2, 4, 0)
    assert found["value"] == close(-(log(0.8) + log(0.7)) / 2)


def test_a_column_that_rows_are_compared_or_joined_by_is_no_class_and_not_noted_as_left_out(here: Path) -> None:
    for name in ("id", "user"):
        write("l.csv", f"{name},label\n2,dog\n1,cat\n")
        write("p.csv", f"{name},p_cat,p_dog\n2,.3,.7\n1,.9,.1\n")
        for options in ((), ("--key", name)):
            found = record("ce", "l.csv", "p.csv", *options)
            assert (found["value"], found["notes"]) == (close(-(log(0.9) + log(0.7)) / 2), []), (name, options)
        write("p.csv", f"{name},epoch,p_cat,p_dog\n2,1,.3,.7\n1,1,.9,.1\n")
        assert record("ce", "l.csv", "p.csv")["notes"] == ["not used as classes: 'epoch'; choose the classes with -p"]
    write("l.csv", "id,label\n2,1\n1,0\n")
    write("p.csv", "id,label,p_0,p_1\n2,1,.3,.7\n1,0,.9,.1\n")
    assert record("ce", "l.csv", "p.csv")["notes"] == []


def test_a_column_of_both_tables_that_would_be_a_class_is_refused(here: Path) -> None:
    """Where all numeric columns of PREDS are its classes, a user's number would be a logit."""
    write("l.csv", "user,label\n2,dog\n1,cat\n")
    write("p.csv", "user,cat,dog\n2,-1,1\n1,1,-1\n")
    said = "p.csv: column 'user' is in l.csv too and would be read as a class; choose the classes with -p"
    for command in OF_CLASSES:
        assert refusal(command, "l.csv", "p.csv", "--from", "logits") == said
        expected = close(log(1 + math.exp(-2)))
        assert answer(command, "l.csv", "p.csv", "--from", "logits", "-p", "cat,dog") == expected
        assert answer(command, "l.csv", "p.csv", "--from", "logits", "--key", "user") == expected
    write("l.csv", "user,label,cat,dog\n2,dog,0,0\n1,cat,0,0\n")
    write("p.csv", "cat,dog\n-1,1\n1,-1\n")
    assert answer("ce", "l.csv", "p.csv", "--from", "logits") == close(log(1 + math.exp(-2)))


def test_two_tables_with_labels_and_predictions_each_are_refused(here: Path) -> None:
    both("label,prob\n1,.5\n", "label,prob\n1,.5\n")

    said = refusal("bce", "labels.csv", "preds.csv")

    assert said.startswith("labels.csv and preds.csv both hold labels and predictions; give one file alone, or")
    assert "-y" in said and "-p" in said


def test_two_tables_with_labels_and_predictions_go_together_where_one_is_chosen(here: Path) -> None:
    for chosen in [("-y", "label"), ("-p", "prob")]:
        both("label,prob\n1,.9\n", "label,prob\n1,.5\n")

        assert answer("bce", "labels.csv", "preds.csv", *chosen) == close(log(2))


def test_three_paths_are_refused_with_the_cure(here: Path) -> None:
    assert "quote a glob" in refusal("bce", "m1.csv", "m2.csv", "m3.csv")


# --- by key -----------------------------------------------------------------------------------------------------------


def test_a_key_joins_rows_in_any_order(here: Path) -> None:
    found = record("bce", *both(), "--key", "id")

    assert found["value"] == close(JOINED)
    assert (found["n"], found["unmatched"], found["dropped"]) == (3, 0, 0)
    assert found["sources"] == ["labels.csv", "preds.csv"]


def test_rows_come_out_in_the_order_of_the_predictions(here: Path) -> None:
    out = run("bce", *both(), "--key", "id", "-r", "none", "-f", "csv").out.splitlines()

    assert [row.rpartition(",")[0] for row in out] == ["row,label,prob", "1,0,0.3", "2,1,0.6", "3,1,0.8"]


def test_several_columns_are_one_key(here: Path) -> None:
    both("day,user,label\n1,a,1\n1,b,0\n2,a,0\n", "day,user,prob\n2,a,.1\n1,b,.2\n1,a,.9\n")

    assert answer("bce", "labels.csv", "preds.csv", "--key", "day,user") == close(-(log(0.9) * 2 + log(0.8)) / 3)


def test_classes_are_joined_by_key(here: Path) -> None:
    for command in OF_CLASSES:
        both("id,species\n2,dog\n1,cat\n", "id,cat,dog\n1,.9,.1\n2,.3,.7\n")

        assert answer(command, "labels.csv", "preds.csv", "--key", "id") == close(-(log(0.9) + log(0.7)) / 2)


def test_weights_are_a_column_of_either_table(here: Path) -> None:
    for side in ["labels.csv", "preds.csv"]:
        labels, preds = SOLUTION, SUBMISSION
        if side == "labels.csv":
            labels = "id,label,w\n17,1,1\n42,0,2\n3,1,5\n"
        else:
            preds = "id,prob,w\n42,0.3,2\n3,0.6,5\n17,0.8,1\n"

        found = record("bce", *both(labels, preds), "--key", "id", "-w", "w")

        assert found["value"] == close(-(log(0.8) + 2 * log(0.7) + 5 * log(0.6)) / 8)
        assert found["columns"]["weight"] == "w"


def test_arrays_are_joined_with_text(here: Path) -> None:
    write("labels.csv", SOLUTION)
    np.savez("preds.npz", id=[42.0, 3.0, 17.0], prob=[0.3, 0.6, 0.8])

    assert answer("bce", "labels.csv", "preds.npz", "--key", "id") == close(JOINED)


def test_what_is_wrong_with_a_join_is_named_with_key_file_and_line(here: Path) -> None:
    for labels, preds, said in [
        (SOLUTION, SUBMISSION + "99,.5\n", "preds.csv:5: the key '99' is not in labels.csv; --unmatched drop leaves"),
        (SOLUTION + "5,1\n", SUBMISSION, "labels.csv:5: the key '5' is not in preds.csv; --unmatched drop leaves"),
        (SOLUTION + "17,0\n", SUBMISSION, "labels.csv:5: the key '17' occurs twice, first in labels.csv:2"),
        ("id,label\n17,1\n17,0\n42,1\n", SUBMISSION, "labels.csv:3: the key '17' occurs twice, first in labels.csv:2"),
        (SOLUTION, SUBMISSION + "42,.5\n", "preds.csv:5: the key '42' occurs twice"),
        (
            SOLUTION + "03,0\n",
            SUBMISSION,
            "labels.csv:5: the keys '3' and '03' are the same number, first in labels.csv:4",
        ),
        (SOLUTION, SUBMISSION + ",.5\n", "preds.csv:5: column 'id': the key is missing"),
        (SOLUTION + "NA,1\n", SUBMISSION, "labels.csv:5: column 'id': the key is missing"),
        (SOLUTION, SUBMISSION.replace("id", "key"), "preds.csv: no column 'id'; the columns are key, prob"),
        (SOLUTION, SUBMISSION.replace("0.6", "6"), "preds.csv:3: column 'prob': 6 is not a probability"),
        (SOLUTION.replace("42,0", "42,x"), SUBMISSION, "labels.csv:3: column 'label': label 'x' is not 0 or 1"),
    ]:
        found = refusal("bce", *both(labels, preds), "--key", "id")

        assert found.replace("'", "").startswith(said.replace("'", "")), found


def test_rows_without_a_partner_can_be_left_out_and_are_counted(here: Path) -> None:
    both(SOLUTION + "5,1\n", SUBMISSION + "99,.5\n98,.5\n")

    found = record("bce", "labels.csv", "preds.csv", "--key", "id", "--unmatched", "drop")

    assert (found["value"], found["n"], found["unmatched"]) == (close(JOINED), 3, 3)
    assert any("3 rows" in note and "partner" in note for note in found["notes"])
    quiet = run("bce", "labels.csv", "preds.csv", "--key", "id", "--unmatched", "drop", "-q")
    assert "3 rows" in quiet.err


def test_keys_that_are_numbers_throughout_are_compared_as_numbers(here: Path) -> None:
    for spelled in [("7", "7.0"), ("7", "007"), ("7.0", "+7"), ("12345678901234567890", "+12345678901234567890")]:
        both(f"id,label\n{spelled[0]},1\n8,0\n", f"id,prob\n8,.3\n{spelled[1]},.8\n")

        assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(-(log(0.8) + log(0.7)) / 2)


def test_keys_are_one_number_only_as_whole_numbers_without_an_exponent(here: Path) -> None:
    """`0e123` and `0e456` are two digests, and `1e400` isn't `2e500`."""
    for one, other in (("7.0", "7e0"), ("0e123", "0e456"), ("1e400", "2e500"), ("0.5", "0.50"), ("1e5", "100000")):
        both(f"id,label\n{one},1\n", f"id,prob\n{other},.8\n")
        said = f"preds.csv:2: the key '{other}' is not in labels.csv"
        assert refusal("bce", "labels.csv", "preds.csv", "--key", "id").startswith(said)
        said = f"labels.csv:2 and preds.csv:2 differ in 'id': '{one}' and '{other}'; --key id matches rows by it"
        assert refusal("bce", "labels.csv", "preds.csv") == said
        both(f"id,label\n{one},1\n{other},0\n", f"id,prob\n{other},.3\n{one},.8\n")
        assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(-(log(0.8) + log(0.7)) / 2)


def test_long_numbers_are_not_rounded_into_one_key(here: Path) -> None:
    both("id,label\n9007199254740993.0,1\n", "id,prob\n9007199254740992,.8\n")

    assert "9007199254740992" in refusal("bce", "labels.csv", "preds.csv", "--key", "id")


def test_keys_among_which_is_a_word_are_compared_as_text(here: Path) -> None:
    both("id,label\n7,1\nx,0\n", "id,prob\nx,.3\n007,.8\n")

    assert "the key '007' is not in labels.csv" in refusal("bce", "labels.csv", "preds.csv", "--key", "id")


def test_options_of_a_join_want_a_join(here: Path) -> None:
    for arguments, said in [
        (("labels.csv", "--key", "id"), "--key joins two tables"),
        (("1,0", "preds.csv", "--key", "id"), "--key joins two tables"),
        (("labels.csv", "preds.csv", "--unmatched", "drop"), "add --key"),
        (("labels.csv", "preds.csv", "--key", "id", "-w", "1,2,3"), "beside --key weights are a column"),
    ]:
        both()

        assert said in refusal("bce", *arguments)


@examples(25)
@given(st.randoms(use_true_random=False), st.integers(1, 300))
def test_any_order_of_either_table_gives_the_same_digits(
    tmp_path_factory: pytest.TempPathFactory, shuffler: random.Random, rows: int
) -> None:
    folder = tmp_path_factory.mktemp("join")
    keys = [f"{at * 7}" for at in range(rows)]
    labels = [f"{key},{shuffler.randint(0, 1)}" for key in keys]
    preds = [f"{key},{shuffler.random()!r}" for key in keys]
    found = set()
    for _ in range(2):
        (folder / "l.csv").write_text("id,label\n" + "\n".join(labels))
        (folder / "p.csv").write_text("id,prob\n" + "\n".join(preds))
        one = record("bce", folder / "l.csv", folder / "p.csv", "--key", "id")
        found.add(tuple(one[name] for name in ("value", "sum", "mean", "std", "se", "min", "max", "baseline")))
        shuffler.shuffle(labels)
        shuffler.shuffle(preds)

    assert len(found) == 1


def test_the_kaggle_case_is_what_a_join_by_hand_gives(here: Path) -> None:
    generator = np.random.default_rng(5)
    ids, truth, probs = generator.permutation(2000), generator.integers(0, 2, 2000), generator.uniform(0.01, 0.99, 2000)
    order = generator.permutation(2000)
    both(
        "id,label\n" + "".join(f"{a},{b}\n" for a, b in zip(ids, truth, strict=True)),
        "id,prob\n" + "".join(f"{ids[at]},{float(probs[at])!r}\n" for at in order),
    )

    by_hand = -np.log(np.where(truth == 1, probs, 1 - probs)).mean()

    assert answer("bce", "labels.csv", "preds.csv", "--key", "id") == close(float(by_hand))


def test_shared_columns_are_compared_whatever_way_the_predictions_are_chosen_and_kept(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    write("l.csv", "id,label\n17,0\n42,1\n")
    rows = [(42, [0.3, 0.7]), (17, [0.8, 0.2])]
    write("p.csv", "id,probs\n" + "".join(f'{at},"{probs}"\n' for at, probs in rows))
    write("p.jsonl", "".join(f'{{"id": {at}, "probs": {probs}}}\n' for at, probs in rows))
    parquet.write_table(pa.table({"id": [42, 17], "probs": [probs for _, probs in rows]}), "p.parquet")
    np.savez("p.npz", id=np.array([42, 17]), probs=np.array([probs for _, probs in rows]))
    Path("d").mkdir()
    for at, (key, probs) in enumerate(rows):
        write(f"d/{at}.csv", f"id,p_0,p_1\n{key},{probs[0]},{probs[1]}\n")
    for preds in ("p.csv", "p.jsonl", "p.parquet", "p.npz", "d", "d/*.csv"):
        ways = (
            ((), ("-p", "p_*"), ("-p", "p_0,p_1"))
            if preds[0] == "d"
            else ((), ("-p", "probs"), ("-p", "probs_0,probs_1"))
        )
        for command in (("ce",), ("nll",), ("grad", "ce")):
            for way in ways:
                assert "differ in 'id': '17' and '42" in refusal(*command, "l.csv", preds, *way), (preds, way)
        for way in ways:
            assert answer("ce", "l.csv", preds, *way, "--key", "id") == close(-(log(0.8) + log(0.7)) / 2), (preds, way)


def test_ids_beyond_floats_are_exact_in_every_format(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    ids, probs = [1_700_000_000_000_000_002, 1_700_000_000_000_000_001], [0.3, 0.8]
    write("l.csv", f"id,label\n{ids[1]},1\n{ids[0]},0\n")
    parquet.write_table(pa.table({"id": ids[::-1], "label": [1, 0]}), "l.parquet")
    write("p.csv", "id,prob\n" + "".join(f"{at},{prob}\n" for at, prob in zip(ids, probs, strict=True)))
    write("p.jsonl", "".join(f'{{"id": {at}, "prob": {prob}}}\n' for at, prob in zip(ids, probs, strict=True)))
    parquet.write_table(pa.table({"id": ids, "prob": probs}), "p.parquet")
    np.savez("p.npz", id=np.array(ids), prob=np.array(probs))
    for labels in ("l.csv", "l.parquet"):
        for preds in ("p.csv", "p.jsonl", "p.parquet", "p.npz"):
            said = refusal("bce", labels, preds)
            assert "differ in 'id': '1700000000000000001' and '1700000000000000002'" in said, (labels, preds)
            assert answer("bce", labels, preds, "--key", "id") == close(-(log(0.8) + log(0.7)) / 2)


def test_the_numbers_of_rows_that_differ_are_those_of_all_blocks(here: Path) -> None:
    """Either side the longer one, by one row or by several blocks."""
    line = "1," + "x" * 60 + "\n"
    for labels, preds in ((60_000, 1), (1, 60_000), (60_000, 59_999), (30_000, 60_000)):
        write("y.csv", "label,text\n" + line * labels)
        write("p.csv", "prob,other\n" + line * preds)
        assert refusal("bce", "y.csv", "p.csv") == f"the numbers of rows differ: y.csv {labels}, p.csv {preds}"
