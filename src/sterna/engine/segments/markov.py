"""What counts of moves between places tell: shares, how fast customers get somewhere, what a start is worth.

Customers who move by the same chances in every period, whatever lay before, are a Markov chain. `stationarity` and
`first_order` test these two things, and a page shows both beside whatever is computed as if they were so.
Sources: T. W. Anderson, L. A. Goodman, "Statistical Inference about Markov Chains", Annals of Mathematical Statistics
28(1), 1957, for the tests; J. G. Kemeny, J. L. Snell, "Finite Markov Chains", 1960, for times and chances of getting
somewhere; P. E. Pfeifer, R. L. Carraway, "Modeling Customer Relationships as Markov Chains", Journal of Interactive
Marketing 14(2), 2000, for the worth of a start.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sterna.engine.errors import BadInput

Floats = NDArray[np.float64]
DOUBTFUL = 0.05  # the chance below which what a test takes for granted counts as refuted
SURE = 1 - 1e-9  # a chance from which on the rest is rounding
ROW = 1e-9  # how far the shares of a row may be off one


class Test(NamedTuple):
    """A likelihood-ratio test: G2, its degrees of freedom, how often chance alone gives as much (None at 0 of them)."""

    statistic: float
    df: int
    p: float | None

    @property
    def refuted(self) -> bool:
        """Whether chance alone gives as much in less than DOUBTFUL of all cases; not where it cannot be told."""
        return self.p is not None and self.p < DOUBTFUL

    @property
    def told(self) -> str:
        """The figures in words, such as "G2 48.1, 40 degrees of freedom, p 0.18"."""
        chance = "unknown" if self.p is None else "under 1e-300" if self.p < 1e-300 else f"{self.p:.2g}"
        return f"G2 {self.statistic:,.1f}, {self.df} degrees of freedom, p {chance}"


class Arrival(NamedTuple):
    """By place where one starts: the chance of ever arriving, and the mean periods until then.

    Both of shape (places,); periods are infinite where not everybody arrives, and 0 for who is there.
    """

    chance: Floats
    periods: Floats


def shares(counts: ArrayLike) -> Floats:
    """Of the customers of each row the part in each column, shape (..., rows, columns); NaN where a row is empty."""
    found = _counts(counts)
    opening = found.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(found / opening, dtype=np.float64)


def stationarity(steps: ArrayLike) -> Test:
    """Whether customers moved by the same chances in every period; `steps` has shape (periods, places, places).

    G2 = 2 sum n ln(share of the period / share of all periods), with a degree of freedom for each period but one, each
    place from which somebody started, and each place but one to which somebody came from there.
    """
    found = _counts(steps, dimensions=3)
    df = _freedom(found.sum(axis=2), found.sum(axis=0))
    return _tested(found, shares(found.sum(axis=0)), df)


def first_order(triples: ArrayLike) -> Test:
    """Whether where customers go hangs on where they are alone, or also on where they were before.

    `triples` has shape (places, places, places): how many were at h, then i, then j. G2 is against chances by h and i.
    """
    found = _counts(triples, dimensions=3)
    df = _freedom(found.sum(axis=2), found.sum(axis=0))
    return _tested(found, shares(found.sum(axis=0)), df)


def _tested(found: Floats, pooled: Floats, df: int) -> Test:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = found * np.log(shares(found) / pooled)
    # Here, because SciPy takes a second to load and shares and times need none of it.
    from scipy.special import chdtrc

    statistic = max(2 * float(np.nansum(np.where(found > 0, terms, 0.0))), 0.0)
    return Test(statistic, df, float(chdtrc(df, statistic)) if df else None)


def _freedom(started: Floats, pooled: Floats) -> int:
    """Of groups (rows of `started`) beside each other, by place: chances that are free less those that are pooled."""
    groups = (started > 0).sum(axis=0)
    places = (pooled > 0).sum(axis=1)
    return int((np.maximum(groups - 1, 0) * np.maximum(places - 1, 0)).sum())


def arrival(chances: ArrayLike, targets: Sequence[int]) -> Arrival:
    """When who starts at each place first gets to one of `targets`; rows of `chances`, (places, places), sum to 1."""
    matrix = _chances(chances)
    size = matrix.shape[0]
    there = np.zeros(size, dtype=np.bool_)
    there[list(targets)] = True
    can = _reaching(matrix, there)
    chance, periods = there.astype(np.float64), np.where(there, 0.0, np.inf)
    open_ = can & ~there
    inner, direct = matrix[np.ix_(open_, open_)], matrix[np.ix_(open_, there)].sum(axis=1)
    chance[open_] = np.linalg.solve(np.eye(int(open_.sum())) - inner, direct)
    # Whoever may end where no way leads on is never sure to arrive, nor is who may get to such a place.
    sure = open_ & (chance > SURE)
    within = matrix[np.ix_(sure, sure)]
    periods[sure] = np.linalg.solve(np.eye(int(sure.sum())) - within, np.ones(int(sure.sum())))
    return Arrival(np.clip(chance, 0.0, 1.0), periods)


def _reaching(matrix: Floats, there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The places from which a way leads to where `there` is true."""
    found, ways = there, matrix > 0
    for _ in range(matrix.shape[0]):
        found = found | (ways & found).any(axis=1)
    return found


def worth(chances: ArrayLike, rewards: ArrayLike, discount: float, periods: int | None = None) -> Floats:
    """What a customer who starts at each place is worth in money of today, shape (places,).

    `rewards` are what a period at each place brings, this one included; each later one counts 1 / (1 + discount) less,
    for so many `periods` after this one, or for ever. Raises BadInput for ever without a discount.
    """
    matrix, brings = _chances(chances), np.asarray(rewards, dtype=np.float64)
    if brings.shape != matrix.shape[:1] or not np.isfinite(brings).all():
        raise BadInput(f"{matrix.shape[0]} places need as many finite rewards, and there are {brings.size}")
    if not np.isfinite(discount) or discount < 0 or (periods is None and discount == 0):
        raise BadInput(
            f"a discount of a period is above 0, or at least 0 for so many periods, and is {discount}"
        )
    kept = matrix / (1 + discount)
    if periods is None:
        return np.asarray(np.linalg.solve(np.eye(matrix.shape[0]) - kept, brings), dtype=np.float64)
    total, later = brings, brings
    for _ in range(periods):
        later = kept @ later
        total = total + later
    return total


def ahead(chances: ArrayLike, opening: ArrayLike, periods: int) -> Floats:
    """How many customers are expected at each place after so many periods, shape (places,)."""
    return np.asarray(
        np.asarray(opening, dtype=np.float64) @ np.linalg.matrix_power(_chances(chances), periods),
        dtype=np.float64,
    )


def _counts(given: ArrayLike, dimensions: int | None = None) -> Floats:
    found = np.asarray(given, dtype=np.float64)
    if found.ndim < 2 or (
        dimensions is not None and (found.ndim != dimensions or len(set(found.shape[1:])) > 1)
    ):
        raise BadInput(f"counts of moves are a table of places by places, not of shape {found.shape}")
    if not (np.isfinite(found) & (found >= 0)).all():
        raise BadInput("a count of customers is a number from 0 on")
    return found


def _chances(given: ArrayLike) -> Floats:
    found = np.asarray(given, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise BadInput(f"chances of moves are a square of places, not of shape {found.shape}")
    rows = np.flatnonzero(~(np.abs(found.sum(axis=1) - 1) <= ROW) | ~(found >= 0).all(axis=1))
    if rows.size:
        raise BadInput(f"the chances of row {rows[0]} are {found[rows[0]].tolist()}, which do not sum to 1")
    return found
