"""Households: customers who live and decide together, each in one household at a time."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.people import Customer


class Household(models.Model):
    """Customers who live and decide together. `key` is what hold-outs are drawn by, the same on a fresh clone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=340, unique=True)
    created_at = models.DateTimeField()


class HouseholdMember(models.Model):
    """A customer's stay in a household; `until` is null while it lasts."""

    class How(models.TextChoices):
        STEWARD = "steward", "Somebody decided"
        IMPORT = "import", "A source says so"
        MATCHED = "matched", "Matched by what is known of both"

    id = models.BigAutoField(primary_key=True)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="households")
    how = models.CharField(max_length=8, choices=How.choices)
    reason = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer",), condition=Q(until=None), name="one_household_at_a_time"
            ),
        )
