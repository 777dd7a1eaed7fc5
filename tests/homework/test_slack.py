# ruff: noqa: RUF001 - dashes and quotes as students type them
"""How far a typed answer may be off: digits cut off, float32, a tolerance, rounded data, finite differences; and what
stands around a number that is pasted."""

from typing import Any

import numpy as np
import pytest
from conftest import record, refusal, run

Y, P = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.8, 0.3, 0.4, 0.7])
BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")  # the mean is 0.36182976573941633, the sum 1.4473190629576653
RIGHT = (P - Y) / 4
GRAD = ("grad", *BCE, "--wrt", "logits")


def told(*arguments: str) -> dict[str, Any]:
    """The verdict on a typed answer."""
    found: dict[str, Any] = run(*arguments, "-f", "json").json["expect"]
    return found


def ids(*arguments: str) -> list[str]:
    return [fit["id"] for fit in told(*arguments)["consistent_with"]]


# --- mistakes have the slack of right answers -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        "1.4473190307617188",  # the float32 next to the sum, as Python prints it
        "1.447319",
        "1.44731",  # cut off, not rounded
        "1.4473190629576653",
        "tensor(1.4473)",
    ],
)
def test_a_sum_is_named_however_a_framework_prints_it(typed: str) -> None:
    assert ids(*BCE, "--expect", typed)[0] == "sum"


def test_a_mistake_that_is_off_by_the_tolerance_is_named() -> None:
    assert ids(*BCE, "--expect", "0.5231") == []
    assert ids(*BCE, "--expect", "0.5231", "--tolerance", "0.002")[0] == "base-2"


def test_mistakes_in_gradients_have_the_same_slack() -> None:
    wrong = -RIGHT

    for form in (lambda x: repr(float(np.float32(x))), lambda x: f"{x:.6g}", repr):
        assert ids(*GRAD, "--expect", ",".join(map(form, wrong.tolist()))) == ["negated"]
    printed = ",".join(repr(float(np.float32(x))) for x in (4 * RIGHT).tolist())
    assert "given / right is n = 4 for every entry" in run(*GRAD, f"--expect={printed}").out
    assert ids(*GRAD, "--expect", "0.0509,-0.0751,-0.1,0.0755", "--tolerance", "0.001") == ["negated"]


def test_four_decimals_are_too_few_to_take_them_for_cut_off() -> None:
    assert ids(*BCE, "--expect", "0.9047") == []  # half of 1.80956 is 0.90478


# --- rounded data -----------------------------------------------------------------------------------------------------
TRUE = np.array([0.81234567, 0.34123456, 0.41231234, 0.72313131, 0.10234567])
LABELS = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
PRINTED = ("bce", "1,0,0,1,0", ",".join(f"{p:.4f}" for p in TRUE))
ANSWER = float(-(LABELS * np.log(TRUE) + (1 - LABELS) * np.log(1 - TRUE)).mean())  # 0.31777..., before rounding


@pytest.mark.parametrize("digits", [5, 6, 7, 15])
def test_the_answer_to_the_data_before_they_were_printed_is_as_right_as_these_tell(digits: int) -> None:
    result = run(*PRINTED, "--expect", f"{ANSWER:.{digits}g}")
    found = told(*PRINTED, "--expect", f"{ANSWER:.{digits}g}")

    assert result.code == 0 and (found["ok"], found["consistent_with"]) == (True, [])
    if digits > 5:
        assert "right as far as the rounded data tell" in result.out
        assert found["remark"].startswith("the predictions are rounded")


def test_a_number_outside_the_band_of_rounded_data_is_wrong() -> None:
    """A half unit of 0.00005 moves the terms by 0.00025 and the mean by less than a third of that."""
    assert run(*PRINTED, "--expect", f"{ANSWER + 0.0002:.6f}", "-q").code == 1


def test_data_with_few_decimals_are_meant_exactly() -> None:
    assert run(*BCE, "--expect", "0.361839", "-q").code == 1


def test_a_mistake_on_the_data_before_they_were_printed_is_named() -> None:
    swapped = float(-(LABELS * np.log(1 - TRUE) + (1 - LABELS) * np.log(TRUE)).mean())

    assert ids(*PRINTED, "--expect", f"{swapped:.7f}")[0] == "classes-swapped"
    assert ids(*PRINTED, "--expect", f"{5 * ANSWER:.7f}")[0] == "sum"


