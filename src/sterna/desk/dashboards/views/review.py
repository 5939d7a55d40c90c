"""The review queue: pairs that may be one person, the evidence drawn, one answer after the other."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.models import ReviewPair
from sterna.desk.customers.queries import Comparison, Reviewed
from sterna.desk.dashboards.context import asked_text
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import reviewing
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Picture, Row, Table
from sterna.desk.web.formats import percent
from sterna.desk.web.pictures.waterfall import Weight, signed, summary, waterfall

LIMITS = ((0.05, "two persons below"), (0.95, "merged by itself above"))
OPEN = ReviewPair.State.OPEN


@needs(Right.READ)
def review(request: HttpRequest) -> HttpResponse:
    """The queue, the most probable first; answered pairs by what was answered."""
    state = asked_text(request, "state")
    state = state if state in ReviewPair.State.values else OPEN
    pairs = ReviewPair.objects.filter(state=state).select_related("left", "right", "decided_by")
    page: Slice[ReviewPair] = Slice(request, pairs, ("probability", "found_at"), "-probability")
    titles = reviewing.titled(page.rows)
    rows = [
        Row(
            [
                titles[pair.left.customer_id],
                titles[pair.right.customer_id],
                pair.probability,
                pair.veto or "none",
                pair.found_at if state == OPEN else f"{pair.get_state_display()}: {pair.reason}",
            ],
            reverse("review_pair", args=[pair.pk]),
        )
        for pair in page.rows
    ]
    heads = [
        Column("one", "One"),
        Column("other", "The other"),
        Column("probability", "Probability", "percent", True),
        Column("veto", "What stands against a merge"),
        Column("found_at", "Found", "instant", True) if state == OPEN else Column("answer", "Answer"),
    ]
    table = Table(
        "Pairs", heads, rows, sort=page.sort, next_url=page.next_url, previous_url=page.first_url, stacks=True,
        empty=_nothing(state),
    )  # fmt: skip
    counts = queries.review_counts()
    choices = [(value, label, counts[value]) for value, label in ReviewPair.State.choices]
    chosen = SafeString(
        render_to_string("dashboards/review_choices.html", {"choices": choices, "chosen": state})
    )
    first = page.rows[0] if page.rows and state == OPEN else None
    action = Action("Answer the first", reverse("review_pair", args=[first.pk])) if first else None
    lead = (
        "Linking compares what is known of all customers. It merges what is sure, and asks about the rest; an answer "
        "holds for ever."
    )
    return answer(
        request,
        Page("Who may be one person?", [Section([chosen, table])], lead, action, _trail(), dated=False),
    )


def _nothing(state: str) -> Empty:
    if state != OPEN:
        return Empty("Pairs that were answered so.", "None so far.", "What waits", reverse("review"))
    return Empty(
        "Pairs that may be one person, with what speaks for it and against.",
        "None waits. Linking compares all customers every night; it puts here what it must not decide by itself.",
        "Customers",
        reverse("customers"),
    )


def _trail() -> list[tuple[str, str]]:
    return [("Customers", reverse("customers"))]


@needs(Right.READ)
def review_pair(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One pair: the two side by side, the evidence, the answer."""
    pair = get_object_or_404(ReviewPair.objects.select_related("left", "right", "decided_by"), pk=pk)
    evidence = queries.reviewed(pair)
    titles = reviewing.titled([pair])
    names = titles[pair.left.customer_id], titles[pair.right.customer_id]
    sections = [
        Section([_answer(request, pair)]),
        Section([_sides(pair, evidence, names)], "Who are the two?"),
        Section([_picture(evidence)], "What speaks for it, and what against?"),
    ]
    if pair.veto:
        sections.insert(
            0, Section([Number("No machine may merge them", pair.veto, "text")], layout="figures")
        )
    lead = f"A probability of {percent(pair.probability, 1)}, by what is known of both."
    page = Page(
        "Are these two one person?",
        sections,
        lead,
        None,
        [*_trail(), ("Review", reverse("review"))],
        dated=False,
    )
    return answer(request, page)


def _answer(request: HttpRequest, pair: ReviewPair) -> Component | SafeString:
    context = {
        "pair": pair,
        "open": pair.state in (OPEN, ReviewPair.State.SETTLED),
        "may": allows(request.user, Right.STEWARD),
        "before": reviewing.before(pair),
        "behind": reviewing.behind(pair),
        "waiting": queries.review_counts()[OPEN],
    }
    if pair.state == OPEN and pair.left.customer_id == pair.right.customer_id:
        return Failed(
            "They are one customer by now.",
            "What both sides said is kept, each under its own source.",
            "If they are two after all, split them on the page that says why they are one.",
            "Why they are one",
            reverse("customer_identity", args=[pair.left.customer_id]),
        )
    return SafeString(render_to_string("dashboards/review_answer.html", context, request=request))


def _sides(pair: ReviewPair, evidence: Reviewed, names: tuple[str, str]) -> Table:
    left, right = reviewing.told(pair.left), reviewing.told(pair.right)
    rows = [Row([what, left[what], right[what], "", ""]) for what in left]
    rows += [_compared(step) for step in evidence.comparisons]
    heads = [
        Column("what", "What"),
        Column("left", names[0]),
        Column("right", names[1]),
        Column("level", "Agreement"),
        Column("weight", "Bits"),
    ]
    return Table("The two side by side", heads, rows, stacks=True)


def _compared(step: Comparison) -> Row:
    return Row([_named(step), _said(step.left), _said(step.right), step.level, signed(step.weight)])


def _named(step: Comparison) -> str:
    return step.name.replace("_", " ").capitalize()


def _said(value: object) -> str:
    return "not known" if value is None or value == "" else str(value)


def _picture(evidence: Reviewed) -> Component:
    weights = [Weight(_named(step), step.weight, step.level) for step in evidence.comparisons]
    if not weights:
        why = "This pair was put here by what somebody said, not by a comparison."
        return Empty("The weight of each thing compared.", why)
    title = "From any two records to these two"
    picture = waterfall(evidence.prior, weights, title=title, limits=LIMITS)
    rows = [Row([weight.name, weight.seen, signed(weight.bits)]) for weight in weights]
    table = Table(
        "Match weights",
        [Column("what", "What"), Column("level", "Agreement"), Column("weight", "Bits")],
        rows,
    )
    return Picture(title, picture, summary(evidence.prior, weights), table)
