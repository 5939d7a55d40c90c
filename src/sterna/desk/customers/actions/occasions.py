"""Keeps the register of occasions and life events: what, when in the year, by whose word, and whether we may act."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.taxonomy import in_force
from sterna.desk.customers.door import Barred, ends, examine
from sterna.desk.customers.models import Fact, Occasion, SourceRecord
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.profiles.occasions import is_day, quiet_days, read_when, recurs

LONGEST_WHOSE = 120


@dataclass(frozen=True)
class Told:
    """An occasion as it is told: a class of the taxonomy that holds a date or month, and when in the year it is.

    `yearly` None leaves it to the class: a birthday comes again, a wedding in the family does not.
    """

    fact_class: str
    month: int
    day: int | None = None
    year: int | None = None
    yearly: bool | None = None
    whose: str = ""
    consent: bool | None = None
    quiet_until: date | None = None


@transaction.atomic
def add_occasion(filed: SourceRecord, told: Told, source: str, actor: User | None) -> Occasion:
    """Register an occasion of whoever has the source record `filed`; the same one again is one.

    A death keeps everything promotional from the customer for a while. Raises Refused without the right, for a class
    that is none or may not be kept, for no day of the calendar, and for one that does not come again without a year.
    """
    demand(actor, Right.WORK_CONTACTS)
    if not is_day(told.year, told.month, told.day):
        raise Refused("this is no day or month of the calendar")
    if len(told.whose) > LONGEST_WHOSE:
        raise Refused(f"say whose it is in at most {LONGEST_WHOSE} letters")
    tree = in_force().classes
    purpose = next(iter(tree.purposes(told.fact_class)), "") if told.fact_class in tree else ""
    value = f"{told.year or 2000:04}-{told.month:02}" + (
        f"-{told.day or 1:02}" if _holds_date(told.fact_class) else ""
    )
    answer = examine(tree, told.fact_class, value, purpose)
    if isinstance(answer, Barred):
        raise Refused(answer.reason)
    yearly = recurs(told.fact_class) if told.yearly is None else told.yearly
    if told.year is None and not yearly:
        raise Refused("say in which year it is: it does not come again")
    same = _same(filed, told)
    if same is not None:
        return same
    stored = Occasion.objects.create(
        source_record=filed,
        fact_class=told.fact_class,
        whose=told.whose,
        month=told.month,
        day=told.day,
        year=told.year,
        yearly=yearly,
        source=source,
        consent=told.consent,
        sensitivity=answer.sensitivity,
        quiet_until=told.quiet_until or _quiet_until(told),
        recorded_at=clock.now(),
        recorded_by=actor,
    )
    record("add occasion", "customer", str(filed.customer_id), actor, detail={"class": told.fact_class})
    return stored


def _holds_date(fact_class: str) -> bool:
    tree = in_force().classes
    return fact_class in tree and tree.at(fact_class).holds == "date"


def _same(filed: SourceRecord, told: Told) -> Occasion | None:
    same: dict[str, Any] = {"month": told.month, "day": told.day, "year": told.year, "whose": told.whose}
    found = Occasion.objects.filter(
        source_record__customer=filed.customer_id, fact_class=told.fact_class, retracted_at=None, **same
    )
    return found.first()


def _quiet_until(told: Told) -> date | None:
    """From the day it is heard of or was, whichever is later: grief does not end because somebody told us late."""
    days = quiet_days(told.fact_class)
    if days is None:
        return None
    when = date(told.year, told.month, told.day or 1) if told.year else clock.today()
    return ends(max(when, clock.today()), days)


def from_fact(fact: Fact, actor: User | None) -> Occasion | None:
    """The occasion that a fact with a date or month makes; None for a fact of another kind."""
    tree = in_force().classes
    when = read_when(tree.at(fact.fact_class).holds, fact.value) if fact.fact_class in tree else None
    if when is None:
        return None
    year, month, day = when
    told = Told(fact.fact_class, month, day, year)
    made = add_occasion(fact.source_record, told, fact.source, actor)
    Occasion.objects.filter(pk=made.pk, fact=None).update(fact=fact)
    return made


@transaction.atomic
def retract_occasion(occasion: Occasion, reason: str, actor: User | None) -> Occasion:
    """Take an occasion out of the register; the row stays. A second time does nothing.

    Raises Refused without the right or a reason.
    """
    demand(actor, Right.WORK_CONTACTS)
    if not reason.strip():
        raise Refused("write why it is taken out")
    held = Occasion.objects.select_for_update().get(pk=occasion.pk)
    if held.retracted_at is None:
        held.retracted_at, held.retracted_by, held.retracted_reason = clock.now(), actor, reason
        held.save(update_fields=["retracted_at", "retracted_by", "retracted_reason"])
        record("retract occasion", "occasion", str(held.pk), actor, reason)
    return held
