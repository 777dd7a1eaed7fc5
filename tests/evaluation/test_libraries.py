"""`--like` is what the library does: figures of torch 2.13, Keras 3.15 and scikit-learn 1.9, as literals and live.

The live tests run where the library is installed; Keras computes in single precision, so six digits of it are compared.
"""

import importlib.util
import os
from collections.abc import Callable
from itertools import product
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import answer, close, listed, npy, record, refusal

from losscli.enums import Like

LABELS, PREDS = [1, 0, 0, 1], [0.8, 0.3, 0.4, 0.7]
SOFT = [0.9, 0.2, 0.5, 1.0]
ROWS, SOFT_ROWS = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]], [[0.6, 0.3, 0.1], [0.0, 0.2, 0.8]]
BCE, CE = ("bce", listed(LABELS), listed(PREDS)), ("ce", "0,2", listed(ROWS))

# what is typed behind --like keras, and what Keras answers
KERAS: list[tuple[tuple[str, ...], float]] = [
    # losses.BinaryCrossentropy: -ln(1e-7), and -ln(2^-23) on the other side, as 1 - 1e-7 is 1 - 2^-23 in float32
    (("bce", "1", "0"), 16.11809539794922),
    (("bce", "0", "1"), 15.942384719848633),
    # losses.CategoricalCrossentropy
    (("ce", "0", "1,0"), 1.1920930376163597e-07),
    (("ce", "1", "1,0"), 16.11809539794922),
    # losses.CategoricalFocalCrossentropy(alpha=1, gamma=2, label_smoothing=0.1), alpha=0.25, and of soft labels
    (("ce", "0", "0.7,0.2,0.1", "--focal", "2", "--smoothing", "0.1"), 0.12646517157554626),
    (("ce", "0", "0.7,0.2,0.1", "--focal", "2", "--alpha", "0.25", "--smoothing", "0.1"), 0.031616292893886566),
    (("ce", "0.6,0.3,0.1", "0.7,0.2,0.1", "--focal", "2"), 0.5147819519042969),
    # losses.BinaryFocalCrossentropy(gamma=2, label_smoothing=0.1), with apply_class_balancing and alpha=0.25
    ((*BCE, "--focal", "2", "--smoothing", "0.1"), 0.04661804065108299),
    ((*BCE, "--focal", "2", "--smoothing", "0.1", "--alpha", "0.25"), 0.027460645884275436),
    ((*BCE, "--focal", "2", "--alpha", "0.25"), 0.02390781231224537),
    (("bce", "0.9,0.2,0.4,1", listed(PREDS), "--focal", "2"), 0.07189807295799255),
    # class weights are sample weights, and the mean divides by the rows
    ((*CE, "--class-weight", "1,2,5"), 1.070024847984314),
    ((*CE, "--class-weight", "1,2,5", "--smoothing", "0.1"), 1.3898922204971313),
    (("ce", listed(SOFT_ROWS), listed(ROWS), "--class-weight", "1,2,5"), 1.9816163778305054),
    ((*BCE, "--class-weight", "1,3"), 0.6517390608787537),
    ((*BCE, "--class-weight", "1,3", "--smoothing", "0.1"), 0.7511582970619202),
    (("bce", listed(SOFT), listed(PREDS), "--class-weight", "1,3"), 0.8487591743469238),
    (("ce", listed(SOFT_ROWS), listed(ROWS), "--class-weight", "1,2,5", "--smoothing", "0.1"), 2.21032452583313),
    (("bce", listed(SOFT), listed(PREDS), "--class-weight", "1,3", "--smoothing", "0.1"), 0.9284764528274536),
]


@pytest.mark.parametrize(("args", "expected"), KERAS)
def test_losses_are_those_of_keras(args: tuple[str, ...], expected: float) -> None:
    assert answer(*args, "--like", "keras") == pytest.approx(expected, rel=5e-7, abs=0)


def test_gradients_are_those_of_keras() -> None:
    # torch.autograd through keras.losses in single precision; 0 beyond the bounds of the clip
    found = record("grad", "bce", "1,0,1", "0,1,0.3", "--like", "keras")["gradient"]
    assert found == pytest.approx([0.0, 0.0, -1.111111044883728], rel=1e-6, abs=0)
    smoothed = ("--like", "keras", "--focal", "2", "--smoothing", "0.1", "--check")
    found = record("grad", "bce", "1,0,1", "0.8,0.4,0.3", *smoothed)
    assert found["ok"] and found["gradient"] == pytest.approx(
        [-0.056890495121479034, 0.21236562728881836, -0.9510153532028198], rel=1e-6, abs=0
    )
    found = record("grad", "ce", "0", "0.7,0.2,0.1", *smoothed)
    assert found["ok"] and found["gradient"][0] == pytest.approx(
        [-0.016605228185653687, 0.1106293797492981, -0.10502231121063232], rel=2e-6, abs=0
    )


