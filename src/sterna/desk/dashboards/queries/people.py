"""Customers as pages show them: their names, and one customer's whole file."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from sterna.desk.customers.models import Customer, Fact, SourceRecord
from sterna.desk.runs.models import Run
from sterna.desk.segments.group_queries import GROUPS
from sterna.desk.segments.models import Membership
from sterna.desk.values.models import Worth

NAME_CLASS = "name.full"
# The source of what staff writes down.
DESK = "desk"


def titles(customer_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What each customer is called: a known name and the first identifier with its kind, else the end of the id."""
    wanted = list(customer_ids)
    found: dict[UUID, str] = {}
    records = SourceRecord.objects.filter(customer__in=wanted).exclude(source=DESK)
    for record in records.order_by("customer_id", "created_at", "key"):
        found.setdefault(record.customer_id, called(record))
    named = Fact.objects.filter(
        source_record__customer__in=wanted, fact_class=NAME_CLASS, retracted_at=None
    ).order_by("observed_on", "recorded_at")
    names: dict[UUID, str] = dict(named.values_list("source_record__customer_id", "value"))
    numbers = {one: found.get(one, f"customer {str(one)[-8:]}") for one in wanted}
    return {one: f"{names[one]} ({number})" if one in names else number for one, number in numbers.items()}


def called(record: SourceRecord) -> str:
    """An identifier in words: its kind and value, or what stands for all that staff wrote down."""
    if record.source == DESK:
        return "noted at the desk"
    return f"{record.kind.removesuffix('_id').replace('_', ' ')} {record.value}"


def worths(run: Run) -> QuerySet[Worth]:
    """What every customer is worth as of `run`."""
    return Worth.objects.filter(run_id=run.pk)


def stay_on(customer_id: UUID, scheme: str, day: date) -> Membership | None:
    """The stay in a scheme that holds `day`, None when the customer had no place in it then."""
    return Membership.objects.filter(customer=customer_id, scheme=scheme, during__contains=day).first()


def history(customer: Customer) -> QuerySet[Membership]:
    """A customer's stays in the places of all schemes but the groups, the newest first."""
    found = Membership.objects.filter(customer=customer).exclude(definition__kind=GROUPS)
    return found.order_by("-during", "scheme")
