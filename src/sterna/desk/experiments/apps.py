"""Registers the app `experiments`."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """Hold-outs as they were drawn, and comparisons as runs measured them."""

    name = "sterna.desk.experiments"
    label = "experiments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """An approved plan declares its experiment in the same transaction."""
        from sterna.desk.config.events import subscribe
        from sterna.desk.experiments.actions import declare
        from sterna.desk.plans.actions import PlanApproved

        subscribe(PlanApproved, declare)
