"""Registers the app `sources`."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Where data comes from: sources, imports, the inbox and what was refused."""

    name = "sterna.desk.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"
