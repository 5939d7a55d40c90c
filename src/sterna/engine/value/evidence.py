"""Whether the structure of a customer's own categories tells anything of what is bought elsewhere.

If trips go elsewhere at random, every category shrinks alike: a customer of half the wallet looks like a customer of
half the size, and nothing in the data tells them apart. If whole categories go elsewhere, customers are missing from a
category in which their other purchases would have them. That excess of zeros, over what counts that differ by taste
would give, is what is tested here: a negative binomial regression of the lines in a category on the lines in all
others, against the same with a part of the customers absent (D. Lambert, "Zero-Inflated Poisson Regression",
Technometrics 34(1), 1992; likelihood ratio on the boundary: S. G. Self and K.-Y. Liang, JASA 82, 1987). Who has no need
of a category is absent too: the test tells that something is missing, never why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln

Floats = NDArray[np.float64]

FEWEST = 100  # customers; fewer cannot tell an absence from chance
MOST = 5_000  # customers that are looked at, evenly over all: more would change no verdict, only take longer
LEAST_ABSENT = 0.10  # tastes that are not quite gamma pass for a few absent customers
LEAST_GAIN = 10.83  # twice the log-likelihood: one chance in 2,000 where nobody is absent
NOT_IDENTIFIABLE = (
    "not identifiable: no category lacks more customers than tastes explain, so who buys half elsewhere looks like "
    "somebody of half the size"
)
TOO_FEW = (
    "not identifiable: no category has customers enough who buy of another, so nothing can be told of any"
)
_BOUNDS = [(-20.0, 20.0), (0.0, 3.0), (-5.0, 8.0), (-8.0, 8.0)]


@dataclass(frozen=True)
class Telling:
    """What one category tells: `absent` is the estimated share of customers that are missing from it.

    `gain` is twice the gain of log-likelihood by letting customers be absent. Where the test cannot be made, both are
    None; `reason` says why a category tells nothing, and is None where it does.
    """

    category: str
    customers: int
    absent: float | None
    gain: float | None
    reason: str | None

    @property
    def tells(self) -> bool:
        """Whether the category's own structure identifies anything."""
        return self.reason is None


@dataclass(frozen=True)
class Evidence:
    """What all categories tell, by name, and the verdict over them: None where at least one tells something."""

    categories: tuple[Telling, ...]
    verdict: str | None

    @property
    def telling(self) -> tuple[str, ...]:
        """The categories that tell something."""
        return tuple(one.category for one in self.categories if one.tells)


def weigh(category_spend: pa.Table) -> Evidence:
    """The evidence in rows of `category_spend` (customer_id, category, lines); unknown products are left out.

    Lines must be single purchases: a log summed to one row for each customer and category tells nothing here.
    """
    found = tuple(_weigh_one(*one) for one in _categories(category_spend))
    if any(one.tells for one in found):
        return Evidence(found, None)
    return Evidence(found, TOO_FEW if all(one.absent is None for one in found) else NOT_IDENTIFIABLE)


def _categories(category_spend: pa.Table) -> Iterator[tuple[str, Floats, Floats]]:
    """Of each category: its lines and those in all others, by customer who has bought anything else."""
    rows = category_spend.filter(pc.not_equal(category_spend.column("category"), "unknown"))
    customers, at_customer = _coded(rows.column("customer_id"))
    names, at_category = _coded(rows.column("category"))
    lines = np.asarray(rows.column("lines").to_numpy(), dtype=np.float64)
    total: Floats = np.bincount(at_customer, lines, len(customers)).astype(np.float64)
    step = max(1, -(-len(customers) // MOST))
    for place, name in enumerate(names):
        here = at_category == place
        own: Floats = np.bincount(at_customer[here], lines[here], len(customers)).astype(np.float64)
        others = total - own
        looked = np.flatnonzero(others > 0)[::step]
        yield name, own[looked], others[looked]


def _coded(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """The different texts of a column in order, and the place of each row's text among them."""
    names: list[str] = sorted(pc.unique(column).to_pylist())
    codes = pc.index_in(column, pa.array(names, pa.string()))
    return names, np.asarray(codes.to_numpy(), dtype=np.int64)


def _weigh_one(category: str, own: Floats, others: Floats) -> Telling:
    if own.size < FEWEST:
        return Telling(category, own.size, None, None, f"fewer than {FEWEST} customers")
    if own.min() > 0 or own.max() == 0:
        return Telling(category, own.size, None, None, "everybody buys of it, or nobody does")
    cells, weight = np.unique(np.stack([own, others]), axis=1, return_counts=True)
    counts = _Counts(cells[0], np.log(cells[1]), weight.astype(np.float64))
    without = _climb(counts, np.array([np.log(own.sum() / others.sum()), 1.0, 0.0]))
    absent = _climb(counts, np.append(without.theta, -2.0))
    gain = float(max(0.0, 2 * (absent.log_likelihood - without.log_likelihood)))
    share = float(expit(absent.theta[3]))
    return Telling(category, own.size, share, gain, _reason(share, gain))


def _reason(absent: float, gain: float) -> str | None:
    if gain < LEAST_GAIN:
        return "no more customers are absent than tastes explain"
    if absent < LEAST_ABSENT:
        return f"fewer than {LEAST_ABSENT:.0%} of the customers are absent"
    return None


@dataclass(frozen=True)
class _Counts:
    own: Floats
    log_others: Floats
    weight: Floats

    def log_likelihood(self, theta: Floats) -> float:
        """Of theta (level, power of the others, log shape) and, with a fourth, the log odds of being absent."""
        level, power, log_shape = theta[:3]
        shape, log_mean = np.exp(log_shape), level + power * self.log_others
        log_sum = np.logaddexp(log_shape, log_mean)
        each = (
            gammaln(self.own + shape)
            - gammaln(shape)
            - gammaln(self.own + 1)
            + shape * (log_shape - log_sum)
            + self.own * (log_mean - log_sum)
        )
        if theta.size > 3:
            there, gone = -np.logaddexp(0, theta[3]), -np.logaddexp(0, -theta[3])
            each = np.where(self.own == 0, np.logaddexp(there + each, gone), there + each)
        return float(self.weight @ each)


@dataclass(frozen=True)
class _Top:
    theta: Floats
    log_likelihood: float


def _climb(counts: _Counts, start: Floats) -> _Top:
    size = counts.weight.sum()
    found = minimize(
        lambda theta: -counts.log_likelihood(theta) / size,
        start,
        method="L-BFGS-B",
        bounds=_BOUNDS[: start.size],
    )
    return _Top(found.x, float(-found.fun * size))
