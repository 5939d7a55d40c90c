"""Registers the app `values`."""

from django.apps import AppConfig


class ValuesConfig(AppConfig):
    """What each customer gives and could give, as the runs published it."""

    name = "sterna.desk.values"
    label = "values"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell how published values follow a merge of customers."""
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers.following import ReadsThrough, register
        from sterna.desk.customers.queries.depth import register_products
        from sterna.desk.customers.queries.discovery import register_headroom
        from sterna.desk.customers.queries.taxonomy import register_uses
        from sterna.desk.values import telling
        from sterna.desk.values.personal import KEEPERS

        for model in ("values.Worth", "values.CategoryRoom"):
            register(ReadsThrough(model, "what a run measured stays with whom it measured it of"))
        register(
            ReadsThrough("values.Credit", "a credit stays with the two it was said of; readers follow merges")
        )
        register_personal(*KEEPERS)
        register_headroom(telling.headroom)
        register_products(telling.products)
        register_uses("values", telling.uses)
