"""Requests, questions, occasions and the depth of a relationship, as staff works with them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import (
    Told,
    add_note,
    add_occasion,
    answer,
    ask,
    complete,
    decline,
    desk_record,
    promise,
    retract_occasion,
    take_request,
    would_rather_not,
)
from sterna.desk.customers.models import CustomerRequest, Fact, Occasion, Question
from sterna.desk.customers.queries import (
    Use,
    coming,
    depth_of,
    follow_ups,
    happenings,
    in_peace,
    next_questions,
    past_due,
    questions_of,
    unpromised,
)
from sterna.desk.customers.queries.discovery import register_headroom
from sterna.desk.customers.queries.taxonomy import forget_uses, register_uses
from sterna.desk.values.telling import headroom
from tests.desk.customers.knowing import GOLF, JET, PHONE, TODAY, WEALTH, bank, client, live, person, say

pytestmark = pytest.mark.django_db
BIRTHDAY, DEATH = "person.birthday", "events.bereavement"


@pytest.fixture(autouse=True)
def the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, TODAY)
    bank()


@pytest.fixture(autouse=True)
def planned():
    """A plan that wants golf, and speaks of wealth held elsewhere."""
    register_uses(
        "a plan",
        lambda: [
            Use(GOLF, "asset", "Golf day", "Ann Lee", 1.0),
            Use("wealth.elsewhere", "message", "Review", "Bo Dahl", 0.5),
            Use("guarded.religion", "message", "Never", "", 1.0),
        ],
    )
    yield
    forget_uses("a plan")
    register_headroom(headroom)


def at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setenv("STERNA_NOW", f"{day}T16:00:00+00:00")


def tickets(customer, **more):
    return take_request(customer, "Tickets", "Two for the Masters", "adviser line", None, **more)


def test_R9_a_request_goes_from_asked_over_promised_to_done_and_stands_on_the_timeline():
    anna, staff = client(), person()
    asked = take_request(anna, "tickets", "Two for the Masters", "adviser line", staff)
    promise(asked, "Two for Sunday", TODAY + timedelta(days=3), staff)
    done = complete(asked, "Sent by courier", staff)
    assert (done.state, done.settled_by) == (CustomerRequest.State.DONE, staff)
    moments = [(one.kind, one.direction, one.text, one.by) for one in reversed(happenings(anna))]
    assert sorted(moments) == [
        ("promise", "outbound", "Two for Sunday", "Staff"),
        ("request", "inbound", "Two for the Masters", "Staff"),
        ("settled", "outbound", "Sent by courier", "Staff"),
    ]


def test_R9_a_past_due_request_is_listed_until_it_is_settled(monkeypatch):
    asked = promise(tickets(client()), "By Monday", TODAY, None)
    later = tickets(client("2"), due_on=TODAY + timedelta(days=9))
    assert list(past_due()) == []
    at(monkeypatch, TODAY + timedelta(days=1))
    assert list(past_due()) == [asked]
    assert list(past_due(TODAY + timedelta(days=30))) == [asked, later]
    decline(asked, "Sold out; told her on the phone", None)
    assert list(past_due()) == []


def test_a_request_that_nobody_promised_is_listed_after_two_days():
    asked = tickets(client())
    assert list(unpromised()) == []
    assert list(unpromised(TODAY + timedelta(days=2))) == [asked]


def test_a_settled_request_stays_settled():
    asked = tickets(client())
    done = complete(asked, "Sent", None)
    assert complete(asked, "Sent twice", None).outcome == done.outcome == "Sent"
    for act in (lambda: decline(asked, "no", None), lambda: promise(asked, "again", TODAY, None)):
        with pytest.raises(Refused, match="is done already"):
            act()


def test_what_a_request_needs():
    anna = client()
    assert tickets(anna, key="mail 7") == tickets(anna, key="mail 7")
    with pytest.raises(Refused, match="write what was asked for"):
        take_request(anna, "tickets", " ", "adviser line", None)
    with pytest.raises(Refused, match="is past"):
        promise(tickets(anna), "Yesterday", TODAY - timedelta(days=1), None)
    with pytest.raises(Refused, match="what became of it"):
        complete(tickets(anna), " ", None)
    with pytest.raises(Refused, match="may not work contacts"):
        take_request(anna, "tickets", "Two", "adviser line", person("analyst"))


def test_R7_a_ticket_request_raises_the_question_of_transportation_and_a_known_answer_does_not():
    asked = tickets(client())
    words = {one.fact_class: one.words for one in follow_ups(asked)}
    assert words[JET] == "May we arrange your transportation as well?"
    assert words[GOLF] == "Do you play golf yourself?"
    say(JET, "no")
    assert JET not in {one.fact_class for one in follow_ups(asked)}, "a no is an answer"


def test_R7_what_was_answered_is_not_asked_again_inside_its_cool_off(monkeypatch):
    anna = client()
    asked = tickets(anna)
    question = ask(anna, JET, "adviser line", None, request=asked)
    assert question.words == "May we arrange your transportation as well?"
    answered = answer(question, "yes", None)
    assert (answered.answer, answered.fact.fact_class, answered.fact.confidence) == ("yes", JET, 0.95)
    with pytest.raises(Refused, match="not again before 2017-12-28"):
        ask(anna, JET, "adviser line", None, request=asked)
    at(monkeypatch, TODAY + timedelta(days=180))
    assert ask(anna, JET, "adviser line", None, request=asked).state == Question.State.OPEN


def test_R7_whoever_would_rather_not_say_is_left_alone_for_the_cool_off_and_no_fact_is_made():
    anna = client()
    would_rather_not(ask(anna, "wealth.elsewhere", "meeting", None), None)
    assert "wealth.elsewhere" not in {one.fact_class for one in next_questions(anna)}
    later = {one.fact_class for one in next_questions(anna, TODAY + timedelta(days=180))}
    assert "wealth.elsewhere" in later
    assert not Fact.objects.exists()


def test_a_question_is_answered_once_and_only_by_what_the_class_can_hold():
    question = ask(client(), GOLF, "phone", None)
    with pytest.raises(Refused, match="holds a flag"):
        answer(question, "sometimes", None)
    answer(question, "no", None)
    assert live() == {(GOLF, "no")}
    for act in (lambda: answer(question, "yes", None), lambda: would_rather_not(question, None)):
        with pytest.raises(Refused, match="has its answer"):
            act()


def test_what_may_not_be_asked():
    anna = client()
    with pytest.raises(Refused, match="no fact of it may be kept"):
        ask(anna, "guarded.religion", "phone", None, words="Which church?")
    with pytest.raises(Refused, match="no words to ask"):
        ask(anna, GOLF, "on the moon", None)
    with pytest.raises(Refused, match="may not work contacts"):
        ask(anna, GOLF, "phone", person("analyst"))


def test_R7_the_next_question_is_what_plans_need_most_and_nobody_knows():
    anna = client()
    first, *rest = next_questions(anna, most=20)
    assert (first.fact_class, first.lack, first.asks, first.need) == (GOLF, "missing", "Ann Lee", 1.0)
    assert first.words["phone"] == "Do you play yourself, or do you like to watch?"
    assert "guarded.religion" not in {one.fact_class for one in rest}, "what may not be kept is not asked for"
    needs = [one.need for one in (first, *rest)]
    assert needs == sorted(needs, reverse=True)
    assert {one.fact_class for one in next_questions(anna, touchpoint="meeting")} >= {"wealth.elsewhere"}
    assert GOLF not in {one.fact_class for one in next_questions(anna, touchpoint="meeting")}


def test_R7_what_is_only_guessed_or_stale_is_worth_less_than_what_is_missing():
    anna = client()
    say("wealth.elsewhere", "under 1m", day=TODAY - timedelta(days=365))
    say("wealth.yacht")
    found = {one.fact_class: one for one in next_questions(anna, most=20)}
    assert (found["wealth.elsewhere"].lack, found["wealth.elsewhere"].need) == ("stale", 0.5 * 0.75)
    assert found[WEALTH].lack == "guessed", "a rule supposes it; nobody said it"
    say(WEALTH, "5m to 10m")
    assert WEALTH not in {one.fact_class for one in next_questions(anna, most=20)}


def test_R7_headroom_weighs_and_unknown_headroom_is_not_zero():
    anna, bo = client("1"), client("2")
    register_headroom(lambda customers: {anna.pk: Decimal("2000.00")})
    found = questions_of([anna.pk, bo.pk])
    assert found[anna.pk][0].worth == pytest.approx(2000.0)
    assert found[bo.pk][0].worth is None


def birthday(customer, **more):
    return add_occasion(desk_record(customer), Told(BIRTHDAY, 2, 29, 1960, **more), "desk", None)


def test_R55_the_register_tells_what_is_next_also_on_29_february():
    anna = client()
    birthday(anna)
    (one,) = coming(days=10, on=date(2018, 2, 20))
    assert (one.on, one.in_days, one.title) == (date(2018, 2, 28), 8, "Birthday")
    assert coming(days=10, on=date(2020, 2, 20))[0].on == date(2020, 2, 29)
    assert coming(days=10, on=date(2018, 3, 1)) == []
    assert coming(days=90, on=date(2018, 12, 15), customer=anna)[0].on == date(2019, 2, 28)


def test_R55_who_said_no_to_it_is_not_reminded_of():
    birthday(client("1"), consent=False)
    asked = birthday(client("2"), consent=True)
    assert [one.occasion for one in coming(on=date(2018, 2, 20))] == [asked]


def test_R55_an_occasion_has_type_day_source_consent_and_sensitivity_and_is_kept_once():
    anna = client()
    assert birthday(anna) == birthday(anna)
    one = Occasion.objects.get()
    assert (one.fact_class, one.month, one.day, one.source, one.consent, one.sensitivity, one.yearly) == (
        BIRTHDAY, 2, 29, "desk", None, "personal", True,
    )  # fmt: skip
    retract_occasion(one, "it was his brother's", None)
    assert coming(days=365, on=TODAY) == []
    assert retract_occasion(one, "again", None).retracted_reason == "it was his brother's"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told("events.coronation", 5, 6, 2023), "orphan"),
        (Told("guarded.health", 5, None, 2023), "never kept"),
        (Told(JET, 5, 6, 2023), "holds a flag"),
        (Told(BIRTHDAY, 2, 30), "no day"),
        (Told("events.wedding", 6), "which year"),
    ],
)
def test_what_is_no_occasion_is_refused(told, said):
    with pytest.raises(Refused, match=said):
        add_occasion(desk_record(client()), told, "desk", None)
    assert not Occasion.objects.exists()


def test_R55_a_death_keeps_promotion_away_for_ninety_days_from_when_we_heard():
    anna = client()
    one = add_occasion(desk_record(anna), Told(DEATH, 5, None, 2017), "desk", None)
    assert one.quiet_until == TODAY + timedelta(days=90)
    assert in_peace(TODAY) == {anna.pk: (TODAY + timedelta(days=90), DEATH)}
    assert in_peace(TODAY + timedelta(days=90)) == {}
    assert in_peace(TODAY, [client("2").pk]) == {}
    retract_occasion(one, "a namesake", None)
    assert in_peace(TODAY) == {}


def test_R13_what_is_learned_and_heard_deepens_the_relationship():
    anna = client()
    stranger = depth_of(anna)
    say(GOLF)
    known = depth_of(anna)
    add_note(anna, "Called to say hello.", PHONE, None)
    spoken = depth_of(anna)
    answer(ask(anna, "family.children", "meeting", None), "2", None)
    assert stranger.score < known.score < spoken.score < depth_of(anna).score
    later = depth_of(anna, TODAY + timedelta(days=400))
    lowered = {
        was.name for was, now in zip(depth_of(anna).parts, later.parts, strict=True) if was.score != now.score
    }
    assert lowered == {"recency"}
