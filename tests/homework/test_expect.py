# ruff: noqa: RUF001 - dashes, signs and full-width digits as students type them
"""A typed answer: how precise it is, whether it is right, and which mistakes it is consistent with."""

import csv
import sys
from math import exp, inf, log
from pathlib import Path

import numpy as np
import pytest
from conftest import mistakes, refusal, run, write

from losscli.enums import Scale
from losscli.errors import UsageError
from losscli.homework.check_gradient import diagnose_gradient
from losscli.homework.mistakes.candidate import Candidate, CandidateArray
from losscli.homework.mistakes.gradients import Predictions, RightGradient
from losscli.homework.typed import typed_answer, typed_number
from losscli.homework.verdict import judged
from losscli.output.formats import FORMATS

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from diagnosis import Tally, kinds, measure

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")  # 0.36182976573941633 nats, worked by hand


# --- what is typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.52", 0.515, 0.525),
        (".52", 0.515, 0.525),
        ("+0.520", 0.5195, 0.5205),
        ("5.2e-1", 0.515, 0.525),
        ("2", 1.5, 2.5),
        ("2.", 1.5, 2.5),
        ("-0.9", -0.95, -0.85),
        ("12e1", 115.0, 125.0),
    ],
)
def test_a_typed_number_stands_for_half_a_unit_of_its_last_digit_ends_included(
    text: str, low: float, high: float
) -> None:
    typed = typed_number(text)

    assert typed.fits(low) and typed.fits(high) and typed.fits((low + high) / 2)
    assert not typed.fits(low - 1e-9 * abs(low)) and not typed.fits(high + 1e-9 * abs(high))


def test_a_fraction_is_exact() -> None:
    assert typed_number("1/3").fits(1 / 3)
    assert not typed_number("1/3").fits(0.3333333)
    assert typed_number("-2/3").fits(-2 / 3)


def test_inf_and_nan_are_themselves_only() -> None:
    assert typed_number("inf").fits(inf) and not typed_number("inf").fits(1e308)
    assert typed_number("-inf").fits(-inf) and not typed_number("-inf").fits(inf)
    assert typed_number("nan").fits(float("nan")) and not typed_number("nan").fits(0.0)


@pytest.mark.parametrize(
    "text",
    ["0.52 m", "0,52", "1_000", "", "abc", "0x10", "1/0", "0.5.2", "\u0661", "1e99999999", "--5", "9" * 400, "log(2)"],
)
def test_what_is_no_number_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError):
        typed_number(text)

    result = run(*BCE, f"--expect={text}")

    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1 and result.err.startswith("losscli bce: --expect")


def test_a_unit_is_told_from_a_decimal_comma() -> None:
    assert "without a unit" in run(*BCE, "--expect", "0.52 m").err
    assert "decimal comma" in run(*BCE, "--expect", "0,52").err
    assert "ln(...), log2(...) or log10(...)" in run(*BCE, "--expect", "log(2)").err


@pytest.mark.parametrize(
    "text",
    [
        ".36",
        "0.3618...",
        "0.3618…",
        "≈0.36",
        "~ 0.36",
        "= 0.36183",
        "loss = 0.36183",
        "０．３６",
        "[0.36]",
        "[[0.3618]]",
        "(0.3618)",
        "tensor(0.3618)",
        "tensor([0.3618])",
        "tensor(0.3618, dtype=torch.float64)",
        "tensor(0.3618, device='cuda:0', grad_fn=<NllLossBackward0>)",
        "np.float64(0.36182976573941633)",
        "array(0.36183, dtype=float32)",
        "<tf.Tensor: shape=(), dtype=float32, numpy=0.36182976>",
        "1.4473/4",
        "1.4473 ÷ 4",
        "(0.2231 + 0.3567 + 0.5108 + 0.3567) / 4",
        "-(ln(0.8) + ln(0.7) + ln(0.6) + ln(0.7)) / 4",
        "ln(1/(0.8*0.7*0.6*0.7))/4",
        "36.2%",
        "36.18 %",
        "0.36 nats",
        "0.3618 nat",
        "3.618e-1",
        "3.618 × 10⁻¹",
        "3.618*10^-1",
        "3.618 x 10^(-1)",
    ],
)
def test_what_students_and_terminals_write_is_understood(text: str) -> None:
    assert run(*BCE, f"--expect={text}").code == 0
    assert run(*BCE, "--base", "3", f"--expect={text}").code in (1, 2)  # 0.32935, which none of these is


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0.36", -0.36),
        ("−0.36", -0.36),
        ("–0.36", -0.36),
        ("- 0.36", -0.36),
        ("－０．３６", -0.36),
        ("1/3", 1 / 3),
        ("½", 0.5),
        ("ln(2)", log(2)),
        ("log2(3)", log(3) / log(2)),
        ("log10 2", log(2) / log(10)),
        ("-ln(0.8)", -log(0.8)),
        ("sqrt(2)/2", 2**0.5 / 2),
        ("exp(-1)", 1 / 2.718281828459045),
        ("e^-1", 1 / 2.718281828459045),
        ("2^3", 8.0),
        ("∞", inf),
        ("-∞", -inf),
    ],
)
def test_signs_fractions_and_logarithms_are_the_numbers_they_mean(text: str, value: float) -> None:
    assert typed_number(text).value == pytest.approx(value, rel=1e-15, abs=0)


