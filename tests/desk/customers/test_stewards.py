"""A steward merges, splits and takes it back: who may, what is refused, and that everything comes back exactly."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock, events
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.actions import (
    form_household,
    identify,
    keep_addresses,
    keep_facts,
    merge,
    split,
    undo,
)
from sterna.desk.customers.models import Customer, IdentityDecision, IdentityEdge, SourceRecord
from sterna.desk.customers.signals import CustomersMerged, CustomersSplit
from sterna.desk.segments.models import Membership
from sterna.desk.sources.signals import AddressesSaid, FactsSaid
from sterna.desk.users.models import Role, User
from tests.desk.contacts import ledger
from tests.desk.customers.people import NOON, clusters, say, state, whose
from tests.desk.runs import shop
from tests.desk.segments.staging import place, stays

pytestmark = pytest.mark.django_db


def person(role: str = Role.MANAGER) -> User:
    return User.objects.get_or_create(username=f"ann-{role}", defaults={"first_name": "Ann", "role": role})[0]


def records(*keys: str) -> list:
    return list(SourceRecord.objects.filter(key__in=keys).values_list("pk", flat=True))


@pytest.fixture
def two() -> tuple[Customer, Customer]:
    """A customer of the till with a phone, and one of the web with a device; the till's is the older."""
    identify("till", "card", ["1"], NOON)
    say([{"userId": "u1", "anonymousId": "d1"}])
    return whose("till/card:1"), whose("web/user_id:u1", "web/anonymous_id:d1")


def full_life(kept: Customer, gone: Customer) -> None:
    """Facts, words, addresses, stays, homes and waiting contacts for both."""
    for source, kind, value in (("till", "card", "1"), ("web", "user_id", "u1")):
        keep_facts(
            FactsSaid(source, kind, "shopping.category", [(value, "two", NOON.date(), "marketing")], NOON)
        )
        keep_addresses(AddressesSaid(source, kind, "email", [(value, f"{value}@home.org")], NOON))
    scheme = shop.tiers()
    # The plan is loaded while nobody is placed: a bronze of one customer would hold fewer than it wants.
    contacts = ledger.fill(3)
    place(date(2016, 7, 1), scheme, {kept.pk: ("bronze", "1.00"), gone.pk: ("silver", "9.00")})
    for customer in (kept, gone):
        ledger.say(customer, "email", customer == kept)
    for contact, customer in zip(contacts, (kept, gone, gone), strict=True):
        Contact.objects.filter(pk=contact.pk).update(customer=customer)
    Contact.objects.filter(pk=contacts[2].pk).update(due_on=date(2016, 1, 1), asset="another")
    identify("till", "card", ["2", "3"], NOON)
    form_household([kept, whose("till/card:2")], "married", None)
    form_household([gone, whose("till/card:3")], "married", None)


def test_R20_two_become_one_and_both_are_restored_exactly(two):
    kept, gone = two
    full_life(kept, gone)
    before = state()
    decision = merge(gone, kept, "the same person at the counter", person())
    assert whose("till/card:1", "web/user_id:u1", "web/anonymous_id:d1") == kept
    assert queries.customer_of(gone.pk) == kept and list(queries.redirects(kept)) == [gone]
    assert state() != before
    undo(decision, "they are sisters", person(Role.ADMINISTRATOR))
    assert state() == before


def test_R20_a_split_gives_back_exactly_what_a_merge_took(two):
    kept, gone = two
    full_life(kept, gone)
    before = state()
    merge(kept, gone, "the same person", person())
    split(kept, records("web/user_id:u1", "web/anonymous_id:d1"), "two persons after all", person())
    assert state() == before


def test_R20_merge_and_split_again_and_again_end_where_they_began(two):
    kept, gone = two
    full_life(kept, gone)
    before = state()
    for _ in range(3):
        merge(kept, gone, "yes", None)
        merged = state()
        split(kept, records("web/user_id:u1", "web/anonymous_id:d1"), "no", None)
        assert state() == before
    merge(kept, gone, "yes", None)
    # What was joined anew is joined the same; only the rows that a merge opens have new ids.
    assert {name: merged[name] for name in ("records", "customers", "facts", "allowed", "contacts")} == {
        name: rows for name, rows in state().items() if name not in ("stays", "homes", "addresses")
    }


def test_R20_who_stood_somewhere_stands_there_through_a_merge_into_somebody_who_stood_nowhere(two):
    kept, gone = two
    day = clock.today()
    place(day - timedelta(days=9), shop.tiers(), {gone.pk: ("silver", "9.00")})
    decision = merge(kept, gone, "one", None)
    assert stays(kept.pk) == [("silver", day, None)]
    assert stays(gone.pk) == [("silver", day - timedelta(days=9), day)]
    undo(decision, "two", None)
    assert stays(kept.pk) == [] and stays(gone.pk) == [("silver", day - timedelta(days=9), None)]


