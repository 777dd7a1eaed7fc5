"""The numbers that mistakes are usually made with are looked for, each of them, and units and marks are understood."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from conftest import mistakes, refusal, run, verdict, write

Y, P = np.array([1.0, 0, 0, 1, 1, 0]), np.array([0.83, 0.31, 0.0004, 0.72, 0.9995, 0.44])
BCE = ("bce", "1,0,0,1,1,0", "0.83,0.31,0.0004,0.72,0.9995,0.44")
MISSED = ("bce", "1,0,0,1", "0.8,0.3,1,0.7")  # the third row is a certain miss


def loss(y: np.ndarray, p: np.ndarray) -> float:
    with np.errstate(divide="ignore"):
        return float(-np.log(np.where(y == 1, p, 1 - p)).mean())


def named(id_: str, command: tuple[str, ...], value: float, digits: int = 9) -> list[str]:
    """What the mistake of this id means, told of a number that it gives."""
    found = verdict(*command, f"--expect={value:.{digits}g}")["consistent_with"]
    return [fit["meaning"] for fit in found if fit["id"] == id_]


def test_each_usual_bound_of_clipping_is_found() -> None:
    for eps in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1):
        said = named("clipped", BCE, loss(Y, np.clip(P, eps, 1 - eps)))
        assert said == [f"the probabilities were clipped to [{eps:g}, 1 - {eps:g}]"], eps
    for eps in (1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16):
        rest = 1.0 - (1.0 - eps) or eps  # 1 - 1e-16 is 1 as a float
        value = (-log(0.8) - 2 * log(0.7) - log(rest)) / 4
        said = f"the probabilities were clipped to [{eps:g}, 1 - {eps:g}]"
        assert said in named("clipped", MISSED, value) or eps == 1e-16, eps
    value = (-log(0.8) - 2 * log(0.7) - log(1e-16)) / 4  # of label 1, at 0
    assert "the probabilities were clipped to [1e-16, 1 - 1e-16]" in named(
        "clipped", ("bce", "1,0,1,1", "0.8,0.3,0,0.7"), value
    )


def test_each_usual_number_inside_the_logarithm_is_found() -> None:
    y, p = np.array([1.0, 0, 0, 1]), np.array([0.0001, 0.3, 0.4, 0.7])
    rows = ("bce", "1,0,0,1", "0.0001,0.3,0.4,0.7")
    for digits in range(2, 10):  # beyond, the answer is right to float32
        eps = 10.0**-digits
        value = float(-(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)).mean())
        assert f"{eps:g} was added inside the logarithm" in named("eps-in-log", rows, value, 15), digits
    for digits in (10, 11, 12):
        eps = 10.0**-digits
        value = (log(1 / 0.7) + log(1 / 0.8) + log(1 / 0.7) - log(eps)) / 4
        assert f"{eps:g} was added inside the logarithm" in named("eps-in-log", MISSED, value), digits


def test_the_cost_of_each_wrong_decision_is_that_of_each_library() -> None:
    rows = ("bce", "1,0,0,1,1,0,1", "0.83,0.31,0.64,0.72,0.95,0.44,0.57")  # one of seven is wrong
    for cost in (34.538776394910684, 34.539575992340879, 36.04365338911715, 16.118095650958319, 100.0):
        said = named("hard-predictions", rows, cost / 7, 12)
        assert any(f"each wrong row then costs {cost:.6g}" in one for one in said), cost


def test_each_usual_part_of_smoothing_is_found() -> None:
    for part in (0.1, 0.2, 0.05):
        soft = (1 - part) * Y + part / 2
        value = float(-(soft * np.log(P) + (1 - soft) * np.log(1 - P)).mean())
        assert named("smoothed", BCE, value) == [f"the labels were smoothed with {part:g}"], part
        q, p = np.eye(3)[[0, 2, 1]], np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.45, 0.3]])
        value = float(-(((1 - part) * q + part / 2 * (1 - q)) * np.log(p)).sum(axis=1).mean())
        said = named("smoothed", ("ce", "0,2,1", "0.7,0.2,0.1;0.1,0.3,0.6;0.25,0.45,0.3"), value)
        assert said == [f"the labels were smoothed with {part:g}, spread over the wrong classes only"], part


def test_each_usual_size_of_a_batch_is_found() -> None:
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 35).astype(float), np.round(rng.uniform(0.1, 0.9, 35), 3)
    losses = -np.log(np.where(y == 1, p, 1 - p))
    rows = ("bce", ",".join(f"{x:g}" for x in y), ",".join(f"{x:g}" for x in p))
    for size in (2, 3, 4, 8, 10, 16, 32):  # 35 is seven times five
        value = float(np.mean([losses[at : at + size].mean() for at in range(0, 35, size)]))
        said = f"the means of batches of {size} rows were averaged, and one of these is smaller"
        assert said in named("batch-means", rows, value), size
    short = ("bce", ",".join(f"{x:g}" for x in y[:33]), ",".join(f"{x:g}" for x in p[:33]))
    value = float(np.mean([losses[:33][at : at + 5].mean() for at in range(0, 33, 5)]))
    assert "the means of batches of 5 rows were averaged, and one of these is smaller" in named(
        "batch-means", short, value
    )


def test_each_number_of_decimals_that_losses_are_rounded_to_is_found() -> None:
    losses = -np.log(np.where(Y == 1, P, 1 - P))
    for digits in (1, 2, 3, 4):
        value = float(np.round(losses, digits).mean())
        said = named("rounded-rows", BCE, value)
        assert any(f"rounded to {digits} decimal{'s' if digits > 1 else ''} before" in one for one in said), digits
    p = np.array([0.8316, 0.3124, 0.7252])
    for digits in (1, 2, 3):
        value = loss(np.array([1.0, 0, 1]), np.round(p, digits))
        said = named("rounded-inputs", ("bce", "1,0,1", "0.8316,0.3124,0.7252"), value)
        assert any(f"rounded to {digits} decimal{'s' if digits > 1 else ''} first" in one for one in said), digits


X, PASSED = np.array([[1.0, 1.0, 2.5], [1.0, 2.0, 1.0], [1.0, 4.0, 3.5]]), np.array([0.0, 1.0, 1.0])
THETA = np.array([-1.0, 0.5, 0.2])


def test_each_usual_learning_rate_of_a_step_that_was_taken_before_is_found(here: Path) -> None:
    write("t.csv", "a,b,y\n1,2.5,0\n2,1,1\n4,3.5,1\n")
    command = ("grad", "bce", "t.csv", "-y", "y", "--wrt", "params", "-x", "a,b", "--theta=-1,0.5,0.2")
    slope = X.T @ (1 / (1 + np.exp(-X @ THETA)) - PASSED) / 3
    for rate in (1.0, 0.5, 0.1, 0.05, 0.01, 0.001):
        after = X.T @ (1 / (1 + np.exp(-X @ (THETA - rate * slope))) - PASSED) / 3
        typed = ",".join(f"{x:.9g}" for x in after)
        said = [fit["meaning"] for fit in verdict(*command, f"--expect={typed}")["consistent_with"]]
        assert f"this is the gradient after a step with the learning rate {rate:g}" in said, rate


def test_features_are_exchanged_where_there_are_six_at_most(here: Path) -> None:
    for count, found in ((6, True), (7, False)):
        names = "abcdefg"[:count]
        rng = np.random.default_rng(count)
        x = np.round(rng.normal(size=(5, count)), 2)
        y = [0, 1, 1, 0, 1]
        rows = [",".join(f"{v:g}" for v in (*row, label)) for row, label in zip(x, y, strict=True)]
        write("t.csv", "\n".join([",".join([*names, "y"]), *rows]) + "\n")
        slope = np.column_stack([np.ones(5), x]).T @ (0.5 - np.array(y)) / 5
        slope[[2, 5]] = slope[[5, 2]]
        command = ("grad", "bce", "t.csv", "-y", "y", "--wrt", "params", "-x", ",".join(names))
        ids = mistakes(*command, f"--expect={','.join(f'{v:.8g}' for v in slope)}")
        assert ("features-exchanged" in ids) is found, count


def test_a_step_of_many_is_looked_at(here: Path) -> None:
    write("t.csv", "hours,passed\n1,0\n2,0\n3,1\n4,1\n")
    x, y, theta = np.array([[1.0, 1], [1, 2], [1, 3], [1, 4]]), np.array([0.0, 0, 1, 1]), np.zeros(2)
    for _ in range(501):
        theta = theta - 0.1 * x.T @ (1 / (1 + np.exp(-x @ theta)) - y) / 4
    command = ("fit", "bce", "t.csv", "-y", "passed", "-x", "hours", "--steps", "500")
    assert mistakes(*command, f"--expect={theta[0]:.12g},{theta[1]:.12g}") == ["one-step-more"]


def test_a_prediction_is_mistyped_in_its_first_six_decimals() -> None:
    for wrong, p, found in (("0.813456", "0.831456", True), ("0.8134561", "0.8314561", False)):
        value = (-log(float(wrong)) - log(0.7) - log(0.4)) / 3
        ids = mistakes("bce", "1,0,1", f"{p},0.3,0.4", "--expect", f"{value:.10f}")
        assert ("row-typo" in ids) is found, p


def test_an_answer_of_four_digits_is_compared_with_no_slip() -> None:
    rows = ("bce", "1,0,0,1,1", "0.8,0.3,0.4,0.7,0.9")
    total = -sum(map(log, (0.8, 0.7, 0.6, 0.7, 0.9)))
    slip = (total + log(0.6) + 0.6) / 5  # the third row was taken as its probability: 0.306...
    assert "row-slip" not in mistakes(*rows, "--expect", f"{slip:.4f}")
    assert "row-slip" in mistakes(*rows, "--expect", f"{slip:.5f}")


# --- units, signs and precision ---------------------------------------------------------------------------------------
UNITS = {
    "e": ("nat", "nats"),
    "2": ("bit", "bits", "shannon", "shannons"),
    "10": ("ban", "bans", "dit", "dits", "hartley", "hartleys"),
}


def test_each_unit_is_known_by_each_of_its_names() -> None:
    for base, names in UNITS.items():
        right = -log(0.8) / (1 if base == "e" else log(float(base)))
        for name in names:
            text, other = f"{right:.4f} {name}", "2" if base != "2" else "10"
            for typed in (text, text.upper(), text.replace(" ", ""), f"{right:.4f} ({name})"):
                assert run("bce", "1", "0.8", "--base", base, "--expect", typed).code == 0, typed
            assert run("bce", "1", "0.8", "--base", other, "--expect", text).code == 1, text
    assert mistakes("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--base", "2", "--expect", "0.36 nats") == ["base-e"]


def test_each_dash_is_a_minus_and_each_dot_and_cross_a_product() -> None:
    for dash in "-−–‐‑‒—﹣－":  # noqa: RUF001
        assert run("grad", "bce", "1", "0.8", f"--expect={dash}1.25").code == 0, dash
    for sign in ("*", "×", "·", "⋅", "x"):  # noqa: RUF001
        for power in ("-1", "⁻¹", "(-1)"):
            text = f"2.2314{sign}10^{power}" if power != "⁻¹" else f"2.2314{sign}10{power}"
            assert run("bce", "1", "0.8", "--expect", text).code == 0, text
    for sign in ("/", "÷", "⁄", "∕"):  # noqa: RUF001
        assert run("bce", "1", "0.8", "--expect", f"0.22314{sign}1").code == 0, sign
    for word, value in {"inf": "inf", "Infinity": "inf", "+inf": "inf", "∞": "inf", "nan": "nan"}.items():
        assert run("bce", "1", "0", "--expect", word).code == (0 if value == "inf" else 1), word
    for around in "\"'`$“”„‘’«»":  # noqa: RUF001
        assert run("bce", "1", "0.8", "--expect", f"{around}0.2231{around}").code == 0, around


def test_a_list_may_be_off_by_as_much_as_finite_differences_are() -> None:
    """A ten thousandth of the largest entry, here 10: of the sum of the losses of 0.1 and 0.3."""
    grad = ("grad", "bce", "1,0", "0.1,0.3", "-r", "sum")  # -10, 1.4285714
    assert run(*grad, "--expect=-10.0005,1.4292714").code == 0
    assert run(*grad, "--expect=-10.0015,1.4285714").code == 1
    assert run(*grad, "--expect=-10.0005,1.4301714").code == 1
    assert run(*grad, "--expect=-10.00,1.428").code == 1  # four digits are none of a finite difference


def test_predictions_of_three_decimals_are_meant_exactly_and_those_of_four_were_rounded() -> None:
    for decimals, code in ((3, 1), (4, 0)):
        p = [round(0.8123456, decimals), round(0.3412345, decimals), round(0.4561234, decimals)]
        rows = ("bce", "1,0,1", ",".join(map(repr, p)))
        right = -(log(p[0]) + log(1 - p[1]) + log(p[2])) / 3
        assert run(*rows, "--expect", f"{right + 0.00002:.8f}").code == code, decimals


def test_twenty_changed_predictions_are_shown_and_one_step_by_step_softmax(here: Path) -> None:
    for count in (20, 21):
        cells = ",".join(["0"] * count)
        found = run("bce", cells, cells, "--eps", "0.01", "--explain", "-f", "json").json["explain"]["clipped"]
        assert len(found) == 20, count
    for size, shown in (("300", True), ("301", False), ("-301", False)):
        out = run("ce", "0", f"{size},1,0", "--from", "logits", "--explain").out
        assert ("step by step" in out) is shown, size


@pytest.mark.parametrize(
    ("base", "name"), [("2", "log2"), ("10", "log10"), ("7", "log7"), ("2.5", "log2.5"), ("e", "ln")]
)
def test_the_logarithm_is_called_by_its_base(base: str, name: str) -> None:
    out = run("bce", "1", "0.8", "--base", base, "--explain").out
    assert f"loss = -[ y {name} p + (1 - y) {name}(1 - p) ]" in out and f"-{name}(0.8)" in out


def test_a_right_float32_is_right_and_one_further_off_is_not() -> None:
    right = 0.36182976573941633
    for off, code in ((1e-8, 0), (6e-8, 0), (3e-7, 1)):
        assert run("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", f"--expect={right * (1 + off):.16f}").code == code, off
    assert "is not a number" in refusal("bce", "1", "0.8", "--expect", "0.2 watts")
