"""Why source records are one customer or are not: edges, the decisions of people, refusals and rules."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.people import Customer, SourceRecord, written


class IdentityDecision(models.Model):
    """A merge or a split that a person decided, with the reason; its edges name it."""

    class Kind(models.TextChoices):
        MERGE = "merge", "Merge"
        SPLIT = "split", "Split"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    # The caller's name for the act: the same key again does nothing.
    key = models.CharField(max_length=200, null=True, unique=True)
    # What the decision undid, by id, so that undoing it gives them back.
    ended_edges = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_reason = models.TextField(blank=True)


class IdentityEdge(models.Model):
    """Something that says of two source records that they are one person, or two.

    Never changed and never deleted but for an erasure; one that counts no more has `undone_at`. The lesser id is left.
    """

    class Kind(models.TextChoices):
        OBSERVED = "observed", "Seen in one event"
        SAME_VALUE = "same value", "The same identifier from another source"
        ALIAS = "alias", "Declared one by an alias call"
        MATCHED = "matched", "Matched by what is known of both"
        MUST_LINK = "must-link", "Somebody decided that they are one"
        CANNOT_LINK = "cannot-link", "Somebody decided that they are two"

    id = models.BigAutoField(primary_key=True)
    # Every event may write one: what the constraints and the two small indexes below answer has no index of its own.
    left = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+", db_index=False)
    right = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    evidence = models.JSONField(default=dict)
    probability = models.FloatField(null=True)
    said_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decision = models.ForeignKey(
        IdentityDecision, null=True, on_delete=models.PROTECT, related_name="edges", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    sequence = written()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="edge_of_two_in_order"),
            models.UniqueConstraint(
                fields=("left", "right", "kind"), condition=Q(undone_at=None), name="edge_once"
            ),
        )
        indexes = (
            models.Index(fields=("left",), condition=Q(undone_at__isnull=False), name="edge_undone_by_left"),
            models.Index(fields=("decision",), condition=Q(decision__isnull=False), name="edge_by_decision"),
        )


class IdentityRefusal(models.Model):
    """Two identifiers that came together and were left apart, with the reason; the same again only counts up.

    `record` is the one that was kept to, null where an event named nothing else; `identifier` what was left out.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20)
    record = models.ForeignKey(SourceRecord, null=True, on_delete=models.PROTECT, related_name="refusals")
    other = models.ForeignKey(SourceRecord, null=True, on_delete=models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.BigIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("code", "record", "identifier"), nulls_distinct=False, name="refusal_once"
            ),
        )
        indexes = (models.Index(fields=("identifier",), name="refusal_by_identifier"),)


class SharedValue(models.Model):
    """A value that came with more than one user id: a tablet in a shop, the e-mail of a couple. It joins nobody."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    # Two of the user ids that it came with.
    one = models.CharField(max_length=300)
    two = models.CharField(max_length=300)
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "value"), name="shared_value_once"),)


class IdentifierKind(models.Model):
    """How identifiers of one kind join records; a kind without a row has the rule of `rules.DEFAULTS`.

    A lower `priority` is kept to first. `limit` is how many values a customer has, counted in each source by itself
    where `by_source` is set. `names` says that a value of the kind names one person in its source.
    """

    kind = models.CharField(max_length=40, primary_key=True)
    priority = models.IntegerField()
    limit = models.IntegerField()
    by_source = models.BooleanField(default=False)
    names = models.BooleanField(default=False)
    joins = models.BooleanField(default=True)


class BlockedValue(models.Model):
    """A value that this installation knows to be nobody's, beside those of `rules.BLOCKED`; a pattern is anchored."""

    id = models.BigAutoField(primary_key=True)
    value = models.CharField(max_length=200)
    is_pattern = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("value", "is_pattern"), name="blocked_value_once"),)


class Followed(models.Model):
    """What one thing that hangs on customers did when a customer became part of another, to be taken back exactly."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    gone = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    memo = models.JSONField()
    joined_at = models.DateTimeField()
    parted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("name", "gone"), condition=Q(parted_at=None), name="followed_once"
            ),
        )
