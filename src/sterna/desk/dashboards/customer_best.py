"""On which lists of best customers somebody is, as a part of the customer's page: the rank, and what made it."""

from django.urls import reverse

from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import cluster_ids
from sterna.desk.dashboards.best_words import named, reasons, score
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries import best
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import BestMember
from sterna.desk.web.components import Column, Component, Empty, Row, Table


def bests(customer: Customer, run: Run) -> list[Component]:
    """The lists of `run` that `customer` is on; what was found of whom it was merged with counts too."""
    listed = {one.definition.best: one for one in best.listed(run) if one.record}
    if not listed:
        return []
    found: dict[str, BestMember] = {}
    rows = BestMember.objects.filter(run_id=run.pk, customer__in=cluster_ids(customer))
    for member in rows.order_by("rank", "pk"):
        found.setdefault(member.best, member)
    return [_table(run, {name: one for name, one in listed.items() if name in found}, found, len(listed))]


def section(customer: Customer, run: Run | None) -> list[Section]:
    """The part of the page; none where the run made no list."""
    lists = bests(customer, run) if run else []
    return [Section(lists, "Is it one of the best?")] if lists else []


def _table(run: Run, listed: dict[str, best.Listed], found: dict[str, BestMember], of: int) -> Table:
    arbitration = best.arbitration(run)
    owners = {one.customer_id for one in found.values()}
    standing = best.standings(run, arbitration, owners) if arbitration else {}
    measures = sorted({name for one in listed.values() for name in named(one.definition)})
    figures = best.figures(run, owners, measures)
    currency = run.brief["currency"]
    rows = [
        Row(
            [
                one.definition.title,
                f"{found[name].rank:,} of {one.record['members'] if one.record else 0:,}",
                score(one.definition, found[name].score, currency),
                reasons(one.definition, figures.get(found[name].customer_id), currency),
                _treatment(standing.get(found[name].customer_id), name, one),
            ],
            reverse("best_list", args=[name]),
        )
        for name, one in listed.items()
    ]
    columns = [
        Column("list", "List"),
        Column("rank", "Rank"),
        Column("score", "Score"),
        Column("why", "Why"),
        Column("treatment", "Treatment"),
    ]
    nothing = Empty(
        "The lists of best customers with rank and reasons.", f"On none of the {of} lists of this run."
    )
    return Table("Lists of best customers", columns, rows, empty=nothing, stacks=True)


def _treatment(standing: best.Standing | None, name: str, one: best.Listed) -> str:
    """The treatment of the list that decides; for the others, which one does."""
    if standing is None:
        return "none: the definition is retired"
    if standing.group != name:
        return f"that of {standing.group}: {standing.why}"
    return one.definition.treatment or "none"
