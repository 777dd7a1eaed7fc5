"""Each step between what was given and the loss of a row is shown: sigmoid and softmax, rescaling, clipping, bounds."""

from math import exp

import pytest
from conftest import run

from losscli.losses.wording import as_number, listed


def shown(*arguments: str) -> str:
    result = run(*arguments, "--explain")
    assert result.code == 0, result.err
    return result.out.partition("formula\n")[2]


def work(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = run(*arguments, "--explain", "-f", "json").json["explain"]
    return found


def test_logits_are_shown_with_what_sigmoid_makes_of_them() -> None:
    out = shown("bce", "1,0", "1.2,-0.3", "--from", "logits")

    assert "row  label  prediction  sigmoid(z)  term            loss" in out
    assert "1    1      1.2         0.768525    ln(1 + e^-1.2)  0.263282" in out


def test_logits_of_classes_are_shown_with_what_softmax_makes_of_them() -> None:
    out = shown("ce", "1,0", "2,1,-0.5;1,2,3", "--from", "logits")
    rows = run("ce", "1", "2,1,-0.5", "--from", "logits", "--explain", "-f", "json").json["explain"]["rows"]
    whole = exp(2) + exp(1) + exp(-0.5)

    assert "softmax(z)" in out and "0.689672, 0.253716, 0.0566117" in out
    assert rows[0]["probabilities"] == pytest.approx([exp(z) / whole for z in (2, 1, -0.5)], rel=1e-14, abs=0)


def test_probabilities_have_no_such_column() -> None:
    assert "sigmoid" not in shown("bce", "1", "0.8") and "softmax" not in shown("ce", "1", "0.2,0.5,0.3")


def test_rescaled_rows_are_told_apart_from_clipped_cells() -> None:
    both = work("ce", "0,1,2", "0.2,0.5,0.4;0,0.7,0.3;0.1,0.3,0.6", "--like", "keras")

    assert both["rescaled"] == [
        "row 1: 0.2, 0.5, 0.4 became 0.181818, 0.454545, 0.363636, divided by the row's sum 1.1"
    ]
    assert both["clipped"] == ["row 2, class 0: 0.0 became 1e-07"]


def test_rescaling_alone_clips_nothing() -> None:
    out = shown("ce", "1", "0.2,0.5,0.4", "--normalize")

    assert "rescaled\nrow 1: " in out and "clipped" not in out


def test_a_logarithm_that_torch_holds_at_a_bound_shows_it() -> None:
    out = shown("bce", "1,0,0.5,1", "0,1,0,0.8", "--like", "torch")

    assert "  -max(ln(0), -100)  " in out
    assert "  -max(ln(1 - 1), -100)  " in out
    assert "  -0.5 * max(ln(0), -100) - 0.5 * ln(1 - 0)   50" in out
    assert "100 + 100 + 50 + 0.223144" in out
    assert "4    1      0.8         -ln(0.8) " in out


def test_the_bound_is_in_nats_whatever_the_base() -> None:
    assert "-max(log2(0), -100 / ln 2)  144.27" in shown("bce", "1", "0", "--like", "torch", "--base", "2")


def test_several_labels_a_row_are_cells_in_columns() -> None:
    out = shown("bce", "1,0;0,1", "0.2,0.3;0.9,0", "--eps", "0.001")

    assert "mean = (sum of the losses) / (number of cells)" in out
    assert "row  column  label  prediction" in out
    assert "2    2       1      0           -ln(0.001)" in out
    assert "row 2, column 2: 0.0 became 0.001" in out
    assert "4        the number of cells" in out


def test_more_cells_than_are_shown_are_counted_as_cells() -> None:
    assert "2 more cells" in shown("bce", ";".join(["1,0"] * 16), ";".join(["0.8,0.3"] * 16))


def test_the_likelihood_is_a_product_and_the_perplexity_a_power_of_the_mean() -> None:
    out = shown("nll", "0.8,0.7")

    assert "likelihood = product of the rows' e^-loss = e^-sum" in out
    assert "likelihood  0.56      0.8 * 0.7 = e^-0.579818" in out
    assert "perplexity  1.33631   e^0.289909, e to the power of the mean" in out


def test_weights_are_powers_of_likelihoods() -> None:
    out = shown("nll", "0.8,0.7", "-w", "2,1", "--base", "2")

    assert "likelihood  0.448     0.8^2 * 0.7 = 2^-1.15843" in out
    assert "product of the rows' 2^(-weight * loss) = 2^-sum" in out


def test_label_probabilities_of_zero_are_shown_once() -> None:
    out = shown("ce", "0,1,0;1,0,0", "0.2,0.5,0.3;0.6,0.2,0.2")

    assert "the first row with its zeros: -[ 0 ln 0.2 + 1 ln 0.5 + 0 ln 0.3 ], and 0 ln 0 is 0" in out
    assert "-ln(0.5)" in out and out.count("0 ln 0.2") == 1
    assert "zeros" not in shown("ce", "0.1,0.6,0.3", "0.2,0.5,0.3")


def test_each_option_explains_its_symbol() -> None:
    out = shown("ce", "1", "0.2,0.5,0.3", "--smoothing", "0.1", "--class-weight", "1,2,3", "--focal", "2")

    assert "loss = -sum over k of q[k] ln p[k]" in out
    assert "q[k] becomes (1 - s) q[k] + s / 3: s = 0.1 is the smoothing" in out
    assert "w[k], its weight: w[0] = 1, w[1] = 2, w[2] = 3" in out
    assert "(1 - p)^g: g = 2 is gamma, p the label's probability" in out
    assert "(1 - 0.5)^2 * [ -0.0333333 * ln(0.2) - 1.86667 * ln(0.5) - 0.1 * ln(0.3) ]" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("bce", "1", "0.8", "--pos-weight", "3"),
         "the term of label 1 is multiplied by w = 3, the weight of the positive label"),
        (("bce", "1,0;0,1", "0.2,0.3;0.9,0.6", "--pos-weight", "4,0.5"),
         "the term of label 1 is multiplied by w = 4, 0.5, one weight for each label"),
        (("bce", "1", "0.8", "--class-weight", "2,5"),
         "the term of class k is multiplied by w[k], its weight: w[0] = 2, w[1] = 5"),
        (("bce", "1", "0.8", "--class-weight", "2,5", "--like", "keras"),
         "the loss of a row of class k is multiplied by w[k], its weight: w[0] = 2, w[1] = 5"),
        (("bce", "1", "0.8", "--focal", "2", "--alpha", "0.3"),
         "the loss is multiplied by a for label 1 and by 1 - a for label 0: a = 0.3"),
        (("ce", "1", "0.2,0.5,0.3", "--focal", "2", "--alpha", "0.3"), "the loss is multiplied by a = 0.3"),
        (("bce", "1", "0.8", "--focal", "2"),
         "the loss is multiplied by (1 - p)^g: g = 2 is gamma, p the label's probability"),
        (("bce", "1", "0.8", "--focal", "2", "--smoothing", "0.1", "--like", "keras"),
         "the loss is multiplied by (1 - p[t])^g: g = 2 is gamma, p[t] = y p + (1 - y)(1 - p)"),
        (("ce", "1", "0.2,0.5,0.3", "--focal", "2", "--like", "keras"),
         "the term of class k is multiplied by (1 - p[k])^g: g = 2 is gamma"),
        (("bce", "1", "0.8", "--smoothing", "0.1"), "y becomes (1 - s) y + s / 2: s = 0.1 is the smoothing"),
        (("ce", "1", "0.2,0.5,0.3", "--smoothing", "0.1"),
         "q[k] becomes (1 - s) q[k] + s / 3: s = 0.1 is the smoothing, q[k] the part of class k in the label"),
        (("bce", "1", "0.8", "--eps", "0.01"), "probabilities are clipped to [0.01, 1 - 0.01]"),
        (("ce", "1", "0.2,0.5,0.3", "--normalize"), "each row of probabilities is divided by its sum"),
        (("bce", "1", "0.8", "--like", "torch"), "each logarithm is at least -100"),
        (("bce", "1", "0.8"), "mean = (sum of the losses) / (number of rows)"),
        (("bce", "1", "0.8", "-r", "sum"), "sum = sum of the losses"),
        (("bce", "1", "0.8", "-w", "2"), "mean = (sum of weight * loss) / (sum of the weights)"),
        (("bce", "1", "0.8", "-w", "2", "-r", "sum"), "sum = sum of weight * loss"),
        (("bce", "1", "0.8", "-w", "2", "--like", "torch"), "mean = (sum of weight * loss) / (number of rows)"),
        (("ce", "1", "0.2,0.5,0.3", "--class-weight", "1,2,3"),
         "mean = (sum of the losses) / (sum of the weights of the rows' classes)"),
        (("ce", "1", "0.2,0.5,0.3", "--class-weight", "1,2,3", "-w", "2"),
         "mean = (sum of weight * loss) / (sum of the weights, each times that of its class)"),
        (("bce", "1;0.5", "0.8;0.3", "--class-weight", "2,5"),
         "mean = (sum of the losses) / (sum of the weights of the rows' classes, 1 for a soft label)"),
        (("nll", "0.8", "--base", "2"), "likelihood = product of the rows' 2^-loss = 2^-sum"),
        (("nll", "0.8"), "likelihood = product of the rows' e^-loss = e^-sum"),
    ],
)  # fmt: skip
def test_each_option_has_its_line_below_the_formula(arguments: tuple[str, ...], line: str) -> None:
    found: list[str] = run(*arguments, "--explain", "-f", "json").json["explain"]["formula"]

    assert line in found, found


