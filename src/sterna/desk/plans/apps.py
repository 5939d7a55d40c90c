"""Registers the app `plans`."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Migration plans: their documents, findings and goals."""

    name = "sterna.desk.plans"
    label = "plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is, and which facts the plans need."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers.queries.taxonomy import register_uses
        from sterna.desk.plans import needs
        from sterna.desk.plans.personal import KEEPERS

        register_personal(*KEEPERS)
        register_uses("plans", needs.uses)
