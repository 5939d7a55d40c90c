"""What one customer is told: the pinned plan's message, filled with what is known of them on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.channels.base import Channel, Content, Rendered
from sterna.channels.content import Facts, FactView, Uses, personal_context
from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries import classes, standing
from sterna.desk.segments.treatment_queries import Treated, treated
from sterna.desk.values.models import Worth
from sterna.desk.values.queries.newest import looked_until

INDIVIDUAL = "individual"
# What a run measures of a customer can be told to them like a fact that somebody said.
TOP, ROOM = "shopping.top_category", "shopping.room_category"

_NUMBERS = """
select person.id, min(r.value collate "C")
from unnest(%s::uuid[]) as person(id)
join customers_customer as c on c.id = person.id or c.redirects_to_id = person.id
join customers_sourcerecord as r on r.customer_id = c.id and r.kind <> 'desk_record'
group by person.id
"""


@dataclass(frozen=True)
class Person:
    """What a message may know of a customer: a number to quote, and facts as (value, observed on) by class.

    `lines` are of each class itself and what stands above it, by the taxonomy in force when the facts were read.
    `treated` says how personally they are written to; None where no grid says so.
    """

    id: UUID
    number: str
    facts: Facts
    lines: Mapping[str, tuple[str, ...]]
    treated: Treated | None = None

    @property
    def is_written_to_alone(self) -> bool:
        """Whether a text may say what is known of them, their name too."""
        return self.treated is None or self.treated.personalization == INDIVIDUAL

    @property
    def segment(self) -> str:
        """The segment that a text may go by; empty where it is one for all, or where there is no grid."""
        return self.treated.segment if self.treated and self.treated.personalization != "none" else ""


@dataclass(frozen=True)
class Worded:
    """A message as it leaves, and which facts it used, each with its date or the reason for its fallback."""

    rendered: Rendered
    used_facts: list[dict[str, Any]]


def people(ids: Iterable[UUID], on: date, run_id: UUID | None = None) -> dict[UUID, Person]:
    """Customers by id with their facts as of `on`, in as many reads whatever their number.

    How personally they are written to is of the newest run. What the run `run_id` measured of them counts as observed
    on the last day that it looked at, and at the latest on the one before `on`.
    """
    wanted = list(ids)
    facts = _measured(wanted, on - timedelta(days=1), run_id)
    for customer, said in standing(wanted, on, even_expired=True).items():
        facts[customer] |= said
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [wanted])
        numbers = dict(cursor.fetchall())
    tree = classes()
    lines = {name: (name, *tree.ancestors(name)) for name in tree.ids()}
    levels = treated(wanted)
    return {
        each: Person(each, numbers.get(each, ""), facts[each], lines, levels.get(each)) for each in wanted
    }


def _measured(ids: list[UUID], on: date, run_id: UUID | None) -> dict[UUID, dict[str, tuple[str, date]]]:
    found: dict[UUID, dict[str, tuple[str, date]]] = {each: {} for each in ids}
    ended = looked_until(run_id) if run_id else None
    observed = on if ended is None else min(on, ended)
    for row in Worth.objects.filter(run_id=run_id, customer__in=ids) if run_id else []:
        for fact_class, value in ((TOP, row.top_category), (ROOM, row.room_category)):
            if value is not None:
                found[row.customer_id][fact_class] = (value, observed)
    return found


def word(
    document: Mapping[str, Any], asset: str, channel: Channel, person: Person, address: str, on: date
) -> Worded:
    """The message of `asset` in the plan `document` for `person`, as of the day `on`.

    Raises Refused when the plan has no such message, ContentError when it cannot be filled.
    """
    offered, message = _message(document, asset, channel.name)
    view = view_of(person, message.get("uses") or [], on)
    context = told_of(person, view, address, on) | {
        "offer": {"id": asset, "name": offered["title"], "kind": offered.get("kind", "")},
        "letter": {"date": on},
    }
    # The stored document names every part of every medium; those that the author left empty are not his text.
    written = {part: text for part, text in message["variants"][channel.name].items() if text is not None}
    rendered = channel.render(Content(written, context))
    return Worded(rendered, [_as_json(used) for used in view.used])


def told_of(person: Person, view: FactView, address: str, on: date) -> dict[str, Any]:
    """What any text may name: the customer, the company, the facts in view, the segment and the day."""
    return {
        "customer": {"number": person.number, "name": _name(person), "address": address},
        "company": {"name": options.text("STERNA_COMPANY"), "address": _company_address()},
        "facts": view.values,
        "segment": {"name": person.segment},
        "today": on.isoformat(),
    }


def view_of(person: Person, uses: Uses, on: date) -> FactView:
    """What the text may say of the person; where the level of treatment forbids it, what stands there instead."""
    if person.is_written_to_alone:
        return personal_context(person.facts, uses, on, person.lines)
    values, used = personal_context({}, uses, on, person.lines)
    return FactView(values, tuple(replace(each, reason="level") for each in used))


def _message(
    document: Mapping[str, Any], asset: str, medium: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    offered = next((each for each in document["assets"] if each["id"] == asset), None)
    if offered is None:
        raise Refused(f"the plan {document['plan']} has no asset {asset!r}")
    message = next((each for each in document["messages"] if each["id"] == offered.get("message")), None)
    if message is None or not message["variants"].get(medium):
        raise Refused(f"the plan {document['plan']} has no text by {medium} for {asset!r}")
    return offered, message


def _name(person: Person) -> str:
    """The customer's name where a source gave one; messages have a greeting without it."""
    value, _ = person.facts.get("name.full", ("", None)) if person.is_written_to_alone else ("", None)
    return str(value or "")


def _company_address() -> list[str]:
    return [line.strip() for line in options.text("STERNA_COMPANY_ADDRESS").split(";") if line.strip()]


def _as_json(used: Any) -> dict[str, Any]:
    return {
        "name": used.name,
        "class": used.fact_class,
        "value": used.value,
        "reason": used.reason,
        "observed_on": used.observed_on.isoformat() if used.observed_on else None,
        "sentence": used.sentence(),
    }
