"""The audit: one line a write, never changed."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id


class Entry(models.Model):
    """Who did what to what, when and why. `key` makes an action that is repeated leave one line."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True, unique=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("subject_kind", "subject"), name="audit_by_subject"),)