def test_R20_a_run_between_merge_and_split_keeps_what_it_placed(two):
    kept, gone = two
    day, scheme = clock.today(), shop.tiers()
    place(day - timedelta(days=9), scheme, {kept.pk: ("bronze", "1.00"), gone.pk: ("silver", "9.00")})
    merge(kept, gone, "one", None)
    place(day + timedelta(days=9), scheme, {kept.pk: ("silver", "10.00")})
    split(kept, records("web/user_id:u1", "web/anonymous_id:d1"), "two", None)
    assert [name for name, _, end in stays(kept.pk) if end is None] == ["silver"]
    assert stays(gone.pk) == [("silver", day - timedelta(days=9), None)]
    assert Membership.objects.filter(during__upper_inf=True).count() == 2


def test_R20_one_person_is_not_contacted_twice_after_a_merge(two):
    kept, gone = two
    contacts = ledger.fill(3)
    for contact, customer in zip(contacts, (kept, gone, gone), strict=True):
        Contact.objects.filter(pk=contact.pk).update(customer=customer)
    Contact.objects.filter(pk=contacts[2].pk).update(state="confirmed")
    merge(kept, gone, "one", None)
    found = {contact.pk: contact for contact in Contact.objects.all()}
    assert [(found[each.pk].state, found[each.pk].customer_id) for each in contacts] == [
        ("planned", kept.pk),
        ("withdrawn", gone.pk),
        ("confirmed", gone.pk),
    ]
    assert found[contacts[1].pk].error == "the same person has another contact for it"


def test_R20_what_was_sent_while_they_were_one_stays_where_it_was_sent(two):
    kept, gone = two
    (contact,) = ledger.fill(1)
    Contact.objects.filter(pk=contact.pk).update(customer=gone)
    decision = merge(kept, gone, "one", None)
    assert Contact.objects.get().customer == kept
    Contact.objects.update(state="confirmed")
    undo(decision, "two", None)
    assert Contact.objects.get().customer == kept


@pytest.mark.parametrize("role", [Role.ANALYST, Role.STAFF])
def test_only_managers_and_administrators_say_who_is_who(two, role):
    kept, gone = two
    with pytest.raises(Refused, match="may not say who is one customer"):
        merge(kept, gone, "one", person(role))
    with pytest.raises(Refused, match="may not say who"):
        split(gone, records("web/anonymous_id:d1"), "two", person(role))
    assert not IdentityDecision.objects.exists()


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_decision_needs_a_reason(two, reason):
    kept, gone = two
    with pytest.raises(Refused, match="write why"):
        merge(kept, gone, reason, None)
    decision = merge(kept, gone, "one", None)
    with pytest.raises(Refused, match="write why"):
        undo(decision, reason, None)


def test_what_cannot_be_decided_is_refused_in_one_sentence(two):
    kept, gone = two
    with pytest.raises(Refused, match="one customer already"):
        merge(kept, kept, "one", None)
    with pytest.raises(Refused, match="leave some"):
        split(gone, records("web/user_id:u1", "web/anonymous_id:d1"), "two", None)
    with pytest.raises(Refused, match="leave some"):
        split(gone, [], "two", None)
    with pytest.raises(Refused, match="not this customer's"):
        split(gone, records("till/card:1"), "two", None)
    with pytest.raises(Refused, match="without any identifier"):
        merge(kept, Customer.objects.create(created_at=NOON), "one", None)


def test_the_same_key_again_decides_nothing_new(two):
    kept, gone = two
    first = merge(kept, gone, "one", None, key="form-1")
    assert merge(kept, gone, "one", None, key="form-1") == first
    assert Entry.objects.filter(action="merge customers").count() == 1
    again = split(kept, records("web/user_id:u1"), "two", None, key="form-2")
    assert split(kept, records("web/user_id:u1"), "two", None, key="form-2") == again
    undone = undo(first, "back", None)
    assert undo(first, "back", None).undone_at == undone.undone_at


def test_R20_a_decision_is_one_line_of_the_audit_with_who_why_and_whom(two):
    kept, gone = two
    ann = person()
    merge(kept, gone, "same birthday", ann)
    line = Entry.objects.get(action="merge customers")
    assert (line.actor, line.reason, line.subject) == (ann, "same birthday", str(kept.pk))
    assert line.detail["merged"] == [[str(kept.pk), str(gone.pk)]]


