"""Registers the app `lakehouse`."""

from django.apps import AppConfig


class LakehouseConfig(AppConfig):
    """The lake's manifest, the sealer and the inbox's door into the lake."""

    name = "sterna.desk.lakehouse"
    label = "lakehouse"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.lakehouse.personal import KEEPERS

        register_personal(*KEEPERS)
