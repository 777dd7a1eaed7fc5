"""Newton's method: the optimum to the last digits, or why there is none.

The columns are centred, scaled and made orthonormal first, so that neither an offset, a scale nor nearly collinear
columns cost digits. Without a penalty no finite optimum exists exactly where the data are (quasi-)separable: some
direction raises no row's loss and lowers some row's without end (Albert & Anderson 1984). On such data the steps turn
into such a direction, so each step is checked for it.
"""

from dataclasses import replace

import numpy as np

from losscli.arrays import Array, Flags
from losscli.errors import DataError, shown
from losscli.losses.functions import log_softmax
from losscli.losses.targets import Binary, dense
from losscli.records import record
from losscli.regression.descent import RISE_TOLERANCE, Fit, FitConfig, loss_of_test, mean_loss
from losscli.regression.design import DesignMatrix, effective_weights, logits, row_gradients

STEP_TOLERANCE = 1e-10  # converged where a step moves no logit by more, or by more of the largest one
LOGIT_TOLERANCE = 1e-6  # parameters whose logits are off by more are refused
STEP_ROUNDING = 1e-11  # a share of a step that is nothing but rounding
PIVOT_RATIO = 1e-10  # a matrix of curvatures is taken as it is where its pivots are within this ratio
CHUNK_NUMBERS = 1 << 22  # numbers at once

_CURE = "add --l2, or use --method gd"
NO_OPTIMUM = f"the classes are separable, so the optimum is at infinity; {_CURE}"
FAR = "the features are so far from 0 that the parameters would lose digits; add --standardize"
TOUCHING = f"the classes touch without overlapping (quasi-separable), so the optimum is at infinity; {_CURE}"


@record
class _Basis:
    """Coordinates phi in which the design matrix is `columns` (n, d), nearly orthonormal: theta by centre, scale, root.

    (x - centre) / scale = columns @ root, so that phi = root @ theta'; the penalty is |penalty @ phi|^2 / 2.
    """

    columns: Array
    centre: Array
    scale: Array
    root: Array
    penalty: Array
    intercept: bool

    def to_basis(self, theta: Array) -> Array:
        """Phi of theta, (d,) or (k, d)."""
        with np.errstate(over="ignore", invalid="ignore"):  # a step from beyond the floats is refused
            moved = theta * self.scale
            if self.intercept:
                moved[..., 0] += theta @ self.centre
            return np.asarray(moved @ self.root.T)

    def to_theta(self, phi: Array) -> Array:
        """Theta of phi."""
        theta = np.linalg.solve(self.root, phi.T).T / self.scale
        if self.intercept:
            theta[..., 0] -= theta @ self.centre
        return np.asarray(theta)


def newton(design: DesignMatrix, start: Array, config: FitConfig, test: DesignMatrix | None = None) -> Fit:
    """Newton's method, a step halved as long as it raises the loss; DataError where there is no single optimum."""
    _refuse_missing_class(design, config.l2)
    basis = _basis(design, config.l2)
    inner = replace(design, x=basis.columns)
    phi = basis.to_basis(start)
    history, tested = [_objective(inner, basis, phi)], [*loss_of_test(test, start)]
    settled = False
    while len(history) <= config.steps and not settled:
        step = _step(inner, basis, phi)
        move = logits(inner, step)
        if config.l2 == 0.0:
            _refuse_separable(inner, move)
        phi, loss = _line_search(inner, basis, phi, step, history[-1])
        history.append(loss)
        tested += loss_of_test(test, basis.to_theta(phi)) if test else ()
        settled = bool(np.abs(move).max() <= STEP_TOLERANCE * max(1.0, np.abs(logits(inner, phi)).max()))
    theta = basis.to_theta(phi)
    z = logits(inner, phi)
    if not np.abs(logits(design, theta) - z).max() <= LOGIT_TOLERANCE * max(1.0, float(np.abs(z).max())):
        raise DataError(f"{design.table.name}: {FAR}")
    return Fit(theta, settled, tuple(history), tuple(tested))