def test_R20_those_above_hear_of_it_in_the_same_transaction(two, monkeypatch):
    kept, gone = two
    heard: list[object] = []
    monkeypatch.setattr(
        events, "_handlers", {CustomersMerged: [heard.append], CustomersSplit: [heard.append]}
    )
    decision = merge(kept, gone, "one", None)
    undo(decision, "two", None)
    assert [type(each).__name__ for each in heard] == ["CustomersMerged", "CustomersSplit"]
    assert (heard[0].kept, heard[0].gone, heard[1].part) == (kept.pk, gone.pk, gone.pk)

    def refuse(event: object) -> None:
        raise RuntimeError("the one above cannot follow")

    before = state()
    monkeypatch.setattr(events, "_handlers", {CustomersMerged: [refuse]})
    with pytest.raises(RuntimeError), transaction.atomic():
        merge(kept, gone, "one", None)
    assert state() == before


def test_R20_what_a_split_decided_no_event_joins_again(two):
    _, gone = two
    split(gone, records("web/anonymous_id:d1"), "a borrowed tablet", None)
    say([{"userId": "u1", "anonymousId": "d1"}] * 3)
    assert frozenset({"web/user_id:u1"}) in clusters()
    refusal = queries.refusals(whose("web/user_id:u1")).get()
    assert (refusal.code, refusal.times) == ("cannot-link", 3)
    assert queries.refusal_counts() == [("cannot-link", 1, 3)]


def test_a_merge_ends_the_decision_that_they_were_two_and_its_undoing_brings_that_back(two):
    _, gone = two
    split(gone, records("web/anonymous_id:d1"), "borrowed", None)
    decision = merge(whose("web/user_id:u1"), whose("web/anonymous_id:d1"), "no, her own", None)
    assert whose("web/user_id:u1", "web/anonymous_id:d1") == gone
    undo(decision, "borrowed after all", None)
    live = IdentityEdge.objects.filter(undone_at=None).values_list("kind", flat=True)
    assert list(live) == ["cannot-link"]


def test_each_side_of_a_split_stays_whole():
    # A star: the devices hang together only by way of the user who leaves.
    say([{"userId": "u1", "anonymousId": f"d{number}"} for number in range(3)])
    devices = [f"web/anonymous_id:d{number}" for number in range(3)]
    split(whose("web/user_id:u1"), records(*devices), "the child's devices", None)
    assert clusters() == {frozenset({"web/user_id:u1"}), frozenset(devices)}


def test_a_split_cannot_be_undone_over_what_was_decided_since(two):
    _, gone = two
    first = split(gone, records("web/anonymous_id:d1"), "two", None)
    user, device = whose("web/user_id:u1"), whose("web/anonymous_id:d1")
    merge(user, device, "one", None)
    split(whose("web/user_id:u1"), records("web/anonymous_id:d1"), "two, really", None)
    with pytest.raises(Refused, match="decided since"):
        undo(first, "one", None)


def test_an_id_of_long_ago_leads_to_whoever_the_person_is_now():
    identify("till", "card", ["1", "2", "3"], NOON)
    one, two_, three = (whose(f"till/card:{number}") for number in (1, 2, 3))
    merge(two_, three, "one", None)
    last = merge(one, two_, "one", None)
    assert [queries.customer_of(each.pk) for each in (one, two_, three)] == [one] * 3
    assert sorted(queries.cluster_ids(one)) == sorted([one.pk, two_.pk, three.pk])
    # An id of long ago may stand in a link; it is as good as the newest.
    with pytest.raises(Refused, match="one customer already"):
        merge(three, whose("till/card:1"), "one", None)
    undo(last, "two", None)
    assert [queries.customer_of(each.pk) for each in (one, two_, three)] == [one, two_, two_]


def test_R20_every_identifier_tells_what_holds_it_there(two):
    kept, gone = two
    merge(kept, gone, "same birthday", person())
    found = {joined.record.key: joined for joined in queries.identifiers(kept)}
    assert list(found) == ["till/card:1", "web/user_id:u1", "web/anonymous_id:d1"]
    assert [edge.kind for edge in found["web/user_id:u1"].edges] == ["observed", "must-link"]
    assert found["till/card:1"].edges[0].evidence == {"reason": "same birthday"}
    assert queries.decisions(kept).get().actor.username == f"ann-{Role.MANAGER}"
    split(kept, records("till/card:1"), "no", None)
    (alone,) = queries.identifiers(kept)
    assert [edge.kind for edge in alone.undone] == ["must-link"]
    assert [edge.kind for edge in alone.edges] == ["cannot-link"]


def test_an_edge_stays_as_it_was_written(two):
    edge = IdentityEdge.objects.get()
    for change in ({"kind": "matched"}, {"evidence": {"x": 1}}, {"probability": 0.5}):
        with pytest.raises(IntegrityError, match="stays as it was written"), transaction.atomic():
            IdentityEdge.objects.filter(pk=edge.pk).update(**change)
    IdentityEdge.objects.filter(pk=edge.pk).update(undone_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityEdge.objects.filter(pk=edge.pk).update(undone_at=None)
