"""How long a relationship under contract lasts and what balance it will hold: the shifted beta geometric model.

Sources: P. S. Fader, B. G. S. Hardie, "How to Project Customer Retention", Journal of Interactive Marketing 21(1),
2007 (sBG); "Customer-Base Valuation in a Contractual Setting: The Perils of Ignoring Heterogeneity", Marketing
Science 29(1), 2010 (what remains of it). Here, unlike at a shop, an end is seen: an account is closed, a policy is not
renewed. Each period a customer ends the relationship with a probability that is beta(alpha, beta) over customers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, columns, counts, histories, require, whole
from sterna.engine.value.likelihood import ON_RIDGE, Matrix, Peak, climb

NAMES = ("alpha", "beta")


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """A fitted sBG model, both parameters pure numbers.

    `boundary` says in one sentence why how customers differ is not identified, and is None when it is.
    `standard_errors` and `covariance` belong to (alpha, beta); None where unknown.
    """

    alpha: float
    beta: float
    log_likelihood: float
    customers: int
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None
    covariance: Matrix | None = None


def fit(x: Column, t_x: Column, age: Column, weight: Column = 1.0) -> ShiftedBetaGeometric:
    """The sBG model of maximum likelihood; every argument has shape (cells,).

    `x` counts the periods after which the relationship went on, `t_x` is the same, `age` the periods since it
    began: with x = age it goes on still, else it ended in period x + 1. `weight` is the number of customers with
    this history. Raises BadInput when a cell is impossible, when nobody has ended or everybody in their first
    period, or when the likelihood has no peak.
    """
    x, t_x, age = _contracts(x, t_x, age)
    x, age, weight = columns({"x": x, "age": age, "weight": weight})
    ended = x < age
    if not ended.any():
        raise BadInput("no relationship has ended, so there is no rate of ending to learn")
    if not (x > 0).any():
        raise BadInput("no relationship has outlived its first period, so there is no survival to learn")
    peak = climb(_Cells(x, ended, counts(weight)).log_likelihood, (1.0, 1.0), weight.sum())
    boundary = _boundary(peak)
    errors, covariance = (None, None) if boundary else (peak.standard_errors, peak.covariance)
    alpha, beta = peak.parameters
    customers = round(weight.sum())
    return ShiftedBetaGeometric(alpha, beta, peak.log_likelihood, customers, boundary, errors, covariance)


def survival(model: ShiftedBetaGeometric, periods: Column, since: Column = 0.0) -> Floats:
    """The probability that a relationship alive after `since` periods lives through `periods` more, shape (cells,)."""
    periods, since = columns({"periods": periods, "since": since})
    require(np.isfinite(periods) & (periods >= 0) & (since >= 0), "periods and since are at least 0")
    lived = betaln(model.alpha, model.beta + since + periods) - betaln(model.alpha, model.beta + since)
    return np.asarray(np.exp(lived), dtype=np.float64)


def retention(model: ShiftedBetaGeometric, period: Column) -> Floats:
    """The share of those who came into `period` (1 is the first) who come through it: it grows as the frail leave."""
    (period,) = columns({"period": period})
    require(whole(period) & (period >= 1), "period is a whole number, at least 1")
    return (model.beta + period - 1) / (model.alpha + model.beta + period - 1)


def expected_purchases(
    model: ShiftedBetaGeometric, x: Column, t_x: Column, age: Column, horizon: Column
) -> Floats:
    """Periods, of the next `horizon`, through which the relationship is expected to go on; 0 for one that ended."""
    return _remaining(model, x, t_x, age, horizon, 1.0)


def discounted_purchases(
    model: ShiftedBetaGeometric, x: Column, t_x: Column, age: Column, horizon: Column, rate: float
) -> Floats:
    """As expected_purchases, with the k-th period to come counted as e^(-rate k); shape (cells,)."""
    return _remaining(model, x, t_x, age, horizon, np.exp(-rate))


def alive(model: ShiftedBetaGeometric, x: Column, t_x: Column, age: Column) -> Floats:
    """1 while the relationship goes on and 0 after its end: under a contract this is known, not estimated."""
    x, _, age = _contracts(x, t_x, age)
    return np.where(x == age, 1.0, 0.0)


def expected_balance(
    model: ShiftedBetaGeometric,
    x: Column,
    t_x: Column,
    age: Column,
    balance: Column,
    horizon: Column,
    growth: float = 0.0,
) -> Floats:
    """The balance expected after `horizon` periods, in the unit of `balance`, shape (cells,).

    It is the balance of today, grown by `growth` a period, times the probability that the relationship lives.
    NaN where the balance is NaN, that is unknown; 0 for a relationship that has ended.
    """
    x, _, age = _contracts(x, t_x, age)
    _require_growth(growth)
    x, age, balance, horizon = columns({"x": x, "age": age, "balance": balance, "horizon": horizon})
    grown = balance * (1 + growth) ** horizon
    return np.where(x == age, grown * survival(model, horizon, age), np.where(np.isnan(balance), np.nan, 0.0))


def discounted_balance(
    model: ShiftedBetaGeometric,
    x: Column,
    t_x: Column,
    age: Column,
    balance: Column,
    horizon: Column,
    discount: float,
    growth: float = 0.0,
) -> Floats:
    """The sum of the balances expected at the ends of the next `horizon` periods, discounted by `discount` a period.

    Times the margin that a period earns on a balance it is the lifetime value of an asset-based relationship.
    Shape (cells,), in the unit of `balance`; NaN where that is.
    """
    _require_growth(growth)
    _require_growth(discount)
    (balance,) = columns({"balance": balance})
    return balance * _remaining(model, x, t_x, age, horizon, (1 + growth) / (1 + discount))


def _remaining(
    model: ShiftedBetaGeometric, x: Column, t_x: Column, age: Column, horizon: Column, factor: float
) -> Floats:
    """The sum over periods k of the horizon of survival times factor^k, 0 after the end; shape (cells,)."""
    x, _, age = _contracts(x, t_x, age)
    x, age, horizon = columns({"x": x, "age": age, "horizon": horizon})
    require(whole(horizon) & (horizon >= 0), "horizon is a whole number of periods, at least 0")
    pairs, place = np.unique(np.column_stack((age, horizon)), axis=0, return_inverse=True)
    sums = [_sum(model, since, length, factor) for since, length in pairs]
    return np.where(x == age, np.array(sums, dtype=np.float64)[place.reshape(-1)], 0.0)


def _sum(model: ShiftedBetaGeometric, since: float, length: float, factor: float) -> float:
    periods = np.arange(1.0, length + 1)
    return float(survival(model, periods, since) @ factor**periods) if periods.size else 0.0


def _contracts(x: Column, t_x: Column, age: Column) -> tuple[Floats, Floats, Floats]:
    x, t_x, age = histories(x, t_x, age)
    require(whole(age) & (x == t_x), "x and t_x are the same whole number of periods lived through, of age")
    return x, t_x, age


def _require_growth(growth: float) -> None:
    if not (np.isfinite(growth) and growth > -1):
        raise BadInput(f"a rate a period is above -1, such as 0.02, and {growth} is not")


@dataclass(frozen=True)
class _Cells:
    x: Floats
    ended: np.ndarray
    weight: Floats

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of equations 5 and 6, and its gradient by (alpha, beta)."""
        alpha, beta = theta
        one = self.ended.astype(np.float64)
        value = betaln(alpha + one, beta + self.x) - betaln(alpha, beta)
        both = psi(alpha + beta) - psi(alpha + beta + one + self.x)
        slopes = (psi(alpha + one) - psi(alpha) + both, psi(beta + self.x) - psi(beta) + both)
        return float(self.weight @ value), np.array([self.weight @ slope for slope in slopes])


def _boundary(peak: Peak) -> str | None:
    """Why the fit is not to be trusted, in one sentence."""
    if peak.ridge:
        return ON_RIDGE
    if peak.at_limit:
        return "All relationships end at one rate as far as can be told, so how customers differ is unknown."
    return None
