"""Gradients by predictions: against those of torch, against slopes found with hundreds of digits, at the ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from math import exp, inf, log
from typing import Any

import numpy as np
import pytest
from conftest import DATA, crossed, examples, listed, record, run
from hypothesis import given
from hypothesis import strategies as st

from losscli.enums import Form, Scale
from losscli.gradients.check import compare_slopes
from losscli.gradients.evaluate import GradientSize
from losscli.gradients.numeric import DifferenceProblem, Differences, differences
from losscli.losses.table import LOSSES

TORCH = json.loads((DATA / "torch_gradients.json").read_text())["cases"]


def gradient(*args: str) -> Any:
    """The gradient in JSON, infinite entries being None."""
    return record("grad", *args)["gradient"]


def quiet(*args: str) -> list[float]:
    """The gradient of a binary loss as `--quiet` prints it, infinite entries too."""
    result = run("grad", *args, "-q")
    assert result.code == 0, result.err
    return [float(line) for line in result.out.split()]


# --- the figures of textbooks and of torch ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["analytic", "numeric"])
def test_one_row_of_three_classes_has_the_slopes_0_minus_2_0(method: str) -> None:
    # -q/p by hand: 1/0.5 = 2 for the label, nothing for the others
    assert gradient("ce", "0,1,0", "0.2,0.5,0.3", "--method", method)[0] == pytest.approx(
        [0, -2, 0], rel=1e-8, abs=1e-8
    )


def test_bce_by_probabilities_is_p_minus_y_over_p_times_one_minus_p() -> None:
    # by hand: -1/0.8, 1/0.7, 1/0.6, -1/0.7, each over 4 rows
    found = gradient("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")
    assert found == pytest.approx([-0.3125, 0.35714285714285715, 0.4166666666666667, -0.35714285714285715], rel=1e-15)


def test_bce_by_logits_of_given_probabilities_is_p_minus_y() -> None:
    found = gradient("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--wrt", "logits", "-r", "sum")
    assert found == pytest.approx([-0.2, 0.3, 0.4, -0.3], rel=1e-15, abs=0)


def test_ce_by_logits_of_given_probabilities_is_p_minus_y_also_where_they_miss_a_sum_of_1() -> None:
    found = gradient("ce", "1", "0.2,0.5,0.2995", "--wrt", "logits")
    assert found[0] == pytest.approx([0.2, -0.5, 0.2995], rel=1e-15, abs=0)


def test_nll_by_log_probabilities_is_minus_1_over_n_at_the_labels_and_0_elsewhere() -> None:
    x = listed(np.log([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]))
    assert gradient("nll", "0,2", x, "--from", "logprobs") == [[-0.5, 0, 0], [0, 0, -0.5]]


def test_a_row_that_is_ignored_has_a_gradient_of_exactly_0() -> None:
    found = gradient("ce", "0,2,1", "0.7,0.2,0.1;0.1,0.2,0.7;0.2,0.3,0.5", "--ignore", "2", "--wrt", "logits")
    assert found[1] == [0, 0, 0]
    assert found[0] == pytest.approx([-0.15, 0.1, 0.05], rel=1e-14)


@pytest.mark.parametrize("case", TORCH, ids=lambda case: " ".join(case["args"][:1] + case["args"][3:]))
def test_the_gradient_is_that_of_torch(case: dict[str, Any]) -> None:
    found = record("grad", *case["args"])
    value = sum(found["value"]) if isinstance(found["value"], list) else found["value"]
    assert value == pytest.approx(case["value"], rel=1e-9, abs=0)
    for row, expected in zip(found["gradient"], case["gradient"], strict=True):
        assert row == pytest.approx(expected, rel=1e-9, abs=0)


def test_differences_agree_with_the_gradient_that_is_torchs() -> None:
    for case in TORCH[::4]:
        found = record("grad", *case["args"], "--check")
        assert found["ok"] and found["unchecked"] == 0 and found["max_rel_error"] < 1e-8, case


# --- the law: gradient equals slope -----------------------------------------------------------------------------------

STEP = Decimal("1e-40")
TORCH_STEEPEST = 1000000003995.8029  # its backward divides by 1e-12 at least, in single precision


@dataclass(frozen=True)
class Row:
    """One row as the reference takes it: label coefficients and predictions, options apart."""

    q: list[float]
    v: list[float]


@dataclass(frozen=True)
class Options:
    """The options of a drawn call that change a row's loss."""

    scale: str = "probs"
    wrt: str = "probs"
    focal: float = 0.0
    smoothing: float = 0.0
    weights: tuple[float, ...] = ()
    pos_weight: float = 1.0
    eps: float = 0.0
    normalize: bool = False
    args: tuple[str, ...] = field(default=())


