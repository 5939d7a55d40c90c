"""Customers as pages show them: their names, their search, and one customer's whole file."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from sterna.desk.customers.models import Consent, Customer, Fact, SourceRecord
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Membership
from sterna.desk.values.models import Worth

NAME_CLASS = "name.full"


def titles(customer_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What each customer is called: a known name and the first identifier with its kind, else the end of the id."""
    wanted = list(customer_ids)
    found: dict[UUID, str] = {}
    for record in SourceRecord.objects.filter(customer__in=wanted).order_by(
        "customer_id", "created_at", "key"
    ):
        found.setdefault(
            record.customer_id, f"{record.kind.removesuffix('_id').replace('_', ' ')} {record.value}"
        )
    named = Fact.objects.filter(source_record__customer__in=wanted, fact_class=NAME_CLASS).order_by(
        "observed_on", "recorded_at"
    )
    names: dict[UUID, str] = dict(named.values_list("source_record__customer_id", "value"))
    called = {one: found.get(one, f"customer {str(one)[-8:]}") for one in wanted}
    return {one: f"{names[one]} ({number})" if one in names else number for one, number in called.items()}


def search(text: str, limit: int = 20) -> QuerySet[Customer]:
    """Customers with an identifier, a name or an address that begins with or is `text`."""
    records = SourceRecord.objects.filter(
        Q(value__iexact=text)
        | Q(value__istartswith=text)
        | Q(facts__fact_class=NAME_CLASS, facts__value__icontains=text)
        | Q(customer__addresses__address__istartswith=text)
    )
    return Customer.objects.filter(pk__in=records.values("customer_id"), redirects_to=None).order_by("pk")[
        :limit
    ]


def worths(run: Run) -> QuerySet[Worth]:
    """What every customer is worth as of `run`."""
    return Worth.objects.filter(run_id=run.pk).select_related("customer")


def facts(customer: Customer) -> QuerySet[Fact]:
    """What is known of a customer, by class, the newest first."""
    return Fact.objects.filter(source_record__customer=customer).order_by(
        "fact_class", "-observed_on", "-recorded_at"
    )


def consents(customer: Customer) -> list[Consent]:
    """The newest word of a customer per medium and purpose."""
    newest: dict[tuple[str, str], Consent] = {}
    for consent in Consent.objects.filter(customer=customer).order_by("said_on", "recorded_at"):
        newest[consent.medium, consent.purpose] = consent
    return [newest[key] for key in sorted(newest)]


def stay_on(customer_id: UUID, day: date) -> Membership | None:
    """The stay that holds `day`, None when the customer was in no tier then."""
    return Membership.objects.filter(customer=customer_id, during__contains=day).order_by("-during").first()


def history(customer: Customer) -> QuerySet[Membership]:
    """A customer's stays in tiers, the newest first."""
    return Membership.objects.filter(customer=customer).order_by("-during")
