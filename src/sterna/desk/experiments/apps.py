"""Registers the app `experiments`."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """Hold-outs as they were drawn, and comparisons as runs measured them."""

    name = "sterna.desk.experiments"
    label = "experiments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A launched plan declares its experiment in the same transaction; arms stay through merges."""
        from sterna.desk.config.events import subscribe
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers.following import Following, register
        from sterna.desk.experiments.actions import declare
        from sterna.desk.experiments.actions import following as actions
        from sterna.desk.experiments.personal import KEEPERS
        from sterna.desk.plans.signals import PlanLaunched

        subscribe(PlanLaunched, declare)
        register(Following("experiments.Assignment", actions.join, actions.part))
        register_personal(*KEEPERS)