def slope_of(loss: Callable[[list[Decimal]], Decimal], at: list[Decimal], wrt: str) -> list[float]:
    """Central differences with steps so small and so many digits that they are the slope."""
    slopes = []
    for cell, v in enumerate(at):
        step = STEP * {"probs": v * (1 - v), "logits": Decimal(1), "logprobs": min(-v, Decimal(1))}[wrt]
        moved = [[*at[:cell], v + side * step, *at[cell + 1 :]] for side in (1, -1)]
        slopes.append(float((loss(moved[0]) - loss(moved[1])) / (2 * step)))
    return slopes


DIGITS = 280  # 1 - p keeps its digits down to e^-300; what is smaller than FLOOR is compared with FLOOR
FLOOR = 1e-100


def clip(p: Decimal, eps: float) -> Decimal:
    return min(max(p, Decimal(eps)), Decimal(1.0 - eps)) if eps else p


def binary_slope(row: Row, o: Options) -> float:
    """The slope of a binary row by its prediction, straight from the definition of the loss."""
    to_odds = {
        "probs": lambda p: (p, 1 - p),
        "logits": lambda z: (1 / (1 + (-z).exp()), 1 / (1 + z.exp())),
        "logprobs": lambda x: (x.exp(), 1 - x.exp()),
    }
    y = Decimal(row.q[0])
    part = (1 - Decimal(o.smoothing)) * y + Decimal(o.smoothing) / 2

    def loss(v: list[Decimal]) -> Decimal:
        p, q = to_odds[o.wrt](v[0])
        p, q = (clip(p, o.eps), 1 - clip(p, o.eps)) if o.eps else (p, q)
        plain = -(Decimal(o.pos_weight) * part * p.ln() if part else 0) - ((1 - part) * q.ln() if part != 1 else 0)
        return plain * (q if y == 1 else p) ** Decimal(o.focal) if o.focal else plain

    p, q = to_odds[o.scale](Decimal(row.v[0]))
    at = Decimal(row.v[0]) if o.wrt == o.scale else {"probs": p, "logits": p.ln() - q.ln(), "logprobs": p.ln()}[o.wrt]
    return slope_of(loss, [at], o.wrt)[0]


def class_slopes(row: Row, o: Options) -> list[float]:
    """The slopes of a row of classes; by logits the probabilities are a softmax in which what misses 1 is a rest."""
    k = len(row.v)
    label = row.q.index(1.0) if 1.0 in row.q else None
    weights = [Decimal(w) for w in o.weights] or [Decimal(1)] * k
    s = Decimal(o.smoothing)
    a = [weights[j] * ((1 - s) * Decimal(row.q[j]) + s / k) for j in range(k)]
    given = [Decimal(v) for v in row.v]
    p0 = shares(given, o.scale)

    def loss(v: list[Decimal]) -> Decimal:
        if o.wrt == "logits" and o.scale != "logits":
            factors = [(new - old).exp() for new, old in zip(v, at, strict=True)]
            whole = 1 + sum(p * (f - 1) for p, f in zip(p0, factors, strict=True))
            p = [q * f / whole for q, f in zip(p0, factors, strict=True)]
        else:
            p = shares(v, o.wrt)
        if o.normalize:
            p = [part / sum(p) for part in p]
        p = [clip(part, o.eps) for part in p]
        plain = -sum(part * q.ln() for part, q in zip(a, p, strict=True) if part)
        return plain * (1 - p[label]) ** Decimal(o.focal) if o.focal and label is not None else plain

    at = given if o.wrt == o.scale else {"probs": p0}.get(o.wrt, [p.ln() for p in p0])
    return slope_of(loss, at, o.wrt)


def shares(v: list[Decimal], scale: str) -> list[Decimal]:
    if scale == "probs":
        return v
    e = [part.exp() for part in v]
    return e if scale == "logprobs" else [part / sum(e) for part in e]


def unit_floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


powers = unit_floats(0.0, 12.0)
certainties = st.one_of(
    unit_floats(0.01, 0.99), powers.map(lambda u: 10.0**-u / 2), powers.map(lambda u: 1 - 10**-u / 2)
)


