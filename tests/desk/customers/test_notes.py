"""Notes of contacts: an event by the one way in, read into proposals that a person confirms or refuses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import (
    act_on_inbox,
    add_note,
    confirm,
    desk_record,
    merge,
    refuse,
    retract_note,
    split,
)
from sterna.desk.customers.models import ContactNote, Customer, FactProposal, Occasion, SourceRecord
from sterna.desk.customers.queries import happenings, notes, occasions, proposals
from sterna.desk.sources.models import InboxEvent
from tests.desk.customers.knowing import GOLF, NOON, PHONE, bank, client, live, person, record

pytestmark = pytest.mark.django_db
KEEN = "He is a keen golfer and has two dogs."


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    bank()


def proposal(note: ContactNote, fact_class: str = GOLF) -> FactProposal:
    return FactProposal.objects.get(note=note, fact_class=fact_class)


def test_a_note_is_an_event_of_the_inbox_and_stands_on_the_timeline():
    anna, staff = client(), person()
    note = add_note(anna, KEEN, PHONE, staff)
    event = InboxEvent.objects.get()
    assert (event.body["event"], event.body["userId"]) == ("Contact noted", desk_record(anna).value)
    assert event.body["properties"] == {
        "touchpoint": "adviser line", "medium": "phone", "direction": "inbound", "purpose": "service", "text": KEEN
    }  # fmt: skip
    assert act_on_inbox().events == 1
    assert Customer.objects.filter(redirects_to=None).count() == 1, (
        "it is filed under the client and nobody new"
    )
    (moment,) = happenings(anna)
    assert (moment.at, moment.kind, moment.direction, moment.text, moment.by) == (
        NOON,
        "note",
        "inbound",
        KEEN,
        "Staff",
    )
    assert Entry.objects.get(action="note contact").detail == {"note": str(note.pk)}


def test_the_same_key_is_one_note():
    anna = client()
    first, again = (add_note(anna, KEEN, PHONE, None, key="call 17") for _ in range(2))
    assert first == again
    assert (ContactNote.objects.count(), InboxEvent.objects.count()) == (1, 1)
    assert FactProposal.objects.filter(fact_class=GOLF).count() == 1


@pytest.mark.parametrize(
    ("text", "contact", "said"),
    [
        ("  ", PHONE, "what was said"),
        ("a\0b", PHONE, "what was said"),
        ("x" * 5_001, PHONE, "5,001 characters"),
        ("Hello", replace(PHONE, direction="sideways"), "inbound or outbound, not 'sideways'"),
        ("Hello", replace(PHONE, touchpoint=" "), "write the touchpoint in 1 to 60 letters"),
        ("Hello", replace(PHONE, at=NOON + timedelta(days=1)), "still to come"),
    ],
)
def test_what_is_no_note_is_refused_in_one_sentence(text, contact, said):
    anna = client()
    with pytest.raises(Refused, match=said):
        add_note(anna, text, contact, None)


def test_an_analyst_writes_and_decides_nothing():
    anna, analyst = client(), person("analyst")
    note = add_note(anna, KEEN, PHONE, person("staff"))
    for act in (
        lambda: add_note(anna, KEEN, PHONE, analyst),
        lambda: confirm(proposal(note), analyst),
        lambda: refuse(proposal(note), analyst),
        lambda: retract_note(note, "wrong", analyst),
    ):
        with pytest.raises(Refused, match="may not work contacts"):
            act()


def test_nothing_counts_before_a_person_confirms_it_and_then_it_names_its_words():
    anna, staff = client(), person()
    note = add_note(anna, KEEN, PHONE, staff)
    assert live() == set()
    assert {one.fact_class for one in proposals(anna)} >= {GOLF, "family.pets"}
    fact = confirm(proposal(note), staff)
    assert (fact.source, fact.touchpoint, fact.heard_by, fact.note) == ("desk", "adviser line", staff, note)
    assert (fact.observed_on, fact.purpose) == (date(2017, 7, 1), "marketing")
    assert fact.confidence == proposal(note).confidence
    assert "golf" in fact.proposals.get().quote.lower()
    assert GOLF not in {one.fact_class for one in proposals(anna)}


def test_a_second_confirmation_gives_the_same_fact_and_a_refusal_stays_one():
    note = add_note(client(), KEEN, PHONE, None)
    first = confirm(proposal(note), None)
    assert confirm(proposal(note), None) == first
    with pytest.raises(Refused, match="retract the fact"):
        refuse(proposal(note), None)
    pets = refuse(proposal(note, "family.pets"), None)
    assert refuse(pets, None).state == FactProposal.State.REFUSED
    with pytest.raises(Refused, match="does not mean this"):
        confirm(pets, None)
    assert live() == {(GOLF, "yes")}


def test_a_person_may_correct_the_value_and_is_then_as_sure_as_a_note_is():
    note = add_note(client(), KEEN, PHONE, None)
    fact = confirm(proposal(note, "family.pets"), None, value="Horse")
    assert (fact.value, fact.confidence) == ("horse", 0.8)
    again = add_note(record().customer, KEEN, PHONE, None)
    with pytest.raises(Refused, match="may not be kept as 'dragon'"):
        confirm(proposal(again, "family.pets"), None, value="dragon")
    with pytest.raises(Refused, match="may not be kept"):
        confirm(proposal(again), None, purpose="research")


def test_a_no_is_kept_as_a_no():
    note = add_note(client(), "He does not play golf.", PHONE, None)
    assert proposal(note).denied
    assert confirm(proposal(note), None).value == "no"


def test_R55_the_note_of_a_grandchild_proposes_and_confirmed_it_is_in_the_register():
    anna = client()
    note = add_note(anna, "Their first grandchild is due in September.", PHONE, None)
    found = proposal(note, "events.birth_of_grandchild")
    assert (found.value, Occasion.objects.count()) == ("2017-09", 0)
    fact = confirm(found, None)
    (one,) = occasions(anna)
    assert (one.month, one.day, one.year, one.yearly, one.fact) == (9, None, 2017, False, fact)


def test_a_note_taken_back_ends_its_facts_and_is_not_read_again():
    anna = client()
    note = add_note(anna, KEEN, PHONE, None)
    confirm(proposal(note), None)
    with pytest.raises(Refused, match="write why"):
        retract_note(note, "", None)
    assert retract_note(note, "another client", None) == 1
    assert retract_note(note, "again", None) == 0
    assert live() == set() and not proposals(anna).exists() and happenings(anna) == []
    assert notes(anna).get().retracted_reason == "another client"
    with pytest.raises(Refused, match="taken back"):
        confirm(proposal(note, "family.pets"), None)


def test_what_the_desk_heard_follows_its_client_through_merge_and_split():
    anna, annie = client("1"), client("2")
    add_note(annie, KEEN, PHONE, None)
    merge(anna, annie, "the same passport", None)
    assert notes(record("1").customer).count() == 1
    heard = SourceRecord.objects.get(source="desk")
    split(record("1").customer, [record("2").pk, heard.pk], "two sisters", None)
    assert notes(record("2").customer).count() == 1
    assert notes(record("1").customer).count() == 0


def test_a_client_has_one_desk_record_however_often_somebody_writes():
    anna = client()
    assert desk_record(anna) == desk_record(anna)
    merge(anna, client("2"), "one", None)
    assert desk_record(record("2").customer) == desk_record(anna)


def test_a_contact_that_staff_made_is_outbound_in_the_lake():
    from zoneinfo import ZoneInfo

    from sterna.desk.sources.lake_rows import Kept, lake_event

    add_note(client(), KEEN, replace(PHONE, direction="outbound"), None)
    body = InboxEvent.objects.get().body
    row = lake_event(
        Kept("desk", "desk/desk_record:1", body), ZoneInfo("UTC"), datetime(2017, 7, 1, tzinfo=UTC)
    )
    assert (row["direction"], row["touchpoint"], row["kind"]) == ("outbound", "adviser line", "Contact noted")
