"""What customers say of themselves on their own page, and the erasures of those who asked for it."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.people import SourceRecord, written


class LawfulBasis(models.TextChoices):
    """Why contact is lawful (GDPR, article 6)."""

    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    LEGITIMATE_INTEREST = "legitimate interest", "Legitimate interest"
    LEGAL_OBLIGATION = "legal obligation", "Legal obligation"


class Preference(models.Model):
    """How often and about what a customer wants to hear; the newest of a customer's records counts."""

    source_record = models.OneToOneField(
        SourceRecord, on_delete=models.PROTECT, primary_key=True, related_name="preference"
    )
    # Contacts by all media in thirty days; null is as many as a plan decides.
    most_a_month = models.PositiveSmallIntegerField(null=True)
    # Topics that the customer wants nothing about, such as "shopping.category/PRODUCE".
    no_topics = models.JSONField(default=list)
    said_at = models.DateTimeField()
    sequence = written()


class Rating(models.Model):
    """How a customer found one touchpoint, from 1 to 5; said again, it takes the place of what was said."""

    id = models.BigAutoField(primary_key=True)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="ratings")
    touchpoint = models.CharField(max_length=80)
    score = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source_record", "touchpoint"), name="rating_once"),
            models.CheckConstraint(condition=models.Q(score__range=(1, 5)), name="rating_from_1_to_5"),
        )
        indexes = (models.Index(fields=("touchpoint",), name="rating_by_touchpoint"),)


class Erasure(models.Model):
    """One person's erasure: a job of steps that a kill does not end, and at its end a receipt that names nobody."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Who it is, while there is something left to do; null afterwards.
    subject = models.JSONField(null=True)
    # One item a step that is done: {"step", "done_at", "erased": [[where, how, number], ...]}.
    steps = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)
    receipt = models.TextField(blank=True)
    # How many identifiers were put on the suppression list, and how many stand for somebody else too and were not.
    suppressed = models.IntegerField(default=0)
    shared = models.IntegerField(default=0)

    class Meta:
        ordering = ("requested_at", "id")
