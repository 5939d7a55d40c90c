"""What the linking of profiles found: the model it used, and pairs that wait for a person."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.people import SourceRecord


class LinkModel(models.Model):
    """A trained model of links; the database keeps it as it was, and its SHA-256 names it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.IntegerField(unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    trained_at = models.DateTimeField()


class ReviewPair(models.Model):
    """Two source records that may be one person: what speaks for it and against, and what a person said."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SAME = "same", "One person"
        DIFFERENT = "different", "Two persons"
        HOUSEHOLD = "household", "Two persons of one household"
        # Answered without being asked: they became one customer, or are no longer thought to be.
        SETTLED = "settled", "Settled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    left = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField()
    weight = models.FloatField(null=True)
    evidence = models.JSONField()
    veto = models.CharField(max_length=200, blank=True)
    model = models.ForeignKey(LinkModel, null=True, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="review_of_two_in_order"),
            models.UniqueConstraint(fields=("left", "right"), name="review_pair_once"),
        )
        indexes = (models.Index(fields=("state", "-probability", "id"), name="review_queue"),)
