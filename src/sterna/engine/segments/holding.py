"""What keeps a customer in a tier though the amount fell: low water, a minimum hold, grace, one tier down at a time."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec

Downgrade = Literal["by_amount", "one_down"]
LONGEST = 3660  # days; who would be held for more than ten years is locked by name, with a reason
FINEST = Decimal("0.0001")


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of a scheme for who earns less than the place they hold; as they stand here, all of them are off.

    An amount of at least `low_water` times the low edge keeps a place. Who moved up keeps it for
    `minimum_hold_days`. Else it is kept for `grace_days` from the first run that found them below, with a warning;
    then they go where the amount puts them, or to the next place down.
    """

    low_water: Decimal = Decimal(1)
    minimum_hold_days: int = 0
    grace_days: int = 0
    downgrade: Downgrade = "by_amount"


def holding_problems(holding: Holding) -> Iterator[str]:
    """What is wrong with the terms, one sentence each."""
    water = holding.low_water
    if not (water.is_finite() and 0 < water <= 1):
        yield f"its low-water mark is {water}: a share of the low edge above 0, and 1 for none"
    elif water != water.quantize(FINEST):
        yield f"its low-water mark is {water}: four decimal places at most"
    for what, days in (("minimum hold", holding.minimum_hold_days), ("grace", holding.grace_days)):
        if not 0 <= days <= LONGEST:
            yield f"its {what} is {days} days: from 0, for none, to {LONGEST}"
    if holding.downgrade not in ("by_amount", "one_down"):
        yield f"it goes down {holding.downgrade!r}: by_amount or one_down"


def in_words(holding: Holding) -> str:
    """The terms as a sentence, for whoever is told why they keep a tier."""
    said = []
    if holding.low_water < 1:
        said.append(
            f"{holding.low_water * 100:f}".rstrip("0").rstrip(".") + " % of the low edge keeps a tier"
        )
    if holding.minimum_hold_days:
        said.append(f"who moves up stays for {holding.minimum_hold_days} days at least")
    if holding.grace_days:
        said.append(f"who falls below keeps the tier for {holding.grace_days} days and is warned")
    if holding.downgrade == "one_down":
        said.append("down goes one tier at a time")
    if not said:
        return "The amount alone decides at every run."
    told = "; ".join(said)
    return f"{told[0].upper()}{told[1:]}."