def test_a_quotient_of_decimals_is_as_precise_as_they_are() -> None:
    typed = typed_number("1.4473/4")  # 1.44725 to 1.44735

    assert typed.fits(0.3618125) and typed.fits(0.3618375)
    assert not typed.fits(0.361812) and not typed.fits(0.361838)


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("1.4473/4", 0.361825, 0.0000125),
        ("0.5*0.3", 0.15, 0.55 * 0.35 - 0.15),
        ("-0.5*0.3", -0.15, 0.55 * 0.35 - 0.15),
        ("0.5*-0.3", -0.15, 0.55 * 0.35 - 0.15),
        ("0.5+0.25", 0.75, 0.055),
        ("0.5-0.25", 0.25, 0.055),
        ("0.25 - 0.5 + 1", 0.75, 0.055),
        ("1/0.5", 2.0, 1 / 0.45 - 2),
        ("-1/0.5", -2.0, 1 / 0.45 - 2),
        ("1/-0.5", -2.0, 1 / 0.45 - 2),
        ("0.5/2", 0.25, 0.025),
        ("-(0.5)/2", -0.25, 0.025),
        ("+0.5/2", 0.25, 0.025),
        ("(0.5+0.5)/2", 0.5, 0.05),
        ("1.50*2", 3.0, 0.01),
        ("1e-3*2", 0.002, 2e-12),  # whole numbers are exact: nine digits
        ("3/4", 0.75, 0.75e-9),
        ("01/04", 0.25, 0.25e-9),
        ("2^10", 1024.0, 1024e-9),
        ("2**-2", 0.25, 0.25e-9),
        ("4^0.5", 2.0, 2e-9),
        ("0.125^(1/3)", 0.5, 0.5e-9),
        ("2^3^2", 512.0, 512e-9),
        ("-2^2", -4.0, 4e-9),
        ("e/2", exp(1) / 2, exp(1) / 2 * 1e-9),
        ("pi/4", 0.7853981633974483, 0.7853981633974483e-9),
        ("ln 2 / 2", log(2) / 2, log(2) / 2 * 1e-9),
        ("log2(8)", 3.0, 3e-9),
        ("log10(1000)", 3.0, 3e-9),
        ("exp(0.5)", exp(0.5), exp(0.5) * 1e-9),
        ("sqrt(0.25)", 0.5, 0.5e-9),
        ("-ln(0.8)/2 + 0.1", 0.1 - log(0.8) / 2, (0.1 - log(0.8) / 2) * 1e-9),
    ],
)
def test_a_calculation_is_as_precise_as_the_numbers_in_it(text: str, value: float, half: float) -> None:
    typed = typed_number(text)

    assert typed.value == pytest.approx(value, rel=1e-15, abs=0)
    assert float(typed.half_unit) == pytest.approx(half, rel=1e-12, abs=0)


def test_what_is_no_calculation_is_no_number() -> None:
    for text in (
        "2^401", "2^-401", "9^9^9", "1/0", "1/(0.5-0.5)", "1/(0.5-0.45)", "5 5", "2+", "*2", "2++3", "2-+3", "ln",
        "ln()", "ln(0)", "ln(-1)", "sqrt(-1)", "(1", "1)", "x*2", "abs(1)/2", "max(1,2)", "[1]/2", "1 if 2 else 3",
        "2//3", "ln(0.2)^0.5", "5 % 2", "1<2", "2 == 2", "log(2)/2", "exp(1000)", "0.5.1+1", "1e5000*2", "(-8)^0.5",
    ):  # fmt: skip
        with pytest.raises(UsageError):
            typed_number(text)


def test_digits_that_are_left_out_may_be_any() -> None:
    typed = typed_number("0.3618...")

    assert typed.fits(0.361899) and typed.fits(0.36175) and not typed.fits(0.36191) and not typed.fits(0.36174)


def test_another_unit_than_the_one_asked_for_is_named() -> None:
    bits = run(*BCE, "--expect", "0.522 bits")
    same = run(*BCE, "--expect", "0.3618 bits")

    assert (bits.code, same.code) == (1, 1)
    assert "0.522 bits names bits, but the answer is asked for in nats; --base 2 asks for bits" in bits.out
    assert "base-2" in bits.out
    assert run(*BCE, "--base", "2", "--expect", "0.522 bits").code == 0
    assert run(*BCE, "--base", "10", "--expect", "0.1571 bans").code == 0
    assert "leaving --base out asks for nats" in run(*BCE, "--base", "2", "--expect", "0.3618 nats").out


