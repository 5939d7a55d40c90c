"""Migration plans: a name, its versions as pinned definitions, and what the check found."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id


class Plan(models.Model):
    """One version of a migration plan, which the database keeps as it was loaded; the document is its definition."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        REVIEW = "review", "In review"
        APPROVED = "approved", "Approved"
        LIVE = "live", "Live"
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
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    launched_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "-version")
        constraints = (
            models.UniqueConstraint(fields=("name", "version"), name="plan_version_once"),
            models.UniqueConstraint(fields=("name",), condition=models.Q(state="live"), name="plan_one_live"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


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


class Signature(models.Model):
    """One side's word that a version is right; sent back to a draft, its signatures are void and stay on record."""

    class Side(models.TextChoices):
        MARKETING = "marketing", "Marketing"
        TECHNICAL = "technical", "Technical"

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10, choices=Side.choices)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    signed_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    void_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("signed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "side"), condition=models.Q(void_at=None), name="plan_signed_once_a_side"
            ),
            # Two signatures are two people's: who signed for both sides would have nobody beside them.
            models.UniqueConstraint(
                fields=("plan", "signed_by"), condition=models.Q(void_at=None), name="plan_signed_by_two"
            ),
        )


class StageClosed(models.Model):
    """One of the four stages of a version was closed, with the proof that it is done."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="stages_closed")
    stage = models.CharField(max_length=20)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    closed_at = models.DateTimeField()
    proof = models.CharField(max_length=600)

    class Meta:
        ordering = ("closed_at", "id")
        constraints = (models.UniqueConstraint(fields=("plan", "stage"), name="plan_stage_closed_once"),)


class DependencyEntry(models.Model):
    """A line of the slip log: a dependency of a version is there, or will be later than it was to be."""

    class Kind(models.TextChoices):
        SLIPPED = "slipped", "Slipped"
        DELIVERED = "delivered", "Delivered"

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="dependency_entries")
    dependency = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    was_by = models.DateField()
    day = models.DateField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    told_at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ("told_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "dependency"),
                condition=models.Q(kind="delivered"),
                name="plan_dependency_delivered_once",
            ),
        )
