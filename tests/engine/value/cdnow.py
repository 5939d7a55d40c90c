"""The CDNOW sample as Fader, Hardie and Lee used it: 39 weeks to learn from, 39 weeks to check against."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LEARNED_UNTIL = date(1997, 9, 30)


@dataclass(frozen=True)
class Sample:
    """One value a customer; times in weeks with the grain of a day."""

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    mean_spend: np.ndarray
    later: np.ndarray


@cache
def sample() -> Sample:
    """The 2,357 customers, read as data out of the installed package `lifetimes` without importing it."""
    days: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in _path().read_text().splitlines():
        _, customer, written, _, dollars = line.split()
        day = date.fromisoformat(f"{written[:4]}-{written[4:6]}-{written[6:]}")
        days[customer][day] += float(dollars)
    return Sample(*(np.array(column) for column in zip(*map(_history, days.values()), strict=True)))


def _path() -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "CDNOW_sample.txt"


def _history(spent: dict[date, float]) -> tuple[int, float, float, float, int]:
    learned = sorted(day for day in spent if day <= LEARNED_UNTIL)
    first, again = learned[0], learned[1:]
    mean = sum(spent[day] for day in again) / len(again) if again else float("nan")
    weeks = [(day - first).days / 7 for day in (learned[-1], LEARNED_UNTIL)]
    return len(again), weeks[0], weeks[1], mean, len(spent) - len(learned)


def cells(*columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """The distinct rows of the columns, and how many customers share each."""
    rows, weight = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return *rows.T, weight
