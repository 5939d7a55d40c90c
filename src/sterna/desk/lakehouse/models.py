"""The manifest: which segments make up the lake at which version, and how far the inbox is sealed."""

from django.db import models

from sterna.desk.config.ids import new_id


class Version(models.Model):
    """One state of the lake. Numbers rise by one; `known_at` is when its newest segment was recorded."""

    number = models.BigIntegerField(primary_key=True)
    known_at = models.DateTimeField()


class Segment(models.Model):
    """One immutable Parquet file of one lake table, a member from version `added` until version `removed`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    table = models.CharField(max_length=40)
    # Relative to STERNA_HOME, so that a home can be moved.
    path = models.CharField(max_length=400, unique=True)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    schema_version = models.IntegerField()
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    # What the rows came from, such as "import:ID:0-500000" or "inbox:1-2500"; unique so that no part enters twice.
    origin = models.CharField(max_length=160)
    added = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="added_segments")
    removed = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="removed_segments")
    # The erasure that took it out of the lake: its file goes too, so no older version can be read with it.
    erasure = models.UUIDField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("table", "origin"), name="segment_origin_once"),)


class Mark(models.Model):
    """How far a queue has been sealed into the lake."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)


class Fixed(models.Model):
    """A setting that the lake's rows depend on, as it was when the first of them was written."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=80)
    fixed_at = models.DateTimeField()
