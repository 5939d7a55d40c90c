"""Published data beside CDNOW: donations, and two books of contracts."""

import csv
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np


@cache
def donations() -> tuple[np.ndarray, ...]:
    """x, t_x, opportunities and donors of the 11,104 people who first gave in 1995 (Fader, Hardie and Shang 2010)."""
    spec = find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "donations.csv"
    lines = list(csv.reader(path.read_text().splitlines()))[1:]
    return tuple(np.array(lines, dtype=float).T)


def contracts(survivors: list[int]) -> tuple[np.ndarray, ...]:
    """x, t_x, age and weight of a book of which so many were left after 0, 1, 2 ... periods."""
    left = np.array(survivors)
    periods = np.arange(left.size, dtype=float)
    weight = np.append(left[:-1] - left[1:], left[-1])
    age = np.full(left.size, left.size - 1.0)
    held = weight > 0
    return periods[held], periods[held], age[held], weight[held]


# Customers of Fader and Hardie 2007, Table 1: those of whom the models learn, years 0 to 7, and years 8 to 12.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR_LATER, HIGH_END_LATER = [223, 207, 194, 183, 173], [468, 445, 427, 409, 394]
