"""Keyset paging visits every row once, in order, whatever is equal, unknown, or added meanwhile."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import reverse

from sterna.desk.contacts.models import LeftOut
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards import paging
from sterna.desk.dashboards.paging import Slice
from sterna.desk.values.models import Worth
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
RUN = UUID(int=7)
COLUMNS = ("spend", "headroom", "orders", "recency_days", "expected_spend", "breadth")
ROWS = 23


@pytest.fixture
def worths(monkeypatch):
    """Rows with ties and unknown values in every column; a page holds four."""
    monkeypatch.setattr(paging, "SIZE", 4)
    customers = Customer.objects.bulk_create([Customer(created_at=shop.AT) for _ in range(ROWS)])
    # Every third is unknown, the others share three values.
    values = [None if index % 3 == 0 else index % 5 % 3 for index in range(ROWS)]
    rows = [
        Worth(run_id=RUN, customer=customer, **dict.fromkeys(COLUMNS, value))
        for customer, value in zip(customers, values, strict=True)
    ]
    Worth.objects.bulk_create(rows)
    return Worth.objects.filter(run_id=RUN)


def walk(rows, sort, sortable=COLUMNS, default="-spend"):
    """Every row by following the links to the end."""
    found, address = [], f"/?sort={sort}&tier=x"
    for _ in range(2 * ROWS):
        page = Slice(RequestFactory().get(address), rows, sortable, default)
        assert (page.first_url is None) == (not found)
        found += page.rows
        if page.next_url is None:
            return found
        assert QueryDict(page.next_url[1:])["tier"] == "x"
        address = f"/{page.next_url}"
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize("column", COLUMNS)
def test_every_row_is_visited_once_in_order_with_unknown_last(worths, column, way):
    found = walk(worths, way + column)
    assert len(found) == ROWS and {row.pk for row in found} == {row.pk for row in worths}
    values = [getattr(row, column) for row in found]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == sorted(known, reverse=way == "-")
    assert len(known) < ROWS and len(set(known)) < len(known)


def test_a_row_that_comes_meanwhile_moves_no_other(worths):
    first = Slice(RequestFactory().get("/?sort=-spend"), worths, COLUMNS, "-spend")
    customer = Customer.objects.create(created_at=shop.AT)
    Worth.objects.create(run_id=RUN, customer=customer, spend=Decimal(99))
    second = Slice(RequestFactory().get(f"/{first.next_url}"), worths, COLUMNS, "-spend")
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}
    assert len(second.rows) == 4


def test_a_column_that_may_not_be_sorted_by_falls_back(worths):
    for asked in ("customer__created_at", "--spend", "", "-", "spend,pk"):
        assert Slice(RequestFactory().get("/", {"sort": asked}), worths, COLUMNS, "-spend").sort == "-spend"


def test_pages_of_a_full_last_page_end(worths):
    kept = list(worths.values_list("pk", flat=True)[:8])
    assert len(walk(worths.filter(pk__in=kept), "spend")) == 8


def test_a_table_of_one_value_is_paged_by_its_key(monkeypatch):
    monkeypatch.setattr(paging, "SIZE", 4)
    customers = Customer.objects.bulk_create([Customer(created_at=shop.AT) for _ in range(ROWS)])
    LeftOut.objects.bulk_create(
        [LeftOut(run_id=RUN, customer=one, reason_code="place", reason="x") for one in customers]
    )
    rows = LeftOut.objects.filter(run_id=RUN)
    for sort in ("reason_code", "-reason_code"):
        assert len({row.pk for row in walk(rows, sort, ("reason_code",), "reason_code")}) == ROWS


def test_links_of_a_page_lead_to_the_last_customer(world, analyst):
    seen, address = [], f"{reverse('customers')}?sort=orders"
    while address:
        answer = analyst.get(address)
        table = answer.context["page"].sections[0].items[-1]
        seen += [row.href for row in table.rows]
        address = table.next_url and f"{reverse('customers')}{table.next_url}"
    assert len(seen) == len(set(seen)) == shop.CUSTOMERS
    assert world.second.until == date(2017, 12, 31)