def test_slopes_at_the_clip_are_those_of_torchs_backward() -> None:
    # F.binary_cross_entropy(p, y, reduction="sum") in float64: (p - y) / max(p (1-p), 1e-12), 1e-12 in single precision
    found = record("grad", "bce", "1,0,1,0,1,0.3", "0,1,1,0,1e-13,0", "--like", "torch", "-r", "sum")["gradient"]
    expected = [-1000000003995.8029, 1000000003995.8029, 0.0, 0.0, -1000000003995.7028, -300000001198.74084]
    assert found == pytest.approx(expected, rel=1e-14, abs=0)
    found = record("grad", "bce", "1,1,0.5", "1e-50,0.999999999999999,1", "--like", "torch", "-r", "sum", "--check")
    expected = [-1000000003995.8029, -0.0009992007261552499, 500000001997.9014]
    assert found["gradient"] == pytest.approx(expected, rel=1e-14, abs=0)
    assert found["ok"] and found["unchecked"] == 3  # no differences give what is no derivative
    # its cross-entropy of classes has no such floor
    found = record("grad", "ce", "0", "1e-13,1", "--like", "torch", "--check")
    assert (found["gradient"], found["unchecked"]) == ([[-1e13, 0.0]], 0)
    # by logits the same times p (1-p), as autograd goes on through a sigmoid
    [slope] = record("grad", "bce", "1", "1e-50", "--like", "torch", "--wrt", "logits")["gradient"]
    assert slope == pytest.approx(-1000000003995.8029e-50, rel=1e-14, abs=0)


def test_likelihoods_are_to_a_library_what_predictions_of_the_label_1_are() -> None:
    probs, ones = "0,0.5,0.25,1,1e-9", "1,1,1,1,1"
    for like, options in product(
        Like, ((), ("-w", "1,2,3,0.5,1"), ("-w", "1,2,3,0.5,1", "-r", "sum"), ("--eps", "0.1"))
    ):
        own, same = record("nll", probs, *options, "--like", like), record("nll", ones, probs, *options, "--like", like)
        for figure in ("value", "divisor", "clipped", "infinite", "max", "se"):
            assert own[figure] == same[figure], (like, options, figure)
        slopes = [
            record("grad", "nll", *data, *options, "--like", like)["gradient"] for data in ((probs,), (ones, probs))
        ]
        assert slopes[0] == slopes[1], (like, options)
    assert answer("nll", "0", "--like", "torch") == 100.0
    assert answer("nll", "0.5,0.25", "-w", "1,3", "--like", "torch") == pytest.approx(7 * log(2) / 2, rel=1e-14)


def test_logits_and_log_probabilities_are_neither_clipped_nor_rescaled_for_a_library() -> None:
    for like in (Like.TORCH, Like.KERAS):
        assert answer("bce", "1,0", "-1000,3000", "--from", "logits", "--like", like) == 2000.0
        assert answer("ce", "1", "1000,0", "--from", "logits", "--like", like) == 1000.0
        assert answer("bce", "1", "-1000", "--from", "logprobs", "--like", like) == 1000.0
        assert answer("ce", "0", "-1,-1", "--from", "logprobs", "--like", like) == 1.0
        halved = answer("ce", "0", "-1,-1", "--from", "logprobs", "--like", like, "--normalize")
        assert halved == pytest.approx(log(2), rel=1e-14)
    # an own clip takes the place of torch's floor and cap
    call = ("bce", "1,1", "2e-13,1e-50", "--like", "torch", "--eps", "1e-13", "-r", "sum")
    assert answer(*call) == pytest.approx(-log(2e-13) - log(1e-13), rel=1e-14)
    assert record("grad", *call)["gradient"] == pytest.approx([-5e12, 0.0], rel=1e-14)
    assert answer("bce", "1", "1e-50", "--like", "torch", "--eps", "0") == pytest.approx(50 * log(10), rel=1e-14)
    assert answer("bce", "1", "0", "--like", "torch", "--eps", "1e-60") == pytest.approx(60 * log(10), rel=1e-14)


def test_what_a_library_has_not_is_refused_under_its_name() -> None:
    for library in ("torch", "sklearn"):
        assert f"--like {library}" in refusal(*BCE, "--like", library, "--focal", "2", "--smoothing", "0.1")
        assert f"--like {library}" in refusal(*CE, "--like", library, "--focal", "2", "--smoothing", "0.1")
    assert "--like sklearn" in refusal(*CE, "--like", "sklearn", "--class-weight", "1,2,5")
    assert "--like sklearn" in refusal(*BCE, "--like", "sklearn", "--class-weight", "1,3")
    for loss in (("bce", listed(SOFT), listed(PREDS)), ("ce", listed(SOFT_ROWS), listed(ROWS))):
        assert "--like keras" in refusal(*loss, "--focal", "2")


# --- live -------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def keras() -> Any:
    if "KERAS_BACKEND" not in os.environ:
        os.environ["KERAS_BACKEND"] = "torch" if importlib.util.find_spec("torch") else "numpy"
    return pytest.importorskip("keras")