@pytest.mark.parametrize(
    ("call", "formula"),
    [
        ("bce 1 0.8", "loss = -[ y ln p + (1 - y) ln(1 - p) ]"),
        ("bce 1 0.8 --base 2", "loss = -[ y log2 p + (1 - y) log2(1 - p) ]"),
        ("bce 1 -0.2 --from logprobs", "loss = -[ y x + (1 - y) ln(1 - e^x) ], x = ln p"),
        ("bce 1 -0.2 --from logprobs --base 2", "loss = -[ y x / ln 2 + (1 - y) log2(1 - e^x) ], x = ln p"),
        ("bce 1 0.2 --from logits --base 10", "loss = y log10(1 + e^-z) + (1 - y) log10(1 + e^z)"),
        ("ce 1 0.2,0.8 --base 2", "loss = -log2 p[label]"),
        ("ce 0.5,0.5;0,1 0.5,0.5;0.2,0.8 --base 2", "loss = -sum over k of q[k] log2 p[k]"),
        ("ce 1 0.2,1 --from logits --base 2", "loss = log2(sum over k of e^z[k]) - z[label] / ln 2"),
        ("ce 0.5,0.5;0,1 1,2;0,1 --from logits", "loss = ln(sum over k of e^z[k]) - sum over k of q[k] z[k]"),
        ("ce 1 -0.2,-1.7077719 --from logprobs --base 2", "loss = -x[label] / ln 2, x = ln p"),
        ("ce 0.5,0.5;1,0 -0.2,-1.7077719;-0.2,-1.7077719 --from logprobs", "loss = -sum over k of q[k] x[k], x = ln p"),
        ("nll 0.5 --base 2", "loss = -log2 p"),
        ("nll -0.5 --from logprobs --base 2", "loss = -x / ln 2, x = ln p"),
        ("nll 1 0.8", "loss = -[ y ln p + (1 - y) ln(1 - p) ]"),
    ],
)
def test_each_loss_has_its_formula_on_each_scale(call: str, formula: str) -> None:
    assert run(*call.split(), "--explain", "-f", "json").json["explain"]["formula"][0] == formula


