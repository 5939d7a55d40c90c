"""Customers, the source records they are known by, and what is allowed and reachable."""

from django.db import models
from django.db.models import Func, Q, Value

from sterna.desk.config.ids import new_id

# One counter for all that a customer is put together from: what was written before what, whatever the clock says.
SEQUENCE = "customers_sequence"


def written() -> models.BigIntegerField:
    """A field with the place of the row among all rows that were ever written with such a field."""
    return models.BigIntegerField(db_default=Func(Value(SEQUENCE), function="nextval"), editable=False)


class Customer(models.Model):
    """A person, or the household that a source knows as one; a projection of source records and identity edges.

    The id is stable. One that no longer stands alone redirects to the one that it became part of, in one step.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    redirects_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")


class SourceRecord(models.Model):
    """One identifier as one source gave it. `key` is what the lake holds: source/kind:value.

    `seed` is the id of the customer of whom this is the oldest record; `customer` is whose it is now.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=300, unique=True)
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="source_records")
    created_at = models.DateTimeField()
    # Of its own always; no index says so, because nothing is looked up by it and every import would pay.
    seed = models.UUIDField(db_default=Func(function="gen_random_uuid"), editable=False)
    sequence = written()

    class Meta:
        indexes = (models.Index(fields=("kind", "value"), name="source_record_by_value"),)


class Consent(models.Model):
    """A word for or against contact through one medium for one purpose; all are kept.

    Whose it is follows the source record that said it; `customer` is whose it was when it was said, and counts where
    no source record is named.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    source_record = models.ForeignKey(
        SourceRecord, null=True, on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    medium = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    granted = models.BooleanField()
    source = models.CharField(max_length=60)
    said_on = models.DateField()
    recorded_at = models.DateTimeField()
    # Why contact is lawful, and which text the customer was shown: a name with a version, empty where nobody told.
    lawful_basis = models.CharField(max_length=20, db_default="consent", default="consent")
    wording = models.CharField(max_length=80, db_default="", default="", blank=True)
    sequence = written()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "medium", "purpose", "source", "said_on", "granted"),
                condition=Q(source_record=None),
                name="consent_once",
            ),
            models.UniqueConstraint(
                fields=("source_record", "medium", "purpose", "source", "said_on", "granted"),
                name="consent_once_a_record",
            ),
        )


class Address(models.Model):
    """Where a medium reaches a customer; whose it is follows the source record, as with a consent."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="addresses")
    source_record = models.ForeignKey(
        SourceRecord, null=True, on_delete=models.PROTECT, related_name="addresses", db_index=False
    )
    medium = models.CharField(max_length=20)
    address = models.CharField(max_length=400)
    source = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "medium", "address"),
                condition=Q(source_record=None),
                name="address_once",
            ),
            models.UniqueConstraint(
                fields=("source_record", "medium", "address"), name="address_once_a_record"
            ),
        )
