"""The limit of a customer's cell is asked again before anything leaves: by the newest run and the newest levels."""

from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.channels.base import discover
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.contacts import queries
from sterna.desk.contacts.actions import claims, frequency, send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.rendering import people, word
from sterna.desk.customers.actions import keep_facts
from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import retire_treatments
from sterna.desk.sources.signals import FactsSaid
from sterna.engine.segments.treatments import PROMOTING
from tests.desk.contacts import ledger
from tests.desk.dashboards import ruled
from tests.desk.runs import shop
from tests.desk.segments import treated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments with a grid; noon of a summer's day."""
    monkeypatch.setenv("STERNA_NOW", "2018-07-10T16:00:00+00:00")
    ruled.publish()
    treated.publish()


def left(
    contact: Contact, back: int, purpose: str = "marketing", state: str = "handed over", **more
) -> Contact:
    """Another contact of the same customer that left so many days ago."""
    at = clock.now() - back * DAY
    key = new_id()
    given = {"pk": key, "natural_key": str(key), "purpose": purpose, "state": state, "handed_over_at": at}
    for name, value in (given | {"due_on": clock.today() - back * DAY} | more).items():
        setattr(contact, name, value)
    contact.save(force_insert=True)
    return contact


def due(**level: object) -> Contact:
    """One contact that is due, of a customer who stands in a cell with this level."""
    [contact] = ledger.fill(1)
    treated.put(contact.customer_id, **level)
    return contact


def again(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def sent(contact: Contact) -> tuple[str, str]:
    """What became of it after it was sent for."""
    pk = contact.pk
    send_due(on=ledger.outlet(ledger.Memory()))
    found = Contact.objects.get(pk=pk)
    return found.state, found.error


@pytest.mark.parametrize(
    ("past", "state"),
    [
        ([], "handed over"),
        ([(30, "marketing")], "handed over"),
        ([(1, "marketing"), (30, "sales")], "withdrawn"),  # the first day that counts
        ([(1, "marketing"), (31, "sales")], "handed over"),
        ([(1, "service"), (2, "recognition"), (3, "research")], "handed over"),
        ([(1, "service"), (2, "advertising"), (0, "marketing")], "withdrawn"),  # one of this very day
    ],
)
def test_R80_the_frequency_of_the_cell_holds_when_a_contact_is_about_to_leave(past, state):
    contact = due(contacts=2, days=30)
    pk = contact.pk
    for back, purpose in past:
        left(again(contact), back, purpose)
    found = sent(Contact.objects.get(pk=pk))
    assert found[0] == state
    if state == "withdrawn":
        assert found[1] == (
            "in others customers of value little and potential large get at most 2 in 30 days of what promotes"
        )


def test_R80_a_stricter_level_holds_at_once_and_a_looser_one_from_the_next_run():
    contact = due(contacts=9, days=30)
    left(again(contact), 1)
    stricter = treated.TEXT.replace(
        "potential: large, personalization: individual, frequency: {contacts: 9, days: 30}",
        "potential: large, personalization: individual, frequency: {contacts: 1, days: 30}",
    )
    assert claims.barriers([contact.pk]) == {}
    treated.publish(stricter)
    assert "get at most 1 in 30 days" in claims.barriers([contact.pk])[contact.pk]
    treated.publish(treated.TEXT)
    assert claims.barriers([contact.pk]) == {}
    # The newest run gave one contact; nine by now are from the next run on.
    treated.put(contact.customer_id, contacts=1, cut=clock.today())
    assert "get at most 1 in 30 days" in claims.barriers([contact.pk])[contact.pk]
    retire_treatments("needs", None, "of no use")
    assert claims.barriers([contact.pk]), "until the next run"
    treated.put(Customer.objects.create(created_at=clock.now()).pk, cut=clock.today() + DAY)
    assert claims.barriers([contact.pk]) == {}


def test_R80_who_moved_to_another_cell_since_has_the_limit_of_that_one():
    contact = due(contacts=1, days=30)
    left(again(contact), 3)
    assert claims.barriers([contact.pk])
    treated.put(contact.customer_id, ("much", "large"), contacts=5, days=60, cut=clock.today())
    assert claims.barriers([contact.pk]) == {}
    assert sent(contact)[0] == "handed over"


def test_R80_a_cell_of_no_contacts_lets_service_leave_and_nothing_that_promotes():
    contact = due(contacts=0)
    assert claims.barriers([contact.pk])
    for purpose in ("service", "recognition", "research"):
        Contact.objects.filter(pk=contact.pk).update(purpose=purpose)
        assert "get at most" not in str(claims.barriers([contact.pk]))


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("handed over", True), ("confirmed", True), ("unknown", True), ("failed", False), ("withdrawn", False),
        ("planned", False),
    ],
)  # fmt: skip
def test_what_failed_or_never_left_counts_for_nothing_and_what_may_have_arrived_does(state, counts):
    contact = due(contacts=1, days=30)
    handed = None if state == "unknown" else clock.now() - DAY
    left(again(contact), 1, state=state, handed_over_at=handed, handing_at=clock.now() - DAY)
    assert bool(claims.barriers([contact.pk])) == counts


