"""What a fit by Newton's method says of its parameters, against statsmodels; features of words as factors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import crossed, record, refusal, run
from samples import FITTED

RANKS = "admit,gre,rank\n1,3.2,b\n0,2.1,a\n1,2.9,c\n0,3.0,a\n0,2.2,c\n1,2.0,b\n0,2.8,b\n1,3.3,a\n1,2.5,c\n0,3.1,c\n"
FIT = ("fit", "bce", "-", "-y", "admit", "-x", "gre,rank", "--method", "newton")

LITERALS = {
    "aic": 20.800797590944416,
    "p_value": [0.4692322307494734, 0.544754979829997, 0.3863526138713099, 0.6052165443638564],
    "low": [-12.393467531413432, -2.0833111045746304, -2.000996289152291, -2.372092317085083],
    "high": [5.709014157143854, 3.946574774034534, 5.1706843494701005, 4.0715013812276295],
}


def column(found: Any, key: str) -> list[float]:
    return [one[key] for one in found["parameters"]]


def test_tests_and_intervals_are_those_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    rows = [line.split(",") for line in RANKS.splitlines()[1:]]
    y = np.array([float(row[0]) for row in rows])
    x = np.array([[1.0, float(row[1]), row[2] == "b", row[2] == "c"] for row in rows])
    found = record(*FIT, stdin=RANKS)
    right = api.Logit(y, x).fit(method="newton", tol=1e-14, disp=0)

    assert column(found, "parameter") == ["intercept", "gre", "rank=b", "rank=c"]
    for key, expected in (
        ("theta", right.params),
        ("se", right.bse),
        ("z", right.tvalues),
        ("p_value", right.pvalues),
        ("low", right.conf_int()[:, 0]),
        ("high", right.conf_int()[:, 1]),
        ("odds_ratio", np.exp(right.params)),
    ):
        assert column(found, key) == pytest.approx(expected.tolist(), rel=1e-9, abs=0), key
    assert found["aic"] == pytest.approx(right.aic, rel=1e-9, abs=0)
    assert found["deviance"] == pytest.approx(-2.0 * right.llf, rel=1e-9, abs=0)
    low = column(record(*FIT, "--ci", "0.9", stdin=RANKS), "low")
    assert low == pytest.approx(right.conf_int(alpha=0.1)[:, 0].tolist(), rel=1e-9, abs=0)


def test_the_figures_of_statsmodels_as_literals() -> None:
    found = record(*FIT, stdin=RANKS)
    # statsmodels 0.15.0: Logit(admit, [1, gre, rank == b, rank == c]).fit(): aic, pvalues, conf_int
    assert found["aic"] == pytest.approx(LITERALS["aic"], rel=1e-9, abs=0)
    for key in ("p_value", "low", "high"):
        assert column(found, key) == pytest.approx(LITERALS[key], rel=1e-9, abs=0)


def test_weights_count_as_rows_in_every_figure() -> None:
    lines = RANKS.splitlines()
    weighted = "\n".join([f"{lines[0]},w", *(f"{line},{1 + at % 3}" for at, line in enumerate(lines[1:]))]) + "\n"
    repeated = "\n".join([lines[0], *(line for at, line in enumerate(lines[1:]) for _ in range(1 + at % 3))]) + "\n"
    one, other = record(*FIT, "-w", "w", stdin=weighted), record(*FIT, stdin=repeated)

    for key in ("deviance", "aic", "train_accuracy"):
        assert one[key] == pytest.approx(other[key], rel=1e-12, abs=0)
    for key in ("theta", "se", "p_value"):
        assert column(one, key) == pytest.approx(column(other, key), rel=1e-9, abs=0)


def test_several_classes_have_as_many_free_parameters_as_classes_less_one() -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(6)
    x = np.column_stack((np.ones(60), rng.normal(size=60).round(3)))
    y = (x[:, 1] + rng.normal(size=60) > 0.5).astype(int) + rng.integers(0, 2, 60)
    text = "y,a\n" + "".join(f"{label},{value!r}\n" for label, value in zip(y, x[:, 1].tolist(), strict=True))
    found = record("fit", "ce", "-", "-y", "y", "-x", "a", "--method", "newton", stdin=text)
    right = api.MNLogit(y, x).fit(method="newton", tol=1e-14, disp=0)

    assert found["deviance"] == pytest.approx(-2.0 * right.llf, rel=1e-9, abs=0)
    assert found["aic"] == pytest.approx(right.aic, rel=1e-9, abs=0)
    assert "odds_ratio" not in found["parameters"][0] and found["parameters"][0]["p_value"] < 1.0


def test_a_penalty_and_gradient_descent_have_no_inference() -> None:
    for more in (("--l2", "0.1"), ("--method", "gd")):
        args = FIT[:-2] if more[0] == "--method" else FIT
        found = record(*args, *more, stdin=RANKS)
        assert found["deviance"] is None and found["aic"] is None
        assert "se" not in found["parameters"][0] and "p_value" not in found["parameters"][0]


def test_standard_errors_keep_their_digits_whatever_the_units_of_a_feature() -> None:
    plain = record(*FIT, stdin=RANKS)
    for unit in ("e9", "e-9", "e200"):
        lines = [line.split(",") for line in RANKS.splitlines()]
        text = "\n".join([",".join(lines[0]), *(f"{y},{x}{unit},{rank}" for y, x, rank in lines[1:])]) + "\n"
        found = record(*FIT, stdin=text)
        for key in ("z", "p_value"):
            assert column(found, key) == pytest.approx(column(plain, key), rel=1e-9, abs=0)


# --- factors ----------------------------------------------------------------------------------------------------------
def dummies(text: str) -> str:
    lines = [line.split(",") for line in text.splitlines()[1:]]
    return "admit,gre,b,c\n" + "".join(f"{y},{x},{int(rank == 'b')},{int(rank == 'c')}\n" for y, x, rank in lines)


@pytest.mark.parametrize(
    ("command", "more"),
    crossed(
        FITTED,
        [("--steps", "50"), ("--method", "newton"), ("--no-intercept",), ("--standardize", "--steps", "5")],
    ),
)
def test_a_factor_is_a_column_of_0_and_1_for_each_level_but_the_first(command: str, more: tuple[str, ...]) -> None:
    one = record("fit", command, "-", "-y", "admit", "-x", "gre,rank", *more, stdin=RANKS)
    other = record("fit", command, "-", "-y", "admit", "-x", "gre,b,c", *more, stdin=dummies(RANKS))

    assert column(one, "theta") == column(other, "theta")
    assert "the parameters of rank are relative to its level 'a'" in one["notes"]


def test_the_order_of_features_is_the_one_that_was_typed() -> None:
    found = record("fit", "bce", "-", "-y", "admit", "-x", "rank,gre", "--steps", "1", stdin=RANKS)
    assert column(found, "parameter") == ["intercept", "rank=b", "rank=c", "gre"]


def test_the_gradient_by_the_parameters_of_a_factor_passes_the_check() -> None:
    args = ("grad", "bce", "-", "-y", "admit", "-x", "gre,rank", "--wrt", "params", "--theta", "0.1,0.2,0.3,0.4")
    found = record(*args, "--check", stdin=RANKS)
    assert found["ok"] and column(found, "parameter") == ["intercept", "gre", "rank=b", "rank=c"]


def test_json_lines_and_files_have_factors_too(tmp_path: Path) -> None:
    lines = [line.split(",") for line in RANKS.splitlines()[1:]]
    text = "".join(f'{{"admit": {y}, "gre": {x}, "rank": "{rank}"}}\n' for y, x, rank in lines)
    (tmp_path / "t.jsonl").write_text(text)
    right = column(record(*FIT, stdin=RANKS), "theta")
    assert column(record(*FIT[:2], tmp_path / "t.jsonl", *FIT[3:]), "theta") == right
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = {"admit": [int(y) for y, _, _ in lines], "gre": [float(x) for _, x, _ in lines]}
    for kind in (arrow.string(), arrow.dictionary(arrow.int32(), arrow.string())):
        ranks = arrow.array([rank for *_, rank in lines]).cast(kind)
        parquet.write_table(arrow.table({**table, "rank": ranks}), tmp_path / "t.parquet")
        assert column(record(*FIT[:2], tmp_path / "t.parquet", *FIT[3:]), "theta") == right


def test_rows_to_test_on_have_the_levels_that_were_fitted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("admit,gre,rank\n1,3,c\n0,2,c\n")
    found = record(*FIT, "--test", tmp_path / "t.csv", stdin=RANKS)
    assert found["test_loss"] is not None
    (tmp_path / "t.csv").write_text("admit,gre,rank\n1,3,d\n0,2,c\n")
    assert "no row that was fitted has the level 'd'" in refusal(*FIT, "--test", tmp_path / "t.csv", stdin=RANKS)


def test_a_bad_cell_is_no_level_wherever_it_stands() -> None:
    rows = ["1,3", "0,2", "1,1", "0,4"]
    for at in range(4):
        bad = [*rows[:at], f"{rows[at][:2]}x", *rows[at + 1 :]]
        text = "y,a\n" + "\n".join(bad) + "\n"
        said = refusal("fit", "bce", "-", "-y", "y", "-x", "a", stdin=text)
        assert f":{at + 2}: column 'a': 'x' is not a number" in said


def test_numbers_and_words_in_one_feature_are_refused_at_the_first_word_of_a_row_that_counts() -> None:
    only = "a feature has numbers only, or words only"
    for rows, said in (
        (("1,u,1", "0,v,1", "1,3,1", "0,u,1"), "2: column 'a': 'u' is not a number, but other cells are"),
        (("1,u,NA", "0,3,1", "1,v,1", "0,u,1"), "4: column 'a': 'v' is not a number, but other cells are"),
        (("1,NA,1", "0,v,1", "1,3,1", "0,u,1"), "3: column 'a': 'v' is not a number, but other cells are"),
        (("1,u,NA", "0,v,NA", "1,v,NA", "1,3,1", "0,4,1"), "5: column 'a': '3' is a number among words"),
    ):
        text = "y,a,b\n" + "\n".join(rows) + "\n"
        line = refusal("fit", "bce", "-", "-y", "y", "-x", "a,b", "--na", "drop", stdin=text)
        assert line == f"<stdin>:{said}; {only}", rows
    found = record("fit", "bce", "-", "-y", "y", "-x", "a,b", "--na", "drop", stdin="y,a,b\n1,3,NA\n0,v,1\n1,w,1\n")
    assert [one["parameter"] for one in found["parameters"]] == ["intercept", "a=w", "b"]


def test_a_missing_cell_before_the_first_level_is_told_with_its_line() -> None:
    for rows in ("1,u,NA", "1,u,NA\n0,v,NA\n1,v,NA\n1,v,NA", "0,v,1\n1,u,NA", "1,NA,1\n0,u,1"):
        text = f"y,a,b\n{rows}\n1,v,2\n0,u,3\n"
        line, column = rows[: rows.index("NA")].count("\n") + 2, "b" if ",NA" in rows.replace("1,NA,1", "") else "a"
        said = refusal("fit", "bce", "-", "-y", "y", "-x", "a,b", stdin=text)
        assert said.startswith(f"<stdin>:{line}: column '{column}': the cell is missing"), rows
        assert said.endswith("; --na drop leaves such rows out"), rows


def test_a_missing_level_is_refused_or_dropped() -> None:
    text = RANKS.replace("2.0,b", "2.0,NA")
    assert ":7: column 'rank': the cell is missing" in refusal(*FIT, stdin=text)
    found = run(*FIT, "--na", "drop", "-f", "json", stdin=text).json
    assert found["n"] == 9


@pytest.mark.parametrize("command", FITTED)
@pytest.mark.parametrize("size", ["1e307", "-1.7976931348623157e308"])
def test_features_at_the_end_of_the_floats_are_refused_with_their_line(command: str, size: str) -> None:
    text = f"y,a\n1,1\n0,2\n1,{size}\n0,-1e307\n"
    for more in ((), ("--method", "newton"), ("--standardize",)):
        said = refusal("fit", command, "-", "-y", "y", "-x", "a", *more, stdin=text)
        assert ":4: column 'a': the feature is beyond the range of floats" in said


@pytest.mark.parametrize("command", FITTED)
def test_features_of_any_other_size_are_fitted_as_they_are_in_other_units(command: str) -> None:
    text = "y,a\n1,1{0}\n0,2{0}\n1,3{0}\n0,-1{0}\n1,0.5{0}\n0,0.7{0}\n"
    for more in (("--method", "newton"), ("--standardize", "--steps", "20")):
        args = ("fit", command, "-", "-y", "y", "-x", "a", *more)
        plain = record(*args, stdin=text.format(""))
        for unit in ("e200", "e-200", "e280"):
            found = record(*args, stdin=text.format(unit))
            assert found["train_loss"] == pytest.approx(plain["train_loss"], rel=1e-12, abs=0)
