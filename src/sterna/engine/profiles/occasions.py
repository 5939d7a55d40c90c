"""Days and months that come again: when an occasion is next, also of somebody who was born on 29 February."""

import re
from calendar import isleap, monthrange
from datetime import MAXYEAR, MINYEAR, date

# How many days nothing is promoted after an occasion of a class whose last name this is.
_QUIET = {"bereavement": 90, "funeral": 90}
# Occasions that come every year.
_YEARLY = {"birthday", "birth_date", "anniversary", "name_day", "wedding_day"}
_WHEN = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")


def is_day(year: int | None, month: int, day: int | None) -> bool:
    """Whether it is a month, or a day, of the calendar; without a year 29 February is one."""
    if not 1 <= month <= 12 or (year is not None and not MINYEAR <= year <= MAXYEAR):
        return False
    return day is None or 1 <= day <= monthrange(2000 if year is None else year, month)[1]


def recurs(fact_class: str) -> bool:
    """Whether an occasion of the class comes every year."""
    return fact_class.rpartition(".")[2] in _YEARLY


def quiet_days(fact_class: str) -> int | None:
    """How many days nothing is promoted after an occasion of the class; None for all but deaths."""
    return _QUIET.get(fact_class.rpartition(".")[2])


def read_when(holds: str | None, value: str) -> tuple[int, int, int | None] | None:
    """(year, month, day or None) of a value of a class that holds dates or months; None for any other."""
    match = _WHEN.fullmatch(value) if holds in ("date", "month") else None
    if match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3]) if match[3] else None


def next_on(month: int, day: int | None, year: int | None, yearly: bool, on: date) -> date | None:
    """The first day of an occasion from `on` on; None when it is past and does not come again.

    One without a day is on the first of its month, and is not past before its month is. 29 February is kept on 28
    February in other years, because a birthday is not left out and 1 March is another month.
    """
    if not yearly:
        assert year is not None
        last = date(year, month, day or monthrange(year, month)[1])
        return None if last < on else date(year, month, day or 1)
    first = max(on.year, year or MINYEAR)
    for at in range(first, min(first + 2, MAXYEAR + 1)):
        found = date(at, month, _day(at, month, day))
        if found >= on or (day is None and (at, month) == (on.year, on.month)):
            return found
    return None


def _day(year: int, month: int, day: int | None) -> int:
    return 28 if (month, day) == (2, 29) and not isleap(year) else day or 1
