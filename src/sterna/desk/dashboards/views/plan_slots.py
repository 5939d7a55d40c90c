"""The slots of a plan as a page: how many read their text and how many the default, and what some of them read."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import MD5, Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.contacts.rendering import Person
from sterna.desk.contacts.slots import Count, Filled, counts_of, filled, readers
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.engine.plans import of_body
from sterna.engine.plans.strategy import Slot

SAMPLE, EXAMPLES = 1_000, 3


@needs(Right.READ)
def plan_slots(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What customers read in the slots of one version of a plan, counted of a thousand of them."""
    plan = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    question = f"{plan.title}: what do customers read?"
    trail = [("Plans", reverse("plan_list")), (plan.title, reverse("plan", args=[pk]))]
    slots = of_body(plan.definition.body).plan.slots
    if not slots:
        what = "What each customer reads at a touchpoint, such as on the monthly bill."
        nothing = Empty(what, "The plan has no slots.")
        return answer(request, Page(question, [Section([nothing])], trail=trail, dated=False))
    # By a hash of the id: the first thousand ids are the customers of longest standing, of whom most is known.
    scattered = readers().annotate(place=MD5(Cast("pk", TextField()))).order_by("place")[:SAMPLE]
    found = list(filled(plan, scattered.values_list("pk", flat=True)))
    number, everybody = len({person.id for person, _ in found}), readers().count()
    of = (
        f"all {everybody:,} customers"
        if number == everybody
        else f"{number:,} of {everybody:,} customers, by chance"
    )
    lead = f"Version {plan.version} as of today, counted of {of}. `sterna plan slots` writes what everybody reads."
    sections = [
        Section([_counts(slots, counts_of(plan, found))], "Who reads what is theirs?"),
        Section([_examples(slots, found)], "What do they read?"),
    ]
    return answer(request, Page(question, sections, lead.replace("`", ""), trail=trail, dated=False))


def _counts(slots: Sequence[Slot], counts: dict[str, Count]) -> Component:
    rows = [Row(list(_counted(slot, counts[slot.id or ""]))) for slot in slots]
    columns = [
        Column("slot", "Slot"),
        Column("touchpoint", "Touchpoint"),
        Column("behavior", "For"),
        Column("texts", "Read their text", "number"),
        Column("defaults", "Read the default", "number"),
        Column("missing", "Most often missing"),
    ]
    return Table("Slots", columns, rows, stacks=True)


def _counted(slot: Slot, count: Count) -> Iterator[object]:
    behavior = slot.behavior
    yield from (count.slot, count.touchpoint)
    yield (
        f"{behavior.metric}: {behavior.baseline:g} to {behavior.target:g}"
        if _is_whole(slot) and behavior
        else ""
    )
    yield from (count.texts, count.defaults)
    yield ", ".join(f"{name} ({number:,})" for name, number in count.missing.most_common(2))


def _is_whole(slot: Slot) -> bool:
    behavior = slot.behavior
    return behavior is not None and behavior.baseline is not None and behavior.target is not None


def _examples(slots: Sequence[Slot], found: Sequence[tuple[Person, Filled]]) -> Component:
    rows = []
    for slot in slots:
        for is_default in (False, True):
            shown = [each for each in found if each[1].slot == slot.id and each[1].is_default is is_default]
            rows += [_example(person, one) for person, one in shown[:EXAMPLES]]
    columns = [
        Column("customer", "Customer"),
        Column("slot", "Slot"),
        Column("text", "Reads"),
        Column("shown", "Which is"),
        Column("why", "Because"),
    ]
    nothing = Empty("Customers and what they read.", "No source knows a customer yet.")
    return Table("Examples", columns, rows, stacks=True, empty=nothing)


def _example(person: Person, one: Filled) -> Row:
    shown = "the default" if one.is_default else "their text"
    cells = [person.number, one.slot, one.text or "nothing", shown, one.why]
    return Row(cells, reverse("customer", args=[person.id]))
