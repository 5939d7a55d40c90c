"""A linear scale with round ticks, shared by every picture that has an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps low..high onto start..end of the picture; monotone, and never of zero length."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value; values outside low..high land outside start..end."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values (1, 2 or 5 times a power of ten apart) inside low..high, about as many as asked."""
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(index * step, 12) for index in range(first, last + 1)]


def scale_over(values: Iterable[float], start: float, end: float, *, margin: float = 0.05) -> Scale:
    """A scale that holds zero and all values, with a margin beyond each end that is not zero."""
    seen = [0.0, *values]
    low, high = min(seen), max(seen)
    if low == high:
        return Scale(0.0, 1.0, start, end)
    room = (high - low) * margin
    return Scale(low - room if low < 0 else low, high + room if high > 0 else high, start, end)


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
