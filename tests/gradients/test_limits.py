"""Gradients where predictions are certain, differences of logits large or numbers beyond floats: never a silent nan."""

import json
from itertools import combinations
from math import inf, log
from typing import Any

import numpy as np
import oracle
import pytest
from conftest import crossed, listed, record, refusal, run

from losscli.cli.app import main
from losscli.enums import Form, Scale
from losscli.losses.table import LOSSES


def slopes(*args: str) -> list[list[float]]:
    """The gradient as `--quiet` prints it; nothing may be nan."""
    result = run("grad", *args, "-q")
    assert result.code == 0, result
    rows = [[float(cell) for cell in line.split(",")] for line in result.out.split()]
    assert not np.isnan(np.array(rows)).any()
    return rows


# --- the focal factor with smoothed labels at certain predictions -----------------------------------------------------
# By m = 1 - p the loss is m^g [-(1 - s/2) ln(1 - m) - (s/2) ln m], whose slope near 0 is m^(g-1) (s/2) (-g ln m - 1):
# 0 in the limit for g > 1 and infinite for g <= 1. By the logit it is multiplied by m: 0 in the limit for any g.
@pytest.mark.parametrize(("gamma", "slope"), [("0.5", -inf), ("1", -inf), ("1.5", 0.0), ("2", 0.0), ("5", 0.0)])
def test_a_sure_hit_has_the_limit_of_the_focal_slope_by_probabilities(gamma: str, slope: float) -> None:
    options = ("--focal", gamma, "--smoothing", "0.1")
    assert slopes("bce", "1", "1", *options) == [[slope]]
    assert slopes("bce", "0", "0", *options) == [[-slope]]
    assert slopes("ce", "0", "1,0,0", *options)[0][0] == slope
    assert slopes("bce", "1", "0", "--from", "logprobs", *options) == [[slope]]
    assert slopes("bce", "1", "inf", "--from", "logits", "--wrt", "probs", *options) == [[slope]]
    assert slopes("ce", "0", "0,-inf,-inf", "--from", "logprobs", *options)[0][0] == slope


@pytest.mark.parametrize("gamma", ["0.5", "1", "2"])
def test_a_sure_hit_has_no_focal_slope_by_logits(gamma: str) -> None:
    options = ("--focal", gamma, "--smoothing", "0.1", "--wrt", "logits")
    assert slopes("bce", "1", "inf", "--from", "logits", *options) == [[0.0]]
    assert slopes("bce", "1", "1", *options) == [[0.0]]
    assert slopes("ce", "0", "inf,0,0", "--from", "logits", *options) == [[0.0, 0.0, 0.0]]
    assert slopes("ce", "0", "1,0,0", *options) == [[0.0, 0.0, 0.0]]


def test_the_focal_slope_of_a_soft_label_has_its_limit_at_certain_predictions() -> None:
    # by p the loss goes as ln p and its slope as 1/p; by z and x = ln p the slope is that of the loss, times miss^2
    options = ("--from", "logprobs", "--like", "keras", "--focal", "2", "--smoothing", "0.1")
    for label in ("1", "0.7", "0.5", "0.3", "0"):
        y = 0.9 * float(label) + 0.05
        assert slopes("bce", label, "-inf", *options, "--wrt", "probs") == [[-inf]], label
        assert slopes("bce", label, "0", *options, "--wrt", "probs") == [[inf]], label
        for wrt in ("logits", "logprobs"):
            found = slopes("bce", label, "-inf", *options, "--wrt", wrt)
            assert found == [[pytest.approx(-y * y**2, rel=1e-13)]], (label, wrt)
        at_1 = slopes("bce", label, "0", *options, "--wrt", "logits")
        assert at_1 == [[pytest.approx((1.0 - y) ** 3, rel=1e-13)]], label
        assert slopes("bce", label, "0", *options, "--wrt", "logprobs") == [[inf]], label


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("p", [1.0 - 2.0**-53, 1.0 - 1e-9, 1e-9, 1e-300])
def test_the_focal_slope_next_to_a_certainty_is_that_of_the_definition(gamma: float, p: float) -> None:
    asked = oracle.AnalysisOptions(True, focal=gamma, smoothing=0.1)
    with oracle.mp.workdps(700):
        right = float(oracle.slopes(asked, oracle.Row((0.0, 1.0), (p,)), "probs")[0])
    found = slopes("bce", "1", repr(p), "--focal", repr(gamma), "--smoothing", "0.1")
    assert found[0] == pytest.approx([right], rel=1e-13, abs=0)


