"""Sources, the imports of their files, the inbox of their events, and what was refused."""

from django.db import models

from sterna.desk.config.ids import new_id


class Source(models.Model):
    """A system that data comes from."""

    class History(models.TextChoices):
        LIVE = "live", "Live"
        # What happened before Sterna was there: nothing that Sterna did can have changed it.
        ARCHIVE = "archive", "Archive"
        SIMULATED = "simulated", "Simulated"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    history = models.CharField(max_length=10, choices=History.choices, default=History.LIVE)
    # Which kind of identifier the source's user ids are, so that one person met in two sources is one customer.
    identifier_kind = models.CharField(max_length=40, default="user_id")
    write_key_sha256 = models.CharField(max_length=64, null=True, unique=True)
    enabled = models.BooleanField(default=True)
    # Which traits of an identify call become facts: {"age": {"fact_class": "demography.age", "purpose": "marketing"}}.
    traits = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()


class Import(models.Model):
    """One file taken in under one mapping; the same file under the same mapping is the same import."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    name = models.CharField(max_length=80)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping_sha256 = models.CharField(max_length=64)
    into = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows_total = models.BigIntegerField(null=True)
    rows_read = models.BigIntegerField(default=0)
    rows_accepted = models.BigIntegerField(default=0)
    rows_refused = models.BigIntegerField(default=0)
    # Accepted rows whose reference is unknown, such as a line whose product is in no catalog; they stay.
    rows_unmatched = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    error = models.TextField(blank=True)
    reject_file = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-started_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("source", "name", "file_sha256", "mapping_sha256"), name="import_once"
            ),
        )


class RefusedRow(models.Model):
    """A row that an import did not take, with the line, the column and the reason; the first thousand of a file."""

    id = models.BigAutoField(primary_key=True)
    part_of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused")
    line = models.BigIntegerField()
    column = models.CharField(max_length=80, blank=True)
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200)


class InboxEvent(models.Model):
    """An event as it came, durable before its sender had an answer; unique by source and message id for ever."""

    sequence = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    digest = models.BinaryField(max_length=16, unique=True)
    message_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    body = models.JSONField()
    acted_at = models.DateTimeField(null=True)


class DeadLetter(models.Model):
    """An event that was refused, as it came, with the reason."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    body = models.JSONField()
