"""Registers the app `customers`."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers, their source records, facts, consents and addresses."""

    name = "sterna.desk.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
