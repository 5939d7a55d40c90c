"""How many purchases customers will still make when they may drop out at any moment: the Pareto/NBD model.

Sources: D. C. Schmittlein, D. G. Morrison, R. Colombo, "Counting Your Customers: Who Are They and What Will They Do
Next?", Management Science 33(1), 1987; the likelihood: P. S. Fader, B. G. S. Hardie, "A Note on Deriving the
Pareto/NBD Model and Related Expressions", 2005. The integral over the moment of drop-out, printed there as a
difference of two hypergeometric functions, is taken by quadrature: so nothing cancels, and gradients are exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, columns, counts, histories, require
from sterna.engine.value.dropout import NO_REPEATS, WithoutDropout, why_unknown
from sterna.engine.value.likelihood import Matrix, Peak, climb

NAMES = ("r", "alpha", "s", "beta")
NODES = 32
NEGLIGIBLE = 40.0  # fall of the integrand, in logs, from which on nothing of a float is left
BLOCK = 4_096  # cells at a time: their nodes fit into the processor's cache

_places, _weights = np.polynomial.legendre.leggauss(NODES)
PLACES, WEIGHTS = (_places + 1) / 2, _weights / 2


@dataclass(frozen=True)
class Pareto:
    """A fitted Pareto/NBD model; `alpha` and `beta` are in the unit of the times, r and s are pure numbers.

    Purchase rates are gamma(r, alpha) over customers, drop-out rates gamma(s, beta). `boundary` says in one
    sentence why drop-out is not identified, and is None when it is. `standard_errors` and `covariance` belong to
    (r, alpha, s, beta); None where unknown.
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    customers: int
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None
    covariance: Matrix | None = None


def fit(x: Column, t_x: Column, age: Column, weight: Column = 1.0) -> Pareto:
    """The Pareto/NBD model of maximum likelihood; every argument has shape (cells,).

    `x` counts repeat purchases, `t_x` is the time from the first to the last purchase, `age` that from the first
    purchase to the end of observation, in the same unit, `weight` the number of customers with this history.
    Raises BadInput when a cell is impossible, when nobody has bought again, or when the likelihood has no peak.
    """
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, weight = columns({"x": x, "t_x": t_x, "age": age, "weight": weight})
    cells = _Cells(x, t_x, age, counts(weight))
    if not (x > 0).any() or not (age > 0).any():
        raise BadInput(NO_REPEATS)
    pace, span = float(weight @ age / (weight @ x)), float(weight @ age / weight.sum())
    peak = climb(cells.log_likelihood, (1.0, pace, 1.0, span), weight.sum())
    without = climb(WithoutDropout(x, age, weight), (1.0, pace), weight.sum())
    boundary = _boundary(peak, peak.log_likelihood - without.log_likelihood)
    errors, covariance = (None, None) if boundary else (peak.standard_errors, peak.covariance)
    r, alpha, s, beta = peak.parameters
    customers = round(weight.sum())
    return Pareto(r, alpha, s, beta, peak.log_likelihood, customers, boundary, errors, covariance)


def expected_purchases(model: Pareto, x: Column, t_x: Column, age: Column, horizon: Column) -> Floats:
    """Purchases expected in the next `horizon` (unit of the times) given the history, shape (cells,)."""
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, horizon = columns({"x": x, "t_x": t_x, "age": age, "horizon": horizon})
    require(np.isfinite(horizon) & (horizon >= 0), "horizon is a finite time, at least 0")
    stretch, excess = np.log1p(horizon / (model.beta + age)), model.s - 1
    # (1 - e^-(s-1)y) / (s-1) is y at s = 1, and keeps its digits beside it.
    time = stretch if abs(excess) < 1e-12 else -np.expm1(-excess * stretch) / excess
    if_alive = (model.r + x) * (model.beta + age) / (model.alpha + age) * time
    return _alive(model, x, t_x, age) * if_alive


def alive(model: Pareto, x: Column, t_x: Column, age: Column) -> Floats:
    """The probability that a customer has not dropped out, shape (cells,); NaN at a boundary."""
    x, t_x, age = histories(x, t_x, age)
    if model.boundary:
        return np.full(x.size, np.nan)
    return _alive(model, x, t_x, age)