def test_lists_are_read_as_single_numbers_are() -> None:
    rows = (*BCE, "-r", "none", "--expect")

    for text in (
        "-ln(0.8), ln(1/0.7), -ln(0.6), 0.3567...",
        "tensor([0.2231, 0.3567, 0.5108, 0.3567])",
        "[0.2231 0.3567 0.5108 0.3567]",
        "22.31%; 35.67%; 51.08%; 35.67%",
        "0.2231 nats, 0.3567 nats, 0.5108 nats, 0.3567 nats",
        "loss = [0.2231, 0.3567, 0.5108, 0.3567]",
    ):
        assert run(*rows, text).code == 0, text
    assert run(*rows, "0.2231, x, 0.5108, 0.3567").code == 2


def test_a_whole_number_in_a_list_of_decimals_is_as_precise_as_they_are() -> None:
    zero = typed_answer("0.15, 0, -0.2500", many=True)[1]

    assert zero.fits(0.004) and not zero.fits(0.006)
    of_percentages = typed_answer("15%, 0", many=True)
    assert [one.decimals for one in of_percentages] == [2, 0]
    assert of_percentages[1].fits(0.004) and not of_percentages[1].fits(0.4)


# --- right and wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", range(2, 9))
def test_a_right_answer_is_accepted_at_any_precision(digits: int) -> None:
    result = run(*BCE, "--expect", f"{0.36182976573941633:.{digits}g}", "-q")

    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize("form", ["{!r}", "{:.8g}", "{:.9g}", "{:.4f}", "{:.6g}"])
def test_what_float32_computes_is_right_to_float32(form: str) -> None:
    y, p = np.array([1, 0, 0, 1], np.float32), np.array([0.8, 0.3, 0.4, 0.7], np.float32)
    value = float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    assert value != 0.36182976573941633

    result = run(*BCE, "--expect", form.format(value))

    assert result.code == 0
    assert ("right to float32" in result.out) == (form in ("{!r}", "{:.8g}", "{:.9g}"))


def test_a_mistake_clips_as_the_type_of_the_predictions_says(here: Path) -> None:
    np.save("y.npy", np.array([1, 0]))
    for kind, bits in ((np.float32, 23), (np.float64, 52)):  # scikit-learn clips to the epsilon of the type
        np.save("p.npy", np.array([0.0, 0.5], kind))
        unsmoothed = (bits * log(2) + log(2)) / 2
        command = ("bce", "y.npy", "p.npy", "--like", "sklearn", "--smoothing", "0.1", f"--expect={unsmoothed:.8g}")
        assert "smoothed" in mistakes(*command), kind


def test_a_number_next_to_the_right_one_is_wrong_and_the_right_one_shown_with_the_digits_that_differ() -> None:
    result = run(*BCE, "--expect", "0.361829965")

    assert result.code == 1 and "wrong: the mean is 0.3618298 nats" in result.out


@pytest.mark.parametrize("typed", ["0", "0.0", "0.000", "-0", "0e0", "0%"])
def test_an_answer_without_a_significant_digit_is_none(typed: str) -> None:
    result = run("bce", "1,0", "0.9999,0.0001", f"--expect={typed}")

    assert result.code == 1 and "no significant digit" in result.out
    assert run("bce", "1,0", "1,0", f"--expect={typed}").code == 0


def test_a_list_of_zeros_is_no_gradient() -> None:
    grad = ("grad", "bce", "1,0,0,1", "0.999,0.001,0.002,0.998", "--expect")

    assert run(*grad, "0,0,0,0", "--wrt", "logits").code == 1
    assert run("grad", "ce", "0,1,0", "0.2,0.5,0.3", "--expect", "0,-2,0").code == 0


def test_a_tolerance_is_accepted_beside_the_typed_precision() -> None:
    assert run(*BCE, "--expect", "0.3631", "--tolerance", "0.002").code == 0
    assert run(*BCE, "--expect", "0.3631", "--tolerance", "0.001").code == 1
    assert run(*BCE, "--expect", "0.36", "--tolerance", "0").code == 0
    found = run(*BCE, "--expect", "0.3631", "--tolerance", "0.002", "-f", "json").json["expect"]
    assert (found["ok"], found["tolerance"]) == (True, 0.002)
    assert run("grad", *BCE, "--wrt", "logits", "--expect", "-0.051,0.075,0.1,-0.075", "--tolerance", "0.002").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tolerance", "0.1"), "--tolerance is for checking an answer; add --expect X"),
        (("--hide-answer",), "--hide-answer is for checking an answer; add --expect X"),
        (("--expect", "1", "--tolerance", "-1"), "--tolerance: -1 is out of range"),
        (("--expect", "1", "--tolerance", "nan"), "--tolerance: nan is out of range"),
        (("--expect", "1", "--hide-answer", "--explain"), "it contradicts --hide-answer"),
    ],
)
def test_options_of_an_answer_that_make_no_sense_are_refused(options: tuple[str, ...], said: str) -> None:
    assert said in refusal(*BCE, *options)


