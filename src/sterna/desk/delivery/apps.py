"""Registers the app `delivery`."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Channels that are switched on, and the sending of reserved contacts."""

    name = "sterna.desk.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.delivery.personal import KEEPERS

        register_personal(*KEEPERS)