def test_R80_of_several_that_are_due_together_as_many_leave_as_the_cell_allows():
    contact = due(contacts=2, days=30)
    pks = [contact.pk]
    for _ in range(3):
        pks.append(left(again(contact), 0, state="planned", handed_over_at=None).pk)
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"handed over": 2, "withdrawn": 2}
    assert set(Contact.objects.filter(state="handed over").values_list("pk", flat=True)) == set(pks[:2])


def test_R80_of_two_senders_that_hold_one_each_one_lets_go():
    contact = due(contacts=1, days=30)
    other = left(again(contact), 0, state="planned", handed_over_at=None, due_on=clock.today())
    Contact.objects.filter(pk__in=[contact.pk, other.pk]).update(
        state="reserved", claim=uuid4(), lease_until=clock.now() + DAY
    )
    # Each asks about its own alone, before anything is handed over.
    assert claims.barriers([contact.pk]) == {} and claims.barriers([other.pk]).keys() == {other.pk}
    Contact.objects.filter(pk=other.pk).update(handing_at=clock.now())
    assert claims.barriers([contact.pk]).keys() == {contact.pk}, "bytes of the other may be leaving"
    assert frequency.parameters(claiming=True)["claiming"] is True


def test_what_another_sender_holds_counts_when_one_is_taken():
    contact = due(contacts=1, days=30)
    other = left(again(contact), 0, state="planned", handed_over_at=None, due_on=clock.today() + DAY)
    Contact.objects.filter(pk=other.pk).update(state="reserved", claim=uuid4(), lease_until=clock.now() + DAY)
    taken = claims.claim(["email"], 10)
    assert (taken.contacts, taken.withdrawn) == ([], 1) and again(contact).state == "withdrawn"


def test_R80_the_contacts_and_cells_of_both_sides_of_a_merge_count():
    contact = due(contacts=2, days=30)
    [other] = ledger.fill(1, natural_key="other")
    for one in (contact, other):
        left(again(one), 2)
    assert claims.barriers([contact.pk]) == {}
    Customer.objects.filter(pk=other.customer_id).update(redirects_to=contact.customer_id)
    assert claims.barriers([contact.pk])
    Contact.objects.exclude(pk=contact.pk).delete()
    run = treated.newest()
    treated.put(other.customer_id, run=run, contacts=0)
    assert claims.barriers([contact.pk]), "the stricter of both cells"


pasts = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 6, 7, 8, 29, 30, 31]), st.sampled_from([*PROMOTING, "service", "research"])
    ),
    max_size=5,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pasts, st.integers(0, 3), st.sampled_from([1, 7, 30]), st.integers(1, 3))
def test_R80_whatever_left_before_nobody_gets_more_than_the_cell_allows(past, most, days, number):
    Contact.objects.all().delete()
    first = due(contacts=most, days=days, cut=clock.today())
    ids = [first.pk]
    for _ in range(number - 1):
        ids.append(left(again(first), 0, state="planned", handed_over_at=None).pk)
    for back, purpose in past:
        left(again(first), back, purpose)
    had = sum(back <= days for back, purpose in past if purpose in PROMOTING)
    send_due(on=ledger.outlet(ledger.Memory()))
    states = Counter(Contact.objects.filter(pk__in=ids).values_list("state", flat=True))
    may = min(number, max(0, most - had))
    assert states == Counter({"handed over": may, "withdrawn": number - may}) + Counter()
    treated.clear()


@pytest.mark.parametrize(
    ("level", "said", "reason"),
    [
        ("individual", "The Friday basket for two household, Your company", "fact"),
        ("segment", "The Friday basket for your household, Your company", "level"),
        ("none", "The Friday basket for your household, Your company", "level"),
    ],
)
def test_R80_the_text_says_of_the_person_what_the_level_allows(level, said, reason, shop_people):
    treated.put(shop_people["000"].pk, personalization=level)
    told = queries.preview_for(shop_people["plan"], "basket", "email", shop_people["000"])
    assert told.rendered.text == said and told.used_facts[0]["reason"] == reason
    sentence = told.used_facts[0]["sentence"]
    assert ("their level of treatment is no text by person" in sentence) == (level != "individual")


@pytest.mark.parametrize(
    ("level", "said"), [("individual", "Ann of big"), ("segment", "you of big"), ("none", "you of all")]
)
def test_R80_a_text_goes_by_the_segment_and_the_name_as_the_level_allows(level, said, shop_people):
    keep_facts(
        FactsSaid("shop", "household", "name.full", [("000", "Ann", date(2017, 5, 1), "service")], shop.AT)
    )
    treated.put(shop_people["000"].pk, personalization=level, segment="big")
    plan = shop_people["plan"]
    body = dict(plan.definition.body)
    text = "{{ customer.name | default: 'you' }} of {{ segment.name | default: 'all' }}"
    message = body["messages"][0]
    body["messages"] = [
        message | {"variants": message["variants"] | {"email": message["variants"]["email"] | {"text": text}}}
    ]

    person = people([shop_people["000"].pk], clock.today())[shop_people["000"].pk]
    assert (
        word(body, "basket", discover()["email"], person, "a@example.org", clock.today()).rendered.text
        == said
    )


@pytest.fixture
def shop_people(monkeypatch):
    """The customers of the shop and its plan, on the first of July 2017."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    found = shop.customers()
    shop.tiers()
    return found | {"plan": shop.plan()}