HIDDEN = ("0.36183", "0.361829", "1.44732", "0.52201", "0.223144", "0.510826", "0.693147")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("typed", ["0.522", "0.7712", "0.36", "0", "nan"])
def test_a_hidden_answer_is_not_given_away(form: str, typed: str) -> None:
    result = run(*BCE, "--expect", typed, "--hide-answer", "-f", form)

    assert result.code == (0 if typed == "0.36" else 1)
    assert not any(figure in result.out + result.err for figure in HIDDEN)
    assert ("base 2" in result.out) == (typed == "0.522" and form not in ("csv", "tsv"))


@pytest.mark.parametrize("form", FORMATS)
def test_a_hidden_gradient_is_not_given_away(form: str) -> None:
    rows = run("grad", *BCE, "--wrt", "logits", "--expect", "0.2,-0.3,0.2,0.3", "--hide-answer", "-f", form)
    losses = run(*BCE, "-r", "none", "--expect", "1,2,3,4", "--hide-answer", "-f", "json")

    assert rows.code == 1 and not any(figure in rows.out + rows.err for figure in ("-0.05", "0.1", "0.075", "0.36183"))
    assert losses.code == 1 and "losses" not in losses.json and not any(figure in losses.out for figure in HIDDEN)


@pytest.mark.parametrize("form", FORMATS)
def test_hidden_parameters_and_their_gradient_are_not_given_away(form: str, here: Path) -> None:
    write("f.csv", "x,y\n1,1\n-1,0\n0.5,0\n-0.5,1\n2,1\n")
    for call in ("fit bce f.csv -y y --steps 2 --lr 0.7", "grad bce f.csv -y y -x x --wrt params --theta 0.1,-0.3"):
        right = [one[-1] for one in csv.reader(run(*call.split(), "-f", "csv").out.splitlines()[1:])]
        shown, hidden = (run(*call.split(), "--expect", "7,8", *more, "-f", form) for more in ((), ("--hide-answer",)))
        assert shown.code == hidden.code == 1 and len(right) == 2
        for number in right:
            short = f"{float(number):.6g}"[:-1]
            assert short in shown.out + shown.err and short not in hidden.out + hidden.err, (call, number)


def test_quiet_prints_nothing_and_the_exit_code_says_it() -> None:
    for arguments, wrong in (
        (BCE, "0.522"),
        ((*BCE, "-r", "none"), "1,2,3,4"),
        (("grad", *BCE), "1,2,3,4"),
    ):
        result = run(*arguments, "--expect", wrong, "-q")
        assert (result.code, result.out, result.err) == (1, "", "")


def test_a_single_number_is_compared_with_the_sum_of_a_gradient() -> None:
    assert run("grad", "ce", "0,1,0", "0.2,0.5,0.3", "--expect", "-2").code == 0
    wrong = run("grad", "ce", "0,1,0", "0.2,0.5,0.3", "--expect", "2")
    assert wrong.code == 1 and "negated" in wrong.out and "the sum of the gradient is -2" in wrong.out


def test_the_exit_code_answers_and_negative_answers_are_read() -> None:
    assert run(*BCE, "--expect", "0.36").code == 0
    assert run(*BCE, "--expect", "0.37").code == 1
    assert run(*BCE, "--expect", "-0.36").code == 1
    assert run("bce", "--expect", "-.36", *BCE[1:]).code == 1


def test_a_right_answer_does_not_excuse_a_loss_above_the_limit() -> None:
    assert run(*BCE, "--expect", "0.36", "--fail-above", "0.3").code == 1
    assert run(*BCE, "--expect", "0.36", "--fail-above", "0.4").code == 0


def test_json_tells_what_was_given_and_how_precise_it_is() -> None:
    found = run(*BCE, "--expect", "0.522", "-f", "json").json["expect"]

    assert (found["given"], found["ok"], found["tolerance"]) == (0.522, False, 0.0005)
    first = found["consistent_with"][0]
    assert first["id"] == "base-2"
    assert first["value"] == pytest.approx(0.36182976573941633 / log(2), rel=1e-15, abs=0)
    assert "base 2" in first["meaning"] and "--base 2" in first["cure"]