def test_names_of_classes_break_no_formula_in_markdown() -> None:
    for names, words in (
        (("a`b", "c|d", "50%", "x_y"), ("a'b", "c/d", r"50\%", r"x\_y")),
        (("{z}", "a~b", "k^2", "$n"), (r"\{z\}", "a-b", "k-2", r"\$n")),
        (("#1", "s&t", "a\\b", "[c]"), (r"\#1", r"s\&t", "a-b", "(c)")),
    ):
        command = ("ce", f"[{names[0]}]", "0.7,0.1,0.1,0.1", "--classes", ",".join(names), "--class-weight", "1,2,3,4")
        out = run(*command, "--explain", "-f", "md").out
        weights = ", ".join(rf"w_{{\text{{{word}}}}} = {at}" for at, word in enumerate(words, 1))
        assert f"its weight: ${weights}$ |" in out, (names, out)


def test_a_wrong_answer_that_nothing_fits_shows_every_row_of_a_small_table() -> None:
    small, large = (("bce", ",".join("10" * n), ",".join(["0.8", "0.3"] * n), "--expect", "7.77") for n in (24, 25))

    assert "48   0      0.3" in run(*small).out and "more rows" not in run(*small).out
    assert "30   0      0.3" in run(*large).out and "20 more rows" in run(*large).out


@pytest.mark.parametrize(("count", "shown"), [(6, "t0 + t1 + t2 + t3 + t4 + t5"), (7, "t0 + t1 + t2 + t3 + ... + t6")])
def test_a_long_list_of_terms_shows_the_first_four_and_the_last(count: int, shown: str) -> None:
    assert listed([f"t{at}" for at in range(count)], " + ") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.99999999, "0.99999999"), (1e-9, "1e-09"), (1.0000001, "1.0000001"), (1.0, "1"), (0.12345678, "0.123457")],
)
def test_a_number_next_to_a_certainty_is_shown_in_full(value: float, shown: str) -> None:
    assert as_number(value) == shown
