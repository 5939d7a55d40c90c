"""Registers the app `runs`."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: the brief out of the records, the flow, the outcome back in."""

    name = "sterna.desk.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"
