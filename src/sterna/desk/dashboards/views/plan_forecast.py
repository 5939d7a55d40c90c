"""The forecast of a plan as a page: who would move, when, at what cost and worth, and what was seen since."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.config.refused import Refused
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries.forecasts import Told, beside, ground, told
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Number, Picture, Provenance, Row, Table
from sterna.desk.web.formats import MINUS
from sterna.desk.web.pictures.outlook import Outlook, outlook, summary
from sterna.engine.errors import BadInput
from sterna.engine.plans.forecast import Basis, Forecast, Power, Range

_HANGS = "Each assumption by itself from one end to the other, all others as stated; the weightiest first."
_SHOWN = "A forecast that the hold-out cannot show is a promise that nobody can check."
_LEVERS = 10
_PERIOD = "What happened is compared once a run measures from the day the plan opened to the day it closed."


@needs(Right.READ)
def plan_forecast(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is to be expected of one version of a plan, as of the last run before it opens."""
    plan = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    question = f"{plan.title}: what is to be expected?"
    trail = [("Plans", reverse("plan_list")), (plan.title, reverse("plan", args=[pk]))]
    try:
        stands = ground(plan)
        if stands.basis is None:
            raise BadInput(stands.lacking)
        found = told(plan, stands.basis)
        sections = [*_sections(plan, found, stands.basis), *_others(request, plan, stands.basis)]
    except (BadInput, Refused) as error:
        nothing = Empty("Who would move by the plan.", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return answer(request, Page(question, [Section([nothing])], trail=trail, dated=False))
    lead = (
        f"Version {plan.version} as of {found.forecast.as_of}, to {found.forecast.until}: {found.forecast.draws} "
        f"courses drawn. It goes by {found.forecast.source}."
    )
    return answer(request, Page(question, sections, lead, trail=trail, dated=False))


def _sections(plan: Plan, found: Told, basis: Basis) -> Iterator[Section]:
    forecast = found.forecast
    yield Section(list(_figures(forecast, basis)), layout="figures")
    yield Section([_goals(found)], "Who would move?", _compared(found))
    yield Section([_places(forecast)], "Where would customers stand?")
    yield Section([_months(forecast)], "When?")
    yield Section([_levers(found)], "What does it hang on?", _HANGS)
    yield Section([_powers(forecast)], "Can the hold-out show it?", _SHOWN)
    if forecast.notes:
        rows = [Row([f"{note[:1].upper()}{note[1:]}."]) for note in forecast.notes]
        left_out = Table("Left out", [Column("note", "What, and why")], rows, stacks=True)
        yield Section([left_out], "What is left out?")


def _compared(found: Told) -> str:
    if found.compared is None:
        return _PERIOD
    inside = sum(each.inside for each in found.happened)
    return (
        f"What the run of {found.compared.until} saw lies between the ends for {inside} of {len(found.happened)} "
        "goals. Over many goals nine of ten should. It counts everybody who moved, contacted or not."
    )


def _figures(forecast: Forecast, basis: Basis) -> Iterator[Component]:
    made = Provenance(
        meaning="The mean of the courses drawn; nine of ten lie between the two figures below it.",
        definition=f"plan {forecast.plan}",
        version=forecast.version,
        as_of=forecast.as_of,
    )
    by_plan = sum(goal.by_plan.mean for goal in forecast.goals)
    yield Number(
        "Moved by the plan", round(by_plan), "count", None, made, note="who would not have moved without it"
    )
    yield Number(
        "Cost", f"{forecast.cost.mean:,.2f}", "text", forecast.currency, made, note=_ends(forecast.cost, 2)
    )
    for label, value in (("Worth until its close", forecast.worth), ("Net", forecast.net)):
        if value is None:
            missing = "what a customer of each place brings is measured"
            yield Number(label, None, "text", forecast.currency, made, missing)
        else:
            yield Number(label, f"{value.mean:,.2f}", "text", forecast.currency, made, note=_ends(value, 2))


def _ends(value: Range, digits: int = 0) -> str:
    return f"{value.low:,.{digits}f} to {value.high:,.{digits}f}".replace("-", MINUS)


def _goals(found: Told) -> Picture:
    seen = {each.goal: each for each in found.happened}
    goals = found.forecast.goals
    drawn = [
        Outlook(
            f"{goal.from_place} to {goal.to_place}"
            if goal.from_place != goal.to_place
            else f"keep {goal.to_place}",
            goal.moved.low,
            goal.moved.mean,
            goal.moved.high,
            goal.wanted,
            seen[goal.goal].happened if goal.goal in seen else None,
        )
        for goal in goals
    ]
    rows = [
        Row(
            [
                goal.goal,
                goal.wanted,
                round(goal.moved.mean),
                _ends(goal.moved),
                f"{goal.by_plan.mean:,.1f} ({_ends(goal.by_plan, 1)})",
                goal.reached,
                seen[goal.goal].happened if goal.goal in seen else None,
                ("yes" if seen[goal.goal].inside else "no") if goal.goal in seen else "",
                goal.by,
            ]
        )
        for goal in goals
    ]
    columns = [
        Column("goal", "Goal"),
        Column("wanted", "Wanted", "number"),
        Column("expected", "Expected", "number"),
        Column("ends", "Nine in ten between"),
        Column("by_plan", "Of them by the plan"),
        Column("reached", "Chance of the wanted number", "percent"),
        Column("seen", "Seen", "number"),
        Column("inside", "Between the ends"),
        Column("by", "By", "day"),
    ]
    title, axis = "Customers in the goal's place or above", "Customers"
    table = Table("Goals, expected and seen", columns, rows, stacks=True)
    return Picture(title, outlook(drawn, title=title, axis=axis), summary(drawn), table)


def _places(forecast: Forecast) -> Table:
    rows = [
        Row([one.place, one.now, round(one.then.mean), _ends(one.then), round(one.without)])
        for one in forecast.places
    ]
    columns = [
        Column("place", "Place"),
        Column("now", f"On {forecast.as_of}", "number"),
        Column("then", f"On {forecast.until}", "number"),
        Column("ends", "Nine in ten between"),
        Column("without", "Without the plan", "number"),
    ]
    return Table("Places", columns, rows, stacks=True)


def _months(forecast: Forecast) -> Table:
    columns = [Column("from", "Month from", "day")]
    columns += [Column(goal.goal, goal.goal, "number") for goal in forecast.goals]
    rows = [
        Row([start, *(round(goal.months[number].mean) for goal in forecast.goals)])
        for number, start in enumerate(forecast.starts)
    ]
    caption = "Customers in each goal's place or above at the end of the month"
    return Table(caption, columns, rows, show_caption=True, stacks=True)


def _levers(found: Told) -> Table:
    currency = found.forecast.currency
    rows = [
        Row(
            [
                lever.assumption[:1].upper() + lever.assumption[1:],
                lever.ends,
                f"{lever.moved_low:,.0f} to {lever.moved_high:,.0f}",
                "unknown" if lever.net_low is None else f"{lever.net_low:,.0f} to {lever.net_high or 0:,.0f}",
            ]
        )
        for lever in found.levers[:_LEVERS]
    ]
    columns = [
        Column("assumption", "Assumption"),
        Column("ends", "From, to"),
        Column("moved", "Customers there"),
        Column("net", "Net", unit=currency),
    ]
    more = len(found.levers) - _LEVERS
    return Table(
        "Assumptions", columns, rows, stacks=True, shown=f"the first {_LEVERS}" if more > 0 else None
    )


def _powers(forecast: Forecast) -> Table:
    columns = [
        Column("goal", "Goal"),
        Column("contacted", "Contacted", "number"),
        Column("held", "Held out", "number"),
        Column("promised", "Promised a customer", unit=forecast.currency),
        Column("power", "Chance to show it"),
        Column("would", "What would"),
    ]
    rows = [
        Row([one.goal, one.contacted, one.held, *_power(one, forecast.currency)]) for one in forecast.powers
    ]
    return Table("Power", columns, rows, stacks=True)


def _power(one: Power, currency: str) -> Sequence[str]:
    if one.power is None or one.promised is None or one.detectable is None:
        return "unknown", "cannot tell", f"{one.cannot[:1].upper()}{one.cannot[1:]}"
    if one.power >= 0.8:
        would = "This size does"
    elif one.needed is None:
        would = f"An effect of {one.detectable:,.2f} {currency}; no number of customers"
    else:
        would = f"{one.needed:,} contacted, or an effect of {one.detectable:,.2f} {currency}"
    return f"{one.promised:,.2f}", f"{one.power:.0%}", would


def _others(request: HttpRequest, plan: Plan, basis: Basis) -> Iterator[Section]:
    """The version asked for, or the one before, laid beside this one in the same worlds."""
    versions = list(Plan.objects.filter(name=plan.name).exclude(pk=plan.pk).select_related("definition"))
    if not versions:
        return
    asked = request.GET.get("against", "")
    other = next((one for one in versions if str(one.version) == asked), versions[0])
    choices: list[Item] = []
    if len(versions) > 1:
        numbers = [one.version for one in versions]
        choices.append(html("version_choices", request, versions=numbers, chosen=other.version))
    title = f"What would version {other.version} do instead?"
    try:
        differences = beside(plan, other, basis)
    except BadInput as error:
        nothing = Empty(
            f"Version {other.version} beside this one.", f"{str(error)[:1].upper()}{str(error)[1:]}."
        )
        yield Section([*choices, nothing], title)
        return
    rows = [
        Row(
            [
                each.figure[:1].upper() + each.figure[1:],
                *(f"{value.mean:,.1f} ({_ends(value, 1)})" for value in (each.first, each.second, each.more)),
            ]
        )
        for each in differences
    ]
    columns = [
        Column("figure", "Figure"),
        Column("this", f"Version {plan.version}"),
        Column("other", f"Version {other.version}"),
        Column("more", "The other less this one"),
    ]
    table = Table("Versions", columns, rows, stacks=True)
    yield Section([*choices, table], title, "Both drawn in the same worlds.")
