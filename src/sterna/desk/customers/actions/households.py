"""Puts customers into households: by somebody's decision, by what a source says, or by what is known of both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, events
from sterna.desk.config.refused import Refused
from sterna.desk.customers.following import Memo
from sterna.desk.customers.models import Customer, Household, HouseholdMember, SourceRecord
from sterna.desk.customers.signals import HouseholdsChanged
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

# A fact of this class names the household of whom it is said of, in the words of its source.
HOUSEHOLD_CLASS = "household.id"

_NAMED = """
create temp table named_households on commit drop as
select distinct on (r.customer_id) r.customer_id, left(f.source || '/household:' || f.value, 340) as key
from customers_fact as f join customers_sourcerecord as r on r.id = f.source_record_id
where f.fact_class = %(class)s and f.source = %(source)s and f.recorded_at = %(at)s
    and f.retracted_at is null
order by r.customer_id, f.observed_on desc, f.id desc
"""
_MADE = """
insert into customers_household (id, key, created_at)
select gen_random_uuid(), key, %(at)s from named_households group by key on conflict (key) do nothing
"""
# What somebody decided stands against what a file says.
_LEFT = """
update customers_householdmember as m set until = %(at)s
from named_households as n join customers_household as h on h.key = n.key
where m.customer_id = n.customer_id and m.until is null and m.household_id <> h.id and m.how <> 'steward'
"""
_JOINED = """
insert into customers_householdmember (household_id, customer_id, how, reason, since)
select h.id, n.customer_id, 'import', '', %(at)s
from named_households as n join customers_household as h on h.key = n.key
where not exists (
    select 1 from customers_householdmember as m where m.customer_id = n.customer_id and m.until is null
)
order by n.customer_id
"""


def gather(source: str, at: datetime) -> None:
    """Put customers into the households that `source` named in the facts recorded at `at`."""
    values: dict[str, Any] = {"class": HOUSEHOLD_CLASS, "source": source, "at": at}
    with connection.cursor() as cursor:
        for statement in (_NAMED, _MADE, _LEFT, _JOINED):
            cursor.execute(statement, values)
        cursor.execute("drop table named_households")


@transaction.atomic
def form_household(customers: Sequence[Customer], reason: str, actor: User | None) -> Household:
    """Let customers live together: in the household that one of them has, else in a new one.

    Raises Refused without the right or a reason, for fewer than two customers, and for two households.
    """
    demand(actor, Right.STEWARD)
    if not reason.strip():
        raise Refused("write why they are one household")
    return unite([customer.pk for customer in customers], HouseholdMember.How.STEWARD, reason, actor)


def unite(customers: Sequence[UUID], how: str, reason: str, actor: User | None = None) -> Household:
    """Put customers into one household, inside the caller's transaction; raises Refused where it cannot be one."""
    # In one order, so that two who form households at once wait for each other and not in a circle.
    held = Customer.objects.select_for_update().filter(pk__in=customers, redirects_to=None).order_by("pk")
    found = [customer.pk for customer in held]
    if len(found) < 2:
        raise Refused("a household has at least two customers who stand for themselves")
    there = HouseholdMember.objects.filter(customer__in=found, until=None)
    homes = dict(there.values_list("customer_id", "household_id"))
    if len(set(homes.values())) > 1:
        raise Refused("they live in two households already: let one of them leave first")
    home = Household.objects.get(pk=next(iter(homes.values()))) if homes else _new(found)
    joining = [pk for pk in found if pk not in homes]
    HouseholdMember.objects.bulk_create(
        HouseholdMember(
            household=home, customer_id=pk, how=how, reason=reason, actor=actor, since=clock.now()
        )
        for pk in joining
    )
    if joining:
        events.publish(HouseholdsChanged(tuple(found)))
        record(
            "form household",
            "household",
            str(home.pk),
            actor,
            reason,
            {"joined": [str(pk) for pk in joining]},
        )
    return home


def _new(customers: Sequence[UUID]) -> Household:
    first = SourceRecord.objects.filter(customer__in=customers).order_by("sequence").first()
    named = first.key if first else str(customers[0])
    return Household.objects.get_or_create(key=f"household:{named}", defaults={"created_at": clock.now()})[0]


@transaction.atomic
def leave_household(customer: Customer, reason: str, actor: User | None) -> None:
    """Let a customer live alone again; raises Refused without the right, a reason or a household."""
    demand(actor, Right.STEWARD)
    if not reason.strip():
        raise Refused("write why they live alone")
    stay = HouseholdMember.objects.select_for_update().filter(customer=customer, until=None).first()
    if stay is None:
        raise Refused("this customer is in no household")
    left = HouseholdMember.objects.filter(household=stay.household_id, until=None)
    events.publish(HouseholdsChanged(tuple(left.values_list("customer", flat=True))))
    stay.until = clock.now()
    stay.save(update_fields=["until"])
    record("leave household", "household", str(stay.household_id), actor, reason, {"left": str(customer.pk)})


def join(kept: UUID, gone: UUID, at: datetime) -> Memo | None:
    """The one that stays keeps its household; if it has none it takes the other's."""
    stay = HouseholdMember.objects.filter(customer=gone, until=None).first()
    if stay is None:
        return None
    HouseholdMember.objects.filter(pk=stay.pk).update(until=at)
    if HouseholdMember.objects.filter(customer=kept, until=None).exists():
        return {"closed": stay.pk, "opened": None}
    opened = HouseholdMember.objects.create(
        household=stay.household,
        customer_id=kept,
        how=stay.how,
        reason=stay.reason,
        actor=stay.actor,
        since=at,
    )
    return {"closed": stay.pk, "opened": opened.pk}


def part(kept: UUID, gone: UUID, memo: Memo, at: datetime) -> None:
    """The one that stands alone again has the stay that it had; what the other took from it goes back."""
    HouseholdMember.objects.filter(pk=memo["opened"], until=None).delete()
    if not HouseholdMember.objects.filter(customer=gone, until=None).exists():
        HouseholdMember.objects.filter(pk=memo["closed"]).update(until=None)