def test_a_slope_that_is_not_a_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels: Any = LOSSES["bce"].kernels[Form.BINARY]
    wrong = kernels[Scale.PROBS]._replace(gradient=lambda targets, p: np.full(len(p), np.nan))
    monkeypatch.setitem(kernels, Scale.PROBS, wrong)

    result = run("grad", "bce", "1", "0.5")

    assert (result.code, result.out) == (2, "") and "not a number" in result.err


def test_differences_that_can_not_be_taken_are_an_error() -> None:
    for loss, labels, logits in (("bce", "1,0", "0.5,inf"), ("ce", "0,1", "0.5,0;-inf,0"), ("ce", "0,1", "0,1;0,inf")):
        said = refusal("grad", loss, labels, logits, "--from", "logits", "--method", "numeric")
        assert said == "row 2: an infinite loss or prediction has no numeric derivative; use --method analytic"


# --- one-hot labels ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gap", [0.0, 1.0, 25.0, 36.0, 40.0, 300.0, 745.0])
@pytest.mark.parametrize("options", [(), ("--smoothing", "0.1"), ("--class-weight", "2,0.5,3", "-r", "sum")])
def test_one_hot_rows_have_the_digits_of_hard_labels_by_logits(gap: float, options: tuple[str, ...]) -> None:
    z = f"0,{gap!r},-1"
    hard = slopes("ce", "1", z, "--from", "logits", *options)

    assert slopes("ce", "[[0,1,0]]", z, "--from", "logits", *options) == hard
    weights = (2.0, 0.5, 3.0) if "--class-weight" in options else None
    asked = oracle.AnalysisOptions(
        False, "logits", smoothing=0.1 if "--smoothing" in options else 0.0, class_weight=weights, reduction="sum"
    )
    with oracle.mp.workdps(700):
        right = oracle.slopes(asked, oracle.Row((0.0, 1.0, 0.0), (0.0, gap, -1.0)), "logits")
    assert hard[0] == pytest.approx([float(one) for one in right], rel=1e-13, abs=0)


def test_the_check_agrees_with_one_hot_rows_whatever_the_gap() -> None:
    for gap in (24.0, 25.0, 30.0, 40.0, 100.0):
        found = record("grad", "ce", "[[0,1]]", f"0,{gap!r}", "--from", "logits", "--check")
        assert found["ok"], gap


# --- smoothing --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("s", [0.1, 1e-9, 1e-17, 1e-300])
def test_a_small_smoothing_keeps_its_digits(s: float) -> None:
    # by hand: (s/2) softplus(800) and the slope (s/2) sigmoid(z) at the logit of a sure hit; s/2 for one class of two
    value = record("bce", "1", "800", "--from", "logits", "--smoothing", repr(s))["value"]
    assert value == pytest.approx(s / 2.0 * 800.0, rel=1e-14, abs=0)
    assert slopes("bce", "1", "800", "--from", "logits", "--smoothing", repr(s))[0] == pytest.approx(
        [s / 2.0], rel=1e-14, abs=0
    )
    assert slopes("ce", "1", "0,800", "--from", "logits", "--smoothing", repr(s))[0] == pytest.approx(
        [-s / 2.0, s / 2.0], rel=1e-14, abs=0
    )


# --- rescaled rows ----------------------------------------------------------------------------------------------------
ROWS = ([1.0, 6e-14, 1e-15], [0.5, 3e-17, 1e-300], [1e-300, 1e-310, 2e-305], [0.3, 0.3, 0.3])


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("options", [{}, {"eps": 1e-16}, {"focal": 2.0}, {"focal": 0.5, "smoothing": 0.1}], ids=str)
def test_rescaled_rows_keep_their_digits_next_to_1(row: list[float], options: dict[str, float]) -> None:
    asked = oracle.AnalysisOptions(False, normalize=True, **options)
    args = ("0", listed(row), "--normalize", *(text for name, v in options.items() for text in (f"--{name}", repr(v))))
    with oracle.mp.workdps(800):
        one = oracle.Row((1.0, 0.0, 0.0), row)
        value = float(oracle.loss_of(asked, one))
        by_logits = [float(slope) for slope in oracle.slopes(asked, one, "logits")]

    assert record("ce", *args)["value"] == pytest.approx(value, rel=1e-13, abs=0)
    assert slopes("ce", *args, "--wrt", "logits")[0] == pytest.approx(by_logits, rel=1e-12, abs=0)


def test_in_a_rescaled_row_the_slope_of_a_cell_of_0_outweighs_the_infinite_loss_of_the_others() -> None:
    # more of the true class lowers the factor of an infinite loss, more of the third raises it; a cell of 0 goes as 1/p
    found = slopes("ce", "0", "0.5,0,0.5", "--normalize", "--focal", "2", "--smoothing", "0.1")

    assert found == [[-inf, -inf, inf]]


