"""Lays the planned contacts out over the weeks of their seasons and compares them with hours, capacities and money."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.known import Known
from sterna.engine.plans.naming import check_ids
from sterna.engine.plans.parts import Asset, Route

CODES = {
    "R88-hours": "A week needs more hours of a team than it has.",
    "R88-touchpoint": "A week sends more through a touchpoint than it can take.",
    "R88-route": "More contacts are planned by a route than its capacity.",
    "R88-asset": "More of an asset would be taken up than there is of it.",
    "R88-budget": "The planned contacts cost more than the plan's budget.",
    "R88-reach": "More contacts are planned than customers of the goals' places may be reached.",
    "R88-blackout": "Contacts are planned by a medium whose whole season is blacked out.",
    "R88-season": "An asset closes before it opens, or its season is longer than five years.",
    "R88-planned": "A route plans fewer contacts or minutes than none.",
    "R88-minutes": "A route names a team without minutes, or minutes without a team.",
    "R88-team": "A team that is named is not in the plan, or has no hours.",
    "R88-blackout-days": "A blackout has no first or last day, or ends before it begins.",
}
_LONGEST = (
    5 * 366
)  # days; a longer season is a slip of the pen, and would be laid out day by day all the same
_HOUR = 60
_DUST = 1e-6  # what adding shares of weeks may leave over


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """What one week takes of a resource, and what there is of it; no limit is None.

    `kind` is `hours` of a team or `contacts` at a touchpoint, `resource` its id, `week` the Monday it begins on.
    """

    week: date
    kind: str
    resource: str
    used: float
    limit: float | None


class Laid(NamedTuple):
    """One route with planned contacts: where it stands, how many of them each week has, and the day of the first."""

    asset: Asset
    route: Route
    where: str
    spread: dict[date, float]
    opens: date


def weeks(plan: Plan) -> list[Week]:
    """Hours and contacts of every week that has any, by week, kind and resource.

    The contacts planned by a route are spread evenly over the days of its asset's season on which its medium is not
    blacked out; a week begins on Monday.
    """
    used: dict[tuple[date, str, str], float] = defaultdict(float)
    for planned in laid_out(plan):
        route = planned.route
        for week, contacts in planned.spread.items():
            used[week, "contacts", route.touchpoint or ""] += contacts
            if route.team and route.minutes:
                used[week, "hours", route.team] += contacts * route.minutes / _HOUR
    limits: dict[tuple[str, str | None], float | None] = {
        ("contacts", point.id): point.capacity_per_week for point in plan.touchpoints
    }
    limits |= {("hours", team.id): team.hours_per_week for team in plan.teams}
    return [
        Week(
            week=week,
            kind=kind,
            resource=name,
            used=round(used[week, kind, name], 9),
            limit=limits.get((kind, name)),
        )
        for week, kind, name in sorted(used)
    ]


def laid_out(plan: Plan, held_until: Mapping[str, date] | None = None) -> list[Laid]:
    """The routes with planned contacts, laid out; one whose season has no open day has no week.

    An asset in `held_until` begins on its day there, where that is later than its season; what was planned for the
    days before is not made up for.
    """
    open_days: dict[tuple[date, date, str, date], dict[date, int]] = {}
    laid = []
    for index, asset in enumerate(plan.assets):
        opens, closes = plan.season(asset)
        for number, route in enumerate(asset.routes):
            if not route.planned or route.planned < 0 or opens is None or closes is None:
                continue
            first = max(opens, (held_until or {}).get(asset.id or "", opens))
            whole, left = ((opens, closes, route.medium or "", begins) for begins in (opens, first))
            for key in (whole, left):
                if key not in open_days:
                    open_days[key] = _open_days(plan, *key)
            total = sum(open_days[whole].values())
            spread = {week: route.planned * count / total for week, count in open_days[left].items()}
            laid.append(Laid(asset, route, f"assets[{index}].routes[{number}]", spread, first))
    return laid


def _open_days(plan: Plan, opens: date, closes: date, medium: str, first: date) -> dict[date, int]:
    """How many days of each week, from `first` on, lie in the season and outside every blackout of `medium`."""
    dark = [
        (each.opens, each.closes)
        for each in plan.blackouts
        if each.opens and each.closes and (not each.media or medium in each.media)
    ]
    days: dict[date, int] = defaultdict(int)
    for offset in range(min((closes - opens).days + 1, _LONGEST)):
        day = opens + timedelta(days=offset)
        if day >= first and not any(first <= day <= last for first, last in dark):
            days[day - timedelta(days=min(day.weekday(), day.toordinal() - 1))] += 1
    return days


def check_volumes(document: Document, known: Known) -> Iterator[Finding]:
    """Where the planned contacts do not fit (R88), each with the fullest week, or that in which something runs out."""
    yield from _teams(document)
    yield from _blackouts(document)
    yield from _seasons(document)
    laid = laid_out(document.plan)
    yield from _weekly(document)
    yield from _spent(document, laid)
    for planned in laid:
        yield from _route(document, planned, known)
    yield from _taken_up(document, laid)


def _teams(document: Document) -> Iterator[Finding]:
    yield from check_ids(document, document.plan.teams, "teams")
    names = [team.id for team in document.plan.teams]
    for index, team in enumerate(document.plan.teams):
        where = f"teams[{index}]"
        if team.hours_per_week is None or team.hours_per_week < 0:
            said = f"team {team.id or index + 1} has no hours in a week"
            yield document.error("R88-team", f"{where}.hours_per_week", said, "write hours, 0 or more")
    for index, asset in enumerate(document.plan.assets):
        for number, route in enumerate(asset.routes):
            yield from _worked(document, asset, route, f"assets[{index}].routes[{number}]", names)


def _worked(
    document: Document, asset: Asset, route: Route, where: str, teams: Sequence[str | None]
) -> Iterator[Finding]:
    name = f"asset {asset.id} by {route.medium}"
    if route.team and route.team not in teams:
        said = f"{name} is the work of the team {route.team!r}, which is not in the plan"
        yield document.error("R88-team", f"{where}.team", said, "add it under teams, or correct the name")
    if bool(route.team) != (route.minutes is not None):
        said = f"{name} names a team and no minutes" if route.team else f"{name} takes minutes of no team"
        yield document.warning(
            "R88-minutes", where, said, "write both, such as team: store-staff, minutes: 15"
        )
    for field in ("planned", "minutes"):
        value = getattr(route, field)
        if value is not None and value < 0:
            said = f"{name} has {value} as {field}"
            yield document.error("R88-planned", f"{where}.{field}", said, "write 0 or more")


def _blackouts(document: Document) -> Iterator[Finding]:
    for index, blackout in enumerate(document.plan.blackouts):
        if blackout.opens is None or blackout.closes is None:
            said = f"blackout {blackout.why or index + 1} has no first or no last day"
        elif blackout.closes < blackout.opens:
            said = f"blackout {blackout.why or index + 1} ends on {blackout.closes}, before {blackout.opens}"
        else:
            continue
        yield document.error(
            "R88-blackout-days", f"blackouts[{index}]", said, "write opens and closes in order"
        )


def _seasons(document: Document) -> Iterator[Finding]:
    for index, asset in enumerate(document.plan.assets):
        opens, closes = document.plan.season(asset)
        own = asset.opens is not None or asset.closes is not None
        planned = own or any(route.planned for route in asset.routes)
        if opens is None or closes is None or not planned:
            continue
        if closes < opens or (closes - opens).days >= _LONGEST:
            said = f"the season of asset {asset.id} goes from {opens} to {closes}"
            mend = "put the days in order, at most five years apart"
            yield document.error("R88-season", f"assets[{index}].closes", said, mend)


def _weekly(document: Document) -> Iterator[Finding]:
    over: dict[tuple[str, str], list[Week]] = defaultdict(list)
    for week in weeks(document.plan):
        if week.limit is not None and week.used > week.limit + _DUST:
            over[week.kind, week.resource].append(week)
    plan = document.plan
    for (kind, resource), listed in over.items():
        worst = max(listed, key=lambda week: week.used)
        more = f" ({len(listed) - 1} more weeks are over it)" if len(listed) > 1 else ""
        if kind == "hours":
            index = next(at for at, team in enumerate(plan.teams) if team.id == resource)
            named = plan.teams[index].title or resource
            said = f"week of {worst.week} needs {worst.used:.1f} hours of {named}, who have {worst.limit:.1f}{more}"
            mend = "plan fewer contacts, a longer season, or more hours"
            yield document.error("R88-hours", f"teams[{index}].hours_per_week", said, mend)
        else:
            index = next(at for at, point in enumerate(plan.touchpoints) if point.id == resource)
            said = f"week of {worst.week} sends {worst.used:.1f} through {resource}, which takes {worst.limit}{more}"
            mend = "plan fewer contacts, a longer season, or another route"
            yield document.error("R88-touchpoint", f"touchpoints[{index}].capacity_per_week", said, mend)


def _runs_out(spread: dict[date, float], limit: float) -> date | None:
    """The first week by which more than `limit` has gone; None when it lasts."""
    gone = 0.0
    for week in sorted(spread):
        gone += spread[week]
        if gone > limit + _DUST:
            return week
    return None


def _spent(document: Document, laid: Sequence[Laid]) -> Iterator[Finding]:
    plan = document.plan
    if plan.budget is None or plan.budget <= 0:
        return
    cost, by_week = Decimal("0.00"), defaultdict[date, float](float)
    for asset, route, _, spread, _ in laid:
        each = (route.contact_cost or Decimal(0)) + (asset.unit_cost or Decimal(0))
        cost += each * (route.planned or 0 if spread else 0)
        for week, contacts in spread.items():
            by_week[week] += contacts * float(each)
    if cost > plan.budget:
        week = _runs_out(by_week, float(plan.budget)) or max(by_week)
        said = f"the planned contacts cost {cost:,.2f}, and the budget of {plan.budget:,.2f} "
        said += f"is gone in the week of {week}"
        yield document.error("R88-budget", "budget", said, "plan fewer contacts, cheaper ones, or more money")


def _route(document: Document, planned: Laid, known: Known) -> Iterator[Finding]:
    asset, route, where, spread, _ = planned
    name = f"asset {asset.id} by {route.medium}"
    opens, closes = document.plan.season(asset)
    if not spread:
        if opens and closes and opens <= closes:
            said = f"{name} has {route.planned} contacts planned, none of which can go: "
            said += f"from the week of {opens} to {closes} every day is blacked out"
            yield document.error("R88-blackout", where, said, "move the season, or shorten the blackout")
        return
    if route.capacity is not None and (week := _runs_out(spread, route.capacity)):
        said = f"{name} has {route.planned} contacts planned, and its capacity of {route.capacity} "
        said += f"is gone in the week of {week}"
        yield document.error("R88-route", f"{where}.planned", said, "plan no more than it takes")
    reach = _reach(document.plan, asset, route, known)
    if reach is not None and (week := _runs_out(spread, reach)):
        said = f"{name} has {route.planned} contacts planned, and {reach:.0f} can be had of those who may be reached: "
        mend = "plan fewer, or gain addresses and consents first"
        yield document.error("R88-reach", f"{where}.planned", f"{said}gone in the week of {week}", mend)


def _reach(plan: Plan, asset: Asset, route: Route, known: Known) -> float | None:
    """Contacts that the customers of the goals' places allow, each one reached again after the asset's rest.

    An asset without a goal is for the customers of every place.
    """
    share = (known.reachable or {}).get(route.medium or "")
    places = {goal.from_place or "" for goal in plan.goals if goal.id in asset.goals}
    if not asset.goals:
        places = set(known.headcounts or {})
    heads = [(known.headcounts or {}).get(place) for place in places]
    counted = [head for head in heads if head is not None]
    if share is None or not heads or len(counted) < len(heads):
        return None
    return share * sum(counted) * plan.times(asset)


def _taken_up(document: Document, laid: Sequence[Laid]) -> Iterator[Finding]:
    for index, asset in enumerate(document.plan.assets):
        if asset.capacity is None:
            continue
        rate = 1.0 if asset.effect is None or asset.effect.take_up is None else asset.effect.take_up
        taken: dict[date, float] = defaultdict(float)
        for planned in laid:
            for week, contacts in planned.spread.items() if planned.asset is asset else ():
                taken[week] += contacts * rate
        gone = _runs_out(taken, asset.capacity)
        if gone:
            said = f"asset {asset.id} would be taken up {sum(taken.values()):.0f} times, "
            said += f"and the {asset.capacity} there are gone in the week of {gone}"
            mend = "plan fewer contacts, or provide more"
            yield document.error("R88-asset", f"assets[{index}].capacity", said, mend)
