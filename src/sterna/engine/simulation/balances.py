"""Two years of a simulated private bank by quarters: balances here and elsewhere, flows, contacts and what they moved.

Fees are about 100 basis points of the balances a year, as McKinsey found of 68 European private banks (Financial News,
November 27, 2006), less for large balances; the market's mean and spread by quarters are assumed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.simulation.clients import INTERESTS, Clients, Flags
from sterna.engine.simulation.population import Floats, Whole

QUARTERS = 8
# Of each product, a year, of the balance; a client pays for all that are held.
RATES = np.array([0.0040, 0.0060, 0.0110, 0.0025])
_LARGER_IS_CHEAPER = 0.10  # ten times the balance pays a fifth less
_MARKET, _OWN_CHOICE = (
    (0.014, 0.035),
    0.02,
)  # mean and spread of a quarter, and of what each client chose beside it
_NEW_MONEY, _SPENT, _MOVES_HERE, _MOVES_AWAY, _LEAVES = 0.22, 0.20, 0.05, 0.02, 0.004
_INVITED, _UNFIT = 0.30, 0.05  # how many are invited a quarter, and who accepts what does not interest them
_CONVINCED = 0.35  # of those who accepted and hold money elsewhere move a part of it in the same quarter


@dataclass(frozen=True)
class Quarter:
    """What happened in one quarter, an entry a client; amounts in whole cents, none of them negative but the market's.

    here + market_here + paid_in + moved_here - paid_out - moved_away is `here` of the next quarter. `invited` is the
    position of an interest, -1 for nobody; `accepted` holds for some of the invited; `by_contact` is the part of
    moved_here that would not have come without the invitation. `talks` counts the meetings a client asked for.
    """

    first: date
    last: date
    paid_in: Whole
    paid_out: Whole
    moved_here: Whole
    moved_away: Whole
    market_here: Whole
    market_elsewhere: Whole
    invited: Whole
    accepted: Flags
    by_contact: Whole
    talks: Whole


@dataclass(frozen=True)
class Book:
    """The quarters, and the balances at the end of each: `here` and `elsewhere` are clients x (quarters + 1).

    The first column is the day before the first quarter. `fees` are clients x quarters x products, in cents.
    """

    people: Clients
    quarters: tuple[Quarter, ...]
    here: Whole
    elsewhere: Whole
    fees: Whole

    @property
    def days(self) -> list[date]:
        """The day of each column of the balances."""
        return [self.quarters[0].first - timedelta(days=1), *(quarter.last for quarter in self.quarters)]


def book(people: Clients, first: date, quarters: int = QUARTERS) -> Book:
    """The quarters from `first` on, the same for the same clients; raises BadInput for no quarter or another day."""
    if quarters < 1:
        raise BadInput(f"{quarters} quarters cannot be simulated: ask for at least 1")
    if first.day != 1 or first.month % 3 != 1:
        raise BadInput(f"a quarter begins in January, April, July or October, and not on {first}")
    here, elsewhere, done = [people.here], [people.wealth - people.here], []
    for number in range(quarters):
        rng = np.random.default_rng([people.seed, 12, number])
        quarter = _quarter(people, here[-1], elsewhere[-1], _begins(first, number), rng)
        done.append(quarter)
        here.append(_after(here[-1], quarter))
        elsewhere.append(elsewhere[-1] + quarter.market_elsewhere - quarter.moved_here + quarter.moved_away)
    fees = [_fees(people, before, after) for before, after in pairwise(here)]
    return Book(
        people, tuple(done), np.column_stack(here), np.column_stack(elsewhere), np.stack(fees, axis=1)
    )


def _begins(first: date, number: int) -> date:
    months = first.year * 12 + first.month - 1 + 3 * number
    return date(months // 12, months % 12 + 1, 1)


def _after(here: Whole, quarter: Quarter) -> Whole:
    gained = quarter.market_here + quarter.paid_in + quarter.moved_here
    return here + gained - quarter.paid_out - quarter.moved_away


def _quarter(
    people: Clients, here: Whole, elsewhere: Whole, first: date, rng: np.random.Generator
) -> Quarter:
    """One quarter: the market first, then what comes and goes, so that nothing can fall below zero."""
    common, stays = rng.normal(*_MARKET), here > 0
    market_here = _grown(here, common, rng)
    market_elsewhere = _grown(elsewhere, common, rng)
    invited, accepted = _contacts(people, stays, rng)
    elsewhere = elsewhere + market_elsewhere
    by_itself = _part(elsewhere, _MOVES_HERE, (2.0, 5.0), rng) * stays
    convinced = _part(elsewhere - by_itself, _CONVINCED, (2.0, 4.0), rng) * accepted
    paid_in = _part((here + elsewhere) * stays, _NEW_MONEY, (1.0, 30.0), rng)
    held = here + market_here
    leaves = (rng.random(people.size) < _LEAVES) & ~accepted
    paid_out = _part(held, _SPENT, (1.0, 25.0), rng)
    moved_away = np.where(leaves, held - paid_out, _part(held - paid_out, _MOVES_AWAY, (2.0, 5.0), rng))
    return Quarter(
        first=first,
        last=_begins(first, 1) - timedelta(days=1),
        paid_in=np.where(leaves, 0, paid_in),
        paid_out=paid_out,
        moved_here=np.where(leaves, 0, by_itself + convinced),
        moved_away=moved_away,
        market_here=market_here,
        market_elsewhere=market_elsewhere,
        invited=invited,
        accepted=accepted,
        by_contact=convinced,
        talks=rng.poisson(0.4 + 0.8 * people.open) * stays,
    )


def _grown(amount: Whole, common: float, rng: np.random.Generator) -> Whole:
    """What the market adds to an amount, or takes: never more than half of it."""
    rate: Floats = np.maximum(common + rng.normal(0.0, _OWN_CHOICE, amount.size), -0.5)
    return np.asarray((amount * rate).astype(np.int64))


def _part(of: Whole, chance: float, shape: tuple[float, float], rng: np.random.Generator) -> Whole:
    """For some a part of an amount by a beta law, for the others nothing; at most all of it."""
    part = (of * rng.beta(*shape, size=of.size)).astype(np.int64)
    return np.asarray(np.where(rng.random(of.size) < chance, part, 0))


def _contacts(people: Clients, stays: Flags, rng: np.random.Generator) -> tuple[Whole, Flags]:
    """Whom the bank invited to what, at random, and who accepted: whoever likes it by their own openness."""
    asked = (rng.random(people.size) < _INVITED) & stays
    subject = rng.integers(0, len(INTERESTS), people.size)
    chance = np.where(people.likes[np.arange(people.size), subject], people.open, _UNFIT)
    return np.where(asked, subject, -1), asked & (rng.random(people.size) < chance)


def _fees(people: Clients, before: Whole, after: Whole) -> Whole:
    """The fees of a quarter by product, on the mean of its first and last balance."""
    mean = (before + after) / 2
    cheaper = np.maximum(mean / 1_000_000_00, 1.0) ** -_LARGER_IS_CHEAPER
    yearly = (mean * cheaper)[:, None] * RATES * people.products
    return np.asarray((yearly / 4).astype(np.int64))
