"""What staff writes down at its edges: too long, twice at once, taken back, answered with a date."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import (
    Told,
    add_note,
    add_occasion,
    answer,
    ask,
    confirm,
    desk_record,
    retract,
    retract_note,
    take_request,
)
from sterna.desk.customers.models import ContactNote, CustomerRequest, Fact, FactProposal, Occasion
from sterna.desk.customers.queries import happenings, in_peace
from tests.desk.customers.knowing import PHONE, TODAY, bank, client, say
from tests.desk.customers.test_at_once import at_once

pytestmark = pytest.mark.django_db
DEATH, WEDDING = "events.bereavement", "events.wedding"


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    bank()


def mourning(anna: object, text: str = "His mother died in June.") -> ContactNote:
    note = add_note(anna, text, PHONE, None)  # type: ignore[arg-type]
    confirm(FactProposal.objects.get(note=note, fact_class=DEATH), None)
    return note


def test_R55_a_note_of_a_death_that_was_wrong_ends_the_peace_with_the_fact():
    anna = client()
    note = mourning(anna)
    assert in_peace(TODAY)[anna.pk][1] == DEATH
    retract_note(note, "it was another client", None)
    assert in_peace(TODAY) == {}
    occasion = Occasion.objects.get()
    assert (occasion.retracted_reason, occasion.retracted_at is None) == ("it was another client", False)


def test_R55_a_death_that_two_notes_tell_of_is_kept_until_both_are_taken_back():
    anna = client()
    first = mourning(anna)
    earlier = replace(PHONE, at=datetime(2017, 6, 30, 12, tzinfo=UTC))
    second = add_note(anna, "Her mother died in June.", earlier, None)
    confirm(FactProposal.objects.get(note=second, fact_class=DEATH), None)
    assert Occasion.objects.count() == 1
    retract_note(first, "a mix-up", None)
    assert anna.pk in in_peace(TODAY)
    retract_note(second, "a mix-up", None)
    assert in_peace(TODAY) == {}


def test_an_occasion_that_somebody_registered_by_hand_stays_when_a_fact_goes():
    anna = client()
    add_occasion(desk_record(anna), Told(DEATH, 6, None, 2017), "desk", None)
    retract(say("family.children", "1"), "two", None)
    assert anna.pk in in_peace(TODAY)


def test_an_answer_with_a_day_enters_the_register():
    anna = client()
    question = ask(anna, "person.birthday", "meeting", None, words="When may we congratulate you?")
    answer(question, "1972-02-29", None)
    occasion = Occasion.objects.get()
    assert (occasion.month, occasion.day, occasion.year, occasion.yearly) == (2, 29, 1972, True)
    assert occasion.fact == Fact.objects.get(fact_class="person.birthday")


def test_a_proposal_that_was_known_already_leads_to_the_fact_with_its_own_value():
    anna = client()
    note = add_note(anna, "Nothing to read in here.", PHONE, None)
    given = {
        "note": note,
        "fact_class": "name.full",
        "denied": False,
        "confidence": 0.8,
        "quote": "x",
        "start": 0,
    }
    given |= {"end": 1, "reason": "x", "observed_on": TODAY}
    first, other, again = (
        FactProposal.objects.create(value=value, **given) for value in ("Ann  Lee", "Ann Leigh", "Ann Lee")
    )
    known, differs = confirm(first, None), confirm(other, None)
    assert (known.value, differs.value) == ("Ann Lee", "Ann Leigh")
    assert confirm(again, None) == known


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"purpose": "x" * 21}, "the purpose is advertising"),
        ({"purpose": ""}, "the purpose is"),
        ({"touchpoint": "x" * 61}, "write the touchpoint in 1 to 60 letters"),
        ({"medium": "x" * 21}, "write the medium in 1 to 20 letters"),
    ],
)
def test_a_note_with_words_that_the_records_cannot_hold_is_refused_in_one_sentence(change, said):
    with pytest.raises(Refused, match=said):
        add_note(client(), "Called.", replace(PHONE, **change), None)
    assert ContactNote.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "touchpoint"), [("x" * 41, "desk"), ("tickets", "x" * 61), ("", "desk"), ("a", "")]
)
def test_a_request_with_words_that_the_records_cannot_hold_is_refused(kind, touchpoint):
    with pytest.raises(Refused, match="letters"):
        take_request(client(), kind, "Two for Sunday", touchpoint, None)


def test_an_occasion_of_somebody_with_an_endless_name_is_refused():
    with pytest.raises(Refused, match="at most 120 letters"):
        add_occasion(desk_record(client()), Told(DEATH, 6, None, 2017, whose="x" * 121), "desk", None)


def test_a_death_in_the_last_month_there_is_breaks_no_calendar():
    occasion = add_occasion(desk_record(client()), Told(DEATH, 12, 31, 9999), "desk", None)
    assert occasion.quiet_until is None


def test_the_timeline_counts_days_of_the_program(monkeypatch):
    monkeypatch.setenv("STERNA_TIME_ZONE", "America/New_York")
    anna = client()
    # Nine in the evening of the last of June in New York is July in UTC.
    add_note(anna, "Called.", replace(PHONE, at=datetime(2017, 7, 1, 1, tzinfo=UTC)), None)
    assert [one.kind for one in happenings(anna, date(2017, 6, 30))] == ["note"]
    assert happenings(anna, date(2017, 6, 29)) == []


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_is_one_note_and_one_request():
    anna = client()
    refused = at_once(
        *[lambda: add_note(anna, "Called.", PHONE, None, key="form-1")] * 2,
        *[lambda: take_request(anna, "tickets", "Two", "desk", None, key="form-2")] * 2,
    )
    assert refused == []
    assert (ContactNote.objects.count(), CustomerRequest.objects.count()) == (1, 1)
    connection.close()


def test_a_request_may_be_promised_for_today_and_an_answer_for_tomorrow_is_not_asked_again():
    anna = client()
    question = ask(anna, WEDDING, "meeting", None, words="When is the wedding?")
    answer(question, "2017-09", None)
    assert question.quiet_until > TODAY + timedelta(days=1)
    assert Occasion.objects.get().year == 2017
