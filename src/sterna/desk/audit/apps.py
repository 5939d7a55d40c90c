"""Registers the app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """One line for every write: who did what to what, when and why."""

    name = "sterna.desk.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the apps below, which cannot write here themselves."""
        from sterna.desk.audit.actions import record_person
        from sterna.desk.audit.personal import KEEPERS
        from sterna.desk.config.events import subscribe
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.users.events import PersonChanged

        subscribe(PersonChanged, record_person)
        register_personal(*KEEPERS)
