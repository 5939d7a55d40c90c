"""Reads who lives together."""

from django.db.models import QuerySet

from sterna.desk.customers.models import Customer, Household, HouseholdMember


def household_of(customer: Customer) -> Household | None:
    """The household that a customer lives in now."""
    stay = HouseholdMember.objects.filter(customer=customer, until=None).select_related("household").first()
    return stay.household if stay else None


def members(household: Household, also_former: bool = False) -> QuerySet[HouseholdMember]:
    """The stays in a household with their customers, those that last first."""
    found = HouseholdMember.objects.filter(household=household).select_related("customer", "actor")
    found = found if also_former else found.filter(until=None)
    return found.order_by("-until", "since", "id") if also_former else found.order_by("since", "id")
