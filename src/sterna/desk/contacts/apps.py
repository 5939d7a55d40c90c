"""Registers the app `contacts`."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """The send ledger: every contact planned, held back, sent and answered."""

    name = "sterna.desk.contacts"
    label = "contacts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell how the ledger follows a merge of customers, a choice, a move and the end of a plan."""
        from sterna.desk.config import events
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.contacts.actions import following as actions
        from sterna.desk.contacts.actions import stages
        from sterna.desk.contacts.actions.calls import drop_calls
        from sterna.desk.contacts.actions.planning import plan_closed
        from sterna.desk.contacts.benefits import answered_on
        from sterna.desk.contacts.offering import offering
        from sterna.desk.contacts.personal import KEEPERS
        from sterna.desk.customers import offered
        from sterna.desk.customers.following import Following, ReadsThrough, register
        from sterna.desk.customers.queries.depth import register_contacts
        from sterna.desk.customers.signals import CustomersMerged, CustomersSplit, PreferencesChanged
        from sterna.desk.plans.signals import PlanClosed
        from sterna.desk.segments.signals import Moved

        register(Following("contacts.Contact", actions.join, actions.part))
        register(ReadsThrough("contacts.LeftOut", "what a run decided stays with whom it decided it for"))
        register_personal(*KEEPERS)
        register_contacts("contacts", answered_on)
        offered.register(offering)
        events.subscribe(PreferencesChanged, drop_calls)
        events.subscribe(PlanClosed, plan_closed)
        events.subscribe(Moved, stages.moved)
        events.subscribe(CustomersMerged, stages.merged)
        events.subscribe(CustomersSplit, stages.split)
