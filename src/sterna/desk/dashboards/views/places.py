"""Tiers, the migration matrix, and the names behind each of its cells."""

from decimal import Decimal

from django.db.models import Avg, Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day, plain
from sterna.desk.dashboards.moves_picture import moves_picture
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import going_on, people, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.titles import unknown_titles
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Candidate, Definition, Move
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import (
    Chip,
    Column,
    Component,
    Empty,
    Filters,
    Row,
    Table,
    Tier,
)


def no_run(question: str, what: str, request: HttpRequest) -> HttpResponse:
    """The page before the first run."""
    nothing = Empty(what, "No run has been published yet.", "See the runs", reverse("runs"))
    return answer(request, Page(question, [Section([nothing])]))


@needs(Right.READ)
def tiers(request: HttpRequest) -> HttpResponse:
    """The bands of the scheme, who is in them, and where they were cut."""
    question = "Which tiers are there, and who is in them?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "The tiers with their bands.", request)
    scheme, currency = run.brief["scheme"], run.brief["currency"]
    standing = places.standing(run)
    rows = [
        Row(
            [
                Tier(place.name, place.shade),
                place.low,
                "and more" if place.high is None else f"to under {place.high:,.2f}",
                *standing.get(place.name, (0, Decimal(0))),
            ],
            places.customers_in(place.name),
        )
        for place in places.ladder(run)
    ]
    for name in places.OUTSIDE[:1]:
        rows.append(
            Row(
                [
                    Tier(name, None),
                    Decimal(0),
                    "no purchase in the window",
                    *standing.get(name, (0, Decimal(0))),
                ]
            )
        )
    columns = [
        Column("tier", "Tier"),
        Column("low", "From", "money", unit=currency),
        Column("high", "To"),
        Column("customers", "Customers", "number"),
        Column("amount", "Spend", "money", unit=currency),
    ]
    lead = (
        f"{scheme['name']}, version {scheme['version']}: {scheme['measure']} over {scheme['window_months']} months. "
        "The bands were cut on an earlier period than the one measured; moves of single customers still lean back to "
        "the middle by chance, so only a hold-out shows what a contact did."
    )
    table = Table("Tiers", columns, rows)
    return answer(
        request, Page(question, [Section([table]), Section([_versions(scheme["name"])], "Versions")], lead)
    )


def _cut_on(found: Definition) -> str:
    """The period that the edges were cut on, as the definition keeps it."""
    cut = found.body.get("cut") or {}
    if "until" in cut:
        return f"{cut['from']} to {cut['until']}, {cut['buyers']} buyers"
    return cut.get("edges", "given by hand")


def _versions(name: str) -> Component:
    rows = [
        Row([found.version, found.created_at, found.sha256[:12], _cut_on(found)])
        for found in Definition.objects.filter(kind="scheme", name=name).order_by("-version")
    ]
    columns = [
        Column("version", "Version", "number"),
        Column("created", "Made", "instant"),
        Column("sha", "Proof"),
        Column("cut", "Cut on"),
    ]
    return Table("Versions of the tiers", columns, rows)


@needs(Right.READ)
def moves(request: HttpRequest) -> HttpResponse:
    """The migration matrix as a picture and a table."""
    run = shown_run(asked_day(request))
    question = "Who moved?"
    if run is None:
        return no_run(question, "Moves between tiers.", request)
    lead = f"The period closes on {run.until}; every row sums to its headcount at the opening. Open a flow for names."
    return answer(
        request,
        Page(
            question,
            [
                Section([moves_picture(run, request.GET.get("by") == "value")]),
                _going_on(run),
                _candidates(run),
            ],
            lead,
        ),
    )


