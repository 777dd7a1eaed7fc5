"""The work behind an answer: the formula, the numbers put in, the sum, the division."""

import re
from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import run

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")


def shown(*arguments: str) -> str:
    result = run(*arguments, "--explain")
    assert result.code == 0, result.err
    return result.out


def test_the_work_has_formula_terms_sum_and_division() -> None:
    out = shown(*BCE)

    assert "loss = -[ y ln p + (1 - y) ln(1 - p) ]" in out
    assert "1    1      0.8         -ln(0.8)      0.223144" in out
    assert "2    0      0.3         -ln(1 - 0.3)  0.356675" in out
    assert "0.223144 + 0.356675 + 0.510826 + 0.356675" in out
    assert "divisor   4        the number of rows" in out
    assert "mean      0.36183  1.44732 / 4" in out


def test_the_work_is_markdown_to_paste_with_its_formulas_in_latex() -> None:
    out = shown(*BCE, "-f", "md")

    assert r"| $\text{loss} = -[y \ln p + (1 - y) \ln(1 - p)]$ |" in out
    assert r"| 1 | 1 | 0.8 | $-\ln(0.8)$ | 0.223144 |" in out
    assert r"| mean | 0.36183 | $\frac{1.44732}{4}$ |" in out


def test_the_symbols_of_options_are_latex_among_words() -> None:
    out = shown("ce", "1,0", "0.2,0.5,0.3;0.5,0.4,0.1", "--smoothing", "0.1", "--class-weight", "1,2,3", "-f", "md")

    assert r"| $q_{k}$ becomes $(1 - s) q_{k} + \frac{s}{3}$: $s = 0.1$ is the smoothing, " in out
    assert r"its weight: $w_{0} = 1, w_{1} = 2, w_{2} = 3$ |" in out


def test_the_chain_of_a_gradient_is_latex() -> None:
    out = shown("grad", *BCE, "--wrt", "logits", "-f", "md")

    assert r"\frac{\partial \text{loss}}{\partial z} = p - y$ |" in out
    assert r"| 1 | $\frac{0.8 - 1}{4}$ | -0.05 |" in out


@pytest.mark.parametrize(
    ("arguments", "term"),
    [
        (("bce", "1", "0.8", "--base", "2"), "-log2(0.8)"),
        (("bce", "0.3", "0.8"), "-0.3 * ln(0.8) - 0.7 * ln(1 - 0.8)"),
        (("bce", "1", "1.2", "--from", "logits"), "ln(1 + e^-1.2)"),
        (("bce", "0", "1.2", "--from", "logits"), "ln(1 + e^1.2)"),
        (("bce", "1", "-0.2", "--from", "logprobs"), "-(-0.2)"),
        (("bce", "1", "0.8", "--pos-weight", "3"), "-3 * ln(0.8)"),
        (("bce", "1", "0.8", "--focal", "2"), "(1 - 0.8)^2 * -ln(0.8)"),
        (("bce", "1", "0.8", "--smoothing", "0.1"), "-0.95 * ln(0.8) - 0.05 * ln(1 - 0.8)"),
        (("ce", "1", "0.2,0.5,0.3"), "-ln(0.5)"),
        (("ce", "0.1,0.6,0.3", "0.2,0.5,0.3"), "-0.1 * ln(0.2) - 0.6 * ln(0.5) - 0.3 * ln(0.3)"),
        (("ce", "1", "0.2,0.5,0.3", "--class-weight", "1,2,3"), "-2 * ln(0.5)"),
        (("ce", "1", "2,1,-0.5", "--from", "logits"), "ln(e^2 + e^1 + e^-0.5) - 1"),
        (("ce", "1", "-2,-1,-0.5", "--from", "logprobs"), "-(-1)"),
        (("nll", "0.8,0.7"), "-ln(0.8)"),
    ],
)
def test_each_row_shows_its_term_as_it_is_computed(arguments: tuple[str, ...], term: str) -> None:
    assert f"  {term}  " in shown(*arguments)


def test_weights_and_their_products_are_shown() -> None:
    out = shown(*BCE, "-w", "1,2,3,4")

    assert "mean = (sum of weight * loss) / (sum of the weights)" in out
    assert "weight * loss" in out and "the sum of the weights" in out


def test_what_was_clipped_is_told() -> None:
    out = shown("bce", "1,0,1", "0.8,0,0.3", "--like", "keras")

    assert "probabilities are clipped to [1e-07, 1 - 1.19209e-07]" in out
    assert "row 2: 0.0 became 1e-07" in out


def test_thirty_rows_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("y,p\n" + "1,0.5\n" * 35, encoding="utf-8")

    out = shown("bce", str(path))
    found = run("bce", str(path), "--explain", "-f", "json").json["explain"]

    assert "5 more rows" in out and "of 35 rows" in out
    assert (len(found["rows"]), found["more"]) == (30, 5)


def test_no_term_of_thirty_is_left_out() -> None:
    losses = [float(x) for x in run("bce", ",".join(["1"] * 30), listed(30), "-r", "none", "-q").out.split()]
    out = shown("bce", ",".join(["1"] * 30), listed(30))

    assert " + ".join(f"{loss:.6g}" for loss in losses) in out and "..." not in out


