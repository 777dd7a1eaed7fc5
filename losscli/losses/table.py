"""The table of losses. A new loss is one more entry in `LOSSES`; nowhere else is a loss asked for by name.

The functions of its kernels stand in a module of their own: `binary`, `categorical`.

Shapes: n rows, k classes; binary predictions are (n,), others (n, k). Log-losses are in nats. A coefficient of 0
silences its partial loss, an infinite one too: 0 log 0 is 0. A certain miss is inf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from losscli.enums import Form, Scale
from losscli.lazy import Array, np
from losscli.losses import binary, categorical
from losscli.losses.targets import Binary, Classes, Soft, Targets
from losscli.losses.wording import over
from losscli.records import record


class Kernel(NamedTuple):
    """A loss on one scale: the value (n,) of each row, the gradient of their sum, and both as text.

    `value` and `gradient` take targets (see `losses.targets`: coefficients, in which smoothing and weights are already)
    and the predictions. The gradient is shaped like the predictions. `formula` is the loss in symbols, for soft labels
    or hard ones, with the name of the logarithm; `term` the same with the coefficients and the predictions of a row put
    in. `chain` is the gradient in symbols, a line a step; `gradient_term` the same with the coefficients of a row, its
    predictions v on this scale, and their probabilities p.
    """

    value: Callable[..., Array]
    gradient: Callable[..., Array]
    formula: Callable[[bool, str], str]
    term: Callable[[Sequence[float], Sequence[float], str], str]
    chain: tuple[str, ...]
    gradient_term: Callable[[Sequence[float], Sequence[float], Sequence[float]], str]


def by_classes(kernels: Mapping[Scale, Kernel], targets: Targets, x: Array) -> Array:
    """The cost (k,) of each class as the label, the frequencies e^x (k,) being predicted.

    `targets` are the coefficients of k rows, each of which has one class as its label. By log-probabilities where the
    loss has them: a frequency next to 1 keeps the digits there that tell it from 1.
    """
    scale = Scale.LOGPROBS if Scale.LOGPROBS in kernels else Scale.PROBS
    value, cells = kernels[scale].value, x if scale is Scale.LOGPROBS else np.exp(x)
    if isinstance(targets, Binary):
        return value(targets, np.full(2, cells[1]))
    if not isinstance(targets, Classes):
        raise TypeError("labels in turn are hard labels")
    # a view of one row as k rows: the kernel picks k cells of it, and no array of k by k is made
    own = value(Classes(targets.index, targets.own), np.broadcast_to(cells, (len(cells), len(cells))))
    if targets.every is None:
        return own
    every = np.atleast_2d(targets.every)
    return own + value(Soft(every), np.broadcast_to(cells, every.shape))


@record
class Loss:
    """A loss: its names, kernels by form and scale of the data, and what else has a meaning for it.

    `settings` are those of `LOSS_SPECIFIC` that it takes. `soft_labels` says that a label may be a probability, `scale`
    what predictions are where --from is not typed. A log-loss is measured in nats, or the unit of its base, and
    has a perplexity, a likelihood and the catalogue of mistakes; any other loss has the `unit` that it names. `leads`
    and `closes` are the keys of the figures that its table begins and ends with. `baseline` gives the cost of each
    class as the label where the label frequencies are predicted (see `by_classes`), `regression` the name of the
    fit that has the least of the loss; None where there is none. `examples` are lines of its commands, for their pages
    of help; `aliases` what other programs call it (several names, in lower case and without dashes), with the options
    that such a name means.
    """

    name: str
    title: str
    kernels: Mapping[Form, Mapping[Scale, Kernel]]
    settings: frozenset[str]
    soft_labels: bool = True
    log_loss: bool = True
    unit: str = "nats"
    scale: Scale = Scale.PROBS
    leads: tuple[str, ...] = ("mean", "sum")
    closes: tuple[str, ...] = ()
    baseline: Callable[[Mapping[Scale, Kernel], Targets, Array], Array] | None = by_classes
    regression: str | None = None
    examples: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Callable[[str], Loss], tuple[str]]:
        """Pickle a loss as its name, since formulas are lambdas, which can't be pickled."""
        return loss_named, (self.name,)


# The options that a loss has only if its `settings` name them; every loss has all other options.
LOSS_SPECIFIC = frozenset(
    {
        *("base", "eps", "like", "smoothing", "focal", "alpha", "pos_weight", "class_weight", "ignore", "normalize"),
        *("positive", "classes"),
    }
)

OF_LOG_LOSSES = frozenset({"base", "eps", "like", "smoothing", "focal", "alpha"})


