"""The slots of a plan on its page and on a customer's, and the command that writes them for whoever prints."""

from typing import Any

import pytest
from django.urls import reverse

from sterna.desk.customers.models import Customer, Fact
from sterna.desk.dashboards.views import plan_slots
from sterna.desk.plans.actions import load
from sterna.desk.plans.models import Plan
from tests.desk.contacts.test_slots import SLOTS
from tests.desk.dashboards.reading import shown, table
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

TEXT = shop.PLAN.format(budget="1000.00", version=1)


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, db: None) -> dict[str, Customer]:
    """The shop on the first of July 2017; of the first twenty customers the size of the household is known."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    found = shop.customers()
    shop.tiers()
    return found


@pytest.fixture
def plan(people: dict[str, Customer]) -> Plan:
    return load(TEXT + SLOTS, None)


def test_R63_the_page_counts_who_reads_their_text_and_what_is_missing_most(log_in: Any, plan: Plan) -> None:
    assert table(log_in("analyst"), "Slots", "plan_slots", plan.pk) == [
        ["on-the-bill", "post", "visits: 1 to 2", 20, 40, "shopping.category (40)"],
        ["on-the-receipt", "call", "visits: 1 to 2", 60, 0, ""],
    ]
    assert "counted of all 60 customers" in shown(log_in("analyst"), "plan_slots", plan.pk)


def test_R63_of_many_customers_some_are_counted_by_chance(log_in: Any, plan: Plan, monkeypatch: Any) -> None:
    monkeypatch.setattr(plan_slots, "SAMPLE", 10)
    assert "counted of 10 of 60 customers, by chance" in shown(log_in("analyst"), "plan_slots", plan.pk)
    [bill, receipt] = table(log_in("analyst"), "Slots", "plan_slots", plan.pk)
    assert bill[3] + bill[4] == 10 == receipt[3]


def test_R63_the_page_shows_some_who_read_their_text_and_some_who_read_the_default(
    log_in: Any, plan: Plan
) -> None:
    rows = table(log_in("analyst"), "Examples", "plan_slots", plan.pk)
    assert [(row[1], row[3]) for row in rows] == [
        *[("on-the-bill", "their text")] * 3,
        *[("on-the-bill", "the default")] * 3,
        *[("on-the-receipt", "their text")] * 3,
    ]
    assert all(row[2] == f"Two for two, number {row[0]}" for row in rows[:3])
    assert {row[2] for row in rows[3:6]} == {"Something for every household"}


def test_R63_markup_in_a_fact_is_shown_as_text(log_in: Any, plan: Plan, people: dict[str, Customer]) -> None:
    record = people["030"].source_records.get()
    Fact.objects.create(
        source_record=record, value="<b>x</b>", observed_on="2017-06-01", fact_class="shopping.category", source="shop",
        purpose="marketing", recorded_at=shop.AT,
    )  # fmt: skip
    in_force(plan)
    page = log_in("analyst").get(reverse("customer", args=[people["030"].pk])).content.decode()
    assert "Two for &lt;b&gt;x&lt;/b&gt;" in page and "<b>x</b>" not in page


def test_R63_a_customers_page_tells_what_they_read_and_why(log_in: Any, plan: Plan, people: Any) -> None:
    analyst = log_in("analyst")
    assert "What do they read along the way?" not in shown(analyst, "customer", people["003"].pk)
    in_force(plan)
    [bill, receipt] = table(analyst, "Slots", "customer", people["003"].pk)
    assert bill[:3] == ["post", "Two for two, number 003", "their text"] and "2017-01-01" in bill[3]
    assert receipt == ["call", "Thank you", "their text", ""]
    [bill, _] = table(analyst, "Slots", "customer", people["030"].pk)
    assert bill[1:3] == ["Something for every household", "the default"]


def test_R63_a_plan_without_slots_says_so(log_in: Any, people: Any) -> None:
    assert "The plan has no slots." in shown(log_in("analyst"), "plan_slots", load(TEXT, None).pk)


def test_R63_a_shop_without_customers_has_no_examples(log_in: Any, db: None, monkeypatch: Any) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    shop.tiers()
    plan = load(TEXT + SLOTS, None)
    assert "No source knows a customer yet." in shown(log_in("analyst"), "plan_slots", plan.pk)


def test_the_plan_leads_to_its_slots(log_in: Any, plan: Plan) -> None:
    link = reverse("plan_slots", args=[plan.pk])
    assert f'href="{link}"' in log_in("analyst").get(reverse("plan", args=[plan.pk])).content.decode()
