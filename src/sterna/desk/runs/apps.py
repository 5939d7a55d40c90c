"""Registers the app `runs`."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: the brief out of the records, the flow, the outcome back in."""

    name = "sterna.desk.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.runs.personal import KEEPERS
        from sterna.desk.runs.queries import newest_published
        from sterna.desk.values.queries import newest

        newest.register(newest_published)
        register_personal(*KEEPERS)
