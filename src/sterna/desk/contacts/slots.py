"""What a customer reads in the slots of a plan, such as on the monthly bill: text by what is known, or its default."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, QuerySet

from sterna.channels.base import ContentError
from sterna.channels.content import Used, fill
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.rendering import Person, people, told_of, view_of
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.plans.models import Plan
from sterna.desk.values.queries.newest import newest_run
from sterna.desk.web.spreadsheets import as_text

BATCH = 1_000
COLUMNS = ("customer", "id", "touchpoint", "slot", "shown", "text", "why")
_KNOWN = ("fact", "offer")


@dataclass(frozen=True)
class Filled:
    """A slot as one customer reads it. `missing` names the facts for want of which it shows its default.

    `why` says of each fact where it is from or why it is not said, and of a text that could not be filled, why not.
    """

    slot: str
    touchpoint: str
    text: str
    is_default: bool
    missing: tuple[str, ...]
    why: str


@dataclass
class Count:
    """How many read the text of a slot and how many its default, and how often each fact was what was missing."""

    slot: str
    touchpoint: str
    texts: int = 0
    defaults: int = 0
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, filled: Filled) -> None:
        """Count one customer more."""
        self.defaults += filled.is_default
        self.texts += not filled.is_default
        self.missing.update(filled.missing)


def fill_slots(
    document: Mapping[str, Any], person: Person, on: date, touchpoint: str | None = None
) -> list[Filled]:
    """The slots of a plan, or those at one touchpoint, for one person as of the day `on`.

    A slot shows its text where every fact that it uses is known, fresh and may be said, else its default. A text that
    cannot be filled for somebody shows the default too, and a default that cannot, nothing: a bill goes out as it is.
    """
    asked = (slot for slot in document.get("slots") or () if touchpoint in (None, slot["touchpoint"]))
    return [_filled(slot, person, on) for slot in asked]


def _filled(slot: Mapping[str, Any], person: Person, on: date) -> Filled:
    view = view_of(person, slot.get("uses") or [], on)
    context = told_of(person, view, "", on)
    why = [used.sentence() for used in view.used]
    missing = tuple(used.fact_class for used in view.used if not _is_known(used))
    texts = [] if missing else [(slot["text"] or "", False)]
    for text, is_default in (*texts, (slot["default"] or "", True)):
        try:
            said = fill(f"slot {slot['id']}", text, context)
        except ContentError as error:
            why.append(str(error))
        else:
            return Filled(slot["id"], slot["touchpoint"], said, is_default, missing, "; ".join(why))
    return Filled(slot["id"], slot["touchpoint"], "", True, missing, "; ".join(why))


def _is_known(used: Used) -> bool:
    return used.reason in _KNOWN


def filled_for(plan: Plan, customer: Customer) -> list[Filled]:
    """What one customer reads today in the slots of a version."""
    on = clock.today()
    person = people([customer.pk], on, newest_run())[customer.pk]
    return fill_slots(plan.definition.body, person, on)


def live_slots() -> Iterator[Plan]:
    """The plans in force that have slots."""
    live = Plan.objects.filter(state=Plan.State.LIVE).select_related("definition").order_by("name")
    return (plan for plan in live if plan.definition.body.get("slots"))


def readers() -> QuerySet[Customer]:
    """Everybody who can read a slot: who stands alone, and whom some source knows by a number to print."""
    numbered = SourceRecord.objects.exclude(kind="desk_record").filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Exists(numbered), redirects_to=None)


def filled(
    plan: Plan, customers: Iterable[UUID], touchpoint: str | None = None
) -> Iterator[tuple[Person, Filled]]:
    """What each of `customers` reads today, in their order, read a thousand at a time.

    Left out is who was merged away or erased since `customers` were listed: a long file is an hour behind its list.
    """
    on, run_id, left = clock.today(), newest_run(), iter(customers)
    while listed := list(islice(left, BATCH)):
        still = set(readers().filter(pk__in=listed).values_list("pk", flat=True))
        ids = [each for each in listed if each in still]
        found = people(ids, on, run_id)
        for each in ids:
            for one in fill_slots(plan.definition.body, found[each], on, touchpoint):
                yield found[each], one


def counts_of(plan: Plan, found: Iterable[tuple[Person, Filled]]) -> dict[str, Count]:
    """What `found` adds up to, a count for every slot of the version, in its order."""
    counts = {
        slot["id"]: Count(slot["id"], slot["touchpoint"]) for slot in plan.definition.body.get("slots") or ()
    }
    for _, one in found:
        counts[one.slot].add(one)
    return counts


def export(plan: Plan, path: Path, touchpoint: str | None = None) -> list[Count]:
    """Write what everybody reads today as CSV at `path`, for whoever prints it; returns the counts of its slots.

    The file is there whole or not at all. Raises Refused for a version without slots, or none at that touchpoint,
    and for a path in no folder.
    """
    slots = plan.definition.body.get("slots") or ()
    asked = [slot["id"] for slot in slots if touchpoint in (None, slot["touchpoint"])]
    if not asked:
        where = f" at the touchpoint {touchpoint!r}" if touchpoint else ""
        raise Refused(f"{plan} has no slot{where}")
    if path.is_dir() or not path.parent.is_dir():
        raise Refused(f"{path} cannot be written: name a file in a folder that is there")
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.unfinished")
    everybody = readers().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            counts = counts_of(plan, _written(writer, filled(plan, everybody, touchpoint)))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return [counts[name] for name in asked]


def _written(writer: Any, found: Iterable[tuple[Person, Filled]]) -> Iterator[tuple[Person, Filled]]:
    for person, one in found:
        shown = "default" if one.is_default else "text"
        told = (person.number, str(person.id), one.touchpoint, one.slot, shown, one.text, one.why)
        writer.writerow([as_text(cell) for cell in told])
        yield person, one
