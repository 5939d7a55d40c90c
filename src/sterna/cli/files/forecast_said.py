"""Says a forecast in sentences and small tables for a terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sterna.engine.plans.forecast import (
        Difference,
        Forecast,
        GoalForecast,
        Happened,
        Lever,
        Power,
        Range,
    )

_LEVERS = 8  # the weightiest; the others are in the JSON


def sentences(
    found: "Forecast",
    levers: "Sequence[Lever]",
    beside: "Sequence[Difference]" = (),
    tested: "Sequence[Happened]" = (),
) -> str:
    """The forecast as text: goals, places, money, what it hangs on, whether it can be shown, what is left out."""
    lines = [
        f"{found.plan} {found.version}, as of {found.as_of} to {found.until}: {found.draws} draws, nine of ten between "
        "the two figures",
        f"By {found.source}." if found.source else "",
        "",
        *(_goal(goal) for goal in found.goals),
        *_places(found),
        *_money(found),
        *_levers(found, levers),
        *_powers(found),
        *_beside(beside),
        *_tested(tested),
        *(f"Left out: {note}." for note in found.notes),
    ]
    return "\n".join(lines)


def _range(value: "Range", digits: int = 0) -> str:
    return f"{value.mean:,.{digits}f} ({value.low:,.{digits}f} to {value.high:,.{digits}f})"


def _goal(goal: "GoalForecast") -> str:
    there = (
        f"still in {goal.to_place} or above"
        if goal.from_place == goal.to_place
        else f"from {goal.from_place} in {goal.to_place} or above"
    )
    return (
        f"{goal.goal}: {_range(goal.moved)} {there} by {goal.by}, {_range(goal.by_plan, 1)} of them by the plan; "
        f"{goal.wanted:,} are wanted, and there in {goal.reached:.0%} of the draws"
    )


def _places(found: "Forecast") -> Iterator[str]:
    yield "\nPlace: now, then, without the plan"
    for place in found.places:
        yield f"  {place.place}: {place.now:,}, {_range(place.then)}, {place.without:,.0f}"


def _money(found: "Forecast") -> Iterator[str]:
    money = found.currency
    yield f"\n{found.contacts:,} contacts, taken up {_range(found.taken)} times, cost {_range(found.cost, 2)} {money}"
    if found.worth is not None and found.net is not None:
        yield f"Worth {_range(found.worth, 2)} {money}, so net {_range(found.net, 2)} {money}"


def _levers(found: "Forecast", levers: "Sequence[Lever]") -> Iterator[str]:
    yield "\nWhat it hangs on most"
    for lever in levers[:_LEVERS]:
        outcome = f"{lever.moved_low:,.0f} to {lever.moved_high:,.0f} customers"
        if lever.net_low is not None and lever.net_high is not None:
            outcome += f", net {lever.net_low:,.2f} to {lever.net_high:,.2f} {found.currency}"
        yield f"  {lever.assumption} from {lever.ends}: {outcome}"


def _powers(found: "Forecast") -> Iterator[str]:
    yield "\nCan the hold-out show it?"
    for power in found.powers:
        yield f"  {power.goal}: {_power(power, found.currency)}"


def _power(power: "Power", currency: str) -> str:
    arms = f"{power.contacted:,} contacted and {power.held:,} held out"
    if power.power is None or power.promised is None or power.detectable is None:
        return f"cannot tell with {arms}: {power.cannot}"
    told = f"{power.promised:,.2f} {currency} more of each of {arms} is found in {power.power:.0%} of cases"
    if power.power >= 0.8:
        return told
    more = f"{power.needed:,} contacted" if power.needed else "more customers than there are"
    return f"{told}; for eight of ten it takes {more}, or an effect of {power.detectable:,.2f} {currency}"


def _beside(differences: "Sequence[Difference]") -> Iterator[str]:
    if differences:
        yield "\nThe other version: this one, that one, the difference"
    for each in differences:
        yield f"  {each.figure}: {_range(each.first, 1)}, {_range(each.second, 1)}, {_range(each.more, 1)}"


def _tested(tested: "Sequence[Happened]") -> Iterator[str]:
    if tested:
        inside = sum(each.inside for each in tested)
        yield f"\nWhat happened lies between the two figures for {inside} of {len(tested)} goals"
    for each in tested:
        yield f"  {each.goal}: {each.happened:,} beside {_range(each.forecast)}"
