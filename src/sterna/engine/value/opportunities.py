"""How many of the opportunities to come customers will take, where there are discrete ones: the BG/BB model.

Source: P. S. Fader, B. G. S. Hardie, J. Shang, "Customer-Base Analysis in a Discrete-Time Noncontractual Setting",
Marketing Science 29(6), 2010. An opportunity is a period in which somebody may buy or give once: a yearly appeal, an
event, a week. At each a customer drops out with a probability that is beta(gamma, delta) over customers; who has not
takes it with a probability that is beta(alpha, beta).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, columns, counts, histories, require, whole
from sterna.engine.value.dropout import why_unknown
from sterna.engine.value.likelihood import Matrix, Peak, climb

NAMES = ("alpha", "beta", "gamma", "delta")


@dataclass(frozen=True)
class BetaBinomial:
    """A fitted BG/BB model, all parameters pure numbers.

    `boundary` says in one sentence why drop-out is not identified, and is None when it is. `standard_errors` and
    `covariance` belong to (alpha, beta, gamma, delta); None where unknown.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float
    customers: int
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None
    covariance: Matrix | None = None


def fit(x: Column, t_x: Column, age: Column, weight: Column = 1.0) -> BetaBinomial:
    """The BG/BB model of maximum likelihood; every argument has shape (cells,).

    `x` counts the opportunities taken after the first purchase, `t_x` numbers the last one taken (0 when none was),
    `age` is how many there have been, `weight` the number of customers with this history. Raises BadInput when a
    cell is impossible, when nobody has taken any opportunity, or when the likelihood has no peak.
    """
    x, t_x, age = _histories(x, t_x, age)
    x, t_x, age, weight = columns({"x": x, "t_x": t_x, "age": age, "weight": weight})
    cells = _Cells(x, t_x, age, counts(weight))
    if not (x > 0).any():
        raise BadInput("no customer has taken any opportunity, so there is no rate to learn")
    peak = climb(cells.log_likelihood, (1.0, 1.0, 1.0, 3.0), weight.sum())
    without = climb(cells.log_likelihood_without_dropout, (1.0, 1.0), weight.sum())
    boundary = _boundary(peak, peak.log_likelihood - without.log_likelihood)
    errors, covariance = (None, None) if boundary else (peak.standard_errors, peak.covariance)
    alpha, beta, gamma, delta = peak.parameters
    customers, value = round(weight.sum()), peak.log_likelihood
    return BetaBinomial(alpha, beta, gamma, delta, value, customers, boundary, errors, covariance)


def expected_purchases(model: BetaBinomial, x: Column, t_x: Column, age: Column, horizon: Column) -> Floats:
    """Opportunities expected to be taken of the next `horizon` (a whole number of them), shape (cells,)."""
    return discounted_purchases(model, x, t_x, age, horizon, 0.0)


def discounted_purchases(
    model: BetaBinomial, x: Column, t_x: Column, age: Column, horizon: Column, rate: float
) -> Floats:
    """As expected_purchases, with the k-th opportunity to come counted as e^(-rate k); shape (cells,)."""
    x, t_x, age = _histories(x, t_x, age)
    x, t_x, age, horizon = columns({"x": x, "t_x": t_x, "age": age, "horizon": horizon})
    require(whole(horizon) & (horizon >= 0), "horizon is a whole number of opportunities, at least 0")
    takes = (model.alpha + x) / (model.alpha + model.beta + age)
    return _alive_now(model, x, t_x, age) * takes * _still_there(model, age, horizon, rate)


def alive(model: BetaBinomial, x: Column, t_x: Column, age: Column) -> Floats:
    """The probability that a customer will be there at the next opportunity (equation 11); NaN at a boundary."""
    x, t_x, age = _histories(x, t_x, age)
    if model.boundary:
        return np.full(x.size, np.nan)
    stays = (model.delta + age) / (model.gamma + model.delta + age)
    return _alive_now(model, x, t_x, age) * stays


def _histories(x: Column, t_x: Column, age: Column) -> tuple[Floats, Floats, Floats]:
    x, t_x, age = histories(x, t_x, age)
    require(whole(t_x) & whole(age), "t_x and age are whole numbers of opportunities")
    require(x <= t_x, "x, the opportunities taken, are at most the t_x until the last one taken")
    return x, t_x, age