def test_every_format_has_a_place_for_the_verdict() -> None:
    assert "consistent with" in run(*BCE, "--expect", "0.522").out
    assert "| base-2 | 0.52201 |" in run(*BCE, "--expect", "0.522", "-f", "md").out
    header, values = run(*BCE, "--expect", "0.522", "-f", "csv").out.splitlines()
    assert dict(zip(header.split(","), values.split(","), strict=True))["ok"] == "no"


def test_a_gradient_that_no_mistake_gives_is_not_sent_to_terms_that_are_not_shown() -> None:
    out = run("grad", *BCE, "--expect", "0.71,0.32,0.13,0.44").out

    assert "no known mistake gives 0.71,0.32,0.13,0.44 on these data" in out
    assert "terms above" not in out


def test_the_gradient_by_the_logits_comes_before_that_of_the_squared_error() -> None:
    found = run("grad", *BCE, "--expect=-0.05,0.075,0.1,-0.075", "-f", "json").json["expect"]["consistent_with"]

    assert [one["id"] for one in found][:2] == ["by-logits", "squared-error"]


def test_several_fits_of_few_digits_ask_for_more() -> None:
    assert "more digits" in run(*BCE, "--expect", "0.09").out
    assert "more digits" not in run(*BCE, "--expect", "0.522").out


def test_an_answer_that_nothing_gives_is_shown_the_terms_to_compare_with() -> None:
    result = run(*BCE, "--expect", "0.7712")

    assert result.code == 1
    assert "no known mistake gives 0.7712" in result.out
    assert "-ln(1 - 0.3)" in result.out and "1.44732 / 4" in result.out


def test_an_answer_cut_off_or_rounded_up_is_told_so() -> None:
    assert "was the answer cut off and not rounded?" in run("bce", "1", "0.7", "--expect", "0.3566").out  # of 0.356675
    assert "was the answer rounded up?" in run("bce", "1", "0.8", "--expect", "0.224").out  # of 0.223144
    for far in ("1e400", "1e9"):
        assert "rounded up" not in run("bce", "1", "0.8", "--expect", far).out, far


def test_an_infinite_answer_can_be_expected() -> None:
    assert run("bce", "1,0", "0,0.5", "--expect", "inf").code == 0
    assert "clipped" in mistakes("bce", "1,0", "0,0.5", "--expect", "8.405621")  # (16.118096 + 0.693147) / 2
    assert "0 * ln(0)" in run("bce", "1,0", "1,0", "--expect", "nan").out


def test_the_losses_of_rows_are_compared_one_by_one() -> None:
    right = run(*BCE, "-r", "none", "--expect", "0.2231, 0.3567, 0.5108, 0.3567")
    wrong = run(*BCE, "-r", "none", "--expect", "0.2231, 0.3567, 0.9163, 0.3567")

    assert right.code == 0
    assert wrong.code == 1 and "the first is number 3, 0.9163, which should be 0.510826" in wrong.out
    assert mistakes(*BCE, "-r", "none", "--expect", "0.3219 0.5146 0.7370 0.5146") == ["base-2"]
    assert run(*BCE, "-r", "none", "--expect", "0.2231, 0.3567").code == 2
    assert run(*BCE, "-r", "none", "--expect", "0.1", "-f", "csv").code == 2


def test_a_large_table_is_diagnosed_by_its_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losscli.homework.check_loss.MOST_ROWS", 3)

    result = run(*BCE, "--expect", "0.522")

    assert "summary figures only" in result.out and "base-2" in result.out
    assert run(*BCE, "--expect", "0.36").code == 0


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_a_sum_is_diagnosed_on_the_way_to_the_sum_and_to_the_mean() -> None:
    assert "mean" in mistakes(*BCE, "-r", "sum", "--expect", "0.36183")
    assert "brier" in mistakes(*BCE, "-r", "sum", "--expect", "0.3800")  # 4 * 0.095
    assert "brier" in mistakes(*BCE, "-r", "sum", "--expect", "0.09500")


def test_another_base_brings_nats_into_question() -> None:
    assert mistakes(*BCE, "--base", "2", "--expect", "0.36183")[0] == "base-e"


def test_weights_left_out_and_weights_over_n_are_named() -> None:
    weighted = (*BCE, "-w", "1,2,3,4")
    terms = np.array([-log(0.8), -log(0.7), -log(0.6), -log(0.7)])
    total = float(terms @ np.array([1.0, 2.0, 3.0, 4.0]))

    assert "weights-ignored" in mistakes(*weighted, "--expect", "0.361830")
    assert "weights-over-n" in mistakes(*weighted, "--expect", f"{total / 4:.6f}")
    assert "weights-over-sum" in mistakes(*weighted, "--like", "torch", "--expect", f"{total / 10:.6f}")


