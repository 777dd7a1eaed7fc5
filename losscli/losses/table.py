"""The table of losses. A new loss is one more entry in `LOSSES`; nowhere else is a loss asked for by name.

Shapes: n rows, k classes; binary predictions are (n,), others (n, k). Everything is in nats. A coefficient of 0
silences its partial loss, an infinite one too: 0 log 0 is 0. A certain miss is inf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from losscli.enums import Form, Scale
from losscli.lazy import Lazy
from losscli.losses.binary import (
    bce_from_logits,
    bce_from_logprobs,
    bce_from_probs,
    bce_gradient_by_logits,
    bce_gradient_by_logprobs,
    bce_gradient_by_probs,
)
from losscli.losses.categorical import (
    ce_from_logits,
    ce_from_logprobs,
    ce_from_probs,
    ce_gradient_by_logits,
    ce_gradient_by_logprobs,
    ce_gradient_by_probs,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    np = Lazy("numpy")  # the table below is what the help is made of, and help needs no numpy


@dataclass(frozen=True)
class Kernel:
    """The value (n,) of each row and the gradient, shaped like the predictions, of its sum."""

    value: Callable[..., Array]
    gradient: Callable[..., Array]


@dataclass(frozen=True)
class Loss:
    """A loss: its names, what rows and scales it takes, and which of the optional settings have a meaning for it."""

    name: str
    title: str
    kernels: Mapping[Form, Mapping[Scale, Kernel]]
    settings: frozenset[str]
    soft_labels: bool


# --- the table ------------------------------------------------------------------------------------------------------
BINARY = {
    Scale.PROBS: Kernel(bce_from_probs, bce_gradient_by_probs),
    Scale.LOGITS: Kernel(bce_from_logits, bce_gradient_by_logits),
    Scale.LOGPROBS: Kernel(bce_from_logprobs, bce_gradient_by_logprobs),
}

CATEGORICAL = {
    Scale.PROBS: Kernel(ce_from_probs, ce_gradient_by_probs),
    Scale.LOGITS: Kernel(ce_from_logits, ce_gradient_by_logits),
    Scale.LOGPROBS: Kernel(ce_from_logprobs, ce_gradient_by_logprobs),
}

# The likelihood of what happened is a binary row whose label is 1; a logit of what happened is no likelihood.
LIKELIHOOD = {scale: BINARY[scale] for scale in (Scale.PROBS, Scale.LOGPROBS)}

LOSSES: Mapping[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            "bce",
            "binary cross-entropy",
            {Form.BINARY: BINARY},
            frozenset({"positive", "pos_weight"}),
            soft_labels=True,
        ),
        Loss(
            "ce",
            "categorical cross-entropy",
            {Form.CATEGORICAL: CATEGORICAL},
            frozenset({"classes", "class_weight", "ignore", "normalize"}),
            soft_labels=True,
        ),
        Loss(
            "nll",
            "negative log-likelihood",
            {Form.LIKELIHOOD: LIKELIHOOD, Form.BINARY: BINARY, Form.CATEGORICAL: CATEGORICAL},
            frozenset({"positive", "classes", "class_weight", "ignore", "normalize"}),
            soft_labels=False,
        ),
    )
}