@dataclass(frozen=True)
class _Cells:
    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of equation 6, and its gradient by (alpha, beta, gamma, delta)."""
        alpha, beta, gamma, delta = theta
        last, missed, gone, fates = _fates(self.x, self.t_x, self.age, theta)
        top = fates.max(axis=1, keepdims=True)
        chance = np.exp(fates - top)
        total = chance.sum(axis=1, keepdims=True)
        share = chance / total
        gave, both, known = psi(alpha + self.x)[:, None], psi(alpha + beta + last), psi(gamma + delta)
        slopes = (
            gave - both - psi(alpha) + psi(alpha + beta),
            psi(beta + missed) - both - psi(beta) + psi(alpha + beta),
            psi(gamma + gone) - psi(gamma + delta + last + gone) - psi(gamma) + known,
            psi(delta + last) - psi(gamma + delta + last + gone) - psi(delta) + known,
        )
        value = (top + np.log(total))[:, 0]
        return float(self.weight @ value), np.array([self.weight @ (share * s).sum(axis=1) for s in slopes])

    def log_likelihood_without_dropout(self, theta: Floats) -> tuple[float, Floats]:
        """The limit of the model as drop-out vanishes (the beta-Bernoulli), and its gradient by (alpha, beta)."""
        alpha, beta = theta
        missed = self.age - self.x
        value = betaln(alpha + self.x, beta + missed) - betaln(alpha, beta)
        both = psi(alpha + beta) - psi(alpha + beta + self.age)
        slopes = (psi(alpha + self.x) - psi(alpha) + both, psi(beta + missed) - psi(beta) + both)
        return float(self.weight @ value), np.array([self.weight @ slope for slope in slopes])


def _fates(x: Floats, t_x: Floats, age: Floats, theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The logs of what may have happened: column 0 is staying throughout, column 1 + i dropping out after t_x + i.

    The first three arrays hold, for each fate, the opportunities lived through, those missed and whether they left.
    """
    alpha, beta, gamma, delta = theta
    later = np.arange(int(np.max(age - t_x, initial=0)), dtype=np.float64)
    last = np.column_stack((age, t_x[:, None] + later))
    gone = np.concatenate(([0.0], np.ones(later.size)))
    # A drop-out that would lie beyond the end is none: it is given the length of the history and no chance.
    possible = (gone == 0) | (last < age[:, None])
    last = np.where(possible, last, age[:, None])
    missed = last - x[:, None]
    taken = betaln(alpha + x[:, None], beta + missed) - betaln(alpha, beta)
    stayed = betaln(gamma + gone, delta + last) - betaln(gamma, delta)
    return last, missed, gone, np.where(possible, taken + stayed, -np.inf)


def _alive_now(model: BetaBinomial, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """The probability of not having dropped out by the last opportunity."""
    theta = np.array([model.alpha, model.beta, model.gamma, model.delta])
    fates = _fates(x, t_x, age, theta)[3]
    top = fates.max(axis=1)
    return np.asarray(np.exp(fates[:, 0] - top) / np.exp(fates - top[:, None]).sum(axis=1), dtype=np.float64)


def _still_there(model: BetaBinomial, age: Floats, horizon: Floats, rate: float) -> Floats:
    """The opportunities of the horizon that somebody who is there at `age` lives to see, in the mean, discounted."""
    ages, place = np.unique(np.column_stack((age, horizon)), axis=0, return_inverse=True)
    lived = [_lived(model, since, length, rate) for since, length in ages]
    return np.array(lived, dtype=np.float64)[place.reshape(-1)]


def _lived(model: BetaBinomial, age: float, horizon: float, rate: float) -> float:
    to_come = np.arange(1, int(horizon) + 1)
    there = betaln(model.gamma, model.delta + age + to_come) - betaln(model.gamma, model.delta + age)
    return float(np.exp(there - rate * to_come).sum())


def _boundary(peak: Peak, gain: float) -> str | None:
    """Why drop-out cannot be learned; a drop-out is counted per opportunity taken."""
    alpha, beta, gamma, delta = peak.parameters
    return why_unknown(peak, NAMES, gain, gamma / (gamma + delta) * (alpha + beta) / alpha)