def test_an_entry_that_equals_the_right_answer_is_never_named() -> None:
    # with two labels and p = 1/2 throughout, halves, swaps and baselines give the right answer itself
    found = mistakes("bce", "1,0", "0.5,0.5", "--expect", "1.386294")

    assert "sum" in found and "classes-swapped" not in found and "baseline" not in found


@pytest.fixture(scope="module")
def tally() -> Tally:
    """A short run of the benchmark."""
    return measure(sets=6, seed=20)


@pytest.mark.slow
def test_planted_mistakes_are_named(tally: Tally) -> None:
    for kind, names in kinds(tally).items():
        share = sum(tally.named[name] for name in names) / sum(tally.planted[name] for name in names)
        assert share >= (0.9 if kind.startswith("pairs") else 0.97), kind
    assert all(np.mean(named) >= 0.97 for named in tally.forms.values()), tally.forms.keys()
    assert np.mean(tally.printed["accepted"]) >= 0.97 and np.mean(tally.printed["diagnosed"]) <= 0.01
    often = [name for name in tally.planted if tally.planted[name] >= 20]
    worst = min(often, key=lambda name: tally.named[name] / tally.planted[name])
    assert tally.named[worst] / tally.planted[worst] >= 0.9, worst


@pytest.mark.slow
def test_right_answers_are_accepted_and_arbitrary_numbers_left_alone(tally: Tally) -> None:
    assert tally.accepted == tally.right
    assert tally.diagnosed[4] / tally.arbitrary[4] < 0.04


# --- cases from forums ------------------------------------------------------------------------------------------------


def test_columns_in_another_order_than_the_labels_as_in_scikit_learn_30910() -> None:
    """https://github.com/scikit-learn/scikit-learn/issues/30910: labels=["dog", "cat"], and 36.04 in place of 0."""
    found = mistakes("ce", "dog,cat", "1,0;0,1", "--classes", "dog,cat", "--expect", "36.0437")

    assert "columns-permuted" in found


@pytest.mark.parametrize(("label", "right", "wrong"), [("c", "0.5108", "1.2040"), ("a", "1.2040", "0.5108")])
def test_a_label_order_that_is_sorted_behind_the_back_as_in_scikit_learn_24515(
    label: str, right: str, wrong: str
) -> None:
    """https://github.com/scikit-learn/scikit-learn/issues/24515; the data are built from its -ln 0.6 and -ln 0.3."""
    arguments = ("ce", f"[{label}]", "0.6,0.3,0.1", "--classes", "c,a,b", "--expect")

    assert run(*arguments, right).code == 0
    assert "columns-permuted" in mistakes(*arguments, wrong)


def test_probabilities_given_to_nll_loss_as_in_pytorch_10033() -> None:
    """https://github.com/pytorch/pytorch/issues/10033: nll_loss([[.9, .1]], [0]) is -0.9."""
    found = mistakes("nll", "0", "0.9,0.1", "--expect", "-0.9")

    assert found[0] == "probs-as-logprobs" and "no-log" in found


def test_probabilities_given_to_cross_entropy_as_in_the_pytorch_forum_79749() -> None:
    """https://discuss.pytorch.org/t/cross-entropy-loss-math-under-the-hood/79749: 0.9488 for a sum of 2.8824."""
    pixels = ("ce", "2,2,0,1", "0.1,0.2,0.7; 0.3,0.3,0.4; 0.4,0.4,0.2; 0.5,0.5,0")

    assert run(*pixels, "-r", "sum", "--expect", "2.8824").code == 0
    assert mistakes(*pixels, "-r", "sum", "--expect", "0.9488") == ["probs-as-logits"]
    assert mistakes(*pixels, "--expect", "0.9488") == ["probs-as-logits"]


def test_probabilities_given_to_cross_entropy_as_in_the_pytorch_forum_78256() -> None:
    """discuss.pytorch.org/t/78256, 0.6662 for 1.7529; the data are built to give these two numbers."""
    rows = ("ce", "0,0,0", "0.00588,0.99412; 0.89,0.11; 0.994,0.006")

    assert run(*rows, "--expect", "1.7529").code == 0
    assert mistakes(*rows, "--expect", "0.6662") == ["probs-as-logits"]


def test_a_binary_formula_on_one_hot_labels_as_in_datascience_stackexchange_27146() -> None:
    """datascience.stackexchange.com/q/27146, 10.6046 for 5.8015; the data are built to give these two numbers."""
    rows = ("ce", "0,0,0", "0.064,0.888,0.048; 0.149,0.776,0.075; 0.317,0.092,0.591", "-r", "sum")

    assert run(*rows, "--expect", "5.8015").code == 0
    assert "bce-over-cells" in mistakes(*rows, "--expect", "10.6046")


# --- gradients --------------------------------------------------------------------------------------------------------

