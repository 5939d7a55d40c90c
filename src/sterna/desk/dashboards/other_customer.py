"""Looks for another customer from the page of one: by a number, a name or an address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.context import asked_text
from sterna.desk.dashboards.queries import finding, identity, people
from sterna.desk.web.components import Column, Component, Empty, Row, Table


def chosen(request: HttpRequest, customer: Customer) -> Customer | None:
    """The other customer that the address names `with`; None for nobody, and for the customer itself."""
    [wanted] = identity.chosen_ids([asked_text(request, "with")]) or [None]
    found = queries.customer_of(wanted) if wanted else None
    return found if found and found.pk != customer.pk else None


def search(
    request: HttpRequest, customer: Customer, here: str, kept: Mapping[str, str] | None = None
) -> list[Component | SafeString]:
    """The search and those whom it finds, each leading to `here` with the other named; `kept` goes along."""
    text, along = asked_text(request, "q"), dict(kept or {})
    found = finding.find(text, asked_text(request, "after"))
    hits = [hit for hit in found.customers if hit.pk != customer.pk]
    titles = people.titles(hit.pk for hit in hits)
    rows = [
        Row([titles[hit.pk], hit.created_at], f"{here}?{urlencode({**along, 'with': hit.pk})}")
        for hit in hits
    ]
    heads = [Column("who", "Customer"), Column("since", "Known since", "instant")]
    why = f"Nobody else begins with “{text}”." if text else "Type a number, a name or an address above."
    further = f"?{urlencode({**along, 'q': text, 'after': found.after})}" if found.after else None
    shown = finding.TOO_MANY if found.cut else None
    nobody = Empty("Customers that fit.", why)
    table = Table("Who it could be", heads, rows, stacks=True, shown=shown, next_url=further, empty=nobody)
    context = {"text": text, "here": here, "kept": along.items()}
    form = SafeString(render_to_string("dashboards/merge_search.html", context, request=request))
    return [form, table]
