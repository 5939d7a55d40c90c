"""The migration matrix, and the names behind each of its cells."""

from django.db.models import Avg, Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.context import asked_day, asked_text, plain
from sterna.desk.dashboards.moves_picture import moves_picture
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import going_on, people, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.titles import unknown_titles
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Candidate, Move
from sterna.desk.segments.tier_queries import measure_words
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import (
    Chip,
    Column,
    Empty,
    Filters,
    Row,
    Table,
    Tier,
)
from sterna.desk.web.formats import sentence


def no_run(question: str, what: str, request: HttpRequest) -> HttpResponse:
    """The page before the first run."""
    nothing = Empty(what, "No run has been published yet.", "See the runs", reverse("runs"))
    return answer(request, Page(question, [Section([nothing])]))


@needs(Right.READ)
def moves(request: HttpRequest) -> HttpResponse:
    """The migration matrix as a picture and a table."""
    run = shown_run(asked_day(request))
    question = "Who moved?"
    if run is None:
        return no_run(question, "Moves between tiers.", request)
    asked = asked_text(request, "scheme") or None
    terms = places.terms(run, asked)
    lead = (
        f"By {tier_words.said(terms)}. The period closes on {run.until}; every row sums to its headcount at the "
        "opening. Open a flow for names."
    )
    picture = moves_picture(run, request.GET.get("by") == "value", asked)
    shown = [
        *tier_words.choices(run, terms["name"], reverse("moves")),
        *tier_words.held_back(run, terms["name"]),
        picture,
    ]
    # Times to the top and the next close are of ladders; segments by rules have none.
    sections = [Section(shown), *([] if "body" in terms else [_going_on(run, asked)])]
    if terms is run.brief["scheme"]:
        sections.append(_candidates(run))
    return answer(request, Page(question, sections, lead))


def _going_on(run: Run, scheme: str | None) -> Section:
    """What the matrix comes to period by period, with what it takes for granted."""
    found = going_on.outlook(run, scheme)
    months = places.terms(run, scheme)["window_months"]
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
                sentence(f"{candidate.reason} {candidate.readiness_reason}".strip()),
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
    asked = asked_text(request, "scheme") or None
    opened, closed = (None if end == "all" else end for end in (source, target))
    found = places.names(run, opened, closed, asked)
    page: Slice[Move] = Slice(request, found, ("to_amount", "from_amount"), "-to_amount")
    titles, shades = people.titles(move.customer_id for move in page.rows), places.shades(run, asked)
    terms = places.terms(run, asked)
    what = "Spend" if terms["measure"] == "spend" else measure_words(terms["measure"]).capitalize()
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
        tier_words.amount(run, terms["name"], "from_amount", f"{what} before", True),
        tier_words.amount(run, terms["name"], "to_amount", f"{what} after", True),
    ]
    total = found.aggregate(people=Count("pk"), money=Sum("to_amount"), mean=Avg("to_amount"))
    chips = [Chip("from", source), Chip("to", target)]
    table = Table(
        f"From {source} to {target}", columns, rows, page.sort, Filters(f"{total['people']:,} customers", chips),
        next_url=page.next_url, previous_url=page.first_url, stacks=True,
        empty=Empty("Names.", "Nobody made this move.", "All moves", reverse("moves")),
    )  # fmt: skip
    return answer(
        request,
        Page(
            f"Who moved from {source} to {target}?", [Section([table])], trail=[("Moves", reverse("moves"))]
        ),
    )
