"""What is said of a typed answer: a sentence, remarks, the work beside it; to machines; and where it stays hidden."""

import re
from math import log

import numpy as np
import pytest
from conftest import mistakes, record, refusal, run, verdict, write

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")  # 0.36182976573941633 nats; the losses are 0.2231, 0.3567, 0.5108, 0.3567
GRAD = ("grad", *BCE)  # -0.3125, 0.357143, 0.416667, -0.357143; their sum is 0.104167
ROWS = (*BCE, "-r", "none")
FIT = ("fit", "bce", "f.csv", "-y", "y", "-x", "x", "--steps", "1")  # from 0 to (0, 0.05)
HOURS = "x,y\n1,0\n2,0\n3,1\n4,1\n"


def sentence(*arguments: str) -> str:
    """What stands behind `expected` and the typed answer."""
    typed = arguments[arguments.index("--expect") + 1]
    line = next(line for line in run(*arguments).out.splitlines() if line.startswith("expected"))
    return line.removeprefix("expected").strip().removeprefix(typed).strip()


def notes(*arguments: str) -> list[str]:
    """The notes behind the verdict."""
    return [line.removeprefix("note: ") for line in run(*arguments).out.splitlines() if line.startswith("note: ")]


@pytest.mark.parametrize(
    ("command", "typed", "said"),
    [
        (BCE, "0.36", "right: the mean is 0.36183 nats, and 0.36 means 0.355 to 0.365"),
        (BCE, "0.36183", "right: the mean is 0.36183 nats, and 0.36183 means 0.361825 to 0.361835"),
        (BCE, "0.4", "right: the mean is 0.36183 nats, and 0.4 means 0.35 to 0.45"),
        ((*BCE, "--tolerance", "0.1"), "0.45", "right: the mean is 0.36183 nats, and 0.45 means 0.35 to 0.55"),
        ((*BCE, "--tolerance", "0.001"), "0.36", "right: the mean is 0.36183 nats, and 0.36 means 0.355 to 0.365"),
        (BCE, "0.3618...", "right: the mean is 0.36183 nats"),
        (BCE, "1.4473/4", "right: the mean is 0.36183 nats, and 1.4473/4 means 0.3618125 to 0.3618375"),
        (BCE, "0.3618297", "right to float32: the mean is 0.3618298 nats"),
        ((*BCE, "-r", "sum"), "1.447", "right: the sum is 1.44732 nats, and 1.447 means 1.4465 to 1.4475"),
        ((*BCE, "--base", "2"), "0.52", "right: the mean is 0.52201 bits, and 0.52 means 0.515 to 0.525"),
        ((*BCE, "--digits", "3"), "0.36", "right: the mean is 0.362 nats, and 0.36 means 0.355 to 0.365"),
        ((*BCE, "--hide-answer"), "0.36", "right"),
        (BCE, "0.5220", "wrong: the mean is 0.36183 nats"),
        (BCE, "0.3619", "wrong: the mean is 0.36183 nats"),
        (BCE, "0.36182967", "wrong: the mean is 0.3618298 nats"),  # as many digits as tell the two apart
        ((*BCE, "--digits", "3"), "0.3619", "wrong: the mean is 0.3618 nats"),
        ((*BCE, "--hide-answer"), "0.522", "wrong"),
        (("bce", "1,0", "0,0.5"), "inf", "right: the mean is inf nats"),
        (ROWS, "0.2231,0.3567,0.5108,0.3567", "right: all 4 numbers are"),
        (ROWS, "0.2231,0.3567,0.5108,0.3", "wrong: 1 of 4 numbers is wrong; the first is number 4, 0.3, which should"
         " be 0.356675"),
        ((*ROWS, "--hide-answer"), "0.2231,0.3567,0.9,0.3",
         "wrong: 2 of 4 numbers are wrong; the first is number 3, 0.9"),
        (ROWS, "0,0,0,0", "wrong: 4 of 4 numbers are wrong; the first is number 1, 0, which should be 0.223144"),
        (GRAD, "0.10417", "right: the sum of the gradient is 0.104167, and 0.10417 means 0.104165 to 0.104175"),
        (GRAD, "0.2", "wrong: the sum of the gradient is 0.104167"),
        (GRAD, "1,2,3,4", "wrong: 4 of 4 numbers are wrong; the first is number 1, 1, which should be -0.3125"),
        (FIT, "0, 0.05", "right: all 2 numbers are"),
        (FIT, "0, 0.06", "wrong: 1 of 2 numbers is wrong; the first is number 2, 0.06, which should be 0.05"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("here")
def test_an_answer_is_told_the_right_one_and_what_it_means_itself(
    command: tuple[str, ...], typed: str, said: str
) -> None:
    write("f.csv", HOURS)

    assert sentence(*command, "--expect", typed) == said


@pytest.mark.usefixtures("here")
def test_a_right_answer_has_no_remark_and_no_mistake() -> None:
    for command, typed in (
        (BCE, "0.36"), (BCE, "0.4"), (BCE, "0.3618297"), ((*BCE, "--hide-answer"), "0.36"), (GRAD, "0.104"),
        (ROWS, "0.22,0.36,0.51,0.36"), (GRAD, "-0.31,0.36,0.42,-0.36"),
        (("nll", "0.25"), "2*ln(2)"), (("nll", "0.25"), "1.386"),
    ):  # fmt: skip
        found = record(*command, "--expect", typed)["expect"]
        assert (found["ok"], found["consistent_with"], found["remark"]) == (True, [], None), (command, typed)
        assert notes(*command, "--expect", typed) == [], (command, typed)
    write("f.csv", HOURS)
    assert record(*FIT, "--expect", "0,0.05")["expect"]["remark"] is None
    assert record("bce", "1,0", "1,0", "--expect", "0")["expect"]["remark"] is None


ADVICE = "; compare your work with the terms above"


@pytest.mark.parametrize(
    ("command", "typed", "said"),
    [
        (BCE, "0.7712", [f"no known mistake gives 0.7712 on these data{ADVICE}"]),
        ((*BCE, "--hide-answer"), "0.7712", ["no known mistake gives 0.7712 on these data"]),
        (BCE, "0.3619", [f"no known mistake gives 0.3619 on these data{ADVICE}",
                         "0.3619 is off by less than one unit of its last digit: was the answer rounded up?"]),
        (("bce", "1", "0.7"), "0.3566", [f"no known mistake gives 0.3566 on these data{ADVICE}",
         "0.3566 is off by less than one unit of its last digit: was the answer cut off and not rounded?"]),
        (BCE, "0", ["0 has no significant digit, but the answer is not 0; give decimals"]),
        (BCE, "0.00", ["0.00 has no significant digit, but the answer is not 0; give decimals"]),
        (GRAD, "0,0,0,0", ["0,0,0,0 has no significant digit, but the answer is not 0; give decimals"]),
        (BCE, "0.36 bits", ["0.36 bits names bits, but the answer is asked for in nats; the number alone is right;"
                            " --base 2 asks for bits"]),
        (BCE, "0.52 bits", ["0.52 bits names bits, but the answer is asked for in nats; --base 2 asks for bits"]),
        ((*BCE, "--base", "2"), "0.36 nats",
         ["0.36 nats names nats, but the answer is asked for in bits; leaving --base out asks for nats"]),
        ((*BCE, "--base", "3"), "0.33 bans",
         ["0.33 bans names bans, but the answer is asked for in units of ln 3; the number alone is right;"
          " --base 10 asks for bans"]),
        (BCE, "-0.7123", ["a loss can't be negative: -ln of a probability is 0 or more",
                          f"no known mistake gives -0.7123 on these data{ADVICE}"]),
        (BCE, "-0.3618", []),  # the minus in front was left out
        (GRAD, "-0.3,-0.3,-0.3,-0.3", ["no known mistake gives -0.3,-0.3,-0.3,-0.3 on these data"]),
        (GRAD, "-0.53125,0.607143,0.708333,-0.607143", ["given / right is 1.7 for every entry"]),
        (BCE, "nan", [f"no known mistake gives nan on these data{ADVICE}",
                      "nan is what 0 * ln(0) gives on a computer; where the label makes a term vanish, it is 0"]),
        (BCE, "0.30", ["3 mistakes fit 0.30, which has few digits; give more digits to tell them apart"]),
    ],
)  # fmt: skip
def test_what_is_remarked_of_a_wrong_answer(command: tuple[str, ...], typed: str, said: list[str]) -> None:
    assert notes(*command, "--expect", typed) == said


def test_the_work_stands_beside_a_wrong_answer_that_nothing_explains_and_nowhere_else() -> None:
    def has(*arguments: str) -> tuple[bool, bool]:
        out = run(*arguments).out
        return "row  label  prediction" in out, "the work" in out

    assert has(*BCE, "--expect", "0.7712") == (True, True)
    assert has(*ROWS, "--expect", "0.1,0.2,0.3,0.4") == (True, False)  # there is no sum to work out
    for typed, options in (("0.36", ()), ("0.522", ()), ("0.7712", ("--hide-answer",))):
        assert has(*BCE, "--expect", typed, *options) == (False, False), typed
    assert run(*BCE, "--expect", "0.7712", "--explain").out.count("row  label  prediction") == 1
    assert "1.45 / 4" in run(*BCE, "--expect", "0.7712", "--digits", "3").out


def test_numbers_without_a_digit_are_a_multiple_of_nothing() -> None:
    found = verdict(*GRAD, "--expect", "0,0,0,0")

    assert (found["ratio"], found["first_wrong"]) == (None, 1)


def test_machines_are_told_how_far_each_number_reaches() -> None:
    right = record(*BCE, "--expect", "0.36")["expect"]
    assert (right["given"], right["tolerance"]) == (0.36, 0.005)
    assert record(*BCE, "--expect", "0.36", "--tolerance", "0.1")["expect"]["tolerance"] == 0.1
    assert record(*BCE, "--expect", "0.36", "--tolerance", "0.001")["expect"]["tolerance"] == 0.005
    rows = record(*ROWS, "--expect", "0.2231,0.357,0.51,0.36")["expect"]
    assert (rows["given"], rows["tolerance"]) == ([0.2231, 0.357, 0.51, 0.36], [0.00005, 0.0005, 0.005, 0.005])
    one = record("bce", "1", "0.8", "-r", "none", "--expect", "0.2231")["expect"]
    assert (one["given"], one["tolerance"]) == ([0.2231], [0.00005])

    wrong = verdict(*BCE, "--expect", "0.522010")["consistent_with"]
    assert [(fit["id"], round(fit["value"], 6)) for fit in wrong] == [("base-2", 0.52201), ("normalized", 0.52201)]
    hidden = verdict(*BCE, "--expect", "0.522010", "--hide-answer")["consistent_with"]
    assert [(fit["id"], fit["value"]) for fit in hidden] == [("base-2", None), ("normalized", None)]
    assert [fit["meaning"] for fit in hidden] == [fit["meaning"] for fit in wrong]


def test_a_hidden_answer_is_in_no_format_and_what_was_asked_for_stays() -> None:
    for command, right in ((BCE, "36182"), ((*BCE, "-r", "sum"), "44731"), (ROWS, "223143"), (GRAD, "357142")):
        typed = "0.7712" if command not in (ROWS, GRAD) else "0.7,0.7,0.7,0.7"
        for form in ("table", "json", "md"):
            result = run(*command, "--expect", typed, "--hide-answer", "-f", form)
            assert result.code == 1 and right not in result.out + result.err, (command, form)
    found = verdict(*BCE, "--expect", "0.7712", "--hide-answer")
    assert found["given"] == 0.7712
    hidden = run(*BCE, "--base", "2", "--expect", "0.7712", "--hide-answer", "-f", "json").json
    assert {"loss": "bce", "reduction": "mean", "base": 2.0, "from": "probs", "n": 4}.items() <= hidden.items()
    assert not hidden.keys() & {"value", "mean", "sum", "min", "max", "baseline"}


def test_more_rows_than_a_table_shows_are_counted() -> None:
    labels, preds = ",".join(["1"] * 101), ",".join(["0.5"] * 101)
    losses = ",".join(["0.69"] * 101)

    out = run("bce", labels, preds, "-r", "none", "--expect", losses).out
    assert "note: 1 more row; -f json prints them all" in out
    assert any(line.split() == ["100", "0.693147"] for line in out.splitlines()) and "\n101 " not in out
    short = run("bce", labels[2:], preds[4:], "-r", "none", "--expect", losses[5:])
    assert short.code == 0 and "more row" not in short.out
    found = record("bce", labels, preds, "-r", "none", "--expect", losses)
    assert found["losses"] == [log(2)] * 101 and "value" not in found


@pytest.mark.usefixtures("here")
def test_what_is_said_fits_into_a_narrow_terminal() -> None:
    write("f.csv", HOURS)
    many = ("bce", "1,0,0,1,1,0,1,0", "0.8,0.3,0.4,0.7,0.9,0.2,0.6,0.1")
    for call in (
        (*many, "--explain"), (*many, "--expect", "0.7712345"), (*many, "--expect", "0.32"),
        (*BCE, "--expect", "0.522"), (*FIT, "--explain"), (*FIT, "--expect", "0,0.06"),
        ("grad", *many, "--explain"), ("grad", *many, "--expect", "1,2,3,4,5,6,7,8"), ("nll", "0.8,0.7", "--explain"),
        ("ce", "0,1", "2,1,0.5;1,2,3", "--from", "logits", "--explain"),
        ("ce", "0.5,0.5;0.2,0.8", "0.6,0.4;0.3,0.7", "--smoothing", "0.1", "--class-weight", "1,2", "--explain"),
    ):  # fmt: skip
        lines = re.sub("\x1b[^m]*m", "", run(*call, columns=72).out).splitlines()
        assert lines and max(map(len, lines)) <= 72, (call, max(lines, key=len))


# --- what is right, and what is a mistake -----------------------------------------------------------------------------
def test_a_power_may_be_a_root() -> None:
    assert run("nll", "0.25,0.5", "--expect=-ln((0.25*0.5)^0.5)").code == 0
    assert run("nll", "0.5", "--expect", "2^-0.5").code == 1  # 0.7071, and ln 2 is 0.6931
    assert "geometric-mean" in mistakes("nll", "0.8,0.3,0.45", "--expect", "(0.8*0.3*0.45)^(1/3)")


def test_predictions_that_were_printed_as_certain_are_no_trouble() -> None:
    rows = ("bce", "1,0,1,0,1", "0.8123,0.0000,0.4561,0.4123,1.0000")
    losses = -np.log([0.8123, 1.0, 0.4561, 0.5877, 1.0])

    assert run(*rows, "--expect", "0.7654321").code == 1
    assert run(*rows, "--expect", f"{losses.mean() + 5e-5:.7f}").code == 0  # the band of the certain ones is one-sided
    assert mistakes(*rows, "--expect", f"{losses.sum():.7f}") == ["sum"]


def test_an_infinite_answer_is_wrong_by_the_mistake_that_makes_it_infinite() -> None:
    assert mistakes("bce", "1,0", "1,0.3", "--expect", "inf")[0] == "classes-swapped"
    assert mistakes("bce", "1,0", "1,0.3", "--expect", "inf", "-r", "sum")[0] == "classes-swapped"
    assert mistakes("bce", "1,0", "0,0.3", "--expect=-inf")[:2] == ["negated", "log-likelihood"]
    assert run("bce", "1,0", "0,0.3", "--expect", "inf").code == 0


def test_a_probability_of_one_half_may_be_either_decision() -> None:
    labels, preds = "1,0,1,0,0,1,0", "0.8,0.3,0.5,0.5,0.5,0.9,0.2"  # ">= 0.5" misses two, "> 0.5" one

    assert "error-rate" in mistakes("bce", labels, preds, "--expect", f"{2 / 7:.6f}")
    assert "error-rate" in mistakes("bce", labels, preds, "--expect", f"{1 / 7:.6f}")
    assert "accuracy" in mistakes("bce", labels, preds, "--expect", f"{5 / 7:.6f}")
    assert "accuracy" in mistakes("bce", labels, preds, "--expect", f"{6 / 7:.6f}")
    assert "error-rate" not in mistakes("bce", labels, preds, "--expect", f"{3 / 7:.6f}")


def test_a_list_of_another_length_is_refused_with_both_counts() -> None:
    said = "--expect gives 3 numbers, but the answer has 4"
    assert refusal(*ROWS, "--expect", "1,2,3") == said
    assert refusal(*ROWS, "--expect", "0.5") == "--expect gives 1 number, but the answer has 4"
    assert refusal(*GRAD, "--expect", "1,2,3") == "--expect gives 3 numbers, but the gradient has 4"