Y, P = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.8, 0.3, 0.4, 0.7])
Z = np.log(P / (1 - P))
BY_LOGITS = RightGradient((P - Y) / 4, 4.0, 4, wrt=Scale.LOGITS, predictions=Predictions(Y, P, Z))
BY_PROBS = RightGradient((P - Y) / (P * (1 - P)) / 4, 4.0, 4, wrt=Scale.PROBS, predictions=Predictions(Y, P, Z))


def gradient_ids(given: np.ndarray, right: RightGradient) -> list[str]:
    """What a gradient typed with 6 digits is consistent with."""
    text = ",".join(f"{x:.6g}" for x in given.ravel().tolist())
    return [fit.id for fit in diagnose_gradient(typed_answer(text, many=True), right).verdict.fits]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("negated", (Y - P) / 4),
        ("not-averaged", P - Y),
        ("divided-twice", (P - Y) / 16),
        ("halved", (P - Y) / 8),
        ("doubled", (P - Y) / 2),
        ("base-2", (P - Y) / 4 / log(2)),
        ("squared-error", (P - Y) * P * (1 - P) / 4),
        ("squared-error", 2 * (P - Y) * P * (1 - P) / 4),
        ("by-probs", (P - Y) / (P * (1 - P)) / 4),
        ("first-term-only", -Y / P / 4),
        ("activation-forgotten", (Z - Y) / 4),
        ("activation-twice", (1 / (1 + np.exp(-P)) - Y) / 4),
        ("slope-only", P * (1 - P) / 4),
    ],
)
def test_mistakes_in_a_gradient_by_logits_are_named(name: str, given: np.ndarray) -> None:
    assert name in gradient_ids(given, BY_LOGITS)


def test_mistakes_in_a_gradient_by_probabilities_are_named() -> None:
    assert "by-logits" in gradient_ids((P - Y) / 4, BY_PROBS)
    assert "first-term-only" in gradient_ids(-Y / P / 4, BY_PROBS)


def test_mistakes_in_a_softmax_gradient_are_named() -> None:
    p, q = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    slopes = RightGradient((p - q) / 2, 2.0, 2, k=3, wrt=Scale.LOGITS, predictions=Predictions(q, p, np.log(p)))

    assert gradient_ids((p - q) * q / 2, slopes) == ["target-only"]
    assert "over-cells" in gradient_ids((p - q) / 6, slopes)
    twice = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    assert gradient_ids((twice - q) / 2, slopes) == ["activation-twice"]


def test_weights_left_out_of_a_gradient_are_named() -> None:
    w = np.array([1.0, 2.0, 3.0, 4.0])
    slopes = RightGradient(w * (P - Y) / 10, 10.0, 4, wrt=Scale.LOGITS, predictions=Predictions(Y, P, Z, w))

    assert gradient_ids((P - Y) / 4, slopes) == ["weights-ignored"]


@pytest.mark.parametrize(
    ("ratio", "name"), [(-1.0, "-1"), (4.0, "n = 4"), (0.25, "1/n = 0.25"), (0.5, "1/2"), (1 / log(2), "1/ln 2")]
)
def test_a_constant_ratio_is_told(ratio: float, name: str) -> None:
    text = ",".join(f"{x:.6g}" for x in (ratio * BY_LOGITS.right).tolist())

    found = diagnose_gradient(typed_answer(text, many=True), BY_LOGITS)

    assert (found.ratio, found.ratio_name, found.first_wrong) == (ratio, name, 0)


def test_a_ratio_without_a_name_is_told_as_a_number_and_no_ratio_as_none() -> None:
    seven = ",".join(f"{x:.6g}" for x in (7 * BY_LOGITS.right).tolist())
    found = diagnose_gradient(typed_answer(seven, many=True), BY_LOGITS)
    one_off = diagnose_gradient(typed_answer("-0.05,0.075,0.3,-0.075", many=True), BY_LOGITS)

    assert found.ratio == pytest.approx(7.0, rel=1e-6, abs=0) and found.verdict.fits == ()
    assert (one_off.ratio, one_off.first_wrong) == (None, 2)


def test_the_gradient_command_grades_a_list() -> None:
    grad = ("grad", *BCE, "--wrt", "logits", "--expect")

    assert run(*grad, "-0.05,0.075,0.1,-0.075").code == 0
    wrong = run(*grad, "[0.05, -0.075, -0.1, 0.075]")
    assert wrong.code == 1 and "negated" in wrong.out and "given / right is -1 for every entry" in wrong.out
    found = run(*grad, "-0.2,0.3,0.4,-0.3", "-f", "json").json["expect"]
    assert (found["ok"], found["ratio"], found["first_wrong"]) == (False, 4.0, 1)
    assert run(*grad, "1,2").code == 2


@pytest.mark.parametrize("typed", ["1e400", "-1e400"])
def test_a_number_beyond_the_range_of_floats_is_wrong_and_no_trouble(typed: str) -> None:
    assert run("bce", "1,0", "0.5,0.5", "--expect", typed, "-q").code == 1


