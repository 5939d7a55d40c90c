"""What a customer's purchases are worth on average once chance is taken out of the few seen: gamma-gamma.

Source: P. S. Fader, B. G. S. Hardie, "The Gamma-Gamma Model of Monetary Value", 2013. It assumes that how
much a customer spends has nothing to do with how often; `correlation` shows how far that holds.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, psi

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Column, Floats, blocks, columns, counts, require, whole
from sterna.engine.value.likelihood import ON_RIDGE, Matrix, Peak, climb

NAMES = ("p", "q", "gamma")
SAME = 1e-12  # the largest relative difference of two means that is rounding and nothing else


@dataclass(frozen=True)
class GammaGamma:
    """A fitted gamma-gamma model; `gamma` is in the currency of the spend, p and q are pure numbers.

    `customers` are those with a repeat purchase. `correlation` is that of x and mean spend, None when either
    does not vary. `boundary` says in one sentence why the fit is not to be trusted, and is None when it is.
    `standard_errors` and `covariance` belong to (p, q, gamma); None at a boundary.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: int
    correlation: float | None = None
    boundary: str | None = None
    standard_errors: tuple[float, ...] | None = None
    covariance: Matrix | None = None

    @property
    def population_mean(self) -> float:
        """The mean spend a purchase of a customer of whom nothing is known; NaN when q <= 1 (no mean)."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("nan")


class ExpectedSpend(NamedTuple):
    """Spend a purchase, shape (cells,); `pooled` is True where it is only the mean of the population."""

    spend: Floats
    pooled: NDArray[np.bool_]


def fit(x: Column, mean_spend: Column, weight: Column = 1.0) -> GammaGamma:
    """The gamma-gamma model of maximum likelihood; every argument has shape (cells,).

    `x` counts repeat purchases, `mean_spend` is their mean value in one currency, `weight` the number of
    customers. Cells with x = 0 carry no spend and are left out; their mean_spend may be NaN. Raises BadInput
    on a mean spend of a repeat buyer that is not above 0 (leave such customers out, and say so), on fewer
    than two different mean spends, and when the likelihood has no peak.
    """
    x, mean_spend, weight = columns({"x": x, "mean_spend": mean_spend, "weight": weight})
    require(whole(x) & (x >= 0), "x is a whole number of repeat purchases, at least 0")
    again = x > 0
    cells = _Cells(x[again], mean_spend[again], counts(weight)[again])
    require(np.isfinite(cells.mean) & (cells.mean > 0), "mean_spend of a repeat buyer is finite and above 0")
    # Equal amounts differ in their last digit once they are summed and divided: 0.30 / 3 is not 0.10.
    if not cells.mean.size or np.ptp(cells.mean) <= SAME * cells.mean.max():
        raise BadInput("spend is learned from customers who differ, and no two of these do")
    customers = cells.weight.sum()
    level = float(cells.weight @ cells.mean / customers)
    peak = climb(cells.log_likelihood, (2.0, 3.0, level), customers)
    p, q, gamma = peak.parameters
    boundary = _boundary(peak)
    errors, covariance = (None, None) if boundary else (peak.standard_errors, peak.covariance)
    correlation = _correlation(cells.x, cells.mean, cells.weight)
    return GammaGamma(
        p, q, gamma, peak.log_likelihood, round(customers), correlation, boundary, errors, covariance
    )


def expected_spend(model: GammaGamma, x: Column, mean_spend: Column) -> ExpectedSpend:
    """Each customer's expected spend a purchase: their own mean, drawn to the population's by 1/x.

    Arguments of shape (cells,). Where x is 0 or mean_spend is NaN nothing is known of the customer: they get
    the population mean and `pooled` is True. NaN where q <= 1 leaves a mean undefined.
    """
    x, mean_spend = columns({"x": x, "mean_spend": mean_spend})
    require(whole(x) & (x >= 0), "x is a whole number of repeat purchases, at least 0")
    pooled = (x == 0) | np.isnan(mean_spend)
    require(pooled | (np.isfinite(mean_spend) & (mean_spend >= 0)), "mean_spend is finite and at least 0")
    seen = np.where(pooled, 0.0, x)
    shape = model.p * seen + model.q - 1
    total = model.gamma + seen * np.where(pooled, 0.0, mean_spend)
    return ExpectedSpend(model.p * total / np.where(shape > 0, shape, np.nan), pooled)


@dataclass(frozen=True)
class _Cells:
    x: Floats
    mean: Floats
    weight: Floats

    @cached_property
    def levels(self) -> tuple[Floats, Floats]:
        """The different x and their weights: they are few, and all that is slow hangs on x alone."""
        x, place = np.unique(self.x, return_inverse=True)
        return x, np.bincount(place, self.weight, x.size).astype(np.float64)

    @cached_property
    def fixed(self) -> tuple[Floats, Floats, Floats, float]:
        """What no parameter changes: the spend of each cell, its log, its purchases, and the logs of the means."""
        spent = self.x * self.mean
        return spent, np.log(spent), self.weight * self.x, float(self.weight @ np.log(self.mean))

    def log_likelihood(self, theta: Floats) -> tuple[float, Floats]:
        """Sum over customers of the log marginal density of the mean, and its gradient by (p, q, gamma)."""
        p, q, gamma = theta
        x, held = self.levels
        spent, log_spent, bought, of_mean = self.fixed
        customers, shape = held.sum(), p * x
        over, logs, per_total = 0.0, 0.0, 0.0
        for block in blocks(spent.size):
            total, weight = gamma + spent[block], self.weight[block]
            log_total = np.log(total)
            # As one difference: of two large sums that all but cancel, the last digits are rounding.
            over += bought[block] @ (log_spent[block] - log_total)
            logs += weight @ (log_total - np.log(gamma))
            per_total += (p * bought[block] + q * weight) @ (1 / total)
        value = held @ (gammaln(shape + q) - gammaln(shape) - gammaln(q)) + p * over - q * logs - of_mean
        slopes = (
            held @ (x * (psi(shape + q) - psi(shape))) + over,
            held @ (psi(shape + q) - psi(q)) - logs,
            customers * q / gamma - per_total,
        )
        return float(value), np.array(slopes)


def _boundary(peak: Peak) -> str | None:
    """Why the fit is not to be trusted, in one sentence."""
    if peak.ridge:
        return ON_RIDGE
    if peak.at_limit:
        limited = ", ".join(NAMES[position] for position in peak.at_limit)
        return (
            f"The best fit runs to the limit of {limited}, so how spend differs between customers is unknown."
        )
    if peak.parameters[1] <= 1:
        return "Spend varies so much between customers that the population has no mean (q <= 1)."
    return None


def _correlation(x: Floats, mean: Floats, weight: Floats) -> float | None:
    """Pearson's correlation over customers; None when either side does not vary."""
    centered = [column - weight @ column / weight.sum() for column in (x, mean)]
    spread = np.sqrt((weight @ centered[0] ** 2) * (weight @ centered[1] ** 2))
    return float(weight @ (centered[0] * centered[1]) / spread) if spread > 0 else None
