"""Customers, the source records they are known by, and what is known, allowed and reachable."""

from django.db import models

from sterna.desk.config.ids import new_id


class Customer(models.Model):
    """A person, or the household that a source knows as one. The id is stable; a merged one redirects."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    redirects_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")


class SourceRecord(models.Model):
    """One identifier as one source gave it. `key` is what the lake holds: source/kind:value."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=300, unique=True)
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="source_records")
    created_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("kind", "value"), name="source_record_by_value"),)


class Fact(models.Model):
    """Something a source says of a customer: a taxonomy class, a value, when it was so and when we heard it."""

    id = models.BigAutoField(primary_key=True)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="facts")
    fact_class = models.CharField(max_length=80)
    value = models.CharField(max_length=300)
    source = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    observed_on = models.DateField()
    recorded_at = models.DateTimeField()
    confidence = models.FloatField(default=1.0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source_record", "fact_class", "source", "observed_on", "value"), name="fact_once"
            ),
        )


class Consent(models.Model):
    """A word for or against contact through one medium for one purpose; the newest one counts, all are kept."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    medium = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    granted = models.BooleanField()
    source = models.CharField(max_length=60)
    said_on = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "medium", "purpose", "source", "said_on", "granted"), name="consent_once"
            ),
        )


class Address(models.Model):
    """Where a medium reaches a customer."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="addresses")
    medium = models.CharField(max_length=20)
    address = models.CharField(max_length=400)
    source = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("customer", "medium", "address"), name="address_once"),
        )
