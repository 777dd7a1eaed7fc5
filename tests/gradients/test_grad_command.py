"""`losscli grad`: what it prints in each format, how it streams, what it refuses, and gradients by parameters."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import environment, record, refusal, run

from losscli.enums import Like, Scale

LABELS, PROBS = "1,0,0,1", "0.8,0.3,0.4,0.7"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "preds.csv"
    path.write_text("label,score,w\n1,0.8,1\n0,0.3,2\n1,0.25,1\n")
    return path


@pytest.fixture
def students(tmp_path: Path) -> Path:
    """80 rows of two features, made by a formula so that every reader has the same."""
    path = tmp_path / "students.csv"
    x1, x2, y = design()
    rows = (f"{a!r},{b!r},{c}" for a, b, c in zip(x1.tolist(), x2.tolist(), y.tolist(), strict=True))
    path.write_text("x1,x2,passed\n" + "\n".join(rows) + "\n")
    return path


def design() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i = np.arange(80)
    x1, x2 = np.round(2 * np.sin(i), 3), np.round(np.cos(3 * i) + 0.5, 3)
    return x1, x2, (x1 - x2 + np.round(1.5 * np.sin(7 * i + 1), 3) > 0).astype(int)


# --- output -----------------------------------------------------------------------------------------------------------


def test_json_has_the_gradient_and_its_figures() -> None:
    found = record("grad", "bce", LABELS, PROBS)
    keys = ["loss", "wrt", "reduction", "method", "n", "value", "norm", "max_abs", "gradient"]
    assert set(keys) <= set(found)
    assert [found[key] for key in keys[:5]] == ["bce", "probs", "mean", "analytic", 4]
    assert found["value"] == pytest.approx(0.36182976573941633, rel=1e-15, abs=0)  # scikit-learn's log_loss
    assert found["norm"] == pytest.approx(float(np.linalg.norm(found["gradient"])), rel=1e-15)
    assert found["max_abs"] == max(map(abs, found["gradient"]))


def test_json_with_check_has_both_gradients_and_how_far_they_are_apart() -> None:
    found = record("grad", "bce", LABELS, PROBS, "--check")
    assert found["ok"] is True and 0 < found["max_rel_error"] < 1e-8
    assert found["numeric"] == pytest.approx(found["gradient"], rel=1e-8, abs=0)


def test_json_with_reduction_none_gives_the_losses_as_the_value() -> None:
    found = record("grad", "bce", LABELS, PROBS, "-r", "none")
    assert found["value"] == pytest.approx([-np.log(p) for p in (0.8, 0.7, 0.6, 0.7)], rel=1e-15)
    assert record("grad", "bce", "1,0", "0.25,0.5", "-r", "none", "--base", "2")["value"] == [2.0, 1.0]


def test_infinite_slopes_are_null_in_json_and_counted() -> None:
    found = record("grad", "bce", "1,0,1", "0.5,1,0")
    assert found["gradient"][1:] == [None, None]
    assert (found["infinite"], found["norm"], found["max_abs"]) == (2, None, None)


def test_csv_calls_the_gradient_by_the_name_of_its_column(table: Path) -> None:
    lines = run("grad", "bce", table, "-f", "csv", "-r", "sum").out.splitlines()
    assert lines[0] == "row,score"
    assert lines[1] == "1,-1.25" and lines[3] == "3,-4.0" and len(lines) == 4


def test_csv_calls_the_gradient_of_lists_gradient_and_those_of_classes_by_class() -> None:
    assert run("grad", "bce", LABELS, PROBS, "-f", "csv").out.startswith("row,gradient\n")
    classes = ("cat,dog", "0.7,0.3;0.4,0.6", "--classes", "cat,dog")
    assert run("grad", "ce", *classes, "-f", "tsv").out.startswith("row\tcat\tdog\n")


def test_csv_with_check_puts_the_differences_beside_the_gradient() -> None:
    lines = run("grad", "bce", LABELS, PROBS, "-f", "csv", "--check").out.splitlines()
    assert lines[0] == "row,gradient,numeric_gradient,rel_error"
    assert all(float(line.split(",")[3]) < 1e-8 for line in lines[1:])


def test_quiet_prints_a_row_a_line_with_all_digits() -> None:
    assert run("grad", "bce", "1,0", "0.8,0.3", "-q", "-r", "sum").out == "-1.25\n1.4285714285714286\n"
    assert run("grad", "ce", "0,1", "0.5,0.5;0.2,0.8", "-q", "-r", "sum").out == "-2.0,0.0\n0.0,-1.25\n"


def test_the_table_shows_the_first_rows_and_says_how_many_more() -> None:
    labels, probs = ",".join(["1", "0"] * 15), ",".join(["0.5"] * 30)
    out = run("grad", "bce", labels, probs).out
    assert "row  label  prediction  gradient" in out
    assert "20   0      0.5" in out and "21   1" not in out
    assert "10 more rows; -f csv prints them all" in out
    assert "norm" in out and "largest entry" in out


def test_the_table_with_check_has_the_relative_error_of_each_row_and_the_largest() -> None:
    out = run("grad", "ce", "1", "0.2,0.5,0.3", "--check").out
    assert "numeric 1" in out and "relative error" in out and "the gradients agree" in out


def test_markdown_and_table_count_infinite_slopes() -> None:
    for form in ("md", "table"):
        out = run("grad", "bce", "1,0,1", "0.5,1,0", "-f", form).out
        assert "infinite derivatives" in out and "the first in row 2" in out


def test_warnings_go_to_standard_error_where_the_format_has_no_place_for_them() -> None:
    result = run("grad", "bce", "1,0", "0,0.5", "-q")
    assert (result.code, result.out) == (0, "-inf\n1.0\n")
    assert "losscli grad bce: the loss is infinite" in result.err and "1 derivative is infinite" in result.err


def test_predictions_may_begin_with_a_minus() -> None:
    found = record("grad", "bce", "--from", "logits", "1,0", "-1.2,0.3", "-r", "sum")["gradient"]
    # h - y with h = 1/(1 + e^-z), by hand: 0.231475... - 1 and 0.574442...
    assert found == pytest.approx([-0.7685247834990176, 0.574442516811659], rel=1e-14, abs=0)


def test_a_cell_for_each_of_several_labels_has_its_own_slope() -> None:
    found = record("grad", "bce", "1,0;0,1", "0.2,0.3;0.4,0.9")
    assert found["n"] == 4
    assert found["gradient"][0] == pytest.approx([-1.25, 1 / 0.7 / 4], rel=1e-15)


def test_a_file_and_a_pipe_give_the_same_bytes(table: Path) -> None:
    piped = run("grad", "bce", "-y", "label", "-p", "score", "-f", "csv", stdin=table.read_bytes())
    assert piped.out == run("grad", "bce", table, "-f", "csv").out


@pytest.mark.slow
def test_threads_change_nothing(tmp_path: Path) -> None:
    path = many_rows(tmp_path, 60_000)
    one, four = (run("grad", "bce", path, "-f", "json", "--check", "--threads", n).out for n in ("1", "4"))
    assert one == four


def test_ignored_rows_are_printed_as_0_and_dropped_rows_are_not_printed() -> None:
    rows = "label,p0,p1\n0,0.5,0.5\n1,0.4,0.6\n0,NA,0.1\n0,0.25,0.75\n"
    out = run("grad", "ce", "--ignore", "1", "--na", "drop", "-f", "csv", stdin=rows).out
    assert out == "row,p0,p1\n1,-1.0,0.0\n2,0.0,0.0\n4,-2.0,0.0\n"


def many_rows(tmp_path: Path, rows: int) -> Path:
    path = tmp_path / f"many{rows}.csv"
    path.write_text("y,p\n" + "".join(f"{i % 2},0.{(i * 7919) % 9973:04d}1\n" for i in range(rows)))
    return path


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = (peak_memory("grad", "bce", many_rows(tmp_path, rows), "-f", "csv") for rows in (900_000, 2_700_000))
    # the rows and gradients that are 1,800,000 more, held in memory, would be 29 MB as two columns of floats alone
    assert large - small < 25_000


def peak_memory(*args: str | Path) -> int:
    """The most memory that a process of the command held, in KB on Linux."""
    command = [sys.executable, "-m", "losscli", *map(str, args)]
    script = (
        "import resource, subprocess\n"
        f"subprocess.run({command!r}, stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    return int(done.stdout)


# --- the check --------------------------------------------------------------------------------------------------------


def test_a_check_with_too_long_a_step_disagrees_and_exits_with_1() -> None:
    result = run("grad", "bce", "1,0", "0.2,0.4", "--check", "--step", "0.1", "-f", "json")
    assert (result.code, result.json["ok"]) == (1, False)
    # by hand: (ln 0.1 - ln 0.3)/0.2 = -5.4930614433405 against -5, and half of it for the mean
    assert result.json["numeric"][0] == pytest.approx(-5.493061443340548 / 2, rel=1e-12)
    assert result.json["max_rel_error"] == pytest.approx(1 - 5 / 5.493061443340548, rel=1e-9)


def test_an_own_step_is_taken_to_one_side_where_it_would_leave_the_unit_interval() -> None:
    found = record("grad", "bce", "1,1", "0.00001,0.99999", "--method", "numeric", "--step", "0.0001")["gradient"]
    assert all(np.isfinite(found))


def test_the_longest_step_by_probabilities_is_a_quarter() -> None:
    # by hand: (-ln 0.75 + ln 0.25) / 0.5
    found = record("grad", "bce", "1", "0.5", "--method", "numeric", "--step", "0.25")["gradient"]
    assert found == pytest.approx([-2.1972245773362196], rel=1e-12)
    assert "--step" in refusal("grad", "bce", "1", "0.5", "--method", "numeric", "--step", "0.2500001")


def test_certain_hits_and_misses_pass_the_check() -> None:
    # what is infinite can't be moved: a logit of 0 or 1, a log-probability of 0
    for wrt, unchecked in ((Scale.PROBS, 0), (Scale.LOGITS, 5), (Scale.LOGPROBS, 2)):
        result = run("grad", "bce", "1,0,1,0,0.5,1", "1,0,0,1,1,0.3", "--check", "--wrt", wrt, "-f", "json")
        assert result.code == 0 and result.json["max_rel_error"] < 1e-6, wrt
        assert result.json["unchecked"] == unchecked, wrt


def test_slopes_by_logits_next_to_probability_1_pass_the_check() -> None:
    for miss in (1e-3, 1e-7, 1e-11, 1e-15):
        for probs in (f"{1.0 - miss!r},{miss!r}", f"{1.0 - miss!r},{miss / 4!r},{miss * 0.75!r}"):
            found = record("grad", "ce", "0", probs, "--wrt", "logits", "--check")
            assert (found["ok"], found["unchecked"]) == (True, 0) and found["max_rel_error"] < 1e-7, probs


@pytest.mark.parametrize("like", list(Like))
@pytest.mark.parametrize("wrt", list(Scale))
@pytest.mark.parametrize(
    ("loss", "labels", "probs"),
    [("bce", "1,0,1,0,1,0", "0.9,0.3,0,1,1,0"), ("ce", "0,1,2", "0.7,0.2,0.1;0.5,0.5,0;0.2,0.3,0.5")],
)
def test_the_conventions_of_libraries_pass_the_check(like: str, wrt: str, loss: str, labels: str, probs: str) -> None:
    result = run("grad", loss, labels, probs, "--check", "--wrt", wrt, "--like", like, "-f", "json")
    assert result.code == 0 and result.json["max_rel_error"] < 1e-6


def test_a_step_next_to_1_is_no_smaller_than_the_distance_of_floats() -> None:
    for args in (
        ("bce", "1", "0.9999999999999998"),
        ("bce", "1", "0.9999999999999999"),
        ("ce", "0", "0.9999999999999998,0"),
    ):
        found = np.ravel(record("grad", *args, "--method", "numeric")["gradient"])
        assert found[0] == pytest.approx(-1.0, rel=1e-9), args


def test_probabilities_next_to_1_are_counted_where_differences_of_floats_cannot_judge() -> None:
    found = record("grad", "bce", "0,1", "0.9999999999999998,0.5", "--check", "-r", "sum")
    assert (found["ok"], found["unchecked"]) == (True, 1)
    assert found["gradient"][0] == 2.0**52  # 1/(1-p), p being two units in the last place below 1


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused_in_one_line() -> None:
    cases = [
        (
            ("bce", "1,0", "0.5,0.5", "--step", "0.1"),
            "--step is for numeric differences; add --method numeric or --check",
        ),
        (("bce", "1,0", "0.5,0.5", "--check", "--step", "0.3"), "--step: 0.3 is too large for probabilities"),
        (("bce", "1,0", "0.5,0.5", "--check", "--step", "0"), "--step: 0 is not a step; it must be above 0 and finite"),
        (("bce", "1,0", "0.5,0.5", "--check", "--step", "x"), "--step: 'x' is not a number"),
        (
            ("bce", "1,0", "0.5,0.5", "--theta", "1,2"),
            "--theta is for gradients with respect to parameters; add --wrt params",
        ),
        (("bce", "1,0", "0.5,1.5"), "row 2: 1.5 is not a probability"),
        (("bce", "1,0", "0.5,0.5", "--from", "logits", "--like", "sklearn"), "--like sklearn takes probabilities"),
        (("nll", "0.8,0.7", "--wrt", "logits"), "--wrt logits does not apply"),
        (("bce", "1,0", "0.5,0.5", "--fail-above", "1"), "no such option"),
        (("bce", "1,0", "0.5,0.5", "--wrt", "params"), "--wrt params needs the columns"),
        (("bce", "1,0", "0.5,0.5", "--wrt", "params", "-x", "a"), "a regression needs a table"),
    ]
    for args, said in cases:
        assert said in refusal("grad", *args), (args, said)


def test_a_fault_in_the_last_row_of_a_file_prints_nothing_but_where_it_is(tmp_path: Path) -> None:
    path = many_rows(tmp_path, 50_000)
    path.write_text(path.read_text() + "1,abc\n")
    assert refusal("grad", "bce", path, "-f", "csv").endswith("many50000.csv:50002: column 'p': 'abc' is not a number")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "--wrt params needs the columns of the features: -x COLS"),
        (("-x", "x1,x2", "--theta", "1,2"), "--theta gives 2 numbers, expected 3: intercept, x1, x2"),
        (("-x", "x1,x2", "--theta", "1,2,3", "--no-intercept"), "--theta gives 3 numbers, expected 2: x1, x2"),
        (("-x", "x1", "--theta", "1,b"), "--theta: 'b' is not a number"),
        (("-x", "x1,x3"), "no column 'x3'; the columns are 'x1', 'x2', 'passed'"),
        (("-x", "x1,x2", "--like", "sklearn"), "--like sklearn takes probabilities, not logits"),
        (("-x", "x1,x2", "--eps", "0.1"), "--eps is for probabilities"),
        (("-x", "x1,x2", "-p", "x1"), "-p chooses predictions"),
        (("-x", "x1,x2", "-r", "none"), "-r none gives a loss for each row"),
        (("-x", "x1,passed"), "column 'passed' is chosen for two purposes"),
        (("-x", "x1,x2", "-w", "x2"), "column 'x2' is chosen for two purposes"),
    ],
)
def test_a_gradient_by_parameters_refuses_in_one_line(students: Path, args: tuple[str, ...], said: str) -> None:
    assert said in refusal("grad", "bce", students, "-y", "passed", "--wrt", "params", *args)


def test_a_feature_that_is_no_number_is_named_with_its_line() -> None:
    said = refusal("grad", "bce", "--wrt", "params", "-x", "a,b", stdin="a,b,y\n1,2,1\n1,red,0\n")
    assert said == "<stdin>:3: column 'b': 'red' is not a number"
    said = refusal("grad", "bce", "--wrt", "params", "-x", "a,b", stdin="a,b,y\n1,2,1\n1,inf,0\n")
    assert said == "<stdin>:3: column 'b': inf is not finite; features must be finite numbers"


# --- by parameters ----------------------------------------------------------------------------------------------------


def test_the_gradient_by_parameters_at_0_is_x_transposed_h_minus_y_over_m(students: Path) -> None:
    x1, x2, y = design()
    x = np.column_stack((np.ones(80), x1, x2))
    found = record("grad", "bce", students, "-y", "passed", "--wrt", "params", "-x", "x1,x2")
    assert found["gradient"] == pytest.approx((x.T @ (0.5 - y) / 80).tolist(), rel=1e-12, abs=0)
    assert found["value"] == pytest.approx(np.log(2), rel=1e-15)
    assert [entry["parameter"] for entry in found["parameters"]] == ["intercept", "x1", "x2"]


def test_the_gradient_by_parameters_elsewhere_follows_theta_and_the_intercept(students: Path) -> None:
    x1, x2, y = design()
    h = 1 / (1 + np.exp(-(0.5 * x1 - 2 * x2)))
    args = ("-y", "passed", "--wrt", "params", "-x", "1-2", "--theta", "0.5,-2", "--no-intercept")
    found = record("grad", "bce", students, *args, "-r", "sum", "--check")
    assert found["gradient"] == pytest.approx([x1 @ (h - y), x2 @ (h - y)], rel=1e-12, abs=0)
    assert found["ok"] and found["numeric"] == pytest.approx(found["gradient"], rel=1e-7)


def test_the_gradient_of_a_softmax_by_parameters_has_a_row_a_class() -> None:
    rows = "a,b,kind\n1,2,cat\n-1,0.5,cow\n0.25,-3,dog\n2,1,cow\n"
    theta = np.array([[0.1, 0.2, 0.3], [0.0, -0.5, 1.0], [1.0, 0.0, -0.25]])
    x = np.array([[1, 1, 2], [1, -1, 0.5], [1, 0.25, -3], [1, 2, 1]])
    e = np.exp(x @ theta.T)
    q = np.eye(3)[[0, 1, 2, 1]]
    expected = (e / e.sum(axis=1, keepdims=True) - q).T @ x / 4
    args = ("ce", "-y", "kind", "--wrt", "params", "-x", "a,b", "--theta", "0.1,0.2,0.3;0,-0.5,1;1,0,-0.25")
    found = record("grad", *args, "--check", stdin=rows)
    assert np.array(found["gradient"]) == pytest.approx(expected, rel=1e-12, abs=0)
    assert found["ok"]
    lines = run("grad", *args, "-f", "csv", stdin=rows).out.splitlines()
    assert lines[0] == "parameter,theta,gradient" and lines[1].startswith("intercept[cat],0.1,")
    assert run("grad", *args, "-q", stdin=rows).out.count("\n") == 3


def test_theta_with_a_row_for_each_class_makes_classes_of_two_labels() -> None:
    rows, call = "y,a\n1,0.5\n0,0.5\n1,2\n", ("grad", "nll", "-", "-x", "a", "--wrt", "params")
    # by hand: the logits are theta times 1 and a, for the classes 0 and 1
    z = np.array([[0.5, 0.5], [0.5, 0.5], [2.0, 0.5]])
    h = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected = (h - np.eye(2)[[1, 0, 1]]).T @ np.array([[1, 0.5], [1, 0.5], [1, 2]]) / 3

    found = record(*call, "--theta", "0,1;0.5,0", stdin=rows)
    assert np.array(found["gradient"]) == pytest.approx(expected, rel=1e-13, abs=0)
    named = record(*call, "--theta", "0,1;0.5,0", "--classes", "0,1", stdin=rows)
    assert named["gradient"] == found["gradient"]
    for theta in ((), ("--theta", "0,1")):
        one = record(*call, *theta, stdin=rows)
        assert [entry["parameter"] for entry in one["parameters"]] == ["intercept", "a"], theta


def test_weights_smoothing_and_the_weight_of_the_positive_term_reach_the_parameters() -> None:
    rows = "a,y,w\n1,1,2\n-1,0,0.5\n3,0,1\n0.5,1,4\n"
    a, y, w = np.array([1, -1, 3, 0.5]), np.array([1, 0, 0, 1]), np.array([2, 0.5, 1, 4])
    h, t = 1 / (1 + np.exp(-0.7 * a)), 0.9 * y + 0.05
    slope = w * ((3 * t + 1 - t) * h - 3 * t)
    options = ("--smoothing", "0.1", "--pos-weight", "3", "-w", "w", "--no-intercept", "--theta", "0.7")
    found = record("grad", "bce", "--wrt", "params", "-x", "a", *options, "--check", stdin=rows)
    assert found["gradient"] == pytest.approx([slope @ a / w.sum()], rel=1e-12) and found["ok"]


def test_focal_class_weights_base_and_ignored_rows_reach_the_parameters() -> None:
    rows = "a,k\n1,0\n-1,1\n3,2\n0.5,1\n2,9\n"
    args = ("ce", "--wrt", "params", "-x", "a", "-y", "k", "--ignore", "9", "--class-weight", "1,2,0.5", "--base", "2")
    found = record("grad", *args, "--focal", "2", "--theta", "0,1;0.5,0;0,-1", "--check", stdin=rows)
    assert (found["ok"], found["n"]) == (True, 4)


def test_a_check_at_the_optimum_does_not_mistake_rounding_for_a_fault(students: Path) -> None:
    theta = run("fit", "bce", students, "-y", "passed", "--method", "newton", "-q").out.strip()
    args = ("-y", "passed", "--wrt", "params", "-x", "x1,x2", "--theta", theta, "--check")
    assert run("grad", "bce", students, *args).code == 0


def test_large_features_pass_the_check() -> None:
    rows = "size,y\n210400,1\n160000,0\n240000,1\n141600,0\n300000,0\n"
    found = record("grad", "bce", "--wrt", "params", "-x", "size", "--theta", "0.5,0.00001", "--check", stdin=rows)
    assert found["ok"] and found["max_rel_error"] < 1e-6


def test_the_table_by_parameters_names_theta_gradient_and_differences(students: Path) -> None:
    out = run("grad", "bce", students, "-y", "passed", "--wrt", "params", "-x", "x*", "--check").out
    assert "parameter  theta  gradient" in out and "numeric" in out and "loss" in out and "the gradients agree" in out


def test_the_slopes_that_are_the_answer_stand_first_whichever_method_is_asked_for() -> None:
    call = ("grad", "bce", "1,0", "0.8,0.3", "--check", "--method")
    formula, differences = record(*call, "analytic"), record(*call, "numeric")

    assert formula["gradient"] == [-0.625, pytest.approx(0.7142857142857143, rel=1e-15)]
    assert differences["gradient"] == differences["numeric"] == formula["numeric"] != formula["gradient"]


def test_a_slope_by_a_parameter_within_the_rounding_of_its_difference_is_not_checked_and_not_wrong() -> None:
    rows = "y,a\n" + "1,1\n0,2\n1,-1\n0,-2\n" * 5
    call = ("grad", "bce", "-y", "y", "-x", "a", "--wrt", "params", "--theta", "0.5,1", "--check", "--step")
    for step in ("1e-12", "1e-13"):
        found = record(*call, step, stdin=rows)
        assert found["ok"] and found["unchecked"] > 0, step
    assert record(*call, "1e-5", stdin=rows)["unchecked"] == 0
