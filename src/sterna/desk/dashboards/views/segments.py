"""Segments and stages: who is in which, who manages it, who came and went, and how many combinations there are."""

from datetime import date

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards import treatment_grid
from sterna.desk.dashboards.context import asked_day, plain
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.preference_profile import profile
from sterna.desk.dashboards.queries import people, segments
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.segments import Standing
from sterna.desk.dashboards.views.between_runs import between_runs
from sterna.desk.dashboards.views.segment_edit import QUESTION
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition, Membership, Steward
from sterna.desk.segments.ruled_queries import PLACED, primary, ruled_in_force, scheme_of, users_of_scheme
from sterna.desk.segments.tier_queries import retired
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.users.models import User
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.desk.web.formats import counted, percent, sentence
from sterna.engine.segments.ruled import SEGMENTS, check_ruled, variables


@needs(Right.READ)
def segments_page(request: HttpRequest) -> HttpResponse:
    """Every scheme of segments and stages with its places, and what all schemes together come to."""
    run, found = shown_run(asked_day(request)), ruled_in_force()
    manages = allows(request.user, Right.MANAGE)
    action = Action("New segments or stages", reverse("segments_new")) if manages else None
    searches = Section([SafeString(render_to_string("dashboards/segment_searches.html"))], _SEARCHES)
    if not found:
        nothing = Empty(
            "Segments, each with a rule and a manager, and the stages of the relationship.",
            "Nobody has published any yet.",
            "Write segments" if manages else None,
            reverse("segments_new") if manages else None,
        )
        return answer(request, Page(QUESTION, [Section([nothing]), searches], action=action))
    own = primary()
    leads = own.pk if own is not None else None
    sections = [_scheme(request, one, run, one.pk == leads) for one in found]
    found_out = [between_runs(), _meter(found), searches]
    return answer(request, Page(QUESTION, [*sections, *found_out], _LEAD, action))


_LEAD = (
    "Everybody is in exactly one segment of a scheme, and the manager of that segment of the first scheme answers for "
    "them. Membership is recorded by day, with its cause, and never overwritten."
)


_SEARCHES = "Which groupings are there that nobody has thought of?"


def _scheme(request: HttpRequest, definition: Definition, run: Run | None, leads: bool) -> Section:
    scheme, manages = scheme_of(definition), allows(request.user, Right.MANAGE)
    rows = [_row(scheme.name, one) for one in segments.standings(definition, run)]
    unit = run.brief["currency"] if run else None
    columns = [
        Column("place", "Segment" if scheme.kind == SEGMENTS else "Stage"),
        Column("rule", "Customers who"),
        Column("customers", "Customers", "number"),
        Column("spend", "Spend", "money", unit=unit),
        Column("entered", "Came last", "number"),
        Column("left", "Went last", "number"),
        *([Column("manager", "Manager")] if scheme.kind == SEGMENTS else []),
    ]
    width = len(columns)
    rows = [Row(row.cells[:width], row.href) for row in rows]
    day = segments.newest_day(scheme.name)
    said = [f"Version {definition.version} of {definition.created_at:%Y-%m-%d}, {definition.sha256[:12]}."]
    said.append(f"The last changes were on {day}." if day else "The next run places everybody by it.")
    if leads:
        said.append("Its managers answer for the customers.")
    said += [f"{warning}." for warning in check_ruled(scheme)]
    items: list[Component | SafeString] = [Table(scheme.name, columns, rows, stacks=True)]
    context = {
        "scheme": scheme.name, "manages": manages, "kind": scheme.kind, "users": users_of_scheme(scheme.name),
        "moves": run is not None and segments.has_matrix(run, scheme.name),
    }  # fmt: skip
    items.append(SafeString(render_to_string("dashboards/segment_scheme.html", context, request=request)))
    return Section(items, f"{scheme.name}, {scheme.kind}", " ".join(said))


def _row(scheme: str, one: Standing) -> Row:
    href = reverse("segment", args=[scheme, one.place])
    manager = one.manager.name if one.manager else None
    return Row([one.place, one.rule, one.customers, one.spend, one.entered, one.left, manager], href)


