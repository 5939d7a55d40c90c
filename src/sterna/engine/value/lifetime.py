"""How many purchases customers will still make, and whether they are still customers: the BG/NBD model.

Source: P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers the Easy Way: An Alternative to the
Pareto/NBD Model", Marketing Science 24(2), 2005. Customers with the same history are one cell with a weight,
which changes no figure and makes a fit of millions as quick as one of their few ten thousand histories.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, columns, counts, histories, require
from sterna.engine.value.likelihood import ON_RIDGE, Peak, climb

NAMES = ("r", "alpha", "a", "b")
RAREST_DROPOUT = 0.005  # a drop-out after fewer than 1 purchase in 200 is no basis to call anybody lost
LEAST_GAIN = 2.0  # what the two parameters of drop-out must add to the log-likelihood (AIC)
NODES = 64


@dataclass(frozen=True)
class BetaGeometric:
    """A fitted BG/NBD model; `alpha` is in the unit of the times, the rest are pure numbers.

    Purchase rates are gamma(r, alpha) over customers; after each purchase a customer drops out with a
    probability that is beta(a, b) over customers. `boundary` says in one sentence why drop-out is not
    identified, and is None when it is. `standard_errors` belong to (r, alpha, a, b); None where unknown.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None


def fit(x: Column, t_x: Column, age: Column, weight: Column = 1.0) -> BetaGeometric:
    """The BG/NBD model of maximum likelihood; every argument has shape (cells,).

    `x` counts repeat purchases (in days with a purchase), `t_x` is the time from the first to the last
    purchase, `age` the time from the first purchase to the end of observation, in the same unit, `weight`
    the number of customers with this history. Raises BadInput when a cell is impossible, when nobody has
    bought again, or when the likelihood has no peak.
    """
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, weight = columns({"x": x, "t_x": t_x, "age": age, "weight": weight})
    cells = _Cells(x, t_x, age, counts(weight))
    if not (x > 0).any() or not (age > 0).any():
        raise BadInput("no customer has bought again in any time, so there is no purchase rate to learn")
    start = _start(cells)
    peak = climb(cells.log_likelihood, (*start, 1.0, 3.0), weight.sum())
    without = climb(cells.log_likelihood_without_dropout, start, weight.sum())
    boundary = _boundary(peak, peak.log_likelihood - without.log_likelihood)
    r, alpha, a, b = peak.parameters
    errors = None if boundary else peak.standard_errors
    return BetaGeometric(r, alpha, a, b, peak.log_likelihood, round(weight.sum()), boundary, errors)


def expected_purchases(model: BetaGeometric, x: Column, t_x: Column, age: Column, horizon: Column) -> Floats:
    """Purchases expected in the next `horizon` (unit of the times) given the history, shape (cells,).

    Equation 10 of the paper, with the hypergeometric function turned by Euler's identity so that none of its
    upper parameters grows with x: as printed, it overflows for frequent buyers.
    """
    x, t_x, age = histories(x, t_x, age)
    x, t_x, age, horizon = columns({"x": x, "t_x": t_x, "age": age, "horizon": horizon})
    require(np.isfinite(horizon) & (horizon >= 0), "horizon is a finite time, at least 0")
    stretch = horizon / (model.alpha + age)
    if_alive = _purchases_if_alive(model.a, model.b + x, model.r + x, stretch)
    return np.clip(if_alive, 0.0, (model.r + x) * stretch) * _alive(model, x, t_x, age)


def alive(model: BetaGeometric, x: Column, t_x: Column, age: Column) -> Floats:
    """The probability that a customer has not dropped out, shape (cells,).

    NaN throughout when the model sits at a boundary. It is 1 for whoever has not bought again, because the
    model lets customers drop out only after a repeat purchase: that 1 is an assumption, not a finding.
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

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of equation 6, and its gradient by (r, alpha, a, b)."""
        r, alpha, a, b = theta
        x, left = self.x, np.maximum(self.x, 1.0)
        until_end, until_last = np.log(alpha + self.age), np.log(alpha + self.t_x)
        purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
        stay = -(r + x) * until_end
        leave = np.where(x > 0, np.log(a) - np.log(b + left - 1) - (r + x) * until_last, -np.inf)
        either = np.logaddexp(stay, leave)
        stays = np.exp(stay - either)
        leaves = np.where(x > 0, 1 - stays, 0.0)
        spread = psi(a + b) - psi(a + b + x)
        slopes = (
            psi(r + x) - psi(r) + np.log(alpha) - stays * until_end - leaves * until_last,
            r / alpha - (r + x) * (stays / (alpha + self.age) + leaves / (alpha + self.t_x)),
            spread + leaves / a,
            spread + psi(b + x) - psi(b) - leaves / (b + left - 1),
        )
        return float(self.weight @ (purchases + either)), np.array([self.weight @ slope for slope in slopes])

    def log_likelihood_without_dropout(self, theta: Floats) -> tuple[float, Floats]:
        """The limit of the model as drop-out vanishes (the NBD), and its gradient by (r, alpha)."""
        r, alpha = theta
        x, until_end = self.x, np.log(alpha + self.age)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * until_end
        by_r = psi(r + x) - psi(r) + np.log(alpha) - until_end
        by_alpha = r / alpha - (r + x) / (alpha + self.age)
        return float(self.weight @ value), np.array([self.weight @ by_r, self.weight @ by_alpha])


def _start(cells: _Cells) -> tuple[float, float]:
    """r and alpha whose mean rate is the observed one."""
    return 1.0, float(cells.weight @ cells.age / (cells.weight @ cells.x))


def _boundary(peak: Peak, gain: float) -> str | None:
    """Why drop-out cannot be learned, in one sentence; `gain` is in units of log-likelihood."""
    _, _, a, b = peak.parameters
    if gain < LEAST_GAIN:
        return "No drop-out can be told from these purchases: the model without it fits as well."
    if a / (a + b) < RAREST_DROPOUT:
        return f"Hardly anybody drops out: {a / (a + b):.2%} of purchases were a last one."
    if peak.ridge:
        return ON_RIDGE
    if peak.at_limit:
        limited = ", ".join(NAMES[position] for position in peak.at_limit)
        return f"The best fit runs to the limit of {limited}, so how customers differ is not identified."
    return None


def _alive(model: BetaGeometric, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """One over the denominator of equation 10."""
    silence = (model.r + x) * np.log((model.alpha + age) / (model.alpha + t_x))
    log_odds_left = np.log(model.a) - np.log(model.b + np.maximum(x, 1.0) - 1) + silence
    return np.where(x > 0, expit(-log_odds_left), 1.0)


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
