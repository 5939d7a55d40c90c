"""Registers the app `contacts`."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """The send ledger: every contact planned, held back, sent and answered."""

    name = "sterna.desk.contacts"
    label = "contacts"
    default_auto_field = "django.db.models.BigAutoField"
