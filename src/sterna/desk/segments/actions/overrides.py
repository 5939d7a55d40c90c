"""What a person says of one customer's place: a floor, a ceiling or a lock, with a reason and the day it ends on."""

from datetime import date
from uuid import UUID

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import cluster_ids
from sterna.desk.segments.models import Override
from sterna.desk.segments.tier_queries import overrides_in_force, schemes_in_force
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments import scheme_of

LONGEST_REASON = 300


@transaction.atomic
def set_override(
    customer: UUID, scheme: str, kind: str, place: str, ends_on: date, actor: User | None, reason: str
) -> Override:
    """Say that from today until before `ends_on` a place is the least, the highest or the only one; runs go by it.

    Raises Refused without a reason, for a scheme, a place or a day that makes no sense, and for a second one at a time.
    """
    said = _why(actor, reason)
    # Two at once would both find none in force.
    person = Customer.objects.select_for_update().filter(pk=customer, redirects_to=None).first()
    if person is None:
        raise Refused("there is no such customer")
    _refuse_strange(scheme, kind, place)
    today = clock.today()
    if ends_on <= today:
        raise Refused(f"it ends on {ends_on}, which is not after today: say a later day")
    standing = overrides_in_force().filter(customer__in=cluster_ids(person), scheme=scheme).first()
    if standing is not None:
        raise Refused(
            f"there is a {standing.kind} at {standing.place} until {standing.ends_on}: end it first"
        )
    made = Override.objects.create(
        customer=person, scheme=scheme, kind=kind, place=place, begins_on=today, ends_on=ends_on, reason=said,
        set_by=actor, set_at=clock.now(),
    )  # fmt: skip
    _write_down("set tier override", made, actor, said)
    return made


@transaction.atomic
def end_override(pk: UUID, actor: User | None, reason: str) -> Override:
    """End what was said as of today; the next run goes by the amount and the terms of the scheme again."""
    said = _why(actor, reason)
    standing = Override.objects.select_for_update().filter(pk=pk).first()
    if standing is None or standing.ends_on <= clock.today():
        raise Refused("it is not in force any more")
    standing.ends_on, standing.ended_at = max(clock.today(), standing.begins_on), clock.now()
    standing.save(update_fields=["ends_on", "ended_at"])
    _write_down("end tier override", standing, actor, said)
    return standing


def _why(actor: User | None, reason: str) -> str:
    demand(actor, Right.MANAGE)
    said = reason.strip()
    if not said:
        raise Refused("write why: the audit keeps it")
    if len(said) > LONGEST_REASON:
        raise Refused(f"the reason has {len(said)} letters: say it in {LONGEST_REASON}")
    return said


def _refuse_strange(scheme: str, kind: str, place: str) -> None:
    found = next((one for one in schemes_in_force() if one.name == scheme), None)
    if found is None:
        raise Refused(f"no scheme {scheme} is in force")
    if kind not in Override.Kind.values:
        raise Refused("it is a floor, a ceiling or a lock")
    places = [band.place for band in scheme_of(found.body).bands]
    if place not in places and (place != "none" or kind == Override.Kind.FLOOR):
        raise Refused(f"{place} is no tier of {scheme}: its tiers are {', '.join(places)}")


def _write_down(verb: str, one: Override, actor: User | None, reason: str) -> None:
    detail = {"scheme": one.scheme, "kind": one.kind, "place": one.place, "ends_on": str(one.ends_on)}
    record(verb, "customer", str(one.customer_id), actor, reason, detail)
