"""Registers the app `users`."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People who log in, their roles and tokens."""

    name = "sterna.desk.users"
    label = "users"
    default_auto_field = "django.db.models.BigAutoField"