def listed(count: int) -> str:
    return ",".join(f"{0.5 + 0.01 * at:.2f}" for at in range(count))


def test_json_has_the_same_work() -> None:
    found = run(*BCE, "--explain", "-f", "json").json["explain"]

    assert found["rows"][0]["term"] == "-ln(0.8)" and found["rows"][0]["row"] == 1
    assert found["formula"][0].startswith("loss = ")
    assert found["value"] == 0.36182976573941633


def test_the_losses_of_rows_are_explained_too() -> None:
    out = shown(*BCE, "-r", "none")

    assert "-ln(1 - 0.4)" in out and "divisor" not in out.partition("formula")[2]


def test_formats_without_a_place_for_the_work_refuse_it() -> None:
    for options in (("-q",), ("-f", "csv"), ("-f", "tsv")):
        assert run(*BCE, "--explain", *options).code == 2
        assert run("grad", *BCE, "--explain", *options).code == 2


def test_explain_and_expect_go_together() -> None:
    out = run(*BCE, "--explain", "--expect", "0.36").out

    assert "-ln(0.8)" in out and "right: the mean is 0.36183 nats" in out


@pytest.mark.parametrize(
    ("arguments", "term"),
    [
        ((*BCE, "--wrt", "logits"), "(0.8 - 1) / 4"),
        (BCE, "(0.8 - 1) / (0.8 * (1 - 0.8)) / 4"),
        ((*BCE, "--wrt", "logits", "-r", "sum"), "(0.8 - 1)"),
        ((*BCE, "--wrt", "logits", "--pos-weight", "3"), "3 * (0.8 - 1) / 4"),
        (("ce", "0,2", "0.7,0.2,0.1;0.1,0.3,0.6", "--wrt", "logits"), "(0.7 - 1, 0.2 - 0, 0.1 - 0) / 2"),
        (("ce", "0,2", "0.7,0.2,0.1;0.1,0.3,0.6"), "(-1 / 0.7, 0, 0) / 2"),
    ],
)
def test_a_gradient_shows_its_chain_of_factors(arguments: tuple[str, ...], term: str) -> None:
    assert f"1    {term}  " in shown("grad", *arguments)


def test_a_gradient_without_such_a_chain_says_so() -> None:
    assert run("grad", "ce", "0", "0.7,0.2,0.1", "--normalize", "--explain").code == 2
    assert run("grad", *BCE, "--focal", "2", "--smoothing", "0.1", "--explain").code == 2


def test_the_focal_factor_is_derived_by_the_product_rule_with_numbers() -> None:
    """By hand for the first row: 0.04 * -0.2 + 2 * 0.2 * 0.8 * 0.2231436 * -0.2 = -0.02228118, over 4 rows."""
    out = shown("grad", *BCE, "--wrt", "logits", "--focal", "2")

    assert "the product rule: (1 - p)^g * s + g (1 - p)^(g - 1) * p * l * s" in out
    assert "1    [(1 - 0.8)^2 * (0.8 - 1) + 2 * (1 - 0.8) * 0.8 * 0.223144 * (0.8 - 1)] / 4  -0.0055703" in out
    assert "[(1 - 0.8)^3 * (0.8 - 1) + 3 * (1 - 0.8)^2 * 0.8" in shown("grad", *BCE, "--wrt", "logits", "--focal", "3")


def test_the_softmax_is_worked_out_with_its_powers_their_sum_and_the_share() -> None:
    out = shown("ce", "0,2", "2,1,-0.5;1,2,3", "--from", "logits")

    assert "softmax of row 1, step by step\ne^2 = 7.38906, e^1 = 2.71828, e^-0.5 = 0.606531\n" in out
    assert "\n7.38906 + 2.71828 + 0.606531 = 10.7139\n" in out
    assert "the share of the label's class: p = e^2 / 10.7139 = 0.689672" in out
    assert "-ln(0.689672) = 0.371539, which is also ln(10.7139) - 2" in out
    assert "e^1000" not in out and "step by step" not in shown("ce", "0", "1000,2,1", "--from", "logits")


def test_the_logarithm_of_the_sigmoid_is_shown_as_the_kernel_takes_it() -> None:
    out = shown("bce", "1,0", "1.2,-0.3", "--from", "logits")

    assert "so that -ln sigmoid(z) = ln(1 + e^-z) and -ln(1 - sigmoid(z)) = ln(1 + e^z)" in out


def test_likelihood_logarithm_and_loss_are_one_argument() -> None:
    out = shown(*BCE)

    assert "likelihood            0.2352   0.8 * 0.7 * 0.6 * 0.7" in out
    assert "its logarithm        -1.44732  ln 0.2352" in out
    assert "cross-entropy         0.36183  -(-1.44732) / 4, the mean loss" in out
    for options in (("-w", "1,2,3,4"), ("--smoothing", "0.1"), ("--focal", "2"), ("--pos-weight", "2")):
        assert "from the likelihood" not in shown(*BCE, *options)


