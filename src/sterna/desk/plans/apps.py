"""Registers the app `plans`."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Migration plans: their documents, findings and goals."""

    name = "sterna.desk.plans"
    label = "plans"
    default_auto_field = "django.db.models.BigAutoField"
