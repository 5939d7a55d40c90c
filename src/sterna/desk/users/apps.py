"""Registers the app `users`."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People who log in, their roles and tokens."""

    name = "sterna.desk.users"
    label = "users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell where personal data is."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.users.personal import KEEPERS

        register_personal(*KEEPERS)
