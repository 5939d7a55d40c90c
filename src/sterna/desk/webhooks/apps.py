"""Registers the app `webhooks`."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Signed messages to other systems about what happens here."""

    name = "sterna.desk.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to moves, and tell how messages follow a merge and where personal data is."""
        from sterna.desk.config import events
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers.following import ReadsThrough, register
        from sterna.desk.segments.signals import Moved
        from sterna.desk.webhooks.actions.telling import tell_moves
        from sterna.desk.webhooks.personal import KEEPERS

        events.subscribe(Moved, tell_moves)
        register(
            ReadsThrough(
                "webhooks.Message", "what was told of a customer was told by the id that it had then"
            )
        )
        register_personal(*KEEPERS)
