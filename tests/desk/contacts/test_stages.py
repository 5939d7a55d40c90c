"""What waits for a customer is withdrawn when their stage of the relationship changes; what they accepted goes on."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts import actions, queries
from sterna.desk.contacts.actions import stages
from sterna.desk.contacts.models import Contact, Receipt, Task
from sterna.desk.customers.actions import identify, merge, undo
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.signals import CustomersMoved, Moved
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import ruled_shop, shop
from tests.desk.segments.grouped import user
from tests.desk.segments.staging import place

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2017, 7, 1), date(2018, 1, 1)
BOUND = "it is offered in these stages of life: known; the customer stands in valued"
Staff = tuple[Definition, list[Contact]]


def launch(version: int = 1, stages: str = "[known]") -> Plan:
    """The plan of the shop, with a basket for who is known alone."""
    text = shop.PLAN.format(budget="1000.00", version=version)
    text = text.replace("scheme: value\n", "scheme: value\nlife: life\n")
    return in_force(plans.load(text.replace("    unit_cost:", f"    stages: {stages}\n    unit_cost:"), None))


def stand(scheme: Definition, day: date, places: Mapping[UUID, str]) -> None:
    place(day, scheme, {who: (stage, None) for who, stage in places.items()})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Staff:
    """Three who are known, each with a basket that is due today; a transport is nowhere."""
    monkeypatch.setenv("STERNA_NOW", "2018-01-01T12:00:00+00:00")
    shop.tiers()
    life = ruled_shop.publish(ruled_shop.life())
    launch()
    contacts = ledger.fill(3)
    stand(life, FIRST, {one.customer_id: "known" for one in contacts})
    return life, contacts


def all_but(contacts: list[Contact], stage: str, *those: int) -> dict[UUID, str]:
    """Everybody known but those, who are in `stage`."""
    return {one.customer_id: stage if at in those else "known" for at, one in enumerate(contacts)}


def states(contacts: list[Contact]) -> list[str]:
    return [Contact.objects.get(pk=one.pk).state for one in contacts]


def lines() -> list[dict]:
    return list(
        Entry.objects.filter(action="withdraw by stage").order_by("pk").values_list("detail", flat=True)
    )


def test_R66_the_old_offer_is_withdrawn_from_who_comes_to_another_stage_with_the_reason(shown):
    life, contacts = shown
    stand(life, SECOND, all_but(contacts, "valued", 1))
    assert states(contacts) == ["planned", "withdrawn", "planned"]
    gone = Contact.objects.get(pk=contacts[1].pk)
    assert (gone.error, gone.settled_at) == (BOUND, clock.now())
    [receipt] = gone.receipts.all()
    assert (receipt.state, receipt.detail) == ("withdrawn", BOUND)
    assert lines() == [{"cause": "run", "withdrawn": 1}]


def test_R66_who_falls_out_of_every_stage_keeps_no_offer_of_one(shown):
    life, contacts = shown
    stand(life, SECOND, all_but(contacts, "none", 0))
    assert states(contacts) == ["withdrawn", "planned", "planned"]
    gone = Contact.objects.get(pk=contacts[0].pk)
    assert (
        gone.error
        == "it is offered in these stages of life: known; the customer stands in none of its stages"
    )


def test_R66_the_same_move_again_withdraws_nothing_and_writes_no_line(shown):
    life, contacts = shown
    for _ in range(3):
        stand(life, SECOND, all_but(contacts, "valued", 1))
    assert states(contacts) == ["planned", "withdrawn", "planned"]
    assert len(lines()) == 1 and Receipt.objects.count() == 1


def test_R66_a_killed_move_leaves_no_half_of_it_and_done_again_it_is_whole(shown, monkeypatch):
    life, contacts = shown

    def kill(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="killed"):
        patched.setattr("sterna.desk.contacts.actions.stages.record", kill)
        stand(life, SECOND, all_but(contacts, "valued", 1))
    assert states(contacts) == ["planned"] * 3 and not Receipt.objects.exists()
    for _ in range(2):
        stand(life, SECOND, all_but(contacts, "valued", 1))
    assert states(contacts) == ["planned", "withdrawn", "planned"] and len(lines()) == 1


def test_R66_what_has_left_stays_as_it_is_and_an_open_call_is_closed(shown):
    life, contacts = shown
    sent, call, _ = contacts
    Contact.objects.filter(pk__in=[sent.pk, call.pk]).update(state="handed over")
    task = Task.objects.create(contact=call, due_on=SECOND, script="Tell them.")
    stand(life, SECOND, all_but(contacts, "valued", 0, 1))
    assert states(contacts) == ["handed over", "withdrawn", "planned"]
    task.refresh_from_db()
    assert (task.state, task.note, task.done_at) == ("not reached", BOUND, clock.now())


def test_R66_what_is_bound_to_no_stage_and_a_move_of_another_scheme_withdraw_nothing(shown):
    life, contacts = shown
    other = ruled_shop.publish(
        ruled_shop.segments("needs", {"big": ruled_shop.KNOWN}), user("ann"), user("bo")
    )
    stand(other, SECOND, {one.customer_id: "big" for one in contacts})
    Contact.objects.filter(pk=contacts[0].pk).update(asset="another")
    stand(life, SECOND, all_but(contacts, "valued", 0))
    assert states(contacts) == ["planned"] * 3 and lines() == []


def test_R66_what_was_accepted_is_honored_in_every_stage_and_under_the_next_version(shown):
    life, contacts = shown
    first = contacts[0]
    early = Contact.objects.create(
        natural_key="early", plan=first.plan, customer=first.customer, goal="bronze-up", asset="basket",
        medium="email", purpose="marketing", run_id=ledger.RUN, state="confirmed", due_on=FIRST,
        expires_on=SECOND, address="x", reason="x", cost=1, planned_at=clock.now(),
    )  # fmt: skip
    actions.accept(early, "She rang and took it.", user("ann"))
    stand(life, SECOND, all_but(contacts, "valued", 0, 1))
    assert states(contacts) == ["planned", "withdrawn", "planned"], (
        "the second round of what she took goes on"
    )
    [kept] = queries.accepted(first.customer)
    assert (kept.contact, kept.on, kept.note) == (early, SECOND, "She rang and took it.")
    assert (kept.stages, kept.stage, kept.is_kept) == (("known",), "valued", True)
    assert queries.accepted(contacts[1].customer) == []
    memory = ledger.Memory()
    assert dict(actions.send_due(on=ledger.outlet(memory)).states) == {"handed over": 2}
    assert set(memory.keys) == {contacts[0].natural_key, contacts[2].natural_key}


def test_R66_an_acceptance_is_written_once_of_what_has_left_with_what_was_said(shown):
    _, [contact, *_] = shown
    with pytest.raises(Refused, match="cannot have accepted"):
        actions.accept(contact, "took it", user("ann"))
    Contact.objects.filter(pk=contact.pk).update(state="handed over")
    assert queries.may_be_accepted(Contact.objects.get(pk=contact.pk))
    with pytest.raises(Refused, match="write what"):
        actions.accept(contact, " ", user("ann"))
    first = actions.accept(contact, "took it", user("ann"))
    assert actions.accept(contact, "took it again", user("ann")) == first
    assert Entry.objects.filter(action="accept offer").count() == 1 == Receipt.objects.count()
    assert not queries.may_be_accepted(Contact.objects.get(pk=contact.pk))


def test_R66_two_who_become_one_keep_only_what_is_for_the_stage_of_the_one_and_get_it_back_as_two(shown):
    life, contacts = shown
    identify("shop", "card", ["1", "2"], shop.AT)
    found = {one.value: one.customer for one in SourceRecord.objects.select_related("customer")}
    one, other = found["1"], found["2"]
    for contact, customer in zip(contacts[:2], (one, other), strict=True):
        Contact.objects.filter(pk=contact.pk).update(customer=customer, due_on=clock.today())
    Contact.objects.filter(pk=contacts[1].pk).update(asset="another", due_on=FIRST)
    stand(life, SECOND, {one.pk: "known", other.pk: "valued", contacts[2].customer_id: "known"})
    assert states(contacts) == ["planned"] * 3
    decision = merge(one, other, "one card", None)
    [left] = Customer.objects.filter(pk__in=(one.pk, other.pk), redirects_to=None)
    stage = left.memberships.get(scheme="life", during__upper_inf=True).place
    assert states(contacts)[0] == ("planned" if stage == "known" else "withdrawn")
    assert states(contacts)[1:] == ["planned", "planned"], "what is bound to no stage goes on"
    undo(decision, "two cards after all", None)
    assert len(lines()) == (stage != "known")


@pytest.mark.parametrize(("stage", "state"), [("known", "handed over"), ("valued", "withdrawn")])
def test_R66_the_stage_is_asked_again_when_a_contact_is_about_to_leave(shown, stage, state):
    life, contacts = shown
    stand(life, SECOND, dict.fromkeys([one.customer_id for one in contacts], stage))
    # As if the run had planned it by the stage of the day before.
    Contact.objects.update(state="planned", error="")
    actions.send_due(on=ledger.outlet(ledger.Memory()))
    assert states(contacts) == [state] * 3
    assert set(Contact.objects.values_list("error", flat=True)) == {BOUND if state == "withdrawn" else ""}


def test_R66_of_a_plan_that_is_not_live_nothing_is_judged_by_stage(shown):
    life, contacts = shown
    launch(version=2, stages="[valued]")
    closed = set(Contact.objects.values_list("error", flat=True))
    stand(life, SECOND, all_but(contacts, "valued", 0, 1, 2))
    assert set(Contact.objects.values_list("error", flat=True)) == closed and lines() == []


def test_R66_a_move_of_many_asks_as_much_of_the_database_as_one_of_few(shown):
    life, contacts = shown
    few = _queries(lambda: stand(life, SECOND, all_but(contacts, "valued", 0)))
    more = ledger.fill(40)
    stand(life, FIRST, {one.customer_id: "known" for one in more})
    many = _queries(lambda: stand(life, SECOND, {one.customer_id: "valued" for one in more}))
    assert states(more) == ["withdrawn"] * 40 and many <= few + 1


def _queries(act) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        act()
    return len(found)


def moved(*schemes: CustomersMoved) -> None:
    stages.moved(Moved(schemes))


def test_R66_who_moves_between_runs_is_asked_for_what_waits_and_the_others_for_nothing_more(
    shown, django_assert_num_queries
):
    life, contacts = shown
    first, second, third = (one.customer_id for one in contacts)
    stays = Membership.objects.filter(customer=first, scheme="life")
    stays.update(place="valued")
    Contact.objects.filter(customer=second).update(state="withdrawn")
    with django_assert_num_queries(0):  # the one prepared question aside, which Django does not count
        moved(
            CustomersMoved(life, SECOND, "event", Membership.objects.filter(customer=second), few=(second,))
        )
    assert states(contacts) == ["planned", "withdrawn", "planned"]
    moved(CustomersMoved(life, SECOND, "event", stays, few=(first,)))
    assert states(contacts) == ["withdrawn", "withdrawn", "planned"]
    assert Contact.objects.get(customer=first).error == BOUND and third == contacts[2].customer_id


def test_R66_a_call_that_is_open_is_asked_for_too(shown):
    life, contacts = shown
    call = contacts[0]
    Contact.objects.filter(pk=call.pk).update(state="handed over")
    Task.objects.create(contact=call, due_on=SECOND, script="Call", state="open")
    stays = Membership.objects.filter(customer=call.customer_id, scheme="life")
    stays.update(place="valued")
    moved(CustomersMoved(life, SECOND, "event", stays, few=(call.customer_id,)))
    assert states(contacts)[0] == "withdrawn"
    assert Task.objects.get().state == "not reached"
