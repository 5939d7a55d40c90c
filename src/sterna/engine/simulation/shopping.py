"""What simulated households buy: lines by the day, with a planted response of those who were contacted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sterna.engine.simulation.contacts import FIRST_DAY
from sterna.engine.simulation.population import DEPARTMENTS, Floats, Population, Whole

PER_DEPARTMENT = 60
CHUNK = 5_000  # households at a time: about half a million lines a year, some 200 MB while they are made
LINES_A_VISIT = 6.2
_OPENS, _CLOSES = 14, 23  # in UTC: inside one local day anywhere in North America
ON_OFFER = 0.2
OFF = (10, 31)  # percent, the last not included
TO_THE_NEXT = 0.06  # of a geometric law over the products of a department: few sell most
_MICROSECONDS = 1_000_000

SCHEMA = pa.schema(
    {
        "household_id": pa.int64(),
        "store_id": pa.int64(),
        "basket_id": pa.int64(),
        "product_id": pa.int64(),
        "quantity": pa.int64(),
        "sales_value": pa.float64(),
        "retail_disc": pa.float64(),
        "coupon_disc": pa.float64(),
        "coupon_match_disc": pa.float64(),
        "transaction_timestamp": pa.timestamp("us"),
    }
)


@dataclass(frozen=True)
class Response:
    """A planted effect: what `contacted` households pay for a line rises by `relative` (0.1 is 10 %).

    One share for all of them, or each household's own in the order of the population.
    """

    contacted: frozenset[int]
    relative: float | Floats


@dataclass
class Tally:
    """The truth as it is made, in cents: what the contacted paid, and what the same baskets were without it."""

    with_effect: int = 0
    without: int = 0


@dataclass(frozen=True)
class _Visits:
    row: Whole  # the household's row in the population
    day: Whole  # days since FIRST_DAY
    second: Whole


def prices() -> Whole:
    """The price of each product in cents; product d * PER_DEPARTMENT + k + 1 belongs to department d."""
    rng = np.random.default_rng(20170101)  # the assortment is the shop's: the same for every seed
    return np.maximum(rng.lognormal(5.9, 0.6, len(DEPARTMENTS) * PER_DEPARTMENT).astype(np.int64), 49)


def products() -> pa.Table:
    """The catalog: product_id, department, product_category and brand."""
    numbers = np.arange(len(DEPARTMENTS) * PER_DEPARTMENT)
    departments = [DEPARTMENTS[number // PER_DEPARTMENT] for number in numbers]
    return pa.table(
        {
            "product_id": pa.array(numbers + 1, pa.int64()),
            "department": departments,
            "product_category": [
                f"{name} {number % 6 + 1}" for name, number in zip(departments, numbers, strict=True)
            ],
            "brand": ["Private" if number % 4 == 0 else "National" for number in numbers],
        }
    )


def history(
    people: Population, first: date, last: date, response: Response | None = None, tally: Tally | None = None
) -> Iterator[pa.Table]:
    """The lines of the days `first` to `last` (both included), a chunk of households at a time.

    A household-day is one basket and a product stands in it once. The draws depend on the population and the
    days alone, so that a response changes amounts and nothing else; `tally` is told both.
    """
    paid = prices()
    contacted = np.array(sorted(response.contacted), dtype=np.int64) if response else np.empty(0, np.int64)
    for start in range(0, people.size, CHUNK):
        rows = np.arange(start, min(start + CHUNK, people.size))
        rng = np.random.default_rng([people.seed, 2, first.toordinal(), start])
        lines = _lines(people, _visits(people, rows, first, last, rng), paid, rng)
        if response and tally:
            _respond(lines, contacted, response.relative, tally)
        yield _table(lines)


def _visits(people: Population, rows: Whole, first: date, last: date, rng: np.random.Generator) -> _Visits:
    """The days on which each household comes, at most once a day, until it stays away for good."""
    days = (last - first).days + 1
    offset = (first - FIRST_DAY).days
    counts = rng.poisson(people.visits[rows] * days / 7)
    row = np.repeat(rows, counts)
    # Counted from `first` while household and day are one number: a day before FIRST_DAY is below zero.
    key = np.unique(row * days + rng.integers(0, days, row.size))
    row, day = key // days, key % days + offset
    second = rng.integers(_OPENS * 3600, _CLOSES * 3600, row.size)
    here = (day >= people.arrives[row]) & (day < people.lifetime[row])
    return _Visits(row[here], day[here], second[here])


def _lines(
    people: Population, visits: _Visits, paid: Whole, rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """The lines of the visits, amounts in whole cents."""
    needed = rng.poisson(LINES_A_VISIT * people.share_of_wallet()[visits.row]) + 1
    visit = np.repeat(np.arange(visits.row.size), needed)
    department = _departments(people, visits.row[visit], rng)
    within = np.minimum(rng.geometric(TO_THE_NEXT, visit.size) - 1, PER_DEPARTMENT - 1)
    key, quantity = np.unique(visit * paid.size + department * PER_DEPARTMENT + within, return_counts=True)
    visit, product = key // paid.size, key % paid.size
    full = paid[product] * quantity
    off = np.where(rng.random(full.size) < ON_OFFER, full * rng.integers(*OFF, full.size) // 100, 0)
    return {
        "household": people.household[visits.row[visit]],
        "day": visits.day[visit],
        "second": visits.second[visit],
        "product": product + 1,
        "quantity": quantity,
        "cents": full - off,
        "off": off,
    }


def _departments(people: Population, row: Whole, rng: np.random.Generator) -> Whole:
    """A department for each line, by the household's taste for what it buys here."""
    own: Floats = people.tastes * people.shares
    edges = np.cumsum(own / own.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    return np.asarray((rng.random(row.size)[:, None] >= edges[row]).sum(axis=1), dtype=np.int64)


def _respond(
    lines: dict[str, NDArray[np.generic]], contacted: Whole, relative: float | Floats, tally: Tally
) -> None:
    """Raise what the contacted pay, to the cent, and tell the tally both sums."""
    mine = np.isin(lines["household"], contacted)
    before = lines["cents"].astype(np.int64)
    each = lines["household"].astype(np.int64) - 1
    rises = relative[each] if isinstance(relative, np.ndarray) else relative
    after = np.where(mine, np.rint(before * (1 + rises)).astype(np.int64), before)
    tally.without += int(before[mine].sum())
    tally.with_effect += int(after[mine].sum())
    lines["cents"] = after


def _table(lines: dict[str, NDArray[np.generic]]) -> pa.Table:
    household = lines["household"].astype(np.int64)
    day = lines["day"].astype(np.int64)
    epoch = (FIRST_DAY - date(1970, 1, 1)) // timedelta(days=1)
    stamp = ((day + epoch) * 86_400 + lines["second"].astype(np.int64)) * _MICROSECONDS
    nothing = np.zeros(household.size)
    return pa.table(
        [
            household,
            household % 20 + 1,
            household * 100_000 + day,
            lines["product"],
            lines["quantity"],
            lines["cents"].astype(np.int64) / 100,
            lines["off"].astype(np.int64) / 100,
            nothing,
            nothing,
            pa.array(stamp).cast(pa.timestamp("us")),
        ],
        schema=SCHEMA,
    )
