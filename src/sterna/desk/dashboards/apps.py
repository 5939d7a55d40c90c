"""Registers the app `dashboards`."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Pages that only read."""

    name = "sterna.desk.dashboards"
    label = "dashboards"
    default_auto_field = "django.db.models.BigAutoField"
