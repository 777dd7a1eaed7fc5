"""What was fitted, drawn with the rows: the sigmoid of one feature, the boundary of two; predictions with features."""

import csv
import io
from pathlib import Path

import pytest
from conftest import DATA, answer, refusal, run
from samples import FITTED

HOMEWORK = ("fit", "bce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours", "--method", "newton")
TWO = "a,b,y\n1,2,0\n2,1,0\n3,4,1\n4,3,1\n2,2,1\n3,1,0\n"


def picture(out: str, title: str) -> list[str]:
    lines = out.partition(f"\n{title}\n")[2].splitlines()
    return lines[:15]


def test_one_feature_is_drawn_with_its_rows_and_the_sigmoid() -> None:
    lines = picture(run(*HOMEWORK, "--plot").out, "probability of label 1")

    assert lines[0].startswith("1 |") and lines[11].startswith("0 |")
    assert lines[0].count("x") + lines[0].count("*") >= 6 and "o" in lines[11]
    marks = [line.index("*") for line in reversed(lines[:12])]
    assert marks == sorted(marks)  # the sigmoid rises
    assert lines[12] == "  +" + "-" * 60
    assert lines[13].split() == ["0.5", "6", "hours"]
    assert lines[14].strip() == "* fitted probability   o label 0   x label 1"
    assert all(len(line) <= 80 for line in lines)


def test_the_picture_is_drawn_where_it_is_asked_for_alone() -> None:
    assert "probability of label 1" not in run(*HOMEWORK).out
    assert "--plot draws for people" in refusal(*HOMEWORK, "--plot", "-q")


@pytest.mark.parametrize("options", [(), ("--standardize",)])
def test_two_features_are_drawn_with_the_boundary(options: tuple[str, ...]) -> None:
    out = run("fit", "bce", "-y", "y", "--steps", "300", "--plot", *options, stdin=TWO).out
    lines = picture(out, "b (up) against a")

    assert sum(line.count("x") for line in lines[:12]) == 3  # one of each label, none hidden by the boundary
    assert sum(line.count("o") for line in lines[:12]) == 3
    assert sum(line.count("*") for line in lines[:12]) > 30
    assert lines[13].split() == ["1", "4", "a"]
    assert lines[14].strip() == "* both labels are equally likely   o label 0   x label 1"


def test_more_features_or_classes_have_no_such_picture() -> None:
    out = run("fit", "ce", str(DATA / "homework.csv"), "-y", "passed", "-x", "hours", "--plot", "--steps", "3").out

    assert "label 1" not in out and "steps" in out


def test_predictions_carry_the_features_as_the_source_has_them(tmp_path: Path) -> None:
    for options in ((), ("--standardize",)):
        out = run("fit", "bce", "-y", "y", "--steps", "3", *options, "--predict", "-", stdin=TWO).out
        rows = list(csv.DictReader(io.StringIO(out)))

        assert list(rows[0]) == ["label", "prob", "a", "b"]
        assert [(float(row["a"]), float(row["b"])) for row in rows] == [(1, 2), (2, 1), (3, 4), (4, 3), (2, 2), (3, 1)]


def test_a_feature_with_the_name_of_a_prediction_is_renamed_so_that_the_table_reads_back(tmp_path: Path) -> None:
    table = TWO.replace("a,b,y", "score,p_b,y")
    path = tmp_path / "p.csv"

    for loss in FITTED:
        run("fit", loss, "-y", "y", "-x", "score,p_b", "--steps", "3", "--predict", path, stdin=table)
        assert path.read_text().splitlines()[0].endswith(",x_score,x_p_b")
        fitted = run("fit", loss, "-y", "y", "-x", "score,p_b", "--steps", "3", "-f", "json", stdin=table).json
        assert answer(loss, path) == pytest.approx(fitted["train_loss"], rel=1e-13, abs=0)