def test_a_mistake_before_the_data_were_printed_needs_five_decimals_or_seven_digits() -> None:
    """The sum is 1.5888..., and printed data move it by 0.0002: 1.58865 is no sum of the printed ones."""
    printed = np.round(TRUE, 4)
    total, plain = 5 * ANSWER, float(-np.log(np.where(LABELS == 1, printed, 1 - printed)).sum())
    assert abs(total - plain) > 2e-5
    for decimals, found in ((4, abs(round(total, 4) - plain) <= 5e-5), (5, True), (6, True)):
        assert ("sum" in ids(*PRINTED, "--expect", f"{total:.{decimals}f}")) is found, decimals


def test_the_losses_of_rows_have_the_band_of_their_own_prediction() -> None:
    rows = -(LABELS * np.log(TRUE) + (1 - LABELS) * np.log(1 - TRUE))

    assert run(*PRINTED, "-r", "none", "--expect", ",".join(f"{x:.7f}" for x in rows), "-q").code == 0


# --- finite differences -----------------------------------------------------------------------------------------------
def test_a_pasted_finite_difference_is_right_to_its_accuracy_and_called_one() -> None:
    h, slopes = 1e-4, []
    for at in range(4):
        moved = P.copy()
        moved[at] += h
        losses = [-(Y * np.log(p) + (1 - Y) * np.log(1 - p)).mean() for p in (moved, P)]
        slopes.append((losses[0] - losses[1]) / h)

    result = run("grad", *BCE, f"--expect={','.join(map(repr, map(float, slopes)))}")

    assert result.code == 0
    assert (
        "right as far as finite differences go" in result.out and "to the accuracy of finite differences" in result.out
    )


def test_a_few_digits_are_no_finite_difference() -> None:
    assert run("grad", *BCE, "--expect=-0.311,0.357,0.417,-0.357", "-q").code == 1


# --- what stands around a number --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    ["“0.36”", "'0.36'", "$0.36$", "$J = 0.36$", "J(theta) = 0.36", "0.36 (nats)", "0.36 [nats]", "0.36;", "[1] 0.36",
     "The loss = 0.3618.", "-> 0.36", "L(y, p) ≈ 0.36"],
)  # fmt: skip
def test_what_stands_around_a_number_is_taken_off(text: str) -> None:
    assert run(*BCE, f"--expect={text}").code == 0


@pytest.mark.parametrize("text", ["0.36 – 0.37", "0.36-0.37", "0.36 - 0.37"])
def test_a_range_is_no_subtraction(text: str) -> None:
    assert "is not a number, but a range; give one number" in refusal(*BCE, f"--expect={text}")
    for sum_ in ("1 - 0.638", "0.37 - 0.008", "0.362 - 0"):
        assert run(*BCE, "--expect", sum_).code == 0, sum_
    assert told(*BCE, "--expect", "0.5 - 0.5")["given"] == 0.0  # a range has two ends


def test_a_list_where_one_number_is_wanted_is_told_of_the_rows() -> None:
    line = refusal(*BCE, "--expect", "0.2231, 0.3567, 0.5108, 0.3567")

    assert "is a list of 4 numbers, but the answer is one number; -r none gives one for each row" in line


# --- what is said -----------------------------------------------------------------------------------------------------
def test_a_loss_below_zero_that_nothing_gives_is_told_so_first() -> None:
    result = run(*BCE, "--expect=-0.7123")

    assert result.code == 1 and "note: a loss can't be negative: -ln of a probability is 0 or more" in result.out
    assert told(*BCE, "--expect=-0.7123")["remark"] == "a loss can't be negative: -ln of a probability is 0 or more"


def test_who_typed_a_minus_is_not_told_that_it_is_missing() -> None:
    meaning = told(*BCE, "--expect=-0.3618")["consistent_with"][0]["meaning"]

    assert meaning == "every logarithm of a probability is negative, and the minus in front of them was left out"


def test_more_digits_are_not_asked_for_where_they_tell_nothing() -> None:
    """Both base 2 and the normalized entropy are 0.5220100086782713 where the labels are half ones."""
    assert ids(*BCE, "--expect", "0.52") == ["base-2", "normalized"]
    assert "more digits" not in run(*BCE, "--expect", "0.52").out


def test_clipping_is_named_only_where_a_probability_is_clipped() -> None:
    rows = ("ce", "0,1", "0.5,0.3,0.1;0.3,0.6,0.2", "--expect")
    rescaled = -(np.log(0.5 / 0.9) + np.log(0.6 / 1.1)) / 2

    assert ids(*rows, f"{rescaled:.6f}") == ["renormalized"]


