"""Migration plans: a name, its versions as pinned definitions, and what the check found."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id


class Plan(models.Model):
    """One version of a migration plan, which the database keeps as it was loaded; the document is its definition."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    version = models.IntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    opens_on = models.DateField()
    closes_on = models.DateField()
    definition = models.ForeignKey("segments.Definition", on_delete=models.PROTECT)
    source_text = models.TextField()
    loaded_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "-version")
        constraints = (
            models.UniqueConstraint(fields=("name", "version"), name="plan_version_once"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(state="approved"), name="plan_one_in_force"
            ),
        )


class Finding(models.Model):
    """What the check says of a plan: a stable code, how grave, where, and what would mend it."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="findings")
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    where = models.CharField(max_length=160)
    line = models.IntegerField(null=True)
    message = models.TextField()
    mend = models.TextField()