# --- numbers beyond floats --------------------------------------------------------------------------------------------
EXTREME = [
    ("ce", "1", "1e308,-1e308", "--from", "logits"),
    ("ce", "0", "1e308,-1e308,1e308", "--from", "logits"),
    ("ce", "[[0.5,0.5]]", "1e308,-1e308", "--from", "logits"),
    ("bce", "1,0", "1e308,-1e308", "--from", "logits"),
    ("bce", "1,0", "-1e308,1e308", "--from", "logits"),
    ("bce", "0.5,0.5", "-1e308,1e308", "--from", "logits"),
    ("ce", "0", "5e-324,1e308", "--from", "logits"),
    ("ce", "0", "0,-1e308", "--from", "logprobs"),
    ("bce", "1,0", "-1e308,-5e-324", "--from", "logprobs"),
    ("bce", "1,0", "5e-324,5e-324"),
    ("ce", "1", "5e-324,5e-324,1", "--normalize"),
    ("ce", "1", "0,5e-324,0", "--normalize"),
]
MORE = [
    (),
    ("--focal", "2"),
    ("--focal", "0.5"),
    ("--smoothing", "0.1"),
    ("--base", "2"),
    ("-w", "1e308"),
    ("--check",),
]


@pytest.mark.parametrize("args", EXTREME, ids=" ".join)
@pytest.mark.parametrize("more", MORE, ids=" ".join)
def test_numbers_at_the_ends_of_floats_give_no_warning_and_no_nan(
    args: tuple[str, ...], more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    # warnings of numpy are errors in the tests, and here none of them may become an internal error
    soft = "0.5" in args[1]
    if soft and "--focal" in more:
        more = ("--smoothing", "0.2")
    if "-w" in more:
        more = ("-w", ",".join(["1e308"] * (args[1].count(",") + 1 if args[0] == "bce" else 1)))
    for by in Scale:
        code = main(["grad", *args, *more, "--wrt", by, "-f", "json"])
        out, err = capsys.readouterr()
        assert code in (0, 2) and "internal error" not in err and "Warning" not in err, (by, err)
        if code == 0:
            assert json.loads(out)["infinite"] == str(json.loads(out)["gradient"]).count("None")
    if "--check" not in more:
        code = main([*args, *more, "-f", "json"])
        out, err = capsys.readouterr()
        assert code == 0 and "Warning" not in err, err


# --- by parameters ----------------------------------------------------------------------------------------------------
def test_a_feature_in_millions_does_not_hide_a_wrong_slope_of_another(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from losscli.regression import gradient as by_params

    path = f"{tmp_path}/t.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("y,big,small\n1,3e6,0.5\n0,-2e6,1.5\n1,1e6,-0.25\n0,2e6,2\n")
    args = ("grad", "bce", path, "-y", "y", "-x", "big,small", "--wrt", "params", "--check", "-f", "json")
    assert run(*args).json["ok"]
    right = by_params.by_formula
    monkeypatch.setattr(by_params, "by_formula", lambda *given: right(*given) * np.array([1.0, 1.0, 1.001]))

    found = run(*args)

    assert found.code == 1 and not found.json["ok"] and found.json["max_rel_error"] > 1e-4


def test_the_check_of_parameters_holds_at_the_optimum(tmp_path: object) -> None:
    # by hand: two rows of each label at one x have their optimum at the log-odds of the shares, here ln 3 at x = 1
    path = f"{tmp_path}/t.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("y,x\n1,1\n1,1\n1,1\n0,1\n")
    theta = f"--theta={log(3.0)!r}"
    found = run("grad", "bce", path, "-y", "y", "-x", "x", "--no-intercept", "--wrt", "params", theta, "--check")
    assert found.code == 0, found


# --- the chain of numeric slopes --------------------------------------------------------------------------------------
def test_explaining_numeric_slopes_shows_them() -> None:
    args = ("grad", "bce", "1,0", "0.8,0.3", "--explain", "-f", "json")
    analytic = [row["gradient"] for row in run(*args).json["explain"]["rows"]]
    numeric = [row["gradient"] for row in run(*args, "--method", "numeric").json["explain"]["rows"]]
    assert analytic == numeric == ["-0.625", "0.714286"]


@pytest.mark.parametrize(
    ("args", "slopes"),
    [
        (("bce", "1,0", "0.1,0.9"), [-5.0, 5.0]),
        (("bce", "1,0", "0.0999,0.9001"), [0.0, 0.0]),
        (("ce", "0", "0.1,0.2,0.7"), [[-10.0, 0.0, 0.0]]),
        (("ce", "2", "0.05,0.05,0.9"), [[0.0, 0.0, -1 / 0.9]]),
        (("ce", "2", "0.04,0.05,0.91"), [[0.0, 0.0, 0.0]]),
    ],
)
def test_what_lies_on_the_bound_of_the_clipping_has_its_slope(args: tuple[str, ...], slopes: list[Any]) -> None:
    found = record("grad", *args, "--eps", "0.1", "--check")

    assert np.array(found["gradient"]) == pytest.approx(np.array(slopes), rel=1e-14, abs=0)
    assert np.array(found["numeric"]) == pytest.approx(np.array(slopes), rel=1e-8, abs=0)
    assert found["unchecked"] == 0


def test_slopes_that_bend_within_a_step_are_not_judged() -> None:
    rows = "y,a,b\n1,1,0.999999\n0,1,1.000001\n1,0.5,0.4999995\n"  # a step of a million times h moves logits by 6

    found = record("grad", "bce", "-x", "a,b", "--no-intercept", "--wrt", "params", "--theta", "1e6,-1e6", "--check",
                   stdin=rows)  # fmt: skip

    assert found["ok"] and any("2 entries not checked" in note for note in found["notes"])
    slopes = [(one["gradient"], one["numeric"]) for one in found["parameters"]]
    assert all(abs(analytic - numeric) > 0.05 * abs(analytic) for analytic, numeric in slopes)


@pytest.mark.parametrize("scale", list(Scale))
def test_beyond_a_bound_of_clipping_every_entry_is_checked(scale: str) -> None:
    near = ("0.9000001", "0.0999999", "0.95", "0.05", "1", "0")
    for label in ("1", "0", "0.25"):
        for p in near:
            found = record("grad", "bce", label, p, "--eps", "0.1", "--check", "--wrt", scale)
            assert found["ok"] and found["unchecked"] == 0, (label, p)


def test_no_step_on_another_scale_crosses_the_bound_of_the_clipping_of_classes() -> None:
    options: tuple[tuple[str, ...], ...] = ((), ("--normalize",), ("--focal", "2"), ("--smoothing", "0.1"))
    for eps, off, chosen in crossed((1e-7, 1e-3), (0.0, 1e-6, -1e-6, 1e-2, -1e-2), options):
        low = eps * (1.0 + off)
        for label, wrt in (("0", "logits"), ("0", "logprobs"), ("1", "logits"), ("1", "logprobs")):
            for total in (1.0, 0.3) if "--normalize" in chosen else (1.0,):
                given = (label, listed([total * (1.0 - low), total * low]), "--eps", repr(eps), *chosen, "--wrt", wrt)
                found = record("grad", "ce", *given, "--check")
                assert found["unchecked"] == 0, given


def test_a_corner_within_the_rounding_of_1_is_not_judged() -> None:
    for p, options in (
        ("0.9999999999999999", ()),
        ("0.9999999999999998", ("--like", "sklearn")),
        ("0.9999999999999944", ()),
        ("0.9999999", ("--eps", "1e-7")),
        ("0.999998999999", ("--eps", "1e-6")),
    ):
        found = record("grad", "bce", "0", p, *options, "--check")
        assert (found["ok"], found["unchecked"]) == (True, 1), p


def test_classes_with_cells_of_0_and_1_pass_the_check_with_all_options() -> None:
    rows, labels = "1,0,0;0,0.5,0.5;0,0,1;0.2,0,0.8;0.2,0.3,0.5", "0,1,1,2,0"
    options = (
        ("--normalize",),
        ("--eps", "0.01"),
        ("--smoothing", "0.1"),
        ("--focal", "2"),
        ("--class-weight", "1,2,0.5"),
    )
    several = [chosen for count in range(4) for chosen in combinations(options, count)]
    for chosen, library, wrt in crossed(several, ((), ("--like", "keras")), Scale):
        given = [*(part for option in chosen for part in option), *library, "--wrt", wrt.value]
        result = run("grad", "ce", labels, rows, *given, "--check", "-f", "json")
        assert result.code == 0 and result.json["ok"], (given, result)


def test_a_slope_that_is_off_by_little_is_found_whatever_the_size_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels: Any = LOSSES["bce"].kernels[Form.BINARY]
    right = kernels[Scale.PROBS].gradient
    wrong = kernels[Scale.PROBS]._replace(gradient=lambda targets, p: right(targets, p) * (1.0 + 5e-6))
    monkeypatch.setitem(kernels, Scale.PROBS, wrong)
    for p in ("0.5", "0.9", "1e-5", "1e-50", "1e-300"):
        result = run("grad", "bce", "1", p, "--check", "-f", "json")
        assert result.code == 1 and result.json["unchecked"] == 0, p
