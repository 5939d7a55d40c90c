"""How much of the profit which part of the customers brings, and what of it the best ones kept, gained and lost.

Sources: the curve of cumulative profit by customers in order of profit ("whale curve": R. S. Kaplan and
V. G. Narayanan, "Measuring and Managing Customer Profitability", Cost Management 15(5), 2001). Everything is counted
in whole cents, so that parts add up to their whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.money import CENT

Amount = Decimal | None
Cents = NDArray[np.int64]
_MOST = Decimal(2**63 - 1) * CENT  # what a sum of whole cents can hold


@dataclass(frozen=True)
class Curve:
    """Cumulative profit of the known customers, the most profitable first.

    `cumulative` has shape (customers + 1,) in cents and begins with 0. `unknown` customers have no profit on record and
    stand nowhere on the curve. `reason` says why shares of the total mean nothing (None when they do).
    """

    cumulative: Cents
    unknown: int
    reason: str | None

    @property
    def customers(self) -> int:
        """How many customers are on the curve."""
        return self.cumulative.size - 1

    @property
    def total(self) -> Decimal:
        """The profit of all of them."""
        return _money(self.cumulative[-1])

    @property
    def peak(self) -> tuple[int, Decimal]:
        """How many of the first customers bring the most, and how much: what comes after them is lost again."""
        at = int(np.argmax(self.cumulative))
        return at, _money(self.cumulative[at])

    def of_first(self, count: int) -> Decimal:
        """The profit of the `count` most profitable customers. Raises BadInput for a count that there is not."""
        if not 0 <= count <= self.customers:
            raise BadInput(f"of {self.customers} customers there are no first {count}")
        return _money(self.cumulative[count])

    def share_of_first(self, part: Fraction) -> Fraction | None:
        """The share of the total that the first `part` of the customers bring, a begun customer counted whole.

        Exact; above 1 where others make losses; None with no total to share (see `reason`).
        """
        if self.reason:
            return None
        count = -(-self.customers * part.numerator // part.denominator)
        return Fraction(int(self.cumulative[count]), int(self.cumulative[-1]))

    def needed_for(self, share: Fraction) -> int | None:
        """The least number of customers that bring `share` of the total; None where nothing can be shared."""
        if self.reason:
            return None
        wanted = -(-int(self.cumulative[-1]) * share.numerator // share.denominator)
        reached = np.flatnonzero(self.cumulative >= wanted)
        return int(reached[0]) if reached.size else None

    def points(self, count: int = 100) -> list[tuple[float, float]]:
        """The curve for a picture: (share of customers, share of profit) at `count` even steps, from (0, 0)."""
        if self.reason:
            return []
        at = np.unique(np.linspace(0, self.customers, count + 1).round().astype(int))
        shares = self.cumulative[at] / self.cumulative[-1]
        return list(zip((at / self.customers).tolist(), shares.tolist(), strict=True))


def curve(profits: Sequence[Amount]) -> Curve:
    """The curve of `profits`, one for each customer, None where it is unknown; order does not matter.

    Raises BadInput for an amount finer than a cent, or for a sum that no amount can hold.
    """
    known = [profit for profit in profits if profit is not None]
    ordered = np.sort(_cents(known))[::-1]
    cumulative = np.concatenate([np.zeros(1, np.int64), np.cumsum(ordered, dtype=np.int64)])
    return Curve(cumulative, len(profits) - len(known), _no_shares(known))


def _no_shares(known: list[Decimal]) -> str | None:
    if not known:
        return "no customer's profit is known"
    if sum(known) <= 0:
        return "the customers together bring no profit, so there are no shares of it"
    return None


def _cents(amounts: list[Decimal]) -> Cents:
    if any(amount != amount.quantize(CENT) for amount in amounts):
        raise BadInput("profit is counted in whole cents")
    if sum(map(abs, amounts)) > _MOST:
        raise BadInput("the profits are too large to be added")
    return np.array([int(amount / CENT) for amount in amounts], dtype=np.int64)


def _money(cents: np.int64) -> Decimal:
    return (int(cents) * CENT).quantize(CENT)


@dataclass(frozen=True)
class Kept:
    """The value of the best customers of two periods: opening + gained - lost = closing, to the cent.

    opening = kept + lost, closing = kept + gained. What entered or left is a part of gained and of lost. `unknown`
    names members whose value of a period is not known: they are in none of the sums.
    """

    opening: Decimal
    kept: Decimal
    gained: Decimal
    lost: Decimal
    closing: Decimal
    gained_by_entering: Decimal
    lost_by_leaving: Decimal
    entered: int
    stayed: int
    left: int
    unknown: tuple[str, ...]


def kept(
    best_before: Collection[str],
    best_after: Collection[str],
    value_before: Mapping[str, Amount],
    value_after: Mapping[str, Amount],
) -> Kept:
    """What became of the value of the best customers from one period to the next.

    `best_before` and `best_after` name the best customers of the two periods by one definition, the mappings give the
    value of each period by customer. A customer counts in a period as far as among its best, else as nothing.
    """
    before, after = set(best_before), set(best_after)
    unknown = {name for name in before if value_before.get(name) is None}
    unknown |= {name for name in after if value_after.get(name) is None}
    opening = {name: value_before[name] or Decimal(0) for name in before - unknown}
    closing = {name: value_after[name] or Decimal(0) for name in after - unknown}
    moves = {
        name: (opening.get(name, Decimal(0)), closing.get(name, Decimal(0))) for name in {*opening, *closing}
    }
    entering, leaving = closing.keys() - opening.keys(), opening.keys() - closing.keys()
    return Kept(
        opening=_sum(was for was, _ in moves.values()),
        kept=_sum(min(move) for move in moves.values()),
        gained=_sum(max(now - was, Decimal(0)) for was, now in moves.values()),
        lost=_sum(max(was - now, Decimal(0)) for was, now in moves.values()),
        closing=_sum(now for _, now in moves.values()),
        gained_by_entering=_sum(max(closing[name], Decimal(0)) for name in entering),
        lost_by_leaving=_sum(max(opening[name], Decimal(0)) for name in leaving),
        entered=len(entering),
        stayed=len(opening.keys() & closing.keys()),
        left=len(leaving),
        unknown=tuple(sorted(unknown)),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))