def test_the_divergence_is_what_the_entropy_of_soft_labels_leaves() -> None:
    out = shown("ce", "0.6,0.4;0.2,0.8", "0.7,0.3;0.25,0.75").partition("the work")[2]

    assert "label entropy  0.586707   of the label probabilities" in out
    assert "KL divergence  0.0147923  0.601499 - 0.586707, the mean without it" in out


def test_the_derivative_of_the_softmax_is_taken_in_its_steps_and_in_numbers() -> None:
    out = shown("grad", "ce", "0,2", "0.7,0.2,0.1;0.1,0.3,0.6", "--wrt", "logits")

    assert "dp[j]/dz[k] = p[k] (1 - p[k]) for j = k, and dp[j]/dz[k] = -p[j] p[k] for other j" in out
    assert "dloss/dz[k] = -q[k] (1 - p[k]) + p[k] (1 - q[k]), so that dloss/dz[k] = p[k] - q[k]" in out
    table = out.partition("row 1: dp/dz")[2].splitlines()
    assert [line.split() for line in table[1:4]] == [
        ["p", "of", "0", "0.21", "-0.14", "-0.07"],
        ["p", "of", "1", "-0.14", "0.16", "-0.02"],
        ["p", "of", "2", "-0.07", "-0.02", "0.09"],
    ]


def test_latex_has_no_minus_that_subtracts_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,0\n2,1\n", encoding="utf-8")
    out = shown("grad", "bce", str(path), "-y", "y", "-x", "x", "--wrt", "params", "--theta=-1,0.25", "-f", "md")

    assert "= -0.75$" in out and "= - " not in out
    assert "[j = k]" not in shown("grad", "ce", "0", "0.7,0.2,0.1", "--wrt", "logits", "-f", "md")


@pytest.mark.parametrize(
    ("label", "weight", "term"),
    [
        ("1", "1.5", "1.5 * (0.8 - 1)"),
        ("0", "1.5", "(0.8 - 0)"),
        ("0.5", "3", "(0.5 * 0.8 - 1.5 * (1 - 0.8))"),
        ("0.5", "1", "(0.8 - 0.5)"),
    ],
)
def test_the_slope_of_a_weighed_positive_term_is_shown_as_it_is(label: str, weight: str, term: str) -> None:
    out = run("grad", "bce", label, "0.8", "--wrt", "logits", "--pos-weight", weight, "--explain").out

    assert f"\n1    {term}  " in out


IGNORED = "label,a,b\n1,0.2,0.8\n-1,0.6,0.4\n0,0.9,0.1\n"
SEVERAL = "y,z,p,q\n1,0,0.8,0.3\n0,1,0.4,0.9\n"


@pytest.mark.parametrize(
    ("command", "table"),
    [
        ("bce -", "label,prob\n1,0.8\n0,0.3\n1,0.4\n"),
        ("bce - --na drop", "label,prob\n1,0.8\n0,\n1,0.4\n"),
        ("bce - --wrt logits --focal 2", "label,prob\n1,0.8\n0,0.3\n"),
        ("bce - -y y,z -p p,q", SEVERAL),
        ("bce - -y y,z -p p,q --wrt logits -r sum", SEVERAL),
        ("ce - --ignore=-1", IGNORED),
        ("ce - --ignore=-1 --wrt logits", IGNORED),
        ("bce - --base 2", "label,prob\n1,0.8\n0,0.3\n1,0.4\n"),
        ("bce - -w weight", "label,prob,weight\n1,0.8,2\n0,0.3,0.5\n"),
    ],
)
def test_the_chain_of_each_row_comes_to_its_gradient(command: str, table: str) -> None:
    rows = run("grad", *command.split(), "--explain", "-f", "json", stdin=table).json["explain"]["rows"]

    assert rows
    for row in rows:
        chain = row["chain"].replace("^", "**").replace("[", "(").replace("]", ")").replace("ln 2", repr(log(2)))
        slopes, divisor = re.findall(r"^(.*?)((?: / [0-9.]+)*)$", chain)[0]  # a tuple divides by nothing in Python
        worked = np.ravel(eval(slopes)) * eval(f"1{divisor}")
        assert worked == pytest.approx([float(part) for part in row["gradient"].split(",")], rel=1e-4)


def test_a_gradient_of_several_labels_has_a_chain_for_each_cell_and_none_for_ignored_rows() -> None:
    of_cells = run("grad", "bce", "-", "-y", "y,z", "-p", "p,q", "--wrt", "logits", "--explain", stdin=SEVERAL).out
    assert "row  column  chain          gradient" in of_cells
    assert "1    1       (0.8 - 1) / 4  -0.05" in of_cells and "2    1       (0.4 - 0) / 4  0.1" in of_cells

    of_rows = run("grad", "ce", "-", "--ignore=-1", "--wrt", "logits", "--explain", stdin=IGNORED).out
    assert "1    (0.2 - 0, 0.8 - 1) / 2  0.1, -0.1" in of_rows and "3    (0.9 - 1, 0.1 - 0) / 2  -0.05, 0.05" in of_rows
