"""Writes about segments: definitions, schemes, memberships, and what a run found of moves and candidates."""

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
from sterna.desk.segments.actions.overrides import end_override, set_override
from sterna.desk.segments.actions.places import forget, publish_moves, record_places
from sterna.desk.segments.actions.ruled import appoint, publish_ruled, retire_ruled
from sterna.desk.segments.actions.schemes import publish_scheme, refuse_scheme, retire_scheme

__all__ = [
    "By",
    "apply_batch",
    "appoint",
    "arbitrate",
    "carry",
    "define_best",
    "discard_batch",
    "end_override",
    "forget",
    "forget_bests",
    "publish_bests",
    "publish_book",
    "publish_definition",
    "publish_moves",
    "publish_ruled",
    "publish_scheme",
    "record_places",
    "refuse_scheme",
    "retire_best",
    "retire_ruled",
    "retire_scheme",
    "set_override",
    "undo_batch",
]