# --- which way digits are cut off -------------------------------------------------------------------------------------
def test_digits_are_cut_off_towards_0_and_never_away_from_it() -> None:
    """A number that is nearly a unit of its last digit too far from 0 is neither the answer nor a mistake."""
    for y in ("1,0,0,1", "1,1,0,0"):
        right = record("bce", y, "0.8,0.3,0.4,0.7")
        total = right["sum"]
        for digits in (4, 5, 6):
            unit = 10.0**-digits
            short = int(total / unit) * unit
            assert ids("bce", y, "0.8,0.3,0.4,0.7", "--expect", f"{short:.{digits}f}") == ["sum"], (y, digits)
            found = ids("bce", y, "0.8,0.3,0.4,0.7", "--expect", f"{short + unit:.{digits}f}")
            off = (short + unit - total) / unit  # within 0.5 it is rounded up
            assert ("sum" in found) == (off < 0.55), (y, digits, total)


def test_a_single_slope_is_no_list_by_finite_differences() -> None:
    off = [x * (1.0 + 3e-5) for x in (-1.25, 1 / 0.7)]
    assert run("grad", "bce", "1,0", "0.8,0.3", f"--expect={off[0] / 2!r},{off[1] / 2!r}").code == 0
    assert run("grad", "bce", "1", "0.8", f"--expect={off[0]!r}").code == 1
    assert run("grad", "bce", "1,0", "0.8,0.3", f"--expect={off[0] / 2!r},{off[1] / 2 + 1e-3!r}").code == 1


def test_a_calculation_below_0_is_as_precise_as_the_same_above_it() -> None:
    """The slopes of label 1 at p and of label 0 at 1 - p differ in their sign alone."""
    verdicts = []
    for typed in (
        "1.25",
        "1.2504",
        "2.5/2",
        "2.51/2",
        "2.6/2",
        "2.504/2",
        "0.5+0.75",
        "0.5+0.74",
        "2-0.75",
        "2.0-0.8",
        "5/4",
    ):
        above = run("grad", "bce", "0", "0.2", f"--expect={typed}").code
        for below in (f"-({typed})", f"-{typed}" if not set("+-") & set(typed) else f"-1*({typed})"):
            assert run("grad", "bce", "1", "0.8", f"--expect={below}").code == above, (typed, below)
        verdicts.append(above)
    assert set(verdicts) == {0, 1}


# --- what a typed number is called, and how it is written -------------------------------------------------------------
def test_a_number_in_another_unit_is_first_of_all_that_unit() -> None:
    assert set(ids(*BCE, "--expect", "0.52")) > {"base-2"}
    for typed, named in (("0.52 bits", ["base-2"]), ("0.16 bans", ["base-10"]), ("1.447 bits", ["sum"])):
        found = told(*BCE, "--expect", typed)
        assert [fit["id"] for fit in found["consistent_with"]] == named and typed.split()[1] in found["remark"], typed
    assert "the number alone is right" in told(*BCE, "--expect", "0.36 bits")["remark"]
    assert run(*BCE, "--expect", "0.36 nats").code == 0 and run(*BCE, "--expect", "0.52 bits", "--base", "2").code == 0


def test_one_comma_is_a_decimal_one_and_several_make_a_list() -> None:
    for typed in ("0,36", "36,", "-0,36", "0,36 nats", "x = 0,36", ",36"):
        said = refusal(*BCE, f"--expect={typed}")
        assert ("decimal comma" in said) == (typed != "36,"), (typed, said)
    for typed, count in (("1,234,5", 3), ("0,36,5", 3), ("0.3,6.5,1,2", 4)):
        assert f"is a list of {count} numbers" in refusal(*BCE, "--expect", typed)


def test_where_the_right_answer_was_cut_off_no_mistake_that_is_as_near_is_named() -> None:
    for y, p, digits in (
        ("0,0,0", "0.09,0.53,0.46", 5),  # the losses rounded are as near
        ("1,1,0,0,0", "0.30,0.24,0.63,0.77,0.92", 5),  # and so is something added to each p
        ("0,0,1", "0.95,0.27,0.28", 6),
        ("1,0,1,1,1", "0.28,0.12,0.92,0.54,0.75", 5),
    ):
        whole = repr(record("bce", y, p)["mean"])
        short = whole[: whole.index(".") + 1 + digits]
        found = told("bce", y, p, "--expect", short)
        assert (found["ok"], found["consistent_with"]) == (False, []), short
        assert "cut off and not rounded" in run("bce", y, p, "--expect", short).out, short
