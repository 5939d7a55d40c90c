"""Reads what customers said on their own pages: limits, topics, ratings by touchpoint, and what is known of them."""

from dataclasses import dataclass

from django.db.models import Avg, Count

from sterna.desk.config import clock
from sterna.desk.customers.models import Customer, Fact, Preference, Rating


@dataclass(frozen=True)
class Rated:
    """How many customers rated a touchpoint, and the mean of what they said, 1 to 5."""

    touchpoint: str
    customers: int
    mean: float


def preference(customer: Customer) -> Preference | None:
    """The limit and the topics that count: what the customer, or one that became part of it, said last."""
    return Preference.objects.filter(source_record__customer=customer).order_by("-sequence").first()


def ratings() -> list[Rated]:
    """Every touchpoint that was rated, the one with the lowest mean first."""
    found = Rating.objects.values("touchpoint").annotate(
        customers=Count("source_record__customer", distinct=True), mean=Avg("score")
    )
    return [Rated(**row) for row in found.order_by("mean", "touchpoint")]


def own_ratings(customer: Customer) -> dict[str, int]:
    """What this customer said, by touchpoint."""
    said = Rating.objects.filter(source_record__customer=customer).order_by("said_at")
    return dict(said.values_list("touchpoint", "score"))


def own_facts(customer: Customer) -> list[Fact]:
    """What is held true of a customer today, the newest of each class and source first."""
    held = Fact.objects.filter(
        source_record__customer=customer, retracted_at=None, observed_on__lte=clock.today()
    )
    live = [each for each in held if each.expires_on is None or each.expires_on > clock.today()]
    return sorted(live, key=lambda each: (each.fact_class, -each.observed_on.toordinal(), -each.pk))
