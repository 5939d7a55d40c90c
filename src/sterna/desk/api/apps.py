"""Registers the app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The JSON API and the event API."""

    name = "sterna.desk.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
