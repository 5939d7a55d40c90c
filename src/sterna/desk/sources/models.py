"""Sources with their keys, the imports of their files, the inbox of their events, and what was refused."""

from django.db import models

from sterna.desk.config.ids import new_id
from sterna.desk.users.models import User


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
    enabled = models.BooleanField(default=True)
    # Which traits of an identify call become facts: {"age": {"fact_class": "demography.age", "purpose": "marketing"}}.
    traits = models.JSONField(default=dict, blank=True)
    # Undeclared traits are then stripped before anything is written; only their names are kept.
    strict = models.BooleanField(default=False)
    created_at = models.DateTimeField()


class KeyKind(models.TextChoices):
    """Who may know a write key, and so what its events may do."""

    # Stands in the pages of a site for everybody to read: it may write, and never speak for somebody else.
    PUBLIC = "public", "Public"
    SECRET = "secret", "Secret"


class WriteKey(models.Model):
    """A key by which a source sends events; only its SHA-256 is kept, so a copy of the table sends nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="write_keys")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=KeyKind.choices)
    sha256 = models.CharField(max_length=64, unique=True)
    # How the key begins, for a person to tell two of them apart; empty for a key that is older than this field.
    prefix = models.CharField(max_length=12, blank=True)
    # Where a browser may send from, such as "https://shop.example"; "*" is anywhere.
    origins = models.JSONField(default=list, blank=True)
    events_per_second = models.PositiveIntegerField()
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_used_on = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "name"), name="write_key_name_once"),)


class Bucket(models.Model):
    """How many events a write key may still send at a moment of the database's clock; below zero it is in debt."""

    write_key = models.OneToOneField(WriteKey, on_delete=models.CASCADE, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()


class Webhook(models.Model):
    """How another system's signed messages become events of a source.

    A signature is checked with the secret itself, so it stands here as it is; the one before it counts until it ends.
    """

    source = models.OneToOneField(Source, on_delete=models.PROTECT, primary_key=True, related_name="webhook")
    mapping = models.JSONField()
    secret = models.CharField(max_length=120)
    former_secret = models.CharField(max_length=120, blank=True)
    former_until = models.DateTimeField(null=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class Upload(models.Model):
    """A file that somebody brought in by a page, on disk under the home until it is swept; its mapping so far."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file_name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    # The columns of the file with their types and what was guessed of how it is written.
    columns = models.JSONField(default=dict)
    mapping = models.TextField(blank=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-uploaded_at", "-id")


class Import(models.Model):
    """One file taken in under one mapping; the same file under the same mapping is the same import."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    # Where the file came in by a page; the worker reads it from there.
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="imports")
    # The mapping as YAML with this import alone; empty in imports that are older than this field.
    mapping = models.TextField(blank=True)
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
    """An event as it came, durable before its sender had an answer; unique by source and message id for ever.

    Acted on in the order of `sequence`: what stands above the mark `acted` still waits.
    """

    sequence = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)
    digest = models.BinaryField(max_length=16, unique=True)
    message_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    key_kind = models.CharField(max_length=6, choices=KeyKind.choices, default=KeyKind.SECRET)
    # The source record that it was filed under where that is not whom it names first, such as the device of a guest;
    # empty for nobody's, null where the event itself tells.
    filed_under = models.TextField(null=True)
    body = models.JSONField()

    class Meta:
        indexes = (models.Index(fields=("source", "sequence"), name="inbox_by_source"),)


class SweptDigest(models.Model):
    """What stays of an event that was swept from the inbox, so that it is still known when it is sent again."""

    digest = models.BinaryField(max_length=16, primary_key=True)


class DeadLetter(models.Model):
    """An event that was refused, as it came, with the reason; the same event sent again is the same letter."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    key_kind = models.CharField(max_length=6, choices=KeyKind.choices, default=KeyKind.SECRET)
    code = models.CharField(max_length=40, default="refused")
    reason = models.CharField(max_length=200)
    message_id = models.CharField(max_length=200, blank=True)
    # Source and message id, or what stood there where no id could be read; null in letters older than this field.
    digest = models.BinaryField(max_length=16, null=True)
    body = models.JSONField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("digest", "code"), name="dead_letter_once"),)


class Tally(models.Model):
    """How many events of a source had one outcome on a day of the program: kept, repeated, or a code of refusal.

    Several shards a day, so that batches that come at once do not wait for one another's row; readers add them up.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    day = models.DateField()
    outcome = models.CharField(max_length=40)
    shard = models.SmallIntegerField()
    events = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "day", "outcome", "shard"), name="tally_once"),
        )


class Suppressed(models.Model):
    """The keyed hash of an identifier of somebody who was erased: what comes under it is kept nowhere."""

    hash = models.BinaryField(max_length=32, primary_key=True)
    # Which erasure put it here; no record of who that was is left.
    erasure = models.UUIDField(db_index=True)
    since = models.DateTimeField()