@dataclass(frozen=True)
class _Fates:
    """What may have become of the customers of a block of cells, and how likely each fate is.

    `stays` has shape (cells,), `leaves` (cells, NODES) holds drop-out around each of the moments `time`; over all
    of them a row sums to 1. `log_total` is the log of what they were divided by.
    """

    log_total: Floats
    stays: Floats
    leaves: Floats
    by_alpha: Floats
    by_beta: Floats


@dataclass(frozen=True)
class _Cells:
    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of the log-likelihood, and its gradient by (r, alpha, s, beta)."""
        total, slope = 0.0, np.zeros(4)
        for block in self._blocks():
            value, by = _block(block, theta)
            total, slope = total + value, slope + by
        return total, slope

    def _blocks(self) -> Iterator["_Cells"]:
        for begin in range(0, self.x.size, BLOCK):
            part = slice(begin, begin + BLOCK)
            yield _Cells(self.x[part], self.t_x[part], self.age[part], self.weight[part])


def _block(cells: _Cells, theta: Floats) -> tuple[float, Floats]:
    r, alpha, s, beta = theta
    x, weight = cells.x, cells.weight
    fates = _fates(cells, theta)
    ever = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    stays, leaves, to_end = fates.stays, fates.leaves, (alpha + cells.age, beta + cells.age)
    gone = leaves.sum(axis=1)
    logs = [
        stays * np.log(end) + np.einsum("ij,ij->i", leaves, np.log(by))
        for end, by in zip(to_end, (fates.by_alpha, fates.by_beta), strict=True)
    ]
    inverses = [np.einsum("ij,ij->i", leaves, 1 / by) for by in (fates.by_alpha, fates.by_beta)]
    slopes = (
        psi(r + x) - psi(r) + np.log(alpha) - logs[0],
        r / alpha - (r + x) * (stays / to_end[0] + inverses[0]),
        np.log(beta) - logs[1] + gone / s,
        s / beta - s * stays / to_end[1] - (s + 1) * inverses[1],
    )
    return float(weight @ (ever + fates.log_total)), np.array([weight @ slope for slope in slopes])


def _fates(cells: _Cells, theta: Floats) -> _Fates:
    """Staying until the end, and leaving at u between t_x and the end, with density s (beta + u)^-(s+1).

    Gauss-Legendre over y = log(u + the lesser of alpha and beta), in which the integrand is log-concave and free
    of singularities nearby; it ends where the integrand has fallen to nothing, which its slope at t_x bounds.
    """
    r, alpha, s, beta = theta
    least, rate = min(alpha, beta), (r + cells.x)[:, None]
    low = np.log(least + cells.t_x)
    steep = (r + cells.x) * (least + cells.t_x) / (alpha + cells.t_x)
    steep += (s + 1) * (least + cells.t_x) / (beta + cells.t_x) - 1
    reach = np.minimum(np.log(least + cells.age) - low, NEGLIGIBLE / np.maximum(steep, 1e-9))
    y = low[:, None] + reach[:, None] * PLACES
    moment = np.exp(y)
    by_alpha, by_beta = moment + (alpha - least), moment + (beta - least)
    leave = np.log(s) + y - rate * np.log(by_alpha) - (s + 1) * np.log(by_beta)
    stay = -(r + cells.x) * np.log(alpha + cells.age) - s * np.log(beta + cells.age)
    top = np.maximum(stay, leave.max(axis=1))
    stays, leaves = np.exp(stay - top), reach[:, None] * WEIGHTS * np.exp(leave - top[:, None])
    total = stays + leaves.sum(axis=1)
    return _Fates(top + np.log(total), stays / total, leaves / total[:, None], by_alpha, by_beta)


def _boundary(peak: Peak, gain: float) -> str | None:
    """Why drop-out cannot be learned; drop-outs a purchase are the ratio of the two mean rates."""
    r, alpha, s, beta = peak.parameters
    return why_unknown(peak, NAMES, gain, (s / beta) / (r / alpha))


def _alive(model: Pareto, x: Floats, t_x: Floats, age: Floats) -> Floats:
    theta = np.array([model.r, model.alpha, model.s, model.beta])
    cells = _Cells(x, t_x, age, np.ones(x.size))
    parts = [_fates(block, theta).stays for block in cells._blocks()]
    return np.concatenate([np.empty(0), *parts])