# --- the table ------------------------------------------------------------------------------------------------------
BINARY = {
    Scale.PROBS: Kernel(
        binary.bce_from_probs,
        binary.bce_gradient_by_probs,
        lambda soft, log: f"loss = -[ y {log} p + (1 - y) {log}(1 - p) ]",
        binary.term_from_probs,
        ("dloss/dp = -y/p + (1 - y)/(1 - p) = (p - y) / [p (1 - p)]",),
        binary.gradient_term_by_probs,
    ),
    Scale.LOGITS: Kernel(
        binary.bce_from_logits,
        binary.bce_gradient_by_logits,
        lambda soft, log: f"loss = y {log}(1 + e^-z) + (1 - y) {log}(1 + e^z)",
        binary.term_from_logits,
        (
            "dloss/dz = dloss/dp * dp/dz, with p = 1 / (1 + e^-z)",
            "dloss/dp = -y/p + (1 - y)/(1 - p) = (p - y) / [p (1 - p)]",
            "dp/dz = e^-z / (1 + e^-z)^2 = p (1 - p)",
            "p (1 - p) cancels, so that dloss/dz = p - y",
        ),
        binary.gradient_term_by_logits,
    ),
    Scale.LOGPROBS: Kernel(
        binary.bce_from_logprobs,
        binary.bce_gradient_by_logprobs,
        lambda soft, log: f"loss = -[ y x{over(log)} + (1 - y) {log}(1 - e^x) ], x = ln p",
        binary.term_from_logprobs,
        ("dloss/dx = dloss/dp * dp/dx, with p = e^x and dp/dx = p: (p - y) / (1 - p)",),
        binary.gradient_term_by_logprobs,
    ),
}

CATEGORICAL = {
    Scale.PROBS: Kernel(
        categorical.ce_from_probs,
        categorical.ce_gradient_by_probs,
        lambda soft, log: f"loss = -sum over k of q[k] {log} p[k]" if soft else f"loss = -{log} p[label]",
        categorical.term_from_probs,
        ("dloss/dp[k] = -q[k] / p[k]",),
        categorical.gradient_term_by_probs,
    ),
    Scale.LOGITS: Kernel(
        categorical.ce_from_logits,
        categorical.ce_gradient_by_logits,
        lambda soft, log: (
            f"loss = {log}(sum over k of e^z[k]) - {'sum over k of q[k] z[k]' if soft else 'z[label]'}{over(log)}"
        ),
        categorical.term_from_logits,
        (
            "dloss/dz[k] = sum over j of dloss/dp[j] * dp[j]/dz[k], with p = softmax(z)",
            "dloss/dp[j] = -q[j] / p[j]",
            "dp[j]/dz[k] = p[k] (1 - p[k]) for j = k, and dp[j]/dz[k] = -p[j] p[k] for other j",
            "dloss/dz[k] = -q[k] (1 - p[k]) + p[k] (1 - q[k]), so that dloss/dz[k] = p[k] - q[k]",
        ),
        categorical.gradient_term_by_logits,
    ),
    Scale.LOGPROBS: Kernel(
        categorical.ce_from_logprobs,
        categorical.ce_gradient_by_logprobs,
        lambda soft, log: f"loss = -{'sum over k of q[k] x[k]' if soft else 'x[label]'}{over(log)}, x = ln p",
        categorical.term_from_logprobs,
        ("dloss/dx[k] = -q[k]",),
        categorical.gradient_term_by_logprobs,
    ),
}

# The likelihood of the true label is a binary row whose label is 1; its logit is no likelihood.
LIKELIHOOD = {
    Scale.PROBS: BINARY[Scale.PROBS]._replace(formula=lambda soft, log: f"loss = -{log} p"),
    Scale.LOGPROBS: BINARY[Scale.LOGPROBS]._replace(formula=lambda soft, log: f"loss = -x{over(log)}, x = ln p"),
}

LABELS_AND_PREDS = '"1,0,0,1" "0.8,0.3,0.4,0.7"'
CROSS_ENTROPY = "logloss crossentropy xent loss lossvalue 交叉熵 对数损失"  # of two classes or several

LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            "bce",
            "binary cross-entropy",
            {Form.BINARY: BINARY},
            OF_LOG_LOSSES | {"positive", "pos_weight", "class_weight", "ignore"},
            regression="logistic",
            examples=(
                f"losscli bce {LABELS_AND_PREDS}",
                f"losscli bce {LABELS_AND_PREDS} --expect 0.522",
                "losscli bce clicks.csv -y clicked -p old -p new",
                'losscli bce --from logits "1,0" "-1.2,0.3" -q',
                "cat preds.csv | losscli bce -r none -f csv",
                f"losscli grad bce {LABELS_AND_PREDS} --wrt logits",
                "losscli grad bce preds.csv --check",
                'losscli grad bce homework.csv -y passed --wrt params -x hours --theta "-1,0.5"',
                "losscli fit bce homework.csv -y passed -x hours",
                "losscli fit bce homework.csv -y passed -x hours --method newton",
                'losscli fit bce homework.csv -y passed -x "hours,sleep" --l2 0.1 -f csv',
            ),
            aliases={
                CROSS_ENTROPY: "",
                "bceloss binary binarycrossentropy binarylogloss binaryloss 二元交叉熵 二分类交叉熵": "",
                "bcewithlogits bcewithlogitsloss binarycrossentropywithlogits": "--from logits",
            },
        ),
        Loss(
            "ce",
            "categorical cross-entropy",
            {Form.CATEGORICAL: CATEGORICAL},
            OF_LOG_LOSSES | {"classes", "class_weight", "ignore", "normalize"},
            closes=("perplexity",),
            regression="softmax",
            examples=(
                'losscli ce "0,2" "0.7,0.2,0.1; 0.1,0.2,0.7"',
                'losscli ce animals.csv -y label -p "p_*"',
                "losscli ce iris.csv -y species -q --fail-above 0.5",
                'losscli ce "cat,dog" "0.9,0.1; 0.2,0.8" --classes "cat,dog" --explain',
                'losscli grad ce "0,1,0" "0.2,0.5,0.3"',
                "losscli grad ce animals.csv --wrt logits -f csv",
                'losscli grad ce "0,2" "0.7,0.2,0.1; 0.1,0.2,0.7" --check',
                "losscli fit ce homework.csv -y passed -x hours",
                "losscli fit ce iris.csv -y species --method newton --l2 0.1",
                "losscli fit ce iris.csv -y species --test-size 0.25 --seed 1 -f csv",
            ),
            aliases={
                CROSS_ENTROPY: "",
                "categorical categoricalcrossentropy sparsecategoricalcrossentropy cce multiclass mlogloss": "",
                "多分类交叉熵": "",
                "crossentropyloss": "--from logits",  # torch's takes logits
            },
        ),
        Loss(
            "nll",
            "negative log-likelihood",
            {Form.LIKELIHOOD: LIKELIHOOD, Form.BINARY: BINARY, Form.CATEGORICAL: CATEGORICAL},
            OF_LOG_LOSSES | {"positive", "classes", "class_weight", "ignore", "normalize"},
            soft_labels=False,
            leads=("mean", "sum", "log_likelihood", "likelihood", "perplexity"),
            examples=(
                'losscli nll "0.8,0.7,0.6,0.7"',
                f"losscli nll {LABELS_AND_PREDS} --base 2",
                "losscli nll animals.csv -r sum -q",
                'losscli grad nll "0.8,0.7,0.6,0.7"',
                f"losscli grad nll {LABELS_AND_PREDS} --wrt logits -q",
                "losscli grad nll animals.csv --check",
            ),
            aliases={"nllloss loglikelihood likelihood negativeloglikelihood loglik perplexity ppl 负对数似然": ""},
        ),
    )
}


def loss_named(name: str) -> Loss:
    """The loss of a name."""
    return LOSSES[name]


def _and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


_FOCAL = [name for name, loss in LOSSES.items() if "focal" in loss.settings]

# What people look for among the losses, and where it is.
NO_LOSSES: Mapping[str, str] = {
    "softmax softmaxcrossentropy": "ce takes logits and applies the softmax itself: ce --from logits",
    "sigmoid sigmoidcrossentropy": "bce takes logits and applies the sigmoid itself: bce --from logits",
    "entropy": "the entropy of probabilities is their cross-entropy with themselves: "
    'losscli ce "0.5,0.5" "0.5,0.5" --base 2 is 1 bit',
    "kl kld kldiv kldivergence kullbackleibler relativeentropy": "ce shows it when the labels are probabilities: "
    'losscli ce "0.5,0.5" "0.4,0.6"',
    "focal focalloss": f"it is an option of {_and(_FOCAL)}: --focal GAMMA",
    "brier brierscore": "bce and ce give the Brier score in JSON: -f json",
    "accuracy acc": "bce and ce show it beside the loss",
    "auc rocauc auroc roc": "bce gives it in JSON with --calibration -f json",
    "ece calibration reliability": "it is an option of bce and ce: --calibration",
    "mse mae rmse squarederror hinge": f"the losses are {_and(LOSSES)}",
    "f1 f1score precision recall confusion confusionmatrix": f"the losses are {_and(LOSSES)}",
}

# The loss that a temperature minimizes: the cross-entropy of binary logits or of logits of classes.
TEMPERATURE_LOSS = Loss(
    "temperature",
    "cross-entropy",
    {Form.BINARY: BINARY, Form.CATEGORICAL: CATEGORICAL},
    frozenset({"positive", "classes", "ignore"}),
    scale=Scale.LOGITS,
)
