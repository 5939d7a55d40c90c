"""Who the best customers are: the lists of a run side by side, what became of their value, and one treatment each."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config.refused import Refused
from sterna.desk.dashboards.best_words import rule, unknown
from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.queries import best
from sterna.desk.dashboards.queries.best import Listed
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import BestPeriod
from sterna.desk.segments.queries import arbitration_in_force
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import counted, money_exact, percent
from sterna.engine.value.best import Arbitration

QUESTION = "Who are your best customers?"
MEASURES = {"spend": "Spend", "margin": "Margin"}
Item = Component | SafeString


@needs(Right.READ)
def best_customers(request: HttpRequest) -> HttpResponse:
    """The definitions with their lists, value kept, gained and lost, their overlap, and who gets which treatment."""
    run = shown_run(asked_day(request))
    found = best.listed(run)
    if request.method == "POST":
        return HttpResponse(_effect(request, run, found))
    manages = allows(request.user, Right.MANAGE)
    sections = [Section([_lists(found, run, manages)])]
    if run and any(one.record for one in found):
        sections += [
            Section(
                [periods_table(run, found)], "What became of their value since the period before?", _KEPT
            ),
            Section(
                [_overlap(run, found)], "How do the lists overlap?", "Each row as a share of its own list."
            ),
        ]
    sections += _treatments(request, run, found, manages)
    action = Action("New definition", reverse("best_new")) if manages else None
    return answer(request, Page(QUESTION, sections, _lead(run), action))


_KEPT = (
    "Opening + gained − lost = closing. Who stayed gains and loses too, by giving more or less. Members whose figure "
    "of a period is unknown are in no sum."
)


def _lead(run: Run | None) -> str:
    if run is None:
        return "Each definition is yours; the first run makes the lists."
    return "By definitions of your own, several at once. A customer can be on several lists and gets one treatment."


def _lists(found: Sequence[Listed], run: Run | None, manages: bool) -> Table:
    rows = [
        Row(
            [
                one.definition.title,
                f"{rule(one.definition)}{_refused(one)}",
                one.definition.scale,
                one.definition.version,
                one.record["members"] if one.record else None,
                one.record["ranked"] if one.record else None,
                unknown(one.record["unknown"]) if one.record else "not yet known",
                one.definition.treatment or "none",
                one.state,
            ],
            reverse("best_list", args=[one.definition.best]),
        )
        for one in found
    ]
    columns = [
        Column("title", "Definition"),
        Column("rule", "Who"),
        Column("scale", "Scale"),
        Column("version", "Version", "number"),
        Column("members", "Members", "number"),
        Column("ranked", "Of ranked", "number"),
        Column("unknown", "Not to be ranked"),
        Column("treatment", "Treatment"),
        Column("state", "State"),
    ]
    step = ("Write a definition", reverse("best_new")) if manages else (None, None)
    nothing = Empty(
        "Lists of best customers by definitions of your own.", "No definition is in force.", *step
    )
    return Table("Definitions", columns, rows, empty=nothing, stacks=True)


def _refused(one: Listed) -> str:
    return f" The run made no list: {one.record['reason']}." if one.record and one.record["reason"] else ""


def periods_table(run: Run, found: Sequence[Listed]) -> Table:
    """Opening, gained, lost and closing of each list and measure, with who entered and left."""
    kept = best.periods(run)
    rows = [
        Row([f"{one.definition.title}: {MEASURES[measure]}", *_period(period)])
        for one in found
        for measure in MEASURES
        if (period := kept.get((one.definition.best, measure)))
    ]
    currency = run.brief["currency"]
    sums = [Column(key, label, "money", unit=currency) for key, label in SUM.items()]
    columns = [
        Column("of", "What of whom"),
        *sums,
        Column("people", "By whom"),
        Column("unknown", "Unknown of", "number"),
    ]
    return Table(
        "Value of the best customers over two periods", columns, rows, stacks=True, empty=_no_period(run)
    )


SUM = {
    "opening": "Opening",
    "gained": "+ gained",
    "lost": "− lost",
    "closing": "= closing",
    "kept": "Kept",
}


def _no_period(run: Run) -> Empty:
    why = "No run before this one made a list of these for a window that had ended when this one's began."
    return Empty("What was kept, gained and lost since the period before.", why)


def _period(period: BestPeriod) -> list[Decimal | int | str]:
    people = (
        f"{period.stayed:,} stayed; {period.entered:,} entered with {money_exact(period.gained_by_entering)}; "
        f"{period.left:,} left with {money_exact(period.lost_by_leaving)}"
    )
    return [*(getattr(period, key) for key in SUM), people, period.unknown]


def _overlap(run: Run, found: Sequence[Listed]) -> Table:
    """How many of the list of a row are on that of a column too."""
    both = best.overlap(run)
    names = [one.definition.best for one in found if one.record]
    titles = {one.definition.best: one.definition.title for one in found}
    rows = [
        Row(
            [
                titles[one],
                *(
                    f"{both.get((one, other), 0):,}"
                    + (
                        f" ({percent(both.get((one, other), 0) / both[one, one])})"
                        if (one, one) in both
                        else ""
                    )
                    for other in names
                ),
            ]
        )
        for one in names
    ]
    columns = [Column("of", "Of the members of"), *(Column(name, f"are {name}", "text") for name in names)]
    return Table("Members of two lists", columns, rows, stacks=True)


def _treatments(
    request: HttpRequest, run: Run | None, found: Sequence[Listed], manages: bool
) -> list[Section]:
    arbitration, standing = best.arbitration(run), arbitration_in_force()
    if arbitration is None or standing is None:
        return []
    items: list[Item] = [_treated(run, found, arbitration)] if run else []
    if manages and len(standing.order) > 1:
        context = {"by": standing.arbitration, "order": list(enumerate(standing.order, start=1))}
        items.append(SafeString(render_to_string("dashboards/best_arbitrate.html", context, request=request)))
    return [Section(items, "Who gets which treatment?", said(arbitration))] if items else []


_SEVERAL = "A member of several groups gets the treatment"


def said(arbitration: Arbitration) -> str:
    """The arbitration in one sentence."""
    listed = ", ".join(arbitration.order)
    if arbitration.arbitration == "score":
        return f"{_SEVERAL} of the highest score; where two are equal, of the first of {listed}."
    return f"{_SEVERAL} of the first of {listed}."


def _treated(run: Run, found: Sequence[Listed], arbitration: Arbitration) -> Table:
    try:
        counts = _counts(run, found, arbitration)
    except Refused as refused:
        return Table("Treatments", [], [], empty=Empty("One treatment for each member.", f"{refused}."))
    listed = {one.definition.best: one.definition for one in found if one.record}
    rows = [
        Row(
            [
                listed[name].treatment or "none",
                listed[name].title,
                counts[name].customers,
                counts[name].of_several,
            ]
        )
        for name in arbitration.order
        if name in counts
    ]
    if rows:
        both = [sum(getattr(one, name) for one in counts.values()) for name in ("customers", "of_several")]
        rows.append(Row(["All of them", "", *both]))
    columns = [
        Column("treatment", "Treatment"),
        Column("group", "As member of"),
        Column("customers", "Customers", "number"),
        Column("several", "Of them in two groups or more", "number"),
    ]
    nothing = Empty("One treatment for each member.", "The run that is shown made no list of these groups.")
    return Table("Treatments", columns, rows, empty=nothing, stacks=True)


def _counts(run: Run, found: Sequence[Listed], arbitration: Arbitration) -> dict[str, best.Treated]:
    """Who is treated by which group; raises Refused where scores of different scales would have to be compared."""
    scales = {
        one.definition.scale for one in found if one.record and one.definition.best in arbitration.order
    }
    if arbitration.arbitration == "score" and len(scales) > 1:
        raise Refused("The lists of this run are on different scales, and the highest score cannot decide")
    return best.treated(run, arbitration)


def _effect(request: HttpRequest, run: Run | None, found: Sequence[Listed]) -> str:
    """What another arbitration would change, for the form that asks at each choice."""
    standing = arbitration_in_force()
    if standing is None or run is None:
        return _note("No run has been published yet: there is nobody whose treatment would change.")
    try:
        wanted = _wanted(request, standing)
        now, then = (_counts(run, found, one) for one in (standing, wanted))
    except (Refused, ValueError) as refused:
        return _note(f"{refused}.")
    changed = [
        f"{name}: {now[name].customers if name in now else 0:,} → {then[name].customers if name in then else 0:,}"
        for name in wanted.order
        if now.get(name) != then.get(name)
    ]
    moved = sum(max(then[name].customers - now[name].customers, 0) for name in now.keys() & then.keys())
    if not changed:
        return _note("Nobody's treatment would change.")
    return _note(f"At least {counted(moved, 'customer')} would get another treatment: {'; '.join(changed)}.")


def _wanted(request: HttpRequest, standing: Arbitration) -> Arbitration:
    places = {name: posted(request, f"place_{name}").strip() for name in standing.order}
    if not all(text.isascii() and text.isdecimal() and len(text) <= 4 for text in places.values()):
        raise Refused("Write a whole number as the place of each group")
    if len({int(text) for text in places.values()}) < len(places):
        raise Refused("Give each group a place of its own")
    order = tuple(sorted(places, key=lambda name: int(places[name])))
    by = "score" if posted(request, "by") == "score" else "order"
    return msgspec.structs.replace(standing, arbitration=by, order=order)


def _note(words: str) -> str:
    return render_to_string("dashboards/best_effect.html", {"words": words})