def _meter(found: list[Definition]) -> Section:
    """How much there is to keep apart: every combination of places that holds somebody is treated in its own way."""
    stood = segments.combinations()
    total, number = sum(stood), len(stood)
    asked = len(set().union(*(variables(scheme_of(one)) for one in found)))
    placed = Definition.objects.filter(kind__in=PLACED).exclude(name__in=retired())
    names = placed.values_list("name", flat=True).distinct().count()
    most = sum(stood[: max(1, number // 10)])
    figures: list[Component] = [
        Number("Combinations with customers", number, note=f"of places in {counted(names, 'scheme')}"),
        Number("Hold one customer each", sum(one == 1 for one in stood)),
        Number("Things that rules look at", asked),
    ]
    lead = "A combination is where a customer stands in all schemes at once."
    if total:
        lead += f" The fullest tenth of them holds {percent(most / total)} of the customers."
    return Section(figures, "How complicated is it?", lead, "figures")


@needs(Right.READ)
def segment(request: HttpRequest, scheme: str, place: str) -> HttpResponse:
    """The members of one place, who manages it, and who came and went."""
    scheme, place = plain(scheme), plain(place)
    definition = next((one for one in ruled_in_force() if one.name == scheme), None)
    run = shown_run(asked_day(request))
    found = [] if definition is None else segments.standings(definition, run)
    standing = next((one for one in found if one.place == place), None)
    if definition is None or standing is None:
        raise Http404(f"There is no {place} of {scheme}.")
    sections = [
        Section(_figures(standing), layout="figures"),
        Section([_members(request, scheme, place)], "Who is in it?"),
        *(treatment_grid.sections(request, run, scheme, place) if definition.kind == SEGMENTS else []),
        Section(
            [_changes(scheme, place)],
            "Who came, and who went?",
            "By day, the newest first, with what caused it.",
        ),
    ]
    if definition.kind == SEGMENTS:
        sections += [*_prefers(run, scheme, place), _managing(request, scheme, place)]
    question = f"Who is in {place}, and why?"
    lead = f"Customers who {standing.rule}."
    if place not in {seat.place for seat in scheme_of(definition).seats}:
        lead = (
            "Customers in none of the stages."
            if place == "none"
            else "Everybody whom no other segment takes."
        )
    return answer(request, Page(question, sections, lead, trail=[(QUESTION, reverse("segments"))]))


def _prefers(run: Run | None, scheme: str, place: str) -> list[Section]:
    """The preference profile of the run that is shown."""
    rows = segments.preferences(run, scheme, place)
    if run is None or not rows:
        why = "No run has counted it, or it is kept no more: the newest runs keep theirs."
        return [
            Section([Empty("What they buy, when, at what price, where and by which media.", why)], _PREFER)
        ]
    return profile(rows, run.brief["currency"])


_PREFER = "What do they prefer?"


def _figures(standing: Standing) -> list[Component]:
    manager = standing.manager.name if standing.manager else None
    figures: list[Component] = [
        Number("Customers", standing.customers),
        Number("Came last", standing.entered),
        Number("Went last", standing.left),
    ]
    if manager:
        figures.append(Number("Manager", manager, "text"))
    return figures


def _members(request: HttpRequest, scheme: str, place: str) -> Table:
    found: QuerySet[Membership] = Membership.objects.filter(
        scheme=scheme, place=place, during__upper_inf=True
    )
    page: Slice[Membership] = Slice(request, found, ("amount", "during"), "-amount")
    titles = people.titles(stay.customer_id for stay in page.rows)
    rows = [
        Row(
            [titles[stay.customer_id], stay.during.lower, stay.amount, sentence(stay.cause)],
            reverse("customer", args=[stay.customer_id]),
        )
        for stay in page.rows
    ]
    columns = [
        Column("customer", "Customer"),
        Column("during", "Since", "day", True),
        Column("amount", "Spend when placed", "money", True),
        Column("cause", "Why"),
    ]
    return Table(
        "Members", columns, rows, page.sort, next_url=page.next_url, previous_url=page.first_url, stacks=True,
        empty=Empty("Its members.", "Nobody is in it now."),
    )  # fmt: skip


def _changes(scheme: str, place: str) -> Table:
    """The newest stays that began or ended here, each change with its day and its cause."""
    stays = Membership.objects.filter(scheme=scheme, place=place)
    began = stays.order_by("-during")[:25]
    ended = stays.filter(during__upper_inf=False).order_by("-during__endswith")[:25]
    changes: list[tuple[date, str, Membership]] = [(stay.during.lower, "came", stay) for stay in began]
    changes += [(stay.during.upper, "went", stay) for stay in ended]
    newest = sorted(changes, key=lambda one: (one[0], one[2].pk), reverse=True)[:25]
    titles = people.titles(stay.customer_id for _, _, stay in newest)
    causes = _causes(scheme, [stay for _, what, stay in newest if what == "went"])
    rows = [
        Row(
            [
                day,
                titles[stay.customer_id],
                what,
                sentence(stay.cause) if what == "came" else causes.get(stay.pk, ""),
            ],
            reverse("customer", args=[stay.customer_id]),
        )
        for day, what, stay in newest
    ]
    columns = [
        Column("day", "Day", "day"),
        Column("customer", "Customer"),
        Column("what", "What"),
        Column("cause", "Why"),
    ]
    nothing = Empty("Who came and who went.", "Nobody was ever in it.")
    return Table("Changes", columns, rows, empty=nothing, stacks=True)


def _causes(scheme: str, ended: list[Membership]) -> dict[object, str]:
    """Why each of some stays ended: the cause of the one that began as it did."""
    following = Membership.objects.filter(scheme=scheme, customer__in=[stay.customer_id for stay in ended])
    begins = {(stay.customer_id, stay.during.lower): stay for stay in following}
    return {
        stay.pk: f"to {after.place}: {sentence(after.cause)}"
        for stay in ended
        if (after := begins.get((stay.customer_id, stay.during.upper)))
    }


def _managing(request: HttpRequest, scheme: str, place: str) -> Section:
    stewards = Steward.objects.filter(scheme=scheme, place=place).select_related("manager")
    rows = [Row([one.manager.name, one.since, one.until or "now"]) for one in stewards]
    columns = [Column("manager", "Manager"), Column("since", "Since", "day"), Column("until", "Until")]
    items: list[Component | SafeString] = [Table("Managers", columns, rows, stacks=True)]
    if allows(request.user, Right.MANAGE):
        chosen = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
        context = {"scheme": scheme, "place": place, "people": chosen}
        items.append(
            SafeString(render_to_string("dashboards/segment_appoint.html", context, request=request))
        )
    return Section(items, "Who manages it?")
