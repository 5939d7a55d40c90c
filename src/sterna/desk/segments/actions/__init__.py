"""Writes about segments: definitions, schemes, memberships, and what a run found of moves and candidates."""

from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.actions.places import forget, publish_moves, record_places
from sterna.desk.segments.actions.schemes import publish_scheme

__all__ = ["forget", "publish_definition", "publish_moves", "publish_scheme", "record_places"]
