"""What a turn measures value by; light enough for whoever only reads definitions and measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sterna.engine.value.best import Definition


@dataclass(frozen=True)
class Horizon:
    """What is forecast: order days of the next `weeks`, and those of `lifetime_weeks` at a `yearly` discount (.1)."""

    weeks: int
    lifetime_weeks: int
    yearly: float


HALF_A_YEAR = Horizon(weeks=26, lifetime_weeks=156, yearly=0.1)


@dataclass(frozen=True)
class Terms:
    """What a turn measures by: its days, its currency, the model of purchases, what is forecast, and who is best.

    The window is [opening, cut), the one before it [before, opening).
    """

    cut: date
    opening: date
    before: date
    currency: str
    model: str = "bg-nbd"
    horizon: Horizon = HALF_A_YEAR
    best: Sequence[Definition] = ()
