"""Schemes with immutable definitions, memberships as intervals with a cause, and the matrix of moves."""

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models

from sterna.desk.config.ids import new_id
from sterna.desk.segments import group_models, live_models, profile_models, treatment_models

# Django looks for the models of an app in this module.
__all__ = [
    "BestMember",
    "BestPeriod",
    "Candidate",
    "Definition",
    "MatrixCell",
    "Membership",
    "Move",
    "group_models",
    "live_models",
    "profile_models",
    "treatment_models",
]


class Definition(models.Model):
    """A definition, which the database keeps as published: kind, name and version name it, its SHA-256 proves it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    version = models.IntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("kind", "name", "version")
        constraints = (
            models.UniqueConstraint(fields=("kind", "name", "version"), name="definition_version_once"),
        )


class Membership(models.Model):
    """A customer's stay in one place of a scheme: days [from, to), never overlapping within the scheme."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by the constraint that a day has one stay of a scheme, whose index begins with the customer.
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="memberships", db_index=False
    )
    scheme = models.CharField(max_length=80)
    place = models.CharField(max_length=80)
    rank = models.IntegerField()
    during = DateRangeField()
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT)
    cause = models.CharField(max_length=600)
    # NULL where no run put the customer there, as in a group.
    run_id = models.UUIDField(null=True)
    # The first day of grace, and the day that ended it before the place was lost: [warned_on, unwarned_on).
    warned_on = models.DateField(null=True)
    unwarned_on = models.DateField(null=True)

    class Meta:
        indexes = (models.Index(fields=("scheme", "place"), name="membership_by_place"),)


class Move(models.Model):
    """Where one customer stood in a scheme at both ends of a run's period, and what the run put there.

    `earned_place` is by the amount alone; `held_by` says what put the customer elsewhere, empty when nothing did, until
    `hold_until` where it ends on a day. `missing` keeps the place or wins it back.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="moves")
    from_place = models.CharField(max_length=80)
    to_place = models.CharField(max_length=80)
    from_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    to_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    to_rank = models.IntegerField(default=0)
    earned_place = models.CharField(max_length=80, default="")
    earned_rank = models.IntegerField(default=0)
    held_by = models.CharField(max_length=20, default="")
    missing = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    hold_until = models.DateField(null=True)
    warned_on = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "scheme", "customer"), name="move_once_a_run"),
        )
        indexes = (
            models.Index(fields=("run_id", "from_place", "to_place"), name="move_by_cell"),
            models.Index(
                fields=("run_id", "scheme", "missing"), name="move_held", condition=~models.Q(held_by="")
            ),
        )


class MatrixCell(models.Model):
    """One cell of a run's migration matrix."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    from_place = models.CharField(max_length=80)
    to_place = models.CharField(max_length=80)
    customers = models.BigIntegerField()
    opening = models.BigIntegerField()
    # NULL where nobody opened: there is no share, which is not a share of zero.
    share = models.FloatField(null=True)
    from_amount = models.DecimalField(max_digits=18, decimal_places=2)
    to_amount = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("run_id", "scheme", "from_place", "to_place"), name="cell_once_a_run"
            ),
        )


class Candidate(models.Model):
    """A customer of a lower tier who could move, by one goal of a plan, with the reasons in words.

    `readiness` is from 0 to 1; `unknown` names by commas what is not known of it, and the classes that the goal wants.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="candidacies")
    goal = models.CharField(max_length=80)
    place = models.CharField(max_length=80)
    spend = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    headroom = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    missing = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    # NULL where a run made the list before readiness was told.
    readiness = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    position = models.BigIntegerField()
    reason = models.TextField()
    readiness_reason = models.TextField(default="")
    unknown = models.TextField(default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "customer", "goal"), name="candidate_once_a_run"),
        )


class BestMember(models.Model):
    """One of the best customers by a definition as of one run: the score on its scale, and the rank."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    best = models.CharField(max_length=80)
    version = models.IntegerField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="bests")
    score = models.DecimalField(max_digits=28, decimal_places=12)
    rank = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "best", "customer"), name="best_once_a_run"),
        )
        indexes = (models.Index(fields=("run_id", "best", "rank", "id"), name="best_in_rank"),)


class BestPeriod(models.Model):
    """What became of the value of the best customers between two runs: opening + gained - lost = closing.

    `version` is that of the closing run's definition; `gained_by_entering` and `lost_by_leaving` are parts of gained
    and lost; `unknown` counts members whose `measure` is not known, which are in none of the sums.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    best = models.CharField(max_length=80)
    version = models.IntegerField()
    before_run_id = models.UUIDField()
    before_version = models.IntegerField()
    measure = models.CharField(max_length=40)
    opening = models.DecimalField(max_digits=18, decimal_places=2)
    kept = models.DecimalField(max_digits=18, decimal_places=2)
    gained = models.DecimalField(max_digits=18, decimal_places=2)
    lost = models.DecimalField(max_digits=18, decimal_places=2)
    closing = models.DecimalField(max_digits=18, decimal_places=2)
    gained_by_entering = models.DecimalField(max_digits=18, decimal_places=2)
    lost_by_leaving = models.DecimalField(max_digits=18, decimal_places=2)
    entered = models.BigIntegerField()
    stayed = models.BigIntegerField()
    left = models.BigIntegerField()
    unknown = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "best", "measure"), name="best_period_once_a_run"),
        )


class Override(models.Model):
    """What a person said of a customer's place in a scheme: a floor, a ceiling or a lock, days [begins_on, ends_on)."""

    class Kind(models.TextChoices):
        FLOOR = "floor", "Floor"
        CEILING = "ceiling", "Ceiling"
        LOCK = "lock", "Lock"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="overrides")
    scheme = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    place = models.CharField(max_length=80)
    begins_on = models.DateField()
    # One that was ended early ends on that day; one that ended before it began was never in force.
    ends_on = models.DateField()
    reason = models.CharField(max_length=300)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("ends_on", "pk")
        indexes = (models.Index(fields=("scheme", "ends_on"), name="override_by_end"),)


class Batch(models.Model):
    """What a run did to the memberships of one scheme: carried forward, or held back for a person to decide."""

    class State(models.TextChoices):
        CARRIED = "carried", "Carried out"
        WAITING = "waiting", "Waits for a decision"
        APPLIED = "applied", "Applied"
        DISCARDED = "discarded", "Discarded"
        SUPERSEDED = "superseded", "A newer run took its place"
        UNDONE = "undone", "Undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT)
    cut = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices)
    # Moves up and down of who was placed by the same version before; members are who stood in a tier then.
    moved = models.BigIntegerField()
    members = models.BigIntegerField()
    # What an undoing left where it was, because it had moved since.
    left = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-cut", "scheme", "-pk")
        constraints = (models.UniqueConstraint(fields=("run_id", "scheme"), name="batch_once_a_run"),)


class Retirement(models.Model):
    """A scheme that no run places by any more, unless a plan does; its versions and its history stay."""

    # Longer than a name of a scheme: that of its treatments has a word before it.
    scheme = models.CharField(max_length=100, primary_key=True)
    retired_at = models.DateTimeField()


class Steward(models.Model):
    """Who manages a segment, days [since, until): the one person who answers for the customers in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scheme = models.CharField(max_length=80)
    place = models.CharField(max_length=80)
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        ordering = ("scheme", "place", "-since")
        constraints = (
            models.UniqueConstraint(
                fields=("scheme", "place"), condition=models.Q(until=None), name="one_manager_a_segment"
            ),
        )
