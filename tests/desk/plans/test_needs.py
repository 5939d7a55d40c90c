"""What plans need to know: the wants of their assets, the facts of their messages, and by whom it is used."""

import pytest

from sterna.desk.customers.queries import uses
from sterna.desk.plans.actions import load
from sterna.desk.plans.needs import of_document
from sterna.engine.lake.beside import Beside
from sterna.engine.plans import body
from sterna.engine.plans import load as read_plan
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

DOCUMENT = {
    "owner": "Maria",
    "assets": [
        {
            "id": "day",
            "title": "Golf day",
            "owner": "Ann",
            "wants": {"class": "interests.golf"},
            "message": "hello",
        },
        {"id": "call", "owner": None, "wants": None, "message": "hello"},
    ],
    "messages": [
        {"id": "hello", "uses": [{"name": "who", "class": "name.full"}]},
        {
            "id": "unsaid",
            "uses": [
                {
                    "name": "trip",
                    "class": "travel.family",
                    "offers": {"travel": "a week", "travel.family": "x"},
                }
            ],
        },
    ],
}


def test_an_asset_needs_what_it_wants_and_a_message_what_it_speaks_of_with_the_owner_of_the_asset():
    found = [
        (use.fact_class, use.kind, use.title, use.owner, use.importance) for use in of_document(DOCUMENT)
    ]
    assert found == [
        ("interests.golf", "asset", "Golf day", "Ann", 1.0),
        ("name.full", "message", "hello", "Ann", 0.5),
        ("travel.family", "message", "unsaid", "Maria", 0.5),
        ("travel", "message", "unsaid", "Maria", 0.5),
    ]


def test_a_plan_without_messages_or_wants_needs_nothing():
    assert list(of_document({"assets": [{"id": "a"}], "messages": [{"id": "m"}]})) == []


@pytest.mark.django_db
def test_only_a_plan_in_force_uses_facts():
    shop.customers()
    shop.tiers()
    plan = load(shop.PLAN.format(budget="1000.00", version=7), None)
    assert not [use for use in uses() if use.kind == "message"]
    in_force(plan)
    assert [use.fact_class for use in uses() if use.kind == "message"] == ["shopping.category"]


def test_R65_a_plan_may_name_offers_and_one_without_keeps_its_hash():
    text = shop.PLAN.format(budget="1000.00", version=7)
    plain = body(read_plan(text, Beside(None)).plan)
    assert "offers" not in plain["messages"][0]["uses"][0]
    more = text.replace("fallback: your}", "fallback: your, offers: {shopping: our}}")
    assert body(read_plan(more, Beside(None)).plan)["messages"][0]["uses"][0]["offers"] == {"shopping": "our"}
