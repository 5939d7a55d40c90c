"""Reads why a customer is who it is: identifiers with what joined them, decisions, refusals and redirects."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from sterna.desk.customers.models import (
    Customer,
    IdentityDecision,
    IdentityEdge,
    IdentityRefusal,
    SharedValue,
    SourceRecord,
)


@dataclass(frozen=True)
class Joined:
    """An identifier of a customer with the edges that hold it there, and the edges and barriers that end at it."""

    record: SourceRecord
    edges: tuple[IdentityEdge, ...]
    undone: tuple[IdentityEdge, ...]


def customer_of(pk: UUID) -> Customer | None:
    """The customer that an id leads to, its own or one that it became part of; None for an id of nobody."""
    found = Customer.objects.filter(pk=pk).select_related("redirects_to").first()
    return found and (found.redirects_to or found)


def identifiers(customer: Customer) -> list[Joined]:
    """A customer's identifiers, the oldest first, each with what was seen, matched or decided of it."""
    records = list(SourceRecord.objects.filter(customer=customer).order_by("sequence"))
    ids = [record.pk for record in records]
    edges: dict[UUID, list[IdentityEdge]] = {pk: [] for pk in ids}
    rows = IdentityEdge.objects.filter(Q(left__in=ids) | Q(right__in=ids))
    for edge in rows.select_related("left", "right", "actor", "decision").order_by("sequence"):
        for pk in (edge.left_id, edge.right_id):
            if pk in edges:
                edges[pk].append(edge)
    return [
        Joined(
            record,
            tuple(edge for edge in edges[record.pk] if edge.undone_at is None),
            tuple(edge for edge in edges[record.pk] if edge.undone_at is not None),
        )
        for record in records
    ]


def decisions(customer: Customer) -> QuerySet[IdentityDecision]:
    """The merges and splits that somebody decided of records that are this customer's now, the newest first."""
    records = SourceRecord.objects.filter(customer=customer).values("pk")
    edges = IdentityEdge.objects.filter(Q(left__in=records) | Q(right__in=records)).exclude(decision=None)
    found = IdentityDecision.objects.filter(pk__in=edges.values("decision"))
    return found.select_related("actor", "undone_by").order_by("-decided_at", "-id")


def refusals(customer: Customer) -> QuerySet[IdentityRefusal]:
    """What was kept apart from a customer, the latest first; `directory.REASONS` says why in words."""
    found = IdentityRefusal.objects.filter(Q(record__customer=customer) | Q(other__customer=customer))
    return found.select_related("record", "other").order_by("-last_at", "-id")


def refusal_counts() -> list[tuple[str, int, int]]:
    """Each reason with how many pairs it kept apart and how often, the most frequent first."""
    counted = IdentityRefusal.objects.values("code").annotate(pairs=Count("id"), times=Sum("times"))
    return [(row["code"], row["pairs"], row["times"]) for row in counted.order_by("-times", "code")]


def redirects(customer: Customer) -> QuerySet[Customer]:
    """The customers that became part of this one, the newest first."""
    return Customer.objects.filter(redirects_to=customer).order_by("-created_at", "-id")


def shared() -> QuerySet[SharedValue]:
    """The values that join nobody because they came with more than one user id, the latest first."""
    return SharedValue.objects.order_by("-since", "-id")
