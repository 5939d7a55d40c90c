"""Reads how full the taxonomy is: as it was counted last, or counted now from every fact; and what follows from it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from sterna.desk.config import clock
from sterna.desk.customers.models import ClassCount
from sterna.desk.customers.queries.taxonomy import Use, classes, newest_taxonomy, uses

# One pass over the live facts; a fact counts for its class and for each class above it, once a customer.
_FILL = """
with closure as materialized (
    select item ->> 0 as descendant, item ->> 1 as ancestor from jsonb_array_elements(%(closure)s::jsonb) listed (item)
),
held as (
    select c.ancestor, r.customer_id, bool_or(f.expires_on is null or f.expires_on > %(on)s) as is_fresh,
        max(f.observed_on) as newest_on, count(*) filter (where c.ancestor = f.fact_class) as facts
    from customers_fact as f join customers_sourcerecord as r on r.id = f.source_record_id
    join closure as c on c.descendant = f.fact_class
    where f.retracted_at is null and f.observed_on <= %(on)s
    group by c.ancestor, r.customer_id
)
select ancestor, count(*) filter (where is_fresh), count(*), max(newest_on), sum(facts)::bigint
from held group by ancestor
"""
_POPULATION = "select count(*) from customers_customer where redirects_to_id is null"


class Filled(NamedTuple):
    """Customers with a fresh fact of a class or a finer one, with any at all, the newest day, facts of its own."""

    fresh: int = 0
    known: int = 0
    newest_on: date | None = None
    facts: int = 0


@dataclass(frozen=True)
class Counts:
    """How full the classes were on a day, of how many customers, and when that was counted (None: just now)."""

    by_class: dict[str, Filled]
    customers: int
    counted_at: datetime | None = None


@dataclass(frozen=True)
class ClassReport:
    """How full a class is on a day: customers with a fresh fact of it or a finer one, with any at all, of how many.

    `facts` are those of the class itself, `uses` what needs it, `collected` whether a source is set to bring it;
    `counted_at` is when the figures were counted, None where it was just now.
    """

    fact_class: str
    title: str
    level: int
    customers: int
    fresh: int
    known: int
    facts: int
    newest_on: date | None
    purposes: tuple[str, ...]
    sensitivity: str
    freshness_days: int | None
    kept: bool
    uses: tuple[Use, ...]
    collected: bool
    counted_at: datetime | None

    @property
    def fill(self) -> float | None:
        """The share of customers of whom something fresh is known; None without customers."""
        return self.fresh / self.customers if self.customers else None

    @property
    def stale(self) -> int:
        """Customers of whom only something old is known."""
        return self.known - self.fresh

    @property
    def is_used(self) -> bool:
        """Whether anything reads it; being collected is no use."""
        return any(not use.collects for use in self.uses)

    @property
    def is_needed(self) -> bool:
        """Whether something is missing where it is not known."""
        return any(use.importance > 0 for use in self.uses)


def class_reports(on: date | None = None) -> list[ClassReport]:
    """How full each class is, in the order of the taxonomy: as counted last, or counted now as of the day `on`.

    Without a count by the taxonomy in force it is counted now: a pass over all facts, seconds for a million of them.
    """
    tree = classes()
    counts = recount(on) if on else counted_last() or recount(clock.today())
    used: dict[str, list[Use]] = {}
    for use in uses():
        used.setdefault(use.fact_class, []).append(use)
    return [
        ClassReport(
            fact_class=name,
            title=tree.at(name).title,
            level=tree.level(name),
            customers=counts.customers,
            **counts.by_class.get(name, Filled())._asdict(),
            purposes=tree.purposes(name),
            sensitivity=tree.sensitivity(name),
            freshness_days=tree.freshness_days(name),
            kept=tree.may_keep(name),
            uses=tuple(used.get(name, ())),
            collected=any(use.collects for use in used.get(name, ())),
            counted_at=counts.counted_at,
        )
        for name in tree.ids()
    ]


def recount(on: date) -> Counts:
    """How full each class is on a day, from every fact."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, fill_parameters(on))
        counted = {name: Filled(*row) for name, *row in cursor.fetchall()}
        cursor.execute(_POPULATION)
        return Counts(counted, cursor.fetchone()[0])


def fill_parameters(on: date) -> dict[str, Any]:
    """What the one statement of the fill rates is given."""
    pairs = [(pair.descendant, pair.ancestor) for pair in classes().closure()]
    return {"closure": json.dumps(pairs), "on": on}


def counted_last() -> Counts | None:
    """The newest count by the taxonomy in force; None where there is none."""
    last = ClassCount.objects.filter(taxonomy=newest_taxonomy()).order_by("-id").first()
    if last is None:
        return None
    by_class = {
        name: Filled(fresh, known, newest and date.fromisoformat(newest), facts)
        for name, (fresh, known, newest, facts) in last.body.items()
    }
    return Counts(by_class, last.customers, last.counted_at)


def never_used(reports: Sequence[ClassReport] | None = None) -> list[ClassReport]:
    """Classes that hold facts, or are set to be collected, and that nothing uses; those with the most facts first.

    Of these reports, which a page has read already; else of those that were counted last.
    """
    every = class_reports() if reports is None else reports
    found = [one for one in every if (one.facts or one.collected) and not one.is_used]
    return sorted(found, key=lambda one: (-one.facts, one.fact_class))


def capture_plan(reports: Sequence[ClassReport] | None = None, enough: float = 0.5) -> list[ClassReport]:
    """Classes that something uses and of which too little is known, the emptiest first: what to collect next."""
    every = class_reports() if reports is None else reports
    found = [one for one in every if one.is_needed and one.kept and (one.fill or 0.0) < enough]
    return sorted(found, key=lambda one: (one.fill or 0.0, one.fact_class))
