"""What follows from what is known: rules from facts to inferred facts, with confidence and reasons."""

from sterna.engine.documents import sha
from sterna.engine.profiles.inference.book import (
    RuleBook,
    body,
    check_rules,
    load_rules,
    of_body,
    reads,
    schema,
)
from sterna.engine.profiles.inference.following import Inferred, follow
from sterna.engine.profiles.inference.standing import Statement, current, weight

__all__ = [
    "Inferred",
    "RuleBook",
    "Statement",
    "body",
    "check_rules",
    "current",
    "follow",
    "load_rules",
    "of_body",
    "reads",
    "schema",
    "sha",
    "weight",
]