def binary_predictions(scale: str, wrt: str) -> st.SearchStrategy[float]:
    """Predictions to the ends of the scale; where it changes, so far that the other end is still a float."""
    if scale == "probs":
        return certainties
    most = 1e3 if scale == wrt else 100.0
    if scale == "logits":
        return st.one_of(unit_floats(-most, most), unit_floats(-5, 5))
    return st.one_of(unit_floats(-12, log(most, 10)).map(lambda u: -(10.0**u)), unit_floats(-3, -0.1))


PAIRS = [(scale.value, wrt.value) for scale in Scale for wrt in Scale]


def log_losses(form: Form) -> list[str]:
    return [name for name, loss in LOSSES.items() if loss.log_loss and form in loss.kernels]


EXAMPLES = examples(15)


@st.composite
def binary_calls(draw: st.DrawFn, name: str, scale: str, wrt: str) -> tuple[list[Row], Options]:
    hard = name == "nll" or draw(st.booleans())
    label = st.sampled_from([0.0, 1.0]) if hard else unit_floats(0.01, 0.99)
    rows = [Row([draw(label)], [draw(binary_predictions(scale, wrt))]) for _ in range(3)]
    focal = draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0])) if hard else 0.0
    smoothing = draw(st.sampled_from([0.0, 0.0, 0.1]))
    pos_weight = draw(st.sampled_from([1.0, 0.3, 7.0])) if name == "bce" else 1.0
    eps = draw(st.sampled_from([0.0, 0.0, 1e-7])) if scale == "probs" else 0.0
    args = (*(["--focal", repr(focal)] if focal else []), *(["--smoothing", repr(smoothing)] if smoothing else []))
    args = (*args, *(["--pos-weight", repr(pos_weight)] if pos_weight != 1.0 else []), *_eps(eps))
    return rows, Options(scale, wrt, focal, smoothing, (), pos_weight, eps, False, args)


@st.composite
def class_calls(draw: st.DrawFn, name: str, scale: str, wrt: str) -> tuple[list[Row], Options]:
    k = draw(st.integers(2, 4))
    hard = name == "nll" or draw(st.booleans())
    normalize = scale != "logits" and draw(st.booleans())
    drawn = _class_predictions(scale, wrt, k, 2.0 if normalize else 12.0)  # p over its sum has few digits left near 1
    rows = [Row(draw(_targets(k, hard)), draw(drawn)) for _ in range(2)]
    focal = draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])) if hard else 0.0
    smoothing = draw(st.sampled_from([0.0, 0.0, 0.1]))
    weights = (
        tuple(draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=k, max_size=k))) if draw(st.booleans()) else ()
    )
    eps = draw(st.sampled_from([0.0, 0.0, 1e-7])) if scale == "probs" else 0.0
    args = (*(["--focal", repr(focal)] if focal else []), *(["--smoothing", repr(smoothing)] if smoothing else []))
    args = (*args, *(["--class-weight", listed(weights)] if weights else []), *(["--normalize"] if normalize else []))
    return rows, Options(scale, wrt, focal, smoothing, weights, 1.0, eps, normalize, (*args, *_eps(eps)))


def _eps(eps: float) -> tuple[str, ...]:
    return ("--eps", repr(eps)) if eps else ()


def _targets(k: int, hard: bool) -> st.SearchStrategy[list[float]]:
    if hard:
        return st.integers(0, k - 1).map(lambda label: [float(at == label) for at in range(k)])
    return st.lists(st.integers(1, 9), min_size=k, max_size=k).map(lambda parts: [part / sum(parts) for part in parts])


def _class_predictions(scale: str, wrt: str, k: int, most_power: float) -> st.SearchStrategy[list[float]]:
    if scale == "logits":
        near = st.tuples(unit_floats(-990, 990), st.lists(unit_floats(-5, 5), min_size=k, max_size=k))
        most = 1e3 if wrt == "logits" else 50.0
        far = st.lists(unit_floats(-most, most), min_size=k, max_size=k)
        near_lists = near.map(lambda both: [both[0] + part for part in both[1]])
        return st.one_of(near_lists, near_lists, near_lists, far)
    shares = st.lists(unit_floats(0.0, most_power), min_size=k, max_size=k).map(lambda us: [10.0**-u for u in us])
    shares = shares.map(lambda parts: [part / sum(parts) for part in parts])
    return shares if scale == "probs" else shares.map(lambda parts: [min(0.0, log(part)) for part in parts])


