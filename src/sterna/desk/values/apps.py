"""Registers the app `values`."""

from django.apps import AppConfig


class ValuesConfig(AppConfig):
    """What each customer gives and could give, as the runs published it."""

    name = "sterna.desk.values"
    label = "values"
    default_auto_field = "django.db.models.BigAutoField"
