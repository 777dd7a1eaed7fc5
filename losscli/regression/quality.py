"""How good a fit is: accuracy, standard errors, the boundary between two classes."""

import numpy as np

from losscli.evaluation.prepare import Array
from losscli.losses.functions import inverse_link, sigmoid
from losscli.losses.targets import Binary, Classes
from losscli.regression.design import DesignMatrix, effective_weights, logits


def accuracy(design: DesignMatrix, theta: Array) -> float | None:
    """The share of rows whose label is the likelier one (p = 0.5 counts for label 1); None for label probabilities."""
    z, unweighted = logits(design, theta), design.unweighted
    if isinstance(unweighted, Binary):
        hard = bool(((unweighted.positive == 0.0) | (unweighted.positive == 1.0)).all())
        return float(np.mean((z >= 0.0) == (unweighted.positive == 1.0))) if hard else None
    if isinstance(unweighted, Classes):
        return float(np.mean(z.argmax(axis=1) == unweighted.index))
    return None


def boundary(design: DesignMatrix, theta: Array) -> float | None:
    """The value of the one feature at which both classes are equally likely; None where there is no such value."""
    if design.shape.classes is not None or len(design.shape.features) != 1 or theta[-1] == 0.0:
        return None
    found = 0.0 - theta[0] / theta[1] if design.shape.intercept else 0.0
    return float(found) if np.isfinite(found) else None


def probabilities(theta: Array) -> Array:
    """What intercepts alone, (1,) or (k, 1), give to label 1 or to each class, shaped like theta."""
    return inverse_link(theta.T).T


def standard_errors(design: DesignMatrix, theta: Array) -> Array | None:
    """Square roots of the diagonal of the inverse information, shaped like theta; None where it has no inverse.

    Weights count as so many rows. The parameters of several classes are those that sum to 0 over the classes.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a fit that ran far away has no standard errors
        information = _information(design, theta)
    if not np.isfinite(information).all():
        return None
    inverse = np.linalg.pinv(information, hermitian=True)
    variance = np.diag(inverse)
    return np.sqrt(variance).reshape(theta.shape) if (variance > 0.0).all() else None


def safe_rate(design: DesignMatrix, l2: float) -> float:
    """A learning rate at which no step can raise the loss: 1 over the largest curvature that there is."""
    share = effective_weights(design) / design.divisor
    bend = 0.25 if design.shape.classes is None else 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        gram = (design.x * share[:, None]).T @ design.x
    if not np.isfinite(gram).all():
        return 0.0
    curvature = bend * float(np.linalg.eigvalsh(gram)[-1]) + l2
    return 1.0 / curvature if curvature > 0.0 else 1.0


def _information(design: DesignMatrix, theta: Array) -> Array:
    z, share, x = logits(design, theta), effective_weights(design), design.x
    if z.ndim == 1:
        return np.asarray((x * (share * sigmoid(z) * sigmoid(-z))[:, None]).T @ x)
    h = inverse_link(z)
    k, d = h.shape[1], x.shape[1]
    bend = h[:, :, None] * (np.eye(k) - h[:, None, :]) * share[:, None, None]
    return np.asarray(np.einsum("nab,ni,nj->aibj", bend, x, x)).reshape(k * d, k * d)