def _going_on(run: Run) -> Section:
    """What the matrix comes to period by period, with what it takes for granted."""
    found = going_on.outlook(run)
    months = run.brief["scheme"]["window_months"]
    rows = [
        Row(
            [
                Tier(each.place, each.shade),
                each.opening,
                each.stayed,
                each.arrive,
                "not everybody does" if each.periods is None else f"{each.periods:,.1f}",
                each.now,
                each.expected,
            ]
        )
        for each in found.tiers
    ]
    columns = [
        Column("tier", "Tier"),
        Column("opening", "At the opening", "number"),
        Column("stayed", "Stayed", "percent"),
        Column("arrive", f"Ever in {found.top}", "percent"),
        Column("periods", f"Periods until {found.top}"),
        Column("now", "At the close", "number"),
        Column("expected", "At the next close", "number"),
    ]
    nothing = Empty("Times to the top tier and the next close.", found.reason or "")
    lead = (
        f"A period is {months} months. {going_on.says(found.test)} Where customers were before often matters too, and "
        f"customers still to come are left out: this is what to beat, not what will be. {found.few}"
    )
    table = Table("If moves go on like this", columns, rows, empty=nothing, stacks=True)
    return Section([table], "What if moves go on like this?", lead)


def _candidates(run: Run) -> Section:
    shades, currency = places.shades(run), run.brief["currency"]
    found: QuerySet[Candidate] = Candidate.objects.filter(run_id=run.pk).order_by("position", "goal")[:25]
    titles = people.titles(candidate.customer_id for candidate in found)
    rows = [
        Row(
            [
                titles.get(candidate.customer_id, ""),
                Tier(candidate.place, shades.get(candidate.place)),
                candidate.headroom,
                candidate.readiness,
                f"{candidate.reason} {candidate.readiness_reason}".strip(),
                unknown_titles(candidate.unknown) or "nothing",
            ],
            reverse("customer", args=[candidate.customer_id]),
        )
        for candidate in found
    ]
    columns = [
        Column("customer", "Customer"),
        Column("tier", "Tier"),
        Column("headroom", "Headroom", "money", unit=currency),
        Column("readiness", "Readiness", "percent"),
        Column("why", "Why"),
        Column("unknown", "Not known yet"),
    ]
    nothing = Empty("Customers of lower tiers with room to move.", "The run had no plan with goals.")
    lead = (
        "Ordered by headroom times readiness: the chance that they still buy here, times the mean of what else is "
        "known. What is not known lowers nothing and is named. Group C is never listed."
    )
    return Section(
        [Table("Candidates", columns, rows, empty=nothing, stacks=True)], "Who could move next?", lead
    )


@needs(Right.READ)
def move_names(request: HttpRequest, source: str, target: str) -> HttpResponse:
    """The customers of one cell of the matrix; "all" leaves an end open."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run("Who moved?", "Names behind the moves.", request)
    source, target = plain(source), plain(target)
    found = places.names(run, None if source == "all" else source, None if target == "all" else target)
    page: Slice[Move] = Slice(request, found, ("to_amount", "from_amount"), "-to_amount")
    titles, shades = people.titles(move.customer_id for move in page.rows), places.shades(run)
    currency = run.brief["currency"]
    rows = [
        Row(
            [
                titles.get(move.customer_id, ""),
                Tier(move.from_place, shades.get(move.from_place)),
                Tier(move.to_place, shades.get(move.to_place)),
                move.from_amount,
                move.to_amount,
            ],
            reverse("customer", args=[move.customer_id]),
        )
        for move in page.rows
    ]
    columns = [
        Column("customer", "Customer"),
        Column("from", "From"),
        Column("to", "To"),
        Column("from_amount", "Spend before", "money", True, currency),
        Column("to_amount", "Spend after", "money", True, currency),
    ]
    total = found.aggregate(people=Count("pk"), money=Sum("to_amount"), mean=Avg("to_amount"))
    chips = [Chip("from", source), Chip("to", target)]
    table = Table(
        f"From {source} to {target}", columns, rows, page.sort, Filters(f"{total['people']:,} customers", chips),
        next_url=page.next_url, previous_url=page.first_url,
        empty=Empty("Names.", "Nobody made this move.", "All moves", reverse("moves")),
    )  # fmt: skip
    return answer(
        request,
        Page(
            f"Who moved from {source} to {target}?", [Section([table])], trail=[("Moves", reverse("moves"))]
        ),
    )