def law_holds(name: str, labels: str, rows: list[Row], o: Options, expected: list[list[float]]) -> None:
    predictions = listed([row.v for row in rows])
    args = ("grad", name, labels, predictions, "--from", o.scale, "--wrt", o.wrt, "-r", "sum", *o.args)
    result = run(*args, "--check", "-f", "json")
    assert result.code == 0, (args, result.out, result.err)
    assert result.json["max_rel_error"] < 1e-6
    for row, found, wanted in zip(rows, result.json["gradient"], expected, strict=True):
        # two terms that cancel, as at p = y, leave their rounding
        cancels = o.smoothing > 0.0 or not set(row.q) <= {0.0, 1.0}
        size = max([abs(slope) for slope in wanted] + [1e-2 if cancels else FLOOR])
        cells = found if isinstance(found, list) else [found]
        for slope, slope_wanted in zip(cells, wanted, strict=True):
            assert slope is None or abs(slope - slope_wanted) <= 1e-10 * size, (args, found, wanted)
            assert slope is not None or abs(slope_wanted) > 1e300


@pytest.mark.parametrize(("name", "pair"), crossed(log_losses(Form.BINARY), PAIRS))
@EXAMPLES
@given(data=st.data())
def test_the_gradient_of_a_binary_log_loss_is_its_slope(name: str, pair: tuple[str, str], data: st.DataObject) -> None:
    scale, wrt = pair
    rows, o = data.draw(binary_calls(name, scale, wrt))
    labels = listed([row.q[0] for row in rows])
    with localcontext() as context:
        context.prec = DIGITS
        expected = [[binary_slope(row, o)] for row in rows]
    law_holds(name, labels, rows, o, expected)


@pytest.mark.parametrize(("name", "pair"), crossed(log_losses(Form.CATEGORICAL), PAIRS))
@EXAMPLES
@given(data=st.data())
def test_the_gradient_of_a_log_loss_of_classes_is_its_slope(
    name: str, pair: tuple[str, str], data: st.DataObject
) -> None:
    scale, wrt = pair
    rows, o = data.draw(class_calls(name, scale, wrt))
    hard = all(1.0 in row.q for row in rows)
    labels = ",".join(str(row.q.index(1.0)) for row in rows) if hard else listed([row.q for row in rows])
    with localcontext() as context:
        context.prec = DIGITS
        expected = [class_slopes(row, o) for row in rows]
    law_holds(name, labels, rows, o, expected)


# --- the ends of scales -----------------------------------------------------------------------------------------------


def test_at_the_ends_the_slope_is_one_sided() -> None:
    cases = [
        (("bce", "1,0", "1,0"), [-1.0, 1.0]),  # -1/p and 1/(1-p) from the inner side
        (("bce", "1,0", "0,1"), [-inf, inf]),
        (("bce", "0.5,0.5", "0,1"), [-inf, inf]),
        (("bce", "1,0", "1,0", "--focal", "2"), [0.0, 0.0]),
        (("bce", "1,0", "0,1", "--focal", "0.5"), [-inf, inf]),
        (("bce", "1,0,1,0", "1,0,0,1", "--wrt", "logits"), [0.0, 0.0, -1.0, 1.0]),  # p - y
        (("bce", "1,0,1,0", "1,0,0,1", "--wrt", "logprobs"), [-1.0, 0.0, -1.0, inf]),  # -1, p/(1-p)
        (("bce", "1,0", "0,0", "--from", "logprobs"), [-1.0, inf]),
        (("bce", "1,0,1,0", "inf,-inf,-inf,inf", "--from", "logits"), [0.0, 0.0, -1.0, 1.0]),
        (("bce", "1,0", "1e-300,5e-324"), [-1 / 1e-300, 1.0]),
        (("nll", "1,0.5"), [-1.0, -2.0]),
        (("bce", "1,0", "0,1", "--like", "torch"), [-TORCH_STEEPEST, TORCH_STEEPEST]),
        (("bce", "1,1", "1e-50,1e-10", "--like", "torch"), [-TORCH_STEEPEST, -1e10]),
        (("bce", "1,0", "0,1", "--eps", "1e-7"), [0.0, 0.0]),  # clipped, so flat
        (("bce", "1,0", "0,1", "-w", "0,0.5"), [0.0, inf]),
    ]
    for args, expected in cases:
        assert quiet(*args, "-r", "sum") == expected, (args, expected)


