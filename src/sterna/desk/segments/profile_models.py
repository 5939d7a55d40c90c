"""What segments prefer as a run counted it, and the searches for groupings that nobody has made segments of yet."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id


class SegmentPreference(models.Model):
    """What an item is to the customers of a segment as of one run, beside all others of the scheme.

    `share` is the mean of the `known` customers of whom it is known, and `customers` are those who prefer it at all.
    `share_others` and `lift` are NULL where there is nobody else, `lift` also where nobody else prefers it.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    segment = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    item = models.TextField()
    customers = models.BigIntegerField()
    known = models.BigIntegerField()
    share = models.FloatField()
    share_others = models.FloatField(null=True)
    lift = models.FloatField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("run_id", "scheme", "segment", "kind", "item"), name="preference_once_a_run"
            ),
        )


class Discovery(models.Model):
    """A search for groupings in what a run left: who asked for it, by what, and what was found; of no customer.

    `inputs`, `tried` and `groupings` are what `segments.searches` writes. `cannot_tell` is why nothing is proposed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for its turn"
        RUNNING = "running", "Runs"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run_id = models.UUIDField()
    until = models.DateField()
    inputs = models.JSONField()
    seed = models.IntegerField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    is_open = models.BooleanField(default=True)
    # How often a worker took it up: one that was killed leaves it running.
    attempts = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    of = models.IntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    customers = models.BigIntegerField(null=True)
    tried = models.JSONField(default=list)
    groupings = models.JSONField(default=list)
    cannot_tell = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("is_open",), condition=models.Q(is_open=True), name="one_search_at_a_time"
            ),
        )
