"""Carries memberships forward from a table of places, as the publisher of a run does."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid4

from django.db import connection, transaction

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import record_places
from sterna.desk.segments.models import Definition, Membership
from tests.desk.runs import shop


def people(number: int) -> list[UUID]:
    """The ids of `number` new customers."""
    made = Customer.objects.bulk_create([Customer(created_at=shop.AT) for _ in range(number)])
    return [customer.pk for customer in made]


def place(cut: date, scheme: Definition, places: Mapping[UUID, tuple[str, str | None]]) -> tuple[int, int]:
    """Record the places, each a name and an amount, on the day `cut`; returns (closed, opened)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "create temporary table staged_places (customer_id text, to_place text, to_rank int, "
            "to_amount numeric(18,2), row_id text) on commit drop"
        )
        rows = [(str(pk), name, amount, str(new_id())) for pk, (name, amount) in places.items()]
        cursor.executemany("insert into staged_places values (%s, %s, 1, %s, %s)", rows)
        done = record_places(uuid4(), cut, scheme)
        cursor.execute("drop table staged_places")
        return done


def stays(pk: UUID) -> list[tuple[str, date, date | None]]:
    """A customer's stays, the oldest first: the place, the first day, the day it ended."""
    found = Membership.objects.filter(customer_id=pk).order_by("during")
    return [(stay.place, stay.during.lower, stay.during.upper) for stay in found]
