"""Rows of `Worth` of one run, as few as a figure by hand needs."""

from decimal import Decimal
from uuid import UUID

from sterna.desk.customers.actions import identify
from sterna.desk.customers.models import Customer
from sterna.desk.values.models import Worth
from tests.desk.runs.shop import AT

RUN = UUID("01a20305-0000-7000-8000-000000000001")


def people(number: int) -> list[Customer]:
    """So many customers."""
    cards = [f"{each:04}" for each in range(number)]
    identify("till", "card", cards, AT)
    found = Customer.objects.filter(source_records__value__in=cards).order_by("source_records__value")
    return list(found)


def worths(**figures: list[object]) -> list[Worth]:
    """A row for each place of the lists, `worths(spend=["1.00", None])`; every other column is NULL."""
    number = len(next(iter(figures.values())))
    rows = [
        Worth(run_id=RUN, customer=one, **{name: _amount(values[place]) for name, values in figures.items()})
        for place, one in enumerate(people(number))
    ]
    return Worth.objects.bulk_create(rows)


def _amount(value: object) -> object:
    return Decimal(value) if isinstance(value, str) and value.lstrip("-")[:1].isdigit() else value