# --- coordinates ------------------------------------------------------------------------------------------------------
def _basis(design: DesignMatrix, l2: float) -> _Basis:
    """Orthonormal coordinates; without a penalty DataError where columns are collinear."""
    x, intercept = design.x, design.shape.intercept
    centre = x.mean(axis=0) if intercept else np.zeros(x.shape[1])
    if intercept:
        centre[0] = 0.0
    shifted = x - centre
    size = np.sqrt(np.square(shifted / (top := _or_one(np.abs(shifted).max(axis=0)))).mean(axis=0)) * top
    scale = _or_one(size)
    penalty = np.diag(np.sqrt(l2) / scale)[1 if intercept else 0 :] if l2 else np.zeros((0, x.shape[1]))
    whole = np.vstack((shifted / scale / np.sqrt(len(x)), penalty))
    q, root = np.linalg.qr(whole)
    if not l2:
        _refuse_dependent(design, root, float((np.abs(x).max(axis=0) / scale).max()))
    return _Basis(q[: len(x)] * np.sqrt(len(x)), centre, scale, root, q[len(x) :], intercept)


def _or_one(size: Array) -> Array:
    return np.where(size > 0.0, size, 1.0)


def _refuse_dependent(design: DesignMatrix, root: Array, offset: float) -> None:
    """Raise if the columns are collinear up to the rounding of the data."""
    count = root.shape[1]
    pivots = np.linalg.svd(root, compute_uv=False)
    rank = int((pivots > 8 * count * np.finfo(float).eps * max(1.0, offset) * pivots[0]).sum())
    if not rank:  # the rounding of the data is as large as their differences
        raise DataError(f"{design.table.name}: {FAR}")
    if rank < count:
        columns = f"{count} columns with the intercept" if design.shape.intercept else f"{count} columns"
        raise DataError(
            f"{design.table.name}: {columns} have rank {rank}, so newton has no single optimum; leave a column out"
            " or add --l2"
        )