@pytest.mark.slow  # the library may start processes
def test_live_keras_gives_the_literals(keras: Any) -> None:
    losses, a = keras.losses, lambda values: np.array(values, dtype="float32")
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights as weights_of

    y, p, soft = a(LABELS)[:, None], a(PREDS)[:, None], a([[0.9], [0.2], [0.4], [1.0]])
    one_hot, rows, likely = a([[1, 0, 0], [0, 0, 1]]), a(ROWS), a([[0.7, 0.2, 0.1]])
    focal: Callable[..., Any] = losses.CategoricalFocalCrossentropy
    binary: Callable[..., Any] = losses.BinaryFocalCrossentropy
    balanced = {"apply_class_balancing": True, "alpha": 0.25}
    by_class, by_label = {0: 1.0, 1: 2.0, 2: 5.0}, {0: 1.0, 1: 3.0}
    smooth = losses.CategoricalCrossentropy(label_smoothing=0.1)
    found = [
        losses.BinaryCrossentropy()(a([[1]]), a([[0]])),
        losses.BinaryCrossentropy()(a([[0]]), a([[1]])),
        losses.CategoricalCrossentropy()(a([[1, 0]]), a([[1, 0]])),
        losses.CategoricalCrossentropy()(a([[0, 1]]), a([[1, 0]])),
        focal(alpha=1.0, gamma=2.0, label_smoothing=0.1)(one_hot[:1], likely),
        focal(alpha=0.25, gamma=2.0, label_smoothing=0.1)(one_hot[:1], likely),
        focal(alpha=1.0, gamma=2.0)(a([[0.6, 0.3, 0.1]]), likely),
        binary(gamma=2.0, label_smoothing=0.1)(y, p),
        binary(gamma=2.0, label_smoothing=0.1, **balanced)(y, p),
        binary(gamma=2.0, **balanced)(y, p),
        binary(gamma=2.0)(soft, p),
        losses.CategoricalCrossentropy()(one_hot, rows, sample_weight=weights_of(one_hot, by_class)),
        smooth(one_hot, rows, sample_weight=weights_of(one_hot, by_class)),
        losses.CategoricalCrossentropy()(a(SOFT_ROWS), rows, sample_weight=weights_of(a(SOFT_ROWS), by_class)),
        losses.BinaryCrossentropy()(y, p, sample_weight=weights_of(y, by_label)),
        losses.BinaryCrossentropy(label_smoothing=0.1)(y, p, sample_weight=weights_of(y, by_label)),
        losses.BinaryCrossentropy()(a(SOFT)[:, None], p, sample_weight=weights_of(a(SOFT)[:, None], by_label)),
        smooth(a(SOFT_ROWS), rows, sample_weight=weights_of(a(SOFT_ROWS), by_class)),
        losses.BinaryCrossentropy(label_smoothing=0.1)(
            a(SOFT)[:, None], p, sample_weight=weights_of(a(SOFT)[:, None], by_label)
        ),
    ]
    for (args, literal), value in zip(KERAS, found, strict=True):
        assert float(value) == pytest.approx(literal, rel=1e-6, abs=0), args


@pytest.mark.slow  # the library may start processes
def test_live_torch_has_these_slopes_at_the_clip() -> None:
    torch = pytest.importorskip("torch")
    labels, preds = [1.0, 0.0, 1.0, 0.0, 1.0, 0.3, 0.6], [0.0, 1.0, 1.0, 0.0, 1e-13, 0.0, 0.25]
    p = torch.tensor(preds, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(labels, dtype=torch.float64)
    torch.nn.functional.binary_cross_entropy(p, y, reduction="sum").backward()
    found = record("grad", "bce", listed(labels), listed(preds), "--like", "torch", "-r", "sum")["gradient"]
    assert found == pytest.approx(p.grad.tolist(), rel=1e-14, abs=0)


def test_scikit_learn_clips_to_the_machine_epsilon_of_the_predictions_type(here: Path) -> None:
    """`log_loss` takes `np.finfo(y_pred.dtype).eps`: 2^-10, 2^-23 and 2^-52; lists and text are float64."""
    for kind, bits in (("float16", 10), ("float32", 23), ("float64", 52)):
        Path("p.npy").write_bytes(npy(np.array([0.0, 0.5], kind)))
        Path("pk.npy").write_bytes(npy(np.array([[0.0, 1.0], [0.5, 0.5]], kind)))
        right = (bits + 1) * log(2) / 2
        assert answer("bce", "1,0", "p.npy", "--like", "sklearn") == close(right), kind
        assert answer("ce", "0,1", "pk.npy", "--like", "sklearn") == close(right), kind
        assert answer("bce", "1,0", "p.npy", "--like", "sklearn", "--eps", "0.25") == close(3 * log(2) / 2), kind
    for table in ("label,prob\n1,0\n0,0.5\n", '{"label": 1, "prob": 0}\n{"label": 0, "prob": 0.5}\n'):
        assert answer("bce", "--like", "sklearn", stdin=table) == close(53 * log(2) / 2)
    assert answer("bce", "1,0", "0,0.5", "--like", "sklearn") == close(53 * log(2) / 2)
