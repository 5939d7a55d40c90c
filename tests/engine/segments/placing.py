"""Where an amount belongs, read from the bands one by one: what the SQL step is held against."""

from collections.abc import Sequence
from decimal import Decimal

from sterna.engine.segments import Band


def place_of(bands: Sequence[Band], amount: Decimal) -> str:
    """The place of `amount`: the one band that holds it, or "none" below the lowest."""
    held = [band.place for band in bands if band.low <= amount and (band.high is None or amount < band.high)]
    return held[0] if held else "none"
