"""The desk's frame as a Django app: base templates, components, pictures and static files, without models."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The lowest app of the desk: it knows no other app and takes plain values only."""

    name = "sterna.desk.web"
    label = "web"
    verbose_name = "Frame"
