"""How many purchases customers will still make, and whether they are still customers: BG/NBD and MBG/NBD.

Sources: P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers the Easy Way: An Alternative to the
Pareto/NBD Model", Marketing Science 24(2), 2005; the modified model, in which customers may drop out right after
their first purchase as well: E. P. Batislam, M. Denizel, A. Filiztekin, "Empirical validation and comparison of
models for customer base analysis", International Journal of Research in Marketing 24(3), 2007. Customers with the
same history are one cell with a weight, which changes no figure and makes a fit of millions as quick as one of
their few ten thousand histories.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, blocks, columns, counts, histories, require
from sterna.engine.value.dropout import NO_REPEATS, WithoutDropout, why_unknown
from sterna.engine.value.likelihood import Matrix, Peak, climb

NAMES = ("r", "alpha", "a", "b")
NODES = 64


@dataclass(frozen=True)
class BetaGeometric:
    """A fitted BG/NBD model; `alpha` is in the unit of the times, the rest are pure numbers.

    Purchase rates are gamma(r, alpha) over customers; after each purchase a customer drops out with a
    probability that is beta(a, b) over customers. `boundary` says in one sentence why drop-out is not
    identified, and is None when it is. `standard_errors` and `covariance` belong to (r, alpha, a, b); None where
    unknown. `modified` tells that customers may drop out after their first purchase too (MBG/NBD).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None
    covariance: Matrix | None = None
    modified: bool = False

    def chances(self, x: Floats) -> Floats:
        """How often a customer with `x` repeat purchases has had the chance to drop out."""
        return x + 1 if self.modified else x


def fit(x: Column, t_x: Column, age: Column, weight: Column = 1.0, modified: bool = False) -> BetaGeometric:
    """The BG/NBD model, or the `modified` one, of maximum likelihood; every argument has shape (cells,).

    `x` counts repeat purchases (in days with a purchase), `t_x` is the time from the first to the last
    purchase, `age` the time from the first purchase to the end of observation, in the same unit, `weight`
    the number of customers with this history. Raises BadInput when a cell is impossible, when nobody has
    bought again, or when the likelihood has no peak.
    """
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, weight = columns({"x": x, "t_x": t_x, "age": age, "weight": weight})
    cells = _Cells(x, t_x, age, counts(weight), modified)
    if not (x > 0).any() or not (age > 0).any():
        raise BadInput(NO_REPEATS)
    start = _start(cells)
    peak = climb(cells.log_likelihood, (*start, 1.0, 3.0), weight.sum())
    without = climb(cells.log_likelihood_without_dropout, start, weight.sum())
    boundary = _boundary(peak, peak.log_likelihood - without.log_likelihood)
    r, alpha, a, b = peak.parameters
    errors, covariance = (None, None) if boundary else (peak.standard_errors, peak.covariance)
    customers = round(weight.sum())
    return BetaGeometric(
        r, alpha, a, b, peak.log_likelihood, customers, boundary, errors, covariance, modified
    )


def expected_purchases(model: BetaGeometric, x: Column, t_x: Column, age: Column, horizon: Column) -> Floats:
    """Purchases expected in the next `horizon` (unit of the times) given the history, shape (cells,).

    Equation 10 of the paper, with the hypergeometric function turned by Euler's identity so that none of its
    upper parameters grows with x: as printed, it overflows for frequent buyers.
    """
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, horizon = columns({"x": x, "t_x": t_x, "age": age, "horizon": horizon})
    require(np.isfinite(horizon) & (horizon >= 0), "horizon is a finite time, at least 0")
    stretch = horizon / (model.alpha + age)
    if_alive = _purchases_if_alive(model.a, model.b + model.chances(x), model.r + x, stretch)
    return np.clip(if_alive, 0.0, (model.r + x) * stretch) * _alive(model, x, t_x, age)


def alive(model: BetaGeometric, x: Column, t_x: Column, age: Column) -> Floats:
    """The probability that a customer has not dropped out, shape (cells,).

    NaN throughout when the model sits at a boundary. Unless modified, it is 1 for whoever has not bought again,
    because the model lets customers drop out only after a repeat purchase: an assumption, not a finding.
    """
    x, t_x, age = histories(x, t_x, age)
    if model.boundary:
        return np.full(x.size, np.nan)
    return _alive(model, x, t_x, age)