@pytest.mark.parametrize(("options", "typed"), [("--base 2", "0.363548"), ("-r sum", "0.363548")])
def test_a_step_taken_otherwise_is_named_alone_where_a_second_mistake_shows_nothing(options: str, typed: str) -> None:
    result = run("bce", "1,0,1", "0.7,0.2,0.6", *options.split(), "--expect", typed, "-f", "json")

    assert [one["id"] for one in result.json["expect"]["consistent_with"]] == [
        "base-e" if "base" in options else "mean"
    ]


def test_twice_the_squared_error_is_named() -> None:
    result = run("grad", "bce", "1,0,1", "0.3,0.4,0.5", "--expect", "-0.466667,0.266667,-0.333333", "-f", "json")

    assert "squared-error" in [one["id"] for one in result.json["expect"]["consistent_with"]]


@pytest.mark.parametrize(
    ("typed", "digits"), [("0", 0), ("0.000", 0), ("0.5", 1), ("12.50", 4), ("1e-3", 1), ("120", 3), ("1/3", 9)]
)
def test_the_significant_digits_of_what_is_typed_are_counted(typed: str, digits: int) -> None:
    assert typed_number(typed).digits == digits


def test_a_number_has_320_characters_at_most() -> None:
    assert typed_number("0.5".ljust(320, "0")).exact == 0.5
    assert "is not a number" in refusal("bce", "1", "0.5", "--expect", "0.5".ljust(321, "0"))


def test_label_probabilities_that_were_made_hard_are_named() -> None:
    found = run("ce", "0.6,0.4;0.2,0.8", "0.7,0.3;0.2,0.8", "--expect", "0.28991", "-f", "json").json["expect"]

    assert "argmaxed-labels" in [fit["id"] for fit in found["consistent_with"]]


def test_a_focal_factor_that_was_forgotten_beside_another_slip_is_named() -> None:
    plain = run("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--base", "2", "-q").out  # no factor, and another base
    found = run("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--focal", "2", f"--expect={float(plain):.8f}", "-f", "json").json

    assert any("focal-2" in fit["id"] for fit in found["expect"]["consistent_with"])


def test_a_power_of_ten_in_a_list_is_as_precise_as_its_digits_whatever_stands_beside_it() -> None:
    ask = ("bce", "1,1", f"{exp(-12.0)!r},{exp(-0.25)!r}", "-r", "none", "--expect")
    assert run(*ask, "1e1,0.25").code == 0
    assert run(*ask, "1.2e1,0.25").code == 0
    assert run(*ask, "1.1e1,0.25").code == 1
    assert run(*ask, "12,0.25").code == 0
    assert run(*ask, "11,0.25").code == 1


def test_more_than_three_ways_that_fit_are_counted_and_not_named() -> None:
    def ways(count: int) -> CandidateArray:
        values = np.array([0.3601, 0.3602, 0.3603, 0.3604])[4 - count :]
        return CandidateArray(values, lambda at, _: Candidate(f"way-{at}", values[at], 10, "", ""), ("way", "ways"))

    three, four = (judged(typed_answer("0.36"), 5.0, (), [ways(count)]) for count in (3, 4))

    assert [fit.id for fit in three.fits] == ["way-0", "way-1", "way-2"] and three.undecided == ()
    assert four.fits == () and four.undecided[0].startswith("4 ways; ") and len(four.undecided) == 1


@pytest.mark.parametrize(("tried", "named"), [(9, True), (11, False)])
def test_a_way_that_one_number_in_a_hundred_fits_by_chance_is_not_named(tried: int, named: bool) -> None:
    """0.36 stands for 0.01 of the numbers up to 10, twice the right one: of n numbers there one fits by n / 1000."""
    values = np.array([0.3601, *np.full(tried - 1, 7.0)])
    ways = CandidateArray(values, lambda at, _: Candidate("way", values[at], 10, "", ""), ("way", "ways"))

    verdict = judged(typed_answer("0.36"), 5.0, (), [ways])

    assert bool(verdict.fits) is named and bool(verdict.undecided) is not named


def test_an_error_in_one_of_many_rows_is_named_by_digits_that_no_other_number_has_by_chance(here: Path) -> None:
    probs = [0.5 + 0.4 * ((at * 37) % 101) / 101 for at in range(600)]
    probs[123] = 1e-9
    write("t.csv", "label,prob\n" + "".join(f"1,{p!r}\n" for p in probs))
    without = sum(-log(p) for p in probs if p > 1e-3) / 600

    assert "row-omitted" in mistakes("bce", "t.csv", "--expect", f"{without:.9f}")
    assert "row-omitted" not in mistakes("bce", "t.csv", "--expect", f"{without:.4f}")
