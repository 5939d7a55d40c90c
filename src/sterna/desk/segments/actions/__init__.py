"""Writes about segments: definitions, schemes, memberships, and what a run found of moves and candidates."""

from sterna.desk.segments.actions.announcing import announce
from sterna.desk.segments.actions.batches import apply_batch, carry, discard_batch, undo_batch
from sterna.desk.segments.actions.best_definitions import (
    By,
    arbitrate,
    define_best,
    publish_book,
    retire_best,
)
from sterna.desk.segments.actions.bests import forget_bests, publish_bests
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.actions.discoveries import (
    ask_discovery,
    end_discovery,
    fail_discovery,
    take_up_discovery,
    tell_discovery,
)
from sterna.desk.segments.actions.group_checks import answer_check, close_check, start_check
from sterna.desk.segments.actions.group_terms import publish_terms
from sterna.desk.segments.actions.groups import (
    Asked,
    approve,
    decline,
    judge,
    propose,
    propose_groups,
    review,
)
from sterna.desk.segments.actions.live import (
    KEEPING_UP,
    Laid,
    follow_inbox,
    lay_out,
    ring_timers,
    stop_following,
)
from sterna.desk.segments.actions.live_places import live_schemes, place_due, rules_on
from sterna.desk.segments.actions.overrides import end_override, set_override
from sterna.desk.segments.actions.places import forget, publish_moves, record_places
from sterna.desk.segments.actions.ruled import appoint, publish_ruled, retire_ruled
from sterna.desk.segments.actions.schemes import publish_scheme, refuse_scheme, retire_scheme
from sterna.desk.segments.actions.treatments import (
    publish_treated,
    publish_treatments,
    refuse_treatments,
    retire_treatments,
)

__all__ = [
    "KEEPING_UP",
    "Asked",
    "By",
    "Laid",
    "announce",
    "answer_check",
    "apply_batch",
    "appoint",
    "approve",
    "arbitrate",
    "ask_discovery",
    "carry",
    "close_check",
    "decline",
    "define_best",
    "discard_batch",
    "end_discovery",
    "end_override",
    "fail_discovery",
    "follow_inbox",
    "forget",
    "forget_bests",
    "judge",
    "lay_out",
    "live_schemes",
    "place_due",
    "propose",
    "propose_groups",
    "publish_bests",
    "publish_book",
    "publish_definition",
    "publish_moves",
    "publish_ruled",
    "publish_scheme",
    "publish_terms",
    "publish_treated",
    "publish_treatments",
    "record_places",
    "refuse_scheme",
    "refuse_treatments",
    "retire_best",
    "retire_ruled",
    "retire_scheme",
    "retire_treatments",
    "review",
    "ring_timers",
    "rules_on",
    "set_override",
    "start_check",
    "stop_following",
    "take_up_discovery",
    "tell_discovery",
    "undo_batch",
]
