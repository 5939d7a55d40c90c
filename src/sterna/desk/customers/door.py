"""What a fact must be to be kept: of a class in force, for one of its purposes, in its spelling."""

from datetime import date, timedelta
from typing import NamedTuple

from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import Tree, canonical

ORPHAN, GUARDED, SENSITIVE, PURPOSE, VALUE = "orphan", "never kept", "sensitive", "purpose", "value"


class Admitted(NamedTuple):
    """A fact's value in the spelling of its class, the class's sensitivity, and when the fact ends."""

    value: str
    sensitivity: str
    fresh_days: int | None


class Barred(NamedTuple):
    """Why a fact is not kept: a code, and a sentence that names the class and never the value."""

    code: str
    reason: str


def examine(tree: Tree, fact_class: str, value: str, purpose: str) -> Admitted | Barred:
    """Whether a fact of the class may be kept for the purpose, and how it is spelled."""
    if fact_class not in tree:
        said = (
            f"{fact_class} is an orphan: the taxonomy {tree.taxonomy.name} {tree.version} has no such class"
        )
        return Barred(ORPHAN, said)
    allowed = tree.purposes(fact_class)
    sensitivity = tree.sensitivity(fact_class)
    if not allowed:
        return Barred(GUARDED, f"{fact_class} is never kept")
    if purpose not in allowed:
        said = f"{fact_class} may be kept for {' or '.join(allowed)}, not for {purpose or 'no purpose'}"
        if tree.is_sensitive(fact_class):
            return Barred(SENSITIVE, f"{said}: it is sensitive ({sensitivity})")
        return Barred(PURPOSE, said)
    try:
        return Admitted(canonical(tree.at(fact_class), value), sensitivity, tree.freshness_days(fact_class))
    except BadInput:
        holds = tree.at(fact_class).holds
        return Barred(
            VALUE, f"{fact_class} holds {f'a {holds}' if holds else 'no values'}, and it was something else"
        )


def ends(observed_on: date, days: int | None) -> date | None:
    """When a fact that was observed on a day is stale; None when never."""
    try:
        return None if days is None else observed_on + timedelta(days=days)
    except OverflowError:
        return None
