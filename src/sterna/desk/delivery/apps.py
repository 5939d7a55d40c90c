"""Registers the app `delivery`."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Channels that are switched on, and the sending of reserved contacts."""

    name = "sterna.desk.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
