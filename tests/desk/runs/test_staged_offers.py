"""A customer comes to another stage between two runs: the offer of before is withdrawn, the next run makes the new."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command

from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.models import Customer
from sterna.desk.plans import actions as plans
from sterna.desk.runs import actions
from sterna.desk.runs.actions import keep_up
from sterna.desk.sources.actions import seal_inbox
from tests.desk.customers.people import source
from tests.desk.plans.signed import in_force
from tests.desk.runs import ruled_shop, shop
from tests.desk.runs.test_keeping_up import DAY, LIFE, clock, order, send, stands

__all__ = ["clock"]  # the present of these tests


def text(basket_for: str) -> str:
    """The plan of the shop: the basket for who stands in some stages, a gift for who is busy."""
    plan = shop.PLAN.format(budget="1000.00", version=1).replace(
        "scheme: value\n", "scheme: value\nlife: life\n"
    )
    head, assets = plan.split("assets:\n")
    basket, rest = assets.split("exchanges:\n")
    gift = basket.replace("id: basket", "id: gift").replace("The Friday basket", "The gift")
    staged = [part.replace("    unit_cost:", f"    stages: {stages}\n    unit_cost:") for part, stages in (
        (basket, basket_for), (gift, "[busy]"),
    )]  # fmt: skip
    return f"{head}assets:\n{staged[0]}{staged[1]}exchanges:\n{rest}"


@pytest.fixture
def town(
    request: pytest.FixtureRequest, transactional_db: None, clock: object
) -> Iterator[dict[str, Customer]]:
    """The shop under that plan, placed and decided as of the last day of 2017, a day later."""
    found = shop.customers()
    shop.fill_lake()
    shop.tiers()
    ruled_shop.publish(LIFE)
    in_force(plans.load(text(getattr(request, "param", "[quiet, buying]")), None))
    source("shop", "household")
    actions.run(shop.SECOND)
    keep_up()
    yield found
    call_command("flush", interactive=False, verbosity=0)


def ledger() -> dict[object, tuple[str, str, str]]:
    return {one.pk: (one.asset, one.state, one.error) for one in Contact.objects.all()}


def test_R66_the_old_offer_is_withdrawn_at_the_event_and_the_next_run_offers_the_new_one(town, clock):
    number = {customer.pk: name for name, customer in town.items()}
    planned = Contact.objects.filter(state="planned")
    assert set(planned.values_list("asset", flat=True)) == {"basket"}, "nobody is busy yet"
    ann = planned.order_by("pk")[0].customer
    before = ledger()
    send(DAY, *[order(number[ann.pk], "1.00")] * 3)
    keep_up()
    assert stands(ann, "life") == "busy"
    gone = Contact.objects.get(customer=ann)
    assert (gone.asset, gone.state) == ("basket", "withdrawn")
    assert gone.error == "it is offered in these stages of life: quiet, buying; the customer stands in busy"
    assert {pk: row for pk, row in ledger().items() if pk != gone.pk} == {
        pk: row for pk, row in before.items() if pk != gone.pk
    }
    clock(DAY + timedelta(days=1))
    seal_inbox()
    actions.run(DAY)
    assert list(Contact.objects.filter(customer=ann, state="planned").values_list("asset", flat=True)) == [
        "gift"
    ]
    after = ledger()
    for _ in range(2):
        actions.run(DAY)
        keep_up()
    assert ledger() == after, "run again, it plans and withdraws nothing more"


@pytest.mark.parametrize("town", ["[busy]"], indirect=True)
def test_R66_who_stands_in_no_stage_of_an_offer_is_left_out_with_the_stage_in_words(town, clock):
    said = LeftOut.objects.filter(reason_code="stage").select_related("customer")
    busy = "basket is offered in these stages of life: busy; they stand in "
    assert {one.reason.removeprefix(busy) for one in said} == {"quiet.", "buying."}
    for one in said:
        assert one.reason == f"{busy}{stands(one.customer, 'life')}."
    assert not Contact.objects.exists(), "nobody is busy yet"


def test_R66_whoever_has_a_contact_stands_in_a_stage_of_its_offer(town, clock):
    planned = list(Contact.objects.filter(state="planned").select_related("customer"))
    assert planned
    for contact in planned:
        assert stands(contact.customer, "life") in ("quiet", "buying")
