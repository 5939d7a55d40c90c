"""Registers the app `customers`."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers, their source records, facts, consents and addresses."""

    name = "sterna.desk.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear what imports say about people."""
        from sterna.desk.config import events
        from sterna.desk.customers import actions
        from sterna.desk.sources import signals

        events.subscribe(signals.RecordsSeen, actions.keep_records)
        events.subscribe(signals.FactsSaid, actions.keep_facts)
        events.subscribe(signals.ConsentsSaid, actions.keep_consents)
        events.subscribe(signals.AddressesSaid, actions.keep_addresses)
