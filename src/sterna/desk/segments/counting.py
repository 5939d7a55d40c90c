"""Counts whom rules hold of in what a run left, at once, so that a rule can be written by looking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sterna.desk.customers.queries import classes
from sterna.desk.lakehouse.lake_query import Limits, lake_query
from sterna.engine.rules import Rule, compile_rules

# What a rule can read, by name; `closure` is that of the taxonomy in force now, so that a new class can be asked for.
READS = (
    *("customers", "current_facts", "purchases", "clean_lines", "products", "happenings"),
    *("values", "values_before", "consents", "memberships"),
)
EXAMPLES = 10
LIMITS = Limits(threads=2, memory="2GB", empty=True)
_HITS = """
with closure as (
    select unnest(cast($ancestors as varchar[])) as ancestor, unnest(cast($descendants as varchar[])) as descendant
)
select * from ({rules})
"""
_PATTERNS = "with asked as ({hits}) select hits, count(*) from asked group by hits"
# The end of an id is random, its beginning is when the customer came: so the examples are of all ages.
_EXAMPLES = """
with asked as ({hits})
select customer_id from asked where substr(hits, $letter, 1) = '1'
order by reverse(customer_id) limit {limit}
"""


@dataclass(frozen=True)
class Counted:
    """How many customers there are, of how many each rule holds, and some of whom the first one does."""

    customers: int
    holds: tuple[int, ...]
    examples: tuple[UUID, ...]


def count(rules: Sequence[Rule], tables: Mapping[str, Sequence[str]], on: date) -> Counted:
    """Of how many customers each rule holds, as of `on`, the first day that is not included.

    `tables` are the Parquet files of what a run left; one that is missing is read as empty. Raises Refused when it
    takes too long, LakeMissing when a file is gone.
    """
    sql, parameters = compile_rules(rules, on)
    closure = classes().closure()
    parameters |= {
        "ancestors": [pair.ancestor for pair in closure],
        "descendants": [pair.descendant for pair in closure],
    }
    files = {name: list(tables.get(name, ())) for name in READS}
    hits = _HITS.format(rules=sql)
    patterns = lake_query(_PATTERNS.format(hits=hits), files, parameters, rows=1 << 20, limits=LIMITS)
    held = tuple(
        sum(number for letters, number in patterns if letters[place] == "1") for place in range(len(rules))
    )
    examples: Iterable[tuple[str]] = ()
    if rules and held[0]:
        asked = _EXAMPLES.format(hits=hits, limit=EXAMPLES)
        examples = lake_query(asked, files, {**parameters, "letter": 1}, limits=LIMITS)
    return Counted(sum(number for _, number in patterns), held, tuple(UUID(one) for (one,) in examples))
