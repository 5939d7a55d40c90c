"""Runs with their frozen briefs, and each stage with its rows, seconds and SQL."""

from django.db import models

from sterna.desk.config.ids import new_id

# An advisory lock of PostgreSQL: it ends with the connection, so a killed run holds up nobody.
TURNING = 5_307_201


class Run(models.Model):
    """One turn of the loop as of a day. The same brief gives the same outcome."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    until = models.DateField()
    brief = models.JSONField()
    brief_sha256 = models.CharField(max_length=64)
    engine = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome_sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    # Set in the transaction that publishes: pages show published runs only, whole.
    published_at = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict)
    # Of events of the inbox up to this sequence the run has seen those of its days; NULL where nobody wrote it down.
    sealed = models.BigIntegerField(null=True)
    # Somebody's rows were taken out of its files since: computed anew, it is no longer the same.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-until", "-started_at")
        indexes = (models.Index(fields=("brief_sha256",), name="run_by_brief"),)


class Stage(models.Model):
    """One stage of a run: what it made, how long it took, and the files that let a killed run go on."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="stages")
    position = models.IntegerField()
    name = models.CharField(max_length=40)
    ended_at = models.DateTimeField()
    rows = models.BigIntegerField()
    seconds = models.FloatField()
    # One item a step: step, purpose, table, rows, seconds, sql.
    steps = models.JSONField()
    # Table name to SHA-256 of the file it was saved in.
    files = models.JSONField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("run", "name"), name="stage_once_a_run"),)
