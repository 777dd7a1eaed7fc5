"""How good a fit is: accuracy, standard errors and what follows from them, the boundary between two classes."""

from dataclasses import replace
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np

from losscli.arrays import Array
from losscli.losses.functions import inverse_link, sigmoid
from losscli.losses.targets import Binary, Classes
from losscli.records import record
from losscli.regression.design import DesignMatrix, effective_weights, logits, row_losses


def accuracy(design: DesignMatrix, theta: Array) -> float | None:
    """The share of rows predicted correctly, by weight; None for label probabilities.

    Label 1 is predicted where p > 1/2, of several classes the first with the largest p.
    """
    z, unweighted = logits(design, theta), design.unweighted
    if isinstance(unweighted, Binary):
        if bool(((unweighted.positive != 0.0) & (unweighted.positive != 1.0)).any()):
            return None
        right = (z > 0.0) == (unweighted.positive == 1.0)
    elif isinstance(unweighted, Classes):
        right = z.argmax(axis=1) == unweighted.index
    else:
        return None
    return float(np.average(right, weights=design.weight))


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
    size = np.abs(design.x).max(axis=0)
    size = np.where(size > 0.0, size, 1.0)  # features in units of their own, as no digit is lost between them then
    with np.errstate(over="ignore", invalid="ignore"):  # a fit that ran far away has no standard errors
        information = _information(replace(design, x=design.x / size), theta * size)
    if not np.isfinite(information).all():
        return None
    inverse = np.linalg.pinv(information, hermitian=True)
    variance = np.diag(inverse)
    return np.sqrt(variance).reshape(theta.shape) / size if (variance > 0.0).all() else None


@record
class Wald:
    """Of each parameter, shaped like theta: its standard error, z = theta/se, two-sided p-value, and interval."""

    se: Array
    z: Array
    p_value: Array
    low: Array
    high: Array


def wald(design: DesignMatrix, theta: Array, level: float) -> Wald | None:
    """Wald's tests and intervals; None where there are no standard errors."""
    se = standard_errors(design, theta)
    if se is None:
        return None
    z, half = theta / se, NormalDist().inv_cdf(0.5 + level / 2.0) * se
    p_value = np.array([erfc(abs(one) / sqrt(2.0)) for one in z.ravel().tolist()]).reshape(z.shape)
    return Wald(se, z, p_value, theta - half, theta + half)


def deviance(design: DesignMatrix, theta: Array) -> float:
    """Twice the summed loss of all rows."""
    return 2.0 * float(row_losses(design, theta).sum())


def free_parameters(design: DesignMatrix) -> int:
    """The parameters that the probabilities depend on: of k classes k-1 times the columns."""
    return len(design.shape.names) * max(1, len(design.shape.classes or ()) - 1)


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
