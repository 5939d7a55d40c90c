"""What runs did to memberships, and what they held back: a dry run with counts and names, to apply, discard or undo."""

from collections.abc import Sequence

from django.db.models import Count, F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.parts import DecideMoves, token
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.current import run_name
from sterna.desk.segments.models import Batch, Membership, Move
from sterna.desk.segments.tier_queries import waiting
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import percent

SHOWN, RECENT = 50, 30
_HINTS = {
    "moves_apply": "They move as of the day of the run. It can be undone.",
    "moves_discard": "Nobody moves; the next run judges anew.",
    "moves_undo": "Who is still where the run put them goes back as of today; who moved since is left. It stays "
    "undone, and the next run places by the amounts again: mend what was wrong first.",
}


@needs(Right.READ)
def tier_moves(request: HttpRequest) -> HttpResponse:
    """The moves that wait for a decision with who would move, then what the last runs did."""
    sections = [Section([tier_words.pages(reverse("tier_moves"))])]
    held = list(waiting())
    for batch in held:
        share = (
            f" of {batch.members:,} members, {percent(batch.moved / batch.members, 1)},"
            if batch.members
            else ""
        )
        told = (
            f"{run_name(batch.run_id).capitalize()} would move {batch.moved:,}{share} as of {batch.cut}: more than the "
            f"limit of {batch.scheme}. Nothing of its memberships has moved."
        )
        sections.append(Section(_dry_run(request, batch), f"Who would move in {batch.scheme}?", told))
    if not held:
        sections.append(
            Section([Empty("Moves that pass the limit of a scheme.", "None waits for a decision.")])
        )
    sections.append(Section([_recent(request)], "What did the last runs do?"))
    question = "Which moves between tiers wait for you?"
    return answer(request, Page(question, sections, trail=[("Tiers", reverse("tiers"))], dated=False))


def _dry_run(request: HttpRequest, batch: Batch) -> list[Component]:
    """From where to where how many would move against where they stand now, and the first of them by name."""
    open_stays = Membership.objects.filter(
        customer=OuterRef("customer"), scheme=batch.scheme, during__upper_inf=True
    )
    moves = (
        Move.objects.filter(run_id=batch.run_id, scheme=batch.scheme)
        .annotate(now=Subquery(open_stays.values("place")[:1]))
        .filter(now__isnull=False)
        .exclude(now=F("to_place"))
    )
    counted = (
        moves.values_list("now", "to_place")
        .annotate(number=Count("pk"))
        .order_by("-number", "now", "to_place")
    )
    ways = Table(
        f"Moves in {batch.scheme}",
        [Column("from", "From"), Column("to", "To"), Column("customers", "Customers", "number")],
        [Row(list(row)) for row in counted],
        show_caption=True,
        empty=Empty("Who would move.", "The rows of each customer of this run are not kept any more."),
    )
    return [ways, *_deciding(request, batch), _names(batch, list(moves.order_by("-to_amount", "pk")[:SHOWN]))]


def _names(batch: Batch, moves: Sequence[Move]) -> Table:
    titles = people.titles(move.customer_id for move in moves)
    rows = [
        Row(
            [titles[move.customer_id], str(getattr(move, "now", "")), move.to_place, move.to_amount],
            reverse("customer", args=[move.customer_id]),
        )
        for move in moves
    ]
    columns = [
        Column("customer", "Customer"),
        Column("from", "From"),
        Column("to", "To"),
        Column("amount", "Amount", "decimal"),
    ]
    return Table(
        f"Who would move in {batch.scheme}", columns, rows, show_caption=True, stacks=True,
        shown=f"the first {SHOWN} of {batch.moved:,}" if batch.moved > SHOWN else None,
        empty=Empty("Names.", "The rows of each customer of this run are not kept any more."),
    )  # fmt: skip


def _deciding(request: HttpRequest, batch: Batch) -> list[Component]:
    if not allows(request.user, Right.MANAGE):
        return []
    return [
        DecideMoves(batch.pk, token(request), to, batch.scheme, verb, _HINTS[to])
        for to, verb in (("moves_apply", "Apply"), ("moves_discard", "Discard"))
    ]


def _recent(request: HttpRequest) -> Table:
    manages = allows(request.user, Right.MANAGE)
    found = Batch.objects.exclude(state=Batch.State.WAITING).select_related("decided_by")[:RECENT]
    rows = [
        Row(
            [
                batch.cut,
                batch.scheme,
                batch.moved,
                batch.members,
                batch.get_state_display(),
                _told(batch),
                *([_undoing(request, batch)] if manages else []),
            ],
            reverse("run", args=[batch.run_id]),
        )
        for batch in found
    ]
    columns = [
        Column("day", "As of", "day"),
        Column("scheme", "Scheme"),
        Column("moved", "Moved up or down", "number"),
        Column("members", "Members before", "number"),
        Column("state", "State"),
        Column("why", "Decided"),
        *([Column("undo", "Undo", "component")] if manages else []),
    ]
    nothing = Empty(
        "What each run moved in each scheme.", "No run has moved anybody yet.", "Runs", reverse("runs")
    )
    return Table("Batches", columns, rows, empty=nothing, stacks=True)


def _told(batch: Batch) -> str:
    if not batch.reason:
        return "by the run"
    who = batch.decided_by.name if batch.decided_by else "Sterna"
    left = f"; {batch.left:,} had moved since" if batch.left else ""
    return f"{who}: {batch.reason}{left}"


def _undoing(request: HttpRequest, batch: Batch) -> Component | str:
    if batch.state not in (Batch.State.CARRIED, Batch.State.APPLIED) or not batch.moved:
        return ""
    return DecideMoves(
        batch.pk,
        token(request),
        "moves_undo",
        f"{batch.scheme} as of {batch.cut}",
        "Undo",
        _HINTS["moves_undo"],
    )
