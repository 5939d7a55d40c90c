"""One feature of a list of customers beside everybody else: of how many it is known, the middle and the spread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sterna.engine.segments.features import Column, Floats


@dataclass(frozen=True)
class Spread:
    """Numbers of some customers: of how many known and unknown, mean, median, and the middle half from low to high."""

    known: int
    unknown: int
    mean: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    shares: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Trait:
    """A feature of the list and of the others; `shares` are those of each choice among whom it is known of.

    It cannot be told, `tells` is False, where it is known of too few on the list.
    """

    feature: str
    kind: str
    members: Spread
    others: Spread
    tells: bool


def trait(column: Column, members: NDArray[np.bool_], others: NDArray[np.bool_], least: int) -> Trait:
    """The feature `column` of the members beside the others; it tells from `least` known members on."""
    here, there = _spread(column, members), _spread(column, others)
    kind = "number" if column.numbers is not None else "choice"
    return Trait(column.name, kind, here, there, here.known >= least)


def _spread(column: Column, who: NDArray[np.bool_]) -> Spread:
    known = column.known() & who
    count = int(known.sum())
    unknown = int(who.sum()) - count
    if count == 0:
        return Spread(0, unknown)
    if column.numbers is not None:
        return _numbers(np.sort(column.numbers[known]), unknown)
    assert column.codes is not None
    counts = np.bincount(column.codes[known], minlength=len(column.choices))
    shares = zip(column.choices, (float(each) for each in counts / count), strict=True)
    return Spread(count, unknown, shares=tuple(shares))


def _numbers(numbers: Floats, unknown: int) -> Spread:
    low, middle, high = (float(np.quantile(numbers, part)) for part in (0.25, 0.5, 0.75))
    return Spread(numbers.size, unknown, float(numbers.mean()), middle, low, high)
