"""Data quality: who is recognized where, how much is known, what was kept apart, refused, unmatched or waits."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers import queries as customers
from sterna.desk.customers.directory import REASONS
from sterna.desk.customers.queries import ClassReport
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.parts import Share
from sterna.desk.dashboards.queries.vocabulary import when_counted
from sterna.desk.lakehouse.models import Segment
from sterna.desk.sources import queries
from sterna.desk.sources.models import DeadLetter, Import, Source
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Row, Table, Unknown
from sterna.engine.errors import SternaError

DAYS = 14
NAMELESS = "not told"


@needs(Right.READ)
def data_quality(request: HttpRequest) -> HttpResponse:
    """What can be trusted and what cannot, each figure with the page that mends it."""
    reports = customers.class_reports()
    sections = [
        Section(_figures(), layout="figures"),
        Section([_recognized()], "Who is recognized, and where not?", _RECOGNIZED),
        Section([_filled(reports)], "How much is known of customers?", when_counted(reports)),
        Section([_kept_apart(), _shared()], "Who was not merged, and why?", layout="halves"),
        Section([_tallies()], f"What came in over {DAYS} days?"),
        Section([_refused()], "What was refused?"),
    ]
    return answer(request, Page("Can the data be trusted?", sections, dated=False))


_RECOGNIZED = (
    "The share of events and purchases that are somebody's with a name: of a user id, or of a device whose customer is "
    "known by more than devices."
)


def _figures() -> list[Component]:
    refused = Import.objects.aggregate(refused=Sum("rows_refused"), unmatched=Sum("rows_unmatched"))
    segments = Segment.objects.filter(removed=None).aggregate(rows=Sum("rows"), many=Count("pk"))
    waiting = customers.review_counts()["open"]
    return [
        Number("Rows in the lake", segments["rows"] or 0, note=f"{segments['many']:,} segments"),
        Number("Rows refused", refused["refused"] or 0),
        Number("Rows with an unknown reference", refused["unmatched"] or 0, note="kept, counted as unknown"),
        Number("Events waiting", queries.waiting_events(), note="acted on within a minute"),
        Number("Pairs to review", waiting, note="may be one person"),
    ]


def _recognized() -> Component:
    try:
        shares = customers.identified_shares()
    except SternaError as error:
        return Failed(str(error), "Nothing was changed.", "Load the page again when no run is under way.")
    rows = [
        Row(
            [
                each.touchpoint.replace("_", " ") or NAMELESS,
                each.events,
                each.identified,
                Unknown("something happens there") if each.share is None else Share(each.share, "identified"),
            ]
        )
        for each in sorted(shares, key=lambda each: (each.share is None, each.share, each.touchpoint))
    ]
    heads = [
        Column("touchpoint", "Touchpoint"),
        Column("events", "Events", "number"),
        Column("identified", "Identified", "number"),
        Column("share", "Share", "component"),
    ]
    nothing = Empty(
        "The identified share of each touchpoint.",
        "Nothing is in the lake yet: import a file, or send the first event.",
        "Sources",
        reverse("sources"),
    )
    return Table("Identified share per touchpoint", heads, rows, stacks=True, empty=nothing)


def _use(report: ClassReport) -> str:
    if report.is_needed:
        return "needed"
    return "used" if report.is_used else "never used"


def _filled(reports: Sequence[ClassReport]) -> Table:
    shown = [each for each in reports if each.known or each.is_needed]
    found = sorted(shown, key=lambda each: (not each.is_needed, each.fill or 0.0, each.fact_class))
    rows = [
        Row(
            [
                each.title,
                Unknown("there are customers")
                if each.fill is None
                else Share(each.fill, f"have {each.title}"),
                each.fresh,
                each.stale,
                _use(each),
            ],
            reverse("taxonomy"),
        )
        for each in found[:25]
    ]
    heads = [
        Column("class", "Class"),
        Column("fill", "Known of", "component"),
        Column("fresh", "Customers", "number"),
        Column("stale", "Only stale", "number"),
        Column("used", "Used"),
    ]
    nothing = Empty(
        "Fill rates of the taxonomy.",
        "No fact is known, and nothing asks for one.",
        "Taxonomy",
        reverse("taxonomy"),
    )
    return Table("Fill rates", heads, rows, stacks=True, empty=nothing)


def _kept_apart() -> Table:
    rows = [
        Row([REASONS.get(code, code).capitalize(), pairs, times])
        for code, pairs, times in customers.refusal_counts()
    ]
    heads = [
        Column("why", "Why"),
        Column("pairs", "Identifiers", "number"),
        Column("times", "Times", "number"),
    ]
    nothing = Empty(
        "Identifiers that came together and were left apart, by reason.",
        "None: nothing spoke against what joined.",
    )
    return Table("Refused merges", heads, rows, show_caption=True, stacks=True, empty=nothing)


def _shared() -> Table:
    rows = [Row([each.kind.replace("_", " "), each.value, each.since]) for each in customers.shared()[:50]]
    heads = [Column("kind", "Kind"), Column("value", "Value"), Column("since", "Since", "instant")]
    nothing = Empty(
        "Values that more than one person uses: a tablet in a shop, the e-mail of a couple.", "None is known."
    )
    return Table(
        "Shared values, which join nobody", heads, rows, show_caption=True, stacks=True, empty=nothing
    )


def _tallies() -> Table:
    today = clock.today()
    rows = []
    for source in Source.objects.order_by("title"):
        whole: dict[str, int] = {}
        for outcomes in queries.tallies(source, today - timedelta(days=DAYS - 1), today).values():
            for outcome, many in outcomes.items():
                whole[outcome] = whole.get(outcome, 0) + many
        if whole:
            kept, again = whole.get("kept", 0), whole.get("repeated", 0)
            rest = sum(whole.values()) - kept - again - whole.get("erased", 0)
            share = Share(rest / sum(whole.values()), "refused")
            rows.append(Row([source.title, kept, again, rest, share], reverse("source", args=[source.pk])))
    heads = [
        Column("source", "Source"),
        Column("kept", "Taken", "number"),
        Column("again", "Came again", "number"),
        Column("refused", "Refused", "number"),
        Column("share", "Refused share", "component"),
    ]
    nothing = Empty(
        "Events of each source: taken, known already, refused.",
        f"None came in {DAYS} days.",
        "Sources",
        reverse("sources"),
    )
    return Table("Events by source", heads, rows, stacks=True, empty=nothing)


def _refused() -> Table:
    letters = (
        DeadLetter.objects.filter(replayed_at=None)
        .values("source__name", "source__title", "code")
        .annotate(many=Count("pk"))
        .order_by("-many", "source__title", "code")[:100]
    )
    rows = [
        Row(
            [row["source__title"], row["code"].replace("_", " "), row["many"]],
            f"{reverse('dead_letters')}?source={row['source__name']}&code={row['code']}",
        )
        for row in letters
    ]
    heads = [Column("source", "Source"), Column("code", "As what"), Column("many", "Events", "number")]
    nothing = Empty("Events that were refused, by reason.", "None: every event was taken.")
    return Table("Refused events", heads, rows, empty=nothing)
