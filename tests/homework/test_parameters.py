"""X^T (h - y) / m with the numbers put in, and the first step of a descent by hand."""

from math import exp, log
from pathlib import Path

import pytest
from conftest import Result, run

ROWS = "hours,passed\n1,0\n2,0\n3,1\n4,1\n"


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "homework.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


def gradient(table: str, *options: str) -> Result:
    return run("grad", "bce", table, "-y", "passed", "-x", "hours", "--wrt", "params", *options, "--explain")


def fit(table: str, *options: str, loss: str = "bce") -> Result:
    return run("fit", loss, table, "-y", "passed", "-x", "hours", *options, "--explain")


def test_a_gradient_by_parameters_shows_each_row_and_the_sums(table: str) -> None:
    out = gradient(table, "--theta", "-1,0.5").out

    assert "dloss/dtheta = X^T (h - y) / m, m = 4, what the mean divides by" in out
    assert "1    1, 1              0  -1 + 0.5 * 1 = -0.5  0.377541  0.377541" in out
    assert "(0.377541 + 0.5 + (-0.377541) + (-0.268941)) / 4" in out
    assert "(0.377541 + 2 * 0.5 + 3 * (-0.377541) + 4 * (-0.268941)) / 4" in out


def test_the_sums_are_the_gradient_that_is_printed(table: str) -> None:
    for options in (("--theta", "-1,0.5"), ("--pos-weight", "3"), ("-r", "sum"), ("--base", "2"), ("--no-intercept",)):
        found = gradient(table, *options, "-f", "json").json

        assert [one["gradient"] for one in found["explain"]["sums"]] == found["gradient"]


def test_what_is_no_plain_difference_is_not_called_one(table: str) -> None:
    out = gradient(table, "--pos-weight", "3").out

    assert "X^T (dloss/dz) / m" in out and "h - y" not in out


def test_classes_have_a_sum_for_each_parameter_of_each(table: str) -> None:
    out = run("grad", "ce", table, "-y", "passed", "-x", "hours", "--wrt", "params", "--explain").out

    assert "h = p = softmax(z)" in out and "hours[1]" in out
    assert "(0.5 + 2 * 0.5 + 3 * (-0.5) + 4 * (-0.5)) / 4" in out


def test_markdown_has_the_step_in_latex_and_the_curve_as_it_is_drawn(table: str) -> None:
    out = fit(table, "--lr", "0.5", "-f", "md").out

    assert r"| $\frac{\partial \text{loss}}{\partial \theta} = X^{T} \frac{h - y}{m}$, $m = 4$, what the mean " in out
    assert r"| hours | 0 | -0.5 | $0 - 0.5 \cdot (-0.5)$ | 0.25 |" in out
    assert "\n\nloss\n\n```\n" in out and " |*" in out.partition("```\n")[2] and out.count("```") == 2


def test_a_fit_shows_its_first_step(table: str) -> None:
    out = fit(table, "--theta", "0,1", "--lr", "0.5").out

    assert "a step: theta - lr * gradient, lr = 0.5 being the learning rate" in out
    assert "0 + 1 * 2 = 2" in out and "loss before the first step" in out and "lower by" in out


def test_the_first_step_is_that_of_the_fit(table: str) -> None:
    for options in ((), ("--l2", "0.3", "--theta", "0.5,-1"), ("--standardize",), ("--theta", "0.5,-1")):
        found = fit(table, *options, "--steps", "1", "-f", "json").json
        work = found["explain"]

        after = [one["after"] for one in work["step"]]
        assert after == pytest.approx([one["theta"] for one in found["parameters"]], rel=1e-14, abs=1e-16)
        assert [work["loss_before"], work["loss_after"]] == found["history"]


def test_the_first_step_of_a_coin_is_known(table: str) -> None:
    """By hand: at theta = 0 each h is 1/2, so that the gradient by the slope is (1 + 2 - 3 - 4) / 2 / 4 = -1/2."""
    work = fit(table, "--steps", "1", "-f", "json").json["explain"]

    assert [one["gradient"] for one in work["step"]] == [0.0, -0.5]
    assert [one["after"] for one in work["step"]] == [0.0, 0.05]
    assert work["loss_before"] == pytest.approx(log(2), rel=1e-15, abs=0)
    losses = [log(1 + exp(0.05 * x)) for x in (1, 2, -3, -4)]
    assert work["loss_after"] == pytest.approx(sum(losses) / 4, rel=1e-14, abs=0)


def test_thirty_rows_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("hours,passed\n" + "1,0\n2,1\n" * 16, encoding="utf-8")

    assert "2 more rows" in fit(str(path), "--steps", "3").out


@pytest.mark.parametrize(
    "options",
    [("--method", "newton"), ("--batch", "2"), ("--steps", "0"), ("-q",), ("-f", "csv"), ("--predict", "-")],
)
def test_a_fit_without_a_step_to_show_refuses(table: str, options: tuple[str, ...]) -> None:
    result = fit(table, *options)

    assert result.code == 2 and "--explain" in result.err


def test_a_gradient_by_parameters_without_such_a_product_refuses(table: str) -> None:
    assert gradient(table, "--focal", "2").code == 2
    assert gradient(table, "-q").code == 2
