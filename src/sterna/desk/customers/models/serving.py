"""What staff asks customers and does for them: questions, requests, and the register of occasions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.facts import LONGEST_VALUE, Fact
from sterna.desk.customers.models.people import SourceRecord


def _person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class CustomerRequest(models.Model):
    """Something a customer asked for: what, what was promised by when, and what became of it."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        PROMISED = "promised", "Promised"
        DONE = "done", "Done"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="requests")
    # What follow-up questions are asked by, such as tickets; the taxonomy names them.
    kind = models.CharField(max_length=40)
    words = models.TextField()
    touchpoint = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    asked_of = _person()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    promise = models.TextField(blank=True)
    promised_at = models.DateTimeField(null=True)
    promised_by = _person()
    due_on = models.DateField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = _person()
    outcome = models.TextField(blank=True)
    key = models.CharField(max_length=200, null=True, unique=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("due_on", "asked_at"),
                condition=Q(state__in=("asked", "promised")),
                name="request_open",
            ),
        )


class Question(models.Model):
    """A fact that somebody asked a customer for, in which words, and the answer; a no is one."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        DECLINED = "declined", "Would rather not say"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="questions")
    fact_class = models.CharField(max_length=80)
    words = models.TextField()
    touchpoint = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    asked_by = _person()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.CharField(max_length=LONGEST_VALUE, blank=True)
    settled_at = models.DateTimeField(null=True)
    fact = models.ForeignKey(Fact, null=True, on_delete=models.PROTECT, related_name="questions")
    request = models.ForeignKey(
        CustomerRequest, null=True, on_delete=models.PROTECT, related_name="questions"
    )
    # Not asked again before this day.
    quiet_until = models.DateField()


class Occasion(models.Model):
    """A day or month in a customer's life: a birthday, a wedding, a death; by a class of the taxonomy.

    `day` and `year` are null where nobody said them. On a day before `quiet_until` nothing is promoted to the customer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="occasions")
    fact_class = models.CharField(max_length=80)
    whose = models.CharField(max_length=120, blank=True)
    month = models.SmallIntegerField()
    day = models.SmallIntegerField(null=True)
    year = models.SmallIntegerField(null=True)
    yearly = models.BooleanField()
    source = models.CharField(max_length=60)
    # Whether the customer agreed that we act on it; null where nobody asked.
    consent = models.BooleanField(null=True)
    sensitivity = models.CharField(max_length=12)
    quiet_until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = _person()
    fact = models.ForeignKey(Fact, null=True, on_delete=models.PROTECT, related_name="occasions")
    retracted_at = models.DateTimeField(null=True)
    retracted_by = _person()
    retracted_reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(month__range=(1, 12)), name="occasion_month"),
            models.CheckConstraint(condition=Q(day=None) | Q(day__range=(1, 31)), name="occasion_day"),
        )
        indexes = (
            models.Index(fields=("month", "day"), condition=Q(retracted_at=None), name="occasion_by_month"),
            models.Index(
                fields=("quiet_until",),
                condition=Q(retracted_at=None, quiet_until__isnull=False),
                name="occasion_quiet",
            ),
        )
