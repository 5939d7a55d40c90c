"""On a day on which nothing leaves by a medium what is due waits, and leaves once those days are over."""

from datetime import date

import pytest

from sterna.desk.contacts.actions import blackouts, send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def present(monkeypatch):
    def pretend(day):
        monkeypatch.setenv("STERNA_NOW", f"{day}T12:00:00+00:00")

    pretend("2017-12-23")
    return pretend


def launched(spans: str) -> Plan:
    shop.tiers()
    text = shop.PLAN.format(budget="1000.00", version=1) + f"blackouts:\n{spans}\n"
    return in_force(plans.load(text, None))


def left() -> int:
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    return sum(memory.keys.values())


EVE = date(2017, 12, 24)
CHRISTMAS = "  - {opens: 2017-12-24, closes: 2017-12-26, why: Christmas"


def test_R88_what_is_due_waits_for_the_end_of_the_days_and_is_not_withdrawn(present):
    launched(CHRISTMAS + "}")
    ledger.fill(2)
    for day in ("2017-12-24", "2017-12-26"):
        present(day)
        assert left() == 0, day
        assert set(Contact.objects.values_list("state", "error")) == {("planned", "")}
    present("2017-12-27")
    assert left() == 2 and left() == 0


def test_R88_the_day_before_everything_leaves(present):
    launched(CHRISTMAS + "}")
    ledger.fill(2)
    assert left() == 2


def test_R88_only_the_media_that_are_named_are_shut(present):
    launched(CHRISTMAS + ", media: [letter]}")
    ledger.fill(1)
    present("2017-12-25")
    assert left() == 1


def test_R88_only_plans_in_force_shut_anything_and_each_for_its_own_contacts(present):
    plan = launched(CHRISTMAS + "}")
    media = ["email", "letter"]
    found = blackouts.parameters(EVE, media)
    assert sorted(zip(found["shut_plans"], found["shut_media"], strict=True)) == [
        (str(plan.pk), medium) for medium in media
    ]
    Plan.objects.update(state=Plan.State.CLOSED)
    assert blackouts.parameters(EVE, media) == {"shut_plans": [], "shut_media": []}
