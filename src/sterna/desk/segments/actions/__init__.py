"""Writes about segments: definitions, schemes, memberships, and what a run found of moves and candidates."""

from sterna.desk.segments.actions.best_definitions import (
    By,
    arbitrate,
    define_best,
    publish_book,
    retire_best,
)
from sterna.desk.segments.actions.bests import forget_bests, publish_bests
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.actions.places import forget, publish_moves, record_places
from sterna.desk.segments.actions.ruled import appoint, publish_ruled
from sterna.desk.segments.actions.schemes import publish_scheme

__all__ = [
    "By",
    "appoint",
    "arbitrate",
    "define_best",
    "forget",
    "forget_bests",
    "publish_bests",
    "publish_book",
    "publish_definition",
    "publish_moves",
    "publish_ruled",
    "publish_scheme",
    "record_places",
    "retire_best",
]
