"""What placing between runs stands on: the run it goes on from, what customers did up to it and since, who is due."""

from django.db import models


class Followed(models.Model):
    """The run that placing goes on from, one row, and how far the inbox is read.

    Of events up to the sequence `sealed` the run has seen those of the days before `cut`; those behind it are read into
    `NewDeed` up to `sequence`. `terms` is what `rolled.Terms` holds: the names that packed rows count by. `held` names
    the schemes whose moves of a day passed their limit, by that day.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    run_id = models.UUIDField()
    cut = models.DateField()
    sealed = models.BigIntegerField()
    sequence = models.BigIntegerField()
    terms = models.JSONField()
    held = models.JSONField(default=dict)
    laid_out_at = models.DateTimeField()


class Rollup(models.Model):
    """What a customer did up to the run by day, and what the run found the customer worth, packed in one text."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)
    packed = models.TextField()


class Mixed(models.Model):
    """A customer whose records were somebody else's, or somebody else's theirs, as of the run: only a run can tell."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)


class NewDeed(models.Model):
    """What an event of the inbox is to the rules that the run did not see; a purchase also for each of its shelves."""

    id = models.BigAutoField(primary_key=True)
    source_record = models.ForeignKey("customers.SourceRecord", on_delete=models.CASCADE, related_name="+")
    kind = models.TextField()
    on = models.DateField()
    touchpoint = models.TextField(null=True)
    category = models.TextField(null=True)
    times = models.IntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)


class Shelf(models.Model):
    """The category of a product, where rules ask for one."""

    product = models.TextField(primary_key=True)
    category = models.TextField()


class Due(models.Model):
    """A customer of whom something is new that rules read, and in words what; twice is placed once."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    because = models.CharField(max_length=120)


class Timer(models.Model):
    """The first day on which the rules may say something else of a customer although nothing happens."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)
    day = models.DateField(db_index=True)
