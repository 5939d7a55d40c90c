"""Counts whom rules hold of in what a run left, at once, so that a rule can be written by looking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sterna.desk.customers.queries import classes
from sterna.desk.lakehouse.lake_query import SECONDS, Limits, lake_query
from sterna.desk.segments.panel import Files
from sterna.engine.rules import Rule, compile_rules

EXAMPLES = 10
LIMITS = Limits(threads=2, memory="2GB")
_HITS = """
with closure as (
    select unnest(cast($ancestors as varchar[])) as ancestor, unnest(cast($descendants as varchar[])) as descendant
)
select * from ({rules})
"""
# Numbers follow the ids, and these the days on which customers came: a scattered few are of all ages.
_COUNTED = """
with asked as materialized ({hits}),
few as (select customer_id as n from asked where hits[{shown}] = '1' order by hash(customer_id) limit {limit})
select hits, count(*), cast(null as varchar) from asked group by hits
union all
select cast(null as varchar), 0, people.customer_id from people join few on few.n = people.n
"""


@dataclass(frozen=True)
class Counted:
    """How many customers there are, of how many each rule holds, and some of whom one of them does.

    `taken` counts each customer once, at the first rule that holds; of whom none does, nowhere.
    """

    customers: int
    holds: tuple[int, ...]
    taken: tuple[int, ...]
    examples: tuple[UUID, ...]


def count(rules: Sequence[Rule], panel: Files, on: date, shown: int = 0, seconds: float = SECONDS) -> Counted:
    """Of how many customers each rule holds, as of `on`, the first day that is not included; examples are of `shown`.

    `panel` is what `panel.lay_out` made of a run. Raises Refused when it takes longer than `seconds`.
    """
    sql, parameters = compile_rules(rules, on, "shelves")
    closure = classes().closure()
    parameters["ancestors"] = [pair.ancestor for pair in closure]
    parameters["descendants"] = [pair.descendant for pair in closure]
    asked = _COUNTED.format(hits=_HITS.format(rules=sql), limit=EXAMPLES, shown=shown + 1)
    found = lake_query(asked, panel, parameters, rows=1 << 20, seconds=seconds, limits=LIMITS)
    patterns = [(letters, number) for letters, number, _ in found if letters is not None]
    held, taken = [0] * len(rules), [0] * len(rules)
    for letters, number in patterns:
        hits = [place for place, letter in enumerate(letters) if letter == "1"]
        for place in hits:
            held[place] += number
        for place in hits[:1]:
            taken[place] += number
    examples = tuple(UUID(one) for letters, _, one in found if letters is None)
    return Counted(sum(number for _, number in patterns), tuple(held), tuple(taken), examples)
