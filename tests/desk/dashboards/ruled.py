"""Segments by spend and stages by visits for the pages: published with their managers before the runs of the shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sterna.desk.customers.models import Customer
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_ruled
from sterna.desk.segments.models import Definition
from sterna.desk.segments.ruled_texts import read_schemes
from sterna.desk.users.models import User
from tests.desk.runs import shop
from tests.desk.segments import treated

SCHEMES = """
schemes:
  - name: needs
    kind: segments
    rest: others
    seats:
      - {place: big, enter: {op: value, measure: spend, least: 500}}
      - {place: often, enter: {op: behavior, of: days, least: 20, within_days: 184}}
    managers: {big: manager, often: staff, others: staff}
  - name: life
    kind: stages
    seats:
      - {place: known, enter: {op: behavior, least: 1, within_days: 365}}
      - place: devoted
        enter: {op: value, measure: spend, least: 600}
        leave: {op: value, measure: spend, most: 300}
"""


@dataclass(frozen=True)
class Shop:
    """The customers by number, and two runs that placed them."""

    customers: Mapping[str, Customer]
    first: Run
    second: Run


def publish(named: bool = False) -> list[Definition]:
    """The schemes, of which `needs` is the first and so says who answers for whom; the managers may have names."""
    for role in ("manager", "staff"):
        name = {"first_name": role.title()} if named else {}
        User.objects.get_or_create(username=role, defaults={"role": role, **name})
    return [
        publish_ruled(one.scheme, one.managers, None, "the first segments")[0]
        for one in read_schemes(SCHEMES)
    ]


def build(with_treatments: bool = False) -> Shop:
    """The shop with its schemes, run twice; where it is asked for, their customers are treated by a grid."""
    customers = shop.open_shop()
    publish(named=True)
    if with_treatments:
        treated.publish()
    return Shop(customers, actions.run(shop.FIRST).run, actions.run(shop.SECOND).run)


def spend(first: date, last: date) -> dict[str, Decimal]:
    """What each customer spent in [first, last], added up from the lines of the shop by hand."""
    found = {}
    for index, name in enumerate(shop.NAMES):
        lines = shop._lines(index, name, date(2016, 7, 1), shop.SECOND)
        found[name] = sum((one["amount"] for one in lines if first <= one["occurred_on"] <= last), Decimal(0))
    return found
