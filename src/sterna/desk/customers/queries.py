"""Reads customers by what sources call them."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from sterna.desk.customers.models import SourceRecord


def records_by_value(kinds: Collection[str], values: Collection[str]) -> QuerySet[SourceRecord]:
    """Source records of these kinds and values, the oldest first, with `whose`: the customer they lead to.

    May hold pairs of kind and value that were not asked for: a kind of one with the value of another.
    """
    return (
        SourceRecord.objects.filter(kind__in=kinds, value__in=values)
        .annotate(whose=Coalesce("customer__redirects_to_id", "customer_id"))
        .order_by("created_at", "id")
    )


def named_customers(customers: Collection[UUID], device_kind: str) -> set[UUID]:
    """Those of `customers` that are known by more than devices."""
    named = SourceRecord.objects.filter(customer=OuterRef("customer")).exclude(kind=device_kind)
    found = SourceRecord.objects.filter(customer__in=customers).filter(Exists(named))
    return set(found.values_list("customer_id", flat=True))
