"""Reads recorded credits: who brought whom as the customers are one or two now, and what the merges made a loop."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias, TypedDict
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries.consents import cluster_ids
from sterna.desk.values.models import Credit

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Roots(TypedDict):
    """Who the two of a credit are now."""

    newcomer_root: UUID
    customer_root: UUID


Standing: TypeAlias = "WithAnnotations[Credit, Roots]"
# A credit with its newcomer and its customer, each the one that is left of merges.
Tie = tuple[UUID, UUID, UUID]

# Everybody because of whom, over any number of others, somebody came.
_AHEAD = """
with recursive tie as (
    select coalesce(n.redirects_to_id, n.id) as newcomer, coalesce(c.redirects_to_id, c.id) as customer
    from values_credit as k
    join customers_customer as n on n.id = k.newcomer_id
    join customers_customer as c on c.id = k.customer_id
    where k.withdrawn_at is null
),
ahead (id) as (
    select %(of)s::uuid
    union
    select tie.customer from ahead join tie on tie.newcomer = ahead.id
)
select exists (select from ahead where id = %(wanted)s::uuid)
"""


def standing_credits() -> "QuerySet[Standing]":
    """The credits that nobody withdrew, the first that was said first, with `newcomer_root` and `customer_root`."""
    found = Credit.objects.filter(withdrawn_at=None).annotate(
        newcomer_root=Coalesce("newcomer__redirects_to_id", "newcomer_id"),
        customer_root=Coalesce("customer__redirects_to_id", "customer_id"),
    )
    return found.order_by("said_on", "recorded_at", "id")


def credits_of(customer: Customer) -> "list[Standing]":
    """The standing credits of a customer and for it, both ends being different persons now."""
    ids = cluster_ids(customer)
    found = standing_credits().filter(Q(newcomer__in=ids) | Q(customer__in=ids)).select_related("recorded_by")
    return [credit for credit in found if credit.newcomer_root != credit.customer_root]


def credits_for(newcomer: UUID) -> "QuerySet[Standing]":
    """The standing credits for whoever is the newcomer now."""
    same = Customer.objects.filter(Q(pk=newcomer) | Q(redirects_to=newcomer))
    return standing_credits().filter(newcomer__in=same.values("pk")).exclude(customer_root=newcomer)


def newcomers_of(customers: Collection[UUID], until: date) -> dict[UUID, list[UUID]]:
    """Who came because of each of `customers`, as it was said by the day `until`, the first first."""
    same = Customer.objects.filter(Q(pk__in=customers) | Q(redirects_to__in=customers))
    said = standing_credits().filter(customer__in=same.values("pk"), said_on__lte=until)
    found: dict[UUID, list[UUID]] = {one: [] for one in customers}
    for customer, newcomer in said.values_list("customer_root", "newcomer_root"):
        if newcomer != customer and newcomer not in found[customer]:
            found[customer].append(newcomer)
    return found


def came_because_of(customer: UUID, other: UUID) -> bool:
    """Whether `customer` came because of `other`, by any number of others in between."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, {"of": customer, "wanted": other})
        return bool(cursor.fetchall()[0][0])


def in_loops(before: date) -> list[UUID]:
    """The credits said before a day that merges made the last link of a loop: they count for nothing meanwhile.

    Nobody can record a loop, but two customers who turn out to be one can close it. The one said last gives way.
    """
    said = standing_credits().filter(said_on__lt=before)
    ties = said.values_list("pk", "newcomer_root", "customer_root")
    return closing(tie for tie in ties.iterator() if tie[1] != tie[2])


def closing(ties: Iterable[Tie]) -> list[UUID]:
    """Which of `ties`, taken in order, would close a loop of those before it."""
    listed = list(ties)
    if _is_open(listed):
        return []
    brought_by: dict[UUID, set[UUID]] = defaultdict(set)
    left_out = []
    for pk, newcomer, customer in listed:
        if _leads(brought_by, customer, newcomer):
            left_out.append(pk)
        else:
            brought_by[newcomer].add(customer)
    return left_out


def _is_open(ties: Sequence[Tie]) -> bool:
    sorter: TopologicalSorter[UUID] = TopologicalSorter()
    for _, newcomer, customer in ties:
        sorter.add(newcomer, customer)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


def _leads(brought_by: dict[UUID, set[UUID]], start: UUID, wanted: UUID) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        at = waiting.pop()
        if at == wanted:
            return True
        further = brought_by.get(at, set()) - seen
        seen |= further
        waiting += further
    return False