# --- steps ------------------------------------------------------------------------------------------------------------
def _objective(inner: DesignMatrix, basis: _Basis, phi: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # a step too long is halved
        return mean_loss(inner, phi) + 0.5 * float(np.square(basis.penalty @ phi.T).sum())


def _line_search(inner: DesignMatrix, basis: _Basis, phi: Array, step: Array, loss: float) -> tuple[Array, float]:
    """Phi after the step, or after the largest half, quarter, ... of it that doesn't raise the loss, and its loss."""
    for halving in range(40):
        there = phi + step * 0.5**halving
        found = _objective(inner, basis, there)
        if found <= loss + RISE_TOLERANCE * max(abs(loss), 1e-3):
            return there, found
    return phi, loss


def _step(inner: DesignMatrix, basis: _Basis, phi: Array) -> Array:
    """What Newton's method adds to phi."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite is refused below
            slope = row_gradients(inner, phi).T @ inner.x / inner.divisor + phi @ basis.penalty.T @ basis.penalty
            root = _curvature_root(inner, basis, phi)
            step = np.linalg.solve(root, np.linalg.solve(root.T, -slope.ravel())).reshape(phi.shape)
    except np.linalg.LinAlgError:
        step = np.full(phi.shape, np.nan)
    if not np.isfinite(step).all():
        raise DataError(f"newton can't find the optimum: the losses are nearly 0 or infinite; {_CURE}")
    return np.asarray(step)


def _curvature_root(inner: DesignMatrix, basis: _Basis, phi: Array) -> Array:
    """Upper triangular R with R'R the second derivatives by phi.

    By Cholesky where that is sound; else by QR of their square roots, row after row, which keeps the digits of
    curvatures as small as 1e-30 of the largest, as rows have that are all but certain.
    """
    z = logits(inner, phi)
    kinds = 1 if z.ndim == 1 else z.shape[1]
    fixed = np.vstack((np.kron(np.eye(kinds), basis.penalty), _flat_directions(inner, basis, kinds)))
    rows = max(1, CHUNK_NUMBERS // (kinds * kinds * inner.x.shape[1]))
    pieces = [slice(low, low + rows) for low in range(0, inner.rows, rows)]
    curvature = fixed.T @ fixed
    for piece in pieces:
        part = _curvature_rows(inner, z, piece)
        curvature = curvature + part.T @ part
    try:
        root = np.linalg.cholesky(curvature).T
        if np.diag(root).min() ** 2 > PIVOT_RATIO * np.diag(root).max() ** 2:
            return np.asarray(root)
    except np.linalg.LinAlgError:
        pass
    root = fixed
    for piece in pieces:
        root = np.asarray(np.linalg.qr(np.vstack((root, _curvature_rows(inner, z, piece))), mode="r"))
    return np.asarray(root)


def _flat_directions(inner: DesignMatrix, basis: _Basis, kinds: int) -> Array:
    """Rows that curve the loss where it is flat: adding one vector to the parameters of every class changes nothing.

    The gradient is 0 in these directions, so they don't change the step. With a penalty only the intercepts are free.
    """
    width = inner.x.shape[1]
    level = np.eye(width) if not len(basis.penalty) else np.eye(width)[: 1 if basis.intercept else 0]
    return np.kron(np.full((1, kinds), kinds**-0.5), level) if kinds > 1 else np.zeros((0, width))


def _curvature_rows(inner: DesignMatrix, z: Array, piece: slice) -> Array:
    """Rows whose products sum to the second derivatives of some rows' losses, by all parameters, row after row."""
    x, share = inner.x[piece], np.sqrt((effective_weights(inner) / inner.divisor)[piece])
    if z.ndim == 1:
        half = 0.5 * (_log_sigmoid(z[piece]) + _log_sigmoid(-z[piece]))
        return np.asarray((share * np.exp(half))[:, None] * x)
    u = np.exp(0.5 * log_softmax(z[piece]))
    others = np.square(u) @ (1.0 - np.eye(u.shape[1]))  # 1 - h, which would cancel
    # diag(h) - h h' = C C' with C = diag(u) (1 - u u') and u = sqrt(h)
    c = -np.square(u)[:, :, None] * u[:, None, :]
    at = np.arange(u.shape[1])
    c[:, at, at] = u * others
    rows = np.einsum("nkm,nd->nmkd", c * share[:, None, None], x)
    return np.asarray(rows.reshape(rows.shape[0] * u.shape[1], -1))


def _log_sigmoid(z: Array) -> Array:
    return -np.logaddexp(0.0, -z)


# --- whether there is an optimum --------------------------------------------------------------------------------------
def _class_coefficients(design: DesignMatrix) -> tuple[Array, Flags]:
    """The coefficient of each class in each row (n, k), of two the positive first, and which rows count at all."""
    a = design.targets
    if isinstance(a, Binary):
        cells = np.column_stack((a.positive, a.negative))
    else:
        cells = dense(a, (design.rows, len(design.shape.classes or ())))
    weight = np.ones(design.rows) if design.weight is None else design.weight
    return cells, (weight > 0.0) & (cells.sum(axis=1) > 0.0)


def _refuse_missing_class(design: DesignMatrix, l2: float) -> None:
    """Raise if no row is of some class: its intercept bears no penalty and goes to minus infinity."""
    cells, counted = _class_coefficients(design)
    there = (cells[counted] > 0.0).any(axis=0)
    if there.all() or not design.shape.intercept:
        return
    gone = int((~there).argmax())
    classes = design.shape.classes
    what = f"every label is {gone}" if classes is None else f"no row is of class {shown(classes[gone])}"
    why = "the penalty does not apply to the intercept" if l2 else "the intercept alone can fit that"
    raise DataError(f"{what} and {why}, so the optimum is at infinity; use --no-intercept with --l2, or --method gd")


def _refuse_separable(design: DesignMatrix, move: Array) -> None:
    """Raise if the data are (quasi-)separable along this change of the logits: no finite optimum exists."""
    cells, counted = _class_coefficients(design)
    moves = (np.column_stack((move, np.zeros(len(move)))) if move.ndim == 1 else move)[counted]
    own = cells[counted] > 0.0
    least = np.where(own, moves, np.inf).min(axis=1)
    won = least - moves.min(axis=1)
    most = float(won.max())
    if most > 0.0 and float((moves.max(axis=1) - least).max()) <= STEP_ROUNDING * most:
        others = np.where(own, -np.inf, moves).max(axis=1)
        apart = bool((least - others > STEP_ROUNDING * most).all())
        raise DataError(NO_OPTIMUM if apart else TOUCHING)