def test_at_the_ends_slopes_of_classes_are_one_sided() -> None:
    cases = [
        (("0", "1,0,0"), "-1.0,0.0,0.0"),
        (("1", "1,0,0"), "0.0,-inf,0.0"),
        (("1", "1,0,0", "--wrt", "logits"), "1.0,-1.0,0.0"),
        (("1", "1,0,0", "--wrt", "logprobs"), "0.0,-1.0,0.0"),
        (("0", "inf,0,-inf", "--from", "logits"), "0.0,0.0,0.0"),
        (("1", "1,0,0", "--normalize"), "1.0,-inf,1.0"),
    ]
    for args, expected in cases:
        assert run("grad", "ce", *args, "-q").out.strip() == expected, (args, expected)


def test_slopes_of_far_logits_keep_their_digits() -> None:
    # 1 - sigmoid(z) and sigmoid(-z) by series: e^-z (1 - e^-z) to 16 digits
    assert quiet("bce", "1,0", "700,-40", "--from", "logits", "-r", "sum") == pytest.approx(
        [-exp(-700), exp(-40) * (1 - exp(-40))], rel=1e-13, abs=0
    )
    # 1/(1-p) at p = sigmoid(100) is 1 + e^100, which p as a float has forgotten
    found = quiet("bce", "0", "100", "--from", "logits", "--wrt", "probs")
    assert found == pytest.approx([1 + exp(100)], rel=1e-12, abs=0)


# --- the check --------------------------------------------------------------------------------------------------------


def hills(n: int) -> tuple[DifferenceProblem, np.ndarray]:
    """n rows of the surface v^2 / n at 1, and its slopes."""
    at = np.ones(n)
    ends = np.full(n, inf)
    return DifferenceProblem(at, lambda v: v**2 / n, np.full(n, 1e-5), -ends, ends), np.full(n, 2.0 / n)


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5, 1.001, 1.0 + 2e-6])
def test_a_wrong_gradient_cannot_hide_behind_a_mean_over_many_rows(factor: float) -> None:
    ground, slope = hills(100_000)
    found = compare_slopes(factor * slope, ground, differences(ground), settle=True)
    assert found.error.min() > 1e-6 and not found.inconclusive.any()


def test_a_right_gradient_passes_and_one_that_is_not_a_number_does_not() -> None:
    ground, slope = hills(3)
    assert compare_slopes(slope, ground, differences(ground), settle=True).error.max() < 1e-9
    assert compare_slopes(np.full(3, np.nan), ground, differences(ground), settle=True).error.min() == inf


def test_a_gap_that_rounding_explains_is_left_out_and_counted() -> None:
    ground, slope = hills(2)
    found = compare_slopes(slope, ground, Differences(slope * 1.1, np.full(2, 1.0)), settle=False)
    assert found.error.tolist() == [0.0, 0.0] and found.inconclusive.tolist() == [1, 1]


def test_a_slope_at_a_corner_is_left_out_because_it_moves_with_the_step() -> None:
    zeros = np.zeros(1)
    ground = DifferenceProblem(zeros, lambda v: np.sqrt(np.abs(v)) + v, np.full(1, 1e-5), zeros, np.ones(1))
    found = compare_slopes(np.ones(1), ground, differences(ground), settle=True)
    assert found.inconclusive.tolist() == [1]


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_norm_neither_overflows_nor_vanishes(scale: float) -> None:
    size = GradientSize().with_rows(np.array([1.0, 2.0]), scale * np.array([[3.0], [-4.0]]))
    assert size.norm == pytest.approx(5 * scale, rel=1e-15, abs=0)
    assert (size.largest, size.largest_row) == (4 * scale, 2)


def test_the_step_of_a_logit_of_classes_goes_by_its_distance_below_the_largest() -> None:
    for row in ("5,3,-20", "1e8,99999998,99999999.5", "-1e8,-100000002,-100000000.5", "3e5,-3e5,1"):
        for label in ("0", "1", "2"):
            found = record("grad", "ce", label, row, "--from", "logits", "--check")
            assert found["ok"] and found["unchecked"] == 0, (row, label)
    for z in ("5", "1e4", "-20", "1e8"):
        for label in ("0", "1"):
            found = record("grad", "bce", label, z, "--from", "logits", "--check")
            assert found["ok"] and found["unchecked"] == 0, (z, label)
