"""Who came because of whom, as a part of the customer's page: who brought them, whom they brought, and the forms."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest

from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import InRow, token
from sterna.desk.dashboards.queries import people
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, allows
from sterna.desk.values.models import Worth
from sterna.desk.values.queries.credits import Standing, credits_of
from sterna.desk.web.components import Column, Component, Empty, Row, Table

MOST = 50
_ANYWAY = {True: "yes", False: "no", None: "nobody can say"}


@dataclass(frozen=True)
class Withdraw(InRow):
    """The form that lets a credit count no more; `customer` is whose page is shown after it."""

    template: ClassVar[str] = "dashboards/withdraw_form.html"
    customer: UUID


def brought(request: HttpRequest, customer: Customer, run: Run | None) -> list[Section]:
    """Who brought a customer and whom it brought, with what a run found that they buy, and the way to record one."""
    found = credits_of(customer)
    works = allows(request.user, Right.WORK_CONTACTS)
    by = [one for one in found if one.newcomer_root == customer.pk]
    others = [one for one in found if one.customer_root == customer.pk]
    shown = _Shown(request, customer, run, works, [*by[:MOST], *others[:MOST]])
    items: list[Item] = [
        table
        for caption, rows in (("Brought by", by), ("Brought", others))
        if rows
        for table in (shown.table(caption, rows),)
    ]
    if not items:
        why = "Nobody has written down that somebody brought this customer, or the other way around."
        items.append(Empty("Who came because of whom, and what they buy.", why))
    if works:
        items.append(html("credit_search", request, customer=customer))
    return [Section(items, "Who came because of whom?", _credited(customer, run))]


def _credited(customer: Customer, run: Run | None) -> str:
    """What the run credits the customer with, in a sentence; empty where nobody came because of them."""
    worth = Worth.objects.filter(run_id=run.pk, customer=customer, newcomers__gt=0).first() if run else None
    if run is None or worth is None or worth.influence is None or worth.influence_low is None:
        return ""
    kinds = {"referral": worth.by_referral, "influence": worth.by_influence, "knowledge": worth.by_knowledge}
    parts = ", ".join(f"{amount:,.2f} by {kind}" for kind, amount in kinds.items() if amount)
    known = worth.influence_low != worth.influence
    amount = f"{worth.influence_low:,.2f} to {worth.influence:,.2f}" if known else f"{worth.influence:,.2f}"
    least = (
        "; what some of them buy is not known, so this is a least figure" if worth.influence_reason else ""
    )
    said = f"Credited with {amount} {run.brief['currency']} of what others buy"
    return f"{said}{f': {parts}' if parts else ''}{least}."


class _Shown:
    """The rows of both tables: titles and spend are looked up once for all of them."""

    def __init__(
        self, request: HttpRequest, customer: Customer, run: Run | None, works: bool, found: list["Standing"]
    ) -> None:
        self._request, self._customer, self._works = request, customer, works
        self._currency = run.brief["currency"] if run else None
        others = {self._other(one) for one in found}
        self._titles = people.titles(others)
        worths = people.worths(run).filter(customer__in=others) if run else Worth.objects.none()
        self._spend = dict(worths.values_list("customer", "spend"))

    def table(self, caption: str, found: list["Standing"]) -> Table:
        """One side: who the others are, how it came, and what they buy."""
        heads = [
            Column("who", "Customer", "component"),
            Column("spend", "Spend in the window", "money", unit=self._currency),
            Column("how", "How"),
            Column("share", "Share", "percent"),
            Column("anyway", "Had come anyway"),
            Column("said", "Said", "day"),
            Column("why", "Why"),
            *([Column("withdraw", "Withdraw", "component")] if self._works else []),
        ]
        left = len(found) - MOST
        shown = f"{left:,} more stand behind these, said later." if left > 0 else None
        rows = [self._row(one) for one in found[:MOST]]
        return Table(caption, heads, rows, show_caption=True, stacks=True, shown=shown)

    def _row(self, one: "Standing") -> Row:
        other = self._other(one)
        form: Component = Withdraw(one.pk, token(self._request), self._customer.pk)
        cells = [
            PersonLink(self._titles[other], other),
            self._spend.get(other),
            one.get_kind_display(),
            float(one.share),
            _ANYWAY[one.came_anyway],
            one.said_on,
            f"{one.why} ({one.recorded_by.name})" if one.recorded_by else one.why,
        ]
        return Row([*cells, form] if self._works else cells)

    def _other(self, one: "Standing") -> UUID:
        """Whoever it is that is not the customer of the page."""
        ends: list[UUID] = [one.newcomer_root, one.customer_root]
        return next(end for end in ends if end != self._customer.pk)


@dataclass(frozen=True)
class PersonLink(Component):
    """A customer by name, leading to its page: a row that holds a form cannot be a link itself."""

    template: ClassVar[str] = "dashboards/person_link.html"
    title: str
    pk: UUID

    def __str__(self) -> str:
        """The name, as a file of the table has it."""
        return self.title
