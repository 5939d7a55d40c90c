"""Registers the app `segments`."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Schemes, their definitions, memberships and moves."""

    name = "sterna.desk.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell how memberships follow a merge of customers."""
        from sterna.desk.config import events
        from sterna.desk.config.personal import register as register_personal
        from sterna.desk.customers import signals
        from sterna.desk.customers.following import Following, ReadsThrough, register
        from sterna.desk.customers.queries.taxonomy import register_uses
        from sterna.desk.segments.actions import following as actions
        from sterna.desk.segments.actions import live
        from sterna.desk.segments.personal import KEEPERS
        from sterna.desk.segments.ruled_queries import users_of_classes
        from sterna.desk.segments.signals import Moved

        register(Following("segments.Membership", actions.join, actions.part))
        for model in ("segments.Move", "segments.Candidate", "segments.BestMember", "segments.Treatment"):
            register(ReadsThrough(model, "what a run found stays with whom it found it of"))
        register(
            ReadsThrough("segments.Override", "a run takes what was said of either side for who is left")
        )
        for model in ("GroupJudgement", "GroupChange", "GroupReason"):
            register(
                ReadsThrough(f"segments.{model}", "groups read what was said of all who became one customer")
            )
        for model in ("CheckCustomer", "CheckAnswer"):
            register(
                ReadsThrough(f"segments.{model}", "what was judged blind stays with whom it was judged of")
            )
        for event, handler in (
            (signals.InboxActed, live.inbox_acted),
            (signals.FactsChanged, live.facts_changed),
            (signals.PreferencesChanged, live.preferences_changed),
            (signals.HouseholdsChanged, live.households_changed),
            (signals.CustomersMerged, live.merged),
            (signals.CustomersSplit, live.split),
            (Moved, live.moved),
        ):
            events.subscribe(event, handler)  # type: ignore[arg-type]
        for model in ("Rollup", "Mixed", "Due", "Timer", "NewDeed"):
            register(ReadsThrough(f"segments.{model}", "who reads it takes all customers who became one"))
        register_personal(*KEEPERS)
        register_uses("segments", users_of_classes)
