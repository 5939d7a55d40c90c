"""Carries memberships forward from a table of places, as the publisher of a run does."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import record_places
from sterna.desk.segments.models import Definition, Membership
from tests.desk.runs import shop

Done = TypeVar("Done")


def people(number: int) -> list[UUID]:
    """The ids of `number` new customers."""
    made = Customer.objects.bulk_create([Customer(created_at=shop.AT) for _ in range(number)])
    return [customer.pk for customer in made]


RANKS = {"none": 0, "bronze": 1, "silver": 2}


def place(cut: date, scheme: Definition, places: Mapping[UUID, tuple[str, str | None]]) -> tuple[int, int]:
    """Record the places, each a name and an amount, on the day `cut`; returns (closed, opened)."""
    return staged(scheme, places, lambda: record_places(uuid4(), cut, scheme))


def staged(
    scheme: Definition, places: Mapping[UUID, tuple[str, str | None]], act: Callable[[], Done], **held: object
) -> Done:
    """Do something while `places` are staged; `held` are further columns, the same for all."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "create temporary table staged_places (customer_id text, to_place text, to_rank int, "
            "to_amount numeric(18,2), row_id text, scheme text, earned_place text, earned_rank int, held_by text, "
            "missing numeric(18,2), hold_until date, warned_on date) on commit drop"
        )
        more = [held.get(name) for name in ("held_by", "missing", "hold_until", "warned_on")]
        rows = [
            (str(pk), name, RANKS.get(name, 1), amount, str(new_id()), scheme.name,
             held.get("earned_place", name), RANKS.get(str(held.get("earned_place", name)), 1), *more)
            for pk, (name, amount) in places.items()
        ]  # fmt: skip
        cursor.executemany(f"insert into staged_places values ({', '.join(['%s'] * 12)})", rows)
        done = act()
        cursor.execute("drop table staged_places")
        return done


def stays(pk: UUID) -> list[tuple[str, date, date | None]]:
    """A customer's stays, the oldest first: the place, the first day, the day it ended."""
    found = Membership.objects.filter(customer_id=pk).order_by("during")
    return [(stay.place, stay.during.lower, stay.during.upper) for stay in found]
