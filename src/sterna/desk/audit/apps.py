"""Registers the app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """One line for every write: who did what to what, when and why."""

    name = "sterna.desk.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
