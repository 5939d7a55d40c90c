"""How customers rate the touchpoints they have met."""

from django.http import HttpRequest, HttpResponse

from sterna.desk.customers import queries
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Empty, Row, Table


@needs(Right.READ)
def ratings(request: HttpRequest) -> HttpResponse:
    """Each touchpoint with the number of customers who rated it and the mean, the lowest first."""
    columns = [
        Column("touchpoint", "Touchpoint"),
        Column("customers", "Customers who rated it (n)", "number"),
        Column("mean", "Mean, from 1 to 5"),
    ]
    rows = [Row([each.touchpoint, each.customers, f"{each.mean:.1f}"]) for each in queries.ratings()]
    nothing = Empty("How customers find each touchpoint.", "Nobody has rated one on their own page yet.")
    table = Table("Ratings by touchpoint", columns, rows, empty=nothing, stacks=True)
    lead = "What customers said on their own page; said again, the newest counts."
    return answer(
        request, Page("How do customers find our touchpoints?", [Section([table])], lead, dated=False)
    )
