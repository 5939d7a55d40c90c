"""How deep a relationship is: what is known, how often both spoke, how lately, and what they hold."""

from collections.abc import Collection
from datetime import date, timedelta

import msgspec

# With this many a part is half full: the tenth fact deepens less than the first.
_HALF = {"facts": 6.0, "contacts": 4.0, "products": 3.0}
# After so many days of silence half of the recency is gone.
_HALF_LIFE = 180.0
TREND_DAYS = 90


class Heard(msgspec.Struct, frozen=True):
    """What a relationship rests on: the day on which each class was first known, and each two-way contact was.

    `products` is how many products or categories they hold, None where nobody measured it.
    """

    facts: Collection[date]
    contacts: Collection[date]
    products: int | None = None
    products_before: int | None = None


class Part(msgspec.Struct, frozen=True):
    """One part: what is counted, its score from 0 to 1, and how much that is above the score of 90 days before.

    Both are None where it is unknown.
    """

    name: str
    count: int | None
    score: float | None
    trend: float | None


class Depth(msgspec.Struct, frozen=True):
    """The parts, and their mean over those that are known, from 0 to 100; with the trend of the same parts."""

    parts: tuple[Part, ...]
    score: float
    trend: float


def depth(heard: Heard, on: date) -> Depth:
    """How deep a relationship is `on` a day.

    Another fact or contact never lowers it, and silence lowers nothing but the recency.
    """
    parts = (
        _counted("facts", heard.facts, on),
        _counted("contacts", heard.contacts, on),
        _recency(heard.contacts, on),
        _products(heard),
    )
    known = [part for part in parts if part.score is not None]
    score = 100 * sum(part.score or 0.0 for part in known) / len(known)
    trends = [part.trend for part in known if part.trend is not None]
    return Depth(parts, score, 100 * sum(trends) / len(known))


def _counted(name: str, days: Collection[date], on: date) -> Part:
    now = sum(day <= on for day in days)
    before = sum(day <= on - timedelta(days=TREND_DAYS) for day in days)
    score = _full(name, now)
    return Part(name, now, score, score - _full(name, before))


def _full(name: str, count: int) -> float:
    return count / (count + _HALF[name])


def _recency(contacts: Collection[date], on: date) -> Part:
    score = _fresh(contacts, on)
    days = min(((on - day).days for day in contacts if day <= on), default=None)
    return Part("recency", days, score, score - _fresh(contacts, on - timedelta(days=TREND_DAYS)))


def _fresh(contacts: Collection[date], on: date) -> float:
    last = max((day for day in contacts if day <= on), default=None)
    return 0.0 if last is None else 0.5 ** ((on - last).days / _HALF_LIFE)


def _products(heard: Heard) -> Part:
    if heard.products is None:
        return Part("products", None, None, None)
    score = _full("products", heard.products)
    before = heard.products_before
    return Part(
        "products", heard.products, score, None if before is None else score - _full("products", before)
    )
