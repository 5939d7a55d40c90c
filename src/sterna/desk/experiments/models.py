"""Hold-outs as they were drawn at first, and comparisons as a run measured them."""

from django.db import models

from sterna.desk.config.ids import new_id


class Experiment(models.Model):
    """A declared comparison: its salt and share are fixed before anybody is drawn."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    plan = models.ForeignKey("plans.Plan", on_delete=models.PROTECT, related_name="experiments")
    salt = models.CharField(max_length=80)
    share = models.FloatField()
    declared = models.JSONField()
    declared_at = models.DateTimeField()


class Assignment(models.Model):
    """The arm of one unit, stored at first assignment and kept through merges."""

    id = models.BigAutoField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="assignments")
    unit = models.CharField(max_length=300)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="assignments")
    arm = models.CharField(max_length=10)
    goal = models.CharField(max_length=80)
    asset = models.CharField(max_length=80)
    assigned_on = models.DateField()
    run_id = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("experiment", "customer"), name="arm_once"),)


class Comparison(models.Model):
    """One comparison of a run: treated against held out, or a label that says why there is no figure."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    experiment = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    is_primary = models.BooleanField()
    measure = models.CharField(max_length=60)
    design = models.CharField(max_length=40)
    treated = models.BigIntegerField()
    held_out = models.BigIntegerField()
    mean_treated = models.FloatField(null=True)
    mean_held_out = models.FloatField(null=True)
    effect = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    relative = models.FloatField(null=True)
    relative_low = models.FloatField(null=True)
    relative_high = models.FloatField(null=True)
    p = models.FloatField(null=True)
    p_adjusted = models.FloatField(null=True)
    verdict = models.CharField(max_length=40)
    reason = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "experiment", "name"), name="comparison_once_a_run"),
        )


class CampaignReach(models.Model):
    """A campaign that somebody else targeted: whom it reached, and no claim of what it did."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    source = models.CharField(max_length=60)
    campaign_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    targeted = models.BigIntegerField()
    others = models.BigIntegerField()
    redeemed = models.BigIntegerField()
    design = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "source", "campaign_id"), name="reach_once_a_run"),
        )
