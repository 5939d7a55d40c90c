"""Tells which facts the plans in force need: what assets want, and what their messages and slots speak of."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterna.desk.customers.queries.taxonomy import Use
from sterna.desk.plans.models import Plan
from sterna.engine.plans import needs, of_body

# Without the fact an asset is not offered at all; a message or a slot has something to say without it.
WANTED, SPOKEN_OF = 1.0, 0.5


def uses() -> Iterator[Use]:
    """The uses of every live plan, each with the owner of the part that it is for."""
    live = Plan.objects.filter(state=Plan.State.LIVE).select_related("definition").order_by("name")
    for plan in live:
        yield from of_document(plan.definition.body)


def of_document(document: Mapping[str, Any]) -> Iterator[Use]:
    """The uses of one plan."""
    for need in needs(of_body(dict(document)).plan):
        importance = SPOKEN_OF if need.falls_back else WANTED
        yield Use(need.fact_class, need.kind, need.title, need.owner, importance)
