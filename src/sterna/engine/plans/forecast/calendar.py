"""The months of a forecast, and the planned contacts in each of them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Plan
from sterna.engine.plans.parts import Asset, Route
from sterna.engine.plans.volumes import laid_out

_MOST_MONTHS = 120


def month_starts(plan: Plan, as_of: date) -> tuple[date, ...]:
    """The first day of each month of the forecast: the day after `as_of`, then a month later each, to the plan's close.

    Raises BadInput without the plan's days, after its close, or for more than ten years.
    """
    if plan.opens is None or plan.closes is None:
        raise BadInput("the plan does not say when it opens and closes, so there is nothing to forecast")
    if as_of >= plan.closes:
        raise BadInput(f"the plan closes on {plan.closes}, so as of {as_of} nothing of it lies ahead")
    first, starts = as_of + timedelta(days=1), list[date]()
    while not starts or starts[-1] <= plan.closes:
        if len(starts) > _MOST_MONTHS:
            raise BadInput(f"from {as_of} to {plan.closes} are more than {_MOST_MONTHS} months")
        starts.append(_later(first, len(starts)))
    return tuple(starts[:-1])


def month_of(starts: Sequence[date], day: date) -> int:
    """In which of the months `day` lies: the first for days before them, the last for days after."""
    return max(0, sum(start <= day for start in starts) - 1)


def contacts(
    plan: Plan, starts: Sequence[date], held_until: Mapping[str, date] | None = None
) -> list[tuple[Asset, Route, list[float]]]:
    """The planned contacts of each route by month; a week that began before the first is gone.

    Those of an asset in `held_until` that were planned before its day there are left out.
    """
    found = []
    for laid in laid_out(plan, held_until):
        by_month = [0.0] * len(starts)
        for week, count in laid.spread.items():
            # The Monday of the first week may lie before the season.
            day = max(week, laid.opens)
            if day >= starts[0]:
                by_month[month_of(starts, day)] += count
        found.append((laid.asset, laid.route, by_month))
    return found


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
