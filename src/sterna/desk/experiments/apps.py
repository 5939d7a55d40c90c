"""Registers the app `experiments`."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """Hold-outs as they were drawn, and comparisons as they came out."""

    name = "sterna.desk.experiments"
    label = "experiments"
    default_auto_field = "django.db.models.BigAutoField"
