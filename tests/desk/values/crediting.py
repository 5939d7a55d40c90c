"""People of a till and credits between them, for tests of who came because of whom."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sterna.desk.customers.actions import identify
from sterna.desk.customers.models import Customer
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.values.actions import Said, record_credit
from sterna.desk.values.models import Credit
from tests.desk.customers.people import NOON, whose

ONCE = date(2017, 1, 1)


def people(*names: str) -> list[Customer]:
    """Customers whom the till knows by these cards."""
    identify("till", "card", list(names), NOON)
    return [whose(f"till/card:{name}") for name in names]


def said(share: str = "1", **more: Any) -> Said:
    """A referral that was said on the first of January."""
    return Said(**{"why": "named them", "share": Decimal(share), "said_on": ONCE, **more})


def credit(newcomer: Customer, customer: Customer, share: str = "1", **more: Any) -> Credit:
    """A credit, recorded by nobody in particular."""
    return record_credit(newcomer, customer, said(share, **more), None)


def frozen(folder: Path, cut: date = date(2018, 1, 1)) -> list[tuple[Any, ...]]:
    """The rows of the frozen credits: newcomer and customer by name of their card, kind, share, anyway, saved, cost."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = pq.read_table(freeze(folder, cut)["credits"][0]).to_pylist()
    names = {str(record.customer_id): record.value for record in _records()}
    return [(names[row.pop("newcomer")], names[row.pop("customer")], *row.values()) for row in rows]


def _records() -> list[Any]:
    from sterna.desk.customers.models import SourceRecord

    # The oldest card of a customer is read last, so that it names them.
    return list(SourceRecord.objects.order_by("-sequence"))


def instant(hour: int) -> datetime:
    """An hour of the day on which the tests' people are known."""
    return NOON.replace(hour=hour)
