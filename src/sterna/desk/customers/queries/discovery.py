"""Reads what is worth learning of a customer next: what plans and rules need, is not known and may be asked."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from sterna.desk.config import clock
from sterna.desk.customers.models import Customer, CustomerRequest
from sterna.desk.customers.queries.taxonomy import Use, classes, uses
from sterna.engine.taxonomy import Tree

Lack = Literal["missing", "stale", "guessed"]
# What is guessed or was known once is worth less to ask than what nobody knows.
_LEFT: Mapping[Lack, float] = {"missing": 1.0, "stale": 0.75, "guessed": 0.5}

# What is known of each customer of the classes asked about: said and fresh, only inferred, only stale; a no is known.
_HELD = """
select r.customer_id, f.fact_class,
    case when bool_or(f.rule = '' and (f.expires_on is null or f.expires_on > %(on)s)) then 'known'
        when bool_or(f.expires_on is null or f.expires_on > %(on)s) then 'guessed' else 'stale' end
from customers_sourcerecord as r join customers_fact as f on f.source_record_id = r.id
where r.customer_id = any(%(customers)s::uuid[]) and f.fact_class = any(%(classes)s)
    and f.retracted_at is null and f.observed_on <= %(on)s
group by r.customer_id, f.fact_class
"""
_QUIET = """
select r.customer_id, q.fact_class, max(q.quiet_until)
from customers_sourcerecord as r join customers_question as q on q.source_record_id = r.id
where r.customer_id = any(%(customers)s::uuid[]) and q.quiet_until > %(on)s
    and (q.asked_at at time zone 'UTC')::date <= %(on)s
group by r.customer_id, q.fact_class
"""

Headroom = Callable[[Collection[UUID]], Mapping[UUID, Decimal | None]]
_headroom: dict[str, Headroom] = {}


def register_headroom(provider: Headroom) -> None:
    """Have an upper app tell the headroom of customers; called in `ready()`, the last one counts."""
    _headroom["values"] = provider


@dataclass(frozen=True)
class NextQuestion:
    """A fact worth learning: of which class and why, what is lacking, and who could ask in which words where.

    `worth` is the customer's headroom times how much the fact is needed; None where the headroom is unknown, which is
    not zero. `words` are by touchpoint.
    """

    fact_class: str
    title: str
    lack: Lack
    need: float
    worth: float | None
    asks: str
    words: Mapping[str, str]
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class FollowUp:
    """What to ask after a request of some type, and in which words."""

    fact_class: str
    title: str
    words: str


def next_questions(
    customer: Customer, on: date | None = None, touchpoint: str = "", most: int = 5
) -> list[NextQuestion]:
    """What is worth learning of a customer next, the most worth first; at a `touchpoint` only what has words for it."""
    return questions_of([customer.pk], on, touchpoint, most)[customer.pk]


def questions_of(
    customers: Collection[UUID], on: date | None = None, touchpoint: str = "", most: int = 1
) -> dict[UUID, list[NextQuestion]]:
    """The same for many customers in three reads, each with its `most` questions."""
    day, tree = on or clock.today(), classes()
    needed = _needed(tree, touchpoint)
    given: dict[str, Any] = {
        "customers": [str(each) for each in customers],
        "classes": list(needed),
        "on": day,
    }
    held: dict[tuple[UUID, str], str] = {}
    quiet: set[tuple[UUID, str]] = set()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, given)
        held = {(customer, name): state for customer, name, state in cursor.fetchall()}
        cursor.execute(_QUIET, given)
        quiet = {(customer, name) for customer, name, _ in cursor.fetchall()}
    room = _headroom["values"](customers) if _headroom else {}
    return {
        each: _ranked(
            tree,
            {name: using for name, using in needed.items() if (each, name) not in quiet},
            {name: state for name in needed if (state := held.get((each, name)))},
            room.get(each),
            touchpoint,
        )[:most]
        for each in customers
    }


def _needed(tree: Tree, touchpoint: str) -> dict[str, tuple[Use, ...]]:
    """The classes that something needs, that hold values, may be kept, and can be asked for (at a touchpoint)."""
    found: dict[str, tuple[Use, ...]] = {}
    for use in uses():
        name = use.fact_class
        asked_for = use.importance > 0 and name in tree and tree.at(name).holds and tree.may_keep(name)
        if asked_for and _words(tree, name, touchpoint):
            found[name] = (*found.get(name, ()), use)
    return found


def _words(tree: Tree, name: str, touchpoint: str) -> dict[str, str]:
    places = (
        [touchpoint]
        if touchpoint
        else sorted({each for one in tree.ids() for each in tree.at(one).questions})
    )
    found = {place: tree.question(name, place) for place in places}
    return {place: words for place, words in found.items() if words}


def _ranked(
    tree: Tree,
    needed: Mapping[str, tuple[Use, ...]],
    held: Mapping[str, str],
    headroom: Decimal | None,
    touchpoint: str,
) -> list[NextQuestion]:
    found = []
    for name, using in needed.items():
        state = held.get(name, "missing")
        if state == "known":
            continue
        lack: Lack = state  # type: ignore[assignment]
        need = _need(using) * _LEFT[lack]
        found.append(
            NextQuestion(
                fact_class=name,
                title=tree.at(name).title,
                lack=lack,
                need=need,
                worth=None if headroom is None else float(headroom) * need,
                asks=max(using, key=lambda use: use.importance).owner,
                words=_words(tree, name, touchpoint),
                uses=using,
            )
        )
    return sorted(found, key=lambda one: (-one.need, one.fact_class))


def _need(using: Collection[Use]) -> float:
    """How much a fact is needed: more with every use, never above 1."""
    left = 1.0
    for use in using:
        left *= 1.0 - use.importance
    return round(1.0 - left, 6)


def is_quiet(customer: UUID, fact_class: str, on: date) -> date | None:
    """The day until which a customer is not asked for a class again; None when it may be asked."""
    with connection.cursor() as cursor:
        cursor.execute(_QUIET, {"customers": [str(customer)], "on": on})
        return next((until for _, name, until in cursor.fetchall() if name == fact_class), None)


def follow_ups(request: CustomerRequest, on: date | None = None) -> list[FollowUp]:
    """What to ask who made the request: what the taxonomy has for its kind and is neither known nor in its cool-off."""
    day, tree = on or clock.today(), classes()
    customer = request.source_record.customer_id
    listed = tree.follow_ups(request.kind)
    given: dict[str, Any] = {"customers": [str(customer)], "classes": [name for name, _ in listed], "on": day}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, given)
        known = {name for _, name, state in cursor.fetchall() if state == "known"}
    return [
        FollowUp(name, tree.at(name).title, words)
        for name, words in listed
        if name not in known and tree.may_keep(name) and is_quiet(customer, name, day) is None
    ]
