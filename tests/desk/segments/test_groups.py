"""Groups A, B and C in the records: what each asks for, that one proposes and another approves, and who may."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions import (
    Asked,
    approve,
    decline,
    judge,
    propose,
    publish_scheme,
    publish_terms,
    review,
)
from sterna.desk.segments.group_models import GroupChange, GroupJudgement, GroupReason
from sterna.desk.segments.models import Definition, Membership
from sterna.engine.errors import BadInput
from sterna.engine.segments import Band, Scheme
from tests.desk.segments import grouped
from tests.desk.segments.grouped import asked, into, judged, user

pytestmark = pytest.mark.django_db
NOW = "2017-07-01T12:00:00+00:00"
TODAY = date(2017, 7, 1)


@pytest.fixture(autouse=True)
def present(monkeypatch):
    """Every test stands on one day, and moves to another by calling it."""

    def go(day: date) -> None:
        monkeypatch.setenv("STERNA_NOW", f"{day}T12:00:00+00:00")

    go(TODAY)
    return go


@pytest.fixture
def ann():
    return user("ann")


@pytest.fixture
def boss():
    return user("max", "manager")


def group(customer):
    return queries.group_of(customer)


def test_R49_nothing_moves_while_a_proposal_waits_and_somebody_else_moves_it(ann, boss):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), ann)
    assert group(who) == "none" and not queries.stays().exists()
    approve(change, boss, "agreed")
    stay = queries.stay_of(who)
    assert (stay.place, stay.rank, stay.scheme, stay.run_id) == ("B", 2, "clients", None)
    assert (stay.during.lower, stay.cause) == (TODAY, "First placed: inherits next year")
    lines = Entry.objects.filter(subject_kind="group change").order_by("at", "id")
    assert [(line.action, line.actor) for line in lines] == [("propose group", ann), ("approve group", boss)]
    assert {line.subject for line in lines} == {str(change.pk)}


def test_R49_nobody_approves_what_they_proposed(boss):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), boss)
    with pytest.raises(Refused, match="nobody approves what they proposed themselves"):
        approve(change, boss, "agreed")
    assert group(who) == "none" and GroupChange.objects.get().state == "open"
    approve(change, user("other", "administrator"), "agreed")
    assert group(who) == "B"


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_R49_who_may_not_manage_approves_and_declines_nothing(ann, role):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), ann)
    for act in (approve, decline):
        with pytest.raises(Refused, match="may not"):
            act(change, user("other", role), "agreed")
    assert GroupChange.objects.get().state == "open"


def test_an_analyst_neither_judges_nor_proposes_nor_reviews():
    grouped.terms()
    [who] = grouped.worth("1.00")
    reader = user("reader", "analyst")
    acts = (
        lambda: judge(who, "need", True, "so", reader),
        lambda: propose(who, asked("B"), reader),
        lambda: review(who, asked("B"), reader),
        lambda: publish_terms(grouped.TERMS.format(version=2), user("ann"), "why"),
    )
    for act in acts:
        with pytest.raises(Refused, match="may not"):
            act()
    assert not (GroupJudgement.objects.exists() or GroupChange.objects.exists())


@pytest.mark.parametrize("decided", ["approve", "decline"])
def test_a_decision_wants_a_reason_and_comes_once(ann, boss, decided):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), ann)
    act = approve if decided == "approve" else decline
    with pytest.raises(Refused, match="write why"):
        act(change, boss, " ")
    act(change, boss, "as we said")
    with pytest.raises(Refused, match="already"):
        approve(change, boss, "as we said")
    with pytest.raises(Refused, match="already"):
        decline(change, boss, "as we said")
    assert group(who) == ("B" if decided == "approve" else "none")


def test_whoever_proposed_takes_it_back(ann):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), ann)
    assert decline(change, ann, "too early").state == "withdrawn"
    assert Entry.objects.filter(action="withdraw group", actor=ann).count() == 1
    propose(who, asked("B"), ann)


def test_one_proposal_waits_at_a_time(ann):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B"), ann)
    with pytest.raises(Refused, match="waits already"):
        propose(who, asked("C"), ann)
    change.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save(force_insert=True)


@pytest.mark.parametrize("kind", ["need", "want", "value"])
def test_R45_with_one_judgement_missing_nobody_enters_A(ann, kind):
    grouped.terms()
    [who] = grouped.worth("9000.00")
    for other in {"need", "want", "value"} - {kind}:
        judge(who, other, True, "as we spoke", ann)
    with pytest.raises(BadInput, match=f"nobody has judged whether the customer {kind}s"):
        propose(who, asked("A"), ann)
    judge(who, kind, False, "said no", ann)
    with pytest.raises(BadInput, match="it does not hold"):
        propose(who, asked("A"), ann)
    judge(who, kind, True, "said yes", ann)
    propose(who, asked("A"), ann)


@pytest.mark.parametrize("revenue", ["8999.99", None])
def test_R45_below_the_threshold_or_unknown_is_at_most_B(ann, revenue):
    grouped.terms()
    [who] = grouped.worth(revenue)
    judged(who)
    with pytest.raises(BadInput, match="revenue is"):
        propose(who, asked("A"), ann)
    into(who, "B")
    assert group(who) == "B"


def test_R45_what_was_there_when_it_was_proposed_must_be_there_when_it_is_approved(ann, boss):
    grouped.terms()
    [who] = grouped.worth("9000.00")
    judged(who)
    change = propose(who, asked("A"), ann)
    grouped.earn(who, "8999.99")
    with pytest.raises(BadInput, match=r"revenue is 8,999.99, and A asks for 9,000"):
        approve(change, boss, "agreed")
    assert group(who) == "none" and GroupChange.objects.get().state == "open"


def test_R45_a_judgement_names_who_when_and_why_and_an_older_one_stays(ann, boss, present):
    grouped.terms()
    [who] = grouped.worth("9000.00")
    judge(who, "need", True, "as we spoke", ann)
    judge(who, "need", True, "as we spoke", ann)
    present(date(2017, 8, 1))
    judge(who, "need", False, "bought elsewhere", boss)
    told = [(one.holds, one.by, one.on, one.why) for one in queries.judgements_of([who.pk])[who.pk]]
    assert told == [
        (True, "ann", TODAY, "as we spoke"),
        (False, "max", date(2017, 8, 1), "bought elsewhere"),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reason": " "}, "write why|gives no reason"),
        ({"expected_on": None}, "names no day"),
        ({"expected_on": TODAY}, "not to come"),
        ({"next_step": " "}, "names no next step"),
    ],
)
def test_R47_a_blank_for_B_is_refused(ann, given, said):
    grouped.terms()
    [who] = grouped.worth("1.00")
    with pytest.raises((BadInput, Refused), match=said):
        propose(who, asked("B", **given), ann)
    assert not GroupChange.objects.exists()


def test_R47_a_day_that_has_passed_while_it_waited_is_refused(ann, boss, present):
    grouped.terms()
    [who] = grouped.worth("1.00")
    change = propose(who, asked("B", expected_on=TODAY + timedelta(1)), ann)
    present(TODAY + timedelta(1))
    with pytest.raises(BadInput, match="not to come"):
        approve(change, boss, "agreed")


@pytest.mark.parametrize("reason", ["", "rich: very", "family", "family: "])
def test_R48_C_without_a_reason_of_the_terms_is_refused(ann, reason):
    grouped.terms()
    [who] = grouped.worth("1.00")
    with pytest.raises((BadInput, Refused), match=r"reason|write why"):
        propose(who, asked("C", reason=reason), ann)


def test_a_move_ends_one_stay_and_begins_the_next_on_the_same_day(boss, present):
    grouped.terms()
    [who] = grouped.worth("9000.00")
    into(who, "B")
    present(date(2018, 1, 1))
    into(who, "A")
    present(date(2018, 3, 1))
    into(who, "none")
    stays = [
        (stay.place, stay.during.lower, stay.during.upper) for stay in queries.stays().order_by("during")
    ]
    assert stays == [("B", TODAY, date(2018, 1, 1)), ("A", date(2018, 1, 1), date(2018, 3, 1))]
    assert group(who) == "none" and queries.counts() == {"A": 0, "B": 0, "C": 0}


def test_two_moves_of_one_day_leave_the_second(present):
    grouped.terms()
    [who] = grouped.worth("1.00")
    into(who, "B")
    into(who, "C")
    stay = Membership.objects.get(customer=who)
    assert (stay.place, stay.during.lower, stay.cause) == (
        "C",
        TODAY,
        "Moved from B: family: the daughter of a client in A",
    )


def test_a_proposal_from_where_the_customer_no_longer_is_cannot_be_approved(ann, boss):
    grouped.terms()
    one, other = grouped.worth("1.00", "1.00")
    into(other, "C")
    change = propose(one, asked("B"), ann)
    GroupChange.objects.filter(pk=change.pk).update(customer=other)
    with pytest.raises(Refused, match="is in group C now, not in no group"):
        approve(change, boss, "agreed")
    decline(change, boss, "stale")


def test_the_same_group_again_is_a_review_and_no_proposal(ann):
    grouped.terms()
    [who] = grouped.worth("1.00")
    into(who, "B")
    with pytest.raises(Refused, match="is in group B already"):
        propose(who, asked("B"), ann)
    with pytest.raises(Refused, match="what stays is where somebody is"):
        review(who, asked("C"), ann)


def test_a_review_of_B_takes_a_new_day_and_of_A_a_reason_alone(ann, present):
    grouped.terms()
    late, ideal = grouped.worth("1.00", "9000.00")
    into(late, "B", expected_on=TODAY + timedelta(30))
    into(ideal, "A")
    grouped.earn(ideal, "10.00")
    present(date(2017, 9, 1))
    today = clock.today()
    assert [one.customer for one in queries.overdue(queries.members(), today)] == [late.pk]
    with pytest.raises(BadInput, match="not to come"):
        review(late, asked("B", expected_on=today), ann)
    review(late, asked("B", reason="the will is contested"), ann)
    review(ideal, Asked("A", "one bad year"), ann)
    assert queries.overdue(queries.members(), today) == []
    assert queries.reasons_of([late.pk])[late.pk]["B"].reason == "the will is contested"
    assert GroupReason.objects.filter(is_review=True, by=ann, on=today).count() == 2
    assert (group(ideal), group(late)) == ("A", "B")


def test_without_terms_nobody_is_proposed_for_anything(ann):
    [who] = grouped.customers(1)
    with pytest.raises(Refused, match="sterna groups load FILE"):
        propose(who, asked("B"), ann)
    judge(who, "need", True, "as we spoke", ann)
    assert not GroupChange.objects.exists()


def test_words_that_nobody_would_read_or_store_are_refused(ann):
    grouped.terms()
    [who] = grouped.worth("1.00")
    for words in ("x" * 301, "a\0b"):
        with pytest.raises(Refused, match="at most 300"):
            propose(who, asked("B", reason=words), ann)
        with pytest.raises(Refused, match="at most 300"):
            propose(who, asked("B", next_step=words), ann)
        with pytest.raises(Refused, match="at most 300"):
            judge(who, "need", True, words, ann)
    with pytest.raises(Refused, match="a judgement is of need, want, value"):
        judge(who, "wish", True, "so", ann)
    with pytest.raises(Refused, match="a group is A, B, C, or none"):
        propose(who, Asked("D", "why"), ann)


def test_who_is_gone_is_not_judged(ann):
    grouped.terms()
    [who] = grouped.customers(1)
    Customer.objects.filter(pk=who.pk).delete()
    with pytest.raises(Refused, match="no such customer any more"):
        judge(who, "need", True, "so", ann)


def test_terms_are_versions_that_stay_and_the_same_words_are_no_new_one():
    first = grouped.terms()
    assert grouped.terms() == first
    second = grouped.terms(grouped.PLAIN, 2)
    assert [one.version for one in queries.versions()] == [2, 1]
    assert queries.terms_definition() == second
    # The words of the newest under the next number are the newest.
    assert grouped.terms(grouped.PLAIN, 3) == second
    # Back to the words of the first is a version all the same.
    assert grouped.terms(version=3).version == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Definition.objects.filter(pk=first.pk).update(body={})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("version: 2", "version: 3"), "would be version 2, not 3"),
        (("groups: clients", "groups: others"), "called clients"),
        (("measure: revenue", "measure: luck"), "line 4: there is no measure luck"),
        (("measure: revenue", "measure: fact:luck"), "line 4: the taxonomy has no class luck"),
        (("measure: revenue", "measure: fact:name.full"), "line 4: name.full holds a text"),
        (("least: 9000", "least: many"), "line 4"),
        (("groups: clients", 'groups: " clients"'), "name of the groups"),
        (("family:", "'a: b':"), "no colon"),
        (("rest_days: 365", "rest_days: 0"), "rests for no day"),
        (("rest_days", "rest_hours"), "rest_hours"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_their_line(change, said):
    grouped.terms()
    text = grouped.TERMS.format(version=2).replace("brings others to us", "brings others").replace(*change)
    with pytest.raises((BadInput, Refused), match=said):
        publish_terms(text, None, "why")
    assert Definition.objects.filter(kind="groups").count() == 1


def test_tiers_and_groups_have_names_of_their_own():
    grouped.terms()
    bands = (Band("often", 1, grouped.Decimal(1), None),)
    with pytest.raises(Refused, match="what the groups are called"):
        publish_scheme(Scheme(name="clients", currency="USD", window_months=12, bands=bands), None, "a test")
    publish_scheme(Scheme(name="visits", currency="USD", window_months=12, bands=bands), None, "a test")
    with pytest.raises(Refused, match="called clients"):
        publish_terms(grouped.TERMS.format(version=1).replace("clients", "visits"), None, "why")
