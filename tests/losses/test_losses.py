"""The kernels by themselves: values against decimals of many digits, slopes against differences, and laws for all."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.enums import Form, Scale
from losscli.losses.focal import focal_gradient, focal_value
from losscli.losses.functions import log1mexp, log_softmax, sigmoid, softplus
from losscli.losses.table import LOSSES, Kernel, Loss
from losscli.losses.targets import Binary, Classes, Soft, Targets

Array = np.ndarray


def kernels_of(some: Callable[[Loss], bool]) -> list[Any]:
    return [
        pytest.param(form, scale, kernel, id=f"{loss.name}-{form.name.lower()}-{scale.value}")
        for loss in LOSSES.values()
        if some(loss)
        for form, kernels in loss.kernels.items()
        for scale, kernel in kernels.items()
    ]


KERNELS = kernels_of(lambda loss: True)
EVERY_KERNEL = pytest.mark.parametrize(("form", "scale", "kernel"), KERNELS)
OF_LOG_LOSSES = pytest.mark.parametrize(("form", "scale", "kernel"), kernels_of(lambda loss: loss.log_loss))
WEIGHED = pytest.mark.parametrize(  # those whose labels may have a part in several classes, or weights by class
    ("form", "scale", "kernel"), kernels_of(lambda loss: loss.soft_labels or "class_weight" in loss.settings)
)
TINY = 1e-300  # below it a float has lost digits of its own


# --- references in decimals -------------------------------------------------------------------------------------------


def ln1p(t: Decimal) -> Decimal:
    """ln(1 + t), by its series where 1 + t would lose t."""
    return t - t * t / 2 + t * t * t / 3 if abs(t) < Decimal("1e-30") else (1 + t).ln()


def decimal_softplus(z: float) -> Decimal:
    exact = Decimal(z)
    return max(exact, Decimal(0)) + ln1p((-abs(exact)).exp())


def decimal_log1mexp(x: float) -> Decimal:
    exact = Decimal(x)
    if exact > Decimal("-1e-30"):
        return (-exact).ln() + exact / 2
    return ln1p(-exact.exp())


def decimal_cost(z: list[float], own: int) -> Decimal:
    """-ln softmax(z)_own."""
    exact = [Decimal(value) for value in z]
    others = sum((value - exact[own]).exp() for at, value in enumerate(exact) if at != own)
    return ln1p(others) if isinstance(others, Decimal) else Decimal(0)


def assert_digits(found: float, wanted: Decimal, rel: str = "1e-14") -> None:
    if abs(wanted) < Decimal(TINY):
        assert abs(Decimal(found)) <= Decimal(TINY)
    else:
        assert abs(Decimal(found) - wanted) <= Decimal(rel) * abs(wanted)


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with localcontext() as context:
        context.prec = 60
        context.Emin, context.Emax = -999999, 999999
        yield


NUMBERS = [0.0, 1e-300, 1e-17, 1e-9, 0.1, 0.5, math.log(2), 1.0, 2.5, 10.0, 36.0, 37.5, 40.0, 100.0, 500.5, 690.0, 1e3]
LOGITS = [sign * value for value in NUMBERS for sign in (1.0, -1.0)]
PROBS = [5e-324, 1e-300, 1e-100, 1e-17, 1e-16, 1e-9, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999999]
PROBS += [1 - 1e-9, 1 - 1e-15, 1 - 1e-16, 1 - 2.0**-52, math.nextafter(1.0, 0.0)]
LOGPROBS = [-value for value in NUMBERS if value] + [-math.log(2) * (1 + 1e-15), -0.6931471, -0.6931472, -1e-308]


def binary_value(scale: Scale, prediction: float, positive: float, negative: float) -> float:
    targets = Binary(np.array([positive]), np.array([negative]))
    return float(LOSSES["bce"].kernels[Form.BINARY][scale].value(targets, np.array([prediction]))[0])


@pytest.mark.parametrize("z", LOGITS)
def test_the_loss_of_a_logit_has_fourteen_digits(z: float) -> None:
    assert_digits(binary_value(Scale.LOGITS, z, 1.0, 0.0), decimal_softplus(-z))
    assert_digits(binary_value(Scale.LOGITS, z, 0.0, 1.0), decimal_softplus(z))
    assert_digits(binary_value(Scale.LOGITS, z, 0.25, 0.75), (decimal_softplus(-z) + 3 * decimal_softplus(z)) / 4)


@pytest.mark.parametrize("p", PROBS)
def test_the_loss_of_a_probability_has_fourteen_digits(p: float) -> None:
    miss, hit = -Decimal(p).ln(), -ln1p(-Decimal(p))
    assert_digits(binary_value(Scale.PROBS, p, 1.0, 0.0), miss)
    assert_digits(binary_value(Scale.PROBS, p, 0.0, 1.0), hit)
    assert_digits(binary_value(Scale.PROBS, p, 0.25, 0.75), (miss + 3 * hit) / 4)


@pytest.mark.parametrize("x", LOGPROBS)
def test_the_loss_of_a_log_probability_has_fourteen_digits(x: float) -> None:
    assert_digits(binary_value(Scale.LOGPROBS, x, 1.0, 0.0), -Decimal(x))
    assert_digits(binary_value(Scale.LOGPROBS, x, 0.0, 1.0), -decimal_log1mexp(x))


ROWS = [
    [0.0, 0.0],
    [1.0, 2.0, 3.0],
    [1e3, 0.0, -1e3],
    [-1e3, -1e3, -1e3],
    [1e3, 1e3, 1e3, 1e3],
    [1e-300, -1e-300],
    [40.0, 0.0, 1.0],
    [700.0, 3.0, 650.0],
    [0.5, -37.0, 37.0],
    [100.0, 99.0, -250.0],
]


def categorical(scale: Scale) -> Kernel:
    return LOSSES["ce"].kernels[Form.CATEGORICAL][scale]


@pytest.mark.parametrize("row", ROWS)
def test_the_categorical_loss_of_logits_has_fourteen_digits(row: list[float]) -> None:
    for own in range(len(row)):
        targets = Classes(np.array([own]), np.ones(1))
        assert_digits(float(categorical(Scale.LOGITS).value(targets, np.array([row]))[0]), decimal_cost(row, own))


@pytest.mark.parametrize("row", [[626.1116044646437, -10.379744708965948], [641.2297292574781, 353.1], [690.3, 0.1]])
def test_the_loss_of_a_confident_hit_has_fourteen_digits(row: list[float]) -> None:
    targets = Classes(np.array([0]), np.ones(1))
    assert_digits(float(categorical(Scale.LOGITS).value(targets, np.array([row]))[0]), decimal_cost(row, 0))


@pytest.mark.parametrize("row", ROWS)
def test_soft_labels_weigh_the_losses_of_the_classes(row: list[float]) -> None:
    k = len(row)
    shares = np.arange(1.0, k + 1.0) / 16.0
    found = float(categorical(Scale.LOGITS).value(Soft(shares[None, :]), np.array([row]))[0])

    assert_digits(found, sum((Decimal(shares[at]) * decimal_cost(row, at) for at in range(k)), Decimal(0)))


def test_the_categorical_loss_of_probabilities_and_log_probabilities_is_that_of_the_labelled_cell() -> None:
    for value in PROBS:
        targets = Classes(np.array([1]), np.ones(1))
        by_prob = categorical(Scale.PROBS).value(targets, np.array([[0.5, value]]))
        assert_digits(float(by_prob[0]), -Decimal(value).ln())
    for value in LOGPROBS:
        by_logprob = categorical(Scale.LOGPROBS).value(Classes(np.array([1]), np.ones(1)), np.array([[-1.0, value]]))
        assert float(by_logprob[0]) == -value


@pytest.mark.parametrize("function", [softplus, sigmoid, log1mexp])
def test_functions_of_numbers_are_monotonous_and_never_overflow(function: Callable[[Array], Array]) -> None:
    where = np.linspace(-1000.0, 0.0 if function is log1mexp else 1000.0, 4001)
    values = function(where)

    assert not np.isnan(values).any()
    assert ((np.diff(values) <= 0.0) if function is log1mexp else (np.diff(values) >= 0.0)).all()


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_softmax_sums_to_one_and_is_nowhere_above_it(rows: list[list[float]]) -> None:
    x = log_softmax(np.array(rows))

    assert (x <= 0.0).all()
    assert np.exp(x).sum(axis=1) == pytest.approx(np.ones(len(rows)), rel=1e-13, abs=0)


# --- laws over the whole table ----------------------------------------------------------------------------------------


def predictions(form: Form, scale: Scale, n: int, seed: int = 0) -> Array:
    generator = np.random.default_rng(seed)
    z = generator.normal(size=(n, 3)) * 2.0
    if form is not Form.CATEGORICAL:
        z = z[:, 0]
        return {Scale.LOGITS: z, Scale.PROBS: sigmoid(z), Scale.LOGPROBS: -softplus(-z)}[scale]
    return {Scale.LOGITS: z, Scale.PROBS: np.exp(log_softmax(z)), Scale.LOGPROBS: log_softmax(z)}[scale]


def all_targets(form: Form, n: int, seed: int = 1) -> list[Targets]:
    generator = np.random.default_rng(seed)
    if form is Form.LIKELIHOOD:
        return [Binary(np.ones(n), np.zeros(n))]
    if form is Form.BINARY:
        hard = generator.integers(0, 2, n).astype(float)
        return [Binary(hard, 1.0 - hard), Binary(generator.random(n) * 3.0, generator.random(n))]
    index = generator.integers(0, 3, n)
    weights = generator.random(3)
    return [
        Classes(index, np.ones(n)),
        Classes(index, weights[index], weights * 0.1),
        Soft(generator.dirichlet(np.ones(3), n)),
    ]


def of_rows(targets: Targets, rows: slice | Array) -> Targets:
    if isinstance(targets, Binary):
        return Binary(targets.positive[rows], targets.negative[rows], targets.cap)
    if isinstance(targets, Classes):
        return Classes(targets.index[rows], targets.own[rows], targets.every)
    return Soft(targets.cells[rows])


@EVERY_KERNEL
def test_rows_are_independent_to_the_last_bit(form: Form, scale: Scale, kernel: Kernel) -> None:
    cells = predictions(form, scale, 41)
    for targets in all_targets(form, 41):
        whole, slope = kernel.value(targets, cells), kernel.gradient(targets, cells)
        for part in (slice(0, 1), slice(1, 17), slice(17, 41), np.array([40, 3, 3, 0])):
            assert kernel.value(of_rows(targets, part), cells[part]).tobytes() == whole[part].tobytes()
            assert kernel.gradient(of_rows(targets, part), cells[part]).tobytes() == slope[part].tobytes()


@EVERY_KERNEL
def test_no_layout_of_the_memory_changes_a_digit(form: Form, scale: Scale, kernel: Kernel) -> None:
    cells = predictions(form, scale, 23)
    spread = np.zeros((46, *cells.shape[1:]))[::2]
    spread[:] = cells
    for targets in all_targets(form, 23):
        wanted = kernel.value(targets, np.ascontiguousarray(cells))
        for other in (np.asfortranarray(cells), spread):
            assert kernel.value(targets, other).tobytes() == wanted.tobytes()


@EVERY_KERNEL
def test_kernels_leave_their_arguments_alone(form: Form, scale: Scale, kernel: Kernel) -> None:
    cells = predictions(form, scale, 9)
    cells.setflags(write=False)
    for targets in all_targets(form, 9):
        for part in vars(targets).values():
            if isinstance(part, np.ndarray):
                part.setflags(write=False)
        kernel.value(targets, cells)
        kernel.gradient(targets, cells)


@EVERY_KERNEL
def test_the_gradient_is_the_slope_of_the_value(form: Form, scale: Scale, kernel: Kernel) -> None:
    cells, step = predictions(form, scale, 30), 1e-6
    if scale is Scale.PROBS:
        cells = np.clip(cells, 0.01, 0.99)
    if scale is Scale.LOGPROBS:
        cells = np.minimum(cells, -0.01)
    for targets in all_targets(form, 30):
        slope = kernel.gradient(targets, cells)
        assert slope.shape == cells.shape
        for column in range(cells.shape[1] if cells.ndim == 2 else 1):
            move = np.zeros_like(cells)
            move[..., column if cells.ndim == 2 else slice(None)] = step
            difference = (kernel.value(targets, cells + move) - kernel.value(targets, cells - move)) / (2.0 * step)
            found = slope[:, column] if cells.ndim == 2 else slope
            assert found == pytest.approx(difference, rel=1e-5, abs=1e-7)  # differences have no more digits near 0


@EVERY_KERNEL
def test_losses_are_not_negative_and_slopes_are_numbers(form: Form, scale: Scale, kernel: Kernel) -> None:
    extreme = {
        Scale.PROBS: [0.0, 1e-300, 0.5, math.nextafter(1.0, 0.0), 1.0],
        Scale.LOGITS: [-1e3, -1e-300, 0.0, 745.0, 1e3],
        Scale.LOGPROBS: [-1e3, -745.2, -0.5, -5e-324, 0.0],
    }[scale]
    cells = np.array(extreme if form is not Form.CATEGORICAL else [[a, b, 0.0] for a in extreme for b in extreme])
    for targets in all_targets(form, len(cells)):
        values = kernel.value(targets, cells)
        assert (values >= 0.0).all()
        assert not np.isnan(kernel.gradient(targets, cells)).any()


@OF_LOG_LOSSES
def test_the_slope_at_a_subnormal_probability_is_infinite_without_a_warning(
    form: Form, scale: Scale, kernel: Kernel
) -> None:
    if scale is Scale.PROBS:
        shape = (1, 3) if form is Form.CATEGORICAL else (1,)
        targets = Binary(np.ones(1), np.zeros(1)) if form is not Form.CATEGORICAL else Soft(np.ones((1, 3)) / 3.0)
        assert (kernel.gradient(targets, np.full(shape, 5e-324)) == -math.inf).all()


@WEIGHED
def test_values_are_linear_in_the_coefficients(form: Form, scale: Scale, kernel: Kernel) -> None:
    cells = predictions(form, scale, 12)
    for targets in all_targets(form, 12):
        doubled = type(targets)(
            **{
                name: part * 2.0 if isinstance(part, np.ndarray) and name != "index" else part
                for name, part in vars(targets).items()
            }
        )
        assert kernel.value(doubled, cells) == pytest.approx(2.0 * kernel.value(targets, cells), rel=1e-15, abs=0)


@pytest.mark.parametrize("form", [Form.BINARY, Form.CATEGORICAL, Form.LIKELIHOOD])
def test_the_scales_of_one_model_agree(form: Form) -> None:
    kernels = LOSSES["nll"].kernels[form]
    for targets in all_targets(form, 200):
        values = [kernel.value(targets, predictions(form, scale, 200)) for scale, kernel in kernels.items()]
        for other in values[1:]:
            assert other == pytest.approx(values[0], rel=1e-12, abs=0)


def test_two_classes_are_a_binary_row() -> None:
    z = np.array(LOGITS)
    y = (np.arange(len(z)) % 2).astype(np.intp)
    rows = np.column_stack([np.zeros_like(z), z])
    by_class = categorical(Scale.LOGITS).value(Classes(y, np.ones(len(z))), rows)
    by_label = LOSSES["bce"].kernels[Form.BINARY][Scale.LOGITS].value(Binary(y.astype(float), 1.0 - y), z)

    assert by_class == pytest.approx(by_label, rel=1e-14, abs=0)


def test_one_hot_labels_are_hard_labels() -> None:
    for scale in Scale:
        cells, index = predictions(Form.CATEGORICAL, scale, 50), np.arange(50) % 3
        hard = categorical(scale).value(Classes(index, np.ones(50)), cells)
        soft = categorical(scale).value(Soft(np.eye(3)[index]), cells)
        assert hard.tobytes() == soft.tobytes()


# --- limits: 0 log 0, certain misses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "never", "always"), [(Scale.PROBS, 0.0, 1.0), (Scale.LOGITS, -math.inf, math.inf)])
def test_a_certain_hit_costs_nothing_and_a_certain_miss_everything(scale: Scale, never: float, always: float) -> None:
    assert binary_value(scale, always, 1.0, 0.0) == 0.0
    assert binary_value(scale, never, 0.0, 1.0) == 0.0
    assert binary_value(scale, never, 1.0, 0.0) == math.inf
    assert binary_value(scale, always, 0.0, 1.0) == math.inf
    assert math.copysign(1.0, binary_value(scale, always, 1.0, 0.0)) == 1.0


@pytest.mark.parametrize(("scale", "never"), [(s, v) for s, v in zip(Scale, (0.0, -math.inf, -math.inf), strict=True)])
def test_an_outcome_without_a_coefficient_is_silent(scale: Scale, never: float) -> None:
    sure = {Scale.PROBS: 1.0, Scale.LOGITS: 3.0, Scale.LOGPROBS: 0.0}[scale]
    cells = np.array([[never, sure]])

    assert categorical(scale).value(Soft(np.array([[0.0, 1.0]])), cells)[0] == 0.0
    assert categorical(scale).value(Soft(np.array([[0.5, 0.5]])), cells)[0] == math.inf
    assert categorical(scale).value(Classes(np.array([1]), np.ones(1)), cells)[0] == 0.0
    assert categorical(scale).value(Classes(np.array([0]), np.zeros(1)), cells)[0] == 0.0
    assert categorical(scale).value(Classes(np.array([0]), np.ones(1)), cells)[0] == math.inf


def test_a_cap_holds_each_logarithm_by_itself() -> None:
    kernel = LOSSES["bce"].kernels[Form.BINARY][Scale.PROBS]

    capped = kernel.value(Binary(np.array([1.0, 0.5]), np.array([0.0, 0.5]), cap=100.0), np.array([0.0, 1e-300]))

    assert capped.tolist() == [100.0, 50.0]  # -ln(1 - 1e-300) is nothing beside 100


def test_one_sided_slopes_at_the_ends() -> None:
    kernel = LOSSES["bce"].kernels[Form.BINARY][Scale.PROBS]
    ones, zeros = np.ones(2), np.zeros(2)

    assert kernel.gradient(Binary(ones, zeros), np.array([1.0, 0.0])).tolist() == [-1.0, -math.inf]
    assert kernel.gradient(Binary(zeros, ones), np.array([0.0, 1.0])).tolist() == [1.0, math.inf]


# --- the focal factor -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_the_focal_loss_is_the_loss_times_a_power_of_the_miss(gamma: float) -> None:
    plain = np.array([1e-9, 0.1, 1.0, 30.0])
    wanted = [Decimal(x) * (1 - (-Decimal(x)).exp()) ** Decimal(gamma) for x in plain]

    for found, exact in zip(focal_value(plain, plain, gamma), wanted, strict=True):
        assert_digits(float(found), exact)


def test_the_focal_loss_of_certainties_is_nothing_or_infinite() -> None:
    ends = np.array([0.0, math.inf])

    for gamma in (0.0, 0.5, 2.0):
        assert focal_value(ends, ends, gamma).tolist() == [0.0, math.inf]


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 3.5])
def test_the_focal_gradient_is_the_slope_of_the_focal_value(gamma: float) -> None:
    kernel, z, step = LOSSES["bce"].kernels[Form.BINARY][Scale.LOGITS], np.linspace(-4.0, 4.0, 17), 1e-6
    targets = Binary(np.ones(17), np.zeros(17))

    def value(at: Array) -> Array:
        loss = kernel.value(targets, at)
        return focal_value(loss, loss, gamma)

    loss, slope = kernel.value(targets, z), kernel.gradient(targets, z)
    found = focal_gradient(loss, slope, loss, slope, gamma)

    assert found == pytest.approx((value(z + step) - value(z - step)) / (2 * step), rel=1e-6, abs=0)


def test_the_table_names_each_loss_by_its_name() -> None:
    assert all(name == loss.name and loss.title for name, loss in LOSSES.items())
    assert set(LOSSES) >= {"bce", "ce", "nll"}
