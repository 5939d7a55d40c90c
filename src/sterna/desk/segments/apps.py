"""Registers the app `segments`."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Schemes, their definitions, memberships and moves."""

    name = "sterna.desk.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"
