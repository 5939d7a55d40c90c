"""Registers the app `sources`."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Where data comes from: sources, imports, the inbox and what was refused."""

    name = "sterna.desk.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.sources.personal import KEEPERS

        register_personal(*KEEPERS)
