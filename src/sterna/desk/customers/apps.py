"""Registers the app `customers`."""

from django.apps import AppConfig

_STAY = {
    "customers.Customer": "where an id leads is the projection itself",
    "customers.SourceRecord": "whose a record is, is the projection itself",
    "customers.Consent": "a word follows the record that said it; customer is whose it was when it was said",
    "customers.Address": "an address follows the record that said it; customer is whose it was then",
    "customers.Followed": "it is the journal of the following itself",
}


class CustomersConfig(AppConfig):
    """Customers, what they are put together from, and what is known, allowed and reachable."""

    name = "sterna.desk.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear what imports say about people, and tell how what is kept here follows a merge."""
        from sterna.desk.config import events
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers import actions
        from sterna.desk.customers.actions import facts, households
        from sterna.desk.customers.following import Following, ReadsThrough, register
        from sterna.desk.customers.personal import KEEPERS
        from sterna.desk.customers.signals import CustomersMerged, CustomersSplit
        from sterna.desk.sources import signals

        events.subscribe(signals.RecordsSeen, actions.keep_records)
        events.subscribe(signals.FactsSaid, actions.keep_facts)
        events.subscribe(signals.ConsentsSaid, actions.keep_consents)
        events.subscribe(signals.AddressesSaid, actions.keep_addresses)
        events.subscribe(CustomersMerged, facts.infer_merged)
        events.subscribe(CustomersSplit, facts.infer_split)
        register(Following("customers.HouseholdMember", households.join, households.part))
        for model, why in _STAY.items():
            register(ReadsThrough(model, why))
        register_personal(*KEEPERS)
