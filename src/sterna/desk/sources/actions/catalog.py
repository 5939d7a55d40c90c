"""Adds sources, disables them, and declares which of their traits become facts."""

import re

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.sources.actions.keys import make_key
from sterna.desk.sources.mapping import SourceNamed
from sterna.desk.sources.models import KeyKind, Source
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

FIRST_KEY = "first"


@transaction.atomic
def ensure_source(
    named: SourceNamed, actor: User | None = None, reason: str = "named by a mapping"
) -> Source:
    """The source that a mapping names, made when there is none; raises Refused when it is known as another."""
    source, made = Source.objects.get_or_create(
        name=named.name,
        defaults={
            "title": named.title,
            "history": named.history,
            "identifier_kind": named.identifier_kind,
            "created_at": clock.now(),
        },
    )
    if made:
        record("added source", "source", source.name, actor, reason)
    for field in ("history", "identifier_kind"):
        before, now = getattr(source, field), getattr(named, field)
        if before != now:
            raise Refused(f"source {source.name} is known with {field} {before!r}; the mapping says {now!r}")
    return source


@transaction.atomic
def add_source(
    name: str, title: str, identifier_kind: str = "user_id", history: str = "live", actor: User | None = None
) -> tuple[Source, str]:
    """Add a source that sends events; returns it with its write key, which is shown this once and never again.

    A source that a mapping named before gets its first key this way. Raises Refused for one that has a key.
    """
    demand(actor, Right.ADMINISTER)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", name):
        raise Refused(f"source {name!r}: a name is lower-case letters, digits, '.', '_' and '-'")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", identifier_kind):
        raise Refused(f"kind {identifier_kind!r}: a kind is lower-case letters, digits and '_'")
    if history not in Source.History.values:
        raise Refused(f"history {history!r}: write one of {', '.join(Source.History.values)}")
    named = SourceNamed(name=name, title=title, identifier_kind=identifier_kind, history=history)  # type: ignore[arg-type]
    source = ensure_source(named, actor, "")
    if source.write_keys.exists():
        raise Refused(f"source {name} has a write key already")
    return source, make_key(source, FIRST_KEY, KeyKind.SECRET, actor)[1]


@transaction.atomic
def disable_source(source: Source, actor: User | None = None, reason: str = "") -> None:
    """Stop taking events from `source`; what it sent stays."""
    demand(actor, Right.ADMINISTER)
    source.enabled = False
    source.save(update_fields=["enabled"])
    record("disabled source", "source", source.name, actor, reason)


@transaction.atomic
def declare_trait(
    source: Source, trait: str, fact_class: str, purpose: str, actor: User | None = None
) -> None:
    """Let the trait of `source`'s identify calls become facts of a taxonomy class, kept for a purpose."""
    demand(actor, Right.ADMINISTER)
    if not trait or not fact_class or not purpose:
        raise Refused("a trait becomes a fact only with a taxonomy class and a purpose")
    source.traits = {**source.traits, trait: {"fact_class": fact_class, "purpose": purpose}}
    source.save(update_fields=["traits"])
    record("declared trait", "source", source.name, actor, detail={trait: source.traits[trait]})


@transaction.atomic
def set_strict(source: Source, strict: bool, actor: User | None = None, reason: str = "") -> None:
    """Have undeclared traits stripped from every event of `source` before anything is written, or not any more."""
    demand(actor, Right.ADMINISTER)
    source.strict = strict
    source.save(update_fields=["strict"])
    record("made source strict" if strict else "made source lenient", "source", source.name, actor, reason)