@dataclass(frozen=True)
class _Cells:
    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats
    modified: bool = False

    @cached_property
    def levels(self) -> tuple[Floats, NDArray[np.intp], Floats]:
        """The different x, which of them each cell has, and their weights: few, so what hangs on x alone is quick."""
        x, place = np.unique(self.x, return_inverse=True)
        return x, place, np.bincount(place, self.weight, x.size).astype(np.float64)

    @cached_property
    def without_dropout(self) -> WithoutDropout:
        """The same customers as a model in which nobody leaves."""
        return WithoutDropout(self.x, self.age, self.weight)

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of equation 6, and its gradient by (r, alpha, a, b)."""
        r, alpha, a, b = theta
        x, place, held = self.levels
        chances = x + self.modified
        left = np.maximum(chances, 1.0)
        purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + chances) - betaln(a, b)
        goes = np.where(chances > 0, np.log(a) - np.log(b + left - 1), -np.inf)
        value, slow, paced, left_of_level = 0.0, 0.0, 0.0, np.zeros(x.size)
        for block in blocks(self.x.size):
            level, weight = place[block], self.weight[block]
            end, last, rate = alpha + self.age[block], alpha + self.t_x[block], r + self.x[block]
            until_end, until_last = np.log(end), np.log(last)
            log_odds_left = goes[level] + rate * (until_end - until_last)
            # One exponential for the chances and for the log of their sum: half of the time of a fit is here.
            odds = np.exp(-np.abs(log_odds_left))
            value += weight @ (np.maximum(log_odds_left, 0.0) + np.log1p(odds) - rate * until_end)
            leaves = np.where(log_odds_left > 0, 1.0, odds) / (1 + odds)
            stays = 1 - leaves
            slow += weight @ (stays * until_end + leaves * until_last)
            paced += weight @ (rate * (stays / end + leaves / last))
            left_of_level += np.bincount(level, weight * leaves, x.size)
        spread = psi(a + b) - psi(a + b + chances)
        by_r = psi(r + x) - psi(r) + np.log(alpha)
        slope = (
            held @ by_r - slow,
            held.sum() * r / alpha - paced,
            held @ spread + left_of_level.sum() / a,
            held @ (spread + psi(b + chances) - psi(b)) - left_of_level @ (1 / (b + left - 1)),
        )
        return float(held @ purchases + value), np.array(slope)

    def log_likelihood_without_dropout(self, theta: Floats) -> tuple[float, Floats]:
        """The limit of the model as drop-out vanishes (the NBD), and its gradient by (r, alpha)."""
        return self.without_dropout(theta)


def _start(cells: _Cells) -> tuple[float, float]:
    """r and alpha whose mean rate is the observed one."""
    return 1.0, float(cells.weight @ cells.age / (cells.weight @ cells.x))


def _boundary(peak: Peak, gain: float) -> str | None:
    """Why drop-out cannot be learned, in one sentence; `gain` is in units of log-likelihood."""
    _, _, a, b = peak.parameters
    return why_unknown(peak, NAMES, gain, a / (a + b))


def _alive(model: BetaGeometric, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """One over the denominator of equation 10."""
    chances = model.chances(x)
    silence = (model.r + x) * np.log((model.alpha + age) / (model.alpha + t_x))
    log_odds_left = np.log(model.a) - np.log(model.b + np.maximum(chances, 1.0) - 1) + silence
    return np.where(chances > 0, expit(-log_odds_left), 1.0)


def _purchases_if_alive(a: float, b: Floats, r: Floats, stretch: Floats) -> Floats:
    """Expected purchases of customers known to be alive, whose drop-out is beta(a, b) and rate gamma(r).

    `stretch` is the horizon over alpha + age. Where the hypergeometric function fails (a in the hundreds, or
    an extreme horizon), the integral that it solves is taken by quadrature instead.
    """
    near = 1e-5
    if abs(a - 1) < near / 2:  # 0/0 at a = 1, where the line between two near neighbors is right to 9 digits
        below, above = (_purchases_if_alive(side, b, r, stretch) for side in (1 - near, 1 + near))
        return np.asarray(below + (above - below) * (a - 1 + near) / (2 * near), dtype=np.float64)
    share, total = stretch / (1 + stretch), a + b - 1
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.exp(-(a - 1) * np.log1p(stretch)) * hyp2f1(total - r, a - 1, total, share)
        purchases = total / (a - 1) * (1 - kept)
    failed = ~np.isfinite(purchases)
    for beta in np.unique(b[failed]):
        here = failed & (b == beta)
        purchases[here] = _by_quadrature(a, beta, r[here], stretch[here])
    return purchases


def _by_quadrature(a: float, b: float, r: Floats, stretch: Floats) -> Floats:
    """The mean over p ~ beta(a, b) of the purchases expected given p, (1 - (1 + p stretch)^-r) / p."""
    p, weight = _beta_nodes(a, b)
    given_p: Floats = -np.expm1(-r[:, None] * np.log1p(stretch[:, None] * p)) / p
    return np.asarray(given_p @ weight, dtype=np.float64)


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Gauss-Jacobi nodes and weights of the beta(a, b) distribution.

    Source: G. H. Golub, J. H. Welsch, "Calculation of Gauss Quadrature Rules", Math. Comp. 23, 1969. Taken
    from eigenvectors, whose squares sum to 1, since the usual weights overflow for b above a thousand.
    """
    low, high = a - 1, b - 1
    n = np.arange(1, NODES, dtype=np.float64)
    twice = 2 * n + low + high
    across = (low**2 - high**2) / (twice * (twice + 2))
    first = (low - high) / (low + high + 2)
    beside = 4 * n * (n + low) * (n + high) * (n + low + high) / (twice**2 * (twice + 1) * (twice - 1))
    nodes, vectors = eigh_tridiagonal(np.concatenate(([first], across)), np.sqrt(beside))
    return np.maximum((1 + nodes) / 2, np.finfo(np.float64).tiny), vectors[0] ** 2
