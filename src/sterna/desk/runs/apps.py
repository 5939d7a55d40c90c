"""Registers the app `runs`."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: the brief out of the records, the flow, the outcome back in."""

    name = "sterna.desk.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is, which run is the newest, and what it could name and reach."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.plans import measured
        from sterna.desk.runs.personal import KEEPERS
        from sterna.desk.runs.queries import looked_until, newest_published
        from sterna.desk.runs.shares import shares
        from sterna.desk.values.queries import newest

        newest.register(newest_published, looked_until)
        measured.register(shares)
        register_personal(*KEEPERS)
