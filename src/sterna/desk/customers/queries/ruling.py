"""Reads the rules of identification that hold here: of each kind, and what is nobody's."""

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from sterna.desk.customers.models import BlockedValue, IdentifierKind, SourceRecord
from sterna.desk.customers.queries.graphs import rules
from sterna.desk.customers.rules import DEFAULTS, DESK, Rule, Rules
from sterna.desk.sources.lake_rows import ANONYMOUS
from sterna.desk.sources.models import Source

NEWEST, EXAMPLES = 10_000, 5
# From one kind of the index to the next: a table of millions has a handful of them.
_IN_USE = """
with recursive used as (
    (select kind from customers_sourcerecord order by kind limit 1)
    union all
    select (select r.kind from customers_sourcerecord as r where r.kind > used.kind order by r.kind limit 1)
    from used where used.kind is not null
)
select kind from used where kind is not null
"""


@dataclass(frozen=True)
class KindRule:
    """How identifiers of a kind join here; `own` when this installation said so itself.

    `secret_only`: what comes with a public key is not looked at for identifiers of the kind.
    """

    kind: str
    rule: Rule
    own: bool
    secret_only: bool


@dataclass(frozen=True)
class Blockade:
    """How many of the newest identifiers a value or a pattern fits, of how many, and a few of them."""

    fitting: int
    of: int
    examples: tuple[str, ...]


def kind_rules() -> list[KindRule]:
    """The rule of every kind that is shipped, declared, or in use, the one that is kept to first in front."""
    held, own = rules(), set(IdentifierKind.objects.values_list("kind", flat=True))
    of_sources = set(Source.objects.values_list("identifier_kind", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_IN_USE)
        used = {kind for (kind,) in cursor.fetchall()}
    kinds = (used | own | of_sources | DEFAULTS.keys()) - {DESK}
    found = [
        KindRule(kind, held.of(kind), kind in own, kind != ANONYMOUS and kind not in of_sources)
        for kind in kinds
    ]
    return sorted(found, key=lambda each: (each.rule.priority, each.kind))


def blocked_values() -> QuerySet[BlockedValue]:
    """What is nobody's here, beside what Sterna blocks by itself."""
    return BlockedValue.objects.order_by("is_pattern", "value")


def would_block(value: str, is_pattern: bool) -> Blockade:
    """Which of the newest identifiers a value or a pattern would have left out; one that is no pattern fits none."""
    newest = list(SourceRecord.objects.order_by("-pk").values_list("value", flat=True)[:NEWEST])
    said = value.strip()
    try:
        held = Rules(patterns=(said,)) if is_pattern else Rules(values=frozenset({said.lower()}))
        fitting = [each for each in newest if held.blocks(each)] if said else []
    except re.error:
        fitting = []
    shipped = Rules()
    fitting = [each for each in fitting if not shipped.blocks(each)]
    return Blockade(len(fitting), len(newest), tuple(fitting[:EXAMPLES]))
